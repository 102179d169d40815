"""jdm-stats power: a table, a sentence, and every fault of a call at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import matplotlib
import pandas as pd
import pytest
from matplotlib.figure import Figure

from jdm_stats.cli import main
from jdm_stats.power.needed import children_needed
from jdm_stats.power.study_design import StudyDesign
from jdm_stats.power.study_power import study_power
from jdm_stats.power.time_course import TimeCourse

PLAIN = ["power", "--exposure-share", "0.21", "--risk-24", "0.02"]
SIZED = [*PLAIN, "--children", "300", "600", "--years", "2", "--hazard-ratio", "4"]


def test_a_table_and_one_sentence(capsys):
    assert main(SIZED) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0].split()[:2] == ["Years", "Children"] or "Children" in lines[0]
    needed = children_needed(StudyDesign(follow_up_years=2), 4, 0.8)
    assert lines[-1] == (
        "To detect a hazard ratio of 4 for the exposure with a power of 80%: "
        f"{needed.value:,.0f} children followed for 2 years "
        f"({needed.expected_events:.1f} expected perforations)."
    )
    assert "HR above 1 at 80%" in told.out and "none" in told.out


def test_without_a_ratio_it_says_what_can_be_detected(capsys):
    assert main([*PLAIN, "--children", "302", "--years", "2"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "nearest detectable hazard ratio above 1 is 10.8" in last
    assert "No hazard ratio below 1 is detectable" in last


def test_every_option_arrives(capsys):
    options = [
        *("--accrual", "3", "--loss", "0.04", "--deaths", "2.2", "--r-squared", "0.2"),
        *("--alpha", "0.1", "--one-sided", "--test", "central", "--constant-rate"),
        *("--exposure", "a pulse", "--children-per-year", "42", "--power", "0.7"),
    ]
    assert main([*SIZED, *options, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    design = StudyDesign(
        n_children=600,
        follow_up_years=2,
        accrual_years=3,
        loss_per_year=0.04,
        deaths_per_1000_years=2.2,
        r_squared=0.2,
        alpha=0.1,
        two_sided=False,
        test="central",
        time_course="constant",
    )
    assert told["rows"][1]["power"] == pytest.approx(study_power(design, 4).power)
    assert told["rows"][0]["power_wanted"] == 0.7
    assert told["status"] == "done" and told["synthetic"] is False
    assert "a pulse" in told["answers"][0]
    assert "years of recruitment, in which" in told["answers"][1]
    assert any("constant rate" in note for note in told["notes"])


def test_json_has_no_nan(capsys):
    assert main([*PLAIN, "--children", "100", "--years", "2", "--json"]) == 0
    line = capsys.readouterr().out
    assert "NaN" not in line and "Infinity" not in line
    row = json.loads(line)["rows"][0]
    assert row["detectable_below"] is None and "perforation" in row["reason_below"]


def test_every_fault_is_told_and_the_code_is_2(capsys):
    call = [
        *(
            "power",
            "--exposure-share",
            "2",
            "--risk-24",
            "0.02",
            "3",
            "--children",
            "0",
        ),
        *("--years", "500", "--hazard-ratio", "-4", "--power", "3", "--test", "log"),
        *("--children-per-year", "0", "--alpha", "0.7", "--r-squared", "1"),
    ]
    assert main(call) == 2
    told = capsys.readouterr()
    assert told.out == ""
    for name in (
        *("exposure_share", "risk_24_months", "n_children", "follow_up_years", "test"),
        *("hazard_ratio", "power must", "children_per_year", "alpha", "r_squared"),
    ):
        assert f"\n  {name}" in told.err
    assert main(["power"]) == 2
    told = capsys.readouterr().err
    assert "give --exposure-share, or --preset" in told and "give --risk-24" in told
    assert main([*PLAIN, "--json", "--alpha", "2"]) == 2
    assert json.loads(capsys.readouterr().out)["exit_code"] == 2


def test_what_is_no_number_is_refused_by_the_parser(capsys):
    with pytest.raises(SystemExit) as caught:
        main([*PLAIN, "--children", "many"])
    assert caught.value.code == 2
    assert "usage: jdm-stats power" in capsys.readouterr().err


def test_table_and_figure_are_written(tmp_path, capsys):
    table, figure = tmp_path / "new" / "t.csv", tmp_path / "new" / "f.png"
    call = [*SIZED, "--out", str(table), "--figure", str(figure)]
    assert main(call) == 0
    assert main(call) == 0, "what this command wrote may be written again"
    written = pd.read_csv(table)
    assert written["n_children"].tolist() == [300, 600]
    assert written["reason_below"].notna().all()
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert sorted(p.name for p in figure.parent.iterdir()) == ["f.png", "t.csv"]


@pytest.mark.parametrize("ending", ["pdf", "svg"])
def test_a_figure_may_be_drawn_again(ending, tmp_path, capsys):
    figure = tmp_path / f"f.{ending}"
    for _ in range(2):
        assert main([*SIZED, "--figure", str(figure)]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [figure.name]


def test_a_picture_of_another_program_is_not_drawn_over(tmp_path, capsys):
    for ending in ("png", "pdf", "svg"):
        picture = tmp_path / f"photo.{ending}"
        Figure().savefig(picture)
        before = picture.read_bytes()
        assert main([*SIZED, "--figure", str(picture)]) == 2
        assert "was not written by this command" in capsys.readouterr().err
        assert picture.read_bytes() == before


INTERRUPTED = """
import sys, time
from matplotlib.figure import Figure
from jdm_stats.cli import main

def half(figure, path, **_):
    path.write_bytes(b"half of a figure")
    print("drawing", flush=True)
    time.sleep(60)

Figure.savefig = half
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_leaves_whole_files_only(number, code, tmp_path):
    table, figure = tmp_path / "t.csv", tmp_path / "f.png"
    call = [*SIZED, "--out", str(table), "--figure", str(figure)]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *call],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None and running.stdout.readline() == "drawing\n"
        running.send_signal(number)
        said, told = running.communicate(timeout=60)
    assert running.returncode == code
    assert said == "" and told.startswith("jdm-stats: ") and "Traceback" not in told
    assert [path.name for path in tmp_path.iterdir()] == ["t.csv"]
    assert pd.read_csv(table)["n_children"].tolist() == [300, 600]


def test_nothing_foreign_is_written_over(tmp_path, capsys):
    mine = tmp_path / "mine.csv"
    mine.write_text("child,age\n1,7\n")
    picture = tmp_path / "mine.png"
    picture.write_text("notes")
    assert main([*SIZED, "--out", str(mine)]) == 2
    assert main([*SIZED, "--figure", str(picture)]) == 2
    assert main([*SIZED, "--figure", str(tmp_path / "f.docx")]) == 2
    assert "must end in .png" in capsys.readouterr().err
    assert mine.read_text().startswith("child") and picture.read_text() == "notes"


def test_a_world_says_that_it_is_synthetic(tmp_path, capsys, monkeypatch):
    course = TimeCourse(
        "world tertiary", "tabulated", days=(0, 730), shares=(0, 1), synthetic=True
    )

    def from_scenario(cls, preset, *, exposure, **given):
        assert (preset, exposure) == ("tertiary", "recent_pulse")
        return cls(**{"time_course": course, "exposure_share": 0.027, **given})

    monkeypatch.setattr(StudyDesign, "from_scenario", classmethod(from_scenario))
    out = tmp_path / "t.csv"
    call = ["power", "--preset", "tertiary", "--exposure", "recent_pulse"]
    assert main([*call, "--children", "300", "--years", "2", "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("SYNTHETIC world") and "SYNTHETIC" in told.err
    assert set(pd.read_csv(out)["data"]) == {"SYNTHETIC"}
    words = "risk, time course, loss, deaths, exposure share, late entry"
    assert told.out.splitlines()[0].endswith(f"come: {words}")
    given = ["--risk-24", "0.03", "--loss", "0", "--constant-rate"]
    assert main([*call, "--children", "300", "--years", "2", *given, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["synthetic"] is True
    assert main([*call, "--children", "300", "--years", "2", *given]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[0].endswith("come: deaths, exposure share, late entry")


def test_a_figure_says_what_it_holds_for_and_has_a_panel_for_each_risk(
    tmp_path, capsys
):
    figure = tmp_path / "f.svg"
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        call = ["--risk-24", "0.02", "0.03", "--figure", str(figure)]
        assert main([*SIZED, *call]) == 0
    drawn = figure.read_text(encoding="utf-8")
    for said in ("Risk by 24 months 2.0%", "Risk by 24 months 3.0%", "21% exposed"):
        assert said in drawn
    assert "power 80%" in drawn and "SYNTHETIC" not in drawn


def test_a_test_that_rejects_too_often_is_told_of(capsys):
    rare = ["power", "--exposure-share", "0.0001", "--risk-24", "0.02"]
    sized = ["--children", "300", "--years", "2", "--hazard-ratio", "4"]
    assert main([*rare, *sized]) == 0
    assert "the power is inflated with it; here it reaches 99.8%" in (
        capsys.readouterr().err
    )
    assert main([*rare, *sized, "--test", "exact"]) == 0
    assert "inflated" not in capsys.readouterr().err


def test_an_unknown_world_or_exposure_is_refused(capsys):
    assert main(["power", "--preset", "tertary"]) == 2
    assert "did you mean 'tertiary'?" in capsys.readouterr().err
    assert main(["power", "--preset", "tertiary", "--exposure", "weather"]) == 2
    assert "exposure must be one of nxp2" in capsys.readouterr().err
