"""How a flow sheet closes in one window: what meters said, what must have been, and which of them does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didymium.balance.classify import classify
from didymium.balance.hypotheses import Candidates, biases, bypasses, leaks, swaps
from didymium.balance.identify import Identified, identify
from didymium.balance.network import ENVIRONMENT, Floats, Ints
from didymium.balance.reconcile import Reconciled, reconcile
from didymium.balance.reduction import Reduction, reduce_network
from didymium.balance.sheets import Sheet
from didymium.balance.suspicion import Each, Whole, global_test, measurement_test, nodal_test

LEVEL: Final = 0.01
"""Chance of a false alarm at one look at one sheet."""
MOST_ERRORS: Final = 3
COMPLETE: Final = 0.95
"""A meter that delivered a smaller share of its readings is taken as missing: its amount is not known."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A sheet in one window, of which ``stretches`` count, each from a time to another.

    Of streams, (n,): ``reading`` as the meters said, NaN where nothing is known, its ``sigma`` and ``complete``, the
    share of readings that came; ``classes`` see ``classify.Class``. ``imbalance`` and ``imbalance_sigma`` are (nodes,)
    what each node lacks by its meters alone, NaN where one of its streams has none; ``meters`` and ``nodes`` are the
    measurement test of the streams and the nodal test of the nodes.
    """

    sheet: Sheet
    stretches: tuple[tuple[int, int], ...]
    reading: Floats
    sigma: Floats
    complete: Floats
    classes: NDArray[np.int8]
    reconciled: Reconciled
    whole: Whole
    meters: Each
    nodes: Each
    identified: Identified
    imbalance: Floats
    imbalance_sigma: Floats

    @property
    def from_us(self) -> int:
        """When the first stretch begins."""
        return self.stretches[0][0]

    @property
    def to_us(self) -> int:
        """When the last stretch ends."""
        return self.stretches[-1][1]

    @property
    def length_us(self) -> int:
        """How long the stretches are together."""
        return sum(to_us - from_us for from_us, to_us in self.stretches)


def closing(sheet: Sheet, reading: Floats, complete: Floats, *stretches: tuple[int, int]) -> Closing:
    """Reconcile ``reading`` (n,) of these stretches together, NaN where a meter said nothing; name what does not fit.

    Stretches are in order, with something between them that does not count.
    """
    known = sheet.measured & np.isfinite(reading) & (complete >= COMPLETE)
    reading = np.where(known, reading, np.nan)
    amounts = np.where(known, reading, 0.0)
    length_us = sum(to_us - from_us for from_us, to_us in stretches)
    sigma = sheet.sigma(amounts, length_us, len(stretches))
    reduction = reduce_network(sheet.network, known)
    found = reconcile(reduction, amounts, np.where(known, sigma, 1.0))
    lacks, spread = _lacking(sheet, amounts, sigma, known)
    return Closing(
        sheet=sheet,
        stretches=stretches,
        reading=reading,
        sigma=np.where(known, sigma, np.nan),
        complete=complete,
        classes=classify(reduction),
        reconciled=found,
        whole=global_test(found, LEVEL),
        meters=measurement_test(found, LEVEL),
        nodes=nodal_test(lacks, spread, LEVEL),
        identified=identify(found, suspects(sheet, reduction, amounts), LEVEL, MOST_ERRORS),
        imbalance=lacks,
        imbalance_sigma=spread,
    )


def suspects(sheet: Sheet, reduction: Reduction, reading: Floats) -> Candidates:
    """What may be wrong with a sheet: each meter, each node, two meters of one node swapped, a way around a node."""
    parts = [biases(reduction), leaks(reduction)]
    pairs = _beside(sheet, reduction)
    if len(pairs):
        parts.append(swaps(reduction, reading, pairs))
    around = _around(sheet)
    if len(around):
        parts.append(bypasses(reduction, around))
    return Candidates.of(parts)


def _beside(sheet: Sheet, reduction: Reduction) -> Ints:
    """(p, 2) meters at one node; gaugings are no meters whose wires could be swapped."""
    met: set[tuple[int, int]] = set()
    for node in range(len(sheet.nodes)):
        own = [
            place
            for place, stream in enumerate(sheet.streams)
            if node in (stream.source, stream.target) and reduction.measured[place] and not stream.gauging
        ]
        met.update(combinations(own, 2))
    return np.array(sorted(met), np.int64).reshape(-1, 2)


def _around(sheet: Sheet) -> Ints:
    """(p, 2) nodes between which a third one lies, and no stream goes."""
    next_: dict[int, set[int]] = {node: set() for node in range(len(sheet.nodes))}
    for stream in sheet.streams:
        if ENVIRONMENT not in (stream.source, stream.target):
            next_[stream.source].add(stream.target)
    ways = {(a, c) for a, over in next_.items() for b in over for c in next_[b] if a != c and c not in over}
    return np.array(sorted(ways), np.int64).reshape(-1, 2)


def _lacking(sheet: Sheet, amounts: Floats, sigma: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    balances = sheet.network.balances()
    there = abs(balances.matrix) @ (~known).astype(np.float64) == 0.0
    spread: Floats = np.sqrt(balances.matrix.power(2) @ np.where(known, sigma, 0.0) ** 2)
    return np.where(there, balances.imbalance(amounts), np.nan), np.where(there, spread, np.nan)
