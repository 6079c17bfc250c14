"""The ledger on disk: a plan, and parts, each whole or absent, so that a run can be killed and go on; SQL over them."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.errors import MisidError, OutOfRange, OutputRefused
from misid.storage.columns import (
    CHUNK,
    SCHEMA,
    Arrays,
    Column,
    check_arrays,
    chunk_digests,
    join_digests,
    ledger_columns,
)
from misid.storage.database import (
    MAKE_AGAIN,
    Connection,
    connect,
    copy_rows,
    files,
    open_rows,
    read_column,
    translate_errors,
)
from misid.storage.folders import (
    ENCOUNTERS,
    LEDGER_FILE,
    PLAN,
    RESUME,
    TEMPORARY,
    check_inputs,
    check_is_folder,
    file_digest,
    first_few,
    read_json,
    refuse_foreign,
    remove_file,
    remove_files,
    replace_file,
    text_digest,
    to_text,
    write_text,
)
from misid.storage.locks import ANOTHER_NAME, hold, is_alive, refuse_disk_errors
from misid.vocabulary.brief import brief
from misid.vocabulary.shown import shown

POINT_NAME = re.compile(r"[a-z][a-z0-9_]*")
RESULT_FOLDER = "give the folder that `misid run --out` wrote"
_REPAIR = f"put it right and {RESUME}"
_LOG = logging.getLogger(__name__)  # where nobody has set up logging, a warning is one line on stderr


@dataclass(frozen=True)
class Plan:
    """What the parts of one run are made of: enough to tell whether a run may go on where it stopped.

    Every encounter stands in the ledger once per operating point.  Part i holds encounters ``i * part_rows`` up to
    ``(i + 1) * part_rows``: all of them at the first point, then all at the next.
    """

    version: str  # of misid
    scenario_digest: str  # of the resolved scenario
    seed: int
    encounters: int  # at least 1
    stop: str  # name of the stop population
    points: tuple[str, ...]  # names of the operating points, at least one
    rules: tuple[str, ...]
    part_rows: int  # encounters per part: a multiple of `CHUNK`, or at least all of them
    labels: Mapping[str, tuple[str, ...]] = field(hash=False)  # of columns whose labels depend on the scenario
    schema: str = SCHEMA

    __repr__ = brief

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", tuple(self.points))
        object.__setattr__(self, "rules", tuple(self.rules))
        object.__setattr__(self, "labels", {name: tuple(codes) for name, codes in self.labels.items()})
        if self.encounters < 1:
            raise OutOfRange("encounters", self.encounters, "at least 1")
        if self.part_rows < 1 or (self.part_rows < self.encounters and self.part_rows % CHUNK):
            raise OutOfRange("part_rows", self.part_rows, f"a multiple of {CHUNK}, or at least the {self.encounters}")
        if not all(POINT_NAME.fullmatch(point) for point in self.points):
            raise OutOfRange("points", list(self.points), "small letters, digits and _, a letter first")
        self.columns()

    def columns(self) -> tuple[Column, ...]:
        """Return every column of this run."""
        return ledger_columns(self.rules, {**self.labels, "point": self.points})

    @property
    def parts(self) -> int:
        """How many parts."""
        return -(-self.encounters // self.part_rows)

    def span(self, part: int) -> tuple[int, int]:
        """Return the first encounter of a part, and the first after it."""
        if not 0 <= part < self.parts:
            raise OutOfRange("part", part, f"from 0 to {self.parts - 1}")
        return part * self.part_rows, min((part + 1) * self.part_rows, self.encounters)

    def keys(self, part: int) -> dict[str, npt.NDArray[Any]]:
        """Return the columns ``encounter`` and ``point`` of a part, shape (points * encounters in the part,)."""
        first, after = self.span(part)
        codes = np.arange(len(self.points), dtype=np.uint8)
        numbers = np.arange(first, after, dtype=np.int64)
        return {"encounter": np.tile(numbers, len(codes)), "point": np.repeat(codes, after - first)}

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with every column explained."""
        data = {each.name: getattr(self, each.name) for each in fields(self)}
        return data | {
            "points": list(self.points),
            "rules": list(self.rules),
            "labels": {name: list(codes) for name, codes in self.labels.items()},
            "columns": [column.to_json() for column in self.columns()],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Return the plan that plain data, as `to_json` gives them, stand for."""
        try:
            if not all(type(data[key]) is int for key in ("seed", "encounters", "part_rows")):
                raise TypeError("a number is no whole number")
            return cls(**{each.name: data[each.name] for each in fields(cls)})
        except (KeyError, TypeError, AttributeError) as error:
            raise OutOfRange("plan", f"{type(error).__name__}: {error}", "a whole plan") from None

    def to_text(self) -> str:
        """Return canonical JSON."""
        return to_text(self.to_json())


class Ledger:
    """A run's folder.  Opening it is cheap and changes nothing that is there; a worker opens its own.

    The folder holds ``plan.json``, and for each part ``part-00000-<point>.parquet`` per point and ``part-00000.json``,
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
        self._digest = text_digest(plan.to_text())
        present = _own_entries(folder)
        if PLAN not in present:
            # Asked again: another process may have written it meanwhile.
            if any(map(LEDGER_FILE.fullmatch, present)) and not (folder / PLAN).exists():
                raise OutputRefused(f"{folder}: holds parts but no {PLAN}; remove it, or {ANOTHER_NAME}")
            with refuse_disk_errors(folder, _REPAIR):
                folder.mkdir(parents=True, exist_ok=True)
            self._write_plan()
        self._check_plan()
        _own_entries(folder, plan.parts)

    def _write_plan(self) -> None:
        _write(self.folder / PLAN, partial(write_text, text=self.plan.to_text()))

    @classmethod
    def read(cls, path: Path) -> Ledger:
        """Return the ledger that a folder, or a result folder, holds; refuse one whose plan is not as it was written.

        Parts are not looked at: `check_files` does that.
        """
        ledger = cls.__new__(cls)
        ledger.folder, found = ledger_folder(path), read_plan(path)
        try:
            ledger.plan = Plan.from_json(found)
            text = ledger.plan.to_text()
        except (MisidError, ValueError):
            text = ""
        with refuse_disk_errors(path, RESULT_FOLDER, "read"):
            if text.encode() != (ledger.folder / PLAN).read_bytes():
                raise OutputRefused(f"{ledger.folder / PLAN}: is spoilt; {MAKE_AGAIN}")
        ledger._digest = text_digest(text)
        return ledger

    def _check_plan(self) -> None:
        found = read_plan(self.folder, f"remove it if nothing in it is yours, or {ANOTHER_NAME}")
        mine = json.loads(self.plan.to_text())
        differing = [key for key in {**mine, **found} if found.get(key) != mine.get(key)]
        if differing:
            differences = "; ".join(
                f"{key} is {_short(found.get(key))} there and {_short(mine.get(key))} here" for key in differing[:4]
            )
            advice = "give --force to start it anew, or --out another name"
            if "version" in differing:
                advice += f", or go on with misid {found.get('version')}"
            raise OutputRefused(f"{self.folder}: holds parts of another run: {differences}; {advice}")
        if (self.folder / PLAN).read_bytes() != self.plan.to_text().encode():  # the same in other signs
            self._write_plan()

    def _note(self, part: int) -> Path:
        return self.folder / f"part-{part:05d}.json"

    def clear(self) -> None:
        """Remove what workers that were killed left half-written."""
        for entry in self.folder.iterdir():
            found = TEMPORARY.fullmatch(entry.name)
            if found and not is_alive(int(found[1])):
                with suppress(OSError):
                    remove_file(entry)

    def missing(self) -> list[int]:
        """Return the numbers of the parts that are to be written, and remove what killed runs left half-written.

        Every part that is there is read.  One that is not as it was written, or was made for another plan, counts as
        missing: its note is removed, and a warning says so.
        """
        self.clear()
        absent = self._absent()
        damaged: list[int] = []
        foreign: list[int] = []
        for part in sorted({*range(self.plan.parts)} - {*absent}):
            try:
                self._check_files(part)
            except MisidError as error:
                (foreign if isinstance(error, _OfAnotherRun) else damaged).append(part)
        for part in [*damaged, *foreign]:
            with refuse_disk_errors(self._note(part), _REPAIR):
                self._note(part).unlink()
        for what, parts in (("damaged", damaged), ("made for another run", foreign)):
            if len(parts) == 1:
                _LOG.warning("%s: part %d was %s and is made again", shown(str(self.folder)), parts[0], what)
            elif parts:
                some = first_few(parts)
                _LOG.warning(
                    "%s: %d parts (%s) were %s and are made again", shown(str(self.folder)), len(parts), some, what
                )
        return sorted([*absent, *damaged, *foreign])

    def _absent(self) -> list[int]:
        """Return the numbers of the parts that lack a file."""
        return [
            part
            for part in range(self.plan.parts)
            if not all(path.exists() for path in (self._note(part), *self._rows(part).values()))
        ]

    def _rows(self, part: int) -> dict[str, Path]:
        return {point: rows_path(self.folder, part, point) for point in self.plan.points}

    def write_part(self, part: int, columns: Arrays) -> None:
        """Write one part, whole or not at all.

        Parameters
        ----------
        part : int
            Its number, from 0.
        columns : mapping of str to ndarray, shape (points * encounters in the part,)
            Every column of the plan, by its full name.  ``encounter`` and ``point`` are those of `Plan.keys`.

        Raises
        ------
        OutOfRange
            If an array is not what its column says.
        OutputRefused
            If the part cannot be written; it is then absent.
        """
        listed = self.plan.columns()
        keys = self.plan.keys(part)
        arrays = check_arrays(listed, columns, keys["encounter"].size)
        for key, expected in keys.items():
            if not np.array_equal(arrays[key], expected):
                first, after = self.plan.span(part)
                raise MisidError(
                    f"part {part}: column {key!r} is not that of encounters {first} to {after - 1}, "
                    f"in order and once per point; take it from Plan.keys"
                )
        note: dict[str, Any] = {"part": part, "plan": self._digest, "files": {}}
        note["columns"] = chunk_digests(listed, arrays, len(self.plan.points))
        split = {key: np.split(array, len(self.plan.points)) for key, array in arrays.items()}
        with connect(self.folder) as con, translate_errors(self.folder, "written"):
            query = open_rows(con, listed)
            for p, (point, path) in enumerate(self._rows(part).items()):
                con.register("batch", {key: rows[p] for key, rows in split.items()})
                note["files"][point] = _write(path, partial(copy_rows, con, query))
                con.unregister("batch")
        _write(self._note(part), partial(write_text, text=to_text(sealed(note))))

    def _checked_note(self, part: int) -> dict[str, Any]:
        """Return the note of a part, of which every byte must be as we write it, not only what they mean."""
        path = self._note(part)
        try:
            with refuse_disk_errors(path, MAKE_AGAIN, "read"):
                note = read_json(path)
                is_whole = path.read_bytes() == to_text(sealed(note)).encode()
        except (ValueError, RecursionError):  # of numbers and signs that we never write
            is_whole = False
        if is_whole and (note.get("part"), note.get("plan")) != (part, self._digest):
            raise _OfAnotherRun(f"{path}: belongs to another part or run; {MAKE_AGAIN}")
        expected = {"columns": {column.name for column in self.plan.columns()}, "files": {*self.plan.points}}
        if not is_whole or any(set(note.get(key, ())) != names for key, names in expected.items()):
            raise _damage(path, "is spoilt")
        return note

    def _check_files(self, part: int) -> dict[str, Any]:
        """Return the note of a part whose files are, byte by byte, what was written."""
        note = self._checked_note(part)
        for point, path in self._rows(part).items():
            with refuse_disk_errors(path, MAKE_AGAIN, "read"):
                if file_digest(path) != note["files"][point]:
                    raise _damage(path, "is not what was written")
        return note

    def _check_whole(self) -> None:
        if absent := self._absent():
            raise MisidError(
                f"{self.folder}: {len(absent)} of {self.plan.parts} parts are missing "
                f"(the first is {absent[0]}); {RESUME}"
            )

    def content_hash(self) -> str:
        """Return one SHA-256 of every value, from what each part noted when it was written; raise if one is missing.

        It is the same for any part size, number of workers, compression and version of DuckDB.
        """
        self._check_whole()
        parts = [self._checked_note(part)["columns"] for part in range(self.plan.parts)]
        return join_digests(self.plan.columns(), self.plan.points, self.plan.encounters, parts)

    def check_files(self) -> list[Path]:
        """Return every file of rows in canonical order; raise unless each is, byte by byte, what was written."""
        self._check_whole()
        for part in range(self.plan.parts):
            self._check_files(part)
        return [self._rows(part)[point] for point in self.plan.points for part in range(self.plan.parts)]

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
                    self._check_values(con, part, self._check_files(part)["columns"])
                except MisidError as error:
                    yield error

    def _check_values(self, con: Connection, part: int, noted: Mapping[str, list[list[str]]]) -> None:
        for p, path in enumerate(self._rows(part).values()):
            for column in self.plan.columns():
                with translate_errors(path, "read"):
                    array = read_column(con, [path], column)
                if chunk_digests([column], {column.name: array}, 1)[column.name] != [noted[column.name][p]]:
                    raise _damage(path, f"column {column.name} is not what was written")


class _OfAnotherRun(MisidError):
    """A part that is whole, and another's."""


def _damage(place: Path, what: str) -> MisidError:
    return MisidError(f"{place}: {what}; {MAKE_AGAIN}")


def _write(target: Path, write: Callable[[Path], object]) -> str:
    with refuse_disk_errors(target, _REPAIR), translate_errors(target, "written"):
        return replace_file(target, write)


def sealed(note: Mapping[str, Any]) -> dict[str, Any]:
    """Return a note with the SHA-256 of everything else that it holds."""
    content = {key: value for key, value in note.items() if key != "sha256"}
    return content | {"sha256": text_digest(to_text(content))}


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _own_entries(folder: Path, parts: int | None = None) -> set[str]:
    """Return the names in a ledger's folder; refuse what no ledger holds, or more parts than the plan has."""

    def is_own(entry: Path) -> bool:
        if entry.is_symlink():
            return False
        if TEMPORARY.fullmatch(entry.name):
            return True
        found = LEDGER_FILE.fullmatch(entry.name)
        if found is None or entry.is_dir():
            return False
        return parts is None or found[1] is None or int(found[1]) < parts

    with refuse_disk_errors(folder, _REPAIR):
        check_is_folder(folder, folder)
        entries = sorted(folder.iterdir()) if folder.exists() else []
        refuse_foreign(folder, [entry.name for entry in entries if not is_own(entry)])
    return {entry.name for entry in entries}


def remove_ledger(folder: Path, inputs: Iterable[Path] = ()) -> None:
    """Remove a ledger and its folder, for ``--force``.

    Refused is a folder that holds anything that is no ledger's, no plan of misid's, or one of the ``inputs``.
    """
    check_inputs(folder, inputs)
    if not folder.exists() and not folder.is_symlink():
        return
    with refuse_disk_errors(folder, _REPAIR), hold(folder):
        present = _own_entries(folder)
        if all(map(TEMPORARY.fullmatch, present)):
            return  # Empty, or killed before the plan stood: opening it clears it.
        if PLAN not in present or not read_json(folder / PLAN, SCHEMA):
            raise OutputRefused(
                f"{folder}: holds no {PLAN} of misid's, so what else is there may be yours; "
                f"remove the folder yourself, or {ANOTHER_NAME}"
            )
        # The plan goes last: until then what is left is still known for a ledger.  What came since stays.
        remove_files(folder, present, PLAN)


# Reading


def ledger_folder(path: Path) -> Path:
    """Return the folder of a ledger: the path itself, or inside a result folder the one named `ENCOUNTERS`."""
    return path / ENCOUNTERS if (path / ENCOUNTERS / PLAN).is_file() else path


def rows_path(folder: Path, part: int, point: str) -> Path:
    """Return the file that holds the rows of one part at one operating point."""
    return folder / f"part-{part:05d}-{point}.parquet"


def read_plan(path: Path, advice: str = RESULT_FOLDER) -> dict[str, Any]:
    """Return `Plan.to_json` as a ledger holds it; refuse what is no ledger, or one of another schema.

    ``path`` is the folder of the ledger, or a result folder that holds it as `ENCOUNTERS`.
    """
    with refuse_disk_errors(path, RESULT_FOLDER, "read"):
        found = read_json(ledger_folder(path) / PLAN, SCHEMA)
    major, known = (str(schema).rpartition("/")[2] for schema in (found.get("schema"), SCHEMA))
    if not major.isdecimal():
        raise OutputRefused(f"{path}: is no ledger of misid, or its {PLAN} is spoilt; {advice}")
    kind = f"is a ledger of schema {found['schema']}, this misid knows {SCHEMA}"
    if int(major) > int(known):
        raise OutputRefused(f"{path}: {kind}; use a newer misid")
    if int(major) < int(known):
        raise OutputRefused(f"{path}: made by an older misid (schema {found['schema']}): re-run")
    return found


def open_ledger(path: str | Path, memory_mb: int = 512, threads: int = 1) -> Connection:
    """Open a ledger for SQL.

    Parameters
    ----------
    path : str or Path
        The folder of the ledger, or a result folder that holds it as `ENCOUNTERS`.
    memory_mb : int
        Most memory in MB, at least 64.
    threads : int
        Most threads, at least 1.

    Returns
    -------
    DuckDBPyConnection
        With one view, ``encounters``: ``encounter``, ``point``, and the structs ``truth``, ``seen``, ``outcome`` and
        ``disbelieved``.  Labels are text, missing values NULL.  Rows come in canonical order: all encounters at the
        first point, then all at the next.  The caller closes it.

    Raises
    ------
    MisidError
        If it cannot be read, is no ledger, misses parts, is one of another schema, or is not what was written.

    Examples
    --------
    >>> con = open_ledger("out")  # doctest: +SKIP
    >>> con.sql("SELECT truth.status, count(*) FROM encounters GROUP BY 1")  # doctest: +SKIP
    """
    ledger = Ledger.read(Path(path))
    rows = ledger.check_files()
    con = connect(memory_mb=memory_mb, threads=threads)
    try:
        with translate_errors(ledger.folder, "read"):
            con.execute(f"CREATE VIEW encounters AS SELECT * FROM {files(rows)}")
    except BaseException:
        con.close()
        raise
    return con
