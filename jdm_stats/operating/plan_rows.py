"""A plan applied to one cohort, as rows; and the task that draws the cohort first.

A plan is an `AnalysisPlan`, whose models are fitted by the package's own road without the
curves and checks that a report adds, or any function of a cohort.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.analysis.fits import plan_fits, plan_history
from jdm_stats.analysis.run import analysis_tables
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.plan import AnalysisPlan
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.simulate import simulate_cohort

__all__ = ["COLUMNS", "Plan", "TwinTask", "first_perforations", "plan_rows"]

Plan = AnalysisPlan | Callable[[Cohort], pd.DataFrame]

NEEDED = (
    *("model", "term", "estimate", "std_error"),
    *("conf_low", "conf_high", "p_value"),
)
COLUMNS = (*NEEDED, "events", "reason")
_NO_REASON = "the plan gave no estimate and no reason"


@dataclass(frozen=True)
class TwinTask:
    """Draw one twin and apply the plan: what `run_replicates` runs many times.

    Parameters
    ----------
    plan : AnalysisPlan or callable
    scenario : Scenario
    n_patients : int
    models : tuple of str or None
        The models wanted; None is all.
    level : float
        Level of the limits of an `AnalysisPlan`; a function sets its own.
    """

    plan: Plan
    scenario: Scenario
    n_patients: int
    models: tuple[str, ...] | None = None
    level: float = 0.95

    def __call__(self, replicate: int, rng: np.random.Generator) -> pd.DataFrame:
        """Give the rows of one twin."""
        cohort = simulate_cohort(
            self.n_patients, scenario=self.scenario, rng=rng, n_index_pattern=0
        )
        return plan_rows(self.plan, cohort, self.models, self.level)


def plan_rows(
    plan: Plan,
    cohort: Cohort,
    models: tuple[str, ...] | None = None,
    level: float = 0.95,
    interval: str | None = None,
) -> pd.DataFrame:
    """Apply a plan to a cohort.

    Parameters
    ----------
    plan : AnalysisPlan or callable
        A function takes the cohort and returns a tidy table with the columns model,
        term, estimate, std_error, conf_low, conf_high, p_value; events and reason are
        taken where given.
    cohort : Cohort
    models : tuple of str, optional
    level : float, default 0.95
    interval : {"profile", "wald"}, optional
        Kind of the limits of an `AnalysisPlan`; default as its fits choose.

    Returns
    -------
    DataFrame
        `COLUMNS`; a model that could not be set up has one row without a term, with the
        reason. Intercepts are left out.

    Raises
    ------
    UsageError
        When a function returns something else.

    Examples
    --------
    >>> cohort = simulate_cohort(60, rng=4, n_index_pattern=0)
    >>> rows = plan_rows(AnalysisPlan(cox_formula="nxp2"), cohort, ("Firth Cox",))
    >>> rows[["model", "term", "events"]].values.tolist()
    [['Firth Cox', 'nxp2', 1]]
    """
    if isinstance(plan, AnalysisPlan):
        rows = _rows_of_plan(plan, cohort, models, level, interval)
    else:
        rows = _rows_of_function(plan(cohort), cohort)
        if models is not None:
            rows = rows[rows["model"].isin(models)]
    lacking = ~np.isfinite(rows["estimate"].to_numpy(dtype=float))
    silent = lacking & (rows["reason"] == "")
    rows.loc[silent, "reason"] = _NO_REASON
    return rows.reset_index(drop=True)


def first_perforations(cohort: Cohort) -> int:
    """Count the children with a perforation after entry, each once.

    A child who perforated on or before entry is not at risk of a first one.

    Examples
    --------
    >>> first_perforations(simulate_cohort(60, rng=4, n_index_pattern=0))
    1
    """
    events = cohort.events
    gut = events[(events["event"] == "gi_perforation").to_numpy(dtype=bool)]
    first = gut.groupby("patient_id")["day"].min()
    entry = cohort.patients.set_index("patient_id")["entry_day"].reindex(first.index)
    return int((first.to_numpy(dtype=float) > entry.to_numpy(dtype=float)).sum())


def _rows_of_plan(
    plan: AnalysisPlan,
    cohort: Cohort,
    models: tuple[str, ...] | None,
    level: float,
    interval: str | None,
) -> pd.DataFrame:
    history = plan_history(plan, cohort.without_index_pattern())
    intervals, landmark = analysis_tables(plan, history)
    fits, failures = plan_fits(
        plan, intervals, landmark, only=models, interval=interval
    )
    empty = dict.fromkeys(COLUMNS, np.nan) | {"term": ""}
    told: list[dict[Any, Any]] = [
        row
        for name, fit in fits.items()
        for row in fit.tidy(conf_level=level).assign(model=name).to_dict("records")
        if row["term"] != "Intercept"
    ]
    told += [empty | {"model": k, "reason": why} for k, why in failures.items()]
    return pd.DataFrame(told, columns=list(COLUMNS))


def _rows_of_function(answer: Any, cohort: Cohort) -> pd.DataFrame:
    if not isinstance(answer, pd.DataFrame):
        raise UsageError(
            "a plan that is a function must return a DataFrame, not "
            f"{type(answer).__name__}"
        )
    missing = [name for name in NEEDED if name not in answer.columns]
    if missing:
        raise UsageError(
            f"the plan's table lacks {', '.join(missing)}; it has "
            f"{', '.join(map(str, answer.columns)) or 'no columns'}"
        )
    if answer.duplicated(["model", "term"]).any():
        raise UsageError("the plan's table gives a term of a model twice")
    rows = answer.copy()
    if "events" not in rows:
        rows["events"] = first_perforations(cohort)
    reason = rows["reason"] if "reason" in rows else pd.Series("", index=rows.index)
    rows["reason"] = reason.astype(object).where(reason.notna(), "")
    for name in NEEDED[2:]:
        rows[name] = pd.to_numeric(rows[name])
    return rows[list(COLUMNS)]
