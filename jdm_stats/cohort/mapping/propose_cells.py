"""What the cells of a column look like, whatever its heading says.

Words of a sex are a sex under any heading. The look of the cells gives a heading that
says nothing a likely meaning, always asked about, and takes away the meaning of a heading
whose cells cannot be that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from jdm_stats.cohort.mapping.antibodies import name_at, read_as
from jdm_stats.cohort.mapping.antibody_words import finders
from jdm_stats.cohort.mapping.doses import dose_reader
from jdm_stats.cohort.mapping.drugs import drug_named
from jdm_stats.cohort.mapping.numbers import Notation
from jdm_stats.cohort.mapping.propose_dates import ColumnDates
from jdm_stats.cohort.mapping.propose_values import known_words, missing_words
from jdm_stats.cohort.mapping.scanner import Unknown, scan
from jdm_stats.cohort.mapping.understanding import Understood
from jdm_stats.cohort.mapping.words import plain

__all__ = ["DATED", "cannot_be", "looks_like", "suggestion"]

DATED = (
    *("birth", "diagnosis", "entry_day", "exit_day", "antibody_test_day", "date"),
    *("start_day", "stop_day"),
)
_FIGURES = (
    *("weight", "height", "cmas", "mmt8", "physician_global", "chaq", "ck_u_l"),
    *("ldh_u_l", "age_at_diagnosis_years", "diagnosis_year"),
)
_CODES = ("sex", "exit_reason", "event", "route", "antibody", "drug")
_MOST_WORDS = 400
_FIND = finders({})
_NOTATIONS = (Notation("."), Notation(","))
_FIGURE_FIRST = re.compile(r"\s*[<>≤≥~]?\s*[+-]?\d")


def looks_like(words: Mapping[str, int]) -> str | None:
    """Return what the cells are likely to be, from different words with their counts.

    Examples
    --------
    >>> looks_like({"w": 12, "m": 9})
    'sex'
    >>> looks_like({"MJ (p140) pos.": 3, "TIF1-gamma ++": 1, "negativ": 7})
    'antibody'
    >>> (
    ...     looks_like({"Decortin H": 4, "MTX": 2}),
    ...     looks_like({"20 mg/d": 4, "1 mg/kg/d": 1}),
    ... )
    ('drug', 'dose')
    >>> looks_like({"A": 4, "B": 2}) is None
    True
    """
    given = _given(words)
    if not given or len(given) > _MOST_WORDS:
        return None
    if _is_sex(given):
        return "sex"
    for meaning, kind, least in (
        ("route", "route", 1),
        ("exit_reason", "exit_reason", 2),
        ("event", "event", 1),
    ):
        known = known_words(kind)
        if len(given) >= least and all(plain(word) in known for word in given):
            return meaning
    if _share(given, lambda word: drug_named(word) is not None) >= 0.7:
        return "drug"
    if _is_antibody(given):
        return "antibody"
    if _share(given, _is_dose) >= 0.8:
        return "dose"
    return None


def _given(words: Mapping[str, int]) -> dict[str, int]:
    nothing = set(missing_words(words))
    return {word: count for word, count in words.items() if word not in nothing}


def _share(given: Mapping[str, int], holds: Callable[[str], bool]) -> float:
    total = sum(given.values())
    return sum(count for word, count in given.items() if holds(word)) / total


def _is_sex(given: Iterable[str]) -> bool:
    """Whether there are words of both sexes, and no others but for not known."""
    known = known_words("sex")
    plainly = {plain(word) for word in given}
    if plainly == {"h", "m"}:
        return True
    meant = {known.get(word) for word in plainly}
    return {"female", "male"} <= meant and None not in meant


def _is_antibody(given: Mapping[str, int]) -> bool:
    """Whether cells hold names of antibodies, and results, and nothing else."""
    named = [word for word in given if _names(word)]
    read = _share(given, _is_result)
    telling = len(named) > 1 or any(len(read_as(word)) > 3 for word in named)
    return bool(named) and telling and read >= 0.6


def _names(word: str) -> bool:
    text = read_as(word)
    starts = [0, *(place.end() for place in re.finditer(r"[^a-z0-9]", text))]
    found = (name_at(text, start) for start in starts)
    return any(each and each[1].antibody != "aside" for each in found)


def _is_result(word: str) -> bool:
    try:
        scan(read_as(word.replace("\n", ";")), _FIND)
    except Unknown:
        return False
    return not _FIGURE_FIRST.fullmatch(word)


def _is_dose(word: str) -> bool:
    if not re.search(r"[^\W\d_]", word):
        return False
    return any(isinstance(dose_reader(n)(word), Understood) for n in _NOTATIONS)


def cannot_be(
    meaning: str, words: Mapping[str, int], dates: ColumnDates | None, figures: int
) -> bool:
    """Whether a column cannot hold what its heading says.

    Examples
    --------
    >>> cannot_be("diagnosis", {"JDM": 8, "JPM": 1}, None, 0)
    True
    >>> cannot_be("weight", {"20,5": 1, "21 kg": 1}, None, 1)
    False
    """
    given = _given(words)
    filled = sum(given.values())
    if not filled:
        return False
    if meaning in DATED:
        shaped = _share(given, lambda word: bool(re.search(r"\d", word)))
        return dates is None and shaped < 0.5
    if meaning in _FIGURES:
        begun = _share(given, lambda word: bool(_FIGURE_FIRST.match(word)))
        return dates is not None or begun < 0.5
    if meaning == "antibody" and all(plain(w) in known_words("flag") for w in given):
        return True  # yes and no tell of a test, not of an antibody
    if meaning in _CODES or meaning.startswith("panel:"):
        few = meaning not in ("sex", "route") or len(given) <= 12
        return dates is not None or not few
    return False


def suggestion(words: Mapping[str, int], dates: ColumnDates | None) -> str:
    """Say what a column that no line reads looks like, and why it is left out.

    Examples
    --------
    >>> suggestion({"A": 4, "B": 2}, None)
    "heading and cells are not known here ('A', 'B')"
    >>> suggestion({"Decortin H 20 mg, MTX": 1}, None)
    'its cells name drugs in a text (Decortin H): courses need one drug a row'
    """
    if dates is not None:
        return (
            "its cells are dates: if they are those of an event, a visit or a course, "
            "write a line for them"
        )
    given = _given(words)
    likely = looks_like(given)
    if likely is not None:
        return f"its cells look like {likely}: if they are, write a line for them"
    if given and all(plain(word) in known_words("flag") for word in given):
        return "its cells say yes and no; the heading is not known here"
    for word in list(given)[:50]:
        drug = _drug_in(word)
        if drug:
            return (
                f"its cells name drugs in a text ({drug}): courses need one drug a row"
            )
    if any(_names(word) and len(word) > 3 for word in list(given)[:50]):
        return "some of its cells name antibodies; read it, or see that nothing is lost"
    shown = ", ".join(repr(word[:20]) for word in list(given)[:3])
    return f"heading and cells are not known here ({shown})" if given else "it is empty"


def _drug_in(text: str) -> str | None:
    for piece in re.split(r"[,;+\n/]", text):
        tokens = piece.split()
        for count in (2, 1):
            name = " ".join(tokens[:count])
            if len(name) > 2 and tokens[count:] and drug_named(name):
                return name
    return None
