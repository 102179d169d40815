"""One table under the linter with all that is known beside it, and how a finding is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.diagnostics.time_zero.record import Record, read_record
from jdm_stats.diagnostics.time_zero.report import SUSPICION, TimeZeroFinding
from jdm_stats.diagnostics.time_zero.rows import Column, Rows
from jdm_stats.diagnostics.time_zero.timeline import Moment, in_order
from jdm_stats.plan import AnalysisPlan, SteroidRules
from jdm_stats.schema import EVENTS

_HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Rows, the cohort's record where there is one on the same clock, and the plan."""

    rows: Rows
    record: Record | None
    plan: AnalysisPlan | None
    outcome: str

    def days(self, name: str) -> np.ndarray | None:
        """Days of each child of the table: the cohort's, or a column of that name."""
        if self.record is not None:
            kept = {
                "entry_day": self.record.entry,
                "exit_day": self.record.leave,
                "antibody_test_day": self.record.tested,
            }
            return kept[name][: self.rows.n]
        if name not in self.rows.frame.columns:
            return None
        column = self.rows.column(name)
        if column is None or not column.constant:
            return None
        day = column.values[self.rows.first]
        told = ~np.isnan(day)
        on_clock = (day <= self.rows.end)[told].mean() if told.any() else 0.0
        if name != "exit_day" and on_clock < _HALF:
            return None  # days of a calendar, or of another clock
        return day

    def event_day(self) -> np.ndarray:
        """Day of each child's outcome as the table has it; ``inf`` without one.

        A landmark table has no days: the cohort's first outcome after the landmark.
        """
        rows = self.rows
        happened = rows.code == 1
        if rows.landmark is None:
            return np.where(happened, rows.end, np.inf)
        if self.record is None:
            return np.full(rows.n, np.inf)
        moment = np.full(len(self.record.labels), rows.landmark)
        day = self.record.next_event((self.outcome,), moment)[: rows.n]
        return np.where(happened, day, np.inf)

    def finding(
        self,
        code: str,
        severity: str,
        sentence: str,
        *,
        columns: Sequence[str] = (),
        at: np.ndarray | None = None,
        children: np.ndarray | None = None,
        example: int | None = None,
        moments: Iterable[Moment] = (),
        table: str | None = None,
    ) -> TimeZeroFinding:
        """Make a finding of rows ``at`` (as numbered in `Rows`) or of children.

        The example is the child named, or the first of those concerned; its timeline
        holds the moments given and those any reader asks for.
        """
        rows = self.rows
        if at is not None and children is None:
            children = np.unique(rows.child[at])
        if children is None:
            children = np.empty(0, dtype=np.int64)
        if at is None:
            at = np.flatnonzero(np.isin(rows.child, children))
        if example is None and len(children):
            example = int(children[0])
        told: tuple[Moment, ...] = ()
        label = None
        if example is not None:
            label = str(self._label(example))
            told = in_order([*self._life(example), *moments])
        return TimeZeroFinding(
            *(code, severity, sentence, tuple(columns)),
            *(np.sort(rows.place[at]) + 1, len(children), label, told),
            table or rows.table,
        )

    def _label(self, child: int) -> object:
        """Patient id of a child of the table, or of the cohort beyond it."""
        if child < self.rows.n or self.record is None:
            return self.rows.labels[child]
        return self.record.labels[child]

    def _life(self, child: int) -> list[Moment]:
        """Entry, first row, event and end of a child."""
        rows, record = self.rows, self.record
        told: list[Moment] = []
        if record is not None and np.isfinite(record.entry[child]):
            told.append(Moment(record.entry[child], "enters the cohort"))
            told.append(Moment(record.leave[child], "leaves the cohort"))
        if child >= rows.n:
            return told
        if rows.landmark is not None:
            told.append(Moment(rows.landmark, "landmark"))
            event = float(self.event_day()[child])
            if np.isfinite(event):
                told.append(Moment(event, told_as(self.outcome)))
            return told
        code = rows.code[child]
        ends = "last row stops"
        if code:
            ends = f"{'event' if code == 1 else 'competing event'} (code {code:g})"
        told.append(Moment(rows.begin[child], "first row starts"))
        told.append(Moment(rows.end[child], ends))
        return told

    def seen(self, column: Column, child: int, row: int | None = None) -> Moment:
        """Say what a column says in a row of a child, by default in the first."""
        at = int(self.rows.first[child]) if row is None else row
        value = column.values[at]
        if self.rows.landmark is not None:
            return Moment(
                self.rows.landmark, f"the table says {column.name} = {value:g}"
            )
        until = f"the row up to day {self.rows.stop[at]:g}"
        return Moment(self.rows.start[at], f"{until} says {column.name} = {value:g}")

    def first_moment(self, topic: str, child: int) -> list[Moment]:
        """First day of a topic, as a moment."""
        if self.record is None:
            return []
        day = float(self.record.first_day(topic)[child])
        return [Moment(day, f"first {told_as(topic)}")] if np.isfinite(day) else []


def of_children(count: int) -> str:
    """Say a number of children.

    Examples
    --------
    >>> of_children(1), of_children(1200)
    ('1 child', '1,200 children')
    """
    return f"{count:,} {'child' if count == 1 else 'children'}"


def told_as(name: str) -> str:
    """Say a topic or an event type in plain words.

    Examples
    --------
    >>> told_as("gi_perforation")
    'GI perforation'
    """
    return name.replace("gi_", "GI ").replace("_", " ")


def open_case(
    rows: Rows, plan: AnalysisPlan | None, cohort: Cohort | None
) -> tuple[Case, list[str], list[TimeZeroFinding]]:
    """Bring rows and cohort together, if they are on one clock."""
    outcome = str(rows.noted.get("outcome") or (plan.outcome if plan else ""))
    if cohort is None:
        notes = [
            "without the cohort, days of doses, tests, readings and entry are not known: "
            "what rests on them was not looked at (pass cohort=)"
        ]
        if rows.landmark is None and len(rows.place) == rows.n:
            notes.append(
                "one row per child holds no day but the first and the last: whether a "
                "column was known on the first cannot be seen"
            )
        return Case(rows, None, plan, outcome or "gi_perforation"), notes, []
    competing = rows.noted.get("competing")
    if competing is None:
        competing = [plan.competing] if plan else ["death"]
    definite = bool(
        rows.noted.get("definite_only", plan.definite_only if plan else False)
    )
    rules = _rules(rows, plan)
    record = read_record(cohort, rows, outcome, (), definite, rules)
    outcome = outcome or _likeliest_outcome(rows, record)
    others = tuple(str(name) for name in competing if name and name != outcome)
    record = replace(record, outcome_name=outcome, competing=others)
    notes = []
    if not record.known.all():
        strangers = int((~record.known).sum())
        notes.append(f"{of_children(strangers)} of the table not in the cohort")
    undosed = int((~record.dosed).sum())
    if undosed:
        notes.append(
            f"doses of {of_children(undosed)} with steroid courses that lack days, dose or "
            "weight (check_cohort lists them)"
        )
    case = Case(rows, record, plan, outcome)
    if _counts_otherwise(rows, record):
        notes.append(
            "the rows count from another day than the cohort, or not in days, so nothing "
            "was held against it"
        )
        return Case(rows, None, plan, outcome), notes, []
    wrong, total = _off_the_clock(case, record)
    if not len(wrong):
        return case, notes, []
    finding = case.finding(
        "another_clock",
        SUSPICION,
        f"in {of_children(len(wrong))} of {total:,} with event code 1 the cohort has no "
        f"{told_as(outcome)} on that day",
        children=wrong,
        moments=_outcome_moments(record, outcome, int(wrong[0])),
    )
    if 2 * len(wrong) <= total:
        return case, notes, [finding]
    notes.append(
        "most events are not on the cohort's days, so nothing was held against it"
    )
    return Case(rows, None, plan, outcome), notes, [finding]


def _counts_otherwise(rows: Rows, record: Record) -> bool:
    """Whether most rows lie outside observation or, with no event to tell, break days."""
    leave, entry = record.leave[: rows.n], record.entry[: rows.n]
    apart = ((rows.begin >= leave) | (rows.end <= entry))[record.known]
    broken = (rows.stop % 1 != 0) & (rows.landmark is None)
    no_event = not (rows.event == 1).any()
    far = apart.any() and apart.mean() > _HALF
    return bool(far or (no_event and broken.mean() > _HALF))


def _rules(rows: Rows, plan: AnalysisPlan | None) -> SteroidRules | None:
    """Rules by which steroid courses were read: those noted in the rows, or the plan's."""
    noted = rows.noted.get("steroid_rules")
    if noted is not None:
        return SteroidRules(**noted)
    return None if plan is None else plan.steroids


def _likeliest_outcome(rows: Rows, record: Record) -> str:
    """Name the event type that the rows' events are, by their days."""

    def agreeing(name: str) -> int:
        wrong, total = _off_the_clock(Case(rows, record, None, name), record)
        return total - len(wrong)

    counts = {name: agreeing(name) for name in ("gi_perforation", *EVENTS)}
    return max(counts, key=lambda name: counts[name])


def _off_the_clock(case: Case, record: Record) -> tuple[np.ndarray, int]:
    """Children with event code 1 whose event the cohort does not have, and all of them."""
    rows = case.rows
    happened = np.flatnonzero((rows.code == 1) & record.known)
    child, day = record.event_days(case.outcome)
    inside = child < rows.n
    child, day = child[inside], day[inside]
    after = rows.end - 1 if rows.landmark is None else rows.begin
    met = np.unique(child[(day > after[child]) & (day <= rows.end[child])])
    return np.setdiff1d(happened, met), len(happened)


def _outcome_moments(record: Record, outcome: str, child: int) -> Iterator[Moment]:
    who, day = record.event_days(outcome)
    return (
        Moment(float(d), f"{told_as(outcome)} in the cohort") for d in day[who == child]
    )
