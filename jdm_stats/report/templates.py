"""Templates: where they stand, what parameters they take, and the values a run binds.

A template is read here as plain JSON, so that a mistyped parameter is refused in a fraction of
a second, before any kernel starts.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jdm_stats.errors import UsageError

__all__ = [
    "PATH_PARAMETERS",
    "Template",
    "bind_parameters",
    "list_templates",
    "parse_value",
    "read_template",
    "template_path",
]

# Parameters that name files: made absolute for the kernel, hashed into the run key, and shown
# by their last part only.
PATH_PARAMETERS = ("data", "plan")

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
    tagged = [cell for cell in cells if _has_tag(cell, "parameters")]
    if len(tagged) != 1 or tagged[0]["cell_type"] != "code":
        raise UsageError(
            f"{path.name} has {len(tagged)} cells tagged 'parameters'; a template has exactly "
            "one, a code cell of literal defaults"
        )
    defaults = _literals(_text(tagged[0]), path.name)
    return Template(path.stem, path, source, defaults, _title(cells, path.stem))


def _has_tag(cell: Mapping[str, Any], tag: str) -> bool:
    return tag in cell.get("metadata", {}).get("tags", [])


def _text(cell: Mapping[str, Any]) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _title(cells: list[dict[str, Any]], fallback: str) -> str:
    for cell in cells:
        if cell["cell_type"] == "markdown":
            heading = re.search(r"^#\s+(.+)$", _text(cell), re.MULTILINE)
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


def parse_value(text: str, default: Any) -> Any:
    """Read a value typed on the command line in the type of the default.

    Text stays as typed, so that the identifier ``007`` is not turned into a number.

    Raises
    ------
    ValueError
        If the text cannot be read in that type.

    Examples
    --------
    >>> parse_value("007", ""), parse_value("90", 30), parse_value("true", False)
    ('007', 90, True)
    """
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        truth = {"true": True, "false": False}.get(text.lower())
        if truth is None:
            raise ValueError("expected true or false")
        return truth
    if isinstance(default, int):
        return int(text)
    if isinstance(default, float):
        return float(text)
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError) as error:
        raise ValueError(f"expected a literal such as {default!r}") from error


def bind_parameters(template: Template, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check given values against the template's defaults.

    Parameters
    ----------
    template : Template
        As read by `read_template`.
    given : mapping of str to object
        Values for some of its parameters.

    Returns
    -------
    dict
        A value for every parameter, in the template's order.

    Raises
    ------
    UsageError
        With all faults at once: a name the template does not have, a value of another type than
        its default, or a parameter that no cell reads.
    """
    faults = []
    words = _words_read(template)
    for name, value in given.items():
        if name not in template.defaults:
            known = ", ".join(template.defaults) or "none"
            faults.append(f"unknown parameter {name!r} (the template has: {known})")
        elif not _same_kind(value, template.defaults[name]):
            kind = type(template.defaults[name]).__name__
            faults.append(f"parameter {name!r} takes {kind}, received {value!r}")
        elif name not in words and name != "report_date":  # shown at the foot
            faults.append(f"parameter {name!r} is not read by any cell of the template")
    if faults:
        raise UsageError(f"template {template.name}: " + "; ".join(faults))
    return {
        name: _settled(given.get(name, old), old)
        for name, old in template.defaults.items()
    }


def _words_read(template: Template) -> set[str]:
    code = [
        _text(cell)
        for cell in template.cells
        if cell["cell_type"] == "code" and not _has_tag(cell, "parameters")
    ]
    return set(re.findall(r"[^\W\d]\w*", "\n".join(code)))


def _same_kind(value: Any, default: Any) -> bool:
    if default is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, float):
        return isinstance(value, (int, float)) and math.isfinite(value)
    return isinstance(value, type(default))


def _settled(value: Any, default: Any) -> Any:
    return float(value) if isinstance(default, float) else value


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
