"""Words of an export to the values of a column: declared words first, then ours.

A word is compared without regard to case, spaces, dashes and Unicode form. Where a
mapping declares ``values``, these and the column's own words are all there is, but for
drugs; where it declares none, the short lists below are known too. Every recode is
tallied; a word that nothing knows is a fault, or what ``otherwise`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from jdm_stats.cohort.mapping.rules import ColumnRule, Word
from jdm_stats.cohort.mapping.understanding import BLANK, Note, Refused, Understood
from jdm_stats.cohort.mapping.words import as_word, plain
from jdm_stats.schema import FLAG, Column, nearest

__all__ = [
    "BUILT_IN",
    "FLAG_WORDS",
    "RULES",
    "Settled",
    "word_reader",
]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "value_not_mapped": (
            "Every word of a coded column is declared, the column's own, or built in."
        ),
        "flag_not_understood": "A flag is declared, or one of the built-in words.",
    }
)

FLAG_WORDS: Mapping[str, bool] = MappingProxyType(
    {
        **dict.fromkeys(("ja", "j", "yes", "y", "oui", "sí", "si", "sì"), True),
        **dict.fromkeys(("x", "true", "wahr", "vrai", "verdadero", "vero", "1"), True),
        **dict.fromkeys(
            ("nein", "n", "no", "non", "false", "falsch", "faux", "0"), False
        ),
        **dict.fromkeys(("falso",), False),
    }
)

BUILT_IN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sex": {
            **dict.fromkeys(
                ("w", "f", "weiblich", "mädchen", "girl", "fille"), "female"
            ),
            **dict.fromkeys(
                ("féminin", "femenino", "femminile", "mujer", "niña"), "female"
            ),
            **dict.fromkeys(("m", "männlich", "junge", "boy", "garçon"), "male"),
            **dict.fromkeys(("masculin", "masculino", "maschile", "niño"), "male"),
            **dict.fromkeys(("u", "unbekannt", "inconnu", "desconocido"), "unknown"),
        },
        "route": {
            **dict.fromkeys(("po", "p.o.", "p.o", "p. o.", "per os"), "oral"),
            **dict.fromkeys(("peroral", "oral", "orale", "os"), "oral"),
            **dict.fromkeys(("i.v.", "i.v", "iv", "i. v.", "intravenös"), "iv"),
            **dict.fromkeys(("intravenous", "intraveineux", "intravenoso"), "iv"),
            **dict.fromkeys(("i.m.", "i.m", "im", "i. m.", "intramuskulär"), "im"),
            **dict.fromkeys(("intramuscular", "intramusculaire"), "im"),
            **dict.fromkeys(("s.c.", "s.c", "sc", "s. c.", "subkutan"), "sc"),
            **dict.fromkeys(("subcutaneous", "sous-cutané", "subcutáneo"), "sc"),
        },
        "exit_reason": {
            **dict.fromkeys(("tod", "verstorben", "died", "dead", "décès"), "death"),
            **dict.fromkeys(("lost to follow-up", "ltfu"), "lost"),
        },
    }
)


class Settled:
    """Reads what needs no reader: words for an empty cell, and the declared values.

    Parameters
    ----------
    rule : ColumnRule
    missing : iterable of words
        That mean an empty cell in the whole export.

    Examples
    --------
    >>> rule = ColumnRule(column="Sex", values={"W": "female"}, missing=("?",))
    >>> settled = Settled(rule, ("k.A.", "-9"))
    >>> [settled.empty(cell) for cell in (" K.A. ", -9, "?", "ja", "  ")]
    [True, True, True, False, True]
    >>> settled(" w").value, settled("m") is None
    ('female', True)
    """

    def __init__(self, rule: ColumnRule, missing: Iterable[Word]) -> None:
        self.declared = {
            plain(word): what for word, what in (rule.values or {}).items()
        }
        self.missing = {plain(as_word(word)) for word in (*rule.missing, *missing)} | {
            ""
        }

    @property
    def words(self) -> set[str]:
        """Every word that is settled, as it is compared."""
        return self.missing | self.declared.keys()

    def empty(self, cell: Any) -> bool:
        """Whether a cell holds a word that means an empty cell."""
        return plain(as_word(cell)) in self.missing

    def __call__(self, cell: Any) -> Understood | None:
        """Read one cell; None when it needs a reader."""
        said = as_word(cell)
        word = plain(said)
        if word in self.declared:
            return _recoded(said, self.declared[word])
        if word in self.missing:
            note = Note("word for an empty cell", said, "missing")
            return Understood(BLANK, (note,) if word else (Note("cell of spaces"),))
        return None


def _recoded(said: str, meaning: Word) -> Understood:
    shown = as_word(meaning)
    notes = (Note("recoded", said, shown),) if said != shown else ()
    return Understood(None if meaning == "missing" else meaning, notes)


def word_reader(
    column: Column, rule: ColumnRule
) -> Callable[[Any], Understood | Refused]:
    """Return what reads the words that ``values`` does not name."""
    if column.kind == FLAG:
        return _flags(column, rule)
    if not column.allowed:
        return _free_text(column, rule)
    ours = {plain(word): word for word in column.allowed}
    built_in = BUILT_IN.get(column.name, {}) if rule.values is None else {}
    known = {plain(word): meaning for word, meaning in built_in.items()}

    def read(cell: Any) -> Understood | Refused:
        said = as_word(cell)
        word = plain(said)
        meaning = ours.get(word) or known.get(word)
        if meaning is not None:
            if meaning == said:
                return Understood(meaning)
            return Understood(meaning, (Note("built-in word", said, meaning),))
        return _otherwise(said, column, rule)

    return read


def _otherwise(said: str, column: Column, rule: ColumnRule) -> Understood | Refused:
    choice = rule.otherwise
    if choice in (None, "refuse"):
        meant = nearest(said, column.allowed) if column.allowed else None
        return Refused(
            "value_not_mapped",
            f"{said!r} has no meaning for {column.name}",
            "name it under values" + (f"; did you mean {meant!r}?" if meant else ""),
        )
    if choice == "keep":
        return Understood(said, (Note("kept as it is", said, said),))
    note = Note("recoded by otherwise", said, as_word(choice))
    return Understood(None if choice == "missing" else choice, (note,))


def _free_text(
    column: Column, rule: ColumnRule
) -> Callable[[Any], Understood | Refused]:
    def read(cell: Any) -> Understood | Refused:
        if rule.values is not None and rule.otherwise != "keep":
            return _otherwise(as_word(cell), column, rule)
        if isinstance(cell, str):
            return Understood(cell)
        said = as_word(cell)
        return Understood(said, (Note(f"{type(cell).__name__} as text"),))

    return read


def _flags(column: Column, rule: ColumnRule) -> Callable[[Any], Understood | Refused]:
    def read(cell: Any) -> Understood | Refused:
        said = as_word(cell)
        meaning = FLAG_WORDS.get(plain(said)) if rule.values is None else None
        if meaning is not None:
            if said in ("true", "false", "1", "0"):
                return Understood(meaning)
            return Understood(meaning, (Note("built-in word", said, as_word(meaning)),))
        if rule.values is not None and rule.otherwise is not None:
            return _otherwise(said, column, rule)
        return Refused(
            "flag_not_understood" if rule.values is None else "value_not_mapped",
            f"{said!r} is neither true nor false for {column.name}",
            "name it under values: { '...' = true }",
        )

    return read
