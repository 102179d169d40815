"""pattern_similarity: which children's courses resemble the index case's, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort, as_cohort
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.simulation.similarity.finding import Finding
from jdm_stats.simulation.similarity.record import read_records
from jdm_stats.simulation.similarity.result import PatternSimilarity
from jdm_stats.simulation.similarity.settings import (
    CRITERIA,
    PatternSettings,
    read_settings,
)
from jdm_stats.simulation.similarity.steps import findings

__all__ = ["pattern_similarity"]

# What a registry may not collect, so that nobody having it may mean nothing.
_COLLECTED = ("stoma", "plasma_exchange", "fresh_frozen_plasma", "jak_inhibitor")
_STOMA_WORDS = ("stoma", "stomy", "stomie", "anus praeter")


def pattern_similarity(
    cohort: Cohort,
    *,
    weights: Mapping[str, float] | None = None,
    days_before: int = 30,
    days_after: int = 180,
    high_dose_mg_kg_day: float = 1.0,
    low_dose_mg_kg_day: float = 0.5,
    age_years: tuple[float, float] = (10.0, 15.0),
    cmas_gain: float = 10.0,
    stoma_words: Sequence[str] = _STOMA_WORDS,
    not_recorded: Collection[str] = (),
    rules: SteroidRules | Mapping[str, object] | None = None,
) -> PatternSimilarity:
    """Find the children whose course resembles the index case's, and say why.

    Parameters
    ----------
    cohort : Cohort
        Synthetic or real.
    weights : mapping of str to float, optional
        Weight of each step, 0 or more; those not named keep theirs, see
        `jdm_stats.simulation.similarity.settings.CRITERIA`. By default anti-NXP2 3,
        high-dose steroid before the first perforation 4, more than one perforation 3 and
        more than one operation 3 (the core, 13 of 23); perforation 2; each other step 1,
        but sex and age 0.5.
    days_before : int, default 30
        A high dose is shortly before the perforation on one of so many days before its
        day, and follows GI involvement within so many days.
    days_after : int, default 180
        What follows a perforation is looked for until so many days after the last one.
    high_dose_mg_kg_day : float, default 1
        High outside pulses, in prednisone-equivalent mg/kg/day; any pulse is high.
    low_dose_mg_kg_day : float, default 0.5
    age_years : (float, float), default (10, 15)
        Ages at diagnosis that are near 12, the upper end left out.
    cmas_gain : float, default 10
        Points of CMAS by which strength has to rise.
    stoma_words : sequence of str
        What a word in the text (``site``) of an operation ends in when it names a stoma.
    not_recorded : collection of str
        Steps that this cohort does not record, so that silence means nothing:
        ``{"plasma_exchange", "stoma"}``.
    rules : SteroidRules or mapping of its fields, optional
        How courses become days at a dose, and what a pulse is; by default nothing is
        guessed. A course without a dose makes the days it may cover not known.

    Returns
    -------
    PatternSimilarity
        Every child, ranked; ``explain(patient_id)`` gives the words.

    Raises
    ------
    UsageError
        For anything that is no cohort, and telling every argument at fault.
    PlanError
        When the rules are at fault.

    Notes
    -----
    Each step is shown, not shown, or not known. The score is the weight of the steps shown
    over that of all steps; ``score_upto`` adds the steps not known. The two bound what a
    complete record would give. Weight shown over weight assessable is not used: it would
    put a girl of 12 of whom nothing else is recorded above every child with a course.

    Order counts. A pulse given after the perforation is not a pulse before it: of ten
    published children nine were pulsed after theirs (Xu 2023).

    A resemblance is no evidence that steroid perforates: children are chosen here for
    having had the one before the other.

    Examples
    --------
    >>> patients = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "B"],
    ...         "antibody": ["NXP2", "none"],
    ...         "entry_day": 0,
    ...         "exit_day": 400,
    ...         "exit_reason": "administrative",
    ...     }
    ... )
    >>> courses = pd.DataFrame(
    ...     {
    ...         "patient_id": ["A", "B"],
    ...         "drug": "methylprednisolone",
    ...         "route": "iv",
    ...         "start_day": [40, 53],
    ...         "stop_day": [42, 55],
    ...         "dose_mg": 30.0,
    ...         "dose_basis": "per_kg_day",
    ...     }
    ... )
    >>> events = pd.DataFrame(
    ...     {"patient_id": ["A", "B"], "day": 52, "event": "gi_perforation"}
    ... )
    >>> alike = pattern_similarity(Cohort(patients, courses, events))
    >>> alike.table[["patient_id", "score", "score_upto"]].round(3).values.tolist()
    [['A', 0.391, 0.522], ['B', 0.087, 0.217]]
    >>> print(alike.why("A", "high_dose_before"))
    pulse of 30 mg/kg of methylprednisolone on days 40 to 42, begun 12 days and ended 10
    days before the first perforation (day 52)
    """
    known = as_cohort(cohort)
    settings = read_settings(
        {
            "weights": weights,
            "days_before": days_before,
            "days_after": days_after,
            "high_dose_mg_kg_day": high_dose_mg_kg_day,
            "low_dose_mg_kg_day": low_dose_mg_kg_day,
            "age_years": age_years,
            "cmas_gain": cmas_gain,
            "stoma_words": stoma_words,
            "not_recorded": not_recorded,
        }
    )
    chosen = SteroidRules.read(rules)
    names, found, doubtful = [], [], 0
    for record in read_records(known, chosen):
        names.append(record.patient_id)
        found.append(findings(record, settings))
        doubtful += bool(record.unknown)
    children, answers = _ranked(names, found, settings)
    notes = _notes(known, settings, answers, doubtful)
    return PatternSimilarity(settings, notes, known.synthetic, children, answers)


def _ranked(
    names: Sequence[str],
    found: Sequence[Mapping[str, Finding]],
    settings: PatternSettings,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score the children and put them in order of rank; a row each in both tables."""
    steps = [criterion.name for criterion in CRITERIA]
    answers = pd.DataFrame(found, columns=steps, dtype=object)
    shown = answers.map(lambda finding: finding.shown).to_numpy(dtype=object)
    weight = np.array([settings.weights[step] for step in steps])
    yes, no = ((shown == said) @ weight / settings.total for said in ("yes", "no"))
    children = pd.DataFrame({"patient_id": list(names), "score": np.round(yes, 6)})
    children["score_upto"] = np.round(1.0 - no, 6)
    children["share_known"] = np.round(yes + no, 6)
    key = children.assign(name=children["patient_id"].astype(str))
    order = key.sort_values(
        ["score", "score_upto", "name"], ascending=[False, False, True], kind="stable"
    ).index
    children = children.loc[order].reset_index(drop=True)
    answers = answers.loc[order].reset_index(drop=True)
    fresh = (children[["score", "score_upto"]].diff() != 0).any(axis=1).to_numpy()
    place = np.arange(1, len(children) + 1)
    children.insert(1, "rank", np.maximum.accumulate(np.where(fresh, place, 1)))
    return children, answers


def _notes(
    cohort: Cohort,
    settings: PatternSettings,
    answers: pd.DataFrame,
    doubtful: int,
) -> tuple[str, ...]:
    notes = [
        "score: weight of the steps shown over that of all steps; score_upto: the same, "
        "had every step not known been shown.",
        "A resemblance is no evidence that steroid perforates: the order looked for is "
        "what made the case worth reporting, and steroid also treats what perforates.",
    ]
    if doubtful:
        notes.append(
            f"{doubtful:,} of {cohort.n_patients:,} children have a steroid course without "
            "a dose, a last day or a needed weight; the days it may cover are not known "
            "unless a rule says otherwise."
        )
    shown = {
        step for step in answers if any(one.shown == "yes" for one in answers[step])
    }
    never = [
        criterion.words
        for criterion in CRITERIA
        if criterion.name in set(_COLLECTED) - shown - set(settings.not_recorded)
    ]
    if never and "perforation" in shown:
        notes.append(
            f"Nobody here shows: {'; '.join(never)}. If the cohort does not record it, "
            "name it in not_recorded."
        )
    if cohort.synthetic:
        placed = int((cohort.patients["pattern"] == "index_case").fillna(False).sum())
        if placed:
            made = "1 child was" if placed == 1 else f"{placed:,} children were"
            notes.append(
                f"SYNTHETIC: {made} made to follow the pattern; to rank high then shows "
                "only that the search works."
            )
    else:
        notes.append(
            "Real children: a course this unusual can identify a child. Ids, days and "
            "sites are for those who may see the records; publish counts, none of few "
            "children. The published child may be among them."
        )
    return tuple(notes)
