"""Balances freed of what has no meter: what is left to correct meters by, and how the rest is reckoned from them.

For networks of streams by joining the nodes at both ends of each stream without a meter (V. Vaclavek, Chem. Eng. Sci.
24 (1969) 947-955; R. S. H. Mah, G. M. Stanley, D. M. Downing, Ind. Eng. Chem. Process Des. Dev. 15 (1976) 175-183), in
linear time. For any coefficients by projection (C. M. Crowe, Y. A. Garcia Campos, A. Hrymak, AIChE J. 29 (1983)
881-888), here by QR with pivoting of each block of equations that streams without a meter join.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.linalg as dense
import scipy.sparse as sp

from didymium.balance.errors import DependentBalance, ImpossibleBalance
from didymium.balance.graph import forest
from didymium.balance.ldl import Pattern, Singular
from didymium.balance.network import ENVIRONMENT, Balances, Flags, Floats, Ints, Network, joined

NOTHING: Final = 1e-10
"""A number below this share of those that it came from is none."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """What is left of balances when streams without a meter are gone.

    ``matrix @ flow == constants`` (k, n) are the balances between meters alone, each a sum of original balances with
    the weights ``combine`` (k, m). The streams ``observable`` (u,) follow from meters: they are ``reckon`` (u, m) times
    what the original balances lack without them. ``pattern`` is that of ``matrix @ matrix.T``.
    """

    balances: Balances
    measured: Flags
    combine: sp.csr_array
    matrix: sp.csr_array
    constants: Floats
    observable: Ints
    reckon: sp.csr_array
    pattern: Pattern

    @property
    def degrees(self) -> int:
        """Degrees of freedom: how many independent balances there are between meters."""
        return int(self.matrix.shape[0])

    def sources(self, row: int) -> list[int]:
        """The original balances that make up row ``row``."""
        return [int(node) for node in np.sort(self.combine[[row]].indices)]


def reduce_network(network: Network, measured: Flags) -> Reduction:
    """Reduce the balances of a network by joining nodes. Of each closed part one balance is left out: it follows."""
    hidden = np.flatnonzero(~measured)
    n_ends = network.nodes + 1
    source, target = (np.where(end == ENVIRONMENT, network.nodes, end) for end in (network.source, network.target))
    group = joined(source[hidden], target[hidden], n_ends)
    part = joined(source, target, n_ends)
    first = np.full(group.max() + 1, n_ends)
    np.minimum.at(first, group, np.arange(n_ends))
    left_out = np.zeros(n_ends, np.bool_)
    for each in (group[network.nodes], *group[_first_of_closed(part, network.nodes)]):
        left_out[first[each]] = True
    kept = np.flatnonzero((first[group] == np.arange(n_ends)) & ~left_out)
    row = np.full(group.max() + 1, -1)
    row[group[kept]] = np.arange(len(kept))
    nodes = np.flatnonzero(row[group[: network.nodes]] >= 0)
    combine = sp.csr_array(
        sp.coo_array((np.ones(len(nodes)), (row[group[nodes]], nodes)), shape=(len(kept), network.nodes))
    )
    balances = network.balances()
    observable, reckon = _reckoned_by_bridges(source, target, hidden, network.nodes)
    return _reduction(balances, measured, combine, observable, reckon)


def reduce_balances(balances: Balances, measured: Flags) -> Reduction:
    """Reduce balances with any coefficients by projection.

    Raises ``ImpossibleBalance`` where they contradict each other, ``DependentBalance`` where one follows from others.
    """
    hidden = np.flatnonzero(~measured)
    between = sp.csr_array(balances.matrix[:, hidden])
    m = between.shape[0]
    block = _blocks(between)
    combine: list[tuple[Ints, Floats]] = []
    observable: list[int] = []
    reckon: list[tuple[Ints, Floats]] = []
    for rows, columns in block:
        weights, found, ways = _project(between[rows][:, columns].toarray())
        combine += [(rows, each) for each in weights]
        observable += [int(hidden[columns[each]]) for each in found]
        reckon += [(rows, each) for each in ways]
    alone = np.setdiff1d(np.arange(m), np.concatenate([rows for rows, _ in block]) if block else [])
    combine += [(np.array([each]), np.ones(1)) for each in alone]
    combine.sort(key=lambda each: int(each[0][0]))
    order = np.argsort(observable, kind="stable")
    sorted_ = [reckon[each] for each in order]
    reduction = _reduction(
        balances, measured, _rows(combine, m), np.array(observable, np.int64)[order], _rows(sorted_, m)
    )
    _check_independent(reduction)
    return reduction


def _reduction(
    balances: Balances, measured: Flags, combine: sp.csr_array, observable: Ints, reckon: sp.csr_array
) -> Reduction:
    """Put the parts together; a combination in which no meter is left must be nothing equals nothing."""
    seen = sp.csr_array(balances.matrix * measured.astype(np.float64))
    matrix = sp.csr_array(combine @ seen)
    size = sp.csr_array(abs(combine) @ abs(seen))
    matrix = matrix.multiply(abs(matrix) > NOTHING * size).tocsr()
    matrix.eliminate_zeros()
    constants = combine @ balances.constants
    empty = np.diff(matrix.indptr) == 0
    scale = abs(combine) @ abs(balances.constants)
    for row in np.flatnonzero(empty & (abs(constants) > NOTHING * scale)):
        raise ImpossibleBalance([int(each) for each in np.sort(combine[[row]].indices)], float(constants[row]))
    kept = np.flatnonzero(~empty)
    matrix = sp.csr_array(matrix[kept])
    matrix.sort_indices()
    ones = sp.csr_array((np.ones(matrix.nnz), matrix.indices, matrix.indptr), shape=matrix.shape)
    pattern = Pattern.of(sp.csc_array(ones @ ones.T))
    return Reduction(
        balances, measured, sp.csr_array(combine[kept]), matrix, constants[kept], observable, reckon, pattern
    )


def _check_independent(reduction: Reduction) -> None:
    """By the pivots of the rows' products, rows and columns scaled to 1 first."""
    matrix = reduction.matrix
    if not matrix.nnz:
        return
    matrix = sp.csr_array(matrix / abs(matrix).max(axis=1).toarray().reshape(-1, 1))
    largest = abs(matrix).max(axis=0).toarray().ravel()
    matrix = sp.csr_array(matrix / np.where(largest > 0, largest, 1.0))
    try:
        reduction.pattern.factorise(sp.csc_array(matrix @ matrix.T), NOTHING)
    except Singular as singular:
        raise DependentBalance(reduction.sources(singular.row)) from singular


def _first_of_closed(part: Ints, environment: int) -> Ints:
    """The first node of each part that does not touch the environment."""
    _, first = np.unique(part, return_index=True)
    return first[part[first] != part[environment]]


def _reckoned_by_bridges(source: Ints, target: Ints, hidden: Ints, environment: int) -> tuple[Ints, sp.csr_array]:
    """Streams without a meter that are the only such way between two sets of nodes, and the nodes on the far side."""
    walk = forest(source[hidden], target[hidden], environment + 1, environment)
    rows: list[tuple[Ints, Floats]] = []
    streams = []
    for place in np.flatnonzero(walk.bridge[walk.order]):
        node = walk.order[place]
        stream = hidden[walk.edge[node]]
        nodes = np.sort(walk.order[place : place + walk.size[node]])
        rows.append((nodes, np.full(len(nodes), 1.0 if target[stream] == node else -1.0)))
        streams.append(stream)
    order = np.argsort(streams, kind="stable")
    return np.array(streams, np.int64)[order], _rows([rows[each] for each in order], environment)


def _rows(rows: list[tuple[Ints, Floats]], width: int) -> sp.csr_array:
    if not rows:
        return sp.csr_array((0, width))
    start = np.concatenate([[0], np.cumsum([len(columns) for columns, _ in rows])])
    columns = np.concatenate([columns for columns, _ in rows])
    return sp.csr_array((np.concatenate([values for _, values in rows]), columns, start), shape=(len(rows), width))


def _blocks(between: sp.csr_array) -> list[tuple[Ints, Ints]]:
    """Sets of rows and columns that hang together, (m, u) split along entries; rows without an entry are in none."""
    m, u = between.shape
    places = between.tocoo()
    part = joined(places.row.astype(np.int64), places.col + np.int64(m), m + u)
    rows_of = np.split(np.argsort(part[:m], kind="stable"), np.flatnonzero(np.diff(np.sort(part[:m]))) + 1) if m else []
    columns_of: dict[int, list[int]] = {}
    for column in range(u):
        columns_of.setdefault(int(part[m + column]), []).append(column)
    return [(rows, np.array(columns_of[int(part[rows[0]])])) for rows in rows_of if int(part[rows[0]]) in columns_of]


def _project(block: Floats) -> tuple[Floats, Ints, Floats]:
    """What a block (r, c) of equations says without its columns, and which columns it determines.

    Returns weights (r - rank, r) of the rows' sums without any column, the determined columns, and (…, r) weights of
    what the rows lack that give them.
    """
    row_scale = 1.0 / abs(block).max(axis=1)
    scaled = block * row_scale[:, None]
    column_scale = 1.0 / abs(scaled).max(axis=0)
    q, r, order = dense.qr(scaled * column_scale, pivoting=True)
    diagonal = abs(np.diag(r))
    rank = int((diagonal > NOTHING * diagonal[0]).sum())
    weights = q[:, rank:].T * row_scale
    weights /= abs(weights).max(axis=1, keepdims=True)
    weights[abs(weights) < NOTHING] = 0.0
    inner = dense.solve_triangular(r[:rank, :rank], np.hstack([r[:rank, rank:], q[:, :rank].T]))
    loose = abs(inner[:, : block.shape[1] - rank]) > NOTHING
    found = np.flatnonzero(~loose.any(axis=1))
    ways = inner[found, block.shape[1] - rank :] * row_scale * column_scale[order[found], None]
    ways[abs(ways) < NOTHING * abs(ways).max(axis=1, keepdims=True)] = 0.0
    return weights, order[found], ways
