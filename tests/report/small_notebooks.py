"""Small notebooks for the tests of the report room; none of them imports pandas."""

from __future__ import annotations

import json
from pathlib import Path

SHOWS = """
import sys, warnings
from IPython.display import HTML, Javascript, display
print("printed", word)
warnings.warn("be careful")
display(HTML("<p class='raw'>shown</p>"))
display(Javascript("alert(1)"))
display({"text/vnd.mermaid": "graph TD;", "text/plain": "a graph"}, raw=True)
"""
HOSTILE_ALT = '<i> "quoted" & onerror=alert(1)'
DRAWS = f"""
import base64
pixel = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVO"
    "RK5CYII="
)
display(
    {{"image/png": pixel, "text/plain": "a pixel"}},
    metadata={{"image/png": {{"alt": {HOSTILE_ALT!r}, "caption": "<b>bold?</b>"}}}},
    raw=True,
)
"""
MISBEHAVES = """
import os, time
if word == "raise":
    raise KeyError("boom in " + os.getcwd())
if word == "faulty data":
    from jdm_stats.errors import CohortError, Fault
    raise CohortError([Fault("patients", 1, "P1", "sex", "bad_sex", "sex is x", "mend it")])
if word == "die":
    os._exit(3)
if word == "sleep":
    time.sleep(60)
if word == "leave early":
    import sys
    sys.exit(0)
"""


def cell(kind: str, name: str, source: str, *tags: str) -> dict:
    written = {
        "cell_type": kind,
        "id": name,
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source.strip(),
    }
    return written | (
        {"outputs": [], "execution_count": None} if kind == "code" else {}
    )


def write_notebook(path: Path, *cells: dict) -> Path:
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": list(cells),
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return path
