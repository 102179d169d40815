"""WrittenCohort: where a simulated cohort was written, and how much of what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

__all__ = ["WrittenCohort"]


@dataclass(frozen=True)
class WrittenCohort:
    """A SYNTHETIC cohort that was written: where, and how much of what.

    Parameters
    ----------
    folder : Path
        Where it stands; the record itself may be given as a path too.
    name : str
        What the cohort is called.
    files : tuple of str
        Names of the files written.
    rows : mapping of str to int
        Rows of each table.
    person_years : float
        Years from entry to exit, summed over children.
    perforations, perforated : int
        Perforations, and children with one.
    deaths : int
    """

    folder: Path
    name: str
    files: tuple[str, ...]
    rows: Mapping[str, int]
    person_years: float
    perforations: int
    perforated: int
    deaths: int

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return (
            f"WrittenCohort({self.name!r}: {self.rows['patients']:,} patients, "
            f"{self.rows['courses']:,} courses, {self.person_years:,.1f} person-years, "
            f"{self.perforations:,} perforations in {self.perforated:,} children)"
        )

    def _repr_html_(self) -> str:
        from jdm_stats.html import html_table  # only a notebook needs it

        counts = {
            **{name.capitalize(): f"{count:,}" for name, count in self.rows.items()},
            "Person-years": f"{self.person_years:,.1f}",
            "Perforations": f"{self.perforations:,} in {self.perforated:,} children",
            "Deaths": f"{self.deaths:,}",
            "Files": ", ".join(self.files),
        }
        return html_table(
            pd.DataFrame({"Cohort": counts.keys(), "Count": counts.values()}),
            caption=f"SYNTHETIC cohort written: {self.name}",
            footnotes=["SYNTHETIC: these children are simulated."],
        )
