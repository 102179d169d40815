"""true_contrast: two strategies in the same children, and how their hazards compare.

The risks of both strategies rest on the same children with the same random numbers, so
that two strategies with the same rules differ by exactly 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.html import html_table
from jdm_stats.schema import DAYS_PER_MONTH, DAYS_PER_YEAR
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.truth.arms import Arms
from jdm_stats.simulation.truth.cox_projection import cox_projection
from jdm_stats.simulation.truth.eligibility import Eligibility
from jdm_stats.simulation.truth.following import Question
from jdm_stats.simulation.truth.risk import (
    DEFAULT_CHILDREN,
    TrueRisk,
    arms_of,
    asked,
    risk_of_arm,
)
from jdm_stats.strategies import Strategy

__all__ = ["CoxProjection", "TrueContrast", "true_contrast"]

Array = NDArray[np.float64]
_NO_EVENTS = "an arm has no perforation, so that there is no ratio"


@dataclass(frozen=True)
class CoxProjection:
    """What a Cox model of the strategy alone is aimed at; never the truth itself.

    ``what`` names it with its horizon, which it depends on, as it depends on censoring.
    """

    what: str
    log_hazard_ratio: float
    std_error: float
    reason: str = ""

    @property
    def hazard_ratio(self) -> float:
        """``exp(log_hazard_ratio)``."""
        return float(np.exp(self.log_hazard_ratio))

    def __repr__(self) -> str:
        told = f"hazard ratio {self.hazard_ratio:.3f}"
        error = f"Monte Carlo error of its log {self.std_error:.4f}"
        return f"{self.what}: {self.reason or f'{told}, {error}'}"


@dataclass(frozen=True, kw_only=True, repr=False)
class TrueContrast:
    """A strategy against a reference: risks, difference, ratio, hazards over time.

    ``risk_difference``, ``risk_ratio`` and ``days_lost`` (mean days lost to perforation
    within the horizon, strategy minus reference) are those at the horizon, each with its
    Monte Carlo error (that of the ratio on the log scale). ``table``: the same by month.
    ``hazards``: by window of a month, the yearly rates of both arms, the marginal hazard
    ratio, the conditional one, and the mean severity of those still at risk. The
    conditional one is the mean of the children's own hazard ratios, each weighted by
    its hazard under the reference, nobody leaving the risk set. ``notes``: why a figure is missing.
    """

    strategy: TrueRisk
    reference: TrueRisk
    risk_difference: float
    risk_difference_error: float
    risk_ratio: float
    log_risk_ratio_error: float
    days_lost: float
    days_lost_error: float
    cox_projection: CoxProjection
    notes: tuple[str, ...]
    table: pd.DataFrame = field(compare=False)
    hazards: pd.DataFrame = field(compare=False)

    def __repr__(self) -> str:
        one, other = self.strategy, self.reference
        return (
            f"TrueContrast(SYNTHETIC {one.scenario.name!r}, {one.strategy.name!r} against "
            f"{other.strategy.name!r} by {one.horizon_days} days: {one.risk:.3%} against "
            f"{other.risk:.3%}, difference {self.risk_difference:.3%} (Monte Carlo error "
            f"{self.risk_difference_error:.3%}), ratio {self.risk_ratio:.3f})"
        )

    def _repr_html_(self) -> str:
        one, other = self.strategy, self.reference
        heads = {
            "month": "Month",
            "risk_strategy": f"Risk, {one.strategy.name}",
            "risk_reference": f"Risk, {other.strategy.name} (reference)",
            "risk_difference": "Difference",
            "risk_difference_error": "Monte Carlo error",
            "risk_ratio": "Ratio",
        }
        shares = [head for head in heads.values() if head not in ("Month", "Ratio")]
        return html_table(
            self.table[list(heads)].rename(columns=heads),
            caption=f"True risks: {one.strategy.name} against {other.strategy.name}",
            footnotes=[
                repr(self.cox_projection),
                "The Cox projection depends on horizon and censoring and is not the truth.",
                "Effects of steroids are assumed by the scenario, not published.",
                *self.notes,
            ],
            formats={"Month": "g", **dict.fromkeys(shares, ".3%")},
            synthetic=True,
        )


def true_contrast(
    scenario: Scenario | str | None,
    strategy: Strategy,
    reference: Strategy,
    *,
    time_zero: str | int,
    horizon_days: int,
    eligibility: Eligibility | Mapping[str, Any] | None = None,
    children: int = DEFAULT_CHILDREN,
    rng: int | np.random.Generator = 1,
) -> TrueContrast:
    """Compare two strategies in the same children of a world.

    Parameters
    ----------
    scenario : Scenario or str or None
        The world, or the name of a preset.
    strategy, reference : Strategy
        The two strategies; differences are strategy minus reference.
    time_zero, horizon_days, eligibility, children, rng
        As for `jdm_stats.simulation.truth.risk.true_risk`.

    Returns
    -------
    TrueContrast

    Raises
    ------
    UsageError
        Listing every argument at fault; also when no child drawn is eligible.

    Notes
    -----
    Monte Carlo errors of risks, differences and risk ratios are those of ratios of sums
    over children; the others come from leaving out each of 64 groups of children in turn.

    Examples
    --------
    >>> contrast = true_contrast(
    ...     "tertiary",
    ...     Strategy.high_dose(),
    ...     Strategy.high_dose(name="the same"),
    ...     time_zero="gi_involvement",
    ...     horizon_days=60,
    ...     children=256,
    ... )
    >>> contrast.risk_difference, contrast.risk_ratio
    (0.0, 1.0)
    """
    pair = [strategy, reference]
    question = asked(
        scenario, pair, eligibility, time_zero, horizon_days, children, rng
    )
    arms = arms_of(question, pair)
    records = [risk_of_arm(question, one, arms, arm) for arm, one in enumerate(pair)]
    return _contrast(question, records, arms)


def _contrast(question: Question, records: list[TrueRisk], arms: Arms) -> TrueContrast:
    table, hazards = _by_month(arms), _hazards(arms)
    last = table.iloc[-1]
    projected = _projected(arms)
    error = _left_out(arms, _projected)
    missing = bool(np.isnan(projected))
    projection = CoxProjection(
        what=f"Cox projection over [0, {question.horizon_days}], administrative censoring",
        log_hazard_ratio=projected,
        std_error=float("nan") if missing else float(error),
        reason=_NO_EVENTS if missing else "",
    )
    for frame in (table, hazards):
        frame.attrs["jdm_stats"] = {"synthetic": True}
    without = bool(
        table["risk_ratio"].isna().any() | hazards["marginal_hr"].isna().any()
    )
    return TrueContrast(
        strategy=records[0],
        reference=records[1],
        risk_difference=float(last["risk_difference"]),
        risk_difference_error=float(last["risk_difference_error"]),
        risk_ratio=float(last["risk_ratio"]),
        log_risk_ratio_error=float(last["log_risk_ratio_error"]),
        days_lost=float(last["days_lost"]),
        days_lost_error=float(last["days_lost_error"]),
        cox_projection=projection,
        notes=(f"Where a ratio is missing, {_NO_EVENTS}.",) if without else (),
        table=table,
        hazards=hazards,
    )


def _month_ends(days: int) -> NDArray[np.int64]:
    """Last days of the months from time zero, the horizon being the last."""
    whole = np.arange(1, int(days / DAYS_PER_MONTH) + 1)
    ends = np.rint(whole * DAYS_PER_MONTH).astype(np.int64)
    return np.unique(np.r_[ends[ends <= days], days])


def _by_month(arms: Arms) -> pd.DataFrame:
    ends = _month_ends(arms.events.shape[2])
    at = ends - 1
    one, other = arms.risk()[:, at]
    lost = _days_lost(arms)[at]
    lost_error = _left_out(arms, _days_lost)[at]
    log_error = np.sqrt(arms.squared_log_errors(0, 1)[at])
    return pd.DataFrame(
        {
            "month": np.round(ends / DAYS_PER_MONTH, 1),
            "day": ends,
            "risk_strategy": one,
            "error_strategy": np.sqrt(arms.squared_errors(0)[at]),
            "risk_reference": other,
            "error_reference": np.sqrt(arms.squared_errors(1)[at]),
            "risk_difference": one - other,
            "risk_difference_error": np.sqrt(arms.squared_errors(0, 1)[at]),
            "risk_ratio": _ratio(one, other),
            "log_risk_ratio_error": np.where(
                (one > 0) & (other > 0), log_error, np.nan
            ),
            "days_lost": lost,
            "days_lost_error": lost_error,
        }
    )


def _days_lost(arms: Arms) -> Array:
    """Mean days lost to perforation by each day, strategy minus reference; (H,)."""
    one, other = arms.risk()
    summed = np.cumsum(one - other)
    return np.r_[0.0, summed[:-1]]  # who perforates on the last day has lost none


def _hazards(arms: Arms) -> pd.DataFrame:
    ends = _month_ends(arms.events.shape[2])
    starts = np.r_[0, ends[:-1]]
    rates = _rates(arms)
    at_risk = _windowed(arms.at_risk.sum(axis=1), starts)
    severity = _windowed(arms.severity.sum(axis=1), starts) / at_risk
    everyone = _windowed(arms.everyone, starts)
    return pd.DataFrame(
        {
            "from_day": starts,
            "to_day": ends,
            "rate_strategy": rates[0] * DAYS_PER_YEAR,
            "rate_reference": rates[1] * DAYS_PER_YEAR,
            "marginal_hr": np.exp(_log_ratio_of_rates(arms)),
            "log_marginal_hr_error": _left_out(arms, _log_ratio_of_rates),
            "conditional_hr": _ratio(*everyone),
            "severity_strategy": severity[0],
            "severity_reference": severity[1],
        }
    )


def _windowed(daily: Array, starts: NDArray[np.int64]) -> Array:
    summed: Array = np.add.reduceat(daily, starts, axis=-1)
    return summed


def _rates(arms: Arms) -> Array:
    ends = _month_ends(arms.events.shape[2])
    starts = np.r_[0, ends[:-1]]
    events = _windowed(arms.events.sum(axis=1), starts)
    rates: Array = events / _windowed(arms.at_risk.sum(axis=1), starts)
    return rates


def _log_ratio_of_rates(arms: Arms) -> Array:
    logs: Array = np.log(_ratio(*_rates(arms)))
    return logs


def _ratio(one: Array, other: Array) -> Array:
    both = (one > 0) & (other > 0)
    return np.divide(one, other, out=np.full_like(one, np.nan), where=both)


def _projected(arms: Arms) -> float:
    return cox_projection(arms.events.sum(axis=1), arms.at_risk.sum(axis=1))


def _left_out(arms: Arms, figure: Callable[[Arms], Any]) -> Any:
    """Return the Monte Carlo error of a figure by leaving out each group of children."""
    got = np.array([figure(part) for part in arms.without_each_group()])
    count = len(got)
    spread = ((got - got.mean(axis=0)) ** 2).sum(axis=0)
    return np.sqrt(spread * (count - 1) / count)
