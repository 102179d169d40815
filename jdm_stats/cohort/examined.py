"""A source read once and checked once: its tables, every fault, and what stands in it.

Reading a cohort, checking one and the command line all stand on this.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

from jdm_stats.cohort.checks import check_tables
from jdm_stats.cohort.cohort import Cohort, of_checked_tables
from jdm_stats.cohort.faults import in_order, told_once
from jdm_stats.cohort.folder import Folder
from jdm_stats.cohort.mapped import read_mapped
from jdm_stats.cohort.metadata import conform_metadata
from jdm_stats.cohort.own_columns import read_own, with_reading
from jdm_stats.cohort.repeats import truly_repeated
from jdm_stats.errors import CohortError, Fault
from jdm_stats.schema import TABLES

if TYPE_CHECKING:
    from jdm_stats.cohort.doors.raw import RawTable

__all__ = ["Examined", "examine_cohort", "examine_source", "examine_tables"]


@dataclass(frozen=True, eq=False)
class Examined:
    """Tables that were checked, with the faults of the schema and of the files.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        All four, as `jdm_stats.cohort.checks.check_tables` returns them.
    faults : tuple of Fault
        In the order of tables and rows, told where they stand in the source.
    known : tuple of Fault
        The same before they are told for a reader: one per cell of the tables.
    found : Folder
        What was read.
    about : mapping
        The metadata.
    """

    tables: Mapping[str, pd.DataFrame]
    faults: tuple[Fault, ...] = ()
    known: tuple[Fault, ...] = ()
    found: Folder = field(default_factory=Folder)
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def errors(self) -> list[Fault]:
        """The faults that keep the tables from being a cohort."""
        return [fault for fault in self.faults if fault.severity == "error"]

    @property
    def received(self) -> Mapping[str, RawTable]:
        """The tables of the source as they came."""
        return self.found.raws

    @property
    def synthetic(self) -> bool | None:
        """Whether the children are simulated; None when nothing says so."""
        said = self.found.metadata.get("synthetic", self.about.get("synthetic"))
        return said if isinstance(said, bool) else None

    def cohort(self) -> Cohort:
        """Return the cohort.

        Raises
        ------
        CohortError
            When there are faults.
        """
        if self.errors:
            raise CohortError(self.errors, "the cohort has")
        return of_checked_tables(self.tables, self.about)

    def all_faults(self, *, steroids: bool = True) -> tuple[Fault, ...]:
        """Return all faults, with what steroid exposure needs and what is odd.

        Parameters
        ----------
        steroids : bool, default True
            Whether to ask for what `jdm_stats.cohort.steroids.steroid_courses` needs.

        Returns
        -------
        tuple of Fault
            Errors first, then warnings.
        """
        from jdm_stats.cohort.second_look import second_look  # only a check asks for it

        errors = self.errors
        if steroids:
            from jdm_stats.cohort.steroid_needs import steroid_needs

            needs = steroid_needs(self.tables, self.known, self.found.silent)
            errors = in_order([*errors, *told_once(self.found.located(needs))])
        warnings = [fault for fault in self.faults if fault.severity != "error"]
        odd = told_once(self.found.located(second_look(self.tables)))
        return (*errors, *warnings, *odd)


def examine_cohort(cohort: Cohort) -> Examined:
    """Take a cohort, whose tables were checked when it was made."""
    tables = {name: getattr(cohort, name) for name in TABLES}
    return Examined(tables, about=dict(cohort.metadata))


def examine_tables(frames: Mapping[str, pd.DataFrame | None]) -> Examined:
    """Check tables that do not say whether they are synthetic."""
    tables, faults = check_tables(frames)
    return Examined(tables, tuple(faults), tuple(faults))


def examine_source(
    source: Any, *, mapping: Any = None, reading: Any = None, metadata: Any = None
) -> Examined:
    """Read a source and check its tables; see `jdm_stats.cohort.files.read_cohort`.

    Raises
    ------
    UsageError
        When there is no such source, it needs a mapping, or the mapping is at fault.
    """
    if mapping is None:
        found = read_own(source, reading=reading, metadata=metadata)
    else:
        found = read_mapped(source, mapping, reading=reading, metadata=metadata)
    about, metadata_faults = conform_metadata(with_reading(found))
    said = "synthetic" in found.metadata and not metadata_faults
    tables, faults = check_tables(
        found.frames,
        agree=found.complete,
        synthetic=about["synthetic"] if said else None,
    )
    emptied = {(f.table, f.row, f.column) for f in found.faults} | found.silent
    new = truly_repeated(_not_told(faults, found), tables, emptied)
    told = in_order([*found.faults, *metadata_faults, *found.located(new)])
    return Examined(
        *(tables, tuple(told_once(told)), (*found.faults, *metadata_faults, *faults)),
        *(found, about),
    )


def _not_told(faults: Iterable[Fault], found: Folder) -> Iterable[Fault]:
    """Leave out faults of cells that only miss what was refused already.

    A cell of merged rows may be refused in one and filled from another row: then it is
    there, and what is wrong with it is told too.
    """
    told = {(f.table, f.row, f.column) for f in found.faults if f.row is not None}
    told |= found.silent
    for fault in faults:
        cell = (fault.table, fault.row, fault.column)
        if cell not in told or (found.places is not None and _is_there(fault, found)):
            yield fault


def _is_there(fault: Fault, found: Folder) -> bool:
    frame = found.frames.get(fault.table)
    if frame is None or fault.row is None or fault.column not in frame.columns:
        return False
    return bool(pd.notna(frame[fault.column].iloc[fault.row - 1]))
