"""Tables of a report on what happened to the children: events, steroid courses, other drugs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from jdm_stats.errors import Fault, UsageError
from jdm_stats.html import format_count_percent, format_number
from jdm_stats.report.labels import label
from jdm_stats.report.tables import in_order, median_iqr, require_columns

__all__ = [
    "drugs_table",
    "events_by_group",
    "events_table",
    "incomplete_courses_table",
    "steroids_table",
    "without_faults",
]

_LACKING = MappingProxyType(
    {
        "missing_dose": "dose",
        "missing_stop_day": "last day of treatment",
        "dose_as_needed": "days of treatment: given as needed",
        "no_weight": "weight, to turn mg into mg/kg",
        "no_height": "height, to turn mg per square metre into mg",
        "courses_overlap": "which of two overlapping courses was given",
        "courses_same_start": "which of two courses begun on a day was given",
    }
)


def events_table(
    events: pd.DataFrame,
    children: int,
    *,
    order: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count events and the children who had them, by type.

    Parameters
    ----------
    events : pandas.DataFrame
        ``patient_id``, ``day``, ``event``, ``definite``.
    children : int
        Children in the cohort.
    order : sequence of str
        Types to show first, in this order, even when none happened.
    labels : mapping of str to str, optional
        Words for types.

    Returns
    -------
    pandas.DataFrame
        One row a type: children with one or more, events, how many are not definite, and the
        day of the first one, counted from diagnosis.

    Examples
    --------
    >>> events = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "A"],
    ...         "day": [10, 20],
    ...         "event": ["surgery"] * 2,
    ...         "definite": [True, False],
    ...     }
    ... )
    >>> events_table(events, 4, order=["surgery"]).values.tolist()
    [['Surgery', '1 (25.0%)', 2, 1, '10 (10–10)']]
    """
    require_columns(events, ["patient_id", "day", "event", "definite"], "events_table")
    seen = events["event"].value_counts()
    kinds = [*order, *(name for name in seen.index if name not in order)]
    rows = []
    for kind in kinds:
        some = events[(events["event"] == kind).to_numpy(dtype=bool)]
        first = some.groupby("patient_id", observed=True)["day"].min()
        rows.append(
            {
                "Event": label(kind, labels),
                "Children": format_count_percent(len(first), children),
                "Events": len(some),
                "Not definite": int((~some["definite"].astype(bool)).sum()),
                "Day of the first, median (IQR)": median_iqr(first, 0),
            }
        )
    return pd.DataFrame(rows)


def events_by_group(
    patients: pd.DataFrame,
    events: pd.DataFrame,
    kinds: Sequence[str],
    *,
    by: str = "antibody",
    labels: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Count the children of every group who ever had each type of event.

    Parameters
    ----------
    patients : pandas.DataFrame
        ``patient_id`` and the column of groups.
    events : pandas.DataFrame
        ``patient_id``, ``event``.
    kinds : sequence of str
        Types of event, one column each.
    by : str, default "antibody"
        Column of groups; all are shown, the largest first.
    labels : mapping of str to str, optional
        Words for groups and types.

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {"patient_id": ["A", "B"], "antibody": ["NXP2", "none"]}
    ... )
    >>> events = pd.DataFrame({"patient_id": ["A", "A"], "event": ["death", "surgery"]})
    >>> events_by_group(patients, events, ["death"]).values.tolist()
    [['NXP2', '1 (50.0%)', '1 (100.0%)'], ['none found', '1 (50.0%)', '0 (0.0%)']]
    """
    require_columns(patients, ["patient_id", by], "events_by_group")
    require_columns(events, ["patient_id", "event"], "events_by_group")
    had = {
        kind: set(events.loc[events["event"] == kind, "patient_id"]) for kind in kinds
    }
    rows = []
    for group in in_order(patients[by]):
        ids = set(patients.loc[patients[by] == group, "patient_id"])
        row = {
            label(by, labels): label(group, labels),
            "Children": format_count_percent(len(ids), len(patients)),
        }
        for kind in kinds:
            row[label(kind, labels)] = format_count_percent(
                len(ids & had[kind]), len(ids)
            )
        rows.append(row)
    return pd.DataFrame(rows)


def steroids_table(courses: pd.DataFrame, children: int) -> pd.DataFrame:
    """Summarise steroid courses, daily treatment and pulses apart.

    Parameters
    ----------
    courses : pandas.DataFrame
        ``patient_id``, ``start_day``, ``stop_day`` (included), ``mg_kg_day``
        (prednisone-equivalent), ``pulse``, ``route``.
    children : int
        Children in the cohort.

    Returns
    -------
    pandas.DataFrame
        One row a kind of treatment: children given it, stretches at one dose, their length in
        days and prednisone-equivalent dose in mg/kg/day.

    Examples
    --------
    >>> courses = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "A"],
    ...         "start_day": [0, 30],
    ...         "stop_day": [29, 30],
    ...         "mg_kg_day": [2.0, 37.5],
    ...         "pulse": [False, True],
    ...         "route": ["oral", "iv"],
    ...     }
    ... )
    >>> steroids_table(courses, 2).iloc[:, :3].values.tolist()
    [['oral', '1 (50.0%)', 1], ['intravenous pulse', '1 (50.0%)', 1]]
    """
    needed = ["patient_id", "start_day", "stop_day", "mg_kg_day", "pulse", "route"]
    require_columns(courses, needed, "steroids_table")
    routes = courses["route"].map(label)
    kind = routes.where(~courses["pulse"].astype(bool), routes + " pulse")
    rows = []
    for name in sorted(
        kind.unique(), key=lambda text: (text.endswith("pulse"), text != "oral")
    ):
        some = courses[(kind == name).to_numpy(dtype=bool)]
        length = (some["stop_day"] - some["start_day"] + 1).astype(float)
        rows.append(
            {
                "Treatment": name,
                "Children": format_count_percent(
                    some["patient_id"].nunique(), children
                ),
                "Stretches at one dose": len(some),
                "Length in days, median (IQR)": median_iqr(length, 0),
                "Prednisone-equivalent mg/kg/day, median (IQR)": median_iqr(
                    some["mg_kg_day"], 2
                ),
                "Highest": format_number(float(some["mg_kg_day"].max()), 1),
            }
        )
    return pd.DataFrame(rows)


def without_faults(courses: pd.DataFrame, faults: Iterable[Fault]) -> np.ndarray:
    """Say which courses no fault was found in.

    Parameters
    ----------
    courses : pandas.DataFrame
        One row a course; faults count its rows from 1.
    faults : iterable of Fault
        As an error's ``faults`` hold them.

    Returns
    -------
    ndarray of bool, shape (courses,)

    Examples
    --------
    >>> fault = Fault(
    ...     "courses", 2, "A", "dose_mg", "missing_dose", "has no dose", "give it"
    ... )
    >>> without_faults(pd.DataFrame({"drug": ["prednisone"] * 3}), [fault]).tolist()
    [True, False, True]
    """
    rows = [fault.row for fault in faults if fault.table == "courses" and fault.row]
    whole = np.ones(len(courses), dtype=bool)
    whole[[row - 1 for row in rows]] = False
    return whole


def incomplete_courses_table(faults: Iterable[Fault]) -> pd.DataFrame:
    """Count the steroid courses whose daily dose is not known, by what is missing.

    Parameters
    ----------
    faults : iterable of Fault
        As the error of `jdm_stats.cohort.steroids.steroid_courses` holds them.

    Returns
    -------
    pandas.DataFrame
        ``Not known``, ``Courses``, ``Children``; a course that lacks two things counts
        in two rows.

    Examples
    --------
    >>> fault = Fault(
    ...     "courses", 2, "A", "dose_mg", "missing_dose", "has no dose", "give it"
    ... )
    >>> incomplete_courses_table([fault]).values.tolist()
    [['dose', 1, 1]]
    """
    found = pd.DataFrame(
        [(fault.rule, fault.row, fault.patient_id) for fault in faults],
        columns=["rule", "row", "patient_id"],
    )
    counted = found.groupby("rule", observed=True, sort=False).nunique()
    counted = counted.sort_values("row", ascending=False, kind="stable")
    return pd.DataFrame(
        {
            "Not known": [_LACKING.get(str(r), label(r)) for r in counted.index],
            "Courses": counted["row"].tolist(),
            "Children": counted["patient_id"].tolist(),
        }
    )


def drugs_table(
    courses: pd.DataFrame, children: int, *, labels: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Count the children ever given each drug, and when it began.

    Parameters
    ----------
    courses : pandas.DataFrame
        ``patient_id``, ``drug``, ``start_day``.
    children : int
        Children in the cohort.
    labels : mapping of str to str, optional
        Words for drugs.

    Raises
    ------
    UsageError
        If a column is not there, or ``children`` is fewer than were treated.

    Examples
    --------
    >>> courses = pd.DataFrame(
    ...     {"patient_id": ["A", "A"], "drug": ["ivig"] * 2, "start_day": [40, 9]}
    ... )
    >>> drugs_table(courses, 2).values.tolist()
    [['IVIG', '1 (50.0%)', '9 (9–9)']]
    """
    require_columns(courses, ["patient_id", "drug", "start_day"], "drugs_table")
    if courses["patient_id"].nunique() > children:
        raise UsageError(
            f"{courses['patient_id'].nunique()} children were treated, more than the "
            f"{children} of the cohort"
        )
    rows = []
    for drug, some in courses.groupby("drug", observed=True):
        first = some.groupby("patient_id", observed=True)["start_day"].min()
        rows.append((len(first), str(drug), median_iqr(first, 0)))
    rows.sort(key=lambda row: (-row[0], row[1]))
    return pd.DataFrame(
        [
            (label(drug, labels), format_count_percent(count, children), start)
            for count, drug, start in rows
        ],
        columns=["Drug", "Children", "First day, median (IQR)"],
    )
