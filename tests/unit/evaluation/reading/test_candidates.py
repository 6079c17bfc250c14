import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import Pseudonyms, ReadOptions, Searches

sys.path.append(str(Path(__file__).parents[3] / "helpers"))
read_table = importlib.import_module("one_reader").read_table

HEAD = "search,probe_subject,rank,gallery_subject,gallery_sample,score"
# One list each: a mate at rank 1, a mate tied at 2, a mate that did not come back, nobody enrolled, and a failure.
LISTS = """
s1,a,1,a,0,0.9
s1,a,2,b,0,0.5
s1,a,3,c,0,0.25
s2,b,1,c,0,0.75
s2,b,2,b,0,0.5
s2,b,3,b,1,0.5
s2,b,4,a,0,0.5
s3,c,1,a,0,0.25
s4,x,1,b,0,0.625
s4,x,2,a,0,0.125
s5,a,,,,
"""


@pytest.fixture
def read(tmp_path):
    def with_text(text, head=HEAD, **asked):
        path = tmp_path / "lists.csv"
        path.write_text(head + "\n" + text.strip() + "\n")
        return read_table(path, ReadOptions(**asked), Pseudonyms())

    return with_text


def test_lists_become_searches(read):
    data, assumed, caveats = read(LISTS)
    assert isinstance(data, Searches)
    low = -np.inf
    assert data.probe.tolist() == [0, 1, 2, 3, 0]
    assert data.mated.tolist() == [True, True, True, False, True]
    assert data.failed.tolist() == [False] * 4 + [True]
    assert data.mate.tolist() == [np.float32(0.9), 0.5, low, low, low]
    assert data.rank.tolist() == [1, 3, 0, 0, 0]
    assert data.rank_favoured.tolist() == [1, 2, 0, 0, 0]
    assert data.others.tolist() == [[0.5, 0.25], [0.75, 0.5], [0.25, low], [0.625, 0.125], [low, low]]
    assert data.others_subject.tolist() == [[1, 2], [2, 0], [0, -1], [1, 0], [-1, -1]]
    assert (data.n_references, data.n_enrolled, data.depth) == (4, 3, 4)
    assert data.people.count == 4
    assert set(caveats) == {"enrolled_assumed", "failures_counted"}
    said = " ".join(assumed)
    assert "4 references of 3 subjects stand on the lists" in said
    assert "1 search without a single score" in said


def test_the_order_of_rows_and_the_direction_do_not_matter(read):
    plain = read(LISTS)[0]
    lines = LISTS.strip().splitlines()
    shuffled = "\n".join([lines[at] for at in np.random.default_rng(3).permutation(len(lines))])
    turned = read(shuffled)[0]
    for one in plain.probe, turned.probe:
        assert one.size == 5
    key = np.lexsort((turned.mate, turned.others[:, 0]))
    assert np.array_equal(turned.others[key], plain.others[np.lexsort((plain.mate, plain.others[:, 0]))])
    distances = "\n".join(
        ",".join([*row.split(",")[:-1], str(1 - float(row.split(",")[-1] or "nan"))]) for row in lines
    )
    far = read(distances, dissimilarity=True)[0]
    assert np.array_equal(far.rank, plain.rank)
    assert far.mate[1] == -0.5
    with pytest.raises(InvalidInput, match="are these distances"):
        read(distances)


@pytest.mark.slow
def test_the_gallery_and_the_enrolled_can_be_given(read, tmp_path):
    who = tmp_path / "enrolled.txt"
    who.write_text("\ufeffsubject\r\na\r\nb\r\nc\r\nd\r\ne\r\n\r\n")
    data, assumed, caveats = read(LISTS, gallery_size=40, enrolled=str(who))
    assert (data.n_references, data.n_enrolled, data.depth) == (40, 5, 4)
    assert set(caveats) == {"failures_counted", "list_depth"}
    assert any("5 subjects are enrolled" in sentence for sentence in assumed)
    who.write_text("a\nb\nx\n")
    with pytest.raises(InvalidInput, match="1 subject on the candidate lists and not among the enrolled"):
        read(LISTS, enrolled=str(who))
    with pytest.raises(InvalidInput, match="the lists hold 4 references, the gallery 3"):
        read(LISTS, gallery_size=3)
    assert read(LISTS, gallery_size=40)[0].n_enrolled == 30
    who.write_text("\n")
    with pytest.raises(InvalidInput, match="names nobody"):
        read(LISTS, enrolled=str(who))


def with_column(values):
    return "\n".join(f"{line},{value}" for line, value in zip(LISTS.strip().splitlines()[:-1], values, strict=True))


@pytest.mark.slow
def test_a_column_may_say_who_is_enrolled(read):
    flags = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0]
    for column in ("enrolled", "mated"):
        data, _, caveats = read(with_column(flags), head=f"{HEAD},{column}")
        assert data.mated.tolist() == [True, True, False, False]
        assert "enrolled_assumed" not in caveats
    own = [1, 0, 0, 0, 1, 1, 0, 0, 0, 0]  # says which candidate is the mate, nothing about who is enrolled
    assert "enrolled_assumed" in read(with_column(own), head=f"{HEAD},mated")[2]
    with pytest.raises(InvalidInput, match="not 0 or 1 throughout"):
        read(with_column([1, 0, *flags[2:]]), head=f"{HEAD},enrolled")
    with pytest.raises(InvalidInput, match="said to be not mated, and the mate stands on the list"):
        read(with_column([0, 0, 0, *flags[3:]]), head=f"{HEAD},enrolled")


@pytest.mark.slow
def test_odd_ranks_are_said(read):
    assert "start at 0" in " ".join(read("s1,a,0,a,0,.9\ns1,a,1,b,0,.5\ns2,b,0,b,0,.4\n")[1])
    assert "2 gaps in the ranks" in " ".join(read("s1,a,2,a,0,.9\ns1,a,4,b,0,.5\ns2,b,1,b,0,.4\n")[1])
    tied = read("s1,a,1,a,0,.9\ns1,a,1,b,0,.9\ns2,b,1,b,0,.4\n")
    assert "equal scores share a rank" in " ".join(tied[1])
    assert tied[0].rank.tolist() == [2, 1]
    assert tied[0].rank_favoured.tolist() == [1, 1]
    crossed = read("s1,a,1,b,0,.8\ns1,a,2,a,0,.9\ns1,a,3,c,0,.5\ns1,a,4,d,0,.4\ns2,b,1,b,0,.4\n")
    assert "ranks do not follow the scores" in " ".join(crossed[1])
    assert crossed[0].rank[0] == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LISTS + "s1,a,1,b,1,0.3", "a rank stands twice, with two scores, in 1 list"),
        (LISTS + "s1,b,9,b,1,0.1", "1 search with two probe subjects"),
        (LISTS + "s1,a,1.5,b,1,0.3", r":13  rank\n  1 row without a rank from 0"),
        (LISTS + "s1,a,,b,1,0.3", "without a rank"),
        (LISTS + "s1,a,nan,b,1,0.3", "without a rank"),
        (LISTS + "s1,a,inf,b,1,0.3", "without a rank"),
        (LISTS + "s1,a,-1,b,1,0.3", "without a rank"),
        (LISTS + "s1,,4,b,1,0.3", "1 row without a probe subject"),
        (LISTS + "s1,a,4,,1,0.3", "1 row without a reference subject"),
        (LISTS + "s1,a,4,b,1,x", "1 row with a word for a score"),
        (LISTS + "s1,a,4,b,1,inf", "1 score infinite, or too large"),
        (LISTS + ",a,4,b,1,0.1", r"search\n  1 row without a value"),
        ("s1,a,1,a,0,0.5\ns2,a,1,b,0,0.5", "all searches are of one probe subject"),
        ("s1,a,1,a,0,\ns2,b,1,b,0,", "no candidate has a score"),
    ],
)
@pytest.mark.slow
def test_what_contradicts_itself_is_told(read, text, words):
    with pytest.raises(InvalidInput, match=words):
        read(text)


def test_probe_and_reference_swapped_can_be_seen(read):
    head = "gallery_subject,gallery_sample,rank,probe_subject,probe_sample,score"
    rows = [
        f"p{p},0,{1 + (g - p) % 6},g{g},0,{0.9 - 0.1 * ((g - p) % 6) + 0.01 * p}" for p in range(6) for g in range(6)
    ]
    rows += [f"p9,0,1,g{g},0,0.0" for g in range(1)]
    with pytest.raises(InvalidInput, match="are probe and reference swapped"):
        read("\n".join(rows), head=head)


def test_lists_without_samples_are_one_search_a_subject(read):
    data, assumed, _ = read("a,1,a,.9\na,2,b,.5\nb,1,a,.4\n", head="probe_subject,rank,reference_subject,score")
    assert data.probe.size == 2
    assert any("each probe subject is one search" in sentence for sentence in assumed)


FILLED = """
s1,a,1,a,0,0.9
s1,a,2,-1,-1,-3.4028235e38
s2,b,1,-1,-1,-3.4028235e38
s2,b,2,-1,-1,-3.4028235e38
s3,x,1,b,0,0.5
s3,x,2,a,0,0.25
"""


def test_a_row_that_fills_a_list_is_no_candidate_and_the_search_did_not_fail(read):
    data, assumed, _ = read(FILLED, gallery_size=2)
    assert data.failed.tolist() == [False] * 3
    assert data.mated.tolist() == [True, True, False]
    assert data.mate.tolist() == [np.float32(0.9), -np.inf, -np.inf]
    assert data.n_references == 2
    assert "3 rows without a candidate" in " ".join(assumed)


def test_a_name_of_nobody_with_a_score_is_a_candidate(read):
    data, assumed, _ = read(FILLED.replace("s1,a,2,-1,-1,-3.4028235e38", "s1,a,2,-1,-1,0.75"))
    assert data.others[0, 0] == 0.75
    assert "2 rows without a candidate" in " ".join(assumed)


@pytest.fixture(scope="module")
def hits():
    """Scores of 60 searches of 80 people, and those of 0.42 and more, as a search by radius gives them."""
    rng = np.random.default_rng(5)
    score = rng.normal(0.2, 0.11, (60, 80))
    score[np.arange(40), np.arange(40)] += 0.45
    rows = [f"P{p},P{r if r < 40 else r + 100},{score[p, r]:.6f}" for p, r in np.argwhere(score >= 0.42)]
    return score, "\n".join(rows)


PAIRS = "probe_subject,reference_subject,score"


def test_hits_above_a_floor_are_asked_about(read, hits):
    with pytest.raises(InvalidInput, match="lists of hits; give the size of the gallery and all searches"):
        read(hits[1], PAIRS)
    data, *_ = read(hits[1], PAIRS, unscored="left-out")
    assert data.mated.score.size + data.non_mated.score.size == (hits[0] >= 0.42).sum()


def test_hits_with_all_searches_are_lists_without_ranks(read, hits, tmp_path):
    score, rows = hits
    (tmp_path / "searches.txt").write_text("\n".join(f"P{p}" for p in range(60)))
    (tmp_path / "gallery.txt").write_text("\n".join(f"P{r if r < 40 else r + 100}" for r in range(80)))
    sides = {"searched": str(tmp_path / "searches.txt"), "enrolled": str(tmp_path / "gallery.txt")}
    data, assumed, _ = read(rows, PAIRS, gallery_size=80, **sides)
    mated = np.arange(60) < 40
    assert (int(data.mated.sum()), data.probe.size, data.n_references) == (40, 60, 80)
    for threshold in (0.45, 0.5):
        missed = int((data.mate[data.mated] < np.float32(threshold)).sum())
        assert missed == int((score[np.arange(40), np.arange(40)] < threshold).sum())
        raised = int((data.others[~data.mated].max(axis=1) >= np.float32(threshold)).sum())
        assert raised == int((score[~mated].max(axis=1) >= threshold).sum())
    assert "Rows have no rank" in " ".join(assumed)


@pytest.mark.parametrize("few", [7, 80])
def test_whole_sets_are_not_asked_about(read, hits, few):
    """Some of all pairs, drawn at random, and all of them."""
    score = hits[0]
    kept = np.random.default_rng(1).random(score.shape) < few / 80
    kept[np.arange(10), np.arange(10)] = True
    rows = [f"P{p},P{r if r < 40 else r + 100},{score[p, r]:.6f}" for p, r in np.argwhere(kept)]
    assert read("\n".join(rows), PAIRS)[0].mated.score.size
