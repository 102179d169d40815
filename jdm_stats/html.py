"""Escaped HTML for Jupyter and reports: tables, banners, notes and number formats.

Everything here takes plain values and gives back a string. Every value is escaped, so
that a label typed into a registry cannot become markup; a missing value is an en dash,
never "nan"; a p-value is never printed as nought. Tables carry a caption and ``scope``
on their header cells, so that a screen reader can say where a number stands.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from jdm_stats.errors import UsageError

__all__ = [
    "banner",
    "format_count_percent",
    "format_number",
    "format_p",
    "format_ratio",
    "html_table",
    "notes_list",
    "paragraphs",
    "summary_box",
]

MISSING = "–"
BANNER_KINDS = ("synthetic", "note", "warning")
Formatter = str | Callable[[Any], str]

# Figures and the marks that go with them; a column of these is set flush right.
_FIGURES = re.compile(r"^[\d∞−<>±≥≤][\d\s.,()\[\]%∞−+–/×<>;⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*$")
# Marks that reorder the text around them, and control characters.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_BOX_STYLE = "border-left:4px solid currentColor;padding:.5em 1em;margin:1em 0"


def _escape(value: object) -> str:
    return html.escape(_UNSAFE.sub("\N{REPLACEMENT CHARACTER}", str(value)), quote=True)


def _is_missing(value: object) -> bool:
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))  # type: ignore[call-overload]


def format_number(value: object, digits: int | None = 2) -> str:
    """Write a number for a reader.

    Parameters
    ----------
    value : number or missing
        Integers are written whole, with commas from 10,000 up.
    digits : int or None, default 2
        Decimals of a float; None chooses them by size, to three figures or so.

    Returns
    -------
    str
        The number with a true minus sign; ``∞`` if infinite, ``–`` if missing.

    Examples
    --------
    >>> format_number(12.345), format_number(-3), format_number(float("nan"))
    ('12.35', '−3', '–')
    >>> format_number(1043.2, digits=None), format_number(3.5e8, digits=None)
    ('1043', '3.5 × 10⁸')
    """
    if _is_missing(value):
        return MISSING
    if isinstance(value, str) or not pd.api.types.is_number(value):
        raise UsageError(
            f"format_number takes a number or a missing value, not {value!r}"
        )
    if pd.api.types.is_bool(value):
        raise UsageError(f"format_number takes a number, not the truth value {value!r}")
    if pd.api.types.is_integer(value):
        whole = int(value)
        text = f"{whole:,d}" if abs(whole) >= 10_000 else f"{whole:d}"
        return text.replace("-", "−")
    number = float(value)  # type: ignore[arg-type]
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    text = _by_size(number) if digits is None else _fixed(number, digits)
    return text.replace("-", "−")


def _fixed(number: float, digits: int) -> str:
    rounded = round(number, digits) + 0.0  # + 0.0 turns -0.0 into 0.0
    return (
        f"{rounded:,.{digits}f}" if abs(rounded) >= 10_000 else f"{rounded:.{digits}f}"
    )


def _by_size(number: float) -> str:
    size = abs(number)
    if size == 0:
        return "0"
    if size >= 9_999.5 or size < 0.0001:
        mantissa, exponent = f"{number:.1e}".split("e")
        return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    if size < 0.01:
        return f"{number:.2g}"
    if size < 9.995:
        return f"{number:.2f}"
    return f"{number:.1f}" if size < 99.95 else f"{number:.0f}"


def format_p(value: float | None) -> str:
    """Write a p-value with two or three decimals, never as nought.

    Parameters
    ----------
    value : float or missing
        A probability in [0, 1].

    Returns
    -------
    str
        ``<0.001``, else three decimals below 0.1 and two above; ``>0.99`` at the top.

    Raises
    ------
    UsageError
        If the value is not a probability.

    Examples
    --------
    >>> format_p(0.00001), format_p(0.0342), format_p(0.5), format_p(None)
    ('<0.001', '0.034', '0.50', '–')
    """
    if value is None or _is_missing(value):
        return MISSING
    if not 0.0 <= value <= 1.0:
        raise UsageError(f"a p-value lies between 0 and 1; received {value!r}")
    if value < 0.001:
        return "<0.001"
    if value > 0.99:
        return ">0.99"
    return f"{value:.3f}" if value < 0.0995 else f"{value:.2f}"


def format_ratio(estimate: float | None, low: float | None, high: float | None) -> str:
    """Write a ratio with its limits, such as a hazard ratio.

    Parameters
    ----------
    estimate, low, high : float or missing
        The ratio and its confidence limits on the ratio scale; a limit may be infinite.

    Returns
    -------
    str
        ``estimate (low to high)``; an en dash when all three are missing.

    Examples
    --------
    >>> format_ratio(7.84, 0.82, 1043.2)
    '7.84 (0.82 to 1043)'
    >>> format_ratio(float("nan"), 1.3, float("inf"))
    '– (1.30 to ∞)'
    """
    shown = [
        format_number(_as_float(part), digits=None) for part in (estimate, low, high)
    ]
    if shown == [MISSING] * 3:
        return MISSING
    if shown[1:] == [MISSING] * 2:
        return shown[0]
    return f"{shown[0]} ({shown[1]} to {shown[2]})"


def _as_float(value: float | None) -> float:
    return math.nan if value is None or _is_missing(value) else float(value)


def format_count_percent(count: int | None, total: int | None, digits: int = 1) -> str:
    """Write a count with its share of a total.

    Parameters
    ----------
    count, total : int or missing
        Children counted, and children among whom they were counted.
    digits : int, default 1
        Decimals of the percentage.

    Examples
    --------
    >>> format_count_percent(12, 600), format_count_percent(0, 0)
    ('12 (2.0%)', '0 (–)')
    """
    if count is None or _is_missing(count):
        return MISSING
    shown = format_number(int(count))
    if total is None or _is_missing(total) or total == 0:
        return f"{shown} ({MISSING})"
    return f"{shown} ({100 * count / total:.{digits}f}%)"


def html_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    footnotes: Sequence[str] = (),
    header_column: bool | int = True,
    formats: Mapping[str, Formatter] | None = None,
    table_id: str | None = None,
) -> str:
    """Write a data frame as an escaped, captioned HTML table with scoped headers.

    The index is not shown; call ``reset_index()`` first when it says something.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows and columns as they are to be read; column names are the headings.
    caption : str
        What the table shows, in words.
    footnotes : sequence of str
        Lines under the table: abbreviations, methods, sources.
    header_column : bool or int, default True
        How many leading columns head their rows (True is one). With two or more, a
        value that repeats down a leading column is written once and spans its rows.
    formats : mapping of column name to format, optional
        A format specification such as ``".1f"`` or a function from value to text, not
        called on missing values. Without one, integers are whole, floats have two
        decimals and columns named ``p`` or ``p_value`` are written by `format_p`.
    table_id : str, optional
        The ``id`` of the table: letters, digits, hyphens and underscores.

    Returns
    -------
    str
        HTML that needs no style sheet and no script.

    Raises
    ------
    UsageError
        For column names in several levels, a format for a column that is not there,
        or an unfit ``table_id``.

    Examples
    --------
    >>> frame = pd.DataFrame({"Antibody": ["NXP2", "<b>"], "Events": [3, None]})
    >>> text = html_table(frame, caption="Events", formats={"Events": ".0f"})
    >>> '<th scope="row">&lt;b&gt;</th><td class="num">–</td>' in text
    True
    """
    _check_table(frame, formats or {}, table_id)
    leading = min(int(header_column), frame.shape[1])
    columns = [
        _column_text(frame.iloc[:, place], str(name), (formats or {}).get(str(name)))
        for place, name in enumerate(frame.columns)
    ]
    numeric = [
        place >= leading and _is_figures(texts) for place, texts in enumerate(columns)
    ]
    heads = "".join(
        f'<th scope="col"{_num(flag)}>{_escape(name)}</th>'
        for name, flag in zip(frame.columns, numeric, strict=True)
    )
    spans = [_row_spans(columns[: place + 1]) for place in range(max(leading - 1, 0))]
    rows = [_row(row, columns, numeric, leading, spans) for row in range(len(frame))]
    if not rows:
        rows = [f'<tr><td colspan="{max(frame.shape[1], 1)}">No rows.</td></tr>']
    identity = f' id="{_escape(table_id)}"' if table_id else ""
    body = "\n".join(rows)
    return (
        f'<figure class="jdm-table"><div class="jdm-scroll"><table{identity}>\n'
        f"<caption>{_escape(caption)}</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
        f"{_footnotes(footnotes)}</figure>"
    )


def _check_table(
    frame: pd.DataFrame, formats: Mapping[str, Formatter], table_id: str | None
) -> None:
    if isinstance(frame.columns, pd.MultiIndex):
        raise UsageError(
            "html_table takes one level of column names; join the levels first"
        )
    unknown = sorted(set(formats) - {str(name) for name in frame.columns})
    if unknown:
        raise UsageError(
            f"formats names columns that are not in the table: {', '.join(unknown)}; "
            f"it has {', '.join(str(name) for name in frame.columns)}"
        )
    if table_id is not None and not re.fullmatch(r"[A-Za-z][\w-]*", table_id, re.ASCII):
        raise UsageError(
            f"table_id takes letters, digits, - and _; received {table_id!r}"
        )


def _column_text(column: pd.Series, name: str, fmt: Formatter | None) -> list[str]:
    chosen = fmt
    if chosen is None and name.lower() in {"p", "p_value", "p-value", "p value"}:
        chosen = _p_or_text
    elif chosen is None and _is_whole(column):
        chosen = ".0f"
    return [_cell_text(value, chosen) for value in column]


def _is_whole(column: pd.Series) -> bool:
    """Whether a float column holds counts that a missing value turned into floats."""
    if not pd.api.types.is_float_dtype(column.dtype):
        return False
    present = column.dropna()
    return len(present) < len(column) and all(float(v).is_integer() for v in present)


def _p_or_text(value: Any) -> str:
    return value if isinstance(value, str) else format_p(value)


def _cell_text(value: Any, fmt: Formatter | None) -> str:
    if _is_missing(value):
        return MISSING
    if callable(fmt):
        return str(fmt(value))
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if not pd.api.types.is_number(value):
        return str(value)
    if fmt is None or (isinstance(value, float) and math.isinf(value)):
        return format_number(value)
    return format(value, fmt).replace("-", "−")


def _is_figures(texts: Sequence[str]) -> bool:
    present = [text for text in texts if text != MISSING and text]
    plain = [text.replace(" to ", " ") for text in present]
    return bool(present) and all(_FIGURES.match(text) for text in plain)


def _num(flag: bool) -> str:
    return ' class="num"' if flag else ""


def _row_spans(columns: Sequence[Sequence[str]]) -> list[int]:
    """Rows each cell of the last column spans; 0 where the cell above covers it."""
    keys = list(zip(*columns, strict=True))
    spans = [0] * len(keys)
    head = 0
    for row, key in enumerate(keys):
        if row == 0 or key != keys[row - 1]:
            head = row
        spans[head] += 1
    return spans


def _row(
    row: int,
    columns: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    leading: int,
    spans: Sequence[Sequence[int]],
) -> str:
    cells = []
    for place, texts in enumerate(columns):
        text = _escape(texts[row])
        if place < len(spans):
            span = spans[place][row]
            extent = f' rowspan="{span}"' if span > 1 else ""
            scope = "rowgroup" if span > 1 else "row"
            cells.append(f'<th scope="{scope}"{extent}>{text}</th>' if span else "")
        elif place < leading:
            cells.append(f'<th scope="row">{text}</th>')
        else:
            cells.append(f"<td{_num(numeric[place])}>{text}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _footnotes(footnotes: Iterable[str]) -> str:
    lines = "".join(f"<p>{_escape(line)}</p>" for line in footnotes)
    return f'<figcaption class="jdm-footnotes">{lines}</figcaption>' if lines else ""


def banner(text: str, kind: str = "note") -> str:
    """Write one line that must not be overlooked.

    Parameters
    ----------
    text : str
        What it says; escaped.
    kind : {"note", "synthetic", "warning"}
        How it is set; "synthetic" stands over everything shown from a simulated cohort.

    Examples
    --------
    >>> "SYNTHETIC DATA" in banner(
    ...     "SYNTHETIC DATA: no child is described here", "synthetic"
    ... )
    True
    """
    if kind not in BANNER_KINDS:
        raise UsageError(f"kind is one of {', '.join(BANNER_KINDS)}; received {kind!r}")
    return (
        f'<div class="jdm-banner jdm-{kind}" role="note" style="{_BOX_STYLE}">'
        f"<strong>{_escape(text)}</strong></div>"
    )


def paragraphs(*texts: str) -> str:
    """Write each text as an escaped paragraph.

    Examples
    --------
    >>> print(paragraphs("Seven events.", "p < 0.05"))
    <p>Seven events.</p>
    <p>p &lt; 0.05</p>
    """
    return "\n".join(f"<p>{_escape(text)}</p>" for text in texts)


def summary_box(title: str, texts: Sequence[str]) -> str:
    """Write the box at the head of a report: a title and a few sentences.

    Examples
    --------
    >>> "<p>Six of 600 children perforated.</p>" in summary_box(
    ...     "In short", ["Six of 600 children perforated."]
    ... )
    True
    """
    return (
        f'<section class="jdm-summary" style="{_BOX_STYLE}">{_title(title)}\n'
        f"{paragraphs(*texts)}</section>"
    )


def _title(text: str) -> str:
    return f'<p class="jdm-title"><strong>{_escape(text)}</strong></p>'


def notes_list(
    notes: Iterable[str], *, title: str = "", kind: str = "note", empty: str = ""
) -> str:
    """Write notes as a list, each once, in the order given.

    Parameters
    ----------
    notes : iterable of str
        What a careful reader must know; escaped.
    title : str
        Heading of the block.
    kind : {"note", "warning"}
        How the block is set.
    empty : str
        What to say when there are no notes; by default nothing is written.

    Examples
    --------
    >>> notes_list(["Few events.", "Few events."]).count("<li>")
    1
    """
    if kind not in BANNER_KINDS:
        raise UsageError(f"kind is one of {', '.join(BANNER_KINDS)}; received {kind!r}")
    unique = list(dict.fromkeys(str(note) for note in notes))
    if not unique and not empty:
        return ""
    items = "".join(f"<li>{_escape(note)}</li>" for note in unique)
    body = f"<ul>{items}</ul>" if unique else paragraphs(empty)
    head = (
        f'<p class="jdm-title"><strong>{_escape(title)}</strong></p>' if title else ""
    )
    return f'<div class="jdm-notes jdm-{kind}" style="{_BOX_STYLE}">{head}{body}</div>'
