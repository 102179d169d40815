"""What is measured in simulated children, each with its Monte Carlo error.

Every measure takes the children as `tests.calibration.children` describes them and returns
the value, its standard error over samples of so many children, and how many stand behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.schema import DAYS_PER_YEAR
from jdm_stats.simulation.hazards import NXP2_EARLY_DAYS
from tests.calibration.children import FIVE_YEARS, TWO_YEARS, YEAR

MONTH = DAYS_PER_YEAR / 12


@dataclass(frozen=True)
class Measured:
    """A value, its Monte Carlo standard error and the children behind it."""

    value: float
    std_error: float
    n: int


Measure = Callable[[pd.DataFrame], Measured]


def share_of(values: pd.Series) -> Measured:
    """Share of true values among those known; a share of 0 or 1 has the error of one half.

    The error of one half child more (or less) stands where none (or all) has it, since an
    error of nought would claim too much.
    """
    known = values.dropna().astype(float)
    n, share = len(known), float(known.mean()) if len(known) else np.nan
    held = min(max(share, 0.5 / max(n, 1)), 1 - 0.5 / max(n, 1))
    return Measured(share, float(np.sqrt(held * (1 - held) / max(n, 1))), n)


def quantile_of(values: pd.Series, level: float) -> Measured:
    """Quantile; its error is half the way between the order statistics one error apart."""
    known = np.sort(values.dropna().to_numpy(float))
    n = len(known)
    error = np.sqrt(level * (1 - level) / n)
    ends = np.clip([level - error, level + error], 0, 1)
    low, high = np.quantile(known, ends)
    value = float(np.quantile(known, level))
    # An infinite day (it never came) may stand above the quantile, not beside it.
    return Measured(value, float((high - low) / 2) if np.isfinite(high) else np.nan, n)


def odds_ratio_of(feature: str) -> Measure:
    """Odds ratio of a feature, NXP2 against all others."""

    def measure(children: pd.DataFrame) -> Measured:
        table = pd.crosstab(children["antibody"] == "NXP2", children[feature])
        (a, b), (c, d) = table.to_numpy(float)
        ratio = a * d / (b * c)
        return Measured(
            ratio, ratio * np.sqrt(1 / a + 1 / b + 1 / c + 1 / d), int(a + b + c + d)
        )

    return measure


def antibody_share(label: str) -> Measure:
    """Share of one antibody; of several joined by ``+``, of any; true ones, tested or not."""
    labels = label.split("+")
    return lambda children: share_of(children["antibody"].isin(labels))


def ro52_share(label: str) -> Measure:
    """Share with Ro52 among children of one antibody."""
    return lambda children: share_of(
        children.loc[children["antibody"] == label, "ro52"]
    )


def quantile(column: str, level: float, unit: float = 1.0) -> Measure:
    """Quantile of a column, missing values left out."""
    return lambda children: quantile_of(children[column] / unit, level)


def share(column: str) -> Measure:
    """Share of a column of true and false, missing values left out."""
    return lambda children: share_of(children[column])


def share_by(column: str, day: int) -> Measure:
    """Share of children to whom it happened by a day."""
    return lambda children: share_of(_known(children, column) <= day)


def _known(children: pd.DataFrame, column: str) -> pd.Series:
    return children[column].dropna()


def among_perforated(column: str) -> Measure:
    """Share among children with a first perforation within five years."""
    return lambda children: share_of(_perforated(children)[column])


def site_share(site: str) -> Measure:
    """Share of one site among first perforations."""
    return lambda children: share_of(_perforated(children)["site"] == site)


def _perforated(children: pd.DataFrame) -> pd.DataFrame:
    return children[np.isfinite(children["perforation_day"])]


def nxp2_among_perforated(children: pd.DataFrame) -> Measured:
    """Share with anti-NXP2 among children with a first perforation."""
    return share_of(_perforated(children)["antibody"] == "NXP2")


def median_perforation_months(children: pd.DataFrame) -> Measured:
    """Median months from diagnosis to a first perforation within five years."""
    return quantile_of(_perforated(children)["perforation_day"] / MONTH, 0.5)


def early_perforations(children: pd.DataFrame) -> Measured:
    """Share of first perforations that come within 12 months."""
    return share_of(_perforated(children)["perforation_day"] <= YEAR)


def weak_before_perforation(children: pd.DataFrame) -> Measured:
    """Share whose last CMAS before the first perforation was under 5."""
    last = _perforated(children)["cmas_before"]
    return share_of((last < 5).where(last.notna()).astype(float))


def recurrence_after_repair(children: pd.DataFrame) -> Measured:
    """Share with a second perforation among those whose first was operated on."""
    own = _perforated(children)
    return share_of(own.loc[own["surgery"], "again"])


def case_fatality(children: pd.DataFrame) -> Measured:
    """Share of children dead within 12 months of the first perforation, of any cause.

    Only perforations with 12 months of the five years still to come.
    """
    own = _perforated(children)
    own = own[own["perforation_day"] + YEAR <= FIVE_YEARS]
    return share_of(own["death_day"] - own["perforation_day"] <= YEAR)


def background_mortality(children: pd.DataFrame) -> Measured:
    """Deaths without perforation per 1000 person-years free of perforation."""
    end = children[["perforation_day", "death_day"]].min(axis=1).clip(upper=FIVE_YEARS)
    years = end.sum() / DAYS_PER_YEAR
    first = children["perforation_day"]
    deaths = int(
        (children["background_death_day"] <= np.minimum(first, FIVE_YEARS)).sum()
    )
    per = 1000 / years
    return Measured(deaths * per, float(np.sqrt(max(deaths, 0.5)) * per), deaths)


def nxp2_rate_ratio(early: bool) -> Measure:
    """Ratio of the rates of a first perforation, NXP2 against all others, by period."""
    begin, end = (0, NXP2_EARLY_DAYS) if early else (NXP2_EARLY_DAYS, FIVE_YEARS)

    def measure(children: pd.DataFrame) -> Measured:
        first = children["perforation_day"]
        last = np.minimum(first, children["death_day"]).clip(upper=FIVE_YEARS)
        time = (last.clip(upper=end) - begin).clip(lower=0)
        event = (first > begin) & (first <= end)
        nxp2 = children["antibody"] == "NXP2"
        events = [int(event[nxp2].sum()), int(event[~nxp2].sum())]
        rates = [events[0] / time[nxp2].sum(), events[1] / time[~nxp2].sum()]
        if not all(events):
            return Measured(np.nan, np.nan, sum(events))
        ratio = rates[0] / rates[1]
        return Measured(
            ratio, ratio * np.sqrt(1 / events[0] + 1 / events[1]), sum(events)
        )

    return measure


def risk(antibody: str = "") -> Measure:
    """Share with a first perforation by 24 months; of NXP2, of "others", or of all."""

    def measure(children: pd.DataFrame) -> Measured:
        nxp2 = children["antibody"] == "NXP2"
        chosen = {"": nxp2 | True, "NXP2": nxp2, "others": ~nxp2}[antibody]
        return share_of(children.loc[chosen, "perforation_day"] <= TWO_YEARS)

    return measure


def cmas_shift(children: pd.DataFrame) -> Measured:
    """Mean CMAS at diagnosis in NXP2 less that in all others."""
    nxp2 = children["antibody"] == "NXP2"
    groups = [children.loc[chosen, "cmas"].dropna() for chosen in (nxp2, ~nxp2)]
    error = np.sqrt(sum(group.var(ddof=1) / len(group) for group in groups))
    return Measured(
        groups[0].mean() - groups[1].mean(), float(error), sum(map(len, groups))
    )


def ck_multiplier(children: pd.DataFrame) -> Measured:
    """Median CK of SRP and Mi2 over that of the others."""
    high = children["antibody"].isin(["SRP", "Mi2"])
    if not high.any():
        return Measured(np.nan, np.nan, 0)
    above = quantile_of(children.loc[high, "ck_u_l"], 0.5)
    rest = quantile_of(children.loc[~high, "ck_u_l"], 0.5)
    ratio = above.value / rest.value
    spread = np.hypot(above.std_error / above.value, rest.std_error / rest.value)
    return Measured(ratio, float(ratio * spread), above.n)
