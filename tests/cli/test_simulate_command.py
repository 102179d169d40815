"""jdm-stats simulate: worlds by preset, file and setting; every fault of a call at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jdm_stats.cli import main, simulating
from jdm_stats.cohort.files import read_cohort
from jdm_stats.simulation import folders
from jdm_stats.simulation.scenario import Scenario
from jdm_stats.simulation.scenario.presets import GROUPS, PRESETS, as_scenario
from jdm_stats.simulation.simulate import simulate_cohort


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main(["simulate", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def scenario_in(folder: Path) -> dict[str, object]:
    about = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
    return about["provenance"]["scenario"]


def test_what_was_written_is_said_and_is_the_cohort(tmp_path: Path, capsys) -> None:
    out = tmp_path / "cohort"
    call = ("--patients", "30", "--seed", "3", "--index-pattern", "2")
    code, said, _ = run(capsys, *call, "--chunk", "8", "--out", str(out))
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == (
        "SYNTHETIC tertiary cohort: 30 simulated children, none of them real"
    )
    assert "assumed: severity_hr 2.5" in lines[1] and "solved" in lines[1]
    assert "themselves assumed" in lines[1] and "published" not in lines[1]
    assert "index case: 2" in lines[2] and "30 patients" in lines[3]
    assert lines[-1] == str(out)
    assert read_cohort(out) == simulate_cohort(30, rng=3, n_index_pattern=2)


@pytest.mark.parametrize(
    "presets",
    [
        ("--preset", "east_asia+steroids_harmless"),
        ("--preset", "east_asia", "--preset", "steroids_harmless"),
    ],
)
def test_presets_are_joined(presets, tmp_path: Path, capsys) -> None:
    out = tmp_path / "cohort"
    code, said, _ = run(capsys, *presets, "--patients", "3", "--out", str(out))
    assert code == 0 and "pulse_hr 1," in said
    joined = as_scenario("east_asia+steroids_harmless")
    assert scenario_in(out) == json.loads(json.dumps(joined.values()))


def test_values_are_set_by_their_type(tmp_path: Path, capsys) -> None:
    out = tmp_path / "cohort"
    settings = {
        "name": "mine",
        "pulse_hr": "2",
        "follow_up_days": "730",
        "antibody_mix": "{NXP2 = 0.5, none = 0.5}",
        "taper": "[[0, 2.0], [100, 0.0]]",
    }
    given = [
        part for name, text in settings.items() for part in ("--set", f"{name}={text}")
    ]
    code, _, said = run(capsys, *given, "--patients", "3", "--out", str(out))
    assert (code, said) == (0, "")
    held = scenario_in(out)
    assert held["name"] == "mine" and held["pulse_hr"] == 2
    assert held["follow_up_days"] == 730
    assert held["antibody_mix"] == {"NXP2": 0.5, "none": 0.5}
    assert held["taper"] == [[0, 2.0], [100, 0.0]]


def test_truth_parquet_and_workers(tmp_path: Path, capsys) -> None:
    import joblib

    out = tmp_path / "cohort"
    how = ("--truth", "--format", "parquet", "--jobs", "2", "--chunk", "10")
    with joblib.parallel_config(backend="threading"):
        code, said, _ = run(capsys, *how, "--patients", "25", "--out", str(out))
    assert code == 0 and "truth.json, truth.parquet" in said
    assert read_cohort(out) == simulate_cohort(25)


def test_every_fault_of_a_call_is_told_at_once(tmp_path: Path, capsys) -> None:
    out = tmp_path / "full"
    out.mkdir()
    (out / "letter.txt").write_text("mine")
    call = (
        *("--preset", "est_asia", "--set", "puls_hr=2", "--set", "x"),
        *("--set", "dose_hr=-1", "--set", "female_share=lots"),
        *("--patients", "0", "--seed", "-4", "--chunk", "0", "--jobs", "0"),
    )
    code, said, err = run(capsys, *call, "--out", str(out))
    assert code == 2 and said == ""
    for fault in (
        "did you mean 'east_asia'?",
        "NAME=VALUE, not 'x'",
        "did you mean 'pulse_hr'?",
        "dose_hr must be a finite number above 0, not -1",
        "female_share must be a share between 0 and 1, not 'lots'",
        *("n_patients must be", "chunk must be", "not -4", "n_jobs must be"),
        "--overwrite",
    ):
        assert fault in err, fault
    assert [entry.name for entry in out.iterdir()] == ["letter.txt"]


def test_a_preset_and_a_file_are_not_both_meant(tmp_path: Path, capsys) -> None:
    call = ("--preset", "tertiary", "--scenario", "world.toml")
    code, _, err = run(capsys, *call, "--out", str(tmp_path / "cohort"))
    assert code == 2 and "not both" in err


def test_a_scenario_is_read_from_its_file(tmp_path: Path, capsys, monkeypatch) -> None:
    read = []

    def from_toml(path):
        read.append(path)
        return Scenario(name="of my own", dose_hr=1.25)

    monkeypatch.setattr(Scenario, "from_toml", from_toml, raising=False)
    out = tmp_path / "cohort"
    call = ("--scenario", "world.toml", "--set", "pulse_hr=3", "--patients", "3")
    code, said, _ = run(capsys, *call, "--out", str(out))
    assert code == 0 and read == ["world.toml"] and "of my own, changed" in said
    held = scenario_in(out)
    assert (held["dose_hr"], held["pulse_hr"]) == (1.25, 3)


def test_presets_are_listed_each_with_a_line(capsys) -> None:
    code, said, _ = run(capsys, "--list-presets")
    assert code == 0 and "SYNTHETIC" in said.splitlines()[0]
    assert set(simulating.PRESET_WORDS) == set(PRESETS)
    for group, names in GROUPS.items():
        assert f"{group}:" in said
        for name in names:
            (line,) = [li for li in said.splitlines() if li.split()[0] == name]
            assert simulating.PRESET_WORDS[name] in line


def test_a_call_without_a_folder_is_refused_with_its_other_faults(capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["simulate", "--preset", "flat"])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert "usage: jdm-stats simulate" in err
    assert "--out DIR is required" in err and "'flat'" in err


def test_what_cannot_be_written_is_code_73(tmp_path: Path, capsys) -> None:
    (tmp_path / "file").write_text("x")
    out = str(tmp_path / "file" / "cohort")
    code, said, err = run(capsys, "--patients", "3", "--out", out)
    assert code == 73 and said == ""
    assert (
        err
        == f"jdm-stats: cannot write {out}: a file stands where a folder is needed\n"
    )


def test_an_interrupt_is_code_130_and_leaves_nothing(
    tmp_path: Path, capsys, monkeypatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folders, "_drawn", stop)
    code, said, _ = run(capsys, "--out", str(tmp_path / "cohort"))
    assert code == 130 and said == "" and list(tmp_path.iterdir()) == []


def until(found, seconds: float = 60) -> None:
    """Wait until something is there."""
    deadline = time.monotonic() + seconds
    while not found() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found()


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code", "more"),
    [
        (signal.SIGINT, 130, ()),
        (signal.SIGTERM, 143, ("--format", "parquet")),
        (signal.SIGINT, 130, ("--jobs", "2")),
    ],
)
def test_a_signal_ends_the_drawing_and_leaves_what_stood_there(
    number, code, more, tmp_path: Path, capsys
) -> None:
    out = tmp_path / "cohort"
    assert run(capsys, "--patients", "3", "--out", str(out))[0] == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    call = ["--patients", "1000000", "--chunk", "256", "--overwrite", "--out", str(out)]
    with subprocess.Popen(
        [sys.executable, "-m", "jdm_stats", "simulate", *call, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        until(lambda: sum(f.stat().st_size for f in tmp_path.glob(".*.new/*")) > 1000)
        running.send_signal(number)
        said, told = running.communicate(timeout=60)
    assert running.returncode == code
    assert said == "" and told.startswith("jdm-stats: ") and "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["cohort"]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.parametrize("error", [FileNotFoundError, PermissionError])
def test_a_folder_that_cannot_be_made_is_code_73(
    error, tmp_path: Path, capsys, monkeypatch
) -> None:
    """On /proc even the administrator is told that a folder to be made is not found."""
    out = tmp_path / "cohort"

    def fail(path, *_, **__) -> None:
        raise error(13, "not here", str(path))

    monkeypatch.setattr(Path, "mkdir", fail)
    code, said, told = run(capsys, "--patients", "3", "--out", str(out))
    assert (code, said) == (73, "")
    assert told == f"jdm-stats: cannot write {out}: not here\n"


def test_what_lies_outside_its_range_is_told(tmp_path: Path, capsys) -> None:
    call = ["--patients", "3", "--set", "pulse_hr=9", "--set", "jak_hr=3"]
    _, said, _ = run(capsys, *call, "--out", str(tmp_path / "changed"))
    assert "outside what is plausible: pulse_hr\n" in said
    _, said, _ = run(capsys, "--patients", "3", "--out", str(tmp_path / "usual"))
    assert "plausible" not in said


@pytest.mark.parametrize(
    ("given", "so"),
    [
        ((), "come out: nxp2_early_hr"),
        (("--set", "losses_per_year=0.1"), "come out: nxp2_early_hr"),
        (
            ("--preset", "steroids_harmless"),
            "came out with all else as assumed: nxp2_early_hr",
        ),
    ],
)
def test_a_baseline_solved_for_other_values_is_told_so(
    given, so, tmp_path: Path, capsys
) -> None:
    call = [*given, "--patients", "3", "--out", str(tmp_path / "cohort")]
    _, said, _ = run(capsys, *call)
    assert f"total ratios, themselves assumed, {so}" in said
