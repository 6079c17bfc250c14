"""What somebody learns who may run an evaluation as often as they like, with data of their choosing (DESIGN, 6).

Whoever holds templates can multiply them, and whoever holds candidate lists can read them: nothing in misid can
prevent that, and no test here says that it does.  What is held here is that misid adds nothing to it: no run names
or orders a probe or a reference, no figure is about one person, and the difference between two runs is a difference
between counts.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from misid import api
from misid.cli.main import call
from misid.errors import MisidError
from misid.evaluation import groups

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
files = importlib.import_module("made_up_files")

SLOW = pytest.mark.slow
PEOPLE, PROBES = 61, 122  # as odd as can be, so that a list of that length is no accident
SIDES = {"probes": (("role", "probe"),), "references": (("role", "ref"),)}
NUMBER = 770_012_340_000  # subjects that are numbers


@pytest.fixture
def made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(groups, "MOST_PERMUTATIONS", 99)
    monkeypatch.setattr(groups, "REPLICATES", 200)
    return files.make(tmp_path, people=PEOPLE)


def templates(made, *, without=(), order=None, name="t.npz", subject=None):
    """Evaluate templates: without some references, the references in another order, other labels."""
    kept = np.setdiff1d(np.arange(PEOPLE), without)
    kept = kept if order is None else kept[order]
    who = np.concatenate([kept, made.who]) if subject is None else subject
    np.savez(
        name,
        embedding=np.concatenate([made.reference[kept], made.probe]),
        subject=np.array([files.named(one) for one in who]),
        role=np.repeat(["ref", "probe"], [kept.size, PROBES]),
    )
    return api.evaluate(name, name="x", **SIDES)


def lists(made, *, without=(), turned=False):
    """Evaluate candidate lists: without some references, the rows the other way round."""
    gone = {files.named(one) for one in without}
    rows = [row for row in made.lists(40) if row[3] not in gone]
    place: dict[str, int] = {}
    for row in rows:  # the system would rank those that are left
        place[row[0]] = place.get(row[0], 0) + 1
        row[2] = str(place[row[0]])
    rows = rows[::-1] if turned else rows
    enrolled = [one for one in range(40) if one not in without]
    made.table("lists.csv", rows, "search,probe_subject,rank,gallery_subject,score")
    made.text("enrolled.txt", files.lines(map(files.named, enrolled)))
    return api.evaluate("lists.csv", name="x", enrolled="enrolled.txt", gallery_size=len(enrolled))


EVALUATIONS = pytest.mark.parametrize("evaluated", [templates, lists])


def leaves(thing, path=""):
    """Every value of a JSON document by its path; places in a list do not count."""
    if isinstance(thing, dict):
        return [leaf for key, value in thing.items() for leaf in leaves(value, f"{path}/{key}")]
    if isinstance(thing, list):
        return [leaf for value in thing for leaf in leaves(value, f"{path}[]")]
    return [(path, thing)]


def lengths(thing):
    if isinstance(thing, dict):
        return [n for value in thing.values() for n in lengths(value)]
    if isinstance(thing, list):
        return [len(thing), *(n for value in thing for n in lengths(value))]
    return []


# Where two runs may differ: rates of many and their doubt, numbers in sentences, what the file is.
AGGREGATES = re.compile(
    r"/figures/[^/]+/(value|low|high|n|count|method|reason|conditions/(score|threshold|n_references|n_enrolled)"
    r"|caveats\[\]|distance/.*)|/lines/.*|/comparisons/n_\w+|/searches/\w+|/growth/.*"
    r"|/menagerie/(mated|non_mated|density)(\[\])+|/sources\[\]/(size|sha256)|/assumed\[\]|/subjects"
)


def check_aggregates_alone(one, other):
    """Two documents differ in aggregate figures alone, and neither has a row for each probe or reference."""
    first, second = leaves(one), leaves(other)
    differing = {path for path, _ in set(first) ^ set(second)}
    assert differing
    assert [path for path in differing if not AGGREGATES.fullmatch(path)] == []
    for document in (one, other):
        assert not {PEOPLE, PEOPLE - 1, PEOPLE - 2, PROBES, PROBES - 2, PROBES - 4, 39, 38} & set(lengths(document))
    sentences = [{re.sub(r"[\d,.]+", "#", text) for text in document["assumed"]} for document in (one, other)]
    assert sentences[0] == sentences[1]


@SLOW
@EVALUATIONS
def test_one_reference_fewer_changes_aggregates_alone(made, evaluated):
    one, other = evaluated(made, without=[20]), evaluated(made, without=[20, 7])
    check_aggregates_alone(one.to_json(), other.to_json())
    assert set(one.figure("rank_1").to_json()) == set(other.figure("rank_1").to_json())
    # The mate's two searches are no longer mated: a count, which the attacker knew who took the reference away.
    assert one.figure("rank_1").n - other.figure("rank_1").n == 2


def test_the_check_sees_a_row_of_places():
    """Planted faults: the best reference of a probe, a row for each reference, a sentence that names a row."""
    one = {"assumed": ["12 probes"], "figures": {"eer": {"value": 0.1}}, "lines": {}}
    other = {"assumed": ["11 probes"], "figures": {"eer": {"value": 0.2}}, "lines": {}}
    check_aggregates_alone(one, other)
    for planted in (
        {"best": 7},
        {"figures": {"eer": {"value": 0.1, "subject": 7}}},
        {"lines": {"nearest": {"x": list(range(PROBES))}}},
        {"assumed": ["12 probes", "the nearest is row 7"]},
    ):
        with pytest.raises(AssertionError):
            check_aggregates_alone({**one, **planted}, other)


@SLOW
def test_the_order_of_references_shows_in_no_figure(made):
    """If any output stood in the file's order, another order of the file would show."""
    order = np.random.default_rng(5).permutation(PEOPLE)
    one, other = templates(made).to_json(), templates(made, order=order).to_json()
    compare_values(one, other)


@SLOW
def test_the_order_of_rows_shows_in_no_figure_of_lists(made):
    compare_values(lists(made).to_json(), lists(made, turned=True).to_json())


def compare_values(one, other):
    """Values are equal but for rounding; intervals are drawn, and draws follow the order in which people occur."""
    drawn = re.compile(r"p_value|by_chance|split_half|owed_to_worst|fpir_at_n|holding")
    assert list(one["figures"]) == list(other["figures"])
    for name, figure in one["figures"].items():
        if figure["value"] is not None and not drawn.search(name):
            assert other["figures"][name]["value"] == pytest.approx(figure["value"], rel=1e-6, abs=1e-6), name
    for name, line in one["lines"].items():
        if not name.startswith("growth"):
            assert other["lines"][name]["x"] == pytest.approx(line["x"], abs=1e-5)


@SLOW
def test_which_of_two_like_references_went_cannot_be_told(made):
    """Two people whose scores are the same but for who they are: without either, every figure is the same."""
    twin = {3: 5, 5: 3}
    for one, other in twin.items():
        if one < other:
            made.reference[other] = made.reference[one]
            made.probe[made.who == other] = made.probe[made.who == one]
    first, second = (templates(made, without=[one]).to_json()["figures"] for one in twin)
    for name in ("eer", "rank_1", "rank_5", "fnmr_at_fmr_1e-2", "threshold_at_fmr_1e-2"):
        assert first[name]["value"] == pytest.approx(second[name]["value"], abs=1e-6)
        assert first[name]["n"] == second[name]["n"]


# One probe.


@pytest.mark.parametrize("probes", [[0], [0, 1]])
def test_one_person_is_not_looked_up_among_templates(made, probes):
    """The search for a person: one face, or two of one face, against all that are enrolled."""
    np.savez(
        "t.npz",
        embedding=np.concatenate([made.reference, made.probe[probes]]),
        subject=np.array([files.named(one) for one in [*range(PEOPLE), *made.who[probes]]]),
        role=np.repeat(["ref", "probe"], [PEOPLE, len(probes)]),
    )
    with pytest.raises(MisidError, match=r"at least 50 are needed.*who somebody is"):
        api.evaluate("t.npz", **SIDES)


def test_one_person_cannot_be_picked_out_of_many(made):
    """Nor by a condition that she alone fulfils: what is left is one probe subject, and refused."""
    arguments = files.npz(made)
    with np.load(arguments[0]) as held:
        alone = np.where(np.arange(held["subject"].size) == 70, "wanted", held["role"])
        np.savez("t.npz", **{**held, "role": alone})
    with pytest.raises(MisidError, match="1 probe subject, and at least 50"):
        api.evaluate("t.npz", probes=(("role", "wanted"),), references=(("role", "ref"),))
    with pytest.raises(MisidError, match="there is no column 'subject'"):
        api.evaluate("t.npz", probes=(("subject", files.named(3)),), references=(("role", "ref"),))


@pytest.mark.parametrize("written", [files.bob4, files.table, files.candidates, files.square])
def test_scores_of_one_person_are_no_evaluation(made, written):
    """Also as scores, in whatever form: every rate would be a row about that person."""
    alone = made.who == 3
    made.who, made.probe, made.score = made.who[alone], made.probe[alone], made.score[alone]
    arguments = written(made)
    with pytest.raises(MisidError, match=r"of one (probe )?subject"):
        api.evaluate(arguments[0])


# Groups.


@SLOW
def test_a_group_of_twenty_is_gone_with_one_of_its_people(made):
    """Twenty people are the least that a figure is about; without one of them there is no figure to subtract."""

    def run(nomads):
        rows = [
            [*row, *("nomads" if row[at] in nomads else "settled" for at in (0, 2))]
            for row in made.rows()
            if row[1].endswith(("0", "2", "4", "6", "8"))
        ]
        made.table("kin.csv", rows, "probe_subject,probe_sample,reference_subject,score,probe_kin,reference_kin")
        result = api.evaluate("kin.csv", groups=("kin",))
        return json.dumps(result.to_json()) + result.html

    twenty = [files.named(one) for one in range(20)]
    assert "nomads" in run(set(twenty))
    assert "nomads" not in run(set(twenty[1:]))


@SLOW
def test_a_group_for_each_person_is_no_way_round(made):
    rows = [[*row, row[0], row[2]] for row in made.rows()]
    made.table("kin.csv", rows, "probe_subject,probe_sample,reference_subject,score,probe_kin,reference_kin")
    result = api.evaluate("kin.csv", groups=("kin",))
    assert result.evaluation.differentials.names == ("other groups",)
    assert files.WORD not in json.dumps(result.to_json()) + result.html


# What a file calls its people, in anything that comes out.


def everything_said(arguments, capsys, caplog):
    """Run the command with everything turned up; return all that it printed, logged, warned of and wrote."""
    capsys.readouterr()
    with caplog.at_level(logging.DEBUG), warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        status = call(["evaluate", *arguments, "--force", "--out", "out"])
    said = [*capsys.readouterr(), caplog.text, *(str(one.message) for one in warned)]
    if Path("out").is_dir():
        said += [path.read_text("utf-8") for path in sorted(Path("out").iterdir())]
    return status, "\n".join(said)


def check_nameless(text):
    """No name, and no number that stands for one."""
    assert text
    assert files.WORD not in text.lower()
    assert str(NUMBER)[:8] not in text.replace(",", "")


@SLOW
@pytest.mark.parametrize(
    ("name", "named"),
    [(name, "words") for name in ("bob4", "parquet", "candidates", "square", "npz")]
    + [(name, "numbers") for name in ("table", "candidates", "npz")],
)
def test_no_name_in_anything_that_comes_out(made, monkeypatch, capsys, caplog, name, named):
    if named == "numbers":
        monkeypatch.setattr(files, "named", lambda one: str(NUMBER + int(one)))
        if name in ("table", "parquet", "npz"):
            monkeypatch.setattr(files, "SEX", ("m", "m"))
    arguments = files.FORMATS[name](made)
    status, text = everything_said(arguments, capsys, caplog)
    assert status == 0
    assert "evaluation/1" in text
    check_nameless(text)


@SLOW
@pytest.mark.parametrize("change", [("0.", "0x"), ("\n", "\n\n"), (",", ";"), (" ", ",")])
@pytest.mark.parametrize("name", ["bob4", "table", "candidates", "square"])
def test_no_name_in_what_is_said_of_a_damaged_file(tmp_path, monkeypatch, capsys, caplog, name, change):
    """Whatever is broken, and wherever, the message quotes nobody."""
    monkeypatch.chdir(tmp_path)
    arguments = [*files.FORMATS[name](files.make(tmp_path, people=12, probes=1))[:1], "--no-report"]
    path = Path(arguments[0])
    text = path.read_text("utf-8")
    for start in (0, len(text) // 2):
        path.write_text(text[:start] + text[start : start + 400].replace(*change) + text[start + 400 :], "utf-8")
        status, said = everything_said(arguments, capsys, caplog)
        assert status in (0, 2)
        check_nameless(said)


def test_the_checks_find_a_name():
    """Planted faults."""
    for text in (f"row of {files.WORD}007", files.WORD.upper(), str(NUMBER + 7), f"{NUMBER + 7:,}"):
        with pytest.raises(AssertionError):
            check_nameless(text)


@SLOW
def test_a_name_that_is_said_by_an_error_of_ours_would_be_found(made, monkeypatch, capsys, caplog):
    """Planted fault: a message that quotes a subject is caught by the run above."""
    from misid.evaluation.reading import bob

    def quoting(claimed, real, sample, *rest):
        raise MisidError(f"sample of {files.named(3)} is odd")

    monkeypatch.setattr(bob, "_searches", quoting)
    status, said = everything_said(files.bob4(made), capsys, caplog)
    assert status == 2
    with pytest.raises(AssertionError):
        check_nameless(said)


@SLOW
def test_nothing_is_left_beside_the_result(made, capsys, caplog, monkeypatch):
    """No scratch file, no database, no cache: what was read is in memory alone, and gone."""
    monkeypatch.setenv("TMPDIR", str(made.folder))
    arguments = files.candidates(made)
    before = set(os.listdir())
    assert everything_said(arguments, capsys, caplog)[0] == 0
    assert set(os.listdir()) - before == {"out"}


# What is inherent.


@SLOW
def test_a_guess_can_be_checked_by_whoever_holds_templates(made):
    """Not prevented, and it cannot be: an attacker labels an unknown face with a guess, and a rate moves by one search.

    The attacker holds the unknown face, the enrolled templates and fifty other people's, so one multiplication tells
    the same and more (the last line).  misid returns a share over all probes; it never says which search it was.
    """
    unknown, owner = 8, int(made.who[8])

    def rate(guess):
        labels = np.concatenate([np.arange(PEOPLE), made.who])
        labels[PEOPLE + unknown] = guess
        return templates(made, subject=labels).figure("rank_1")

    right, wrong = rate(owner), rate((owner + 30) % PEOPLE)
    assert right.n == wrong.n == PROBES
    assert round((right.value - wrong.value) * PROBES) == 1
    assert int((made.reference @ made.probe[unknown]).argmax()) == owner
