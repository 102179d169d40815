"""What kind of export a mapping is for, and its tables once they are plain.

``[source]`` of a mapping: plain tables (when nothing is said), a REDCap project with its
data dictionary, or the OMOP common data model. The other files an export needs, as the
dictionary, are tables of the same source: put them in the same folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.unfolded import Unfolded
from jdm_stats.errors import UsageError

__all__ = ["Export", "unfold_tables"]

Name = Annotated[str, Field(min_length=1)]


class Export(BaseModel):
    """Section ``[source]``: what kind of export it is.

    Parameters
    ----------
    kind : {"tables", "redcap", "omop"}
    table, dictionary : str, optional
        Names of the REDCap export and of its data dictionary among the tables; needed
        only where there are more than these two.
    missing_codes : tuple of str
        Codes a REDCap project declares for missing values.
    codelists : str, optional
        Name of the table with the code list of an OMOP source; the one that comes with
        the package when not said.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["tables", "redcap", "omop"] = "tables"
    table: Name | None = None
    dictionary: Name | None = None
    missing_codes: tuple[str, ...] = ()
    codelists: Name | None = None

    @model_validator(mode="after")
    def _belongs(self) -> Export:
        belongs = {
            "redcap": ("table", "dictionary", "missing_codes"),
            "omop": ("codelists",),
        }
        for kind, keys in belongs.items():
            for key in keys:
                if getattr(self, key) and self.kind != kind:
                    raise ValueError(f"{key} is for kind = {kind!r}")
        return self


def unfold_tables(tables: Mapping[str, RawTable], export: Export) -> Unfolded:
    """Return the plain tables of an export; those of a plain export as they are.

    Parameters
    ----------
    tables : mapping of str to RawTable
        As the doors hand them over.
    export : Export

    Raises
    ------
    UsageError
        When the tables that the kind of export needs are not there.
    """
    if export.kind == "redcap":
        return _redcap(tables, export)
    if export.kind == "omop":
        from jdm_stats.cohort.mapping.omop import unfold_omop
        from jdm_stats.cohort.mapping.omop_codes import codes_of, read_codes

        codes = codes_of(tables, export.codelists) if export.codelists else read_codes()
        return unfold_omop(tables, codes)
    return Unfolded(dict(tables))


def _redcap(tables: Mapping[str, RawTable], export: Export) -> Unfolded:
    from jdm_stats.cohort.mapping.redcap import unfold_redcap
    from jdm_stats.cohort.mapping.redcap_dictionary import (
        is_dictionary,
        parse_dictionary,
    )

    dictionaries = [name for name, table in tables.items() if is_dictionary(table)]
    dictionary = _named(tables, export.dictionary, dictionaries, "dictionary")
    others = [name for name in tables if name not in {*dictionaries, dictionary.name}]
    table = _named(tables, export.table, others, "table")
    return unfold_redcap(table, parse_dictionary(dictionary), export.missing_codes)


def _named(
    tables: Mapping[str, RawTable], name: str | None, found: list[str], key: str
) -> RawTable:
    what = "data dictionary" if key == "dictionary" else "exported table"
    listed = ", ".join(tables) or "none"
    if name is None and len(found) != 1:
        said = "is none" if not found else f"are {len(found)}: {', '.join(found)}"
        raise UsageError(
            f"a REDCap source holds one {what}; there {said}, of the tables {listed}. Put the "
            f"export and its data dictionary into one folder and read the folder, or name "
            f"the {what} under [source]: {key} = ..."
        )
    chosen = found[0] if name is None else name
    if chosen not in tables:
        raise UsageError(
            f"[source] {key}: there is no table {chosen!r}; there are {listed}"
        )
    return tables[chosen]
