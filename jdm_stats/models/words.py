"""What a careful reader must know of a fit, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import format_p, format_ratio
from jdm_stats.models.design import Design, is_binary
from jdm_stats.models.fitted_rows import FittedRows
from jdm_stats.models.inference import ALIASED, Inference, diverging_terms
from jdm_stats.models.options import dependent_rows
from jdm_stats.models.plain_sums import INTERCEPT
from jdm_stats.models.variance import FEW_CLUSTERS
from jdm_stats.models.weighting import Extras

FEW_EVENTS_PER_PARAMETER = 10.0
WIDE = 100.0
LIMITS = {
    "profile": "profile-likelihood",
    "wald": "Wald",
    "robust": "robust",
    "jackknife": "jackknife",
}


def describe_limits(row: pd.Series) -> str:
    """Write ``7.84 (0.82 to 1043)`` from a row of ratios; ``no estimate`` when NaN."""
    if not np.isfinite(row["estimate"]):
        return "no estimate"
    return format_ratio(row["estimate"], row["conf_low"], row["conf_high"])


def sentence(row: pd.Series, penalty: str | None) -> str:
    """Say one ratio in a sentence.

    Parameters
    ----------
    row : Series
        A row of ``tidy(exponentiate=True)``.
    penalty : None or "firth"

    Returns
    -------
    str
    """
    ratio, term = str(row["scale"]), row["term"]
    if not np.isfinite(row["estimate"]):
        return f"There is no estimate of the {ratio} for {term} ({row['reason']})."
    interval = str(row["interval"])
    test = "penalised likelihood-ratio" if penalty else "Wald"
    if interval in ("robust", "jackknife"):
        test = "t-test"
    kind = f"{interval.capitalize() if interval == 'wald' else interval} limits"
    if np.isnan(row["conf_low"]) and np.isnan(row["conf_high"]):
        return (
            f"The {ratio} for {term} is {format_ratio(row['estimate'], None, None)}, without "
            f"limits ({row['reason'] or 'none could be found'}; "
            f"{count(int(row['events']), 'event')}): how far the data bound it is not known."
        )
    return (
        f"The {ratio} for {term} is {format_ratio(row['estimate'], None, None)} "
        f"(95% {kind} {_ends(row)}; {test} p {p_words(row['p_value'])}; "
        f"{count(int(row['events']), 'event')}): "
        f"the data are compatible with {_reading(row)}."
    )


def _ends(row: pd.Series) -> str:
    low, high = (format_ratio(row[c], None, None) for c in ("conf_low", "conf_high"))
    return f"{low} to {high}"


def p_words(value: float) -> str:
    """Write what follows the letter p: ``= 0.079``, ``<0.001``, ``>0.99``."""
    text = format_p(value)
    return text if text[:1] in "<>" else f"= {text}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Write ``1 event``, ``2 events``, ``2 strata``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def _reading(row: pd.Series) -> str:
    noun = str(row["scale"]).removesuffix(" ratio")
    low, high = float(row["conf_low"]), float(row["conf_high"])
    if not (np.isfinite(low) or np.isfinite(high)):
        return f"any change of the {noun}"
    text = f"anything from {_change(low)} to {_change(high)} the {noun}"
    if low > 0 and high / low > WIDE:
        text += ", which is to say that they hardly bound it"
    return text


def _change(ratio: float) -> str:
    if np.isinf(ratio):
        return "any multiple of"
    return f"{format_ratio(ratio, None, None)} times"


def design_notes(
    design: Design, codes: np.ndarray, children: np.ndarray | None
) -> list[str]:
    """Write notes on rows left out, with whose they were, and on reference levels."""
    notes = []
    left_out = ~(design.kept if design.complete is None else design.complete)
    if left_out.any():
        missing = ", ".join(
            f"{v} ({count(n, 'row')})" for v, n in sorted(design.missing.items())
        )
        lost = count(int(left_out.sum()), "row")
        if children is not None:
            lost += f" of {len(pd.unique(children[left_out]))} patients"
        events = int((codes[left_out] == 1).sum())
        notes.append(
            f"Left out for missing values: {lost} with {count(events, 'event')}; "
            f"missing: {missing}."
        )
    for factor, level in sorted(design.references.items()):
        if any(f"{factor}[" in term for term in design.terms):
            notes.append(f"Reference level of {factor}: {level}.")
        else:
            notes.append(
                f"{factor} has one level only, {level}, in the rows fitted, and so no term."
            )
    return notes


def event_notes(
    design: Design,
    event: np.ndarray,
    parameters: int,
    children: np.ndarray | None = None,
) -> list[str]:
    """Write notes on how few events there are, overall and in the groups compared.

    Parameters
    ----------
    design : Design
    event : (n,) bool array
    parameters : int
        Terms that are estimated.
    children : (n,) int array, optional
        Code of each row's child, to count children beside rows.
    """
    n_events = int(event.sum())
    notes = []
    if parameters and n_events / parameters < FEW_EVENTS_PER_PARAMETER:
        notes.append(
            f"{count(n_events, 'event')} for {count(parameters, 'parameter')} ("
            f"{n_events / parameters:.1f} per "
            "parameter): too few to carry far-reaching conclusions."
        )
    for j, term in enumerate(design.terms):
        column = design.matrix[:, j]
        if term == INTERCEPT or not is_binary(column):
            continue
        for value in (1.0, 0.0):
            group = column == value
            if group.any() and not event[group].any() and n_events:
                size = count(int(group.sum()), "row")
                if children is not None:
                    own = len(np.unique(children[group]))
                    size += f" of {count(own, 'child', 'children')}"
                notes.append(f"No event in the {size} with {term} = {value:g}.")
    return notes


def estimated_terms(design: Design, found: Inference) -> int:
    """Count the terms, the intercept aside, that the fit estimates or would."""
    left = sum(why == ALIASED for why in found.reasons)
    return len(design.terms) - int(INTERCEPT in design.terms) - left


def left_out_notes(terms: tuple[str, ...], found: Inference) -> list[str]:
    """Name the terms that the rows cannot tell from nothing or from other terms."""
    named = [
        term
        for term, why in zip(terms, found.reasons, strict=True)
        if why == ALIASED and term != INTERCEPT
    ]
    if not named or len(named) == len(terms):
        return []
    return [f"Left out, not estimated: {', '.join(named)} ({ALIASED})."]


def method_note(
    terms: tuple[str, ...], rows: FittedRows, interval: str, found: Inference
) -> str:
    """Say which method was used and why, and why its figures can, or cannot, be read."""
    plain = not rows.firth and not rows.priors
    separation = found.separation
    separated = separation is not None and separation.separated
    where = ""
    if separation is not None and separated:
        named = diverging_terms(terms, found.positions, separation)
        where = "monotone likelihood" + (f" in {', '.join(named)}" if named else "")
    if separated and not found.converged:
        return (
            f"Plain maximum likelihood has no estimate here ({where}): no "
            "standard error, Wald limit or p-value would mean anything, however small it "
            "looked. Use penalty='firth'."
        )
    if not found.converged:
        return f"No estimate: {found.failure_reason}."
    figures = f"{LIMITS[interval]} limits at 95% and {_tests_named(interval, plain)}."
    failures = [why for why in found.limit_failures if why]
    if interval != "profile" and len(failures) >= max(len(found.positions), 1):
        figures = f"no {LIMITS[interval]} limits and no test ({failures[0]})."
    if plain:
        return (
            f"Plain maximum likelihood, whose maximum exists (the gate found no monotone "
            f"likelihood); {figures}"
        )
    name = "Firth's penalised likelihood" if rows.firth else "Likelihood with priors"
    if separated:
        why = f"because plain maximum likelihood has no estimate here ({where})"
    elif rows.firth:
        why = (
            "which has an estimate even when every event falls into one group (here a plain "
            "maximum exists too)"
        )
    else:
        why = (
            "whose estimates lean towards the priors (here a plain maximum exists too)"
        )
    return f"{name}, {why}; {figures}"


def _tests_named(interval: str, plain: bool) -> str:
    if interval in ("robust", "jackknife"):
        return "t tests"
    return "Wald tests" if plain else "penalised likelihood-ratio tests"


def weight_notes(extras: Extras, rows: FittedRows) -> list[str]:
    """Say what the weights are taken for, how uneven they are, and what they left out."""
    weights = extras.weights
    if weights is None:
        return []
    kinds = {
        "case": "case weights, as R's coxph and glm take them",
        "sampling": "sampling weights (inverse probabilities)",
        "frequency": "frequency weights, each row standing for so many like it (under "
        "Efron's rule the rows of one weight still count as one tie, as in R)",
    }
    assert extras.weight_kind is not None and rows.weights is not None
    used = rows.weights
    effective = float(used.sum() ** 2 / (used @ used))
    notes = [
        f"Weights: {kinds[extras.weight_kind]}; from {used.min():.3g} to {used.max():.3g}."
    ]
    if extras.weight_kind == "sampling":
        notes.append(
            f"Sampling weights leave the worth of {effective:.0f} of {len(used)} rows."
        )
        if rows.firth or rows.priors:
            notes.append(
                "Sampling weights were scaled to add up to the number of rows, because a "
                "penalised estimate depends on their scale."
            )
    elif (rows.firth or rows.priors) and not extras.whole_weights:
        notes.append(
            "Case weights that are not whole are taken as they stand, and a penalised "
            "estimate depends on their scale; give inverse probabilities as "
            "weight_kind='sampling'."
        )
    zero = int((weights == 0).sum())
    if zero:
        notes.append(f"Left out for a weight of zero: {count(zero, 'row')}.")
    return notes


def cluster_notes(extras: Extras, rows: FittedRows, interval: str) -> list[str]:
    """Say what robust limits rest on, and when they are too narrow."""
    why = dependent_rows(extras, rows.several_events)
    if interval == "wald" and why:
        return [
            f"Wald limits take every row as independent, which does not hold with {why}; "
            "robust limits would not."
        ]
    if interval not in ("robust", "jackknife"):
        return []
    named = (extras.named or {}).get("cluster")
    by = (
        f"by {named}"
        if named
        else "by child"
        if rows.children is not None
        else "by row"
    )
    number = rows.groups_with_event
    kind = "Leverage-corrected robust" if interval == "robust" else "Jackknife"
    notes = [f"{kind} variance {by}; {count(number, 'cluster')} with an event."]
    if number < FEW_CLUSTERS:
        notes.append(
            f"Fewer than {FEW_CLUSTERS} clusters have an event: robust limits are not to be "
            "relied on. In a recovery study with six events R's plain sandwich covered 86 to "
            "97%; these, leverage-corrected, 98% and more, at the price of width."
        )
    return notes


def terms_to_tell(term: str | None, terms: Sequence[str]) -> list[str]:
    """Return the term asked for, or every term but the intercept.

    Raises
    ------
    UsageError
        When there is no such term.

    Examples
    --------
    >>> terms_to_tell(None, ["Intercept", "nxp2"])
    ['nxp2']
    """
    chosen = [term] if term else [name for name in terms if name != "Intercept"]
    unknown = [name for name in chosen if name not in terms]
    if unknown:
        raise UsageError(f"no such terms: {unknown}; the terms are {terms}")
    return chosen
