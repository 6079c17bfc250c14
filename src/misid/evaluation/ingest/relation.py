"""Opens a table of scores in DuckDB as one view, `taken`, whatever the file calls its columns."""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from misid.errors import OutputRefused
from misid.evaluation.contract import Asked
from misid.evaluation.ingest.faults import MOST, Problems, refuse
from misid.evaluation.ingest.roles import Roles
from misid.storage import files, literal, name, told
from misid.storage.connect import connect, disbelieve

if TYPE_CHECKING:
    from misid.storage.connect import Connection

MEMORY_MB = 768  # for the database, beside the arrays that are read
CSV_MEMORY_MB = 6144  # text is held packed while it is read; nothing of it goes to the disk
LARGEST = float(np.finfo(np.float32).max)  # of scores
WINDOW = 1 << 22  # rows read at a time; every window opens the file anew, so small ones cost
Index = npt.NDArray[Any]
_HEADER = 1 << 20
_MOST_REJECTS = 100_000  # values that do not fit; more than that is no table
_GZIP = b"\x1f\x8b"
_SHORT = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT")
_WHOLE = (*_SHORT, "BIGINT", "UINTEGER")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_OUR_FAULT = ("ParserException", "BinderException", "CatalogException")  # SQL that is wrong, whatever the file holds
# What Python and NumPy raise where DuckDB hands over what a damaged file holds.
_DAMAGED = (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
_TEXT_ROW = "misid_row"
_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")


_T = TypeVar("_T")


def disagrees(path: Path) -> NoReturn:
    """Refuse a file that says one thing in one place and another in the next, or each time it is read."""
    refuse(str(path), "is damaged: its parts disagree, about how many rows it has or what is in them", "write it again")


@dataclass(frozen=True)
class Table:
    """A file as DuckDB sees it.

    Parameters
    ----------
    con : DuckDBPyConnection
        With the view or table ``given``.
    path : Path
        The file.
    types : dict of str to str
        Type of each column.
    row : str
        SQL of a row's number in the file, from 0.
    text : bool
        Whether the file is text; then every column is text.
    """

    con: Connection
    path: Path
    types: dict[str, str]
    row: str
    text: bool

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query; an error names the file, and no value of it."""
        return self._run(sql, lambda result: list(result.fetchall()))

    def arrays(self, sql: str) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of a query, all of one length; the query leaves no NULL."""
        found = self._run(sql, lambda result: dict(result.fetchnumpy()))
        if len({len(column) for column in found.values()}) > 1 or any(map(np.ma.is_masked, found.values())):
            disagrees(self.path)
        return {key: np.ma.getdata(column) for key, column in found.items()}

    def _run(self, sql: str, take: Callable[[Connection], _T]) -> _T:
        # Taken in here: DuckDB reads on while rows are fetched.
        trouble = ""
        try:
            with told(self.path, "read"):
                return take(self.con.execute(sql))
        except OutputRefused as error:
            if type(error.__cause__).__name__ in _OUR_FAULT:
                raise
            trouble = _nameless(error, self.text)
        except _DAMAGED:
            trouble = "is damaged or cut short"
        # Raised out here, so that DuckDB's own words, which may quote a line of the file, hang on nothing.
        refuse(str(self.path), trouble, "write it again, as Parquet or as CSV in UTF-8")


@contextmanager
def opened(path: Path, keep: Sequence[str] | None = None) -> Iterator[Table]:
    """Open a Parquet or CSV file.

    Parameters
    ----------
    path : Path
        The file: Parquet, or text with a header and one delimiter of ``, ; tab |``, packed with gzip or not.
    keep : sequence of str, optional
        Columns of a text file to hold; all if not given.  Those of a Parquet file stay on the disk.

    Yields
    ------
    Table
        Closed on leaving.

    Raises
    ------
    InvalidInput
        If it cannot be read: each bad line of a text file by its number.
    """
    parquet = _starts(path) == b"PAR1"
    con = connect(memory_mb=MEMORY_MB if parquet else CSV_MEMORY_MB)
    try:
        if parquet:
            con.execute("SET parquet_metadata_cache = true")
            with told(path, "read"):
                disbelieve(con)
            table = Table(con, path, {}, name("file_row_number"), False)
            table.ask(f"CREATE VIEW given AS SELECT * FROM {files([path], options=', file_row_number=true')}")
        else:
            table = Table(con, path, {}, _TEXT_ROW, True)
            _load_text(table, keep)
        types = {str(one[0]): str(one[1]) for one in table.ask("DESCRIBE given")}
        types.pop("file_row_number" if parquet else _TEXT_ROW, None)
        if parquet:
            _check_footer(table, types)
        yield Table(con, path, types, table.row, table.text)
    finally:
        con.close()


def _check_footer(table: Table, types: dict[str, str]) -> None:
    """Compare the numbers of rows that a Parquet file's footer gives: in all, by row group and by column."""
    whole = table.ask(f"SELECT num_rows FROM {files([table.path], 'parquet_file_metadata')}")[0][0]
    flat = ", ".join(literal(one) for one, kind in types.items() if not kind.endswith("]"))
    parts = table.ask(
        "SELECT max(row_group_num_rows), min(row_group_num_rows), "
        f"bool_or(path_in_schema IN ({flat or 'NULL'}) AND num_values <> row_group_num_rows) "
        f"FROM {files([table.path], 'parquet_metadata')} GROUP BY row_group_id"
    )
    if any(most != least or least < 0 or wrong for most, least, wrong in parts):
        disagrees(table.path)
    if whole != sum(most for most, _, _ in parts):
        disagrees(table.path)


def column_names(path: Path) -> list[str]:
    """Return the columns of a file without reading its rows.

    Parameters
    ----------
    path : Path
        Parquet or CSV.

    Returns
    -------
    list of str
        As the file has them.

    Raises
    ------
    InvalidInput
        If there is no header.
    """
    if _starts(path) == b"PAR1":
        with opened(path) as table:
            return list(table.types)
    return _header(path)[0]


def _starts(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        refuse(str(path), f"cannot be read: {error.strerror or 'it is no plain file'}", "check the path")
    if not start:
        refuse(str(path), "the file is empty (0 bytes)", "give a file with scores")
    return start


def _header(path: Path) -> tuple[list[str], str]:
    """Return the names in a text file's first line, and its delimiter."""
    try:
        packed = _starts(path)[:2] == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            line = file.readline(_HEADER)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        refuse(str(path), "the gzip is damaged or ends in the middle", "copy or fetch the file again")
    try:
        text = line.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        refuse(str(path), "the first line is not text in UTF-8", "write it in UTF-8", line=1)
    if "\r" in text:
        refuse(str(path), "lines end in a lone CR", "write it with LF or CRLF at the ends of lines", line=1)
    delimiter = max(",;\t|", key=text.count)
    names = [one.strip() for one in next(csv.reader([text], delimiter=delimiter), [])]
    problems = Problems(str(path))
    if not names or not all(names) or all(map(_is_number, names)):
        problems.add("the first line names no columns", "give a header: probe_subject,reference_subject,score", line=1)
    elif len(set(map(str.lower, names))) < len(names):
        problems.add("two columns have the same name", "give each column a name of its own", line=1)
    problems.raise_if_any()
    return names, delimiter


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _load_text(table: Table, keep: Sequence[str] | None) -> None:
    """Hold a text file packed in memory, or tell every line that has the wrong shape."""
    names, delimiter = _header(table.path)
    columns = ", ".join(f"{literal(one)}: 'VARCHAR'" for one in names)
    packed = ", compression='gzip'" if _starts(table.path)[:2] == _GZIP else ""
    options = (
        f", auto_detect=false, columns={{{columns}}}, header=false, skip=1, delim={literal(delimiter)}"
        f", quote='\"', escape='\"', null_padding=false, store_rejects=true, rejects_limit={_MOST_REJECTS}{packed}"
    )
    held = ", ".join(name(one) for one in (names if keep is None else [one for one in names if one in set(keep)]))
    table.ask("ATTACH ':memory:' AS packed (COMPRESS)")
    table.ask(
        f"CREATE TABLE packed.given AS SELECT row_number() OVER () - 1 AS {_TEXT_ROW}{', ' * bool(held)}{held} "
        f"FROM {files([table.path], 'read_csv', options)}"
    )
    table.ask("CREATE VIEW given AS SELECT * FROM packed.given")
    problems = Problems(str(table.path))
    wrong = table.ask("SELECT line, min(error_message) FROM reject_errors GROUP BY 1 ORDER BY 1")
    for line, words in wrong[:MOST]:
        if found := _COLUMNS.search(str(words)):
            what = f"{found[2]} columns, and the first line names {found[1]}"
        elif "quote" in str(words):
            what = "a quotation mark is not closed"
        elif "unicode" in str(words):
            what = "not text in UTF-8"
        else:
            what = "too long to be a line of scores"
        problems.add(what, "write the line again, or the whole file if it was cut short", line=int(line))
    if len(wrong) > MOST:
        problems.count(len(wrong) - MOST)
    problems.raise_if_any()


def _nameless(error: OutputRefused, text: bool) -> str:
    """Say what DuckDB met, without its own words: they may quote what the file holds."""
    words = f"{error} {error.__cause__}"
    if "memory is short" in words or "Out of Memory" in words:
        return f"does not fit in memory; {'as Parquet it is read by windows' if text else 'is it damaged?'}"
    if found := re.search(r"CSV Error on Line: (\d+)", words):
        return f"line {found[1]} cannot be read"
    if not text:
        return "is damaged or cut short"
    if any(sign in words.lower() for sign in ("gzip", "decompress", "decode")):
        return "the gzip is damaged or ends in the middle"
    if "state machine" in words:
        return "lines end in two ways (LF and CRLF), or a quotation mark stands inside a value"
    return "is damaged or cut short"


def identity(table: Table, column: str) -> str:
    """Return SQL for a column of names: whole numbers as numbers, all else as text, NULL where nothing stands."""
    kind = table.types[column].split("(")[0]
    if kind in _WHOLE:
        return f"{name(column)}::{'INTEGER' if kind in _SHORT else 'BIGINT'}"
    if kind in _FRACTIONS:
        whole = f"CASE WHEN isfinite({name(column)}::DOUBLE) THEN {name(column)}::DOUBLE END"
        return f"CASE WHEN {whole} = round({whole}) THEN TRY_CAST({whole} AS BIGINT)::VARCHAR ELSE {whole}::VARCHAR END"
    return f"nullif(trim({name(column)}::VARCHAR), '')"


def is_number(table: Table, column: str) -> bool:
    """Return whether `identity` gives numbers."""
    return table.types[column].split("(")[0] in _WHOLE


def score(table: Table, column: str) -> tuple[str, str]:
    """Return SQL for a score, NaN where there is none, and for whether it is a word and no score."""
    kind = table.types[column].split("(")[0]
    if kind in (*_WHOLE, *_FRACTIONS, "UBIGINT", "HUGEINT", "UHUGEINT"):
        cast = name(column) if kind == "FLOAT" else f"{name(column)}::DOUBLE"
        return f"coalesce({cast}, 'NaN'::{'FLOAT' if kind == 'FLOAT' else 'DOUBLE'})", "false"
    text = f"trim({name(column)}::VARCHAR)"
    number = f"TRY_CAST({text} AS DOUBLE)"
    return f"coalesce({number}, 'NaN'::DOUBLE)", f"coalesce({text} <> '' AND {number} IS NULL, false)"


def flag(column: str) -> str:
    """Return SQL for a label: true, false, or NULL where it is neither."""
    text = f"lower(trim({name(column)}::VARCHAR))"
    yes = "'1', '1.0', 'true', 't', 'yes', 'y', 'mated', 'mate', 'genuine'"
    no = "'0', '0.0', '-1', '-1.0', 'false', 'f', 'no', 'n', 'non-mated', 'nonmated', 'non_mated', 'impostor'"
    return f"CASE WHEN {text} IN ({yes}) THEN true WHEN {text} IN ({no}) THEN false END"


def condition(table: Table, conditions: Sequence[tuple[str, str]]) -> str:
    """Return SQL for rows that fulfil conditions: one of the values of each column."""
    parts = []
    for column in dict.fromkeys(one for one, _ in conditions):
        values = [value for one, value in conditions if one == column]
        kind = table.types[column].split("(")[0]
        each = []
        for value in values:
            same = f"trim({name(column)}::VARCHAR) = {literal(value.strip())}"
            if kind in (*_WHOLE, *_FRACTIONS):
                same = f"({same} OR {name(column)}::DOUBLE = TRY_CAST({literal(value)} AS DOUBLE))"
            each.append(same)
        parts.append(f"coalesce({' OR '.join(each)}, false)")
    return " AND ".join(parts) or "true"


def view(table: Table, roles: Roles, asked: Asked, groups: Sequence[tuple[str, str]] = ()) -> None:
    """Make the view ``taken``: what the file holds, under the names of `misid.evaluation.ingest.roles.KNOWN`.

    Parameters
    ----------
    table : Table
        The opened file.
    roles : Roles
        Which column is what.
    asked : Asked
        ``where`` is applied, and rows with an attack are left out.
    groups : sequence of (str, str)
        Column to be made for each group, and where it comes from.

    Notes
    -----
    ``row`` is the row in the file, ``score`` NaN where there is none, ``wordy`` whether it holds a word instead.
    ``mated`` is NULL where nothing says so.
    """
    number, wordy = score(table, roles["score"])
    columns = {"row": table.row, "score": number, "wordy": wordy}
    both = [identity(table, roles[one]) if one in roles else "NULL" for one in ("probe_subject", "reference_subject")]
    if not subjects_are_numbers(table, roles):
        both = [f"({one})::VARCHAR" for one in both]
    columns["probe"], columns["reference"] = both
    named = "probe_subject" in roles and "reference_subject" in roles
    columns["label"] = flag(roles["mated"]) if "mated" in roles else "NULL::BOOLEAN"
    columns["mated"] = f"({both[0]} = {both[1]})" if named else columns["label"]
    columns["enrolled"] = flag(roles["enrolled"]) if "enrolled" in roles else "NULL::BOOLEAN"
    for role in ("probe_sample", "reference_sample", "search"):
        columns[role] = identity(table, roles[role]) if role in roles else "NULL"
    columns["rank"] = f"TRY_CAST({name(roles['rank'])} AS DOUBLE)" if "rank" in roles else "NULL"
    columns |= {made: f"nullif(trim({name(column)}::VARCHAR), '')" for made, column in groups}
    where = condition(table, asked.where)
    if "attack" in roles:
        where += f" AND coalesce(trim({name(roles['attack'])}::VARCHAR), '') = ''"
    table.ask(
        f"CREATE VIEW taken AS SELECT {', '.join(f'{sql} AS {name(one)}' for one, sql in columns.items())} "
        f"FROM given WHERE {where}"
    )


def subjects_are_numbers(table: Table, roles: Roles) -> bool:
    """Return whether the subjects on both sides are whole numbers."""
    sides = [roles[one] for one in ("probe_subject", "reference_subject") if one in roles]
    return all(is_number(table, column) for column in sides)
