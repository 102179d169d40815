"""What the published evidence amounts to, in sentences whose numbers are computed."""

from __future__ import annotations

import pandas as pd

from jdm_stats.evidence.children import time_to_perforation
from jdm_stats.evidence.display import percent_text
from jdm_stats.evidence.proportions import case_fatality, perforation_risk_by_cohort
from jdm_stats.evidence.published import adult_steroid_studies
from jdm_stats.evidence.rate_ratio import nxp2_rate_ratio

__all__ = ["key_sentences"]


def key_sentences(conf_level: float = 0.95) -> list[str]:
    """Say in a few sentences what the evidence amounts to; every number is computed.

    Parameters
    ----------
    conf_level : float, default 0.95
        Level of the limits.

    Examples
    --------
    >>> print(key_sentences()[0])
    In the largest series with a denominator 7 of 302 children in hospital with JDM
    perforated: 2.3% (0.9 to 4.7). No population figure is published.
    """
    risk = perforation_risk_by_cohort(conf_level)
    largest = risk[risk["pooled"]].iloc[0]
    ratios = nxp2_rate_ratio(conf_level)
    ratio = ratios.iloc[0]
    least = ratios.loc[ratios["series"] == ratio["series"], "conf_low"].min()
    fatality = case_fatality(conf_level)
    review = fatality[fatality["pooled"]].iloc[0]
    times = time_to_perforation()
    median = times[times["months"].notna() & (times["kind"] == "series")].iloc[0]
    studies = adult_steroid_studies()
    trials = studies[studies["note"].str.startswith("randomised")].iloc[0]
    return [
        f"In the largest series with a denominator {largest['events']} of {largest['n']} "
        f"children in hospital with JDM perforated: {_share(largest)}. No population "
        "figure is published.",
        f"All {ratio['events']} of them were anti-NXP2 positive, against "
        f"{100 * ratio['share']:.0f}% of the children tested in that hospital. Taken at "
        f"its word this means a perforation rate at least {least:.1f} to "
        f"{ratio['conf_low']:.1f} times that of other children, depending on what is taken "
        "for the share of NXP2 among all children (its upper exact limit, or the share as "
        "counted); the counts set no upper limit.",
        f"Of {review['n']} published children with a perforation {review['events']} had "
        f"died: {_share(review)}. Among {median['n']} perforated children of one hospital "
        f"({median['note']}) the median time from diagnosis was {median['months']:.0f} "
        f"months (range {median['low']:.0f} to {median['high']:.0f}).",
        "No study estimates what steroids do to the risk of perforation in JDM. In adults "
        f"the randomised odds ratio is {trials['estimate']:.2f} ({trials['low']:.2f} to "
        f"{trials['high']:.2f}), for bleeding or perforation together.",
        "Abstracts, single tables and openings of papers were read; no article was read "
        "from end to end.",
    ]


def _share(row: pd.Series) -> str:
    return percent_text(row["estimate"], row["conf_low"], row["conf_high"])
