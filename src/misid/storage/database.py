"""The only place that opens DuckDB and knows its errors; how arrays become a Parquet file, and back."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutOfRange, OutputRefused
from misid.storage.columns import Column
from misid.storage.folders import RESUME, temporary
from misid.storage.workers import worker_count

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Connection: TypeAlias = "DuckDBPyConnection"

MAKE_AGAIN = "make it again with `misid run`"
# A lower level than the default packs as small here, and faster.
_FORMAT = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, USE_TMP_FILE false"
# What DuckDB decides by a Parquet file's statistics, which may say anything; names differ between its releases.
_BELIEVING = (
    "statistics_propagation",
    "compressed_materialization",
    "row_group_pruner",
    "top_n",
    "join_filter_pushdown",
    "late_materialization",
    "partial_aggregate_pushdown",
)
_PRUNING = "filter_pushdown"
_MOST_THREADS = 8  # each holds a part of what is read


def connect(folder: Path | None = None, memory_mb: int = 512, threads: int = 1) -> Connection:
    """Open a database in memory that fetches nothing, asks nothing and stays within its limits.

    What does not fit in memory goes into ``folder``, in a folder of its own; without one, nothing goes to disk.  With
    one thread rows come in the order they were written.
    """
    if memory_mb < 64:
        raise OutOfRange("memory_mb", memory_mb, "at least 64")
    if threads < 1:
        raise OutOfRange("threads", threads, "at least 1")
    import duckdb

    con = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{memory_mb}MB",
            "threads": str(threads),
            "temp_directory": "" if folder is None else os.path.abspath(temporary(folder)),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            # Else a name in SQL could silently mean a variable of the caller.
            "python_enable_replacements": "false",
            "preserve_insertion_order": "true",
        },
    )
    # In a notebook without ipywidgets DuckDB has switched the bar off itself, and refuses that anybody asks.
    if con.execute("SELECT current_setting('enable_progress_bar')").fetchall() != [(False,)]:
        con.execute("SET enable_progress_bar = false")
    return con


def ignore_statistics(con: Connection, but_rows: bool = False) -> None:
    """Have DuckDB answer by what Parquet files hold, not by what their footers say about it.

    With ``but_rows`` conditions may pass over row groups, which is needed to read rows by their number; a caller that
    allows it checks that as many rows came as there are.
    """
    known = {str(one[0]) for one in con.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
    off = [one for one in (*_BELIEVING, *([] if but_rows else [_PRUNING])) if one in known]
    con.execute(f"SET disabled_optimizers = {literal(','.join(off))}")


@contextmanager
def all_cores(con: Connection) -> Iterator[None]:
    """Let several cores work on each query: for sums and groups, and for plain rows, which still come in order."""
    con.execute(f"SET threads = {min(worker_count(None), _MOST_THREADS)}")
    try:
        yield
    finally:
        con.execute("SET threads = 1")


@contextmanager
def translate_errors(place: Path, doing: str) -> Iterator[None]:
    """Turn errors of DuckDB into one that says where, what cannot be "written" or "read", and what to do."""
    import duckdb

    try:
        yield
    except duckdb.InterruptException:
        raise KeyboardInterrupt from None
    except RuntimeError as error:
        if str(error) == "Query interrupted":  # what DuckDB makes of Ctrl-C
            raise KeyboardInterrupt from None
        raise
    except duckdb.Error as error:
        words = str(error).strip().splitlines()[0]
        if isinstance(error, duckdb.OutOfMemoryException):
            words = "memory is short; give fewer --workers"
        elif "No space left" in words or "Disk quota exceeded" in words:
            words = f"the disk is full; make room and {RESUME}"
        raise OutputRefused(f"{place}: cannot be {doing}: {words}") from error


def literal(text: str) -> str:
    """Return a text as it stands in SQL."""
    return "'" + text.replace("'", "''") + "'"


def name(text: str) -> str:
    """Return a column's name as it stands in SQL."""
    return '"' + text.replace('"', '""') + '"'


def files(paths: Sequence[Path], read: str = "read_parquet", options: str = "") -> str:
    """Return Parquet files as a table in SQL: each name stands for itself, whatever signs are in it."""
    plain = ["".join(f"[{sign}]" if sign in "*?[" else sign for sign in os.path.abspath(path)) for path in paths]
    return f"{read}([{', '.join(literal(path) for path in plain)}]{options})"


def open_rows(con: Connection, columns: Sequence[Column]) -> str:
    """Make the types of all labels, and return the query that turns the table ``batch`` into rows of a ledger.

    Labels stand for codes, NULL for missing values, and a struct for each side.
    """
    types = {codes: f"labels_{i}" for i, codes in enumerate(dict.fromkeys(c.codes for c in columns if c.codes))}
    for codes, labels in types.items():
        con.execute(f"CREATE TYPE {labels} AS ENUM ({', '.join(map(literal, codes))})")
    plain = [f"{_value(column, types)} AS {name(column.field)}" for column in columns if not column.side]
    sides: dict[str, list[str]] = {}
    for column in columns:
        if column.side:
            sides.setdefault(column.side, []).append(f"{name(column.field)} := {_value(column, types)}")
    structs = [f"struct_pack({', '.join(fields)}) AS {name(side)}" for side, fields in sides.items()]
    return f"SELECT {', '.join([*plain, *structs])} FROM batch"


def _value(column: Column, types: Mapping[tuple[str, ...], str]) -> str:
    """Return a column of the batch: labels for codes, missing values as NULL; DuckDB takes NaN for NULL by itself."""
    here = name(column.name)
    if column.codes:
        # Of the ways from a code to its label this one is fastest to write, by three times.
        labels = types[column.codes]
        cases = " ".join(f"WHEN {code} THEN {literal(label)}::{labels}" for code, label in enumerate(column.codes))
        return f"CASE {here} {cases} END"
    return f"nullif({here}, -1)" if column.missing == -1 else here


def copy_rows(con: Connection, query: str, path: Path) -> None:
    """Write the rows of a query into a Parquet file."""
    con.execute(f"COPY ({query}) TO {literal(os.path.abspath(path))} ({_FORMAT})")


def column_sql(column: Column) -> str:
    """Return how SQL reaches a column in a ledger."""
    return f"{name(column.side)}.{name(column.field)}" if column.side else name(column.field)


def read_column(con: Connection, paths: Sequence[Path], column: Column) -> npt.NDArray[Any]:
    """Read one column back, from Parquet files in order, as the array that was written."""
    sql = column_sql(column)
    if column.codes:
        labels = ", ".join(literal(label) for label in column.codes)
        sql = f"CAST(list_position([{labels}], {sql}) - 1 AS UTINYINT)"
    array = con.execute(f"SELECT {sql} AS one FROM {files(paths)}").fetchnumpy()["one"]
    if isinstance(array, np.ma.MaskedArray):
        if column.missing is None and array.mask.any():
            fault = "misses labels or holds unknown ones" if column.codes else "misses values"
            raise MisidError(f"{paths[0]}: column {column.name} {fault}; {MAKE_AGAIN}")
        array = array.data if column.missing is None else array.filled(column.missing)
    return np.ascontiguousarray(array)
