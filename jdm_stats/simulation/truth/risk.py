"""true_risk: the risk of perforation if every eligible child followed a strategy.

History up to time zero is as generated; from time zero on the strategy fixes the steroid
doses; nobody is lost, and death without perforation competes, so that the risk is a total
effect. See `jdm_stats.simulation.truth.arms` for how it is worked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.simulation.draws import BLOCK, one_seed
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import told_together
from jdm_stats.simulation.truth.arms import Arms, draw_arms
from jdm_stats.simulation.truth.eligibility import (
    TIME_ZEROS,
    Eligibility,
    as_eligibility,
)
from jdm_stats.simulation.truth.following import Question
from jdm_stats.strategies import Strategy

__all__ = ["DEFAULT_CHILDREN", "TrueRisk", "asked", "risk_of_arm", "true_risk"]

DEFAULT_CHILDREN = 20_480
_LONGEST = 3660


@dataclass(frozen=True, kw_only=True, repr=False)
class TrueRisk:
    """The risk of a first perforation under a strategy, and its Monte Carlo error.

    ``risk`` is the cumulative incidence by ``horizon_days`` days from time zero, death
    competing; ``std_error`` its Monte Carlo error. ``curve`` has one row per day:
    ``day`` (from time zero), ``risk``, ``std_error``. ``n_eligible`` of ``n_drawn``
    children met the conditions and were seen by the sum; ``eligible_share`` is the share
    of all children that is alive, free of perforation and eligible at time zero.
    """

    scenario: Scenario
    strategy: Strategy
    eligibility: Eligibility
    time_zero: str | int
    horizon_days: int
    seed: int
    n_drawn: int
    n_eligible: int
    eligible_share: float
    risk: float
    std_error: float
    curve: pd.DataFrame = field(compare=False)

    def in_words(self) -> tuple[tuple[str, str], ...]:
        """Say of whom, under what and from when the risk is, as pairs."""
        return (
            ("World", f"scenario {self.scenario.name!r}, SYNTHETIC"),
            *self.strategy.in_words(),
            ("Children", self.eligibility.in_words()),
            ("Time zero", time_zero_in_words(self.time_zero)),
            ("Horizon", f"{self.horizon_days} days from time zero"),
            (
                "Population",
                "every child of the world alive, free of perforation and eligible at time "
                "zero; the registry's referral, entry and loss play no part",
            ),
            ("Competing", "death without perforation competes: a total effect"),
            (
                "Children drawn",
                f"{self.n_drawn:,} (seed {self.seed}), of them eligible {self.n_eligible:,}",
            ),
        )

    def __repr__(self) -> str:
        return (
            f"TrueRisk(SYNTHETIC {self.scenario.name!r}, {self.strategy.name!r}: "
            f"{self.risk:.3%} by {self.horizon_days} days, Monte Carlo error "
            f"{self.std_error:.3%}, {self.n_eligible:,} eligible)"
        )

    def _repr_html_(self) -> str:
        rows = (
            *self.in_words(),
            ("Risk of a first perforation", f"{self.risk:.3%}"),
            ("Monte Carlo error", f"{self.std_error:.3%}"),
        )
        return html_table(
            pd.DataFrame(rows, columns=["What", "Value"]),
            caption=f"True risk under the strategy {self.strategy.name}",
            footnotes=[
                "Effects of steroids are assumed by the scenario, not published."
            ],
            synthetic=True,
        )


def true_risk(
    scenario: Scenario | str | None,
    strategy: Strategy,
    *,
    time_zero: str | int,
    horizon_days: int,
    eligibility: Eligibility | Mapping[str, Any] | None = None,
    children: int = DEFAULT_CHILDREN,
    rng: int | np.random.Generator = 1,
) -> TrueRisk:
    """Work out the true risk of a first perforation under a strategy.

    Parameters
    ----------
    scenario : Scenario or str or None
        The world, or the name of a preset.
    strategy : Strategy
        What is done from time zero on; ``Strategy.natural()`` for nothing.
    time_zero : {"diagnosis", "gi_involvement"} or int
        A whole number is a landmark, in days from diagnosis. Children for whom time zero
        never comes, or who have died or perforated by then, are not eligible.
    horizon_days : int
        Days from time zero, 1 or more.
    eligibility : Eligibility or mapping of its fields, optional
        Further conditions at time zero.
    children : int, default 20480
        Children drawn, 256 or more.
    rng : int or numpy.random.Generator, default 1
        A seed of 0 or more, or a Generator from which one is drawn. Risks with the same
        seed share all random numbers.

    Returns
    -------
    TrueRisk

    Raises
    ------
    UsageError
        Listing every argument at fault; also when no child drawn is eligible.

    Examples
    --------
    >>> risk = true_risk(
    ...     "tertiary",
    ...     Strategy.natural(),
    ...     time_zero="diagnosis",
    ...     horizon_days=60,
    ...     children=256,
    ... )
    >>> risk.n_eligible, len(risk.curve), 0 < risk.risk < 0.02
    (256, 61, True)
    """
    question = asked(
        scenario, [strategy], eligibility, time_zero, horizon_days, children, rng
    )
    return risk_of_arm(question, strategy, arms_of(question, [strategy]), 0)


def asked(
    scenario: Scenario | str | None,
    strategies: list[Strategy],
    eligibility: Eligibility | Mapping[str, Any] | None,
    time_zero: str | int,
    horizon_days: int,
    children: int,
    rng: int | np.random.Generator,
) -> Question:
    """Check the arguments of a true risk or contrast; see `true_risk`."""
    faults = [
        f"{name} must be a Strategy, not {type(given).__name__}; "
        "Strategy.natural() leaves the treatment as it comes"
        for name, given in zip(("strategy", "reference"), strategies, strict=False)
        if not isinstance(given, Strategy)
    ]
    named = isinstance(time_zero, str) and time_zero in TIME_ZEROS
    if not (named or _whole(time_zero, 0)):
        faults.append(
            f"time_zero must be {' or '.join(map(repr, TIME_ZEROS))} or a whole day from "
            f"0 to {_LONGEST}, not {time_zero!r}"
        )
    if not _whole(horizon_days, 1):
        faults.append(
            f"horizon_days must be whole days from 1 to {_LONGEST}, not {horizon_days!r}"
        )
    if not _whole(children, BLOCK, 10**8):
        faults.append(f"children must be {BLOCK} or more, not {children!r}")

    def plainly() -> None:
        if faults:
            raise UsageError("; ".join(faults))

    _, told, world, seed = told_together(
        plainly,
        lambda: _eligible_by(eligibility, time_zero),
        lambda: as_scenario(scenario),
        lambda: one_seed(rng),
    )
    return Question(
        scenario=world,
        eligibility=told,
        time_zero=time_zero if isinstance(time_zero, str) else int(time_zero),
        horizon_days=int(horizon_days),
        children=int(children),
        seed=seed,
    )


def _eligible_by(given: object, time_zero: object) -> Eligibility:
    """Return the eligibility, unless it asks for a time zero before the landmark."""
    told = as_eligibility(given)
    latest = _LONGEST if told.latest_day is None else told.latest_day
    if _whole(time_zero, 0) and latest < time_zero:  # type: ignore[operator]
        raise UsageError(
            f"eligibility.latest_day ({told.latest_day}) lies before time_zero "
            f"({time_zero})"
        )
    return told


def _whole(given: object, least: int, most: int = _LONGEST) -> bool:
    return is_whole(given) and least <= given <= most  # type: ignore[operator]


def arms_of(question: Question, strategies: list[Strategy]) -> Arms:
    """Draw the arms, or tell that nobody is eligible."""
    arms = draw_arms(question, strategies)
    if arms.n_eligible == 0:
        raise UsageError(
            f"none of {question.children:,} children drawn is eligible "
            f"({question.eligibility.in_words()}; time zero "
            f"{time_zero_in_words(question.time_zero)}); loosen eligibility or raise "
            "children"
        )
    return arms


def risk_of_arm(
    question: Question, strategy: Strategy, arms: Arms, arm: int
) -> TrueRisk:
    """Put one arm's risk into a record."""
    risk = np.r_[0.0, arms.risk()[arm]]
    error = np.r_[0.0, np.sqrt(arms.squared_errors(arm))]
    curve = pd.DataFrame(
        {"day": np.arange(len(risk)), "risk": risk, "std_error": error}
    )
    curve.attrs["jdm_stats"] = {"synthetic": True}
    return TrueRisk(
        scenario=question.scenario,
        strategy=strategy,
        eligibility=question.eligibility,
        time_zero=question.time_zero,
        horizon_days=question.horizon_days,
        seed=question.seed,
        n_drawn=arms.n_drawn,
        n_eligible=arms.n_eligible,
        eligible_share=float(arms.weight.sum() / arms.n_drawn),
        risk=float(risk[-1]),
        std_error=float(error[-1]),
        curve=curve,
    )


def time_zero_in_words(time_zero: str | int) -> str:
    """Say a time zero.

    Examples
    --------
    >>> time_zero_in_words(90)
    'day 90 from diagnosis'
    """
    if isinstance(time_zero, int):
        return f"day {time_zero} from diagnosis"
    return time_zero.replace("gi_involvement", "first day with GI involvement")
