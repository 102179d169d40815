"""The table under the linter as arrays: rows in order of child and time, columns as numbers.

Rows at risk are in (start, stop]; a landmark table has one row per child and becomes rows
(landmark, landmark + horizon]. Nothing here changes the frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import IntervalError, UsageError
from jdm_stats.intervals.audit import IntervalAudit, audit_intervals
from jdm_stats.intervals.marks import recurrent_mark
from jdm_stats.plan import AnalysisPlan

# Rules of the audit that leave rows without a place in time.
_UNSOUND = (
    *("patient_id_missing", "not_a_number", "missing_time", "infinite_time"),
    *("zero_length", "reversed", "event_missing", "event_code"),
)
_YES = {"yes", "true", "exposed", "ever", "y", "ja", "1"}
_NO = {"no", "false", "unexposed", "never", "n", "nein", "0"}
_WEIGHTS = ("weight", "weights", "ipcw", "ipw")


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column as numbers, in the order of `Rows`; NaN where missing.

    ``constant`` says that no child's value changes; ``binary`` that it holds 0 and 1
    alone, and both.
    """

    name: str
    values: np.ndarray
    constant: bool
    binary: bool


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of n children, sorted by child and start.

    Parameters
    ----------
    place : (rows,) int array
        Row of the frame, counted from 0.
    child : (rows,) int array
        Number of the child.
    start, stop, event : (rows,) float arrays
    labels : (n,) object array
        Patient ids.
    first, last : (n,) int arrays
        Where each child's rows begin and end.
    landmark : float or None
        Day of the landmark, for a landmark table.
    """

    frame: pd.DataFrame
    place: np.ndarray
    child: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    labels: np.ndarray
    first: np.ndarray
    last: np.ndarray
    landmark: float | None
    noted: dict[str, Any]
    names: tuple[str, ...]
    audit: IntervalAudit | None
    _columns: dict[str, Column | None] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Number of children."""
        return len(self.labels)

    @property
    def begin(self) -> np.ndarray:
        """First start of each child."""
        return self.start[self.first]

    @property
    def end(self) -> np.ndarray:
        """Last stop of each child."""
        return self.stop[self.last]

    @property
    def code(self) -> np.ndarray:
        """Event code of each child's last row."""
        return self.event[self.last]

    @property
    def table(self) -> str:
        """``intervals`` or ``landmark``."""
        return "intervals" if self.landmark is None else "landmark"

    def column(self, name: str) -> Column | None:
        """Read a column as numbers; None when it holds words."""
        if name not in self._columns:
            self._columns[name] = self._read(name)
        return self._columns[name]

    def columns(self) -> Iterator[Column]:
        """Every column to be judged that holds numbers."""
        for name in self.names:
            column = self.column(name)
            if column is not None:
                yield column

    def _read(self, name: str) -> Column | None:
        numbers = _numbers(self.frame[name])
        if numbers is None:
            return None
        values = numbers[self.place]
        own = values[self.first][self.child]
        same = (values == own) | (np.isnan(values) & np.isnan(own))
        present = values[~np.isnan(values)]
        low, high = (present.min(), present.max()) if len(present) else (0.0, 0.0)
        binary = (
            low == 0 and high == 1 and bool(((present == 0) | (present == 1)).all())
        )
        return Column(name, values, bool(same.all()), binary)


def read_rows(
    frame: pd.DataFrame,
    *,
    plan: AnalysisPlan | None,
    formula: str | None,
    start: str,
    stop: str,
    event: str,
    patient_id: str,
) -> Rows:
    """Read a table of rows at risk, or of landmark rows, for the linter.

    Raises
    ------
    UsageError
        If a column is not there, or neither times nor a landmark are known.
    IntervalError
        If rows have no sound place in time.
    """
    noted = dict(frame.attrs.get("jdm_stats", {}))
    names = [column for column in frame.columns if isinstance(column, str)]
    if len(set(names)) < len(names):
        raise UsageError(f"several columns bear one name: {names}; keep one of each")
    _require(names, [patient_id, event])
    mark = recurrent_mark(frame)
    if mark is not None and mark.spell is not None:
        raise UsageError(
            "these rows count time from the event before, and time zero is judged in days "
            "from diagnosis; give the rows that recurrent_rows was given"
        )
    reserved = {patient_id, start, stop, event}
    judged = _judged(names, reserved, formula)
    child, unique = pd.factorize(frame[patient_id])
    labels = np.asarray(unique, dtype=object)
    if start in names and stop in names:
        audit = audit_intervals(
            frame, start=start, stop=stop, event=event, patient_id=patient_id
        )
        unsound = [fault for fault in audit.faults if fault.rule in _UNSOUND]
        if unsound:
            raise IntervalError(
                unsound, heading="the rows have no sound place in time;"
            )
        begins = frame[start].to_numpy(dtype=float)
        ends = frame[stop].to_numpy(dtype=float)
        landmark = None
    else:
        audit = None
        landmark, horizon = _landmark(names, noted, plan, start, stop)
        begins = np.full(len(frame), landmark)
        ends = begins + horizon
        if len(labels) < len(frame) or (child < 0).any():
            raise UsageError(
                "landmark rows are one per child, each with its id; "
                f"received {len(frame)} rows of {len(labels)} children"
            )
    codes = frame[event].to_numpy(dtype=float, na_value=np.nan)
    order = np.lexsort((begins, child))
    child = child[order]
    edge = np.append(True, child[1:] != child[:-1])[: len(child)]
    first = np.flatnonzero(edge)
    last = np.append(first[1:], len(child))[: len(first)] - 1
    return Rows(
        *(frame, order, child, begins[order], ends[order], codes[order], labels),
        *(first, last, landmark, noted, judged, audit),
    )


def _require(names: Sequence[str], wanted: Sequence[str]) -> None:
    absent = [name for name in wanted if name not in names]
    if absent:
        raise UsageError(
            f"no column {', '.join(map(repr, absent))} in the rows; name the columns "
            "with patient_id=, start=, stop= and event=; the rows have "
            f"{', '.join(names)}"
        )


def _landmark(
    names: Sequence[str],
    noted: dict[str, Any],
    plan: AnalysisPlan | None,
    start: str,
    stop: str,
) -> tuple[float, float]:
    day = noted.get("landmark_days")
    horizon = noted.get("horizon_days")
    if day is None and plan is not None and start not in names and stop not in names:
        day, horizon = plan.landmark_days, plan.horizon_days
    if day is None or horizon is None:
        _require(names, [start, stop])
        raise UsageError("the rows have neither times nor a landmark; pass a plan")
    return float(day), float(horizon)


def _judged(
    names: Sequence[str], reserved: set[str], formula: str | None
) -> tuple[str, ...]:
    """Columns to be judged: those of the formula, or all that are no key, day or weight."""
    if formula is not None:
        return formula_columns(formula, names)
    days = re.compile(r"(^|_)(day|date|reason|id)$")
    return tuple(
        name
        for name in names
        if name not in reserved and name not in _WEIGHTS and not days.search(name)
    )


def formula_columns(formula: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that the right-hand side of a formula reads.

    Raises
    ------
    UsageError
        If it reads none of them.

    Examples
    --------
    >>> formula_columns(
    ...     "C(antibody, Treatment('none')) + dose", ["dose", "antibody", "x"]
    ... )
    ('dose', 'antibody')
    """
    right = formula.rpartition("~")[2]
    quoted = set(re.findall(r"`([^`]+)`", right))
    bare = re.sub(r"`[^`]+`|'[^']*'|\"[^\"]*\"", " ", right)
    read = quoted | set(re.findall(r"[^\W\d]\w*", bare))
    found = tuple(name for name in names if name in read)
    if not found:
        raise UsageError(
            f"the formula {formula!r} reads no column of the rows, which have "
            f"{', '.join(names)}"
        )
    return found


def _numbers(column: pd.Series) -> np.ndarray | None:
    """Numbers as they are, yes and no as 1 and 0; None for other words and dates."""
    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(
        column.dtype
    ):
        return column.to_numpy(dtype=float, na_value=np.nan)
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return None
    codes, levels = pd.factorize(column)
    values = [_number(level) for level in levels]
    if not values or None in values:
        return None
    return np.append(np.array(values, dtype=float), np.nan)[codes]


def _number(level: object) -> float | None:
    if isinstance(level, bool | np.bool_) or pd.api.types.is_number(level):
        return float(level)  # type: ignore[arg-type]
    word = str(level).strip().lower()
    if word in _YES:
        return 1.0
    return 0.0 if word in _NO else None
