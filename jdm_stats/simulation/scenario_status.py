"""Where each value of a scenario comes from: reported, calculated, assumed, solved or set.

The status of a value that is as declared is that of its row in the evidence table. A value
that a preset or the user changed is told as set by them, whatever stood there before. The
solved constants count as solved only while they are those of a preset, or while the name
of the scenario says that `Scenario.solve` worked them out.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any

from jdm_stats.evidence.published import parameters

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = [
    "CHANGED",
    "SOLVED_NAMES",
    "SOLVED_ANEW",
    "STATUSES",
    "Standing",
    "changed_since_solved",
    "presets_of",
    "solved_for",
    "standings",
    "target_risk",
]

STATUSES = (
    *("reported", "calculated", "in part assumed", "solved", "assumed"),
    *("set by a preset", "set by the user"),
)
SOLVED_NAMES = (
    *("gi_rate_per_year", "pulse_start_log_odds", "h0_mass"),
    *("h0_median_days", "nxp2_early_hr", "nxp2_late_hr"),
)
_BY_USER = "set by the user"
CHANGED, SOLVED_ANEW = ", changed", ", solved"
_IN_WORDS = {"published": "reported", "calculated here": "calculated"}
# Rows of the evidence that stand behind what a kind of children changes.
_PRESET_EVIDENCE = {
    "antibody_mix": ("antibody_share_east_asia", "blend of Chinese and Japanese series"),
    "female_share": ("female_share_china", "Chongqing, Fudan"),
}
# What the solved constants were worked out to meet does not depend on these.
_BESIDE_THE_TARGETS = (
    *("name", "untested_share", "female_share", "lock_year", "losses_per_year"),
    *("delayed_entry_share", "delayed_entry_severity_or", "delayed_entry_mean_days"),
    *("transfer_age_years", "follow_up_days", "recovery_sd", "recovery_treatment_sd"),
    *("cmas_level", "cmas_per_sd", "cmas_noise", "cmas_nxp2_shift", "mmt8_level"),
    *("mmt8_per_sd", "mmt8_noise", "global_level", "global_per_sd", "global_noise"),
    *("chaq_level", "chaq_per_sd", "chaq_noise", "ck_median", "ck_log_spread"),
    *("ldh_median", "ldh_log_spread", "height_slowing", "missing_reading_share"),
    *("missed_visit_share", "visit_every_days", "feature_shares", "dysphagia_nxp2_or"),
    *("oedema_nxp2_or", "calcinosis_nxp2_or", "feature_severity_or", "ivig_share"),
    *("antimalarial_share", "site_mix", "recurrence_share", "leak_share"),
    *("repair_pulse_or", "surgery_share", "stoma_share"),
    *("pulse_after_perforation_share", "death_after_perforation_share"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands behind one value of a scenario.

    ``status`` is one of `STATUSES`; ``grade`` and ``source`` as in the evidence base;
    ``low`` and ``high`` the plausible range, None where there is none; ``outside`` is True
    where the value lies outside it. A mix lies outside where one of its shares does.
    """

    status: str
    grade: str
    source: str
    low: float | None
    high: float | None
    outside: bool


def standings(scenario: Scenario) -> dict[str, Standing]:
    """Return where each value of a scenario comes from.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    dict of str to Standing
        By name of the value, in the order of the fields.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> told = standings(Scenario(pulse_hr=9.0))["pulse_hr"]
    >>> told.status, told.low, told.high, told.outside
    ('set by the user', 1.0, 4.0, True)
    """
    named = presets_of(scenario)
    reference = _preset_values(tuple(sorted(named.values())))
    return {
        declared.name: _standing(declared, scenario, named, reference)
        for declared in fields(scenario)[1:]
    }


def presets_of(scenario: Scenario) -> dict[str, str]:
    """Return the presets a scenario comes from, by what they speak of.

    Its name is believed when it holds nothing but presets; otherwise a preset counts
    when all that it changes stands in the scenario.

    Examples
    --------
    >>> from jdm_stats.simulation.presets import as_scenario
    >>> presets_of(as_scenario("east_asia+steroids_harmless").with_values(jak_hr=2.0))
    {'children': 'east_asia', 'risk': 'tertiary', 'steroids': 'steroids_harmless'}
    """
    from jdm_stats.simulation.presets import GROUPS, PRESETS

    own = scenario.name.replace(CHANGED, "").replace(SOLVED_ANEW, "")
    named = own.split("+")
    if all(name in PRESETS for name in named):
        found = {g: [n for n in said if n in named] for g, said in GROUPS.items()}
    else:
        found = {g: _seen(scenario, said) for g, said in GROUPS.items()}
        found["risk"] = []
    children = (found["children"] or ["western"])[0]
    kinds = {r: _preset_values(tuple(sorted((children, r)))) for r in GROUPS["risk"]}
    alike = {
        risk: sum(values[name] == getattr(scenario, name) for name in SOLVED_NAMES)
        for risk, values in kinds.items()
    }
    best = max(alike, key=lambda risk: alike[risk])
    told = {"children": children, "risk": (found["risk"] or [best])[0]}
    return told | ({"steroids": found["steroids"][0]} if found["steroids"] else {})


def solved_for(scenario: Scenario) -> str | None:
    """Return the presets whose solved constants a scenario holds, or None.

    Examples
    --------
    >>> from jdm_stats.simulation.presets import as_scenario
    >>> solved_for(as_scenario("population+steroids_harmless"))
    'western+population'
    """
    named = presets_of(scenario)
    kind = (named["children"], named["risk"])
    values = _preset_values(tuple(sorted(kind)))
    same = all(values[name] == getattr(scenario, name) for name in SOLVED_NAMES)
    return "+".join(kind) if same else None


def target_risk(scenario: Scenario) -> float:
    """Return the risk of perforation by 24 months that its presets are solved for.

    Examples
    --------
    >>> from jdm_stats.simulation.presets import as_scenario
    >>> target_risk(as_scenario("population"))
    0.007
    """
    risk = presets_of(scenario)["risk"]
    return float(_evidence()[f"perforation_risk_24_months_{risk}"]["value"])


def changed_since_solved(scenario: Scenario) -> list[str]:
    """Return the values that differ from those the solved constants were solved with.

    Only values on which the solved figures depend count.

    Examples
    --------
    >>> from jdm_stats.simulation.presets import as_scenario
    >>> changed_since_solved(as_scenario("steroids_harmless"))
    ['dose_hr', 'pulse_hr', 'cumulative_hr']
    """
    named = presets_of(scenario)
    kind = tuple(sorted((named["children"], named["risk"])))
    values = _preset_values(kind)
    beside = {*_BESIDE_THE_TARGETS, *SOLVED_NAMES}
    return [
        declared.name
        for declared in fields(scenario)
        if declared.name not in beside
        and values[declared.name] != getattr(scenario, declared.name)
    ]


def _seen(scenario: Scenario, said: dict[str, dict[str, Any]]) -> list[str]:
    """Presets all of whose changes stand in the scenario; the one with most first."""
    whole = [
        name
        for name, changes in said.items()
        if changes and all(getattr(scenario, f) == v for f, v in changes.items())
    ]
    return sorted(whole, key=lambda name: -len(said[name]))


@cache
def _preset_values(names: tuple[str, ...]) -> dict[str, Any]:
    from jdm_stats.simulation.presets import as_scenario

    return dict(vars(as_scenario("+".join(names))))


@cache
def _evidence() -> dict[str, dict[str, Any]]:
    rows: dict[Any, dict[Any, Any]] = parameters().to_dict("index")
    return {str(name): row for name, row in rows.items()}


def _standing(
    declared: Field[Any],
    scenario: Scenario,
    named: dict[str, str],
    reference: dict[str, Any],
) -> Standing:
    told, name = dict(declared.metadata), declared.name
    value = getattr(scenario, name)
    if name in SOLVED_NAMES:
        own = value == reference[name] or SOLVED_ANEW in scenario.name
        status = "solved" if own else _BY_USER
    elif value == declared.default:
        status = _status(told)
    elif value != reference[name]:
        status = _BY_USER
    elif name in _PRESET_EVIDENCE and named["children"] == "east_asia":
        told |= _evidence_of(*_PRESET_EVIDENCE[name])
        status = _status(told)
    else:
        status = "set by a preset"
        told |= {"grade": "C", "source": f"set by the preset {named.get('steroids')}"}
    if status == _BY_USER:
        told |= {"grade": "C", "source": "set for this scenario"}
    return Standing(
        status=status,
        grade=told["grade"],
        source=told["source"],
        low=told["low"],
        high=told["high"],
        outside=_outside(value, told),
    )


def _evidence_of(evidence: str, source: str) -> dict[str, Any]:
    """Grade, source and range of a value that a kind of children changes."""
    rows = [_evidence()[key] for key in _rows(evidence)]
    alone = rows[0] if len(rows) == 1 else {"low": None, "high": None}
    grade = max(row["grade"] for row in rows)
    return {
        "evidence": evidence,
        "source": source,
        "grade": grade,
        "low": alone["low"],
        "high": alone["high"],
    }


def _status(told: Any) -> str:
    """Status of a declared value; of a mix, that of its parts and of what is left of 1."""
    evidence = told["evidence"]
    if told["kind"] in ("mix", "shares", "schedule"):
        parts = {_evidence()[key]["status"] for key in _rows(evidence)}
        parts |= {"assumed"} if "assumed" in told["source"] or not parts else set()
        if "assumed" in parts:
            return "in part assumed" if parts - {"assumed"} else "assumed"
        return "reported" if told["kind"] == "schedule" else "calculated"
    if evidence:
        status = str(_evidence()[evidence]["status"])
        return _IN_WORDS.get(status, status)
    return "assumed" if told["grade"] == "C" else "calculated"


def _rows(evidence: str) -> list[str]:
    """Rows of the evidence whose names begin so; none when there is no evidence."""
    return [key for key in _evidence() if evidence and key.startswith(evidence)]


def _outside(value: Any, told: Any) -> bool:
    evidence = told["evidence"]
    if isinstance(value, (int, float)):
        return _beyond(value, told["low"], told["high"])
    if told["kind"] not in ("mix", "shares") or not evidence:
        return False
    known = {
        label: _evidence().get(f"{evidence}_{label.lower().replace(' ', '_')}", {})
        for label, _ in value
    }
    return any(
        _beyond(share, known[label].get("low"), known[label].get("high"))
        for label, share in value
    )


def _beyond(value: float, low: float | None, high: float | None) -> bool:
    below = low is not None and low == low and value < low
    above = high is not None and high == high and value > high
    return below or above
