"""Large cohorts: slices of one cohort, tables right by construction, files whole or not."""

from __future__ import annotations

import gc
import json
import pickle
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from jdm_stats.cohort import staging
from jdm_stats.cohort.cohort import Cohort
from jdm_stats.cohort.files import check_cohort, read_cohort, write_cohort
from jdm_stats.errors import CohortError, UsageError
from jdm_stats.schema import MEASURES, TABLES
from jdm_stats.simulation import folders
from jdm_stats.simulation.course import children
from jdm_stats.simulation.course.lives import draw_lives
from jdm_stats.simulation.course.readings import MEASURES as READ
from jdm_stats.simulation.course.readings import Readings
from jdm_stats.simulation.folders import write_simulated
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.simulate import simulate_chunks, simulate_cohort
from jdm_stats.simulation.tables import frames, slices
from jdm_stats.simulation.tables.frames import typed_tables
from jdm_stats.simulation.tables.rows import life_rows, patient_ids

N, SEED = 300, 11
CALL = {"rng": SEED, "n_index_pattern": 2}
# Many perforations and deaths, some before referral; everyone followed for a year.
BUSY = Scenario(
    h0_mass=0.5,
    deaths_per_1000_years=300.0,
    delayed_entry_share=0.6,
    follow_up_days=365,
)


@pytest.fixture(scope="module")
def cohort() -> Cohort:
    return simulate_cohort(N, **CALL)


@pytest.fixture(scope="module")
def busy() -> Cohort:
    return simulate_cohort(N, scenario=BUSY, **CALL)


def listing(place: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(place.iterdir())}


@pytest.mark.parametrize("which", ["cohort", "busy"])
def test_tables_are_those_of_the_checked_road(which: str, request) -> None:
    """Same types, values and order as when every cell is read and checked."""
    given: Cohort = request.getfixturevalue(which)
    told = [fault for fault in check_cohort(given) if fault.severity == "error"]
    assert told == []
    loose = {name: getattr(given, name).astype(object) for name in TABLES}
    checked = Cohort(**loose, metadata=given.metadata)
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(given, name), getattr(checked, name))
    assert checked == given
    assert len(given.events) > (200 if which == "busy" else 50)


@pytest.mark.parametrize("which", ["cohort", "busy"])
def test_rows_stand_in_order(which: str, request) -> None:
    given: Cohort = request.getfixturevalue(which)
    order = {
        "patients": ["patient_id"],
        "courses": ["patient_id", "start_day", "drug"],
        "assessments": ["patient_id", "day", "measure"],
    }
    for name, columns in order.items():
        table = getattr(given, name)
        in_order = table.sort_values(columns, kind="stable", ignore_index=True)
        pd.testing.assert_frame_equal(table, in_order)
    events = given.events
    rank = events["event"].map(TABLES["events"]["event"].allowed.index)
    in_order = events.assign(rank=rank).sort_values(["patient_id", "day", "rank"])
    assert in_order.index.equals(events.index)


@pytest.mark.parametrize("chunk", [1000, 97])
def test_slices_make_up_the_cohort(cohort: Cohort, chunk: int) -> None:
    parts = list(simulate_chunks(N, chunk=chunk, **CALL))
    assert [part.n_patients for part in parts][:-1] == [chunk] * (len(parts) - 1)
    for name in TABLES:
        joined = pd.concat([getattr(part, name) for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(joined, getattr(cohort, name))
    about = parts[-1].metadata
    assert about["synthetic"] and about["name"].startswith("SYNTHETIC")
    assert about["provenance"]["slice"]["last_child"] == N
    assert about["provenance"]["n_patients"] == N
    assert parts[-1].truth.seed == SEED


def test_slices_are_drawn_only_when_asked_for(monkeypatch) -> None:
    drawn = []
    monkeypatch.setattr(
        "jdm_stats.simulation.simulate.slice_tables",
        lambda cohort, first, last: drawn.append(first) or {},
    )
    parts = simulate_chunks(10**9, rng=1, chunk=5)
    assert drawn == []
    next(parts)
    assert drawn == [0]


def test_a_child_beyond_99999_has_six_digits_and_stands_after_the_others() -> None:
    ids = patient_ids(np.array([99_998, 99_999, 1_234_567]))
    assert ids.tolist() == ["SYN-99999", "SYN-100000", "SYN-1234568"]
    whole = slices.Slices(Scenario(follow_up_days=365), 1, 100_001, 0)
    tables = slices.slice_tables(whole, 99_997, 100_001)
    assert tables["patients"]["patient_id"].tolist() == [
        *("SYN-99998", "SYN-99999", "SYN-100000", "SYN-100001")
    ]
    owners = tables["courses"]["patient_id"]
    assert owners.drop_duplicates().tolist()[-1] == "SYN-100001"


def test_no_children_still_have_typed_tables() -> None:
    for name, table in typed_tables([], 0, 0).items():
        assert table.columns.tolist() == list(TABLES[name].names) and table.empty


@pytest.mark.parametrize("n_index_pattern", [0, 3])
def test_an_impossible_child_is_refused_with_its_fault(
    n_index_pattern: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No scenario asks for one; so a growth curve a hundred times too steep does."""
    heavy = tuple(100.0 * weight for weight in children._WEIGHTS)
    monkeypatch.setattr(children, "_WEIGHTS", heavy)
    with pytest.raises(CohortError) as told:
        simulate_cohort(30, rng=1, n_index_pattern=n_index_pattern)
    faults = {(fault.table, fault.rule) for fault in told.value.faults}
    assert ("assessments", "out_of_range") in faults
    assert {fault.column for fault in told.value.faults} <= {"weight_kg", "value"}


def test_readings_of_crossing_visits_are_put_in_order() -> None:
    """Two children, three visits; the second child's second visit comes last."""
    lives = draw_lives(1, np.arange(2), Scenario())[0]
    day = np.array([[0, 0], [90, 120], [180, 110]])
    value = {name: np.full((3, 2), np.nan) for name in READ}
    value["mmt8"] = np.array([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    value["cmas"][:, 1] = [7.0, 8.0, 9.0]
    crossing = replace(
        lives, readings=Readings(day, value), exit=np.array([1000, 1000])
    )
    rows = life_rows(crossing)["assessments"]
    measure = np.array(list(MEASURES))[rows["measure"]]
    told = zip(rows["child"], rows["day"], measure, rows["value"], strict=True)
    assert list(told) == [
        *[(0, 0, "mmt8", 1.0), (0, 90, "mmt8", 2.0), (0, 180, "mmt8", 3.0)],
        *[(1, 0, "cmas", 7.0), (1, 0, "mmt8", 4.0)],
        *[(1, 110, "cmas", 9.0), (1, 110, "mmt8", 6.0)],
        *[(1, 120, "cmas", 8.0), (1, 120, "mmt8", 5.0)],
    ]


def test_doubt_is_cast_on_each_kind_of_fault(cohort: Cohort) -> None:
    tables = {name: getattr(cohort, name) for name in TABLES}
    assert not frames.in_doubt(tables)
    spoilt = [
        ("patients", "exit_day", -5),
        ("patients", "antibody", "NPX2"),
        ("patients", "weight_kg", 900.0),
        ("courses", "stop_day", -1),
        ("courses", "dose_mg", 500.0),
        ("courses", "drug", "dexamethasone"),
        ("assessments", "value", 1e9),
        ("assessments", "measure", "smell"),
        ("events", "event", "birth"),
    ]
    for name, column, value in spoilt:
        table = tables[name].copy()
        table.loc[3, column] = value
        assert frames.in_doubt({**tables, name: table}), (name, column)
    twice = tables["assessments"]
    twice = pd.concat([twice.iloc[:2], twice.iloc[1:]], ignore_index=True)
    assert frames.in_doubt({**tables, "assessments": twice})


@pytest.mark.parametrize(
    ("chunk", "n_jobs", "workers"),
    [
        (1000, 1, "sequential"),
        (97, 1, "sequential"),
        (70, 2, "threading"),
        pytest.param(70, 2, "loky", marks=pytest.mark.slow),  # processes start slowly
    ],
)
def test_files_are_those_of_write_cohort(
    cohort: Cohort, tmp_path: Path, chunk: int, n_jobs: int, workers: str
) -> None:
    expected = listing(write_cohort(cohort, tmp_path / "at_once"))
    target = tmp_path / "in_slices"
    with joblib.parallel_config(backend=workers):
        written = write_simulated(N, target, chunk=chunk, n_jobs=n_jobs, **CALL)
    assert listing(target) == expected
    assert written.rows == {name: len(getattr(cohort, name)) for name in TABLES}
    assert written.person_years == pytest.approx(cohort.person_years)
    perforated = cohort.events[cohort.events["event"] == "gi_perforation"]
    assert written.perforations == len(perforated)
    assert written.perforated == perforated["patient_id"].nunique()
    assert "SYNTHETIC" in repr(written) and "SYNTHETIC" in written._repr_html_()


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_what_another_process_is_given_and_returns_can_be_sent(format: str) -> None:
    call = (slices.Slices(BUSY, 5, 40, 1), (20, 40), format, True)
    pieces, count = folders._drawn(*pickle.loads(pickle.dumps(call)))
    sent, counted = pickle.loads(pickle.dumps((pieces, count)))
    assert sent == pieces and counted == count
    assert set(sent) == {*TABLES, "truth"} and count["patients"] == 20


def test_parquet_reads_back_as_simulated(busy: Cohort, tmp_path: Path) -> None:
    written = write_simulated(
        N, tmp_path / "busy", scenario=BUSY, format="parquet", chunk=128, **CALL
    )
    assert read_cohort(written) == busy


def test_the_truth_is_written_beside_the_tables_and_never_read(
    busy: Cohort, tmp_path: Path
) -> None:
    target = tmp_path / "busy"
    call = {"scenario": BUSY, "with_truth": True, **CALL}
    written = write_simulated(N, target, chunk=128, **call)
    assert {"truth.csv", "truth.json"} < set(written.files)
    assert read_cohort(target) == busy
    truth = pd.read_csv(target / "truth.csv", keep_default_na=False, na_values=[""])
    assert (truth["kind"] == "SYNTHETIC").all()
    assert truth["patient_id"].tolist() == busy.patients["patient_id"].tolist()
    told = json.loads((target / "truth.json").read_text(encoding="utf-8"))
    assert told["what"].startswith("SYNTHETIC") and told["seed"] == SEED
    assert told["scenario"] == BUSY.values()
    assert set(told["columns"]) == set(truth.columns)
    assert told["effects"]["log_hazard_ratios"]["pulse"] > 0
    with joblib.parallel_config(backend="threading"):
        other = write_simulated(
            N, tmp_path / "other", chunk=50, format="parquet", n_jobs=2, **call
        )
    again = pd.read_parquet(other.folder / "truth.parquet")
    again["antibody"] = again["antibody"].fillna(np.nan)
    pd.testing.assert_frame_equal(again, truth, check_dtype=False)


def test_the_truth_of_a_child_agrees_with_what_happened(tmp_path: Path) -> None:
    """Masked antibodies are the true ones; hazards sum to the perforations to expect."""
    target = tmp_path / "busy"
    n = 1500
    write_simulated(n, target, scenario=BUSY, rng=5, n_index_pattern=3, with_truth=True)
    truth = pd.read_csv(target / "truth.csv", keep_default_na=False, na_values=[""])
    cohort = read_cohort(target)
    patients, events = cohort.patients, cohort.events
    drawn = truth["drawn"].to_numpy(dtype=bool)
    assert drawn.tolist() == (patients["pattern"] == "background").tolist()
    assert truth.loc[~drawn, "probability_by_exit"].isna().all()
    tested = drawn & (patients["antibody"] != "untested").to_numpy(dtype=bool)
    known = patients.loc[tested, "antibody"]
    assert (truth.loc[tested, "antibody"] == known).all()
    assert (truth.loc[drawn & ~tested, "antibody"] != "untested").all()
    hazard, risk = (
        truth["cumulative_hazard"][drawn],
        truth["probability_by_exit"][drawn],
    )
    own = 1 - np.exp(-hazard)
    assert (
        risk >= own - 1e-8
    ).all()  # what stopped at a perforation would have gone on
    perforated = events.loc[events["event"] == "gi_perforation", "patient_id"]
    happened = patients["patient_id"].isin(perforated).to_numpy()[drawn]
    assert np.allclose(risk[~happened], own[~happened], atol=1e-8)
    # Of those who reached the registry; a martingale within three standard deviations.
    assert abs(happened.sum() - hazard.sum()) < 3 * np.sqrt(hazard.sum())


def test_the_hazards_are_those_the_cohort_draws_again(
    busy: Cohort, tmp_path: Path
) -> None:
    target = write_simulated(N, tmp_path / "b", scenario=BUSY, with_truth=True, **CALL)
    truth = pd.read_csv(target.folder / "truth.csv").set_index("patient_id")
    daily = busy.truth.hazards(followed=False)
    exit_day = busy.patients.set_index("patient_id")["exit_day"]
    until_exit = daily[(daily["day"] < daily["patient_id"].map(exit_day)).to_numpy()]
    summed = until_exit.groupby("patient_id")["hazard"].sum()
    assert len(summed) == N - 2
    known = truth.loc[summed.index, "cumulative_hazard"]
    np.testing.assert_allclose(known, summed, atol=2e-9)


def test_old_truth_goes_with_its_cohort_and_other_files_stay(tmp_path: Path) -> None:
    target = tmp_path / "cohort"
    write_simulated(20, target, rng=1, with_truth=True)
    (target / "README").write_text("mine")
    with pytest.raises(UsageError, match="overwrite=True"):
        write_simulated(20, target, rng=2)
    write_simulated(20, target, rng=2, overwrite=True)
    assert {"truth.csv", "truth.json"}.isdisjoint(listing(target))
    assert listing(target)["README"] == b"mine"
    (target / "truth.csv").write_text("a table of my own")
    with pytest.raises(UsageError, match="not written by this package"):
        write_simulated(20, target, rng=3, overwrite=True, with_truth=True)
    write_simulated(20, target, rng=3, overwrite=True)
    assert listing(target)["truth.csv"] == b"a table of my own"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError])
def test_an_interrupt_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch, stop: type[BaseException]
) -> None:
    target = tmp_path / "cohort"
    write_simulated(40, target, rng=1)
    before = listing(target)
    drawn = folders._drawn

    def stopped(whole, ends, *more):
        if ends[0] > 0:
            raise stop
        return drawn(whole, ends, *more)

    monkeypatch.setattr(folders, "_drawn", stopped)
    for place in (target, tmp_path / "new"):
        with pytest.raises(stop):
            write_simulated(40, place, rng=2, chunk=20, overwrite=True)
    assert listing(target) == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["cohort"]


def test_workers_are_called_off_without_a_word(tmp_path: Path) -> None:
    def watch(drawn, total):
        yield next(drawn)
        raise KeyboardInterrupt

    with (
        joblib.parallel_config(backend="threading"),
        pytest.raises(KeyboardInterrupt),
    ):
        write_simulated(60, tmp_path / "cohort", rng=1, chunk=10, n_jobs=2, watch=watch)
    gc.collect()  # a warning told too late would be told here
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_a_call_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError) as told:
        write_simulated(0, tmp_path / "file", rng=1, chunk=0, format="xls", n_jobs=0)
    for name in ("n_patients", "chunk", "format", "is a file", "n_jobs"):
        assert name in str(told.value)
    with pytest.raises(UsageError, match="chunk"):
        simulate_chunks(10, chunk=2.5)


def test_slices_are_watched_as_they_come(tmp_path: Path) -> None:
    seen = []

    def watch(pieces, total):
        for piece in pieces:
            seen.append(total)
            yield piece

    write_simulated(50, tmp_path / "cohort", rng=1, chunk=20, watch=watch)
    assert seen == [3, 3, 3]
    assert staging.TRUTH not in listing(tmp_path / "cohort")
