"""Reads a finished ledger: SQL over one Parquet file that explains itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutputRefused
from misid.storage.connect import connect, files, literal, name, told
from misid.storage.content import SCHEMA, Digests, digests, joined
from misid.storage.folders import ENCOUNTERS
from misid.storage.tables import Column, missing_value

if TYPE_CHECKING:
    from misid.storage.connect import Connection

METADATA = "misid"  # the key under which the file carries its plan, its columns and its hash


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


def ledger_facts(path: Path) -> dict[str, Any]:
    """Return what a finished ledger says of itself.

    Parameters
    ----------
    path : Path
        The Parquet file, or a folder that holds it as `ENCOUNTERS`.

    Returns
    -------
    dict
        The fields of `misid.storage.plan.Plan`, ``content_hash``, and ``columns``: for each column its name, type,
        unit, meaning, labels and what a missing value means.

    Raises
    ------
    OutputRefused
        If the file cannot be read, is no ledger, or is one of another schema.
    """
    path = _file(path)
    with connect() as con:
        return _facts(con, path)


def open_ledger(path: Path, memory_mb: int = 512, threads: int = 1) -> Connection:
    """Open a finished ledger for SQL.

    Parameters
    ----------
    path : Path
        The Parquet file, or a folder that holds it as `ENCOUNTERS`.
    memory_mb, threads : int
        As `misid.storage.connect.connect`.

    Returns
    -------
    DuckDBPyConnection
        With one view, ``encounters``: ``encounter``, ``mode``, and the structs ``truth``, ``seen``, ``outcome`` and
        ``disbelieved``.  Labels are text, missing values NULL.  The caller closes it.

    Raises
    ------
    OutputRefused
        If the file cannot be read, is no ledger, or is one of another schema.

    Examples
    --------
    >>> con = open_ledger(Path("out"))  # doctest: +SKIP
    >>> con.sql("SELECT truth.status, count(*) FROM encounters GROUP BY 1")  # doctest: +SKIP
    """
    path = _file(path)
    con = connect(memory_mb=memory_mb, threads=threads)
    try:
        _facts(con, path)
        with told(path, "read"):
            con.execute(f"CREATE VIEW encounters AS SELECT * FROM {files([path])}")
    except BaseException:
        con.close()
        raise
    return con


def verify_file(path: Path) -> str:
    """Read a finished ledger whole and compare it with the hash that it carries.

    Parameters
    ----------
    path : Path
        The Parquet file, or a folder that holds it as `ENCOUNTERS`.

    Returns
    -------
    str
        The content hash, as `misid.storage.parts.Ledger.content_hash`.

    Raises
    ------
    OutputRefused
        As `open_ledger`.
    MisidError
        If the content is not what was written.
    """
    path = _file(path)
    with connect() as con:
        facts = _facts(con, path)
        columns = [columns_from(text) for text in facts["columns"]]
        modes = facts["modes"]
        found: Digests = {}
        for column in columns:
            with told(path, "read"):
                array = read_column(con, [path], column, decoded=True)
            if array.size != facts["encounters"] * len(modes):
                raise MisidError(f"{path}: holds {array.size} rows, not {facts['encounters'] * len(modes)}; {_AGAIN}")
            found |= digests([column], {column.name: array}, len(modes))
    content = joined(columns, modes, facts["encounters"], [found])
    if content != facts["content_hash"]:
        raise MisidError(f"{path}: the content is not what was written; {_AGAIN}")
    return content


_AGAIN = "make it again with `misid run`"


def _file(path: Path) -> Path:
    path = path / ENCOUNTERS if path.is_dir() else path
    if not path.is_file():
        raise OutputRefused(f"{path}: there is no such file; give the folder that `misid run --out` wrote")
    return path


def _facts(con: Connection, path: Path) -> dict[str, Any]:
    source = files([path], "parquet_kv_metadata")
    with told(path, "read"):
        rows = con.execute(f"SELECT value FROM {source} WHERE decode(key) = {literal(METADATA)}").fetchall()
    try:
        facts = json.loads(rows[0][0])
    except (IndexError, ValueError):
        facts = {}
    check_schema(facts.get("schema") if isinstance(facts, dict) else None, path)
    return dict(facts)


def columns_to(columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Return columns as plain data."""
    return [
        {
            "name": column.name,
            "type": column.dtype,
            "unit": column.unit,
            "what": column.what,
            "codes": list(column.codes),
            "null_means": column.null_means,
        }
        for column in columns
    ]


def columns_from(data: dict[str, Any]) -> Column:
    """Return one column from plain data, as `columns_to` made it."""
    codes = tuple(data["codes"])
    return Column(data["name"], data["type"], data["unit"], data["what"], codes, null_means=data["null_means"])


def path_of(column: Column) -> str:
    """Return how SQL reaches a column in a part or a finished ledger."""
    return f"{name(column.side)}.{name(column.field)}" if column.side else name(column.field)


def read_column(con: Connection, paths: Sequence[Path], column: Column, decoded: bool) -> npt.NDArray[Any]:
    """Read one column back as the array that was written.

    Parameters
    ----------
    con : DuckDBPyConnection
        A connection.
    paths : sequence of Path
        Parquet files, in order.
    column : Column
        Which column.
    decoded : bool
        Whether the files hold labels as text, as a finished ledger does, or codes, as parts do.

    Returns
    -------
    ndarray, shape (rows,)
        Of the column's type; missing values as the column says.
    """
    what = path_of(column)
    if decoded and column.codes:
        labels = ", ".join(literal(label) for label in column.codes)
        what = f"CAST(list_position([{labels}], {what}) - 1 AS UTINYINT)"
    array = con.execute(f"SELECT {what} AS one FROM {files(paths)}").fetchnumpy()["one"]
    fill = missing_value(column)
    if isinstance(array, np.ma.MaskedArray):
        if fill is None and array.mask.any():
            raise MisidError(f"{paths[0]}: column {column.name} misses values; {_AGAIN}")
        array = array.data if fill is None else array.filled(fill)
    return np.ascontiguousarray(array)
