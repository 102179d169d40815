"""Groups of a table with no event, or next to none, each with its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.intervals.exact import is_count
from jdm_stats.intervals.rare_words import rate_statement
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["event_free_groups"]

OUTCOMES = {"gi_perforation": "perforated", "death": "died", "surgery": "had surgery"}
ANTIBODY_WORDS = {
    "none": "with no myositis antibody found",
    "untested": "never tested for antibodies",
    "other": "with another myositis antibody",
    "missing": "whose antibody is not recorded",
}


def event_free_groups(
    intervals: pd.DataFrame,
    *,
    by: str,
    most_events: int | None = 2,
    per: float = 100.0,
    conf_level: float = 0.95,
    one_sided: bool = True,
    outcome: str | None = None,
    labels: Mapping[Any, str] | None = None,
    start: str = "start",
    stop: str = "stop",
    event: str = "event",
    event_code: int = 1,
    days_per_year: float = DAYS_PER_YEAR,
    patient_id: str | None = None,
) -> pd.DataFrame:
    """List the groups with no event, or few, and say what each still excludes.

    Parameters
    ----------
    intervals : DataFrame of shape (n, columns)
        Rows at risk in (start, stop], times in days; audited first.
    by : str
        Column of groups. A missing value is a group of its own.
    most_events : int or None, default 2
        Groups with more events are left out of the table (``attrs`` counts them); None
        keeps every group, 0 only those without any event.
    per : float, default 100
        Person-years the rate is given for.
    conf_level : float, default 0.95
    one_sided : bool, default True
        Which upper limit the sentence quotes; see
        `jdm_stats.intervals.rare_words.rate_statement`.
    outcome : str, optional
        What the children with the event did; by default from the table's own outcome
        (``gi_perforation`` reads "perforated"), else "had the event".
    labels : mapping of group to str, optional
        Who the children of a group are, such as ``{"MDA5": "with anti-MDA5"}``; by
        default in words for ``antibody`` and ``with column = value`` otherwise.
    start, stop, event, event_code, days_per_year, patient_id
        As in `jdm_stats.incidence_rates`.

    Returns
    -------
    DataFrame
        The columns of `jdm_stats.incidence_rates` and ``sentence``.

    Raises
    ------
    UsageError
        If a column is not there or an argument is out of range.
    IntervalError
        If the rows break the law of intervals.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"patient_id": ["A", "B"], "start": 0, "stop": 17532})
    >>> rows["event"], rows["antibody"] = [0, 0], ["MDA5", "MDA5"]
    >>> event_free_groups(rows, by="antibody")["sentence"].iloc[0]
    'None of 2 children with anti-MDA5 had the event in 96 person-years; the data exclude,
    with 95% confidence (one-sided), a rate above 3.1 per 100 person-years (rule of three:
    3 / 96 = 3.1 per 100 person-years).'
    """
    if most_events is not None and not is_count(most_events):
        raise UsageError(
            f"most_events must be a whole number from 0 up or None, received "
            f"{most_events!r}"
        )
    if not isinstance(by, str):
        raise UsageError(f"by must be the name of one column, received {by!r}")
    if by == "sentence":
        raise UsageError("rename the column sentence: the result has one too")
    rates = incidence_rates(
        intervals,
        by=by,
        per=per,
        conf_level=conf_level,
        start=start,
        stop=stop,
        event=event,
        event_code=event_code,
        days_per_year=days_per_year,
        patient_id=patient_id,
    )
    noted = dict(rates.attrs["jdm_stats"])
    named = noted.get("outcome") if event_code == 1 else None
    verb = outcome or OUTCOMES.get(str(named), "had the event")
    few = (
        rates
        if most_events is None
        else rates[rates["events"] <= most_events].reset_index(drop=True)
    )
    few = few.assign(
        sentence=[
            rate_statement(
                int(row["events"]),
                children=None if pd.isna(row["patients"]) else int(row["patients"]),
                person_years=float(row["person_years"]),
                group=_who(by, row[by], labels or {}),
                outcome=verb,
                per=per,
                conf_level=conf_level,
                one_sided=one_sided,
            )
            for _, row in few.iterrows()
        ]
    )
    few.attrs["jdm_stats"] = {
        **noted,
        "one_sided": bool(one_sided),
        "tally": {
            "groups": len(rates),
            "groups_with_more_events": len(rates) - len(few),
        },
    }
    return few


def _who(by: str, group: Any, labels: Mapping[Any, str]) -> str:
    try:
        if group in labels:
            return labels[group]
    except TypeError:
        pass
    if by != "antibody":
        return f"with {by} = {group}"
    return ANTIBODY_WORDS.get(str(group), f"with anti-{group}")
