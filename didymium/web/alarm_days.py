"""The journal by days, as columns of numbers, for measures of any span."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Final

import numpy as np

from didymium.alarms.definitions import Definitions, Priority
from didymium.alarms.life import Event, State
from didymium.alarms.measures import Journal
from didymium.records.journal import Journal as Kept

HOUR_US: Final = 3_600_000_000
DAY_US: Final = 24 * HOUR_US
SETTLED_US: Final = 2 * HOUR_US
"""A day is over for good when it has been over for so long; seconds missed longer ago are not judged any more."""
MOST_DAYS: Final = 45
NAMES: Final = ("alarm", "position", "priority", "event", "to_state", "sounds", "time_us")


class Days:
    """The journal of whole days (UTC) as columns of numbers; days that are over for good are kept."""

    def __init__(self, journal: Kept, definitions: Definitions) -> None:
        self._journal = journal
        self._row_of = definitions.row_of
        self._number = {
            "position": {position.id: at for at, position in enumerate(definitions.positions)} | {"": -1},
            "priority": {priority.name: int(priority) for priority in Priority},
            "event": {event.name: int(event) for event in Event},
            "to_state": {state.name: int(state) for state in State},
        }
        self._days: OrderedDict[int, Journal] = OrderedDict()
        self._reading = Lock()

    def read(self, from_us: int, to_us: int, now_us: int) -> Journal:
        """The rows from the day of ``from_us`` up to ``to_us``. Blocks."""
        with self._reading:
            days = [self._day(day, now_us) for day in range(from_us // DAY_US, (to_us - 1) // DAY_US + 1)]
        whole = {name: np.concatenate([getattr(day, name) for day in days]) for name in Journal.__dataclass_fields__}
        before = whole["time_us"] < to_us
        return Journal(**{name: column[before] for name, column in whole.items()})

    def _day(self, day: int, now_us: int) -> Journal:
        known = self._days.get(day)
        if known is not None:
            self._days.move_to_end(day)
            return known
        made = self._numbers(self._journal.columns(NAMES, day * DAY_US, (day + 1) * DAY_US))
        if (day + 1) * DAY_US + SETTLED_US < now_us:
            self._days[day] = made
            while len(self._days) > MOST_DAYS:
                self._days.popitem(last=False)
        return made

    def _numbers(self, read: dict[str, list[Any]]) -> Journal:
        """As numbers of these definitions; rows of alarms that are not defined any more are left out."""
        alarm = np.array([self._row_of.get(each, -1) for each in read["alarm"]], np.int32)
        of = {name: [numbers.get(each, -1) for each in read[name]] for name, numbers in self._number.items()}
        known = alarm >= 0
        return Journal(
            alarm=alarm[known],
            position=np.array(of["position"], np.int16)[known],
            priority=np.array(of["priority"], np.int8)[known],
            event=np.array(of["event"], np.int8)[known],
            after=np.array(of["to_state"], np.int8)[known],
            sounds=np.array(read["sounds"], np.bool_)[known],
            time_us=np.array(read["time_us"], np.int64)[known],
        )
