"""The index case: its pattern as data, as tables, as a child, and as a figure."""

from jdm_stats.simulation.index_case.pattern import (
    index_case_distributions,
    index_case_pattern,
)
from jdm_stats.simulation.index_case.timeline import index_case_timeline

__all__ = ["index_case_distributions", "index_case_pattern", "index_case_timeline"]
