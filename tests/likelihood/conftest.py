"""Reference values and random problems for the tests of the likelihood."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from jdm_stats.likelihood.risk_sets import RiskSets, build_risk_sets

REFERENCE = Path(__file__).resolve().parents[1] / "reference"


def read_columns(name: str) -> dict[str, np.ndarray]:
    with (REFERENCE / name).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = {}
    for key in rows[0]:
        given = [row[key] for row in rows]
        try:
            columns[key] = np.array(given, dtype=float)
        except ValueError:
            columns[key] = np.array(given)
    return columns


@pytest.fixture(scope="session")
def heart() -> dict[str, np.ndarray]:
    return read_columns("heart.csv")


@pytest.fixture(scope="session")
def endometrial() -> dict[str, np.ndarray]:
    return read_columns("endometrial.csv")


@pytest.fixture(scope="session")
def five_events() -> dict[str, np.ndarray]:
    return read_columns("five_events.csv")


@pytest.fixture(scope="session")
def coxph() -> dict:
    return json.loads((REFERENCE / "coxph.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def r_fits() -> dict:
    return json.loads((REFERENCE / "logistic.json").read_text("utf-8"))


@pytest.fixture(scope="session")
def firth_records() -> dict[str, dict]:
    records = json.loads((REFERENCE / "firth.json").read_text("utf-8"))
    return {record["check"]: record["values"] for record in records}


@dataclass(frozen=True)
class Rows:
    """Rows at risk in (start, stop] with covariates of all of them."""

    start: np.ndarray
    stop: np.ndarray
    event: np.ndarray
    x: np.ndarray

    def sets(self, **kwargs) -> RiskSets:
        return build_risk_sets(self.start, self.stop, self.event, **kwargs)

    def at_risk(self, time: float) -> np.ndarray:
        """The law of intervals, spelt out."""
        return (self.start < time) & (time <= self.stop)


def random_rows(
    rng: np.random.Generator, n: int, events: int, p: int, *, days: int = 12
) -> Rows:
    """Rows with ties (few distinct days) and delayed entry."""
    stop = rng.integers(1, days + 1, n).astype(float)
    late = rng.random(n) < 0.5
    start = np.where(late, np.floor(stop * rng.uniform(0, 0.9, n)), 0.0)
    event = np.zeros(n, dtype=bool)
    event[rng.choice(n, events, replace=False)] = True
    return Rows(start, stop, event, rng.normal(size=(n, p)))


@pytest.fixture
def make_rows():
    return random_rows
