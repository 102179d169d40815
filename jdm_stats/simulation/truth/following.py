"""Children from time zero on, each following every strategy in turn.

History up to time zero is as generated. From then on a strategy's doses take the place of
the natural ones, and nothing else changes: in this world steroids act neither on severity
nor on GI involvement, flares or the JAK inhibitor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.children import Children, draw_children
from jdm_stats.simulation.course.histories import Histories, hazard_path
from jdm_stats.simulation.course.lives import natural_course
from jdm_stats.simulation.course.subset import some_children
from jdm_stats.simulation.draws import BLOCK, Streams
from jdm_stats.simulation.hazards import chance_alive
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.truth.eligibility import (
    Eligibility,
    day_of_time_zero,
    eligible_children,
)
from jdm_stats.strategies import Strategy, apply_strategy

__all__ = ["Followers", "Question", "children_under", "hazard_under"]

_AT_ONCE = 4 * BLOCK
_LEAST_FOLLOW_UP = 365  # a scenario has no less

Array = NDArray[np.float64]


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
class Followers:
    """m eligible children from time zero on, arrays of shape (H, m) but for weight (m,)."""

    index: NDArray[np.int64]
    weight: Array
    severity: Array
    hazard: list[Array]


def children_under(
    question: Question, strategies: Sequence[Strategy]
) -> Iterator[Followers]:
    """Yield the eligible children under each strategy, some hundreds at a time.

    Parameters
    ----------
    question : Question
        Checked.
    strategies : sequence of Strategy

    Yields
    ------
    Followers
        The same children, with the same random numbers, under every strategy.
    """
    latest, horizon = question.latest_day, question.horizon_days
    days = max(latest + horizon, _LEAST_FOLLOW_UP)
    world = question.scenario.with_values(follow_up_days=days)
    for begin in range(0, question.children, _AT_ONCE):
        index = np.arange(begin, min(begin + _AT_ONCE, question.children))
        streams = Streams(question.seed, index)
        children = draw_children(streams, world)
        natural = natural_course(streams, children, world)
        day = day_of_time_zero(question.time_zero, natural)
        came = day <= latest
        asked = question.eligibility
        good = eligible_children(asked, children, natural, np.where(came, day, latest))
        chosen = np.flatnonzero(came & good)
        if len(chosen):
            yield _from_time_zero(
                index[chosen],
                some_children(children, chosen),
                some_children(natural, chosen),
                day[chosen],
                streams.uniforms("strategy", 1)[0, chosen],
                (world, strategies, horizon),
            )


def _from_time_zero(
    index: NDArray[np.int64],
    children: Children,
    natural: Histories,
    day: NDArray[np.int64],
    u: Array,
    asked: tuple[Scenario, Sequence[Strategy], int],
) -> Followers:
    world, strategies, horizon = asked
    assert natural.hazard is not None
    rows = day + np.arange(horizon)[:, None]
    summed = np.cumsum(natural.hazard, axis=0)
    before = np.take_along_axis(summed, np.maximum(day - 1, 0)[None, :], axis=0)[0]
    hazards = []
    for strategy in strategies:
        hazard = hazard_under(strategy, children, natural, day, u, world)
        hazards.append(np.take_along_axis(hazard, rows, axis=0))
    return Followers(
        index=index,
        weight=np.exp(-np.where(day > 0, before, 0.0)) * chance_alive(world, day),
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
    return hazard_path(
        children, natural, scenario, oral=_hundredths(oral), pulse=_hundredths(pulse)
    )


def _hundredths(dose: Array) -> NDArray[np.int16]:
    return np.rint(dose * 100).astype(np.int16)
