"""Rows of matched sets, kept so that a conditional fit can be made again without some."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from jdm_stats.likelihood.fitting import Problem
from jdm_stats.likelihood.matched_problem import (
    conditional_problem,
    estimable_conditional_columns,
)
from jdm_stats.likelihood.matched_sets import MatchedSets, build_matched_sets
from jdm_stats.likelihood.problems import cox_problem
from jdm_stats.likelihood.risk_sets import IntArray, RiskSets, build_risk_sets
from jdm_stats.models.fitted_rows import FittedRows
from jdm_stats.models.priors import penalty_of


@dataclass(frozen=True, eq=False, kw_only=True)
class ConditionalRows(FittedRows):
    """Rows of a conditional logistic model.

    Parameters
    ----------
    set_code : (n,) int array
        Set of each row.
    method : {"exact", "efron", "breslow"}
        The exact likelihood, or Cox's with each set a stratum of one event time.
    """

    set_code: IntArray
    method: Literal["exact", "efron", "breslow"] = "exact"

    @cached_property
    def sets(self) -> MatchedSets:
        """Sets with a case and a control, and their rows."""
        return build_matched_sets(self.set_code, self.outcome)

    @cached_property
    def risk_sets(self) -> RiskSets:
        """The sets as Cox's likelihood sees them."""
        zero = np.zeros(len(self.outcome))
        return build_risk_sets(zero, zero + 1.0, self.outcome, strata=self.set_code)

    @property
    def seen(self) -> IntArray:
        """Positions of the rows that the likelihood sees, in its order."""
        return self.sets.kept if self.method == "exact" else self.risk_sets.kept

    def estimable(self) -> IntArray:
        """Positions of the terms that vary, independently, within sets."""
        return estimable_conditional_columns(self.covariates[self.sets.kept], self.sets)

    def problem(self, positions: IntArray) -> Problem:
        """Build the fitting problem of some terms."""
        chosen = self._chosen(positions)
        seen, heavy = self.seen, self.heavy
        covariates = self.covariates[np.ix_(seen, positions)]
        weights = None if heavy is None else heavy[seen]
        offset = None if self.offset is None else self.offset[seen]
        priors = penalty_of(chosen) if any(chosen) else None
        if self.method == "exact":
            return conditional_problem(
                *(covariates, self.sets),
                firth=self.firth,
                priors=priors,
                weights=weights,
                offset=offset,
            )
        return cox_problem(
            *(covariates, self.risk_sets),
            ties=self.method,
            firth=self.firth,
            priors=priors,
            weights=weights,
            offset=offset,
        )
