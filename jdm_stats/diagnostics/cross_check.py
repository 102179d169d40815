"""Two engines for one model: the same fit by another library, digit by digit."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.second_engines import (
    Engine,
    SecondFit,
    ask,
    engines_for,
)
from jdm_stats.errors import UsageError
from jdm_stats.html import html_table, paragraphs
from jdm_stats.intervals.marks import marked
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.fit import FitResult

MOST_DIGITS = 15
NUMBERS = ("", "One other engine agrees", "Two other engines agree")
QUANTITIES = ("coefficients", "standard errors", "log-likelihood")
# Engines agree when each quantity that both give does to so many digits.
ASKED = dict(zip(QUANTITIES, (8, 6, 8), strict=True))


@dataclass(frozen=True)
class EngineCheck:
    """What one other engine found.

    Parameters
    ----------
    engine, version : str
    coefficients, standard_errors, log_likelihood : int or None
        Digits that agree; None when not compared.
    """

    engine: str
    version: str
    coefficients: int
    standard_errors: int | None
    log_likelihood: int

    @property
    def digits(self) -> dict[str, int | None]:
        """Digits that agree, by quantity; None when not compared."""
        told = (self.coefficients, self.standard_errors, self.log_likelihood)
        return dict(zip(QUANTITIES, told, strict=True))

    @property
    def differing(self) -> tuple[str, ...]:
        """Quantities that do not agree to the digits asked."""
        return tuple(
            what
            for what, digits in self.digits.items()
            if digits is not None and digits < ASKED[what]
        )

    @property
    def agrees(self) -> bool:
        """Whether coefficients and log-likelihood agree to 8 digits, standard errors to 6.

        Standard errors are asked only where the engine gives those of our information.
        """
        return not self.differing

    def in_words(self) -> str:
        """Say to how many digits each quantity agrees."""
        said = [f"{what} {n}" for what, n in self.digits.items() if n is not None]
        return f"{self.engine} {self.version}: {', '.join(said)}"


@dataclass(frozen=True, eq=False)
class CrossCheck:
    """A fit held against other engines; made by `cross_check`.

    Parameters
    ----------
    model, formula : str
        Of the fit.
    checks : tuple of EngineCheck
        One per engine that fitted it.
    unable : mapping of str to str
        Engines that could not, with the reason.
    reason : str
        Why no engine was asked at all; empty when they were.
    synthetic : bool
    interval : str
        Kind of the fit's limits.
    """

    model: str
    formula: str
    checks: tuple[EngineCheck, ...]
    unable: dict[str, str]
    reason: str = ""
    synthetic: bool = False
    interval: str = ""
    _figures: pd.DataFrame = field(default_factory=pd.DataFrame, repr=False)

    @property
    def checked(self) -> bool:
        """Whether another engine fitted the model at all."""
        return bool(self.checks)

    @property
    def agrees(self) -> bool:
        """Whether every engine that fitted it agrees on all that both give.

        Coefficients and log-likelihood to 8 digits, standard errors to 6.
        """
        return self.checked and all(check.agrees for check in self.checks)

    @property
    def digits(self) -> pd.DataFrame:
        """Digits that agree: a row per engine, a column per quantity.

        A digit is a tenth of the larger of the figure and, for a coefficient, its
        standard error; 15 at most. Missing where a quantity is not compared.
        """
        rows = [
            (c.coefficients, c.standard_errors, c.log_likelihood) for c in self.checks
        ]
        index = pd.Index([c.engine for c in self.checks], name="engine")
        table = pd.DataFrame(rows, index, list(QUANTITIES), dtype="Int64")
        return marked(table, self.synthetic)

    def tidy(self) -> pd.DataFrame:
        """One row per engine, quantity and term.

        Returns
        -------
        DataFrame
            ``engine, version, quantity, term, ours, theirs, difference, digits``.
        """
        return marked(self._figures.copy(), self.synthetic)

    def in_words(self) -> str:
        """Say in a sentence or two whether the engines agree."""
        why = "; ".join(f"{name}: {reason}" for name, reason in self.unable.items())
        if self.reason:
            return f"Not checked by a second engine: {self.reason}."
        if not self.checked:
            return f"No second engine can fit this model ({why}): not checked."
        if not self.agrees:
            return self._disagreement()
        least = min(check.coefficients for check in self.checks)
        said = "; ".join(check.in_words() for check in self.checks)
        asked = ", ".join(f"{what} {digits}" for what, digits in ASKED.items())
        return (
            f"{NUMBERS[len(self.checks)]} on the coefficients to at least {least} digits "
            f"({said}; asked: {asked})."
            + (f" Not asked: {why}." if why else "")
            + self._not_compared()
        )

    def _not_compared(self) -> str:
        """Say which of the fit's standard errors and limits no other engine was asked for."""
        said = ""
        bare = [c.engine for c in self.checks if c.standard_errors is None]
        if len(bare) == len(self.checks):
            said += (
                f" Standard errors were not compared: those of {', '.join(bare)} are of "
                "another kind."
            )
        if self.interval in ("robust", "jackknife"):
            said += (
                f" The {self.interval} limits of this fit were not checked by a second engine: "
                "what is compared are standard errors from the information, not its "
                f"{self.interval} ones."
            )
        return said

    def _disagreement(self) -> str:
        """Name the first quantity and term that differ, with both figures."""
        worst = min(
            (check for check in self.checks if not check.agrees),
            key=lambda check: check.coefficients,
        )
        what = worst.differing[0]
        own = self._figures
        own = own[(own["engine"] == worst.engine) & (own["quantity"] == what)]
        row = own.loc[own["digits"].idxmin()]
        told = what if not row["term"] else f"{what.removesuffix('s')} of {row['term']}"
        return (
            f"The engines DISAGREE: the {told} is {row['ours']:.10g} here "
            f"and {row['theirs']:.10g} by {worst.engine} {worst.version} ({row['digits']} "
            f"digits, asked {ASKED[what]}). One of the two is wrong; do not use the figures "
            "before it is known which."
        )

    def __repr__(self) -> str:
        mark = "SYNTHETIC " if self.synthetic else ""
        state = "agrees" if self.agrees else "DISAGREES" if self.checked else "not made"
        return f"<{mark}Cross-check of {self.model}: {self.formula}: {state}>"

    def _repr_html_(self) -> str:
        shown = self.digits.reset_index()
        caption = f"Digits that agree with {self.model}: {self.formula}"
        table = html_table(shown, caption=caption, synthetic=self.synthetic)
        return paragraphs(self.in_words()) + (table if self.checked else "")


def cross_check(fit: FitResult) -> CrossCheck:
    """Fit a model again by the other libraries that can do it right, and compare.

    Plain Cox models by lifelines and statsmodels, plain logistic models by statsmodels,
    Firth's by firthmodels where that is installed. Estimates, standard errors from the
    information, and the log-likelihood are compared; limits and p-values, and so robust
    and jackknife standard errors, are not.

    Parameters
    ----------
    fit : FitResult
        Of `jdm_stats.fit_cox` or `jdm_stats.fit_logistic`.

    Returns
    -------
    CrossCheck
        Engines that cannot fit the model stand in ``unable`` with the reason.

    Raises
    ------
    UsageError
        When the fit is of another kind.

    Examples
    --------
    >>> import pandas as pd
    >>> from jdm_stats.models.cox import fit_cox
    >>> frame = pd.DataFrame(
    ...     {
    ...         "start": [0, 0, 0, 1, 0],
    ...         "stop": [2, 3, 4, 5, 6],
    ...         "event": [1, 1, 1, 1, 0],
    ...         "nxp2": [1, 0, 1, 0, 0],
    ...     }
    ... )
    >>> found = cross_check(fit_cox(frame, "nxp2"))
    >>> found.agrees, list(found.digits.index)
    (True, ['lifelines', 'statsmodels'])
    """
    if not isinstance(fit, FitResult) or fit.kind not in ("cox", "logistic"):
        kind = getattr(fit, "model", type(fit).__name__)
        raise UsageError(
            f"cross_check takes a result of fit_cox or fit_logistic; received {kind}"
        )
    checks, unable, figures = [], {}, []
    none = ""
    if fit.inference.solution is None:
        none = f"there is no estimate to check ({fit.failure_reason})"
    elif fit.penalty not in (None, "firth"):
        none = "none of the other libraries knows priors"
    else:
        for engine in engines_for(fit):
            reason = engine.unable(fit)
            found = reason or ask(engine, fit)
            if isinstance(found, str):
                unable[engine.name] = found
                continue
            rows = _compared(fit, engine, found)
            figures.append(rows)
            checks.append(_check(engine, rows))
    return CrossCheck(
        model=fit.model,
        formula=fit.formula,
        checks=tuple(checks),
        unable=unable,
        reason=none,
        synthetic=fit.synthetic,
        interval=fit.interval,
        _figures=pd.concat(figures, ignore_index=True) if figures else pd.DataFrame(),
    )


def _compared(fit: FitResult, engine: Engine, found: SecondFit) -> pd.DataFrame:
    """One row per quantity and term."""
    here = fit.inference.positions
    terms = [fit.terms[j] for j in here]
    solution = fit.inference.solution
    assert solution is not None
    value = solution.log_likelihood
    if fit.penalty == "firth":
        value = solution.penalised_log_likelihood
    ours = fit.inference.coefficients[here]
    errors = np.sqrt(np.diag(fit.inference.covariance)[here])
    parts = [
        _figures(QUANTITIES[0], terms, ours, found.coefficients, errors),
        _figures(QUANTITIES[2], [""], [value], [found.log_likelihood], [1.0]),
    ]
    if found.std_errors is not None:
        own = _figures(QUANTITIES[1], terms, errors, found.std_errors, errors)
        parts.insert(1, own)
    table = pd.concat(parts, ignore_index=True)
    table.insert(0, "engine", engine.name)
    table.insert(1, "version", engine.version)
    return table


def _figures(
    quantity: str,
    terms: list[str],
    ours: FloatArray | list[float],
    theirs: FloatArray | list[float],
    scale: FloatArray | list[float],
) -> pd.DataFrame:
    mine, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    size = np.maximum(np.abs(mine), np.asarray(scale, dtype=float))
    return pd.DataFrame(
        {
            "quantity": quantity,
            "term": terms,
            "ours": mine,
            "theirs": other,
            "difference": other - mine,
            "digits": [_digits(d) for d in np.abs(other - mine) / size],
        }
    )


def _digits(relative: float) -> int:
    """Digits that agree, from a relative difference; 0 when it is not a number."""
    if not math.isfinite(relative):
        return 0
    if relative <= 10.0**-MOST_DIGITS:
        return MOST_DIGITS
    return max(0, math.floor(-math.log10(relative)))


def _check(engine: Engine, rows: pd.DataFrame) -> EngineCheck:
    least = rows.groupby("quantity")["digits"].min()
    errors = least.get(QUANTITIES[1])
    return EngineCheck(
        engine=engine.name,
        version=engine.version,
        coefficients=int(least[QUANTITIES[0]]),
        standard_errors=None if errors is None else int(errors),
        log_likelihood=int(least[QUANTITIES[2]]),
    )
