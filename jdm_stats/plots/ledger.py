"""The ledger plot: one ratio without each event in turn, beside the ratio with all of them."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number, format_ratio
from jdm_stats.plots.columns import (
    is_synthetic,
    numbers,
    relabelled,
    require_columns,
    text_of,
)
from jdm_stats.plots.log_axis import log_limits, log_ticks
from jdm_stats.plots.rows import Row, draw_null_line, draw_rows, wrap
from jdm_stats.plots.style import CYCLE, FAINT, INK, styled, synthetic_mark

__all__ = ["ledger_plot"]

_ENDS = ("estimate", "conf_low", "conf_high")
_WHOLE = ("whole_estimate", "whole_low", "whole_high")
_NEEDED = ("event", "label", "term", *_ENDS, *_WHOLE, "scale")
_PLAIN, _MOST = CYCLE[0], CYCLE[1]


@styled
def ledger_plot(
    table: pd.DataFrame,
    *,
    ax: Axes | None = None,
    term: str | None = None,
    labels: Mapping[str, str] | None = None,
    most: int = 30,
    xlim: tuple[float, float] | None = None,
    synthetic: bool | None = None,
) -> Axes:
    """Draw the estimate of a term with every event, and without each in turn.

    The dashed line stands at the estimate with every event; the event that moves it
    furthest is drawn as a square. A limit beyond the axis ends in an arrow.

    Parameters
    ----------
    table : pandas.DataFrame
        As ``EventLedger.tidy()`` gives it: a row per event and term with ``event``,
        ``label``, ``term``, ``estimate``, ``conf_low``, ``conf_high``,
        ``whole_estimate``, ``whole_low``, ``whole_high``, ``scale`` and, where there
        are any, ``leave_out``, ``share_of_information`` and ``reason``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    term : str, optional
        Term to show; may be left out when the table has one besides the intercept.
    labels : mapping of term to str, optional
        What to call the terms.
    most : int, default 30
        At most so many events, those that move the estimate furthest, in order of time.
    xlim : (float, float), optional
        Ends of the axis as ratios.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an unknown term or an axis that is not positive.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> table = pd.DataFrame(
    ...     {
    ...         "event": [1],
    ...         "label": ["S014, day 312"],
    ...         "term": ["nxp2"],
    ...         "estimate": [3.9],
    ...         "conf_low": [0.5],
    ...         "conf_high": [40.0],
    ...         "whole_estimate": [7.8],
    ...         "whole_low": [0.8],
    ...         "whole_high": [1043.0],
    ...         "scale": ["hazard ratio"],
    ...     }
    ... )
    >>> ax = ledger_plot(table, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['with every event', 'without S014, day 312']
    """
    frame = require_columns(table, _NEEDED, "ledger_plot")
    own, chosen = _of_term(frame, term)
    values = _ratios(own)
    if most < 1:
        raise UsageError(f"most must be at least 1; received {most!r}")
    shown = _furthest(values, most)
    limits = _axis(values, shown, xlim)
    rows = _rows(own, values, shown)
    kind = text_of(own["scale"].iloc[0]).removeprefix("log ").strip()
    headers = [f"{kind.capitalize()} (95% interval)", "Information"]
    if "share_of_information" not in own.columns:
        headers = headers[:1]
    axes = draw_rows(rows, ax=ax, headers=headers, xlim=limits, log=True)
    draw_null_line(axes, 1.0)
    if math.isfinite(values[0, 3]) and values[0, 3] > 0:
        axes.axvline(
            values[0, 3],
            color=FAINT,
            lw=0.9,
            ls=(0, (4, 3)),
            zorder=1,
            gid="whole-line",
        )
    log_ticks(axes, limits)
    axes.set_xlabel(_title(kind, relabelled(labels).get(chosen, chosen), own, shown))
    if is_synthetic(synthetic, table):
        synthetic_mark(axes, x=0.0, ha="left")
    return axes


def _of_term(frame: pd.DataFrame, term: str | None) -> tuple[pd.DataFrame, str]:
    names = frame["term"].map(text_of)
    known = [name for name in dict.fromkeys(names) if name != "Intercept"]
    if term is None and len(known) == 1:
        term = known[0]
    if term is None or term not in set(names):
        said = "name one with term=" if term is None else f"no such term: {term!r}"
        raise UsageError(
            f"ledger_plot draws one term; {said}; the terms are {', '.join(known) or 'none'}"
        )
    return frame[names == term].reset_index(drop=True), term


def _ratios(own: pd.DataFrame) -> np.ndarray:
    """Estimate and limits without the event and with every one, as ratios, (n, 6)."""
    scale = text_of(own["scale"].iloc[0])
    if not scale.removeprefix("log ").strip().endswith("ratio"):
        raise UsageError(
            f"ledger_plot draws ratios; the scale is {scale!r}; give a scale such as "
            "'log hazard ratio' or 'odds ratio'"
        )
    values = np.column_stack([numbers(own, name) for name in (*_ENDS, *_WHOLE)])
    if scale.startswith("log "):
        with np.errstate(over="ignore"):
            values = np.exp(values)
    return np.asarray(values, dtype=float)


def _furthest(values: np.ndarray, most: int) -> np.ndarray:
    """Places of the events shown, in their order: those that move the estimate furthest."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.abs(np.log(values[:, 0]) - np.log(values[:, 3]))
    moved = np.where(np.isnan(moved), np.inf, moved)
    return np.sort(np.argsort(-moved, kind="stable")[:most])


def _axis(
    values: np.ndarray, shown: np.ndarray, xlim: tuple[float, float] | None
) -> tuple[float, float]:
    if xlim is None:
        own = values[shown]
        middles = np.concatenate([own[:, 0], values[:1, 3], [1.0]])
        ends = np.concatenate([own[:, 1], own[:, 2], values[0, 4:]])
        return log_limits(middles, ends, least=(0.5, 2.0), most=(0.02, 200.0))
    low, high = float(xlim[0]), float(xlim[1])
    if not 0 < low < high < math.inf:
        raise UsageError(
            f"xlim must be two ratios above 0, the lower first; received {xlim!r}"
        )
    return low, high


def _rows(own: pd.DataFrame, values: np.ndarray, shown: np.ndarray) -> list[Row]:
    with_share = "share_of_information" in own.columns
    shares = numbers(own, "share_of_information")
    what = text_of(own["leave_out"].iloc[0]) if "leave_out" in own.columns else "event"
    low, middle, high = values[0, 4], values[0, 3], values[0, 5]
    whole = "with every event" if what == "event" else "with every child"
    rows = [
        Row(
            label=whole,
            low=low,
            middle=middle,
            high=high,
            cells=_cells(middle, low, high, "100%" if with_share else None),
            marker="D",
            colour=INK,
        )
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.abs(np.log(values[:, 0]) - np.log(values[:, 3]))
    top = int(np.nanargmax(moved)) if np.isfinite(moved).any() else -1
    for place in shown:
        look = _MOST if place == top else _PLAIN
        estimate, low, high = values[place, :3]
        share = f"{format_number(100 * shares[place], 0)}%"
        missing = math.isnan(estimate)
        rows.append(
            Row(
                label=wrap(f"without {text_of(own['label'].iloc[place])}"),
                low=low,
                middle=estimate,
                high=high,
                cells=_cells(estimate, low, high, share if with_share else None),
                note=_note(own, place) if missing else "",
                marker=look.marker,
                colour=look.colour,
            )
        )
    return rows


def _cells(
    estimate: float, low: float, high: float, share: str | None
) -> tuple[str, ...]:
    text = "no estimate" if math.isnan(estimate) else format_ratio(estimate, low, high)
    return (text,) if share is None else (text, share)


def _note(own: pd.DataFrame, place: int) -> str:
    reason = text_of(own["reason"].iloc[place]) if "reason" in own.columns else ""
    why = textwrap.shorten(reason, 72, placeholder=" …")
    return wrap(f"no estimate: {why}" if why else "no estimate", 38)


def _title(kind: str, name: str, own: pd.DataFrame, shown: np.ndarray) -> str:
    text = f"{kind.capitalize()}, {name}"
    if len(shown) < len(own):
        text += f"\n{len(shown)} of {len(own)} events: those that move it furthest"
    return text.replace("$", r"\$")
