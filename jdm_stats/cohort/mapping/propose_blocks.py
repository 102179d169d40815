"""The blocks of a proposed mapping: children, courses, events and assessments."""

from __future__ import annotations

from jdm_stats.cohort.mapping.antibodies import antibody_named
from jdm_stats.cohort.mapping.antibody_words import ambiguous_word
from jdm_stats.cohort.mapping.propose_looks import ColumnLook, TableLook
from jdm_stats.cohort.mapping.propose_roles import MEASURE_MEANINGS
from jdm_stats.cohort.mapping.propose_rules import Rules, doubts_of
from jdm_stats.cohort.mapping.propose_toml import Draft
from jdm_stats.cohort.mapping.propose_trials import (
    unread_antibodies,
    unread_drugs,
    unread_intervals,
    unread_results,
)
from jdm_stats.cohort.mapping.propose_values import (
    UNSETTLED,
    read_codes,
    result_word,
)

__all__ = [
    *("write_courses", "write_dated_events", "write_deaths", "write_events"),
    *("write_patients", "write_visits"),
]

_FLAGS = ("dysphagia", "oedema", "skin_ulcer", "calcinosis")
_SCORES = ("cmas", "mmt8", "physician_global", "ck_u_l")
_NO_ID = "no column looks like the child's id; name it"
_DIED = ("death",)


def _begin(
    draft: Draft,
    look: TableLook,
    section: str,
    only: bool,
    *,
    skip: str = "",
    rows: tuple[str, list[str], str] | None = None,
) -> None:
    """Write the head of a block: from, where, and what makes no row."""
    draft.head(section)
    if not only:
        draft.put("from", look.table.name)
    where: dict[str, list[str]] = {}
    asks = []
    if look.where is not None:
        column, word = look.where
        where[column] = [word]
        draft.used.add((look.name, column))
        if not look.sure_where:
            asks.append(f"does {column!r} say what a row is?")
    if rows is not None:
        where[rows[0]] = rows[1]
        asks.append(rows[2])
    if where:
        draft.put("where", where, "; ".join(asks))
    if skip:
        draft.put("skip_if_missing", [skip])


def _columns(draft: Draft, look: TableLook, rules: Rules, section: str) -> None:
    draft.head(f"[{section}.columns]")
    ids = look.meaning("patient_id")
    if ids is None:
        draft.put("patient_id", UNSETTLED, _NO_ID)
    else:
        rules.plain(look, ids, "patient_id")


def write_patients(
    draft: Draft, look: TableLook, rules: Rules, only: bool, first: bool, single: bool
) -> None:
    """Write the block of the children, or of one part of what is known of them."""
    name = "[patients]" if single else "[[patients]]"
    look = look.of_children()
    _begin(draft, look, name, only)
    if look.repeats:
        _write_repeats(draft, look)
    _columns(draft, look, rules, "patients")
    for ours, kind in (("sex", "sex"), ("exit_reason", "exit_reason")):
        one = look.meaning(ours)
        if one is not None:
            rules.codes(look, one, ours, kind)
        elif ours == "exit_reason" and first:
            ask = (
                "no column says why observation ended; one reason for all, or a column?"
            )
            rules.constant(ours, UNSETTLED, ask)
    for ours in ("entry_day", "exit_day", "antibody_test_day"):
        one = look.meaning(ours)
        if one is not None:
            rules.date(look, one, ours)
        elif first and ours != "antibody_test_day":
            rules.constant(ours, UNSETTLED, _NEEDED[ours])
    _write_antibody(look, rules, first)
    _write_measured(look, rules)


def _write_repeats(draft: Draft, look: TableLook) -> None:
    """Say what is to become of rows that repeat a child: few are taken for a fault."""
    again = look.rows - look.children
    rows = f"{again} rows repeat" if again > 1 else "1 row repeats"
    if again > 0.1 * look.rows:
        draft.put("rows", "merged", f"{rows} a child; what they say must agree")
    else:
        ask = f"{rows} a child; mend the export, or write 'merged' to join them"
        draft.put("rows", "one_per_child", ask)


_NEEDED = {
    "entry_day": "no column says when observation began; from diagnosis on is "
    "{ value = 0 }, otherwise name a column",
    "exit_day": "no column says when the child was last seen; name it",
}


def _write_measured(look: TableLook, rules: Rules) -> None:
    """Write what was measured or seen at diagnosis."""
    for meaning, ours in (("weight", "weight_kg"), ("height", "height_cm")):
        one = look.meaning(meaning)
        if one is not None:
            rules.figure(look, one, ours)
    for ours in _SCORES:
        one = look.meaning(ours)
        if one is not None:
            rules.figure(look, one, ours)
    for ours in (*_FLAGS, "ro52"):
        one = look.meaning(ours)
        if one is not None:
            rules.codes(look, one, ours, "flag")
    age = look.meaning("age_at_diagnosis_years")
    if age is not None and not look.has("birth"):
        rules.figure(look, age, "age_at_diagnosis_years")
    for ours in ("diagnosis_year", "centre"):
        one = look.meaning(ours)
        if one is not None and not (ours == "diagnosis_year" and look.has("diagnosis")):
            rules.plain(look, one, ours)


def _write_antibody(look: TableLook, rules: Rules, first: bool) -> None:
    panel = [one for one in look.columns if str(one.meaning).startswith("panel:")]
    one = look.meaning("antibody")
    if panel:
        _write_panel(look, rules, panel)
    elif one is not None:
        rule: dict[str, object] = {"column": one.name, "read": "antibodies"}
        ask = _two_readings(one, rule) or _borderline(one)
        rules.put(look, one, "antibody", rule, ask)
    elif first:
        ask = "no column holds an antibody; name it, or write { value = 'untested' }"
        rules.constant("antibody", UNSETTLED, ask)


def _two_readings(one: ColumnLook, rule: dict[str, object]) -> str:
    """Ask about whole cells with two readings, as n.d., and leave their place open."""
    found = {word: ambiguous_word(word) for word in one.given()}
    told = [f"{word!r} {why}" for word, why in found.items() if why]
    if not told:
        return ""
    rule["not_tested"] = UNSETTLED
    odd = _borderline(one)
    return (
        f"{', '.join(told)}: list it under not_tested, or under negative in its place"
        + (f"; {odd}" if odd else "")
    )


def _borderline(one: ColumnLook) -> str:
    """Ask about the cells that no one can read for the register."""
    odd = [word for word in unread_antibodies(one.given()) if not ambiguous_word(word)]
    listed = ", ".join(map(repr, odd[:4]))
    more = f" and {len(odd) - 4} more" if odd[4:] else ""
    return (
        f"not to be read without you: {listed}{more}; give each a meaning under values"
        if odd
        else ""
    )


def _write_panel(look: TableLook, rules: Rules, panel: list[ColumnLook]) -> None:
    tests = {}
    words: dict[str, None] = {}
    for one in panel:
        name = str(one.meaning).partition(":")[2]
        name = name if name not in tests else one.name
        if antibody_named(name) is not None:
            tests[name] = one.name
            words |= dict.fromkeys(one.given())
            rules.draft.used.add((look.name, one.name))
    doubts = [
        said
        for one in panel
        if not one.heading.sure
        for said in doubts_of(look, one, one.meaning or "")
    ]
    rule, asks = _panel_words(tests, words)
    rules.draft.put("antibody", rule, "; ".join(doubts + asks))


def _panel_words(
    tests: dict[str, str], words: dict[str, None]
) -> tuple[dict[str, object], list[str]]:
    """Return the rule of a panel with its words, and what is to be asked of them."""
    meanings = {word: result_word(word) or UNSETTLED for word in words}
    rule: dict[str, object] = {"panel": tests}
    for status in ("positive", "negative", "not_tested"):
        listed = [word for word, meaning in meanings.items() if meaning == status]
        if listed:
            rule[status] = listed
    doubtful = [word for word, meaning in meanings.items() if meaning == "borderline"]
    strange = [
        word
        for word, meaning in meanings.items()
        if meaning == UNSETTLED and unread_results([word])
    ]
    asks = []
    if doubtful:
        rule["borderline"], rule["borderline_as"] = doubtful, UNSETTLED
        asks.append("does borderline count as positive, negative or untested?")
    if strange:
        told = (
            f"{word!r} {ambiguous_word(word) or ''}".strip() for word in strange[:6]
        )
        asks.append(
            f"what these mean is for you to say: {', '.join(told)}; list each under "
            "positive, negative or not_tested (figures need a cut_off)"
        )
        known = rule.pop("not_tested", [])
        if known:
            asks.append(f"under not_tested belongs {known}")
        rule["not_tested"] = UNSETTLED
    return rule, asks


def write_courses(draft: Draft, look: TableLook, rules: Rules, only: bool) -> None:
    """Write the block of the courses of treatment."""
    _begin(draft, look, "[[courses]]", only)
    _columns(draft, look, rules, "courses")
    drug, route = look.meaning("drug"), look.meaning("route")
    if drug is None:
        rules.constant("drug", UNSETTLED, "no column names the drug")
    else:
        _write_drug(look, rules, drug)
    if route is None:
        ask = "no column says how it was given; write { value = 'oral' } if all was"
        rules.constant("route", UNSETTLED, ask)
    else:
        rules.codes(look, route, "route", "route")
    for ours in ("start_day", "stop_day"):
        one = look.meaning(ours) or (
            look.meaning("date") if ours == "start_day" else None
        )
        if one is not None:
            rules.date(look, one, ours)
        elif ours == "start_day":
            rules.constant(ours, UNSETTLED, "no column says when it began")
    dose = look.meaning("dose")
    if dose is not None:
        rules.dose(look, dose, look.meaning("dose_unit"))
    every, needed = look.meaning("every_n_days"), look.meaning("as_needed")
    if every is not None:
        _write_interval(look, rules, every)
    if needed is not None:
        rules.codes(look, needed, "as_needed", "flag")


def _write_interval(look: TableLook, rules: Rules, every: ColumnLook) -> None:
    if every.numeric:
        ask = "are these the days from one dose to the next, or doses a day, or codes?"
        rules.put(look, every, "every_n_days", every.name, ask)
        return
    odd = unread_intervals(every.given())
    rule: dict[str, object] = {"column": every.name, "read": "interval"}
    if odd:
        rule["values"] = dict.fromkeys(odd[:20], UNSETTLED)
    ask = "how many days apart is that?" if odd else ""
    rules.put(look, every, "every_n_days", rule, ask)


def _write_drug(look: TableLook, rules: Rules, drug: ColumnLook) -> None:
    odd = unread_drugs(drug.given())
    rule: dict[str, object] = {"column": drug.name}
    ask = ""
    if odd:
        rule["values"] = dict.fromkeys(odd[:60], UNSETTLED)
        ask = (
            "write the drug's name as in docs/tables.md, 'other', or leave the row out"
        )
    rules.put(look, drug, "drug", rule, ask)


def write_events(draft: Draft, look: TableLook, rules: Rules, only: bool) -> None:
    """Write the block of a table with one event a row."""
    event = look.meaning("event")
    day = look.meaning("date") or look.meaning("start_day")
    if event is None or day is None:
        return
    _begin(draft, look, "[[events]]", only)
    _columns(draft, look, rules, "events")
    rules.codes(look, event, "event", "event")
    rules.date(look, day, "day")
    site, definite = look.meaning("site"), look.meaning("definite")
    if site is not None:
        rules.plain(look, site, "site")
    if definite is not None:
        rules.codes(look, definite, "definite", "flag")


def write_dated_events(draft: Draft, look: TableLook, rules: Rules, only: bool) -> None:
    """Write a block for each column that holds the dates of one event."""
    for one in look.columns:
        kind, _, event = str(one.meaning).partition(":")
        if kind != "date" or not event:
            continue
        if one.dates is None and not (one.numeric and _many(one)):
            draft.ask(
                f"{one.name!r} in {look.table.name} tells of {event} but holds no dates; an "
                "event needs its day"
            )
            continue
        _begin(draft, look, "[[events]]", only, skip="day")
        _columns(draft, look, rules, "events")
        draft.put("event", {"value": event})
        rules.date(look, one, "day")
        site = _site_of(look, event, one.heading.number)
        if site is not None:
            rules.plain(look, site, "site")


def _many(one: ColumnLook) -> bool:
    """Whether figures are more than codes: serial numbers, days, ages."""
    return not set(one.given()) <= {"0", "1", "2", "9", "-1", "99"}


def _site_of(look: TableLook, event: str, number: int | None) -> ColumnLook | None:
    for one in look.columns:
        if one.meaning == f"site:{event}" and one.heading.number == number:
            return one
    return None


def write_deaths(draft: Draft, look: TableLook, rules: Rules, only: bool) -> None:
    """Write the deaths that only the reason of exit tells, on the day of exit."""
    reason, leave = look.meaning("exit_reason"), look.meaning("exit_day")
    if reason is None:
        return
    meanings = read_codes("exit_reason", reason.given())
    words = [word for word, meaning in meanings.items() if meaning in _DIED]
    if not words:
        return
    ask = "no column holds the day of death; is it the day of last contact?"
    _begin(draft, look, "[[events]]", only, rows=(reason.name, words, ask))
    _columns(draft, look, rules, "events")
    draft.put("event", {"value": "death"})
    if leave is None:
        rules.constant("day", UNSETTLED, "no column holds the day of death; name it")
    else:
        rules.date(look, leave, "day", ask)


def write_visits(draft: Draft, look: TableLook, rules: Rules, only: bool) -> None:
    """Write the blocks of what was measured at visits, one for each measure."""
    look = look.of_visits()
    day = look.meaning("date")
    if day is None:
        return
    measure, value = look.meaning("measure"), look.meaning("value")
    if measure is not None and value is not None:
        _begin(draft, look, "[[assessments]]", only, skip="value")
        _columns(draft, look, rules, "assessments")
        rules.date(look, day, "day")
        rules.codes(look, measure, "measure", "measure")
        unit = look.meaning("dose_unit")
        rule = {"column": value.name}
        rules.put(
            *(look, value, "value"),
            rule | ({"unit": {"column": unit.name}} if unit is not None else {}),
            "",
        )
        if unit is not None:
            draft.used.add((look.name, unit.name))
        return
    for meaning, ours in MEASURE_MEANINGS.items():
        one = look.meaning(meaning)
        if one is None:
            continue
        _begin(draft, look, "[[assessments]]", only, skip="value")
        _columns(draft, look, rules, "assessments")
        rules.date(look, day, "day")
        draft.put("measure", {"value": ours})
        rules.figure(look, one, "value", ours)
