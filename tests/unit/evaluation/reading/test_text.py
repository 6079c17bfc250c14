"""pyeer's files and bob's columns: what the other tools count in their own samples, and every way to get it wrong."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import MOST, ReadOptions, read_files

PEERS = Path(__file__).parents[3] / "data" / "peers"
BASE = PEERS / "bob.bio.base"
EXPECTED = json.loads((PEERS / "expected.json").read_text())["files"]


def write(folder, text, name="scores.txt"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def counts(given):
    mated, other = given.pairs.mated, given.pairs.non_mated
    return mated.score.size, other.score.size, mated.failed + other.failed


def message(files, **asked):
    with pytest.raises(InvalidInput) as caught:
        read_files([files] if isinstance(files, Path) else files, ReadOptions(**asked))
    return str(caught.value)


def said(given, part):
    return any(part in sentence for sentence in given.assumed)


@pytest.mark.parametrize("stem", ["dev-1", "dev-2", "test-1", "test-2"])
def test_bob_measure_files_have_the_counts_that_are_known(stem):
    given = read_files([PEERS / "bob.measure" / f"{stem}.txt"], ReadOptions())
    exact = EXPECTED[f"bob.measure/{stem}.txt"]["exact"]
    assert counts(given) == (exact["n_genuine"], exact["n_impostor"], exact["n_nan"])
    assert {"failures_counted", "no_subject_labels"} <= set(given.caveats)
    assert given.pairs.people is None
    assert not np.isnan(given.pairs.mated.score).any()


def test_failures_are_counted_on_their_side():
    given = read_files([PEERS / "bob.measure" / "dev-1.txt"], ReadOptions())
    # bob.measure's own tests say 521 non-mated and 479 mated lines, NaN included.
    assert (given.pairs.mated.tried, given.pairs.non_mated.tried) == (479, 521)


@pytest.mark.parametrize("name", ["exp1", "exp2", "exp3"])
def test_pyeer_pairs_have_the_counts_that_are_known(name):
    folder = PEERS / "pyeer" / "non_hist"
    given = read_files([folder / f"{name}_true.txt", folder / f"{name}_false.txt"], ReadOptions())
    exact = EXPECTED[f"pyeer/non_hist/{name}"]["exact"]
    assert counts(given) == (exact["n_genuine"], exact["n_impostor"], exact["n_nan"])
    shared = np.isin(given.pairs.mated.score, given.pairs.non_mated.score).sum()
    assert shared == exact["ties_between_classes"]


def test_a_histogram_stands_for_the_same_scores():
    folder = PEERS / "pyeer"
    counted = read_files(
        [folder / "hist" / "exp1_true.txt", folder / "hist" / "exp1_false.txt"], ReadOptions(histogram=True)
    )
    plain = read_files([folder / "non_hist" / "exp3_true.txt", folder / "non_hist" / "exp3_false.txt"], ReadOptions())
    for side in ("mated", "non_mated"):
        np.testing.assert_array_equal(
            np.sort(getattr(counted.pairs, side).score), np.sort(getattr(plain.pairs, side).score)
        )
    assert "ties" in counted.caveats


@pytest.mark.parametrize("number", [1, 2])
def test_pyeer_searches_have_the_ranks_that_are_known(number):
    folder = PEERS / "pyeer" / "cmc"
    given = read_files([folder / f"exp{number}_scores.txt.gz"], ReadOptions(mates=str(folder / f"exp{number}_tp.txt")))
    exact = EXPECTED[f"pyeer/cmc/exp{number}"]["exact"]
    mated, other = given.pairs.mated, given.pairs.non_mated
    assert np.unique(mated.search).size == exact["queries"]
    best = {search: score for score, search in zip(mated.score.tolist(), mated.search.tolist(), strict=True)}
    above = np.zeros(exact["queries"])
    for score, search in zip(other.score.tolist(), other.search.tolist(), strict=True):
        above[search] += score >= best[search]
    curve = [float((above < rank).mean()) for rank in range(1, 21)]
    assert curve == pytest.approx(exact["cmc_ties_against_mate"])
    assert [source.format for source in given.sources] == [
        "text, 3 columns (pyeer, CMC), gzip",
        "text, 2 columns of mates (pyeer)",
    ]


def test_four_and_five_columns_hold_the_same_comparisons():
    four = read_files([BASE / "scores-cmc-4col.txt"], ReadOptions()).pairs
    five = read_files([BASE / "scores-cmc-5col.txt"], ReadOptions()).pairs
    exact = EXPECTED["bob.bio.base/scores-cmc-4col.txt"]["exact"]
    assert (four.mated.score.size, four.non_mated.score.size) == (exact["n_genuine"], exact["n_impostor"])
    for side in ("mated", "non_mated"):
        for column in ("score", "probe", "reference", "search"):
            np.testing.assert_array_equal(getattr(getattr(four, side), column), getattr(getattr(five, side), column))
    assert four.people.count == 20
    assert set(four.mated.search.tolist()) == set(range(100))


@pytest.mark.parametrize("name", ["dev-4col.txt", "dev-4col.tar.gz", "dev-5col.txt", "test-4col.txt", "test-5col.txt"])
def test_samples_that_all_have_one_label_make_no_searches(name):
    given = read_files([BASE / name], ReadOptions())
    assert counts(given) == (390, 520, 0)  # as bob.bio.base's own tests say
    assert given.pairs.mated.search is None
    assert said(given, "probe samples cannot be told apart")


@pytest.mark.parametrize(
    ("name", "mated"),
    [("", 7), ("-one-error", 7), ("-two-errors", 7)],
)
def test_open_set_files_keep_searches_without_a_mate(name, mated):
    given = read_files([BASE / f"scores-cmc-4col-open-set{name}.txt"], ReadOptions())
    searches = np.concatenate((given.pairs.mated.search, given.pairs.non_mated.search))
    assert given.pairs.mated.score.size == mated
    assert np.unique(searches).size == 9
    assert np.unique(given.pairs.mated.search).size == 7


@pytest.mark.parametrize(
    ("name", "expected"),
    [("scores-nonorm-dev", (100, 1900, 0)), ("scores-ztnorm-dev", (100, 1900, 0)),
     ("scores-nonorm-openset-dev", (50, 950, 0))],
)  # fmt: skip
def test_distances_that_nobody_declared_are_noticed(name, expected):
    with pytest.raises(InvalidInput, match=r"are these distances\? Then --dissimilarity"):
        read_files([BASE / name], ReadOptions())
    given = read_files([BASE / name], ReadOptions(similarity=True))
    assert counts(given) == expected
    turned = read_files([BASE / name], ReadOptions(dissimilarity=True))
    assert not said(turned, "Then")
    np.testing.assert_array_equal(turned.pairs.mated.score, -given.pairs.mated.score)


def test_swapped_pyeer_files_are_noticed():
    folder = PEERS / "pyeer" / "non_hist"
    with pytest.raises(InvalidInput, match="the two files are swapped"):
        read_files([folder / "exp1_false.txt", folder / "exp1_true.txt"], ReadOptions())
    assert not said(read_files([folder / "exp1_true.txt", folder / "exp1_false.txt"], ReadOptions()), "swapped")


GOOD = "a a p1 0.9\na b p2 0.25\nb b p2 0.8\nb a p1 0.125\n"


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.encode() + b"\n\n  \n",
        GOOD.encode().rstrip(),
        GOOD.replace(" ", "\t").encode(),
        GOOD.replace(" ", "   ").encode(),
        gzip.compress(GOOD.encode()),
    ],
    ids=["crlf", "cr", "bom", "blank lines", "no last line end", "tabs", "many spaces", "gzip"],
)
def test_line_ends_and_blanks_make_no_difference(tmp_path, text):
    pairs = read_files([write(tmp_path, text)], ReadOptions()).pairs
    assert pairs.mated.score.tolist() == pytest.approx([0.9, 0.8])
    assert pairs.non_mated.score.tolist() == [0.25, 0.125]
    assert pairs.mated.probe.tolist() == [0, 1]
    assert (pairs.non_mated.reference.tolist(), pairs.non_mated.probe.tolist()) == ([0, 1], [1, 0])
    assert pairs.mated.search.tolist() == [0, 1]
    assert pairs.non_mated.search.tolist() == [1, 0]


def test_a_file_that_may_have_been_cut_short_is_mentioned(tmp_path):
    assert said(
        read_files([write(tmp_path, GOOD.rstrip())], ReadOptions()), "if it was cut short, its last score is wrong"
    )
    assert not said(read_files([write(tmp_path, GOOD)], ReadOptions()), "cut short")


def test_scores_that_say_nothing_are_not_called_distances(tmp_path):
    scores = np.random.default_rng(10).normal(size=4000)
    path = write(tmp_path, "".join(f"{(-1, 1)[k % 4 == 0]} {score}\n" for k, score in enumerate(scores.tolist())))
    given = read_files([path], ReadOptions())
    mated, other = given.pairs.mated.score, given.pairs.non_mated.score
    assert (mated[:, None] > other[None, :]).mean() < 0.5  # by chance, with this seed
    assert not said(given, "are these distances")


def test_pieces_of_a_long_file_are_put_together(tmp_path, monkeypatch):
    lines = [f"s{i % 7} s{i % 5} p{i % 5} {i / 8}" for i in range(400)]
    whole = read_files([write(tmp_path, "\n".join(lines))], ReadOptions(mated_by="names")).pairs
    monkeypatch.setattr("misid.evaluation.reading.text.PIECE", 100)
    parts = read_files([write(tmp_path, "\n".join(lines))], ReadOptions(mated_by="names")).pairs
    np.testing.assert_array_equal(whole.mated.score, parts.mated.score)
    np.testing.assert_array_equal(whole.non_mated.search, parts.non_mated.search)
    assert whole.people.count == parts.people.count == 7


def test_the_line_of_a_fault_is_right_in_a_later_piece(tmp_path, monkeypatch):
    monkeypatch.setattr("misid.evaluation.reading.text.PIECE", 100)
    lines = ["1 0.5", "-1 0.25"] * 100
    lines[150], lines[171] = "1 high", "1"
    told = message(write(tmp_path, "\n".join(lines)))
    assert "scores.txt:151  column 2\n  a word of 4 characters stands where a number should be" in told
    assert "scores.txt:172\n  the line has 1 column, most have 2" in told
    assert "2 problems" in told


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("1 0.5\n-1 0.1\n1 0.7\n-1", "scores.txt:4\n  the line has 1 column, most have 2"),
        ("1 0.5\n-1 0.1\n\n1 0.7\n-1 0.2", "scores.txt:3\n  the line is empty"),
        ("1 0.5\n-1 0.1\n1 high\n", "scores.txt:3  column 2\n  a word of 4 characters stands where a number"),
        (
            "1 0.5\n-1 None\n1 0.2\n",
            "'None' stands where a number should be; write NaN or nothing where there",
        ),
        ("1 0.5\n-1 1_000\n1 0.2\n-1 0.3", "a word of 5 characters stands where a number should be"),
        ("1 0.5\n0 0.1\n-1 0.3\n", "column 1\n  the labels hold 0 and -1 beside 1"),
        ("1 0.5\n2 0.1\n-1 0.3\n", "scores.txt:2  column 1\n  1 line without a label (the first has a word of 1"),
        ("1 0.5\n1 0.1\n", "there are no non-mated comparisons"),
        ("-1 0.5\n-1 0.1\n", "there are no mated comparisons"),
        ("1 nan\n-1 0.1\n", "none of the 1 mated comparison has a score"),
        ("1 0.5\n-1 0.5\n1 0.5\n", "every score is 0.5; is this the column of scores?"),
        ("1 inf\n-1 0.5\n1 -inf\n", "scores.txt:1\n  the score is inf; give a finite score, or nan"),
        ("1 1e39\n-1 0.5\n", "the score 1e+39 is too large for single precision"),
        ("1 1\n0 0\n0 1\n", "both columns could be the label"),
        ("0.9 a a p1\n0.1 a b p1\n", "column 4 holds words, column 1 numbers: the columns are mixed up"),
        ("a a p1 0.9\na a p2 0.8\n", "all comparisons are of one subject"),
        ("a a p1 0.9\nb b p2 0.8\n", "there are no non-mated comparisons"),
        ("0.5\n0.25\n", "one column of scores, and nothing says who is mated; give two files"),
        ("q t 0.5\nq u 0.25\n", "three columns, and nothing says who is mated; give the file of mates by --mates"),
        ("a b c d e 0.5\nf g h i j 0.2\n", "text of 6 columns without a header"),
        ("claimed real sample value\na a p 0.5\n", "scores.txt:1\n  the first line holds no number: is it a header?"),
        ("0,5\n0,7\n", "the columns are separated by commas and the first line holds numbers"),
        (" \n\n ", "there is nothing but blanks in the file"),
    ],
)
def test_bad_text_is_told_where_and_what(tmp_path, text, part):
    assert part in message(write(tmp_path, text))


def test_many_faults_are_counted_not_listed(tmp_path):
    told = message(write(tmp_path, "\n".join(["1 0.5", "-1 0.2"] * 40 + ["1 bad", "-1"] * 40)))
    assert told.count("scores.txt:") == 3
    assert f"and {MOST - 3} more like it" in told
    assert "there are 60 more" in told


@pytest.mark.parametrize(
    ("first", "second", "asked", "part"),
    [
        ("0.5\n0.6\n", "3\n-1\n", {"histogram": True}, "the count is -1; with --histogram every line is a whole"),
        ("0.5\n0.6\n", "3\n0.5\n", {"histogram": True}, "the count is 0.5"),
        ("5\n6\n", "3\n1e12\n", {"histogram": True}, "the histogram stands for 1,000,000,000,003 scores"),
        ("0.5\n0.6\n", "0.5,0.1\n", {}, "the columns are separated by commas"),
        ("a a p 0.5\na b p 0.2\n", "a a p 0.5\na b p 0.2\n", {}, "holds mated and non-mated comparisons itself"),
        ("1 0.5\n-1 0.2\n", "1 0.5\n-1 0.2\n", {}, "give it alone, and a second algorithm's by --against"),
        ("q t 0.5\nq u 0.2\n", "q t\n", {}, "the file holds words alone; is it the file of mates? Give it by --mates"),
        ("0.5\n0.6\n", "0.2\n", {"mates": "x"}, "there is no such file"),
        ("0.5\n0.6\n", "0.2\n", {"groups": ("sex",)}, "--groups\n  this option says nothing about two files of scores"),
    ],
)  # fmt: skip
def test_bad_pairs_of_files_are_told(tmp_path, first, second, asked, part):
    files = [write(tmp_path, first, "one.txt"), write(tmp_path, second, "two.txt")]
    assert part in message(files, **asked)


def test_an_infinite_score_of_the_second_file_is_told_with_its_file(tmp_path):
    files = [write(tmp_path, "0.5\n0.6\n", "one.txt"), write(tmp_path, "0.1\ninf\n", "two.txt")]
    assert f"{files[1]}:2\n  the score is inf" in message(files)


def test_samples_linked_by_a_chain_are_one_subject(tmp_path):
    scores = write(tmp_path, "q1 t1 9\nq1 t2 8\nq1 t3 1\nq2 t1 7\nq2 t2 6\nq2 t3 2\nq3 t1 3\nq3 t2 2.5\nq3 t3 4\n")
    mates = write(tmp_path, "q1 t1\nq1 t2\nq2 t2\nq9 t3\n", "mates.txt")
    given = read_files([scores], ReadOptions(mates=str(mates)))
    assert given.pairs.mated.score.tolist() == [9.0, 8.0, 7.0, 6.0]
    assert given.pairs.people.count == 3  # q1 = q2 = t1 = t2; q3; t3
    assert said(given, "Mated by a chain of links, with none of their own: 1 comparison.")
    assert said(given, "3 searches; 1 of them")
    assert said(given, "name a sample without a score: 1.")


@pytest.mark.parametrize(
    ("mates", "part"),
    [("q1 t1\nq2\n", "the line has 1 column, most have 2"), ("a,b\nc,d\n", "the file of mates is no plain text")],
)
def test_bad_files_of_mates_are_told(tmp_path, mates, part):
    scores = write(tmp_path, "q1 t1 0.9\nq1 t2 0.8\nq2 t1 0.5\n")
    assert part in message(scores, mates=str(write(tmp_path, mates, "mates.txt")))


def test_probe_and_reference_in_each_others_place_are_noticed(tmp_path):
    straight = [
        (c, r, f"s{r}/{k}", 9.0 if c == r else c + r / 8 + k / 64) for c in range(4) for r in range(4) for k in (1, 2)
    ]
    right = write(tmp_path, "\n".join(f"{c} {r} {label} {score}" for c, r, label, score in straight), "right.txt")
    wrong = write(tmp_path, "\n".join(f"{r} {c} {label} {score}" for c, r, label, score in straight), "wrong.txt")
    assert not said(read_files([right], ReadOptions()), "look swapped")
    assert read_files([right], ReadOptions()).pairs.mated.search is not None
    assert said(read_files([wrong], ReadOptions()), "look swapped")
    assert read_files([wrong], ReadOptions()).pairs.mated.search is None


def test_repeated_lines_are_counted_and_kept(tmp_path):
    given = read_files([write(tmp_path, GOOD + "a a p1 0.9\na a p1 0.7\n")], ReadOptions())
    assert given.pairs.mated.score.size == 4
    assert said(given, "repeated by 2 lines, 1 of them with the same score")


def test_a_cosine_above_one_is_counted_and_kept(tmp_path):
    given = read_files([write(tmp_path, "1 1.0000001\n-1 0.5\n1 0.9\n")], ReadOptions())
    assert given.pairs.mated.score.max() > 1
    assert said(given, "1 score above 1, by rounding it seems")
    assert not said(read_files([write(tmp_path, "1 1.5\n-1 0.5\n1 0.9\n")], ReadOptions()), "above 1")


def test_whole_scores_with_ties_are_fine(tmp_path):
    given = read_files([write(tmp_path, "1 7\n-1 3\n1 7\n-1 3\n-1 2\n1 5\n")], ReadOptions())
    assert said(given, "66.7% of scores are equal to another one")
    assert "ties" in given.caveats


def test_failed_probes_are_kept_apart_with_their_subject(tmp_path):
    given = read_files([write(tmp_path, GOOD + "b b p3 nan\na b p3 NaN\n")], ReadOptions())
    assert (given.pairs.mated.failed, given.pairs.non_mated.failed) == (1, 1)
    assert given.pairs.mated.failed_probe.tolist() == [1]
    assert given.pairs.non_mated.failed_probe.tolist() == [1]
    assert said(given, "2 comparisons without a score (NaN): 1 mated and 1 non-mated")


def test_groups_come_from_a_table_of_subjects(tmp_path):
    people = range(120)
    lines = [f"s{p} s{q} p{q} {float(p == q) + p / 999 + q / 99999}" for q in people for p in (q, (q + 1) % 120)]
    table = "subject,sex\n" + "".join(f"s{p},{'f' if p % 2 else 'm'}\n" for p in people)
    subjects = write(tmp_path, table, "subjects.csv")
    given = read_files([write(tmp_path, "\n".join(lines))], ReadOptions(subjects=str(subjects), groups=("sex",)))
    assert given.pairs.people.group_names == ("f", "m")
    assert np.bincount(given.pairs.people.group).tolist() == [60, 60]
    assert given.sources[-1].format == "table of subjects"
    assert "--groups needs --subjects" in message(write(tmp_path, "\n".join(lines)), groups=("sex",))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("0.9\n\n\n0.8\n", ":2\n  the line is empty; take it out"),
        ("\n0.9\n0.8\n", ":1\n  the first line is empty; take it out"),
    ],
)
def test_empty_lines_are_said_and_may_be_taken_out(tmp_path, text, told):
    other = write(tmp_path, "0.1\n0.2\n0.3\n", "other.txt")
    assert told in message([write(tmp_path, text), other])
    assert counts(
        read_files([write(tmp_path, text.strip().replace("\n\n", "\n").replace("\n\n", "\n")), other], ReadOptions())
    ) == (2, 3, 0)


def test_a_histogram_stands_for_no_more_than_memory_holds(tmp_path):
    files = [write(tmp_path, "1\n2\n"), write(tmp_path, "5\n30000000\n", "counts.txt")]
    assert "stands for 30,000,005 scores, more than 20,000,000" in message(files, histogram=True)
