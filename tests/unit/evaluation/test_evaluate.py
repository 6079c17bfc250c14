"""Files that are wrong, and files that are odd: what is said of either, the whole way from the command."""

from __future__ import annotations

import gzip
import importlib
import json
import os
import pickle
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from misid import api
from misid.cli.main import call
from misid.errors import InvalidInput, MisidError
from misid.evaluation import groups

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
files = importlib.import_module("made_up_files")

HEADER = "probe_subject,probe_sample,reference_subject,score"
SLOW = pytest.mark.slow


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(groups, "MOST_PERMUTATIONS", 99)
    monkeypatch.setattr(groups, "REPLICATES", 200)
    return files.make(tmp_path)


def with_score(made, change):
    """The table, each score turned into another by its row's place and its value."""
    return made.table("odd.csv", [[*row[:3], change(at, float(row[3]))] for at, row in enumerate(made.rows())])


def bytes_of(name, content):
    Path(name).write_bytes(content)
    return [name]


def shortened(paths, cut):
    for path in paths[:1]:
        Path(path).write_bytes(Path(path).read_bytes()[:-cut])
    return paths


def with_groups(made, label):
    """The table with a column of groups, given by row and by subject."""
    rows = [[*row, label(at, row[0]), label(at, row[2])] for at, row in enumerate(made.rows())]
    return [made.table("odd.csv", rows, HEADER + ",probe_kin,reference_kin"), "--group", "kin"]


def npz_of(**arrays):
    np.savez("odd.npz", **arrays)
    return ["odd.npz"]


def with_arrays(made, **other):
    arguments = files.npz(made)
    with np.load("templates.npz") as held:
        return [*npz_of(**{**held, **other}), *arguments[1:]]


def bombed(made):
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("embedding.npy", b"\0" * 20_000_000)
    return ["bomb.npz"]


def other_order(made):
    arguments = files.bee(made)
    data = Path("all.mtx").read_bytes()
    start = len(data) - made.score.size * 4
    bytes_of("all.mtx", data[:start] + made.score.astype(">f4").tobytes())
    return arguments


def mark_damaged(made):
    arguments = files.bee(made)
    bytes_of("all.mtx", Path("all.mtx").read_bytes().replace(b"\x78\x56\x34\x12", b"\x78\x56\x34\x13"))
    return arguments


def mixed_bob(made):
    files.bob4(made)
    rows = [line.split() for line in Path("four.txt").read_text().splitlines()]
    return [made.text("odd.txt", files.lines(" ".join([row[3], *row[:3]]) for row in rows))]


def packed_objects(made):
    np.save("objects.npy", np.array([[1, "a"]] * 60, dtype=object), allow_pickle=True)
    made.table("who.csv", [[files.named(at)] for at in range(60)], "subject")
    return ["objects.npy", "--subjects", "who.csv"]


def pickled(made):
    return bytes_of("scores.pkl", pickle.dumps({"score": [1, 2]}))


def folder(made):
    Path("folder").mkdir()
    return ["folder"]


def swapped_lists(made):
    header = "search,gallery_subject,rank,probe_subject,score"
    return [made.table("odd.csv", made.lists(40), header)]


def only(made, of):
    return [made.table("odd.csv", [row for row in made.rows() if of(row)])]


def one_subject(made):
    return [made.table("odd.csv", [[files.named(1), at, files.named(1), 0.3 + at / 100] for at in range(9)])]


def lists_said_of(made, change):
    header = "search,probe_subject,rank,gallery_subject,score"
    return [made.table("odd.csv", [change(row) for row in made.lists(40)], header)]


# What is wrong, the files, and words of what is said: where, what, what to do.
BAD = {
    "no such file": (lambda m: ["nothere.csv"], ["nothere.csv", "no such file", "check the path"]),
    "a folder": (folder, ["folder", "this is a folder", "give the files in it by name"]),
    "no plain file": (lambda m: ["/dev/null"], ["/dev/null", "no plain file", "write the scores to a file"]),
    "0 bytes": (lambda m: bytes_of("odd.csv", b""), ["odd.csv", "empty (0 bytes)", "give a file with scores"]),
    "blanks": (lambda m: bytes_of("odd.csv", b"\n \n\n"), ["nothing but blanks", "give a file with scores"]),
    "UTF-16": (lambda m: bytes_of("odd.csv", "a,b\n".encode("utf-16")), ["UTF-16", "save it as UTF-8"]),
    "a pickle": (pickled, ["scores.pkl", "never opened", "write Parquet, CSV, or numpy.savez"]),
    "objects in .npy": (packed_objects, ["objects.npy", "never unpickled", "write plain numbers or text"]),
    "objects in .npz": (
        lambda m: with_arrays(m, subject=np.array(["a"] * 156, dtype=object)),
        ["odd.npz", "'subject.npy'", "never unpickled", "write plain numbers or text"],
    ),
    "a zip bomb": (bombed, ["bomb.npz", "would unpack to 20,000,000 bytes", "give the array as .npy"]),
    "a gzip bomb": (
        lambda m: bytes_of("odd.csv.gz", gzip.compress(b"a,b\n" * 5_000_000)),
        ["odd.csv.gz", "more than 200 times its size", "unpack it yourself if it is"],
    ),
    "text cut in a row": (
        lambda m: shortened(files.bob4(m), 12),
        ["four.txt:5408", "the line has 3 columns, most have 4", "fetch the file again"],
    ),
    "table cut in a row": (
        lambda m: shortened(files.table(m)[:1], 14),
        ["table.csv:5409", "5 columns, and the first line names 6", "write the line again"],
    ),
    "Parquet cut": (
        lambda m: shortened(files.parquet(m), 100),
        ["table.parquet", "is damaged or cut short", "write it again"],
    ),
    "tar.gz cut": (lambda m: shortened(files.tar(m), 100), ["four.tar.gz", "ends in the middle", "fetch the file"]),
    "matrix cut": (
        lambda m: shortened(files.bee(m), 100),
        ["all.mtx", "104 x 52 cells take 21,632 bytes, there are 21,532", "write or fetch the file again"],
    ),
    ".npy cut": (lambda m: shortened(files.npy(m), 100), ["templates.npy", "ends in the middle of the array", "copy"]),
    ".npz cut": (
        lambda m: shortened(files.npz(m), 100),
        ["templates.npz", "cut short, damaged or encrypted", "copy or fetch"],
    ),
    "byte order": (other_order, ["all.mtx", "the byte order that the mark denies", "write the file again"]),
    "byte order mark": (mark_damaged, ["all.mtx:4", "78 56 34 13", "write or fetch the file again"]),
    "no mask": (
        lambda m: files.bee(m)[:1],
        ["all.mtx", "who is mated", "--mask all.mask, which lies beside it"],
    ),
    "columns mixed up": (
        lambda m: [m.table("odd.csv", [[row[3], *row[:3]] for row in m.rows()])],
        ["odd.csv", "column 'probe_subject' holds fractions, as scores do", "Give --column score=COLUMN"],
    ),
    "columns mixed up, without header": (mixed_bob, ["odd.txt", "the columns are mixed up", "into the last column"]),
    "sides of lists swapped": (
        swapped_lists,
        ["odd.csv", "searches with two probe subjects or more", "give each search a name of its own"],
    ),
    "no header": (
        lambda m: [m.text("odd.csv", files.lines(f"{i},{j},{s}" for i, j, s in m.cells()))],
        ["odd.csv:1", "nothing says what they are", "put a line of column names first"],
    ),
    "no header, whole scores": (
        lambda m: [m.text("odd.csv", files.lines(f"{i},{j},{round(100 * s)}" for i, j, s in m.cells()))],
        ["odd.csv:1", "nothing says what they are", "put a line of column names first"],
    ),
    "nobody says who is mated": (
        lambda m: files.cmc(m)[:1],
        ["cmc.txt", "nothing says who is mated", "give the file of mates by --mates"],
    ),
    "a header alone": (lambda m: [m.table("odd.csv", [])], ["a header and no rows", "give a table with scores"]),
    "no mated": (
        lambda m: only(m, lambda row: row[0] != row[2]),
        ["no mated comparisons", "of a subject with the same"],
    ),
    "no non-mated": (
        lambda m: only(m, lambda row: row[0] == row[2]),
        ["no non-mated comparisons", "different subjects"],
    ),
    "one subject": (one_subject, ["odd.csv", "no non-mated comparisons", "different subjects"]),
    "one probe subject": (
        lambda m: only(m, lambda row: row[0] == files.named(3)),
        ["all probes are of one subject", "give probes of several people"],
    ),
    "constant scores": (
        lambda m: [with_score(m, lambda at, s: 0.5)],
        ["odd.csv", "every score is 0.5", "is this the column of scores?"],
    ),
    "an endless score": (
        lambda m: [with_score(m, lambda at, s: "-inf" if at == 7 else s)],
        ["odd.csv:9", "score", "1 score infinite", "write NaN or nothing where there is no score"],
    ),
    "a score too large": (
        lambda m: [with_score(m, lambda at, s: 1e39 if at == 7 else s)],
        ["odd.csv:9", "too large for single precision", "write NaN"],
    ),
    "a name for a score": (
        lambda m: [with_score(m, lambda at, s: f"{files.WORD} 7" if at == 7 else s)],
        ["odd.csv:9", "1 row with a word for a score (the first is a word of 10 characters)", "write NaN"],
    ),
    "all mated fail": (
        lambda m: [with_score(m, lambda at, s: "nan" if m.mated.ravel()[at] else s)],
        ["none of the 104 mated comparisons has a score"],
    ),
    "all non-mated fail": (
        lambda m: [with_score(m, lambda at, s: s if m.mated.ravel()[at] else "")],
        ["none of the 5,304 non-mated comparisons has a score"],
    ),
    "a subject in two groups": (
        lambda m: with_groups(m, lambda at, who: "ab"[at == 0]),
        ["odd.csv  groups", "1 subject in two groups or more", "give each subject one group"],
    ),
    "no such group": (
        lambda m: [m.table("odd.csv"), "--group", "hair"],
        ["there are no columns probe_hair and reference_hair", "name a group that the file holds"],
    ),
    "rows of one person": (
        lambda m: [m.table("odd.csv"), "--where", f"probe_subject={files.named(3)}"],
        ["column 'probe_subject' says who somebody is", "pick rows by a condition that many people share"],
    ),
    "a gallery too small": (
        lambda m: [*lists_said_of(m, list), "--gallery-size", "3"],
        ["odd.csv  gallery_size", "the lists hold 40 references, the gallery 3"],
    ),
    "lists without a score": (
        lambda m: lists_said_of(m, lambda row: [*row[:4], "nan"]),
        ["no candidate has a score", "give the scores"],
    ),
    "distances as similarities": (
        lambda m: lists_said_of(m, lambda row: [*row[:4], -float(row[4])]),
        ["are these distances? Give --dissimilarity"],
    ),
    "few templates": (
        lambda m: [*files.npz(m)[:1], "--probes", "sex=male", "--references", "sex=female"],
        ["26 probe subjects, and at least 50 are needed", "who somebody is"],
    ),
    "templates of nobody": (
        lambda m: with_arrays(m, embedding=np.full((156, 12), np.nan, np.float32)),
        ["0 reference subjects, and at least 20 are needed"],
    ),
    "probes all failed": (
        lambda m: with_arrays(m, embedding=np.concatenate([m.reference, np.full((104, 12), np.nan, np.float32)])),
        ["no mated comparison has a score"],
    ),
    "nobody twice": (lambda m: with_arrays(m, subject=np.arange(156)), ["no mated comparison has a score"]),
}


QUICK = (
    *("no such file", "a folder", "0 bytes", "a pickle", "objects in .npz", "a zip bomb", "text cut in a row"),
    *("byte order", "no mask", "columns mixed up, without header", "few templates", "tar.gz cut"),
)


def check_refused(made, capsys, write, words):
    """Exit 2: where, what, what to do; no name of a person, no traceback, and no trace on the disk."""
    arguments = write(made)
    before = sorted(os.listdir())
    status = call(["evaluate", *arguments, "--no-report", "--out", "out"])
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    flat = " ".join(err.split())
    assert [word for word in words if " ".join(word.split()) not in flat] == []
    assert files.WORD not in err.lower()
    assert "Traceback" not in err
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("what", [pytest.param(what, marks=() if what in QUICK else SLOW) for what in BAD])
def test_what_is_wrong_is_said_and_nothing_is_written(made, capsys, what):
    check_refused(made, capsys, *BAD[what])


def test_a_right_file_is_not_refused(made, capsys):
    """The test above can fail."""
    with pytest.raises(AssertionError):
        check_refused(made, capsys, files.pair, [])


def found(*arguments, **more):
    result = api.evaluate(arguments, **more)
    json.dumps(result.to_json(), allow_nan=False)
    assert "<h1" in result.html or "<title" in result.html
    return result


def said(result):
    return " ".join(result.evaluation.assumed)


# Wrong, perhaps, and nobody can know: it is read as it stands, and said.


@SLOW
def test_swapped_sides_are_said(made):
    made.table("odd.csv", [[row[2], row[1], row[0], row[3]] for row in made.rows()[:2080]])
    assert "are probe and reference swapped?" in said(found("odd.csv"))


@SLOW
def test_sides_that_are_not_swapped_are_not_said_to_be(made):
    made.table("right.csv", made.rows()[:1040])
    assert "swapped" not in said(found("right.csv"))
    # Samples numbered anew for each subject tell nothing, either way round.
    rows = [[row[0], int(row[1]) % 2, row[2], row[3]] for row in made.rows()[:1040]]
    made.table("anew.csv", rows)
    assert "swapped" not in said(found("anew.csv"))
    made.table("back.csv", [[row[2], row[1], row[0], row[3]] for row in rows])
    assert "swapped" not in said(found("back.csv"))


def test_swapped_files_are_said(made):
    first, second = files.pair(made)
    assert "the two files are swapped" in said(found(second, first, similarity=True))


@SLOW
def test_score_and_sample_mixed_up_are_said(made):
    made.table("odd.csv", [[row[0], row[3], row[2], row[1]] for row in made.rows()[:1040]])
    assert "holds whole numbers and 'probe_sample' fractions: which is the score?" in said(found("odd.csv"))


@SLOW
@pytest.mark.parametrize("sampled", [False, True])
def test_comparisons_that_stand_twice_are_counted_once(made, sampled):
    rows = [[*row, 0][: 4 + sampled] for row in made.rows()[:1040]]
    made.table("odd.csv", [*rows, *rows[:100]], HEADER + ",reference_sample" * sampled)
    if not sampled:  # nobody knows which photos of two people were compared
        with pytest.raises(InvalidInput, match="100 rows of 1,140 with the two subjects and the score of another"):
            found("odd.csv")
    result = found("odd.csv", repeats="" if sampled else "first")
    assert "100 comparisons of" in said(result)
    assert result.evaluation.pairs.n_mated + result.evaluation.pairs.n_non_mated == 1040
    every = found("odd.csv", repeats="all")
    assert every.evaluation.pairs.n_mated + every.evaluation.pairs.n_non_mated == 1140


def test_a_text_that_may_have_been_cut_is_said(made):
    """Cut inside the last score a file is still a file: 0.4321 became 0.43."""
    for path in (*files.pair(made)[:1], *files.table(made)[:1]):
        Path(path).write_text(Path(path).read_text()[:-2])
    assert "genuine.txt ends without a line end" in said(found("genuine.txt", "impostor.txt"))


@SLOW
def test_a_table_that_may_have_been_cut_is_said(made):
    files.bob_csv(made)
    Path("bob.csv").write_text(Path("bob.csv").read_text()[:-2])
    assert "bob.csv ends without a line end" in said(found("bob.csv"))


@SLOW
def test_line_ends_and_marks_of_other_machines_change_nothing(made):
    first, second = files.pair(made)
    whole = found(first, second)
    for mark, end in ((b"", b"\r\n"), (b"\xef\xbb\xbf", b"\n"), (b"\xef\xbb\xbf", b"\r\n")):
        for name in (first, second):
            text = Path(name).read_bytes().removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
            Path(name).write_bytes(mark + text.replace(b"\n", end))
        again = found(first, second)
        assert again.to_json()["figures"] == whole.to_json()["figures"]


@SLOW
def test_line_ends_and_marks_of_other_machines_change_nothing_in_tables(made):
    whole = found(made.table("odd.csv"), name="x")
    Path("odd.csv").write_bytes(b"\xef\xbb\xbf" + Path("odd.csv").read_bytes().replace(b"\n", b"\r\n"))
    assert found("odd.csv", name="x").to_json()["figures"] == whole.to_json()["figures"]


def test_a_cosine_above_one_is_counted(made):
    mated = np.array(["1.0000001", *map(str, made.score[made.mated])])
    made.text("genuine.txt", files.lines(mated))
    made.text("impostor.txt", files.lines(made.score[~made.mated]))
    result = found("genuine.txt", "impostor.txt")
    assert result.evaluation.pairs.n_mated == mated.size
    assert "1 score above 1, by rounding it seems" in said(result)


@SLOW
def test_whole_scores_with_massive_ties(made):
    whole = np.rint(made.score * 5).astype(int)
    made.text("genuine.txt", files.lines(whole[made.mated]))
    made.text("impostor.txt", files.lines(whole[~made.mated]))
    result = found("genuine.txt", "impostor.txt", thresholds=(4,))
    assert "ties" in result.evaluation.caveats
    assert result.figure("fmr_at_4").value == (whole[~made.mated] >= 4).mean()
    assert result.figure("fnmr_at_4").value == (whole[made.mated] < 4).mean()
    realised = result.figure("fmr_realised_at_fmr_1e-2").value
    assert realised in [(whole[~made.mated] >= cut).mean() for cut in range(-5, 7)]
    assert realised <= 0.01


@SLOW
def test_groups_of_one_are_put_together(made):
    result = found(*with_groups(made, lambda at, who: f"kin of {who}")[:1], groups=("kin",))
    assert result.evaluation.differentials.names == ("other groups",)
    assert "groups_merged" in result.evaluation.caveats
    assert files.WORD not in (result.html + json.dumps(result.to_json())).lower()


# Odd, and right.


@SLOW
def test_two_people_are_few_and_that_is_said(made):
    made.table(
        "odd.csv",
        [[files.named(p), 0, files.named(r), s] for p, r, s in ((1, 1, 0.9), (1, 2, 0.1), (2, 2, 0.8), (2, 1, 0.2))],
    )
    result = found("odd.csv")
    assert "few_subjects" in result.evaluation.caveats
    figure = result.figure("rank_1")
    assert (figure.value, figure.n, figure.high) == (1.0, 2, 1.0)
    assert figure.low < 0.3  # two people tell next to nothing


def test_two_scores_are_read(made):
    made.text("genuine.txt", "0.9\n")
    made.text("impostor.txt", "0.1\n")
    figure = found("genuine.txt", "impostor.txt").figure("eer")
    assert figure.value == 0
    assert figure.high > 0.9


@SLOW
@pytest.mark.parametrize("scale", [1e-30, 1e-44, 1e30, 3e38])
def test_scores_of_any_magnitude(made, scale):
    for name, of in (("genuine.txt", made.mated), ("impostor.txt", ~made.mated)):
        made.text(name, files.lines(f"{s * scale:.6e}" for s in made.score[of]))
    result = found("genuine.txt", "impostor.txt")
    score = (made.score * scale).astype(np.float32)
    cut = np.float32(result.figure("threshold_at_fmr_1e-2").value)
    assert (score[~made.mated] >= cut).mean() == pytest.approx(
        result.figure("fmr_realised_at_fmr_1e-2").value, abs=1e-9
    )


@SLOW
@pytest.mark.parametrize("level", [0.5, 0.999])
def test_levels_far_from_the_usual(made, level):
    figures = found(*files.pair(made), level=level).evaluation.figures()
    usual = found(*files.pair(made)).evaluation.figures()
    for name in ("fnmr_at_fmr_1e-1", "fnmr_at_fmr_1e-2"):
        assert figures[name].level == level
        wider = (figures[name].high - figures[name].low) > (usual[name].high - usual[name].low)
        assert wider == (level > 0.95)


@SLOW
@pytest.mark.parametrize("threshold", [5.0, -5.0])
def test_thresholds_beyond_all_scores(made, threshold):
    figures = found(*files.pair(made), thresholds=(threshold,)).evaluation.figures()
    above = threshold > 0
    fmr, fnmr = (figures[f"{rate}_at_{threshold:g}"] for rate in ("fmr", "fnmr"))
    assert (fmr.value, fnmr.value) == ((0.0, 1.0) if above else (1.0, 0.0))
    # An error never seen, or always seen, is not impossible or certain.
    assert (fmr.high > 0) if above else (fmr.low < 1)
    assert (fnmr.low < 1) if above else (fnmr.high > 0)


@pytest.mark.parametrize("longest", [3, 1])
def test_short_lists(made, longest):
    made.table("odd.csv", made.lists(34, longest), "search,probe_subject,rank,gallery_subject,score")
    result = found("odd.csv")
    assert "list_depth" in result.evaluation.caveats
    names = set(result.evaluation.figures())
    assert "rank_1" in names
    assert ("rank_5" in names) == (longest >= 5)
    assert result.evaluation.searches.depth == longest


def test_lists_of_people_who_were_never_enrolled(made):
    rows = [[row[0], "x" + row[1], *row[2:]] for row in made.lists(34)]
    made.table("odd.csv", rows, "search,probe_subject,rank,gallery_subject,score")
    result = found("odd.csv", thresholds=(0.7,))
    assert result.evaluation.searches.n_mated == 0
    best = made.score[:, :34].max(axis=1).astype(np.float32)
    assert result.figure("fpir_at_0.7").value == pytest.approx((best >= np.float32(0.7)).mean(), abs=1e-12)
    assert "rank_1" not in result.evaluation.figures() or result.figure("rank_1").value is None


def test_lists_where_the_mate_never_comes_back(made):
    rows = [row for row in made.lists(34) if row[1] != row[3]]
    made.table("odd.csv", rows, "search,probe_subject,rank,gallery_subject,score")
    made.text("enrolled.txt", files.lines(map(files.named, range(34))))
    result = found("odd.csv", enrolled="enrolled.txt")
    figure = result.figure("rank_1")
    assert (figure.value, figure.low, figure.n) == (0.0, 0.0, 68)
    assert figure.high > 0


@SLOW
def test_lists_with_groups_have_their_page(made):
    """Lists compare no pair of groups; the page says what it can, and does not fall over."""
    people = 120
    large = files.make(made.folder, people=people, probes=1)
    large.table("odd.csv", large.lists(80), "search,probe_subject,rank,gallery_subject,score")
    large.table("who.csv", [[files.named(at), files.SEX[at % 2]] for at in range(people)], "subject,sex")
    result = found("odd.csv", subjects="who.csv", groups=("sex",))
    between = result.evaluation.differentials
    assert sorted(between.names) == ["female", "male"]
    assert between.fmr == ((None, None), (None, None))
    assert {"fpir", "fnir"} & set(between.by_group)


@SLOW
def test_half_of_the_people_have_no_group(made):
    def kin(at, who):
        return "" if int(who[-3:]) >= 40 else "ab"[int(who[-3:]) % 2]

    result = found(*with_groups(made, kin)[:1], groups=("kin",))
    assert sorted(result.evaluation.differentials.names) == ["a", "b"]
    assert sum(result.evaluation.differentials.probe_subjects) == 40


@SLOW
def test_nobody_has_a_group(made):
    result = found(*with_groups(made, lambda at, who: "")[:1], groups=("kin",))
    assert result.evaluation.differentials is None


@SLOW
def test_half_of_the_probes_failed(made):
    failed = made.who % 2 == 0
    score = np.where(failed[:, None], np.nan, made.score)
    rows = [[*row[:3], f"{s:g}"] for row, s in zip(made.rows(), score.ravel(), strict=True)]
    result = found(made.table("odd.csv", rows))
    assert "failures_counted" in result.evaluation.caveats
    figure = result.figure("rank_1")
    assert figure.n == made.who.size  # a failed search is a search, and finds nobody
    assert figure.value <= 0.5
    assert "52 mated" in said(result)


@SLOW
def test_scores_that_are_right_throughout(made):
    rows = [[*row[:3], int(row[0] == row[2])] for row in made.rows()]
    result = found(made.table("odd.csv", rows))
    figure = result.figure("eer")
    assert figure.value == 0
    assert figure.high > 0.01
    assert result.figure("rank_1").value == 1


@SLOW
@pytest.mark.parametrize("kind", [">f8", "<f2", "int8"])
def test_templates_of_other_types(made, kind):
    arguments = files.npz(made)
    with np.load(arguments[0]) as held:
        vectors = held["embedding"] * (100 if kind == "int8" else 1)
        np.savez("odd.npz", **{**held, "embedding": vectors.astype(kind)})
    sides = {"probes": (("role", "probe"),), "references": (("role", "ref"),)}
    one, other = (found(name, **sides).figure("auc").value for name in ("templates.npz", "odd.npz"))
    assert other == pytest.approx(one, abs=0.002)  # rounding to 1 in 100 moves scores by 0.005 at most


def test_only_errors_of_ours_are_raised_from_python(made):
    with pytest.raises(MisidError, match="threshold must be"):
        api.evaluate(files.pair(made), thresholds=(float("nan"),))
