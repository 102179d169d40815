"""From lives to rows of the four tables, each cut at the child's last day.

Rows are plain arrays by column, so that many children fit in memory; `typed_tables` of
`jdm_stats.simulation.tables.frames` makes data frames of them. Words of a fixed list are
held as places in that list. A child's rows are in order: by day, then by drug, event or
measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.schema import DOSE_BASES, EVENTS, ROUTES, TABLES
from jdm_stats.schema import MEASURES as MEASURED
from jdm_stats.simulation.course.aftermath import MOST_PERFORATIONS
from jdm_stats.simulation.course.histories import JAK_DAYS, NEVER
from jdm_stats.simulation.course.lives import Lives
from jdm_stats.simulation.course.readings import MEASURES

__all__ = ["Rows", "life_rows", "patient_ids"]

# Columns of a table by name, all of one length; "child" is the index within the cohort. A
# masked array is missing where it is masked.
Rows = dict[str, NDArray[Any]]

_DRUGS = TABLES["courses"]["drug"].allowed
_IN_ALPHABET = np.argsort(np.argsort(_DRUGS))
_KNOWN_MEASURES = tuple(MEASURED)
_AT_DIAGNOSIS = ("cmas", "mmt8", "physician_global", "ck_u_l")
_CYCLOPHOSPHAMIDE_DAYS, _CYCLOPHOSPHAMIDE_EVERY = 140, 28
_TOFACITINIB_FROM_KG = 25.0
STOMA = "stoma"


def patient_ids(index: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the pseudonyms of children, the same in every cohort.

    They have five digits, or as many as are needed: child 100,000 is SYN-100000. Tables
    are in order of the children's index, which is the order of these numbers.

    Examples
    --------
    >>> patient_ids(np.array([0, 41, 99_999])).tolist()
    ['SYN-00001', 'SYN-00042', 'SYN-100000']
    """
    return np.array([f"SYN-{i + 1:05d}" for i in index], dtype=object)


def life_rows(lives: Lives) -> dict[str, Rows]:
    """Return the rows of patients, courses, events and assessments of those who entered.

    Parameters
    ----------
    lives : Lives
        Children in order of their index.

    Returns
    -------
    dict of str to Rows
        In order of children, and within a child in the order of the cohort's tables.
    """
    reached = lives.reached
    told = {
        "patients": _patients(lives),
        "courses": _courses(lives),
        "events": _events(lives),
        "assessments": _assessments(lives),
    }
    if not reached.all():
        told = {
            name: _some(rows, reached[rows["child"]]) for name, rows in told.items()
        }
    for rows in told.values():
        rows["child"] = lives.index[rows["child"]]
    return told


def _some(rows: Rows, which: NDArray[Any]) -> Rows:
    """Take rows by a mask or by their places."""
    return {name: values[which] for name, values in rows.items()}


def _patients(lives: Lives) -> Rows:
    children, readings = lives.children, lives.readings
    unknown = ~children.tested
    test_day = np.minimum(children.test_day, lives.exit)
    return {
        "child": np.arange(len(lives.index)),
        "sex": np.where(children.female, "female", "male").astype(object),
        "age_at_diagnosis_years": children.age,
        "diagnosis_year": children.year,
        "weight_kg": readings.value["weight_kg"][0],
        "height_cm": readings.value["height_cm"][0],
        "antibody": np.where(unknown, "untested", children.antibody),
        "antibody_test_day": np.ma.array(test_day, mask=unknown),
        "ro52": np.ma.array(children.ro52, mask=unknown),
        "centre": np.array([chr(65 + c) for c in children.centre], dtype=object),
        "entry_day": children.entry,
        "exit_day": lives.exit,
        "exit_reason": lives.reason,
        **{measure: readings.value[measure][0] for measure in _AT_DIAGNOSIS},
        **children.features,
        "pattern": np.full(len(lives.index), "background", dtype=object),
    }


def _courses(lives: Lives) -> Rows:
    histories = lives.histories
    parts = [
        _runs(histories.oral, "prednisone", "oral"),
        _runs(histories.pulse, "methylprednisolone", "iv"),
    ]
    for drug in lives.plan.drugs:
        parts.append(
            _stretch(
                drug.given,
                drug.start,
                drug.stop,
                (drug.drug, drug.route, drug.dose_mg, drug.dose_basis),
                drug.every_n_days,
            )
        )
    parts += [*_jak(lives), _cyclophosphamide(lives)]
    rows = _cut(_joined(parts), "start_day", lives.exit)
    rows["stop_day"] = np.minimum(rows["stop_day"], lives.exit[rows["child"]])
    order = (_IN_ALPHABET[rows["drug"]], rows["start_day"], rows["child"])
    return _some(rows, np.lexsort(order))


def _runs(dose: NDArray[np.int16], drug: str, route: str) -> Rows:
    """Return one course per run of days at one dose; dose in hundredths of mg/kg."""
    given = dose > 0
    turns = dose[1:] != dose[:-1]
    start, child = _by_child(np.vstack([given[:1], turns & given[1:]]))
    stop, _ = _by_child(np.vstack([turns & given[:-1], given[-1:]]))
    amount = dose[start, child] / 100
    return _rows(child, start, stop, (drug, route, amount, "per_kg_day"))


def _by_child(
    marks: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the days that are marked, and whose they are, child by child."""
    day, child = np.divmod(np.flatnonzero(marks), marks.shape[1])
    order = np.argsort(child, kind="stable")
    return day[order], child[order]


def _stretch(
    given: NDArray[np.bool_],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    what: tuple[str, str, float | NDArray[np.float64], str],
    every: int = 1,
) -> Rows:
    child = np.flatnonzero(given)
    return _rows(child, start[child], stop[child], what, every)


def _rows(
    child: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    what: tuple[str, str, float | NDArray[np.float64], str],
    every: int = 1,
) -> Rows:
    drug, route, dose, basis = what
    n = len(child)
    return {
        "child": child,
        "drug": np.full(n, _DRUGS.index(drug), dtype=np.int8),
        "route": np.full(n, ROUTES.index(route), dtype=np.int8),
        "start_day": start,
        "stop_day": stop,
        "dose_mg": np.broadcast_to(np.asarray(dose, dtype=np.float64), n),
        "dose_basis": np.full(n, DOSE_BASES.index(basis), dtype=np.int8),
        "every_n_days": np.full(n, every),
    }


def _jak(lives: Lives) -> list[Rows]:
    start = lives.histories.jak_from
    given = start < NEVER
    weight = lives.children.weight_on(np.where(given, start, 0))
    parts = []
    for dose, chosen in (
        (5.0, weight < _TOFACITINIB_FROM_KG),
        (10.0, weight >= _TOFACITINIB_FROM_KG),
    ):
        what = ("tofacitinib", "oral", dose, "per_day")
        parts.append(_stretch(given & chosen, start, start + JAK_DAYS - 1, what))
    return parts


def _cyclophosphamide(lives: Lives) -> Rows:
    first, after = lives.histories.perforation_day, lives.aftermath.cyclophosphamide
    start = first + after
    what = ("cyclophosphamide", "iv", 500.0, "per_m2")
    given = (first < NEVER) & (after > 0)
    stop = start + _CYCLOPHOSPHAMIDE_DAYS
    return _stretch(given, start, stop, what, _CYCLOPHOSPHAMIDE_EVERY)


def _events(lives: Lives) -> Rows:
    histories, after = lives.histories, lives.aftermath
    first = histories.perforation_day
    parts = [_event(histories.gi_day, "gi_involvement")]
    for k in range(MOST_PERFORATIONS):
        again, operated = after.perforations[k], after.surgeries[k]
        day = np.where(again >= 0, first + again, NEVER)
        surgery = np.where(operated >= 0, first + operated, NEVER)
        site = after.sites[k]
        parts.append(_event(day, "gi_perforation", site))
        parts.append(_event(surgery, "surgery", np.where(after.stomas[k], STOMA, site)))
    parts.append(_event(lives.death, "death"))
    rows = _cut(_joined(parts), "day", lives.exit)
    return _some(rows, np.lexsort((rows["event"], rows["day"], rows["child"])))


def _event(
    day: NDArray[np.int64], event: str, site: NDArray[np.object_] | None = None
) -> Rows:
    """Return one row per child to whom it happens; an unknown site is missing."""
    child = np.flatnonzero(day < NEVER)
    known = np.full(len(child), None, dtype=object)
    if site is not None:
        told = site[child] != "unknown"
        known[told] = site[child][told]
    return {
        "child": child,
        "day": day[child],
        "event": np.full(len(child), EVENTS.index(event), dtype=np.int8),
        "site": known,
    }


def _assessments(lives: Lives) -> Rows:
    """Return one row per reading, child by child, visit by visit, in alphabetical order."""
    day = lives.readings.day
    held = ((day >= 0) & (day <= lives.exit)).T
    measures = sorted(MEASURES)
    value = np.stack([lives.readings.value[name].T for name in measures], axis=-1)
    child, visit, place = np.nonzero(held[:, :, None] & ~np.isnan(value))
    codes = np.array([_KNOWN_MEASURES.index(name) for name in measures], dtype=np.int8)
    rows: Rows = {
        "child": child,
        "day": day[visit, child],
        "measure": codes[place],
        "value": value[child, visit, place],
    }
    another = (np.diff(child) == 0) & (np.diff(visit) > 0)
    if (another & (np.diff(rows["day"]) <= 0)).any():  # visits crowd and cross
        return _some(rows, np.lexsort((place, rows["day"], child)))
    return rows


def _joined(parts: Sequence[Rows]) -> Rows:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _cut(rows: Rows, day: str, last: NDArray[np.int64]) -> Rows:
    """Leave out what lies after the child's last day."""
    return _some(rows, rows[day] <= last[rows["child"]])
