"""Monotone likelihood: whether a finite maximum exists, and which coefficients it lacks.

A direction b raises the partial likelihood for ever when no one at risk beside a death ever
has a higher x'b than the one who died: (x_death - x_j)'b >= 0 for every death and everyone at
risk with it, not all of them zero (Albert and Anderson 1984; Heinze and Schemper 2001). That
is a linear programme, and its answer is read off a projection: with C the cone of such b and
g a sum of all rows with weights above zero, the point of C nearest to g is 0 exactly when no
direction of C has a strict row (Moreau). The rows, deaths times risk sets, are made only as
they are needed: project, look for the worst broken row at each event time, add it, project
again.

Most fits never come here. Where a climb has ended with a score so small that the likelihood,
whose third derivative is bounded by the spread of x'b times its second, must turn down in
every direction, a finite maximum is proven (`finite_maximum`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jdm_stats.likelihood import cholesky
from jdm_stats.likelihood.matched_sets import MatchedSets
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray, RiskSets

# A row counts as broken below this, with covariates and direction at most 1 in size.
TOLERANCE = 1e-9
# A projection this much shorter than what was projected is 0.
NOTHING = 1e-10
# A coefficient's own push moves a direction when the projection is longer than this.
MOVED = 1e-6
MAX_ROUNDS = 1000
# Rows found at once from which twins among them are looked for.
MANY_ROWS = 32
# A score is no more exact than this share of the weight of the events.
SCORE_ROUNDING = 1e-13
# Rows looked at together.
BLOCK = 16_384

# Given a direction, rows d (c, p) with d'b most negative: those the direction breaks.
FindBroken = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Separation:
    """Outcome of the test for monotone likelihood.

    Parameters
    ----------
    separated : bool
        True when no finite maximum-likelihood estimate exists.
    toward : (p,) int array
        Per coefficient: +1 or -1 where the likelihood climbs for ever in that direction,
        0 where the coefficient stays finite, 2 where both directions are open.
    """

    separated: bool
    toward: IntArray


def cox_separation(
    covariates: FloatArray, risk_sets: RiskSets, *, directions: bool = True
) -> Separation:
    """Test a partial likelihood for monotonicity.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``risk_sets.kept``; linearly independent within the risk sets. Weights above
        zero and offsets change nothing.
    risk_sets : RiskSets
    directions : bool, default True
        Find which coefficients diverge; False leaves ``toward`` at 0.

    Returns
    -------
    Separation

    Examples
    --------
    The only exposed child dies first: the hazard ratio has no finite estimate.

    >>> import numpy as np
    >>> from jdm_stats.likelihood.risk_sets import build_risk_sets
    >>> stop = np.array([1.0, 2.0, 3.0])
    >>> sets = build_risk_sets(np.zeros(3), stop, np.array([True, True, False]))
    >>> cox_separation(np.array([[1.0], [0.0], [0.0]]), sets)
    Separation(separated=True, toward=array([1]))
    """
    x = covariates / _size(covariates)
    deaths, when = risk_sets.deaths, risk_sets.death_time
    sums = risk_sets.gather(np.column_stack([np.ones(len(x)), x]))
    means = sums[:, 1:] / sums[:, :1]
    objective = (x[deaths] - means[when]).sum(axis=0)

    def broken(direction: FloatArray) -> FloatArray:
        eta = x @ direction
        highest = risk_sets.highest(eta)[when]
        gap = eta[deaths] - eta[highest]
        worst = gap < -TOLERANCE
        return x[deaths[worst]] - x[highest[worst]]

    return _recession(objective, broken, directions)


def logistic_separation(
    covariates: FloatArray,
    outcome: FloatArray,
    combinations: FloatArray | None = None,
    *,
    directions: bool = True,
) -> Separation:
    """Test a logistic likelihood for (quasi-)complete separation.

    Parameters
    ----------
    covariates : (n, p) float array
        The design, its intercept column included.
    outcome : (n,) float array
        0.0 or 1.0.
    combinations : (p, p) float array, optional
        Rows say what to report on: combinations of the coefficients of these columns.
        Default: the coefficients themselves.
    directions : bool, default True
        As in `cox_separation`.

    Returns
    -------
    Separation
    """
    size = _size(covariates)
    signed = np.unique(covariates / size * (2.0 * outcome - 1.0)[:, None], axis=0)
    if combinations is not None:
        combinations = combinations / size
        combinations /= np.abs(combinations).max(axis=1, keepdims=True)

    def broken(direction: FloatArray) -> FloatArray:
        margin = signed @ direction
        order = np.argsort(margin)[: 4 * signed.shape[1]]
        return signed[order[margin[order] < -TOLERANCE]]

    return _recession(signed.mean(axis=0), broken, directions, combinations)


def conditional_separation(
    covariates: FloatArray, sets: MatchedSets, *, directions: bool = True
) -> Separation:
    """Test a conditional logistic likelihood for monotonicity.

    A direction raises it for ever when in no set a control has a higher x'b than a case.

    Parameters
    ----------
    covariates : (m, p) float array
        Rows of ``sets.kept``; linearly independent within the sets.
    sets : MatchedSets
    directions : bool, default True
        As in `cox_separation`.

    Returns
    -------
    Separation

    Examples
    --------
    In both pairs the case was exposed.

    >>> import numpy as np
    >>> from jdm_stats.likelihood.matched_sets import build_matched_sets
    >>> case = np.array([True, False, True, False])
    >>> sets = build_matched_sets(np.array([1, 1, 2, 2]), case)
    >>> conditional_separation(np.array([[1.0], [0.0], [1.0], [0.0]]), sets)
    Separation(separated=True, toward=array([1]))
    """
    x = sets.centred(covariates)
    x = x / _size(x)
    case = sets.case
    share = np.where(case, 1.0 / sets.cases[sets.place], 0.0)
    share[~case] = -1.0 / (sets.sizes - sets.cases)[sets.place[~case]]

    def broken(direction: FloatArray) -> FloatArray:
        eta = x @ direction
        # rows by set, then by eta: the lowest case and the highest control of each
        order = np.lexsort((eta, sets.place))
        cases, controls = order[case[order]], order[~case[order]]
        _, low = np.unique(sets.place[cases], return_index=True)
        last = np.append(np.diff(sets.place[controls]) > 0, True)
        lowest, highest = cases[low], controls[last]
        worst = eta[lowest] - eta[highest] < -TOLERANCE
        return x[lowest[worst]] - x[highest[worst]]

    return _recession(share @ x, broken, directions)


def finite_maximum(
    covariates: FloatArray,
    gradient: FloatArray,
    information: FloatArray,
    *,
    spread: float,
    weight: float,
) -> bool:
    """Whether a climb's last point proves that a finite maximum exists.

    Along a direction d the third derivative of the log-likelihood is at most the range of
    x'd times the second. Were d a direction of endless ascent, the slope at this point could
    not be less than the second derivative divided by that range; where the score is smaller
    than that for every d, there is none.

    Parameters
    ----------
    covariates : (m, p) float array
    gradient : (p,) float array
        Score of the plain likelihood.
    information : (p, p) float array
    spread : float
        Range of x'd in units of the largest |x'd|: 2 for a partial likelihood, whose rows
        are compared with each other, 1 for a logistic one.
    weight : float
        Weight of all events (all rows, logistic). Far out on a ridge that climbs for ever
        score and information vanish together; the score is taken as large as its rounding
        may be, a share of this.

    Returns
    -------
    bool
        False proves nothing.
    """
    lower = cholesky.factor(information)
    if lower is None:
        return False
    blocks = range(0, len(covariates), BLOCK)
    widest = max(_widest(covariates[at : at + BLOCK], lower) for at in blocks)
    decrement = cholesky.solve_half(lower, gradient)
    inverse = cholesky.inverse(lower)
    rounding = SCORE_ROUNDING * weight * float(np.sqrt(inverse.trace()))
    reach = spread * float(np.sqrt(widest))
    return bool((np.linalg.norm(decrement) + rounding) * reach < 1.0)


def _widest(covariates: FloatArray, lower: FloatArray) -> float:
    """Largest x' I^-1 x of some rows."""
    whitened = cholesky.solve_half(lower, covariates.T)
    return float(np.einsum("ij,ij->j", whitened, whitened).max())


def _size(covariates: FloatArray) -> FloatArray:
    largest = np.abs(covariates).max(axis=0, initial=0.0)
    return np.where(largest > 0, largest, 1.0)


def _recession(
    objective: FloatArray,
    broken: FindBroken,
    directions: bool,
    combinations: FloatArray | None = None,
) -> Separation:
    """Find whether a direction of ascent exists, then which coefficients it moves.

    Columns are linearly independent within the risk sets, so every direction of the cone
    but zero is an ascent.
    """
    p = len(objective)
    toward = np.zeros(p, dtype=np.intp)
    direction, rows = _project(objective, broken, np.empty((0, p)))
    separated = bool(direction.any())
    if not separated or not directions:
        return Separation(separated, toward)
    pushes = np.eye(p) if combinations is None else combinations
    for j in range(p):
        ways = []
        for sign in (1.0, -1.0):
            push = sign * pushes[j] / np.linalg.norm(pushes[j])
            found, rows = _project(push, broken, rows)
            if float(np.linalg.norm(found)) > MOVED:
                ways.append(int(sign))
        toward[j] = 2 if len(ways) == 2 else (ways[0] if ways else 0)
    return Separation(True, toward)


def _project(
    target: FloatArray, broken: FindBroken, rows: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Find the point nearest to ``target`` in the cone of all rows, adding rows as needed.

    That is target + A'y with y >= 0 (Lawson and Hanson's active set); ``rows`` are those
    known so far, at unit length.
    """
    length = float(np.linalg.norm(target))
    active = np.empty(0, dtype=np.intp)
    y = np.empty(0)
    direction = target
    for _ in range(MAX_ROUNDS):
        size = float(np.linalg.norm(direction))
        if size <= NOTHING * length:
            return np.zeros_like(target), rows
        unit = direction / size
        worst = _worst(rows, unit)
        if worst is None:
            found = broken(unit)
            if not len(found):
                return direction, rows
            rows = _with_rows(rows, found)
            worst = _worst(rows, unit)
            if worst is None:
                return direction, rows
        if worst in active:  # rounding: the face is as good as it gets
            return direction, rows
        active, y = _face(target, rows, np.append(active, worst), np.append(y, 0.0))
        direction = target + rows[active].T @ y
    raise RuntimeError("the separation programme did not settle")


def _worst(rows: FloatArray, unit: FloatArray) -> int | None:
    if not len(rows):
        return None
    margins = rows @ unit
    worst = int(margins.argmin())
    return worst if margins[worst] < -TOLERANCE else None


def _with_rows(rows: FloatArray, found: FloatArray) -> FloatArray:
    found = found / np.linalg.norm(found, axis=1, keepdims=True)
    if len(found) > MANY_ROWS:
        found = np.unique(np.round(found, 14), axis=0)
    return np.vstack([rows, found])


def _face(
    target: FloatArray, rows: FloatArray, active: IntArray, y: FloatArray
) -> tuple[IntArray, FloatArray]:
    """Solve for the multipliers of the active rows, dropping those that would be negative."""
    while len(active):
        solved: FloatArray = np.linalg.lstsq(rows[active].T, -target, rcond=None)[
            0
        ].astype(np.float64)
        if (solved > 0).all():
            return active, solved
        down = solved <= 0
        share = np.where(down, y / np.where(down, y - solved, 1.0), np.inf)
        step = float(share.min())
        y = y + step * (solved - y)
        stay = y > 1e-15
        stay[int(share.argmin())] = False
        active, y = active[stay], y[stay]
    return active, y
