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
    "prednisone_equivalent_mg": "jdm_stats.cohort.steroids",
    # what is published
    "published_cases": "jdm_stats.evidence.published",
    "published_cohorts": "jdm_stats.evidence.published",
    "parameters": "jdm_stats.evidence.published",
    # a world whose truth is known
    "Scenario": "jdm_stats.simulation.scenario",
    "simulate_cohort": "jdm_stats.simulation.simulate",
    "index_case_pattern": "jdm_stats.simulation.index_case",
    # who was exposed to what, and when
    "current_dose": "jdm_stats.exposure.measures",
    "cumulative_dose": "jdm_stats.exposure.measures",
    "recent_pulse": "jdm_stats.exposure.measures",
    "days_since": "jdm_stats.exposure.measures",
    "ever_event": "jdm_stats.exposure.measures",
    "last_assessment": "jdm_stats.exposure.measures",
    "expand_intervals": "jdm_stats.exposure.expansion",
    "landmark_rows": "jdm_stats.exposure.landmark",
    # the (start, stop] table and its law
    "split_rows": "jdm_stats.intervals.split",
    "audit_intervals": "jdm_stats.intervals.audit",
    "incidence_rates": "jdm_stats.intervals.rates",
    # models
    "fit_cox": "jdm_stats.models.cox",
    "fit_logistic": "jdm_stats.models.logistic",
    "kaplan_meier": "jdm_stats.models.incidence",
    "cumulative_incidence": "jdm_stats.models.incidence",
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
