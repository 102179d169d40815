"""Every number of the synthetic world, each with unit, range, source and grade.

A `Scenario` is frozen and checked. Its fields are declared once, below, with all that is
known of each; `Scenario.parameters` prints them as a table. The presets and the
constants that were solved for them stand in `jdm_stats.simulation.presets`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import pandas as pd

from jdm_stats.errors import PlanError
from jdm_stats.simulation.agreement import disagreements
from jdm_stats.simulation.fields_children import Registry
from jdm_stats.simulation.fields_hazards import Hazards
from jdm_stats.simulation.fields_severity import Severity
from jdm_stats.simulation.fields_treatment import Treatment
from jdm_stats.simulation.parameter import as_declared, fault_in

__all__ = ["Scenario"]


@dataclass(frozen=True)
class Scenario(Hazards, Treatment, Severity, Registry):
    """One synthetic world: which children, which treatment, which hazards.

    Every field is described by `parameters`. Hazard ratios (``_hr``) and odds ratios
    (``_or``) are given as ratios; the hazard takes their logarithms.

    Raises
    ------
    PlanError
        If any value is impossible; every fault is listed, each with its field.

    Examples
    --------
    >>> Scenario(female_share=1.4)
    Traceback (most recent call last):
    ...
    jdm_stats.errors.PlanError: the scenario is at fault:
      female_share must be a share between 0 and 1, not 1.4
    """

    def __post_init__(self) -> None:
        """Turn mappings into tuples and refuse impossible values, all at once."""
        faults = []
        for declared in fields(self)[1:]:
            held = as_declared(declared, self._at(declared.name))
            object.__setattr__(self, declared.name, held)
            faults.append(fault_in(declared, self._at(declared.name)))
        found = [fault for fault in faults if fault is not None] or disagreements(self)
        if found:
            raise PlanError("the scenario is at fault:\n  " + "\n  ".join(found))

    def with_values(self, **changes: Any) -> Scenario:
        """Return a scenario with some values changed; its name says so unless given.

        Raises
        ------
        PlanError
            For an unknown name or an impossible value.

        Examples
        --------
        >>> Scenario().with_values(dose_hr=1.0).dose_hr
        1.0
        """
        known = [declared.name for declared in fields(self)]
        unknown = [name for name in changes if name not in known]
        if unknown:
            near = [get_close_matches(name, known, n=1) for name in unknown]
            hints = sorted({match for matches in near for match in matches})
            hint = f"; did you mean {', '.join(hints)}?" if hints else ""
            raise PlanError(f"a scenario has no value named {', '.join(unknown)}{hint}")
        own = self.name.removesuffix(", changed") + ", changed"
        return replace(self, **{"name": own, **changes})

    def values(self) -> dict[str, Any]:
        """Return every value by name, ready for JSON (mixes as mappings)."""
        told: dict[str, Any] = {"name": self.name}
        for declared in fields(self)[1:]:
            value = self._at(declared.name)
            if declared.metadata["kind"] in ("mix", "shares"):
                value = dict(value)
            elif isinstance(value, tuple):
                value = [list(v) if isinstance(v, tuple) else v for v in value]
            told[declared.name] = value
        return told

    def parameters(self) -> pd.DataFrame:
        """Return one row per value: value, unit, range, grade and source.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``parameter``; columns value, low, high, unit, grade, source.
            A value changed from the declared one is graded C, "set by the user".
        """
        rows = []
        for declared in fields(self)[1:]:
            told, value = declared.metadata, self._at(declared.name)
            own = value == declared.default or told["grade"] == "solved"
            rows.append(
                {
                    "parameter": declared.name,
                    "value": self.values()[declared.name],
                    "low": told["low"],
                    "high": told["high"],
                    "unit": told["unit"],
                    "grade": told["grade"] if own else "C",
                    "source": told["source"] if own else "set for this scenario",
                }
            )
        return pd.DataFrame(rows).set_index("parameter")

    def _at(self, name: str) -> Any:
        return getattr(self, name)
