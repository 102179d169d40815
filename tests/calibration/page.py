"""The tables of ``docs/calibration.md``, written from the committed one.

``python -m tests.calibration.page`` puts them in anew, each between its two marks.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from jdm_stats.simulation.scenario.presets import PRESETS
from tests.calibration.misses import REASONS
from tests.calibration.table import HERE, NEARLY, OUTSIDE, WITHIN, read_table
from tests.marked_tables import as_written, renewed

PAGE = HERE.parents[1] / "docs" / "calibration.md"
# What presets differ in, and so what is shown of each.
COMPARED = (
    *("share of girls", "pulsed by 24 months", "GI involvement by 24 months"),
    *("perforation by 24 months", "NXP2 among the perforated"),
    *("NXP2 rate ratio before 18 months", "NXP2 rate ratio from 18 months"),
    *("perforation: median months", "first site: duodenum"),
    *("dead within 12 months of perforation", "CMAS under 5 before perforation"),
)
SHOWN = {WITHIN: "yes", NEARLY: "within error", OUTSIDE: "**no**"}


def tables(table: pd.DataFrame) -> dict[str, str]:
    """Every table of the page, by the name in its mark."""
    return {
        "counts": as_written(_counts(table)),
        "misses": as_written(_misses(table)),
        "presets": as_written(_presets(table)),
        "mix": as_written(_mix(table)),
        "whole": as_written(_whole(table)),
    }


def misses(table: pd.DataFrame) -> pd.DataFrame:
    """Rows out of their range by more than two Monte Carlo errors."""
    return table[table["within"] == OUTSIDE]


def number(value: float) -> str:
    """Write a number with three digits, or its whole part if that has more.

    Examples
    --------
    >>> number(0.01955), number(1922.8), number(33.0)
    ('0.0196', '1923', '33')
    """
    text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "–" if pd.isna(value) else text


def _counts(table: pd.DataFrame) -> Iterator[list[str]]:
    yield ["Preset", "Figures", "Within range", "Within error of it", "Out of it"]
    for preset in PRESETS:
        own = table.loc[table["preset"] == preset, "within"]
        counts = [str(int((own == kind).sum())) for kind in (WITHIN, NEARLY, OUTSIDE)]
        yield [f"`{preset}`", str(len(own)), *counts]


def _misses(table: pd.DataFrame) -> Iterator[list[str]]:
    yield ["Figure", "Presets", "Published", "Range", "Simulated", "Why"]
    out = misses(table)
    for figure, why in REASONS.items():
        own = out[out["figure"] == figure]
        everywhere = len(own) == len(PRESETS)
        names = (
            "all" if everywhere else ", ".join(f"`{name}`" for name in own["preset"])
        )
        values = [
            number(value) for value in (own["simulated"].min(), own["simulated"].max())
        ]
        first = own.iloc[0]
        yield [
            figure,
            names,
            _published(first),
            _range(first),
            " to ".join(dict.fromkeys(values)),
            why,
        ]


def _published(row: pd.Series) -> str:
    kinds = {"assumed": " (assumed)", "calculated here": " (calculated)"}
    return number(row["published"]) + kinds.get(row["status"], "")


def _range(row: pd.Series) -> str:
    made = "" if "here" not in row["range_kind"] else " °"
    return f"{number(row['low'])} to {number(row['high'])}{made}"


def _simulated(row: pd.Series) -> str:
    error = "" if not row["mc_error"] else f" ({number(row['mc_error'])})"
    return number(row["simulated"]) + error


def _presets(table: pd.DataFrame) -> Iterator[list[str]]:
    shown = [name for name in PRESETS if name != "western"]
    yield ["Figure", *(f"`{name}`" for name in shown)]
    at = table.set_index(["preset", "figure"])
    for figure in COMPARED:
        yield [figure, *(_simulated(at.loc[(name, figure)]) for name in shown)]


def _mix(table: pd.DataFrame) -> Iterator[list[str]]:
    yield ["Antibody", "`tertiary`", "Published", "`east_asia`", "Assumed blend"]
    own = table[table["figure"].str.startswith("antibody")]
    by = own.assign(figure=own["figure"].str.removeprefix("antibody: "))
    by = by.set_index(["preset", "figure"])
    for label in dict.fromkeys(by.index.get_level_values("figure")):
        line = [label]
        for preset in ("tertiary", "east_asia"):
            there = (preset, label) in by.index
            row = by.loc[(preset, label)] if there else None
            line += ["–", "–"] if row is None else [_simulated(row), _published(row)]
        yield line


def _whole(table: pd.DataFrame) -> Iterator[list[str]]:
    yield [
        "Figure",
        "Published",
        "Grade",
        "Range",
        "Simulated (error)",
        "Within",
        "How read",
    ]
    for _, row in table[table["preset"] == "tertiary"].iterrows():
        yield [
            row["figure"],
            _published(row),
            row["grade"],
            _range(row),
            _simulated(row),
            SHOWN[row["within"]],
            row["note"],
        ]


def main() -> None:
    """Write the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, tables(read_table())), encoding="utf-8")


if __name__ == "__main__":
    main()
