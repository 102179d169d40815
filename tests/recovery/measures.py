"""From records of replicates to the table: every figure with its Monte Carlo error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tests.recovery.design import TERMS, Cell
from tests.recovery.fitting import ESTIMATED, FATES, LIMITS

COLUMNS = (
    "world",
    "events",
    "sampled",
    "study",
    "method",
    "term",
    "measure",
    "value",
    "mc_error",
    "n",
)
REASON_COLUMNS = (*COLUMNS[:6], "what", "reason", "count")


def table_of(cell: Cell, study: str, records: pd.DataFrame) -> pd.DataFrame:
    """Sum up one cell.

    Parameters
    ----------
    cell : Cell
    study : {"main", "jackknife"}
    records : DataFrame
        As `tests.recovery.fitting.records_of` gives them.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`, a row a measure; ``n`` is what the figure rests on.
    """
    by_child = records.drop_duplicates("replicate")
    drawn = by_child["events"].to_numpy(dtype=float)
    excluded = by_child["fate"].to_numpy() == -1
    rows = [
        ("", "", "excluded", *_share(excluded)),
        ("", "", "events_mean", *_mean(drawn[~excluded])),
        ("", "", "events_sd", *_spread(drawn[~excluded])),
    ]
    fitted = records[records["fate"] >= 0]
    for (method, term), own in fitted.groupby(["method", "term"], sort=False):
        truth = float(cell.truth[TERMS.index(str(term))])
        rows += [(method, term, *row) for row in _of_term(own, truth)]
    at = (cell.world, cell.events, cell.sampled, study)
    return pd.DataFrame([(*at, *row) for row in rows], columns=list(COLUMNS))


def reasons_of(cell: Cell, study: str, records: pd.DataFrame) -> pd.DataFrame:
    """Count every reason for a missing estimate or limit, and every other warning."""
    fitted = records[records["fate"] >= 0]
    parts = []
    whys = [f"{kind}_why" for kind in LIMITS if f"{kind}_why" in fitted]
    for column in ("reason", "warned", *whys):
        said = fitted[fitted[column].fillna("") != ""]
        counted = said.groupby(["method", "term", column]).size().reset_index()
        counted.columns = pd.Index(["method", "term", "reason", "count"])
        counted.insert(2, "what", _what(column))
        parts.append(counted)
    found = pd.concat(parts, ignore_index=True)
    for place, value in enumerate((cell.world, cell.events, cell.sampled, study)):
        found.insert(place, COLUMNS[place], value)
    return found[list(REASON_COLUMNS)]


def _what(column: str) -> str:
    names = {"reason": "no estimate", "warned": "warning"}
    return names.get(column, f"no {column.removesuffix('_why')} limits")


def _of_term(own: pd.DataFrame, truth: float) -> list[tuple[Any, ...]]:
    fate = own["fate"].to_numpy()
    rows: list[tuple[Any, ...]] = [
        (name, *_share(fate == code)) for code, name in enumerate(FATES)
    ]
    rows.append(("plain_separated", *_share(own["separated"].to_numpy(dtype=bool))))
    there = own[fate == ESTIMATED]
    error = there["estimate"].to_numpy(dtype=float) - truth
    rows += [
        ("bias_mean", *_mean(error)),
        ("bias_median", *_median(error)),
        ("rmse", *_root_mean_square(error)),
        ("empirical_sd", *_spread(error)),
        ("model_se_mean", *_mean(there["std_error"].to_numpy(dtype=float))),
        ("model_se_median", *_median(there["std_error"].to_numpy(dtype=float))),
    ]
    for kind in LIMITS:
        if f"{kind}_low" in own:
            rows += _of_limits(own, kind, truth)
    if own["ratio_p"].notna().any():
        p = own["ratio_p"].to_numpy(dtype=float)
        rows.append(("rejects_ratio", *_share(p[np.isfinite(p)] < 0.05)))
        rows.append(("ratio_against_profile", *_disagreement(own)))
    return rows


def _of_limits(own: pd.DataFrame, kind: str, truth: float) -> list[tuple[Any, ...]]:
    low = own[f"{kind}_low"].to_numpy(dtype=float)
    high = own[f"{kind}_high"].to_numpy(dtype=float)
    none = np.isnan(low) | np.isnan(high)
    low, high = low[~none], high[~none]
    infinite = np.isinf(low) | np.isinf(high)
    width = (high - low)[~infinite]
    return [
        (f"none_{kind}", *_share(none)),
        (f"infinite_{kind}", *_share(infinite)),
        (f"coverage_{kind}", *_share((low <= truth) & (truth <= high))),
        (f"truth_below_{kind}", *_share(truth < low)),
        (f"truth_above_{kind}", *_share(truth > high)),
        (f"rejects_{kind}", *_share((low > 0) | (high < 0))),
        (f"width_median_{kind}", *_median(width)),
    ]


def _disagreement(own: pd.DataFrame) -> tuple[float, float, int]:
    """Share of fits whose ratio test and profile limits disagree on no effect."""
    p = own["ratio_p"].to_numpy(dtype=float)
    low, high = own["profile_low"].to_numpy(), own["profile_high"].to_numpy()
    both = np.isfinite(p) & ~np.isnan(low) & ~np.isnan(high)
    outside = (low > 0) | (high < 0)
    return _share((outside != (p < 0.05))[both])


def _share(flags: np.ndarray) -> tuple[float, float, int]:
    n = len(flags)
    share = float(np.mean(flags)) if n else np.nan
    return share, float(np.sqrt(share * (1.0 - share) / n)) if n else np.nan, n


def _mean(values: np.ndarray) -> tuple[float, float, int]:
    values = values[np.isfinite(values)]
    n = len(values)
    if n < 2:
        return np.nan, np.nan, n
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(n)), n


def _median(values: np.ndarray) -> tuple[float, float, int]:
    """Median; its error is half the distance of the order statistics one error off."""
    values = np.sort(values[np.isfinite(values)])
    n = len(values)
    if n < 2:
        return np.nan, np.nan, n
    off = 0.5 / np.sqrt(n)
    low, high = np.quantile(values, [max(0.5 - off, 0.0), min(0.5 + off, 1.0)])
    return float(np.median(values)), float(high - low) / 2.0, n


def _root_mean_square(values: np.ndarray) -> tuple[float, float, int]:
    values = values[np.isfinite(values)]
    mean, error, n = _mean(values**2)
    root = float(np.sqrt(mean))
    return root, error / (2.0 * root) if root > 0 else 0.0, n


def _spread(values: np.ndarray) -> tuple[float, float, int]:
    """Empirical standard deviation, its error by the delta method."""
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return np.nan, np.nan, len(values)
    _, error, n = _mean((values - values.mean()) ** 2)
    root = float(values.std(ddof=1))
    return root, error / (2.0 * root) if root > 0 else 0.0, n
