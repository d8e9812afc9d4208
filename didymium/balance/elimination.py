"""Elimination in sparse symmetric matrices, written out so that the same numbers give the same bits everywhere.

Matrices come by columns (``start``, ``rows``, ``values``) in the order of elimination; L has its own ``start`` and
``rows`` without the diagonal, and from column ``full`` on no gap, so that the rest is worked densely. Up-looking
factorisation: T. A. Davis, Algorithm 849, ACM Trans. Math. Softw. 31 (2005) 587-591. Entries of the inverse: K.
Takahashi, J. Fagan, M.-S. Chin, Formation of a sparse bus impedance matrix, 8th PICA (1973) 63-69.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDE_BY_SIDE: Final = 16


@njit(cache=True)
def elimination_tree(start: Ints, rows: Ints, n: int) -> tuple[Ints, Ints]:
    """The tree of elimination and how many entries each column of L has below its diagonal."""
    parent = np.full(n, -1, np.int64)
    mark = np.full(n, -1, np.int64)
    counts = np.zeros(n, np.int64)
    for k in range(n):
        mark[k] = k
        for p in range(start[k], start[k + 1]):
            i = rows[p]
            while mark[i] != k:
                if parent[i] == -1:
                    parent[i] = k
                counts[i] += 1
                mark[i] = k
                i = parent[i]
    return parent, counts


@njit(cache=True)
def rows_of_factor(start: Ints, rows: Ints, parent: Ints, lower_start: Ints) -> Ints:
    """The rows of the entries of L, ascending in each column."""
    n = len(parent)
    lower_rows = np.empty(lower_start[n], np.int64)
    filled = lower_start[:-1].copy()
    mark = np.full(n, -1, np.int64)
    for k in range(n):
        mark[k] = k
        for p in range(start[k], start[k + 1]):
            i = rows[p]
            while mark[i] != k:
                lower_rows[filled[i]] = k
                filled[i] += 1
                mark[i] = k
                i = parent[i]
    return lower_rows


@njit(cache=True)
def factorise(
    start: Ints,
    rows: Ints,
    values: Floats,
    parent: Ints,
    lower_start: Ints,
    lower_rows: Ints,
    full: int,
    least: float,
) -> tuple[Floats, Floats, int]:
    """L, the pivots, and the first row whose pivot is not above its share ``least`` of the diagonal, or -1.

    Row by row; from column ``full`` on, where L has no gap, what the columns before leave is factorised densely.
    """
    n = len(parent)
    lower = np.zeros(lower_start[n])
    filled = lower_start[:-1].copy()
    pivots = np.zeros(n)
    dense = np.zeros((n - full, n - full))
    diagonals = np.zeros(n - full)
    work = np.zeros(n)
    mark = np.full(n, -1, np.int64)
    reach = np.empty(n, np.int64)
    path = np.empty(n, np.int64)
    for k in range(n):
        top = n
        mark[k] = k
        diagonal = 0.0
        for p in range(start[k], start[k + 1]):
            i = rows[p]
            if i == k:
                diagonal += values[p]
                continue
            work[i] += values[p]
            length = 0
            while i < full and mark[i] != k:
                path[length] = i
                length += 1
                mark[i] = k
                i = parent[i]
            while length > 0:
                top -= 1
                length -= 1
                reach[top] = path[length]
        pivot = diagonal
        for t in range(top, n):
            i = reach[t]
            value = work[i]
            work[i] = 0.0
            end = filled[i]
            for p in range(lower_start[i], end):
                work[lower_rows[p]] -= lower[p] * value
            share = value / pivots[i]
            pivot -= share * value
            while lower_rows[end] != k:
                end += 1
            lower[end] = share
            filled[i] = end + 1
        if k < full:
            if not pivot > least * diagonal:
                return lower, pivots, k
            pivots[k] = pivot
        else:
            dense[k - full, : k - full] = work[full:k]
            work[full:k] = 0.0
            dense[k - full, k - full] = pivot
            diagonals[k - full] = diagonal
    failed = _factorise_dense(dense, diagonals, least)
    for j in range(full, n):
        pivots[j] = dense[j - full, j - full]
        for i in range(j + 1, n):
            lower[lower_start[j] + i - j - 1] = dense[i - full, j - full]
    return lower, pivots, -1 if failed == -1 else full + failed


@njit(cache=True)
def _factorise_dense(matrix: Floats, diagonals: Floats, least: float) -> int:
    """Replace the lower triangle by L and the diagonal by the pivots; the row that depends on others, or -1."""
    n = len(matrix)
    column = np.empty(n)
    for j in range(n):
        pivot = matrix[j, j]
        if not pivot > least * diagonals[j]:
            return j
        for i in range(j + 1, n):
            column[i] = matrix[i, j]
        for i in range(j + 1, n):
            share = column[i] / pivot
            matrix[i, j] = share
            for k in range(j + 1, i + 1):
                matrix[i, k] -= share * column[k]
    return -1


@njit(cache=True)
def solve(start: Ints, rows: Ints, lower: Floats, pivots: Floats, columns: Floats) -> None:
    """Solve in place for each row of ``columns`` (k, n)."""
    n = len(pivots)
    for c in range(columns.shape[0]):
        x = columns[c]
        for j in range(n):
            if x[j] != 0.0:
                for p in range(start[j], start[j + 1]):
                    x[rows[p]] -= lower[p] * x[j]
        for j in range(n - 1, -1, -1):
            found = x[j] / pivots[j]
            for p in range(start[j], start[j + 1]):
                found -= lower[p] * x[rows[p]]
            x[j] = found


@njit(cache=True)
def half_solve(
    start: Ints, rows: Ints, lower: Floats, pivots: Floats, full: int, columns: Ints, places: Ints, values: Floats
) -> Floats:
    """``|D^(-1/2) L⁻¹ c|²`` of each column, a few side by side so that a column of L is fetched once for them."""
    n, k = len(pivots), len(columns) - 1
    found = np.zeros(k)
    side = np.zeros((SIDE_BY_SIDE, n))
    for begin in range(0, k, SIDE_BY_SIDE):
        several = min(SIDE_BY_SIDE, k - begin)
        first = n
        for c in range(several):
            for p in range(columns[begin + c], columns[begin + c + 1]):
                side[c, places[p]] += values[p]
                first = min(first, places[p])
        for j in range(first, n):
            for c in range(several):
                value = side[c, j]
                if value == 0.0:
                    continue
                side[c, j] = 0.0
                found[begin + c] += value * value / pivots[j]
                if j < full:
                    for p in range(start[j], start[j + 1]):
                        side[c, rows[p]] -= lower[p] * value
                else:
                    at = start[j] - j - 1
                    for i in range(j + 1, n):
                        side[c, i] -= lower[at + i] * value
    return found


@njit(cache=True)
def takahashi(start: Ints, rows: Ints, lower: Floats, pivots: Floats, full: int) -> tuple[Floats, Floats]:
    """``Z = D⁻¹ L⁻¹ + (1 - Lᵀ) Z`` from the last column to the first, on the pattern of L."""
    n = len(pivots)
    below = np.zeros(len(lower))
    diagonal = np.zeros(n)
    dense = _invert_dense(start, lower, pivots, full)
    for j in range(full, n):
        diagonal[j] = dense[j - full, j - full]
        for i in range(j + 1, n):
            below[start[j] + i - j - 1] = dense[j - full, i - full]
    place = np.full(n, -1, np.int64)
    for j in range(full - 1, -1, -1):
        first, end = start[j], start[j + 1]
        for p in range(first, end):
            place[rows[p]] = p
        for p in range(first, end):
            k, share = rows[p], lower[p]
            sum_ = share * diagonal[k]
            if k >= full:
                for q in range(p + 1, end):
                    entry = dense[k - full, rows[q] - full]
                    below[q] -= entry * share
                    sum_ += entry * lower[q]
            else:
                for q in range(start[k], start[k + 1]):
                    at = place[rows[q]]
                    if at != -1:
                        below[at] -= below[q] * share
                        sum_ += below[q] * lower[at]
            below[p] -= sum_
        found = 1.0 / pivots[j]
        for p in range(first, end):
            place[rows[p]] = -1
            found -= lower[p] * below[p]
        diagonal[j] = found
    return below, diagonal


@njit(cache=True)
def _invert_dense(start: Ints, lower: Floats, pivots: Floats, full: int) -> Floats:
    """The inverse of the last, gapless part, both triangles."""
    n = len(pivots) - full
    dense = np.zeros((n, n))
    column = np.zeros(n)
    for j in range(n - 1, -1, -1):
        first = start[full + j] - j - 1
        column[j + 1 :] = 0.0
        for k in range(j + 1, n):
            share = lower[first + k]
            for i in range(j + 1, n):
                column[i] -= share * dense[k, i]
        found = 1.0 / pivots[full + j]
        for i in range(j + 1, n):
            found -= lower[first + i] * column[i]
            dense[i, j] = column[i]
            dense[j, i] = column[i]
        dense[j, j] = found
    return dense


@njit(cache=True)
def quadratic(
    start: Ints, rows: Ints, below: Floats, diagonal: Floats, columns: Ints, places: Ints, values: Floats
) -> Floats:
    found = np.zeros(len(columns) - 1)
    for c in range(len(columns) - 1):
        sum_ = 0.0
        for p in range(columns[c], columns[c + 1]):
            sum_ += values[p] * values[p] * diagonal[places[p]]
            for q in range(columns[c], p):
                low, high = min(places[p], places[q]), max(places[p], places[q])
                first, end = start[low], start[low + 1]
                at = first + np.searchsorted(rows[first:end], high)
                if at == end or rows[at] != high:
                    sum_ = np.nan
                else:
                    sum_ += 2.0 * values[p] * values[q] * below[at]
        found[c] = sum_
    return found
