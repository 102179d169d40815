"""A proposed mapping: what is known is written, what is likely is asked, nothing is guessed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.headings import read_heading
from jdm_stats.cohort.mapping.model import CohortMapping, MappingError
from jdm_stats.cohort.mapping.propose import Proposal, propose_mapping
from jdm_stats.cohort.mapping.propose_toml import inline, quoted
from jdm_stats.errors import CohortError


def raw(name: str = "kinder", **columns: list) -> dict[str, RawTable]:
    frame = pd.DataFrame({k: pd.Series(v, dtype=object) for k, v in columns.items()})
    return {name: RawTable(name, f"{name}.csv", frame)}


def proposed(tables: dict[str, RawTable]) -> tuple[dict, Proposal]:
    proposal = propose_mapping(tables)
    return tomllib.loads(proposal.toml), proposal


KINDER = {
    "PatNr": ["1", "2", "3"],
    "Geschlecht": ["w", "m", "w"],
    "Geburtsdatum": ["01.02.2010", "13.02.2011", "01.03.2012"],
    "Diagnosedatum": ["01.02.2019", "25.02.2019", "01.03.2019"],
    "Aufnahme": ["01.02.2019", "25.02.2019", "01.03.2019"],
    "Letzter Kontakt": ["01.02.2021", "25.02.2021", "01.03.2021"],
    "Status": ["lebt", "verstorben", "verzogen"],
    "Myositis-AK": ["MJ (p140) pos.", "negativ", "nicht getestet"],
}


DATED = ("Geburtsdatum", "Diagnosedatum", "Aufnahme", "Letzter Kontakt")


class TestOneTableOfChildren:
    def test_every_line_is_as_a_person_would_write_it(self):
        mapping, _ = proposed(raw(**KINDER))
        assert mapping["dates"] == {
            "format": "DD.MM.YYYY",
            "diagnosis": "Diagnosedatum",
            "birth": "Geburtsdatum",
        }
        assert mapping["patients"]["columns"] == {
            "patient_id": "PatNr",
            "sex": {"column": "Geschlecht", "values": {"w": "female", "m": "male"}},
            "exit_reason": {
                "column": "Status",
                "values": {
                    "lebt": "administrative",
                    "verstorben": "death",
                    "verzogen": "transfer",
                },
            },
            "entry_day": {"column": "Aufnahme", "date": True},
            "exit_day": {"column": "Letzter Kontakt", "date": True},
            "antibody": {"column": "Myositis-AK", "read": "antibodies"},
        }

    def test_one_table_needs_no_from(self):
        mapping, _ = proposed(raw(**KINDER))
        assert "from" not in mapping["patients"]

    def test_a_death_without_a_day_of_its_own_is_asked_about(self):
        mapping, proposal = proposed(raw(**KINDER))
        (death,) = mapping["events"]
        assert death["where"] == {"Status": ["verstorben"]}
        assert death["columns"]["event"] == {"value": "death"}
        assert any("day of death" in question for question in proposal.unsure)

    def test_with_the_name_filled_in_the_mapping_is_sound(self):
        proposal = propose_mapping(raw(**KINDER))
        assert proposal.open_questions == 1
        mapping = CohortMapping.from_text(proposal.toml.replace('"?"', '"Register"'))
        assert mapping.cohort.name == "Register"

    def test_an_open_question_keeps_the_mapping_from_being_used(self):
        with pytest.raises(MappingError, match=r"cohort\.name"):
            CohortMapping.from_text(propose_mapping(raw(**KINDER)).toml)

    def test_the_same_export_gives_the_same_text(self):
        first, again = propose_mapping(raw(**KINDER)), propose_mapping(raw(**KINDER))
        assert first == again

    def test_the_export_is_not_changed(self):
        tables = raw(**KINDER)
        before = tables["kinder"].frame.copy(deep=True)
        propose_mapping(tables)
        pd.testing.assert_frame_equal(tables["kinder"].frame, before)

    def test_columns_that_mean_nothing_here_are_listed(self):
        _, proposal = proposed(raw(**KINDER, Blutgruppe=["A", "B", "0"]))
        (said,) = proposal.left_out
        assert said.startswith("'Blutgruppe' in kinder: ") and "'0', 'A', 'B'" in said
        assert f"# left out: {said}" in proposal.toml


class TestWhatIsNeverGuessed:
    def test_sex_as_one_and_two_is_left_open(self):
        mapping, proposal = proposed(raw(**KINDER | {"Geschlecht": ["1", "2", "2"]}))
        assert mapping["patients"]["columns"]["sex"]["values"] == {"2": "?", "1": "?"}
        assert any(question.startswith("patients.sex") for question in proposal.unsure)

    def test_m_beside_h_may_be_mujer(self):
        mapping, _ = proposed(raw(**KINDER | {"Geschlecht": ["h", "m", "m"]}))
        assert set(mapping["patients"]["columns"]["sex"]["values"].values()) == {"?"}

    def test_dates_that_fit_two_formats_are_left_open(self):
        columns = KINDER | {
            name: ["01/02/2019", "03/04/2019", "05/06/2019"] for name in DATED
        }
        mapping, proposal = proposed(raw(**columns))
        assert mapping["dates"]["format"] == "?"
        (asked,) = [q for q in proposal.unsure if q.startswith("dates.format")]
        assert "DD/MM/YYYY" in asked and "MM/DD/YYYY" in asked

    def test_one_telling_date_settles_the_whole_export(self):
        columns = KINDER | {
            "Geburtsdatum": ["01/02/2010", "03/04/2010", "05/06/2010"],
            "Diagnosedatum": ["02/25/2019", "03/04/2019", "05/06/2019"],
        }
        mapping, _ = proposed(raw(**columns))
        own = mapping["dates"]["format"], mapping["patients"]["columns"]["exit_day"]
        assert own == (
            "MM/DD/YYYY",
            {"column": "Letzter Kontakt", "date": "DD.MM.YYYY"},
        )

    def test_two_digit_years_ask_for_their_century(self):
        columns = KINDER | {
            name: ["31.12.19", "01.02.20", "03.04.21"] for name in DATED
        }
        mapping, _ = proposed(raw(**columns))
        assert mapping["dates"]["format"] == "DD.MM.YY"
        assert mapping["dates"]["pivot"] == "?"

    def test_a_borderline_antibody_is_asked_about(self):
        cells = ["NXP2 grenzwertig", "negativ", "negativ"]
        _, proposal = proposed(raw(**KINDER | {"Myositis-AK": cells}))
        (asked,) = [q for q in proposal.unsure if q.startswith("patients.antibody")]
        assert "NXP2 grenzwertig" in asked

    def test_what_must_be_known_and_is_not_there_is_asked(self):
        columns = {k: v for k, v in KINDER.items() if k in ("PatNr", "Diagnosedatum")}
        mapping, _ = proposed(raw(**columns))
        lacking = mapping["patients"]["columns"]
        names = ("antibody", "entry_day", "exit_day", "exit_reason")
        assert {name: lacking[name] for name in names} == dict.fromkeys(names, "?")

    def test_figures_under_a_heading_of_dates_are_asked_about(self):
        columns = KINDER | {"Letzter Kontakt": ["44197", "44221", "44256"]}
        mapping, _ = proposed(raw(**columns))
        assert mapping["patients"]["columns"]["exit_day"]["date"] == "?"

    def test_minus_99_is_asked_about(self):
        cells = ["12", "33", "-99", "14", "15", "16"]
        columns = {name: [*values, *values] for name, values in KINDER.items()}
        columns["PatNr"] = list("123456")
        mapping, proposal = proposed(raw(**columns, CMAS=cells))
        assert mapping["read"]["missing"] == ["", "-99"]
        assert any("-99 in 1 cells mean missing" in q for q in proposal.unsure)

    def test_a_heading_that_only_holds_a_word_is_asked_about(self):
        columns = {("Datum der Diagnose (Klinik)" if k == "Diagnosedatum" else k): v
                   for k, v in KINDER.items()}  # fmt: skip
        _, proposal = proposed(raw(**columns))
        assert any(
            "only suggests the date of" in question for question in proposal.unsure
        )


MEDS = {
    "PatNr": ["1", "1"],
    "Medikament": ["Decortin", "Prednisolonn"],
    "Appl.": ["p.o.", "i.v."],
    "von": ["01.02.2019", "25.02.2019"],
    "bis": ["05.02.2019", None],
    "Dosis": ["20", "1,5"],
    "Einheit": ["mg", "mg/kg"],
}


class TestCourses:
    def test_a_bare_mg_asks_if_it_is_of_a_day_or_of_a_dose(self):
        mapping, proposal = proposed(raw(**KINDER) | raw("med", **MEDS))
        (courses,) = mapping["courses"]
        assert courses["columns"]["dose_mg"] == {
            "column": "Dosis",
            "unit": {"column": "Einheit"},
            "per": "?",
        }
        assert any("of a day or of one giving" in q for q in proposal.unsure)

    def test_a_daily_dose_says_so_in_its_heading(self):
        meds = {("Tagesdosis" if k == "Dosis" else k): v for k, v in MEDS.items()}
        mapping, _ = proposed(raw(**KINDER) | raw("med", **meds))
        assert mapping["courses"][0]["columns"]["dose_mg"]["per"] == "day"

    def test_only_the_drug_that_is_not_known_is_asked_about(self):
        mapping, _ = proposed(raw(**KINDER) | raw("med", **MEDS))
        drug = mapping["courses"][0]["columns"]["drug"]
        assert drug == {"column": "Medikament", "values": {"Prednisolonn": "?"}}

    def test_a_dose_in_words_is_read_as_one(self):
        meds = {k: v for k, v in MEDS.items() if k != "Einheit"}
        meds["Dosis"] = ["20 mg/Tag", "1,5 mg/kg/Tag"]
        mapping, _ = proposed(raw(**KINDER) | raw("med", **meds))
        dose = mapping["courses"][0]["columns"]["dose_mg"]
        assert dose == {"column": "Dosis", "read": "dose"}

    def test_no_unit_anywhere_is_asked_about(self):
        meds = {k: v for k, v in MEDS.items() if k != "Einheit"}
        mapping, _ = proposed(raw(**KINDER) | raw("med", **meds))
        assert mapping["courses"][0]["columns"]["dose_mg"]["unit"] == "?"


class TestShapes:
    def test_a_long_table_is_split_by_its_record_type(self):
        columns = {name: [*values, *[None] * 2] for name, values in KINDER.items()} | {
            name: [*[None] * 3, *values] for name, values in MEDS.items()
        }
        columns["PatNr"] = ["1", "2", "3", "1", "1"]
        mapping, proposal = proposed(raw(Satzart=[*"PPPMM"], **columns))
        assert mapping["patients"]["where"] == {"Satzart": ["P"]}
        assert [block["where"] for block in mapping["courses"]] == [{"Satzart": ["M"]}]
        assert not any("say what a row is" in question for question in proposal.unsure)

    def test_a_nameless_record_type_is_found_and_asked_about(self):
        columns = {name: [*values, *[None] * 2] for name, values in KINDER.items()} | {
            name: [*[None] * 3, *values] for name, values in MEDS.items()
        }
        columns["PatNr"] = ["1", "2", "3", "1", "1"]
        mapping, proposal = proposed(raw(Kz=[*"PPPMM"], **columns))
        assert mapping["patients"]["where"] == {"Kz": ["P"]}
        assert any("say what a row is" in question for question in proposal.unsure)

    def test_event_dates_become_events_with_their_sites(self):
        wide = {
            "1. Perforation am": ["05.06.2019", None, None],
            "1. Perforation Ort": ["Duodenum", None, None],
            "2. Perforation am": ["13.06.2019", None, None],
            "Verstorben am": [None, "25.02.2021", None],
        }
        mapping, _ = proposed(raw(**KINDER, **wide))
        told = [
            (block["columns"]["event"]["value"], block["columns"]["day"]["column"],
             block["columns"].get("site"))
            for block in mapping["events"]
        ]  # fmt: skip
        assert told == [
            ("gi_perforation", "1. Perforation am", "1. Perforation Ort"),
            ("gi_perforation", "2. Perforation am", None),
            ("death", "Verstorben am", None),
        ]
        assert all(block["skip_if_missing"] == ["day"] for block in mapping["events"])

    def test_yes_and_no_is_no_event(self):
        mapping, proposal = proposed(raw(**KINDER, Perforation=["ja", "nein", "nein"]))
        assert [b["columns"]["event"]["value"] for b in mapping["events"]] == ["death"]
        assert any("an event needs its day" in q for q in proposal.unsure)

    def test_events_one_a_row(self):
        events = raw(
            "ereignisse",
            PatNr=["1", "2", "2"],
            Datum=["05.06.2019", "25.02.2020", "25.03.2020"],
            Ereignis=["Perforation", "Operation", "Sturz"],
            Ort=["Duodenum", None, None],
        )
        mapping, _ = proposed(raw(**KINDER) | events)
        block = mapping["events"][0]
        assert block["columns"]["event"]["values"] == {
            "Operation": "surgery",
            "Perforation": "gi_perforation",
            "Sturz": "?",
        }
        assert block["columns"]["site"] == "Ort"

    def test_visits_are_assessments(self):
        visits = raw(
            "verlauf",
            PatNr=["1", "1"],
            Datum=["05.06.2019", "25.02.2020"],
            **{"CK (U/l)": ["100", "50"], "Gewicht (kg)": ["20,5", "21"]},
        )
        mapping, _ = proposed(raw(**KINDER) | visits)
        assert [b["columns"]["measure"] for b in mapping["assessments"]] == [
            {"value": "ck_u_l"},
            {"value": "weight_kg"},
        ]

    def test_a_panel_of_antibodies(self):
        columns = {k: v for k, v in KINDER.items() if k != "Myositis-AK"}
        panel = {"anti_NXP2": ["pos", "neg", "grenzw."], "TIF1g": ["neg", "+", "neg"]}
        mapping, proposal = proposed(raw(**columns, **panel))
        antibody = mapping["patients"]["columns"]["antibody"]
        assert antibody["panel"] == {"NXP2": "anti_NXP2", "TIF1g": "TIF1g"}
        assert antibody["borderline_as"] == "?"
        assert any("does borderline count" in question for question in proposal.unsure)


@pytest.mark.parametrize(
    ("headings", "meanings"),
    [
        (
            "Patient ID,Sex,Date of birth,Diagnosis date,Last seen,Weight (kg)",
            ["patient_id", "sex", "birth", "diagnosis", "exit_day", "weight"],
        ),
        (
            "N° patient,Sexe,Date de naissance,Date de diagnostic,Dernière visite,Poids (kg)",
            ["patient_id", "sex", "birth", "diagnosis", "exit_day", "weight"],
        ),
        (
            "ID paciente,Sexo,Fecha de nacimiento,Fecha de diagnóstico,Última visita,Peso (kg)",
            ["patient_id", "sex", "birth", "diagnosis", "exit_day", "weight"],
        ),
        (
            "ID paziente,Sesso,Data di nascita,Data di diagnosi,Ultima visita,Peso (kg)",
            ["patient_id", "sex", "birth", "diagnosis", "exit_day", "weight"],
        ),
        (
            "Pat.-Nr.,GESCHLECHT,Geb.-Datum,Erstdiagnose,Letzte Vorstellung,Körpergewicht [kg]",
            ["patient_id", "sex", "birth", "diagnosis", "exit_day", "weight"],
        ),
    ],
)
def test_headings_of_five_languages(headings, meanings):
    assert [read_heading(name).meaning for name in headings.split(",")] == meanings


def test_gene_names_are_no_running_numbers():
    assert read_heading("NXP2").meaning == "panel:NXP2"
    assert read_heading("Mi-2").meaning == "panel:Mi2"
    assert read_heading("Perforation 2 Datum").number == 2


def test_nothing_readable_is_refused(tmp_path: Path):
    (tmp_path / "empty.csv").write_bytes(b"")
    with pytest.raises(CohortError):
        propose_mapping(tmp_path / "empty.csv")


def test_the_proposal_shows_itself_escaped():
    columns = KINDER | {"<b>x</b>": ["1", "2", "3"]}
    proposal = propose_mapping(raw(**columns))
    assert repr(proposal).startswith("Proposal for kinder.csv: 1 value to fill in")
    assert "<b>x" not in proposal._repr_html_()


WORDS = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["31.12.2019", "01/02/2019", "1,5", "w", "NXP2 pos.", "ja", "?"]),
)
HEADS = st.one_of(
    st.sampled_from([*KINDER, *MEDS, "anti_NXP2", "Perforation am", "CMAS", "Datum"]),
    st.text(min_size=1, max_size=10),
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(HEADS, st.lists(WORDS, min_size=4, max_size=4), max_size=6))
def test_any_table_gives_toml_that_can_be_read(columns):
    mapping, proposal = proposed(raw(**columns))
    assert mapping["version"] == 1
    assert proposal.toml.count("UNSURE") >= len(proposal.unsure)


@given(st.text())
def test_any_text_survives_being_quoted(text):
    if any(0xD800 <= ord(mark) <= 0xDFFF for mark in text):
        return
    written = f"x = {quoted(text)}\ny = {inline({text: [text]})}\n"
    assert tomllib.loads(written) == {"x": text, "y": {text: [text]}}
