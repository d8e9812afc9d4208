"""What may be varied of the units of a type, what was chosen for them, and how often slow ones are stepped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from didymium.twin.bank import Bank, Floats

BySite = float | Mapping[str, float]
"""One figure, or one for each site and "" for all others."""
EVERYWHERE: Final = ""
"""Stands for the site where a value is chosen for all units of a template."""
Choice = tuple[str, str, str]
"""Template, name of the parameter, site or ``EVERYWHERE``."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A figure of a type of unit, in ``unit``: ``usual`` unless chosen otherwise, within what is physically possible.

    ``words`` say in half a sentence what it is and what it moves.
    """

    unit: str
    usual: BySite
    least: BySite
    most: BySite
    words: str

    def usual_at(self, site: str) -> float:
        return _at(self.usual, site)

    def range_at(self, site: str) -> tuple[float, float]:
        """The least and the most that units of a site can have."""
        return _at(self.least, site), _at(self.most, site)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters that each type of unit has, by template and name, and what one plant chose of them."""

    known: Mapping[str, Mapping[str, Parameter]] = field(default_factory=dict)
    chosen: Mapping[Choice, float] = field(default_factory=dict)

    def of(self, bank: Bank, name: str) -> Floats:
        """(units,) a parameter of each unit of a bank: its site's, else its type's, else the usual value.

        Raises ``KeyError`` where the type has no such parameter.
        """
        return np.array([self.at(bank.template, name, unit.site) for unit in bank.units])

    def at(self, template: str, name: str, site: str) -> float:
        """The parameter of the units that a site has of a type. Raises ``KeyError`` where it has no such parameter."""
        usual = self.known[template][name].usual_at(site)
        for place in (site, EVERYWHERE):
            if (template, name, place) in self.chosen:
                return self.chosen[template, name, place]
        return usual

    def share(self, template: str, name: str, site: str) -> float:
        """The parameter of a site's units over what is usual there; 1 where the type has no such parameter."""
        parameter = self.known.get(template, {}).get(name)
        return 1.0 if parameter is None else self.at(template, name, site) / parameter.usual_at(site)


@dataclass(frozen=True, slots=True)
class Steps:
    """How often each type of unit is stepped: what is usual, by template, and what one plant chose."""

    usual_s: Mapping[str, int] = field(default_factory=dict)
    chosen_s: Mapping[str, int] = field(default_factory=dict)

    def of(self, bank: Bank) -> int:
        """Whole seconds from step to step of a bank's model."""
        return self.chosen_s.get(bank.template, self.usual_s.get(bank.template, 1))


def _at(figure: BySite, site: str) -> float:
    if isinstance(figure, Mapping):
        return figure.get(site, figure[EVERYWHERE])
    return figure
