"""The truth of single children: what no registry knows of them, and the simulation does.

A child's own probability of a first perforation follows from the hazard the perforation
was drawn with. It is written beside a cohort's tables on request, says SYNTHETIC, and is
never read as a table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.cohort.staging import TRUTH
from jdm_stats.schema import ANTIBODIES, FLAG, NUMBER, TEXT, Column, Table
from jdm_stats.simulation.course.histories import NEVER, hazard_path, walk
from jdm_stats.simulation.course.lives import Lives
from jdm_stats.simulation.course.subset import some_children
from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.tables.rows import patient_ids
from jdm_stats.simulation.tables.slices import Slices

__all__ = ["TRUTH_TABLE", "latent_rows", "latent_table", "write_truth"]

_DECIMALS = 9

TRUTH_TABLE = Table(
    TRUTH,
    "SYNTHETIC: one row per simulated child, with what no registry could know",
    (
        Column("patient_id", TEXT, "the child's pseudonym, as in patients"),
        Column("kind", TEXT, "SYNTHETIC in every row", allowed=("SYNTHETIC",)),
        Column(
            "drawn",
            FLAG,
            "false for a child made to follow the index case: its events were placed, not "
            "drawn, so it has no hazard and the rest of its row is empty",
        ),
        Column(
            "antibody",
            TEXT,
            "true antibody, also of untested children",
            allowed=ANTIBODIES,
        ),
        Column(
            "severity_at_diagnosis",
            NUMBER,
            "latent severity on day 0, with the shift of NXP2",
            unit="SD",
        ),
        Column(
            "cumulative_hazard",
            NUMBER,
            "hazard of a first perforation summed from diagnosis to the first perforation "
            "or exit_day, whichever is first; over children it sums to the perforations "
            "to be expected",
        ),
        Column(
            "probability_by_exit",
            NUMBER,
            "the child's own probability of a perforation from diagnosis to the end of "
            "follow-up (lock, loss, age or another death), 1 - exp(-summed hazard), along "
            "the severity and treatment it would have had without a perforation",
        ),
    ),
)


def latent_rows(cohort: Slices, lives: Lives, attempt: int) -> pd.DataFrame:
    """Return the truth of the children of one draw who reached the registry.

    Parameters
    ----------
    cohort : Slices
        The cohort they belong to.
    lives : Lives
        The n children.
    attempt : int
        Number of the draw; see `jdm_stats.simulation.course.lives.draw_lives`.

    Returns
    -------
    DataFrame
        One row per child, with the child's index in ``child``.

    Notes
    -----
    The hazard runs on as if there were no perforations. Up to the first perforation it is
    the hazard that the child had; after it, the one the child would have had.
    """
    hazard = _hazard_without_perforation(cohort, lives, attempt)
    children = lives.children
    end = np.minimum(children.lock, children.entry + children.loss)
    end = np.minimum(end, children.death)
    seen = np.minimum(lives.exit, lives.histories.perforation_day)
    rows = pd.DataFrame(
        {
            "child": lives.index,
            "antibody": children.antibody,
            "severity_at_diagnosis": lives.histories.severity[0],
            "cumulative_hazard": _until(hazard, seen),
            "probability_by_exit": np.round(-np.expm1(-_until(hazard, end)), _DECIMALS),
        }
    )
    return rows[lives.reached]


def _hazard_without_perforation(
    cohort: Slices, lives: Lives, attempt: int
) -> NDArray[np.float64]:
    """Return the hazard of every day; shape (D, n). Only who perforated is walked again."""
    hazard = hazard_path(lives.children, lives.histories, cohort.scenario)
    after = np.flatnonzero(lives.histories.perforation_day < NEVER)
    if not len(after):
        return hazard
    walked = walk(
        Streams(cohort.seed, lives.index[after], attempt),
        some_children(lives.children, after),
        some_children(lives.plan, after),
        some_children(lives.aftermath, after),
        cohort.scenario,
        perforations=False,
        keep_hazard=True,
    )
    hazard[:, after] = walked.hazard
    return hazard


def _until(hazard: NDArray[np.float64], day: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sum the hazard of (0, day]; that of row d acts on (d, d + 1]."""
    acts = np.arange(len(hazard))[:, None] < day
    # Day by day in one order, however many children stand side by side.
    summed: NDArray[np.float64] = np.cumsum(np.where(acts, hazard, 0.0), axis=0)[-1]
    return np.round(summed, _DECIMALS)


def latent_table(rows: Sequence[pd.DataFrame], first: int, last: int) -> pd.DataFrame:
    """Put the truth of children ``first, ..., last - 1`` in the shape of its table.

    Parameters
    ----------
    rows : sequence of DataFrame
        As `latent_rows` returns them; a child without a row follows the index case.
    first, last : int

    Examples
    --------
    >>> latent_table([], 0, 1)[["patient_id", "kind", "drawn"]].values.tolist()
    [['SYN-00001', 'SYNTHETIC', False]]
    """
    index = np.arange(first, last)
    columns = [c.name for c in TRUTH_TABLE.columns[3:]]
    empty = pd.DataFrame({"child": [], **{name: [] for name in columns}})
    known = (pd.concat(rows) if rows else empty).set_index("child").reindex(index)
    drawn = known["cumulative_hazard"].notna().to_numpy()
    table = pd.DataFrame(
        {
            "patient_id": pd.Series(patient_ids(index), dtype=object),
            "kind": pd.Series(np.full(len(index), "SYNTHETIC", object), dtype=object),
            "drawn": pd.array(drawn, dtype="boolean"),
        }
    )
    antibody = known["antibody"].astype(object).to_numpy(dtype=object, copy=True)
    antibody[~drawn] = None
    table["antibody"] = pd.Series(antibody, dtype=object)
    for name in columns[1:]:
        table[name] = known[name].to_numpy(dtype=np.float64)
    return table


def write_truth(folder: Path, about: dict[str, Any]) -> None:
    """Write truth.json: effects, scenario and seed, and what the columns of truth mean.

    Parameters
    ----------
    folder : Path
    about : dict
        What the cohort says of itself, as `about_cohort` returns it.
    """
    provenance = about["provenance"]
    told = {
        "what": "SYNTHETIC: the truth behind simulated children, none of them real; "
        "not a table of the cohort",
        "cohort": about["name"],
        **{
            key: provenance[key]
            for key in ("made_by", "world_version", "seed", "n_patients")
        },
        "n_index_pattern": provenance["n_index_pattern"],
        "effects": provenance["truth"],
        "columns": {
            column.name: f"{column.meaning}{f' ({column.unit})' if column.unit else ''}"
            for column in TRUTH_TABLE.columns
        },
        "scenario": provenance["scenario"],
    }
    text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
    file = folder / f"{TRUTH}.json"
    file.write_text(text + "\n", encoding="utf-8", newline="\n")
