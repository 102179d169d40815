"""Tests and readings: whether the value in a row was known when the row starts.

The antibody is held against the day of its test. A column named after a measure (CMAS,
weight ...) is held against the cohort: the value at diagnosis in patients, and every
assessment with its day. Where nearly all of its values are found there, a value first
measured later than the row starts is future information.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero.case import Case, of_children
from jdm_stats.diagnostics.time_zero.names import words
from jdm_stats.diagnostics.time_zero.record import Record
from jdm_stats.diagnostics.time_zero.report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.rows import Column
from jdm_stats.diagnostics.time_zero.timeline import Moment
from jdm_stats.schema import ANTIBODIES

# Parts of a name that speak of a measure.
_PARTS = {
    "cmas": "cmas",
    "mmt": "mmt8",
    "physician_global": "physician_global",
    "phys_global": "physician_global",
    "chaq": "chaq",
    "ck_": "ck_u_l",
    "ldh": "ldh_u_l",
    "weight": "weight_kg",
    "height": "height_cm",
}
_DERIVED = ("change", "delta", "slope", "diff", "score_z", "category", "imputed")
_UNEXPLAINED = 0.05
# Words that a reading's name may add to its measure in a proof.
_PLAIN = {
    "kg",
    "cm",
    "u",
    "l",
    "g",
    "mmt",
    "cmas",
    "physician",
    "phys",
    "global",
    "chaq",
}
_PLAIN |= {
    "ck",
    "ldh",
    "weight",
    "height",
    "last",
    "latest",
    "first",
    "baseline",
    "now",
}
_PLAIN |= {"current", "best", "worst", "max", "min", "mean", "final", "peak", "score"}
_PLAIN |= {"at", "start", "diagnosis", "entry", "total", "value"}

# Share of the tested children's days that lies before their test, from which on it is told.
IMMORTAL_SHARE = 0.05
_SUBTYPES = tuple(a for a in ANTIBODIES if a not in ("other", "none", "untested"))
_AMBIGUOUS = {"SAE", "ARS"}  # "serious adverse event" has the first one's letters
_MOSTLY = 0.5
_SPLIT = re.compile(r"[^a-z0-9]+")


def reading_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Antibodies tested, and readings taken, after their row starts."""
    yield from _antibody(case)
    if case.record is None:
        return
    for column in case.rows.columns():
        measure = measure_of(column.name)
        if measure is not None and not column.binary:
            yield from _later_reading(case, case.record, column, measure)


def _antibody(case: Case) -> Iterator[TimeZeroFinding]:
    rows, tested = case.rows, case.days("antibody_test_day")
    names, severity = _antibody_columns(case)
    if tested is None or not names:
        return
    said = np.zeros(rows.n, dtype=bool)
    for name in names:
        cells = rows.frame[name].iloc[rows.place[rows.first]]
        said |= (cells.notna() & (cells.astype(object) != "untested")).to_numpy()
    late = said & (tested > rows.begin)
    event = case.event_day()
    after = np.flatnonzero(said & np.isfinite(event) & (tested >= event))
    if len(after):
        child = int(after[0])
        total = int((said & np.isfinite(event)).sum())
        yield case.finding(
            "antibody_after_event",
            severity,
            f"{', '.join(names)}: the antibody was tested on the day of the event or "
            f"later in {of_children(len(after))}; {total:,} with the event have a result",
            columns=names,
            children=after,
            moments=[Moment(tested[child], "antibody tested")],
        )
    waiting = np.minimum(tested, rows.end)[late] - rows.begin[late]
    known = said & ~np.isnan(tested)
    total_days = (rows.end - rows.begin)[known].sum()
    if total_days > 0 and waiting.sum() >= IMMORTAL_SHARE * total_days:
        child = int(np.flatnonzero(late)[0])
        were = "was" if late.sum() == 1 else "were"
        yield case.finding(
            "antibody_after_entry",
            SUSPICION,
            f"{', '.join(names)}: of {of_children(int(known.sum()))} tested, "
            f"{int(late.sum()):,} {were} tested after the first row starts; "
            f"{waiting.sum() / total_days:.0%} of their days at risk, all tested children "
            "taken together, lie before the test",
            columns=names,
            children=np.flatnonzero(late),
            moments=[Moment(tested[child], "antibody tested")],
        )


def _antibody_columns(case: Case) -> tuple[list[str], str]:
    """Columns that hold the antibody, and whether that is sure.

    Sure are words of which most name antibodies, and 0/1 columns named after a subtype
    that the children called 1 have; a name with "antibody" in it alone is not.
    """
    sure, likely = [], []
    for name in case.rows.names:
        own, parts = set(words(name)), _SPLIT.split(name.lower())
        subtypes = [a for a in _SUBTYPES if any(p.startswith(a.lower()) for p in parts)]
        numbers = case.rows.column(name)
        if numbers is None:
            levels = set(case.rows.frame[name].dropna().astype(str))
            if levels & set(_SUBTYPES):
                sure.append(name)
            elif "antibod" in name.lower() or own & {"msa", "myositis"}:
                likely.append(name)
        elif subtypes:
            bears = _borne_out(case, numbers, subtypes)
            if bears:
                sure.append(name)
        elif "antibod" in name.lower():
            likely.append(name)
    return (sure, PROOF) if sure else (likely, SUSPICION)


def _borne_out(case: Case, column: Column, subtypes: list[str]) -> bool:
    """Whether the children called 1 have the antibody that the column is named after."""
    rows, record = case.rows, case.record
    if record is None:
        return not _AMBIGUOUS & set(subtypes)
    positive = np.unique(rows.child[column.values > 0])
    positive = positive[record.known[positive]]
    if not len(positive):
        return not _AMBIGUOUS & set(subtypes)
    has = record.patients["antibody"].iloc[positive].isin(subtypes)
    return bool(has.mean() >= _MOSTLY)


def measure_of(name: str) -> str | None:
    """Name the measure that a column's name speaks of.

    Examples
    --------
    >>> measure_of("cmas_last"), measure_of("latest_ck_u_l"), measure_of("nxp2")
    ('cmas', 'ck_u_l', None)
    """
    low = f"{name.lower()}_"
    if any(part in low for part in _DERIVED):
        return None
    for part, measure in _PARTS.items():
        if low.startswith(part) or f"_{part}" in low:
            return measure
    return None


def _known_from(record: Record, measure: str) -> pd.DataFrame:
    """``child, value, known``: the first day each value of a measure was known."""
    own = record.assessments[record.assessments["measure"] == measure]
    readings = pd.DataFrame(
        {
            "child": own["child"].to_numpy(np.int64),
            "known": own["day"].to_numpy(dtype=float),
            "value": own["value"].to_numpy(dtype=float),
        }
    ).dropna()
    means = readings.groupby(["child", "known"], as_index=False)["value"].mean()
    parts = [readings, means]
    if measure in record.patients.columns:
        at_diagnosis = record.patients[measure].to_numpy(dtype=float, na_value=np.nan)
        start = pd.DataFrame({"value": at_diagnosis, "known": -np.inf})
        parts.append(start.assign(child=np.arange(len(start))).dropna())
    every = pd.concat(parts, ignore_index=True)
    every["value"] = every["value"].round(6)
    first = every.groupby(["child", "value"])["known"].min()
    return first.reset_index()


def _later_reading(
    case: Case, record: Record, column: Column, measure: str
) -> Iterator[TimeZeroFinding]:
    rows = case.rows
    daily = column.name in rows.noted.get("daily_measures", ())
    held = pd.DataFrame(
        {
            "child": rows.child,
            "value": np.round(column.values, 6),
            "seen": rows.stop - 1 if daily else rows.start,
            "row": np.arange(len(rows.child)),
        }
    )
    held = held[record.known[rows.child] & ~np.isnan(column.values)]
    held = held.drop_duplicates(["child", "value"])
    if held.empty:
        return
    held = held.merge(_known_from(record, measure), on=["child", "value"], how="left")
    late = held[held["known"] > held["seen"]]
    unexplained = int(held["known"].isna().sum())
    if late.empty or unexplained > _UNEXPLAINED * len(held):
        return
    if len(late) <= 2 * unexplained:
        return
    children = late["child"].unique()
    first = late.loc[(late["known"] - late["seen"]).idxmax()]
    child = int(first["child"])
    told = [
        case.seen(column, child, int(first["row"])),
        Moment(float(first["known"]), f"{measure} {first['value']:g} first measured"),
    ]
    shape = "never changes within a child and" if column.constant else "in a row"
    wait = float((late["known"] - late["seen"]).median())
    plain = set(words(column.name)) <= _PLAIN
    yield case.finding(
        "future_reading",
        PROOF if not unexplained and plain else SUSPICION,
        f"{column.name} {shape} holds a {measure} that was first measured after the row "
        f"starts, in {of_children(len(children))} of {held['child'].nunique():,}; half of "
        f"the values {wait:,.0f} days or more after",
        columns=[column.name],
        at=None if column.constant else late["row"].to_numpy(),
        children=np.sort(children),
        example=child,
        moments=told,
    )
