"""What a figure is held against, read from `jdm_stats.parameters` by key.

Where that table has no range, the range is made here and says so: exact 95% limits of the
printed count; for quartiles, a fifth of the published distance between them either way (of
its logarithm for CK and LDH); for a number without a count, a fifth of it either way.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from jdm_stats.evidence.proportions import exact_proportion
from jdm_stats.evidence.published import parameters, published_cohorts
from jdm_stats.simulation.calibration import Targets
from tests.calibration.figures import Figure

TOLERANCE = 0.2
COUNT = re.compile(r"(\d+) of (\d+)")
COUNTED = "exact 95% limits of the printed count, made here"
TOLERATED = "a fifth either way, set here"
SPREAD = "a fifth of the published interquartile range either way, set here"


@dataclass(frozen=True)
class Published:
    """What a figure is held against."""

    value: float
    low: float
    high: float
    range_kind: str
    grade: str
    status: str
    source: str


def published(figure: Figure, preset: str) -> Published:
    """Look a figure up; the range says what kind it is."""
    key = figure.key(preset) if callable(figure.key) else figure.key
    if key == "gi":
        return _gi_involvement()
    if key == "nxp2_perforated":
        return _nxp2_perforated()
    row = parameters().loc[key].to_dict()
    if key in _SPREAD or row["range_kind"] == "quartiles":
        ends = _around_quartile(row, figure.take, log=key in _SPREAD and "u_l" in key)
    else:
        ends = _range(row)
    return Published(
        **{end: float(value) for end, value in ends.items()},
        range_kind=str(row["range_kind"]),
        grade=row["grade"],
        status=row["status"],
        source="" if pd.isna(row["source"]) else row["source"],
    )


# Declared as a plausible range; in CK and LDH it is the quartiles, as the evidence text has
# it, and those of the age stand in the note.
_SPREAD = (
    *("ck_at_diagnosis_median_u_l", "ldh_at_diagnosis_median_u_l"),
    "onset_age_median_years",
)


def _around_quartile(
    row: dict[str, object], take: str, *, log: bool
) -> dict[str, float]:
    """Return a quartile or the median, and a fifth of the quartiles' distance about it.

    The median of the age keeps its published range.
    """
    printed = re.search(r"printed quartiles ([\d.]+) and ([\d.]+)", str(row["note"]))
    if printed and take == "value":
        return {end: float(row[end]) for end in ("value", "low", "high")}  # type: ignore[arg-type]
    ends = printed.groups() if printed else (row["low"], row["high"])
    quartiles = {"low": float(ends[0]), "high": float(ends[1])}  # type: ignore[arg-type]
    value = quartiles.get(take, float(row["value"]))  # type: ignore[arg-type]
    row["range_kind"] = SPREAD
    if log:
        factor = (quartiles["high"] / quartiles["low"]) ** TOLERANCE
        return {"value": value, "low": value / factor, "high": value * factor}
    by = TOLERANCE * (quartiles["high"] - quartiles["low"])
    return {"value": value, "low": value - by, "high": value + by}


def _range(row: dict[str, object]) -> dict[str, object]:
    """Return value, low and high; a range that is missing is made, and named in the row."""
    found = {end: row[end] for end in ("value", "low", "high")}
    if pd.notna(row["low"]):
        return found
    value, counted = float(row["value"]), COUNT.search(str(row["note"]))
    if counted and row["unit"] == "proportion" and row["status"] == "published":
        _, found["low"], found["high"] = exact_proportion(
            int(counted[1]), int(counted[2])
        )
        row["range_kind"] = COUNTED
    else:
        by = TOLERANCE * abs(value)
        found["low"], found["high"] = value - by, value + by
        row["range_kind"] = TOLERATED
    return found


def _gi_involvement() -> Published:
    """What is assumed of GI involvement, and the range one paper quotes."""
    cohorts = published_cohorts()
    quoted = (
        cohorts["notes"].str.extract(r"quotes any GI involvement (\d+)-(\d+)%").dropna()
    )
    low, high = (float(end) / 100 for end in quoted.iloc[0])
    source = cohorts.loc[quoted.index[0], "source"]
    return Published(Targets().gi, low, high, "range quoted", "C", "assumed", source)


def _nxp2_perforated() -> Published:
    """Count those with anti-NXP2 among the perforated of the largest series."""
    cohorts = published_cohorts()
    counted = cohorts["notes"].str.extract(r"all (\d+) strongly NXP2").dropna()
    row, count = cohorts.loc[counted.index[0]], int(counted.iloc[0, 0])
    share, low, high = exact_proportion(count, int(row["n_perforation"]))
    return Published(share, low, high, COUNTED, "A", "published", row["source"])
