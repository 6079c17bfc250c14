"""What compares templates returns scores and counts: nothing in it can say which reference a score belongs to."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import Embeddings, EvaluationOptions, People, Searches, compare_embeddings, search_rates
from misid.search import AllPairs, Found, Hits, PairList, Piece, Tiles, compare_all
from misid.search.tile_counts import Listed

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
    SOURCE / "search" / "all_pairs.py",
    SOURCE / "search" / "list_numba.py",
    SOURCE / "search" / "pair_tally.py",
    SOURCE / "search" / "tile_counts.py",
    SOURCE / "search" / "tile_kernels.py",
    SOURCE / "search" / "tile_numba.py",
    SOURCE / "search" / "tile_torch.py",
    SOURCE / "evaluation" / "searches" / "from_embeddings.py",
    SOURCE / "evaluation" / "searches" / "figures.py",
)
# Places of searches, never of references, but for the order of the subjects before any score is looked at, and for
# lists of high scores, which take whose the other template is, and not which.
ALLOWED = {
    ("all_pairs.py", "np.flatnonzero(np.diff(subject, prepend=-1))"),
    ("all_pairs.py", "differ.argmax()"),
    ("all_pairs.py", "np.flatnonzero((sizes[0] == a) & (sizes[1] == b))"),
    ("all_pairs.py", "np.flatnonzero(sums.listed)"),
    ("all_pairs.py", "np.flatnonzero((found.listed < self.k) & (self.rows.floor > lowest))"),
    ("all_pairs.py", "np.argsort(uniforms(0, Purpose.COMPARED_FIRST, np.arange(people))[0], kind='stable')"),
    ("all_pairs.py", "np.nonzero(counts)"),
    ("all_pairs.py", "np.flatnonzero(code >= mates[place])"),
    ("all_pairs.py", "np.flatnonzero(code >= self.tail_from)"),
    ("tile_counts.py", "np.nonzero(high)"),
    ("tile_kernels.py", "np.flatnonzero((level >= floor).reshape(-1))"),
    ("tile_torch.py", "torch.nonzero(high, as_tuple=True)"),
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


def counted(v, subject, probes, references, **how):
    return compare_all(v, "cosine", subject, probes, references, k=7, kernel="reference", sample=40, tail=60, **how)


def arrays_of(tally):
    """Every number of a tally, but for which row each search was."""
    lists = (tally.found, tally.tail, tally.listed, tally.mated, tally.sample)
    plain = (tally.histogram, tally.levels, tally.over, tally.probes, tally.references)
    return [*plain, tally.sums, *(column for one in lists for column in one)]


def test_a_tally_of_all_pairs_knows_no_row_of_a_reference():
    v, subject = world(rows=300)
    subject = np.sort(subject)
    probes, references = np.arange(0, 300, 3), np.setdiff1d(np.arange(300), np.arange(0, 300, 3))
    first = counted(v, subject, probes, references)
    # The same references in other rows of the table; one person's keep their order, by which a sample is cut.
    moved = np.concatenate([probes, references])
    again = counted(v[moved], subject[moved], np.arange(100), np.arange(100, 300))
    for one, two in zip(arrays_of(first), arrays_of(again), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-12)
    assert {field.name for field in fields(AllPairs)} == {
        *(
            "grid",
            "histogram",
            "levels",
            "over",
            "tail_from",
            "tail",
            "sample",
            "mated",
            "found",
            "probes",
            "references",
        ),
        *("same", "listed", "probe_row", "sums"),
    }
    assert PairList._fields == ("code", "probe", "reference")
    assert set(Listed._fields) == {"place", "subject", "code"}


def test_a_checkpoint_holds_counts_and_no_subject_s_number(tmp_path):
    v, subject = world(rows=300)
    known = np.array([3, 8, 21, 400])  # of whom people elsewhere could know the number
    subject = known[subject % 4].astype(np.int32) + 30 * (subject // 4).astype(np.int32)
    rows = np.arange(300)
    kept = []

    class Spy:
        def read(self):
            return {}

        def note(self, task, state):
            kept.append(state())

        def remove(self):
            pass

    tally = counted(v, subject, rows[:150], rows[150:], checkpoint=lambda tasks: Spy())
    (last,) = kept[-1:]
    assert set(last) == {
        *("histogram", "tail_from"),
        *(
            f"{side}.{of}"
            for side in ("rows", "columns")
            for of in ("over", "listed", "at", "above", "best", "ahead", "tail")
        ),
    }
    assert all(array.dtype.kind in "iu" for array in last.values())
    code, _, person = last["rows.tail"]
    assert code.size
    assert not np.array_equal(np.sort(person), np.sort(tally.tail.reference))
    assert last["columns.tail"].size == 0  # references are no searches
    assert last["columns.best"].shape[1] == 0


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
