"""The rules that turn recorded steroid courses into days at a dose: one frozen record.

By default nothing is guessed: where a course does not say its last day or its dose it is
refused, and a rule has to be named to go on. Each rule that was applied is tallied by
`jdm_stats.cohort.steroids`.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    ValidationError,
)

from jdm_stats.errors import UsageError
from jdm_stats.plan.equivalents import PREDNISONE_EQUIVALENT_PER_MG
from jdm_stats.plan.reading import Amounts, plan_error
from jdm_stats.schema import STEROIDS, nearest

__all__ = ["SteroidRules", "check_stop_rule"]

_LONGEST_DAYS = 3660


def _amounts(given: object) -> Amounts:
    """Read amounts by steroid; ValueError tells what is no steroid or no amount."""
    if not isinstance(given, Mapping):
        raise ValueError("give amounts by name of the drug")
    wrong = []
    for drug, amount in given.items():
        if drug not in STEROIDS:
            meant = nearest(str(drug), STEROIDS)
            hint = f", did you mean {meant!r}?" if meant else ""
            wrong.append(f"{drug!r} is not a known steroid{hint}")
        elif (
            isinstance(amount, bool)
            or not isinstance(amount, Real)
            or not 0 < float(amount) < float("inf")
        ):
            wrong.append(f"{drug} must be a number more than 0, not {amount!r}")
    if wrong:
        raise ValueError("; ".join(wrong))
    return Amounts(
        {d: int(n) if isinstance(n, Integral) else float(n) for d, n in given.items()}
    )


def _whole_amounts(given: object) -> Amounts:
    amounts = _amounts(given)
    wrong = [
        f"{drug} must be whole days from 1 to {_LONGEST_DAYS}, not {days!r}"
        for drug, days in amounts.items()
        if not isinstance(days, int) or days > _LONGEST_DAYS
    ]
    if wrong:
        raise ValueError("; ".join(wrong))
    return amounts


def check_stop_rule(given: object) -> str | int:
    """Return a rule for missing last days, or raise ValueError that says which there are."""
    named = ("refuse", "next_course", "exit")
    if isinstance(given, str) and given in named:
        return given
    whole = isinstance(given, Integral) and not isinstance(given, bool)
    if whole and 1 <= int(given) <= _LONGEST_DAYS:  # type: ignore[call-overload]
        return int(given)  # type: ignore[call-overload]
    raise ValueError(
        f"choose one of {', '.join(named)} or whole days from 1 to {_LONGEST_DAYS}"
    )


_ByDrug = Annotated[
    InstanceOf[Amounts], BeforeValidator(_amounts), PlainSerializer(dict)
]
_DaysByDrug = Annotated[
    InstanceOf[Amounts], BeforeValidator(_whole_amounts), PlainSerializer(dict)
]
_StopRule = Annotated[
    Literal["refuse", "next_course", "exit"] | int, BeforeValidator(check_stop_rule)
]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_OverTime = Literal["last", "interpolate", "nearest"]


class SteroidRules(BaseModel):
    """How recorded steroid courses become days at a prednisone-equivalent dose.

    Parameters
    ----------
    equivalents : mapping of str to float
        mg of prednisone for 1 mg of the drug; these replace the built-in figures of
        `jdm_stats.plan.equivalents`, drugs not named keep theirs.
    pulse_mg_kg_day, pulse_mg_day : float, default 10 and 250
        An intravenous course is a pulse from either prednisone-equivalent dose on.
    missing_stop_day : {"refuse", "next_course", "exit"} or int, default "refuse"
        What the last day is taken to be where none is recorded: the day before the
        child's next course of the same drug and route begins (one that is left out
        too), else the child's exit day; the exit day; or so many days of treatment, the
        first included.
    missing_dose : {"refuse", "leave_out"}, default "refuse"
    as_needed : {"refuse", "leave_out", "as_written"}, default "refuse"
        As written: as though given regularly.
    overlapping : {"add", "later_replaces", "refuse"}, default "add"
        Of courses of one drug and route of a child. "later_replaces" ends a course on
        the day before a later one begins; two that begin on one day are then refused.
    weight_over_time, height_over_time : {"last", "interpolate", "nearest"}
        By default "last": last recorded on or before the day; before the first
        assessment the one in patients. "interpolate" draws a line between two
        readings, carries the first back and the last forward; "nearest" takes the
        reading nearest in days, the earlier of two. The value in patients is a reading
        of day 0. Both look ahead: in body size, never in doses.
    weight_within_course : {"start", "readings"}, default "start"
        A dose in mg or per m2 becomes mg/kg by the weight on the first day of the
        course, or is cut where weight (for per m2 also height) is recorded and follows
        the weight of each piece's first day.
    cap_mg_per_dose : mapping of str to float, default none
        Largest dose on a day in mg of the drug itself; caps doses written per kg or per
        m2, such as 30 mg/kg of methylprednisolone at 1,000 mg. A dose in mg stands.
    depot_days : mapping of str to int, default none
        Days over which an intramuscular dose of the drug is released in equal parts,
        from the day of the injection. Without it the dose acts on its day alone.

    Raises
    ------
    PlanError
        Listing every field at fault.

    Examples
    --------
    >>> rules = SteroidRules(missing_stop_day="next_course", as_needed="leave_out")
    >>> rules.missing_stop_day, rules.overlapping
    ('next_course', 'add')
    >>> SteroidRules(missing_stop_day="guess", cap_mg_per_dose={"solumedrol": 1000})
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the steroid rules are at fault:
      missing_stop_day: choose one of refuse, next_course, exit or whole days ...
      cap_mg_per_dose: 'solumedrol' is not a known steroid; received ...
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    equivalents: _ByDrug = Amounts()
    pulse_mg_kg_day: _Positive = 10.0
    pulse_mg_day: _Positive = 250.0
    missing_stop_day: _StopRule = "refuse"
    missing_dose: Literal["refuse", "leave_out"] = "refuse"
    as_needed: Literal["refuse", "leave_out", "as_written"] = "refuse"
    overlapping: Literal["add", "later_replaces", "refuse"] = "add"
    weight_over_time: _OverTime = "last"
    height_over_time: _OverTime = "last"
    weight_within_course: Literal["start", "readings"] = "start"
    cap_mg_per_dose: _ByDrug = Amounts()
    depot_days: _DaysByDrug = Amounts()

    def __init__(self, **fields: object) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise plan_error(
                error, "the steroid rules are", "the steroid rules"
            ) from None

    @classmethod
    def read(cls, given: object) -> SteroidRules:
        """Read rules given as a record, a mapping of its fields, or None for the default.

        Examples
        --------
        >>> SteroidRules.read({"missing_stop_day": "exit"}).missing_stop_day
        'exit'
        """
        if isinstance(given, cls):
            return given
        if given is None or isinstance(given, Mapping):
            return cls(**{str(name): value for name, value in (given or {}).items()})
        raise UsageError(
            "the steroid rules must be SteroidRules(...) or a mapping of its fields, "
            f"received {given!r}"
        )

    def prednisone_per_mg(self) -> dict[str, float]:
        """Return mg of prednisone for 1 mg of each steroid, replaced figures included.

        Examples
        --------
        >>> SteroidRules(equivalents={"deflazacort": 0.8}).prednisone_per_mg()[
        ...     "deflazacort"
        ... ]
        0.8
        """
        return {**PREDNISONE_EQUIVALENT_PER_MG, **self.equivalents}

    def in_words(self) -> tuple[tuple[str, str], ...]:
        """Say the rules as pairs of a choice and what was chosen."""
        factors = self.prednisone_per_mg()
        per_mg = ", ".join(
            f"{drug} {factors[drug]:.4g}" + (" (replaced)" * (drug in self.equivalents))
            for drug in STEROIDS
        )
        within = {
            "start": "the weight on the first day of a course holds to its end",
            "readings": "courses are cut where a new weight is recorded",
        }
        return (
            ("Prednisone equivalent of 1 mg", f"{per_mg} mg"),
            (
                "Pulse",
                f"an intravenous course from {self.pulse_mg_kg_day:g} mg/kg/day or "
                f"{self.pulse_mg_day:g} mg/day of prednisone equivalent on",
            ),
            ("Course without last day", self._stop_in_words()),
            ("Course without dose", _LEFT[self.missing_dose]),
            ("Course given as needed", _LEFT[self.as_needed]),
            ("Courses of one drug that overlap", _OVERLAPS[self.overlapping]),
            (
                "Weight that turns mg into mg/kg",
                f"{_SIZES[self.weight_over_time]}; {within[self.weight_within_course]}",
            ),
            ("Height, for doses per square metre", _SIZES[self.height_over_time]),
            (
                "Cap of a dose per kg",
                ", ".join(f"{d} {mg:g} mg" for d, mg in self.cap_mg_per_dose.items())
                or "none",
            ),
            (
                "Intramuscular depot",
                ", ".join(f"{d} over {n} days" for d, n in self.depot_days.items())
                or "none: a dose acts on its day",
            ),
        )

    def _stop_in_words(self) -> str:
        rule = self.missing_stop_day
        if isinstance(rule, int):
            return f"taken to last {rule} day" + ("s" if rule != 1 else "")
        return {
            "refuse": "refused",
            "next_course": "taken to last until the day before the next course of the "
            "drug and route, else until the end of follow-up",
            "exit": "taken to last until the end of follow-up",
        }[rule]


_LEFT = {
    "refuse": "refused",
    "leave_out": "left out",
    "as_written": "taken as though given regularly",
}
_OVERLAPS = {
    "add": "their doses are added",
    "later_replaces": "the later one ends the earlier",
    "refuse": "refused",
}
_SIZES = {
    "last": "last recorded",
    "interpolate": "on a line between the readings before and after",
    "nearest": "recorded nearest in time",
}
