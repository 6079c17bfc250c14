"""Reads numpy files: mapped or unpacked within limits, and never by unpickling."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.lib.format as npy
import numpy.typing as npt

from misid.evaluation.ingest.archive import MOST_BYTES, MOST_RATIO, SLACK
from misid.evaluation.ingest.faults import refuse

_MOST_HEADER = 10_000


def map_npy(path: Path) -> npt.NDArray[Any]:
    """Map a ``.npy`` file; its header is checked before a byte of data is touched.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    ndarray
        Read only.

    Raises
    ------
    InvalidInput
        If it is no array, holds objects, or is cut short.
    """
    with path.open("rb") as file:
        shape, fortran, dtype, start = _header(file, str(path), path.name)
    if path.stat().st_size - start < int(np.prod(shape, dtype=object)) * dtype.itemsize:
        refuse(str(path), "the file ends in the middle of the array", "copy or fetch the file again")
    if 0 in shape:
        return np.empty(shape, dtype)
    return np.memmap(path, dtype=dtype, mode="r", offset=start, shape=shape, order="F" if fortran else "C")


def _header(file: IO[bytes], path: str, member: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, order, type and place of the data of an array; refuse objects."""
    try:
        version = npy.read_magic(file)
        reader = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if reader is None:
            refuse(path, f"{member} is numpy format {version[0]}.{version[1]}", "write it with numpy.save")
        shape, fortran, dtype = reader(file, max_header_size=_MOST_HEADER)
    except ValueError:
        refuse(path, f"{member} is no numpy array, or its header is damaged", "write it with numpy.save")
    if dtype.hasobject or dtype.names is not None:
        refuse(path, f"{member} holds Python objects, which are never unpickled", "write plain numbers or text")
    return shape, fortran, dtype, file.tell()


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Unpack the arrays of an ``.npz`` file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to ndarray
        By name.

    Raises
    ------
    InvalidInput
        If it is damaged, holds objects, or is far larger inside than outside.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            entries = [entry for entry in packed.infolist() if entry.filename.endswith(".npy")]
            total, size = sum(entry.file_size for entry in entries), path.stat().st_size
            if total > MOST_BYTES or total > SLACK + MOST_RATIO * size:
                refuse(
                    str(path),
                    f"would unpack to {total:,} bytes from {size:,}",
                    f"at most {MOST_RATIO} times and {MOST_BYTES:,} bytes are taken; give the vectors as .npy",
                )
            return {entry.filename.removesuffix(".npy"): _member(packed, entry, str(path)) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError):
        refuse(str(path), "the file is damaged, cut short or encrypted", "copy it again, or write it with numpy.savez")


def _member(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, path: str) -> npt.NDArray[Any]:
    with packed.open(entry) as file:
        shape, fortran, dtype, start = _header(file, path, repr(entry.filename))
        count = int(np.prod(shape, dtype=object))
        if count * dtype.itemsize != entry.file_size - start:
            refuse(path, f"{entry.filename!r} is not as long as it says", "write it again with numpy.savez")
        # Read by what the header says, which was just weighed against the stated size: nothing can grow past it.
        data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        refuse(path, f"{entry.filename!r} ends in the middle", "copy or fetch the file again")
    flat: npt.NDArray[Any] = np.frombuffer(data, dtype) if count else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")
