"""What other tools publish for their own sample files; ties count against the mate."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from misid.evaluation import ReadOptions, read_files, searches_from_comparisons
from misid.evaluation.searches import counts
from oracles.search_rates import dir_at, fpir

PEERS = Path(__file__).parents[3] / "data" / "peers"
BOB = PEERS / "bob.measure"
TEXT = PEERS / "bob.bio.base"


def from_lists(make, probes):
    """Searches out of lists of mated and non-mated scores.

    A list says nothing of who the others are, so each search is put together alone: its mates are of one person, every
    other score is of another.
    """
    for i, probe in enumerate(probes):
        mates = [(0, score) for score in probe["mated"]]
        others = [(1 + j, score) for j, score in enumerate(probe["non_mated"])]
        found, said = searches_from_comparisons(make.comparisons([(0 if mates else 99, mates + others)]))
        assert found is not None, (i, said)
        yield found


def counted(events):
    return sum(int(e.number.sum()) for e in events), sum(e.number.size for e in events)


def test_cmc_of_bob(make):
    data = json.loads((BOB / "test-cmc.json").read_text())
    probes = [{"mated": m, "non_mated": n} for m, n in zip(data["mated"], data["non_mated"], strict=True)]
    places = np.concatenate([found.rank for found in from_lists(make, probes)])
    assert [float((places <= r).mean()) for r in range(1, 6)] == [0.76, 0.89, 0.96, 0.98, 1.0]


@pytest.mark.parametrize(("name", "found", "alarms"), [("test0", 7, 0), ("test1", 6, 0), ("test2", 6, 1)])
def test_open_set_of_bob(make, name, found, alarms):
    """DIR 1, 6/7, 6/7 and false alarm rate 0, 0, 0.5 at threshold 0.5."""
    every = list(from_lists(make, json.loads((BOB / "open-set.json").read_text())[name]))
    missed, mated = counted([counts.misses(s, 0.5, 1) for s in every])
    wrong, other = counted([counts.false_positives(s, 0.5) for s in every])
    assert (mated - missed, mated, wrong, other) == (found, 7, alarms, 2)


def test_small_cmc_of_bob(make):
    given = json.loads((PEERS / "conformance_inline.json").read_text())["cmc_small"]
    probes = [{"mated": p["positives"], "non_mated": p["negatives"]} for p in given["probes"]]
    places = np.concatenate([found.rank for found in from_lists(make, probes)])
    assert [float((places <= r).mean()) for r in range(1, 6)] == given["cmc"]
    assert float((places == 1).mean()) == given["recognition_rate"]


@pytest.mark.parametrize(
    ("name", "mask"),
    [
        ("scores-cmc-4col.txt", ""),
        ("scores-cmc-5col.txt", ""),
        ("scores.mtx", "scores.mask"),
        ("search.mtx", "search.mask"),
    ],
)
def test_one_case_in_four_formats(name, mask):
    given = read_files([TEXT / name], ReadOptions(mask=str(TEXT / mask) if mask else ""))
    found, _ = searches_from_comparisons(given.pairs)
    assert counts.cmc(found, 5).tolist() == [0.76, 0.89, 0.96, 0.98, 1.0]
    expected = json.loads((PEERS / "expected.json").read_text())["files"]
    known = expected["bob.bio.base/scores.mtx+.mask (OpenBR / NIST BEE)"]["exact"]
    assert counts.cmc(found, 10)[[0, 4, 9]].tolist() == known["cmc_rank1_5_10 (ties count against the mate)"]
    assert (found.mated.sum(), (~found.mated).sum(), found.n_references) == (100, 0, 20)


@pytest.mark.parametrize(
    ("end", "rank_one", "alarm"), [("", 1.0, 0.0), ("-one-error", 6 / 7, 0.0), ("-two-errors", 6 / 7, 0.5)]
)
def test_open_set_text_of_bob(end, rank_one, alarm):
    found, _ = searches_from_comparisons(read_files([TEXT / f"scores-cmc-4col-open-set{end}.txt"], ReadOptions()).pairs)
    assert dir_at(found, 0.5) == pytest.approx(rank_one)
    assert fpir(found, 0.5) == alarm
    assert found.mated.sum() == 7


@pytest.mark.parametrize("name", ["exp1", "exp2"])
def test_cmc_of_pyeer(name):
    folder = PEERS / "pyeer" / "cmc"
    given = read_files([folder / f"{name}_scores.txt.gz"], ReadOptions(mates=str(folder / f"{name}_tp.txt")))
    found, _ = searches_from_comparisons(given.pairs)
    exact = json.loads((PEERS / "expected.json").read_text())["files"][f"pyeer/cmc/{name}"]["exact"]
    assert found.mated.sum() == exact["queries"]
    np.testing.assert_allclose(counts.cmc(found, 20), exact["cmc_ties_against_mate"], rtol=1e-12)
    np.testing.assert_allclose(counts.cmc(found, 20, favoured=True), exact["cmc_ties_favour_mate"], rtol=1e-12)
