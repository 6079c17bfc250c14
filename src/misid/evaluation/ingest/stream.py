"""Comparisons read by windows: into memory, or piece by piece for files that memory does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from misid.evaluation.contract import Asked, Block, Codes, Comparisons, People, Side
from misid.evaluation.ingest.faults import refuse
from misid.evaluation.ingest.numbering import Numbering
from misid.evaluation.ingest.relation import WINDOW, Index, Table, disagrees, is_number, opened, view
from misid.evaluation.ingest.relation import subjects_are_numbers as numbered
from misid.evaluation.ingest.roles import Roles
from misid.storage import told
from misid.storage.connect import disbelieve

# Each subject once: first the probes, then those that are references alone, both as they come.
SUBJECTS = (
    "SELECT name FROM (SELECT name, min(seen) AS seen FROM ("
    "SELECT probe AS name, min(row) AS seen FROM taken WHERE probe IS NOT NULL GROUP BY 1 UNION ALL "
    "SELECT reference AS name, min(row) + (1::BIGINT << 60) AS seen FROM taken WHERE reference IS NOT NULL GROUP BY 1"
    ") GROUP BY 1) ORDER BY seen"
)

# The same order of the subjects by their hashes, so that no name leaves the database.
HASHES = SUBJECTS.replace("probe AS name", "hash(probe) AS name").replace(
    "reference AS name", "hash(reference) AS name"
)


class Counts(NamedTuple):
    """Comparisons of a file.

    Parameters
    ----------
    mated, non_mated : int
        With a score.
    failed_mated, failed_non_mated : int
        Without.
    """

    mated: int
    non_mated: int
    failed_mated: int
    failed_non_mated: int


class Samples:
    """Numbers the probe samples of a table, from 0.

    Parameters
    ----------
    table : Table
        With the view ``taken``.
    roles : Roles
        Either a column of searches, or one of probe samples: then a sample is told apart within its subject.
    subjects : Numbering, optional
        Numbers the subjects; None where the file names none.
    """

    def __init__(self, table: Table, roles: Roles, subjects: Numbering | None) -> None:
        self._path = table.path
        role = "search" if "search" in roles else "probe_sample"
        self._role, self._subjects = role, subjects if role == "probe_sample" else None
        self._samples = Numbering(
            table,
            f"SELECT {role} AS name FROM taken WHERE {role} IS NOT NULL GROUP BY 1 ORDER BY min(row)",
            role,
            is_number(table, roles[role]),
        )
        self.count = int(self._samples.names.size)
        if self._subjects is not None:
            pairs = table.arrays(
                f"SELECT DISTINCT {self._subjects.sql('probe')} AS probe, {self._samples.sql(role)} AS sample "
                "FROM taken WHERE probe IS NOT NULL AND probe_sample IS NOT NULL"
            )
            self._keys = np.sort(self._key(self._subjects.numbers(pairs["probe"]), pairs["sample"]))
            self.count = int(self._keys.size)

    def sql(self) -> str:
        """Return SQL for what `numbers` takes."""
        return self._samples.sql(self._role)

    def numbers(self, probe: Codes | None, sample: Index) -> Codes:
        """Return the number of each probe sample.

        Parameters
        ----------
        probe : ndarray of int32, shape (n,), or None
            Probe subjects.
        sample : ndarray, shape (n,)
            As `sql` gave them.

        Returns
        -------
        ndarray of int32, shape (n,)
            From 0.
        """
        if self._subjects is None or probe is None:
            return self._samples.numbers(sample)
        keys = self._key(probe, sample)
        place = np.searchsorted(self._keys, keys)
        if keys.size and not np.array_equal(self._keys[np.minimum(place, self.count - 1)], keys):
            disagrees(self._path)
        return place.astype(np.int32)

    def _key(self, probe: Codes, sample: Index) -> Index:
        return probe.astype(np.int64) * self._samples.names.size + self._samples.numbers(sample)


def subjects_of(table: Table, roles: Roles) -> Numbering:
    """Return the numbering of the subjects on both sides, by first occurrence: probes first."""
    return Numbering(table, SUBJECTS, "subject", numbered(table, roles))


def windows(table: Table, columns: str, rows: int) -> Iterator[dict[str, Index]]:
    """Yield columns of the view ``taken``, a window of the file's rows at a time."""
    for start in range(0, rows, WINDOW):
        yield window(table, columns, start)


def window(table: Table, columns: str, start: int) -> dict[str, Index]:
    """Return columns of the view ``taken`` for a window of the file's rows."""
    # Row groups outside the window are passed over; whoever reads windows counts what came.
    with told(table.path, "read"):
        disbelieve(table.con, but_rows=True)
    part = table.arrays(f"SELECT {columns} FROM taken WHERE row >= {start} AND row < {start + WINDOW}")
    # Not after an error, which may leave a connection that takes no more.
    with told(table.path, "read"):
        disbelieve(table.con)
    return part


def in_memory(
    table: Table, rows: int, counts: Counts, lower: bool, subjects: Numbering | None, samples: Samples | None
) -> Comparisons:
    """Read all comparisons.

    Parameters
    ----------
    table : Table
        With the view ``taken``.
    rows : int
        Rows of the file.
    counts : Counts
        How many there are of each kind.
    lower : bool
        Whether a lower score is more alike.
    subjects : Numbering, optional
        Numbers the subjects, where the file names them.
    samples : Samples, optional
        Numbers the probe samples, where it tells them apart.

    Returns
    -------
    Comparisons
        Without `people`.  Memory: the result, and one window.

    Raises
    ------
    InvalidInput
        If what is read is not what was counted, or not finite.
    """
    kinds = ((True, counts.mated, counts.failed_mated), (False, counts.non_mated, counts.failed_non_mated))
    sides = {mated: _empty(size, failed, subjects is not None, samples is not None) for mated, size, failed in kinds}
    filled = {(mated, failed): 0 for mated in (True, False) for failed in (True, False)}
    columns = "score, mated"
    if subjects is not None:
        columns += f", {subjects.sql('probe')} AS probe, {subjects.sql('reference')} AS reference"
    if samples is not None:
        columns += f", {samples.sql()} AS sample"
    for part in windows(table, columns, rows):
        score, mated = _similarity(table.path, part["score"], lower), part["mated"]
        none = np.isnan(score)
        probe = None if subjects is None else subjects.numbers(part["probe"])
        reference = None if subjects is None else subjects.numbers(part["reference"])
        search = None if samples is None else samples.numbers(probe, part["sample"])
        for kind, side in sides.items():
            at = np.flatnonzero((mated == kind) & ~none)
            start = filled[kind, False]
            here = slice(start, start + at.size)
            filled[kind, False] += at.size
            if filled[kind, False] > side.score.size:
                disagrees(table.path)
            for into, new in (
                (side.score, score),
                (side.probe, probe),
                (side.reference, reference),
                (side.search, search),
            ):
                if into is not None and new is not None:
                    into[here] = new[at]
            at = np.flatnonzero((mated == kind) & none)
            start = filled[kind, True]
            filled[kind, True] += at.size
            if filled[kind, True] > side.failed:
                disagrees(table.path)
            if side.failed_probe is not None and probe is not None:
                side.failed_probe[start : start + at.size] = probe[at]
    if any(filled[kind, False] != size or filled[kind, True] != failed for kind, size, failed in kinds):
        disagrees(table.path)
    return Comparisons(sides[True], sides[False])


def _empty(size: int, failed: int, named: bool, searched: bool) -> Side:
    def codes(n: int) -> Codes:
        return np.empty(n, np.int32)

    return Side(
        np.empty(size, np.float32),
        codes(size) if named else None,
        codes(size) if named else None,
        codes(size) if searched else None,
        failed,
        codes(failed) if named else None,
    )


def _similarity(path: Path, score: Index, lower: bool) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """Return scores as float32, higher more alike; an infinite one was not there when they were counted."""
    with np.errstate(over="ignore"):
        rounded = score.astype(np.float32)
    if np.isinf(rounded).any():
        disagrees(path)
    return np.negative(rounded, out=rounded) if lower else rounded


class Hashed:
    """From the hashes of names, as DuckDB makes them, to the numbers of subjects.

    Parameters
    ----------
    table : Table
        With the view ``taken``.
    codes : ndarray of int32, shape (M,)
        Number of each subject, in the order of `SUBJECTS`.

    Raises
    ------
    InvalidInput
        If there are not as many subjects as numbers.
    """

    def __init__(self, table: Table, codes: Codes) -> None:
        hashes = table.arrays(HASHES)["name"]
        if hashes.size != codes.size:
            what = f"{hashes.size:,} subjects where there were {codes.size:,}"
            refuse(str(table.path), what, "did the file change? Evaluate it again")
        self._path = table.path
        order = np.argsort(hashes)
        self._hashes, self._codes = hashes[order], codes[order]
        bits = min(int(codes.size).bit_length() + 4, 26)
        self._shift = np.uint64(64 - bits)
        self._first = np.zeros(1 << bits, np.int32)
        self._first[(self._hashes >> self._shift)[::-1]] = np.arange(codes.size, dtype=np.int32)[::-1]

    def sql(self, column: str) -> str:
        """Return SQL for a column as `numbers` takes it."""
        return f"hash({column})"

    def numbers(self, column: Index) -> Codes:
        """Return the number of the subject of each hash."""
        at = self._first[column >> self._shift]
        # Few hashes share their leading bits with a lower one.
        others = np.flatnonzero(self._hashes[at] != column)
        place = np.searchsorted(self._hashes, column[others])
        if place.size and not np.array_equal(self._hashes[np.minimum(place, self._hashes.size - 1)], column[others]):
            disagrees(self._path)
        at[others] = place
        return np.asarray(self._codes[at], np.int32)


class ParquetStream:
    """Comparisons of a Parquet file of any length, in constant memory but for a bit for each.

    Names are looked up anew each time it is gone through, and forgotten at the end: it keeps the order of first
    occurrence alone, and which comparisons are mated.

    Parameters
    ----------
    path : Path
        The file.
    roles : Roles
        Which column is what.
    asked : Asked
        Rows to keep.
    codes : ndarray of int32, shape (M,), optional
        Number of each subject, in the order of `SUBJECTS`; None where the file names nobody.
    people : People, optional
        Who is in it; None if blocks are to hold scores alone, which is several times as fast.
    counts : Counts, optional
        How many comparisons of each kind were counted; not compared if None.

    Attributes
    ----------
    people : People or None
        As given.
    """

    def __init__(
        self,
        path: Path,
        roles: Roles,
        asked: Asked,
        codes: Codes | None = None,
        people: People | None = None,
        counts: Counts | None = None,
    ) -> None:
        self._path, self._roles, self._codes, self._counts = path, roles, codes, counts
        self._asked = replace(asked, subjects="", enrolled="")
        self._mated: dict[int, np.ndarray[tuple[int], np.dtype[np.uint8]]] = {}
        self.people = people

    def scores_alone(self) -> ParquetStream:
        """Return the same comparisons without their subjects."""
        alone = ParquetStream(self._path, self._roles, self._asked, counts=self._counts)
        alone._mated = self._mated
        return alone

    def blocks(self) -> Iterator[Block]:
        """Yield the comparisons in the order of the file.

        Yields
        ------
        Block
            Of at most `misid.evaluation.ingest.relation.WINDOW` comparisons.

        Raises
        ------
        InvalidInput
            If the file is gone or changed, or at the end if what was read is not what was counted.
        """
        with opened(self._path) as table:
            view(table, self._roles, self._asked)
            rows = int(table.ask("SELECT count(*) FROM given")[0][0])
            columns, subjects = "score", None
            if self.people is not None and self._codes is not None:
                subjects = self._numbering(table, self._codes)
                columns += f", {subjects.sql('probe')} AS probe, {subjects.sql('reference')} AS reference"
            seen = np.zeros(4, np.int64)
            for start in range(0, rows, WINDOW):
                known = start in self._mated
                part = window(table, columns if known else f"{columns}, mated", start)
                size = part["score"].size
                if known:
                    part["mated"] = np.unpackbits(self._mated[start], count=size).view(np.bool_)
                else:
                    # Comparing two columns takes longer than reading the scores, and figures take several passes.
                    self._mated[start] = np.packbits(part["mated"])
                block = _block(self._path, part, self._roles.lower, subjects)
                mated = int(np.count_nonzero(block.mated))
                seen += (mated, block.mated.size - mated, block.failed_mated, block.failed_non_mated)
                yield block
            if self._counts is not None and tuple(seen.tolist()) != self._counts:
                disagrees(self._path)

    def _numbering(self, table: Table, codes: Codes) -> Numbering | Hashed:
        if not numbered(table, self._roles):
            return Hashed(table, codes)
        subjects = subjects_of(table, self._roles)
        subjects.use(codes)
        return subjects


def _block(path: Path, part: dict[str, Index], lower: bool, subjects: Numbering | Hashed | None) -> Block:
    score, mated = _similarity(path, part["score"], lower), part["mated"]
    probe = None if subjects is None else subjects.numbers(part["probe"])
    reference = None if subjects is None else subjects.numbers(part["reference"])
    none = np.isnan(score)
    if not none.any():
        return Block(score, mated, probe, reference)
    some = ~none
    failed = np.flatnonzero(none)
    own = mated[failed]
    who = each = None
    if probe is not None:
        who, place = np.unique(probe[failed], return_inverse=True)
        each = np.stack([np.bincount(place[of], minlength=who.size) for of in (own, ~own)])
    return Block(
        score[some],
        mated[some],
        None if probe is None else probe[some],
        None if reference is None else reference[some],
        int(own.sum()),
        int((~own).sum()),
        who,
        each,
    )
