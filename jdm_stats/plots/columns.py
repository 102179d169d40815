"""What a plot asks of the table it is given: named columns, told all at once if missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError

__all__ = [
    "flag",
    "is_synthetic",
    "numbers",
    "relabelled",
    "require_columns",
    "text_of",
]


def require_columns(table: object, columns: Iterable[str], what: str) -> pd.DataFrame:
    """Check that ``table`` is a data frame with ``columns`` and hand back a copy.

    Raises
    ------
    UsageError
        Naming every missing column, and those received.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"n": [1]}), ["n", "events"], "rates_plot")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: rates_plot needs the column events; received n; ...
    """
    if not isinstance(table, pd.DataFrame):
        raise UsageError(
            f"{what} takes a tidy pandas DataFrame; received "
            f"{type(table).__name__}; pass result.tidy() or a table with the columns "
            f"{', '.join(columns)}"
        )
    missing = [name for name in columns if name not in table.columns]
    if missing:
        received = ", ".join(str(name) for name in table.columns) or "no columns"
        raise UsageError(
            f"{what} needs the column{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}; received {received}; rename or add them"
        )
    return table.reset_index(drop=True).copy()


def numbers(table: pd.DataFrame, column: str) -> np.ndarray:
    """Give a column as floats, NaN where it is missing or not there at all."""
    if column not in table.columns:
        return np.full(len(table), np.nan)
    return pd.to_numeric(table[column], errors="coerce").to_numpy(
        dtype=float, na_value=np.nan
    )


def text_of(value: Any) -> str:
    """Give a label as text; a missing value is empty, a whole float has no point."""
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def relabelled(labels: Mapping[Any, str] | None) -> dict[str, str]:
    """Give labels by the text of their keys, so that 1, 1.0 and "1" are one group.

    Examples
    --------
    >>> relabelled({1.0: "NXP2"})
    {'1': 'NXP2'}
    """
    return {text_of(key): str(label) for key, label in (labels or {}).items()}


def flag(value: Any) -> bool:
    """Give a truth value; a missing one is False."""
    return not pd.isna(value) and bool(value)


def is_synthetic(told: bool | None, *tables: object) -> bool:
    """Whether a figure is to say SYNTHETIC: as told, else as one of its tables says.

    Parameters
    ----------
    told : bool or None
        What the caller said; None leaves it to the tables.
    *tables : pandas.DataFrame or mapping of them
        Each may carry ``attrs["jdm_stats"]["synthetic"]``; one that is synthetic is
        enough.

    Examples
    --------
    >>> table = pd.DataFrame({"n": [1]})
    >>> table.attrs["jdm_stats"] = {"synthetic": True}
    >>> is_synthetic(None, {"Cox": table}), is_synthetic(False, table)
    (True, False)
    """
    if told is not None:
        return told
    inside = [
        part
        for table in tables
        for part in (table.values() if isinstance(table, Mapping) else [table])
    ]
    said = [getattr(part, "attrs", {}).get("jdm_stats") or {} for part in inside]
    return any(bool(part.get("synthetic")) for part in said)
