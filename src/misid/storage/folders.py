"""Writes a result folder whole, or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from misid.errors import OutputRefused

RUN = ("report.html", "results.json", "scenario.resolved.json", "provenance.json")
TABLES = ("figures.csv", "det.csv", "rates.csv", "cmc.csv", "searches.csv", "groups.csv", "growth.csv")
VALIDATION = ("validation.json", "summary.csv", "goals.csv")
OURS = (*RUN, "evaluation.json", *TABLES, *VALIDATION)
PREDICTIONS = re.compile(r"predictions-[a-z0-9_]+\.csv")  # ours too: the rows of one table each
ENCOUNTERS = "encounters"  # ours too: the folder of a run's ledger
LEDGER = re.compile(r"plan\.json|part-\d{5,}(\.json|-[a-z]+\.parquet)")
FULL = (errno.ENOSPC, errno.EDQUOT)


# What YAML refuses or folds; JSON allows it raw.  Escaped, every JSON file of ours is also a YAML file.
NOT_YAML = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def to_text(data: Mapping[str, Any]) -> str:
    """Return canonical JSON: UTF-8, sorted keys, no NaN, one newline at the end."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def check_target(folder: Path, force: bool) -> None:
    """Refuse a target before any work is done.

    Parameters
    ----------
    folder : Path
        Where the result shall go.
    force : bool
        Whether a folder that holds an older result may be replaced.

    Raises
    ------
    OutputRefused
        If it is a file, holds anything that misid did not write, or holds a result and ``force`` is not given.
    """
    try:
        _check_target(folder, Path(os.path.abspath(folder)), force)
    except OSError as error:
        raise OutputRefused(f"{folder}: {error.strerror or error}; give --out another name") from None


def _check_target(folder: Path, place: Path, force: bool) -> None:
    """Check ``place``, the full path of ``folder`` as the user named it."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise OutputRefused(f"{folder}: is a file or a link, not a folder; give --out another name")
    if not place.exists():
        _check_writable(folder, next(parent for parent in place.parents if parent.exists()))
        return
    # The result takes the place of the folder, so the folder itself must be free to go.
    if place.resolve() == Path.cwd() or os.path.ismount(place):
        raise OutputRefused(f"{folder}: is the current folder or a mount point; give --out a new name inside it")
    entries = sorted(place.iterdir())
    foreign = [name for entry in entries for name in _foreign(entry)]
    if foreign:
        some = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
        raise OutputRefused(f"{folder}: holds other files ({some}); give --out an empty folder or a new name")
    if entries and not force:
        raise OutputRefused(f"{folder}: holds an older result; give --force to replace it, or --out another name")
    _check_writable(folder, place.parent)


def _foreign(entry: Path) -> list[str]:
    """Return what misid did not write in an entry of a result folder: the entry itself, or what lies in a ledger."""
    if entry.name == ENCOUNTERS and entry.is_dir() and not entry.is_symlink():
        return [f"{ENCOUNTERS}/{part.name}" for part in sorted(entry.iterdir()) if not _is_part(part)]
    ours = entry.name in OURS or PREDICTIONS.fullmatch(entry.name) is not None
    return [] if ours and entry.is_file() and not entry.is_symlink() else [entry.name]


def _is_part(entry: Path) -> bool:
    return LEDGER.fullmatch(entry.name) is not None and entry.is_file() and not entry.is_symlink()


def _check_writable(folder: Path, above: Path) -> None:
    if not above.is_dir():
        raise OutputRefused(f"{folder}: {above} is not a folder; give --out another name")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputRefused(f"{folder}: {above} cannot be written to; give --out another place")


def write_folder(folder: Path, files: Mapping[str, str], force: bool, moved: Mapping[str, Path] | None = None) -> None:
    """Write all files into a folder at once.

    Parameters
    ----------
    folder : Path
        Target; its parents are made if need be.
    files : mapping of str to str
        Text by file name; names are those of `OURS`, or match `PREDICTIONS`.
    force : bool
        As `check_target`.
    moved : mapping of str to Path, optional
        Folders of ledgers that are there already, by the name that they get: `ENCOUNTERS`.  Once the result stands
        they are gone from where they were; if it is refused, they stay there.  What is no ledger's stays in any case.

    Raises
    ------
    OutputRefused
        If the target is refused, or the disk is full or not writable; the target is then as it was.
    """
    check_target(folder, force)
    named, folder = folder, Path(os.path.abspath(folder))
    new_parents = [parent for parent in folder.parents if not parent.exists()]
    mark = secrets.token_hex(6)
    brought: dict[str, Path] = {}
    staging, aside = folder.with_name(f".misid-{mark}"), folder.with_name(f".misid-{mark}.old")
    try:
        staging.mkdir(parents=True)
        for name, text in files.items():
            with open(staging / name, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        for name, source in (moved or {}).items():
            _bring(source, staging / name)
            # A source inside the older result goes with it; at its path the new result will stand.
            if not source.resolve().is_relative_to(folder.resolve()):
                brought[name] = source
        if folder.exists():
            folder.rename(aside)
        staging.rename(folder)
    except OSError as error:
        words = "the disk is full" if error.errno in FULL else (error.strerror or str(error))
        raise OutputRefused(f"{named}: cannot be written: {words}; nothing was changed") from None
    else:
        for name, source in brought.items():
            _take_away(source, folder / name)
    finally:
        # Also on Ctrl-C: what was there before stays, and what was half-written goes.
        if aside.exists() and not folder.exists():
            aside.rename(folder)
        for left in (aside, staging):
            shutil.rmtree(left, ignore_errors=True)
        if not folder.exists():
            for parent in new_parents:
                with suppress(OSError):
                    parent.rmdir()


def check_file(path: Path, force: bool) -> None:
    """Refuse a target file before any work is done.

    Parameters
    ----------
    path : Path
        Where the file shall go.
    force : bool
        Whether an older file may be replaced.

    Raises
    ------
    OutputRefused
        If it is a folder or a link, stands already and ``force`` is not given, or cannot be written.
    """
    place = Path(os.path.abspath(path))
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise OutputRefused(f"{path}: is a folder or a link, not a file; give another name")
    if place.exists() and not force:
        raise OutputRefused(f"{path}: stands already; give --force to replace it, or another name")
    _check_writable(path, place.parent)


def write_file(path: Path, text: str, force: bool) -> None:
    """Write one file whole, or not at all.

    Parameters
    ----------
    path : Path
        Target, in a folder that exists.
    text : str
        Content.
    force : bool
        As `check_file`.

    Raises
    ------
    OutputRefused
        If the target is refused, or the disk is full or not writable; the target is then as it was.
    """
    check_file(path, force)
    place = Path(os.path.abspath(path))
    staging = place.with_name(f".misid-{secrets.token_hex(6)}")
    try:
        with open(staging, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        staging.rename(place)
    except OSError as error:
        words = "the disk is full" if error.errno in FULL else (error.strerror or str(error))
        raise OutputRefused(f"{path}: cannot be written: {words}; nothing was changed") from None
    finally:
        staging.unlink(missing_ok=True)


def _bring(source: Path, target: Path) -> None:
    """Put the files of a ledger in a second place too, without a copy where the disk allows it."""
    target.mkdir()
    for file in sorted(filter(_is_part, source.iterdir())):
        try:
            os.link(file, target / file.name, follow_symlinks=False)
        except OSError:
            shutil.copyfile(file, target / file.name)
            handle = os.open(target / file.name, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _take_away(source: Path, target: Path) -> None:
    """Remove from a folder what now stands in another, and the folder if nothing else is left in it."""
    with suppress(OSError):
        for file in target.iterdir():
            (source / file.name).unlink(missing_ok=True)
        source.rmdir()
