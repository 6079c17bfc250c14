"""Bytes out of a file, plain or packed, with limits that hold before memory is spent."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from misid.evaluation.contract import Source
from misid.evaluation.ingest.faults import number, refuse

MOST_BYTES = 4 * 2**30  # of text, or of anything packed, once it is unpacked
MOST_RATIO = 200  # unpacked to packed; scores pack 3 to 20 times
SLACK = 2**20  # tells nothing about the ratio yet
STEP = 2**20

GZIP, BZIP2, ZIP, XZ, ZSTD = b"\x1f\x8b", b"BZh", b"PK\x03\x04", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
PARQUET, NUMPY, HDF5 = b"PAR1", b"\x93NUMPY", b"\x89HDF\r\n\x1a\n"
IN_PLACE = (PARQUET, NUMPY, ZIP)  # read from the disk, by windows; never unpacked here


@dataclass(frozen=True)
class Content:
    """What is in a file.

    Parameters
    ----------
    name : str
        The file, as the user named it.
    path : Path
        Where it is.
    data : bytes
        Its bytes, unpacked; only the first few of a file that is read in place.
    packing : str
        ``""``, ``"gzip"``, ``"tar in gzip"`` and so on.
    size : int
        Bytes on the disk.
    digest : str
        SHA-256 of the bytes on the disk, hexadecimal.
    """

    name: str
    path: Path
    data: bytes
    packing: str
    size: int
    digest: str

    def source(self, form: str) -> Source:
        """Return the record of this file.

        Parameters
        ----------
        form : str
            What it turned out to be.

        Returns
        -------
        Source
            Name, form, size and digest.
        """
        return Source(self.name, form + (f", {self.packing}" if self.packing else ""), self.size, self.digest)


def content(path: Path) -> Content:
    """Read a file, unpacking gzip, bzip2 and tar.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Content
        Its bytes.

    Raises
    ------
    InvalidInput
        If there is no such file, it is empty or a folder, is cut short, unpacks to more than `MOST_BYTES` or to more
        than `MOST_RATIO` times its size, or is packed in a way that is not read.
    """
    name = str(path)
    if path.is_dir():
        refuse(name, "this is a folder", "give the files in it by name")
    if path.exists() and not path.is_file():
        refuse(name, "this is no plain file", "write the scores to a file")
    try:
        with path.open("rb") as file:
            start = file.read(512)
            if not start:
                refuse(name, "the file is empty (0 bytes)", "give a file with scores")
            size, digest = path.stat().st_size, _digest(file)
            if start.startswith(IN_PLACE):
                if start.startswith(ZIP):
                    _weigh_zip(name, path, size)
                return Content(name, path, start, "", size, digest)
            data, packing = _unpacked(name, file, start, size)
    except FileNotFoundError:
        refuse(name, "there is no such file", "check the path")
    except PermissionError:
        refuse(name, "the file may not be read", "check who may read it")
    if not data:
        refuse(name, f"the file unpacks ({packing}) to nothing", "give a file with scores")
    return Content(name, path, data, packing, size, digest)


def _digest(file: io.BufferedReader) -> str:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256")
    file.seek(0)
    return digest.hexdigest()


def _unpacked(name: str, file: io.BufferedReader, start: bytes, size: int) -> tuple[bytes, str]:
    for magic, what in ((XZ, "xz"), (ZSTD, "zstd"), (HDF5, "HDF5")):
        if start.startswith(magic):
            way = "write the scores as CSV or Parquet" if what == "HDF5" else "unpack it, or pack it with gzip"
            refuse(name, f"the file is {what}, which is not read", way)
    if start.startswith(GZIP):
        with gzip.GzipFile(fileobj=file) as packed:
            data, packing = _inflated(name, packed, file, "gzip"), "gzip"
    elif start.startswith(BZIP2):
        with bz2.BZ2File(file) as packed:
            data, packing = _inflated(name, packed, file, "bzip2"), "bzip2"
    else:
        if size > MOST_BYTES:
            refuse(name, f"the file has {size:,} bytes; text is read up to {MOST_BYTES:,}", "write it as Parquet")
        data, packing = file.read(), ""
    if data.startswith((GZIP, BZIP2, *IN_PLACE)) and packing:
        refuse(name, f"inside the {packing} lies another packed or binary file", "unpack it once")
    if _is_tar(data):
        return _member(name, data), f"tar in {packing}" if packing else "tar"
    return data, packing


def _inflated(name: str, packed: gzip.GzipFile | bz2.BZ2File, file: io.BufferedReader, what: str) -> bytes:
    parts, total = [], 0
    try:
        while part := packed.read(STEP):
            parts.append(part)
            total += len(part)
            if total > MOST_BYTES or total > SLACK + MOST_RATIO * file.tell():
                refuse(
                    name,
                    f"the {what} grows to more than {MOST_RATIO} times its size or {MOST_BYTES:,} bytes",
                    "that is no score file; unpack it yourself if it is",
                )
    except (EOFError, zlib.error, gzip.BadGzipFile, OSError) as error:
        cut = isinstance(error, EOFError)
        refuse(name, f"the {what} {'ends in the middle' if cut else 'is damaged'}", "copy or fetch the file again")
    return b"".join(parts)


def _is_tar(data: bytes) -> bool:
    if len(data) < tarfile.BLOCKSIZE or b"\0" not in data[: tarfile.BLOCKSIZE]:
        return False
    try:
        tarfile.TarInfo.frombuf(data[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def _member(name: str, data: bytes) -> bytes:
    """Return the single plain file of a tar; nothing is ever written to the disk."""
    found: list[bytes] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for member in tar:
                if member.isdir():
                    continue
                if not member.isreg() or member.issparse():
                    refuse(name, "the tar holds a link, a device or a sparse file", "pack the score file alone")
                if found:
                    refuse(name, "the tar holds several files", "unpack it and give the one with the scores")
                file = tar.extractfile(member)
                found.append(file.read() if file is not None else b"")
    except (tarfile.TarError, EOFError, OSError):
        refuse(name, "the tar is cut short or damaged", "copy or fetch the file again")
    if not found:
        refuse(name, "the tar holds no file", "pack the score file")
    return found[0]


def _weigh_zip(name: str, path: Path, size: int) -> None:
    """Refuse a zip that is no set of numpy arrays, or is small outside and huge inside."""
    try:
        with zipfile.ZipFile(path) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, OSError):
        refuse(name, "the zip is cut short or damaged", "copy or fetch the file again")
    if not entries or not all(entry.filename.endswith(".npy") for entry in entries):
        refuse(name, "the zip holds something other than numpy arrays", "unpack it and give the file itself")
    total = sum(entry.file_size for entry in entries)
    # What a zip says about itself binds: no more than the stated size is ever read from an entry.
    if total > MOST_BYTES or total > SLACK + MOST_RATIO * size:
        refuse(
            name,
            f"the {number(len(entries), 'array')} would unpack to {total:,} bytes from {size:,}",
            f"at most {MOST_RATIO} times and {MOST_BYTES:,} bytes are taken; give the array as .npy, which needs no "
            "unpacking",
        )
