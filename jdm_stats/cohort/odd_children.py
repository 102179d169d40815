"""Children whose records are possible, but more often a slip: entered twice, dated late."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.faults import faults_at
from jdm_stats.errors import Fault

__all__ = ["RULES", "odd_children"]

_FIRST_TESTS = 60  # days in which antibodies are tested whatever happens

RULES: Mapping[str, str] = MappingProxyType(
    {
        "same_child_suspected": (
            "No two ids share sex, year and age of diagnosis and two further values."
        ),
        "antibody_after_perforation": (
            f"An antibody tested later than {_FIRST_TESTS} days after diagnosis was tested "
            "before a perforation, not after it."
        ),
        "antibody_after_exit": "The antibody was tested while the child was observed.",
        "perforation_by_diagnosis": "A perforation lies after the day of diagnosis.",
        "death_without_record": "A child who died has a course or an assessment.",
        "events_on_one_day": "Events of one kind do not crowd on a single day.",
        "scores_disagree": (
            "CMAS and MMT8 of one day do not call one child strong and paralysed."
        ),
    }
)

Numbers = npt.NDArray[np.float64]

_WHO = ("sex", "diagnosis_year", "age_at_diagnosis_years")
_MARKS = ("weight_kg", "height_cm", "ck_u_l", "cmas", "mmt8", "antibody_test_day")
_FEWEST_CROWDED = 5
_FEWEST_RECORDED = 0.8


def odd_children(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a warning for each child, event or score that asks for a second look.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `jdm_stats.cohort.columns.conform` gives them.

    Returns
    -------
    list of Fault

    Notes
    -----
    ``same_child_suspected``: sex, diagnosis_year and age_at_diagnosis_years are known and
    equal; of weight, height, CK, CMAS, MMT8 and the day of the antibody test two or more
    are equal and none known for both differs; nor do two known antibodies. In a registry
    that rounds ages to whole years two children may well share all that.

    ``antibody_after_perforation`` leaves out the first 60 days, in which a new child is
    tested anyway; whether an analysis may use such a test at time zero is another question.
    ``perforation_by_diagnosis`` is asked of day 0 and before: such a perforation is counted
    in the flow and never at risk. ``death_without_record`` is asked only where at least 80%
    of the children have a course or an assessment, ``events_on_one_day`` from 5 children on
    whose events of one kind are more than half on one day, ``scores_disagree`` of CMAS of
    45 and more with MMT8 of 20 and less, and of CMAS of 2 and less with MMT8 of 80, full
    strength: the two scores rise and fall together [1]_.

    References
    ----------
    .. [1] Huber AM et al. Validation of the Childhood Myositis Assessment Scale. Arthritis
       Rheum 2004;50:1595-1603. doi:10.1002/art.20179

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> from jdm_stats.cohort.columns import conform
    >>> child = {"sex": "female", "diagnosis_year": 2011, "weight_kg": 20.4}
    >>> child |= {"age_at_diagnosis_years": 6.25, "height_cm": 117.0}
    >>> frames = {"patients": pd.DataFrame([child | {"patient_id": i} for i in "AB"])}
    >>> tables = {
    ...     name: conform(frames.get(name, pd.DataFrame()), table)[0]
    ...     for name, table in TABLES.items()
    ... }
    >>> [(fault.patient_id, fault.rule) for fault in odd_children(tables)]
    [('B', 'same_child_suspected')]
    """
    patients, events = tables["patients"], tables["events"]
    return [
        *_twice(patients),
        *_tests(patients, events),
        *_perforated_by_diagnosis(events),
        *_unrecorded_deaths(tables),
        *_crowded(events),
        *_scores(tables),
    ]


def _warn(
    frame: pd.DataFrame,
    table: str,
    mask: Mask,
    column: str,
    rule: str,
    message: Callable[[int], str],
    remedy: str,
) -> list[Fault]:
    ids = frame["patient_id"].to_numpy(dtype=object)
    return faults_at(
        table, mask, ids, column, rule, message, remedy, severity="warning"
    )


def _days(column: pd.Series) -> Numbers:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _codes(column: pd.Series) -> npt.NDArray[np.int64]:
    return np.asarray(pd.factorize(column)[0], dtype=np.int64)


def _twice(patients: pd.DataFrame) -> list[Fault]:
    codes = {name: _codes(patients[name]) for name in ("patient_id", *_WHO, *_MARKS)}
    codes["antibody"] = _codes(patients["antibody"].replace("untested", None))
    who = np.array([codes[name] for name in _WHO])
    twin = np.full(len(patients), -1, dtype=np.int64)
    fit = (who >= 0).all(axis=0) & (codes["patient_id"] >= 0)
    for pair in combinations(_MARKS, 2):
        both = fit & (codes[pair[0]] >= 0) & (codes[pair[1]] >= 0)
        place = np.flatnonzero(both)
        if len(place) < 2:
            continue
        keys = np.vstack([who, codes[pair[0]], codes[pair[1]]])[:, place]
        order = np.lexsort(keys)
        same = (keys[:, order[1:]] == keys[:, order[:-1]]).all(axis=0)
        later, earlier = place[order[1:][same]], place[order[:-1][same]]
        alike = codes["patient_id"][later] != codes["patient_id"][earlier]
        for name in (*_MARKS, "antibody"):
            one, other = codes[name][later], codes[name][earlier]
            alike &= (one == other) | (one < 0) | (other < 0)
        twin[later[alike]] = earlier[alike]
    ids = patients["patient_id"].to_numpy(dtype=object)
    return _warn(
        *(patients, "patients", twin >= 0, "patient_id", "same_child_suspected"),
        lambda row: (
            f"row {twin[row] + 1} ({ids[twin[row]]!r}) has the same sex, year and "
            f"age of diagnosis and {_shared_marks(patients, row, int(twin[row]))}"
        ),
        "find out whether one child was entered twice, by two centres perhaps, and give it "
        "one id; leave two children as they are",
    )


def _shared_marks(patients: pd.DataFrame, row: int, other: int) -> str:
    known = patients.iloc[[row, other]][list(_MARKS)]
    same = [name for name in _MARKS if known[name].notna().all()]
    return ", ".join(f"{name} {known[name].iloc[0]:g}" for name in same)


def _first_day(events: pd.DataFrame, event: str, patients: pd.DataFrame) -> Numbers:
    rows = events[(events["event"] == event).to_numpy(dtype=bool, na_value=False)]
    rows = rows.dropna(subset=["patient_id", "day"])
    first = rows.groupby("patient_id")["day"].min()
    return _days(first.reindex(patients["patient_id"].to_numpy(dtype=object)))


def _tests(patients: pd.DataFrame, events: pd.DataFrame) -> Iterator[Fault]:
    tested, leave = _days(patients["antibody_test_day"]), _days(patients["exit_day"])
    untested = (patients["antibody"] == "untested").to_numpy(dtype=bool)  # told as such
    perforated = _first_day(events, "gi_perforation", patients)
    yield from _warn(
        patients,
        "patients",
        ~untested & (tested > perforated) & (tested > _FIRST_TESTS),
        "antibody_test_day",
        "antibody_after_perforation",
        lambda row: (
            f"the antibody was tested on day {tested[row]:.0f}, after the "
            f"perforation on day {perforated[row]:.0f}"
        ),
        "check the two days; if the test was done because of the perforation, the antibody "
        "is not known at the start for children like this one",
    )
    yield from _warn(
        *(patients, "patients", ~untested & (tested > leave), "antibody_test_day"),
        "antibody_after_exit",
        lambda row: (
            f"the antibody was tested on day {tested[row]:.0f}, after exit_day "
            f"{leave[row]:.0f}"
        ),
        "check the two days; is exit_day the last day on which the child was seen?",
    )


def _perforated_by_diagnosis(events: pd.DataFrame) -> list[Fault]:
    day = _days(events["day"])
    perforation = (events["event"] == "gi_perforation").to_numpy(bool, na_value=False)
    return _warn(
        *(events, "events", perforation & (day <= 0), "day"),
        "perforation_by_diagnosis",
        lambda row: f"perforation on day {day[row]:.0f}, not after diagnosis on day 0",
        "check the day; if it is right, the child is counted in the flow but is never at "
        "risk of a first perforation",
    )


def _unrecorded_deaths(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    events = tables["events"]
    rows = pd.concat(
        [tables[name]["patient_id"] for name in ("courses", "assessments")]
    )
    children = pd.Series(
        tables["patients"]["patient_id"].dropna().unique(), dtype=object
    )
    recorded = children[children.isin(rows.dropna())]
    if len(recorded) < _FEWEST_RECORDED * max(len(children), 1):
        return []
    death = (events["event"] == "death").to_numpy(dtype=bool, na_value=False)
    known = events["patient_id"].isin(children) & ~events["patient_id"].isin(recorded)
    return _warn(
        *(events, "events", death & known.to_numpy(dtype=bool), "event"),
        "death_without_record",
        lambda row: "the child died and has neither a course nor an assessment",
        "look for them in the record: without courses the child counts as never treated",
    )


def _crowded(events: pd.DataFrame) -> Iterator[Fault]:
    known = events.dropna(subset=["patient_id", "day", "event"])
    known = known.drop_duplicates(["patient_id", "event", "day"])
    for event, rows in known.groupby("event", observed=True, sort=True):
        days = rows.groupby("day")["patient_id"].nunique()
        if days.empty or days.max() < _FEWEST_CROWDED or 2 * days.max() <= len(rows):
            continue
        yield Fault(
            *("events", None, None, "day", "events_on_one_day"),
            f"{days.max():,} of {len(rows):,} rows of {event} lie on day {days.idxmax()}",
            "is that day a stand-in for days not known? give the days, and leave out no "
            "event",
            severity="warning",
        )


def _scores(tables: Mapping[str, pd.DataFrame]) -> Iterator[Fault]:
    patients, assessments = tables["patients"], tables["assessments"]
    remedy = "check both scores: 52 and 80 are full strength, 0 is none"

    def disagree(cmas: Numbers, mmt8: Numbers) -> Mask:
        return (cmas >= 45) & (mmt8 <= 20) | (cmas <= 2) & (mmt8 >= 80)

    cmas, mmt8 = _days(patients["cmas"]), _days(patients["mmt8"])
    yield from _warn(
        *(patients, "patients", disagree(cmas, mmt8), "cmas", "scores_disagree"),
        lambda row: f"cmas {cmas[row]:g} with mmt8 {mmt8[row]:g}",
        remedy,
    )
    scores = assessments.dropna(subset=["patient_id", "day", "measure", "value"])
    scores = scores.assign(row=np.flatnonzero(assessments.index.isin(scores.index)))
    muscle = scores[(scores["measure"] == "mmt8").to_numpy(dtype=bool)]
    muscle = muscle.drop_duplicates(["patient_id", "day"])[
        ["patient_id", "day", "value"]
    ]
    pairs = scores[(scores["measure"] == "cmas").to_numpy(dtype=bool)]
    pairs = pairs.merge(muscle, on=["patient_id", "day"], suffixes=("", "_mmt8"))
    given, beside = _days(pairs["value"]), _days(pairs["value_mmt8"])
    partner = np.full(len(assessments), np.nan)
    odd = disagree(given, beside)
    partner[pairs["row"].to_numpy(dtype=np.int64)[odd]] = beside[odd]
    yield from _warn(
        *(assessments, "assessments", ~np.isnan(partner), "value", "scores_disagree"),
        lambda row: (
            f"cmas {assessments['value'].iloc[row]:g} with mmt8 "
            f"{partner[row]:g} on the same day"
        ),
        remedy,
    )
