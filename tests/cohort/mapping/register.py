"""Two children of a register, and a mapping applied to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.apply import apply_mapping
from jdm_stats.cohort.mapping.model import CohortMapping

DATES = """
version = 1
[dates]
format = "DD.MM.YYYY"
diagnosis = "Dx"
birth = "Geb"
"""
PATIENTS = """
[patients.columns]
patient_id = "Nr"
antibody = "AK"
entry_day = { column = "auf", date = true }
exit_day = { column = "bis", date = true }
exit_reason = { value = "administrative" }
"""


def raw(name, lines=None, decimal=",", **columns):
    frame = pd.DataFrame(columns, dtype=object)
    frame = frame.where(frame.notna(), None)
    numbers = np.arange(2, len(frame) + 2) if lines is None else np.array(lines)
    return RawTable(name, f"{name}.csv", frame, numbers, decimal)


def children(**columns):
    given = {
        "Nr": ["K1", "K2"],
        "Geb": ["01.03.2010", "01.03.2012"],
        "Dx": ["01.03.2019", "02.03.2019"],
        "AK": ["MJ pos.", "MSA neg., Ro52 -"],
        "auf": ["01.03.2019", "03.03.2019"],
        "bis": ["29.02.2020", "02.03.2021"],
    }
    return raw("kinder", **(given | columns))


def mapped(text, *raws):
    return apply_mapping(
        {each.name: each for each in raws}, CohortMapping.from_text(text)
    )


def told(result):
    return [(f.rule, f.column, f.row, f.patient_id, f.source) for f in result.faults]


def counted(result, **where):
    tally = result.tally
    for column, value in where.items():
        tally = tally[tally[column] == value]
    return int(tally["rows"].sum())
