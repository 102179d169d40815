"""Strategy: which steroid doses, from when, falling how fast and for how long."""

from __future__ import annotations

import os
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from jdm_stats.errors import PlanError
from jdm_stats.strategies.words import words_of
from jdm_stats.toml_files import read_toml

__all__ = ["Strategy"]

Days = Annotated[int, Field(strict=True, ge=0, le=3660)]
Span = Annotated[int, Field(strict=True, ge=1, le=3660)]
OralDose = Annotated[float, Field(strict=True, ge=0, le=20, allow_inf_nan=False)]
PulseDose = Annotated[float, Field(strict=True, gt=0, le=50, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, gt=0, le=1, allow_inf_nan=False)]
Points = tuple[tuple[Days, OralDose], ...]


class Strategy(BaseModel):
    """A steroid strategy from a child's time zero on; every rule a dose record can decide.

    All oral doses are mg of prednisone (or its equivalent) per kg per day. A rule that is
    not given leaves the natural course, that is the treatment as it comes, as it is.

    Parameters
    ----------
    name : str, default "strategy"
        What it is called; no rule.
    oral_at_most, oral_at_least : float, optional
        Band of the oral dose, ends included. A lower dose rises to the band at once; a
        dose inside it is left as it comes.
    taper : sequence of (int, float), optional
        Instead of a band: the oral dose from each day since start on, the first day 0.
        A taper may not rise.
    schedule : sequence of (int, float), optional
        As ``taper``, but free to rise.
    pulses : {"as_they_come", "none", "given"}, default "as_they_come"
        "given": one course of intravenous methylprednisolone from the start on; after
        it, pulses as they come.
    pulse_mg_kg : float, optional
        With "given": methylprednisolone, mg/kg on each of its days.
    pulse_days : int, optional
        With "given": how many days.
    grace_days : int, default 0
        Latest start, days after time zero; until the start the natural course runs.
    start : {"natural", "uniform"}, default "natural"
        How a child starts within the grace period: on the first day on which the
        natural course complies, at the latest at its end; or on a day drawn uniformly
        from 0 to ``grace_days``. A day complies when its oral dose is in the band or
        that of day 0 of the taper or schedule and, if pulses are not allowed, it has
        none; where pulses are to be given, a day with any pulse complies.
    fall_share_per_week : float, default 1
        The largest share by which a dose above the band may fall per week, in weekly
        steps, the first on the day of the start; counted from the oral dose of the day
        before. 1 lets it fall at once, and so does a start on the day of diagnosis, which has no
        day before. Only with ``oral_at_most``, ``taper`` or ``schedule``.
    sustain_days : int, optional
        For how many days from the start; afterwards the natural course resumes. None:
        for good.
    surgery_days : int, optional
        A change of dose within so many days from an operation is no deviation (None: it
        is one). For judging a child's record; it changes no dose.

    Raises
    ------
    PlanError
        Listing every field at fault.

    Examples
    --------
    >>> Strategy(oral_at_most=0.5, pulses="none").oral_at_most
    0.5
    >>> Strategy(taper=[(0, 1.0), (28, 1.5)])
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the strategy is at fault:
      taper: a taper may not rise, but its dose rises from 1 to 1.5 mg/kg/day on day 28;
    call it schedule if that is meant; received [(0, 1.0), (28, 1.5)]
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(min_length=1)] = "strategy"
    oral_at_most: OralDose | None = None
    oral_at_least: OralDose | None = None
    taper: Points | None = None
    schedule: Points | None = None
    pulses: Literal["as_they_come", "none", "given"] = "as_they_come"
    pulse_mg_kg: PulseDose | None = None
    pulse_days: Span | None = None
    grace_days: Days = 0
    start: Literal["natural", "uniform"] = "natural"
    fall_share_per_week: Share = 1.0
    sustain_days: Span | None = None
    surgery_days: Days | None = None

    def __init__(self, **fields: object) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise _told(_lines(error)) from None
        faults = _disagreements(self)
        if faults:
            raise _told(faults)

    @field_validator("taper", "schedule")
    @classmethod
    def _in_order(cls, points: Points | None) -> Points | None:
        if points is None:
            return None
        days = [day for day, _ in points]
        if not days or days[0] != 0:
            raise ValueError("its first day must be 0, the day of the start")
        if any(later <= earlier for earlier, later in pairwise(days)):
            raise ValueError("its days must increase from point to point")
        return points

    @field_validator("taper")
    @classmethod
    def _not_rising(cls, points: Points | None) -> Points | None:
        for (_, before), (day, after) in pairwise(points or ()):
            if after > before:
                raise ValueError(
                    f"a taper may not rise, but its dose rises from {before:g} to "
                    f"{after:g} mg/kg/day on day {day}; call it schedule if that is meant"
                )
        return points

    @classmethod
    def natural(cls) -> Strategy:
        """No intervention: the natural course.

        Examples
        --------
        >>> Strategy.natural().rules() == Strategy().rules()
        True
        """
        return cls(name="natural course")

    @classmethod
    def high_dose(cls, **changes: Any) -> Strategy:
        """Pulses of 20 mg/kg on three days and an oral dose of 2 mg/kg/day or more.

        One side of the question that the index case raised, to be taken up within 7 days
        and held for 90: lengths assumed. ``changes`` replace fields.

        Examples
        --------
        >>> Strategy.high_dose(grace_days=0).grace_days
        0
        """
        return cls(**{**_HIGH, **changes})

    @classmethod
    def low_dose(cls, **changes: Any) -> Strategy:
        """No pulse and an oral dose of 0.5 mg/kg/day or less.

        The other side of that question; a higher dose is halved each week. Lengths are
        those of `high_dose`; ``changes`` replace fields.

        Examples
        --------
        >>> Strategy.low_dose(sustain_days=None).sustain_days is None
        True
        """
        return cls(**{**_LOW, **changes})

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Strategy:
        """Read a strategy from a TOML file whose keys are the fields.

        Raises
        ------
        PlanError
            When the file cannot be read or a field is at fault.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> path = Path(tempfile.mkdtemp()) / "low.toml"
        >>> _ = path.write_text("oral_at_most = 0.5")
        >>> Strategy.from_toml(path).oral_at_most
        0.5
        """
        return cls(**read_toml(path, "the strategy"))

    def rules(self) -> dict[str, Any]:
        """Every field but the name: strategies with the same rules are the same.

        Examples
        --------
        >>> Strategy(oral_at_least=2, name="a").rules()["oral_at_least"]
        2.0
        """
        return self.model_dump(exclude={"name"})

    def steps(self) -> Points | None:
        """Return the taper or schedule, whichever is given."""
        return self.schedule if self.taper is None else self.taper

    def in_words(self) -> tuple[tuple[str, str], ...]:
        """Say the strategy as pairs of a rule and its words.

        Examples
        --------
        >>> dict(Strategy.low_dose().in_words())["Oral dose"]
        'at most 0.5 mg/kg/day of prednisone-equivalent'
        """
        return words_of(self)


_HIGH: dict[str, Any] = {
    "name": "high dose",
    "oral_at_least": 2.0,
    "pulses": "given",
    "pulse_mg_kg": 20.0,
    "pulse_days": 3,
    "grace_days": 7,
    "sustain_days": 90,
    "surgery_days": 7,
}
_LOW: dict[str, Any] = {
    "name": "low dose",
    "oral_at_most": 0.5,
    "pulses": "none",
    "grace_days": 7,
    "fall_share_per_week": 0.5,
    "sustain_days": 90,
    "surgery_days": 7,
}


def _told(faults: list[str]) -> PlanError:
    return PlanError("the strategy is at fault:\n  " + "\n  ".join(faults))


def _lines(error: ValidationError) -> list[str]:
    lines: dict[str, None] = {}
    for fault in error.errors():
        field = ".".join(map(str, fault["loc"])) or "strategy"
        said = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            said = f"not a field; fields are {', '.join(Strategy.model_fields)}"
        lines[f"{field}: {said}; received {fault.get('input')!r}"] = None
    return list(lines)


def _disagreements(rules: Strategy) -> list[str]:
    faults = []
    low, high = rules.oral_at_least, rules.oral_at_most
    if low is not None and high is not None and low > high:
        faults.append(
            f"oral_at_least: must not exceed oral_at_most ({high:g}); received {low:g}"
        )
    named = [n for n in ("taper", "schedule") if getattr(rules, n) is not None]
    banded = [
        n for n in ("oral_at_most", "oral_at_least") if getattr(rules, n) is not None
    ]
    if len(named) == 2 or (named and banded):
        faults.append(
            f"{named[0]}: give either a band, a taper or a schedule; received also "
            f"{', '.join([*named[1:], *banded])}"
        )
    if rules.fall_share_per_week < 1 and high is None and not named:
        faults.append(
            "fall_share_per_week: only with oral_at_most, taper or schedule, to which a "
            f"dose can fall; received {rules.fall_share_per_week:g}"
        )
    given = rules.pulses == "given"
    for field in ("pulse_mg_kg", "pulse_days"):
        value = getattr(rules, field)
        if given and value is None:
            faults.append(f'{field}: needed with pulses = "given"; received nothing')
        elif not given and value is not None:
            faults.append(
                f'{field}: only with pulses = "given", which are {rules.pulses!r}; '
                f"received {value:g}"
            )
    longest = rules.sustain_days
    if given and longest is not None and (rules.pulse_days or 0) > longest:
        faults.append(
            f"pulse_days: must not exceed sustain_days ({longest}); received "
            f"{rules.pulse_days}"
        )
    return faults
