"""What the mapping would not understand of a column, tried before it is proposed."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from jdm_stats.cohort.mapping.antibody_reading import read_antibodies
from jdm_stats.cohort.mapping.numbers import Notation
from jdm_stats.cohort.mapping.rules import ColumnRule
from jdm_stats.cohort.mapping.words import plain
from jdm_stats.schema import OTHER_DRUGS, STEROIDS

__all__ = ["unread_antibodies", "unread_drugs"]


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


def unread_drugs(words: Iterable[str]) -> list[str]:
    """Return the names of drugs that are not known, in the order given."""
    known = set(STEROIDS + OTHER_DRUGS)
    return [word for word in words if plain(word) not in known]
