"""What cells call to show results: in a run they save files, in Jupyter they only display."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from jdm_stats.errors import UsageError
from jdm_stats.report.show import (
    FOLDER_VARIABLE,
    csv_text,
    mark_synthetic,
    png_size,
    show_figure,
    show_html,
    show_table,
)


@pytest.fixture
def shown(monkeypatch):
    """What was displayed, as (data, metadata)."""
    seen: list[tuple[dict, dict]] = []

    def display(*objects, raw=False, metadata=None):
        for thing in objects:
            data = thing if raw else {"text/html": thing._repr_html_()}
            seen.append((data, metadata or {}))

    monkeypatch.setattr("IPython.display.display", display)
    return seen


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture
def synthetic_run():
    mark_synthetic(True)
    yield
    mark_synthetic(False)


FRAME = pd.DataFrame({"Antibody": ["=NXP2", "none"], "log HR": [-0.5, None]})


def test_a_table_is_shown_and_saved_under_its_name(shown, folder):
    show_table(FRAME, name="rates_1", caption="Rates", footnotes=["HR"])
    assert "<caption>Rates</caption>" in shown[0][0]["text/html"]
    saved = (folder / "tables" / "rates_1.csv").read_text(encoding="utf-8")
    assert saved == "Antibody,log HR\n'=NXP2,-0.5\nnone,\n"


def test_in_jupyter_nothing_is_saved(shown, monkeypatch, tmp_path):
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    show_table(FRAME, name="rates", caption="Rates")
    show_table(FRAME, name="rates", caption="Rates")
    assert len(shown) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../x", "Rates", "a__b", "", "a.csv", "a b"])
def test_an_unfit_name_is_refused(shown, folder, name):
    with pytest.raises(UsageError, match="lower-case"):
        show_table(FRAME, name=name, caption="x")


def test_a_name_is_used_once_in_a_run(shown, folder):
    show_table(FRAME, name="rates", caption="x")
    with pytest.raises(UsageError, match="already taken"):
        show_table(FRAME, name="rates", caption="x")


def test_a_figure_is_shown_once_with_its_texts_and_closed(shown, folder):
    figure, axes = plt.subplots(figsize=(4, 3))
    axes.plot([1, 2])
    show_figure(axes, name="line", alt="A line.", caption="Figure 1.")
    assert not plt.fignum_exists(figure.number)
    ((data, metadata),) = shown
    told = metadata["image/png"]
    assert (told["alt"], told["caption"]) == ("A line.", "Figure 1.")
    saved = (folder / "figures" / "line.png").read_bytes()
    assert told["width"] == round(png_size(saved)[0] * 96 / 150)
    assert data["text/plain"] == "Figure: Figure 1."


def test_the_bytes_of_a_figure_depend_on_the_drawing_alone(shown, folder):
    for name in ("one", "two"):
        figure = Figure()
        figure.subplots().plot([1, 2])
        show_figure(figure, name=name, alt="A line.", caption="A line.")
    one, two = sorted((folder / "figures").iterdir())
    assert one.read_bytes() == two.read_bytes()
    assert b"Matplotlib" not in one.read_bytes()


@pytest.mark.parametrize(
    "texts", [{"alt": " ", "caption": "x"}, {"alt": "x", "caption": ""}]
)
def test_a_figure_without_words_is_refused(shown, texts):
    with pytest.raises(UsageError, match="alt text and a caption"):
        show_figure(Figure(), name="x", **texts)


def test_empty_html_is_passed_over(shown):
    show_html("", "")
    assert shown == []
    show_html("", "<p>a</p>", "<p>b</p>")
    assert shown[0][0]["text/html"] == "<p>a</p>\n<p>b</p>"


def test_no_cell_of_a_csv_is_a_formula():
    starts = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\x00x"]
    frame = pd.DataFrame({"=label": starts, "number": range(-3, 4)})
    lines = csv_text(frame).splitlines()
    assert lines[0].startswith("'=label")
    assert csv_text(frame).count("'") == 8
    assert lines[1].endswith(",-3")


def test_in_a_synthetic_run_tables_say_so_in_caption_and_file(
    shown, folder, synthetic_run
):
    show_table(FRAME, name="rates", caption="Rates")
    show_table(FRAME, name="software", caption="Software", synthetic=False)
    said = shown[0][0]["text/html"]
    assert ">SYNTHETIC</strong> Rates</caption>" in said
    assert "SYNTHETIC" not in shown[1][0]["text/html"]
    saved = (folder / "tables" / "rates.csv").read_text(encoding="utf-8")
    assert saved.splitlines()[:2] == ["data,Antibody,log HR", "SYNTHETIC,'=NXP2,-0.5"]
    other = (folder / "tables" / "software.csv").read_text(encoding="utf-8")
    assert other.splitlines()[0] == "Antibody,log HR"
    assert FRAME.columns.tolist() == ["Antibody", "log HR"]


def test_a_table_that_knows_it_is_synthetic_says_so_by_itself(shown, folder):
    frame = FRAME.copy()
    frame.attrs["jdm_stats"] = {"synthetic": True}
    show_table(frame, name="rates", caption="Rates")
    assert "SYNTHETIC" in shown[0][0]["text/html"]
    frame.attrs["jdm_stats"] = {"synthetic": False}
    show_table(frame, name="other", caption="Rates")
    assert "SYNTHETIC" not in shown[1][0]["text/html"]


@pytest.mark.parametrize(
    ("told", "marked", "marks"),
    [(None, False, 1), (None, True, 1), (False, False, 0), (True, False, 1)],
)
def test_in_a_synthetic_run_every_figure_is_marked_once(
    shown, synthetic_run, told, marked, marks
):
    figure = Figure()
    axes = figure.subplots()
    if marked:
        axes.annotate("SYNTHETIC", (0, 0))
    show_figure(figure, name="x", alt="A.", caption="A.", synthetic=told)
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert texts.count("SYNTHETIC") == marks
