"""The tables of ``docs/known_truth.md``, written from the committed ones.

``python -m tests.known_truth.page`` puts them in anew, each between its two marks.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from tests.known_truth.harmless import ADJUSTED, DIALS, EXPOSURES
from tests.known_truth.harmless import TABLE as HARMLESS
from tests.known_truth.study import HERE, WORLDS, judged, read_table
from tests.marked_tables import as_written, renewed

PAGE = HERE.parents[1] / "docs" / "known_truth.md"
TERMS = {
    "severity": "latent severity, per SD",
    "nxp2_early": "anti-NXP2, first 18 months",
    "nxp2_late": "anti-NXP2, later",
    "dose": "oral dose, plateau against none",
    "threshold": "oral dose at or above the threshold",
    "pulse": "pulse in the last 30 days",
    "cumulative": "all steroid so far, per 100 mg/kg",
    "jak": "JAK inhibitor",
    "gi": "GI involvement",
}
TITLES = {
    "high": "1 mg/kg/day or more",
    "dose": "Dose, plateau against none",
    "pulse": "Recent pulse",
    "cumulative": "Per 100 mg/kg so far",
}


def tables(study: pd.DataFrame, told: pd.DataFrame) -> dict[str, str]:
    """Every table of the page, by the name in its mark."""
    found = judged(study)
    written = {
        "worlds": as_written(_worlds(found)),
        "terms": as_written(_terms(found)),
    }
    for dial in DIALS:
        written[f"harmless_{dial:g}"] = as_written(_harmless(told, dial))
    return written


def _worlds(found: pd.DataFrame) -> Iterator[list[str]]:
    yield [
        "World",
        "Children",
        "Perforations",
        "Estimates that count",
        "Misses",
        "Largest error",
    ]
    groups = {name: found[found["world"] == name] for name in WORLDS}
    for name, own in {**groups, "all": found}.items():
        counted = own[own["counts"]]
        children = f"{WORLDS[name].children:,}" if name in WORLDS else ""
        events = f"{own['events'].min()} to {own['events'].max()}"
        yield [
            name,
            children,
            events,
            str(len(counted)),
            str(int(counted["miss"].sum())),
            f"{counted['errors'].abs().max():.1f}",
        ]


def _terms(found: pd.DataFrame) -> Iterator[list[str]]:
    yield ["Term", "Estimates that count", "Misses", "Mean error", "SD of the errors"]
    for term, words in TERMS.items():
        own = found[(found["term"] == term) & found["counts"]]
        spread = f"{own['errors'].std():.2f}" if len(own) > 1 else "–"
        mean = f"{own['errors'].mean():+.2f}" if len(own) else "–"
        yield [words, str(len(own)), str(int(own["miss"].sum())), mean, spread]


def _harmless(told: pd.DataFrame, dial: float) -> Iterator[list[str]]:
    yield ["Adjusted for", *(TITLES[exposure] for exposure in EXPOSURES)]
    own = told[told["confounding"] == dial].set_index(["exposure", "adjusted"])
    for adjusted in ADJUSTED:
        yield [
            adjusted,
            *(_ratio(own.loc[(exposure, adjusted)]) for exposure in EXPOSURES),
        ]


def _ratio(row: pd.Series) -> str:
    ends = row["log_hr"] + 1.96 * row["std_error"] * np.array([0, -1, 1])
    return "{:.2f} ({:.2f} to {:.2f})".format(*np.exp(ends))


def main() -> None:
    """Write the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    written = tables(read_table(), pd.read_csv(HARMLESS))
    PAGE.write_text(renewed(page, written), encoding="utf-8")


if __name__ == "__main__":
    main()
