"""The types of unit that the twin knows, by template id. A new type is one module and one entry here.

Models are stepped in this order, so a type stands after those whose models it looks at.
"""

from __future__ import annotations

from typing import Final

from didymium.twin.unit_type import UnitType
from didymium.twin.units.agv import AGV
from didymium.twin.units.annealing import ANNEALING_FURNACE
from didymium.twin.units.calciner import CALCINER
from didymium.twin.units.cell import CELL
from didymium.twin.units.charge import BATCHING
from didymium.twin.units.common import COMMON
from didymium.twin.units.concentrate import DRYER, SILO
from didymium.twin.units.crystalliser import CRYSTALLISER
from didymium.twin.units.evaporator import EVAPORATOR
from didymium.twin.units.extraction import CIRCUIT, STAGE
from didymium.twin.units.feeder import FEEDER
from didymium.twin.units.gas_trains import OFF_GAS
from didymium.twin.units.hydrogen_alloy import INDUCTION_FURNACE
from didymium.twin.units.hydrogen_station import HYDROGEN_STATION
from didymium.twin.units.kiln import KILN70
from didymium.twin.units.magnets import DECREPITATION_FURNACE
from didymium.twin.units.marking import MARKING
from didymium.twin.units.mill import MILL
from didymium.twin.units.monitoring import AIR_STATION, RADIATION_POINT
from didymium.twin.units.motors import BENCH, STATION
from didymium.twin.units.osmosis import OSMOSIS
from didymium.twin.units.packing import BAG_LINE, DRUM_LINE
from didymium.twin.units.pct_rig import PCT_RIG
from didymium.twin.units.precipitation import FILTER, REACTOR
from didymium.twin.units.pretreatment import PRE_TREATMENT
from didymium.twin.units.rectifier import RECTIFIER
from didymium.twin.units.roasting import ROTARY_KILN
from didymium.twin.units.robot import CONVEYOR, ROBOT
from didymium.twin.units.scrubber import SCRUBBER
from didymium.twin.units.sintering import SINTERING_FURNACE
from didymium.twin.units.strip_caster import STRIP_CASTER
from didymium.twin.units.tank_farm import TANK
from didymium.twin.units.trade import BAY, CRANE, DOCK, WEIGHBRIDGE
from didymium.twin.units.ultrafiltration import ULTRAFILTRATION
from didymium.twin.units.utilities import ARGON, COOLING_WATER, SUBSTATION

UNIT_TYPES: Final[dict[str, UnitType]] = {
    "T_CELL": CELL,
    "T_FEED": FEEDER,
    "T_RECT": RECTIFIER,
    "T_SCRUB": SCRUBBER,
    "T_MARK": MARKING,
    "T_SC": STRIP_CASTER,
    "T_BATCH": BATCHING,
    "T_PRECIP": REACTOR,
    "T_FILT": FILTER,
    "T_CALC": CALCINER,
    "T_KILN70": KILN70,
    "T_ROBOT": ROBOT,
    "T_CONV": CONVEYOR,
    "T_PACK": BAG_LINE,
    "T_PKG": DRUM_LINE,
    "T_AGV": AGV,
    "T_VIM": INDUCTION_FURNACE,
    "T_ANN": ANNEALING_FURNACE,
    "T_MILL": MILL,
    "T_PCT": PCT_RIG,
    "T_STN": STATION,
    "T_EOL": BENCH,
    "T_PRE": PRE_TREATMENT,
    "T_UF": ULTRAFILTRATION,
    "T_RO": OSMOSIS,
    "T_MVR": EVAPORATOR,
    "T_CRYS": CRYSTALLISER,
    "T_TANK": TANK,
    "T_WB": WEIGHBRIDGE,
    "T_BAY": BAY,
    "T_ASRS": CRANE,
    "T_DOCK": DOCK,
    "T_DRY": DRYER,
    "T_SILO": SILO,
    "T_RKILN": ROTARY_KILN,
    "T_OFFGAS": OFF_GAS,
    "T_RAD": RADIATION_POINT,
    "T_SXSTG": STAGE,
    "T_SXCIR": CIRCUIT,
    "T_HD": DECREPITATION_FURNACE,
    "T_SINT": SINTERING_FURNACE,
    "T_CWSTN": COOLING_WATER,
    "T_ARREC": ARGON,
    "COM": COMMON,
    "T_SUBST": SUBSTATION,
    "T_H2STN": HYDROGEN_STATION,
    "T_AQM": AIR_STATION,
}
