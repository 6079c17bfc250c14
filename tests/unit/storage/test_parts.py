"""A part is whole or absent; a run that was killed goes on; what cannot be read in good faith is refused."""

from __future__ import annotations

import errno
import itertools
import json
import logging
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from helpers.ledgers import resign, verify
from misid.errors import MisidError, OutOfRange, OutputRefused
from misid.storage import (
    Ledger,
    Plan,
    connect,
    open_ledger,
    read_plan,
    remove_ledger,
)
from misid.storage.database import read_column
from misid.storage.ledger import rows_path

BOTH = ("strict", "nist_kept")


def written(ledgers: ModuleType, folder: Path, plan: Plan) -> Ledger:
    ledger = Ledger(folder, plan)
    for part in ledger.missing():
        ledger.write_part(part, ledgers.columns(plan, part))
    return ledger


def contents(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()}


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture(scope="module")
def once(ledgers: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return written(ledgers, tmp_path_factory.mktemp("once") / "run", ledgers.plan(500, points=BOTH))


@pytest.fixture
def small(once: Ledger, tmp_path: Path) -> Ledger:
    """A ledger of its own for each test."""
    shutil.copytree(once.folder, tmp_path / "run")
    return Ledger(tmp_path / "run", once.plan)


# What is written comes back


def test_round_trip(small: Ledger, ledgers: ModuleType):
    assert names(small.folder) == [
        "part-00000-nist_kept.parquet",
        "part-00000-strict.parquet",
        "part-00000.json",
        "plan.json",
    ]
    expected = ledgers.columns(small.plan, 0)
    assert np.isnan(expected["seen.score"]).any()
    assert (expected["seen.record_number"] == -1).any()
    with connect() as con:
        for column in small.plan.columns():
            found = read_column(con, [small.folder / f"part-00000-{m}.parquet" for m in BOTH], column)
            assert found.dtype == np.dtype(column.dtype), column.name
            np.testing.assert_array_equal(found, expected[column.name], err_msg=column.name)
    assert verify(small) == small.content_hash()


def test_missing_values_are_null_and_labels_are_text(small: Ledger, ledgers: ModuleType):
    expected = ledgers.columns(small.plan, 0)
    with open_ledger(small.folder) as con:
        row = con.execute(
            "SELECT count(*) - count(seen.score), count(*) - count(seen.record_number), count(*) FROM encounters"
        ).fetchone()
        assert row == (np.isnan(expected["seen.score"]).sum(), (expected["seen.record_number"] == -1).sum(), 1000)
        counts = con.execute(
            "SELECT truth.status, point, count(*) FROM encounters "
            """WHERE outcome."documents-first" = 'wrong person' AND NOT disbelieved.definitive GROUP BY 1, 2"""
        ).fetchall()
    wrong = (expected["outcome.documents-first"] == 3) & ~expected["disbelieved.definitive"]
    by_hand = {
        (label, point, int((wrong & (expected["truth.status"] == i) & (expected["point"] == j)).sum()))
        for i, label in enumerate(ledgers.LABELS["truth.status"])
        for j, point in enumerate(BOTH)
    }
    assert min(count for _, _, count in by_hand) > 0
    assert set(counts) == by_hand


def test_ledger_explains_itself(small: Ledger):
    facts = read_plan(small.folder)
    assert facts == small.plan.to_json()
    assert [column["name"] for column in facts["columns"]] == [column.name for column in small.plan.columns()]
    by_name = {column["name"]: column for column in facts["columns"]}
    assert by_name["truth.status"]["codes"] == ["may_stay", "must_go", "it's unclear"]
    assert by_name["seen.score"]["unit"] == "decades"
    assert by_name["seen.score"]["null_means"] == "no hit"


def test_any_tool_reads_labels_from_one_file(small: Ledger, ledgers: ModuleType):
    expected = ledgers.columns(small.plan, 0)["truth.status"][500:]
    with connect() as con:
        rows = con.execute(f"SELECT truth.status FROM '{small.folder / 'part-00000-nist_kept.parquet'}'").fetchall()
    assert [label for (label,) in rows] == [ledgers.LABELS["truth.status"][code] for code in expected]


@pytest.mark.parametrize("name", ["it's ü", "a[1]*?", "%s{}$1"])
def test_any_folder_name(ledgers: ModuleType, tmp_path: Path, name: str):
    ledger = written(ledgers, tmp_path / name, ledgers.plan(20))
    assert verify(ledger) == ledger.content_hash()
    with open_ledger(tmp_path / name) as con:
        assert con.execute("SELECT count(*) FROM encounters").fetchone() == (20,)


def test_no_rules_at_all(ledgers: ModuleType, tmp_path: Path):
    written(ledgers, tmp_path / "run", ledgers.plan(20, rules=()))
    with open_ledger(tmp_path / "run") as con:
        columns = [row[0] for row in con.execute("DESCRIBE encounters").fetchall()]
    assert columns == ["encounter", "point", "truth", "seen"]


# The same content, however the run was cut


@pytest.mark.slow
def test_hash_and_order_do_not_depend_on_part_size(ledgers: ModuleType, tmp_path: Path):
    hashes, orders = set(), []
    for part_rows in (65_536, 65_600):
        plan = ledgers.plan(65_600, part_rows, BOTH)
        ledger = written(ledgers, tmp_path / str(part_rows), plan)
        hashes |= {ledger.content_hash(), verify(ledger)}
        with open_ledger(ledger.folder) as con:
            orders.append(
                con.execute("SELECT encounter, CAST(point = 'nist_kept' AS INT) AS m FROM encounters").fetchnumpy()
            )
    assert plan.parts == 1
    assert len(hashes) == 1
    for found in orders:
        np.testing.assert_array_equal(found["encounter"], np.tile(np.arange(65_600), 2))
        np.testing.assert_array_equal(found["m"], np.repeat([0, 1], 65_600))


def test_parts_in_any_order_and_twice(ledgers: ModuleType, tmp_path: Path):
    plan = ledgers.cut(ledgers.plan(25, points=BOTH), 10)
    straight = written(ledgers, tmp_path / "straight", plan)
    ledger = Ledger(tmp_path / "mixed", plan)
    for part in (2, 0, 1, 2):
        ledger.write_part(part, ledgers.columns(plan, part))
    assert ledger.content_hash() == straight.content_hash()
    assert contents(ledger.folder) == contents(straight.folder)


@pytest.mark.slow
def test_same_bytes_for_any_number_of_workers(ledgers: ModuleType, program: Path, tmp_path: Path):
    plan = ledgers.cut(ledgers.plan(25, points=BOTH), 10)
    straight = contents(written(ledgers, tmp_path / "here", plan).folder)
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        command = [sys.executable, program, folder, f"--workers={workers}", "--encounters=25", "--part-rows=10"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert sorted(done.stdout.splitlines()[1:]) == [f"done {part}" for part in range(3)]
        assert contents(folder) == straight, workers


# Killed at any moment


def test_every_file_is_safe_before_it_gets_its_name(
    ledgers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    said: list[tuple[str, int]] = []
    fsync, replace = os.fsync, os.replace

    def seen_fsync(handle: int) -> None:
        said.append(("safe", os.fstat(handle).st_ino))
        fsync(handle)

    def seen_replace(source: Path, target: Path) -> None:
        said.append((target.name, source.stat().st_ino))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", seen_fsync)
    monkeypatch.setattr(os, "replace", seen_replace)
    ledger = written(ledgers, tmp_path / "run", ledgers.plan(10, points=BOTH))
    files = ["plan.json", *(f"part-00000-{point}.parquet" for point in BOTH), "part-00000.json"]
    inode = {name: (ledger.folder / name).stat().st_ino for name in names(ledger.folder)}
    folder = ledger.folder.stat().st_ino
    assert said == [step for f in files for step in (("safe", inode[f]), (f, inode[f]), ("safe", folder))]


# Before a file is made safe on disk, and before its folder is: that is, before and after it got its name.
@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills copies of one process")
def test_killed_at_any_step(ledgers: ModuleType, program: Path, tmp_path: Path):
    plan = ledgers.cut(ledgers.plan(12, points=BOTH), 10)
    straight = written(ledgers, tmp_path / "straight", plan)
    assert verify(straight) == straight.content_hash()
    command = [sys.executable, program, tmp_path, "--die-at-every-step", "--encounters=12", "--part-rows=10"]
    killed = subprocess.run(command, capture_output=True, text=True, check=True)
    runs = re.findall(r"(missing 0 1\n(?:done \d\n)*|)(died|ended 0) (\d+)\n", killed.stdout)
    # The plan, and for each of two parts its rows under either point and its note: written, then renamed.
    kills = 2 * (1 + 2 * 3)
    assert [(how, int(at)) for _, how, at in runs] == [
        *(("died", at) for at in range(1, kills + 1)),
        ("ended 0", kills + 1),
    ]
    for said, _, at in runs:
        ledger = Ledger(tmp_path / at, plan)
        missing = ledger.missing()
        assert {int(part) for part in re.findall(r"done (\d)", said)}.isdisjoint(missing)
        assert not any(name.startswith(".misid-") for name in names(ledger.folder)), "what was half-written is gone"
        for part in missing:
            ledger.write_part(part, ledgers.columns(plan, part))
        assert contents(ledger.folder) == contents(straight.folder)


@pytest.mark.slow
def test_whole_run_killed_again_and_again(ledgers: ModuleType, program: Path, tmp_path: Path):
    plan = ledgers.cut(ledgers.plan(55, points=BOTH), 10)
    folder = tmp_path / "run"
    command = [sys.executable, program, folder, "--workers=2", "--encounters=55", "--part-rows=10", "--delay=0.1"]
    done: set[int] = set()
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        with process:
            missing = {int(part) for part in process.stdout.readline().split()[1:]}
            assert missing
            assert missing.isdisjoint(done)
            done |= {int(process.stdout.readline().split()[1]) for _ in range(2)}
            os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ledger = Ledger(folder, plan)
    assert ledger.missing() == []
    # What the last of the killed left half-written may stand until nothing of them is left.
    whole = {name: data for name, data in contents(folder).items() if not name.startswith(".misid-")}
    assert whole == contents(written(ledgers, tmp_path / "straight", plan).folder)


def test_half_written_files_of_the_living_stay(small: Ledger):
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead, living = f".misid-{ended.pid}-part-00000.parquet", f".misid-{os.getpid()}-part-00000.parquet"
    for name in (dead, living):
        (small.folder / name).write_bytes(b"half")
    (small.folder / f".misid-{ended.pid}-spill-ab").mkdir()
    (small.folder / f".misid-{ended.pid}-spill-ab" / "duckdb_temp_storage").write_bytes(b"half")
    assert small.missing() == []
    assert [name for name in names(small.folder) if name.startswith(".")] == [living]


# What is refused


def test_part_of_other_encounters(small: Ledger, ledgers: ModuleType, tmp_path: Path):
    columns = ledgers.columns(small.plan, 0)
    for name, other in {"encounter": columns["encounter"][::-1].copy(), "point": 1 - columns["point"]}.items():
        with pytest.raises(MisidError, match=f"part 0: column '{name}' is not that of encounters 0 to 499"):
            small.write_part(0, columns | {name: other})
    with pytest.raises(OutOfRange, match="part must be from 0 to 0, got 1"):
        small.write_part(1, columns)


def test_bad_array_leaves_no_part(ledgers: ModuleType, tmp_path: Path):
    ledger = Ledger(tmp_path / "run", ledgers.plan(10))
    columns = ledgers.columns(ledger.plan, 0)
    with pytest.raises(OutOfRange, match=r"truth\.age: type"):
        ledger.write_part(0, columns | {"truth.age": columns["truth.age"].astype(">i2")})
    assert names(ledger.folder) == ["plan.json"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 8}, "seed is 7 there and 8 here; give --force"),
        ({"scenario_digest": "cd"}, "scenario_digest is 'ab12' there and 'cd' here"),
        ({"encounters": 501}, "encounters is 500 there and 501 here"),
        ({"points": ("nist_kept",)}, r"points is \['strict', 'nist_kept'\] there and \['nist_kept'\] here"),
        ({"version": "10.0"}, "version is '9.9' there and '10.0' here; .* or go on with misid 9.9"),
    ],
)
def test_other_plan_is_refused(small: Ledger, ledgers: ModuleType, changes: dict[str, Any], words: str):
    with pytest.raises(OutputRefused, match=words):
        Ledger(small.folder, ledgers.plan(**({"encounters": 500, "points": BOTH} | changes)))


def test_plan_that_means_the_same_in_other_signs_is_written_again(small: Ledger):
    path = small.folder / "plan.json"
    whole = path.read_bytes()
    path.write_bytes(json.dumps(json.loads(whole)).encode() + b"\n ")
    assert Ledger(small.folder, small.plan).missing() == []
    assert path.read_bytes() == whole


def test_same_plan_goes_on(small: Ledger, ledgers: ModuleType):
    assert Ledger(small.folder, ledgers.plan(500, points=BOTH)).missing() == []


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ("{", "is no ledger of misid"),
        ("[]", "is no ledger of misid"),
        ('{"schema": "misid/results/1"}', "is no ledger of misid"),
        ('{"schema": "misid/ledger/3"}', "is a ledger of schema misid/ledger/3, .* use a newer misid"),
        ('{"schema": "misid/ledger/1"}', r"made by an older misid \(schema misid/ledger/1\): re-run"),
    ],
)
def test_folder_of_another_kind(small: Ledger, plan: str, words: str):
    (small.folder / "plan.json").write_text(plan, "utf-8")
    with pytest.raises(OutputRefused, match=words):
        Ledger(small.folder, small.plan)


def test_long_differences_are_cut_short(small: Ledger, ledgers: ModuleType):
    with pytest.raises(OutputRefused, match="holds parts of another run") as refused:
        Ledger(small.folder, ledgers.plan(500, points=BOTH, rules=("definitive",)))
    assert "rules is" in str(refused.value)
    assert len(str(refused.value)) < 600


@pytest.mark.parametrize(
    "name", ["thesis.doc", "part-00001-nist_kept.parquet", "part-00000.parquet", ".misid-x", "encounters"]
)
def test_foreign_files_are_refused(small: Ledger, name: str):
    (small.folder / name).touch()
    with pytest.raises(OutputRefused, match=re.escape(f"holds other files ({name})")):
        Ledger(small.folder, small.plan)


def test_parts_without_a_plan(small: Ledger):
    (small.folder / "plan.json").unlink()
    with pytest.raises(OutputRefused, match=r"holds parts but no plan\.json"):
        Ledger(small.folder, small.plan)


def test_file_or_link_in_the_way(small: Ledger, tmp_path: Path):
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(small.folder)
    for name in ("file", "link"):
        with pytest.raises(OutputRefused, match="is a file or a link, not a folder"):
            Ledger(tmp_path / name, small.plan)


def test_remove_ledger(small: Ledger, tmp_path: Path):
    (small.folder / "thesis.doc").touch()
    before = names(small.folder)
    with pytest.raises(OutputRefused, match=r"thesis\.doc"):
        remove_ledger(small.folder)
    assert names(small.folder) == before
    (small.folder / "thesis.doc").unlink()
    remove_ledger(small.folder)
    remove_ledger(small.folder)
    assert names(tmp_path) == []


@pytest.mark.parametrize("plan", [None, "", "[]", '{"schema": "misid/results/1"}', '{"weeks": 3}'])
def test_files_named_like_parts_are_not_ours_without_our_plan(small: Ledger, plan: str | None):
    (small.folder / "plan.json").unlink() if plan is None else (small.folder / "plan.json").write_text(plan, "utf-8")
    before = names(small.folder)
    with pytest.raises(OutputRefused, match=r"holds no plan\.json of misid's, .* remove the folder yourself"):
        remove_ledger(small.folder)
    assert names(small.folder) == before


def test_ledger_of_another_schema_is_removed(small: Ledger):
    (small.folder / "plan.json").write_text('{"schema": "misid/ledger/99"}', "utf-8")
    remove_ledger(small.folder)
    assert not small.folder.exists()


def test_what_comes_into_a_ledger_while_it_is_removed_stays(small: Ledger, monkeypatch: pytest.MonkeyPatch):
    unlink = Path.unlink

    def late(self: Path, missing_ok: bool = False) -> None:
        (self.parent / "part-00009.json").write_text("mine", "utf-8")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", late)
    with pytest.raises(OutputRefused, match="cannot be written"):
        remove_ledger(small.folder)
    assert names(small.folder) == ["part-00009.json", "plan.json"], "what is left is still known for ours"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encounters": 0}, "encounters must be at least 1"),
        ({"part_rows": 0}, "part_rows must be a multiple of 65536"),
        ({"encounters": 100_000, "part_rows": 70_000}, "part_rows must be a multiple of 65536, or at least the 100000"),
        ({"points": ()}, "labels of point must be 1 to 255"),
        ({"points": ("nist_kept", "nist_kept")}, "labels of point must be 1 to 255 different names"),
        ({"points": ("../other",)}, "points must be small letters"),
        ({"rules": ("a.b",)}, "rules must be"),
        ({"labels": {}}, "labels must be"),
    ],
)
def test_bad_plan_is_refused(ledgers: ModuleType, changes: dict[str, Any], words: str):
    with pytest.raises(OutOfRange, match=words):
        ledgers.plan(**changes)


# What is spoilt is found


def test_unfinished_run(ledgers: ModuleType, tmp_path: Path):
    ledger = Ledger(tmp_path / "run", ledgers.plan(131_072))
    ledger.write_part(1, ledgers.columns(ledger.plan, 1))
    assert ledger.missing() == [0]
    for act in (ledger.content_hash, lambda: verify(ledger), lambda: open_ledger(ledger.folder)):
        with pytest.raises(MisidError, match=r"1 of 2 parts are missing \(the first is 0\); run again"):
            act()


def test_value_changed_on_disk_is_found(small: Ledger, ledgers: ModuleType, tmp_path: Path):
    columns = ledgers.columns(small.plan, 0)
    columns["truth.age"][321] += 1
    other = Ledger(tmp_path / "other", small.plan)
    other.write_part(0, columns)
    shutil.copy(other.folder / "part-00000-strict.parquet", small.folder)
    with pytest.raises(MisidError, match=r"part-00000-strict\.parquet: is not what was written; make it again"):
        verify(small)
    resign(small.folder)
    words = r"part-00000-strict\.parquet: column truth\.age is not what was written; make it again"
    with pytest.raises(MisidError, match=words):
        verify(small)


@pytest.mark.parametrize("place", [2, 0.5, -6])
def test_bytes_changed_on_disk_are_found(small: Ledger, place: float):
    path = small.folder / "part-00000-nist_kept.parquet"
    data = bytearray(path.read_bytes())
    at = int(place * len(data)) if isinstance(place, float) else place
    for i in range(at, min(at + 4, at + 4 if at < 0 else len(data))):
        data[i] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(MisidError, match=r"part-00000-nist_kept\.parquet: "):
        verify(small)


def test_part_cut_short(small: Ledger):
    path = small.folder / "part-00000-nist_kept.parquet"
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(MisidError, match=r"part-00000-nist_kept\.parquet: is not what was written"):
        verify(small)
    resign(small.folder)
    with pytest.raises(OutputRefused, match=r"part-00000-nist_kept\.parquet: cannot be read"):
        verify(small)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"columns": {}}'])
def test_spoilt_facts(small: Ledger, text: str):
    (small.folder / "part-00000.json").write_text(text, "utf-8")
    with pytest.raises(MisidError, match=r"part-00000\.json: is spoilt; make it again"):
        small.content_hash()


# What is reused was checked


def resumed(folder: Path, plan: Plan, ledgers: ModuleType, caplog: pytest.LogCaptureFixture) -> tuple[list[int], str]:
    """Go on in a folder; return which parts were made again, and what was said."""
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        ledger = Ledger(folder, plan)
        missing = ledger.missing()
    for part in missing:
        ledger.write_part(part, ledgers.columns(plan, part))
    return missing, " ".join(caplog.messages)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["part-00001-nist_kept.parquet", "part-00001.json"])
def test_a_byte_changed_anywhere_makes_the_part_again(
    ledgers: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
):
    plan = ledgers.cut(ledgers.plan(25, points=BOTH), 10)
    whole = written(ledgers, tmp_path / "run", plan)
    straight, content = contents(whole.folder), whole.content_hash()
    size, draws = len(straight[name]), random.Random(4)
    places = [0, 3, 4, size // 2, size - 9, size - 5, size - 1, *(draws.randrange(size) for _ in range(25))]
    for place in places:
        data = bytearray(straight[name])
        data[place] ^= draws.choice([1, 2, 4, 8, 16, 32, 64, 128, 255])
        (whole.folder / name).write_bytes(data)
        missing, said = resumed(whole.folder, plan, ledgers, caplog)
        assert (missing, said) == ([1], f"{whole.folder}: part 1 was damaged and is made again"), place
        assert contents(whole.folder) == straight
    assert verify(whole) == content


def test_a_byte_changed_in_the_plan_is_refused(ledgers: ModuleType, tmp_path: Path):
    plan = ledgers.plan(20)
    path = written(ledgers, tmp_path / "run", plan).folder / "plan.json"
    data = path.read_bytes()
    for place, bit in itertools.product(range(0, len(data), 97), (1, 32)):
        path.write_bytes(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
        with pytest.raises(OutputRefused):
            Ledger(tmp_path / "run", plan)


def test_note_that_means_the_same_and_reads_otherwise(small: Ledger):
    path = small.folder / "part-00000.json"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert small.missing() == [0]
    assert small.missing() == [0], "it stays away until it is written"


def test_parts_of_another_seed_or_place_are_made_again(
    ledgers: ModuleType, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    plan = ledgers.cut(ledgers.plan(25, points=BOTH), 10)
    other = ledgers.cut(ledgers.plan(25, points=BOTH, seed=8), 10)
    whole = written(ledgers, tmp_path / "run", plan)
    straight = contents(whole.folder)
    written(ledgers, tmp_path / "other", other)
    for file in (tmp_path / "other").glob("part-00002*"):
        shutil.copy(file, whole.folder)
    for file in sorted(whole.folder.glob("part-00000*")):
        shutil.copy(file, whole.folder / file.name.replace("00000", "00001"))
    missing, said = resumed(whole.folder, plan, ledgers, caplog)
    assert missing == [1, 2]
    assert said == f"{whole.folder}: 2 parts (1, 2) were made for another run and are made again"
    assert contents(whole.folder) == straight
    shutil.copy(rows_path(whole.folder, 0, "nist_kept"), rows_path(whole.folder, 0, "strict"))
    assert resumed(whole.folder, plan, ledgers, caplog)[0] == [0]
    assert contents(whole.folder) == straight


@pytest.mark.slow
def test_warning_is_one_line_on_stderr(ledgers: ModuleType, program: Path, tmp_path: Path):
    command = [sys.executable, program, tmp_path / "run", "--encounters=25", "--part-rows=10"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    os.truncate(rows_path(tmp_path / "run", 2, "nist_kept"), 50)
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stderr == f"{tmp_path / 'run'}: part 2 was damaged and is made again\n"
    assert done.stdout == "missing 2\ndone 2\n"


def test_every_fault_is_told(ledgers: ModuleType, tmp_path: Path):
    plan = ledgers.cut(ledgers.plan(25, points=BOTH), 10)
    ledger = written(ledgers, tmp_path / "run", plan)
    before = contents(ledger.folder)
    assert list(ledger.faults()) == []
    os.truncate(rows_path(ledger.folder, 0, "nist_kept"), 50)
    resign(ledger.folder, 1, plan="0" * 64)
    assert [str(fault).partition(";")[0] for fault in ledger.faults()] == [
        f"{rows_path(ledger.folder, 0, 'nist_kept')}: is not what was written",
        f"{ledger.folder / 'part-00001.json'}: belongs to another part or run",
    ]
    assert names(ledger.folder) == sorted(before), "looking changes nothing"


@pytest.mark.parametrize(
    "spoil", [{"encounters": "many"}, {"encounters": 1.5}, {"points": 3}, {"labels": []}, {"labels": {"a": 3}}, None]
)
def test_plan_from_plain_data(ledgers: ModuleType, spoil: dict[str, Any] | None):
    plan = ledgers.plan(500, points=BOTH)
    data = json.loads(plan.to_text())
    assert Plan.from_json(data).to_text() == plan.to_text()
    bad = {"seed": 3} if spoil is None else data | spoil
    with pytest.raises(OutOfRange):
        Plan.from_json(bad)


# The disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], check=False) if mount else None
    if done is None or done.returncode:
        pytest.skip("no right to mount a small disk here; the test below stands in for it")
    yield place
    subprocess.run(["umount", place], check=True)


def test_disk_is_really_full(small_disk: Path, ledgers: ModuleType):
    ledger = Ledger(small_disk / "run", ledgers.plan(60_000, points=BOTH))
    with pytest.raises(OutputRefused, match=r"strict\.parquet: cannot be written: the disk is full; make room"):
        ledger.write_part(0, ledgers.columns(ledger.plan, 0))
    assert ledger.missing() == [0]
    assert names(ledger.folder) == ["plan.json"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_disk_gives_out(ledgers: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int):
    ledger = Ledger(tmp_path / "run", ledgers.plan(10))

    def fail(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputRefused, match=r"nist_kept\.parquet: cannot be written: .*parts are kept"):
        ledger.write_part(0, ledgers.columns(ledger.plan, 0))
    assert names(ledger.folder) == ["plan.json"]
    assert ledger.missing() == [0]
