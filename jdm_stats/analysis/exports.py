"""Tables that show an export on its way to a cohort: as it came, what is asked, found, changed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.propose import Proposal
from jdm_stats.cohort.mapping.redcap_dictionary import RedcapDictionary
from jdm_stats.errors import Fault, UsageError
from jdm_stats.intervals.audit import IntervalAudit
from jdm_stats.report.manifest import hash_input

__all__ = [
    "TERMS",
    "audit_sentence",
    "changes_table",
    "coded_fields",
    "example_path",
    "faults_found",
    "files_table",
    "filled_records",
    "questions_table",
    "raw_records",
    "rows_of_one_child",
    "says_synthetic",
    "tables_made",
]


_PACKAGE = Path(__file__).resolve().parents[1]
_LONGEST = 60
_MEASURES = ("current_dose_mg_kg", "recent_pulse")
_COLUMNS = MappingProxyType(
    {
        "patient_id": "Child",
        "start": "Start, day",
        "stop": "Stop, day",
        "event": "Event",
        "antibody": "Antibody",
        "current_dose_mg_kg": "Dose, mg/kg/day",
        "recent_pulse": "Pulse in 30 days",
    }
)
_EVENT_WORDS = MappingProxyType({0: "", 1: "perforation", 2: "death"})
TERMS = MappingProxyType(
    {
        "nxp2": "NXP2, against tested without it",
        "current_dose_mg_kg": "Current dose, per mg/kg/day",
        "recent_pulse": "Pulse in the last 30 days",
    }
)


def example_path(name: str) -> Path:
    """Say where an example export stands: in the package, or in its checkout.

    Parameters
    ----------
    name : str
        A path below ``data/examples``: ``"german/export"``, ``"redcap"``.

    Raises
    ------
    UsageError
        When there is none of this name.

    Examples
    --------
    >>> example_path("german/mapping.toml").name
    'mapping.toml'
    """
    for folder in (_PACKAGE, _PACKAGE.parent):
        place = folder / "data" / "examples" / name
        if place.exists():
            return place
    raise UsageError(f"there is no example {name!r}; known are german and redcap")


def raw_records(table: RawTable, records: int = 3) -> pd.DataFrame:
    """Show the first records of a table as it came, one column for each of them.

    Parameters
    ----------
    table : RawTable
    records : int, default 3

    Returns
    -------
    DataFrame
        ``Column``, then a column for each record with its line in the file.

    Examples
    --------
    >>> frame = pd.DataFrame({"PatNr": ["1", "2"], "Gewicht": ["20,5", None]})
    >>> raw_records(RawTable("kinder", "kinder.csv", frame)).to_dict("list")
    {'Column': ['PatNr', 'Gewicht'], 'row 1': ['1', '20,5'], 'row 2': ['2', '']}
    """
    shown: dict[str, list[str]] = {
        "Column": [str(name) for name in table.frame.columns]
    }
    for row in range(min(records, len(table.frame))):
        cells = table.frame.iloc[row].tolist()
        line = table.place(row).removeprefix(table.source).strip()
        shown[line] = ["" if cell is None else _short(str(cell)) for cell in cells]
    return pd.DataFrame(shown)


def filled_records(table: RawTable, records: int = 3) -> pd.DataFrame:
    """Show the first records of a wide table, without the columns empty in all of them."""
    shown = raw_records(table, records)
    return shown[(shown.iloc[:, 1:] != "").any(axis=1)].reset_index(drop=True)


def tables_made(plain: Mapping[str, RawTable]) -> pd.DataFrame:
    """List the tables of an export once it is plain: name, rows, columns."""
    return pd.DataFrame(
        {
            "Table": list(plain),
            "Rows": [f"{len(table.frame):,}" for table in plain.values()],
            "Columns": [", ".join(map(str, t.frame.columns)) for t in plain.values()],
        }
    )


def coded_fields(dictionary: RedcapDictionary) -> pd.DataFrame:
    """List the fields of a data dictionary that hold codes, with what they mean."""
    coded = [one for one in dictionary.fields.values() if one.choices]
    choices = [
        [f"{code} {label}" for code, label in one.choices.items()] for one in coded
    ]
    return pd.DataFrame(
        {
            "Field": [one.name for one in coded],
            "Form": [one.form for one in coded],
            "Type": [one.kind for one in coded],
            "Codes": ["; ".join(listed) for listed in choices],
        }
    )


def says_synthetic(mapping: str | os.PathLike[str]) -> bool:
    """Tell whether a mapping says that the children are simulated."""
    return CohortMapping.from_toml(mapping).cohort.synthetic


def files_table(*paths: str | os.PathLike[str]) -> pd.DataFrame:
    """List the files read, each with the SHA-256 of its content; no path is shown."""
    rows = [
        (f"{Path(path).name}/{name}" if Path(path).is_dir() else name, sha)
        for path in dict.fromkeys(map(str, paths))
        for name, sha in hash_input(Path(path)).items()
    ]
    return pd.DataFrame(rows, columns=["File", "SHA-256"])


def rows_of_one_child(intervals: pd.DataFrame, rows: int = 8) -> pd.DataFrame:
    """Show the last rows at risk of the first child with the outcome.

    Without an outcome, those of the first child.
    """
    hit = intervals.loc[intervals["event"] == 1, "patient_id"]
    child = hit.iloc[0] if len(hit) else intervals["patient_id"].iloc[0]
    shown = intervals[intervals["patient_id"] == child].tail(rows)
    names = ["patient_id", "start", "stop", "event", "antibody", *_MEASURES]
    kept = [name for name in names if name in shown.columns]
    shown = shown.assign(event=shown["event"].map(_EVENT_WORDS))
    if "recent_pulse" in shown:
        shown = shown.assign(
            recent_pulse=shown["recent_pulse"].map({0: "no", 1: "yes"})
        )
    return shown[kept].rename(columns=_COLUMNS).reset_index(drop=True)


def audit_sentence(audit: IntervalAudit) -> str:
    """Say in a line what the audit of the rows found."""
    if not audit.ok:
        return f"The audit found {len(audit.faults)} faults."
    return "The audit found no fault in any row: none overlaps, none follows an event."


def questions_table(proposal: Proposal) -> pd.DataFrame:
    r"""Lay out what a proposed mapping asks: ``Place`` in the mapping and ``Question``.

    Examples
    --------
    >>> proposal = Proposal("version = 1\n", ("patients.sex: what '1' means",), ())
    >>> questions_table(proposal).values.tolist()
    [['patients.sex', "what '1' means"]]
    """
    parts = [question.partition(": ") for question in proposal.unsure]
    return pd.DataFrame(
        {
            "Place": [place for place, _, _ in parts],
            "Question": [question for _, _, question in parts],
        }
    )


def faults_found(faults: Iterable[Fault]) -> pd.DataFrame:
    """Lay faults out for a reader: where in the file, which rule, what, what to do.

    A cell that several blocks of a mapping read is told once.
    """
    listed = list(faults)
    frame = pd.DataFrame(
        {
            "Place": [
                fault.source or fault.table + (f" row {fault.row}" if fault.row else "")
                for fault in listed
            ],
            "Rule": [fault.rule.replace("_", " ") for fault in listed],
            "What is wrong": [fault.message for fault in listed],
            "What to do": [fault.remedy for fault in listed],
        }
    )
    return frame.drop_duplicates(ignore_index=True)


def changes_table(tally: pd.DataFrame) -> pd.DataFrame:
    """Sum the tally of a mapping up: one row for each column and kind of change.

    Parameters
    ----------
    tally : DataFrame
        ``table block column what from to rows``, as `mapping_tally` gives it.

    Returns
    -------
    DataFrame
        ``Table Column Change Examples Cells``; up to three changes are shown.
    """
    keys = ["table", "column", "what"]
    rows = [
        {
            "Table": table,
            "Column": column,
            "Change": what,
            "Examples": _examples(group),
            "Cells": int(group["rows"].sum()),
        }
        for (table, column, what), group in tally.groupby(
            keys, sort=False, dropna=False
        )
    ]
    return pd.DataFrame(
        rows, columns=["Table", "Column", "Change", "Examples", "Cells"]
    )


def _examples(group: pd.DataFrame) -> str:
    pairs = group[["from", "to"]].fillna("").assign(rows=group["rows"])
    most = pairs.groupby(["from", "to"], sort=False)["rows"].sum()
    most = most.sort_values(ascending=False, kind="stable").head(3)
    return "; ".join(_pair(str(old), str(new)) for old, new in most.index if old or new)


def _pair(old: str, new: str) -> str:
    if not old:
        return _short(new)
    return f"{_short(old)} → {_short(new) or 'empty'}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
