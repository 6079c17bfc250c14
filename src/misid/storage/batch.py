"""How the arrays of a part become a Parquet file: labels for codes, NULL for missing values, a struct a side."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from misid.storage.connect import literal, name
from misid.storage.tables import Column

if TYPE_CHECKING:
    from misid.storage.connect import Connection

# A lower level than the default packs as small here, and faster.
PACKED = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, USE_TMP_FILE false"


def prepared(con: Connection, columns: Sequence[Column]) -> str:
    """Make the types of all labels, and return the query that turns the table ``batch`` into rows."""
    types = {codes: f"labels_{i}" for i, codes in enumerate(dict.fromkeys(c.codes for c in columns if c.codes))}
    for codes, made in types.items():
        con.execute(f"CREATE TYPE {made} AS ENUM ({', '.join(map(literal, codes))})")
    return f"SELECT {_structs(columns, types)} FROM batch"


def copy(con: Connection, query: str, path: Path) -> None:
    """Write the rows of a query into a Parquet file."""
    con.execute(f"COPY ({query}) TO {literal(os.path.abspath(path))} ({PACKED})")


def _structs(columns: Sequence[Column], types: Mapping[tuple[str, ...], str]) -> str:
    """Return what to select: plain columns, and one struct for each side."""
    plain = [f"{_value(column, types)} AS {name(column.field)}" for column in columns if not column.side]
    sides: dict[str, list[str]] = {}
    for column in columns:
        if column.side:
            sides.setdefault(column.side, []).append(f"{name(column.field)} := {_value(column, types)}")
    return ", ".join([*plain, *(f"struct_pack({', '.join(fields)}) AS {name(side)}" for side, fields in sides.items())])


def _value(column: Column, types: Mapping[tuple[str, ...], str]) -> str:
    """Return a column of the batch: labels for codes, missing values as NULL; DuckDB takes NaN for NULL by itself."""
    here = name(column.name)
    if column.codes:
        # Of the ways from a code to its label this one is fastest to write, by three times.
        made = types[column.codes]
        cases = " ".join(f"WHEN {code} THEN {literal(label)}::{made}" for code, label in enumerate(column.codes))
        return f"CASE {here} {cases} END"
    is_signed = np.dtype(column.dtype).kind == "i"
    return f"nullif({here}, -1)" if column.null_means and is_signed else here
