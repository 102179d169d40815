"""The engine both doors of imputation share: m chains, checks, tally, notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.imputation.chain import Chain, run_chain, stream
from jdm_stats.imputation.result import Imputations
from jdm_stats.imputation.variables import MOST_CLASSES, Variable
from jdm_stats.intervals.marks import marked
from jdm_stats.replicates.numbers import is_whole
from jdm_stats.simulation.draws import one_seed

# A model is learnt from no fewer observed values than this.
FEWEST_OBSERVED = 5
ASSUMPTION = (
    "Imputation supposes that, given the columns used, whether a value is missing does not "
    "depend on the value itself (missing at random). The data cannot tell."
)


def impute_variables(
    variables: Sequence[Variable],
    *,
    m: int,
    rng: int | np.random.Generator,
    iterations: int,
    donors: int,
    complete: Callable[[Sequence[Variable], Chain, int], Any],
    ids: pd.Series | None,
    what: str,
    synthetic: bool,
    notes: Sequence[str] = (),
) -> Imputations:
    """Run m chains and lay out what came of them; the common end of both doors.

    With ``ids`` the rows go through the chains in the order of their ids, so that the
    order in which they came does not matter.
    """
    _check_call(variables, m, iterations, donors)
    seed = one_seed(rng)
    usable = [v for v in variables if v.target or _seen(v) >= FEWEST_OBSERVED]
    order = None if ids is None else np.argsort(ids.astype(str).to_numpy(dtype=object))
    chains = tuple(
        _chain_in_order(usable, order, stream(seed, k), iterations, donors)
        for k in range(m)
    )
    traces = [
        chain.trace.assign(imputation=number)
        for number, chain in enumerate(chains, start=1)
    ]
    names = ["column", "level", "statistic", "imputation", "iteration", "value"]
    told = pd.concat(traces, ignore_index=True)[names]
    return Imputations(
        m=m,
        seed=seed,
        iterations=int(told["iteration"].max()) if len(told) else 0,
        variables=tuple(usable),
        drawn=tuple(chain.drawn for chain in chains),
        chains=marked(told, synthetic),
        tally=marked(_tally(usable), synthetic),
        notes=(*notes, ASSUMPTION, *_warnings(variables)),
        complete=_Completion(tuple(usable), chains, complete),
        what=what,
        synthetic=synthetic,
    )


def _chain_in_order(
    variables: Sequence[Variable],
    order: np.ndarray | None,
    rng: np.random.Generator,
    iterations: int,
    donors: int,
) -> Chain:
    """Run a chain on the rows in ``order``, and bring back what it drew."""
    if order is None:
        return run_chain(variables, rng, iterations, donors)
    turned = [replace(v, values=v.values[order]) for v in variables]
    chain = run_chain(turned, rng, iterations, donors)
    place = np.argsort(order)
    drawn = {}
    for variable in turned:
        if variable.name in chain.drawn:
            filled = variable.values.copy()
            filled[variable.missing] = chain.drawn[variable.name]
            drawn[variable.name] = filled[place][variable.missing[place]]
    return replace(chain, drawn=drawn)


@dataclass(frozen=True, eq=False)
class _Completion:
    """Put data set k together, each time it is asked for."""

    variables: tuple[Variable, ...]
    chains: tuple[Chain, ...]
    build: Callable[[Sequence[Variable], Chain, int], Any]

    def __call__(self, place: int) -> Any:
        return self.build(self.variables, self.chains[place], place + 1)


def _check_call(
    variables: Sequence[Variable], m: int, iterations: int, donors: int
) -> None:
    wrong = []
    for name, value, least in (
        ("m", m, 1),
        ("iterations", iterations, 1),
        ("donors", donors, 1),
    ):
        if not is_whole(value) or value < least:
            wrong.append(
                f"{name} must be a whole number of {least} or more, not {value!r}"
            )
    for variable in variables:
        seen = _seen(variable)
        if not (variable.target and variable.missing.any()):
            continue
        if seen < FEWEST_OBSERVED:
            wrong.append(
                f"{variable.name} is known in {seen} rows only; a model needs "
                f"{FEWEST_OBSERVED} or more to learn from: leave the column out"
            )
        elif variable.is_class and len(variable.levels) == 1:
            wrong.append(
                f"{variable.name} is {variable.levels[0]!r} wherever it is known, so that "
                "every missing one would become that: leave the column out"
            )
        elif len(variable.levels) > MOST_CLASSES:
            wrong.append(
                f"{variable.name} has {len(variable.levels)} different values; a column of "
                f"classes may have {MOST_CLASSES}: leave it out, or join classes"
            )
    if wrong:
        raise UsageError("; ".join(wrong))


def _tally(variables: Sequence[Variable]) -> pd.DataFrame:
    rows = []
    for variable in variables:
        missing = int(variable.missing.sum())
        rows.append(
            {
                "column": variable.name,
                "role": "imputed" if variable.target else "helper",
                "rows": len(variable.values),
                "missing": missing,
                "imputed": missing if variable.target else 0,
                "learnt_from": len(variable.values) - missing,
            }
        )
    return pd.DataFrame(rows)


def _warnings(variables: Sequence[Variable]) -> list[str]:
    """Write notes on columns with little to learn from and on helpers with gaps."""
    told = []
    for variable in variables:
        missing, rows = int(variable.missing.sum()), len(variable.values)
        if variable.target and not missing:
            told.append(f"{variable.name} has no missing value; nothing was filled in.")
        elif variable.target and missing > rows / 2:
            told.append(
                f"{variable.name} is missing in {missing} of {rows}: most of the column is "
                "the model's."
            )
        elif not variable.target and rows - missing < FEWEST_OBSERVED:
            told.append(
                f"{variable.name} is known in too few to help, and was not used."
            )
        elif missing and not variable.target:
            told.append(
                f"{variable.name} helped to impute; its {missing} missing values were filled "
                "in inside the chains only and are still missing in what is handed out."
            )
    return told


def _seen(variable: Variable) -> int:
    return int((~variable.missing).sum())
