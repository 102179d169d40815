"""From bytes to letters: the encoding of a text file, settled or refused.

UTF-8 proves itself: other text is practically never valid UTF-8 by chance. The sets of one
byte a letter prove nothing: the same bytes are "Dvořák" in one and "Dvoøák" in another.
So a file that is not UTF-8 and declares nothing is read only if each of its letters means
the same in all sets that are in use, as ä, ö, ü, ß and é of the Windows and Latin sets do.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jdm_stats.cohort.doors.reading import AUTO
from jdm_stats.cohort.doors.refusal import Refusal

__all__ = ["RULES", "Letters", "decode", "odd_letters"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "encoding_unsettled": "A text file is UTF-8, or its encoding is declared.",
        "encoding_mismatch": "The bytes of a file fit the encoding declared for it.",
        "mojibake": "No text was read in a wrong encoding before it came here.",
        "lost_letters": "No text holds the mark that stands for a lost letter.",
    }
)

_BOMS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Sets of one byte a letter that exports in Latin script come in.
_WESTERN, _RIVALS = (
    "cp1252",
    ("latin-1", "iso8859-15", "cp1250", "iso8859-2", "cp1254", "cp1257", "iso8859-4"),
)
# What the same bytes may be in old or other systems, for the words of a refusal.
_SHOWN = ("cp1252", "cp1250", "mac-roman", "cp850", "cp1251")
_DECLARE = 'declare the encoding, such as encoding = "cp1252", or save as "CSV UTF-8"'


@dataclass(frozen=True, slots=True)
class Letters:
    """The text of a file and how its bytes were read."""

    text: str
    encoding: str
    notes: tuple[str, ...] = ()


def decode(content: bytes, declared: str = AUTO) -> Letters:
    """Return the text of a file, in the encoding declared or settled by its bytes.

    Parameters
    ----------
    content : bytes
    declared : str
        A name Python knows, or "auto".

    Raises
    ------
    Refusal
        When the bytes do not fit what is declared, or do not settle what they are.

    Examples
    --------
    >>> decode("Größe".encode("cp1252")).text
    'Größe'
    >>> decode("Dvořák".encode("cp1250"))
    Traceback (most recent call last):
    ...
    jdm_stats.cohort.doors.refusal.Refusal: line 1 holds the byte 0xf8: ...
    """
    if declared != AUTO:
        return _as_declared(content, codecs.lookup(declared).name)
    for bom, name in _BOMS:
        if content.startswith(bom):
            note = () if name == "utf-8-sig" else (f"encoding {name}, by its mark",)
            return Letters(_strict(content, name, "encoding_unsettled"), name, note)
    wide = _wide_without_mark(content)
    if wide is not None:
        text = content.decode(wide)
        return Letters(text, wide, (f"encoding {wide}, sniffed from its empty bytes",))
    try:
        return Letters(content.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        first = error.start
    return _one_byte_a_letter(content, first)


def _as_declared(content: bytes, name: str) -> Letters:
    marked = next((n for bom, n in _BOMS if content.startswith(bom)), None)
    if marked == "utf-8-sig" and name in ("utf-8", "utf-8-sig"):
        return Letters(_strict(content, marked, "encoding_mismatch"), marked)
    if marked in ("utf-16", "utf-32") and name.startswith(marked):
        return Letters(_strict(content, marked, "encoding_mismatch"), marked)
    if marked is not None:
        raise Refusal(
            "encoding_mismatch",
            f"{name} is declared, but the file begins with the mark of {marked}",
            f'declare encoding = "{marked}", or "auto"',
        )
    if name in ("utf-16", "utf-32"):
        raise Refusal(
            "encoding_mismatch",
            f"{name} is declared, but the file has no mark of its byte order",
            f'declare "{name}-le" or "{name}-be", or save as "CSV UTF-8"',
        )
    text = _strict(content, name, "encoding_mismatch")
    if not name.startswith("utf-"):
        _refuse_utf8_read_as(content, name)
    if name.startswith("iso8859"):
        _refuse_control_letters(content, text, name)
    return Letters(text, name)


def _strict(content: bytes, name: str, rule: str) -> str:
    try:
        return content.decode(name)
    except UnicodeDecodeError as error:
        where = _line(content, error.start)
        raise Refusal(
            rule,
            f"line {where} holds the byte {_byte(content, error.start)}, which is not "
            f"{name.removesuffix('-sig')}",
            _DECLARE,
            line=where,
        ) from None
    except (UnicodeError, LookupError, AssertionError) as error:
        raise Refusal(
            rule, f"the bytes are not {name} ({type(error).__name__})", _DECLARE
        ) from None


def _refuse_utf8_read_as(content: bytes, name: str) -> None:
    """Refuse UTF-8 declared to be something else: every letter would turn into two."""
    if content.isascii():
        return
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return
    place = next(p for p, byte in enumerate(content) if byte > 127)
    word = _word(content, place)
    seen = word.decode(name, "replace")
    raise Refusal(
        "encoding_mismatch",
        f"{name} is declared, but the file is UTF-8: line {_line(content, place)} would "
        f"read {seen!r} where {word.decode('utf-8', 'replace')!r} stands",
        'declare encoding = "utf-8", or "auto"',
        line=_line(content, place),
    )


def _refuse_control_letters(content: bytes, text: str, name: str) -> None:
    found = re.search("[\x80-\x9f]", text)
    if found:
        place = found.start()
        raise Refusal(
            "encoding_mismatch",
            f"{name} is declared, but line {_line(content, place)} holds the byte "
            f"{_byte(content, place)}, which is no letter there",
            'declare encoding = "cp1252" if the file comes from Windows',
            line=_line(content, place),
        )


def _wide_without_mark(content: bytes) -> str | None:
    """Return utf-16-le or -be where the empty bytes of a file leave no doubt."""
    if len(content) < 4 or len(content) % 2 or b"\0" not in content:
        return None
    even, odd = content[::2], content[1::2]
    for letters, empty, name in ((even, odd, "utf-16-le"), (odd, even, "utf-16-be")):
        if b"\0" in letters and letters.count(0) * 50 > len(letters):
            continue
        if empty.count(0) * 10 < len(empty) * 8:
            continue
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if not re.search("[\x00-\x08\x0e-\x1f\ufffe\uffff]", text):
            return name
    return None


# a run of bytes above 127, with the byte before and after it
_HIGH = re.compile(rb"(?s)(?:(?<=(.))|\A)([\x80-\xff]+)(?=(.)|\Z)")


def _one_byte_a_letter(content: bytes, first: int) -> Letters:
    """Read as cp1252 what every likely set reads alike; refuse the rest."""
    if b"\0" in content:
        raise Refusal(
            "encoding_unsettled",
            f"line {_line(content, content.index(0))} holds a NUL byte, and the file is "
            "no UTF-8: it is no text",
            "give the export as a text file, saved as CSV UTF-8",
        )
    doubtful = {seen for seen in set(_HIGH.findall(content)) if not _settled(*seen)}
    if doubtful:
        runs = _HIGH.finditer(content)
        found = next(run for run in runs if run.groups(b"") in doubtful)
        raise _unsettled(content, found.start(2))
    where = _line(content, first)
    return Letters(
        content.decode(_WESTERN),
        _WESTERN,
        (
            f"encoding {_WESTERN}, sniffed: line {where} holds "
            f"{_word(content, first).decode(_WESTERN)!r}, and each letter outside ASCII "
            "means the same in the other Windows and Latin sets",
        ),
    )


def _alike() -> frozenset[int]:
    """Return the bytes of letters that mean the same in every set of Latin script.

    0xe1 is left out although they agree on á: in MS-DOS it is the ß of "Straße".
    """
    alike = set()
    for byte in range(0xC0, 0x100):
        letter = bytes([byte]).decode(_WESTERN)
        others = (bytes([byte]).decode(name, "replace") for name in _RIVALS)
        if letter.isalpha() and all(letter == other for other in others):
            alike.add(byte)
    return frozenset(alike - {0xE1})


_LETTERS = _alike()
# Signs, and where they may stand: € … – “ ” „ § ° ± ² ³ µ · ½ and the hard blank.
_SIGNS = frozenset(b"\x80\x84\x85\x93\x94\x96\xa0\xa7\xb0\xb1\xb2\xb5\xb7")


def _settled(before: bytes, run: bytes, after: bytes) -> bool:
    """Say if a run of bytes above 127 can be read in one way only."""
    if all(byte in _LETTERS for byte in run):
        text = run.decode(_WESTERN)
        beside = [side for side in (before, after) if side.isalpha()]
        if len(run) > 2 or not beside:
            return False
        if all(side.isupper() for side in beside):
            return text.isupper() or text == "ß"
        return text[1:].islower() or len(text) == 1
    between = before.isalpha() and after.isalpha()
    return len(run) == 1 and run[0] in _SIGNS and not between


def _unsettled(content: bytes, place: int) -> Refusal:
    word = _word(content, place)
    readings: dict[str, str] = {}
    for name in _SHOWN:
        readings.setdefault(word.decode(name, "replace"), name)
    shown = " or ".join(f"{text!r} ({name})" for text, name in readings.items())
    return Refusal(
        "encoding_unsettled",
        f"line {_line(content, place)} holds the byte {_byte(content, place)}: the file "
        f"is not UTF-8, and it may read {shown}",
        _DECLARE,
        line=_line(content, place),
    )


def _word(content: bytes, place: int) -> bytes:
    start = end = place
    while start > max(0, place - 20) and _of_word(content[start - 1]):
        start -= 1
    while end < min(len(content), place + 20) and _of_word(content[end]):
        end += 1
    return content[start:end]


def _of_word(byte: int) -> bool:
    return byte > 127 or chr(byte).isalnum()


def _line(content: bytes, place: int) -> int:
    before = content[:place].replace(b"\r\n", b"\n")
    return before.count(b"\n") + before.count(b"\r") + 1


def _byte(content: bytes, place: int) -> str:
    return f"0x{content[place]:02x}"


# "ä", "°" and "–" of UTF-8, read as Windows letters somewhere before this file was written
_MOJIBAKE = re.compile(
    "[ÃÂ][\x80-\xbf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039"
    "\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a"
    "\u0153\u017e\u0178]|â€"
)


def odd_letters(text: str) -> list[tuple[str, int, str]]:
    r"""Return signs that letters were lost before the file was written.

    Returns
    -------
    list of (rule, line, message)
        At most one of each rule, at the first place.

    Examples
    --------
    >>> odd_letters("PatNr;Ort\n1;MÃ¼nchen")
    [('mojibake', 2, "'MÃ¼nchen' looks like UTF-8 that was read in another encoding ...")]
    """
    found = []
    if text.isascii():
        return []
    match = _MOJIBAKE.search(text)
    if match:
        said = "looks like UTF-8 that was read in another encoding before it came here"
        found.append(("mojibake", match.start(), said))
    lost = text.find("\ufffd")
    if lost >= 0:
        found.append(("lost_letters", lost, "holds the mark of a lost letter"))
    return [
        (rule, text_line(text, place), f"{_text_word(text, place)!r} {said}")
        for rule, place, said in found
    ]


def text_line(text: str, place: int) -> int:
    """Return the line, from 1, on which a place of a text stands."""
    before = text[:place].replace("\r\n", "\n")
    return before.count("\n") + before.count("\r") + 1


def _text_word(text: str, place: int) -> str:
    start = max(0, place - 20)
    around = text[start : place + 20]
    left = re.split(r"[\s;,|]", around[: place - start])[-1]
    right = re.split(r"[\s;,|]", around[place - start :])[0]
    return left + right
