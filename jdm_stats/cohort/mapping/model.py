"""The mapping file: read from TOML, checked whole, frozen.

The form of the file is told in docs/mapping.md. Nothing here looks at data.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.mapping.rules import (
    About,
    Block,
    ColumnRule,
    Dates,
    Reads,
)
from jdm_stats.cohort.mapping.soundness import complaints
from jdm_stats.cohort.mapping.sources import Export
from jdm_stats.errors import MappingError, UsageError
from jdm_stats.schema import TABLES, nearest

__all__ = ["CohortMapping", "MappingError"]


def _blocks(value: Any) -> Any:
    """Let one block stand for a list of one."""
    return value if isinstance(value, (list, tuple)) else (value,)


Blocks = Annotated[tuple[Block, ...], BeforeValidator(_blocks)]


class CohortMapping(BaseModel):
    """How a registry's export becomes patients, courses, events and assessments.

    Parameters
    ----------
    version : 1
        Version of the form of the file.
    cohort, source, read, dates
        What the cohort is called, what kind of export it is, how files are read, how
        dates are written.
    patients, courses, events, assessments : tuple of Block
        Blocks of rows; several may fill one table.
    name : str
        The file it came from.
    sha256 : str
        Digest of the file's text, kept with the cohort.

    Raises
    ------
    MappingError
        Listing every fault.

    Examples
    --------
    >>> mapping = CohortMapping.from_text('''
    ... version = 1
    ... [dates]
    ... format = "DD.MM.YYYY"
    ... diagnosis = "Diagnosedatum"
    ... [patients.columns]
    ... patient_id = "PatNr"
    ... antibody = { column = "Antikörper", read = "antibodies" }
    ... entry_day = { column = "Aufnahme", date = true }
    ... exit_day = { column = "Letzter Kontakt", date = true }
    ... exit_reason = { value = "administrative" }
    ... ''')
    >>> mapping
    CohortMapping('cohort': 1 block for patients)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1]
    cohort: About = Field(default_factory=About)
    source: Export = Field(default_factory=Export)
    read: Reads = Field(default_factory=Reads)
    dates: Dates = Field(default_factory=Dates)
    patients: Blocks
    courses: Blocks = ()
    events: Blocks = ()
    assessments: Blocks = ()
    name: str = Field(default="the mapping", exclude=True)
    sha256: str = Field(default="", exclude=True)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> CohortMapping:
        """Read a mapping from a TOML file.

        Parameters
        ----------
        path : path-like
            UTF-8, with or without a byte order mark.

        Raises
        ------
        MappingError
            When the file cannot be read or the mapping is at fault.
        """
        name = f"the mapping {Path(path).name}"
        try:
            text = Path(path).read_bytes().decode("utf-8-sig")
        except OSError as error:
            said = f"the file cannot be read: {error.strerror}"
            raise MappingError([said], name) from error
        except UnicodeDecodeError as error:
            said = f"the file is not UTF-8 (byte {error.start}); save it as UTF-8"
            raise MappingError([said], name) from error
        return cls.from_text(text, name=name)

    @classmethod
    def from_text(cls, text: str, *, name: str = "the mapping") -> CohortMapping:
        r"""Read a mapping from the text of a TOML file.

        Raises
        ------
        MappingError
            Listing every fault.

        Examples
        --------
        >>> CohortMapping.from_text("version = 1\n[patients.columns]\nsex = '?'")
        Traceback (most recent call last):
            ...
        jdm_stats.errors.MappingError: the mapping has 1 fault:
          patients.columns.sex: the question '?' is still open; answer it, or take the
          line out
        """
        try:
            given = tomllib.loads(text.replace("\r\n", "\n"))
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise MappingError([f"the text is not TOML: {error}"], name) from None
        questions = [
            f"{place}: the question '?' is still open; answer it, or take the line out"
            for place in _questions(given)
        ]
        if questions:
            raise MappingError(questions, name)
        reserved = {"name", "sha256"} & given.keys()
        if reserved:
            said = [f"{key}: not a key of a mapping" for key in sorted(reserved)]
            raise MappingError(said, name)
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        try:
            mapping = cls(**given, name=name, sha256=digest)
        except ValidationError as error:
            raise MappingError(_in_words(error), name) from None
        wrong = [*_reading_problems(mapping.read)]
        wrong += complaints(mapping.blocks(), mapping.dates)
        if wrong:
            raise MappingError(wrong, name)
        return mapping

    def blocks(self) -> dict[str, tuple[Block, ...]]:
        """Return the blocks of each of the four tables, in the tables' order."""
        return {table: getattr(self, table) for table in TABLES}

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{len(blocks)} block{'s' if len(blocks) != 1 else ''} for {table}"
            for table, blocks in self.blocks().items()
            if blocks
        )
        return f"CohortMapping({self.cohort.name!r}: {counts})"

    __str__ = __repr__


def _reading_problems(read: Reads) -> Iterator[str]:
    try:
        Reading(**read.model_dump())
    except UsageError as error:
        yield f"read: {error}"


# Lists hold words of the export, among which "?" may well be one.
def _questions(value: Any, place: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if value.strip() == "?":
            yield place
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _questions(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value, start=1):
            if isinstance(inner, dict):
                yield from _questions(inner, f"{place}[{number}]")


def _in_words(error: ValidationError) -> list[str]:
    """Say each fault with its place as the file's author would look for it."""
    said: dict[str, None] = {}
    for fault in error.errors():
        place = ""
        for part in fault["loc"]:
            if isinstance(part, int):
                place += f"[{part + 1}]"
            elif not _OF_PYDANTIC.match(part):
                place += f".{part}" if place else part
        said[f"{place or 'mapping'}: {_reason(fault)}"] = None
    return list(said)


_OF_PYDANTIC = re.compile(
    r"(function-|tuple\[|literal\[|bool$|str$|int$|float$|UnitCol)"
)


def _reason(fault: Any) -> str:
    kind, received = fault["type"], fault.get("input")
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        *place, key = fault["loc"]
        meant = nearest(str(key), _keys(place))
        return "is not a key here" + (f"; did you mean {meant!r}?" if meant else "")
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}; received {received!r}"


_SECTIONS: Mapping[str, type[BaseModel]] = {
    "cohort": About,
    "source": Export,
    "read": Reads,
    "dates": Dates,
}


def _keys(place: Sequence[Any]) -> list[str]:
    """Return the keys that could stand at a place."""
    record: type[BaseModel] = CohortMapping
    if place:
        inner = ColumnRule if "columns" in place else Block
        record = _SECTIONS.get(str(place[0]), inner)
    return [field.alias or name for name, field in record.model_fields.items()]
