"""Counts and times as a reader sees them: headings in words, limits in one cell.

Each function takes a tidy table of this room and gives a table to be shown as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from jdm_stats.evidence.published import antibody_frequencies, published_cohorts
from jdm_stats.evidence.rate_ratio import nxp2_rate_ratio
from jdm_stats.evidence.wording import FEATURES, antibody_names, plain_reason
from jdm_stats.html import format_number, format_ratio

__all__ = [
    "antibody_table",
    "death_table",
    "model_table",
    "mortality_table",
    "percent_text",
    "proportion_table",
    "rate_ratio_table",
    "selection_table",
    "sensitivity_table",
    "timing_table",
]

_LEVELS = {1.0: "yes", 0.0: "no"}
_ANTIBODIES = ("NXP2", "TIF1g", "MDA5", "Mi2", "ARS", "SRP", "HMGCR", "none")


def percent_text(estimate: float, low: float, high: float) -> str:
    """Write a proportion and its limits in percent, in one cell.

    Parameters
    ----------
    estimate, low, high : float
        From 0 to 1, or missing.

    Examples
    --------
    >>> percent_text(7 / 302, 0.0094, 0.0472)
    '2.3% (0.9 to 4.7)'
    >>> percent_text(0.06, float("nan"), float("nan"))
    '6.0%'
    """
    shown = [
        format_number(None if pd.isna(part) else 100 * float(part), digits=1)
        for part in (estimate, low, high)
    ]
    if pd.isna(estimate):
        return shown[0]
    limits = "" if pd.isna(low) else f" ({shown[1]} to {shown[2]})"
    return f"{shown[0]}%{limits}"


def _percents(frame: pd.DataFrame) -> list[str]:
    parts = zip(frame["estimate"], frame["conf_low"], frame["conf_high"], strict=True)
    return [percent_text(*row) for row in parts]


def _counts(frame: pd.DataFrame) -> list[str]:
    pairs = zip(frame["events"], frame["n"], strict=True)
    return [
        "–" if pd.isna(events) else f"{events} / {n}"  # a bare percentage was printed
        for events, n in pairs
    ]


def proportion_table(frame: pd.DataFrame, share: str) -> pd.DataFrame:
    """Set out proportions: counts, percent with limits, what was counted, overlap.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `jdm_stats.evidence.proportions`.
    share : str
        Heading of the percentages.

    Examples
    --------
    >>> from jdm_stats.evidence.proportions import perforation_risk_by_cohort
    >>> table = proportion_table(perforation_risk_by_cohort(), "Perforated")
    >>> table["Perforated"].tolist()
    ['4.2% (1.4 to 9.5)', '2.3% (0.9 to 4.7)', '1.4% (0.0 to 7.5)']
    """
    return pd.DataFrame(
        {
            "Series": frame["cohort"],
            "Events / n": _counts(frame),
            share: _percents(frame),
            "What was counted": frame["what_was_counted"],
            "Shares children": [
                "yes" if name else "no" for name in frame["overlap_group"]
            ],
            "Text read": frame["text_read"].str.replace("zh", "in Chinese"),
        }
    )


def mortality_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Set out deaths from any cause, with a rate where person-years are printed.

    Examples
    --------
    >>> from jdm_stats.evidence.proportions import mortality_by_cohort
    >>> mortality_table(mortality_by_cohort())["Deaths / n"].tolist()
    ['7 / 72', '8 / 329', '1 / 151', '15 / 490', '0 / 172', '2 / 39']
    """
    rates = zip(
        frame["rate_per_1000"], frame["rate_low"], frame["rate_high"], strict=True
    )
    return pd.DataFrame(
        {
            "Cohort": frame["cohort"],
            "Deaths / n": _counts(frame),
            "Share who died": _percents(frame),
            "Person-years": frame["person_years"].astype("Int64"),
            "Per 1000 person-years": [format_ratio(*rate) for rate in rates],
        }
    )


def timing_table(frame: pd.DataFrame) -> pd.DataFrame:
    """Set out times from diagnosis, in months, as they are printed.

    Examples
    --------
    >>> from jdm_stats.evidence.children import time_to_perforation
    >>> timing_table(time_to_perforation())["Months"].tolist()
    ['5', '5', '4 to 13', 'often within 10', '9 (1 to 34)', '2 to 108']
    """
    return pd.DataFrame(
        {
            "Report": frame["label"],
            "Event": frame["event"],
            "Children": frame["n"],
            "Months": [_months(row) for row in frame.to_dict("records")],
            "Source": frame["source"],
        }
    )


def _months(row: Mapping) -> str:
    middle, low, high = (f"{row[key]:g}" for key in ("months", "low", "high"))
    words = {
        "one child": middle,
        "range": f"{low} to {high}",
        "often within": f"often within {high}",
        "median and range": f"{middle} ({low} to {high})",
    }
    return words[row["statistic"]]


def antibody_table() -> pd.DataFrame:
    """Set out the antibody mix: one series a row, percent of those tested.

    Examples
    --------
    >>> mix = antibody_table().set_index("Series")
    >>> mix.loc["Beijing, tested 2016 to 2019 (Wang X 2021)", "NXP2"]
    '30.6%'
    """
    listed = antibody_frequencies().dropna(subset=["cohort"])
    exact = (100 * listed["n"].astype("Float64") / listed["tested"]).astype("float64")
    listed["text"] = [
        f"{format_number(value, digits=1)}%"
        for value in exact.fillna(listed["percent_printed"])
    ]
    wide = listed.pivot(index="cohort", columns="antibody", values="text")
    series = published_cohorts().set_index("cohort").loc[listed["cohort"].unique()]
    tested = listed.groupby("cohort")["tested"].agg(["min", "max"]).loc[series.index]
    table = wide.loc[series.index, list(_ANTIBODIES)].reset_index(drop=True)
    table.insert(0, "Series", series["label"].to_numpy())
    table.insert(1, "Tested", [_span(*pair) for pair in tested.to_numpy()])
    return table.rename(columns={"none": "None"}).rename(columns=antibody_names)


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def rate_ratio_table(conf_level: float = 0.95) -> pd.DataFrame:
    """Set out the bounds on the NXP2 rate ratio.

    Examples
    --------
    >>> rate_ratio_table()["Rate ratio"].tolist()[0]
    '21.8 (3.27 to ∞)'
    """
    frame = nxp2_rate_ratio(conf_level)
    ratios = zip(frame["estimate"], frame["conf_low"], frame["conf_high"], strict=True)
    return pd.DataFrame(
        {
            "Perforated children": frame["series"],
            "NXP2 positive / n": _counts(frame),
            "Share of NXP2 used": [
                f"{100 * share:.1f}%, {words}"
                for share, words in zip(
                    frame["share"], frame["share_used"], strict=True
                )
            ],
            "Rate ratio": [format_ratio(*ratio) for ratio in ratios],
        }
    )


def selection_table(tally: Mapping[str, int]) -> pd.DataFrame:
    """Set out who was left out of the children analysed; a reason that took none is not told.

    Parameters
    ----------
    tally : mapping of str to int
        Of `jdm_stats.evidence.children.death_among_published_cases`.

    Examples
    --------
    >>> selection_table({"confirmed": 3, "left out: disputed": 0, "analysed": 3})
        Children  Number
    0  confirmed       3
    1   analysed       3
    """
    told = {
        words: number
        for words, number in tally.items()
        if number or not words.startswith("left out")
    }
    return pd.DataFrame({"Children": list(told), "Number": list(told.values())})


def death_table(counts: pd.DataFrame) -> pd.DataFrame:
    """Set out the counts of `jdm_stats.evidence.children.death_counts`.

    Examples
    --------
    >>> from jdm_stats.evidence.children import (
    ...     death_among_published_cases,
    ...     death_counts,
    ... )
    >>> death_table(death_counts(death_among_published_cases())).iloc[0].tolist()
    ['Anti-NXP2 positive', 'yes', '3 / 3', '100.0% (29.2 to 100.0)']
    """
    return pd.DataFrame(
        {
            "Feature": counts["feature"].map(FEATURES),
            "Present": [_LEVELS.get(level, "not stated") for level in counts["level"]],
            "Died / n": _counts(counts),
            "Share who died": _percents(counts),
        }
    )


def model_table(estimates: pd.DataFrame) -> pd.DataFrame:
    """Set out odds ratios of death: plain beside Firth, with the reason for a gap.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Tidy estimates on the ratio scale; intercepts are left out.

    Examples
    --------
    >>> row = {
    ...     "term": "nearly_silent",
    ...     "model": "Firth logistic",
    ...     "n": 12,
    ...     "events": 6,
    ...     "estimate": 0.138,
    ...     "conf_low": 0.02,
    ...     "conf_high": 2.26,
    ...     "p_value": 0.177,
    ...     "reason": "",
    ... }
    >>> model_table(pd.DataFrame([row])).iloc[0].tolist()[:4]
    ['Nearly silent free air', 'Firth logistic', '6 / 12', '0.14 (0.02 to 2.26)']
    """
    shown = estimates[estimates["term"] != "Intercept"]
    limits = zip(shown["estimate"], shown["conf_low"], shown["conf_high"], strict=True)
    return pd.DataFrame(
        {
            "Feature": shown["term"].map(FEATURES),
            "Model": shown["model"].replace("Logistic", "Plain logistic"),
            "Died / n": _counts(shown),
            "Odds ratio (profile limits)": [format_ratio(*row) for row in limits],
            "p": shown["p_value"],
            "Why there is no estimate": shown["reason"].map(plain_reason),
        }
    ).reset_index(drop=True)


def sensitivity_table(estimates: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Set out one model under several choices, one choice a row.

    Parameters
    ----------
    estimates : mapping of str to pandas.DataFrame
        Tidy estimates on the ratio scale, by the choice made.

    Examples
    --------
    >>> row = {
    ...     "term": "nearly_silent",
    ...     "model": "Firth logistic",
    ...     "n": 12,
    ...     "events": 6,
    ...     "estimate": 0.138,
    ...     "conf_low": 0.02,
    ...     "conf_high": 2.26,
    ...     "p_value": 0.177,
    ...     "reason": "",
    ... }
    >>> sensitivity_table({"as analysed": pd.DataFrame([row])}).iloc[0, :3].tolist()
    ['as analysed', '6 / 12', '0.14 (0.02 to 2.26)']
    """
    tables = [
        model_table(tidy).assign(Choice=choice) for choice, tidy in estimates.items()
    ]
    shown = ["Choice", "Died / n", "Odds ratio (profile limits)", "p"]
    return pd.concat(tables, ignore_index=True)[shown]
