"""`misid validate` as a user goes it."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

import misid as public
from misid.errors import UnknownName
from misid.validation import build

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_validation")


@pytest.fixture(autouse=True)
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = {
        "growth_fnir": lambda say: (made_up.growth(),),
        "growth_small": lambda say: (made_up.small_rates(),),
        "deployment_faces": lambda say: (made_up.deployments(),),
    }
    monkeypatch.setattr(build, "TABLES", made)
    monkeypatch.setattr(build, "UNSETTLED", {"growth_fnir": lambda: made_up.validation().unsettled})
    monkeypatch.setattr(build, "UNPREDICTED", {})


def test_everything_is_written_and_the_misses_are_printed_first(misid):
    said = misid("validate", "--out", "out")
    assert (said.status, said.err) == (0, "")
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        ["goals.csv", "provenance.json", "report.html", "summary.csv", "validation.json"]
        + [f"predictions-{code}.csv" for code in build.TABLES]
    )
    out = " ".join(said.out.split())
    places = [
        out.index(words)
        for words in (
            "misid misses 2 of 5 goals",
            "Goals that are not reached",
            "Furthest outside",
            "Not validated:",
            "No data can decide",
            "Misses at 12 million, from 1.6 million. Half of 60",
            "No summary is given",
            "Page: out/report.html",
        )
    ]
    assert places == sorted(places)
    data = json.loads(Path("out", "validation.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert data["schema"] == "misid/validation/1"
    assert json.loads(Path("out", "provenance.json").read_text("utf-8"))["command"] == "misid validate"


def test_one_table_without_page(misid):
    said = misid("validate", "--table", "deployment_faces", "--out", "out", "--no-report")
    assert said.status == 0
    assert not Path("out", "report.html").exists()
    assert "validation.json" in said.out
    command = json.loads(Path("out", "provenance.json").read_text("utf-8"))["command"]
    assert command == "misid validate --table deployment_faces"
    assert misid("validate", "--table", "growth_small", "--out", "out").status == 2  # an older result stands there
    assert misid("validate", "--table", "growth_small", "--out", "out", "--force").status == 0
    assert not Path("out", "predictions-deployment_faces.csv").exists()


def test_json_writes_no_file(misid):
    said = misid("validate", "--table", "growth_small", "--json")
    assert json.loads(said.out)["tables"].keys() == {"growth_small"}
    assert list(Path().iterdir()) == []


def test_unknown_table_is_a_fault_with_the_known_ones(misid):
    said = misid("validate", "--table", "growth_fnri", "--out", "out")
    assert said.status == 2
    assert "did you mean 'growth_fnir'" in said.err
    assert "known: growth_fnir, growth_small, deployment_faces" in said.err
    assert not Path("out").exists()


def test_python_gives_the_same_and_shows_it_in_a_notebook(misid):
    misid("validate", "--table", "growth_fnir", "--out", "out")
    result = public.validate("growth_fnir")
    written = json.loads(Path("out", "validation.json").read_text("utf-8"))
    assert json.loads(json.dumps(result.to_json())) == written
    assert result.figure("growth_fnir", "median").value == pytest.approx(0.0585, abs=1e-4)
    assert result.figure("growth_fnir", "coverage", "0.001 to 0.005").n == 22
    view = result._repr_html_()
    assert result.page.known in view
    assert "maker04_001" in view
    for wrong in (("growth", "median"), ("growth_fnir", "mean"), ("growth_fnir", "median", "no band")):
        with pytest.raises(UnknownName):
            result.figure(*wrong)
