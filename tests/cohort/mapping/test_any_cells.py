"""Whatever stands in the cells of an export: tables and faults, never a traceback."""

from __future__ import annotations

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jdm_stats.cohort.checks import check_tables
from jdm_stats.cohort.doors.raw import RawTable
from jdm_stats.cohort.mapping.apply import RULES, apply_mapping
from jdm_stats.cohort.mapping.model import CohortMapping

MAPPING = CohortMapping.from_text("""
version = 1
[read]
missing = ["", "k.A.", "-9"]
[dates]
format = ["DD.MM.YYYY", "excel"]
diagnosis = "a"
birth = "b"
partial = "middle"
[[patients]]
from = "t"
rows = "merged"
[patients.columns]
patient_id = "id"
sex = "c"
weight_kg = { column = "d", unit = { column = "e" } }
height_cm = { column = "d", unit = "m" }
cmas = { column = "e", below = "half" }
antibody = { column = "f", borderline_as = "negative", cut_off = 3 }
antibody_test_day = { column = "a", days = true, origin = "b", plus = 1 }
entry_day = { column = "a", date = true, blank = 0 }
exit_day = { column = "b", date = "YYYY-MM-DD" }
exit_reason = { column = "c", values = { x = "lost" }, otherwise = "transfer" }
centre = "d"
dysphagia = { column = "e", blank = false }
calcinosis = { column = "f", values = { "1" = true } }
[[patients]]
from = "t"
where_not = { c = ["x"] }
[patients.columns]
patient_id = "id"
antibody = { panel = { NXP2 = "a", TIF1g = "b", Ro52 = "c" }, incomplete = "none" }
[courses]
from = "t"
skip_if_missing = ["drug"]
[courses.columns]
patient_id = "id"
drug = { column = "c", values = { y = "ivig" } }
route = "d"
start_day = { column = "a", date = true }
stop_day = { column = "b", date = true }
dose_mg = { column = "e", read = "dose", unit = "mg" }
every_n_days = "f"
[assessments]
from = "t"
[assessments.columns]
patient_id = "id"
day = { column = "b", date = true }
measure = { column = "c", values = { x = "ck_u_l", y = "cmas" }, otherwise = "weight_kg" }
value = { column = "d", unit = { column = "e" }, decimal = "," }
""")

WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "k.A.",
            "-9",
            "x",
            "y",
            "ja",
            "w",
            "oral",
            "p.o.",
            "1",
            "0",
            "31.02.2019",
        ),
        *(
            "01.03.2019",
            "2019",
            "03.2019",
            "43831",
            "20,5",
            "20.5",
            "1 g",
            "2 mg/kg/d",
            "kg",
        ),
        *(
            "mg",
            "MJ pos.",
            "MSA neg.",
            "140",
            "Decortin H",
            "48/52",
            "<5",
            "µkat/L",
            "\x00",
        ),
    ]
)
CELLS = st.one_of(
    WORDS,
    WORDS,
    st.none(),
    st.text(max_size=8),
    st.integers(-(10**20), 10**20),
    st.floats(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(datetime.UTC)),
    st.decimals(allow_nan=False),
    st.binary(max_size=3),
    st.sampled_from([[], [1], {"a": 1}, (1, 2), pd.NaT, pd.NA, Decimal("1.5"), 1j]),
    st.sampled_from([np.float64(2), np.int64(3), np.bool_(True), np.datetime64("NaT")]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(CELLS, min_size=7, max_size=7), max_size=5))
def test_any_cells_make_tables_and_faults(rows):
    frame = pd.DataFrame(index=range(len(rows)))
    for place, name in enumerate(["id", "a", "b", "c", "d", "e", "f"]):
        cells = np.empty(len(rows), dtype=object)
        for row, line in enumerate(rows):
            cells[row] = line[place]
        frame[name] = pd.Series(cells, dtype=object)
    table = RawTable("t", "t.csv", frame, np.arange(2, len(rows) + 2), None)
    result = apply_mapping({"t": table}, MAPPING)
    for fault in result.faults:
        assert fault.rule in RULES and fault.source and str(fault)
        assert 1 <= fault.row <= len(result.tables[fault.table])
    for name, made in result.tables.items():
        assert len(result.places[name]) == len(made)
    check_tables(result.tables)
    result.tally.to_json(orient="records")
