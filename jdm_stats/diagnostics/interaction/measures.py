"""The measures of interaction of a fit, with profile limits or by the delta method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t

from jdm_stats.likelihood.additive import AP, RERI, additive_limits, additive_test
from jdm_stats.likelihood.combinations import combination_limits, combination_test
from jdm_stats.likelihood.fitting import Solution
from jdm_stats.likelihood.profile import Limit
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.fit import FitResult
from jdm_stats.models.inference import REFUSED

COLUMNS = (
    "measure",
    "label",
    "scale",
    "estimate",
    "std_error",
    "p_value",
    "conf_low",
    "conf_high",
    "interval",
    "reason",
)
# Weights of (first, second, product) in the logarithm of each ratio.
RATIOS = {
    "first_alone": (1, 0, 0),
    "second_alone": (0, 1, 0),
    "both": (1, 1, 1),
    "first_given_second": (1, 0, 1),
    "second_given_first": (0, 1, 1),
    "ratio_of_ratios": (0, 0, 1),
}
ADDITIVE = ("RERI", "AP", "S")
MEASURES = (*RATIOS, *ADDITIVE)
NO_SYNERGY = (
    "S exists only where both together and the two alone, added up, raise the rate "
    "(RR11 > 1 and RR10 + RR01 > 2)"
)


@dataclass(frozen=True, eq=False)
class Trio:
    """The two exposures and their product in a fit that has estimates of them.

    Parameters
    ----------
    fit : FitResult
    first, second : str
    solution : Solution
    within : (3,) int array
        Places of the three among the coefficients of the solution.
    beta : (3,) float array
    covariance : (3, 3) float array
        Robust where the fit has such a variance.
    degrees : float
        Of the t quantile; infinity for the normal.
    refused : str
        Why delta limits are not given; empty when they are.
    """

    fit: FitResult
    first: str
    second: str
    solution: Solution
    within: np.ndarray
    beta: FloatArray
    covariance: FloatArray
    degrees: float = np.inf
    refused: str = ""

    @classmethod
    def of(
        cls, fit: FitResult, first: str, second: str, places: tuple[int, int, int]
    ) -> Trio:
        """Read a fit; ``places`` are those of the three terms."""
        found, at = fit.inference, list(places)
        assert found.solution is not None
        covariance, degrees, refused = found.covariance, np.inf, ""
        if found.variance is not None:
            covariance, degrees = found.variance.covariance, found.variance.degrees
            refused = found.variance.reason
        if fit.separated:
            refused = REFUSED
        return cls(
            fit=fit,
            first=first,
            second=second,
            solution=found.solution,
            within=np.searchsorted(found.positions, at),
            beta=found.coefficients[at],
            covariance=covariance[np.ix_(at, at)],
            degrees=degrees,
            refused=refused,
        )

    def weights(self, measure: str) -> FloatArray:
        """Weights of all coefficients of the solution in the logarithm of a ratio."""
        weights = np.zeros(len(self.solution.coefficients))
        weights[self.within] = RATIOS[measure]
        return weights

    def std_error(self, measure: str) -> float:
        """By the delta method: of the logarithm of ratios and of S, else of the measure."""
        slope = slopes_of(self.beta)[MEASURES.index(measure)]
        variance = float(slope @ self.covariance @ slope)
        return float(np.sqrt(variance)) if variance >= 0 else np.nan


def measures_of(beta: FloatArray) -> FloatArray:
    """All measures, in the order of `MEASURES`, of (first, second, product).

    Examples
    --------
    Ratios 2, 3 and, both together, 10.

    >>> measures_of(np.log([2.0, 3.0, 10.0 / 6.0])).round(3).tolist()
    [2.0, 3.0, 10.0, 3.333, 5.0, 1.667, 6.0, 0.6, 3.0]
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        ratios = np.exp(np.array(list(RATIOS.values())) @ beta)
        u, v, w = ratios[:3]
        reri = w - u - v + 1.0
        exists = w > 1.0 and u + v > 2.0
        synergy = (w - 1.0) / (u + v - 2.0) if exists else np.nan
        return np.array([*ratios, reri, 1.0 - (u + v - 1.0) / w, synergy])


def slopes_of(beta: FloatArray) -> FloatArray:
    """Differentiate in (first, second, product): of logarithms for ratios and S, (9, 3)."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        u, v, w = np.exp(np.array(list(RATIOS.values())[:3]) @ beta)
        by_log = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 1]], dtype=float)
        both, alone = w / (w - 1.0), u + v - 2.0
        outer = np.array(
            [
                [-u, -v, w],
                [-u / w, -v / w, (u + v - 1.0) / w],
                [-u / alone, -v / alone, both],
            ]
        )
        return np.vstack([list(RATIOS.values()), outer @ by_log])


def labels(first: str, second: str) -> dict[str, str]:
    """Name each measure for a table."""
    return {
        "neither": "Neither (reference)",
        "first_alone": f"{first} alone",
        "second_alone": f"{second} alone",
        "both": f"{first} and {second}",
        "first_given_second": f"{first} among those with {second}",
        "second_given_first": f"{second} among those with {first}",
        "ratio_of_ratios": "Ratio of ratios (1: they multiply)",
        "RERI": "RERI (0: they add)",
        "AP": "Attributable proportion, RERI / both",
        "S": "Synergy index (1: they add)",
    }


def empty_rows(first: str, second: str, reason: str) -> list[dict[str, Any]]:
    """Rows of a fit without estimate."""
    return [_row(first, second, m, np.nan, reason=reason) for m in MEASURES]


def reference_row(first: str, second: str) -> dict[str, Any]:
    """Row of the combination all others are measured against."""
    return _row(first, second, "neither", 1.0, interval="reference")


def delta_rows(trio: Trio, conf_level: float) -> list[dict[str, Any]]:
    """Every measure with limits by the delta method."""
    return [
        reference_row(trio.first, trio.second),
        *(_delta_row(trio, measure, conf_level) for measure in MEASURES),
    ]


def _delta_row(trio: Trio, measure: str, conf_level: float) -> dict[str, Any]:
    estimate = float(measures_of(trio.beta)[MEASURES.index(measure)])
    if np.isnan(estimate):
        return _row(trio.first, trio.second, measure, estimate, reason=NO_SYNERGY)
    if trio.refused:
        return _row(
            trio.first,
            trio.second,
            measure,
            estimate,
            interval="delta",
            reason=trio.refused,
        )
    error = trio.std_error(measure)
    logged = measure not in ("RERI", "AP")
    centre = np.log(estimate) if logged else estimate
    reach = t.isf((1.0 - conf_level) / 2.0, trio.degrees) * error
    low, high = centre - reach, centre + reach
    if logged:
        low, high = np.exp(low), np.exp(high)
    return _row(
        trio.first,
        trio.second,
        measure,
        estimate,
        std_error=error,
        p_value=float(2.0 * t.sf(abs(centre) / error, trio.degrees)),
        conf_low=float(low),
        conf_high=float(high),
        interval="delta",
    )


def profile_rows(trio: Trio, conf_level: float) -> list[dict[str, Any]]:
    """Every measure with profile limits; S, which has none, by the delta method."""
    solution = trio.solution
    rows = [reference_row(trio.first, trio.second)]
    for measure in RATIOS:
        weights = trio.weights(measure)
        ends = combination_limits(solution, weights, conf_level)
        p_value = combination_test(solution, weights).p_value
        rows.append(_profile_row(trio, measure, ends, p_value, logged=True))
    alone = (trio.weights("first_alone"), trio.weights("second_alone"))
    both = trio.weights("both")
    p_value = additive_test(solution, alone, both).p_value
    for measure, which in (("RERI", RERI), ("AP", AP)):
        ends = additive_limits(solution, alone, both, which, conf_level)
        rows.append(_profile_row(trio, measure, ends, p_value, logged=False))
    return [*rows, _delta_row(trio, "S", conf_level)]


def _profile_row(
    trio: Trio, measure: str, ends: tuple[Limit, Limit], p_value: float, *, logged: bool
) -> dict[str, Any]:
    failed = [
        f"the {side} profile limit could not be found ({end.failure_reason})"
        for side, end in zip(("lower", "upper"), ends, strict=True)
        if not end.converged
    ]
    if np.isnan(p_value):
        failed.append("the likelihood-ratio test did not converge")
    low, high = (np.exp(end.value) if logged else end.value for end in ends)
    return _row(
        trio.first,
        trio.second,
        measure,
        float(measures_of(trio.beta)[MEASURES.index(measure)]),
        std_error=trio.std_error(measure),
        p_value=p_value,
        conf_low=float(low),
        conf_high=float(high),
        interval="profile",
        reason="; ".join(failed),
    )


def _row(
    first: str, second: str, measure: str, estimate: float, **more: Any
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "measure": measure,
        "label": labels(first, second)[measure],
        "scale": measure if measure in ADDITIVE else "ratio",
        "estimate": estimate,
        "std_error": np.nan,
        "p_value": np.nan,
        "conf_low": np.nan,
        "conf_high": np.nan,
        "interval": "",
        "reason": "",
    }
    return {**row, **more}


def row_of(trio: Trio, measure: str, estimate: float, **more: Any) -> dict[str, Any]:
    """Row of one measure; what is not given is NaN or empty."""
    return _row(trio.first, trio.second, measure, estimate, **more)
