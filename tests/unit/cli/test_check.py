"""`misid check`: what was written is there, and whatever was changed since is told."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from misid import api
from misid.scenario import load_scenario
from misid.storage import file_digest

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


def test_ledger_of_another_run_or_none_is_told(misid, out):
    results = out / "results.json"
    text = results.read_text("utf-8")
    results.write_text(text.replace("Content hash ", "Content hash 0"), "utf-8")
    assert "does not name content hash" in misid("check", out).err
    results.write_text(text[:-5], "utf-8")
    assert "results.json: is spoilt" in misid("check", out).err
    results.write_text(text, "utf-8")
    (out / "encounters/part-00000.json").unlink()
    assert "1 of 1 parts are missing" in misid("check", out).err
    shutil.rmtree(out / "encounters")
    said = misid("check", out)
    assert said.status == 2
    assert "encounters: is missing, and results.json rests on it" in said.err
    results.unlink()
    provenance = json.loads((out / "provenance.json").read_text("utf-8"))
    provenance.pop("files", None)
    (out / "provenance.json").write_text(json.dumps(provenance), "utf-8")
    said = misid("check", out)
    assert (said.status, said.out) == (2, "")
    assert "cannot be checked" in said.err


def test_files_that_the_provenance_lists_are_compared(misid, out):
    path = out / "provenance.json"
    made = json.loads(path.read_text("utf-8"))
    names = ["report.html", "results.json", "scenario.resolved.json"]
    listed = {name: {"sha256": file_digest(out / name)} for name in names}
    path.write_text(json.dumps(made | {"files": listed}), "utf-8")
    assert "3 files as listed" in misid("check", out).out
    (out / "report.html").write_text("x", "utf-8")
    (out / "scenario.resolved.json").unlink()
    said = misid("check", out)
    assert said.status == 2
    assert "report.html: is not what was written" in said.err
    assert "scenario.resolved.json: cannot be read: No such file or directory" in said.err
    assert "2 faults." in said.err


@pytest.mark.parametrize("name", ["none", ".", "out/report.html"])
def test_what_is_no_result_is_refused(misid, out, name):
    said = misid("check", name)
    assert said.status == 2
    assert "is no result of misid" in said.err
