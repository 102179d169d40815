"""What a template's cells call to show a table, a figure or a piece of text.

In Jupyter these functions only display. Under `jdm_stats.report.notebooks.render_report` they
also save each table as CSV and each figure as PNG in the run's folder, under the name given, so
that what is read on the page can be opened in a spreadsheet.

A page, a table and a figure part company once they are made. So `mark_synthetic`, called once
where the cohort is read, puts the word SYNTHETIC into each of them.
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

__all__ = [
    "FOLDER_VARIABLE",
    "csv_text",
    "mark_synthetic",
    "show_figure",
    "show_html",
    "show_table",
]

FOLDER_VARIABLE = "JDM_STATS_REPORT_DIR"  # set by the runner for the kernel it starts
DOTS_PER_INCH = 150
SYNTHETIC = "SYNTHETIC"

_NAME = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
# First characters that make a spreadsheet read a cell as a formula (CWE-1236).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\x00")

_state = {"synthetic": False}


def mark_synthetic(synthetic: bool = True) -> None:
    """Mark every table and figure shown from here on as SYNTHETIC, or stop doing so.

    Parameters
    ----------
    synthetic : bool, default True
        What the cohort says of itself: ``mark_synthetic(cohort.synthetic)``.
    """
    _state["synthetic"] = bool(synthetic)


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
    synthetic: bool | None = None,
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
    synthetic : bool, optional
        Mark the caption, and give the CSV a first column ``data`` that says SYNTHETIC. By
        default after `mark_synthetic`, or if ``frame.attrs["jdm_stats"]`` says so; False for
        a table that describes no data, such as versions of software.

    Raises
    ------
    UsageError
        If the name is unfit or already taken in this run.
    """
    said = (frame.attrs.get("jdm_stats") or {}).get("synthetic")
    marked = bool(said or _state["synthetic"]) if synthetic is None else synthetic
    markup = html_table(
        frame,
        caption=caption,
        footnotes=footnotes,
        formats=formats,
        header_column=header_column,
        synthetic=marked,
    )
    text = csv_text(_with_mark(frame) if marked else frame)
    _save(text.encode("utf-8"), "tables", f"{_checked(name)}.csv")
    show_html(markup)


def show_figure(
    figure: Figure | Axes,
    *,
    name: str,
    alt: str,
    caption: str,
    synthetic: bool | None = None,
) -> None:
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
    synthetic : bool, optional
        Write SYNTHETIC above the figure unless it stands in it already. By default after
        `mark_synthetic`; False for a figure that shows no data.

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
    if _state["synthetic"] if synthetic is None else synthetic:
        _write_mark(drawing)
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


def _write_mark(figure: Figure) -> None:
    """Write SYNTHETIC above the drawing, where nothing stands, unless it is marked."""
    from matplotlib.text import Text

    if any(text.get_text() == SYNTHETIC for text in figure.findobj(Text)):
        return
    figure.text(1.0, 1.0, SYNTHETIC, ha="right", va="bottom", fontweight="bold")


def _with_mark(frame: pd.DataFrame) -> pd.DataFrame:
    marked = frame.copy()
    marked.insert(0, "data", SYNTHETIC, allow_duplicates=True)
    return marked


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
