"""A mapping applied: by hand first, then each rule of values, doses and days."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.checks import check_tables
from jdm_stats.cohort.mapping.apply import RULES
from jdm_stats.cohort.mapping.model import MappingError
from tests.cohort.mapping.register import (
    DATES,
    PATIENTS,
    children,
    counted,
    mapped,
    raw,
    told,
)


def test_two_children_by_hand():
    result = mapped(DATES + PATIENTS, children())
    patients = result.tables["patients"]
    ro52 = patients.pop("ro52")
    assert ro52.isna().tolist() == [True, False] and not ro52[1]
    assert patients.to_dict("list") == {
        "patient_id": ["K1", "K2"],
        "age_at_diagnosis_years": [9.0, 7 + 1 / 366],
        "diagnosis_year": [2019, 2019],
        "antibody": ["NXP2", "none"],
        "entry_day": [0, 1],
        "exit_day": [365, 731],
        "exit_reason": ["administrative"] * 2,
    }
    assert result.faults == () and check_tables(result.tables)[1] == []
    assert list(result.places["patients"]) == ["kinder.csv line 2", "kinder.csv line 3"]
    assert repr(result) == (
        "Mapped('cohort': 2 patients, 0 courses, 0 events, 0 assessments; no faults, "
        f"{len(result.tally)} kinds of change)"
    )
    assert "MSA neg., Ro52 -" in result._repr_html_()


def test_a_value_no_word_names_is_a_fault_in_every_row_with_its_count():
    text = DATES + PATIENTS.replace(
        '{ value = "administrative" }', '{ column = "S", values = { lebt = "lost" } }'
    )
    result = mapped(text, children(S=["weg", "weg"]))
    assert told(result) == [
        ("value_not_mapped", "exit_reason", 1, "K1", "kinder.csv line 2, column 'S'"),
        ("value_not_mapped", "exit_reason", 2, "K2", "kinder.csv line 3, column 'S'"),
    ]
    assert "(in 2 rows)" in result.faults[0].message
    softer = text.replace('= "lost" }', '= "lost" }, otherwise = "lost"')
    result = mapped(softer, children(S=["weg", " LEBT "]))
    assert result.tables["patients"]["exit_reason"].tolist() == ["lost", "lost"]
    assert counted(result, what="recoded by otherwise") == 1
    assert counted(result, what="recoded") == 1


def test_a_missing_date_of_diagnosis_is_told_once_for_the_child():
    result = mapped(DATES + PATIENTS, children(Dx=["01.03.2019", None]))
    assert told(result) == [
        (
            *("diagnosis_date_missing", "diagnosis_year", 2, "K2"),
            "kinder.csv line 3, column 'Dx'",
        )
    ]
    assert result.silent == {("patients", 2, "entry_day"), ("patients", 2, "exit_day")}
    faults = check_tables(result.tables)[1]
    assert {(f.table, f.row, f.column) for f in faults} == result.silent


def test_dates_before_birth_and_after_the_export_are_refused():
    text = DATES + 'extracted = "2020-12-31"'.replace('"', "") + PATIENTS
    result = mapped(text, children(auf=["01.02.2010", "03.03.2019"]))
    assert [fault[:4] for fault in told(result)] == [
        ("date_before_birth", "entry_day", 1, "K1"),
        ("date_out_of_range", "exit_day", 2, "K2"),
    ]
    result = mapped(DATES + PATIENTS, children(Geb=["02.03.2019", "01.03.2012"]))
    assert {fault[:3] for fault in told(result)} == {
        ("date_before_birth", "entry_day", 1),
        ("date_before_birth", "diagnosis_year", 1),
    }


COURSES = """
[[courses]]
from = "med"
[courses.columns]
patient_id = "Nr"
drug = "Mittel"
route = "Weg"
start_day = { column = "von", date = true }
"""


def with_courses(more=""):
    return (
        DATES
        + PATIENTS.replace(
            "[patients.columns]", '[patients]\nfrom = "kinder"\n[patients.columns]'
        )
        + COURSES
        + more
    )


def med(**columns):
    rows = len(next(iter(columns.values())))
    given = {
        "Nr": ["K1"] * rows,
        "Mittel": ["Decortin H"] * rows,
        "Weg": ["p.o."] * rows,
    }
    return raw("med", **(given | {"von": ["01.03.2019"] * rows} | columns))


def test_a_dose_in_words_fills_basis_interval_and_last_day():
    text = with_courses(
        'stop_day = { column = "bis", date = true }\n'
        'dose_mg = { column = "Dosis", read = "dose" }\n'
    )
    result = mapped(
        text,
        children(),
        med(
            Dosis=[
                "2 mg/kg/d",
                "40 mg alle 2 Tage",
                "1 g x 3 Tage",
                "1 g x 3 Tage",
                "bei Bedarf",
            ],
            bis=["10.03.2019", None, None, "04.03.2019", None],
        ),
    )
    courses = result.tables["courses"]
    assert courses["dose_mg"].tolist()[:4] == [2, 40, 1000, 1000]
    assert courses["dose_basis"].tolist() == [
        *("per_kg_day", "per_dose", "per_day", "per_day", None),
    ]
    assert courses["every_n_days"].tolist()[1] == 2
    assert courses["as_needed"].tolist()[4] is True
    assert courses["stop_day"].tolist()[:3:2] == [9, 2]
    assert [fault[:3] for fault in told(result)] == [
        ("columns_contradict", "stop_day", 4)
    ]
    assert counted(result, what="dose of no stated span, by rule") == 2
    assert counted(result, what="last day from the days of the dose") == 1


def test_a_unit_and_a_column_of_the_basis_may_not_contradict():
    text = with_courses(
        'dose_mg = { column = "Dosis", unit = { column = "E" } }\n'
        'dose_basis = { column = "B", values = { kg = "per_kg_day", d = "per_day" } }\n'
    )
    result = mapped(
        text,
        children(),
        med(Dosis=["2", "2", "2"], E=["mg/kg", "mg/kg", "mg"], B=["kg", "d", "d"]),
    )
    assert result.tables["courses"]["dose_basis"].tolist() == [
        "per_kg_day",
        None,
        "per_day",
    ]
    assert [fault[:3] for fault in told(result)] == [
        ("columns_contradict", "dose_basis", 2)
    ]


def test_days_already_counted_and_counted_from_another_date():
    text = with_courses(
        'stop_day = { column = "Dauer", days = true, origin = "von", plus = -1 }\n'
    )
    result = mapped(
        text, children(), med(Dauer=["10", "1", None, "x"], von=["05.03.2019"] * 4)
    )
    assert result.tables["courses"]["stop_day"].tolist()[:2] == [13, 4]
    assert [fault[:3] for fault in told(result)] == [
        ("number_not_understood", "stop_day", 4)
    ]
    counted_already = 'column = "von", days = true, plus = -1'
    result = mapped(
        with_courses().replace('column = "von", date = true', counted_already),
        children(),
        med(von=["1", "8"]),
    )
    assert result.tables["courses"]["start_day"].tolist() == [0, 7]
    assert counted(result, what="days shifted") == 2


def test_an_unknown_child_is_left_to_the_checks_of_the_tables():
    result = mapped(with_courses(), children(), med(Nr=["K9"]))
    assert result.faults == () and ("courses", 1, "start_day") in result.silent
    assert {f.rule for f in check_tables(result.tables)[1]} == {
        *("missing_value", "unknown_patient")
    }


def test_typed_cells_of_workbooks_and_databases():
    typed = children(
        Nr=[1, 2],
        Dx=[pd.Timestamp("2019-03-01 10:30"), pd.Timestamp("2019-03-02")],
    )
    result = mapped(DATES + PATIENTS, typed)
    assert result.tables["patients"]["patient_id"].tolist() == ["1", "2"]
    assert counted(result, what="time of day dropped") == 1
    assert counted(result, what="int as text") == 2


def test_a_mapping_that_does_not_fit_the_export_is_refused_with_near_names():
    with pytest.raises(MappingError) as caught:
        mapped(
            DATES.replace('"Dx"', '"Diagnose"') + PATIENTS.replace('"AK"', '"AKK"'),
            children(),
        )
    assert len(caught.value.problems) == 2
    assert "did you mean 'AK'?" in str(caught.value)
    with pytest.raises(MappingError, match=r"no table 'medi'; did you mean 'med'\?"):
        mapped(
            with_courses().replace('"med"', '"medi"'), children(), med(von=["1.3.2019"])
        )
    with pytest.raises(MappingError, match="say which table is meant"):
        mapped(DATES + PATIENTS, children(), med(von=["1.3.2019"]))
    twice = children()
    twice.frame.columns = ["Nr", "Geb", "Dx", "AK", "auf", "auf"]
    with pytest.raises(MappingError, match="'auf' stands 2 times"):
        mapped(DATES + PATIENTS, twice)


def test_an_empty_export_makes_empty_tables():
    result = mapped(
        DATES + PATIENTS, raw("kinder", Nr=[], Geb=[], Dx=[], AK=[], auf=[], bis=[])
    )
    assert len(result.tables["patients"]) == 0 and result.faults == ()
    assert [f.rule for f in check_tables(result.tables)[1]] == ["no_patients"]


def test_the_export_is_not_changed():
    before = children()
    frame = before.frame.copy()
    mapped(DATES + PATIENTS, before)
    pd.testing.assert_frame_equal(before.frame, frame)


def test_every_rule_told_is_in_the_catalogue():
    result = mapped(
        with_courses('dose_mg = { column = "D", unit = "mg" }\nevery_n_days = "S"\n'),
        children(AK=["140 kDa", "foo"], Dx=["31.2.2019", None]),
        med(D=["x", "<5"], S=["oft", "1"], Mittel=["Kortison", "Foo"]),
    )
    assert {fault.rule for fault in result.faults} <= RULES.keys()
    assert len(result.faults) == 9
    assert all(text.endswith(".") for text in RULES.values())
