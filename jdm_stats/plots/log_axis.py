"""Log axes for ratios and rates: where they end, and plain numbers for their ticks."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes

from jdm_stats.plots.style import BASE_SIZE

__all__ = ["log_limits", "log_ticks"]

_STEPS = np.array([1.0, 2.0, 5.0])


def log_limits(
    estimates: np.ndarray,
    limits: np.ndarray,
    *,
    least: tuple[float, float] = (0.2, 5.0),
    most: tuple[float, float] = (0.05, 50.0),
) -> tuple[float, float]:
    """Choose the ends of a log axis: every estimate shown, limits as far as ``most``.

    Parameters
    ----------
    estimates, limits : ndarray of shape (n,)
        Positive numbers; NaN, zero and infinity are passed over.
    least : (float, float)
        The axis covers at least this.
    most : (float, float)
        Limits do not stretch the axis beyond this; estimates do.

    Examples
    --------
    >>> log_limits(np.array([7.84]), np.array([0.82, 1043.0]))
    (0.2, 50.0)
    """
    shown = np.clip(_usable(limits), *most)
    reach = np.concatenate([_usable(estimates), shown, np.array(least)])
    return _round_down(float(reach.min())), _round_up(float(reach.max()))


def _usable(values: np.ndarray) -> np.ndarray:
    return values[np.isfinite(values) & (values > 0)]


def _round_down(value: float) -> float:
    decade = 10.0 ** math.floor(math.log10(value) + 1e-9)
    return float(np.max(_STEPS[_STEPS * decade <= value * (1 + 1e-9)] * decade))


def _round_up(value: float) -> float:
    decade = 10.0 ** math.floor(math.log10(value) - 1e-9)
    steps = np.append(_STEPS, 10.0) * decade
    return float(np.min(steps[steps >= value * (1 - 1e-9)]))


def log_ticks(ax: Axes, xlim: tuple[float, float]) -> None:
    """Label a log axis with plain numbers, as many as there is room for."""
    span = math.log10(xlim[1] / xlim[0])
    steps = (1.0, 2.0, 5.0) if span <= 2.6 else (1.0, 5.0) if span <= 4.2 else (1.0,)
    decades = range(math.floor(math.log10(xlim[0])), math.ceil(math.log10(xlim[1])) + 1)
    ticks = [
        step * 10.0**decade
        for decade in decades
        for step in steps
        if xlim[0] * (1 - 1e-9) <= step * 10.0**decade <= xlim[1] * (1 + 1e-9)
    ]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.tick_params(axis="x", labelsize=BASE_SIZE)
    ax.minorticks_off()
