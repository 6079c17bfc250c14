"""Mated scores below the others: each reason is named, and the option that is named mends it."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files

RNG = np.random.default_rng(3)
PEOPLE, OTHERS = 30, 400
MATED = RNG.normal(3, 1, PEOPLE).round(4)
NON_MATED = RNG.normal(0, 1, OTHERS).round(4)
BOTH, MARK = np.concatenate([MATED, NON_MATED]), np.repeat([1, 0], [PEOPLE, OTHERS])


def text(path, rows):
    path.write_text("\n".join(rows) + "\n")
    return [path]


def labels(tmp_path, sign, mark):
    return text(tmp_path / "x.txt", [f"{m} {sign * s}" for m, s in zip(mark, BOTH, strict=True)])


def table(tmp_path, sign, mark, score="score"):
    return text(tmp_path / "x.csv", [f"mated,{score}", *(f"{m},{sign * s}" for m, s in zip(mark, BOTH, strict=True))])


def distance(tmp_path, sign, mark):
    return table(tmp_path, sign, mark, "distance")


def arrays(tmp_path, sign, mark):
    np.savez(tmp_path / "x.npz", score=sign * BOTH, mated=mark)
    return [tmp_path / "x.npz"]


def named_arrays(tmp_path, sign, mark):
    np.savez(tmp_path / "x.npz", genuine=sign * BOTH[mark == 1], impostor=sign * BOTH[mark == 0])
    return [tmp_path / "x.npz"]


def files(tmp_path, sign, mark):
    sides = [text(tmp_path / f"{at}.txt", map(str, sign * BOTH[mark == at])) for at in (1, 0)]
    return [*sides[0], *sides[1]]


def trials(tmp_path, sign, mark):
    names = [f"a{at} b{at}" for at in range(BOTH.size)]
    text(tmp_path / "trials.txt", [f"{name} {m}" for name, m in zip(names, mark, strict=True)])
    return text(tmp_path / "scores.txt", [f"{name} {sign * s}" for name, s in zip(names, BOTH, strict=True)])


MARKED = (labels, table, arrays, named_arrays, trials)
MENDS = {"--dissimilarity": {"dissimilarity": True}, "--similarity": {"similarity": True}}
MENDS["--labels reversed"] = {"labels": "reversed"}
CASES = [
    *((way, -1, MARK, "--dissimilarity") for way in (*MARKED, files)),
    *((way, 1, 1 - MARK, "--labels reversed") for way in MARKED),
    *((way, -1, 1 - MARK, "--labels reversed") for way in (distance,)),
    (distance, 1, MARK, "--similarity"),
    (files, 1, 1 - MARK, "the two files are swapped"),
]


MARKS = {table: (pytest.mark.slow,), distance: (pytest.mark.slow,)}  # read in DuckDB


@pytest.mark.parametrize(
    ("way", "sign", "mark", "mend"), [pytest.param(*case, marks=MARKS.get(case[0], ())) for case in CASES]
)
def test_what_mends_an_area_below_one_half_is_said_and_does(way, sign, mark, mend, tmp_path):
    given = way(tmp_path, sign, mark)
    options = ReadOptions(trials=str(tmp_path / "trials.txt")) if way is trials else ReadOptions()
    with pytest.raises(InvalidInput) as told:
        read_files(given, options)
    said = str(told.value)
    assert mend in said
    as_it_is = re.search(r"; if all is right as it stands, --(\w+)", said)[1]
    said = said.partition("; if all is right")[0]
    assert any(
        "Mated scores lie below" in one for one in read_files(given, replace(options, **{as_it_is: True})).assumed
    )
    ways = set(re.findall(r"--\w+(?: reversed)?", said[said.index("Mated scores lie below") :]))
    assert len(ways) == 1 + (way in (*MARKED, distance))
    found = read_files(given, replace(options, **MENDS[mend])) if mend in MENDS else read_files(given[::-1], options)
    assert "lie below" not in " ".join(found.assumed)
    np.testing.assert_allclose(np.sort(found.pairs.mated.score), np.sort(MATED.astype(np.float32)))
    np.testing.assert_allclose(np.sort(found.pairs.non_mated.score), np.sort(NON_MATED.astype(np.float32)))
