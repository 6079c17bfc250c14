"""What must move no answer is judged by a comparison that sees every planted difference, and no other."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from misid.scenario import scenario_names

ROOT = Path(__file__).parents[2]
ANSWER = {
    "figures": {"hits": {"value": 34.79229702194416, "caveats": ["independence", "few_subjects"], "said": "35 of 100"}},
    "rows": [1, 2.5, None, True],
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("same_answers", ROOT / "tools" / "same_answers.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["same_answers"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def changed(**hits):
    return ANSWER | {"figures": {"hits": ANSWER["figures"]["hits"] | hits}}


@pytest.fixture
def compared(tool):
    def compare(new, old=ANSWER):
        found = tool.Found()
        tool.compare(json.loads(json.dumps(old)), json.loads(json.dumps(new)), "results.json:", found)
        return found

    return compare


def test_the_same_is_the_same(compared):
    found = compared(ANSWER)
    assert (found.values, found.prose, found.differences) == (8, [], [])


@pytest.mark.parametrize(
    ("new", "where", "what"),
    [
        (changed(value=34.79229702194417), "figures.hits.value", "34.79229702194416 → 34.79229702194417"),
        (changed(value=None), "figures.hits.value", "34.79229702194416 → None"),
        (changed(caveats=["independence", "few_people"]), "figures.hits.caveats.1", "'few_subjects' → 'few_people'"),
        (changed(said="none"), "figures.hits.said", "'35 of 100' → 'none'"),
        (changed(more="a new key"), "figures.hits.more", "(absent) → 'a new key'"),
        ({"figures": ANSWER["figures"]}, "rows", "[1, 2.5, None, True] → (absent)"),
        (ANSWER | {"rows": [True, 2.5, None, True]}, "rows.0", "1 → True"),
        (ANSWER | {"rows": {}}, "rows", "[1, 2.5, None, True] → {}"),
        (ANSWER | {"rows": [1, 2.5, None]}, "rows", "4 → 3 items"),
        (
            changed(caveats=["few_subjects"]),
            "figures.hits.caveats",
            "2 → 1 items: without ['independence'], with []",
        ),
    ],
)
def test_a_planted_difference_is_seen(compared, new, where, what):
    found = compared(new)
    assert found.differences == [(f"results.json:{where}", what)]
    assert not found.prose


def test_prose_is_listed_and_does_not_fail(compared):
    found = compared(changed(said="35 in 100"))
    assert found.differences == []
    assert found.prose == ["results.json:figures.hits.said '35 of 100' → '35 in 100'"]


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


PAGE = '<p>{}</p><script type="application/json" id="a-spec">{{"layer": [{{"data": {{"values": [{}]}}}}]}}</script>'


def test_folders_are_compared_by_what_their_files_hold(tool, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for name, one, other in (
        ("run/exit.json", '{"exit": 0}', '{"exit":   0}'),
        ("run/printed.txt", "10 hits of 20\n", "10 hits of 21\n"),
        ("run/out/rates.csv", "n,rate,n\n1,0.5,2\n", "n,rate,n\n1,0.50,2\n"),
        ("run/out/det.csv", "n,rate\n1,0.5\n", "n,rate\n1,0.51\n"),
        ("run/out/provenance.json", '{"command": "run", "seconds": 1}', '{"command": "run", "seconds": 2}'),
        ("run/out/report.html", PAGE.format("old", 1), PAGE.format("new", 1)),
        ("compare/out/report.html", PAGE.format("old", 1), PAGE.format("old", 2)),
        ("list/lines.txt", "nec_1\nnec_2\n", "nec_1\n"),
    ):
        write(old, name, one)
        write(new, name, other)
    write(old, "run/out/gone.parquet", "")
    found = tool.compare_folders(old, new)
    assert found.files == 9
    assert found.differences == [
        ("compare/out/report.html:a-spec.0.0", "1 → 2"),
        ("list/lines.txt:", "2 → 1 items: without ['nec_2'], with []"),
        ("run/out/det.csv:0.rate", "0.5 → 0.51"),
        ("run/out/gone.parquet:", "'a file' → (absent)"),
    ]
    assert found.prose == ["run/printed.txt: numbers ['20'] → ['21']"]


def test_allowed_differences_have_a_reason(tool):
    patterns = tool.allowed("# a remark\n*.caveats  # one more caveat, on purpose\n\n*.never  # of old\n")
    found = tool.Found(differences=[("run/a.json:x.caveats", "1 → 2 items"), ("run/a.json:x.value", "1 → 2")])
    found.differences.append(("validate/out/a.csv:0.n", "1 → 2"))
    failed, passed = tool.judge(found, patterns, {"validate"})
    assert failed == ["FAIL run/a.json:x.value 1 → 2"]
    assert passed == [
        "allowed (one more caveat, on purpose): run/a.json:x.caveats 1 → 2 items",
        "listed: validate/out/a.csv:0.n 1 → 2",
        "allowed, and did not occur: *.never",
    ]
    with pytest.raises(SystemExit, match="has no reason"):
        tool.allowed("*.value\n")
    tool.allowed(tool.ALLOWED.read_text("utf-8"))


def test_faults_are_told_by_place(tool):
    said = "Error: inputs/a b.yaml:7  stops.x\n  'y' is wrong\ninputs/c.yaml:5\n  no field\n2 problems. See inputs.\n"
    assert tool.faults(said) == ["inputs/a b.yaml:7  stops.x", "inputs/c.yaml:5"]


def test_every_scenario_that_ships_is_run(tool):
    assert set(tool.SCENARIOS) == set(scenario_names())
