"""The schedule, the blocks and the image of polled devices."""

import numpy as np
import pytest

from didymium.acquire import modbus, s7
from didymium.acquire.blocks import Plan, Point, plan
from didymium.acquire.image import Form
from didymium.acquire.schedule import CATCH_UP_US, Schedule
from didymium.model.addresses import MODBUS_REGISTERS, S7_BITS

S = 1_000_000
EVERY_SECOND = Schedule(S, S // 2)


def taken(delays_us: dict[int, int], until_us: int, begun_us: int = 0) -> list[int]:
    """When readings are taken by a loop that stands still at some times (start: how long)."""
    now, tick, times = begun_us, EVERY_SECOND.first(begun_us), []
    while True:
        tick, _ = EVERY_SECOND.next(tick, now)
        now = max(now, EVERY_SECOND.time_us(tick))
        for start_us in list(delays_us):
            if now >= start_us:
                now += delays_us.pop(start_us)
        if now >= until_us:
            return times
        times.append(now)
        tick += 1


def test_every_minute_holds_sixty_samples_in_the_middle_of_its_seconds() -> None:
    times = taken({}, 180 * S, begun_us=37)
    assert times[:2] == [S // 2, 3 * S // 2]
    assert np.bincount(np.array(times) // (60 * S)).tolist() == [60, 60, 60]


def test_late_poll_is_taken_at_once_and_none_is_skipped() -> None:
    times = taken({20 * S: 4 * S}, 60 * S)
    assert len(times) == 60
    assert [t for t in times if 20 * S < t < 25 * S] == [24_500_000] * 5


def test_polls_that_are_too_late_are_given_up_and_counted() -> None:
    tick = EVERY_SECOND.first(0)
    assert EVERY_SECOND.next(tick, EVERY_SECOND.time_us(tick) + CATCH_UP_US) == (tick, 0)
    assert EVERY_SECOND.next(tick, EVERY_SECOND.time_us(tick) + CATCH_UP_US + 3 * S) == (tick + 3, 3)


def test_clock_set_back_does_not_stop_the_schedule() -> None:
    now = 7200 * S
    tick = EVERY_SECOND.first(now)
    assert EVERY_SECOND.next(tick, now - 3600 * S) == (EVERY_SECOND.first(now - 3600 * S), 0)


@pytest.mark.parametrize(("now_us", "tick"), [(0, 0), (S // 2, 0), (S // 2 + 1, 1), (10 * S, 10)])
def test_first_tick_is_not_past(now_us: int, tick: int) -> None:
    assert EVERY_SECOND.first(now_us) == tick


def floats(*starts: int, space: tuple[int, int] = (1, 3)) -> list[Point]:
    return [Point(space, start, 0, Form.F32, row) for row, start in enumerate(starts)]


def shape(made: Plan) -> list[tuple[int, int, int, int, int]]:
    return [(b.start, b.end, b.first, b.last, b.at) for b in made.blocks]


def test_neighbours_share_a_block_up_to_its_limit() -> None:
    made = plan(floats(*range(0, 40, 4)), max_bytes=16, max_gap_bytes=0)
    assert shape(made) == [(0, 16, 0, 4, 0), (16, 32, 4, 8, 16), (32, 40, 8, 10, 32)]
    assert made.image_bytes == 40


def test_gap_is_read_over_or_parts_the_blocks() -> None:
    assert shape(plan(floats(0, 8), 250, max_gap_bytes=4)) == [(0, 12, 0, 2, 0)]
    assert shape(plan(floats(0, 12), 250, max_gap_bytes=4)) == [(0, 4, 0, 1, 0), (12, 16, 1, 2, 4)]


def test_spaces_are_never_mixed_and_order_of_tags_does_not_matter() -> None:
    points = [*floats(4, 0), Point((2, 3), 0, 0, Form.I16, 2)]
    made = plan(points, 250, 0)
    assert [b.space for b in made.blocks] == [(1, 3), (2, 3)]
    assert made.rows.tolist() == [1, 0, 2]


def test_overlapping_points_stay_inside_their_block() -> None:
    points = [Point((1, 3), 0, 0, Form.F64, 0), Point((1, 3), 2, 0, Form.I16, 1), Point((1, 3), 9, 0, Form.U8, 2)]
    assert shape(plan(points, 250, max_gap_bytes=1)) == [(0, 10, 0, 3, 0)]


def test_no_points_no_blocks() -> None:
    made = plan([], 250, 0)
    assert made.blocks == () and made.image_bytes == 0


def test_halves_cover_the_same_points_at_the_same_place() -> None:
    made = plan(floats(0, 4, 10, 14, 18), 250, 2)
    (block,) = made.blocks
    first, second = made.halves(block)
    assert (first.start, first.end, first.first, first.last, first.at) == (0, 8, 0, 2, 0)
    assert (second.start, second.end, second.first, second.last, second.at) == (10, 22, 2, 5, 10)


def test_numbers_in_the_image() -> None:
    image = np.frombuffer(bytes.fromhex("4148 0000 fffe 80"), np.uint8)
    points = [
        Point((1, 3), 0, 0, Form.F32, 0),
        Point((1, 3), 4, 0, Form.I16, 1),
        Point((1, 3), 4, 0, Form.U16, 2),
        Point((1, 3), 6, 7, Form.BIT, 3),
        Point((1, 3), 6, 0, Form.I8, 4),
        Point((1, 3), 0, 0, Form.I32, 5),
    ]
    made = plan(points, 250, 0)
    value = dict(zip(made.rows.tolist(), made.fields.decode(image, low_word_first=False).tolist(), strict=True))
    assert value == {0: 12.5, 1: -2.0, 2: 65534.0, 3: 1.0, 4: -128.0, 5: 0x41480000}
    swapped = dict(zip(made.rows.tolist(), made.fields.decode(image, low_word_first=True).tolist(), strict=True))
    assert swapped[5] == 0x4148 and swapped[1] == -2.0


def test_folder_check_and_connectors_know_the_same_types() -> None:
    assert {name: form.size // 2 for name, form in modbus.FORMS.items()} == MODBUS_REGISTERS
    assert {name: 1 if form is Form.BIT else 8 * form.size for name, form in s7.FORMS.items()} == S7_BITS
