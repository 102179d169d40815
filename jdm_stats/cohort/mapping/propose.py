"""A first mapping for an export, proposed from what stands in it, never guessed.

The proposal is a TOML text to be read by a person. A value ``"?"`` is a question that
only the register can answer, and a mapping that holds one is refused; a comment
``# UNSURE`` marks what was taken from a likeness. The same export gives the same text.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.mapping import propose_blocks as blocks
from jdm_stats.cohort.mapping.omop import omop_mapping
from jdm_stats.cohort.mapping.omop_model import is_omop
from jdm_stats.cohort.mapping.propose_cells import suggestion
from jdm_stats.cohort.mapping.propose_dates import ColumnDates, settle_dates
from jdm_stats.cohort.mapping.propose_head import write_head
from jdm_stats.cohort.mapping.propose_looks import (
    ColumnLook,
    TableLook,
    look_at_table,
)
from jdm_stats.cohort.mapping.propose_reading import look_in
from jdm_stats.cohort.mapping.propose_roles import one_fact_a_row, record_types, roles
from jdm_stats.cohort.mapping.propose_rules import Rules
from jdm_stats.cohort.mapping.propose_toml import Draft
from jdm_stats.cohort.mapping.propose_values import UNSETTLED
from jdm_stats.errors import CohortError

__all__ = ["Proposal", "propose_mapping"]


_SYSTEM = ("redcap_event_name", "redcap_repeat_instance")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed mapping.

    Parameters
    ----------
    toml : str
        The text of the mapping file.
    unsure : tuple of str
        The questions, in words, each with its place in the text.
    left_out : tuple of str
        Columns of the export that no line reads, each with why and what it looks like.
    name : str
        What was looked at.
    """

    toml: str
    unsure: tuple[str, ...]
    left_out: tuple[str, ...]
    name: str = "the export"

    @property
    def open_questions(self) -> int:
        """How many values are ``"?"``: the mapping is refused until they are answered."""
        return self.toml.count(f'"{UNSETTLED}"')

    def __repr__(self) -> str:
        return (
            f"Proposal for {self.name}: {_count(self.open_questions, 'value')} to fill in "
            f"('?'), {_count(len(self.unsure), 'question')}, "
            f"{_count(len(self.left_out), 'column')} left out"
        )

    def _repr_html_(self) -> str:
        from jdm_stats.html import notes_list
        from jdm_stats.html.escaping import escape

        parts = [
            notes_list(list(self.unsure), title="Questions", kind="warning"),
            notes_list(list(self.left_out), title="Columns left out"),
        ]
        shown = "".join(part for part in parts if part)
        return f"<p>{escape(repr(self))}</p>{shown}<pre>{escape(self.toml)}</pre>"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def propose_mapping(
    source: str | os.PathLike[str] | Mapping[str, RawTable],
    *,
    reading: Reading | None = None,
) -> Proposal:
    """Propose a mapping for an export; nothing is written and nothing is changed.

    Parameters
    ----------
    source : path, database address, or mapping of str to RawTable
        Whatever `read_tables` of the doors reads.
    reading : Reading, optional
        How files are read, where that is not to be sniffed.

    Returns
    -------
    Proposal

    Raises
    ------
    CohortError
        When nothing can be read as a table.
    UsageError
        When there is no such source.

    Notes
    -----
    Headings are compared with words of English, German, French, Spanish and Italian; what
    only holds such a word is marked as unsure. A date format is settled by every date of
    the export together, and left at ``"?"`` where none of them settles it. A code is given
    a meaning only where a word says it: sex 1 and 2 stay ``"?"``.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "PatNr": ["1", "2"],
    ...         "Geschlecht": ["1", "2"],
    ...         "Diagnosedatum": ["31.12.2019", "01.02.2020"],
    ...     }
    ... )
    >>> proposal = propose_mapping({"kinder": RawTable("kinder", "kinder.csv", frame)})
    >>> [question for question in proposal.unsure if "sex" in question]
    ["patients.sex: what '1', '2' mean is for you to say"]
    >>> 'format = "DD.MM.YYYY"' in proposal.toml
    True
    """
    looked = look_in(source, reading)
    tables = looked.tables
    if is_omop(tables):
        return _omop(tables)
    draft = Draft()
    kind, plain, labels = _unfold(tables, draft)
    looks = [look_at_table(table, labels) for table in plain.values()]
    parts = [part for look in looks for part in (record_types(look) or [look])]
    dates = settle_dates(_dates_of(parts))
    write_head(draft, kind, tables, parts, dates, looked)
    _write_blocks(draft, parts, Rules(draft, dates), only=len(plain) == 1)
    for look in looks:
        if one_fact_a_row(look):
            draft.ask(one_fact_a_row(look))
    left_out = _left_out(parts, draft)
    for column in left_out:
        draft.say(f"left out: {column}")
    return Proposal(
        draft.text(), tuple(dict.fromkeys(draft.unsure)), tuple(left_out), _name(tables)
    )


def _omop(tables: Mapping[str, RawTable]) -> Proposal:
    """Return the mapping that comes with the package for an OMOP source."""
    asks = "what is the source called?"
    named = f'name = "{UNSETTLED}"  # UNSURE: {asks}'
    text = omop_mapping().replace('name = "OMOP source"', named)
    return Proposal(text, (f"cohort.name: {asks}",), (), _name(tables))


def _unfold(
    tables: Mapping[str, RawTable], draft: Draft
) -> tuple[str, dict[str, RawTable], dict[str, str]]:
    """Lay a REDCap export out first; labels of its fields help to read their names."""
    from jdm_stats.cohort.mapping.redcap import once_tables, unfold_redcap
    from jdm_stats.cohort.mapping.redcap_dictionary import (
        is_dictionary,
        parse_dictionary,
    )

    dictionaries = [table for table in tables.values() if is_dictionary(table)]
    others = {name: t for name, t in tables.items() if not is_dictionary(t)}
    if len(dictionaries) != 1 or len(others) != 1:
        return "tables", dict(tables), {}
    dictionary = parse_dictionary(dictionaries[0])
    unfolded = unfold_redcap(next(iter(others.values())), dictionary)
    if not unfolded.tables:
        raise CohortError(unfolded.faults, "the REDCap export has")
    if unfolded.faults:
        codes = [fault.message for fault in unfolded.faults[:3]]
        draft.unsure.append(
            f"source.missing_codes: {len(unfolded.faults)} cells are not in the data "
            f"dictionary ({'; '.join(codes)}); declare codes for missing values"
        )
    labels = {name: one.label for name, one in dictionary.fields.items()}
    return "redcap", once_tables(unfolded), labels


def _dates_of(parts: Sequence[TableLook]) -> dict[tuple[str, str], ColumnDates]:
    return {
        (part.table.name, one.name): one.dates
        for part in parts
        for one in part.columns
        if one.dates is not None
    }


def _name(tables: Mapping[str, RawTable]) -> str:
    return ", ".join(dict.fromkeys(table.source for table in tables.values()))


def _write_blocks(
    draft: Draft, parts: Sequence[TableLook], rules: Rules, *, only: bool
) -> None:
    by_role = {
        role: [part for part in parts if role in roles(part)]
        for role in ("patients", "courses", "events", "dates", "assessments")
    }
    children = by_role["patients"]
    for number, part in enumerate(children):
        single = len(children) == 1
        blocks.write_patients(draft, part, rules, only, number == 0, single)
    if not children:
        draft.head("[patients.columns]")
        draft.put("patient_id", UNSETTLED, "no table looks like one of children")
    for part in by_role["courses"]:
        blocks.write_courses(draft, part, rules, only)
    for part in by_role["events"]:
        blocks.write_events(draft, part, rules, only)
    for part in by_role["dates"]:
        blocks.write_dated_events(draft, part, rules, only)
    if not _tells_deaths(parts):
        for part in children:
            blocks.write_deaths(draft, part, rules, only)
    for part in by_role["assessments"]:
        blocks.write_visits(draft, part, rules, only)


def _tells_deaths(parts: Sequence[TableLook]) -> bool:
    from jdm_stats.cohort.mapping.propose_values import read_codes

    for part in parts:
        if part.has("date:death"):
            return True
        event = part.meaning("event")
        if event is not None and "death" in read_codes("event", event.given()).values():
            return True
    return False


def _left_out(parts: Sequence[TableLook], draft: Draft) -> list[str]:
    """Return each column that no line reads, with why and what it may be."""
    listed: dict[tuple[str, str], str] = {}
    for part in parts:
        for one in part.columns:
            system = one.meaning == "synthetic" or one.name in _SYSTEM
            if not system and (part.name, one.name) not in draft.used:
                listed.setdefault((part.name, one.name), _why(one))
    return [f"{column!r} in {table}: {why}" for (table, column), why in listed.items()]


def _why(one: ColumnLook) -> str:
    if one.meaning is None or ":" in one.meaning:
        return suggestion(one.words, one.dates)
    told = "cells" if one.heading.told_by == "cells" else "heading"
    return f"its {told} may mean {one.meaning}, for which this table has no line"
