"""What follows a first perforation: sites, surgery, pulses, new perforations, death.

Shares come from the scenario; the days are assumed. Pulses come 1 to 5 days after the
first perforation; a further perforation 5 days or more after the last, 20 days on average;
surgery within 2 days; death, when it comes, within 364 days, early days being likelier.
A repair that fails leaks at the same site or gives way elsewhere; what is operated on
after that may end in a stoma. Whether pulses make a repair fail is the scenario's to say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.simulation.course.children import logistic, share_log_odds
from jdm_stats.simulation.draws import Streams, exponential, pick
from jdm_stats.simulation.scenario import Scenario

__all__ = ["MOST_PERFORATIONS", "Aftermath", "draw_aftermath"]

MOST_PERFORATIONS = 4
_PULSE_WITHIN = 5
_NEXT_AFTER, _NEXT_MEAN = 5, 15.0
_SURGERY_WITHIN = 2
_DEATH_WITHIN = 364
_CYCLOPHOSPHAMIDE_SHARE = 0.8
_PER_PERFORATION = 5
_PER_REPAIR = 2


@dataclass(frozen=True)
class Aftermath:
    """Days counted from the first perforation, for each of n children.

    ``pulse`` and ``death`` and ``cyclophosphamide``: shape (n,), -1 for none;
    ``perforations``: shape (4, n), the first row 0, -1 for none; ``surgeries``: shape
    (4, n), -1 for none; ``sites``: shape (4, n); ``stomas``: shape (4, n), whether the
    operation ended in a stoma.
    """

    pulse: NDArray[np.int64]
    death: NDArray[np.int64]
    cyclophosphamide: NDArray[np.int64]
    perforations: NDArray[np.int64]
    surgeries: NDArray[np.int64]
    sites: NDArray[np.object_]
    stomas: NDArray[np.bool_]


def draw_aftermath(streams: Streams, scenario: Scenario) -> Aftermath:
    """Draw for every child what would follow a first perforation.

    Parameters
    ----------
    streams : Streams
        Random numbers of the n children.
    scenario : Scenario

    Returns
    -------
    Aftermath

    Examples
    --------
    >>> after = draw_aftermath(Streams(1, np.arange(256)), Scenario())
    >>> round(float((after.pulse > 0).mean()), 1)
    0.9
    """
    first = 6 + _PER_PERFORATION * MOST_PERFORATIONS
    u = streams.uniforms("aftermath", first + _PER_REPAIR * MOST_PERFORATIONS)
    pulsed = u[0] < scenario.pulse_after_perforation_share
    dies = u[2] < scenario.death_after_perforation_share
    early = u[3] * np.sqrt(u[3])
    treated = u[4] < _CYCLOPHOSPHAMIDE_SHARE
    days = _further(
        u[6:first].reshape(MOST_PERFORATIONS, _PER_PERFORATION, -1),
        u[first:].reshape(MOST_PERFORATIONS, _PER_REPAIR, -1),
        pulsed,
        scenario,
    )
    return Aftermath(
        pulse=np.where(pulsed, 1 + (u[1] * _PULSE_WITHIN).astype(np.int64), -1),
        death=np.where(dies, 1 + (early * _DEATH_WITHIN).astype(np.int64), -1),
        cyclophosphamide=np.where(treated, 7 + (u[5] * 14).astype(np.int64), -1),
        **days,
    )


def _further(
    u: NDArray[np.float64],
    repair: NDArray[np.float64],
    pulsed: NDArray[np.bool_],
    scenario: Scenario,
) -> dict[str, NDArray[Any]]:
    """Perforation after perforation, each after the failure of what was done before."""
    odds = share_log_odds(scenario.recurrence_share)
    fails = logistic(odds + math.log(scenario.repair_pulse_or) * pulsed.astype(float))
    n = len(pulsed)
    day, goes_on = np.zeros(n, dtype=np.int64), np.ones(n, dtype=bool)
    repaired, site = np.zeros(n, dtype=bool), np.full(n, None, dtype=object)
    found: dict[str, list[NDArray[Any]]] = {
        name: [] for name in ("perforations", "surgeries", "sites", "stomas")
    }
    for k in range(MOST_PERFORATIONS):
        again, gap, operated, wait, place = u[k]
        if k > 0:
            goes_on = goes_on & (again < fails)
            later = _NEXT_AFTER + np.floor(exponential(gap) * _NEXT_MEAN)
            day = day + later.astype(np.int64)
        leaks = repaired & (repair[k, 0] < scenario.leak_share)
        site = np.where(leaks, site, pick(place, scenario.site_mix))
        repaired = operated < scenario.surgery_share
        surgery = day + (wait * (_SURGERY_WITHIN + 1)).astype(np.int64)
        found["perforations"].append(np.where(goes_on, day, -1))
        found["surgeries"].append(np.where(goes_on & repaired, surgery, -1))
        found["sites"].append(site)
        stoma = (repair[k, 1] < scenario.stoma_share) & (k > 0)
        found["stomas"].append(stoma)
    return {name: np.array(listed) for name, listed in found.items()}
