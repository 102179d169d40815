"""The children of a cohort, drawn again from its provenance.

A child is a function of scenario, seed and number, so that nothing has to be stored. Who
was followed from when to when, and who perforated, is read from the cohort's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.schema import nearest
from jdm_stats.simulation.course.histories import NEVER, day_states
from jdm_stats.simulation.course.lives import draw_lives
from jdm_stats.simulation.course.subset import some_children
from jdm_stats.simulation.draws import AT_ONCE
from jdm_stats.simulation.hazards import DayState, perforation_hazard
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.simulate import WORLD_VERSION
from jdm_stats.simulation.tables.rows import patient_ids as names_of

__all__ = ["Again", "Followed", "draw_again", "followed_children", "world_of"]


@dataclass(frozen=True)
class Followed:
    """Children of a cohort in the order of their numbers; arrays of shape (n,).

    ``index``: the child's number in the cohort that was drawn; ``first``: day of the
    first perforation in the tables, `NEVER` for none.
    """

    patient_id: NDArray[np.object_]
    index: NDArray[np.int64]
    entry: NDArray[np.int64]
    exit: NDArray[np.int64]
    first: NDArray[np.int64]

    @property
    def last(self) -> NDArray[np.int64]:
        """Last day at risk of a first perforation."""
        return np.minimum(self.exit, self.first)


@dataclass(frozen=True)
class Again:
    """Some of the followed, drawn again: ``place`` (m,) among them; state and hazard.

    ``state`` holds arrays of shape (D, m), as ``hazard`` has; ``nxp2`` has (m,).
    """

    place: NDArray[np.int64]
    state: DayState
    hazard: NDArray[np.float64]


def world_of(cohort: Cohort) -> Scenario:
    """Return the world a cohort was drawn from, if this code still is that world.

    Parameters
    ----------
    cohort : Cohort

    Raises
    ------
    UsageError
        When there is no truth, or another version of the world drew the cohort.
    """
    truth = cohort.truth
    if truth.world_version != WORLD_VERSION:
        raise UsageError(
            f"the cohort was drawn by version {truth.world_version} of the synthetic "
            f"world, this is version {WORLD_VERSION}: its children cannot be drawn again; "
            "use the jdm_stats that drew it, or simulate the cohort anew"
        )
    values: dict[str, Any] = dict(truth.scenario)
    return Scenario(**values)


def followed_children(
    cohort: Cohort, patient_ids: Iterable[str] | None = None
) -> Followed:
    """Return who was followed, from when to when.

    Parameters
    ----------
    cohort : Cohort
    patient_ids : iterable of str, optional
        Which children; by default all but those of the index case's pattern, whose
        perforations were placed and who have no hazard.

    Raises
    ------
    UsageError
        Naming every child that is not in the cohort, was placed, or was not drawn.
    """
    drawn = int(cohort.metadata["provenance"]["n_patients"])
    number = {name: i for i, name in enumerate(names_of(np.arange(drawn)))}
    patients = cohort.patients.set_index("patient_id")
    follows = (patients["pattern"] == "index_case").fillna(False).to_numpy(dtype=bool)
    placed = set(patients.index[follows])
    if patient_ids is None:
        chosen = [name for name in patients.index if name not in placed]
    else:
        chosen = _named(patient_ids)
    faults = []
    for name in chosen:
        if name not in patients.index:
            meant = nearest(str(name), tuple(patients.index))
            hint = f"; did you mean {meant!r}?" if meant else ""
            faults.append(f"{name!r} is no child of the cohort{hint}")
        elif name in placed:
            faults.append(
                f"{name!r} follows the index case's pattern: its perforations were "
                "placed, not drawn, and it has no hazard"
            )
        elif name not in number:
            faults.append(f"{name!r} is none of the {drawn:,} children that were drawn")
    if faults or not chosen:
        raise UsageError("; ".join(faults) or "no child is left to draw again")
    chosen.sort(key=number.__getitem__)
    kept = patients.loc[chosen]
    events = cohort.events
    perforations = events[(events["event"] == "gi_perforation").to_numpy(dtype=bool)]
    first = perforations.groupby("patient_id")["day"].min().reindex(chosen)
    return Followed(
        patient_id=np.array(chosen, dtype=object),
        index=np.array([number[name] for name in chosen], dtype=np.int64),
        entry=kept["entry_day"].to_numpy(dtype=np.int64),
        exit=kept["exit_day"].to_numpy(dtype=np.int64),
        first=np.array(first.fillna(NEVER), dtype=np.int64),
    )


def _named(patient_ids: Iterable[str]) -> list[str]:
    try:
        if not isinstance(patient_ids, (str, bytes)):
            return list(dict.fromkeys(patient_ids))
    except TypeError:
        pass
    raise UsageError(
        "patient_ids must be a list of pseudonyms such as ['SYN-00003'], not "
        f"{patient_ids!r}"
    )


def draw_again(cohort: Cohort, children: Followed) -> Iterator[Again]:
    """Yield the children as they were drawn, some hundreds at a time.

    Parameters
    ----------
    cohort : Cohort
    children : Followed
    """
    scenario, seed = world_of(cohort), cohort.truth.seed
    for begin in range(0, len(children.index), AT_ONCE):
        part = children.index[begin : begin + AT_ONCE]
        for lives in draw_lives(seed, part, scenario):
            reached = np.flatnonzero(lives.reached)
            if not len(reached):
                continue
            own = some_children(lives.children, reached)
            state = day_states(own, some_children(lives.histories, reached))
            day = np.arange(len(state.severity))[:, None]
            yield Again(
                place=begin + np.searchsorted(part, lives.index[reached]),
                state=state,
                hazard=perforation_hazard(day, state, scenario),
            )
