"""The alarms of a complex: frames, the clock and people in, transitions out. It has no database and no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didymium.alarms.acts import Act, Done, Refused, Why, check_act
from didymium.alarms.conditions import judge, judge_silence, quiet_conditions
from didymium.alarms.definitions import Definitions, Kind
from didymium.alarms.frames import SECOND_US, Frame
from didymium.alarms.life import LIVES, NEXT, STATE_OF, Event, Life
from didymium.alarms.suppression import hide, nothing_hidden
from didymium.alarms.transitions import COLUMNS, NOTHING, Transitions
from didymium.alarms.values import Values
from didymium.alarms.walk import MOST_STEPS, STANDING, STEP, follow, happen

NEVER_ENDS: Final = np.iinfo(np.int64).max
STILL_US: Final = 10 * SECOND_US
"""After so long without a frame of a site our clock does what its frames would."""
ALARM_COLUMNS: Final = (
    "place", "number", "told_us", "until_us", "active", "pending_us", "since_us", "seen", "against",
    "design_us", "cause_us", "by", "group",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Touch:
    """Who did last what to an alarm."""

    actor: str
    event: Event
    at_us: int


@dataclass(frozen=True, slots=True)
class EngineState:
    """All that an engine knows beyond its definitions; ``alarms`` has rows by alarm id, so that definitions may change.

    ``signals`` are the columns of ``Values`` and the first of each first-out group, ``first``. ``done`` is by site the
    last second that was taken.
    """

    started_us: int
    done: Mapping[str, int]
    ids: tuple[str, ...]
    alarms: Mapping[str, NDArray[np.generic]]
    signals: Mapping[str, NDArray[np.generic]]
    touches: Mapping[str, Touch]


class Engine:
    """The same frames, ticks and acts in the same order give the same transitions.

    ``started_us`` is when the silence of a tag that never had a reading begins.
    """

    def __init__(self, definitions: Definitions, site_ids: tuple[str, ...], started_us: int) -> None:
        n = len(definitions)
        self.definitions = definitions
        self._conditions = quiet_conditions(n)
        self._hidings = nothing_hidden(n)
        self._standings = np.zeros(n, STANDING)
        self._until_us = np.full(n, NEVER_ENDS, np.int64)
        """When the shelving of each alarm ends."""
        records = (self._conditions, self._hidings, self._standings)
        self._columns = {name: each[name] for each in records for name in each.dtype.names or ()}
        self._columns["until_us"] = self._until_us
        self._sites = site_ids
        self._started_us = started_us
        self._done: dict[int, int] = {}
        self._touches: dict[int, Touch] = {}
        self._touched = np.zeros(n, np.bool_)
        self._steps = np.zeros(MOST_STEPS * n, STEP)
        self._rows = [np.arange(r.start, r.stop, dtype=np.int32) for r in map(definitions.rows, range(len(site_ids)))]
        self._clocked = np.flatnonzero(definitions.kind >= Kind.STALE).astype(np.int32)
        self._re_alarmed = np.flatnonzero(definitions.re_alarm_us > 0).astype(np.int32)
        self._re_alarmed_of = [
            self._re_alarmed[definitions.site[self._re_alarmed] == site] for site in range(len(site_ids))
        ]
        self._values = Values(definitions.signals)
        self._first = np.full(int(definitions.first_out.max(initial=-1)) + 1, -1, np.int32)

    @property
    def states(self) -> NDArray[np.int8]:
        """(n,) what people see, as ``State``."""
        return STATE_OF[self._columns["place"]]

    @property
    def conditions(self) -> Any:
        """(n,) records of ``CONDITION``; each field is a column too."""
        return self._conditions.view(np.recarray)

    @property
    def number(self) -> NDArray[np.int32]:
        """(n,) the number of each alarm's last transition."""
        return self._columns["number"]

    @property
    def groups(self) -> NDArray[np.int32]:
        """(n,) the first-out root of each alarm's last activation, as it is seen now; itself where it has none."""
        return self._columns["group"]

    def take(self, frame: Frame) -> Transitions:
        """Return what a second of a site brings. Seconds of a site come in order.

        A second that is done brings nothing: its values are remembered, as far as they are news after a restart.
        """
        d, values = self.definitions, self._values
        frame_us = frame.second * SECOND_US
        values.hold(frame)
        values.follow_rates(frame)
        if frame.site in self._done and frame.second <= self._done[frame.site]:
            return NOTHING
        self._done[frame.site] = frame.second
        values.work_out(frame)
        rows = d.rows(frame.site)
        judge(
            rows.start, rows.stop, frame_us, d.signals.tags, d.constants, self._conditions, values.signal, values.bad,
            values.last_us, values.unit_us, self._touched,
        )  # fmt: skip
        ended = rows.start + np.flatnonzero(self._until_us[rows] <= frame_us).astype(np.int32)
        parts = self._ended(ended, self._told_again(self._re_alarmed_of[frame.site], frame_us))
        return _joined([*parts, self._followed(self._rows[frame.site], frame_us)])

    def remember(self, frame: Frame) -> None:
        """Hold a frame's values, as far as they are news, and judge nothing."""
        self._values.hold(frame)

    def begin(self, now_us: int) -> None:
        """Count from now the silence of all that has had no reading since."""
        self._started_us = now_us

    def tick(self, now_us: int, heard_us: int | None = None) -> Transitions:
        """Return what the clock brings: what has been silent too long.

        Silence is judged at ``heard_us`` where what was sent has not all come yet. For sites that say nothing the clock
        ends shelvings and tells alarms again; otherwise their frames do.
        """
        d = self.definitions
        heard_us = now_us if heard_us is None else heard_us
        judge_silence(
            self._clocked, heard_us, d.signals.silent_first, d.signals.silent_end, self._started_us, d.constants,
            self._conditions, self._values.last_us, self._touched,
        )  # fmt: skip
        parts = [self._followed(self._clocked, heard_us)]
        done_us = np.array([self._done.get(site, 0) * SECOND_US for site in range(len(self._sites))])
        still = done_us < now_us - STILL_US
        ended = np.flatnonzero(self._until_us <= now_us).astype(np.int32)
        again = self._told_again(self._re_alarmed, now_us)
        parts += self._ended(ended[still[d.site[ended]]], again[still[d.site[again]]])
        return _joined(parts)

    def act(self, act: Act) -> Done:
        """Return what a person's act brings. Raises ``BadAct`` where it could be right for no alarm."""
        check_act(act, len(self.definitions), self.definitions.shelve_most_us)
        rows, refused = [], []
        for place, alarm in enumerate(act.alarms):
            if act.seen and act.seen[place] != self.number[alarm]:
                refused.append(Refused(alarm, Why.OVERTAKEN))
            elif NEXT[int(self.definitions.latches[alarm]), self._columns["place"][alarm], act.event] < 0:
                refused.append(Refused(alarm, Why.NOT_NOW))
            else:
                rows.append(alarm)
                self._touches[alarm] = Touch(act.actor, act.event, act.at_us)
        chosen = np.array(rows, np.int32)
        if act.event is Event.SHELVE:
            self._until_us[chosen] = act.until_us
        elif act.event is Event.UNSHELVE:
            self._until_us[chosen] = NEVER_ENDS
        made = self._happened(chosen, act.event, np.full(len(chosen), act.at_us, np.int64), act.actor, act.reason)
        judged_us = [(self._done.get(site, -1) + 1) * SECOND_US for site in self.definitions.site[made.alarm].tolist()]
        return Done(replace(made, since_us=np.array(judged_us, np.int64)), tuple(refused))

    @property
    def done(self) -> Mapping[str, int]:
        """By site the last second that was taken."""
        return {self._sites[site]: second for site, second in self._done.items()}

    def columns(self, rows: NDArray[np.intp]) -> dict[str, NDArray[Any]]:
        """Return ``ALARM_COLUMNS`` of some alarms, as copies."""
        return {name: self._columns[name][rows] for name in ALARM_COLUMNS}

    def touch(self, row: int) -> Touch | None:
        """Who did last what to an alarm, None where nobody did."""
        return self._touches.get(row)

    def touched(self) -> NDArray[np.intp]:
        """Return the alarms whose state changed since the last call: what is to be stored with the journal."""
        rows = np.flatnonzero(self._touched)
        self._touched[:] = False
        return rows

    def state(self) -> EngineState:
        """Return all that ``restore`` needs, as copies."""
        alarms: dict[str, NDArray[np.generic]] = {name: self._columns[name].copy() for name in ALARM_COLUMNS}
        signals = {name: column.copy() for name, column in self._values.columns.items()} | {"first": self._first.copy()}
        ids = self.definitions.id
        touches = {ids[row]: touch for row, touch in self._touches.items()}
        return EngineState(self._started_us, dict(self.done), ids, alarms, signals, touches)

    def restore(self, state: EngineState) -> None:
        """Go on from a state. Alarms that the definitions no longer have are left out, new ones begin as normal.

        Where the definitions are others, signals are not taken over: values come with the next readings.
        """
        same = state.ids == self.definitions.id
        there = {id_: row for row, id_ in enumerate(state.ids)}
        mine = [row for row, id_ in enumerate(self.definitions.id) if id_ in there]
        theirs = [there[self.definitions.id[row]] for row in mine]
        for name in ALARM_COLUMNS:
            if same or name not in ("by", "group"):
                self._columns[name][mine] = state.alarms[name][theirs]
        if same:
            self._values.restore(state.signals)
            self._first[:] = state.signals["first"]
        self._started_us = state.started_us
        self._done = {self._sites.index(site): second for site, second in state.done.items() if site in self._sites}
        row_of = self.definitions.row_of
        self._touches = {row_of[id_]: touch for id_, touch in state.touches.items() if id_ in row_of}

    def resume_books(self, state: EngineState) -> None:
        """Go on with the books of a state of the same definitions; alarms and values stay as they are."""
        self._values.restore_books(state.signals)

    def _followed(self, rows: NDArray[np.int32], now_us: int) -> Transitions:
        d = self.definitions
        hide(
            rows, now_us, self._values.signal, d.constants, d.cause_first, d.causes, self._conditions, self._standings,
            self._hidings, self._first, self._touched,
        )  # fmt: skip
        written = follow(
            rows, now_us, d.constants, self._conditions, self._hidings, self._standings, self._touched, self._steps
        )
        return self._transitions(written)

    def _told_again(self, rows: NDArray[np.int32], now_us: int) -> NDArray[np.int32]:
        """Those of ``rows`` that are due to be told again."""
        place = self._columns["place"][rows]
        open_ = (place == Life.UNACK) | (place == Life.ACKED)
        return rows[open_ & (self._columns["told_us"][rows] + self.definitions.re_alarm_us[rows] <= now_us)]

    def _ended(self, ended: NDArray[np.int32], again: NDArray[np.int32]) -> list[Transitions]:
        """End shelvings and tell again, each at its own time."""
        ends_us = self._until_us[ended]
        again_us = self._columns["told_us"][again] + self.definitions.re_alarm_us[again]
        self._until_us[ended] = NEVER_ENDS
        made = [self._happened(ended, Event.EXPIRE, ends_us), self._happened(again, Event.RE_ALARM, again_us)]
        return [part for part in made if len(part)]

    def _happened(
        self, rows: NDArray[np.int32], event: Event, time_us: NDArray[np.int64], actor: str = "", reason: str = ""
    ) -> Transitions:
        if not len(rows):
            return NOTHING
        constants = self.definitions.constants
        written = happen(rows, int(event), time_us, constants, self._standings, self._touched, self._steps)
        return self._transitions(written, actor, reason)

    def _transitions(self, written: int, actor: str = "", reason: str = "") -> Transitions:
        """The steps written, in the order of time, then of rows."""
        if not written:
            return NOTHING
        d, columns = self.definitions, self._columns
        order = np.argsort(self._steps["time_us"][:written], kind="stable")
        steps: dict[str, Any] = {name: self._steps[name][order] for name in STEP.names or ()}
        alarm = steps["alarm"]
        suppressed = (columns["place"][alarm] // LIVES) & 1 == 1
        return Transitions(
            **steps,
            since_us=columns["since_us"][alarm],
            value=columns["seen"][alarm],
            limit=columns["against"][alarm],
            by=np.where(suppressed, columns["by"][alarm], -1).astype(np.int32),
            group=columns["group"][alarm],
            priority=d.priority[alarm],
            position=d.position[alarm],
            actor=actor,
            reason=reason,
        )


def _joined(parts: list[Transitions]) -> Transitions:
    filled = [part for part in parts if len(part)]
    if len(filled) < 2:
        return filled[0] if filled else parts[0]
    columns: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in filled]) for name in COLUMNS}
    return Transitions(**columns)
