"""A cohort is written whole or not at all, and never over what is not a cohort."""

from __future__ import annotations

from pathlib import Path

import pytest

from jdm_stats.cohort import staging
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import read_cohort, write_cohort
from jdm_stats.errors import UsageError


def listing(place: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(place)): file.read_bytes()
        for file in sorted(place.rglob("*"))
        if file.is_file()
    }


def test_a_folder_is_not_overwritten_unless_asked(
    tmp_path: Path, place: Path, cohort: Cohort
) -> None:
    before = listing(tmp_path)
    with pytest.raises(UsageError, match="pass overwrite=True"):
        write_cohort(cohort, place)
    assert listing(tmp_path) == before
    smaller = Cohort(cohort.patients.iloc[1:])
    write_cohort(smaller, place, format="parquet", overwrite=True)
    assert read_cohort(place) == smaller
    assert not list(place.glob("*.csv"))
    assert [file.name for file in tmp_path.iterdir()] == ["registry"]


def test_other_files_in_the_folder_are_kept(place: Path, cohort: Cohort) -> None:
    (place / "README.md").write_text("mine")
    (place / "notes").mkdir()
    (place / "notes" / "a.txt").write_text("mine too")
    write_cohort(cohort, place, overwrite=True)
    assert (place / "README.md").read_text() == "mine"
    assert (place / "notes" / "a.txt").read_text() == "mine too"


def test_a_folder_without_a_cohort_is_never_touched(
    tmp_path: Path, cohort: Cohort
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(UsageError, match="holds files but no cohort"):
        write_cohort(cohort, tmp_path, overwrite=True)
    with pytest.raises(UsageError, match="is a file"):
        write_cohort(cohort, tmp_path / "thesis.txt", overwrite=True)
    assert listing(tmp_path) == {"thesis.txt": b"years of work"}


def test_an_empty_folder_may_be_written_to(tmp_path: Path, cohort: Cohort) -> None:
    place = tmp_path / "empty"
    place.mkdir()
    assert read_cohort(write_cohort(cohort, place)) == cohort


def test_a_linked_folder_is_followed(
    tmp_path: Path, place: Path, cohort: Cohort
) -> None:
    link = tmp_path / "link"
    link.symlink_to(place, target_is_directory=True)
    write_cohort(cohort, link, overwrite=True)
    assert link.is_symlink() and read_cohort(link) == cohort


@pytest.mark.parametrize("stage", ["fill", "swap"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_failure_leaves_what_stood_there(
    tmp_path: Path,
    cohort: Cohort,
    monkeypatch: pytest.MonkeyPatch,
    stage: str,
    exists: bool,
) -> None:
    place = tmp_path / "registry"
    if exists:
        write_cohort(cohort, place)
    before = listing(tmp_path)
    smaller = Cohort(cohort.patients.iloc[1:])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    rename = Path.rename

    def rename_old_only(self: Path, target: Path) -> Path:
        return full() if self.name.endswith(".new") else rename(self, target)

    if stage == "fill":
        monkeypatch.setattr(staging.json, "dumps", full)
    else:
        monkeypatch.setattr(Path, "rename", rename_old_only)
    with pytest.raises(OSError, match="No space left"):
        write_cohort(smaller, place, overwrite=True)
    monkeypatch.undo()
    assert listing(tmp_path) == before
    assert [file.name for file in tmp_path.iterdir()] == ["registry"] * exists


def test_wrong_calls_of_write(tmp_path: Path, cohort: Cohort) -> None:
    with pytest.raises(UsageError, match="format must be one of csv, parquet"):
        write_cohort(cohort, tmp_path / "x", format="xlsx")
    with pytest.raises(UsageError, match="takes a Cohort, not str"):
        write_cohort("cohort", tmp_path / "x")  # type: ignore[arg-type]
    assert not (tmp_path / "x").exists()
