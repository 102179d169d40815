"""Speed of splitting (start, stop] rows, as ratios to peers within one run.

Run with ``python benchmarks/split.py [rows ...]``; 100,000 rows by default. Prints a
table of processor time; nothing passes or fails. All split the same rows at the same days,
and the pieces are compared first. R times itself with ``proc.time``, reading and writing
left out; where there is no R its part is skipped, with the reason. lifelines is given as
many rows as it can finish, and the ratio is on those rows.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from lifelines.utils import add_covariate_to_timeline, to_long_format

from jdm_stats.intervals.merging import merge_values
from jdm_stats.intervals.scales import split_on_scales
from jdm_stats.intervals.split import split_rows
from jdm_stats.intervals.terms import last_value
from jdm_stats.intervals.time_scale import age_scale

CUTS = list(range(90, 1981, 90))
RUNS = 7
LIFELINES_ROWS = 1_000
LIFELINES_RUNS = 3

R_SCRIPT = """
suppressMessages(library(survival))
a <- commandArgs(TRUE)
d <- read.csv(a[1], stringsAsFactors = FALSE)
cuts <- as.numeric(strsplit(a[2], ",")[[1]])
for (k in 0:as.integer(a[3])) {  # the first is not counted
  gc(FALSE)
  t <- proc.time()
  s <- survSplit(Surv(start, stop, event) ~ ., d, cut = cuts)
  took <- proc.time() - t
  cat(took[["user.self"]] + took[["sys.self"]], nrow(s), sum(s$stop - s$start),
      sum(s$event), "\\n")
}
"""


def draw_rows(size: int, seed: int) -> pd.DataFrame:
    """Draw one row at risk per child, with the columns of a small study."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "patient_id": [f"P{number:07d}" for number in range(size)],
            "start": 0,
            "stop": rng.integers(100, 2000, size),
            "event": rng.integers(0, 10, size) // 9,
            "sex": rng.choice(["female", "male"], size),
            "antibody": rng.choice(["NXP2", "TIF1g", "none"], size),
            "age": rng.uniform(2, 16, size).round(3),
        }
    )


def cpu_seconds(work: Callable[[], object], runs: int) -> list[float]:
    """Processor time of each of several calls, after one that is not counted."""
    work()
    seconds = []
    for _ in range(runs):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return seconds


def fingerprint(pieces: pd.DataFrame) -> tuple[int, float, int]:
    """Pieces, person-time and events: equal for equal splits."""
    days = float((pieces["stop"] - pieces["start"]).sum())
    return len(pieces), days, int(pieces["event"].sum())


def survsplit_seconds(rows: pd.DataFrame, runs: int) -> list[float] | str:
    """Time R's survSplit on the same rows, or say why not."""
    if shutil.which("Rscript") is None:
        return "skipped: there is no Rscript on this machine"
    expected = fingerprint(split_rows(rows, CUTS))
    with tempfile.TemporaryDirectory() as folder:
        table, script = Path(folder) / "rows.csv", Path(folder) / "split.R"
        rows.to_csv(table, index=False)
        script.write_text(R_SCRIPT, encoding="utf-8")
        called = subprocess.run(
            ["Rscript", script, table, ",".join(map(str, CUTS)), str(runs)],
            capture_output=True,
            text=True,
        )
    if called.returncode:
        return f"skipped: R says {called.stderr.strip()}"
    told = [line.split() for line in called.stdout.splitlines()]
    for _, pieces, days, events in told:
        assert (int(pieces), float(days), int(events)) == expected
    return [float(seconds) for seconds, *_ in told[1:]]


def lifelines_split(rows: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Split rows at the days of a covariate, as lifelines does it."""
    lives = rows[["patient_id", "event"]].assign(days=rows["stop"])
    base = to_long_format(lives, "days")
    return add_covariate_to_timeline(base, values, "patient_id", "day", "event")


def show(name: str, seconds: list[float] | str, first: list[float]) -> None:
    """Print one line: fastest, median and slowest run, and the ratio of medians."""
    if isinstance(seconds, str):
        print(f"  {name:<36}{seconds}")
        return
    low, middle, high = min(seconds), median(seconds), max(seconds)
    ratio = middle / median(first)
    span = f"{low / max(first):,.1f} to {high / min(first):,.1f}"
    print(f"  {name:<36}{low:10.4f}{middle:10.4f}{high:10.4f}{ratio:10,.1f}  {span}")


def compare_with_r(size: int) -> None:
    """Print our splits and R's of this many rows."""
    rows = draw_rows(size, seed=1)
    runs = RUNS if size <= 200_000 else 3
    ours = cpu_seconds(lambda: split_rows(rows, CUTS), RUNS)
    pieces = len(split_rows(rows, CUTS))
    scales = {"days": CUTS, "band": age_scale([5, 10, 15], at_zero="age")}
    two = cpu_seconds(lambda: split_on_scales(rows, scales, whole_days=True), 3)
    print(f"\n{size:,} rows, {len(CUTS)} cuts, {pieces:,} pieces")
    heading = ("min s", "median s", "max s", "ratio")
    print(" " * 38 + "".join(f"{word:>10}" for word in heading) + "  least to most")
    show("jdm_stats split_rows", ours, ours)
    show("jdm_stats split_on_scales, with age", two, ours)
    show("R survival survSplit", survsplit_seconds(rows, runs), ours)


def compare_with_lifelines() -> None:
    """Print our split and lifelines' of the same, fewer rows."""
    rows = draw_rows(LIFELINES_ROWS, seed=2)
    values = pd.DataFrame(
        {
            "patient_id": np.repeat(rows["patient_id"].to_numpy(), len(CUTS)),
            "day": np.tile(CUTS, len(rows)),
        }
    )
    longest = dict(zip(rows["patient_id"], rows["stop"], strict=True))
    values = values[values["day"] < values["patient_id"].map(longest)]
    values = values.assign(visit=values.groupby("patient_id").cumcount() + 1)
    theirs = cpu_seconds(lambda: lifelines_split(rows, values), LIFELINES_RUNS)
    ours = cpu_seconds(lambda: split_rows(rows, CUTS), 50)
    merge = {"visit": last_value("visit")}
    merged = cpu_seconds(lambda: merge_values(rows, values, merge), 20)
    expected = fingerprint(split_rows(rows, CUTS))
    assert fingerprint(lifelines_split(rows, values)) == expected
    assert fingerprint(merge_values(rows, values, merge)) == expected
    print(f"\n{len(rows):,} rows, {expected[0]:,} pieces")
    show("jdm_stats split_rows", ours, ours)
    show("jdm_stats merge_values", merged, ours)
    show("lifelines add_covariate_to_timeline", theirs, ours)


def main() -> None:
    """Time everything and print the tables."""
    warnings.simplefilter("ignore")
    for size in map(int, sys.argv[1:] or ["100000"]):
        compare_with_r(size)
    compare_with_lifelines()


if __name__ == "__main__":
    main()
