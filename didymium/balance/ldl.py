"""Sparse L D Lᵀ of a symmetric positive definite matrix, and those entries of its inverse that lie where L has any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spl
from numpy.typing import NDArray

from didymium.balance import elimination

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


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
        parent, counts = elimination.elimination_tree(starts, above, n)
        start = np.concatenate([[0], np.cumsum(counts)])
        gaps = np.flatnonzero(counts != np.arange(n - 1, -1, -1))
        full = int(gaps[-1]) + 1 if len(gaps) else 0
        return Pattern(order, place, parent, start, elimination.rows_of_factor(starts, above, parent, start), full)

    def factorise(self, matrix: sp.csc_array, least: float) -> Factor:
        """Factorise a matrix with no entry out of this pattern.

        Raises ``Singular`` at a row whose pivot is not above the share ``least`` of its diagonal: it depends on others.
        """
        upper = _upper(matrix, self.place)
        starts, rows = upper.indptr.astype(np.int64), upper.indices.astype(np.int64)
        lower, pivots, failed = elimination.factorise(
            starts, rows, upper.data, self.parent, self.start, self.rows, self.full, least
        )
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
        elimination.solve(self.pattern.start, self.pattern.rows, self.lower, self.pivots, columns)
        solved = np.empty_like(right, dtype=np.float64)
        solved[order] = columns.T.reshape(right.shape)
        return solved

    def quadratic(self, columns: sp.csc_array) -> Floats:
        """``c @ inverse @ c`` of each column (n, k), by half a solution each."""
        pattern = self.pattern
        return elimination.half_solve(
            pattern.start,
            pattern.rows,
            self.lower,
            self.pivots,
            pattern.full,
            columns.indptr.astype(np.int64),
            pattern.place[columns.indices],
            columns.data,
        )

    def inverse(self) -> Inverse:
        """The entries of the inverse where L has entries."""
        pattern = self.pattern
        below, diagonal = elimination.takahashi(pattern.start, pattern.rows, self.lower, self.pivots, pattern.full)
        return Inverse(pattern, below, diagonal)


@dataclass(frozen=True, slots=True)
class Inverse:
    """Entries of the inverse: ``below`` as ``Factor.lower``, ``diagonal`` (n,) in the order of elimination."""

    pattern: Pattern
    below: Floats
    diagonal: Floats

    def quadratic(self, columns: sp.csc_array) -> Floats:
        """``c @ inverse @ c`` of each column (n, k); NaN where it needs entries that are not known."""
        return elimination.quadratic(
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
