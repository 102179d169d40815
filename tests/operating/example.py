"""The example of ``docs/operating.md``: 150 twins of 600 children, steroids harmless.

``python -m tests.operating.example`` draws them (a quarter of an hour of one core), writes
``example.csv`` beside this file and puts the two tables of the page in anew.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd

import jdm_stats as jdm
from jdm_stats.html import format_number
from tests.marked_tables import as_written, renewed

HERE = Path(__file__).resolve().parent
TABLE = HERE / "example.csv"
PAGE = HERE.parents[1] / "docs" / "operating.md"
CHILDREN, TWINS, SEED = 600, 150, 1
NO_TRUTH = "rejections of no effect; no single truth"


def drawn(*, n_jobs: int = 1, path: Path | None = None) -> pd.DataFrame:
    """Run the example and return its measures, one row a term, those by antibody left out."""
    found = jdm.operating_characteristics(
        jdm.AnalysisPlan(),
        "steroids_harmless",
        CHILDREN,
        TWINS,
        rng=SEED,
        n_jobs=n_jobs,
        path=path,
    )
    table = found.table[~found.table["model"].str.contains("by antibody")]
    return table.reset_index(drop=True)


def read_table(text: str | None = None) -> pd.DataFrame:
    """Read the committed measures, or those of a text."""
    return pd.read_csv(TABLE if text is None else io.StringIO(text))


def as_text(table: pd.DataFrame) -> str:
    """Write measures as they are committed."""
    return table.to_csv(index=False, lineterminator="\n", float_format="%.10g")


def tables(table: pd.DataFrame) -> dict[str, str]:
    """Both tables of the page, by the name in their marks."""
    return {"values": as_written(_values(table)), "errors": as_written(_errors(table))}


def _values(table: pd.DataFrame) -> Iterator[list[str]]:
    yield [
        *("Model", "Term", "Estimable", "Mean estimate", "Truth", "Large sample"),
        *("Mean − large sample", "Large sample − truth"),
    ]
    for _, row in table.iterrows():
        yield [
            row["model"],
            f"`{row['term']}`",
            f"{row['estimable']} of {row['replicates']}",
            _number(row, "mean_estimate"),
            format_number(row["truth"]) if pd.notna(row["truth"]) else "–",
            _number(row, "large_sample", "large_sample_se"),
            _number(row, "small_sample_bias"),
            _number(row, "confounding"),
        ]


def _errors(table: pd.DataFrame) -> Iterator[list[str]]:
    yield [
        *("Model", "Term", "Empirical SE", "Model SE", "Coverage of truth"),
        *("Coverage of large sample", "Rejected at 5%", "which is"),
    ]
    for _, row in table.iterrows():
        yield [
            row["model"],
            f"`{row['term']}`",
            _number(row, "empirical_se"),
            _number(row, "model_se"),
            _percent(row, "coverage_of_truth"),
            _percent(row, "coverage_of_large_sample"),
            _percent(row, "rejected"),
            "false positives" if pd.notna(row["truth"]) else NO_TRUTH,
        ]


def _number(row: pd.Series, name: str, error: str = "") -> str:
    return _cell(format_number, row[name], row[error or f"{name}_mcse"])


def _percent(row: pd.Series, name: str) -> str:
    return _cell(lambda share: f"{100 * share:.1f}%", row[name], row[f"{name}_mcse"])


def _cell(write: Callable[[float], str], value: float, error: float) -> str:
    return "–" if pd.isna(value) else f"{write(value)} ({write(error)})"


def main() -> None:
    """Draw, write the table, and put both tables of the page in anew."""
    TABLE.write_text(as_text(drawn()), encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, tables(read_table())), encoding="utf-8")


if __name__ == "__main__":
    main()
