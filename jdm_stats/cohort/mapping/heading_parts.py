"""What a heading that no list holds is likely to mean, by its parts.

``GEBDAT``, ``Geb.-Dat.`` and ``pat_birth_dt`` are all "birth" and "date". A heading is cut
into such parts, of five languages and their short forms; where every part is known and
they make up one meaning, that is a likeness, to be asked about. A part that names a later
visit (``v2``, ``M6``) keeps a heading from meaning what was measured at diagnosis.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from itertools import product
from types import MappingProxyType

__all__ = ["likely_meanings"]

# Meaning -> the parts it is made of: one of the listed sets.
_MADE_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "patient_id": ("patient number", "identity", "patient", "number"),
        "sex": ("sex", "sex birth"),
        "birth": ("birth", "birth date"),
        "diagnosis": ("diagnosis date", "diagnosis", "first diagnosis"),
        "age_at_diagnosis_years": ("age diagnosis",),
        "diagnosis_year": ("year diagnosis",),
        "entry_day": ("entry date", "entry", "first seen", "first seen date"),
        "exit_day": (
            *("last seen", "last seen date", "last followup", "last followup date"),
            *("followup", "followup count", "last followup count"),
            *("end followup", "end followup date", "end date", "last date", "end"),
            *("last seen followup", "last followup seen", "last seen followup date"),
        ),
        "exit_reason": (
            *("status", "reason end", "status end", "reason last", "status last seen"),
            *("reason followup end", "status followup", "status last followup"),
        ),
        "antibody": (
            *("antibody", "antibody result", "myositis antibody", "antibody status"),
            *("myositis antibody result", "antibody kind", "antibody value"),
        ),
        "antibody_test_day": ("antibody date", "myositis antibody date"),
        "weight": ("weight",),
        "height": ("height",),
        **{
            name: (name,)
            for name in (
                "cmas",
                "mmt8",
                "ck_u_l",
                "ldh_u_l",
                "chaq",
                "physician_global",
            )
        },
        **{
            name: (name,)
            for name in ("dysphagia", "calcinosis", "skin_ulcer", "oedema")
        },
        "date:gi_perforation": (
            *("perforation", "perforation date", "gi perforation"),
            "gi perforation date",
        ),
        "date:death": ("death", "death date"),
        "date:surgery": ("surgery date", "surgery"),
        "drug": ("drug", "drug kind", "drug result"),
        "route": ("route",),
        "start_day": ("start date", "start", "drug start", "drug start date"),
        "stop_day": ("stop date", "stop", "drug stop", "drug stop date"),
        "dose": ("dose", "dose value", "drug dose"),
        "dose_unit": ("unit", "dose unit"),
        "every_n_days": ("frequency", "dose frequency"),
        "event": ("event", "event kind"),
        "date": ("date", "event date", "visit date", "sample date"),
        "centre": ("centre",),
    }
)
_AT_BASELINE = (
    *("weight", "height", "cmas", "mmt8", "ck_u_l", "ldh_u_l", "chaq"),
    *("physician_global", "dysphagia", "calcinosis", "skin_ulcer", "oedema"),
)
_BASE = frozenset({"baseline", "diagnosis"})
_MOST_PARTS = 6


@lru_cache(maxsize=4096)
def likely_meanings(words: str) -> tuple[str, ...]:
    """Return what a heading is likely to mean; several where its table must tell.

    Parameters
    ----------
    words : str
        The heading as `jdm_stats.cohort.mapping.headings.plain_words` leaves it.

    Examples
    --------
    >>> [likely_meanings(w) for w in ("gebdat", "pat birth dt", "ult contr")]
    [('birth',), ('birth',), ('exit_day',)]
    >>> likely_meanings("ende datum")
    ('exit_day', 'stop_day')
    >>> (
    ...     likely_meanings("cmas bl"),
    ...     likely_meanings("cmas m6"),
    ...     likely_meanings("blood group"),
    ... )
    (('cmas',), (), ())
    """
    tokens = words.split()
    if not tokens or len(tokens) > _MOST_PARTS:
        return ()
    found: dict[str, int] = {}
    for parts in _cuts(tokens):
        for meaning, left in _meanings(parts):
            found[meaning] = min(left, found.get(meaning, left))
    fewest = min(found.values(), default=0)
    return tuple(meaning for meaning, left in found.items() if left == fewest)


def _cuts(tokens: list[str]) -> Iterator[tuple[str, ...]]:
    """Yield every way to read the tokens as parts."""
    choices = [_parts_of(token) for token in _joined(tokens)]
    if all(choices):
        for picked in product(*choices):
            yield tuple(part for parts in picked for part in parts)


def _joined(tokens: list[str]) -> list[str]:
    """Join two tokens that are one word of the list: follow up."""
    kept: list[str] = []
    place = 0
    while place < len(tokens):
        pair = " ".join(tokens[place : place + 2])
        step = 2 if pair in _lexicon() and " " in pair else 1
        kept.append(pair if step == 2 else tokens[place])
        place += step
    return kept


def _parts_of(token: str) -> list[tuple[str, ...]]:
    """Return the parts a token may be: a word, or two or three words run together."""
    whole: list[tuple[str, ...]] = [(part,) for part in _lexicon().get(token, ())]
    if whole or len(token) < 5:
        return whole
    return _run_together(token, 3)


def _run_together(token: str, most: int) -> list[tuple[str, ...]]:
    known = _lexicon()
    if most == 1:
        return [(part,) for part in known.get(token, ())]
    found: list[tuple[str, ...]] = []
    if most < 3:
        found += [(part,) for part in known.get(token, ())]
    for cut in range(2, len(token) - 1):
        heads = known.get(token[:cut], ())
        if heads:
            rest = _run_together(token[cut:], most - 1)
            found += [(head, *tail) for head in heads for tail in rest]
    return found


def _meanings(parts: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Yield each meaning these parts make up, with the fillers left over."""
    said = frozenset(part for part in parts if part != "filler")
    left = len(parts) - len(said)
    for meaning, made in _MADE_OF.items():
        for each in made:
            wanted = frozenset(each.split())
            rest = said - wanted if wanted <= said else said
            if not rest or (meaning in _AT_BASELINE and rest <= _BASE and rest != said):
                yield meaning, left


@cache
def _lexicon() -> Mapping[str, tuple[str, ...]]:
    """Return the parts each word may be."""
    text = (
        files("jdm_stats.cohort.mapping") / "codelists" / "heading_parts.csv"
    ).read_text("utf-8")
    parts: dict[str, tuple[str, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        for word in row["words"].split("|"):
            parts[word] = (*parts.get(word, ()), row["part"])
    return MappingProxyType(parts)
