"""The commands of ``python -m verification``, and the wall between it and the package."""

from __future__ import annotations

import ast
import importlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from verification import priors
from verification.__main__ import main
from verification.package_data import CATALOG, ROOT, write

MODULES = sorted(path.stem for path in (ROOT / "verification").glob("*.py"))


@pytest.mark.parametrize("name", MODULES)
def test_every_module_loads(name):
    assert importlib.import_module(f"verification.{name}").__doc__


def test_nothing_in_the_package_imports_what_is_not_in_the_wheel():
    users = [
        path
        for path in (ROOT / "src").rglob("*.py")
        if "verification" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            name.partition(".")[0] == "verification"
            for name in [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
        )
    ]
    assert users == []


def test_help_lists_the_commands():
    said = CliRunner().invoke(main, ["--help"]).output
    assert all(name in said for name in ("tables", "docs", "priors"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["tables", "--ship", "--table", "twins_fmr"], "--ship writes all tables"),
        (["priors", "grwoth"], "unknown prior grwoth; known: growth, conditions, groups"),
    ],
)
def test_wrong_use_is_status_2_and_nothing_is_made(words, fault):
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 2
    assert fault in done.output


def test_one_table_is_made_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["tables", "--table", "twins_fmr"])
    assert done.exit_code == 0
    assert "twins_fmr: 8 of 9 observed values lie inside the 90% interval" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_refit_writes_what_ships(tmp_path, monkeypatch):
    monkeypatch.setattr(priors, "CATALOG", tmp_path)
    said: list[str] = []
    priors.refit_groups(said.append)
    assert said == ["group cells: 117 algorithms"]
    again, ships = (json.loads((place / "groups.json").read_text("utf-8")) for place in (tmp_path, CATALOG))
    assert {**again, "priors": 0} == {**ships, "priors": 0}
    for one, other in zip(again["priors"], ships["priors"], strict=True):
        assert one["left_out"] == other["left_out"]
        assert one["mean"] == pytest.approx(other["mean"], abs=1e-4)


@pytest.mark.parametrize("name", ["prior.json", "conditions.json", "groups.json", "rank_share.json"])
def test_files_that_ship_have_the_form_in_which_they_are_written(name, tmp_path):
    ships = CATALOG / name
    whole = json.loads(ships.read_text("utf-8"))
    write(Path(tmp_path, name), whole, 1 if name == "rank_share.json" else None)
    assert (tmp_path / name).read_bytes() == ships.read_bytes()
    assert whole["made"].startswith("python -m verification priors ")
