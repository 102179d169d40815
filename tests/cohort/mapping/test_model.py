"""What a mapping file may say; every fault of it is told at once, with its place."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jdm_stats.cohort.mapping.model import CohortMapping, MappingError
from jdm_stats.errors import UsageError

WHOLE = """
version = 1
[cohort]
name = "Register Musterstadt"
[read]
delimiter = ";"
decimal = ","
missing = ["", "k.A.", "?"]
[dates]
format = "DD.MM.YYYY"
diagnosis = "Diagnosedatum"
birth = "Geburtsdatum"
[patients]
from = "kinder"
where = { Satzart = ["P", "?"] }
[patients.columns]
patient_id = "PatNr"
sex = { column = "Geschlecht", values = { w = "female", m = "male", "?" = "missing" } }
weight_kg = { column = "Gewicht", unit = "kg" }
antibody = { panel = { NXP2 = "a", "p155/140" = { column = "b", cut_off = 15 } } }
entry_day = { value = 0 }
exit_day = { column = "zuletzt", date = "YYYY-MM-DD" }
exit_reason = { column = "Status", values = { lebt = "administrative" } }
dysphagia = { column = "Dysphagie", values = { ja = true, nein = false }, blank = false }
[[courses]]
from = "medikation"
[courses.columns]
patient_id = "PatNr"
drug = "Praeparat"
route = { value = "oral" }
start_day = { column = "von", date = true }
dose_mg = { column = "Dosis", unit = { column = "Einheit" } }
"""


def problems(text):
    with pytest.raises(MappingError) as caught:
        CohortMapping.from_text(text)
    assert isinstance(caught.value, UsageError)
    return caught.value.problems


def changed(before, after):
    assert WHOLE.count(before) == 1
    return WHOLE.replace(before, after)


def test_a_whole_mapping_is_read(tmp_path):
    mapping = CohortMapping.from_text(WHOLE)
    assert repr(mapping) == (
        "CohortMapping('Register Musterstadt': 1 block for patients, 1 block for courses)"
    )
    path = tmp_path / "m.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())
    again = CohortMapping.from_toml(path)
    assert again.patients == mapping.patients and len(again.sha256) == 64
    assert again.name == "the mapping m.toml"
    assert pickle.loads(pickle.dumps(again)) == again


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'diagnosis = "D',
            'diagnose = "D',
            "dates.diagnose: is not a key here; did you",
        ),
        (
            'from = "medikation"',
            'form = "x"',
            "courses[1].form: is not a key here; did",
        ),
        (
            'delimiter = ";"',
            'delimiter = ";;"',
            "read: delimiter must be one character",
        ),
        ("version = 1", "version = 2", "version: input should be 1; received 2"),
        (
            'w = "female"',
            'w = "weiblich"',
            "values: 'w' = 'weiblich' is not a value of sex",
        ),
        (
            'w = "female"',
            'w = "?"',
            "patients.columns.sex.values.w: the question '?' is",
        ),
        (
            "weight_kg =",
            "weight =",
            "the table patients has no such column; did you mean",
        ),
        ('unit = "kg"', 'unit = "cm"', "unit: 'cm' is no unit of weight_kg"),
        ('"DD.MM.YYYY"', '"MM.YYYY"', "dates.format: 'MM.YYYY' has no day"),
        ('"DD.MM.YYYY"', '"DD.MM.YY"', "has years of two digits; say with pivot"),
        ("NXP2 =", "NXP3 =", "panel: 'NXP3' is not an antibody"),
        ("cut_off = 15", 'cut_off = "hoch"', "cut_off 'hoch' is no cut-off"),
        ("{ value = 0 }", "{ value = 0.5 }", "value: 0.5 must be a whole number"),
        ("{ value = 0 }", "{ }", "give one of column, value (a constant) or panel"),
        ("{ value = 0 }", '{ value = 0, unit = "d" }', "a constant stands alone"),
        ("{ value = 0 }", '{ column = "x" }', "say either date = true"),
        ("blank = false", 'blank = "nein"', "blank: 'nein' must be true, false or"),
        ("nein = false", '"JA " = false', "are the same word but for case and spaces"),
        (
            'route = { value = "oral" }',
            "",
            "courses.columns.route: is missing; it holds",
        ),
        (
            'route = { value = "oral" }',
            'route = { value = "op" }',
            "is not a value of route",
        ),
        (
            'drug = "Praeparat"',
            'drug = { column = "a", unit = "mg" }',
            "unit: drug has none",
        ),
        (
            'drug = "Praeparat"',
            'drug = { column = "a", date = true }',
            "is for days, which",
        ),
        (
            'drug = "Praeparat"',
            'drug = { column = "a", read = "dose" }',
            "is for dose_mg",
        ),
        (
            'drug = "Praeparat"',
            'drug = { column = "a", otherwise = "other" }',
            "needs values",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(before, after, said):
    assert any(said in problem for problem in problems(changed(before, after)))


def test_all_faults_are_told_at_once():
    text = changed('w = "female"', 'w = "frau"').replace('unit = "kg"', 'unit = "cm"')
    text = text.replace('"DD.MM.YYYY"', '"foo"')
    assert len(problems(text)) == 3


def test_all_open_questions_are_listed():
    text = changed('w = "female"', 'w = "?"').replace('"Dosis"', '"?"')
    assert [said.partition(":")[0] for said in problems(text)] == [
        "patients.columns.sex.values.w",
        "courses[1].columns.dose_mg.column",
    ]


def test_a_table_of_diagnosis_is_needed_for_dates():
    text = changed('diagnosis = "Diagnosedatum"\n', "")
    assert any("dates.diagnosis: is missing" in said for said in problems(text))


def test_a_file_that_is_none(tmp_path):
    with pytest.raises(MappingError, match="cannot be read"):
        CohortMapping.from_toml(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes('name = "Müller"'.encode("latin-1"))
    with pytest.raises(MappingError, match="not UTF-8"):
        CohortMapping.from_toml(tmp_path / "latin.toml")
    assert "is not TOML" in problems("a = = b")[0]


def test_an_error_can_be_pickled():
    error = MappingError(["a: b"], "the mapping x")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) and again.problems == ("a: b",)


@given(st.text(max_size=80))
def test_any_text_is_a_mapping_or_a_mapping_error(text):
    with pytest.raises(MappingError):
        CohortMapping.from_text(text)


JSONISH = st.recursive(
    st.sampled_from(
        ["?", "x", "", "true", "1", "[]", '""', '"kg"', "1.5", "-1", "1979-05-27"]
    ),
    lambda inner: st.lists(inner, max_size=2).map(lambda v: f"[{', '.join(v)}]"),
    max_leaves=3,
)
LINES = [line for line in WHOLE.splitlines() if "=" in line]


@given(st.sampled_from(LINES), JSONISH)
def test_any_value_anywhere_is_read_or_told(line, value):
    key = line.split("=")[0]
    try:
        CohortMapping.from_text(WHOLE.replace(line, f"{key} = {value}"))
    except MappingError as error:
        assert error.problems
