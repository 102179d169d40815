"""docs/index_case.md does what it shows, block after block."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

from jdm_stats.simulation.index_case import index_case_pattern
from jdm_stats.simulation.similarity.settings import CRITERIA

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "index_case.md").read_text(encoding="utf-8")
BLOCKS = re.findall(
    r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def test_the_page_runs_and_prints_what_it_shows(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    names: dict[str, object] = {}
    assert len(BLOCKS) == 4
    for code, told in BLOCKS:
        with contextlib.redirect_stdout(io.StringIO()) as caught:
            exec(compile(code, "docs/index_case.md", "exec"), names)
        assert caught.getvalue() == told
    from matplotlib import pyplot as plt

    plt.close("all")


def test_the_numbers_of_the_page_are_those_of_the_code():
    counts = index_case_pattern()["status"].value_counts()
    assert f"{counts.sum()} steps" in PAGE
    assert f"{counts['reported']} reported and {counts['assumed']} assumed" in PAGE
    core = sum(one.weight for one in CRITERIA if one.core)
    total = sum(one.weight for one in CRITERIA)
    assert f"makes {core:g} of {total:g}" in PAGE
