"""Published counts with exact limits: perforation, severe GI disease, death, antibodies.

Limits are Clopper-Pearson for proportions and exact Poisson for rates (C. J. Clopper and
E. S. Pearson, Biometrika 1934;26:404; F. Garwood, Biometrika 1936;28:437). Series that
share children are all shown; ``pooled`` is true only for a row that may enter a pool, and
nothing here adds two rows together.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from scipy.stats import beta, chi2

from jdm_stats.errors import UsageError
from jdm_stats.evidence.overlap import one_per_group, shared_groups
from jdm_stats.evidence.published import (
    antibody_frequencies,
    published_cohorts,
    read_table,
)

__all__ = [
    "antibody_mix",
    "case_fatality",
    "exact_proportion",
    "mortality_by_cohort",
    "perforation_risk_by_cohort",
    "severe_gi_by_cohort",
]


def exact_proportion(
    events: int, n: int, conf_level: float = 0.95
) -> tuple[float, float, float]:
    """Give a proportion with its exact (Clopper-Pearson) limits.

    Parameters
    ----------
    events : int
        Children with the event, 0 to ``n``.
    n : int
        Children observed, at least 1.
    conf_level : float, default 0.95
        Two-sided confidence level, between 0 and 1.

    Returns
    -------
    tuple of float
        Estimate, lower and upper limit, each from 0 to 1.

    Raises
    ------
    UsageError
        If the counts or the level are impossible.

    Examples
    --------
    >>> estimate, low, high = exact_proportion(8, 21)
    >>> f"{estimate:.1%} ({low:.1%} to {high:.1%})"
    '38.1% (18.1% to 61.6%)'
    """
    if not (0 <= events <= n and n >= 1 and int(events) == events and int(n) == n):
        raise UsageError(
            "exact_proportion takes whole numbers with 0 <= events <= n and n >= 1; "
            f"received events={events!r}, n={n!r}"
        )
    tail = _tail(conf_level)
    low = 0.0 if events == 0 else float(beta.ppf(tail, events, n - events + 1))
    high = 1.0 if events == n else float(beta.isf(tail, events + 1, n - events))
    return events / n, low, high


def _tail(conf_level: float) -> float:
    if not 0.0 < conf_level < 1.0:
        raise UsageError(
            f"conf_level lies between 0 and 1; received {conf_level!r}; 0.95 is usual"
        )
    return (1.0 - conf_level) / 2.0


def _with_limits(frame: pd.DataFrame, conf_level: float) -> pd.DataFrame:
    """Add estimate, conf_low and conf_high to rows with events and n."""
    _tail(conf_level)
    limits = [
        (math.nan,) * 3
        if pd.isna(events) or pd.isna(n)
        else exact_proportion(int(events), int(n), conf_level)
        for events, n in zip(frame["events"], frame["n"], strict=True)
    ]
    columns = ["estimate", "conf_low", "conf_high"]
    return frame.assign(**pd.DataFrame(limits, columns=columns, index=frame.index))


def _from_cohorts(
    measure: str, kind: str, keep: pd.Series, cohorts: pd.DataFrame, conf_level: float
) -> pd.DataFrame:
    rows = cohorts[keep].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "cohort": rows["label"],
            "n": rows[f"{kind}_denominator"],
            "events": rows[measure],
            "overlap_group": shared_groups(rows),
            "pooled": rows["pool"].astype(bool),
            "what_was_counted": rows[f"{kind}_counted"],
            "text_read": rows["text_read"],
            "grade": "A",
            "source": rows["source"],
            "doi": rows["doi"],
        }
    )
    ordered = _with_limits(frame, conf_level)
    front = ["cohort", "n", "events", "estimate", "conf_low", "conf_high"]
    return ordered[[*front, *(c for c in frame.columns if c not in front)]]


def perforation_risk_by_cohort(conf_level: float = 0.95) -> pd.DataFrame:
    """Give the share of children with JDM who perforated, series by series.

    Only three series print a numerator and a denominator. Two are of one hospital, the
    smaller inside the larger; the third counts fatal perforations only.

    Parameters
    ----------
    conf_level : float, default 0.95
        Level of the exact limits.

    Returns
    -------
    pandas.DataFrame
        ``cohort``, ``n``, ``events``, ``estimate``, ``conf_low``, ``conf_high``,
        ``overlap_group`` (blank for a series of its own), ``pooled`` (true only for any
        perforation, in the one row of its hospital), ``what_was_counted``,
        ``text_read``, ``grade``, ``source``, ``doi``.

    Notes
    -----
    Children in hospital at a referral centre; the risk of a population is lower.

    Examples
    --------
    >>> risk = perforation_risk_by_cohort().set_index("source")
    >>> risk.loc["Xu 2023", ["estimate", "conf_low", "conf_high"]].astype(float).round(
    ...     3
    ... )
    estimate     0.023
    conf_low     0.009
    conf_high    0.047
    Name: Xu 2023, dtype: float64
    """
    cohorts = published_cohorts()
    keep = cohorts["perforation_counted"].notna()
    frame = _from_cohorts("n_perforation", "perforation", keep, cohorts, conf_level)
    whole = frame["what_was_counted"] == "any perforation"
    return frame.assign(pooled=frame["pooled"] & whole)


def severe_gi_by_cohort(conf_level: float = 0.95) -> pd.DataFrame:
    """Give the share with severe GI disease; this is not perforation.

    Parameters
    ----------
    conf_level : float, default 0.95
        Level of the exact limits.

    Returns
    -------
    pandas.DataFrame
        Columns as in `perforation_risk_by_cohort`.

    Examples
    --------
    >>> severe_gi_by_cohort()[["events", "n"]].values.tolist()
    [[6, 26], [9, 110]]
    """
    cohorts = published_cohorts()
    keep = cohorts["gi_counted"].fillna("").str.startswith("severe")
    frame = _from_cohorts("n_gi_involvement", "gi", keep, cohorts, conf_level)
    return frame.assign(pooled=False)  # two different things were counted


def case_fatality(conf_level: float = 0.95) -> pd.DataFrame:
    """Give the share of perforated children who died, report by report.

    Parameters
    ----------
    conf_level : float, default 0.95
        Level of the exact limits.

    Returns
    -------
    pandas.DataFrame
        ``cohort``, ``n`` perforated, ``events`` deaths, ``estimate``, ``conf_low``,
        ``conf_high``, ``overlap_group``, ``pooled`` (true for the review alone: it holds
        the others or shares children with them), ``what_was_counted``, ``text_read``,
        ``grade``, ``source``, ``doi``, ``note``.

    Notes
    -----
    Follow-up differs and is rarely printed, so this is death at any reported time.
    Series found by searching the literature hold what was worth writing up.

    Examples
    --------
    >>> case_fatality()[["events", "n"]].values.tolist()
    [[8, 21], [6, 10], [4, 5], [1, 4]]
    """
    rows = read_table("case_fatality")
    frame = rows[["cohort", "n", "events", "overlap_group"]].assign(
        pooled=rows["pool"].astype(bool),
        what_was_counted=rows["what_was_counted"],
        text_read="abstract only",
        grade="A",
        source=rows["source"],
        doi=rows["doi"],
        note=rows["note"],
    )
    limited = _with_limits(frame, conf_level)
    front = ["cohort", "n", "events", "estimate", "conf_low", "conf_high"]
    return limited[[*front, *(c for c in frame.columns if c not in front)]]


def mortality_by_cohort(conf_level: float = 0.95) -> pd.DataFrame:
    """Give deaths from any cause in whole cohorts of JDM.

    Parameters
    ----------
    conf_level : float, default 0.95
        Level of the exact limits.

    Returns
    -------
    pandas.DataFrame
        Columns as in `perforation_risk_by_cohort`, with ``person_years`` and, where
        those are printed, ``rate_per_1000`` person-years with ``rate_low`` and
        ``rate_high`` (exact Poisson).

    Examples
    --------
    >>> india = mortality_by_cohort().query("n == 72")
    >>> india[["rate_per_1000", "rate_low", "rate_high"]].round(0).values.tolist()
    [[27.0, 11.0, 56.0]]
    """
    cohorts = published_cohorts()
    keep = cohorts["deaths_counted"] == "whole cohort"
    frame = _from_cohorts("n_deaths", "deaths", keep, cohorts, conf_level)
    frame["pooled"] = True  # one whole-cohort row per group, see the tests
    years = cohorts.loc[keep, "person_years"].to_numpy()
    tail = _tail(conf_level)
    deaths = frame["events"].to_numpy(dtype=float)
    low = np.where(deaths > 0, chi2.ppf(tail, 2 * np.maximum(deaths, 1)) / 2, 0.0)
    return frame.assign(
        person_years=years,
        rate_per_1000=1000 * deaths / years,
        rate_low=1000 * low / years,
        rate_high=1000 * chi2.isf(tail, 2 * deaths + 2) / 2 / years,
    )


def antibody_mix(antibody: str = "NXP2", conf_level: float = 0.95) -> pd.DataFrame:
    """Give the share of tested children with one antibody, series by series.

    Parameters
    ----------
    antibody : str, default "NXP2"
        An entry of the ``antibody`` column of `antibody_frequencies`.
    conf_level : float, default 0.95
        Level of the exact limits.

    Returns
    -------
    pandas.DataFrame
        ``cohort``, ``n`` tested, ``events`` positive, ``estimate``, ``conf_low``,
        ``conf_high`` (missing where only a percentage is printed, which then is the
        estimate), ``overlap_group``, ``pooled`` (one row per registry or hospital),
        ``population``, ``source``, ``doi``, ``note``. Largest series first.

    Raises
    ------
    UsageError
        If no series reports that antibody.

    Examples
    --------
    >>> mix = antibody_mix("NXP2").set_index("source")
    >>> round(float(mix.loc["Wang X 2021", "estimate"]), 3)
    0.306
    """
    listed = antibody_frequencies().dropna(subset=["cohort"])
    rows = listed[listed["antibody"] == antibody]
    if rows.empty:
        raise UsageError(
            f"no series reports {antibody!r}; choose one of "
            f"{', '.join(listed['antibody'].unique())}"
        )
    groups = ["cohort", "label", "overlap_group", "overlap_status", "pool"]
    rows = rows.merge(published_cohorts()[groups], on="cohort", validate="1:1")
    chosen = one_per_group(rows[rows["n"].notna()], "tested").index
    rows = rows.rename(columns={"n": "events", "tested": "n"})
    frame = _with_limits(rows, conf_level)
    frame = frame.assign(
        cohort=rows["label"],
        estimate=frame["estimate"].fillna(rows["percent_printed"] / 100),
        overlap_group=shared_groups(rows),
        pooled=rows.index.isin(chosen),
    )
    front = ["cohort", "n", "events", "estimate", "conf_low", "conf_high"]
    back = ["overlap_group", "pooled", "population", "source", "doi", "note"]
    ordered = frame.sort_values("n", ascending=False, kind="stable", na_position="last")
    return ordered[[*front, *back]].reset_index(drop=True)
