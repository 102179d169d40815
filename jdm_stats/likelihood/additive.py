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
        return float(
            w - u - v + 1.0 if self.measure is RERI else 1.0 - (u + v - 1.0) / w
        )

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
        return float(np.sqrt(max(float(slope @ half), 0.0)))

    def held(self, value: float) -> Held:
        """Give the likelihood with the measure held at ``value``."""
        return Held(self.turned.likelihood, *self.measure.equation(value))

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
        held = self.held(value)
        penalty = HeldPenalty(self.turned.penalty, held)
        starts = (
            [self.turned.best.beta] if warm is None else [warm, self.turned.best.beta]
        )
        best = maximise(held, penalty, held.nearest(starts[0]))
        for start in starts[1:]:
            if best.converged and penalty.concave:
                break
            other = maximise(held, penalty, held.nearest(start))
            higher = other.point.value > best.point.value + 1e-9
            if (other.converged, higher) > (best.converged, False):
                best = other
        return best

    def slope(self, value: float, found: Maximum) -> float:
        """Give the derivative of the profile in the measure, at a constrained maximum."""
        held = self.held(value)
        beta = held.full(found.point.beta)
        evaluation = self.turned.likelihood.evaluate(beta)
        added = self.turned.penalty.contribution(evaluation, beta)
        along = held.moves(found.point.beta, *self.measure.slopes)
        return float((evaluation.score + added.gradient) @ along)


def _limit(profile: Profile, side: float, quantile: float) -> Limit:
    """Newton on the signed root of the profile deviance, inside a bracket."""
    search = _Search(profile, side, quantile)
    for _ in range(MAX_ITERATIONS):
        ended = search.look()
        if ended is not None:
            return ended
    return Limit(np.nan, False, f"no limit in {MAX_ITERATIONS} iterations")


class _Search:
    """Search for one limit; distances are from the estimate, to one side of it."""

    def __init__(self, profile: Profile, side: float, quantile: float) -> None:
        self.profile, self.side, self.quantile = profile, side, quantile
        first = quantile * profile.std_error
        self.distance = first if np.isfinite(first) and first > 0 else 1.0
        self.inside, self.outside = 0.0, np.inf
        self.warm: FloatArray | None = None

    def look(self) -> Limit | None:
        """Look at one value; the limit when the search has ended, else move on."""
        value = self.profile.estimate + self.side * self.distance
        found = self.profile.constrained(value, self.warm)
        if not found.converged:
            return self._draw_back(found)
        deviance = 2.0 * (self.profile.best_value - found.point.value)
        if deviance < -1e-6:
            return Limit(np.nan, False, "the fit is not the highest peak")
        root = float(np.sqrt(max(deviance, 0.0)))
        self.warm = self.profile.held(value).full(found.point.beta)
        if abs(root - self.quantile) <= ROOT_TOLERANCE:
            return Limit(value, True, "")
        if root < self.quantile:
            self.inside = self.distance
        else:
            self.outside = self.distance
        if self.outside - self.inside <= 1e-12 * max(1.0, self.distance):
            near = abs(root - self.quantile) <= LOOSE_ROOT
            return (
                Limit(value, True, "")
                if near
                else Limit(np.nan, False, "the profile jumps across the quantile")
            )
        if np.isinf(self.outside) and self.distance > FARTHEST:
            return Limit(self.side * np.inf, True, "")
        self.distance = self._next(value, found, root)
        return None

    def _draw_back(self, found: Maximum) -> Limit | None:
        self.outside = self.distance
        if self.outside - self.inside < 1e-9 * max(1.0, self.distance):
            return Limit(np.nan, False, found.failure_reason)
        self.distance = 0.5 * (self.inside + self.outside)
        return None

    def _next(self, value: float, found: Maximum, root: float) -> float:
        fall = -self.side * self.profile.slope(value, found)
        here = self.distance
        step = here + (self.quantile - root) * root / fall if fall > 0 else np.inf
        if np.isinf(self.outside):
            return min(max(step, 1.05 * here), 4.0 * here)
        if self.inside < step < self.outside:
            return step
        return 0.5 * (self.inside + self.outside)
