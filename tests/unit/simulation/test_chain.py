"""The chain of single people: pieces, sight, rules, and what follows from what."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from misid.simulation import (
    Batch,
    OutcomeCode,
    RecordNumbers,
    RecordOf,
    Seen,
    Truth,
    World,
    answered,
    decide,
    decided,
    meet_people,
    rule_luck,
    rule_numbers,
    simulate_encounters,
)
from misid.storage import LEDGER

SEED = 3
FALSE_ALARM = 1e-6
RULES = (
    "definitive",
    "lead_only",
    "second_reader",
    "documents_count",
    "fingerprint_confirms",
    "coded_response",
    "claimed_identity_first",
    "opt_out_offered",
    "under_18_not_scanned",
    "not_used",
)


@pytest.fixture
def made(twin):
    """Return a function: changes to the small scenario → world under all ten rules."""

    def build(overrides: Any = None, **changes: Any) -> World:
        _, points, _ = twin(overrides=overrides, **changes)
        return World.at(points, "all", RULES)

    return build


TEST = {"fpir": 0.3, "n_references": 1_000_000, "image_kind": "mugshot", "gallery": "kept"}
BUSY = {
    "threshold": {"points": {"kept": {"test": TEST}, "rarer": {"field_fpir": 0.02}}},
    "kin__identical_twin_share": 0.05,
    "kin__identical_twin_match": 0.9,
}


def ids(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.int64)


def test_a_piece_comes_out_as_in_the_whole(made):
    place = made(**BUSY, photos={"bystander_share": 0.1, "attempts": 3, "poor_share": 0.2})
    whole = simulate_encounters(place, SEED, ids(600), "definitive")
    chosen = np.random.default_rng(0).permutation(600)[:250]
    piece = simulate_encounters(place, SEED, chosen, "definitive")
    points = len(place.thresholds)
    for name, column in whole.items():
        expected = column.reshape(points, 600)[:, chosen].ravel()
        np.testing.assert_array_equal(piece[name], expected, err_msg=name)


def test_columns_are_those_of_the_ledger(made):
    found = simulate_encounters(made(**BUSY), SEED, ids(50), "definitive")
    listed = {column.name: np.dtype(column.dtype) for column in LEDGER}
    of_rules = {f"{side}.{rule}" for side in ("outcome", "disbelieved") for rule in RULES}
    assert set(found) == set(listed) | of_rules
    assert {name: found[name].dtype for name in listed} == listed


def test_outcomes_sum_to_encounters_and_say_what_was_done(made):
    place = made(**BUSY)
    met = meet_people(place, SEED, ids(20_000))
    for point in place.thresholds:
        for name, rule in place.rules.items():
            batch = answered(met, point, claimed_first=rule.claimed_identity_first)
            found = decided(met, batch, rule_numbers(place, name))
            assert np.bincount(found.outcome, minlength=6).sum() == 20_000
            np.testing.assert_array_equal(found.action, found.outcome != OutcomeCode.NO_ACTION)
            unsupported = np.isin(
                found.outcome, [OutcomeCode.WRONG_PERSON, OutcomeCode.WRONG_RECORD, OutcomeCode.NOT_VERIFIED]
            )
            supported = place.supported[batch.truth["status"]]
            assert not (unsupported & supported).any()
            assert not (found.disbelieved & ~unsupported).any()


def test_nobody_is_wronged_by_an_app_that_is_not_used(made):
    found = simulate_encounters(made(**BUSY, rules={"not_used": {"no_hit_action": 0}}), SEED, ids(5000), "not_used")
    assert not found["outcome.not_used"].any()
    assert not found["seen.hit"].any()
    assert (found["seen.record_number"] == -1).all()


def test_a_column_is_written_once():
    batch = Batch(ids(2), Truth(), Seen()).add(truth={"a": ids(2)})
    with pytest.raises(ValueError, match="another stage wrote"):
        batch.add(truth={"a": ids(2)})
    assert "a" not in batch.seen


def test_the_decision_reads_what_is_seen_and_nothing_else():
    """By its types, and by the names that its body looks up."""
    hints = inspect.get_annotations(decide, eval_str=True)
    assert hints["seen"] is Seen
    assert not {Truth, Batch} & set(hints.values())
    body = ast.parse(inspect.getsource(decide))
    looked_up = {
        node.slice.value
        for node in ast.walk(body)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
    }
    assert looked_up == {
        "hit",
        "scanned",
        "impression_1",
        "impression_2",
        "record_calls_for_action",
        "fingerprint_hit",
        "fingerprint_calls_for_action",
        "document_shown",
    }


def test_equal_sight_gives_equal_chances_of_action(made):
    """People who look the same on the screen are acted on alike, whoever they are."""
    place = made(**BUSY, rules={"documents_count": {"document_believed": 0.6}, "not_used": {"no_hit_action": 0.1}})
    n = 60_000
    met = meet_people(place, SEED, ids(n))
    batch = answered(met, "kept")
    for name in ("documents_count", "opt_out_offered"):
        found = decided(met, batch, rule_numbers(place, name))
        seen = batch.seen
        alike = seen["record_calls_for_action"] & (seen["document_shown"] if name == "documents_count" else True)
        right = alike & (batch.truth["record_right"])
        wrong = alike & ~right
        if name == "documents_count":  # only people whose record is wrong, or somebody else's, show such a document
            right = alike & (batch.truth["enrolled"])
            wrong = alike & ~batch.truth["enrolled"]
        table = [[int((found.action & who).sum()), int((~found.action & who).sum())] for who in (right, wrong)]
        assert min(map(sum, table)) > 200
        assert stats.fisher_exact(table).pvalue > FALSE_ALARM


def test_the_decision_does_not_change_when_the_truth_is_shuffled(made):
    place = made(**BUSY)
    n = 5000
    met = meet_people(place, SEED, ids(n))
    rule = rule_numbers(place, "lead_only")
    batch = answered(met, "kept")
    columns = {"scanned": np.ones(n, bool), "impression_1": np.linspace(-1, 1, n), "impression_2": np.zeros(n)}
    seen = Seen(batch.seen).add(**columns)
    luck = rule_luck(SEED, met.batch.ids)
    before = decide(seen, rule, luck)
    for column in batch.truth.values():
        column.flags.writeable = True
        np.random.default_rng(5).shuffle(column)
    np.testing.assert_array_equal(decide(seen, rule, luck), before)


def test_a_nested_gallery_never_loses_a_hit_of_the_non_mated(made):
    """At a fixed threshold more references only add candidates: same people, same photos, same luck."""
    small, large = (made(**BUSY, gallery__n_references=n) for n in (200_000, 1_000_000))
    assert small.thresholds["kept"] == large.thresholds["kept"]
    hits = []
    for place in (small, large):
        batch = answered(meet_people(place, SEED, ids(20_000)), "kept")
        hits.append((batch.truth["hit"] != RecordOf.NO_HIT) & ~batch.truth["enrolled"])
    assert not (hits[0] & ~hits[1]).any()
    assert hits[1].sum() > hits[0].sum()


def test_more_photos_only_add_hits(made):
    one, three = (made(**BUSY, photos__attempts=n, capture__second_photo_correlation=0.2) for n in (1, 3))
    hits = [answered(meet_people(place, SEED, ids(20_000)), "rarer").seen["hit"] for place in (one, three)]
    assert not (hits[0] & ~hits[1]).any()
    assert hits[1].sum() > hits[0].sum()


def test_a_photo_that_comes_out_as_the_first_changes_nothing(made):
    one, three = (made(**BUSY, photos__attempts=n, capture__second_photo_correlation=1) for n in (1, 3))
    first, second = (simulate_encounters(place, SEED, ids(3000), "definitive") for place in (one, three))
    for name in first:
        if name != "truth.attempts":
            np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_a_bystander_brings_in_records_of_people_who_were_not_stopped(made):
    place = made(**BUSY, photos={"bystander_share": 0.5})
    found = simulate_encounters(place, SEED, ids(20_000), "definitive")
    somebody_else = found["truth.hit"] == 6
    assert somebody_else.mean() > 0.1
    wronged = somebody_else & found["seen.record_calls_for_action"] & (found["truth.status"] == 0)
    assert (found["outcome.definitive"][wronged] == OutcomeCode.WRONG_PERSON).all()


def test_a_record_is_of_the_face_in_the_photo_that_hit(made):
    """Somebody else's face in a further photo brings up that person's record, not one of the first photo."""
    place = made(**BUSY, photos={"bystander_share": 0.5, "attempts": 3}, capture__second_photo_correlation=0)
    met = meet_people(place, SEED, ids(20_000))
    truth = answered(met, "rarer").truth
    late = (truth["hit"] == RecordOf.BYSTANDER) & (truth["photo"] > 0)
    assert late.sum() > 500
    for photo in (1, 2):
        here = late & (truth["photo"] == photo)
        np.testing.assert_array_equal(truth["other_status"][here], met.photos[photo].other_status[here])
    assert (truth["other_status"][late] != met.photos[0].other_status[late]).any()


def test_a_stale_database_keeps_the_mean_error():
    error = np.array([[0.02, 0.3], [1.0, 0.0]])
    covers = np.array([[0.2, 0.9, 0.5], [0.0, 0.0, 0.0]])
    found = RecordNumbers.of(("a", "b", "c"), covers, np.array([0.1, 1.0, 9.0]), error, stale=0.8)
    np.testing.assert_allclose(found.answers.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.answers[1], [0, 0, 1], err_msg="where none holds a record the last one answers")
    np.testing.assert_allclose(np.einsum("sd,sad->sa", found.answers, found.error), error)
    assert found.error.max() <= 1.0 + 1e-12
    assert found.error[0, 0, 2] > found.error[0, 0, 0], "the later the update, the more is stale"


@pytest.mark.slow
def test_readers_pass_at_their_rates_and_move_with_the_label(made):
    n = 200_000
    expected = {"lead_only": 0.47, "second_reader": 0.24}
    for shift in (0.0, 0.5):
        place = made(
            **BUSY,
            statuses__may_stay__enrolled__adult=0,
            statuses__may_stay__enrolled_without_passports__adult=0,
            checks__label_shift=shift,
        )
        met = meet_people(place, SEED, ids(n))
        batch = answered(met, "kept")
        called = (
            batch.seen["record_calls_for_action"]
            & (batch.truth["status"] == 0)
            & (batch.truth["hit"] != RecordOf.NO_HIT)
        )
        for name, rate in expected.items():
            numbers = rule_numbers(place, name)
            never = {"document_believed": numbers.rule.document_believed.held(0.0)}
            numbers = replace(numbers, rule=numbers.rule.model_copy(update=never))
            passed = decided(met, batch, numbers).action[called]
            if shift == 0.0:
                assert stats.binomtest(int(passed.sum()), passed.size, rate).pvalue > FALSE_ALARM
            elif name == "lead_only":  # one reader: Phi(Phi^-1(p) + shift)
                moved = float(stats.norm.cdf(stats.norm.ppf(rate) + shift))
                assert stats.binomtest(int(passed.sum()), passed.size, moved).pvalue > FALSE_ALARM
            else:
                assert passed.mean() > rate + 0.05
