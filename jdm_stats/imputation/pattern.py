"""What is missing, in how many, and in which combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.html import html_table
from jdm_stats.imputation.variables import MISSING_WORDS, missing_cells
from jdm_stats.intervals.marks import is_synthetic, marked

# Columns of the patients table that are looked at when none are named.
BASELINE = (
    *("antibody", "sex", "age_at_diagnosis_years", "centre", "weight_kg", "height_cm"),
    *("cmas", "mmt8", "physician_global", "ck_u_l", "dysphagia", "oedema"),
    *("skin_ulcer", "calcinosis"),
)


@dataclass(frozen=True, eq=False)
class MissingPattern:
    """Which values are missing; made by `missing_pattern`.

    Parameters
    ----------
    counts : DataFrame
        One row per column: ``column, missing, known, share_missing``, most often
        missing first.
    patterns : DataFrame
        One row per combination that occurs: one True or False per column (True is
        known), ``missing_columns`` (how many are missing in it) and ``n`` (children, or
        rows of a frame); the complete ones first, then the most frequent.
    n, n_complete : int
        Children, or rows; those with every column known.
    monotone : bool
        Whether the columns can be put in an order such that a child who lacks one lacks
        all after it. With a single incomplete column that is always so.
    order : tuple of str
        Such an order; columns by how often they are known when there is none.
    unit : {"children", "rows"}
    synthetic : bool

    Examples
    --------
    >>> frame = pd.DataFrame({"cmas": [40, None, 30], "ck_u_l": [200, None, None]})
    >>> found = missing_pattern(frame)
    >>> found.monotone, found.order
    (True, ('cmas', 'ck_u_l'))
    """

    counts: pd.DataFrame = field(repr=False)
    patterns: pd.DataFrame = field(repr=False)
    n: int
    n_complete: int
    monotone: bool
    order: tuple[str, ...] = field(repr=False)
    unit: str = "rows"
    synthetic: bool = False

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        shape = "monotone" if self.monotone else "not monotone"
        return (
            f"<{mark}MissingPattern: {self.n_complete:,} of {self.n:,} {self.unit} "
            f"complete in {len(self.counts)} columns, {len(self.patterns)} patterns, {shape}>"
        )

    def _repr_html_(self) -> str:
        mark = "SYNTHETIC. " if self.synthetic else ""
        counts = pd.DataFrame(
            {
                "Column": self.counts["column"],
                "Missing": self.counts["missing"],
                "Known": self.counts["known"],
                "Missing (%)": 100 * self.counts["share_missing"],
            }
        )
        flags = list(self.counts["column"])
        shown = self.patterns[["n", *flags]].astype(object)
        shown[flags] = np.where(self.patterns[flags].to_numpy(bool), "known", "missing")
        shown = shown.rename(columns={"n": self.unit.capitalize()})
        shape = "monotone" if self.monotone else "not monotone"
        return html_table(
            counts,
            caption=f"{mark}Missing values of {self.n:,} {self.unit}",
            formats={"Missing (%)": ".1f"},
        ) + html_table(shown, caption=f"{mark}Patterns ({shape})")


def missing_pattern(
    source: pd.DataFrame | Cohort,
    columns: Sequence[str] | None = None,
    *,
    missing_words: Mapping[str, Sequence[str]] | None = None,
) -> MissingPattern:
    """Count what is missing, column by column and in which combinations.

    Parameters
    ----------
    source : DataFrame or Cohort
        A cohort's patients table is looked at; an untested antibody and an unknown sex
        count as missing.
    columns : sequence of str, optional
        By default all columns of a frame, and what a cohort knows of a child at
        diagnosis.
    missing_words : mapping of str to sequence of str, optional
        Words that stand for a missing value, by column. By default "untested" in
        ``antibody`` and "unknown" in ``sex``, in a frame too.

    Returns
    -------
    MissingPattern

    Raises
    ------
    UsageError
        When a column is not there or named twice, or there is no row.

    Examples
    --------
    >>> frame = pd.DataFrame({"antibody": ["NXP2", "untested"], "cmas": [None, 30.0]})
    >>> found = missing_pattern(frame)
    >>> found
    <MissingPattern: 0 of 2 rows complete in 2 columns, 2 patterns, not monotone>
    >>> found.patterns[["antibody", "cmas", "n"]]
       antibody   cmas  n
    0     False   True  1
    1      True  False  1
    """
    frame, unit, synthetic = table_of(source)
    if columns is None and isinstance(source, Cohort):
        columns = BASELINE
    known = known_cells(frame, columns, missing_words)
    counts = _counts(known)
    flags = known[list(counts["column"])]
    grouped = flags.groupby(list(flags.columns), observed=True, sort=True).size()
    patterns = grouped.rename("n").reset_index()
    patterns["missing_columns"] = (~patterns[list(flags.columns)]).sum(axis=1)
    patterns["complete"] = patterns["missing_columns"] == 0
    patterns = patterns.sort_values(
        ["complete", "n", "missing_columns"],
        ascending=[False, False, True],
        kind="stable",
    ).drop(columns="complete")
    patterns = patterns[[*flags.columns, "missing_columns", "n"]].reset_index(drop=True)
    return MissingPattern(
        counts=marked(counts, synthetic),
        patterns=marked(patterns, synthetic),
        n=len(frame),
        n_complete=int(flags.all(axis=1).sum()),
        monotone=_nested(~flags.drop_duplicates().to_numpy(bool)),
        order=tuple(known.sum().sort_values(ascending=False, kind="stable").index),
        unit=unit,
        synthetic=synthetic,
    )


def table_of(source: pd.DataFrame | Cohort) -> tuple[pd.DataFrame, str, bool]:
    """Give the table to look at, what its rows are, and whether they are simulated."""
    if isinstance(source, Cohort):
        return source.patients, "children", source.synthetic
    if not isinstance(source, pd.DataFrame):
        raise UsageError(
            f"give a DataFrame or a Cohort, not {type(source).__name__}; read files with "
            "read_cohort first"
        )
    return source, "rows", is_synthetic(source)


def known_cells(
    frame: pd.DataFrame,
    columns: Sequence[str] | None,
    missing_words: Mapping[str, Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Tell for every cell whether it holds a value.

    Raises
    ------
    UsageError
        When a column is not there or named twice, or there is no row.
    """
    named = frame.columns if columns is None else columns
    names = [named] if isinstance(named, str) else list(named)
    wrong = []
    absent = [str(name) for name in names if name not in frame.columns]
    if absent:
        wrong.append(
            f"there is no column {', '.join(map(repr, absent))}; the columns are "
            f"{', '.join(map(str, frame.columns))}"
        )
    if len(set(names)) < len(names):
        wrong.append(f"a column is named twice: {', '.join(map(str, names))}")
    clash = [name for name in names if name in ("n", "missing_columns")]
    if clash:
        wrong.append(f"rename the column {', '.join(clash)}: the result has one too")
    if not names:
        wrong.append("no column is named; name one or more")
    if not len(frame):
        wrong.append("the table has no row")
    if wrong:
        raise UsageError("; ".join(wrong))
    words = MISSING_WORDS if missing_words is None else missing_words
    return pd.DataFrame(
        {name: ~missing_cells(frame[name], words.get(name, ())) for name in names}
    )


def _counts(known: pd.DataFrame) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "column": list(known.columns),
            "missing": (~known).sum().to_numpy(),
            "known": known.sum().to_numpy(),
        }
    )
    table["share_missing"] = table["missing"] / len(known)
    return table.sort_values("missing", ascending=False, kind="stable").reset_index(
        drop=True
    )


def _nested(missing: np.ndarray) -> bool:
    """Whether the sets of missing columns, one per row, lie inside each other."""
    ordered = missing[np.argsort(missing.sum(axis=1), kind="stable")]
    return bool((ordered[:-1] <= ordered[1:]).all())
