"""The design of a study: children, years, exposure, risk, and how it will be analysed.

Every number of events on this floor comes from here. A child is recruited at diagnosis (a
share of them later), is followed until the study ends, is lost or dies of something else,
and has a first perforation at a time that follows the time course.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jdm_stats.errors import PlanError
from jdm_stats.power.split_tests import TESTS
from jdm_stats.power.time_course import CONSTANT, PUBLISHED, TimeCourse
from jdm_stats.replicates.numbers import is_number
from jdm_stats.schema import DAYS_PER_YEAR, did_you_mean

if TYPE_CHECKING:
    from jdm_stats.simulation.scenario import Scenario

__all__ = ["COURSES", "StudyDesign", "expected_events"]

COURSES = {"published": PUBLISHED, "constant": CONSTANT}
_MOST_YEARS = 100.0
# name: (least, most, whether the ends are allowed, what it is)
_RANGES: dict[str, tuple[float, float, bool, str]] = {
    "follow_up_years": (0.0, _MOST_YEARS, True, "a number of years from 0 to 100"),
    "accrual_years": (0.0, _MOST_YEARS, True, "a number of years from 0 to 100"),
    "exposure_share": (0.0, 1.0, False, "a share between 0 and 1, neither of them"),
    "risk_24_months": (0.0, 1.0, False, "a risk between 0 and 1, neither of them"),
    "loss_per_year": (0.0, 10.0, True, "a rate per year, 0 to 10"),
    "deaths_per_1000_years": (0.0, 1000.0, True, "a rate, 0 to 1000"),
    "late_entry_share": (0.0, 1.0, True, "a share from 0 to 1"),
    "late_entry_days": (0.0, 3650.0, True, "a number of days from 0 to 3650"),
    "alpha": (0.0, 0.5, False, "a level between 0 and 0.5, neither of them"),
}


@dataclass(frozen=True)
class StudyDesign:
    """A study of one exposure and the first perforation.

    Parameters
    ----------
    n_children : int
        Children recruited in all, exposed and not.
    follow_up_years : float
        Years from the last recruit to the end of the study. With ``accrual_years=0`` every
        child is followed so long; otherwise ``follow_up_years`` to ``follow_up_years +
        accrual_years``, all lengths equally likely.
    accrual_years : float
        Calendar years over which children are recruited, evenly.
    exposure_share : float
        Exposed share of the children at risk, at the time of an average event. For a fixed
        trait such as an antibody, its share of the children. For an exposure that comes
        and goes, the exposed share of person-time, each day weighted by how many events
        fall on it: a pulse is given early, when perforations come, so this is more than
        its share of all person-time. See `jdm_stats.power.world_figures`.
    risk_24_months : float
        Risk of a first perforation by day 730 from diagnosis, of all children together,
        whatever the hazard ratio, if nobody were lost or died of something else.
    time_course : TimeCourse, "published" or "constant"
        When perforations come.
    loss_per_year, deaths_per_1000_years : float
        Constant rates of loss (per year) and of death without perforation.
    late_entry_share, late_entry_days : float
        Share of children who enter so many days after diagnosis, without a perforation till
        then. The others enter at diagnosis.
    r_squared : float
        Squared multiple correlation of the exposure with the other covariates of the model.
        Adjusting for them leaves the information of ``1 - r_squared`` of the events.
    alpha : float
    two_sided : bool
        A one-sided test looks to the side of the hazard ratio in question.
    test : {"firth", "exact", "central", "schoenfeld"}
        As in `jdm_stats.power.split_tests`; ``schoenfeld`` is the normal approximation, for
        comparison only.
    exposure : str
        What to call the exposure in sentences.

    Raises
    ------
    PlanError
        If any value is impossible; every fault is listed, each with its field.

    Examples
    --------
    >>> design = StudyDesign(n_children=300, follow_up_years=2, exposure_share=0.21)
    >>> round(expected_events(design), 2)
    6.0
    >>> StudyDesign(n_children=0, alpha=5, test="log-rank")
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the study design is at fault:
      alpha must be a level between 0 and 0.5, neither of them, not 5
      n_children must be a whole number from 1 up, not 0
      test must be one of firth, exact, central, schoenfeld, not 'log-rank'
    """

    n_children: int = 300
    follow_up_years: float = 5.0
    accrual_years: float = 0.0
    exposure_share: float = 0.21
    risk_24_months: float = 0.02
    time_course: TimeCourse | str = PUBLISHED
    loss_per_year: float = 0.0
    deaths_per_1000_years: float = 0.0
    late_entry_share: float = 0.0
    late_entry_days: float = 90.0
    r_squared: float = 0.0
    alpha: float = 0.05
    two_sided: bool = True
    test: str = "firth"
    exposure: str = "the exposure"

    def __post_init__(self) -> None:
        """Look up a course by its name and refuse impossible values, all at once."""
        faults = _range_faults(self)
        if not (is_number(self.n_children) and self.n_children >= 1) or (
            self.n_children % 1 != 0
        ):
            faults.append(
                f"n_children must be a whole number from 1 up, not {self.n_children!r}"
            )
        if not (is_number(self.r_squared) and 0 <= self.r_squared < 1):
            faults.append(
                f"r_squared must be from 0 to below 1, not {self.r_squared!r}"
            )
        if self.test not in TESTS:
            faults.append(f"test must be one of {', '.join(TESTS)}, not {self.test!r}")
        if not isinstance(self.two_sided, bool):
            faults.append(f"two_sided must be True or False, not {self.two_sided!r}")
        if not isinstance(self.exposure, str) or not self.exposure.strip():
            faults.append(f"exposure must be words, not {self.exposure!r}")
        faults += self._course_faults()
        if faults:
            raise PlanError("the study design is at fault:\n  " + "\n  ".join(faults))
        object.__setattr__(self, "n_children", int(self.n_children))

    def _course_faults(self) -> list[str]:
        course = self.time_course
        if isinstance(course, str) and course in COURSES:
            object.__setattr__(self, "time_course", COURSES[course])
        elif not isinstance(course, TimeCourse):
            return [
                f"time_course must be a TimeCourse or one of {', '.join(COURSES)}, "
                f"not {course!r}"
            ]
        return []

    @property
    def course(self) -> TimeCourse:
        """The time course itself, whichever way it was given."""
        assert isinstance(self.time_course, TimeCourse)
        return self.time_course

    @property
    def synthetic(self) -> bool:
        """Whether its time course was worked out from a synthetic world."""
        return self.course.synthetic

    @classmethod
    def from_scenario(
        cls,
        scenario: Scenario | str | None = None,
        *,
        exposure: str = "nxp2",
        **changes: Any,
    ) -> StudyDesign:
        """Take risk, time course, exposure share, losses and late entry from a scenario.

        Parameters
        ----------
        scenario : Scenario, str or None
            A scenario or the name of a preset; by default ``tertiary``.
        exposure : {"nxp2", "recent_pulse", "high_dose"}
            Whose share is taken: anti-NXP2; a pulse on one of the last 30 days; an oral dose
            of 1 mg/kg/day or more.
        **changes
            Any other value of the design, or one that replaces the scenario's.

        Returns
        -------
        StudyDesign

        Raises
        ------
        PlanError
            For an unknown preset, exposure or name, or an impossible value.

        Notes
        -----
        The figures are those of `jdm_stats.power.world_figures.world_figures`.
        """
        from jdm_stats.power.world_figures import EXPOSURES, world_figures
        from jdm_stats.simulation.scenario.presets import as_scenario

        _refuse_unknown(changes)
        if exposure not in EXPOSURES:
            raise PlanError(
                f"exposure must be one of {', '.join(EXPOSURES)}, not {exposure!r}"
            )
        world = as_scenario(scenario)
        figures = world_figures(world)
        taken: dict[str, Any] = {
            "exposure_share": figures.exposure_shares[exposure],
            "risk_24_months": figures.risk_24_months,
            "time_course": figures.time_course,
            "loss_per_year": world.losses_per_year,
            "deaths_per_1000_years": world.deaths_per_1000_years,
            "late_entry_share": world.delayed_entry_share,
            "late_entry_days": world.delayed_entry_mean_days,
            "exposure": EXPOSURES[exposure],
        }
        return cls(**{**taken, **changes})

    def with_values(self, **changes: Any) -> StudyDesign:
        """Return a design with some values changed.

        Raises
        ------
        PlanError
            For an unknown name or an impossible value.

        Examples
        --------
        >>> StudyDesign().with_values(n_children=600).n_children
        600
        """
        _refuse_unknown(changes)
        return replace(self, **changes)


def _refuse_unknown(changes: dict[str, Any]) -> None:
    known = [declared.name for declared in fields(StudyDesign)]
    unknown = [name for name in changes if name not in known]
    if unknown:
        raise PlanError(
            f"a study design has no value named {', '.join(unknown)}"
            f"{did_you_mean(unknown, known)}"
        )


def _range_faults(design: StudyDesign) -> list[str]:
    faults = []
    for name, (least, most, closed, words) in _RANGES.items():
        value = getattr(design, name)
        fits = is_number(value) and (
            least <= value <= most if closed else least < value < most
        )
        if not fits:
            faults.append(f"{name} must be {words}, not {value!r}")
    return faults


def expected_events(design: StudyDesign) -> float:
    """Return the number of first perforations that a study can expect to see.

    Parameters
    ----------
    design : StudyDesign

    Returns
    -------
    float
        Children times the chance that a child's first perforation is seen: it comes after
        entry, before the study ends, and before loss and other death.

    Examples
    --------
    Ten years do not bring five times the events of two.

    >>> two = StudyDesign(n_children=300, follow_up_years=2)
    >>> ten = two.with_values(follow_up_years=10)
    >>> round(expected_events(two), 1), round(expected_events(ten), 1)
    (6.0, 7.3)
    """
    return float(design.n_children * chance_of_event(design))


def chance_of_event(design: StudyDesign) -> float:
    """Return the chance that a recruited child's first perforation is seen."""
    late = design.late_entry_share
    chance = (1 - late) * _seen_after(design, 0.0)
    if late > 0:
        chance += late * _seen_after(design, design.late_entry_days)
    return float(min(max(chance, 0.0), 1.0))


def _seen_after(design: StudyDesign, entry: float) -> float:
    """Chance of an event seen, of a child that enters without one on day ``entry``.

    Sums over days after entry ``risk(d, d + 1] exp(-rate (d + 1/2))``, then takes the mean
    over lengths of follow-up.
    """
    rate = design.loss_per_year + design.deaths_per_1000_years / 1000
    seen, area = _seen_by_day(design.course, design.risk_24_months, rate, float(entry))
    shortest = design.follow_up_years * DAYS_PER_YEAR
    spread = design.accrual_years * DAYS_PER_YEAR
    if spread == 0:
        whole = int(shortest)
        part = shortest - whole
        return float(seen[whole] + part * (seen[whole + 1] - seen[whole]))
    longest = _area(seen, area, shortest + spread)
    return float((longest - _area(seen, area, shortest)) / spread)


@lru_cache(maxsize=256)
def _seen_by_day(
    course: TimeCourse, risk_24_months: float, rate: float, entry: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chance of an event seen by each day after entry, and the area below it so far."""
    day = np.arange(math.ceil(2 * _MOST_YEARS * DAYS_PER_YEAR) + 2, dtype=float)
    risk = course.risk_by(entry + day, risk_24_months)
    kept = np.exp(-rate / DAYS_PER_YEAR * (day[:-1] + 0.5))
    seen = np.concatenate([[0.0], np.cumsum(np.diff(risk) * kept)])
    seen /= max(1.0 - float(risk[0]), 1e-12)
    area = np.concatenate([[0.0], np.cumsum((seen[:-1] + seen[1:]) / 2)])
    return seen, area


def _area(seen: NDArray[np.float64], area: NDArray[np.float64], until: float) -> float:
    """Area below the lines through ``seen``, from 0 to ``until``."""
    whole = int(until)
    part = until - whole
    slope = float(seen[whole + 1] - seen[whole])
    return float(area[whole]) + part * float(seen[whole]) + slope * part * part / 2
