"""The causal order that a scenario draws is the one its code follows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from matplotlib.figure import Figure

from jdm_stats.simulation.course import aftermath, children, giving, readings
from jdm_stats.simulation.course.histories import NEVER, walk
from jdm_stats.simulation.course.treatment import plan_treatment
from jdm_stats.simulation.draws import Streams
from jdm_stats.simulation.hazards import DayState, gi_hazard, perforation_hazard
from jdm_stats.simulation.scenario.graph import scenario_edges, scenario_nodes
from jdm_stats.simulation.scenario.presets import as_scenario

N = 96
TERTIARY = as_scenario("tertiary").with_values(name="tertiary", follow_up_days=800)
WORLDS = {
    "tertiary": TERTIARY,
    "harmless": as_scenario("steroids_harmless").with_values(follow_up_days=800),
    "blind": TERTIARY.with_values(confounding=0.0, jak_hr=2.0),
    "only flares confound": TERTIARY.with_values(
        pulse_severity_or=1.0, pulse_nxp2_or=1.0, flare_severity_hr=1.0
    ),
    "little acts": TERTIARY.with_values(
        centre_pulse_offsets=(0.1, 0.1),
        centre_start_offsets=(0.0, 0.0),
        pulse_decade_or=1.0,
        reduced_decade_or=1.0,
        pulse_cap_mg=1e6,
        severity_nxp2_shift=0.0,
        gi_nxp2_hr=1.0,
        gi_severity_hr=1.0,
        severity_hr=1.0,
        nxp2_early_hr=1.0,
        nxp2_late_hr=1.0,
        no_gi_factor=1.0,
        jak_after_gi_share=0.0,
        delayed_entry_severity_or=1.0,
        methotrexate_flare_hr=1.0,
        recovery_treatment_sd=0.0,
        gi_reading_sd=0.0,
        weight_gain=0.0,
        height_slowing=0.0,
        surgery_share=0.0,
        pulse_after_perforation_share=0.0,
        death_after_perforation_share=0.0,
        recurrence_share=0.0,
    ),
    "other effects": TERTIARY.with_values(
        flares_per_year=0.0, repair_pulse_or=3.0, leak_share=0.0, threshold_hr=2.0
    ),
}


class World:
    """Children of a scenario, to be changed in one thing at a time."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.streams = Streams(5, np.arange(N))
        self.children = children.draw_children(self.streams, scenario)
        shift = scenario.severity_nxp2_shift * self.children.nxp2
        self.severity = self.children.deviation + shift
        self.plan = self.planned()
        self.after = aftermath.draw_aftermath(self.streams, scenario)
        self.history = self.lived()

    def planned(self, severity=None, **changes):
        drawn = replace(self.children, **changes)
        ill = self.severity if severity is None else severity
        return plan_treatment(self.streams, drawn, ill, self.scenario)

    def lived(self, plan=None, **changes):
        drawn = replace(self.children, **changes)
        plan, world = plan or self.plan, (self.after, self.scenario)
        return walk(self.streams, drawn, plan, *world, perforations=False)

    def doses(self, **changes):
        history = self.lived(self.planned(**changes), **changes)
        return np.array([history.oral, history.pulse])

    def flares(self, severity=0.0, plan=None):
        path = np.full_like(self.history.severity, severity)
        return giving.find_flares(self.streams, plan or self.plan, self.scenario, path)

    def decisions(self, gi_day, year=None):
        drawn = self.children
        drawn = drawn if year is None else replace(drawn, year=np.full(N, year))
        days = np.full(N, gi_day)
        u = np.tile(np.linspace(0.001, 0.999, N), (3, 1))
        path = self.history.severity
        return giving.decide_after_gi(days, path, drawn, self.plan, self.scenario, u)

    def follow_up(self, severity=0.0, **changes):
        one = replace(self.children, **changes)
        own = self.severity + severity
        return children._follow_up(
            self.streams, self.scenario, own, one.age, one.year, one.day_of_year
        )

    def hazard(self, **changes):
        zero, no = np.zeros(1), np.zeros(1, dtype=bool)
        state = DayState(zero, zero, zero, no, zero, no, ~no)
        state = replace(state, **{n: np.array([v]) for n, v in changes.items()})
        early, late = (
            perforation_hazard(day, state, self.scenario)[0] for day in (100, 700)
        )
        return early, late

    def read(self, history=None, **changes):
        drawn = replace(self.children, **changes)
        own = history or self.history
        return readings.read_clinic(self.streams, drawn, own, self.scenario).value

    def repaired(self, **rows):
        u = np.full((4, 5, N), 0.3)
        u[:, 4] = np.linspace(0, 0.99, 4)[:, None]  # another site each time
        for name, value in rows.items():
            u[:, {"operated": 2}[name]] = value
        repair = np.full((4, 2, N), 0.3)
        return lambda pulsed: aftermath._further(
            u, repair, np.full(N, pulsed), self.scenario
        )


@cache
def world_of(name):
    return World(WORLDS[name])


def differ(one, other):
    if isinstance(one, dict):
        return any(differ(one[key], other[key]) for key in one)
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype == object:
        return bool((one != other).any())
    return one.shape != other.shape or not np.array_equal(one, other, equal_nan=True)


def planned_steroids(plan):
    return np.array([plan.level, plan.pulse_at_start, plan.pulse_log_odds])


def severity_decides(w):
    more = planned_steroids(w.planned(w.severity + 1))
    back = [set(w.flares(ill).back.tolist()) for ill in (0.0, 2.0)]
    return differ(planned_steroids(w.plan), more) or back[0] != back[1]


def methotrexate_keeps_from_flares(w):
    drug = w.plan.drugs[0]
    days = []
    for given in (True, False):
        own = replace(drug, given=np.full(N, given))
        plan = replace(w.plan, drugs=(own, *w.plan.drugs[1:]))
        days.append(w.flares(0.0, plan).day)
    return differ(*days)


def flares_set_back(w):
    none = giving.Flares(*(np.zeros(0, int),) * 3, np.zeros(0, bool))
    rest = (w.decisions(NEVER), w.children, w.plan, w.scenario, len(w.history.oral))
    return differ(*(giving.give_steroids(f, *rest)[0] for f in (w.flares(0.0), none)))


def gut_decides(w):
    some, none = w.decisions(100), w.decisions(NEVER)
    return differ([some.pulsed, some.raised], [none.pulsed, none.raised])


def all_nxp2(w):
    return {"antibody": np.full(N, "NXP2", dtype=object)}


def no_nxp2(w):
    return {"antibody": np.full(N, "none", dtype=object)}


def years(w):
    return w.scenario.first_year, w.scenario.last_year


PROBES = {
    ("centre", "steroids"): lambda w: differ(
        w.doses(), w.doses(centre=1 - np.minimum(w.children.centre, 1))
    ),
    ("year", "steroids"): lambda w: differ(
        *(w.doses(year=np.full(N, year)) for year in years(w))
    ),
    ("age", "steroids"): lambda w: differ(
        *(w.doses(age=np.full(N, age)) for age in (2.0, 17.0))
    ),
    ("antibody", "severity"): lambda w: differ(
        w.lived(**all_nxp2(w)).severity, w.lived(**no_nxp2(w)).severity
    ),
    ("antibody", "steroids"): lambda w: differ(
        planned_steroids(w.planned(**all_nxp2(w))),
        planned_steroids(w.planned(**no_nxp2(w))),
    ),
    ("antibody", "gi"): lambda w: differ(
        *(gi_hazard(np.zeros(1), np.full(1, x), w.scenario, 1e-3) for x in (0.0, 1.0))
    ),
    ("antibody", "perforation"): lambda w: differ(w.hazard(), w.hazard(nxp2=1.0)),
    ("antibody", "readings"): lambda w: differ(
        w.read(**all_nxp2(w)), w.read(**no_nxp2(w))
    ),
    ("severity", "steroids"): severity_decides,
    ("severity", "flares"): lambda w: differ(w.flares(0.0).day, w.flares(1.0).day),
    ("severity", "gi"): lambda w: differ(
        *(gi_hazard(np.full(1, z), np.zeros(1), w.scenario, 1e-3) for z in (0.0, 1.0))
    ),
    ("severity", "perforation"): lambda w: differ(w.hazard(), w.hazard(severity=1.0)),
    ("severity", "readings"): lambda w: differ(
        w.read(), w.read(replace(w.history, severity=w.history.severity + 1))
    ),
    ("gi", "readings"): lambda w: differ(
        *(w.read(replace(w.history, gi_day=np.full(N, d))) for d in (100, NEVER))
    ),
    ("severity", "referral"): lambda w: differ(
        w.follow_up()["entry"], w.follow_up(severity=1.0)["entry"]
    ),
    ("methotrexate", "flares"): methotrexate_keeps_from_flares,
    ("flares", "steroids"): flares_set_back,
    ("gi", "steroids"): gut_decides,
    ("gi", "jak"): lambda w: differ(
        w.decisions(100, 2022).jak_from, w.decisions(NEVER, 2022).jak_from
    ),
    ("gi", "perforation"): lambda w: differ(w.hazard(), w.hazard(gi=False)),
    ("year", "jak"): lambda w: differ(*(w.decisions(9, y).jak_from for y in years(w))),
    ("jak", "perforation"): lambda w: (
        differ(w.hazard(), w.hazard(jak=True))
        and (w.decisions(100, 2022).jak_from < NEVER).any()
    ),
    ("steroids", "perforation"): lambda w: differ(
        w.hazard(), w.hazard(dose=2.0, recent_pulse=True, weighted_dose=200.0)
    ),
    ("steroids", "readings"): lambda w: differ(
        w.read(), w.read(replace(w.history, oral=np.zeros_like(w.history.oral)))
    ),
    ("perforation", "surgery"): lambda w: (w.after.surgeries >= 0).any(),
    ("perforation", "pulses after"): lambda w: (w.after.pulse > 0).any(),
    ("perforation", "further"): lambda w: (w.after.perforations[1:] >= 0).any(),
    ("perforation", "death"): lambda w: (w.after.death > 0).any(),
    ("pulses after", "further"): lambda w: differ(
        *(draw_further(w, pulsed) for pulsed in (True, False))
    ),
    ("surgery", "further"): lambda w: (
        differ(
            w.repaired(operated=0.0)(False)["sites"],
            w.repaired(operated=0.99)(False)["sites"],
        )
        and w.scenario.surgery_share > 0
    ),
    ("age", "end"): lambda w: differ(
        *(w.follow_up(age=np.full(N, age))["lock"] for age in (2.0, 17.0))
    ),
    ("year", "end"): lambda w: differ(
        *(w.follow_up(year=np.full(N, year))["lock"] for year in years(w))
    ),
}


def draw_further(w, pulsed):
    u = np.tile(np.linspace(0.001, 0.999, N), (4, 5, 1))
    repair = np.full((4, 2, N), 0.3)
    drawn = aftermath._further(u, repair, np.full(N, pulsed), w.scenario)
    return drawn["perforations"]


@pytest.mark.parametrize("name", WORLDS)
def test_an_edge_acts_where_changing_its_source_changes_its_target(name):
    edges = scenario_edges(WORLDS[name])
    told = edges.set_index(["source", "target"])["acts"]
    assert set(told.index) - set(PROBES) == {("death", "end")}
    found = {edge: bool(probe(world_of(name))) for edge, probe in PROBES.items()}
    assert {edge: bool(told[edge]) for edge in found} == found


def test_blind_steroids_lose_the_arrows_of_indication_and_keep_the_rest():
    edges = scenario_edges(WORLDS["blind"])
    into = edges[edges["target"] == "steroids"].set_index("source")["kind"]
    assert into.to_dict() == {
        **dict.fromkeys(("antibody", "severity", "gi"), "null"),
        **dict.fromkeys(("centre", "year", "age", "flares"), "assumed"),
    }


def test_what_is_set_is_told_from_what_is_assumed_and_published():
    edges = scenario_edges(TERTIARY.with_values(severity_hr=3.0))
    kinds = edges.set_index(["source", "target"])["kind"]
    assert kinds["severity", "perforation"] == "set"
    assert kinds["antibody", "perforation"] == "assumed"
    assert kinds["perforation", "surgery"] == "published"
    assert kinds["jak", "perforation"] == "null"


def test_edges_name_values_of_the_scenario_and_nodes_that_are_drawn():
    edges, nodes = scenario_edges(TERTIARY), set(scenario_nodes()["node"])
    assert set(edges["source"]) | set(edges["target"]) == nodes
    named = {name for cell in edges["rests_on"] for name in cell.split(", ")}
    assert named <= set(TERTIARY.values())


def test_no_arrow_runs_through_a_third_node():
    place = scenario_nodes().set_index("node")[["x", "y"]]
    for edge in scenario_edges(TERTIARY).itertuples():
        a, b = (place.loc[name].to_numpy(float) for name in (edge.source, edge.target))
        for name in place.index.difference([edge.source, edge.target]):
            p = place.loc[name].to_numpy(float)
            t = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            away = np.abs(a + t * (b - a) - p)
            assert away[0] > 0.45 or away[1] > 0.25, (edge.source, edge.target, name)


def test_the_graph_says_synthetic_and_names_its_scenario():
    ax = Figure(figsize=(10, 6)).subplots()
    assert TERTIARY.graph(ax) is ax
    words = [text.get_text() for text in ax.texts]
    assert "SYNTHETIC" in words
    assert "first perforation" in words
    assert ax.get_title(loc="left") == "What acts on what: tertiary"
    drawn = sorted(patch.get_gid() for patch in ax.patches)
    kinds = scenario_edges(TERTIARY)["kind"]
    assert drawn == sorted(f"edge-{kind}" for kind in kinds)
