"""Walks over graphs in linear time: a depth-first forest, and the edges without which a graph falls apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Forest:
    """A depth-first forest of a graph.

    ``order`` (nodes,) visits parents before children, and the ``size`` (nodes,) nodes of a subtree are those from its
    root's place on. ``edge`` (nodes,) is the edge up, -1 at roots. ``bridge`` (nodes,): that edge is the only way up.
    """

    order: Ints
    size: Ints
    edge: Ints
    bridge: Flags


def forest(one: Ints, other: Ints, nodes: int, root: int) -> Forest:
    """The forest of edges ``one[i] - other[i]``, its first tree from ``root``.

    Bridges by the lowest place that a subtree reaches: R. E. Tarjan, A note on finding the bridges of a graph,
    Information Processing Letters 2 (1974) 160-161. Parallel edges are told apart, so that two of them are no bridge.
    """
    edges = np.arange(len(one))
    ends = np.concatenate([one, other])
    by_end = np.argsort(ends, kind="stable")
    start = np.searchsorted(ends[by_end], np.arange(nodes + 1))
    far = np.concatenate([other, one])[by_end]
    which = np.concatenate([edges, edges])[by_end]
    return Forest(*_walk(start, far, which, nodes, root))


@njit(cache=True)
def _walk(start: Ints, far: Ints, which: Ints, nodes: int, root: int) -> tuple[Ints, Ints, Ints, Flags]:
    order = np.empty(nodes, np.int64)
    place = np.full(nodes, -1, np.int64)
    low = np.empty(nodes, np.int64)
    size = np.ones(nodes, np.int64)
    edge = np.full(nodes, -1, np.int64)
    parent = np.full(nodes, -1, np.int64)
    bridge = np.zeros(nodes, np.bool_)
    at = start[:-1].copy()
    n = 0
    for first in range(-1, nodes):
        node = root if first == -1 else first
        if place[node] != -1:
            continue
        place[node], low[node], order[n] = n, n, node
        n += 1
        while node != -1:
            if at[node] < start[node + 1]:
                k = at[node]
                at[node] += 1
                other = far[k]
                if which[k] == edge[node]:
                    continue
                if place[other] == -1:
                    parent[other], edge[other] = node, which[k]
                    place[other], low[other], order[n] = n, n, other
                    n += 1
                    node = other
                else:
                    low[node] = min(low[node], place[other])
            else:
                up = parent[node]
                if up != -1:
                    size[up] += size[node]
                    low[up] = min(low[up], low[node])
                    bridge[node] = low[node] == place[node]
                node = up
    return order, size, edge, bridge
