"""REDCap exports, long and wide, of codes and of labels, laid out as plain tables."""

from __future__ import annotations

import pandas as pd
import pytest

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.redcap import redcap_tables, unfold_redcap
from jdm_stats.cohort.mapping.redcap_dictionary import is_dictionary, parse_dictionary
from jdm_stats.cohort.mapping.sources import Export, unfold_tables
from jdm_stats.errors import CohortError, UsageError

HEADINGS = (
    "Variable / Field Name", "Form Name", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Text Validation Type OR Show Slider Number",
)  # fmt: skip
FIELDS = (
    ("record_id", "child", "text", "Record ID", "", ""),
    ("sex", "child", "radio", "Sex", "1, <b>Female</b> | 2, Male", ""),
    ("msa", "child", "checkbox", "Antibodies", "1, NXP2, MJ | 2, TIF1g | -9, None", ""),
    ("swallow", "child", "yesno", "Dysphagia", "", ""),
    ("drug", "treatment", "dropdown", "Drug", "1, Prednisone | 2, IVIG", ""),
    ("dose", "treatment", "text", "Dose", "", "number"),
)


def dictionary(fields=FIELDS) -> RawTable:
    frame = pd.DataFrame(list(fields), columns=list(HEADINGS), dtype=object)
    return RawTable("dictionary", "dictionary.csv", frame.replace("", None))


def export(rows: list[dict], name: str = "export") -> RawTable:
    frame = pd.DataFrame(rows, dtype=object)
    frame = frame.where(frame.notna(), None)
    return RawTable(name, f"{name}.csv", frame)


LONG = [
    {"record_id": "1", "redcap_repeat_instrument": None, "redcap_repeat_instance": None,
     "sex": "1", "msa___1": "1", "msa___2": "0", "msa____9": "0", "swallow": "1",
     "child_complete": "2"},
    {"record_id": "1", "redcap_repeat_instrument": "treatment",
     "redcap_repeat_instance": "1", "drug": "1", "dose": "20", "treatment_complete": "2"},
    {"record_id": "1", "redcap_repeat_instrument": "treatment",
     "redcap_repeat_instance": "2", "drug": "2", "dose": None, "treatment_complete": "2"},
    {"record_id": "2", "redcap_repeat_instrument": None, "redcap_repeat_instance": None,
     "sex": "2", "msa___1": "0", "msa___2": "1", "msa____9": "0", "swallow": "0",
     "child_complete": "2"},
]  # fmt: skip


def cells(table: RawTable, *names: str) -> list[list]:
    return table.frame[list(names)].values.tolist()


class TestLong:
    def test_codes_become_labels_and_boxes_one_cell(self):
        tables = redcap_tables(export(LONG), dictionary())
        assert cells(tables["record"], "record_id", "sex", "msa", "swallow") == [
            ["1", "Female", "NXP2, MJ", "Yes"],
            ["2", "Male", "TIF1g", "No"],
        ]

    def test_a_repeated_form_has_a_table_of_its_own(self):
        tables = redcap_tables(export(LONG), dictionary())
        assert cells(
            tables["treatment"], "record_id", "redcap_repeat_instance", "drug", "dose"
        ) == [["1", "1", "Prednisone", "20"], ["1", "2", "IVIG", None]]

    def test_every_row_keeps_its_place_in_the_file(self):
        tables = redcap_tables(export(LONG), dictionary())
        assert tables["treatment"].place(1) == "export.csv row 3"
        assert tables["record"].place(1) == "export.csv row 4"

    def test_two_ticked_boxes_stand_in_one_cell(self):
        rows = [LONG[0] | {"msa___2": "1"}]
        tables = redcap_tables(export(rows), dictionary())
        assert cells(tables["record"], "msa") == [["NXP2, MJ, TIF1g"]]

    def test_no_ticked_box_is_an_empty_cell_not_a_negative_test(self):
        rows = [LONG[0] | {"msa___1": "0"}]
        tables = redcap_tables(export(rows), dictionary())
        assert cells(tables["record"], "msa") == [[None]]
        told = tables.tally.set_index("what").loc["no box ticked"]
        assert (told["column"], told["rows"]) == ("msa", 1)

    def test_everything_is_tallied(self):
        tally = redcap_tables(export(LONG), dictionary()).tally
        told = {
            (row["what"], row["column"], row["from"]): (row["to"], row["rows"])
            for row in tally.to_dict("records")
        }
        assert told[("code to label", "sex", "1")] == ("Female", 1)
        assert told[("box ticked", "msa", "msa___1")] == ("NXP2, MJ", 1)
        assert told[("rows of the form", "", "export")] == ("treatment", 2)

    def test_a_code_that_is_not_listed_is_a_fault_at_its_line(self):
        rows = [*LONG[:3], LONG[3] | {"sex": "3"}]
        with pytest.raises(CohortError) as raised:
            redcap_tables(export(rows), dictionary())
        (fault,) = raised.value.faults
        assert (fault.rule, fault.source) == ("redcap_code", "export.csv row 4")
        assert "1 (Female), 2 (Male)" in fault.remedy
        assert fault.patient_id == "2"

    def test_a_missing_code_is_missing_and_tallied(self):
        rows = [*LONG[:3], LONG[3] | {"sex": "-99"}]
        tables = redcap_tables(export(rows), dictionary(), missing_codes=["-99"])
        assert cells(tables["record"], "sex") == [["Female"], [None]]
        assert "missing code" in set(tables.tally["what"])

    def test_a_listed_code_wins_over_a_missing_code(self):
        rows = [LONG[0] | {"msa___1": "0", "msa____9": "1"}]
        tables = redcap_tables(export(rows), dictionary(), missing_codes=["-9", "1"])
        assert cells(tables["record"], "sex", "msa") == [["Female", "None"]]

    def test_a_box_that_holds_something_else_is_a_fault(self):
        unfolded = unfold_redcap(
            export([LONG[0] | {"msa___1": "2"}]), parse_dictionary(dictionary())
        )
        assert [fault.rule for fault in unfolded.faults] == ["redcap_code"]

    def test_a_column_that_is_not_in_the_dictionary_is_a_fault(self):
        unfolded = unfold_redcap(
            export([LONG[0] | {"added": "x"}]), parse_dictionary(dictionary())
        )
        assert [fault.rule for fault in unfolded.faults] == ["redcap_heading"]
        assert len(unfolded) == 0

    def test_the_same_row_twice_is_a_fault(self):
        unfolded = unfold_redcap(
            export([*LONG, LONG[1]]), parse_dictionary(dictionary())
        )
        assert [fault.rule for fault in unfolded.faults] == ["redcap_duplicate"]

    def test_a_form_on_a_row_of_another_instrument_is_a_fault(self):
        rows = [LONG[0], LONG[1] | {"sex": "1"}]
        unfolded = unfold_redcap(export(rows), parse_dictionary(dictionary()))
        assert [fault.rule for fault in unfolded.faults] == ["redcap_misplaced"]

    def test_forms_of_several_events_are_told_apart(self):
        rows = [
            {"record_id": "1", "redcap_event_name": "baseline_arm_1", "sex": "1"},
            {"record_id": "1", "redcap_event_name": "month_6_arm_1", "dose": "20"},
            {"record_id": "1", "redcap_event_name": "month_12_arm_1", "dose": "10"},
        ]
        tables = redcap_tables(export(rows), dictionary())
        assert cells(tables["treatment"], "redcap_event_name", "dose") == [
            ["month_6_arm_1", "20"],
            ["month_12_arm_1", "10"],
        ]
        assert "dose" not in tables["record"].frame

    def test_the_export_is_not_changed(self):
        table = export(LONG)
        before = table.frame.copy(deep=True)
        redcap_tables(table, dictionary())
        pd.testing.assert_frame_equal(table.frame, before)


class TestLabels:
    ROWS = (
        {"Record ID": "1", "Repeat Instrument": None, "Repeat Instance": None,
         "Sex": "Female", "Antibodies (choice=NXP2, MJ)": "Checked",
         "Antibodies (choice=TIF1g)": "Unchecked", "Dysphagia": "Yes"},
        {"Record ID": "1", "Repeat Instrument": "Treatment", "Repeat Instance": "1",
         "Drug": "IVIG", "Dose": "20"},
    )  # fmt: skip

    def test_an_export_of_labels_gives_the_same_tables(self):
        tables = redcap_tables(export(list(self.ROWS)), dictionary())
        assert cells(tables["record"], "sex", "msa", "swallow") == [
            ["Female", "NXP2, MJ", "Yes"]
        ]
        assert cells(tables["treatment"], "drug", "dose") == [["IVIG", "20"]]

    def test_a_label_that_is_not_listed_is_a_fault(self):
        rows = [*self.ROWS, self.ROWS[0] | {"Record ID": "2", "Sex": "Girl"}]
        unfolded = unfold_redcap(export(rows), parse_dictionary(dictionary()))
        assert [fault.message for fault in unfolded.faults] == [
            "'Girl' is no label of the field"
        ]

    def test_codes_that_look_like_labels_are_codes_in_an_export_of_codes(self):
        fields = [*FIELDS[:1], ("sex", "child", "radio", "Sex", "1, 2 | 2, 1", "")]
        rows = [{"record_id": "1", "sex": "1"}]
        tables = redcap_tables(export(rows), dictionary(fields))
        assert cells(tables["record"], "sex") == [["2"]]

    def test_codes_beside_labels_are_refused(self):
        rows = [{"record_id": "1", "sex": "Female", "drug": "1"}]
        unfolded = unfold_redcap(export(rows), parse_dictionary(dictionary()))
        assert "redcap_mixed" in {fault.rule for fault in unfolded.faults}


class TestWide:
    def test_repeats_in_the_headings_become_rows(self):
        rows = [
            {"record_id": "1", "sex": "1", "drug_1": "1", "dose_1": "20",
             "drug_2": "2", "dose_2": None},
            {"record_id": "2", "sex": "2", "drug_1": None, "dose_1": None,
             "drug_2": None, "dose_2": None},
        ]  # fmt: skip
        tables = redcap_tables(export(rows), dictionary())
        assert cells(
            tables["treatment"], "record_id", "redcap_repeat_instance", "drug", "dose"
        ) == [["1", "1", "Prednisone", "20"], ["1", "2", "IVIG", None]]
        assert cells(tables["record"], "record_id", "sex") == [
            ["1", "Female"],
            ["2", "Male"],
        ]
        assert tables["treatment"].place(1) == "export.csv row 1"

    def test_events_in_the_headings_become_rows(self):
        rows = [
            {"record_id": "1", "dose_month_6_arm_1": "20", "dose_month_12_arm_1": "10"}
        ]
        tables = redcap_tables(export(rows), dictionary())
        assert cells(tables["treatment"], "redcap_event_name", "dose") == [
            ["month_6_arm_1", "20"],
            ["month_12_arm_1", "10"],
        ]

    def test_boxes_repeat_too(self):
        rows = [{"record_id": "1", "msa___1_1": "1", "msa___2_1": "0",
                 "msa___1_2": "0", "msa___2_2": "1"}]  # fmt: skip
        tables = redcap_tables(export(rows), dictionary())
        assert cells(tables["child"], "redcap_repeat_instance", "msa") == [
            ["1", "NXP2, MJ"],
            ["2", "TIF1g"],
        ]


class TestDictionary:
    def test_the_interface_writes_other_headings(self):
        frame = dictionary().frame.set_axis(
            ["field_name", "form_name", "field_type", "field_label",
             "select_choices_or_calculations",
             "text_validation_type_or_show_slider_number"], axis="columns"
        )  # fmt: skip
        table = RawTable("d", "d.csv", frame)
        assert is_dictionary(table)
        assert list(parse_dictionary(table).forms) == ["child", "treatment"]

    def test_all_that_is_wrong_is_told_at_once(self):
        fields = [
            *FIELDS,
            FIELDS[1],
            ("x", "child", "radio", "X", "one | 1, a | 1, b", ""),
        ]
        with pytest.raises(UsageError) as raised:
            parse_dictionary(dictionary(fields))
        for said in ("'sex' stands twice", "'one' has no code", "'1' has two labels"):
            assert said in str(raised.value)

    def test_another_table_is_no_dictionary(self):
        with pytest.raises(UsageError, match="not a REDCap data dictionary"):
            redcap_tables(export(LONG), export(LONG))


class TestSource:
    def test_the_dictionary_is_known_by_its_headings(self):
        tables = {"a": export(LONG, "a"), "b": dictionary()}
        assert "treatment" in unfold_tables(tables, Export(kind="redcap"))

    def test_two_exports_must_be_told_apart(self):
        tables = {"a": export(LONG, "a"), "b": dictionary(), "c": export(LONG, "c")}
        with pytest.raises(UsageError, match="are 2: a, c"):
            unfold_tables(tables, Export(kind="redcap"))
        assert "record" in unfold_tables(tables, Export(kind="redcap", table="c"))

    def test_without_a_dictionary_the_export_is_refused(self):
        with pytest.raises(UsageError, match="data dictionary"):
            unfold_tables({"a": export(LONG, "a")}, Export(kind="redcap"))

    def test_keys_of_another_kind_are_refused(self):
        text = "version = 1\n[source]\ndictionary = 'd'\n[patients.columns]\nx = 'y'"
        with pytest.raises(UsageError, match="redcap"):
            CohortMapping.from_text(text)

    def test_a_plain_export_stays_as_it_is(self):
        tables = {"a": export(LONG, "a")}
        assert unfold_tables(tables, Export())["a"] is tables["a"]
