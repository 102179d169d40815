"""Tables of a report on single events: who they were, and what the fit is without them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from jdm_stats.html import format_number, format_ratio
from jdm_stats.html.numbers import MISSING
from jdm_stats.report.labels import label
from jdm_stats.report.tables import require_columns

__all__ = ["EVENTS_NOTES", "events_of_a_fit_table", "movements_reading"]

EVENTS_NOTES = (
    "At risk: children at risk on that day, this one included; alike: those with the same "
    "values of every yes-or-no term of the model.",
    "Place: share of those at risk whose predicted hazard was lower. Information: the share "
    "of all that the model knows which comes from this event.",
    "Days since last pulse: – when there was none before the event.",
)

_HEADINGS = {
    "patient": "Child",
    "time": "Day",
    "stratum": "Stratum",
    "antibody": "Antibody",
    "current_dose_mg_kg": "Current dose, mg/kg/day",
    "days_since_pulse": "Days since last pulse",
    "at_risk": "At risk",
    "at_risk_alike": "Alike",
    "place": "Place",
    "share_of_information": "Information",
}


def events_of_a_fit_table(
    events: pd.DataFrame, *, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Write the events of a ledger, one row each, as a reader reads them.

    Parameters
    ----------
    events : pandas.DataFrame
        As ``EventLedger.events`` gives them.
    labels : mapping of str to str, optional
        Words for codes, such as antibodies.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> events = pd.DataFrame(
    ...     {
    ...         "patient": ["child 1"],
    ...         "time": [83.0],
    ...         "at_risk": [487],
    ...         "at_risk_alike": [98],
    ...         "place": [0.894],
    ...         "share_of_information": [0.096],
    ...     }
    ... )
    >>> events_of_a_fit_table(events)[["Day", "Place", "Information"]].values.tolist()
    [['83', '89%', '10%']]
    """
    needed = ["patient", "at_risk", "at_risk_alike", "place", "share_of_information"]
    require_columns(events, needed, "events_of_a_fit_table")
    table = events[[c for c in _HEADINGS if c in events.columns]].copy()
    for column in ("place", "share_of_information"):
        table[column] = [f"{format_number(100 * v, 0)}%" for v in table[column]]
    for column in ("time", "days_since_pulse"):
        if column in table.columns:
            table[column] = [_days(v) for v in table[column]]
    if "antibody" in table.columns:
        table["antibody"] = [label(v, labels) for v in table["antibody"]]
    return table.rename(columns=_HEADINGS)


def _days(value: float) -> str:
    if pd.isna(value):
        return MISSING
    whole = float(value).is_integer()
    return format_number(int(value) if whole else float(value))


def movements_reading(
    movements: pd.DataFrame,
    *,
    ratio: str = "HR",
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Write how far single events move each term.

    Parameters
    ----------
    movements : pandas.DataFrame
        As ``EventLedger.movements(exponentiate=True)`` gives them.
    ratio : str, default "HR"
    labels : mapping of str to str, optional
        Words for terms.

    Returns
    -------
    pandas.DataFrame
        ``Term``, the ratio with every event, its range without each in turn, the event
        that moves it furthest, and the ratio without that one.
    """
    needed = ["term", "estimate", "least_estimate", "greatest_estimate", "label"]
    require_columns(movements, needed, "movements_reading")
    rows = []
    for record in movements.to_dict("records"):
        if record["term"] == "Intercept":
            continue
        with_all = [record[c] for c in ("estimate", "conf_low", "conf_high")]
        without = [record[f"without_{c}"] for c in ("estimate", "low", "high")]
        ends = [
            format_number(float(record[f"{end}_estimate"]), digits=None)
            for end in ("least", "greatest")
        ]
        rows.append(
            {
                "Term": label(record["term"], labels),
                f"{ratio} (95% CI) with every event": format_ratio(*with_all),
                f"{ratio} without each in turn": f"{ends[0]} to {ends[1]}",
                "Moved furthest by": str(record["label"]) or MISSING,
                f"{ratio} (95% CI) without it": format_ratio(*without),
                "No estimate without": "; ".join(record["events_without_estimate"]),
            }
        )
    table = pd.DataFrame(rows)
    lost = "No estimate without"
    return table if rows and table[lost].any() else table.drop(columns=lost)
