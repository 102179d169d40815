"""A rate ratio over strata: exact conditional, or of Mantel and Haenszel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.intervals.columns import check_free, name_list, one_name, raise_all
from jdm_stats.intervals.exact import RatioLaw, is_same
from jdm_stats.intervals.marks import marked
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["stratified_rate_ratio"]

_RESULT = (
    *("reference", "events_reference", "person_years_reference", "strata"),
    *("strata_informative", "events_unused", "p_value", "method", "rate_ratio"),
)
METHODS = ("exact", "mid-p", "mantel-haenszel")


def stratified_rate_ratio(
    frame: pd.DataFrame,
    *,
    by: str,
    reference: Any,
    strata: str | Sequence[str],
    method: str = "exact",
    conf_level: float = 0.95,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    event_code: int = 1,
    days_per_year: float = DAYS_PER_YEAR,
    patient_id: str | None = None,
) -> pd.DataFrame:
    """Compare rates within strata, such as age bands, and give one ratio for all.

    Parameters
    ----------
    frame : DataFrame of shape (n, columns)
        Rows at risk in (start, stop]; audited first.
    by : str
        Column of groups to compare.
    reference : object
        The group the others are compared with.
    strata : str or sequence of str
        Columns that make the strata; a missing value is a stratum of its own.
    method : {"exact", "mid-p", "mantel-haenszel"}
        ``exact`` and ``mid-p`` give the conditional maximum-likelihood ratio with
        limits from the law of the exposed events given all events of each stratum.
        ``mantel-haenszel`` gives that ratio with the limits of Greenland and Robins,
        which need events in both groups; without them they are NaN.
    conf_level : float, default 0.95
    start, stop, event, event_code, days_per_year, patient_id
        As in :func:`~jdm_stats.intervals.rates.incidence_rates`.

    Returns
    -------
    DataFrame
        One row per group but the reference: the group, ``reference``, ``events``,
        ``person_years``, ``events_reference``, ``person_years_reference`` (over the
        informative strata), ``strata``, ``strata_informative`` (with an event and with
        person-time in both groups; others say nothing of a ratio), ``events_unused``
        (events in strata that are not), ``rate_ratio``, ``conf_low``, ``conf_high``,
        ``p_value`` and ``method``.

    Raises
    ------
    UsageError
        If a column is not there, the method is not known, or no row belongs to the
        reference.
    IntervalError
        If the rows break the law of intervals.

    Notes
    -----
    Mantel-Haenszel: sum of a T0 / T over sum of b T1 / T, where a and b are events and
    T1 and T0 person-time of the exposed and unexposed in a stratum; variance of its
    logarithm by Greenland and Robins (Biometrics 1985;41:55-68); p-value by the score
    test without correction. A test of equal ratios is not made.

    Examples
    --------
    >>> rows = pd.DataFrame({"start": 0, "stop": [10.0, 20.0, 30.0, 40.0]})
    >>> rows["event"], rows["pulse"] = [1, 1, 1, 0], [1, 0, 1, 0]
    >>> rows["age"] = ["young", "young", "old", "old"]
    >>> found = stratified_rate_ratio(
    ...     rows, by="pulse", reference=0, strata="age", days_per_year=1
    ... )
    >>> found[["rate_ratio", "conf_low", "conf_high"]].round(2).values.tolist()
    [[3.52, 0.18, 209.74]]
    """
    wrong: list[str] = []
    layers = name_list(strata, "strata", wrong)
    wrong += one_name(by, "by")
    check_free([by], _RESULT, wrong)
    if not isinstance(method, str) or method not in METHODS:
        wrong.append(f"method is one of {', '.join(METHODS)}, received {method!r}")
    if not layers:
        wrong.append("strata names no column; without strata use rate_ratios")
    raise_all(wrong)
    counts = incidence_rates(
        frame,
        by=[*layers, by],
        conf_level=conf_level,
        start=start,
        stop=stop,
        event=event,
        event_code=event_code,
        days_per_year=days_per_year,
        patient_id=patient_id,
    )
    groups = list(pd.unique(counts[by].astype(object)))
    if not any(is_same(group, reference) for group in groups):
        raise UsageError(
            f"no row has {by} = {reference!r}, the reference; "
            f"it has {', '.join(map(repr, groups))}"
        )
    place = counts.groupby(layers, observed=True, sort=False).ngroup().to_numpy()
    rows = []
    for group in groups:
        if not is_same(group, reference):
            one = _by_stratum(counts, place, by, group)
            other = _by_stratum(counts, place, by, reference)
            told = {by: group, "reference": reference}
            rows.append(told | _compared(one, other, method, conf_level))
    noted = counts.attrs["jdm_stats"]
    return marked(
        pd.DataFrame(rows), noted["synthetic"], conf_level=conf_level, strata=layers
    )


def _by_stratum(
    counts: pd.DataFrame, place: np.ndarray, by: str, group: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Events and person-years of one group in every stratum."""
    mine = np.array([is_same(value, group) for value in counts[by]], dtype=bool)
    size = int(place.max()) + 1
    events = np.zeros(size, dtype=np.int64)
    years = np.zeros(size)
    events[place[mine]] = counts["events"].to_numpy()[mine]
    years[place[mine]] = counts["person_years"].to_numpy()[mine]
    return events, years


def _compared(
    one: tuple[np.ndarray, np.ndarray],
    other: tuple[np.ndarray, np.ndarray],
    method: str,
    conf_level: float,
) -> dict[str, Any]:
    (a, t1), (b, t0) = one, other
    use = (t1 > 0) & (t0 > 0) & (a + b > 0)
    met = (t1 > 0) | (t0 > 0)
    unused = int((a + b)[~use].sum())
    a, b, t1, t0 = a[use], b[use], t1[use], t0[use]
    if method == "mantel-haenszel":
        ratio, low, high, p_value = _mantel_haenszel(a, b, t1, t0, conf_level)
    else:
        law = RatioLaw(a, a + b, t1 / (t1 + t0))
        low, high = law.limits(conf_level, mid_p=method == "mid-p")
        ratio = law.estimate()
        p_value = law.p_value(mid_p=method == "mid-p")
    return {
        "events": int(a.sum()),
        "person_years": float(t1.sum()),
        "events_reference": int(b.sum()),
        "person_years_reference": float(t0.sum()),
        "strata": int(met.sum()),
        "strata_informative": int(use.sum()),
        "events_unused": unused,
        "rate_ratio": ratio,
        "conf_low": low,
        "conf_high": high,
        "p_value": p_value,
        "method": method,
    }


def _mantel_haenszel(
    a: np.ndarray, b: np.ndarray, t1: np.ndarray, t0: np.ndarray, conf_level: float
) -> tuple[float, float, float, float]:
    time = t1 + t0
    above, below = float((a * t0 / time).sum()), float((b * t1 / time).sum())
    spread = float(((a + b) * t1 * t0 / time**2).sum())
    nan = float("nan")
    if spread == 0:
        return nan, nan, nan, nan
    score = (above - below) / np.sqrt(spread)
    p_value = float(2 * norm.sf(abs(score)))
    if above == 0 or below == 0:
        return (0.0 if above == 0 else float("inf")), nan, nan, p_value
    ratio = above / below
    width = norm.isf((1 - conf_level) / 2) * np.sqrt(spread / (above * below))
    return ratio, float(ratio / np.exp(width)), float(ratio * np.exp(width)), p_value
