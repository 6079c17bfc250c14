import importlib
import struct
import sys
from pathlib import Path

import duckdb
import numpy as np
import pytest

from misid.errors import InvalidInput, MisidError
from misid.evaluation import Pseudonyms, ReadOptions, load_content, opened_table
from misid.evaluation.reading import score_table, tables

sys.path.append(str(Path(__file__).parents[3] / "helpers"))
read_table = importlib.import_module("one_reader").read_table

DATA = Path(__file__).parents[3] / "data" / "parquet"
SCORE = 0.123456789


def read(path):
    return read_table(path, ReadOptions(mated_by="names"), Pseudonyms())[0]


def write(path, score="DOUBLE", rank="", compression="uncompressed"):
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT (range % 20)::INTEGER AS probe_subject, (hash(range) % 20)::INTEGER AS reference_subject, "
            f"(CASE range WHEN 77 THEN {SCORE} ELSE hash(range + 7) % 9973 / 9973.0 END)::{score} AS score{rank} "
            f"FROM range(2600)) TO '{path}' (FORMAT parquet, COMPRESSION {compression}, ROW_GROUP_SIZE 2048)"
        )
    return path


def put(path, value):
    """Write a score in place of one that the footer's statistics are of."""
    data = path.read_bytes()
    assert data.count(struct.pack("<d", SCORE)) == 1
    path.write_bytes(data.replace(struct.pack("<d", SCORE), struct.pack("<d", value)))
    return path


@pytest.mark.parametrize("name", ["parquet_nondeterministic", "parquet_inf_json"])
def test_scores_that_the_footer_hides_are_seen(name):
    with pytest.raises(InvalidInput, match="scores infinite, or too large for single precision"):
        read(DATA / f"{name}.parquet")


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("rank", ["", ", (range // 20)::INTEGER AS rank"])
def test_an_infinite_score_behind_statistics_is_refused(tmp_path, value, rank):
    with pytest.raises(InvalidInput, match="infinite"):
        read(put(write(tmp_path / "a.parquet", rank=rank), value))


def test_a_column_of_the_name_by_which_rows_are_counted_is_refused_with_advice(tmp_path):
    held = ", ".join(f"range AS {one}" for one in ("FILE_ROW_NUMBER", "row_number"))
    path = write(tmp_path / "s.parquet", rank=f", {held}")
    with pytest.raises(InvalidInput, match=r"has a column file_row_number, .*; give it another name"):
        read(path)
    again = tmp_path / "again.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT * RENAME (FILE_ROW_NUMBER AS mine) FROM '{path}') TO '{again}'")
    read(again)


def test_a_nan_behind_statistics_is_a_failure(tmp_path):
    path = write(tmp_path / "a.parquet")
    whole, less = read(path), read(put(path, np.nan))
    assert whole.mated.failed + whole.non_mated.failed == 0
    assert less.mated.failed + less.non_mated.failed == 1
    assert whole.mated.score.size + whole.non_mated.score.size == 2600
    assert less.mated.score.size + less.non_mated.score.size == 2599


def test_what_is_read_must_be_what_was_counted(tmp_path, monkeypatch):
    path = write(tmp_path / "a.parquet")
    counted = score_table._count
    for at, more in ((0, 1), (1, -1), (2, 1), (3, 1)):
        monkeypatch.setattr(
            score_table,
            "_count",
            lambda *a, at=at, more=more: (c := counted(*a))._replace(**{c._fields[at]: c[at] + more}),
        )
        monkeypatch.setattr(score_table, "MOST_ROWS", 10**9)
        with pytest.raises(InvalidInput, match="its parts disagree"):
            read(path)
        monkeypatch.setattr(score_table, "MOST_ROWS", 10)
        monkeypatch.setattr(tables, "WINDOW", 700)
        blocks = read(path).scores_alone().blocks()
        with pytest.raises(InvalidInput, match="its parts disagree"):
            list(blocks)


def test_numbers_of_rows_in_the_footer_must_agree(tmp_path):
    path = write(tmp_path / "a.parquet")
    data = path.read_bytes()
    length = struct.unpack("<I", data[-8:-4])[0]
    footer = data[-8 - length : -8]
    number = bytes([0xD0, 0x28])  # 2,600, as the footer writes it: in the whole file
    assert footer.count(number) == 1
    path.write_bytes(data[: -8 - length] + footer.replace(number, bytes([0xCE, 0x28])) + data[-8:])
    with pytest.raises(InvalidInput, match="its parts disagree"):
        read(path)


def test_a_null_or_an_error_while_rows_are_fetched_is_damage(tmp_path):
    with opened_table(load_content(write(tmp_path / "a.parquet"))) as table:
        with pytest.raises(InvalidInput, match="its parts disagree"):
            table.arrays("SELECT CASE WHEN file_row_number <> 3 THEN score END AS score FROM file_rows")
        with pytest.raises(InvalidInput, match="is damaged or cut short"):
            table.arrays("SELECT CASE WHEN file_row_number > 2500 THEN 'x' ELSE '1' END::INTEGER AS n FROM file_rows")


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["uncompressed", "zstd"])
@pytest.mark.parametrize("score", ["FLOAT", "DOUBLE", "DECIMAL(9, 4)", "VARCHAR"])
def test_damage_is_refused_or_read_alike_each_time(tmp_path, monkeypatch, score, compression):
    """Arrays that are made are filled beforehand with one number, then with another: neither may be left."""
    whole = write(tmp_path / "whole.parquet", score, compression=compression).read_bytes()
    footer = len(whole) - 8 - struct.unpack("<I", whole[-8:-4])[0]
    path, rng, empty = tmp_path / "a.parquet", np.random.default_rng(5), np.empty
    for turn in range(12):
        data = bytearray(whole)
        at = int(rng.integers(footer, len(whole) - 8) if turn % 3 else rng.integers(4, footer))
        data[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(data)
        found = []
        for fill in (3, 9):

            def filled(shape, dtype=float, fill=fill):
                made = empty(shape, dtype)
                made.fill(fill)
                return made

            with monkeypatch.context() as patch:
                patch.setattr(tables.np, "empty", filled)
                try:
                    pairs = read(path)
                except MisidError as error:
                    found.append(str(error))
                else:
                    sides = (pairs.mated, pairs.non_mated)
                    found.append([(one.score.tolist(), one.probe.tolist(), one.failed) for one in sides])
        assert found[0] == found[1]
