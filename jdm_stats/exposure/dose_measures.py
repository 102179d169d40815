"""Measures of steroid dose over time: means, fading sums, pulses, tapers and classes.

Each looks back only: with a lag of L days the value on (t-1, t] rests on doses of days d
with d + L < t.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from numbers import Real

from jdm_stats.errors import UsageError
from jdm_stats.exposure.arguments import (
    as_cuts,
    column_name,
    true_or_false,
    whole_days,
)
from jdm_stats.exposure.dose_traces import (
    DoseCategory,
    IntensityClass,
    MeanDose,
    PulseCount,
    TaperRate,
    WeightedDose,
)

__all__ = [
    "dose_category",
    "intensity_class",
    "mean_dose",
    "pulse_count",
    "taper_rate",
    "weighted_dose",
]


def mean_dose(
    *,
    window_days: int = 30,
    lag_days: int = 0,
    pulses: bool = True,
    name: str | None = None,
) -> MeanDose:
    """Mean daily steroid dose over a window, in mg/kg/day of prednisone equivalent.

    At time t the sum over dose days d with d + L < t <= d + L + W, each dose whole on its
    day, divided by W; days without a dose count as 0, those before entry too. It is
    ``cumulative_dose(window_days=W)`` divided by W and changes daily.

    Parameters
    ----------
    window_days : int, default 30
        Whole days W of the window.
    lag_days : int, default 0
        Whole days L until a dose counts.
    pulses : bool, default True
        Whether pulses are added.
    name : str, optional
        Name of the column; by default ``mean_dose_mg_kg_day``.

    Returns
    -------
    MeanDose
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the lag or window is not a whole number of days from 0 or from 1.

    Examples
    --------
    >>> mean_dose(window_days=90).name
    'mean_dose_mg_kg_day'
    """
    return MeanDose(
        column_name(name, "mean_dose_mg_kg_day"),
        whole_days("window_days", window_days, 1),
        whole_days("lag_days", lag_days),
        true_or_false("pulses", pulses),
    )


def weighted_dose(
    *,
    half_life_days: float = 90,
    lag_days: int = 0,
    pulses: bool = True,
    name: str | None = None,
) -> WeightedDose:
    """Steroid dose so far with older doses counting less, in mg/kg of prednisone.

    At time t the sum over dose days d with d + L < t of
    dose(d) * 2 ** (-(t - 1 - L - d) / H): the newest dose that counts counts whole, one
    H days older half. Each dose stands whole on its day; those before entry count. On
    (d, d+1] with no lag it is what `jdm_stats.simulation.hazards` calls the weighted
    dose of day d. The value changes daily.

    Parameters
    ----------
    half_life_days : float, default 90
        Days H after which a dose counts half. Assumed: the decay seen for infections in
        adults was slower.
    lag_days : int, default 0
        Whole days L until a dose counts.
    pulses : bool, default True
        Whether pulses are added.
    name : str, optional
        Name of the column; by default ``weighted_dose_mg_kg``.

    Returns
    -------
    WeightedDose
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the half-life is not a finite number more than 0, or the lag no whole number
        of days.

    Examples
    --------
    >>> weighted_dose().half_life_days
    90.0
    """
    number = isinstance(half_life_days, Real) and not isinstance(half_life_days, bool)
    if not number or not 0 < half_life_days < math.inf:
        raise UsageError(
            f"half_life_days must be a number more than 0, received {half_life_days!r}"
        )
    return WeightedDose(
        column_name(name, "weighted_dose_mg_kg"),
        float(half_life_days),
        whole_days("lag_days", lag_days),
        true_or_false("pulses", pulses),
    )


def pulse_count(
    *, window_days: int | None = None, lag_days: int = 0, name: str | None = None
) -> PulseCount:
    """Days with an intravenous pulse so far, or over a window.

    At time t the number of days d on which a pulse was given with d + L < t, and with a
    window of W days only those with t <= d + L + W. A course of three daily pulses counts
    three; two pulses of one day count one. Only the past counts: a pulse after t never
    does.

    Parameters
    ----------
    window_days : int, optional
        Whole days W that a pulse counts; by default for ever.
    lag_days : int, default 0
        Whole days L until a pulse counts.
    name : str, optional
        Name of the column; by default ``pulse_count``.

    Returns
    -------
    PulseCount
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the lag or window is not a whole number of days from 0 or from 1.

    Examples
    --------
    >>> pulse_count(window_days=180, lag_days=1).name
    'pulse_count'
    """
    window = None if window_days is None else whole_days("window_days", window_days, 1)
    return PulseCount(
        column_name(name, "pulse_count"), window, whole_days("lag_days", lag_days)
    )


def taper_rate(
    *,
    window_days: int = 28,
    lag_days: int = 0,
    grace_days: int = 0,
    name: str | None = None,
) -> TaperRate:
    """How fast the current dose has fallen, in mg/kg/day per week.

    With C(t) the `current_dose` on (t-1, t], lag and grace included, the value at time t
    is 7 (C(t - W) - C(t)) / W: positive when the dose fell over the last W days, negative
    when it rose, 0 when it is the same at both ends. Days before the first course have
    dose 0, so that starting treatment counts as a rise.

    Parameters
    ----------
    window_days : int, default 28
        Whole days W between the two doses compared.
    lag_days : int, default 0
        Whole days L until a dose acts.
    grace_days : int, default 0
        Whole days the last dose goes on after a stop.
    name : str, optional
        Name of the column; by default ``taper_mg_kg_day_per_week``.

    Returns
    -------
    TaperRate
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If a number of days is out of range.

    Examples
    --------
    >>> taper_rate(window_days=14).name
    'taper_mg_kg_day_per_week'
    """
    return TaperRate(
        column_name(name, "taper_mg_kg_day_per_week"),
        whole_days("window_days", window_days, 1),
        whole_days("lag_days", lag_days),
        whole_days("grace_days", grace_days),
    )


def dose_category(
    cuts: Sequence[float] = (0.5, 1.0),
    *,
    lag_days: int = 0,
    grace_days: int = 0,
    name: str | None = None,
) -> DoseCategory:
    """Class of the current dose: none, below the first cut, from each cut on.

    The dose is `current_dose`: pulses apart. A dose equal to a cut belongs to the class
    that begins there. The column is an ordered categorical of the classes that occur, so
    that models take the lowest for reference.

    Parameters
    ----------
    cuts : sequence of float, default (0.5, 1.0)
        In mg/kg/day, rising. The default is an assumption: no cut points are published
        for children with JDM.
    lag_days : int, default 0
        Whole days L until a dose acts.
    grace_days : int, default 0
        Whole days the last dose goes on after a stop.
    name : str, optional
        Name of the column; by default ``dose_category``.

    Returns
    -------
    DoseCategory
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the cuts do not rise from above 0, or a number of days is out of range.

    Examples
    --------
    >>> dose_category().labels
    ('none', '<0.5', '0.5 to <1', '>=1')
    """
    points = as_cuts(cuts)
    said = [f"{point:g}" for point in points]
    if len(set(said)) < len(said):
        raise UsageError(f"cuts lie too close to be told apart; received {cuts!r}")
    between = (f"{low} to <{high}" for low, high in itertools.pairwise(said))
    labels = ("none", f"<{said[0]}", *between, f">={said[-1]}")
    return DoseCategory(
        column_name(name, "dose_category"),
        points,
        labels,
        whole_days("lag_days", lag_days),
        whole_days("grace_days", grace_days),
    )


def intensity_class(
    cuts: Sequence[float] = (0.5, 1.0),
    *,
    pulse_window_days: int = 30,
    lag_days: int = 0,
    grace_days: int = 0,
    name: str | None = None,
) -> IntensityClass:
    """Intensity of steroid treatment: none, low, moderate, high or pulse.

    ``pulse`` where a pulse was given on a day d with d + L < t <= d + L + P; elsewhere by
    the `current_dose`: ``none`` without a dose, ``low`` below the first cut, ``moderate``
    from it on, ``high`` from the second on. The column is an ordered categorical of the
    classes that occur.

    Parameters
    ----------
    cuts : sequence of two floats, default (0.5, 1.0)
        In mg/kg/day of prednisone equivalent. Assumed: the published classes (low to
        7.5, medium to 30, high to 100 mg/day) are for adults [1]_.
    pulse_window_days : int, default 30
        Whole days P that a pulse counts. Assumed.
    lag_days : int, default 0
        Whole days L until a dose or pulse counts.
    grace_days : int, default 0
        Whole days the last dose goes on after a stop.
    name : str, optional
        Name of the column; by default ``steroid_intensity``.

    Returns
    -------
    IntensityClass
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If there are not two cuts that rise from above 0, or days are out of range.

    References
    ----------
    .. [1] Buttgereit F, et al. Standardised nomenclature for glucocorticoid dosages and
       glucocorticoid treatment regimens. Ann Rheum Dis 2002;61:718-722 (title and
       abstract read; the cut points as reprinted in doi:10.1186/ar4686, table 2).

    Examples
    --------
    >>> intensity_class().labels
    ('none', 'low', 'moderate', 'high', 'pulse')
    """
    low, high = as_cuts(cuts, 2)
    return IntensityClass(
        column_name(name, "steroid_intensity"),
        (low, high),
        whole_days("pulse_window_days", pulse_window_days, 1),
        whole_days("lag_days", lag_days),
        whole_days("grace_days", grace_days),
    )
