"""Many seeded runs: the same answer however they are cut, spread or interrupted."""

from __future__ import annotations

import io
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import threadpoolctl

from jdm_stats.errors import UsageError
from jdm_stats.replicates import runs
from jdm_stats.replicates.runs import replicate_rng, run_replicates
from tests.replicates.tasks import awkward_numbers, every_fifth_fails

ROOT = Path(__file__).resolve().parents[2]


def test_by_hand_each_replicate_draws_from_its_own_keyed_stream():
    run = run_replicates(lambda k, rng: {"u": rng.random()}, 3, rng=9)
    by_hand = [
        np.random.Generator(
            np.random.PCG64(np.random.SeedSequence(9, spawn_key=(k,)))
        ).random()
        for k in range(3)
    ]
    assert run.rows["u"].tolist() == by_hand
    assert run.rows["replicate"].tolist() == [0, 1, 2]
    assert len(set(by_hand)) == 3


def test_a_longer_key_is_another_stream():
    draws = [replicate_rng(9, *key).random() for key in [(0,), (1,), (0, 1), (0, 0)]]
    assert len(set(draws)) == 4


def test_a_generator_gives_the_seed():
    first = run_replicates(awkward_numbers, 2, rng=np.random.default_rng(3))
    again = run_replicates(awkward_numbers, 2, rng=np.random.default_rng(3))
    assert first == again
    assert run_replicates(awkward_numbers, 2, rng=first.seed) == first


def test_replicates_are_the_same_in_a_longer_run():
    short = run_replicates(awkward_numbers, 4, rng=1)
    long = run_replicates(awkward_numbers, 9, rng=1)
    assert long.rows[long.rows["replicate"] < 4].equals(short.rows)


def test_workers_and_backends_change_nothing():
    alone = run_replicates(awkward_numbers, 12, rng=1)
    assert run_replicates(awkward_numbers, 12, rng=1, n_jobs=2) == alone
    with joblib.parallel_config(backend="threading", n_jobs=3):
        assert run_replicates(awkward_numbers, 12, rng=1) == alone


def test_the_callers_backend_is_used():
    seen = []

    def where(replicate, rng):
        import threading

        seen.append(threading.current_thread() is threading.main_thread())
        return {"k": replicate}

    with joblib.parallel_config(backend="threading", n_jobs=2):
        run_replicates(where, 4, rng=1)
    assert seen == [False] * 4


def test_a_file_changes_nothing(tmp_path):
    plain = run_replicates(awkward_numbers, 5, rng=1)
    path = tmp_path / "deep" / "run.jsonl"
    assert run_replicates(awkward_numbers, 5, rng=1, path=path) == plain
    read = run_replicates(awkward_numbers, 5, rng=1, path=path)
    assert read == plain
    assert (plain.resumed, read.resumed) == (0, 5)


def test_a_run_is_made_longer_and_read_shorter(tmp_path):
    path = tmp_path / "run.jsonl"
    run_replicates(awkward_numbers, 3, rng=1, path=path)
    longer = run_replicates(awkward_numbers, 6, rng=1, path=path, n_jobs=2)
    assert longer == run_replicates(awkward_numbers, 6, rng=1)
    assert longer.resumed == 3
    shorter = run_replicates(awkward_numbers, 2, rng=1, path=path)
    assert shorter == run_replicates(awkward_numbers, 2, rng=1)


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_run_killed_outright_is_taken_up_where_it_stood(tmp_path, workers):
    path = tmp_path / "run.jsonl"
    command = [sys.executable, "-m", "tests.replicates.tasks", path, str(workers)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not path.exists() or path.read_bytes().count(b"\n") < 20:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = path.read_bytes().count(b"\n") - 1
    with open(path, "ab") as file:  # as if the kill had come within a line
        file.write(b'{"replicate": 399, "rows": [{"model": "a", "esti')
    resumed = run_replicates(awkward_numbers, 400, rng=11, path=path)
    assert 19 <= resumed.resumed == there < 400
    assert resumed == run_replicates(awkward_numbers, 400, rng=11)


def test_an_interrupt_leaves_a_file_to_go_on_from(tmp_path):
    path = tmp_path / "run.jsonl"

    def stopped_by_hand(replicate, rng):
        if replicate == 3:
            raise KeyboardInterrupt
        return awkward_numbers(replicate, rng)

    with pytest.raises(KeyboardInterrupt):
        run_replicates(stopped_by_hand, 6, rng=1, path=path)
    rest = run_replicates(awkward_numbers, 6, rng=1, path=path)
    assert rest.resumed == 3
    assert rest == run_replicates(awkward_numbers, 6, rng=1)


def test_an_error_is_kept_counted_and_shown(tmp_path):
    path = tmp_path / "run.jsonl"
    run = run_replicates(every_fifth_fails, 12, rng=1, path=path)
    assert run.errors["replicate"].tolist() == [0, 5, 10]
    assert run.errors["error"][1] == "ValueError: no luck in 5"
    assert run.rows["replicate"].tolist() == [1, 2, 3, 4, 6, 7, 8, 9, 11]
    assert "3 raised an error, most often (1) 'ValueError: no luck in 0'" in repr(run)
    assert run_replicates(every_fifth_fails, 12, rng=1, path=path) == run


def test_nothing_but_errors_is_still_a_result():
    def never(replicate, rng):
        raise RuntimeError

    run = run_replicates(never, 2, rng=1)
    assert run.rows.empty and run.rows.columns.tolist() == ["replicate"]
    assert run.errors["error"].tolist() == ["RuntimeError", "RuntimeError"]


@pytest.mark.parametrize(
    "answer",
    [pd.DataFrame({"x": [1, 2]}), [{"x": 1}, {"x": 2}], ({"x": 1}, {"x": 2})],
    ids=["frame", "list", "tuple"],
)
def test_rows_come_in_several_shapes(answer):
    rows = run_replicates(lambda k, rng: answer, 1, rng=1).rows
    assert rows.to_dict("list") == {"replicate": [0, 0], "x": [1, 2]}


@pytest.mark.parametrize("answer", [None, 3, [1], [{"x": object()}]])
def test_what_is_no_row_is_told(answer):
    run = run_replicates(lambda k, rng: answer, 1, rng=1)
    assert "must return a list" in run.errors["error"][0] or (
        "type object cannot be kept" in run.errors["error"][0]
    )


def test_every_fault_of_a_call_is_told_at_once():
    with pytest.raises(UsageError) as caught:
        run_replicates("x", 0, rng=-1, n_jobs=0)
    for name in ("task", "replicates", "rng", "n_jobs"):
        assert f"{name} must be" in str(caught.value)


def test_a_bar_is_drawn_on_a_terminal_only(monkeypatch):
    page = io.StringIO()
    monkeypatch.setattr(sys, "stderr", page)
    run_replicates(awkward_numbers, 3, rng=1, what="draws")
    assert page.getvalue() == ""
    run_replicates(awkward_numbers, 3, rng=1, what="draws", show=True)
    assert "draws [" in page.getvalue() and "3 of 3" in page.getvalue()


def test_a_run_pickles():
    run = run_replicates(every_fifth_fails, 6, rng=1)
    assert pickle.loads(pickle.dumps(run)) == run
    assert run != run_replicates(every_fifth_fails, 6, rng=2)


def test_linear_algebra_is_held_to_one_thread_and_let_go():

    def threads(replicate, rng):
        pools = threadpoolctl.threadpool_info()
        return {"most": max(pool["num_threads"] for pool in pools)}

    with threadpoolctl.threadpool_limits(2):
        here = run_replicates(threads, 1, rng=1).rows["most"].tolist()
        pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
    assert here == [1]
    assert max(pools) == 2


def test_another_version_does_not_go_on_with_a_file(tmp_path, monkeypatch):
    path = tmp_path / "run.jsonl"
    run_replicates(awkward_numbers, 2, rng=1, path=path)
    monkeypatch.setattr(runs, "__version__", "99")
    with pytest.raises(UsageError, match=r"version: the file has '.*', this run '99'"):
        run_replicates(awkward_numbers, 2, rng=1, path=path)
