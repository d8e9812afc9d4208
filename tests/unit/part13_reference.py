"""OPC 10000-13 once more in plain Python, a list of rows and one interval at a time, to hold the kernels against.

Written from the clauses, without speed in mind: nothing is carried from interval to interval.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from didymium.historian.aggregates.configuration import AggregateConfiguration

NO_DATA, BAD, SUB_NORMAL = 0x809B_0000, 0x8000_0000, 0x40A4_0000
CALCULATED, INTERPOLATED, PARTIAL, MULTIPLE = 1, 2, 4, 16
TICK_US = 1000

Row = tuple[int, float, int]
"""Time in µs, value, StatusCode."""
Result = tuple[int, float | None, int, int]
"""Time in µs, value, severity code, aggregate bits."""


@dataclass(frozen=True)
class Asked:
    """One interval: the earlier and later edge, which way time flows, and whether it is a shorter rest."""

    low: int
    high: int
    backward: bool
    rest: bool

    @property
    def start(self) -> int:
        return self.high if self.backward else self.low

    def holds(self, at: int) -> bool:
        """Table 49: the start belongs to the interval, the end does not."""
        return self.low < at <= self.high if self.backward else self.low <= at < self.high


@dataclass(frozen=True)
class Point:
    """A value on the way through an interval; ``bad`` as TreatUncertainAsBad has it."""

    at: int
    value: float
    code: int
    bad: bool
    interpolated: bool = False
    missing: bool = False

    @property
    def good(self) -> bool:
        return self.code < 0x4000_0000


class Reference:
    """One tag's history."""

    def __init__(self, rows: Sequence[Row], stepped: bool, settings: AggregateConfiguration) -> None:
        self.stepped, self.settings = stepped, settings
        self.points = [self.point(*row) for row in rows]

    def point(self, at: int, value: float, code: int, interpolated: bool = False) -> Point:
        doubted = code >= 0x4000_0000 and self.settings.treat_uncertain_as_bad
        return Point(at, value, code, code >= BAD or doubted, interpolated)

    def nothing(self, at: int) -> Point:
        return Point(at, math.nan, NO_DATA, True, missing=True)

    def between(self, one: Point, other: Point, at: int) -> float:
        return one.value + (other.value - one.value) * (at - one.at) / (other.at - one.at)

    def simple(self, at: int) -> Point:
        """3.1.9."""
        exact = [p for p in self.points if p.at == at]
        if exact:
            return self.nothing(at) if exact[0].code >= BAD else exact[0]
        before = [p for p in self.points if p.at < at]
        after = [p for p in self.points if p.at > at]
        if not before or not after or before[-1].bad:
            return self.nothing(at)
        if self.stepped:
            return self.point(at, before[-1].value, 0 if before[-1].good else SUB_NORMAL, True)
        code = 0 if before[-1].good and after[0].good else SUB_NORMAL
        value = before[-1].value if after[0].bad else self.between(before[-1], after[0], at)
        return self.point(at, value, code, True)

    def interpolated(self, at: int) -> Point:
        """3.1.8."""
        exact = [p for p in self.points if p.at == at and not p.bad]
        if exact:
            return exact[0]
        before = [p for p in self.points if p.at < at and not p.bad]
        after = [p for p in self.points if p.at > at and not p.bad]
        if not before:
            return self.nothing(at)
        one = before[-1]
        if self.stepped:
            skipped = any(one.at < p.at <= at for p in self.points)
            ended = not any(p.at > one.at for p in self.points)
            return self.point(at, one.value, 0 if one.good and not skipped and not ended else SUB_NORMAL, True)
        if after:
            skipped = any(one.at < p.at < after[0].at for p in self.points)
            sure = one.good and after[0].good and not skipped
            return self.point(at, self.between(one, after[0], at), 0 if sure else SUB_NORMAL, True)
        if self.settings.use_sloped_extrapolation and len(before) > 1:
            return self.point(at, self.between(before[-2], one, at), SUB_NORMAL, True)
        return self.point(at, one.value, SUB_NORMAL, True)

    def by_percent(self, good: int, bad: int, total: int) -> int:
        """5.4.3.2.1 and 4.2.1.2."""
        if 100 * good >= self.settings.percent_data_good * total:
            return 0
        return BAD if 100 * bad >= self.settings.percent_data_bad * total else SUB_NORMAL

    def regions(self, asked: Asked, stepped: bool) -> list[tuple[int, str, float, float]]:
        """5.4.3.2.2: (µs, good, uncertain or bad, value at the beginning, value at the end)."""
        inside = [p for p in self.points if asked.low < p.at < asked.high]
        points = [self.simple(asked.low), *inside, self.simple(asked.high)]
        ended = all(p.at < asked.high for p in self.points)
        found = []
        for k, (one, other) in enumerate(pairwise(points)):
            # An uncertain bound is no bad value of the interval, whatever TreatUncertainAsBad says.
            bad = one.code >= BAD or (one.bad and k > 0)
            kind = "bad" if bad else "good" if one.good else "uncertain"
            end = one.value
            if not stepped and not bad:
                end = one.value if other.bad else other.value
                kind = kind if other.good else "uncertain"
            length = other.at - one.at
            if ended and k == len(points) - 2 and not one.bad:
                length = min(length, TICK_US)  # 5.4.2.4
            found.append((length, kind, one.value, end))
        return found

    def smooth(self, asked: Asked) -> tuple[float, int, bool]:
        """5.4.3.2.3: area, µs and whether all is good between interpolated bounds, bad values passed over."""
        first, last = self.interpolated(asked.low), self.interpolated(asked.high)
        inside = [p for p in self.points if asked.low < p.at < asked.high and not p.bad]
        points = [first, *inside, last]
        area, span, sure = 0.0, 0, True
        for one, other in pairwise(points):
            if one.missing:
                sure = False
                continue
            skipped = any(one.at < p.at < other.at and p.bad for p in self.points)
            skipped = skipped or any(p.at == one.at == asked.low and p.bad for p in self.points)
            unsure_end = not other.good and (not self.stepped or other.bad)
            sure = sure and one.good and not skipped and not unsure_end
            end = one.value if self.stepped else other.value
            area += (one.value + end) / 2 * (other.at - one.at)
            span += other.at - one.at
        return area, span, sure

    def touches_an_end(self, asked: Asked, only_beginning: bool = False) -> bool:
        """5.3.3.2, with the data's first and last row."""
        first, last = self.points[0].at, self.points[-1].at
        begins = asked.low < first < asked.high or (asked.backward and first == asked.high)
        return begins or (not only_beginning and asked.holds(last) and last < asked.high)

    def outside(self, asked: Asked) -> bool:
        first, last = self.points[0].at, self.points[-1].at
        before = asked.high < first or (asked.high == first and not asked.backward)
        return before or asked.low > last or (asked.low == last and asked.backward)

    def result(self, name: str, asked: Asked) -> Result:
        """The aggregate over the interval."""
        if name == "Interpolative":
            found = self.interpolated(asked.start)
            return self.of(
                asked.start, None if found.missing else found.value, found.code, INTERPOLATED * found.interpolated
            )
        if name in ("TimeAverage", "Total"):
            area, span, sure = self.smooth(asked)
            if span == 0:
                return self.of(asked.start, None, NO_DATA, 0)
            bits = CALCULATED | (PARTIAL if asked.rest or self.touches_an_end(asked, only_beginning=True) else 0)
            return self.of(
                asked.start, area / (span if name == "TimeAverage" else 1e6), 0 if sure else SUB_NORMAL, bits
            )
        if self.outside(asked):
            return self.of(asked.start, None, NO_DATA, 0)
        at, value, code, bits = self.inside(name, asked)
        if self.touches_an_end(asked) or (asked.rest and code < BAD):
            bits |= PARTIAL
        return self.of(at, value, code, bits)

    @staticmethod
    def of(at: int, value: float | None, code: int, bits: int) -> Result:
        return at, (None if code >= BAD else value), code, bits

    def inside(self, name: str, asked: Asked) -> Result:
        raw = [p for p in self.points if asked.holds(p.at)]
        start, nothing = asked.start, (asked.start, None, NO_DATA, 0)
        usable, good = [p for p in raw if not p.bad], [p for p in raw if p.good]
        counted = self.by_percent(len(good), sum(p.code >= BAD for p in raw), len(raw))
        flow = raw[::-1] if asked.backward else raw
        low, high = self.simple(asked.low), self.simple(asked.high)
        first, last = (high, low) if asked.backward else (low, high)
        match name:
            case "Average":
                mean = sum(p.value for p in good) / max(1, len(good))
                return (start, mean, counted, 0 if counted == BAD else CALCULATED) if good else nothing
            case "Count":
                return start, len(good), counted, 0 if counted == BAD else CALCULATED
            case "NumberOfTransitions":
                before = [p for p in self.points if not p.bad and not asked.holds(p.at) and p.at < asked.high]
                before = [p for p in before if all(p.at < q.at for q in raw)]
                line = [*(p.value for p in before[-1:]), *(p.value for p in usable)]
                changes = sum(a != b for a, b in pairwise(line)) + (not before and bool(usable))
                return start, changes, counted, 0 if counted == BAD else CALCULATED
            case "Start" | "End":
                if not raw:
                    return nothing
                one = flow[0] if name == "Start" else flow[-1]
                return one.at, one.value, one.code, 0
            case "Delta":
                ends = [p for p in flow if not p.bad]
                if not ends:
                    return nothing
                sure = not flow[0].bad and not flow[-1].bad and ends[0].good and ends[-1].good
                return start, ends[-1].value - ends[0].value, 0 if sure else SUB_NORMAL, CALCULATED
            case "WorstQuality" | "WorstQuality2":
                states = [p.code for p in raw]
                if name == "WorstQuality2" and not any(p.at == start for p in raw):
                    states.insert(0, first.code)
                if not states:
                    return nothing
                worst = max(code >> 30 for code in states)
                same = [code for code in states if code >> 30 == worst]
                return start, same[0], 0, CALCULATED | (MULTIPLE if worst and len(same) > 1 else 0)
            case "StandardDeviationSample" | "VarianceSample" | "StandardDeviationPopulation" | "VariancePopulation":
                if not good:
                    return nothing
                mean = math.fsum(p.value for p in good) / len(good)
                squares = math.fsum((p.value - mean) ** 2 for p in good)
                n = len(good) - name.endswith("Sample")
                variance = squares / n if len(good) > 1 else 0.0
                value = math.sqrt(variance) if name.startswith("Standard") else variance
                return start, value, 0 if len(good) == len(raw) else SUB_NORMAL, CALCULATED
            case "Minimum" | "Maximum" | "MinimumActualTime" | "MaximumActualTime" | "Range":
                return self.extreme(name, asked, raw, good)
            case "Minimum2" | "Maximum2" | "MinimumActualTime2" | "MaximumActualTime2" | "Range2":
                return self.extreme_2(name, asked, low, high)
            case "StartBound":
                return nothing if first.bad else (start, first.value, first.code, INTERPOLATED * first.interpolated)
            case "EndBound":
                return (start, None, NO_DATA, CALCULATED) if last.bad else (start, last.value, last.code, CALCULATED)
            case "DeltaBounds":
                if first.bad or last.bad:
                    return nothing
                return start, last.value - first.value, 0 if first.good and last.good else SUB_NORMAL, CALCULATED
        return self.durations(name, asked)

    def durations(self, name: str, asked: Asked) -> Result:
        line = self.stepped if name in ("TimeAverage2", "Total2") else True
        regions = self.regions(asked, line)
        total = sum(us for us, *_ in regions)
        good = sum(us for us, kind, *_ in regions if kind == "good")
        bad = sum(us for us, kind, *_ in regions if kind == "bad")
        zero = sum(us for us, kind, value, _ in regions if kind == "good" and value == 0)
        code = self.by_percent(good, bad, total)
        area = math.fsum((a + b) / 2 * us for us, kind, a, b in regions if kind != "bad")
        if total == bad and name in ("TimeAverage2", "Total2"):
            return asked.start, None, NO_DATA, 0
        values = {
            "TimeAverage2": area / max(1, total - bad),
            "Total2": area / 1e6,
            "DurationInStateZero": zero / 1e3,
            "DurationInStateNonZero": (good - zero) / 1e3,
            "DurationGood": good / 1e3,
            "DurationBad": bad / 1e3,
            "PercentGood": 100 * good / total,
            "PercentBad": 100 * bad / total,
        }
        always_good = name in ("DurationGood", "DurationBad", "PercentGood", "PercentBad")
        return asked.start, values[name], 0 if always_good else code, CALCULATED

    def extreme(self, name: str, asked: Asked, raw: list[Point], good: list[Point]) -> Result:
        """5.4.3.10 to .14."""
        if not good:
            return asked.start, None, NO_DATA, 0
        low, high = min(p.value for p in good), max(p.value for p in good)
        doubted = [p.value for p in raw if not p.good and not p.bad]
        lower, higher = any(v < low for v in doubted), any(v > high for v in doubted)
        passed_over = any(p.bad for p in raw)
        if name == "Range":
            return asked.start, high - low, SUB_NORMAL if passed_over or lower or higher else 0, CALCULATED
        value, beyond = (low, lower) if name.startswith("Min") else (high, higher)
        same = [p for p in good if p.value == value]
        code = SUB_NORMAL if passed_over or beyond else 0
        bits = MULTIPLE if len(same) > 1 else 0
        if name.endswith("Time"):
            return same[0].at, value, code, bits
        return asked.start, value, code, bits | (0 if same[0].at == asked.start else CALCULATED)

    def extreme_2(self, name: str, asked: Asked, low: Point, high: Point) -> Result:
        """5.4.3.15 to .19."""
        points = [low, *(p for p in self.points if asked.low < p.at < asked.high), high]
        end = asked.low if asked.backward else asked.high
        points = [p for p in points if not p.bad and not (self.stepped and p.at == end)]
        if not points:
            return asked.start, None, NO_DATA, 0
        regions = self.regions(asked, self.stepped)
        good = sum(us for us, kind, *_ in regions if kind == "good")
        bad = sum(us for us, kind, *_ in regions if kind == "bad")
        code = self.by_percent(good, bad, sum(us for us, *_ in regions))
        if code == BAD:
            return asked.start, None, BAD, 0
        values = [p.value for p in points]
        if name == "Range2":
            return asked.start, max(values) - min(values), code, CALCULATED
        value = min(values) if name.startswith("Min") else max(values)
        same = [p for p in points if p.value == value]
        bits = (MULTIPLE if len(same) > 1 else 0) | (INTERPOLATED if same[0].interpolated else 0)
        if not name.endswith("Time2"):
            calculated = not same[0].interpolated and same[0].at != asked.start
            return asked.start, value, code, bits | (CALCULATED if calculated else 0)
        if same[0].at != end:
            return same[0].at, value, code, bits
        step = min(TICK_US, asked.high - asked.low)
        return end + (step if asked.backward else -step), value, code, bits | INTERPOLATED
