"""Harrell's concordance on (start, stop] rows: pairs counted in O(n log n), weights and all.

A death at t is compared with every row still at risk beyond t: those that end later and, at t
itself, the censored. Which of them have a lower score is a count of points below and to the
left of a point; a wavelet matrix answers all such questions together, bit by bit of the
score's rank, in one pass of cumulative sums for each bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jdm_stats.likelihood.risk_sets import FloatArray, IntArray, RiskSets

# Scores nearer than this, as a share of the largest, are one score: the rounding of a sum
# must not break what is a tie on paper.
SAME = 1e-12


@dataclass(frozen=True, eq=False)
class PairCounts:
    """Pairs of rows by stratum, and the pairs each row takes part in.

    Parameters
    ----------
    by_stratum : (S, 5) float array
        Weights of pairs: concordant, discordant, tied_x (in the score), tied_y (in the
        time, scores differing), tied_xy (in both). Strata without an event are all zero.
    by_row : (m, 3) float array
        Of each kept row: weight of the partners it is concordant, discordant and tied in
        the score with. Its own weight is not in it.
    """

    by_stratum: FloatArray
    by_row: FloatArray

    @property
    def total(self) -> FloatArray:
        """Pairs of all strata, (5,)."""
        totals: FloatArray = self.by_stratum.sum(axis=0)
        return totals

    @property
    def concordance(self) -> float:
        """Share of comparable pairs in which the higher score dies first, ties half."""
        concordant, discordant, tied = self.total[:3]
        pairs = concordant + discordant + tied
        return float((concordant + tied / 2.0) / pairs) if pairs > 0 else np.nan

    def influence(self, weights: FloatArray) -> FloatArray:
        """Give what each row moves the concordance by (infinitesimal jackknife), (m,).

        Parameters
        ----------
        weights : (m,) float array
            Of the kept rows.
        """
        concordant, discordant, tied = self.total[:3]
        pairs = concordant + discordant + tied
        if not pairs > 0:
            return np.full(len(self.by_row), np.nan)
        somers = (concordant - discordant) / pairs
        own = self.by_row[:, 0] - self.by_row[:, 1] - somers * self.by_row.sum(axis=1)
        moved: FloatArray = 0.5 * weights * own / pairs
        return moved


def count_pairs(
    score: FloatArray,
    sets: RiskSets,
    weights: FloatArray | None = None,
    *,
    n_strata: int | None = None,
) -> PairCounts:
    """Count concordant, discordant and tied pairs; a higher score is a higher hazard.

    Parameters
    ----------
    score : (m,) float array
        Of the kept rows.
    sets : RiskSets
    weights : (m,) float array, optional
        A pair weighs the product of its two weights; default 1.
    n_strata : int, optional
        Rows of the table by stratum; default: up to the last with an event.

    Returns
    -------
    PairCounts

    Examples
    --------
    The first of three to die has the middle score: one pair is concordant, one is not; the
    second to die has the lower score of the two left.

    >>> from jdm_stats.likelihood.risk_sets import build_risk_sets
    >>> sets = build_risk_sets(
    ...     np.zeros(3), np.array([1.0, 2.0, 3.0]), np.array([True, True, False])
    ... )
    >>> count_pairs(np.array([2.0, 1.0, 3.0]), sets).total.tolist()
    [1.0, 2.0, 0.0, 0.0, 0.0]
    """
    rank = score_ranks(score)
    heavy = np.ones(len(score)) if weights is None else weights
    deaths, time = sets.deaths, sets.death_time
    beyond = sets.hi.copy()
    beyond[deaths] -= 1  # nobody is compared with those who die at the same time
    at, own = rank[deaths], heavy[deaths]
    by_row = np.zeros((len(score), 3))

    # Partners of a death: rows that have entered less rows that have left, by score.
    entered = _Dominance(sets.lo, rank, heavy)
    left = _Dominance(beyond, rank, heavy)
    lower, upto, every = (
        entered.below(time + 1, y) - left.below(time + 1, y)
        for y in (at, at + 1, np.full_like(at, rank.max(initial=0) + 1))
    )
    as_death = np.column_stack([lower, every - upto, upto - lower])
    by_row[deaths] += as_death

    # Partners of a row that lives on: deaths while it is at risk, by score.
    dying = _Dominance(time, at, own)
    lower, upto, every = (
        dying.below(beyond, y) - dying.below(sets.lo, y)
        for y in (rank, rank + 1, np.full_like(rank, rank.max(initial=0) + 1))
    )
    by_row += np.column_stack([every - upto, lower, upto - lower])

    count = int(sets.stratum.max(initial=-1)) + 1 if n_strata is None else n_strata
    by_stratum = np.zeros((count, 5))
    np.add.at(by_stratum[:, :3], sets.stratum[time], own[:, None] * as_death)
    tied_time = _pairs_within(time, own, sets.n_times)
    keys, place = np.unique(
        time.astype(np.int64) * (rank.max(initial=0) + 1) + at, return_inverse=True
    )
    tied_both = _pairs_within(place, own, len(keys))
    both = np.zeros(sets.n_times)
    np.add.at(both, keys // (rank.max(initial=0) + 1), tied_both)
    np.add.at(by_stratum[:, 3], sets.stratum, tied_time - both)
    np.add.at(by_stratum[:, 4], sets.stratum, both)
    return PairCounts(by_stratum, by_row)


def score_ranks(score: FloatArray) -> IntArray:
    """Ranks from 0 of the distinct scores, (m,); scores equal but for rounding share one.

    Examples
    --------
    >>> score_ranks(np.array([0.3, 0.1 + 0.2, 0.0])).tolist()
    [1, 1, 0]
    """
    order = np.argsort(score, kind="stable")
    gaps = np.diff(score[order], prepend=score[order[:1]])
    slack = SAME * float(np.max(np.abs(score), initial=0.0))
    rank = np.empty(len(score), dtype=np.intp)
    rank[order] = np.cumsum(gaps > slack)
    return rank


def _pairs_within(group: IntArray, weights: FloatArray, count: int) -> FloatArray:
    """Weight of the pairs within each group: half of (sum squared less sum of squares)."""
    total = np.bincount(group, weights, count)
    squares = np.bincount(group, weights**2, count)
    return np.asarray(0.5 * (total**2 - squares), dtype=np.float64)


class _Dominance:
    """Weights of points (x, y) with x below a and y below b, for many (a, b) at once.

    A wavelet matrix: points in order of x are parted by the bits of y from the highest
    down; a question (a, b) follows its own bits and gathers, at each bit of b that is 1,
    the points whose bit is 0.
    """

    def __init__(self, x: IntArray, y: IntArray, weights: FloatArray) -> None:
        order = np.argsort(x, kind="stable")
        self.x = x[order]
        # One more than the largest rank must be askable.
        self.bits = int(y.max(initial=0) + 1).bit_length()
        self.levels: list[tuple[int, IntArray, FloatArray]] = []
        y, weights = y[order], weights[order]
        for bit in range(self.bits - 1, -1, -1):
            nought = ((y >> bit) & 1) == 0
            counted = np.concatenate([[0], np.cumsum(nought)])
            weighed = np.concatenate([[0.0], np.cumsum(weights * nought)])
            self.levels.append((bit, counted, weighed))
            parted = np.concatenate([np.flatnonzero(nought), np.flatnonzero(~nought)])
            y, weights = y[parted], weights[parted]

    def below(self, a: IntArray, b: IntArray) -> FloatArray:
        """Sum the weights of the points with x < a and y < b, one for each question."""
        upper = np.searchsorted(self.x, a, side="left")
        lower = np.zeros_like(upper)
        b = np.minimum(b, (1 << self.bits) - 1)
        total = np.zeros(len(a))
        for bit, counted, weighed in self.levels:
            one = ((b >> bit) & 1) == 1
            total += np.where(one, weighed[upper] - weighed[lower], 0.0)
            noughts = counted[-1]
            below, above = counted[lower], counted[upper]
            lower = np.where(one, noughts + lower - below, below)
            upper = np.where(one, noughts + upper - above, above)
        return total
