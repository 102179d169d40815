"""Measures of exposure: what a column says about a child on a given day.

A measure is a frozen object that a function of this module returns and that
``expand_intervals`` turns into a column. Every measure looks back only: a dose on day d
acts on (d, d+1], so with a lag of L days the value on day (t-1, t] rests on days d with
d + L < t.
"""

from __future__ import annotations

from jdm_stats.errors import UsageError
from jdm_stats.exposure.arguments import column_name, true_or_false, whole_days
from jdm_stats.exposure.dose_measures import (
    dose_category,
    intensity_class,
    mean_dose,
    pulse_count,
    taper_rate,
    weighted_dose,
)
from jdm_stats.exposure.drug_measures import days_on_drug, on_drug
from jdm_stats.exposure.traces import (
    CumulativeDose,
    CurrentDose,
    DaysSince,
    EverEvent,
    LastAssessment,
    RecentPulse,
)
from jdm_stats.schema import EVENTS, MEASURES

__all__ = [
    "cumulative_dose",
    "current_dose",
    "days_on_drug",
    "days_since",
    "dose_category",
    "ever_event",
    "intensity_class",
    "last_assessment",
    "mean_dose",
    "on_drug",
    "pulse_count",
    "recent_pulse",
    "taper_rate",
    "weighted_dose",
    "whole_days",
]


def current_dose(
    *, lag_days: int = 0, grace_days: int = 0, name: str | None = None
) -> CurrentDose:
    """Steroid dose of the day, in mg/kg of prednisone equivalent.

    Courses that overlap are added. Pulses do not count: see :func:`recent_pulse`. A
    course from day a to day b (included) acts on (a + L, b + 1 + L], and one given every
    n-th day acts there at its mean daily dose, the dose divided by n: a level, where
    :func:`cumulative_dose` counts each dose whole on its day. With a grace of G days the
    dose of the last day of treatment goes on for G days, or until treatment resumes: a
    gap of up to G days between courses is bridged, courses that follow are never added.

    Parameters
    ----------
    lag_days : int, default 0
        Whole days L until a dose acts.
    grace_days : int, default 0
        Whole days G that the last dose goes on after a stop.
    name : str, optional
        Name of the column; by default ``current_dose_mg_kg``.

    Returns
    -------
    CurrentDose
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the lag or grace is not a whole number of days from 0, or the name is no text.

    Examples
    --------
    >>> current_dose(lag_days=7).name
    'current_dose_mg_kg'
    """
    return CurrentDose(
        column_name(name, "current_dose_mg_kg"),
        whole_days("lag_days", lag_days),
        whole_days("grace_days", grace_days),
    )


def cumulative_dose(
    *,
    lag_days: int = 0,
    window_days: int | None = None,
    pulses: bool = True,
    name: str | None = None,
) -> CumulativeDose:
    """Steroid dose taken so far, in mg/kg of prednisone equivalent.

    At time t the sum over dose days d with d + L < t, those before entry included; with
    a window of W days only those with t <= d + L + W. A course from day a to day b given
    every n-th day has its dose days on a, a + n, a + 2n and so on up to b, each at the
    whole dose: 1 mg/kg weekly from day 0 to day 21 comes to 4 mg/kg. The value changes
    daily.

    Parameters
    ----------
    lag_days : int, default 0
        Whole days L until a dose counts.
    window_days : int, optional
        Whole days W that a dose counts; by default for ever.
    pulses : bool, default True
        Whether pulses are added.
    name : str, optional
        Name of the column; by default ``cumulative_dose_mg_kg``.

    Returns
    -------
    CumulativeDose
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the lag or window is not a whole number of days from 0 or from 1.

    Examples
    --------
    >>> cumulative_dose(window_days=90).window_days
    90
    """
    window = None if window_days is None else whole_days("window_days", window_days, 1)
    return CumulativeDose(
        column_name(name, "cumulative_dose_mg_kg"),
        whole_days("lag_days", lag_days),
        window,
        true_or_false("pulses", pulses),
    )


def recent_pulse(
    *, window_days: int = 30, lag_days: int = 0, name: str | None = None
) -> RecentPulse:
    """Whether an intravenous steroid pulse was given lately: 1 or 0.

    A pulse on day d counts on (d + L, d + L + W]; pulses on days a to b (included) on
    (a + L, b + L + W]. A pulse given after a perforation cannot count for it.

    Parameters
    ----------
    window_days : int, default 30
        Whole days W that a pulse counts.
    lag_days : int, default 0
        Whole days L until a pulse counts.
    name : str, optional
        Name of the column; by default ``recent_pulse``.

    Returns
    -------
    RecentPulse
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the lag or window is not a whole number of days from 0 or from 1.

    Examples
    --------
    >>> recent_pulse(window_days=30, lag_days=1)
    RecentPulse(name='recent_pulse', window_days=30, lag_days=1, ...)
    """
    return RecentPulse(
        column_name(name, "recent_pulse"),
        whole_days("window_days", window_days, 1),
        whole_days("lag_days", lag_days),
    )


def days_since(
    what: str = "pulse",
    *,
    lag_days: int = 0,
    window_days: int = 365,
    name: str | None = None,
) -> DaysSince:
    """Days since the last dose or event, up to a cap.

    At time t the value is t - d for the last day d with d + L < t, so it is 1 on the
    day after a dose. A child without any, or with the last one more than W days ago,
    has W: the value is capped, never missing. It changes daily. Only days a dose was
    given count: between the doses of a weekly course the value goes from 1 to 7.

    Parameters
    ----------
    what : str, default "pulse"
        ``"pulse"``, ``"steroid"`` (pulses included) or an event type of the schema,
        such as ``"gi_involvement"`` or ``"surgery"``.
    lag_days : int, default 0
        Whole days L until a dose or event is known.
    window_days : int, default 365
        The cap W; with a cap no longer than the lag every value is the cap.
    name : str, optional
        Name of the column; by default ``days_since_`` and what.

    Returns
    -------
    DaysSince
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If ``what`` is unknown, or the lag or window is out of range.

    Examples
    --------
    >>> days_since("gi_involvement", window_days=90).name
    'days_since_gi_involvement'
    """
    known = ("pulse", "steroid", *EVENTS)
    if what not in known:
        raise UsageError(f"what must be one of {', '.join(known)}; received {what!r}")
    return DaysSince(
        column_name(name, f"days_since_{what}"),
        what,
        whole_days("lag_days", lag_days),
        whole_days("window_days", window_days, 1),
    )


def ever_event(event: str, *, lag_days: int = 0, name: str | None = None) -> EverEvent:
    """Whether an event has happened by now: 0 before, 1 after the first.

    The value is that of the day, not of the whole follow-up: it is 1 on (d + L, ...]
    for the first event on day d.

    Parameters
    ----------
    event : str
        An event type of the schema, such as ``"gi_involvement"``.
    lag_days : int, default 0
        Whole days L until the event is known.
    name : str, optional
        Name of the column; by default the event type.

    Returns
    -------
    EverEvent
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the event type is unknown or the lag is out of range.

    Examples
    --------
    >>> ever_event("gi_involvement").name
    'gi_involvement'
    """
    if event not in EVENTS:
        raise UsageError(
            f"event must be one of {', '.join(EVENTS)}; received {event!r}"
        )
    return EverEvent(column_name(name, event), event, whole_days("lag_days", lag_days))


def last_assessment(
    what: str, *, lag_days: int = 0, name: str | None = None
) -> LastAssessment:
    """Latest reading of an assessed measure, such as CMAS; missing before the first.

    A reading on day d is known from (d, d+1] on. Readings taken after treatment began
    carry part of its effect: adjusting for them blocks that part.

    Parameters
    ----------
    what : str
        A measure of the assessments table.
    lag_days : int, default 0
        Whole days L until a reading counts.
    name : str, optional
        Name of the column; by default ``latest_<what>``.

    Returns
    -------
    LastAssessment
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If the measure is unknown or the lag is not a whole number of days from 0.

    Examples
    --------
    >>> last_assessment("cmas").name
    'latest_cmas'
    """
    if not isinstance(what, str) or what not in MEASURES:
        raise UsageError(
            f"last_assessment() reads one of {', '.join(MEASURES)}; received {what!r}"
        )
    lag = whole_days("lag_days", lag_days)
    return LastAssessment(column_name(name, f"latest_{what}"), what, lag)
