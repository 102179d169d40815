"""The causal truth of a term, where the scenario has one, and why not where it has none.

The scenario's hazard ratios are conditional on everything else in its hazard. A term of a
plan has a truth here only when it measures what the hazard measures, or when the scenario
gives steroids no effect at all: then every steroid term is truly 0, however it is defined.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.plan import AnalysisPlan
from jdm_stats.replicates.numbers import is_number
from jdm_stats.simulation.hazards import PULSE_WINDOW_DAYS
from jdm_stats.simulation.scenario import Scenario

__all__ = ["checked_truth", "steroids_harmless", "term_truth", "truths"]

Told = tuple[float, str]

_EFFECTS = ("dose_hr", "pulse_hr", "cumulative_hr", "threshold_hr")
_STEROID_WORDS = ("dose", "pulse", "steroid", "predni")
_LATEST_LAG = 1


def steroids_harmless(scenario: Scenario) -> bool:
    """Whether no steroid has an effect on perforation in a scenario.

    Examples
    --------
    >>> steroids_harmless(Scenario())
    False
    >>> steroids_harmless(Scenario(dose_hr=1.0, pulse_hr=1.0, cumulative_hr=1.0))
    True
    """
    return all(getattr(scenario, name, 1.0) == 1.0 for name in _EFFECTS)


def term_truth(
    model: str, term: str, scenario: Scenario, plan: AnalysisPlan | None = None
) -> Told:
    """Give the conditional causal log hazard ratio of a term, and how it is known.

    Parameters
    ----------
    model : str
        Name of the model; a logistic one has odds ratios, for which only 0 is known.
    term : str
        Name of the term in the model.
    scenario : Scenario
    plan : AnalysisPlan, optional
        The plan whose term it is; None for a plan that is a function, whose terms can
        mean anything.

    Returns
    -------
    truth : float
        NaN where there is none.
    why : str
        What the truth is, or why there is none.

    Examples
    --------
    >>> plan = AnalysisPlan()
    >>> value, why = term_truth("Cox", "recent_pulse", Scenario(pulse_hr=1.5), plan)
    >>> round(value, 4), why
    (0.4055, 'log pulse_hr: conditional on all else in the hazard')
    >>> term_truth("Cox", "nxp2", Scenario(), plan)[0]
    nan
    """
    words = re.findall(r"\w+", term.lower())
    steroid = any(part in word for word in words for part in _STEROID_WORDS)
    if steroid and steroids_harmless(scenario):
        return 0.0, "steroids have no effect in this scenario"
    if plan is None:
        return (
            math.nan,
            "a term of a function may mean anything: pass truth={term: value}",
        )
    if "logistic" in model.lower():
        return math.nan, "an odds ratio is no hazard ratio; the scenario has none"
    if "recent_pulse" in words and term == "recent_pulse":
        return _pulse_truth(scenario, plan)
    if steroid:
        return math.nan, "the hazard is not log-linear in this measure of steroids"
    if any("nxp2" in word for word in words):
        early, late = scenario.nxp2_early_hr, scenario.nxp2_late_hr
        return math.nan, (
            f"no single coefficient: NXP2's direct hazard ratio is {early:g} before day "
            f"540, {late:g} from then on, and it acts through severity and the gut as well"
        )
    return math.nan, "the hazard has no such term"


def _pulse_truth(scenario: Scenario, plan: AnalysisPlan) -> Told:
    value = math.log(scenario.pulse_hr)
    if value and plan.pulse_window_days != PULSE_WINDOW_DAYS:
        return math.nan, (
            f"a pulse acts for {PULSE_WINDOW_DAYS} days in the scenario, and the plan "
            f"looks at {plan.pulse_window_days}"
        )
    if value and plan.pulse_lag_days > _LATEST_LAG:
        return math.nan, (
            "a pulse acts at once in the scenario, and the plan waits for "
            f"{plan.pulse_lag_days} days"
        )
    return value, "log pulse_hr: conditional on all else in the hazard"


def checked_truth(truth: Mapping[str, float] | None) -> dict[str, float]:
    """Check the caller's own truths.

    Raises
    ------
    UsageError
        Naming every value that is no finite number.
    """
    if truth is not None and not isinstance(truth, Mapping):
        raise UsageError(f"truth must map terms to numbers, not {truth!r}")
    given = dict(truth or {})
    wrong = {name: value for name, value in given.items() if not is_number(value)}
    if wrong:
        raise UsageError(
            "truth must map terms to finite numbers on the scale of the estimates; "
            f"received {', '.join(f'{k}: {v!r}' for k, v in wrong.items())}"
        )
    return {name: float(value) for name, value in given.items()}


def truths(
    terms: pd.DataFrame,
    scenario: Scenario,
    plan: AnalysisPlan | None,
    given: Mapping[str, float],
) -> pd.DataFrame:
    """Add ``truth`` and ``truth_why`` to a table of models and terms.

    Examples
    --------
    >>> terms = pd.DataFrame({"model": ["fit"], "term": ["pulse"]})
    >>> truths(terms, Scenario(), None, {"pulse": 0.4})["truth_why"].tolist()
    ['given by the caller']
    """
    found = [
        (given[term], "given by the caller")
        if term in given
        else term_truth(model, term, scenario, plan)
        for model, term in zip(terms["model"], terms["term"], strict=True)
    ]
    return terms.assign(
        truth=[value for value, _ in found], truth_why=[why for _, why in found]
    )
