"""What follows a first perforation: sites, surgery, pulses, new perforations, death.

Shares come from the scenario; the days are assumed. Pulses come 1 to 5 days after the
first perforation; a new perforation 5 days or more after the last, 20 days on average;
surgery within 2 days; death, when it comes, within 364 days, early days being likelier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


@dataclass(frozen=True)
class Aftermath:
    """Days counted from the first perforation, for each of n children.

    ``pulse`` and ``death`` and ``cyclophosphamide``: shape (n,), -1 for none;
    ``perforations``: shape (4, n), the first row 0, -1 for none; ``surgeries``: shape
    (4, n), -1 for none; ``sites``: shape (4, n).
    """

    pulse: NDArray[np.int64]
    death: NDArray[np.int64]
    cyclophosphamide: NDArray[np.int64]
    perforations: NDArray[np.int64]
    surgeries: NDArray[np.int64]
    sites: NDArray[np.object_]


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
    rows = 6 + _PER_PERFORATION * MOST_PERFORATIONS
    u = streams.uniforms("aftermath", rows)
    pulsed = u[0] < scenario.pulse_after_perforation_share
    dies = u[2] < scenario.death_after_perforation_share
    early = u[3] * np.sqrt(u[3])
    treated = u[4] < _CYCLOPHOSPHAMIDE_SHARE
    day = np.zeros(u.shape[1], dtype=np.int64)
    goes_on = np.ones(u.shape[1], dtype=bool)
    perforations, surgeries, sites = [], [], []
    for k in range(MOST_PERFORATIONS):
        again, gap, operated, wait, site = u[6 + _PER_PERFORATION * k :][
            :_PER_PERFORATION
        ]
        if k > 0:
            goes_on = goes_on & (again < scenario.recurrence_share)
            later = _NEXT_AFTER + np.floor(exponential(gap) * _NEXT_MEAN)
            day = day + later.astype(np.int64)
        surgery = day + (wait * (_SURGERY_WITHIN + 1)).astype(np.int64)
        has_surgery = goes_on & (operated < scenario.surgery_share)
        perforations.append(np.where(goes_on, day, -1))
        surgeries.append(np.where(has_surgery, surgery, -1))
        sites.append(pick(site, scenario.site_mix))
    return Aftermath(
        pulse=np.where(pulsed, 1 + (u[1] * _PULSE_WITHIN).astype(np.int64), -1),
        death=np.where(dies, 1 + (early * _DEATH_WITHIN).astype(np.int64), -1),
        cyclophosphamide=np.where(treated, 7 + (u[5] * 14).astype(np.int64), -1),
        perforations=np.array(perforations),
        surgeries=np.array(surgeries),
        sites=np.array(sites),
    )
