"""Every number of the synthetic world, each with unit, range, source and grade.

A `Scenario` is frozen and checked. Its fields are declared once, below, with all that is
known of each; `Scenario.parameters` prints them as a table, `Scenario.summary` what rests
on them, and `Scenario.to_toml` writes them to be edited. The presets and the constants that
were solved for them stand in `jdm_stats.simulation.scenario.presets`. What a scenario says
of itself is worked out in rooms of its own beside this one, loaded when they are asked.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from jdm_stats.errors import PlanError
from jdm_stats.schema import did_you_mean
from jdm_stats.simulation.scenario.agreement import disagreements
from jdm_stats.simulation.scenario.fields.children import Registry
from jdm_stats.simulation.scenario.fields.hazards import Hazards
from jdm_stats.simulation.scenario.fields.severity import Severity
from jdm_stats.simulation.scenario.fields.treatment import Treatment
from jdm_stats.simulation.scenario.origin import CHANGED, SOLVED_ANEW, SOLVED_NAMES
from jdm_stats.simulation.scenario.parameter import as_declared, as_plain, fault_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from jdm_stats.simulation.calibration import Targets

__all__ = ["Scenario"]


@dataclass(frozen=True, repr=False)
class Scenario(Hazards, Treatment, Severity, Registry):
    """One synthetic world: which children, which treatment, which hazards.

    Every field is described by `parameters`. Hazard ratios (``_hr``) and odds ratios
    (``_or``) are given as ratios; the hazard takes their logarithms. Printing a scenario
    shows which conclusions rest on assumed values.

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
        faults = {"name": _fault_in_name(self.name)}
        for declared in fields(self)[1:]:
            held = as_declared(declared, self._at(declared.name))
            object.__setattr__(self, declared.name, held)
            faults[declared.name] = fault_in(declared, held)
        told = {name: fault for name, fault in faults.items() if fault is not None}
        found = [*told.values(), *disagreements(self, told)]
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
            hint = did_you_mean(unknown, known)
            said = f"a scenario has no value named {', '.join(unknown)}{hint}"
            try:
                replace(self, **{n: v for n, v in changes.items() if n in known})
            except PlanError as fault:
                said = f"{said}\n{fault}"
            raise PlanError(said)
        own = self.name
        if any(name in SOLVED_NAMES for name in changes):
            own = own.replace(SOLVED_ANEW, "")
        own = own.removesuffix(CHANGED) + CHANGED
        return replace(self, **{"name": own, **changes})

    def values(self) -> dict[str, Any]:
        """Return every value by name, ready for JSON (mixes as mappings)."""
        told: dict[str, Any] = {"name": self.name}
        for declared in fields(self)[1:]:
            told[declared.name] = as_plain(self._at(declared.name))
        return told

    def parameters(self) -> pd.DataFrame:
        """Return one row per value: value, unit, range, grade, status and source.

        Returns
        -------
        pandas.DataFrame
            Indexed by ``parameter``. ``value``; ``low`` and ``high``, its plausible range,
            in the form of the value (one number for all offsets; of a mix, labels it leaves
            out too, which have the share 0); ``unit``; ``grade`` (A
            published in JDM, B in adults or another disease, C assumed here, solved);
            ``status`` (reported, calculated, in part assumed, solved, assumed, set by a
            preset, set by the user); ``outside``, True where the value or a share lies
            outside its plausible range; ``source``. A value set by a preset or the user has
            grade C.

        Examples
        --------
        >>> table = Scenario().with_values(pulse_hr=6.0).parameters()
        >>> table.loc["pulse_hr", "status"], bool(table.loc["pulse_hr", "outside"])
        ('set by the user', True)
        """
        from jdm_stats.simulation.scenario.status import standings

        told, values = standings(self), self.values()
        rows = [
            {
                "parameter": declared.name,
                "value": values[declared.name],
                "low": as_plain(told[declared.name].low),
                "high": as_plain(told[declared.name].high),
                "unit": declared.metadata["unit"],
                "grade": told[declared.name].grade,
                "status": told[declared.name].status,
                "outside": told[declared.name].outside,
                "source": told[declared.name].source,
            }
            for declared in fields(self)[1:]
        ]
        return pd.DataFrame(rows).set_index("parameter")

    @classmethod
    def preset(cls, *names: str) -> Scenario:
        """Return the scenario of one or several presets; none is ``tertiary``.

        Raises
        ------
        PlanError
            If no preset bears a name, or two of one group are named.

        Examples
        --------
        >>> Scenario.preset("east_asia", "steroids_harmless").name
        'east_asia+steroids_harmless'
        """
        from jdm_stats.simulation.scenario.presets import as_scenario

        if not all(isinstance(name, str) for name in names):
            raise PlanError(f"presets are named by text, not by {names!r}")
        return as_scenario("+".join(names) if names else None)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Scenario:
        """Read a scenario from a TOML file; see `jdm_stats.simulation.scenario.toml`.

        Parameters
        ----------
        path : str or path
            A file that may name a ``preset`` (``"east_asia+steroids_harmless"``) and a
            ``name``, and gives any values to change, with or without the headings
            ``[registry]``, ``[severity]``, ``[treatment]`` and ``[hazards]``.

        Raises
        ------
        PlanError
            Every fault at once, each with the value it concerns.
        """
        from jdm_stats.simulation.scenario.toml import read_scenario

        return read_scenario(path)

    def to_toml(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write every value as TOML, under a line with its unit, range, grade and source.

        Parameters
        ----------
        path : str or path, optional
            Where to write the text too. `from_toml` reads back an equal scenario.

        Examples
        --------
        >>> print(Scenario().to_toml().splitlines()[0])
        # SYNTHETIC: a scenario of the synthetic world of jdm_stats; no child in it is real.
        """
        from jdm_stats.simulation.scenario.toml import write_scenario

        return write_scenario(self, path)

    def hazard_table(self) -> pd.DataFrame:
        """Return each term of the hazards; see `jdm_stats.simulation.scenario.terms`.

        Examples
        --------
        >>> table = Scenario(jak_hr=1.0).hazard_table().set_index("code")
        >>> bool(table.loc["jak_hr", "null"])
        True
        """
        from jdm_stats.simulation.scenario.terms import hazard_table

        return hazard_table(self)

    def conclusions(self) -> pd.DataFrame:
        """Return what can be concluded in this world and what each conclusion rests on.

        Returns
        -------
        pandas.DataFrame
            ``conclusion`` (a sentence), ``rests_on`` (names of values), ``status``.

        Examples
        --------
        >>> told = Scenario().conclusions()
        >>> told.loc[told["rests_on"] == "pulse_hr", "status"].item()
        'assumed'
        """
        from jdm_stats.simulation.scenario.words import conclusions

        return conclusions(self)

    def summary(self) -> str:
        """Return a page of text: presets, dial, hazard, and what rests on assumed values."""
        from jdm_stats.simulation.scenario.words import summary

        return summary(self)

    def graph(self, ax: Axes | None = None) -> Axes:
        """Draw what causes what; see `jdm_stats.simulation.scenario.graph`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; 9 inches of width or more read best.
        """
        from jdm_stats.simulation.scenario.graph import draw_scenario

        return draw_scenario(self, ax)

    def solve(
        self, targets: Targets | None = None, *, children: int = 16_384, seed: int = 1
    ) -> Scenario:
        """Return this scenario with its solved constants worked out anew; takes a minute.

        Parameters
        ----------
        targets : Targets, optional
            Overall figures to meet; by default those of its presets.
        children, seed
            As for `jdm_stats.simulation.calibration.solve_baseline`.

        Raises
        ------
        PlanError
            If a target is out of reach of this scenario.
        """
        from jdm_stats.simulation.calibration import Targets, solve_baseline
        from jdm_stats.simulation.scenario.origin import target_risk

        wanted = targets or Targets(risk=target_risk(self))
        solved = solve_baseline(self, wanted, children=children, seed=seed)
        name = self.name.replace(SOLVED_ANEW, "") + SOLVED_ANEW
        return replace(solved, name=name)

    def __repr__(self) -> str:
        """Name the scenario and count its values by status; `summary` says more."""
        from jdm_stats.simulation.scenario.words import short

        return short(self)

    def __str__(self) -> str:
        """Return `summary`."""
        return self.summary()

    def _repr_html_(self) -> str:
        from jdm_stats.simulation.scenario.words import html_summary

        return html_summary(self)

    def _at(self, name: str) -> Any:
        return getattr(self, name)


def _fault_in_name(name: Any) -> str | None:
    plain = isinstance(name, str) and bool(name.strip()) and name.isprintable()
    return None if plain else f"name must be one line of text, not {name!r}"
