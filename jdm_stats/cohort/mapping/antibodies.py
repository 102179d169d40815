"""Names of myositis antibodies as laboratories and letters write them.

A name is found by a pattern over the text as `read_as` leaves it (case, accents and
Greek letters aside), and says the antibody of the schema and the target it is against,
so that two results of one target can contradict each other while anti-Jo-1 and
anti-PL-7, both against synthetases, cannot. Names, genes and weights of the targets:
Betteridge and McHugh, J Intern Med 2016;280:8-23; Tansley, Simou and Shaddick,
J Autoimmun 2017;84:55-64.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from jdm_stats.cohort.mapping.words import plain

__all__ = [
    "AMBIGUOUS",
    "ASIDE",
    "NAMES",
    "Target",
    "antibody_named",
    "name_at",
    "read_as",
]


@dataclass(frozen=True, slots=True)
class Target:
    """What a name stands for.

    Parameters
    ----------
    antibody : str
        A value of the schema; ``"Ro52"``; ``"aside"`` for antibodies that are no
        myositis antibodies; ``"ambiguous"``.
    name : str
        The target itself, or why it is ambiguous.
    """

    antibody: str
    name: str


_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "ɣ": "gamma", "δ": "delta"}
_KD = r"(?:[ -]?kd(?:a)?)?"

# Antibody -> target -> patterns. "p155/140" comes before "p140"; the longest match wins.
NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "NXP2": {
            "NXP2": (r"nxp[ -]?(?:2|ii)", r"mj", r"morc[ -]?3"),
            "p140": (rf"p[ -]?140{_KD}",),
        },
        "TIF1g": {
            "TIF1gamma": (
                rf"p[ -]?155 ?[/-] ?p?[ -]?140{_KD}",
                rf"155 ?/ ?140{_KD}",
                rf"p[ -]?140 ?/ ?p?[ -]?155{_KD}",
                rf"p[ -]?155{_KD}",
                r"tif[ -]?1[ -]?(?:gamma|g|y)?",
                r"trim[ -]?33",
            ),
            "TIF1alpha": (r"tif[ -]?1[ -]?(?:alpha|a)", r"trim[ -]?24"),
        },
        "MDA5": {
            "MDA5": (
                r"mda[ -]?5",
                rf"cadm(?:[ -]?p?140{_KD})?",
                r"ifih[ -]?1",
                r"melanoma differentiation[ -]associated (?:gene|protein) 5",
            )
        },
        "Mi2": {
            "Mi2": (r"mi[ -]?2",),
            "Mi2alpha": (r"mi[ -]?2[ -]?(?:alpha|a)", r"chd[ -]?3"),
            "Mi2beta": (
                r"mi[ -]?2[ -]?(?:beta|b)",
                r"mi[ -]?2[ -]?(?:alpha|a) ?/ ?(?:mi[ -]?2[ -]?)?(?:beta|b)",
                r"chd[ -]?4",
            ),
        },
        "ARS": {
            "Jo1": (
                r"jo[ -]?1",
                r"hi(?:stidyl|s)[ -]t-?rna(?:[ -]synthetase)?",
                r"hars",
            ),
            "PL7": (r"pl[ -]?7", r"threonyl[ -]t-?rna(?:[ -]synthetase)?"),
            "PL12": (r"pl[ -]?12", r"alanyl[ -]t-?rna(?:[ -]synthetase)?"),
            "EJ": (r"ej", r"glycyl[ -]t-?rna(?:[ -]synthetase)?"),
            "OJ": (r"oj", r"isoleucyl[ -]t-?rna(?:[ -]synthetase)?"),
            "KS": (r"ks", r"asparaginyl[ -]t-?rna(?:[ -]synthetase)?"),
            "Zo": (r"zo", r"phenylalanyl[ -]t-?rna(?:[ -]synthetase)?"),
            "Ha": (r"ha", r"yrs", r"tyrosyl[ -]t-?rna(?:[ -]synthetase)?"),
            "ARS": (
                r"ars",
                r"anti-?synthetase",
                r"(?:t-?rna[ -])?synthetase",
                r"(?:t-?rna[ -])?synthetases",
            ),
        },
        "SRP": {"SRP": (r"srp(?:[ -]?(?:54|68|72))?", r"signal recognition particle")},
        "HMGCR": {
            "HMGCR": (
                r"hmg[ -]?c(?:o[ -]?a[ -]?)?r",
                r"(?:3-hydroxy-3-methylglutaryl|hmg)[ -]?(?:co[ -]?a|coenzyme a)"
                r"(?:[ -]?redu[kc]tas[ea])?",
            )
        },
        "SAE": {
            "SAE": (r"sae", r"sae[ -]?1 ?[/,+-] ?(?:sae[ -]?)?2"),
            "SAE1": (r"sae[ -]?1",),
            "SAE2": (r"sae[ -]?2",),
        },
        "PMScl": {
            "PMScl": (
                r"pm[ -]?/?[ -]?scl(?:[ -]?75 ?[/+-] ?(?:pm[ -]?/?scl[ -]?)?100)?",
                r"pm[ -]?/?[ -]?scl[ -]?100 ?[/+-] ?75",
            ),
            "PMScl75": (r"pm[ -]?/?[ -]?scl[ -]?75", r"exosc[ -]?9"),
            "PMScl100": (r"pm[ -]?/?[ -]?scl[ -]?100", r"exosc[ -]?10"),
        },
        "other": {
            "Ku": (r"ku(?:[ -]?(?:70 ?/ ?80|70|80|86))?",),
            "U1RNP": (
                r"u1?[ -]?(?:sn)?rnp",
                r"(?:u1[ -]?)?n?rnp(?:[ -]?(?:70|a|c|68))?",
            ),
            "U2RNP": (r"u2[ -]?(?:sn)?rnp",),
            "U3RNP": (r"u3[ -]?(?:sn)?rnp", r"fibrillarin"),
            "U5RNP": (r"u5[ -]?(?:sn)?rnp",),
            "cN1A": (r"c?n-?1a", r"nt5c1a", r"mup[ -]?44"),
            "TIF1beta": (r"tif[ -]?1[ -]?(?:beta|b)", r"trim[ -]?28"),
        },
        "Ro52": {
            "Ro52": (
                rf"(?:ro|ss[ -]?a)[ -]?(?:ro)?[ -]?\(?[ -]?52{_KD}\)?",
                rf"ss[ -]?a ?/ ?ro[ -]?52{_KD}",
                rf"ro ?/ ?ss[ -]?a[ -]?\(?52{_KD}\)?",
                rf"ro[ -]?52{_KD} ?/ ?(?:ss[ -]?a|trim[ -]?21)",
                r"trim[ -]?21",
            )
        },
    }
)

ASIDE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ANA": (r"ana", r"antinuclear", r"antinukleare?"),
        "ANCA": (r"[cp]?-?anca",),
        "Ro60": (rf"(?:ro|ss[ -]?a)[ -]?\(?60{_KD}\)?",),
        "La": (r"ss[ -]?b(?: ?/ ?la)?", r"la(?: ?/ ?ss[ -]?b)?"),
        "Sm": (r"sm",),
        "dsDNA": (r"ds[ -]?dna", r"dna"),
        "Scl70": (r"scl[ -]?70", r"topoisomerase i?"),
        "CENP": (r"cenp[ -]?[ab]?", r"centromere?", r"zentromer"),
        "rheumatoid factor": (r"rf", r"rheumafaktor", r"rheumatoid factor"),
        "CCP": (r"ccp", r"acpa"),
    }
)

AMBIGUOUS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "a weight of 140 kDa is that of NXP2 (p140), of MDA5 (CADM-140) and of a "
        "part of p155/140 (TIF1g)": (rf"140{_KD}",),
        "Ro or SS-A may be Ro52 or Ro60": (
            r"ro(?: ?/ ?ss[ -]?a)?",
            r"ss[ -]?a(?: ?/ ?ro)?",
        ),
    }
)


@lru_cache(maxsize=65_536)
def read_as(said: str) -> str:
    """Return the text in which names are looked for.

    Examples
    --------
    >>> read_as("TIF1-γ: NÉGATIF")
    'tif1-gamma: negatif'
    """
    text = plain(said)
    for letter, spelled in _GREEK.items():
        text = text.replace(letter, spelled)
    apart = unicodedata.normalize("NFD", text)
    return "".join(mark for mark in apart if not unicodedata.combining(mark))


def _patterns() -> list[tuple[re.Pattern[str], Target]]:
    known = [
        (pattern, Target(antibody, name))
        for antibody, targets in NAMES.items()
        for name, patterns in targets.items()
        for pattern in patterns
    ]
    for kind, words in (("aside", ASIDE), ("ambiguous", AMBIGUOUS)):
        known += [(p, Target(kind, name)) for name, ps in words.items() for p in ps]
    return [
        (re.compile(rf"(?:{pattern})(?![a-z0-9])"), target) for pattern, target in known
    ]


_COMPILED = _patterns()


def name_at(text: str, start: int) -> tuple[int, Target] | None:
    """Return the end and the meaning of the longest name that begins at ``start``."""
    best: tuple[int, Target] | None = None
    for pattern, target in _COMPILED:
        found = pattern.match(text, start)
        if found and (best is None or found.end() > best[0]):
            best = found.end(), target
    return best


def antibody_named(said: str) -> Target | None:
    """Return the myositis antibody (or Ro52) that a whole word names, or None.

    Examples
    --------
    >>> [antibody_named(each).antibody for each in ("anti-p155/140", "MJ", "CADM-140")]
    ['TIF1g', 'NXP2', 'MDA5']
    >>> antibody_named("140 kDa") is None
    True
    """
    text = read_as(said).removeprefix("anti").lstrip(" -")
    if text == "other":
        return Target("other", "other")
    found = name_at(text, 0)
    if found is not None and text[found[0] : found[0] + 1] == "/":
        other = antibody_named(text[found[0] + 1 :])  # NXP2/MORC3: two names of one
        return found[1] if other and other.antibody == found[1].antibody else None
    if found is None or found[0] != len(text):
        return None
    return found[1] if found[1].antibody not in ("aside", "ambiguous") else None
