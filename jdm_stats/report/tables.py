"""Tables of a report on who was studied: table one and what is missing.

Each takes plain data frames and returns one made of words, ready for
`jdm_stats.report.show.show_table`. Percentages are of children with a known value, what is missing
is counted beside them, and groups are described, never tested: a p-value in table one says nothing
about confounding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import format_count_percent, format_number
from jdm_stats.report.labels import label

__all__ = [
    "TABLE_ONE_NOTES",
    "TABLE_ONE_VARIABLES",
    "missing_table",
    "pool_rare",
    "table_one",
]

TABLE_ONE_VARIABLES = (
    "sex",
    "age_at_diagnosis_years",
    "weight_kg",
    "cmas",
    "mmt8",
    "physician_global",
    "ck_u_l",
    "dysphagia",
    "oedema",
    "skin_ulcer",
    "calcinosis",
    "ro52",
)
TABLE_ONE_NOTES = (
    "IQR: interquartile range. CMAS: Childhood Myositis Assessment Scale; MMT8: manual muscle "
    "testing of eight groups.",
    "Percentages are of children with a known value; those missing are of all children.",
)
_UNKNOWN = {"sex": "unknown"}


def table_one(
    patients: pd.DataFrame,
    *,
    by: str = "antibody",
    variables: Sequence[str] = TABLE_ONE_VARIABLES,
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Describe the children, all together and group by group.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row per child.
    by : str, default "antibody"
        Column of groups, shown in its order of categories if it has one, else by size.
    variables : sequence of str
        Columns to describe. Numbers are given as median (IQR), words and truth values as
        n (%); a column without any known value is left out.
    labels : mapping of str to str, optional
        Words for columns and codes that differ from those of `jdm_stats.report.labels`.

    Returns
    -------
    pandas.DataFrame
        ``Characteristic``, ``Value``, ``All (n = ...)`` and one column a group, all words;
        show it with ``header_column=2``.

    Raises
    ------
    UsageError
        If a column is not there or no child is.

    Examples
    --------
    >>> children = pd.DataFrame(
    ...     {"antibody": ["NXP2", "NXP2", "none"], "sex": ["female"] * 3}
    ... )
    >>> table_one(children, variables=["sex"]).columns.tolist()
    ['Characteristic', 'Value', 'All (n = 3)', 'NXP2 (n = 2)', 'none found (n = 1)']
    """
    require_columns(patients, [by, *variables], "table_one")
    groups = groups_of(patients, by, labels)
    rows = []
    for variable in variables:
        known = {name: _known(frame, variable) for name, frame in groups.items()}
        if known["All"].notna().any():
            heading = label(variable, labels)
            rows += [[heading, *row] for row in _described(known, variable, labels)]
    headings = [f"{name} (n = {len(frame)})" for name, frame in groups.items()]
    return pd.DataFrame(rows, columns=["Characteristic", "Value", *headings])


def require_columns(frame: pd.DataFrame, columns: Iterable[str], caller: str) -> None:
    missing = [name for name in dict.fromkeys(columns) if name not in frame.columns]
    if missing:
        raise UsageError(
            f"{caller} needs columns that are not there: {', '.join(missing)}; "
            f"received {', '.join(map(str, frame.columns))}"
        )


def groups_of(
    patients: pd.DataFrame, by: str, labels: Mapping[str, str] | None
) -> dict[str, pd.DataFrame]:
    """All children first, then each group, then those whose group is missing."""
    if patients.empty:
        raise UsageError("the table has no children to describe")
    groups = {"All": patients}
    for name in in_order(patients[by]):
        inside = (patients[by] == name).fillna(False).to_numpy(dtype=bool)
        if inside.any():
            groups[label(name, labels)] = patients[inside]
    if patients[by].isna().any():
        groups["missing"] = patients[patients[by].isna().to_numpy()]
    return groups


def in_order(column: pd.Series) -> list[object]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.categories)
    counts = column.value_counts()
    return sorted(counts.index, key=lambda name: (-counts[name], str(name)))


def _known(frame: pd.DataFrame, variable: str) -> pd.Series:
    column = frame[variable]
    if variable in _UNKNOWN:
        return column.where(column.ne(_UNKNOWN[variable]).fillna(False))
    return column


def _described(
    known: Mapping[str, pd.Series], variable: str, labels: Mapping[str, str] | None
) -> list[list[str]]:
    whole = known["All"]
    if pd.api.types.is_bool_dtype(whole.dtype):
        rows = [["yes", *(_share(column, True) for column in known.values())]]
    elif pd.api.types.is_numeric_dtype(whole.dtype):
        digits = 0 if _has_no_decimals(whole) else 1
        rows = [
            ["median (IQR)", *(median_iqr(column, digits) for column in known.values())]
        ]
    else:
        rows = [
            [
                label(level, labels),
                *(_share(column, level) for column in known.values()),
            ]
            for level in in_order(whole)
        ]
    if whole.isna().any():
        shares = [
            format_count_percent(int(column.isna().sum()), len(column))
            for column in known.values()
        ]
        rows.append(["missing", *shares])
    return rows


def _has_no_decimals(column: pd.Series) -> bool:
    values = column.dropna().astype(float)
    return bool((values % 1 == 0).all() and values.max() >= 100)


def _share(column: pd.Series, level: object) -> str:
    present = column.dropna()
    return format_count_percent(int((present == level).sum()), len(present))


def median_iqr(column: pd.Series, digits: int, join: str = "–") -> str:
    """Write the median of the known values with their quartiles.

    Parameters
    ----------
    column : pandas.Series of numbers
        Missing values are passed over.
    digits : int
        Decimals.
    join : str, default "–"
        What stands between the quartiles; " to " when one of them is below 0.

    Examples
    --------
    >>> median_iqr(pd.Series([1, 2, 3, 4, 5]), 0), median_iqr(pd.Series([-2.0, 2.0]), 1)
    ('3 (2–4)', '0.0 (−1.0 to 1.0)')
    """
    present = column.dropna().astype(float)
    if present.empty:
        return format_number(None)
    quartiles = present.quantile([0.25, 0.5, 0.75])
    low, middle, high = (format_number(value, digits) for value in quartiles)
    return f"{middle} ({low}{' to ' if quartiles.iloc[0] < 0 else join}{high})"


def pool_rare(
    column: pd.Series,
    *,
    fewest: int,
    keep: Sequence[str] = ("NXP2", "none", "untested"),
    other: str = "other antibody",
) -> pd.Series:
    """Put groups too small to be described apart into one, for display only.

    Parameters
    ----------
    column : pandas.Series of str
        A group for every child.
    fewest : int
        Groups of fewer children are pooled.
    keep : sequence of str
        Groups that stand apart whatever their size; those that say "none" or "not tested"
        come last.
    other : str, default "other antibody"
        Name of the pool.

    Returns
    -------
    pandas.Series
        Categorical: groups by size, then the pool, then none and untested.

    Examples
    --------
    >>> pooled = pool_rare(pd.Series(["NXP2", "SAE", "none", "SRP", "none"]), fewest=2)
    >>> pooled.tolist(), pooled.cat.categories.tolist()
    (['NXP2', 'other antibody', 'none', 'other antibody', 'none'],
     ['NXP2', 'other antibody', 'none'])
    """
    counts = column.value_counts()
    rare = [name for name in counts.index if counts[name] < fewest and name not in keep]
    pooled = column.where(~column.isin(rare), other).astype(object)
    last = [other, "other", "none", "untested"]
    order = [name for name in in_order(pooled.dropna()) if name not in last]
    order += [name for name in last if (pooled == name).any()]
    return pd.Series(
        pd.Categorical(pooled, categories=order), index=column.index, name=column.name
    )


def missing_table(
    frame: pd.DataFrame,
    columns: Sequence[str],
    *,
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count the missing values of columns, the most incomplete first.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per child.
    columns : sequence of str
        Columns to count in; those without a missing value are left out.
    labels : mapping of str to str, optional
        Words for columns.

    Examples
    --------
    >>> missing_table(
    ...     pd.DataFrame({"cmas": [30.0, None], "sex": ["male"] * 2}), ["cmas", "sex"]
    ... )
                          Variable  Known    Missing
    0  CMAS at diagnosis (0 to 52)      1  1 (50.0%)
    """
    require_columns(frame, columns, "missing_table")
    counts = {name: int(_known(frame, name).isna().sum()) for name in columns}
    rows = [
        (
            label(name, labels),
            len(frame) - count,
            format_count_percent(count, len(frame)),
        )
        for name, count in sorted(counts.items(), key=lambda item: -item[1])
        if count
    ]
    return pd.DataFrame(rows, columns=["Variable", "Known", "Missing"])
