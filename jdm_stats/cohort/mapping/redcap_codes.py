"""From the codes of a REDCap export to the labels of its data dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.redcap_dictionary import RedcapDictionary, RedcapField
from jdm_stats.cohort.mapping.redcap_shape import LongRows, Place, places_of
from jdm_stats.cohort.mapping.unfolded import with_none
from jdm_stats.errors import Fault

__all__ = ["RULES", "Decoded", "decode_cells"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "redcap_code": "Every code of a REDCap export is a choice of its field.",
        "redcap_mixed": "A REDCap export holds codes or labels, not both.",
    }
)

JOIN = ", "
_BOXES = {"0": False, "1": True, "Unchecked": False, "Checked": True}

Line = tuple[str, str, str, str, str, str, int]


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """One column per field, labels in place of codes, with faults and tally lines."""

    frame: pd.DataFrame
    faults: tuple[Fault, ...]
    tally: tuple[Line, ...]


def decode_cells(
    table: RawTable,
    rows: LongRows,
    dictionary: RedcapDictionary,
    missing_codes: frozenset[str],
) -> Decoded:
    """Turn codes into labels, and boxes into one cell that lists the ticked ones.

    Whether the export holds codes or labels is one answer for the whole file, given by
    the fields whose cells fit only one of the two.
    """
    coded = {
        name: rows.frame[Place(name)]
        for name, field in dictionary.fields.items()
        if field.choices and field.kind != "checkbox" and Place(name) in rows.frame
    }
    labels, mixed = _holds_labels(coded, dictionary, missing_codes, rows.labelled)
    ids = rows.frame[Place(dictionary.record_id)]
    faults: list[Fault] = []
    tally: list[Line] = []
    columns: dict[str, pd.Series] = {}

    def report(name: str, place: int, rule: str, said: str, remedy: str) -> None:
        row = int(rows.row[place])
        where = ("redcap", row + 1, ids.iloc[place], name, rule, said, remedy)
        faults.append(Fault(*where, source=table.place(row)))

    for name, field in dictionary.fields.items():
        if field.kind == "checkbox":
            boxes = [place for place in places_of(rows) if place.field == name]
            if boxes:
                cells, lines, wrong = _ticked(rows.frame[boxes], field, missing_codes)
                for place, box, found in wrong:
                    said = f"the box {box!r} holds {found!r}"
                    report(name, place, "redcap_code", said, "a box holds 0 or 1")
                columns[name] = cells
                tally += lines
            continue
        if Place(name) not in rows.frame:
            continue
        cells = rows.frame[Place(name)]
        cells, lines = _without_missing(cells, field, missing_codes)
        tally += lines
        if field.choices:
            cells, lines, unknown = _labels(cells, field, labels)
            tally += lines
            for place in unknown:
                found = rows.frame[Place(name)].iloc[place]
                said = f"{found!r} is no {'label' if labels else 'code'} of the field"
                remedy = f"the dictionary lists {_listed(field)}; correct the cell, or "
                report(name, place, "redcap_code", said, remedy + _DECLARE)
        columns[name] = cells
    if mixed:
        said = f"{mixed[0]!r} holds codes and {mixed[1]!r} holds labels"
        told = (
            "redcap",
            None,
            None,
            None,
            "redcap_mixed",
            said,
            "export raw data anew",
        )
        faults.append(Fault(*told, source=table.source))
    return Decoded(
        pd.DataFrame(columns, index=rows.frame.index), tuple(faults), tuple(tally)
    )


_DECLARE = "declare the code as missing if the project does"


def _holds_labels(
    coded: Mapping[str, pd.Series],
    dictionary: RedcapDictionary,
    missing_codes: frozenset[str],
    labelled_headings: bool,
) -> tuple[bool, tuple[str, str] | None]:
    """Say whether cells are labels; the second part names two fields that disagree."""
    votes: dict[bool, str] = {}
    for name, cells in coded.items():
        choices = dictionary.fields[name].choices
        found = set(cells.dropna()) - missing_codes
        fits_codes = found <= set(choices)
        fits_labels = found <= set(choices.values())
        if found and fits_codes != fits_labels:
            votes.setdefault(fits_labels, name)
    if len(votes) == 2:
        return labelled_headings, (votes[False], votes[True])
    return next(iter(votes), labelled_headings), None


def _without_missing(
    cells: pd.Series, field: RedcapField, missing_codes: frozenset[str]
) -> tuple[pd.Series, list[Line]]:
    lines: list[Line] = []
    for code in sorted(missing_codes - set(field.choices)):
        hit = (cells == code).to_numpy(dtype=bool)
        lines.append(_line(field, "missing code", code, "", hit))
        cells = cells.mask(hit, None)
    return cells, lines


def _labels(
    cells: pd.Series, field: RedcapField, labels: bool
) -> tuple[pd.Series, list[Line], npt.NDArray[np.intp]]:
    known = dict.fromkeys(field.choices.values()) if labels else dict(field.choices)
    given = cells.notna().to_numpy()
    unknown = np.flatnonzero(given & ~cells.isin(list(known)).to_numpy())
    if labels:
        return cells, [], unknown
    lines = [
        _line(field, "code to label", code, label, (cells == code).to_numpy(dtype=bool))
        for code, label in field.choices.items()
    ]
    return with_none(cells.map(known)), lines, unknown


def _ticked(
    boxes: pd.DataFrame, field: RedcapField, missing_codes: frozenset[str]
) -> tuple[pd.Series, list[Line], list[tuple[int, str, str]]]:
    """Join the labels of the ticked boxes; no box ticked leaves the cell empty."""
    joined = np.full(len(boxes), "", dtype=object)
    lines, wrong = [], []
    places: list[Any] = list(boxes.columns)
    for place in places:
        label = field.choices[place.code]
        # an export of labels may write the label of the choice itself
        means = dict.fromkeys(missing_codes, False) | _BOXES | {label: True}
        cells = boxes[place]
        ticked = cells.map(means)
        odd = cells.notna().to_numpy() & ticked.isna().to_numpy()
        wrong += [
            (int(n), f"{field.name}: {label}", cells.iloc[n])
            for n in np.flatnonzero(odd)
        ]
        on = (ticked == True).to_numpy(dtype=bool)  # noqa: E712
        between = np.where(joined[on] == "", "", JOIN).astype(object)
        joined[on] = joined[on] + between + label
        lines.append(
            _line(field, "box ticked", f"{field.name}___{place.code}", label, on)
        )
    empty = joined == ""
    lines.append(
        _line(field, "no box ticked", "", "", empty & boxes.notna().any(axis=1))
    )
    joined[empty] = None
    return pd.Series(joined, index=boxes.index, dtype=object), lines, wrong


def _line(
    field: RedcapField, what: str, old: str, new: str, mask: Iterable[bool]
) -> Line:
    count = int(np.asarray(mask, dtype=bool).sum())
    return (field.form, "redcap", field.name, what, old, new, count)


def _listed(field: RedcapField) -> str:
    return ", ".join(f"{code} ({label})" for code, label in field.choices.items())
