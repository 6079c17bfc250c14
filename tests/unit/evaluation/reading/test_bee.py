"""Matrices and masks of NIST's BEE: the byte order, the mates, and files that do not go together."""

from pathlib import Path

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read

BASE = Path(__file__).parents[3] / "data" / "peers" / "bob.bio.base"
SCORES = np.array([[9.0, 2.0, 3.0], [1.0, 8.0, 2.5], [0.5, 1.5, 0.25]])
MARKS = np.array([[255, 127, 127], [127, 255, 127], [127, 127, 0]], np.uint8)


def matrix(folder, cells, order="<", kind="S2", mark=None, name="m.mtx", shape=None, tail=b""):
    letter = "B" if cells.dtype == np.uint8 else "F"
    rows, columns = shape or cells.shape
    body = cells.tobytes() if letter == "B" else cells.astype(f"{order}f4").tobytes()
    mark = mark if mark is not None else np.array(0x12345678, f"{order}i4").tobytes()
    path = folder / name
    path.write_bytes(f"{kind}\nt.lst\nq.lst\nM{letter} {rows} {columns} ".encode() + mark + b"\n" + body + tail)
    return path


def both(folder, **change):
    mask = matrix(folder, MARKS, name="m.mask")
    return matrix(folder, SCORES, **change), ReadOptions(mask=str(mask))


def message(*files, asked=None):
    with pytest.raises(InvalidInput) as caught:
        read(list(files), asked or ReadOptions())
    return str(caught.value)


@pytest.mark.parametrize("stem", ["scores", "search"])
def test_the_same_comparisons_as_in_four_columns(stem):
    given = read([BASE / f"{stem}.mtx"], ReadOptions(mask=str(BASE / f"{stem}.mask")))
    four = read([BASE / "scores-cmc-4col.txt"], ReadOptions())
    for side in ("mated", "non_mated"):
        np.testing.assert_array_equal(
            np.sort(getattr(given.pairs, side).score), np.sort(getattr(four.pairs, side).score)
        )
    assert given.pairs.people.count == four.pairs.people.count == 20
    assert set(given.pairs.mated.search.tolist()) == set(range(100))
    assert np.bincount(given.pairs.non_mated.search).tolist() == [19] * 100


def test_subjects_of_a_matrix_are_those_of_the_columns():
    given = read([BASE / "scores.mtx"], ReadOptions(mask=str(BASE / "scores.mask"))).pairs.mated
    np.testing.assert_array_equal(given.probe, given.reference)
    assert np.bincount(given.probe).tolist() == [5] * 20


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_byte_orders_are_read(tmp_path, order):
    path, asked = both(tmp_path, order=order)
    given = read([path], asked)
    assert given.pairs.mated.score.tolist() == [9.0, 8.0]
    assert given.pairs.non_mated.score.tolist() == [2.0, 3.0, 1.0, 2.5, 0.5, 1.5]
    assert any("other byte order" in sentence for sentence in given.assumed) == (order == ">")


def test_rows_and_columns_are_linked_by_the_mask(tmp_path):
    path, asked = both(tmp_path)
    pairs = read([path], asked).pairs
    assert pairs.people.count == 4  # two that are mated, a row and a column without a mate
    assert pairs.mated.search.tolist() == [0, 1]
    assert pairs.non_mated.search.tolist() == [0, 0, 1, 1, 2, 2]
    assert pairs.non_mated.probe.tolist() == [0, 0, 1, 1, 2, 2]
    assert pairs.non_mated.reference.tolist() == [1, 3, 0, 3, 0, 1]


def test_distances_are_turned(tmp_path):
    path, asked = both(tmp_path, kind="D2")
    assert read([path], asked).pairs.mated.score.tolist() == [-9.0, -8.0]


def test_the_mask_may_come_as_the_second_file_or_the_first(tmp_path):
    path, asked = both(tmp_path)
    for files in ([path, Path(asked.mask)], [Path(asked.mask), path]):
        given = read(files, ReadOptions())
        assert given.pairs.mated.score.tolist() == [9.0, 8.0]
        assert [source.format for source in given.sources] == ["NIST BEE matrix", "NIST BEE mask"]


def test_a_failure_is_counted(tmp_path):
    mask = matrix(tmp_path, MARKS, name="m.mask")
    scores = SCORES.copy()
    scores[0, 1] = scores[2, 2] = np.nan  # the second is no comparison
    pairs = read([matrix(tmp_path, scores)], ReadOptions(mask=str(mask))).pairs
    assert (pairs.mated.failed, pairs.non_mated.failed) == (0, 1)


def test_a_symmetric_matrix_gives_every_pair_once(tmp_path):
    scores = np.array([[99.0, 8.0, 1.0, 2.0], [8.0, 99.0, 3.0, 1.5], [1.0, 3.0, 99.0, 7.0], [2.0, 1.5, 7.0, 99.0]])
    marks = np.full((4, 4), 127, np.uint8)
    marks[:2, :2] = marks[2:, 2:] = 255
    mask = matrix(tmp_path, marks, name="m.mask")
    given = read([matrix(tmp_path, scores)], ReadOptions(mask=str(mask)))
    assert given.pairs.mated.score.tolist() == [8.0, 7.0]
    assert given.pairs.non_mated.score.tolist() == [1.0, 2.0, 3.0, 1.5]
    assert given.pairs.mated.search is None
    assert any("symmetric" in sentence for sentence in given.assumed)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"mark": b"\x00\x01\x02\x03"}, "the byte order mark is 00 01 02 03, neither 78 56 34 12 nor 12 34 56 78"),
        ({"mark": b"\x12\x34\x56\x78"}, "the scores make sense only in the byte order that the mark denies"),
        ({"shape": (3, 4)}, "the file is cut short: 3 x 4 cells take 48 bytes, there are 36"),
        ({"shape": (3, 2)}, "the file is too long: 3 x 2 cells take 24 bytes, there are 36"),
        ({"shape": (0, 3)}, "the header says 0 rows and 3 columns"),
        ({"shape": (10**17, 10**17)}, "the header says 100,000,000,000,000,000 rows"),
        ({"shape": (9, 1)}, "the mask is 3 x 3, the matrix 9 x 1"),
        ({"tail": b"x"}, "the file is too long"),
        ({"kind": "S2\nextra"}, "this is no NIST BEE matrix or mask: its first four lines are not their header"),
    ],
)
def test_bad_matrices_are_told(tmp_path, change, part):
    path, asked = both(tmp_path, **change)
    assert part in message(path, asked=asked)


def test_bad_masks_are_told(tmp_path):
    path, asked = both(tmp_path)
    assert "a matrix does not say who is mated without its mask" in message(path)
    assert f"--mask {tmp_path / 'm.mask'}, which lies beside it" in message(path)
    assert "this is a matrix of scores (MF), not a mask" in message(path, asked=ReadOptions(mask=str(path)))
    assert "this is a mask (MB), not a matrix" in message(Path(asked.mask), asked=asked)
    odd = matrix(tmp_path, np.where(MARKS == 0, 1, MARKS).astype(np.uint8), name="odd.mask")
    assert "other marks than 0xff, 0x7f and 0x00 in 1 cell of the mask: 0x01" in message(
        path, asked=ReadOptions(mask=str(odd))
    )
    nothing = matrix(tmp_path, np.zeros((3, 3), np.uint8), name="none.mask")
    assert "the mask marks no cell as a comparison" in message(path, asked=ReadOptions(mask=str(nothing)))
    chain = np.array([[255, 255, 127], [127, 255, 127], [127, 127, 127]], np.uint8)
    assert "the mask contradicts itself: 1 non-mated cell" in message(
        path, asked=ReadOptions(mask=str(matrix(tmp_path, chain, name="chain.mask")))
    )
    text = tmp_path / "text.mask"
    text.write_text("0.5\n0.6\n")
    assert "this is no NIST BEE matrix or mask" in message(path, asked=ReadOptions(mask=str(text)))
    no_mates = matrix(tmp_path, np.full((3, 3), 127, np.uint8), name="no.mask")
    assert "there are no mated comparisons" in message(path, asked=ReadOptions(mask=str(no_mates)))
    assert "this option says nothing about a matrix of scores" in message(
        path, asked=ReadOptions(mask=asked.mask, histogram=True)
    )


def test_an_infinite_score_is_told_unless_the_mask_leaves_it_out(tmp_path):
    mask = ReadOptions(mask=str(matrix(tmp_path, MARKS, name="m.mask")))
    scores = SCORES.copy()
    scores[2, 2] = np.inf
    assert read([matrix(tmp_path, scores)], mask).pairs.mated.score.size == 2
    scores[0, 1] = np.inf
    assert "the score is inf" in message(matrix(tmp_path, scores), asked=mask)
