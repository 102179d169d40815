"""Make the calibration table: ``python -m tests.calibration.table --out DIR``.

Twenty thousand children of each preset, of one seed, held against what is published.
``western`` and ``tertiary`` are one world under two names and are drawn once.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import pandas as pd

from jdm_stats.simulation.scenario.presets import PRESETS
from tests.calibration.children import described_children
from tests.calibration.figures import figures_of
from tests.calibration.measures import Measured
from tests.calibration.published import Published, published

SEED, CHILDREN = 20261129, 20_000
HERE = Path(__file__).resolve().parent
TABLE = HERE / "calibration.csv"
# The names of one world, by what is drawn.
DRAWN = {name: "tertiary" if name == "western" else name for name in PRESETS}
WITHIN, NEARLY, OUTSIDE = "yes", "within error", "no"
COLUMNS = [
    *("preset", "figure", "published", "low", "high", "range_kind", "grade", "status"),
    *("source", "simulated", "mc_error", "n", "within", "note"),
]


def rows_of(preset: str, children: pd.DataFrame) -> pd.DataFrame:
    """Hold the children of one preset against what is published.

    Parameters
    ----------
    preset : str
    children : DataFrame
        As `described_children` gives them.

    Returns
    -------
    DataFrame
        One row per figure, with `COLUMNS`.
    """
    rows = []
    for figure in figures_of(preset):
        told, got = published(figure, preset), figure.measure(children)
        row = dataclasses.asdict(told)
        row["published"] = row.pop("value")
        row |= {"preset": preset, "figure": figure.name, "note": figure.note}
        row |= {"simulated": got.value, "mc_error": got.std_error, "n": got.n}
        rows.append(row | {"within": within(got, told)})
    return pd.DataFrame(rows)[COLUMNS]


def within(got: Measured, told: Published) -> str:
    """Say whether a value is in its range, or out of it by no more than two errors.

    Examples
    --------
    >>> told = Published(0.5, 0.4, 0.6, "", "A", "published", "")
    >>> [within(Measured(value, 0.02, 9), told) for value in (0.5, 0.63, 0.7)]
    ['yes', 'within error', 'no']
    """
    if told.low <= got.value <= told.high:
        return WITHIN
    slack = 2 * got.std_error
    return NEARLY if told.low - slack <= got.value <= told.high + slack else OUTSIDE


def drawn_table(count: int = CHILDREN, seed: int = SEED) -> pd.DataFrame:
    """Draw every preset and hold it against what is published."""
    children = {
        name: described_children(PRESETS[name], count, seed)
        for name in sorted(set(DRAWN.values()))
    }
    parts = [rows_of(name, children[drawn]) for name, drawn in DRAWN.items()]
    return pd.concat(parts, ignore_index=True)


def read_table(path: Path = TABLE) -> pd.DataFrame:
    """Read the committed table."""
    return pd.read_csv(path, keep_default_na=False, na_values=["nan"])


def write_table(found: pd.DataFrame, path: Path = TABLE) -> None:
    """Write a table as it is committed: five digits."""
    found.to_csv(
        path, index=False, float_format="%.5g", na_rep="nan", lineterminator="\n"
    )


def main() -> None:
    """Write the table anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE)
    write_table(drawn_table(), parser.parse_args().out / TABLE.name)


if __name__ == "__main__":
    main()
