"""The profile likelihood of one term of a fit, at any value of its coefficient.

A fit keeps its likelihood, penalty and maximum; with the coefficient held at a value and
the others maximised anew, the signed root of the profile deviance says how many standard
deviations away, on the likelihood's own scale, that value lies. Pooled limits after
multiple imputation are made of these roots.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.newton import Maximum, maximise
from jdm_stats.likelihood.peaks import highest_from, predicted
from jdm_stats.likelihood.penalty import Point
from jdm_stats.models.fit import FitResult

# Below this root the value stands at the estimate, and the slope is that of the estimate.
AT_ESTIMATE = 1e-6


@dataclass(frozen=True, slots=True)
class Root:
    """The signed root of the profile deviance at one value of a coefficient.

    Parameters
    ----------
    value : float
        sign(b - estimate) sqrt(2 (l_max - l(b))); NaN when it could not be computed.
    slope : float
        Its derivative by the coefficient.
    failure_reason : str
        Empty when there is a value.
    """

    value: float
    slope: float
    failure_reason: str = ""


class ProfileCurve:
    """The signed root of one term's profile deviance, evaluated where it is asked for.

    Parameters
    ----------
    fit : FitResult
        A fit with an estimate of the term.
    term : str

    Attributes
    ----------
    estimate : float
        On the log scale.

    Raises
    ------
    UsageError
        When the fit has no such term, or no estimate of it.

    Notes
    -----
    The penalty of a penalised fit sees the full information while the coefficient is held,
    as in the limits of the fit itself.

    Examples
    --------
    At the limits of a fit the root is the normal quantile, 1.96.

    >>> import pandas as pd
    >>> from jdm_stats.models.logistic import fit_logistic
    >>> frame = pd.DataFrame({"event": [1, 0, 1, 0, 0], "nxp2": [1, 1, 0, 0, 0]})
    >>> fit = fit_logistic(frame, "nxp2", penalty="firth")
    >>> curve = ProfileCurve(fit, "nxp2")
    >>> low, high = fit.conf_int().loc["nxp2", ["conf_low", "conf_high"]]
    >>> round(curve.root(low).value, 4), round(curve.root(high).value, 4)
    (-1.96, 1.96)
    """

    def __init__(self, fit: FitResult, term: str) -> None:
        solution, index = _place(fit, term)
        likelihood, penalty, best, lengths = solution.turned((index,))
        self._likelihood, self._penalty, self._best = likelihood, penalty, best
        self._index = index if lengths is None else 0
        scale = solution.problem.scale[index]
        self._unit = float(1.0 / scale if lengths is None else lengths[0])
        self._std_error = float(np.sqrt(solution.covariance[index, index]))
        self._seen: list[Point] = [best]
        self.estimate = float(best.beta[self._index] * self._unit)

    def root(self, value: float, *, thorough: bool = False) -> Root:
        """Give the signed root at ``value`` of the coefficient.

        Parameters
        ----------
        value : float
            On the log scale.
        thorough : bool, default False
            Climb from several starts, as a penalised profile may have branches.

        Returns
        -------
        Root
        """
        held = value / self._unit
        found = self._climb(held)
        if thorough and not self._penalty.concave:
            zeros = np.zeros_like(self._best.beta)
            starts = [self._best.beta, zeros, *(p.beta for p in self._seen[-2:])]
            found = highest_from(
                self._likelihood, self._penalty, found, starts, (self._index,)
            )
        if not found.converged:
            reason = f"the profile at {value:.4g} failed: {found.failure_reason}"
            return Root(np.nan, np.nan, reason)
        self._seen.append(found.point)
        return self._measured(held, found.point)

    def _climb(self, held: float) -> Maximum:
        near = min(self._seen, key=lambda p: abs(float(p.beta[self._index]) - held))
        for start in (predicted(near, self._index, held), near.beta, self._best.beta):
            start = np.array(start)
            start[self._index] = held
            found = maximise(
                self._likelihood, self._penalty, start, held=(self._index,)
            )
            if found.converged:
                break
        return found

    def _measured(self, held: float, point: Point) -> Root:
        root = float(np.sqrt(max(0.0, 2.0 * (self._best.value - point.value))))
        side = 1.0 if held >= self._best.beta[self._index] else -1.0
        if root < AT_ESTIMATE:
            return Root(side * root, 1.0 / self._std_error)
        slope = -side * float(point.gradient[self._index]) / root
        return Root(side * root, slope / self._unit)


def _place(fit: FitResult, term: str) -> tuple[Solution, int]:
    if term not in fit.terms:
        raise UsageError(f"the fit has no term {term!r}; its terms are {fit.terms}")
    solution = fit.inference.solution
    places = list(fit.inference.positions)
    at = fit.terms.index(term)
    if solution is None or at not in places:
        why = fit.failure_reason or fit.inference.reasons[at]
        raise UsageError(f"the fit has no estimate of {term!r}: {why}")
    return solution, places.index(at)
