"""What SQL sees of a ledger: rows in one order, labels as text whatever they hold, and only the field that is asked."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from helpers.ledgers import resign, verify
from misid.errors import MisidError, OutputRefused
from misid.provenance import provenance
from misid.storage import (
    ENCOUNTERS,
    Ledger,
    connect,
    literal,
    open_ledger,
    read_plan,
    remove_ledger,
    translate_errors,
    write_folder,
)
from misid.storage.database import column_sql, read_column
from misid.storage.ledger import rows_path

POINTS = ("nist_kept", "strict")  # not in the order of their codes
MANY = 25
MADE = provenance("misid run x", 1.0)


@pytest.fixture(autouse=True)
def plans_may_be_cut_fine(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("misid.storage.ledger.CHUNK", 10)


@pytest.fixture(scope="module")
def many_parts(ledgers: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    plan = ledgers.cut(ledgers.plan(MANY, points=POINTS), 10)
    ledger = Ledger(tmp_path_factory.mktemp("many") / "run", plan)
    for part in ledger.missing():
        ledger.write_part(part, ledgers.columns(ledger.plan, part))
    return ledger


@pytest.fixture
def many(many_parts: Ledger, tmp_path: Path) -> Ledger:
    """A ledger of three parts, a copy for each test that changes it."""
    shutil.copytree(many_parts.folder, tmp_path / "run")
    return Ledger(tmp_path / "run", many_parts.plan)


# In which order


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_all_encounters_at_the_first_point_then_at_the_next(many_parts: Ledger, threads: int):
    assert many_parts.plan.parts == 3
    with open_ledger(many_parts.folder, threads=threads) as con:
        found = con.execute("SELECT encounter, CAST(point = 'strict' AS UTINYINT) AS m FROM encounters").fetchnumpy()
    np.testing.assert_array_equal(found["encounter"], np.tile(np.arange(MANY), 2))
    np.testing.assert_array_equal(found["m"], np.repeat([0, 1], MANY))


def test_values_of_all_parts_stand_in_that_order_too(many_parts: Ledger, ledgers: ModuleType):
    halves = [ledgers.columns(many_parts.plan, part) for part in range(3)]
    with open_ledger(many_parts.folder, threads=2) as con:
        found = con.execute("SELECT truth.person AS p, seen.hit AS h FROM encounters").fetchnumpy()
    for key, column in (("p", "truth.person"), ("h", "seen.hit")):
        by_point = [np.split(half[column], 2) for half in halves]
        np.testing.assert_array_equal(found[key], np.concatenate([part[m] for m in range(2) for part in by_point]))


# How much is read


def scanned(con: Any, query: str) -> list[str]:
    """Return what each scan of a query reads, filters included."""
    (text,) = (row[1] for row in con.execute(f"EXPLAIN (FORMAT json) {query}").fetchall())
    found, left = [], json.loads(text)
    while left:
        node = left.pop()
        left += node["children"]
        if node["name"].strip() in ("READ_PARQUET", "PARQUET_SCAN"):
            read = node["extra_info"].get("Projections", [])
            found += [read] if isinstance(read, str) else read
            found += re.findall(r"\w+\.\w+", str(node["extra_info"].get("Filters", "")))
    return sorted(found)


def test_plan_of_one_field_reads_one_field(many_parts: Ledger):
    with open_ledger(many_parts.folder) as con:
        for column in many_parts.plan.columns():
            found = scanned(con, f"SELECT max({column_sql(column)}) FROM encounters")
            assert [each.replace('"', "") for each in found] == [column.name], column.name
        query = "SELECT avg(seen.score) FROM encounters WHERE truth.status = 'must_go'"
        assert scanned(con, query) == ["seen.score", "truth.status"]
        assert scanned(con, "SELECT truth FROM encounters") == ["truth"], "what reads more is seen to"
        assert len(scanned(con, "SELECT * FROM encounters")) == 6


def spoil_all_but(path: Path, kept: str) -> None:
    """Overwrite the pages of every column of a Parquet file but one."""
    with connect() as con:
        rows = con.execute(
            "SELECT replace(path_in_schema, ', ', '.'), coalesce(dictionary_page_offset, data_page_offset), "
            f"total_compressed_size FROM parquet_metadata({literal(str(path))})"
        ).fetchall()
    data = bytearray(path.read_bytes())
    for name, at, size in rows:
        if name != kept:
            data[at : at + size] = b"\xff" * size
    path.write_bytes(data)


ONE_OF_EACH_KIND = (
    "point",
    "truth.status",
    "truth.age",
    "seen.score",
    "seen.hit",
    "disbelieved.definitive",
    "encounter",
)


def test_one_field_is_read_where_all_others_are_spoilt(ledgers: ModuleType, tmp_path: Path):
    whole = Ledger(tmp_path / "whole", ledgers.plan(200))
    arrays = ledgers.columns(whole.plan, 0)
    whole.write_part(0, arrays)
    rows = rows_path(tmp_path / "run", 0, "nist_kept")
    listed = {column.name: column for column in whole.plan.columns()}
    for name, other in itertools.pairwise(ONE_OF_EACH_KIND):
        shutil.copytree(whole.folder, tmp_path / "run", dirs_exist_ok=True)
        spoil_all_but(rows, name)
        resign(tmp_path / "run")
        with open_ledger(tmp_path / "run") as con:
            assert con.execute("SELECT count(*) FROM encounters").fetchone() == (200,)
            found = con.execute(f"SELECT {column_sql(listed[name])} AS one FROM encounters").fetchnumpy()["one"]
            with pytest.raises(OutputRefused), translate_errors(rows, "read"):
                con.execute(f"SELECT {column_sql(listed[other])} FROM encounters").fetchall()
        values = np.asarray(listed[name].codes)[arrays[name]] if listed[name].codes else arrays[name]
        is_there = ~np.ma.getmaskarray(found)
        assert is_there.any()
        np.testing.assert_array_equal(np.ma.getdata(found)[is_there], values[is_there], err_msg=name)


# Labels


def labelled(ledgers: ModuleType, folder: Path, labels: tuple[str, ...]) -> Ledger:
    """Write a ledger in which every label of one column occurs, in turn."""
    both = {"truth.status": labels, "seen.database": ("none", "b")}
    ledger = Ledger(folder, ledgers.plan(3 * len(labels), labels=both))
    arrays = ledgers.columns(ledger.plan, 0)
    arrays["truth.status"] = np.resize(np.arange(len(labels), dtype=np.uint8), 3 * len(labels))
    ledger.write_part(0, arrays)
    return ledger


ODD = ("it's", "", " ", "NULL", "ü", "Ü", "a\nb", '"', "%s{}", "a,b", "🙂", "1", "A", "a", "\\", "--", "a' || 'b")


@pytest.mark.parametrize("labels", [ODD, tuple(f"label {i}" for i in range(255)), ("only",)], ids=["odd", "255", "one"])
def test_any_label_comes_back(ledgers: ModuleType, tmp_path: Path, labels: tuple[str, ...]):
    ledger = labelled(ledgers, tmp_path / "run", labels)
    with open_ledger(ledger.folder) as con:
        rows = con.execute("SELECT truth.status FROM encounters").fetchall()
    assert [label for (label,) in rows] == list(labels) * 3
    assert verify(ledger) == ledger.content_hash()
    (column,) = (each for each in ledger.plan.columns() if each.name == "truth.status")
    with connect() as con:
        codes = read_column(con, [rows_path(ledger.folder, 0, "nist_kept")], column)
    assert codes.dtype == np.uint8
    np.testing.assert_array_equal(codes, np.tile(np.arange(len(labels)), 3))


def test_label_that_the_plan_does_not_know_is_found(ledgers: ModuleType, tmp_path: Path):
    labelled(ledgers, tmp_path / "other", ("may_stay", "may go"))
    ledger = labelled(ledgers, tmp_path / "run", ("may_stay", "must_go"))
    shutil.copy(rows_path(tmp_path / "other", 0, "nist_kept"), ledger.folder)
    resign(ledger.folder)
    with pytest.raises(
        MisidError, match=r"nist_kept\.parquet: column truth\.status misses labels or holds unknown ones"
    ):
        verify(ledger)


# A ledger that is not whole, or another's


def test_missing_parts_are_named(many: Ledger):
    for point in POINTS:
        rows_path(many.folder, 1, point).unlink()
    words = f"{many.folder}: 1 of 3 parts are missing (the first is 1); run again"
    with pytest.raises(MisidError, match=re.escape(words)):
        open_ledger(many.folder)
    assert many.missing() == [1]


@pytest.mark.parametrize(
    "spoil",
    [{"encounters": 0}, {"encounters": "many"}, {"part_rows": 0}, {"points": []}, {"points": 1}, {"encounters": 1.5}],
    ids=str,
)
def test_spoilt_plan_is_told(many: Ledger, spoil: dict[str, Any]):
    plan = json.loads((many.folder / "plan.json").read_text("utf-8"))
    (many.folder / "plan.json").write_text(json.dumps(plan | spoil), "utf-8")
    with pytest.raises(OutputRefused, match=r"plan\.json: is spoilt; make it again"):
        open_ledger(many.folder)


@pytest.mark.parametrize("key", ["encounters", "part_rows", "points"])
def test_plan_that_lacks_a_field_is_told(many: Ledger, key: str):
    plan = json.loads((many.folder / "plan.json").read_text("utf-8"))
    del plan[key]
    (many.folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    with pytest.raises(OutputRefused, match=r"plan\.json: is spoilt; make it again"):
        open_ledger(many.folder)


def test_run_of_fewer_encounters_is_told_as_another_run(many: Ledger, ledgers: ModuleType):
    with pytest.raises(OutputRefused, match=f"encounters is {MANY} there and 5 here; give --force"):
        Ledger(many.folder, ledgers.cut(ledgers.plan(5, points=POINTS), 10))


@pytest.mark.parametrize("name", ["part-00000-nist_kept.parquet", "plan.json"])
def test_folder_by_the_name_of_a_part_is_not_removed(tmp_path: Path, name: str):
    (tmp_path / "run" / name).mkdir(parents=True)
    (tmp_path / "run" / name / "thesis.doc").write_text("years of work", "utf-8")
    with pytest.raises(OutputRefused, match=re.escape(f"holds other files ({name})")):
        remove_ledger(tmp_path / "run")
    assert (tmp_path / "run" / name / "thesis.doc").read_text("utf-8") == "years of work"


# A ledger within a result


def test_ledger_reads_the_same_where_it_was_moved(many: Ledger, tmp_path: Path):
    question = "SELECT truth.status, count(*), sum(seen.record_number) FROM encounters GROUP BY 1 ORDER BY 1"
    with open_ledger(many.folder) as con:
        before = con.execute(question).fetchall()
    content = many.content_hash()
    files = {file.name: file.stat().st_ino for file in many.folder.iterdir()}
    write_folder(tmp_path / "out", {"report.html": "x"}, force=False, made=MADE, ledger=many.folder)
    assert {file.name: file.stat().st_ino for file in (tmp_path / "out" / ENCOUNTERS).iterdir()} == files, "no copies"
    assert not many.folder.exists()
    with open_ledger(tmp_path / "out") as con:
        assert con.execute(question).fetchall() == before
    with open_ledger(str(tmp_path / "out")) as con:
        assert con.execute(question).fetchall() == before
    assert read_plan(tmp_path / "out") == many.plan.to_json()
    assert verify(Ledger(tmp_path / "out" / ENCOUNTERS, many.plan)) == content


def test_ledger_made_inside_an_older_result_stays_in_the_new_one(ledgers: ModuleType, tmp_path: Path):
    out, plan = tmp_path / "out", ledgers.plan(20)
    write_folder(out, {"report.html": "old"}, force=False, made=MADE)
    ledger = Ledger(out / ENCOUNTERS, plan)
    ledger.write_part(0, ledgers.columns(plan, 0))
    write_folder(out, {"report.html": "new"}, force=True, made=MADE, ledger=ledger.folder)
    assert (out / "report.html").read_text("utf-8") == "new"
    assert verify(ledger) == ledger.content_hash()
    assert os.listdir(tmp_path) == ["out"]


def test_what_lies_beside_a_ledger_stays_where_it_was(ledgers: ModuleType, tmp_path: Path):
    plan = ledgers.plan(20)
    ledger = Ledger(tmp_path / "run", plan)
    ledger.write_part(0, ledgers.columns(plan, 0))
    (ledger.folder / "thesis.doc").write_text("years of work", "utf-8")
    write_folder(tmp_path / "out", {"report.html": "x"}, force=False, made=MADE, ledger=ledger.folder)
    assert sorted(os.listdir(ledger.folder)) == ["plan.json", "thesis.doc"], "the plan tells whose the rest was"
    assert Ledger(tmp_path / "out" / ENCOUNTERS, plan).missing() == []
