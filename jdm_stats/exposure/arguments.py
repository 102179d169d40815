"""Checks of what a measure of exposure is asked for."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np

from jdm_stats.errors import UsageError
from jdm_stats.plan.steroid_rules import check_stop_rule

__all__ = [
    "as_cuts",
    "chosen_rule",
    "column_name",
    "stop_rule",
    "true_or_false",
    "whole_days",
]


MOST_DAYS = 1_000_000


def whole_days(argument: str, value: object, least: int = 0) -> int:
    """Return a whole number of days, or raise UsageError naming the argument.

    Examples
    --------
    >>> whole_days("lag_days", 7)
    7
    """
    try:
        days = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        days = least - 1
    if isinstance(value, bool | np.bool_) or not least <= days <= MOST_DAYS:
        raise UsageError(
            f"{argument} must be a whole number of days from {least} to {MOST_DAYS:,}, "
            f"received {value!r}"
        )
    return days


def column_name(name: str | None, default: str) -> str:
    """Return the name of a measure's column, or the default."""
    if name is None:
        return default
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"name must be the name of a column, received {name!r}")
    return name


def true_or_false(argument: str, value: object) -> bool:
    """Return True or False, or raise UsageError naming the argument."""
    if not isinstance(value, bool):
        raise UsageError(f"{argument} must be True or False, received {value!r}")
    return value


def as_cuts(cuts: Sequence[float], count: int | None = None) -> tuple[float, ...]:
    """Return cut points of a dose: finite, more than 0, rising.

    Examples
    --------
    >>> as_cuts([0.5, 1])
    (0.5, 1.0)
    """
    try:
        points = () if isinstance(cuts, str) else tuple(float(cut) for cut in cuts)
    except (TypeError, ValueError):
        points = ()
    rising = all(a < b for a, b in zip((0.0, *points), points, strict=False))
    finite = all(math.isfinite(cut) for cut in points)
    if not points or not rising or not finite or count not in (None, len(points)):
        wanted = "one or more" if count is None else str(count)
        raise UsageError(
            f"cuts must be {wanted} doses in mg/kg/day, more than 0 and rising; "
            f"received {cuts!r}"
        )
    return points


def chosen_rule(argument: str, value: object, allowed: Sequence[str]) -> str:
    """Return one of the names allowed, or raise UsageError naming the argument."""
    if not isinstance(value, str) or value not in allowed:
        raise UsageError(
            f"{argument} must be one of {', '.join(allowed)}; received {value!r}"
        )
    return value


def stop_rule(value: object) -> str | int:
    """Return a rule for missing last days: a name or whole days of treatment."""
    try:
        return check_stop_rule(value)
    except ValueError as error:
        raise UsageError(f"missing_stop_day: {error}; received {value!r}") from None
