"""The look of every figure: colours, marks, type sizes, and the word SYNTHETIC.

Colours are those of Okabe and Ito, told apart under every common colour blindness; each
goes with its own line style, marker and hatch, so that a figure still reads when printed
in grey. An antibody keeps its look in every figure. Text that comes from data is always
shown as it stands: a dollar sign or an underscore never becomes mathematics.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from matplotlib.transforms import ScaledTranslation

__all__ = [
    "ANTIBODY_LOOKS",
    "OKABE_ITO",
    "Look",
    "looks_of",
    "plain",
    "synthetic_mark",
]

P = ParamSpec("P")
R = TypeVar("R")

BASE_SIZE = 9.0
SMALL_SIZE = 8.0
_HANDLE_EMS = 2.4
_HANDLE_POINTS = (_HANDLE_EMS + 0.8 + 1.6) * SMALL_SIZE
INK = "#1A1A1A"
FAINT = "#6B6B6B"
RULE = "#BFBFBF"

OKABE_ITO = MappingProxyType(
    {
        "black": "#000000",
        "orange": "#E69F00",
        "sky blue": "#56B4E9",
        "bluish green": "#009E73",
        "yellow": "#F0E442",
        "blue": "#0072B2",
        "vermillion": "#D55E00",
        "reddish purple": "#CC79A7",
    }
)

STYLE: Any = {
    "font.size": BASE_SIZE,
    "axes.titlesize": BASE_SIZE + 1,
    "axes.labelsize": BASE_SIZE,
    "xtick.labelsize": BASE_SIZE,
    "ytick.labelsize": BASE_SIZE,
    "legend.fontsize": SMALL_SIZE,
    "legend.title_fontsize": SMALL_SIZE,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.grid": False,
    "axes.facecolor": "white",
    "figure.facecolor": "white",
    "hatch.linewidth": 0.6,
    "text.usetex": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True, slots=True)
class Look:
    """How one group is drawn: colour, line style, marker and hatch."""

    colour: str
    line: str | tuple[float, tuple[float, ...]]
    marker: str
    hatch: str


_SOLID, _DASHED, _DOTTED = "solid", (0.0, (5.0, 2.0)), (0.0, (1.2, 1.4))
_DASHDOT = (0.0, (6.0, 1.6, 1.2, 1.6))
_LONG, _DASHDOTDOT = (0.0, (9.0, 3.0)), (0.0, (5.0, 1.4, 1.2, 1.4, 1.2, 1.4))

CYCLE: tuple[Look, ...] = (
    Look(OKABE_ITO["blue"], _SOLID, "o", "///"),
    Look(OKABE_ITO["vermillion"], _DASHED, "s", "\\\\\\"),
    Look(OKABE_ITO["bluish green"], _DASHDOT, "^", "..."),
    Look(OKABE_ITO["reddish purple"], _DOTTED, "D", "xxx"),
    Look(OKABE_ITO["orange"], _LONG, "v", "---"),
    Look(OKABE_ITO["sky blue"], _DASHDOTDOT, "P", "|||"),
    Look(OKABE_ITO["black"], _SOLID, "X", "+++"),
)

# Okabe and Ito offer eight colours; Paul Tol's wine, indigo and sand serve the rare rest.
ANTIBODY_LOOKS = MappingProxyType(
    {
        "NXP2": Look(OKABE_ITO["vermillion"], _SOLID, "s", "///"),
        "TIF1g": Look(OKABE_ITO["blue"], _DASHED, "o", "\\\\\\"),
        "MDA5": Look(OKABE_ITO["bluish green"], _DASHDOT, "^", "..."),
        "Mi2": Look(OKABE_ITO["sky blue"], _DOTTED, "D", "xxx"),
        "ARS": Look(OKABE_ITO["orange"], _LONG, "v", "---"),
        "SRP": Look(OKABE_ITO["reddish purple"], _DASHDOTDOT, "P", "|||"),
        "HMGCR": Look("#882255", _SOLID, "X", "+++"),
        "SAE": Look("#332288", _DASHED, "p", "ooo"),
        "PMScl": Look("#999933", _DASHDOT, "h", "***"),
        "other": Look("#7F7F7F", _DOTTED, "d", "//"),
        "none": Look(OKABE_ITO["black"], _LONG, "*", "\\\\"),
        "untested": Look("#A0A0A0", _DASHDOTDOT, "8", ".."),
    }
)


def looks_of(groups: Sequence[Sequence[str]]) -> list[Look]:
    """Give each group of a figure a look of its own.

    Parameters
    ----------
    groups : sequence of sequences of str
        The names under which each group goes. One that is an antibody gives the group
        that antibody's look; the others take what is left of the cycle.

    Examples
    --------
    >>> nxp2, rest = looks_of([("1", "NXP2"), ("0", "tested, not NXP2")])
    >>> nxp2.colour, nxp2.marker, rest.colour, rest.marker
    ('#D55E00', 's', '#0072B2', 'o')
    """
    own = [
        next((ANTIBODY_LOOKS[name] for name in names if name in ANTIBODY_LOOKS), None)
        for names in groups
    ]
    taken = [look for look in own if look is not None]
    for place, look in enumerate(own):
        if look is None:
            own[place] = _unlike(taken, place)
            taken.append(own[place])  # type: ignore[arg-type]
    return [look for look in own if look is not None]


def _unlike(taken: Sequence[Look], place: int) -> Look:
    """Put together a look that shares nothing with those taken, while there is one."""
    parts = []
    for name in ("colour", "line", "marker", "hatch"):
        used = [getattr(look, name) for look in taken]
        free = [getattr(look, name) for look in CYCLE]
        parts.append(
            next((part for part in free if part not in used), free[place % len(free)])
        )
    return Look(*parts)


def plain(text: object) -> str:
    r"""Escape text from data so that matplotlib shows it letter for letter.

    Examples
    --------
    >>> print(plain("$x_1$"))
    \$x_1\$
    """
    return str(text).replace("$", r"\$")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Run a plot under the style of the house and leave the caller's settings alone."""

    @functools.wraps(draw)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return wrapped


def axes_or_new(ax: Axes | None, width: float, height: float) -> Axes:
    """Hand back ``ax``, or make a figure of ``width`` by ``height`` inches for it.

    The new figure goes through pyplot, so that Jupyter shows it at the end of a cell, and
    has a constrained layout, so that text beside the axes is kept inside the picture.
    """
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    _, fresh = plt.subplots(figsize=(width, height), layout="constrained")
    return fresh


def synthetic_mark(ax: Axes, *, x: float = 1.0, ha: str = "right") -> Axes:
    """Write the word SYNTHETIC just above the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Axes whose data were simulated.
    x : float, default 1.0
        Place along the top edge, 0 at the left and 1 at the right.
    ha : {"right", "left", "center"}, default "right"
        Which side of the word stands there.

    Returns
    -------
    matplotlib.axes.Axes
        The same axes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = Figure().subplots()
    >>> synthetic_mark(ax).texts[0].get_text()
    'SYNTHETIC'
    """
    mark = ax.annotate(
        "SYNTHETIC",
        xy=(x, 1.0),
        xycoords="axes fraction",
        xytext=(0, 7),
        textcoords="offset points",
        ha=ha,
        va="bottom",
        fontsize=SMALL_SIZE,
        fontweight="bold",
        color=INK,
        annotation_clip=False,
        bbox={"boxstyle": "square,pad=0.25", "fc": "white", "ec": INK, "lw": 0.8},
    )
    mark.set_gid("synthetic-mark")
    return ax


def text_width(text: str, size: float = BASE_SIZE, weight: str = "normal") -> float:
    """Width in points of the widest line of a text."""
    font = FontProperties(size=size, weight=weight)
    return max(
        text_to_path.get_text_width_height_descent(line or " ", font, ismath=False)[0]
        for line in text.split("\n")
    )


def legend_outside(
    ax: Axes,
    entries: Sequence[tuple[Any, str]],
    *,
    below: float = 36.0,
    left: float = 0.0,
    title: str | None = None,
) -> Any:
    """Put a legend under the axes, clear of the data, in as many columns as fit.

    It starts ``below`` points under the axes and ``left`` points before their left edge.
    Labels are set after the legend is made: matplotlib would drop a label that starts
    with an underscore.
    """
    figure = ax.get_figure(root=True)
    assert figure is not None
    inches = ax.get_position(original=True).width * figure.get_size_inches()[0]
    widest = max(text_width(label, SMALL_SIZE) for _, label in entries)
    columns = int((72.0 * inches + left) / (widest + _HANDLE_POINTS))
    shift = ScaledTranslation(-left / 72.0, -below / 72.0, figure.dpi_scale_trans)
    legend = ax.legend(
        [handle for handle, _ in entries],
        [f"entry {place}" for place in range(len(entries))],
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=ax.transAxes + shift,
        borderaxespad=0.0,
        borderpad=0.0,
        frameon=False,
        ncols=min(max(columns, 1), 4, len(entries)),
        title=title,
        alignment="left",
        handlelength=_HANDLE_EMS,
        columnspacing=1.6,
    )
    for shown, (_, label) in zip(legend.get_texts(), entries, strict=True):
        shown.set_text(plain(label))
    return legend
