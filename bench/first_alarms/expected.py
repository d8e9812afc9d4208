"""Which alarm has to come first for each fault, and how soon, written by hand from the reference (§19.1, §17.2, §17.3).

Patterns are over alarm ids; ``{place}`` is the unit or site with the fault, ``{site}`` its site, ``{feeder}`` and
``{cell}`` the feeder and the cell of the same number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, TypeVar

from bench.catalogue.drill import Drill
from didymium.model.plant import Complex
from didymium.twin.faults import DAY_S, HOUR_S, MINUTE_S, SITE

Alarm = TypeVar("Alarm", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Expected:
    """``first`` are patterns of which one has to be first; ``within_s`` is the end of the time to consequence.

    ``detect`` says it in the reference's words.
    """

    detect: str
    first: tuple[str, ...]
    within_s: float


FIRST: Final[Mapping[tuple[str, str], Expected]] = {
    ("F01", "T_CELL"): Expected("V > 12 V 1 s; feed stop", ("{place}/FEED_LOST", "{place}/AE"), 20 * MINUTE_S),
    ("F02", "T_CELL"): Expected(
        "CUM_DEV > 3 kg",
        ("{feeder}.CUM_DEV/H", "{feeder}.CUM_DEV/HH", "{feeder}.DOSE_ERR/H", "{feeder}.DOSE_ERR/HH", "{place}/OVERFED"),
        7 * HOUR_S,
    ),
    ("F03", "T_CELL"): Expected("TC pair", ("{place}/TC_PAIR",), 8 * DAY_S),
    ("F03", "T_KILN70"): Expected("TC pair, energy residual", ("{place}/TC_PAIR", "{place}/TC_DRIFT"), 8 * DAY_S),
    ("F03", "T_SC"): Expected("TC pair", ("{place}/TC_PAIR",), 8 * DAY_S),
    ("F04", "T_PRECIP"): Expected("cmd − pos", ("{place}/V_STUCK",), 5 * MINUTE_S),
    ("F04", "T_RO"): Expected("cmd − pos; pressure", ("{place}/V_STUCK", "{place}.P_FEED/H"), 25.0),
    ("F05", "T_CELL"): Expected("LL flow, dT/dt", ("{place}/I9", "{place}.CW_F/L", "{place}.CW_F/LL"), 15.0),
    ("F05", "T_SC"): Expected("LL flow, dT/dt", ("{place}/I2", "{place}.CO_CWF/L", "{place}.CO_CWF/LL"), 15.0),
    ("F05", "T_VIM"): Expected("LL flow, dT/dt", ("{place}/I2", "{place}.CW_F1/*"), 15.0),
    ("F06", "T_SC"): Expected("vib trend", ("{place}.WH_VDE/H",), 10 * DAY_S),
    ("F07", "T_AGV"): Expected("OBST_FLAG 20 s", ("{place}.OBST_FLAG/BLOCKED",), 20 * MINUTE_S),
    ("F08", "T_ROBOT"): Expected("ESTOP", ("{place}/I17", "{place}.ESTOP/HH"), 35 * MINUTE_S),
    ("F09", "T_RO"): Expected("amps 0, flow LL", ("{place}/PUMP_LOST",), 30 * MINUTE_S),
    ("F09", "T_CWSTN"): Expected("amps 0, flow LL", ("{place}/PUMP_LOST",), 30 * MINUTE_S),
    ("F10", "T_RO"): Expected("NPF < 88 %", ("{place}.NPF/L",), 3 * DAY_S),
    ("F11", "T_MVR"): Expected("U trend", ("{place}.U_HX/L",), 3 * DAY_S),
    ("F12", "T_SC"): Expected("rise test", ("{place}/VAC_LEAK", "{place}.LEAK/H", "{place}.O2/H"), 30 * MINUTE_S),
    ("F12", "T_HD"): Expected("rise test", ("{place}/VAC_LEAK", "{place}.LEAK/H", "{place}.O2/H"), 30 * MINUTE_S),
    ("F13", "T_SC"): Expected("I1 logic", ("{place}/I1", "{place}.DEW/H", "{place}.DEW/HH"), 60.0),
    ("F14", "T_SCRUB"): Expected("DP LL", ("{place}/I11", "{site}.*.FUME_DP/H"), 2 * MINUTE_S),
    ("F15", "T_RKILN"): Expected("P_HEAD > 0", ("{place}/I13", "{place}.P_HEAD/H", "{place}.P_HEAD/HH"), 30.0),
    ("F16", "T_SXCIR"): Expected("F ratio, XRF", ("{place}/OA_HIGH", "{place}/OA_LOW", "{place}.OA/OA_*"), 48 * HOUR_S),
    ("F17", "T_PRE"): Expected("reconciliation r/σ", ("{place}/WATER_MISSING",), 30 * DAY_S),
    ("F18", "T_PRE"): Expected("both closures", ("{place}/WATER_MISSING", "{place}/SALT_MISSING"), 10 * DAY_S),
    ("F19", "T_FEED"): Expected("LIW against rpm", ("{place}/BRIDGE",), 18 * MINUTE_S),
    ("F20", "SITE"): Expected("received/expected", ("{site}/OFFLINE",), 20_800.0),
    ("F21", "T_HD"): Expected("LEL", ("{place}.H2_AMB?/H", "{place}/I8"), 60.0),
    ("F21", "T_H2STN"): Expected("LEL", ("{place}.LEL?/H", "{place}/I8"), 60.0),
    ("F22", "T_MARK"): Expected("read-back, mass balance", ("{place}/LABEL_SWAP",), 2 * DAY_S),
    ("F22", "T_AGV"): Expected("read-back, mass balance", ("{place}/LABEL_SWAP",), 2 * DAY_S),
    ("F23", "T_SUBST"): Expected("DIP count", ("{place}/I19",), 90 * MINUTE_S),
}
"""F02: CUM_DEV is DOSE_ERR summed up (§12); S03 and S04 have neither, so that the centre sums up what was fed.
F20: ``within_s`` are the readings that a day may lose (§2.1), a second of one tag each."""


def within_s(drill: Drill, plant: Complex) -> float:
    """How soon the alarm of a drill has to come."""
    expected = FIRST[drill.code, drill.template]
    if drill.template == SITE:
        return expected.within_s / next(site.count for site in plant.sites if site.id == drill.site)
    return expected.within_s


def fits(patterns: tuple[str, ...], alarm: str, place: str) -> bool:
    """Whether an alarm's id is one of those that may be first for a fault at ``place``."""
    line, _, unit = place.rpartition(".")
    named = {
        "place": place,
        "site": place.split(".")[0],
        "feeder": f"{line}.FEED{unit[4:]}",
        "cell": f"{line}.CELL{unit[4:]}",
    }
    return any(fnmatchcase(alarm, pattern.format(**named)) for pattern in patterns)


def linked(root: Alarm, links: Iterable[tuple[Alarm, Alarm]]) -> set[Alarm]:
    """All that hangs together with ``root`` by pairs of an alarm and the alarm that its group was named after."""
    pairs, found = [*links], {root}
    while more := {each for pair in pairs if found & {*pair} for each in pair} - found:
        found |= more
    return found
