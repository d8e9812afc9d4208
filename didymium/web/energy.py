"""Requests for electric energy: power against the contract, by site and process, and what can be shed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final

import numpy as np
from litestar import Response, get
from litestar.params import Parameter

from didymium.energy.definitions import Energy, Process, Step
from didymium.energy.demand import needed, peak, running, window_at, windows
from didymium.kpi.definitions import Kpi
from didymium.kpi.parts import MINUTE_US
from didymium.kpi.values import Value
from didymium.kpi.windows import Asked, Window, a_day_before, asked
from didymium.web.alarm_table import number, said
from didymium.web.asked import answered
from didymium.web.balances import SETTLED_US
from didymium.web.desk import Desk
from didymium.web.history import json_response
from didymium.web.kpi_row import Found, kpi_row
from didymium.web.kpis import word

WHOLE: Final = 0.95
"""A demand window with fewer of its readings is drawn, but is no peak."""
WINDOW: Final = "of the amounts: now (the last hour), shift, day or yesterday"


@get("/api/energy", summary="Electric energy against the contract", tags=["energy"])
async def energy(desk: Desk, window: Annotated[str, Parameter(description=WINDOW)] = "shift") -> Response[bytes]:
    """Power against the contract, the running demand window, today's and yesterday's, and who takes how much.

    All is as of `at_us`, a whole minute: `minute` is what was drawn in the minute before. `running.end_mw` is the mean
    with which the demand window ends if that power holds; with `cap_allows_mw` and `contract_allows_mw` from now on it
    would end at the cap and at the contract. `curve` has the mean of each demand window of the day, null where a
    feeder was silent, and the share of its readings that came; `peak` is the highest of today's that is whole.
    Amounts are of `window`, `before` of as much a day earlier; a process's `parts` are metered apart, what is `left` of
    it is not. `rest` is what was bought and no site counts, `balance` how the flow sheet of the meters closes. `steps`
    is the order of load shedding: `power` is what a step frees now, or else it lies `within` another; `needed` are how
    many of them would keep the running window to the cap, null where all do not. `contract` is null for a complex
    without `energy.toml`, with nothing else beside `t`.
    """
    name: Asked = word(Asked, "window", window)
    of = desk.energy
    if of is None:
        return json_response({"t": desk.now_us(), "contract": None})
    return await answered(desk, partial(_answer, desk, of, name))


@dataclass(frozen=True, slots=True)
class _Amounts:
    """KPIs in the window that is asked for, and in as much of the same a day earlier."""

    window: Window
    now: Mapping[str, Value]
    before: Mapping[str, Value]

    def row(self, kpi: Kpi, row: int = 0) -> dict[str, Any]:
        """One of them as JSON."""
        value, before = self.now[kpi.id], self.before.get(kpi.id)
        earlier = math.nan if before is None else float(before.value[row])
        found = Found(float(value.value[row]), earlier, float(value.complete[row]), value.why(row))
        over = (self.window.to_us - self.window.from_us) / self.window.whole_us
        told = kpi_row(kpi, row, self.window.whole_us, over, found)
        return told | {"from_us": value.from_us, "to_us": value.to_us, "error": float(value.error[row])}


def _answer(desk: Desk, of: Energy, name: Asked) -> Response[bytes]:
    at_us = (desk.now_us() - SETTLED_US) // MINUTE_US * MINUTE_US
    minute = Window(at_us - MINUTE_US, at_us, MINUTE_US)
    powers = _Amounts(minute, desk.kpis.values(frozenset(kpi.id for kpi in of.powers), minute), {})
    amounts = _amounts(desk, of, name, at_us)
    drawn_mw = float(powers.now[of.drawn.id].value[0])
    return json_response(
        {
            "t": desk.now_us(),
            "at_us": at_us,
            "contract": _contract(of),
            "minute": {
                "from_us": minute.from_us,
                "to_us": minute.to_us,
                "drawn": powers.row(of.drawn),
                "factor": powers.row(of.factor),
            },
            **_demand(desk, of, at_us, drawn_mw, powers),
            "window": {"name": name, "from_us": amounts.window.from_us, "to_us": amounts.window.to_us},
            "bought": amounts.row(of.bought),
            "rest": amounts.row(of.rest),
            "balance": _balance(desk, of, amounts.window),
            "sites": _sites(desk, of, powers, amounts),
            "processes": [_process(process, amounts) for process in of.processes],
            "steps": [_step(step, powers) for step in of.steps],
        }
    )


def _amounts(desk: Desk, of: Energy, name: Asked, at_us: int) -> _Amounts:
    shifts = desk.kpis.shifts
    window = asked(name, shifts, at_us)
    ids = frozenset(kpi.id for kpi in of.energies)
    now = dict(desk.kpis.values(ids, window))
    for kpi in of.specific:
        now[kpi.id] = desk.kpis.proof(kpi, window)[kpi.id]
    before = {} if name is Asked.YESTERDAY else desk.kpis.values(ids, a_day_before(name, shifts, window))
    return _Amounts(window, now, before)


def _contract(of: Energy) -> dict[str, Any]:
    contract = of.contract
    return {
        "power_mw": contract.power_mw,
        "cap_mw": contract.cap_mw,
        "cap_percent": contract.cap_percent,
        "window_us": contract.window_us,
        "source": contract.source,
    }


def _demand(desk: Desk, of: Energy, at_us: int, drawn_mw: float, powers: _Amounts) -> dict[str, Any]:
    """The running window, those of today and yesterday, today's peak, and how many steps would do."""
    contract, shifts = of.contract, desk.kpis.shifts
    today = shifts.day_at(at_us)
    yesterday = shifts.day_at(today.from_us - 1)
    ends = window_at(today.from_us, at_us, contract.window_us)
    starts = [
        windows(yesterday.from_us, yesterday.to_us, contract.window_us),
        windows(today.from_us, ends[0], contract.window_us),
    ]
    mean, complete = desk.kpis.stepped(of.drawn, np.concatenate(starts), contract.window_us)
    days = [
        {"start_us": each.tolist(), "mw": _numbers(mean[part, 0]), "complete": _numbers(complete[part, 0])}
        for each, part in zip(starts, (slice(None, len(starts[0])), slice(len(starts[0]), None)), strict=True)
    ]
    so_far = desk.kpis.stepped(of.drawn, np.array([ends[0]]), at_us - ends[0]) if at_us > ends[0] else None
    mean_mw = math.nan if so_far is None else float(so_far[0][0, 0])
    stands = running(ends, at_us, mean_mw, drawn_mw)
    whole = np.where(complete[len(starts[0]) :, 0] >= WHOLE, mean[len(starts[0]) :, 0], np.nan)
    highest = peak(whole) if len(whole) else None
    cap_allows_mw = stands.allowed_mw(contract.cap_mw)
    frees = [math.nan if step.power is None else float(powers.now[step.power.id].value[0]) for step in of.steps]
    return {
        "running": {
            "from_us": stands.from_us,
            "to_us": stands.to_us,
            "mean_mw": number(mean_mw),
            "complete": None if so_far is None else number(float(so_far[1][0, 0])),
            "so_far_mwh": number(stands.so_far_mwh),
            "end_mw": number(stands.end_mw),
            "cap_allows_mw": number(cap_allows_mw),
            "contract_allows_mw": number(stands.allowed_mw(contract.power_mw)),
        },
        "curve": {"today": days[1], "yesterday": days[0]},
        "peak": None if highest is None else {
            "from_us": int(starts[1][highest]),
            "to_us": int(starts[1][highest]) + contract.window_us,
            "mw": float(whole[highest]),
        },
        "needed": None if math.isnan(drawn_mw) else needed(frees, drawn_mw - cap_allows_mw),
    }  # fmt: skip


def _numbers(column: Any) -> list[float | None]:
    return [number(value) for value in column.tolist()]


def _balance(desk: Desk, of: Energy, window: Window) -> dict[str, Any] | None:
    sheet = desk.balances.sheets.of.get(of.sheet)
    if sheet is None:
        return None
    closing = desk.balances.closing(sheet, window)
    return {
        "sheet": sheet.id,
        "name": said(sheet.name),
        "objective": closing.reconciled.objective,
        "limit": closing.whole.limit,
        "degrees": closing.whole.degrees,
        "suspicious": closing.whole.suspicious,
    }


def _sites(desk: Desk, of: Energy, powers: _Amounts, amounts: _Amounts) -> list[dict[str, Any]]:
    return [
        {
            "site": scope.id,
            "energy": amounts.row(of.used, row),
            "power": powers.row(of.power, of.power.row_of[scope.id]) if scope.id in of.power.row_of else None,
            "specific": [amounts.row(kpi, kpi.row_of[scope.id]) for kpi in of.specific if scope.id in kpi.row_of],
        }
        for row, scope in enumerate(of.used.scopes)
    ]


def _process(process: Process, amounts: _Amounts) -> dict[str, Any]:
    return {
        "id": process.id,
        "name": said(process.name),
        "sites": process.sites,
        "energy": amounts.row(process.energy),
        "parts": [amounts.row(part) for part in process.parts],
        "left": None if process.left is None else amounts.row(process.left),
        "rest": said(process.rest),
    }


def _step(step: Step, powers: _Amounts) -> dict[str, Any]:
    told = {"power": step.power, "within": step.within, "running": step.running}
    return {
        "id": step.id,
        "name": said(step.name),
        "note": said(step.note),
        **{key: None if kpi is None else powers.row(kpi) for key, kpi in told.items()},
    }
