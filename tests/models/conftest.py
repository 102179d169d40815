"""Reference data and values for the tests of the models."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def read_json(name: str) -> dict:
    return json.loads((REFERENCE / name).read_text("utf-8"))


@pytest.fixture
def heart() -> pd.DataFrame:
    frame = pd.read_csv(REFERENCE / "heart.csv")
    return frame.rename(columns={"id": "patient_id"})


@pytest.fixture
def endometrial() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "endometrial.csv")


@pytest.fixture
def five_events() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "five_events.csv")


@pytest.fixture
def competing() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "competing.csv")


@pytest.fixture(scope="session")
def coxph() -> dict:
    return read_json("coxph.json")


@pytest.fixture(scope="session")
def r_fits() -> dict:
    return read_json("logistic.json")


@pytest.fixture(scope="session")
def curves() -> dict:
    return read_json("curves.json")


@pytest.fixture(scope="session")
def firth_records() -> dict[str, dict]:
    return {record["check"]: record["values"] for record in read_json("firth.json")}


@pytest.fixture
def four_children() -> pd.DataFrame:
    """Exposed die on days 1 and 4, unexposed on day 2; one unexposed is followed on."""
    return pd.DataFrame(
        {
            "patient_id": list("ABCD"),
            "start": 0,
            "stop": [1, 2, 4, 5],
            "event": [1, 1, 1, 0],
            "nxp2": [1, 0, 1, 0],
        }
    )
