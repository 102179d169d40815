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
from jdm_stats.errors import CohortError
from jdm_stats.schema import TABLES

__all__ = ["Cohort"]

DAYS_PER_YEAR = 365.25


class Cohort:
    """Children with their treatments, events and assessments; checked and frozen.

    Parameters
    ----------
    patients : DataFrame
        One row per child; days count from diagnosis, which is day 0.
    courses, events, assessments : DataFrame, optional
        Treatments, events and measurements; None when there are none.
    metadata : mapping, optional
        ``name`` (str), ``synthetic`` (bool, False when not said), ``description``
        (str) and ``provenance`` (a mapping that can be written as JSON).

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
    Cohort('two children': 2 patients, 0 courses, 4.0 person-years, no perforation)
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
        tables, faults = check_tables(
            {
                "patients": patients,
                "courses": courses,
                "events": events,
                "assessments": assessments,
            }
        )
        if metadata_faults or faults:
            raise CohortError([*metadata_faults, *faults], "the cohort breaks")
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
        return self._tables["patients"].copy()

    @property
    def courses(self) -> pd.DataFrame:
        """One row per course of treatment (a copy)."""
        return self._tables["courses"].copy()

    @property
    def events(self) -> pd.DataFrame:
        """One row per clinical event (a copy)."""
        return self._tables["events"].copy()

    @property
    def assessments(self) -> pd.DataFrame:
        """One row per measurement (a copy)."""
        return self._tables["assessments"].copy()

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the cohort says of itself, read-only."""
        return MappingProxyType(copy.deepcopy(self._metadata))

    @property
    def synthetic(self) -> bool:
        """Whether the children are simulated."""
        return bool(self._metadata["synthetic"])

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

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cohort):
            return NotImplemented
        return self._metadata == other._metadata and all(
            self._tables[name].equals(other._tables[name]) for name in TABLES
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self._tables, self._metadata)

    def _perforations(self) -> str:
        events = self._tables["events"]
        rows = events[(events["event"] == "gi_perforation").to_numpy(dtype=bool)]
        count, children = len(rows), rows["patient_id"].nunique()
        if not count:
            return "no perforation"
        return (
            f"{count} perforation{'s' if count > 1 else ''} "
            f"in {children} {'children' if children > 1 else 'child'}"
        )

    def __repr__(self) -> str:
        return (
            f"Cohort({'SYNTHETIC ' if self.synthetic else ''}"
            f"{self._metadata['name']!r}: {self.n_patients:,} patients, "
            f"{len(self._tables['courses']):,} courses, "
            f"{self.person_years:,.1f} person-years, {self._perforations()})"
        )


def _restored(tables: dict[str, pd.DataFrame], about: dict[str, Any]) -> Cohort:
    """Rebuild a pickled cohort, whose tables were checked when it was made."""
    cohort = object.__new__(Cohort)
    object.__setattr__(cohort, "_tables", tables)
    object.__setattr__(cohort, "_metadata", about)
    return cohort
