"""Writes files and result folders whole or not at all, and replaces in a folder only what misid wrote.

A result folder holds in ``provenance.json`` a list of every file that misid wrote into it, with the digest of each, and
a seal on that list.  Only what is listed and unchanged is ever replaced.
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from misid.errors import OutputRefused
from misid.provenance import SCHEMA
from misid.storage.locks import ANOTHER_NAME, beside, hold, refusal, refuse_disk_errors, undisturbed
from misid.vocabulary.shown import UNSEEN, shown

PROVENANCE = "provenance.json"
ENCOUNTERS = "encounters"  # the folder of a run's ledger, inside its result
CHARTS = "charts"  # the folder of charts on their own, inside a result
FOLDERS = (CHARTS, ENCOUNTERS)
PLAN = "plan.json"  # of a ledger
LEDGER_FILE = re.compile(r"plan\.json|part-(\d{5,})(?:\.json|-[a-z][a-z0-9_]*\.parquet)")
# Half-done files and folders carry the number of the process that writes them.  An older result that was set aside
# (.old) is never cleared away.
TEMPORARY = re.compile(r"\.misid-(\d+)-.+(?<!\.old)")
RESUME = "run again: finished parts are kept"
_LOG = logging.getLogger(__name__)  # where nobody has set up logging, a warning is one line on stderr
# What YAML refuses or folds, and what nobody sees; JSON allows it raw.  Escaped, every JSON file of ours is YAML too.
_NOT_YAML = re.compile(
    f"[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[{UNSEEN}]"
)


def to_text(data: Mapping[str, Any]) -> str:
    """Return canonical JSON: UTF-8, sorted keys, no NaN, one newline at the end."""
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    return _NOT_YAML.sub(lambda found: json.dumps(found[0])[1:-1], text)


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


@contextmanager
def prepared(target: Path, write: Callable[[Path], object], half: Path) -> Iterator[str]:
    """Have a file written under another name, safe on disk; it gets its own once what follows went well.

    Yields its digest.
    """
    try:
        write(half)
        digest = file_digest(half)
        _sync(half)
        yield digest
        half.replace(target)
        _sync(target.parent)
    finally:
        half.unlink(missing_ok=True)


def replace_file(target: Path, write: Callable[[Path], object]) -> str:
    """Write one file whole or not at all, and return its digest."""
    with prepared(target, write, temporary(target.parent)) as digest:
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
    for name in names:
        if name != last:
            remove_file(folder / name)
    for inside in FOLDERS:
        if (folder / inside).exists():
            (folder / inside).rmdir()
    if {*os.listdir(folder)} - {last}:
        raise OSError(errno.ENOTEMPTY, "other files came into it", str(folder))
    remove_file(folder / last)
    folder.rmdir()


def remove_file(path: Path) -> None:
    """Remove a file, or a temporary folder; any other folder may be somebody's."""
    if TEMPORARY.fullmatch(path.name) and path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


# What may be written


@contextmanager
def reserve(folder: Path, force: bool, inputs: Iterable[Path] = (), taken: Collection[str] = ()) -> Iterator[None]:
    """Keep a target folder from others while a result is made, and refuse it before any work is done.

    Refused is a file; a folder that another misid is writing (`hold`); one that holds one of the ``inputs``, by
    whatever path, or anything that its own list does not name, ``taken`` into the result excepted, or that was changed
    since; and an older result without ``force``.  What a killed misid left half-done here is put right first.
    """
    place = Path(os.path.abspath(folder))
    with refuse_disk_errors(folder, ANOTHER_NAME):
        check_is_folder(folder, place)
        _check_free_to_go(folder, place)  # before a lock, which would lie in the root of the disk
        _check_writable(folder, next((parent for parent in place.parents if parent.exists()), place))
    with hold(folder):
        with refuse_disk_errors(folder, ANOTHER_NAME):
            if os.path.lexists(beside(place, "old")) and not place.exists():
                _LOG.warning("%s: is back, which a killed misid had set aside", shown(str(folder)))
            if kept := _settle(place):
                _LOG.warning("%s: what came into an older result is kept in %s", shown(str(folder)), kept)
            if place.exists():
                check_inputs(folder, inputs)
                _check_replaceable(folder, place, force, taken)
        yield


def check_is_folder(folder: Path, place: Path) -> None:
    """Refuse a place where something stands that is no folder; ``folder`` is how the user named it."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise OutputRefused(f"{folder}: is a file or a link, not a folder; {ANOTHER_NAME}")


def _check_free_to_go(folder: Path, place: Path) -> None:
    """Refuse a folder whose place a result cannot take."""
    if place.exists() and (place.resolve() == Path.cwd() or os.path.ismount(place)):
        raise OutputRefused(f"{folder}: is the current folder or a mount point; give --out a new name inside it")


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


def _own_list(folder: Path) -> dict[str, Any]:
    """Return what our own ``provenance.json`` in a folder says; nothing if there is none."""
    return read_json(folder / PROVENANCE, SCHEMA) if _is_file(folder / PROVENANCE) else {}


def _check_replaceable(folder: Path, place: Path, force: bool, taken: Collection[str]) -> None:
    """Refuse a folder unless all its files are as misid's own list says or ``taken``."""
    made = _own_list(place)
    if made and not isinstance(made.get("files"), dict):
        raise OutputRefused(
            f"{folder}: holds a result of an older misid, which does not say what it wrote; remove the folder "
            f"yourself if nothing in it is yours, or {ANOTHER_NAME}"
        )
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
    if not force and any(place.iterdir()):
        raise OutputRefused(f"{folder}: holds an older result; give --force to replace it, or --out another name")


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
        As `reserve`.
    made : mapping of str to object
        How the result was made, as `misid.provenance.provenance`; goes into ``provenance.json`` with a list of every
        file in the folder, by which a later ``force`` knows what it may replace.
    ledger : Path, optional
        Folder of a ledger that becomes `ENCOUNTERS` of the result.  Once the result stands, its files are gone from
        where they were; if the result is refused, they stay there.  What is no ledger's stays in any case.
    inputs : iterable of Path
        As `reserve`.

    Raises
    ------
    OutputRefused
        If the target is refused, or the disk is full or not writable; the target is then as it was.  Also after the
        result was written, where files came into the older one meanwhile: it says where they are kept.
    """
    place = Path(os.path.abspath(folder))
    is_inside = ledger is not None and ledger.is_dir() and _is_same(ledger, place / ENCOUNTERS)
    taken = {f"{ENCOUNTERS}/{file.name}" for file in _ledger_files(ledger)} if ledger and is_inside else set()
    with reserve(folder, force, inputs, taken):
        new, kept = beside(place, "new"), None
        try:
            new.mkdir()
            if any(name.startswith(f"{CHARTS}/") for name in files):
                (new / CHARTS).mkdir()
            for name, content in files.items():
                if isinstance(content, bytes):
                    (new / name).write_bytes(content)
                else:
                    write_text(new / name, content)
                _sync(new / name)
            if ledger is not None:
                _copy_ledger(ledger, new / ENCOUNTERS)
            write_text(new / PROVENANCE, to_text(list_files(made, new)))
            for path in (new / PROVENANCE, *(path for path in (new / CHARTS, new / ENCOUNTERS) if path.exists()), new):
                _sync(path)
            with undisturbed():
                _put_in_place(folder, place, force, taken)
        except OSError as error:
            kept = _settle(place, taken)
            said = f"the older result is kept in {kept}" if kept else "nothing was changed"
            raise refusal(folder, error, said) from None
        finally:
            # Also on Ctrl-C: what was there before stays, and what was half-written goes.
            with undisturbed():
                kept = _settle(place, taken)
        # A ledger inside the older result went with it; at its path the new result stands.
        if ledger is not None and not is_inside:
            with suppress(OSError), undisturbed():
                remove_files(ledger, os.listdir(place / ENCOUNTERS), PLAN)
    if kept:
        raise OutputRefused(f"{folder}: is written; what came into the older result meanwhile is kept in {kept}")


def _put_in_place(folder: Path, place: Path, force: bool, taken: Collection[str]) -> None:
    """Give a new result its name, and check once more what it replaces, which nobody finds by its name any more.

    Killed at any moment, the next `_settle` leaves the older result or the new one, whole.
    """
    ready, old = beside(place, "ready"), beside(place, "old")
    beside(place, "new").rename(ready)
    try:
        ready.rename(place)  # also in the place of an empty folder
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if _exchange(ready, place):
            try:
                _check_replaceable(folder, ready, force, taken)
            except BaseException:
                _exchange(ready, place)
                raise
        else:
            place.rename(old)
            _check_replaceable(folder, old, force, taken)
            ready.rename(place)
    with suppress(OSError):  # it stands there, whatever comes now
        _sync(place.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Have two names change places at one stroke; False where the system or the disk cannot."""
    import ctypes

    at_path, exchange = -100, 2
    try:
        change = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    if change(at_path, os.fsencode(one), at_path, os.fsencode(other), exchange) == 0:
        return True
    if (number := ctypes.get_errno()) in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _settle(place: Path, taken: Collection[str] = ()) -> Path | None:
    """Put right what a replacement left half-done, now or when it was killed; return where something of it is kept."""
    ready, old = beside(place, "ready"), beside(place, "old")
    shutil.rmtree(beside(place, "new"), ignore_errors=True)
    with suppress(OSError):
        if os.path.lexists(old) and not os.path.lexists(place):
            old.rename(place)
    # With a new result still beside it, what stands in its place is somebody else's.
    is_replaced = os.path.lexists(place) and not os.path.lexists(ready)
    kept = _clear(old, taken) if is_replaced else _keep(old)
    return _clear(ready, taken) or kept


def _clear(folder: Path, taken: Collection[str]) -> Path | None:
    """Remove a result, but what is not as its list says nor ``taken``; return where that is kept."""
    with suppress(OSError):
        made = _own_list(folder)
        changed, _, others = compare_with_list(folder, made, taken)
        if PROVENANCE not in changed:
            remove_files(folder, {*made.get("files", ()), *taken} - {*changed, *others}, PROVENANCE)
            return None
    return _keep(folder)


def _keep(folder: Path) -> Path | None:
    """Give a folder beside a result a name that nobody clears away."""
    if not os.path.lexists(folder):
        return None
    half = temporary(folder.parent)
    with suppress(OSError):
        return folder.rename(half.with_name(f"{half.name}.old"))
    return folder


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


@contextmanager
def reserve_file(path: Path, force: bool, inputs: Iterable[Path] = (), apart: Path | None = None) -> Iterator[None]:
    """Keep a target file from others while its text is made, and refuse it before any work is done.

    Refused is one of the ``inputs``, a folder or link, what lies in the result folder ``apart``, what cannot be
    written, and an older file without ``force``.
    """
    place = Path(os.path.abspath(path))
    if any(_is_same(Path(os.path.realpath(one)), Path(os.path.realpath(path))) for one in inputs):
        raise OutputRefused(f"{path}: is one of the files that are read; give another name")
    if apart is not None and _lies_in(path, apart):
        raise OutputRefused(f"{path}: lies in {apart}, which the result takes for itself; give another place")
    _check_writable(path, place.parent)
    with hold(path):
        if place.is_symlink() or (place.exists() and not place.is_file()):
            raise OutputRefused(f"{path}: is a folder or a link, not a file; give another name")
        if place.exists() and not force:
            raise OutputRefused(f"{path}: stands already; give --force to replace it, or another name")
        yield


@contextmanager
def write_file(path: Path, text: str) -> Iterator[None]:
    """Write a file that was reserved: safe on disk before what follows, under its name once that went well."""
    place = Path(os.path.abspath(path))
    with ExitStack() as stack:
        with refuse_disk_errors(path, "nothing was changed"):
            stack.enter_context(prepared(place, lambda half: write_text(half, text), beside(place, "new")))
        yield
        with refuse_disk_errors(path, "all else was written"):
            stack.close()
