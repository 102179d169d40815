"""The data dictionary of a REDCap project: fields, forms and what each code means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.unfolded import as_words
from jdm_stats.errors import UsageError

__all__ = ["RedcapDictionary", "RedcapField", "is_dictionary", "parse_dictionary"]

# our name: heading of the downloaded file, heading of the programming interface
_HEADINGS = {
    "name": ("variable / field name", "field_name"),
    "form": ("form name", "form_name"),
    "kind": ("field type", "field_type"),
    "label": ("field label", "field_label"),
    "choices": (
        "choices, calculations, or slider labels",
        "select_choices_or_calculations",
    ),
    "validation": (
        "text validation type or show slider number",
        "text_validation_type_or_show_slider_number",
    ),
}
_FIXED: Mapping[str, dict[str, str]] = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
_CODED = ("radio", "dropdown", "checkbox", *_FIXED)
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class RedcapField:
    """One field of a project.

    Parameters
    ----------
    name, form, kind, label, validation : str
        As the dictionary gives them: kind is ``radio``, ``checkbox``, ``text`` ...
    choices : mapping of code to label
        Empty for a field without codes.
    """

    name: str
    form: str
    kind: str
    label: str
    validation: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RedcapDictionary:
    """All fields of a project, in order; the first one is the record's id.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "Variable / Field Name": ["record_id", "sex"],
    ...         "Form Name": ["child", "child"],
    ...         "Field Type": ["text", "radio"],
    ...         "Field Label": ["Record ID", "Sex"],
    ...         "Choices, Calculations, OR Slider Labels": ["", "1, Girl | 2, Boy"],
    ...     }
    ... )
    >>> parse_dictionary(RawTable("dictionary", "dictionary.csv", frame))
    RedcapDictionary(2 fields in 1 form)
    """

    fields: Mapping[str, RedcapField]

    @property
    def record_id(self) -> str:
        """Name of the field that identifies a record."""
        return next(iter(self.fields))

    @property
    def forms(self) -> dict[str, list[str]]:
        """Names of the fields of each form, the record's id left out."""
        forms: dict[str, list[str]] = {}
        for name, one in self.fields.items():
            forms.setdefault(one.form, [])
            if name != self.record_id:
                forms[one.form].append(name)
        return forms

    def __repr__(self) -> str:
        forms = len(self.forms)
        plural = "s" if forms != 1 else ""
        return f"RedcapDictionary({len(self.fields)} fields in {forms} form{plural})"


def is_dictionary(table: RawTable) -> bool:
    """Tell whether a table has the headings of a data dictionary."""
    headings = {str(name).strip().casefold() for name in table.frame.columns}
    return all(
        headings & set(_HEADINGS[needed])
        for needed in ("name", "form", "kind", "choices")
    )


def parse_dictionary(table: RawTable) -> RedcapDictionary:
    """Read a data dictionary, as downloaded from the project or from its interface.

    Raises
    ------
    UsageError
        Listing all that keeps it from being read: no such headings, a field named
        twice, a choice without a code, one code with two labels.
    """
    if not is_dictionary(table):
        raise UsageError(
            f"{table.source} is not a REDCap data dictionary; its headings are to be "
            "'Variable / Field Name', 'Form Name', 'Field Type' and 'Choices, "
            "Calculations, OR Slider Labels', as REDCap writes them"
        )
    cells = _columns(table.frame)
    problems: list[str] = []
    fields: dict[str, RedcapField] = {}
    for row in range(len(cells)):
        read = {key: cells[key].iloc[row] or "" for key in cells.columns}
        name, where = read["name"], table.place(row)
        if not name:
            continue
        if name in fields:
            problems.append(f"{where}: the field {name!r} stands twice")
        choices = _FIXED.get(read["kind"]) or {}
        if read["kind"] in _CODED and not choices:
            choices, wrong = _choices(read["choices"])
            problems += [f"{where}, field {name!r}: {said}" for said in wrong]
        label = _TAG.sub("", read["label"]).strip()
        told = (name, read["form"], read["kind"], label, read["validation"], choices)
        fields.setdefault(name, RedcapField(*told))
    if not fields:
        problems.append(f"{table.source} lists no field")
    if problems:
        raise UsageError("the data dictionary is at fault: " + "; ".join(problems))
    return RedcapDictionary(fields)


def _columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns we read under our names; an absent one is empty."""
    plain = {str(name).strip().casefold(): name for name in frame.columns}
    read = {}
    for ours, theirs in _HEADINGS.items():
        name = next((plain[heading] for heading in theirs if heading in plain), None)
        read[ours] = (
            as_words(frame[name])
            if name is not None
            else pd.Series([None] * len(frame), dtype=object)
        )
    return pd.DataFrame({ours: cells.to_numpy() for ours, cells in read.items()})


def _choices(text: str) -> tuple[dict[str, str], list[str]]:
    """Read ``"1, NXP2 | 2, TIF1g"``; a label may hold commas, a code may not."""
    choices: dict[str, str] = {}
    problems = []
    for part in text.split("|"):
        code, comma, label = part.partition(",")
        code, label = code.strip(), _TAG.sub("", label).strip()
        if not part.strip():
            continue
        if not comma or not code:
            problems.append(f"the choice {part.strip()!r} has no code before a comma")
        elif code in choices and choices[code] != label:
            problems.append(f"the code {code!r} has two labels")
        else:
            choices[code] = label or code
    if not choices and not problems:
        problems.append("it has no choices")
    return choices, problems
