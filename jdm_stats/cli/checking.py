"""The command check: every fault at once, for a reader, a program, a browser or a table."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jdm_stats.cli.exports import declared
from jdm_stats.cli.telling import DATA, complain, tell, tell_json
from jdm_stats.cli.writing import check_target, write_whole
from jdm_stats.errors import Fault, UsageError

if TYPE_CHECKING:
    from jdm_stats.cohort.cohort import Cohort
    from jdm_stats.cohort.examined import Examined

__all__ = ["check"]

SHOWN = 200  # faults printed; more with --all, and always all in the files
_FEWEST_FOR_A_SUMMARY = 10
_SOUND, _FAULTY = "sound", "faulty"
_NO_STEROIDS = "not usable for steroid exposure"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a check found; ``cohort`` is None where the data are at fault."""

    status: str
    faults: Sequence[Fault]
    cohort: Cohort | None
    source: str
    examined: Examined

    @property
    def errors(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.severity == "error"]

    @property
    def warnings(self) -> list[Fault]:
        return [fault for fault in self.faults if fault.severity != "error"]

    @property
    def needed_by_steroids(self) -> int:
        """Faults, beside others, that would not keep a cohort from being read."""
        others = len(self.examined.errors)
        return len(self.errors) - others if others else 0

    @property
    def exit_code(self) -> int:
        return DATA if self.errors else 0

    @property
    def heading(self) -> str:
        if self.status == _NO_STEROIDS:
            return f"{self.cohort!r} is {self.status}; it has {self.count}"
        return f"the cohort in {_shown(self.source)} has {self.count}"

    @property
    def count(self) -> str:
        parts = [_number(len(self.errors), "fault")] if self.errors else []
        parts += [_number(len(self.warnings), "warning")] if self.warnings else []
        return " and ".join(parts) or "no fault"


def _shown(source: str) -> str:
    """Name a source; a database address may hold a password."""
    from jdm_stats.cohort.doors.database import is_database, label_of

    return label_of(source) if is_database(source) else source


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def check(arguments: argparse.Namespace) -> int:
    """Check a cohort or an export and tell every fault."""
    if arguments.explain is not None:
        return _explain(arguments)
    if arguments.data is None:
        arguments.parser.error("name what to check, or a code with --explain")
    page = _target(arguments.html, arguments.data)
    table = _target(arguments.export_faults, arguments.data)
    if table is not None and arguments.mapping is not None:
        _refuse_among_tables(table, Path(arguments.data))
    said = declared(arguments)
    verdict = _judge(arguments.data, arguments.mapping, said)
    if page or table:
        _write_files(verdict, page, table)
    if arguments.json:
        _as_json(verdict)
    else:
        _as_text(verdict, SHOWN if not arguments.all else len(verdict.faults))
    return verdict.exit_code


def _target(path: str | None, source: str) -> Path | None:
    from jdm_stats.diagnostics.faults.export import written_by_a_check

    if path is None:
        return None
    check_target(Path(path), source, written_by_a_check)
    return Path(path)


def _refuse_among_tables(table: Path, source: Path) -> None:
    if source.is_dir() and table.resolve().parent == source.resolve():
        raise UsageError(
            f"{table} would be read as a table of the export the next time; name a file "
            "in another folder"
        )


def _judge(source: str, mapping: str | None, said: dict[str, Any]) -> _Verdict:
    from jdm_stats.cohort.examined import examine_source

    examined = examine_source(source, mapping=mapping, **said)
    faults = examined.all_faults()
    if examined.errors:
        return _Verdict(_FAULTY, faults, None, source, examined)
    broken = any(fault.severity == "error" for fault in faults)
    status = _NO_STEROIDS if broken else _SOUND
    return _Verdict(status, faults, examined.cohort(), source, examined)


# --- for a reader ------------------------------------------------------------------------


def _as_text(verdict: _Verdict, shown: int) -> None:
    if verdict.status == _SOUND:
        tell(f"sound: {verdict.cohort!r}")
    if not verdict.faults:
        return
    complain(f"jdm-stats: {verdict.heading}:")
    if len(verdict.faults) >= _FEWEST_FOR_A_SUMMARY:
        for line in _summary(verdict.faults):
            complain(line)
        complain("")
    for fault in verdict.faults[:shown]:
        complain(f"  {fault}")
    if len(verdict.faults) > shown:
        complain(
            f"  ... and {len(verdict.faults) - shown:,} more: --all prints them, "
            "--export-faults FILE.csv and --html PAGE.html hold them all"
        )
    if needs := verdict.needed_by_steroids:
        complain(
            f"{needs:,} of the {len(verdict.errors):,} faults "
            f"matter{'s' if needs == 1 else ''} to steroid exposure alone"
        )
    complain("jdm-stats check --explain CODE says what a code means and what to do")
    if not verdict.errors:
        complain(
            "warnings ask for a second look and keep nothing from being used: code 0"
        )


def _summary(faults: Iterable[Fault]) -> list[str]:
    first: dict[tuple[str, str], Fault] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for fault in faults:
        key = (fault.severity, fault.rule)
        first.setdefault(key, fault)
        counts[key] += 1
    wide = max(len(rule) for _, rule in counts)
    lines = [f"  {'count':>7}  {'code':<{wide}}  first"]
    for (severity, rule), count in counts.most_common():
        mark = "warning: " if severity != "error" else ""
        example = first[severity, rule]
        place = "" if example.row is None else f" row {example.row}"
        said = f"{mark}{example.table}{place}: {example.message}"
        lines.append(f"  {count:>7,}  {rule:<{wide}}  {_cut(said)}")
    return lines


def _cut(text: str, most: int = 100) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


# --- for a program, a browser, a table ---------------------------------------------------


def _as_json(verdict: _Verdict) -> None:
    told: dict[str, Any] = {"status": verdict.status, "exit_code": verdict.exit_code}
    if verdict.cohort is not None:
        told["patients"] = verdict.cohort.n_patients
    told["faults"] = [_record(fault) for fault in verdict.faults]
    tell_json(told)


def _record(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in fault.__slots__}


def _write_files(verdict: _Verdict, page: Path | None, table: Path | None) -> None:
    from jdm_stats.diagnostics.faults.export import as_csv, located
    from jdm_stats.diagnostics.faults.page import fault_page

    rows = located(verdict.faults, verdict.examined.received)
    if table is not None:
        write_whole(table, as_csv(rows))
        complain(f"jdm-stats: {_number(len(rows), 'fault')} written to {table}")
    if page is not None:
        shown = _shown(verdict.source)
        name = shown if "://" in shown else Path(shown).resolve().name
        write_whole(
            page, fault_page(rows, name, synthetic=verdict.examined.synthetic is True)
        )
        complain(f"jdm-stats: page written to {page}")


# --- explanations ------------------------------------------------------------------------


def _explain(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from jdm_stats.diagnostics.faults.catalogue import explain_fault, fault_catalogue

    if arguments.explain == "all":
        codes = fault_catalogue()["code"].tolist()
    else:
        codes = [arguments.explain]
    kinds = [explain_fault(code) for code in codes]
    if arguments.json:
        tell_json({"exit_code": 0, "codes": [asdict(kind) for kind in kinds]})
        return 0
    tell("\n\n".join(str(kind) for kind in kinds))
    return 0
