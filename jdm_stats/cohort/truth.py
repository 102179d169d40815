"""What is known for certain of a synthetic cohort, because it was made so.

The effects stand in the cohort's provenance. Each child's own hazard is not stored: it is
drawn again from scenario and seed by the room that made the cohort, which stands on a
higher floor and is asked for by name, when it is needed and not before (decision 12).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from jdm_stats.errors import UsageError

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort

__all__ = ["Truth", "truth_of"]

_MAKER = "jdm_stats.simulation.truth.known"
_HELD = ("log_hazard_ratios", "no_gi_factor")


@dataclass(frozen=True, repr=False)
class Truth:
    """The truth of a synthetic cohort; `jdm_stats.Cohort.truth` makes it.

    Parameters
    ----------
    cohort : Cohort
        Synthetic, with the provenance that its maker wrote.
    """

    cohort: Cohort

    @property
    def log_hazard_ratios(self) -> Mapping[str, float]:
        """Conditional log hazard ratios of a first perforation, by term; read-only."""
        return MappingProxyType(self._provenance["truth"]["log_hazard_ratios"])

    @property
    def no_gi_factor(self) -> float:
        """Factor on the hazard while the gut is not involved."""
        return float(self._provenance["truth"]["no_gi_factor"])

    @property
    def scenario(self) -> Mapping[str, Any]:
        """Every value of the world the cohort was drawn from; read-only."""
        return MappingProxyType(self._provenance["scenario"])

    @property
    def seed(self) -> int:
        """Seed of the cohort."""
        return int(self._provenance["seed"])

    @property
    def world_version(self) -> int:
        """Version of the world the cohort was drawn with."""
        return int(self._provenance["world_version"])

    @property
    def _provenance(self) -> dict[str, Any]:
        provenance: dict[str, Any] = self.cohort.metadata["provenance"]
        return provenance

    @property
    def table(self) -> pd.DataFrame:
        """The effects as a table.

        Columns ``term``, ``log_hazard_ratio``, ``hazard_ratio``, ``unit``, ``grade``
        (of the evidence), ``status`` (whether the value is assumed) and ``source``.
        """
        table: pd.DataFrame = _maker().truth_table(self.cohort)
        return table

    def hazards(
        self,
        patient_ids: Iterable[str] | None = None,
        days: Iterable[int] | None = None,
        *,
        followed: bool = True,
    ) -> pd.DataFrame:
        """Draw again each child's true hazard, day by day.

        Nothing of this is stored: it follows from scenario and seed, for a cohort read
        back from disk as well.

        Parameters
        ----------
        patient_ids : iterable of str, optional
            Which children; by default all but those of the index case's pattern, whose
            perforations were placed and who have no hazard.
        days : iterable of int, optional
            Which days, counted from diagnosis; by default all.
        followed : bool, default True
            Only days on which the child was followed and at risk of a first perforation.
            False: also before entry and after exit, never after a first perforation.

        Returns
        -------
        pandas.DataFrame
            ``patient_id``, ``day`` (its state acts on (day, day + 1]), ``hazard`` (per
            day, of a first perforation), and the generator's own terms: ``severity``
            (SD, latent), ``nxp2``, ``oral_dose`` (mg/kg/day), ``dose_plateau`` (0 to 1),
            ``recent_pulse``, ``weighted_dose`` (mg/kg), ``jak``, ``gi``.

        Raises
        ------
        UsageError
            For children that are not in the cohort or have no hazard; when the world's
            code is no longer the version that drew the cohort.

        Examples
        --------
        >>> import jdm_stats as jdm
        >>> cohort = jdm.simulate_cohort(20, rng=1, n_index_pattern=1)
        >>> cohort.truth.hazards(["SYN-00002"], [0, 1])["day"].tolist()
        [0, 1]
        """
        rows: pd.DataFrame = _maker().hazard_rows(
            self.cohort, patient_ids, days, followed=followed
        )
        return rows

    def __repr__(self) -> str:
        told = ", ".join(
            f"{term} {log:.3f}" for term, log in self.log_hazard_ratios.items()
        )
        return (
            f"Truth(SYNTHETIC, conditional log hazard ratios of a first perforation: "
            f"{told}; factor without GI involvement {self.no_gi_factor:g})"
        )

    def _repr_html_(self) -> str:
        from jdm_stats.html import html_table  # only a notebook needs it

        heads = {
            "term": "Term",
            "log_hazard_ratio": "Log hazard ratio",
            "hazard_ratio": "Hazard ratio",
            "unit": "What it compares",
            "grade": "Grade",
            "status": "Status",
            "source": "Source",
        }
        return html_table(
            self.table.rename(columns=heads),
            caption="True effects on a first perforation, conditional on all else",
            footnotes=[
                "No clinical fact: the values with which these simulated children were "
                "drawn. An assumed value has no published figure behind it."
            ],
            formats={"Log hazard ratio": ".3f", "Hazard ratio": ".3f"},
            synthetic=True,
        )


def truth_of(cohort: Cohort) -> Truth:
    """Return the truth of a synthetic cohort, or tell why there is none.

    Raises
    ------
    UsageError
        For real children, and for synthetic ones whose provenance holds no truth.
    """
    if not cohort.synthetic:
        raise UsageError(
            f"cohort {cohort.metadata['name']!r} has no truth: real children have no "
            "known truth; only cohorts of simulate_cohort do"
        )
    provenance = cohort.metadata["provenance"]
    truth = provenance.get("truth")
    held = isinstance(truth, Mapping) and all(name in truth for name in _HELD)
    missing = [
        name
        for name in ("scenario", "seed", "world_version", "n_patients")
        if name not in provenance
    ]
    if not held or missing:
        lacking = [] if held else ["truth"]
        raise UsageError(
            "the provenance of this synthetic cohort does not hold its truth (it lacks "
            f"{', '.join([*lacking, *missing])}); draw it with simulate_cohort, and keep "
            "cohort.json with its tables"
        )
    return Truth(cohort)


def _maker() -> Any:
    return importlib.import_module(_MAKER)
