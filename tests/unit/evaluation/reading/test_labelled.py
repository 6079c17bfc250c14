"""Labels beside scores, as practitioners have them: in text, in CSV and in numpy arrays, with and without names."""

import numpy as np
import pytest

from misid.errors import InvalidInput, MisidError
from misid.evaluation import ReadOptions, read_files

MATED, OTHERS = [0.75, 0.5, 0.625], [0.25, 0.125, 0.375]


def read(path, text, **options):
    path.write_text(text)
    return read_files([path], ReadOptions(**options))


def scores(found):
    return sorted(found.pairs.mated.score.tolist()), sorted(found.pairs.non_mated.score.tolist())


WORDS = [
    ("1", "0"),
    ("1", "-1"),
    ("target", "nontarget"),
    ("same", "different"),
    ("genuine", "impostor"),
    ("True", "False"),
]


@pytest.mark.parametrize(("yes", "no"), WORDS)
@pytest.mark.parametrize("last", [True, False], ids=["label last", "label first"])
@pytest.mark.parametrize("separator", [" ", "\t", ",", ";"], ids=["blank", "tab", "comma", "semicolon"])
@pytest.mark.parametrize("header", [True, False], ids=["header", "none"])
def test_label_and_score_in_every_order_and_form(tmp_path, yes, no, last, separator, header):
    if header and separator == " ":
        return  # refused with words: see test_text
    rows = [(yes, x) for x in MATED] + [(no, x) for x in OTHERS]
    lines = [separator.join(map(str, (x, label) if last else (label, x))) for label, x in rows]
    if header:
        lines.insert(0, separator.join(("score", "label") if last else ("label", "score")))
    found = read(tmp_path / "x.txt", "\n".join(lines) + "\n")
    assert scores(found) == (sorted(MATED), sorted(OTHERS))
    assert found.pairs.people is None


def test_decimal_commas_with_semicolons(tmp_path):
    found = read(tmp_path / "x.csv", "1;0,75\n0;0,25\n1;0,5\n0;0,125\n")
    assert scores(found) == ([0.5, 0.75], [0.125, 0.25])


def test_decimal_commas_in_a_table(tmp_path):
    text = "probe_subject;reference_subject;score\na;a;0,75\na;b;0,25\nb;b;0,5\nb;a;-1,25e-1\n"
    assert scores(read(tmp_path / "x.csv", text)) == ([0.5, 0.75], [-0.125, 0.25])


def test_numbers_with_commas_are_not_taken_for_labels_and_scores(tmp_path):
    with pytest.raises(InvalidInput, match="separated by commas and the first line holds"):
        read(tmp_path / "x.txt", "0,5\n0,7\n1,25\n")


@pytest.mark.parametrize("last", [True, False])
def test_two_names_a_score_and_a_label(tmp_path, last):
    rows = [("a1.jpg", "a2.jpg", 0.75, 1), ("a1.jpg", "b1.jpg", 0.25, 0), ("b1.jpg", "b2.jpg", 0.5, 1)]
    rows += [("b1.jpg", "b1.jpg", 1.0, 1), ("a2.jpg", "b2.jpg", 0.125, 0)]
    text = "".join(
        "\t".join(map(str, (a, b, x, label) if last else (a, b, label, x))) + "\n" for a, b, x, label in rows
    )
    found = read(tmp_path / "predicts.txt", text)
    assert scores(found) == ([0.5, 0.75], [0.125, 0.25])
    assert found.pairs.people is None
    assert any("1 comparison of a sample with itself: left out" in sentence for sentence in found.assumed)
    assert any("nothing says whose they are" in sentence for sentence in found.assumed)


def test_names_that_are_equal_where_the_label_says_mated_are_subjects(tmp_path):
    rows = [("anna", "anna", 0.75, 1), ("anna", "bert", 0.25, 0), ("bert", "bert", 0.5, 1), ("bert", "anna", 0.125, 0)]
    found = read(tmp_path / "x.txt", "".join(" ".join(map(str, row)) + "\n" for row in rows))
    assert found.pairs.people.count == 2
    assert scores(found) == ([0.5, 0.75], [0.125, 0.25])


def test_scores_and_labels_in_one_npz(tmp_path):
    path = tmp_path / "result.npz"
    np.savez(path, scores=np.array(MATED + OTHERS, np.float32), labels=np.array([1] * 3 + [0] * 3, np.int8))
    assert scores(read_files([path], ReadOptions())) == (sorted(MATED), sorted(OTHERS))
    np.savez(path, scores=np.array(MATED), labels=np.array([1, 0]))
    with pytest.raises(InvalidInput, match="3 scores and 2 labels; give one label for each"):
        read_files([path], ReadOptions())
    np.savez(path, scores=np.array(MATED), labels=np.array([1, 0, 2]))
    with pytest.raises(InvalidInput, match="3 labels, other than 1 and 0"):
        read_files([path], ReadOptions())


def test_scores_alone_are_refused_with_a_way_that_works(tmp_path):
    path = tmp_path / "score.npy"
    np.save(path, np.array(MATED + OTHERS))
    with pytest.raises(InvalidInput, match=r"6 scores in a row.*numpy.savez\(file, score=scores, mated=labels\)"):
        read_files([path], ReadOptions())
    np.savez(tmp_path / "file.npz", score=np.load(path), mated=np.array([1] * 3 + [0] * 3))
    assert scores(read_files([tmp_path / "file.npz"], ReadOptions())) == (sorted(MATED), sorted(OTHERS))
    np.save(tmp_path / "labels.npy", np.array([1] * 3 + [0] * 3))
    assert scores(read_files([path, tmp_path / "labels.npy"], ReadOptions())) == (sorted(MATED), sorted(OTHERS))


BOTH, FLAGS = np.array(MATED + OTHERS), np.array([1] * 3 + [0] * 3)
FORMS = {
    "other names": {"y_pred": BOTH, "y": FLAGS},
    "cosine": {"cosine": BOTH, "target": FLAGS},
    "columns": {"score": BOTH[:, None], "label": FLAGS[:, None]},
    "words": {"score": BOTH, "label": np.where(FLAGS, "genuine", "impostor")},
    "bytes": {"sims": BOTH, "issame": np.where(FLAGS, b"same", b"diff")},
    "bool": {"score_list": BOTH, "label_list": FLAGS == 1},
    **{f"{a} and {b}": {a: BOTH[:3], b: BOTH[3:]} for a, b in (
        ("positive", "negative"), ("intra", "inter"), ("match", "nonmatch"), ("client", "impostor"), ("same", "diff"),
        ("target", "nontarget"), ("tar_scores", "non_scores"), ("genuine_scores", "imposter_scores"),
    )},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_arrays_are_known_by_their_names_or_by_what_they_hold(tmp_path, form):
    np.savez(tmp_path / "x.npz", **FORMS[form])
    assert scores(read_files([tmp_path / "x.npz"], ReadOptions())) == (sorted(MATED), sorted(OTHERS))


@pytest.mark.parametrize(
    "array",
    [
        np.c_[BOTH, FLAGS],
        np.c_[FLAGS, BOTH],
        np.c_[BOTH, FLAGS].T,
        np.array(list(zip(BOTH, FLAGS, strict=True)), [("score", "f8"), ("label", "i1")]),
    ],
    ids=["columns", "label first", "rows", "fields"],
)
def test_one_array_of_scores_and_labels(tmp_path, array):
    np.save(tmp_path / "x.npy", array)
    assert scores(read_files([tmp_path / "x.npy"], ReadOptions())) == (sorted(MATED), sorted(OTHERS))


def test_two_arrays_of_scores(tmp_path):
    for name, values in (("genuine.npy", MATED), ("impostor.npy", OTHERS)):
        np.save(tmp_path / name, values)
    files = [tmp_path / "genuine.npy", tmp_path / "impostor.npy"]
    assert scores(read_files(files, ReadOptions())) == (sorted(MATED), sorted(OTHERS))
    assert any("the two files are swapped" in one for one in read_files(files[::-1], ReadOptions()).assumed)


@pytest.mark.parametrize("distance", [False, True])
@pytest.mark.parametrize("kind", [int, str])
def test_a_matrix_of_scores_beside_whose_its_rows_and_columns_are(tmp_path, distance, kind):
    who = np.repeat(np.arange(30), 2)
    score = np.random.default_rng(1).standard_normal((40, 60)) + 2 * (who[:40, None] == who)
    ids = {"q_pids": who[:40].astype(kind), "g_pids": who.astype(kind), "q_camids": who[:40] % 2, "g_camids": who % 2}
    np.savez(tmp_path / "x.npz", **{"distmat" if distance else "scores": -score if distance else score}, **ids)
    found = read_files([tmp_path / "x.npz"], ReadOptions())
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (80, 40 * 60 - 80)
    assert found.pairs.people.count == 30
    assert found.pairs.mated.score.mean() > 1
    np.savez(tmp_path / "x.npz", scores=score, a=who[:40], b=who, c=who)
    with pytest.raises(InvalidInput, match=r"2 arrays of 60 names.*probe_subject and reference_subject"):
        read_files([tmp_path / "x.npz"], ReadOptions())
    np.savez(tmp_path / "x.npz", scores=score, probe_subject=who[:40], reference_subject=who, c=who)
    assert read_files([tmp_path / "x.npz"], ReadOptions()).pairs.people.count == 30
    np.save(tmp_path / "x.npy", score)
    with pytest.raises(InvalidInput, match=r"numpy.savez\('scores.npz', score=MATRIX, probe_subject="):
        read_files([tmp_path / "x.npy"], ReadOptions(arrays="scores"))


@pytest.fixture
def matrix():
    vectors = np.random.default_rng(1).standard_normal((12, 8))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors.astype(np.float32) @ vectors.T.astype(np.float32)).astype(np.float32)


@pytest.mark.parametrize("distance", [False, True])
def test_a_square_matrix_is_scores_and_not_templates(tmp_path, matrix, distance):
    path, table = tmp_path / "similarity.npy", tmp_path / "who.csv"
    matrix[3, 4] += 1e-7  # a product in single precision is symmetric only so far
    np.save(path, 1 - matrix if distance else matrix)
    table.write_text("subject\n" + "".join(f"p{i // 3}\n" for i in range(12)))
    found = read_files([path], ReadOptions(subjects=str(table)))
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (12, 54)
    below = np.triu(np.ones((12, 12), bool), 1)
    want = -(1 - matrix[below]) if distance else matrix[below]
    mated, others = scores(found)
    assert np.allclose(sorted(mated + others), np.sort(want), atol=1e-6)
    with pytest.raises(InvalidInput, match="a square matrix of scores, and nothing says whose"):
        read_files([path], ReadOptions())


@pytest.mark.parametrize("below", [0.0, np.nan])
def test_half_a_matrix_is_every_pair_once(tmp_path, matrix, below):
    half = np.where(np.tril(np.ones((12, 12), bool), -1), below, matrix)
    np.save(tmp_path / "half.npy", half)
    (tmp_path / "who.csv").write_text("subject\n" + "".join(f"p{i // 3}\n" for i in range(12)))
    found = read_files([tmp_path / "half.npy"], ReadOptions(subjects=str(tmp_path / "who.csv")))
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (12, 54)
    names = [f"p{i // 3}" for i in range(12)]
    rows = [",".join(["", *names])] + [
        ",".join([name, *("" if np.isnan(x) else f"{x:.4f}" for x in row)])
        for name, row in zip(names, half, strict=True)
    ]
    found = read(tmp_path / "half.csv", "\n".join(rows) + "\n")
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (12, 54)


def test_a_square_array_that_could_be_either_is_asked_about(tmp_path):
    array = np.random.default_rng(1).standard_normal((60, 60))
    np.save(tmp_path / "a.npy", array)
    (tmp_path / "who.csv").write_text("subject\n" + "".join(f"p{i // 2}\n" for i in range(60)))
    subjects = str(tmp_path / "who.csv")
    with pytest.raises(InvalidInput, match=r"a square array of 60 rows.*--arrays scores, or --arrays templates"):
        read_files([tmp_path / "a.npy"], ReadOptions(subjects=subjects))
    found = read_files([tmp_path / "a.npy"], ReadOptions(subjects=subjects, arrays="scores", mated_by="names"))
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (120, 3480)
    with pytest.raises(MisidError, match="at least 50 are needed"):
        read_files([tmp_path / "a.npy"], ReadOptions(subjects=subjects, arrays="templates"))


def test_mated_and_non_mated_scores_in_one_npz(tmp_path):
    np.savez(tmp_path / "x.npz", genuine=np.array(MATED), impostor_scores=np.array(OTHERS))
    assert scores(read_files([tmp_path / "x.npz"], ReadOptions())) == (sorted(MATED), sorted(OTHERS))


def test_unnamed_columns_are_passed_over(tmp_path):
    text = ",probe_subject,reference_subject,score\n0,a,a,0.5\n1,a,b,0.25\n2,b,b,0.75\n3,b,a,0.125\n"
    assert scores(read(tmp_path / "index.csv", text)) == ([0.5, 0.75], [0.125, 0.25])
    text = "probe_subject,reference_subject,score,\na,a,0.5,\na,b,0.25,\nb,b,0.75,\nb,a,0.125,\n"
    assert scores(read(tmp_path / "trailing.csv", text)) == ([0.5, 0.75], [0.125, 0.25])


def test_columns_1_and_2_are_the_two_sides(tmp_path):
    people = [f"p{i}" for i in range(60)]
    rows = [
        f"{a},{b},{0.5 + int(a[1:]) / 999 if a == b else 0.25 + int(b[1:]) / 1000},{int(a[1:]) % 2},{int(b[1:]) % 2}"
        for a in people
        for b in (a, *people[:3])
    ]
    path = tmp_path / "pairs.csv"
    found = read(
        path, "id1,id2,cosine,sex1,sex2\n" + "\n".join(rows) + "\n", columns=(("score", "cosine"),), groups=("sex",)
    )
    assert found.pairs.people.count == 60
    assert any("'id1' is the probe's subject" in sentence for sentence in found.assumed)


def test_the_lists_of_nists_driver(tmp_path):
    lines = ["searchId,probeSubject,candidateRank,searchRetCode,templateId,score"]
    for search, (probe, code, best) in enumerate((("a", 0, "a"), ("b", 0, "c"), ("d", 2, ""), ("c", 0, ""))):
        for rank in range(2):
            who, score = ("x" if best and rank else best), (0.9 - rank / 10 if best else -1)
            lines.append(f"s{search},{probe},{rank},{code},{who},{score}")
    (tmp_path / "enrolled.txt").write_text("a\nb\nc\nx\n")
    found = read(
        tmp_path / "candidates.csv", "\n".join(lines) + "\n", enrolled=str(tmp_path / "enrolled.txt"), gallery_size=4
    )
    # A code other than 0 is a failure; a search that worked and returned nobody is none.
    assert found.searches.failed.tolist() == [False, False, True, False]
    assert found.searches.mated.tolist() == [True, True, False, True]
    assert found.searches.rank.tolist() == [1, 0, 0, 0]


def test_blanks_with_a_header(tmp_path):
    rows = [("1", x) for x in MATED] + [("0", x) for x in OTHERS]
    found = read(tmp_path / "x.txt", "label score\n" + "".join(f"{label} {x}\n" for label, x in rows))
    assert scores(found) == (sorted(MATED), sorted(OTHERS))
    log = "searchId candidateRank searchRetCode isAssigned templateId score\ns0 0 0 1 P0 0.7\ns0 1 0 1 P1 0.4\n"
    with pytest.raises(InvalidInput, match="no column is the probe_subject; a list of candidates needs it"):
        read(tmp_path / "frvt.candidates.txt", log)


@pytest.mark.filterwarnings("error")
def test_an_array_with_an_infinite_number_is_refused_without_a_warning(tmp_path):
    np.save(tmp_path / "x.npy", np.column_stack([np.r_[np.inf, BOTH], np.r_[5, FLAGS]]))
    with pytest.raises(InvalidInput):
        read_files([tmp_path / "x.npy"], ReadOptions())
