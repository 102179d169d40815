"""The commands that analyse: fit, report, templates."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from jdm_stats.cli.telling import DATA, complain, tell, tell_json
from jdm_stats.cli.writing import write_whole
from jdm_stats.errors import UsageError

__all__ = ["fit", "lint", "report", "templates"]


def fit(arguments: argparse.Namespace) -> int:
    """Run an analysis plan and write its estimates."""
    from jdm_stats.analysis.run import run_analysis
    from jdm_stats.cli.exports import read_source
    from jdm_stats.plan import AnalysisPlan

    plan = AnalysisPlan.from_toml(arguments.plan)
    cohort = read_source(arguments.data, arguments.mapping)
    estimates = run_analysis(plan, cohort).estimates
    if cohort.synthetic:
        estimates.insert(0, "data", "SYNTHETIC")
    text = estimates.to_csv(index=False, lineterminator="\n")
    if arguments.out == "-":
        tell(text.removesuffix("\n"))
        return 0
    target = Path(arguments.out)
    write_whole(target, text)
    tell(str(target))
    return 0


def lint(arguments: argparse.Namespace) -> int:
    """Look for mistakes about time zero in a plan and the rows it makes of a cohort."""
    from jdm_stats.cli.exports import read_source
    from jdm_stats.diagnostics.time_zero import lint_plan
    from jdm_stats.plan import AnalysisPlan

    plan = AnalysisPlan()
    if arguments.plan is not None:
        plan = AnalysisPlan.from_toml(arguments.plan)
    found = lint_plan(plan, read_source(arguments.data, arguments.mapping))
    if arguments.json:
        tell_json(found.record())
    else:
        tell(str(found))
    return DATA if found.proofs else 0


def report(arguments: argparse.Namespace) -> int:
    """Render a report as one HTML page."""
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
    with _as_folder(arguments.data, arguments.mapping) as data:
        result = render_report(
            data,
            arguments.out,
            template=arguments.template,
            parameters=given,
            timeout=arguments.timeout,
            cell_timeout=arguments.cell_timeout,
            if_changed=arguments.if_changed,
            progress=complain if talks else None,
            check=_refuse_faulty_data,
        )
    if arguments.json:
        tell_json(
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
            tell("unchanged since the last run")
        tell(str(result.html))
    return result.exit_code


@contextmanager
def _as_folder(data: str | None, mapping: str | None) -> Iterator[str | None]:
    """Hand out a cohort's folder: the one given, or an export read through its mapping.

    The folder made of an export says in its cohort.json which mapping and which files it
    was made of, with their hashes, so that the manifest's hash of it depends on both.
    """
    if mapping is None:
        yield data
        return
    if data is None:
        raise UsageError("--mapping needs DATA, the export that it maps")
    from jdm_stats.cli.exports import read_source
    from jdm_stats.cohort.files import write_cohort

    cohort = read_source(data, mapping)
    with TemporaryDirectory(prefix="jdm-stats-") as place:
        yield str(write_cohort(cohort, Path(place) / "imported"))


def _refuse_faulty_data(path: Path) -> None:
    from jdm_stats.cohort.files import read_cohort

    read_cohort(path)


def templates(arguments: argparse.Namespace) -> int:
    """List the report templates with their parameters."""
    from jdm_stats.report.templates import list_templates, read_template

    for name, path in list_templates().items():
        template = read_template(path)
        tell(f"{name:<22} {template.title}")
        for parameter, default in template.defaults.items():
            tell(f"{'':<22}   -p {parameter}={default}")
    return 0
