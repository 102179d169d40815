"""Priors on log ratios, and what each is worth in events.

A prior is a penalty: the log of its density is added to the log-likelihood. Both kinds say
how far a ratio may plausibly lie from 1, and how much data that opinion weighs as.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import beta as beta_distribution
from scipy.stats import norm

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.penalty import PriorPenalty
from jdm_stats.models.plain_sums import INTERCEPT

__all__ = ["LogF", "NormalPrior"]


@dataclass(frozen=True, kw_only=True)
class NormalPrior:
    """A normal prior on a log hazard ratio or log odds ratio.

    Parameters
    ----------
    sd : float
        Standard deviation of the log ratio, above zero.
    mean : float, default 0
        Of the log ratio.

    Raises
    ------
    UsageError
        When ``sd`` is not above zero or a number is not finite.

    Examples
    --------
    A ratio between 1/16 and 16 with 95% probability.

    >>> prior = NormalPrior.from_ratio_limits(1 / 16, 16)
    >>> round(prior.sd, 3), round(prior.events_worth, 2)
    (1.415, 2.0)
    """

    sd: float
    mean: float = 0.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.sd) and self.sd > 0 and np.isfinite(self.mean)):
            raise UsageError(
                "a normal prior needs a finite mean and a standard deviation above zero; "
                f"received mean={self.mean!r}, sd={self.sd!r}"
            )

    @classmethod
    def from_ratio_limits(
        cls, low: float, high: float, probability: float = 0.95
    ) -> NormalPrior:
        """Make the prior that holds a ratio between two values with a given probability."""
        if not (0 < low < high and np.isfinite(high) and 0 < probability < 1):
            raise UsageError(
                "limits of a ratio must be positive, the lower first, and the probability "
                f"between 0 and 1; received {low!r}, {high!r}, {probability!r}"
            )
        reach = 2.0 * float(norm.isf((1.0 - probability) / 2.0))
        spread = (np.log(high) - np.log(low)) / reach
        return cls(sd=float(spread), mean=float((np.log(low) + np.log(high)) / 2.0))

    @property
    def variance(self) -> float:
        """Variance of the log ratio."""
        return self.sd**2

    @property
    def events_worth(self) -> float:
        """Events that would say as much, half of them exposed in a balanced study.

        Four divided by the variance.
        """
        return 4.0 / self.variance

    @property
    def ratio_limits(self) -> tuple[float, float]:
        """Ratios between which the prior lies with 95% probability."""
        reach = float(norm.isf(0.025)) * self.sd
        with np.errstate(over="ignore", under="ignore"):  # a prior that says nothing
            low, high = np.exp([self.mean - reach, self.mean + reach])
        return float(low), float(high)

    def __str__(self) -> str:
        return f"normal(mean {self.mean:g}, SD {self.sd:g})"


@dataclass(frozen=True)
class LogF:
    """A log-F prior on a log hazard ratio or log odds ratio (Greenland and Mansournia 2015).

    Parameters
    ----------
    m1 : float, default 1
        Degrees of freedom; the prior weighs as m1 + m2 half observations would.
    m2 : float, optional
        Default ``m1``: symmetric about ``mean``.
    mean : float, default 0
        Where a symmetric prior has its centre, on the log scale.

    Raises
    ------
    UsageError
        When a degree of freedom is not above zero or a number is not finite.

    Examples
    --------
    >>> tuple(round(limit, 3) for limit in LogF(1).ratio_limits)
    (0.002, 647.789)
    >>> tuple(round(limit, 2) for limit in LogF(2).ratio_limits)
    (0.03, 39.0)
    """

    m1: float = 1.0
    m2: float | None = None
    mean: float = 0.0

    def __post_init__(self) -> None:
        given = (self.m1, self.m1 if self.m2 is None else self.m2)
        if not (np.isfinite([*given, self.mean]).all() and min(given) > 0):
            raise UsageError(
                "a log-F prior needs degrees of freedom above zero and a finite mean; "
                f"received m1={self.m1!r}, m2={self.m2!r}, mean={self.mean!r}"
            )

    @property
    def degrees(self) -> tuple[float, float]:
        """Both degrees of freedom."""
        return float(self.m1), float(self.m1 if self.m2 is None else self.m2)

    @property
    def events_worth(self) -> float:
        """Events, half of them exposed in a balanced study, that would say as much.

        Four times the information of the prior at its mode; m for log-F(m, m).
        """
        m1, m2 = self.degrees
        return 4.0 * 0.5 * m1 * m2 / (m1 + m2)

    @property
    def ratio_limits(self) -> tuple[float, float]:
        """Ratios between which the prior lies with 95% probability."""
        m1, m2 = self.degrees
        share = beta_distribution.ppf([0.025, 0.975], m1 / 2.0, m2 / 2.0)
        low, high = np.exp(self.mean) * share / (1.0 - share)
        return float(low), float(high)

    def __str__(self) -> str:
        m1, m2 = self.degrees
        centre = f", centred at {self.mean:g}" if self.mean else ""
        return f"log-F({m1:g}, {m2:g}{centre})"


Prior = NormalPrior | LogF
Priors = tuple[Prior | None, ...]


def priors_of_terms(
    penalty: Prior | Mapping[str, Prior], terms: tuple[str, ...]
) -> Priors:
    """Give every term its prior, or None.

    Parameters
    ----------
    penalty : NormalPrior, LogF or mapping
        One prior for every term but the intercept, or priors by term. A factor's name
        stands for all its levels.
    terms : tuple of str

    Raises
    ------
    UsageError
        When a key names no term, or a value is no prior; all faults at once.
    """
    if isinstance(penalty, NormalPrior | LogF):
        return tuple(None if t == INTERCEPT else penalty for t in terms)
    wrong, chosen = [], dict.fromkeys(terms)
    for key, prior in penalty.items():
        named = [t for t in terms if t == key or t.startswith(f"{key}[")]
        if not named:
            wrong.append(f"no term {key!r}; the terms are {list(terms)}")
        if not isinstance(prior, NormalPrior | LogF):
            wrong.append(f"the prior of {key!r} is {prior!r}; give NormalPrior or LogF")
            continue
        chosen.update(dict.fromkeys(named, prior))
    if wrong:
        raise UsageError("; ".join(wrong))
    return tuple(chosen[t] for t in terms)


def penalty_of(priors: Priors) -> PriorPenalty:
    """Join priors into the penalty of coefficients in the caller's units."""
    places = [j for j, prior in enumerate(priors) if prior is not None]
    rows = np.zeros((len(places), len(priors)))
    columns: list[tuple[float, float, float, float]] = []
    for row, j in enumerate(places):
        rows[row, j] = 1.0
        prior = priors[j]
        if isinstance(prior, NormalPrior):
            columns.append((prior.mean, prior.sd, np.nan, np.nan))
        elif prior is not None:
            columns.append((prior.mean, np.nan, *prior.degrees))
    mean, sd, m1, m2 = np.array(columns, dtype=float).reshape(-1, 4).T
    return PriorPenalty(rows, mean, sd, m1, m2)


def prior_notes(priors: Priors, terms: tuple[str, ...]) -> list[str]:
    """Say each prior, what it is worth in events, and between which ratios it lies."""
    if not priors:
        return []
    groups: dict[str, list[str]] = {}
    worth: dict[str, Prior] = {}
    for term, prior in zip(terms, priors, strict=True):
        if prior is not None:
            groups.setdefault(str(prior), []).append(term)
            worth[str(prior)] = prior
    notes = []
    for name, named in groups.items():
        low, high = worth[name].ratio_limits
        notes.append(
            f"Prior {name} on {', '.join(named)}: a ratio between {low:.3g} and {high:.3g} "
            f"with 95% probability before the data, worth about "
            f"{worth[name].events_worth:.2g} events each. It depends on the reference level "
            "and on the unit of the covariate."
        )
    free = [t for t, p in zip(terms, priors, strict=True) if p is None]
    free = [t for t in free if t != INTERCEPT]
    if free:
        notes.append(f"No prior on {', '.join(free)}.")
    return notes
