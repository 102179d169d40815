"""Matched sets: who was compared with whom, and which sets say nothing.

In a conditional likelihood the number of cases of a set is held. A set without a case, or
without a control, has one arrangement only, of probability 1: it is dropped before the
first iteration and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Batch:
    """Sets with the same number of chosen members, padded to one length.

    Parameters
    ----------
    sets : (b,) int array
        Their numbers.
    rows : (b, n) int array
        Rows of their members; 0 where ``there`` is False.
    there : (b, n) bool array
    chosen : int
        Members chosen in each: the cases, or the controls where those are fewer.
    """

    sets: IntArray
    rows: IntArray
    there: NDArray[np.bool_]
    chosen: int


@dataclass(frozen=True, eq=False)
class MatchedSets:
    """Rows of the sets that carry information, ordered by set.

    Parameters
    ----------
    kept : (m,) int array
        Positions of the rows given.
    place : (m,) int array
        Number of the set of each kept row, 0 to S - 1, ascending.
    case : (m,) bool array
    code : (S,) int array
        Code that the caller gave each set.
    without_case, without_control : int
        Sets dropped for the one reason or the other.
    rows_without_case, rows_without_control : int
        Rows of these.
    """

    kept: IntArray
    place: IntArray
    case: NDArray[np.bool_]
    code: IntArray
    without_case: int
    without_control: int
    rows_without_case: int
    rows_without_control: int

    @property
    def n_sets(self) -> int:
        """Number of sets, S."""
        return len(self.code)

    @cached_property
    def sizes(self) -> IntArray:
        """Members of each set, (S,)."""
        return np.bincount(self.place, minlength=self.n_sets)

    @cached_property
    def cases(self) -> IntArray:
        """Cases of each set, (S,)."""
        return np.bincount(self.place[self.case], minlength=self.n_sets)

    @cached_property
    def first(self) -> IntArray:
        """First row of each set, (S,)."""
        return np.cumsum(self.sizes) - self.sizes

    @cached_property
    def turned(self) -> NDArray[np.bool_]:
        """Sets with fewer controls than cases, (S,): there the controls are chosen.

        Choosing the cases with odds exp(eta) is choosing the controls with odds exp(-eta).
        """
        return self.cases > self.sizes - self.cases

    @cached_property
    def chosen(self) -> IntArray:
        """Members chosen in each set, (S,): the smaller of cases and controls."""
        return np.minimum(self.cases, self.sizes - self.cases)

    @cached_property
    def batches(self) -> tuple[Batch, ...]:
        """Sets alike in number chosen and, within a factor of two, in size."""
        length = np.frexp(self.sizes.astype(float) - 0.5)[1]
        kinds = np.unique(np.column_stack([self.chosen, length]), axis=0)
        found = []
        for chosen, size in kinds:
            sets = np.flatnonzero((self.chosen == chosen) & (length == size))
            member = np.arange(int(self.sizes[sets].max()))
            there = member < self.sizes[sets][:, None]
            rows = np.where(there, self.first[sets][:, None] + member, 0)
            found.append(Batch(sets, rows, there, int(chosen)))
        return tuple(found)

    def sum_sets(self, values: FloatArray) -> FloatArray:
        """Sum row values by set: (m, ...) to (S, ...)."""
        if not self.n_sets:
            return np.zeros((0, *values.shape[1:]))
        return np.add.reduceat(values, self.first, axis=0)

    def centred(self, values: FloatArray) -> FloatArray:
        """Take from row values the mean of their set: (m, c) to (m, c)."""
        means = self.sum_sets(values) / self.sizes[:, None]
        return values - means[self.place]


def build_matched_sets(code: IntArray, case: NDArray[np.bool_]) -> MatchedSets:
    """Order rows by set and leave out the sets without a case or without a control.

    Parameters
    ----------
    code : (n,) int array
        Set of each row.
    case : (n,) bool array

    Returns
    -------
    MatchedSets

    Examples
    --------
    Two sets, the second without a case.

    >>> import numpy as np
    >>> sets = build_matched_sets(np.array([1, 1, 2]), np.array([True, False, False]))
    >>> sets.kept, sets.without_case
    (array([0, 1]), 1)
    """
    codes, place = np.unique(code, return_inverse=True)
    sizes = np.bincount(place, minlength=len(codes))
    cases = np.bincount(place[case], minlength=len(codes))
    no_case, no_control = cases == 0, cases == sizes
    informative = ~no_case & ~no_control
    kept = np.flatnonzero(informative[place])
    kept = kept[np.argsort(place[kept], kind="stable")]
    number = np.cumsum(informative) - 1
    return MatchedSets(
        kept=kept,
        place=number[place[kept]],
        case=case[kept],
        code=codes[informative],
        without_case=int(no_case.sum()),
        without_control=int(no_control.sum()),
        rows_without_case=int(sizes[no_case].sum()),
        rows_without_control=int(sizes[no_control].sum()),
    )
