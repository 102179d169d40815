"""The time-zero linter: its rules, what it reads, what it finds, and how it tells it."""

from jdm_stats.diagnostics.time_zero.lint import lint_plan, lint_time_zero

__all__ = ["lint_plan", "lint_time_zero"]
