"""Aims, data-generating mechanism, estimands, methods and performance, in words.

The scheme is that of Morris, White and Crowther, Statistics in Medicine 2019;38:2074-2102.
"""

from __future__ import annotations

import pandas as pd

from jdm_stats.operating.call import name_of_plan
from jdm_stats.operating.plan_rows import TwinTask
from jdm_stats.operating.truth import steroids_harmless
from jdm_stats.operating.twins import Twin
from jdm_stats.plan import AnalysisPlan
from jdm_stats.simulation.scenario import Scenario

__all__ = ["SOURCE", "ademp_words"]

_EFFECTS = {
    "pulse_hr": "a pulse",
    "dose_hr": "a high oral dose",
    "cumulative_hr": "100 mg/kg lately",
    "threshold_hr": "a dose above the threshold",
}

SOURCE = "Morris, White, Crowther, Stat Med 2019;38:2074-2102, doi 10.1002/sim.8086"


def ademp_words(
    task: TwinTask,
    twin: Twin,
    replicates: int,
    seed: int,
    references: pd.DataFrame,
    large_sample: int | None,
) -> tuple[tuple[str, str], ...]:
    """Write the five paragraphs of the scheme for one run.

    Parameters
    ----------
    task : TwinTask
    twin : Twin
    replicates, seed : int
    references : DataFrame
        Truth and large-sample value of each model and term.
    large_sample : int or None
        Children of the large cohort.

    Returns
    -------
    tuple of (str, str)
        Heading and text.
    """
    return (
        (
            "Aims",
            "How the plan does in cohorts of this size and kind: whether its estimates "
            "lie where they should, whether its standard errors and limits are honest, "
            "how often it finds what is not there or misses what is, and how often it "
            "says nothing.",
        ),
        ("Data-generating mechanism", _mechanism(task, twin, replicates, seed)),
        ("Estimands", _estimands(references, large_sample)),
        ("Methods", _methods(task)),
        (
            "Performance",
            "Bias and standard errors over the twins that gave a finite estimate, "
            "coverage over those that gave limits (an infinite limit covers), tests over "
            "those that gave a p-value or limits; the shares that gave none stand beside "
            f"them. Each with its Monte Carlo standard error: {SOURCE}.",
        ),
    )


def _mechanism(task: TwinTask, twin: Twin, replicates: int, seed: int) -> str:
    scenario = task.scenario
    blind = scenario.confounding == 0
    severity = (
        "steroids are given without regard to severity"
        if blind
        else "severity, which the registry does not hold, and GI involvement bring on both "
        "steroids and perforation"
    )
    shared = twin.sources.loc[twin.sources["source"] == "taken from the cohort", "what"]
    like = (
        f" Taken from the cohort at hand: {', '.join(shared)}." if len(shared) else ""
    )
    return (
        f"SYNTHETIC: {replicates:,} twins of {task.n_patients:,} children each from the "
        f"scenario {scenario.name!r}, seed {seed}, none of the index case's pattern; "
        f"{_effects(scenario)}; {severity}.{like}"
    )


def _effects(scenario: Scenario) -> str:
    if steroids_harmless(scenario):
        return "steroids have no effect on perforation"
    ratios = {words: getattr(scenario, name) for name, words in _EFFECTS.items()}
    told = ", ".join(
        f"{words} {ratio:g}" for words, ratio in ratios.items() if ratio != 1
    )
    return f"hazard ratios: {told}; what is not named has none"


def _estimands(references: pd.DataFrame, large_sample: int | None) -> str:
    known = int(references["truth"].notna().sum())
    text = (
        "Two values, never to be taken for one another. The truth: the conditional "
        "causal log hazard ratio of the scenario, or what the caller gave; known for "
        f"{known} of {len(references)} model terms. "
    )
    if large_sample is None:
        return text + "The large-sample value was not asked for."
    return text + (
        f"The large-sample value: what the same plan says of {large_sample:,} children, "
        "whatever it leaves out still left out. Mean less large-sample value is "
        "small-sample bias; large-sample value less truth is confounding (and, where the "
        "truth is not null, the change of a ratio by what is not adjusted for), which "
        "more children do not mend."
    )


def _methods(task: TwinTask) -> str:
    plan = task.plan
    if not isinstance(plan, AnalysisPlan):
        return f"The function {name_of_plan(plan)}, applied to each twin."
    models = "all its models" if task.models is None else ", ".join(task.models)
    return (
        f"The analysis plan ({models}): Cox {plan.cox_formula} ({plan.ties} ties, dose "
        f"lag {plan.dose_lag_days} days, pulses of {plan.pulse_window_days} days); "
        f"logistic {plan.logistic_formula} at day {plan.landmark_days}. Limits "
        f"{100 * task.level:g}%, by profile likelihood."
    )
