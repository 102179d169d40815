"""A mapping applied to an export: four tables, every fault, and a tally of all changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.faults import in_order, told_once
from jdm_stats.cohort.mapping import (
    antibody_cells,
    antibody_results,
    assembly,
    blocks,
    children,
    dates,
    doses,
    dosing,
    drugs,
    figures,
    numbers,
    passed_over,
    recodes,
)
from jdm_stats.cohort.mapping.assembly import Places, TableMade, assemble
from jdm_stats.cohort.mapping.blocks import Part, chosen_rows, read_block, used_columns
from jdm_stats.cohort.mapping.children import count_days, describe_children
from jdm_stats.cohort.mapping.model import CohortMapping, MappingError
from jdm_stats.cohort.mapping.rules import Block
from jdm_stats.cohort.mapping.tally import TallyLine, left_over, tally_table
from jdm_stats.errors import Fault
from jdm_stats.schema import nearest

__all__ = ["RULES", "Mapped", "apply_mapping"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        **recodes.RULES,
        **numbers.RULES,
        **figures.RULES,
        **doses.RULES,
        **dosing.RULES,
        **drugs.RULES,
        **antibody_cells.RULES,
        **antibody_results.RULES,
        **dates.RULES,
        **children.RULES,
        **blocks.RULES,
        **assembly.RULES,
        **passed_over.RULES,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Mapped:
    """What a mapping made of an export.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Patients, courses, events and assessments, for
        `jdm_stats.cohort.checks.check_tables`; a cell at fault is missing.
    faults : tuple of Fault
        In the order of tables and rows, each with its ``source`` in the export; a cell
        that several blocks read is told once, of the first.
    tally : DataFrame
        ``table block column what from to rows``: all that was changed, and what of the
        export was not read.
    places : mapping of str to a sequence of str
        Where each row of a table stands in the export.
    silent : frozenset of (table, row, column)
        Missing cells whose reason ``faults`` tell elsewhere (days of a child without a
        date of diagnosis, cells that several blocks read), of which nothing need be
        said again.
    name : str
        The cohort's name.
    synthetic : bool
    """

    tables: Mapping[str, pd.DataFrame]
    faults: tuple[Fault, ...]
    tally: pd.DataFrame
    places: Mapping[str, Places]
    silent: frozenset[tuple[str, int, str]] = frozenset()
    name: str = "cohort"
    synthetic: bool = False

    def __repr__(self) -> str:
        rows = ", ".join(
            f"{len(frame):,} {name}" for name, frame in self.tables.items()
        )
        count = len(self.faults)
        return (
            f"Mapped({'SYNTHETIC ' if self.synthetic else ''}{self.name!r}: {rows}; "
            f"{count or 'no'} fault{'' if count == 1 else 's'}, "
            f"{len(self.tally)} kinds of change)"
        )

    def _repr_html_(self) -> str:
        from jdm_stats.html import html_table  # only a notebook needs it

        return html_table(
            self.tally,
            caption=f"What the mapping changed in {self.name}",
            footnotes=[repr(self)],
            header_column=3,
            synthetic=self.synthetic,
        )


def apply_mapping(tables: Mapping[str, RawTable], mapping: CohortMapping) -> Mapped:
    """Turn the tables of an export into patients, courses, events and assessments.

    Nothing is guessed: what the mapping does not settle is a fault. The export is not
    changed.

    Parameters
    ----------
    tables : mapping of str to RawTable
        As the doors hand them over.
    mapping : CohortMapping

    Returns
    -------
    Mapped

    Raises
    ------
    MappingError
        When the mapping names tables or columns that the export does not have.

    Examples
    --------
    >>> export = pd.DataFrame(
    ...     {
    ...         "PatNr": ["K1", "K2"],
    ...         "Diagnose": ["12.03.2019", "31.02.2019"],
    ...         "AK": ["MJ (p140) pos., Ro52 +", "MSA neg."],
    ...         "zuletzt": ["12.03.2020", "1.4.2020"],
    ...     }
    ... )
    >>> mapping = CohortMapping.from_text('''
    ... version = 1
    ... [dates]
    ... format = "DD.MM.YYYY"
    ... diagnosis = "Diagnose"
    ... [patients.columns]
    ... patient_id = "PatNr"
    ... antibody = { column = "AK", read = "antibodies" }
    ... entry_day = { value = 0 }
    ... exit_day = { column = "zuletzt", date = true }
    ... exit_reason = { value = "administrative" }
    ... ''')
    >>> raw = RawTable("kinder", "kinder.csv", export, np.array([2, 3]), ",")
    >>> mapped = apply_mapping({"kinder": raw}, mapping)
    >>> mapped.tables["patients"][
    ...     ["patient_id", "antibody", "exit_day"]
    ... ].values.tolist()
    [['K1', 'NXP2', 366.0], ['K2', 'none', nan]]
    >>> for fault in mapped.faults:
    ...     print(fault.source, "|", fault.message)
    kinder.csv line 3, column 'Diagnose' | there is no day '31.02.2019'
    """
    named = _named_tables(tables, mapping)
    problems = list(_not_there(tables, mapping, named))
    if problems:
        raise MappingError(problems, mapping.name)
    parts: dict[str, list[Part]] = {}
    for table, table_blocks in mapping.blocks().items():
        parts[table] = [
            read_block(table, _label(table, number, block), block, raw, mapping)
            for number, (block, raw) in enumerate(
                zip(table_blocks, named[table], strict=True), start=1
            )
        ]
    known = describe_children(parts["patients"])
    for part in (part for each in parts.values() for part in each):
        count_days(part, known)
    made = {table: assemble(table, each) for table, each in parts.items()}
    return _mapped(made, parts, tables, mapping)


def _mapped(
    made: Mapping[str, TableMade],
    parts: Mapping[str, Sequence[Part]],
    tables: Mapping[str, RawTable],
    mapping: CohortMapping,
) -> Mapped:
    lines: list[TallyLine] = [
        (table, block, column, note, rows)
        for table, each in made.items()
        for block, column, note, rows in each.tally
    ]
    lines += left_over(tables, *_used(parts, tables, mapping))
    faults = in_order(fault for each in made.values() for fault in each.faults)
    once = told_once(faults)
    kept = {_cell(fault) for fault in once}
    again = {_cell(fault) for fault in faults} - kept
    return Mapped(
        MappingProxyType({table: each.frame for table, each in made.items()}),
        (
            *once,
            *passed_over.passed_over(part for each in parts.values() for part in each),
        ),
        tally_table(lines),
        MappingProxyType({table: each.places for table, each in made.items()}),
        frozenset(again).union(*(each.silent for each in made.values())),
        mapping.cohort.name,
        mapping.cohort.synthetic,
    )


def _cell(fault: Fault) -> tuple[str, int, str]:
    return fault.table, fault.row or 0, fault.column or ""


def _label(table: str, number: int, block: Block) -> str:
    return f"{table}[{number}]" + (f" from {block.source}" if block.source else "")


def _used(
    parts: Mapping[str, Sequence[Part]],
    tables: Mapping[str, RawTable],
    mapping: CohortMapping,
) -> tuple[dict[str, npt.NDArray[np.bool_]], dict[str, set[str]]]:
    """Return which rows and columns of the export some block takes."""
    taken: dict[str, npt.NDArray[np.bool_]] = {}
    read: dict[str, set[str]] = {}
    names = {id(raw): name for name, raw in tables.items()}
    for part in (part for each in parts.values() for part in each):
        name = names[id(part.rows.raw)]
        held = taken.setdefault(name, np.zeros(len(part.rows.raw.frame), dtype=bool))
        held[chosen_rows(part.block, part.rows.raw)] = True
        used = read.setdefault(name, set())
        used |= {column for _, column in used_columns(part.block)}
        if part.table == "patients":
            dated = (mapping.dates.diagnosis, mapping.dates.birth)
            used |= {column for column in dated if column is not None}
    return taken, read


def _named_tables(
    tables: Mapping[str, RawTable], mapping: CohortMapping
) -> dict[str, list[RawTable]]:
    """Return the table of the export that each block names."""
    problems: list[str] = []
    named: dict[str, list[RawTable]] = {}
    for table, table_blocks in mapping.blocks().items():
        named[table] = []
        for number, block in enumerate(table_blocks, start=1):
            place = table if len(table_blocks) == 1 else f"{table}[{number}]"
            found = _table(tables, block, place)
            if isinstance(found, str):
                problems.append(found)
            else:
                named[table].append(found)
    if problems:
        raise MappingError(problems, mapping.name)
    return named


def _table(tables: Mapping[str, RawTable], block: Block, place: str) -> RawTable | str:
    there = ", ".join(map(repr, tables)) or "none"
    if block.source is None:
        if len(tables) == 1:
            return next(iter(tables.values()))
        return f"{place}.from: say which table is meant; the export has {there}"
    if block.source in tables:
        return tables[block.source]
    meant = nearest(block.source, tables)
    hint = f"did you mean {meant!r}? " if meant else ""
    return (
        f"{place}.from: the export has no table {block.source!r}; {hint}it has {there}"
    )


def _not_there(
    tables: Mapping[str, RawTable],
    mapping: CohortMapping,
    named: Mapping[str, Sequence[RawTable]],
) -> Iterator[str]:
    """Say which columns the mapping names that the export does not have, or has twice."""
    for table, table_blocks in mapping.blocks().items():
        for number, (block, raw) in enumerate(
            zip(table_blocks, named[table], strict=True), start=1
        ):
            place = table if len(table_blocks) == 1 else f"{table}[{number}]"
            for key, column in used_columns(block):
                problem = _column_problem(raw, column)
                if problem:
                    yield f"{place}.{key}: {problem}"
    for key in ("diagnosis", "birth"):
        column = getattr(mapping.dates, key)
        raws = named["patients"]
        if column is not None and not any(column in raw.frame.columns for raw in raws):
            yield f"dates.{key}: {_column_problem(raws[0], column)}"


def _column_problem(raw: RawTable, column: str) -> str | None:
    headings = [str(name) for name in raw.frame.columns]
    count = headings.count(column)
    if count == 1:
        return None
    if count:
        return (
            f"the heading {column!r} stands {count} times in {raw.source}; rename one"
        )
    meant = nearest(column, headings)
    hint = f"did you mean {meant!r}?" if meant else f"it has {', '.join(headings)}"
    return f"{raw.source} has no column {column!r}; {hint}"
