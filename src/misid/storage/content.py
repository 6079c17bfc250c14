"""What a ledger's arrays must be, and one hash of what they say.

The hash is taken over values, not over files: chunks of `CHUNK` encounters, column by column and mode by mode, each
with its own SHA-256, and over all of those one more.  So it does not depend on part size, workers, compression or the
version of DuckDB.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import OutOfRange
from misid.storage.folders import to_text
from misid.storage.tables import Column

CHUNK = 65_536  # encounters
SCHEMA = "misid/ledger/1"

Digests = dict[str, list[list[str]]]  # column → mode → chunk


def checked(
    columns: Sequence[Column], arrays: Mapping[str, npt.NDArray[Any]], rows: int
) -> dict[str, npt.NDArray[Any]]:
    """Refuse arrays that would not come back from disk as they went.

    Parameters
    ----------
    columns : sequence of Column
        What is expected.
    arrays : mapping of str to ndarray, shape (rows,)
        One array per column, by name.
    rows : int
        Length of every array.

    Returns
    -------
    dict of str to ndarray
        In the order of ``columns``; floats with one kind of zero and one kind of NaN.

    Raises
    ------
    OutOfRange
        If a column is missing or unknown, or an array has the wrong type, shape, length, byte order or memory layout,
        holds a code without a label, an infinity, or a NaN where none may be.
    """
    names = [column.name for column in columns]
    if absent := [name for name in names if name not in arrays]:
        raise OutOfRange("columns", absent, "present; these are missing")
    if unknown := [name for name in arrays if name not in names]:
        raise OutOfRange("columns", unknown, "in the ledger's list (storage/tables.py)")
    return {column.name: _checked(column, arrays[column.name], rows) for column in columns}


def _checked(column: Column, array: npt.NDArray[Any], rows: int) -> npt.NDArray[Any]:
    name, want = column.name, np.dtype(column.dtype)
    if not isinstance(array, np.ndarray) or isinstance(array, np.ma.MaskedArray):
        raise OutOfRange(name, type(array).__name__, "a plain numpy array")
    if array.ndim != 1:
        raise OutOfRange(f"{name}: shape", array.shape, f"({rows},)")
    # Big-endian types have the same name and kind; only equality tells them apart.
    if array.dtype != want or not array.dtype.isnative:
        raise OutOfRange(f"{name}: type", array.dtype.str, f"{want.name} in this machine's byte order")
    if array.size != rows:
        raise OutOfRange(f"{name}: length", array.size, f"{rows}")
    if not array.flags.c_contiguous:
        raise OutOfRange(f"{name}: strides", array.strides, "contiguous (numpy.ascontiguousarray makes it so)")
    if column.codes and array.size and int(array.max()) >= len(column.codes):
        raise OutOfRange(name, int(array.max()), f"a code from 0 to {len(column.codes) - 1}")
    if want.kind == "b" and array.size and int(array.view(np.uint8).max()) > 1:
        raise OutOfRange(name, int(array.view(np.uint8).max()), "true or false, stored as 1 or 0")
    return _checked_floats(column, array) if want.kind == "f" else array


def _checked_floats(column: Column, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    nan = np.isnan(array)
    if not column.null_means and nan.any():
        raise OutOfRange(f"{column.name}[{int(nan.argmax())}]", float("nan"), "a number: a value is never missing here")
    if (infinite := np.isinf(array)).any():
        first = int(infinite.argmax())
        raise OutOfRange(f"{column.name}[{first}]", float(array[first]), "finite")
    # Parquet's dictionary keeps one zero for both and NULL for every NaN.
    one: npt.NDArray[Any] = np.where(nan, array.dtype.type(np.nan), array + array.dtype.type(0))
    return one


def digests(columns: Sequence[Column], arrays: Mapping[str, npt.NDArray[Any]], modes: int) -> Digests:
    """Return the hash of every chunk.

    Parameters
    ----------
    columns : sequence of Column
        Which arrays.
    arrays : mapping of str to ndarray, shape (modes * encounters,)
        As `checked` returns them: all encounters of the first mode, then all of the next.
    modes : int
        How many modes.

    Returns
    -------
    dict
        By column, mode and chunk: SHA-256 in hexadecimal.
    """
    return {column.name: [_chunks(half) for half in np.split(arrays[column.name], modes)] for column in columns}


def _chunks(array: npt.NDArray[Any]) -> list[str]:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return [hashlib.sha256(little[at : at + CHUNK].data).hexdigest() for at in range(0, little.size, CHUNK)]


def joined(columns: Sequence[Column], modes: Sequence[str], encounters: int, parts: Sequence[Digests]) -> str:
    """Return one hash for the whole ledger.

    Parameters
    ----------
    columns : sequence of Column
        All columns; names, types and labels count as content.
    modes : sequence of str
        Names of the modes.
    encounters : int
        How many.
    parts : sequence of Digests
        Of each part, in order.

    Returns
    -------
    str
        SHA-256 in hexadecimal.
    """
    content = {
        "schema": SCHEMA,
        "chunk": CHUNK,
        "encounters": encounters,
        "modes": list(modes),
        "columns": [
            {
                "name": column.name,
                "type": column.dtype,
                "codes": list(column.codes),
                "chunks": [[one for part in parts for one in part[column.name][m]] for m in range(len(modes))],
            }
            for column in columns
        ],
    }
    return hashlib.sha256(to_text(content).encode()).hexdigest()


def sealed(note: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note with the SHA-256 of all that it says beside it."""
    said = {key: value for key, value in note.items() if key != "sha256"}
    return said | {"sha256": hashlib.sha256(to_text(said).encode()).hexdigest()}
