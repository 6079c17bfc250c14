"""What lies in a file: its bytes, plain or packed, or its arrays; limits hold before memory is spent."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import numpy.typing as npt

from misid.evaluation.reading.faults import Problems, count_of
from misid.evaluation.reading.foreign import LOOK as LOOK_BYTES
from misid.evaluation.reading.foreign import TEXT, ZIPPED, find_form, refuse_binary

MOST_BYTES = 4 * 2**30  # of text, or of anything packed, once it is unpacked
MOST_RATIO = 200  # unpacked to packed; scores pack 3 to 20 times
SLACK = 2**20  # tells nothing about the ratio yet
STEP = 2**20
MAPPED = 2**26  # bytes of an array in a zip that was not packed from which on it stays in the file
LOOK = 64  # lines that tell what separates columns
MOST_HEADER = 10_000  # bytes of the header of a numpy array
MOST_AXES, LONGEST_AXIS = 8, 2**48

GZIP, BZIP2, ZIP, PARQUET, NUMPY = b"\x1f\x8b", b"BZh", b"PK\x03\x04", b"PAR1", b"\x93NUMPY"
IN_PLACE = (PARQUET, NUMPY, ZIP)  # read from the disk, by windows; never unpacked here
NO_UTF8, SAVE_UTF8 = "not text in UTF-8", "save the file as UTF-8, or fetch it again if it is damaged"
BOM = b"\xef\xbb\xbf"
_T = TypeVar("_T")
AGAIN = "copy or fetch the file again"
# What Python raises where something packed is damaged, encrypted, or of a version that it does not know.
DAMAGED = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, OSError, RuntimeError, ValueError, LookupError),
)
# The header of a numpy array: a dictionary of three, as text; read by its form, never as Python.
_WHOLE, _TYPE = r"\s*\d{1,18}L?\s*", r"'[<>|=]?\w+(?:\[\w+\])?'"
_FIELD = rf"\s*\(\s*'[^'\]]+'\s*,\s*{_TYPE}\s*\)\s*"
_VALUE = rf"(?:{_TYPE}|\[{_FIELD}(?:,{_FIELD})*,?\s*\]|True|False|\((?:{_WHOLE}(?:,{_WHOLE})*,?\s*)?\))"
_ITEM = rf"\s*'(?:descr|fortran_order|shape)'\s*:\s*{_VALUE}\s*"
_HEADER = re.compile(rf"\s*\{{{_ITEM},{_ITEM},{_ITEM},?\s*\}}\s*")
_VALUES = re.compile(rf"'(descr|fortran_order|shape)'\s*:\s*({_VALUE})")


@dataclass(eq=False)
class FileContent:
    """A file that was opened."""

    path: Path
    problems: Problems
    data: bytes  # unpacked; of a file that is read in place only what says so, for the rest may hold names
    packing: str  # "", "gzip", "tar in gzip" and so on
    size: int  # bytes on the disk, as is the digest (SHA-256, hexadecimal)
    digest: str

    @property
    def name(self) -> str:
        """The file, as the user named it."""
        return self.problems.file

    def head(self, lines: int = LOOK) -> list[bytes]:
        """Return the first lines, without byte order mark, ends of lines, and blank lines at the end."""
        found: list[bytes] = []
        at = len(BOM) if self.data.startswith(BOM) else 0
        end_mark = b"\n" if b"\n" in self.data else b"\r"
        while at < len(self.data) and len(found) < lines:
            end = self.data.find(end_mark, at)
            end = len(self.data) if end < 0 else end
            found.append(self.data[at:end].rstrip(b"\r"))
            at = end + 1
        while found and not found[-1].strip():
            found.pop()
        return found

    def clean(self) -> None:
        """Take the byte order mark, carriage returns and blank lines at the end away; a newline ends every line."""
        data = self.data.removeprefix(BOM)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self.data = data.rstrip() + b"\n"
        if not self.data.isascii():
            try:
                self.data.decode()
            except UnicodeDecodeError as error:
                self.problems.refuse(NO_UTF8, SAVE_UTF8, line=self.data.count(b"\n", 0, error.start) + 1)

    def check_text(self) -> None:
        """Refuse what is no text with scores."""
        refuse = self.problems.refuse
        if b"\0" in self.data[: 2**16]:
            start = self.data[:4].hex(" ")
            refuse(f"an unknown binary format (it starts with the bytes {start})", "write Parquet or CSV")
        if form := find_form(TEXT, self.data.removeprefix(BOM)[: 2**16].lstrip()):
            refuse(f"this is {form.what}", form.way)
        if not self.head():
            refuse("there is nothing but blanks in the file", "give a file with scores")


def load_content(path: Path) -> FileContent:
    """Read a file, unpacking gzip, bzip2 and tar, or refuse it."""
    problems = Problems(str(path))
    try:
        if path.is_dir():
            problems.refuse("this is a folder", "give the files in it by name")
        if path.exists() and not path.is_file():
            problems.refuse("this is no plain file", "write the scores to a file")
        with path.open("rb") as file:
            size, digest = path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            start = file.read(LOOK_BYTES)
            if not start:
                problems.refuse("the file is empty (0 bytes)", "give a file with scores")
            if start.startswith(ZIP):
                _weigh_zip(problems, path, size)
            if start.startswith(IN_PLACE):
                return FileContent(path, problems, start[:8], "", size, digest)
            refuse_binary(problems, start)
            file.seek(0)
            data, packing = _unpacked(problems, file, start, size)
    except FileNotFoundError:
        problems.refuse("there is no such file", "check the path")
    except PermissionError:
        problems.refuse("the file may not be read", "check who may read it")
    except OSError as error:
        problems.refuse(f"the file cannot be read: {error.strerror}", "check the path and the disk")
    if not data:
        problems.refuse(f"the file unpacks ({packing}) to nothing", "give a file with scores")
    return FileContent(path, problems, data, packing, size, digest)


def _unpacked(problems: Problems, file: io.BufferedReader, start: bytes, size: int) -> tuple[bytes, str]:
    packing = "gzip" if start.startswith(GZIP) else "bzip2" if start.startswith(BZIP2) else ""
    if packing:
        with gzip.GzipFile(fileobj=file) if packing == "gzip" else bz2.BZ2File(file) as packed:
            data = _inflated(problems, packed, file, packing)
        if data.startswith((GZIP, BZIP2, *IN_PLACE)):
            problems.refuse(f"inside the {packing} lies another packed or binary file", "unpack it once")
        refuse_binary(problems, data, packing)
    elif size > MOST_BYTES:
        problems.refuse(f"the file has {size:,} bytes; text is read up to {MOST_BYTES:,}", "write it as Parquet")
    else:
        data = file.read()
    if _is_tar(data):
        return _tar_member(problems, data), f"tar in {packing}" if packing else "tar"
    return data, packing


def _inflated(problems: Problems, packed: gzip.GzipFile | bz2.BZ2File, file: io.BufferedReader, what: str) -> bytes:
    parts, total = [], 0
    try:
        while part := packed.read(STEP):
            parts.append(part)
            total += len(part)
            if total > MOST_BYTES or total > SLACK + MOST_RATIO * file.tell():
                grown = f"the {what} grows to more than {MOST_RATIO} times its size or {MOST_BYTES:,} bytes"
                problems.refuse(grown, "that is no score file; unpack it yourself if it is")
    except DAMAGED as error:
        problems.refuse(f"the {what} {'ends in the middle' if isinstance(error, EOFError) else 'is damaged'}", AGAIN)
    return b"".join(parts)


def _is_tar(data: bytes) -> bool:
    if len(data) < tarfile.BLOCKSIZE or b"\0" not in data[: tarfile.BLOCKSIZE]:
        return False
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _tar_member(problems: Problems, data: bytes) -> bytes:
    """Return the single plain file of a tar; nothing is ever written to the disk."""
    found: list[bytes] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for member in tar:
                if member.isdir():
                    continue
                if not member.isreg() or member.issparse():
                    problems.refuse("the tar holds a link, a device or a sparse file", "pack the score file alone")
                if found:
                    problems.refuse("the tar holds several files", "unpack it and give the one with the scores")
                file = tar.extractfile(member)
                found.append(file.read() if file is not None else b"")
    except DAMAGED:
        problems.refuse("the tar is cut short or damaged", AGAIN)
    if not found:
        problems.refuse("the tar holds no file", "pack the score file")
    return found[0]


def _weigh_zip(problems: Problems, path: Path, size: int) -> None:
    """Refuse a zip that is no set of numpy arrays, or is small outside and huge inside."""
    with _opened_zip(path, problems) as packed:
        entries = packed.infolist()
    names = [entry.filename.encode("utf-8", "replace") for entry in entries]
    if form := find_form(ZIPPED, *names):
        problems.refuse(f"this is {form.what}", form.way)
    if not entries or not all(name.endswith(b".npy") for name in names):
        problems.refuse("the zip holds something other than numpy arrays", "unpack it and give the file itself")
    if len({entry.filename for entry in entries}) < len(entries):
        problems.refuse("two arrays in the zip have one name", "write it again with numpy.savez")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        problems.refuse("the zip is packed in a way that numpy does not write", "write it again with numpy.savez")
    total = sum(entry.file_size for entry in entries)
    # What a zip says about itself binds: no more than the stated size is ever read from an entry.
    if total > MOST_BYTES or total > SLACK + MOST_RATIO * size:
        limit = f"at most {MOST_RATIO} times and {MOST_BYTES:,} bytes are taken"
        problems.refuse(
            f"the {count_of(len(entries), 'array')} would unpack to {total:,} bytes from {size:,}",
            f"{limit}; give the array as .npy, which needs no unpacking",
        )


def load_npy(content: FileContent) -> npt.NDArray[Any]:
    """Map the array of a ``.npy`` file; its header is checked before a byte of data is touched."""
    path, problems = content.path, content.problems
    with path.open("rb") as file:
        shape, fortran, dtype, start = _array_header(file, problems, path.name, fields=True)
    if path.stat().st_size - start < int(np.prod(shape, dtype=object)) * dtype.itemsize:
        problems.refuse("the file ends in the middle of the array", AGAIN)
    if 0 in shape:
        return np.empty(shape, dtype)
    return _mapped(path, start, shape, fortran, dtype)


def load_npz(content: FileContent) -> dict[str, npt.NDArray[Any]]:
    """Unpack, or map, the arrays of an ``.npz`` file, by name; `load_content` has weighed them."""
    return _each_member(content, _zip_member)


def shapes_by_name(content: FileContent) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the arrays in an ``.npz`` file, by name; their headers alone are read."""

    def shape(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, problems: Problems) -> tuple[int, ...]:
        with packed.open(entry) as file:
            return _array_header(file, problems, repr(entry.filename))[0]

    return _each_member(content, shape)


def _each_member(
    content: FileContent, read: Callable[[zipfile.ZipFile, zipfile.ZipInfo, Problems], _T]
) -> dict[str, _T]:
    with _opened_zip(content.path, content.problems) as packed:
        entries = packed.infolist()
        return {one.filename.removesuffix(".npy"): read(packed, one, content.problems) for one in entries}


@contextmanager
def _opened_zip(path: Path, problems: Problems) -> Iterator[zipfile.ZipFile]:
    """Open a zip; whatever is damaged in it while it is used is refused."""
    try:
        with zipfile.ZipFile(path) as packed:
            yield packed
    except DAMAGED:
        problems.refuse("the zip is cut short, damaged or encrypted", f"{AGAIN}, or write it with numpy.savez")


def _start_of(path: Path, entry: zipfile.ZipInfo) -> int:
    """Return where the bytes of an entry begin: its own header says how long that is."""
    with path.open("rb") as file:
        file.seek(entry.header_offset + 26)
        name, extra = struct.unpack("<HH", file.read(4))
    return int(entry.header_offset + 30 + name + extra)


def _mapped(path: Path, start: int, shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    return np.memmap(path, dtype=dtype, mode="r", offset=start, shape=shape, order="F" if fortran else "C")


def _zip_member(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, problems: Problems) -> npt.NDArray[Any]:
    name, path = repr(entry.filename), Path(problems.file)
    with packed.open(entry) as file:
        shape, fortran, dtype, start = _array_header(file, problems, name)
        count = int(np.prod(shape, dtype=object))
        if count * dtype.itemsize != entry.file_size - start:
            problems.refuse(f"{name} is not as long as it says", "write it again with numpy.savez")
        if entry.compress_type == zipfile.ZIP_STORED and count * dtype.itemsize > MAPPED:
            while file.read(STEP):  # to its end: only then its checksum is compared
                pass
            return _mapped(path, _start_of(path, entry) + start, shape, fortran, dtype)
        # Read by what the header says, which was just weighed against the stated size: nothing can grow past it.
        data = file.read(count * dtype.itemsize)
    if len(data) != count * dtype.itemsize:
        problems.refuse(f"{name} ends in the middle", AGAIN)
    flat: npt.NDArray[Any] = np.frombuffer(data, dtype) if count else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _array_header(
    file: IO[bytes], problems: Problems, name: str, fields: bool = False
) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Return shape, order, type and place of the data of an array; refuse objects, and fields if they may not be."""
    start = file.read(len(NUMPY) + 2)
    version = tuple(start[len(NUMPY) :])
    if start.startswith(NUMPY) and version not in ((1, 0), (2, 0)):
        problems.refuse(f"{name} is numpy format {'.'.join(map(str, version))}", "write it with numpy.save")
    size = 2 if version == (1, 0) else 4
    length = int.from_bytes(file.read(size), "little")
    text = file.read(min(length, MOST_HEADER + 1)).decode("latin-1")
    found = dict(_VALUES.findall(text)) if _HEADER.fullmatch(text) else {}
    shape = tuple(map(int, re.findall(r"\d+", found.get("shape", ""))))
    try:
        several = re.findall(rf"'([^']+)'\s*,\s*({_TYPE})", found["descr"])
        dtype = np.dtype([(one, of.strip("'")) for one, of in several] or found["descr"].strip("'"))
        fortran = ("False", "True").index(found["fortran_order"]) == 1
        shape_is_sane = found["shape"] and len(shape) <= MOST_AXES and max(shape, default=1) <= LONGEST_AXIS
    except (KeyError, TypeError, ValueError):
        shape_is_sane = ""
    if not shape_is_sane or not dtype.itemsize or length > MOST_HEADER:
        problems.refuse(f"{name} is no numpy array, or its header is damaged", "write it with numpy.save")
    if dtype.hasobject or (dtype.names is not None and not fields):
        problems.refuse(f"{name} holds Python objects, which are never unpickled", "write plain numbers or text")
    return shape, fortran, dtype, len(start) + size + length
