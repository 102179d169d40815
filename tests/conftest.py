"""Each template rendered once by the public command, shared by all who read its page.

Hypothesis times no example: what takes long on a busy machine is no fault.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def rendered(tmp_path_factory) -> Callable[[str], Path]:
    """Give the folder of a template's report, made when it is first asked for."""
    made: dict[str, Path] = {}

    def folder(template: str) -> Path:
        if template not in made:
            made[template] = _render(template, tmp_path_factory.mktemp(template))
        return made[template]

    return folder


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
