"""The sums behind every answer: over the number of events, and over their split.

``K ~ Binomial(n, q)`` counts the events of n children of whom each has one seen with
chance q; given K, ``x ~ Binomial(K, pi)`` of them are exposed, ``pi = p r / (p r + 1 - p)``.
Nothing here is drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom, norm

from jdm_stats.errors import UsageError
from jdm_stats.intervals.columns import is_real
from jdm_stats.power.split_tests import cut_offs
from jdm_stats.power.study_design import StudyDesign, chance_of_event

__all__ = [
    "EventLaw",
    "breaks_its_level",
    "event_law",
    "exposed_share_of_events",
    "schoenfeld_events",
    "schoenfeld_power",
]

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_NEGLIGIBLE = 1e-12


def exposed_share_of_events(exposure_share: float, hazard_ratio: float) -> float:
    """Return the share of events expected among the exposed: ``p r / (p r + 1 - p)``.

    Parameters
    ----------
    exposure_share : float
        Exposed share p of the children at risk.
    hazard_ratio : float
        r, 0 or more, or infinite.

    Examples
    --------
    >>> exposed_share_of_events(0.2, 4.0)
    0.5
    """
    if math.isinf(hazard_ratio):
        return 1.0
    risen = exposure_share * hazard_ratio
    return risen / (risen + 1.0 - exposure_share)


def schoenfeld_events(
    hazard_ratio: float,
    exposure_share: float,
    power: float = 0.8,
    *,
    alpha: float = 0.05,
    two_sided: bool = True,
    r_squared: float = 0.0,
) -> float:
    """Return the events that Schoenfeld's formula asks for.

    ``(z_(1 - alpha/2) + z_power)^2 / (p (1 - p) log(r)^2 (1 - R^2))`` (Schoenfeld,
    Biometrics 1983;39:499-503; Hsieh and Lavori, Control Clin Trials 2000;21:552-560). It
    rests on large samples: for comparison only.

    Parameters
    ----------
    hazard_ratio : float
        Above 0, not 1.
    exposure_share : float
        Exposed share of the children at risk.
    power : float, default 0.8
    alpha : float, default 0.05
    two_sided : bool, default True
    r_squared : float, default 0
        Squared multiple correlation of the exposure with the other covariates.

    Returns
    -------
    float
        Not rounded up.

    Raises
    ------
    UsageError
        If a number is impossible; all faults at once.

    Examples
    --------
    >>> round(schoenfeld_events(hazard_ratio=2.0, exposure_share=0.5, power=0.8), 2)
    65.35
    """
    wrong = []
    if not (is_real(hazard_ratio) and hazard_ratio > 0 and hazard_ratio != 1):
        wrong.append(f"hazard_ratio must be above 0 and not 1, not {hazard_ratio!r}")
    for name, value in (("exposure_share", exposure_share), ("power", power)):
        if not (is_real(value) and 0 < value < 1):
            wrong.append(f"{name} must be between 0 and 1, not {value!r}")
    if not (is_real(alpha) and 0 < alpha < 0.5):
        wrong.append(f"alpha must be between 0 and 0.5, not {alpha!r}")
    if not (is_real(r_squared) and 0 <= r_squared < 1):
        wrong.append(f"r_squared must be from 0 to below 1, not {r_squared!r}")
    if wrong:
        raise UsageError("; ".join(wrong))
    z = float(norm.isf(alpha / 2 if two_sided else alpha) + norm.ppf(power))
    spread = exposure_share * (1 - exposure_share) * (1 - r_squared)
    return z * z / (spread * math.log(hazard_ratio) ** 2)


def schoenfeld_power(design: StudyDesign, hazard_ratio: float) -> float:
    """Return the power by Schoenfeld's formula at the expected number of events.

    Parameters
    ----------
    design : StudyDesign
    hazard_ratio : float
        Above 0, or infinite.
    """
    p = design.exposure_share
    events = design.n_children * chance_of_event(design)
    if events > 0 and (hazard_ratio == 0 or math.isinf(hazard_ratio)):
        return 1.0
    if events == 0:
        hazard_ratio = 1.0
    spread = events * p * (1 - p) * (1 - design.r_squared)
    z = float(norm.isf(design.alpha / 2 if design.two_sided else design.alpha))
    return float(norm.cdf(abs(math.log(hazard_ratio)) * math.sqrt(spread) - z))


@dataclass(frozen=True, eq=False)
class EventLaw:
    """Numbers of events, the chance of each, and the splits that are significant.

    Parameters
    ----------
    counts, chances : arrays of shape (n,)
        Numbers of events K worth of information, and the chance of each.
    low, high : arrays of shape (n,)
        Rejects when exposed events are <= low or >= high.
    """

    counts: IntArray
    chances: FloatArray
    low: IntArray
    high: IntArray

    def tails(self, exposed_share: float) -> tuple[float, float]:
        """Return the chance of significance at few, and at many, exposed events."""
        few = binom.cdf(self.low, self.counts, exposed_share)
        many = binom.sf(self.high - 1, self.counts, exposed_share)
        return float(few @ self.chances), float(many @ self.chances)

    def power(self, exposed_share: float) -> float:
        """Return the chance of a significant result, on whichever side."""
        return min(1.0, sum(self.tails(exposed_share)))


def breaks_its_level(law: EventLaw, design: StudyDesign) -> bool:
    """Tell whether a test is significant without an effect more than twice as often as said.

    Firth's is where an exposure is so rare that a single event, of an unexposed child, puts
    the penalised estimate far above 1.

    Examples
    --------
    >>> rare = StudyDesign(exposure_share=1e-5)
    >>> breaks_its_level(event_law(rare, 1), rare)
    True
    """
    return law.power(design.exposure_share) > 2 * design.alpha


def event_law(design: StudyDesign, side: int) -> EventLaw:
    """Return the law of the events of a design, thinned by ``1 - r_squared``.

    Parameters
    ----------
    design : StudyDesign
        Its test is not ``schoenfeld``.
    side : {1, -1}
        On which side of 1 the hazard ratio in question lies; for one-sided tests.
    """
    chance = chance_of_event(design) * (1 - design.r_squared)
    way = 0 if design.two_sided else side
    return _law(
        int(design.n_children),
        chance,
        design.exposure_share,
        *(design.alpha, design.test, way),
    )


@lru_cache(maxsize=4096)
def _law(
    children: int, chance: float, share: float, alpha: float, test: str, side: int
) -> EventLaw:
    first = int(binom.ppf(_NEGLIGIBLE, children, chance)) if chance > 0 else 0
    last = int(binom.isf(_NEGLIGIBLE, children, chance)) if chance > 0 else 0
    counts = np.arange(max(first, 0), last + 1, dtype=np.int64)
    chances = binom.pmf(counts, children, chance)
    low, high = cut_offs(counts, share, alpha, test, side)
    return EventLaw(counts, chances / chances.sum(), low, high)


def fewest_events(design: StudyDesign, side: int) -> int:
    """Return the fewest events of which any split on one side can be significant.

    Parameters
    ----------
    design : StudyDesign
    side : {1, -1}
        1: all events among the exposed. -1: none of them.
    """
    few = np.arange(1, 257, dtype=np.int64)
    found = np.flatnonzero(_can_reject(design, few, side))
    if len(found):
        return int(few[found[0]])
    low, high = 256, 512
    while not _can_reject(design, np.array([high]), side)[0]:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        enough = bool(_can_reject(design, np.array([middle]), side)[0])
        low, high = (low, middle) if enough else (middle, high)
    return high


def _can_reject(design: StudyDesign, counts: IntArray, side: int) -> NDArray[np.bool_]:
    test = "exact" if design.test == "schoenfeld" else design.test
    way = 0 if design.two_sided else side
    low, high = cut_offs(counts, design.exposure_share, design.alpha, test, way)
    return high <= counts if side > 0 else low >= 0
