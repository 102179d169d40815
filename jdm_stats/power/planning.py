"""Tables and sentences of the report `study_size`: inputs, events, needs, the headline."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from jdm_stats.evidence.published import parameters, published_cohorts
from jdm_stats.power.detectable import detectable_hazard_ratio
from jdm_stats.power.event_law import schoenfeld_events
from jdm_stats.power.needed import Needed, children_needed, years_needed
from jdm_stats.power.study_design import StudyDesign, expected_events
from jdm_stats.power.study_power import study_power
from jdm_stats.power.time_course import CONSTANT
from jdm_stats.power.words import number, percent

__all__ = [
    "INPUTS",
    "Question",
    "comparison_table",
    "events_table",
    "headline",
    "inputs_table",
    "needs_table",
    "registry_marks",
]

INPUTS = (
    "perforation_risk_24_months_tertiary",
    "perforation_risk_24_months_population",
    "time_to_perforation_median_months",
    "time_to_perforation_lognormal_sigma",
    "antibody_share_western_nxp2",
    "antibody_share_east_asia_nxp2",
    "nxp2_hazard_ratio_first_18_months",
    "pulse_hazard_ratio_days_1_30",
    "background_mortality_per_1000_person_years",
    "incidence_per_million_child_years",
)


@dataclass(frozen=True)
class Question:
    """An exposure and a hazard ratio to be detected.

    Parameters
    ----------
    exposure : str
        What to call it.
    share : float
        Exposed share of the children at risk at an average event.
    hazard_ratio : float
    """

    exposure: str
    share: float
    hazard_ratio: float

    def put_to(self, design: StudyDesign) -> StudyDesign:
        """Give the design this exposure."""
        return design.with_values(exposure=self.exposure, exposure_share=self.share)

    @property
    def label(self) -> str:
        """The question in a few words."""
        return (
            f"{self.exposure[:1].upper()}{self.exposure[1:]}, HR {self.hazard_ratio:g}"
        )


def inputs_table(assumed: Mapping[str, tuple[float, str]]) -> pd.DataFrame:
    """List what a plan rests on: value, range, grade and what the number is.

    Parameters
    ----------
    assumed : mapping of words to (value, unit)
        Inputs that no publication gives; each is graded C and called assumed.

    Returns
    -------
    pandas.DataFrame
        Input, Value, Range, Unit, Grade, Status, Source.

    Examples
    --------
    >>> inputs_table({"Loss": (0.04, "per year")})["Status"].tolist()[-1]
    'assumed'
    """
    known = parameters().loc[list(INPUTS)]
    rows = [
        {
            "Input": row["label"],
            "Value": f"{row['value']:g}",
            "Range": ""
            if pd.isna(row["low"])
            else f"{row['low']:g} to {row['high']:g}",
            "Unit": row["unit"],
            "Grade": row["grade"],
            "Status": row["status"],
            "Source": "" if pd.isna(row["source"]) else row["source"],
        }
        for row in known.to_dict("records")
    ]
    for words, (value, unit) in assumed.items():
        rows.append(
            {
                "Input": words,
                "Value": f"{value:g}",
                "Range": "",
                "Unit": unit,
                "Grade": "C",
                "Status": "assumed",
                "Source": "chosen for this page",
            }
        )
    return pd.DataFrame(rows)


def events_table(
    design: StudyDesign,
    *,
    risks: Mapping[str, float],
    n_children: Sequence[int],
    follow_up_years: Sequence[float],
) -> pd.DataFrame:
    """Tell expected perforations by children, years and risk; a constant rate beside.

    Parameters
    ----------
    design : StudyDesign
    risks : mapping of words to float
        Risk by 24 months.
    n_children, follow_up_years : sequences

    Returns
    -------
    pandas.DataFrame
        Registry, Children, one column per length of follow-up, and what a constant rate
        would promise for the longest.
    """
    rows = []
    for words, risk in risks.items():
        for children in n_children:
            one = design.with_values(risk_24_months=risk, n_children=children)
            row: dict[str, Any] = {
                "Registry": f"{words} ({percent(risk)})",
                "Children": children,
            }
            for years in follow_up_years:
                seen = expected_events(one.with_values(follow_up_years=years))
                row[f"{years:g} year{'' if years == 1 else 's'}"] = number(seen)
            last = one.with_values(
                follow_up_years=follow_up_years[-1], time_course=CONSTANT
            )
            row[f"{follow_up_years[-1]:g} years, if the rate stayed"] = number(
                expected_events(last)
            )
            rows.append(row)
    return pd.DataFrame(rows)


def needs_table(
    design: StudyDesign,
    questions: Sequence[Question],
    *,
    risks: Mapping[str, float],
    children_per_year: Mapping[str, float],
    power: float = 0.8,
) -> pd.DataFrame:
    """Tell how many children, and how many years of recruitment, each question needs.

    Parameters
    ----------
    design : StudyDesign
    questions : sequence of Question
    risks : mapping of words to float
        Risk by 24 months.
    children_per_year : mapping of words to float
        Who recruits, and how many children in a year.
    power : float, default 0.8

    Returns
    -------
    pandas.DataFrame
        Question, Risk by 24 months, Children, Perforations, and for each who recruits the
        years; "over 100" where a hundred years are not enough.
    """
    rows = []
    for question in questions:
        for words, risk in risks.items():
            one = question.put_to(design).with_values(risk_24_months=risk)
            told = children_needed(one, question.hazard_ratio, power)
            row = {
                "Question": question.label,
                "Risk by 24 months": f"{percent(risk)}, {words}",
                "Children": number(told.value),
                "Perforations": number(told.expected_events),
            }
            for who, rate in children_per_year.items():
                years = years_needed(
                    one, question.hazard_ratio, power, children_per_year=rate
                )
                row[f"Years, {who}"] = _years(years)
            rows.append(row)
    return pd.DataFrame(rows)


def _years(told: Needed) -> str:
    return "over 100" if math.isnan(told.value) else f"{told.value:.1f}"


def comparison_table(
    design: StudyDesign, questions: Sequence[Question], *, n_children: Sequence[int]
) -> pd.DataFrame:
    """Hold the exact answer against Schoenfeld's formula.

    Parameters
    ----------
    design : StudyDesign
    questions : sequence of Question
    n_children : sequence of int

    Returns
    -------
    pandas.DataFrame
        Question, Children, Perforations, No plain estimate, Power of Firth's test, Power of
        the exact test, Power by Schoenfeld's formula, Events Schoenfeld asks for.
    """
    rows = []
    for question in questions:
        for children in n_children:
            one = question.put_to(design).with_values(n_children=children)
            firth, exact = (
                study_power(one.with_values(test=test), question.hazard_ratio)
                for test in ("firth", "exact")
            )
            asked = schoenfeld_events(question.hazard_ratio, question.share)
            rows.append(
                {
                    "Question": question.label,
                    "Children": children,
                    "Perforations": number(firth.expected_events),
                    "No plain estimate": percent(firth.no_plain_estimate),
                    "Power, Firth": percent(firth.power),
                    "Power, exact": percent(exact.power),
                    "Power, Schoenfeld": percent(firth.schoenfeld_power),
                    "Events Schoenfeld asks for": number(asked),
                }
            )
    return pd.DataFrame(rows)


def registry_marks() -> pd.DataFrame:
    """Give the sizes of two published series, to be marked in a figure.

    Returns
    -------
    pandas.DataFrame
        ``n_children``, ``label`` with source and grade.

    Examples
    --------
    >>> registry_marks()["n_children"].tolist()
    [302, 490]
    """
    cohorts = published_cohorts()
    cohorts = cohorts[cohorts["n_jdm"].notna()]
    largest = cohorts.loc[cohorts["n_jdm"].astype(float).idxmax()]
    counted = cohorts[cohorts["source"] == "Xu 2023"].iloc[0]
    chosen = [counted, largest]
    return pd.DataFrame(
        {
            "n_children": [int(row["n_jdm"]) for row in chosen],
            "label": [
                f"{int(row['n_jdm'])} ({row['source'].split(';')[0]}, A)"
                for row in chosen
            ],
        }
    )


def headline(
    design: StudyDesign,
    questions: Sequence[Question],
    *,
    children_per_year: Mapping[str, float],
    power: float = 0.8,
) -> list[str]:
    """Say for each question what it needs, against the largest series in the evidence tables.

    Parameters
    ----------
    design : StudyDesign
    questions : sequence of Question
    children_per_year : mapping of words to float
        Who recruits, and how many children in a year.
    power : float, default 0.8

    Returns
    -------
    list of str
        One sentence or two for each question, then one on protection.
    """
    marks = registry_marks()
    largest = int(marks["n_children"].max())
    told = []
    for question in questions:
        one = question.put_to(design)
        asked = one, question.hazard_ratio, power
        needed = children_needed(*asked)
        had = study_power(one.with_values(n_children=largest), question.hazard_ratio)
        years = [
            f"{who}, {_years(years_needed(*asked, children_per_year=rate))} years"
            for who, rate in children_per_year.items()
        ]
        told.append(
            f"{question.label}: {number(needed.value)} children{_times(needed, largest)}, "
            f"{number(needed.expected_events)} perforations. The largest series in the "
            f"evidence tables, {largest} children, would have a power of {percent(had.power)}. "
            f"Recruiting, with those who come first followed longer, takes: "
            f"{'; '.join(years)}."
        )
    rarest = min(questions, key=lambda question: question.share)
    one = rarest.put_to(design).with_values(n_children=largest)
    below = detectable_hazard_ratio(one, power)
    told.append(
        f"Protection by {rarest.exposure}: {below.reason_below}."
        if below.reason_below
        else f"Protection by {rarest.exposure}: a ratio of {number(below.below)} and less."
    )
    return told


def _times(needed: Needed, largest: int) -> str:
    """Say how many times the largest series that is, where it is many."""
    times = needed.value / largest
    return (
        f" ({times:,.0f} times the largest series in the evidence tables)"
        if times >= 20
        else ""
    )
