"""A Dask cluster serves by its joblib backend and changes nothing."""

from __future__ import annotations

import threading

import joblib
import pytest

from jdm_stats.replicates.runs import run_replicates
from tests.replicates.tasks import awkward_numbers

distributed = pytest.importorskip(
    "distributed", reason="distributed, of the test extras, is not installed"
)


def where_it_ran(replicate, rng):
    return {"thread": threading.current_thread().name}


def test_a_local_dask_cluster_gives_the_same_rows(tmp_path):
    path = tmp_path / "run.jsonl"
    alone = run_replicates(awkward_numbers, 10, rng=1)
    cluster = distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
    )
    with cluster, distributed.Client(cluster), joblib.parallel_config(backend="dask"):
        spread = run_replicates(awkward_numbers, 10, rng=1, path=path)
        places = run_replicates(where_it_ran, 3, rng=1).rows["thread"]
    assert spread == alone
    assert run_replicates(awkward_numbers, 10, rng=1, path=path).resumed == 10
    assert places.str.contains("Dask").all()
