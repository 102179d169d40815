"""What a template's cells call to show a table, a figure or a piece of text.

In Jupyter these functions only display. Under `jdm_stats.report.notebooks.render_report` they
also save each table as CSV and each figure as PNG in the run's folder, under the name given, so
that what is read on the page can be opened in a spreadsheet.
"""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from jdm_stats.errors import UsageError
from jdm_stats.html import Formatter, html_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FOLDER_VARIABLE", "csv_text", "show_figure", "show_html", "show_table"]

FOLDER_VARIABLE = "JDM_STATS_REPORT_DIR"  # set by the runner for the kernel it starts
DOTS_PER_INCH = 150

_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
# First characters that make a spreadsheet read a cell as a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\x00")


def show_html(*fragments: str) -> None:
    """Display pieces of HTML made by `jdm_stats.html`; empty ones are passed over.

    Parameters
    ----------
    *fragments : str
        HTML in which every value is already escaped.
    """
    from IPython.display import HTML, display

    text = "\n".join(fragment for fragment in fragments if fragment)
    if text:
        display(HTML(text))


def show_table(
    frame: pd.DataFrame,
    *,
    name: str,
    caption: str,
    footnotes: Sequence[str] = (),
    formats: Mapping[str, Formatter] | None = None,
    header_column: bool | int = True,
) -> None:
    """Display a table and, in a report run, write it to ``tables/NAME.csv``.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table as it is to be read; its index is not shown.
    name : str
        Name of the CSV file: lower-case letters, digits and single underscores.
    caption, footnotes, formats, header_column
        As in `jdm_stats.html.html_table`.

    Raises
    ------
    UsageError
        If the name is unfit or already taken in this run.
    """
    markup = html_table(
        frame,
        caption=caption,
        footnotes=footnotes,
        formats=formats,
        header_column=header_column,
    )
    _save(csv_text(frame).encode("utf-8"), "tables", f"{_checked(name)}.csv")
    show_html(markup)


def show_figure(figure: Figure | Axes, *, name: str, alt: str, caption: str) -> None:
    """Display a figure, close it and, in a report run, write ``figures/NAME.png``.

    Parameters
    ----------
    figure : matplotlib Figure or Axes
        The figure, or any of its axes. It is closed, so that it is shown once.
    name : str
        Name of the PNG file: lower-case letters, digits and single underscores.
    alt : str
        What the figure shows, in a sentence, for a reader who cannot see it.
    caption : str
        The line under the figure.

    Raises
    ------
    UsageError
        If the name is unfit or already taken in this run, or a text is empty.
    """
    from IPython.display import display
    from matplotlib import pyplot

    if not alt.strip() or not caption.strip():
        raise UsageError(f"figure {name!r} needs both an alt text and a caption")
    drawing: Any = figure if hasattr(figure, "savefig") else figure.figure
    buffer = io.BytesIO()
    # Without the Software entry the bytes depend on the drawing alone.
    drawing.savefig(
        buffer, dpi=DOTS_PER_INCH, bbox_inches="tight", metadata={"Software": None}
    )
    pyplot.close(drawing)
    _save(buffer.getvalue(), "figures", f"{_checked(name)}.png")
    width, _ = png_size(buffer.getvalue())
    display(
        {
            "image/png": base64.b64encode(buffer.getvalue()).decode("ascii"),
            "text/plain": f"Figure: {caption}",
        },
        metadata={
            "image/png": {
                "alt": alt,
                "caption": caption,
                "width": round(width * 96 / DOTS_PER_INCH),
            }
        },
        raw=True,
    )


def png_size(data: bytes) -> tuple[int, int]:
    """Read width and height, in pixels, from the header of a PNG."""
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def csv_text(frame: pd.DataFrame) -> str:
    r"""Write a table as CSV that a spreadsheet cannot run.

    A text that begins with ``= + - @``, a tab, a return or NUL is given a leading apostrophe;
    numbers stay numbers, so -0.5 is left alone. Meant for tables that people open; data that
    programs read back are not to be written this way.

    Parameters
    ----------
    frame : pandas.DataFrame
        Its index is not written.

    Returns
    -------
    str
        CSV with ``\\n`` line ends.

    Examples
    --------
    >>> print(
    ...     csv_text(pd.DataFrame({"label": ["=1+1", "NXP2"], "log_hr": [-0.5, None]}))
    ... )
    label,log_hr
    '=1+1,-0.5
    NXP2,
    """
    guarded = pd.DataFrame(
        {
            place: pd.Series(
                [_guard(value) for value in frame.iloc[:, place]], dtype=object
            )
            for place in range(frame.shape[1])
        }
    )
    guarded.columns = pd.Index([_guard(str(name)) for name in frame.columns])
    return guarded.to_csv(index=False, lineterminator="\n")


def _guard(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UsageError(
            "a table or figure is named by lower-case letters, digits and single "
            f"underscores; received {name!r}"
        )
    return name


def _save(data: bytes, kind: str, filename: str) -> None:
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return
    path = Path(folder) / kind / filename
    if path.exists():
        raise UsageError(f"{kind}/{filename} is already taken; give each its own name")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
