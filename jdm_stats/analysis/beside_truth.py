"""Crude, adjusted and true answers side by side, in a world whose truth is known.

Three things about steroids are asked of a synthetic cohort: what a pulse lately, the oral dose
of the day and all steroid so far do to the hazard of a first perforation. Each is answered by
Cox models that hold more and more: nothing else, anti-NXP2, CMAS at diagnosis, the latest
CMAS, GI involvement, the other two steroid terms, and at last what no registry holds, latent
severity in place of its readings. The last model is the hazard the children were drawn with,
so its answers aim at the truth; what the others differ by is confounding, and the share of the
other steroid terms where they act too.

Of the children at risk on a day with a perforation, a random sample stands for all; the answers
aim at the same hazard ratios (Langholz and Goldstein, Stat Sci 1996;11:35). Too small a sample
holds hardly anyone with a recent pulse, and standard errors are then too small.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.analysis.risk_sets import risk_set_rows
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.errors import UsageError
from jdm_stats.html import format_number, format_ratio, html_table
from jdm_stats.intervals.marks import marked
from jdm_stats.models.array_door import fit_arrays

__all__ = [
    "EXPOSURES",
    "STEPS",
    "BesideTruth",
    "answer",
    "answers_beside_truth",
]

EXPOSURES: Mapping[str, str] = {
    "pulse": "Pulse in the last 30 days",
    "dose": "Oral dose of the day, plateau against none",
    "cumulative": "All steroid so far, per 100 mg/kg",
}
_NXP2 = ("nxp2_early", "nxp2_late")
_CMAS = ("cmas_first", "cmas_latest")
# Each step adds to the one before; the last holds the terms of the hazard and no reading.
STEPS: Mapping[str, tuple[str, ...]] = {
    "Crude": (),
    "+ anti-NXP2": _NXP2,
    "+ CMAS at diagnosis": (*_NXP2, "cmas_first"),
    "+ latest CMAS": (*_NXP2, *_CMAS),
    "+ GI involvement": (*_NXP2, *_CMAS, "no_gi"),
    "+ other steroid terms": (*_NXP2, *_CMAS, "no_gi", *EXPOSURES),
    "All that acts (latent severity)": (*_NXP2, "no_gi", "severity", *EXPOSURES),
}
# Terms that act in some worlds only join the last step there.
_IN_SOME_WORLDS = ("threshold", "jak")


@dataclass(frozen=True, eq=False, repr=False)
class BesideTruth:
    """Answers of every step beside the truth; frozen.

    Parameters
    ----------
    scenario : str
        Name of the world.
    children, events : int
        Children in any of the models, and first perforations among them.
    left_out : int
        Children left out of every step since a covariate of theirs is not known.
    estimates : DataFrame
        Tidy: ``exposure``, ``model`` (the step), ``term`` (the exposure in words),
        ``estimate``, ``conf_low``, ``conf_high``, ``scale``, ``interval``, ``truth``,
        ``n`` (children), ``events``, ``reason``; hazard ratios.
    """

    scenario: str
    children: int
    events: int
    left_out: int
    estimates: pd.DataFrame = field(repr=False)

    def of(self, exposure: str) -> pd.DataFrame:
        """Give the answers on one exposure, a row a step, ready for a forest plot.

        Raises
        ------
        UsageError
            If there is no such exposure.
        """
        known = list(dict.fromkeys(self.estimates["exposure"]))
        if exposure not in known:
            raise UsageError(f"no exposure {exposure!r}; there are {', '.join(known)}")
        rows = self.estimates[self.estimates["exposure"] == exposure]
        own = rows.assign(term=rows["model"]).drop(columns="model")
        return marked(own.reset_index(drop=True), True)

    def table(self) -> pd.DataFrame:
        """Show a row a step and a column an exposure, ratios with limits; last, the truth."""
        told = {}
        for exposure, label in EXPOSURES.items():
            rows = self.of(exposure)
            cells = {row["term"]: _in_cell(row) for _, row in rows.iterrows()}
            told[label] = cells | {"Truth": format_number(rows["truth"].iloc[0])}
        table = pd.DataFrame(told).rename_axis("Adjusted for").reset_index()
        return marked(table, True)

    def __repr__(self) -> str:
        return (
            f"BesideTruth(SYNTHETIC {self.scenario!r}, {self.children:,} children, "
            f"{self.events} perforations)"
        )

    def _repr_html_(self) -> str:
        return html_table(
            self.table(),
            caption=f"Hazard ratios under {self.scenario}, crude, adjusted and true",
            footnotes=[f"{self.events} first perforations; 95% limits, Wald."],
            synthetic=True,
        )


def answers_beside_truth(
    cohort: Cohort,
    *,
    controls: int = 600,
    rng: int | np.random.Generator = 1,
    conf_level: float = 0.95,
) -> BesideTruth:
    """Answer every question with every step, and put the truth beside it.

    Parameters
    ----------
    cohort : Cohort
        Synthetic, of this version of the world.
    controls : int, default 600
        Children without the event kept, on average, on each day with one; 1 or more.
    rng : int or numpy.random.Generator, default 1
        Draws those children.
    conf_level : float, default 0.95

    Returns
    -------
    BesideTruth

    Raises
    ------
    UsageError
        For a cohort that is real or without a perforation, or fewer than one control.

    Examples
    --------
    >>> from jdm_stats.analysis.risk_sets import complete_cohort
    >>> from jdm_stats.simulation.scenario.presets import as_scenario
    >>> world = as_scenario("steroids_harmless").with_values(h0_mass=0.3)
    >>> answers = answers_beside_truth(complete_cohort(world, 256, rng=2), controls=30)
    >>> answers.of("pulse")["truth"].unique().tolist()
    [1.0]
    """
    rows = risk_set_rows(cohort, controls=controls, rng=rng)
    needed = sorted({name for names in STEPS.values() for name in names})
    known = rows[needed].notna().all(axis=1)
    whole = rows[known]
    truth = dict(cohort.truth.log_hazard_ratios)
    more = tuple(term for term in _IN_SOME_WORLDS if truth.get(term))
    last = list(STEPS)[-1]
    found = []
    for exposure in EXPOSURES:
        for step, terms in STEPS.items():
            columns = [exposure, *(t for t in terms if t != exposure)]
            columns += more if step == last else ()
            row = answer(whole, columns, conf_level)
            row |= {"exposure": exposure, "term": EXPOSURES[exposure], "model": step}
            found.append(row | {"truth": math.exp(truth[exposure])})
    return BesideTruth(
        scenario=str(cohort.truth.scenario["name"]),
        children=int(whole["patient_id"].nunique()),
        events=int(whole["event"].sum()),
        left_out=int(rows["patient_id"].nunique() - whole["patient_id"].nunique()),
        estimates=marked(pd.DataFrame(found), True),
    )


def answer(
    rows: pd.DataFrame,
    columns: Sequence[str],
    conf_level: float,
    penalty: str | None = None,
) -> dict[str, object]:
    """Fit one Cox model and tell the hazard ratio of its first column.

    Parameters
    ----------
    rows : DataFrame
        As `jdm_stats.analysis.risk_sets.risk_set_rows`.
    columns : sequence of str
        Those in which nobody differs are left out.
    conf_level : float
    penalty : "firth", optional
        With it the limits are those of the profile, else Wald's.

    Returns
    -------
    dict
        ``estimate``, ``conf_low``, ``conf_high``, ``scale``, ``interval``, ``n`` (children),
        ``events`` and ``reason``, which says why a number is missing.
    """
    used = [name for name in columns if rows[name].nunique() > 1]
    x: NDArray[np.float64] = rows[used].to_numpy(float)
    told: dict[str, object] = {
        "scale": "hazard ratio",
        "n": int(rows["patient_id"].nunique()),
        "events": int(rows["event"].sum()),
    }
    told["interval"] = "profile" if penalty else "wald"
    if columns[0] not in used:
        nothing = dict.fromkeys(("estimate", "conf_low", "conf_high"), math.nan)
        return {**nothing, **told, "reason": "nobody at risk differs in it"}
    fit = fit_arrays(
        x,
        rows["event"].to_numpy(),
        rows["start"].to_numpy(),
        rows["stop"].to_numpy(),
        penalty=penalty,
        interval="profile" if penalty else "wald",
        conf_level=conf_level,
    )
    ends = (fit.coefficients[0], fit.conf_low[0], fit.conf_high[0])
    with np.errstate(over="ignore"):
        ratios = [float(np.exp(end)) for end in ends]
    names = ("estimate", "conf_low", "conf_high")
    return {**dict(zip(names, ratios, strict=True)), **told, "reason": fit.reason}


def _in_cell(row: pd.Series) -> str:
    if math.isnan(row["estimate"]):
        return f"no estimate: {row['reason']}"
    return format_ratio(row["estimate"], row["conf_low"], row["conf_high"])
