"""`misid run --encounters`: what is written, what is refused, and that a killed run goes on to the same result."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from misid import api
from misid.errors import MisidError
from misid.simulation.run import _write_part
from misid.storage import CHUNK, open_ledger, read_plan

MISID = Path(sys.executable).with_name("misid")
FILES = {
    "report.html",
    "appendix.html",
    "inputs.csv",
    "results.json",
    "scenario.resolved.json",
    "provenance.json",
    "encounters",
}


@pytest.mark.slow
def test_a_run_writes_people_and_their_ledger(misid, small):
    said = misid("run", small, "--encounters", 3000, "--seed", 5, "--workers", 1, "--out", "out")
    assert said.status == 0
    assert {path.name for path in Path("out").iterdir()} == FILES
    assert not Path("out.partial").exists(), "the parts went into the result"
    results = json.loads(Path("out/results.json").read_text("utf-8"))
    assert len(results["simulated"]["screens"]) == 4
    assert {section["id"] for section in results["simulated"]["sections"]} >= {"counts", "kept", "causes"}
    plan = read_plan(Path("out"))
    assert (plan["seed"], plan["encounters"], plan["points"]) == (5, 3000, ["given"])
    with open_ledger(Path("out")) as con:
        assert con.execute("SELECT count(*), count(DISTINCT truth.person) FROM encounters").fetchone() == (3000, 3000)
    assert "SYNTHETIC" in Path("out/report.html").read_text("utf-8")
    again = misid("run", small, "--encounters", 3000, "--seed", 5, "--workers", 1, "--out", "out")
    assert again.status == 2
    assert "--force" in again.err
    printed = misid("run", small, "--encounters", 3000, "--seed", 5, "--workers", 1, "--json")
    assert json.loads(printed.out) == results
    assert {path.name for path in Path().iterdir()} == {"small.yaml", "out"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--encounters", "-5"], "encounters must be 1 to"),
        (["--encounters", "10", "--seed", "-1"], "seed must be 0 to"),
        (["--encounters", "10", "--workers", "0"], "workers must be a whole number of at least 1"),
        (["--encounters", "10", "--executor", "locl"], "local"),
        (["--encounters", "10", "--scheduler", "tcp://host:8786"], "--scheduler has no meaning for --executor local"),
        (["--encounters", "10", "--executor", "dask", "--scheduler", "host"], "is no address of a Dask scheduler"),
        (["--encounters", "many"], "not a valid integer"),
    ],
)
def test_bad_numbers_are_named(misid, small, options, words):
    said = misid("run", small, *options)
    assert said.status == 2
    assert words in said.err
    assert {path.name for path in Path().iterdir()} == {"small.yaml"}, "nothing half-written"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs misid[cluster]")
@pytest.mark.filterwarnings("default")
def test_dask_writes_the_same_encounters(misid, small):
    for where in ("local", "dask"):
        options = ("--encounters", 140_000, "--seed", 4, "--workers", 2, "--executor", where, "--out", where)
        assert misid("run", small, *options).status == 0
    names = sorted(path.name for path in Path("local/encounters").iterdir())
    assert sum(name.endswith(".parquet") for name in names) > 1
    assert names == sorted(path.name for path in Path("dask/encounters").iterdir())
    for name in names:
        assert Path("dask/encounters", name).read_bytes() == Path("local/encounters", name).read_bytes()
    assert not Path("dask.partial").exists()


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path):
    with pytest.raises(MisidError, match=r"nowhere: is not seen by a worker on .*; give --out a folder on a disk that"):
        _write_part(None, None, tmp_path / "nowhere", "", 0)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.slow
def test_a_result_can_be_saved_twice(small):
    result = api.run(str(small), encounters=100, workers=1)
    place = result.ledger.folder.parent
    for folder in ("first", "second"):
        result.save(folder)
    result.save("second", force=True)
    assert not place.exists() or not any(place.iterdir())
    for folder in ("first", "second"):
        with open_ledger(Path(folder)) as con:
            assert con.execute("SELECT count(*) FROM encounters").fetchone() == (100,)


@pytest.mark.slow
def test_parts_of_another_run_are_refused(misid, small):
    partial = Path("out.partial")
    api.run(str(small), encounters=100, seed=4, workers=1, work=partial)
    said = misid("run", small, "--encounters", 100, "--out", "out")
    assert said.status == 2
    assert "seed is 4 there and 1 here" in said.err
    assert "--force" in said.err
    (partial / "plan.json").write_text('{"schema": "misid/ledger/99"}', "utf-8")
    newer = misid("run", small, "--encounters", 100, "--out", "out")
    assert newer.status == 2
    assert "newer misid" in newer.err
    (partial / "mine.txt").write_text("mine", "utf-8")
    foreign = misid("run", small, "--encounters", 100, "--out", "out", "--force")
    assert foreign.status == 2
    assert (partial / "mine.txt").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["part-00000-given.parquet", "part-00000.json"])
def test_a_damaged_part_is_made_again_to_the_same_result(misid, small, caplog, name):
    api.run(str(small), encounters=300, seed=4, workers=1, work=Path("out.partial"))
    path = Path("out.partial") / name
    straight = path.read_bytes()
    path.write_bytes(straight[:300] + bytes([straight[300] ^ 1]) + straight[301:])
    for folder in ("out", "fresh"):
        assert misid("run", small, "--encounters", 300, "--seed", 4, "--workers", 1, "--out", folder).status == 0
    assert caplog.messages == ["out.partial: part 0 was damaged and is made again"]
    assert Path("out/encounters", name).read_bytes() == straight
    assert content(Path("out")) == content(Path("fresh"))


def content(folder: Path) -> tuple[object, dict[str, object]]:
    results = json.loads((folder / "results.json").read_text("utf-8"))
    digests = {}
    for note in sorted((folder / "encounters").glob("part-*.json")):
        digests[note.name] = json.loads(note.read_text("utf-8"))
    return results, digests


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_to_the_same_result(small):
    command = [MISID, "run", small, "--encounters", str(2 * CHUNK + 10_000), "--seed", "9"]  # three parts
    subprocess.run([*command, "--out", "one", "--workers", "1"], check=True, capture_output=True)

    kills = 0
    for wanted in (0, 1):
        run = subprocess.Popen(
            [*command, "--out", "killed", "--workers", "2"],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while run.poll() is None and len(list(Path().glob("killed.partial/part-*.json"))) <= wanted:
            time.sleep(0.01)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            kills += 1
            assert not Path("killed").exists(), "whole or not at all"
    assert kills
    subprocess.run([*command, "--out", "killed", "--workers", "2"], check=True, capture_output=True)
    assert content(Path("killed")) == content(Path("one")), "killed or not, and as many workers as you like"
