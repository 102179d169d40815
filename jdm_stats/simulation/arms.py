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
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.aftermath import draw_aftermath
from jdm_stats.simulation.children import Children, draw_children
from jdm_stats.simulation.draws import BLOCK, Streams
from jdm_stats.simulation.eligibility import (
    Eligibility,
    day_of_time_zero,
    eligible_children,
)
from jdm_stats.simulation.histories import Histories, walk
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.treatment import plan_treatment
from jdm_stats.strategies import Strategy, apply_strategy

__all__ = ["GROUPS", "Arms", "Question", "draw_arms", "hazard_under"]

GROUPS = 64
LEAST_FOLLOW_UP = 365  # a scenario has no less


# STUB begin
def day_states(children, histories, scenario):
    from jdm_stats.simulation.hazards import DayState
    from jdm_stats.simulation.histories import JAK_DAYS

    D = len(histories.oral)
    d = np.arange(D)[:, None]
    decay = round(0.5 ** (1 / 90), 12)
    given = (histories.oral + 1.25 * histories.pulse) / 100
    w = np.zeros(given.shape)
    now = np.zeros(given.shape[1])
    last = np.zeros(given.shape, bool)
    lp = np.full(given.shape[1], -(10**7))
    for k in range(D):
        now = np.round(decay * now + given[k], 6)
        w[k] = now
        lp = np.where(histories.pulse[k] > 0, k, lp)
        last[k] = lp > k - 30
    return DayState(
        severity=histories.severity,
        nxp2=children.nxp2,
        dose=histories.oral / 100,
        recent_pulse=last,
        weighted_dose=w,
        jak=(histories.jak_from <= d) & (d < histories.jak_from + JAK_DAYS),
        gi=histories.gi_day <= d - 1,
    )


def perforation_hazard(days, st, scenario):
    from jdm_stats.simulation.hazards import log_hazard_ratios, perforation_baseline

    r = log_hazard_ratios(scenario)
    nx = np.where(days < 540, r["nxp2_early"], r["nxp2_late"])
    lr = (
        r["severity"] * st.severity
        + nx * st.nxp2
        + r["dose"] * (1 - np.exp(-st.dose / scenario.dose_scale_mg_kg))
        + r["pulse"] * st.recent_pulse
        + r["cumulative"] * st.weighted_dose / 100
        + r["jak"] * st.jak
    )
    return np.round(
        perforation_baseline(scenario, len(days))[:, None]
        * np.exp(lr)
        * np.where(st.gi, 1.0, scenario.no_gi_factor),
        15,
    )


# STUB end
_AT_ONCE = 4 * BLOCK

Array = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """What is asked of the world: of whom, from when, for how long, of which draws."""

    scenario: Scenario
    eligibility: Eligibility
    time_zero: str | int
    horizon_days: int
    children: int
    seed: int

    @property
    def latest_day(self) -> int:
        """Latest day on which time zero may fall."""
        if isinstance(self.time_zero, int):
            return self.time_zero
        if self.time_zero == "diagnosis":
            return 0
        latest = self.eligibility.latest_day
        return self.scenario.follow_up_days if latest is None else latest


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


@dataclass(frozen=True)
class _Children:
    """m eligible children from time zero on, arrays of shape (H, m) but for weight (m,)."""

    index: NDArray[np.int64]
    weight: Array
    severity: Array
    hazard: list[Array]


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
    death = question.scenario.deaths_per_1000_years / 1000 / DAYS_PER_YEAR
    alive = np.exp(-death * np.arange(days))[:, None]
    for child in _parts(question, strategies):
        belongs = np.equal.outer(np.arange(GROUPS), child.index % GROUPS)
        shares = belongs * child.weight
        weight += shares.sum(axis=1)
        squares = child.weight**2
        squared, eligible = squared + squares.sum(), eligible + len(squares)
        risks = []
        for arm, hazard in enumerate(child.hazard):
            everyone[arm] += (hazard * alive) @ child.weight
            here = np.exp(hazard - np.cumsum(hazard, axis=0)) * alive
            perforated = here * -np.expm1(-hazard)
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


def _parts(question: Question, strategies: Sequence[Strategy]) -> Iterator[_Children]:
    """Yield the eligible children, some hundreds at a time."""
    latest, horizon = question.latest_day, question.horizon_days
    days = max(latest + horizon, LEAST_FOLLOW_UP)
    world = question.scenario.with_values(follow_up_days=days)
    for begin in range(0, question.children, _AT_ONCE):
        index = np.arange(begin, min(begin + _AT_ONCE, question.children))
        streams = Streams(question.seed, index)
        children = draw_children(streams, world)
        natural = _natural_course(streams, children, world)
        day = day_of_time_zero(question.time_zero, natural)
        came = day <= latest
        asked = question.eligibility
        good = eligible_children(asked, children, natural, np.where(came, day, latest))
        chosen = np.flatnonzero(came & good)
        if len(chosen):
            yield _from_time_zero(
                index[chosen],
                _only(children, chosen),
                _only(natural, chosen),
                day[chosen],
                streams.uniforms("strategy", 1)[0, chosen],
                (world, strategies, horizon),
            )


def _natural_course(streams: Streams, children: Children, world: Scenario) -> Histories:
    severity = children.deviation + world.severity_nxp2_shift * children.nxp2
    plan = plan_treatment(streams, children, severity, world)
    after = draw_aftermath(streams, world)
    return walk(
        streams, children, plan, after, world, perforations=False, keep_hazard=True
    )


def _only(record: T, chosen: NDArray[np.int64]) -> T:
    """Keep chosen children of a record whose arrays have them on their last axis."""
    parts = {f.name: getattr(record, f.name) for f in fields(record)}  # type: ignore[arg-type]
    arrays = {n: a[..., chosen] for n, a in parts.items() if isinstance(a, np.ndarray)}
    kept: T = replace(record, **arrays)  # type: ignore[type-var]
    return kept


def _from_time_zero(
    index: NDArray[np.int64],
    children: Children,
    natural: Histories,
    day: NDArray[np.int64],
    u: Array,
    asked: tuple[Scenario, Sequence[Strategy], int],
) -> _Children:
    world, strategies, horizon = asked
    assert natural.hazard is not None
    rows = day + np.arange(horizon)[:, None]
    summed = np.cumsum(natural.hazard, axis=0)
    before = np.take_along_axis(summed, np.maximum(day - 1, 0)[None, :], axis=0)[0]
    death = world.deaths_per_1000_years / 1000 / DAYS_PER_YEAR
    hazards = []
    for strategy in strategies:
        hazard = hazard_under(strategy, children, natural, day, u, world)
        hazards.append(np.take_along_axis(hazard, rows, axis=0))
    return _Children(
        index=index,
        weight=np.exp(-np.where(day > 0, before, 0.0) - death * day),
        severity=np.take_along_axis(natural.severity, rows, axis=0),
        hazard=hazards,
    )


def hazard_under(
    strategy: Strategy,
    children: Children,
    natural: Histories,
    time_zero: NDArray[np.int64],
    u: Array,
    scenario: Scenario,
) -> Array:
    """Return the hazard of a first perforation under a strategy; shape (D, n).

    Doses are changed, and nothing else: in this world steroids act neither on severity
    nor on GI involvement, flares or the JAK inhibitor.

    Parameters
    ----------
    strategy : Strategy
    children : Children
    natural : Histories
        The natural course without perforations.
    time_zero : array of int, shape (n,)
        Day from which the strategy is followed.
    u : array of float, shape (n,)
        Uniform numbers for the start.
    scenario : Scenario
    """
    doses = (natural.oral / 100, natural.pulse / 100)
    oral, pulse, _ = apply_strategy(strategy, *doses, time_zero, u)
    changed = replace(natural, oral=_hundredths(oral), pulse=_hundredths(pulse))
    states = day_states(children, changed, scenario)
    days = np.arange(len(oral))[:, None]
    return perforation_hazard(days, states, scenario)


def _hundredths(dose: Array) -> NDArray[np.int16]:
    return np.rint(dose * 100).astype(np.int16)
