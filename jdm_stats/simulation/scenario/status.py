"""Where each value of a scenario comes from: reported, calculated, assumed, solved or set.

The status of a value that is as declared is that of its row in the evidence table. A value
that a preset or the user changed is told as set by them, whatever stood there before. The
solved constants count as solved only while they are those of a preset, or while the name
of the scenario says that `Scenario.solve` worked them out.
"""

from __future__ import annotations

from dataclasses import Field, dataclass, fields
from typing import TYPE_CHECKING, Any

from jdm_stats.simulation.scenario.mixes import EAST_ASIAN_RANGE
from jdm_stats.simulation.scenario.origin import (
    SOLVED_ANEW,
    SOLVED_NAMES,
    preset_values,
    presets_of,
)
from jdm_stats.simulation.scenario.parameter import evidence_range, evidence_rows
from jdm_stats.simulation.scenario.presets import solved_ranges

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["STATUSES", "Standing", "evidence_note", "span", "standings"]

STATUSES = (
    *("reported", "calculated", "in part assumed", "solved", "assumed"),
    *("set by a preset", "set by the user"),
)
_BY_USER = "set by the user"
_ROUNDED = 1e-9
_IN_WORDS = {"published": "reported", "calculated here": "calculated"}
# What stands behind a value that a kind of children changes: rows of the evidence, source
# and plausible range.
_PRESET_EVIDENCE = {
    "antibody_mix": (
        "antibody_share_east_asia",
        "blend of Chinese and Japanese series",
        EAST_ASIAN_RANGE,
    ),
    "female_share": (
        "female_share_china",
        "Chongqing, Fudan",
        evidence_range("female_share_china"),
    ),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands behind one value of a scenario.

    ``status`` is one of `STATUSES`; ``grade`` and ``source`` as in the evidence base;
    ``low`` and ``high`` the plausible range: of a mix, shares by label; of a schedule,
    schedules. ``outside`` is True where the value lies outside it: one share of a mix, one
    of several offsets, or a schedule on one of its days. ``parts`` names those shares; a
    label left out has the share 0, unless the mix names labels that have no range.
    """

    status: str
    grade: str
    source: str
    low: Any
    high: Any
    outside: bool
    parts: tuple[str, ...] = ()


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


def span(standing: Standing) -> str:
    """Return the plausible range in words: of a mix, share by share.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario import Scenario
    >>> told = standings(Scenario())
    >>> span(told["pulse_hr"]), span(told["pulse_mix"])
    ('1 to 4', '30 0.2 to 0.8, 20 0.1 to 0.6, 10 0.05 to 0.5')
    >>> span(told["taper"])
    '0.5, 0.25, 0 on days 0, 90, 143 to 2, 1, 0.4, 0.2 on days 0, 300, 730, 1826'
    """
    low, high = standing.low, standing.high
    if low == ():
        return "not known for these labels"
    if not isinstance(low, tuple):
        return f"{low:g} to {high:g}"
    if isinstance(low[0][0], str):
        ends = zip(low, high, strict=True)
        return ", ".join(f"{label} {a:g} to {b:g}" for (label, a), (_, b) in ends)
    days, doses = (
        [", ".join(f"{pair[part]:g}" for pair in points) for points in (low, high)]
        for part in (0, 1)
    )
    return f"{doses[0]} on days {days[0]} to {doses[1]} on days {days[1]}"


def evidence_note(name: str) -> tuple[str, str, str]:
    """Return the status of a row of the evidence, what is noted there, and its range.

    Examples
    --------
    >>> evidence_note("pulse_ever_share")
    ('reported', '182 of 320', 'plausible range 30% to 74%')
    """
    row = evidence_rows()[name]
    low, high = row["low"], row["high"]
    told = ""
    if low == low and high == high:
        share = row["unit"] == "proportion"
        ends = [f"{100 * end:.3g}%" if share else f"{end:g}" for end in (low, high)]
        told = f"{row['range_kind']} {' to '.join(ends)}"
    return _IN_WORDS.get(row["status"], str(row["status"])), str(row["note"]), told


def _standing(
    declared: Field[Any],
    scenario: Scenario,
    named: dict[str, str],
    reference: dict[str, Any],
) -> Standing:
    told, name = dict(declared.metadata), declared.name
    value = getattr(scenario, name)
    # A user's value is held against the range of the children it is changed for.
    eastern = name in _PRESET_EVIDENCE and named["children"] == "east_asia"
    if eastern and value != declared.default:
        told |= _evidence_of(*_PRESET_EVIDENCE[name])
    if name in SOLVED_NAMES:
        own = value == reference[name] or SOLVED_ANEW in scenario.name
        status = "solved" if own else _BY_USER
        low, high = solved_ranges(named["children"], named["risk"])[name]
        told |= {"low": low, "high": high}
    elif value == declared.default:
        status = _status(told)
    elif value != reference[name]:
        status = _BY_USER
    elif eastern:
        status = _status(told)
    else:
        status = "set by a preset"
        told |= {"grade": "C", "source": f"set by the preset {named.get('steroids')}"}
    if status == _BY_USER:
        told |= {"grade": "C", "source": "set for this scenario"}
    mix = told["kind"] in ("mix", "shares")
    parts: tuple[str, ...] = ()
    if mix:
        told |= {end: _of_its_labels(told[end], value) for end in ("low", "high")}
        parts = _parts_outside(value, told)
    return Standing(
        status=status,
        grade=told["grade"],
        source=told["source"],
        low=told["low"],
        high=told["high"],
        outside=bool(parts) if mix else _outside(value, told),
        parts=parts,
    )


def _evidence_of(evidence: str, source: str, ends: tuple[Any, Any]) -> dict[str, Any]:
    """Grade, source and range of a value that a kind of children changes."""
    grade = max(evidence_rows()[key]["grade"] for key in _rows(evidence))
    return {
        "evidence": evidence,
        "source": source,
        "grade": grade,
        "low": ends[0],
        "high": ends[1],
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


def _of_its_labels(ends: Any, mix: Any) -> tuple[tuple[str, float], ...]:
    """Order the ends by the labels of a mix; one that is not known has none.

    Ends of labels that the mix leaves out follow, but not where it has labels of its own:
    what is left out may then stand under another name.
    """
    known, named = dict(ends), [label for label, _ in mix]
    if all(label in known for label in named):
        named += [label for label in known if label not in named]
    return tuple((label, known[label]) for label in named if label in known)


def _parts_outside(mix: Any, told: Any) -> tuple[str, ...]:
    """Labels whose shares lie outside; one that is left out has the share 0."""
    shares, ends = dict(mix), zip(told["low"], told["high"], strict=True)
    return tuple(
        label
        for (label, low), (_, high) in ends
        if not _within(low, shares.get(label, 0.0), high)
    )


def _outside(value: Any, told: Any) -> bool:
    """Whether a number, one of several offsets or a schedule lies outside."""
    low, high = told["low"], told["high"]
    if told["kind"] == "schedule":
        days = {day for points in (value, low, high) for day, _ in points}
        ends = [(_dose(day, low), _dose(day, value), _dose(day, high)) for day in days]
    else:
        several = value if isinstance(value, tuple) else (value,)
        ends = [(low, number, high) for number in several]
    return not all(_within(*three) for three in ends)


def _within(low: float, number: float, high: float) -> bool:
    """Whether a number lies between two ends, which 0.1 + 0.2 does of 0.3 too."""
    return low - _ROUNDED <= number <= high + _ROUNDED


def _dose(day: int, schedule: tuple[tuple[int, float], ...]) -> float:
    """Dose of a schedule on a day: straight between its points, level beyond the last."""
    (first, dose), *rest = schedule
    for later, lower in rest:
        if day <= later:
            return dose + (lower - dose) * (day - first) / (later - first)
        first, dose = later, lower
    return dose
