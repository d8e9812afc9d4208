"""Requests for balances: how flow sheets close, and which meter, leak or way past the meters does not fit."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, Final

import numpy as np
from litestar import Response, get
from litestar.exceptions import ClientException, NotFoundException
from litestar.params import Parameter

from didymium.balance.classify import Class
from didymium.balance.closing import LEVEL, Closing
from didymium.balance.hypotheses import Kind
from didymium.balance.identify import GrossError
from didymium.balance.network import ENVIRONMENT
from didymium.balance.sheets import DAY_US, Sheet
from didymium.balance.words import ends_of, name_of
from didymium.kpi.parts import MINUTE_US
from didymium.kpi.windows import HOUR_US, Asked, Window, asked
from didymium.model.mistakes import did_you_mean
from didymium.web.alarm_table import number, said
from didymium.web.asked import FROM, TO, answered, range_asked
from didymium.web.desk import Desk
from didymium.web.history import json_response

LONGEST_US: Final = 49 * HOUR_US
MONTH_DAYS: Final = 30
SETTLED_US: Final = 20_000_000
"""Readings have come when they are so old. What ends now ends before, with a whole minute, as amounts are kept by the
minute: it comes out the same another time, and all who ask within a minute share the answer."""


class Span(StrEnum):
    """Windows that balances are asked for."""

    NOW = "now"
    SHIFT = "shift"
    DAY = "day"
    YESTERDAY = "yesterday"
    MONTH = "month"


WINDOW: Final = "now (the last hour), shift, day, yesterday, or month (the whole days of the last 30 that are kept)"


@get("/api/balances", summary="How the flow sheets close", tags=["balances"])
async def balances(desk: Desk, window: Annotated[str, Parameter(description=WINDOW)] = "yesterday") -> Response[bytes]:
    """Every sheet with what came in, went out and was gained, what is missing ± `missing_sigma`, what does not fit.

    `objective` is χ² of the adjustments with `degrees` of freedom: beyond `limit` the meters contradict each other with
    a chance of false alarm of `level`. `errors` are named one after another; `same` would leave the same imbalances to
    the last digit, so that no balance can tell them apart, `rivals` nearly. `length_us` is how long what counts
    is: of a month, the whole days that are kept between `from_us` and `to_us`; `stretches` are those that are next to
    each other. `closing` is null where none is kept.
    """
    span = _span(window)
    return await answered(desk, partial(_all, desk, span))


@get("/api/balances/sheet", summary="One flow sheet, stream by stream", tags=["balances"])
async def balance_sheet(
    desk: Desk,
    sheet: Annotated[str, Parameter(description="its id")],
    window: Annotated[str, Parameter(description=WINDOW + "; left out where from_us and to_us are given")] = "",
    from_us: Annotated[int, Parameter(description=f"{FROM}; the minute that it is in")] = 0,
    to_us: Annotated[int, Parameter(description=f"{TO}; the end of its minute")] = 0,
    anew: Annotated[bool, Parameter(description="reckon it again from what is stored, whatever is remembered")] = False,
) -> Response[bytes]:
    """What each meter said (`reading` ± `sigma`), what must have been (`value` ± `value_sigma`), and the nodes.

    `statistic` is the adjustment over its standard deviation, the sign that of the meter's error; beyond `meters_limit`
    either way it does not fit, as a node's beyond `nodes_limit`. `class` is `redundant`, `nonredundant` (nothing can
    correct it), `observable` (no meter, but known from others) or `unobservable`. `figure` is the key figure that
    measures a stream: `/api/kpis/proof` opens it. A window of the past is at most 49 h. The same window gives the same
    `digest` and the same bits. 404 for a sheet that does not exist.
    """
    found = desk.balances.sheets.of.get(sheet)
    if found is None:
        raise NotFoundException(did_you_mean(sheet, desk.balances.sheets.of, f"there is no sheet {sheet!r}"))
    if window:
        return await answered(desk, partial(_one, desk, found, _span(window), anew))
    range_asked(from_us, to_us)
    if to_us - from_us > LONGEST_US:
        raise ClientException("a balance of a window of your own is of at most 49 h; ask for window=month")
    from_us, to_us = from_us // MINUTE_US * MINUTE_US, -(-to_us // MINUTE_US) * MINUTE_US
    chosen = Window(from_us, to_us, to_us - from_us)
    return await answered(desk, partial(_one, desk, found, chosen, anew))


def _span(word: str) -> Span:
    try:
        return Span(word)
    except ValueError:
        raise ClientException(did_you_mean(word, list(Span), f"there is no window {word!r}")) from None


def _closing(desk: Desk, sheet: Sheet, span: Span | Window, anew: bool = False) -> Closing | None:
    now_us = (desk.now_us() - SETTLED_US) // MINUTE_US * MINUTE_US
    if span is Span.MONTH:
        today = desk.kpis.shifts.day_at(now_us)
        return desk.balances.over_days(sheet, today.from_us - MONTH_DAYS * DAY_US, today.from_us)
    window = span if isinstance(span, Window) else asked(Asked(span), desk.kpis.shifts, now_us)
    return desk.balances.closing(sheet, window, anew)


def _all(desk: Desk, span: Span) -> Response[bytes]:
    told = [_summary(sheet, _closing(desk, sheet, span)) for sheet in desk.balances.sheets.sheets]
    return json_response({"t": desk.now_us(), "window": span, "level": LEVEL, "sheets": told})


def _one(desk: Desk, sheet: Sheet, span: Span | Window, anew: bool) -> Response[bytes]:
    closing = _closing(desk, sheet, span, anew)
    told = {"t": desk.now_us(), "level": LEVEL, **_summary(sheet, closing)}
    if closing is not None:
        told |= {
            "nodes": [_node(closing, place) for place in range(len(sheet.nodes))],
            "streams": [_stream(closing, place) for place in range(len(sheet.streams))],
            "meters_limit": closing.meters.limit,
            "nodes_limit": closing.nodes.limit,
            "digest": _digest(closing),
        }
    return json_response(told)


def _summary(sheet: Sheet, closing: Closing | None) -> dict[str, Any]:
    return {
        "id": sheet.id,
        "name": said(sheet.name),
        "quantity": sheet.quantity,
        "unit": sheet.unit,
        "decimals": sheet.decimals,
        "source": sheet.source,
        "sites": sorted({node.site for node in sheet.nodes if node.site}),
        "closing": None if closing is None else _closed(closing),
    }


def _closed(closing: Closing) -> dict[str, Any]:
    sheet, found = closing.sheet, closing.reconciled
    came, went, gained = (float(np.where(rows, closing.reading, 0.0)[rows].sum()) for rows in _sides(sheet))
    lost = came - went - gained
    outer = np.logical_or.reduce(_sides(sheet))
    return {
        "from_us": closing.from_us,
        "to_us": closing.to_us,
        "length_us": closing.length_us,
        "stretches": closing.stretches,
        "came": number(came),
        "went": number(went),
        "gained": number(gained),
        "missing": number(lost),
        "missing_sigma": number(float(np.sqrt((closing.sigma[outer] ** 2).sum()))),
        "missing_percent": number(100.0 * lost / came) if came else None,
        "objective": found.objective,
        "degrees": closing.whole.degrees,
        "limit": closing.whole.limit,
        "chance": closing.whole.chance,
        "suspicious": closing.whole.suspicious,
        "errors": [_error(closing, error) for error in closing.identified.errors],
        "silent": [
            stream.id
            for stream, reading in zip(sheet.streams, closing.reading.tolist(), strict=True)
            if stream.kpi is not None and not np.isfinite(reading)
        ],
    }


def _sides(sheet: Sheet) -> tuple[np.ndarray[Any, Any], ...]:
    """(streams,) what comes from outside, what goes there, and what is gained of what is held."""
    gauging = np.array([stream.gauging for stream in sheet.streams])
    came = np.array([stream.source == ENVIRONMENT for stream in sheet.streams])
    went = np.array([stream.target == ENVIRONMENT for stream in sheet.streams]) & ~gauging
    return came, went, gauging


def _error(closing: Closing, error: GrossError) -> dict[str, Any]:
    sheet, hypothesis = closing.sheet, error.hypothesis
    first, second = ends_of(sheet, hypothesis)
    percent = None
    if hypothesis.kind is Kind.BIAS:
        true = float(closing.reading[hypothesis.first]) - error.estimate
        percent = number(100.0 * error.estimate / true) if true else None
    return {
        "kind": hypothesis.kind.name.lower(),
        "what": said(name_of(sheet, hypothesis)),
        "first": first,
        "second": second,
        "estimate": error.estimate,
        "sigma": error.sigma,
        "percent": percent,
        "statistic": error.statistic**0.5,
        "same": [said(name_of(sheet, each)) for each in error.same],
        "rivals": [said(name_of(sheet, each)) for each in error.rivals],
    }


def _node(closing: Closing, place: int) -> dict[str, Any]:
    node = closing.sheet.nodes[place]
    return {
        "id": node.id,
        "name": said(node.name),
        "site": node.site,
        "unit": node.unit,
        "imbalance": number(float(closing.imbalance[place])),
        "sigma": number(float(closing.imbalance_sigma[place])),
        "statistic": number(float(closing.nodes.statistic[place])),
    }


def _stream(closing: Closing, place: int) -> dict[str, Any]:
    sheet, found = closing.sheet, closing.reconciled
    stream = sheet.streams[place]
    return {
        "id": stream.id,
        "name": said(stream.name),
        "from": sheet.place(stream.source),
        "to": sheet.place(stream.target),
        "gauging": stream.gauging,
        "figure": None if stream.kpi is None else stream.kpi.id,
        "formula": None if stream.kpi is None else stream.kpi.value.formula.text,
        "reading": number(float(closing.reading[place])),
        "sigma": number(float(closing.sigma[place])),
        "complete": number(float(closing.complete[place])),
        "value": number(float(found.value[place])),
        "value_sigma": number(float(found.sigma[place])),
        "adjustment": number(float(found.adjustment[place])),
        "statistic": number(float(closing.meters.statistic[place])),
        "class": Class(int(closing.classes[place])).name.lower(),
    }


def _digest(closing: Closing) -> str:
    """Names readings, uncertainties and what was made of them, to the bit."""
    mark = blake2b(closing.sheet.id.encode(), digest_size=32)
    for column in (closing.reading, closing.sigma, closing.reconciled.value, closing.reconciled.sigma):
        mark.update(column.tobytes())
    return mark.hexdigest()
