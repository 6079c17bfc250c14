"""Names of samples in the place of subjects: asked about in every format, and read by the part that is the subject."""

import re

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files
from misid.evaluation.reading.names import (
    looks_like_sample,
    looks_like_sample_sql,
    part_of,
    part_sql,
    sample_key,
    sample_sql,
)
from misid.storage import connect, literal

PEOPLE, PHOTOS = 60, 2


def score(i, k, j, n):
    same = i == j
    return 1.0 if same and k == n else 0.5 * same + 0.4 * np.sin(1.0 + 7 * i + 3 * j + k + 2 * n) ** 2


def rows(spell):
    """Return names and scores: every photo against the three that follow it and itself."""
    photos = [(i, k) for i in range(PEOPLE) for k in range(PHOTOS)]
    return [
        (spell(*one), spell(*other), score(*one, *other), one[0] == other[0])
        for at, one in enumerate(photos)
        for other in (photos * 2)[at : at + 4]
    ]


def as_csv(path, spell):
    lines = [f"{a},{b},{x}" for a, b, x, _ in rows(spell)]
    path.write_text("\n".join(["probe_subject,reference_subject,score", *lines]) + "\n")


def as_samples(path, spell):
    lines = [f"{a},{b},{x}" for a, b, x, _ in rows(spell)]
    path.write_text("\n".join(["probe_sample,reference_sample,score", *lines]) + "\n")


def as_bob(path, spell):
    path.write_text("".join(f"{b} {a} {a} {x}\n" for a, b, x, _ in rows(spell)))


def as_three_columns(path, spell):
    path.write_text("".join(f"{a} {b} {x}\n" for a, b, x, _ in rows(spell)))


def as_labelled(path, spell):
    path.write_text("".join(f"{a}\t{b}\t{x}\t{int(same)}\n" for a, b, x, same in rows(spell)))


def as_matrix(path, spell):
    photos = [(i, k) for i in range(PEOPLE) for k in range(PHOTOS)]
    lines = [",".join(["", *(spell(*one) for one in photos)])]
    for at, one in enumerate(photos):
        cells = ["" if (to - at) % len(photos) > 3 else str(score(*one, *other)) for to, other in enumerate(photos)]
        lines.append(",".join([spell(*one), *cells]))
    path.write_text("\n".join(lines) + "\n")


FORMS = {
    "csv": as_csv,
    "samples": as_samples,
    "bob": as_bob,
    "three": as_three_columns,
    "label": as_labelled,
    "matrix": as_matrix,
}
ASKED = ("csv", "bob", "matrix")  # the others do not say whose samples they are, and are asked for that
SPELLINGS = {
    "folder": lambda i, k: f"a/p{i:02d}/{k:03d}.jpg",
    "before-last": lambda i, k: f"person_{i}_{k:04d}.png",
    "before-first": lambda i, k: f"S{i:03d}_{'LR'[k]}_{k + 3:02d}",
    "[A-Za-z]*[0-9]+": lambda i, k: f"S{i:04d}L{k:02d}",
}


@pytest.mark.parametrize("part", SPELLINGS)
@pytest.mark.parametrize(
    "form", [pytest.param(one, marks=pytest.mark.slow) if one in ("csv", "samples") else one for one in FORMS]
)
def test_the_subject_is_a_part_of_the_name(tmp_path, form, part):
    path = tmp_path / "x.csv"
    FORMS[form](path, SPELLINGS[part])
    if form in ASKED:
        with pytest.raises(InvalidInput, match="120 names in the place of subjects look like samples'") as asked:
            read_files([path], ReadOptions())
        advice = re.search(rf"--subject-from '?{re.escape(part)}'? \(60 people\)", str(asked.value))
        assert advice, str(asked.value)
        assert "--subject-from name if each name is a person" in str(asked.value)
        whole = read_files([path], ReadOptions(subject_from="name")).pairs
        assert (whole.mated.score.size, whole.people.count) == (120, 120)
    found = read_files([path], ReadOptions(subject_from=part))
    pairs = found.pairs
    assert (pairs.mated.score.size, pairs.non_mated.score.size, pairs.people.count) == (60, 300, 60)
    assert pairs.mated.score.max() < 1.0  # none of a sample with itself
    assert any("60 subjects from the names of 120 samples" in one for one in found.assumed)
    assert any("120 comparisons of a sample with itself" in one for one in found.assumed)


def test_samples_alone_and_three_columns_are_told_about_it(tmp_path):
    for form in ("samples", "three"):
        FORMS[form](tmp_path / "x.csv", SPELLINGS["folder"])
        with pytest.raises(InvalidInput, match="--subject-from"):
            read_files([tmp_path / "x.csv"], ReadOptions())


def test_templates_and_lists(tmp_path):
    names = np.array([f"p{i}/{k}.png" for i in range(PEOPLE) for k in range(PHOTOS)])
    vectors = np.random.default_rng(1).standard_normal((names.size, 8)).astype(np.float32)
    np.savez(tmp_path / "t.npz", embedding=vectors, subject=names)
    with pytest.raises(InvalidInput, match=r"--subject-from folder \(60 people\)"):
        read_files([tmp_path / "t.npz"], ReadOptions())
    assert read_files([tmp_path / "t.npz"], ReadOptions(subject_from="folder")).embeddings.people.count == 60
    lines = ["probe_subject,rank,reference_subject,score"]
    for i in range(PEOPLE):
        lines += [f"p{i}_1.png,1,p{i}_2.png,{0.8 + i / 1000}", f"p{i}_1.png,2,p{(i + 1) % 60}_2.png,{i / 1000}"]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "enrolled.txt").write_text("".join(f"p{i}_2.png\n" for i in range(PEOPLE)))
    with pytest.raises(InvalidInput, match=r"--subject-from before-last \(60 people\)"):
        read_files([tmp_path / "x.csv"], ReadOptions())
    options = ReadOptions(subject_from="before-last", enrolled=str(tmp_path / "enrolled.txt"), gallery_size=60)
    found = read_files([tmp_path / "x.csv"], options)
    assert (found.searches.rank == 1).all()


@pytest.mark.parametrize(
    "spell",
    [
        lambda i: f"subj_{i:03d}",  # one stem
        lambda i: f"site{i % 7}_{i:03d}",  # a site, whose people score like all others
        lambda i: f"F{i // 3:04d}_MID{i % 3}",  # families
        lambda i: f"FERET/{i:05d}",
        lambda i: ["Aaron_Eckhart", "Aaron_Guiel", "George_W_Bush", "Ann_Lee"][i % 4] + "abcdefghijklmnop"[i // 4],
        lambda i: f"{i:05d}d{i}",
        lambda i: f"2f{i}b{i * 7919 % 1000}",  # hexadecimal
    ],
)
@pytest.mark.parametrize("form", ["csv", "bob"])
def test_names_of_people_are_not_asked_about(tmp_path, form, spell):
    path = tmp_path / "x.txt"
    FORMS[form](path, lambda i, k: spell(i))
    found = read_files([path], ReadOptions())
    assert found.pairs.people.count == 60
    assert not any("samples'" in one for one in found.assumed)


def test_a_part_that_no_name_has_is_refused(tmp_path):
    as_csv(tmp_path / "x.csv", lambda i, k: f"p{i}")
    with pytest.raises(InvalidInput, match=r"no name has such a part \(folder\)"):
        read_files([tmp_path / "x.csv"], ReadOptions(subject_from="folder"))


@pytest.mark.parametrize(
    "name", ["a/001.jpg", "p1_0001.PNG", "S001_L_03", "00001fa010", "x\\y\\S1001L02.bmp", "é_1", "S1"]
)
def test_sql_and_python_take_the_same_part(name):
    with connect() as con:

        def sql(text):
            return con.execute(f"SELECT {text}").fetchone()[0]

        for part in (*SPELLINGS, "(.*)fa", ".*/p"):
            assert sql(part_sql(literal(name), part)) == part_of(name, part)
        assert sql(sample_sql(literal(name))) == sample_key(name)
        assert sql(looks_like_sample_sql(literal(name))) == looks_like_sample(name)
