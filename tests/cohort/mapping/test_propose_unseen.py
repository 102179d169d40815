"""Exports in styles no list holds: nothing wrong stands in a proposal without a mark.

Headings are abbreviated, run together or say nothing; cells tell a column, and what has
two readings is asked about.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.apply import apply_mapping
from jdm_stats.cohort.mapping.headings import read_heading
from jdm_stats.cohort.mapping.model import CohortMapping
from jdm_stats.cohort.mapping.propose import Proposal, propose_mapping
from jdm_stats.cohort.mapping.propose_cells import looks_like


def raw(name: str = "reg", **columns: list) -> dict[str, RawTable]:
    frame = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    return {name: RawTable(name, f"{name}.csv", frame)}


def proposed(tables: dict[str, RawTable]) -> tuple[dict, Proposal]:
    proposal = propose_mapping(tables)
    return tomllib.loads(proposal.toml), proposal


def asked(proposal: Proposal, place: str) -> str:
    return " ".join(q for q in proposal.unsure if q.startswith(place))


REG = {
    "Pat.-ID": ["A1", "A2", "A3", "A4"],
    "Geb.-Datum": ["03.05.2009", "17.08.2011", "22.02.2007", "11.09.2012"],
    "Geschl.": ["w", "m", "w", "w"],
    "Erstdiagnose": ["12.11.2015", "01.03.2018", "30.06.2014", "15.01.2019"],
    "MSA-Blot": ["MJ (p140) pos.", "TIF1-gamma ++", "negativ", "n.d."],
    "Letzte Visite": ["14.02.2020", "20.12.2021", "11.11.2019", "02.05.2019"],
    "Perforation": [None, None, None, "20.03.2019"],
    "Todesdatum": [None, None, None, "02.05.2019"],
    "Bemerkung": [None, "verzogen nach Ulm", None, None],
}


class TestSexIsNoRecordType:
    def test_words_of_a_sex_are_a_sex_under_any_heading(self):
        mapping, proposal = proposed(raw(**REG))
        assert "where" not in mapping["patients"]
        sex = mapping["patients"]["columns"]["sex"]
        assert sex == {"column": "Geschl.", "values": {"w": "female", "m": "male"}}
        assert "look like sex" in asked(proposal, "patients.sex")

    @pytest.mark.parametrize("heading", ["Typ", "Art", "Satzart", "V2", "q"])
    def test_even_under_one_that_names_a_record_type(self, heading):
        columns = {(heading if k == "Geschl." else k): v for k, v in REG.items()}
        mapping, _ = proposed(raw(**columns))
        assert mapping["patients"]["columns"]["sex"]["column"] == heading

    def test_what_is_the_same_in_all_rows_of_a_child_says_nothing_of_rows(self):
        visits = {
            "PatNr": ["1", "1", "2", "2", "3", "3"],
            "Gruppe": ["A", "A", "B", "B", "A", "A"],
            "Visitendatum": ["01.02.2019", "13.03.2019"] * 3,
            "CMAS": ["30", "40", None, None, "31", "41"],
            "MMT8": [None, None, "60", "62", None, None],
            "CK": ["300", "200", None, None, "310", "210"],
        }
        mapping, _ = proposed(raw(**visits))
        assert not any("where" in block for block in mapping["assessments"])


class TestCellsTellAColumn:
    def test_antibodies_under_a_heading_of_no_list(self):
        columns = {("V7" if k == "MSA-Blot" else k): v for k, v in REG.items()}
        mapping, proposal = proposed(raw(**columns))
        antibody = mapping["patients"]["columns"]["antibody"]
        assert antibody == {"column": "V7", "read": "antibodies", "not_tested": "?"}
        assert "look like antibody" in asked(proposal, "patients.antibody")
        assert "not done or not detected" in asked(proposal, "patients.antibody")

    @pytest.mark.parametrize(
        ("cells", "meaning"),
        [
            (["girl", "boy", "girl"], "sex"),
            (["MTX", "Decortin H 5 mg", "IVIG"], "drug"),
            (["p.o.", "i.v."], "route"),
            (["2 mg/kg/d", "40 mg alle 2 Tage"], "dose"),
            (["lebt", "verstorben"], "exit_reason"),
            (["anti-NXP2", "negative", "anti-MDA5"], "antibody"),
            (["EJ", "HA"], "antibody"),
            (["ja", "nein"], None),
            (["12", "13"], None),
            (["A", "B", "0"], None),
        ],
    )
    def test_a_column_of_words(self, cells, meaning):
        assert looks_like(dict.fromkeys(cells, 3)) == meaning

    def test_a_heading_that_its_cells_belie_is_not_believed(self):
        columns = REG | {"Diagnose": ["JDM"] * 4, "Antikörper": ["ja"] * 4}
        mapping, _ = proposed(raw(**columns))
        assert mapping["dates"]["diagnosis"] == "Erstdiagnose"
        assert mapping["patients"]["columns"]["antibody"]["column"] == "MSA-Blot"

    def test_a_column_left_out_says_why_and_what_it_looks_like(self):
        free = ["Decortin H 20 mg, MTX", "MTX 15 mg", None, None]
        left = proposed(raw(**REG, Notiz=free, Geprüft=["01.02.2020"] * 4))[1].left_out
        said = dict(each.split(" in reg: ") for each in left)
        assert "not known here ('verzogen nach Ulm')" in said["'Bemerkung'"]
        assert "one drug a row" in said["'Notiz'"]
        assert "are dates" in said["'Geprüft'"]

    def test_two_columns_that_may_be_meant_are_asked_about(self):
        twice = REG | {"Letzter Kontakt": REG["Letzte Visite"]}
        _, proposal = proposed(raw(**twice))
        assert "may be meant as well" in asked(proposal, "patients.exit_day")


@pytest.mark.parametrize(
    ("heading", "meaning"),
    [
        *(("GEBDAT", "birth"), ("pat_birth_dt", "birth"), ("D.O.B.", "birth")),
        *(("F. nacimiento", "birth"), ("Data nasc.", "birth"), ("DTNAISS", "birth")),
        *(("DIAGDAT", "diagnosis"), ("dxDate", "diagnosis"), ("Date dg", "diagnosis")),
        *(("LETZTER_KONTAKT_DATUM", "exit_day"), ("lastFU", "exit_day")),
        *(("Ult. contr.", "exit_day"), ("Censor.Dt", "exit_day")),
        *(("AKNXP2", "panel:NXP2"), ("AKMDA5", "panel:MDA5")),
        *(("GEWKG", "weight"), ("v0_gewicht_kg", "weight"), ("bl_wt (kg)", "weight")),
        *(("v2_gewicht", None), ("cmas_m6", None), ("Blutgruppe", None)),
        *(("ENDGRUND", "exit_reason"), ("AK_BEFUND", "antibody"), ("Race", None)),
    ],
)
def test_a_heading_by_its_parts_is_never_sure(heading, meaning):
    read = read_heading(heading)
    assert not read.sure or heading in ("dxDate", "D.O.B.")  # words of the list itself
    assert read.meaning == meaning or (meaning is None and not read.sure)


def test_a_class_of_immunoglobulins_is_no_part_of_a_name():
    assert read_heading("anti_mda5_IgG").meaning == "panel:MDA5"
    assert read_heading("anti-NXP2 IgG").meaning == "panel:NXP2"


def test_a_date_of_nothing_in_particular_makes_no_event():
    dated = REG["Letzte Visite"]
    mapping, _ = proposed(raw(**REG, Datum=dated))
    events = [block["columns"]["event"]["value"] for block in mapping["events"]]
    assert events == ["gi_perforation", "death"]


def test_how_often_in_bare_figures_may_be_doses_a_day():
    dated = ["01.02.2019", "25.02.2019"]
    meds = raw(
        PatNr=["1", "2"], Drug=["MTX", "IVIG"], Start=dated, Frequency=["1", "2"]
    )
    assert "doses a day" in asked(proposed(meds)[1], "courses.every_n_days")


def test_ages_in_months_are_no_years():
    columns = {k: v for k, v in REG.items() if k != "Geb.-Datum"}
    mapping, _ = proposed(raw(**columns, age_dx=["78", "66", "120", "91"]))
    age = mapping["patients"]["columns"]["age_at_diagnosis_years"]
    assert age == {"column": "age_dx", "unit": "?"}


def test_a_death_without_any_day_leaves_the_day_open():
    columns = {k: v for k, v in REG.items() if k not in ("Letzte Visite", "Todesdatum")}
    mapping, _ = proposed(raw(**columns, Status=["lebt", "lebt", "verstorben", "lebt"]))
    assert mapping["events"][-1]["where"] == {"Status": ["verstorben"]}
    assert mapping["events"][-1]["columns"]["day"] == "?"


ANSWERS = {
    'name = "?"': 'name = "Register"',
    'not_tested = "?"': 'not_tested = ["n.d."]',
    'entry_day = "?"': "entry_day = { value = 0 }",
    'exit_reason = "?"': 'exit_reason = { value = "administrative" }',
}


def test_every_line_that_is_written_is_accepted_once_the_questions_are_answered():
    text = propose_mapping(raw(**REG)).toml
    for question, answer in ANSWERS.items():
        text = text.replace(question, answer)
    mapped = apply_mapping(raw(**REG), CohortMapping.from_text(text))
    assert mapped.faults == ()
    patients = mapped.tables["patients"]
    assert patients["antibody"].tolist() == ["NXP2", "TIF1g", "none", "untested"]
    assert patients["sex"].tolist() == ["female", "male", "female", "female"]
    assert sorted(mapped.tables["events"]["event"]) == ["death", "gi_perforation"]


def test_the_other_columns_tell_an_end_of_treatment_from_an_end_of_follow_up():
    dated = ["01.02.2019", "25.02.2019"]
    courses = raw(Id=["1", "2"], Praeparat=["MTX", "IVIG"], ENDE_DATUM=dated, Von=dated)
    mapping, _ = proposed(courses)
    assert mapping["courses"][0]["columns"]["stop_day"]["column"] == "ENDE_DATUM"


def test_a_height_in_metres_under_a_bare_heading_is_no_centimetre():
    mapping, proposal = proposed(raw(**REG, Talla=["1,18", "1,09", "1,35", "0,98"]))
    assert mapping["patients"]["columns"]["height_cm"]["unit"] == "?"
    assert "are no cm" in asked(proposal, "patients.height_cm")


@pytest.mark.parametrize("words", [["+", "-"], ["1", "0"], ["pos", "n.d."]])
def test_a_panel_leaves_words_with_two_readings_open(words):
    columns = {k: v for k, v in REG.items() if k != "MSA-Blot"}
    panel = {"anti-NXP2": words * 2, "anti-MDA5": [words[0]] * 4}
    mapping, proposal = proposed(raw(**columns, **panel))
    assert mapping["patients"]["columns"]["antibody"]["not_tested"] == "?"
    assert words[1] in asked(proposal, "patients.antibody")


@pytest.mark.parametrize("words", [["M", "H"], ["M", "V"]])
def test_m_beside_hombre_or_varon_is_not_male(words):
    columns = REG | {"Sexo": words * 2}
    del columns["Geschl."]
    mapping, _ = proposed(raw(**columns))
    assert set(mapping["patients"]["columns"]["sex"]["values"].values()) == {"?"}


def test_what_changes_from_visit_to_visit_is_no_fact_of_the_child():
    visits = {
        "PatNr": ["1", "1", "2", "2"],
        "Geschlecht": ["w", "w", "m", "m"],
        "Diagnosedatum": ["01.02.2019"] * 2 + ["25.02.2019"] * 2,
        "Visitendatum": ["01.02.2019", "13.03.2019", "25.02.2019", "01.04.2019"],
        "Gewicht (kg)": ["20", "21", "30", "31"],
    }
    mapping, _ = proposed(raw(**visits))
    assert "weight_kg" not in mapping["patients"]["columns"]
    assert mapping["assessments"][0]["columns"]["measure"] == {"value": "weight_kg"}


def test_one_fact_a_row_is_to_be_laid_out_first():
    long = {
        "id": ["1", "1", "1", "2", "2", "2"],
        "attribute": ["sex", "birth date", "antibody"] * 2,
        "val": ["f", "2010-02-01", "NXP2", "m", "2011-03-01", "neg"],
    }
    assert any("one fact a row" in q for q in proposed(raw(**long))[1].unsure)


class TestFilesRefusedAsTheyStand:
    def test_lines_of_a_title_above_the_header_are_asked_about(self, tmp_path: Path):
        file = tmp_path / "t.csv"
        lines = ["Klinik;;", "Stand 2024;;", "PatNr;Geschlecht;Antikörper", "1;w;NXP2"]
        file.write_text("\n".join([*lines, "2;m;MDA5"]), "utf-8")
        proposal = propose_mapping(file)
        assert tomllib.loads(proposal.toml)["read"]["header_line"] == 3
        assert "title" in asked(proposal, "read.header_line")

    def test_headings_that_say_nothing_are_no_title(self, tmp_path: Path):
        file = tmp_path / "v.csv"
        file.write_text("V1,V2\n1,girl\n2,boy\n3,girl\n", "utf-8")
        mapping = tomllib.loads(propose_mapping(file).toml)
        assert "header_line" not in mapping.get("read", {})
        assert mapping["patients"]["columns"]["sex"]["column"] == "V2"

    def test_letters_with_several_readings_leave_the_encoding_open(
        self, tmp_path: Path
    ):
        file = tmp_path / "l.csv"
        text = "PatNr;Sexe;Remarque\n1;F;dernière\n2;M;très\n"
        file.write_bytes(text.encode("cp1252"))
        assert tomllib.loads(propose_mapping(file).toml)["read"]["encoding"] == "?"
