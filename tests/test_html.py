"""Escaped HTML: nothing typed into a registry becomes markup, nothing missing says nan."""

from __future__ import annotations

import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.html import (
    banner,
    format_count_percent,
    format_number,
    format_p,
    format_ratio,
    html_table,
    notes_list,
    paragraphs,
    summary_box,
)

HOSTILE = "<script>alert('x')</script><img src=x onerror=\"alert(1)\">"


class Tags(HTMLParser):
    """Collects start tags and text, and refuses a page whose tags do not close."""

    VOID = frozenset({"img", "br", "meta"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.stack: list[str] = []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def of(self, *names):
        return [attrs for tag, attrs in self.tags if tag in names]


@pytest.mark.parametrize(
    "fragment",
    [
        html_table(
            pd.DataFrame({HOSTILE: [HOSTILE]}), caption=HOSTILE, footnotes=[HOSTILE]
        ),
        html_table(
            pd.DataFrame({"a": [1]}), caption="x", formats={"a": lambda value: HOSTILE}
        ),
        banner(HOSTILE, "warning"),
        paragraphs(HOSTILE),
        summary_box(HOSTILE, [HOSTILE]),
        notes_list([HOSTILE], title=HOSTILE, empty=HOSTILE),
        notes_list([], title=HOSTILE, empty=HOSTILE),
    ],
)
def test_a_hostile_label_stays_text(fragment):
    read = Tags(fragment)
    assert not read.of("script", "img")
    assert not any(name.startswith("on") for _, attrs in read.tags for name in attrs)
    assert HOSTILE in read.words


def test_marks_that_turn_text_around_are_shown_not_obeyed():
    assert "\u202e" not in paragraphs("safe\u202eelbaresim")
    assert "\x00" not in paragraphs("a\x00b")


def test_a_table_has_a_caption_and_scoped_headers():
    frame = pd.DataFrame({"Antibody": ["NXP2", "none"], "Events": [3, 0]})
    read = Tags(html_table(frame, caption="Events", table_id="events-1"))
    assert read.of("table") == [{"id": "events-1"}]
    assert len(read.of("caption")) == 1
    assert [attrs["scope"] for attrs in read.of("th")] == ["col", "col", "row", "row"]
    assert [attrs.get("class") for attrs in read.of("td")] == ["num", "num"]


def test_leading_columns_that_repeat_span_their_rows():
    frame = pd.DataFrame(
        {
            "What": ["Sex", "Sex", "Age", "Sex"],
            "Value": ["female", "male", "median", "missing"],
            "All": ["1", "2", "3", "4"],
        }
    )
    read = Tags(html_table(frame, caption="x", header_column=2))
    rows = [attrs for attrs in read.of("th") if attrs["scope"] != "col"]
    assert [attrs["scope"] for attrs in rows].count("rowgroup") == 1
    assert [attrs.get("rowspan") for attrs in rows if "rowspan" in attrs] == ["2"]
    assert len(rows) == 3 + 4


def test_no_header_column_and_two_columns_of_one_name():
    frame = pd.DataFrame([[1, 2.5]], columns=["x", "x"])
    read = Tags(html_table(frame, caption="x", header_column=False))
    assert [attrs["scope"] for attrs in read.of("th")] == ["col", "col"]
    assert read.words.count("2.50") == 1


@pytest.mark.parametrize(
    "values",
    [
        [1.0, math.nan],
        [1, None],
        pd.array([1, pd.NA], dtype="Int64"),
        pd.array([True, pd.NA], dtype="boolean"),
        pd.Categorical(["a", None]),
        ["a", float("nan")],
        [pd.Timestamp("2020-01-01"), pd.NaT],
    ],
)
def test_a_missing_value_is_an_en_dash(values):
    text = html_table(pd.DataFrame({"v": values}), caption="x", header_column=False)
    assert text.count("–") == 1
    for word in ("nan", "NaN", "None", "NA<", "NaT"):
        assert word not in text


def test_counts_that_became_floats_are_whole_again():
    text = html_table(
        pd.DataFrame({"g": ["a", "b"], "n": [300, None], "x": [1.0, 2.0]}), caption="x"
    )
    assert ">300<" in text and ">2.00<" in text


def test_a_column_of_p_values_is_never_nought():
    text = html_table(pd.DataFrame({"t": ["a", "b"], "p": [0.0, 0.5]}), caption="x")
    assert "&lt;0.001" in text and ">0.50<" in text


def test_formats_of_columns():
    frame = pd.DataFrame({"t": ["a", "b"], "x": [-0.04, math.inf]})
    text = html_table(frame, caption="x", formats={"x": ".1f"})
    assert ">0.0<" in text and ">∞<" in text
    assert ">−0.04<" in html_table(frame, caption="x")


def test_an_empty_table_says_so_and_the_frame_is_left_alone():
    frame = pd.DataFrame({"a": [1, 2]})
    before = frame.copy()
    html_table(frame, caption="x")
    pd.testing.assert_frame_equal(frame, before)
    assert "No rows." in html_table(frame.iloc[:0], caption="x")


def test_a_wrong_call_is_refused():
    frame = pd.DataFrame({"a": [1]})
    with pytest.raises(UsageError, match="not in the table: b"):
        html_table(frame, caption="x", formats={"b": ".1f"})
    with pytest.raises(UsageError, match="table_id"):
        html_table(frame, caption="x", table_id='" onclick="')
    levels = pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    with pytest.raises(UsageError, match="one level"):
        html_table(levels, caption="x")
    with pytest.raises(UsageError, match="kind"):
        banner("x", "loud")
    with pytest.raises(UsageError, match="kind"):
        notes_list(["x"], kind="loud")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "<0.001"),
        (0.000999, "<0.001"),
        (0.001, "0.001"),
        (0.04951, "0.050"),
        (0.0994, "0.099"),
        (0.0996, "0.10"),
        (0.5, "0.50"),
        (0.99, "0.99"),
        (0.9999, ">0.99"),
        (1.0, ">0.99"),
        (math.nan, "–"),
        (None, "–"),
        (np.float64(0.2), "0.20"),
    ],
)
def test_p_values(value, shown):
    assert format_p(value) == shown


@pytest.mark.parametrize("value", [-0.1, 1.1, math.inf])
def test_what_is_no_probability_is_refused(value):
    with pytest.raises(UsageError, match="between 0 and 1"):
        format_p(value)


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((7.8412, 0.8231, 1043.4), "7.84 (0.82 to 1043)"),
        ((8.0, 1.0, math.inf), "8.00 (1.00 to ∞)"),
        ((0.0099, 0.00001, 12.34), "<0.01 (<0.01 to 12.3)"),
        ((2.0, math.nan, math.nan), "2.00"),
        ((math.nan, math.nan, None), "–"),
        ((math.nan, 1.3, math.inf), "– (1.30 to ∞)"),
        ((1.0, 0.0, 123456.0), "1.00 (0 to 1.2 × 10⁵)"),
    ],
)
def test_ratios(parts, shown):
    assert format_ratio(*parts) == shown


def test_numbers():
    assert format_number(np.int64(12_345)) == "12,345"
    assert format_number(9_999) == "9999"
    assert format_number(-0.001) == "0.00"
    assert format_number(-math.inf) == "−∞"
    assert format_number(pd.NA) == "–"
    for wrong in ("12", True, [1]):
        with pytest.raises(UsageError, match="number"):
            format_number(wrong)


def test_counts_with_their_share():
    assert format_count_percent(6, 600) == "6 (1.0%)"
    assert format_count_percent(np.int64(1), 3, digits=0) == "1 (33%)"
    assert format_count_percent(0, 0) == "0 (–)"
    assert format_count_percent(None, 5) == "–"


def test_notes_are_said_once_and_in_order():
    text = notes_list(["b", "a", "b"], title="Notes")
    assert text.index("<li>b</li>") < text.index("<li>a</li>")
    assert text.count("<li>") == 2
    assert notes_list([]) == ""


def test_the_layout_of_a_table_is_told_to_the_style_sheet():
    wide = pd.DataFrame([[1] * 8])
    tall = pd.DataFrame({"n": range(16)})
    assert 'class="jdm-table jdm-wide"' in html_table(wide, caption="x")
    assert 'class="jdm-table jdm-tall"' in html_table(tall, caption="x")
    assert 'class="jdm-table"' in html_table(tall[:15], caption="x")
    words = pd.DataFrame({"a": ["x"], "b": ["dee4afabc77ffd74dee4afabc"], "c": ["a b"]})
    text = html_table(words, caption="x")
    assert '<td class="jdm-long">dee4' in text and "<td>a b</td>" in text


def test_a_range_is_kept_on_one_line_and_stays_the_same_text():
    text = html_table(
        pd.DataFrame({"a": ["x"], "b": ["20.6 (14.8–32.3)"]}), caption="x"
    )
    cell = re.search(r'<td class="num">(.*?)</td>', text)[1]
    assert "nowrap" in cell
    assert re.sub(r"<[^>]+>", "", cell) == "20.6 (14.8–32.3)"


def test_a_synthetic_table_says_so_before_its_caption():
    frame = pd.DataFrame({"n": [1]})
    text = html_table(frame, caption="Children <1", synthetic=True)
    caption = re.search(r"<caption>(.*?)</caption>", text)[1]
    assert re.sub(r"<[^>]+>", "", caption) == "SYNTHETIC Children &lt;1"
    assert "SYNTHETIC" not in html_table(frame, caption="Children")
