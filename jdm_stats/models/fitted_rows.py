"""The rows a fit was made of, kept so that it can be made again without some of them.

Leaving out a cluster (jackknife), an event (ledger) or a row builds the same problem from
fewer rows; residuals and curves read times, strata and weights here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from jdm_stats.likelihood.estimable import (
    clearly_independent,
    estimable_cox_columns,
    independent_columns,
)
from jdm_stats.likelihood.fast import Engine, choose
from jdm_stats.likelihood.fitting import Problem
from jdm_stats.likelihood.problems import cox_problem, logistic_problem
from jdm_stats.likelihood.risk_sets import (
    FloatArray,
    IntArray,
    RiskSets,
    build_risk_sets,
)
from jdm_stats.models.priors import Priors, penalty_of

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedRows:
    """What every model reads of its rows.

    Parameters
    ----------
    covariates : (n, p) float array
        The design, terms that cannot be estimated included.
    outcome : (n,) bool array
        Rows with the outcome.
    index : Index
        Labels of the rows in the caller's frame.
    firth : bool
    priors : tuple
        Prior of each term, or None; empty without any.
    weights, offset : (n,) float arrays or None
    cluster, children : (n,) int arrays or None
        Codes from 0. Without a cluster, rows of one child belong together; without
        children each row stands for itself.
    names : (n,) array or None
        Name of each row's child.
    weight_kind : {"case", "sampling", "frequency"} or None
    offset_name : str or None
        Column of the offset, when it was one.
    engine : {"auto", "numpy", "compiled"}
    limits : bool
        Whether profile limits will be asked for, which decides what "auto" takes.
    """

    covariates: FloatArray
    outcome: BoolArray
    index: pd.Index
    firth: bool = False
    priors: Priors = ()
    weights: FloatArray | None = None
    offset: FloatArray | None = None
    cluster: IntArray | None = None
    children: IntArray | None = None
    names: np.ndarray | None = None
    weight_kind: str | None = None
    offset_name: str | None = None
    engine: Engine = "auto"
    limits: bool = False
    needs_contrast: ClassVar[bool] = False

    @cached_property
    def groups(self) -> IntArray:
        """Cluster of each row for robust variances, codes from 0, (n,)."""
        chosen = self.cluster if self.cluster is not None else self.children
        if chosen is None:
            return np.arange(len(self.outcome))
        return np.unique(chosen, return_inverse=True)[1]

    @property
    def groups_with_event(self) -> int:
        """Clusters in which the outcome happens; under frequency weights, so many of them."""
        return self._groups_where(self.outcome)

    def _groups_where(self, chosen: BoolArray) -> int:
        own, first = np.unique(self.groups[chosen], return_index=True)
        if self.weight_kind == "frequency" and self.weights is not None:
            return int(self.weights[chosen][first].sum())
        return len(own)

    @cached_property
    def n_children(self) -> int | None:
        """Children among the rows; None when nothing names them."""
        if self.children is None:
            return None
        return int(np.count_nonzero(np.bincount(self.children)))

    @property
    def child_names(self) -> pd.Index:
        """Name of each child, in the order of the codes in ``children``."""
        assert self.children is not None and self.names is not None
        count = int(self.children.max(initial=-1)) + 1
        first = np.zeros(count, dtype=np.intp)
        first[self.children[::-1]] = np.arange(len(self.children))[::-1]
        return pd.Index(np.asarray(self.names)[first], name="patient_id")

    @property
    def several_events(self) -> bool:
        """Whether some child has the outcome more than once."""
        if self.children is None:
            return False
        own = self.children[self.outcome]
        return len(np.unique(own)) < len(own)

    @property
    def seen(self) -> IntArray:
        """Positions of the rows that the likelihood sees."""
        return np.arange(len(self.outcome))

    @property
    def heavy(self) -> FloatArray | None:
        """Weights as the likelihood takes them.

        A penalty does not grow with the weights, so that a penalised estimate would depend
        on the scale of sampling weights: they are made to add up to the number of rows.
        """
        penalised = self.firth or any(self.priors)
        if self.weights is None or not (penalised and self.weight_kind == "sampling"):
            return self.weights
        return self.weights * (len(self.weights) / self.weights.sum())

    def estimable(self) -> IntArray:
        """Positions of the terms that the likelihood can see."""
        raise NotImplementedError

    def problem(self, positions: IntArray) -> Problem:
        """Build the fitting problem of some terms."""
        raise NotImplementedError

    def whole_problem(self) -> tuple[IntArray, Problem | None]:
        """Build the problem of every term that can be estimated, and say which those are.

        The information at zero, which the climb needs anyway, mostly shows that every
        term can; only where it does not is the design looked at more closely.
        """
        every = np.arange(self.covariates.shape[1])
        problem = self.problem(every) if self.covariates.shape[1] else None
        if problem is not None and clearly_independent(problem.zero.information):
            return every, problem
        positions = self.estimable()
        return positions, self.problem(positions) if len(positions) else None

    def without(self, left_out: BoolArray) -> FittedRows:
        """Give the same rows less those marked."""
        keep = ~left_out
        changes = {
            name: value[keep]
            for name, value in vars(self).items()
            if name in self.__dataclass_fields__
            and isinstance(value, np.ndarray | pd.Index)
        }
        return replace(self, **changes)  # type: ignore[arg-type]

    def _compiled(self, columns: int) -> bool:
        return choose(
            self.engine,
            len(self.seen),
            columns,
            limits=self.limits,
            firth=self.firth,
        )

    def _chosen(self, positions: IntArray) -> Priors:
        return tuple(self.priors[j] for j in positions) if self.priors else ()


@dataclass(frozen=True, eq=False, kw_only=True)
class CoxRows(FittedRows):
    """Rows of a Cox model.

    Parameters
    ----------
    start, stop : (n,) float arrays
    ties : {"efron", "breslow"}
    strata : (n,) int array or None
        Codes from 0.
    strata_labels : tuple of str
        ``"centre=3, sex=female"``, by code.
    strata_names : tuple of str
        Columns they were made of; empty when given as an array.
    """

    start: FloatArray
    stop: FloatArray
    ties: Literal["efron", "breslow"] = "efron"
    strata: IntArray | None = None
    strata_labels: tuple[str, ...] = ()
    strata_names: tuple[str, ...] = ()

    @cached_property
    def sets(self) -> RiskSets:
        """Risk sets of the rows."""
        return build_risk_sets(self.start, self.stop, self.outcome, strata=self.strata)

    @property
    def seen(self) -> IntArray:
        """Positions of the rows at risk at one event time or more."""
        return self.sets.kept

    def estimable(self) -> IntArray:
        """Positions of the terms that vary, independently, within the risk sets."""
        return estimable_cox_columns(self.covariates[self.seen], self.sets)

    def problem(self, positions: IntArray) -> Problem:
        """Build the fitting problem of some terms."""
        priors = self._chosen(positions)
        seen, heavy = self.seen, self.heavy
        every = len(positions) == self.covariates.shape[1]
        columns = self.covariates[seen]  # a copy, which the problem may scale in place
        return cox_problem(
            columns if every else np.ascontiguousarray(columns[:, positions]),
            self.sets,
            ties=self.ties,
            firth=self.firth,
            priors=penalty_of(priors) if any(priors) else None,
            weights=None if heavy is None else heavy[seen],
            offset=None if self.offset is None else self.offset[seen],
            overwrite=True,
            compiled=self._compiled(len(positions)),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class LogisticRows(FittedRows):
    """Rows of a logistic model whose first term is the intercept."""

    needs_contrast = True

    @property
    def groups_with_event(self) -> int:
        """Clusters with the rarer outcome, which decides what can be known."""
        return min(self._groups_where(self.outcome), self._groups_where(~self.outcome))

    def estimable(self) -> IntArray:
        """Positions of the linearly independent terms."""
        return independent_columns(self.covariates)

    def problem(self, positions: IntArray) -> Problem:
        """Build the fitting problem of some terms."""
        priors = self._chosen(positions)
        return logistic_problem(
            self.covariates[:, positions],
            self.outcome.astype(float),
            firth=self.firth,
            priors=penalty_of(priors) if any(priors) else None,
            weights=self.heavy,
            offset=self.offset,
            compiled=self._compiled(len(positions)),
        )
