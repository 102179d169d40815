"""Steroid courses as they are recorded, as arrays, and the rules that settle their days.

Which courses are left out, on which day one without a last day is taken to end, and what
becomes of courses of one drug and route that overlap: each by a named rule of
`jdm_stats.plan.SteroidRules`, each application counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.schema import DOSE_BASES, ROUTES, STEROIDS

__all__ = [
    "NEVER",
    "RULES",
    "RecordedCourses",
    "Settled",
    "next_start",
    "read_recorded",
    "settle",
]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "courses_overlap": "By the rule that refuses them, no two courses of one drug "
        "and route overlap.",
        "courses_same_start": "Of two courses of one drug and route one replaces the "
        "other only if it begins later.",
    }
)

Days = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
NEVER = 2**40  # a day after all others


@dataclass(frozen=True, slots=True, eq=False)
class RecordedCourses:
    """Steroid courses, one entry each.

    Parameters
    ----------
    row : int array
        Row in the courses table, from 1.
    child : int array
        Place in the patients table.
    drug, route, basis : int array
        Places in ``STEROIDS``, ``ROUTES`` and ``DOSE_BASES``; basis -1 where missing.
    start, stop : int array
        Days; ``stop`` means nothing where ``ends`` is False.
    ends, as_needed : bool array
    dose_mg : float array
        As recorded, NaN where missing.
    every : int array
        A dose every so many days.
    """

    row: Days
    child: Days
    drug: Days
    route: Days
    basis: Days
    start: Days
    stop: Days
    ends: Mask
    as_needed: Mask
    dose_mg: Numbers
    every: Days

    def __len__(self) -> int:
        return len(self.row)

    def of(self, place: npt.NDArray) -> RecordedCourses:
        """Take courses by place or mask."""
        return RecordedCourses(
            *(getattr(self, name)[place] for name in self.__dataclass_fields__)
        )

    def is_route(self, name: str) -> Mask:
        """Tell the courses of a route."""
        return self.route == ROUTES.index(name)

    def is_basis(self, name: str) -> Mask:
        """Tell the courses whose dose is counted per this."""
        return self.basis == DOSE_BASES.index(name)


def read_recorded(courses: pd.DataFrame, ids: pd.Index) -> RecordedCourses:
    """Read the steroid courses out of a cohort's courses table.

    Parameters
    ----------
    courses : DataFrame
        Checked, as a cohort holds it.
    ids : Index
        Patient ids in the order of the patients table.

    Examples
    --------
    >>> from jdm_stats.cohort.columns import conform
    >>> from jdm_stats.schema import TABLES
    >>> table = pd.DataFrame({"patient_id": ["B"], "drug": ["prednisone"]})
    >>> table = table.assign(route="oral", start_day=[3])
    >>> read = read_recorded(conform(table, TABLES["courses"])[0], pd.Index(["A", "B"]))
    >>> read.child.tolist(), read.start.tolist(), read.ends.tolist()
    ([1], [3], [False])
    """
    drug = pd.Index(STEROIDS).get_indexer(pd.Index(courses["drug"]))
    place = np.flatnonzero(drug >= 0)

    def code(column: str, words: tuple[str, ...]) -> Days:
        cells = pd.Index(courses[column].to_numpy(dtype=object)[place], dtype=object)
        return pd.Index(words, dtype=object).get_indexer(cells).astype(np.int64)

    def whole(column: str) -> Days:
        return courses[column].to_numpy(dtype=np.int64, na_value=0)[place]

    who = pd.Index(courses["patient_id"].to_numpy(dtype=object)[place], dtype=object)
    return RecordedCourses(
        row=place + 1,
        child=ids.get_indexer(who).astype(np.int64),
        drug=drug[place].astype(np.int64),
        route=code("route", ROUTES),
        basis=code("dose_basis", DOSE_BASES),
        start=whole("start_day"),
        stop=whole("stop_day"),
        ends=courses["stop_day"].notna().to_numpy(dtype=bool)[place],
        as_needed=courses["as_needed"].to_numpy(dtype=bool, na_value=False)[place],
        dose_mg=courses["dose_mg"].to_numpy(dtype=np.float64, na_value=np.nan)[place],
        every=whole("every_n_days"),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Courses after the rules for days: which are kept, which at fault, and the counts.

    ``overlaps`` and ``same_start`` are the courses that a rule refuses.
    """

    courses: RecordedCourses
    kept: Mask
    overlaps: Mask
    same_start: Mask
    tally: dict[str, int]


def settle(
    courses: RecordedCourses,
    rules: SteroidRules,
    exit_day: Days,
    chosen: Mask,
) -> Settled:
    """Apply the rules for what is left out, missing last days and overlaps, in that order.

    Parameters
    ----------
    courses : RecordedCourses
        All of the cohort: a course left out can still end the one before it.
    rules : SteroidRules
    exit_day : int array, shape (children,)
    chosen : bool array, shape (courses,)
        Those to keep and count.
    """
    tally: dict[str, int] = {}

    def counted(what: str, applies: Mask) -> None:
        if (count := int((applies & chosen).sum())) > 0:
            tally[what] = count

    kept = np.ones(len(courses), dtype=bool)
    if rules.as_needed == "leave_out":
        kept &= ~courses.as_needed
        counted("courses given as needed left out", courses.as_needed)
    elif rules.as_needed == "as_written":
        counted("courses given as needed taken as written", courses.as_needed)
    if rules.missing_dose == "leave_out":
        lacking = kept & np.isnan(courses.dose_mg)
        kept &= ~lacking
        counted("courses without dose left out", lacking)
    refused = courses.as_needed & (rules.as_needed == "refuse")
    courses, ended = _with_last_days(courses, rules, exit_day, kept & ~refused)
    for what, applies in ended.items():
        counted(what, applies)
    runs = _begins_while_another_runs(courses, kept)
    overlaps, same_start = np.zeros_like(kept), np.zeros_like(kept)
    if rules.overlapping == "add":
        counted("courses added to another of the drug and route", runs)
    elif rules.overlapping == "refuse":
        overlaps = runs
    else:
        courses, same_start, replaced = _ended_by_a_later(courses, kept)
        counted("courses ended by a later one of the drug and route", replaced)
    return Settled(courses, kept & chosen, overlaps, same_start, tally)


def _groups(courses: RecordedCourses) -> Days:
    """One number for each child, drug and route."""
    drugs, routes = len(STEROIDS), len(ROUTES)
    return (courses.child * drugs + courses.drug) * routes + courses.route


def next_start(group: Days, start: Days) -> tuple[Days, Mask]:
    """Return the next later start in each course's group, and who shares a start.

    Examples
    --------
    >>> following, twin = next_start(np.array([1, 1, 1, 2]), np.array([0, 9, 0, 3]))
    >>> following.tolist() == [9, NEVER, 9, NEVER], twin.tolist()
    (True, [True, False, True, False])
    """
    order = np.lexsort((start, group))
    own, day = group[order], start[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (own[1:] != own[:-1]) | (day[1:] != day[:-1])
    pair = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    later = np.full(len(first), NEVER, dtype=np.int64)
    follows = own[first][1:] == own[first][:-1]
    later[:-1][follows] = day[first][1:][follows]
    twins = np.bincount(pair, minlength=len(first)) > 1
    found, twin = np.empty_like(start), np.empty(len(start), dtype=bool)
    found[order], twin[order] = later[pair], twins[pair]
    return found, twin


def _with_last_days(
    courses: RecordedCourses, rules: SteroidRules, exit_day: Days, judged: Mask
) -> tuple[RecordedCourses, dict[str, Mask]]:
    """Set the last days that are missing, by the rule; and where each way was taken."""
    open_ended = judged & ~courses.ends
    rule = rules.missing_stop_day
    if rule == "refuse" or not open_ended.any():
        return courses, {}
    at_exit = np.maximum(exit_day[courses.child], courses.start)
    if isinstance(rule, int):
        days = f"{rule} day" + ("s" if rule != 1 else "")
        last = courses.start + rule - 1
        how = {f"last days set by a treatment of {days}": open_ended}
    else:
        following = np.full(len(courses), NEVER, dtype=np.int64)
        if rule == "next_course":
            following = next_start(_groups(courses), courses.start)[0]
        last = np.where(following < NEVER, following - 1, at_exit)
        how = {
            "last days set to the day before the next course": open_ended
            & (following < NEVER),
            "last days set to the end of follow-up": open_ended & (following == NEVER),
        }
    stop = np.where(open_ended, last, courses.stop)
    return replace(courses, stop=stop, ends=courses.ends | open_ended), how


def _begins_while_another_runs(courses: RecordedCourses, kept: Mask) -> Mask:
    """Tell the kept courses that begin on a day of one listed before them by start."""
    place = np.flatnonzero(kept)
    own, start = _groups(courses)[place], courses.start[place]
    stop = np.where(courses.ends[place], courses.stop[place], start)
    order = np.lexsort((place, start, own))
    own, start, stop = own[order], start[order], stop[order]
    low = int(start.min(initial=0))
    span = int(stop.max(initial=0)) - low + 1
    _, group = np.unique(own, return_inverse=True)
    reached = np.maximum.accumulate(group.astype(np.int64) * span + (stop - low))
    again = np.zeros(len(place), dtype=bool)
    again[1:] = (own[1:] == own[:-1]) & (reached[:-1] % span + low >= start[1:])
    found = np.zeros(len(courses), dtype=bool)
    found[place[order[again]]] = True
    return found


def _ended_by_a_later(
    courses: RecordedCourses, kept: Mask
) -> tuple[RecordedCourses, Mask, Mask]:
    """End each course on the day before a later one of its drug and route begins."""
    place = np.flatnonzero(kept)
    later, twin = next_start(_groups(courses)[place], courses.start[place])
    replaced, same_start = np.zeros_like(kept), np.zeros_like(kept)
    same_start[place] = twin
    replaced[place] = courses.ends[place] & (later <= courses.stop[place])
    following = np.full(len(courses), NEVER, dtype=np.int64)
    following[place] = later
    stop = np.where(replaced, following - 1, courses.stop)
    return replace(courses, stop=stop), same_start, replaced
