"""Two algorithms' files joined: any order, other forms and spellings, failures of one, targets of one's own."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import numpy as np
import pytest

import misid
from misid.errors import MisidError

SLOW = pytest.mark.slow
PEOPLE = 36


def table(seed: int, shift: float = 2.0) -> list[list[str]]:
    """Every second photo of a person against every first one."""
    rng = np.random.default_rng(seed)
    return [
        [f"p{i}", f"s{i}b", f"p{j}", f"s{j}a", f"{rng.normal() + shift * (i == j):.5f}"]
        for i in range(PEOPLE)
        for j in range(PEOPLE)
    ]


HEAD = ["probe_subject", "probe_sample", "reference_subject", "reference_sample", "score"]
FIRST, SECOND = table(1), table(2, 2.5)


def write(name: str, rows: list[list[str]], head: list[str] = HEAD) -> str:
    with Path(name).open("w", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return name


def shuffled(rows: list[list[str]]) -> list[list[str]]:
    return [rows[k] for k in np.random.default_rng(9).permutation(len(rows))]


def differences(against: str, **options: object) -> dict[str, tuple[float, float, float]]:
    found = misid.evaluate("a.csv", against=against, **options).evaluation.compared
    return {name: (x.value, x.low, x.high) for name, x in found.items()}


def as_parquet(rows: list[list[str]]) -> str:
    write("whole.csv", rows)
    duckdb.sql("COPY (FROM 'whole.csv') TO 'b.parquet'")
    return "b.parquet"


def as_bob(rows: list[list[str]]) -> str:
    Path("b.txt").write_text("".join(f"{r} {rs} {p} {ps} {score}\n" for p, ps, r, rs, score in rows))
    return "b.txt"


def respelled(rows: list[list[str]]) -> str:
    return write("b.csv", [[*(word.upper() for word in row[:4]), row[4]] for row in rows])


def with_file_names(rows: list[list[str]]) -> str:
    return write("b.csv", [[p, f"./{ps}.JPG", r, f"{rs}.jpg", score] for p, ps, r, rs, score in rows])


def without_samples(rows: list[list[str]]) -> str:
    return write(
        "b.csv", [[p, r, score] for p, _, r, _, score in rows], ["probe_subject", "reference_subject", "score"]
    )


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write("a.csv", FIRST)


@SLOW
@pytest.mark.parametrize("form", [as_parquet, as_bob, respelled, with_file_names, without_samples])
def test_order_form_and_spelling_make_no_difference(form):
    expected = differences(write("plain.csv", SECOND))
    assert {"fnmr_at_fmr_1e-1", "fnmr_at_fmr_1e-2", "rank_1_miss", "fnir_at_fpir_0.1"} <= set(expected) | {
        "fnir_at_fpir_0.1"
    }
    assert differences(form(shuffled(SECOND))) == expected


def test_names_kept_apart_have_nothing_in_common():
    with pytest.raises(MisidError, match="no comparison in common"):
        differences(respelled(SECOND), names="exact")


@SLOW
def test_pairs_the_other_way_round_are_the_same_where_samples_are_on_both_sides():
    def every_two(seed: int) -> list[list[str]]:
        rng = np.random.default_rng(seed)
        photos = [(f"p{i}", f"s{i}{photo}") for i in range(PEOPLE) for photo in "ab"]
        return [
            [*one, *other, f"{rng.normal() + 2 * (one[0] == other[0]):.5f}"]
            for k, one in enumerate(photos)
            for other in photos[k + 1 :]
        ]

    write("a.csv", every_two(1))
    other = every_two(2)
    expected = differences(write("plain.csv", other))
    turned = [[*row[2:4], *row[:2], row[4]] if k % 3 else row for k, row in enumerate(shuffled(other))]
    found = misid.evaluate("a.csv", against=write("b.csv", turned)).evaluation
    assert {name: (x.value, x.low, x.high) for name, x in found.compared.items()} == expected
    assert any("the other way round" in words for words in found.assumed)


def own_rates(rows: list[list[str]], target: float) -> float:
    """FRR at an FMR, by sorting."""
    score = np.array([float(row[4] or "nan") for row in rows], np.float32)
    mated = np.array([row[0] == row[2] for row in rows])
    others = np.sort(score[~mated & ~np.isnan(score)])[::-1]
    cut = others[int(target * others.size)]
    return float(np.mean(~(score[mated] > cut)))


@SLOW
def test_a_failure_of_one_counts_against_it():
    failed = [[*row[:4], "" if row[1] in ("s3b", "s4b", "s5b") else row[4]] for row in SECOND]
    mine = [[*row[:4], "" if row[1] == "s3b" else row[4]] for row in FIRST]
    write("a.csv", mine)
    found = misid.evaluate("a.csv", against=write("b.csv", shuffled(failed)), name=("Ours", "Theirs")).evaluation
    gap = own_rates(mine, 0.1) - own_rates(failed, 0.1)
    assert found.compared["frr_at_fmr_1e-1"].value == pytest.approx(gap)
    assert found.pairs.figures["frr_at_fmr_1e-1"].value == pytest.approx(own_rates(mine, 0.1))
    assert found.against_pairs.figures["frr_at_fmr_1e-1"].value == pytest.approx(own_rates(failed, 0.1))
    words = f"Without a score: 0 by Ours alone, {2 * PEOPLE} by Theirs alone, {PEOPLE} by both."
    assert any(sentence.startswith(words) for sentence in found.assumed)


@SLOW
def test_what_stands_in_one_file_alone_is_asked_about_and_either_answer_works():
    there = [row for row in SECOND if row[1] not in ("s3b", "s4b")]
    write("b.csv", shuffled(there))
    with pytest.raises(
        MisidError, match=f"{2 * PEOPLE} comparisons of a.csv are not in b.csv.*--unscored failed.*left-out"
    ):
        differences("b.csv")
    failed = [row if row in there else [*row[:4], ""] for row in SECOND]
    as_failures = differences("b.csv", unscored="failed")
    assert as_failures == differences(write("c.csv", failed))
    own = misid.evaluate("a.csv", against="b.csv", unscored="failed").evaluation.against_pairs.figures
    assert own["failure_to_acquire"].count == 2 * PEOPLE
    left_out = differences("b.csv", unscored="left-out")
    write("a.csv", [row for row in FIRST if row[1] not in ("s3b", "s4b")])
    assert left_out == differences("b.csv")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda rows: [*rows, [*rows[5][:4], "9"]],
            r"b.csv: 1 of 1,297 comparisons have the samples of another one \(rows 1,297",
        ),
        (lambda rows: [[f"q{p}", *rest] for p, *rest in rows], "no comparison in common|no mated"),
    ],
)
def test_what_cannot_be_joined_is_refused_with_places(change, words):
    with pytest.raises(MisidError, match=words):
        differences(write("b.csv", change(SECOND)), repeats="all")


def lists(seed: int, skip: tuple[int, ...] = ()) -> list[list[str]]:
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(PEOPLE):
        score = rng.normal(size=24) + 2.5 * (np.arange(24) == i)
        for rank, j in enumerate(np.argsort(-score)[:5], start=1):
            rows.append([f"q{i}", f"p{i}", str(rank), f"p{j}", f"{score[j]:.5f}"])
    return [row for row in rows if int(row[0][1:]) not in skip]


LISTS = ["search", "probe_subject", "rank", "reference_subject", "score"]


@SLOW
def test_candidate_lists_are_joined_on_searches():
    enrolled = Path("enrolled.txt")
    enrolled.write_text("".join(f"p{i}\n" for i in range(24)))
    write("a.csv", lists(1), LISTS)
    options = {"enrolled": str(enrolled), "gallery_size": 24}
    expected = differences(write("plain.csv", lists(2), LISTS), **options)
    assert {"rank_1_miss", "fnir_at_fpir_0.1"} <= set(expected)
    assert differences(write("b.csv", shuffled(lists(2)), LISTS), **options) == expected
    write("b.csv", lists(2, (3,)), LISTS)
    with pytest.raises(MisidError, match=r"1 searches of a.csv are not in b.csv"):
        differences("b.csv", **options)
    for answer in ("failed", "left-out"):
        assert differences("b.csv", unscored=answer, **options)["rank_1_miss"]


@SLOW
@pytest.mark.parametrize("named", [True, False])
def test_templates_are_joined_by_sample_or_by_place_of_the_subject(named):
    def arrays(name: str, seed: int, order: np.ndarray, lost: tuple[int, ...] = ()) -> str:
        rng = np.random.default_rng(seed)
        subject = np.repeat(np.arange(60), 3)
        vectors = rng.normal(size=(60, 16))[subject] + rng.normal(size=(180, 16))
        vectors[list(lost)] = np.nan
        sample = {"sample": np.array([f"s{k}" for k in range(180)])[order]} if named else {}
        np.savez(name, embedding=vectors[order].astype(np.float32), subject=subject[order], **sample)
        return name

    plain = np.arange(180)
    order = np.random.default_rng(5).permutation(180) if named else np.arange(180).reshape(60, 3)[::-1].ravel()
    arrays("a.npz", 1, plain)

    def found(name: str):
        return misid.evaluate("a.npz", against=name).evaluation

    one, other = found(arrays("plain.npz", 2, plain)), found(arrays("b.npz", 2, order))
    assert one.compared["fnmr_at_fmr_1e-2"].value == other.compared["fnmr_at_fmr_1e-2"].value
    assert one.compared["rank_1_miss"].value == other.compared["rank_1_miss"].value
    with_loss = found(arrays("lost.npz", 2, order, lost=(7,)))
    assert with_loss.compared["frr_at_fmr_1e-2"].value <= one.compared["fnmr_at_fmr_1e-2"].value


@SLOW
def test_each_algorithm_has_its_own_name_thresholds_and_targets():
    write("b.csv", SECOND)
    result = misid.evaluate(
        "a.csv",
        against="b.csv",
        name=("One", "Two"),
        thresholds=[1.5],
        thresholds_against=[1.8],
        fmr=[0.02],
        fpir=[0.05],
    )
    assert {"fmr_at_1.5", "fnmr_at_fmr_0.02", "fnir_at_fpir_mate_removed_0.05"} <= set(result.figures)
    assert {"against.fmr_at_1.8", "against.fnmr_at_fmr_0.02", "difference.fnmr_at_fmr_0.02"} <= set(result.figures)
    assert "against.fmr_at_1.5" not in result.figures
    assert (result.evaluation.name, result.evaluation.against) == ("One", "Two")
    short = result.page.short
    cells = [row for section in short.sections for table in section.tables for row in table.rows]
    assert cells[0][0] == "threshold 1.5"
    at_target = next(row for row in cells if "1 in 50" in str(row[0]))
    assert "≥" in at_target[2]
    assert "≥" in at_target[3]
    assert "points" in at_target[4]
    assert "where 1 in 50" in result.page.lead
    assert "--name One --name Two" in result.command
    assert "--threshold-against 1.8 --fmr 0.02 --fpir 0.05" in result.command


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fmr": [1e-6]}, "--fmr 1e-6 is less than the data can show.*Give at least 0.000794.*below 0.00238"),
        ({"fmr": [2.0]}, "fmr"),
        ({"name": ("One", "Two", "Three"), "against": "a.csv"}, "3 names and 2"),
        ({"name": ("One", "One"), "against": "a.csv"}, "both algorithms are called 'One'"),
        ({"name": ("One", "Two")}, "2 names and 1"),
        ({"thresholds_against": [1.0]}, "--against"),
    ],
)
def test_what_the_data_or_the_options_cannot_carry_is_refused(options, words):
    with pytest.raises(MisidError, match=words):
        misid.evaluate("a.csv", **options)


@SLOW
def test_the_least_target_that_an_error_names_is_taken():
    assert misid.evaluate("a.csv", fmr=[0.000794]).figure("fnmr_at_fmr_0.000794").value is not None


@SLOW
def test_a_file_against_itself_has_two_names():
    found = misid.evaluate("a.csv", against="a.csv").evaluation
    assert found.name != found.against
