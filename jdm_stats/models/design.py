"""Formula and data frame in, numbers out: the design, its terms, the rows it had to leave out.

The formula language is formulaic's: ``nxp2 + current_dose_mg_kg``,
``C(antibody, Treatment("none"))``, ``nxp2 * recent_pulse``. Its spec is kept, so that new
rows can be coded the same way.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula
from formulaic.errors import FormulaicError
from formulaic.parser.types import Factor
from formulaic.transforms import TRANSFORMS

from jdm_stats.errors import DesignError
from jdm_stats.likelihood.risk_sets import FloatArray
from jdm_stats.models.known_levels import code_seen_levels, refuse_lost_levels
from jdm_stats.models.plain_sums import INTERCEPT, SumSpec, coded_sum, plain_sum
from jdm_stats.models.rows import covariate_fault, require_frame
from jdm_stats.schema import nearest


@dataclass(frozen=True, eq=False)
class Design:
    """A design matrix, and how it came about.

    Parameters
    ----------
    matrix : (n, p) float array
        One row per kept row of the frame.
    terms : tuple of str
        Names of the columns.
    kept : (N,) bool array
        Rows of the frame with every variable of the formula present.
    variables : tuple of str
        Columns of the frame the formula reads.
    missing : dict of str to int
        Rows in which each variable is missing, for those with any.
    references : dict of str to str
        Reference level of each factor.
    spec : formulaic.ModelSpec
        To code new rows.
    complete : (N,) bool array or None
        Rows with every variable present, when ``kept`` leaves out others as well.
    """

    matrix: FloatArray
    terms: tuple[str, ...]
    kept: np.ndarray
    variables: tuple[str, ...]
    missing: dict[str, int]
    references: dict[str, str]
    spec: Any
    complete: np.ndarray | None = None

    def only(self, used: np.ndarray) -> Design:
        """Keep those rows of the design that ``used``, one mark per row of the frame, names."""
        kept = self.kept & used
        if not kept.any():
            raise DesignError(
                "no row is left with every variable and a weight above zero"
            )
        return replace(
            self,
            matrix=self.matrix[used[self.kept]],
            kept=kept,
            complete=self.kept,
        )

    def encode(self, frame: pd.DataFrame) -> FloatArray:
        """Code new rows as the fitted ones were, NaN where a variable is missing.

        Parameters
        ----------
        frame : DataFrame of shape (n, columns)

        Returns
        -------
        (n, p) float array

        Raises
        ------
        DesignError
            When a factor has levels that the fitted rows did not have: left to
            formulaic, they would pass for the reference level.
        """
        plain = _plain(frame, list(self.variables))
        present = plain.notna().all(axis=1).to_numpy(bool)
        matrix = np.full((len(frame), len(self.terms)), np.nan)
        if not present.any():
            return matrix
        coded = code_seen_levels(self.spec, plain[present])
        matrix[present] = coded[list(self.terms)].to_numpy(float)
        return matrix


def is_binary(column: FloatArray) -> bool:
    """Whether a column holds nothing but 0 and 1."""
    first = column[:1000]
    if not ((first == 0.0) | (first == 1.0)).all():
        return False
    return bool(((column == 0.0) | (column == 1.0)).all())


def split_formula(formula: str) -> tuple[str | None, str]:
    """Split ``outcome ~ right`` into its sides; the outcome is None when not written."""
    if not isinstance(formula, str) or not formula.strip():
        raise DesignError(
            f"formula must be a text such as 'nxp2 + recent_pulse'; received {formula!r}"
        )
    left, tilde, right = formula.rpartition("~")
    return (left.strip() or None, right.strip()) if tilde else (None, formula.strip())


def check_formula(frame: pd.DataFrame, formula: str) -> None:
    """Refuse a formula that cannot be read or names columns the frame does not have."""
    _read_formula(frame, split_formula(formula)[1])


def _read_formula(frame: pd.DataFrame, formula: str) -> tuple[Formula, tuple[str, ...]]:
    try:
        parsed = Formula(formula)
        variables = _variables(parsed, {str(c) for c in frame.columns})
    except (FormulaicError, SyntaxError, AttributeError) as error:
        raise DesignError(
            f"the formula {formula!r} cannot be read: {_first_line(error)}"
        ) from error
    _require_columns(frame, variables, formula)
    return parsed, variables


def build_design(frame: pd.DataFrame, formula: str, *, intercept: bool) -> Design:
    """Code the right-hand side of a formula.

    Parameters
    ----------
    frame : DataFrame
    formula : str
        Right-hand side only.
    intercept : bool
        Keep the intercept column (logistic) or drop it after coding (Cox).

    Returns
    -------
    Design

    Raises
    ------
    UsageError
        When ``frame`` is no data frame.
    DesignError
        When the formula cannot be read, names columns that are not there or that hold
        dates, numbers stored as text or a text of its own in most rows, or codes no column.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"antibody": ["NXP2", "none", "TIF1g"], "dose": [1.0, 0.5, None]}
    ... )
    >>> design = build_design(frame, 'C(antibody, Treatment("none"))', intercept=False)
    >>> design.terms
    ("C(antibody, Treatment('none'))[T.NXP2]", "C(antibody, Treatment('none'))[T.TIF1g]")
    """
    require_frame(frame)
    quick = plain_sum(frame, formula)
    if quick is not None:
        return _sum_design(frame, quick, formula, intercept)
    parsed, variables = _read_formula(frame, formula)
    _refuse_covariates(frame, parsed, variables)
    plain = _plain(frame, list(variables))
    missing = {
        v: int(plain[v].isna().sum()) for v in variables if plain[v].isna().any()
    }
    kept = plain.notna().all(axis=1).to_numpy(bool)
    if not kept.any():
        raise DesignError(_no_row(frame, missing, formula))
    plain = _present_levels(plain[kept])
    try:
        # What a function of present values makes missing or infinite is told below.
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            coded = parsed.get_model_matrix(plain, na_action="ignore")
    except (FormulaicError, ValueError, TypeError, SyntaxError) as error:
        raise DesignError(
            f"the formula {formula!r} cannot be coded: {_first_line(error)}"
        ) from error
    refuse_lost_levels(coded.model_spec)
    terms = [str(c) for c in coded.columns if intercept or str(c) != INTERCEPT]
    if terms in ([], [INTERCEPT]):
        raise DesignError(_no_covariate(plain, formula))
    matrix = np.ascontiguousarray(coded[terms].to_numpy(float))
    if not np.isfinite(matrix).all():
        bad = [
            t
            for t, ok in zip(terms, np.isfinite(matrix).all(axis=0), strict=True)
            if not ok
        ]
        raise DesignError(
            f"covariates are infinite or undefined in some rows: {bad}; correct those rows"
        )
    return Design(
        matrix,
        tuple(terms),
        kept,
        variables,
        missing,
        _references(coded),
        coded.model_spec,
    )


def _no_row(frame: pd.DataFrame, missing: dict[str, int], formula: str) -> str:
    found = f"missing rows by variable: {missing}" if len(frame) else "it has no rows"
    return f"no row of the frame has every variable of {formula!r}; {found}"


def _no_covariate(plain: pd.DataFrame, formula: str) -> str:
    """Say why a formula codes no column: it names none, or what it names never varies."""
    same = [
        f"{name} has one level only, {plain[name].iloc[0]!r}"
        for name in plain.columns
        if plain[name].nunique() == 1
    ]
    if not same:
        return f"the formula {formula!r} has no covariate; name at least one"
    return (
        f"the formula {formula!r} has nothing to compare: {'; '.join(same)}; name a covariate "
        "that differs between rows"
    )


def _refuse_covariates(
    frame: pd.DataFrame, parsed: Formula, variables: tuple[str, ...]
) -> None:
    """Refuse columns that would be coded as what they are not; all of them at once."""
    factors = {factor for term in parsed for factor in term.factors}
    levels = " ".join(f.expr for f in factors if re.match(r"C\(", f.expr))
    bare = {f.expr for f in factors if f.eval_method is Factor.EvalMethod.LOOKUP}
    wrong = []
    for name in variables:
        named = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", levels)
        fault = covariate_fault(
            name, frame[name], read_as_it_is=name in bare or named is None
        )
        wrong += [fault] if fault else []
    if wrong:
        raise DesignError(f"covariates cannot be used: {'; '.join(wrong)}")


def _sum_design(
    frame: pd.DataFrame, names: tuple[str, ...], formula: str, intercept: bool
) -> Design:
    matrix, kept, missing = coded_sum(frame, names, intercept=intercept)
    if not len(matrix):
        raise DesignError(_no_row(frame, missing, formula))
    terms = (INTERCEPT, *names) if intercept else names
    read = tuple(sorted(names))
    return Design(matrix, terms, kept, read, missing, {}, SumSpec(names))


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else repr(error)


def _variables(parsed: Formula, columns: set[str]) -> tuple[str, ...]:
    """Return the columns a formula reads.

    formulaic's own ``required_variables`` forgets the arguments of ``bs``, ``cr``, ``poly``
    and the like, so that their missing values would go unseen.
    """
    names: set[str] = set()
    for term in parsed:
        for factor in term.factors:
            if factor.eval_method is Factor.EvalMethod.LOOKUP:
                names.add(factor.expr)
            elif factor.eval_method is Factor.EvalMethod.PYTHON:
                names |= _names_in(factor.expr, columns)
    return tuple(sorted(names))


def _names_in(expression: str, columns: set[str]) -> set[str]:
    """Return the columns an expression reads; those not there are named for the message.

    A column may bear a function's name (``center``, ``id``, ``scale``): what is called is
    the function, what is read is the column.
    """
    quoted = set(re.findall(r"`([^`]+)`", expression))
    tree = ast.parse(re.sub(r"`[^`]+`", "None", expression), mode="eval")
    nodes = list(ast.walk(tree))
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    read = {n.id for n in nodes if isinstance(n, ast.Name) and id(n) not in called}
    functions = set(TRANSFORMS) | set(dir(builtins))
    return quoted | (read & columns) | (read - functions)


def _require_columns(
    frame: pd.DataFrame, variables: tuple[str, ...], formula: str
) -> None:
    absent = [v for v in variables if v not in frame.columns]
    twice = [v for v in variables if (frame.columns == v).sum() > 1]
    if twice:
        raise DesignError(
            f"the frame has several columns of one name: {twice}; keep one of each"
        )
    if not absent:
        return
    hints = []
    for name in absent:
        near = nearest(name, map(str, frame.columns))
        hints.append(f"{name!r}" + (f" (did you mean {near!r}?)" if near else ""))
    raise DesignError(
        f"the formula {formula!r} names columns that the frame does not have: "
        f"{', '.join(hints)}; its columns are {[str(c) for c in frame.columns]}"
    )


def _plain(frame: pd.DataFrame, variables: list[str]) -> pd.DataFrame:
    """Numbers as float64, everything else as objects, whatever pandas dtype came in."""
    columns: dict[str, Any] = {}
    for name in variables:
        column = frame[name]
        if isinstance(column.dtype, pd.CategoricalDtype):
            columns[name] = column
        elif _holds_numbers(column):
            numbers = column.astype("Float64")
            columns[name] = numbers.to_numpy(dtype=float, na_value=np.nan)
        else:
            columns[name] = column.astype(object).to_numpy()
    return pd.DataFrame(columns, index=frame.index)


def _holds_numbers(column: pd.Series) -> bool:
    """Whether every value present is a number, also in a column of objects."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
        return True
    kind = pd.api.types.infer_dtype(column, skipna=True)
    return kind in ("integer", "floating", "mixed-integer-float", "boolean", "decimal")


def _present_levels(plain: pd.DataFrame) -> pd.DataFrame:
    """Forget levels of factors that no row has any more."""
    return pd.DataFrame(
        {
            name: column.cat.remove_unused_categories()
            if isinstance(column.dtype, pd.CategoricalDtype)
            else column
            for name, column in plain.items()
        },
        index=plain.index,
    )


def _references(coded: Any) -> dict[str, str]:
    """Return the reference level of each treatment-coded factor."""
    references = {}
    for factor, state in coded.model_spec.factor_contrasts.items():
        base = getattr(state.contrasts, "base", None)
        levels = list(state.levels)
        if levels and type(state.contrasts).__name__ == "TreatmentContrasts":
            named = [level for level in levels if level == base]
            references[str(factor)] = str((named or levels)[0])
    return references
