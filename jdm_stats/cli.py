"""The command ``jdm-stats``: parses, calls, prints.

Every command imports what it needs when it runs, so that ``--help`` answers at once. Whatever goes
wrong is one clear message on stderr and an exit code a scheduler can act on.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from jdm_stats import __version__
from jdm_stats.errors import (
    CohortError,
    DataError,
    JdmStatsError,
    ReportError,
    UsageError,
)

__all__ = ["main"]

FAILED, USAGE, DATA, CANNOT_WRITE, INTERRUPTED, TERMINATED = 1, 2, 3, 73, 130, 143
DEBUG_VARIABLE = "JDM_STATS_DEBUG"

_EPILOG = """\
exit codes: 0 done or unchanged, 1 a notebook cell failed, 2 the call is at fault, 3 the data
are at fault, 4 time limit, 5 the kernel died, 73 cannot write, 75 another run holds the folder,
130 and 143 stopped by a signal"""


class _Terminated(BaseException):
    """SIGTERM arrived; raised so that the run tidies up behind itself."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; by default those of the process.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> main(["templates", "--template-that-is-not-there"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    arguments = _parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        with _terminable():
            return run(arguments)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED, arguments)
    except _Terminated:
        return _say("stopped by SIGTERM", TERMINATED, arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (JdmStatsError, OSError) as error:
        return _say(_message(error), _code(error), arguments)
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        text = (
            f"{type(error).__name__}: {error} (set {DEBUG_VARIABLE}=1 for its origin)"
        )
        return _say(text, FAILED, arguments)


def _code(error: Exception) -> int:
    if isinstance(error, ReportError):
        return error.exit_code
    if isinstance(error, DataError):
        return DATA
    return USAGE if isinstance(error, (UsageError, FileNotFoundError)) else CANNOT_WRITE


def _message(error: Exception) -> str:
    if isinstance(error, DataError):
        return "\n".join([str(error).partition("\n")[0], *_lines(error)])
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error).replace("overwrite=True", "--overwrite")


def _lines(error: DataError) -> list[str]:
    return [f"  {fault}" for fault in error.faults]


def _say(text: str, code: int, arguments: argparse.Namespace) -> int:
    if getattr(arguments, "json", False):
        _print_json({"status": "failed", "exit_code": code, "error": text})
    print(f"jdm-stats: {text}", file=sys.stderr)
    return code


def _print_json(told: dict[str, Any]) -> None:
    print(json.dumps(told, ensure_ascii=False))


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run in order, as an interrupt from the keyboard does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


# --- commands --------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> int:
    from jdm_stats.cohort.files import check_cohort, read_cohort

    status = "faulty"
    try:
        cohort = read_cohort(arguments.data)
        status = "not usable for steroid exposure"
        if faults := check_cohort(cohort):
            raise CohortError(faults, f"{cohort!r} is {status}; it has")
    except DataError as error:
        if not arguments.json:
            raise
        records = [_as_record(fault) for fault in error.faults]
        _print_json({"status": status, "exit_code": DATA, "faults": records})
        return DATA
    if arguments.json:
        told = {"status": "sound", "exit_code": 0, "patients": cohort.n_patients}
        _print_json(told | {"faults": []})
    else:
        print(f"sound: {cohort!r}")
    return 0


def _as_record(fault: Any) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in fault.__slots__}


def _simulate(arguments: argparse.Namespace) -> int:
    from jdm_stats.cohort.files import write_cohort
    from jdm_stats.simulation.simulate import simulate_cohort

    cohort = simulate_cohort(
        arguments.patients,
        scenario=arguments.preset,
        rng=arguments.seed,
        n_index_pattern=arguments.index_pattern,
    )
    folder = write_cohort(
        cohort, arguments.out, format=arguments.format, overwrite=arguments.overwrite
    )
    print(f"{cohort!r}\n{folder}")
    return 0


def _fit(arguments: argparse.Namespace) -> int:
    from jdm_stats.analysis.run import run_analysis
    from jdm_stats.cohort.files import read_cohort
    from jdm_stats.plan import AnalysisPlan

    plan = AnalysisPlan.from_toml(arguments.plan)
    cohort = read_cohort(arguments.data)
    estimates = run_analysis(plan, cohort).estimates
    if cohort.synthetic:
        estimates.insert(0, "data", "SYNTHETIC")
    text = estimates.to_csv(index=False, lineterminator="\n")
    if arguments.out == "-":
        print(text, end="")
        return 0
    target = Path(arguments.out)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        staged.write_text(text, encoding="utf-8", newline="\n")
        os.replace(staged, target)
    finally:
        staged.unlink(missing_ok=True)
    print(target)
    return 0


def _report(arguments: argparse.Namespace) -> int:
    from jdm_stats.plan import AnalysisPlan
    from jdm_stats.report.notebooks import render_report
    from jdm_stats.report.parameters import parse_assignments
    from jdm_stats.report.templates import read_template, template_path

    template = read_template(template_path(arguments.template))
    given = parse_assignments(template, arguments.parameter)
    if arguments.plan is not None:
        AnalysisPlan.from_toml(
            arguments.plan
        )  # at fault: refused before a kernel starts
        given["plan"] = arguments.plan
    talks = sys.stderr.isatty() and not (arguments.quiet or arguments.json)
    result = render_report(
        arguments.data,
        arguments.out,
        template=arguments.template,
        parameters=given,
        timeout=arguments.timeout,
        cell_timeout=arguments.cell_timeout,
        if_changed=arguments.if_changed,
        progress=_print_progress if talks else None,
        check=_refuse_faulty_data,
    )
    if arguments.json:
        _print_json(
            {
                "status": result.status,
                "exit_code": result.exit_code,
                "html": str(result.html),
                "manifest": str(result.manifest),
                "seconds": result.seconds,
            }
        )
    elif not arguments.quiet:
        if result.status == "unchanged":
            print("unchanged since the last run")
        print(result.html)
    return result.exit_code


def _print_progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _refuse_faulty_data(path: Path) -> None:
    from jdm_stats.cohort.files import read_cohort

    read_cohort(path)


def _templates(arguments: argparse.Namespace) -> int:
    from jdm_stats.report.templates import list_templates, read_template

    for name, path in list_templates().items():
        template = read_template(path)
        print(f"{name:<22} {template.title}")
        for parameter, default in template.defaults.items():
            print(f"{'':<22}   -p {parameter}={default}")
    return 0


# --- arguments -------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jdm-stats",
        description="Rare-event statistics for GI perforation in juvenile dermatomyositis.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--version", action="version", version=f"jdm_stats {__version__}"
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_check(commands)
    _add_simulate(commands)
    _add_fit(commands)
    _add_report(commands)
    listing = commands.add_parser("templates", help="list the report templates")
    listing.set_defaults(run=_templates)
    return parser


def _add_check(commands: Any) -> None:
    check = commands.add_parser("check", help="check a cohort and print every fault")
    check.add_argument("data", metavar="DATA", help="folder of the cohort")
    check.add_argument("--json", action="store_true", help="one line of JSON")
    check.set_defaults(run=_check)


def _add_simulate(commands: Any) -> None:
    simulate = commands.add_parser("simulate", help="draw a SYNTHETIC cohort")
    simulate.add_argument(
        "--preset", default="tertiary", help="which world to draw from"
    )
    simulate.add_argument("--patients", type=_whole, default=600, metavar="N")
    simulate.add_argument("--seed", type=_whole, default=20240618, metavar="N")
    simulate.add_argument(
        "--index-pattern",
        type=_whole,
        default=1,
        metavar="N",
        help="children who follow the index case's pattern",
    )
    simulate.add_argument("--out", required=True, metavar="DIR")
    simulate.add_argument("--format", choices=("csv", "parquet"), default="csv")
    simulate.add_argument(
        "--overwrite", action="store_true", help="replace the cohort that stands in DIR"
    )
    simulate.set_defaults(run=_simulate)


def _add_fit(commands: Any) -> None:
    fit = commands.add_parser(
        "fit", help="run an analysis plan and write its estimates"
    )
    fit.add_argument("data", metavar="DATA", help="folder of the cohort")
    fit.add_argument("--plan", required=True, metavar="PLAN.toml")
    fit.add_argument(
        "--out", default="-", metavar="CSV", help="default: standard output"
    )
    fit.set_defaults(run=_fit)


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="render a report as one HTML page")
    report.add_argument(
        "data", metavar="DATA", nargs="?", help="default: the synthetic cohort"
    )
    report.add_argument("--out", default="report", metavar="DIR")
    report.add_argument(
        "--template",
        default="perforation_risk",
        metavar="T",
        help="name from 'jdm-stats templates', or the path of a notebook",
    )
    report.add_argument(
        "--plan", metavar="PLAN.toml", help="for templates that take one"
    )
    report.add_argument(
        "-p",
        dest="parameter",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the template; may be repeated",
    )
    report.add_argument("--timeout", type=float, default=1800, metavar="SECONDS")
    report.add_argument("--cell-timeout", type=float, default=600, metavar="SECONDS")
    report.add_argument(
        "--if-changed",
        action="store_true",
        help="do nothing if data, parameters, template and version are as before",
    )
    report.add_argument("--quiet", action="store_true", help="print nothing on success")
    report.add_argument("--json", action="store_true", help="one line of JSON")
    report.set_defaults(run=_report)


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"a whole number from 0 up, not {text}")
    return number
