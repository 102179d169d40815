"""When perforations come after diagnosis: the cumulative risk over time since diagnosis.

Perforation is front-loaded. Following children twice as long does not double the events,
and a plan that multiplies person-years by a constant rate promises events that will not
come. Three courses are at hand: the published one (lognormal, median 9 months), that of a
synthetic world, and, for comparison, a constant rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from jdm_stats.errors import PlanError
from jdm_stats.schema import DAYS_PER_MONTH

__all__ = ["CONSTANT", "PUBLISHED", "TWO_YEARS", "TimeCourse"]

TWO_YEARS = 730  # days; the horizon of every "risk by 24 months"
_KINDS = ("lognormal", "constant", "tabulated")


@dataclass(frozen=True)
class TimeCourse:
    """Cumulative risk of a first perforation by day since diagnosis.

    Parameters
    ----------
    name : str
        What it is called in tables and sentences.
    kind : {"lognormal", "constant", "tabulated"}
        ``lognormal``: the days from diagnosis to perforation, given a perforation;
        ``constant``: a constant rate; ``tabulated``: ``shares`` at ``days``.
    median_days, log_spread : float
        Of the lognormal: median in days, SD of log days.
    days, shares : tuple of float
        Of a tabulated course: rising days from 0, and the cumulative risk by each, divided
        by the risk by day 730. Straight between them, flat after the last.
    synthetic : bool
        Whether it was worked out from a synthetic world.

    Raises
    ------
    PlanError
        If the values make no course; all faults at once.

    Examples
    --------
    With a constant rate the second two years bring nearly as many events as the first;
    in the published course a sixth as many.

    >>> CONSTANT.risk_by([730, 1460], 0.02).round(4).tolist()
    [0.02, 0.0396]
    >>> PUBLISHED.risk_by([730, 1460], 0.02).round(4).tolist()
    [0.02, 0.023]
    """

    name: str
    kind: str
    median_days: float = math.nan
    log_spread: float = math.nan
    days: tuple[float, ...] = ()
    shares: tuple[float, ...] = ()
    synthetic: bool = False

    def __post_init__(self) -> None:
        """Refuse what makes no course."""
        faults = []
        if self.kind not in _KINDS:
            faults.append(f"kind must be one of {_KINDS}; received {self.kind!r}")
        if self.kind == "lognormal":
            for name in ("median_days", "log_spread"):
                value = getattr(self, name)
                if not (math.isfinite(value) and value > 0):
                    faults.append(f"{name} must be a number above 0, not {value!r}")
        if self.kind == "tabulated":
            faults += self._table_faults()
        if faults:
            raise PlanError("the time course is at fault:\n  " + "\n  ".join(faults))

    def _table_faults(self) -> list[str]:
        days, shares = np.array(self.days, float), np.array(self.shares, float)
        if len(days) != len(shares) or len(days) < 2:
            return ["days and shares must be equally long, two or more of each"]
        faults = []
        if not (days[0] == 0 and (np.diff(days) > 0).all() and days[-1] >= TWO_YEARS):
            faults.append(f"days must rise from 0 to {TWO_YEARS} or beyond")
        if not (shares[0] == 0 and (np.diff(shares) >= 0).all()):
            faults.append("shares must not fall, and begin with 0")
        if not faults and abs(np.interp(TWO_YEARS, days, shares) - 1) > 1e-6:
            faults.append(f"the share by day {TWO_YEARS} must be 1")
        return faults

    def risk_by(self, days: ArrayLike, risk_24_months: float) -> NDArray[np.float64]:
        """Return the cumulative risk by each day, nobody lost and no other death.

        Parameters
        ----------
        days : array of float, shape (n,)
            Days since diagnosis, 0 or more.
        risk_24_months : float
            Risk by day 730.

        Returns
        -------
        array of float, shape (n,)
        """
        day = np.asarray(days, dtype=float)
        if self.kind == "constant":
            log_free = math.log1p(-risk_24_months) / TWO_YEARS
            risk: NDArray[np.float64] = -np.expm1(log_free * day)
            return risk
        if self.kind == "tabulated":
            return risk_24_months * np.interp(day, self.days, self.shares)
        within = self._lognormal(np.array([float(TWO_YEARS)]))[0]
        return np.minimum(risk_24_months * self._lognormal(day) / within, 1.0)

    def _lognormal(self, day: NDArray[np.float64]) -> NDArray[np.float64]:
        standard = np.log(np.maximum(day, 1e-9) / self.median_days) / self.log_spread
        shares: NDArray[np.float64] = ndtr(standard)
        return np.where(day > 0, shares, 0.0)


# Evidence tables: time_to_perforation_median_months and ..._lognormal_sigma (Xu 2023).
PUBLISHED = TimeCourse("published", "lognormal", 9.0 * DAYS_PER_MONTH, 1.1)
CONSTANT = TimeCourse("constant rate", "constant")
