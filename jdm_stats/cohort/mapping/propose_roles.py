"""Which of an export's tables, or rows of a long table, hold children, courses, events.

A table is told by the headings it has; a long table by a column whose few words decide
which other columns are filled.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from jdm_stats.cohort.mapping.headings import read_heading
from jdm_stats.cohort.mapping.propose_looks import ColumnLook, TableLook, only_rows
from jdm_stats.cohort.mapping.unfolded import as_words

__all__ = ["MEASURE_MEANINGS", "one_fact_a_row", "record_types", "roles"]

# meaning of a heading: what it measures
MEASURE_MEANINGS = {
    **{name: name for name in ("cmas", "mmt8", "physician_global", "chaq")},
    **{"ck_u_l": "ck_u_l", "ldh_u_l": "ldh_u_l"},
    **{"weight": "weight_kg", "height": "height_cm"},
}
_OF_A_CHILD = (
    *("diagnosis", "birth", "sex", "antibody", "exit_day", "exit_reason", "entry_day"),
    *("antibody_test_day", "dysphagia", "calcinosis", "centre"),
)
_MOST_TYPES = 12


def roles(look: TableLook) -> tuple[str, ...]:
    """Say which of our tables this one can fill.

    A table of children may hold the dates of their events, and what was measured at
    diagnosis; one with several rows a child and a date of each holds visits.
    """
    found: list[str] = []
    visits, fixed = look.of_visits(), look.of_children()
    if look.has("drug") or (look.has("dose") and look.has("start_day")):
        return ("courses",)
    if _is_of_children(fixed):
        found.append("patients")
    if look.has("event") and look.has("date", "start_day"):
        found.append("events")
    measured = visits.has(*MEASURE_MEANINGS) or (
        look.has("measure") and look.has("value")
    )
    dated = look.has("date") and not look.has("event")
    if dated and measured and ("patients" not in found or look.repeats_often):
        found.append("assessments")
    if any(str(one.meaning).startswith("date:") for one in look.columns):
        found.append("dates")
    return tuple(found)


def _is_of_children(look: TableLook) -> bool:
    told = sum(look.has(meaning) for meaning in _OF_A_CHILD)
    panel = any(str(one.meaning).startswith("panel:") for one in look.columns)
    if look.has("event") and look.has("date"):
        return told >= 3
    return told + panel >= (1 if not look.has("date") else 2)


def record_types(look: TableLook) -> list[TableLook] | None:
    """Split a long table by the column that says what each row is; None when none does.

    Examples
    --------
    >>> from jdm_stats.cohort.doors.raw import RawTable
    >>> from jdm_stats.cohort.mapping.propose_looks import look_at_table
    >>> long = pd.DataFrame(
    ...     {
    ...         "PatNr": ["1", "1", "1"],
    ...         "Satzart": ["P", "M", "M"],
    ...         "Geschlecht": ["w", None, None],
    ...         "Medikament": [None, "Decortin", "MTX"],
    ...     }
    ... )
    >>> [
    ...     part.where
    ...     for part in record_types(look_at_table(RawTable("x", "x.csv", long)))
    ... ]
    [('Satzart', 'P'), ('Satzart', 'M')]
    """
    for one in sorted(look.columns, key=lambda c: c.meaning != "record_type"):
        if _decides(look, one):
            sure = one.meaning == "record_type"
            order = as_words(look.table.frame[one.name]).dropna().unique()
            return [only_rows(look, one.name, str(word), sure) for word in order]
    return None


def _decides(look: TableLook, one: ColumnLook) -> bool:
    """Whether each word of a column fills columns that another word leaves empty.

    A child has rows of several types, and a column that belongs to one type is filled in
    most of its rows; what is seldom filled at all belongs to no type.
    """
    if not 2 <= len(one.words) <= _MOST_TYPES or one.filled < look.rows:
        return False
    if one.name not in look.varying and look.has("patient_id"):
        return False  # what is the same in all rows of a child says nothing of rows
    if one.meaning != "record_type" and not look.repeats_often:
        return False
    if one.meaning not in (None, "record_type", "event") or one.dates or one.numeric:
        return False
    kinds = as_words(look.table.frame[one.name])
    if len(look.columns) < 2:
        return False
    filled = _filled_by(
        look, [c.name for c in look.columns if c.name != one.name], kinds
    )
    rows = kinds.value_counts().reindex(filled.index).to_numpy()[:, None]
    alone = (filled >= 0.5 * rows) & (filled.sum(axis=0) == filled)
    telling = alone.loc[:, filled.sum(axis=0) >= 1]
    needed = 2 if one.meaning == "record_type" else 3
    kinds_with_own = int(telling.any(axis=1).sum())
    return kinds_with_own >= 2 and int(telling.any(axis=0).sum()) >= needed


def _filled_by(look: TableLook, names: Iterable[str], kinds: pd.Series) -> pd.DataFrame:
    """Count the filled cells of each column (across) for each kind of row (down)."""
    given = pd.DataFrame(
        {name: as_words(look.table.frame[name]).notna() for name in names}
    )
    return given.groupby(kinds.to_numpy(dtype=object)).sum()


def one_fact_a_row(look: TableLook) -> str:
    """Return what to ask of a table that names in one column what another column holds.

    A table of measures, one a row, is none: its words are measures of the schema. Nor is
    one of events.
    """
    for one in look.columns:
        if not one.coded or one.numeric or not look.repeats_often:
            continue
        if one.meaning == "event":
            continue
        told = {read_heading(word).meaning for word in one.words} - {None}
        measures = set(MEASURE_MEANINGS) | {"date"}
        if len(told) >= 3 and not told <= measures:
            return (
                f"{look.table.name}: {one.name!r} names what a row is about "
                f"({', '.join(map(repr, list(one.words)[:3]))}): one fact a row. Lay the "
                "table out with a column for each (a pivot table of a spreadsheet does), "
                "and propose again"
            )
    return ""
