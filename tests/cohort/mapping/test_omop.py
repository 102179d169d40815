"""An OMOP source: who has JDM, since when, how long observed, and what cannot be known."""

from __future__ import annotations

import pandas as pd
import pytest
import sqlalchemy

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.files import mapping_tally, read_cohort
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.omop import omop_mapping, omop_tables
from jdm_stats.cohort.mapping.omop_codes import read_codes
from jdm_stats.cohort.mapping.propose import propose_mapping
from jdm_stats.errors import CohortError, UsageError

CONCEPT = [
    ("8532", "FEMALE", "Gender", "F"),
    ("1", "Juvenile dermatomyositis", "SNOMED", "1212005"),
    ("2", "Perforation of intestine", "SNOMED", "56905009"),
    ("3", "Duodenal ulcer with perforation", "ICD10CM", "K26.1"),
    ("4", "prednisone 5 MG Oral Tablet", "RxNorm", "312617"),
    ("5", "methylprednisolone 1000 MG Injection", "RxNorm", "x"),
    ("6", "ibuprofen 200 MG Oral Tablet", "RxNorm", "y"),
    ("7", "Intravenous", "SNOMED", "r"),
    ("8", "Body weight", "LOINC", "29463-7"),
    ("9", "kilogram", "UCUM", "kg"),
    ("10", "NXP2 antibody", "LOINC", "z"),
    ("11", "Positive", "SNOMED", "p"),
    ("12", "milligram", "UCUM", "mg"),
    ("13", "perforation of jejunum", "SNOMED", "below"),
]


def frame(name: str, columns: str, *rows: tuple) -> dict[str, RawTable]:
    cells = pd.DataFrame(list(rows), columns=columns.split(), dtype=object)
    return {name: RawTable(name, name, cells.where(cells.notna(), None))}


def source(**changed: dict[str, RawTable]) -> dict[str, RawTable]:
    parts = {
        "person": frame(
            "person",
            "person_id gender_concept_id year_of_birth month_of_birth day_of_birth",
            (1, 8532, 2010, 6, 1),
            (2, 8532, 2011, None, None),
            (3, 8532, 1990, 1, 1),
        ),
        "observation_period": frame(
            "observation_period",
            "person_id observation_period_start_date observation_period_end_date",
            (1, "2015-01-01", "2020-12-31"),
            (2, "2015-01-01", "2016-06-30"),
            (2, "2017-01-01", "2020-12-31"),
            (3, "2015-01-01", "2020-12-31"),
        ),
        "condition_occurrence": frame(
            "condition_occurrence",
            "person_id condition_concept_id condition_start_date condition_source_value"
            " condition_source_concept_id",
            (1, 1, "2016-05-01", "M33.0", 0),
            (1, 1, "2016-04-01", "M33.0", 0),
            (1, 2, "2016-09-01", "K26.1", 3),
            (1, 0, "2016-09-01", "K63.1", 0),
            (1, 0, "2016-10-01", "J18.9", 0),
            (2, 0, "2016-08-01", "710.3", 0),
            (3, 0, "2016-08-01", "710.3", 0),
        ),
        "death": frame("death", "person_id death_date", (1, "2019-03-01")),
        "concept": frame(
            "concept", "concept_id concept_name vocabulary_id concept_code", *CONCEPT
        ),
    }
    return {
        name: table
        for part in (parts | changed).values()
        for name, table in part.items()
    }


def cells(unfolded, table: str, *names: str) -> list[list]:
    return unfolded[table].frame[list(names)].values.tolist()


def tallied(unfolded, what: str) -> int:
    tally = unfolded.tally
    return int(tally.loc[tally["what"].str.contains(what), "rows"].sum())


class TestChildren:
    def test_day_0_is_the_first_code_and_exit_is_death(self):
        unfolded = omop_tables(source())
        names = ("person_id", "sex", "birth_date", "diagnosis_date")
        assert cells(unfolded, "children", *names)[0] == [
            *("1", "FEMALE", "2010-06-01", "2016-04-01")
        ]
        names = ("entry_date", "exit_date", "exit_reason")
        assert cells(unfolded, "children", *names) == [
            ["2016-04-01", "2019-03-01", "death"],
            ["2017-01-01", "2020-12-31", "administrative"],
        ]

    def test_dermatomyositis_counts_only_before_18(self):
        unfolded = omop_tables(source())
        assert cells(unfolded, "children", "person_id") == [["1"], ["2"]]
        assert tallied(unfolded, "not certainly before 18") == 1

    def test_a_birthday_that_is_not_known_gives_no_age(self):
        unfolded = omop_tables(source())
        assert cells(unfolded, "children", "birth_date")[1] == [None]
        assert tallied(unfolded, "day of birth not known") == 1

    def test_a_first_code_at_18_is_left_out_and_counted(self):
        grown = frame(
            "person", "person_id year_of_birth month_of_birth day_of_birth",
            (1, 1990, 1, 1), (2, 2011, 1, 1),
        )  # fmt: skip
        unfolded = omop_tables(source(person=grown))
        assert cells(unfolded, "children", "person_id") == [["2"]]
        assert tallied(unfolded, "first code at 18 or later") == 1

    def test_a_child_seen_no_more_after_day_0_is_left_out_and_counted(self):
        periods = frame(
            "observation_period",
            "person_id observation_period_start_date observation_period_end_date",
            (1, "2015-01-01", "2016-03-31"), (2, "2015-01-01", "2016-12-31"),
        )  # fmt: skip
        unfolded = omop_tables(source(observation_period=periods))
        assert cells(unfolded, "children", "person_id") == [["2"]]
        assert tallied(unfolded, "not observed on or after day 0") == 1

    def test_a_death_after_observation_is_not_used(self):
        late = frame("death", "person_id death_date", (1, "2021-01-15"))
        unfolded = omop_tables(source(death=late))
        assert cells(unfolded, "children", "exit_date", "exit_reason")[0] == [
            *("2020-12-31", "administrative")
        ]
        assert tallied(unfolded, "after the end of observation: not used") == 1


class TestPerforations:
    def test_codes_of_one_day_are_one_event_with_its_site(self):
        unfolded = omop_tables(source())
        assert cells(unfolded, "events", "person_id", "date", "event", "site") == [
            ["1", "2016-09-01", "gi_perforation", "duodenum"],
            ["1", "2019-03-01", "death", None],
        ]

    def test_k63_alone_would_miss_the_duodenum(self):
        listed = {code.code for code in read_codes().of("gi_perforation")}
        assert {"K63.1", "K26.1", "K26.2", "K26.5", "K26.6"} <= listed
        assert not {"K65.x", "K22.3", "567.x", "K57.x"} & listed

    def test_a_descendant_counts_where_the_ancestors_are_known(self):
        rows = frame(
            "condition_occurrence",
            "person_id condition_concept_id condition_start_date condition_source_value",
            (1, 1, "2016-04-01", None), (1, 13, "2016-09-01", None),
        )  # fmt: skip
        assert len(omop_tables(source(condition_occurrence=rows))["events"].frame) == 1
        above = frame(
            "concept_ancestor", "ancestor_concept_id descendant_concept_id", (2, 13)
        )
        unfolded = omop_tables(source(condition_occurrence=rows, above=above))
        assert ["gi_perforation"] in cells(unfolded, "events", "event")

    def test_an_edited_code_list_is_used(self, tmp_path):
        own = tmp_path / "codes.csv"
        own.write_text(
            "code,vocabulary,concept,what,source,verified,use\n"
            "M33.0,ICD10,JDM,jdm,ours,yes,yes\n"
            "J18.9,ICD10,no perforation,gi_perforation,ours,yes,yes\n"
        )
        unfolded = omop_tables(source(), own)
        assert cells(unfolded, "events", "date")[0] == ["2016-10-01"]

    def test_all_that_is_wrong_with_a_code_list_is_told(self, tmp_path):
        own = tmp_path / "codes.csv"
        own.write_text(
            "code,vocabulary,concept,what,source,verified,use\n"
            "M33.0,ICD10,JDM,jmd,ours,yes,yes\nM33.1,ICD10,JDM,jdm,ours,yes,perhaps\n"
        )
        with pytest.raises(UsageError, match=r"row 1: what.*row 2: use"):
            read_codes(own)

    def test_figures_that_may_be_anything_are_no_code(self):
        rows = frame(
            "condition_occurrence",
            "person_id condition_start_date condition_source_value",
            (1, "2016-04-01", "7103"), (2, "2016-04-01", "ICD9CM: 710.3"),
        )  # fmt: skip
        unfolded = omop_tables(source(condition_occurrence=rows))
        assert cells(unfolded, "children", "person_id") == [["2"]]


DRUGS = "person_id drug_concept_id drug_exposure_start_date drug_exposure_end_date"
DRUGS += " quantity days_supply route_concept_id drug_source_value"


class TestDrugs:
    def rows(self, *rows: tuple, **more):
        return omop_tables(source(drugs=frame("drug_exposure", DRUGS, *rows), **more))

    def test_a_dose_in_tablets_is_known(self):
        row = (1, 4, "2016-05-01", "2016-05-30", 120, 30, None, None)
        names = ("drug", "route", "start_date", "stop_date", "dose")
        assert cells(self.rows(row), "drugs", *names) == [
            ["prednisone", "oral", "2016-05-01", "2016-05-30", "20"]
        ]

    def test_strength_of_the_table_comes_before_that_of_the_name(self):
        row = (1, 4, "2016-05-01", "2016-05-30", 120, 30, None, None)
        strength = frame(
            "drug_strength", "drug_concept_id amount_value amount_unit_concept_id",
            (4, 10, 12),
        )  # fmt: skip
        assert cells(self.rows(row, strength=strength), "drugs", "dose") == [["40"]]

    def test_an_infusion_has_no_dose(self):
        row = (1, 5, "2016-05-01", "2016-05-03", 3, 3, 7, None)
        unfolded = self.rows(row)
        assert cells(unfolded, "drugs", "drug", "route", "dose") == [
            ["methylprednisolone", "iv", None]
        ]
        assert tallied(unfolded, "dose not known") == 1

    def test_without_days_of_supply_no_dose_is_reckoned(self):
        row = (1, 4, "2016-05-01", "2016-05-30", 120, None, None, None)
        assert cells(self.rows(row), "drugs", "dose") == [[None]]

    def test_a_route_that_is_not_known_stays_empty(self):
        row = (1, 5, "2016-05-01", "2016-05-03", 3, 3, None, None)
        assert cells(self.rows(row), "drugs", "route") == [[None]]

    def test_other_drugs_are_counted_and_left_out(self):
        row = (1, 6, "2016-05-01", "2016-05-30", 120, 30, None, None)
        unfolded = self.rows(row)
        assert cells(unfolded, "drugs", "drug") == []
        assert tallied(unfolded, "not a drug that is asked for") == 1

    def test_what_began_after_observation_is_left_out(self):
        row = (1, 4, "2021-05-01", "2021-05-30", 120, 30, None, None)
        unfolded = self.rows(row)
        assert cells(unfolded, "drugs", "drug") == []
        assert tallied(unfolded, "begun after the end") == 1

    def test_the_source_word_is_read_where_there_is_no_concept(self):
        row = (1, 0, "2016-05-01", "2016-05-30", 120, 30, None, "PREDNISONE 5 mg oral")
        assert cells(self.rows(row), "drugs", "drug", "route") == [
            ["prednisone", "oral"]
        ]


MEASURED = "person_id measurement_concept_id measurement_date value_as_number"
MEASURED += " unit_concept_id value_as_concept_id"


class TestMeasurements:
    def rows(self, *rows: tuple):
        return omop_tables(source(m=frame("measurement", MEASURED, *rows)))

    def test_weights_come_with_their_unit(self):
        unfolded = self.rows((1, 8, "2016-05-01", 20.5, 9, None))
        assert cells(unfolded, "visits", "date", "measure", "value", "unit") == [
            ["2016-05-01", "weight_kg", "20.5", "kg"]
        ]

    def test_antibodies_fill_a_panel_and_the_rest_is_untested(self):
        unfolded = self.rows((1, 10, "2016-05-01", None, None, 11))
        assert cells(unfolded, "children", "anti_NXP2", "antibody_date") == [
            ["positive", "2016-05-01"],
            [None, None],
        ]
        assert tallied(unfolded, "no antibody was measured") == 1


class TestRefusals:
    def test_a_date_that_is_none_is_a_fault_at_its_row(self):
        wrong = frame("death", "person_id death_date", (1, "soon"))
        with pytest.raises(CohortError) as raised:
            omop_tables(source(death=wrong))
        (fault,) = raised.value.faults
        assert (fault.rule, fault.source) == (
            "omop_date",
            "death row 1, column 'death_date'",
        )

    def test_tables_that_must_be_there(self):
        with pytest.raises(UsageError, match="observation_period"):
            omop_tables(frame("person", "person_id", (1,)))

    def test_capitals_and_schemas_make_no_difference(self):
        upper = {
            f"CDM.{name.upper()}": RawTable(
                f"CDM.{name.upper()}",
                name,
                table.frame.rename(columns=str.upper),
            )
            for name, table in source().items()
        }
        assert cells(omop_tables(upper), "children", "person_id") == [["1"], ["2"]]


def test_the_mapping_that_comes_with_it_is_sound():
    assert CohortMapping.from_text(omop_mapping()).source.kind == "omop"


def test_a_database_is_read(tmp_path):
    address = f"sqlite:///{tmp_path / 'cdm.sqlite'}"
    engine = sqlalchemy.create_engine(address)
    for name, table in source().items():
        table.frame.to_sql(name, engine, index=False)
    engine.dispose()
    assert cells(omop_tables(address), "children", "person_id") == [["1"], ["2"]]


def test_the_source_is_not_changed():
    tables = source()
    before = {name: table.frame.copy(deep=True) for name, table in tables.items()}
    omop_tables(tables)
    for name, table in tables.items():
        pd.testing.assert_frame_equal(table.frame, before[name])


def test_a_cohort_comes_out_of_a_database(tmp_path):
    address = f"sqlite:///{tmp_path / 'cdm.sqlite'}"
    engine = sqlalchemy.create_engine(address)
    more = {
        "drugs": frame(
            "drug_exposure",
            DRUGS,
            (1, 4, "2016-05-01", "2016-05-30", 120, 30, None, None),
        ),
        "m": frame(
            "measurement",
            MEASURED,
            (1, 8, "2016-05-01", 20.5, 9, None),
            (1, 10, "2016-05-02", None, None, 11),
        ),
    }
    for name, table in source(**more).items():
        table.frame.to_sql(name, engine, index=False)
    engine.dispose()
    cohort = read_cohort(address, mapping=CohortMapping.from_text(omop_mapping()))
    names = ["patient_id", "sex", "antibody", "entry_day", "exit_day", "exit_reason"]
    assert cohort.patients[names].values.tolist() == [
        ["1", "female", "NXP2", 0, 1064, "death"],
        ["2", "female", "untested", 153, 1613, "administrative"],
    ]
    assert cohort.events[["patient_id", "day", "event"]].values.tolist() == [
        ["1", 153, "gi_perforation"],
        ["1", 1064, "death"],
    ]
    assert cohort.courses[["drug", "dose_mg", "dose_basis"]].values.tolist() == [
        ["prednisone", 20.0, "per_day"]
    ]
    assert cohort.assessments[["day", "measure", "value"]].values.tolist() == [
        [30, "weight_kg", 20.5]
    ]
    tally = mapping_tally(cohort)
    assert "day 0 is the first code" in set(tally["what"])


def test_an_omop_source_is_proposed_its_own_mapping():
    proposal = propose_mapping(source())
    assert proposal.open_questions == 1
    named = CohortMapping.from_text(proposal.toml.replace('"?"', '"Our CDM"'))
    assert (named.cohort.name, named.source.kind) == ("Our CDM", "omop")
