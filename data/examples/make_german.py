"""Write the German example: a hospital's export of SYNTHETIC children, dirty and mended.

Run from the top of a checkout: ``python data/examples/make_german.py [FOLDER]``. The
same code writes the same bytes; a test compares them. The children are drawn from
`simulate_cohort`, then written as a German hospital would write them: three files,
semicolons, decimal commas, cp1252, CRLF, mg beside mg/kg, antibodies in words. The dirty
export differs from the mended one in the cells of ``FAULTS`` alone, which are written
to faults.csv.
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

SEED, CHILDREN = 6, 100
SYNTHETIC = "SYNTHETIC"
NOT_KNOWN = "k.A."
MIX = {
    **{"NXP2": 0.24, "TIF1g": 0.30, "MDA5": 0.09, "ARS": 0.05, "Mi2": 0.05},
    **{"SRP": 0.02, "HMGCR": 0.01, "SAE": 0.01, "other": 0.0, "none": 0.23},
}

ANTIBODIES = {
    "NXP2": ("MJ (p140) pos.", "NXP2 +", "anti-NXP-2 positiv", "MJ/NXP2 pos."),
    "TIF1g": ("TIF1-gamma pos.", "p155/140 +", "anti-TIF1g positiv"),
    "MDA5": ("MDA5 pos.", "CADM-140 +"),
    "Mi2": ("Mi-2 pos.", "Mi2 +"),
    "ARS": ("Jo-1 pos.", "PL-12 +"),
    "SRP": ("SRP pos.",),
    "HMGCR": ("HMGCR pos.",),
    "SAE": ("SAE pos.",),
    "none": ("negativ", "alle negativ"),
    "untested": ("nicht getestet", "nicht bestimmt"),
}
DRUGS = {
    "prednisone": ("Decortin", "Prednison"),
    "methylprednisolone": ("Urbason", "Methylprednisolon"),
    "methotrexate": ("MTX", "Methotrexat"),
    "hydroxychloroquine": ("Quensyl", "Hydroxychloroquin"),
    "ivig": ("IVIG", "Privigen"),
    "cyclophosphamide": ("Endoxan", "Cyclophosphamid"),
    "tofacitinib": ("Xeljanz", "Tofacitinib"),
}
STATUS = {
    "administrative": "in Betreuung",
    "lost": "nicht mehr erschienen",
    "transfer": "Transition",
    "death": "verstorben",
}
SITES = {
    "duodenum": "Duodenum",
    "colon": "Kolon",
    "small bowel": "Dünndarm",
    "stomach": "Magen",
    "oesophagus": "Ösophagus",
    "unknown": "unbekannt",
}
ROUTES = {"oral": "p.o.", "iv": "i.v.", "sc": "s.c."}
SCHEMES = {1: "täglich", 7: "wöchentlich", 28: "alle 4 Wochen"}
FEATURES = {
    "dysphagia": "Dysphagie",
    "oedema": "Ödeme",
    "skin_ulcer": "Hautulzera",
    "calcinosis": "Kalzinose",
}

# file, row (from 1), column, what stands there in the dirty export, the rule it breaks,
# what is wrong
FAULTS = (
    (
        *("medikation", 12, "von", "31.02.2019", "date_impossible"),
        "a day that the calendar does not have",
    ),
    ("medikation", 40, "Einheit", "", "unit_missing", "a dose without a unit"),
    (
        "medikation",
        75,
        "Präparat",
        "Prednisolonn",
        "drug_unknown",
        "a drug spelt wrong",
    ),
    (
        *("medikation", 68, "Dosis", "1000", "dose_implausible"),
        "1,000 mg/kg: a slip of unit",
    ),
    (
        *("medikation", 160, "bis", "01.06.2016", "stop_before_start"),
        "a course that stops before it starts",
    ),
    (
        *("medikation", 200, "PatNr", "SYN-999", "unknown_patient"),
        "a course of a child who is not listed",
    ),
    (
        *("medikation", 230, "Dosis", "1.5", "number_not_understood"),
        "a decimal point where commas are declared",
    ),
    ("medikation", 300, "Applikation", "", "missing_value", "a course without a route"),
    (
        *("kinder", 9, "Myositis-AK", "NXP2 grenzwertig", "antibody_borderline"),
        "a borderline antibody",
    ),
    (
        *("kinder", 17, "Geschlecht", "x", "value_not_mapped"),
        "a code that nobody declared",
    ),
    (
        *("kinder", 25, "Aufnahme", "01.06.2035", "exit_before_entry"),
        "observation ends before it begins",
    ),
    (
        *("kinder", 31, "Gewicht (kg)", "205", "out_of_range"),
        "a weight that lost its decimal comma",
    ),
    (
        *("kinder", 38, "Geburtsdatum", "2012", "date_incomplete"),
        "a year where a date is declared",
    ),
    (
        *("kinder", 52, "Status", "verstorben", "death_without_event"),
        "a death without a day of death",
    ),
    (
        *("verlauf", 25, "Datum", "12/30/2019", "date_not_understood"),
        "a date in another format",
    ),
    ("verlauf", 60, "CMAS", "71", "out_of_range", "a CMAS above 52"),
)
TWICE = 45  # this row of kinder stands a second time, with another weight


def tables(cohort: Cohort) -> dict[str, pd.DataFrame]:
    """Return the mended export: kinder, medikation and verlauf, every cell a text."""
    patients = cohort.patients
    number = patients["patient_id"].str[-3:]
    ids = pd.Series(("SYN-" + number).to_numpy(), index=patients["patient_id"])
    rng = np.random.default_rng(SEED)
    first = pd.to_datetime(patients["diagnosis_year"].astype(str) + "-01-01")
    diagnosis = first + pd.to_timedelta(rng.integers(0, 360, len(patients)), unit="D")
    day0 = pd.Series(diagnosis.to_numpy(), index=patients["patient_id"])
    kinder = _kinder(cohort, ids, day0)
    return {
        "kinder": kinder,
        "medikation": _medikation(cohort, ids, day0),
        "verlauf": _verlauf(cohort, ids, day0),
    }


def _kinder(cohort: Cohort, ids: pd.Series, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.patients.set_index("patient_id")
    days = (rows["age_at_diagnosis_years"] * 365.25).round().astype("int64")
    place = np.arange(len(rows))
    status = rows["exit_reason"].map(STATUS)
    columns = {
        "PatNr": ids,
        "Geschlecht": rows["sex"].map({"female": "w", "male": "m"}),
        "Geburtsdatum": _german(day0 - pd.to_timedelta(days, unit="D")),
        "Erstdiagnose": _german(day0),
        "Zentrum": "Klinik " + rows["centre"],
        "Aufnahme": _german(_at(day0, rows["entry_day"])),
        "Letzter Kontakt": _german(_at(day0, rows["exit_day"])),
        "Status": status,
        "Gewicht (kg)": _comma(rows["weight_kg"]),
        "Größe (cm)": _comma(rows["height_cm"]),
        "Myositis-AK": _antibodies(rows, place),
        "AK-Datum": _german(_at(day0, rows["antibody_test_day"])),
        "CMAS": _comma(rows["cmas"]).fillna(NOT_KNOWN),
        "CK (U/l)": _comma(rows["ck_u_l"]).fillna(NOT_KNOWN),
        **{
            heading: rows[name].map({True: "ja", False: "nein"}).fillna(NOT_KNOWN)
            for name, heading in FEATURES.items()
        },
        **_dates_of_events(cohort.events, day0),
    }
    return pd.DataFrame(columns).fillna("").assign(Datenart=SYNTHETIC)


def _antibodies(rows: pd.DataFrame, place: np.ndarray) -> list[str]:
    words = [
        ANTIBODIES[antibody][which % len(ANTIBODIES[antibody])]
        for antibody, which in zip(rows["antibody"], place, strict=True)
    ]
    with_ro52 = rows["ro52"].fillna(False).to_numpy(dtype=bool)
    return [
        f"{word}, Ro52 +" if ro52 else word
        for word, ro52 in zip(words, with_ro52, strict=True)
    ]


def _dates_of_events(events: pd.DataFrame, day0: pd.Series) -> dict[str, pd.Series]:
    """Return event dates as columns of kinder; a second perforation has its own."""
    events = events.assign(turn=events.groupby(["patient_id", "event"]).cumcount())
    columns: dict[str, pd.Series] = {}

    def dated(event: str, heading: str, turn: int, site: str | None = None) -> None:
        rows = events[(events["event"] == event) & (events["turn"] == turn)]
        rows = rows.set_index("patient_id")
        dates = _at(day0.reindex(rows.index), rows["day"])
        columns[heading] = _german(dates).reindex(day0.index)
        if site is not None:
            columns[site] = rows["site"].map(SITES).reindex(day0.index)

    dated("gi_involvement", "GI-Beteiligung am", 0)
    for turn in range(2):
        head = f"{turn + 1}. Perforation"
        dated("gi_perforation", f"{head} am", turn, f"{head} Ort")
    dated("death", "Verstorben am", 0)
    return columns


def _medikation(cohort: Cohort, ids: pd.Series, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.courses
    weight = cohort.patients.set_index("patient_id")["weight_kg"]
    start = day0.reindex(rows["patient_id"]).reset_index(drop=True)
    place = rows.index.to_numpy()
    dose, unit = (
        rows["dose_mg"],
        rows["dose_basis"].map(
            {"per_kg_day": "mg/kg", "per_day": "mg", "per_m2": "mg/m²"}
        ),
    )
    # Clinic B writes oral steroids in mg a day, to the quarter tablet of 0.25 mg
    clinic = cohort.patients.set_index("patient_id")["centre"].reindex(
        rows["patient_id"]
    )
    in_mg = (clinic.to_numpy() == "B") & (rows["drug"] == "prednisone").to_numpy()
    heavy = weight.reindex(rows["patient_id"]).to_numpy(dtype=float)
    in_mg &= (rows["dose_basis"] == "per_kg_day").to_numpy() & ~np.isnan(heavy)
    dose = dose.where(~in_mg, ((dose * heavy * 4).round() / 4).clip(lower=0.25))
    unit = unit.where(~in_mg, "mg")
    # Clinic C writes pulses in g a day
    in_g = (clinic.to_numpy() == "C") & (
        rows["drug"] == "methylprednisolone"
    ).to_numpy()
    in_g &= (unit == "mg/kg").to_numpy() & ~np.isnan(heavy)
    dose, unit = (
        dose.where(~in_g, (dose * heavy / 1000).round(3)),
        unit.where(~in_g, "g"),
    )
    return (
        pd.DataFrame(
            {
                "PatNr": ids.reindex(rows["patient_id"]).to_numpy(),
                "Präparat": [
                    DRUGS[drug][which % len(DRUGS[drug])]
                    for drug, which in zip(rows["drug"], place, strict=True)
                ],
                "Applikation": rows["route"].map(ROUTES),
                "von": _german(_at(start, rows["start_day"])),
                "bis": _german(_at(start, rows["stop_day"])),
                "Dosis": _comma(dose),
                "Einheit": unit,
                "Schema": rows["every_n_days"].map(SCHEMES),
            }
        )
        .fillna("")
        .assign(Datenart=SYNTHETIC)
    )


def _verlauf(cohort: Cohort, ids: pd.Series, day0: pd.Series) -> pd.DataFrame:
    rows = cohort.assessments
    yearly = rows[rows["measure"] == "weight_kg"][["patient_id", "day"]]
    wide = rows.pivot_table("value", ["patient_id", "day"], "measure").reset_index()
    wide = yearly.merge(wide, on=["patient_id", "day"])
    start = day0.reindex(wide["patient_id"]).reset_index(drop=True)
    return (
        pd.DataFrame(
            {
                "PatNr": ids.reindex(wide["patient_id"]).to_numpy(),
                "Datum": _german(_at(start, wide["day"])),
                "Gewicht (kg)": _comma(wide["weight_kg"]),
                "Größe (cm)": _comma(wide["height_cm"]),
                "CMAS": _comma(wide["cmas"]).fillna(NOT_KNOWN),
                "CK (U/l)": _comma(wide["ck_u_l"]),
            }
        )
        .fillna("")
        .assign(Datenart=SYNTHETIC)
    )


def _at(day0: pd.Series, day: pd.Series) -> pd.Series:
    days = pd.to_timedelta(day.to_numpy(dtype=float, na_value=np.nan), unit="D")
    return pd.Series(day0.to_numpy() + days.to_numpy(), index=day0.index)


def _german(dates: pd.Series) -> pd.Series:
    return dates.dt.strftime("%d.%m.%Y")


def _comma(numbers: pd.Series) -> pd.Series:
    plain = numbers.astype(object).where(numbers.notna(), None)
    return plain.map(lambda n: None if n is None else f"{n:.12g}".replace(".", ","))


def dirty(mended: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the export as it came: the cells of FAULTS broken, one child twice."""
    broken = {name: frame.copy() for name, frame in mended.items()}
    for file, row, column, value, *_ in FAULTS:
        frame = broken[file]
        frame.iloc[row - 1, frame.columns.get_loc(column)] = value
    kinder = broken["kinder"]
    again = kinder.iloc[[TWICE - 1]].assign(**{"Gewicht (kg)": "99,5"})
    broken["kinder"] = pd.concat([kinder, again], ignore_index=True)
    return broken


def as_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as the hospital's program writes it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(frame.columns)
    writer.writerows(frame.to_numpy().tolist())
    return text.getvalue().encode("cp1252")


def known_faults(mended: dict[str, pd.DataFrame]) -> str:
    """Return the list of all that is wrong with the dirty export, as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ("file", "line", "column", "found", "meant", "rule", "what", "data")
    )
    for file, row, column, value, rule, what in FAULTS:
        meant = mended[file].iloc[row - 1][column]
        listed = (f"{file}.csv", row + 1, column, value, meant, rule, what, SYNTHETIC)
        writer.writerow(listed)
    last = len(mended["kinder"]) + 2
    what = f"the child of line {TWICE + 1} a second time, with another weight"
    rule = "duplicate_patient"
    writer.writerow(("kinder.csv", last, "PatNr", "", "", rule, what, SYNTHETIC))
    return text.getvalue()


def write(folder: Path) -> None:
    """Write both exports and the list of faults; the mapping is written by hand."""
    world = as_scenario("tertiary").with_values(h0_mass=0.08, antibody_mix=MIX)
    cohort = simulate_cohort(CHILDREN, scenario=world, rng=SEED, n_index_pattern=0)
    mended = tables(cohort)
    for name, frames in (("export", dirty(mended)), ("mended", mended)):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for file, frame in frames.items():
            (place / f"{file}.csv").write_bytes(as_bytes(frame))
    listed = known_faults(mended).encode("utf-8")
    (folder / "faults.csv").write_bytes(listed)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "german")
