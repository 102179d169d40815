"""Weights, heights, creatine kinase and antibodies from the table measurement."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jdm_stats.cohort.mapping.headings import read_heading
from jdm_stats.cohort.mapping.omop_codes import CodeList, matched_rows
from jdm_stats.cohort.mapping.omop_model import Model, first_known
from jdm_stats.cohort.mapping.propose_values import result_word

__all__ = ["ANTIBODY_COLUMNS", "antibody_columns", "visit_rows"]

_MEASURES = {"weight": "weight_kg", "height": "height_cm", "ck_u_l": "ck_u_l"}
_ANTIBODIES = ("NXP2", "TIF1g", "MDA5", "Mi2", "ARS", "SRP", "HMGCR", "SAE", "PMScl")
ANTIBODY_COLUMNS = tuple(f"anti_{name}" for name in _ANTIBODIES)
# units of UCUM that the mapping knows by another word
_UCUM = {"[lb_av]": "lb", "[in_i]": "in", "[iu]/l": "IU/L", "kilogram": "kg"}
_UCUM |= {
    "centimeter": "cm",
    "unit per liter": "U/L",
    "international unit per liter": "IU/L",
}


def visit_rows(model: Model, children: pd.DataFrame, codes: CodeList) -> pd.DataFrame:
    """Return measurements of the children: ``person_id date measure value unit``."""
    columns = ["person_id", "date", "measure", "value", "unit"]
    rows = _measured(model, children, codes, tuple(_MEASURES.values()), _measure_named)
    if rows.empty:
        return pd.DataFrame(columns=columns, dtype=object)
    limited = _limited(model, rows)
    told = "below or above a limit: left out"
    model.count("measurement", "value", told, "", "", rows[limited])
    rows = rows[~limited]
    empty = rows["value_as_number"].isna().to_numpy()
    model.count(
        "measurement", "value", "without a value: left out", "", "", rows[empty]
    )
    rows = rows[~empty]
    made = pd.DataFrame(
        {
            "person_id": rows["person_id"],
            "date": rows["date"].dt.strftime("%Y-%m-%d"),
            "measure": rows["what"],
            "value": rows["value_as_number"],
            "unit": _units(model, rows),
        }
    )
    again = made.duplicated().to_numpy()
    model.count(
        "measurement", "", "the same measurement again: joined", "", "", made[again]
    )
    return made[~again].sort_values(["person_id", "date", "measure"], kind="stable")


def antibody_columns(
    model: Model, children: pd.DataFrame, codes: CodeList
) -> pd.DataFrame:
    """Return one row a child: the results of each antibody and the day of the first test.

    A child with a positive and a negative result of one antibody is positive; a child
    without any is left empty, and counted as untested.
    """
    wanted = tuple(f"antibody:{name}" for name in _ANTIBODIES)
    rows = _measured(model, children, codes, wanted, _antibody_named)
    frame = pd.DataFrame({"person_id": children["person_id"]})
    for column in (*ANTIBODY_COLUMNS, "antibody_date"):
        frame[column] = pd.Series([None] * len(frame), dtype=object)
    told = "no antibody was measured: untested"
    tested = set(rows["person_id"]) if not rows.empty else set()
    model.count(
        *("measurement", "antibody", told, "", "untested"),
        frame[~frame["person_id"].isin(tested).to_numpy()],
    )
    if rows.empty:
        return frame
    rows = rows.assign(result=_results(model, rows))
    for name, column in zip(wanted, ANTIBODY_COLUMNS, strict=True):
        of_one = rows[rows["what"] == name]
        found = of_one.groupby("person_id")["result"].agg(_together)
        frame[column] = frame["person_id"].map(found).astype(object)
        both = of_one.groupby("person_id")["result"].nunique() > 1
        said = "several results: positive if any was"
        model.count("measurement", column, said, "", "", both[both])
    first = rows.groupby("person_id")["date"].min().dt.strftime("%Y-%m-%d")
    frame["antibody_date"] = frame["person_id"].map(first).astype(object)
    return frame


def _measured(
    model: Model,
    children: pd.DataFrame,
    codes: CodeList,
    wanted: tuple[str, ...],
    by_name: Any,
) -> pd.DataFrame:
    """Return the children's measurements of something, by code or by name."""
    rows = model.table("measurement")
    if rows.empty:
        return rows
    found = matched_rows(
        rows, "measurement", codes.of(*wanted), model.table("concept"),
        model.table("concept_ancestor"),
    )  # fmt: skip
    rows = rows.assign(date=model.dates("measurement", "measurement_date"))
    what = pd.Series(found["what"].to_numpy(), index=found["row"].to_numpy(dtype=int))
    named = _names(model, rows).map(by_name)
    rows["what"] = what.reindex(rows.index).astype(object)
    told = "found by name, not by code"
    rows["by_name"] = rows["what"].isna() & named.notna()
    rows["what"] = rows["what"].where(rows["what"].notna(), named)
    rows = rows[rows["what"].notna().to_numpy() & rows["date"].notna().to_numpy()]
    rows = rows.merge(children[["person_id", "end"]], on="person_id")
    model.count(
        "measurement", "what", told, "", "", rows[rows["by_name"].to_numpy(bool)]
    )
    late = (rows["date"] > rows["end"]).to_numpy()
    told = "after the end of observation: left out"
    model.count("measurement", "date", told, "", "", rows[late])
    for column in ("value_as_number", "value_source_value", "value_as_concept_id"):
        if column not in rows:
            rows[column] = None
    return rows[~late]


def _names(model: Model, rows: pd.DataFrame) -> pd.Series:
    empty = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    named = rows.get("measurement_concept_id", empty).map(model.concept_names())
    blank = pd.Series("", index=rows.index, dtype=object)
    return first_known(named, rows.get("measurement_source_value", empty), blank)


def _measure_named(name: str) -> str | None:
    heading = read_heading(name)
    return _MEASURES.get(str(heading.meaning)) if heading.sure else None


def _antibody_named(name: str) -> str | None:
    meaning = str(read_heading(name).meaning)
    return f"antibody:{meaning[6:]}" if meaning.startswith("panel:") else None


def _limited(model: Model, rows: pd.DataFrame) -> pd.Series:
    if "operator_concept_id" not in rows:
        return pd.Series(False, index=rows.index)
    operator = rows["operator_concept_id"].map(model.concept_names())
    return operator.isin(["<", ">", "<=", ">="])


def _units(model: Model, rows: pd.DataFrame) -> pd.Series:
    empty = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    named = rows.get("unit_concept_id", empty).map(model.concept_names())
    unit = first_known(named, rows.get("unit_source_value", empty))
    return unit.map(
        lambda word: _UCUM.get(str(word).casefold(), word), na_action="ignore"
    )


def _results(model: Model, rows: pd.DataFrame) -> pd.Series:
    """Return ``positive`` or ``negative`` where words say it, else what is written."""
    named = rows["value_as_concept_id"].map(model.concept_names())
    words = first_known(named, rows["value_source_value"], rows["value_as_number"])
    return words.map(lambda word: result_word(str(word)) or word, na_action="ignore")


def _together(results: pd.Series) -> str | None:
    listed = [str(result) for result in results.dropna()]
    return "positive" if "positive" in listed else next(iter(listed), None)
