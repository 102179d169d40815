"""Speed of the inference engine: CPU seconds of one thread, as ratios to R and Python peers.

Run ``python benchmarks/engine.py`` (add ``--quick`` to leave out the large table, ``--huge``
for ten times it). R is asked when Rscript with survival is there; a round times ours and the peer
one after the other on the same file, so that only its ratio counts. Prints a table;
nothing passes or fails.
"""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parents[1]),
]

import engine_data

from jdm_stats.models.array_door import fit_arrays
from jdm_stats.models.cox import fit_cox
from jdm_stats.models.many import fit_many

warnings.simplefilter("ignore")
ROUNDS = 5
# Recorded with coxphf 1.13.4 on another machine (it is not in Debian): seconds.
COXPHF = {
    ("five", "Firth"): None,
    ("five", "Firth, all limits"): 0.176,
    ("medium", "Firth"): 5.1,
    ("medium", "Firth, all limits"): 104.0,
}
R_FITS = """
suppressMessages(library(survival)); a <- commandArgs(TRUE)
d <- read.csv(a[1]); f <- as.formula(a[2]); n <- as.integer(a[3])
fit <- function() suppressWarnings(coxph(f, d))
invisible(fit()); s <- proc.time(); for (i in seq_len(n)) fit(); e <- proc.time() - s
cat((e[[1]] + e[[2]]) / n)
"""
R_MANY = """
suppressMessages(library(survival)); a <- commandArgs(TRUE)
d <- split(read.csv(a[1]), read.csv(a[1])$fit)
fit <- function(x) coxph(Surv(start, stop, event) ~ a + b + c + d, x)
invisible(fit(d[[1]])); s <- proc.time(); for (x in d) fit(x); e <- proc.time() - s
cat(e[[1]] + e[[2]])
"""


def cpu(work: Callable[[], object], repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - began) / repeats


def r_seconds(script: str, *arguments: str) -> float:
    if shutil.which("Rscript") is None:
        return np.nan
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        ["Rscript", "-e", script, *arguments],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    return float(done.stdout) if done.returncode == 0 else np.nan


def row(name: str, ours: list[float], peer: list[float], whose: str) -> None:
    ratios = np.array(peer) / np.array(ours)
    line = f"{name:58s} {np.median(ours) * 1e3:10.2f} ms"
    if np.isfinite(ratios).any():
        line += (
            f"   {whose} {np.nanmedian(peer) * 1e3:10.2f} ms   "
            f"{np.nanmedian(ratios):8.1f} ({np.nanmin(ratios):.1f} to {np.nanmax(ratios):.1f})"
        )
    print(line, flush=True)


def compare(
    ours: dict[str, tuple[Callable[[], object], int]],
    peer: Callable[[], float],
    whose: str,
    rounds: int = ROUNDS,
) -> None:
    """Time every one of ours, then the peer, round after round."""
    mine: dict[str, list[float]] = {name: [] for name in ours}
    theirs = []
    for work, _ in ours.values():
        work()
    for _ in range(rounds):
        for name, (work, repeats) in ours.items():
            mine[name].append(cpu(work, repeats))
        theirs.append(peer())
    for name, seconds in mine.items():
        row(name, seconds, theirs, whose)


def arrays(frame: pd.DataFrame, terms: list[str]) -> tuple[np.ndarray, ...]:
    return (
        np.ascontiguousarray(frame[terms].to_numpy(float)),
        frame["event"].to_numpy(),
        frame["start"].to_numpy(float),
        frame["stop"].to_numpy(float),
    )


def table(
    key: str,
    frame: pd.DataFrame,
    terms: list[str],
    folder: Path,
    repeats: int,
    rounds: int = ROUNDS,
) -> None:
    """Plain fits of one table against coxph, Firth against the recorded coxphf."""
    path = folder / f"{key}.csv"
    frame.to_csv(path, index=False)
    formula, given = " + ".join(terms), arrays(frame, terms)
    left = "Surv(start,stop,event) ~ "
    plain = {
        f"{key}: arrays, gate on, engine={engine}": (
            lambda engine=engine: fit_arrays(*given, engine=engine),
            repeats,
        )
        for engine in ("auto", "compiled")
    }
    for engine in ("auto", "compiled"):
        plain[f"{key}: fit_cox(formula), Wald limits, engine={engine}"] = (
            lambda engine=engine: fit_cox(
                frame, formula, interval="wald", engine=engine
            ),
            repeats,
        )
    compare(
        plain,
        lambda: r_seconds(R_FITS, str(path), left + formula, str(repeats)),
        "coxph",
        rounds,
    )
    firth = {"Firth": {}, "Firth, all limits": {"interval": "profile"}}
    for label, options in firth.items():
        recorded = COXPHF.get((key, label)) or np.nan
        if key == "large" and "limits" in label:
            continue
        work = (
            lambda options=options: fit_arrays(
                *given, engine="compiled", penalty="firth", **options
            ),
            max(1, repeats // 4),
        )
        compare(
            {f"{key}: {label}, engine=compiled": work},
            lambda recorded=recorded: recorded,
            "coxphf (recorded)",
            rounds,
        )


def many(folder: Path) -> None:
    frame = pd.concat(
        [f.assign(fit=k) for k, f in enumerate(engine_data.small_many())],
        ignore_index=True,
    )
    path = folder / "many.csv"
    frame.to_csv(path, index=False)
    given, by = arrays(frame, list("abcd")), frame["fit"].to_numpy()
    compare(
        {
            "1,000 fits of n = 300: fit_many": (
                lambda: fit_many(*given, by=by, engine="compiled"),
                3,
            )
        },
        lambda: r_seconds(R_MANY, str(path)),
        "coxph in a loop",
    )


def firthmodels(repeats: int = 5) -> None:
    """Right-censored Firth Cox: the one thing firthmodels fits as we do."""
    try:
        from firthmodels import FirthCoxPH
    except ImportError:
        print("firthmodels is not installed")
        return
    for n, events in ((300, 20), (5_000, 200)):
        frame = engine_data.cohort(n, 1, events, covariates=5, seed=6).assign(start=0)
        x, event, start, stop = arrays(frame, [f"x{j}" for j in range(5)])
        outcome = np.zeros(n, dtype=[("event", bool), ("time", float)])
        outcome["event"], outcome["time"] = event, stop
        for backend in ("numba",):
            theirs = FirthCoxPH(backend=backend)

            def fit(theirs=theirs, outcome=outcome, x=x) -> object:
                return theirs.fit(x, outcome)

            try:
                fit()
            except Exception as error:  # a peer's own trouble is told, not hidden
                print(f"firthmodels ({backend}): {error}")
                continue
            compare(
                {
                    f"right-censored Firth Cox, n = {n}, {events} events": (
                        lambda x=x, event=event, start=start, stop=stop: fit_arrays(
                            *(x, event, start, stop),
                            penalty="firth",
                            ties="breslow",
                            engine="compiled",
                        ),
                        repeats,
                    )
                },
                lambda fit=fit: cpu(fit, repeats),
                f"firthmodels ({backend})",
            )


def bandwidth() -> None:
    """Bytes a second that one thread reads and writes here."""
    block = np.ones(20_000_000)
    target = np.empty_like(block)
    best = min(cpu(lambda: np.copyto(target, block), 3) for _ in range(3))
    print(
        f"copying 160 MB: {best * 1e3:.0f} ms, {2 * block.nbytes / best / 1e9:.1f} GB/s"
    )


def memory() -> None:
    """Peak memory of a fit above its input, in units of the design matrix."""
    code = (
        "import sys, resource, numpy as np; sys.path[:0] = sys.argv[1:3]\n"
        "import engine_data; from jdm_stats.models.array_door import fit_arrays\n"
        "small = engine_data.cohort(200, 5, 40)\n"
        "t = [f'x{j}' for j in range(10)]\n"
        "g = lambda f: (np.ascontiguousarray(f[t].to_numpy(float)), f['event'].to_numpy(),"
        " f['start'].to_numpy(float), f['stop'].to_numpy(float))\n"
        "fit_arrays(*g(small), engine='compiled')\n"
        "given = g(engine_data.large())\n"
        "import gc; gc.collect()\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024\n"
        "now = int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize()\n"
        "pad = np.ones(max(0, (peak() - now) // 8)) if peak() > now else None\n"
        "before = int(open('/proc/self/statm').read().split()[1]) * resource.getpagesize()\n"
        "fit_arrays(*given, engine='compiled')\n"
        "print((peak() - before) / given[0].nbytes)\n"
    )
    places = [
        str(Path(__file__).resolve().parent),
        str(Path(__file__).resolve().parents[1]),
    ]
    done = subprocess.run(
        [sys.executable, "-c", code, *places],
        capture_output=True,
        text=True,
        check=False,
    )
    print(
        "memory above input, in design matrices:",
        done.stdout.strip() or done.stderr[-300:],
    )


def linear() -> None:
    """Ours alone, from 100,000 rows to ten times the large table."""
    for subjects in (10_000, 100_000, 1_000_000):
        frame = engine_data.cohort(subjects, 10, 4_000, seed=3)
        seconds = best_of_three(arrays(frame, [f"x{j}" for j in range(10)]))
        each = seconds / len(frame) * 1e9
        print(f"{len(frame):>10,} rows: {seconds:7.3f} s, {each:.0f} ns a row")


def best_of_three(given: tuple[np.ndarray, ...]) -> float:
    fit_arrays(*given, engine="compiled")
    return min(cpu(lambda: fit_arrays(*given, engine="compiled"), 1) for _ in range(3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--huge", action="store_true")
    chosen = parser.parse_args()
    bandwidth()
    print("medians of", ROUNDS, "rounds; ratio = peer / ours (lowest to highest)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        five = ["nxp2", "tif1g", "mda5", "dose_mg_kg"]
        table("five", engine_data.five_events(), five, folder, 50)
        table("medium", engine_data.medium(), [f"x{j}" for j in range(6)], folder, 10)
        many(folder)
        firthmodels()
        if not chosen.quick:
            table(
                "large", engine_data.large(), [f"x{j}" for j in range(10)], folder, 1, 3
            )
            memory()
    if chosen.huge:
        linear()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"peak memory of this run: {peak:.1f} GB")


if __name__ == "__main__":
    main()
