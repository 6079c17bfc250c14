"""What compares templates returns scores and counts: nothing in it can say which reference a score belongs to."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import Embeddings, EvaluationOptions, People, Searches, compare_embeddings, search_rates
from misid.search import Found, Hits, Piece, Tiles

SOURCE = Path(__file__).resolve().parents[2] / "src" / "misid"

# Whatever turns scores into places.  Sorting and partitioning scores themselves keeps no place.
PLACES = {
    "argmax",
    "argmin",
    "nanargmax",
    "nanargmin",
    "argpartition",
    "argsort",
    "argwhere",
    "nonzero",
    "flatnonzero",
    "topk",
}
ROOMS = (
    SOURCE / "search" / "kernels.py",
    SOURCE / "search" / "numba_kernel.py",
    SOURCE / "search" / "tiles.py",
    SOURCE / "evaluation" / "searches" / "from_embeddings.py",
    SOURCE / "evaluation" / "searches" / "figures.py",
)
# Places of searches, never of references, but for the order of the subjects before any score is looked at.
ALLOWED = {
    ("tiles.py", "np.flatnonzero(best >= np.float32(threshold))"),
    ("tiles.py", "np.flatnonzero(often)"),
    ("kernels.py", "np.flatnonzero(here == mixed)"),  # drawn groups of simulated candidates
}


def places_in(name: str, source: str) -> list[str]:
    """Calls in a source that turn an array into places."""
    found = []
    for node in ast.walk(ast.parse(source)):
        called = node.func if isinstance(node, ast.Call) else None
        last = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        one_argument = last == "where" and len(node.args) == 1
        if (last in PLACES or one_argument) and (name, ast.unparse(node)) not in ALLOWED:
            found.append(ast.unparse(node))
    return found


def world(rows=90, d=8, seed=2):
    rng = np.random.default_rng(seed)
    subject = rng.integers(0, 30, rows).astype(np.int32)
    v = rng.normal(size=(rows, d)).astype(np.float32)
    return v / np.linalg.norm(v, axis=1, keepdims=True), subject


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.name)
def test_no_kernel_asks_where_a_score_stands(path):
    assert places_in(path.name, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "score.argmax(axis=1)",
        "np.argpartition(-score, 5)",
        "np.where(score > t)",
        "np.nonzero(score > t)",
        "torch.topk(s, 1)",
    ],
)
def test_a_planted_place_is_caught(planted):
    assert places_in("tiles.py", f"def f(score, t, s):\n    return {planted}") == [planted]


def test_nothing_that_comes_back_has_a_place_for_a_reference():
    assert set(Found._fields) == {"probe", "mated", "mate", "at", "above", "people", "others"}
    assert set(Piece._fields) == {"score", "mated", "probe", "reference"}
    assert set(Hits._fields) == {"probe", "reference", "comparisons", "share"}
    assert not {field.name for field in fields(Searches)} & {
        "reference",
        "references",
        "row",
        "rows",
        "index",
        "indices",
    }


def test_who_is_where_in_the_gallery_leaves_no_trace():
    """References in another order, and under other row numbers, give the same answers to the last bit."""
    v, subject = world()
    probes, references = np.arange(30), np.arange(30, 90)
    first = Tiles(v, "cosine", subject, probes, references).searches(7)
    order = np.random.default_rng(5).permutation(60) + 30
    moved = np.concatenate([np.arange(30), order])
    again = Tiles(v[moved], "cosine", subject[moved], probes, references).searches(7)
    shuffled = Tiles(v, "cosine", subject, probes, order).searches(7)
    for one, two, three in zip(first, again, shuffled, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


def test_two_strangers_who_change_names_change_no_search():
    """The best scores of others say nothing of whose they are."""
    v, _ = world()
    subject = np.arange(90, dtype=np.int32)
    probes, references = np.arange(30), np.arange(30, 90)
    swapped = subject.copy()
    swapped[[40, 50]] = swapped[[50, 40]]
    first, other = (Tiles(v, "cosine", s, probes, references).searches(7) for s in (subject, swapped))
    for one, two in zip(first, other, strict=True):
        np.testing.assert_array_equal(one, two)


def test_figures_hold_no_row_of_a_probe():
    """Every number that leaves is about all searches of a kind; no field is as long as the probes or the gallery."""
    v, subject = world(rows=900)
    rows = np.arange(900)
    given = Embeddings(v, "cosine", subject, rows[:437], rows[437:], np.empty(0, np.int32), 0, People(30))
    _, found, _ = compare_embeddings(given)
    result = search_rates(found, EvaluationOptions(image_kind="mugshot"))
    for line in (result.cmc, result.fpir, result.fnir):
        assert line is None or line.x.size not in (437, 463)
    assert {figure.n for figure in result.figures.values()} <= {None, result.n_mated, result.n_non_mated}


def test_errors_and_their_words_name_no_row():
    v, subject = world()
    v[77] = np.nan
    tiles = Tiles(v, "cosine", subject, np.arange(30), np.arange(30, 90))
    assert tiles.failed_references == 1
    with pytest.raises(MisidError) as caught:
        Tiles(v, "cosine", subject, np.array([1, 1, 77, 77]), np.arange(30, 90))
    assert "77" not in str(caught.value)
