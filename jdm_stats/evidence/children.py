"""The published children one by one: when they perforated, and which of them died.

The few children whose reports give an outcome are no sample of any population: a report
is written because a child was severe, odd or dead. What is fitted to them describes the
literature, not the disease.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.evidence.overlap import poolable, shared_groups
from jdm_stats.evidence.proportions import exact_proportion
from jdm_stats.evidence.published import published_cases, read_table

__all__ = [
    "death_among_published_cases",
    "death_counts",
    "death_sensitivity",
    "time_to_perforation",
]

_MODERN = 1990  # reports before it knew no myositis-specific antibodies
_FEATURES = (
    *("nxp2", "multiple_or_recurrent", "surgery_done", "nearly_silent"),
    "later_report",
)
_DISPUTED = ("dead", "alive", "drop")


def time_to_perforation(*, other_events: bool = False) -> pd.DataFrame:
    """Give the time from diagnosis to perforation, for single children and for series.

    Parameters
    ----------
    other_events : bool, default False
        Add GI findings, severe haemorrhage and first abdominal pain. They are not
        perforations, and ``event`` says which they are.

    Returns
    -------
    pandas.DataFrame
        ``label``, ``kind`` (case or series), ``n`` children, ``months`` (the child's
        time, or the median if printed), ``low`` and ``high`` (the printed range),
        ``statistic`` (what the print gives; ``often within`` is not a range),
        ``event``, ``overlap_group`` (blank for a row of its own), ``source``, ``doi``,
        ``note``.

    Examples
    --------
    >>> times = time_to_perforation()
    >>> times.query("statistic == 'median and range'")[["months", "low", "high"]]
       months  low  high
    4     9.0  1.0  34.0
    """
    cases = published_cases()
    timed = cases[
        cases["perforation_confirmed"] & cases["months_from_diagnosis"].notna()
    ]
    singles = pd.DataFrame(
        {
            "label": timed["source"] + ", one child",
            "event": "perforation",
            "n": pd.array([1] * len(timed), dtype="Int64"),
            "months": timed["months_from_diagnosis"],
            "low": np.nan,
            "high": np.nan,
            "statistic": "one child",
            "source": timed["source"],
            "doi": timed["doi"],
            "overlap_group": timed["overlap_group"],
            "note": timed["notes"],
        }
    )
    series = read_table("timing")
    if not other_events:
        series = series[series["event"] == "perforation"]
    frame = pd.concat([singles, series], ignore_index=True)
    kind = np.where(frame["statistic"] == "one child", "case", "series")
    frame = frame.assign(kind=kind, overlap_group=shared_groups(frame))
    order = ["label", "kind", "n", "months", "low", "high", "statistic", "event"]
    return frame[[*order, "overlap_group", "source", "doi", "note"]]


def death_among_published_cases(
    *, disputed: str = "dead", include_unverified: bool = False
) -> pd.DataFrame:
    """Give the published children with a confirmed perforation and a known outcome.

    Kept are children whose perforation is confirmed and who are reported alive or dead
    at any time. Left out are children who may have been reported before (see
    `jdm_stats.evidence.overlap`).

    Parameters
    ----------
    disputed : {"dead", "alive", "drop"}, default "dead"
        How the one child enters whom one report calls dead (suddenly, after a late
        operation at about 2 years) and another, apparently on the same child, alive in
        remission at 24 months.
    include_unverified : bool, default False
        Let in the children of whom it is not ruled out that they were reported before,
        as a sensitivity analysis.

    Returns
    -------
    pandas.DataFrame
        One row a child: ``case_id``, ``source``, ``year``, ``dead`` (0 or 1), and
        covariates as 1.0, 0.0 or missing: ``nxp2`` (stated for this child; missing when
        not tested or not stated), ``multiple_or_recurrent``, ``surgery_done``,
        ``nearly_silent`` (1 if the report describes free air almost without symptoms,
        else 0), ``later_report`` (1 from 1990). ``attrs["jdm_stats"]["tally"]`` counts
        who was left out and why.

    Raises
    ------
    UsageError
        If ``disputed`` is none of the three.

    Notes
    -----
    The selection is severe: published cases are a biased sample, the outcome itself is a
    reason to publish, follow-up differs, and the operated are those who lived to be.

    Examples
    --------
    >>> frame = death_among_published_cases()
    >>> len(frame), int(frame["dead"].sum())
    (12, 6)
    >>> frame.attrs["jdm_stats"]["tally"]
    {'confirmed perforation': 17, 'left out: outcome not seen': 3,
     'left out: perhaps reported before': 2, 'left out: disputed outcome': 0,
     'analysed': 12}
    """
    if disputed not in _DISPUTED:
        raise UsageError(
            f"disputed is one of {', '.join(_DISPUTED)}; received {disputed!r}"
        )
    cases = published_cases()
    confirmed = cases[cases["perforation_confirmed"]]
    known = confirmed[confirmed["outcome"].notna()]
    unclear = known["overlap_status"] == "not ruled out"
    kept = known if include_unverified else poolable(known[~unclear])
    in_dispute = kept["outcome_disputed"].astype(bool)
    outcome = kept["outcome"].mask(
        in_dispute, "dead" if disputed == "drop" else disputed
    )
    frame = pd.DataFrame(
        {
            "case_id": kept["case_id"],
            "source": kept["source"],
            "year": kept["year"],
            "dead": (outcome == "dead").astype("int64"),
            "nxp2": _stated_nxp2(kept),
            "multiple_or_recurrent": _numbers(kept["multiple_or_recurrent"]),
            "surgery_done": _numbers(kept["surgery_done"]),
            "nearly_silent": _numbers(kept["nearly_silent"]),
            "later_report": (kept["year"] >= _MODERN).astype("float64"),
        }
    )
    if disputed == "drop":
        frame = frame[~in_dispute]
    frame = frame.reset_index(drop=True)
    tally = {
        "confirmed perforation": len(confirmed),
        "left out: outcome not seen": len(confirmed) - len(known),
        "left out: perhaps reported before": len(known) - len(kept),
        "left out: disputed outcome": len(kept) - len(frame),
        "analysed": len(frame),
    }
    frame.attrs["jdm_stats"] = {"outcome": "dead", "synthetic": False, "tally": tally}
    return frame


def death_counts(frame: pd.DataFrame, conf_level: float = 0.95) -> pd.DataFrame:
    """Count deaths with and without each feature, with exact limits.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of `death_among_published_cases`.
    conf_level : float, default 0.95
        Level of the exact limits.

    Returns
    -------
    pandas.DataFrame
        One row per ``feature`` and ``level`` (1.0, 0.0, and missing where the report
        does not say): ``n``, ``events`` deaths, ``estimate``, ``conf_low``,
        ``conf_high``. A level that no child has is left out.

    Examples
    --------
    >>> counts = death_counts(death_among_published_cases())
    >>> counts.query("feature == 'nearly_silent'")[["level", "n", "events"]].astype(int)
       level   n  events
    8      1   2       0
    9      0  10       6
    """
    rows = []
    for feature in _FEATURES:
        for level in (1.0, 0.0, np.nan):
            column = frame[feature]
            held = column.isna() if np.isnan(level) else column == level
            n, events = int(held.sum()), int(frame.loc[held, "dead"].sum())
            if n:
                limits = exact_proportion(events, n, conf_level)
                rows.append((feature, level, n, events, *limits))
    names = ["feature", "level", "n", "events", "estimate", "conf_low", "conf_high"]
    return pd.DataFrame(rows, columns=names)


def death_sensitivity() -> dict[str, pd.DataFrame]:
    """Give the children under each way of settling what the reports leave open.

    Returns
    -------
    dict of str to pandas.DataFrame
        Tables of `death_among_published_cases`, by the choice made.

    Examples
    --------
    >>> {name: len(frame) for name, frame in death_sensitivity().items()}
    {'as analysed': 12, 'disputed child alive': 12, 'disputed child left out': 11,
     'children perhaps reported before let in': 14}
    """
    return {
        "as analysed": death_among_published_cases(),
        "disputed child alive": death_among_published_cases(disputed="alive"),
        "disputed child left out": death_among_published_cases(disputed="drop"),
        "children perhaps reported before let in": death_among_published_cases(
            include_unverified=True
        ),
    }


def _numbers(column: pd.Series) -> pd.Series:
    return column.astype("Float64").astype("float64")


def _stated_nxp2(cases: pd.DataFrame) -> pd.Series:
    stated = (cases["antibody_basis"] == "stated for the patient").to_numpy()
    positive = (cases["antibody"] == "NXP2").to_numpy().astype(float)
    return pd.Series(np.where(stated, positive, np.nan), index=cases.index)
