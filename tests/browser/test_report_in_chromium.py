"""The report as a reader's browser shows it: whole, alone, and marked SYNTHETIC.

Every template is made by the public command, from the committed cohort. Two small pages of
our own, one of which calls out and one of which is too wide, show that the questions
asked of the report would find such faults.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.chromium_page import NAMES, NETWORK, ChromiumPage, find_browser

ROOT = Path(__file__).resolve().parents[2]
BROWSER = find_browser()
TEMPLATES = ("cohort", "known_truth", "perforation_risk", "published_evidence")
A4_TEXT_WIDTH = 672  # CSS pixels: 210 mm less margins of 16 mm on either side

pytestmark = pytest.mark.skipif(
    BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} on the path"
)

IMAGES = "Array.from(document.images, i => [i.complete, i.naturalWidth, i.alt])"
BANNER = """(() => {
  const banner = document.querySelector(".jdm-synthetic");
  const box = banner.getBoundingClientRect();
  return {text: banner.innerText, top: box.top, height: box.height, width: box.width,
          shown: banner.checkVisibility({opacityProperty: true,
                                         visibilityProperty: true})};
})()"""
TOO_WIDE = """document.documentElement.scrollWidth
  - document.documentElement.clientWidth"""
CUT_OFF = """Array.from(document.querySelectorAll(".jdm-scroll"))
  .filter(box => box.scrollWidth > box.clientWidth)
  .map(box => box.querySelector("caption").innerText)"""
WITHOUT_HINT = """Array.from(document.querySelectorAll(".jdm-scroll"))
  .filter(box => !getComputedStyle(box).backgroundImage.includes("gradient"))
  .map(box => box.querySelector("caption").innerText)"""
WIDTHS = "[document.documentElement.clientWidth, document.documentElement.scrollWidth]"

CALLS_OUT = """<!DOCTYPE html><html><head><title>x</title>
<style>p { background: url("https://style.invalid/x.png") }</style></head>
<body><p>Words</p><img src="https://picture.invalid/x.png" alt="">
<script>console.error("something is wrong")</script></body></html>"""
WIDE = """<!DOCTYPE html><html><body style="margin: 0"><table style="width: 2000px">
<caption>Wide</caption><tr><td>1</td></tr></table></body></html>"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder for a browser's profile; a browser may still write while it ends."""
    folder = Path(tempfile.mkdtemp(prefix="jdm-browser-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=TEMPLATES)
def report(request, rendered) -> Path:
    """The page of a template, made by the public command."""
    return rendered(request.param) / "report.html"


def test_the_report_is_whole_alone_and_marked(report, home):
    page = ChromiumPage(BROWSER, home)
    try:
        page.open(report.as_uri())
        _is_whole(page)
        if "SYNTHETIC DATA" in report.read_text(encoding="utf-8"):
            _is_marked(page)
        for width in (1200, 1100, 800, 400):
            page.resize(width)
            assert page.value(TOO_WIDE) <= 0, f"the page overflows at {width} pixels"
            if width >= 800:
                assert page.value(CUT_OFF) == [], (
                    f"a table is cut off at {width} pixels"
                )
        assert page.value(WITHOUT_HINT) == [], "a table scrolls and does not show it"
        assert _shrunk_on_paper(page) > 0.97, "a wide table makes the print too small"
        asked = page.requests()
        assert asked[0] == report.as_uri()
        assert [url for url in asked[1:] if not url.startswith("data:")] == []
        assert page.complaints() == []
    finally:
        reached = page.close()
    # The browser may look for its maker's hosts; the page must be the reason for none.
    text = report.read_text(encoding="utf-8")
    assert {host for host in reached if host in text} == set()


def _is_whole(page: ChromiumPage) -> None:
    images = page.value(IMAGES)
    assert images
    assert [i for i in images if not (i[0] and i[1] > 100 and i[2])] == []
    assert page.value("document.querySelectorAll('table').length") >= 7
    assert page.value("document.scripts.length") == 0


def _is_marked(page: ChromiumPage) -> None:
    for width in (1200, 400):
        page.resize(width)
        banner = page.value(BANNER)
        assert "SYNTHETIC" in banner["text"]
        assert banner["shown"] and banner["height"] > 20 and banner["width"] > 200
        assert 0 <= banner["top"] < 900, "the banner is not on the first screen"


def _shrunk_on_paper(page: ChromiumPage) -> float:
    """How much the browser must shrink the page for all of it to fit on A4."""
    page.resize(A4_TEXT_WIDTH, media="print")
    here, needed = page.value(WIDTHS)
    return here / needed


def test_a_page_that_calls_out_or_complains_is_caught(tmp_path, home):
    path = tmp_path / "calls.html"
    path.write_text(CALLS_OUT, encoding="utf-8")
    page = ChromiumPage(BROWSER, home)
    try:
        page.open(path.as_uri())
        out = [url for url in page.requests() if url.startswith(NETWORK)]
        images = page.value(IMAGES)
        complaints = " ".join(page.complaints())
    finally:
        reached = page.close()
    assert sorted(out) == [
        "https://picture.invalid/x.png",
        "https://style.invalid/x.png",
    ]
    assert images[0][1] == 0
    assert "something is wrong" in complaints
    assert {"picture.invalid", "style.invalid"} <= reached


def test_a_page_that_is_too_wide_is_caught(tmp_path, home):
    path = tmp_path / "wide.html"
    path.write_text(WIDE, encoding="utf-8")
    page = ChromiumPage(BROWSER, home)
    try:
        page.open(path.as_uri())
        page.resize(400)
        assert page.value(TOO_WIDE) == 1600
        assert _shrunk_on_paper(page) == pytest.approx(A4_TEXT_WIDTH / 2000)
    finally:
        page.close()


def test_every_picture_of_the_report_is_inside_it(report):
    text = report.read_text(encoding="utf-8")
    sources = re.findall(r"<img[^>]* src=\"([^\"]{0,30})", text)
    assert sources
    assert {source.split(",")[0] for source in sources} == {"data:image/png;base64"}
