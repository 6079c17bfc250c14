"""Writes a result folder whole, or not at all."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from misid.errors import OutputRefused
from misid.storage.manifest import ENCOUNTERS, PROVENANCE, content, remove, with_list

__all__ = ["ENCOUNTERS", "FULL", "PROVENANCE", "check_file", "check_target", "to_text", "write_file", "write_folder"]

LEDGER = re.compile(r"plan\.json|part-\d{5,}(\.json|-[a-z]+\.parquet)")
FULL = (errno.ENOSPC, errno.EDQUOT)


# What YAML refuses or folds; JSON allows it raw.  Escaped, every JSON file of ours is also a YAML file.
NOT_YAML = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def to_text(data: Mapping[str, Any]) -> str:
    """Return canonical JSON: UTF-8, sorted keys, no NaN, one newline at the end."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def check_target(folder: Path, force: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse a target before any work is done.

    Parameters
    ----------
    folder : Path
        Where the result shall go.
    force : bool
        Whether a folder that holds an older result may be replaced.
    inputs : iterable of Path
        Files that the result is made from; none may lie in the folder.

    Raises
    ------
    OutputRefused
        If it is a file, holds an input, anything that its own ``provenance.json`` does not list or that was changed
        since, or holds a result and ``force`` is not given.
    """
    _check_target(folder, Path(os.path.abspath(folder)), force, inputs)


def _check_target(
    folder: Path, place: Path, force: bool, inputs: Iterable[Path], taken: frozenset[str] = frozenset()
) -> None:
    """Check ``place``, the full path of ``folder`` as the user named it."""
    try:
        _check_place(folder, place, force, inputs, taken)
    except OSError as error:
        raise OutputRefused(f"{folder}: {error.strerror or error}; give --out another name") from None


def _check_place(folder: Path, place: Path, force: bool, inputs: Iterable[Path], taken: frozenset[str]) -> None:
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise OutputRefused(f"{folder}: is a file or a link, not a folder; give --out another name")
    if not place.exists():
        _check_writable(folder, next(parent for parent in place.parents if parent.exists()))
        return
    # The result takes the place of the folder, so the folder itself must be free to go.
    if place.resolve() == Path.cwd() or os.path.ismount(place):
        raise OutputRefused(f"{folder}: is the current folder or a mount point; give --out a new name inside it")
    check_inputs(folder, inputs)
    _check_replaceable(folder, place, force, taken)
    _check_writable(folder, place.parent)


def check_inputs(folder: Path, inputs: Iterable[Path]) -> None:
    """Refuse a folder that is replaced or removed whole and holds an input, by whatever path.

    Raises
    ------
    OutputRefused
        If it does.
    """
    if held := [str(path) for path in inputs if lies_in(path, folder)]:
        raise OutputRefused(
            f"{folder}: holds {', '.join(held[:5])}, which the result is made from; give --out another name"
        )


def lies_in(path: Path, folder: Path) -> bool:
    """Say whether a path, or what it leads to, is a folder or lies in it, however both are spelled."""
    real = Path(os.path.realpath(path))
    named = Path(os.path.realpath(path.parent), path.name)
    target = Path(os.path.realpath(folder))
    return any(_is_same(one, target) for start in (real, named) for one in (start, *start.parents))


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path == other or path.samefile(other)
    except (OSError, ValueError):
        return False


def _check_replaceable(folder: Path, place: Path, force: bool, taken: frozenset[str]) -> tuple[str, ...]:
    """Refuse a folder that may not be replaced; return the names of all files in it.

    Files named in ``taken`` go into the new result, so they may be there.
    """
    found = content(place, taken)
    if found.is_old:
        raise OutputRefused(
            f"{folder}: holds a result of an older misid, which does not say what it wrote; remove the folder "
            f"yourself if nothing in it is yours, or give --out another name"
        )
    if found.foreign:
        raise OutputRefused(
            f"{folder}: holds other files ({_some(found.foreign)}); give --out an empty folder or a new name"
        )
    if found.changed:
        # Without its list, everything would be foreign.
        away = "" if PROVENANCE in found.changed else ", or move them away"
        raise OutputRefused(
            f"{folder}: holds files that were changed since misid wrote them ({_some(found.changed)}); "
            f"give --out another name{away}"
        )
    if found.ours and not force:
        raise OutputRefused(f"{folder}: holds an older result; give --force to replace it, or --out another name")
    return found.ours


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:5]) + (", …" if len(names) > 5 else "")


def _is_part(entry: Path) -> bool:
    return LEDGER.fullmatch(entry.name) is not None and entry.is_file() and not entry.is_symlink()


def _check_writable(folder: Path, above: Path) -> None:
    if not above.is_dir():
        raise OutputRefused(f"{folder}: {above} is not a folder; give --out another name")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputRefused(f"{folder}: {above} cannot be written to; give --out another place")


def write_folder(
    folder: Path,
    files: Mapping[str, str],
    force: bool,
    *,
    made: Mapping[str, Any],
    moved: Mapping[str, Path] | None = None,
    inputs: Iterable[Path] = (),
) -> None:
    """Write all files into a folder at once.

    Parameters
    ----------
    folder : Path
        Target; its parents are made if need be.
    files : mapping of str to str
        Text by file name.
    force : bool
        As `check_target`.
    made : mapping of str to object
        How the result was made, as `misid.provenance.provenance`; goes into ``provenance.json`` with a list of every
        file in the folder, by which a later ``force`` knows what it may replace.
    moved : mapping of str to Path, optional
        Folders of ledgers that are there already, by the name that they get: `ENCOUNTERS`.  Once the result stands
        they are gone from where they were; if it is refused, they stay there.  What is no ledger's stays in any case.
    inputs : iterable of Path
        As `check_target`.

    Raises
    ------
    OutputRefused
        If the target is refused, or the disk is full or not writable; the target is then as it was.
    """
    named, folder = folder, Path(os.path.abspath(folder))
    taken = frozenset(_inside(folder, moved or {}))
    _check_target(named, folder, force, inputs, taken)
    new_parents = [parent for parent in folder.parents if not parent.exists()]
    mark = secrets.token_hex(6)
    brought: dict[str, Path] = {}
    older: tuple[str, ...] = ()
    staging, aside = folder.with_name(f".misid-{mark}"), folder.with_name(f".misid-{mark}.old")
    try:
        staging.mkdir(parents=True)
        for name, text in files.items():
            _write(staging / name, text)
        for name, source in (moved or {}).items():
            _bring(source, staging / name)
            # A source inside the older result goes with it; at its path the new result will stand.
            if not source.resolve().is_relative_to(folder.resolve()):
                brought[name] = source
        _write(staging / PROVENANCE, to_text(with_list(made, staging)))
        if folder.exists():
            folder.rename(aside)
            # Nobody finds it by its name now: what came into it since it was checked is seen here.
            older = _check_replaceable(named, aside, force, taken)
        staging.rename(folder)
    except OSError as error:
        words = "the disk is full" if error.errno in FULL else (error.strerror or str(error))
        _put_back(aside, folder)
        kept = f"the older result is kept in {aside}" if aside.exists() else "nothing was changed"
        raise OutputRefused(f"{named}: cannot be written: {words}; {kept}") from None
    else:
        for name, source in brought.items():
            _take_away(source, folder / name)
    finally:
        # Also on Ctrl-C: what was there before stays, and what was half-written goes.
        _put_back(aside, folder)
        if aside.exists() and not staging.exists():
            remove(aside, older)
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.exists():
            for parent in new_parents:
                with suppress(OSError):
                    parent.rmdir()
    if aside.exists():
        raise OutputRefused(f"{named}: is written; what came into the older result meanwhile is kept in {aside}")


def _inside(folder: Path, moved: Mapping[str, Path]) -> Iterator[str]:
    """Yield the names of parts that are moved into a result from where an older one holds them."""
    for name, source in moved.items():
        if source.is_dir() and _is_same(source, folder / name):
            yield from (f"{name}/{file.name}" for file in source.iterdir() if _is_part(file))


def _put_back(aside: Path, folder: Path) -> None:
    if aside.exists() and not folder.exists():
        aside.rename(folder)


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def check_file(path: Path, force: bool, inputs: Iterable[Path] = (), apart: Path | None = None) -> None:
    """Refuse a target file before any work is done.

    Parameters
    ----------
    path : Path
        Where the file shall go.
    force : bool
        Whether an older file may be replaced.
    inputs : iterable of Path
        Files that are read; none of them may be replaced.
    apart : Path, optional
        A result folder that it may not lie in.

    Raises
    ------
    OutputRefused
        If it is an input, a folder or a link, lies where it may not, stands already and ``force`` is not given, or
        cannot be written.
    """
    place = Path(os.path.abspath(path))
    if any(_is_same(Path(os.path.realpath(one)), Path(os.path.realpath(path))) for one in inputs):
        raise OutputRefused(f"{path}: is one of the files that are read; give another name")
    if apart is not None and lies_in(path, apart):
        raise OutputRefused(f"{path}: lies in {apart}, which the result takes for itself; give another place")
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
        _write(staging, text)
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
