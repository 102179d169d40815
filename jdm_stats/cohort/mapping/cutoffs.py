"""Figures of an antibody test against the cut-off a mapping declares.

A cut-off is a figure (``15``: 15 and above is positive) or a titre (``"1:160"``: 1:160
and every higher dilution is positive). A figure is never set against a titre.
"""

from __future__ import annotations

import re

__all__ = ["cut_off_problem", "titre", "verdict"]

_TITRE = re.compile(r"1 ?: ?([0-9]+)")


def titre(said: str) -> int | None:
    """Return the dilution of a titre, or None when it is none.

    Examples
    --------
    >>> titre("1:320"), titre("320")
    (320, None)
    """
    found = _TITRE.fullmatch(said.strip())
    return int(found[1]) if found else None


def cut_off_problem(cut_off: float | str) -> str | None:
    """Return what is wrong with a cut-off, or None."""
    if isinstance(cut_off, str) and titre(cut_off) is None:
        return f"{cut_off!r} is no cut-off; write a figure (15) or a titre ('1:160')"
    return None


def verdict(said: str, figure: float | None, cut_off: float | str) -> bool | None:
    """Say whether a result reaches the cut-off; None when they do not compare.

    Parameters
    ----------
    said : str
        The result, as a titre.
    figure : float or None
        The result as a figure, when it is one.
    cut_off : float or str

    Examples
    --------
    >>> verdict("1:320", None, "1:160"), verdict("", 14.9, 15), verdict("", 20, "1:20")
    (True, False, None)
    """
    if isinstance(cut_off, str):
        dilution, wanted = titre(said), titre(cut_off)
        if dilution is None or wanted is None:
            return None
        return dilution >= wanted
    return None if figure is None else figure >= cut_off
