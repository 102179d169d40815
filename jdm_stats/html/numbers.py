"""Numbers as a clinician reads them: p-values, ratios, counts with their share."""

from __future__ import annotations

import math

import pandas as pd

from jdm_stats.errors import UsageError

__all__ = [
    "MISSING",
    "format_count_percent",
    "format_number",
    "format_p",
    "format_ratio",
    "is_missing",
]

MISSING = "–"

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NA or NaT."""
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]


def format_number(value: object, digits: int | None = 2) -> str:
    """Write a number for a reader.

    Parameters
    ----------
    value : number or missing
        Integers are written whole, with commas from 10,000 up.
    digits : int or None, default 2
        Decimals of a float; None chooses them by size: two up to ten, fewer above, and
        ``<0.01`` for what is smaller but not 0.

    Returns
    -------
    str
        The number with a true minus sign; ``∞`` if infinite, ``–`` if missing.

    Examples
    --------
    >>> format_number(12.345), format_number(-3), format_number(float("nan"))
    ('12.35', '−3', '–')
    >>> format_number(1043.2, digits=None), format_number(3.5e8, digits=None)
    ('1043', '3.5 × 10⁸')
    >>> format_number(0.0051, digits=None), format_number(0.0051, digits=4)
    ('<0.01', '0.0051')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, str) or not pd.api.types.is_number(value):
        raise UsageError(
            f"format_number takes a number or a missing value, not {value!r}"
        )
    if pd.api.types.is_bool(value):
        raise UsageError(f"format_number takes a number, not the truth value {value!r}")
    if pd.api.types.is_integer(value):
        whole = int(value)
        text = f"{whole:,d}" if abs(whole) >= 10_000 else f"{whole:d}"
        return text.replace("-", "−")
    number = float(value)  # type: ignore[arg-type]
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if digits is None and 0 < abs(number) < 0.01:
        return "<0.01" if number > 0 else ">−0.01"
    text = _by_size(number) if digits is None else _fixed(number, digits)
    return text.replace("-", "−")


def _fixed(number: float, digits: int) -> str:
    rounded = round(number, digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    return (
        f"{rounded:,.{digits}f}" if abs(rounded) >= 10_000 else f"{rounded:.{digits}f}"
    )


def _by_size(number: float) -> str:
    size = abs(number)
    if size == 0:
        return "0"
    if size >= 9_999.5:
        mantissa, exponent = f"{number:.1e}".split("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    if size < 9.995:
        return f"{number:.2f}"
    return f"{number:.1f}" if size < 99.95 else f"{number:.0f}"


def format_p(value: float | None) -> str:
    """Write a p-value with two or three decimals, never as nought.

    Parameters
    ----------
    value : float or missing
        A probability in [0, 1].

    Returns
    -------
    str
        ``<0.001``, else three decimals below 0.1 and two above; ``>0.99`` at the top.

    Raises
    ------
    UsageError
        If the value is not a probability.

    Examples
    --------
    >>> format_p(0.00001), format_p(0.0342), format_p(0.5), format_p(None)
    ('<0.001', '0.034', '0.50', '–')
    """
    if value is None or is_missing(value):
        return MISSING
    if not 0.0 <= value <= 1.0:
        raise UsageError(f"a p-value lies between 0 and 1; received {value!r}")
    if value < 0.001:
        return "<0.001"
    if value > 0.99:
        return ">0.99"
    return f"{value:.3f}" if value < 0.0995 else f"{value:.2f}"


def format_ratio(estimate: float | None, low: float | None, high: float | None) -> str:
    """Write a ratio with its limits, such as a hazard ratio.

    Parameters
    ----------
    estimate, low, high : float or missing
        The ratio and its confidence limits on the ratio scale; a limit may be infinite.

    Returns
    -------
    str
        ``estimate (low to high)``; an en dash when all three are missing.

    Examples
    --------
    >>> format_ratio(7.84, 0.82, 1043.2)
    '7.84 (0.82 to 1043)'
    >>> format_ratio(float("nan"), 1.3, float("inf"))
    '– (1.30 to ∞)'
    """
    shown = [
        format_number(_as_float(part), digits=None) for part in (estimate, low, high)
    ]
    if shown == [MISSING] * 3:
        return MISSING
    if shown[1:] == [MISSING] * 2:
        return shown[0]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def _as_float(value: float | None) -> float:
    return math.nan if value is None or is_missing(value) else float(value)


def format_count_percent(count: int | None, total: int | None, digits: int = 1) -> str:
    """Write a count with its share of a total.

    Parameters
    ----------
    count, total : int or missing
        Children counted, and children among whom they were counted.
    digits : int, default 1
        Decimals of the percentage.

    Examples
    --------
    >>> format_count_percent(12, 600), format_count_percent(0, 0)
    ('12 (2.0%)', '0 (–)')
    """
    if count is None or is_missing(count):
        return MISSING
    shown = format_number(int(count))
    if total is None or is_missing(total) or total == 0:
        return f"{shown} ({MISSING})"
    return f"{shown} ({100 * count / total:.{digits}f}%)"
