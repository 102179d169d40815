"""Profile likelihood: limits of a coefficient and likelihood-ratio tests of several.

A limit is where the signed root of the profile deviance, sqrt(2 (l_max - l(b))), reaches the
normal quantile. That root is close to a straight line in b and its slope follows from the
score at the constrained maximum, so a few safeguarded Newton steps find each limit. The
profile of a penalised fit keeps the full penalty, as coxphf and logistf do.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import chi2, norm

from jdm_stats.likelihood.newton import Maximum, maximise
from jdm_stats.likelihood.penalty import Likelihood, Penalty, Point
from jdm_stats.likelihood.risk_sets import FloatArray

MAX_ITERATIONS = 60
# Newton steps in which the bracket may fail to halve before it is halved outright.
PATIENCE = 3
# The signed root is solved to this; a limit is then good to about this many standard errors.
ROOT_TOLERANCE = 1e-9
# A constrained maximum this much above the supposed maximum is no rounding.
HIGHER = 1e-6
# In units of standardised covariates, and in Wald half-widths: a limit beyond both is
# reported as infinite.
FARTHEST = 400.0
FARTHEST_WIDTHS = 100.0


@dataclass(frozen=True)
class Limit:
    """One end of a profile interval.

    Parameters
    ----------
    value : float
        +-inf when the profile never falls far enough; NaN when it could not be computed.
    converged : bool
    failure_reason : str
        Empty when converged.
    higher : (p,) float array or None
        Coefficients the search met at which the objective is higher than at the supposed
        maximum: a penalised likelihood may have several peaks. Fit again from there.
    """

    value: float
    converged: bool
    failure_reason: str
    higher: FloatArray | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class RatioTest:
    """A (penalised) likelihood-ratio test that coefficients are zero.

    Parameters
    ----------
    statistic : float
        Twice the difference of the (penalised) log-likelihoods.
    degrees_of_freedom : int
    p_value : float
    converged : bool
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    converged: bool


def likelihood_ratio_test(
    likelihood: Likelihood, penalty: Penalty, best: Point, held: tuple[int, ...]
) -> RatioTest:
    """Test that the coefficients in ``held`` are all zero.

    Parameters
    ----------
    likelihood, penalty
        As in the fit.
    best : Point
        The (penalised) maximum.
    held : tuple of int
        Coefficients set to zero together.

    Returns
    -------
    RatioTest
    """
    start = best.beta.copy()
    start[list(held)] = 0.0
    restricted = maximise(likelihood, penalty, start, held=held)
    if not restricted.converged:
        restricted = maximise(likelihood, penalty, np.zeros_like(start), held=held)
    statistic = max(0.0, 2.0 * (best.value - restricted.point.value))
    if not restricted.converged:
        return RatioTest(np.nan, len(held), np.nan, False)
    return RatioTest(statistic, len(held), float(chi2.sf(statistic, len(held))), True)


def profile_limits(
    likelihood: Likelihood,
    penalty: Penalty,
    best: Point,
    index: int,
    std_error: float,
    conf_level: float = 0.95,
) -> tuple[Limit, Limit]:
    """Both ends of the profile interval of one coefficient.

    Parameters
    ----------
    likelihood, penalty
        As in the fit.
    best : Point
        The (penalised) maximum.
    index : int
        The coefficient.
    std_error : float
        Its Wald standard error, for the first guess.
    conf_level : float

    Returns
    -------
    lower, upper : Limit
    """
    quantile = float(norm.isf((1.0 - conf_level) / 2.0))
    lower, upper = (
        _Search(likelihood, penalty, best, index, side, quantile).solve(std_error)
        for side in (-1.0, 1.0)
    )
    return lower, upper


@dataclass
class _Search:
    """Search for one limit: side -1 below the estimate, +1 above it."""

    likelihood: Likelihood
    penalty: Penalty
    best: Point
    index: int
    side: float
    quantile: float
    width: float = np.inf
    waited: int = 0

    def solve(self, std_error: float) -> Limit:
        """Newton on the signed root, kept inside a bracket that only shrinks."""
        estimate = float(self.best.beta[self.index])
        step = self.quantile * std_error if np.isfinite(std_error) else 1.0
        inside, outside = 0.0, np.inf
        distance, farthest = max(step, 1e-6), max(FARTHEST, FARTHEST_WIDTHS * step)
        warm = self.best.beta
        for _ in range(MAX_ITERATIONS):
            constrained = self._constrained(estimate + self.side * distance, warm)
            if not constrained.converged:
                if distance - inside < 1e-6:
                    return Limit(np.nan, False, constrained.failure_reason)
                outside, distance = distance, 0.5 * (inside + distance)
                continue
            if constrained.point.value > self.best.value + HIGHER:
                higher = constrained.point.beta
                return Limit(np.nan, False, "the fit is not the highest peak", higher)
            root, slope = self._signed_root(constrained)
            warm = constrained.point.beta
            if abs(root - self.quantile) <= ROOT_TOLERANCE:
                return Limit(estimate + self.side * distance, True, "")
            if root < self.quantile:
                inside = distance
            else:
                outside = distance
            if outside - inside <= 1e-12 * max(1.0, distance):
                return Limit(estimate + self.side * distance, True, "")
            distance = self._next(distance, root, slope, inside, outside)
            if distance > farthest:
                return Limit(self.side * np.inf, True, "")
        return Limit(np.nan, False, f"no limit in {MAX_ITERATIONS} iterations")

    def _constrained(self, value: float, warm: FloatArray) -> Maximum:
        start = warm.copy()
        start[self.index] = value
        found = maximise(self.likelihood, self.penalty, start, held=(self.index,))
        if not found.converged:
            start = self.best.beta.copy()
            start[self.index] = value
            found = maximise(self.likelihood, self.penalty, start, held=(self.index,))
        return found

    def _signed_root(self, constrained: Maximum) -> tuple[float, float]:
        """Root of the profile deviance and its slope along the search."""
        deviance = 2.0 * (self.best.value - constrained.point.value)
        root = float(np.sqrt(max(deviance, 0.0)))
        downhill = -self.side * float(constrained.point.gradient[self.index])
        return root, downhill / root if root > 0 else 0.0

    def _next(
        self, distance: float, root: float, slope: float, inside: float, outside: float
    ) -> float:
        proposal = distance + (self.quantile - root) / slope if slope > 0 else np.inf
        if np.isinf(outside):
            return min(max(proposal, 1.05 * distance), 4.0 * distance + 1e-3)
        if outside - inside <= 0.5 * self.width:
            self.width, self.waited = outside - inside, 0
        self.waited += 1
        if inside < proposal < outside and self.waited <= PATIENCE:
            return proposal
        self.waited = 0
        return 0.5 * (inside + outside)
