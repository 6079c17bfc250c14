"""Reads a ledger: SQL over the parts of a run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutputRefused
from misid.storage.connect import connect, files, literal, name, told
from misid.storage.content import SCHEMA
from misid.storage.folders import ENCOUNTERS
from misid.storage.tables import Column, missing_value

if TYPE_CHECKING:
    from misid.storage.connect import Connection

PLAN = "plan.json"
AGAIN = "make it again with `misid run`"


def check_schema(schema: object, place: Path) -> None:
    """Refuse what is no ledger, and a ledger of a newer misid.

    Raises
    ------
    OutputRefused
        In plain words.
    """
    kind, _, major = str(schema).rpartition("/")
    mine_kind, _, mine = SCHEMA.rpartition("/")
    if kind != mine_kind or not major.isdecimal():
        raise OutputRefused(f"{place}: is no ledger of misid; give the folder that `misid run --out` wrote")
    if int(major) > int(mine):
        raise OutputRefused(f"{place}: is a ledger of schema {schema}, this misid knows {SCHEMA}; use a newer misid")
    if int(major) < int(mine):
        raise OutputRefused(f"{place}: is a ledger of the older schema {schema}; run the scenario again")


def read_plan(path: Path) -> dict[str, Any]:
    """Return what a ledger says of itself.

    Parameters
    ----------
    path : Path
        The folder of the ledger, or a result folder that holds it as `ENCOUNTERS`.

    Returns
    -------
    dict
        The fields of `misid.storage.plan.Plan`, and ``columns``: for each its name, type, unit, meaning, labels and
        what a missing value means.

    Raises
    ------
    OutputRefused
        If it cannot be read, is no ledger, or is one of another schema.
    """
    try:
        found = json.loads((folder_of(path) / PLAN).read_text("utf-8"))
    except OSError as error:
        raise OutputRefused(f"{path}: cannot be read: {error.strerror or error}; {_GIVE}") from None
    except ValueError:
        found = None
    check_schema(found.get("schema") if isinstance(found, dict) else None, path)
    return dict(found)


def is_plan(path: Path) -> bool:
    """Say whether a file is the plan of a ledger, of whatever schema."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and str(found.get("schema")).rpartition("/")[0] == SCHEMA.rpartition("/")[0]


def folder_of(path: Path) -> Path:
    """Return the folder of a ledger: the path itself, or inside a result folder the one named `ENCOUNTERS`."""
    return path / ENCOUNTERS if (path / ENCOUNTERS / PLAN).is_file() else path


def rows_of(folder: Path, part: int, mode: str) -> Path:
    """Return the file that holds the rows of one part under one mode."""
    return folder / f"part-{part:05d}-{mode}.parquet"


def open_ledger(path: Path, memory_mb: int = 512, threads: int = 1) -> Connection:
    """Open a ledger for SQL.

    Parameters
    ----------
    path : Path
        The folder of the ledger, or a result folder that holds it as `ENCOUNTERS`.
    memory_mb, threads : int
        As `misid.storage.connect.connect`.

    Returns
    -------
    DuckDBPyConnection
        With one view, ``encounters``: ``encounter``, ``mode``, and the structs ``truth``, ``seen``, ``outcome`` and
        ``disbelieved``.  Labels are text, missing values NULL.  Rows come in canonical order: all encounters of the
        first mode, then all of the next.  The caller closes it.

    Raises
    ------
    OutputRefused
        If it cannot be read, is no ledger, misses parts, or is one of another schema.

    Examples
    --------
    >>> con = open_ledger(Path("out"))  # doctest: +SKIP
    >>> con.sql("SELECT truth.status, count(*) FROM encounters GROUP BY 1")  # doctest: +SKIP
    """
    plan = read_plan(path)
    folder = folder_of(path)
    rows = _all_rows(plan, folder)
    if missing := [file.name for file in rows if not file.is_file()]:
        raise OutputRefused(f"{folder}: {len(missing)} files are missing (the first is {missing[0]}); {AGAIN}")
    con = connect(memory_mb=memory_mb, threads=threads)
    try:
        with told(folder, "read"):
            con.execute(f"CREATE VIEW encounters AS SELECT * FROM {files(rows)}")
    except BaseException:
        con.close()
        raise
    return con


def _all_rows(plan: dict[str, Any], folder: Path) -> list[Path]:
    """Return the files of all parts in canonical order: all encounters of the first mode, then all of the next."""
    try:
        parts = range(-(-plan["encounters"] // plan["part_rows"]))
        rows = [rows_of(folder, part, mode) for mode in plan["modes"] for part in parts]
    except (KeyError, TypeError, ZeroDivisionError):
        rows = []
    if not rows:
        raise OutputRefused(f"{folder / PLAN}: is spoilt; {AGAIN}")
    return rows


_GIVE = "give the folder that `misid run --out` wrote"


def path_of(column: Column) -> str:
    """Return how SQL reaches a column in a ledger."""
    return f"{name(column.side)}.{name(column.field)}" if column.side else name(column.field)


def read_column(con: Connection, paths: Sequence[Path], column: Column) -> npt.NDArray[Any]:
    """Read one column back as the array that was written.

    Parameters
    ----------
    con : DuckDBPyConnection
        A connection.
    paths : sequence of Path
        Parquet files, in order.
    column : Column
        Which column.

    Returns
    -------
    ndarray, shape (rows,)
        Of the column's type; missing values as the column says.
    """
    what = path_of(column)
    if column.codes:
        labels = ", ".join(literal(label) for label in column.codes)
        what = f"CAST(list_position([{labels}], {what}) - 1 AS UTINYINT)"
    array = con.execute(f"SELECT {what} AS one FROM {files(paths)}").fetchnumpy()["one"]
    fill = missing_value(column)
    if isinstance(array, np.ma.MaskedArray):
        if fill is None and array.mask.any():
            what = "misses labels or holds unknown ones" if column.codes else "misses values"
            raise MisidError(f"{paths[0]}: column {column.name} {what}; {AGAIN}")
        array = array.data if fill is None else array.filled(fill)
    return np.ascontiguousarray(array)
