"""Words and marks of antibody results in five languages, and what parts them.

All are written as `jdm_stats.cohort.mapping.antibodies.read_as` leaves a text: small
letters without accents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from jdm_stats.cohort.mapping.antibodies import name_at, read_as
from jdm_stats.cohort.mapping.scanner import Finder, patterns

__all__ = [
    "AMBIGUOUS_WORDS",
    "BORDERLINE",
    "NEGATIVE",
    "POSITIVE",
    "STATUSES",
    "UNTESTED",
    "ambiguous_word",
    "finders",
    "is_mark",
]

POSITIVE, NEGATIVE, BORDERLINE, UNTESTED = (
    "positive",
    "negative",
    "borderline",
    "untested",
)

_ENDS = "(?:es|er|en|e|os|as|o|a|i|s)?"
_POS = rf"(?:positi[vf]{_ENDS}|pos\.?)"
_NEG = rf"(?:negati[vf]{_ENDS}|neg\.?)"
_VERY = (
    r"(?:stark|hoch|deutlich|klar|eindeutig|sehr stark|strongly|strong|highly|high|clearly"
    r"|fortement|fuertemente|fortemente)[ -]?"
)
_WEAKLY = (
    r"(?:schwach|schw\.?|gering|leicht|weakly|weak|low|faintly|faiblement|faible|debilmente"
    r"|debil|debolmente|debole)[ -]?"
)

STATUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        POSITIVE: (
            rf"(?:{_VERY})?{_POS}",
            r"nachgewiesen",
            r"nachweisbar",
            r"detected",
            r"detectable",
            r"present",
            r"vorhanden",
            r"reakti[vf]",
            r"reactive",
            r"detecte(?:es|e|s)?",
            r"detectad[oa]s?",
            r"rilevat[oaie]",
            r"nachweis(?: (?:von|der))?",
        ),
        NEGATIVE: (
            _NEG,
            r"(?:nicht|not|non|no|pas) (?:nachweisbar|nachgewiesen|detected|detectable"
            r"|present|vorhanden|reakti[vf]|reactive|detecte(?:es|e|s)?|detectad[oa]s?"
            r"|rilevat[oaie])",
            r"(?:non-?|un)(?:reactive|detectable|detected)",
            r"absent(?:es|e|s)?",
            r"ausente?s?",
            r"assent[ei]",
            r"non-?reakti[vf]",
        ),
        BORDERLINE: (
            rf"{_WEAKLY}{_POS}",
            r"schwach",
            r"weak",
            r"grenzwertig(?: (?:positi[vf]|pos\.?))?",
            r"grenzw\.?",
            r"grenzbereich",
            r"fraglich(?: (?:positi[vf]|pos\.?))?",
            r"border ?-?line(?: (?:positive|pos\.?))?",
            r"equivocal",
            r"indeterminate",
            r"doubtful",
            r"limite",
            r"douteu(?:x|ses?)",
            r"equivoque",
            r"dudos[oa]s?",
            r"indeterminad[oa]s?",
            r"dubbi[oa]?",
            r"indeterminat[oaie]",
        ),
        UNTESTED: (
            r"n\. ?[bt]\.",
            r"(?:nicht|not|non|no|pas) (?:getestet|bestimmt|untersucht|durchgefuhrt|erfolgt"
            r"|gemessen|angefordert|tested|done|determined|performed|measured|assessed"
            r"|teste(?:es|e|s)?|faite?s?|determine(?:es|e|s)?|realise(?:es|e|s)?"
            r"|realizad[oa]s?|determinad[oa]s?|hech[oa]s?|probad[oa]s?|testat[oaie]"
            r"|eseguit[oaie]|determinat[oaie]|effettuat[oaie])",
            r"ungetestet",
            r"untested",
            r"ausstehend",
            r"steht (?:noch )?aus",
            r"folgt",
            r"pending",
            r"awaited",
            r"en attente",
            r"en cours",
            r"pendientes?",
            r"in corso",
            r"in attesa",
        ),
    }
)

# Words with two readings, refused where a mapping does not declare them.
_TWO_READINGS = (r"n\.? ?[./]? ?d\.?",)

# Words that make negative whatever they stand before, and a whole cell alone.
_NONE = (
    r"kein(?:e|er|en)?(?: nachweis)?(?: (?:von|der|fur|eines))?",
    r"ohne nachweis(?: von)?",
    r"no evidence(?: of)?",
    r"none(?: detected| found)?",
    r"no",
    r"aucun(?:e|s|es)?",
    r"ningun[oa]?s?",
    r"nessun[oa]?",
    r"sin",
)
_NOISE = (
    r"(?:auto-?)?antikorpern?",
    r"(?:auto-?)?aks?",
    r"(?:auto-?)?antibod(?:y|ies)",
    r"abs?",
    r"(?:auto-?)?anticorps",
    r"(?:auto-?)?anticuerpos?",
    r"(?:auto-?)?anticorp[oi]",
    r"ig ?g?",
    r"elisa",
    r"(?:line|dot|immuno|western)[ -]?blot",
    r"blot",
    r"immunprazipitation",
    r"immunoprecipitation",
    r"tit(?:er|re)",
    r"gegen",
    r"against",
    r"contre",
    r"contra",
    r"contro",
    r"serum",
    r"i\. ?s\.",
)
_FOR = r"fur|for|pour|para|per|auf|to|zu|von|of|de"
_PANELS = {
    "MSA": r"msas?|myositis-?spezifische|myositis-?specific|myositis(?:[ -]?panel)?|panel"
    r"|profil|myositis-?profil|myositis-?blot",
    "MAA": r"maas?|myositis-?assoziierte|myositis-?associated",
    "rest": r"(?:alle )?(?:ubrigen?|anderen?|weiteren?|sonst(?:igen?)?|restlichen?)|rest"
    r"|(?:all )?others?|remaining|(?:tous )?les autres|(?:los )?demas|(?:gli )?altri|alle|all",
}
_JOINS = r"und|u\.|and|et|y|e|sowie|mit|with"
_FIGURE = (
    r"(?:tit(?:er|re) )?(?:[<>]=? ?)?(?:1 ?: ?[0-9]+|[0-9]+(?:[.,][0-9]+)?)"
    r"(?: ?(?:[aikr]?u(?: ?/ ?ml)?|i?e(?: ?/ ?ml)?|si|index|ratio|%))?"
)
_END = r"(?![a-z0-9])"
_MARKS = {
    POSITIVE: (r"\+ ?ve(?![a-z0-9])", r"\+{2,}", r"\(\+{2,}\)"),
    NEGATIVE: (r"- ?ve(?![a-z0-9])", r"-{2,}", r"\(-\)"),
    BORDERLINE: (r"\(\+\)", r"\+ ?/ ?-", r"\+-", r"±"),
}


def _known() -> list[tuple[str, str, Any]]:
    known: list[tuple[str, str, Any]] = []
    for status, words in STATUSES.items():
        known += [(rf"(?:{word}){_END}", "status", status) for word in words]
    for status, marks in _MARKS.items():
        known += [(mark, "status", status) for mark in marks]
    known += [(rf"(?:{word}){_END}", "none", NEGATIVE) for word in _NONE]
    known += [(rf"(?:{word}){_END}", "unclear", "") for word in _TWO_READINGS]
    known += [(r"pas d(?:e\b|')", "none", NEGATIVE)]
    known += [(rf"(?:{word}){_END}", "noise", "") for word in _NOISE]
    known += [(r"(?:anti|auto)[ -]?", "noise", "")]
    known += [(rf"(?:{word}){_END}", "panel", name) for name, word in _PANELS.items()]
    known += [
        (rf"(?:{_FOR}){_END}", "for", ""),
        (rf"(?:{_JOINS}){_END}|&|/", "join", ""),
        (r",", "comma", ""),
        (r"[;|\n.]", "stop", ""),
        (r"[:=]", "colon", ""),
        (r"\(|\[", "open", ""),
        (r"\)|\]", "close", ""),
        (r"\+", "plus", ""),
        (r"-", "dash", ""),
        (rf"{_FIGURE}{_END}", "figure", lambda found: found[0]),
    ]
    return known


_BUILT_IN = patterns(_known())


def _name(text: str, start: int) -> tuple[int, str, Any] | None:
    found = name_at(text, start)
    return None if found is None else (found[0], "name", found[1])


def finders(own: Mapping[str, Iterable[str]]) -> list[Finder]:
    """Return what finds the parts of a result; a mapping's own words come first.

    Parameters
    ----------
    own : mapping of a status to words
    """
    known = []
    for status, words in own.items():
        for word in words:
            spelled = read_as(word)
            end = _END if spelled[-1:].isalnum() else ""
            if spelled and is_mark(spelled) is None:
                known.append((re.escape(spelled) + end, "status", status))
    return [patterns(known), _name, _BUILT_IN] if known else [_name, _BUILT_IN]


AMBIGUOUS_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "n.d.": "may mean not done or not detected",
        "-": "alone may mean negative or nothing entered",
        "+": "alone names no antibody",
        "0": "may be negative, not tested or a code",
        "1": "may be positive or a code",
        "x": "may mark a positive result or a test that was done",
    }
)


def ambiguous_word(word: str) -> str | None:
    """Return why a whole cell has two readings, or None.

    Examples
    --------
    >>> ambiguous_word("N.D."), ambiguous_word("–"), ambiguous_word("neg.")
    ('may mean not done or not detected', 'alone may mean negative or nothing entered', None)
    """
    spelled = read_as(word)
    if re.fullmatch(_TWO_READINGS[0], spelled):
        spelled = "n.d."
    return AMBIGUOUS_WORDS.get(spelled)


def is_mark(word: str) -> str | None:
    """Return what the bare mark + or - means, or None for any other word."""
    return {"+": POSITIVE, "-": NEGATIVE}.get(word)
