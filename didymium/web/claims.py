"""Requests for claims: what was published, put to the test, with the running plant beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import ClientException, NotFoundException

from didymium.evidence.definitions import Claim
from didymium.evidence.testing import BadTry, Result, tested
from didymium.kpi.windows import Asked
from didymium.model.mistakes import did_you_mean
from didymium.web.alarm_table import number, said
from didymium.web.asked import answered
from didymium.web.claim_live import Present, live_of, needs_kpis
from didymium.web.desk import Desk
from didymium.web.history import json_response


@dataclass(frozen=True, slots=True)
class ToTry:
    """A claim, and the inputs that are changed, each in its own unit; the others stay as they are written."""

    id: str
    inputs: dict[str, object]


@get("/api/claims", summary="The published figures, put to the test", tags=["claims"])
async def claims(desk: Desk) -> Response[bytes]:
    """Every claim with its inputs, steps, value, band and verdict, which is computed, and `why`.

    An input can be tried from `low` to `high`; where they are the same it is a constant. `verdict` is `ok`, `ok_if`
    (under `condition`), `loose` (cannot be tested as written), `tension` (goes with the others only by what `why`
    says) or `broken`. `sensitivity` is by how much the value moves with one unit of an input, and by how many per cent
    with one per cent. `live` is what the running plant says of the figure `of` (`value` or the name of an input or
    step), in that figure's unit: a KPI of the last hour, an amount as what the whole day will come to. `marks` are
    those of the inputs' sources. `digest` names formulas, inputs and figures: the same bits give the same digest.
    """
    now_us = desk.now_us()
    some = desk.claims.claims

    def made() -> Response[bytes]:
        present = Present(now_us, desk.kpis.amounts(), desk.kpis.page(Asked.NOW) if needs_kpis(some) else None)
        told = [
            _claim(tested(claim, {}), None if claim.live is None else live_of(desk, claim.live, present))
            for claim in some
        ]
        return json_response({"claims": told})

    return await answered(desk, made)


@post("/api/claims/try", summary="Try a claim with other inputs", tags=["claims"], status_code=200)
async def try_claim(desk: Desk, data: ToTry) -> Response[bytes]:
    """The claim as `/api/claims` tells it, with some inputs changed; nothing is kept.

    `live` is null, so that a try need not wait for the plant.
    400 for an input that the claim does not have or that lies outside its band, 404 for a claim that does not exist.
    """
    claim = desk.claims.of.get(data.id)
    if claim is None:
        raise NotFoundException(did_you_mean(data.id, desk.claims.of, f"there is no claim {data.id!r}"))
    inputs = {name: _number(claim, name, value) for name, value in data.inputs.items()}
    try:
        result = tested(claim, inputs)
    except BadTry as bad:
        raise ClientException(str(bad)) from bad
    return json_response(_claim(result, None))


def _number(claim: Claim, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ClientException(f"{claim.id}: {name} is given as {value!r}; it is a number")
    try:
        return float(value)
    except OverflowError:
        raise ClientException(f"{claim.id}: {name} is given as a number too large to reckon with") from None


def _claim(result: Result, live: dict[str, Any] | None) -> dict[str, Any]:
    claim = result.claim
    return {
        "id": claim.id,
        "name": said(claim.name),
        "published": said(claim.published),
        "source": claim.source,
        "inputs": [
            {
                "name": each.name,
                "label": said(each.label),
                "value": result.inputs[each.name],
                "unit": each.unit,
                "low": each.low,
                "high": each.high,
                "step": each.step,
                "origin": str(each.origin),
                "source": each.source,
            }
            for each in claim.inputs
        ],
        "steps": [
            {
                "name": step.name,
                "label": said(step.label),
                "value": number(result.steps[step.name]),
                "unit": step.unit,
                "decimals": step.decimals,
                "formula": step.formula.text,
            }
            for step in claim.steps
        ],
        "value": number(result.value),
        "unit": claim.unit,
        "decimals": claim.decimals,
        "formula": claim.formula.text,
        "band": {"low": result.low, "high": result.high},
        "verdict": str(result.verdict),
        "condition": None if claim.condition is None else said(claim.condition),
        "why": said(result.why),
        "sensitivity": [
            {"input": each.input, "per_unit": number(each.per_unit), "elasticity": number(each.elasticity)}
            for each in result.sensitivity
        ],
        "live": live,
        "marks": result.marks,
        "digest": result.digest,
    }
