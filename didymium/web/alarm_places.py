"""Which alarms are of a part of the complex, and which have certain words in their names and places."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import numpy as np
from litestar.exceptions import NotFoundException
from numpy.typing import NDArray

from didymium.alarms.definitions import Definitions
from didymium.model.mistakes import did_you_mean
from didymium.model.plant import Complex
from didymium.web.alarm_words import AlarmWords

Flags = NDArray[np.bool_]

MOST_KEPT: Final = 64
"""Places that are kept worked out."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the complex, and words that the alarm must have; "" for all."""

    position: str = ""
    site: str = ""
    unit: str = ""
    words: str = ""


EVERYWHERE: Final = Place()


class AlarmPlaces:
    """The alarms of a complex by place; ``unit`` (n,) is each alarm's unit, -1 for an alarm of a whole site."""

    def __init__(self, plant: Complex, definitions: Definitions, words: AlarmWords, unit: NDArray[np.int32]) -> None:
        n = len(definitions)
        self._plant = plant
        self._definitions = definitions
        self._words = words
        self._unit = unit
        self._everything = np.ones(n, np.bool_)
        texts = [self._text(row) for row in range(n)]
        self._text_first = np.cumsum([0] + [len(text) + 1 for text in texts])
        self._texts = "\0".join(texts)
        self._places: dict[Place, Flags] = {}

    def _text(self, row: int) -> str:
        name = self._words.name(row)
        site = self._plant.sites[int(self._definitions.site[row])].name
        unit = self._plant.units[int(self._definitions.unit[row])].name
        named = (self._definitions.id[row], name.en, name.zh, site.en, site.zh, unit.en, unit.zh)
        return "\n".join(named).casefold()

    def of(self, place: Place) -> Flags:
        """(n,) which alarms are of a place. Raises ``NotFoundException`` where there is no such place."""
        known = self._places.get(place)
        if known is None:
            if len(self._places) >= MOST_KEPT:
                self._places.clear()
            known = self._places[place] = self._of(place)
        return known

    def _of(self, place: Place) -> Flags:
        definitions = self._definitions
        found = self._everything
        if place.position:
            ids = [position.id for position in definitions.positions]
            found = found & (definitions.position == _place_of(place.position, ids, "position"))
        if place.site:
            ids = [site.id for site in self._plant.sites]
            found = found & (definitions.site == _place_of(place.site, ids, "site"))
        if place.unit:
            found = found & (self._unit == _place_of(place.unit, [unit.path for unit in self._plant.units], "unit"))
        for word in place.words.casefold().split():
            at = [hit.start() for hit in re.finditer(re.escape(word), self._texts)]
            has = np.zeros(len(found), np.bool_)
            has[np.searchsorted(self._text_first, np.array(at, np.int64), side="right") - 1] = True
            found = found & has
        return found


def _place_of(read: str, known: list[str], what: str) -> int:
    if read not in known:
        raise NotFoundException(did_you_mean(read, known, f"there is no {what} {read!r}"))
    return known.index(read)
