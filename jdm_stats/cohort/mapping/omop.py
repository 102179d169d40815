"""The OMOP common data model, laid out as tables of children, courses, events, visits.

Day 0 is the date of the first code for JDM. What OMOP does not say stays missing or is
refused: why observation ended other than by death, the dose of what is not counted in
solid pieces, antibodies that nobody coded. Every rule applied is tallied.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.resources import files

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.omop_codes import CodeList, matched_rows, read_codes
from jdm_stats.cohort.mapping.omop_drugs import course_rows
from jdm_stats.cohort.mapping.omop_measurements import antibody_columns, visit_rows
from jdm_stats.cohort.mapping.omop_model import Model, day_of, is_omop
from jdm_stats.cohort.mapping.unfolded import Unfolded, tally_frame, with_none
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.schema import DAYS_PER_YEAR

__all__ = ["omop_mapping", "omop_tables", "unfold_omop"]

_JDM = ("jdm", "dermatomyositis")


def omop_mapping() -> str:
    """Return the text of the mapping that reads what `omop_tables` lays out.

    Returns
    -------
    str
        TOML, to be kept, edited and read again with `CohortMapping.from_text`.

    Examples
    --------
    >>> from jdm_stats.cohort.mapping.model import CohortMapping
    >>> CohortMapping.from_text(omop_mapping()).source.kind
    'omop'
    """
    packed = files("jdm_stats.cohort.mapping") / "codelists" / "omop.toml"
    return packed.read_text("utf-8")


def omop_tables(
    source: str | os.PathLike[str] | Mapping[str, RawTable],
    codelists: str | os.PathLike[str] | CodeList | None = None,
) -> Unfolded:
    """Lay an OMOP source out as tables that the mapping of `omop_mapping` reads.

    Parameters
    ----------
    source : path, database address, or mapping of str to RawTable
        ``person``, ``observation_period`` and ``condition_occurrence`` must be there;
        ``death``, ``drug_exposure``, ``drug_strength``, ``measurement``, ``concept`` and
        ``concept_ancestor`` are read where they are.
    codelists : path or CodeList, optional
        The code list; the one that comes with the package when not given.

    Returns
    -------
    Unfolded
        ``children``, ``drugs``, ``events`` and ``visits``.

    Raises
    ------
    CohortError
        When tables cannot be read, or hold dates that are none.
    UsageError
        When a table that must be there is not, or the code list is at fault.

    Notes
    -----
    A child is a person with a code for JDM; a code for dermatomyositis at any age counts
    where the person was certainly below 18. Day 0 is the first of these dates. Observation
    is that of the period that holds day 0, else of the first one after it; it ends with the
    period, or with death within it.

    Examples
    --------
    >>> person = pd.DataFrame({"person_id": [1], "year_of_birth": [2010]})
    >>> period = pd.DataFrame(
    ...     {
    ...         "person_id": [1],
    ...         "observation_period_start_date": ["2015-01-01"],
    ...         "observation_period_end_date": ["2020-12-31"],
    ...     }
    ... )
    >>> condition = pd.DataFrame(
    ...     {
    ...         "person_id": [1, 1],
    ...         "condition_start_date": ["2016-05-01", "2016-09-01"],
    ...         "condition_source_value": ["M33.0", "K26.1"],
    ...     }
    ... )
    >>> frames = {
    ...     "person": person,
    ...     "observation_period": period,
    ...     "condition_occurrence": condition,
    ... }
    >>> tables = omop_tables(
    ...     {name: RawTable(name, name, frame) for name, frame in frames.items()}
    ... )
    >>> tables["events"].frame.values.tolist()
    [['1', '2016-09-01', 'gi_perforation', 'duodenum']]
    """
    codes = codelists if isinstance(codelists, CodeList) else read_codes(codelists)
    if isinstance(source, Mapping):
        tables = dict(source)
    else:
        from jdm_stats.cohort.doors.tables import read_tables

        tables, faults = read_tables(source)
        if faults:
            raise CohortError(faults, "the OMOP source has")
    unfolded = unfold_omop(tables, codes)
    if unfolded.faults:
        raise CohortError(unfolded.faults, "the OMOP source has")
    return unfolded


def unfold_omop(tables: Mapping[str, RawTable], codes: CodeList) -> Unfolded:
    """Do what `omop_tables` does, and hand the faults back instead of raising."""
    if not is_omop(tables):
        listed = ", ".join(tables) or "none"
        raise UsageError(
            "an OMOP source holds the tables person, observation_period and "
            f"condition_occurrence; there are {listed}"
        )
    model = Model(tables)
    coded = _coded_conditions(model, codes)
    children = _observed(model, _diagnosed(model, coded))
    drugs = course_rows(model, children)
    visits = visit_rows(model, children, codes)
    events = _events(model, children, coded)
    children = children.merge(
        antibody_columns(model, children, codes), on="person_id", how="left"
    )
    made = {
        "children": ("person", _as_dates(children)),
        "drugs": ("drug_exposure", drugs),
        "events": ("condition_occurrence and death", events),
        "visits": ("measurement", visits),
    }
    plain = {
        name: RawTable(name, source, with_none(frame).reset_index(drop=True), None, ".")
        for name, (source, frame) in made.items()
    }
    return Unfolded(plain, tuple(model.faults), tally_frame(model.tally))


def _coded_conditions(model: Model, codes: CodeList) -> pd.DataFrame:
    """Return coded conditions: person, date, what, site."""
    rows = model.table("condition_occurrence")
    listed = codes.of(*_JDM, "gi_perforation")
    found = matched_rows(
        rows,
        "condition",
        listed,
        model.table("concept"),
        model.table("concept_ancestor"),
    )
    dates = model.dates("condition_occurrence", "condition_start_date")
    found["person_id"] = rows["person_id"].iloc[found["row"]].to_numpy()
    found["date"] = dates.iloc[found["row"]].to_numpy()
    for (what, by), group in found.groupby(["what", "found"]):
        model.count(
            "condition_occurrence", "code", "rows found by", str(by), str(what), group
        )
    return found


def _diagnosed(model: Model, coded: pd.DataFrame) -> pd.DataFrame:
    """Return persons with JDM, with day 0 and what is known of their birth."""
    persons = model.table("person").drop_duplicates("person_id").set_index("person_id")
    rows = coded[coded["what"].isin(_JDM) & coded["date"].notna()]
    rows = rows[rows["person_id"].isin(persons.index)]
    oldest = _oldest_age(persons, rows)
    adult = (rows["what"] == "dermatomyositis").to_numpy() & ~(oldest < 18)
    model.count(
        "condition_occurrence",
        "code",
        "dermatomyositis not certainly before 18: not counted",
        "dermatomyositis",
        "",
        rows[adult],
    )
    day0 = rows[~adult].groupby("person_id")["date"].min()
    children = persons.loc[day0.index].copy()
    youngest = _youngest_age(children, day0)
    grown = youngest >= 18
    model.count(
        "person",
        "person_id",
        "first code at 18 or later: left out",
        "",
        "",
        children[grown],
    )
    children = children[~grown]
    day0 = day0.loc[children.index]
    birth = _birth_dates(children)
    model.count(
        "person",
        "birth_date",
        "day of birth not known: no age",
        "",
        "",
        birth[birth.isna()],
    )
    model.count("person", "diagnosis_date", "day 0 is the first code", "", "", children)
    return pd.DataFrame(
        {
            "person_id": children.index,
            "sex": _sexes(model, children).to_numpy(),
            "birth_date": birth.to_numpy(),
            "diagnosis_date": day0.to_numpy(),
            "diagnosis_year": day0.dt.year.astype(str).to_numpy(),
            "care_site": _column(children, "care_site_id").to_numpy(),
        }
    )


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name in frame:
        return frame[name]
    return pd.Series([None] * len(frame), index=frame.index, dtype=object)


def _birth_dates(persons: pd.DataFrame) -> pd.Series:
    """Return days of birth; NaT where year, month and day are not all known."""
    exact = day_of(_column(persons, "birth_datetime"))
    parts = [
        pd.to_numeric(_column(persons, f"{part}_of_birth"), errors="coerce")
        for part in ("year", "month", "day")
    ]
    built = pd.to_datetime(
        pd.DataFrame(dict(zip(("year", "month", "day"), parts, strict=True))),
        errors="coerce",
    )
    return exact.fillna(built)


def _year(persons: pd.DataFrame) -> pd.Series:
    return pd.to_numeric(_column(persons, "year_of_birth"), errors="coerce")


def _oldest_age(persons: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Return the most years a person can have had on each row's date."""
    birth = _birth_dates(persons).reindex(rows["person_id"]).to_numpy()
    year = _year(persons).reindex(rows["person_id"]).to_numpy(dtype=float)
    exact = (rows["date"].to_numpy() - birth) / np.timedelta64(1, "D") / DAYS_PER_YEAR
    by_year = rows["date"].dt.year.to_numpy() - year + 1e-9
    return np.where(np.isnan(exact), by_year, exact)


def _youngest_age(persons: pd.DataFrame, day0: pd.Series) -> np.ndarray:
    """Return the fewest years a person can have had on day 0; NaN when nothing is known."""
    birth = _birth_dates(persons)
    exact = (
        (day0.to_numpy() - birth.to_numpy()) / np.timedelta64(1, "D") / DAYS_PER_YEAR
    )
    by_year = day0.dt.year.to_numpy() - _year(persons).to_numpy(dtype=float) - 1
    return np.where(np.isnan(exact), by_year, exact)


def _sexes(model: Model, persons: pd.DataFrame) -> pd.Series:
    """Return what the concept of the gender is called, else what the source wrote."""
    named = _column(persons, "gender_concept_id").map(model.concept_names())
    written = _column(persons, "gender_source_value")
    return named.where(named.notna(), written)


def _observed(model: Model, children: pd.DataFrame) -> pd.DataFrame:
    """Add entry, exit and the reason of exit; leave out who was not observed after day 0."""
    rows = model.table("observation_period")
    periods = pd.DataFrame(
        {
            "person_id": rows["person_id"],
            "start": model.dates("observation_period", "observation_period_start_date"),
            "end": model.dates("observation_period", "observation_period_end_date"),
        }
    ).dropna()
    joined = children.merge(periods, on="person_id", how="left")
    after = joined[joined["end"] >= joined["diagnosis_date"]]
    chosen = after.sort_values("start").drop_duplicates("person_id")
    never = ~children["person_id"].isin(chosen["person_id"])
    told = "not observed on or after day 0: left out"
    unseen = children[never.to_numpy()]
    model.count("observation_period", "person_id", told, "", "", unseen)
    later = after[after.duplicated("person_id")]
    model.count("observation_period", "", "later periods: not used", "", "", later)
    died = model.deaths()
    death = chosen["person_id"].map(died)
    model.count(
        *("death", "death_date", "after the end of observation: not used", "", ""),
        chosen[(death > chosen["end"]).to_numpy()],
    )
    within = (death <= chosen["end"]).to_numpy()
    model.count(
        *(
            "observation_period",
            "exit_reason",
            "end of the period",
            "",
            "administrative",
        ),
        chosen[~within],
    )
    return (
        chosen.assign(
            entry_date=np.maximum(chosen["start"], chosen["diagnosis_date"]),
            exit_date=chosen["end"].where(~within, death),
            exit_reason=np.where(within, "death", "administrative"),
        )
        .drop(columns=["start"])
        .sort_values("person_id", ignore_index=True)
    )


def _events(model: Model, children: pd.DataFrame, coded: pd.DataFrame) -> pd.DataFrame:
    """Return perforations within or before observation, and deaths within it."""
    rows = coded[(coded["what"] == "gi_perforation") & coded["date"].notna()]
    rows = rows.merge(children[["person_id", "end"]], on="person_id")
    late = (rows["date"] > rows["end"]).to_numpy()
    after = "after the end of observation: left out"
    model.count("condition_occurrence", "gi_perforation", after, "", "", rows[late])
    rows = rows[~late]
    again = rows.duplicated(["person_id", "date"]).to_numpy()
    model.count(
        *(
            "condition_occurrence",
            "gi_perforation",
            "more codes on the same day",
            "",
            "",
        ),
        rows[again],
    )
    sites = rows.groupby(["person_id", "date"])["site"].agg(_joined).reset_index()
    perforations = sites.assign(event="gi_perforation")
    died = children[children["exit_reason"] == "death"]
    deaths = pd.DataFrame({"person_id": died["person_id"], "date": died["exit_date"]})
    listed = pd.concat([perforations, deaths.assign(event="death", site=None)])
    listed = listed.sort_values(["person_id", "date"], kind="stable")
    return _as_dates(listed[["person_id", "date", "event", "site"]])


def _joined(sites: pd.Series) -> str | None:
    return ", ".join(dict.fromkeys(site for site in sites if site)) or None


def _as_dates(frame: pd.DataFrame) -> pd.DataFrame:
    """Write dates as YYYY-MM-DD, and leave out the working column."""
    frame = frame.drop(columns="end", errors="ignore")
    return frame.assign(
        **{
            name: frame[name].dt.strftime("%Y-%m-%d")
            for name in frame.columns
            if pd.api.types.is_datetime64_any_dtype(frame[name])
        }
    )
