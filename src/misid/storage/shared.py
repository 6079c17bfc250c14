"""Large arrays that all workers read and none copies: files that are mapped into memory, gone with who made them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.storage.locks import refusal

Array = npt.NDArray[Any]


class SharedArrays(Mapping[str, Array]):
    """Arrays by name, in files that whoever works with them maps into memory.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        What is shared from the start; `room` adds more.

    Raises
    ------
    OutputRefused
        If the folder for temporary files has no room.

    Notes
    -----
    Picklable: what travels is where the files are, and a worker of this machine opens an array when it first asks for
    it, read-only.  They are gone at the end of a ``with``, or with the process that made them, however that ends;
    workers that have opened an array keep it while they need it.
    """

    def __init__(self, arrays: Mapping[str, npt.ArrayLike] | None = None) -> None:
        self._files: dict[str, _File] = {}
        self._open: dict[str, Array] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._handles: list[Any] = []
        try:
            for name, array in (arrays or {}).items():
                given = np.asarray(array)
                self.room(name, given.shape, given.dtype)[...] = given
        except BaseException:
            self.close()
            raise

    def room(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """Return a new array, of zeros, to be filled before workers ask for it."""
        kind = np.dtype(dtype)
        if kind.hasobject:
            raise TypeError(f"{name}: arrays of objects cannot be shared")
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        where = tempfile.gettempdir()
        try:
            if Path("/proc/self/fd").exists():
                # A file without a name: others of this machine reach it through this process, and it ends with it.
                file: Any = tempfile.TemporaryFile(dir=where)  # noqa: SIM115
                path = f"/proc/{os.getpid()}/fd/{file.fileno()}"
            else:
                if self._folder is None:
                    self._folder = tempfile.TemporaryDirectory(prefix="misid-", dir=where)
                path = os.path.join(self._folder.name, f"{len(self._files)}")
                file = open(path, "w+b")  # noqa: SIM115
            self._handles.append(file)
            # A disk that is full is met here, not in the middle of the work.
            if hasattr(os, "posix_fallocate") and size:
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
        except OSError as error:
            free = shutil.disk_usage(where).free
            advice = f"{size:,} bytes are needed and {free:,} are free; set TMPDIR to a folder with more room"
            raise refusal(Path(where), error, advice) from None
        self._files[name] = (path, kind.str if kind.names is None else kind.descr, tuple(shape))
        self._open.pop(name, None)
        return _mapped(self._files[name], "r+")

    def __getitem__(self, name: str) -> Array:
        if name not in self._open:
            self._open[name] = _mapped(self._files[name], "r")
        return self._open[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def __getstate__(self) -> dict[str, Any]:
        return {"_files": self._files, "_open": {}, "_folder": None, "_handles": []}

    def close(self) -> None:
        """Let go of the files: their room is free once nobody has one open."""
        self._open.clear()
        while self._handles:
            self._handles.pop().close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> SharedArrays:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_File = tuple[str, Any, tuple[int, ...]]  # where it is, the type of its numbers, the shape


def _mapped(file: _File, mode: Any) -> Array:
    path, kind, shape = file
    if 0 in shape:
        return np.empty(shape, np.dtype(kind))
    return np.asarray(np.memmap(path, np.dtype(kind), mode, shape=shape))
