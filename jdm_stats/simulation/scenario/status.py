"""Where each value of a scenario comes from: reported, calculated, assumed, solved or set.

The status of a value that is as declared is that of its row in the evidence table. A value
that a preset or the user changed is told as set by them, whatever stood there before. The
solved constants count as solved only while they are those of a preset, or while the name
of the scenario says that `Scenario.solve` worked them out.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any

from jdm_stats.simulation.scenario.origin import (
    SOLVED_ANEW,
    SOLVED_NAMES,
    preset_values,
    presets_of,
)
from jdm_stats.simulation.scenario.parameter import evidence_rows

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["STATUSES", "Standing", "evidence_note", "standings"]

STATUSES = (
    *("reported", "calculated", "in part assumed", "solved", "assumed"),
    *("set by a preset", "set by the user"),
)
_BY_USER = "set by the user"
_IN_WORDS = {"published": "reported", "calculated here": "calculated"}
# Rows of the evidence that stand behind what a kind of children changes.
_PRESET_EVIDENCE = {
    "antibody_mix": (
        "antibody_share_east_asia",
        "blend of Chinese and Japanese series",
    ),
    "female_share": ("female_share_china", "Chongqing, Fudan"),
}


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
    reference = preset_values(tuple(sorted(named.values())))
    return {
        declared.name: _standing(declared, scenario, named, reference)
        for declared in fields(scenario)[1:]
    }


def evidence_note(name: str) -> tuple[str, str, str]:
    """Return the status of a row of the evidence, what is noted there, and its range.

    Examples
    --------
    >>> evidence_note("pulse_ever_share")
    ('reported', '182 of 320', 'plausible range 30% to 74%')
    """
    row = evidence_rows()[name]
    low, high = row["low"], row["high"]
    span = ""
    if low == low and high == high:
        share = row["unit"] == "proportion"
        ends = [f"{100 * end:.3g}%" if share else f"{end:g}" for end in (low, high)]
        span = f"{row['range_kind']} {' to '.join(ends)}"
    return _IN_WORDS.get(row["status"], str(row["status"])), str(row["note"]), span


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
    rows = [evidence_rows()[key] for key in _rows(evidence)]
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
        parts = {evidence_rows()[key]["status"] for key in _rows(evidence)}
        parts |= {"assumed"} if "assumed" in told["source"] or not parts else set()
        if "assumed" in parts:
            return "in part assumed" if parts - {"assumed"} else "assumed"
        return "reported" if told["kind"] == "schedule" else "calculated"
    if evidence:
        status = str(evidence_rows()[evidence]["status"])
        return _IN_WORDS.get(status, status)
    return "assumed" if told["grade"] == "C" else "calculated"


def _rows(evidence: str) -> list[str]:
    """Rows of the evidence whose names begin so; none when there is no evidence."""
    return [key for key in evidence_rows() if evidence and key.startswith(evidence)]


def _outside(value: Any, told: Any) -> bool:
    evidence = told["evidence"]
    if isinstance(value, (int, float)):
        return _beyond(value, told["low"], told["high"])
    if told["kind"] not in ("mix", "shares") or not evidence:
        return False
    known = {
        label: evidence_rows().get(f"{evidence}_{label.lower().replace(' ', '_')}", {})
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
