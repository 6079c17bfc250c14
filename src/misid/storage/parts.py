"""The ledger on disk: a folder of parts, each whole or absent, so that a run can be killed and go on."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutputRefused
from misid.storage.connect import TEMPORARY, connect, literal, name, temporary, told
from misid.storage.content import Digests, checked, digests, joined
from misid.storage.folders import FULL, to_text
from misid.storage.plan import Plan
from misid.storage.readers import PLAN, open_ledger, read_column, read_plan, rows_of
from misid.storage.tables import Column

if TYPE_CHECKING:
    from misid.storage.connect import Connection

__all__ = ["Ledger", "Plan", "open_ledger", "remove_ledger"]

PART = re.compile(r"part-(\d{5,})(\.json|-[a-z]+\.parquet)")
# A lower level than the default packs as small here, and faster.
PACKED = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, USE_TMP_FILE false"
NOTHING_LOST = "run again: finished parts are kept"


class Ledger:
    """A run's folder.  Opening it is cheap and changes nothing that is there; a worker opens its own.

    The folder holds ``plan.json``, and for each part ``part-00000-<mode>.parquet`` per mode and ``part-00000.json``,
    which is written last: until then the part is not there.

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
        if not folder.is_dir() or not (folder / PLAN).exists():
            self._create()
        self._check()

    def _create(self) -> None:
        if _check_ours(self.folder) and not (self.folder / PLAN).exists():
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
        """Return the numbers of the parts that are not written yet, and remove what killed runs left half-written."""
        for entry in self.folder.iterdir():
            found = TEMPORARY.fullmatch(entry.name)
            if found and not _alive(int(found[1])):
                with suppress(OSError):
                    _remove(entry)
        return [part for part in range(self.plan.parts) if not self._is_whole(part)]

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
        note = to_text({"part": part, "columns": digests(listed, arrays, len(self.plan.modes))})
        types = {codes: f"labels_{i}" for i, codes in enumerate(dict.fromkeys(c.codes for c in listed if c.codes))}
        query = f"SELECT {_structs(listed, lambda column: _value(column, types))} FROM batch"
        halves = {key: np.split(array, len(self.plan.modes)) for key, array in arrays.items()}
        with connect(self.folder) as con:
            for codes, made in types.items():
                con.execute(f"CREATE TYPE {made} AS ENUM ({', '.join(map(literal, codes))})")
            for m, mode in enumerate(self.plan.modes):
                con.register("batch", {key: half[m] for key, half in halves.items()})
                self._place(rows_of(self.folder, part, mode), lambda path: _copy(con, query, path))
                con.unregister("batch")
        self._place(self._note(part), lambda path: _write_text(path, note))

    def _place(self, target: Path, write: Callable[[Path], None]) -> None:
        """Have a file written under another name, and give it its own only when it is safe on disk."""
        half = temporary(target.parent, target.name)
        try:
            with told(target, "written"):
                write(half)
            _to_disk(half)
            half.replace(target)
            _to_disk(target.parent)
        except OSError as error:
            raise _refused(target, error) from None
        finally:
            half.unlink(missing_ok=True)

    def _noted(self, part: int) -> Digests:
        path = self._note(part)
        try:
            columns = json.loads(path.read_text("utf-8"))["columns"]
        except (OSError, ValueError, KeyError, TypeError):
            raise _spoilt(path) from None
        if set(columns) != {column.name for column in self.plan.columns()}:
            raise _spoilt(path)
        return dict(columns)

    def _check_whole(self) -> None:
        if missing := self.missing():
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
        parts = [self._noted(part) for part in range(self.plan.parts)]
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
        self._check_whole()
        with connect(self.folder) as con:
            for part in range(self.plan.parts):
                noted = self._noted(part)
                for m, mode in enumerate(self.plan.modes):
                    path = rows_of(self.folder, part, mode)
                    for column in self.plan.columns():
                        with told(path, "read"):
                            array = read_column(con, [path], column)
                        if digests([column], {column.name: array}, 1)[column.name] != [noted[column.name][m]]:
                            raise _spoilt(path, f"column {column.name} is not what was written")
        return self.content_hash()


def remove_ledger(folder: Path) -> None:
    """Remove a ledger and its folder, for ``--force``.

    Raises
    ------
    OutputRefused
        If the folder holds anything that is no ledger's; nothing is removed then.
    """
    if not folder.exists():
        return
    _check_ours(folder)
    try:
        # The plan goes last: until then what is left is still known for a ledger.
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == PLAN):
            _remove(entry)
        folder.rmdir()
    except OSError as error:
        raise _refused(folder, error) from None


def _check_ours(folder: Path, parts: int | None = None) -> bool:
    """Refuse a folder that holds what no ledger holds, or more parts than the plan has; say whether it holds parts."""
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
    return any(PART.fullmatch(entry) for entry in ours)


def _is_ours(entry: Path, parts: int | None) -> bool:
    if entry.is_symlink():
        return False
    if TEMPORARY.fullmatch(entry.name):
        return True
    found = PART.fullmatch(entry.name)
    is_known = entry.name == PLAN if found is None else parts is None or int(found[1]) < parts
    return is_known and not entry.is_dir()


def _structs(columns: Sequence[Column], value: Callable[[Column], str]) -> str:
    """Return what to select: plain columns, and one struct for each side."""
    plain = [f"{value(column)} AS {name(column.field)}" for column in columns if not column.side]
    sides: dict[str, list[str]] = {}
    for column in columns:
        if column.side:
            sides.setdefault(column.side, []).append(f"{name(column.field)} := {value(column)}")
    return ", ".join([*plain, *(f"struct_pack({', '.join(fields)}) AS {name(side)}" for side, fields in sides.items())])


def _value(column: Column, types: Mapping[tuple[str, ...], str]) -> str:
    """Return a column of the batch: labels for codes, missing values as NULL; DuckDB takes NaN for NULL by itself."""
    here = name(column.name)
    if column.codes:
        # Of the ways from a code to its label this one is fastest to write, by three times.
        made = types[column.codes]
        cases = " ".join(f"WHEN {code} THEN {literal(label)}::{made}" for code, label in enumerate(column.codes))
        return f"CASE {here} {cases} END"
    is_signed = np.dtype(column.dtype).kind == "i"
    return f"nullif({here}, -1)" if column.null_means and is_signed else here


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _copy(con: Connection, query: str, path: Path) -> None:
    con.execute(f"COPY ({query}) TO {literal(os.path.abspath(path))} ({PACKED})")


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


def _spoilt(place: Path, why: str = "is spoilt") -> MisidError:
    return MisidError(f"{place}: {why}; remove this file and run again: its part is made anew")
