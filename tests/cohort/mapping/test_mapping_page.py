"""docs/mapping.md does what it says: its files are written, its examples run."""

from __future__ import annotations

import doctest
import os
import re
from pathlib import Path

import pytest

from jdm_stats.cohort.mapping.antibodies import antibody_named
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.rules import Block, ColumnRule, Dates, Reads

PAGE = (Path(__file__).parents[3] / "docs" / "mapping.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+) ?([\w.]*)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def here(tmp_path, monkeypatch):
    (tmp_path / "export").mkdir()
    for kind, name, text in BLOCKS:
        if kind == "csv":
            (tmp_path / "export" / name).write_text(text, encoding="utf-8")
        elif name:
            (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_examples_run(here):
    text = "\n".join(text for kind, _, text in BLOCKS if kind == "python")
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    example = doctest.DocTestParser().get_doctest(text, {}, "mapping.md", None, 0)
    results = doctest.DocTestRunner(optionflags=flags).run(example)
    assert results.attempted > 8 and results.failed == 0
    assert sorted(os.listdir(here / "export")) == ["kinder.csv", "medikation.csv"]


def test_every_mapping_on_the_page_is_sound():
    texts = [text for kind, _, text in BLOCKS if kind == "toml"]
    assert len(texts) == 2
    for text in texts:
        CohortMapping.from_text(text)


@pytest.mark.parametrize("record", [Block, ColumnRule, Dates, Reads])
def test_every_key_is_told(record):
    for name, field in record.model_fields.items():
        assert f"`{field.alias or name}`" in PAGE, name


def test_the_antibodies_of_the_table_are_those_of_the_code():
    table = PAGE.partition("| Becomes |")[2].partition("\n\n")[0]
    told = 0
    for row in table.splitlines()[2:]:
        ours, names = (cell.strip() for cell in row.strip("|").split("|"))
        wanted = {
            "Ro52" if name == "ro52" else name for name in re.findall(r"\w+", ours)
        }
        for name in re.split(r"[,;] ", names):
            assert antibody_named(name).antibody in wanted
            told += 1
    assert told > 30
