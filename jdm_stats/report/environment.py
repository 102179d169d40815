"""What a report's kernel finds around it: a private folder and fixed settings.

Nothing of the reader's own set-up may alter a report: no style file, no start-up script, no
warning filter. The hash seed, the time zone and the number of threads are fixed, so that two
runs agree to the byte.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jdm_stats.report.show import FOLDER_VARIABLE

__all__ = ["kernel_environment", "private_folder"]

_THREADS = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
_DROPPED = {"PYTHONWARNINGS", "PYTHONSTARTUP", "PYTHONINSPECT", "MPLBACKEND"}


@contextmanager
def private_folder() -> Iterator[Path]:
    """Make a short-named folder for sockets and settings, removed at the end."""
    folder = tempfile.mkdtemp(prefix="jdm-")
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kernel_environment(private: Path, results: Path) -> dict[str, str]:
    """Environment variables of the kernel.

    Parameters
    ----------
    private : Path
        The run's private folder.
    results : Path
        Folder in which cells save tables and figures.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    package_home = str(Path(__file__).resolve().parents[2])
    paths = [kept.get("PYTHONPATH", "")]
    if not package_home.endswith(("site-packages", "dist-packages")):
        paths.append(package_home)  # a checkout that is not installed
    settings = {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TZ": "UTC",
        "MPLCONFIGDIR": str(_font_cache(private / "matplotlib")),
        "IPYTHONDIR": str(private / "ipython"),
        "JUPYTER_CONFIG_DIR": str(private / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(private / "runtime"),
        FOLDER_VARIABLE: str(results),
    }
    threads = {f"{name}_NUM_THREADS": "1" for name in _THREADS}
    return kept | settings | threads


def _font_cache(target: Path) -> Path:
    """Give the kernel a private Matplotlib folder, with the list of fonts if one was made.

    A style file in the reader's own folder must not alter the figures, and finding all fonts
    anew takes seconds on some machines.
    """
    target.mkdir()
    homes = [os.environ.get("MPLCONFIGDIR"), os.environ.get("XDG_CACHE_HOME")]
    with suppress(RuntimeError):
        homes.append(str(Path.home() / ".cache"))
    for home in filter(None, homes):
        for found in [
            *Path(home).glob("fontlist-*"),
            *Path(home).glob("matplotlib/fontlist-*"),
        ]:
            with suppress(OSError):
                shutil.copy(found, target / found.name)
    return target
