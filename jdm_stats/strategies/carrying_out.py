"""Carrying a strategy out on arrays of daily doses.

The law: before time zero nothing is touched; from time zero to the start, within the
grace period, the natural course runs; from the start on, for as long as the strategy is
sustained, the rules hold; afterwards the natural course resumes. A day with a pulse has
no oral dose of its own, and where a pulse is taken away the oral dose of the last day
without one stands in for it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jdm_stats.errors import UsageError
from jdm_stats.strategies.record import Strategy

__all__ = ["apply_strategy"]

_FOR_GOOD = 10**9
_DECIMALS = 2
_WEEK = 7

Doses = NDArray[np.float64]
WholeDays = NDArray[np.int64]


def apply_strategy(
    strategy: Strategy,
    oral: Doses,
    pulse: Doses,
    time_zero: WholeDays,
    u: Doses,
) -> tuple[Doses, Doses, WholeDays]:
    """Put the doses of a strategy in the place of the natural ones.

    Parameters
    ----------
    strategy : Strategy
        Its rules.
    oral : array of float, shape (D, n)
        Natural oral dose on each of D days of n children, mg/kg/day of
        prednisone-equivalent; that of a day with a pulse counts for nothing.
    pulse : array of float, shape (D, n)
        Natural pulse, mg/kg of methylprednisolone; 0 on days without one.
    time_zero : array of int, shape (n,)
        Row from which the strategy is asked for, 0 or more; a child whose time zero is
        D or more is left as it is.
    u : array of float, shape (n,)
        One uniform number in [0, 1) per child, for a start drawn uniformly.

    Returns
    -------
    oral, pulse : array of float, shape (D, n)
        Doses under the strategy; new arrays. Those of a fall are rounded to 0.01.
    start : array of int, shape (n,)
        Row on which each child starts.

    Raises
    ------
    UsageError
        If shapes disagree or a time zero lies below 0.

    Examples
    --------
    One child, whose dose of 1 mg/kg/day is held below 0.5 from day 2 on:

    >>> oral, none = np.ones((4, 1)), np.zeros((4, 1))
    >>> low = Strategy(oral_at_most=0.5)
    >>> doses, _, start = apply_strategy(low, oral, none, np.array([2]), np.zeros(1))
    >>> doses[:, 0].tolist(), start.tolist()
    ([1.0, 1.0, 0.5, 0.5], [2])
    """
    time_zero = np.asarray(time_zero, dtype=np.int64)
    _check(oral, pulse, time_zero, u)
    reached = np.flatnonzero(time_zero < len(oral))
    start = time_zero.copy()
    new_oral, new_pulse = oral.astype(float), pulse.astype(float)
    if len(reached):
        part = new_oral[:, reached], new_pulse[:, reached]
        doses = _carry_out(strategy, *part, time_zero[reached], np.asarray(u)[reached])
        new_oral[:, reached], new_pulse[:, reached], start[reached] = doses
    return new_oral, new_pulse, start


def _check(oral: Doses, pulse: Doses, time_zero: WholeDays, u: Doses) -> None:
    faults = []
    if oral.ndim != 2 or pulse.shape != oral.shape:
        faults.append(
            f"oral and pulse must have one shape (days, children), not {oral.shape} and "
            f"{pulse.shape}"
        )
    for name, array in (("time_zero", time_zero), ("u", np.asarray(u))):
        if oral.ndim == 2 and array.shape != oral.shape[1:]:
            faults.append(f"{name} must have shape {oral.shape[1:]}, not {array.shape}")
    if (time_zero < 0).any():
        faults.append(f"time_zero must be 0 or more, not {int(time_zero.min())}")
    if faults:
        raise UsageError("; ".join(faults))


def _carry_out(
    strategy: Strategy, oral: Doses, pulse: Doses, time_zero: WholeDays, u: Doses
) -> tuple[Doses, Doses, WholeDays]:
    carried = _carried(oral, pulse)
    start = _start(strategy, carried, pulse, time_zero, u)
    since = np.arange(len(oral))[:, None] - start
    sustained = strategy.sustain_days or _FOR_GOOD
    held = (since >= 0) & (since < sustained)
    new_pulse = _pulses(strategy, pulse, since, held)
    taken_away = (pulse > 0) & (new_pulse == 0)
    dose = np.where(taken_away, carried, oral)
    lowest, highest = _band(strategy, since)
    highest = np.maximum(highest, _ceiling(strategy, carried, start, since))
    dose = np.clip(dose, lowest, highest)
    dose = np.where(new_pulse > 0, np.where(pulse > 0, oral, 0.0), dose)
    return np.where(held, dose, oral), new_pulse, start


def _carried(oral: Doses, pulse: Doses) -> Doses:
    """Return the oral dose, on days with a pulse that of the last day without; 0 if none."""
    day = np.arange(len(oral))[:, None]
    last = np.maximum.accumulate(np.where(pulse > 0, -1, day), axis=0)
    dose = np.take_along_axis(oral, np.maximum(last, 0), axis=0)
    return np.where(last < 0, 0.0, dose)


def _start(
    strategy: Strategy, carried: Doses, pulse: Doses, time_zero: WholeDays, u: Doses
) -> WholeDays:
    grace = strategy.grace_days
    if strategy.start == "uniform":
        drawn: WholeDays = time_zero + np.floor(u * (grace + 1)).astype(np.int64)
        return drawn
    rows = time_zero + np.arange(grace + 1)[:, None]
    inside = rows < len(carried)
    rows = np.minimum(rows, len(carried) - 1)
    dose = np.take_along_axis(carried, rows, axis=0)
    pulsed = np.take_along_axis(pulse, rows, axis=0) > 0
    lowest, highest = _band(strategy, np.zeros((1, 1), dtype=np.int64))
    complies = (dose >= lowest) & (dose <= highest)
    if strategy.pulses == "none":
        complies &= ~pulsed
    elif strategy.pulses == "given":
        complies = pulsed
    complies &= inside
    complies[-1] = True  # the end of the grace period
    first: WholeDays = time_zero + np.argmax(complies, axis=0)
    return first


def _pulses(
    strategy: Strategy, pulse: Doses, since: WholeDays, held: NDArray[np.bool_]
) -> Doses:
    if strategy.pulses == "none":
        return np.where(held, 0.0, pulse)
    if strategy.pulses == "given":
        assert strategy.pulse_days is not None and strategy.pulse_mg_kg is not None
        course = held & (since < strategy.pulse_days)
        return np.where(course, strategy.pulse_mg_kg, pulse)
    return pulse.copy()


def _band(strategy: Strategy, since: WholeDays) -> tuple[Doses, Doses]:
    """Lowest and highest oral dose the rules allow, by days since start."""
    steps = strategy.steps()
    if steps is not None:
        days, doses = np.array([d for d, _ in steps]), np.array([m for _, m in steps])
        place = np.searchsorted(days, np.maximum(since, 0), side="right") - 1
        return doses[place], doses[place]
    low, high = strategy.oral_at_least, strategy.oral_at_most
    return (
        np.full((1, 1), 0.0 if low is None else low),
        np.full((1, 1), np.inf if high is None else high),
    )


def _ceiling(
    strategy: Strategy, carried: Doses, start: WholeDays, since: WholeDays
) -> Doses:
    """Return what a dose above the band may still be: the last one, falling."""
    before = np.clip(start - 1, 0, len(carried) - 1)
    dose = np.take_along_axis(carried, before[None, :], axis=0)
    dose = np.where(start > 0, dose, 0.0)
    steps = 1 + np.maximum(since, 0) // _WEEK
    return np.round(dose * (1.0 - strategy.fall_share_per_week) ** steps, _DECIMALS)
