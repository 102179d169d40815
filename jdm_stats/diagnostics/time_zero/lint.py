"""The time-zero linter: whether an interval table knows more than was known on the day.

It reads rows at risk, or landmark rows, made by this package, by R's tmerge or by hand,
and the plan they serve. With the cohort it proves what it says from the days on record;
without, it says what the rows alone can show and calls the rest a suspicion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.diagnostics.time_zero.case import Case, open_case
from jdm_stats.diagnostics.time_zero.doses import dose_findings
from jdm_stats.diagnostics.time_zero.entry import entry_findings
from jdm_stats.diagnostics.time_zero.exit import exit_findings
from jdm_stats.diagnostics.time_zero.exposure import exposure_findings
from jdm_stats.diagnostics.time_zero.patterns import pattern_findings
from jdm_stats.diagnostics.time_zero.readings import reading_findings
from jdm_stats.diagnostics.time_zero.report import (
    PROOF,
    SUSPICION,
    TimeZeroFinding,
    TimeZeroReport,
)
from jdm_stats.diagnostics.time_zero.rows import read_rows
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.exposure.landmark import landmark_rows
from jdm_stats.exposure.measures import current_dose, recent_pulse
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.models.design import check_formula
from jdm_stats.plan import AnalysisPlan

_JUDGES = (
    *(entry_findings, exposure_findings, dose_findings, reading_findings),
    *(exit_findings, pattern_findings),
)


def lint_time_zero(
    rows: pd.DataFrame,
    *,
    plan: AnalysisPlan | None = None,
    cohort: Cohort | None = None,
    formula: str | None = None,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    patient_id: str = "patient_id",
) -> TimeZeroReport:
    """Look for mistakes about time in rows at risk, each told by a child as example.

    Parameters
    ----------
    rows : DataFrame
        Rows at risk in (start, stop], made anywhere; or landmark rows, one per child and
        without times, whose ``attrs`` or plan name the landmark. Never changed.
    plan : AnalysisPlan, optional
        The plan the rows serve: its lags, its competing event, its horizon.
    cohort : Cohort, optional
        The children the rows were made from, on the same clock (days from diagnosis).
        With it exposures, tests and readings are held against their days.
    formula : str, optional
        The model's formula: its columns alone are judged. By default all columns but
        keys, weights and days.
    start, stop, event, patient_id : str
        Names of the columns. Event codes are 0 none, 1 the outcome, 2 and up competing.

    Returns
    -------
    TimeZeroReport
        Frozen: findings (proofs first), what could not be judged, and a timeline of an
        example child for each finding.

    Raises
    ------
    UsageError
        If a column is not there, or the rows have neither times nor a landmark.
    IntervalError
        If rows have no sound place in time (missing, reversed, no child).

    Notes
    -----
    A proof is a statement about the child named, from the rows or the records: the row says
    pulsed from day 0, the first pulse came on day 50. How much it biases depends on the
    data; the direction told is that of the usual case. No finding is not a proof that the
    table is sound: a column under a name that says nothing is judged by its values alone.

    References
    ----------
    .. [1] Suissa S. Immortal time bias in pharmacoepidemiology. Am J Epidemiol
       2008;167:492-499. doi:10.1093/aje/kwm324
    .. [2] Hernán MA and others. Specifying a target trial prevents immortal time bias and
       other self-inflicted injuries in observational analyses. J Clin Epidemiol
       2016;79:70-75. doi:10.1016/j.jclinepi.2016.04.014
    .. [3] Lévesque LE and others. Problem of immortal time bias in cohort studies. BMJ
       2010;340:b5087. doi:10.1136/bmj.b5087

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "A", "B"],
    ...         "start": [0, 50, 0],
    ...         "stop": [50, 400, 90],
    ...         "event": [0, 0, 1],
    ...         "pulsed": [0, 1, 0],
    ...         "ever_pulsed": [1, 1, 0],
    ...     }
    ... )
    >>> report = lint_time_zero(rows)
    >>> report
    TimeZeroReport(1 proof, 0 suspicions: ever_exposed)
    >>> print(report.findings[0].example)
    Patient A: day 0: first row starts, the row up to day 50 says ever_pulsed = 1; day 50:
    pulsed becomes 1; day 400: last row stops.
    """
    read = read_rows(
        rows,
        plan=plan,
        formula=formula,
        start=start,
        stop=stop,
        event=event,
        patient_id=patient_id,
    )
    synthetic = is_synthetic(rows) or (cohort is not None and cohort.synthetic)
    seen = {
        "rows": len(read.place),
        "children": read.n,
        "events": int((read.event == 1).sum()),
        "columns": len(read.names),
    }
    if not read.n:
        return TimeZeroReport((), ("the table has no rows",), seen, synthetic)
    case, notes, findings = open_case(read, plan, cohort)
    findings += _lags(case)
    for judge in _JUDGES:
        findings += judge(case)
    return TimeZeroReport(tuple(_each_once(findings)), tuple(notes), seen, synthetic)


def lint_plan(plan: AnalysisPlan, cohort: Cohort) -> TimeZeroReport:
    """Lint a plan on a cohort: both of its tables, made as `jdm_stats.run_analysis` does.

    Parameters
    ----------
    plan : AnalysisPlan
    cohort : Cohort
        Children who follow the index case's pattern are left out, as in the analysis.

    Returns
    -------
    TimeZeroReport
        Of the interval table, judged by the columns of ``cox_formula``, and of the
        landmark table, judged by those of ``logistic_formula``.

    Raises
    ------
    DesignError
        If a formula cannot be read or names columns that are not there.
    CohortError
        If a steroid course lacks its days or dose.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> lint_plan(jdm.AnalysisPlan(), jdm.simulate_cohort(60, rng=1))
    TimeZeroReport(SYNTHETIC, nothing found)
    """
    drawn = cohort.without_index_pattern()
    intervals = expand_intervals(
        drawn,
        outcome=plan.outcome,
        competing=plan.competing,
        measures=[
            current_dose(lag_days=plan.dose_lag_days),
            recent_pulse(
                window_days=plan.pulse_window_days, lag_days=plan.pulse_lag_days
            ),
        ],
        definite_only=plan.definite_only,
        steroids=plan.steroids,
    )
    landmark = landmark_rows(
        drawn,
        landmark_days=plan.landmark_days,
        horizon_days=plan.horizon_days,
        outcome=plan.outcome,
        competing=plan.competing,
        lost=plan.lost,
        definite_only=plan.definite_only,
        steroids=plan.steroids,
    )
    check_formula(intervals, plan.cox_formula)
    check_formula(landmark, plan.logistic_formula)
    reports = [
        lint_time_zero(intervals, plan=plan, cohort=drawn, formula=plan.cox_formula),
        lint_time_zero(
            landmark, plan=plan, cohort=drawn, formula=plan.logistic_formula
        ),
    ]
    findings = _each_once(f for report in reports for f in report.findings)
    notes = dict.fromkeys(note for report in reports for note in report.not_judged)
    first, second = (report.looked_at for report in reports)
    seen = {
        "rows at risk": first["rows"],
        "children": first["children"],
        "events": first["events"],
        "landmark rows": second["rows"],
        "events in their window": second["events"],
    }
    return TimeZeroReport(tuple(findings), tuple(notes), seen, cohort.synthetic)


def _each_once(findings: Iterable[TimeZeroFinding]) -> list[TimeZeroFinding]:
    """Keep one of the findings that say the same of a plan or of the same columns."""
    kept: dict[tuple[object, ...], TimeZeroFinding] = {}
    for finding in findings:
        key: tuple[object, ...] = (finding.code, finding.table, finding.columns[:1])
        if finding.table == "plan":
            key = (finding.code, finding.sentence)
        held = kept.get(key)
        if held is None or (held.severity, finding.severity) == (SUSPICION, PROOF):
            kept[key] = finding
    return list(kept.values())


def _lags(case: Case) -> list[TimeZeroFinding]:
    """Tell a plan without lag."""
    plan = case.plan
    if plan is None:
        return []
    lags = {"dose_lag_days": plan.dose_lag_days, "pulse_lag_days": plan.pulse_lag_days}
    zero = [name for name, days in lags.items() if days == 0]
    if not zero:
        return []
    told = case.finding(
        "lag_zero",
        SUSPICION,
        f"{' and '.join(zero)} of the plan {'is' if len(zero) == 1 else 'are'} 0: doses of "
        "the day before the event count as its cause",
        columns=zero,
    )
    return [replace(told, table="plan")]
