"""The truth of a cohort that was drawn: its effects, and each child's own hazard.

`jdm_stats.cohort.truth` asks here. A child is a function of scenario, seed and number, so
that nothing has to be stored: the children of a cohort are drawn again, also when the
cohort was read back from disk. Who was followed from when to when, and who perforated, is
read from the cohort's tables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.errors import UsageError
from jdm_stats.schema import nearest
from jdm_stats.simulation.arms import day_states, perforation_hazard
from jdm_stats.simulation.draws import BLOCK
from jdm_stats.simulation.hazards import NXP2_EARLY_DAYS, DayState
from jdm_stats.simulation.histories import NEVER
from jdm_stats.simulation.lives import Lives, draw_lives
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.simulate import WORLD_VERSION
from jdm_stats.simulation.tables import patient_ids as names_of

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort

__all__ = ["hazard_rows", "true_rows", "truth_table"]

_AT_ONCE = 4 * BLOCK
_FIELDS = {
    "severity": "severity_hr",
    "nxp2_early": "nxp2_early_hr",
    "nxp2_late": "nxp2_late_hr",
    "dose": "dose_hr",
    "pulse": "pulse_hr",
    "cumulative": "cumulative_hr",
    "jak": "jak_hr",
    "no_gi": "no_gi_factor",
}
_UNITS = {
    "severity": "per SD of latent severity",
    "nxp2_early": "anti-NXP2, before day 540",
    "nxp2_late": "anti-NXP2, from day 540",
    "dose": "oral steroid at its plateau against none",
    "pulse": "a pulse in the last 30 days",
    "cumulative": "per 100 mg/kg of weighted dose",
    "jak": "JAK inhibitor on the day",
    "no_gi": "no GI involvement by the day before",
}


@dataclass(frozen=True)
class _Followed:
    """Children of a cohort by number; arrays of shape (n,).

    ``first``: day of the first perforation in the tables, `NEVER` for none.
    """

    index: NDArray[np.int64]
    entry: NDArray[np.int64]
    exit: NDArray[np.int64]
    first: NDArray[np.int64]

    @property
    def last(self) -> NDArray[np.int64]:
        """Last day at risk of a first perforation."""
        return np.minimum(self.exit, self.first)


def truth_table(cohort: Cohort) -> pd.DataFrame:
    """Return the effects a cohort was drawn with; see `jdm_stats.cohort.truth.Truth`."""
    truth = cohort.truth
    logs = {**truth.log_hazard_ratios, "no_gi": math.log(truth.no_gi_factor)}
    told = _scenario(cohort).parameters()
    rows = []
    for term, log in logs.items():
        about = told.loc[_FIELDS[term]]
        rows.append(
            {
                "term": term,
                "log_hazard_ratio": log,
                "hazard_ratio": math.exp(log),
                "unit": _UNITS[term],
                "grade": about["grade"],
                "status": _status(about["grade"]),
                "source": about["source"],
            }
        )
    table = pd.DataFrame(rows)
    table.attrs["jdm_stats"] = {"synthetic": True}
    return table


def _status(grade: str) -> str:
    if grade == "solved":
        return "solved to meet an overall figure"
    return "assumed" if grade == "C" else "published"


def hazard_rows(
    cohort: Cohort,
    patient_ids: Iterable[str] | None = None,
    days: Iterable[int] | None = None,
    *,
    followed: bool = True,
) -> pd.DataFrame:
    """Draw each child's hazard again; see `jdm_stats.cohort.truth.Truth.hazards`."""
    children = _followed(cohort, patient_ids)
    wanted = None if days is None else np.unique(_whole_days(days))
    parts = []
    for part, place in _drawn_again(cohort, children):
        day, child = _days_of(part, place, children, wanted, followed)
        parts.append(_hazard_frame(part, _scenario(cohort), day, child))
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.sort_values(["patient_id", "day"], ignore_index=True)
    frame.attrs["jdm_stats"] = {"synthetic": True}
    return frame


def true_rows(
    cohort: Cohort,
    *,
    others_per_day: int | None = None,
    rng: int | np.random.Generator = 0,
) -> pd.DataFrame:
    """Return rows with the generator's own terms, on which a Cox fit finds the truth.

    One row per child at risk on each day that has a first perforation, and no other: the
    partial likelihood looks at nothing else, so that rows of a single day suffice.
    Delayed entry and exit are those of the cohort. Children of the index case's pattern,
    whose perforations were placed, are left out.

    Parameters
    ----------
    cohort : Cohort
        Synthetic, of this version of the world.
    others_per_day : int, optional
        Keep on each such day only so many children without the event, drawn at random
        (a nested case-control sample: the fit stays right, with fewer rows and a
        larger standard error). By default all.
    rng : int or numpy.random.Generator, default 0
        For that draw.

    Returns
    -------
    pandas.DataFrame
        ``patient_id``, ``start``, ``stop`` (= start + 1), ``event``, and the terms as
        they stand in the hazard: ``severity``, ``nxp2_early``, ``nxp2_late``, ``dose``
        (plateau, 0 to 1), ``pulse``, ``cumulative`` (per 100 mg/kg), ``jak``, ``no_gi``.
        The coefficient of each is in ``cohort.truth.log_hazard_ratios``; that of
        ``no_gi`` is ``log(cohort.truth.no_gi_factor)``.

    Raises
    ------
    UsageError
        When the cohort is real, of another version, or has no perforation while followed.

    Examples
    --------
    >>> import jdm_stats as jdm
    >>> world = jdm.Scenario(h0_mass=1.0)
    >>> rows = true_rows(jdm.simulate_cohort(40, scenario=world, rng=1))
    >>> bool((rows["stop"] - rows["start"] == 1).all()), rows["event"].sum() > 1
    (True, True)
    """
    children = _followed(cohort, None)
    inside = (children.first > children.entry) & (children.first <= children.exit)
    event_days = np.unique(children.first[inside])
    if not len(event_days):
        raise UsageError("no child of the cohort perforates while followed")
    if others_per_day is not None and others_per_day < 1:
        raise UsageError(f"others_per_day must be 1 or more, not {others_per_day!r}")
    kept = _risk_sets(children, event_days, others_per_day, np.random.default_rng(rng))
    scenario, parts = _scenario(cohort), []
    for part, place in _drawn_again(cohort, children):
        event, child = np.nonzero(kept[:, place])
        stop = event_days[event]
        frame = _term_frame(part, scenario, stop - 1, child)
        happens = (children.first[place[child]] == stop) * 1
        frame.insert(1, "start", stop - 1)
        frame.insert(2, "stop", stop)
        frame.insert(3, "event", happens)
        parts.append(frame)
    rows = pd.concat(parts, ignore_index=True)
    rows = rows.sort_values(["stop", "patient_id"], ignore_index=True)
    rows.attrs["jdm_stats"] = {"synthetic": True}
    return rows


def _risk_sets(
    children: _Followed,
    event_days: NDArray[np.int64],
    others: int | None,
    rng: np.random.Generator,
) -> NDArray[np.bool_]:
    """Tell who stands in the risk set of each event day; shape (event days, n)."""
    stop = event_days[:, None]
    at_risk = (children.entry < stop) & (stop <= children.last)
    if others is None:
        return at_risk
    events = at_risk & (children.first == stop)
    chance = np.where(at_risk & ~events, rng.random(at_risk.shape), 2.0)
    place = min(others, chance.shape[1]) - 1
    limit = np.partition(chance, place, axis=1)[:, [place]]
    return events | ((chance <= limit) & (chance < 2.0))


def _scenario(cohort: Cohort) -> Scenario:
    """Return the world a cohort was drawn from, if this code is still that world."""
    truth = cohort.truth
    if truth.world_version != WORLD_VERSION:
        raise UsageError(
            f"the cohort was drawn by version {truth.world_version} of the synthetic "
            f"world, this is version {WORLD_VERSION}: its children cannot be drawn again; "
            "use the jdm_stats that drew it, or simulate the cohort anew"
        )
    values = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in truth.scenario.items()
    }
    return Scenario(**values)


def _followed(cohort: Cohort, patient_ids: Iterable[str] | None) -> _Followed:
    _scenario(cohort)
    about = cohort.metadata["provenance"]
    names = names_of(np.arange(about["n_patients"]))
    number = pd.Series(np.arange(len(names)), index=names)
    patients = cohort.patients.set_index("patient_id")
    placed = set(patients.index[(patients["pattern"] == "index_case").fillna(False)])
    if patient_ids is None:
        chosen = [name for name in patients.index if name not in placed]
    else:
        chosen = list(dict.fromkeys(patient_ids))
    faults = []
    for name in chosen:
        if name not in patients.index:
            meant = nearest(str(name), tuple(patients.index))
            hint = f"; did you mean {meant!r}?" if meant else ""
            faults.append(f"{name!r} is no child of the cohort{hint}")
        elif name in placed:
            faults.append(
                f"{name!r} follows the index case's pattern: its perforations were "
                "placed, and it has no hazard"
            )
        elif name not in number.index:
            faults.append(f"{name!r} is none of the children that were drawn")
    if faults or not chosen:
        raise UsageError("; ".join(faults) or "no child is left to draw again")
    events = cohort.events
    perforations = events[(events["event"] == "gi_perforation").to_numpy(dtype=bool)]
    first = perforations.groupby("patient_id")["day"].min().reindex(chosen)
    kept = patients.loc[chosen]
    return _Followed(
        index=number.loc[chosen].to_numpy(dtype=np.int64),
        entry=kept["entry_day"].to_numpy(dtype=np.int64),
        exit=kept["exit_day"].to_numpy(dtype=np.int64),
        first=first.astype("Int64").fillna(NEVER).to_numpy(dtype=np.int64),
    )


def _drawn_again(
    cohort: Cohort, children: _Followed
) -> Iterator[tuple[Lives, NDArray[np.int64]]]:
    """Yield lives, and for each child in them its place among the followed, or -1."""
    scenario, seed = _scenario(cohort), cohort.truth.seed
    order = np.argsort(children.index)
    for begin in range(0, len(order), _AT_ONCE):
        places = order[begin : begin + _AT_ONCE]
        for lives in draw_lives(seed, children.index[places], scenario):
            yield lives, places
