"""The file of replicates: exact numbers, torn ends, files of other runs."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.errors import UsageError
from jdm_stats.replicates.results_file import ResultsFile, plain

ABOUT = {"plan": {"lag": 7, "formula": "nxp2"}, "n": 600}


def written(path, *records, seed=7, about=ABOUT):
    with ResultsFile(path, seed, "0.1", about) as file:
        for record in records:
            file.write(record)
        return dict(file.done)


ONE = {"replicate": 0, "rows": [{"x": 0.1}]}
TWO = {"replicate": 4, "error": "ValueError: bad"}


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "run.jsonl"
    assert written(path, ONE, TWO) == {}
    assert written(path) == {0: ONE, 4: TWO}


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=5))
def test_numbers_are_read_back_exactly(numbers):
    again = plain({"x": numbers})["x"]
    for number, read in zip(numbers, again, strict=True):
        assert read == number or (math.isnan(read) and math.isnan(number))
        assert math.copysign(1, read) == math.copysign(1, number) or math.isnan(number)


def test_cut_anywhere_no_whole_line_is_lost_and_no_torn_line_is_kept(tmp_path):
    path = tmp_path / "run.jsonl"
    written(path, ONE, TWO)
    whole = path.read_bytes()
    header, first, second = (len(line) + 1 for line in whole.split(b"\n")[:-1])
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        kept = written(path)
        wanted = {0: ONE} if cut >= header + first else {}
        wanted |= {4: TWO} if cut >= header + first + second else {}
        assert kept == wanted
        assert written(path, ONE, TWO) == wanted
        assert written(path) == {0: ONE, 4: TWO}


def test_a_last_line_that_is_whole_but_no_record_is_dropped(tmp_path):
    path = tmp_path / "run.jsonl"
    written(path, ONE)
    with open(path, "ab") as file:
        file.write(b"\0\0\0\0\n")
    assert written(path, TWO) == {0: ONE}
    assert written(path) == {0: ONE, 4: TWO}


def test_a_line_broken_in_the_middle_is_refused_with_its_number(tmp_path):
    path = tmp_path / "run.jsonl"
    written(path, ONE)
    with open(path, "ab") as file:
        file.write(b"oops\n")
        file.write(b'{"replicate": 1, "rows": []}\n')
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"line 3 of run\.jsonl is broken"):
        written(path)
    assert path.read_bytes() == before


def test_a_file_of_another_run_is_refused_with_every_difference(tmp_path):
    path = tmp_path / "run.jsonl"
    written(path, ONE)
    before = path.read_bytes()
    other = {"plan": {"lag": 0, "formula": "nxp2"}, "children": 600}
    with pytest.raises(UsageError) as caught:
        written(path, TWO, seed=8, about=other)
    said = str(caught.value)
    assert "seed: the file has 7, this run 8" in said
    assert "about.plan.lag: the file has 7, this run 0" in said
    assert "about.children: the file has nothing, this run 600" in said
    assert "about.n: the file has 600, this run nothing" in said
    assert "formula" not in said
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"notes\n", b"notes", b"[1]\n", b'{"a": 1}\n{'])
def test_a_file_of_something_else_is_not_touched(tmp_path, content):
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"run\.jsonl is no file of replicates"):
        written(path)
    assert path.read_bytes() == content


def test_two_runs_do_not_write_one_file(tmp_path):
    pytest.importorskip("fcntl", reason="this system has no lock of this kind")
    path = tmp_path / "run.jsonl"
    with (
        ResultsFile(path, 7, "0.1", ABOUT),
        pytest.raises(UsageError, match="another process is writing"),
    ):
        written(path)
    assert written(path, ONE) == {}


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        written(tmp_path)
