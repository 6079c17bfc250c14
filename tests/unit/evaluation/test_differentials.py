"""Rates of groups: counted by hand, told apart where they differ, and no alarm where they do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.whole import whole
from misid.evaluation import (
    NO_GROUP,
    Comparisons,
    Differentials,
    EvaluationOptions,
    People,
    Searches,
    Side,
    Terms,
    group_differentials,
    groups,
)
from misid.quantities import Conditions
from misid.statistics import PairCounts


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer draws than in use: what is asserted here is far from where they matter."""
    monkeypatch.setattr(groups, "MOST_PERMUTATIONS", 99)
    monkeypatch.setattr(groups, "REPLICATES", 400)


NAMES = ("north", "south", "west")


def people(sizes: tuple[int, ...]) -> People:
    group = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    return People(group.size, group, NAMES[: len(sizes)])


def cross(
    sizes: tuple[int, ...] = (40, 40, 40), shift: tuple[float, ...] = (0, 0, 0), within: float = 0.0,
    own: float = 0.3, seed: int = 1, once: bool = True,
) -> Comparisons:  # fmt: skip
    """All pairs of people, one image on either side; scores normal, with a part that is each person's own."""
    who, rng = people(sizes), np.random.default_rng(seed)
    first, second = np.triu_indices(who.count, 1) if once else np.nonzero(~np.eye(who.count, dtype=bool))
    part = rng.normal(0, own, who.count)
    same = who.group[first] == who.group[second]
    score = rng.normal(size=first.size) + part[first] + part[second]
    score += same * (within + np.asarray(shift)[who.group[first]])
    each = np.arange(who.count, dtype=np.int32)
    mated = rng.normal(4.5 - np.asarray(shift)[who.group], 1)
    return Comparisons(
        Side(mated.astype(np.float32), each, each),
        Side(score.astype(np.float32), first.astype(np.int32), second.astype(np.int32)),
        who,
    )


def searches(sizes: tuple[int, ...] = (40, 40, 40), shift: tuple[float, ...] = (0, 0, 0), seed: int = 3) -> Searches:
    """Each person searched four times, enrolled twice: lists of five with their people."""
    who, rng = people(sizes), np.random.default_rng(seed)
    probe = np.repeat(np.arange(who.count, dtype=np.int32), 4)
    mated = np.tile([True, True, False, False], who.count)
    others = -np.sort(-(rng.normal(1.5, 1, (probe.size, 5)) + np.asarray(shift)[who.group[probe], None]), axis=1)
    mate = np.where(mated, rng.normal(4, 1, probe.size), -np.inf)
    failed = rng.uniform(size=probe.size) < 0.02
    rank = np.where(mated, 1 + (others >= mate[:, None]).sum(axis=1), 0)
    others_subject = (probe[:, None] + rng.integers(1, who.count, (probe.size, 5))) % who.count
    return Searches(
        probe, mated, failed, np.where(failed, -np.inf, mate).astype(np.float32), rank.astype(np.int32),
        rank.astype(np.int32), others.astype(np.float32), 240, who.count, 5, who, others_subject.astype(np.int32),
    )  # fmt: skip


def run(pairs: Comparisons | None, found: Searches | None = None, threshold: float = 2.5, **more) -> Differentials:
    return group_differentials(pairs, found, threshold, EvaluationOptions(image_kind="webcam", **more))


def test_every_cell_is_the_count_of_its_comparisons() -> None:
    pairs = cross(once=False)
    found = run(pairs)
    group, side = pairs.people.group, pairs.non_mated
    above = side.score >= np.float32(2.5)
    for g in range(3):
        for h in range(3):
            of = (group[side.probe] == g) & (group[side.reference] == h)
            cell = found.fmr[g][h]
            assert (cell.n, cell.count) == (of.sum(), (above & of).sum())
            assert cell.value == (above & of).sum() / of.sum()
            assert (cell.conditions.probe_group, cell.conditions.reference_group) == (NAMES[g], NAMES[h])
            assert cell.conditions.score == 2.5
            assert cell.conditions.threshold == pytest.approx(-np.log10(above.mean()))
            assert "many_pairs_of_groups" in cell.caveats
            assert "9 intervals hold together" in cell.method
    for g, name in enumerate(NAMES):
        of = group == g
        missed = pairs.mated.score[of] < np.float32(2.5)
        assert (found.by_group["fnmr"][name].n, found.by_group["fnmr"][name].count) == (of.sum(), missed.sum())
    assert found.probe_subjects == found.reference_subjects == (40, 40, 40)


def test_pairs_in_one_order_make_a_table_with_two_like_halves() -> None:
    """Who was the probe is a matter of chance there: both halves show all comparisons of two groups."""
    pairs = cross()
    found = run(pairs)
    group, side = pairs.people.group, pairs.non_mated
    for g, h in ((0, 1), (0, 2), (1, 2)):
        between = np.minimum(group[side.probe], group[side.reference]) == g
        between &= np.maximum(group[side.probe], group[side.reference]) == h
        assert found.fmr[g][h].n == found.fmr[h][g].n == between.sum() == 1600
        assert found.fmr[g][h].value == found.fmr[h][g].value
    assert "6 intervals hold together" in found.fmr[0][0].method


def test_which_side_is_the_probe_is_seen() -> None:
    first, second = (side.astype(np.int32) for side in np.triu_indices(6, 1))
    assert groups.one_sided(PairCounts(first, second, np.ones(15, np.int64), 6))
    # One pair in both orders is enough; so is a side that few people share.
    assert not groups.one_sided(
        PairCounts(np.append(first, second[0]), np.append(second, first[0]), np.ones(16, np.int64), 6)
    )
    assert not groups.one_sided(PairCounts(first[:3] * 0, np.int32([3, 4, 5]), np.ones(3, np.int64), 6))


def test_searches_are_counted_by_group_of_the_probe() -> None:
    data = searches()
    found = run(None, data, 3.0)
    group = data.people.group[data.probe]
    for g, name in enumerate(NAMES):
        of = (group == g) & ~data.mated
        hits = of & ~data.failed & (data.others[:, 0] >= 3)
        shown = found.by_group["fpir"][name]
        assert (shown.n, shown.count, shown.value) == (of.sum(), hits.sum(), hits.sum() / of.sum())
        assert (shown.conditions.n_references, shown.conditions.n_enrolled) == (240, 120)
        of = (group == g) & data.mated
        missed = of & (data.mate < 3)
        assert (found.by_group["fnir"][name].n, found.by_group["fnir"][name].count) == (of.sum(), missed.sum())
    assert found.fmr == ()
    assert any(
        said.startswith("People with references, as far as the data name them: north 33%") for said in found.remarks
    )
    assert "garbe" in found.figures


@pytest.mark.slow
def test_who_is_enrolled_is_part_of_the_doubt() -> None:
    """One enrolled person in half of all false hits: the interval widens where that is known."""
    data = searches()
    subject = data.others_subject.copy()
    subject[::2] = 0
    known = run(None, replace(data, others_subject=subject), 3.0).by_group["fpir"]
    unknown = run(None, replace(data, others_subject=None), 3.0).by_group["fpir"]
    assert all(known[name].value == unknown[name].value for name in NAMES)
    assert all(known[n].high - known[n].low > 1.2 * (unknown[n].high - unknown[n].low) for n in NAMES)


@pytest.mark.slow
def test_groups_that_differ_are_told_apart() -> None:
    """Planted: false matches within one group ten times as likely."""
    found = run(cross(shift=(0, 0, 1.0), own=0.1), seed=4)
    top = found.figures["fmr_max_over_min"]
    assert top.low > 2
    assert found.figures["fmr_max_over_min_p_value"].value < 0.01
    assert found.figures["fmr_alike_p_value"].value <= 2 / 100  # none of 99 deals, and two tests
    assert found.figures["fmr_gini"].low > 0
    assert found.figures["fmr_max_over_geometric_mean"].low > 1
    assert top.value > 3 * found.figures["fmr_max_over_min_by_chance"].value


@pytest.mark.slow
def test_groups_that_are_alike_are_not() -> None:
    found = run(cross(own=0.1), seed=4)
    assert found.figures["fmr_max_over_min"].low == 1
    assert found.figures["fmr_max_over_min_p_value"].value > 0.05
    assert found.figures["fmr_alike_p_value"].value > 0.05
    assert found.figures["fmr_gini"].low == 0


@pytest.mark.slow
def test_people_mistaken_for_their_own_group_show_in_within_over_across() -> None:
    figure = run(cross(within=1.0, own=0.1)).figures["fmr_within_over_across"]
    assert figure.low > 3
    plain = run(cross(own=0.1)).figures["fmr_within_over_across"]
    assert plain.low < 1 < plain.high


@pytest.mark.slow
@pytest.mark.parametrize("of", ["fmr", "fnmr"])
def test_permutation_keeps_its_false_alarms_where_people_differ(of: str) -> None:
    """300 data sets whose people differ a lot: at most 5% plus 3.1 standard errors (1 in 1,000) raise an alarm."""
    alarms, naive = 0, 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        group = np.tile([0, 1], 30).astype(np.int32)
        if of == "fmr":
            first, second = (side.astype(np.int32) for side in np.triu_indices(60, 1))
            own = rng.lognormal(0, 1, 60)
            count = rng.poisson(0.05 * own[first] * own[second])
        else:
            first = second = np.arange(60, dtype=np.int32)
            count = rng.binomial(20, rng.beta(0.3, 2, 60))
        tried = PairCounts(first, second, np.full(first.size, 20, np.int64), 60)
        errors = groups.ErrorCounts(PairCounts(first, second, count.astype(np.int64), 60), tried)
        alarms += groups.permutation_test(errors, group, 2, seed, of == "fmr").value <= 0.05
        cell = group[first] * 2 + group[second] if of == "fmr" else group[first]
        seen, trials = np.bincount(cell, count), np.bincount(cell, tried.count)
        expected = trials * seen.sum() / trials.sum()
        pooled = seen.sum() / trials.sum()
        chi = (np.square(seen - expected) / expected / (1 - pooled)).sum()
        naive += chi > {"fmr": 7.81, "fnmr": 3.84}[of]
    assert alarms / 300 <= 0.05 + 3.1 * np.sqrt(0.05 * 0.95 / 300)
    assert naive / 300 > 0.2  # planted fault: errors taken for independent


@pytest.mark.slow
def test_intervals_of_all_groups_hold_together() -> None:
    """FNMR of three groups in 400 data sets: all three hold in at least 95% less 3.1 standard errors (1 in 1,000)."""
    held, group = 0, people((40, 40, 40)).group
    each = np.arange(120, dtype=np.int32)
    for seed in range(400):
        rng = np.random.default_rng(seed)
        missed = rng.binomial(8, rng.beta(0.1 * 3, 0.9 * 3, 120)).astype(np.int64)
        errors = groups.ErrorCounts(
            PairCounts(each, each, missed, 120), PairCounts(each, each, np.full(120, 8, np.int64), 120)
        )
        found = groups.cells_by_group(errors, group, 3, Terms(Conditions(), 120, 0.95, 1))
        held += all(cell.interval.low <= 0.1 <= cell.interval.high for cell in found)
    assert held / 400 >= 0.95 - 3.1 * np.sqrt(0.95 * 0.05 / 400)


@pytest.mark.slow
def test_what_the_data_could_have_shown_is_said() -> None:
    found = run(cross(), threshold=3.5)
    fewest = min(found.fmr[g][g].count for g in range(3))
    assert fewest < 25
    said = next(words for words in found.remarks if words.startswith("FMR within groups: 25 errors are needed"))
    assert f" has {fewest:.0f}" in said
    assert "few_events" in found.figures["fmr_max_over_min"].caveats or fewest == 0


@pytest.mark.slow
def test_gaps_carry_their_caveat_and_do_not_lead() -> None:
    found = run(cross())
    assert "absolute_gap" in found.figures["fdr_fair"].caveats
    names = list(found.figures)
    assert names.index("fmr_max_over_min") < names.index("fdr_fair") == len(names) - 1


@pytest.mark.slow
def test_a_group_without_an_error_has_no_upper_end_of_its_ratio() -> None:
    pairs = cross()
    low = np.where(pairs.people.group[pairs.non_mated.probe] == 0, -9, pairs.non_mated.score).astype(np.float32)
    found = run(replace(pairs, non_mated=replace(pairs.non_mated, score=low)))
    top = found.figures["fmr_max_over_min"]
    assert (top.high, "no_events" in top.caveats) == (None, True)
    assert "(x + 0.5) / (n + 1)" in top.method
    cell = found.fmr[0][0]
    assert (cell.value, cell.low, "no_events" in cell.caveats) == (0, 0, True)
    assert cell.high > 3 / cell.n


def test_no_error_anywhere_is_no_crash() -> None:
    found = run(cross(), searches(), 99.0)
    assert found.figures["fmr_max_over_min"].value == 1
    assert "fmr_alike_p_value" not in found.figures
    assert any("no group has an error" in words for words in found.remarks)
    assert all(figure.value is None or np.isfinite(figure.value) for figure in found.figures.values())


@pytest.mark.parametrize("threshold", [-99.0, 2.5, 99.0])
def test_a_group_on_one_side_only_and_all_errors_in_one_cell(threshold: float) -> None:
    """West only as probes: `groups` leaves it out; so nothing of it shows and nothing falls over."""
    pairs = cross((40, 40, 30), once=False)
    group = pairs.people.group
    keep = (group[pairs.non_mated.reference] != 2) & ((pairs.non_mated.score < 2) | (group[pairs.non_mated.probe] == 0))
    keep &= (pairs.non_mated.score < 2) | (group[pairs.non_mated.reference] == 1)
    side = pairs.non_mated
    mated = group[pairs.mated.probe] != 2
    one = replace(
        pairs,
        non_mated=Side(side.score[keep], side.probe[keep], side.reference[keep]),
        mated=Side(pairs.mated.score[mated], pairs.mated.probe[mated], pairs.mated.reference[mated]),
    )
    found = run(one, threshold=threshold)
    assert found.names == ("north", "south")
    assert "west" not in whole(found)


def test_nobody_in_a_group_is_said() -> None:
    pairs = cross((30, 30))
    alone = replace(pairs, people=replace(pairs.people, group=np.full(60, NO_GROUP, np.int32)))
    found = run(alone)
    assert (found.names, found.fmr, dict(found.figures)) == ((), (), {})
    assert found.remarks
    assert run(replace(pairs, people=People(60))).names == ()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_numbers_and_order_of_rows_does_not_matter() -> None:
    pairs = cross()
    order = np.random.default_rng(0).permutation(pairs.non_mated.score.size)
    side = pairs.non_mated
    mixed = replace(pairs, non_mated=Side(side.score[order], side.probe[order], side.reference[order]))
    first, again, other = run(pairs), run(mixed), run(pairs, seed=2)
    assert first.figures == again.figures
    assert first.fmr == again.fmr
    assert first.figures["fmr_max_over_min"] != other.figures["fmr_max_over_min"]


@pytest.mark.slow
def test_both_kinds_of_data_at_once_come_from_the_same_people() -> None:
    found = run(cross(), searches(), 2.5)
    assert set(found.by_group) == {"fnmr", "fpir", "fnir"}
    tests = [name for name in found.figures if name.endswith("_alike_p_value")]
    assert len(tests) == 4
    assert all("Holm over 4" in found.figures[name].method for name in tests)
    assert groups.comparison_errors(cross(), 2.5)["fmr"].trials.count.sum() == 120 * 119 / 2
