"""Figures: axes in, axes out; each takes tidy tables and nothing else.

Every function has the shape ``plot(table, *, ax=None, ..., synthetic=None)`` and gives
back the matplotlib Axes it drew on; a figure is made only when ``ax`` is None. A table
made from a synthetic cohort says so, and its figure is marked SYNTHETIC. Nothing is shown
or saved, and no global setting of matplotlib is changed. Names are loaded when they
are first touched, so that importing this package does not import matplotlib.
"""

from importlib import import_module
from typing import Any

_FACE = {
    "forest_plot": "jdm_stats.plots.forest",
    "ledger_plot": "jdm_stats.plots.ledger",
    "proportion_forest": "jdm_stats.plots.proportions",
    "rates_plot": "jdm_stats.plots.rates",
    "timing_plot": "jdm_stats.plots.timing",
    "incidence_plot": "jdm_stats.plots.incidence",
    "survival_plot": "jdm_stats.plots.incidence",
    "course_plot": "jdm_stats.plots.courses",
    "steps_plot": "jdm_stats.plots.steps",
    "flow_plot": "jdm_stats.plots.flow",
    "missing_pattern_plot": "jdm_stats.plots.missing_pattern",
    "chains_plot": "jdm_stats.plots.missing_pattern",
    "schoenfeld_plot": "jdm_stats.plots.schoenfeld",
    "hazard_ratios_plot": "jdm_stats.plots.depletion",
    "severity_at_risk_plot": "jdm_stats.plots.depletion",
    "path_diagram": "jdm_stats.plots.causal",
    "causal_order_plot": "jdm_stats.plots.causal_order",
    "synthetic_mark": "jdm_stats.plots.style",
    "ANTIBODY_LOOKS": "jdm_stats.plots.style",
}

__all__ = list(_FACE)


def __getattr__(name: str) -> Any:
    """Load a plot on first touch (PEP 562)."""
    if name not in _FACE:
        raise AttributeError(f"module 'jdm_stats.plots' has no attribute {name!r}")
    value = getattr(import_module(_FACE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the plots."""
    return sorted(__all__)
