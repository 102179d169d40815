"""jdm_stats: honest rare-event statistics for GI perforation in JDM.

The road through the package is one line::

    Cohort -> intervals -> fit -> estimates -> report

Every public name is listed below and loaded when it is first touched, so that
``import jdm_stats`` costs next to nothing.

Examples
--------
>>> import jdm_stats as jdm
>>> float(jdm.parameters().loc["case_fatality_12_months", "value"])
0.4
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_FACE = {
    # what is known of the children
    "Cohort": "jdm_stats.cohort.cohort",
    "read_cohort": "jdm_stats.cohort.files",
    "write_cohort": "jdm_stats.cohort.files",
    "check_cohort": "jdm_stats.cohort.files",
    "Reading": "jdm_stats.cohort.doors.reading",
    "CohortMapping": "jdm_stats.cohort.mapping.model",
    "propose_mapping": "jdm_stats.cohort.mapping.propose",
    "mapping_tally": "jdm_stats.cohort.mapped",
    "redcap_tables": "jdm_stats.cohort.mapping.redcap",
    "omop_tables": "jdm_stats.cohort.mapping.omop",
    "omop_mapping": "jdm_stats.cohort.mapping.omop",
    "explain_fault": "jdm_stats.diagnostics.faults.catalogue",
    "fault_catalogue": "jdm_stats.diagnostics.faults.catalogue",
    "faults_table": "jdm_stats.cohort.faults",
    "prednisone_equivalent_mg": "jdm_stats.cohort.steroids",
    "steroid_courses": "jdm_stats.cohort.steroids",
    "SteroidRules": "jdm_stats.plan.steroid_rules",
    # what is published
    "published_cases": "jdm_stats.evidence.published",
    "published_cohorts": "jdm_stats.evidence.published",
    "parameters": "jdm_stats.evidence.published",
    # a world whose truth is known
    "Scenario": "jdm_stats.simulation.scenario",
    "simulate_cohort": "jdm_stats.simulation.simulate",
    "simulate_chunks": "jdm_stats.simulation.simulate",
    "write_simulated": "jdm_stats.simulation.folders",
    "index_case_pattern": "jdm_stats.simulation.index_case",
    "index_case_distributions": "jdm_stats.simulation.index_case",
    "index_case_timeline": "jdm_stats.simulation.index_case",
    "pattern_similarity": "jdm_stats.simulation.similarity",
    "Strategy": "jdm_stats.strategies",
    "apply_strategy": "jdm_stats.strategies",
    "Eligibility": "jdm_stats.simulation.truth.eligibility",
    "true_risk": "jdm_stats.simulation.truth.risk",
    "true_contrast": "jdm_stats.simulation.truth.contrast",
    "true_rows": "jdm_stats.simulation.truth.known",
    "corrupt": "jdm_stats.simulation.spoiling.cohort.corrupt",
    "corruption_kinds": "jdm_stats.simulation.spoiling.cohort.corrupt",
    "export_registry": "jdm_stats.simulation.exports.export",
    "corrupt_export": "jdm_stats.simulation.spoiling.export.corrupt",
    "export_corruption_kinds": "jdm_stats.simulation.spoiling.export.corrupt",
    "write_corrupted": "jdm_stats.simulation.spoiling.cohort.writing",
    # who was exposed to what, and when
    "current_dose": "jdm_stats.exposure.measures",
    "cumulative_dose": "jdm_stats.exposure.measures",
    "recent_pulse": "jdm_stats.exposure.measures",
    "days_since": "jdm_stats.exposure.measures",
    "mean_dose": "jdm_stats.exposure.dose_measures",
    "weighted_dose": "jdm_stats.exposure.dose_measures",
    "taper_rate": "jdm_stats.exposure.dose_measures",
    "pulse_count": "jdm_stats.exposure.dose_measures",
    "dose_category": "jdm_stats.exposure.dose_measures",
    "intensity_class": "jdm_stats.exposure.dose_measures",
    "on_drug": "jdm_stats.exposure.drug_measures",
    "days_on_drug": "jdm_stats.exposure.drug_measures",
    "ever_event": "jdm_stats.exposure.measures",
    "last_assessment": "jdm_stats.exposure.measures",
    "expand_intervals": "jdm_stats.exposure.expansion",
    "landmark_rows": "jdm_stats.exposure.landmark",
    "case_crossover_rows": "jdm_stats.exposure.case_crossover",
    # the (start, stop] table and its law
    "split_rows": "jdm_stats.intervals.split",
    "audit_intervals": "jdm_stats.intervals.audit",
    "split_on_scales": "jdm_stats.intervals.scales",
    "TimeScale": "jdm_stats.intervals.time_scale",
    "age_scale": "jdm_stats.intervals.time_scale",
    "calendar_scale": "jdm_stats.intervals.time_scale",
    "merge_values": "jdm_stats.intervals.merging",
    "merge_tally": "jdm_stats.intervals.merging",
    "last_value": "jdm_stats.intervals.terms",
    "running_total": "jdm_stats.intervals.terms",
    "event_at": "jdm_stats.intervals.terms",
    "event_count": "jdm_stats.intervals.terms",
    "merge_intervals": "jdm_stats.intervals.overlay",
    "collapse_rows": "jdm_stats.intervals.joining",
    "incidence_rates": "jdm_stats.intervals.rates",
    "rate_ratio": "jdm_stats.intervals.rate_ratios",
    "rate_ratios": "jdm_stats.intervals.rate_ratios",
    "stratified_rate_ratio": "jdm_stats.intervals.stratified",
    "standardised_ratio": "jdm_stats.intervals.standardised",
    "standardised_rate": "jdm_stats.intervals.standardised",
    "split_at": "jdm_stats.intervals.changing_effects",
    "recurrent_rows": "jdm_stats.intervals.recurrent",
    "discrete_time_rows": "jdm_stats.intervals.discrete",
    "exact_table": "jdm_stats.intervals.exact_tables",
    "exact_table_from": "jdm_stats.intervals.exact_tables",
    "exact_rate": "jdm_stats.intervals.exact_rates",
    "zero_event_statement": "jdm_stats.intervals.rare_words",
    "rate_statement": "jdm_stats.intervals.rare_words",
    "event_free_groups": "jdm_stats.intervals.event_free",
    # models
    "fit_cox": "jdm_stats.models.cox",
    "fit_logistic": "jdm_stats.models.logistic",
    "fit_fine_gray": "jdm_stats.models.fine_gray",
    "fit_conditional_logistic": "jdm_stats.models.conditional_logistic",
    "fit_arrays": "jdm_stats.models.array_door",
    "fit_many": "jdm_stats.models.many",
    "NormalPrior": "jdm_stats.models.priors",
    "LogF": "jdm_stats.models.priors",
    "predict_cumulative_incidence": "jdm_stats.models.cause_specific",
    "gray_test": "jdm_stats.models.gray",
    "mean_cumulative_function": "jdm_stats.models.mean_events",
    "kaplan_meier": "jdm_stats.models.incidence",
    "cumulative_incidence": "jdm_stats.models.incidence",
    # whether to believe a fit, and what it rests on
    "event_ledger": "jdm_stats.diagnostics.event_ledger",
    "cross_check": "jdm_stats.diagnostics.cross_check",
    "proportional_hazards": "jdm_stats.diagnostics.proportional_hazards",
    "interaction": "jdm_stats.diagnostics.interaction",
    "lint_time_zero": "jdm_stats.diagnostics.time_zero",
    "lint_plan": "jdm_stats.diagnostics.time_zero",
    # what is missing, and what it may have been
    "missing_pattern": "jdm_stats.imputation.pattern",
    "compare_complete": "jdm_stats.imputation.comparison",
    "impute_cohort": "jdm_stats.imputation.children",
    "imputed_cells": "jdm_stats.imputation.children",
    "impute_frame": "jdm_stats.imputation.frame",
    "cumulative_hazard": "jdm_stats.imputation.hazard",
    "pool_fits": "jdm_stats.imputation.pooling",
    "pool_estimates": "jdm_stats.imputation.rubin",
    # how a plan does in worlds whose truth is known
    "operating_characteristics": "jdm_stats.operating.run",
    "twin_scenario": "jdm_stats.operating.twins",
    "run_replicates": "jdm_stats.replicates.runs",
    # what a registry of so many children can detect
    "StudyDesign": "jdm_stats.power.study_design",
    "expected_events": "jdm_stats.power.study_design",
    "study_power": "jdm_stats.power.study_power",
    "probability_of_fewer": "jdm_stats.power.study_power",
    "detectable_hazard_ratio": "jdm_stats.power.detectable",
    "children_needed": "jdm_stats.power.needed",
    "years_needed": "jdm_stats.power.needed",
    "power_table": "jdm_stats.power.grid",
    "power_curve": "jdm_stats.power.grid",
    "schoenfeld_events": "jdm_stats.power.event_law",
    "TimeCourse": "jdm_stats.power.time_course",
    "world_figures": "jdm_stats.power.world_figures",
    # the one road through the house, and its report
    "AnalysisPlan": "jdm_stats.plan",
    "run_analysis": "jdm_stats.analysis.run",
    "render_report": "jdm_stats.report.notebooks",
    # rooms that are used by name
    "plots": None,
    "errors": None,
}

__all__ = ["__version__", *_FACE]


def __getattr__(name: str) -> Any:
    """Load a public name on first touch (PEP 562)."""
    if name not in _FACE:
        raise AttributeError(f"module 'jdm_stats' has no attribute {name!r}")
    home = _FACE[name]
    value = (
        import_module(f"jdm_stats.{name}")
        if home is None
        else getattr(import_module(home), name)
    )
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
