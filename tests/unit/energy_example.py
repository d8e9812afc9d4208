"""The electric energy of a small complex: the starter's, its one power meter standing for feeder and site."""

from __future__ import annotations

from pathlib import Path

from didymium.model.plant import Complex
from tests.unit.kpi_desk import SITE, WHOLE, complex_with, kpi

COM = "S01.COM.COM"
HELPER = "helper = true\n"
VOLT = '[[kpis.constants]]\nname = "volt"\nvalue = 0.4\nunit = "kV"\n'
KPIS = (
    kpi(f"mean({COM}.KW)", "MW", WHOLE, id_="drawn")
    + kpi(f"mean({COM}.KW) / mean({COM}.KW)", "1", WHOLE, id_="cosine")
    + kpi(f"growth({COM}.KWH)", "MWh", WHOLE, "amount = true\n", id_="bought")
    + kpi("growth('COM.KWH')", "MWh", SITE, "amount = true\n", id_="used")
    + kpi("mean('COM.KW')", "MW", SITE, id_="power")
    + kpi("bought - total(used)", "MWh", WHOLE, "amount = true\n", id_="unseen")
    + kpi(f"growth({COM}.KWH)", "MWh", WHOLE, "amount = true\n" + HELPER, id_="of_all")
    + kpi(f"integral({COM}.AUX001) * volt", "MWh", WHOLE, "amount = true\n" + HELPER + VOLT, id_="of_pumps")
    + kpi(f"mean({COM}.AUX001) * volt", "MW", WHOLE, HELPER + VOLT, id_="pumps")
    + kpi("of_all - of_pumps", "MWh", WHOLE, "amount = true\n" + HELPER, id_="of_stirrers")
    + kpi("used / used", "1", SITE, id_="share")
)  # fmt: skip
ENERGY = """
[contract]
power_mw = 2
cap_percent = 5
window_min = 15
source = "example"

[figures]
drawn = "drawn"
factor = "cosine"
bought = "bought"
used = "used"
power = "power"
rest = "unseen"
specific = ["share"]

[[processes]]
id = "all"
name = { en = "All", zh = "全部" }
energy = "of_all"
parts = ["of_pumps"]
left = "of_stirrers"
rest = { en = "Stirrers", zh = "搅拌" }

[[steps]]
id = "pumps"
name = { en = "Pumps", zh = "泵" }
note = { en = "At once", zh = "立即" }
power = "pumps"

[[steps]]
id = "reactor"
name = { en = "Reactor", zh = "反应釜" }
note = { en = "No meter", zh = "无电表" }
within = "drawn"
"""


def energy_complex(folder: Path, text: str = ENERGY, kpis: str = KPIS) -> Complex:
    """The starter's complex in ``folder`` with an ``energy.toml``."""
    plant = complex_with(folder, kpis)
    (folder / "energy.toml").write_text(text, encoding="utf-8")
    return plant
