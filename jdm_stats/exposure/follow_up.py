"""Which event ends a child's follow-up: the outcome, competing events and their codes.

Several reports of one event type on one day are one event. On a day with both, the
outcome comes before a competing event, and competing events come in the order listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.exposure.history import number_children
from jdm_stats.schema import EVENTS

NEVER = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The outcome and the events that compete with it.

    ``names[k]`` carries event code ``k + 1``: the outcome 1, competing events 2 and up.
    """

    names: tuple[str, ...]
    definite_only: bool = False

    @property
    def outcome(self) -> str:
        """The event type of code 1."""
        return self.names[0]

    @property
    def competing(self) -> tuple[str, ...]:
        """The event types of codes 2 and up."""
        return self.names[1:]

    def noted(self) -> dict[str, object]:
        """Describe the endpoint for ``attrs["jdm_stats"]``."""
        return {
            "outcome": self.outcome,
            "competing": list(self.competing),
            "event_codes": {
                "0": "none",
                **{str(code + 1): name for code, name in enumerate(self.names)},
            },
            "definite_only": self.definite_only,
        }


def read_endpoint(
    outcome: str, competing: str | Sequence[str] | None, definite_only: bool = False
) -> Endpoint:
    """Check the names of the outcome and its competing events.

    Raises
    ------
    UsageError
        If a name is no event type of the schema, or one is named twice.

    Examples
    --------
    >>> read_endpoint("gi_perforation", "death").names
    ('gi_perforation', 'death')
    """
    others = [competing] if isinstance(competing, str) else list(competing or ())
    names = [outcome, *others]
    unknown = [name for name in names if name not in EVENTS]
    if unknown:
        raise UsageError(
            f"unknown event {', '.join(map(repr, unknown))}; "
            f"the schema knows {', '.join(EVENTS)}"
        )
    if len(set(names)) < len(names):
        raise UsageError(
            f"outcome {outcome!r} and competing {others!r} name an event type twice; "
            "name each once"
        )
    if not isinstance(definite_only, bool):
        raise UsageError(
            f"definite_only must be True or False, received {definite_only!r}"
        )
    return Endpoint(tuple(names), definite_only)


@dataclass(frozen=True, slots=True, eq=False)
class EventDays:
    """Days of the endpoint's events, one row per child, event type and day.

    ``kind`` counts from 0 in the order of ``Endpoint.names``.
    """

    child: np.ndarray
    day: np.ndarray
    kind: np.ndarray
    joined_reports: int
    indefinite_dropped: int


def read_event_days(cohort: Cohort, ids: pd.Index, endpoint: Endpoint) -> EventDays:
    """Read the endpoint's events, several on one day made one.

    Parameters
    ----------
    cohort : Cohort
    ids : Index
        Patient ids in the order children are numbered.
    endpoint : Endpoint
    """
    rows = cohort.events
    rows = rows[rows["event"].isin(endpoint.names).to_numpy(dtype=bool)]
    definite = rows["definite"].fillna(True).to_numpy(dtype=bool)
    if endpoint.definite_only:
        rows = rows[definite]
    kind = pd.Index(endpoint.names).get_indexer(pd.Index(rows["event"]))
    days = pd.DataFrame(
        {
            "child": number_children(ids, rows["patient_id"]),
            "day": rows["day"].to_numpy(dtype=np.int64),
            "kind": kind,
        }
    )
    distinct = days.drop_duplicates()
    joined = int((kind == 0).sum()) - int((distinct["kind"] == 0).sum())
    dropped = int((~definite).sum()) if endpoint.definite_only else 0
    return EventDays(
        distinct["child"].to_numpy(),
        distinct["day"].to_numpy(),
        distinct["kind"].to_numpy(),
        joined,
        dropped,
    )


@dataclass(frozen=True, slots=True, eq=False)
class FirstEvents:
    """Per event type (rows) and child (columns), seen from a day of each child's own.

    ``before`` says whether there is such an event on or before the day, ``after`` is
    the first day after it (NEVER when there is none).
    """

    before: np.ndarray
    after: np.ndarray

    def ending(
        self, last: np.ndarray, *, outcome_ends: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Day and code with which follow-up ends, ``last`` with 0 when no event does.

        Parameters
        ----------
        last : ndarray of shape (children,)
            Last day on which an event may end follow-up.
        outcome_ends : bool, default True
            Whether the outcome, the first event type, ends follow-up.
        """
        after = self.after if outcome_ends else self.after.copy()
        if not outcome_ends:
            after[0] = NEVER
        kind = np.argmin(after, axis=0)
        day = np.take_along_axis(after, kind[np.newaxis], axis=0)[0]
        happened = day <= last
        return np.where(happened, day, last), np.where(happened, kind + 1, 0)


def first_events(events: EventDays, kinds: int, moment: np.ndarray) -> FirstEvents:
    """Look at the events from a moment of each child's own.

    Parameters
    ----------
    events : EventDays
    kinds : int
        Number of event types.
    moment : ndarray of shape (children,)
        The day each child is seen from: entry, or a landmark.
    """
    before = np.zeros((kinds, len(moment)), dtype=bool)
    after = np.full((kinds, len(moment)), NEVER, dtype=np.int64)
    late = events.day > moment[events.child]
    before[events.kind[~late], events.child[~late]] = True
    np.minimum.at(after, (events.kind[late], events.child[late]), events.day[late])
    return FirstEvents(before, after)


def distinct_events(
    cohort: Cohort, event: str = "gi_perforation", *, definite_only: bool = False
) -> pd.DataFrame:
    """One row per child and day of an event, sites of one day joined.

    Parameters
    ----------
    cohort : Cohort
    event : str, default "gi_perforation"
        An event type of the schema.
    definite_only : bool, default False
        Leave out events that are not definite.

    Returns
    -------
    DataFrame
        ``patient_id``, ``day``, ``site`` (distinct sites in alphabetical order, joined
        by ``"; "``, missing when none is known) and ``reports`` (rows joined), sorted
        by the patients table and day.

    Raises
    ------
    UsageError
        If the event type is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> patients = pd.DataFrame({"patient_id": ["P1"], "antibody": ["NXP2"]})
    >>> patients = patients.assign(entry_day=0, exit_day=90, exit_reason="lost")
    >>> events = pd.DataFrame({"patient_id": ["P1", "P1"], "day": [40, 40]})
    >>> events = events.assign(event="gi_perforation", site=["jejunum", "duodenum"])
    >>> distinct_events(Cohort(patients, events=events))
      patient_id  day               site  reports
    0         P1   40  duodenum; jejunum        2
    """
    endpoint = read_endpoint(event, None, definite_only)
    rows = cohort.events
    rows = rows[(rows["event"] == endpoint.outcome).to_numpy(dtype=bool)]
    if definite_only:
        rows = rows[rows["definite"].fillna(True).to_numpy(dtype=bool)]
    ids = pd.Index(cohort.patients["patient_id"])
    rows = rows.assign(
        order=number_children(ids, rows["patient_id"]), day=rows["day"].astype("int64")
    )
    grouped = rows.groupby(["order", "day"], sort=True)
    table = grouped.agg(
        patient_id=("patient_id", "first"), reports=("patient_id", "size")
    )
    known = rows[rows["site"].notna()].drop_duplicates(["order", "day", "site"])
    known = known.sort_values(["order", "day", "site"])
    sites = known.groupby(["order", "day"])["site"].agg("; ".join)
    table["site"] = sites.reindex(table.index).astype(object)
    return table.reset_index()[["patient_id", "day", "site", "reports"]]
