"""Ratios and differences of two rates, with exact conditional limits."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table
from jdm_stats.intervals.columns import (
    check_free,
    check_level,
    check_positive,
    one_name,
    raise_all,
)
from jdm_stats.intervals.exact import RatioLaw, is_count, is_same, poisson_limits
from jdm_stats.intervals.marks import marked
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["RateRatio", "rate_ratio", "rate_ratios"]

_RATIO = ("rate_ratio", "conf_low", "conf_high", "p_value")
_DIFFERENCE = ("rate_difference", "difference_low", "difference_high")


@dataclass(frozen=True)
class RateRatio:
    """A rate ratio and a rate difference with their limits.

    Parameters
    ----------
    rate_ratio, conf_low, conf_high : float
        Ratio of the exposed to the unexposed rate; 0, infinite or NaN (no event at
        all) where the counts say so, with limits that stay valid.
    p_value : float
        Two-sided test of a ratio of 1, as ``poisson.test`` in R; with mid-p, twice the
        smaller tail.
    p_central : float
        Twice the smaller tail: below ``1 - conf_level`` exactly when the limits leave
        out 1.
    rate_difference, difference_low, difference_high : float
        Exposed less unexposed rate, per ``per`` units of person-time.
    conf_level, per : float
    method : str
        ``"exact"`` or ``"mid-p"``.
    """

    rate_ratio: float
    conf_low: float
    conf_high: float
    p_value: float
    p_central: float
    rate_difference: float
    difference_low: float
    difference_high: float
    conf_level: float
    per: float
    method: str

    def __repr__(self) -> str:
        return (
            f"RateRatio({self.rate_ratio:.3g}, {100 * self.conf_level:g}% limits "
            f"{self.conf_low:.3g} to {self.conf_high:.3g}, p = {self.p_value:.3g}, "
            f"{self.method})"
        )

    def _repr_html_(self) -> str:
        table = pd.DataFrame([asdict(self)])
        return html_table(
            table[[*_RATIO, *_DIFFERENCE]],
            caption="Rate ratio and difference, "
            f"{self.method} {100 * self.conf_level:g}%",
            header_column=False,
            footnotes=[f"Difference per {self.per:g} of person-time."],
        )


def rate_ratio(
    events1: int,
    time1: float,
    events0: int,
    time0: float,
    *,
    conf_level: float = 0.95,
    mid_p: bool = False,
    per: float = 1.0,
) -> RateRatio:
    """Compare two rates: exact conditional limits of the ratio, and the difference.

    Parameters
    ----------
    events1, time1 : int, float
        Events and person-time of the exposed.
    events0, time0 : int, float
        Events and person-time of the unexposed.
    conf_level : float, default 0.95
        Two-sided level.
    mid_p : bool, default False
        Count half of the observed split in each tail: shorter limits, right on average
        instead of always at least right.
    per : float, default 1
        Person-time the difference is given for.

    Returns
    -------
    RateRatio

    Raises
    ------
    UsageError
        If a count is not whole and 0 or more, or a time or the level is impossible.

    Notes
    -----
    Given all n events, those of the exposed are binomial with chance r T1 / (r T1 +
    T0); the limits of Clopper and Pearson for it, solved for r, are exact. Without an
    event among the exposed the lower limit is 0 and the upper finite; without one among
    the unexposed the upper is infinite. The difference has limits by the square-and-add
    rule (Zou and Donner, Stat Med 2008;27:1693-1702) from the exact limits of each rate.

    Examples
    --------
    >>> rate_ratio(5, 300.0, 1, 900.0)
    RateRatio(15, 95% limits 1.68 to 709, p = 0.00464, exact)
    >>> rate_ratio(0, 300.0, 4, 900.0).conf_high
    4.54...
    """
    wrong: list[str] = []
    for name, count in (("events1", events1), ("events0", events0)):
        if not is_count(count):
            wrong.append(f"{name} must be a whole number from 0 up, received {count!r}")
    for name, time in (("time1", time1), ("time0", time0), ("per", per)):
        check_positive(time, name, wrong)
    check_level(conf_level, wrong)
    raise_all(wrong)
    ones, twos = np.array([int(events1)]), np.array([int(events1) + int(events0)])
    law = RatioLaw(ones, twos, np.array([time1 / (time1 + time0)]))
    low, high = law.limits(conf_level, mid_p=mid_p)
    central = law.p_value(mid_p=mid_p)
    counts, times = np.array([events1, events0]), np.array([time1, time0], dtype=float)
    gap, gap_low, gap_high = _difference(counts, times / per, conf_level)
    return RateRatio(
        law.estimate() if events1 == 0 or events0 == 0 else _ratio(counts, times),
        low,
        high,
        central if mid_p else law.p_value_by_likelihood(),
        central,
        gap,
        gap_low,
        gap_high,
        float(conf_level),
        float(per),
        "mid-p" if mid_p else "exact",
    )


def rate_ratios(
    frame: pd.DataFrame,
    *,
    by: str,
    reference: Any,
    per: float = 100.0,
    conf_level: float = 0.95,
    mid_p: bool = False,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    event_code: int = 1,
    days_per_year: float = DAYS_PER_YEAR,
    patient_id: str | None = None,
) -> pd.DataFrame:
    """Rates by group, and each group against one reference group.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop]; audited first.
    by : str
        Column of groups; it may vary over time. Missing is a group of its own.
    reference : object
        The group the others are compared with.
    per, conf_level, start, stop, event, event_code, days_per_year, patient_id
        As in :func:`~jdm_stats.intervals.rates.incidence_rates`.
    mid_p : bool, default False
        As in :func:`rate_ratio`.

    Returns
    -------
    DataFrame
        One row per group: ``patients``, ``events``, ``person_years``, ``rate``,
        ``rate_ratio``, ``conf_low``, ``conf_high``, ``p_value`` (these are of the
        ratio), ``rate_difference``, ``difference_low``, ``difference_high`` and
        ``per_person_years``. The reference has a ratio of 1 and no limits.

    Raises
    ------
    UsageError
        If a column is not there, or no row belongs to the reference.
    IntervalError
        If the rows break the law of intervals.

    Examples
    --------
    >>> rows = pd.DataFrame(
    ...     {"start": 0, "stop": [3652.5] * 6, "event": [1, 1, 1, 1, 0, 0]}
    ... )
    >>> rows["nxp2"] = ["yes", "yes", "yes", "no", "no", "no"]
    >>> table = rate_ratios(rows, by="nxp2", reference="no")
    >>> table[["nxp2", "events", "rate_ratio", "conf_low", "conf_high"]].round(2)
      nxp2  events  rate_ratio  conf_low  conf_high
    0   no       1         1.0       NaN        NaN
    1  yes       3         3.0      0.24     157.49
    """
    wrong = one_name(by, "by")
    check_free([by], (*_RATIO, *_DIFFERENCE), wrong)
    raise_all(wrong)
    rates = incidence_rates(
        frame,
        by=[by],
        per=per,
        conf_level=conf_level,
        start=start,
        stop=stop,
        event=event,
        event_code=event_code,
        days_per_year=days_per_year,
        patient_id=patient_id,
    )
    base = rates[[is_same(group, reference) for group in rates[by]]]
    if len(base) != 1:
        raise UsageError(
            f"no row has {by} = {reference!r}, the reference; "
            f"it has {', '.join(map(repr, rates[by]))}"
        )
    against = (int(base["events"].iloc[0]), float(base["person_years"].iloc[0]))
    compared = [
        _compared(group, base.index[0], against, conf_level, mid_p, per)
        for group in rates.itertuples()
    ]
    kept = rates[[by, "patients", "events", "person_years", "rate"]]
    table = pd.concat([kept, pd.DataFrame(compared)], axis=1)
    table["per_person_years"] = float(per)
    noted = {k: v for k, v in rates.attrs["jdm_stats"].items() if k != "synthetic"}
    return marked(
        table,
        rates.attrs["jdm_stats"]["synthetic"],
        **noted,
        reference=reference,
        method="mid-p" if mid_p else "exact",
    )


def _compared(
    group: Any,
    reference_row: Any,
    against: tuple[int, float],
    conf_level: float,
    mid_p: bool,
    per: float,
) -> dict[str, float]:
    names = (*_RATIO, *_DIFFERENCE)
    if group.Index == reference_row:
        return dict.fromkeys(names, np.nan) | {
            "rate_ratio": 1.0,
            "rate_difference": 0.0,
        }
    found = rate_ratio(
        int(group.events),
        float(group.person_years),
        *against,
        conf_level=conf_level,
        mid_p=mid_p,
        per=per,
    )
    return {name: getattr(found, name) for name in names}


def _ratio(events: np.ndarray, times: np.ndarray) -> float:
    return float(events[0] / times[0] / (events[1] / times[1]))


def _difference(
    events: np.ndarray, times: np.ndarray, conf_level: float
) -> tuple[float, float, float]:
    """Difference of two rates with limits by the square-and-add rule."""
    exact = poisson_limits(events, conf_level)
    rate = events / times
    below = rate - exact["conf_low"] / times
    above = exact["conf_high"] / times - rate
    gap = float(rate[0] - rate[1])
    return (
        gap,
        gap - float(np.hypot(below[0], above[1])),
        gap + float(np.hypot(above[0], below[1])),
    )
