"""The manifest: what was run, on what, with which versions, and the hash of every file.

It holds names, never absolute paths, so that it can be handed on. The wall clock is here and
nowhere else: the page itself is the same on every run.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from jdm_stats import __version__
from jdm_stats.report.templates import PATH_PARAMETERS, Template

__all__ = [
    "MANIFEST",
    "build_manifest",
    "file_hash",
    "hash_input",
    "is_current",
    "is_synthetic",
    "package_versions",
    "public_values",
    "run_key",
]

MANIFEST = "manifest.json"
_PACKAGES = (
    "numpy",
    "pandas",
    "scipy",
    "lifelines",
    "statsmodels",
    "matplotlib",
    "formulaic",
    "nbclient",
    "nbconvert",
    "ipykernel",
)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_input(path: Path) -> dict[str, str]:
    """Hash a file, or every file of a folder but hidden ones, by name within it."""
    if path.is_file():
        return {path.name: file_hash(path)}
    files = sorted(found for found in path.rglob("*") if found.is_file())
    inside = [found.relative_to(path) for found in files]
    return {
        name.as_posix(): file_hash(path / name)
        for name in inside
        if not any(part.startswith(".") for part in name.parts)
    }


def public_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as they may be shown: of a path, only its last part."""
    return {
        name: Path(value).name if name in PATH_PARAMETERS and value else value
        for name, value in values.items()
    }


def is_synthetic(data: str | os.PathLike[str] | None) -> bool | None:
    """Whether a cohort says that it was simulated; None if it does not say.

    Parameters
    ----------
    data : path or None
        Folder of a cohort, whose ``cohort.json`` is read.
    """
    if not data:
        return None
    try:
        about = json.loads((Path(data) / "cohort.json").read_text(encoding="utf-8"))
        told = about["synthetic"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if isinstance(told, bool) else None


def _report_is_synthetic(values: Mapping[str, Any]) -> bool | None:
    """Whether the children of a report are simulated; None when nothing says so.

    A report on an export takes its mapping's word. The examples that come with the package,
    which a template shows when it is given nothing, are simulated; and so are the children a
    template draws itself, from the worlds its parameter ``scenarios`` names.
    """
    if values.get("scenarios"):
        return True
    if "mapping" not in values:
        return is_synthetic(values.get("data"))
    if values["mapping"]:
        return _mapping_says(Path(values["mapping"]))
    return None if values.get("export") else True


def _mapping_says(mapping: Path) -> bool | None:
    try:
        told = tomllib.loads(mapping.read_text(encoding="utf-8-sig"))["cohort"]
        said = told["synthetic"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said if isinstance(said, bool) else None


def run_key(
    template: Template,
    values: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, str]],
) -> str:
    """Hash of all that determines a report: data, parameters, template and version."""
    told = {
        "version": __version__,
        "template": hashlib.sha256(template.source).hexdigest(),
        "parameters": public_values(values),
        "inputs": inputs,
    }
    text = json.dumps(told, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def build_manifest(
    template: Template,
    values: Mapping[str, Any],
    inputs: Mapping[str, Mapping[str, str]],
    key: str,
    described: Mapping[str, Any],
    files: Mapping[str, str],
) -> dict[str, Any]:
    """Put the manifest of a run together.

    Parameters
    ----------
    template, values, inputs, key
        What was run; see `run_key`.
    described : mapping
        Status, exit code, error and seconds.
    files : mapping of str to str
        SHA-256 of every file published.
    """
    return {
        "run_key": key,
        **described,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "template": {
            "name": template.name,
            "sha256": hashlib.sha256(template.source).hexdigest(),
        },
        "parameters": public_values(values),
        "synthetic": _report_is_synthetic(values),
        "inputs": {name: dict(hashes) for name, hashes in inputs.items()},
        "jdm_stats": __version__,
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "packages": package_versions(),
        "files": dict(files),
    }


def is_current(folder: Path, key: str) -> bool:
    """Whether the folder holds a finished report with this run key, untouched since."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        files = manifest["files"]
        return (
            manifest["status"] == "done"
            and manifest["run_key"] == key
            and "report.html" in files
            and all(file_hash(folder / name) == told for name, told in files.items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def package_versions() -> dict[str, str]:
    """Versions of the packages that results depend on, by name."""
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _git_commit() -> str | None:
    """Commit of the checkout the package runs from, with ``+`` if it has been edited."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return None
    return f"{commit}+" if _git(root, "status", "--porcelain", "-uno") else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
