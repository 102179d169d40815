"""What a careful reader must know of pooled fits, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jdm_stats.html import format_ratio
from jdm_stats.intervals.marks import IMPUTED_NOTE, SYNTHETIC_NOTE
from jdm_stats.models.fit import FitResult
from jdm_stats.models.words import p_words

# Monte Carlo error above this share of the standard error calls for more imputations
# (White, Royston and Wood, Stat Med 2011;30:377-399).
MC_SHARE = 0.10
MUCH_MISSING = 0.5
_METHODS = {
    "clip": "limits and p-values by combining the likelihood profiles of the imputations "
    "(Heinze, Ploner and Beyea 2013)",
    "rubin": "limits and p-values by Rubin's rules, with the degrees of freedom of Barnard "
    "and Rubin (1999)",
}


def pooling_notes(
    rows: pd.DataFrame, fits: Sequence[FitResult], method: str, conf_level: float
) -> tuple[str, ...]:
    """Write the notes of pooled fits: method, counts, missing information, common notes."""
    synthetic = any(fit.synthetic for fit in fits)
    return (
        *([SYNTHETIC_NOTE] if synthetic else []),
        f"Pooled over {len(fits)} imputations: estimates are means; {_METHODS[method]}; "
        f"limits at {100 * conf_level:g}%.",
        "Imputed values are draws from a model of what was observed, not measurements; they "
        "are right only if what is missing depends on nothing but what was observed.",
        *_counts(fits),
        *_missing_information(rows),
        *_common(fits),
    )


def _counts(fits: Sequence[FitResult]) -> list[str]:
    told = []
    for name, noun in (("n_rows", "Rows"), ("n_events", "Events")):
        values = [getattr(fit, name) for fit in fits]
        if len(set(values)) > 1:
            told.append(
                f"{noun} in the fits differ between imputations, from {min(values)} to "
                f"{max(values)}."
            )
    return told


def _missing_information(rows: pd.DataFrame) -> list[str]:
    told = []
    known = rows[np.isfinite(rows["fmi"])]
    much = known[known["fmi"] > MUCH_MISSING]
    if len(much):
        told.append(
            f"More than half of the information on {', '.join(much['term'])} is imputed: "
            "the estimate rests on the imputation model more than on the children."
        )
    share = known["mc_error"] / known["std_error"]
    loose = known[share > MC_SHARE]
    if len(loose):
        told.append(
            "Other imputations would move the estimate by more than a tenth of its standard "
            f"error for {', '.join(loose['term'])}: use more of them."
        )
    return told


def _common(fits: Sequence[FitResult]) -> list[str]:
    """Repeat the notes that every fit carries word for word."""
    shared = [
        note
        for note in fits[0].notes
        if note not in (SYNTHETIC_NOTE, IMPUTED_NOTE)
        and all(note in fit.notes for fit in fits)
    ]
    return [f"Every fit: {note}" for note in shared]


def pooled_sentence(row: pd.Series, conf_level: float) -> str:
    """Say one pooled ratio in a sentence."""
    ratio, term = str(row["scale"]), row["term"]
    if not np.isfinite(row["estimate"]):
        return (
            f"There is no pooled estimate of the {ratio} for {term} ({row['reason']})."
        )
    low, high = (format_ratio(row[c], None, None) for c in ("conf_low", "conf_high"))
    how = "combined profiles" if row["interval"] == "clip" else "Rubin's rules"
    return (
        f"Over {int(row['m'])} imputations the {ratio} for {term} is "
        f"{format_ratio(row['estimate'], None, None)} ({100 * conf_level:g}% limits by {how} "
        f"{low} to {high}; p {p_words(row['p_value'])}; {100 * row['fmi']:.0f}% of the "
        "information on it was missing)."
    )
