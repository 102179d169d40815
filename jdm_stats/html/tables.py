"""Data frames as captioned HTML tables with scoped headers."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html.escaping import escape
from jdm_stats.html.numbers import MISSING, format_number, format_p, is_missing

__all__ = ["Formatter", "html_table"]

Formatter = str | Callable[[Any], str]

FEWEST_COLUMNS_OF_A_WIDE_TABLE = 8
FEWEST_ROWS_OF_A_TALL_TABLE = 16  # in print it may run over the end of a page
SYNTHETIC_MARK = (
    '<strong class="jdm-mark" style="border:1px solid;padding:0 .3em;'
    'margin-right:.3em;font-size:.8em">SYNTHETIC</strong> '
)

# Figures and the marks that go with them; a column of these is set flush right.
_FIGURES = re.compile(r"^[\d∞−<>±≥≤][\d\s.,()\[\]%∞−+–/×<>;⁰¹²³⁴⁵⁶⁷⁸⁹⁻]*$")
_RANGE = re.compile(r"\([\d.,−]+–[\d.,−]+\)")
_LONG_WORD = re.compile(r"\S{22}")


def html_table(
    frame: pd.DataFrame,
    *,
    caption: str,
    footnotes: Sequence[str] = (),
    header_column: bool | int = True,
    formats: Mapping[str, Formatter] | None = None,
    table_id: str | None = None,
    synthetic: bool = False,
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
    synthetic : bool, default False
        Mark the caption as SYNTHETIC.

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
        f'<th scope="col"{_num(flag)}>{_unbroken(escape(name))}</th>'
        for name, flag in zip(frame.columns, numeric, strict=True)
    )
    spans = [_row_spans(columns[: place + 1]) for place in range(max(leading - 1, 0))]
    rows = [_row(row, columns, numeric, leading, spans) for row in range(len(frame))]
    if not rows:
        rows = [f'<tr><td colspan="{max(frame.shape[1], 1)}">No rows.</td></tr>']
    wide = " jdm-wide" if frame.shape[1] >= FEWEST_COLUMNS_OF_A_WIDE_TABLE else ""
    tall = " jdm-tall" if len(frame) >= FEWEST_ROWS_OF_A_TALL_TABLE else ""
    identity = f' id="{escape(table_id)}"' if table_id else ""
    body = "\n".join(rows)
    return (
        f'<figure class="jdm-table{wide}{tall}"><div class="jdm-scroll"><table{identity}>\n'
        f"<caption>{SYNTHETIC_MARK if synthetic else ''}{escape(caption)}</caption>\n"
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table></div>"
        f"{_footnotes(footnotes)}</figure>"
    )


def _unbroken(heading: str) -> str:
    """Keep a short bracket of a heading, (n = 12) or (95% CI), on one line."""
    return re.sub(
        r"\([^()]{1,12}\)",
        lambda found: found[0].replace(" ", "\N{NO-BREAK SPACE}"),
        heading,
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
    if is_missing(value):
        return MISSING
    if callable(fmt):
        return str(fmt(value))
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if not pd.api.types.is_number(value):
        return str(value)
    if fmt is None or (isinstance(value, float) and math.isinf(value)):
        return format_number(value)
    text = format(value, fmt)
    if text.startswith("-") and not re.search("[1-9]", text):
        text = text[1:]  # no minus before nought
    return text.replace("-", "−")


def _is_figures(texts: Sequence[str]) -> bool:
    present = [text for text in texts if text != MISSING and text]
    plain = [text.replace(" to ", " ") for text in present]
    return bool(present) and all(_FIGURES.match(text) for text in plain)


def _num(flag: bool) -> str:
    return ' class="num"' if flag else ""


def _class(text: str, numeric: bool) -> str:
    """Set figures flush right; let a style sheet break a hash or an address anywhere."""
    if _LONG_WORD.search(text):
        return ' class="jdm-long"'
    return _num(numeric)


def _kept_range(text: str) -> str:
    """Keep a range in brackets, (14.8–32.3), on one line where a cell must break."""
    return _RANGE.sub(r'<span style="white-space:nowrap">\g<0></span>', text)


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
        text = escape(texts[row])
        if place < len(spans):
            span = spans[place][row]
            extent = f' rowspan="{span}"' if span > 1 else ""
            scope = "rowgroup" if span > 1 else "row"
            cells.append(f'<th scope="{scope}"{extent}>{text}</th>' if span else "")
        elif place < leading:
            cells.append(f'<th scope="row">{text}</th>')
        else:
            kind = _class(texts[row], numeric[place])
            cells.append(f"<td{kind}>{_kept_range(text)}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _footnotes(footnotes: Iterable[str]) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in footnotes)
    return f'<figcaption class="jdm-footnotes">{lines}</figcaption>' if lines else ""
