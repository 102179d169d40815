"""A cohort being corrupted: every change goes through here and is written down.

Rows are never moved or removed while a fault is looked for, so that the row a fault is
told at is the row it was put in; what is added stands at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.schema import TABLES

__all__ = ["Draft", "FileEdit", "Kind", "Spot"]

FileEdit = Callable[[Path], None]  # done to the folder once it is written

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a fault was put, as a check must tell it."""

    table: str
    row: int | None
    patient_id: str | None
    column: str | None
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to go wrong.

    Parameters
    ----------
    name : str
        The code of the rule it breaks, and after a point the way it is broken.
    stage : str
        What must be sound for it to be seen; see
        `jdm_stats.simulation.spoiling.cohort.corrupt`.
    put : function of a Draft
        Puts it into the draft and says where; None when no place is left for it.
    says : str
        What happened to the data, in words.
    reads : frozenset of str
        Columns, as ``"table.column"``, without which it cannot be seen.
    """

    name: str
    stage: str
    put: Callable[[Draft], Spot | None]
    says: str
    reads: frozenset[str] = frozenset()

    @property
    def code(self) -> str:
        """The code of the rule that is broken."""
        return self.name.partition(".")[0]


@dataclass
class Draft:
    """Tables that are being spoilt, and the list of what was done to them."""

    sound: Mapping[str, pd.DataFrame]
    tables: dict[str, pd.DataFrame]
    metadata: dict[str, Any]
    rng: np.random.Generator
    free: set[str]
    lost: set[str] = field(default_factory=set)
    claimed: set[str] = field(default_factory=set)
    changes: list[dict[str, Any]] = field(default_factory=list)
    files: list[FileEdit] = field(default_factory=list)
    injection: int = 0

    @classmethod
    def of(cls, cohort: Cohort, rng: np.random.Generator) -> Draft:
        """Begin with a sound cohort, which is not touched."""
        sound = {name: getattr(cohort, name) for name in TABLES}
        tables = {name: _plain(table) for name, table in sound.items()}
        about = {key: cohort.metadata[key] for key in cohort.metadata}
        return cls(sound, tables, about, rng, set(sound["patients"]["patient_id"]))

    # --- looking for a place ---------------------------------------------------------

    def pick(self, places: npt.ArrayLike) -> int | None:
        """Return one of the places, or None when there is none."""
        choice = np.asarray(places)
        return int(choice[self.rng.integers(len(choice))]) if len(choice) else None

    def row(self, table: str, mask: Any = True) -> int | None:
        """Return the place of a row of a child that nothing was done to yet."""
        frame = self.sound[table]
        fit = frame["patient_id"].isin(self.free).to_numpy(dtype=bool)
        fit &= np.asarray(pd.Series(mask, index=frame.index).fillna(False), dtype=bool)
        return self.pick(np.flatnonzero(fit))

    def child(self, mask: Any = True, *, alive: bool = True) -> int | None:
        """Return the place in patients of a child that nothing was done to yet.

        A child that is ``alive`` has no perforation either.
        """
        frame, events = self.sound["patients"], self.sound["events"]
        fit = np.asarray(pd.Series(mask, index=frame.index).fillna(False), dtype=bool)
        if alive:
            marked = events["event"].isin(["death", "gi_perforation"])
            fit &= (
                ~frame["patient_id"].isin(events.loc[marked, "patient_id"]).to_numpy()
            )
        return self.row("patients", fit)

    def value(self, table: str, place: int, column: str) -> Any:
        """Return what the sound cohort says there."""
        return _python(self.sound[table][column].iloc[place])

    def known(self, table: str, place: int) -> dict[str, Any]:
        """Return the filled cells of a row of the sound cohort."""
        row = self.sound[table].iloc[place]
        return {str(name): _python(value) for name, value in row.dropna().items()}

    # --- changing --------------------------------------------------------------------

    def take(self, patient_id: str | None) -> None:
        """Leave a child alone from now on, so that no fault hides another."""
        self.free.discard(patient_id or "")

    def put(self, table: str, place: int, column: str, value: Any) -> Spot:
        """Write a cell, take its child and say where the fault is to be told."""
        frame = self.tables[table]
        child = self.value(table, place, "patient_id")
        cells = frame[column].tolist()
        old = cells[place]
        cells[place] = value
        frame[column] = pd.Series(cells, dtype=object)
        self.take(child)
        self.note("cell", table, place + 1, column, old, value)
        told = value if column == "patient_id" else child
        return Spot(table, place + 1, told, column, old, value)

    def add(self, table: str, cells: Mapping[str, Any], column: str | None) -> Spot:
        """Add a row at the end and say where the fault is to be told."""
        frame = self.tables[table]
        row = [cells.get(name) for name in frame.columns]
        grown = [*frame.to_numpy(dtype=object).tolist(), row]
        self.tables[table] = pd.DataFrame(grown, columns=frame.columns, dtype=object)
        self.take(cells.get("patient_id"))
        given = {name: value for name, value in cells.items() if value is not None}
        self.note("row added", table, len(grown), None, None, given)
        new = given if column is None else cells.get(column)
        return Spot(table, len(grown), cells.get("patient_id"), column, None, new)

    def note(
        self,
        what: str,
        table: str,
        row: int | None,
        column: str | None,
        old: Any,
        new: Any,
    ) -> None:
        """Write down a change."""
        self.changes.append(
            {
                "injection": self.injection,
                **{"what": what, "table": table, "row": row, "column": column},
                **{"old": old, "new": new},
            }
        )


def _python(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, Any] = {}
    for name in table.columns:
        cells = table[name].astype(object).to_numpy(dtype=object).copy()
        cells[table[name].isna().to_numpy(dtype=bool)] = None
        columns[str(name)] = pd.Series(cells, dtype=object)
    return pd.DataFrame(columns)
