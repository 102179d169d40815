"""Every error and warning of jdm_stats, on one page.

::

    JdmStatsError
    ├── UsageError (ValueError)          the call is at fault
    │   ├── DesignError                  a formula or its columns cannot be fitted
    │   ├── MappingError                 a mapping is at fault; carries every problem at once
    │   ├── NotYetSupportedError         a known feature that this version refuses
    │   └── PlanError                    an analysis plan or scenario is at fault
    ├── DataError (ValueError)           the data are at fault; carries every fault at once
    │   ├── CohortError                  tables of a cohort break the schema
    │   └── IntervalError                rows break the law of intervals
    └── ReportError (RuntimeError)       a report could not be made

    JdmStatsWarning (UserWarning)
    ├── ConvergenceWarning               an iteration did not reach its tolerance
    └── SeparationWarning                monotone likelihood: no plain estimate exists

A message says what is wrong, what was received and what to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

__all__ = [
    "CohortError",
    "ConvergenceWarning",
    "DataError",
    "DesignError",
    "Fault",
    "IntervalError",
    "JdmStatsError",
    "JdmStatsWarning",
    "MappingError",
    "NotYetSupportedError",
    "PlanError",
    "ReportError",
    "SeparationWarning",
    "UsageError",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """One broken rule, told so that a registry's data manager can mend it.

    Parameters
    ----------
    table : str
        Name of the table (``patients``, ``courses``, ``events``, ``assessments``,
        ``intervals`` or ``cohort``).
    row : int or None
        Row of the table, counted from 1 below the header; None for a whole table.
    patient_id : str or None
        The child concerned, when one is known.
    column : str or None
        The column at fault, when there is one.
    rule : str
        Short stable code of the rule, such as ``exit_before_entry``.
    message : str
        What is wrong, with the value received.
    remedy : str
        What to do about it.
    severity : {"error", "warning"}
        An error keeps the data from being used; a warning asks for a second look.
    source : str or None
        Where the value stands in the file as it came, when that is another place than
        ``table`` and ``row``: ``"register.csv line 18, column 'Austritt'"``.

    Examples
    --------
    >>> fault = Fault(
    ...     "patients",
    ...     3,
    ...     "P07",
    ...     "exit_day",
    ...     "exit_before_entry",
    ...     "exit_day 40 lies before entry_day 60",
    ...     "correct one of the two days",
    ... )
    >>> print(fault)
    patients row 3, patient P07, exit_day [exit_before_entry]: exit_day 40 lies before
    entry_day 60; correct one of the two days
    """

    table: str
    row: int | None
    patient_id: str | None
    column: str | None
    rule: str
    message: str
    remedy: str
    severity: str = "error"
    source: str | None = None

    def __str__(self) -> str:
        place = self.table if self.row is None else f"{self.table} row {self.row}"
        if self.source is not None:
            place = f"{self.source}: {place}"
        if self.patient_id is not None:
            place += f", patient {self.patient_id}"
        if self.column is not None:
            place += f", {self.column}"
        mark = "warning " if self.severity == "warning" else ""
        return f"{place} [{mark}{self.rule}]: {self.message}; {self.remedy}"


class JdmStatsError(Exception):
    """Root of every error that jdm_stats raises on purpose."""


class UsageError(JdmStatsError, ValueError):
    """The call is at fault: a wrong argument, a column that is not there."""


class DesignError(UsageError):
    """A formula or its columns cannot be fitted."""


class MappingError(UsageError):
    """A mapping is at fault; ``problems`` holds every one found.

    Parameters
    ----------
    problems : iterable of str
        Each begins with its place in the file: ``patients.columns.sex: ...``.
    name : str
        What the mapping is called in the message.
    """

    def __init__(self, problems: Iterable[str], name: str = "the mapping") -> None:
        self.problems = tuple(problems)
        self.name = name
        count = f"{len(self.problems)} fault{'s' if len(self.problems) != 1 else ''}"
        super().__init__("\n  ".join([f"{name} has {count}:", *self.problems]))

    def __reduce__(self) -> tuple[type[MappingError], tuple[tuple[str, ...], str]]:
        return type(self), (self.problems, self.name)


class NotYetSupportedError(UsageError, NotImplementedError):
    """A feature the interface names but this version refuses."""


class PlanError(UsageError):
    """An analysis plan or a scenario is at fault."""


class DataError(JdmStatsError, ValueError):
    """The data are at fault; ``faults`` holds every broken rule found.

    Parameters
    ----------
    faults : iterable of Fault
        All faults found, in table order.
    heading : str
        First line of the message, up to the count: ``"the cohort has"``.
    shown : int, default 50
        Faults printed in the message; all of them stay in ``faults``.

    Notes
    -----
    Of faults that share rule and remedy the first five are printed, with one line for the
    rest.
    """

    alike: ClassVar[int | None] = 5

    def __init__(
        self, faults: Iterable[Fault], heading: str = "the data have", shown: int = 50
    ) -> None:
        self.faults: Sequence[Fault] = tuple(faults)
        self.heading = heading
        self.shown = shown
        super().__init__(self._message())

    def __reduce__(self) -> tuple[type[DataError], tuple[Sequence[Fault], str, int]]:
        return type(self), (self.faults, self.heading, self.shown)

    def _message(self) -> str:
        count = len(self.faults)
        lines = [f"{self.heading} {count} fault{'s' if count != 1 else ''}:"]
        told, left = self._lines()
        lines += told
        if left:
            lines.append(f"  ... and {left} more (see .faults)")
        return "\n".join(lines)

    def _lines(self) -> tuple[list[str], int]:
        """Lines of the faults, and how many faults no line speaks of."""
        kinds = [(fault.rule, fault.remedy) for fault in self.faults]
        often, seen = Counter(kinds), Counter[tuple[str, str]]()
        lines: list[str] = []
        printed = spoken = 0
        for place, (fault, kind) in enumerate(zip(self.faults, kinds, strict=True)):
            if printed == self.shown:
                break
            # One fault more is sooner told than counted.
            long = self.alike is not None and often[kind] > self.alike + 1
            if long and seen[kind] == self.alike:
                continue
            seen[kind] += 1
            printed += 1
            spoken += 1
            lines.append(f"  {fault}")
            if long and seen[kind] == self.alike:
                later = zip(self.faults[place + 1 :], kinds[place + 1 :], strict=True)
                rest = [other for other, own in later if own == kind]
                lines.append(f"  ... and {_rest(rest)}")
                spoken += len(rest)
        return lines, len(self.faults) - spoken


def _rest(faults: Sequence[Fault], named: int = 5) -> str:
    """Count faults of one rule and name the first children."""
    children = list(dict.fromkeys(f.patient_id for f in faults if f.patient_id))
    said = f"{len(faults)} more of the same rule [{faults[0].rule}]"
    if children:
        others = len(children) - named
        said += f", children {', '.join(children[:named])}"
        said += f" and {others} other{'s' if others != 1 else ''}" if others > 0 else ""
    return f"{said}: see .faults"


class CohortError(DataError):
    """Tables of a cohort break the schema; each fault is mended in its own cell."""

    alike = None


class IntervalError(DataError):
    """Rows break the law of intervals."""


class ReportError(JdmStatsError, RuntimeError):
    """A report could not be made; ``exit_code`` is the command's exit code."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        self.exit_code = exit_code
        super().__init__(message)

    def __reduce__(self) -> tuple[type[ReportError], tuple[str, int]]:
        return type(self), (str(self), self.exit_code)


class JdmStatsWarning(UserWarning):
    """Root of every warning that jdm_stats issues."""


class ConvergenceWarning(JdmStatsWarning):
    """An iteration did not reach its tolerance; the result says so too."""


class SeparationWarning(JdmStatsWarning):
    """Monotone likelihood: a plain maximum-likelihood estimate does not exist."""
