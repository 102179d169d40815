"""The shape of a REDCap export: which heading is which field, long or wide.

A long export has one row per record, event and repeated instrument. A wide one, made by
other programs, writes repeats and events into the headings: ``tx_drug_2``,
``weight_baseline_arm_1``. Either becomes long rows here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.redcap_dictionary import RedcapDictionary
from jdm_stats.cohort.mapping.unfolded import as_words, with_none

__all__ = [
    *("EVENT", "GROUP", "INSTANCE", "INSTRUMENT"),
    *("LongRows", "Place", "filled", "places_of", "read_shape"),
]

EVENT, INSTRUMENT = "redcap_event_name", "redcap_repeat_instrument"
INSTANCE, GROUP = "redcap_repeat_instance", "redcap_data_access_group"
_SYSTEM = (EVENT, INSTRUMENT, INSTANCE, GROUP, "redcap_survey_identifier")
COMPLETE = "Complete?"  # of every form alike, in an export of labels
_SYSTEM_LABELS = {
    "event name": EVENT,
    "repeat instrument": INSTRUMENT,
    "repeat instance": INSTANCE,
    "data access group": GROUP,
    "survey identifier": "redcap_survey_identifier",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Which field the cells of one heading hold.

    Parameters
    ----------
    field : str
        A field of the dictionary, or a column of REDCap's own.
    code : str or None
        The choice of a checkbox.
    suffix : str
        What a wide export hung on: an instance, an event, or nothing.
    """

    field: str
    code: str | None = None
    suffix: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LongRows:
    """Cells of an export, one row per record, event and repeat.

    Parameters
    ----------
    frame : DataFrame
        Columns are `Place` objects without suffix; cells are stripped text or None.
    row : int array
        Row of the raw table each row came from.
    labelled : bool
        Whether headings are labels rather than field names.
    wide : bool
        Whether suffixes were taken off.
    """

    frame: pd.DataFrame
    row: npt.NDArray[np.int64]
    labelled: bool
    wide: bool

    def system(self, name: str) -> pd.Series:
        """Return one of REDCap's own columns, empty when the export lacks it."""
        if Place(name) in self.frame.columns:
            return self.frame[Place(name)]
        return pd.Series([None] * len(self.frame), dtype=object)


def read_shape(
    table: RawTable, dictionary: RedcapDictionary
) -> tuple[LongRows, list[str]]:
    """Bring an export to long rows; the second part says what is wrong with headings."""
    headings = [str(name).strip() for name in table.frame.columns]
    names = [_by_name(heading, dictionary) for heading in headings]
    labels = _by_labels(headings, dictionary)
    labelled = sum(p is not None for p in labels) > sum(p is not None for p in names)
    places = labels if labelled else names
    problems = _heading_problems(headings, places, dictionary)
    cells = {
        number: as_words(table.frame.iloc[:, number])
        for number, place in enumerate(places)
        if place is not None
    }
    known = {number: place for number, place in enumerate(places) if place is not None}
    wide = any(place.suffix for place in known.values())
    frame, row = _as_long(cells, known, len(table.frame), dictionary)
    return LongRows(frame, row, labelled, wide), problems


def _by_name(heading: str, dictionary: RedcapDictionary) -> Place | None:
    if heading in _SYSTEM or heading in dictionary.fields:
        return Place(heading)
    for form in dictionary.forms:
        for tail in ("complete", "timestamp"):
            if heading == f"{form}_{tail}":
                return Place(heading)
            if heading.startswith(f"{form}_{tail}_"):
                return Place(f"{form}_{tail}", None, heading[len(f"{form}_{tail}_") :])
    return _checkbox(heading, dictionary) or _suffixed(heading, dictionary)


def _checkbox(heading: str, dictionary: RedcapDictionary) -> Place | None:
    """Read ``msa___1``; REDCap writes codes in lower case and a minus as ``_``."""
    name, triple, rest = heading.partition("___")
    one = dictionary.fields.get(name)
    if not triple or one is None or one.kind != "checkbox":
        return None
    written = {_in_heading(code): code for code in one.choices}
    if rest in written:
        return Place(name, written[rest])
    for plain in sorted(written, key=len, reverse=True):
        tail = re.fullmatch(rf"{re.escape(plain)}[_.]+(\w[\w.]*)", rest)
        if tail:
            return Place(name, written[plain], tail[1])
    return None


def _in_heading(code: str) -> str:
    return code.casefold().replace("-", "_")


def _suffixed(heading: str, dictionary: RedcapDictionary) -> Place | None:
    for name in sorted(dictionary.fields, key=len, reverse=True):
        if heading.startswith(name) and dictionary.fields[name].kind != "checkbox":
            tail = re.fullmatch(r"[_.#]+(\w[\w.]*)", heading[len(name) :])
            if tail:
                return Place(name, None, tail[1])
    return None


def _by_labels(headings: list[str], dictionary: RedcapDictionary) -> list[Place | None]:
    """Read labels as headings, where a label belongs to one field alone."""
    by_label: dict[str, list[str]] = {}
    for name, one in dictionary.fields.items():
        by_label.setdefault(one.label, []).append(name)
    unique = {label: names[0] for label, names in by_label.items() if len(names) == 1}
    return [_label_place(heading, unique, dictionary) for heading in headings]


def _label_place(
    heading: str, unique: Mapping[str, str], dictionary: RedcapDictionary
) -> Place | None:
    system = _SYSTEM_LABELS.get(heading.casefold())
    if system:
        return Place(system)
    box = re.fullmatch(r"(.*) \(choice=(.*)\)", heading)
    if box and box[1] in unique:
        one = dictionary.fields[unique[box[1]]]
        codes = [code for code, label in one.choices.items() if label == box[2]]
        return Place(one.name, codes[0]) if len(codes) == 1 else None
    if heading in unique:
        return Place(unique[heading])
    return Place(COMPLETE) if heading == COMPLETE else None


def _heading_problems(
    headings: list[str], places: list[Place | None], dictionary: RedcapDictionary
) -> list[str]:
    problems = [
        f"the column {heading!r} is in the data dictionary neither as a field nor as the "
        "label of one field alone"
        for heading, place in zip(headings, places, strict=True)
        if place is None
    ]
    seen: set[Place] = set()
    for heading, place in zip(headings, places, strict=True):
        if place in seen and heading != COMPLETE:
            problems.append(f"the column {heading!r} stands twice")
        if place is not None:
            seen.add(place)
    if Place(dictionary.record_id) not in seen:
        problems.append(f"there is no column {dictionary.record_id!r}, the record's id")
    return problems


def _as_long(
    cells: Mapping[int, pd.Series],
    places: Mapping[int, Place],
    rows: int,
    dictionary: RedcapDictionary,
) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Stack the rows of each suffix under those without one, form by form."""
    form_of = {name: one.form for name, one in dictionary.fields.items()}
    parts: dict[tuple[str, str], dict[Place, pd.Series]] = {("", ""): {}}
    for number, place in places.items():
        form = form_of.get(place.field) or re.sub(
            r"_(complete|timestamp)$", "", place.field
        )
        key = (place.suffix, form) if place.suffix else ("", "")
        column = Place(place.field, place.code)
        parts.setdefault(key, {}).setdefault(column, cells[number])
    plain = parts.pop(("", ""))
    frames = [pd.DataFrame(plain, index=range(rows), dtype=object)]
    carried = [Place(dictionary.record_id), Place(GROUP)]
    for (suffix, form), columns in parts.items():
        frame = pd.DataFrame(columns, dtype=object)
        frame = frame[filled(frame)]
        repeat = suffix.isdigit()
        extra = {
            Place(INSTRUMENT): form if repeat else None,
            Place(INSTANCE): suffix if repeat else None,
            Place(EVENT): None if repeat else suffix,
        }
        for column, value in extra.items():
            frame[column] = pd.Series(
                [value] * len(frame), index=frame.index, dtype=object
            )
        for column in carried:
            if column in plain:
                frame[column] = plain[column].reindex(frame.index)
        frames.append(frame)
    if len(frames) > 1:
        names = _union(frame.columns for frame in frames)
        frames = [frame.reindex(columns=names).astype(object) for frame in frames]
        long = with_none(pd.concat(frames))
    else:
        long = frames[0]
    row = long.index.to_numpy(dtype=np.int64)
    return long.reset_index(drop=True), row


def places_of(rows: LongRows) -> list[Place]:
    """Return the places of an export's columns, in order."""
    columns: list[Any] = list(rows.frame.columns)
    return [place for place in columns if isinstance(place, Place)]


def filled(frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return the rows in which any cell says something; an empty box says nothing."""
    said = np.zeros(len(frame), dtype=bool)
    places: list[Any] = list(frame.columns)
    for number, place in enumerate(places):
        cells = frame.iloc[:, number]
        given = cells.notna().to_numpy()
        if place.code is not None:
            given &= ~cells.isin(["0", "Unchecked"]).to_numpy()
        elif place.field.endswith("_complete"):
            given &= ~cells.isin(["0", "Incomplete"]).to_numpy()
        said |= given
    return said


def _union(columns: Iterable[pd.Index]) -> list[Place]:
    return list(dict.fromkeys(place for names in columns for place in names))
