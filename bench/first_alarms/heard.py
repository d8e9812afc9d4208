"""A plant of the twin whose readings go through frames into an alarm engine, as those of the running system do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.catalogue.part import part_of
from didymium.alarms.acts import Act
from didymium.alarms.definitions import Definitions
from didymium.alarms.engine import Engine
from didymium.alarms.frames import SECOND_US, Framing
from didymium.alarms.life import Event
from didymium.alarms.transitions import Transitions
from didymium.model.plant import Complex
from didymium.model.readings import Readings
from didymium.twin.plant import TwinPlant

WHO = "the dispatcher"
TICK_S = 10
"""How often the clock is asked, but for silence."""


class Heard:
    """Some sites of the complex, simulated and heard; the alarms are those of the whole complex.

    Alarms hear every ``every_s`` seconds; sites that are not simulated are silent, and what the clock says of them is
    left out.
    """

    def __init__(self, whole: Complex, definitions: Definitions, sites: Sequence[str], seed: int, start_s: int) -> None:
        part = part_of(whole, sites)
        ids = tuple(site.id for site in whole.sites)
        self.twin = TwinPlant(part, seed, start_s * SECOND_US)
        self.engine = Engine(definitions, ids, start_s * SECOND_US)
        self._framing = Framing(whole, np.arange(len(whole.tags), dtype=np.int32))
        self._tag = np.array([whole.tags.row_of[path] for path in part.tags.path], np.uint32)
        self._site = part.tags.site
        self._own = np.isin(definitions.site, [ids.index(site) for site in sites])

    def second(self, every_s: int) -> list[Transitions]:
        """Go on by a second; return the transitions that the people at the sites' desks would see.

        The clock, which tells of silence and costs as much as a site, is asked every ``TICK_S`` seconds while no line
        is down, and not at all where only some seconds are heard.
        """
        twin = self.twin
        twin.advance(twin.second + 1)
        if twin.second % every_s:
            return []
        rows = np.flatnonzero(~twin.faults.lines_down[self._site])
        stamp = np.full(len(rows), twin.second * SECOND_US, np.int64)
        readings = Readings.of(self._tag[rows], stamp, twin.values[rows], twin.status[rows])
        said = [self.engine.take(frame) for frame in self._framing.take(readings)]
        if every_s == 1 and (twin.second % TICK_S == 0 or twin.faults.lines_down.any()):
            said.append(self.engine.tick(twin.second * SECOND_US))
        return [each.take(self._own[each.alarm]) for each in said if len(each)]

    def settle(self, alarms: NDArray[np.intp]) -> None:
        """Acknowledge and reset these alarms, where that can be."""
        for event in (Event.ACKNOWLEDGE, Event.RESET):
            self.engine.act(Act(event, tuple(alarms.tolist()), WHO, self.twin.second * SECOND_US, "tried"))
