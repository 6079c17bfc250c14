"""The menagerie is a density: what people share shows, what one person is does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from misid.evaluation import Comparisons, People, Side, measure_menagerie
from misid.evaluation import menagerie as module


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REPLICATES", 400)


def pairs(subjects: int = 120, own: float = 0.0, together: float = 0.0, seed: int = 1) -> Comparisons:
    """All pairs of people with three photos; ``own`` is each person's part in false matches."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(subjects, dtype=np.int32), 3)
    first, second = np.triu_indices(who.size, 1)
    a, b = who[first], who[second]
    part = rng.normal(size=subjects)
    score = rng.normal(size=a.size) + own * (part[a] + part[b])
    same = a == b
    score[same] += 5 + together * part[a[same]]
    return Comparisons(
        Side(score[same].astype(np.float32), a[same], b[same]),
        Side(score[~same].astype(np.float32), a[~same], b[~same]),
        People(subjects),
    )


def test_people_who_are_alike() -> None:
    """Share, corners and halves are what chance gives; correlations lie within 3.3 / sqrt(120): 1 in 1,000 alarms."""
    found = measure_menagerie(pairs(), seed=3).figures
    chance = found["false_matches_owed_to_worst_tenth_by_chance"]
    assert chance.low <= found["false_matches_owed_to_worst_tenth"].value <= chance.high
    assert chance.value > 0.12  # a tenth of the people has more than a tenth, by chance alone
    assert abs(found["false_matches_split_half_correlation"].value) < 0.3
    assert abs(found["mated_non_mated_correlation"].value) < 0.3
    assert min(found[f"{kind}_p_value"].value for kind in ("doves", "chameleons", "phantoms", "worms")) > 0.05


def test_people_who_differ() -> None:
    """Planted: some people are mistaken for everybody, and have good mated scores too."""
    found = measure_menagerie(pairs(own=0.7, together=2.0), seed=3).figures
    assert found["false_matches_owed_to_worst_tenth"].value > found["false_matches_owed_to_worst_tenth_by_chance"].high
    assert found["false_matches_split_half_correlation"].low > 0.3
    assert found["mated_non_mated_correlation"].low > 0.5
    assert found["chameleons_p_value"].value < 0.01
    assert found["chameleons_share"].low > 1 / 16


def test_counts_of_the_corners_are_those_of_quartiles() -> None:
    data = pairs(own=0.5)
    found = measure_menagerie(data).figures
    mated = np.array([data.mated.score[data.mated.probe == i].astype(np.float64).mean() for i in range(120)])
    side = data.non_mated
    others = np.array(
        [side.score[(side.probe == i) | (side.reference == i)].astype(np.float64).mean() for i in range(120)]
    )
    high, easy = mated >= np.quantile(mated, 0.75), others >= np.quantile(others, 0.75)
    low, hard = mated <= np.quantile(mated, 0.25), others <= np.quantile(others, 0.25)
    wanted = {"doves": high & hard, "chameleons": high & easy, "phantoms": low & hard, "worms": low & easy}
    assert {name: found[f"{name}_share"].count for name in wanted} == {name: of.sum() for name, of in wanted.items()}
    assert found["mated_non_mated_correlation"].value == pytest.approx(np.corrcoef(mated, others)[0, 1])


def test_binomial_p_value_of_item_16() -> None:
    """130 of 1,600 in a corner: P(X >= 130) = 0.0016604978, twice that for both directions."""
    assert module._two_sided(130, 1600) == pytest.approx(2 * 0.0016604978, rel=1e-7)
    assert module._two_sided(100, 1600) > 0.9


@pytest.mark.slow
def test_the_density_is_a_share_of_people() -> None:
    found = measure_menagerie(pairs(600, own=0.5))
    assert found.density.shape == (found.non_mated.size, found.mated.size)
    assert 0.85 < found.density.sum() <= 1.005
    assert np.array_equal(found.density, np.round(found.density, 4))
    assert (found.density >= 0).all()


@pytest.mark.slow
def test_a_person_far_from_all_others_cannot_be_seen() -> None:
    """One person's mated scores are moved far away: axes stay, and nothing shows where that person lies."""
    data = pairs()
    plain = measure_menagerie(data)
    score = data.mated.score.copy()
    score[data.mated.probe == 7] = -2.0
    moved = measure_menagerie(replace(data, mated=replace(data.mated, score=score)))
    assert plain.mated[-1] - plain.mated[0] == pytest.approx(moved.mated[-1] - moved.mated[0], rel=0.25)
    assert (moved.density[:, moved.mated < 2.0] == 0).all()


def test_cells_with_few_people_are_empty() -> None:
    data = pairs(60)
    found = measure_menagerie(data)
    assert (found.density == 0).any()
    # A cell that shows anything stands for five people or more, so few cells of so few people do.
    assert (found.density > 0).sum() < found.density.size / 2


@pytest.mark.parametrize("subjects", [1, 3, 49])
def test_few_people_have_no_menagerie(subjects: int) -> None:
    assert measure_menagerie(pairs(subjects)) is None


def test_no_people_constant_scores_and_infinities() -> None:
    data = pairs(60)
    assert measure_menagerie(replace(data, people=None)) is None
    assert measure_menagerie(Comparisons(Side(data.mated.score), Side(data.non_mated.score), None)) is None
    flat = replace(data.non_mated, score=np.zeros_like(data.non_mated.score))
    assert measure_menagerie(replace(data, non_mated=flat)) is None
    odd = data.non_mated.score.copy()
    odd[:3] = np.inf
    found = measure_menagerie(replace(data, non_mated=replace(data.non_mated, score=odd)))
    assert found is None or all(f.value is None or np.isfinite(f.value) for f in found.figures.values())
