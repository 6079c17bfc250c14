"""The ledger on disk: a folder of parts, each whole or absent, so that a run can be killed and go on."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutputRefused
from misid.storage.batch import copy, prepared
from misid.storage.connect import TEMPORARY, connect, temporary, told
from misid.storage.content import Digests, checked, digests, joined, sealed
from misid.storage.folders import FULL, to_text
from misid.storage.manifest import digest_of
from misid.storage.plan import Plan
from misid.storage.readers import AGAIN, PLAN, is_plan, open_ledger, read_column, read_plan, rows_of

if TYPE_CHECKING:
    from misid.storage.connect import Connection

__all__ = ["Ledger", "Plan", "open_ledger", "remove_ledger"]

PART = re.compile(r"part-(\d{5,})(\.json|-[a-z]+\.parquet)")
NOTHING_LOST = "run again: finished parts are kept"
_LOG = logging.getLogger(__name__)  # where nobody has set up logging, a warning is one line on stderr


class Ledger:
    """A run's folder.  Opening it is cheap and changes nothing that is there; a worker opens its own.

    The folder holds ``plan.json``, and for each part ``part-00000-<mode>.parquet`` per mode and ``part-00000.json``,
    which is written last: until then the part is not there.  That note holds the digests of the plan, of columns
    and files, and of itself.

    Parameters
    ----------
    folder : Path
        A new or empty folder, or one that holds parts of the same plan.  It and its parents are made.
    plan : Plan
        What the parts are to be made of.

    Raises
    ------
    OutputRefused
        If the folder holds another plan, a newer ledger or other files, or cannot be written.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self.plan = plan
        self._digest = plan.digest()
        if not folder.is_dir() or not (folder / PLAN).exists():
            self._create()
        self._check()

    def _create(self) -> None:
        if any(map(PART.fullmatch, _check_ours(self.folder))) and not (self.folder / PLAN).exists():
            raise OutputRefused(f"{self.folder}: holds parts but no {PLAN}; remove it, or give --out another name")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._place(self.folder / PLAN, lambda path: _write_text(path, self.plan.to_text()))
        except OSError as error:
            raise _refused(self.folder, error) from None

    def _check(self) -> None:
        _check_ours(self.folder)
        found = read_plan(self.folder)
        mine = json.loads(self.plan.to_text())
        differing = [key for key in {**mine, **found} if found.get(key) != mine.get(key)]
        if differing:
            said = "; ".join(
                f"{key} is {_short(found.get(key))} there and {_short(mine.get(key))} here" for key in differing[:4]
            )
            advice = "give --force to start it anew, or --out another name"
            if "version" in differing:
                advice += f", or go on with misid {found.get('version')}"
            raise OutputRefused(f"{self.folder}: holds parts of another run: {said}; {advice}")
        _check_ours(self.folder, self.plan.parts)

    def _note(self, part: int) -> Path:
        return self.folder / f"part-{part:05d}.json"

    def missing(self) -> list[int]:
        """Return the numbers of the parts that are to be written, and remove what killed runs left half-written.

        Every part that is there is read.  One that is not as it was written, or was made for another plan, counts as
        missing: its note is removed, and a warning says so.
        """
        for entry in self.folder.iterdir():
            found = TEMPORARY.fullmatch(entry.name)
            if found and not _alive(int(found[1])):
                with suppress(OSError):
                    _remove(entry)
        parts = range(self.plan.parts)
        missing = [part for part in parts if not self._is_whole(part)]
        damaged = {part: fault for part in sorted({*parts} - {*missing}) if (fault := self._damage(part))}
        for part in damaged:
            try:
                self._note(part).unlink()
            except OSError as error:
                raise _refused(self._note(part), error) from None
        foreign = [part for part, fault in damaged.items() if isinstance(fault, _OfAnotherRun)]
        for what, these in (("damaged", sorted({*damaged} - {*foreign})), ("made for another run", foreign)):
            if these:
                _LOG.warning("%s: %s", self.folder, _again(these, what))
        return sorted([*missing, *damaged])

    def _damage(self, part: int) -> MisidError | None:
        """Say what is wrong with the bytes of a part that is there."""
        try:
            noted = self._noted(part)
            for mode in self.plan.modes:
                path = rows_of(self.folder, part, mode)
                if digest_of(path) != noted["files"][mode]:
                    return _spoilt(path, "is not what was written")
        except OSError as error:
            return _spoilt(path, f"cannot be read: {error.strerror or error}")
        except MisidError as error:
            return error
        return None

    def _is_whole(self, part: int) -> bool:
        return self._note(part).exists() and all(rows_of(self.folder, part, mode).exists() for mode in self.plan.modes)

    def write_part(self, part: int, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Write one part, whole or not at all.

        Parameters
        ----------
        part : int
            Its number, from 0.
        columns : mapping of str to ndarray, shape (modes * encounters in the part,)
            Every column of the plan, by its full name.  ``encounter`` and ``mode`` are those of `Plan.keys`.

        Raises
        ------
        OutOfRange
            If an array is not what its column says.
        OutputRefused
            If the part cannot be written; it is then absent.
        """
        listed = self.plan.columns()
        keys = self.plan.keys(part)
        arrays = checked(listed, columns, keys["encounter"].size)
        for key, expected in keys.items():
            if not np.array_equal(arrays[key], expected):
                first, after = self.plan.span(part)
                raise MisidError(
                    f"part {part}: column {key!r} is not that of encounters {first} to {after - 1}, "
                    f"in order and once per mode; take it from Plan.keys"
                )
        note: dict[str, Any] = {"part": part, "plan": self._digest, "files": {}}
        note["columns"] = digests(listed, arrays, len(self.plan.modes))
        halves = {key: np.split(array, len(self.plan.modes)) for key, array in arrays.items()}
        with connect(self.folder) as con, told(self.folder, "written"):
            query = prepared(con, listed)
            for m, mode in enumerate(self.plan.modes):
                con.register("batch", {key: half[m] for key, half in halves.items()})
                rows = rows_of(self.folder, part, mode)
                note["files"][mode] = self._place(rows, lambda path: copy(con, query, path))
                con.unregister("batch")
        self._place(self._note(part), lambda path: _write_text(path, to_text(sealed(note))))

    def _place(self, target: Path, write: Callable[[Path], None]) -> str:
        """Have a file written under another name, and give it its own only when it is safe on disk; say its digest."""
        half = temporary(target.parent, target.name)
        try:
            with told(target, "written"):
                write(half)
            digest = digest_of(half)
            _to_disk(half)
            half.replace(target)
            _to_disk(target.parent)
        except OSError as error:
            raise _refused(target, error) from None
        finally:
            half.unlink(missing_ok=True)
        return digest

    def _noted(self, part: int) -> dict[str, Any]:
        path = self._note(part)
        try:
            data = path.read_bytes()
            note = json.loads(data)
            # Every byte must be as we write it, not only what they mean.
            is_whole = data == to_text(sealed(note)).encode()
            number, plan, columns, files = (note[key] for key in ("part", "plan", "columns", "files"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise _spoilt(path) from None
        if is_whole and (number, plan) != (part, self._digest):
            raise _OfAnotherRun(str(_spoilt(path, "belongs to another part or run")))
        if not is_whole or {*columns} != {c.name for c in self.plan.columns()} or {*files} != {*self.plan.modes}:
            raise _spoilt(path)
        return dict(note)

    def _check_whole(self) -> None:
        if missing := [part for part in range(self.plan.parts) if not self._is_whole(part)]:
            raise MisidError(
                f"{self.folder}: {len(missing)} of {self.plan.parts} parts are missing "
                f"(the first is {missing[0]}); {NOTHING_LOST}"
            )

    def content_hash(self) -> str:
        """Return one hash of every value, from what each part noted when it was written.

        Returns
        -------
        str
            SHA-256 in hexadecimal; the same for any part size, number of workers, compression and DuckDB.

        Raises
        ------
        MisidError
            If parts are missing or a note is spoilt.
        """
        self._check_whole()
        parts: list[Digests] = [self._noted(part)["columns"] for part in range(self.plan.parts)]
        return joined(self.plan.columns(), self.plan.modes, self.plan.encounters, parts)

    def verify(self) -> str:
        """Read every part again and compare it with what was noted when it was written.

        Returns
        -------
        str
            As `content_hash`.

        Raises
        ------
        MisidError
            If a part is missing, cannot be read, or does not hold what was written.
        """
        for fault in self.faults():
            raise fault
        return self.content_hash()

    def faults(self) -> Iterator[MisidError]:
        """Read every part again and yield the first fault of each; a file is unpacked only if its bytes are right."""
        try:
            self._check_whole()
        except MisidError as error:
            yield error
            return
        with connect() as con:
            for part in range(self.plan.parts):
                try:
                    if damage := self._damage(part):
                        raise damage
                    self._check_values(con, part)
                except MisidError as error:
                    yield error

    def _check_values(self, con: Connection, part: int) -> None:
        noted: Digests = self._noted(part)["columns"]
        for m, mode in enumerate(self.plan.modes):
            path = rows_of(self.folder, part, mode)
            for column in self.plan.columns():
                with told(path, "read"):
                    array = read_column(con, [path], column)
                if digests([column], {column.name: array}, 1)[column.name] != [noted[column.name][m]]:
                    raise _spoilt(path, f"column {column.name} is not what was written")


def remove_ledger(folder: Path) -> None:
    """Remove a ledger and its folder, for ``--force``.

    Raises
    ------
    OutputRefused
        If the folder holds anything that is no ledger's, or no plan of misid's; nothing is removed then.
    """
    ours = _check_ours(folder)
    if all(map(TEMPORARY.fullmatch, ours)):
        return  # Not there, empty, or killed before the plan stood: opening it clears it.
    if not is_plan(folder / PLAN):
        raise OutputRefused(
            f"{folder}: holds no {PLAN} of misid's, so what else is there may be yours; "
            f"remove the folder yourself, or give --out another name"
        )
    try:
        # The plan goes last: until then what is left is still known for a ledger.  What came since stays.
        for entry in sorted(ours, key=lambda entry: entry == PLAN):
            _remove(folder / entry)
        folder.rmdir()
    except OSError as error:
        raise _refused(folder, error) from None


def _check_ours(folder: Path, parts: int | None = None) -> set[str]:
    """Refuse a folder that holds what no ledger holds, or more parts than the plan has; return what it holds."""
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise OutputRefused(f"{folder}: is a file or a link, not a folder; give --out another name")
        entries = sorted(folder.iterdir()) if folder.exists() else []
    except OSError as error:
        raise _refused(folder, error) from None
    ours = {entry.name for entry in entries if _is_ours(entry, parts)}
    foreign = [entry.name for entry in entries if entry.name not in ours]
    if foreign:
        some = ", ".join(foreign[:5]) + (", …" if len(foreign) > 5 else "")
        raise OutputRefused(f"{folder}: holds other files ({some}); give --out an empty folder or a new name")
    return ours


def _is_ours(entry: Path, parts: int | None) -> bool:
    if entry.is_symlink():
        return False
    if TEMPORARY.fullmatch(entry.name):
        return True
    found = PART.fullmatch(entry.name)
    is_known = entry.name == PLAN if found is None else parts is None or int(found[1]) < parts
    return is_known and not entry.is_dir()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove(entry: Path) -> None:
    shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError as error:
        return error.errno != errno.ESRCH
    return True


def _refused(place: Path, error: OSError) -> OutputRefused:
    words = "the disk is full" if error.errno in FULL else (error.strerror or str(error))
    return OutputRefused(f"{place}: cannot be written: {words}; put it right and {NOTHING_LOST}")


def _again(parts: Sequence[int], what: str) -> str:
    if len(parts) == 1:
        return f"part {parts[0]} was {what} and is made again"
    some = ", ".join(map(str, parts[:5])) + (", …" if len(parts) > 5 else "")
    return f"{len(parts)} parts ({some}) were {what} and are made again"


class _OfAnotherRun(MisidError):
    """A part that is whole, and another's."""


def _spoilt(place: Path, why: str = "is spoilt") -> MisidError:
    return MisidError(f"{place}: {why}; {AGAIN}")
