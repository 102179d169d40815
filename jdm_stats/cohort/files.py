"""Reading and checking a cohort: from its own folder, or from an export and a mapping.

A cohort's folder holds patients, courses, events and assessments beside cohort.json; each
table is a CSV or a Parquet file, patients must be there, the others may be absent. Any
other source is read in its own columns and turned into these tables by a mapping.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.doors.database import is_database, label_of
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.examined import examine_cohort, examine_source, examine_tables
from jdm_stats.cohort.mapped import mapping_tally
from jdm_stats.cohort.writing import write_cohort
from jdm_stats.errors import CohortError, Fault, UsageError
from jdm_stats.schema import TABLES

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

    from jdm_stats.cohort.mapping.model import CohortMapping

__all__ = ["check_cohort", "mapping_tally", "read_cohort", "write_cohort"]

Tables = Mapping[str, pd.DataFrame | None]


def read_cohort(
    source: str | os.PathLike[str] | Engine,
    *,
    mapping: str | os.PathLike[str] | CohortMapping | None = None,
    reading: Reading | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Cohort:
    r"""Read a cohort: from its own folder, or from an export by a mapping.

    Parameters
    ----------
    source : path-like, str or SQLAlchemy Engine
        Without a mapping, tables in the schema's own columns: a folder with
        ``patients.csv`` or ``patients.parquet`` and, where there are any, ``courses``,
        ``events`` and ``assessments``; a workbook with sheets, or a database with
        tables, of these names; or one file with the patients alone. With a mapping,
        whatever `jdm_stats.cohort.doors.tables.read_tables` reads.
    mapping : path-like or CohortMapping, optional
        How a registry's own columns, codes, units and dates become the tables.
        ``jdm-stats map EXPORT`` proposes one.
    reading : Reading, optional
        How the files are read, in place of what the mapping declares; what is not
        declared is settled from the files, or refused.
    metadata : mapping, optional
        ``name``, ``synthetic``, ``description`` and ``provenance`` of the cohort: in
        place of its cohort.json, or on top of what the mapping says.

    Returns
    -------
    Cohort
        With a mapping its ``metadata["provenance"]["mapping"]`` names the mapping and
        holds the tally of all it changed; see `mapping_tally`.

    Raises
    ------
    CohortError
        When files cannot be read as tables or the tables break the schema; carries
        every fault found, at once, told in the rows of the source.
    UsageError
        When there is no such source, it needs a mapping, or the mapping is at fault.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "patients.csv").write_text(
    ...         "patient_id,antibody,entry_day,exit_day,exit_reason\n"
    ...         "007,none,0,365,administrative\n"
    ...     )
    ...     _ = (Path(folder) / "cohort.json").write_text(
    ...         '{"name": "My registry", "synthetic": false}'
    ...     )
    ...     cohort = read_cohort(folder)
    >>> cohort.patients[["patient_id", "antibody"]].values.tolist()
    [['007', 'none']]
    """
    examined = examine_source(
        source, mapping=mapping, reading=reading, metadata=metadata
    )
    if examined.errors:
        heading = f"the cohort in {_in_words(source)} has"
        raise CohortError(examined.errors, heading)
    return examined.cohort()


def check_cohort(
    source: str | os.PathLike[str] | Engine | Cohort | Tables,
    *,
    mapping: str | os.PathLike[str] | CohortMapping | None = None,
    reading: Reading | None = None,
    metadata: Mapping[str, Any] | None = None,
    steroids: bool = True,
) -> tuple[Fault, ...]:
    """Return every fault of a cohort, without raising: errors first, then warnings.

    Parameters
    ----------
    source : path-like, str, SQLAlchemy Engine, Cohort or mapping of str to DataFrame
        What `read_cohort` takes, a cohort, or its tables by name. Tables alone do not
        say whether they are synthetic, and then nothing is asked of ``pattern``.
    mapping, reading, metadata
        As for `read_cohort`.
    steroids : bool, default True
        Whether to ask too for all that `steroid_courses` needs: the dose, the last day
        and the weight. A cohort without them can be built, but steroid exposure cannot
        be had from it. Where other faults are, only what is sound is asked.

    Returns
    -------
    tuple of Fault
        Errors (``severity == "error"``) keep the data from being used; warnings ask for
        a second look. Empty when there is nothing to say.
        `jdm_stats.cohort.faults.faults_table` lays them out as a data frame.

    Raises
    ------
    UsageError
        When there is no such source, it needs a mapping, the mapping is at fault, or
        an unknown table is named.

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "antibody": ["NPX2"],
    ...         "entry_day": [0],
    ...         "exit_day": [30],
    ...         "exit_reason": ["lost"],
    ...     }
    ... )
    >>> for fault in check_cohort({"patients": patients}):
    ...     print(fault.rule, "|", fault.message)
    value_not_allowed | 'NPX2' is not a value of antibody
    """
    if isinstance(source, (str, os.PathLike)) or is_database(source):
        examined = examine_source(
            source, mapping=mapping, reading=reading, metadata=metadata
        )
    elif mapping is not None or reading is not None or metadata is not None:
        raise UsageError(
            "mapping, reading and metadata say how a source is read; a "
            f"{type(source).__name__} has been read already"
        )
    elif isinstance(source, Cohort):
        examined = examine_cohort(source)
    else:
        examined = examine_tables(_named(source))
    return examined.all_faults(steroids=steroids)


def _in_words(source: Any) -> str:
    """Name a source in a message; a database address may hold a password."""
    return label_of(source) if is_database(source) else str(Path(source))


def _named(source: Any) -> dict[str, pd.DataFrame | None]:
    """Return the tables of a mapping, or refuse what is none."""
    if not isinstance(source, Mapping):
        raise UsageError(
            f"cannot check a {type(source).__name__}; pass a folder, a Cohort, or the "
            "tables as {'patients': frame, ...}"
        )
    for name in source:
        if name not in TABLES:
            raise UsageError(
                f"there is no table {name!r}; the tables are {', '.join(TABLES)}"
            )
    return dict(source)
