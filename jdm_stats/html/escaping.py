"""Text made safe to stand in HTML."""

from __future__ import annotations

import html
import re

__all__ = ["escape"]

# Marks that reorder the text around them, and control characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def escape(value: object) -> str:
    """Escape a value for HTML, quotes too, and show marks that would hide text.

    Examples
    --------
    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", str(value)), quote=True)
