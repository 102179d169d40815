"""What an export's own codes mean, where a word of five languages says it plainly."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from jdm_stats.cohort.mapping.words import plain

__all__ = [
    "MISSING",
    "UNSETTLED",
    "known_words",
    "missing_words",
    "read_codes",
    "result_word",
]

MISSING, UNSETTLED = "missing", "?"
_UNKNOWN = frozenset(
    ("unbekannt", "unknown", "?", "inconnu", "desconocido", "fraglich")
)


@cache
def known_words(kind: str) -> Mapping[str, str]:
    """Return the words of one kind of code and what each means.

    Examples
    --------
    >>> known_words("sex")["weiblich"], known_words("route")["p.o."]
    ('female', 'oral')
    """
    text = (files("jdm_stats.cohort.mapping") / "codelists" / "values.csv").read_text(
        "utf-8"
    )
    words: dict[str, str] = {}
    for row in csv.DictReader(text.splitlines()):
        if row["kind"] == kind:
            for word in row["words"].split(" | "):
                words.setdefault(plain(word), row["ours"])
    return MappingProxyType(words)


def read_codes(kind: str, words: Iterable[str]) -> dict[str, str]:
    """Say what each word of a column means; ``"?"`` where no word settles it.

    Parameters
    ----------
    kind : {"sex", "flag", "exit_reason", "event", "route", "measure"}
    words : iterable of str
        Every different word of the column.

    Examples
    --------
    >>> read_codes("sex", ["w", "m"]), read_codes("sex", ["1", "2"])
    ({'w': 'female', 'm': 'male'}, {'1': '?', '2': '?'})
    >>> read_codes("sex", ["h", "m"])  # hombre and mujer, or homme and ... ?
    {'h': '?', 'm': '?'}
    """
    listed = list(words)
    known = known_words(kind)
    bare = {plain(word) for word in listed}
    if kind == "sex" and bare & {"h", "v"}:  # hombre, homme, varón: m may be mujer
        return dict.fromkeys(listed, UNSETTLED)
    if kind == "flag" and "o" in bare and not bare <= {"o", "n"}:  # oui, or ohne?
        known = {word: ours for word, ours in known.items() if word != "o"}
    if kind == "flag" and {"1", "2"} <= bare:  # 1 and 2, as often yes, no as no, yes
        known = {word: ours for word, ours in known.items() if word not in "012"}
    meanings = {word: known.get(plain(word), UNSETTLED) for word in listed}
    if kind == "flag":
        for word in listed:
            if plain(word) in _UNKNOWN:
                meanings[word] = MISSING
    return meanings


def missing_words(words: Iterable[str]) -> list[str]:
    """Return the words that only ever stand for an empty cell.

    Examples
    --------
    >>> missing_words(["k.A.", "12", "-99", "n/a"])
    ['k.A.', 'n/a']
    """
    known = known_words("missing")
    return [word for word in words if plain(word) in known]


def result_word(word: str) -> str | None:
    """Say what the word of a test's result means: positive, negative, borderline ...

    Examples
    --------
    >>> [result_word(word) for word in ("Pos.", "not detected", "grenzw.", "12")]
    ['positive', 'negative', 'borderline', None]
    """
    return _RESULTS.get(plain(word))


_RESULTS = {
    **dict.fromkeys(
        ("pos", "pos.", "positiv", "positive", "+", "++", "+++", "ja", "yes", "positif",
         "positivo", "detected", "true"),
        "positive",
    ),
    **dict.fromkeys(
        ("neg", "neg.", "negativ", "negative", "nein", "no", "négatif", "negativo",
         "not detected", "false"),
        "negative",
    ),
    **dict.fromkeys(
        ("grenzwertig", "grenzw.", "borderline", "(+)", "+/-", "±", "equivocal",
         "douteux", "dudoso", "indeterminate", "limite"),
        "borderline",
    ),
    **dict.fromkeys(
        ("nicht getestet", "not tested", "not done", "nicht bestimmt", "n.t.", "nt",
         "non testé", "no realizado", "non eseguito"),
        "not_tested",
    ),
}  # fmt: skip
