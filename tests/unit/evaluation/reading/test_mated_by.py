"""What says who is mated: names or a label, where they do not agree, and names that are two numberings."""

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files

N = 60
RNG = np.random.default_rng(7)
SCORE = RNG.standard_normal((N, N))
MATE = (np.arange(N) * 7 + 3) % N  # the reference of each probe; none has the probe's number
SCORE[np.arange(N), MATE] += 4.0


def rows(names, labels):
    """Return a probe with its mate, by number, the reference of its number, and two others."""
    for q in range(N):
        for t in dict.fromkeys((MATE[q], q, (q + 11) % N, (q + 29) % N)):
            yield [str(q), str(t) if names == "apart" else str(np.flatnonzero(t == MATE)[0]), SCORE[q, t], labels(q, t)]


def csv(path, of):
    lines = [f"{a},{b},{x:.5f},{int(same)}" for a, b, x, same in of]
    path.write_text("\n".join(["probe_subject,reference_subject,score,label", *lines]) + "\n")


def labelled(path, of):
    path.write_text("".join(f"p{a}\tp{b}\t{x:.5f}\t{int(same)}\n" for a, b, x, same in of))


def sizes(path, **asked):
    pairs = read_files([path], ReadOptions(**asked)).pairs
    return pairs.mated.score.size, pairs.non_mated.score.size, pairs.people and pairs.people.count


@pytest.mark.parametrize("write", [pytest.param(csv, marks=pytest.mark.slow), labelled])
def test_a_label_that_contradicts_names_is_asked_about(tmp_path, write):
    path = tmp_path / "x.csv"
    of = list(rows("apart", lambda q, t: MATE[q] == t))
    write(path, of)
    words = r"60 of two names are mated, 60 of one are not.*--mated-by names takes 60.*--mated-by label takes 60"
    with pytest.raises(InvalidInput, match=words):
        read_files([path], ReadOptions())
    assert sizes(path, mated_by="label") == (60, len(of) - 60, None)
    assert sizes(path, mated_by="names") == (60, len(of) - 60, 60)
    of = list(rows("people", lambda q, t: (MATE[q] == t) != (q in (3, 5))))  # two labels are wrong
    write(path, of)
    with pytest.raises(InvalidInput, match="2 of one are not"):
        read_files([path], ReadOptions())
    assert sizes(path, mated_by="names") == (60, len(of) - 60, 60)
    write(path, rows("people", lambda q, t: MATE[q] == t))
    assert sizes(path) == (60, len(of) - 60, 60)


def plain(path, names):
    lines = [f"{a},{b},{x:.5f}" for a, b, x, _ in rows(names, lambda q, t: False)]
    path.write_text("\n".join(["probe_subject,reference_subject,score", *lines]) + "\n")


def bob(path, names):
    path.write_text("".join(f"p{b} p{a} s{a} {x:.5f}\n" for a, b, x, _ in rows(names, lambda q, t: False)))


def matrix(path, names):
    top = range(N) if names == "apart" else [np.flatnonzero(t == MATE)[0] for t in range(N)]
    lines = [",".join(map(str, ["", *top]))] + [",".join(map(str, [q, *SCORE[q].round(5)])) for q in range(N)]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("write", [plain, bob, matrix])
def test_two_numberings_are_asked_about(tmp_path, write):
    path = tmp_path / "x.csv"
    write(path, "apart")
    with pytest.raises(InvalidInput, match=r"60 comparisons of one name score like those of two.*--mated-by names"):
        read_files([path], ReadOptions())
    assert sizes(path, mated_by="names")[0] == 60
    write(path, "people")
    assert sizes(path)[0] == 60
