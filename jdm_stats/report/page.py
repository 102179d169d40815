"""Turn an executed notebook into the page that is handed over.

The page is one file: no script, no request, a policy that forbids both. Its style sheet and its
nbconvert template stand in ``page_template/`` beside this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from traitlets.config import Config

from jdm_stats import __version__

__all__ = ["notebook_json", "page_html"]

_HERE = Path(__file__).resolve().parent
_HEADING = re.compile(r"<h2>(.*?)</h2>", re.DOTALL)
_FEWEST_FOR_CONTENTS = 4
# Forms of an output that a page can show, best first; scripts and widgets are not among them.
_SHOWN = (
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/markdown",
    "text/plain",
    "text/latex",
)


def page_html(
    notebook: nbformat.NotebookNode, title: str, values: Mapping[str, Any], key: str
) -> str:
    """Write the page of an executed notebook.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As executed and scrubbed.
    title : str
        Title of the page.
    values : mapping of str to object
        Parameters; ``report_date`` is shown at the foot.
    key : str
        Run key, of which the first characters are shown at the foot.

    Returns
    -------
    str
        A whole HTML document.
    """
    exporter = HTMLExporter(
        config=Config(NbConvertBase={"display_data_priority": list(_SHOWN)}),
        extra_template_basedirs=[str(_HERE)],
        template_name="page_template",
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=False,
    )
    told = {
        "title": title,
        "style": (_HERE / "page_template" / "page.css").read_text(encoding="utf-8"),
        "version": __version__,
        "date": str(values.get("report_date") or ""),
        "run": key[:12],
    }
    body, _ = exporter.from_notebook_node(notebook, resources={"jdm": told})
    return _with_contents(body)


def _with_contents(body: str) -> str:
    """Give each section an anchor and list them above the first."""
    sections = _HEADING.findall(body)
    for place, text in enumerate(sections, start=1):
        anchored = f'<h2 id="section-{place}">{text}</h2>'
        body = body.replace(f"<h2>{text}</h2>", anchored, 1)
    items = "".join(
        f'<li><a href="#section-{place}">{text}</a></li>'
        for place, text in enumerate(sections, start=1)
    )
    contents = (
        f'<nav class="contents" aria-label="Contents"><ol>{items}</ol></nav>'
        if len(sections) >= _FEWEST_FOR_CONTENTS
        else ""
    )
    return body.replace('<h2 id="section-1">', contents + '\n<h2 id="section-1">', 1)


def notebook_json(notebook: nbformat.NotebookNode) -> str:
    """Write an executed notebook as text."""
    return nbformat.writes(notebook, version=4) + "\n"
