"""The alarms as columns to choose, count and sort from; an object is made only of the rows that somebody looks at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from litestar.exceptions import NotFoundException
from numpy.typing import NDArray

from didymium.alarms.board import OPEN
from didymium.alarms.definitions import Kind, Priority
from didymium.alarms.engine import NEVER_ENDS
from didymium.alarms.life import LIVES, SUPPRESSED, UNACKNOWLEDGED, Life, State
from didymium.model.mistakes import nearest
from didymium.model.plant import Text
from didymium.model.search import nearest_path
from didymium.web.alarm_desk import AlarmDesk
from didymium.web.alarm_places import EVERYWHERE, AlarmPlaces, Place
from didymium.web.alarm_words import AlarmWords

Flags = NDArray[np.bool_]
Rows = NDArray[np.intp]

STATE_NAMES: Final = tuple(state.name.lower() for state in State)
STATES: Final = {state.name.lower(): state for state in State}
SHOWN: Final = (*OPEN, State.SUPPRESSED, State.SHELVED, State.OUT_OF_SERVICE)
"""All but NORMAL."""
PRIORITIES: Final = {priority.name.lower(): priority for priority in sorted(Priority, reverse=True)}
SORTS: Final = ("urgency", "time", "place", "state")
STANDING: Final = np.array([2, 0, 1, 0, 1, 3, 3, 3], np.int8)
"""By state how soon a person is wanted: unacknowledged, open, quiet, hidden."""
MOST_FIXED: Final = 10_000
"""Alarms whose words are kept made."""
MOST_KEPT: Final = 64
"""Choices whose rows are kept until the board changes."""
NEWS_US: Final = 3_000_000
"""Who asks for what is new after a longer pause than this is told of nothing that was before."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which alarms of a place; no ``states`` or ``priorities`` are all of them, NORMAL ones left out.

    ``group`` are those of which something is open that came with that alarm, -1 for any.
    """

    place: Place = EVERYWHERE
    states: tuple[State, ...] = ()
    priorities: tuple[Priority, ...] = ()
    assignee: str = ""
    group: int = -1
    roots: bool = False


class AlarmTable:
    """All alarms of a desk; to be used from one thread, that of the board."""

    def __init__(self, alarms: AlarmDesk) -> None:
        self.words = AlarmWords(alarms.plant, alarms.definitions)
        self._plant = alarms.plant
        self._definitions = alarms.definitions
        self._board = alarms.board
        n = len(alarms.definitions)
        self._unit = np.where(alarms.definitions.kind == Kind.OFFLINE, -1, alarms.definitions.unit)
        self._paths = [unit.path for unit in self._plant.units]
        self._places = AlarmPlaces(alarms.plant, alarms.definitions, self.words, self._unit)
        self._fixed: dict[int, dict[str, object]] = {}
        self._kept: dict[tuple[Choice, str, bool], Rows] = {}
        self._changes = -1
        self._state = np.zeros(n, np.int8)
        self._open = np.zeros(n, np.bool_)
        self._members = np.zeros(n, np.int64)
        self._news = (-1, 0)

    @property
    def state(self) -> NDArray[np.int8]:
        """(n,) what people see now, as ``State``."""
        self._look()
        return self._state

    def _look(self) -> None:
        if self._changes == self._board.changes:
            return
        self._changes = self._board.changes
        self._state = self._board.state
        self._open = self._board.columns["place"] % LIVES != Life.NORMAL
        self._members = np.bincount(self._board.columns["group"][self._open], minlength=len(self._unit))
        self._kept.clear()

    def row_asked(self, alarm: str) -> int:
        """The row of an alarm. Raises ``NotFoundException`` with the nearest name."""
        row = self._definitions.row_of.get(alarm)
        if row is None:
            raise NotFoundException(f"there is no alarm {alarm!r}; {self._nearest(alarm)}")
        return row

    def _nearest(self, alarm: str) -> str:
        head, _, name = alarm.rpartition("/")
        heads = dict.fromkeys(id_.rpartition("/")[0] for id_ in self._definitions.id)
        there = head if head in heads else nearest_path(head, list(heads)) if head else None
        if there is None:
            return f"an alarm looks like {self._definitions.id[0]}"
        names = [id_.rpartition("/")[2] for id_ in self._definitions.id if id_.rpartition("/")[0] == there]
        return f"the nearest is {there}/{nearest(name, names) or names[0]}"

    def of(self, place: Place) -> Flags:
        """(n,) which alarms are of a place. Raises ``NotFoundException`` where there is no such place."""
        return self._places.of(place)

    def chosen(self, choice: Choice, sort: str, descending: bool) -> Rows:
        """Rows of a choice in their order; descending is most urgent, newest or last of the complex first.

        ``urgency`` is unacknowledged first, then priority, then when it was told. Of alarms that belong together
        ``roots`` leaves the one that came first, those whose root is not in the choice, and those that want an
        acknowledgement more than their root does: nothing urgent is hidden behind what is not.
        """
        self._look()
        key = (choice, sort, descending)
        if key not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[key] = self._sorted(self._chosen(choice), sort, descending)
        return self._kept[key]

    def _chosen(self, choice: Choice) -> Rows:
        found = self.of(choice.place)
        columns = self._board.columns
        if choice.group >= 0:
            found = found & (columns["group"] == choice.group) & self._open
        found = found & np.isin(self._state, choice.states or SHOWN)
        if choice.priorities:
            found = found & np.isin(self._definitions.priority, choice.priorities)
        if choice.assignee:
            mine = np.zeros(len(found), np.bool_)
            mine[[row for row, assignee in self._board.assignee.items() if assignee == choice.assignee]] = True
            found = found & mine
        if choice.roots:
            group, priority = columns["group"], self._definitions.priority
            wanting = np.isin(self._state, UNACKNOWLEDGED)
            hotter = wanting & (~wanting[group] | (priority > priority[group]))
            found = found & ((group == np.arange(len(group))) | ~found[group] | hotter)
        return np.flatnonzero(found)

    def _sorted(self, rows: Rows, sort: str, descending: bool) -> Rows:
        told_us = self._board.columns["told_us"][rows]
        quiet = (self._state[rows] >= State.SUPPRESSED) & ~self._open[rows]
        standing = STANDING[self._state[rows]].astype(np.int64) + quiet
        keys: dict[str, tuple[NDArray[Any], ...]] = {
            "urgency": (told_us, self._definitions.priority[rows].astype(np.int64), -standing),
            "time": (told_us,),
            "place": (rows,),
            "state": (told_us, -self._state[rows].astype(np.int64)),
        }
        sign = -1 if descending else 1
        return rows[np.lexsort(tuple(sign * key for key in keys[sort]))]

    def counts(self, of: Flags) -> dict[str, dict[str, int]]:
        """How many of some alarms are in each state, by priority."""
        codes = self.state[of].astype(np.int64) * len(Priority) + self._definitions.priority[of]
        return _by_state(np.bincount(codes, minlength=len(State) * len(Priority)))

    def position_counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """The same for each position."""
        definitions, each = self._definitions, len(State) * len(Priority)
        of = definitions.position >= 0
        codes = definitions.position[of].astype(np.int64) * each
        codes += self.state[of].astype(np.int64) * len(Priority) + definitions.priority[of]
        found = np.bincount(codes, minlength=each * len(definitions.positions)).reshape(-1, each)
        return {place.id: _by_state(row) for place, row in zip(definitions.positions, found, strict=True)}

    def site_counts(self) -> dict[str, dict[str, int]]:
        """Alarms of each site that are active before people, acknowledged or not, by priority."""
        definitions, n = self._definitions, len(Priority)
        of = np.isin(self.state, (State.UNACK, State.ACKED))
        codes = definitions.site[of].astype(np.int64) * n + definitions.priority[of]
        found = np.bincount(codes, minlength=n * len(self._plant.sites)).reshape(-1, n).tolist()
        return {site.id: _by_priority(row) for site, row in zip(self._plant.sites, found, strict=True)}

    def loudest(self) -> str | None:
        """The highest priority that somebody has yet to acknowledge."""
        open_ = self._definitions.priority[np.isin(self.state, UNACKNOWLEDGED)]
        return Priority(int(open_.max())).name.lower() if len(open_) else None

    def news(self, now_us: int, most: int) -> list[int]:
        """Alarms that sounded since the last call, the most urgent first; none after a pause."""
        (seq, at_us), self._news = self._news, (self._board.seq, now_us)
        if seq < 0 or now_us - at_us > NEWS_US:
            return []
        heard = np.array(self._board.heard_after(seq), np.intp)
        self._look()
        return self._sorted(heard, "urgency", descending=True)[:most].tolist()

    def row(self, row: int) -> dict[str, object]:
        """One alarm as the API tells it."""
        return self.rows([row])[0]

    def rows(self, chosen: Rows | list[int]) -> list[dict[str, object]]:
        """Alarms as the API tells them."""
        self._look()
        rows = np.asarray(chosen, np.intp)
        read = {name: column[rows].tolist() for name, column in self._board.columns.items()}
        read["state"] = self._state[rows].tolist()
        read["others"] = (self._members[self._board.columns["group"][rows]] - self._open[rows]).tolist()
        columns = [dict(zip(read, values, strict=True)) for values in zip(*read.values(), strict=True)]
        return [self._row(row, each) for row, each in zip(rows.tolist(), columns, strict=True)]

    def _row(self, row: int, columns: Mapping[str, Any]) -> dict[str, object]:
        board, ids = self._board, self._definitions.id
        touch = board.touches.get(row)
        hidden = columns["place"] // LIVES & SUPPRESSED != 0
        by = columns["by"] if hidden else -1
        fixed = self._fixed_of(row)
        measured = self.words.measured(row)
        return fixed | {
            "state": STATE_NAMES[columns["state"]],
            "active": columns["active"] == 1,
            "number": columns["number"],
            "since_us": columns["since_us"],
            "told_us": columns["told_us"],
            "value": number(columns["seen"]) if measured else None,
            "limit": against if math.isfinite(against := columns["against"]) and measured else fixed["limit"],
            "until_us": 0 if columns["until_us"] == NEVER_ENDS else columns["until_us"],
            "hidden": ("cause" if by >= 0 else "design") if hidden else "",
            "hidden_by": ids[by] if by >= 0 else "",
            "group": ids[columns["group"]],
            "children": columns["others"],
            "actor": touch.actor if touch else "",
            "act": touch.event.name.lower() if touch else "",
            "act_us": touch.at_us if touch else 0,
            "assignee": board.assignee.get(row, ""),
            "notes": board.notes.get(row, 0),
        }

    def _fixed_of(self, row: int) -> dict[str, object]:
        """What never changes about an alarm; ``limit`` is null where it has none or follows something."""
        fixed = self._fixed.get(row)
        if fixed is not None:
            return fixed
        if len(self._fixed) >= MOST_FIXED:
            self._fixed.clear()
        definitions = self._definitions
        tag, rationale = int(definitions.tag[row]), int(definitions.rationale[row])
        fixed_limit = self.words.measured(row) and definitions.reference[row] < 0
        fixed = self._fixed[row] = {
            "alarm": definitions.id[row],
            "site": self.site(row),
            "unit": self.unit(row),
            "tag": self._plant.tags.path[tag] if tag >= 0 else None,
            "name": said(self.words.name(row)),
            "condition": said(self.words.condition(row)),
            "kind": self.kind(row),
            "priority": Priority(int(definitions.priority[row])).name.lower(),
            "position": self.position(row),
            "limit": float(definitions.limit[row]) if fixed_limit else None,
            "unit_of_measure": self.words.unit_of_measure(row),
            "time_to_respond_s": definitions.rationales[rationale].time_to_respond_s if rationale >= 0 else 0,
            "latches": bool(definitions.latches[row]),
        }
        return fixed

    def kind(self, row: int) -> str:
        """How an alarm's condition follows from its signal, ``high``."""
        return Kind(int(self._definitions.kind[row])).name.lower()

    def site(self, row: int) -> str:
        """The id of an alarm's site."""
        return self._plant.sites[int(self._definitions.site[row])].id

    def unit(self, row: int) -> str:
        """The path of an alarm's unit, "" where it is of a whole site."""
        unit = int(self._unit[row])
        return self._paths[unit] if unit >= 0 else ""

    def position(self, row: int) -> str:
        """The id of the position that looks after an alarm, "" for none."""
        position = int(self._definitions.position[row])
        return self._definitions.positions[position].id if position >= 0 else ""


def said(text: Text) -> dict[str, str]:
    """A text of both languages."""
    return {"en": text.en, "zh": text.zh}


def number(value: float) -> float | None:
    """A value, null where there is none."""
    return value if math.isfinite(value) else None


def _by_state(found: NDArray[np.int64]) -> dict[str, dict[str, int]]:
    by_state = found.reshape(len(State), len(Priority)).tolist()
    return {state.name.lower(): _by_priority(by_state[state]) for state in SHOWN}


def _by_priority(found: list[int]) -> dict[str, int]:
    return {name: found[priority] for name, priority in PRIORITIES.items()}
