"""Gross errors that may be behind an imbalance, and the trace that one unit of each leaves in the balances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from didymium.balance.network import ENVIRONMENT, Floats, Ints
from didymium.balance.reduction import Reduction

ALIKE: Final = 1e-9


class Kind(IntEnum):
    """What may be wrong, the likelier first where nothing else tells two apart."""

    BIAS = 0
    """The meter of stream ``first`` reads too much by the estimate."""
    LEAK = 1
    """Node ``first`` loses the estimate unseen."""
    SWAP = 2
    """The meters of streams ``first`` and ``second`` stand for each other; the estimate is 1 when they do wholly."""
    BYPASS = 3
    """The estimate goes from node ``first`` to node ``second`` past all meters."""


@dataclass(frozen=True, slots=True, order=True)
class Hypothesis:
    """One thing that may be wrong: of a stream, a node, or a pair of them."""

    kind: Kind
    first: int
    second: int = ENVIRONMENT


@dataclass(frozen=True, slots=True)
class Candidates:
    """``kind``, ``first``, ``second`` (h,) of hypotheses; ``signatures`` (k, h): imbalances from one unit of each."""

    kind: NDArray[np.int8]
    first: Ints
    second: Ints
    signatures: sp.csc_array

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, row: int) -> Hypothesis:
        return Hypothesis(Kind(int(self.kind[row])), int(self.first[row]), int(self.second[row]))

    @staticmethod
    def of(parts: Sequence[Candidates]) -> Candidates:
        """All candidates of all parts, in order."""
        return Candidates(
            np.concatenate([part.kind for part in parts]),
            np.concatenate([part.first for part in parts]),
            np.concatenate([part.second for part in parts]),
            sp.csc_array(sp.hstack([part.signatures for part in parts], format="csc")),
        )


def biases(reduction: Reduction) -> Candidates:
    """A bias of each meter."""
    streams = np.flatnonzero(reduction.measured)
    return _candidates(Kind.BIAS, streams, None, reduction.matrix[:, streams])


def leaks(reduction: Reduction) -> Candidates:
    """A leak of each balance. One that meters do not surround leaves no trace."""
    nodes = np.arange(reduction.combine.shape[1])
    return _candidates(Kind.LEAK, nodes, None, reduction.combine)


def swaps(reduction: Reduction, reading: Floats, pairs: Ints) -> Candidates:
    """Swapped meters of pairs of streams (p, 2): each of the readings (n,) stands where the other belongs."""
    one, other = pairs[:, 0], pairs[:, 1]
    difference = reduction.matrix[:, one] - reduction.matrix[:, other]
    return _candidates(Kind.SWAP, one, other, difference * (reading[one] - reading[other]))


def bypasses(reduction: Reduction, pairs: Ints) -> Candidates:
    """Ways without a meter from one node to another, pairs (p, 2)."""
    one, other = pairs[:, 0], pairs[:, 1]
    return _candidates(Kind.BYPASS, one, other, reduction.combine[:, one] - reduction.combine[:, other])


def equal_classes(candidates: Candidates) -> Ints:
    """A number for each hypothesis, (h,), equal where no reading can ever tell one from another; -1 without a trace.

    Two are equal when their traces are multiples of each other: parallel streams, a leak at a node and a bias of its
    only meter to the outside, two nodes that a stream without a meter joins (M. J. Bagajewicz, Q. Jiang, Comput. Chem.
    Eng. 22 (1998) 1789-1809).
    """
    columns = candidates.signatures
    found = np.full(len(candidates), -1, np.int64)
    seen: dict[bytes, list[tuple[Floats, int]]] = {}
    n = 0
    for row in range(len(candidates)):
        start, end = columns.indptr[row], columns.indptr[row + 1]
        if start == end:
            continue
        trace = columns.data[start:end] / columns.data[start]
        alike = seen.setdefault(columns.indices[start:end].tobytes(), [])
        same = next((number for other, number in alike if (abs(trace - other) <= ALIKE * abs(other)).all()), -1)
        if same == -1:
            same, n = n, n + 1
            alike.append((trace, same))
        found[row] = same
    return found


def _candidates(kind: Kind, first: Ints, second: Ints | None, signatures: object) -> Candidates:
    columns = sp.csc_array(signatures)
    columns.eliminate_zeros()
    columns.sort_indices()
    nobody = np.full(len(first), ENVIRONMENT, np.int64)
    return Candidates(
        np.full(len(first), kind, np.int8),
        first.astype(np.int64),
        nobody if second is None else second.astype(np.int64),
        columns,
    )
