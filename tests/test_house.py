"""The habits of the house: equal pins, clean text, small files, bare notebooks."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
BINARY = {".png", ".parquet", ".xlsx", ".ico", ".pdf", ".gz"}
# Exports kept as a hospital's program writes them: cp1252 and CRLF.
AS_EXPORTED = tuple(
    ROOT / "data" / "examples" / "german" / name for name in ("export", "mended")
)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# Spelled in pieces, so that this file does not break its own rule.
REGISTRY_HOSTS = (
    "py" + "pi.org",
    "python" + "hosted.org",
    "deb." + "debian.org",
    "registry." + "npmjs",
    "conda." + "anaconda.org",
)
MACHINE_PATH = re.compile(
    r"(?<![\w.])/(?:wor" + "k|roo" + r"t|home/\w+|Users/\w+)/|/tm" + "p/bash_jobs"
)


def tracked_files() -> list[Path]:
    """Every file of the project: git's list, or the tree where there is no git."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
        )
        names = [name for name in listed.stdout.decode().split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    rooms = ("jdm_stats", "tests", "notebooks", "docs", "changelog.d", "benchmarks")
    within = [path for room in rooms for path in (ROOT / room).rglob("*")]
    return [
        path
        for path in [*within, *ROOT.glob("*.*")]
        if path.is_file() and "__pycache__" not in path.parts
    ]


def tracked_text() -> list[tuple[str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for path in tracked_files()
        if is_text(path)
    ]


def is_text(path: Path) -> bool:
    return path.suffix not in BINARY and path.parent not in AS_EXPORTED


def load_notebook(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def test_conda_pins_equal_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    conda = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    wanted = {
        re.match(r"[\w-]+", pin).group(): re.sub(r"^[\w-]+", "", pin)
        for pin in [
            *project["dependencies"],
            *project["optional-dependencies"]["lab"],
        ]
    }
    listed = dict(pin.partition(" ")[::2] for pin in conda["dependencies"])
    assert conda["name"] == project["name"]
    assert listed.pop("pip") == ""
    assert listed.pop("python").startswith(project["requires-python"])
    assert listed == wanted


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    face = (ROOT / "jdm_stats" / "__init__.py").read_text("utf-8")
    assert citation["version"] == project["version"]
    assert f'__version__ = "{project["version"]}"' in face


def test_citation_names_no_invented_person():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"] == project["authors"]
    assert {"message", "title", "type", "license"} <= citation.keys()


def test_no_text_names_a_package_registry():
    found = [
        f"{name}: {host}"
        for name, text in tracked_text()
        for host in REGISTRY_HOSTS
        if host in text
    ]
    assert not found


def test_no_text_holds_a_path_of_one_machine():
    found = [
        f"{name}: {match.group()}"
        for name, text in tracked_text()
        for match in MACHINE_PATH.finditer(text)
    ]
    assert not found


def test_the_search_for_machine_paths_would_find_one():
    for path in ("/wor" + "k/main", "see /roo" + "t/x", "/home/" + "ann/y"):
        assert MACHINE_PATH.search(path)
    for innocent in ("network/reports", "docs/work", "https://x.org/home"):
        assert not MACHINE_PATH.search(innocent)


def test_text_ends_lines_with_lf_and_the_file_with_a_newline():
    broken = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if is_text(path)
        and (content := path.read_bytes())
        and (b"\r" in content or not content.endswith(b"\n"))
    ]
    assert not broken


def test_no_source_file_has_grown_beyond_400_lines():
    long = {
        name: lines
        for name, text in tracked_text()
        if name.endswith(".py") and (lines := len(text.splitlines())) > 400
    }
    assert not long


def test_every_module_says_what_it_is_for():
    silent = [
        name
        for name, text in tracked_text()
        if name.endswith(".py") and not text.lstrip().startswith(('"""', 'r"""', "#!"))
    ]
    assert not silent


def test_no_module_is_called_by_an_empty_name():
    empty_names = {"utils", "helpers", "base", "common", "misc"}
    found = [
        path
        for path in (ROOT / "jdm_stats").rglob("*.py")
        if path.stem in empty_names or path.parent.name in empty_names
    ]
    assert not found


def test_there_are_notebooks():
    assert {path.stem for path in NOTEBOOKS} >= {
        "cohort",
        "known_truth",
        "perforation_risk",
        "published_evidence",
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path):
    for cell in load_notebook(path)["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_cells_have_unique_ids_set_by_hand(path):
    ids = [cell["id"] for cell in load_notebook(path)["cells"]]
    assert len(set(ids)) == len(ids)
    random = [name for name in ids if re.fullmatch(r"[0-9a-f]{8}(-.*)?", name)]
    assert not random


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_has_one_cell_of_parameters(path):
    tagged = [
        cell
        for cell in load_notebook(path)["cells"]
        if "parameters" in cell["metadata"].get("tags", [])
    ]
    assert len(tagged) == 1
    assert tagged[0]["cell_type"] == "code"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs_on_the_kernel_of_its_reader(path):
    metadata = load_notebook(path)["metadata"]
    assert metadata["kernelspec"]["name"] == "python3"
    assert "papermill" not in metadata
