"""The options of a fit: penalty and interval, checked together with what they need."""

from __future__ import annotations

from collections.abc import Mapping

from jdm_stats.errors import UsageError
from jdm_stats.models.inference import IntervalKind
from jdm_stats.models.priors import LogF, NormalPrior, Priors, priors_of_terms
from jdm_stats.models.weighting import Extras

INTERVALS = ("profile", "wald", "robust", "jackknife")


def check_interval(method: str | None) -> IntervalKind | None:
    """Check the name of an interval; None stays None."""
    if method is None or method in INTERVALS:
        return method  # type: ignore[return-value]
    named = ", ".join(map(repr, INTERVALS[:-1]))
    raise UsageError(
        f"interval must be {named} or {INTERVALS[-1]!r}; received {method!r}"
    )


def check_penalty(penalty: object, terms: tuple[str, ...]) -> tuple[bool, Priors]:
    """Check the penalty: whether it is Firth's, and the prior of each term.

    Raises
    ------
    UsageError
        When it is none of None, "firth", a prior or priors by term.
    """
    if penalty is None or penalty == "firth":
        return penalty is not None, ()
    if isinstance(penalty, NormalPrior | LogF | Mapping):
        priors = priors_of_terms(penalty, terms)
        return False, priors if any(priors) else ()
    raise UsageError(
        "penalty must be None, 'firth', a prior such as NormalPrior(sd=1) or LogF(1), or "
        f"priors by term; received {penalty!r}"
    )


def penalty_name(firth: bool, priors: Priors) -> str | None:
    """Short name of the penalty for tables: ``"firth"``, ``"log-F(1, 1)"``, None."""
    if firth:
        return "firth"
    named = list(dict.fromkeys(str(prior) for prior in priors if prior is not None))
    return ", ".join(named) or None


def choose_interval(
    asked: str | None, extras: Extras, *, several_events: bool
) -> IntervalKind:
    """Choose the interval of a fit, or refuse the one asked for.

    Profile limits where rows are independent and weights, if any, count them; robust ones
    under sampling weights, weights that are not whole, a cluster, or several events of a
    child: there a likelihood does not count what is independent (a weighted profile
    interval of 12 events covered 83% of the time).

    Raises
    ------
    UsageError
        When profile or Wald limits are asked for where they would not hold.
    """
    kind = check_interval(asked)
    why = dependent_rows(extras, several_events)
    if not why:
        return kind or "profile"
    if kind == "profile" or (kind == "wald" and extras.weight_kind == "sampling"):
        raise UsageError(
            f"{kind} limits do not hold with {why}: the likelihood counts what is not "
            "independent; use interval='robust' or 'jackknife'"
        )
    return kind or "robust"


def dependent_rows(extras: Extras, several_events: bool) -> str:
    """Say why a likelihood does not count what is independent here; empty when it does."""
    if extras.weight_kind == "sampling":
        return "sampling weights"
    if extras.cluster is not None:
        return "a cluster"
    if not extras.whole_weights:
        return "weights that are not whole numbers"
    return "several events of one child" if several_events else ""
