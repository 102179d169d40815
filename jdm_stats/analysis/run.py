"""Carry out a plan on a cohort: the road through the house, in one function.

Cohort -> intervals -> fits -> estimates; the report's notebook only shows
what `run_analysis` returns, so a person in Jupyter has the same numbers from one call.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import pandas as pd

from jdm_stats.analysis.fits import cmas_fits, plan_fits, plan_intervals
from jdm_stats.analysis.flow import interval_flow, landmark_flow
from jdm_stats.analysis.pulses import SHOWN, with_days_since_pulse
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.faults import in_order
from jdm_stats.cohort.steroids import read_steroids
from jdm_stats.diagnostics.cross_check import CrossCheck, cross_check
from jdm_stats.diagnostics.event_ledger import EventLedger, event_ledger
from jdm_stats.errors import CohortError, DataError, Fault, UsageError
from jdm_stats.exposure.history import History
from jdm_stats.exposure.landmark import landmark_history
from jdm_stats.imputation.children import imputed_cells
from jdm_stats.intervals.marks import marked
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.models.fit import FitResult
from jdm_stats.models.incidence import Curves, cumulative_incidence
from jdm_stats.plan import AnalysisPlan
from jdm_stats.schema import ANTIBODIES, DAYS_PER_MONTH, STEROIDS

ALL = "all children"
TESTED_NOT_NXP2 = "tested, not NXP2"


@dataclass(frozen=True, eq=False)
class RiskAnalysis:
    """Everything `run_analysis` found; frozen.

    Parameters
    ----------
    plan : AnalysisPlan
    cohort : Cohort
    intervals, landmark : DataFrame
        Rows of the Cox and of the logistic models.
    flow, landmark_flow : DataFrame
        ``stage, n, excluded, reason``: who was left out, and why.
    rates : DataFrame
        As `jdm_stats.incidence_rates`, by antibody, all children last.
    curves : Curves
        Cumulative incidence by NXP2, the competing event beside it.
    fits : mapping of str to FitResult
        ``Cox``, ``Firth Cox``, ``Logistic``, ``Firth logistic``, ``Firth Cox by antibody``.
    cmas_fits : mapping of str to FitResult
        The Firth Cox model without CMAS, with CMAS at diagnosis and with the latest CMAS.
    failures : mapping of str to str
        Models that could not be set up, with the reason.
    steroids : DataFrame
        As `jdm_stats.cohort.steroids.steroid_courses`, by the rules of the plan; courses
        at fault that cannot matter are not in it.
    """

    plan: AnalysisPlan
    cohort: Cohort
    intervals: pd.DataFrame = field(repr=False)
    landmark: pd.DataFrame = field(repr=False)
    flow: pd.DataFrame = field(repr=False)
    landmark_flow: pd.DataFrame = field(repr=False)
    rates: pd.DataFrame = field(repr=False)
    curves: Curves = field(repr=False)
    fits: MappingProxyType[str, FitResult] = field(repr=False)
    cmas_fits: MappingProxyType[str, FitResult] = field(repr=False)
    failures: MappingProxyType[str, str] = field(repr=False)
    steroids: pd.DataFrame = field(repr=False)

    @property
    def estimates(self) -> pd.DataFrame:
        """Tidy rows of every model, on the log scale."""
        rows = [fit.tidy().assign(model=name) for name, fit in self.fits.items()]
        if not rows:
            return pd.DataFrame()
        return marked(pd.concat(rows, ignore_index=True), self.cohort.synthetic)

    @property
    def steroids_recorded(self) -> bool:
        """Whether the cohort holds any course of a steroid."""
        return bool(self.cohort.courses["drug"].isin(STEROIDS).any())

    @property
    def risks(self) -> pd.DataFrame:
        """Cumulative incidence at the plan's months, by group and cause."""
        months = list(self.plan.risk_months)
        read = self.curves.at([m * DAYS_PER_MONTH for m in months])
        read.insert(2, "months", (read["time_days"] / DAYS_PER_MONTH).round(6))
        return read.drop(columns="time_days")

    @property
    def notes(self) -> tuple[str, ...]:
        """What every model's notes warn of, each once, with the models it comes from."""
        said: dict[str, list[str]] = {}
        for name, fit in sorted(self.fits.items(), key=lambda item: item[1].converged):
            for note in fit.notes:
                said.setdefault(note, []).append(name)
        for name, reason in self.failures.items():
            said.setdefault(f"No fit: {reason}", []).append(name)
        return tuple(f"{', '.join(models)}: {note}" for note, models in said.items())

    @property
    def names_of_children_with_event(self) -> dict[str, str]:
        """What to call each child with the outcome: a real registry's ids become numbers."""
        events = self.cohort.events
        ids = events.loc[events["event"] == self.plan.outcome, "patient_id"].unique()
        if self.cohort.synthetic:
            return {name: str(name) for name in ids}
        return {name: f"child {k}" for k, name in enumerate(sorted(ids), start=1)}

    @cached_property
    def cross_checks(self) -> MappingProxyType[str, CrossCheck]:
        """The plain fits held against other libraries, by name; made when first read."""
        plain = {k: fit for k, fit in self.fits.items() if fit.penalty is None}
        checks = {name: cross_check(fit) for name, fit in plain.items()}
        return MappingProxyType(checks)

    def event_ledger(self, name: str = "Firth Cox") -> EventLedger:
        """Every event of a Cox fit, its exposure, and the fit without it.

        Days since the last pulse stand beside the plan's own measures. A real registry's
        patient ids are replaced by the numbers of `courses_around_events`.

        Parameters
        ----------
        name : {"Firth Cox", "Cox"}

        Returns
        -------
        EventLedger

        Raises
        ------
        UsageError
            When there is no such fit, or it has no estimate.
        """
        if name not in ("Firth Cox", "Cox") or name not in self.fits:
            raise UsageError(f"there is no ledger of {name!r}: no such Cox fit here")
        rows = with_days_since_pulse(self.intervals, self.steroids)
        names = self.names_of_children_with_event
        return event_ledger(self.fits[name], rows, columns=SHOWN, names=names)

    def courses_around_events(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Steroid courses, events and follow-up of every child with the outcome.

        Returns
        -------
        courses, events, follow_up : DataFrame
            As `jdm_stats.plots.course_plot` takes them; children who had the outcome
            before entry are among them. A real registry's patient ids are replaced by
            numbers.
        """
        events = self.cohort.events
        names, told = self.names_of_children_with_event, []
        for table in (self.steroids, events, self.cohort.patients):
            own = table[table["patient_id"].isin(list(names))].reset_index(drop=True)
            told.append(own.assign(patient_id=own["patient_id"].map(names)))
        return told[0], told[1], told[2]


def run_analysis(
    plan: AnalysisPlan, cohort: Cohort, *, imputed: bool = False
) -> RiskAnalysis:
    """Carry out a plan on a cohort.

    Children who follow the index case's pattern (synthetic cohorts only) are left out of
    every estimate and shown in the flow: their perforations were placed, not drawn.

    Parameters
    ----------
    plan : AnalysisPlan
    cohort : Cohort
    imputed : bool, default False
        Take a cohort that holds imputed values, whose fits are to be pooled.

    Returns
    -------
    RiskAnalysis

    Raises
    ------
    DataError
        When nobody is at risk.
    CohortError
        Listing every steroid course that lacks its days or dose and can matter, unless a
        rule of the plan says what to do with it.
    UsageError
        When a formula names columns that do not exist, or the cohort holds imputed values
        and nobody said so.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> cohort = jdm.simulate_cohort(120, rng=1)
    >>> analysis = run_analysis(jdm.AnalysisPlan(), cohort)
    >>> sorted(analysis.fits)
    ['Cox', 'Firth Cox', 'Firth Cox by antibody', 'Firth logistic', 'Logistic']
    """
    if not imputed:
        _refuse_imputed(cohort)
    steroids = read_steroids(cohort, plan.steroids)
    drawn = cohort.without_index_pattern()
    history = History(
        drawn,
        rules=plan.steroids,
        definite_only=plan.definite_only,
        steroids=steroids.of_children(pd.Index(drawn.patients["patient_id"])),
    )
    intervals, landmark = analysis_tables(plan, history)
    fits, failures = plan_fits(plan, intervals, landmark)
    by_cmas, cmas_failures = cmas_fits(plan, history)
    return RiskAnalysis(
        plan=plan,
        cohort=cohort,
        intervals=intervals,
        landmark=landmark,
        flow=interval_flow(plan, intervals, cohort.n_patients),
        landmark_flow=landmark_flow(plan, landmark, cohort.n_patients),
        rates=_rates(intervals),
        curves=_curves(intervals),
        fits=MappingProxyType(fits),
        cmas_fits=MappingProxyType(by_cmas),
        failures=MappingProxyType(failures | cmas_failures),
        steroids=steroids.table(),
    )


def _refuse_imputed(cohort: Cohort) -> None:
    cells = len(imputed_cells(cohort))
    if cells:
        raise UsageError(
            f"{cells} cells of this cohort are imputed, not observed, and one imputation alone "
            "says less than it seems to: analyse the cohort as it was observed, or pool, as in "
            "pool_fits(imputations, lambda c: run_analysis(plan, c, "
            "imputed=True).fits['Firth Cox'])"
        )


def analysis_tables(
    plan: AnalysisPlan, history: History
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the Cox and of the logistic models; courses at fault told all at once."""
    calls = (
        lambda: plan_intervals(plan, history),
        lambda: landmark_history(
            history,
            landmark_days=plan.landmark_days,
            horizon_days=plan.horizon_days,
            outcome=plan.outcome,
            competing=plan.competing,
            lost=plan.lost,
        ),
    )
    tables: list[pd.DataFrame] = []
    faults: list[Fault] = []
    for call in calls:
        try:
            tables.append(call())
        except CohortError as error:
            faults += error.faults
    if faults:
        raise CohortError(in_order(dict.fromkeys(faults)), "the steroid courses have")
    intervals, landmark = tables
    _refuse_nobody(plan, intervals)
    return intervals, landmark


def _refuse_nobody(plan: AnalysisPlan, intervals: pd.DataFrame) -> None:
    if len(intervals):
        return
    tally = intervals.attrs["jdm_stats"]["tally"]
    raise DataError(
        [
            Fault(
                "cohort",
                None,
                None,
                None,
                "nobody_at_risk",
                f"of {tally['children']} children {tally['outcome_on_or_before_entry']} had "
                f"{plan.outcome} and {tally['competing_on_or_before_entry']} {plan.competing} "
                f"on or before entry, {tally['children_without_follow_up']} have no follow-up "
                "after it",
                "check entry_day and exit_day: nobody is at risk, so there is no rate or "
                "model; the cohort template still describes the children",
            )
        ],
        heading="the cohort cannot be analysed:",
    )


def _curves(intervals: pd.DataFrame) -> Curves:
    """Curves by NXP2; of all children together when none was tested."""
    if intervals["nxp2"].isna().all():
        return cumulative_incidence(intervals)
    labels = {1.0: "NXP2", 0.0: TESTED_NOT_NXP2}
    contrast = intervals.assign(antibody_contrast=intervals["nxp2"].map(labels))
    return cumulative_incidence(contrast, by="antibody_contrast")


def _rates(intervals: pd.DataFrame) -> pd.DataFrame:
    by = incidence_rates(intervals, by="antibody")
    order = {name: i for i, name in enumerate(ANTIBODIES)}
    by = by.sort_values("antibody", key=lambda names: names.map(order))
    overall = incidence_rates(intervals)
    overall.insert(0, "antibody", ALL)
    rates = pd.concat([by, overall[by.columns]], ignore_index=True)
    rates.attrs = dict(overall.attrs)
    return rates
