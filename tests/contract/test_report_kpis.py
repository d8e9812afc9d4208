"""The key figures in the report of a shift that is over: as they were kept, with yesterday's, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from didymium.kpi.building import read_kpis
from didymium.model.folder import read_complex
from didymium.model.shifts import Shifts
from didymium.records.kpis import Values
from didymium.records.store import Records
from didymium.service.instance import SHIPPED_COMPLEX
from didymium.service.report_kpis import ShiftKpis

SHIFT, YESTERDAY = "2026-09-21/evening", "2026-09-20/evening"


def keep(records: Records, window: tuple[int, int], inputs: str, figures: Mapping[tuple[str, str], float]) -> None:
    n = len(figures)
    start_us, end_us = (np.full(n, at_us) for at_us in window)
    kpi, scope = ([key[place] for key in figures] for place in (0, 1))
    value = np.array([*figures.values()], np.float64)
    records.kpis.keep(Values(kpi, scope, start_us, end_us, value, [inputs] * n, end_us, np.ones(n)))


def page(_: object) -> NoReturn:
    raise AssertionError("the shift is over")


def test_the_figures_of_a_shift_that_is_over_are_those_that_were_kept(tmp_path: Path) -> None:
    plant = read_complex(SHIPPED_COMPLEX)
    shifts = Shifts(plant.shifts, plant.zone)
    shift, yesterday = (shifts.shift_of(id_) for id_ in (SHIFT, YESTERDAY))
    records = Records.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    window = (shift.from_us, shift.to_us)
    kept = {("metal", "S03"): 10.0, ("metal", "S04"): 1.0, ("reworked", "S04"): float("nan")}
    keep(records, window, "a", kept)
    keep(records, window, "b", {("metal", "S04"): 3.2})  # late data
    keep(records, (yesterday.from_us, yesterday.to_us), "a", {("metal", "S03"): 9.5})
    points = {"S03": (1_000, 990), "S04": (1_000, 0)}

    figures = ShiftKpis(read_kpis(SHIPPED_COMPLEX, plant), shifts, records, page, lambda from_us, to_us: points)

    def told(site: str) -> dict[tuple[str, str], dict[str, Any]]:
        return {(row["id"], row["scope"]): row for row in figures(site, shift, shift.to_us)}

    every = told("")
    records.close()
    metal = every["metal", "S03"]
    assert (metal["value"], metal["before"], metal["complete"]) == (10.0, 9.5, 0.99)
    # 32 t a day are 10.667 t a shift; 10 t are 6.25 % behind, more than the 3 % that are on plan, less than 8 %.
    assert (round(metal["plan"], 3), metal["verdict"], metal["revised"]) == (10.667, "warn", False)
    late = every["metal", "S04"]
    assert (late["value"], late["before"], late["version"], late["revised"]) == (3.2, None, 2, True)
    assert late["verdict"] == "unknown"  # nothing of its site came
    missing = every["metal", "S10"]
    assert (missing["value"], missing["complete"], missing["why"]["en"]) == (None, None, "no reading in this window")
    nothing = every["reworked", "S04"]
    assert (nothing["value"], nothing["version"]) == (None, 1)
    assert nothing["why"]["en"] == "nothing to divide by in this window"
    assert every["current_efficiency", "S03"]["why"]["en"] == "this window is too short"
    assert every["power_share", ""]["complete"] == 0.495
    assert {scope for _, scope in every} >= {"", "S03", "S05"}
    assert not {scope for _, scope in every if "." in scope}


def test_the_figures_of_a_site_are_its_own_alone(tmp_path: Path) -> None:
    plant = read_complex(SHIPPED_COMPLEX)
    shifts = Shifts(plant.shifts, plant.zone)
    records = Records.open(f"sqlite:///{tmp_path / 'records.sqlite'}")
    figures = ShiftKpis(read_kpis(SHIPPED_COMPLEX, plant), shifts, records, page, lambda from_us, to_us: {})
    shift = shifts.shift_of(SHIFT)
    rows = figures("S03", shift, shift.to_us)
    records.close()
    assert {row["scope"] for row in rows} == {"S03"}
    assert {row["why"]["en"] for row in rows} == {"this window has not been reckoned"}  # nothing of it is kept
