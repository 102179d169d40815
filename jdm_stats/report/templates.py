"""Templates: where they stand, what parameters they take, and which cohort is the default.

A template is read here as plain JSON, so that a mistyped parameter is refused in a fraction of
a second, before any kernel starts.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jdm_stats.errors import UsageError

__all__ = [
    "PATH_PARAMETERS",
    "Template",
    "cell_text",
    "cohort_path",
    "has_tag",
    "list_templates",
    "read_template",
    "template_path",
]

# Parameters that name files: made absolute for the kernel, hashed into the run key, and shown
# by their last part only.
PATH_PARAMETERS = ("data", "plan", "export", "mended", "mapping")

_PACKAGE = Path(__file__).resolve().parents[1]
_FOLDERS = (_PACKAGE / "notebooks", _PACKAGE.parent / "notebooks")


@dataclass(frozen=True, slots=True)
class Template:
    """A notebook read as a template.

    Parameters
    ----------
    name : str
        The file's name without its ending.
    path : Path
        Where it stands.
    source : bytes
        The file as read.
    defaults : Mapping[str, object]
        Parameters and their literal defaults, in the order written.
    title : str
        First heading of the notebook.
    """

    name: str
    path: Path
    source: bytes
    defaults: Mapping[str, Any]
    title: str

    @property
    def cells(self) -> list[dict[str, Any]]:
        """The notebook's cells, read anew."""
        return list(json.loads(self.source)["cells"])

    @property
    def takes_data(self) -> bool:
        """Whether the template has a ``data`` parameter."""
        return "data" in self.defaults


def list_templates() -> dict[str, Path]:
    """Find the templates at hand, by name.

    Returns
    -------
    dict of str to Path
        Those inside the package first, then those of a checkout's ``notebooks/``.
    """
    found: dict[str, Path] = {}
    for folder in _FOLDERS:
        for path in sorted(folder.glob("*.ipynb")):
            found.setdefault(path.stem, path)
    return dict(sorted(found.items()))


def template_path(template: str | Path) -> Path:
    """Find a template by name, or one's own notebook by its path.

    Parameters
    ----------
    template : str or Path
        A name from `list_templates`, or a path that ends in ``.ipynb``.

    Raises
    ------
    UsageError
        If there is no such template.
    """
    if str(template).endswith(".ipynb"):
        path = Path(template)
        if path.is_file():
            return path.resolve()
        raise UsageError(f"there is no notebook {str(template)!r}")
    known = list_templates()
    if str(template) in known:
        return known[str(template)]
    raise UsageError(
        f"there is no template {str(template)!r}; choose one of {', '.join(known) or 'none'}"
        " or give the path of a notebook that ends in .ipynb"
    )


def read_template(path: Path) -> Template:
    """Read a notebook and the literal defaults of its one ``parameters`` cell.

    Raises
    ------
    UsageError
        If the file is no notebook, has not exactly one code cell tagged ``parameters``, or that
        cell holds anything but assignments of literals.
    """
    source = path.read_bytes()
    try:
        cells = json.loads(source)["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path.name} is not a Jupyter notebook: {error}") from error
    tagged = [cell for cell in cells if has_tag(cell, "parameters")]
    if len(tagged) != 1 or tagged[0]["cell_type"] != "code":
        raise UsageError(
            f"{path.name} has {len(tagged)} cells tagged 'parameters'; a template has exactly "
            "one, a code cell of literal defaults"
        )
    defaults = _literals(cell_text(tagged[0]), path.name)
    return Template(path.stem, path, source, defaults, _title(cells, path.stem))


def has_tag(cell: Mapping[str, Any], tag: str) -> bool:
    """Whether a cell carries a tag."""
    return tag in cell.get("metadata", {}).get("tags", [])


def cell_text(cell: Mapping[str, Any]) -> str:
    """Source of a cell, which the format may store as lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _title(cells: list[dict[str, Any]], fallback: str) -> str:
    for cell in cells:
        if cell["cell_type"] == "markdown":
            heading = re.search(r"^#\s+(.+)$", cell_text(cell), re.MULTILINE)
            if heading:
                return heading[1].strip()
    return fallback


def _literals(source: str, name: str) -> dict[str, Any]:
    try:
        statements = ast.parse(source).body
        return dict(_assignment(statement) for statement in statements)
    except (SyntaxError, ValueError) as error:
        raise UsageError(
            f"the parameters cell of {name} may hold only lines such as seed = 1, with literal "
            f"values: {error}"
        ) from error


def _assignment(statement: ast.stmt) -> tuple[str, Any]:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target: ast.expr = statement.targets[0]
    elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
        target = statement.target
    else:
        raise ValueError(f"line {statement.lineno} is not an assignment")
    if not isinstance(target, ast.Name) or statement.value is None:
        raise ValueError(f"line {statement.lineno} does not assign to one plain name")
    return target.id, ast.literal_eval(statement.value)


def cohort_path(data: str = "") -> Path:
    """Say which cohort to read: the one given, else the synthetic one.

    Parameters
    ----------
    data : str
        Path of a cohort; empty for the synthetic cohort.

    Returns
    -------
    Path
        The path given, or ``data/synthetic`` of the working directory, or the synthetic cohort
        inside the package or its checkout.

    Raises
    ------
    UsageError
        If no path is given and no synthetic cohort is at hand.
    """
    if data:
        return Path(data)
    folders = (Path.cwd(), _PACKAGE, _PACKAGE.parent)
    for folder in folders:
        if (folder / "data" / "synthetic" / "cohort.json").is_file():
            return folder / "data" / "synthetic"
    raise UsageError(
        "no data given and no synthetic cohort at hand; give the folder of a cohort, or draw one "
        "with: jdm-stats simulate --out data/synthetic"
    )
