"""A wheel installed in a clean environment finds its templates and its tables.

The wheel and its dependencies go through the ordinary installer: uv where it stands in
the environment (its cache makes this quick), otherwise pip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
UV = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
FOLDER = "Scripts" if os.name == "nt" else "bin"


def run(*arguments: str | Path, folder: Path) -> str:
    """Run a command in a folder, free of this environment's own Python settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    }
    done = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=folder,
        env={**environment, "UV_SYSTEM_CERTS": "1", "MPLBACKEND": "Agg"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    if UV:
        run(UV, "build", "-q", "--wheel", "--out-dir", out, ROOT, folder=out)
    else:
        run(sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT, folder=out)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of a new environment that holds the wheel alone."""
    home = tmp_path_factory.mktemp("clean")
    programs = home / "venv" / FOLDER
    if UV:
        run(UV, "venv", "-q", "--python", sys.executable, "venv", folder=home)
        run(
            UV, "pip", "install", "-q", "--python", programs / "python", wheel,
            folder=home,
        )  # fmt: skip
    else:
        run(sys.executable, "-m", "venv", "venv", folder=home)
        run(programs / "python", "-m", "pip", "install", "-q", wheel, folder=home)
    return programs


def test_the_wheel_carries_templates_tables_and_licence(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for template in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"jdm_stats/notebooks/{template.name}" in names
    tables = list((ROOT / "jdm_stats" / "evidence").glob("*.csv"))
    assert tables
    for table in tables:
        assert f"jdm_stats/evidence/{table.name}" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "jdm_stats/data/synthetic/cohort.json" in names
    assert not any(name.startswith(("tests/", "data/")) for name in names)


def test_the_installed_command_lists_its_templates(clean, tmp_path):
    listed = run(clean / "jdm-stats", "templates", folder=tmp_path)
    for template in (ROOT / "notebooks").glob("*.ipynb"):
        assert template.stem in listed


def test_the_installed_package_reads_its_evidence(clean, tmp_path):
    code = (
        "import pathlib, jdm_stats as jdm\n"
        f"assert {str(ROOT)!r} not in jdm.__file__, jdm.__file__\n"
        "print(len(jdm.parameters()), len(jdm.published_cases()))"
    )
    told = run(clean / "python", "-I", "-W", "error", "-c", code, folder=tmp_path)
    assert all(int(count) > 5 for count in told.split())


def test_the_installed_command_renders_a_report(clean, tmp_path):
    out = tmp_path / "out"
    run(
        clean / "jdm-stats", "report", "--template", "published_evidence",
        "--out", out, folder=tmp_path,
    )  # fmt: skip
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "Xu" in page
    assert (out / "manifest.json").exists()
