"""Write the REDCap example: a long export of SYNTHETIC children with its data dictionary.

Run from the top of a checkout: ``python data/examples/make_redcap.py [FOLDER]``. The
same code writes the same bytes; a test compares them. One file of raw codes: a baseline
event, then repeating instruments for treatment, gut events and visits, as REDCap writes
them, with dates as YYYY-MM-DD and -99 where a value is declared missing.
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from jdm_stats.cohort.cohort import Cohort
from jdm_stats.simulation.scenario.presets import as_scenario
from jdm_stats.simulation.simulate import simulate_cohort

SEED, CHILDREN = 2, 80
SYNTHETIC = "SYNTHETIC"
MISSING = "-99"

SEXES = {"female": "1", "male": "2"}
BOXES = (
    *("NXP2", "TIF1g", "MDA5", "Mi2", "ARS", "SRP", "HMGCR", "SAE"),
    *("other", "none", "untested"),
)
EXITS = {"administrative": "1", "lost": "2", "transfer": "3", "death": "4"}
ROUTES = {"oral": "1", "iv": "2", "sc": "3"}
BASES = {"per_day": "1", "per_kg_day": "2", "per_m2": "3"}
EVENTS = {"gi_involvement": "1", "gi_perforation": "2", "surgery": "3"}
DRUGS = (
    *("prednisone", "methylprednisolone", "methotrexate", "hydroxychloroquine"),
    *("ivig", "cyclophosphamide", "tofacitinib"),
)

HEADINGS = (
    *("Variable / Field Name", "Form Name", "Section Header", "Field Type"),
    *("Field Label", "Choices, Calculations, OR Slider Labels", "Field Note"),
    *("Text Validation Type OR Show Slider Number", "Text Validation Min"),
    *("Text Validation Max", "Identifier?"),
    *("Branching Logic (Show field only if...)", "Required Field?"),
    *("Custom Alignment", "Question Number (surveys only)", "Matrix Group Name"),
    *("Matrix Ranking?", "Field Annotation"),
)
SEX_CHOICES = "1, Female | 2, Male"
ANTIBODY_CHOICES = (
    "1, NXP2 (MJ/p140) | 2, TIF1-gamma (p155/140) | 3, MDA5 (CADM-140) | 4, Mi-2 | "
    "5, Antisynthetase (ARS) | 6, SRP | 7, HMGCR | 8, SAE | 9, Other | "
    "10, None found | 11, Not tested"
)
EXIT_CHOICES = (
    "1, Still followed | 2, Lost to follow-up | 3, Transferred to adult care | 4, Died"
)
DRUG_CHOICES = (
    "1, Prednisone | 2, Methylprednisolone | 3, Methotrexate | 4, Hydroxychloroquine | "
    "5, IVIG | 6, Cyclophosphamide | 7, Tofacitinib"
)
BASIS_CHOICES = "1, mg per day | 2, mg/kg per day | 3, mg/m2"
EVENT_CHOICES = "1, GI involvement | 2, GI perforation | 3, Surgery"
NOTE = "-99: not known"
# field, form, type, label, choices, validation
FIELDS = (
    ("record_id", "demographics", "text", "Record ID", "", ""),
    ("data_kind", "demographics", "text", "Kind of data", "", ""),
    ("sex", "demographics", "radio", "Sex", SEX_CHOICES, ""),
    ("dob", "demographics", "text", "Date of birth", "", "date_dmy"),
    ("dx_date", "demographics", "text", "Date of JDM diagnosis", "", "date_dmy"),
    ("enrol_date", "demographics", "text", "Date of enrolment", "", "date_dmy"),
    ("last_seen", "demographics", "text", "Date last seen", "", "date_dmy"),
    ("exit_status", "demographics", "dropdown", "Status", EXIT_CHOICES, ""),
    ("death_date", "demographics", "text", "Date of death", "", "date_dmy"),
    ("wt_kg", "demographics", "text", "Weight at diagnosis (kg)", "", "number"),
    ("ht_cm", "demographics", "text", "Height at diagnosis (cm)", "", "number"),
    ("cmas", "demographics", "text", "CMAS at diagnosis", "", "number"),
    ("ck", "demographics", "text", "CK at diagnosis (U/L)", "", "number"),
    ("dysphagia", "demographics", "yesno", "Dysphagia at diagnosis", "", ""),
    ("calcinosis", "demographics", "yesno", "Calcinosis at diagnosis", "", ""),
    ("msa_date", "antibodies", "text", "Date of antibody test", "", "date_dmy"),
    ("msa", "antibodies", "checkbox", "Antibodies found", ANTIBODY_CHOICES, ""),
    ("tx_drug", "treatment", "dropdown", "Drug", DRUG_CHOICES, ""),
    ("tx_route", "treatment", "radio", "Route", "1, Oral | 2, IV | 3, SC", ""),
    ("tx_start", "treatment", "text", "Start date", "", "date_dmy"),
    ("tx_stop", "treatment", "text", "Stop date", "", "date_dmy"),
    ("tx_dose", "treatment", "text", "Dose", "", "number"),
    ("tx_unit", "treatment", "radio", "Dose unit", BASIS_CHOICES, ""),
    ("tx_every", "treatment", "text", "Given every n days", "", "integer"),
    ("gi_date", "gi_event", "text", "Date of event", "", "date_dmy"),
    ("gi_event", "gi_event", "radio", "Event", EVENT_CHOICES, ""),
    ("gi_site", "gi_event", "text", "Site", "", ""),
    ("visit_date", "visit", "text", "Date of visit", "", "date_dmy"),
    ("visit_wt_kg", "visit", "text", "Weight (kg)", "", "number"),
    ("visit_ht_cm", "visit", "text", "Height (cm)", "", "number"),
    ("visit_cmas", "visit", "text", "CMAS", "", "number"),
)
FORMS = ("demographics", "antibodies", "treatment", "gi_event", "visit")


def dictionary() -> str:
    """Return the data dictionary, as REDCap lets it be downloaded."""
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADINGS, restval="", lineterminator="\n")
    writer.writeheader()
    for name, form, kind, label, choices, validation in FIELDS:
        row = (name, form, "", kind, label, choices, "", validation)
        note = {"Field Note": NOTE} if validation == "number" else {}
        writer.writerow(dict(zip(HEADINGS, row, strict=False)) | note)
    return text.getvalue()


def columns() -> list[str]:
    """Return the headings of the raw export, in the order REDCap writes them."""
    names = ["record_id", "redcap_event_name"]
    names += ["redcap_repeat_instrument", "redcap_repeat_instance"]
    for form in FORMS:
        for name, of_form, kind, *_ in FIELDS:
            if of_form != form or name == "record_id":
                continue
            boxes = range(1, len(BOXES) + 1) if kind == "checkbox" else ()
            names += [f"{name}___{box}" for box in boxes] or [name]
        names.append(f"{form}_complete")
    return names


def export(cohort: Cohort) -> pd.DataFrame:
    """Return the raw long export: one baseline row a child, then its repeated forms."""
    patients = cohort.patients
    rng = np.random.default_rng(SEED)
    first = pd.to_datetime(patients["diagnosis_year"].astype(str) + "-01-01")
    day0 = first + pd.to_timedelta(rng.integers(0, 360, len(patients)), unit="D")
    day0 = pd.Series(day0.to_numpy(), index=patients["patient_id"])
    record = pd.Series(np.arange(len(patients)) + 1, index=patients["patient_id"])
    rows = [
        _baseline(cohort, day0),
        _treatment(cohort, day0),
        _events(cohort, day0),
        _visits(cohort, day0),
    ]
    long = pd.concat(rows, ignore_index=True)
    long["record_id"] = record.reindex(long.pop("patient_id")).to_numpy()
    form = long["redcap_repeat_instrument"].fillna("")
    order = form.map({"": 0, "treatment": 1, "gi_event": 2, "visit": 3})
    long = long.assign(order=order).sort_values(["record_id", "order"], kind="stable")
    turn = long.groupby(["record_id", "redcap_repeat_instrument"]).cumcount() + 1
    long["redcap_repeat_instance"] = turn.where(form != "").astype("Int64")
    cells = long.reindex(columns=columns()).astype(object)
    return cells.where(cells.notna(), "")


def _baseline(cohort: Cohort, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.patients.set_index("patient_id")
    age = (rows["age_at_diagnosis_years"] * 365.25).round().astype("int64")
    died = rows["exit_reason"] == "death"
    found = {
        f"msa___{place + 1}": _box(rows["antibody"] == name)
        for place, name in enumerate(BOXES)
    }
    frame = pd.DataFrame(
        {
            "redcap_event_name": "baseline_arm_1",
            "data_kind": SYNTHETIC,
            "sex": rows["sex"].map(SEXES),
            "dob": _iso(day0 - pd.to_timedelta(age, unit="D")),
            "dx_date": _iso(day0),
            "enrol_date": _iso(_at(day0, rows["entry_day"])),
            "last_seen": _iso(_at(day0, rows["exit_day"])),
            "exit_status": rows["exit_reason"].map(EXITS),
            "death_date": _iso(_at(day0, rows["exit_day"])).where(died),
            "wt_kg": _number(rows["weight_kg"]).fillna(MISSING),
            "ht_cm": _number(rows["height_cm"]).fillna(MISSING),
            "cmas": _number(rows["cmas"]).fillna(MISSING),
            "ck": _number(rows["ck_u_l"]).fillna(MISSING),
            "dysphagia": rows["dysphagia"].map({True: "1", False: "0"}),
            "calcinosis": rows["calcinosis"].map({True: "1", False: "0"}),
            "msa_date": _iso(_at(day0, rows["antibody_test_day"])),
            **found,
            "demographics_complete": "2",
            "antibodies_complete": "2",
        }
    )
    return frame.reset_index()


def _repeated(form: str, rows: pd.DataFrame, cells: dict[str, object]) -> pd.DataFrame:
    fixed = {
        "patient_id": rows["patient_id"],
        "redcap_event_name": "follow_up_arm_1",
        "redcap_repeat_instrument": form,
        f"{form}_complete": "2",
    }
    return pd.DataFrame(fixed | cells)


def _treatment(cohort: Cohort, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.courses
    start = day0.reindex(rows["patient_id"]).reset_index(drop=True)
    drugs = {name: str(place + 1) for place, name in enumerate(DRUGS)}
    cells = {
        "tx_drug": rows["drug"].map(drugs),
        "tx_route": rows["route"].map(ROUTES),
        "tx_start": _iso(_at(start, rows["start_day"])),
        "tx_stop": _iso(_at(start, rows["stop_day"])),
        "tx_dose": _number(rows["dose_mg"]),
        "tx_unit": rows["dose_basis"].map(BASES),
        "tx_every": rows["every_n_days"].astype(object),
    }
    return _repeated("treatment", rows, cells)


def _events(cohort: Cohort, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.events
    rows = rows[rows["event"] != "death"].reset_index(drop=True)
    start = day0.reindex(rows["patient_id"]).reset_index(drop=True)
    cells = {
        "gi_date": _iso(_at(start, rows["day"])),
        "gi_event": rows["event"].map(EVENTS),
        "gi_site": rows["site"],
    }
    return _repeated("gi_event", rows, cells)


def _visits(cohort: Cohort, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.assessments
    yearly = rows[rows["measure"] == "weight_kg"][["patient_id", "day"]]
    wide = rows.pivot_table("value", ["patient_id", "day"], "measure").reset_index()
    wide = yearly.merge(wide, on=["patient_id", "day"])
    start = day0.reindex(wide["patient_id"]).reset_index(drop=True)
    cells = {
        "visit_date": _iso(_at(start, wide["day"])),
        "visit_wt_kg": _number(wide["weight_kg"]),
        "visit_ht_cm": _number(wide["height_cm"]),
        "visit_cmas": _number(wide["cmas"]).fillna(MISSING),
    }
    return _repeated("visit", wide, cells)


def _at(day0: pd.Series, day: pd.Series) -> pd.Series:
    days = pd.to_timedelta(day.to_numpy(dtype=float, na_value=np.nan), unit="D")
    return pd.Series(day0.to_numpy() + days.to_numpy(), index=day0.index)


def _box(ticked: pd.Series) -> pd.Series:
    return ticked.map({True: "1", False: "0"})


def _iso(dates: pd.Series) -> pd.Series:
    return dates.dt.strftime("%Y-%m-%d")


def _number(numbers: pd.Series) -> pd.Series:
    plain = numbers.astype(object).where(numbers.notna(), None)
    return plain.map(lambda number: None if number is None else f"{number:.12g}")


def write(folder: Path) -> None:
    """Write the export and its dictionary; the mapping is written by hand."""
    world = as_scenario("tertiary").with_values(h0_mass=0.08)
    cohort = simulate_cohort(CHILDREN, scenario=world, rng=SEED, n_index_pattern=0)
    folder.mkdir(parents=True, exist_ok=True)
    frame, text = export(cohort), io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\n")
    (folder / "export.csv").write_bytes(text.getvalue().encode("utf-8"))
    (folder / "dictionary.csv").write_bytes(dictionary().encode("utf-8"))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "redcap")
