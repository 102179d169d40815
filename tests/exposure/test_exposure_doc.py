"""The page on exposure: its code runs, its tables are those of the code."""

from __future__ import annotations

import ast
import doctest
import re
import tomllib
from pathlib import Path

import jdm_stats.exposure.measures as measures
from jdm_stats.cohort.equivalents import equivalents_table
from jdm_stats.plan import AnalysisPlan, SteroidRules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "exposure.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def first_cells(heading: str) -> list[list[str]]:
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_the_examples_run_in_order():
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    example = doctest.DocTestParser().get_doctest(
        "\n".join(blocks("python")), {}, "exposure.md", None, 0
    )
    assert len(example.examples) > 15
    said: list[str] = []
    runner = doctest.DocTestRunner(optionflags=flags, verbose=False)
    runner.run(example, out=said.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def test_a_measure_of_your_own_is_ten_lines():
    own = next(block for block in blocks("python") if "class HighDose" in block)
    lines = [line[4:] for line in own.splitlines() if line.startswith(("...", ">>> @"))]
    assert len([line for line in lines if line.strip()]) <= 10
    ast.parse("\n".join(lines))


def test_the_plan_on_the_page_is_a_plan():
    [text] = blocks("toml")
    plan = AnalysisPlan(**tomllib.loads(text))
    assert plan.steroids.cap_mg_per_dose == {"methylprednisolone": 1000}
    assert plan.steroids.missing_stop_day == "next_course"


def test_the_table_of_equivalents_is_the_one_in_the_code():
    told = [
        [row[0], float(row[1]), *row[2:]]
        for row in first_cells("Prednisone equivalents")
    ]
    known = equivalents_table()[["drug", "mg", "status", "grade", "source"]]
    assert told == known.values.tolist()


def test_every_rule_and_every_measure_is_on_the_page():
    told = re.findall(r"`(\w+)`", " ".join(row[0] for row in first_cells("Rules")))
    assert sorted(told) == sorted(SteroidRules.model_fields)
    named = [re.match(r"`(\w+)", row[0])[1] for row in first_cells("Measures")]
    others = {"ever_event", "last_assessment", "whole_days"}
    assert sorted(named) == sorted(set(measures.__all__) - others)
    for name, default in (
        ("missing_stop_day", "refuse"),
        ("overlapping", "add"),
        ("weight_over_time", "last"),
        ("weight_within_course", "start"),
    ):
        assert getattr(SteroidRules(), name) == default
