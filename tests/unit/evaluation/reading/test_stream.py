import gc
import importlib
import sys
import tracemalloc
from pathlib import Path

import duckdb
import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import Comparisons, NameNumbers, ParquetStream, Pseudonyms, ReadOptions, pair_trials
from misid.evaluation.reading import score_table, tables
from misid.evaluation.reading.faults import Problems

sys.path.append(str(Path(__file__).parents[3] / "helpers"))
read_table = importlib.import_module("one_reader").read_table


def write(path, names, rows=5000):
    subject = {"text": "'n' || (hash(range + {0}) % 40)", "numbers": "(hash(range + {0}) % 40)::INTEGER"}[names]
    with duckdb.connect() as con:
        con.execute(
            f"COPY (SELECT {subject.format(0)} AS probe_subject, {subject.format(10**6)} AS reference_subject, "
            "CASE WHEN hash(range + 3) % 50 = 0 THEN NULL ELSE (hash(range + 7) % 9973 / 9973.0)::FLOAT END AS score, "
            f"hash(range + 9) % 3 AS light FROM range({rows})) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
        )
    return path


@pytest.fixture(params=["text", "numbers"])
def both(request, tmp_path, monkeypatch):
    """The same file in memory and as a stream."""
    path = write(tmp_path / "scores.parquet", request.param)
    asked = ReadOptions(where=(("light", "1"), ("light", "2")), dissimilarity=True, mated_by="names")
    held = read_table(path, asked, Pseudonyms())[0]
    monkeypatch.setattr(score_table, "MOST_ROWS", 10)
    monkeypatch.setattr(tables, "WINDOW", 700)
    registry = Pseudonyms()
    streamed, assumed, _ = read_table(path, asked, registry)
    registry.seal()
    assert any("piece by piece" in sentence for sentence in assumed)
    assert isinstance(held, Comparisons)
    assert isinstance(streamed, ParquetStream)
    return held, streamed


def together(blocks, field, mated):
    return np.concatenate([getattr(block, field)[block.mated == mated] for block in blocks])


def test_a_stream_is_what_memory_would_hold(both):
    held, streamed = both
    blocks = list(streamed.blocks())
    assert len(blocks) == 8
    for mated, side in ((True, held.mated), (False, held.non_mated)):
        for field in ("score", "probe", "reference"):
            found = together(blocks, field, mated)
            assert np.array_equal(found, getattr(side, field))
            assert found.dtype == getattr(side, field).dtype
    assert sum(block.failed_mated for block in blocks) == held.mated.failed > 0
    assert sum(block.failed_non_mated for block in blocks) == held.non_mated.failed > 0
    assert streamed.people.count == held.people.count


@pytest.mark.slow
def test_it_can_be_gone_through_again_and_left_in_the_middle(both):
    _, streamed = both
    first = next(streamed.blocks())
    for _ in range(2):
        again = list(streamed.blocks())
        assert np.array_equal(again[0].score, first.score)
        assert np.array_equal(again[0].probe, first.probe)


@pytest.mark.slow
def test_pairs_of_subjects_are_counted_alike(both):
    held, streamed = both
    for mated in (True, False):
        one, two = pair_trials(held, mated), pair_trials(streamed, mated)
        assert np.array_equal(one.first, two.first)
        assert np.array_equal(one.count, two.count)


@pytest.mark.slow
def test_scores_alone_come_without_subjects(both):
    _, streamed = both
    alone = streamed.scores_alone()
    assert alone.people is None
    for one, two in zip(alone.blocks(), streamed.blocks(), strict=True):
        assert one.probe is None
        assert one.reference is None
        assert np.array_equal(one.score, two.score)
        assert np.array_equal(one.mated, two.mated)


def test_failures_are_told_by_probe_subject(both):
    held, streamed = both
    lost = np.zeros((2, held.people.count), int)
    for block in streamed.blocks():
        if block.failed_probe is not None:
            for row, each in zip(lost, block.failed_each, strict=True):
                np.add.at(row, block.failed_probe, each)
    for row, side in zip(lost, (held.mated, held.non_mated), strict=True):
        assert np.array_equal(row, np.bincount(side.failed_probe, minlength=held.people.count))


def test_which_are_mated_is_known_after_the_first_time(both, monkeypatch):
    _, streamed = both
    first = [block.mated for block in streamed.blocks()]
    asked = []
    whole = tables.window
    monkeypatch.setattr(
        tables, "window", lambda table, columns, start: asked.append(columns) or whole(table, columns, start)
    )
    for again in (streamed, streamed.scores_alone()):
        assert all(np.array_equal(a, b.mated) for a, b in zip(first, again.blocks(), strict=True))
    assert asked
    assert not any("mated" in columns for columns in asked)


def of_hashes(hashes, codes):
    return NameNumbers(np.array(hashes, np.uint64), np.array(codes, np.int32), True, Problems("made up"))


def test_hashes_with_the_same_leading_bits_are_told_apart():
    hashes = [(5 << 58) + 9, 7, (5 << 58) + 3, 2**64 - 1, (5 << 58) + 4, 2]
    numbers = of_hashes(hashes, [4, 0, 2, 1, 3, 5]).numbers(np.array(hashes * 2, np.uint64))
    assert numbers.tolist() == [4, 0, 2, 1, 3, 5] * 2
    assert numbers.dtype == np.int32


def test_a_file_with_other_subjects_is_refused():
    with pytest.raises(InvalidInput, match="2 subjects where there were 3"):
        of_hashes([1, 2], [0, 1, 2])
    with pytest.raises(InvalidInput, match="1 subjects where there were 2"):
        of_hashes([7, 7], [0, 1])


@pytest.mark.parametrize("far", [10, 10**9])
def test_a_number_that_was_not_counted_is_refused(far):
    numbers = NameNumbers(np.array([3, 5, far]), np.array([0, 1, 2], np.int32), False, Problems("made up"))
    assert numbers.numbers(np.array([far, 3, 5])).tolist() == [2, 0, 1]
    for other in (4, 2, far + 1):
        with pytest.raises(InvalidInput, match="damaged"):
            numbers.numbers(np.array([3, other]))


@pytest.mark.parametrize("kind", ["numbers", "text"])
def test_no_text_leaves_the_database_once_subjects_have_numbers(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(score_table, "MOST_ROWS", 10)
    streamed = read_table(write(tmp_path / "scores.parquet", kind), ReadOptions(), Pseudonyms())[0]
    came, arrays = [], tables.DataTable.arrays
    monkeypatch.setattr(tables.DataTable, "arrays", lambda self, sql: came.append(found := arrays(self, sql)) or found)
    list(streamed.blocks())
    assert came
    assert not [key for found in came for key, column in found.items() if column.dtype.kind == "O"]


def test_it_keeps_no_name(tmp_path, monkeypatch):
    monkeypatch.setattr(score_table, "MOST_ROWS", 10)
    path = write(tmp_path / "scores.parquet", "text")
    streamed = read_table(path, ReadOptions(), Pseudonyms())[0]
    list(streamed.blocks())
    seen, queue = set(), [vars(streamed)]
    while queue:
        one = queue.pop()
        if id(one) in seen or isinstance(one, type) or callable(one):
            continue
        seen.add(id(one))
        assert not (isinstance(one, str) and one.startswith("n") and one[1:].isdecimal())
        queue.extend([*gc.get_referents(one), *([*one, *one.values()] if isinstance(one, dict) else ())])
    assert len(seen) > 5


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(score_table, "MOST_ROWS", 10)
    monkeypatch.setattr(tables, "WINDOW", 2048)
    most = []
    for rows in (20_000, 100_000):
        streamed = read_table(write(tmp_path / f"{rows}.parquet", "numbers", rows), ReadOptions(), Pseudonyms())[0]
        tracemalloc.start()
        count = sum(block.score.size for block in streamed.scores_alone().blocks())
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert count > 0.9 * rows
    assert most[1] < 1.5 * most[0]


def test_a_file_that_is_gone_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(score_table, "MOST_ROWS", 10)
    path = write(tmp_path / "scores.parquet", "numbers")
    streamed = read_table(path, ReadOptions(), Pseudonyms())[0]
    path.unlink()
    with pytest.raises(InvalidInput, match="cannot be read"):
        next(streamed.blocks())
