"""Every number that leaves knows how far it is from the nearest published test, and none hides that it lies beyond.

Walked are the objects and the JSON of a run, a comparison, an evaluation, cards, a plan and a validation.  Each check
is tried on a planted fault, since a walk that finds nothing to judge would find no fault either.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

import misid
from misid import ValidationResult, api
from misid.algorithm import load_card, published_tests
from misid.evaluation import PlanOptions, plan_study
from misid.findings import ChartData, Table, card_tables, validation_page
from misid.quantities import Conditions, Distance, Doubt, Estimate, MeasuredHere, NoDistance, nearness
from misid.report import cells
from misid.vocabulary import TESTED_ORIGINS, Sex
from misid.vocabulary.names import label
from misid.vocabulary.tested import LIVE_CAMERA, Aspect

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
files = importlib.import_module("made_up_files")
made_up_validation = importlib.import_module("made_up_validation")

TESTS = {test.key: test for test in published_tests()}
ROUNDED = 1e-3  # decades: conditions hold whole references
PEOPLE = 61
GROUPS = {f"{label(origin)}, {label(sex)}": f"{origin}_{sex}" for origin in TESTED_ORIGINS for sex in Sex}


def inside(thing: object, kind: type, path: str = "") -> Iterator[tuple[str, object]]:
    """All objects of a kind that something holds, however deep, with the way to each."""
    if isinstance(thing, kind):
        yield path, thing
    if is_dataclass(thing) and not isinstance(thing, type):
        held = {one.name: getattr(thing, one.name) for one in fields(thing)}
    elif isinstance(thing, Mapping):
        held = thing
    elif isinstance(thing, tuple | list | frozenset):
        held = dict(enumerate(thing))
    else:
        return
    for name, one in held.items():
        yield from inside(one, kind, f"{path}.{name}")


def faults_of(figure: Estimate) -> list[str]:
    """What is wrong with the distance of one figure, judged from its conditions and the list of tests alone."""
    far, c = figure.distance, figure.conditions
    if not isinstance(far, Distance | MeasuredHere | NoDistance):
        return [f"has neither a distance nor a reason: {far!r}"]
    if not far.words:
        return ["says nothing"]
    if isinstance(far, NoDistance):
        return ["a search with a threshold has no distance"] if c.threshold is not None else []
    if isinstance(far, MeasuredHere) or not far.test:
        return []
    if far.test not in TESTS:
        return [f"names a test that is not listed: {far.test}"]
    test, faults = TESTS[far.test], []
    apart = {*far.untested, *far.differs}
    if c.n_references and test.n and c.n_references > max(test.n):
        least = math.log10(c.n_references / max(test.n))
        if far.decades_of_n is None or far.decades_of_n < least - ROUNDED:
            faults.append(f"{c.n_references:,} references, beyond {max(test.n):,}, pass for {far.decades_of_n} decades")
    if not test.n and c.n_references and Aspect.GALLERY not in apart:
        faults.append("a test that prints no gallery passes for one that does")
    kinds = {LIVE_CAMERA, "street"} if c.image_kind == "street" else {c.image_kind}
    if c.image_kind and not kinds & test.image_kinds and Aspect.IMAGE_KIND not in apart:
        faults.append(f"{c.image_kind} photos pass for {sorted(test.image_kinds)}")
    named = GROUPS.get(c.probe_group, c.probe_group) in ("all", "", *test.groups)
    if not named and not apart & {Aspect.GROUP, Aspect.AGE}:
        faults.append(f"{c.probe_group} passes for a group of the test")
    return faults


def faults_in(thing: object, at_least: int) -> list[str]:
    """What is wrong with all figures, tables and charts that something holds."""
    figures = list(inside(thing, Estimate))
    assert len(figures) >= at_least
    found = [f"{path}: {fault}" for path, figure in figures for fault in faults_of(figure)]
    for path, table in inside(thing, Table):
        bare = any(isinstance(cell, float) for row in table.rows for cell in row)
        if bare and not isinstance(table.distance, Distance | MeasuredHere | NoDistance):
            found.append(f"{path}: bare numbers without a distance")
        if any(isinstance(d, Distance) for d in table.distances()) and not cells.sheet(table).tested:
            found.append(f"{path}: printed without its distance")
    for path, chart in inside(thing, ChartData):
        if not chart.table.distances() and not all(row.get("distance") for row in chart.records):
            found.append(f"{path}: a chart without a distance")
    return found


def faults_in_json(plain: object, at_least: int) -> list[str]:
    """What is wrong with all estimates of a JSON file, found by their keys."""
    seen, found = 0, []

    def walk(one: object, path: str) -> None:
        nonlocal seen
        if isinstance(one, dict):
            if {"value", "low", "high", "kind", "method"} <= one.keys():
                seen += 1
                try:
                    if nearness(one["distance"]).to_json() != one["distance"]:
                        found.append(f"{path}: a distance that is not read as it was written")
                except (KeyError, TypeError):
                    found.append(f"{path}: no distance")
            for name, value in one.items():
                walk(value, f"{path}.{name}")
        elif isinstance(one, list):
            for i, value in enumerate(one):
                walk(value, f"{path}.{i}")

    walk(plain, "")
    assert seen >= at_least
    return found


def test_run(field_app):
    assert faults_in(field_app.findings, 300) == []
    assert faults_in_json(json.loads(json.dumps(field_app.to_json())), 300) == []


@pytest.mark.parametrize("name", ["booth-one-to-one"])
def test_run_of_a_booth(name):
    assert faults_in(misid.run(name).findings, 20) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["police-live", "field-app-careful"])
def test_run_of_other_operators_with_simulated_people(name):
    assert faults_in(misid.run(name, encounters=4_000).findings, 100) == []


@pytest.mark.slow
def test_comparison():
    result = misid.compare("field-app", encounters=4_000)
    assert faults_in(result.comparison, 20) == []
    assert faults_in_json(json.loads(json.dumps(result.to_json())), 20) == []


def test_evaluation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = files.make(tmp_path, people=PEOPLE)
    np.savez(
        "t.npz",
        embedding=np.concatenate([made.reference, made.probe]),
        subject=np.array([files.named(one) for one in np.concatenate([np.arange(PEOPLE), made.who])]),
        role=np.repeat(["ref", "probe"], [PEOPLE, len(made.probe)]),
    )
    result = api.evaluate("t.npz", name="x", probes=(("role", "probe"),), references=(("role", "ref"),))
    assert faults_in((result.evaluation, result.page), 40) == []
    plain = result.to_json()
    assert faults_in_json(plain, 20) == []
    assert all(line["distance"] for line in plain["lines"].values())


@pytest.mark.parametrize("name", ["nec_008", "20face_000"])
def test_card(name):
    card = load_card(name)
    asked = [
        answer
        for n in (1_000, 1_600_000, 200_000_000)
        for kind in ("mugshot", "webcam", "street")
        for answer in (card.fnir(n, 0.003, kind), card.fnir_at(9.0, kind, n), card.rank1_miss(n))
    ]
    assert faults_in((asked, card_tables(card)), 40) == []
    plain = card.to_json()
    assert plain["distance"].keys() == plain["curves"].keys()
    for key, one in plain["distance"].items():
        kind, _, lapse = key.partition("|")
        test = TESTS[one["test"]]
        apart = (*one["untested"], *one["differs"])
        assert kind in test.image_kinds or Aspect.IMAGE_KIND in apart
        assert lapse in test.lapses or Aspect.LAPSE in apart


def test_plan():
    assert faults_in_json(plan_study(PlanOptions(fmr=1e-6)).to_json(), 1) == []


def test_validation():
    found = made_up_validation.shipped()
    assert faults_in((validation_page(found), found), 20) == []
    assert faults_in_json(ValidationResult(digest=found, command="misid validate").to_json(), 20) == []


def figure(distance: object, **conditions: object) -> Estimate:
    about = {"n_references": 200_000_000, "threshold": 10.0, "image_kind": "street"} | conditions
    given = Distance("x", 2.0, ("image kind",), test="nist-mugshot")
    found = Estimate(1.0, 0.0, 2.0, "people", Doubt.INPUT, "m", conditions=Conditions(**about), distance=given)
    object.__setattr__(found, "distance", distance)  # past the check at the door
    return found


@pytest.mark.parametrize(
    ("distance", "conditions", "fault"),
    [
        (None, {}, "neither a distance nor a reason"),
        ({"words": "near"}, {}, "neither a distance nor a reason"),
        (NoDistance("no search"), {}, "a search with a threshold"),
        (Distance("x", 0.0, ("image kind",), test="nist-mugshot"), {}, "beyond 12,000,000"),
        (Distance("x", 0.9, ("image kind",), test="nist-mugshot"), {}, "beyond 12,000,000"),
        (Distance("x", 2.0, test="nist-mugshot"), {}, "street photos pass"),
        (Distance("x", 2.0, ("image kind",), test="mine"), {}, "not listed"),
        (Distance("x", 2.0, ("image kind",), test="nist-mugshot"), {"probe_group": "women"}, "women passes"),
        (Distance("x", 2.0, ("image kind",), test="nist-groups"), {}, "prints no gallery"),
    ],
)
def test_planted_fault_is_found(distance, conditions, fault):
    said = faults_in({"a": [figure(distance, **conditions)]}, 1)
    assert len(said) == 1
    assert fault in said[0]


def test_sound_figure_is_none():
    assert faults_in([figure(Distance("x", 1.3, ("image kind",), test="nist-mugshot"))], 1) == []


def test_planted_fault_in_json_is_found():
    good = figure(Distance("x", 2.0, ("image kind",), test="nist-mugshot")).to_json()
    assert faults_in_json({"a": [good]}, 1) == []
    for bad in (
        {**good, "distance": None},
        {k: v for k, v in good.items() if k != "distance"},
        {**good, "distance": {}},
    ):
        assert faults_in_json({"a": [bad]}, 1) == [".a.0: no distance"]


def test_no_figure_and_no_bare_number_is_made_without():
    with pytest.raises(TypeError, match="distance"):
        Estimate(1.0, 0.0, 2.0, "people", Doubt.INPUT, "m")
    with pytest.raises(ValueError, match="distance"):
        Estimate(1.0, 0.0, 2.0, "people", Doubt.INPUT, "m", distance=None)
    with pytest.raises(ValueError, match="bare numbers"):
        Table("t", ("a",), ((0.5,),))
