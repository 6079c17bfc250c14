"""What `misid.run` prints of the reported scenario, against arithmetic from its own inputs and published rows."""

import copy

import pytest

from misid.algorithm import load_card
from misid.scenario import load_scenario
from oracles.field_fpir import Arithmetic

ENROLLED = ("enrolled", "enrolled_without_passports")
RULES = ("definitive", "lead_only", "second_reader", "documents_count", "fingerprint_confirms")
# Printed figures hold every digit; the arithmetic is of other sums and quadratures.
CLOSE = 1e-5


def arithmetic(plain, end="", fields=()):
    """Return the arithmetic of a scenario, with some fields of its statuses at one end of their ranges."""
    moved = copy.deepcopy(plain)
    for who in moved["statuses"].values():
        for field in fields:
            # A wrong record is one of people whom the action does not fit.
            if field != "record_error" or not who["action_supported"]:
                for share in who[field].values():
                    share["value"] = share[end]
    curve = load_card("nec_008").to_json()["curves"]["webcam|as tested"]["duplicates"]["point"]
    return Arithmetic(moved, "nec_008", curve)


@pytest.fixture(scope="module")
def figures(field_app):
    """Return every figure of the answers by name, and the scenario as it was resolved."""
    found = {name: figure for answer in field_app.to_json()["answers"] for name, figure in answer["figures"].items()}
    return found, load_scenario("field-app").to_json()


def acted_on(of, decades, rule="definitive"):
    counts = of.counts(decades, "looks", rule=rule)
    return sum(sum(counts[cause].values()) for cause in ("wrong_person", "wrong_record", "not_verified"))


@pytest.mark.parametrize("point", ["strict", "nist_set_anew", "uk_police", "nist_kept"])
def test_actions_and_their_two_conditional_ranges(figures, point):
    found, plain = figures
    here = arithmetic(plain)
    decades = here.decades_of_point(point)
    shown = found[f"acted_on.{point}"]
    assert shown["value"] == pytest.approx(acted_on(here, decades), rel=CLOSE)
    for name, fields in ((f"acted_on.{point}", ENROLLED), (f"acted_on.{point}.record_error", ("record_error",))):
        ends = sorted(acted_on(arithmetic(plain, end, fields), decades) for end in ("low", "high"))
        assert [found[name]["low"], found[name]["high"]] == pytest.approx(ends, rel=CLOSE)
    if point.startswith("nist"):  # of the others phi is what they are known by
        assert found[f"phi.{point}"]["value"] == pytest.approx(here.phi(decades, "looks"), rel=CLOSE)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_at_every_point(figures, rule):
    found, plain = figures
    here = arithmetic(plain)
    for point in ("strict", "nist_set_anew", "uk_police", "nist_kept"):
        decades = here.decades_of_point(point)
        counts = here.counts(decades, "looks", rule=rule)
        for cause in ("wrong_person", "wrong_record", "supported"):
            want = sum(counts[cause].values())
            assert found[f"{cause}.{rule}.{point}"]["value"] == pytest.approx(want, rel=CLOSE, abs=1e-9)
