"""Who was left out of an analysis, at which step and why."""

from __future__ import annotations

import pandas as pd

from jdm_stats.plan import AnalysisPlan
from jdm_stats.report.flow import flow_steps
from jdm_stats.report.labels import label

IN_COHORT = "Children in the cohort"
PLACED = "follows the index case's pattern: placed, not drawn"


def _words(plan: AnalysisPlan) -> tuple[str, str]:
    return label(plan.outcome), label(plan.competing).lower()


def interval_flow(
    plan: AnalysisPlan, intervals: pd.DataFrame, children: int
) -> pd.DataFrame:
    """Follow the children to the Cox models.

    Parameters
    ----------
    plan : AnalysisPlan
    intervals : DataFrame
        Of `jdm_stats.expand_intervals`, with its tally.
    children : int
        In the cohort, those who follow the index case's pattern included.

    Returns
    -------
    DataFrame
        ``stage, n, excluded, reason``.
    """
    tally = intervals.attrs["jdm_stats"]["tally"]
    last = intervals.drop_duplicates("patient_id", keep="last")
    untested = last["nxp2"].isna()
    events = int((last.loc[untested, "event"] == 1).sum())
    outcome, competing = _words(plan)
    at_risk = {
        PLACED: children - tally["children"],
        f"{outcome} on or before entry": tally["outcome_on_or_before_entry"],
        f"{competing} on or before entry": tally["competing_on_or_before_entry"],
        "no follow-up after entry": tally["children_without_follow_up"],
    }
    not_tested = {
        f"antibody not tested, {events} with the outcome": int(untested.sum())
    }
    return flow_steps(
        IN_COHORT,
        children,
        [
            ("At risk: rates and curves", at_risk),
            ("Tested for antibodies: Cox models", not_tested),
        ],
    )


def landmark_flow(
    plan: AnalysisPlan, landmark: pd.DataFrame, children: int
) -> pd.DataFrame:
    """Follow the children to the logistic models at the landmark.

    Parameters
    ----------
    plan : AnalysisPlan
    landmark : DataFrame
        Of `jdm_stats.landmark_rows`, with its tally.
    children : int
        In the cohort, those who follow the index case's pattern included.

    Returns
    -------
    DataFrame
        ``stage, n, excluded, reason``.
    """
    tally = landmark.attrs["jdm_stats"]["tally"]
    outcome, competing = _words(plan)
    day = f"day {plan.landmark_days}"
    followed = {
        PLACED: children - tally["children"],
        f"{outcome} on or before {day}": tally["outcome_on_or_before_landmark"],
        f"{competing} on or before {day}": tally["competing_on_or_before_landmark"],
        f"entered after {day}": tally["entered_after_landmark"],
        f"follow-up ended by {day}": tally["follow_up_ended_by_landmark"],
    }
    lost = {
        f"follow-up ended within {plan.horizon_days} days without event": tally[
            "lost_before_end_of_window"
        ]
    }
    not_tested = {"antibody not tested": int(landmark["nxp2"].isna().sum())}
    return flow_steps(
        IN_COHORT,
        children,
        [
            (f"Event-free and followed on {day}", followed),
            ("Followed to an event or the horizon", lost),
            ("Tested for antibodies: logistic models", not_tested),
        ],
    )
