"""The chain of single people against its closed form: four scenarios, every rule, both modes, every outcome.

What only the simulation has is turned off, so that both must agree in expectation and encounters are independent.  The
counts are then binomial, and each is tested exactly.  All tests of one run share a false-alarm rate of one in a
million.  What such a run can see is printed beside each cell (``pytest -s``), and faults are planted in the chain to
show that it sees them.
"""

from functools import cache

import numpy as np
import pytest
from scipy.special import betainc, ndtri

from misid.expected import answer, apply_rule, configured, points_at, quantities_of
from misid.findings import reckoner
from misid.randomness import Purpose, uniforms
from misid.scenario import load_scenario
from misid.simulation import OutcomeCode, RecordOf, World, simulate_encounters
from misid.statistics import single_from_both
from misid.vocabulary import Mode
from oracles.paired import detectable_differences

SCENARIOS = ("field-app", "police-live", "booth-one-to-one", "field-app-careful")
FALSE_ALARM = 1e-6
POWER = 0.99
SLOW, LONG = 200_000, 2_000_000
SIZES = (pytest.param(SLOW, marks=pytest.mark.slow), pytest.param(LONG, marks=pytest.mark.verify))
PIECE = 100_000
OFF = {
    "families.fraternal_twin_share": 0.0,
    "families.siblings": 0.0,
    "families.twin_outranks": 0.0,
    "families.enrolled_together": 0.0,
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
CODES = {
    "wrong_person": OutcomeCode.WRONG_PERSON,
    "wrong_record": OutcomeCode.WRONG_RECORD,
    "not_verified": OutcomeCode.NOT_VERIFIED,
    "supported": OutcomeCode.SUPPORTED,
    "supported_by_chance": OutcomeCode.BY_CHANCE,
}


@cache
def known(name):
    found = reckoner(load_scenario(name))
    return found.scenario, found.choices[found.shown]


def points_of(name, configuration="as_given", **changes):
    """Return scenario and points without what only the simulation has; a dot is written as two underscores."""
    scenario, choice = known(name)
    over = OFF | {path.replace("__", "."): x for path, x in changes.items()}
    points = points_at(scenario, quantities_of(scenario, choice), [choice], {p: [x] for p, x in over.items()})
    return scenario, configured(points, configuration)


def expected(scenario, points):
    """Return the share that ends in each cell, by closed form."""
    stop = scenario.headline_stop
    cells = {}
    for mode in scenario.threshold.scaling:
        a = answer(points, stop, mode)
        named = {
            "right": a.right,
            "wrong, enrolled": a.wrong_enrolled,
            "wrong, not enrolled": a.wrong_not_enrolled,
            "twin, enrolled": a.twin_enrolled,
            "twin, not enrolled": a.twin_not_enrolled,
            "no hit, enrolled": a.no_hit_enrolled,
            "no hit, not enrolled": a.no_hit_not_enrolled,
        }
        for rule in scenario.rules:
            out = apply_rule(points, stop, a, rule)
            named |= {f"{rule}: {cause}": getattr(out, cause) for cause in (*CODES, "disbelieved_document")}
        cells |= {(mode.value, cell): float((a.part * x).sum()) for cell, x in named.items()}
    return cells


def counted(scenario, points, seed, n):
    """Return how many of ``n`` simulated people end in each cell."""
    here = World.at(points, scenario.headline_stop, tuple(scenario.rules))
    totals: dict[tuple[str, str], int] = {}
    for start in range(0, n, PIECE):
        columns = simulate_encounters(here, seed, np.arange(start, min(start + PIECE, n)), scenario.rule)
        for mode in here.thresholds:
            mine = columns["mode"] == list(Mode).index(mode)
            hit, enrolled = columns["truth.hit"][mine], columns["truth.enrolled"][mine]
            named = {
                "right": hit == RecordOf.OWN,
                "wrong, enrolled": (hit == RecordOf.STRANGER) & enrolled,
                "wrong, not enrolled": (hit == RecordOf.STRANGER) & ~enrolled,
                "twin, enrolled": (hit == RecordOf.TWIN) & enrolled,
                "twin, not enrolled": (hit == RecordOf.TWIN) & ~enrolled,
                "no hit, enrolled": (hit == RecordOf.NO_HIT) & enrolled,
                "no hit, not enrolled": (hit == RecordOf.NO_HIT) & ~enrolled,
            }
            for rule in here.rules:
                outcome = columns[f"outcome.{rule}"][mine]
                named |= {f"{rule}: {cause}": outcome == code for cause, code in CODES.items()}
                named[f"{rule}: disbelieved_document"] = columns[f"disbelieved.{rule}"][mine]
            for cell, x in named.items():
                totals[mode.value, cell] = totals.get((mode.value, cell), 0) + int(x.sum())
    return totals


@cache
def cells_in_all():
    return sum(len(expected(*points_of(name))) for name in SCENARIOS)


def surprise(count, n, p):
    """Two-sided exact binomial probability of a count at least as far out as this."""
    if p <= 0.0 or p >= 1.0:
        return 1.0 if count == n * p else 0.0
    above = betainc(count, n - count + 1, p) if count else 1.0
    below = betainc(n - count, count + 1, 1 - p) if count < n else 1.0
    return min(1.0, 2 * min(above, below))


def rejected(counts, shares, n):
    """Return the cells whose counts the closed form does not explain, at this run's false-alarm rate."""
    alpha = FALSE_ALARM / cells_in_all()
    # A share of exactly 0 or 1 is summed up from as many products as there are strata.
    found = {cell: surprise(counts[cell], n, 0.0 if p < 1e-18 else min(p, 1.0)) for cell, p in shares.items()}
    return {cell: (counts[cell], n * shares[cell], p) for cell, p in found.items() if p < alpha}


def say_what_is_seen(name, counts, shares, n):
    alpha = FALSE_ALARM / cells_in_all()
    print(f"\n{name}: {n:,} encounters; per 10,000: counted, expected, smallest rise and fall seen (power {POWER})")
    for (mode, cell), p in shares.items():
        seen = detectable_differences(n, min(max(p, 0.0), 1.0), POWER, alpha)
        print(
            f"  {mode:12} {cell:44} {1e4 * counts[mode, cell] / n:11.4f} {1e4 * p:11.4f} "
            f"+{1e4 * seen.rise:.3g} -{1e4 * seen.fall:.3g}"
        )


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize(
    "n", [pytest.param(SLOW, marks=pytest.mark.slow), pytest.param(LONG, marks=pytest.mark.verify)]
)
def test_every_outcome_is_as_the_closed_form_says(name, n):
    scenario, points = points_of(name)
    shares, counts = expected(scenario, points), counted(scenario, points, seed=17, n=n)
    assert counts.keys() == shares.keys()
    assert len(scenario.rules) >= 10
    say_what_is_seen(name, counts, shares, n)
    assert not rejected(counts, shares, n)


@pytest.mark.slow
@pytest.mark.parametrize("configuration", ["hotlist_only", "tenth_of_fpir"])
@pytest.mark.parametrize("name", ["field-app", "police-live"])
def test_every_outcome_of_a_configuration_is_as_the_closed_form_says(name, configuration):
    scenario, points = points_of(name, configuration)
    shares, counts = expected(scenario, points), counted(scenario, points, seed=18, n=SLOW // 2)
    assert shares != expected(*points_of(name))
    assert not rejected(counts, shares, SLOW // 2)


@pytest.mark.slow
def test_a_threshold_below_the_one_to_one_bar_is_reckoned_right_too():
    """So low a threshold that the name check is the stricter of the two, and the search itself errs often."""
    scenario, points = points_of("police-live", threshold__fpir=0.9, checks__one_to_one_decades=5.0)
    shares, counts = expected(scenario, points), counted(scenario, points, seed=19, n=20_000)
    assert float(answer(points, "passers_by", Mode.HELD).rates.threshold[0]) < 5.0
    assert not rejected(counts, shares, 20_000)


def independent_readers(world, seed, ids):
    luck = uniforms(seed, Purpose.READER, ids)
    return np.stack([ndtri(luck[0]), ndtri(luck[1])])


def wrong_age(scenario):
    """Swap the record errors of minors and adults."""
    swapped = {}
    for status, who in scenario.statuses.items():
        ages = list(who.record_error)
        for age, other in zip(ages, reversed(ages), strict=True):
            swapped[f"statuses__{status}__record_error__{age.value}"] = who.record_error[other].value
    return swapped


def nobody_shows(scenario):
    return {f"statuses__{status}__shows_document": 0.0 for status in scenario.statuses}


# The fault, planted in the chain; the points that have the same expectation; whether the slow run must see it already.
FAULTS = {
    "tail shift of 0.05 decades": (lambda s: {"capture__tail_shift_decades": 0.05}, False),
    "homogeneity ignored": (lambda s: {"gallery__homogeneity": 1.0}, False),
    "record error of the wrong age": (wrong_age, True),
    "twins ignored": (lambda s: {"kin__identical_twin_share": 0.0}, True),
    "documents ignored": (nobody_shows, True),
}


def power_is_enough(name, changes, n):
    """Say whether some cell shows the fault with the power wanted, or a higher one."""
    right, wrong = expected(*points_of(name)), expected(*points_of(name, **changes))
    alpha = FALSE_ALARM / cells_in_all()
    for cell, p in right.items():
        seen = detectable_differences(n, min(max(p, 0.0), 1.0), POWER, alpha)
        if wrong[cell] - p >= seen.rise or p - wrong[cell] >= seen.fall:
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_numbers_is_seen_with_the_power_that_is_claimed(fault):
    """By calculation: at the long run's size every fault, at the slow run's those that it is asked for."""
    changes, soon = FAULTS[fault]
    changes = changes(load_scenario("field-app"))
    assert power_is_enough("field-app", changes, LONG)
    assert power_is_enough("field-app", changes, SLOW) == soon


@pytest.mark.parametrize(
    ("fault", "n"),
    [
        *(pytest.param(f, SLOW, marks=pytest.mark.slow) for f, (_, soon) in FAULTS.items() if soon),
        *(pytest.param(f, LONG, marks=pytest.mark.verify) for f in FAULTS),
    ],
)
def test_a_fault_planted_in_the_chain_is_seen(fault, n):
    scenario, faulty = points_of("field-app", **FAULTS[fault][0](load_scenario("field-app")))
    assert rejected(counted(scenario, faulty, seed=20, n=n), expected(*points_of("field-app")), n)


def test_readers_taken_as_independent_are_seen_with_the_power_that_is_claimed():
    """By calculation: with no correlation both pass as often as the square of one reader's rate."""
    _, points = points_of("field-app-careful")
    rho = points.values["checks.reader_correlation"]
    paths = [f"rules.second_reader.{name}_passes" for name in ("wrong_person", "wrong_record", "right_hit")]
    changes = {path.replace(".", "__"): float(single_from_both(points.values[path], rho)[0] ** 2) for path in paths}
    assert power_is_enough("field-app-careful", changes, 2 * SLOW)


@pytest.mark.slow
def test_readers_taken_as_independent_are_seen(monkeypatch):
    """Two readers whose luck has nothing in common agree less often than the pass rates say."""
    monkeypatch.setattr("misid.simulation.run.reader_luck", independent_readers)
    scenario, points = points_of("field-app-careful")
    found = rejected(counted(scenario, points, seed=21, n=2 * SLOW), expected(scenario, points), 2 * SLOW)
    assert found
    assert {cell.split(":")[0] for _, cell in found} == {"second_reader"}


# Each piece at its off value, and the same with the piece switched on where it can touch nobody.
PIECES = {
    "households": {"together__household_share": 1e-300, "together__shared_fate": 1.0},
    "workplaces": {"together__workplace_share": 1e-300, "together__workplace_size": 30.0},
    "further photos": {"photos__attempts": 3.0, "capture__second_photo_correlation": 1.0},
    "poor photos": {"photos__poor_share": 1e-300, "photos__poor_mated_loss_decades": 5.0},
    "bystanders": {"photos__bystander_share": 1e-300},
    "fraternal twins": {"families__fraternal_twin_share": 1e-300, "families__fraternal_twin_match": 1.0},
    "siblings": {"families__siblings": 1e-300, "families__sibling_match": 1.0},
    "best of images": {"photos__best_of_images": 1e-300},
    "labels": {"checks__label_shift": 1e-300, "checks__pressure": -1e-300},
    "second records": {"records__second_record": 1e-300},
}


@pytest.fixture(scope="module")
def plain():
    return outcomes({})


def outcomes(changes):
    scenario, points = points_of("field-app", **changes)
    here = World.at(points, scenario.headline_stop, tuple(scenario.rules))
    columns = simulate_encounters(here, 22, np.arange(4096), scenario.rule)
    return {name: x for name, x in columns.items() if name.startswith(("outcome.", "disbelieved.", "truth.hit"))}


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_touches_nobody_leaves_every_outcome_as_it_was(plain, piece):
    with_piece = outcomes(PIECES[piece])
    assert with_piece.keys() == plain.keys()
    for name, x in plain.items():
        np.testing.assert_array_equal(with_piece[name], x, err_msg=name)


def test_a_piece_that_touches_people_changes_outcomes(plain):
    """The test above could not pass by comparing columns that never change."""
    for changes in ({"photos__poor_share": 0.5}, {"photos__bystander_share": 0.5}, {"together__household_share": 0.6}):
        assert any((x != plain[name]).any() for name, x in outcomes(changes).items())
