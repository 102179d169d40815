"""Which rows become rows: skipped, merged, left over, blank; each is tallied."""

from __future__ import annotations

import pandas as pd

from tests.cohort.mapping.register import (
    DATES,
    PATIENTS,
    children,
    counted,
    mapped,
    raw,
    told,
)

WIDE = """
[[events]]
from = "kinder"
skip_if_missing = ["day"]
[events.columns]
patient_id = "Nr"
event = { value = "gi_perforation" }
day = { column = "Perf", date = true }
[[events]]
from = "kinder"
where_not = { Tod = ["nein"] }
[events.columns]
patient_id = "Nr"
event = { value = "death" }
day = { column = "bis", date = true }
"""


def test_several_blocks_fill_one_table_and_what_is_left_out_is_tallied():
    text = DATES + PATIENTS.replace(
        "[patients.columns]", '[patients]\nfrom = "kinder"\n[patients.columns]'
    )
    result = mapped(
        text + WIDE,
        children(Perf=["05.03.2019", None], Tod=["nein", "ja"], Rest=["x", None]),
        raw("fremd", a=["1"]),
    )
    assert result.tables["events"].values.tolist() == [
        ["K1", 4, "gi_perforation"],
        ["K2", 731, "death"],
    ]
    assert counted(result, what="row skipped, nothing in it") == 1
    assert counted(result, what="column not read", column="Rest") == 1
    assert counted(result, what="table not read", block="fremd") == 1
    assert list(result.places["events"]) == ["kinder.csv line 2", "kinder.csv line 3"]


def test_a_refused_cell_keeps_its_row_from_being_skipped():
    text = DATES + PATIENTS.replace(
        "[patients.columns]", '[patients]\nfrom = "kinder"\n[patients.columns]'
    )
    result = mapped(text + WIDE, children(Perf=["31.02.2019", None], Tod=["nein"] * 2))
    assert len(result.tables["events"]) == 1
    assert [fault[:3] for fault in told(result)] == [("date_impossible", "day", 1)]


def test_rows_that_no_block_takes_are_listed():
    text = DATES + PATIENTS.replace(
        "[patients.columns]", '[patients]\nwhere = { Art = ["p"] }\n[patients.columns]'
    )
    result = mapped(text, children(Art=["P ", "Summe"]))
    [line] = result.tally[result.tally["what"] == "row no block takes"].to_dict(
        "records"
    )
    assert line["from"] == "line 3" and line["rows"] == 1
    [fault] = result.faults
    assert (fault.rule, fault.severity) == ("row_not_taken", "warning")
    assert fault.source == "kinder.csv line 3, column 'Art'"
    assert "1 row with Art 'Summe'" in fault.message


def test_rows_kept_out_on_purpose_and_blank_rows_are_not_told():
    text = DATES + PATIENTS.replace(
        "[patients.columns]",
        '[patients]\nwhere_not = { Art = ["Summe"] }\n[patients.columns]',
    )
    assert mapped(text, children(Art=["P", "Summe"])).faults == ()
    text = text.replace("where_not", "where").replace("Summe", "P")
    sheet = children(Art=["P", None])
    sheet.frame.iloc[1] = None
    assert mapped(text, sheet).faults == ()


MERGED = "[patients.columns]", '[patients]\nrows = "merged"\n[patients.columns]'


def test_rows_of_one_child_are_merged_where_they_agree():
    twice = children(
        Nr=["K1", "K1", "K2"],
        Geb=["01.03.2010", None, "01.03.2012"],
        Dx=["01.03.2019", None, "02.03.2019"],
        AK=[None, "MJ pos.", "MSA neg."],
        auf=["01.03.2019", "01.03.2019", "03.03.2019"],
        bis=["29.02.2020", None, "02.03.2021"],
    )
    result = mapped(DATES + PATIENTS.replace(*MERGED), twice)
    assert result.faults == ()
    assert result.tables["patients"]["antibody"].tolist() == ["NXP2", "none"]
    assert result.tables["patients"]["exit_day"].tolist() == [365, 731]
    assert counted(result, what="rows merged") == 1
    assert counted(
        result, column="exit_day", what="blank filled from another row of the child"
    )
    assert list(result.places["patients"]) == ["kinder.csv line 2", "kinder.csv line 4"]


def test_rows_of_one_child_that_disagree_are_each_told():
    twice = children(Nr=["K1", "K1"], Dx=["01.03.2019"] * 2, Geb=["01.03.2010"] * 2)
    result = mapped(DATES + PATIENTS.replace(*MERGED), twice)
    disagreeing = [fault for fault in result.faults if fault.rule == "rows_disagree"]
    assert {fault.column for fault in disagreeing} == {
        "antibody",
        "entry_day",
        "exit_day",
    }
    assert [fault.source for fault in disagreeing if fault.column == "exit_day"] == [
        "kinder.csv line 2, column 'bis'",
        "kinder.csv line 3, column 'bis'",
    ]
    assert len(result.tables["patients"]) == 1


def test_different_dates_of_diagnosis_of_one_child_are_told():
    twice = children(
        Nr=["K1", "K1"], Geb=["01.03.2010"] * 2, auf=[None] * 2, bis=[None] * 2
    )
    result = mapped(DATES + PATIENTS.replace(*MERGED), twice)
    assert any(
        f.rule == "rows_disagree" and f.column == "diagnosis_year"
        for f in result.faults
    )


def test_blanks_and_words_for_missing_are_told_apart_from_values():
    text = (
        DATES
        + '[read]\nmissing = ["k.A."]\n'
        + PATIENTS
        + (
            'dysphagia = { column = "Dys", blank = false }\noedema = { column = "Oed" }\n'
        )
    )
    result = mapped(text, children(Dys=["x", "K.A. "], Oed=["ja", "weiß nicht"]))
    patients = result.tables["patients"]
    assert patients["dysphagia"].tolist() == [True, False]
    assert patients["oedema"].tolist() == [True, pd.NA]
    assert counted(result, what="word for an empty cell") == 1
    assert counted(result, what="meaning of an empty cell") == 1
    assert [fault[:3] for fault in told(result)] == [
        ("flag_not_understood", "oedema", 2)
    ]
