"""Puts claims to the test: what their figures come to, within which band, with which verdict and why.

The verdict is the first of these that fits:

1. broken: the value, a step or an end of the band cannot be reckoned;
2. loose: the claim cannot be tested as written (``untestable``);
3. tension: it goes together with the other figures only by what ``tension`` says;
4. broken: the value lies outside the band;
5. ok_if: the value lies within the band, and the claim stands under a ``condition``;
6. ok.

Each of the three texts counts where its own ``_when`` holds, and always where it has none.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from hashlib import blake2b
from typing import Final

from didymium.evidence.definitions import Claim, Input, Verdict
from didymium.evidence.formula import Condition, Formula
from didymium.evidence.slopes import Number, at_most
from didymium.model.dimension import scale
from didymium.model.mistakes import did_you_mean
from didymium.model.plant import Text

DIGEST_BYTES: Final = 32
DIGITS: Final = 12
"""Digits of a figure that are told apart when it is rounded: 25.55 is a half, whatever its last bit."""
WIDE: Final = Context(prec=400, rounding=ROUND_HALF_UP)
"""Room for every digit of the largest figure that there is, 1.8e308, and its decimals."""
UNKNOWN: Final = Text("It cannot be reckoned from these inputs.", "以这些输入无法计算。")
VALUE, LOW, HIGH = "value", "low", "high"
"""What conditions call the claim's value and the ends of its band."""


class BadTry(ValueError):
    """Inputs that a claim cannot be tried with; the text is for the person who gave them."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How the value moves with one input: by ``per_unit`` (units of both as shown), by ``elasticity`` % per 1 %."""

    input: str
    per_unit: float
    elasticity: float


@dataclass(frozen=True, slots=True)
class Result:
    """A claim put to the test; figures are in the units that the claim names, NaN where they cannot be reckoned.

    ``inputs`` and ``steps`` by name, ``low`` and ``high`` None where the band is open. ``marks`` are those of the
    inputs, see ``Input``. ``digest`` names formulas, inputs and figures: the same bits give the same digest.
    """

    claim: Claim
    inputs: Mapping[str, float]
    steps: Mapping[str, float]
    value: float
    low: float | None
    high: float | None
    verdict: Verdict
    why: Text
    sensitivity: tuple[Sensitivity, ...]
    marks: tuple[str, ...]
    digest: str


def tested(claim: Claim, inputs: Mapping[str, float]) -> Result:
    """Put a claim to the test with some of its ``inputs`` changed, each in its own unit. Raises ``BadTry``."""
    values = {each.name: each.value for each in claim.inputs}
    for name, value in inputs.items():
        values[name] = _tried(claim, name, value)
    given = _figures(claim, values, None)
    low, high = (_shown(given, name, claim.unit) for name in (LOW, HIGH))
    value = given[VALUE][0] / scale(claim.unit)
    steps = {step.name: given[step.name][0] / scale(step.unit) for step in claim.steps}
    whole = all(math.isfinite(figure) for figure, _ in given.values())
    verdict = _verdict(claim, given) if whole else Verdict.BROKEN
    return Result(
        claim=claim,
        inputs=values,
        steps=steps,
        value=value,
        low=low,
        high=high,
        verdict=verdict,
        why=_why(claim, verdict, value, low, high) if whole else UNKNOWN,
        sensitivity=tuple(_sensitivity(claim, values, each, given[VALUE][0]) for each in claim.inputs),
        marks=tuple(dict.fromkeys(each.mark for each in claim.inputs)),
        digest=_digest(claim, values, [value, low, high, *steps.values()], verdict),
    )


def _tried(claim: Claim, name: str, value: float) -> float:
    known = claim.input_of.get(name)
    if known is None:
        raise BadTry(did_you_mean(name, claim.input_of, f"{claim.id} has no input {name!r}"))
    if not at_most(known.low, value) or not at_most(value, known.high):
        span = (
            f"is {known.value:.12g}"
            if known.low == known.high
            else f"can be tried from {known.low:.12g} to {known.high:.12g}"
        )
        raise BadTry(f"{claim.id}: {name} is given as {value:.12g}; it {span}{' ' * bool(known.unit)}{known.unit}")
    return float(value)


def _figures(claim: Claim, values: Mapping[str, float], moved: str | None) -> dict[str, Number]:
    """Every figure in its dimension's own units, with its slope by the input ``moved``."""
    given: dict[str, Number] = {
        each.name: (values[each.name] * scale(each.unit), 1.0 if each.name == moved else 0.0) for each in claim.inputs
    }
    for step in claim.steps:
        given[step.name] = step.formula.of(given)
    given[VALUE] = claim.formula.of(given)
    for name, end in ((LOW, claim.low), (HIGH, claim.high)):
        if end is not None:
            given[name] = end.of(given)
    return given


def _shown(given: Mapping[str, Number], name: str, unit: str) -> float | None:
    return given[name][0] / scale(unit) if name in given else None


def _verdict(claim: Claim, given: Mapping[str, Number]) -> Verdict:
    if _counts(claim.untestable, claim.untestable_when, given):
        return Verdict.LOOSE
    if _counts(claim.tension, claim.tension_when, given):
        return Verdict.TENSION
    value = given[VALUE][0]
    if not (at_most(given.get(LOW, (value, 0.0))[0], value) and at_most(value, given.get(HIGH, (value, 0.0))[0])):
        return Verdict.BROKEN
    return Verdict.OK_IF if _counts(claim.condition, claim.condition_when, given) else Verdict.OK


def _counts(text: Text | None, when: Condition | None, given: Mapping[str, Number]) -> bool:
    return text is not None and (when is None or when.holds(given))


def _why(claim: Claim, verdict: Verdict, value: float, low: float | None, high: float | None) -> Text:
    found = _placed(claim, value, low, high)
    further = {Verdict.LOOSE: claim.untestable, Verdict.TENSION: claim.tension, Verdict.OK_IF: claim.condition}
    words = further.get(verdict)
    return found if words is None else Text(f"{found.en} {words.en}", f"{found.zh}{words.zh}")


def _placed(claim: Claim, value: float, low: float | None, high: float | None) -> Text:
    """Where the value lies, in words."""
    said, from_, to = (shown(each, claim.decimals) for each in (value, low, high))
    unit = f" {claim.unit}" * bool(claim.unit)
    if low is not None and not at_most(low, value):
        return Text(f"{said}{unit} is below {from_}{unit}.", f"{said}{unit} 低于 {from_}{unit}。")
    if high is not None and not at_most(value, high):
        return Text(f"{said}{unit} is above {to}{unit}.", f"{said}{unit} 高于 {to}{unit}。")
    if low is not None and high is not None:
        return Text(
            f"{said}{unit} lies between {from_} and {to}{unit}.", f"{said}{unit} 在 {from_} 至 {to}{unit} 之间。"
        )
    if low is not None:
        return Text(f"{said}{unit} is not below {from_}{unit}.", f"{said}{unit} 不低于 {from_}{unit}。")
    if high is not None:
        return Text(f"{said}{unit} is not above {to}{unit}.", f"{said}{unit} 不高于 {to}{unit}。")
    return Text(f"It comes to {said}{unit}.", f"结果为 {said}{unit}。")


def shown(value: float | None, decimals: int) -> str:
    """A figure with its decimals, halves rounded up, and thousands apart; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{Decimal(f'{value:.{DIGITS}g}').quantize(Decimal(1).scaleb(-decimals), context=WIDE):,}"


def _sensitivity(claim: Claim, values: Mapping[str, float], by: Input, value: float) -> Sensitivity:
    slope = _figures(claim, values, by.name)[VALUE][1]
    per_unit = slope * scale(by.unit) / scale(claim.unit)
    elasticity = slope * values[by.name] * scale(by.unit) / value if value else math.nan
    return Sensitivity(by.name, per_unit, elasticity)


def _digest(claim: Claim, values: Mapping[str, float], figures: list[float | None], verdict: Verdict) -> str:
    formulas: list[Formula | None] = [claim.formula, *(step.formula for step in claim.steps), claim.low, claim.high]
    texts = [None if each is None else each.text for each in formulas]
    whens = (claim.untestable_when, claim.tension_when, claim.condition_when)
    conditions = [None if each is None else each.text for each in whens]
    bits = [None if each is None else each.hex() for each in figures]
    given = {name: value.hex() for name, value in values.items()}
    said = json.dumps([claim.id, claim.unit, texts, conditions, given, bits, verdict], sort_keys=True)
    return blake2b(said.encode(), digest_size=DIGEST_BYTES).hexdigest()
