"""docs/missing_data.md does what it shows, block after block."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "missing_data.md").read_text(encoding="utf-8")
BLOCKS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def as_number(word: str) -> float | None:
    try:
        return float(word.strip("(),;:%"))
    except ValueError:
        return None


def assert_same(shown: str, told: str) -> None:
    """Words to the letter; numbers nearly, as sums differ in the last bit by machine."""
    assert len(shown.split()) == len(told.split()), shown
    for one, other in zip(shown.split(), told.split(), strict=True):
        if as_number(one) is None:
            assert one == other
        else:
            apart = 1.0 if "%" in one else 0.02
            assert as_number(one) == pytest.approx(as_number(other), 0.03, apart)


def test_the_page_runs_and_prints_what_it_shows(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict[str, object] = {}
    assert len(BLOCKS) > 7
    for code, told in BLOCKS:
        with contextlib.redirect_stdout(io.StringIO()) as caught:
            exec(compile(code, "docs/missing_data.md", "exec"), names)
        assert_same(caught.getvalue(), told)
    from matplotlib import pyplot as plt

    plt.close("all")
