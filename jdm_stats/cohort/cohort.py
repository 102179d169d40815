"""Cohort: what is known of the children, checked once and then frozen."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from types import MappingProxyType
from typing import Any

import pandas as pd

from jdm_stats.cohort.checks import check_tables
from jdm_stats.cohort.metadata import conform_metadata
from jdm_stats.cohort.truth import Truth, truth_of
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.schema import DAYS_PER_YEAR, TABLES

__all__ = ["Cohort", "of_checked_tables"]


class Cohort:
    """Children with their treatments, events and assessments; checked and frozen.

    Parameters
    ----------
    patients : DataFrame
        One row per child; days count from diagnosis, which is day 0.
    courses, events, assessments : DataFrame, optional
        Treatments, events and measurements; None when there are none.
    metadata : mapping, optional
        ``name`` (str), ``synthetic`` (bool, False when not said; must be True where
        patients have a ``pattern``), ``description`` (str) and ``provenance`` (a
        mapping that can be written as JSON).

    Raises
    ------
    CohortError
        When a table breaks the schema; carries every fault found, at once.
    UsageError
        When a table is not a DataFrame or the metadata are not a mapping.

    See Also
    --------
    jdm_stats.schema.TABLES : what each column means, with its unit and range.

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1", "P2"],
    ...         "antibody": ["NXP2", "none"],
    ...         "entry_day": [0, 0],
    ...         "exit_day": [731, 730],
    ...         "exit_reason": ["lost", "administrative"],
    ...     }
    ... )
    >>> Cohort(patients, metadata={"name": "two children"})
    Cohort('two children': 2 patients, no course, 4.0 person-years, no perforation)
    """

    __slots__ = ("_metadata", "_tables")
    __hash__ = None  # type: ignore[assignment]

    _metadata: dict[str, Any]
    _tables: dict[str, pd.DataFrame]

    def __init__(
        self,
        patients: pd.DataFrame,
        courses: pd.DataFrame | None = None,
        events: pd.DataFrame | None = None,
        assessments: pd.DataFrame | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        about, metadata_faults = conform_metadata(metadata)
        synthetic = None if metadata_faults else bool(about["synthetic"])
        tables, faults = check_tables(
            {
                "patients": patients,
                "courses": courses,
                "events": events,
                "assessments": assessments,
            },
            synthetic=synthetic,
        )
        if metadata_faults or faults:
            raise CohortError([*metadata_faults, *faults], "the cohort has")
        object.__setattr__(self, "_metadata", about)
        object.__setattr__(self, "_tables", tables)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(
            f"a Cohort cannot be changed; build a new one to set {name!r}"
        )

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"a Cohort cannot be changed; {name!r} stays")

    @property
    def patients(self) -> pd.DataFrame:
        """One row per child (a copy)."""
        return self._copy("patients")

    @property
    def courses(self) -> pd.DataFrame:
        """One row per course of treatment (a copy)."""
        return self._copy("courses")

    @property
    def events(self) -> pd.DataFrame:
        """One row per clinical event (a copy)."""
        return self._copy("events")

    @property
    def assessments(self) -> pd.DataFrame:
        """One row per measurement (a copy)."""
        return self._copy("assessments")

    def _copy(self, name: str) -> pd.DataFrame:
        """Copy a table; one of simulated children says so in ``attrs["jdm_stats"]``."""
        table = self._tables[name].copy()
        if self.synthetic:
            table.attrs["jdm_stats"] = {"synthetic": True}
        return table

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the cohort says of itself, read-only."""
        return MappingProxyType(copy.deepcopy(self._metadata))

    @property
    def synthetic(self) -> bool:
        """Whether the children are simulated."""
        return bool(self._metadata["synthetic"])

    @property
    def truth(self) -> Truth:
        """What is known for certain of simulated children: the effects they were drawn with.

        Raises
        ------
        UsageError
            For real children, who have no known truth.

        Examples
        --------
        >>> import jdm_stats as jdm
        >>> jdm.simulate_cohort(20, rng=1).truth.no_gi_factor
        0.05
        """
        return truth_of(self)

    @property
    def n_patients(self) -> int:
        """Number of children."""
        return len(self._tables["patients"])

    @property
    def person_years(self) -> float:
        """Years from entry to exit, summed over children (years of 365.25 days)."""
        patients = self._tables["patients"]
        days = (patients["exit_day"] - patients["entry_day"]).sum()
        return float(days) / DAYS_PER_YEAR

    def without_index_pattern(self) -> Cohort:
        """Leave out the children made to follow the index case.

        Their perforations were placed where the published case has them, not drawn, and
        the case that raised a question cannot help to answer it. Nothing changes in a
        cohort without such children, as any registry is.

        Returns
        -------
        Cohort

        Raises
        ------
        UsageError
            When no other child is left.

        Examples
        --------
        >>> import jdm_stats as jdm
        >>> cohort = jdm.simulate_cohort(20, rng=1, n_index_pattern=2)
        >>> cohort.without_index_pattern().n_patients
        18
        """
        followers = self._tables["patients"]["pattern"] == "index_case"
        placed = self._tables["patients"].loc[followers.fillna(False), "patient_id"]
        if placed.empty:
            return self
        if len(placed) == self.n_patients:
            raise UsageError(
                "every child of the cohort follows the index case's pattern"
            )
        kept = {
            name: table[~table["patient_id"].isin(placed)]
            for name, table in self._tables.items()
        }
        return Cohort(**kept, metadata=self._metadata)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cohort):
            return NotImplemented
        return self._metadata == other._metadata and all(
            self._tables[name].equals(other._tables[name]) for name in TABLES
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return of_checked_tables, (self._tables, self._metadata)

    def _count(self, event: str) -> tuple[int, int]:
        """Return how many such events there are, and in how many children."""
        events = self._tables["events"]
        rows = events[(events["event"] == event).to_numpy(dtype=bool)]
        return len(rows), int(rows["patient_id"].nunique())

    def __repr__(self) -> str:
        return (
            f"Cohort({'SYNTHETIC ' if self.synthetic else ''}"
            f"{self._metadata['name']!r}: "
            f"{_counted(self.n_patients, 'patient')}, "
            f"{_counted(len(self._tables['courses']), 'course')}, "
            f"{self.person_years:,.1f} person-years, "
            f"{_in_children(*self._count('gi_perforation'), 'perforation')})"
        )

    def _repr_html_(self) -> str:
        from jdm_stats.html import html_table  # only a notebook needs it

        courses = self._tables["courses"]
        treated = int(courses["patient_id"].nunique())
        rows = {
            "Patients": f"{self.n_patients:,}",
            "Person-years": f"{self.person_years:,.1f}",
            "Courses": _in_children(len(courses), treated, "course"),
            "Perforations": _in_children(*self._count("gi_perforation"), "perforation"),
            "Deaths": _counted(self._count("death")[0], "death"),
            "Assessments": f"{len(self._tables['assessments']):,}",
        }
        name = self._metadata["name"]
        notes = [self._metadata["description"]]
        if self.synthetic:
            notes.insert(0, "SYNTHETIC: these children are simulated.")
        return html_table(
            pd.DataFrame({"Cohort": rows.keys(), "Count": rows.values()}),
            caption=f"SYNTHETIC cohort {name}" if self.synthetic else f"Cohort {name}",
            footnotes=[note for note in notes if note],
        )


def as_cohort(given: object) -> Cohort:
    """Return a Cohort as it is; UsageError tells how to make one of anything else."""
    if isinstance(given, Cohort):
        return given
    raise UsageError(
        f"cohort must be a Cohort, received {type(given).__name__}; make one with "
        "Cohort(patients, courses, events, assessments) or read_cohort(source)"
    )


def _counted(count: int, thing: str) -> str:
    if not count:
        return f"no {thing}"
    return f"{count:,} {thing}{'s' if count != 1 else ''}"


def _in_children(count: int, children: int, thing: str) -> str:
    if not count:
        return f"no {thing}"
    owners = "child" if children == 1 else "children"
    return f"{_counted(count, thing)} in {children:,} {owners}"


def of_checked_tables(
    tables: Mapping[str, pd.DataFrame], about: Mapping[str, Any]
) -> Cohort:
    """Make a cohort of tables and metadata that have been checked; nothing is asked.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        All four, as `jdm_stats.cohort.checks.check_tables` returns them without a fault.
    about : mapping
        As `jdm_stats.cohort.metadata.conform_metadata` returns it.
    """
    cohort = object.__new__(Cohort)
    object.__setattr__(cohort, "_tables", dict(tables))
    object.__setattr__(cohort, "_metadata", dict(about))
    return cohort
