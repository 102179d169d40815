"""Faults of whole files: another encoding, cells too many, a file cut short or misnamed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jdm_stats.cohort import tabular
from jdm_stats.cohort.folder import ABOUT
from jdm_stats.schema import SCHEMA_VERSION, TABLES
from jdm_stats.simulation.spoiling.cohort.draft import Draft, Kind, Spot

__all__ = ["ABOUTS", "FILES"]

Edit = Callable[[bytes], bytes]


def _bytes(table: str, edit: Edit) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        file = folder / f"{table}.csv"
        file.write_bytes(edit(file.read_bytes()))

    return apply


def _claim(draft: Draft, *, optional: bool = False) -> str | None:
    """Take a table whose file nothing was done to yet; not patients if it must stay."""
    names = [
        name
        for name in TABLES
        if name not in draft.claimed
        and len(draft.sound[name]) > 1
        and not (optional and name == "patients")
    ]
    names = [n for n in names if not any(c["table"] == n for c in draft.changes)]
    if not names:
        return None
    table = str(draft.rng.permutation(names)[0])
    draft.claimed.add(table)
    return table


def _whole(edit: Edit) -> Callable[[Draft], Spot | None]:
    def put(draft: Draft) -> Spot | None:
        table = _claim(draft)
        if table is None:
            return None
        draft.files.append(_bytes(table, edit))
        draft.note("file", table, None, None, None, f"{table}.csv")
        return Spot(table, None, None, None, None, f"{table}.csv")

    return put


def _in_a_row(
    edit: Callable[[bytes], bytes], *, last: bool
) -> Callable[[Draft], Spot | None]:
    def put(draft: Draft) -> Spot | None:
        table = _claim(draft)
        if table is None:
            return None
        rows = len(draft.sound[table])
        place = rows - 1 if last else int(draft.rng.integers(rows))

        def spoil(content: bytes) -> bytes:
            lines = content.split(b"\n")
            lines[place + 1] = edit(lines[place + 1])
            return b"\n".join(lines[: place + 2] if last else lines)

        draft.files.append(_bytes(table, spoil))
        draft.note("file", table, place + 1, None, None, f"{table}.csv")
        child = str(draft.value(table, place, "patient_id"))
        return Spot(table, place + 1, child, None, None, f"{table}.csv")

    return put


def _first_line(text: bytes) -> bytes:
    return text.partition(b"\n")[0]


def _below(text: bytes) -> bytes:
    return text[len(_first_line(text)) :]


def _heading_twice(draft: Draft) -> Spot | None:
    table = _claim(draft)
    if table is None:
        return None
    kept, lost = TABLES[table].names[:2]
    file, again = f"{table}.csv", f"{kept},{kept}"
    draft.files.append(
        _bytes(table, lambda text: text.replace(lost.encode(), kept.encode(), 1))
    )
    draft.note("file", table, None, kept, lost, kept)
    return Spot(table, None, None, kept, f"{file}: {lost}", f"{file}: {again}")


def _cut(line: bytes) -> bytes:
    cells = line.split(b",")
    return b",".join(cells[: max(2, len(cells) // 2)])


def _misnamed(draft: Draft) -> Spot | None:
    table = _claim(draft, optional=True)
    if table is None:
        return None
    other = table.removesuffix("s") + ".csv"
    draft.files.append(lambda folder: _move(folder / f"{table}.csv", folder / other))
    draft.note("file", table, None, None, f"{table}.csv", other)
    return Spot(table, None, None, None, f"{table}.csv", other)


def _move(old: Path, new: Path) -> None:
    old.rename(new)


def _gone(draft: Draft) -> Spot | None:
    if "patients" in draft.claimed or any(
        change["table"] == "patients" for change in draft.changes
    ):
        return None
    draft.claimed.add("patients")
    draft.files.append(lambda folder: (folder / "patients.csv").unlink())
    draft.note("file", "patients", None, None, "patients.csv", None)
    return Spot("patients", None, None, None, "patients.csv", None)


def _not_parquet(draft: Draft) -> Spot | None:
    table = _claim(draft)
    if table is None:
        return None

    def apply(folder: Path) -> None:
        _move(folder / f"{table}.csv", folder / f"{table}.parquet")

    draft.files.append(apply)
    draft.note("file", table, None, None, f"{table}.csv", f"{table}.parquet")
    return Spot(table, None, None, None, f"{table}.csv", f"{table}.parquet")


def _in_both(draft: Draft) -> Spot | None:
    table = _claim(draft)
    if table is None:
        return None
    frame = draft.sound[table]

    def apply(folder: Path) -> None:
        tabular.WRITERS["parquet"](frame, TABLES[table], folder / f"{table}.parquet")

    draft.files.append(apply)
    draft.note("file", table, None, None, None, f"{table}.parquet")
    return Spot(table, None, None, None, None, f"{table}.parquet")


FILES = (
    Kind(
        "encoding_unsettled",
        "files",
        _whole(lambda text: text.replace(b"\n", b"\xf8\n", 1)),
        "a file is saved in an encoding that nothing settles",
    ),
    Kind(
        "delimiter_unsettled",
        "files",
        _whole(lambda text: _first_line(text).replace(b",", b" ") + _below(text)),
        "headings are parted by another mark than cells",
    ),
    Kind(
        "malformed_csv.nul",
        "files",
        _whole(lambda text: text.replace(b"\n", b"\n\0", 1)),
        "a NUL stands in the file",
    ),
    Kind(
        "malformed_csv.quote",
        "files",
        _whole(lambda text: text.rstrip(b"\n") + b',"'),
        "a quotation mark is not closed",
    ),
    Kind(
        "malformed_csv.empty",
        *("files", _whole(lambda text: b""), "a file is empty"),
    ),
    Kind(
        "ragged_row.long",
        *("files", _in_a_row(lambda line: line + b",1", last=False)),
        "a row has a cell too many",
    ),
    Kind(
        "ragged_row.short",
        *("files", _in_a_row(lambda line: line.rpartition(b",")[0], last=False)),
        "a row lacks a cell",
    ),
    Kind(
        "ragged_row.truncated",
        *("files", _in_a_row(_cut, last=True)),
        "a file was cut off while it was copied",
    ),
    Kind("repeated_heading", "files", _heading_twice, "a heading stands twice"),
    Kind("unknown_file", "files", _misnamed, "a file's name is misspelt"),
    Kind("missing_table", "files", _gone, "the table of the children is not there"),
    Kind("malformed_parquet", "files", _not_parquet, "a CSV is called .parquet"),
    Kind("two_files", "files", _in_both, "a table stands in two files"),
)


# --- cohort.json -------------------------------------------------------------------------


def _about(column: str | None, edit: Callable[[Path], None]) -> Callable[[Draft], Spot]:
    def put(draft: Draft) -> Spot:
        draft.files.append(lambda folder: edit(folder / ABOUT))
        draft.note("file", "cohort", None, column, None, ABOUT)
        return Spot("cohort", None, None, column, None, ABOUT)

    return put


def _said(key: str, value: Any) -> Callable[[Draft], Spot]:
    def put(draft: Draft) -> Spot:
        old = draft.metadata.get(key)
        draft.metadata[key] = value
        draft.note("metadata", "cohort", None, key, old, value)
        return Spot("cohort", None, None, key, old, value)

    return put


def _newer(file: Path) -> None:
    about = json.loads(file.read_text(encoding="utf-8"))
    about["schema_version"] = SCHEMA_VERSION + 1
    file.write_text(json.dumps(about), encoding="utf-8")


def _latin(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b"SYNTHETIC", b"SYNTH\xc9TIC", 1))


def _half(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


ABOUTS = (
    Kind(
        "metadata_missing",
        *(
            "about",
            _about(None, lambda file: file.unlink()),
            "cohort.json is not there",
        ),
    ),
    Kind(
        "not_utf8",
        *("about", _about(None, _latin), "cohort.json is saved in another encoding"),
    ),
    Kind("malformed_json", "about", _about(None, _half), "cohort.json is cut off"),
    Kind(
        "schema_version",
        *(
            "about",
            _about("schema_version", _newer),
            "a later version wrote cohort.json",
        ),
    ),
    Kind(
        "metadata_unknown_key",
        *("about", _said("sinthetic", True), "a key of cohort.json is misspelt"),
    ),
    Kind(
        "metadata_wrong_type",
        *("about", _said("description", 7), "an entry of cohort.json has a wrong type"),
    ),
)
