"""What may be concluded in a scenario, each sentence from the values it rests on.

A sentence says what holds in the scenario (pulses harm, do nothing, protect), the number,
and whether that is reported, calculated, assumed, or set by a preset or the user.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jdm_stats.simulation.scenario.origin import (
    changed_since_solved,
    presets_of,
    solved_for,
    target_risk,
)
from jdm_stats.simulation.scenario.status import (
    Standing,
    evidence_note,
    span,
    standings,
)

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["Claim", "claims"]

# From what is firmest to what is least: a sentence is no firmer than its weakest value.
_WEAKER = (
    *("reported", "calculated", "in part assumed", "solved", "assumed"),
    *("set by a preset", "set by the user"),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, the names of the values it rests on, and the weakest of their status."""

    sentence: str
    rests_on: str
    status: str


@dataclass(frozen=True, slots=True)
class _Ratio:
    """Words for a ratio above 1, at 1 and below 1; ``{v}`` in ``measure`` is its value."""

    name: str
    subject: str
    above: str
    null: str
    below: str
    measure: str

    def said(self, value: float) -> str:
        verb = self.above if value > 1 else self.below if value < 1 else self.null
        return f"{self.subject} {verb} ({self.measure.format(v=f'{value:.4g}')})"


_RATIOS = (
    _Ratio(
        *("dose_hr", "a high oral dose", "harms", "does nothing", "protects"),
        "hazard ratio {v} at the plateau",
    ),
    _Ratio(
        *("threshold_hr", "an oral dose at or above the threshold"),
        *("harms beyond that", "does nothing beyond that", "harms less"),
        "hazard ratio {v}",
    ),
    _Ratio(
        *("pulse_hr", "a pulse", "harms", "does nothing", "protects"),
        "hazard ratio {v} for 30 days",
    ),
    _Ratio(
        *("cumulative_hr", "steroid of the last months"),
        *("harms", "does nothing", "protects"),
        "hazard ratio {v} per 100 mg/kg",
    ),
    _Ratio(
        *("severity_hr", "severity itself"),
        *("leads to perforation", "does not lead to perforation"),
        *("keeps from perforation", "hazard ratio {v} per SD"),
    ),
    _Ratio(
        *("no_gi_factor", "a gut not involved", "perforates more often"),
        *("perforates as often", "hardly perforates"),
        "{v} of the hazard with GI involvement",
    ),
    _Ratio(
        *("jak_hr", "a JAK inhibitor", "harms", "does nothing", "protects"),
        "hazard ratio {v}",
    ),
    _Ratio(
        *("methotrexate_flare_hr", "methotrexate"),
        *("brings on flares", "does not keep from flares", "keeps from flares"),
        "ratio {v}",
    ),
    _Ratio(
        *("repair_pulse_or", "pulses after a perforation"),
        *("make a repair fail", "do not make a repair fail", "help a repair to hold"),
        "odds ratio {v}",
    ),
    _Ratio(
        *("delayed_entry_severity_or", "severe children are referred"),
        *("later than others", "no sooner than others", "sooner than others"),
        "odds ratio of delay {v} per SD",
    ),
)
_BUILT = (
    "Steroids do not treat the disease: they make readings better, but neither severity nor "
    "GI involvement. So no dose can be found to protect, and no study of this world can "
    "weigh harm against benefit.",
    "Severity, GI involvement and flares do not respond to anything given before; confounding "
    "by indication changes with time, but steroids do not act on what confounds them.",
    "No antibody but NXP2 acts on GI involvement or perforation.",
    "Loss, transfer and death without perforation do not depend on how ill a child is.",
)


def claims(scenario: Scenario) -> list[Claim]:
    """Return every sentence on a scenario, those on steroids first.

    Parameters
    ----------
    scenario : Scenario

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> print(claims(Scenario().with_values(pulse_hr=0.5))[1].sentence)
    That a pulse protects (hazard ratio 0.5 for 30 days) is set by the user; outside its
    plausible range, 1 to 4.
    """
    told = standings(scenario)
    ratios = {ratio.name: _of_ratio(ratio, scenario, told) for ratio in _RATIOS}
    if scenario.threshold_hr == 1 and told["threshold_hr"].status == "assumed":
        del ratios["threshold_hr"]  # nobody asked
    steroids = [ratios.pop(n) for n in list(ratios) if n in _STEROIDS]
    return [
        *steroids,
        _confounding(scenario, told),
        *_overall(scenario, told),
        *ratios.values(),
        _nxp2_share(scenario, told),
        _share(
            "recurrence_share", "perforate again after each perforation", scenario, told
        ),
        _share("death_after_perforation_share", _DIE, scenario, told),
        _share("pulse_after_perforation_share", _TREATED, scenario, told),
        *(Claim(sentence, "construction", "assumed") for sentence in _BUILT),
    ]


_STEROIDS = ("dose_hr", "threshold_hr", "pulse_hr", "cumulative_hr")
_DIE = "of those who perforate die within 12 months of it"
_TREATED = "of those who perforate are pulsed after it"


def _of_ratio(ratio: _Ratio, scenario: Scenario, told: dict[str, Standing]) -> Claim:
    standing = told[ratio.name]
    said = ratio.said(getattr(scenario, ratio.name))
    how = _how(standing)
    return Claim(f"That {said} is {how}.", ratio.name, standing.status)


def _share(
    name: str, what: str, scenario: Scenario, told: dict[str, Standing]
) -> Claim:
    share = getattr(scenario, name)
    return Claim(
        f"That {100 * share:g}% {what} is {_how(told[name])}.", name, told[name].status
    )


def _nxp2_share(scenario: Scenario, told: dict[str, Standing]) -> Claim:
    share = dict(scenario.antibody_mix).get("NXP2", 0.0)
    mix = told["antibody_mix"]
    low, high = dict(mix.low).get("NXP2"), dict(mix.high).get("NXP2")
    if low is not None:
        mix = replace(mix, low=low, high=high, outside="NXP2" in mix.parts)
    status, how = mix.status, _how(mix)
    if not status.startswith("set by"):
        kind = presets_of(scenario)["children"]
        status, note, ends = evidence_note(f"antibody_share_{kind}_nxp2")
        how = f"{status}: {note}; {ends}"
    said = f"That {100 * share:g}% of the children have anti-NXP2 is {how}."
    return Claim(said, "antibody_mix", status)


def _how(standing: Standing) -> str:
    """Say where a value comes from and what would be plausible."""
    plausible = ""
    if not isinstance(standing.low, tuple):
        ends = span(standing)
        beyond = f"outside its plausible range, {ends}"
        plausible = f"; {beyond if standing.outside else f'plausible {ends}'}"
    if standing.status == "set by a preset":
        return f"{standing.source}{plausible}"
    if standing.status == "set by the user":
        return f"{standing.status}{plausible}"
    source = _reason(standing.source)
    return f"{standing.status}{f' ({source})' if source else ''}{plausible}"


def _reason(source: str) -> str:
    """Return what the source says beyond that the value is assumed."""
    for said in ("assumed here", "size assumed; ", "assumed: ", "assumed; "):
        source = source.removeprefix(said)
    return source.replace("; assumed null", "").replace("assumed null; ", "")


def _weakest(names: tuple[str, ...], told: dict[str, Standing]) -> Standing:
    return max((told[name] for name in names), key=lambda s: _WEAKER.index(s.status))


def _confounding(scenario: Scenario, told: dict[str, Standing]) -> Claim:
    names = ("confounding", "pulse_severity_or", "pulse_nxp2_or", "flare_severity_hr")
    standing = _weakest(names, told)
    if scenario.confounding == 0:
        said = "That nothing confounds by indication, steroids being given blindly,"
        return Claim(
            f"{said} is {_how(told['confounding'])}.", "confounding", standing.status
        )
    dial, times = scenario.confounding, ""
    if dial != 1:
        times = f", each to the power {dial:g}"
    said = (
        f"How much severity and NXP2 confound (odds ratio of pulses "
        f"{scenario.pulse_severity_or:g} per SD and {scenario.pulse_nxp2_or:g} for NXP2"
        f"{times})"
    )
    how = "assumed; the direction is published (Kishi 2018), the size is not"
    if standing.status != "assumed":
        own = [n for n in names if told[n].status == "set by the user"]
        how = f"set by the user ({', '.join(own)})"
    return Claim(f"{said} is {how}.", ", ".join(names), standing.status)


def _overall(scenario: Scenario, told: dict[str, Standing]) -> list[Claim]:
    """Sentences on the solved constants: what they were made to meet, and on what word."""
    risk = presets_of(scenario)["risk"]
    figures = (
        (
            *("nxp2_early_hr", "NXP2's total ratio of 8 in the first 18 months"),
            "nxp2_hazard_ratio_first_18_months",
        ),
        (
            *("nxp2_late_hr", "NXP2's total ratio of 2 after 18 months"),
            "nxp2_hazard_ratio_after_18_months",
        ),
        (
            *("h0_mass", f"The risk of {target_risk(scenario):.1%} by 24 months"),
            f"perforation_risk_24_months_{risk}",
        ),
        (
            *("h0_median_days", "The median of 9 months from diagnosis to perforation"),
            "time_to_perforation_median_months",
        ),
        (
            *("pulse_start_log_odds", "The share of 57% pulsed within 24 months"),
            "pulse_ever_share",
        ),
        (
            *("gi_rate_per_year", "The share of 25% with GI involvement by 24 months"),
            "",
        ),
    )
    return [_solved_claim(scenario, told, *figure) for figure in figures]


def _solved_claim(
    scenario: Scenario, told: dict[str, Standing], name: str, said: str, evidence: str
) -> Claim:
    value = f"{name} ({getattr(scenario, name):.4g})"
    if told[name].status == "set by the user":
        unknown = "what overall figure follows from it is to be worked out"
        return Claim(f"{value} is set by the user; {unknown}.", name, "set by the user")
    if solved_for(scenario) is None:
        given = "was solved for a target given to solve()"
        return Claim(f"{value} {given}.", name, "assumed")
    row = evidence_note(evidence) if evidence else ("assumed", _GI_NOTE, "")
    status, note, plausible = row
    note = note.removeprefix("data grade A, value grade C: ")
    if "7 of 302" in note:
        note = f"it comes from one hospital, {note.partition('; limits')[0]}"
    if changed_since_solved(scenario):
        said += ", which the baseline was solved for,"
    if name == "pulse_start_log_odds":
        note = f"{note} ever pulsed, read here as by 24 months"
    ends = f"; {plausible}" if plausible else ""
    return Claim(f"{said} is {status}: {note}{ends}.", name, status)


_GI_NOTE = "the 22 to 37% that are published have no horizon"
