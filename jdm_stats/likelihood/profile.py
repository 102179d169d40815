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
from jdm_stats.likelihood.peaks import HIGHER, highest_from, predicted
from jdm_stats.likelihood.penalty import Likelihood, Penalty, Point
from jdm_stats.likelihood.points import evaluate_point
from jdm_stats.likelihood.risk_sets import FloatArray

MAX_ITERATIONS = 60
# Newton steps in which the bracket may fail to halve before it is halved outright.
PATIENCE = 3
# The signed root is solved to this; a limit is then good to about this many standard errors.
ROOT_TOLERANCE = 1e-9
# A bracket that has collapsed holds a limit only when the root is this near the quantile.
LOOSE_ROOT = 1e-4
# A limit is checked from starts this many standard errors either side of the estimate.
APART = 3.0
# Events per parameter from which a limit is checked from zero alone: the penalty is too
# small a part of the objective there for a second branch.
MANY_EVENTS = 10.0
# A limit is infinite when the profile is flat (its deviance would not change by FLAT over
# the same distance again) beyond so many standardised units and Wald half-widths, or
# when there is none up to UNBOUNDED half-widths.
FARTHEST = 400.0
FARTHEST_WIDTHS = 100.0
FLAT = 1e-6
UNBOUNDED = 1e12
Q95 = float(norm.isf((1.0 - 0.95) / 2.0))


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
    at : (p,) float array or None
        Coefficients at the limit, the others maximised anew; None without a finite limit.
    """

    value: float
    converged: bool
    failure_reason: str
    higher: FloatArray | None = field(default=None, compare=False, repr=False)
    at: FloatArray | None = field(default=None, compare=False, repr=False)


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

    @classmethod
    def of(cls, statistic: float, degrees: int) -> RatioTest:
        """Make the test of a statistic; rounding below 0 counts as 0."""
        statistic = max(0.0, statistic)
        return cls(statistic, degrees, float(chi2.sf(statistic, degrees)), True)


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
    if not penalty.concave:
        restricted = highest_from(
            likelihood, penalty, restricted, [np.zeros_like(start)], held
        )
    if not restricted.converged:
        return RatioTest(np.nan, len(held), np.nan, False)
    return RatioTest.of(2.0 * (best.value - restricted.point.value), len(held))


def profile_limits(
    likelihood: Likelihood,
    penalty: Penalty,
    best: Point,
    index: int,
    std_error: float,
    conf_level: float = 0.95,
    known: tuple[Limit, Limit] | None = None,
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
    known : (lower, upper), optional
        The limits at 95%. The search keeps inside them for a lower level and outside them
        for a higher one, whatever the profile's shape.

    Returns
    -------
    lower, upper : Limit
    """
    quantile = float(norm.isf((1.0 - conf_level) / 2.0))
    ends: list[Limit] = []
    for k, side in enumerate((-1.0, 1.0)):
        others = [end.at for end in (*ends, *(known or ())) if end.at is not None]
        anchor = None if known is None else known[k]
        search = _Search(likelihood, penalty, best, index, side, quantile, others)
        ends.append(search.solve(std_error, anchor))
    return ends[0], ends[1]


def many_events(likelihood: Likelihood) -> bool:
    """Whether events are too many for a penalty to bend the likelihood."""
    events = getattr(likelihood, "events", 0.0)
    return bool(events >= MANY_EVENTS * likelihood.n_parameters)


@dataclass
class _Search:
    """Search for one limit: side -1 below the estimate, +1 above it.

    Distances are from the estimate. At ``inside`` the root is below the quantile, at
    ``outside`` above it; ``beyond`` is where ``outside`` goes back to when the point it
    stood on proves to be a lesser constrained maximum.
    """

    likelihood: Likelihood
    penalty: Penalty
    best: Point
    index: int
    side: float
    quantile: float
    others: list[FloatArray]
    inside: float = 0.0
    outside: float = np.inf
    beyond: float = np.inf
    width: float = np.inf
    waited: int = 0

    def __post_init__(self) -> None:
        self.inside_at = self.best.beta

    def solve(self, std_error: float, known: Limit | None) -> Limit:
        """Newton on the signed root, kept inside a bracket that only shrinks."""
        if known is not None and np.isinf(known.value) and self.quantile > Q95:
            return known
        step = self.quantile * std_error if np.isfinite(std_error) else 1.0
        step = max(step, 1e-6)
        distance, warm = self._first(step, known)
        for _ in range(MAX_ITERATIONS):
            found = self._constrained(distance, warm)
            if not found.converged:
                if distance - self.inside < 1e-6:
                    return Limit(np.nan, False, found.failure_reason)
                self.outside = distance
                distance = 0.5 * (self.inside + distance)
                continue
            if found.point.value > self.best.value + HIGHER:
                return self._overtaken(found)
            if self._narrow(distance, found):
                settled = self._settle(distance, found)
                if isinstance(settled, Limit):
                    return settled
                found = settled
            warm = found.point
            if self._flat(distance, found, step):
                return Limit(self.side * np.inf, True, "")
            distance = self._next(distance, found)
        return Limit(np.nan, False, f"no limit in {MAX_ITERATIONS} iterations")

    def _first(self, step: float, known: Limit | None) -> tuple[float, Point]:
        """First distance and start; a known limit at 95% bounds the search on one side."""
        if known is None or known.at is None:
            return step, self.best
        anchor = self.side * float(known.at[self.index] - self.best.beta[self.index])
        if self.quantile > Q95:
            self.inside, self.inside_at = anchor, known.at
        else:
            self.outside = self.beyond = anchor
        warm = evaluate_point(self.likelihood, self.penalty, known.at)
        return anchor * self.quantile / Q95, warm

    def _constrained(self, distance: float, warm: Point) -> Maximum:
        """Maximise the others from where the ridge should be; failing that, from nearby."""
        value = float(self.best.beta[self.index]) + self.side * distance
        nearby, best = warm.beta.copy(), self.best.beta.copy()
        nearby[self.index] = best[self.index] = value
        for start in (predicted(warm, self.index, value), nearby, best):
            found = maximise(self.likelihood, self.penalty, start, held=(self.index,))
            if found.converged:
                break
        return found

    def _narrow(self, distance: float, found: Maximum) -> bool:
        """Move one end of the bracket; True when the search is at its end."""
        root, _ = self._signed_root(found)
        if abs(root - self.quantile) <= ROOT_TOLERANCE:
            return True
        if root < self.quantile:
            self.inside, self.inside_at = distance, found.point.beta
        else:
            self.outside = distance
        return self.outside - self.inside <= 1e-12 * max(1.0, distance)

    def _settle(self, distance: float, found: Maximum) -> Limit | Maximum:
        """Accept the end of the search, or go on from a higher constrained maximum.

        The profile of a penalised likelihood may have branches: a limit counts when no
        other start leads higher, and a jump from one branch to another is no limit.
        """
        highest = found
        if not self.penalty.concave:
            zeros = np.zeros_like(self.best.beta)
            top = self.best
            apart = APART / np.sqrt(np.maximum(np.diag(top.information), 1e-12))
            starts = [top.beta, zeros, top.beta - apart, top.beta + apart, *self.others]
            if many_events(self.likelihood):
                starts = [zeros]
            if abs(self._signed_root(found)[0] - self.quantile) > ROOT_TOLERANCE:
                starts.append(self.inside_at)
            highest = highest_from(
                self.likelihood, self.penalty, found, starts, (self.index,)
            )
        if highest.point.value > self.best.value + HIGHER:
            return self._overtaken(highest)
        root, _ = self._signed_root(highest)
        if abs(root - self.quantile) <= LOOSE_ROOT:
            at = highest.point.beta
            return Limit(float(at[self.index]), True, "", at=at)
        if highest is found or root > self.quantile:
            return Limit(np.nan, False, "the profile jumps across the quantile")
        self.inside, self.inside_at = distance, highest.point.beta
        self.outside, self.width, self.waited = self.beyond, np.inf, 0
        return highest

    def _overtaken(self, found: Maximum) -> Limit:
        reason = "the fit is not the highest peak"
        return Limit(np.nan, False, reason, higher=found.point.beta)

    def _downhill(self, found: Maximum) -> float:
        return -self.side * float(found.point.gradient[self.index])

    def _flat(self, distance: float, found: Maximum, step: float) -> bool:
        """Whether the profile is so far out, and so flat, that it never falls enough."""
        if np.isfinite(self.outside) or distance <= FARTHEST:
            return False
        flat = abs(self._downhill(found)) * distance <= FLAT
        far = distance > FARTHEST_WIDTHS * step
        return (flat and far) or distance > UNBOUNDED * max(step, 1.0)

    def _signed_root(self, constrained: Maximum) -> tuple[float, float]:
        """Root of the profile deviance and its slope along the search."""
        deviance = 2.0 * (self.best.value - constrained.point.value)
        root = float(np.sqrt(max(deviance, 0.0)))
        return root, self._downhill(constrained) / root if root > 0 else 0.0

    def _next(self, distance: float, found: Maximum) -> float:
        root, slope = self._signed_root(found)
        proposal = distance + (self.quantile - root) / slope if slope > 0 else np.inf
        if np.isinf(self.outside):
            return min(max(proposal, 1.05 * distance), 4.0 * distance + 1e-3)
        if self.outside - self.inside <= 0.5 * self.width:
            self.width, self.waited = self.outside - self.inside, 0
        self.waited += 1
        if self.inside < proposal < self.outside and self.waited <= PATIENCE:
            return proposal
        self.waited = 0
        return 0.5 * (self.inside + self.outside)
