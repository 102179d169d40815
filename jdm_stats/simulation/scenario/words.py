"""What a scenario says of itself: a page that shows what rests on assumed values.

The sentences are put together from the status of the values they rest on, so that a value
the user changed is told as set by the user, and a null as set where it is.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pandas as pd

from jdm_stats.html import banner, notes_list, paragraphs
from jdm_stats.simulation.scenario.claims import claims
from jdm_stats.simulation.scenario.origin import (
    SOLVED_ANEW,
    changed_since_solved,
    presets_of,
    solved_for,
)
from jdm_stats.simulation.scenario.status import STATUSES, standings
from jdm_stats.simulation.scenario.terms import (
    baseline_sentence,
    hazard_html,
    hazard_table,
)

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["conclusions", "html_summary", "short", "summary"]

_WIDTH = 96
_FIRM = ("reported", "calculated")
_HOLDS_NO_CHILD = (
    "SYNTHETIC: a world made up from these values; no child in it is real."
)


def conclusions(scenario: Scenario) -> pd.DataFrame:
    """Return what can be concluded in a scenario, and what each conclusion rests on.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    pandas.DataFrame
        ``conclusion``, a sentence; ``rests_on``, the names of the values behind it, parted
        by commas, or "construction" for what no value of a scenario can change;
        ``status``, the weakest of theirs.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> told = conclusions(as_scenario("steroids_harmless")).set_index("rests_on")
    >>> print(told.loc["pulse_hr", "conclusion"])
    That a pulse does nothing (hazard ratio 1 for 30 days) is set by the preset
    steroids_harmless; plausible 1 to 4.
    """
    return pd.DataFrame(
        [
            {"conclusion": c.sentence, "rests_on": c.rests_on, "status": c.status}
            for c in claims(scenario)
        ]
    )


def short(scenario: Scenario) -> str:
    """Return one line: the name, and how many values of each status there are.

    Examples
    --------
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> short(as_scenario("steroids_harmless").with_values(jak_hr=2.0))
    "Scenario('steroids_harmless, changed': ... values, ... assumed, 3 set by a preset,
    1 set by the user)"
    """
    counts = _counts(scenario)
    told = [f"{sum(counts.values())} values", f"{counts['assumed']} assumed"]
    told += [f"{counts[s]} {s}" for s in STATUSES[-2:] if counts[s]]
    return f"Scenario({scenario.name!r}: {', '.join(told)})"


def summary(scenario: Scenario) -> str:
    """Return a page of text on a scenario.

    Parameters
    ----------
    scenario : Scenario

    Returns
    -------
    str
        Its presets and changes; the dial of confounding; the hazards term by term; what
        rests on assumed values, and what on published ones.
    """
    parts = [f"Scenario {scenario.name!r}", _wrapped(_HOLDS_NO_CHILD)]
    parts += [_wrapped(line) for line in _opening(scenario)]
    parts += ["", *_terms(scenario), _wrapped(baseline_sentence(scenario))]
    for title, sentences in _sections(scenario).items():
        parts += ["", title]
        parts += [_wrapped(sentence, "- ", "  ") for sentence in sentences]
    return "\n".join(parts)


def html_summary(scenario: Scenario) -> str:
    """Return the page of `summary` as HTML for a notebook."""
    lists = [
        notes_list(sentences, title=title)
        for title, sentences in _sections(scenario).items()
    ]
    return "\n".join(
        [
            banner(f"{_HOLDS_NO_CHILD} Scenario {scenario.name}", "synthetic"),
            paragraphs(*_opening(scenario)),
            hazard_html(scenario),
            *lists,
        ]
    )


def _opening(scenario: Scenario) -> list[str]:
    """Which presets, what was changed, the dial, the solved constants, what is outside."""
    named, told = presets_of(scenario), standings(scenario)
    steroids = named.get("steroids", "steroids as assumed in the evidence tables")
    lines = [f"Presets: {named['children']}, {named['risk']}, {steroids}."]
    own = [name for name, one in told.items() if one.status == "set by the user"]
    if own:
        values = [f"{name} {_shown(scenario, name)}" for name in own]
        lines.append(f"Set by the user: {', '.join(values)}.")
    lines.append(f"Confounding by indication: {_dial(scenario.confounding)}")
    lines.append(_solved(scenario))
    beyond = [
        f"{name} ({', '.join(one.parts)})" if one.parts else name
        for name, one in told.items()
        if one.outside
    ]
    if beyond:
        lines.append(f"Outside what is plausible: {', '.join(beyond)}.")
    counts = _counts(scenario)
    number = ", ".join(f"{counts[s]} {s}" for s in STATUSES if counts[s])
    lines.append(f"Of {sum(counts.values())} values: {number}.")
    return lines


def _dial(confounding: float) -> str:
    told = f"dial at {confounding:g}"
    if confounding == 0:
        return f"{told}: steroids are given blindly to severity, NXP2 and the gut."
    if confounding == 1:
        return f"{told}, as assumed; 0 would be blind, 2 twice as strong."
    return f"{told}, times the log odds and log ratios assumed."


def _solved(scenario: Scenario) -> str:
    kind, changed = solved_for(scenario), changed_since_solved(scenario)
    if kind is None:
        told = "The baseline is not that of a preset"
        if SOLVED_ANEW in scenario.name:
            before = (
                "" if scenario.name.endswith(SOLVED_ANEW) else ", before later changes"
            )
            return f"{told}: solve() worked it out for its targets{before}."
        return f"{told}: which overall figures it gives, expected_figures() tells."
    told = f"The baseline was solved for {kind} with steroids as assumed"
    if not changed:
        return f"{told}: its overall figures hold here."
    named = ", ".join(changed[:6]) + (" and more" if len(changed) > 6 else "")
    return (
        f"{told}. Here {named} {'differs' if len(changed) == 1 else 'differ'}, so the "
        "overall figures do too; solve() would work it out anew."
    )


def _terms(scenario: Scenario) -> list[str]:
    """Return the hazards as lines of text, in columns."""
    lines = []
    for hazard, rows in hazard_table(scenario).groupby("hazard", sort=False):
        lines.append(f"Hazard of {hazard} (hazard ratios, all else held)")
        for row in rows.to_dict("records"):
            span = f"plausible {row['low']:g} to {row['high']:g}"
            status = f"{row['status']}{', does nothing here' if row['null'] else ''}"
            ratio = f"{row['hazard_ratio']:.4g}"
            lines.append(f"  {row['term']:<41}{ratio:<7}{span:<23}{status}")
    return lines


def _sections(scenario: Scenario) -> dict[str, list[str]]:
    told = claims(scenario)
    built = [c.sentence for c in told if c.rests_on == "construction"]
    firm = [c.sentence for c in told if c.status in _FIRM]
    rest = [c.sentence for c in told if c.sentence not in {*built, *firm}]
    sections = {
        "What rests on assumed values": rest,
        "What rests on published figures": firm,
        "What is so by construction": built,
    }
    return {title: sentences for title, sentences in sections.items() if sentences}


def _counts(scenario: Scenario) -> dict[str, int]:
    found = [one.status for one in standings(scenario).values()]
    return {status: found.count(status) for status in STATUSES}


def _shown(scenario: Scenario, name: str) -> str:
    value = getattr(scenario, name)
    return f"{value:g}" if isinstance(value, (int, float)) else "(see parameters())"


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
