"""Run the cells of a template in one fresh kernel, whatever happens to it.

The kernel is this interpreter, in a clean environment: fixed hash seed, UTC, one thread for
linear algebra, private folders for every tool that would otherwise look into a home directory.
It talks over sockets in a private folder, so that runs side by side do not meet. The notebook
client runs in a thread of its own and this thread watches the clock: a hang, a signal or a dead
kernel ends the run with its own exit code, and no process is left behind.
"""

from __future__ import annotations

import asyncio
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import (
    CellControlSignal,
    CellExecutionError,
    CellTimeoutError,
    DeadKernelError,
)
from traitlets.config import Config

from jdm_stats.errors import DataError
from jdm_stats.report.environment import kernel_environment, private_folder
from jdm_stats.report.scrub import scrub_notebook
from jdm_stats.report.templates import Template

__all__ = ["Outcome", "run_notebook"]

CELL_FAILED, DATA_AT_FAULT, TIME_LIMIT, KERNEL_DIED = 1, 3, 4, 5
START_UP_SECONDS = 120
GRACE_SECONDS = 8.0
_LONGEST_SOCKET_PATH = 80  # the limit is about 104 bytes, a port number included


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and the notebook as far as it came.

    Parameters
    ----------
    status : str
        ``done`` or ``failed``.
    exit_code : int
        0, 1 (a cell failed), 3 (data at fault), 4 (time limit) or 5 (the kernel died).
    error : str
        What went wrong, in one line; empty when nothing did.
    notebook : nbformat.NotebookNode
        The executed notebook, without absolute paths.
    """

    status: str
    exit_code: int
    error: str
    notebook: nbformat.NotebookNode


class _ThisInterpreter(AsyncKernelManager):
    """Starts the interpreter we run in, whatever kernels are installed on the machine."""

    @property
    def kernel_spec(self) -> KernelSpec:
        command = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
        ]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


@dataclass
class _Watch:
    """What the two threads know of one run."""

    task: asyncio.Task[Any] | None = None
    loop: asyncio.AbstractEventLoop | None = None
    process: int | None = None
    error: BaseException | None = None
    finished: threading.Event = field(default_factory=threading.Event)


def run_notebook(
    template: Template,
    values: Mapping[str, Any],
    *,
    results: Path,
    timeout: float,
    cell_timeout: float,
    progress: Callable[[str], None] | None = None,
) -> Outcome:
    """Run a template with bound parameters.

    Parameters
    ----------
    template : Template
        The notebook.
    values : mapping of str to object
        A literal for every parameter.
    results : Path
        Folder in which cells save tables and figures.
    timeout, cell_timeout : float
        Limits in seconds, kernel start and shutdown included in the first.
    progress : callable, optional
        Called with one line as each section begins.

    Returns
    -------
    Outcome
        Never raises for what a cell, the kernel or the clock did.
    """
    notebook = _filled(template, values)
    with private_folder() as private:
        watch = _Watch()
        client = _client(notebook, private, cell_timeout, watch, progress)
        environment = kernel_environment(private, results)
        with (private / "kernel.log").open("wb") as log:
            settings = {"env": environment, "stdout": log, "stderr": log}
            late = _drive(client, settings, watch, timeout)
    code, error = (
        (TIME_LIMIT, f"the run took longer than {timeout:g} s")
        if late
        else _verdict(watch.error, notebook, cell_timeout)
    )
    scrub = scrub_notebook(notebook, values, extra=(str(private), str(results)))
    return Outcome("failed" if code else "done", code, scrub(error), notebook)


def _filled(template: Template, values: Mapping[str, Any]) -> nbformat.NotebookNode:
    notebook = nbformat.reads(template.source.decode("utf-8"), as_version=4)
    for place, cell in enumerate(notebook.cells):
        cell.setdefault("id", f"cell-{place:03d}")
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    place = next(
        place
        for place, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    )
    lines = [f"{name} = {value!r}" for name, value in values.items()]
    injected = nbformat.v4.new_code_cell(
        "\n".join(["# Parameters of this run", *lines]),
        id="injected-parameters",
        metadata={"tags": ["injected-parameters"]},
    )
    notebook.cells.insert(place + 1, injected)
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    return notebook


def _client(
    notebook: nbformat.NotebookNode,
    private: Path,
    cell_timeout: float,
    watch: _Watch,
    progress: Callable[[str], None] | None,
) -> NotebookClient:
    work = private / "work"
    work.mkdir()
    config = Config()
    config.ConnectionFileMixin.connection_file = str(private / "kernel.json")
    if os.name == "posix" and len(str(private)) < _LONGEST_SOCKET_PATH:
        config.ConnectionFileMixin.transport = "ipc"
        config.ConnectionFileMixin.ip = str(private / "k")
    headings = _headings(notebook)
    begun = time.monotonic()

    def at_cell(cell_index: int, **_: Any) -> None:
        if progress is not None and cell_index in headings:
            progress(f"[{time.monotonic() - begun:6.1f} s] {headings[cell_index]}")

    client = NotebookClient(
        notebook,
        config=config,
        kernel_manager_class=_ThisInterpreter,
        kernel_name="python3",
        timeout=math.ceil(cell_timeout),
        startup_timeout=START_UP_SECONDS,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(work)}},
        on_cell_start=at_cell,
    )
    return client


def _headings(notebook: nbformat.NotebookNode) -> dict[int, str]:
    """First code cell of each section, by its place, with the section's heading."""
    found: dict[int, str] = {}
    heading = None
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            heading = cell.source.splitlines()[0].lstrip("#").strip()
        elif cell.cell_type == "code" and heading is not None:
            found[place] = heading
            heading = None
    return found


def _drive(
    client: NotebookClient, settings: dict[str, Any], watch: _Watch, timeout: float
) -> bool:
    """Run the client in its thread; say whether the whole-run limit was passed."""
    thread = threading.Thread(
        target=_in_thread, args=(client, settings, watch), daemon=True
    )
    deadline = time.monotonic() + timeout
    late = False
    thread.start()
    try:
        while not watch.finished.wait(min(0.2, max(deadline - time.monotonic(), 0.01))):
            watch.process = _process(client) or watch.process
            if time.monotonic() >= deadline:
                late = True
                break
    finally:  # a signal may have raised here: leave no kernel behind
        _stop(watch, thread)
    return late


def _process(client: NotebookClient) -> int | None:
    """Process number of the kernel, also its process group, once it is there."""
    return getattr(getattr(client.km, "provisioner", None), "pid", None)


def _in_thread(client: NotebookClient, settings: dict[str, Any], watch: _Watch) -> None:
    async def execute() -> None:
        watch.loop = asyncio.get_running_loop()
        watch.task = asyncio.current_task()
        await client.async_execute(**settings)

    try:
        asyncio.run(execute())
    except BaseException as error:
        watch.error = error
    finally:
        watch.finished.set()


def _stop(watch: _Watch, thread: threading.Thread) -> None:
    if not watch.finished.is_set() and watch.loop and watch.task:
        with suppress(RuntimeError):
            watch.loop.call_soon_threadsafe(watch.task.cancel)
        watch.finished.wait(GRACE_SECONDS)
    if watch.process is not None:
        with suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":  # the kernel and whatever it has started
                os.killpg(watch.process, signal.SIGKILL)
            else:
                os.kill(watch.process, signal.SIGTERM)
    thread.join(GRACE_SECONDS)


def _verdict(
    error: BaseException | None, notebook: nbformat.NotebookNode, cell_timeout: float
) -> tuple[int, str]:
    """Exit code and message of a run that ended by itself."""
    if isinstance(error, CellTimeoutError):
        return TIME_LIMIT, f"a cell took longer than {cell_timeout:g} s"
    if isinstance(error, CellExecutionError):
        return _blame(error.ename), f"{error.ename}: {error.evalue}"
    if isinstance(error, (DeadKernelError, RuntimeError, CellControlSignal)):
        return KERNEL_DIED, (
            "the kernel died, most likely for want of memory; retry with more of it or less data"
        )
    if error is not None:
        return (
            KERNEL_DIED,
            f"the kernel could not be run: {type(error).__name__}: {error}",
        )
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip():
            if cell.execution_count is None:
                return CELL_FAILED, f"cell {cell.id} was not executed"
            if any(output.output_type == "error" for output in cell.outputs):
                return CELL_FAILED, f"cell {cell.id} raised an error"
    return 0, ""


def _blame(name: str) -> int:
    """Exit code of an error raised in a cell, by the name of its class."""
    family = [DataError]
    for member in family:
        family.extend(member.__subclasses__())
    return (
        DATA_AT_FAULT if name in {member.__name__ for member in family} else CELL_FAILED
    )
