"""From lives to the four tables of a cohort, each cut at the child's last day."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.simulation.aftermath import MOST_PERFORATIONS
from jdm_stats.simulation.histories import JAK_DAYS, NEVER
from jdm_stats.simulation.lives import Lives
from jdm_stats.simulation.readings import MEASURES

__all__ = ["life_tables", "patient_ids"]

_CYCLOPHOSPHAMIDE_DAYS, _CYCLOPHOSPHAMIDE_EVERY = 140, 28
_TOFACITINIB_FROM_KG = 25.0
STOMA = "stoma"


def patient_ids(index: NDArray[np.int64]) -> NDArray[np.object_]:
    """Return the pseudonyms of children, the same in every cohort.

    Examples
    --------
    >>> patient_ids(np.array([0, 41])).tolist()
    ['SYN-00001', 'SYN-00042']
    """
    return np.array([f"SYN-{i + 1:05d}" for i in index], dtype=object)


def life_tables(lives: Lives) -> dict[str, pd.DataFrame]:
    """Return patients, courses, events and assessments of the children who entered.

    Parameters
    ----------
    lives : Lives

    Returns
    -------
    dict of str to pandas.DataFrame
    """
    kept = np.flatnonzero(lives.reached)
    ids = patient_ids(lives.index)
    return {
        "patients": _patients(lives, ids).iloc[kept],
        "courses": _of(kept, _courses(lives), ids),
        "events": _of(kept, _events(lives), ids),
        "assessments": _of(kept, _assessments(lives), ids),
    }


def _of(
    kept: NDArray[np.int64], frame: pd.DataFrame, ids: NDArray[np.object_]
) -> pd.DataFrame:
    """Keep the rows of chosen children and put the pseudonym for the position."""
    frame = frame[frame["child"].isin(kept)]
    child = frame["child"].to_numpy()
    frame = frame.drop(columns="child")
    frame.insert(0, "patient_id", ids[child])
    return frame


def _patients(lives: Lives, ids: NDArray[np.object_]) -> pd.DataFrame:
    children, readings = lives.children, lives.readings
    tested = children.tested
    test_day = np.minimum(children.test_day, lives.exit)
    return pd.DataFrame(
        {
            "patient_id": ids,
            "sex": np.where(children.female, "female", "male"),
            "age_at_diagnosis_years": children.age,
            "diagnosis_year": children.year,
            "weight_kg": readings.value["weight_kg"][0],
            "height_cm": readings.value["height_cm"][0],
            "antibody": np.where(tested, children.antibody, "untested"),
            "antibody_test_day": pd.array(test_day, dtype="Int64"),
            "ro52": pd.array(children.ro52, dtype="boolean"),
            "centre": np.array([chr(65 + c) for c in children.centre], dtype=object),
            "entry_day": children.entry,
            "exit_day": lives.exit,
            "exit_reason": lives.reason,
            **{measure: readings.value[measure][0] for measure in MEASURES[:4]},
            **children.features,
            "pattern": "background",
        }
    ).assign(
        antibody_test_day=lambda frame: frame["antibody_test_day"].where(tested),
        ro52=lambda frame: frame["ro52"].where(tested),
    )


def _courses(lives: Lives) -> pd.DataFrame:
    histories = lives.histories
    days = np.arange(len(histories.oral))[:, None]
    within = days <= lives.exit
    parts = [
        _runs(histories.oral * within, "prednisone", "oral"),
        _runs(histories.pulse * within, "methylprednisolone", "iv"),
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
    frame = pd.concat(parts, ignore_index=True)
    last = lives.exit[frame["child"].to_numpy()]
    frame["stop_day"] = np.minimum(frame["stop_day"], last)
    return frame[frame["start_day"].to_numpy() <= last]


def _runs(dose: NDArray[np.int16], drug: str, route: str) -> pd.DataFrame:
    """Return one course per run of days at one dose; dose in hundredths of mg/kg."""
    by_child = dose.T
    edge = np.zeros((len(by_child), 1), dtype=dose.dtype)
    padded = np.hstack([edge, by_child, edge])
    changes = padded[:, 1:] != padded[:, :-1]
    child, start = np.nonzero(changes[:, :-1] & (by_child > 0))
    _, stop = np.nonzero(changes[:, 1:] & (by_child > 0))
    amount = by_child[child, start] / 100
    return _rows(child, start, stop, (drug, route, amount, "per_kg_day"))


def _stretch(
    given: NDArray[np.bool_],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    what: tuple[str, str, float | NDArray[np.float64], str],
    every: int = 1,
) -> pd.DataFrame:
    child = np.flatnonzero(given)
    return _rows(child, start[child], stop[child], what, every)


def _rows(
    child: NDArray[np.int64],
    start: NDArray[np.int64],
    stop: NDArray[np.int64],
    what: tuple[str, str, float | NDArray[np.float64], str],
    every: int = 1,
) -> pd.DataFrame:
    drug, route, dose, basis = what
    return pd.DataFrame(
        {
            "child": child,
            "drug": drug,
            "route": route,
            "start_day": start,
            "stop_day": stop,
            "dose_mg": dose,
            "dose_basis": basis,
            "every_n_days": every,
        }
    )


def _jak(lives: Lives) -> list[pd.DataFrame]:
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


def _cyclophosphamide(lives: Lives) -> pd.DataFrame:
    first, after = lives.histories.perforation_day, lives.aftermath.cyclophosphamide
    start = first + after
    what = ("cyclophosphamide", "iv", 500.0, "per_m2")
    given = (first < NEVER) & (after > 0)
    stop = start + _CYCLOPHOSPHAMIDE_DAYS
    return _stretch(given, start, stop, what, _CYCLOPHOSPHAMIDE_EVERY)


def _events(lives: Lives) -> pd.DataFrame:
    histories, after = lives.histories, lives.aftermath
    first = histories.perforation_day
    parts = [_event(histories.gi_day, "gi_involvement")]
    for k in range(MOST_PERFORATIONS):
        again, operated = after.perforations[k], after.surgeries[k]
        day = np.where(again >= 0, first + again, NEVER)
        surgery = np.where(operated >= 0, first + operated, NEVER)
        site = after.sites[k].copy()
        site[site == "unknown"] = None
        parts.append(_event(day, "gi_perforation", site))
        parts.append(_event(surgery, "surgery", np.where(after.stomas[k], STOMA, site)))
    parts.append(_event(lives.death, "death"))
    frame = pd.concat(parts, ignore_index=True)
    last = lives.exit[frame["child"].to_numpy()]
    return frame[frame["day"].to_numpy() <= last]


def _event(
    day: NDArray[np.int64], event: str, site: NDArray[np.object_] | None = None
) -> pd.DataFrame:
    child = np.arange(len(day))
    known = np.full(len(day), None, dtype=object) if site is None else site
    return pd.DataFrame({"child": child, "day": day, "event": event, "site": known})


def _assessments(lives: Lives) -> pd.DataFrame:
    day = lives.readings.day
    held = (day >= 0) & (day <= lives.exit)
    visit, child = np.nonzero(held)
    wide = {
        measure: lives.readings.value[measure][visit, child] for measure in MEASURES
    }
    parts = [
        pd.DataFrame(
            {
                "child": child,
                "day": day[visit, child],
                "measure": measure,
                "value": value,
            }
        )
        for measure, value in wide.items()
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset="value")
