"""Parameters, studies and sources as a reader sees them: grade and status spelled out.

Each function gives a table to be shown as it stands. An assumed figure says ASSUMED
wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.evidence.published import adult_steroid_studies, parameters, references
from jdm_stats.evidence.wording import antibody_names
from jdm_stats.html import format_number, format_ratio

__all__ = [
    "effect_table",
    "parameter_table",
    "reading_table",
    "reference_table",
    "steroid_table",
]

_STATUS = {
    "published": "published",
    "calculated here": "calculated here",
    "assumed": "ASSUMED",
}
_SHORT = {"rheumatoid arthritis": "RA", "hazard ratio": "HR", "odds ratio": "OR"}


def parameter_table(status: str) -> pd.DataFrame:
    """Set out the parameters of one status.

    Parameters
    ----------
    status : {"published", "calculated here", "assumed"}
        Which of them.

    Raises
    ------
    UsageError
        For another status.

    Examples
    --------
    >>> table = parameter_table("assumed").set_index("Parameter")
    >>> table.loc["Perforation hazard ratio, NXP2, after 18 months"].tolist()[:3]
    ['hazard ratio 2', '1 to 8', 'C, ASSUMED']
    """
    if status not in _STATUS:
        raise UsageError(f"status is one of {', '.join(_STATUS)}; received {status!r}")
    table = parameters()
    rows = table[table["status"] == status]
    return pd.DataFrame(
        {
            "Parameter": rows["label"].map(antibody_names),
            "Value": [_value(row) for row in rows.to_dict("records")],
            "Range": [_range(row) for row in rows.to_dict("records")],
            "Grade, status": rows["grade"] + ", " + rows["status"].map(_STATUS),
            "Source": rows["source"],
            "Note": rows["note"].map(antibody_names),
        }
    ).reset_index(drop=True)


def _value(row: Mapping) -> str | None:
    """Write the value with its unit; a bare share needs none."""
    if pd.isna(row["value"]):
        return None
    number, unit = _plain(row["value"]), row["unit"]
    if unit in ("proportion", "none"):
        return number
    if unit == "yes or no":
        return "yes" if row["value"] else "no"
    return f"{unit} {number}" if unit.endswith("ratio") else f"{number} {unit}"


def _plain(value: float) -> str:
    return f"{value:g}".replace("-", "−")


def _range(row: Mapping) -> str | None:
    if pd.isna(row["low"]):
        return None
    kind = "" if row["range_kind"] == "plausible range" else f", {row['range_kind']}"
    return f"{_plain(row['low'])} to {_plain(row['high'])}{kind}"


def reading_table() -> pd.DataFrame:
    """Count the sources by how much of them was read.

    Examples
    --------
    >>> table = reading_table()
    >>> int(table["Sources"].sum()) == len(references())
    True
    """
    counts = references()["text_read"].str.replace("; ", " and ").value_counts()
    return pd.DataFrame({"What was read": counts.index, "Sources": counts.to_numpy()})


def reference_table() -> pd.DataFrame:
    """Set out the sources with their identifiers and how much was read.

    Examples
    --------
    >>> reference_table()["Source"].is_monotonic_increasing
    True
    """
    listed = references().sort_values("source", kind="stable")
    return pd.DataFrame(
        {
            "Source": listed["source"],
            "Citation": listed["citation"],
            "DOI or other identifier": listed["doi"].fillna(listed["other_id"]),
            "Text read": listed["text_read"],
        }
    ).reset_index(drop=True)


def steroid_table() -> pd.DataFrame:
    """Set out the studies of steroids and GI perforation outside JDM.

    Examples
    --------
    >>> steroid_table()["Estimate"].tolist()[0]
    'HR 1.28 (1.18 to 1.38)'
    """
    studies = adult_steroid_studies()
    sizes = ["" if pd.isna(n) else f", n = {format_number(n)}" for n in studies["n"]]
    return pd.DataFrame(
        {
            "Study": studies["source"]
            + ": "
            + studies["population"].replace(_SHORT)
            + sizes,
            "Exposure": studies["exposure"],
            "Outcome": studies["outcome"],
            "Estimate": pd.Series(_estimates(studies)).replace(_SHORT, regex=True),
            "Note": studies["note"],
        }
    )


def effect_table(effects: pd.DataFrame) -> pd.DataFrame:
    """Set out what is known of NXP2 and severity.

    Examples
    --------
    >>> from jdm_stats.evidence.published import nxp2_effects
    >>> effect_table(nxp2_effects())["Grade, status"].tolist()[0]
    'A, calculated here'
    """
    return pd.DataFrame(
        {
            "Contrast": effects["contrast"].map(antibody_names),
            "Population": effects["population"],
            "Estimate": _estimates(effects),
            "Grade, status": effects["grade"] + ", " + effects["status"].map(_STATUS),
            "Source": effects["source"],
            "Note": effects["note"].map(antibody_names),
        }
    )


def _estimates(frame: pd.DataFrame) -> list[str]:
    return [_estimate(row) for row in frame.to_dict("records")]


def _estimate(row: Mapping) -> str:
    """Write measure, estimate and limits; a range without an estimate as a range."""
    measure, estimate, low, high = (
        row[key] for key in ("measure", "estimate", "low", "high")
    )
    if pd.isna(estimate):
        return measure if pd.isna(low) else f"{measure} {low:g} to {high:g}"
    if measure == "proportion":
        return f"{100 * estimate:.1f}%"
    if pd.isna(low):
        return f"{measure} {_plain(estimate)}"
    return f"{measure} {format_ratio(estimate, low, high)}"
