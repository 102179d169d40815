"""Complete beside incomplete children: whether those left out look like those kept.

A description, not a test: with a handful of events no p-value can show that two groups
are alike. The standardised difference says how far apart they are in units of spread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.expansion import expand_intervals
from jdm_stats.html import format_count_percent, format_number, html_table, notes_list
from jdm_stats.imputation.contrasts import (
    class_difference,
    number_difference,
)
from jdm_stats.imputation.pattern import known_cells
from jdm_stats.imputation.variables import MISSING_WORDS, Variable, read_variable
from jdm_stats.intervals.marks import SYNTHETIC_NOTE, marked
from jdm_stats.intervals.rates import incidence_rates

GROUPS = ("complete", "incomplete")
DESCRIBED = (
    *("antibody", "age_at_diagnosis_years", "sex", "cmas", "weight_kg", "centre"),
    "diagnosis_year",
)
# A group smaller than this says next to nothing of its kind.
FEW = 5
DESCRIPTION = (
    "This table describes; it does not test. That two groups look alike does not show "
    "that values are missing by chance, and small groups look different by chance."
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Complete and incomplete children side by side; made by `compare_complete`.

    Parameters
    ----------
    table : DataFrame
        ``characteristic, level, statistic`` and for each group ``_n`` (children or
        events behind the figure), the figure itself, ``_low`` and ``_high``; then
        ``standardised_difference``. The statistic is
        "count", "person_years", "rate" (with exact limits), "share" (of those known),
        "missing" (children without the value) or "median" (with quartiles).
    columns : tuple of str
        A child is complete who has all of these.
    n_complete, n_incomplete : int
    notes : tuple of str
    synthetic : bool
    """

    table: pd.DataFrame = field(repr=False)
    columns: tuple[str, ...]
    n_complete: int
    n_incomplete: int
    notes: tuple[str, ...] = field(repr=False)
    synthetic: bool = False

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        return (
            f"<{mark}Comparison: {self.n_complete:,} children complete in "
            f"{', '.join(self.columns)}, {self.n_incomplete:,} not>"
        )

    def _repr_html_(self) -> str:
        rows = self.table
        shown = pd.DataFrame(
            {"Characteristic": [_label(row) for _, row in rows.iterrows()]}
        )
        for group, n in zip(GROUPS, (self.n_complete, self.n_incomplete), strict=True):
            shown[f"{group.capitalize()} (n = {n})"] = [
                _cell(row, group) for _, row in rows.iterrows()
            ]
        shown["Standardised difference"] = rows["standardised_difference"]
        mark = "SYNTHETIC. " if self.synthetic else ""
        caption = (
            f"{mark}Children complete in {', '.join(self.columns)}, and the others"
        )
        return html_table(shown, caption=caption) + notes_list(self.notes)


def compare_complete(
    cohort: Cohort,
    columns: Sequence[str] = ("antibody", "cmas", "weight_kg"),
    *,
    outcome: str = "gi_perforation",
    competing: str | Sequence[str] | None = "death",
    describe: Sequence[str] = DESCRIBED,
    per: float = 100.0,
) -> Comparison:
    """Describe complete and incomplete children side by side.

    Parameters
    ----------
    cohort : Cohort
    columns : sequence of str
        Of the patients table; a child is complete who has a value in all of them (an
        untested antibody and an unknown sex are none).
    outcome, competing : str, sequence of str or None
        Event types, as for `jdm_stats.expand_intervals`.
    describe : sequence of str
        Columns of the patients table to compare.
    per : float, default 100
        Person-years of the rate.

    Returns
    -------
    Comparison

    Raises
    ------
    UsageError
        When a column is not there.

    Notes
    -----
    Standardised differences are complete less incomplete: of means over the root of the
    mean variance; of classes the multivariate distance of Yang and Dalton (SAS Global
    Forum 2012, 335), which is without a sign. NaN where a group has fewer than two
    children with a value.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> compared = compare_complete(jdm.simulate_cohort(200, rng=2), ["antibody"])
    >>> compared
    <SYNTHETIC Comparison: 185 children complete in antibody, 15 not>
    >>> rows = compared.table.set_index("characteristic")
    >>> int(rows.loc["children", "complete"])
    185
    """
    if not isinstance(cohort, Cohort):
        raise UsageError(
            f"compare_complete takes a Cohort, not {type(cohort).__name__}"
        )
    patients = cohort.patients
    named = [columns] if isinstance(columns, str) else list(columns)
    complete = known_cells(patients, named).all(axis=1).to_numpy(dtype=bool)
    described = [describe] if isinstance(describe, str) else list(describe)
    known_cells(patients, described)
    rows = _events(cohort, complete, outcome, competing, per)
    for name in described:
        words = MISSING_WORDS.get(name, ())
        rows += _described(read_variable(patients[name], words=words), complete)
    table = pd.DataFrame(rows)
    table["level"] = table["level"].fillna("").astype(object)
    return Comparison(
        table=marked(table, cohort.synthetic),
        columns=tuple(named),
        n_complete=int(complete.sum()),
        n_incomplete=int((~complete).sum()),
        notes=_notes(complete, rows, cohort.synthetic),
        synthetic=cohort.synthetic,
    )


def _row(characteristic: str, statistic: str, level: object = "") -> dict[str, object]:
    row: dict[str, object] = {
        "characteristic": characteristic,
        "level": level,
        "statistic": statistic,
    }
    for group in GROUPS:
        row |= {f"{group}_n": 0, group: np.nan}
        row |= {f"{group}_low": np.nan, f"{group}_high": np.nan}
    return row | {"standardised_difference": np.nan}


def _events(
    cohort: Cohort,
    complete: np.ndarray,
    outcome: str,
    competing: str | Sequence[str] | None,
    per: float,
) -> list[dict[str, object]]:
    """Children, events, person-years and rate of each group."""
    intervals = expand_intervals(
        cohort, outcome=outcome, competing=competing, covariates=[]
    )
    ids = cohort.patients["patient_id"].to_numpy(dtype=object)
    children = _row("children", "count")
    events, years = _row(outcome, "count"), _row("person-years", "person_years")
    rate = _row(f"{outcome} per {per:g} person-years", "rate")
    for group, which in zip(GROUPS, (complete, ~complete), strict=True):
        children |= {f"{group}_n": int(which.sum()), group: float(which.sum())}
        own = intervals[intervals["patient_id"].isin(ids[which])]
        if own.empty:
            events |= {group: 0.0}
            years |= {f"{group}_n": 0, group: 0.0}
            continue
        found = incidence_rates(own, per=per).iloc[0]
        n = int(found["events"])
        events |= {f"{group}_n": n, group: float(n)}
        years |= {
            f"{group}_n": int(found["patients"]),
            group: float(found["person_years"]),
        }
        rate |= {
            f"{group}_n": n,
            group: float(found["rate"]),
            f"{group}_low": float(found["conf_low"]),
            f"{group}_high": float(found["conf_high"]),
        }
    return [children, events, years, rate]


def _described(variable: Variable, complete: np.ndarray) -> list[dict[str, object]]:
    groups = [variable.values[which] for which in (complete, ~complete)]
    known = [values[~np.isnan(values)] for values in groups]
    gaps = _row(variable.name, "missing")
    for group, values in zip(GROUPS, groups, strict=True):
        count = int(np.isnan(values).sum())
        gaps |= {f"{group}_n": count, group: float(count)}
    if variable.is_class:
        rows = _class_rows(variable, known)
    else:
        rows = [_number_row(variable.name, known)]
    return [*rows, *([gaps] if variable.missing.any() else [])]


def _number_row(name: str, known: Sequence[np.ndarray]) -> dict[str, object]:
    row = _row(name, "median")
    for group, values in zip(GROUPS, known, strict=True):
        row[f"{group}_n"] = len(values)
        if len(values):
            low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
            row |= {f"{group}_low": low, group: middle, f"{group}_high": high}
    row["standardised_difference"] = number_difference(*known)
    return row


def _class_rows(
    variable: Variable, known: Sequence[np.ndarray]
) -> list[dict[str, object]]:
    counts = np.array(
        [np.bincount(v.astype(int), minlength=len(variable.levels)) for v in known]
    )
    rows = []
    for code, level in enumerate(variable.levels):
        row = _row(variable.name, "share", level)
        for place, group in enumerate(GROUPS):
            total = int(counts[place].sum())
            row[f"{group}_n"] = int(counts[place, code])
            row[group] = counts[place, code] / total if total else np.nan
        rows.append(row)
    if rows:
        rows[0]["standardised_difference"] = class_difference(counts)
    return rows


def _notes(
    complete: np.ndarray,
    rows: Sequence[dict[str, object]],
    synthetic: bool,
) -> tuple[str, ...]:
    told = [SYNTHETIC_NOTE] if synthetic else []
    told.append(DESCRIPTION)
    for group, size in zip(GROUPS, (complete.sum(), (~complete).sum()), strict=True):
        if size == 0:
            told.append(f"No child is {group}: there is nothing to compare.")
        elif size < FEW:
            told.append(
                f"Only {size} {'child is' if size == 1 else 'children are'} {group}: their "
                "figures say next to nothing of such children in general."
            )
        elif not rows[1][f"{group}_n"]:
            told.append(
                f"No event among the {group}: the upper limit of the rate is what is known."
            )
    return tuple(told)


def _label(row: pd.Series) -> str:
    """Name a row for a reader."""
    name, statistic = str(row["characteristic"]), row["statistic"]
    if statistic == "missing":
        return f"{name}: not known"
    if statistic == "median":
        return f"{name}, median (quartiles)"
    return f"{name}: {row['level']}" if statistic == "share" else name


def _cell(row: pd.Series, group: str) -> str:
    """Write one figure for a reader."""
    value, n = row[group], row[f"{group}_n"]
    if row["statistic"] in ("count", "missing"):
        return format_number(int(value))
    if row["statistic"] == "person_years":
        return format_number(value, 0)
    if row["statistic"] == "share":
        return (
            "–"
            if np.isnan(value)
            else format_count_percent(n, round(n / value) if value else 1)
        )
    shown = [format_number(row[f"{group}{end}"], 1) for end in ("", "_low", "_high")]
    return "–" if np.isnan(value) else f"{shown[0]} ({shown[1]} to {shown[2]})"
