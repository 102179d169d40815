"""The truth of a cohort that was drawn: its effects, and each child's own hazard.

`jdm_stats.cohort.truth` asks here, by the name of this module (decision 12).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.simulation.hazards import NXP2_EARLY_DAYS, dose_plateau
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.truth.drawn_again import (
    Again,
    Followed,
    draw_again,
    followed_children,
    world_of,
)

__all__ = ["hazard_rows", "true_rows", "truth_table"]

_PER_MG_KG = 100.0
# Term of the hazard: the field of the scenario, and what the ratio compares.
_TERMS = {
    "severity": ("severity_hr", "per SD of latent severity"),
    "nxp2_early": ("nxp2_early_hr", "anti-NXP2, before day 540"),
    "nxp2_late": ("nxp2_late_hr", "anti-NXP2, from day 540"),
    "dose": ("dose_hr", "oral steroid at its plateau against none"),
    "threshold": ("threshold_hr", "oral dose at or above the threshold"),
    "pulse": ("pulse_hr", "a pulse in the last 30 days"),
    "cumulative": ("cumulative_hr", "per 100 mg/kg of weighted dose"),
    "jak": ("jak_hr", "JAK inhibitor on the day"),
    "no_gi": ("no_gi_factor", "no GI involvement by the day before"),
}


def truth_table(cohort: Cohort) -> pd.DataFrame:
    """Return the effects a cohort was drawn with; see `jdm_stats.cohort.truth.Truth`."""
    truth = cohort.truth
    factor = truth.no_gi_factor
    logs = dict(truth.log_hazard_ratios)
    logs["no_gi"] = math.log(factor) if factor > 0 else -math.inf
    told = world_of(cohort).parameters()
    rows = []
    for term, log in logs.items():
        field, compares = _TERMS[term]
        grade = str(told.at[field, "grade"])
        rows.append(
            {
                "term": term,
                "log_hazard_ratio": log,
                "hazard_ratio": math.exp(log),
                "unit": compares,
                "grade": grade,
                "status": _status(grade),
                "source": told.at[field, "source"],
            }
        )
    return _marked(pd.DataFrame(rows))


def hazard_rows(
    cohort: Cohort,
    patient_ids: Iterable[str] | None = None,
    days: Iterable[int] | None = None,
    *,
    followed: bool = True,
) -> pd.DataFrame:
    """Draw each child's hazard again; see `jdm_stats.cohort.truth.Truth.hazards`."""
    scenario = world_of(cohort)
    children = followed_children(cohort, patient_ids)
    wanted = None if days is None else _whole_days(days, scenario)
    parts = []
    for again in draw_again(cohort, children):
        day = np.arange(len(again.hazard))[:, None]
        asked = day < children.first[again.place]
        if followed:
            asked &= children.entry[again.place] <= day
            asked &= day < children.exit[again.place]
        if wanted is not None:
            asked &= np.isin(day, wanted)
        child, row = np.nonzero(asked.T)
        parts.append(_hazard_frame(children, again, row, child, scenario))
    frame = pd.concat(parts, ignore_index=True)
    return _marked(frame.sort_values(["patient_id", "day"], ignore_index=True))


def true_rows(cohort: Cohort) -> pd.DataFrame:
    """Return rows with the generator's own terms, on which a Cox fit finds the truth.

    One row per child at risk on each day that has a first perforation, and no other: the
    partial likelihood looks at nothing else, so that rows of a single day suffice.
    Delayed entry and exit are those of the cohort. Children of the index case's pattern,
    whose perforations were placed, are left out.

    Parameters
    ----------
    cohort : Cohort
        Synthetic, of this version of the world.

    Returns
    -------
    pandas.DataFrame
        ``patient_id``, ``start``, ``stop`` (= start + 1), ``event``, and the terms as
        they stand in the hazard: ``severity``, ``nxp2_early``, ``nxp2_late``, ``dose``
        (plateau, 0 to 1), ``threshold``, ``pulse``, ``cumulative`` (per 100 mg/kg),
        ``jak``, ``no_gi``. The coefficient of each stands in
        ``cohort.truth.log_hazard_ratios``; that of ``no_gi`` is
        ``log(cohort.truth.no_gi_factor)``.

    Raises
    ------
    UsageError
        When the cohort is real or of another version of the world, or when nobody
        perforates while followed.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> world = jdm.Scenario(h0_mass=1.0)
    >>> rows = true_rows(jdm.simulate_cohort(40, scenario=world, rng=1))
    >>> bool((rows["stop"] - rows["start"] == 1).all()), int(rows["event"].sum()) > 1
    (True, True)
    """
    scenario = world_of(cohort)
    children = followed_children(cohort)
    inside = (children.first > children.entry) & (children.first <= children.exit)
    event_days = np.unique(children.first[inside])
    if not len(event_days):
        raise UsageError("no child of the cohort perforates while followed")
    at_risk = children.entry < event_days[:, None]
    at_risk &= event_days[:, None] <= children.last
    parts = []
    for again in draw_again(cohort, children):
        event, child = np.nonzero(at_risk[:, again.place])
        stop = event_days[event]
        terms = _terms(again, stop - 1, child, scenario)
        place = again.place[child]
        head = {
            "patient_id": children.patient_id[place],
            "start": stop - 1,
            "stop": stop,
            "event": (children.first[place] == stop) * 1,
        }
        parts.append(pd.DataFrame({**head, **terms}))
    rows = pd.concat(parts, ignore_index=True)
    return _marked(rows.sort_values(["stop", "patient_id"], ignore_index=True))


def _marked(frame: pd.DataFrame) -> pd.DataFrame:
    frame.attrs["jdm_stats"] = {"synthetic": True}
    return frame


def _status(grade: str) -> str:
    if grade == "solved":
        return "solved to meet an overall figure"
    return {"A": "published", "B": "published elsewhere"}.get(grade, "assumed")


def _whole_days(days: Iterable[int], scenario: Scenario) -> NDArray[np.int64]:
    last = scenario.follow_up_days
    if not isinstance(days, Iterable):
        raise UsageError(f"days must be a list of whole days, not {days!r}")
    asked = list(days)
    wrong = [day for day in asked if not is_whole(day) or not 0 <= day <= last]
    if wrong or not asked:
        raise UsageError(
            f"days must be whole days from 0 to {last}, the longest follow-up, not "
            f"{wrong or 'none at all'}"
        )
    return np.unique(np.array(asked, dtype=np.int64))


def _hazard_frame(
    children: Followed,
    again: Again,
    day: NDArray[np.int64],
    child: NDArray[np.int64],
    scenario: Scenario,
) -> pd.DataFrame:
    state = again.state
    dose = state.dose[day, child]
    return pd.DataFrame(
        {
            "patient_id": children.patient_id[again.place[child]],
            "day": day,
            "hazard": again.hazard[day, child],
            "severity": state.severity[day, child],
            "nxp2": state.nxp2[child] == 1,
            "oral_dose": dose,
            "dose_plateau": dose_plateau(dose, scenario),
            "recent_pulse": state.recent_pulse[day, child],
            "weighted_dose": state.weighted_dose[day, child],
            "jak": state.jak[day, child],
            "gi": state.gi[day, child],
        }
    )


def _terms(
    again: Again,
    day: NDArray[np.int64],
    child: NDArray[np.int64],
    scenario: Scenario,
) -> dict[str, NDArray[np.floating[Any]]]:
    state = again.state
    dose, nxp2 = state.dose[day, child], state.nxp2[child]
    return {
        "severity": state.severity[day, child],
        "nxp2_early": nxp2 * (day < NXP2_EARLY_DAYS),
        "nxp2_late": nxp2 * (day >= NXP2_EARLY_DAYS),
        "dose": dose_plateau(dose, scenario),
        "threshold": (dose >= scenario.threshold_mg_kg) * 1.0,
        "pulse": state.recent_pulse[day, child] * 1.0,
        "cumulative": state.weighted_dose[day, child] / _PER_MG_KG,
        "jak": state.jak[day, child] * 1.0,
        "no_gi": ~state.gi[day, child] * 1.0,
    }
