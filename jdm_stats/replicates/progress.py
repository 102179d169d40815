"""A line that says how far long work has come: on a terminal, never in a pipe or a page."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sized
from typing import TextIO, TypeVar

T = TypeVar("T")

WIDTH = 24
# Short work is not worth a line.
SILENT_SECONDS = 1.0


def progress(
    items: Iterable[T],
    what: str,
    *,
    total: int | None = None,
    stream: TextIO | None = None,
    show: bool | None = None,
) -> Iterator[T]:
    """Hand the items on one by one and draw a bar of how many are done.

    Parameters
    ----------
    items : iterable
    what : str
        What is being done, such as ``"leaving events out"``.
    total : int, optional
        How many there are; by default as many as ``items`` says.
    stream : text stream, optional
        Default standard error.
    show : bool, optional
        Default: only when the stream is a terminal, and after the first second.

    Yields
    ------
    object
        The items.

    Examples
    --------
    >>> import io
    >>> page = io.StringIO()
    >>> list(progress([1, 2], "refits", stream=page)), page.getvalue()
    ([1, 2], '')
    >>> _ = list(progress([1, 2], "refits", stream=page, show=True))
    >>> page.getvalue().split(chr(13))[1].rstrip()
    'refits [############            ] 1 of 2'
    """
    written = sys.stderr if stream is None else stream
    talks = written.isatty() if show is None else show
    count = total if total is not None or not isinstance(items, Sized) else len(items)
    if not talks or not count:
        yield from items
        return
    begun, drawn = time.monotonic(), False
    try:
        for done, item in enumerate(items, start=1):
            yield item
            if show or time.monotonic() - begun > SILENT_SECONDS:
                written.write(f"\r{_line(what, done, count)}")
                written.flush()
                drawn = True
    finally:
        if drawn:
            written.write(f"\r{' ' * len(_line(what, count, count))}\r")
            written.flush()


def _line(what: str, done: int, count: int) -> str:
    full = min(WIDTH, WIDTH * done // count)
    bar = "#" * full + " " * (WIDTH - full)
    return f"{what} [{bar}] {done} of {count}"
