"""`misid validate` as a user goes it: what ships, at once."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import misid as public
from misid.errors import UnknownName
from misid.validation import digest

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_validation")


@pytest.fixture(autouse=True)
def tables(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ships = made_up.shipped()
    monkeypatch.setattr(digest, "shipped", lambda: ships)


def test_the_misses_are_printed_first_then_how_to_make_them_anew_and_no_file_is_written(misid):
    said = misid("validate")
    assert (said.status, said.err) == (0, "")
    assert list(Path().iterdir()) == []
    out = " ".join(said.out.split())
    places = [
        out.index(words)
        for words in (
            "2 of 5 goals set beforehand are missed",
            "Goals set beforehand, those that are missed first",
            "Predictions outside their interval",
            "What nobody has tested",
            "What no data can decide",
            "Made by misid",
            "SHA-256 of the inputs",
            "make validation; one table: python -m verification tables --table growth_fnir.",
            "Misses at 12 million, from 1.6 million. Half of 60",
            "The rows are too few",
        )
    ]
    assert places == sorted(places)


def test_a_folder_gets_the_page_and_the_figures(misid):
    said = misid("validate", "--out", "out")
    assert (said.status, said.err) == (0, "")
    assert "Page: out/report.html" in said.out
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        ["appendix.html", "goals.csv", "provenance.json", "report.html", "summary.csv", "validation.json"]
    )
    data = json.loads(Path("out", "validation.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert data["schema"] == "misid/validation-summary/1"
    assert json.loads(Path("out", "provenance.json").read_text("utf-8"))["command"] == "misid validate"
    assert data["made"]["inputs_sha256"][:12] in Path("out", "appendix.html").read_text("utf-8")


def test_one_table_without_page(misid):
    said = misid("validate", "--table", "deployment_faces", "--out", "out", "--no-report")
    assert said.status == 0
    assert not Path("out", "report.html").exists()
    assert "validation.json" in said.out
    command = json.loads(Path("out", "provenance.json").read_text("utf-8"))["command"]
    assert command == "misid validate --table deployment_faces"
    assert misid("validate", "--table", "growth_small", "--out", "out").status == 2  # an older result stands there
    assert misid("validate", "--table", "growth_small", "--out", "out", "--force").status == 0
    written = json.loads(Path("out", "validation.json").read_text("utf-8"))
    assert [table["code"] for table in written["tables"]] == ["growth_small"]


def test_json_writes_no_file(misid):
    said = misid("validate", "--table", "growth_small", "--json")
    assert [table["code"] for table in json.loads(said.out)["tables"]] == ["growth_small"]
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("option", ["--force", "--no-report"])
def test_an_option_about_files_asks_for_a_folder(misid, option):
    said = misid("validate", option)
    assert (said.status, said.out) == (2, "")
    assert "give --out FOLDER too" in said.err


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
    assert result.page.lead in view
    assert "maker04_001" in view
    for wrong in (("growth", "median"), ("growth_fnir", "mean"), ("growth_fnir", "median", "no band")):
        with pytest.raises(UnknownName):
            result.figure(*wrong)


def test_it_answers_at_once_since_no_engine_loads():
    look = (
        "import sys; from misid.cli.main import call; status = call(['validate']); "
        "engines = {'scipy', 'duckdb', 'misid.algorithm', 'misid.scenario', 'misid.expected', 'jinja2'}; "
        "sys.exit(status or ', '.join(sorted(engines & sys.modules.keys())) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "predictions of published or counted figures" in done.stdout
