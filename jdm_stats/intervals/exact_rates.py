"""One rate with exact limits, two-sided and one-sided, from a count and person-time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.html import html_table
from jdm_stats.intervals.columns import check_level, check_positive, raise_all
from jdm_stats.intervals.exact import is_count, poisson_limits
from jdm_stats.intervals.rare_words import rate_statement

__all__ = ["ExactRate", "exact_rate"]


@dataclass(frozen=True)
class ExactRate:
    """A rate with its exact limits.

    Parameters
    ----------
    events : int
    person_years, per : float
    rate : float
        Events per ``per`` person-years, as all the limits are.
    conf_low, conf_high : float
        Two-sided limits: ``1 - conf_level`` shared by both sides.
    lower_one_sided, upper_one_sided : float
        One-sided limits at the same level, each to be read alone.
    conf_level : float
    """

    events: int
    person_years: float
    per: float
    rate: float
    conf_low: float
    conf_high: float
    lower_one_sided: float
    upper_one_sided: float
    conf_level: float

    def tidy(self) -> pd.DataFrame:
        """One row per kind of limit.

        Returns
        -------
        DataFrame
            ``term, estimate, conf_low, conf_high, scale, interval, events, person_years,
            per_person_years, conf_level``; ``interval`` is ``exact``, ``exact lower``
            or ``exact upper`` (one-sided: the other end is open).
        """
        ends = {
            "exact": (self.conf_low, self.conf_high),
            "exact lower": (self.lower_one_sided, float("inf")),
            "exact upper": (0.0, self.upper_one_sided),
        }
        return pd.DataFrame(
            {
                "term": "rate",
                "estimate": self.rate,
                "conf_low": [low for low, _ in ends.values()],
                "conf_high": [high for _, high in ends.values()],
                "scale": "rate",
                "interval": list(ends),
                "events": self.events,
                "person_years": self.person_years,
                "per_person_years": self.per,
                "conf_level": self.conf_level,
            }
        )

    def in_words(
        self, *, children: int | None = None, group: str = "", one_sided: bool = True
    ) -> str:
        """Say the rate; see `jdm_stats.intervals.rare_words.rate_statement`."""
        return rate_statement(
            self.events,
            children=children,
            person_years=self.person_years,
            group=group,
            per=self.per,
            conf_level=self.conf_level,
            one_sided=one_sided,
        )

    def __repr__(self) -> str:
        return (
            f"<ExactRate: {self.events} in {self.person_years:g} person-years, "
            f"{self.rate:.3g} per {self.per:g} ({self.conf_low:.3g} to "
            f"{self.conf_high:.3g})>"
        )

    def _repr_html_(self) -> str:
        shown = self.tidy()[["interval", "estimate", "conf_low", "conf_high"]]
        caption = (
            f"{self.events} events in {self.person_years:g} person-years: rate per "
            f"{self.per:g}, {100 * self.conf_level:g}% limits"
        )
        return html_table(shown, caption=caption)


def exact_rate(
    events: int, person_years: float, *, per: float = 100.0, conf_level: float = 0.95
) -> ExactRate:
    """Give a rate with exact limits (Garwood, Biometrika 1936;28:437-442).

    Parameters
    ----------
    events : int
    person_years : float
        Above 0.
    per : float, default 100
        Person-years the rate is given for.
    conf_level : float, default 0.95

    Returns
    -------
    ExactRate

    Raises
    ------
    UsageError
        If a number is impossible; all faults at once.

    Examples
    --------
    >>> exact_rate(6, 400)
    <ExactRate: 6 in 400 person-years, 1.5 per 100 (0.55 to 3.26)>
    >>> round(exact_rate(0, 96).upper_one_sided, 2)
    3.12
    """
    wrong: list[str] = []
    if not is_count(events):
        wrong.append(f"events must be a whole number from 0 up, received {events!r}")
    check_positive(person_years, "person_years", wrong)
    check_positive(per, "per", wrong)
    check_level(conf_level, wrong)
    raise_all(wrong)
    scale = per / person_years
    found = poisson_limits(np.array([int(events)]), conf_level)
    limits = {name: float(limit[0]) * scale for name, limit in found.items()}
    return ExactRate(
        events=int(events),
        person_years=float(person_years),
        per=float(per),
        rate=events * scale,
        conf_level=float(conf_level),
        **limits,
    )
