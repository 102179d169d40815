"""The words of every command; nothing is imported for them before a command runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from typing import Any

from jdm_stats import __version__

__all__ = ["make_parser"]

_EPILOG = """\
exit codes: 0 done or unchanged, 1 a notebook cell failed, 2 the call is at fault, 3 the data
are at fault, 4 time limit, 5 the kernel died, 73 cannot write, 75 another run holds the folder,
130 and 143 stopped by a signal"""
_SOURCE = "folder of the cohort; with --mapping a file, a folder or a database address"
_MAPPING = "mapping of the export's own columns and words; see 'jdm-stats map'"


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line; ``run`` of what it parses is the command."""
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
    _add_map(commands)
    _add_import(commands)
    _add_simulate(commands)
    _add_fit(commands)
    _add_lint(commands)
    _add_report(commands)
    _add_power(commands)
    listing = commands.add_parser("templates", help="list the report templates")
    listing.set_defaults(run=_command("analysing", "templates"))
    return parser


def _command(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """Return a command that is imported only when it runs."""

    def run(arguments: argparse.Namespace) -> int:
        code: int = getattr(import_module(f"jdm_stats.cli.{module}"), name)(arguments)
        return code

    return run


def _add_check(commands: Any) -> None:
    check = commands.add_parser(
        "check",
        help="check a cohort or an export and print every fault",
        description="Tell every fault at once. Errors end with code 3; warnings ask for a "
        "second look and end with code 0.",
    )
    check.add_argument("data", metavar="SOURCE", nargs="?", help=_SOURCE)
    check.add_argument("--mapping", metavar="MAPPING.toml", help=_MAPPING)
    _add_reading(check)
    _add_about(check)
    check.add_argument("--json", action="store_true", help="one line of JSON")
    check.add_argument(
        "--all", action="store_true", help="print every fault, however many"
    )
    check.add_argument("--html", metavar="PAGE.html", help="write a page of the faults")
    check.add_argument(
        "--export-faults",
        metavar="FAULTS.csv",
        help="write a table with file, line, column and the value as received; text that a "
        "spreadsheet would take for a formula gets a leading '",
    )
    check.add_argument(
        "--explain", metavar="CODE", help="say what a code means; 'all' for every code"
    )
    check.set_defaults(run=_command("checking", "check"), parser=check)


def _add_reading(command: Any) -> None:
    """Add how text files are read, where it cannot be settled from the files."""
    how = command.add_argument_group(
        "how files are read, where they do not settle it (with a mapping: its [read])"
    )
    how.add_argument("--encoding", metavar="NAME", help="such as utf-8 or cp1252")
    how.add_argument("--delimiter", metavar="C", help="between cells; 'tab' for a tab")
    how.add_argument("--decimal", choices=(".", ","), help="decimal mark")
    how.add_argument(
        "--header-line", type=_whole, metavar="N", help="line of the headings, from 1"
    )


def _add_about(command: Any) -> None:
    """Add what a source without cohort.json and without a mapping cannot say itself."""
    about = command.add_argument_group(
        "what the cohort is, where neither cohort.json nor a mapping says it"
    )
    about.add_argument("--name", help="what the cohort is called")
    kind = about.add_mutually_exclusive_group()
    kind.add_argument(
        "--real",
        dest="synthetic",
        action="store_false",
        default=None,
        help="real children",
    )
    kind.add_argument(
        "--synthetic", action="store_true", default=None, help="simulated children"
    )


def _add_map(commands: Any) -> None:
    propose = commands.add_parser("map", help="propose a mapping file for an export")
    propose.add_argument(
        "export", metavar="EXPORT", help="a file, a folder or a database address"
    )
    _add_reading(propose)
    propose.add_argument(
        "--out", default="-", metavar="MAPPING.toml", help="default: standard output"
    )
    propose.add_argument(
        "--overwrite", action="store_true", help="replace the mapping that stands there"
    )
    propose.set_defaults(run=_command("exports", "propose"))


def _add_import(commands: Any) -> None:
    reading = commands.add_parser(
        "import",
        help="read an export, mostly through a mapping, and write a cohort's folder",
    )
    reading.add_argument(
        "export", metavar="EXPORT", help="a file, a folder or a database address"
    )
    reading.add_argument("--mapping", metavar="MAPPING.toml", help=_MAPPING)
    _add_reading(reading)
    _add_about(reading)
    reading.add_argument("--out", required=True, metavar="DIR")
    reading.add_argument(
        "--overwrite", action="store_true", help="replace the cohort that stands in DIR"
    )
    reading.set_defaults(run=_command("exports", "import_export"))


def _add_simulate(commands: Any) -> None:
    simulate = commands.add_parser(
        "simulate",
        help="draw a SYNTHETIC cohort",
        description="Draw a SYNTHETIC cohort of any size and write its folder, whole or not "
        "at all. The same seed gives the same children, whatever --chunk and --jobs.",
    )
    simulate.add_argument("--out", metavar="DIR", help="folder of the cohort")
    simulate.add_argument("--format", choices=("csv", "parquet"), default="csv")
    simulate.add_argument(
        "--overwrite", action="store_true", help="replace the cohort that stands in DIR"
    )
    simulate.add_argument(
        "--truth",
        action="store_true",
        help="write too what no registry could know: truth.json and a table of children",
    )
    who = simulate.add_argument_group("which children")
    who.add_argument("--patients", type=int, default=600, metavar="N")
    who.add_argument("--seed", type=int, default=20240618, metavar="N")
    who.add_argument(
        "--index-pattern",
        type=int,
        default=1,
        metavar="N",
        help="children who follow the index case's pattern",
    )
    world = simulate.add_argument_group("which world")
    world.add_argument(
        "--preset",
        action="append",
        default=[],
        metavar="NAME",
        help="such as east_asia+steroids_harmless; may be repeated; default: tertiary",
    )
    world.add_argument(
        "--list-presets", action="store_true", help="say what there is, and end"
    )
    world.add_argument(
        "--scenario", metavar="FILE.toml", help="a world of your own, not a preset"
    )
    world.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a value of the world, such as pulse_hr=1.0; may be repeated",
    )
    work = simulate.add_argument_group("how the work is done")
    work.add_argument(
        "--chunk",
        type=int,
        default=8192,
        metavar="N",
        help="children held in memory at once, for each worker",
    )
    work.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="workers; -1 for all cores"
    )
    simulate.set_defaults(run=_command("simulating", "simulate"), parser=simulate)


def _add_fit(commands: Any) -> None:
    fit = commands.add_parser(
        "fit", help="run an analysis plan and write its estimates"
    )
    fit.add_argument("data", metavar="DATA", help=_SOURCE)
    fit.add_argument("--plan", required=True, metavar="PLAN.toml")
    fit.add_argument("--mapping", metavar="MAPPING.toml", help=_MAPPING)
    fit.add_argument(
        "--out", default="-", metavar="CSV", help="default: standard output"
    )
    fit.set_defaults(run=_command("analysing", "fit"))


def _add_lint(commands: Any) -> None:
    lint = commands.add_parser(
        "lint",
        help="look for mistakes about time zero in a plan and its rows at risk",
        description="Make the rows of the plan and look for immortal time, exposure from "
        "the future and other mistakes about time zero. A proof ends with code 3.",
    )
    lint.add_argument("data", metavar="DATA", help=_SOURCE)
    lint.add_argument("--plan", metavar="PLAN.toml", help="default: the default plan")
    lint.add_argument("--mapping", metavar="MAPPING.toml", help=_MAPPING)
    lint.add_argument("--json", action="store_true", help="one line of JSON")
    lint.set_defaults(run=_command("analysing", "lint"))


def _add_report(commands: Any) -> None:
    report = commands.add_parser("report", help="render a report as one HTML page")
    report.add_argument(
        "data",
        metavar="DATA",
        nargs="?",
        help=f"{_SOURCE}; default: the synthetic cohort",
    )
    report.add_argument("--mapping", metavar="MAPPING.toml", help=_MAPPING)
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
    report.set_defaults(run=_command("analysing", "report"))


def _add_power(commands: Any) -> None:
    power = commands.add_parser(
        "power",
        help="study size: how many children, how many years, which hazard ratio",
        description="Work out power and detectable hazard ratios for every combination of "
        "children, years and risks, exactly and without simulation.",
    )
    sizes = power.add_argument_group("what varies; each takes several values")
    sizes.add_argument("--children", type=int, nargs="+", metavar="N")
    sizes.add_argument(
        "--years",
        type=float,
        nargs="+",
        metavar="Y",
        help="follow-up of the last recruit",
    )
    sizes.add_argument(
        "--risk-24", type=float, nargs="+", metavar="R", help="perforation by 24 months"
    )
    sizes.add_argument("--hazard-ratio", type=float, nargs="+", metavar="HR")
    _add_power_design(power)
    power.add_argument("--out", metavar="TABLE.csv", help="write the table")
    power.add_argument("--figure", metavar="FIGURE.png", help="draw the curve")
    power.add_argument("--json", action="store_true", help="one line of JSON")
    power.set_defaults(run=_command("planning", "power"))


def _add_power_design(power: Any) -> None:
    """Add what does not vary: exposure, world, losses, test."""
    power.add_argument(
        "--exposure-share",
        type=float,
        metavar="P",
        help="exposed share of those at risk",
    )
    power.add_argument(
        "--preset",
        help="take risk, time course, losses and exposure share from a world",
    )
    power.add_argument(
        "--exposure",
        metavar="E",
        help="with --preset: nxp2 (the default), recent_pulse or high_dose; else its name",
    )
    power.add_argument("--power", type=float, default=0.8, help="default: 0.8")
    power.add_argument(
        "--accrual", type=float, metavar="Y", help="years of recruitment, default: 0"
    )
    power.add_argument(
        "--children-per-year", type=float, metavar="N", help="tell years of recruitment"
    )
    power.add_argument("--loss", type=float, metavar="RATE", help="loss per year")
    power.add_argument(
        "--deaths", type=float, metavar="RATE", help="other deaths per 1000 years"
    )
    power.add_argument(
        "--r-squared",
        type=float,
        metavar="R2",
        help="of the exposure on other covariates",
    )
    power.add_argument("--alpha", type=float, help="default: 0.05")
    power.add_argument("--one-sided", action="store_true")
    power.add_argument(
        "--test", metavar="T", help="firth (the default), exact, central or schoenfeld"
    )
    power.add_argument(
        "--constant-rate",
        action="store_true",
        help="as if perforations never became rarer",
    )


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"a whole number from 0 up, not {text}")
    return number
