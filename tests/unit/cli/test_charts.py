"""`--charts`: every chart of the page in a folder beside it."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_files")


def names(folder="out"):
    return sorted(path.name for path in Path(folder, "charts").iterdir())


def listed(folder="out"):
    return json.loads(Path(folder, "provenance.json").read_text("utf-8"))["files"]


def test_a_run_writes_them_and_lists_them(misid, small, quick):
    said = misid("run", small, "--out", "out", "--charts", "csv")
    assert (said.status, said.err) == (0, "")
    assert "first-phi.csv" in names()
    assert all(re.fullmatch(r"(first|Q\d\d)-[a-z]+(-\d)?\.csv", name) for name in names())
    assert {name for name in listed() if "/" in name} == {f"charts/{name}" for name in names()}
    checked = misid("check", "out")
    assert checked.status == 0, checked.err
    Path("out/charts/first-phi.csv").write_text("changed")
    checked = misid("check", "out")
    assert checked.status == 2
    assert "first-phi.csv: is not what was written" in checked.err


def test_an_older_result_with_charts_is_replaced_whole(misid, small, quick):
    assert misid("run", small, "--out", "out", "--charts", "csv").status == 0
    assert misid("run", small, "--out", "out", "--force").status == 0
    assert not Path("out/charts").exists()
    assert misid("run", small, "--out", "out", "--force", "--charts", "csv").status == 0
    Path("out/charts/mine.txt").write_text("mine")
    said = misid("run", small, "--out", "out", "--force")
    assert said.status == 2
    assert "charts/mine.txt" in said.err
    assert Path("out/charts/mine.txt").read_text() == "mine"


@pytest.mark.slow
def test_pictures_too(misid, small, quick):
    pytest.importorskip("vl_convert")
    said = misid("run", small, "--out", "out", "--charts", "svg, png,csv")
    assert (said.status, said.err) == (0, "")
    assert {name.rpartition(".")[2] for name in names()} == {"csv", "svg", "png"}
    stems = {name.rpartition(".")[0] for name in names()}
    assert len(names()) == 3 * len(stems)


def test_validate_and_evaluate_write_them(misid, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = misid("validate", "--table", "growth_fnir", "--out", "out", "--no-report", "--charts", "csv")
    assert (said.status, said.err) == (0, "")
    assert names() == ["growth-fnir-intervals.csv"]
    files = made_up.pair(made_up.make(tmp_path))
    said = misid("evaluate", *files, "--out", "mine", "--no-report", "--charts", "csv")
    assert (said.status, said.err) == (0, "")
    assert any(name.startswith("first-") for name in names("mine"))
    assert {f"charts/{name}" for name in names("mine")} < {*listed("mine")}


@pytest.mark.slow
def test_compare_writes_them(misid, small):
    said = misid("compare", small, "--encounters", "400", "--workers", "1", "--out", "out", "--charts", "csv")
    assert (said.status, said.err) == (0, "")
    assert any(name.startswith("first-") for name in names())


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("run", "small.yaml", "--charts", "pgn"), "unknown format of charts 'pgn'; did you mean 'png'"),
        (("run", "small.yaml", "--json", "--charts", "csv"), "give --out FOLDER too"),
        (("validate", "--charts", "csv"), "give --out FOLDER too"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(misid, small, words, fault):
    said = misid(*words)
    assert (said.status, said.out) == (2, "")
    assert fault in said.err
    assert [path.name for path in Path().iterdir()] == ["small.yaml"]


def test_without_what_draws_them_it_says_what_to_install(misid, small, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    said = misid("run", small, "--out", "out", "--charts", "csv,svg")
    assert said.status == 2
    assert "pip install vl-convert-python" in said.err
    assert not Path("out").exists()


def test_nothing_is_written_where_drawing_fails(misid, small, quick, monkeypatch):
    def fails(*_):
        raise OSError("no room")

    monkeypatch.setattr("misid.charts.files.records_csv", fails)
    assert misid("run", small, "--out", "out", "--charts", "csv").status == 1
    assert not Path("out").exists()
