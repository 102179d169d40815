"""What a record says of one step: yes, no or not known, on which days, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jdm_stats.simulation.similarity.record import Record
from jdm_stats.simulation.similarity.settings import PatternSettings

__all__ = [
    "Finding",
    "from_to",
    "no",
    "not_known",
    "on_days",
    "plural_days",
    "unseen",
    "yes",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a record says of one step.

    Parameters
    ----------
    shown : {"yes", "no", "not known"}
    why : str
    days : tuple of int
        Days on which it is shown; empty when it is not, or has no day.
    unbroken : bool
        Whether ``days`` are the first and last of a run of days.
    """

    shown: str
    why: str
    days: tuple[int, ...] = ()
    unbroken: bool = False

    @property
    def when(self) -> str:
        """The days in words; empty when there is none."""
        if not self.days:
            return ""
        return from_to(*self.days) if self.unbroken else on_days(self.days)


def yes(why: str, days: Sequence[int] = (), *, unbroken: bool = False) -> Finding:
    """Return that the record shows it."""
    return Finding("yes", why, tuple(days), unbroken)


def no(why: str) -> Finding:
    """Return that the record shows it did not happen."""
    return Finding("no", why)


def not_known(why: str) -> Finding:
    """Return that the record cannot say."""
    return Finding("not known", why)


def on_days(days: Sequence[int]) -> str:
    """Say days as in a sentence.

    Examples
    --------
    >>> on_days([63]), on_days([63, 72]), on_days([63, 72, 81])
    ('day 63', 'days 63 and 72', 'days 63, 72 and 81')
    """
    told = [str(day) for day in dict.fromkeys(days)]
    if len(told) == 1:
        return f"day {told[0]}"
    return f"days {', '.join(told[:-1])} and {told[-1]}"


def from_to(first: int, last: int) -> str:
    """Say a run of days: ``day 40``, ``days 40 to 42``."""
    return f"day {first}" if first == last else f"days {first} to {last}"


def plural_days(count: int) -> str:
    """Say a number of days: ``1 day``, ``2 days``."""
    return f"{count} day" + ("s" if count != 1 else "")


def unseen(record: Record, settings: PatternSettings, what: str) -> Finding:
    """Say that something is not recorded after the perforations: no, or not followed.

    A child that died is followed until then for good; any other has to be followed for
    the whole window after its last perforation before silence means no.
    """
    until = record.holes[-1].day + settings.days_after
    if record.died:
        return no(f"{what} before death (day {record.exit})")
    if record.exit < until:
        followed = plural_days(max(record.exit - record.holes[-1].day, 0))
        return not_known(
            f"{what}, but followed for only {followed} after the last perforation, of "
            f"{settings.days_after} looked at"
        )
    return no(f"{what} by day {until}")
