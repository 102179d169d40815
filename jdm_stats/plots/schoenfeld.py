"""Scaled Schoenfeld residuals against time, with a smooth curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from jdm_stats.errors import UsageError
from jdm_stats.plots.columns import is_synthetic, numbers, require_columns
from jdm_stats.plots.style import (
    FAINT,
    INK,
    OKABE_ITO,
    RULE,
    axes_or_new,
    legend_outside,
    plain,
    styled,
    synthetic_mark,
)

__all__ = ["schoenfeld_plot", "smooth_with_band"]

_NEEDED = ("term", "time", "transformed_time", "residual", "estimate", "variance")
_SCALES = {
    "km": "spaced by 1 − Kaplan-Meier",
    "rank": "spaced by rank",
    "identity": "",
    "log": "logarithmic",
}
_Z95 = 1.959963984540054
_TICKS = 6


@styled
def schoenfeld_plot(
    table: pd.DataFrame,
    term: str,
    *,
    ax: Axes | None = None,
    label: str | None = None,
    time_label: str = "Days",
    df: int = 4,
    synthetic: bool | None = None,
) -> Axes:
    """Draw what each event says of a log hazard ratio, and a curve with its 95% band.

    A ratio that stays the same gives a level curve; where the band leaves the dashed line,
    the estimate of a constant ratio, the hazard ratio there is another one.

    Parameters
    ----------
    table : pandas.DataFrame
        ``result.residuals`` of `jdm_stats.proportional_hazards`: ``term, time,
        transformed_time, residual, estimate, variance``.
    term : str
        The term to draw.
    ax : matplotlib.axes.Axes, optional
        Where to draw; give its figure a constrained layout.
    label : str, optional
        What to call the term.
    time_label : str, default "Days"
    df : int, default 4
        Degrees of freedom of the natural spline; fewer where events are few, and no
        curve below three distinct times.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns or a term that the table does not have.

    Notes
    -----
    The curve of ``plot.cox.zph`` in R's survival, knots at quantiles of the events.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> days = np.arange(1.0, 9.0)
    >>> table = pd.DataFrame(
    ...     {
    ...         "term": "nxp2",
    ...         "time": days,
    ...         "transformed_time": days,
    ...         "residual": [2, 0, 3, 1, 2, 0, 1, 3],
    ...         "estimate": 1.5,
    ...         "variance": 1.2,
    ...     }
    ... )
    >>> ax = schoenfeld_plot(table, "nxp2", ax=Figure().subplots())
    >>> ax.get_ylabel()
    'Log hazard ratio of nxp2'
    """
    frame = require_columns(table, _NEEDED, "schoenfeld_plot")
    own = frame[frame["term"] == term]
    if own.empty:
        known = ", ".join(dict.fromkeys(str(t) for t in frame["term"])) or "none"
        raise UsageError(
            f"schoenfeld_plot: the table has no term {term!r}; its terms are {known}"
        )
    if df < 2:
        raise UsageError(f"df must be 2 or more; received {df!r}")
    x, y, time = (
        numbers(own, name) for name in ("transformed_time", "residual", "time")
    )
    estimate, variance = (float(numbers(own, n)[0]) for n in ("estimate", "variance"))
    axes = axes_or_new(ax, 6.5, 4.2)
    axes.axhline(0.0, color=RULE, lw=0.8, zorder=1).set_gid("no-effect")
    level = axes.axhline(estimate, color=FAINT, lw=1.2, ls=(0, (5, 2)), zorder=2)
    level.set_gid("estimate")
    (points,) = axes.plot(x, y, "o", ms=4, mfc="none", mec=INK, mew=0.8, zorder=3)
    points.set_gid("residual")
    entries: list[tuple[Any, str]] = [
        (points, "one event"),
        (level, "estimate, if constant"),
    ]
    found = smooth_with_band(x, y, variance, df)
    if found is not None:
        at, middle, reach = found
        colour = OKABE_ITO["blue"]
        band = axes.fill_between(
            at, middle - reach, middle + reach, color=colour, alpha=0.2, lw=0, zorder=2
        )
        band.set_gid("band")
        (curve,) = axes.plot(at, middle, color=colour, lw=1.8, zorder=4)
        curve.set_gid("smooth")
        entries += [(curve, "smooth curve"), (band, "its 95% band")]
    _time_ticks(axes, x, time)
    scale = (table.attrs.get("jdm_stats") or {}).get("transform", "")
    spaced = _SCALES.get(scale, f"spaced by {scale}" if scale else "")
    axes.set_xlabel(plain(f"{time_label} ({spaced})" if spaced else time_label))
    named = plain(label or term)
    several = (numbers(own, "columns") > 1).any()
    what = "Multiple of the effect of" if several else "Log hazard ratio of"
    axes.set_ylabel(f"{what} {named}")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    legend_outside(axes, entries)
    if is_synthetic(synthetic, table):
        synthetic_mark(axes)
    return axes


def smooth_with_band(
    x: np.ndarray, y: np.ndarray, variance: float, df: int = 4, points: int = 60
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Natural spline through scaled residuals.

    Parameters
    ----------
    x, y : (d,) float arrays
        Transformed times and residuals.
    variance : float
        Of one residual.
    df : int, default 4
    points : int, default 60

    Returns
    -------
    at, middle, reach : (points,) float arrays, or None
        Places, curve and half-width of the pointwise 95% band; None when there are too few
        distinct times for a curve.

    Examples
    --------
    A straight line is met exactly.

    >>> at, middle, _ = smooth_with_band(np.arange(9.0), 2.0 * np.arange(9.0), 1.0)
    >>> bool(np.allclose(middle, 2.0 * at))
    True
    """
    kept = np.isfinite(x) & np.isfinite(y)
    x, y = x[kept], y[kept]
    distinct = np.unique(x)
    if len(distinct) < 3:
        return None
    df = min(df, len(distinct) - 1)
    knots = np.unique(np.quantile(x, np.linspace(0.0, 1.0, df)))
    at = np.linspace(distinct[0], distinct[-1], points)
    design, grid = _natural_basis(x, knots), _natural_basis(at, knots)
    q, r = np.linalg.qr(design)
    if np.abs(np.diag(r)).min() < 1e-10 * np.abs(np.diag(r)).max():
        return None
    turned = np.linalg.solve(r.T, grid.T)
    reach = _Z95 * np.sqrt(variance * (turned**2).sum(axis=0))
    return at, turned.T @ (q.T @ y), reach


def _natural_basis(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Cubic between the knots, straight beyond the outer ones, (d, number of knots)."""
    u = (x - knots[0]) / (knots[-1] - knots[0])
    k = (knots - knots[0]) / (knots[-1] - knots[0])

    def bent(j: int) -> np.ndarray:
        cubes = np.maximum(u - k[j], 0.0) ** 3 - np.maximum(u - k[-1], 0.0) ** 3
        return np.asarray(cubes / (k[-1] - k[j]))

    curved = [bent(j) - bent(len(k) - 2) for j in range(len(k) - 2)]
    return np.column_stack([np.ones_like(u), u, *curved])


def _time_ticks(axes: Axes, x: np.ndarray, time: np.ndarray) -> None:
    """Ticks at plain times where the axis runs on another scale."""
    order = np.unique(x, return_index=True)
    places, times = order[0], time[order[1]]
    if len(places) < 2 or np.allclose(places, times):
        return
    wanted = np.interp(np.linspace(places[0], places[-1], _TICKS), places, times)
    digits = 1 - np.floor(np.log10(np.maximum(np.abs(wanted), 1e-12))).astype(int)
    rounded = np.array(
        [round(float(t), int(d)) for t, d in zip(wanted, digits, strict=True)]
    )
    rounded = np.unique(np.clip(rounded, times[0], times[-1]))
    at = np.interp(rounded, times, places)
    apart = np.concatenate([[True], np.diff(at) > 0.06 * (places[-1] - places[0])])
    axes.set_xticks(at[apart])
    axes.set_xticklabels(
        [f"{t:,.0f}" if t >= 1000 else f"{t:g}" for t in rounded[apart]]
    )
