"""How each measure of exposure is worked out for the children of a cohort.

Measures that stay the same through a day and change on known days name those days, and
rows are cut exactly there; measures that change daily are read at each row's stop. The
functions of :mod:`jdm_stats.exposure.measures` check their arguments and return these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from jdm_stats.exposure.history import Doses, History
from jdm_stats.exposure.step_sums import DailySums, LastDay, StepSums
from jdm_stats.schema import EVENTS

Points = tuple[np.ndarray, np.ndarray]
Value = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A measure worked out for the children of one cohort.

    ``value(child, t)`` is the value on (t-1, t]; ``changes`` holds the children and days
    where it may change, or None when it changes daily; ``tally`` counts the rules that
    were applied on the way.
    """

    value: Value
    changes: Points | None
    tally: Mapping[str, int] = field(default_factory=dict)


class Measure(Protocol):
    """What ``expand_intervals`` asks of a measure.

    A measure may also have ``labels``, the words its values 0, 1, 2, ... stand for,
    ``lag_days``, and ``faults(history, before)``, the faults of what it reads.
    """

    @property
    def name(self) -> str:
        """Name of the column."""

    @property
    def daily(self) -> bool:
        """Whether the value changes from day to day."""

    @property
    def needs(self) -> str:
        """``"steroids"``, ``"drugs"``, or the event type or assessment that is read."""

    def trace(self, history: History) -> Trace:
        """Work the measure out for the children of a history."""


@dataclass(frozen=True, slots=True)
class CurrentDose:
    """Steroid dose of the day in mg/kg; see :func:`current_dose`."""

    name: str
    lag_days: int
    grace_days: int = 0
    daily: bool = field(default=False, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Sum the mean daily doses of the last day with any, up to G days back."""
        courses = history.doses
        doses = courses.only(~courses.pulse)
        begins = doses.first + self.lag_days
        ends = doses.last + 1 + self.lag_days
        child = np.concatenate([doses.child, doses.child])
        day = np.concatenate([begins, ends])
        sums = StepSums(child, day, np.concatenate([doses.units, -doses.units]))
        mg_kg = doses.mg_kg
        if not self.grace_days:
            return Trace(lambda who, t: mg_kg(sums.up_to(who, t - 1)), (child, day))
        covered = LastDay(doses.child, begins, ends - 1)

        def value(who: np.ndarray, t: np.ndarray) -> np.ndarray:
            known, last = covered.up_to(who, t - 1)
            lately = known & (t - 1 - last <= self.grace_days)
            return np.where(lately, mg_kg(sums.up_to(who, last)), 0.0)

        return Trace(
            value,
            (
                np.concatenate([child, doses.child]),
                np.concatenate([day, ends + self.grace_days]),
            ),
        )


@dataclass(frozen=True, slots=True)
class CumulativeDose:
    """Steroid dose taken so far in mg/kg; see :func:`cumulative_dose`."""

    name: str
    lag_days: int
    window_days: int | None
    pulses: bool
    daily: bool = field(default=True, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Sum the doses of days d with d + L < t, and t <= d + L + W in a window."""
        doses = given_doses(history, self.pulses)
        taken = DailySums(doses.child, doses.first, doses.last, doses.units)
        mg_kg = doses.mg_kg

        def value(who: np.ndarray, t: np.ndarray) -> np.ndarray:
            return mg_kg(taken.over(who, t - 1 - self.lag_days, self.window_days))

        return Trace(value, None)


@dataclass(frozen=True, slots=True)
class RecentPulse:
    """Whether a pulse was given lately; see :func:`recent_pulse`."""

    name: str
    window_days: int
    lag_days: int
    daily: bool = field(default=False, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Count the pulse courses that act on a day: (first + L, last + L + W]."""
        pulses = history.pulses
        begins = pulses.first + self.lag_days
        ends = pulses.last + self.lag_days + self.window_days
        return open_between(pulses.child, begins, ends)


@dataclass(frozen=True, slots=True)
class DaysSince:
    """Days since the last dose or event; see :func:`days_since`."""

    name: str
    what: str
    lag_days: int
    window_days: int
    daily: bool = field(default=True, init=False)

    @property
    def needs(self) -> str:
        """``"steroids"`` or the event type."""
        return self.what if self.what in EVENTS else "steroids"

    def trace(self, history: History) -> Trace:
        """Find the last day d, with a dose or event, with d + L < t: t - d, at most W."""
        if self.what in EVENTS:
            child, day = history.event_days(self.what)
            last = LastDay(child, day, day)
        else:
            chosen = history.pulses if self.what == "pulse" else history.given
            last = LastDay(chosen.child, chosen.first, chosen.last)

        def value(who: np.ndarray, t: np.ndarray) -> np.ndarray:
            known, day = last.up_to(who, t - 1 - self.lag_days)
            since = np.where(known, t - day, self.window_days)
            return np.minimum(since, self.window_days).astype(float)

        return Trace(value, None)


@dataclass(frozen=True, slots=True)
class EverEvent:
    """Whether an event has happened; see :func:`ever_event`."""

    name: str
    what: str
    lag_days: int
    daily: bool = field(default=False, init=False)

    @property
    def needs(self) -> str:
        """The event type."""
        return self.what

    def trace(self, history: History) -> Trace:
        """Count the events on days d with d + L < t."""
        child, day = history.event_days(self.what)
        begins = day + self.lag_days
        sums = StepSums(child, begins, np.ones(len(day), dtype=np.int64))
        return Trace(
            lambda who, t: (sums.up_to(who, t - 1) > 0).astype(float), (child, begins)
        )


@dataclass(frozen=True, slots=True)
class LastAssessment:
    """Latest reading of an assessed measure; see :func:`last_assessment`."""

    name: str
    what: str
    lag_days: int
    daily: bool = field(default=False, init=False)

    @property
    def needs(self) -> str:
        """The assessed measure."""
        return self.what

    def trace(self, history: History) -> Trace:
        """Find the reading of the last day d with d + L < t; missing before the first."""
        child, day, reading = history.readings(self.what)
        begins = day + self.lag_days
        last = LastDay(child, begins, begins)

        def value(who: np.ndarray, t: np.ndarray) -> np.ndarray:
            known, at = last.begun_by(who, t - 1)
            found = np.full(len(who), np.nan)
            found[known] = reading[at[known]]
            return found

        return Trace(value, (child, begins))


def given_doses(history: History, pulses: bool) -> Doses:
    """Doses on the days they were given, with pulses or without."""
    given = history.given
    return given if pulses else given.only(~given.pulse)


def open_between(child: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> Trace:
    """1 on every day inside one of the child's spans (begins, ends], else 0."""
    who = np.concatenate([child, child])
    day = np.concatenate([begins, ends])
    one = np.ones(len(child), dtype=np.int64)
    count = StepSums(who, day, np.concatenate([one, -one]))
    return Trace(lambda c, t: (count.up_to(c, t - 1) > 0).astype(float), (who, day))
