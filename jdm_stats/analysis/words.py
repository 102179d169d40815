"""What came of an analysis, in sentences a clinician can read and quote."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from jdm_stats.analysis.fits import ANTIBODY_TERM
from jdm_stats.analysis.run import ALL, RiskAnalysis
from jdm_stats.html import format_number, format_ratio
from jdm_stats.models.fit import FitResult
from jdm_stats.models.words import FEW_EVENTS_PER_PARAMETER, p_words, sentence
from jdm_stats.report.labels import label

TERMS = MappingProxyType(
    {
        "nxp2": "NXP2 (against tested, not NXP2)",
        "current_dose_mg_kg": "current steroid dose, pulses apart, per mg/kg/day",
        "recent_pulse": "recent intravenous pulse",
        "pulse_by_landmark": "any intravenous pulse before the landmark",
        "cmas": "CMAS at diagnosis, per point",
        "latest_cmas": "latest CMAS, per point",
        "C(antibody_group, Treatment('none'))[T.NXP2]": "NXP2 (against none found)",
        "C(antibody_group, Treatment('none'))[T.other antibody]": (
            "other antibody (against none found)"
        ),
    }
)


def term_label(term: str) -> str:
    """Words for a term of the plan's models; the term itself when there are none."""
    if term in TERMS:
        return TERMS[term]
    head, _, level = term.partition("[T.")
    if head.startswith("C(antibody_group") and level:
        return f"{level.rstrip(']')} (against none found)"
    return term.replace("_", " ")


def term_labels(analysis: RiskAnalysis) -> dict[str, str]:
    """Words for every term of an analysis, for tables and figures."""
    fits = [*analysis.fits.values(), *analysis.cmas_fits.values()]
    return {term: term_label(term) for fit in fits for term in fit.terms}


def in_short(analysis: RiskAnalysis) -> list[str]:
    """Say the findings in a few sentences, certain things first.

    Parameters
    ----------
    analysis : RiskAnalysis

    Returns
    -------
    list of str
    """
    said = [_who(analysis), _rate(analysis), *_risks(analysis)]
    if "Firth Cox" in analysis.fits:
        fit = analysis.fits["Firth Cox"]
        rows = fit.tidy(exponentiate=True)
        said += [_ratio(row, fit.penalty) for _, row in rows.iterrows()]
        said.append(_not_an_effect(analysis))
    return [*said, *_plain(analysis)]


def _ratio(row: pd.Series, penalty: str | None) -> str:
    """Say one ratio in a sentence; one without estimate in its fit's own words."""
    words = term_label(str(row["term"]))
    if pd.isna(row["estimate"]):
        return sentence(row, penalty).replace(str(row["term"]), words, 1)
    shown = format_ratio(row["estimate"], row["conf_low"], row["conf_high"])
    return (
        f"{words[:1].upper()}{words[1:]}: hazard ratio {shown}, p "
        f"{p_words(row['p_value'])} (Firth Cox, 95% profile limits)."
    )


def _not_an_effect(analysis: RiskAnalysis) -> str:
    """Keep the reader from taking a ratio for an effect; tell the truth where it is known."""
    if not analysis.steroids_recorded:
        return "No steroid course is recorded: steroid exposure cannot be studied here."
    said = (
        "The ratios for steroids are not effects of steroids: sicker children get more of "
        "them, and pulses follow the bowel disease that itself leads to perforation."
    )
    truth = analysis.cohort.metadata["provenance"].get("truth", {})
    given = truth.get("log_hazard_ratios", {}) if isinstance(truth, Mapping) else {}
    if analysis.cohort.synthetic and {"pulse", "dose"} <= set(given):
        pulse, dose = (
            format_number(math.exp(given[k]), None) for k in ("pulse", "dose")
        )
        said += (
            " In this SYNTHETIC world the hazard was given a conditional ratio of "
            f"{pulse} for a recent pulse and of {dose} for a high oral dose against none."
        )
    return said


def _who(analysis: RiskAnalysis) -> str:
    total = analysis.rates[analysis.rates["antibody"] == ALL].iloc[0]
    nxp2 = analysis.rates[analysis.rates["antibody"] == "NXP2"]
    share = ""
    if len(nxp2):
        share = (
            f"; {_events(int(nxp2['events'].iloc[0]))} of them among the "
            f"{int(nxp2['patients'].iloc[0])} children with anti-NXP2"
        )
    kind = "SYNTHETIC children" if analysis.cohort.synthetic else "children"
    outcome = label(analysis.plan.outcome)
    return (
        f"{format_number(int(total['patients']))} {kind} were at risk for "
        f"{format_number(round(total['person_years']))} person-years; "
        f"{int(total['events'])} had a first {outcome}{share}."
    )


def _events(count: int) -> str:
    return "none" if count == 0 else str(count)


def _rate(analysis: RiskAnalysis) -> str:
    total = analysis.rates[analysis.rates["antibody"] == ALL].iloc[0]
    rate = format_ratio(total["rate"], total["conf_low"], total["conf_high"])
    return f"That is {rate} per 100 person-years (exact 95% limits)."


def _risks(analysis: RiskAnalysis) -> list[str]:
    """Risk at the last of the plan's months, group by group."""
    risks = analysis.risks
    months = max(analysis.plan.risk_months)
    own = risks[(risks["cause"] == 1) & (risks["months"] == months)]
    parts = []
    for _, row in own.iterrows():
        if pd.isna(row["estimate"]):
            parts.append(f"{row['group']}: not followed so long")
        elif row["estimate"] == 0:
            parts.append(f"{row['group']}: no event yet")
        else:
            shown, low, high = (
                format_number(100 * row[c], None)
                for c in ("estimate", "conf_low", "conf_high")
            )
            parts.append(f"{row['group']}: {shown}% ({low} to {high})")
    if not parts:
        return []
    return [
        f"Risk by {months} months after diagnosis (95% limits): {'; '.join(parts)}."
    ]


def _plain(analysis: RiskAnalysis) -> list[str]:
    fit = analysis.fits.get("Cox")
    if fit is None:
        return []
    if fit.separated and not fit.converged:
        diverging = [
            term_label(t)
            for t, why in zip(fit.terms, fit.inference.reasons, strict=True)
            if "runs to" in why
        ]
        return [
            "Plain Cox regression has no answer here: its likelihood rises for ever in "
            f"{', '.join(diverging)}. Software that prints a tiny p-value in this situation "
            "is wrong."
        ]
    if not fit.converged:
        return [f"Plain Cox regression has no answer here: {fit.failure_reason}."]
    if not _few(fit):
        return []
    return [
        "With so few events plain Cox regression is unreliable; its estimates stand beside "
        "Firth's below for comparison."
    ]


def _few(fit: FitResult) -> bool:
    return fit.n_events < FEW_EVENTS_PER_PARAMETER * len(fit.terms)


def warnings_and_method(analysis: RiskAnalysis) -> tuple[list[str], list[str]]:
    """Say the notes of every model in a clinician's words: warnings, then how it was fitted.

    Parameters
    ----------
    analysis : RiskAnalysis

    Returns
    -------
    warnings, method : list of str
    """
    labels = term_labels(analysis)
    warnings: list[str] = []
    method: list[str] = []
    for note in analysis.notes:
        models, _, text = note.partition(": ")
        calm = text.startswith(
            ("Plain maximum", "Firth's", "Tied", "Reference", "SYNTHETIC")
        )
        spoken = _spoken(text, labels)
        (method if calm else warnings).append(f"{spoken} ({models})")
    return warnings, method


def _spoken(text: str, labels: Mapping[str, str]) -> str:
    """Put words in place of the names of terms and columns, longest first."""
    names = {
        **labels,
        ANTIBODY_TERM.replace('"', "'"): "antibody",
        "antibody_group": "antibody",
        "Use penalty='firth'.": "Read Firth's fit beside it.",
        " = 1": ": yes",
        " = 0": ": no",
    }
    names["nxp2"] = "NXP2 status"
    for name in sorted(names, key=len, reverse=True):
        edge = r"\b" if name[0].isalnum() and name[-1].isalnum() else ""
        text = re.sub(edge + re.escape(name) + edge, names[name], text)
    return text


def definitions(analysis: RiskAnalysis) -> pd.DataFrame:
    """Return the plan as a table of two columns, for the report.

    The last row counts the steroid courses that a rule of the plan was applied to.
    """
    rows = [*analysis.plan.in_words(), ("Rules applied", _applied(analysis))]
    return pd.DataFrame(rows, columns=["Choice", "In this report"])


def _applied(analysis: RiskAnalysis) -> str:
    """Say to how many steroid courses of the cohort each rule was applied."""
    counts = dict(analysis.steroids.attrs["jdm_stats"]["applied"])
    tally = analysis.intervals.attrs["jdm_stats"]["tally"]
    aside = tally.get("steroid_courses_at_fault_that_cannot_matter", 0)
    counts |= (
        {"incomplete courses that cannot matter left aside": aside} if aside else {}
    )
    said = [f"{what}: {format_number(count)}" for what, count in counts.items()]
    return "; ".join(said) or "to no course"


def limitations(analysis: RiskAnalysis) -> list[str]:
    """Say what the analysis cannot say.

    Parameters
    ----------
    analysis : RiskAnalysis

    Returns
    -------
    list of str
    """
    said = [
        "Steroids were given because children were ill, and the disease itself can "
        "perforate the gut: no ratio in this report is the effect of a steroid decision. The "
        "models hold neither severity over time nor other treatment constant.",
        "An interval that includes 1 does not show safety, and one that excludes 1 does not "
        "show cause.",
        "Hazard ratios for NXP2 are averages over follow-up; an excess that fades, as is "
        "suspected, would be greater early and smaller late.",
        "Children not tested for antibodies are left out of the models; if testing followed "
        "the course of the disease, the ratio for NXP2 is distorted.",
        "Current dose is the prescribed dose per kilogram of a recorded weight, not "
        "what was swallowed or absorbed.",
        "Not for decisions about the treatment of a child.",
    ]
    if analysis.cohort.synthetic:
        said.insert(
            0,
            "SYNTHETIC data: these numbers describe a simulated world whose inputs are "
            "partly published and partly assumed. They say nothing about real children.",
        )
    return said


def cmas_comparison(analysis: RiskAnalysis) -> pd.DataFrame:
    """Return the ratios of the plan's own terms under the three ways to treat CMAS, tidy."""
    own = (
        set(analysis.fits["Firth Cox"].terms) if "Firth Cox" in analysis.fits else set()
    )
    rows = [fit.tidy().assign(model=name) for name, fit in analysis.cmas_fits.items()]
    if not rows:
        return pd.DataFrame()
    stacked = pd.concat(rows, ignore_index=True)
    return stacked[stacked["term"].isin(own)].reset_index(drop=True)


def cmas_footnotes(analysis: RiskAnalysis) -> list[str]:
    """Say what the synthetic world does with strength; nothing for a real registry."""
    if not analysis.cohort.synthetic:
        return []
    return [
        "SYNTHETIC: in this simulated world steroids improve the readings of strength but not "
        "the severity behind them, so there is nothing to block, and the ratios move because a "
        "later reading stands for severity. In a real registry both happen at once."
    ]


def cmas_diagram() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes and edges of the assumed paths about CMAS measured after treatment."""
    nodes = pd.DataFrame(
        [
            ("severity", "disease severity\nwhen treated", 1.5, 1.0),
            ("dose", "steroid\ndose", 0.0, 0.25),
            ("activity", "later disease activity,\nread as CMAS", 1.5, -0.6),
            ("perforation", "GI\nperforation", 3.0, 0.25),
        ],
        columns=["node", "label", "x", "y"],
    )
    edges = pd.DataFrame(
        [
            ("severity", "dose"),
            ("severity", "activity"),
            ("severity", "perforation"),
            ("dose", "activity"),
            ("activity", "perforation"),
            ("dose", "perforation"),
        ],
        columns=["source", "target"],
    )
    return nodes, edges
