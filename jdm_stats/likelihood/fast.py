"""Which path serves a likelihood: NumPy's, or the compiled one where the work is large.

Both climb by the same rules and agree to 1e-10; a test holds them to it. The choice hangs on
the size of the work alone, never on what ran before, so that the same call gives the same
digits: below half a second of NumPy, loading compiled code would cost more than it saves.
Where no machine code has been made yet, which takes a minute, only work beyond that minute
makes it (docs/decisions/0010).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from jdm_stats.errors import UsageError
from jdm_stats.likelihood.compiled.gate import (
    gate,
    kernels,
    machine_code_is_there,
)
from jdm_stats.likelihood.logistic import LogisticLikelihood
from jdm_stats.likelihood.partial import PartialLikelihood
from jdm_stats.likelihood.penalty import (
    FirthPenalty,
    Likelihood,
    Penalty,
    PriorPenalty,
)
from jdm_stats.likelihood.risk_sets import FloatArray, RiskSets

if TYPE_CHECKING:
    from jdm_stats.likelihood.compiled.single import CompiledProblem

Engine = Literal["auto", "numpy", "compiled"]
ENGINES = ("auto", "numpy", "compiled")

# Seconds of NumPy for one evaluation: a call's own cost, and that of a row's covariate.
CALL_SECONDS = 1e-4
ENTRY_SECONDS = 2e-8
# Work from which the compiled path pays for its loading.
WORTHWHILE_SECONDS = 0.5
# Work that pays for compiling, too.
COMPILING_SECONDS = 90.0
# Evaluations of a climb, and of the limits and tests of one coefficient.
CLIMB, LIMITS, LIMITS_FIRTH = 10, 60, 120


def choose(
    engine: Engine, rows: int, columns: int, *, limits: bool, firth: bool
) -> bool:
    """Whether a problem goes the compiled path.

    Parameters
    ----------
    engine : {"auto", "numpy", "compiled"}
        "compiled" where it is not to be had raises; "auto" falls back.
    rows, columns : int
        Of the covariates the likelihood sees.
    limits : bool
        Whether profile limits of every coefficient will be asked for.
    firth : bool

    Returns
    -------
    bool

    Raises
    ------
    UsageError
        For an unknown engine, or a compiled one that is not available.
    """
    if engine not in ENGINES:
        raise UsageError(f"engine must be one of {ENGINES}; received {engine!r}")
    if engine == "compiled" and not gate().open:
        raise UsageError(
            f"the compiled engine is not available ({gate().reason}); install numba or "
            "use engine='auto'"
        )
    if engine != "auto":
        return engine == "compiled"
    return worth_compiling(numpy_seconds(rows, columns, limits=limits, firth=firth))


def numpy_seconds(
    rows: int, columns: int, *, limits: bool, firth: bool, fits: int = 1
) -> float:
    """Estimate the seconds that fits of so many rows in all would take on the NumPy path.

    A Firth fit looks for other peaks through its profiles, whatever its limits.
    """
    each = LIMITS_FIRTH if firth else (LIMITS if limits else 0)
    evaluation = CALL_SECONDS * fits + ENTRY_SECONDS * rows * columns
    return (CLIMB + each * columns) * evaluation


def worth_compiling(seconds: float) -> bool:
    """Whether work of so many NumPy seconds pays for the compiled path's loading."""
    if seconds <= WORTHWHILE_SECONDS or not gate().open:
        return False
    return seconds > COMPILING_SECONDS or machine_code_is_there()


def compiled_problem(
    likelihood: Likelihood, penalty: Penalty
) -> CompiledProblem | None:
    """Give the compiled twin of a likelihood and its penalty.

    Laid out once for each kind of penalty and kept with the likelihood. None when the
    likelihood was not sent this way, or the penalty has no twin.
    """
    if not getattr(likelihood, "compiled", False):
        return None
    if not isinstance(likelihood, PartialLikelihood | LogisticLikelihood):
        return None
    if isinstance(likelihood, PartialLikelihood) and (
        type(likelihood.risk_sets) is not RiskSets
    ):  # sums of another kind, such as Fine and Gray's
        return None
    kind = _kind(penalty)
    if kind is None:
        return None
    held, twin = likelihood.twins.get(kind, (None, None))
    if twin is None or (kind == "priors" and held is not penalty):
        twin = _laid_out(likelihood, penalty)
        likelihood.twins[kind] = (penalty, twin)
    return twin


def _kind(penalty: Penalty) -> str | None:
    if isinstance(penalty, PriorPenalty):
        # Only priors of one inner coefficient each have a twin.
        one = (np.count_nonzero(penalty.rows, axis=1) == 1).all()
        return "priors" if one else None
    return "firth" if isinstance(penalty, FirthPenalty) else "plain"


def _laid_out(
    likelihood: PartialLikelihood | LogisticLikelihood, penalty: Penalty
) -> CompiledProblem:
    single = kernels("single")
    priors = None
    if isinstance(penalty, PriorPenalty):
        priors = _columns(penalty, likelihood.n_parameters)
    shared = {
        "firth": isinstance(penalty, FirthPenalty),
        "weights": likelihood.weights,
        "offset": likelihood.offset,
        "priors": priors,
    }
    if isinstance(likelihood, LogisticLikelihood):
        made: CompiledProblem = single.logistic(
            likelihood.covariates, likelihood.outcome, **shared
        )
        return made
    sets = likelihood.risk_sets
    made = single.cox(
        likelihood.covariates,
        sets.lo,
        sets.hi,
        sets.deaths,
        sets.death_time,
        sets.n_times,
        ties=likelihood.ties,
        **shared,
    )
    return made


def _columns(penalty: PriorPenalty, p: int) -> FloatArray:
    """Priors as the kernels take them: kind, mean, spread or m1, m2 and scale, (5, p)."""
    table = np.zeros((5, p))
    table[4] = 1.0
    place = penalty.rows.argmax(axis=1)
    normal = np.isfinite(penalty.sd)
    table[0, place] = np.where(normal, 1.0, 2.0)
    table[1, place] = penalty.mean
    table[2, place] = np.where(normal, penalty.sd, penalty.m1)
    table[3, place] = np.where(normal, 0.0, penalty.m2)
    table[4, place] = 1.0 / penalty.rows[np.arange(len(place)), place]
    return table
