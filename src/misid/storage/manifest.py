"""What misid wrote into a result folder, by the folder's own word, and what of it is still so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from misid.provenance import SCHEMA

PROVENANCE = "provenance.json"
ENCOUNTERS = "encounters"  # the folder of a run's ledger, inside its result


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class Content:
    """What a result folder holds, by name.

    Parameters
    ----------
    ours : tuple of str
        As misid wrote it.
    changed : tuple of str
        Written by misid, and changed since.
    foreign : tuple of str
        Not written by misid, as far as the folder says.
    is_old : bool
        Whether it is a result of an older misid, which does not list what it wrote; everything is foreign then.
    """

    ours: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    is_old: bool = False


def with_list(made: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what ``provenance.json`` holds: how the result was made, every file of the folder, and a seal on both.

    Parameters
    ----------
    made : mapping of str to object
        As `misid.provenance.provenance`.
    folder : Path
        Holds every file of the result but this one.
    """
    files = {name: {"bytes": path.stat().st_size, "sha256": digest_of(path)} for name, path in _entries(folder)}
    listed = {**made, "files": files}
    return {**listed, "seal": _seal(listed)}


def content(folder: Path, taken: Collection[str] = ()) -> Content:
    """Compare a folder with the list in its ``provenance.json``; without one, nothing in it is ours.

    Parameters
    ----------
    folder : Path
        Any folder.
    taken : collection of str
        Names of files that count as ours although they are not listed.

    Raises
    ------
    OSError
        If something cannot be read.
    """
    entries = dict(_entries(folder))
    found = _provenance(folder)
    listed = {} if found is None else found.get("files")
    if not found or not isinstance(listed, dict):
        return Content((), (), tuple(entries), is_old=bool(found))
    sealed = found.pop("seal", None)
    ours, changed, foreign = [], [], []
    for name, path in entries.items():
        if name in taken and _is_file(path):
            ours.append(name)
        elif not _is_file(path) or name not in {PROVENANCE, *listed}:
            foreign.append(name)
        elif sealed == _seal(found) if name == PROVENANCE else _is_as_listed(path, listed[name]):
            ours.append(name)
        else:
            changed.append(name)
    return Content(tuple(ours), tuple(changed), tuple(foreign))


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files of a result folder by name, and the folder, unless something else is left in it."""
    with suppress(OSError):
        # The list goes last: until then what is left is still known for ours.
        for name in sorted(names, key=lambda name: name == PROVENANCE):
            (folder / name).unlink(missing_ok=True)
    for left in (folder / ENCOUNTERS, folder):
        with suppress(OSError):
            left.rmdir()


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    for entry in sorted(folder.iterdir()):
        if entry.name == ENCOUNTERS and entry.is_dir() and not entry.is_symlink():
            yield from ((f"{ENCOUNTERS}/{part.name}", part) for part in sorted(entry.iterdir()))
        else:
            yield entry.name, entry


def _provenance(folder: Path) -> dict[str, Any] | None:
    path = folder / PROVENANCE
    if not _is_file(path):
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        return None
    kind = str(found.get("schema")).rpartition("/")[0] if isinstance(found, dict) else ""
    return found if kind == SCHEMA.rpartition("/")[0] else None


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _is_as_listed(path: Path, said: object) -> bool:
    size, digest = (said.get("bytes"), said.get("sha256")) if isinstance(said, dict) else (None, None)
    return path.stat().st_size == size and digest_of(path) == digest


def _seal(listed: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(listed, sort_keys=True).encode()).hexdigest()
