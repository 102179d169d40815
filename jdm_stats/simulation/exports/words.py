"""Headings of the made-up registers, and names of antibodies as laboratories write them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "ANTIBODY_NAMES",
    "ENGLISH_HEADINGS",
    "FRENCH_HEADINGS",
    "GERMAN_HEADINGS",
]

_OF = {
    "patients": (
        *("patient_id", "sex", "birth", "diagnosis", "age_at_diagnosis_years"),
        *("diagnosis_year", "weight_kg", "height_cm", "antibody", "antibody_test_day"),
        *("ro52", "centre", "entry_day", "exit_day", "exit_reason", "cmas", "mmt8"),
        *("physician_global", "ck_u_l", "dysphagia", "oedema", "skin_ulcer"),
        *("calcinosis", "pattern", "comment"),
    ),
    "courses": (
        *("patient_id", "drug", "route", "start_day", "stop_day", "dose_mg"),
        *("dose_unit", "every_n_days", "as_needed"),
    ),
    "events": ("patient_id", "day", "event", "site", "definite"),
    "assessments": ("patient_id", "day", "measure", "value", "value_unit"),
}


def _headings(**tables: str) -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(
        {
            table: dict(zip(_OF[table], words.split("; "), strict=True))
            for table, words in tables.items()
        }
    )


GERMAN_HEADINGS = _headings(
    patients=(
        "PatNr; Geschlecht; Geburtsdatum; Diagnosedatum; Alter bei Diagnose; "
        "Diagnosejahr; Gewicht; Größe; Myositis-AK; AK-Datum; AK Ro52; Zentrum; "
        "Aufnahme; Letzter Kontakt; Status; CMAS; MMT-8; Arzturteil; CK; Dysphagie; "
        "Ödeme; Ulzera; Kalzinose; SYNTHETISCH Muster; Bemerkung"
    ),
    courses=(
        "PatNr; Präparat; Applikation; von; bis; Dosis; Einheit; Schema; bei Bedarf"
    ),
    events="PatNr; Ereignisdatum; Ereignis; Ort; gesichert",
    assessments="PatNr; Messdatum; Messgröße; Messwert; Messeinheit",
)
ENGLISH_HEADINGS = _headings(
    patients=(
        "Study No; Sex; Born on; Diagnosed on; Age at diagnosis; Diagnosis year; "
        "Weight; Height; Myositis antibody; Antibody taken; Ro52 result; Hospital; "
        "Enrolled; Last seen; Outcome; CMAS score; MMT8 score; Physician VAS; CK level; "
        "Swallowing; Swelling; Ulcers; Calcium; SYNTHETIC pattern; Remarks"
    ),
    courses="Study No; Product; Given; From; Until; Amount; Amount unit; How often; PRN",
    events="Study No; Happened on; What; Where; Confirmed",
    assessments="Study No; Measured on; Item; Result; Result unit",
)
FRENCH_HEADINGS = _headings(
    patients=(
        "Numéro; Sexe; Date de naissance; Date du diagnostic; Âge au diagnostic; "
        "Année; Poids; Taille; Anticorps; Date du dosage; Anticorps Ro52; Hôpital; "
        "Inclusion; Dernière visite; Devenir; Score CMAS; Score MMT8; EVA; CPK; "
        "Dysphagie; Œdème; Ulcérations; Calcinose; SYNTHÉTIQUE forme; Remarques"
    ),
    courses="Numéro; Médicament; Voie; Début; Fin; Dose; Unité; Rythme; si besoin",
    events="Numéro; Survenu le; Complication; Siège; Certain",
    assessments="Numéro; Mesuré le; Mesure; Valeur; Unité de mesure",
)

ANTIBODY_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "NXP2": ("MJ (p140)", "anti-NXP2", "NXP-2", "MJ"),
        "TIF1g": ("p155/140", "TIF1-gamma", "TRIM33"),
        "MDA5": ("CADM-140", "MDA-5", "anti-MDA5"),
        "Mi2": ("Mi-2", "anti-Mi-2", "Mi2"),
        "ARS": ("Jo-1", "PL-7", "PL-12", "EJ"),
        "SRP": ("SRP", "anti-SRP", "SRP-54"),
        "HMGCR": ("HMGCR", "anti-HMGCR"),
        "SAE": ("SAE1/2", "SAE", "anti-SAE1"),
        "PMScl": ("PM-Scl 75/100", "PM-Scl-100"),
        "other": ("anti-Ku", "U1-RNP", "cN1A"),
    }
)
