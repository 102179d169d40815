"""How use of other drugs over time is worked out; see `jdm_stats.exposure.drug_measures`."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from jdm_stats.errors import Fault
from jdm_stats.exposure.drugs import DrugSpans
from jdm_stats.exposure.history import History
from jdm_stats.exposure.step_sums import DailySums, disjoint_spans
from jdm_stats.exposure.traces import Trace, open_between


@dataclass(frozen=True, slots=True)
class OnDrug:
    """Whether a drug is in use; see :func:`on_drug`."""

    name: str
    drugs: tuple[str, ...]
    lag_days: int
    grace_days: int
    missing_stop_day: str | int
    as_needed: str
    daily: bool = field(default=False, init=False)
    needs: str = field(default="drugs", init=False)

    def _spans(self, history: History) -> DrugSpans:
        return history.drug_courses.spans(
            self.drugs, self.missing_stop_day, self.as_needed
        )

    def faults(self, history: History, before: np.ndarray) -> list[Fault]:
        """Return the faults of courses that start before a day of each child's own."""
        return self._spans(history).faults(history.drug_courses, before)

    def trace(self, history: History) -> Trace:
        """Count the courses in use on a day: (first + L, last + 1 + L + G]."""
        spans = self._spans(history)
        child, first, last = spans.sound()
        use = open_between(
            child, first + self.lag_days, last + 1 + self.lag_days + self.grace_days
        )
        return Trace(use.value, use.changes, _tally(self.name, spans))


@dataclass(frozen=True, slots=True)
class DaysOnDrug:
    """Days on a drug so far; see :func:`days_on_drug`."""

    name: str
    drugs: tuple[str, ...]
    lag_days: int
    window_days: int | None
    missing_stop_day: str | int
    as_needed: str
    daily: bool = field(default=True, init=False)
    needs: str = field(default="drugs", init=False)

    def _spans(self, history: History) -> DrugSpans:
        return history.drug_courses.spans(
            self.drugs, self.missing_stop_day, self.as_needed
        )

    def faults(self, history: History, before: np.ndarray) -> list[Fault]:
        """Return the faults of courses that start before a day of each child's own."""
        return self._spans(history).faults(history.drug_courses, before)

    def trace(self, history: History) -> Trace:
        """Count the days d of courses with d + L < t, and t <= d + L + W in a window."""
        spans = self._spans(history)
        child, first, last = disjoint_spans(*spans.sound())
        days = DailySums(child, first, last, np.ones(len(child), dtype=np.int64))

        def value(c: np.ndarray, t: np.ndarray) -> np.ndarray:
            return days.over(c, t - 1 - self.lag_days, self.window_days).astype(float)

        return Trace(value, None, _tally(self.name, spans))


def _tally(name: str, spans: DrugSpans) -> dict[str, int]:
    return {f"{what}_for_{name}": n for what, n in spans.applied.items() if n}
