"""The only place that opens DuckDB, and the only one that knows its errors."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from misid.errors import OutOfRange, OutputRefused

if TYPE_CHECKING:
    from typing import TypeAlias

    from duckdb import DuckDBPyConnection

    Connection: TypeAlias = DuckDBPyConnection

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
TEMPORARY = re.compile(r"\.misid-(\d+)-.+")


def temporary(folder: Path, name: str) -> Path:
    """Return a name in a folder for something half-done; it tells whose process made it (`TEMPORARY`)."""
    return folder / f".misid-{os.getpid()}-{name}"


def connect(folder: Path | None = None, memory_mb: int = 512, threads: int = 1) -> Connection:
    """Open a database in memory that fetches nothing, asks nothing and stays within its limits.

    Parameters
    ----------
    folder : Path, optional
        Where what does not fit in memory may go, in a folder of its own; without it, nothing goes to disk.
    memory_mb : int
        Most memory in MB, at least 64.
    threads : int
        Most threads, at least 1.  With one thread rows come in the order they were written.

    Returns
    -------
    DuckDBPyConnection

    Raises
    ------
    OutOfRange
        If a limit is too small.
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
            "temp_directory": ""
            if folder is None
            else os.path.abspath(temporary(folder, f"spill-{secrets.token_hex(4)}")),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            # Else a name in SQL could silently mean a variable of the caller.
            "python_enable_replacements": "false",
            "preserve_insertion_order": "true",
        },
    )
    con.execute("SET enable_progress_bar = false")
    return con


def disbelieve(con: Connection, but_rows: bool = False) -> None:
    """Have DuckDB answer by what Parquet files hold, not by what their footers say about it.

    Parameters
    ----------
    con : DuckDBPyConnection
        The database.
    but_rows : bool
        Whether conditions may pass over row groups.  Needed to read rows by their number; a caller that allows it
        checks that as many rows came as there are.
    """
    known = {str(one[0]) for one in con.execute("SELECT name FROM duckdb_optimizers()").fetchall()}
    off = [one for one in (*_BELIEVING, *([] if but_rows else [_PRUNING])) if one in known]
    con.execute(f"SET disabled_optimizers = {literal(','.join(off))}")


@contextmanager
def told(place: Path, doing: str) -> Iterator[None]:
    """Turn an error of DuckDB into one that says where, what and what to do.

    Parameters
    ----------
    place : Path
        The file that is read or written.
    doing : str
        What cannot be done: "written", "read".

    Raises
    ------
    OutputRefused
        In place of any error of DuckDB.
    KeyboardInterrupt
        If DuckDB was interrupted.
    """
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
            words = "the disk is full; make room and run again: finished parts are kept"
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
