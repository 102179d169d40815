"""Input that can be taken in two ways: no person-time or event may get lost over it."""

import numpy as np
import pandas as pd
import pytest

from jdm_stats.errors import UsageError
from jdm_stats.intervals.audit import audit_intervals
from jdm_stats.intervals.merging import merge_values
from jdm_stats.intervals.rate_ratios import rate_ratio, rate_ratios
from jdm_stats.intervals.rates import incidence_rates
from jdm_stats.intervals.standardised import standardised_rate, standardised_ratio
from jdm_stats.intervals.stratified import stratified_rate_ratio
from jdm_stats.intervals.terms import event_at, event_count


@pytest.fixture
def called_missing() -> pd.DataFrame:
    """Rows in which a group is called "missing" beside rows of no group."""
    return pd.DataFrame(
        {
            "start": 0,
            "stop": 10,
            "event": [1, 1, 0, 1, 0, 0],
            "site": ["missing", None, "missing", "a", "a", None],
            "pulse": [1, 1, 0, 0, 1, 0],
        }
    )


class TestGroupCalledMissing:
    def test_rates_keep_both_groups_apart_by_name(self, called_missing):
        table = incidence_rates(called_missing, by="site")
        assert table["site"].tolist() == ["a", "missing", "missing (no value)"]

    def test_it_can_be_the_reference(self, called_missing):
        table = rate_ratios(called_missing, by="site", reference="missing")
        assert table["rate_ratio"].tolist() == [1.0, 1.0, 1.0]

    def test_strata_keep_every_event_and_all_person_time(self, called_missing):
        found = stratified_rate_ratio(
            called_missing, by="pulse", reference=0, strata="site", days_per_year=1
        )
        told = ["events", "person_years", "events_reference", "person_years_reference"]
        assert found.loc[0, [*told, "strata"]].tolist() == [2, 30.0, 1, 30.0, 3]


class TestSeveralValuesOnOneDay:
    rows = pd.DataFrame({"patient_id": ["A"], "start": [0], "stop": [9], "event": [0]})

    @pytest.mark.parametrize("increments", [[1, 0], [0, 1]])
    def test_a_day_counts_when_any_increment_does(self, increments):
        """So does cumevent: seen in mgus2 with values drawn at random (survival 3.5)."""
        values = pd.DataFrame({"patient_id": "A", "day": [4, 4], "n": increments})
        merged = merge_values(self.rows, values, {"number": event_count("n")})
        assert merged["number"].tolist() == [1, 0]

    def test_a_day_without_increment_is_not_marked(self):
        values = pd.DataFrame({"patient_id": "A", "day": [2, 4, 4], "n": [1, 0, 0]})
        merged = merge_values(self.rows, values, {"number": event_count("n")})
        assert merged["number"].tolist() == [1, 0, 0]

    @pytest.mark.parametrize("code", [-1, 0.5])
    def test_event_codes_must_be_codes(self, code):
        values = pd.DataFrame({"patient_id": "A", "day": [2, 4], "code": [1, code]})
        with pytest.raises(UsageError, match=r"whole codes from 0 up, 'code' .* row 2"):
            merge_values(self.rows, values, {"surgery": event_at("code")})


class TestLevelsAreToldAsTheyAre:
    @pytest.mark.parametrize(("level", "said"), [(0.975, "97.5%"), (0.999, "99.9%")])
    def test_level_is_not_rounded(self, level, said):
        found = rate_ratio(3, 10, 2, 10, conf_level=level)
        assert said in repr(found)
        assert said in found._repr_html_()


class TestNobodyAtRisk:
    none = pd.DataFrame({"start": [], "stop": [], "event": [], "age": [], "sex": []})
    published = pd.DataFrame({"age": [1.0], "rate": [2.0], "weight": [1.0]})

    def test_standardised_ratio_still_has_its_row(self):
        found = standardised_ratio(self.none, self.published, by="age")
        assert found[["observed", "expected", "p_value"]].values.tolist() == [[0, 0, 1]]
        assert np.isnan(found["ratio"].item())

    def test_standardised_rate_still_has_its_columns(self):
        found = standardised_rate(self.none, self.published, by="age", group="sex")
        assert {"sex", "rate", "conf_low", "conf_high"} <= set(found.columns)


class TestGroupsCalledAsAColumnOfTheResult:
    counts = pd.DataFrame(
        {"age": [1, 2] * 2, "n": [2, 1, 4, 0], "years": 10.0, "weight": list("aabb")}
    )
    standard = pd.DataFrame({"age": [1, 2], "part": [0.9, 0.1], "rate": 1.0})

    def test_a_group_called_weight_is_that_group(self):
        """Not the weights of the strata, as it was."""
        found = standardised_rate(
            self.counts,
            self.standard,
            by="age",
            weight="part",
            group="weight",
            counts=("n", "years"),
        )
        assert found["weight"].tolist() == ["a", "b"]
        assert found["rate"].tolist() == pytest.approx([19.0, 36.0])

    @pytest.mark.parametrize("name", ["expected", "observed", "events", "ratio"])
    def test_other_names_are_refused(self, name):
        table = self.counts.rename(columns={"weight": name})
        with pytest.raises(UsageError, match=f"rename the column {name}"):
            standardised_ratio(
                table, self.standard, by="age", group=name, counts=("n", "years")
            )

    def test_ratios_refuse_them_too(self):
        rows = pd.DataFrame({"start": [0], "stop": [9], "event": [1], "p_value": [1]})
        for make in (rate_ratios, stratified_rate_ratio):
            more = {} if make is rate_ratios else {"strata": "event"}
            with pytest.raises(UsageError, match="rename the column p_value"):
                make(rows, by="p_value", reference=1, **more)


class TestMessages:
    rows = pd.DataFrame({"start": [0], "stop": [9], "event": [1], "age": ["1"]})
    published = pd.DataFrame({"age": [1], "rate": [2.0]})

    def test_audit_refuses_what_is_no_frame(self):
        with pytest.raises(UsageError, match="must be a pandas DataFrame"):
            audit_intervals(self.rows.to_dict())

    def test_one_column_is_asked_for(self):
        with pytest.raises(UsageError, match=r"by must be the name of one column"):
            rate_ratios(self.rows, by=["age"], reference="1")
        with pytest.raises(UsageError, match=r"by must be the name of one column"):
            stratified_rate_ratio(self.rows, by=["age"], reference=1, strata="event")

    @pytest.mark.parametrize("counts", [("event",), "event", 3])
    def test_counts_are_two_columns(self, counts):
        with pytest.raises(UsageError, match="counts must be the names of two columns"):
            standardised_ratio(self.rows, self.published, by="age", counts=counts)

    def test_strata_that_differ_in_type_alone(self):
        with pytest.raises(UsageError, match="holds numbers and the other words"):
            standardised_ratio(self.rows, self.published, by="age")
