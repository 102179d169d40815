"""Speed and memory of simulating large cohorts: children, courses, events, assessments.

Run with ``python benchmarks/simulate.py [CHILDREN ...]``; 10,000 and 100,000 by default,
1,000,000 takes some minutes and a few gigabytes of disk. Prints a table; nothing passes or
fails. Each line is an interpreter of its own, told to use one core, so that its memory is
its own: processor seconds of the call, imports left out, and the peak of the whole process,
imports among it. Where the work is linear, seconds per 1,000 children do not change; where it
is done slice by slice, the peak does not either.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

CHILDREN = (10_000, 100_000)
# A cohort in memory beyond this many children would be the machine's limit, not ours.
MOST_IN_MEMORY = 200_000
ONE_CORE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

MEASURED = """
import resource, sys, time
from jdm_stats.simulation.folders import write_simulated
from jdm_stats.simulation.simulate import simulate_chunks, simulate_cohort
children, folder = int(sys.argv[1]), sys.argv[2] + "/cohort"
began = time.process_time()
{work}
took = time.process_time() - began
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
WORKS = {
    "simulate_cohort, in memory": "simulate_cohort(children)",
    "simulate_chunks, one by one": "for part in simulate_chunks(children): pass",
    "write_simulated, CSV": "write_simulated(children, folder)",
    "write_simulated, Parquet": "write_simulated(children, folder, format='parquet')",
    "write_simulated, CSV with truth": "write_simulated(children, folder, "
    "with_truth=True)",
}


def measured(work: str, children: int) -> tuple[float, float, float]:
    """Return processor seconds, peak memory in MiB and MiB written of one call."""
    code = MEASURED.format(work=work)
    alone = os.environ | dict.fromkeys(ONE_CORE, "1")
    with tempfile.TemporaryDirectory() as folder:
        printed = subprocess.check_output(
            [sys.executable, "-c", code, str(children), folder], env=alone, text=True
        )
        written = sum(
            os.path.getsize(os.path.join(place, name))
            for place, _, names in os.walk(folder)
            for name in names
        )
    seconds, peak = map(float, printed.split())
    return seconds, peak, written / 2**20


def main() -> None:
    """Time each road for each number of children and print the table."""
    sizes = [int(size) for size in sys.argv[1:]] or list(CHILDREN)
    heading = ("children", "CPU s", "s per 1,000", "peak MiB", "written MiB")
    print(" " * 34 + "".join(f"{word:>13}" for word in heading))
    for name, work in WORKS.items():
        for children in sizes:
            if "memory" in name and children > MOST_IN_MEMORY:
                continue
            seconds, peak, written = measured(work, children)
            print(
                f"  {name:<32}{children:13,}{seconds:13.1f}"
                f"{1000 * seconds / children:13.3f}{peak:13,.0f}{written:13,.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
