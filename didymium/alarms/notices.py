"""What people away from the screens are told of alarms. It has no clock and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.definitions import Definitions
from didymium.alarms.life import UNACKNOWLEDGED
from didymium.alarms.notice_rules import MINUTE_US, Choice, Quiet, Rule
from didymium.alarms.transitions import Transitions
from didymium.model.clock import local, time_of

BUCKET_US: Final = 10 * MINUTE_US
DAY_MIN: Final = 1_440
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]


class Cause(StrEnum):
    """Why somebody is told."""

    TOLD = "told"
    UNACKNOWLEDGED = "unacknowledged"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True)
class Notice:
    """One alarm for one target. ``number`` is that of the transition that told it; ``row`` of ``Transitions`` or -1.

    The same ``key`` twice is one notice.
    """

    key: str
    target: str
    rule: Rule
    cause: Cause
    alarm: int
    number: int
    told_us: int
    row: int


@dataclass(frozen=True, slots=True)
class Digest:
    """All alarms of a rule that were told, by our clock, from ``from_us`` until ``to_us``, when it is due.

    Of a rule for what nobody acknowledges: all that wait at ``to_us``. What it holds is found when it is sent, so
    that nothing need be remembered until then. ``quiet`` says whether it is due to quiet hours, or else to a flood.
    """

    key: str
    target: str
    rule: Rule
    from_us: int
    to_us: int
    quiet: bool


@dataclass
class _Pace:
    """How a rule's ten minutes go."""

    bucket: int = -1
    sent: int = 0
    digest: int = -1
    """The beginning of the newest digest that was announced, µs."""


class Notices:
    """The same transitions at the same times give the same notices.

    It knows since when each alarm waits for its acknowledgement; ``resume`` tells it that after a start.
    """

    def __init__(self, definitions: Definitions, site_ids: Sequence[str], rules: Sequence[Rule], zone: str) -> None:
        self._ids, self._priority = definitions.id, definitions.priority
        self._rules = tuple(rules)
        self._zone = ZoneInfo(zone)
        self._chosen = [chosen(definitions, site_ids, rule.choice) for rule in rules]
        self._paces = [_Pace() for _ in rules]
        n = len(definitions)
        self._waits_us = np.zeros(n, np.int64)
        """(n,) since when each alarm is told and not acknowledged, by our clock, 0 for none."""
        self._number = np.zeros(n, np.int64)
        self._escalated = [np.zeros(n, np.int64) for _ in rules]
        """Of each rule (n,) the ``_waits_us`` that it has told already."""

    def resume(self, alarm: Ints, number: Ints, told_us: Ints, last_us: int) -> None:
        """Know the (k,) alarms that wait for an acknowledgement, since when, and the number of their last transition.

        ``last_us`` is up to when this was decided before: what fell due until then has been told.
        """
        self._waits_us[alarm], self._number[alarm] = told_us, number
        for rule, escalated in zip(self._rules, self._escalated, strict=True):
            if rule.unacknowledged_us:
                done = alarm[told_us + rule.unacknowledged_us <= last_us]
                escalated[done] = self._waits_us[done]

    def decide(self, transitions: Transitions, now_us: int) -> list[Notice | Digest]:
        """Return whom to tell what, of transitions that became known at ``now_us`` and of what nobody acknowledged."""
        found: list[Notice | Digest] = []
        sounding = np.flatnonzero(transitions.sounds)
        self._follow(transitions, now_us)
        for place, rule in enumerate(self._rules):
            if rule.unacknowledged_us:
                found += self._paced(place, self._overdue(place, now_us), now_us)
            elif len(sounding):
                rows = sounding[self._chosen[place][transitions.alarm[sounding]]]
                told = [(int(transitions.alarm[row]), int(transitions.number[row]), row) for row in rows.tolist()]
                found += self._paced(place, told, now_us)
        return found

    def _follow(self, transitions: Transitions, now_us: int) -> None:
        """Know who waits after these transitions."""
        open_ = np.isin(transitions.after, UNACKNOWLEDGED)
        self._waits_us[transitions.alarm[~open_]] = 0
        _, back = np.unique(transitions.alarm[::-1], return_index=True)
        last = len(transitions) - 1 - back
        begun = last[open_[last] & (self._waits_us[transitions.alarm[last]] == 0)]
        self._waits_us[transitions.alarm[begun]] = now_us
        self._number[transitions.alarm[begun]] = transitions.number[begun]

    def _overdue(self, place: int, now_us: int) -> list[tuple[int, int, int]]:
        """What has waited for longer than the rule says and was not told by it yet."""
        waits_us, escalated = self._waits_us, self._escalated[place]
        due = self._chosen[place] & (waits_us > 0) & (waits_us + self._rules[place].unacknowledged_us <= now_us)
        alarms = np.flatnonzero(due & (escalated != waits_us))
        escalated[alarms] = waits_us[alarms]
        return [(alarm, int(self._number[alarm]), -1) for alarm in alarms.tolist()]

    def _paced(self, place: int, told: Sequence[tuple[int, int, int]], now_us: int) -> Iterator[Notice | Digest]:
        """The first ones of the ten minutes by themselves, of those at once the most urgent, the others by a digest.

        In quiet hours all of them go into the digest.
        """
        if not told:
            return
        rule, pace = self._rules[place], self._paces[place]
        silence = quiet_span(rule.quiet, now_us, self._zone) if rule.quiet is not None else None
        if silence is not None:
            yield from self._digest(pace, rule, *silence, quiet=True)
            return
        bucket = now_us // BUCKET_US
        if pace.bucket != bucket:
            pace.bucket, pace.sent = bucket, 0
        urgent = sorted(told, key=lambda each: -int(self._priority[each[0]]))
        singles = urgent[: max(0, rule.most - pace.sent)]
        pace.sent += len(singles)
        cause = Cause.UNACKNOWLEDGED if rule.unacknowledged_us else Cause.TOLD
        for alarm, number, row in singles:
            for target in rule.to:
                key = f"{cause}/{target}/{self._ids[alarm]}/{number}"
                yield Notice(key, target, rule, cause, alarm, number, int(self._waits_us[alarm]) or now_us, row)
        if len(singles) < len(told):
            yield from self._digest(pace, rule, bucket * BUCKET_US, (bucket + 1) * BUCKET_US, quiet=False)

    @staticmethod
    def _digest(pace: _Pace, rule: Rule, from_us: int, to_us: int, *, quiet: bool) -> Iterator[Digest]:
        if pace.digest == from_us:
            return
        pace.digest = from_us
        for target in rule.to:
            yield Digest(f"{Cause.DIGEST}/{target}/{rule.id}/{from_us}", target, rule, from_us, to_us, quiet)


def chosen(definitions: Definitions, site_ids: Sequence[str], choice: Choice) -> Flags:
    """Return (n,) which alarms are meant."""
    found = np.ones(len(definitions), np.bool_)
    if choice.priorities:
        found &= np.isin(definitions.priority, sorted(choice.priorities))
    if choice.positions:
        there = [place for place, each in enumerate(definitions.positions) if each.id in choice.positions]
        found &= np.isin(definitions.position, there)
    if choice.sites:
        found &= np.isin(definitions.site, [place for place, site in enumerate(site_ids) if site in choice.sites])
    return found


def quiet_span(quiet: Quiet, now_us: int, zone: ZoneInfo) -> tuple[int, int] | None:
    """Return beginning and end, µs UTC, of the quiet hours that ``now_us`` is in, None outside of them."""
    now = local(now_us, zone)
    minute = now.hour * 60 + now.minute
    length_min = (quiet.to_min - quiet.from_min) % DAY_MIN
    if (minute - quiet.from_min) % DAY_MIN >= length_min:
        return None
    begin_day = now.date() - timedelta(days=int(minute < quiet.from_min))
    end_day = begin_day + timedelta(days=int(quiet.to_min < quiet.from_min))
    return time_of(begin_day, quiet.from_min, zone), time_of(end_day, quiet.to_min, zone)
