"""What the time-zero linter found: frozen findings, told in words and as a timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from jdm_stats.diagnostics.time_zero.rules import TIME_ZERO_RULES, TimeZeroRule
from jdm_stats.diagnostics.time_zero.timeline import Moment, timeline_svg
from jdm_stats.html import banner, html_table, notes_list
from jdm_stats.html.escaping import escape
from jdm_stats.intervals.marks import SYNTHETIC_NOTE

PROOF, SUSPICION = "proof", "suspicion"


@dataclass(frozen=True, slots=True, eq=False)
class TimeZeroFinding:
    """One mistake about time, with a child as example.

    Parameters
    ----------
    code : str
        A key of `jdm_stats.diagnostics.time_zero.rules.TIME_ZERO_RULES`.
    severity : {"proof", "suspicion"}
        Proof: the rows or the cohort show it of the child named. Suspicion: they
        cannot show it, but look as the mistake would make them look.
    sentence : str
        What was seen, with counts.
    columns : tuple of str
        Columns concerned.
    rows : ndarray of int
        Rows of the table concerned, counted from 1.
    children : int
        Children concerned.
    patient_id : str or None
        The example.
    moments : tuple of Moment
        Its timeline, by day.
    table : str
        ``intervals``, ``landmark`` or ``plan``.
    """

    code: str
    severity: str
    sentence: str
    columns: tuple[str, ...]
    rows: np.ndarray
    children: int
    patient_id: str | None
    moments: tuple[Moment, ...]
    table: str

    @property
    def rule(self) -> TimeZeroRule:
        """The mistake: title, why it biases, direction, remedy and source."""
        return TIME_ZERO_RULES[self.code]

    @property
    def why(self) -> str:
        """Why it biases."""
        return self.rule.why

    @property
    def direction(self) -> str:
        """In which direction, in the usual case."""
        return self.rule.direction

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.rule.remedy

    @property
    def source(self) -> str:
        """Where the mistake is described."""
        return self.rule.source

    @property
    def example(self) -> str:
        """The example child as a small timeline in words; empty without one."""
        if self.patient_id is None:
            return ""
        told = "; ".join(f"day {m.day:g}: {m.what}" for m in self.moments)
        return f"Patient {self.patient_id}: {told}."

    def __str__(self) -> str:
        lines = [
            f"[{self.severity}] {self.code}: {self.sentence}",
            f"  Why: {self.why}.",
            f"  Direction: {self.direction}. ({self.source})",
        ]
        if self.example:
            lines.append(f"  {self.example}")
        lines.append(f"  What to do: {self.remedy}.")
        return "\n".join(lines)

    def record(self) -> dict[str, Any]:
        """Tell the finding in plain values, fit for JSON; at most 1,000 rows named."""
        return {
            "code": self.code,
            "severity": self.severity,
            "table": self.table,
            "sentence": self.sentence,
            "why": self.why,
            "direction": self.direction,
            "remedy": self.remedy,
            "source": self.source,
            "columns": list(self.columns),
            "n_rows": len(self.rows),
            "rows": [int(row) for row in self.rows[:1000]],
            "children": self.children,
            "patient_id": self.patient_id,
            "timeline": [{"day": m.day, "what": m.what} for m in self.moments],
        }

    def _repr_html_(self) -> str:
        parts = [
            f"<h4>{escape(self.rule.title[:1].upper() + self.rule.title[1:])} "
            f"({escape(self.severity)})</h4>",
            f"<p>{escape(self.sentence)}</p>",
            f"<p><strong>Why:</strong> {escape(self.why)}. <strong>Direction:</strong> "
            f"{escape(self.direction)}. {escape(self.source)}.</p>",
        ]
        if self.patient_id is not None:
            parts.append(timeline_svg(self.patient_id, self.moments))
            days = pd.DataFrame(
                [(m.day, m.what) for m in self.moments], columns=["Day", "What"]
            )
            told = html_table(
                days, caption=f"Patient {self.patient_id}", formats={"Day": "g"}
            )
            parts.append(told)
        parts.append(f"<p><strong>What to do:</strong> {escape(self.remedy)}.</p>")
        return f'<section class="jdm-finding">{"".join(parts)}</section>'


@dataclass(frozen=True, slots=True, eq=False)
class TimeZeroReport:
    """What `lint_time_zero` found, and what it could not judge.

    Parameters
    ----------
    findings : tuple of TimeZeroFinding
        Proofs first.
    not_judged : tuple of str
        What could not be looked at, and what would be needed.
    looked_at : mapping of str to int
        Rows, children, events and columns seen.
    synthetic : bool
        Whether the children are simulated.
    """

    findings: tuple[TimeZeroFinding, ...]
    not_judged: tuple[str, ...] = ()
    looked_at: Mapping[str, int] = field(default_factory=dict)
    synthetic: bool = False

    def __post_init__(self) -> None:
        ranked = sorted(self.findings, key=lambda f: f.severity != PROOF)
        object.__setattr__(self, "findings", tuple(ranked))
        object.__setattr__(self, "looked_at", MappingProxyType(dict(self.looked_at)))

    @property
    def ok(self) -> bool:
        """True when nothing was found."""
        return not self.findings

    @property
    def proofs(self) -> tuple[TimeZeroFinding, ...]:
        """Findings that are proven."""
        return tuple(f for f in self.findings if f.severity == PROOF)

    @property
    def suspicions(self) -> tuple[TimeZeroFinding, ...]:
        """Findings that are not."""
        return tuple(f for f in self.findings if f.severity == SUSPICION)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes found, each once, in order."""
        return tuple(dict.fromkeys(f.code for f in self.findings))

    @property
    def table(self) -> pd.DataFrame:
        """One row per finding.

        ``code, severity, table, columns, children, rows, patient_id, sentence, remedy``.
        """
        told = [
            (
                *(f.code, f.severity, f.table, ", ".join(f.columns), f.children),
                *(len(f.rows), f.patient_id, f.sentence, f.remedy),
            )
            for f in self.findings
        ]
        names = ["code", "severity", "table", "columns", "children", "rows"]
        return pd.DataFrame(told, columns=[*names, "patient_id", "sentence", "remedy"])

    def record(self) -> dict[str, Any]:
        """Tell the report in plain values, fit for JSON."""
        return {
            "ok": self.ok,
            "synthetic": self.synthetic,
            "looked_at": dict(self.looked_at),
            "findings": [finding.record() for finding in self.findings],
            "not_judged": list(self.not_judged),
        }

    @property
    def verdict(self) -> str:
        """One line: how much was found."""
        if self.ok:
            return "nothing found"
        return f"{_counted(self.proofs, 'proof')}, {_counted(self.suspicions, 'suspicion')}"

    def __repr__(self) -> str:
        mark = "SYNTHETIC, " if self.synthetic else ""
        codes = f": {', '.join(self.codes)}" if self.codes else ""
        return f"TimeZeroReport({mark}{self.verdict}{codes})"

    def __str__(self) -> str:
        head = [SYNTHETIC_NOTE] if self.synthetic else []
        seen = ", ".join(f"{count:,} {what}" for what, count in self.looked_at.items())
        head.append(f"Time zero: {self.verdict} ({seen}).")
        rest = [f"Not judged: {note}" for note in self.not_judged]
        return "\n\n".join([*head, *map(str, self.findings), *rest])

    def _repr_html_(self) -> str:
        parts = [banner(SYNTHETIC_NOTE, "synthetic")] if self.synthetic else []
        shown = self.table[["severity", "code", "columns", "children", "patient_id"]]
        parts.append(
            html_table(
                shown.set_axis(
                    ["Severity", "Code", "Columns", "Children", "Example"], axis=1
                ),
                caption=f"Time zero: {self.verdict}",
                header_column=2,
                synthetic=self.synthetic,
            )
        )
        parts += [finding._repr_html_() for finding in self.findings]
        parts.append(notes_list(self.not_judged, title="Not judged"))
        return "\n".join(parts)


def _counted(found: Sequence[TimeZeroFinding], what: str) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"
