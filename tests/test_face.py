"""The public face: its names, pinned; their docstrings; the error tree on its page."""

from __future__ import annotations

import importlib
import inspect
import itertools
import pickle
import sys
import types

import pytest

import jdm_stats
from jdm_stats import errors

FACE = [
    "AnalysisPlan",
    "Cohort",
    "CohortMapping",
    "Eligibility",
    "LogF",
    "NormalPrior",
    "Reading",
    "Scenario",
    "SteroidRules",
    "Strategy",
    "TimeScale",
    "__version__",
    "age_scale",
    "apply_strategy",
    "audit_intervals",
    "calendar_scale",
    "case_crossover_rows",
    "check_cohort",
    "collapse_rows",
    "compare_complete",
    "corrupt",
    "corrupt_export",
    "corruption_kinds",
    "cross_check",
    "cumulative_dose",
    "cumulative_hazard",
    "cumulative_incidence",
    "current_dose",
    "days_on_drug",
    "days_since",
    "discrete_time_rows",
    "dose_category",
    "errors",
    "event_at",
    "event_count",
    "event_free_groups",
    "event_ledger",
    "ever_event",
    "exact_rate",
    "exact_table",
    "exact_table_from",
    "expand_intervals",
    "explain_fault",
    "export_corruption_kinds",
    "export_registry",
    "fault_catalogue",
    "faults_table",
    "fit_arrays",
    "fit_conditional_logistic",
    "fit_cox",
    "fit_fine_gray",
    "fit_logistic",
    "fit_many",
    "gray_test",
    "impute_cohort",
    "impute_frame",
    "imputed_cells",
    "incidence_rates",
    "index_case_distributions",
    "index_case_pattern",
    "index_case_timeline",
    "intensity_class",
    "interaction",
    "kaplan_meier",
    "landmark_rows",
    "last_assessment",
    "last_value",
    "lint_plan",
    "lint_time_zero",
    "mapping_tally",
    "mean_cumulative_function",
    "mean_dose",
    "merge_intervals",
    "merge_tally",
    "merge_values",
    "missing_pattern",
    "omop_mapping",
    "omop_tables",
    "on_drug",
    "parameters",
    "pattern_similarity",
    "plots",
    "pool_estimates",
    "pool_fits",
    "predict_cumulative_incidence",
    "prednisone_equivalent_mg",
    "proportional_hazards",
    "propose_mapping",
    "published_cases",
    "published_cohorts",
    "pulse_count",
    "rate_ratio",
    "rate_ratios",
    "rate_statement",
    "read_cohort",
    "recent_pulse",
    "recurrent_rows",
    "redcap_tables",
    "render_report",
    "run_analysis",
    "running_total",
    "simulate_cohort",
    "split_at",
    "split_on_scales",
    "split_rows",
    "standardised_rate",
    "standardised_ratio",
    "steroid_courses",
    "stratified_rate_ratio",
    "taper_rate",
    "true_contrast",
    "true_risk",
    "true_rows",
    "weighted_dose",
    "write_cohort",
    "write_corrupted",
    "zero_event_statement",
]
NAMES = [name for name in FACE if name not in {"__version__", "errors", "plots"}]
FUNCTIONS = [name for name in NAMES if not name[0].isupper()]
CLASSES = [name for name in NAMES if name[0].isupper()]
PLOTS = [
    "chains_plot",
    "course_plot",
    "flow_plot",
    "forest_plot",
    "incidence_plot",
    "missing_pattern_plot",
    "path_diagram",
    "proportion_forest",
    "rates_plot",
    "survival_plot",
    "timing_plot",
]


def sections(thing: object) -> set[str]:
    """Headings of a NumPy-style docstring: the lines that a rule stands under."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    return {
        heading.strip()
        for heading, rule in itertools.pairwise(lines)
        if rule.strip() and set(rule.strip()) == {"-"}
    }


def test_the_face_is_what_was_promised():
    assert sorted(jdm_stats.__all__) == FACE
    assert dir(jdm_stats) == FACE


@pytest.mark.parametrize("name", FACE)
def test_every_name_can_be_touched(name):
    assert getattr(jdm_stats, name) is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_public_thing_goes_by_its_own_name(name):
    assert getattr(jdm_stats, name).__name__ == name


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fit_everything'"):
        _ = jdm_stats.fit_everything


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_what_it_takes_and_gives(name):
    function = getattr(jdm_stats, name)
    wanted = {"Returns", "Examples"}
    if inspect.signature(function).parameters:
        wanted.add("Parameters")
    assert wanted <= sections(function)
    assert ">>>" in inspect.getdoc(function)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_names_every_argument_in_its_docstring(name):
    function = getattr(jdm_stats, name)
    document = inspect.getdoc(function)
    missing = [
        argument
        for argument in inspect.signature(function).parameters
        if argument not in document
    ]
    assert not missing


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_shows_how_it_is_used(name):
    assert ">>>" in inspect.getdoc(getattr(jdm_stats, name))


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_reached_by_name_and_shows_how_it_is_used(name):
    plot = getattr(jdm_stats.plots, name)
    assert name in jdm_stats.plots.__all__
    assert {"Parameters", "Returns", "Examples"} <= sections(plot)


def test_the_tree_of_errors_names_each_class_once():
    tree = errors.__doc__
    for name in errors.__all__:
        if name != "Fault":
            assert tree.split().count(name) == 1, name


def test_no_error_stands_outside_the_list():
    defined = {
        name
        for name, thing in vars(errors).items()
        if isinstance(thing, type) and thing.__module__ == errors.__name__
    }
    assert defined == set(errors.__all__)


def test_errors_come_from_two_roots():
    for name in set(errors.__all__) - {"Fault"}:
        kind = getattr(errors, name)
        assert issubclass(kind, (errors.JdmStatsError, errors.JdmStatsWarning))


def test_errors_survive_a_trip_between_processes():
    fault = errors.Fault("events", 2, "P1", "day", "early", "day -9", "correct it")
    data = errors.CohortError([fault], heading="the cohort has")
    report = errors.ReportError("no kernel", exit_code=5)
    assert pickle.loads(pickle.dumps(data)).faults == (fault,)
    assert str(pickle.loads(pickle.dumps(data))) == str(data)
    assert pickle.loads(pickle.dumps(report)).exit_code == 5


def test_the_errors_of_the_face_are_the_errors_of_the_rooms():
    assert isinstance(jdm_stats.errors, types.ModuleType)
    assert jdm_stats.errors is sys.modules["jdm_stats.errors"]
    assert importlib.import_module("jdm_stats.errors") is errors
