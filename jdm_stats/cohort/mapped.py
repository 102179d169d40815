"""A registry's export, turned into the tables by a mapping, faults told in its own rows."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.doors.tables import read_tables
from jdm_stats.cohort.folder import Folder
from jdm_stats.errors import UsageError

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort
    from jdm_stats.cohort.mapping.model import CohortMapping

__all__ = ["mapping_tally", "read_mapped"]

_TALLY = ("table", "block", "column", "what", "from", "to", "rows")


def read_mapped(
    source: Any,
    mapping: str | os.PathLike[str] | CohortMapping,
    *,
    reading: Reading | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Folder:
    """Read an export and apply a mapping to it.

    Parameters
    ----------
    source : what `jdm_stats.cohort.doors.tables.read_tables` takes
    mapping : path-like or CohortMapping
    reading : Reading, optional
        In place of the mapping's section ``[read]``.
    metadata : mapping, optional
        On top of the mapping's section ``[cohort]``.

    Returns
    -------
    Folder
        With the place of every row in the export. Where a table of the export could not
        be read, that is told, and nothing is mapped.

    Raises
    ------
    UsageError
        When there is no such source, or the mapping is at fault.
    """
    rules = _read_mapping(mapping)
    if metadata is not None and not isinstance(metadata, Mapping):
        raise UsageError(
            f"metadata must be a mapping, not {type(metadata).__name__}; its keys are "
            "name, synthetic, description and provenance"
        )
    said = reading if reading is not None else _reading(rules)
    raws, faults = read_tables(source, reading=said)
    folder = Folder(faults=list(faults), metadata=_about(rules, metadata), raws=raws)
    unread = {
        fault.table for fault in faults if fault.severity == "error"
    } - raws.keys()
    if unread or not raws:
        folder.complete = False
        return folder
    from jdm_stats.cohort.mapping.apply import apply_mapping
    from jdm_stats.cohort.mapping.sources import unfold_tables

    plain = unfold_tables(raws, rules.source)
    folder.faults += plain.faults
    if not plain.tables:
        folder.complete = False
        return folder
    mapped = apply_mapping(dict(plain), rules)
    folder.frames = dict(mapped.tables)
    folder.places = mapped.places
    folder.silent = mapped.silent
    folder.faults += mapped.faults
    tally = pd.concat([plain.tally, mapped.tally], ignore_index=True)
    provenance = folder.metadata["provenance"]
    provenance["mapping"] = {
        "name": rules.name,
        "sha256": rules.sha256,
        "tally": json.loads(tally.to_json(orient="records")),
    }
    if files := _digests(source, raws):
        provenance["files"] = files
    notes = {name: list(raw.notes) for name, raw in raws.items() if raw.notes}
    if notes:
        provenance["reading"] = notes
    return folder


def _digests(source: Any, raws: Mapping[str, RawTable]) -> dict[str, str]:
    """Return the SHA-256 of every file that was read; a database has none."""
    if not isinstance(source, (str, os.PathLike)) or not Path(source).exists():
        return {}
    place = Path(source)
    if place.is_file():
        files = [place]
    else:
        named = {raw.source.partition(", sheet ")[0] for raw in raws.values()}
        files = [place / name for name in sorted(named) if (place / name).is_file()]
    return {file.name: _sha256(file) for file in files}


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _reading(rules: CohortMapping) -> Reading:
    """Return how the mapping reads files; of plain tables it tallies empty words itself."""
    declared = rules.read.model_dump()
    if rules.source.kind == "tables":
        declared["missing"] = ("",)
    return Reading(**declared)


def _read_mapping(mapping: Any) -> CohortMapping:
    from jdm_stats.cohort.mapping.model import CohortMapping

    if isinstance(mapping, CohortMapping):
        return mapping
    if isinstance(mapping, (str, os.PathLike)):
        return CohortMapping.from_toml(mapping)
    raise UsageError(
        "mapping must be the path of a mapping file or a CohortMapping, not "
        f"{type(mapping).__name__}"
    )


def _about(rules: CohortMapping, metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    said = {
        "name": rules.cohort.name,
        "synthetic": rules.cohort.synthetic,
        "description": rules.cohort.description,
        **(metadata or {}),
    }
    provenance = said.get("provenance", {})
    said["provenance"] = dict(provenance) if isinstance(provenance, Mapping) else {}
    return said


def mapping_tally(cohort: Cohort) -> pd.DataFrame:
    """Return everything the mapping changed on the way to a cohort.

    Parameters
    ----------
    cohort : Cohort
        As `read_cohort` returns it with a mapping.

    Returns
    -------
    DataFrame
        One row per change: ``table block column what from to rows``; ``rows`` counts the
        rows it touched. Empty when no mapping was used.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> mapping_tally(jdm.simulate_cohort(3, rng=1)).empty
    True
    """
    used = cohort.metadata["provenance"].get("mapping", {})
    records = used.get("tally", []) if isinstance(used, Mapping) else []
    tally = pd.DataFrame(records, columns=None if records else list(_TALLY))
    tally.attrs["jdm_stats"] = {"synthetic": cohort.synthetic}
    return tally
