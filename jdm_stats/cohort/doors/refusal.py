"""Why a door stays shut: what was seen in a file, and what to declare or mend.

A `Refusal` never leaves the doors: whoever opened the file turns it into a `Fault`.
"""

from __future__ import annotations

from jdm_stats.errors import Fault

__all__ = ["MAX_BYTES", "MAX_CELLS", "MAX_COLUMNS", "MAX_TOLD", "Refusal", "told"]

MAX_BYTES = 2**30  # of one text file, or of one part of a workbook once unpacked
MAX_COLUMNS = 16_384  # as many as a spreadsheet can hold
MAX_CELLS = 100_000_000  # of one table
MAX_TOLD = 10_000  # faults of one kind in one table that are told one by one


class Refusal(Exception):
    """A file that cannot be read without guessing; carries the words of its fault.

    Parameters
    ----------
    rule, message, remedy : str
        As in `Fault`.
    line : int, optional
        Line of the file that shows it, from 1.

    Examples
    --------
    >>> Refusal("malformed_csv", "it has no heading", "add one").fault(
    ...     "a", "a.csv"
    ... ).source
    'a.csv'
    """

    def __init__(
        self, rule: str, message: str, remedy: str, *, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.rule, self.message, self.remedy, self.line = rule, message, remedy, line

    def fault(self, table: str, source: str) -> Fault:
        """Return the refusal as a fault of a whole table."""
        where = source if self.line is None else f"{source} line {self.line}"
        message = self.message
        if source not in message:
            message = f"{source}{'' if message.startswith('line ') else ':'} {message}"
        return Fault(
            *(table, None, None, None, self.rule, message, self.remedy),
            source=where,
        )


def told(faults: list[Fault], count: int) -> list[Fault]:
    """Return at most `MAX_TOLD` of the faults, and one that counts what is left.

    Parameters
    ----------
    faults : list of Fault
        Faults of one kind in one table; may already be cut short.
    count : int
        How many there are in all.

    Examples
    --------
    >>> fault = Fault("a", 1, None, None, "ragged_row", "too short", "mend it")
    >>> told([fault], 3)[-1].message
    'the same holds for 2 rows more'
    """
    shown = faults[:MAX_TOLD]
    left = count - len(shown)
    if left and shown:
        first = shown[0]
        said = f"the same holds for {left:,} row{'s' if left > 1 else ''} more"
        shown.append(
            Fault(
                *(first.table, None, None, None, first.rule, said, first.remedy),
                severity=first.severity,
            )
        )
    return shown
