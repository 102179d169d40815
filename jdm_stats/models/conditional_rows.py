"""Rows of matched sets, kept so that a conditional fit can be made again without some."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from jdm_stats.likelihood.fitting import Problem
from jdm_stats.likelihood.matched_problem import (
    conditional_problem,
    estimable_conditional_columns,
)
from jdm_stats.likelihood.matched_sets import MatchedSets, build_matched_sets
from jdm_stats.likelihood.risk_sets import IntArray
from jdm_stats.models.fitted_rows import FittedRows
from jdm_stats.models.priors import penalty_of


@dataclass(frozen=True, eq=False, kw_only=True)
class ConditionalRows(FittedRows):
    """Rows of a conditional logistic model.

    Parameters
    ----------
    set_code : (n,) int array
        Set of each row.
    """

    set_code: IntArray

    @cached_property
    def sets(self) -> MatchedSets:
        """Sets with a case and a control, and their rows."""
        return build_matched_sets(self.set_code, self.outcome)

    @property
    def seen(self) -> IntArray:
        """Positions of the rows of sets with a case and a control, by set."""
        return self.sets.kept

    def estimable(self) -> IntArray:
        """Positions of the terms that vary, independently, within sets."""
        return estimable_conditional_columns(self.covariates[self.seen], self.sets)

    def problem(self, positions: IntArray) -> Problem:
        """Build the fitting problem of some terms."""
        priors = self._chosen(positions)
        seen, heavy = self.seen, self.heavy
        return conditional_problem(
            self.covariates[seen][:, positions],
            self.sets,
            firth=self.firth,
            priors=penalty_of(priors) if any(priors) else None,
            weights=None if heavy is None else heavy[seen],
            offset=None if self.offset is None else self.offset[seen],
        )
