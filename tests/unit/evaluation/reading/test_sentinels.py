"""Scores that stand for a failure, and samples compared with themselves; the same in every format."""

import numpy as np
import pytest

from misid.errors import InvalidInput, OutOfRange, UnknownName
from misid.evaluation import EvaluationOptions, ReadOptions, read_files, search_rates
from misid.evaluation.searches.from_comparisons import searches_from_comparisons

MATED, OTHERS = [0.9, 0.8, 0.75, 0.7], [0.1, 0.15, 0.2, 0.25, 0.3, 0.35]


def as_text(path, rows, name):
    path.write_text("".join(f"{label} {score}\n" for label, score in rows))


def as_csv(path, rows, name):
    path.write_text(f"mated,{name}\n" + "".join(f"{label},{score}\n" for label, score in rows))


def as_npz(path, rows, name):
    with path.open("wb") as file:
        np.savez(file, mated=np.array([row[0] for row in rows]), **{name: np.array([row[1] for row in rows])})


@pytest.fixture(params=[as_text, as_csv, as_npz], ids=["text", "CSV", "npz"])
def read(request, tmp_path):
    def read_one(mated, others, name="score", **options):
        path = tmp_path / "x"
        request.param(path, [(1, x) for x in mated] + [(0, x) for x in others], name)
        distance = {"dissimilarity": True} if name == "distance" and request.param is as_text else {}
        return read_files([path], ReadOptions(**options, **distance))

    return read_one


def failures(found):
    return found.pairs.mated.failed, found.pairs.non_mated.failed


@pytest.mark.parametrize("value", [-999.0, -3.4028234663852886e38, -1.7976931348623157e308])
def test_a_value_far_below_all_scores_is_a_failure(read, value):
    found = read([*MATED, value], [*(x / 10 for x in range(1, 8)), *(3 * OTHERS), value, value])
    assert failures(found) == (1, 2)
    assert any(f"3 scores of {value:g} taken for failures" in sentence for sentence in found.assumed)


def test_a_repeated_distance_below_zero_is_a_failure(read):
    found = read([*OTHERS, -1, -1], [*MATED, -1], "distance")
    assert failures(found) == (2, 1)
    assert any("a distance is never below 0" in sentence for sentence in found.assumed)


def test_one_distance_below_zero_is_asked_about(read):
    with pytest.raises(InvalidInput, match=r"1 score of -1: a distance is never below 0.*--failed-score=-1, or"):
        read([*OTHERS, -1], MATED, "distance")
    assert failures(read([*OTHERS, -1], MATED, "distance", failed_scores=("-1",))) == (1, 0)
    assert failures(read([*OTHERS, -1], MATED, "distance", failed_scores=("none",))) == (0, 0)


def test_a_value_somewhat_below_all_scores_is_asked_about(read):
    with pytest.raises(InvalidInput, match=r"4 scores of -0.5: the next one is 0.1; is that a failure"):
        read([*MATED, -0.5], [*OTHERS, *OTHERS, -0.5, -0.5, -0.5])
    assert failures(read([*MATED, -0.5], [*OTHERS, *OTHERS, -0.5, -0.5, -0.5], failed_scores=("-0.5",))) == (1, 3)
    assert failures(read([*MATED, -0.5], [*OTHERS, *OTHERS, -0.5, -0.5, -0.5], failed_scores=("none",))) == (0, 0)


def test_what_a_matcher_writes_below_its_threshold_is_asked_about(read):
    with pytest.raises(InvalidInput, match=r"9 scores of -200: it is further from all others.*--failed-score=none if"):
        read(MATED, [*OTHERS, *(9 * [-200])])
    assert failures(read(MATED, [*OTHERS, *(9 * [-200])], failed_scores=("none",))) == (0, 0)


def test_minus_one_among_cosines_is_asked_about(read):
    with pytest.raises(InvalidInput, match=r"3 scores of -1: the next one is -0.8"):
        read(MATED, [*OTHERS, -0.8, -0.5, -1, -1, -1])


@pytest.mark.parametrize("shift", [1.0, 1e9])
def test_scores_that_crowd_are_told_apart(read, shift):
    rng = np.random.default_rng(5)
    scale = 1e-11 if shift == 1.0 else 1e-3
    mated, others = shift - scale * np.exp(rng.normal(0, 1, 60)), shift - scale * np.exp(rng.normal(2, 1, 90))
    found = read([float(x) for x in mated], [float(x) for x in others])
    above = np.mean([a > b for a in mated for b in others])
    mine = np.mean([a > b for a in found.pairs.mated.score for b in found.pairs.non_mated.score])
    assert abs(mine - above) < 1e-3
    assert found.scale(shift) == pytest.approx(0.0, abs=scale)


def test_probabilities_that_crowd_at_both_ends_are_told_apart(read):
    rng = np.random.default_rng(6)
    mated, others = (1 / (1 + np.exp(-rng.normal(mean, 12, size))) for mean, size in ((20, 60), (-15, 90)))
    found = read([float(x) for x in mated], [float(x) for x in others])
    above = np.mean([a > b for a in mated for b in others])
    assert np.mean([a > b for a in found.pairs.mated.score for b in found.pairs.non_mated.score]) == above
    assert any("their log-odds are taken" in sentence for sentence in found.assumed)
    assert found.scale(0.5) == 0.0


def test_scores_of_no_likeness_next_to_others_are_scores(read):
    assert failures(read(MATED, [0.0, 0.0, 0.0, 0.05, *OTHERS])) == (0, 0)


@pytest.mark.parametrize(
    ("mated", "others"),
    [
        ([0.8 + i / 500 for i in range(60)], [0.0] * 9 + [0.2 + i / 500 for i in range(90)]),  # 0 and then 0.2
        ([0.8 + i / 40 for i in range(60)], [-1.0] * 3 + [i / 500 for i in range(90)]),
        ([0.8 + i / 500 for i in range(60)], [999.0] + [i / 500 for i in range(90)]),  # once
    ],
)
def test_a_number_apart_from_others_is_asked_about(read, mated, others):
    with pytest.raises(InvalidInput, match=f"of {others[0]:g}: the next one is .*--failed-score={others[0]:g}, or"):
        read(mated, others)
    read(mated, others, failed_scores=("none",))


def test_mated_scores_that_are_all_alike_are_scores(read):
    assert failures(read([0.9] * 5, OTHERS)) == (0, 0)
    with pytest.raises(InvalidInput, match=r"5 scores of 9999: the next one is 0.35"):
        read([9999] * 5, OTHERS)


def rows_of_samples(itself=True):
    vectors = np.random.default_rng(3).standard_normal((30, 8)) + 1.5 * np.repeat(np.eye(10, 8), 3, axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    score = vectors @ vectors.T
    return [(a, b, score[a, b]) for a in range(30) for b in range(30) if itself or a != b]


@pytest.mark.parametrize("numbered", [False, True], ids=["names", "numbered by person"])
def test_samples_compared_with_themselves_are_left_out(tmp_path, numbered):
    name = (lambda i: f"s{i % 3}") if numbered else (lambda i: f"s{i}")
    header = "probe_subject,probe_sample,reference_subject,reference_sample,score"
    lines = [f"p{a // 3},{name(a)},p{b // 3},{name(b)},{x:.6f}" for a, b, x in rows_of_samples()]
    (tmp_path / "x.csv").write_text("\n".join([header, *lines]) + "\n")
    found = read_files([tmp_path / "x.csv"], ReadOptions())
    # Numbered by person, sample 1 of a probe and sample 1 of a reference may be two photos, were it not for scores that
    # are the same in both orders.
    assert found.pairs.mated.score.size == 30
    assert any("30 comparisons of a sample with itself" in one for one in found.assumed)
    assert any("435 comparisons stand in both orders with the same score" in one for one in found.assumed)
    every = read_files([tmp_path / "x.csv"], ReadOptions(repeats="all"))
    assert every.pairs.mated.score.size == (90 if numbered else 60)


def test_lists_do_not_hold_the_probe_itself(tmp_path):
    rows = rows_of_samples()
    lines = ["probe_subject,probe_sample,reference_subject,reference_sample,rank,score"]
    for a in range(30):
        ranked = sorted((row for row in rows if row[0] == a), key=lambda row: -row[2])[:8]
        lines += [f"p{a // 3},s{a},p{b // 3},s{b},{r},{x:.6f}" for r, (_, b, x) in enumerate(ranked, 1)]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    found = read_files([tmp_path / "x.csv"], ReadOptions(gallery_size=30))
    others = [max((row for row in rows if row[0] == a != row[1]), key=lambda row: row[2])[1] // 3 for a in range(30)]
    assert (found.searches.rank == 1).tolist() == [best == a // 3 for a, best in enumerate(others)]


def test_queries_and_templates_numbered_apart(tmp_path):
    score = np.random.default_rng(2).standard_normal((12, 12))
    mates = [(q, (q + 5) % 12) for q in range(12)]
    for q, t in mates:
        score[q, t] += 4
    (tmp_path / "s.txt").write_text("".join(f"{q} {t} {score[q, t]:.5f}\n" for q in range(12) for t in range(12)))
    (tmp_path / "m.txt").write_text("".join(f"{q} {t}\n" for q, t in mates))
    found = read_files([tmp_path / "s.txt"], ReadOptions(mates=str(tmp_path / "m.txt")))
    assert (found.pairs.mated.score.size, found.pairs.non_mated.score.size) == (12, 132)


def test_names_on_both_sides_that_score_highest_with_themselves_are_one_sample(tmp_path):
    rows = rows_of_samples()
    (tmp_path / "s.txt").write_text("".join(f"p{a} p{b} {x:.6f}\n" for a, b, x in rows))
    (tmp_path / "m.txt").write_text("".join(f"p{a} p{b}\n" for a, b, _ in rows if a != b and a // 3 == b // 3))
    found = read_files([tmp_path / "s.txt"], ReadOptions(mates=str(tmp_path / "m.txt")))
    assert found.pairs.mated.score.size == 30  # each two once
    assert found.pairs.people.count == 10
    assert any("30 comparisons of a query with the template of its name" in sentence for sentence in found.assumed)


def lists_above(tmp_path, threshold):
    rows = rows_of_samples(itself=False)
    lines = ["probe_subject,probe_sample,reference_subject,reference_sample,rank,score"]
    for a in range(30):
        ranked = sorted((row for row in rows if row[0] == a and row[2] >= threshold), key=lambda row: -row[2])
        lines += [f"p{a // 3},s{a},p{b // 3},s{b},{r},{x:.6f}" for r, (_, b, x) in enumerate(ranked, 1)]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "all.txt").write_text("".join(f"p{a // 3}\n" for a in range(30)))
    return tmp_path / "x.csv", rows


def test_lists_that_were_cut_need_all_searches(tmp_path):
    path, rows = lists_above(tmp_path, 0.72)
    with pytest.raises(InvalidInput, match=r"lists were cut by a threshold.*--searched FILE"):
        read_files([path], ReadOptions(gallery_size=30))
    found = read_files([path], ReadOptions(gallery_size=30, searched=str(tmp_path / "all.txt"))).searches
    assert found.probe.size == 30
    assert not found.failed.any()
    best = {a: max(row[2] for row in rows if row[0] == a) for a in range(30)}
    assert int((np.maximum(found.mate, found.others[:, 0]) > -np.inf).sum()) == sum(x >= 0.72 for x in best.values())
    (tmp_path / "all.txt").write_text("p0\n")
    with pytest.raises(InvalidInput, match="with more lists than searches; complete the list"):
        read_files([path], ReadOptions(gallery_size=30, searched=str(tmp_path / "all.txt")))


def test_lists_of_one_candidate_that_were_cut_need_all_searches(tmp_path):
    rng = np.random.default_rng(4)
    mated = np.arange(300) < 100
    best = np.where(mated, rng.normal(0.8, 0.1, 300), rng.gumbel(0.4, 0.05, 300))
    path, options = tmp_path / "x.csv", {"gallery_size": 300, "searched": str(tmp_path / "all.txt")}
    (tmp_path / "all.txt").write_text("".join(f"p{a}\n" for a in range(300)))
    for threshold in (0.0, 0.42):
        lines = [f"p{a},1,p{a if mated[a] else (a + 1) % 100},{x:.6f}" for a, x in enumerate(best) if x >= threshold]
        path.write_text("\n".join(["probe_subject,rank,reference_subject,score", *lines]) + "\n")
        if not threshold:
            assert read_files([path], ReadOptions(gallery_size=300)).searches.floor == -np.inf
            continue
        with pytest.raises(InvalidInput, match=r"hold one candidate, and scores crowd at the lowest.*--searched FILE"):
            read_files([path], ReadOptions(gallery_size=300))
        found = read_files([path], ReadOptions(**options)).searches
        assert found.probe.size == 300
        assert found.floor == pytest.approx(min(x for x in best if x >= threshold), abs=1e-6)
        rates = search_rates(found, EvaluationOptions(image_kind="mugshot", thresholds=(0.3, 0.5))).figures
        assert (rates["fpir_at_0.3"].high, rates["fnir_at_0.3"].low) == (1.0, 0.0)
        assert rates["fpir_at_0.5"].high < 1.0


@pytest.mark.parametrize("lists", [False, True])
def test_a_rank_over_people_counts_each_once(tmp_path, lists):
    rows = rows_of_samples(itself=False)
    lines = ["probe_subject,probe_sample,reference_subject,reference_sample,rank,score"]
    photos, people = [], []
    for a in range(30):
        ranked = sorted((row for row in rows if row[0] == a), key=lambda row: -row[2])
        lines += [f"p{a // 3},s{a},p{b // 3},t{b},{r},{x:.6f}" for r, (_, b, x) in enumerate(ranked, 1)]
        mate = next(r for r, row in enumerate(ranked) if row[1] // 3 == a // 3)
        photos.append(1 + mate)
        people.append(1 + len({row[1] // 3 for row in ranked[:mate]}))
    if not lists:
        lines = [",".join(part for i, part in enumerate(line.split(",")) if i != 4) for line in lines]
    (tmp_path / "x.csv").write_text("\n".join(lines) + "\n")
    found = read_files([tmp_path / "x.csv"], ReadOptions(gallery_size=30 if lists else 0))
    searches = found.searches if lists else searches_from_comparisons(found.pairs)[0]
    assert searches.rank.tolist() == photos
    assert searches.rank_of_people.tolist() == people


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"failed_scores": ("high",)}, OutOfRange),
        ({"failed_scores": ("inf",)}, OutOfRange),
        ({"names": "similar"}, UnknownName),
        ({"arrays": "score"}, UnknownName),
    ],
)
def test_options_that_say_nothing_known_are_refused(asked, error):
    with pytest.raises(error):
        ReadOptions(**asked)
