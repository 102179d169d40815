"""Which children of the world a true risk speaks of, and when their time zero is.

The registry plays no part here: neither referral, nor delayed entry, nor loss, nor the
year of diagnosis. The target population is every child of the world who is alive, free of
perforation and eligible at time zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from jdm_stats.errors import PlanError, UsageError
from jdm_stats.plan.reading import plan_error
from jdm_stats.schema import ANTIBODIES, DAYS_PER_YEAR, nearest
from jdm_stats.simulation.course.children import Children
from jdm_stats.simulation.course.histories import Histories

__all__ = ["Eligibility", "as_eligibility", "day_of_time_zero", "eligible_children"]

TIME_ZEROS = ("diagnosis", "gi_involvement")

Days = Annotated[int, Field(strict=True, ge=0, le=3660)]
Span = Annotated[int, Field(strict=True, ge=1, le=3660)]
Years = Annotated[float, Field(strict=True, ge=0, le=25, allow_inf_nan=False)]
Dose = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]


class Eligibility(BaseModel):
    """Conditions on a child at time zero, all of which must hold; none by default.

    Parameters
    ----------
    antibodies : sequence of str, optional
        True antibodies, known to a registry or not.
    sex : {"female", "male"}, optional
    age_from_years, age_below_years : float, optional
        Age at time zero: the first included, the second not.
    latest_day : int, optional
        Latest day of time zero, counted from diagnosis. None: the scenario's
        ``follow_up_days``.
    gi_involved : bool, optional
        Whether GI involvement must, or must not, have begun by time zero.
    oral_at_most, oral_at_least : float, optional
        Oral dose of the last day without a pulse before time zero, mg/kg/day of
        prednisone-equivalent; 0 where there is no such day.
    no_pulse_days : int, optional
        No pulse in so many days before time zero.

    Raises
    ------
    PlanError
        Listing every field at fault.

    Examples
    --------
    >>> Eligibility(antibodies=["NXP2"], no_pulse_days=30).no_pulse_days
    30
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    antibodies: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    sex: Literal["female", "male"] | None = None
    age_from_years: Years | None = None
    age_below_years: Years | None = None
    latest_day: Days | None = None
    gi_involved: Annotated[bool, Field(strict=True)] | None = None
    oral_at_most: Dose | None = None
    oral_at_least: Dose | None = None
    no_pulse_days: Span | None = None

    def __init__(self, **fields: object) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise plan_error(error, "the eligibility is", "eligibility") from None
        faults = []
        for low, high in (
            ("age_from_years", "age_below_years"),
            ("oral_at_least", "oral_at_most"),
        ):
            least, most = getattr(self, low), getattr(self, high)
            if least is not None and most is not None and least > most:
                faults.append(
                    f"{low}: must not exceed {high} ({most:g}); received {least:g}"
                )
        if faults:
            raise PlanError("the eligibility is at fault:\n  " + "\n  ".join(faults))

    @field_validator("antibodies")
    @classmethod
    def _known(cls, antibodies: tuple[str, ...] | None) -> tuple[str, ...] | None:
        known = [label for label in ANTIBODIES if label != "untested"]
        for label in antibodies or ():
            if label not in known:
                meant = nearest(label, known)
                hint = f"; did you mean {meant!r}?" if meant else ""
                raise ValueError(f"{label!r} is not one of {', '.join(known)}{hint}")
        return antibodies

    def in_words(self) -> str:
        """Say the conditions in one line.

        Examples
        --------
        >>> Eligibility(sex="female", gi_involved=True).in_words()
        'sex female; GI involvement begun'
        """
        told = {
            "antibodies": "antibody {}",
            "sex": "sex {}",
            "age_from_years": "age {:g} years or more",
            "age_below_years": "age below {:g} years",
            "latest_day": "time zero by day {}",
            "oral_at_most": "oral dose before at most {:g} mg/kg/day",
            "oral_at_least": "oral dose before at least {:g} mg/kg/day",
            "no_pulse_days": "no pulse in the {} days before",
        }
        said = []
        for field in told:
            value = getattr(self, field)
            if value is not None:
                shown = " or ".join(value) if field == "antibodies" else value
                said.append(told[field].format(shown))
        if self.gi_involved is not None:
            said.append(
                f"GI involvement {'begun' if self.gi_involved else 'not begun'}"
            )
        return "; ".join(said) or "every child"


def as_eligibility(given: object) -> Eligibility:
    """Return an Eligibility, given itself, a mapping of its fields or None.

    Examples
    --------
    >>> as_eligibility({"sex": "male"}).sex
    'male'
    """
    if given is None:
        return Eligibility()
    if isinstance(given, Eligibility):
        return given
    if isinstance(given, Mapping):
        return Eligibility(**given)
    raise UsageError(
        "eligibility must be an Eligibility or a mapping of its fields, not "
        f"{type(given).__name__}"
    )


def day_of_time_zero(time_zero: str | int, histories: Histories) -> NDArray[np.int64]:
    """Return each child's time zero, `NEVER` when it does not come; shape (n,).

    Parameters
    ----------
    time_zero : {"diagnosis", "gi_involvement"} or int
        A whole number is a landmark: that day, for every child.
    histories : Histories
    """
    if time_zero == "gi_involvement":
        return histories.gi_day.copy()
    day = 0 if time_zero == "diagnosis" else int(time_zero)
    return np.full(histories.gi_day.shape, day, dtype=np.int64)


def eligible_children(
    eligibility: Eligibility,
    children: Children,
    histories: Histories,
    day: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Tell which children meet every condition at their time zero; shape (n,).

    Parameters
    ----------
    eligibility : Eligibility
    children : Children
    histories : Histories
        Without perforations: being free of one is a matter of weights.
    day : array of int, shape (n,)
        Time zero, inside the days of the histories.
    """
    asked = eligibility
    good = np.ones(len(day), dtype=bool)
    if asked.antibodies is not None:
        good &= np.isin(children.antibody.astype(str), asked.antibodies)
    if asked.sex is not None:
        good &= children.female == (asked.sex == "female")
    age = children.age + day / DAYS_PER_YEAR
    good &= age >= (asked.age_from_years or 0.0)
    if asked.age_below_years is not None:
        good &= age < asked.age_below_years
    if asked.gi_involved is not None:
        good &= (histories.gi_day <= day) == asked.gi_involved
    if asked.no_pulse_days is not None:
        good &= ~_pulsed_before(histories.pulse, day, asked.no_pulse_days)
    if asked.oral_at_most is not None or asked.oral_at_least is not None:
        dose = _dose_before(histories, day)
        good &= dose >= (asked.oral_at_least or 0.0)
        good &= dose <= (np.inf if asked.oral_at_most is None else asked.oral_at_most)
    return good


def _pulsed_before(
    pulse: NDArray[np.int16], day: NDArray[np.int64], within: int
) -> NDArray[np.bool_]:
    row = np.arange(len(pulse))[:, None]
    within_reach = (row < day) & (row >= day - within)
    return np.asarray(((pulse > 0) & within_reach).any(axis=0))


def _dose_before(histories: Histories, day: NDArray[np.int64]) -> NDArray[np.float64]:
    row = np.arange(len(histories.pulse))[:, None]
    counts = (histories.pulse == 0) & (row < day)
    last = np.where(counts, row, -1).max(axis=0)
    dose = np.take_along_axis(histories.oral, np.maximum(last, 0)[None, :], axis=0)[0]
    return np.where(last < 0, 0.0, dose / 100)
