"""The analysis plan: every choice of an analysis in one frozen, checked record.

A plan is written before the data are seen, kept as TOML beside them, and printed in the
report, so that a scheduled run and a person in Jupyter do the same.
"""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jdm_stats.plan.reading import plan_error
from jdm_stats.plan.steroid_rules import SteroidRules
from jdm_stats.toml_files import read_toml

Days = Annotated[int, Field(strict=True, ge=0, le=40_000)]
Window = Annotated[int, Field(strict=True, ge=1, le=40_000)]
Formula = Annotated[str, Field(min_length=1)]


class AnalysisPlan(BaseModel):
    """Every choice of a perforation-risk analysis.

    Parameters
    ----------
    outcome : {"gi_perforation"}
        Its first occurrence after entry ends follow-up. `jdm_stats.expand_intervals` takes
        any event; the report speaks of perforation alone.
    competing : {"death"}
    definite_only : bool, default False
        Leave out events that are not definite.
    dose_lag_days : int, default 7
        Days from a dose until it counts as current dose: the bowel does not give way on the
        day of the tablet, and the first symptoms change the dose.
    pulse_window_days : int, default 30
    pulse_lag_days : int, default 1
        A pulse given on the day of a perforation cannot explain it.
    cox_formula : str, default "nxp2 + current_dose_mg_kg + recent_pulse"
    ties : {"efron", "breslow"}, default "efron"
    landmark_days : int, default 90
    horizon_days : int, default 730
    lost : {"exclude"}, default "exclude"
        Children lost within the horizon without event are left out and counted.
    logistic_formula : str, default "nxp2 + pulse_by_landmark"
    risk_months : tuple of int, default (6, 12, 24)
        Months from diagnosis at which risks are read off the curves.
    own_ratio_from_events : int, default 3
        An antibody has a hazard ratio of its own from so many events; those with fewer are
        pooled as "other antibody".
    steroids : SteroidRules
        How steroid courses become days at a dose; a mapping of its fields will do.

    Raises
    ------
    PlanError
        Listing every field at fault.

    Examples
    --------
    >>> AnalysisPlan(landmark_days=60).landmark_days
    60
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    outcome: Literal["gi_perforation"] = "gi_perforation"
    competing: Literal["death"] = "death"
    definite_only: bool = False
    dose_lag_days: Days = 7
    pulse_window_days: Window = 30
    pulse_lag_days: Days = 1
    cox_formula: Formula = "nxp2 + current_dose_mg_kg + recent_pulse"
    ties: Literal["efron", "breslow"] = "efron"
    landmark_days: Days = 90
    horizon_days: Window = 730
    lost: Literal["exclude"] = "exclude"
    logistic_formula: Formula = "nxp2 + pulse_by_landmark"
    risk_months: tuple[Annotated[int, Field(ge=1, le=600)], ...] = (6, 12, 24)
    own_ratio_from_events: Annotated[int, Field(ge=1)] = 3
    steroids: SteroidRules = SteroidRules()

    def __init__(self, **fields: object) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise plan_error(error, "the analysis plan is", "a plan") from None

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> AnalysisPlan:
        """Read a plan from a TOML file whose keys are the fields.

        The rules for steroid courses stand in a section ``[steroids]``.

        Parameters
        ----------
        path : str or path

        Raises
        ------
        PlanError
            When the file cannot be read or a field is at fault.
        """
        return cls(**read_toml(path, "the plan"))

    def in_words(self) -> tuple[tuple[str, str], ...]:
        """Say the plan as pairs of a choice and what was chosen."""
        return (
            ("Outcome", f"first {_words(self.outcome)} after entry"),
            ("Competing event", _words(self.competing)),
            (
                "Time scale",
                "days since diagnosis; children join the risk set on entry",
            ),
            (
                "Current steroid dose",
                "prednisone equivalent in mg/kg/day, pulses apart, acting from "
                f"{_days(self.dose_lag_days)} after it is taken",
            ),
            (
                "Recent pulse",
                f"an intravenous pulse in the last {self.pulse_window_days} days, acting "
                f"from {_days(self.pulse_lag_days)} after it",
            ),
            ("Cox model", f"{self.cox_formula}; {self.ties.capitalize()} ties"),
            (
                "Logistic model",
                f"{self.logistic_formula}; at day {self.landmark_days}, outcome within the "
                f"{self.horizon_days} days after it; children whose follow-up ends in between "
                "without event left out",
            ),
            *self.steroids.in_words(),
        )


def _days(count: int) -> str:
    return f"{count} day" + ("" if count == 1 else "s")


def _words(event: str) -> str:
    return event.replace("gi_", "GI ").replace("_", " ")
