"""Shifts and days of a plant, in its zone, on usual days and on those when clocks are moved."""

import shutil
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from didymium.model import starter
from didymium.model.folder import check, read_complex
from didymium.model.plant import ShiftRule, Text
from didymium.model.shifts import NoSuchShift, Shifts

HOUR_US = 3_600_000_000
SHANGHAI = Shifts((), "Asia/Shanghai")
TWELVES = (ShiftRule("day", Text("Day", "白"), 8 * 60), ShiftRule("night", Text("Night", "夜"), 20 * 60))


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def test_the_usual_shifts_are_three_of_eight_hours_in_the_plant_s_zone() -> None:
    shift = SHANGHAI.shift_at(us("2026-11-28T00:00:00"))  # 08:00 in Shanghai
    assert (shift.id, shift.name.zh) == ("2026-11-28/day", "白班")
    assert (shift.from_us, shift.to_us) == (us("2026-11-28T00:00:00"), us("2026-11-28T08:00:00"))
    assert SHANGHAI.shift_at(shift.from_us - 1).id == "2026-11-28/night"
    assert SHANGHAI.shift_at(shift.to_us).id == "2026-11-28/evening"


def test_the_shifts_before_a_time_are_those_that_have_ended_newest_first() -> None:
    before = SHANGHAI.shifts_before(us("2026-11-28T01:00:00"), 4)
    assert [shift.id for shift in before] == [
        "2026-11-28/night", "2026-11-27/evening", "2026-11-27/day", "2026-11-27/night"
    ]  # fmt: skip
    assert SHANGHAI.shifts_before(before[0].to_us, 1) == before[:1]


def test_the_same_shift_yesterday_begins_on_the_day_before() -> None:
    today = SHANGHAI.shift_at(us("2026-11-28T03:00:00"))
    yesterday = SHANGHAI.same_shift_yesterday(today)
    assert (yesterday.id, yesterday.from_us) == ("2026-11-27/day", today.from_us - 24 * HOUR_US)


def test_a_shift_over_midnight_bears_the_date_of_its_beginning() -> None:
    twelves = Shifts(TWELVES, "UTC")
    assert twelves.shift_at(us("2026-11-28T03:00:00")).id == "2026-11-27/night"
    assert twelves.shift_of("2026-11-27/night").to_us == us("2026-11-28T08:00:00")


def test_a_shift_is_an_hour_shorter_or_longer_when_the_clocks_are_moved() -> None:
    berlin = Shifts((), "Europe/Berlin")
    spring, autumn = berlin.shift_of("2026-03-29/night"), berlin.shift_of("2026-10-25/night")
    assert (spring.to_us - spring.from_us, autumn.to_us - autumn.from_us) == (7 * HOUR_US, 9 * HOUR_US)
    assert berlin.day_of(date(2026, 3, 29)).to_us - berlin.day_of(date(2026, 3, 29)).from_us == 23 * HOUR_US
    # 00:00 to 08:00 the day before, although 24 h before 08:00 is 07:00
    assert berlin.same_shift_yesterday(spring).to_us == us("2026-03-28T07:00:00")


def test_a_clock_time_that_is_left_out_still_begins_a_shift() -> None:
    rules = tuple(ShiftRule(name, Text(name, name), hour * 60 + 30) for name, hour in (("a", 2), ("b", 10), ("c", 18)))
    berlin = Shifts(rules, "Europe/Berlin")
    shift = berlin.shift_of("2026-03-29/a")  # 02:30 is left out: the clock goes from 02:00 to 03:00 at 01:00 UTC
    assert (shift.from_us, shift.to_us) == (us("2026-03-29T01:30:00"), us("2026-03-29T08:30:00"))
    assert berlin.shift_at(shift.from_us - 1).id == "2026-03-28/c"


def test_shifts_of_a_year_follow_each_other_without_a_gap() -> None:
    berlin = Shifts(TWELVES, "Europe/Berlin")
    whole = [berlin.shift_at(us("2026-01-01T12:00:00"))]
    while whole[-1].id < "2026-12-31/night":
        whole.append(berlin.shift_at(whole[-1].to_us))
    assert len(whole) == 2 * 365
    assert len({shift.id for shift in whole}) == len(whole)
    assert all(a.to_us == b.from_us for a, b in pairwise(whole))


def test_a_day_goes_from_midnight_to_midnight_in_the_plant_s_zone() -> None:
    day = SHANGHAI.day_at(us("2026-11-27T16:00:00"))
    assert (day.date, day.from_us, day.to_us) == (
        date(2026, 11, 28),
        us("2026-11-27T16:00:00"),
        us("2026-11-28T16:00:00"),
    )


@pytest.mark.parametrize("read", ["", "night", "2026-13-01/night", "2026-11-28/nigth", "2026-11-28"])
def test_an_id_that_is_no_shift_is_refused_with_those_that_are(read: str) -> None:
    with pytest.raises(NoSuchShift, match="night, day, evening"):
        SHANGHAI.shift_of(read)


NORTHERN = Path(__file__).parents[2] / "complexes" / "northern"


def test_the_northern_complex_works_three_shifts(tmp_path: Path) -> None:
    text = (NORTHERN / "complex.toml").read_text("utf-8")
    assert [text.count(f'id = "{name}"') for name in ("night", "day", "evening")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("written", "column", "hint"),
    [
        ('id = "a"\nstarts = "08:00"', "shifts[1]", "'name' is missing"),
        ('id = "a"\nname = { en = "A", zh = "甲" }\nstarts = "8"', "shifts[1].starts", "00:00 to 23:59"),
        ('id = "a"\nname = { en = "A", zh = "甲" }\nstarts = "24:00"', "shifts[1].starts", "00:00 to 23:59"),
        ('id = "a b"\nname = { en = "A", zh = "甲" }\nstarts = "08:00"', "shifts[1].id", "letters and digits"),
        ('id = "a"\nname = { en = "A", zh = "甲" }\nstart = "08:00"', "shifts[1].start", "word is 'starts'"),
    ],
)
def test_a_mistake_in_a_shift_is_named(tmp_path: Path, written: str, column: str, hint: str) -> None:
    starter.write(tmp_path / "mine")
    with (tmp_path / "mine" / "complex.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n[[shifts]]\n{written}\n")
    (mistake,) = check(tmp_path / "mine")
    assert (mistake.file, mistake.column) == ("complex.toml", column)
    assert hint in mistake.hint


def test_shifts_out_of_order_or_too_near_are_named(tmp_path: Path) -> None:
    starter.write(tmp_path / "mine")
    name = 'name = { en = "A", zh = "甲" }'
    with (tmp_path / "mine" / "complex.toml").open("a", encoding="utf-8") as file:
        file.write(
            f'\n[[shifts]]\nid = "a"\n{name}\nstarts = "08:00"\n[[shifts]]\nid = "b"\n{name}\nstarts = "09:00"\n'
        )
    (mistake,) = check(tmp_path / "mine")
    assert "at least 2 h apart" in mistake.hint


def test_shifts_that_are_written_are_those_of_the_complex(tmp_path: Path) -> None:
    starter.write(tmp_path / "mine")
    assert read_complex(tmp_path / "mine").shifts == ()
    shutil.copytree(tmp_path / "mine", tmp_path / "other")
    with (tmp_path / "other" / "complex.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[shifts]]\nid = "one"\nname = { en = "Only", zh = "独" }\nstarts = "06:00"\n')
    assert read_complex(tmp_path / "other").shifts == (ShiftRule("one", Text("Only", "独"), 360),)
