"""The tables of ``docs/recovery.md``, written from the committed one.

``python -m tests.recovery.page`` puts them in anew, each between its two marks.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from tests.marked_tables import as_written, renewed
from tests.recovery.design import CHILDREN, TERMS
from tests.recovery.findings import findings
from tests.recovery.fitting import METHODS, SAMPLED_METHODS
from tests.recovery.study import HERE, TABLE

PAGE = HERE.parents[1] / "docs" / "recovery.md"
KEY = ["world", "events", "sampled", "study", "method", "term", "measure"]
TITLES = {
    "wald": "Wald",
    "profile": "Profile",
    "ratio": "Ratio test",
    "robust": "Robust",
    "sandwich": "Plain sandwich",
    "jackknife": "Jackknife",
}


def read_table(path: Path = HERE / TABLE) -> pd.DataFrame:
    """Read the committed table, indexed by `KEY`: ``value, mc_error, n``."""
    found = pd.read_csv(path, keep_default_na=False, na_values=[""], dtype=str)
    found[["method", "term"]] = found[["method", "term"]].fillna("")
    found["events"] = found["events"].astype(int)
    found["sampled"] = found["sampled"] == "True"
    for column in ("value", "mc_error", "n"):
        found[column] = found[column].astype(float)
    return found.set_index(KEY)


def figure(table: pd.DataFrame, *key: object, percent: bool) -> str:
    """Write a value with its Monte Carlo error in brackets, or – without any."""
    row = table.loc[key]
    if not row["n"] or pd.isna(row["value"]):
        return "–"
    if percent:
        return f"{100 * row['value']:.1f} ({100 * row['mc_error']:.1f})"
    return f"{row['value']:.2f} ({row['mc_error']:.2f})"


def tables(table: pd.DataFrame) -> dict[str, str]:
    """Every table of the page, by the name in its mark."""
    found = {
        "findings": findings(table),
        "excluded": _excluded(table),
        "separated": _separated(table),
        "bias": as_written(_bias(table, "effects")),
        "bias_null": as_written(_bias(table, "null")),
        "errors": as_written(_errors(table)),
        "jackknife": as_written(_jackknife(table)),
        "sampled": as_written(_sampled(table)),
    }
    for term in TERMS:
        found[f"coverage_{term}"] = as_written(_limits(table, "effects", term))
        found[f"false_positives_{term}"] = as_written(_limits(table, "null", term))
    return found


def _excluded(table: pd.DataFrame) -> str:
    def rows() -> Iterator[list[str]]:
        yield ["World", "Expected", "Drawn with two or more", "Fewer than two, %"]
        for (world, events, sampled), _ in _cells(table):
            at = (world, events, sampled, "main", "", "")
            mean = table.loc[(*at, "events_mean"), "value"]
            spread = table.loc[(*at, "events_sd"), "value"]
            name = f"{world}, sampled" if sampled else world
            few = figure(table, *at, "excluded", percent=True)
            yield [name, str(events), f"{mean:.1f}, SD {spread:.1f}", few]

    return as_written(rows())


def _cells(table: pd.DataFrame) -> Iterator[tuple[tuple[str, int, bool], pd.DataFrame]]:
    main = table[table.index.get_level_values("study") == "main"]
    yield from main.groupby(level=["world", "events", "sampled"], sort=False)


def _separated(table: pd.DataFrame) -> str:
    def rows() -> Iterator[list[str]]:
        yield ["Events", "Effects", "Null", "Effects, sampled", "Null, sampled"]
        for events in CHILDREN:
            cells = [str(events)]
            for sampled in (False, True):
                for world in ("effects", "null"):
                    key = (world, events, sampled, "main", "plain", "dose", "separated")
                    there = key in table.index
                    cells.append(figure(table, *key, percent=True) if there else "")
            yield cells

    return as_written(rows())


def _bias(table: pd.DataFrame, world: str) -> Iterator[list[str]]:
    kinds = ("bias_mean", "bias_median")
    heads = [f"{term}, {kind[5:]}" for term in TERMS for kind in kinds]
    yield ["Events", "Method", *heads]
    for events in CHILDREN:
        for method in METHODS:
            at = (world, events, False, "main", method)
            cells = [
                figure(table, *at, term, kind, percent=False)
                for term in TERMS
                for kind in kinds
            ]
            yield [str(events), method, *cells]


def _errors(table: pd.DataFrame) -> Iterator[list[str]]:
    kinds = ("rmse", "empirical_sd", "model_se_mean")
    yield [
        "Events",
        "Method",
        *(
            f"{term}, {kind}"
            for term in ("antibody", "pulse")
            for kind in ("RMSE", "SD", "mean SE")
        ),
    ]
    for events in CHILDREN:
        for method in METHODS:
            at = ("effects", events, False, "main", method)
            cells = [
                figure(table, *at, term, kind, percent=False)
                for term in ("antibody", "pulse")
                for kind in kinds
            ]
            yield [str(events), method, *cells]


def _limits(table: pd.DataFrame, world: str, term: str) -> Iterator[list[str]]:
    kinds = ("wald", "profile", "robust", "sandwich")
    effects = world == "effects"
    named = [k if effects or k != "profile" else "ratio" for k in kinds]
    told = "coverage" if effects else "rejects"
    yield [
        "Events",
        "Method",
        *(TITLES[kind] for kind in named),
        "No Wald",
        "No robust",
    ]
    for events in CHILDREN:
        for method in METHODS:
            at = (world, events, False, "main", method, term)
            cells = [figure(table, *at, f"{told}_{k}", percent=True) for k in named]
            for kind in ("wald", "robust"):
                cells.append(f"{100 * table.loc[(*at, f'none_{kind}'), 'value']:.1f}")
            yield [str(events), method, *cells]


def _jackknife(table: pd.DataFrame) -> Iterator[list[str]]:
    kinds = ("robust", "jackknife")
    heads = [f"{TITLES[kind]}, {term}" for term in TERMS for kind in kinds]
    yield ["Events", "Method", *heads, "No robust", "No jackknife"]
    for events in CHILDREN:
        for method in ("plain", "firth"):
            at = ("effects", events, False, "jackknife", method)
            cells = [
                figure(table, *at, term, f"coverage_{kind}", percent=True)
                for term in TERMS
                for kind in kinds
            ]
            for kind in kinds:
                none = table.loc[(*at, "dose", f"none_{kind}"), "value"]
                cells.append(f"{100 * none:.0f}")
            yield [str(events), method, *cells]


def _sampled(table: pd.DataFrame) -> Iterator[list[str]]:
    yield [
        "World",
        "Events",
        "Method",
        "Term",
        "Bias, mean",
        "Robust coverage",
        "Plain sandwich coverage",
        "No robust",
    ]
    for world in ("effects", "null"):
        for events in (12, 25):
            for method in SAMPLED_METHODS:
                for term in TERMS:
                    at = (world, events, True, "main", method, term)
                    yield [
                        world,
                        str(events),
                        method,
                        term,
                        figure(table, *at, "bias_mean", percent=False),
                        figure(table, *at, "coverage_robust", percent=True),
                        figure(table, *at, "coverage_sandwich", percent=True),
                        f"{100 * table.loc[(*at, 'none_robust'), 'value']:.1f}",
                    ]


def main() -> None:
    """Write the tables into the page."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(renewed(page, tables(read_table())), encoding="utf-8")


if __name__ == "__main__":
    main()
