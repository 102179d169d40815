"""The page of the doors: its example runs, and its limits are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from jdm_stats.cohort.doors import refusal
from jdm_stats.cohort.doors.reading import Reading

PAGE = (Path(__file__).parents[3] / "docs" / "doors.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_runs() -> None:
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert examples
    for example in examples:
        exec(compile(example, "docs/doors.md", "exec"), {})


def test_the_page_names_every_key() -> None:
    for name in Reading.__dataclass_fields__:
        assert f"| `{name}` |" in PAGE


def test_the_limits_are_those_of_the_code() -> None:
    assert refusal.MAX_BYTES == 2**30 and "may have 1 GiB" in PAGE
    assert f"{refusal.MAX_COLUMNS:,} columns" in PAGE
    assert f"{refusal.MAX_CELLS // 10**6} million cells" in PAGE
