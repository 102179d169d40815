"""A REDCap project export, laid out as one plain table per form.

Codes become the labels of the data dictionary, the boxes of a checkbox one cell, and the
rows of repeated instruments and events tables of their own, so that the mapping speaks
of a REDCap project as it does of any other export. Nothing is guessed: a code that the
dictionary does not list is a fault, and what was changed is tallied.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.redcap_codes import Decoded, decode_cells
from jdm_stats.cohort.mapping.redcap_dictionary import (
    RedcapDictionary,
    is_dictionary,
    parse_dictionary,
)
from jdm_stats.cohort.mapping.redcap_shape import (
    EVENT,
    GROUP,
    INSTANCE,
    INSTRUMENT,
    LongRows,
    Place,
    filled,
    places_of,
    read_shape,
)
from jdm_stats.cohort.mapping.unfolded import (
    Unfolded,
    taken_rows,
    tally_frame,
    with_none,
)
from jdm_stats.errors import CohortError, Fault, UsageError

__all__ = ["RECORD_TABLE", "RULES", "once_tables", "redcap_tables", "unfold_redcap"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "redcap_heading": "Every column of a REDCap export is in the data dictionary.",
        "redcap_misplaced": "A row of a REDCap export holds its own instrument alone.",
        "redcap_duplicate": "A record, event and instance stand once in an export.",
        "redcap_no_record": "Every row of a REDCap export names its record.",
    }
)

RECORD_TABLE = "record"
Source = str | os.PathLike[str] | Mapping[str, RawTable] | RawTable


def redcap_tables(
    export: Source, dictionary: Source, *, missing_codes: Iterable[str] = ()
) -> Unfolded:
    """Lay a REDCap export out as tables, one per form, with labels in place of codes.

    Parameters
    ----------
    export : path, RawTable or mapping of str to RawTable
        The exported file, long or wide, of raw codes or of labels.
    dictionary : path, RawTable or mapping of str to RawTable
        The project's data dictionary.
    missing_codes : iterable of str
        Codes the project declares for a missing value, such as ``"-99"`` or ``"UNK"``.
        A code that a field lists among its choices stays a choice there.

    Returns
    -------
    Unfolded
        ``record`` with one row per record, holding every form filled in once; and a
        table for each form, with ``redcap_event_name`` and ``redcap_repeat_instance``
        where the export has them.

    Raises
    ------
    CohortError
        When the files cannot be read as tables, or hold a code, a heading or a row that
        the dictionary does not explain; with every fault.
    UsageError
        When the dictionary is none, or is at fault itself.

    Notes
    -----
    A form belongs to ``record`` when no record has it in more than one row. An unticked
    box is no finding: a cell in which no box is ticked is empty, not negative.

    Examples
    --------
    >>> dictionary = pd.DataFrame(
    ...     {
    ...         "field_name": ["id", "msa"],
    ...         "form_name": ["child", "child"],
    ...         "field_type": ["text", "checkbox"],
    ...         "field_label": ["Record", "Antibodies"],
    ...         "select_choices_or_calculations": ["", "1, NXP2 | 2, Ro52"],
    ...     }
    ... )
    >>> export = pd.DataFrame({"id": ["7"], "msa___1": ["1"], "msa___2": ["1"]})
    >>> tables = redcap_tables(
    ...     RawTable("export", "export.csv", export),
    ...     RawTable("dictionary", "dictionary.csv", dictionary),
    ... )
    >>> tables["record"].frame[["id", "msa"]].values.tolist()
    [['7', 'NXP2, Ro52']]
    """
    listed = parse_dictionary(_one_table(dictionary, "the data dictionary"))
    unfolded = unfold_redcap(_one_table(export, "the export"), listed, missing_codes)
    if unfolded.faults:
        raise CohortError(unfolded.faults, "the REDCap export has")
    return unfolded


def unfold_redcap(
    table: RawTable, dictionary: RedcapDictionary, missing_codes: Iterable[str] = ()
) -> Unfolded:
    """Do what `redcap_tables` does, and hand the faults back instead of raising."""
    rows, problems = read_shape(table, dictionary)
    if problems:
        remedy = "export the project and its data dictionary anew, on the same day"
        told = ("redcap", None, None, None, "redcap_heading")
        return Unfolded(
            {},
            tuple(Fault(*told, said, remedy, source=table.source) for said in problems),
        )
    decoded = decode_cells(table, rows, dictionary, frozenset(missing_codes))
    forms, misplaced = _split(table, rows, decoded, dictionary)
    tables = {
        name: taken_rows(table, name, frame, rows.row[frame.index.to_numpy(np.int64)])
        for name, frame in forms.items()
    }
    record, joined = _record(table, forms, rows.row, dictionary)
    faults = (*decoded.faults, *misplaced, *_repeats(table, rows, dictionary))
    counts = [
        (name, "redcap", "", "rows of the form", table.name, name, len(frame))
        for name, frame in forms.items()
    ]
    counts.append((RECORD_TABLE, "redcap", "", "records", *joined, len(record.frame)))
    tally = tally_frame([*decoded.tally, *counts])
    name = RECORD_TABLE if RECORD_TABLE not in tables else f"redcap_{RECORD_TABLE}"
    return Unfolded({name: record, **tables}, faults, tally)


def once_tables(unfolded: Unfolded) -> dict[str, RawTable]:
    """Return the tables without repetition: ``record``, and the forms not within it."""
    name = next(iter(unfolded.tables))
    within = set(unfolded[name].frame.columns)
    system = {EVENT, INSTANCE}
    return {
        form: table
        for form, table in unfolded.items()
        if form == name or not set(table.frame.columns) - system <= within
    }


def _one_table(source: Source, what: str) -> RawTable:
    if isinstance(source, RawTable):
        return source
    if isinstance(source, Mapping):
        tables = dict(source)
    else:
        from jdm_stats.cohort.doors.tables import read_tables

        tables, faults = read_tables(source)
        if faults:
            raise CohortError(faults, f"{what} has")
    if len(tables) > 1:
        asked = what == "the data dictionary"
        tables = {n: t for n, t in tables.items() if is_dictionary(t) == asked}
    if len(tables) != 1:
        raise UsageError(
            f"{what} must be one table, received {', '.join(tables) or 'none'}; give the file"
        )
    return next(iter(tables.values()))


def _split(
    table: RawTable, rows: LongRows, decoded: Decoded, dictionary: RedcapDictionary
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Return the rows of each form, and a fault for each cell outside its instrument."""
    raw, cells = rows.frame, decoded.frame
    instrument = _instrument(rows, dictionary)
    carried = [name for name in (EVENT, INSTANCE, GROUP) if Place(name) in raw.columns]
    head = pd.DataFrame({dictionary.record_id: raw[Place(dictionary.record_id)]})
    for name in carried:
        head[name] = raw[Place(name)]
    forms: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for form, names in dictionary.forms.items():
        wanted = {*names, f"{form}_complete"}
        own = [place for place in places_of(rows) if place.field in wanted]
        if not own:
            continue
        said = filled(raw[own])
        elsewhere = instrument.notna().to_numpy() & (instrument != form).to_numpy()
        faults += _misplaced(
            table, rows, form, said & elsewhere, instrument, dictionary
        )
        here = said & ~elsewhere
        kept = [name for name in names if name in cells.columns]
        own_head = head[here].dropna(axis="columns", how="all")
        forms[form] = pd.concat([own_head, cells.loc[here, kept]], axis=1)
    return forms, faults


def _instrument(rows: LongRows, dictionary: RedcapDictionary) -> pd.Series:
    """Return the form each row repeats, by its name; labels are brought to names."""
    instrument = rows.system(INSTRUMENT)
    forms = list(dictionary.forms)
    by_label = {form.replace("_", " ").casefold(): form for form in forms}
    known = {
        word: word if word in forms else by_label.get(str(word).casefold(), word)
        for word in instrument.dropna().unique()
    }
    return instrument.map(known).astype(object)


def _misplaced(
    table: RawTable,
    rows: LongRows,
    form: str,
    mask: npt.NDArray[np.bool_],
    instrument: pd.Series,
    dictionary: RedcapDictionary,
) -> list[Fault]:
    ids = rows.frame[Place(dictionary.record_id)]
    return [
        Fault(
            *("redcap", int(rows.row[place]) + 1, ids.iloc[place], None),
            "redcap_misplaced",
            f"the form {form!r} is filled in on a row of the instrument "
            f"{instrument.iloc[place]!r}",
            "export the project anew; REDCap never writes such a row",
            source=table.place(int(rows.row[place])),
        )
        for place in np.flatnonzero(mask)
    ]


def _record(
    table: RawTable,
    forms: Mapping[str, pd.DataFrame],
    row: npt.NDArray[np.int64],
    dictionary: RedcapDictionary,
) -> tuple[RawTable, tuple[str, str]]:
    """Join the forms that every record has once; the line is the record's first."""
    key = dictionary.record_id
    once = {
        name: frame.drop(columns=[EVENT, INSTANCE], errors="ignore")
        for name, frame in forms.items()
        if frame[key].is_unique and _never_repeats(frame)
    }
    joined = pd.DataFrame({key: pd.Series(dtype=object)})
    for frame in once.values():
        both = [name for name in frame.columns if name in joined.columns]
        joined = joined.merge(frame, on=both, how="outer", sort=False)
    every = pd.concat([joined[key].iloc[:0], *(frame[key] for frame in once.values())])
    places = pd.Series(every.index, index=every.index)
    first = places.groupby(every).min()
    joined = joined.assign(first=joined[key].map(first)).sort_values("first")
    place = row[joined.pop("first").to_numpy(dtype=np.int64)]
    made = taken_rows(table, RECORD_TABLE, with_none(joined), place)
    return made, (table.name, ", ".join(once))


def _never_repeats(frame: pd.DataFrame) -> bool:
    return INSTANCE not in frame or not frame[INSTANCE].notna().any()


def _repeats(
    table: RawTable, rows: LongRows, dictionary: RedcapDictionary
) -> Iterable[Fault]:
    """Report rows of one record, event and instance that stand twice, and nameless ones."""
    ids = rows.frame[Place(dictionary.record_id)]
    key = pd.DataFrame(
        {"id": ids, **{n: rows.system(n) for n in (EVENT, INSTRUMENT, INSTANCE)}}
    )
    twice = key.duplicated().to_numpy() & ids.notna().to_numpy()
    problems = (
        (
            twice,
            "redcap_duplicate",
            "the record, event and instance stand in an earlier row",
        ),
        (ids.isna().to_numpy(), "redcap_no_record", "the row names no record"),
    )
    for mask, rule, said in problems:
        for place in np.flatnonzero(mask):
            yield Fault(
                *(
                    "redcap",
                    int(rows.row[place]) + 1,
                    ids.iloc[place],
                    None,
                    rule,
                    said,
                ),
                "export the project anew, or take the row out of the project",
                source=table.place(int(rows.row[place])),
            )
