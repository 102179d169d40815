"""Importing the package and asking a command for help must cost next to nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "formulaic",
    "lifelines",
    "matplotlib",
    "nbclient",
    "nbconvert",
    "numpy",
    "pandas",
    "pyarrow",
    "pydantic",
    "scipy",
    "statsmodels",
}


def run_python(code: str) -> str:
    """Run code in a fresh interpreter and hand back what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_import_loads_no_heavy_library():
    loaded = run_python("import sys, jdm_stats; print(*sys.modules)").split()
    assert "jdm_stats" in loaded
    assert HEAVY.isdisjoint(loaded)


def test_import_takes_under_150_ms_of_processor_time():
    code = (
        "import time; start = time.process_time(); import jdm_stats;"
        "print(time.process_time() - start)"
    )
    assert min(float(run_python(code)) for _ in range(3)) < 0.15


def test_listing_the_face_loads_nothing():
    loaded = run_python("import sys, jdm_stats; dir(jdm_stats); print(*sys.modules)")
    assert HEAVY.isdisjoint(loaded.split())


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["report", "--help"], ["check", "--help"]],
    ids=" ".join,
)
def test_help_loads_no_heavy_library(arguments):
    code = (
        f"import sys; sys.argv = ['jdm-stats', *{arguments!r}]\n"
        "from jdm_stats.cli import main\n"
        "try:\n    code = main()\n"
        "except SystemExit as stop:\n    code = stop.code\n"
        "print(); print(code or 0, *sys.modules)"
    )
    code, *loaded = run_python(code).splitlines()[-1].split()
    assert code == "0"
    assert HEAVY.isdisjoint(loaded)
