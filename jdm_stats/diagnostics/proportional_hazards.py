"""Do hazard ratios stay the same over time? The score test of cox.zph, honest about power."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.linalg import LinAlgError
from scipy.stats import rankdata

from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, notes_list
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.risk_sets import FloatArray, build_risk_sets
from jdm_stats.likelihood.time_varying import DriftScore, drift_score
from jdm_stats.models.fit import FitResult
from jdm_stats.models.fitted_rows import CoxRows
from jdm_stats.models.residuals import evaluation_of

Transform = str | Callable[[FloatArray], FloatArray]
TRANSFORMS = ("km", "rank", "identity", "log")
# Events below which the notes say that the test can hardly see anything.
FEW_EVENTS = 50
GLOBAL = "GLOBAL"
SINGULAR = (
    "the events cannot tell a change over time of this term from a constant effect"
)
NO_ESTIMATE = "the term has no estimate"


@dataclass(frozen=True, eq=False)
class ProportionalHazards:
    """Tests that each hazard ratio is constant, and what to draw beside them.

    Parameters
    ----------
    model, transform : str
        Name of the fit; scale of time on which a drift is looked for.
    table : DataFrame
        ``term, chisq, df, p, reason``; the last row is GLOBAL, all terms together.
    residuals : DataFrame
        One row per term and event: ``term, time, transformed_time, residual, estimate,
        variance, columns``. Scaled Schoenfeld residuals: each is what its event says of the log
        hazard ratio then; their variance is about ``variance``. A term of several
        columns is drawn as a multiple of its estimated effect, so that its ``estimate``
        is 1.
    n_events : int
    notes : tuple of str
    synthetic : bool
    """

    model: str
    transform: str
    table: pd.DataFrame = field(repr=False)
    residuals: pd.DataFrame = field(repr=False)
    n_events: int
    notes: tuple[str, ...] = field(repr=False)
    synthetic: bool = False

    def tidy(self) -> pd.DataFrame:
        """One row per term, GLOBAL last: ``model, term, chisq, df, p, transform, reason``."""
        tidy = self.table.copy()
        tidy.insert(0, "model", self.model)
        tidy.insert(5, "transform", self.transform)
        return marked(tidy, self.synthetic)

    def _repr_html_(self) -> str:
        shown = self.table.rename(
            columns={"term": "Term", "chisq": "Chi-square", "reason": "Remark"}
        )
        if not (shown["Remark"] != "").any():
            shown = shown.drop(columns="Remark")
        caption = (
            f"Proportional hazards, {self.model}: does a log hazard ratio change with "
            f"time ({self.transform} scale)? {self.n_events} events"
        )
        table = html_table(shown, caption=caption, synthetic=self.synthetic)
        return table + notes_list(self.notes)


def proportional_hazards(
    fit: FitResult, transform: Transform = "km", *, by: str = "term"
) -> ProportionalHazards:
    """Test whether hazard ratios change over time.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox`, with an estimate.
    transform : {"km", "rank", "identity", "log"} or callable, default "km"
        Scale of time g(t) on which the log hazard ratio may drift as a straight line:
        1 - Kaplan-Meier just before t, rank among the ends of all rows, t itself, log t, or a
        function that takes the ends of all fitted rows and gives one number each.
    by : {"term", "column"}, default "term"
        Test the columns of a factor together, or one by one.

    Returns
    -------
    ProportionalHazards

    Raises
    ------
    UsageError
        For another kind of fit, one without estimate, an unknown transform or one that
        gives missing, infinite or constant values.

    Notes
    -----
    As ``cox.zph`` of R's survival from version 3 on: a score test at the estimate (Grambsch
    and Therneau 1994). Of a fit with Firth's penalty or priors it is made at the penalised
    estimate as Neyman's C(alpha) test of the plain likelihood: the penalty's pull is cleared
    away, and under separation the test exists as well. Robust variances do not enter.

    Examples
    --------
    >>> from jdm_stats.models.cox import fit_cox
    >>> frame = pd.DataFrame(
    ...     {
    ...         "start": 0,
    ...         "stop": [1, 2, 3, 4, 5, 6, 7, 8],
    ...         "event": [1, 1, 1, 1, 1, 1, 0, 0],
    ...         "nxp2": [1, 1, 0, 1, 0, 0, 1, 0],
    ...     }
    ... )
    >>> found = proportional_hazards(fit_cox(frame, "nxp2"))
    >>> found.table[["term", "df"]].to_numpy().tolist()
    [['nxp2', 1], ['GLOBAL', 1]]
    """
    if by not in ("term", "column"):
        raise UsageError(f"by must be 'term' or 'column'; received {by!r}")
    if fit.kind != "cox":
        raise UsageError(f"this needs a Cox fit; received {fit.model}")
    rows, at = fit.cox_rows(), evaluation_of(fit)
    name, scale = transformed_times(rows, transform)
    sets = rows.sets
    dying = rows.seen[sets.deaths]
    per_time = np.empty(sets.n_times)
    per_time[sets.death_time] = scale[dying]
    try:
        drift = drift_score(at, per_time)
    except LinAlgError as error:
        raise UsageError(
            "the information at the estimate is singular: nothing can be tested"
        ) from error
    groups = _groups(fit, by)
    return ProportionalHazards(
        model=fit.model,
        transform=name,
        table=marked(_table(fit, drift, groups), fit.synthetic),
        residuals=marked(
            _residuals(fit, groups, scale[dying]), fit.synthetic, transform=name
        ),
        n_events=len(dying),
        notes=tuple(_notes(fit, rows, len(dying))),
        synthetic=fit.synthetic,
    )


def transformed_times(rows: CoxRows, transform: Transform) -> tuple[str, FloatArray]:
    """Name of a scale of time, and the end of every row on it, (n,)."""
    if callable(transform):
        name = getattr(transform, "__name__", "user")
        scale = np.asarray(transform(rows.stop.copy()), dtype=float)
    elif transform not in TRANSFORMS:
        raise UsageError(
            f"transform must be one of {TRANSFORMS} or a function; received {transform!r}"
        )
    else:
        name = transform
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = {
                "km": _one_less_km,
                "rank": lambda r: rankdata(r.stop),
                "identity": lambda r: r.stop,
                "log": lambda r: np.log(r.stop),
            }[transform](rows)
    if scale.shape != rows.stop.shape:
        raise UsageError(
            f"transform must give one number for each of {len(rows.stop)} times; it gave "
            f"shape {scale.shape}"
        )
    own = scale[rows.outcome]
    if not np.isfinite(own).all():
        raise UsageError(
            f"the {name} scale is missing or infinite at {int((~np.isfinite(own)).sum())} "
            "events; choose another transform, such as 'km'"
        )
    if np.ptp(own) == 0:
        raise UsageError(
            f"all {len(own)} events stand at one place of the {name} scale: a change over "
            "time cannot be seen"
        )
    return name, scale


def _one_less_km(rows: CoxRows) -> FloatArray:
    """1 - Kaplan-Meier just before the end of each row; strata and weights left aside."""
    sets = build_risk_sets(rows.start, rows.stop, rows.outcome)
    at_risk = sets.gather(np.ones((len(sets.kept), 1)))[:, 0]
    survival = np.cumprod(1.0 - sets.deaths_per_time / at_risk)
    before = np.searchsorted(sets.times, rows.stop, side="left")
    return 1.0 - np.concatenate([[1.0], survival])[before]


def _groups(fit: FitResult, by: str) -> dict[str, list[int]]:
    """Columns of each term, by place among the columns with an estimate; empty if none."""
    known = {int(j): k for k, j in enumerate(fit.inference.positions)}
    named = {term: [j] for j, term in enumerate(fit.terms)}
    slices = getattr(fit.design.spec, "term_slices", None)
    if by == "term" and slices is not None:
        columns = list(fit.design.spec.column_names)
        named = {
            str(term): [
                fit.terms.index(columns[c]) for c in range(*at.indices(len(columns)))
            ]
            for term, at in slices.items()
            if str(term) != "1"
        }
    return {
        term: [known[j] for j in columns_of if j in known]
        for term, columns_of in named.items()
    }


def _table(
    fit: FitResult, drift: DriftScore, groups: dict[str, list[int]]
) -> pd.DataFrame:
    told = []
    tested = {**groups, GLOBAL: list(range(len(drift.score)))}
    for term, columns in tested.items():
        if not columns:
            told.append((term, np.nan, 0, np.nan, NO_ESTIMATE))
            continue
        chisq, p = drift.test(np.array(columns))
        told.append((term, chisq, len(columns), p, "" if p == p else SINGULAR))
    return pd.DataFrame(told, columns=["term", "chisq", "df", "p", "reason"])


def _residuals(
    fit: FitResult, groups: dict[str, list[int]], scale: FloatArray
) -> pd.DataFrame:
    """Scaled Schoenfeld residuals of each term, long; a term of several columns as one."""
    plain = fit.residuals("schoenfeld")
    here = fit.inference.positions
    inner = plain.to_numpy(float)[:, 1:][:, here]
    beta = fit.inference.coefficients[here]
    covariance = fit.inference.covariance[np.ix_(here, here)]
    shown = {term: columns for term, columns in groups.items() if columns}
    into = np.zeros((len(here), len(shown)))
    for place, columns in enumerate(shown.values()):
        into[columns, place] = 1.0 if len(columns) == 1 else beta[columns]
    variance = _inverse(into.T @ _inverse(covariance) @ into) * len(inner)
    values = inner @ into @ variance
    blocks = []
    for place, (term, columns) in enumerate(shown.items()):
        estimate = float(beta[columns[0]]) if len(columns) == 1 else 1.0
        blocks.append(
            pd.DataFrame(
                {
                    "term": term,
                    "time": plain["time"].to_numpy(),
                    "transformed_time": scale,
                    "residual": values[:, place] + estimate,
                    "estimate": estimate,
                    "variance": variance[place, place],
                    "columns": len(columns),
                }
            )
        )
    return pd.concat(blocks, ignore_index=True)


def _inverse(matrix: FloatArray) -> FloatArray:
    try:
        return np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    except LinAlgError:
        return np.full_like(matrix, np.nan)


def _notes(fit: FitResult, rows: CoxRows, events: int) -> list[str]:
    said = [
        "A drift that is no straight line on the chosen scale of time can be missed: look "
        "at the curve (schoenfeld_plot) as well.",
        "Where a ratio changes, split the rows (split_at) and give each period a "
        "coefficient of its own, or stratify by the term (strata=).",
    ]
    if events < FEW_EVENTS:
        said.insert(
            0,
            f"{events} events: the test has little power; a large p-value does not show "
            "that hazard ratios are constant.",
        )
    if fit.penalty:
        said.append(
            f"Tested at the estimate with penalty ({fit.penalty}): the score of the plain "
            "likelihood, cleared of the penalty's pull (C(alpha) test)."
        )
    if fit.separated:
        said.append(
            "Monotone likelihood: some group of children has no event or only events, and "
            "the chi-square distribution is a rough guide."
        )
    sampling = rows.weight_kind == "sampling"
    if rows.cluster is not None or rows.several_events or sampling:
        said.append(
            "Rows that belong together or carry sampling weights are taken as independent "
            "and counted as they stand; p-values may be too small."
        )
    return said
