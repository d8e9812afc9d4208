"""Who is told what, and when: at once, when nobody acknowledges, at the end of quiet hours, in a flood."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from alarm_desk import REACTOR, Desk

from didymium.alarms.definitions import Priority
from didymium.alarms.life import Event
from didymium.alarms.notice_rules import Choice, Quiet, Rule
from didymium.alarms.notices import Digest, Notice, Notices
from didymium.alarms.transitions import NOTHING, Transitions

MINUTE = 60_000_000
DAY = 1_440 * MINUTE
T0 = 20_000 * DAY + 600 * MINUTE
"""10:00 of a day, UTC, a whole ten minutes."""
SOON = (
    "[defaults]\non_delay_s = 0\noff_delay_s = 0\nsettle_s = 0\n"
    '[[positions]]\nid = "hall"\nname = { en = "a", zh = "b" }\nsites = ["S01"]\n'
)
ALL = Choice(frozenset(), frozenset(), frozenset())


def rule(choice: Choice = ALL, *, wait_min: float = 0, quiet: Quiet | None = None, most: int = 6) -> Rule:
    return Rule("r", ("duty",), choice, round(wait_min * MINUTE), quiet, most, "en")


class Watch:
    """A reactor whose alarms are heard by notices; all at minutes after ``T0``."""

    def __init__(self, folder: Path, *rules: Rule, zone: str = "UTC") -> None:
        self.desk = Desk.of(folder, SOON)
        self.definitions = self.desk.definitions
        self.notices = self.anew(*rules, zone=zone)
        self.heard = 0

    def anew(self, *rules: Rule, zone: str = "UTC") -> Notices:
        return Notices(self.definitions, [site.id for site in self.desk.plant.sites], rules, zone)

    def at(self, minutes: float, **tags: float) -> list[str]:
        """The keys of what follows from new values."""
        self.desk.pass_s(1, tags)
        return self.said(minutes)

    def act(self, minutes: float, event: Event, *names: str) -> list[str]:
        self.desk.act(event, *names)
        return self.said(minutes)

    def said(self, minutes: float) -> list[str]:
        parts: Sequence[Transitions] = self.desk.said[self.heard :] or [NOTHING]
        self.heard = len(self.desk.said)
        at_us = T0 + round(minutes * MINUTE)
        return [self.short(each) for part in parts for each in self.notices.decide(part, at_us)]

    @staticmethod
    def short(notice: Notice | Digest) -> str:
        return notice.key.replace(f"/duty/{REACTOR}", "").replace("/duty/", " ")


def test_an_alarm_that_sounds_is_told_once(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule())
    assert watch.at(0, LEVEL=90) == ["told.LEVEL/H/1"]
    assert watch.at(0.1, LEVEL=50) == []
    assert watch.at(0.2, LEVEL=90) == ["told.LEVEL/H/3"]
    assert watch.act(0.3, Event.ACKNOWLEDGE, "LEVEL/H") == []


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (Choice(frozenset({Priority.MEDIUM}), frozenset(), frozenset()), ["told.LEVEL/HH/1"]),
        (Choice(frozenset({Priority.LOW}), frozenset(), frozenset()), ["told.TEMP/H/1"]),
        (Choice(frozenset({Priority.CRITICAL}), frozenset(), frozenset()), []),
        (Choice(frozenset(), frozenset({"hall"}), frozenset()), ["told.LEVEL/HH/1", "told.TEMP/H/1"]),
        (Choice(frozenset(), frozenset({"office"}), frozenset()), []),
        (Choice(frozenset(), frozenset(), frozenset({"S01"})), ["told.LEVEL/HH/1", "told.TEMP/H/1"]),
        (Choice(frozenset(), frozenset(), frozenset({"S02"})), []),
    ],
)
def test_a_rule_means_its_priorities_positions_and_sites(tmp_path: Path, choice: Choice, told: list[str]) -> None:
    assert sorted(Watch(tmp_path, rule(choice)).at(0, LEVEL=99, TEMP=65)) == told


def test_what_nobody_acknowledges_is_told_after_its_minutes_and_once(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(wait_min=5))
    assert watch.at(0, LEVEL=90) == []
    assert watch.at(4.99) == []
    assert watch.at(5) == ["unacknowledged.LEVEL/H/1"]
    assert watch.at(20) == []


def test_what_is_acknowledged_in_time_is_not_told(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(wait_min=5))
    watch.at(0, LEVEL=90)
    watch.act(4, Event.ACKNOWLEDGE, "LEVEL/H")
    assert watch.at(6) == []


def test_an_alarm_that_comes_and_goes_is_still_not_acknowledged(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(wait_min=5))
    for minute in range(4):
        assert watch.at(minute, LEVEL=90) == []
        assert watch.at(minute + 0.5, LEVEL=50) == []
    assert watch.at(5) == ["unacknowledged.LEVEL/H/1"]


def test_after_a_restart_only_what_fell_due_meanwhile_is_told(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(wait_min=5))
    rows = np.array([watch.desk.row("LEVEL/H"), watch.desk.row("TEMP/H"), watch.desk.row("PH1/H")])
    told_us = T0 + np.array([0, 4, 8], np.int64) * MINUTE
    watch.notices.resume(rows, np.array([1, 7, 3], np.int64), told_us, T0 + 6 * MINUTE)
    # The first was due at 5, before the last step at 6; the second at 9; the third at 13.
    assert watch.at(10) == ["unacknowledged.TEMP/H/7"]
    assert watch.at(13) == ["unacknowledged.PH1/H/3"]


def test_of_a_flood_the_first_are_told_and_the_others_at_the_end_of_the_ten_minutes(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(most=2))
    assert watch.at(0, LEVEL=90) == ["told.LEVEL/H/1"]
    assert watch.at(1, TEMP=65, PH2=7.5) == ["told.TEMP/H/1", f"digest r/{T0}"]
    assert watch.at(2, PH1=14) == []
    assert watch.at(10, LEVEL=50) == []
    assert watch.at(10.1, LEVEL=90) == ["told.LEVEL/H/3"]


def test_of_what_comes_at_once_the_most_urgent_is_told(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(most=1))
    assert watch.at(0, LEVEL=90, TEMP=65, PH2=14) == ["told.PH2/HH/1", f"digest r/{T0}"]


def test_a_digest_is_due_when_its_span_is_over(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(most=1))
    watch.desk.pass_s(1, {"LEVEL": 90, "TEMP": 65})
    (_, digest) = watch.notices.decide(watch.desk.said[-1], T0 + 3 * MINUTE)
    assert isinstance(digest, Digest)
    assert (digest.from_us, digest.to_us, digest.quiet) == (T0, T0 + 10 * MINUTE, False)


@pytest.mark.parametrize(
    ("zone", "quiet", "minutes", "span"),
    [
        ("UTC", Quiet(9 * 60, 11 * 60), 0, (-60, 60)),
        ("UTC", Quiet(10 * 60, 11 * 60), 0, (0, 60)),
        ("UTC", Quiet(9 * 60, 10 * 60), 0, None),
        ("UTC", Quiet(22 * 60, 6 * 60), 13 * 60, (12 * 60, 20 * 60)),  # 23:00
        ("UTC", Quiet(22 * 60, 6 * 60), -5 * 60, (-12 * 60, -4 * 60)),  # 05:00
        ("UTC", Quiet(22 * 60, 6 * 60), -4 * 60, None),  # 06:00
        ("Asia/Shanghai", Quiet(18 * 60, 19 * 60), 0, (0, 60)),  # 18:00 there
    ],
)
def test_in_quiet_hours_nothing_is_told_until_they_end(
    tmp_path: Path, zone: str, quiet: Quiet, minutes: int, span: tuple[int, int] | None
) -> None:
    watch = Watch(tmp_path, rule(quiet=quiet), zone=zone)
    watch.desk.pass_s(1, {"LEVEL": 90})
    (notice,) = watch.notices.decide(watch.desk.said[-1], T0 + minutes * MINUTE)
    if span is None:
        assert isinstance(notice, Notice)
        return
    assert isinstance(notice, Digest)
    assert (notice.from_us - T0, notice.to_us - T0) == (span[0] * MINUTE, span[1] * MINUTE)
    assert notice.quiet


def test_a_quiet_night_has_one_digest(tmp_path: Path) -> None:
    watch = Watch(tmp_path, rule(quiet=Quiet(9 * 60, 11 * 60)))
    assert watch.at(0, LEVEL=90) == [f"digest r/{T0 - 60 * MINUTE}"]
    assert watch.at(30, TEMP=99) == []
    assert watch.at(60, PH1=14) == ["told.PH1/HH/1"]


def test_every_target_of_a_rule_is_told(tmp_path: Path) -> None:
    both = Rule("r", ("duty", "chief"), ALL, 0, None, 6, "en")
    watch = Watch(tmp_path, both)
    watch.desk.pass_s(1, {"LEVEL": 90})
    told = watch.notices.decide(watch.desk.said[-1], T0)
    assert [each.key for each in told] == [f"told/{to}/{REACTOR}.LEVEL/H/1" for to in ("duty", "chief")]
