"""Matrices of scores as tables, names along the top and down the side."""

import gzip

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read

TEXT = ",a,b,c\na,9,2,3\nb,1,8,2.5\nz,0.5,1.5,0.25\n"


def write(folder, text, name="m.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace(",", ";"),
        TEXT.replace(",", "\t"),
        TEXT.replace("\n", "\r\n"),
        "\ufeff" + TEXT + "\n\n",
        TEXT.replace(",a,b,c", 'id,"a","b","c"'),
        gzip.compress(TEXT.encode()),
    ],
    ids=["commas", "semicolons", "tabs", "crlf", "bom", "quoted", "gzip"],
)
def test_a_matrix_is_known_by_what_is_in_it(tmp_path, text):
    given = read([write(tmp_path, text)], ReadOptions())
    assert given.sources[0].format.startswith("matrix of scores, text")
    pairs = given.pairs
    assert pairs.mated.score.tolist() == [9.0, 8.0]
    assert pairs.non_mated.score.tolist() == [2.0, 3.0, 1.0, 2.5, 0.5, 1.5, 0.25]
    assert pairs.non_mated.search.tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert pairs.non_mated.probe.tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert pairs.non_mated.reference.tolist() == [1, 3, 0, 3, 0, 1, 3]
    assert pairs.people.count == 4


def test_numbers_can_be_names(tmp_path):
    given = read([write(tmp_path, ",11,12,13\n11,9,2,3\n12,1,8,2\n13,2,4,7\n")], ReadOptions())
    assert given.pairs.mated.score.tolist() == [9.0, 8.0, 7.0]


def test_a_constant_column_is_said_and_kept(tmp_path):
    given = read([write(tmp_path, ",a,b,c\na,9,-1,3\nb,1,-1,2\nc,2,-1,7\n")], ReadOptions())
    assert any("1 column of 3 holds -1 throughout" in sentence for sentence in given.assumed)
    assert (given.pairs.mated.failed, given.pairs.mated.score.tolist()) == (0, [9.0, -1.0, 7.0])


def test_failures_and_empty_cells_are_told_apart(tmp_path):
    given = read([write(tmp_path, ",a,b,c\na,9,nan,3\nb,1,8,\nc,2,4,7\n")], ReadOptions())
    assert given.pairs.non_mated.failed == 1
    assert given.pairs.non_mated.score.size == 4
    assert any("comparisons that were not made: 1 cell." in sentence for sentence in given.assumed)


def test_a_symmetric_matrix_gives_every_pair_once(tmp_path):
    given = read([write(tmp_path, ",a,a,b\na,9,8,1\na,8,9,2\nb,1,2,9\n")], ReadOptions())
    assert given.pairs.mated.score.tolist() == [8.0]
    assert given.pairs.non_mated.score.tolist() == [1.0, 2.0]
    assert given.pairs.mated.search is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (TEXT + "c,1,2\n", "m.csv:5\n  the row has 2 scores, the first line 3 names"),
        (TEXT.replace("2.5", "high"), "m.csv:3  column 4\n  a word of 4 characters stands where a score should be"),
        (TEXT.replace("z,", ","), "m.csv:4\n  the row has no name"),
        (TEXT.replace(",a,b,c", ",a,b,"), "m.csv:1\n  a column has no name"),
        (TEXT.replace("2.5", "inf"), "the score is inf"),
        (TEXT.replace("9", "nan").replace("8", "nan"), "none of the 2 mated comparisons has a score"),
        (",a,b,c\na,5,5,5\nb,5,5,5\n", "every score is 5; is this the column of scores?"),
    ],
)
def test_bad_matrices_are_told(tmp_path, text, part):
    with pytest.raises(InvalidInput) as caught:
        read([write(tmp_path, text)], ReadOptions())
    assert part in str(caught.value)


def test_a_large_matrix_keeps_its_order(tmp_path):
    rng = np.random.default_rng(5)
    scores = rng.integers(0, 10**6, (40, 60)) / 8
    names = [f"s{k}" for k in range(60)]
    text = ",".join(["", *names]) + "\n"
    text += "".join(",".join([names[k], *map(str, row)]) + "\n" for k, row in enumerate(scores.tolist()))
    pairs = read([write(tmp_path, text)], ReadOptions()).pairs
    np.testing.assert_array_equal(pairs.mated.score, np.diagonal(scores).astype(np.float32))
    off = ~np.eye(40, 60, dtype=bool)
    np.testing.assert_array_equal(pairs.non_mated.score, scores[off].astype(np.float32))
