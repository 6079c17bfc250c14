"""`misid compare`: what is written, printed and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from misid import api
from misid.cli.commands import COMPARED_ENCOUNTERS
from misid.storage import open_ledger, read_plan

FILES = {
    "report.html",
    "appendix.html",
    "inputs.csv",
    "results.json",
    "scenario.resolved.json",
    "provenance.json",
    "encounters",
}
RUN = ("--encounters", 400, "--seed", 5, "--workers", 1)


@pytest.fixture
def idle(monkeypatch) -> list[tuple]:
    """Put a list in place of the computation, and note what it would have been asked for."""
    asked: list[tuple] = []
    monkeypatch.setattr(api, "compare", lambda *args, **options: asked.append((args, options)))
    return asked


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--policy", "leed_only"], "unknown rule 'leed_only'; did you mean 'lead_only'?"),
        (["--policy", "lead_only", "--policy", "al"], "unknown rule 'al'; did you mean 'all'"),
        (["--encounters", "many"], "not a valid integer"),
        (["--policy"], "requires an argument"),
        (["--policy", "lead_only+leed_only"], "unknown rule 'leed_only'; did you mean 'lead_only'?"),
        (["--policy", "lead_only+lead_only"], "lead_only is joined with itself; name it once"),
        (["--policy", "lead_only+not_used"], "under not_used nobody is photographed"),
        (["--policy", "opt_out_offered+under_18_not_scanned"], "both choose who is photographed; keep one of them"),
        (["--set", "threshold.test.fpr=0.01"], "unknown path; did you mean 'threshold.test.fpir'"),
        (["--set", "gallery.n_references=many"], "must be a number, got 'many'; write it without"),
        (["--set", "gallery.n_references"], "no value; write PATH=VALUE"),
        (["--set", "use.people=200", "--set", "use.people=300"], "set twice; keep one"),
        (["--set", "threshold.field_fpir=1.5"], "value 1.5 not within 0 to 1"),
        (["none.yaml"], "none.yaml"),
        (["field-app", "police-live"], "3 scenarios are given; name one or two"),
        (["field-app", "--policy", "lead_only"], "--policy has no meaning for two scenarios; leave it out or name one"),
        (["field-app", "--encounters", "7"], "--encounters has no meaning for two scenarios"),
    ],
)
def test_what_the_user_can_fix_is_refused_before_any_work(misid, small, idle, options, words):
    said = misid("compare", small, *options)
    assert (said.status, said.out) == (2, "")
    assert words in said.err
    assert idle == []
    assert {path.name for path in Path().iterdir()} == {"small.yaml"}


@pytest.mark.parametrize(
    ("options", "words"), [(["--encounters", "0"], "encounters must be 1 to"), (["--seed", "-1"], "seed")]
)
def test_bad_numbers_are_named(misid, small, options, words):
    said = misid("compare", small, *options)
    assert said.status == 2
    assert words in said.err
    assert {path.name for path in Path().iterdir()} == {"small.yaml"}, "nothing half-written"


def test_a_folder_that_holds_something_else_is_refused_before_any_work(misid, small, idle):
    Path("out").mkdir()
    Path("out/thesis.doc").write_text("years of work", "utf-8")
    said = misid("compare", small, "--out", "out", "--force")
    assert said.status == 2
    assert "holds other files (thesis.doc)" in said.err
    assert idle == []


def test_options_reach_the_computation(misid, small, idle):
    misid("compare", small, "--policy", "lead_only", "--policy", "all", "--seed", 7, "--workers", 3, "--json")
    [(args, options)] = idle
    assert len(args) == 1
    assert options["policies"] == ("lead_only", "all")
    assert {name: options[name] for name in ("encounters", "seed", "workers", "work")} == {
        "encounters": COMPARED_ENCOUNTERS,
        "seed": 7,
        "workers": 3,
        "work": None,
    }
    misid("compare", small, "--set", "gallery.n_references=5e6")
    assert idle[1][1]["policies"] == ()
    assert idle[1][1]["settings"] == ("gallery.n_references=5e6",)
    assert idle[1][1]["work"] == Path("misid-small-rules.partial")
    misid("compare", small, "field-app")
    assert idle[2][1]["against"].name == "field-app"
    assert idle[2][1]["work"] is None


@pytest.mark.slow
def test_a_comparison_writes_its_page_and_its_ledger(misid, small):
    said = misid("compare", small, "--policy", "lead_only", *RUN, "--out", "out")
    assert said.status == 0, said.err
    assert {path.name for path in Path("out").iterdir()} == FILES
    assert not Path("out.partial").exists(), "the parts went into the result"
    results = json.loads(Path("out/results.json").read_text("utf-8"))
    assert results["schema"] == "misid/results/2"
    assert results["rules"] == ["definitive", "lead_only"]
    ids = [section["id"] for section in results["sections"]]
    assert ids == ["effects", "paired", "configurations"]
    assert results["effects"]["less_than_in_force"]["lead_only"]["unsupported"]["us_born_citizen"]["value"]
    plan = read_plan(Path("out"))
    assert (plan["seed"], plan["encounters"], plan["rules"]) == (5, 400, ["definitive", "lead_only"])
    with open_ledger(Path("out")) as con:
        assert con.execute("SELECT count(*) FROM encounters").fetchone() == (400,)
    page = Path("out/report.html").read_text("utf-8")
    assert "SYNTHETIC" in page
    command = "misid compare small.yaml --policy lead_only --encounters 400 --seed 5"
    assert command in page
    assert json.loads(Path("out/provenance.json").read_text("utf-8"))["command"] == command
    assert " ".join(results["known"].split()) in " ".join(said.out.split())
    assert "The hit is only a lead: removes " in said.out
    assert "out/report.html" in said.out
    # The same again, and printed: the same figures; and nothing is replaced unasked.
    printed = misid("compare", small, "--policy", "lead_only", *RUN, "--json")
    assert json.loads(printed.out) == results
    assert {path.name for path in Path().iterdir()} == {"small.yaml", "out"}
    again = misid("compare", small, *RUN, "--out", "out")
    assert again.status == 2
    assert "--force" in again.err


@pytest.mark.slow
def test_what_is_set_stands_in_command_results_and_page(misid, small):
    setting = "threshold.field_fpir=0.02"
    said = misid("compare", small, "--policy", "lead_only+documents_count", "--set", setting, *RUN, "--out", "out")
    assert said.status == 0, said.err
    results = json.loads(Path("out/results.json").read_text("utf-8"))
    assert results["settings"] == {"threshold.field_fpir": "0.02"}
    assert results["rules"] == ["definitive", "lead_only+documents_count"]
    command = f"misid compare small.yaml --policy lead_only+documents_count --set {setting} --encounters 400 --seed 5"
    assert json.loads(Path("out/provenance.json").read_text("utf-8"))["command"] == command
    resolved = json.loads(Path("out/scenario.resolved.json").read_text("utf-8"))
    assert resolved["threshold"]["field_fpir"]["source"] == "set on the command line"
    page = Path("out/report.html").read_text("utf-8")
    assert "threshold.field_fpir = 0.02" in page
    same = api.compare(
        str(small),
        "lead_only+documents_count",
        settings={"threshold.field_fpir": 0.02},
        encounters=400,
        seed=5,
        workers=1,
    )
    assert same.to_json() | {"settings": None} == results | {"settings": None}


@pytest.mark.slow
def test_two_scenarios_stand_side_by_side(misid, small):
    said = misid("compare", small, "field-app", "--out", "out")
    assert said.status == 0, said.err
    assert {path.name for path in Path("out").iterdir()} == FILES - {"encounters"} | {"against.resolved.json"}
    results = json.loads(Path("out/results.json").read_text("utf-8"))
    assert "Exchanged alone, " in results["known"]
    assert " ".join(results["known"].split()) in " ".join(said.out.split())
    assert json.loads(Path("out/provenance.json").read_text("utf-8"))["command"] == "misid compare small.yaml field-app"
    assert "A: Small town" in said.out
    assert "Traceback" not in said.err
    checked = misid("check", "out")
    assert checked.status == 0, checked.err


@pytest.mark.slow
def test_python_says_the_same_and_saves_the_same(small):
    one = api.compare(str(small), ["lead_only"], encounters=400, seed=5, workers=1)
    other = api.compare(str(small), "lead_only", encounters=400, seed=5, workers=1)
    assert one.to_json() == other.to_json()
    assert one.rules == ("definitive", "lead_only")
    assert "SYNTHETIC" in one._repr_html_()
    html = one.html
    one.save("saved")
    assert {path.name for path in Path("saved").iterdir()} == FILES
    assert Path("saved/report.html").read_text("utf-8") == html
    every = api.compare(str(small), encounters=100, workers=1)
    assert set(every.rules) == set(every.scenario.rules)
    assert every.command == "misid compare small.yaml --policy all --encounters 100 --seed 1"
