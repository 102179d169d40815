"""Words of an export compared as a reader would: case, spaces and Unicode form aside."""

from __future__ import annotations

import datetime
import unicodedata
from typing import Any

import numpy as np

__all__ = ["as_word", "plain"]


def plain(word: str) -> str:
    r"""Return the form in which words are compared.

    Compatibility forms are unified (``²`` is 2, both mus are one, a full-width letter is
    a letter), case is folded, runs of white space become one space, and dashes one dash.

    Examples
    --------
    >>> plain("  Schwach\u00a0 POSITIV ")
    'schwach positiv'
    >>> plain("NXP–2") == plain("nxp-2")
    True
    """
    unified = unicodedata.normalize("NFKC", word).translate(_DASHES)
    return " ".join(unicodedata.normalize("NFKC", unified.casefold()).split())


_DASHES: dict[int, str | None] = {ord(dash): "-" for dash in "‐‑‒–—―−﹣－"}
_DASHES |= {ord(blank): None for blank in "\u200b\u200c\u200d\u2060\ufeff\u00ad"}


def as_word(value: Any) -> str:
    """Return a typed cell as the word that a mapping would write for it.

    Examples
    --------
    >>> as_word(1.0), as_word(True), as_word(2.5), as_word("ja")
    ('1', 'true', '2.5', 'ja')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return str(value)
