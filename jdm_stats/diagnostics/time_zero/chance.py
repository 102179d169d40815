"""How likely chance alone makes what the time-zero linter sees."""

from __future__ import annotations

import math

# A pattern seen in every child is no chance when it had less than this probability.
CHANCE = 1e-3


def beyond_chance(total: int, chosen: int, tries: int = 1) -> bool:
    """Whether two groups of this size can hardly be the same by chance.

    Of ``total`` children ``chosen`` can be picked in C(total, chosen) ways; one in so
    many agrees by chance, and ``tries`` such comparisons were made.

    Examples
    --------
    >>> beyond_chance(3, 1), beyond_chance(30, 6)
    (False, True)
    """
    if not 0 < chosen < total:
        return False
    ways = math.lgamma(total + 1) - math.lgamma(chosen + 1)
    ways -= math.lgamma(total - chosen + 1)
    return ways > math.log(max(tries, 1) / CHANCE)


def within_by_chance(total: int, those: int, chosen: int) -> float:
    """Chance that so many children, picked blindly, all lie among ``those``.

    Examples
    --------
    >>> round(within_by_chance(4, 2, 2), 3), within_by_chance(4, 4, 2)
    (0.167, 1.0)
    """
    if chosen > those:
        return 0.0
    ways = [math.lgamma(n + 1) - math.lgamma(n - chosen + 1) for n in (those, total)]
    return math.exp(min(ways[0] - ways[1], 0.0))


def log_chance(number: int, rate: float, least: int) -> float:
    """Log of the chance of at least so many of a number of trials at a small rate.

    An upper bound (the union over choices): C(number, least) rate**least.

    Examples
    --------
    >>> round(math.exp(log_chance(2, 0.01, 2)), 6)
    0.0001
    """
    ways = math.lgamma(number + 1) - math.lgamma(least + 1)
    ways -= math.lgamma(number - least + 1)
    return min(0.0, ways + least * math.log(min(max(rate, 1e-300), 1.0)))
