"""Measures of treatment other than a steroid's dose: use of a drug, days on it."""

from __future__ import annotations

from collections.abc import Sequence

from jdm_stats.exposure.arguments import (
    chosen_rule,
    column_name,
    stop_rule,
    whole_days,
)
from jdm_stats.exposure.drug_traces import DaysOnDrug, OnDrug
from jdm_stats.exposure.drugs import drugs_named

__all__ = ["days_on_drug", "on_drug"]

_AS_NEEDED = ("refuse", "leave_out", "as_written")


def on_drug(
    drug: str | Sequence[str],
    *,
    lag_days: int = 0,
    grace_days: int = 0,
    missing_stop_day: str | int = "refuse",
    as_needed: str = "refuse",
    name: str | None = None,
) -> OnDrug:
    """Whether a drug, or one of several, is in use: 1 or 0.

    A course from day a to day b (included) counts on (a + L, b + 1 + L + G], whatever its
    dose; one given every n-th day counts from its first day to its last. Give what acts
    for longer than its course, as rituximab does, a grace to match.

    Parameters
    ----------
    drug : str or sequence of str
        Drugs of the schema, or groups of `jdm_stats.exposure.drugs.DRUG_GROUPS`:
        jak_inhibitor, tnf_inhibitor, calcineurin_inhibitor, plasma_therapy, steroid.
        Steroid courses count as they are recorded: the rules for doses do not apply.
    lag_days : int, default 0
        Whole days L until use counts.
    grace_days : int, default 0
        Whole days G that use goes on after the last day.
    missing_stop_day : {"refuse", "next_course", "exit"} or int, default "refuse"
        Last day of a course without one: the day before the child's next course of the
        same drug by any route (one that is left out too), else the exit day; the exit
        day; or so many days of treatment.
    as_needed : {"refuse", "leave_out", "as_written"}, default "refuse"
        What to do with courses given as needed.
    name : str, optional
        Name of the column; by default ``on_`` and the names.

    Returns
    -------
    OnDrug
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If a drug or rule is unknown, or a number of days is out of range.

    Examples
    --------
    >>> on_drug("jak_inhibitor", lag_days=1).name
    'on_jak_inhibitor'
    >>> on_drug("rituximab", grace_days=180).drugs
    ('rituximab',)
    """
    drugs = drugs_named(drug)
    return OnDrug(
        column_name(name, f"on_{_names(drug)}"),
        drugs,
        whole_days("lag_days", lag_days),
        whole_days("grace_days", grace_days),
        stop_rule(missing_stop_day),
        chosen_rule("as_needed", as_needed, _AS_NEEDED),
    )


def days_on_drug(
    drug: str | Sequence[str],
    *,
    window_days: int | None = None,
    lag_days: int = 0,
    missing_stop_day: str | int = "refuse",
    as_needed: str = "refuse",
    name: str | None = None,
) -> DaysOnDrug:
    """Days on a drug, or on one of several, so far.

    At time t the number of days d from the first to the last of a course with d + L < t,
    and with a window of W days only those with t <= d + L + W; a day under two courses
    counts once. The value changes daily.

    Parameters
    ----------
    drug, lag_days, missing_stop_day, as_needed
        As for :func:`on_drug`.
    window_days : int, optional
        Whole days W that a day counts; by default for ever.
    name : str, optional
        Name of the column; by default ``days_on_`` and the names.

    Returns
    -------
    DaysOnDrug
        Frozen; for ``measures=`` of `jdm_stats.expand_intervals`.

    Raises
    ------
    UsageError
        If a drug or rule is unknown, or a number of days is out of range.

    Examples
    --------
    >>> days_on_drug(["ciclosporin", "tacrolimus"]).name
    'days_on_ciclosporin_tacrolimus'
    """
    drugs = drugs_named(drug)
    window = None if window_days is None else whole_days("window_days", window_days, 1)
    return DaysOnDrug(
        column_name(name, f"days_on_{_names(drug)}"),
        drugs,
        whole_days("lag_days", lag_days),
        window,
        stop_rule(missing_stop_day),
        chosen_rule("as_needed", as_needed, _AS_NEEDED),
    )


def _names(drug: str | Sequence[str]) -> str:
    return drug if isinstance(drug, str) else "_".join(map(str, drug))
