"""Requests for KPIs: what they come to, what that was made of, and how it went."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final

import numpy as np
from litestar import Response, get
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import Parameter, QueryParameter

from didymium.kpi.definitions import Kpi
from didymium.kpi.entries import Per
from didymium.kpi.scopes import Scope
from didymium.kpi.values import Value, digests
from didymium.kpi.windows import HOUR_US, Asked, Every, Window
from didymium.model.mistakes import did_you_mean
from didymium.web.asked import FROM, TO, answered, range_asked
from didymium.web.desk import Desk
from didymium.web.history import json_response
from didymium.web.kpi_desk import Page
from didymium.web.kpi_proof import bits, proof_of
from didymium.web.kpi_row import Found, kpi_row

LONGEST_US: Final = 49 * HOUR_US
SCOPE: Final = "a site like S03, a unit like S03.PL1.CELL001; the complex if left out"


class Depth(StrEnum):
    """How far down the KPIs of a scope go."""

    SITE = "site"
    UNIT = "unit"


@get("/api/kpis", summary="Key figures as they stand", tags=["kpis"])
async def kpis(
    desk: Desk,
    within: Annotated[str, QueryParameter(name="scope", description=SCOPE)] = "",
    window: Annotated[str, Parameter(description="now (the last hour), shift, day or yesterday")] = "shift",
    depth: Annotated[str, Parameter(description="site, or unit for those of the units too")] = "site",
) -> Response[bytes]:
    """Every KPI of the scope, and of what lies in it, in the window; `value` is null where there is none, `why` tells.

    `from_us` to `to_us` of a KPI is longer than the window where it needs a longer one, up to now. `error` is what the
    value may be off by. `complete` is the share of the expected readings that came. `before` is as much of the same
    shift, day or hour, a day earlier; none of yesterday. `forecast` is the day's amount at midnight with the band in
    which it lies four times out of five. `version` counts what a closed window was reckoned to, 0 while it is open;
    `revised` says that late data changed it. 404 for a scope that does not exist.
    """
    name = word(Asked, "window", window)
    deep = word(Depth, "depth", depth) is Depth.UNIT
    _check_scope(desk, within)
    return await answered(desk, partial(_answer, desk, name, within, deep))


@get("/api/kpis/proof", summary="What a key figure was made of", tags=["kpis"])
async def kpi_proof(
    desk: Desk,
    kpi: Annotated[str, Parameter(description="its id")],
    from_us: Annotated[int, Parameter(description=f"{FROM}; taken as the whole minute")],
    to_us: Annotated[int, Parameter(description=TO)],
    within: Annotated[str, QueryParameter(name="scope", description=SCOPE)] = "",
    anew: Annotated[bool, Parameter(description="reckon it a second time too, from what is stored alone")] = False,
) -> Response[bytes]:
    """The formula, and each of its inputs with its tags, its value and from how many readings that came.

    `digest` names all that the value came from, `bits` is the value to its last bit, in hexadecimal; `versions` are
    those that were kept of this window, oldest first. A window of the past is read from the historian, 49 h at most.

    With `anew` the window ends with the last minute that is surely stored, three minutes ago, and `anew` of the answer
    has `value`, `bits` and `digest` as they come of the stored rows alone: nothing that is held in memory and nothing
    that was kept goes into them. It is null without. 404 for a KPI or scope that does not exist.
    """
    figure, row = _figure(desk, kpi, within)
    range_asked(from_us, to_us)
    if to_us - from_us > LONGEST_US:
        raise ClientException("a proof is of a window of at most 49 h")
    window = Window(from_us // 60_000_000 * 60_000_000, to_us, to_us - from_us)
    if anew:
        window = desk.kpis.settled(window)
    values = await answered(desk, partial(desk.kpis.proof, figure, window))
    again = await answered(desk, partial(desk.kpis.proof, figure, window, anew=True)) if anew else None
    kept = await answered(
        desk, partial(desk.kpis.records.kpis.versions, figure.id, within, window.from_us, window.to_us)
    )
    versions = zip(
        kept.version.tolist(), kept.values.value.tolist(), kept.values.inputs, kept.values.computed_us, strict=True
    )
    return json_response(
        {
            **proof_of(desk.plant, desk.kpis.kpis, values, figure, row),
            "digest": digests(values)[figure.id][row],
            "anew": None if again is None else _reckoned(again, figure, row),
            "versions": [
                {"version": version, "value": value, "digest": digest, "computed_us": int(computed_us)}
                for version, value, digest, computed_us in versions
            ],
        }
    )


def _reckoned(values: Mapping[str, Value], figure: Kpi, row: int) -> dict[str, Any]:
    value = float(values[figure.id].value[row])
    return {"value": value, "bits": bits(value), "digest": digests(values)[figure.id][row]}


@get("/api/kpis/series", summary="How a key figure went", tags=["kpis"])
async def kpi_series(
    desk: Desk,
    kpi: Annotated[str, Parameter(description="its id")],
    from_us: Annotated[int, Parameter(description=FROM)],
    to_us: Annotated[int, Parameter(description=TO)],
    within: Annotated[str, QueryParameter(name="scope", description=SCOPE)] = "",
    every: Annotated[str, Parameter(description="hour, shift or day")] = "shift",
) -> Response[bytes]:
    """The newest version of every closed window that begins in the range; those of units are kept by shift and day."""
    figure, _ = _figure(desk, kpi, within)
    range_asked(from_us, to_us)
    kind = word(Every, "every", every)
    found = await answered(desk, partial(desk.kpis.records.kpis.newest, figure.id, within, from_us, to_us))
    start_us, end_us = found.values.start_us, found.values.end_us
    mine = np.array([_is(desk, kind, *ends) for ends in zip(start_us.tolist(), end_us.tolist(), strict=True)], np.bool_)
    return json_response(
        {
            "kpi": figure.id,
            "scope": within,
            "start_us": start_us[mine].tolist(),
            "end_us": end_us[mine].tolist(),
            "value": found.values.value[mine].tolist(),
            "version": found.version[mine].tolist(),
        }
    )


def _answer(desk: Desk, name: Asked, scope: str, deep: bool) -> Response[bytes]:
    """The page as JSON: more than a thousand rows for the whole complex, so it is made beside the loop."""
    page = desk.kpis.page(name)
    whole = page.window
    return json_response(
        {
            "t": page.t,
            "window": {"name": name, "from_us": whole.from_us, "to_us": whole.to_us},
            "kpis": [_row(page, value, row) for value, row in _within(page, scope, deep)],
        }
    )


def _is(desk: Desk, every: Every, start_us: int, end_us: int) -> bool:
    """Whether a window is an hour, a shift or a day of the plant."""
    if every is Every.HOUR:
        return end_us - start_us == HOUR_US
    if every is Every.SHIFT:
        shift = desk.kpis.shifts.shift_at(start_us)
        return (shift.from_us, shift.to_us) == (start_us, end_us)
    day = desk.kpis.shifts.day_at(start_us)
    return (day.from_us, day.to_us) == (start_us, end_us)


def word(words: Any, what: str, read: str) -> Any:
    """The one of some words that was asked for. Raises ``ClientException`` with the valid ones."""
    try:
        return words(read)
    except ValueError:
        raise ClientException(f"{what} is {read!r}; valid are {', '.join(words)}") from None


def _check_scope(desk: Desk, scope: str) -> None:
    plant = desk.plant
    if scope and scope not in plant.site_of and scope not in plant.unit_of:
        known = plant.unit_of if "." in scope else plant.site_of
        raise NotFoundException(did_you_mean(scope, known, f"{scope!r} is no site and no unit"))


def _figure(desk: Desk, kpi: str, scope: str) -> tuple[Kpi, int]:
    """A KPI and the place of a scope in it. Raises ``NotFoundException``."""
    figure = desk.kpis.kpis.of.get(kpi)
    if figure is None:
        raise NotFoundException(did_you_mean(kpi, desk.kpis.kpis.of, f"there is no KPI {kpi!r}"))
    if scope not in figure.row_of:
        raise NotFoundException(
            did_you_mean(scope, figure.row_of, f"{kpi} is not reckoned for {scope or 'the complex'}")
        )
    return figure, figure.row_of[scope]


def _within(page: Page, scope: str, deep: bool) -> Iterator[tuple[Value, int]]:
    for value in page.values.values():
        for row, each in enumerate(value.kpi.scopes):
            if each.id == scope or (_lies_in(each, scope) and (deep or value.kpi.per is not Per.UNIT)):
                yield value, row


def _lies_in(scope: Scope, around: str) -> bool:
    return not around or (scope.site is not None and scope.site.id == around)


def _row(page: Page, value: Value, row: int) -> dict[str, Any]:
    kpi, window = value.kpi, page.window
    before, forecast = page.before.get(kpi.id), page.forecasts.get(kpi.id)
    found = Found(
        float(value.value[row]),
        math.nan if before is None else float(before.value[row]),
        float(value.complete[row]),
        value.why(row),
        page.versions.get((kpi.id, kpi.scopes[row].id), 0),
    )
    over = (window.to_us - window.from_us) / window.whole_us
    told = kpi_row(kpi, row, window.whole_us, over, found)
    told |= {"from_us": value.from_us, "to_us": value.to_us, "error": float(value.error[row])}
    if forecast is not None and not math.isnan(forecast.value[row]):
        band = (("value", forecast.value), ("low", forecast.low), ("high", forecast.high))
        told["forecast"] = {name: float(each[row]) for name, each in band}
    return told
