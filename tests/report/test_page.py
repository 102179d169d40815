"""The page: self-contained, inert, and honest about what cells said."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.report.small_notebooks import HOSTILE_ALT

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)
ADDRESSES = ("src", "href", "srcset", "data", "poster", "action")


class Tags(HTMLParser):
    """Start tags of a page with their attributes, as a browser reads them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def of(self, name):
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.fixture(scope="session")
def page(two_runs) -> str:
    return (two_runs[0][0] / "report.html").read_text(encoding="utf-8")


def test_the_page_asks_for_nothing(page):
    read = Tags(page)
    policy = [attrs for attrs in read.of("meta") if "http-equiv" in attrs]
    assert policy == [{"http-equiv": "Content-Security-Policy", "content": POLICY}]
    for forbidden in ("script", "link", "iframe", "object", "embed", "base", "form"):
        assert not read.of(forbidden)
    assert "@import" not in page
    assert not re.search(r"url\(", page)
    for attrs in read.of("img"):
        assert attrs["src"].startswith("data:image/png;base64,")
    for name, attrs in read.tags:
        for address in ADDRESSES:
            assert not re.match(r"\s*(https?:|//)", str(attrs.get(address, ""))), name


def test_the_page_has_a_language_a_title_and_one_first_heading(page):
    assert '<html lang="en">' in page
    assert "<title>A small report</title>" in page
    assert page.count("<h1>") == 1
    assert '<h2 id="section-1">First part</h2>' in page
    assert "2024-06-18" in page


def test_code_is_left_out_and_words_of_cells_are_not(page):
    assert "import sys" not in page
    assert page.count("warnings.warn") == 1  # the warning quotes its own line
    assert "printed fine" in page
    assert "Messages while this part was computed" in page
    assert "cell, line 4: UserWarning: be careful" in page
    assert Tags(page).of("p").count({"class": "raw"}) == 1


def test_active_outputs_are_dropped(page):
    assert page.count("alert(1)") == page.count("onerror=alert(1)") == 1
    assert "graph TD" not in page
    assert "a graph" in page


def test_a_figure_has_an_escaped_alt_text_and_caption(page):
    read = Tags(page)
    assert [attrs["alt"] for attrs in read.of("img")] == [HOSTILE_ALT]
    assert not any(name.startswith("on") for _, attrs in read.tags for name in attrs)
    assert "<figcaption>&lt;b&gt;bold?&lt;/b&gt;</figcaption>" in page
