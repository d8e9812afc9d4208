"""Sparse L D Lᵀ of a symmetric positive definite matrix, and those entries of its inverse that lie where L has any.

Written out rather than taken from a library of dense kernels, so that the same numbers give the same bits on every
processor. Up-looking factorisation: T. A. Davis, Algorithm 849, ACM Trans. Math. Softw. 31 (2005) 587-591. Entries of
the inverse: K. Takahashi, J. Fagan, M.-S. Chin, Formation of a sparse bus impedance matrix, 8th PICA (1973) 63-69.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SMALLEST_PIVOT: Final = 1e-11
"""A pivot below this share of its diagonal entry says that the row depends on others."""


class Singular(ArithmeticError):
    """Row ``row`` of the matrix depends on those before it in the order of elimination."""

    def __init__(self, row: int) -> None:
        self.row = row
        super().__init__(f"row {row} depends on others")


@dataclass(frozen=True, slots=True)
class Pattern:
    """Where the factor of a symmetric matrix with a known pattern has entries.

    ``order`` (n,) is the order of elimination, ``place`` its inverse, ``parent`` (n,) its tree. Column ``j`` of L has
    its entries below the diagonal in ``rows[start[j]:start[j + 1]]``; from column ``full`` on they have no gap.
    """

    order: Ints
    place: Ints
    parent: Ints
    start: Ints
    rows: Ints
    full: int

    @staticmethod
    def of(matrix: sp.csc_array) -> Pattern:
        """Analyse a symmetric matrix by where it has entries; minimum degree on its pattern, from SuperLU."""
        n = matrix.shape[0]
        order = _minimum_degree(matrix)
        place = np.empty(n, np.int64)
        place[order] = np.arange(n)
        upper = _upper(matrix, place)
        starts, above = upper.indptr.astype(np.int64), upper.indices.astype(np.int64)
        parent, counts = _tree(starts, above, n)
        start = np.concatenate([[0], np.cumsum(counts)])
        gaps = np.flatnonzero(counts != np.arange(n - 1, -1, -1))
        full = int(gaps[-1]) + 1 if len(gaps) else 0
        return Pattern(order, place, parent, start, _fill(starts, above, parent, start), full)

    def factorise(self, matrix: sp.csc_array) -> Factor:
        """Factorise a matrix with no entry out of this pattern. Raises ``Singular`` at a row that depends on others."""
        upper = _upper(matrix, self.place)
        starts, rows = upper.indptr.astype(np.int64), upper.indices.astype(np.int64)
        lower, pivots, failed = _factorise(starts, rows, upper.data, self.parent, self.start, self.rows, self.full)
        if failed != -1:
            raise Singular(int(self.order[failed]))
        return Factor(self, lower, pivots)


@dataclass(frozen=True, slots=True)
class Factor:
    """The entries of L, ``lower``, one for each of the pattern's ``rows``, and the ``pivots`` (n,)."""

    pattern: Pattern
    lower: Floats
    pivots: Floats

    def solve(self, right: Floats) -> Floats:
        """Solve for one right-hand side (n,) or several (n, k)."""
        order = self.pattern.order
        columns = np.ascontiguousarray(np.atleast_2d(right[order].T))
        _solve(self.pattern.start, self.pattern.rows, self.lower, self.pivots, columns)
        solved = np.empty_like(right, dtype=np.float64)
        solved[order] = columns.T.reshape(right.shape)
        return solved

    def inverse(self) -> Inverse:
        """The entries of the inverse where L has entries."""
        pattern = self.pattern
        below, diagonal = _takahashi(pattern.start, pattern.rows, self.lower, self.pivots, pattern.full)
        return Inverse(pattern, below, diagonal)


@dataclass(frozen=True, slots=True)
class Inverse:
    """Entries of the inverse: ``below`` as ``Factor.lower``, ``diagonal`` (n,) in the order of elimination."""

    pattern: Pattern
    below: Floats
    diagonal: Floats

    def quadratic(self, columns: sp.csc_array) -> Floats:
        """``c @ inverse @ c`` of each column (n, k); NaN where it needs entries that are not known."""
        return _quadratic(
            self.pattern.start,
            self.pattern.rows,
            self.below,
            self.diagonal,
            columns.indptr.astype(np.int64),
            self.pattern.place[columns.indices],
            columns.data,
        )


def _minimum_degree(matrix: sp.csc_array) -> Ints:
    n = matrix.shape[0]
    if n == 0:
        return np.zeros(0, np.int64)
    ones = sp.csc_array((np.full(matrix.nnz, -1.0), matrix.indices, matrix.indptr), shape=matrix.shape)
    heavy = ones + sp.diags_array(np.diff(matrix.indptr) + 1.0, format="csc")
    found = spl.splu(heavy, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    order = np.empty(n, np.int64)
    order[found.perm_c] = np.arange(n)
    return order


def _upper(matrix: sp.csc_array, place: Ints) -> sp.csc_array:
    """The upper triangle with its diagonal in the order of elimination, rows of a column ascending."""
    whole = matrix.tocoo()
    rows, columns = place[whole.row], place[whole.col]
    upper = rows <= columns
    n = matrix.shape[0]
    turned = sp.csc_array(sp.coo_array((whole.data[upper], (rows[upper], columns[upper])), shape=(n, n)))
    turned.sort_indices()
    return turned


@njit(cache=True)
def _tree(start: Ints, rows: Ints, n: int) -> tuple[Ints, Ints]:
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
def _fill(start: Ints, rows: Ints, parent: Ints, lower_start: Ints) -> Ints:
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
def _factorise(
    start: Ints, rows: Ints, values: Floats, parent: Ints, lower_start: Ints, lower_rows: Ints, full: int
) -> tuple[Floats, Floats, int]:
    """Row by row; from column ``full`` on, where L has no gap, what the columns before leave is factorised densely."""
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
            if not pivot > SMALLEST_PIVOT * diagonal:
                return lower, pivots, k
            pivots[k] = pivot
        else:
            dense[k - full, : k - full] = work[full:k]
            work[full:k] = 0.0
            dense[k - full, k - full] = pivot
            diagonals[k - full] = diagonal
    failed = _factorise_dense(dense, diagonals)
    for j in range(full, n):
        pivots[j] = dense[j - full, j - full]
        for i in range(j + 1, n):
            lower[lower_start[j] + i - j - 1] = dense[i - full, j - full]
    return lower, pivots, -1 if failed == -1 else full + failed


@njit(cache=True)
def _factorise_dense(matrix: Floats, diagonals: Floats) -> int:
    """Replace the lower triangle by L and the diagonal by the pivots; the row that depends on others, or -1."""
    n = len(matrix)
    column = np.empty(n)
    for j in range(n):
        pivot = matrix[j, j]
        if not pivot > SMALLEST_PIVOT * diagonals[j]:
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
def _solve(start: Ints, rows: Ints, lower: Floats, pivots: Floats, columns: Floats) -> None:
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
def _takahashi(start: Ints, rows: Ints, lower: Floats, pivots: Floats, full: int) -> tuple[Floats, Floats]:
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
def _quadratic(
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
