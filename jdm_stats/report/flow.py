"""Tables of a report on the way through a study: who was left out, how long the rest stayed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import format_count_percent, format_number
from jdm_stats.report.labels import label
from jdm_stats.report.tables import groups_of, in_order, median_iqr, require_columns
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["flow_steps", "flow_table", "follow_up_table"]


def flow_steps(
    start: str, n: int, steps: Iterable[tuple[str, Mapping[str, int]]]
) -> pd.DataFrame:
    """Follow children through an analysis, counting who is left out and why.

    Parameters
    ----------
    start : str
        Where they come from.
    n : int
        How many there are.
    steps : iterable of (str, mapping of str to int)
        Each later stage with the reasons children were left out before it and how many.

    Returns
    -------
    pandas.DataFrame
        ``stage``, ``n``, ``excluded``, ``reason``, as the flow diagram reads it.

    Raises
    ------
    UsageError
        If more are left out than there were, or a count is negative.

    Examples
    --------
    >>> flow_steps("In the registry", 600, [("Tested", {"not tested": 59})])
                 stage    n  excluded      reason
    0  In the registry  600         0
    1           Tested  541        59  not tested
    """
    rows = [(start, int(n), 0, "")]
    for stage, reasons in steps:
        told = {reason: int(count) for reason, count in reasons.items() if count}
        left = rows[-1][1] - sum(told.values())
        if left < 0 or any(count < 0 for count in told.values()):
            raise UsageError(
                f"at {stage!r} {sum(told.values())} are left out of {rows[-1][1]}; "
                f"received {told}"
            )
        words = "; ".join(
            reason if len(told) == 1 else f"{reason} ({count})"
            for reason, count in told.items()
        )
        rows.append((stage, left, sum(told.values()), words))
    return pd.DataFrame(rows, columns=["stage", "n", "excluded", "reason"])


def flow_table(flow: pd.DataFrame) -> pd.DataFrame:
    """Head the columns of `flow_steps` for a reader.

    Examples
    --------
    >>> flow = flow_steps("In the registry", 600, [("Tested", {"not tested": 59})])
    >>> flow_table(flow).columns.tolist()
    ['Stage', 'Children', 'Left out', 'Reason']
    """
    require_columns(flow, ["stage", "n", "excluded", "reason"], "flow_table")
    headed = flow[["stage", "n", "excluded", "reason"]].copy()
    headed.columns = pd.Index(["Stage", "Children", "Left out", "Reason"])
    return headed


def follow_up_table(
    patients: pd.DataFrame,
    *,
    by: str = "antibody",
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Say how long children were followed and how follow-up ended.

    Parameters
    ----------
    patients : pandas.DataFrame
        Needs ``entry_day``, ``exit_day``, ``exit_reason`` and the column of groups.
    by : str, default "antibody"
        Column of groups, ordered as in `table_one`.
    labels : mapping of str to str, optional
        Words for codes.

    Returns
    -------
    pandas.DataFrame
        One row a group, all together first. Person-years count from entry to exit, both days
        being days after diagnosis.

    Examples
    --------
    >>> children = pd.DataFrame(
    ...     {
    ...         "antibody": ["NXP2", "none"],
    ...         "entry_day": [0, 100],
    ...         "exit_day": [731, 465],
    ...         "exit_reason": ["lost", "administrative"],
    ...     }
    ... )
    >>> follow_up_table(children)[["Group", "Children", "Person-years"]].values.tolist()
    [['All', 2, '3.0'], ['NXP2', 1, '2.0'], ['none found', 1, '1.0']]
    """
    needed = [by, "entry_day", "exit_day", "exit_reason"]
    require_columns(patients, needed, "follow_up_table")
    reasons = in_order(patients["exit_reason"])
    rows = []
    for name, frame in groups_of(patients, by, labels).items():
        days = (frame["exit_day"] - frame["entry_day"]).astype(float)
        row = {
            "Group": name,
            "Children": len(frame),
            "Person-years": format_number(days.sum() / DAYS_PER_YEAR, 1),
            "Years followed, median (IQR)": median_iqr(days / DAYS_PER_YEAR, 1),
            "Entered after diagnosis": int((frame["entry_day"] > 0).sum()),
        }
        for reason in reasons:
            heading = label(reason, labels)
            count = int((frame["exit_reason"] == reason).sum())
            row[heading[0].upper() + heading[1:]] = format_count_percent(
                count, len(frame)
            )
        rows.append(row)
    return pd.DataFrame(rows)
