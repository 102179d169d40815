"""A small template and two runs of it, shared by the tests of the report room."""

from __future__ import annotations

from pathlib import Path

import pytest

from jdm_stats.report.notebooks import render_report
from tests.report.small_notebooks import DRAWS, MISBEHAVES, SHOWS, cell, write_notebook


@pytest.fixture(scope="session")
def small_template(tmp_path_factory) -> Path:
    """Shows a little of everything, or misbehaves as ``word`` says."""
    return write_notebook(
        tmp_path_factory.mktemp("templates") / "small.ipynb",
        cell("markdown", "title", "# A small report\n\nWords."),
        cell(
            "code", "params", 'word = "fine"\ncount = 3\nreport_date = ""', "parameters"
        ),
        cell("markdown", "one", "## First part"),
        cell("code", "shows", SHOWS),
        cell("markdown", "two", "## Second <part>"),
        cell("code", "draws", DRAWS),
        cell("code", "misbehaves", MISBEHAVES),
        cell("code", "counts", "print(count)"),
    )


@pytest.fixture(scope="session")
def two_runs(small_template, tmp_path_factory):
    """The same report rendered twice, into two folders."""
    folders = [tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")]
    lines: list[str] = []
    given = {"parameters": {"report_date": "2024-06-18"}, "template": small_template}
    results = [
        render_report(out=folder, progress=lines.append, **given) for folder in folders
    ]
    return folders, results, lines
