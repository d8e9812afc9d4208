"""Why a leg of a verdict stands as it does, in words of both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from didymium.balance.closing import Closing
from didymium.balance.hypotheses import Hypothesis
from didymium.balance.identify import GrossError
from didymium.balance.legs import Leg
from didymium.balance.words import name_of
from didymium.model.plant import Text


@dataclass(frozen=True, slots=True)
class Leak:
    """Goods that get away at a node, in the sheet's unit over its window; ``others`` would look the same."""

    hypothesis: Hypothesis
    estimate: float
    sigma: float
    others: tuple[Hypothesis, ...]


def no_day(leg: Leg) -> Text:
    """No whole day is kept."""
    return Text(f"no whole day of {leg.days} is kept yet", f"{leg.days} 天中尚无完整的一天")


def nothing_came(days: int) -> Text:
    """Nothing of which a share could be missing."""
    return Text(f"nothing came in over {days} d", f"{days} 天内没有进料")


def holds(leg: Leg, value: float, days: int) -> Text:
    """It holds over all its days."""
    shown = _shown(leg, value)
    return Text(f"{shown} over {days} d, within {_band(leg)}", f"{days} 天内为 {shown}，在 {_band(leg)} 之内")


def short(leg: Leg, value: float, days: int) -> Text:
    """It lies in the band, but not for long enough."""
    shown = _shown(leg, value)
    return Text(
        f"{shown}, within {_band(leg)}, but {days} d of {leg.days} d are there",
        f"为 {shown}，在 {_band(leg)} 之内，但 {leg.days} 天中只有 {days} 天",
    )


def few_days(leg: Leg, days: int, least: int) -> Text:
    """Too few days for a line through them."""
    return Text(
        f"a change takes {least} d at least to be told; {days} d of {leg.days} d are there",
        f"判断变化至少需 {least} 天；{leg.days} 天中只有 {days} 天",
    )


def outside(leg: Leg, value: float, days: int) -> Text:
    """It lies outside the band."""
    shown, excess = _shown(leg, value), _shown(leg, leg.beyond(value))
    return Text(
        f"{shown} over {days} d, outside {_band(leg)} by {excess}",
        f"{days} 天内为 {shown}，超出 {_band(leg)} {excess}",
    )


def on_a_day(leg: Leg, name: Text, value: float, days: int) -> Text:
    """A figure lay outside on one day."""
    shown, excess = _shown(leg, value), _shown(leg, leg.beyond(value))
    return Text(
        f"{name.en}: {shown} on the worst of {days} d, outside {_band(leg)} by {excess}",
        f"{name.zh}：{days} 天中最差一天为 {shown}，超出 {_band(leg)} {excess}",
    )


def changed(leg: Leg, name: Text, value: float, days: int) -> Text:
    """A figure changed by too much."""
    shown, excess = _shown(leg, value), _shown(leg, leg.beyond(value))
    return Text(
        f"{name.en}: changed by {shown} over {days} d, outside {_band(leg)} by {excess}",
        f"{name.zh}：{days} 天内变化 {shown}，超出 {_band(leg)} {excess}",
    )


def uncertain(leg: Leg, value: float, certain: float, days: int) -> Text:
    """It lies outside, but by no more than so few days are uncertain by."""
    shown, margin = _shown(leg, value), _shown(leg, certain)
    return Text(
        f"{shown} over {days} d is outside {_band(leg)}, but so few days are uncertain by {margin}",
        f"{days} 天内为 {shown}，超出 {_band(leg)}，但天数少，不确定度为 {margin}",
    )


def leaks(closing: Closing, leak: Leak, days: int) -> Text:
    """What the meters find missing, and what else would look the same."""
    sheet = closing.sheet
    name, size = name_of(sheet, leak.hypothesis), f"{leak.estimate / days:.3g} ± {leak.sigma / days:.2g} {sheet.unit}/d"
    others = [name_of(sheet, other) for other in leak.others]
    en, zh = "; or ".join(other.en for other in others), "；或".join(other.zh for other in others)
    return Text(
        f"{name.en}: {size} over {days} d" + (f"; or {en}" if en else ""),
        f"{name.zh}：{days} 天内 {size}" + (f"；或{zh}" if zh else ""),
    )


def disagree(closing: Closing, errors: Sequence[GrossError]) -> Text:
    """The meters contradict each other, so that nothing holds by them."""
    whole = closing.whole
    names = [name_of(closing.sheet, error.hypothesis) for error in errors]
    en = "; ".join(name.en for name in names) or "none of them is found to be wrong by itself"
    zh = "；".join(name.zh for name in names) or "未能判明是哪一块"
    size = f"χ² {whole.statistic:.1f} > {whole.limit:.1f}"
    return Text(f"the meters contradict each other ({size}): {en}", f"仪表相互矛盾（{size}）：{zh}")


def _shown(leg: Leg, value: float) -> str:
    return f"{value:.3g} {leg.unit}"


def _band(leg: Leg) -> str:
    return f"{leg.low:g}…{leg.high:g} {leg.unit}"
