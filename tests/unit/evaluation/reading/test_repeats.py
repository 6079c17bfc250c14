"""Comparisons that stand there twice: counted once, or asked about, in every format that names samples or subjects."""

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files
from misid.storage import connect

PEOPLE = 20
RNG = np.random.default_rng(5)
VECTORS = RNG.standard_normal((2 * PEOPLE, 16)) + 2.0 * np.repeat(RNG.standard_normal((PEOPLE, 16)), 2, axis=0)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
SCORE = VECTORS @ VECTORS.T
# Each pair of photos once: 20 mated, 760 not.
ONCE = [(a, b, SCORE[a, b]) for a in range(2 * PEOPLE) for b in range(a + 1, 2 * PEOPLE)]


def turned(rows, change=lambda x: x):
    return [(b, a, change(x)) for a, b, x in rows]


def table(path, rows, spell=str, other=str):
    head = "probe_subject,probe_sample,reference_subject,reference_sample,score"
    lines = [f"p{a // 2},{spell(f's{a}')},p{b // 2},{other(f's{b}')},{x:.6f}" for a, b, x in rows]
    path.write_text("\n".join([head, *lines]) + "\n")


def parquet(path, rows):
    table(path.with_suffix(".csv"), rows)
    with connect() as con:
        con.execute(f"COPY (FROM read_csv('{path.with_suffix('.csv')}')) TO '{path}' (FORMAT parquet)")


def three(path, rows):
    path.write_text("".join(f"p{a // 2}_{a}.png p{b // 2}_{b}.png {x:.6f}\n" for a, b, x in rows))


def labelled(path, rows):
    path.write_text("".join(f"s{a}\ts{b}\t{x:.6f}\t{int(a // 2 == b // 2)}\n" for a, b, x in rows))


FORMS = {
    "csv": (table, {}),
    "parquet": (parquet, {}),
    "three": (three, {"subject_from": "before-last"}),
    "label": (labelled, {}),
}


def sizes(path, **asked):
    pairs = read_files([path], ReadOptions(**asked)).pairs
    return pairs.mated.score.size, pairs.non_mated.score.size


@pytest.mark.parametrize(
    "form", [pytest.param(one, marks=pytest.mark.slow) if one != "three" else one for one in FORMS]
)
def test_a_pair_counts_once(tmp_path, form):
    write, asked = FORMS[form]
    path = tmp_path / "x.parquet"
    for again in (turned(ONCE), ONCE, turned(ONCE[:100]), turned(ONCE, lambda x: x * (1 + 1e-7))):
        write(path, [*ONCE, *again])
        found = read_files([path], ReadOptions(**asked))
        assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (20, 760)
        assert any(f"{len(again):,} comparisons" in one and "--repeats all" in one for one in found.assumed)
        assert (
            sizes(path, repeats="all", **asked)
            == (20 + sum(a // 2 == b // 2 for a, b, _ in again), 760 + len(again) - 20)
            or len(again) == 100
        )
    write(path, ONCE)
    found = read_files([path], ReadOptions(**asked))
    assert found.pairs.mated.score.size == 20
    assert not any("--repeats" in one for one in found.assumed)


@pytest.mark.parametrize(
    "form", [pytest.param(one, marks=pytest.mark.slow) if one != "three" else one for one in FORMS]
)
def test_two_scores_of_a_pair_are_asked_about(tmp_path, form):
    write, asked = FORMS[form]
    path = tmp_path / "x.parquet"
    for again in (
        [(a, b, x - 0.1) for a, b, x in ONCE],
        [*turned(ONCE[:300]), *turned(ONCE[300:400], lambda x: x - 0.1)],
    ):
        write(path, [*ONCE, *again])
        with pytest.raises(InvalidInput, match=r"compared before, with another score.*--repeats first.*--repeats all"):
            read_files([path], ReadOptions(**asked))
        assert sizes(path, repeats="first", **asked) == (20, 760)
        assert sum(sizes(path, repeats="all", **asked)) == 780 + len(again)


def subjects(path, rows):
    lines = [f"p{a // 2},p{b // 2},{x:.6f}" for a, b, x in rows]
    path.write_text("\n".join(["probe_subject,reference_subject,score", *lines]) + "\n")


def bob(path, rows):
    path.write_text("".join(f"p{b // 2} p{a // 2} 1 {x:.6f}\n" for a, b, x in rows))


@pytest.mark.slow
@pytest.mark.parametrize("write", [subjects, bob])
def test_where_only_subjects_are_named_scores_tell(tmp_path, write):
    path = tmp_path / "x.csv"
    write(path, ONCE)
    assert sizes(path) == (20, 760)
    write(path, [(a, b, round(x, 1)) for a, b, x in ONCE])  # chance makes equal scores
    assert sizes(path) == (20, 760)
    write(path, [(a, b, 1.0 if a // 2 == b // 2 else x) for a, b, x in ONCE])
    assert sizes(path) == (20, 760)
    for again in (ONCE, turned(ONCE), ONCE[:300]):
        write(path, [*ONCE, *again])
        with pytest.raises(
            InvalidInput, match=r"rows of .* with the two subjects and the score of another, where chance"
        ):
            read_files([path], ReadOptions())
        assert sum(sizes(path, repeats="first")) == 780
        assert sum(sizes(path, repeats="all")) == 780 + len(again)


@pytest.mark.slow
def test_samples_numbered_apart_on_either_side_are_not_one(tmp_path):
    """Samples 1 to 2 of everybody, and probes and references numbered from 0, are no pairs in two orders."""
    path = tmp_path / "x.csv"
    score = RNG.standard_normal((40, 40))
    head = "probe_subject,probe_sample,reference_subject,reference_sample,score"
    for name in (lambda i: i, lambda i: i % 2):
        rows = [
            f"p{a // 2},{name(a)},p{b // 2},{name(b)},{score[a, b] + 4 * (a // 2 == b // 2):.5f}"
            for a in range(40)
            for b in range(40)
        ]
        path.write_text("\n".join([head, *rows]) + "\n")
        found = read_files([path], ReadOptions())
        assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (80, 1520)
        assert not any("--repeats" in one for one in found.assumed)


def test_a_row_of_a_list_counts_once(tmp_path):
    lines = ["search,probe_subject,rank,reference_subject,score"]
    for a in range(10):
        lines += [f"s{a},p{a},{r + 1},p{(a + r) % 10},{0.9 - r / 10 + a / 1000}" for r in range(10)]
    (tmp_path / "x.csv").write_text("\n".join([*lines, *lines[1:31]]) + "\n")
    found = read_files([tmp_path / "x.csv"], ReadOptions())
    assert any("30 comparisons of two samples that were compared before" in one for one in found.assumed)
    assert found.searches.others.shape == (10, 9)


@pytest.mark.slow
@pytest.mark.parametrize(
    "other", [lambda s: f"{s}.JPG", lambda s: f"./{s}", lambda s: s.upper(), lambda s: f".\\{s}.jpg"]
)
def test_samples_spelled_in_two_ways_are_one(tmp_path, other):
    path = tmp_path / "x.csv"
    every = [(a, b, SCORE[a, b]) for a in range(40) for b in range(40)]
    table(path, every, other=other)
    found = read_files([path], ReadOptions())
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (20, 760)
    assert any("40 names of samples that differ from another by capitals" in one for one in found.assumed)
    assert any("40 comparisons of a sample with itself" in one for one in found.assumed)
    assert sizes(path, names="exact") == (80, 1520)


@pytest.mark.slow
def test_two_spellings_of_a_sample_on_one_side_are_asked_about(tmp_path):
    path = tmp_path / "x.csv"
    every = [(a, b, SCORE[a, b]) for a in range(40) for b in range(40)]
    table(path, every, other=lambda s: s.upper())
    path.write_text(path.read_text() + "p0,S0,p1,S2,0.3\n")
    with pytest.raises(InvalidInput, match=r"names of samples that differ.*--names alike, or --names exact"):
        read_files([path], ReadOptions())
