"""Fine-Gray without expanded rows against R's finegray + coxph: processor time and agreement.

Run with ``python benchmarks/fine_gray.py``; R's side needs ``Rscript`` and its survival
package, and is left out without them. Processor seconds of one process each, data already in
memory: only the ratios travel.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.models.fine_gray import fit_fine_gray

SIZES = (500, 2_000, 10_000)
FORMULA = "nxp2 + age + dose"
R_SIDE = """
suppressMessages(library(survival))
d <- read.csv("{file}")
d$state <- factor(d$event, 0:2)
cpu <- function(expr) {{ t <- proc.time(); force(expr); sum((proc.time() - t)[1:2]) }}
expand <- cpu(long <- finegray(Surv(start, stop, state) ~ nxp2 + age + dose + patient_id, d,
                               id = patient_id))
fit_time <- cpu(fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ nxp2 + age + dose, long,
                             weights = fgwt, ties = "breslow", cluster = patient_id))
cat(sprintf('{{"seconds": %f, "rows": %d, "coef": [%.12f, %.12f, %.12f], "se": %.12f}}',
            expand + fit_time, nrow(long), coef(fit)[1], coef(fit)[2], coef(fit)[3],
            sqrt(fit$var[1, 1])))
"""


def children(n: int, seed: int, *, late: bool) -> pd.DataFrame:
    """Children followed by the day; about 8% events, 30% competing, the rest censored."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "patient_id": np.arange(n),
            "nxp2": rng.integers(0, 2, n),
            "age": rng.normal(size=n).round(3),
            "dose": rng.exponential(1, n).round(3),
        }
    )
    risk = 0.08 * np.exp(0.8 * frame["nxp2"] + 0.2 * frame["age"])
    event = np.where(rng.random(n) < risk, 1, np.where(rng.random(n) < 0.3, 2, 0))
    frame["start"] = rng.integers(0, 800, n) * (rng.random(n) < 0.5) if late else 0
    frame["stop"] = frame["start"] + 1 + rng.exponential(900, n).astype(int)
    return frame.assign(event=event)


def processor_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Shortest processor time of several calls."""
    seconds = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def by_r(frame: pd.DataFrame) -> dict | None:
    """Fit in R, or None where R is not at hand."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "children.csv")
        frame.to_csv(file, index=False)
        script = R_SIDE.format(file=file.as_posix())
        said = subprocess.run(
            ["Rscript", "-e", script], capture_output=True, text=True, check=True
        )
    return json.loads(said.stdout)


def main() -> None:
    fit_fine_gray(children(200, 0, late=True), FORMULA)  # first-call costs
    print(
        f"{'children':>8} {'entry':>6} {'events':>6} {'ours, s':>8} {'R, s':>8} "
        f"{'ratio':>6} {'R rows':>10} {'apart':>8}"
    )
    for n in SIZES:
        for late in (False, True):
            frame = children(n, 20250301 + n, late=late)
            fit = fit_fine_gray(frame, FORMULA)
            ours = processor_seconds(lambda f=frame: fit_fine_gray(f, FORMULA))
            line = (
                f"{n:>8} {'late' if late else 'same':>6} {fit.n_events:>6} {ours:>8.3f}"
            )
            theirs = by_r(frame)
            if theirs is not None:
                apart = np.abs(fit.summary["coef"] - theirs["coef"]).max()
                se = np.sqrt(fit.robust_covariance(leverage=False).iloc[0, 0])
                apart = max(apart, abs(se - theirs["se"]))
                line += (
                    f" {theirs['seconds']:>8.2f} {theirs['seconds'] / ours:>6.0f} "
                    f"{theirs['rows']:>10} {apart:>8.0e}"
                )
            print(line, flush=True)


if __name__ == "__main__":
    main()
