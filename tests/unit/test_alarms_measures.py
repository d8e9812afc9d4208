"""Measures of the journal on numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from didymium.alarms.definitions import Priority, Targets
from didymium.alarms.life import Event, State
from didymium.alarms.measures import Journal, measured, missed

S_US = 1_000_000
MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
A, C, K = Event.ACTIVATE, Event.CLEAR, Event.ACKNOWLEDGE
AFTER = {A: State.UNACK, C: State.RTN_UNACK, K: State.ACKED, Event.SHELVE: State.SHELVED}


def journal(*rows: tuple[float, int, Event] | tuple[float, int, Event, int]) -> Journal:
    """Rows of second, alarm, event and, if not 0, position; alarm a has the priority a % 4."""
    ordered = sorted(rows, key=lambda row: row[0])
    events = [row[2] for row in ordered]
    return Journal(
        alarm=np.array([row[1] for row in ordered], np.int32),
        position=np.array([row[3] if len(row) > 3 else 0 for row in ordered], np.int16),
        priority=np.array([row[1] % 4 for row in ordered], np.int8),
        event=np.array(events, np.int8),
        after=np.array([AFTER[event] for event in events], np.int8),
        sounds=np.array([event is A for event in events], np.bool_),
        time_us=np.array([round(row[0] * S_US) for row in ordered], np.int64),
    )


def test_the_load_of_each_position_in_ten_minutes() -> None:
    rows = [(0, 1, A), (30, 2, A), (599, 3, A), (600, 4, A), (3000, 5, A, 1)]
    figures = measured(journal(*rows), 0, HOUR_S * S_US)
    first, second = figures.loads
    assert first.per_10_min.tolist() == [3, 1, 0, 0, 0, 0]
    assert (first.told, first.most_per_10_min, first.mean_per_10_min) == (4, 3, pytest.approx(4 / 6))
    assert first.within_target
    assert second.per_10_min.tolist() == [0, 0, 0, 0, 0, 1]


def test_a_flood_begins_with_the_first_of_eleven_and_ends_when_it_thins_out() -> None:
    begins = [(1000 + 50 * k, 10 + k, A) for k in range(11)]
    (flood,) = measured(journal((0, 1, A), *begins), 0, 2 * HOUR_S * S_US).floods
    assert (flood.start_us, flood.alarms) == (1000 * S_US, 11)
    assert flood.end_us == (1500 - 3 * 50 + 600) * S_US, "then four are left in ten minutes"


def test_ten_in_ten_minutes_are_no_flood() -> None:
    assert measured(journal(*((60 * k, k, A) for k in range(30))), 0, HOUR_S * S_US).floods == ()


def test_two_floods_are_two() -> None:
    rows = [(start + k, k, A) for start in (0, 3000) for k in range(20)]
    floods = measured(journal(*rows), 0, 2 * HOUR_S * S_US).floods
    assert [flood.alarms for flood in floods] == [20, 20]
    assert measured(journal(*rows), 0, 2 * HOUR_S * S_US).loads[0].share_of_time_in_flood == pytest.approx(
        (16 + 600 + 16 + 600) / 7200, abs=1e-9
    )


def test_three_times_in_a_minute_is_chattering() -> None:
    rows = [(t, 1, e) for t in (0, 20, 60) for e in (A,)] + [(0, 2, A), (31, 2, A), (62, 2, A)]
    assert measured(journal(*rows), 0, HOUR_S * S_US).chattering == {1: 1}


def test_what_goes_by_itself_within_a_minute_is_fleeting() -> None:
    rows = [(0, 1, A), (59, 1, C), (100, 1, A), (160, 1, C), (0, 2, A), (10, 2, K), (20, 2, C)]
    assert measured(journal(*rows), 0, HOUR_S * S_US).fleeting == {1: 1, 2: 1}


def test_what_stands_longer_than_a_day_is_stale() -> None:
    rows = [(0, 1, A), (0, 2, A), (1, 2, Event.SHELVE), (0, 3, A), (9, 3, C), (2 * HOUR_S, 4, A), (0, 5, A), (50, 5, K)]
    assert measured(journal(*rows), DAY_S * S_US, (DAY_S + 60) * S_US).stale == (1, 5)


def test_top_ten_and_split_by_priority() -> None:
    rows = [(k, 1, A) for k in range(6)] + [(k, 3, A) for k in range(3)] + [(9, 4, A)]
    figures = measured(journal(*rows), 0, HOUR_S * S_US)
    assert figures.top == ((1, 6), (3, 3), (4, 1))
    assert figures.top_share == 1.0
    assert figures.split == {Priority.LOW: 0.1, Priority.MEDIUM: 0.6, Priority.HIGH: 0.0, Priority.CRITICAL: 0.3}


def test_time_to_acknowledge_counts_from_the_last_telling() -> None:
    rows = [(0, 1, A), (10, 1, K), (20, 1, C), (30, 1, A), (60, 1, K), (0, 2, A)]
    figures = measured(journal(*rows), 0, HOUR_S * S_US)
    assert figures.acknowledge_median_s == 20.0
    assert np.isnan(measured(journal((0, 1, A)), 0, HOUR_S * S_US).acknowledge_median_s)


def test_which_targets_are_missed() -> None:
    calm = measured(journal(*((600 * k, 4 * k, A) for k in range(6))), 0, HOUR_S * S_US)
    assert missed(calm) == ("top",), "of few alarms ten are all"
    assert missed(calm, Targets(top_share=1.0)) == ()
    flood = measured(journal(*((k, 2, A) for k in range(20))), 0, HOUR_S * S_US)
    assert missed(flood) == ("load", "flood", "chattering", "top", "split")


def test_other_targets_make_another_flood() -> None:
    rows = journal(*((60 * k, 2, A) for k in range(6)))
    assert measured(rows, 0, HOUR_S * S_US).floods == ()
    soon = Targets(flood_from=5, flood_until=3, stale_us=1800 * S_US)
    (flood,) = measured(rows, 0, HOUR_S * S_US, soon).floods
    assert (flood.start_us, flood.end_us, flood.alarms) == (0, (240 + 600) * S_US, 6)


def test_a_position_left_in_peace_is_a_load_too() -> None:
    figures = measured(journal((0, 1, A, 1)), 0, HOUR_S * S_US, positions=range(3))
    assert [(load.position, load.told, load.within_target) for load in figures.loads] == [
        (0, 0, True), (1, 1, True), (2, 0, True)
    ]  # fmt: skip


def test_an_empty_journal_and_an_empty_span() -> None:
    figures = measured(journal(), 0, HOUR_S * S_US)
    assert (figures.loads, figures.floods, figures.top, figures.top_share) == ((), (), (), 0.0)
    with pytest.raises(ValueError, match="not after"):
        measured(journal(), 5, 5)
