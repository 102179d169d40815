"""One run of a template: what it publishes, and what it leaves standing when it fails."""

from __future__ import annotations

import fcntl
import json
import stat
import tempfile
from pathlib import Path

import pytest

from jdm_stats.errors import ReportError, UsageError
from jdm_stats.report.manifest import build_manifest, file_hash, is_synthetic
from jdm_stats.report.notebooks import render_report
from jdm_stats.report.templates import read_template, template_path
from tests.report.small_notebooks import cell, write_notebook

FAILED = {"report.failed.html", "report.failed.ipynb", "report.failed.json"}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


@pytest.fixture
def standing(two_runs, tmp_path) -> Path:
    """A folder with a good report, to be put at risk."""
    for name in ("report.html", "report.ipynb", "manifest.json"):
        (tmp_path / name).write_bytes((two_runs[0][0] / name).read_bytes())
    return tmp_path


def test_two_runs_write_the_same_bytes(two_runs):
    first, second = two_runs[0]
    for name in ("report.html", "report.ipynb"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_the_result_says_where_everything_is(two_runs):
    folders, results, lines = two_runs
    assert results[0].status == "done"
    assert results[0].exit_code == 0
    assert results[0].html == folders[0].resolve() / "report.html"
    assert names(folders[0]) == {"report.html", "report.ipynb", "manifest.json"}
    sections = [line.split("] ")[1] for line in lines[:3]]
    assert sections == ["A small report", "First part", "Second <part>"]


def test_the_manifest_holds_what_it_was_made_of(two_runs, small_template):
    folder = two_runs[0][0]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "done"
    assert manifest["parameters"] == {
        "word": "fine",
        "count": 3,
        "report_date": "2024-06-18",
    }
    assert manifest["template"]["sha256"] == file_hash(small_template)
    assert set(manifest["files"]) == {"report.html", "report.ipynb"}
    for name, told in manifest["files"].items():
        assert file_hash(folder / name) == told
    assert {"numpy", "pandas", "matplotlib"} <= set(manifest["packages"])


def test_no_file_holds_a_path_of_this_machine(two_runs):
    folder = two_runs[0][0]
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        for secret in (str(Path.home()), tempfile.gettempdir(), str(folder)):
            assert secret not in text


def test_an_equal_report_is_left_alone_if_asked(two_runs, small_template):
    folder = two_runs[0][1]
    before = (folder / "manifest.json").stat().st_mtime_ns
    given = {"parameters": {"report_date": "2024-06-18"}, "template": small_template}
    result = render_report(out=folder, if_changed=True, **given)
    assert result.status == "unchanged"
    assert (folder / "manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("word", "limits", "code", "said"),
    [
        ("raise", {}, 1, "KeyError: 'boom in"),
        ("leave early", {}, 1, "SystemExit"),
        ("faulty data", {}, 3, "patient P1"),
        ("sleep", {"cell_timeout": 1.5}, 4, "a cell took longer than 1.5 s"),
        ("sleep", {"timeout": 4}, 4, "the run took longer than 4 s"),
        ("die", {}, 5, "the kernel died"),
    ],
)
def test_a_failure_leaves_the_last_good_report(
    standing, small_template, word, limits, code, said
):
    before = {name: (standing / name).read_bytes() for name in names(standing)}
    with pytest.raises(ReportError, match=said) as caught:
        render_report(
            out=standing, template=small_template, parameters={"word": word}, **limits
        )
    assert caught.value.exit_code == code
    assert names(standing) == set(before) | FAILED
    assert {name: (standing / name).read_bytes() for name in before} == before
    for name in FAILED:
        assert stat.S_IMODE((standing / name).stat().st_mode) == 0o600
    told = json.loads((standing / "report.failed.json").read_text(encoding="utf-8"))
    assert (told["status"], told["exit_code"]) == ("failed", code)
    if word == "raise":
        assert (
            "This part failed: KeyError"
            in (standing / "report.failed.html").read_text()
        )


def test_success_clears_the_traces_of_failure_and_keeps_strange_files(
    tmp_path, small_template
):
    (tmp_path / "tables").mkdir()
    for name in ("report.failed.html", "tables/mine.csv", "tables/old.csv"):
        (tmp_path / name).write_text("x")
    (tmp_path / ".run-stale").mkdir()
    (tmp_path / "manifest.json").write_text('{"files": {"tables/old.csv": ""}}')
    render_report(out=tmp_path, template=small_template)
    assert names(tmp_path) == {"report.html", "report.ipynb", "manifest.json", "tables"}
    assert names(tmp_path / "tables") == {"mine.csv"}


def test_a_folder_held_by_another_run_is_left_to_it(tmp_path, small_template):
    with (tmp_path / ".lock").open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ReportError, match="another run") as caught:
            render_report(out=tmp_path, template=small_template)
    assert caught.value.exit_code == 75
    assert names(tmp_path) == set()


def test_a_folder_that_cannot_be_made_is_code_73(tmp_path, small_template):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError, match="cannot write") as caught:
        render_report(out=tmp_path / "file" / "out", template=small_template)
    assert caught.value.exit_code == 73


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"parameters": {"wrod": "x"}}, "unknown parameter 'wrod'"),
        ({"parameters": {"count": "3"}}, "'count' takes int, received '3'"),
        ({"parameters": {"count": True}}, "'count' takes int"),
        ({"data": "somewhere"}, "reads no data"),
        ({"timeout": 0}, "time limits"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_written(
    tmp_path, small_template, given, said
):
    with pytest.raises(UsageError, match=said):
        render_report(out=tmp_path / "out", template=small_template, **given)
    assert not (tmp_path / "out").exists()


def test_the_date_comes_from_the_environment_and_is_checked(
    tmp_path, small_template, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH"):
        render_report(out=tmp_path, template=small_template)


def test_data_are_checked_before_a_kernel_starts(tmp_path):
    template = write_notebook(
        tmp_path / "reads.ipynb",
        cell("code", "params", 'data = ""', "parameters"),
        cell("code", "read", "open(data)"),
    )
    (tmp_path / "cohort.csv").write_text("x")
    seen = []

    def check(path: Path) -> None:
        seen.append(path)
        raise UsageError("refused by the check")

    with pytest.raises(UsageError, match="refused by the check"):
        render_report(
            tmp_path / "cohort.csv", tmp_path / "out", template=template, check=check
        )
    assert seen == [(tmp_path / "cohort.csv").resolve()]
    assert names(tmp_path / "out") == set()
    with pytest.raises(UsageError, match="no file or folder"):
        render_report(tmp_path / "gone", tmp_path / "out", template=template)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"synthetic": true}', True),
        ('{"synthetic": false}', False),
        ('{"name": "x"}', None),
        ('{"synthetic": "yes"}', None),
        ("not JSON", None),
        ("[]", None),
    ],
)
def test_the_manifest_says_whether_the_cohort_is_synthetic(tmp_path, text, told):
    (tmp_path / "cohort.json").write_text(text, encoding="utf-8")
    assert is_synthetic(str(tmp_path)) is told


def test_data_that_do_not_say_are_not_called_anything(tmp_path):
    assert is_synthetic("") is None
    assert is_synthetic(None) is None
    assert is_synthetic(tmp_path / "cohort.xlsx") is None


@pytest.mark.parametrize(
    ("said", "export", "told"),
    [
        ("[cohort]\nsynthetic = true", "here", True),
        ("[cohort]\nsynthetic = false", "", False),
        ("version = 1", "", None),
        ("not TOML at all", "here", None),
        (None, "", True),  # the examples of the package are simulated
        (None, "here", None),
    ],
)
def test_the_manifest_of_a_report_on_an_export_takes_its_mappings_word(
    tmp_path, said, export, told
):
    values = {"export": export, "mapping": ""}
    if said is not None:
        (tmp_path / "m.toml").write_text(said)
        values["mapping"] = str(tmp_path / "m.toml")
    template = read_template(template_path("german_export"))
    manifest = build_manifest(template, values, {}, "key", {"status": "done"}, {})
    assert manifest["synthetic"] is told


def test_children_that_a_template_draws_itself_are_synthetic():
    template = read_template(template_path("known_truth"))
    made = build_manifest(template, dict(template.defaults), {}, "k", {}, {})
    assert made["synthetic"] is True
    other = {**template.defaults, "scenarios": []}
    assert build_manifest(template, other, {}, "k", {}, {})["synthetic"] is None
