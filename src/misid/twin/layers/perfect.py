"""The layers of a system, and what each would be if it were perfect: a change of stop policy and of points.

A layer is made perfect by numbers alone, so the closed form and the simulation of single people are changed alike, and
in the simulation the same people keep their luck.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

import numpy as np

from misid.scenario import Scenario
from misid.twin.expected.points import GROUPS, Array, Points, group_path

RANDOM = "random"  # the name of the stop policy that a perfect stop mix stands for
# So far above any threshold that no reference is missed, and still a number that float32 holds.
_NEVER_MISSED = 1e6


class Layer(StrEnum):
    """What can be made perfect, in the order in which an encounter meets it."""

    STOP_MIX = "stop_mix"
    GALLERY_MIX = "gallery_mix"
    FACE = "face"
    RECORD = "record"
    READER = "reader"
    DOCUMENT = "document"
    RULE = "rule"


TITLES: Mapping[Layer, str] = {
    Layer.STOP_MIX: "who is stopped",
    Layer.GALLERY_MIX: "who is in the gallery",
    Layer.FACE: "the face search",
    Layer.RECORD: "the record",
    Layer.READER: "people who compare the faces",
    Layer.DOCUMENT: "documents",
    Layer.RULE: "the rule",
}
PERFECT: Mapping[Layer, str] = {
    Layer.STOP_MIX: "people are stopped at random",
    Layer.GALLERY_MIX: (
        "strangers of every origin have the gallery's average share of records that call for an action, "
        "and no origin is likelier to be matched with its own"
    ),
    Layer.FACE: "nobody is taken for anybody else, and nobody who is enrolled is missed",
    Layer.RECORD: "every record says what is so, and none is linked to somebody else",
    Layer.READER: "somebody compares the faces and never errs",
    Layer.DOCUMENT: "everybody whose own record does not support the action shows a genuine document",
    Layer.RULE: (
        "a genuine document always counts, a wrong record is found out before anybody is acted on, "
        "and no hit leads to nothing"
    ),
}


def layers_of(scenario: Scenario, stop: str) -> tuple[Layer, ...]:
    """Return the layers that can be made perfect here.

    Parameters
    ----------
    scenario : Scenario
        Resolved.
    stop : str
        The stop policy in use; where it is the random one, or there is none, the stop mix is no layer.
    """
    chance = RANDOM in scenario.stops and stop != RANDOM
    return tuple(layer for layer in Layer if chance or layer is not Layer.STOP_MIX)


def made_perfect(scenario: Scenario, stop: str, points: Points, layers: frozenset[Layer]) -> tuple[str, Points]:
    """Return stop policy and points with some layers made perfect, as `PERFECT` says.

    Parameters
    ----------
    scenario : Scenario
        Gives the structure.
    stop : str
        The stop policy in use.
    points : Points
        The scenario as given; inputs that only the simulation reads are changed where the points hold them.
    layers : frozenset of Layer
        Which; the stop mix changes nothing where the scenario has no random policy.

    Returns
    -------
    stop : str
        ``random`` where the stop mix is made perfect and the scenario has that policy.
    points : Points
        The same object where no number changes.
    """
    changed: dict[str, Array] = {}
    if Layer.GALLERY_MIX in layers:
        changed |= _even_gallery(scenario, points)
    set_to = {path: x for layer in layers for path, x in _numbers(scenario, layer).items() if path in points.values}
    changed |= {path: np.full(len(points), x) for path, x in set_to.items()}
    chance = Layer.STOP_MIX in layers and RANDOM in scenario.stops
    out = replace(points, values={**points.values, **changed}) if changed else points
    if Layer.FACE in layers:
        size = len(points)
        out = replace(out, floor=np.zeros(size), location=np.full(size, _NEVER_MISSED))
    return (RANDOM if chance else stop), out


def _even_gallery(scenario: Scenario, points: Points) -> dict[str, Array]:
    """Give strangers of every origin the gallery's average, and no origin a likeness to its own."""
    stems = [f"gallery.mix.{origin.value}" for origin in scenario.gallery.mix]
    share = np.stack([points[f"{stem}.share"] for stem in stems])
    adverse = np.stack([points[f"{stem}.adverse"] for stem in stems])
    average = (share * adverse).sum(axis=0) / share.sum(axis=0)
    return {"gallery.homogeneity": np.ones(len(points)), **{f"{stem}.adverse": average for stem in stems}}


def _numbers(scenario: Scenario, layer: Layer) -> dict[str, float]:
    """Return the inputs that a perfect layer sets to a number."""
    rules, statuses = scenario.rules, scenario.statuses
    if layer is Layer.FACE:
        names = (
            "capture.failure_to_acquire",
            "kin.identical_twin_match",
            "families.fraternal_twin_match",
            "families.sibling_match",
            "photos.bystander_share",
        )
        return {**dict.fromkeys(names, 0.0), **{group_path(*group): 0.0 for group in GROUPS}}
    if layer is Layer.RECORD:
        errors = [f"statuses.{s}.record_error.{age.value}" for s, who in statuses.items() for age in who.record_error]
        return dict.fromkeys([*errors, "records.linked_to_another"], 0.0)
    if layer is Layer.READER:
        return {
            **{f"rules.{rule}.wrong_person_passes": 0.0 for rule in rules},
            **{f"rules.{rule}.right_hit_passes": 1.0 for rule in rules},
        }
    if layer is Layer.DOCUMENT:
        return {f"statuses.{s}.shows_document": 1.0 for s, who in statuses.items() if not who.action_supported}
    if layer is Layer.RULE:
        return {
            **{f"rules.{rule}.document_believed": 1.0 for rule in rules},
            **{f"rules.{rule}.wrong_record_passes": 0.0 for rule in rules},
            **{f"rules.{rule}.no_hit_action": 0.0 for rule in rules},
        }
    return {}
