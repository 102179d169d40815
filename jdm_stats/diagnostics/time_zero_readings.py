"""Readings: whether the value in a row was known when the row starts.

A column named after a measure (CMAS, weight ...) is held against the cohort: the value at
diagnosis in patients, and every assessment with its day. Where nearly all of its values are
found there, a value first measured later than the row starts is future information.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero_case import Case, of_children
from jdm_stats.diagnostics.time_zero_record import Record
from jdm_stats.diagnostics.time_zero_report import PROOF, SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero_rows import Column
from jdm_stats.diagnostics.time_zero_timeline import Moment

# Parts of a name that speak of a measure.
_PARTS = {
    "cmas": "cmas",
    "mmt": "mmt8",
    "global": "physician_global",
    "chaq": "chaq",
    "ck_": "ck_u_l",
    "ldh": "ldh_u_l",
    "weight": "weight_kg",
    "height": "height_cm",
}
_DERIVED = ("change", "delta", "slope", "diff", "score_z", "category", "imputed")
_UNEXPLAINED = 0.05


def reading_findings(case: Case) -> Iterator[TimeZeroFinding]:
    """Columns of readings that hold a value from after their row starts."""
    if case.record is None:
        return
    for column in case.rows.columns():
        measure = measure_of(column.name)
        if measure is not None and not column.binary:
            yield from _later_reading(case, case.record, column, measure)


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
    first = late.iloc[0]
    child = int(first["child"])
    told = [
        case.seen(column, child, int(first["row"])),
        Moment(float(first["known"]), f"{measure} {first['value']:g} first measured"),
    ]
    shape = "is the same in every row of a child and" if column.constant else "in a row"
    yield case.finding(
        "future_reading",
        SUSPICION if unexplained else PROOF,
        f"{column.name} {shape} holds a {measure} that was first measured after the "
        f"row starts, in {of_children(len(children))} of {held['child'].nunique():,}",
        columns=[column.name],
        at=None if column.constant else late["row"].to_numpy(),
        children=np.sort(children),
        example=child,
        moments=told,
    )
