"""Streams between nodes, and the linear balances that they must satisfy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from didymium.balance.errors import BadNetwork

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ENVIRONMENT: Final = -1
"""The node that has no balance: where streams come from and go to, and what is held."""


@dataclass(frozen=True, slots=True)
class Balances:
    """``matrix @ flow == constants``; ``matrix`` (m, n) sparse by rows, ``constants`` (m,)."""

    matrix: sp.csr_array
    constants: Floats

    @staticmethod
    def of(matrix: object, constants: Sequence[float] | Floats | None = None) -> Balances:
        """Balances from any dense or sparse matrix; constants are zero unless given."""
        rows = sp.csr_array(matrix, dtype=np.float64)
        rows.sum_duplicates()
        rows.eliminate_zeros()
        right = np.zeros(rows.shape[0]) if constants is None else np.asarray(constants, np.float64)
        if right.shape != (rows.shape[0],):
            raise ValueError(f"{rows.shape[0]} balances with {right.shape} constants")
        return Balances(rows, right)

    def imbalance(self, flow: Floats) -> Floats:
        """What is left of each balance, (m,)."""
        left: Floats = self.matrix @ flow - self.constants
        return left


@dataclass(frozen=True, slots=True)
class Network:
    """``n`` streams between ``nodes`` nodes; ``source`` and ``target`` (n,) are nodes or ``ENVIRONMENT``.

    What a node holds is a stream like any other: its gain, from the node to the environment, measured by two gaugings.
    """

    source: Ints
    target: Ints
    nodes: int

    def __post_init__(self) -> None:
        for ends in (self.source, self.target):
            wrong = np.flatnonzero((ends < ENVIRONMENT) | (ends >= self.nodes))
            if len(wrong):
                raise BadNetwork(int(wrong[0]), f"node {ends[wrong[0]]}, there are nodes 0 to {self.nodes - 1}")
        round_ = np.flatnonzero(self.source == self.target)
        if len(round_):
            raise BadNetwork(int(round_[0]), "it comes from where it goes to")

    @staticmethod
    def of(streams: Sequence[tuple[int, int]], nodes: int) -> Network:
        """A network from pairs of source and target."""
        ends = np.array(streams, np.int64).reshape(-1, 2)
        return Network(ends[:, 0].copy(), ends[:, 1].copy(), nodes)

    @property
    def streams(self) -> int:
        return len(self.source)

    def balances(self) -> Balances:
        """One balance a node: what comes (+1) less what goes (-1) is nothing."""
        stream = np.arange(self.streams)
        out, into = self.source != ENVIRONMENT, self.target != ENVIRONMENT
        values = np.concatenate([np.full(out.sum(), -1.0), np.ones(into.sum())])
        rows = np.concatenate([self.source[out], self.target[into]])
        columns = np.concatenate([stream[out], stream[into]])
        return Balances.of(sp.coo_array((values, (rows, columns)), shape=(self.nodes, self.streams)))

    def closed_parts(self) -> list[Ints]:
        """Sets of nodes that no stream joins to the environment: one of their balances follows from the others."""
        ends = np.where(np.stack([self.source, self.target]) == ENVIRONMENT, self.nodes, [self.source, self.target])
        part = joined(ends[0], ends[1], self.nodes + 1)
        order = np.argsort(part[:-1], kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(part[order])) + 1) if self.nodes else []
        return [group for group in groups if part[group[0]] != part[-1]]


def joined(one: Ints, other: Ints, nodes: int) -> Ints:
    """A number for each node, (nodes,), the same for nodes that edges ``one[i] - other[i]`` join."""
    graph = sp.coo_array((np.ones(len(one), np.int8), (one, other)), shape=(nodes, nodes))
    _, part = sp.csgraph.connected_components(graph, directed=False)
    return np.asarray(part, np.int64)
