"""Scenarios at the edge of what is allowed: every one is answered, and stays within what can be."""

import math

import pytest

from misid.findings import estimates_of, findings
from misid.scenario import from_mapping, resolve
from misid.storage import to_text


def enrolled(share, error):
    """Return changes that enrol the same share of everybody, all with the same record error."""
    return {
        f"statuses__{who}__{field}": {"adult": x}
        for who in ("may_stay", "must_go")
        for field, x in (("enrolled", share), ("enrolled_without_passports", share), ("record_error", error))
    }


CORNERS = {
    "one reference": {"gallery__n_references": 1},
    "as many as there can be": {"gallery__n_references": 1e11},
    "all images of one person": {"gallery__n_references": 500, "gallery__images_per_person": 500},
    "every stranger is named": {"threshold": {"field_fpir": 1}},
    "no stranger is named": {"threshold": {"field_fpir": 0}},
    "nobody enrolled": enrolled(0, 0),
    "everybody enrolled": enrolled(1, 1),
    "no photo succeeds": {"capture__failure_to_acquire": 1},
    "a few draw everything": {"capture__heterogeneity_k": 0.01},
    "far looser": {"capture__tail_shift_decades": 5},
    "far stricter": {"capture__tail_shift_decades": -3},
    "nobody calls for action": {"gallery__mix": {"other": {"share": 1, "adverse": 0}}},
    "photos move phi": {"threshold": {"field_fpir": 0.01, "moved_by": "photos"}},
    "everybody has a twin": {"kin": {"identical_twin_share": 1, "identical_twin_match": 1}},
    "the best six, whatever their scores": {
        "threshold": {},
        "candidates": {"most": 6, "floor": False, "picks_mate": 0.9, "picks_stranger": 0.1},
    },
    "everybody goes on to fingerprints": {"after_no_hit": {"fingerprinted": 1, "match": 0.9, "false_match": 0.01}},
}


QUICK = ("one reference",)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in CORNERS]
)
def test_it_is_answered(name, small_scenario):
    data = small_scenario(**CORNERS[name]) | {"algorithm": {"cards": ["nec_010"], "image_kinds": ["webcam"]}}
    found = findings(estimates_of(resolve(from_mapping(data))))
    assert all(a.count for a in found.answers)
    to_text(found.to_json())
    for answer in found.answers:
        for label, e in answer.figures.items():
            assert e.value is None or math.isfinite(e.value), label
            if e.unit == "people" and e.value is not None:
                low, high = (e.value if end is None else end for end in (e.low, e.high))
                assert -1e-9 <= low <= e.value <= high <= 10_000 * (1 + 1e-9), (label, e)
            if e.unit.startswith("share of") and e.low is not None:
                assert -1e-12 <= e.low <= e.high <= 1 + 1e-12, (label, e)
