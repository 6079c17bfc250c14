"""Lists of candidates and who is picked from them, papers, and fingerprints after no hit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from misid.randomness import Purpose, uniforms
from misid.search import GroupedGallery, expected_above, top
from misid.simulation import (
    OutcomeCode,
    Print,
    RecordOf,
    Relative,
    World,
    answered,
    decided,
    is_picked,
    meet_people,
    rule_numbers,
    simulate_encounters,
)

SEED = 5
N = 3000
POINTS = {"threshold": {"points": {"rare": {"field_fpir": 0.02}, "often": {"field_fpir": 0.7}}}}
KIN = {"kin__identical_twin_share": 0.2, "kin__identical_twin_match": 0.9, "kin__relative_outranks": 0.5}
PICKS = {"picks_mate": 0.6, "picks_stranger": 0.4, "lookalike_strength": 0.5}
RULES = ("definitive", "lead_only", "documents_count", "opt_out_offered", "claimed_identity_first", "not_used")


@pytest.fixture
def made(twin):
    """Return a function: changes to the small scenario → world."""

    def build(**changes: Any) -> World:
        _, points, _ = twin(**{**POINTS, **changes})
        return World.at(points, "all", RULES)

    return build


def ids(n: int = N) -> np.ndarray:
    return np.arange(n, dtype=np.int64)


def by_hand(world: World, point: str, photo: Any, truth: Any, scores: np.ndarray, w: np.ndarray, i: int) -> tuple:
    """Go through one person's list; return whose record is named, its place, and how many are shown."""
    shown, threshold = world.scenario.candidates, np.float32(world.thresholds[point])
    if not photo.usable[i]:
        return RecordOf.NO_HIT, -1, 0
    luck = uniforms(SEED, Purpose.PICK, [i])[:, 0]
    strangers = [(s, j) for j, s in enumerate(scores[i]) if s >= threshold]
    listed = [(s, "stranger", j) for s, j in strangers]
    if photo.own[i] >= threshold:
        place = sum(s > photo.own[i] for s, _ in strangers)
        listed.insert(place, (photo.own[i], "mate", -1))
    listed = listed[: shown.most]
    relative = truth["relative"][i] != Relative.NONE
    count = min(len(strangers) + (photo.own[i] >= threshold) + relative, shown.most)
    named, rank = RecordOf.NO_HIT, -1
    for at, (_, who, j) in enumerate(listed, start=1):
        if who == "mate":
            accepts = luck[0] < shown.picks_mate.value
        else:
            chance = min(1.0, shown.picks_stranger.value * w[i, j] ** -shown.lookalike_strength.value)
            accepts = uniforms(SEED, Purpose.PICK, [i], block=1 + j // 4)[j % 4, 0] < chance
        if accepts:
            named, rank = (RecordOf.OWN if who == "mate" else RecordOf.STRANGER), at
            break
    if relative and (named != RecordOf.OWN or truth["relative_outranks"][i]):
        accepts = luck[1] < shown.picks_mate.value
        kin = RecordOf.TWIN if truth["relative"][i] == Relative.IDENTICAL else RecordOf.SIBLING
        named, rank = (kin, 1) if accepts else (RecordOf.NO_HIT, -1)
    return named, rank, count


@pytest.mark.parametrize(
    "changes",
    [
        {"candidates": {"most": 5, **PICKS}},
        {"candidates": {"most": 5, **PICKS}, "capture__failure_to_acquire": 0.3, "capture__heterogeneity_k": 0.5},
        {"candidates": {"most": 3, "picks_mate": 0.0, "picks_stranger": 1.0}},
        {"candidates": {"most": 1, **PICKS}},
        {"candidates": {"most": 6, "floor": False, **PICKS}, "threshold": {}},
    ],
)
def test_lists_are_gone_through_from_the_best_downwards(made, changes):
    world = made(**KIN, **changes)
    met = meet_people(world, SEED, ids())
    photo, truth = met.photos[0], met.batch.truth
    most = world.scenario.candidates.most
    scores = top(world.gallery, photo.group, photo.propensity, SEED, ids(), k=most).score
    w = photo.propensity[:, None] * expected_above(world.gallery, scores, photo.group)
    kinds = set()
    for point in world.thresholds:
        found = answered(met, point).truth
        for i in range(400):
            whose, rank, count = by_hand(world, point, photo, truth, scores, w, i)
            assert (found["hit"][i], found["rank"][i], found["candidates"][i]) == (whose, rank, count), (point, i)
            kinds.add(whose)
    assert len(kinds) >= 2


def test_the_first_candidate_is_taken_without_a_list(made):
    world = made(**KIN)
    assert not is_picked(world)
    assert meet_people(world, SEED, ids(50)).photos[0].listed is None
    assert is_picked(made(candidates={"most": 2}))
    assert is_picked(made(candidates={"picks_stranger": 0.9}))


def test_the_ledger_says_how_many_were_shown_and_which_was_accepted(made):
    found = simulate_encounters(made(**KIN, candidates={"most": 5, **PICKS}), SEED, ids(), "definitive")
    hit = found["seen.hit"]
    np.testing.assert_array_equal(found["truth.rank"] > 0, hit)
    assert (found["truth.rank"] <= found["truth.candidates"]).all()
    assert found["truth.candidates"].max() == 5
    assert (found["truth.rank"][hit] > 1).any()
    assert ((found["truth.candidates"] > 0) & ~hit).any(), "who rejects all names nobody"


def test_a_named_stranger_is_the_one_at_that_place(made):
    """Of two origins in the gallery, the origin is that of the candidate at the place that was accepted."""
    mix = {"east_europe": {"share": 0.5, "adverse": 0.2}, "east_asia": {"share": 0.5, "adverse": 0.2}}
    world = made(candidates={"most": 4, **PICKS}, gallery__mix=mix)
    met = meet_people(world, SEED, ids())
    photo, found = met.photos[0], answered(met, "often").truth
    rows = np.flatnonzero(found["hit"] == RecordOf.STRANGER)
    listed = top(world.gallery, photo.group, photo.propensity, SEED, ids(), k=4, with_groups=True)
    place = photo.listed.rank[rows]
    np.testing.assert_array_equal(found["candidate_origin"][rows], listed.group[rows, place])
    assert (place > 0).any()
    assert len(set(listed.group[rows, place])) == 2


def test_people_photos_and_scores_are_the_same_at_every_point(made):
    found = simulate_encounters(made(**KIN, candidates={"most": 3, **PICKS}), SEED, ids(), "definitive")
    here = {"point", "seen.hit", "seen.score", "truth.candidates", "truth.rank"}
    assert (np.sort(np.unique(found["point"])) == [0, 1]).all()
    for name in ("truth.person", "truth.status", "truth.enrolled", "truth.own_score", "truth.stranger_score"):
        first, second = np.split(found[name], 2)
        np.testing.assert_array_equal(first, second, err_msg=name)
    assert all((np.split(found[name], 2)[0] != np.split(found[name], 2)[1]).any() for name in here)


def test_photos_that_move_phi_move_mated_scores_alone(twin):
    points = {"points": {"rare": {"field_fpir": 0.02}, "often": {"field_fpir": 0.7}}, "moved_by": "photos"}
    _, found, _ = twin(threshold=points)
    world = World.at(found, "all", ("definitive",))
    columns = simulate_encounters(world, SEED, ids(), "definitive")
    own, stranger = (np.split(columns[f"truth.{name}_score"], 2) for name in ("own", "stranger"))
    np.testing.assert_array_equal(*stranger)
    gap = world.shift["rare"] - world.shift["often"]
    assert gap == pytest.approx(world.thresholds["rare"] - world.thresholds["often"])
    names = list(world.thresholds)
    first, second = own[names.index("rare")], own[names.index("often")]
    np.testing.assert_allclose((first - second)[np.isfinite(first)], gap, rtol=0, atol=1e-5)


@pytest.mark.parametrize("comparisons", [1e8, 400.0])
def test_strangers_as_alike_are_counted_as_the_search_draws_them(comparisons):
    gallery = GroupedGallery(np.array([0.7, 0.3]) * comparisons, np.array([[3.0, 0.5]]))
    n, propensity = 20_000, 2.0
    scores = top(gallery, np.zeros(n, int), propensity, SEED, ids(n), k=4).score
    w = propensity * expected_above(gallery, scores, np.zeros(n, int))
    assert (np.diff(w, axis=1) >= 0.0).all()
    # Sums of j unit exponentials; of few comparisons the best alone is one.
    for j in range(4 if comparisons > 1e6 else 1):
        assert abs(w[:, j].mean() - (j + 1)) < 5.0 * np.sqrt((j + 1) / n)


def test_whoever_is_photographed_for_showing_no_document_has_none(made):
    changes = {"statuses__may_stay__shows_document": 0.9, "checks__shown_if_carried": 0.95}
    found = simulate_encounters(made(**changes, stops__all__for_no_document=0.4), SEED, ids(), "definitive")
    before = simulate_encounters(made(**changes), SEED, ids(), "definitive")
    without = found["truth.for_no_document"]
    assert not before["truth.for_no_document"].any()
    assert abs(without.mean() - 0.4) < 5 * np.sqrt(0.24 / N)
    assert not (found["truth.carries_document"] & without).any()
    np.testing.assert_array_equal(found["truth.carries_document"], before["truth.carries_document"] & ~without)
    np.testing.assert_array_equal(found["seen.document_shown"], before["seen.document_shown"] & ~without)


PRINTS = {
    "after_no_hit": {"fingerprinted": 0.5, "match": 0.9, "false_match": 0.3},
    "statuses__may_stay__fingerprints": 0.6,
    "statuses__must_go__fingerprints": 0.8,
}


def test_fingerprints_follow_no_hit_and_stand_apart(made):
    world = made(**PRINTS)
    off = made(after_no_hit={"fingerprinted": 0})
    found, before = (simulate_encounters(here, SEED, ids(20_000), "lead_only") for here in (world, off))
    taken, record = found["seen.fingerprinted"], found["truth.fingerprint_record"]
    assert not (taken & found["seen.hit"]).any()
    assert not ((record != Print.NONE) & ~taken).any()
    assert {Print.NONE, Print.OWN, Print.ANOTHER} == set(record[taken])
    assert not before["seen.fingerprinted"].any()
    code = OutcomeCode
    for rule in RULES:
        outcome, then = found[f"outcome.{rule}"], before[f"outcome.{rule}"]
        by_print = outcome > code.NOT_VERIFIED
        assert then.max() <= code.NOT_VERIFIED
        assert not by_print.any() if rule == "not_used" else by_print.any()
        # Who has a hit fares as without fingerprints.
        hit = before["truth.hit"] != RecordOf.NO_HIT
        if rule == "lead_only":
            np.testing.assert_array_equal(outcome[hit], then[hit])
            for own, fingerprint in ((True, Print.OWN), (False, Print.ANOTHER)):
                codes = (
                    [code.SUPPORTED_BY_FINGERPRINT, code.WRONG_RECORD_BY_FINGERPRINT]
                    if own
                    else [code.CHANCE_BY_FINGERPRINT, code.WRONG_PERSON_BY_FINGERPRINT]
                )
                assert (record[np.isin(outcome, codes)] == fingerprint).all()
        assert not (found[f"disbelieved.{rule}"] & by_print).any()


def test_who_comes_up_by_fingerprint_is_not_acted_on_for_lack_of_a_hit(made):
    world = made(**PRINTS, rules={"definitive": {"no_hit_action": 1.0, "document_believed": 0.0}})
    found = simulate_encounters(world, SEED, ids(), "definitive")
    outcome, record = found["outcome.definitive"], found["truth.fingerprint_record"]
    searched_in_vain = ~found["seen.hit"] & (record == Print.NONE)
    assert np.isin(outcome[searched_in_vain], [OutcomeCode.NOT_VERIFIED, OutcomeCode.BY_CHANCE]).all()
    assert not np.isin(outcome[record != Print.NONE], [OutcomeCode.NOT_VERIFIED, OutcomeCode.BY_CHANCE]).any()


def test_the_ledger_holds_what_was_decided(made):
    world = made(**PRINTS, **KIN, candidates={"most": 3, **PICKS})
    met = meet_people(world, SEED, ids())
    for in_force in RULES:
        columns = simulate_encounters(world, SEED, ids(), in_force)
        for code, point in enumerate(world.thresholds):
            here = columns["point"] == code
            for name, rule in world.rules.items():
                batch = answered(met, point, claimed_first=rule.claimed_identity_first)
                found = decided(met, batch, rule_numbers(world, name))
                np.testing.assert_array_equal(columns[f"outcome.{name}"][here], found.outcome)
                np.testing.assert_array_equal(columns[f"disbelieved.{name}"][here], found.disbelieved)
                if name == in_force:
                    whose = np.where(found.scanned, batch.truth["record_of"], RecordOf.NO_HIT)
                    np.testing.assert_array_equal(columns["truth.hit"][here], whose)
                    np.testing.assert_array_equal(
                        columns["seen.fingerprinted"][here], batch.seen["fingerprinted"] & found.scanned
                    )


def test_joined_rules_are_simulated_by_name(twin):
    _, points, _ = twin(**POINTS)
    world = World.at(points, "all", ("definitive", "lead_only+documents_count"))
    found = simulate_encounters(world, SEED, ids(), "lead_only+documents_count")
    assert "outcome.lead_only+documents_count" in found
    some = (found["outcome.definitive"] != 0) & (found["outcome.lead_only+documents_count"] == 0)
    assert some.any()
