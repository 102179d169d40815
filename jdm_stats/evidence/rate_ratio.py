"""How far anti-NXP2 raises the perforation rate, from counts where every child had it."""

from __future__ import annotations

import math

import pandas as pd

from jdm_stats.evidence.proportions import exact_proportion
from jdm_stats.evidence.published import published_cohorts

__all__ = ["nxp2_rate_ratio"]

_ASSUMED = (
    "the 85 tested children stand for all of the hospital's children, the untested are "
    "like the tested, and NXP2 and other children were followed equally long"
)


def nxp2_rate_ratio(conf_level: float = 0.95) -> pd.DataFrame:
    """Bound the perforation rate of NXP2 against other children, where all had NXP2.

    In one Beijing hospital every perforated child was NXP2 positive (7 of 7; 5 of 5 in
    the earlier, nested report), while 26 of 85 tested children were. If p is the chance
    that a perforated child is NXP2 positive and s the share of NXP2, the rate ratio is
    ``(p / (1 - p)) / (s / (1 - s))``. With all k of k positive the lower limit solves
    ``p**k = (1 - conf_level) / 2`` and the median-unbiased estimate ``p**k = 0.5``.

    Parameters
    ----------
    conf_level : float, default 0.95
        Two-sided level; the upper limit is infinite.

    Returns
    -------
    pandas.DataFrame
        Per report and per share used (printed 26 of 85, and its own exact limits):
        ``series``, ``events`` NXP2 positive of ``n`` perforated, ``share_used``,
        ``share``, ``estimate`` (median-unbiased), ``conf_low``, ``conf_high``,
        ``status``, ``assumptions``, ``source``, ``doi``. The two reports share children
        and are never added.

    Examples
    --------
    >>> ratio = nxp2_rate_ratio().query("n == 7 and share_used == 'printed, 26 of 85'")
    >>> ratio[["estimate", "conf_low", "conf_high"]].round(1).values.tolist()
    [[21.8, 3.3, inf]]
    """
    tail = (1.0 - conf_level) / 2.0
    cohorts = published_cohorts().set_index("source")
    tested = cohorts.loc["Wang X 2021"].to_dict()
    share, low, high = exact_proportion(
        int(tested["n_nxp2"]), int(tested["n_msa_tested"]), conf_level
    )
    shares = {
        "printed, 26 of 85": share,
        "its lower exact limit": low,
        "its upper exact limit": high,
    }
    rows = []
    for source in ("Xu 2023", "Xu 2021"):
        report = cohorts.loc[source].to_dict()
        k = int(report["n_perforation"])  # all of them NXP2 positive
        for words, value in shares.items():
            odds = value / (1.0 - value)
            middle, least = 0.5 ** (1.0 / k), tail ** (1.0 / k)
            rows.append(
                {
                    "series": report["label"],
                    "events": k,
                    "n": k,
                    "share_used": words,
                    "share": value,
                    "estimate": middle / (1.0 - middle) / odds,
                    "conf_low": least / (1.0 - least) / odds,
                    "conf_high": math.inf,
                    "status": "calculated here",
                    "assumptions": _ASSUMED,
                    "source": f"{source}; Wang X 2021",
                    "doi": f"{report['doi']}; {tested['doi']}",
                }
            )
    return pd.DataFrame(rows)
