"""Templates and their parameters: found, read, and refused with every fault at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jdm_stats.errors import UsageError
from jdm_stats.report import templates
from jdm_stats.report.parameters import bind_parameters, parse_assignments, parse_value
from jdm_stats.report.templates import (
    cohort_path,
    list_templates,
    read_template,
    template_path,
)
from tests.report.small_notebooks import cell, write_notebook

READS = cell("code", "reads", "print(text, whole, share, flag, some, anything)")
DEFAULTS = """
text = ""  # words
whole = 3
share: float = 0.5
flag = False
some = [1, 2]
anything = None
unread = 1
"""


@pytest.fixture
def template(tmp_path):
    path = write_notebook(
        tmp_path / "mine.ipynb",
        cell("markdown", "title", "Before.\n\n# The title"),
        cell("code", "params", DEFAULTS, "parameters"),
        READS,
    )
    return read_template(path)


def test_a_template_is_read_with_its_literal_defaults(template):
    assert template.name == "mine"
    assert template.title == "The title"
    assert not template.takes_data
    assert template.defaults["share"] == 0.5
    assert list(template.defaults)[:3] == ["text", "whole", "share"]


@pytest.mark.parametrize(
    "source",
    [
        "n = 1 + 1",
        "n = f()",
        "import os",
        "a = b = 1",
        "a, b = 1, 2",
        "n: int",
        "n = [",
    ],
)
def test_a_parameters_cell_holds_literals_only(tmp_path, source):
    path = write_notebook(tmp_path / "x.ipynb", cell("code", "p", source, "parameters"))
    with pytest.raises(UsageError, match="literal"):
        read_template(path)


@pytest.mark.parametrize("count", [0, 2])
def test_there_is_exactly_one_parameters_cell(tmp_path, count):
    cells = [cell("code", f"p{place}", "n = 1", "parameters") for place in range(count)]
    path = write_notebook(tmp_path / "x.ipynb", *cells)
    with pytest.raises(UsageError, match=f"{count} cells tagged"):
        read_template(path)


def test_what_is_no_notebook_is_refused(tmp_path):
    (tmp_path / "x.ipynb").write_text("[]")
    with pytest.raises(UsageError, match="not a Jupyter notebook"):
        read_template(tmp_path / "x.ipynb")


def test_values_are_bound_in_the_type_of_their_defaults(template):
    bound = bind_parameters(template, {"share": 1, "text": "x", "anything": (1, "a")})
    assert bound["share"] == 1.0 and isinstance(bound["share"], float)
    assert bound["text"] == "x"
    assert bound["anything"] == (1, "a")
    assert bound["whole"] == 3


def test_every_fault_of_the_parameters_is_told_at_once(template):
    with pytest.raises(UsageError) as caught:
        bind_parameters(
            template,
            {
                "txet": "x",
                "whole": 1.5,
                "share": float("nan"),
                "flag": 1,
                "some": (1,),
                "anything": object,
                "unread": 2,
            },
        )
    said = str(caught.value)
    for name in ("txet", "whole", "share", "flag", "some", "anything", "unread"):
        assert f"'{name}'" in said


def test_text_of_the_command_line_is_read_by_type(template):
    texts = ["text=007", "whole=90", "share=1e-3", "flag=True", "some=[3]", "text=a=b"]
    assert parse_assignments(template, texts) == {
        "text": "a=b",
        "whole": 90,
        "share": 0.001,
        "flag": True,
        "some": [3],
    }
    assert parse_value("007", "") == "007"


def test_every_unreadable_assignment_is_told_at_once(template):
    wrong = ["whole=ten", "flag=yes", "some=f()", "novalue", "other=1"]
    with pytest.raises(UsageError) as caught:
        parse_assignments(template, wrong)
    for word in ("ten", "yes", "f()", "novalue", "other"):
        assert word in str(caught.value)


def test_the_package_goes_before_the_checkout(tmp_path, monkeypatch):
    folders = (tmp_path / "package", tmp_path / "checkout")
    for folder in folders:
        folder.mkdir()
        write_notebook(folder / "both.ipynb")
    write_notebook(folders[1] / "one.ipynb")
    monkeypatch.setattr(templates, "_FOLDERS", folders)
    assert template_path("both") == folders[0] / "both.ipynb"
    assert list(list_templates()) == ["both", "one"]
    with pytest.raises(UsageError, match="choose one of both, one"):
        template_path("neither")
    with pytest.raises(UsageError, match="no notebook"):
        template_path(tmp_path / "gone.ipynb")


def test_the_default_cohort_is_the_synthetic_one(tmp_path, monkeypatch):
    assert cohort_path("given") == Path("given")
    monkeypatch.setattr(templates, "_PACKAGE", tmp_path / "package" / "jdm_stats")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="no synthetic cohort"):
        cohort_path()
    for home in (tmp_path / "package", tmp_path / "package" / "jdm_stats", tmp_path):
        folder = home / "data" / "synthetic"
        folder.mkdir(parents=True)
        (folder / "cohort.json").write_text("{}")
        assert cohort_path() == folder


@pytest.mark.parametrize("path", list_templates().values(), ids=lambda path: path.stem)
def test_the_templates_of_the_package_can_be_read(path):
    template = read_template(path)
    assert template.title != template.name
    values = {
        name: value for name, value in template.defaults.items() if name != "data"
    }
    assert bind_parameters(template, values) == dict(template.defaults)
    for written in template.cells:
        if written["cell_type"] == "markdown":
            text = "".join(written["source"])
            assert "<" not in text and "](" not in text
