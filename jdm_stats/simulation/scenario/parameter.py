"""What a number of a scenario is: its kind, unit, plausible range, source and grade.

Grades are those of the evidence base: A published in JDM, B published in another
disease or population, C assumed here. ``solved`` marks a constant worked out by
`jdm_stats.simulation.calibration` so that the scenario meets a published target.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import Field, field
from functools import cache
from typing import Any

import numpy as np

from jdm_stats.evidence.published import parameters
from jdm_stats.replicates.numbers import is_number, is_whole

__all__ = [
    "as_declared",
    "as_plain",
    "cited",
    "evidence_range",
    "evidence_rows",
    "evidence_value",
    "fault_in",
    "parameter",
    "without_point",
]

_MIX_TOLERANCE = 1e-6


def parameter(
    value: Any,
    kind: str,
    unit: str,
    low: Any,
    high: Any,
    grade: str,
    source: str,
    *,
    evidence: str = "",
) -> Any:
    """Declare one field of a scenario, with all that must be known of its number.

    Parameters
    ----------
    value : number or tuple
        The default.
    kind : str
        What values are possible at all: "share", "rate", "positive", "real", "year",
        "days", "mix" (labels and shares that sum to 1), "shares", "offsets" (a tuple of
        numbers) or "schedule" (days and doses that do not rise).
    unit : str
        Unit of the value.
    low, high : number or tuple
        Plausible range; values outside it are allowed, since a scenario may ask "what
        if", but not values outside what the kind allows. Of a mix, shares by label; of
        a schedule, schedules; of offsets, one number for all. None only for what is
        solved, whose range hangs on the presets.
    grade : {"A", "B", "C", "solved"}
        Grade of the evidence.
    source : str
        Where the value comes from, or how it was assumed or solved.
    evidence : str, optional
        Name of the parameter in `jdm_stats.evidence`, when the value is read from there.

    Examples
    --------
    >>> parameter(0.67, "share", "of children", 0.63, 0.70, "A", "UK").default
    0.67
    """
    told = {
        "kind": kind,
        "unit": unit,
        "low": low,
        "high": high,
        "grade": grade,
        "source": source,
        "evidence": evidence,
    }
    return field(default=value, metadata=told)


def cited(evidence: str, kind: str, unit: str, source: str, *ends: float) -> Any:
    """Declare one field whose value, range and grade are those of the evidence table.

    Parameters
    ----------
    evidence : str
        Row of `jdm_stats.parameters`.
    kind, unit, source : str
        As for `parameter`.
    *ends : float
        Plausible range, where the evidence table gives none; never in place of its own.

    Examples
    --------
    >>> cited("female_share_western", "share", "of children", "UK").default
    0.67
    """
    row = evidence_rows()[evidence]
    low, high = ends or evidence_range(evidence)
    return parameter(
        row["value"],
        kind,
        unit,
        low,
        high,
        row["grade"],
        source,
        evidence=evidence,
    )


def evidence_value(name: str) -> float:
    """Return the value of one row of the evidence table.

    Examples
    --------
    >>> evidence_value("female_share_china")
    0.48
    """
    return float(evidence_rows()[name]["value"])


def evidence_range(name: str) -> tuple[float, float]:
    """Return the plausible range of one row of the evidence table.

    Examples
    --------
    >>> evidence_range("female_share_china")
    (0.45, 0.55)
    """
    row = evidence_rows()[name]
    return float(row["low"]), float(row["high"])


@cache
def evidence_rows() -> dict[str, dict[str, Any]]:
    """Return the rows of the evidence table by name, read once.

    Examples
    --------
    >>> evidence_rows()["female_share_china"]["grade"]
    'A'
    """
    rows: dict[Any, dict[Any, Any]] = parameters().to_dict("index")
    return {str(name): row for name, row in rows.items()}


def as_declared(declared: Field[Any], value: Any) -> Any:
    """Return a value as its field holds it: tuples, and numbers that are not numpy's.

    Examples
    --------
    >>> from dataclasses import dataclass, fields
    >>> @dataclass
    ... class Little:
    ...     mix: tuple = parameter((), "mix", "of children", None, None, "C", "assumed")
    >>> as_declared(fields(Little)[0], {"NXP2": 0.21, "none": 0.79})
    (('NXP2', 0.21), ('none', 0.79))
    """
    kind = declared.metadata["kind"]
    try:
        if kind in ("mix", "shares"):
            pairs = value.items() if hasattr(value, "items") else value
            return tuple((str(label), _plain(share)) for label, share in pairs)
        if kind == "schedule":
            return tuple(
                (without_point(_plain(day)), _plain(dose)) for day, dose in value
            )
        if kind == "offsets" and not isinstance(value, str):
            return tuple(_plain(offset) for offset in value)
    except (TypeError, ValueError):
        return value
    return _plain(value)


def _plain(value: Any) -> Any:
    """Return numpy's numbers as Python's, which files and messages take as they are."""
    return value.item() if isinstance(value, np.number) else value


def without_point(value: Any) -> Any:
    """Return a whole number such as 60.0, as files and arrays hold it, as 60.

    Examples
    --------
    >>> without_point(60.0), without_point(60.5), without_point("60.0")
    (60, 60.5, '60.0')
    """
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_plain(value: Any) -> Any:
    """Return a value ready for JSON: a mix as a mapping, other tuples as lists.

    Examples
    --------
    >>> as_plain((("NXP2", 0.21), ("none", 0.79)))
    {'NXP2': 0.21, 'none': 0.79}
    >>> as_plain(((0, 2.0), (730, 0.0)))
    [[0, 2.0], [730, 0.0]]
    """
    if not isinstance(value, tuple):
        return value
    if value and isinstance(value[0], tuple):
        mix = isinstance(value[0][0], str)
        return dict(value) if mix else [list(pair) for pair in value]
    return list(value)


def fault_in(declared: Field[Any], value: Any) -> str | None:
    """Say what is wrong with the value of a field, or None when nothing is.

    Examples
    --------
    >>> from dataclasses import dataclass, fields
    >>> @dataclass
    ... class Little:
    ...     share: float = parameter(0.1, "share", "of children", 0, 1, "C", "assumed")
    >>> fault_in(fields(Little)[0], 1.2)
    'share must be a share between 0 and 1, not 1.2'
    """
    kind = declared.metadata["kind"]
    if kind in ("mix", "shares"):
        return _fault_in_mix(declared.name, value, whole=kind == "mix")
    if kind == "schedule":
        return _fault_in_schedule(declared.name, value)
    if kind == "offsets":
        good = isinstance(value, tuple) and value and all(is_number(v) for v in value)
        wanted = "a tuple of finite numbers"
    elif kind in ("year", "days"):
        good = is_whole(value) and value >= 0
        wanted = "a whole number of 0 or more"
    else:
        wanted, test = _NUMBERS[kind]
        good = is_number(value) and test(value)
    if not good:
        return f"{declared.name} must be {wanted}, not {value!r}"
    return _fault_in_size(declared.name, value, kind)


# Far beyond any world that means something, and near enough for the arithmetic.
_MOST = 1e30
_MOST_MG_KG = 100.0
_MOST_DAYS = 36_600
_ENDS = {
    "positive": (1 / _MOST, _MOST),
    "real": (-500.0, 500.0),
    "year": (0, 9999),
    "days": (0, _MOST_DAYS),
}


def _fault_in_size(name: str, value: Any, kind: str) -> str | None:
    low, high = _ENDS.get(kind, (-_MOST, _MOST))
    held = value if isinstance(value, tuple) else (value,)
    if all(low <= number <= high for number in held):
        return None
    return f"{name} must lie between {low:g} and {high:g}, not {value!r}"


_NUMBERS: dict[str, tuple[str, Any]] = {
    "share": ("a share between 0 and 1", lambda value: 0 <= value <= 1),
    "rate": ("a finite number of 0 or more", lambda value: value >= 0),
    "positive": ("a finite number above 0", lambda value: value > 0),
    "real": ("a finite number", lambda value: True),
}


def _fault_in_mix(name: str, value: Any, *, whole: bool) -> str | None:
    readable = isinstance(value, tuple) and len(value) > 0
    if not readable or not all(_is_pair(pair) for pair in value):
        return f"{name} must map labels to shares between 0 and 1, not {value!r}"
    labels = [label for label, _ in value]
    if len(set(labels)) < len(labels):
        return f"{name} names a label twice: {labels}"
    total = math.fsum(share for _, share in value)
    if whole and abs(total - 1.0) > _MIX_TOLERANCE:
        return f"{name} must sum to 1, but its shares sum to {total:.6g}"
    return None


def _fault_in_schedule(name: str, value: Any) -> str | None:
    """Say what is wrong with (day, dose) points; a taper never rises."""
    readable = isinstance(value, tuple) and len(value) > 0
    if not readable or not all(
        isinstance(pair, tuple) and len(pair) == 2 for pair in value
    ):
        return f"{name} must list pairs of a day and a dose, not {value!r}"
    days, doses = [day for day, _ in value], [dose for _, dose in value]
    if not all(is_whole(day) for day in days):
        return f"{name} must count in whole days, not {days}"
    if not all(is_number(dose) and dose >= 0 for dose in doses) or doses[0] == 0:
        return (
            f"{name} must begin above 0 and hold finite doses of 0 or more, not {doses}"
        )
    if days[0] != 0 or any(b <= a for a, b in itertools.pairwise(days)):
        return f"{name} must begin on day 0 and its days must rise, not {days}"
    if doses[0] > _MOST_MG_KG:
        return (
            f"{name} must begin at {_MOST_MG_KG:g} mg/kg/day or less, not {doses[0]:g}"
        )
    if days[-1] > _MOST_DAYS:
        return f"{name} must end by day {_MOST_DAYS}, not on day {days[-1]}"
    for before, after in itertools.pairwise(value):
        if after[1] > before[1]:
            return (
                f"{name} must never rise, but goes from {before[1]:g} on day {before[0]} "
                f"to {after[1]:g} mg/kg/day on day {after[0]}"
            )
    return None


def _is_pair(pair: Any) -> bool:
    whole = isinstance(pair, tuple) and len(pair) == 2
    return whole and is_number(pair[1]) and 0 <= pair[1] <= 1
