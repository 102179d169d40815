"""What the mapping would not understand of a column, tried before it is proposed."""

from __future__ import annotations

from collections.abc import Iterable

from jdm_stats.cohort.mapping.antibodies import antibody_named
from jdm_stats.cohort.mapping.words import plain
from jdm_stats.schema import OTHER_DRUGS, STEROIDS

__all__ = ["unread_antibodies", "unread_drugs"]


def unread_antibodies(words: Iterable[str]) -> list[str]:
    """Return the cells of an antibody column that are not read without being told how."""
    return [word for word in words if antibody_named(word) is None]


def unread_drugs(words: Iterable[str]) -> list[str]:
    """Return the names of drugs that are not known, in the order given."""
    known = set(STEROIDS + OTHER_DRUGS)
    return [word for word in words if plain(word) not in known]
