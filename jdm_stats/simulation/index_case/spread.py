"""One number the abstract of the index case does not give, and how it is drawn.

A `Spread` is told in words and drawn from by the same few fields, so that what a page says
is assumed and what a synthetic child receives cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

__all__ = ["Spread", "days", "value", "whole"]

_LAWS = MappingProxyType(
    {
        "one value": "one value",
        "whole": "uniform on whole numbers",
        "uniform": "uniform",
        "log-uniform": "log-uniform",
        "steps": "uniform on steps of {by:g}",
        "either": "either of the two, equally likely",
    }
)


@dataclass(frozen=True, slots=True)
class Spread:
    """One number that the abstract does not give, with the distribution assumed for it.

    Parameters
    ----------
    name : str
    law : {"one value", "whole", "uniform", "log-uniform", "steps", "either"}
        Whole numbers, both ends included; "steps" go up ``by`` from ``low`` to ``high``;
        "either" is one of the two ends.
    low, high : float
        Ends of the distribution.
    unit : str
    row : int
        Row of the child's uniform numbers it is drawn from; -1 for one value.
    draws : int, default 1
        Rows from there on that it may use, one for each time it is drawn.
    from_step : str, optional
        What days are counted from.
    event : str, optional
        What begins so many days after ``from_step``: an `Step.event`.
    decimals : int, default 0
        Decimals kept.
    by : float, default 0
        Size of a step.

    Examples
    --------
    >>> gap = Spread("gi", "whole", 21, 60, "days", 0, from_step="the first pulses")
    >>> gap.in_words(), gap.draw(np.array([0.0])), gap.draw(np.array([0.999]))
    ('21 to 60', 21.0, 60.0)
    """

    name: str
    law: str
    low: float
    high: float
    unit: str
    row: int = -1
    draws: int = 1
    from_step: str = ""
    event: str = ""
    decimals: int = 0
    by: float = 0.0

    @property
    def distribution(self) -> str:
        """The distribution in words."""
        return _LAWS[self.law].format(by=self.by)

    def in_words(self) -> str:
        """Return the ends as in a sentence: ``3 to 14``, ``20 or 30``, ``2``."""
        joint = " or " if self.law == "either" else " to "
        return joint.join(f"{end:,g}" for end in dict.fromkeys((self.low, self.high)))

    def draw(self, u: NDArray[np.float64], again: int = 0) -> float:
        """Draw the number.

        Parameters
        ----------
        u : array of float, shape (rows,)
            The child's uniform numbers in [0, 1).
        again : int, default 0
            How often it was drawn before.
        """
        if self.law == "one value":
            return float(self.low)
        share, width = float(u[self.row + again]), round(self.high - self.low, 9)
        if self.law == "whole":
            return float(self.low + int(share * (width + 1)))
        if self.law == "either":
            return float(self.high if share < 0.5 else self.low)
        if self.law == "steps":
            steps = int(share * (round(width / self.by) + 1))
            return round(self.low + self.by * steps, self.decimals)
        if self.law == "log-uniform":
            ratio = self.high / self.low
            return float(round(self.low * ratio**share, self.decimals))
        return round(self.low + width * share, self.decimals)

    def day(self, u: NDArray[np.float64], again: int = 0) -> int:
        """Draw a whole number: days, or a count."""
        return int(self.draw(u, again))


def whole(
    name: str, low: int, high: int, unit: str, row: int, draws: int = 1
) -> Spread:
    """Return whole numbers of a unit, equally likely."""
    return Spread(name, "whole", low, high, unit, row, draws)


def days(
    name: str, ends: tuple[int, int], row: int, after: str, event: str, draws: int = 1
) -> Spread:
    """Return whole days from what stands before until an event, equally likely."""
    return Spread(name, "whole", *ends, "days", row, draws, after, event)


def value(name: str, one: float, unit: str, after: str = "", event: str = "") -> Spread:
    """Return one value that every child of the pattern receives."""
    return Spread(
        name, "one value", one, one, unit, from_step=after, event=event, decimals=3
    )
