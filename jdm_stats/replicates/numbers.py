"""What counts as a number in a call: said once, for every room that refuses what is none."""

from __future__ import annotations

import math
from numbers import Real

import numpy as np

__all__ = ["is_number", "is_whole"]


def is_number(value: object) -> bool:
    """Whether a value is one finite real number, Python's or numpy's, and no truth value.

    Examples
    --------
    >>> is_number(0.5), is_number(np.int64(3)), is_number(math.inf), is_number(True)
    (True, True, False, False)
    >>> is_number("0.5"), is_number(1 + 0j), is_number(10**400)
    (False, False, False)
    """
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number of more than 300 digits
        return False


def is_whole(value: object) -> bool:
    """Whether a value is a whole number, Python's or numpy's, and no truth value.

    Examples
    --------
    >>> is_whole(np.int64(3)), is_whole(3.0), is_whole(True)
    (True, False, False)
    """
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
