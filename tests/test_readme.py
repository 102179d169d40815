"""What the documentation shows is run: its Python, its commands, its links."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(
    {
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(path for path in ROOT.glob("*/README.md") if path.parts[-2][0] != "."),
    }
)
SET_UP = ("python3 -m venv ", ". .venv/bin/activate", "pip install -e ", "pytest -m ")


def page_name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


def shown_commands() -> list[str]:
    lines = "\n".join(blocks("sh")).splitlines()
    return [shlex.join(shlex.split(line, comments=True)) for line in lines if line]


JDM_COMMANDS = [line for line in shown_commands() if line.startswith("jdm-stats ")]
MAKE_COMMANDS = [line for line in shown_commands() if line.startswith("make ")]


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder that holds what the README speaks of: its cohort, one's own, an export."""
    shutil.copytree(ROOT / "data" / "synthetic", tmp_path / "data" / "synthetic")
    shutil.copytree(ROOT / "data" / "synthetic", tmp_path / "my_registry")
    german = ROOT / "data" / "examples" / "german"
    shutil.copytree(german / "mended", tmp_path / "export")
    shutil.copy(german / "mapping.toml", tmp_path / "registry.toml")
    return tmp_path


def run(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MPLBACKEND": "Agg"}
    return subprocess.run(
        arguments, cwd=folder, env=environment, capture_output=True, text=True
    )


def test_the_python_shown_runs_without_a_warning(desk):
    for code in blocks("python"):
        done = run([sys.executable, "-W", "error", "-c", code], desk)
        assert done.returncode == 0, done.stderr


def test_the_python_shown_repeats_the_numbers_of_the_report(desk):
    code = blocks("python")[0]
    compare = """
from pandas.testing import assert_frame_equal

analysis = jdm.run_analysis(jdm.AnalysisPlan(), cohort)
mine, reported = curves.tidy(), analysis.curves.tidy()
pairs = [
    (rates, analysis.rates.set_index("antibody").loc[rates["antibody"]].reset_index()),
    (mine[mine["group"] == 1], reported[reported["group"] == "NXP2"]),
    (cox.tidy(), analysis.fits["Firth Cox"].tidy()),
    (logit.tidy(), analysis.fits["Firth logistic"].tidy()),
]
for ours, theirs in pairs:
    assert len(ours) > 1
    assert_frame_equal(
        ours.drop(columns=["group"], errors="ignore").reset_index(drop=True),
        theirs.drop(columns=["group"], errors="ignore").reset_index(drop=True),
        rtol=1e-6,
        check_dtype=False,
    )
"""
    done = run([sys.executable, "-c", code + compare], desk)
    assert done.returncode == 0, done.stderr


def test_the_python_shown_is_ten_statements():
    code = blocks("python")[0]
    assert len(ast.parse(code).body) == 10


@pytest.mark.parametrize("command", JDM_COMMANDS)
def test_a_command_shown_succeeds(command, desk):
    done = run([sys.executable, "-m", "jdm_stats", *shlex.split(command)[1:]], desk)
    assert done.returncode == 0, done.stderr


def test_the_commands_shown_cover_the_doors():
    verbs = {shlex.split(command)[1] for command in JDM_COMMANDS}
    assert {"check", "import", "lint", "map", "report"} <= verbs
    assert {"make report", "make test"} <= set(MAKE_COMMANDS)


def test_every_line_of_shell_is_known():
    known = [*JDM_COMMANDS, *MAKE_COMMANDS]
    rest = [line for line in shown_commands() if line not in known]
    strange = [line for line in rest if not line.startswith(SET_UP)]
    assert not strange


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_every_make_target_named_is_in_the_makefile(page):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", page.read_text("utf-8"), re.M))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=page_name)
def test_links_to_files_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text)
    broken = [
        target
        for target in targets
        if not target.startswith(("http://", "https://", "mailto:"))
        and not (page.parent / target).exists()
    ]
    assert not broken


def test_the_picture_of_the_report_is_a_png():
    assert (ROOT / "docs/images/report.png").read_bytes()[:4] == b"\x89PNG"
