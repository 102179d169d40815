"""What the study shows, in words: ``findings.md`` with its figures looked up in the table.

A figure is asked for as ``{measure method events term}``, then, where it is not the main
study's with effects, ``null``, ``sampled`` or ``jackknife``. Several methods, events or terms,
joined by commas, give the smallest and the largest: ``{coverage_profile firth,plain 6 any}``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from tests.recovery.design import CHILDREN, TERMS
from tests.recovery.fitting import METHODS

TEMPLATE = Path(__file__).resolve().with_name("findings.md")
LOG_F = ("log-F(1,1)", "log-F(2,2)")
GROUPS = {
    "log-F": LOG_F,
    "penalised": ("firth", *LOG_F),
    "every": tuple(METHODS),
    "light": ("plain", "firth", "log-F(1,1)"),
}
SHARES = ("coverage", "none", "rejects", "separated", "truth", "ratio_against")


def findings(table: pd.DataFrame) -> str:
    """Write the list of findings, as markdown.

    Parameters
    ----------
    table : DataFrame
        As `tests.recovery.page.read_table` gives it.
    """
    text = TEMPLATE.read_text(encoding="utf-8").strip()
    return re.sub(r"\{([^}]+)\}", lambda found: told(table, found[1]), text)


def told(table: pd.DataFrame, asked: str) -> str:
    """Write one figure with its error, a range of several, or a count over all fits."""
    measure, *rest = asked.split()
    if measure in ("count", "fits"):
        return f"{_count(table, *rest)[measure == 'fits']:,}"
    methods, events, terms, *where = rest
    rows = table.loc[
        [
            (
                "null" if "null" in where else "effects",
                number,
                "sampled" in where,
                "jackknife" if "jackknife" in where else "main",
                method,
                term,
                measure,
            )
            for method in GROUPS.get(methods, (methods,))
            for number in _events(events)
            for term in (TERMS if terms == "any" else terms.split(","))
        ]
    ]
    share = measure.startswith(SHARES)
    scale, digits, unit = (100.0, 1, "%") if share else (1.0, 2, "")
    values = scale * rows["value"]
    if len(rows) > 1:
        return f"{values.min():.{digits}f} to {values.max():.{digits}f}{unit}"
    error = scale * rows["mc_error"].iloc[0]
    return f"{values.iloc[0]:.{digits}f}{unit} ({error:.{digits}f})"


def _events(asked: str) -> list[int]:
    return list(CHILDREN) if asked == "any" else [int(k) for k in asked.split(",")]


def _count(table: pd.DataFrame, measure: str, terms: str) -> tuple[int, int]:
    """Count what a share counts, over every fit of the study; and what it is a share of."""
    rows = table.xs(measure, level="measure")
    if terms != "any":
        rows = rows[rows.index.get_level_values("term") == terms]
    return round((rows["value"] * rows["n"]).sum()), round(rows["n"].sum())
