"""What no event, or next to none, still says: a limit in a sentence one can quote.

"No child perforated" is not "children do not perforate". Without an event the risk or
rate still has an exact upper limit, one-sided by default, since the question is how high
it may be.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jdm_stats.intervals.columns import (
    check_level,
    check_positive,
    raise_all,
)
from jdm_stats.intervals.exact import binomial_limits, is_count, poisson_limits
from jdm_stats.intervals.exact_table_result import percent

__all__ = ["rate_statement", "zero_event_statement"]

# 3 / n stands for the exact limit of a risk from about so many children on.
FEW_FOR_THREE = 30


def zero_event_statement(
    *,
    children: int | None = None,
    person_years: float | None = None,
    group: str = "",
    outcome: str = "perforated",
    per: float = 100.0,
    conf_level: float = 0.95,
    one_sided: bool = True,
) -> str:
    """Say what a group without any event excludes.

    The same as `rate_statement` with 0 events.

    Parameters
    ----------
    children, person_years, group, outcome, per, conf_level, one_sided
        As in `rate_statement`.

    Returns
    -------
    str

    Examples
    --------
    >>> zero_event_statement(children=41, person_years=96, group="with anti-MDA5")
    'None of 41 children with anti-MDA5 perforated in 96 person-years; the data exclude,
    with 95% confidence (one-sided), a rate above 3.1 per 100 person-years (rule of
    three: 3 / 96 = 3.1 per 100 person-years).'
    """
    return rate_statement(
        0,
        children=children,
        person_years=person_years,
        group=group,
        outcome=outcome,
        per=per,
        conf_level=conf_level,
        one_sided=one_sided,
    )


def rate_statement(
    events: int,
    *,
    children: int | None = None,
    person_years: float | None = None,
    group: str = "",
    outcome: str = "perforated",
    per: float = 100.0,
    conf_level: float = 0.95,
    one_sided: bool = True,
) -> str:
    """Say a rate, or a risk, of few events with the limit that the data exclude.

    Parameters
    ----------
    events : int
    children : int, optional
        Children followed. Without ``person_years`` the statement is of a risk.
    person_years : float, optional
        Time followed; with it the statement is of a rate.
    group : str, optional
        Who the children are, such as ``"with anti-MDA5"``.
    outcome : str, default "perforated"
        What the children with the event did.
    per : float, default 100
        Person-years the rate is given for.
    conf_level : float, default 0.95
    one_sided : bool, default True
        True: the upper limit is one-sided, all of ``1 - conf_level`` above it (95%: the
        rule of three). False: it is the upper end of the two-sided limits, which is a
        one-sided limit at 97.5% (no event: the rule of 3.7). The sentence says which.

    Returns
    -------
    str

    Raises
    ------
    UsageError
        If a number is impossible, or neither children nor person-years are given.

    Notes
    -----
    Exact limits: Garwood (Biometrika 1936;28:437-442) for a rate, Clopper and Pearson
    (Biometrika 1934;26:404-413) for a risk. Rule of three: Hanley and Lippman-Hand (JAMA
    1983;249:1743-1745).

    Examples
    --------
    >>> rate_statement(2, person_years=96)
    '2 events in 96 person-years: 2.1 per 100 person-years (exact 95% limits 0.25 to 7.5);
    the data exclude, with 95% confidence (one-sided), a rate above 6.6 per 100
    person-years.'
    >>> rate_statement(1, children=41)
    '1 of 41 children perforated: 2.4% (exact 95% limits 0.062% to 13%); the data exclude,
    with 95% confidence (one-sided), a risk above 11%.'
    """
    _check(events, children, person_years, per, conf_level)
    events = int(events)
    who = "children" + (f" {group}" if group else "")
    if person_years is None:
        assert children is not None
        exact = binomial_limits(np.array([events]), np.array([children]), conf_level)
        told = {name: percent(float(limit[0])) for name, limit in exact.items()}
        what, unit, value = "risk", "", percent(events / children)
        rule = f"3 / {children} = {percent(min(1.0, 3 / children))}"
    else:
        exact = poisson_limits(np.array([events]), conf_level)
        scale = per / person_years
        told = {name: _figure(float(limit[0]) * scale) for name, limit in exact.items()}
        what, unit = "rate", f" per {per:g} person-years"
        value = f"{_figure(events * scale)}{unit}"
        rule = f"3 / {_years(person_years)} = {_figure(3 * scale)}{unit}"
    time = "" if person_years is None else f" in {_years(person_years)} person-years"
    upper = told["upper_one_sided" if one_sided else "conf_high"]
    level = f"{100 * (conf_level if one_sided else (1 + conf_level) / 2):.4g}%"
    side = "one-sided" if one_sided else f"two-sided {100 * conf_level:g}% limits"
    excluded = f"the data exclude, with {level} confidence ({side}), a {what} above {upper}{unit}"
    subject = _subject(events, children, who, outcome)
    if events == 0:
        holds = person_years is not None or (children or 0) >= FEW_FOR_THREE
        shown = one_sided and conf_level == 0.95 and holds
        three = f" (rule of three: {rule})" if shown else ""
        return f"{subject}{time}; {excluded}{three}."
    limits = f"{told['conf_low']} to {told['conf_high']}"
    found = f"{subject}{time}: {value} (exact {100 * conf_level:g}% limits {limits})"
    if what == "risk" and events == children:
        return f"{found}; no risk is too high for these data."
    return f"{found}; {excluded}."


def _subject(events: int, children: int | None, who: str, outcome: str) -> str:
    counted = f"{events} event{'s' if events != 1 else ''}"
    if children is None:
        among = "" if who == "children" else f" among {who}"
        return ("No event" if events == 0 else counted) + among
    one = "child" + who.removeprefix("children")
    if events > children:
        return f"{counted} in {children} {who if children != 1 else one}"
    if children == 1:
        return f"The one {one} {'did not have the event' if not events else outcome}"
    if events == 0:
        return f"None of {children} {who} {outcome}"
    return f"{events} of {children} {who} {outcome}"


def _figure(value: float) -> str:
    """Write a rate in two figures: ``0.39``, ``3.0``, ``12``."""
    if value == 0:
        return "0"
    return f"{value:#.2g}" if value < 9.95 else f"{value:.0f}"


def _years(value: float) -> str:
    return f"{value:.1f}" if value < 9.95 and value % 1 else f"{value:,.0f}"


def _check(
    events: Any, children: Any, person_years: Any, per: Any, conf_level: Any
) -> None:
    wrong: list[str] = []
    if not is_count(events):
        wrong.append(f"events must be a whole number from 0 up, received {events!r}")
    if children is None and person_years is None:
        wrong.append("give children, person_years, or both")
    counted = children is None or (is_count(children) and children >= 1)
    if not counted:
        wrong.append(
            f"children must be a whole number from 1 up, received {children!r}"
        )
    once = children is not None and person_years is None
    if once and counted and is_count(events) and events > children:
        wrong.append(
            f"{events} events in {children} children: a risk counts each child once"
        )
    if person_years is not None:
        check_positive(person_years, "person_years", wrong)
    check_positive(per, "per", wrong)
    check_level(conf_level, wrong)
    raise_all(wrong)
