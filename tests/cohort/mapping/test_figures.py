"""Numerals, units, doses, intervals and drugs as they are written, one by one."""

from __future__ import annotations

import datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.cohort.mapping.doses import dose_reader
from jdm_stats.cohort.mapping.dosing import read_interval
from jdm_stats.cohort.mapping.drug_names import AMBIGUOUS_DRUGS, DRUG_NAMES
from jdm_stats.cohort.mapping.drugs import drug_named, read_drug
from jdm_stats.cohort.mapping.figures import read_figures
from jdm_stats.cohort.mapping.numbers import Notation, read_numeral
from jdm_stats.cohort.mapping.recodes import Settled
from jdm_stats.cohort.mapping.rules import ColumnRule
from jdm_stats.cohort.mapping.understanding import Refused
from jdm_stats.cohort.mapping.units import dose_unit, factor
from jdm_stats.schema import MEASURES, OTHER_DRUGS, STEROIDS, TABLES
from tests.cohort.mapping.register import DATES, PATIENTS, children, mapped

COMMA, POINT, UNSAID = Notation(","), Notation("."), Notation()


@pytest.mark.parametrize(
    ("cell", "notation", "meaning"),
    [
        ("20,5", COMMA, 20.5),
        ("20.5", COMMA, "number_not_understood"),
        ("1.234", COMMA, "number_not_understood"),
        ("1.234,5", Notation(",", "."), 1234.5),
        ("12.34,5", Notation(",", "."), "number_not_understood"),
        ("1 234,5", Notation(",", " "), 1234.5),
        ("1,234", POINT, "number_not_understood"),
        ("1,234.5", Notation(".", ","), 1234.5),
        ("20.5", UNSAID, 20.5),
        ("20,5", UNSAID, "decimal_mark_unclear"),
        ("1.234", UNSAID, "decimal_mark_unclear"),
        ("-3", POINT, -3),
        ("1e3", POINT, 1000),
        ("½", POINT, 0.5),
        ("1½", POINT, 1.5),
        ("1 1/2", POINT, 1.5),
        ("5/7", POINT, "number_not_understood"),
        ("48/52", Notation(".", fractions=False, out_of=52), 48),
        ("26/52", Notation(".", fractions=False, out_of=52), 26),
        ("<5", POINT, "number_is_a_limit"),
        ("<5", Notation(".", below="half"), 2.5),
        ("<5", Notation(".", below="limit"), 5),
        ("<5", Notation(".", below="missing"), None),
        (">100", Notation(".", above="limit"), 100),
        ("ca. 40", POINT, "number_not_understood"),
        ("40-50", POINT, "number_not_understood"),
        ("1.5.2019", POINT, "number_not_understood"),
        ("١٢", POINT, "number_not_understood"),
        ("nan", POINT, "number_not_understood"),
        ("inf", POINT, "number_not_understood"),
        (True, POINT, "number_not_understood"),
        (datetime.date(2019, 2, 1), POINT, "number_is_a_date"),
        (7, POINT, 7),
        (np.float64(7.5), POINT, 7.5),
    ],
)
def test_a_numeral(cell, notation, meaning):
    outcome = read_numeral(cell, notation)
    assert (outcome.rule if isinstance(outcome, Refused) else outcome.value) == meaning


@given(
    st.text(max_size=20), st.sampled_from([COMMA, POINT, UNSAID, Notation(",", ".")])
)
def test_any_text_is_refused_or_a_number(text, notation):
    read_numeral(text, notation)
    dose_reader(notation)(text)
    read_interval(text, notation)
    read_drug(text)


def figures(column, cells, notation=COMMA, units=None, measures=None, **rule):
    record = ColumnRule(column="x", **rule)
    made = read_figures(
        np.array(cells, dtype=object),
        column,
        record,
        notation,
        Settled(record, ("k.A.", "-9")),
        unit_cells=None if units is None else np.array(units, dtype=object),
        measures=None if measures is None else np.array(measures, dtype=object),
    )
    refused = {int(row): why.rule for rows, why in made.wrong for row in rows}
    return [refused.get(row, value) for row, value in enumerate(made.values)], made


def test_units_of_size_and_of_creatine_kinase():
    weight, height, ck = (
        MEASURES[name] for name in ("weight_kg", "height_cm", "ck_u_l")
    )
    assert figures(weight, ["20,5", "20500 g", "10 lb", "20 Äpfel"])[0] == [
        *(20.5, 20.5, 4.5359237, "unit_unknown"),
    ]
    assert figures(height, ["1,15 m", "115", "1150 mm"])[0] == [115, 115, 115]
    assert figures(height, ["1,15"], unit="m")[0] == [115]
    assert figures(ck, ["2 µkat/L", "2 μkat/l", "120 U/l"])[0] == [120, 120, 120]
    assert factor(ck, "nkat/L") == 0.06


def test_a_unit_in_its_own_column():
    rule = {"unit": {"column": "u", "values": {"Kilo!": "kg"}}}
    got, made = figures(
        MEASURES["weight_kg"],
        ["20", "20000", "20", "20", "20 kg", None, "20", "-9"],
        units=["kg", "g", None, "Kilo!", "g", None, "stone", "kg"],
        **rule,
    )
    assert got[:5] == [20, 20, "unit_missing", 20, "unit_contradictory"]
    assert got[5] is None and got[6] == "unit_unknown"
    assert {(n.was, n.became): rows for n, rows in made.notes if n.what == "unit"} == {
        ("g", "kg"): 1
    }


def test_the_unit_of_an_assessment_is_that_of_its_measure():
    value = TABLES["assessments"]["value"]
    got, _ = figures(
        value,
        ["2 µkat/l", "1,2 m", "2 µkat/l", "45/52"],
        measures=["ck_u_l", "height_cm", "weight_kg", "cmas"],
    )
    assert got[:3] == [120, 120, "unit_unknown"]


def test_mg_and_mg_per_kg_of_one_column_stay_apart():
    dose = TABLES["courses"]["dose_mg"]
    got, made = figures(
        dose,
        ["40", "2", "1", "15", "500", "3", "30"],
        units=["mg", "mg/kg", "g", "mg/m²", "µg/kg/d", "Hub", "mg/Woche"],
        unit={"column": "u"},
    )
    assert got == [40, 2, 1000, 15, 0.5, "unit_unknown", 30]
    assert made.brought["dose_basis"].tolist() == [
        *("per_day", "per_kg_day", "per_day", "per_m2", "per_kg_day", None, "per_dose"),
    ]
    assert made.brought["every_n_days"].tolist() == [None] * 6 + [7]
    assert figures(dose, ["40"])[0] == ["dose_without_unit"]
    assert figures(dose, ["40"], unit="mg", per="dose")[1].brought["dose_basis"][0] == (
        "per_dose"
    )


def dose(cell, **said):
    outcome = dose_reader(COMMA, **said)(cell)
    if isinstance(outcome, Refused):
        return outcome.rule
    value = outcome.value
    return value.mg, value.basis, value.every, value.as_needed, value.days


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("2 mg/kg/d", (2, "per_kg_day", None, None, None)),
        ("2 mg/kg KG/Tag", (2, "per_kg_day", None, None, None)),
        ("1 g", (1000, None, None, None, None)),
        ("1,5 g", (1500, None, None, None, None)),
        ("500 µg/d", (0.5, "per_day", None, None, None)),
        ("15 mg/m² 1x/Woche", (15, "per_m2", 7, None, None)),
        ("40 mg alle 2 Tage", (40, "per_dose", 2, None, None)),
        ("40 mg jeden 2. Tag", (40, "per_dose", 2, None, None)),
        ("40 mg alternate days", (40, "per_dose", 2, None, None)),
        ("40 mg un jour sur deux", (40, "per_dose", 2, None, None)),
        ("1 mg/kg/d jeden 2. Tag", (1, "per_kg_day", 2, None, None)),
        ("40 mg alle 4 Wochen", (40, "per_dose", 28, None, None)),
        ("40 mg tgl.", (40, "per_day", 1, None, None)),
        ("20 mg 2x tgl.", (40, "per_day", None, None, None)),
        ("20 mg BID", (40, "per_day", None, None, None)),
        ("2 mg/kg/d in 2 ED", (2, "per_kg_day", None, None, None)),
        ("20-0-10 mg", (30, "per_day", None, None, None)),
        ("bei Bedarf", (None, None, None, True, None)),
        ("20 mg PRN", (20, None, None, True, None)),
        ("1 g x 3 Tage", (1000, None, None, None, 3)),
        ("1 g/d an 3 Tagen", (1000, "per_day", None, None, 3)),
        ("1 g i.v. d1-3", (1000, None, None, None, 3)),
        ("½ mg", (0.5, None, None, None, None)),
        ("40", "dose_without_unit"),
        *(
            (cell, "dose_not_understood")
            for cell in (
                *("3 x 1 g", "2x20 mg", "1-0-1", "1-2 mg/kg/d", "40-20 mg", "40 Tbl"),
                *(
                    "40 mg -> 20 mg",
                    "40 mg ausschleichend",
                    "2 mg/kg/d 2x tgl",
                    "<5 mg",
                ),
                *("20 mg 5 Tage/Woche", "20 mg an 5 Tagen pro Woche"),
                *("40 mg 3x/Woche", "40 mg monatlich", "40 mg 1 g", "-5 mg", "1.5 g"),
                "2 mg/kg/d (max. 60 mg)",
            )
        ),
    ],
)
def test_a_dose_in_words(cell, meaning):
    got = dose(cell)
    if isinstance(meaning, tuple) and cell == "40 mg tgl.":
        assert got[:2] == meaning[:2] and got[2] in (None, 1)
    else:
        assert got == meaning


def test_a_bare_figure_takes_the_declared_unit():
    assert dose("40", declared="mg")[:2] == (40, None)
    assert dose("2", declared="mg/kg/d")[:2] == (2, "per_kg_day")


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        *((each, 1) for each in ("tgl.", "täglich", "1x tgl", "daily", "1", 1, "qd")),
        *((each, 2) for each in ("alle 2 Tage", "q2d", "qod", "every other day")),
        *(
            (each, 2)
            for each in ("cada 2 días", "tous les 2 jours", "a giorni alterni")
        ),
        *((each, 7) for each in ("wöchentlich", "1x/Woche", "weekly", "once a week")),
        *(
            (each, 14)
            for each in ("alle zwei Wochen", "q2w", "14-tägig", "2-wöchentlich")
        ),
        ("bei Bedarf", "as_needed"),
    ],
)
def test_an_interval_in_words(cell, days):
    assert read_interval(cell, COMMA).value == days


@pytest.mark.parametrize("cell", ["monatlich", "3x/Woche", "2x tgl", "biweekly", "oft"])
def test_an_interval_that_is_no_number_of_days_is_refused(cell):
    assert read_interval(cell, COMMA).rule == "interval_not_understood"


def test_units_of_doses_that_are_none():
    for said in ("Hub", "Tbl", "ml", "IE", "kg", "mg/", "mg/kg/kg", "mg/l", ""):
        assert dose_unit(said) is None


@pytest.mark.parametrize(
    ("name", "drug"),
    [
        ("Decortin", "prednisone"),
        ("Decortin H", "prednisolone"),
        ("DECORTIN-H 5 mg Tbl.", "prednisolone"),
        ("Solu-Decortin H", "prednisolone"),
        ("Rectodelt 100 mg Supp.", "prednisone"),
        ("Prednisolut", "prednisolone"),
        ("Urbason®", "methylprednisolone"),
        ("Solu-Medrol i.v.", "methylprednisolone"),
        ("Fortecortin", "dexamethasone"),
        ("Celestone", "betamethasone"),
        ("Kenacort", "triamcinolone"),
        ("Calcort", "deflazacort"),
        ("MTX", "methotrexate"),
        ("Lantarel", "methotrexate"),
        ("Endoxan", "cyclophosphamide"),
        ("Sandimmun", "ciclosporin"),
        ("Prograf", "tacrolimus"),
        ("CellCept", "mycophenolate"),
        ("Imurek", "azathioprine"),
        ("Quensyl", "hydroxychloroquine"),
        ("MabThera", "rituximab"),
        ("Xeljanz", "tofacitinib"),
        ("Jakavi", "ruxolitinib"),
        ("Olumiant", "baricitinib"),
        ("Privigen", "ivig"),
        ("IVIG", "ivig"),
        ("Plasmapherese", "plasma_exchange"),
        ("FFP", "fresh_frozen_plasma"),
    ],
)
def test_a_brand_is_known(name, drug):
    assert drug_named(name) == drug


def test_unknown_and_ambiguous_drugs_are_refused_never_other():
    for name in ("Pred", "Kortison", "MP", "CTX", "Immunglobuline", "PE"):
        assert read_drug(name).rule == "drug_ambiguous"
    for name in ("Ibuprofen", "Decortin X", "Vitamin D", "Prednisolon + MTX"):
        assert read_drug(name).rule == "drug_unknown"


def test_the_list_of_drugs_contradicts_neither_itself_nor_the_schema():
    assert set(DRUG_NAMES) <= set(STEROIDS + OTHER_DRUGS)
    seen: dict[str, str] = {}
    for drug, words in {**DRUG_NAMES, **AMBIGUOUS_DRUGS}.items():
        for word in words.split(", "):
            assert seen.setdefault(word.casefold().replace("-", " "), drug) == drug, (
                word
            )


def test_a_round_thousand_is_not_taken_for_one():
    dose = TABLES["courses"]["dose_mg"]
    unclear = "decimal_mark_unclear"
    assert figures(dose, ["1,000", "40"], unit="mg")[0] == [unclear, 40]
    assert figures(dose, ["1,000 mg", "40,5 mg"])[0] == [unclear, 40.5]
    assert figures(dose, ["1.000", "4"], POINT, unit="mg")[0] == [unclear, 4]


def test_a_column_kept_to_three_decimals_or_declared_itself_is_read():
    dose = TABLES["courses"]["dose_mg"]
    assert figures(dose, ["1,000", "0,125"], unit="mg")[0] == [1, 0.125]
    assert figures(dose, ["1,000", "4"], unit="mg", decimal=",")[0] == [1, 4]
    assert figures(dose, ["1.000", "4"], Notation(",", "."), unit="mg")[0] == [1000, 4]
    kept = {"unit": "mg", "values": {"1,000": 1000}}
    assert figures(dose, ["1,000", "4"], **kept)[0] == [1000, 4]


def test_a_dose_in_words_is_not_taken_for_a_thousandth():
    text = DATES + PATIENTS + DOSES
    sheet = children(Gabe=["1,000 mg tgl.", "40 mg tgl."])
    result = mapped(text, sheet)
    assert [fault.rule for fault in result.faults] == ["decimal_mark_unclear"]
    assert result.tables["courses"]["dose_mg"].tolist()[1] == 40
    declared = text.replace('read = "dose"', 'read = "dose", decimal = ","')
    assert mapped(declared, sheet).tables["courses"]["dose_mg"].tolist() == [1, 40]


DOSES = """
[[courses]]
[courses.columns]
patient_id = "Nr"
drug = { value = "prednisone" }
route = { value = "oral" }
start_day = { value = 0 }
dose_mg = { column = "Gabe", read = "dose" }
"""
