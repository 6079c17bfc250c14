"""Writes files and result folders whole or not at all, and replaces in a folder only what misid wrote.

A result folder holds in ``provenance.json`` a list of every file that misid wrote into it, with the digest of each, and
a seal on that list.  Only what is listed and unchanged is ever replaced.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from misid.errors import OutputRefused
from misid.provenance import SCHEMA

PROVENANCE = "provenance.json"
ENCOUNTERS = "encounters"  # the folder of a run's ledger, inside its result
CHARTS = "charts"  # the folder of charts on their own, inside a result
FOLDERS = (CHARTS, ENCOUNTERS)
PLAN = "plan.json"  # of a ledger
LEDGER_FILE = re.compile(r"plan\.json|part-(\d{5,})(?:\.json|-[a-z][a-z0-9_]*\.parquet)")
# Half-done files and folders carry the number of the process that writes them.  An older result that was set aside
# (.old) is never cleared away.
TEMPORARY = re.compile(r"\.misid-(\d+)-.+(?<!\.old)")
ANOTHER_NAME = "give --out another name"
RESUME = "run again: finished parts are kept"
# What YAML refuses or folds; JSON allows it raw.  Escaped, every JSON file of ours is also a YAML file.
_NOT_YAML = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


def to_text(data: Mapping[str, Any]) -> str:
    """Return canonical JSON: UTF-8, sorted keys, no NaN, one newline at the end."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return _NOT_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def text_digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_json(path: Path, schema: str = "") -> dict[str, Any]:
    """Return the JSON object that a file holds, or nothing if it holds none, or none of a schema in whatever version.

    Raises OSError if the file cannot be read.
    """
    try:
        found = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return {}
    kind = str(found.get("schema")).rpartition("/")[0]
    return found if not schema or kind == schema.rpartition("/")[0] else {}


def first_few(names: Iterable[object]) -> str:
    """Return the first five of some names in words."""
    listed = [str(name) for name in names]
    return ", ".join(listed[:5]) + (", …" if len(listed) > 5 else "")


# Writing safely


def temporary(folder: Path) -> Path:
    """Return a new name in a folder for something half-done; it tells whose process made it (`TEMPORARY`)."""
    return folder / f".misid-{os.getpid()}-{secrets.token_hex(6)}"


def replace_file(target: Path, write: Callable[[Path], object]) -> str:
    """Have a file written under another name, and give it its own only when it is safe on disk; return its digest."""
    half = temporary(target.parent)
    try:
        write(half)
        digest = file_digest(half)
        _sync(half)
        half.replace(target)
        _sync(target.parent)
    finally:
        half.unlink(missing_ok=True)
    return digest


def write_text(path: Path, text: str) -> None:
    """Write a text in UTF-8 with the same line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, safe on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_files(folder: Path, names: Iterable[str], last: str) -> None:
    """Remove files of a folder by name, and the folder; raise OSError if anything else is left in it.

    ``last``, which tells whose the files are, goes last: until then what is left is still known for ours.
    """
    for name in sorted(names, key=lambda name: name == last):
        remove_file(folder / name)
    for inside in FOLDERS:
        if (folder / inside).exists():
            (folder / inside).rmdir()
    folder.rmdir()


def remove_file(path: Path) -> None:
    """Remove a file, or a temporary folder; any other folder may be somebody's."""
    if TEMPORARY.fullmatch(path.name) and path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def refusal(place: Path, error: OSError, advice: str, doing: str = "written") -> OutputRefused:
    """Return an error of the disk as one that says where, what and what to do."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    words = "the disk is full" if full else (error.strerror or str(error))
    return OutputRefused(f"{place}: cannot be {doing}: {words}; {advice}")


@contextmanager
def refuse_disk_errors(place: Path, advice: str, doing: str = "written") -> Iterator[None]:
    """Turn errors of the disk into `refusal`."""
    try:
        yield
    except OSError as error:
        raise refusal(place, error, advice, doing) from None


# What may be written


def check_target(folder: Path, force: bool, inputs: Iterable[Path] = (), taken: Collection[str] = ()) -> None:
    """Refuse a target folder before any work is done.

    Refused is a file; a folder that holds one of the ``inputs``, by whatever path, or anything that its own list does
    not name, ``taken`` into the result excepted, or that was changed since; and an older result without ``force``.
    """
    place = Path(os.path.abspath(folder))
    with refuse_disk_errors(folder, ANOTHER_NAME):
        check_is_folder(folder, place)
        if place.exists():
            # The result takes the place of the folder, so the folder itself must be free to go.
            if place.resolve() == Path.cwd() or os.path.ismount(place):
                raise OutputRefused(
                    f"{folder}: is the current folder or a mount point; give --out a new name inside it"
                )
            check_inputs(folder, inputs)
            _check_replaceable(folder, place, force, taken)
        _check_writable(folder, next(parent for parent in place.parents if parent.exists()))


def check_is_folder(folder: Path, place: Path) -> None:
    """Refuse a place where something stands that is no folder; ``folder`` is how the user named it."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise OutputRefused(f"{folder}: is a file or a link, not a folder; {ANOTHER_NAME}")


def check_inputs(folder: Path, inputs: Iterable[Path]) -> None:
    """Refuse a folder that is replaced or removed whole and holds an input, by whatever path."""
    if held := [path for path in inputs if _lies_in(path, folder)]:
        raise OutputRefused(f"{folder}: holds {first_few(held)}, which the result is made from; {ANOTHER_NAME}")


def refuse_foreign(folder: Path, names: Collection[str]) -> None:
    """Refuse a folder if there are names of files in it that misid did not write."""
    if names:
        raise OutputRefused(
            f"{folder}: holds other files ({first_few(names)}); give --out an empty folder or a new name"
        )


def _lies_in(path: Path, folder: Path) -> bool:
    """Tell whether a path, or what it leads to, is a folder or lies in it, however both are spelled."""
    real = Path(os.path.realpath(path))
    named = Path(os.path.realpath(path.parent), path.name)
    target = Path(os.path.realpath(folder))
    return any(_is_same(one, target) for start in (real, named) for one in (start, *start.parents))


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path == other or path.samefile(other)
    except (OSError, ValueError):
        return False


def _check_replaceable(folder: Path, place: Path, force: bool, taken: Collection[str]) -> list[str]:
    """Refuse a folder unless all its files are as misid's own list says or ``taken``; return their names."""
    made = read_json(place / PROVENANCE, SCHEMA) if _is_file(place / PROVENANCE) else {}
    listed = made.get("files")
    if made and not isinstance(listed, dict):
        raise OutputRefused(
            f"{folder}: holds a result of an older misid, which does not say what it wrote; remove the folder "
            f"yourself if nothing in it is yours, or {ANOTHER_NAME}"
        )
    present = [name for name, _ in _entries(place)]  # before they are compared: what comes later is not to be removed
    # What is missing is the user's own doing, and nothing of it can be lost.
    changed, _, others = compare_with_list(place, made, taken)
    refuse_foreign(folder, others)
    if changed:
        # Without its list, everything would be foreign.
        away = "" if PROVENANCE in changed else ", or move them away"
        raise OutputRefused(
            f"{folder}: holds files that were changed since misid wrote them ({first_few(changed)}); "
            f"{ANOTHER_NAME}{away}"
        )
    if present and not force:
        raise OutputRefused(f"{folder}: holds an older result; give --force to replace it, or --out another name")
    return present


def list_files(made: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return what ``provenance.json`` holds: how a result was made, every file of its folder, and a seal on both."""
    listed = {name: {"bytes": path.stat().st_size, "sha256": file_digest(path)} for name, path in _entries(folder)}
    whole = {**made, "files": listed}
    return {**whole, "seal": _seal(whole)}


def compare_with_list(
    folder: Path, made: Mapping[str, Any], taken: Collection[str] = ()
) -> tuple[list[str], list[str], list[str]]:
    """Return which files changed since ``provenance.json`` listed them, which are missing, and what else is there.

    Without a list everything is something else.  Files that are ``taken`` are as they should be.
    """
    listed = {PROVENANCE, *made["files"]} if made else set()
    entries = dict(_entries(folder))
    known = listed | {*taken} if made else set()
    here = [name for name, path in entries.items() if _is_file(path) and name in known]
    changed = [name for name in here if name not in taken and not _is_as_listed(folder, name, made)]
    return changed, sorted(listed - {*here}), [name for name in entries if name not in here]


def _is_as_listed(folder: Path, name: str, made: Mapping[str, Any]) -> bool:
    """Compare a file with what ``provenance.json`` notes of it, and that list with its seal."""
    if name == PROVENANCE:
        return made.get("seal") == _seal({key: value for key, value in made.items() if key != "seal"})
    noted = made["files"][name]
    return isinstance(noted, dict) and noted.get("sha256") == file_digest(folder / name)


def _seal(made: Mapping[str, Any]) -> str:
    return text_digest(json.dumps(made, sort_keys=True))


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield what a result folder holds, by the names of its list."""
    for entry in sorted(folder.iterdir()):
        if entry.name in FOLDERS and entry.is_dir() and not entry.is_symlink():
            yield from ((f"{entry.name}/{part.name}", part) for part in sorted(entry.iterdir()))
        else:
            yield entry.name, entry


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _check_writable(target: Path, above: Path) -> None:
    if not above.is_dir():
        raise OutputRefused(f"{target}: {above} is not a folder; {ANOTHER_NAME}")
    if not os.access(above, os.W_OK | os.X_OK):
        raise OutputRefused(f"{target}: {above} cannot be written to; give --out another place")


# Result folders


def write_folder(
    folder: Path,
    files: Mapping[str, str | bytes],
    force: bool,
    *,
    made: Mapping[str, Any],
    ledger: Path | None = None,
    inputs: Iterable[Path] = (),
) -> None:
    """Write all files into a folder at once.

    Parameters
    ----------
    folder : Path
        Target; its parents are made if need be.
    files : mapping of str to str or bytes
        Content by file name, that of a chart by ``charts/`` and its name.
    force : bool
        As `check_target`.
    made : mapping of str to object
        How the result was made, as `misid.provenance.provenance`; goes into ``provenance.json`` with a list of every
        file in the folder, by which a later ``force`` knows what it may replace.
    ledger : Path, optional
        Folder of a ledger that becomes `ENCOUNTERS` of the result.  Once the result stands, its files are gone from
        where they were; if the result is refused, they stay there.  What is no ledger's stays in any case.
    inputs : iterable of Path
        As `check_target`.

    Raises
    ------
    OutputRefused
        If the target is refused, or the disk is full or not writable; the target is then as it was.  Also after the
        result was written, where files came into the older one meanwhile: it says where they are kept.
    """
    named, folder = folder, Path(os.path.abspath(folder))
    is_inside = ledger is not None and ledger.is_dir() and _is_same(ledger, folder / ENCOUNTERS)
    taken = {f"{ENCOUNTERS}/{file.name}" for file in _ledger_files(ledger)} if ledger and is_inside else set()
    check_target(named, force, inputs, taken)
    new_parents = [parent for parent in folder.parents if not parent.exists()]
    older: list[str] = []
    staging = temporary(folder.parent)
    aside = staging.with_name(f"{staging.name}.old")
    try:
        staging.mkdir(parents=True)
        if any(name.startswith(f"{CHARTS}/") for name in files):
            (staging / CHARTS).mkdir()
        for name, content in files.items():
            if isinstance(content, bytes):
                (staging / name).write_bytes(content)
            else:
                write_text(staging / name, content)
            _sync(staging / name)
        if ledger is not None:
            _copy_ledger(ledger, staging / ENCOUNTERS)
        write_text(staging / PROVENANCE, to_text(list_files(made, staging)))
        _sync(staging / PROVENANCE)
        if folder.exists():
            folder.rename(aside)
            # Nobody finds it by its name now: what came into it since it was checked is seen here.
            older = _check_replaceable(named, aside, force, taken)
        staging.rename(folder)
    except OSError as error:
        _put_back(aside, folder)
        kept = f"the older result is kept in {aside}" if aside.exists() else "nothing was changed"
        raise refusal(named, error, kept) from None
    else:
        # A ledger inside the older result goes with it; at its path the new result stands.
        if ledger is not None and not is_inside:
            with suppress(OSError):
                remove_files(ledger, os.listdir(folder / ENCOUNTERS), PLAN)
    finally:
        # Also on Ctrl-C: what was there before stays, and what was half-written goes.
        _put_back(aside, folder)
        if aside.exists() and not staging.exists():
            with suppress(OSError):
                remove_files(aside, older, PROVENANCE)
        shutil.rmtree(staging, ignore_errors=True)
        if not folder.exists():
            for parent in new_parents:
                with suppress(OSError):
                    parent.rmdir()
    if aside.exists():
        raise OutputRefused(f"{named}: is written; what came into the older result meanwhile is kept in {aside}")


def _put_back(aside: Path, folder: Path) -> None:
    if aside.exists() and not folder.exists():
        aside.rename(folder)


def _ledger_files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if LEDGER_FILE.fullmatch(file.name) and _is_file(file))


def _copy_ledger(source: Path, target: Path) -> None:
    """Put the files of a ledger in a second place too, without a copy where the disk allows it."""
    target.mkdir()
    for file in _ledger_files(source):
        try:  # a link needs no syncing: its file is on disk already
            os.link(file, target / file.name, follow_symlinks=False)
        except OSError:
            shutil.copyfile(file, target / file.name)
            _sync(target / file.name)


# Single files


def check_file(path: Path, force: bool, inputs: Iterable[Path] = (), apart: Path | None = None) -> None:
    """Refuse a target file before any work is done.

    Refused is one of the ``inputs``, a folder or link, what lies in the result folder ``apart``, what cannot be
    written, and an older file without ``force``.
    """
    place = Path(os.path.abspath(path))
    if any(_is_same(Path(os.path.realpath(one)), Path(os.path.realpath(path))) for one in inputs):
        raise OutputRefused(f"{path}: is one of the files that are read; give another name")
    if apart is not None and _lies_in(path, apart):
        raise OutputRefused(f"{path}: lies in {apart}, which the result takes for itself; give another place")
    if place.is_symlink() or (place.exists() and not place.is_file()):
        raise OutputRefused(f"{path}: is a folder or a link, not a file; give another name")
    if place.exists() and not force:
        raise OutputRefused(f"{path}: stands already; give --force to replace it, or another name")
    _check_writable(path, place.parent)


def write_file(path: Path, text: str, force: bool) -> None:
    """Write one file whole, or not at all; refused as by `check_file`, and if the disk is full or not writable."""
    check_file(path, force)
    with refuse_disk_errors(path, "nothing was changed"):
        replace_file(Path(os.path.abspath(path)), lambda half: write_text(half, text))
