"""Each template rendered once by the public command, shared by all who read its page.

Hypothesis times no example: what takes long on a busy machine is no fault. It draws the same
examples at every run, so that a run tells of the change at hand; ``make explore`` draws others.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Draw no constants of the source: they hang on the modules a worker has loaded."""
    explores = config.getoption("--hypothesis-profile", None) == "explore"
    if not explores and hasattr(providers, "_get_local_constants"):
        nothing = providers.Constants()
        providers._get_local_constants = lambda: nothing


ROOT = Path(__file__).resolve().parents[1]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number: a name must be the same for every worker."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Callable[[str], Path]:
    """Give the folder of a template's report, made when it is first asked for."""
    base = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent  # that of all workers

    def folder(template: str) -> Path:
        place, done = base / f"rendered-{template}", base / f"{template}.done"
        try:
            place.mkdir()
        except FileExistsError:
            _wait_for(done)
            return place
        try:
            return _render(template, place)
        finally:
            done.touch()

    return folder


def _wait_for(done: Path) -> None:
    """Wait until another worker has rendered what this one needs."""
    for _ in range(6000):
        if done.exists():
            return
        time.sleep(0.1)
    raise TimeoutError(done.name)


# Templates that read no cohort: they show what is published, or draw children of their own.
NO_COHORT = ("known_truth", "published_evidence", "study_size")


def _render(template: str, out: Path) -> Path:
    data = [] if template in NO_COHORT else ["data/synthetic"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "jdm_stats", "report", *data),
            *("--out", str(out), "--template", template),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == str(out / "report.html")
    return out
