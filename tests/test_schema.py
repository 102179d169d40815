"""The tables as data: what the schema says is complete and consistent with itself."""

from __future__ import annotations

import dataclasses

import pytest

from jdm_stats import schema
from jdm_stats.schema import ANTIBODIES, MEASURES, STEROIDS, TABLES, nearest

EVERY_COLUMN = [
    pytest.param(table, column, id=f"{table.name}.{column.name}")
    for table in TABLES.values()
    for column in table.columns
]


def test_the_tables_have_the_columns_of_the_contract() -> None:
    assert {name: " ".join(table.names) for name, table in TABLES.items()} == {
        "patients": "patient_id sex age_at_diagnosis_years diagnosis_year weight_kg "
        "height_cm antibody antibody_test_day ro52 centre entry_day exit_day "
        "exit_reason cmas mmt8 physician_global ck_u_l dysphagia oedema skin_ulcer "
        "calcinosis pattern",
        "courses": "patient_id drug route start_day stop_day dose_mg dose_basis "
        "every_n_days as_needed",
        "events": "patient_id day event site definite",
        "assessments": "patient_id day measure value",
    }


def test_the_required_columns() -> None:
    required = {
        name: {column.name for column in table.columns if column.required}
        for name, table in TABLES.items()
    }
    assert required == {
        "patients": {"patient_id", "antibody", "entry_day", "exit_day", "exit_reason"},
        "courses": {"patient_id", "drug", "route", "start_day"},
        "events": {"patient_id", "day", "event"},
        "assessments": {"patient_id", "day", "measure", "value"},
    }


@pytest.mark.parametrize(("table", "column"), EVERY_COLUMN)
def test_a_column_says_what_it_means_and_in_what_unit(
    table: schema.Table, column: schema.Column
) -> None:
    assert table[column.name] is column
    assert column.meaning
    if column.kind in (schema.INTEGER, schema.NUMBER):
        assert column.unit or column.name == "value"
    if column.kind == schema.INTEGER:  # so that every whole number fits Int64
        assert column.low is not None and column.high is not None
    if column.allowed:
        assert column.kind == schema.TEXT
        assert len(set(column.allowed)) == len(column.allowed)


def test_no_column_is_named_twice() -> None:
    for table in TABLES.values():
        assert len(set(table.names)) == len(table.names)
    with pytest.raises(KeyError):
        TABLES["events"]["dose_mg"]


def test_a_measure_at_diagnosis_and_later_has_one_range() -> None:
    for name in ("cmas", "mmt8", "physician_global", "ck_u_l", "weight_kg"):
        assert MEASURES[name] is TABLES["patients"][name]


def test_the_schema_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLES["events"] = TABLES["courses"]  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        TABLES["events"]["day"].low = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("nxp2", "NXP2"),
        ("NPX2", "NXP2"),
        ("anti-TIF1g", "TIF1g"),
        ("TIF-1", "TIF1g"),
        ("MDA-5", "MDA5"),
        ("PM/Scl", "PMScl"),
        ("None", "none"),
    ],
)
def test_the_nearest_antibody(word: str, meant: str) -> None:
    assert nearest(word, ANTIBODIES) == meant


def test_nothing_is_near_a_strange_word() -> None:
    assert nearest("aspirin", STEROIDS) is None
    assert nearest("", STEROIDS) is None
    assert nearest("---", STEROIDS) is None


def test_ranges_are_said_in_words() -> None:
    patients = TABLES["patients"]
    assert patients["cmas"].range_in_words == "0 or more and 52 or less points"
    assert patients["ck_u_l"].range_in_words == "more than 0 U/L"
    assert TABLES["assessments"]["value"].range_in_words == "any number"
