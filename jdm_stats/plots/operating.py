"""How a plan does: coverage, bias or rejections of each model, with Monte Carlo limits.

What is held against the truth is drawn solid; what is held against the large-sample value,
hollow. They answer different questions, so no row shows both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number
from jdm_stats.plots.columns import is_synthetic, require_columns, text_of
from jdm_stats.plots.rows import (
    HOLLOW_LINE,
    Row,
    draw_null_line,
    draw_rows,
    label_pad,
    wrap,
)
from jdm_stats.plots.style import OKABE_ITO, legend_outside, styled, synthetic_mark

__all__ = ["operating_plot"]

Measure = Literal["coverage", "bias", "rejected"]

_Z = 1.959964
_TRUTH, _LARGE = OKABE_ITO["vermillion"], OKABE_ITO["blue"]


@dataclass(frozen=True, slots=True)
class _Series:
    """One column of the table and how it is drawn."""

    column: str
    legend: str
    missing: str
    colour: str
    marker: str
    hollow: bool = False


_SERIES: Mapping[str, tuple[_Series, ...]] = {
    "coverage": (
        _Series("coverage_of_truth", "of the truth", "truth not known", _TRUTH, "s"),
        _Series(
            "coverage_of_large_sample",
            "of the large-sample value",
            "no large-sample value",
            _LARGE,
            "o",
            True,
        ),
    ),
    "bias": (
        _Series("bias_from_truth", "mean less truth", "truth not known", _TRUTH, "s"),
        _Series(
            "small_sample_bias",
            "mean less large-sample value",
            "no large-sample value",
            _LARGE,
            "o",
            True,
        ),
    ),
    "rejected": (_Series("rejected", "tests that reject", "no test", _TRUTH, "s"),),
}
_LABELS = {
    "coverage": "Coverage of the limits (%)",
    "bias": "Bias of the estimates (log scale)",
    "rejected": "Tests that reject (%)",
}


@styled
def operating_plot(
    table: pd.DataFrame,
    *,
    measure: Measure = "coverage",
    level: float = 0.95,
    ax: Axes | None = None,
    xlim: tuple[float, float] | None = None,
    xlabel: str | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Draw one measure of performance for every model and term.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per ``model`` and ``term`` with ``replicates`` and ``not_estimable``. For
        coverage: ``coverage_of_truth``, ``coverage_of_large_sample``, ``no_limits``. For
        bias: ``bias_from_truth``, ``small_sample_bias`` and each with ``_mcse``. For
        rejections: ``rejected``, ``rejected_means``, ``tests``.
    measure : {"coverage", "bias", "rejected"}, default "coverage"
        What is drawn. Shares have Wilson limits, bias 1.96 Monte Carlo standard errors
        to either side.
    level : float, default 0.95
        Level of the limits and tests: where coverage and false positives should lie.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    xlim : (float, float), optional
        Ends of the axis, in percent for shares.
    xlabel : str, optional
        Words under the axis.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an empty table or an unknown measure.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "model": ["Firth Cox"],
    ...         "term": ["recent_pulse"],
    ...         "replicates": [200],
    ...         "not_estimable": [0.0],
    ...         "no_limits": [0.0],
    ...         "coverage_of_truth": [0.7],
    ...         "coverage_of_large_sample": [0.95],
    ...     }
    ... )
    >>> ax = operating_plot(table, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts if text.get_gid() == "cell-0"]
    ['70.0 (63.3 to 75.9)', '95.0 (91.0 to 97.3)']
    """
    if measure not in _SERIES:
        raise UsageError(
            f"measure is one of {', '.join(_SERIES)}; received {measure!r}"
        )
    frame = require_columns(table, _columns(measure), "operating_plot")
    if frame.empty:
        raise UsageError("operating_plot received no row; pass result.table")
    rows = _rows(frame, measure)
    headers = [
        "Bias (95% MC limits)" if measure == "bias" else "% (95% MC limits)",
        "Estimable",
    ]
    null = {"coverage": 100 * level, "bias": 0.0, "rejected": 100 * (1 - level)}[
        measure
    ]
    limits = xlim or _limits(rows, measure, null)
    axes = draw_rows(rows, ax=ax, headers=headers, xlim=limits, log=False)
    draw_null_line(axes, null)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel(_LABELS[measure] if xlabel is None else xlabel)
    if len(_SERIES[measure]) > 1:
        _legend(axes, rows, measure)
    if is_synthetic(synthetic, table):
        synthetic_mark(axes, x=0.0, ha="left")
    return axes


def _columns(measure: str) -> list[str]:
    names = [series.column for series in _SERIES[measure]]
    more = {
        "coverage": ["no_limits"],
        "bias": [f"{name}_mcse" for name in names],
        "rejected": ["rejected_means", "tests"],
    }
    return ["model", "term", "replicates", "not_estimable", *names, *more[measure]]


def _rows(frame: pd.DataFrame, measure: str) -> list[Row]:
    """Give a heading for each term, under it the models, each once per reference.

    What no model of a term can be held against is said in the heading, once.
    """
    rows: list[Row] = []
    terms = frame["term"].map(text_of)
    for term in dict.fromkeys(terms):
        own = frame[terms == term]
        shown = [s for s in _SERIES[measure] if own[s.column].notna().any()]
        lacking = [s.missing for s in _SERIES[measure] if s not in shown]
        told = f"\n({', '.join(lacking)})" if lacking else ""
        rows.append(Row(label=wrap(term) + told, heading=True))
        for record in own.to_dict("records"):
            for place, series in enumerate(shown):
                row = _row(record, series, measure)
                rows.append(row if place == 0 else replace(row, label=""))
    return rows


def _row(record: Mapping[Any, Any], series: _Series, measure: str) -> Row:
    label = "   " + wrap(text_of(record["model"]), 30).replace("\n", "\n   ")
    if measure == "rejected":
        label += f"\n   {_short(text_of(record['rejected_means']))}"
    count = int(record["replicates"])
    estimable = f"{round(count * (1 - record['not_estimable']))} of {count}"
    low, middle, high = _interval(record, series, measure)
    look: dict[str, Any] = {
        "label": label,
        "marker": series.marker,
        "colour": series.colour,
        "hollow": series.hollow,
    }
    if math.isnan(middle):
        return Row(**look, cells=("–", estimable), note=series.missing)
    digits = 2 if measure == "bias" else 1
    shown = [format_number(value, digits=digits) for value in (middle, low, high)]
    text = shown[0]
    if not math.isnan(low):
        text += f" ({shown[1]} to {shown[2]})"
    return Row(**look, low=low, middle=middle, high=high, cells=(text, estimable))


def _short(meaning: str) -> str:
    kind, _, why = meaning.partition(":")
    return why.strip() if kind == "neither" else kind


def _interval(
    record: Mapping[Any, Any], series: _Series, measure: str
) -> tuple[float, float, float]:
    value = float(record[series.column])
    if measure == "bias":
        reach = _Z * float(record[f"{series.column}_mcse"])
        return value - reach, value, value + reach
    count = (
        float(record["tests"])
        if measure == "rejected"
        else round(record["replicates"] * (1 - record["no_limits"]))
    )
    low, high = _wilson(value, count)
    return 100 * low, 100 * value, 100 * high


def _wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's limits of a share: they do not shrink to a point at 0 and 1."""
    if not count or math.isnan(share):
        return math.nan, math.nan
    square = _Z * _Z / count
    middle = (share + square / 2) / (1 + square)
    reach = _Z * math.sqrt(share * (1 - share) / count + square / (4 * count))
    return max(middle - reach / (1 + square), 0.0), min(
        middle + reach / (1 + square), 1.0
    )


def _limits(rows: Sequence[Row], measure: str, null: float) -> tuple[float, float]:
    ends = [
        value
        for row in rows
        for value in (row.low, row.middle, row.high)
        if math.isfinite(value)
    ]
    low, high = min([*ends, null]), max([*ends, null])
    if measure == "bias":
        margin = 0.06 * max(high - low, 0.1)
        return low - margin, high + margin
    if measure == "rejected":
        return 0.0, min(1.08 * high, 102.0)
    return max(10 * math.floor((low - 2) / 10), 0.0), 101.5


def _legend(ax: Axes, rows: Sequence[Row], measure: str) -> None:
    entries = []
    for series in _SERIES[measure]:
        mark = Line2D(
            [],
            [],
            color=series.colour,
            marker=series.marker,
            ms=6,
            mec=series.colour,
            mfc="white" if series.hollow else series.colour,
            ls=HOLLOW_LINE if series.hollow else "solid",
        )
        entries.append((mark, series.legend))
    legend_outside(ax, entries, left=label_pad(rows))
