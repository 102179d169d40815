"""A first mapping for an export, proposed from what stands in it, never guessed.

The proposal is a TOML text to be read by a person. A value ``"?"`` is a question that
only the register can answer, and a mapping that holds one is refused; a comment
``# UNSURE`` marks what was taken from a likeness. The same export gives the same text.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.doors.reading import Reading
from jdm_stats.cohort.mapping import propose_blocks as blocks
from jdm_stats.cohort.mapping.omop import omop_mapping
from jdm_stats.cohort.mapping.omop_model import is_omop
from jdm_stats.cohort.mapping.propose_dates import (
    ColumnDates,
    DateSettlement,
    settle_dates,
)
from jdm_stats.cohort.mapping.propose_looks import TableLook, look_at_table
from jdm_stats.cohort.mapping.propose_roles import record_types, roles
from jdm_stats.cohort.mapping.propose_rules import Rules
from jdm_stats.cohort.mapping.propose_toml import Draft
from jdm_stats.cohort.mapping.propose_values import UNSETTLED
from jdm_stats.errors import CohortError, Fault

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
        Columns of the export that no line reads: ``"Blutgruppe in kinder"``.
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
    tables, faults = _tables_of(source, reading)
    if not tables:
        raise CohortError(faults, "the export has")
    if is_omop(tables):
        return _omop(tables)
    draft = Draft()
    kind, plain, labels = _unfold(tables, draft)
    looks = [look_at_table(table, labels) for table in plain.values()]
    parts = [part for look in looks for part in (record_types(look) or [look])]
    dates = settle_dates(_dates_of(parts))
    _write_head(draft, kind, tables, parts, dates, faults)
    _write_blocks(draft, parts, Rules(draft, dates), only=len(plain) == 1)
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


def _tables_of(
    source: Any, reading: Reading | None
) -> tuple[dict[str, RawTable], list[Fault]]:
    if isinstance(source, Mapping):
        return dict(source), []
    from jdm_stats.cohort.doors.tables import read_tables

    return read_tables(source, reading=reading)


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


def _write_head(
    draft: Draft,
    kind: str,
    tables: Mapping[str, RawTable],
    parts: Sequence[TableLook],
    dates: DateSettlement,
    faults: Sequence[Fault],
) -> None:
    questions, draft.unsure = draft.unsure, []
    draft.say(f"Proposed for {_name(tables)}.")
    draft.say("Fill in what holds a question mark, and look at each UNSURE.")
    draft.lines.append("version = 1")
    draft.head("[cohort]")
    draft.put("name", UNSETTLED, "what is the register called?")
    _write_synthetic(draft, parts)
    if kind != "tables":
        draft.head("[source]")
        draft.put("kind", kind)
        codes = _counted(parts, "sentinels")
        if codes:
            draft.put(
                "missing_codes", list(codes), f"does {_listed(codes)} mean missing?"
            )
        for question in questions:
            draft.ask(question)
    _write_read(draft, kind, tables, parts, faults)
    _write_dates(draft, parts, dates)


def _write_synthetic(draft: Draft, parts: Sequence[TableLook]) -> None:
    said = [
        word
        for part in parts
        for one in part.columns
        if one.meaning == "synthetic"
        for word in one.words
    ]
    told = bool(said) and all("synthetic" in word.casefold() for word in said)
    if told:
        draft.put("synthetic", True, note="a column of the export says SYNTHETIC")
    else:
        draft.put("synthetic", False, note="these are taken for real children")


def _write_read(
    draft: Draft,
    kind: str,
    tables: Mapping[str, RawTable],
    parts: Sequence[TableLook],
    faults: Sequence[Fault],
) -> None:
    decimals = {table.decimal for table in tables.values()} - {None}
    words = _counted(parts, "missing")
    figures = {} if kind == "redcap" else _counted(parts, "sentinels")
    if not decimals and not words and not figures and not faults:
        return
    draft.head("[read]")
    for note in dict.fromkeys(n for table in tables.values() for n in table.notes):
        draft.say(note)
    if len(decimals) == 1:
        draft.put("decimal", decimals.pop())
    if words or figures:
        found = f"an empty cell, and {_listed(words | figures)}"
        ask = f"does {_listed(figures)} mean missing?" if figures else ""
        draft.put("missing", ["", *words, *figures], ask, found)
    for fault in faults[:5]:
        draft.ask(f"read: {fault.message}; {fault.remedy}")


def _counted(parts: Sequence[TableLook], what: str) -> dict[str, int]:
    """Count the cells that stand for nothing: words that say so, or likely figures."""
    counts: dict[str, int] = {}
    for part in parts:
        for one in part.columns:
            for word in getattr(one, what):
                counts[word] = counts.get(word, 0) + one.words[word]
    return counts


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word} in {count} cells" for word, count in counts.items())


def _write_dates(
    draft: Draft, parts: Sequence[TableLook], dates: DateSettlement
) -> None:
    draft.head("[dates]")
    draft.put("format", dates.format, " ".join(dates.questions))
    if dates.format.endswith("YY") and not dates.format.endswith("YYYY"):
        draft.put(
            "pivot", UNSETTLED, "which is the last two-digit year of this century?"
        )
    found = {}
    for key in ("diagnosis", "birth"):
        for part in parts:
            one = part.meaning(key)
            if one is not None and "patients" in roles(part) and key not in found:
                found[key] = one
                draft.used.add((part.name, one.name))
                ask = (
                    ""
                    if one.heading.sure
                    else f"the heading {one.name!r} only suggests it"
                )
                draft.put(key, one.name, ask)
    if "diagnosis" not in found:
        ask = "which column holds the date of diagnosis, day 0?"
        draft.put("diagnosis", UNSETTLED, ask)


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
    used = set(draft.used)
    listed = [
        f"{one.name!r} in {part.name}"
        for part in parts
        for one in part.columns
        if (part.name, one.name) not in used
        and one.meaning != "synthetic"
        and one.name not in _SYSTEM
    ]
    return list(dict.fromkeys(listed))
