"""Whether something that is claimed of a plant is proven, not disproven, or inconsistent with its meters.

Nothing is ever simply all right: a verdict is proven only where every leg holds over all its days, and even then it is
blind to what is smaller than its meters can show (``blind_spot``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from didymium.balance import verdict_words as words
from didymium.balance.closing import LEVEL, Closing, suspects
from didymium.balance.detectability import Meters, Question, smallest
from didymium.balance.hypotheses import Hypothesis, Kind, equal_classes, leaks
from didymium.balance.identify import GrossError
from didymium.balance.legs import Compared, Leg, Rule
from didymium.balance.network import ENVIRONMENT, Floats
from didymium.balance.sheets import DAY_US
from didymium.balance.suspicion import likelihood_ratio, two_sided_limit
from didymium.balance.verdict_words import Leak
from didymium.model.plant import Text

POWER: Final = 0.9
"""Chance of finding a leak as large as the blind spot."""
LEAST_DAYS: Final = 3
"""A change of fewer days is not told from their scatter."""


class Standing(StrEnum):
    """How a leg stands."""

    HOLDS = "holds"
    SHORT = "short"
    CONTRADICTS = "contradicts"
    MISSING = "missing"


class State(StrEnum):
    """What a verdict says."""

    PROVEN = "proven"
    NOT_DISPROVEN = "not_disproven"
    INCONSISTENT = "inconsistent"


@dataclass(frozen=True, slots=True)
class Judged:
    """A leg as it stands: ``value`` in its unit, NaN where there is none, from ``days`` whole days."""

    leg: Leg
    standing: Standing
    value: float
    days: int
    why: Text


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """The smallest leak, ``unit`` a day wherever it is, that ``days`` days show: with meters that err by chance alone,
    and where each may beside that have its ``bias_percent``.
    """

    leak: float
    with_bias: float
    unit: str
    days: int
    bias_percent: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """``days`` are those of the shortest leg that tags tell of."""

    rule: Rule
    state: State
    days: int
    legs: tuple[Judged, ...]
    blind_spot: BlindSpot | None


def verdict(rule: Rule, legs: Sequence[Judged], closing: Closing | None) -> Verdict:
    """What the legs come to; ``closing`` is that of the rule's sheet, None where no day is known."""
    standings = {each.standing for each in legs}
    if Standing.CONTRADICTS in standings:
        state = State.INCONSISTENT
    else:
        state = State.PROVEN if standings == {Standing.HOLDS} else State.NOT_DISPROVEN
    days = min(each.days for each in legs if each.leg.compared is not Compared.NOTHING)
    blind = None if closing is None else blind_spot(closing, rule.bias_percent)
    return Verdict(rule, state, days, tuple(legs), blind)


def without_tags(leg: Leg) -> Judged:
    """A leg that the plant's tags tell nothing of."""
    assert leg.missing is not None
    return Judged(leg, Standing.MISSING, float("nan"), 0, leg.missing)


def of_closing(leg: Leg, closing: Closing | None) -> Judged:
    """How a leg stands by its sheet's closing over the days that are kept, None where none is.

    What the meters find missing contradicts, however small it is in per cent, where a leak would explain it; a meter
    that reads wrong may explain it as well, and then both are told. Where only a meter can be wrong, no closing of it
    holds.
    """
    if closing is None:
        return Judged(leg, Standing.SHORT, float("nan"), 0, words.no_day(leg))
    days = whole_days(closing)
    value, sigma = missing_percent(closing)
    beyond, certain = leg.beyond(value), two_sided_limit(LEVEL, 1) * sigma
    if beyond > 0.0 and (days >= leg.days or beyond > certain):
        return Judged(leg, Standing.CONTRADICTS, value, days, words.outside(leg, value, days))
    found = closing.identified.errors if closing.whole.suspicious else ()
    lost = next((leak for leak in (_leak(closing, error) for error in found) if leak is not None), None)
    if lost is not None:
        return Judged(leg, Standing.CONTRADICTS, value, days, words.leaks(closing, lost, days))
    if beyond > 0.0:
        return Judged(leg, Standing.SHORT, value, days, words.uncertain(leg, value, certain, days))
    if closing.whole.suspicious:
        return Judged(leg, Standing.SHORT, value, days, words.disagree(closing, found))
    if np.isnan(value):
        return Judged(leg, Standing.SHORT, value, days, words.nothing_came(days))
    return _inside(leg, value, days)


def of_days(leg: Leg, values: Floats, day: Floats) -> Judged:
    """How a leg stands by (figures, days) values, all of them finite, of the whole days ``day`` (days,), counted."""
    days = values.shape[1]
    if days == 0:
        return Judged(leg, Standing.SHORT, float("nan"), 0, words.no_day(leg))
    if leg.compared is Compared.CHANGE:
        return _change(leg, values, day)
    margin = np.minimum(values - leg.low, leg.high - values)
    figure, at = np.unravel_index(int(np.argmin(margin)), values.shape)
    value = float(values[figure, at])
    if margin[figure, at] < 0.0:
        return Judged(leg, Standing.CONTRADICTS, value, days, words.on_a_day(leg, leg.kpis[figure].name, value, days))
    return _inside(leg, value, days)


def whole_days(closing: Closing) -> int:
    """How many days a closing is of."""
    return round(closing.length_us / DAY_US)


def missing_percent(closing: Closing) -> tuple[float, float]:
    """What is missing of what came into a sheet, by its meters at the border, and its standard deviation, both in %.

    NaN where nothing came.
    """
    network = closing.sheet.network
    came = network.source == ENVIRONMENT
    border = came | (network.target == ENVIRONMENT)
    amount, sign = closing.reading[border], np.where(came[border], 1.0, -1.0)
    total = float(amount[sign > 0.0].sum())
    if total <= 0.0:
        return float("nan"), float("nan")
    return 100.0 * float(sign @ amount) / total, 100.0 * float(np.linalg.norm(closing.sigma[border])) / total


def blind_spot(closing: Closing, bias_percent: float) -> BlindSpot:
    """What leak the days at hand would not show for certain, at the node where it would be seen worst."""
    sheet, found, days = closing.sheet, closing.reconciled, whole_days(closing)
    reduction = found.reduction
    a_day = np.where(reduction.measured, found.value / days, 0.0)
    gauging = np.array([stream.gauging for stream in sheet.streams])
    random = sheet.sigma(a_day, DAY_US, len(closing.stretches))
    random = np.where(reduction.measured, np.where(gauging, random / days**0.5, random), 1.0)
    biased = np.where(gauging, 0.0, bias_percent / 100.0 * np.abs(a_day))
    everything = equal_classes(suspects(sheet, reduction, np.where(reduction.measured, closing.reading, 0.0)))
    tests = len(np.unique(everything[everything >= 0]))
    candidates = leaks(reduction)
    least = []
    for systematic in (np.zeros_like(biased), biased):
        meters = Meters(random, systematic)
        each = smallest(reduction, candidates, meters, float(days), Question(LEVEL, POWER), tests)
        least.append(float(each[np.isfinite(each)].max(initial=0.0)))
    return BlindSpot(least[0], least[1], sheet.unit, days, bias_percent)


def _change(leg: Leg, values: Floats, day: Floats) -> Judged:
    days = values.shape[1]
    if days < LEAST_DAYS:
        return Judged(leg, Standing.SHORT, float("nan"), days, words.few_days(leg, days, LEAST_DAYS))
    apart = day - day.mean()
    span = float(day[-1] - day[0])
    slope = values @ apart / (apart @ apart)
    scatter = values - values.mean(axis=1, keepdims=True) - slope[:, None] * apart
    sigma = span * np.sqrt((scatter**2).sum(axis=1) / (days - 2) / (apart @ apart))
    change = span * slope
    margin = np.minimum(change - leg.low, leg.high - change)
    figure = int(np.argmin(margin))
    value, certain = float(change[figure]), two_sided_limit(LEVEL, 1) * float(sigma[figure])
    beyond = -float(margin[figure])
    if beyond > 0.0 and (days >= leg.days or beyond > certain):
        return Judged(leg, Standing.CONTRADICTS, value, days, words.changed(leg, leg.kpis[figure].name, value, days))
    if beyond > 0.0:
        return Judged(leg, Standing.SHORT, value, days, words.uncertain(leg, value, certain, days))
    return _inside(leg, value, days)


def _inside(leg: Leg, value: float, days: int) -> Judged:
    if days < leg.days:
        return Judged(leg, Standing.SHORT, value, days, words.short(leg, value, days))
    return Judged(leg, Standing.HOLDS, value, days, words.holds(leg, value, days))


def _leak(closing: Closing, error: GrossError) -> Leak | None:
    """The leak that a found error is, or would look the same as; None where goods came in or only a meter is wrong."""
    alike = (error.hypothesis, *error.same)
    node = next((each.first for each in alike if each.kind is Kind.LEAK), None)
    if node is None:
        return None
    estimate, sigma = error.estimate, error.sigma
    if error.hypothesis.kind is not Kind.LEAK:
        ratio = likelihood_ratio(closing.reconciled, leaks(closing.reconciled.reduction).signatures)
        estimate, sigma = float(ratio.estimate[node]), float(ratio.sigma[node])
    others = tuple(each for each in alike if each.kind is not Kind.LEAK)
    return Leak(Hypothesis(Kind.LEAK, node), estimate, sigma, others) if estimate > 0.0 else None
