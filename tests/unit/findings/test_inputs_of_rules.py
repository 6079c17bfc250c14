"""Inputs of the simulation reach expected numbers where a rule that is compared reads them, and nowhere else."""

import pytest

from misid.findings import estimates_of
from misid.scenario import SIMULATED, from_mapping, resolve

READ = {
    "claimed_identity_first": {"checks.true_name_given", "checks.one_to_one_decades"},
    "opt_out_offered": {"photos.declines"},
    "under_18_not_scanned": {"photos.child_seen_as_child", "photos.adult_seen_as_child"},
    "not_used": set(),
}


def simulated(paths):
    return {path for path in paths if path.split(".")[0] in SIMULATED}


def test_ordinary_rules_read_none(small_scenario):
    assert simulated(estimates_of(resolve(from_mapping(small_scenario()))).model.inputs) == set()


@pytest.mark.parametrize("rule", READ)
def test_a_rule_brings_the_inputs_it_reads(small_scenario, rule):
    e = estimates_of(resolve(from_mapping(small_scenario(compare=["definitive", rule]))))
    assert simulated(e.model.inputs) == READ[rule]
    acted = e.people(e.names[0], rule=rule).of("wrong_record")[0]
    assert (acted == 0.0) == (rule == "not_used")
