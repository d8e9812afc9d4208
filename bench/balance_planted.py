"""Errors planted at the recycling plant, and how often they are found and named.

The goods are the twin's, day by day. Its meters are better than they are said to be, so that each day each meter errs
anew by what its sheet says, by the seed. A meter's scale off by 3 %, two meters swapped and a way past the meters are
planted in what the meters tell; the leak of 3 t/d is the twin's own fault F18. Each error has as many days as the
formula of detectability (``didymium.balance.detectability``) says are enough nine times out of ten.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from bench.balance_days import Run, kept_or_simulated, sheet_of
from bench.markdown import Markdown
from didymium.balance.closing import LEVEL, Closing, closing, suspects
from didymium.balance.detectability import Meters, Question, windows_until
from didymium.balance.hypotheses import Candidates, Hypothesis, Kind, equal_classes
from didymium.balance.network import Floats
from didymium.balance.reconcile import reconcile
from didymium.balance.reduction import Reduction, reduce_network
from didymium.balance.sheets import DAY_US, Sheet
from didymium.balance.suspicion import likelihood_ratio

SEEDS: Final = 100
RUN_DAYS: Final = 10
LEAK_T_D: Final = 3.0
LEAK_DAYS: Final = 37
LEAK_RUNS: Final = 4
"""Stretches of those begin and end at days of their own, so that no two of 100 share both gaugings."""
SCALE: Final = 0.03
PAST: Final = 0.05
"""Share of what a node gets that goes past its meters."""
POWER: Final = 0.9
QUESTION: Final = Question(LEVEL, POWER)


@dataclass
class Tries:
    """What came of planting one kind of error, seed by seed.

    ``named``: the planted error or one that leaves the same imbalances; ``alone`` if there is none such; ``told``: the
    planted error is at least among the rivals of what was named.
    """

    what: str
    tried: int = 0
    detected: int = 0
    named: int = 0
    alone: int = 0
    told: int = 0
    days: list[int] = field(default_factory=list)
    off: list[float] = field(default_factory=list)
    """Errors of the estimates, in their standard deviations."""
    unfit: Counter[str] = field(default_factory=Counter)
    """What could not be found in the days that there are, and was not tried."""

    def take(self, found: Closing, planted: Hypothesis, size: float, days: int) -> None:
        """Count one."""
        self.tried += 1
        self.days.append(days)
        errors = found.identified.errors
        self.detected += bool(errors)
        self.told += any(planted in (error.hypothesis, *error.same, *error.rivals) for error in errors)
        right = [error for error in errors if planted in (error.hypothesis, *error.same)]
        if right:
            self.named += 1
            self.alone += not right[0].same
            if right[0].hypothesis == planted:
                self.off.append((right[0].estimate - size) / right[0].sigma)


def planted_figures(days_file: Path | None) -> tuple[dict[str, object], str]:
    """Figures and a table: ``detected``, ``named`` and ``false_alarms`` as rates."""
    sheet = sheet_of()
    runs = [Run(seed, RUN_DAYS) for seed in range(1, SEEDS // RUN_DAYS + 1)]
    leaky = [Run(seed, LEAK_DAYS, LEAK_T_D) for seed in range(1, LEAK_RUNS + 1)]
    told = kept_or_simulated([*leaky, *runs], days_file)
    well, ill = told[LEAK_RUNS:], told[:LEAK_RUNS]
    trial = _Trial(sheet, float(well[0].shape[0]))
    kinds = [trial.scale(well), trial.leak(ill), trial.swap(well), trial.bypass(well)]
    alarms, looks = trial.false_alarms(well)
    tried = sum(kind.tried for kind in kinds)
    table = Markdown(("planted", "tried", "found", "told", "named", "alone", "days", "not tried"))
    for kind in kinds:
        table.add(
            [
                kind.what,
                str(kind.tried),
                f"{kind.detected / kind.tried:.0%}",
                f"{kind.told / kind.tried:.0%}",
                f"{kind.named / kind.tried:.0%}",
                f"{kind.alone / kind.tried:.0%}",
                f"{min(kind.days)} to {max(kind.days)}",
                ", ".join(kind.unfit),
            ]
        )
    figures: dict[str, object] = {
        "detected": sum(kind.detected for kind in kinds) / tried,
        "named": sum(kind.named for kind in kinds) / tried,
        "false_alarms": alarms / looks,
        "looks": looks,
        **trial.leak_told(ill),
        "by_kind": {
            kind.what: {
                "tried": kind.tried,
                "detected": kind.detected / kind.tried,
                "told": kind.told / kind.tried,
                "named": kind.named / kind.tried,
                "alone": kind.alone / kind.tried,
                "days": max(kind.days),
                "off_sigma": float(np.std(kind.off)) if kind.off else None,
            }
            for kind in kinds
        },
    }
    return figures, str(table)


class _Trial:
    """One sheet, and what each kind of error needs."""

    def __init__(self, sheet: Sheet, days: float) -> None:
        self.sheet, self.most_days = sheet, int(days)
        self.reduction: Reduction = reduce_network(sheet.network, sheet.measured)

    def _tests(self, reading: Floats) -> int:
        classes = equal_classes(suspects(self.sheet, self.reduction, np.nan_to_num(reading)))
        return len(np.unique(classes[classes >= 0]))

    def enough(self, candidates: Candidates, row: int, size: float, reading: Floats, most: int) -> int | None:
        """Days until an error of ``size`` a day is found nine times out of ten, None beyond ``most``.

        A gauging's error is that of the beginning and the end, however many days lie between: of the mean of n days it
        is one nth, less than the formula's root, so that the formula is asked for each number of days by itself.
        """
        sigma = self.sheet.sigma(np.nan_to_num(reading), DAY_US)
        gauging = np.array([stream.gauging for stream in self.sheet.streams])
        signature = candidates.signatures[:, [row]]
        for days in range(1, most + 1):
            own = np.where(gauging, sigma / days**0.5, sigma)
            meters = Meters(np.where(own > 0.0, own, 1.0), np.zeros(len(own)))
            found = windows_until(self.reduction, signature, size, meters, QUESTION, self._tests(reading), most)
            if found is not None and found <= days:
                return days
        return None

    def told(self, days: Floats, random: np.random.Generator) -> Floats:
        """(days, streams) what meters tell that err anew each day; gaugings err in the twin itself."""
        share = np.array([0.0 if stream.gauging else stream.percent / 100.0 for stream in self.sheet.streams])
        return days * (1.0 + share * random.standard_normal(days.shape))

    def closed(self, told: Floats) -> Closing:
        """How the sheet closes over these days together."""
        reading = told.sum(axis=0)
        return closing(self.sheet, reading, np.ones(len(reading)), (0, len(told) * DAY_US))

    def false_alarms(self, runs: Sequence[Floats]) -> tuple[int, int]:
        """How many days without an error were suspected, of how many."""
        looks = [self.closed(self.told(day[None, :], random)) for _, day, random in _each_day(runs)]
        return sum(bool(look.identified.errors) for look in looks), len(looks)

    def scale(self, runs: Sequence[Floats]) -> Tries:
        """One meter's scale 3 % off, each seed another meter."""
        tries = Tries("a meter's scale off by 3 %")
        flows = [i for i, stream in enumerate(self.sheet.streams) if stream.kpi is not None and not stream.gauging]
        for seed, run, random in _each_seed(runs):
            meter = flows[seed % len(flows)]
            candidates = suspects(self.sheet, self.reduction, np.nan_to_num(run[0]))
            size = SCALE * run[0, meter] * (1 if seed % 2 else -1)
            row = _row(candidates, Hypothesis(Kind.BIAS, meter))
            days = self.enough(candidates, row, size, run[0], self.most_days)
            if days is None:
                tries.unfit[self.sheet.streams[meter].id] += 1
                continue
            told = self.told(run[:days], random)
            told[:, meter] *= 1.0 + np.sign(size) * SCALE
            tries.take(self.closed(told), Hypothesis(Kind.BIAS, meter), size * days, days)
        return tries

    def leak(self, runs: Sequence[Floats]) -> Tries:
        """The twin's own leak of 3 t/d."""
        tries = Tries("a hidden leak of 3 t/d")
        planted, _, days = self._leaking(runs)
        if days == LEAK_DAYS:
            tries.unfit[f"{LEAK_DAYS} days may be too few"] += 1
        for told in self._leaks(runs, days):
            tries.take(self.closed(told), planted, LEAK_T_D * days, days)
        return tries

    def leak_told(self, runs: Sequence[Floats]) -> dict[str, float]:
        """What the leak alone is estimated at, in t/d, over as many days as are enough.

        ``leak_t_d`` and ``leak_error_t_d`` (standard error) are of stretches that share no day, with the twin's own
        gaugings; ``leak_spread_t_d`` is how the looks of ``leak`` differ, ``leak_sigma_t_d`` what the formula says.
        """
        planted, candidates, days = self._leaking(runs)
        signature = candidates.signatures[:, [_row(candidates, planted)]]

        def estimate(told: Floats) -> tuple[float, float]:
            reading = told.sum(axis=0)
            sigma = self.sheet.sigma(np.nan_to_num(reading), len(told) * DAY_US)
            found = reconcile(self.reduction, reading, np.where(sigma > 0.0, sigma, 1.0))
            error = float(found.information(signature)[0]) ** -0.5
            return float(likelihood_ratio(found, signature).estimate[0]) / len(told), error / len(told)

        apart = [estimate(run[at : at + days])[0] for run in runs for at in range(0, len(run) - days + 1, days)]
        looks = np.array([estimate(told) for told in self._leaks(runs, days)])
        return {
            "leak_t_d": float(np.mean(apart)),
            "leak_error_t_d": float(np.std(apart, ddof=1) / len(apart) ** 0.5),
            "leak_spread_t_d": float(looks[:, 0].std(ddof=1)),
            "leak_sigma_t_d": float(looks[:, 1].mean()),
        }

    def _leaking(self, runs: Sequence[Floats]) -> tuple[Hypothesis, Candidates, int]:
        """The leak, all suspects, and the days that are enough for it: all that there are where those are too few."""
        node = next(i for i, each in enumerate(self.sheet.nodes) if each.id == "pre")
        planted = Hypothesis(Kind.LEAK, node)
        candidates = suspects(self.sheet, self.reduction, np.nan_to_num(runs[0][0]))
        days = self.enough(candidates, _row(candidates, planted), LEAK_T_D, runs[0][0], LEAK_DAYS)
        return planted, candidates, LEAK_DAYS if days is None else days

    def _leaks(self, runs: Sequence[Floats], days: int) -> Iterator[Floats]:
        """What meters tell of stretches with the leak, seed by seed."""
        for seed in range(SEEDS):
            run = runs[seed % len(runs)]
            begin = seed // len(runs) % (len(run) - days + 1)
            yield self.told(run[begin : begin + days], np.random.default_rng([seed, 1]))

    def swap(self, runs: Sequence[Floats]) -> Tries:
        """Two meters of one node stand for each other, each seed another pair whose readings part enough."""
        tries = Tries("two meters swapped")
        pairs = self._fit(runs[0][0], Kind.SWAP, lambda _: 1.0, tries)
        for seed, run, random in _each_seed(runs):
            pair, days = pairs[seed % len(pairs)]
            told = self.told(run[:days], random)
            told[:, [pair.first, pair.second]] = told[:, [pair.second, pair.first]]
            tries.take(self.closed(told), pair, 1.0, days)
        return tries

    def bypass(self, runs: Sequence[Floats]) -> Tries:
        """A twentieth of what a node gets goes past the meters of the next one."""
        tries = Tries("5 % past the meters")
        ways = self._fit(runs[0][0], Kind.BYPASS, lambda way: PAST * self._through(runs[0][0], way), tries)
        for seed, run, random in _each_seed(runs):
            way, days = ways[seed % len(ways)]
            told = self.told(np.array([self._past(day, way) for day in run[:days]]), random)
            size = sum(PAST * self._through(day, way) for day in run[:days])
            tries.take(self.closed(told), way, size, days)
        return tries

    def _fit(
        self, reading: Floats, kind: Kind, size_of: Callable[[Hypothesis], float], tries: Tries
    ) -> list[tuple[Hypothesis, int]]:
        """The hypotheses of a kind that can be found in the days at hand, with how many those are."""
        candidates = suspects(self.sheet, self.reduction, np.nan_to_num(reading))
        fit = []
        for row in np.flatnonzero(candidates.kind == kind).tolist():
            one = candidates[row]
            days = self.enough(candidates, row, size_of(one), reading, self.most_days)
            if days is None:
                tries.unfit["pairs that part too little" if kind is Kind.SWAP else self._way(one)] += 1
            else:
                fit.append((one, days))
        return fit

    def _way(self, way: Hypothesis) -> str:
        return f"{self.sheet.nodes[way.first].id} to {self.sheet.nodes[way.second].id}"

    def _between(self, way: Hypothesis) -> tuple[list[int], list[int]]:
        """Streams from the first node to one that lies between, and on from there to the second."""
        streams = self.sheet.streams
        for node in range(len(self.sheet.nodes)):
            into = [i for i, each in enumerate(streams) if (each.source, each.target) == (way.first, node)]
            on = [i for i, each in enumerate(streams) if (each.source, each.target) == (node, way.second)]
            if into and on:
                return into, on
        raise LookupError(self._way(way))

    def _through(self, day: Floats, way: Hypothesis) -> float:
        into, on = self._between(way)
        return float(min(np.nansum(day[into]), np.nansum(day[on])))

    def _past(self, day: Floats, way: Hypothesis) -> Floats:
        """What the meters see of a day when a share of it goes past them."""
        past = PAST * self._through(day, way)
        seen = day.copy()
        for streams in self._between(way):
            seen[streams] *= 1.0 - past / np.nansum(day[streams])
        return seen


def _each_day(runs: Sequence[Floats]) -> Iterator[tuple[int, Floats, np.random.Generator]]:
    for seed, day in enumerate(np.concatenate(list(runs))):
        yield seed, day, np.random.default_rng([seed, 0])


def _each_seed(runs: Sequence[Floats]) -> Iterator[tuple[int, Floats, np.random.Generator]]:
    """Each seed with a run of its own days: it begins at another day of a run, and goes round."""
    for seed in range(SEEDS):
        run = runs[seed % len(runs)]
        yield seed, np.roll(run, -(seed // len(runs)), axis=0), np.random.default_rng([seed, 2])


def _row(candidates: Candidates, wanted: Hypothesis) -> int:
    return next(row for row in range(len(candidates)) if candidates[row] == wanted)
