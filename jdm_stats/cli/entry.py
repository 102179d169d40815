"""The way in: runs a command and turns whatever goes wrong into one message and one code.

The codes are such that a scheduler can act on them; see ``jdm-stats --help``.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from jdm_stats.cli.parser import make_parser
from jdm_stats.cli.telling import (
    CANNOT_WRITE,
    DATA,
    FAILED,
    INTERRUPTED,
    TERMINATED,
    USAGE,
    complain,
    tell_json,
)
from jdm_stats.errors import DataError, JdmStatsError, ReportError, UsageError

__all__ = ["main"]

DEBUG_VARIABLE = "JDM_STATS_DEBUG"


class _Terminated(BaseException):
    """SIGTERM arrived; raised so that the run tidies up behind itself."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments; by default those of the process.

    Returns
    -------
    int
        The exit code.

    Examples
    --------
    >>> main(["templates", "--template-that-is-not-there"])
    Traceback (most recent call last):
    SystemExit: 2
    """
    arguments = make_parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = arguments.run
    try:
        with _terminable():
            return run(arguments)
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED, arguments)
    except _Terminated:
        return _say("stopped by SIGTERM", TERMINATED, arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (JdmStatsError, OSError) as error:
        return _say(_message(error), _code(error), arguments)
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        text = (
            f"{type(error).__name__}: {error} (set {DEBUG_VARIABLE}=1 for its origin)"
        )
        return _say(text, FAILED, arguments)


def _code(error: Exception) -> int:
    if isinstance(error, ReportError):
        return error.exit_code
    if isinstance(error, DataError):
        return DATA
    return USAGE if isinstance(error, UsageError) else CANNOT_WRITE


def _message(error: Exception) -> str:
    if isinstance(error, DataError):
        lines = [f"  {fault}" for fault in error.faults]
        return "\n".join([str(error).partition("\n")[0], *lines])
    if isinstance(error, OSError) and error.strerror:
        place = f" {error.filename}" if error.filename is not None else ""
        why = error.strerror
        if isinstance(error, (FileExistsError, NotADirectoryError)):
            why = "a file stands where a folder is needed"
        return f"cannot write{place}: {why}"
    return str(error).replace("overwrite=True", "--overwrite")


def _say(text: str, code: int, arguments: argparse.Namespace) -> int:
    if getattr(arguments, "json", False):
        tell_json({"status": "failed", "exit_code": code, "error": text})
    complain(f"jdm-stats: {text}")
    return code


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM end the run in order, as an interrupt from the keyboard does."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise _Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
