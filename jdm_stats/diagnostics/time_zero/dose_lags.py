"""The lag under which a column is the steroid dose of the day, found by trying them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from jdm_stats.diagnostics.time_zero.names import says_steroid_dose
from jdm_stats.diagnostics.time_zero.record import Record
from jdm_stats.diagnostics.time_zero.rows import Column, Rows
from jdm_stats.exposure.step_sums import StepSums

LOOK_DAYS = 60
_LAGS = np.arange(-LOOK_DAYS, LOOK_DAYS + 1)
_FEW, _MANY = 300, 20_000
_ENOUGH_ROWS = 20  # rows that tell two lags apart, for a column with a name of its own


@dataclass(frozen=True, slots=True, eq=False)
class DoseColumn:
    """A column tied to the dose of the day.

    ``lags`` are all whole numbers of days, from -60 to 60, that explain it in every row
    looked at; below 0 the dose comes from later days. ``anchors`` are the days of a row
    it was read on: first and last, or one of them.
    """

    column: Column
    unit: str
    lags: tuple[int, ...]
    anchors: tuple[str, ...]

    @property
    def longest(self) -> int:
        """The longest lag that explains it: the kindest reading."""
        return max(self.lags)


@dataclass(frozen=True, slots=True, eq=False)
class DoseLook:
    """The doses of a table's rows under every lag, worked out once for all columns.

    Parameters
    ----------
    rows : Rows
    record : Record
    known : int array
        Rows of children whose doses are all known.
    """

    rows: Rows
    record: Record
    known: np.ndarray
    _few: np.ndarray
    _many: np.ndarray
    _under_lags: dict[tuple[str, str], np.ndarray] = field(default_factory=dict)

    @classmethod
    def at(cls, rows: Rows, record: Record) -> DoseLook:
        """Choose the rows to be looked at: those of events, and others at equal steps."""
        dosed = (record.known & record.dosed[: rows.n])[rows.child]
        known = np.flatnonzero(dosed)
        few = _sample(rows.event, known, _FEW)
        return cls(rows, record, known, few, _sample(rows.event, known, _MANY))

    def tie(self, column: Column) -> DoseColumn | None:
        """Find the lags under which a column is the dose of the day; None if none.

        A column is first held against the dose over all of each row, then against that of
        its last day, then of its first: rows need not be cut where the dose changes.
        """
        value = column.values[self._many]
        if not (np.nan_to_num(value) != 0).any():
            return None
        for unit, sums in self.record.doses.items():
            if not self._telling(sums, column):
                continue
            for anchors in (("first", "last"), ("last",), ("first",)):
                lags = self._fitting(unit, column, anchors)
                if lags:
                    return DoseColumn(column, unit, lags, anchors)
        return None

    def dose(
        self, sums: StepSums, at: np.ndarray, lag: int, anchor: str = "last"
    ) -> np.ndarray:
        """Dose that acts on the first or last day of each row; landmark rows: at it."""
        return sums.up_to(self.rows.child[at], self._day(at, anchor) - lag) * 1e-9

    def _day(self, at: np.ndarray, anchor: str) -> np.ndarray:
        if self.rows.landmark is not None:
            day = np.full(len(at), np.ceil(self.rows.landmark) - 1)
        elif anchor == "last":
            day = np.ceil(self.rows.stop[at]) - 1
        else:
            day = np.floor(self.rows.start[at])
        return day.astype(np.int64)

    def _few_under_lags(self, unit: str, anchor: str) -> np.ndarray:
        """Doses of the few rows (columns) under every lag (rows)."""
        if (unit, anchor) not in self._under_lags:
            day = self._day(self._few, anchor)[np.newaxis] - _LAGS[:, np.newaxis]
            child = np.broadcast_to(self.rows.child[self._few], day.shape)
            dose = self.record.doses[unit].up_to(child.ravel(), day.ravel()) * 1e-9
            self._under_lags[unit, anchor] = dose.reshape(day.shape)
        return self._under_lags[unit, anchor]

    def _fitting(
        self, unit: str, column: Column, anchors: Iterable[str]
    ) -> tuple[int, ...]:
        fits = np.ones(len(_LAGS), dtype=bool)
        few = column.values[self._few]
        for anchor in anchors:
            fits &= agrees(few, self._few_under_lags(unit, anchor)).all(axis=1)
        many, sums = column.values[self._many], self.record.doses[unit]
        return tuple(
            int(lag)
            for lag in _LAGS[fits]
            if all(
                agrees(many, self.dose(sums, self._many, lag, a)).all() for a in anchors
            )
        )

    def _telling(self, sums: StepSums, column: Column) -> bool:
        """Whether agreement is more than chance: by the name, or by many changes."""
        if says_steroid_dose(column.name):
            return True
        here, later = (self.dose(sums, self._many, lag) for lag in (0, -30))
        here = np.where(np.isnan(column.values[self._many]), np.nan, here)
        return int((~agrees(here, later)).sum()) >= _ENOUGH_ROWS


def _sample(event: np.ndarray, usable: np.ndarray, size: int) -> np.ndarray:
    events = usable[event[usable] > 0][:size]
    step = max(len(usable) // size, 1)
    return np.union1d(events, usable[::step])


def agrees(value: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Whether a value is the dose but for rounding; a missing value denies nothing.

    Examples
    --------
    >>> agrees(np.array([1.0, 2.0, np.nan]), np.array([1.0, 2.5, 3.0])).tolist()
    [True, False, True]
    """
    near = np.abs(value - dose) <= 1e-6 * np.maximum(1.0, np.abs(dose))
    return near | np.isnan(value)
