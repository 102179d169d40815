"""Steroid courses in one currency: prednisone-equivalent mg per kg per day.

Every steroid course becomes days with a known daily dose, or the whole table is refused
with each child and the reason. Pulses (high intravenous doses) are told apart, because
their days do not count as current dose.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.body_size import last_recorded
from jdm_stats.cohort.cells import Mask
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.faults import in_order
from jdm_stats.errors import CohortError, Fault, UsageError
from jdm_stats.schema import STEROIDS, nearest

__all__ = [
    "PREDNISONE_EQUIVALENT_PER_MG",
    "PULSE_MG_DAY",
    "PULSE_MG_KG_DAY",
    "RULES",
    "days_apart",
    "prednisone_equivalent_mg",
    "steroid_courses",
]

# mg of prednisone with the anti-inflammatory effect of 1 mg of the drug: prednisone 5 mg
# = prednisolone 5 = methylprednisolone 4 = triamcinolone 4 = hydrocortisone 20
# = dexamethasone 0.75 = betamethasone 0.6 (labels say 0.6 to 0.75) = deflazacort 6.
PREDNISONE_EQUIVALENT_PER_MG: Mapping[str, float] = MappingProxyType(
    {
        "prednisone": 1.0,
        "prednisolone": 1.0,
        "methylprednisolone": 5 / 4,
        "hydrocortisone": 5 / 20,
        "dexamethasone": 5 / 0.75,
        "betamethasone": 5 / 0.6,
        "triamcinolone": 5 / 4,
        "deflazacort": 5 / 6,
    }
)

PULSE_MG_KG_DAY = 10.0
PULSE_MG_DAY = 250.0

RULES: Mapping[str, str] = MappingProxyType(
    {
        "missing_stop_day": "A steroid course says on which day it stopped.",
        "missing_dose": "A steroid course says how much was given.",
        "dose_as_needed": "A steroid given when needed has no known days.",
        "no_weight": "A steroid dose in mg has a weight that turns it into mg per kg.",
        "no_height": "A steroid dose per square metre has a height.",
    }
)

Numbers = npt.NDArray[np.float64]
Days = npt.NDArray[np.int64]


def prednisone_equivalent_mg(
    drug: str | npt.ArrayLike, dose_mg: float | npt.ArrayLike
) -> float | Numbers:
    """Convert a steroid dose to mg of prednisone with the same effect.

    Parameters
    ----------
    drug : str or array of str
        Names in `PREDNISONE_EQUIVALENT_PER_MG`; broadcast against ``dose_mg``.
    dose_mg : float or array
        Dose of that drug in mg (or mg per kg, per day: the unit is kept).

    Returns
    -------
    float or array
        A float when both arguments are scalars.

    Raises
    ------
    UsageError
        When a drug is not a known steroid; names the nearest one.

    Notes
    -----
    Ratios of anti-inflammatory effect as drug labels give them: prednisone 5 mg is
    methylprednisolone 4 mg, hydrocortisone 20 mg, dexamethasone 0.75 mg, betamethasone
    0.6 mg (0.6 to 0.75 on labels), triamcinolone 4 mg and deflazacort 6 mg.

    Examples
    --------
    >>> prednisone_equivalent_mg("methylprednisolone", 1000)
    1250.0
    >>> prednisone_equivalent_mg(["prednisone", "hydrocortisone"], 20)
    array([20.,  5.])
    """
    drugs = np.asarray(drug, dtype=object)
    factors = np.array([_factor(name) for name in drugs.ravel()], dtype=np.float64)
    doses = np.asarray(dose_mg, dtype=np.float64)
    converted = factors.reshape(drugs.shape) * doses
    return float(converted) if converted.ndim == 0 else converted


def _factor(drug: object) -> float:
    if isinstance(drug, str) and drug in PREDNISONE_EQUIVALENT_PER_MG:
        return PREDNISONE_EQUIVALENT_PER_MG[drug]
    meant = nearest(drug, STEROIDS) if isinstance(drug, str) else None
    raise UsageError(
        f"{drug!r} is not a known steroid; "
        + (f"did you mean {meant!r}? " if meant else "")
        + f"known are {', '.join(PREDNISONE_EQUIVALENT_PER_MG)}"
    )


def steroid_courses(
    cohort: Cohort,
    *,
    pulse_mg_kg_day: float = PULSE_MG_KG_DAY,
    pulse_mg_day: float = PULSE_MG_DAY,
    only: npt.ArrayLike | None = None,
) -> pd.DataFrame:
    """Return every steroid course as days at a prednisone-equivalent dose.

    Parameters
    ----------
    cohort : Cohort
    pulse_mg_kg_day, pulse_mg_day : float
        An intravenous course is a pulse from either dose on (prednisone-equivalent,
        on a day it is given).
    only : bool array, shape (courses,), optional
        Rows of courses to read; the others are neither returned nor refused.

    Returns
    -------
    DataFrame
        One row per stretch of days: ``patient_id``, ``start_day``, ``stop_day``
        (included), ``mg_kg_day``, ``mg_day`` (prednisone-equivalent), ``pulse``,
        ``route``, ``drug``, ``course_row`` (row in courses, from 1), ``every_n_days``
        and ``mg_kg_per_dose``. ``mg_kg_day`` and ``mg_day`` are the mean daily dose;
        ``mg_kg_per_dose`` is the dose of a day it is given: ``start_day``, ``start_day +
        every_n_days`` and so on up to ``stop_day``. ``mg_day`` is NaN where the dose
        was given per kg and no weight is known. ``attrs["jdm_stats"]`` holds a tally.

    Raises
    ------
    CohortError
        Listing every steroid course without a stop day, a dose or a needed weight or
        height, and every one given as needed.
    UsageError
        When a limit for pulses is not a positive number, or ``only`` is not one True or
        False per course.

    Notes
    -----
    Weight is the one last recorded on or before the first day of the course: in
    assessments, or in patients, which counts as recorded on day 0 (assessments of that
    day come first; several on a day are averaged). A course before any of them takes the
    weight in patients. Height likewise. Body surface is Mosteller's
    sqrt(height_cm * weight_kg / 3600) [1]_.

    A course given every n-th day has a mean daily dose of the dose divided by n, from
    ``start_day`` to ``stop_day``. Total what was given from ``mg_kg_per_dose``: days
    times the mean daily dose is exact only where the length is a multiple of n. A pulse
    is known by the dose of the day it is given; a pulse given every n-th day becomes one
    row for each such day, at the whole dose and with ``every_n_days`` 1.

    References
    ----------
    .. [1] Mosteller RD. Simplified calculation of body-surface area. N Engl J Med
       1987;317:1098. doi:10.1056/NEJM198710223171717

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1"],
    ...         "antibody": ["NXP2"],
    ...         "weight_kg": [40.0],
    ...         "entry_day": [0],
    ...         "exit_day": [365],
    ...         "exit_reason": ["administrative"],
    ...     }
    ... )
    >>> courses = pd.DataFrame(
    ...     {
    ...         "patient_id": ["P1", "P1"],
    ...         "drug": ["methylprednisolone", "prednisone"],
    ...         "route": ["iv", "oral"],
    ...         "start_day": [3, 6],
    ...         "stop_day": [5, 90],
    ...         "dose_mg": [30.0, 40.0],
    ...         "dose_basis": ["per_kg_day", "per_day"],
    ...     }
    ... )
    >>> rows = steroid_courses(Cohort(patients, courses))
    >>> rows[["start_day", "stop_day", "mg_kg_day", "pulse"]].values.tolist()
    [[3, 5, 37.5, True], [6, 90, 1.0, False]]
    """
    for name, limit in (
        ("pulse_mg_kg_day", pulse_mg_kg_day),
        ("pulse_mg_day", pulse_mg_day),
    ):
        if not limit > 0:
            raise UsageError(f"{name} must be more than 0, not {limit!r}")
    courses = cohort.courses
    courses["course_row"] = np.arange(1, len(courses) + 1)
    courses = courses[_chosen(only, len(courses))]
    steroids = courses[courses["drug"].isin(STEROIDS).to_numpy(dtype=bool)]
    steroids = steroids.reset_index(drop=True)
    weight, weight_assessed = last_recorded(cohort, steroids, "weight_kg")
    height, _ = last_recorded(cohort, steroids, "height_cm")
    given = _doses_on_a_day(steroids, weight, height)
    pulse = _is(steroids["route"], "iv") & (
        (given.mg_kg >= pulse_mg_kg_day) | (given.mg >= pulse_mg_day)
    )
    undecided = _is(steroids["route"], "iv") & ~pulse & np.isnan(given.mg)
    faults = _refusals(steroids, given, weight, height, undecided)
    if faults:
        raise CohortError(faults, "the steroid courses have")
    rows = _as_rows(steroids, given, pulse)
    needs_weight = ~_is(steroids["dose_basis"], "per_kg_day")
    rows.attrs["jdm_stats"] = {
        "synthetic": cohort.synthetic,
        "pulse_mg_kg_day": float(pulse_mg_kg_day),
        "pulse_mg_day": float(pulse_mg_day),
        "tally": {
            "courses": len(courses),
            "steroid courses": len(steroids),
            "pulse courses": int(pulse.sum()),
            "courses not given daily": int((steroids["every_n_days"] > 1).sum()),
            "rows": len(rows),
            "doses per kg by an assessed weight": int(
                (needs_weight & weight_assessed).sum()
            ),
            "doses per kg by the weight in patients": int(
                (needs_weight & ~weight_assessed).sum()
            ),
            "doses per square metre": int(_is(steroids["dose_basis"], "per_m2").sum()),
        },
    }
    return rows


@dataclass(frozen=True, slots=True)
class _Given:
    """Prednisone-equivalent dose on a day it is given; NaN where not known."""

    mg_kg: Numbers
    mg: Numbers


def _chosen(only: npt.ArrayLike | None, courses: int) -> Mask:
    if only is None:
        return np.ones(courses, dtype=bool)
    chosen = np.asarray(only)
    if chosen.shape != (courses,) or chosen.dtype != np.bool_:
        raise UsageError(
            f"only must be True or False for each of the {courses} courses, received "
            f"{chosen.dtype} of shape {chosen.shape}"
        )
    return chosen


def _is(column: pd.Series, word: str) -> Mask:
    return (column == word).to_numpy(dtype=bool)


def _days(column: pd.Series) -> Numbers:
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _doses_on_a_day(courses: pd.DataFrame, weight: Numbers, height: Numbers) -> _Given:
    dose = prednisone_equivalent_mg(
        courses["drug"].to_numpy(dtype=object), courses["dose_mg"].to_numpy()
    )
    basis = courses["dose_basis"]
    surface_m2 = np.sqrt(height * weight / 3600)
    mg = np.select(
        [_is(basis, "per_kg_day"), _is(basis, "per_m2")],
        [dose * weight, dose * surface_m2],
        dose,
    )
    mg_kg = np.where(_is(basis, "per_kg_day"), dose, mg / weight)
    return _Given(mg_kg, mg)


def _refusals(
    courses: pd.DataFrame,
    given: _Given,
    weight: Numbers,
    height: Numbers,
    undecided: Mask,
) -> list[Fault]:
    ids = courses["patient_id"].to_numpy(dtype=object)
    drug, start = courses["drug"].to_numpy(), courses["start_day"].to_numpy()
    basis = courses["dose_basis"]
    as_needed = courses["as_needed"].to_numpy(dtype=bool)
    known = courses["dose_mg"].notna().to_numpy() & ~as_needed
    in_mg = known & ~_is(basis, "per_kg_day")
    problems = (
        (
            *("dose_as_needed", "as_needed", as_needed, "is given as needed"),
            "enter the days it was given as courses of their own",
        ),
        (
            *("missing_stop_day", "stop_day"),
            courses["stop_day"].isna().to_numpy() & ~as_needed,
            "has no stop_day",
            "give the last day of treatment (exit_day when it was still going on)",
        ),
        (
            *("missing_dose", "dose_mg"),
            courses["dose_mg"].isna().to_numpy() & ~as_needed,
            "has no dose",
            "give dose_mg and dose_basis",
        ),
        (
            *("no_weight", "dose_mg", in_mg & np.isnan(weight)),
            "is in mg but no weight of the child is known by then",
            "give weight_kg in patients or an earlier assessment",
        ),
        (
            *("no_weight", "dose_mg", known & undecided),
            "is intravenous, and without a weight it may or may not be a pulse",
            "give weight_kg in patients or an earlier assessment",
        ),
        (
            *("no_height", "dose_basis"),
            known & _is(basis, "per_m2") & np.isnan(height),
            "is per square metre but no height of the child is known by then",
            "give height_cm in patients or an earlier assessment",
        ),
    )
    row = courses["course_row"].to_numpy(dtype=np.int64)
    return in_order(
        Fault(
            "courses",
            int(row[place]),
            ids[place],
            column,
            rule,
            f"{drug[place]} from day {start[place]} {what}",
            remedy,
        )
        for rule, column, mask, what, remedy in problems
        for place in np.flatnonzero(mask)
    )


def days_apart(start: Days, stop: Days, every: Days) -> tuple[Days, Days]:
    """Return every n-th day of each span, ``stop`` included, and the span it is of.

    Examples
    --------
    >>> span, day = days_apart(np.array([0, 5]), np.array([21, 6]), np.array([7, 2]))
    >>> span.tolist(), day.tolist()
    ([0, 0, 0, 0, 1], [0, 7, 14, 21, 5])
    """
    many = (stop - start) // every + 1
    span = np.repeat(np.arange(len(start)), many)
    nth = np.arange(len(span)) - np.repeat(np.cumsum(many) - many, many)
    return span, start[span] + nth * every[span]


def _as_rows(courses: pd.DataFrame, given: _Given, pulse: Mask) -> pd.DataFrame:
    """Lay the courses out; a pulse given every n-th day becomes single days."""
    start = courses["start_day"].to_numpy(dtype=np.int64)
    stop = courses["stop_day"].to_numpy(dtype=np.int64)
    every = courses["every_n_days"].to_numpy(dtype=np.int64)
    single = pulse & (every > 1)
    apart = np.where(pulse, 1, every)
    place, first = days_apart(start, stop, np.where(single, every, stop - start + 1))
    return pd.DataFrame(
        {
            "patient_id": courses["patient_id"].take(place).reset_index(drop=True),
            "start_day": first,
            "stop_day": np.where(single[place], first, stop[place]),
            "mg_kg_day": (given.mg_kg / apart)[place],
            "mg_day": (given.mg / apart)[place],
            "pulse": pulse[place],
            "route": courses["route"].take(place).reset_index(drop=True),
            "drug": courses["drug"].take(place).reset_index(drop=True),
            "course_row": courses["course_row"].to_numpy(dtype=np.int64)[place],
            "every_n_days": apart[place],
            "mg_kg_per_dose": given.mg_kg[place],
        }
    )
