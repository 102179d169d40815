"""Weights and heights that a child of that age hardly has, or hardly came to.

The limits are wide: they are there for a slip of digit or unit (pounds for kilograms, a
lost decimal point, weight and height in each other's place), not for a child who grows
badly or gains weight on steroids.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.faults import faults_at
from jdm_stats.errors import Fault
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["RULES", "odd_growth"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "growth_for_age": (
            "A height lies within 30% of the median for age, a weight between 0.4 and 3 "
            "times the median."
        ),
        "growth_jump": (
            "Between two records a child shrinks by at most 5 cm, grows by at most 5 cm "
            "and 30 cm a year, loses at most a third of its weight and gains at most 40% "
            "and 40% a year."
        ),
    }
)

Numbers = npt.NDArray[np.float64]

# Medians by whole years of age, girls and boys together, rounded: length and height of the
# WHO Child Growth Standards (2006) and the WHO Reference (2007), whose spread is about 4.5%
# of the median; weight of the same to 10 years and of the CDC charts (2000) above.
_HEIGHT_CM = (
    *(50, 75, 86, 96, 103, 110, 116, 121, 127, 133),
    *(138, 144, 150, 156, 162, 165, 168, 169, 170),
)
_WEIGHT_KG = (
    *(3.3, 9.3, 11.9, 14.1, 16.2, 18.3, 20.4, 22.7, 25.2, 28.2),
    *(31.5, 36.5, 41, 46, 50.5, 54, 57.5, 60, 62),
)
_FACTORS = {"height_cm": (0.7, 1.3), "weight_kg": (0.4, 3.0)}
_MEDIANS = {"height_cm": _HEIGHT_CM, "weight_kg": _WEIGHT_KG}
_SHOWN = {"height_cm": "cm", "weight_kg": "kg"}
_REMEDY = "check the value, its unit and its decimal point; leave it if it is right"


@dataclass(frozen=True, slots=True)
class _Records:
    """Records of one measure, each child's in order of day."""

    table: npt.NDArray[np.object_]
    row: npt.NDArray[np.int64]
    child: npt.NDArray[np.int64]
    day: Numbers
    age: Numbers
    value: Numbers


def odd_growth(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a warning for each weight and height that asks for a second look.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `jdm_stats.cohort.columns.conform` gives them.

    Returns
    -------
    list of Fault
        ``growth_for_age`` where the age is known; ``growth_jump`` against the child's
        record before, from one year of age on (where the age is not known, from the
        size of a child of one year on). A single value that stands out between
        two that agree is told once, and none that is odd for the age is told again.

    Notes
    -----
    Medians for age: WHO Child Growth Standards [1]_ and WHO Reference [2]_; weight above
    10 years: CDC charts [3]_. The factors around them are chosen, not published: WHO
    itself sets aside heights beyond 6 standard deviations, which is 27% of the median.

    References
    ----------
    .. [1] WHO Multicentre Growth Reference Study Group. WHO Child Growth Standards.
       Geneva: World Health Organization, 2006.
    .. [2] de Onis M et al. Development of a WHO growth reference for school-aged children
       and adolescents. Bull World Health Organ 2007;85:660-667. doi:10.2471/BLT.07.043497
    .. [3] Kuczmarski RJ et al. CDC growth charts: United States. Adv Data 2000;314:1-27.

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> from jdm_stats.cohort.columns import conform
    >>> child = {"patient_id": ["P1"], "age_at_diagnosis_years": 10.0, "weight_kg": 3.2}
    >>> frames = {"patients": pd.DataFrame(child)}
    >>> tables = {
    ...     name: conform(frames.get(name, pd.DataFrame()), table)[0]
    ...     for name, table in TABLES.items()
    ... }
    >>> print(odd_growth(tables)[0].message)
    weight_kg 3.2 at 10.0 years of age: the median is 31.5 kg
    """
    faults: list[Fault] = []
    for measure in _MEDIANS:
        records = _records(tables, measure)
        median = _median(records.age, measure)
        low, high = _FACTORS[measure]
        with np.errstate(invalid="ignore"):
            odd = (records.value < low * median) | (records.value > high * median)
        jumps = _jumps(records, odd, measure)
        for table in ("patients", "assessments"):
            faults += _told(tables[table], table, measure, records, median, odd, jumps)
    return faults


def _median(age: Numbers, measure: str) -> Numbers:
    return np.interp(age, np.arange(19.0), np.array(_MEDIANS[measure], np.float64))


def _records(tables: Mapping[str, pd.DataFrame], measure: str) -> _Records:
    patients, assessments = tables["patients"], tables["assessments"]
    first = patients.drop_duplicates("patient_id")
    ages = pd.Series(
        first["age_at_diagnosis_years"].to_numpy(np.float64),
        index=pd.Index(first["patient_id"].to_numpy(object), dtype=object),
    )
    ages = ages[pd.notna(ages.index)]
    own = patients["patient_id"].mask(patients.duplicated("patient_id"))
    at = assessments["measure"] == measure
    chosen = np.flatnonzero(at.to_numpy(dtype=bool, na_value=False))
    rows = assessments.iloc[chosen]
    both = pd.DataFrame(
        {
            "table": np.repeat(["patients", "assessments"], [len(patients), len(rows)]),
            "row": np.concatenate([np.arange(len(patients)), chosen]),
            "id": np.concatenate(
                [own.to_numpy(object), rows["patient_id"].to_numpy(object)]
            ),
            "day": np.concatenate(
                [
                    np.zeros(len(patients)),
                    rows["day"].to_numpy(np.float64, na_value=np.nan),
                ]
            ),
            "value": np.concatenate(
                [patients[measure].to_numpy(np.float64), rows["value"]]
            ),
        }
    ).dropna()
    code, names = pd.factorize(both["id"])
    both["child"] = code
    both = both.sort_values(["child", "day"], kind="stable")
    age = ages.reindex(names).to_numpy(np.float64)[both["child"]]
    day = both["day"].to_numpy(np.float64)
    return _Records(
        both["table"].to_numpy(object),
        both["row"].to_numpy(np.int64),
        both["child"].to_numpy(np.int64),
        day,
        np.maximum(age + day / DAYS_PER_YEAR, 0.0),
        both["value"].to_numpy(np.float64),
    )


def _jumps(records: _Records, odd: Mask, measure: str) -> npt.NDArray[np.int64]:
    """Return for each record the place of the one it jumps from; -1 for none."""
    at_one = _MEDIANS[measure][1]
    infant = (records.age < 1) | (np.isnan(records.age) & (records.value < at_one))
    sound = np.flatnonzero(~odd & ~infant)
    beyond = _beyond(records, sound[:-1], sound[1:], measure)
    around = _beyond(records, sound[:-2], sound[2:], measure)
    jump = np.concatenate([[False], beyond])[: len(sound)]
    # a single value between two that agree: it is told, the return is not
    returns = np.zeros(len(sound), dtype=bool)
    returns[2:] = jump[1:-1] & jump[2:] & ~around if len(sound) > 2 else False
    same = np.zeros(len(sound), dtype=bool)
    same[2:] = records.child[sound[2:]] == records.child[sound[:-2]]
    jump &= ~(returns & same)
    origin = np.full(len(records.value), -1, dtype=np.int64)
    origin[sound[jump]] = sound[np.flatnonzero(jump) - 1]
    return origin


def _beyond(
    records: _Records,
    earlier: npt.NDArray[np.int64],
    later: npt.NDArray[np.int64],
    measure: str,
) -> Mask:
    years = (records.day[later] - records.day[earlier]) / DAYS_PER_YEAR
    before, after = records.value[earlier], records.value[later]
    if measure == "height_cm":
        wide = (after < before - 5) | (after > before + 5 + 30 * years)
    else:
        wide = (after < before / 1.5) | (after > before * (1.4 + 0.4 * years))
    return np.asarray(wide & (records.child[later] == records.child[earlier]), bool)


def _told(
    frame: pd.DataFrame,
    table: str,
    measure: str,
    records: _Records,
    median: Numbers,
    odd: Mask,
    jumps: npt.NDArray[np.int64],
) -> list[Fault]:
    here = records.table == table
    place = np.zeros(len(frame), dtype=np.int64)
    place[records.row[here]] = np.flatnonzero(here)
    column = measure if table == "patients" else "value"
    ids = frame["patient_id"].to_numpy(dtype=object)
    unit = _SHOWN[measure]

    def for_age(row: int) -> str:
        at = place[row]
        return (
            f"{measure} {records.value[at]:g} at {records.age[at]:.1f} years of age: "
            f"the median is {median[at]:.1f} {unit}"
        )

    def jumped(row: int) -> str:
        at = place[row]
        before = jumps[at]
        return (
            f"{measure} {records.value[at]:g} on day {records.day[at]:.0f} follows "
            f"{records.value[before]:g} on day {records.day[before]:.0f}"
        )

    masks = {"growth_for_age": odd & here, "growth_jump": (jumps >= 0) & here}
    messages = {"growth_for_age": for_age, "growth_jump": jumped}
    faults: list[Fault] = []
    for rule, found in masks.items():
        mask = np.zeros(len(frame), dtype=bool)
        mask[records.row[found]] = True
        faults += faults_at(
            *(table, mask, ids, column, rule, messages[rule], _REMEDY),
            severity="warning",
        )
    return faults
