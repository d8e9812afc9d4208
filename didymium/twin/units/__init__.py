"""The types of unit that the twin knows, by template id. A new type is one module and one entry here.

Models are stepped in this order, so a type stands after those whose models it looks at.
"""

from __future__ import annotations

from typing import Final

from didymium.twin.unit_type import UnitType
from didymium.twin.units.cell import CELL
from didymium.twin.units.feeder import FEEDER
from didymium.twin.units.rectifier import RECTIFIER
from didymium.twin.units.scrubber import SCRUBBER

UNIT_TYPES: Final[dict[str, UnitType]] = {
    "T_CELL": CELL,
    "T_FEED": FEEDER,
    "T_RECT": RECTIFIER,
    "T_SCRUB": SCRUBBER,
}
