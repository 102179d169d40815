"""What a column's name says: which exposure, and whether every word of it speaks of that.

A name ties a column to an exposure only loosely: ``pulse_rate`` and ``steroid_intolerance``
hold the words of an exposure and mean something else. A claim that rests on a name is a proof
only where each word of the name is known to speak of the exposure itself (`says_exposed`,
`says_amount`), so that a word unknown here never yields a proof.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from jdm_stats.schema import STEROIDS

JAK = ("tofacitinib", "ruxolitinib", "baricitinib")
STEROID, PULSE, JAK_INHIBITOR, TREATMENT = (
    *("steroid", "pulse", "JAK inhibitor", "treatment"),
)

# What a part of a column's name says it is about, the first that fits.
TOPIC_WORDS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (PULSE, ("pulse", "ivmp", "puls")),
    (JAK_INHIBITOR, ("jak", *JAK)),
    ("methotrexate", ("methotrexate", "mtx")),
    ("ivig", ("ivig", "immunoglobulin")),
    (STEROID, ("steroid", "glucocort", *STEROIDS)),
    ("gi_involvement", ("gi_involvement", "gi_inv")),
    ("gi_perforation", ("perforat",)),
    ("surgery", ("surgery", "operation")),
    ("remission", ("remission",)),
    ("death", ("death", "died")),
    (TREATMENT, ("treated", "treatment", "therapy")),
    (STEROID, ("dose_mg", "mg_kg")),
)

# Words of a name that turn its meaning round.
_DENYING = {"no", "not", "non", "naive", "never", "without", "free"}
_DENYING |= {"since", "until", "time", "to", "next"}

# The exposures themselves, word for word.
_STEMS: dict[str, set[str]] = {
    PULSE: {"pulse", "pulsed", "pulses", "ivmp"},
    STEROID: {"steroid", "steroids", "glucocorticoid", "glucocorticoids", *STEROIDS},
    JAK_INHIBITOR: {"jak", "inhibitor", "inhibitors", *JAK},
    "methotrexate": {"methotrexate", "mtx"},
    "ivig": {"ivig"},
    "gi_involvement": {"gi", "involvement"},
    "gi_perforation": {"gi", "perforation", "perforated"},
}
_WHOLE = {"ever", "any", "during", "final", "total", "overall", "followup"}
_PAST = {"before", "prior", "baseline", "previous", "past", "by", "at", "landmark"}
_WHEN = {"now", "current", "currently", "recent", "recently", "by", "at", "landmark"}
_WHEN |= {"in", "on", "within", "window", "day", "days", "d", "lag", "lagged", "last"}
_DONE = {
    "exposed",
    "exposure",
    "use",
    "used",
    "user",
    "given",
    "received",
    "had",
    "has",
}
_DONE |= {"is", "was", "course", "courses", "iv", "oral", "high", "dose"}
_AMOUNT = {"dose", "doses", "mg", "n", "number", "count", "cumulative", "cum", "total"}
_OF_AMOUNT = {"kg", "per", "of", "daily", "equivalent", "equivalents", "eq", "mean"}
_OF_DOSE = {
    "dose",
    "doses",
    "steroid",
    "steroids",
    "prednisone",
    "prednisolone",
    "pred",
}


def words(name: str) -> tuple[str, ...]:
    """Part a name into words, figures dropped.

    Examples
    --------
    >>> words("everPulsed_30d"), words("current-dose.mg_kg")
    (('ever', 'pulsed', 'd'), ('current', 'dose', 'mg', 'kg'))
    """
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return tuple(re.findall(r"[^\W\d_]+", parted))


def topic_of(name: str, topics: Collection[str]) -> str | None:
    """Topic that a column's name may speak of, when the cohort holds it.

    A name that denies (``no_pulse``, ``steroid_naive``) or shifts (``days_since``)
    speaks of something else.

    Examples
    --------
    >>> topic_of("ever_pulsed", ["pulse"]), topic_of("no_pulse", ["pulse"])
    ('pulse', None)
    """
    low = name.lower()
    if _DENYING & set(words(name)):
        return None
    for topic, parts in TOPIC_WORDS:
        if any(part in low for part in parts):
            return topic if topic in topics else None
    found = [topic for topic in topics if topic.lower() in low]
    return found[0] if found else None


def says_exposed(name: str, topic: str) -> bool:
    """Whether every word of a name says that a child is or was exposed, and nothing else.

    Never of "treatment", which may be the arm of a trial or a centre's habit.

    Examples
    --------
    >>> says_exposed("ever_pulsed", "pulse"), says_exposed("pulse_rate", "pulse")
    (True, False)
    """
    return _all_known(name, topic, _WHOLE | _WHEN | _DONE)


def says_amount(name: str, topic: str) -> bool:
    """Whether every word of a name says how much of an exposure, or how often.

    Examples
    --------
    >>> says_amount("n_pulses", "pulse"), says_amount("pulse", "pulse")
    (True, False)
    """
    known = _AMOUNT | _OF_AMOUNT | _WHOLE | _WHEN
    return bool(set(words(name)) & _AMOUNT) and _all_known(name, topic, known)


def _all_known(name: str, topic: str, known: set[str]) -> bool:
    if topic == TREATMENT:
        return False
    stems = _STEMS.get(topic, set(words(topic)))
    own = set(words(name))
    return bool(own & stems) and own <= stems | known


def says_steroid_dose(name: str) -> bool:
    """Whether every word of a name speaks of the dose of steroids.

    Examples
    --------
    >>> says_steroid_dose("current_dose_mg_kg"), says_steroid_dose("vitamin_d_dose_mg")
    (True, False)
    """
    own = set(words(name))
    return bool(own & _OF_DOSE) and own <= _OF_DOSE | _AMOUNT | _OF_AMOUNT | _WHEN


def speaks_of_dose(name: str) -> bool:
    """Whether some word of a name may speak of a dose or a drug.

    Examples
    --------
    >>> speaks_of_dose("mtx_dose"), speaks_of_dose("bilirubin")
    (True, False)
    """
    low = name.lower()
    known = (part for _, parts in TOPIC_WORDS for part in parts)
    return any(part in low for part in ("dose", "pred", *known))


def speaks_of_follow_up(name: str) -> bool:
    """Whether a name speaks of a whole period, and not of one before the rows.

    Examples
    --------
    >>> (
    ...     speaks_of_follow_up("ever_pulsed"),
    ...     speaks_of_follow_up("any_pulse_before_entry"),
    ... )
    (True, False)
    """
    own = set(words(name))
    whole = _WHOLE | {"peak", "max", "maximum"}
    return bool(own & whole) and not own & _PAST


def says_ever_of(name: str, other: str) -> bool:
    """Whether one name is another with no more added than that it holds for all time.

    Examples
    --------
    >>> says_ever_of("ever_pulsed", "recent_pulse"), says_ever_of("pulse_rate", "pulse")
    (True, False)
    """
    mine, theirs = words(name), words(other)
    shared = {
        word
        for word in mine
        if any(
            min(len(word), len(w)) >= 4 and (word.startswith(w) or w.startswith(word))
            for w in theirs
        )
    }
    return bool(shared) and set(mine) <= shared | set(theirs) | _WHOLE | _DONE
