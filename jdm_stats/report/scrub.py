"""Take out of an executed notebook what belongs to the machine: paths and process numbers.

A warning names the file it came from; its place in the package is worth keeping, the reader's
home folder and the number of the kernel's process are not, and they would make every run differ.
"""

from __future__ import annotations

import re
import sysconfig
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat

from jdm_stats.report.manifest import public_values
from jdm_stats.report.templates import PATH_PARAMETERS

__all__ = ["scrub_notebook"]

_CELL_FILE = re.compile(r"\S*[/\\]ipykernel_\d+[/\\]\d+\.py(?::(\d+))?")
_FONT_LINE = re.compile(r".*Matplotlib is building the font cache.*\n?")


def scrub_notebook(
    notebook: nbformat.NotebookNode,
    values: Mapping[str, Any],
    extra: Iterable[str] = (),
) -> Callable[[str], str]:
    """Replace absolute paths in the outputs and in the injected parameters, in place.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As executed.
    values : mapping of str to object
        Parameters of the run; those that are paths are shown by their last part.
    extra : iterable of str
        Further folders that mean nothing to a reader.

    Returns
    -------
    callable
        Does the same to any text.
    """
    scrub = _scrubber(values, extra)
    for cell in notebook.cells:
        cell.pop("transient", None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            shown = public_values(values)
            lines = [f"{name} = {value!r}" for name, value in shown.items()]
            cell.source = "\n".join(["# Parameters of this run", *lines])
        for output in cell.get("outputs", []):
            _scrub_output(output, scrub)
    return scrub


def _scrubber(values: Mapping[str, Any], extra: Iterable[str]) -> Callable[[str], str]:
    inputs = [str(values[name]) for name in PATH_PARAMETERS if values.get(name)]
    replaced = {path: Path(path).name for path in inputs}
    machine = [
        *extra,
        *{sysconfig.get_path(kind) for kind in ("purelib", "platlib", "stdlib")},
        str(Path(__file__).resolve().parents[2]),
        tempfile.gettempdir(),
        *_home(),
    ]
    replaced |= {
        path: "…" for path in machine if len(path) > 1 and path not in replaced
    }
    longest_first = sorted(replaced, key=len, reverse=True)
    pattern = re.compile(
        "(" + "|".join(re.escape(path) for path in longest_first) + r")(?![\w.-])"
    )

    def scrub(text: str) -> str:
        named = _CELL_FILE.sub(_cell_line, _FONT_LINE.sub("", text))
        return pattern.sub(lambda match: replaced[match[1]], named)

    return scrub


def _home() -> list[str]:
    try:
        return [str(Path.home())]
    except RuntimeError:
        return []


def _cell_line(match: re.Match[str]) -> str:
    return f"cell, line {match[1]}" if match[1] else "cell"


def _scrub_output(output: nbformat.NotebookNode, scrub: Callable[[str], str]) -> None:
    if output.output_type == "stream":
        output.text = scrub(output.text)
    elif output.output_type == "error":
        output.evalue = scrub(output.evalue)
        output.traceback = [scrub(line) for line in output.traceback]
    else:
        for kind, value in output.data.items():
            if kind.startswith("text/") and isinstance(value, str):
                output.data[kind] = scrub(value)
