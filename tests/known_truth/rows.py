"""Rows for a Cox fit with the generator's own terms, latent severity among them.

One row (d, d+1] for each child at risk on each day d on which a child perforates, with the
state of day d as the hazard read it. That is all a partial likelihood sees. Nothing here comes
from ``exposure/``. All at risk are kept: where steroids do much harm, a sample of 300 a day
holds so few with a recent pulse that its standard errors are too small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.histories import day_states
from jdm_stats.simulation.course.lives import Lives, draw_lives
from jdm_stats.simulation.draws import AT_ONCE
from jdm_stats.simulation.hazards import NXP2_EARLY_DAYS, DayState, log_hazard_ratios
from jdm_stats.simulation.scenario import Scenario

# Terms whose groups are present and absent; the others are split at a value.
SPLIT_AT = {"severity": 0.5, "dose": 0.5, "cumulative": 1.0}


@dataclass(frozen=True)
class Rows:
    """``x``: (m, p) columns ``terms``; ``event``, ``start``, ``child``: (m,)."""

    terms: tuple[str, ...]
    x: NDArray[np.float64]
    event: NDArray[np.bool_]
    start: NDArray[np.int64]
    child: NDArray[np.int64]


def true_values(scenario: Scenario) -> dict[str, float]:
    """True log hazard ratio of each term; GI involvement against none among them.

    Terms that are null because the world has no such thing (threshold, JAK inhibitor) are
    left out; the steroid terms stay, null or not.
    """
    ratios = log_hazard_ratios(scenario)
    optional = {"threshold", "jak"}
    kept = {name: r for name, r in ratios.items() if r or name not in optional}
    return kept | {"gi": -float(np.log(scenario.no_gi_factor))}


def true_rows(scenario: Scenario, children: int, seed: int) -> Rows:
    """Draw children and give their rows on every day before an event.

    Parameters
    ----------
    scenario : Scenario
    children, seed : int

    Returns
    -------
    Rows
    """
    parts = [
        lives
        for first in range(0, children, AT_ONCE)
        for lives in draw_lives(
            seed, np.arange(first, min(first + AT_ONCE, children)), scenario
        )
    ]
    days = np.unique(np.concatenate([_event_days(lives) for lives in parts])) - 1
    terms = tuple(true_values(scenario))
    own = [_rows_of(lives, days, terms, scenario) for lives in parts]
    return Rows(terms, *(np.concatenate(column) for column in zip(*own, strict=True)))


def _event_days(lives: Lives) -> NDArray[np.int64]:
    first = lives.histories.perforation_day
    seen = lives.reached & (first > lives.children.entry) & (first <= lives.exit)
    return first[seen]


def _rows_of(
    lives: Lives,
    days: NDArray[np.int64],
    terms: tuple[str, ...],
    scenario: Scenario,
) -> tuple[NDArray, ...]:
    first, entry = lives.histories.perforation_day, lives.children.entry
    last = np.minimum(first, lives.exit)
    day = days[:, None]
    at_risk = (entry <= day) & (day < last) & lives.reached
    state = day_states(lives.children, lives.histories)
    columns = _columns(state, days, scenario)
    place, child = np.nonzero(at_risk)
    x = np.column_stack([columns[term][place, child] for term in terms])
    return x, first[child] == days[place] + 1, days[place], lives.index[child]


def _columns(
    state: DayState, days: NDArray[np.int64], scenario: Scenario
) -> dict[str, NDArray[np.float64]]:
    """Every term of the hazard on the days asked for, (len(days), n)."""
    dose = state.dose[days]
    nxp2 = np.broadcast_to(state.nxp2, dose.shape)
    early = (days < NXP2_EARLY_DAYS)[:, None]
    return {
        "severity": state.severity[days],
        "nxp2_early": nxp2 * early,
        "nxp2_late": nxp2 * ~early,
        "dose": 1.0 - np.exp(-dose / scenario.dose_scale_mg_kg),
        "threshold": (dose >= scenario.threshold_mg_kg).astype(float),
        "pulse": state.recent_pulse[days].astype(float),
        "cumulative": state.weighted_dose[days] / 100.0,
        "jak": state.jak[days].astype(float),
        "gi": state.gi[days].astype(float),
    }


def smaller_groups(rows: Rows) -> dict[str, int]:
    """Events in the smaller of a term's two groups.

    Present and absent; for severity, dose and weighted dose above and below a value of
    `SPLIT_AT`. For NXP2 before and from 18 months, among the events of that period only.
    """
    x, start = rows.x[rows.event], rows.start[rows.event]
    found = {}
    for place, term in enumerate(rows.terms):
        own = x[:, place]
        if term.startswith("nxp2"):
            own = own[(start < NXP2_EARLY_DAYS) == (term == "nxp2_early")]
        above = int((own >= SPLIT_AT.get(term, 0.5)).sum())
        found[term] = min(above, len(own) - above)
    return found
