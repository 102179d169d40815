"""A drug as it is written, to the schema's name for it.

The whole cell must be a name of the list, or a name with its strength and form behind it
("Decortin H 5 mg Tbl."). A name of the list is never searched for inside a longer one:
Decortin is prednisone and Decortin H is prednisolone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from jdm_stats.cohort.mapping.drug_names import AMBIGUOUS_DRUGS, DRUG_NAMES
from jdm_stats.cohort.mapping.understanding import Note, Refused, Understood
from jdm_stats.cohort.mapping.words import as_word, plain
from jdm_stats.schema import OTHER_DRUGS, STEROIDS, nearest

__all__ = ["RULES", "drug_named", "read_drug"]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "drug_unknown": "A drug is one of the built-in names or named in the mapping.",
        "drug_ambiguous": "A drug's name means one drug.",
    }
)

# Strength and form behind a name: "5 mg", "20mg/ml", "Tbl.", "Tropfen", "i.v."
_FORM = re.compile(
    r"(?:\s+(?:[0-9]+(?:[.,][0-9]+)?\s?(?:mg|g|µg|μg|mcg|ug|ml|%)?(?:\s?/\s?(?:[0-9]+\s?)?"
    r"(?:ml|tbl|tab|h|d|kg|m2))?|mg|(?:film)?tabl?(?:etten|ette|ets|et|s)?\.?|tbl\.?|ftbl\.?"
    r"|kps\.?|kapseln?|caps(?:ules?)?\.?|comprim[eé]s?|cpr\.?|comprimidos?|compresse"
    r"|compressa|tropfen|drops|gouttes|saft|susp(?:ension)?\.?|amp(?:ullen?|oules?)?\.?"
    r"|inj(?:ektion(?:slösung)?|ection)?\.?|inf(?:usion)?\.?|pen|fertigspritze|spritze"
    r"|supp(?:ositorien)?\.?|zäpfchen|retard|p\.?o\.?|i\.?v\.?|s\.?c\.?|i\.?m\.?|oral"
    r"|iv-?puls|puls))+$"
)
_MARKS = str.maketrans({"®": None, "™": None, "*": None})


def _plainly(word: str) -> str:
    return plain(word.translate(_MARKS)).replace("-", " ").strip(" .,;")


def _index() -> tuple[dict[str, str], dict[str, str]]:
    names = {_plainly(name): name for name in STEROIDS + OTHER_DRUGS}
    names |= {_plainly(name.replace("_", " ")): name for name in OTHER_DRUGS}
    for drug, words in DRUG_NAMES.items():
        names |= {_plainly(word): drug for word in words.split(", ")}
    unsure = {
        _plainly(word): why
        for why, words in AMBIGUOUS_DRUGS.items()
        for word in words.split(", ")
    }
    return names, unsure


_NAMES, _UNSURE = _index()


@lru_cache(maxsize=65_536)
def drug_named(said: str) -> str | None:
    """Return the schema's name of a drug, or None when it is not known or unclear.

    Examples
    --------
    >>> [drug_named(name) for name in ("Decortin", "Decortin® H 5 mg Tbl.", "MTX")]
    ['prednisone', 'prednisolone', 'methotrexate']
    >>> drug_named("Pred") is None
    True
    """
    word = _plainly(said)
    if word in _NAMES:
        return _NAMES[word]
    return _NAMES.get(_plainly(_FORM.sub("", plain(said.translate(_MARKS)))))


def read_drug(cell: Any) -> Understood | Refused:
    """Read one cell of a drug."""
    said = as_word(cell)
    drug = drug_named(said)
    if drug is not None:
        return Understood(drug, (Note("drug recognised", said, drug),))
    for word in (_plainly(said), _plainly(_FORM.sub("", plain(said)))):
        if word in _UNSURE:
            return Refused(
                "drug_ambiguous",
                f"{said!r} is {_UNSURE[word]}",
                "name the drug under values",
            )
    meant = nearest(said, STEROIDS + OTHER_DRUGS)
    return Refused(
        "drug_unknown",
        f"{said!r} is not a drug that is known here",
        (f"did you mean {meant!r}? " if meant else "")
        + "name it under values ('other' for a treatment the tables do not name), or keep "
        "its rows out with where_not",
    )
