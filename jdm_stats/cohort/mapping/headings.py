"""What a registry's headings mean: words of five languages, compared without guessing.

A heading is known when it is one of the words listed, whatever its case, accents,
punctuation and unit; it is held for likely, and asked about, when it only contains one.
The words, of English, German, French, Spanish and Italian, stand in
codelists/headings.csv.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from jdm_stats.cohort.mapping.heading_parts import likely_meanings

__all__ = ["Heading", "plain_words", "read_heading"]


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading says.

    Parameters
    ----------
    name : str
        The heading as it stands in the file.
    meaning : str or None
        One of the meanings of the vocabulary; None when no word is known.
    sure : bool
        Whether the whole heading is a known word, rather than holding one.
    unit : str or None
        The unit it names, as written: ``"kg"`` of ``"Gewicht (kg)"``.
    number : int or None
        The running number of a repeated column: 2 of ``"2. Perforation am"``.
    others : tuple of str
        Meanings between which the other columns of the table decide.
    told_by : {"heading", "cells"}
        Whether the heading tells the meaning, or only what stands below it.
    """

    name: str
    meaning: str | None
    sure: bool = False
    unit: str | None = None
    number: int | None = None
    others: tuple[str, ...] = ()
    told_by: str = "heading"


_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "œ": "oe", "æ": "ae", "γ": " gamma"}
)
_BRACKET = re.compile(r"[\[(]([^\])]*)[\])]\s*$")
_UNITS = re.compile(
    r"(kg|g|lb|lbs|cm|m|in|mg|µg|ug|mcg|mg/kg|mg/kg/d|mg/kg/day|mg/kg/tag|mg/m2|mg/m²|"
    r"mg/d|mg/day|mg/tag|u/l|iu/l|ie/l|ui/l|µkat/l|days|tage|years|jahre|y|a|months|mo)",
    re.IGNORECASE,
)
_TAIL_UNIT = re.compile(r"^(.*[^\W\d_])[ _.]+(kg|cm|mg|lb|lbs|in|m)$", re.IGNORECASE)


def plain_words(text: str) -> str:
    """Return a heading as plain lower-case words with one blank between them.

    Examples
    --------
    >>> plain_words("Größe_(CM)"), plain_words("Fecha de diagnóstico")
    ('groesse cm', 'fecha de diagnostico')
    >>> plain_words("dateOfBirth"), plain_words("L'évènement")
    ('date of birth', 'l evenement')
    """
    text = re.sub(
        r"\b(?:[^\W\d_]\.){2,}", lambda found: found[0].replace(".", "") + " ", text
    )
    text = re.sub(r"(?<![A-Za-z])Ig[GMA](?![A-Za-z])", "igg", text)
    text = re.sub(r"(?<=[a-zäöüéè])(?=[A-Z])", " ", text)
    text = unicodedata.normalize("NFC", text).casefold().translate(_UMLAUTS)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[a-z0-9]+", text))


def read_heading(name: str) -> Heading:
    """Say what a heading means, whether that is sure, and which unit it names.

    Parameters
    ----------
    name : str
        As it stands in the file.

    Returns
    -------
    Heading
        Meanings of events and antibodies are ``"date:gi_perforation"``,
        ``"site:gi_perforation"`` and ``"panel:NXP2"``.

    Examples
    --------
    >>> read_heading("Gewicht (kg)").meaning, read_heading("Gewicht (kg)").unit
    ('weight', 'kg')
    >>> read_heading("2. Perforation am").meaning, read_heading("anti-NXP2").meaning
    ('date:gi_perforation', 'panel:NXP2')
    >>> read_heading("Datum der Diagnose (Klinik)").sure
    False
    >>> read_heading("Blutgruppe").meaning is None
    True
    """
    bare, unit = _without_unit(name)
    full = plain_words(bare)
    words, number = _without_number(full)
    exact = _exact().get(words)
    if exact is not None:
        return Heading(name, exact, number is None, unit, number)
    for meaning in (_event_column(words), _panel_column(words)):
        if meaning is not None:
            return Heading(name, meaning, True, unit, number)
    if words.startswith("redcap "):
        return Heading(name, None, False, unit, number)
    panel = _run_on_panel(full)
    likely = (panel,) if panel else likely_meanings(full)
    if len(likely) > 1:
        return Heading(name, None, False, unit, number, likely)
    held = likely[0] if likely else _held(words)
    return Heading(name, held, False, unit, number)


def _without_unit(name: str) -> tuple[str, str | None]:
    bracket = _BRACKET.search(name)
    if bracket and _UNITS.fullmatch(bracket[1].strip().replace(" ", "")):
        return name[: bracket.start()], bracket[1].strip()
    tail = _TAIL_UNIT.match(name.strip())
    if tail:
        return tail[1], tail[2]
    return name, None


def _without_number(words: str) -> tuple[str, int | None]:
    """Take a running number off either end, unless it belongs to the word."""
    if words in _exact() or _panel_column(words):
        return words, None
    first = re.fullmatch(r"(\d{1,2}) (.+)", words)
    if first:
        return first[2], int(first[1])
    last = re.fullmatch(r"(.+?) ?(\d{1,2})", words)
    if last and last[1].strip():
        return last[1], int(last[2])
    inside = re.fullmatch(r"(.+?) (\d{1,2}) (\S.*)", words)
    if inside:
        return f"{inside[1]} {inside[3]}", int(inside[2])
    return words, None


def _event_column(words: str) -> str | None:
    tokens, dates, sites = words.split(), _around("date"), _around("site")
    for event, names in _vocabulary()["event"].items():
        for name in sorted(names, key=len, reverse=True):
            rest = _rest(tokens, name.split())
            if rest is None:
                continue
            if rest & sites and rest <= sites | dates:
                return f"site:{event}"
            if rest <= dates:
                return f"date:{event}"
    return None


def _panel_column(words: str) -> str | None:
    tokens = words.split()
    for antibody, names in _vocabulary()["antibody"].items():
        for name in sorted(names, key=len, reverse=True):
            rest = _rest(tokens, name.split())
            if rest is not None and rest <= _around("antibody"):
                return f"panel:{antibody}"
    return None


def _run_on_panel(words: str) -> str | None:
    """Return the panel column of a name run together: AKNXP2, anti_MDA5_igg."""
    found = re.fullmatch(r"(?:anti|msa|aak|ak|ab|ac) ?([a-z]+[a-z0-9 ]*)", words)
    return _panel_column(found[1]) if found else None


def _rest(tokens: list[str], part: list[str]) -> frozenset[str] | None:
    """Return the other words of a heading that holds these in a row, else None."""
    for place in range(len(tokens) - len(part) + 1):
        if tokens[place : place + len(part)] == part:
            return frozenset(tokens[:place] + tokens[place + len(part) :])
    return None


def _held(words: str) -> str | None:
    """Return the meaning of the longest known words inside a heading, if only one."""
    tokens = words.split()
    found: dict[int, set[str]] = {}
    for known, meaning in _exact().items():
        if len(known) >= 4 and _rest(tokens, known.split()) is not None:
            found.setdefault(len(known), set()).add(meaning)
    if not found:
        return None
    longest = found[max(found)]
    return longest.pop() if len(longest) == 1 else None


@cache
def _vocabulary() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the words of headings.csv, by kind and meaning, already plain."""
    text = (files("jdm_stats.cohort.mapping") / "codelists" / "headings.csv").read_text(
        "utf-8"
    )
    kinds: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in csv.DictReader(text.splitlines()):
        words = tuple(word.strip() for word in row["words"].split("|"))
        kinds.setdefault(row["kind"], {})[row["meaning"]] = words
    return MappingProxyType(kinds)


@cache
def _exact() -> Mapping[str, str]:
    """Return the meaning of each word that is a whole heading; the first one counts."""
    by_word: dict[str, str] = {}
    for meaning, words in _vocabulary()["heading"].items():
        for word in words:
            by_word.setdefault(word, meaning)
    return MappingProxyType(by_word)


def _around(kind: str) -> frozenset[str]:
    return frozenset(_vocabulary()[f"around_{kind}"][""])
