"""Inputs of the simulation reach the closed form where a rule that is compared reads them, and nowhere else."""

import pytest

from misid.findings import reckoner
from misid.scenario import SIMULATED, from_mapping, resolve
from misid.vocabulary import Mode

READ = {
    "claimed_identity_first": {"checks.true_name_given", "checks.one_to_one_decades"},
    "opt_out_offered": {"photos.declines"},
    "under_18_not_scanned": {"photos.child_seen_as_child", "photos.adult_seen_as_child"},
    "not_used": set(),
}


def simulated(paths):
    return {path for path in paths if path.split(".")[0] in SIMULATED}


def test_ordinary_rules_read_none(small_scenario):
    assert simulated(reckoner(resolve(from_mapping(small_scenario()))).inputs) == set()


@pytest.mark.parametrize("rule", READ)
def test_a_rule_brings_the_inputs_it_reads(small_scenario, rule):
    found = reckoner(resolve(from_mapping(small_scenario(compare=["definitive", rule]))))
    assert simulated(found.inputs) == READ[rule]
    swept = {path for path, q in found.read_by("all", [rule]).items() if q.swept}
    assert simulated(swept) == {path for path in READ[rule] if found.inputs[path].swept}
    assert not simulated({path for path, q in found.read_by("all", ()).items() if q.swept})
    out = found.outputs("all", Mode.HELD, found.best())
    assert (out[f"{rule}.wrong_record"][0] == 0.0) == (rule == "not_used")
