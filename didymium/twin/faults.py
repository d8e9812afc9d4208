"""What can be made to go wrong in the plant, and what is wrong now (domain reference §19.1).

A fault is put on a unit, or on a whole site where its line goes down, with a size in the fault's own measure. The
models of units hold windows on the sizes and do the rest, so that what is seen follows from the physics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.model.mistakes import nearest
from didymium.twin.bank import Bank, Floats


@dataclass(frozen=True, slots=True)
class Size:
    """How much of a fault: in ``unit``, ``usual`` unless said, from ``least`` to ``most``."""

    unit: str
    usual: float
    least: float
    most: float


WHOLE: Final = Size("", 1.0, 1.0, 1.0)
"""Of faults that are there or not."""
SITE: Final = "SITE"
"""Stands among ``templates`` for a whole site."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the catalogue.

    ``templates`` are those of the units that it can be put on. ``tags`` move first, in this order; the consequence
    comes ``within_s`` seconds after the start, from the first to the second number.
    """

    code: str
    name: str
    words: str
    templates: tuple[str, ...]
    tags: tuple[str, ...]
    consequence: str
    within_s: tuple[float, float]
    size: Size = WHOLE


MINUTE_S: Final = 60.0
HOUR_S: Final = 3600.0
DAY_S: Final = 86_400.0

_ALL: Final = (
    Fault(
        "F01", "ANODE_EFFECT", "the feed of a cell stops", ("T_CELL",), ("FEED_PV", "VOLT_PV"),
        "anode effect", (18 * MINUTE_S, 20 * MINUTE_S),
    ),
    Fault(
        "F02", "OVERFEED", "a cell is fed more than it needs", ("T_CELL",), ("FEED_PV", "R_PSEUDO"),
        "sludge of 28 kg and 0.6 V more", (4 * HOUR_S, 7 * HOUR_S), Size("%", 15.0, 1.0, 50.0),
    ),
    Fault(
        "F03", "TC_DRIFT", "a thermocouple reads ever lower", ("T_CELL", "T_KILN70", "T_SC"), ("T_BATH", "Z_TT"),
        "an error of 10 °C", (5 * DAY_S, 8 * DAY_S), Size("°C/d", -1.5, -2000.0, 2000.0),
    ),
    Fault(
        "F04", "STUCK_VALVE", "a valve stays where it is", ("T_PRECIP", "T_RO"), ("V_PREC", "V_CONC", "P_FEED"),
        "pH out of its limits, or the pump trips", (15.0, 5 * MINUTE_S),
    ),
    Fault(
        "F05", "CW_LOSS", "cooling water fails", ("T_CELL", "T_SC", "T_VIM"), ("CW_F", "CO_CWF"),
        "55 °C at the holder, or the coil trips", (3.0, 15.0),
    ),
    Fault(
        "F06", "WHEEL_BEARING", "a wheel's bearing wears out", ("T_SC",), ("WH_VDE", "THK"),
        "7.1 mm/s", (3 * DAY_S, 10 * DAY_S), Size("d", 4.0, 0.01, 10.0),
    ),
    Fault(
        "F07", "AGV_BLOCKED", "something stands in a vehicle's way", ("T_AGV",), ("OBST_FLAG", "SPEED"),
        "loads wait for more than 20 min", (20 * MINUTE_S, 40 * MINUTE_S),
    ),
    Fault(
        "F08", "ROBOT_ESTOP", "a robot's emergency stop is pressed", ("T_ROBOT",), ("ESTOP", "CYC_T"),
        "the buffer is empty and the kiln is fed no more", (34 * MINUTE_S, 36 * MINUTE_S),
    ),
    Fault(
        "F09", "PUMP_TRIP", "a pump trips", ("T_RO", "T_CWSTN"), ("HPP_A", "PMP_A", "FLOW", "F_FEED"),
        "the flow is gone", (2.0, 30 * MINUTE_S),
    ),
    Fault(
        "F10", "MEMBRANE_FOULING", "scale grows on membranes", ("T_RO",), ("NPF", "DP"),
        "88 % of the normal flow", (0.5 * DAY_S, 3 * DAY_S), Size("d", 6.0, 0.05, 45.0),
    ),
    Fault(
        "F11", "HX_SCALE", "scale grows on an evaporator's tubes", ("T_MVR",), ("U_HX", "DT_HX", "SEC"),
        "1,200 W/m²K", (0.5 * DAY_S, 3 * DAY_S), Size("d", 5.0, 0.05, 30.0),
    ),
    Fault(
        "F12", "VAC_LEAK", "a chamber leaks air", ("T_SC", "T_HD"), ("LEAK", "O2", "VAC_HI"),
        "the rise test fails", (1 * MINUTE_S, 30 * MINUTE_S), Size("Pa/min", 2.0, 0.5, 20.0),
    ),
    Fault(
        "F13", "CHAMBER_WATER", "cooling water drips into a chamber", ("T_SC",), ("DEW", "CH_P"),
        "dew point above −40 °C and pressure rising", (1.0, 60.0),
    ),
    Fault(
        "F14", "HOOD_FAN_TRIP", "a fume train's fan trips", ("T_SCRUB",), ("FAN_A", "FUME_DP"),
        "no suction at the hoods", (10.0, 2 * MINUTE_S),
    ),
    Fault(
        "F15", "P_HEAD_POS", "a roasting kiln's draught fails", ("T_RKILN",), ("P_HEAD", "HF_AMB"),
        "fluoride in the hall", (1.0, 30.0),
    ),
    Fault(
        "F16", "OA_DRIFT", "a cascade's ratio of flows drifts", ("T_SXCIR",), ("OA", "PUR_EXT"),
        "a product out of its purity", (6 * HOUR_S, 48 * HOUR_S), Size("%", 2.0, -10.0, 10.0),
    ),
    Fault(
        "F17", "METER_BIAS", "a custody meter reads too much", ("T_PRE",), ("IN_F",),
        "the balance does not close", (1 * DAY_S, 30 * DAY_S), Size("%", 1.0, -10.0, 10.0),
    ),
    Fault(
        "F18", "HIDDEN_LEAK", "water leaks away unseen", ("T_PRE",), (),
        "water and salt are missing from their balances", (3 * DAY_S, 10 * DAY_S), Size("t/d", 3.0, 0.1, 50.0),
    ),
    Fault(
        "F19", "FEEDER_BRIDGE", "oxide bridges in a feeder: its screw turns and nothing comes", ("T_FEED",),
        ("LIW_RATE", "SCR_TRQ"), "anode effect", (18 * MINUTE_S, 20 * MINUTE_S),
    ),
    Fault(
        "F20", "LINK_LOSS", "a site's line is down", (SITE,), (),
        "the day is not complete", (1.0, 2.0),
    ),
    Fault(
        "F21", "H2_LEAK", "hydrogen leaks", ("T_HD", "T_H2STN"), ("H2_AMB", "LEL"),
        "25 % of the lower explosion limit", (2.0, 60.0), Size("Nm³/h", 30.0, 1.0, 200.0),
    ),
    Fault(
        "F22", "LABEL_SWAP", "two labels are swapped", ("T_MARK", "T_AGV"), ("PIECE_ID", "LOAD_ID"),
        "a lot with another's history", (1.0, 2 * DAY_S),
    ),
    Fault(
        "F23", "VOLT_DIP", "the grid dips and rectifiers trip", ("T_SUBST",), ("DIP", "DC_KA"),
        "the bath freezes below 950 °C", (60 * MINUTE_S, 90 * MINUTE_S),
    ),
)  # fmt: skip
CATALOGUE: Final = {fault.code: fault for fault in _ALL}


class BadFault(ValueError):
    """A fault cannot be injected or cleared as said."""


class UnknownFault(BadFault):
    """No fault of the catalogue, or no place that it can be put on, has this name."""


class FaultStands(BadFault):
    """The fault is there already, or it is not there to be cleared."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A fault on a unit or site since a unix second."""

    code: str
    place: str
    size: float
    since_s: int


class Faults:
    """What is wrong now. One thread changes it, between two steps of the plant."""

    def __init__(self, sites: Sequence[str]) -> None:
        self._places: dict[tuple[str, str], list[tuple[Floats, int]]] = {}
        self._sizes: dict[tuple[str, int], Floats] = {}
        self._site_of = {site: i for i, site in enumerate(sites)}
        self._in_force: dict[tuple[str, str], InForce] = {}
        self.lines_down: NDArray[np.bool_] = np.zeros(len(sites), np.bool_)
        """(sites,) whether a site's line is down."""

    def add(self, bank: Bank) -> None:
        """Let faults be put on the bank's units."""
        for fault in CATALOGUE.values():
            if bank.template in fault.templates:
                sizes = self.sizes(bank, fault.code)
                for i, unit in enumerate(bank.units):
                    self._places.setdefault((fault.code, unit.path), []).append((sizes, i))

    @property
    def in_force(self) -> tuple[InForce, ...]:
        """Every fault that is there, the oldest first."""
        return tuple(self._in_force.values())

    def sizes(self, bank: Bank, code: str) -> Floats:
        """(units,) window on a fault's size on each unit of the bank, 0 where it is not."""
        key = (code, bank.first)
        if key not in self._sizes:
            self._sizes[key] = np.zeros(len(bank))
        return self._sizes[key]

    def inject(self, code: str, place: str, size: float | None, now_s: int) -> InForce:
        """Put a fault on a place from now on. Raises ``BadFault``."""
        fault, chosen = checked(code, size)
        if (code, place) in self._in_force:
            raise FaultStands(f"{code} {fault.name} is on {place} already: clear it first")
        self._set(fault, place, chosen)
        made = InForce(code, place, chosen, now_s)
        self._in_force[code, place] = made
        return made

    def clear(self, code: str, place: str) -> InForce:
        """End a fault. Raises ``FaultStands`` where it is not."""
        if (code, place) not in self._in_force:
            self.check(code, place)
            there = ", ".join(f"{each.code} on {each.place}" for each in self.in_force) or "none at all"
            raise FaultStands(f"there is no {code} on {place}; in force: {there}")
        self._set(CATALOGUE[code], place, 0.0)
        return self._in_force.pop((code, place))

    def check(self, code: str, place: str) -> None:
        """Raises ``UnknownFault`` where the fault cannot be put on such a place."""
        self._found(checked(code, None)[0], place)

    def places(self, code: str) -> list[str]:
        """Every place that a fault can be put on."""
        if SITE in CATALOGUE[code].templates:
            return list(self._site_of)
        return [place for known, place in self._places if known == code]

    def _set(self, fault: Fault, place: str, size: float) -> None:
        for sizes, unit in self._found(fault, place):
            sizes[unit] = size
        if SITE in fault.templates:
            self.lines_down[self._site_of[place]] = size != 0.0

    def _found(self, fault: Fault, place: str) -> list[tuple[Floats, int]]:
        if SITE in fault.templates:
            if place not in self._site_of:
                raise UnknownFault(f"{fault.code} {fault.name} is put on a site{_meant(place, list(self._site_of))}")
            return []
        found = self._places.get((fault.code, place))
        if found is None:
            kinds = ", ".join(fault.templates)
            meant = _meant(place, self.places(fault.code))
            raise UnknownFault(f"{fault.code} {fault.name} is put on a unit of {kinds}{meant}")
        return found


def checked(code: str, size: float | None) -> tuple[Fault, float]:
    """The fault and its size, the usual one for None. Raises ``BadFault``."""
    fault = CATALOGUE.get(code)
    if fault is None:
        close = nearest(code, [*CATALOGUE, *(each.name for each in _ALL)])
        meant = next((each.code for each in _ALL if close in (each.code, each.name)), None)
        hint = f"the nearest is {meant} {CATALOGUE[meant].name}" if meant else f"there are {', '.join(CATALOGUE)}"
        raise UnknownFault(f"there is no fault {code!r}; {hint}")
    if size is None:
        return fault, fault.size.usual
    if not fault.size.least <= size <= fault.size.most or size == 0.0:
        limits = f"{fault.size.least:g} to {fault.size.most:g} {fault.size.unit}".rstrip()
        raise BadFault(f"{code} {fault.name} of {size:g}: from {limits}, and not 0")
    return fault, size


def _meant(place: str, places: Sequence[str]) -> str:
    """The end of a refusal: which of the places is the nearest to what was said, or what they look like."""
    if not places:
        return f", not on {place!r}; this complex has none"
    close = nearest(place, places)
    hint = f"the nearest is {close}" if close else "for example " + ", ".join(places[:4])
    return f", not on {place!r}; {hint}"
