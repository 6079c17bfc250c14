"""The chain of single people against its closed form: every outcome, status, rule and operating point.

What only the simulation has is turned off, so that both must agree in expectation and encounters are independent.  The
counts are then binomial, and each is tested exactly.  All tests of one run share a false-alarm rate of one in a
million.  Faults are planted in the chain to show that it sees them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.special import betainc, ndtri

from misid.expected import OUTCOMES, ScenarioModel, answer, configured, model_of, people
from misid.randomness import Purpose, uniforms
from misid.scenario import load_scenario
from misid.simulation import (
    OutcomeCode,
    RecordOf,
    World,
    answered,
    decided,
    meet_people,
    rule_numbers,
    simulate_encounters,
)
from oracles.paired import detectable_differences

FALSE_ALARM = 1e-6
MOST_CELLS = 300_000  # of all tests of this file together
QUICK, SLOW, LONG = 30_000, 200_000, 2_000_000
PIECE = 100_000
OFF = {
    "together.household_share": 0.0,
    "together.workplace_share": 0.0,
    "photos.poor_share": 0.0,
    "photos.bystander_share": 0.0,
    "photos.attempts": 1.0,
    "photos.best_of_images": 0.0,
    "checks.label_shift": 0.0,
    "checks.pressure": 0.0,
    "records.second_record": 0.0,
}
JOINED = ("lead_only+documents_count", "second_reader+opt_out_offered", "claimed_identity_first+under_18_not_scanned")
# So many relatives, and so often above the person, that they are seen; papers and fingerprints where they count.
MANY_KIN = {
    "kin.identical_twin_share": 0.06,
    "kin.identical_twin_match": 0.9,
    "kin.fraternal_twin_share": 0.05,
    "kin.fraternal_twin_match": 0.5,
    "kin.siblings": 1.5,
    "kin.sibling_match": 0.03,
}
PRINTS = {"after_no_hit.fingerprinted": 0.6, "after_no_hit.match": 0.9, "after_no_hit.false_match": 0.2}
ON_FILE = (0.2, 0.8, 0.5, 0.4, 0.6, 0.3, 0.7)
ERRORS = (0.03, 0.1, 0.08, 0.2, 0.15, 0.05, 0.12)  # of records, by status: so often wrong that it is seen


@dataclass(frozen=True)
class Setting:
    """A scenario, what is changed in it, and the operating points: its own, or values of phi."""

    name: str = "field-app"
    values: Mapping[str, float] = field(default_factory=dict)
    most: int = 1
    floor: bool = True
    phi: tuple[float, ...] = ()
    moved_by: str = "threshold"
    configuration: str = ""
    papers: float = 0.0  # share of those photographed for showing no document
    prints: bool = False

    def changed(self, **changes: Any) -> "Setting":
        return replace(self, **changes)

    def valued(self, **values: float) -> "Setting":
        return replace(self, values={**self.values, **{path.replace("__", "."): x for path, x in values.items()}})


@cache
def model(name: str, most: int, floor: bool, papers: float, prints: bool) -> ScenarioModel:
    scenario = load_scenario(name)
    candidates = scenario.candidates.model_copy(update={"most": most, "floor": floor})
    statuses, stops = dict(scenario.statuses), dict(scenario.stops)
    if prints:
        for i, (status, who) in enumerate(statuses.items()):
            errors = {age: error.held(ERRORS[i]) for age, error in who.record_error.items()}
            update = {"fingerprints": who.fingerprints.held(ON_FILE[i]), "record_error": errors}
            statuses[status] = who.model_copy(update=update)
    stop = stops[scenario.headline_stop]
    update = {"for_no_document": stop.for_no_document.held(papers)}
    stops[scenario.headline_stop] = stop.model_copy(update=update)
    return model_of(scenario.model_copy(update={"candidates": candidates, "statuses": statuses, "stops": stops}))


def points_of(setting: Setting) -> tuple[ScenarioModel, dict[str, Any]]:
    """Return the model and its points by operating point."""
    m = model(setting.name, setting.most, setting.floor, setting.papers, setting.prints)
    best = m.best({path: [x] for path, x in {**OFF, **setting.values}.items()})
    if not setting.floor or not setting.phi:
        found = {name: m.at(name, best) for name in (m.points if setting.floor else m.points[:1])}
    else:
        found = {f"phi_{x:g}": m.at_phi([x], points=best, moved_by=setting.moved_by) for x in setting.phi}
    if setting.configuration:
        found = {name: configured(points, setting.configuration) for name, points in found.items()}
    return m, found


def rules_of(m: ScenarioModel) -> tuple[str, ...]:
    return (*m.scenario.rules, *(rule for rule in JOINED if set(rule.split("+")) <= set(m.scenario.rules)))


def expected(setting: Setting) -> dict[tuple[str, str, str, str], float]:
    """Return the share of all people that ends in each cell, by closed form."""
    m, at = points_of(setting)
    stop = m.scenario.headline_stop
    cells = {}
    for point, points in at.items():
        answers = answer(points, stop)
        for rule in rules_of(m):
            found = people(points, stop, rule, size=1.0, answers=answers)
            cells |= {
                (point, rule, outcome, status): float(x[0])
                for outcome, by_status in found.counts.items()
                for status, x in by_status.items()
            }
    return cells


def counted(setting: Setting, seed: int, n: int, lower: float = 0.0) -> dict[tuple[str, str, str, str], int]:
    """Return how many of ``n`` simulated people end in each cell; with a threshold so many decades lower."""
    m, at = points_of(setting)
    world = World.at(at, m.scenario.headline_stop, rules_of(m))
    world = replace(world, thresholds={point: x - lower for point, x in world.thresholds.items()})
    totals: dict[tuple[str, str, str, str], int] = {}
    for start in range(0, n, PIECE):
        met = meet_people(world, seed, np.arange(start, min(start + PIECE, n)))
        for point in world.thresholds:
            batches = {claimed: answered(met, point, claimed_first=claimed) for claimed in (False, True)}
            for name, rule in world.rules.items():
                batch = batches[rule.claimed_identity_first]
                for outcome, mask in masks(batch, decided(met, batch, rule_numbers(world, name))).items():
                    status = np.bincount(batch.truth["status"][mask], minlength=len(m.scenario.statuses))
                    for label, count in zip(m.scenario.statuses, status, strict=True):
                        cell = point, name, outcome, label
                        totals[cell] = totals.get(cell, 0) + int(count)
    return totals


def masks(batch, found) -> dict[str, Any]:
    """Return who met each outcome of `OUTCOMES`."""
    code, outcome = OutcomeCode, found.outcome
    whose = np.where(found.scanned, batch.truth["record_of"], RecordOf.NO_HIT)
    right, hit = RecordOf.is_own(whose), whose != RecordOf.NO_HIT
    in_prints = (code.WRONG_PERSON_BY_FINGERPRINT, code.WRONG_RECORD_BY_FINGERPRINT)
    return {
        "people": np.ones(len(whose), bool),
        "hit": hit,
        "right": right,
        "wrong": hit & ~right,
        "wrong_stranger": whose == RecordOf.STRANGER,
        "wrong_relative": (whose == RecordOf.TWIN) | (whose == RecordOf.SIBLING),
        "no_hit": ~hit,
        "enrolled": batch.truth["enrolled"],
        "wrong_person": outcome == code.WRONG_PERSON,
        "wrong_record": outcome == code.WRONG_RECORD,
        "not_verified": outcome == code.NOT_VERIFIED,
        "disbelieved_document": found.disbelieved,
        "unsupported": code.is_unsupported(outcome),
        "supported": outcome == code.SUPPORTED,
        "supported_by_chance": outcome == code.BY_CHANCE,
        "fingerprinted": batch.seen["fingerprinted"] & found.scanned,
        "fingerprint_wrong_person": outcome == code.WRONG_PERSON_BY_FINGERPRINT,
        "fingerprint_wrong_record": outcome == code.WRONG_RECORD_BY_FINGERPRINT,
        "fingerprint_unsupported": np.isin(outcome, in_prints),
        "fingerprint_supported": outcome == code.SUPPORTED_BY_FINGERPRINT,
        "fingerprint_by_chance": outcome == code.CHANCE_BY_FINGERPRINT,
    }


def surprise(count, n, p):
    """Two-sided exact binomial probability of a count at least as far out as this."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if count == n * p else 0.0
    above = betainc(count, n - count + 1, p) if count else 1.0
    below = betainc(n - count, count + 1, 1 - p) if count < n else 1.0
    return min(1.0, 2 * min(above, below))


def rejected(counts, shares, n):
    """Return the cells whose counts the closed form does not explain, at this run's false-alarm rate."""
    # A share of exactly 0 or 1 is summed up from as many products as there are strata.
    found = {}
    for cell, share in shares.items():
        p = 0.0 if share < 1e-14 else 1.0 if share > 1.0 - 1e-14 else share
        chance = surprise(counts[cell], n, p)
        if chance < FALSE_ALARM / MOST_CELLS:
            found[cell] = (counts[cell], n * share, chance)
    return found


PICKED = {"candidates.picks_mate": 0.7, "candidates.picks_stranger": 0.4, "candidates.lookalike_strength": 0.5}
ALL_AT_ONCE = Setting(
    values={**MANY_KIN, **PRINTS, **PICKED, "kin.relative_outranks": 0.4, "capture.heterogeneity_k": 0.6},
    most=6,
    phi=(0.05, 0.5),
    papers=0.4,
    prints=True,
)
BEST = {"candidates.picks_mate": 0.6, "candidates.picks_stranger": 0.3, "candidates.lookalike_strength": 0.8}
SETTINGS = {
    "as it is": Setting(),
    "phi": Setting(phi=(1e-4, 1e-3, 1e-2, 0.1, 0.5)),
    "phi by photos": Setting(phi=(0.001, 0.3), moved_by="photos"),
    "few draw most": Setting(phi=(1e-3, 0.1, 0.5)).valued(capture__heterogeneity_k=0.3),
    "relatives apart": Setting(values={**MANY_KIN, "kin.enrolled_together": 0.0}, phi=(0.05,)),
    "relatives half together": Setting(values={**MANY_KIN, "kin.enrolled_together": 0.5}, phi=(0.05,)),
    "relatives together": Setting(values={**MANY_KIN, "kin.enrolled_together": 1.0}, phi=(0.05,)),
    "relatives above": Setting(values={**MANY_KIN, "kin.relative_outranks": 0.7}, phi=(0.05,)),
    "papers": Setting(phi=(0.05,), papers=0.5, prints=True),
    "fingerprints": Setting(values=PRINTS, phi=(0.01, 0.3), prints=True),
    "one candidate, picked": Setting(values=PICKED, phi=(0.01, 0.5)),
    "six candidates": Setting(values=PICKED, most=6, phi=(0.01, 0.5, 0.95)),
    "six candidates, all convincing": Setting(most=6, phi=(0.5,)).valued(candidates__picks_mate=0.9),
    "six candidates, few draw most": Setting(values={**PICKED, "capture.heterogeneity_k": 0.3}, most=6, phi=(0.5,)),
    "best 50": Setting(values=BEST, most=50, floor=False),
    "best 50, few draw most": Setting(
        values={**BEST, **MANY_KIN, **PRINTS, "capture.heterogeneity_k": 0.5}, most=50, floor=False, prints=True
    ),
    "best 6, few convincing": Setting(most=6, floor=False).valued(candidates__picks_stranger=0.02),
    "all at once": ALL_AT_ONCE,
    "investigation": Setting("booking-photos", most=50, floor=False),
    "live": Setting("police-live"),
    "booth": Setting("booth-one-to-one"),
    "careful": Setting("field-app-careful"),
    "hotlist": Setting(phi=(0.05,), configuration="hotlist_only"),
    "tenth": Setting(phi=(0.3,), configuration="tenth_of_fpir"),
    "live hotlist": Setting("police-live", configuration="hotlist_only"),
}


def test_cells_are_no_more_than_the_false_alarm_rate_was_divided_by():
    assert 2 * sum(len(expected(setting)) for setting in SETTINGS.values()) < MOST_CELLS, "both sizes, and quick ones"


def compare(setting, seed, n):
    shares, counts = expected(setting), counted(setting, seed, n)
    assert shares.keys() <= counts.keys()
    assert {outcome for _, _, outcome, _ in shares} == set(OUTCOMES)
    assert all(counts[cell] == 0 for cell in counts.keys() - shares.keys())
    return rejected(counts, shares, n)


def test_every_outcome_is_as_the_closed_form_says_with_all_at_once():
    assert not compare(ALL_AT_ONCE, seed=16, n=QUICK)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    "n", [pytest.param(SLOW, marks=pytest.mark.slow), pytest.param(LONG, marks=pytest.mark.verify)]
)
def test_every_outcome_is_as_the_closed_form_says(name, n):
    assert not compare(SETTINGS[name], seed=17 if n == SLOW else 18, n=n)


# Faults


@dataclass(frozen=True)
class Fault:
    """A fault: where it is looked for, what is simulated in its place, and where it must be seen."""

    setting: Setting
    instead: Setting
    seen_in: str
    lower: float = 0.0


def wrong_age(name: str) -> dict[str, float]:
    """Swap the record errors of minors and adults."""
    swapped = {}
    for status, who in load_scenario(name).statuses.items():
        ages = list(who.record_error)
        for age, other in zip(ages, reversed(ages), strict=True):
            swapped[f"statuses.{status}.record_error.{age.value}"] = who.record_error[other].value
    return swapped


KIN = SETTINGS["relatives together"]
SIX = SETTINGS["six candidates"]
AT = Setting(phi=(0.05,))
FAULTS = {
    "relatives enrolled apart": Fault(KIN, KIN.valued(kin__enrolled_together=0.0), "wrong_relative"),
    "relatives never above": Fault(SETTINGS["relatives above"], AT.changed(values=MANY_KIN), "right"),
    "a fifth more strangers named": Fault(AT, AT, "wrong_stranger", lower=float(np.log10(1.2))),
    "homogeneity ignored": Fault(AT, AT.valued(gallery__homogeneity=1.0), "wrong_person"),
    "record error of the wrong age": Fault(AT, AT.changed(values=wrong_age("field-app")), "wrong_record"),
    "papers ignored": Fault(SETTINGS["papers"], AT.changed(prints=True), "disbelieved_document"),
    "look-alikes no likelier": Fault(SIX, SIX.valued(candidates__lookalike_strength=0.0), "wrong_stranger"),
    "the mate always accepted": Fault(SIX, SIX.valued(candidates__picks_mate=1.0), "right"),
    "three candidates": Fault(SIX, SIX.changed(most=3), "wrong_stranger"),
    "fingerprints never another's": Fault(
        SETTINGS["fingerprints"],
        SETTINGS["fingerprints"].valued(after_no_hit__false_match=0.0),
        "fingerprint_wrong_person",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_planted_in_the_chain_is_seen(name):
    fault = FAULTS[name]
    found = rejected(counted(fault.instead, 20, SLOW, fault.lower), expected(fault.setting), SLOW)
    assert fault.seen_in in {outcome for _, _, outcome, _ in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not fault.lower])
def test_a_fault_is_seen_with_the_power_that_is_claimed(name):
    """By calculation: some cell shows it with a power of 99%."""
    fault = FAULTS[name]
    right, wrong = expected(fault.setting), expected(fault.instead)
    for cell, p in right.items():
        seen = detectable_differences(SLOW, min(max(p, 0.0), 1.0), 0.99, FALSE_ALARM / MOST_CELLS)
        if wrong[cell] - p >= seen.rise or p - wrong[cell] >= seen.fall:
            return
    pytest.fail("no cell")


def right_records(fingerprint):
    def fault(world, *rest):
        records = replace(world.records, error=np.zeros_like(world.records.error))
        return fingerprint(replace(world, records=records), *rest)

    return fault


@pytest.mark.slow
def test_fingerprints_that_bring_up_right_records_only_are_seen(monkeypatch):
    """The record error of what fingerprints bring up, dropped: nobody is acted on because of it."""
    from misid.simulation import records

    monkeypatch.setattr(records, "_fingerprint", right_records(records._fingerprint))
    setting = SETTINGS["fingerprints"]
    found = rejected(counted(setting, 21, SLOW), expected(setting), SLOW)
    where = {outcome for _, _, outcome, _ in found}
    assert "fingerprint_wrong_record" in where
    assert where <= {"fingerprint_wrong_record", "fingerprint_unsupported", "fingerprint_supported"}


def independent_readers(world, seed, ids):
    luck = uniforms(seed, Purpose.READER, ids)
    return np.stack([ndtri(luck[0]), ndtri(luck[1])])


@pytest.mark.slow
def test_readers_taken_as_independent_are_seen(monkeypatch):
    """Two readers whose luck has nothing in common agree less often than the pass rates say."""
    monkeypatch.setattr("misid.simulation.run.reader_luck", independent_readers)
    setting = Setting("field-app-careful")
    found = rejected(counted(setting, 22, 2 * SLOW), expected(setting), 2 * SLOW)
    assert found
    assert {rule for _, rule, _, _ in found} <= {"second_reader", "second_reader+opt_out_offered"}


# Each piece at its off value, and the same with the piece switched on where it can touch nobody.
PIECES = {
    "households": {"together.household_share": 1e-300, "together.shared_fate": 1.0},
    "workplaces": {"together.workplace_share": 1e-300, "together.workplace_size": 30.0},
    "further photos": {"photos.attempts": 3.0, "capture.second_photo_correlation": 1.0},
    "poor photos": {"photos.poor_share": 1e-300, "photos.poor_mated_loss_decades": 5.0},
    "bystanders": {"photos.bystander_share": 1e-300},
    "fraternal twins": {"kin.fraternal_twin_share": 1e-300, "kin.fraternal_twin_match": 1.0},
    "siblings": {"kin.siblings": 1e-300, "kin.sibling_match": 1.0},
    "best of images": {"photos.best_of_images": 1e-300},
    "labels": {"checks.label_shift": 1e-300, "checks.pressure": -1e-300},
    "second records": {"records.second_record": 1e-300},
    "who picks": {"candidates.picks_mate": 1.0 - 1e-15},
    "fingerprints": {"after_no_hit.fingerprinted": 1e-300},
    "papers": {"stops.looks.for_no_document": 1e-300},
}


def outcomes(changes=None, most=1):
    none = dict.fromkeys(("kin.fraternal_twin_share", "kin.siblings", "after_no_hit.fingerprinted"), 0.0)
    m, at = points_of(Setting(values={**none, **(changes or {})}, most=most))
    world = World.at(at, m.scenario.headline_stop, tuple(m.scenario.rules))
    columns = simulate_encounters(world, 22, np.arange(4096), m.scenario.rule)
    return {name: x for name, x in columns.items() if name.startswith(("outcome.", "disbelieved.", "truth.hit"))}


@pytest.fixture(scope="module")
def plain():
    return outcomes()


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_touches_nobody_leaves_every_outcome_as_it_was(plain, piece):
    same(plain, outcomes(PIECES[piece]))


def test_a_list_whose_first_candidate_is_taken_is_no_list(plain):
    same(plain, outcomes(most=6))


def same(plain, other):
    assert other.keys() == plain.keys()
    for name, x in plain.items():
        np.testing.assert_array_equal(other[name], x, err_msg=name)


def test_a_piece_that_touches_people_changes_outcomes(plain):
    """The tests above could not pass by comparing columns that never change."""
    for changes in ({"photos.poor_share": 0.5}, {"photos.bystander_share": 0.5}, {"together.household_share": 0.6}):
        assert any((x != plain[name]).any() for name, x in outcomes(changes).items())
    assert any((x != plain[name]).any() for name, x in outcomes({"candidates.picks_mate": 0.5}, most=6).items())
