"""The page of faults: one HTML file for whoever mends the export.

It needs no other file and no network, counts the faults by code, explains each code once and
lists every fault with its place in the export and the value as received. On a narrow screen
each fault becomes a card; in print nothing is folded away.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import pandas as pd

from jdm_stats.diagnostics.faults.catalogue import FaultKind, explain_fault
from jdm_stats.diagnostics.faults.export import GENERATOR
from jdm_stats.errors import UsageError
from jdm_stats.html.escaping import escape

__all__ = ["fault_page"]

_LONGEST = 300  # characters of a value that are shown; the CSV holds it whole
_HEADINGS = ("Place", "Child", "What is wrong", "As received", "What to do")
_SYNTHETIC = (
    '<p class="mark" role="note"><strong>SYNTHETIC</strong> data: no child stands behind '
    "these records.</p>"
)


def fault_page(rows: pd.DataFrame, source: str, *, synthetic: bool = False) -> str:
    """Return the page of faults as HTML.

    Parameters
    ----------
    rows : DataFrame
        What `jdm_stats.diagnostics.faults.export.located` returns.
    source : str
        What was checked.
    synthetic : bool
        Whether the children are simulated.

    Returns
    -------
    str
        A whole page; everything in it that came with the data is escaped.

    Examples
    --------
    >>> from jdm_stats.diagnostics.faults.export import located
    >>> from jdm_stats.errors import Fault
    >>> fault = Fault(
    ...     "events", 1, "<b>", "day", "missing_value", "day is missing", "do"
    ... )
    >>> page = fault_page(located([fault]), "register")
    >>> "&lt;b&gt;" in page, "<b>" in page
    (True, False)
    """
    errors = int((rows["severity"] == "error").sum())
    verdict = _verdict(errors, len(rows) - errors)
    groups = rows.groupby(["severity", "code"], sort=False, observed=True)
    ordered = sorted(groups, key=lambda group: (group[0][0] != "error", -len(group[1])))
    sections = [_section(str(key[1]), str(key[0]), group) for key, group in ordered]
    style = (files("jdm_stats.diagnostics.faults") / "page.css").read_text("utf-8")
    counts = [(str(key[1]), str(key[0]), len(group)) for key, group in ordered]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta name="generator" content="{GENERATOR}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">",
            f"<title>Faults of {escape(source)}</title>",
            f"<style>{style}</style></head><body><main>",
            f"<h1>Faults of {escape(source)}</h1>",
            _SYNTHETIC if synthetic else "",
            f'<p class="verdict">{verdict}</p>',
            _contents(counts) if counts else "",
            *sections,
            "<footer><p>Nothing was dropped, repaired or guessed. Written by "
            "<code>jdm-stats check --html</code>.</p></footer>",
            "</main></body></html>",
            "",
        ]
    )


def _verdict(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return "No fault was found."
    said = []
    if errors:
        said.append(f"{errors:,} fault{'' if errors == 1 else 's'} to be mended")
    if warnings:
        said.append(f"{warnings:,} warning{'' if warnings == 1 else 's'} to look at")
    end = "" if errors else " The data can be used as they are."
    return f"{' and '.join(said)}.{end}"


def _contents(counts: list[tuple[str, str, int]]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><a href="#{escape(severity)}-{escape(code)}">'
        f"<code>{escape(code)}</code></a></th><td>{escape(severity)}</td>"
        f'<td class="num">{count:,}</td><td>{escape(_kind(code).law)}</td></tr>'
        for code, severity, count in counts
    )
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Code", "Kind"))
    return (
        '<table class="contents"><caption>Faults by code</caption><thead><tr>'
        f'{heads}<th scope="col" class="num">Count</th><th scope="col">The law</th>'
        f"</tr></thead><tbody>{rows}</tbody></table>"
    )


def _kind(code: str) -> FaultKind:
    try:
        return explain_fault(code)
    except UsageError:  # a code of someone's own
        return FaultKind(code, "error", (), "")


def _section(code: str, severity: str, rows: pd.DataFrame) -> str:
    kind = _kind(code)
    said = {
        "Why it matters": kind.why,
        "What to do": kind.remedy,
        "Example": kind.example,
    }
    notes = "".join(
        f"<dt>{name}</dt><dd>{escape(words)}</dd>"
        for name, words in said.items()
        if words
    )
    remedies = rows["remedy"].unique()
    alike = len(rows) > 1 and len(remedies) == 1
    if alike:  # said once, above
        notes += f"<dt>For each of these</dt><dd>{_said(_cut(remedies[0]))}</dd>"
    names = _HEADINGS[:-1] if alike else _HEADINGS
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "\n".join(
        _row(row, names) for row in rows.astype(object).itertuples(index=False)
    )
    word = "warning" if severity != "error" else "fault"
    return (
        f'<section class="{escape(severity)}" id="{escape(severity)}-{escape(code)}">'
        f"<h2><code>{escape(code)}</code> <small>{len(rows):,} "
        f"{word}{'' if len(rows) == 1 else 's'}</small></h2>"
        f"<p>{escape(kind.law)}</p><dl>{notes}</dl>"
        f'<table class="faults"><thead><tr>{heads}</tr></thead><tbody>\n{body}\n'
        "</tbody></table></section>"
    )


def _row(row: object, names: Sequence[str]) -> str:
    given = {name: getattr(row, name) for name in row._fields}  # type: ignore[attr-defined]
    cells = (
        _place(given),
        _said(_cut(given["patient_id"])),
        _said(_cut(given["message"])),
        _received(given),
        _said(_cut(given["remedy"])),
    )
    return (
        "<tr>"
        + "".join(
            f'<td data-label="{name}">{cell or "–"}</td>'
            for name, cell in zip(names, cells, strict=False)
        )
        + "</tr>"
    )


def _place(given: dict[str, object]) -> str:
    export = [str(_cut(given["file"]))] if _is(given["file"]) else []
    export += [f"line {given['line']}"] if _is(given["line"]) else []
    export += [f"column {_cut(given['column'])}"] if _is(given["column"]) else []
    here = [str(given["table"])]
    here += [f"row {given['row']}"] if _is(given["row"]) else []
    here += [str(given["field"])] if _is(given["field"]) else []
    if not export:
        return f"<strong>{escape(', '.join(here))}</strong>"
    return (
        f"<strong>{escape(', '.join(export))}</strong> "
        f'<span class="here">{escape(", ".join(here))}</span>'
    )


def _received(given: dict[str, object]) -> str:
    """Show the cell; a whole record only where the fault is one of the whole row."""
    if not _is(given["value"]) or (_is(given["field"]) and not _is(given["column"])):
        return ""
    return f"<samp>{_said(_cut(given['value']))}</samp>"


def _is(value: object) -> bool:
    return value is not None and value is not pd.NA and value == value


def _said(value: object) -> str:
    return escape(value) if _is(value) else ""


def _cut(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = value
    return (
        text
        if len(text) <= _LONGEST
        else f"{text[:_LONGEST]}… ({len(text):,} characters)"
    )
