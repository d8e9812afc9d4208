"""The rollup's bookkeeping: a row is rolled up or its minute is known to be open."""

import numpy as np
import pytest
from numpy.typing import NDArray

from didymium.historian.minutes import LONGEST_RUN_H, Minutes, Patch, Span, next_patch, spans
from didymium.historian.schema import MINUTE_US
from didymium.historian.windows import HOUR_US, LAST_US, WHOLE_HOUR, Windows, key_of, touched


def at(*minutes: float) -> NDArray[np.int64]:
    return np.array([int(m * MINUTE_US) for m in minutes], np.int64)


def tags(*ids: int) -> NDArray[np.uint32]:
    return np.array(ids, np.uint32)


def dirty(tag: int, *minutes: float) -> Windows:
    return touched(tags(*[tag] * len(minutes)), at(*minutes), LAST_US, LAST_US).windows


def whole(*tag_hours: tuple[int, int]) -> Windows:
    key = np.array([key_of(hour, tag) for tag, hour in tag_hours], np.uint64)
    return Windows.of(key, np.full(len(key), WHOLE_HOUR, np.uint64))


def starts(*minutes: int) -> list[int]:
    return [m * MINUTE_US for m in minutes]


def taken(patch: Patch | None) -> list[int]:
    return [] if patch is None else patch.windows().starts_us()


def test_neighbours_are_joined_up_to_the_longest_run() -> None:
    assert spans(starts(1, 2, 3, 5), 2 * MINUTE_US) == [
        Span(MINUTE_US, 3 * MINUTE_US),
        Span(3 * MINUTE_US, 4 * MINUTE_US),
        Span(5 * MINUTE_US, 6 * MINUTE_US),
    ]


def test_late_rows_dirty_their_tags_minutes_and_are_noted_once() -> None:
    minutes = Minutes(70 * MINUTE_US, Windows.none())
    with minutes.filling(tags(7, 7, 8, 7), at(3.5, 3.7, 65.0, 72.0)) as told:
        assert told.fresh.tolist() == [key_of(0, 7), key_of(1, 8)]
        assert told.late_before_us == 70 * MINUTE_US
        minutes.noted(told.fresh)
    with minutes.filling(tags(7, 9), at(5.1, 5.1)) as told:
        assert told.fresh.tolist() == [key_of(0, 9)], "the note on tag 7's hour is there already"
    assert minutes.open_minutes(0, 2**62) == starts(3, 5, 65)
    assert minutes.open_minutes(0, 2**62, [8, 9]) == starts(5, 65)
    assert minutes.open_minutes(4 * MINUTE_US + 1, 65 * MINUTE_US) == starts(5)
    assert minutes.open_minutes(0, 2**62, []) == []


def test_every_tag_is_open_where_a_note_names_none() -> None:
    minutes = Minutes(600 * MINUTE_US, dirty(0, 3))
    assert minutes.open_minutes(0, 2**62, [8]) == starts(3)


def test_second_writer_notes_again_what_the_first_has_not_yet() -> None:
    """The first may die before its note is on disk."""
    minutes = Minutes(10 * MINUTE_US, Windows.none())
    with minutes.filling(tags(7), at(3)), minutes.filling(tags(7), at(4)) as told:
        assert told.fresh.tolist() == [key_of(0, 7)]


def test_mark_does_not_pass_a_minute_that_is_being_filled() -> None:
    minutes = Minutes(10 * MINUTE_US, Windows.none())
    with minutes.filling(tags(1, 2), at(12.5, 14.0)):
        assert minutes.closed(20 * MINUTE_US) == Span(10 * MINUTE_US, 12 * MINUTE_US)
        assert minutes.closing(20 * MINUTE_US) == 12 * MINUTE_US
    assert minutes.closed(20 * MINUTE_US) == Span(10 * MINUTE_US, 20 * MINUTE_US)


def test_row_for_a_minute_that_is_being_rolled_is_late() -> None:
    minutes = Minutes(10 * MINUTE_US, Windows.none())
    minutes.closing(12 * MINUTE_US)
    with minutes.filling(tags(1, 1), at(11.5, 12.5)) as told:
        assert told.fresh.tolist() == [key_of(0, 1)]
    minutes.rolled(12 * MINUTE_US)
    assert minutes.open_minutes(0, 2**62) == starts(11)


def test_what_is_being_filled_is_not_redone() -> None:
    minutes = Minutes(10 * MINUTE_US, Windows.none())
    with minutes.filling(tags(1), at(3)), minutes.redoing(10) as patch:
        assert patch is None
    with minutes.redoing(10) as patch:
        assert taken(patch) == starts(3)
        assert minutes.open_minutes(0, LAST_US) == starts(3), "open until the rollup has it"
    assert minutes.open_minutes(0, LAST_US) == []


def test_what_is_dirtied_while_it_is_redone_stays_dirty() -> None:
    minutes = Minutes(10 * MINUTE_US, dirty(1, 3))
    with minutes.redoing(10), minutes.filling(tags(1), at(4)) as told:
        assert told.fresh.tolist() == [key_of(0, 1)]
    assert minutes.open_minutes(0, LAST_US) == starts(4)


def test_what_was_not_redone_stays_dirty_and_noted() -> None:
    minutes = Minutes(10 * MINUTE_US, dirty(1, 3))
    with pytest.raises(OSError, match="full"), minutes.redoing(10):
        raise OSError("full")
    assert minutes.open_minutes(0, LAST_US) == starts(3)
    with minutes.filling(tags(1), at(3)) as told:
        assert told.fresh.tolist() == []


def test_newest_hour_is_redone_first() -> None:
    patch, rows = next_patch(dirty(1, 3, 4).joined(dirty(2, 64)).joined(dirty(1, 65)), 120)
    assert patch.tag.tolist() == [1, 2]
    assert patch.windows().starts_us() == starts(64, 65)
    assert rows.tolist() == [False, True, True]


def test_neighbouring_hours_of_the_same_tags_are_redone_together() -> None:
    windows = whole((1, 5), (2, 5), (3, 5), (1, 4), (3, 4), (1, 3), (2, 3), (3, 3), (2, 1))
    patch, rows = next_patch(windows, 1000)
    assert patch.tag.tolist() == [1, 3]
    assert (patch.first_hour_us, patch.hours) == (3 * HOUR_US, 3)
    left = windows.take(~rows)
    assert (left.tag.tolist(), (left.hour_us // HOUR_US).tolist()) == ([2, 2, 2], [1, 3, 5])
    patch, _ = next_patch(windows, 200)
    assert patch.tag.tolist() == [1], "no more than was asked for"
    patch, _ = next_patch(whole(*((1, hour) for hour in range(100))), 10_000)
    assert patch.hours == LONGEST_RUN_H


def test_every_tag_is_taken_alone() -> None:
    patch, _ = next_patch(whole((0, 5), (1, 5)), 100)
    assert patch.tag.tolist() == [0]


def test_only_the_patches_own_minutes_are_wanted() -> None:
    patch = Patch(tags(2, 5), HOUR_US, np.array([[1 << 3, 1 << 4], [0, 1 << 59]], np.uint64))
    assert patch.reach() == Span(HOUR_US + 3 * MINUTE_US, 3 * HOUR_US)
    missing = patch.minutes.copy()
    rows = [(2, 63), (2, 64), (2, 179), (5, 64), (5, 179)]
    found = patch.wanted(tags(*(tag for tag, _ in rows)), tags(*(m * 60 for _, m in rows)), missing)
    assert found.tolist() == [True, False, False, True, True]
    assert not missing.any()


def test_minutes_from_the_mark_on_are_not_dirty() -> None:
    left = whole((1, 0), (1, 1), (1, 2)).before(61 * MINUTE_US)
    assert left.starts_us() == starts(*range(61))
    assert left.count() == 61


def test_times_beyond_the_rollups_range_are_left_to_the_points() -> None:
    minutes = Minutes(10 * MINUTE_US, Windows.none())
    with minutes.filling(tags(1, 1, 1), np.array([-1, LAST_US, 2**62], np.int64)) as told:
        assert told.fresh.tolist() == []
        assert minutes.closed(20 * MINUTE_US) == Span(10 * MINUTE_US, 20 * MINUTE_US)


def test_rows_in_any_order_touch_the_same_minutes() -> None:
    rng = np.random.default_rng(3)
    tag = rng.integers(1, 5, 500).astype(np.uint32)
    time_us = rng.integers(0, 5 * HOUR_US, 500)
    order = np.lexsort((time_us, tag))
    one = touched(tag, time_us, 0, LAST_US).windows
    other = touched(tag[order], time_us[order], 0, LAST_US).windows
    assert one.key.tolist() == other.key.tolist()
    assert one.minutes.tolist() == other.minutes.tolist()
    assert one.count() == len({(a, b // MINUTE_US) for a, b in zip(tag.tolist(), time_us.tolist(), strict=True)})
