"""What the mapping would not understand of a column, tried before it is proposed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jdm_stats.cohort.mapping.antibody_reading import read_antibodies, read_panel
from jdm_stats.cohort.mapping.dosing import read_interval
from jdm_stats.cohort.mapping.drugs import drug_named
from jdm_stats.cohort.mapping.numbers import Notation
from jdm_stats.cohort.mapping.rules import ColumnRule, PanelTest
from jdm_stats.cohort.mapping.understanding import Refused

__all__ = [
    "unread_antibodies",
    "unread_drugs",
    "unread_intervals",
    "unread_results",
]


def unread_antibodies(words: Iterable[str]) -> list[str]:
    """Return the cells of an antibody column that are not read without being told how.

    Examples
    --------
    >>> unread_antibodies(["MJ (p140) pos.", "NXP2 grenzwertig", "negativ"])
    ['NXP2 grenzwertig']
    """
    listed = list(words)
    cells = np.array(listed, dtype=object)
    read = read_antibodies(cells, ColumnRule(column="antibody"), Notation())
    return [word for word, odd in zip(listed, read.refused(), strict=True) if odd]


def unread_results(words: Iterable[str]) -> list[str]:
    """Return the cells of one column of a panel that are not read without being told how.

    Examples
    --------
    >>> unread_results(["pos.", "stark positiv", "n.d.", "-", "0", "17"])
    ['n.d.', '-', '0', '17']
    """
    listed = list(words)
    cells = np.array(listed, dtype=object)
    rule = ColumnRule(panel={"NXP2": PanelTest(column="x")}, borderline_as="untested")
    read = read_panel({"NXP2": cells}, rule, Notation(), lambda cell: False)
    return [
        word for word, value in zip(listed, read.values, strict=True) if value is None
    ]


def unread_drugs(words: Iterable[str]) -> list[str]:
    """Return the names of drugs that are not known, in the order given.

    Examples
    --------
    >>> unread_drugs(["Decortin H 5 mg", "Prednisolonn", "MTX"])
    ['Prednisolonn']
    """
    return [word for word in words if drug_named(word) is None]


def unread_intervals(words: Iterable[str]) -> list[str]:
    """Return the words for how often a dose is given that are not understood.

    Examples
    --------
    >>> unread_intervals(["täglich", "alle 2 Tage", "nach Plan"])
    ['nach Plan']
    """
    return [
        word for word in words if isinstance(read_interval(word, Notation()), Refused)
    ]
