"""The models of a plan: which are fitted, on which rows, with which antibodies apart."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection

import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import DesignError, JdmStatsWarning
from jdm_stats.exposure.expansion import expand_history
from jdm_stats.exposure.history import History
from jdm_stats.exposure.measures import current_dose, last_assessment, recent_pulse
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.design import check_formula
from jdm_stats.models.fit import FitResult
from jdm_stats.models.logistic import fit_logistic
from jdm_stats.plan import AnalysisPlan
from jdm_stats.schema import ANTIBODIES

OTHER = "other antibody"
LATEST_CMAS = "latest_cmas"
ANTIBODY_TERM = 'C(antibody_group, Treatment("none"))'

# The models of a plan, by name, in the order they are told.
MODELS = ("Cox", "Firth Cox", "Logistic", "Firth logistic", "Firth Cox by antibody")

Fits = tuple[dict[str, FitResult], dict[str, str]]


def antibody_groups(frame: pd.DataFrame, own: tuple[str, ...]) -> pd.Series:
    """Pool antibodies that are not in ``own``, keeping ``none`` and missing apart.

    Parameters
    ----------
    frame : DataFrame
        With a column ``antibody``.
    own : tuple of str
        Antibodies that stay by themselves.

    Returns
    -------
    Series of object
        The antibody, ``other antibody``, ``none``; missing where untested.

    Examples
    --------
    >>> frame = pd.DataFrame({"antibody": ["NXP2", "Mi2", "none", "untested"]})
    >>> antibody_groups(frame, ("NXP2",)).tolist()
    ['NXP2', 'other antibody', 'none', nan]
    """
    antibody = frame["antibody"].astype(object)
    known = antibody.where(antibody.isin([*own, "none", "untested"]), OTHER)
    return known.mask(known == "untested")


def plan_history(plan: AnalysisPlan, cohort: Cohort) -> History:
    """Read what a plan asks of a cohort, once for all its tables."""
    return History(cohort, rules=plan.steroids, definite_only=plan.definite_only)


def plan_intervals(
    plan: AnalysisPlan, cohort: Cohort | History, *extra: object
) -> pd.DataFrame:
    """Expand a cohort as a plan says, with further measures beside its own.

    A history made by `plan_history` will do for the cohort.
    """
    history = cohort if isinstance(cohort, History) else plan_history(plan, cohort)
    measures = [
        current_dose(lag_days=plan.dose_lag_days),
        recent_pulse(window_days=plan.pulse_window_days, lag_days=plan.pulse_lag_days),
    ]
    return expand_history(
        history,
        outcome=plan.outcome,
        competing=plan.competing,
        measures=[*measures, *extra],  # type: ignore[list-item]
    )


def plan_fits(
    plan: AnalysisPlan,
    intervals: pd.DataFrame,
    landmark: pd.DataFrame,
    *,
    only: Collection[str] | None = None,
    interval: str | None = None,
) -> Fits:
    """Fit plain beside Firth; a separation found is in the result, not on the screen.

    Parameters
    ----------
    plan : AnalysisPlan
    intervals, landmark : DataFrame
        Rows of the Cox and of the logistic models.
    only : collection of str, optional
        Names among `MODELS` of those to fit; default all.
    interval : {"profile", "wald"}, optional
        Kind of the limits; default as `jdm_stats.fit_cox` chooses.

    Raises
    ------
    DesignError
        When a formula of the plan cannot be read or names columns that are not there.
    """
    check_formula(intervals, plan.cox_formula)
    check_formula(landmark, plan.logistic_formula)
    events = intervals.loc[intervals["event"] == 1, "antibody"].value_counts()
    own = tuple(
        name
        for name in ANTIBODIES
        if name not in ("none", "other", "untested")
        and events.get(name, 0) >= plan.own_ratio_from_events
    )
    grouped = intervals.assign(antibody_group=antibody_groups(intervals, own))
    terms = [term.strip() for term in plan.cox_formula.split("+")]
    by_antibody = " + ".join(ANTIBODY_TERM if t == "nxp2" else t for t in terms)

    def cox(frame: pd.DataFrame, formula: str, penalty: str | None) -> FitResult:
        return fit_cox(
            frame, formula, penalty=penalty, ties=plan.ties, interval=interval
        )

    def logistic(penalty: str | None) -> FitResult:
        return fit_logistic(
            landmark, plan.logistic_formula, penalty=penalty, interval=interval
        )

    calls: dict[str, Callable[[], FitResult]] = {
        "Cox": lambda: cox(intervals, plan.cox_formula, None),
        "Firth Cox": lambda: cox(intervals, plan.cox_formula, "firth"),
        "Logistic": lambda: logistic(None),
        "Firth logistic": lambda: logistic("firth"),
    }
    if "nxp2" in terms:
        calls["Firth Cox by antibody"] = lambda: cox(grouped, by_antibody, "firth")
    return _attempt({k: c for k, c in calls.items() if only is None or k in only})


def cmas_fits(plan: AnalysisPlan, cohort: Cohort | History) -> Fits:
    """One model three times on the same rows: without CMAS, with the first, the latest.

    Only rows with both readings serve, so that the three differ in nothing else.
    """
    rows = plan_intervals(plan, cohort, last_assessment("cmas", name=LATEST_CMAS))
    rows = rows[rows["cmas"].notna() & rows[LATEST_CMAS].notna()]
    if rows.empty:
        return {}, {}
    formulas = {
        "without CMAS": plan.cox_formula,
        "with CMAS at diagnosis": f"{plan.cox_formula} + cmas",
        "with the latest CMAS": f"{plan.cox_formula} + {LATEST_CMAS}",
    }

    def fit(formula: str) -> Callable[[], FitResult]:
        return lambda: fit_cox(rows, formula, penalty="firth", ties=plan.ties)

    return _attempt({name: fit(formula) for name, formula in formulas.items()})


def _attempt(
    calls: dict[str, Callable[[], FitResult]],
) -> Fits:
    fits, failures = {}, {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", JdmStatsWarning)
        for name, call in calls.items():
            try:
                fits[name] = call()
            except DesignError as error:
                failures[name] = str(error)
    return fits, failures
