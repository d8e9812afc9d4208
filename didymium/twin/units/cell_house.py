"""The goods of the electrolysis sites S03, S04 and S10: oxide, carbon, iron and salt in, metal and gas out (§5, §16).

Everything is booked by counters that the cells keep: what they hold and what passed them close to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.twin.bank import Floats
from didymium.twin.ledger import MASS, REO, Ledger
from didymium.twin.stocks import Stocks
from didymium.twin.units.anodes import Anodes
from didymium.twin.units.cell_class import Cells
from didymium.twin.units.cell_services import Stores
from didymium.twin.units.off_gas import OffGas

T_KG: Final = 0.001
OXIDE_FROM: Final = {
    "S03": ("S01", "PrNd oxide"),
    "S04": ("S09", "PrNd oxide, bought"),
    "S10": ("S09", "PrNd oxide, bought"),
}
GD_OXIDE_FROM: Final = ("S16", "Gd oxide")
METAL: Final = {"S03": "Metal and alloy", "S04": "PrNd pieces", "S10": "Metal and Gd-Fe"}
TO_S06: Final = range(45, 49)
"""Cells of S10 whose metal goes to S06, 1.7 t a day; all the other metal goes to S05. (A)"""
HYDRIDE_METAL: Final = ("S06", "LaCe metal")
GASES: Final = {
    "carbon dioxide": ("co2",),
    "carbon monoxide": ("co",),
    "oxygen": ("oxygen",),
    "fluorides": ("hf", "fluoride", "cf4", "c2f6"),
}

Members = NDArray[np.intp]


class CellHouse:
    """What the cells of one site move and hold. ``members`` are their places among all cells.

    S03 draws its oxide from a store that S01 fills: what is booked from there is what S01 sends.
    """

    def __init__(
        self,
        site: str,
        members: Members,
        numbers: Members,
        cells: Cells,
        anodes: Anodes,
        so_far: OffGas,
        stores: Stores,
        ledger: Ledger,
        stocks: Stocks,
    ) -> None:
        self.site, self._members, self._cells, self._anodes = site, members, cells, anodes
        self._hopper_kg, self._refilled_kg = stores.hopper_kg, stores.refilled_kg
        self._from_s01 = (ledger.stream(MASS, "S01", site, "PrNd oxide"), ledger.stream(REO, "S01", site, "PrNd oxide"))
        alloy = members[cells.re_share[members] < 1.0]
        plain = members[cells.re_share[members] == 1.0]
        to_s06 = members[np.isin(numbers, TO_S06)] if site == "S10" else members[:0]
        to_s05 = np.setdiff1d(members, to_s06)
        source = OXIDE_FROM[site]
        self.stored = source[0] == "S01"
        self._opening_t = stocks.opening_t(site, source[1]) if self.stored else 0.0
        for (sender, goods), which in ((source, plain), (GD_OXIDE_FROM, alloy)):
            if len(which) and sender != "S01":
                for kind in (MASS, REO):
                    ledger.counted(kind, sender, site, goods, _sum_t(stores.refilled_kg, which))
        for (receiver, goods), which in ((("S05", METAL[site]), to_s05), (HYDRIDE_METAL, to_s06)):
            if len(which):
                ledger.counted(MASS, site, receiver, goods, _sum_t(cells.tapped_kg, which))
                ledger.counted(REO, site, receiver, goods, _product_t(cells.tapped_re_kg, cells.oxide_kg_kg, which))
        counted = ledger.counted
        counted(MASS, "MARKET", site, "anodes", _sum_t(anodes.put_in_kg, members))
        counted(MASS, site, "RESIDUE", "anode butts", _sum_t(anodes.taken_out_kg, members))
        counted(MASS, "MARKET", site, "fluoride salt", _sum_t(so_far.salt, members))
        counted(MASS, "AIR", site, "air", _sum_t(so_far.air, members))
        if len(alloy):
            counted(MASS, "MARKET", site, "iron rods", _sum_t(stores.rods_kg, alloy))
        for goods, names in GASES.items():
            counted(MASS, site, "AIR", goods, _all_t([getattr(so_far, name) for name in names], members))
        ledger.hold(MASS, site, self.mass_t)
        ledger.hold(REO, site, self.reo_t)

    @property
    def store_t(self) -> tuple[float, float]:
        """Oxide in the store before the hoppers, as mass and as REO."""
        if not self.stored:
            return 0.0, 0.0
        used_t = T_KG * float(self._refilled_kg[self._members].sum())
        return self._opening_t + self._from_s01[0].amount - used_t, self._opening_t + self._from_s01[1].amount - used_t

    def mass_t(self) -> float:
        """Store, hoppers, oxide dissolved and settled, metal and iron, anodes. The salt is made up as it is lost."""
        c, of = self._cells, self._members
        kg = c.pool_kg[of] + c.iron_kg[of] + c.rod_kg[of] + self._anodes.mass_kg[of].sum(axis=1)
        return self.store_t[0] + T_KG * float((self._oxide_kg() + kg).sum())

    def reo_t(self) -> float:
        """The rare earth in it, as oxide."""
        c, of = self._cells, self._members
        return self.store_t[1] + T_KG * float((self._oxide_kg() + c.pool_kg[of] * c.oxide_kg_kg[of]).sum())

    def _oxide_kg(self) -> Floats:
        c, of = self._cells, self._members
        return self._hopper_kg[of] + c.oxide_wt[of] / 100.0 * c.bath_kg[of] + c.sludge_kg[of]


def _sum_t(counter_kg: Floats, which: Members) -> Callable[[], float]:
    return lambda: T_KG * float(counter_kg[which].sum())


def _all_t(counters_kg: list[Floats], which: Members) -> Callable[[], float]:
    return lambda: T_KG * sum(float(counter_kg[which].sum()) for counter_kg in counters_kg)


def _product_t(counter_kg: Floats, factor: Floats, which: Members) -> Callable[[], float]:
    return lambda: T_KG * float((counter_kg[which] * factor[which]).sum())
