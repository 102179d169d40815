"""Profile limits of additive interaction: what two exposures together add to their sum.

With u, v and w the ratios of the first exposure alone, of the second alone and of both, the
excess is w - u - v + 1 (RERI) and the share of it in w is 1 - (u + v - 1) / w (AP). Holding
either at a value r is one equation,

    u + v = c w + d        RERI = r: c = 1, d = 1 - r        AP = r: c = 1 - r, d = 1

by which the others are maximised anew in coordinates that keep to it (`surface`). Richardson
and Kaufman (2009) write RERI in as a parameter; so does this, from each side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2, norm

from jdm_stats.likelihood.combinations import Turned, turned_by
from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.newton import Maximum, maximise
from jdm_stats.likelihood.profile import Limit, RatioTest
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.likelihood.surface import Held, HeldPenalty

ROOT_TOLERANCE = 1e-9
LOOSE_ROOT = 1e-5
MAX_ITERATIONS = 100
# An excess this large has no limit in any sense that matters.
FARTHEST = 1e12


@dataclass(frozen=True)
class Measure:
    """An additive measure as the equation u + v = c w + d at each of its values.

    Parameters
    ----------
    name : str
    equation : callable
        Value r to (c, d).
    slopes : (float, float)
        Of c and d in r.
    """

    name: str
    equation: Callable[[float], tuple[float, float]]
    slopes: tuple[float, float]


RERI = Measure("RERI", lambda r: (1.0, 1.0 - r), (0.0, -1.0))
AP = Measure("AP", lambda r: (1.0 - r, 1.0), (-1.0, 0.0))


def additive_limits(
    solution: Solution,
    alone: tuple[FloatArray, FloatArray],
    both: FloatArray,
    measure: Measure = RERI,
    conf_level: float = 0.95,
) -> tuple[Limit, Limit]:
    """Profile limits of RERI or AP, under any penalty.

    Parameters
    ----------
    solution : Solution
    alone : two (k,) float arrays
        Weights of the coefficients (caller's units) in the log ratio of the first and of
        the second exposure alone.
    both : (k,) float array
        Weights in the log ratio of both.
    measure : Measure
    conf_level : float

    Returns
    -------
    lower, upper : Limit
        ``at`` is not given.
    """
    profile = Profile.of(solution, (*alone, both), measure)
    quantile = float(norm.isf((1.0 - conf_level) / 2.0))
    lower, upper = (_limit(profile, side, quantile) for side in (-1.0, 1.0))
    return lower, upper


def additive_test(
    solution: Solution, alone: tuple[FloatArray, FloatArray], both: FloatArray
) -> RatioTest:
    """(Penalised) likelihood-ratio test that nothing is added: RERI = 0, and so AP = 0."""
    profile = Profile.of(solution, (*alone, both), RERI)
    found = profile.constrained(0.0, None)
    if not found.converged:
        return RatioTest(np.nan, 1, np.nan, False)
    deviance = max(0.0, 2.0 * (profile.best_value - found.point.value))
    return RatioTest(deviance, 1, float(chi2.sf(deviance, 1)), True)


@dataclass(frozen=True, eq=False)
class Profile:
    """The (penalised) likelihood maximised at each value of a measure.

    Parameters
    ----------
    turned : Turned
        Coefficients in the order: first alone, second alone, both, the others.
    measure : Measure
    """

    turned: Turned
    measure: Measure

    @classmethod
    def of(
        cls, solution: Solution, rows: tuple[FloatArray, ...], measure: Measure
    ) -> Profile:
        """Turn a solution until the three log ratios are its first coefficients."""
        inner = np.array(rows) @ solution.problem.back
        _, _, others = np.linalg.svd(inner)
        into = np.linalg.inv(np.vstack([inner, others[len(inner) :]]))
        return cls(turned_by(solution, into), measure)

    @property
    def best_value(self) -> float:
        """Penalised log-likelihood at the estimate, in the turned coordinates."""
        return self.turned.best.value

    @property
    def estimate(self) -> float:
        """The measure at the estimate."""
        u, v, w = np.exp(self.turned.best.beta[:3])
        return float(w - u - v + 1.0 if self.measure is RERI else 1.0 - (u + v - 1.0) / w)

    @property
    def std_error(self) -> float:
        """By the delta method, for the first step; NaN where the information is singular."""
        u, v, w = np.exp(self.turned.best.beta[:3])
        slope = np.zeros(len(self.turned.best.beta))
        slope[:3] = -u, -v, w
        if self.measure is not RERI:
            slope[:3] = -u / w, -v / w, (u + v - 1.0) / w
        try:
            half = np.linalg.solve(self.turned.best.information, slope)
        except np.linalg.LinAlgError:
            return np.nan
        return float(np.sqrt(max(slope @ half, 0.0)))

    def constrained(self, value: float, warm: FloatArray | None) -> Maximum:
        """Maximise the others with the measure held at ``value``.

        Parameters
        ----------
        value : float
        warm : (p,) float array or None
            Turned coefficients to start from; the estimate otherwise and as well.

        Returns
        -------
        Maximum
            ``point`` in coordinates of `Held`.
        """
        held = Held(self.turned.likelihood, *self.measure.equation(value))
        penalty = HeldPenalty(self.turned.penalty, held)
        starts = [self.turned.best.beta] if warm is None else [warm, self.turned.best.beta]
        best: Maximum | None = None
        for start in starts:
            found = maximise(held, penalty, held.nearest(start))
            better = best is None or (found.converged, found.point.value) > (
                best.converged,
                best.point.value + 1e-9,
            )
            if better:
                best = found
            if found.converged and penalty.concave:
                break
        assert best is not None
        return best

    def slope(self, value: float, found: Maximum) -> float:
        """Give the derivative of the profile in the measure, at a constrained maximum."""
        held = Held(self.turned.likelihood, *self.measure.equation(value))
        beta = held.full(found.point.beta)
        evaluation = self.turned.likelihood.evaluate(beta)
        added = self.turned.penalty.contribution(evaluation, beta)
        along = held.moves(found.point.beta, *self.measure.slopes)
        return float((evaluation.score + added.gradient) @ along)


def _limit(profile: Profile, side: float, quantile: float) -> Limit:
    """Newton on the signed root of the profile deviance, inside a bracket."""
    estimate, first = profile.estimate, quantile * profile.std_error
    if not (np.isfinite(first) and first > 0):
        first = 1.0
    inside, outside = 0.0, np.inf
    distance, warm = first, None
    for _ in range(MAX_ITERATIONS):
        value = estimate + side * distance
        found = profile.constrained(value, warm)
        if not found.converged:
            outside = distance
            if outside - inside < 1e-9 * max(1.0, distance):
                return Limit(np.nan, False, found.failure_reason)
            distance = 0.5 * (inside + outside)
            continue
        deviance = 2.0 * (profile.best_value - found.point.value)
        if deviance < -1e-6:
            return Limit(np.nan, False, "the fit is not the highest peak")
        root = float(np.sqrt(max(deviance, 0.0)))
        warm = Held(
            profile.turned.likelihood, *profile.measure.equation(value)
        ).full(found.point.beta)
        if abs(root - quantile) <= ROOT_TOLERANCE:
            return Limit(value, True, "")
        inside, outside = (
            (distance, outside) if root < quantile else (inside, distance)
        )
        if outside - inside <= 1e-12 * max(1.0, distance):
            if abs(root - quantile) <= LOOSE_ROOT:
                return Limit(value, True, "")
            return Limit(np.nan, False, "the profile jumps across the quantile")
        if np.isinf(outside) and distance > FARTHEST:
            return Limit(side * np.inf, True, "")
        gain = -side * profile.slope(value, found) / root if root > 0 else 0.0
        step = distance + (quantile - root) / gain if gain > 0 else np.inf
        if np.isinf(outside):
            distance = min(max(step, 1.05 * distance), 4.0 * distance)
        elif inside < step < outside:
            distance = step
        else:
            distance = 0.5 * (inside + outside)
    return Limit(np.nan, False, f"no limit in {MAX_ITERATIONS} iterations")
