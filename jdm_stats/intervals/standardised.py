"""Standardised ratios against published rates, and directly standardised rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import gamma, poisson

from jdm_stats.errors import UsageError
from jdm_stats.intervals.columns import (
    check_level,
    check_positive,
    name_list,
    raise_all,
)
from jdm_stats.intervals.exact import poisson_limits
from jdm_stats.intervals.marks import is_synthetic, marked
from jdm_stats.intervals.strata import (
    check_reference,
    counted,
    matched,
    strata_of,
)
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["standardised_rate", "standardised_ratio"]

_RATE = [
    *("events", "person_years", "crude_rate", "rate"),
    *("conf_low", "conf_high", "strata"),
]


def standardised_ratio(
    frame: pd.DataFrame,
    reference: pd.DataFrame,
    *,
    by: str | Sequence[str],
    rate: str = "rate",
    per: float = 1.0,
    group: str | None = None,
    counts: tuple[str, str] | None = None,
    conf_level: float = 0.95,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    event_code: int = 1,
    days_per_year: float = DAYS_PER_YEAR,
    patient_id: str | None = None,
) -> pd.DataFrame:
    """Events observed against those expected from published rates (SMR, SIR).

    Parameters
    ----------
    frame : DataFrame
        Rows at risk in (start, stop], audited first; or a table of counts, see
        ``counts``.
    reference : DataFrame
        The published rates: one row per stratum, with the columns of ``by`` and
        ``rate``. Strata nobody was at risk in may be there and are not used.
    by : str or sequence of str
        Columns, in both tables, that make the strata, such as age band, sex and
        calendar period. Bands of a split match a reference that writes their labels.
    rate : str
        Column of ``reference`` with the rates.
    per : float, default 1
        Person-years the reference rates are given for.
    group : str, optional
        Column of ``frame``: one ratio for each of its values.
    counts : tuple of str, optional
        Names of the columns of events and person-years when ``frame`` is a table of
        counts.
    conf_level : float, default 0.95
    start, stop, event, event_code, days_per_year, patient_id
        As in :func:`~jdm_stats.intervals.rates.incidence_rates`; not for counts.

    Returns
    -------
    DataFrame
        One row, or one per group: ``observed``, ``expected``, ``person_years``,
        ``ratio``, ``conf_low``, ``conf_high`` (exact Poisson), ``p_value`` (twice the
        smaller exact tail) and ``strata``.

    Raises
    ------
    UsageError
        If a column is not there, a rate is missing or negative, a stratum is in the
        reference twice, or a stratum at risk has no reference rate: all are listed.
    IntervalError
        If rows break the law of intervals.

    Notes
    -----
    The reference rates are taken as known without error.

    Examples
    --------
    >>> table = pd.DataFrame({"age": ["0-4", "5-9"], "n": [2, 1], "years": [500, 800]})
    >>> published = pd.DataFrame({"age": ["0-4", "5-9"], "rate": [1.0, 2.0]})
    >>> standardised_ratio(table, published, by="age", per=1000, counts=("n", "years"))[
    ...     ["observed", "expected", "ratio", "conf_low", "conf_high"]
    ... ].round(3)
       observed  expected  ratio  conf_low  conf_high
    0         3       2.1  1.429     0.295      4.175
    """
    wrong: list[str] = []
    layers = name_list(by, "by", wrong)
    wrong += check_reference(reference, layers, rate, "reference")
    check_positive(per, "per", wrong)
    check_level(conf_level, wrong)
    extra = [group] if group is not None else []
    rows = {"start": start, "stop": stop, "event": event, "event_code": event_code}
    told = {"days_per_year": days_per_year, "patient_id": patient_id}
    table = counted(frame, [*extra, *layers], counts, rows | told, wrong)
    raise_all(wrong)
    place = matched(table, reference, layers, "reference", "rate")
    rates = reference[rate].to_numpy(dtype=float)[place] / per
    table["expected"] = table["person_years"].to_numpy() * rates
    keys: Any = table[group] if group is not None else np.zeros(len(table))
    summed = table.groupby(keys, observed=True, sort=True).agg(
        observed=("events", "sum"),
        expected=("expected", "sum"),
        person_years=("person_years", "sum"),
        strata=("events", "size"),
    )
    if group is None:  # nobody at risk is one row too: none seen, none expected
        summed = summed.reindex([0], fill_value=0)
    result = summed.reset_index(drop=group is None)
    observed = result["observed"].to_numpy()
    expected = result["expected"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        result["ratio"] = observed / expected
        limits = poisson_limits(observed, conf_level)
        result["conf_low"] = limits["conf_low"] / expected
        result["conf_high"] = limits["conf_high"] / expected
    few, many = poisson.cdf(observed, expected), poisson.sf(observed - 1, expected)
    result["p_value"] = np.minimum(1.0, 2 * np.minimum(few, many))
    names = [*extra, "observed", "expected", "person_years", "ratio", "conf_low"]
    result = result[[*names, "conf_high", "p_value", "strata"]]
    return marked(
        result,
        is_synthetic(frame) or is_synthetic(reference),
        conf_level=conf_level,
        strata=layers,
    )


def standardised_rate(
    frame: pd.DataFrame,
    standard: pd.DataFrame,
    *,
    by: str | Sequence[str],
    weight: str = "weight",
    per: float = 100.0,
    group: str | None = None,
    counts: tuple[str, str] | None = None,
    conf_level: float = 0.95,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    event_code: int = 1,
    days_per_year: float = DAYS_PER_YEAR,
    patient_id: str | None = None,
) -> pd.DataFrame:
    """Directly standardised rate with the gamma limits of Fay and Feuer.

    Parameters
    ----------
    frame, by, group, counts, conf_level, start, stop, event, event_code, days_per_year, patient_id
        As in :func:`standardised_ratio`.
    standard : DataFrame
        The standard population: one row per stratum, with the columns of ``by`` and
        ``weight``. Every stratum with weight must have person-time in each group.
    weight : str
        Column of ``standard`` with numbers or shares of people, 0 or more; scaled here
        to sum to 1.
    per : float, default 100
        Person-years the rate is given for.

    Returns
    -------
    DataFrame
        One row, or one per group: ``events``, ``person_years``, ``crude_rate``,
        ``rate``, ``conf_low``, ``conf_high``, ``strata`` and ``per_person_years``.

    Raises
    ------
    UsageError
        As :func:`standardised_ratio`; and when a stratum with weight has no
        person-time.

    Notes
    -----
    With y the rate, v its variance (sum of squared weights times events over squared
    person-time) and w the largest weight over person-time, the limits are gamma
    quantiles: shape y^2/v, scale v/y below; shape (y + w)^2 / (v + w^2), scale
    (v + w^2) / (y + w) above (Fay and Feuer, Stat Med 1997;16:791-801). With one
    stratum they are the exact Poisson limits.

    Examples
    --------
    >>> table = pd.DataFrame({"age": ["0-4", "5-9"], "n": [2, 1], "years": [500, 800]})
    >>> standard = pd.DataFrame({"age": ["0-4", "5-9"], "weight": [0.5, 0.5]})
    >>> standardised_rate(table, standard, by="age", counts=("n", "years"))[
    ...     ["rate", "conf_low", "conf_high"]
    ... ].round(4)
         rate  conf_low  conf_high
    0  0.2625    0.0518     0.8025
    """
    wrong: list[str] = []
    layers = name_list(by, "by", wrong)
    wrong += check_reference(standard, layers, weight, "standard")
    check_positive(per, "per", wrong)
    check_level(conf_level, wrong)
    extra = [group] if group is not None else []
    rows = {"start": start, "stop": stop, "event": event, "event_code": event_code}
    told = {"days_per_year": days_per_year, "patient_id": patient_id}
    table = counted(frame, [*extra, *layers], counts, rows | told, wrong)
    raise_all(wrong)
    place = matched(table, standard, layers, "standard", "weight")
    share = standard[weight].to_numpy(dtype=float)
    if not share.sum() > 0:
        raise UsageError(f"the weights in column {weight!r} sum to 0")
    table["_place"], table["_share"] = place, (share / share.sum())[place]
    groups = (
        list(table.groupby(group, observed=True, sort=True))
        if group is not None
        else [(None, table)]
    )
    _refuse_emptystrata_of(groups, standard, layers, share > 0)
    found = [_weighted(rows_of, conf_level, per) for _, rows_of in groups]
    result = pd.DataFrame(found, columns=_RATE)
    if group is not None:
        result.insert(0, group, [name for name, _ in groups])
    result["per_person_years"] = float(per)
    return marked(
        result,
        is_synthetic(frame) or is_synthetic(standard),
        conf_level=conf_level,
        strata=layers,
    )


def _weighted(table: pd.DataFrame, conf_level: float, per: float) -> dict[str, Any]:
    """Weigh the rates of the strata of one group."""
    table = table[(table["person_years"] > 0).to_numpy()]
    events = table["events"].to_numpy(dtype=float)
    years = table["person_years"].to_numpy(dtype=float)
    portion = table["_share"].to_numpy() / years
    value, variance = float(portion @ events), float(portion**2 @ events)
    most, tail = float(portion.max()), (1 - conf_level) / 2
    low = 0.0
    if variance > 0:
        low = float(gamma.ppf(tail, value**2 / variance, scale=variance / value))
    wide = variance + most**2
    shape = (value + most) ** 2 / wide
    high = float(gamma.isf(tail, shape, scale=wide / (value + most)))
    return {
        "events": int(events.sum()),
        "person_years": years.sum(),
        "crude_rate": events.sum() / years.sum() * per,
        "rate": value * per,
        "conf_low": low * per,
        "conf_high": high * per,
        "strata": len(table),
    }


def _refuse_emptystrata_of(
    groups: list[tuple[Any, pd.DataFrame]],
    standard: pd.DataFrame,
    layers: list[str],
    weighs: np.ndarray,
) -> None:
    names = strata_of(standard, layers)
    wrong = []
    for group, table in groups:
        present = table.loc[(table["person_years"] > 0).to_numpy(), "_place"]
        empty = sorted(set(np.flatnonzero(weighs)) - set(present))
        if empty:
            told = "; ".join(", ".join(map(str, names[row])) for row in empty[:50])
            where = "" if group is None else f" in {group!r}"
            wrong.append(
                f"no person-time{where} for {told}; join strata or leave it out"
            )
    raise_all(wrong)
