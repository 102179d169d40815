"""The hazards of a scenario, term by term: words, formula, coefficient, range, grade.

The numbers are those that `jdm_stats.simulation.hazards` multiplies by; a test holds each
against the hazard itself. They are conditional on all else in the formula: a Cox model
that holds less of it estimates something else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from jdm_stats.html import html_table
from jdm_stats.simulation.scenario.status import standings

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["FIRST_PERFORATION", "GI_INVOLVEMENT", "hazard_html", "hazard_table"]

FIRST_PERFORATION, GI_INVOLVEMENT = "first perforation", "GI involvement"


@dataclass(frozen=True, slots=True)
class _Term:
    """One factor of a hazard: the hazard ratio ``code``, raised to what ``piece`` says."""

    hazard: str
    term: str
    piece: str
    code: str


_TERMS = (
    _Term(FIRST_PERFORATION, "latent severity z", "S^z(d-1)", "severity_hr"),
    _Term(
        FIRST_PERFORATION,
        "anti-NXP2 itself, first 18 months",
        "A1 if NXP2 and d < 540",
        "nxp2_early_hr",
    ),
    _Term(
        FIRST_PERFORATION,
        "anti-NXP2 itself, later",
        "A2 if NXP2 and d >= 540",
        "nxp2_late_hr",
    ),
    _Term(
        FIRST_PERFORATION,
        "oral dose of the day, saturating",
        "D^(1 - exp(-dose(d)/c))",
        "dose_hr",
    ),
    _Term(
        FIRST_PERFORATION,
        "oral dose at or above the threshold",
        "T if dose(d) >= t",
        "threshold_hr",
    ),
    _Term(
        FIRST_PERFORATION,
        "intravenous pulse within 30 days",
        "P if a pulse on d-29 ... d",
        "pulse_hr",
    ),
    _Term(
        FIRST_PERFORATION,
        "all steroid so far, halved every 90 days",
        "W^(w(d)/100)",
        "cumulative_hr",
    ),
    _Term(FIRST_PERFORATION, "JAK inhibitor", "J if JAK inhibitor on d", "jak_hr"),
    _Term(
        FIRST_PERFORATION,
        "no GI involvement so far",
        "q if no GI involvement by d-1",
        "no_gi_factor",
    ),
    _Term(GI_INVOLVEMENT, "latent severity z", "G^z(d-1)", "gi_severity_hr"),
    _Term(GI_INVOLVEMENT, "anti-NXP2 itself", "N if NXP2", "gi_nxp2_hr"),
)


def hazard_table(scenario: Scenario) -> pd.DataFrame:
    """Return one row per term of the hazards of perforation and of GI involvement.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        ``hazard`` (first perforation, or GI involvement); ``term`` in words; ``piece`` of
        the formula; ``code``, the name of the value; ``log_hazard_ratio``, the
        coefficient; ``hazard_ratio``; ``unit``; ``low`` and ``high``, the plausible range
        of the hazard ratio; ``grade``; ``status``; ``outside``; ``null``, True where the
        term does nothing in this scenario. The logarithm of ``no_gi_factor`` 0 is minus
        infinity: without GI involvement no child perforates. Marked synthetic.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> table = hazard_table(as_scenario("steroids_harmless")).set_index("code")
    >>> table.index[table["null"]].tolist()
    ['dose_hr', 'threshold_hr', 'pulse_hr', 'cumulative_hr', 'jak_hr']
    """
    told = standings(scenario)
    units = {
        n: f.metadata["unit"]
        for n, f in scenario.__dataclass_fields__.items()
        if n != "name"
    }
    rows = []
    for term in _TERMS:
        ratio, standing = float(getattr(scenario, term.code)), told[term.code]
        coefficient = round(math.log(ratio), 12) if ratio > 0 else -math.inf
        rows.append(
            {
                "hazard": term.hazard,
                "term": term.term,
                "piece": term.piece,
                "code": term.code,
                "log_hazard_ratio": coefficient,
                "hazard_ratio": ratio,
                "unit": units[term.code],
                "low": standing.low,
                "high": standing.high,
                "grade": standing.grade,
                "status": standing.status,
                "outside": standing.outside,
                "null": coefficient == 0,
            }
        )
    frame = pd.DataFrame(rows).astype({"low": float, "high": float})
    frame.attrs["jdm_stats"] = {"synthetic": True}
    return frame


def hazard_html(scenario: Scenario) -> str:
    """Return the table of terms as HTML, its caption marked SYNTHETIC.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> "SYNTHETIC" in hazard_html(Scenario())
    True
    """
    frame = hazard_table(scenario)
    bounds = zip(frame["low"], frame["high"], strict=True)
    shown = pd.DataFrame(
        {
            "Hazard of": frame["hazard"],
            "Term": frame["term"],
            "In the code": frame["code"],
            "Formula": frame["piece"],
            "Hazard ratio": frame["hazard_ratio"],
            "Coefficient": frame["log_hazard_ratio"],
            "Plausible": [f"{a:g} to {b:g}" for a, b in bounds],
            "Grade": frame["grade"],
            "Status": frame["status"],
            "Here": ["does nothing" if null else "acts" for null in frame["null"]],
        }
    )
    return html_table(
        shown,
        caption=f"Terms of the hazards of the scenario {scenario.name}",
        footnotes=(baseline_sentence(scenario), *_NOTES),
        header_column=2,
        formats={"Hazard ratio": ".4g", "Coefficient": ".3f"},
        synthetic=True,
    )


_NOTES = (
    "Hazard ratios are conditional on all else in the formula. dose: oral mg/kg/day of "
    "prednisone equivalents; w: all steroid so far in mg/kg; d: days from diagnosis.",
    "Grades: A published in JDM, B in adults or another disease, C assumed here; solved: "
    "worked out so that an overall figure comes out.",
)


def baseline_sentence(scenario: Scenario) -> str:
    """Say what the baseline hazards are.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> print(baseline_sentence(Scenario(h0_mass=0.03, h0_median_days=300.0)))
    Baseline h0(d): 0.03 times a lognormal density with median 300 days and spread 1.1;
    of GI involvement: 0.252 per year at diagnosis, halved every 270 days.
    """
    return (
        f"Baseline h0(d): {scenario.h0_mass:g} times a lognormal density with median "
        f"{scenario.h0_median_days:g} days and spread {scenario.h0_log_spread:g}; of GI "
        f"involvement: {scenario.gi_rate_per_year:g} per year at diagnosis, halved every "
        f"{scenario.gi_half_life_days:g} days."
    )
