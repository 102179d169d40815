"""Whole lives of children, from diagnosis to the end of follow-up.

A child who would have died before referral never reached the registry. Such a child is
drawn again, with streams of its own, so that delayed entry is true left truncation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.errors import PlanError
from jdm_stats.simulation.course.aftermath import Aftermath, draw_aftermath
from jdm_stats.simulation.course.children import Children, draw_children
from jdm_stats.simulation.course.histories import NEVER, Histories, walk
from jdm_stats.simulation.course.readings import Readings, read_clinic
from jdm_stats.simulation.course.treatment import Plan, plan_treatment
from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.scenario import Scenario

__all__ = ["Lives", "draw_lives", "natural_course"]

_MOST_ATTEMPTS = 100


@dataclass(frozen=True)
class Lives:
    """All that happened to n children; ``index`` counts them within the cohort.

    ``exit`` is the last day of follow-up, ``reason`` why it ended, ``death`` the day of
    death or `NEVER`; ``reached`` is False for a child who died before entry.
    """

    index: NDArray[np.int64]
    children: Children
    plan: Plan
    aftermath: Aftermath
    histories: Histories
    readings: Readings
    death: NDArray[np.int64]
    exit: NDArray[np.int64]
    reason: NDArray[np.object_]

    @property
    def reached(self) -> NDArray[np.bool_]:
        """Whether the child lived to enter the registry."""
        return self.death > self.children.entry


def draw_lives(
    seed: int, index: NDArray[np.int64], scenario: Scenario, attempt: int = 0
) -> list[Lives]:
    """Draw lives until every child has reached the registry.

    Parameters
    ----------
    seed : int
    index : array of int, shape (n,)
        Which children of the cohort.
    scenario : Scenario
    attempt : int, default 0
        Number of the draw.

    Returns
    -------
    list of Lives
        One per attempt; a child counts where it `reached` the registry.

    Raises
    ------
    PlanError
        If the scenario lets hardly any child reach the registry.
    """
    lives = _draw(seed, index, scenario, attempt)
    missing = index[~lives.reached]
    if not len(missing):
        return [lives]
    if attempt >= _MOST_ATTEMPTS:
        raise PlanError(
            f"{len(missing)} children died before entry {attempt + 1} times over; lower "
            "deaths_per_1000_years or delayed_entry_mean_days"
        )
    return [lives, *draw_lives(seed, missing, scenario, attempt + 1)]


def _draw(
    seed: int, index: NDArray[np.int64], scenario: Scenario, attempt: int
) -> Lives:
    streams = Streams(seed, index, attempt)
    children = draw_children(streams, scenario)
    severity = children.severity_at_diagnosis(scenario)
    plan = plan_treatment(streams, children, severity, scenario)
    aftermath = draw_aftermath(streams, scenario)
    histories = walk(streams, children, plan, aftermath, scenario)
    perforated = histories.perforation_day < NEVER
    dies = perforated & (aftermath.death > 0)
    after = np.where(dies, histories.perforation_day + aftermath.death, NEVER)
    death = np.minimum(children.death, after)
    loss = children.entry + children.loss
    ends = np.minimum(np.minimum(children.lock, loss), death)
    reason = np.where(children.at_18, "transfer", "administrative").astype(object)
    reason[loss == ends] = "lost"
    reason[death == ends] = "death"
    return Lives(
        index=index,
        children=children,
        plan=plan,
        aftermath=aftermath,
        histories=histories,
        readings=read_clinic(streams, children, histories, scenario),
        death=death,
        exit=ends,
        reason=reason,
    )


def natural_course(
    streams: Streams, children: Children, scenario: Scenario, plan: Plan | None = None
) -> Histories:
    """Let the days pass without perforations, the hazard of one being kept.

    Parameters
    ----------
    streams : Streams
        Those the children were drawn from.
    children : Children
    scenario : Scenario
    plan : Plan, optional
        Their planned treatment, when it is drawn already.

    Returns
    -------
    Histories
        ``hazard`` is that of a first perforation, shape (D, n).

    Examples
    --------
    >>> world, streams = Scenario(follow_up_days=365), Streams(1, np.arange(3))
    >>> course = natural_course(streams, draw_children(streams, world), world)
    >>> course.hazard.shape, bool((course.perforation_day == NEVER).all())
    ((366, 3), True)
    """
    if plan is None:
        severity = children.severity_at_diagnosis(scenario)
        plan = plan_treatment(streams, children, severity, scenario)
    aftermath = draw_aftermath(streams, scenario)
    return walk(
        *(streams, children, plan, aftermath, scenario),
        perforations=False,
        keep_hazard=True,
    )
