"""A matrix that is too large to be held as comparisons: the same scores, searches and faults, some rows at a time."""

from __future__ import annotations

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import (
    Comparisons,
    EvaluationOptions,
    ReadOptions,
    ScoreMatrix,
    evaluate_prepared,
    prepare,
    read_files,
)
from misid.evaluation.reading import content, matrices

ROWS, COLUMNS = 60, 45


@pytest.fixture
def by_rows(monkeypatch):
    """Matrices are gone through some rows at a time from now on."""

    def switch():
        monkeypatch.setattr(matrices, "MOST_HELD", 0)
        monkeypatch.setattr(matrices, "_AT_ONCE", 400)

    return switch


def scores(rng, probe, reference):
    score = rng.normal(0, 0.1, (probe.size, reference.size)).round(2)
    return score + 0.4 * (probe[:, None] == reference)


def written(path, kind=np.float32, sign=1.0, holes=0, coded=None, name="score"):
    """Write probes against references and return the file."""
    rng = np.random.default_rng(8)
    probe, reference = np.arange(ROWS) // 2, np.arange(COLUMNS) // 3 * 2
    score = sign * scores(rng, probe, reference)
    at = rng.integers(0, score.size, holes)
    score.flat[at] = np.nan if coded is None else coded
    if holes:
        score[7], score[:, 11] = np.nan, np.nan
    np.savez(path, **{name: score.astype(kind)}, probe_subject=probe, reference_subject=reference)
    return path


def both(path, by_rows, **how):
    held = read_files([path], ReadOptions(**how))
    by_rows()
    large = read_files([path], ReadOptions(**how))
    assert isinstance(held.pairs, Comparisons)
    assert isinstance(large.pairs, ScoreMatrix)
    return held, large


CASES = {
    "plain": {},
    "double": {"kind": np.float64},
    "whole": {"kind": np.float64, "sign": -1.0, "name": "distmat"},
    "failures": {"holes": 40},
    "coded": {"holes": 5, "coded": -7.0},
}


@pytest.mark.parametrize("case", CASES)
def test_the_same_comparisons_are_read_by_rows(tmp_path, by_rows, case):
    held, large = both(written(tmp_path / "m.npz", **CASES[case]), by_rows)
    blocks = list(large.pairs.blocks())
    for mated, side in ((True, held.pairs.mated), (False, held.pairs.non_mated)):
        for name in ("score", "probe", "reference"):
            found = np.concatenate([getattr(block, name)[block.mated == mated] for block in blocks])
            np.testing.assert_array_equal(found, getattr(side, name), err_msg=name)
        failed = [block.failed_mated if mated else block.failed_non_mated for block in blocks]
        assert sum(failed) == side.failed
    assert [words for words in held.assumed if "equal to another" not in words] == [*large.assumed[:-1]]
    assert "row by row" in large.assumed[-1]


@pytest.mark.parametrize("case", CASES)
def test_the_same_searches_are_put_together(tmp_path, by_rows, case):
    held, large = (prepare(read) for read in both(written(tmp_path / "m.npz", **CASES[case]), by_rows))
    kept = ~held.searches.failed
    rows = ~large.searches.failed
    for name in ("probe", "mated", "mate", "rank", "rank_favoured", "rank_of_people", "others"):
        found, wanted = getattr(large.searches, name), getattr(held.searches, name)
        np.testing.assert_array_equal(found[rows], wanted[kept], err_msg=name)
    for name in ("n_references", "n_enrolled", "depth"):
        assert getattr(large.searches, name) == getattr(held.searches, name), name
    assert sorted(large.searches.probe[~rows]) == sorted(held.searches.probe[~kept])
    for found, wanted in zip(large.searches.hits([0.1, 0.2]), held.searches.hits([0.1, 0.2]), strict=True):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(one, other)
    said = [words for words in held.assumed if "search" in words or "references" in words]
    assert [words for words in large.assumed if "search" in words or "references" in words] == said


def test_rates_are_the_same(tmp_path, by_rows):
    read = both(written(tmp_path / "m.npz", holes=40), by_rows)
    held, large = (evaluate_prepared(prepare(one), EvaluationOptions()) for one in read)
    assert large.searches.figures == held.searches.figures
    for name, figure in held.pairs.figures.items():
        value = large.pairs.figures[name].value
        assert value == (figure.value if figure.value is None else pytest.approx(figure.value, rel=1e-9)), name


@pytest.mark.parametrize("half", [False, True])
def test_samples_against_themselves(tmp_path, by_rows, half):
    rng = np.random.default_rng(9)
    who = np.arange(40) // 2
    score = scores(rng, who, who).astype(np.float32)
    score = np.triu(score, 1) + (0 if half else np.triu(score, 1).T)
    np.fill_diagonal(score, 1.0)
    np.save(tmp_path / "m.npy", score)
    (tmp_path / "who.csv").write_text("subject,region\n" + "".join(f"p{one},{'ab'[one % 2]}\n" for one in who))
    held, large = both(tmp_path / "m.npy", by_rows, subjects=str(tmp_path / "who.csv"), groups=("region",))
    blocks = list(large.pairs.blocks())
    for mated, side in ((True, held.pairs.mated), (False, held.pairs.non_mated)):
        found = np.concatenate([block.score[block.mated == mated] for block in blocks])
        np.testing.assert_array_equal(found, side.score)
    assert large.pairs.half
    np.testing.assert_array_equal(large.pairs.people.group, held.pairs.people.group)
    assert prepare(large).searches is None
    assert prepare(large).assumed[-2] == prepare(held).assumed[-1]


@pytest.mark.parametrize("spoilt", ["infinite", "one value", "turned", "nobody", "far"])
def test_the_same_faults_are_found(tmp_path, by_rows, spoilt):
    path = written(tmp_path / "m.npz", kind=np.float64)
    arrays = dict(np.load(path))
    score = arrays["score"]
    if spoilt == "infinite":
        score[3, 4] = np.inf
    elif spoilt == "one value":
        score[:] = 0.5
    elif spoilt == "turned":
        score *= -1
    elif spoilt == "nobody":
        arrays["reference_subject"] = arrays["reference_subject"] + 1_000
    else:
        score[3, 4] = 900.0
    np.savez(path, **arrays)
    faults = []
    for switch in (lambda: None, by_rows):
        switch()
        with pytest.raises(InvalidInput) as caught:
            read_files([path], ReadOptions())
        faults.append([(fault.what, fault.fix) for fault in caught.value.faults])
    assert faults[0] == faults[1]


def test_an_array_of_a_zip_stays_in_the_file(tmp_path, monkeypatch):
    path = written(tmp_path / "m.npz", holes=3)
    monkeypatch.setattr(content, "MAPPED", 1_000)
    held = content.load_npz(content.load_content(path))
    assert isinstance(held["score"], np.memmap)
    np.testing.assert_array_equal(held["score"], np.load(path)["score"])
    data = bytearray(path.read_bytes())
    data[held["score"].offset + 8] ^= 1
    path.write_bytes(data)
    with pytest.raises(InvalidInput, match="damaged"):
        content.load_npz(content.load_content(path))
