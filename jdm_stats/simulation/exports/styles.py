"""Three dialects in which made-up registers write: how, in which words, under which headings.

A style is data alone. Headings and words are invented; brands, units and names of
antibodies are those hospitals of the country write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from jdm_stats.simulation.exports.words import (
    ENGLISH_HEADINGS,
    FRENCH_HEADINGS,
    GERMAN_HEADINGS,
)

__all__ = ["STYLES", "Style"]

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Style:
    """How a register writes.

    Parameters
    ----------
    encoding, delimiter, decimal, line_end : str
        Of its files.
    date : str
        Format of its dates, as a mapping declares it.
    files : mapping of a table to the name of its file
        With ``long`` and ``visits`` for the other layouts.
    headings : mapping of a table to its headings by our columns
        With ``diagnosis``, ``birth``, ``comment``, ``dose_unit`` and ``value_unit``.
    words : mapping of a column to the words for our values
    flags : (str, str)
        Yes and no.
    intervals : (str, str)
        Every day; every n days.
    per : mapping of a dose_basis to the unit of a dose in mg
    drugs : mapping of a drug to its names
    results : mapping of an antibody's status to its words
    measure_units : mapping of a measure to the word for its unit
    missing : str
        The word for what is not known.
    comment : str
        What a comment says; it holds delimiters.
    """

    name: str
    encoding: str
    delimiter: str
    decimal: str
    line_end: str
    date: str
    files: Words
    headings: Mapping[str, Words]
    words: Mapping[str, Words]
    flags: tuple[str, str]
    intervals: tuple[str, str]
    per: Words
    drugs: Mapping[str, tuple[str, ...]]
    results: Mapping[str, str]
    points: str
    missing: str
    comment: str


_GERMAN = Style(
    name="german",
    encoding="cp1252",
    delimiter=";",
    decimal=",",
    line_end="\r\n",
    date="DD.MM.YYYY",
    files={
        **{"patients": "kinder", "courses": "medikation", "events": "ereignisse"},
        **{"assessments": "messungen", "long": "register", "visits": "visiten"},
    },
    headings=GERMAN_HEADINGS,
    words={
        "record": {
            **{"patients": "Stamm", "courses": "Medikation"},
            **{"events": "Ereignis", "assessments": "Messung"},
        },
        "sex": {"female": "weiblich", "male": "männlich", "unknown": "unbekannt"},
        "exit_reason": {
            **{"administrative": "lebt", "lost": "nicht mehr erschienen"},
            **{"death": "verstorben", "transfer": "verlegt"},
        },
        "route": {
            **{"oral": "p.o.", "iv": "i.v.", "im": "i.m.", "sc": "s.c."},
            **{"other": "sonstige"},
        },
        "event": {
            **{"gi_involvement": "Darmbeteiligung", "gi_perforation": "Perforation"},
            **{"surgery": "Operation", "death": "Tod", "remission": "Remission"},
        },
        "measure": {
            **{"cmas": "CMAS", "mmt8": "MMT-8", "physician_global": "Arzturteil"},
            **{"chaq": "CHAQ", "ck_u_l": "CK", "ldh_u_l": "LDH"},
            **{"weight_kg": "Gewicht", "height_cm": "Größe"},
        },
    },
    flags=("ja", "nein"),
    intervals=("täglich", "alle {} Tage"),
    per={
        **{"per_day": "mg/Tag", "per_kg_day": "mg/kg/Tag"},
        **{"per_dose": "mg/Dosis", "per_m2": "mg/m²"},
    },
    drugs={
        "prednisone": ("Decortin", "Prednison", "Rectodelt"),
        "prednisolone": ("Decortin H", "Prednisolon"),
        "methylprednisolone": ("Urbason", "Methylprednisolon", "Solu-Medrol"),
        "dexamethasone": ("Fortecortin", "Dexamethason"),
        "methotrexate": ("MTX", "Lantarel", "Methotrexat"),
        "ivig": ("IVIG", "Privigen", "Octagam"),
        "hydroxychloroquine": ("Quensyl", "Hydroxychloroquin"),
        "cyclophosphamide": ("Endoxan", "Cyclophosphamid"),
        "plasma_exchange": ("Plasmapherese", "Plasmaaustausch"),
        "fresh_frozen_plasma": ("FFP", "Frischplasma"),
    },
    results={
        **{"positive": "pos.", "negative": "neg.", "untested": "n.t."},
        **{"borderline": "grenzwertig", "none": "MSA neg.", "found": "positiv"},
    },
    points="Punkte",
    missing="k.A.",
    comment="Verlauf gut; siehe Brief",
)
_ENGLISH = Style(
    name="english",
    encoding="utf-8",
    delimiter=",",
    decimal=".",
    line_end="\n",
    date="DD-MMM-YYYY",
    files={
        **{"patients": "children", "courses": "medication", "events": "complications"},
        **{"assessments": "measures", "long": "registry", "visits": "visits"},
    },
    headings=ENGLISH_HEADINGS,
    words={
        "record": {
            **{"patients": "enrolment", "courses": "drug"},
            **{"events": "event", "assessments": "measure"},
        },
        "sex": {"female": "F", "male": "M", "unknown": "U"},
        "exit_reason": {
            **{"administrative": "alive at end", "lost": "lost to follow-up"},
            **{"death": "died", "transfer": "moved to adult care"},
        },
        "route": {
            **{"oral": "PO", "iv": "IV", "im": "IM", "sc": "SC", "other": "another"},
        },
        "event": {
            **{"gi_involvement": "gut involved", "gi_perforation": "gut perforated"},
            **{"surgery": "operation", "death": "died", "remission": "in remission"},
        },
        "measure": {
            **{"cmas": "CMAS", "mmt8": "MMT8", "physician_global": "PGA"},
            **{"chaq": "C-HAQ", "ck_u_l": "CK", "ldh_u_l": "LDH"},
            **{"weight_kg": "weight", "height_cm": "height"},
        },
    },
    flags=("Yes", "No"),
    intervals=("daily", "every {} days"),
    per={
        **{"per_day": "mg/day", "per_kg_day": "mg/kg/day"},
        **{"per_dose": "mg/dose", "per_m2": "mg/m2"},
    },
    drugs={
        "prednisone": ("prednisone", "Deltasone", "Rayos"),
        "prednisolone": ("prednisolone", "Orapred"),
        "methylprednisolone": ("Solu-Medrone", "methylprednisolone", "Medrol"),
        "dexamethasone": ("Decadron", "dexamethasone"),
        "methotrexate": ("methotrexate", "MTX", "Metoject"),
        "ivig": ("IVIG", "Gamunex", "intravenous immunoglobulin"),
        "hydroxychloroquine": ("Plaquenil", "HCQ"),
        "cyclophosphamide": ("Cytoxan", "cyclophosphamide"),
        "plasma_exchange": ("plasma exchange", "PLEX"),
        "fresh_frozen_plasma": ("fresh frozen plasma", "FFP"),
    },
    results={
        **{"positive": "positive", "negative": "negative", "untested": "not tested"},
        **{"borderline": "equivocal", "none": "MSA: negative", "found": "positive"},
    },
    points="points",
    missing="ND",
    comment="doing well, see letter",
)
_FRENCH = Style(
    name="french",
    encoding="utf-8-sig",
    delimiter=";",
    decimal=",",
    line_end="\r\n",
    date="DD/MM/YYYY",
    files={
        **{"patients": "enfants", "courses": "traitements", "events": "complications"},
        **{"assessments": "mesures", "long": "registre", "visits": "visites"},
    },
    headings=FRENCH_HEADINGS,
    words={
        "record": {
            **{"patients": "inclusion", "courses": "traitement"},
            **{"events": "complication", "assessments": "mesure"},
        },
        "sex": {"female": "fille", "male": "garçon", "unknown": "inconnu"},
        "exit_reason": {
            **{"administrative": "vivant", "lost": "perdu de vue"},
            **{"death": "décédé", "transfer": "passage chez l'adulte"},
        },
        "route": {
            **{"oral": "per os", "iv": "IV", "im": "IM", "sc": "SC", "other": "autre"},
        },
        "event": {
            **{"gi_involvement": "atteinte digestive", "gi_perforation": "perforation"},
            **{"surgery": "chirurgie", "death": "décès", "remission": "rémission"},
        },
        "measure": {
            **{"cmas": "CMAS", "mmt8": "MMT8", "physician_global": "EVA médecin"},
            **{"chaq": "CHAQ", "ck_u_l": "CPK", "ldh_u_l": "LDH"},
            **{"weight_kg": "poids", "height_cm": "taille"},
        },
    },
    flags=("oui", "non"),
    intervals=("tous les jours", "tous les {} jours"),
    per={
        **{"per_day": "mg/jour", "per_kg_day": "mg/kg/jour"},
        **{"per_dose": "mg/prise", "per_m2": "mg/m²"},
    },
    drugs={
        "prednisone": ("Cortancyl", "prednisone"),
        "prednisolone": ("Solupred", "prednisolone"),
        "methylprednisolone": ("Solumedrol", "Medrol"),
        "dexamethasone": ("dexaméthasone", "Neofordex"),
        "methotrexate": ("méthotrexate", "Novatrex", "Imeth"),
        "ivig": ("IGIV", "Tegeline", "Privigen"),
        "hydroxychloroquine": ("Plaquenil", "hydroxychloroquine"),
        "cyclophosphamide": ("Endoxan", "cyclophosphamide"),
        "plasma_exchange": ("échanges plasmatiques", "plasmaphérèse"),
        "fresh_frozen_plasma": ("plasma frais congelé", "PFC"),
    },
    results={
        **{"positive": "positif", "negative": "négatif", "untested": "en attente"},
        **{"borderline": "douteux", "none": "MSA négatif", "found": "positif"},
    },
    points="points",
    missing="NC",
    comment="évolution favorable; voir lettre",
)

STYLES: Mapping[str, Style] = MappingProxyType(
    {style.name: style for style in (_GERMAN, _ENGLISH, _FRENCH)}
)
