"""One child's days as a small drawing: a line with marks, each with its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jdm_stats.html.escaping import escape

_WIDTH, _MARGIN, _LINE, _STEP = 640, 24, 18, 16


@dataclass(frozen=True, slots=True)
class Moment:
    """A day of a child's timeline and what it brought.

    Parameters
    ----------
    day : float
        Days on the clock of the table.
    what : str
        What happened.
    """

    day: float
    what: str


def in_order(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Sort moments by day, those of one day joined and each told once.

    Examples
    --------
    >>> in_order([Moment(9, "event"), Moment(0, "entry"), Moment(9, "last row")])
    (Moment(day=0, what='entry'), Moment(day=9, what='event, last row'))
    """
    told: dict[float, list[str]] = {}
    for moment in sorted(moments, key=lambda m: m.day):
        words = told.setdefault(float(moment.day), [])
        if moment.what not in words:
            words.append(moment.what)
    return tuple(
        Moment(int(day) if day.is_integer() else day, ", ".join(words))
        for day, words in told.items()
    )


def timeline_svg(patient_id: str, moments: Sequence[Moment]) -> str:
    """Draw a child's moments on a line of days, each with its words below.

    Parameters
    ----------
    patient_id : str
    moments : sequence of Moment
        By day.

    Returns
    -------
    str
        SVG in the colours of the page; empty without moments.

    Examples
    --------
    >>> drawn = timeline_svg("P1", [Moment(0, "entry"), Moment(40, "event <1>")])
    >>> drawn.count("<circle"), "event &lt;1&gt;" in drawn
    (2, True)
    """
    if not moments:
        return ""
    first, last = moments[0].day, moments[-1].day
    scale = (_WIDTH - 2 * _MARGIN) / max(last - first, 1)
    height = _LINE + _STEP * (len(moments) + 1)
    said = f"Patient {patient_id}: " + "; ".join(
        f"day {m.day:g} {m.what}" for m in moments
    )
    marks = []
    for place, moment in enumerate(moments):
        x = _MARGIN + (moment.day - first) * scale
        y = _LINE + _STEP * (place + 1)
        left = x > _WIDTH / 2
        text = escape(f"day {moment.day:g}: {moment.what}")
        marks.append(
            f'<line x1="{x:.1f}" y1="{_LINE}" x2="{x:.1f}" y2="{y - 4}" '
            'stroke="currentColor" stroke-opacity=".35"/>'
            f'<circle cx="{x:.1f}" cy="{_LINE}" r="4" fill="currentColor"/>'
            f'<text x="{x + (-4 if left else 4):.1f}" y="{y}" font-size="11" '
            f'text-anchor="{"end" if left else "start"}" fill="currentColor">{text}</text>'
        )
    return (
        f'<svg role="img" aria-label="{escape(said)}" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}"><line x1="{_MARGIN}" y1="{_LINE}" '
        f'x2="{_WIDTH - _MARGIN}" y2="{_LINE}" stroke="currentColor" stroke-width="2"/>'
        f"{''.join(marks)}</svg>"
    )
