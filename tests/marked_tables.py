"""Tables of a page of docs/, each between a mark with its name and an end mark.

What fills them is written from committed tables by the rooms named ``page``; this is how.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MARKED", "as_written", "renewed"]

MARKED = re.compile(r"(<!-- (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def renewed(page: str, written: dict[str, str]) -> str:
    r"""Give the page with each marked table replaced.

    Examples
    --------
    >>> renewed("<!-- one -->\nold\n<!-- end -->", {"one": "new"})
    '<!-- one -->\nnew\n<!-- end -->'
    """
    return MARKED.sub(
        lambda found: found[1] + written[found[2]] + "\n" + found[4], page
    )


def as_written(rows: Iterator[list[str]]) -> str:
    """Write rows of cells as a table of a page; the first is the heading.

    Examples
    --------
    >>> print(as_written(iter([["Term", "n"], ["nxp2", "5"]])))
    | Term | n |
    | --- | --- |
    | nxp2 | 5 |
    """
    header, *body = rows
    lines = [header, ["---"] * len(header), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
