"""What is decided before the data are seen: the plan, the rules for steroid courses."""

from jdm_stats.plan.analysis_plan import AnalysisPlan
from jdm_stats.plan.steroid_rules import SteroidRules

__all__ = ["AnalysisPlan", "SteroidRules"]
