"""The plant's working day: its shifts and its days, as windows of time in the plant's zone.

A shift begins at its clock time and ends where the next one begins, whatever the zone does in between: on the days
when clocks are moved a shift is an hour longer or shorter. A clock time that is left out on such a day is the moment
at which it would have come; one that comes twice is the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from didymium.model.clock import local, minute_of, time_of
from didymium.model.plant import ShiftRule, Text
from didymium.model.sites import ID
from didymium.model.toml_table import Key, Shape, TomlFile, table

SHORTEST_MIN: Final = 120
"""So that no shift vanishes on the day when clocks are put forward."""
DAY_MIN: Final = 1_440
SHIFT_KEYS: Final = {"id": Key(Shape.TEXT), "name": Key(Shape.TRANSLATED), "starts": Key(Shape.TEXT)}
USUAL: Final = (
    ShiftRule("night", Text("Night shift", "夜班"), 0),
    ShiftRule("day", Text("Day shift", "白班"), 8 * 60),
    ShiftRule("evening", Text("Evening shift", "中班"), 16 * 60),
)
"""Three of eight hours (domain reference §1.3), where complex.toml says nothing else."""


class NoSuchShift(ValueError):
    """Text that is the id of no shift."""

    def __init__(self, read: str, hint: str) -> None:
        self.read, self.hint = read, hint
        super().__init__(f"{read!r}: {hint}")


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift as it is worked, µs UTC, ``to_us`` not included.

    ``id`` is the date on which it begins in the plant's zone, and the rule's id: ``2026-11-28/night``.
    """

    id: str
    rule: str
    name: Text
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the plant, midnight to midnight in its zone, µs UTC, ``to_us`` not included."""

    date: date
    from_us: int
    to_us: int


class Shifts:
    """The shifts and days of one plant; ``rules`` in the order of their clock times."""

    def __init__(self, rules: tuple[ShiftRule, ...], zone: str) -> None:
        self._rules = rules or USUAL
        self._zone = ZoneInfo(zone)

    def shift_at(self, time_us: int) -> Shift:
        """The shift that is on at a time."""
        found = [shift for shift in self._around(time_us) if shift.from_us <= time_us < shift.to_us]
        return found[0]

    def shifts_before(self, time_us: int, n: int) -> list[Shift]:
        """The last ``n`` shifts that had ended at a time, newest first."""
        found: list[Shift] = []
        end_us = self.shift_at(time_us).from_us
        while len(found) < n:
            found.append(self.shift_at(end_us - 1))
            end_us = found[-1].from_us
        return found

    def same_shift_yesterday(self, shift: Shift) -> Shift:
        """The shift of the same rule that began on the day before."""
        day = date.fromisoformat(shift.id.partition("/")[0]) - timedelta(days=1)
        return self.shift_of(f"{day.isoformat()}/{shift.rule}")

    def shift_of(self, id_: str) -> Shift:
        """The shift of an id. Raises ``NoSuchShift``."""
        day, _, rule = id_.partition("/")
        known = [each.id for each in self._rules]
        try:
            begins = date.fromisoformat(day)
        except ValueError:
            raise NoSuchShift(id_, f"a shift is a date and one of {', '.join(known)}: 2026-11-28/{known[0]}") from None
        if rule not in known:
            raise NoSuchShift(id_, f"the plant's shifts are {', '.join(known)}")
        return next(shift for shift in self._of_days(begins, 1) if shift.rule == rule)

    def day_at(self, time_us: int) -> Day:
        """The plant's day that a time is in."""
        return self.day_of(local(time_us, self._zone).date())

    def day_of(self, day: date) -> Day:
        """The plant's day of a date."""
        return Day(day, time_of(day, 0, self._zone), time_of(day + timedelta(days=1), 0, self._zone))

    def _around(self, time_us: int) -> Iterator[Shift]:
        return self._of_days(local(time_us, self._zone).date() - timedelta(days=1), 3)

    def _of_days(self, first: date, days: int) -> Iterator[Shift]:
        """All shifts that begin on some days in a row."""
        dates = [first + timedelta(days=n) for n in range(days + 1)]
        starts = [(day, rule, time_of(day, rule.starts_min, self._zone)) for day in dates for rule in self._rules]
        for (day, rule, from_us), (_, _, to_us) in pairwise(starts[: days * len(self._rules) + 1]):
            yield Shift(f"{day.isoformat()}/{rule.id}", rule.id, rule.name, from_us, to_us)


def read_shifts(toml: TomlFile, tables: Iterable[Any]) -> tuple[ShiftRule, ...]:
    """Return the shifts that ``complex.toml`` lists, with its mistakes noted in the file."""
    rules: list[ShiftRule] = []
    for index, data in enumerate(tables):
        path = ("shifts", index)
        said = table(toml, path, data, SHIFT_KEYS)
        if len(said) < len(SHIFT_KEYS):
            continue
        starts_min = minute_of(said["starts"])
        if starts_min is None:
            toml.mistake((*path, "starts"), said["starts"], "a clock time has hours and minutes, 00:00 to 23:59")
            continue
        if not ID.fullmatch(said["id"].upper()):
            toml.mistake((*path, "id"), said["id"], "an id has letters and digits only")
        if said["id"] in {rule.id for rule in rules}:
            toml.mistake((*path, "id"), said["id"], f"there is a shift {said['id']!r} already")
        if rules and starts_min < rules[-1].starts_min + SHORTEST_MIN:
            hint = f"shifts stand in the order of their clock times, at least {SHORTEST_MIN // 60} h apart"
            toml.mistake((*path, "starts"), said["starts"], hint)
        rules.append(ShiftRule(said["id"], said["name"], starts_min))
    if len(rules) > 1 and rules[0].starts_min + DAY_MIN - rules[-1].starts_min < SHORTEST_MIN:
        toml.mistake(("shifts", len(rules) - 1, "starts"), "", f"the last shift is shorter than {SHORTEST_MIN // 60} h")
    return tuple(rules)
