"""A steroid dose no child is given: a slip of unit, told before it becomes exposure.

The tables come from `jdm_stats.cohort.columns.conform`, so that some cells may still be
missing; a dose is judged by whatever is known of the child.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from jdm_stats.cohort.body_size import recorded_by
from jdm_stats.cohort.columns import outside
from jdm_stats.cohort.faults import faults_at, figure
from jdm_stats.errors import Fault
from jdm_stats.schema import MAX_STEROID_MG, MAX_STEROID_MG_KG_DAY, MEASURES, STEROIDS

__all__ = ["RULES", "doses_on_a_day", "implausible_doses", "within_range"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "dose_implausible": (
            f"No steroid dose is above {MAX_STEROID_MG:,.0f} mg, nor above "
            f"{MAX_STEROID_MG_KG_DAY:g} mg/kg/day of prednisone-equivalent."
        )
    }
)

Numbers = npt.NDArray[np.float64]


def implausible_doses(tables: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a fault for each steroid course with a dose above what can be meant.

    Doses are compared as given on a day they are given: per kg by the weight last
    recorded (see `jdm_stats.cohort.body_size`), where one is.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `conform` gives them.

    Returns
    -------
    list of Fault

    Examples
    --------
    >>> from jdm_stats.schema import TABLES
    >>> from jdm_stats.cohort.columns import conform
    >>> course = {"patient_id": ["P1"], "drug": "methylprednisolone", "start_day": 3}
    >>> frames = {"courses": pd.DataFrame(course | {"dose_mg": 30_000.0})}
    >>> frames["courses"]["dose_basis"] = "per_day"
    >>> tables = {
    ...     name: conform(frames.get(name, pd.DataFrame()), table)[0]
    ...     for name, table in TABLES.items()
    ... }
    >>> [fault.rule for fault in implausible_doses(tables)]
    ['dose_implausible']
    """
    courses = tables["courses"]
    mg_kg, _ = doses_on_a_day(tables)
    drug, basis = courses["drug"], courses["dose_basis"]
    dose = courses["dose_mg"].to_numpy(dtype=np.float64, na_value=np.nan)
    in_mg = drug.isin(STEROIDS) & basis.notna() & (basis != "per_kg_day")
    mask = in_mg.to_numpy(dtype=bool) & (dose > MAX_STEROID_MG)
    mask |= mg_kg > MAX_STEROID_MG_KG_DAY

    def message(row: int) -> str:
        said = f"{drug.iloc[row]} {dose[row]:.12g} mg {basis.iloc[row]}"
        if mg_kg[row] > MAX_STEROID_MG_KG_DAY:
            said += f" is {figure(mg_kg[row])} mg/kg/day of prednisone-equivalent"
            return f"{said}, above {MAX_STEROID_MG_KG_DAY:g}"
        return f"{said} is above {MAX_STEROID_MG:,.0f} mg"

    ids = courses["patient_id"].to_numpy(dtype=object)
    return faults_at(
        *("courses", mask, ids, "dose_mg", "dose_implausible", message),
        "check mg, g, microgram and dose_basis, and the weight it was divided by",
    )


def doses_on_a_day(tables: Mapping[str, pd.DataFrame]) -> tuple[Numbers, Numbers]:
    """Return the dose of each course on a day it is given.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The four tables, in the shape `conform` gives them.

    Returns
    -------
    mg_kg : float array, shape (courses,)
        mg/kg of prednisone-equivalent, by the weight last recorded.
    mg : float array, shape (courses,)
        mg of the drug itself. Both are NaN where they are not known, and where the
        course is no steroid.
    """
    # steroids reads a Cohort, which is checked here first
    from jdm_stats.cohort.steroids import PREDNISONE_EQUIVALENT_PER_MG

    courses = tables["courses"]
    judged = courses["drug"].isin(STEROIDS) & courses["dose_basis"].notna()
    judged &= courses["dose_mg"].notna()
    place = np.flatnonzero(judged.to_numpy(dtype=bool))
    both = np.full((2, len(courses)), np.nan)
    if not place.size:
        return both[0], both[1]
    rows = courses.iloc[place].reset_index(drop=True)
    weight, height = _sizes(rows, tables)
    factor = rows["drug"].map(dict(PREDNISONE_EQUIVALENT_PER_MG)).to_numpy(np.float64)
    dose, basis = rows["dose_mg"].to_numpy(np.float64), rows["dose_basis"]
    per_kg, per_m2 = (
        (basis == word).to_numpy(dtype=bool) for word in ("per_kg_day", "per_m2")
    )
    with np.errstate(over="ignore"):
        surface_m2 = np.sqrt(height * weight / 3600)
        both[1, place] = np.select(
            [per_kg, per_m2], [dose * weight, dose * surface_m2], dose
        )
        both[0, place] = factor * np.where(per_kg, dose, both[1, place] / weight)
    return both[0], both[1]


def _sizes(
    rows: pd.DataFrame, tables: Mapping[str, pd.DataFrame]
) -> tuple[Numbers, Numbers]:
    patients = tables["patients"].drop_duplicates("patient_id")
    of_size = tables["assessments"]["measure"].isin(("weight_kg", "height_cm"))
    assessments = within_range(tables["assessments"][of_size.to_numpy(dtype=bool)])
    starts = pd.DataFrame(
        {
            "patient_id": rows["patient_id"].where(rows["patient_id"].notna(), ""),
            "start_day": rows["start_day"].fillna(0),
        }
    )
    weight, _ = recorded_by(patients, assessments, starts, "weight_kg")
    height, _ = recorded_by(patients, assessments, starts, "height_cm")
    return weight, height


def within_range(assessments: pd.DataFrame) -> pd.DataFrame:
    """Empty values beyond their measure's range: they are told as such, and not used."""
    value = assessments["value"].to_numpy(dtype=np.float64, na_value=np.nan)
    beyond = np.zeros(len(value), dtype=bool)
    codes, words = pd.factorize(assessments["measure"])
    for place, word in enumerate(words):
        beyond |= (codes == place) & outside(value, MEASURES[word])
    return assessments.assign(value=np.where(beyond, np.nan, value))
