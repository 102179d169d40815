"""The flow of children through an analysis: boxes with counts, and who left and why."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from jdm_stats.errors import UsageError
from jdm_stats.html import format_number
from jdm_stats.plots.columns import is_synthetic, numbers, require_columns, text_of
from jdm_stats.plots.style import (
    BASE_SIZE,
    FAINT,
    INK,
    axes_or_new,
    plain,
    styled,
    synthetic_mark,
)

__all__ = ["flow_plot"]

LINE_INCHES = 0.165
PAD_LINES = 1.1
GAP_LINES = 1.5
_MAIN = (0.0, 0.46)
_SIDE = (0.56, 1.0)
_WRAP = 38


@dataclass(frozen=True, slots=True)
class _Box:
    """A box of text from ``top`` to ``bottom``, in lines counted downwards."""

    text: str
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2.0


@styled
def flow_plot(
    flow: pd.DataFrame, *, ax: Axes | None = None, synthetic: bool | None = None
) -> Axes:
    r"""Draw the flow of children, top to bottom, with those left out at the right.

    Parameters
    ----------
    flow : pandas.DataFrame
        One row a stage, in order: ``stage`` (words), ``n`` (children still in), and
        ``excluded`` (children who left just before this stage; missing or 0 for none)
        with its ``reason``.
    ax : matplotlib.axes.Axes, optional
        Where to draw.
    synthetic : bool, optional
        Mark the figure as SYNTHETIC; by default when its data say that they are.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    UsageError
        For missing columns, an empty table, or counts that do not add up.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> flow = pd.DataFrame(
    ...     {
    ...         "stage": ["In the registry", "Tested for NXP2"],
    ...         "n": [600, 541],
    ...         "excluded": [0, 59],
    ...         "reason": ["", "antibody not tested"],
    ...     }
    ... )
    >>> ax = flow_plot(flow, ax=Figure().subplots())
    >>> shown = [text.get_text() for text in ax.texts if text.get_text()]
    >>> shown[1:]
    ['Left out (n = 59)\nantibody not tested', 'Tested for NXP2\n(n = 541)']
    """
    frame = require_columns(flow, ("stage", "n"), "flow_plot")
    _check_counts(frame)
    boxes, sides, depth = _arrange(frame)
    ax = axes_or_new(ax, 6.4, depth * LINE_INCHES + 0.4)
    ax.set_xlim(-0.01, 1.01)
    ax.set_ylim(depth, -0.2)
    ax.set_axis_off()
    for place, box in enumerate(boxes):
        if place:
            _arrow(
                ax, (_centre(_MAIN), boxes[place - 1].bottom), (_centre(_MAIN), box.top)
            )
        side = sides[place]
        if side is not None:
            _arrow(ax, (_centre(_MAIN), side.middle), (_SIDE[0], side.middle))
            _draw_box(ax, side, _SIDE, "excluded")
        _draw_box(ax, box, _MAIN, "stage")
    if is_synthetic(synthetic, flow):
        synthetic_mark(ax)
    return ax


def _check_counts(frame: pd.DataFrame) -> None:
    if frame.empty:
        raise UsageError("flow_plot received no stages; pass at least one row")
    counts, left = numbers(frame, "n"), numbers(frame, "excluded")
    wrong = [
        f"{text_of(frame['stage'][place])!r}: {counts[place - 1]:g} - "
        f"{left[place]:g} is not {counts[place]:g}"
        for place in range(1, len(frame))
        if left[place] > 0 and counts[place - 1] - left[place] != counts[place]
    ]
    if wrong:
        raise UsageError(
            f"the counts of the flow do not add up at {'; '.join(wrong)}; correct n or "
            "excluded"
        )


def _arrange(frame: pd.DataFrame) -> tuple[list[_Box], list[_Box | None], float]:
    boxes: list[_Box] = []
    sides: list[_Box | None] = []
    depth, left = 0.0, numbers(frame, "excluded")
    for place, record in enumerate(frame.to_dict("records")):
        side = None
        if place:
            depth += GAP_LINES / 2.0
            if left[place] > 0:
                text = _side_text(left[place], text_of(record.get("reason")))
                side = _box(text, depth)
                depth = side.bottom
            depth += GAP_LINES / 2.0
        stage = _wrapped(text_of(record["stage"]))
        box = _box(f"{stage}\n(n = {_count(record['n'])})", depth)
        boxes.append(box)
        sides.append(side)
        depth = box.bottom
    return boxes, sides, depth + 0.2


def _count(value: float) -> str:
    return format_number(None if pd.isna(value) else int(value))


def _side_text(count: float, reason: str) -> str:
    lines = [f"Left out (n = {_count(count)})"]
    lines += [_wrapped(part) for part in reason.split("\n") if part.strip()]
    return "\n".join(lines)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, _WRAP)) or text


def _box(text: str, top: float) -> _Box:
    return _Box(text, top, top + text.count("\n") + 1 + PAD_LINES)


def _centre(span: Sequence[float]) -> float:
    return (span[0] + span[1]) / 2.0


def _draw_box(ax: Axes, box: _Box, span: tuple[float, float], gid: str) -> None:
    ax.add_patch(
        FancyBboxPatch(
            (span[0], box.top),
            span[1] - span[0],
            box.bottom - box.top,
            boxstyle="square,pad=0",
            fc="white" if gid == "excluded" else "#EEF3F8",
            ec=FAINT if gid == "excluded" else INK,
            ls="dashed" if gid == "excluded" else "solid",
            lw=0.9,
            gid=gid,
            clip_on=False,
        )
    )
    ax.text(
        _centre(span),
        box.middle,
        plain(box.text),
        ha="center",
        va="center",
        fontsize=BASE_SIZE,
        linespacing=1.3,
        gid=f"{gid}-text",
    )


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    arrow = ax.annotate(
        "",
        xy=end,
        xytext=start,
        arrowprops={
            "arrowstyle": "-|>",
            "color": INK,
            "lw": 0.9,
            "shrinkA": 0,
            "shrinkB": 0,
        },
        annotation_clip=False,
    )
    arrow.set_gid("flow-arrow")
