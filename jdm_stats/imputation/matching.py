"""Predictive mean matching: an imputed number is one that was seen in a similar child.

A linear model, drawn anew for every imputation, predicts each child; a child without a
value takes that of one of the few children whose predictions are nearest (Little 1988;
type 1 matching of van Buuren 2018, section 3.4). No value is imputed that was not
observed, so that ranges, whole numbers and ceilings keep themselves.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DONORS = 5
# Prior standard deviation of a coefficient, in residual standard deviations of the value,
# per yes-or-no or per two standard deviations of a number.
PRIOR_SD = 10.0


def draw_donors(
    rng: np.random.Generator,
    known: FloatArray,
    values: FloatArray,
    unknown: FloatArray,
    donors: int = DONORS,
) -> IntArray:
    """Choose for each child without a value a child to take it from.

    Parameters
    ----------
    rng : Generator
    known : (n, p) float array
        Predictors of the children with a value, centred and scaled, without intercept.
    values : (n,) float array
        Their values, any unit.
    unknown : (k, p) float array
        Predictors of the others.
    donors : int, default 5
        How many nearest children to choose from.

    Returns
    -------
    (k,) int array
        Positions in ``values``.

    Examples
    --------
    >>> x = np.arange(100.0)[:, None] / 50
    >>> chosen = draw_donors(np.random.default_rng(3), x, x[:, 0], np.array([[1.0]]))
    >>> bool(abs(chosen[0] - 50) < 10)
    True
    """
    spread = float(np.std(values))
    if spread == 0.0 or not known.shape[1]:
        return rng.integers(0, len(values), len(unknown))
    centred = (values - values.mean()) / spread
    best, drawn = _coefficients(rng, known, centred)
    seen = best[0] + known @ best[1:]
    wanted = drawn[0] + unknown @ drawn[1:]
    return nearest_positions(rng, seen, wanted, donors)


def _coefficients(
    rng: np.random.Generator, known: FloatArray, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Posterior mean and one posterior draw, intercept first."""
    design = np.column_stack([np.ones(len(values)), known])
    precision = np.full(design.shape[1], PRIOR_SD**-2)
    precision[0] = 1e-6
    information = design.T @ design + np.diag(precision)
    factor = np.linalg.cholesky(information)
    half = solve_triangular(factor, design.T @ values, lower=True)
    best = solve_triangular(factor.T, half, lower=False)
    residual = values - design @ best
    squares = float(residual @ residual + precision @ best**2)
    freedom = max(len(values) - design.shape[1], 1)
    sigma = np.sqrt(squares / rng.chisquare(freedom))
    noise = rng.standard_normal(len(best))
    return best, best + sigma * solve_triangular(factor.T, noise, lower=False)


def nearest_positions(
    rng: np.random.Generator, seen: FloatArray, wanted: FloatArray, donors: int
) -> IntArray:
    """Pick at random one of the ``donors`` nearest entries of ``seen`` for each wanted.

    Parameters
    ----------
    rng : Generator
    seen : (n,) float array
    wanted : (k,) float array
    donors : int
        At most n are used.

    Returns
    -------
    (k,) int array
        Positions in ``seen``; among equal entries chance decides.

    Examples
    --------
    >>> seen = np.array([0.0, 10.0, 11.0, 30.0])
    >>> set(nearest_positions(np.random.default_rng(1), seen, np.full(50, 10.4), 2))
    {np.int64(1), np.int64(2)}
    """
    count = min(donors, len(seen))
    shuffled = rng.permutation(len(seen))
    order = shuffled[np.argsort(seen[shuffled], kind="stable")]
    ranked = seen[order]
    first = np.searchsorted(ranked, wanted, side="left")
    last = np.searchsorted(ranked, wanted, side="right")
    place = first + np.floor(rng.random(len(wanted)) * (last - first + 1)).astype(int)
    window = np.clip(place - count, 0, max(len(seen) - 2 * count, 0))
    around = window[:, None] + np.arange(min(2 * count, len(seen)))
    distance = np.abs(ranked[around] - wanted[:, None])
    # among equal distances the entries nearest to the random place come first
    apart = np.abs(around - place[:, None] + 0.5)
    nearest = np.lexsort((apart, distance), axis=1)[:, :count]
    pick = rng.integers(0, count, len(wanted))
    rows = np.arange(len(wanted))
    return np.asarray(order[around[rows, nearest[rows, pick]]], dtype=np.int64)
