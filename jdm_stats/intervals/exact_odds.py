"""The law of the exposed events in a two-by-two table with both margins held.

Given how many children were exposed and how many had the event, the events of the exposed
follow Fisher's noncentral hypergeometric law, whose only parameter is the odds ratio. Its
terms are computed, not approximated, so that limits stay honest with an empty cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, logsumexp

__all__ = ["OddsLaw"]

# Two splits are equally likely within this share, as in R's fisher.test.
SAME = 1 + 1e-7
FARTHEST = 600.0  # of a log odds ratio


@dataclass(frozen=True)
class OddsLaw:
    """Fisher's noncentral hypergeometric law of one table.

    Parameters
    ----------
    events_exposed, n_exposed, events_unexposed, n_unexposed : int
        Events and children of either arm.

    Examples
    --------
    Two exposed, two unexposed, both events among the exposed: one of six splits.

    >>> law = OddsLaw(2, 2, 0, 2)
    >>> round(law.tails(0.0)[1], 4)
    0.1667
    """

    events_exposed: int
    n_exposed: int
    events_unexposed: int
    n_unexposed: int

    @cached_property
    def support(self) -> np.ndarray:
        """Possible numbers of exposed events, ascending."""
        events = self.events_exposed + self.events_unexposed
        low = max(0, events - self.n_unexposed)
        return np.arange(low, min(events, self.n_exposed) + 1)

    @cached_property
    def _log_terms(self) -> np.ndarray:
        x = self.support
        rest = self.events_exposed + self.events_unexposed - x
        return _log_choose(self.n_exposed, x) + _log_choose(self.n_unexposed, rest)

    @property
    def place(self) -> int:
        """Position of the observed count in the support."""
        return int(self.events_exposed - self.support[0])

    @property
    def fixed(self) -> bool:
        """Whether the margins leave one split only, so that the table says nothing."""
        return len(self.support) == 1

    def chances(self, log_odds: float) -> np.ndarray:
        """Chance of every split, shape of the support."""
        weight = self._log_terms + self.support * log_odds
        chance: np.ndarray = np.exp(weight - logsumexp(weight))
        return chance

    def tails(self, log_odds: float, *, mid_p: bool = False) -> tuple[float, float]:
        """Chance of as few exposed events as observed, and of as many."""
        chance = self.chances(log_odds)
        here = chance[self.place] * (0.5 if mid_p else 1.0)
        few = float(chance[: self.place].sum() + here)
        return few, float(chance[self.place + 1 :].sum() + here)

    def estimate(self) -> float:
        """Conditional maximum-likelihood odds ratio; 0 or infinite at the edge."""
        if self.fixed:
            return float("nan")
        if self.place == 0:
            return 0.0
        if self.place == len(self.support) - 1:
            return float("inf")
        return float(np.exp(_root(self._excess)))

    def _excess(self, log_odds: float) -> float:
        return float(self.chances(log_odds) @ (self.support - self.events_exposed))

    def limits(self, conf_level: float, *, mid_p: bool) -> tuple[float, float]:
        """Limits of the odds ratio that leave half of ``1 - conf_level`` in either tail."""
        tail, low, high = (1 - conf_level) / 2, 0.0, float("inf")
        if self.place > 0:
            low = float(np.exp(_root(lambda b: self.tails(b, mid_p=mid_p)[1] - tail)))
        if self.place < len(self.support) - 1:
            high = float(np.exp(_root(lambda b: tail - self.tails(b, mid_p=mid_p)[0])))
        return low, high

    def p_by_likelihood(self) -> float:
        """Fisher's two-sided test: all splits no likelier than the one seen, as in R."""
        chance = self.chances(0.0)
        unlikely = chance <= chance[self.place] * SAME
        return min(1.0, float(chance[unlikely].sum()))

    def p_central(self, *, mid_p: bool) -> float:
        """Twice the smaller tail, at most 1: agrees with the limits."""
        return min(1.0, 2 * min(self.tails(0.0, mid_p=mid_p)))


def _log_choose(n: int, k: np.ndarray) -> np.ndarray:
    terms: np.ndarray = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return terms


def _root(rising: Callable[[float], float]) -> float:
    """Find the zero of a rising function of the log odds ratio."""
    low, high = -1.0, 1.0
    while rising(low) > 0 and low > -FARTHEST:
        low *= 2
    while rising(high) < 0 and high < FARTHEST:
        high *= 2
    return float(brentq(rising, low, high, xtol=1e-13, rtol=1e-14, maxiter=200))
