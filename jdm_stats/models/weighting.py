"""Columns beside the formula: weights, strata, clusters and an offset, read and checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import DesignError, UsageError
from jdm_stats.likelihood.risk_sets import FloatArray, IntArray

WEIGHT_KINDS = ("case", "sampling", "frequency")
SHOWN = 20


@dataclass(frozen=True, eq=False)
class Extras:
    """What a fit reads beside its formula, one value a row of the frame.

    Parameters
    ----------
    weights, offset : (n,) float arrays or None
    weight_kind : {"case", "sampling", "frequency"} or None
    strata, cluster : (n,) int arrays or None
        Codes from 0.
    strata_labels, strata_names : tuples of str
        Name of each stratum, by code; columns they were made of, empty for an array.
    named : dict of str to str
        Columns by role, as named by the caller; ``"given"`` for an array.
    offset_name : str or None
        Column of the offset, when it was one.
    """

    weights: FloatArray | None = None
    weight_kind: str | None = None
    strata: IntArray | None = None
    strata_labels: tuple[str, ...] = ()
    strata_names: tuple[str, ...] = ()
    cluster: IntArray | None = None
    offset: FloatArray | None = None
    named: dict[str, str] | None = None
    offset_name: str | None = None

    @property
    def whole_weights(self) -> bool:
        """Whether every weight is a whole number, as counts of rows are."""
        return self.weights is None or bool(
            (self.weights == np.floor(self.weights)).all()
        )


def read_extras(
    frame: pd.DataFrame,
    *,
    weights: Any = None,
    weight_kind: str | None = None,
    strata: Any = None,
    cluster: Any = None,
    offset: Any = None,
    children: np.ndarray | None = None,
) -> Extras:
    """Read the columns (or arrays) that stand beside a formula.

    Parameters
    ----------
    frame : DataFrame
    weights, offset, cluster : str or array of length n, optional
    weight_kind : {"case", "sampling", "frequency"}, optional
        Default "case".
    strata : str, list of str or array of length n, optional
    children : (n,) array, optional
        Names of the children, for messages.

    Returns
    -------
    Extras

    Raises
    ------
    UsageError
        When a column is not there, a length is wrong or the kind is unknown.
    DesignError
        When values are missing, infinite or, for weights, below zero.
    """
    if weight_kind is not None and weight_kind not in WEIGHT_KINDS:
        raise UsageError(
            f"weight_kind must be one of {WEIGHT_KINDS}; received {weight_kind!r}"
        )
    if weight_kind is not None and weights is None:
        raise UsageError(f"weight_kind={weight_kind!r} was given without weights")
    given = {"weights": weights, "strata": strata, "cluster": cluster, "offset": offset}
    named = {role: _name(value) for role, value in given.items() if value is not None}
    heavy = _numbers(frame, weights, "weights", children)
    if heavy is not None:
        _check_weights(heavy, weight_kind, children)
    codes, labels = _groups(frame, strata, "strata", children)
    clusters, _ = _groups(frame, cluster, "cluster", children)
    return Extras(
        weights=heavy,
        weight_kind=None if heavy is None else weight_kind or "case",
        strata=codes,
        strata_labels=labels,
        strata_names=_columns(strata),
        cluster=clusters,
        offset=_numbers(frame, offset, "offset", children),
        named=named,
        offset_name=offset if isinstance(offset, str) else None,
    )


def _name(value: Any) -> str:
    return " x ".join(_columns(value)) or str(getattr(value, "name", None) or "given")


def _columns(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    named = isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)
    return tuple(value) if named else ()


def _column(frame: pd.DataFrame, value: Any, role: str) -> pd.Series:
    if isinstance(value, str):
        if value not in frame.columns:
            raise UsageError(
                f"{role}={value!r}: the frame has no such column; its columns are "
                f"{[str(c) for c in frame.columns]}"
            )
        return frame[value]
    array = value.to_numpy() if isinstance(value, pd.Series) else np.asarray(value)
    if array.shape != (len(frame),):
        raise UsageError(
            f"{role} must name a column or hold one value a row ({len(frame)}); received "
            f"an array of shape {array.shape}"
        )
    return pd.Series(array, index=frame.index)


def _numbers(
    frame: pd.DataFrame, value: Any, role: str, children: np.ndarray | None
) -> FloatArray | None:
    if value is None:
        return None
    column = _column(frame, value, role)
    if not (
        pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)
    ):
        raise DesignError(f"{role} must be numbers; received {column.dtype}")
    numbers = np.asarray(column.to_numpy(dtype=float, na_value=np.nan))
    bad = ~np.isfinite(numbers)
    if bad.any():
        raise DesignError(
            f"{role} is missing or infinite in {_where(bad, children)}; fill in or leave out "
            "those rows"
        )
    return numbers


def _check_weights(
    weights: FloatArray, kind: str | None, children: np.ndarray | None
) -> None:
    below = weights < 0
    if below.any():
        raise DesignError(
            f"weights are below zero in {_where(below, children)}; a weight counts or "
            "stands for children and cannot be negative"
        )
    if len(weights) and not (weights > 0).any():
        raise DesignError("every weight is zero; no row is left")
    broken = weights != np.floor(weights)
    if kind == "frequency" and broken.any():
        raise DesignError(
            f"frequency weights count rows and must be whole; they are not in "
            f"{_where(broken, children)}; use weight_kind='sampling' for inverse "
            "probabilities"
        )


def _groups(
    frame: pd.DataFrame, value: Any, role: str, children: np.ndarray | None
) -> tuple[IntArray | None, tuple[str, ...]]:
    """Codes and labels of a grouping column, or of several together."""
    if value is None:
        return None, ()
    columns = [_column(frame, v, role) for v in (_columns(value) or [value])]
    missing = np.zeros(len(frame), dtype=bool)
    for column in columns:
        missing |= column.isna().to_numpy()
    if missing.any():
        raise DesignError(
            f"{role} is missing in {_where(missing, children)}; code those rows or leave "
            "them out"
        )
    codes, labels = np.zeros(len(frame), dtype=np.int64), [""]
    for column in columns:
        own, levels = pd.factorize(column, sort=True)
        codes = codes * len(levels) + own
        name = "" if column.name is None else f"{column.name}="
        joined = [f"{name}{level}" for level in levels]
        labels = [", ".join(filter(None, (a, b))) for a in labels for b in joined]
    present, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.intp), tuple(labels[k] for k in present)


def _where(rows: np.ndarray, children: np.ndarray | None) -> str:
    """Name the rows, counted from 1, and whose they are."""
    at = np.flatnonzero(rows)
    said = f"{len(at)} row{'s' if len(at) != 1 else ''} (counted from 1: "
    said += ", ".join(str(int(i) + 1) for i in at[:SHOWN])
    said += ", ..." if len(at) > SHOWN else ""
    if children is not None:
        names = [str(name) for name in pd.unique(children[at])]
        more = ", ..." if len(names) > SHOWN else ""
        said += f"; patients {', '.join(names[:SHOWN])}{more}"
    return said + ")"
