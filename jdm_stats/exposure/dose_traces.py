"""How measures of a dose over time are worked out: means, fading sums, tapers, classes.

The functions of :mod:`jdm_stats.exposure.dose_measures` check their arguments and return
these.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from jdm_stats.exposure.history import History
from jdm_stats.exposure.step_sums import FadingSums, StepSums, disjoint_spans
from jdm_stats.exposure.traces import (
    CumulativeDose,
    CurrentDose,
    RecentPulse,
    Trace,
    given_doses,
)

INTENSITIES = ("none", "low", "moderate", "high", "pulse")


@dataclass(frozen=True, slots=True)
class MeanDose:
    """Mean daily steroid dose over a window; see :func:`mean_dose`."""

    name: str
    window_days: int
    lag_days: int
    pulses: bool
    daily: bool = field(default=True, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Divide the dose of the W days before by W."""
        total = CumulativeDose(self.name, self.lag_days, self.window_days, self.pulses)
        taken = total.trace(history).value
        return Trace(lambda who, t: np.round(taken(who, t) / self.window_days, 9), None)


@dataclass(frozen=True, slots=True)
class WeightedDose:
    """Steroid dose so far, older doses counting less; see :func:`weighted_dose`."""

    name: str
    half_life_days: float
    lag_days: int
    pulses: bool
    daily: bool = field(default=True, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Sum dose(d) * 2 ** (-(t - 1 - L - d) / half-life) over days d with d + L < t."""
        doses = given_doses(history, self.pulses)
        faded = FadingSums(
            doses.child, doses.first, doses.last, doses.units, self.half_life_days
        )
        mg_kg = doses.mg_kg
        return Trace(
            lambda who, t: mg_kg(faded.up_to(who, t - 1 - self.lag_days)), None
        )


@dataclass(frozen=True, slots=True)
class PulseCount:
    """Days with a pulse so far; see :func:`pulse_count`."""

    name: str
    window_days: int | None
    lag_days: int
    daily: bool = field(default=False, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Count the pulse days d with d + L < t, and t <= d + L + W in a window."""
        pulses = history.pulses
        child, first, last = disjoint_spans(pulses.child, pulses.first, pulses.last)
        many = last - first + 1
        who = np.repeat(child, many)
        nth = np.arange(len(who)) - np.repeat(np.cumsum(many) - many, many)
        day = np.repeat(first, many) + nth + self.lag_days
        amount = np.ones(len(who), dtype=np.int64)
        if self.window_days is not None:
            who = np.concatenate([who, who])
            day = np.concatenate([day, day + self.window_days])
            amount = np.concatenate([amount, -amount])
        sums = StepSums(who, day, amount)
        return Trace(lambda c, t: sums.up_to(c, t - 1).astype(float), (who, day))


@dataclass(frozen=True, slots=True)
class TaperRate:
    """Fall of the current dose per week; see :func:`taper_rate`."""

    name: str
    window_days: int
    lag_days: int
    grace_days: int
    daily: bool = field(default=False, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Compare the current dose with that of W days before: 7 (then - now) / W."""
        dose = CurrentDose(self.name, self.lag_days, self.grace_days).trace(history)
        assert dose.changes is not None
        child, day = dose.changes

        def value(who: np.ndarray, t: np.ndarray) -> np.ndarray:
            fall = dose.value(who, t - self.window_days) - dose.value(who, t)
            return np.round(fall * 7 / self.window_days, 9) + 0.0

        both = np.concatenate([day, day + self.window_days])
        return Trace(value, (np.concatenate([child, child]), both))


@dataclass(frozen=True, slots=True)
class DoseCategory:
    """Class of the current dose; see :func:`dose_category`."""

    name: str
    cuts: tuple[float, ...]
    labels: tuple[str, ...]
    lag_days: int
    grace_days: int
    daily: bool = field(default=False, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Count the cuts the current dose has reached; 0 stands for no dose."""
        dose = CurrentDose(self.name, self.lag_days, self.grace_days).trace(history)
        return Trace(
            lambda who, t: dose_class(dose.value(who, t), self.cuts), dose.changes
        )


@dataclass(frozen=True, slots=True)
class IntensityClass:
    """None, low, moderate, high or pulse; see :func:`intensity_class`."""

    name: str
    cuts: tuple[float, float]
    pulse_window_days: int
    lag_days: int
    grace_days: int
    labels: tuple[str, ...] = field(default=INTENSITIES, init=False)
    daily: bool = field(default=False, init=False)
    needs: str = field(default="steroids", init=False)

    def trace(self, history: History) -> Trace:
        """Class of the current dose, or pulse where one was given lately."""
        dose = CurrentDose(self.name, self.lag_days, self.grace_days).trace(history)
        pulse = RecentPulse(self.name, self.pulse_window_days, self.lag_days).trace(
            history
        )
        assert dose.changes is not None and pulse.changes is not None

        def value(who: np.ndarray, t: np.ndarray) -> np.ndarray:
            oral = dose_class(dose.value(who, t), self.cuts)
            return np.where(pulse.value(who, t) > 0, float(len(INTENSITIES) - 1), oral)

        points = zip(dose.changes, pulse.changes, strict=True)
        child, day = (np.concatenate(part) for part in points)
        return Trace(value, (child, day))


def dose_class(dose: np.ndarray, cuts: tuple[float, ...]) -> np.ndarray:
    """0 without a dose, else 1 and one more for each cut that is reached.

    Examples
    --------
    >>> dose_class(np.array([0.0, 0.2, 0.5, 2.0]), (0.5, 1.0)).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    reached = np.searchsorted(np.array(cuts), dose, side="right")
    return np.where(dose > 0, reached + 1, 0).astype(float)
