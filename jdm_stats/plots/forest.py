"""The forest plot: ratios of one or several models, with their limits, on a log axis."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number
from jdm_stats.plots.columns import (
    is_synthetic,
    numbers,
    relabelled,
    require_columns,
    text_of,
)
from jdm_stats.plots.log_axis import log_limits, log_ticks
from jdm_stats.plots.rows import (
    Row,
    draw_null_line,
    draw_rows,
    wrap,
)
from jdm_stats.plots.style import CYCLE, styled, synthetic_mark

__all__ = ["forest_plot"]

_NEEDED = ("term", "estimate", "conf_low", "conf_high", "scale")
_INTERCEPTS = ("Intercept", "(Intercept)", "const")
_INTERVALS = {"wald": "Wald"}


@dataclass(frozen=True, slots=True)
class _Line:
    """One coefficient on the ratio scale, with the words that go with it."""

    model: str
    term: str
    kind: str
    estimate: float
    low: float
    high: float
    interval: str
    counts: str
    reason: str
    truth: float


@styled
def forest_plot(
    estimates: pd.DataFrame | Mapping[str, pd.DataFrame],
    *,
    ax: Axes | None = None,
    terms: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    null_line: float = 1.0,
    xlim: tuple[float, float] | None = None,
    conf_level: float = 0.95,
    synthetic: bool | None = None,
) -> Axes:
    """Draw hazard or odds ratios with their limits, grouped by model.

    A limit beyond the axis, infinite ones included, ends in an arrow. A term without an
    estimate keeps its row, which says "no estimate" and why.

    Parameters
    ----------
    estimates : pandas.DataFrame or mapping of str to pandas.DataFrame
        Tidy estimates with the columns ``term``, ``estimate``, ``conf_low``,
        ``conf_high`` and ``scale``, and, where there are any, ``model``, ``interval``,
        ``n``, ``events``, ``reason`` and ``truth``, which a tall bar marks. The names of a
        mapping head the groups; else the column ``model`` does. Numbers whose ``scale``
        starts with "log" are exponentiated.
    ax : matplotlib.axes.Axes, optional
        Where to draw. Text stands left and right of the axes: give its figure a
        constrained layout. By default a figure is made, as tall as the rows need.
    terms : sequence of str, optional
        Terms to show, in this order; by default all but the intercept.
    labels : mapping of term to str, optional
        What to call the terms.
    null_line : float, default 1.0
        Ratio at which the line of no effect stands.
    xlim : (float, float), optional
        Ends of the axis as ratios. By default every estimate is shown, and limits as far
        as 0.05 and 50.
    conf_level : float, default 0.95
        Level of the limits, for the heading.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, terms that no model has, a scale that is not a ratio, or an
        axis that is not positive.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> tidy = pd.DataFrame(
    ...     {
    ...         "term": ["nxp2"],
    ...         "estimate": [np.log(7.84)],
    ...         "conf_low": [np.log(0.82)],
    ...         "conf_high": [np.inf],
    ...         "scale": ["log hazard ratio"],
    ...     }
    ... )
    >>> ax = forest_plot({"Firth Cox": tidy}, ax=Figure().subplots())
    >>> ax.get_xlabel(), [text.get_text() for text in ax.texts][-1]
    ('Hazard ratio', '7.84 (0.82 to ∞)')
    """
    lines = _select(_read(estimates), terms)
    limits = _axis_limits(lines, xlim, null_line)
    kinds = list(dict.fromkeys(line.kind for line in lines))
    title = kinds[0].capitalize() if len(kinds) == 1 else "Ratio"
    level = f"{100 * conf_level:g}%"
    headers = ["Events / n", "Limits", f"{title} ({level} interval)"]
    rows = _rows(lines, relabelled(labels), mixed=len(kinds) > 1)
    kept = [place for place, _ in enumerate(headers) if _any_cell(rows, place)]
    rows = [_keep_cells(row, kept) for row in rows]
    axes = draw_rows(
        rows, ax=ax, headers=[headers[k] for k in kept], xlim=limits, log=True
    )
    draw_null_line(axes, null_line)
    log_ticks(axes, limits)
    known = not all(math.isnan(line.truth) for line in lines)
    axes.set_xlabel(f"{title} (tall bar: the truth)" if known else title)
    if is_synthetic(synthetic, estimates):
        synthetic_mark(axes, x=0.0, ha="left")
    return axes


def _read(estimates: pd.DataFrame | Mapping[str, pd.DataFrame]) -> list[_Line]:
    if isinstance(estimates, Mapping):
        named = [(str(name), table) for name, table in estimates.items()]
    else:
        named = [("", estimates)]
    lines: list[_Line] = []
    for name, table in named:
        frame = require_columns(table, _NEEDED, "forest_plot")
        lines += _lines_of(frame, name)
    if not lines:
        raise UsageError(
            "forest_plot received no estimates; pass at least one row of result.tidy()"
        )
    return lines


def _lines_of(frame: pd.DataFrame, name: str) -> list[_Line]:
    columns = [numbers(frame, key) for key in ("estimate", "conf_low", "conf_high")]
    lines = []
    for place, record in enumerate(frame.to_dict("records")):
        scale = text_of(record["scale"])
        kind = scale.removeprefix("log ").strip()
        if not kind.endswith("ratio"):
            raise UsageError(
                f"forest_plot draws ratios; the scale of {record['term']!r} is "
                f"{scale!r}; give a scale such as 'log hazard ratio' or 'odds ratio'"
            )
        values = [float(column[place]) for column in columns]
        if scale.startswith("log "):
            with np.errstate(over="ignore"):
                values = [float(np.exp(value)) for value in values]
        estimate, low, high = values
        interval = text_of(record.get("interval"))
        lines.append(
            _Line(
                name or text_of(record.get("model")),
                text_of(record["term"]),
                kind,
                estimate,
                low,
                high,
                _INTERVALS.get(interval, interval),
                _counts(record.get("events"), record.get("n")),
                text_of(record.get("reason")),
                float(record.get("truth", math.nan)),
            )
        )
    return lines


def _counts(events: object, n: object) -> str:
    parts = [text_of(events), text_of(n)]
    return " / ".join(part or "–" for part in parts) if any(parts) else ""


def _select(lines: list[_Line], terms: Sequence[str] | None) -> list[_Line]:
    known = list(dict.fromkeys(line.term for line in lines))
    if terms is None:
        return [line for line in lines if line.term not in _INTERCEPTS] or lines
    unknown = [term for term in terms if term not in known]
    if unknown:
        raise UsageError(
            f"no model has the term{'s' if len(unknown) > 1 else ''} "
            f"{', '.join(map(repr, unknown))}; the terms are {', '.join(known)}"
        )
    models = dict.fromkeys(line.model for line in lines)
    return [
        line
        for model in models
        for term in terms
        for line in lines
        if line.model == model and line.term == term
    ]


def _axis_limits(
    lines: Sequence[_Line], xlim: tuple[float, float] | None, null_line: float
) -> tuple[float, float]:
    if xlim is not None:
        low, high = float(xlim[0]), float(xlim[1])
        if not 0 < low < high < math.inf:
            raise UsageError(
                f"xlim must be two ratios above 0, the lower first; received {xlim!r}"
            )
        return low, high
    if not 0 < null_line < math.inf:
        raise UsageError(f"null_line must be a ratio above 0; received {null_line!r}")
    true = [line.truth for line in lines if not math.isnan(line.truth)]
    middles = np.array([line.estimate for line in lines] + [null_line, *true])
    ends = np.array([end for line in lines for end in (line.low, line.high)])
    return log_limits(middles, ends)


def _rows(
    lines: Sequence[_Line], labels: Mapping[str, str], *, mixed: bool
) -> list[Row]:
    rows: list[Row] = []
    models = list(dict.fromkeys(line.model for line in lines))
    for place, model in enumerate(models):
        look = CYCLE[place % len(CYCLE)]
        members = [line for line in lines if line.model == model]
        if model:
            kinds = " and ".join(dict.fromkeys(line.kind for line in members))
            heading = f"{model} ({kinds})" if mixed else model
            rows.append(Row(label=wrap(heading, 42), heading=True))
        for line in members:
            name = wrap(labels.get(line.term, line.term))
            indent = "   " if model else ""
            rows.append(
                Row(
                    label="\n".join(indent + part for part in name.split("\n")),
                    low=line.low,
                    middle=line.estimate,
                    high=line.high,
                    cells=_cells(line),
                    note=_note(line),
                    truth=line.truth,
                    marker=look.marker,
                    colour=look.colour,
                )
            )
    return rows


def _has_limits(line: _Line) -> bool:
    return not (math.isnan(line.low) and math.isnan(line.high))


def _note(line: _Line) -> str:
    if math.isnan(line.estimate) and not _has_limits(line):
        why = textwrap.shorten(line.reason, 72, placeholder=" …")
        return wrap(f"no estimate: {why}" if why else "no estimate", 38)
    return ""


def _cells(line: _Line) -> tuple[str, ...]:
    shown = [
        format_number(part, digits=None)
        for part in (line.estimate, line.low, line.high)
    ]
    missing = math.isnan(line.estimate)
    value = "no estimate" if missing else shown[0]
    if _has_limits(line):
        value += f" ({shown[1]} to {shown[2]})"
        if missing and line.reason:
            why = textwrap.shorten(line.reason, 72, placeholder=" …")
            value += "\n" + wrap(why, 30)
    kept = "" if missing and not _has_limits(line) else line.interval
    return line.counts, kept, value


def _any_cell(rows: Sequence[Row], place: int) -> bool:
    return any(row.cells and row.cells[place] for row in rows)


def _keep_cells(row: Row, kept: Sequence[int]) -> Row:
    return replace(row, cells=tuple(row.cells[place] for place in kept if row.cells))
