"""Antibody results as laboratories write them; what they mean was settled by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.cohort.mapping.antibodies import antibody_named
from jdm_stats.cohort.mapping.antibody_reading import read_panel, result_reader
from jdm_stats.cohort.mapping.numbers import Notation
from jdm_stats.cohort.mapping.rules import ColumnRule
from jdm_stats.cohort.mapping.understanding import Refused


def reader(**rule):
    return result_reader(ColumnRule(column="AK", **rule), Notation(","))


def read(cell, **rule):
    outcome = reader(**rule)(cell)
    if isinstance(outcome, Refused):
        return outcome.rule
    return outcome.value.antibody, outcome.value.ro52


NAMES = {
    "NXP2": "MJ, p140, NXP-2, NXP 2, anti-NXP2, anti-MJ, NXP2/MORC3, MORC3, p-140",
    "TIF1g": "p155/140, p155, p155/p140, 155/140, TIF1-γ, TIF1γ, TIF1gamma, TIF-1γ, TRIM33,"
    "TIF1g, anti-TIF1-gamma, p155/140 kDa, TIF1",
    "MDA5": "CADM-140, CADM140, IFIH1, MDA-5, MDA 5, anti-MDA5",
    "Mi2": "Mi-2, Mi2, Mi2α/β, Mi-2α, Mi-2β, Mi-2 alpha, CHD4",
    "ARS": "Jo-1, Jo1, PL-7, PL-12, PL12, EJ, OJ, KS, Zo, Ha, anti-Jo-1, antisynthetase",
    "SRP": "SRP, SRP54, SRP-54, anti-SRP",
    "HMGCR": "HMGCR, HMG-CoA, HMG CoA, HMG-CoA-Reduktase, anti-HMG-CoA reductase",
    "SAE": "SAE, SAE1, SAE1/2, SAE-1, anti-SAE",
    "PMScl": "PM-Scl, PM/Scl, PM-Scl 75/100, PM-Scl75, PM-Scl-100, PMScl",
    "other": "Ku, anti-Ku, U1-RNP, RNP, cN1A",
    "Ro52": "Ro52, Ro-52, TRIM21, SSA(52), SS-A 52, Ro52/TRIM21, Ro 52 kDa",
}


@pytest.mark.parametrize(
    ("name", "antibody"),
    [
        (n.strip(), a)
        for a, names in NAMES.items()
        for n in names.split(",")
        if n.strip()
    ],
)
def test_a_name_is_known(name, antibody):
    assert antibody_named(name).antibody == antibody
    for mark in (" +", " pos.", ": positiv", "-AK positiv", " (++)"):
        expected = (
            ("antibody_panel_incomplete") if antibody == "Ro52" else (antibody, None)
        )
        assert read(name + mark) == expected
    if antibody not in ("Ro52", "NXP2"):
        assert read(f"{name} neg., NXP2 neg.") == ("none", None)


@pytest.mark.parametrize(
    "name", ["140", "140 kDa", "Ro", "SSA", "ANA", "La", "XYZ", ""]
)
def test_what_names_no_single_antibody_is_not_known(name):
    assert antibody_named(name) is None


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        # the name and its traps
        ("MJ (p140) pos., Ro52 +", ("NXP2", True)),
        ("anti-p155/140 positiv", ("TIF1g", None)),
        ("p155/140", ("TIF1g", None)),
        ("MDA5 (140 kDa)", ("MDA5", None)),
        ("140 kDa", "antibody_ambiguous"),
        ("MDA5 (p140)", "antibody_status_unclear"),
        ("p140, MDA5", "antibody_ambiguous"),
        ("p155, p140", "antibody_ambiguous"),
        ("p140 pos, MDA5 neg", ("NXP2", None)),
        ("p140 pos, NXP2 neg", "antibody_contradictory"),
        # negatives
        ("anti-MJ negative", ("none", None)),
        ("kein NXP2", ("none", None)),
        ("NXP2 nicht nachweisbar", ("none", None)),
        ("NXP2 not detected", ("none", None)),
        ("no antibodies detected", ("none", None)),
        ("MDA5 negativ", "antibody_panel_incomplete"),
        ("MDA5, negativ (ELISA)", "antibody_panel_incomplete"),
        ("negativ", ("none", None)),
        ("MSA neg.", ("none", None)),
        ("MSA neg., Ro52 +", ("none", True)),
        ("kein Nachweis", ("none", None)),
        ("négatif", ("none", None)),
        ("anticorps négatifs", ("none", None)),
        ("negativo", ("none", None)),
        ("no detectado", ("none", None)),
        ("Mi-2/MDA5/NXP2 negativ", ("none", None)),
        ("negativ (NXP2, MDA5, Mi2)", ("none", None)),
        # untested is not negative
        ("n.d.", "antibody_status_unclear"),
        ("N. D.", "antibody_status_unclear"),
        ("nd", "antibody_status_unclear"),
        ("p155/140 +ve, NXP2 -ve", ("TIF1g", None)),
        ("früher NXP2 pos, jetzt neg", "antibody_not_understood"),
        ("alle negativ außer NXP2", "antibody_not_understood"),
        ("V.a. NXP2", "antibody_not_understood"),
        ("NXP2 n/d", "antibody_status_unclear"),
        ("n.t.", ("untested", None)),
        ("nicht getestet", ("untested", None)),
        ("Panel ausstehend", ("untested", None)),
        ("non testé", ("untested", None)),
        ("no realizado", ("untested", None)),
        ("non eseguito", ("untested", None)),
        ("NXP2 n.b., MDA5 neg", "antibody_panel_incomplete"),
        ("NXP2 n.d., MDA5 neg", "antibody_status_unclear"),
        ("0", "antibody_status_unclear"),
        ("1", "antibody_status_unclear"),
        ("x", "antibody_status_unclear"),
        ("nicht getestet, Ro52 +", ("untested", True)),
        ("n.d., Ro52 +", "antibody_status_unclear"),
        # several in one cell
        ("NXP2 neg, TIF1g pos", ("TIF1g", None)),
        ("Mi-2 -, NXP2 +", ("NXP2", None)),
        ("NXP2 +++; Ro-52 ++", ("NXP2", True)),
        ("NXP2 + Ro52 -", ("NXP2", False)),
        ("NXP2+Ro52", ("NXP2", True)),
        ("NXP2 pos\nRo52 neg", ("NXP2", False)),
        ("NXP2 Positiv|Ro52 Negativ", ("NXP2", False)),
        ("NXP2 pos., Rest neg.", ("NXP2", None)),
        ("positiv für NXP2, Ro52; negativ für MDA5", ("NXP2", True)),
        ("Jo-1 neg, PL-7 pos", ("ARS", None)),
        ("MSA negativ, MAA: Ro52 positiv", ("none", True)),
        ("NXP2 + TIF1g", ("NXP2", None)),
        ("MDA5 und Mi-2 positiv", "several_antibodies"),
        ("ANA 1:640, NXP2 pos", ("NXP2", None)),
        ("SSA neg, SSB neg, NXP2 pos", ("NXP2", None)),
        # borderline
        ("NXP2 (+)", "antibody_borderline"),
        ("NXP2 schwach positiv", "antibody_borderline"),
        ("weakly positive NXP2", "antibody_borderline"),
        ("faiblement positif NXP2", "antibody_borderline"),
        # what cannot be settled
        ("NXP2, Ro52 negativ", "antibody_status_unclear"),
        ("NXP2, ANA neg", "antibody_status_unclear"),
        ("NXP2 - Ro52 +", "antibody_status_unclear"),
        ("NXP2 pos, NXP2 neg", "antibody_contradictory"),
        ("MSA neg., NXP2 pos.", "antibody_contradictory"),
        ("NXP2 nicht positiv", "antibody_not_understood"),
        ("NXP2?", "antibody_not_understood"),
        ("V.a. NXP2", "antibody_not_understood"),
        ("anti-XYZ pos", "antibody_not_understood"),
        ("positiv", "antibody_not_named"),
        ("+", "antibody_not_named"),
        ("-", "antibody_status_unclear"),
        ("Ro pos", "antibody_ambiguous"),
        ("Ro52 pos", "antibody_panel_incomplete"),
        ("NXP2 1:320", "antibody_status_unclear"),
        ("NXP2 45 U/ml", "antibody_status_unclear"),
    ],
)
def test_a_cell_means(cell, meaning):
    got = read(cell)
    if cell == "+":
        assert got in ("antibody_not_named", "antibody_status_unclear")
    else:
        assert got == meaning


def test_borderline_is_what_the_mapping_says():
    assert read("NXP2 (+)", borderline_as="positive") == ("NXP2", None)
    assert read("NXP2 (+)", borderline_as="negative") == ("none", None)
    assert read("NXP2 (+)", borderline_as="untested") == ("untested", None)
    assert read("NXP2 grenzw., Ro52 (+)", borderline_as="positive") == ("NXP2", True)


def test_an_incomplete_panel_is_what_the_mapping_says():
    assert read("MDA5 neg", incomplete="untested") == ("untested", None)
    assert read("Ro52 pos", incomplete="none") == ("none", True)


def test_an_order_settles_several_antibodies():
    assert read("MDA5 +, Mi-2 +", order=("Mi2", "MDA5")) == ("Mi2", None)
    assert read("NXP2 +, Mi-2 +", order=("Mi2",)) == ("NXP2", None)
    assert read("NXP2 +, Mi-2 +", order=("Mi2", "NXP2")) == ("Mi2", None)
    assert read("SRP +, Mi-2 +", order=("Mi2",)) == "several_antibodies"


def test_own_words_come_before_the_built_in_ones():
    assert read("NXP2 n.d.", negative=("n.d.",)) == ("none", None)
    assert read("NXP2 Bande stark", positive=("Bande stark",)) == ("NXP2", None)


def test_figures_need_a_cut_off():
    assert read("NXP2 1:320", cut_off="1:160") == ("NXP2", None)
    assert read("NXP2 1:80", cut_off="1:160") == ("none", None)
    assert read("NXP2 45 U/ml", cut_off=15) == ("NXP2", None)
    assert read("NXP2 14,9", cut_off=15.0) == ("none", None)
    assert read("NXP2 <7", cut_off=15) == ("none", None)
    assert read("NXP2 <70", cut_off=15) == "antibody_status_unclear"
    assert read("NXP2 1:320", cut_off=15) == "antibody_status_unclear"


def panel(columns, **rule):
    tests = {name: name for name in columns}
    record = ColumnRule(panel=tests, **rule)
    cells = {
        name: np.array(list(words), dtype=object) for name, words in columns.items()
    }
    column = read_panel(
        cells, record, Notation(","), lambda cell: not str(cell).strip()
    )
    refused = {int(row): why.rule for rows, why in column.wrong for row in rows}
    return [
        refused.get(row, value and (value.antibody, value.ro52))
        for row, value in enumerate(column.values)
    ], column


@pytest.mark.parametrize("word", ["n.d.", "ND", "-", "–", "0", "1"])
def test_a_word_with_two_readings_needs_to_be_declared(word):
    assert read(word) == "antibody_status_unclear"
    assert read(word, not_tested=(word,)) == ("untested", None)
    assert read(word, negative=(word,)) == ("none", None)
    assert read(word, positive=(word,)) == "antibody_not_named"
    cells = {"NXP2": [word], "Mi2": ["pos"]}
    assert panel(cells)[0] == ["antibody_status_unclear"]
    for status in ("negative", "not_tested"):
        assert panel(cells, **{status: (word,)})[0] == [("Mi2", None)]
    both = panel({"NXP2": [word], "Mi2": ["neg"]}, positive=(word,))[0]
    assert both == [("NXP2", None)]


def test_a_dash_behind_a_name_is_negative_whatever_the_dash_alone_means():
    assert read("NXP2 -", not_tested=("-",)) == ("none", None)
    assert read("Mi-2 +", not_tested=("-",)) == ("Mi2", None)


def test_a_panel_by_hand():
    results, column = panel(
        {
            "NXP2": ["pos", "-", "neg", "n.d.", None, None, "neg", "(+)", "ja"],
            "p155/140": ["neg", "+", "neg", "n.d.", None, "neg", None, "-", "nein"],
            "Ro52": ["++", "-", None, "n.d.", None, "+", "?", "-", None],
        },
        negative=("-",),
        not_tested=("n.d.",),
    )
    assert results == [
        ("NXP2", True),
        ("TIF1g", False),
        ("none", None),
        ("untested", None),
        None,
        "antibody_panel_incomplete",
        "antibody_not_understood",
        "antibody_borderline",
        ("NXP2", None),
    ]
    counted = {
        note.became: rows for note, rows in column.notes if note.what == "panel read"
    }
    assert counted["NXP2, Ro52 found"] == 1 and counted["untested"] == 1


def test_figures_of_a_panel_need_a_cut_off():
    cells = {"NXP2": ["45", "3", "14.5"], "Mi2": ["2", "2", "2"]}
    assert panel(cells)[0] == ["antibody_not_understood"] * 3
    assert panel(cells | {"NXP2": ["45", "3", "14,5"]}, cut_off=15)[0] == [
        ("NXP2", None),
        ("none", None),
        ("none", None),
    ]


def test_two_targets_of_one_antibody_do_not_contradict_each_other():
    assert panel({"NXP2": ["neg"], "Jo-1": ["neg"], "PL-7": ["pos"]})[0] == [
        ("ARS", None)
    ]


def test_what_is_left_untested_beside_a_negative_nxp2_is_noted():
    results, column = panel({"NXP2": ["neg"], "SRP": [None]})
    assert results == [("none", None)]
    assert any("some not tested" in note.what for note, _ in column.notes)


@given(st.text(max_size=40))
def test_any_text_is_refused_or_has_a_meaning(text):
    outcome = reader()(text)
    if not isinstance(outcome, Refused):
        assert outcome.value.antibody is not None


WORDS = (
    *(
        "NXP2",
        "MJ",
        "p140",
        "p155/140",
        "MDA5",
        "Ro52",
        "140",
        "kDa",
        "pos",
        "neg",
        "+",
    ),
    *(
        "-",
        "(+)",
        ",",
        ";",
        "/",
        "(",
        ")",
        "und",
        "MSA",
        "Rest",
        "n.d.",
        "kein",
        "anti-",
    ),
    *(":", "1:320", "nicht"),
)


@given(st.lists(st.sampled_from(WORDS), max_size=8))
def test_no_order_of_known_words_breaks_the_reader(words):
    outcome = reader()(" ".join(words))
    if not isinstance(outcome, Refused) and outcome.value.antibody == "NXP2":
        assert {"NXP2", "MJ", "p140"} & set(words)
