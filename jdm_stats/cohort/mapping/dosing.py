"""How often a dose is given, in words of five languages.

Words are read as `jdm_stats.cohort.mapping.words.plain` leaves them. A month has no fixed
count of days and "three times a week" no whole number of days between doses; both are
told apart, so that they can be refused with their reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from jdm_stats.cohort.mapping.numbers import Notation, read_numeral
from jdm_stats.cohort.mapping.scanner import Finder, Unknown, patterns, scan
from jdm_stats.cohort.mapping.understanding import Note, Refused, Understood
from jdm_stats.cohort.mapping.words import as_word, plain

__all__ = [
    "AS_NEEDED",
    "RULES",
    "SCHEDULES",
    "Schedule",
    "read_interval",
    "schedule_at",
]

RULES: Mapping[str, str] = MappingProxyType(
    {
        "interval_not_understood": (
            "The interval between doses is a whole number of days, in figures or words."
        ),
    }
)

_N = (
    r"(?P<n>[0-9]{1,4}|zwei|drei|vier|fünf|sechs|sieben|acht|two|three|four|five|six|seven"
    r"|eight|deux|trois|quatre|cinq|six|dos|tres|cuatro|cinco|seis|due|tre|quattro|cinque"
    r"|sei)"
)
_WORDS = {
    **{"zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8},
    **{"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8},
    **{"deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "dos": 2, "tres": 3, "cuatro": 4},
    **{"cinco": 5, "seis": 6, "due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sei": 6},
}
_DAYS = r"(?:tagen?|tg\.?|d\.?|days?|jours?|jrs?|j|días?|dias?|giorni)"
_WEEKS = r"(?:wochen?|wo\.?|weeks?|wks?|w|semaines?|sem\.?|semanas?|settimane)"
_EVERY = r"(?:alle|every|tous les|toutes les|cada|ogni|q)"
_ONCE = r"(?:1 ?x|1 ?mal|einmal|once|1 fois|une fois|una vez|1 vez|una volta|1 volta)"
_A_WEEK = (
    r"(?: ?/ ?| pro | die | je | per | a | par | por | in der | à la | alla | al )?"
    r"(?:woche|wo\.|week|wk|semaine|sem\.|semana|settimana)"
)
_END = r"(?![^\W_])"

# Words -> days from one dose to the next; a text says why there is no such number.
Schedule = int | str

_NO_MONTH = "a month is no fixed number of days; say 28 or 30 under values"
_NO_WHOLE = "so many doses a week are no whole number of days apart"
_NOT_ONE = "several doses a day are not told by an interval"

SCHEDULES: tuple[tuple[str, Any], ...] = (
    (
        rf"(?:{_ONCE} ?)?(?:täglich|taeglich|tgl\.?|am tag|pro tag|daily|a day|per day)",
        1,
    ),
    (rf"{_ONCE} ?/ ?(?:d|tag|day|jour|j|día|die)", 1),
    (r"jeden tag|jd\. tag|every day|each day|o\.?d\.?|q\.?d\.?", 1),
    (r"quotidien(?:ne)?|tous les jours|(?:une|1) fois par jour|par jour", 1),
    (r"diario|diariamente|a diario|cada día|al día|una vez al día|todos los días", 1),
    (r"giornaliero|ogni giorno|al giorno|una volta al giorno|quotidiano", 1),
    (r"(?:jeden|jd\.?|j\.?) (?:2\.|zweiten) (?:tag|tg\.?)|jeden anderen tag", 2),
    (r"every (?:other|second|2nd) day|(?:on )?alternate[ -]days?|alternating days?", 2),
    (r"alternate day|alternierend|alternating|q\.?o\.?d\.?|e\.?o\.?d\.?", 2),
    (r"(?:q ?|alle |every )48 ?(?:h|std\.?|stunden|hours)|48-stündlich|zweitägig", 2),
    (r"un jour sur deux|1 jour sur 2|1j/2|días alternos|a días alternos", 2),
    (r"a giorni alterni|giorni alterni", 2),
    (r"(?:jeden|jd\.?) (?P<n>[0-9]{1,2})\. (?:tag|tg\.?)", "days"),
    (r"every (?P<n>[0-9]{1,2})(?:rd|th|nd|st) day", "days"),
    (rf"{_EVERY} ?{_N} ?-?{_DAYS}", "days"),
    (rf"{_N}-tägig|{_N}-tägl\.?|{_N}-täglich".replace("(?P<n>", "(?:", 2), "days_adj"),
    (rf"{_EVERY} ?{_N} ?-?{_WEEKS}", "weeks"),
    (rf"{_N}-wöchentlich|{_N}-wöchig".replace("(?P<n>", "(?:", 1), "weeks_adj"),
    (rf"(?:{_ONCE} ?)?(?:wöchentlich|woechentlich|wöchtl\.?|wchtl\.?|weekly)", 7),
    (rf"{_ONCE}{_A_WEEK}", 7),
    (
        r"(?:pro|je|jede) woche|jd\. woche|(?:per|every|each|a) week|/ ?(?:woche|wo|week|wk)",
        7,
    ),
    (
        r"par semaine|chaque semaine|toutes les semaines|hebdomadaire|/ ?(?:semaine|sem)",
        7,
    ),
    (r"semanal(?:mente)?|por semana|cada semana|a la semana|/ ?semana", 7),
    (r"settimanale|ogni settimana|a settimana|alla settimana|/ ?settimana|q ?w", 7),
    (
        r"vierzehntägig|fortnightly|every other week|every second week|jede 2\. woche",
        14,
    ),
    (r"jede zweite woche|une semaine sur deux|semanas alternas", 14),
    (r"(?:1 ?x )?(?:monatlich|monthly)|mensuel(?:le)?|mensual|mensile", _NO_MONTH),
    (
        r"(?:1 ?x ?|einmal |once )?(?:/|pro |im |per |a |par |al )(?:monat|month|mois|mes|mese)",
        _NO_MONTH,
    ),
    (rf"{_EVERY} (?:{_N} )?(?:monate?|months?|mois|mes(?:es)?|mes[ei])", _NO_MONTH),
    (
        rf"{_N} ?(?:x|mal|times|fois|veces|volte)?(?: ?(?:wöchentlich|weekly)|{_A_WEEK})",
        _NO_WHOLE,
    ),
    (rf"(?:an |on |à )?[1-7] ?{_DAYS}{_A_WEEK}", _NO_WHOLE),
    (r"twice(?: a week| weekly)|zweimal (?:pro woche|wöchentlich)", _NO_WHOLE),
)

AS_NEEDED = (
    r"(?:nur )?bei bedarf|b\.? ?b\.?|i\. ?b\.|bedarfsweise|p\.?r\.?n\.?|(?:as|when|if) needed"
    r"|as required|on demand|si besoin|au besoin|a demanda|si precisa|al bisogno"
)


def _found(known: Any) -> Any:
    """Return what reads the days of a match."""
    if known not in ("days", "weeks", "days_adj", "weeks_adj"):
        return known
    step = 7 if known.startswith("weeks") else 1

    def days(found: re.Match[str]) -> int:
        said = found.groupdict().get("n") or re.split(r"\W", found[0])[0]
        return step * (_WORDS.get(said) or int(said))

    return days


schedule_at: Finder = patterns(
    [
        *((rf"(?:{words}){_END}", "every", _found(days)) for words, days in SCHEDULES),
        (rf"(?:{AS_NEEDED}){_END}", "as_needed", True),
    ]
)
_EDGES = patterns([(r"[,;.()]", "edge", "")])


def read_interval(cell: Any, notation: Notation) -> Understood | Refused:
    """Read a cell of a schedule: the value is the days, or the text ``as_needed``.

    Examples
    --------
    >>> reads = ("jeden 2. Tag", "weekly", "q3w", 4, "bei Bedarf")
    >>> [read_interval(cell, Notation()).value for cell in reads]
    [2, 7, 21, 4.0, 'as_needed']
    >>> read_interval("3x/Woche", Notation()).message
    "'3x/Woche': so many doses a week are no whole number of days apart"
    """
    said = as_word(cell)
    number = read_numeral(cell, notation)
    if not isinstance(number, Refused) and not number.unit and number.value is not None:
        return Understood(number.value)
    try:
        parts = [part for part in scan(plain(said), [schedule_at, _EDGES])]
    except Unknown as unknown:
        return _refused(said, f"{unknown.args[0]!r} is not known")
    found = {(kind, days) for kind, days, _ in parts if kind != "edge"}
    if len(found) != 1:
        return _refused(said, "it says no single interval")
    kind, days = found.pop()
    if isinstance(days, str):
        return _refused(said, days)
    value = "as_needed" if kind == "as_needed" else days
    shown = "as needed" if kind == "as_needed" else f"every {days} days"
    return Understood(value, (Note("interval in words", said, shown),))


def _refused(said: str, why: str) -> Refused:
    return Refused(
        "interval_not_understood",
        f"{said!r}: {why}",
        "give it a meaning under values: days from one dose to the next",
    )
