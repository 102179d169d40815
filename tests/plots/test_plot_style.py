"""Looks that are told apart in colour and in grey."""

from __future__ import annotations

import itertools

import matplotlib.colors
import pytest

from jdm_stats.plots.style import (
    ANTIBODY_LOOKS,
    CYCLE,
    OKABE_ITO,
    looks_of,
    plain,
    text_width,
)

ANTIBODIES = [
    "NXP2",
    "TIF1g",
    "MDA5",
    "Mi2",
    "ARS",
    "SRP",
    "HMGCR",
    "SAE",
    "PMScl",
    "other",
    "none",
    "untested",
]


def test_every_antibody_has_a_colour_and_a_marker_of_its_own():
    assert list(ANTIBODY_LOOKS) == ANTIBODIES
    looks = list(ANTIBODY_LOOKS.values())
    assert len({look.colour for look in looks}) == len(looks)
    assert len({look.marker for look in looks}) == len(looks)
    assert not {"<", ">"} & {look.marker for look in looks}  # those are arrows


def test_the_palette_is_that_of_okabe_and_ito():
    assert set(OKABE_ITO.values()) == {
        "#000000",
        "#E69F00",
        "#56B4E9",
        "#009E73",
        "#F0E442",
        "#0072B2",
        "#D55E00",
        "#CC79A7",
    }


@pytest.mark.parametrize("size", range(1, 8))
def test_looks_of_a_figure_share_neither_marker_nor_line_nor_hatch(size):
    looks = looks_of([("NXP2",), *[(f"group {n}",) for n in range(size - 1)]])
    for one, other in itertools.combinations(looks, 2):
        assert one.marker != other.marker
        assert one.colour != other.colour
    if size <= 6:
        assert len({str(look.line) for look in looks}) == size
        assert len({look.hatch for look in looks}) == size


def test_an_antibody_keeps_its_look_whatever_stands_beside_it():
    first, *_ = looks_of([("NXP2",), ("TIF1g",)])
    *_, last = looks_of([("0", "tested, not NXP2"), ("1", "NXP2")])
    assert first == last == ANTIBODY_LOOKS["NXP2"]


def test_more_groups_than_looks_is_no_error():
    assert len(looks_of([(str(n),) for n in range(20)])) == 20


def test_the_first_two_of_the_cycle_differ_in_grey_by_more_than_colour():
    one, other = CYCLE[:2]
    assert one.line != other.line
    assert one.marker != other.marker
    for look in CYCLE:
        matplotlib.colors.to_rgb(look.colour)


def test_plain_escapes_every_dollar_once():
    assert plain("a$b$c") == r"a\$b\$c"
    assert plain(12) == "12"


def test_text_width_is_that_of_the_widest_line():
    assert text_width("iii\nwwwwww") == text_width("wwwwww") > text_width("iii")
    assert text_width("abc", weight="bold") > text_width("abc")
