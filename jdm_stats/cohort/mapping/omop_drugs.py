"""Courses from drug_exposure: which drug, by which route, and the dose where it is known.

A daily dose is known for solid pieces alone: the strength of one (drug_strength, or the
"5 MG Oral Tablet" of a clinical drug's name) times the quantity, over the days of supply.
Of fluids and infusions OMOP does not say how much was given, and the dose stays missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from jdm_stats.cohort.mapping.omop_model import Model, first_known
from jdm_stats.schema import OTHER_DRUGS, STEROIDS

__all__ = ["course_rows", "drug_in", "strength_in"]

_ALSO = {
    "cyclosporine": "ciclosporin",
    "cyclosporin": "ciclosporin",
    "mycophenolic acid": "mycophenolate",
    "immunoglobulin g": "ivig",
    "intravenous immunoglobulin": "ivig",
    "immune globulin intravenous": "ivig",
    "cortisol": "hydrocortisone",
}
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        name: name
        for name in (*STEROIDS, *OTHER_DRUGS)
        if "_" not in name and name != "other"
    }
    | _ALSO
)
_ANY = re.compile(r"\b(" + "|".join(sorted(_NAMES, key=len, reverse=True)) + r")\b")
_PIECE = re.compile(r"\b(\d+(?:\.\d+)?) MG (?:[A-Za-z-]+ )*(?:Tablet|Capsule)\b", re.I)
_LOCAL = re.compile(
    r"ophthalmic|topical|otic|nasal|inhal|cream|ointment|rectal|lotion|intra-?articular",
    re.I,
)
_ROUTES = (
    (re.compile(r"\b(?:oral|po|p\.o\.|by mouth)\b", re.I), "oral"),
    (re.compile(r"\b(?:intravenous|iv|i\.v\.)\b", re.I), "iv"),
    (re.compile(r"\b(?:intramuscular|im|i\.m\.)\b", re.I), "im"),
    (re.compile(r"\b(?:subcutaneous|sc|s\.c\.|sq)\b", re.I), "sc"),
    (_LOCAL, "other"),
)


def drug_in(name: str) -> str | None:
    """Return the one drug of the schema that a name holds; None for none or for two.

    Examples
    --------
    >>> drug_in("prednisone 5 MG Oral Tablet"), drug_in("methylPREDNISolone 1000 MG")
    ('prednisone', 'methylprednisolone')
    >>> drug_in("dexamethasone / tobramycin"), drug_in("prednisone / methotrexate")
    ('dexamethasone', None)
    """
    found = {_NAMES[word] for word in _ANY.findall(name.casefold())}
    return found.pop() if len(found) == 1 else None


def strength_in(name: str) -> float:
    """Return the mg of one piece that a clinical drug's name gives, else NaN.

    Examples
    --------
    >>> strength_in("prednisone 5 MG Oral Tablet"), strength_in("prednisolone 3 MG/ML")
    (5.0, nan)
    """
    found = _PIECE.findall(name)
    return float(found[0]) if len(found) == 1 and " / " not in name else np.nan


def course_rows(model: Model, children: pd.DataFrame) -> pd.DataFrame:
    """Return the courses of the children, before and within observation.

    Returns
    -------
    DataFrame
        ``person_id drug route start_date stop_date dose``; dose in mg per day, missing
        where it cannot be known.
    """
    rows = model.table("drug_exposure")
    columns = ["person_id", "drug", "route", "start_date", "stop_date", "dose"]
    if rows.empty:
        return pd.DataFrame(columns=columns, dtype=object)
    start = model.dates("drug_exposure", "drug_exposure_start_date")
    stop = model.dates("drug_exposure", "drug_exposure_end_date")
    rows = rows.assign(start=start, stop=stop, name=_names(model, rows))
    rows = rows.merge(children[["person_id", "end"]], on="person_id")
    rows["drug"] = rows["name"].map(_each(rows["name"], drug_in))
    unknown = rows["drug"].isna().to_numpy()
    told = "not a drug that is asked for: left out"
    model.count("drug_exposure", "drug", told, "", "", rows[unknown])
    rows = rows[~unknown]
    late = (rows["start"] > rows["end"]).to_numpy()
    after = "begun after the end of observation: left out"
    model.count("drug_exposure", "start_date", after, "", "", rows[late])
    rows = rows[~late]
    rows["route"] = _routes(model, rows)
    rows["dose"] = _doses(model, rows)
    rows["stop"] = _stops(model, rows)
    made = pd.DataFrame(
        {
            "person_id": rows["person_id"],
            "drug": rows["drug"],
            "route": rows["route"],
            "start_date": rows["start"].dt.strftime("%Y-%m-%d"),
            "stop_date": rows["stop"].dt.strftime("%Y-%m-%d"),
            "dose": rows["dose"].map(
                lambda dose: None if np.isnan(dose) else f"{dose:.6g}"
            ),
        }
    )
    again = made.duplicated().to_numpy()
    model.count(
        "drug_exposure", "", "the same course again: joined", "", "", made[again]
    )
    return made[~again].sort_values(["person_id", "start_date", "drug"], kind="stable")


def _names(model: Model, rows: pd.DataFrame) -> pd.Series:
    """Return what the concept of the drug is called, else what the source wrote."""
    empty = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    concepts = model.concept_names()
    return first_known(
        rows.get("drug_concept_id", empty).map(concepts),
        rows.get("drug_source_concept_id", empty).map(concepts),
        rows.get("drug_source_value", empty),
        pd.Series("", index=rows.index, dtype=object),
    )


def _each(cells: pd.Series, read: object) -> dict[str, object]:
    return {word: read(word) for word in cells.unique()}  # type: ignore[operator]


def _routes(model: Model, rows: pd.DataFrame) -> pd.Series:
    """Return the route by its concept, the source's word or the form in the name."""
    empty = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    route = rows.get("route_concept_id", empty).map(model.concept_names())
    route = route.where(
        route.map(_route).notna(), rows.get("route_source_value", empty)
    )
    route = route.where(route.map(_route).notna(), rows["name"])
    read = route.map(_route)
    told = "route not known: left empty, a fault"
    model.count("drug_exposure", "route", told, "", "", rows[read.isna().to_numpy()])
    return read


def _route(words: object) -> str | None:
    if not isinstance(words, str):
        return None
    found = [route for pattern, route in _ROUTES if pattern.search(words)]
    return found[-1] if found else None


def _doses(model: Model, rows: pd.DataFrame) -> pd.Series:
    """Return mg per day where strength, quantity and days of supply say it."""
    strength = (
        rows["drug_concept_id"].map(_strengths(model))
        if "drug_concept_id" in rows
        else (pd.Series(np.nan, index=rows.index))
    )
    by_name = rows["name"].map(_each(rows["name"], strength_in)).astype(float)
    strength = strength.astype(float)
    from_name = strength.isna() & by_name.notna()
    strength = strength.fillna(by_name)
    quantity, days = _positive(rows, "quantity"), _positive(rows, "days_supply")
    dose = strength * quantity / days
    told = "strength from the drug's name"
    model.count(
        "drug_exposure",
        "dose",
        told,
        "",
        "",
        rows[(from_name & dose.notna()).to_numpy()],
    )
    told = "strength times quantity over days of supply"
    model.count(
        "drug_exposure", "dose", told, "", "mg/day", rows[dose.notna().to_numpy()]
    )
    told = "dose not known: left empty"
    model.count("drug_exposure", "dose", told, "", "", rows[dose.isna().to_numpy()])
    return dose


def _positive(rows: pd.DataFrame, column: str) -> pd.Series:
    if column not in rows:
        return pd.Series(np.nan, index=rows.index)
    numbers = pd.to_numeric(rows[column], errors="coerce")
    return numbers.where(numbers > 0)


def _strengths(model: Model) -> dict[str, float]:
    """Return mg of one piece by concept, for drugs of one ingredient counted in mg."""
    rows = model.table("drug_strength")
    if not {"drug_concept_id", "amount_value", "amount_unit_concept_id"} <= set(
        rows.columns
    ):
        return {}
    alone = rows[~rows["drug_concept_id"].duplicated(keep=False).to_numpy()]
    unit = alone["amount_unit_concept_id"].map(model.concept_names()).fillna("")
    is_mg = unit.str.casefold().isin(["milligram", "mg"]).to_numpy()
    amount = pd.to_numeric(alone["amount_value"], errors="coerce")
    kept = is_mg & (amount > 0).to_numpy()
    return dict(zip(alone["drug_concept_id"][kept], amount[kept], strict=True))


def _stops(model: Model, rows: pd.DataFrame) -> pd.Series:
    """Return last days: as given, else from the days of supply."""
    days = _positive(rows, "days_supply")
    reckoned = rows["start"] + pd.to_timedelta(days - 1, unit="D")
    by_supply = (rows["stop"].isna() & reckoned.notna()).to_numpy()
    told = "last day from the days of supply"
    model.count("drug_exposure", "stop_date", told, "", "", rows[by_supply])
    return rows["stop"].fillna(reckoned)
