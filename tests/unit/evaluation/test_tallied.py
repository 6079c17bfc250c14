"""An evaluation of comparisons that were counted in one pass, against one of all of them held in memory."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from misid.evaluation import (
    Embeddings,
    Evaluation,
    EvaluationOptions,
    People,
    ReadResult,
    TalliedPairs,
    evaluate_prepared,
    group_differentials,
    pair_rates,
    predict_growth,
    prepare,
)
from misid.evaluation.searches import from_embeddings
from misid.quantities import Estimate
from misid.search import Tiles, compare_all

KEPT = 4_000  # comparisons that are listed
LEVEL = 0.95
OPTIONS = EvaluationOptions(name="test", image_kind="visa", thresholds=(0.7,), level=LEVEL)


def templates(same: bool, metric: str = "cosine", people: int = 220) -> Embeddings:
    """People with one to three templates, of two groups, some of whom are easily mistaken; two failed samples."""
    rng = np.random.default_rng(3)
    subject = np.repeat(np.arange(people, dtype=np.int32), rng.integers(1, 4, people))
    crowd = rng.normal(size=16) * rng.uniform(0, 1, (people, 1))
    vectors = (rng.normal(size=(people, 16)) + crowd)[subject] + 0.7 * rng.normal(size=(subject.size, 16))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.arange(subject.size)
    first = np.r_[True, subject[1:] != subject[:-1]]
    probes = rows if same else rows[~first | (subject % 4 == 0)]
    references = rows if same else rows[first & (subject % 4 > 0)]
    who = People(people + 1, (np.arange(people + 1) % 2).astype(np.int32), ("a", "b"))
    failed = np.array([3, people], np.int32)
    return Embeddings(vectors.astype(np.float32), metric, subject, probes, references, failed, 1, who)


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch):
    """Prepare the same templates both ways, the scores that are held rounded to the grid of those that are counted."""

    def prepared(templates: Embeddings, kept: int = KEPT):
        def few(*args, **options):
            return compare_all(*args, **options | {"kernel": "reference", "sample": 150, "tail": kept})

        read = ReadResult((), (), embeddings=templates)
        with monkeypatch.context() as patched:
            patched.setattr(from_embeddings, "MOST_HELD", 0)
            patched.setattr(from_embeddings, "compare_all", few)
            counted = prepare(read)
        assert isinstance(counted.pairs, TalliedPairs)
        grid, scores = counted.pairs.tally.grid, Tiles._scores
        with monkeypatch.context() as patched:
            patched.setattr(Tiles, "_scores", lambda self, *of: grid.score(grid.code(scores(self, *of))))
            return prepare(read), counted

    return prepared


def figures(of: Evaluation) -> dict[str, Estimate]:
    parts = (of.pairs, of.searches, of.menagerie, of.growth, of.differentials)
    found = {name: figure for part in parts if part is not None for name, figure in part.figures.items()}
    between = of.differentials
    if between is not None:
        cells = ((f"fmr {i} {j}", cell) for i, row in enumerate(between.fmr) for j, cell in enumerate(row))
        found |= {name: cell for name, cell in cells if cell is not None}
    return found


# Their intervals rest on each person's errors between two levels; all others on what is exact.
BETWEEN_LEVELS = (
    "eer",
    "auc",
    "fmr_realised_at_fmr_1e-1",
    "threshold_at_fmr_1e-1",
    "fnmr_at_fmr_1e-1",
    "far_at_fmr_1e-1",
)
# A mean distance comes from those counts as well, and people change places where theirs are much alike.
MEANS = ("mated_non_mated", "doves", "chameleons", "phantoms", "worms")
# The share of a part of the gallery is not known of the comparisons below the list: as meant, not as drawn.
PARTS = ("threshold_holding", "fpir_at_n")


def alike(one: float | None, other: float | None, within: float) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=within, abs_tol=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("same", [True, False])
def test_every_figure_agrees_with_that_of_comparisons_held(same: bool, metric: str, both):
    held, counted = (figures(evaluate_prepared(one, OPTIONS)) for one in both(templates(same, metric)))
    assert held.keys() == counted.keys()
    for name, figure in held.items():
        found = counted[name]
        if metric == "euclidean" and name.startswith(MEANS):
            assert name.endswith("p_value") or abs(figure.value - found.value) < 0.02
            continue
        if not name.startswith(PARTS):
            assert alike(figure.value, found.value, 1e-6 if name.startswith(MEANS) else 1e-12), name
        loose = name.startswith((*BETWEEN_LEVELS, *PARTS))
        for end in ("low", "high"):
            assert alike(getattr(figure, end), getattr(found, end), 0.03 if loose else 1e-6), (name, end)


def test_rates_and_curves_are_those_of_comparisons_held(both):
    held, counted = (
        pair_rates(one.pairs, image_kind="visa", level=LEVEL, thresholds=(0.7,))
        for one in both(templates(True, people=60), 300)
    )
    for name, figure in held.figures.items():
        assert figure.value == counted.figures[name].value, name
    for of in ("fmr", "fnmr", "mated_density", "non_mated_density"):
        one, other = getattr(held, of), getattr(counted, of)
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.value, other.value)


@pytest.mark.slow
def test_below_the_list_groups_have_no_fmr_and_say_why(both):
    _, counted = both(templates(True, people=120), 300)
    lowest = counted.pairs.lowest_listed
    low, high = (group_differentials(counted.held, None, at, OPTIONS) for at in (lowest - 0.1, lowest))
    assert not low.fmr
    assert any("only the" in words and "no lower" in words for words in low.remarks)
    assert high.fmr
    assert low.names == high.names


def test_rows_whose_own_product_is_not_1_are_compared(both):
    one = templates(True)
    off = one.vectors * (1 + np.linspace(-1e-6, 1e-6, len(one.vectors)))[:, None].astype(np.float32)
    _, counted = both(replace(one, vectors=np.concatenate([off[:-1], off[:1]])), 300)
    assert counted.pairs.steps.n_non_mated == counted.pairs.trials.total
    assert predict_growth(counted.held, counted.searches, OPTIONS) is not None
