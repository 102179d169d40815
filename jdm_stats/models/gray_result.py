"""The frozen result of Gray's test: its row, its sentence, its look in Jupyter."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from jdm_stats.html import format_p, html_table, notes_list
from jdm_stats.intervals.marks import is_synthetic, marked
from jdm_stats.models.words import count, p_words

METHOD = "Gray's test"


@dataclass(frozen=True, eq=False)
class GrayTest:
    """Gray's test of equal cumulative incidence, as made by `gray_test`.

    Parameters
    ----------
    statistic, p_value : float
        Chi-square; NaN with ``reason``.
    degrees_of_freedom : int
        Groups less one.
    reason : str
        Why there is no test; empty when there is.
    table : DataFrame
        One row per group: ``group, n`` (children), ``events, observed, expected``, the last
        two weighted by ``rho``.
    cause : int
    rho : float
    notes : tuple of str
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    reason: str
    table: pd.DataFrame
    cause: int
    rho: float
    notes: tuple[str, ...]

    def tidy(self) -> pd.DataFrame:
        """Give the test in one row.

        Returns
        -------
        DataFrame
            ``test, cause, statistic, degrees_of_freedom, p_value, n, events, reason``.
        """
        row = {
            "test": METHOD,
            "cause": self.cause,
            "statistic": self.statistic,
            "degrees_of_freedom": self.degrees_of_freedom,
            "p_value": self.p_value,
            "n": int(self.table["n"].sum()),
            "events": int(self.table["events"].sum()),
            "reason": self.reason,
        }
        return marked(pd.DataFrame([row]), is_synthetic(self.table))

    def in_words(self) -> str:
        """Say the test in a sentence."""
        if self.reason:
            return f"{METHOD} cannot be made: {self.reason}."
        size = count(int(self.table["events"].sum()), "event")
        return (
            f"{METHOD} of equal cumulative incidence in {len(self.table)} groups: chi-square "
            f"{self.statistic:.2f} on {self.degrees_of_freedom} degrees of freedom, "
            f"p {p_words(self.p_value)} ({size})."
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, GrayTest):
            return NotImplemented
        same = self.tidy().equals(other.tidy()) and self.notes == other.notes
        return same and self.table.equals(other.table)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if is_synthetic(self.table) else ""
        return f"<{mark}{self.in_words()}>"

    def _repr_html_(self) -> str:
        mark = "SYNTHETIC. " if is_synthetic(self.table) else ""
        p = self.reason or f"p {format_p(self.p_value)}"
        formats = dict.fromkeys(("observed", "expected"), ".2f")
        caption = f"{mark}{METHOD}: {p}"
        shown = html_table(self.table, caption=caption, formats=formats)
        return shown + notes_list(self.notes)
