"""One place opens DuckDB, and it fetches and guesses nothing; files that are no ledger are refused in plain words."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import misid
from helpers.ledgers import resign
from misid.errors import MisidError, OutOfRange, OutputRefused
from misid.storage import (
    ENCOUNTERS,
    Ledger,
    check_result,
    connect,
    files,
    literal,
    name,
    open_ledger,
    read_plan,
    translate_errors,
)

SOURCE = Path(misid.__file__).parent


def imports_duckdb(source: str) -> bool:
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(each.split(".")[0] in ("duckdb", "_duckdb") for each in names):
            return True
    return False


def test_one_file_imports_duckdb():
    texts = {path: path.read_text("utf-8") for path in SOURCE.rglob("*.py")}
    users = [p.relative_to(SOURCE).as_posix() for p, text in texts.items() if "duckdb" in text and imports_duckdb(text)]
    assert users == ["storage/database.py"]


@pytest.mark.parametrize(
    "source", ["import duckdb", "def f():\n    from duckdb import sql", "import duckdb.typing as t"]
)
def test_planted_import_is_seen(source: str):
    assert imports_duckdb(source)


def test_duckdb_loads_late():
    code = "import sys, misid.cli.main, misid.storage.ledger, misid.storage.workers; print('duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


# Ctrl-C


ENDLESS = "SELECT count(*) FROM range(1000000000000) t(i) WHERE i % 7 = 3"


@pytest.mark.parametrize("how", ["signal", "interrupt"])
def test_interrupted_duckdb_is_a_keyboard_interrupt(how: str):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with connect() as con:
            stop = con.interrupt if how == "interrupt" else lambda: os.kill(os.getpid(), signal.SIGINT)
            timer = threading.Timer(0.3, stop)
            timer.start()
            with pytest.raises(KeyboardInterrupt), translate_errors(Path("p"), "read"):
                con.execute(ENDLESS).fetchall()
            timer.join()
    finally:
        signal.signal(signal.SIGINT, before)


def test_other_runtime_errors_pass_as_they_are():
    with pytest.raises(RuntimeError, match="another"), translate_errors(Path("p"), "read"):
        raise RuntimeError("another")


# What a connection may do


def told_sql(con: object, query: str) -> list[tuple[object, ...]]:
    with translate_errors(Path("p"), "read"):
        return con.execute(query).fetchall()


def setting(con: object, key: str) -> object:
    return con.execute(f"SELECT current_setting('{key}')").fetchone()[0]


def test_settings(tmp_path: Path):
    with connect(tmp_path, memory_mb=100, threads=2) as con:
        for key in ("autoinstall_known_extensions", "autoload_known_extensions", "allow_community_extensions"):
            assert setting(con, key) is False, key
        assert setting(con, "enable_progress_bar") is False
        assert setting(con, "preserve_insertion_order") is True
        assert setting(con, "threads") == 2
        assert setting(con, "memory_limit") == "95.3 MiB"
        assert Path(setting(con, "temp_directory")).parent == tmp_path
    with connect() as con:
        assert setting(con, "temp_directory") == ""


def test_variables_of_the_caller_are_no_tables():
    mine = {"x": np.arange(3)}
    with connect() as con:
        with pytest.raises(OutputRefused, match="p: cannot be read: Catalog Error: Table with name mine does not"):
            told_sql(con, "SELECT * FROM mine")
        con.register("given", mine)
        assert con.execute("SELECT sum(x) FROM given").fetchone() == (3,)


def test_bad_limits():
    with pytest.raises(OutOfRange, match="memory_mb must be at least 64, got 8"):
        connect(memory_mb=8)
    with pytest.raises(OutOfRange, match="threads must be at least 1, got 0"):
        connect(threads=0)


@pytest.mark.slow
def test_what_memory_does_not_hold_goes_into_the_folder_and_away_again(tmp_path: Path):
    query = "SELECT sum(x) FROM (SELECT range x FROM range(6_000_000) ORDER BY hash(range))"
    with connect(memory_mb=64) as con, pytest.raises(OutputRefused, match="p: cannot be read: memory is short"):
        told_sql(con, query)
    with connect(tmp_path, memory_mb=64) as con:
        assert told_sql(con, query) == [(sum(range(6_000_000)),)]
    assert list(tmp_path.iterdir()) == []


def test_signs_in_names_stand_for_themselves():
    with connect() as con:
        assert con.execute(f"SELECT {literal(chr(39) + 'a%?')} AS {name('b' + chr(34) + 'c')}").fetchall() == [
            ("'a%?",)
        ]
    assert files([Path("/a/b[1]*?.parquet")]) == "read_parquet(['/a/b[[]1][*][?].parquet'])"


# What is no ledger


@pytest.mark.parametrize("read", [open_ledger, read_plan])
def test_what_is_no_ledger(tmp_path: Path, read: object):
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(OutputRefused, match="cannot be read: No such file or directory; give the folder"):
            read(place)
    cases = {
        "not JSON": "is no ledger of misid, or its plan.json is spoilt; give the folder",
        "[]": "is no ledger of misid",
        "{}": "is no ledger of misid",
        '{"schema": "misid/card/2"}': "is no ledger of misid",
        '{"schema": "misid/ledger/x"}': "is no ledger of misid",
        '{"schema": "misid/ledger/12"}': "is a ledger of schema misid/ledger/12, .* use a newer misid",
        '{"schema": "misid/ledger/1"}': r"made by an older misid \(schema misid/ledger/1\): re-run",
    }
    for text, words in cases.items():
        (tmp_path / "plan.json").write_text(text, "utf-8")
        with pytest.raises(OutputRefused, match=words):
            read(tmp_path)


def test_result_with_a_ledger_of_an_older_misid_is_refused(tmp_path: Path):
    """Whoever reads it, and whether the ledger lies in a result or by itself."""
    place = tmp_path / "out" / "encounters"
    place.mkdir(parents=True)
    (place / "plan.json").write_text('{"schema": "misid/ledger/1", "modes": ["held"]}', "utf-8")
    for read in (open_ledger, read_plan, check_result):
        for path in (place, tmp_path / "out"):
            with pytest.raises(MisidError, match=r"made by an older misid \(schema misid/ledger/1\): re-run"):
                read(path)


def test_result_folder_stands_for_its_ledger(ledgers: ModuleType, tmp_path: Path):
    plan = ledgers.plan(30)
    Ledger(tmp_path / "out" / ENCOUNTERS, plan).write_part(0, ledgers.columns(plan, 0))
    assert read_plan(tmp_path / "out") == plan.to_json()
    with open_ledger(tmp_path / "out") as con:
        assert con.execute("SELECT count(*) FROM encounters").fetchone() == (30,)
    with pytest.raises(OutputRefused, match=r"holds other files \(encounters\)"):
        Ledger(tmp_path / "out", plan)


def test_spoilt_rows_are_told(ledgers: ModuleType, tmp_path: Path):
    plan = ledgers.plan(30)
    Ledger(tmp_path / "run", plan).write_part(0, ledgers.columns(plan, 0))
    (tmp_path / "run" / "part-00000-nist_kept.parquet").write_text("not Parquet", "utf-8")
    with pytest.raises(MisidError, match=r"part-00000-nist_kept\.parquet: is not what was written"):
        open_ledger(tmp_path / "run")
    resign(tmp_path / "run")
    with pytest.raises(OutputRefused, match="run: cannot be read: "):
        open_ledger(tmp_path / "run")


def test_plan_is_canonical(ledgers: ModuleType):
    plan = ledgers.plan(100, points=("strict", "nist_kept"))
    assert plan.to_text() == ledgers.plan(100, points=["strict", "nist_kept"]).to_text()
    assert plan.to_text().endswith("\n")
    assert hash(plan) == hash(ledgers.plan(100, points=["strict", "nist_kept"]))
    assert plan.span(0) == (0, 100)
