"""What the report of a shift says, gathered from the journal and the history alone: made again it says the same.

A shift that is over is told as it stood at its end; one that runs, as it stands now. Every call blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np

from didymium.alarms.board import OPEN
from didymium.alarms.definitions import Definitions, Kind, Priority
from didymium.alarms.life import Event, State
from didymium.alarms.measures import Journal, measured
from didymium.model.plant import Complex, Text
from didymium.model.shifts import Shift, Shifts
from didymium.records.journal import Page, Question
from didymium.records.people import Act, Person, Role, worded
from didymium.records.store import Records
from didymium.web.alarm_table import PRIORITIES, number, said
from didymium.web.alarm_words import AlarmWords

HANDOVER: Final = "handover"
"""What the act of leaving a note for the next shift is called; its subject is the shift."""
PAGE: Final = 20_000
MOST_NOTES: Final = 1_000
AWAY: Final = (State.SHELVED, State.OUT_OF_SERVICE)
LISTED: Final = 30
"""Shifts that can be chosen."""


@dataclass(frozen=True)
class ReportSources:
    """Where a report asks beside the records.

    ``kpis`` gives the key figures of a shift as ``/api/kpis`` does, of a site's id or of all ("") until a time;
    ``points`` by site how many readings were expected and how many came in a span of time; ``is_on`` (k,) which of k
    tags, by their rows, were on at a time. Times are µs UTC.
    """

    kpis: Callable[[str, Shift, int], list[dict[str, Any]]]
    points: Callable[[int, int], Mapping[str, tuple[int, int]]]
    is_on: Callable[[Sequence[int], int], Sequence[bool]]


@dataclass(frozen=True)
class Reporter:
    """Makes reports of one complex."""

    plant: Complex
    definitions: Definitions
    records: Records
    sources: ReportSources
    now_us: Callable[[], int]

    @cached_property
    def shifts(self) -> Shifts:
        """The plant's shifts."""
        return Shifts(self.plant.shifts, self.plant.zone)

    @cached_property
    def words(self) -> AlarmWords:
        """Words of the alarms."""
        return AlarmWords(self.plant, self.definitions)

    def listed(self) -> list[dict[str, Any]]:
        """The shift that runs and those before it, newest first."""
        now_us = self.now_us()
        running = self.shifts.shift_at(now_us)
        return [self._shift(each, now_us) for each in (running, *self.shifts.shifts_before(now_us, LISTED - 1))]

    def report(self, shift: Shift, site: str) -> dict[str, Any]:
        """The report of a shift, of one site or of all (""), as JSON's own values."""
        now_us = self.now_us()
        at_us = max(shift.from_us, min(shift.to_us, now_us))
        rows = self._rows(shift.from_us, at_us, site)
        points = [each for of, each in self.sources.points(shift.from_us, at_us).items() if site in ("", of)]
        expected, received = (sum(each[place] for each in points) for place in (0, 1))
        return {
            "shift": self._shift(shift, now_us),
            "made_us": at_us,
            "site": site or None,
            "kpis": self.sources.kpis(site, shift, at_us),
            "alarms": self._alarms(rows, shift.from_us, at_us)
            | self._standing(at_us, site, running=at_us < shift.to_us),
            "interlocks": {"tripped": self._tripped(rows), "bypassed": self._bypassed(at_us, site)},
            "handover": self.handover(shift),
            "data": {
                "expected": expected,
                "received": received,
                "completeness": received / expected if expected else None,
            },
        }

    def handover(self, shift: Shift) -> list[dict[str, Any]]:
        """The notes for the next shift, oldest first."""
        found = self.records.people.acts(limit=MOST_NOTES, subject=shift.id)
        notes = [each.act for each in reversed(found) if each.act.what == HANDOVER]
        return [{"at_us": note.at_us, "who": note.actor, "text": note.reason} for note in notes]

    def hand_over(self, shift: Shift, who: str, text: str) -> dict[str, Any]:
        """Leave a note; whoever does for the first time is put on the desk's list. Raises ``BadText``."""
        at_us, name, note = self.now_us(), worded("name", who), worded("note", text)
        people = self.records.people
        if name not in {person.name for person in people.all()}:
            people.put(Person(name, name, Role.DISPATCHER, at_us))
        people.did([Act(at_us, name, HANDOVER, shift.id, note)])
        return {"at_us": at_us, "who": name, "text": note}

    @staticmethod
    def _shift(shift: Shift, now_us: int) -> dict[str, Any]:
        times = {"from_us": shift.from_us, "to_us": shift.to_us, "closed": shift.to_us <= now_us}
        return {"id": shift.id, "name": said(shift.name), **times}

    def _rows(self, from_us: int, to_us: int, site: str) -> list[Page]:
        """All that happened in a span of the plant's time, oldest first."""
        question, pages, seq = Question(from_us=from_us, to_us=to_us, site=site or None), [], 0
        while len((page := self.records.journal.after(question, limit=PAGE, seq=seq)).seq):
            pages.append(page)
            seq = int(page.seq[-1])
        return pages

    def _alarms(self, pages: list[Page], from_us: int, to_us: int) -> dict[str, Any]:
        """How many were told, of which priority, most of all which, and the floods."""
        names = list(dict.fromkeys(alarm for page in pages for alarm in page.rows.alarm))
        positions = [each.id for each in self.definitions.positions]
        figures = None
        if pages and to_us > from_us:
            figures = measured(_columns(pages, names, positions), from_us, to_us, self.definitions.targets)
        priorities = Counter(
            page.rows.priority[at].lower() for page in pages for at in np.flatnonzero(page.rows.sounds).tolist()
        )
        told = priorities.total()
        top = figures.top if figures else ()
        return {
            "told": told,
            "by_priority": {name: priorities[name] for name in PRIORITIES},
            "top": [
                {"alarm": names[alarm], "name": self._name(names[alarm]), "told": count, "share": count / told}
                for alarm, count in top
            ],
            "floods": [
                {
                    "position": positions[flood.position] if flood.position >= 0 else "",
                    "start_us": flood.start_us,
                    "end_us": flood.end_us,
                    "alarms": flood.alarms,
                }
                for flood in (figures.floods if figures else ())
            ],
        }

    def _standing(self, at_us: int, site: str, *, running: bool) -> dict[str, Any]:
        """What was open and what was shelved at a time, the most urgent and newest first.

        Until when an alarm is shelved is not in the journal: it is told while the shift is running.
        """
        page = self.records.journal.standing(at_us, site or None)
        assigned = self.records.notes.assigned(at_us)
        rows = [self._row(page, at, assigned) for at in range(len(page.seq))]
        if running:
            covered = [row for row in rows if row["state"] == State.SHELVED.name.lower()]
            states = self.records.states.of([row["alarm"] for row in covered]).states
            until_us = dict(zip(states.alarm, states.until_us.tolist(), strict=True))
            for row in covered:
                row["until_us"] = until_us[row["alarm"]]
        rows.sort(key=lambda row: (-PRIORITIES[row["priority"]], -row["since_us"], row["alarm"]))
        open_, away = ([state.name.lower() for state in states] for states in (OPEN, AWAY))
        return {
            "open": [row for row in rows if row["state"] in open_],
            "shelved": [row for row in rows if row["state"] in away],
        }

    def _row(self, page: Page, at: int, assigned: dict[str, str]) -> dict[str, Any]:
        rows, alarm = page.rows, page.rows.alarm[at]
        row = self.definitions.row_of.get(alarm)
        measured_ = row is not None and self.words.measured(row)
        tag = int(self.definitions.tag[row]) if row is not None else -1
        whole_site = row is not None and self.definitions.kind[row] == Kind.OFFLINE
        state = State[rows.to_state[at]]
        return {
            "alarm": alarm,
            "site": page.site[at],
            "unit": "" if whole_site else page.unit[at],
            "tag": self.plant.tags.path[tag] if tag >= 0 else None,
            "name": self._name(alarm),
            "condition": said(self.words.condition(row) if row is not None else Text("", "")),
            "priority": rows.priority[at].lower(),
            "position": rows.position[at],
            "state": state.name.lower(),
            "active": state in (State.UNACK, State.ACKED),
            "number": int(rows.transition[at]),
            "since_us": int(rows.since_us[at]),
            "value": number(float(rows.value[at])) if measured_ else None,
            "limit": number(float(rows.limit_value[at])) if measured_ else None,
            "unit_of_measure": self.words.unit_of_measure(row) if row is not None else "",
            "until_us": 0,
            "actor": rows.actor[at],
            "act": rows.event[at].lower() if rows.actor[at] else "",
            "act_us": int(rows.time_us[at]) if rows.actor[at] else 0,
            "reason": rows.reason[at],
            "assignee": assigned.get(alarm, ""),
        }

    def _name(self, alarm: str) -> dict[str, str]:
        row = self.definitions.row_of.get(alarm)
        return said(self.words.name(row) if row is not None else Text(alarm, alarm))

    def _tripped(self, pages: list[Page]) -> list[dict[str, Any]]:
        """Each interlock whose condition came, once for each time."""
        d, found = self.definitions, []
        for page in pages:
            for at, event in enumerate(page.rows.event):
                row = d.row_of.get(page.rows.alarm[at], -1) if event == Event.ACTIVATE.name else -1
                if row >= 0 and d.interlock[row] >= 0:
                    found.append(self._interlock(row, int(page.rows.since_us[at])))
        return sorted(found, key=lambda each: (each["since_us"], each["alarm"]))

    def _bypassed(self, at_us: int, site: str) -> list[dict[str, Any]]:
        """Each interlock that its unit said is bypassed."""
        d, plant = self.definitions, self.plant
        found, tags = [], []
        for row in np.flatnonzero(d.interlock >= 0).tolist():
            bypass = d.interlocks[d.interlock[row]].bypass
            if bypass and site in ("", plant.sites[d.site[row]].id):
                found.append(row)
                tags.append(plant.tags.row_of[f"{plant.units[d.unit[row]].path}.{bypass}"])
        on = self.sources.is_on(tags, at_us) if tags else ()
        return [self._interlock(row, 0, "on") for row, is_on in zip(found, on, strict=True) if is_on]

    def _interlock(self, row: int, since_us: int, bypass: str = "") -> dict[str, Any]:
        d = self.definitions
        about = d.interlocks[d.interlock[row]]
        return {
            "id": about.alarm,
            "name": said(about.name),
            "site": self.plant.sites[d.site[row]].id,
            "unit": self.plant.units[d.unit[row]].path,
            "alarm": d.id[row],
            "since_us": since_us,
            "bypass": bypass or ("unknown" if about.bypass else "none"),
        }


def _columns(pages: list[Page], names: list[str], positions: list[str]) -> Journal:
    """The pages as the measures take them; alarms and positions by their place in ``names`` and ``positions``."""
    of, place = {name: at for at, name in enumerate(names)}, {name: at for at, name in enumerate(positions)}
    rows = [page.rows for page in pages]
    return Journal(
        alarm=np.array([of[alarm] for each in rows for alarm in each.alarm], np.int32),
        position=np.array([place.get(name, -1) for each in rows for name in each.position], np.int16),
        priority=np.array([Priority[name] for each in rows for name in each.priority], np.int8),
        event=np.array([Event[name] for each in rows for name in each.event], np.int8),
        after=np.array([State[name] for each in rows for name in each.to_state], np.int8),
        sounds=np.concatenate([each.sounds for each in rows]),
        time_us=np.concatenate([each.time_us for each in rows]),
    )
