"""What the README shows is what happens."""

import importlib.util
import json
import re
import runpy
from pathlib import Path

import pytest
from click.testing import CliRunner

import misid
from misid.algorithm import published_tests
from misid.cli.commands import misid as program
from misid.cli.main import call
from misid.scenario import parse_document, resolve
from misid.validation import read_digest
from verification import __main__ as commands
from verification import docs, registry

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
DOCS = README + "".join(path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


@pytest.mark.slow
def test_the_quoted_number_is_the_one_the_scenario_gives(field_app):
    quoted = re.search(r"^> (.*)$", README, re.M)
    assert quoted is not None
    assert quoted[1] == field_app.findings.known


def test_the_scenario_in_the_readme_is_whole():
    (text,) = blocks("yaml")
    scenario = resolve(parse_document(text.encode(), "readme.yaml"))
    assert scenario.gallery.n_references.value == 1_400_000


@pytest.mark.slow
def test_the_python_in_the_readme_runs(capsys):
    (text,) = blocks("python")
    exec(compile(text, "README.md", "exec"), {})
    known, fnir = capsys.readouterr().out.strip().splitlines()
    assert "booth" in known
    assert 0 < float(fnir) < 0.01


def misid_lines(block):
    return [line.removeprefix("$ ") for line in block.splitlines() if ".venv/bin/misid" in line]


BLOCKS = {lines[0].split()[1]: lines for block in blocks("console") if (lines := misid_lines(block))}


@pytest.mark.slow
@pytest.mark.parametrize("lines", BLOCKS.values(), ids=BLOCKS)
def test_the_commands_of_a_block_run_when_typed_in_order(lines, tmp_path, monkeypatch, capsys):
    """In one folder: a line may need the file that the line before it wrote."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for line in lines:
        words = line.split()
        assert words[0] == ".venv/bin/misid"
        status = call(words[1:])
        said = capsys.readouterr()
        assert status == 0, f"{line}\n{said.err}"
        assert said.out, line


def test_no_command_of_the_readme_is_left_out():
    commands = [line for line in README.splitlines() if line.startswith("$ ")]
    tried = [line for lines in BLOCKS.values() for line in lines]
    assert [line.removeprefix("$ ") for line in commands if not line.startswith("$ make ")] == tried


def test_every_command_is_documented():
    for command in program.commands:
        assert f"misid {command}" in DOCS


def tool(name):
    spec = importlib.util.spec_from_file_location(f"{name}_tool", ROOT / "tools" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def test_the_page_of_fields_is_fresh():
    assert (ROOT / "docs" / "scenario.md").read_text("utf-8") == tool("docs").page(), "run `make docs`"


def test_the_list_of_published_tests_in_the_docs_is_the_one_that_is_used():
    page = tool("tested").page()
    assert (ROOT / "docs" / "tested.md").read_text("utf-8") == page, "run `make docs`"
    assert all(f"| {test.title} |" in page and test.source in page for test in published_tests())


def test_every_table_of_predictions_would_stand_in_the_docs_misses_first():
    made_up = runpy.run_path(str(ROOT / "tests" / "helpers" / "made_up_validation.py"))
    text = docs.page(made_up["shipped"]())
    places = [
        text.index(words)
        for words in (
            "2 of 5 goals set beforehand are missed",
            "**Goals set beforehand, those that are missed first**",
            "**Predictions outside their interval",
            "* Street photos taken with a phone",
            "How strongly a few people draw most false hits.",
            "### Misses at 12 million, from 1.6 million (`growth_fnir`)",
            "### False alerts in the street (`deployment_faces`)",
            "True and false alerts were not told apart",
        )
    ]
    assert places == sorted(places)
    assert "ships no table" not in text


def test_one_command_writes_the_summary_that_ships_and_the_docs_of_predictions(tmp_path, monkeypatch):
    made_up = runpy.run_path(str(ROOT / "tests" / "helpers" / "made_up_validation.py"))
    made = made_up["validation"]()
    builder = registry.Builder(
        ("growth_fnir",), lambda say: made.tables[:1], lambda: made.unsettled, lambda: made.unpredicted
    )
    monkeypatch.setattr(registry, "BUILDERS", (builder,))
    page, summary, out = tmp_path / "validation.md", tmp_path / "summary.json", tmp_path / "out"
    page.write_text(docs.PAGE.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(docs, "PAGE", page)
    monkeypatch.setattr(commands, "SUMMARY", summary)
    done = CliRunner().invoke(commands.main, ["tables", "--ship", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert "growth_fnir: Half of 60 predictions" in done.output
    ships = read_digest(json.loads(summary.read_text("utf-8")))
    assert [table.code for table in ships.tables] == ["growth_fnir"]
    assert [one.statement for one in ships.unsettled] == [one.statement for one in made.unsettled]
    assert [one.table for one in ships.unpredicted] == ["growth_fnir"] * 2
    text = page.read_text("utf-8")
    assert text == docs.page(ships)
    for words in (made.tables[0].how[1:-1], made.unsettled[0].evidence, "north_2028", "maker04_001"):
        assert words in text
    page.write_text(text.replace("maker04_001", "somebody else"), "utf-8")
    assert page.read_text("utf-8") != docs.page(ships) == text
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [
            "appendix.html",
            "goals.csv",
            "predictions-growth_fnir.csv",
            "provenance.json",
            "report.html",
            "summary.csv",
            "validation.json",
        ]
    )
    assert "python -m verification tables" in (out / "report.html").read_text("utf-8")


def test_the_tables_of_the_docs_are_those_that_ship():
    assert docs.PAGE.read_text("utf-8") == docs.page(), "run `make docs`"


def test_the_public_names_load():
    for name in misid.__all__:
        assert getattr(misid, name) is not None
