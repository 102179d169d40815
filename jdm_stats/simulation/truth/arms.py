"""Children under strategies: the sums from which every true figure is worked out.

No event is drawn. Each child's history runs without perforation, and the chance to be
alive and free of perforation at time zero is that child's weight, exact given the history:
``exp(-sum of h before time zero) * exp(-death rate * time zero)``. From time zero on the
hazard follows the strategy's doses, and with S the chance to be free of perforation and
alive on a day, the chance of a first perforation on the next is ``S * (1 - exp(-h))``: a
perforation on the day of death counts, as it does in the generator. What is left of
Monte Carlo error comes from the children drawn. The same children, with the same random
numbers, stand in every arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.hazards import chance_alive, first_perforations
from jdm_stats.simulation.truth.following import Question, children_under
from jdm_stats.strategies import Strategy

__all__ = ["GROUPS", "Arms", "draw_arms"]

GROUPS = 64

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Arms:
    """Weighted sums over eligible children; A arms, G groups of children, H days.

    ``weight`` (G,): chances to be eligible and free of perforation. ``events``,
    ``at_risk``, ``severity`` (A, G, H): expected first perforations on (k, k + 1] days
    from time zero, children at risk then, and the sum of their severity. ``first``
    (A, H) and ``second`` (A, A, H): sums over children of weight² times risk by day
    k + 1, and times the product of two arms' risks; ``weight_squared``: sum of weight².
    ``everyone`` (A, H): hazards summed over all of time zero, none of whom leaves.
    """

    n_drawn: int
    n_eligible: int
    weight: Array
    weight_squared: float
    events: Array
    at_risk: Array
    severity: Array
    first: Array
    second: Array
    everyone: Array

    def risk(self) -> Array:
        """Return the risk of a first perforation by day k + 1; shape (A, H)."""
        total: Array = np.cumsum(self.events.sum(axis=1), axis=1) / self.weight.sum()
        return total

    def squared_errors(self, arm: int, reference: int | None = None) -> Array:
        """Return the squared Monte Carlo error of a risk or of a difference; (H,).

        That of a ratio of sums over children; the same children stand in both arms, so
        that equal arms give exactly 0.
        """
        at = self.risk()
        if reference is None:
            square, line, mean = self.second[arm, arm], self.first[arm], at[arm]
        else:
            both = self.second[arm, arm] + self.second[reference, reference]
            square = both - 2 * self.second[arm, reference]
            line = self.first[arm] - self.first[reference]
            mean = at[arm] - at[reference]
        spread = square - 2 * mean * line + mean**2 * self.weight_squared
        return self._scaled(spread)

    def squared_log_errors(self, arm: int, reference: int) -> Array:
        """Return the squared Monte Carlo error of the log risk ratio; shape (H,)."""
        one, other = self.risk()[[arm, reference]]
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = (
                self.second[arm, arm] / one**2
                + self.second[reference, reference] / other**2
                - 2 * (self.second[arm, reference] / (one * other))
            )
        return self._scaled(spread)

    def without_each_group(self) -> Iterator[Arms]:
        """Yield the sums without one group of children, for each group that has any."""
        for group in np.flatnonzero(self.weight):
            rest = np.arange(len(self.weight)) != group
            yield replace(
                self,
                weight=self.weight[rest],
                events=self.events[:, rest],
                at_risk=self.at_risk[:, rest],
                severity=self.severity[:, rest],
            )

    def _scaled(self, spread: Array) -> Array:
        drawn = max(self.n_eligible, 2)
        scale = drawn / (drawn - 1) / self.weight.sum() ** 2
        scaled: Array = np.maximum(spread, 0.0) * scale
        return scaled


def draw_arms(question: Question, strategies: Sequence[Strategy]) -> Arms:
    """Draw the children of a question and sum up how they fare under each strategy.

    Parameters
    ----------
    question : Question
        Checked.
    strategies : sequence of Strategy
        One per arm.

    Returns
    -------
    Arms
    """
    arms, days = len(strategies), question.horizon_days
    weight, events = np.zeros(GROUPS), np.zeros((arms, GROUPS, days))
    at_risk, severity = np.zeros_like(events), np.zeros_like(events)
    first, second = np.zeros((arms, days)), np.zeros((arms, arms, days))
    everyone, squared, eligible = np.zeros_like(first), 0.0, 0
    alive = chance_alive(question.scenario, np.arange(days))[:, None]
    for child in children_under(question, strategies):
        belongs = np.equal.outer(np.arange(GROUPS), child.index % GROUPS)
        shares = belongs * child.weight
        weight += shares.sum(axis=1)
        squares = child.weight**2
        squared, eligible = squared + squares.sum(), eligible + len(squares)
        risks = []
        for arm, hazard in enumerate(child.hazard):
            everyone[arm] += (hazard * alive) @ child.weight
            here, perforated = first_perforations(hazard, alive)
            events[arm] += shares @ perforated.T
            at_risk[arm] += shares @ here.T
            severity[arm] += shares @ (here * child.severity).T
            risks.append(np.cumsum(perforated, axis=0))
            first[arm] += risks[arm] @ squares
        for arm, one in enumerate(risks):
            for other in range(arm + 1):
                second[arm, other] += (one * risks[other]) @ squares
                second[other, arm] = second[arm, other]
    return Arms(
        n_drawn=question.children,
        n_eligible=eligible,
        weight=weight,
        weight_squared=float(squared),
        events=events,
        at_risk=at_risk,
        severity=severity,
        first=first,
        second=second,
        everyone=everyone,
    )
