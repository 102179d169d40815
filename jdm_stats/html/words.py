"""Words set apart: banners, paragraphs, the summary box and lists of notes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jdm_stats.errors import UsageError
from jdm_stats.html.escaping import escape

__all__ = ["BANNER_KINDS", "banner", "notes_list", "paragraphs", "summary_box"]

BANNER_KINDS = ("synthetic", "note", "warning")

_BOX_STYLE = "border-left:4px solid currentColor;padding:.5em 1em;margin:1em 0"


def banner(text: str, kind: str = "note") -> str:
    """Write one line that must not be overlooked.

    Parameters
    ----------
    text : str
        What it says; escaped.
    kind : {"note", "synthetic", "warning"}
        How it is set; "synthetic" stands over everything shown from a simulated cohort.

    Examples
    --------
    >>> "SYNTHETIC DATA" in banner(
    ...     "SYNTHETIC DATA: no child is described here", "synthetic"
    ... )
    True
    """
    if kind not in BANNER_KINDS:
        raise UsageError(f"kind is one of {', '.join(BANNER_KINDS)}; received {kind!r}")
    return (
        f'<div class="jdm-banner jdm-{kind}" role="note" style="{_BOX_STYLE}">'
        f"<strong>{escape(text)}</strong></div>"
    )


def paragraphs(*texts: str) -> str:
    """Write each text as an escaped paragraph.

    Examples
    --------
    >>> print(paragraphs("Seven events.", "p < 0.05"))
    <p>Seven events.</p>
    <p>p &lt; 0.05</p>
    """
    return "\n".join(f"<p>{escape(text)}</p>" for text in texts)


def summary_box(title: str, texts: Sequence[str]) -> str:
    """Write the box at the head of a report: a title and a few sentences.

    Examples
    --------
    >>> "<p>Six of 600 children perforated.</p>" in summary_box(
    ...     "In short", ["Six of 600 children perforated."]
    ... )
    True
    """
    return (
        f'<section class="jdm-summary" style="{_BOX_STYLE}">{_title(title)}\n'
        f"{paragraphs(*texts)}</section>"
    )


def _title(text: str) -> str:
    return f'<p class="jdm-title"><strong>{escape(text)}</strong></p>'


def notes_list(
    notes: Iterable[str], *, title: str = "", kind: str = "note", empty: str = ""
) -> str:
    """Write notes as a list, each once, in the order given.

    Parameters
    ----------
    notes : iterable of str
        What a careful reader must know; escaped.
    title : str
        Heading of the block.
    kind : {"note", "warning"}
        How the block is set.
    empty : str
        What to say when there are no notes; by default nothing is written.

    Examples
    --------
    >>> notes_list(["Few events.", "Few events."]).count("<li>")
    1
    """
    if kind not in BANNER_KINDS:
        raise UsageError(f"kind is one of {', '.join(BANNER_KINDS)}; received {kind!r}")
    unique = list(dict.fromkeys(str(note) for note in notes))
    if not unique and not empty:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in unique)
    body = f"<ul>{items}</ul>" if unique else paragraphs(empty)
    head = f'<p class="jdm-title"><strong>{escape(title)}</strong></p>' if title else ""
    return f'<div class="jdm-notes jdm-{kind}" style="{_BOX_STYLE}">{head}{body}</div>'
