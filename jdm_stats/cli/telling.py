"""Exit codes, and printing that no terminal's encoding can stop."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any, TextIO

__all__ = [
    "CANNOT_WRITE",
    "DATA",
    "FAILED",
    "INTERRUPTED",
    "TERMINATED",
    "USAGE",
    "complain",
    "tell",
    "tell_json",
]

FAILED, USAGE, DATA, CANNOT_WRITE, INTERRUPTED, TERMINATED = 1, 2, 3, 73, 130, 143


def tell(text: str) -> None:
    """Print on standard output what was asked for."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Print on standard error what the reader should know besides."""
    _write(sys.stderr, text)


def tell_json(told: Mapping[str, Any]) -> None:
    """Print one line of JSON; letters the terminal cannot show are escaped."""
    line = json.dumps(told, ensure_ascii=False)
    try:
        line.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        line = json.dumps(told)
    _write(sys.stdout, line)


def _write(stream: TextIO, text: str) -> None:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    line = f"{text}\n".encode(encoding, "backslashreplace").decode(encoding)
    stream.write(line)
    stream.flush()
