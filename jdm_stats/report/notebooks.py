"""Run a notebook unattended and publish it as one self-contained page.

How to write a template
-----------------------
A template is a notebook in ``notebooks/`` without outputs. Its cells are thin: they call library
functions and show what comes back; nothing is computed in a cell that a test cannot reach.

1. Exactly one code cell is tagged ``parameters`` and holds nothing but literal defaults. Strings
   are text, ``1.0`` is a float and ``1`` an integer: a caller's value must be of the same type,
   and a parameter that no other cell reads is refused. ``data = ""`` says that the template reads
   a cohort; ``report_date = ""`` is filled from ``SOURCE_DATE_EPOCH`` when that is set. ::

       data = ""  # folder of the cohort; empty: the synthetic cohort
       report_date = ""  # the date shown
       horizon_days = 730

2. The cohort is read by ``jdm.read_cohort(cohort_path(data))`` with
   ``from jdm_stats.report.templates import cohort_path``. A template never relies on the working
   directory and never shows a path.
3. The first markdown cell begins with the one ``# Title``; sections are ``##``, parts of a section
   ``###``. Every section is named in the progress lines. No TeX, no images, no raw HTML.
4. Results are shown by `jdm_stats.report.show`: ``show_html(banner(...), notes_list(...))``,
   ``show_table(frame, name=, caption=, footnotes=)`` and
   ``show_figure(figure_or_axes, name=, alt=, caption=)``. Each name is used once. End a cell with
   such a call, so that no ``repr`` is shown. Nothing is printed per patient.
5. Text built from data is escaped: give plain text to ``banner``, ``paragraphs``, ``notes_list``
   and ``summary_box`` of `jdm_stats.html`; never f-strings in ``Markdown`` or ``HTML``, never
   ``DataFrame.style``, never a model's printed summary (it carries the time of day).
6. Where the cohort is read, ``mark_synthetic(cohort.synthetic)`` marks every table and figure, in
   the page and in its file; ``show_html(synthetic_banner(cohort.synthetic))`` comes first on the
   page. What shows no data, such as versions of software, is shown with ``synthetic=False``.
7. Every cell has an ``id`` set by hand that says what it shows (``params``, ``flow``,
   ``table-one``), kernelspec is ``python3``, outputs and execution counts are stripped.
8. A warning raised in a cell is shown on the page; catch only one whose matter the page says in
   words, and say so in the cell. An error stops the report: code 3 when the data are at fault, 1
   otherwise.

Input cells are left out of the page; ``report.ipynb`` keeps them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jdm_stats.errors import ReportError, UsageError
from jdm_stats.report.folder import RunFolder
from jdm_stats.report.manifest import build_manifest, hash_input, is_current, run_key
from jdm_stats.report.parameters import bind_parameters
from jdm_stats.report.templates import (
    PATH_PARAMETERS,
    Template,
    cohort_path,
    read_template,
    template_path,
)

if TYPE_CHECKING:
    from jdm_stats.report.kernel import Outcome

__all__ = ["ReportResult", "render_report"]


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A report that stands.

    Parameters
    ----------
    status : str
        ``done``, or ``unchanged`` when an equal report already stood.
    html : Path
        The page.
    manifest : Path
        What was run on what, and the hash of every file.
    exit_code : int
        0; a report that fails raises `jdm_stats.errors.ReportError` with its code.
    seconds : float
        Wall time.
    """

    status: str
    html: Path
    manifest: Path
    exit_code: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Run:
    """One run, fully determined: nothing below reads the environment or a default again."""

    template: Template
    values: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    key: str
    timeout: float
    cell_timeout: float


def render_report(
    data: str | os.PathLike[str] | None = None,
    out: str | os.PathLike[str] = "report",
    *,
    template: str | os.PathLike[str] = "perforation_risk",
    parameters: Mapping[str, Any] | None = None,
    timeout: float = 1800,
    cell_timeout: float = 600,
    if_changed: bool = False,
    progress: Callable[[str], None] | None = None,
    check: Callable[[Path], None] | None = None,
) -> ReportResult:
    """Run a template in a fresh kernel and publish the page, its tables and a manifest.

    Parameters
    ----------
    data : path, optional
        The cohort. By default the synthetic cohort: ``data/synthetic`` of the working
        directory, else the one that comes with the package.
    out : path, default "report"
        Folder to publish into. Its last good report survives any failure.
    template : str or path, default "perforation_risk"
        A template's name, or the path of a notebook of one's own.
    parameters : mapping of str to object, optional
        Values for the template's parameters; unknown or mistyped ones are refused.
    timeout, cell_timeout : float
        Limits in seconds for the whole run and for one cell.
    if_changed : bool, default False
        Do nothing when a report of the same data, parameters, template and version stands.
    progress : callable, optional
        Called with one line of text as each section begins.
    check : callable, optional
        Called with the path of the cohort before a kernel starts; what it raises ends
        the run, so that faulty data are refused at once.

    Returns
    -------
    ReportResult
        Where the page and the manifest stand.

    Raises
    ------
    UsageError
        For an unknown template, parameter or path, before any kernel starts.
    ReportError
        With ``exit_code`` 1 (a cell failed), 3 (a cell found the data at fault), 4 (time
        limit), 5 (the kernel died), 73 (the folder cannot be written) or 75 (another run
        holds it).
    OSError
        If the disk fails while files are put in place.

    Notes
    -----
    Two runs of the same template, data and parameters write byte-identical ``report.html``.

    Examples
    --------
    ``render_report("my_registry", "out").html`` is the page. What cannot be carried out is
    refused before a kernel starts:

    >>> render_report(template="cohort", parameters={"horizon": 24})
    Traceback (most recent call last):
    ...
    jdm_stats.errors.UsageError: ...
    """
    begun = time.monotonic()
    run = _prepare(data, template, parameters or {}, timeout, cell_timeout)
    with RunFolder(Path(out)) as folder:
        if if_changed and is_current(folder.path, run.key):
            return _result("unchanged", folder, begun)
        if check is not None and run.values.get("data"):
            check(Path(run.values["data"]))
        outcome = _execute(run, folder, progress)
        _publish(run, folder, outcome, time.monotonic() - begun)
        return _result("done", folder, begun)


def _result(status: str, folder: RunFolder, begun: float) -> ReportResult:
    return ReportResult(
        status=status,
        html=folder.path / "report.html",
        manifest=folder.path / "manifest.json",
        exit_code=0,
        seconds=round(time.monotonic() - begun, 3),
    )


def _prepare(
    data: str | os.PathLike[str] | None,
    template: str | os.PathLike[str],
    parameters: Mapping[str, Any],
    timeout: float,
    cell_timeout: float,
) -> _Run:
    if timeout <= 0 or cell_timeout <= 0:
        raise UsageError(
            f"time limits are seconds above 0; received timeout={timeout!r}, "
            f"cell_timeout={cell_timeout!r}"
        )
    read = read_template(template_path(os.fspath(template)))
    given = dict(parameters)
    if data is not None and not read.takes_data:
        raise UsageError(f"template {read.name} reads no data; leave data out")
    if data is not None and "data" in given:
        raise UsageError("data is given twice, as an argument and as a parameter")
    if read.takes_data and not given.get("data"):
        given["data"] = str(cohort_path(os.fspath(data) if data is not None else ""))
    dated = _date_from_environment()
    if dated and "report_date" in read.defaults:
        given.setdefault("report_date", dated)
    given |= {
        name: _absolute(given[name]) for name in PATH_PARAMETERS if given.get(name)
    }
    values = bind_parameters(read, given)
    inputs = {
        name: hash_input(Path(values[name]))
        for name in PATH_PARAMETERS
        if values.get(name)
    }
    return _Run(
        read, values, inputs, run_key(read, values, inputs), timeout, cell_timeout
    )


def _absolute(value: Any) -> str:
    path = Path(value).resolve()
    if not path.exists():
        raise UsageError(f"there is no file or folder {str(value)!r}")
    return str(path)


def _date_from_environment() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not epoch:
        return ""
    try:
        return datetime.fromtimestamp(int(epoch), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(
            f"SOURCE_DATE_EPOCH is a whole number of seconds; received {epoch!r}"
        ) from error


def _execute(
    run: _Run, folder: RunFolder, progress: Callable[[str], None] | None
) -> Outcome:
    from jdm_stats.report.kernel import run_notebook

    return run_notebook(
        run.template,
        run.values,
        results=folder.staging,
        timeout=run.timeout,
        cell_timeout=run.cell_timeout,
        progress=progress,
    )


def _publish(run: _Run, folder: RunFolder, outcome: Outcome, seconds: float) -> None:
    from jdm_stats.report.page import notebook_json, page_html

    page = page_html(outcome.notebook, run.template.title, run.values, run.key)
    notebook = notebook_json(outcome.notebook)
    described = {
        "status": outcome.status,
        "exit_code": outcome.exit_code,
        "error": outcome.error,
        "seconds": round(seconds, 3),
    }
    if outcome.status != "done":
        manifest = build_manifest(
            run.template, run.values, run.inputs, run.key, described, {}
        )
        failed = folder.publish_failure(page, notebook, manifest)
        raise ReportError(
            f"{outcome.error}\nWhat was done so far is in {failed}", outcome.exit_code
        )
    folder.stage("report.html", page)
    folder.stage("report.ipynb", notebook)
    manifest = build_manifest(
        run.template, run.values, run.inputs, run.key, described, folder.staged_hashes()
    )
    folder.publish(manifest)
