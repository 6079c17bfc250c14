"""`misid check`: what was written is there, and whatever was changed since is told."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from misid import api
from misid.scenario import load_scenario
from misid.storage import to_text
from misid.storage.folders import list_files

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return api.run(load_scenario("booth-one-to-one"), encounters=400, workers=1).save(
        tmp_path_factory.mktemp("made") / "out"
    )


@pytest.fixture
def out(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "out")
    monkeypatch.chdir(tmp_path)
    return Path("out")


def test_a_whole_result_is_ok_in_one_line(misid, out):
    said = misid("check", out)
    assert (said.status, said.err) == (0, "")
    assert said.out.startswith("OK out: ")
    assert "400 encounters in 1 part as noted, content hash " in said.out
    assert said.out.count("\n") == 1
    assert misid("check", out / "encounters").status == 0


def test_a_byte_changed_anywhere_in_the_ledger_is_told(misid, out):
    draws = random.Random(6)
    for path in sorted((out / "encounters").iterdir()):
        data = path.read_bytes()
        for place in (0, len(data) // 2, len(data) - 2, *(draws.randrange(len(data)) for _ in range(3))):
            path.write_bytes(data[:place] + bytes([data[place] ^ draws.choice([1, 16, 128])]) + data[place + 1 :])
            said = misid("check", out)
            assert (said.status, said.out) == (2, ""), (path.name, place)
            assert "out" in said.err
            assert "Traceback" not in said.err
        path.write_bytes(data)
    assert misid("check", out).status == 0


def listed_anew(folder: Path) -> None:
    """Make the list fit the folder again, as only a forger would."""
    path = folder / "provenance.json"
    made = json.loads(path.read_text("utf-8"))
    path.unlink()
    del made["files"], made["seal"]
    path.write_text(to_text(list_files(made, folder)), "utf-8")


def test_ledger_of_another_run_or_none_is_told(misid, out):
    results = out / "results.json"
    text = results.read_text("utf-8")
    results.write_text(text.replace("Content hash ", "Content hash 0"), "utf-8")
    listed_anew(out)
    assert "does not name content hash" in misid("check", out).err
    results.write_text(text[:-5], "utf-8")
    listed_anew(out)
    assert "results.json: is spoilt" in misid("check", out).err
    results.write_text(text, "utf-8")
    (out / "encounters/part-00000.json").unlink()
    assert "part-00000.json: is missing" in misid("check", out).err
    listed_anew(out)
    assert "1 of 1 parts are missing" in misid("check", out).err
    shutil.rmtree(out / "encounters")
    listed_anew(out)
    said = misid("check", out)
    assert said.status == 2
    assert "encounters: is missing, and results.json rests on it" in said.err


def test_result_of_an_older_misid_lists_no_files(misid, out):
    path = out / "provenance.json"
    old = {"schema": "misid/provenance/1", "misid": "0.0"}
    path.write_text(to_text(old), "utf-8")
    said = misid("check", out)
    assert said.status == 0
    assert "lists no files" in said.out
    shutil.rmtree(out / "encounters")
    (out / "results.json").unlink()
    said = misid("check", out)
    assert (said.status, said.out) == (2, "")
    assert "cannot be checked" in said.err


def test_files_that_the_provenance_lists_are_compared(misid, out):
    assert "files as listed" in misid("check", out).out
    (out / "mine.txt").write_text("mine", "utf-8")
    assert "1 other, not of misid (mine.txt)" in misid("check", out).out
    (out / "report.html").write_text("x", "utf-8")
    (out / "scenario.resolved.json").unlink()
    said = misid("check", out)
    assert said.status == 2
    assert "report.html: is not what was written" in said.err
    assert "scenario.resolved.json: is missing" in said.err
    assert "2 faults." in said.err
    (out / "provenance.json").unlink()
    assert "provenance.json: is missing" in misid("check", out).err


@pytest.mark.parametrize("name", ["provenance.json", "report.html", "results.json", "scenario.resolved.json"])
def test_a_byte_changed_anywhere_in_a_file_is_told(misid, out, name):
    draws, path = random.Random(name), out / name
    data = path.read_bytes()
    for place in (0, len(data) // 2, len(data) - 1, *(draws.randrange(len(data)) for _ in range(8))):
        bit = draws.choice([1, 2, 4, 8, 16, 32, 64, 128])
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        said = misid("check", out)
        assert (said.status, said.out) == (2, ""), (place, bit)
        assert str(path) in said.err


@pytest.mark.parametrize("name", ["none", ".", "out/report.html"])
def test_what_is_no_result_is_refused(misid, out, name):
    said = misid("check", name)
    assert said.status == 2
    assert "is no result of misid" in said.err


def test_results_of_an_older_misid_are_refused(misid, tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "results.json").write_text('{"schema": "misid/results/1"}', "utf-8")
    (tmp_path / "old" / "provenance.json").write_text('{"schema": "misid/provenance/2", "files": {}}', "utf-8")
    said = misid("check", tmp_path / "old")
    assert (said.status, said.out) == (2, "")
    assert "results.json: made by an older misid (schema misid/results/1): re-run" in said.err


def test_a_ledger_of_an_older_misid_is_named_as_such(misid, out):
    plan = out / "encounters" / "plan.json"
    plan.write_text(plan.read_text("utf-8").replace("misid/ledger/2", "misid/ledger/1"), "utf-8")
    said = misid("check", out)
    assert (said.status, said.out) == (2, "")
    assert "plan.json: made by an older misid (schema misid/ledger/1): re-run" in said.err
    assert "is not what was written" not in said.err
