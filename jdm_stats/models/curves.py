"""The frozen result of a curve: its table, its reading at given days, its look in Jupyter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.intervals.marks import is_synthetic
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.schema import DAYS_PER_MONTH


@dataclass(frozen=True, eq=False)
class Curves:
    """Curves of one kind, by group.

    Parameters
    ----------
    kind : {"cumulative incidence", "survival", "mean number of events"}
    table : DataFrame
        What `tidy` returns.
    notes : tuple of str
    """

    kind: str
    table: pd.DataFrame
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """One row per group, cause and time at which anything changes.

        Returns
        -------
        DataFrame
            ``group, cause`` (cumulative incidence only: 1 the outcome, 2 and up competing),
            ``time_days, estimate, std_error, conf_low, conf_high, n_at_risk`` (just before
            the time; in the first row of a group, just after), ``n_events`` (of the cause)
            and ``n_censored`` (children whose follow-up ends without event).
        """
        return self.table.copy()

    def at(self, times_days: float | Sequence[float]) -> pd.DataFrame:
        """Read every curve at given times.

        Parameters
        ----------
        times_days : float or sequence of float
            Days, such as ``[182, 365, 730]``.

        Returns
        -------
        DataFrame
            Columns of `tidy`, with ``n_at_risk`` at that time and ``n_events`` and
            ``n_censored`` up to it; NaN beyond the last time of a group.

        Raises
        ------
        UsageError
            When a time is missing.
        """
        times = np.atleast_1d(np.asarray(times_days, dtype=float))
        if np.isnan(times).any():
            raise UsageError(f"times must be numbers of days; received {times_days!r}")
        keys = [c for c in ("group", "cause") if c in self.table.columns]
        read = [
            _read(block, times)
            for _, block in self.table.groupby(keys, sort=False, observed=True)
        ]
        return pd.concat(read, ignore_index=True)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Curves):
            return NotImplemented
        return self.kind == other.kind and self.table.equals(other.table)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        groups = ", ".join(map(str, self.table["group"].unique()))
        mark = "SYNTHETIC " if is_synthetic(self.table) else ""
        return f"<{mark}{self.kind} curves: {groups}>"

    def _repr_html_(self) -> str:
        last = float(self.table["time_days"].max())
        months: list[float] = [
            m for m in (6, 12, 24, 60) if m * DAYS_PER_MONTH <= last
        ] or [last / DAYS_PER_MONTH]
        shown = self.at([m * DAYS_PER_MONTH for m in months])
        shown["time_days"] = (shown["time_days"] / DAYS_PER_MONTH).round(1)
        shown = shown.rename(columns={"time_days": "months"})
        mark = "SYNTHETIC. " if is_synthetic(self.table) else ""
        caption = mark + self.kind.capitalize()
        # Risks of a rare event need more than two decimals.
        shares = ("estimate", "std_error", "conf_low", "conf_high")
        formats = dict.fromkeys(shares, ".4f")
        shown_table = html_table(shown, caption=caption, formats=formats)
        return shown_table + notes_list(self.notes)


def _read(block: pd.DataFrame, times: FloatArray) -> pd.DataFrame:
    when = block["time_days"].to_numpy()
    before = np.searchsorted(when, times, side="right") - 1
    after = np.searchsorted(when, times, side="left")
    entered = before >= 0
    known = entered & (after < len(when))
    rows = block.iloc[np.clip(before, 0, None)].reset_index(drop=True)
    rows["time_days"] = times
    inside = np.clip(after, 0, len(when) - 1)
    at_risk = block["n_at_risk"].to_numpy()[inside]
    rows["n_at_risk"] = np.where(known, at_risk, 0)
    for column in ("n_events", "n_censored"):
        up_to = block[column].cumsum().to_numpy()[np.clip(before, 0, None)]
        rows[column] = np.where(entered, up_to, 0)
    rows.loc[~known, ["estimate", "std_error", "conf_low", "conf_high"]] = np.nan
    return rows
