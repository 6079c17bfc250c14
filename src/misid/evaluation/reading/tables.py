"""CSV and Parquet in DuckDB: a file as it stands, and one view of it, `selected`, whatever it calls its columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar

import numpy as np
import numpy.typing as npt

from misid.errors import OutputRefused
from misid.evaluation.contract import Codes, Comparisons, Flags, People, SampleKeys, Side
from misid.evaluation.reading.columns import MATED, NON_MATED, Roles
from misid.evaluation.reading.content import NO_UTF8, PARQUET, SAVE_UTF8, FileContent
from misid.evaluation.reading.faults import Problems, count_of, describe_word, without_names
from misid.evaluation.reading.names import (
    AS_WRITTEN,
    MOST_NAMES,
    NO_NAME,
    NameRule,
    Pairs,
    above,
    decide,
    looks_like_nobody_sql,
    looks_like_sample_sql,
    refuse_unseen,
    sample_sql,
    spelled_sql,
    stands_out,
    unseen_sql,
)
from misid.evaluation.reading.scale import AS_READ, ScoreScale
from misid.evaluation.reading.text import DECIMAL_COMMA, THOUSANDS, DecimalSigns, is_number, number_sql, number_way
from misid.storage import connect, files, ignore_statistics, literal, name, translate_errors

if TYPE_CHECKING:
    from misid.evaluation.reading.joined_samples import JoinedSamples
    from misid.evaluation.reading.read import Reading
    from misid.storage import Connection

MEMORY_MB = 768  # for the database, beside the arrays that are read
CSV_MEMORY_MB = 6144  # text is held packed while it is read; nothing of it goes to the disk
LARGEST = float(np.finfo(np.float32).max)  # of scores
WINDOW = 1 << 22  # rows read at a time; every window opens the file anew, so small ones cost
Index = npt.NDArray[Any]
SIDES = ("probe", "reference")
_HEADER = 1 << 20
UNNAMED = "column"
_MOST_PAIRS = 2_000_000  # rows that tell whether names are those of samples
_MOST_REJECTS = 10_000  # values that do not fit; more than that is no table
_SHORT = ("TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT")
_WHOLE = (*_SHORT, "BIGINT", "UINTEGER")
_FRACTIONS = ("FLOAT", "DOUBLE", "DECIMAL")
_OUR_FAULT = ("ParserException", "BinderException", "CatalogException")  # SQL that is wrong, whatever the file holds
_INTERRUPTED = "InterruptException"
# What Python and NumPy raise where DuckDB hands over what a damaged file holds.
_DAMAGED = (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)
_MOST_VALUES = 10_000  # in one statement
_TEXT_ROW = "misid_row"
_LINE, _LONE, _LONGEST = re.compile(rb"\S[^\n]*"), re.compile(rb"\r(?!\n)"), 2_000_000  # bytes of a line
_COLUMNS = re.compile(r"Expected Number of Columns: (\d+) Found: (\d+)")
_T = TypeVar("_T")


GroupColumns = dict[int, dict[str, str]]
"""Columns by side, "probe" and "reference", of each group of the options, by its number."""


def group_name(side: str, at: int) -> str:
    """Return the column of the view ``selected`` that holds a group."""
    return f"group_{side}_{at}"


def refuse_damaged(problems: Problems) -> NoReturn:
    """Refuse a file that says one thing in one place and another in the next, or each time it is read."""
    problems.refuse("is damaged: its parts disagree, about how many rows it has or what is in them", "write it again")


Mated = dict[int, npt.NDArray[np.uint8]]
"""Which comparisons of each window are mated, a bit for each, by the window's first row."""


class ComparisonCounts(NamedTuple):
    """How many comparisons there are, with a score and without."""

    mated: int
    non_mated: int
    failed_mated: int
    failed_non_mated: int


class RowRule(NamedTuple):
    """What no row may fulfil."""

    sql: str
    what: str | Callable[[], str]  # after the number of rows
    fix: str | Callable[[], str]
    field: str = ""
    noun: str = "row"


@dataclass(frozen=True)
class Selection:
    """What of a table counts, and as what."""

    roles: Roles
    conditions: Sequence[tuple[str, str]] = ()
    groups: GroupColumns = field(default_factory=dict)
    names: NameRule = AS_WRITTEN
    failed_scores: tuple[float, ...] = ()
    scale: ScoreScale = AS_READ
    lists: bool = False  # whether rows are candidates
    samples_alike: bool = False  # names of samples are compared as `sample_key` writes them
    no_sample_with_itself: bool = False
    left_out: bool = False  # rows of the table ``left_out`` do not count
    decimal_comma: bool = False  # of scores in text
    reversed_labels: bool = False


class DataTable:
    """A file as DuckDB sees it: ``file_rows`` as it stands, and ``selected`` by role, once `select` made that view."""

    roles: Roles
    groups: GroupColumns
    selection: Selection

    def __init__(self, con: Connection, content: FileContent) -> None:
        self.con, self.content, self.problems = con, content, content.problems
        self.text = not content.data.startswith(PARQUET)  # then every column is text
        self.row = _TEXT_ROW if self.text else name("file_row_number")  # SQL of a row's number in the file, from 0
        self.first_line = 2 if self.text else 1
        self.types: dict[str, str] = {}  # of each column
        self._names_of: Selection | None = None  # what `hold_names` holds
        self._held: set[str] = set()  # columns of text that were read

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query; an error names the file, and no value of it."""
        return self._run(sql, lambda result: list(result.fetchall()))

    def arrays(self, sql: str) -> dict[str, npt.NDArray[Any]]:
        """Return the columns of a query, all of one length; the query leaves no NULL."""
        found = self._run(sql, lambda result: dict(result.fetchnumpy()))
        if len({len(column) for column in found.values()}) > 1 or any(map(np.ma.is_masked, found.values())):
            refuse_damaged(self.problems)
        return {key: np.ma.getdata(column) for key, column in found.items()}

    def _run(self, sql: str, take: Callable[[Connection], _T]) -> _T:
        # Taken in here: DuckDB reads on while rows are fetched.
        trouble = ""
        try:
            with translate_errors(self.content.path, "read"):
                return take(self.con.execute(sql))
        except OutputRefused as error:
            kind = type(error.__cause__).__name__
            if kind in _OUR_FAULT:
                raise
            trouble = _INTERRUPTED if kind == _INTERRUPTED else without_names(error, self.text)
        except _DAMAGED as error:
            trouble = _INTERRUPTED if "interrupted" in str(error).lower() else "is damaged or cut short"
        if trouble == _INTERRUPTED:
            raise KeyboardInterrupt
        # Raised out here, so that DuckDB's own words, which may quote a line of the file, hang on nothing.
        self.problems.refuse(trouble, "write it again, as Parquet or as CSV in UTF-8")

    @cached_property
    def rows(self) -> int:
        """Rows of the file."""
        return int(self.query("SELECT count(*) FROM file_rows")[0][0])

    @cached_property
    def kept(self) -> int:
        """Rows of the view ``selected``."""
        return int(self.query("SELECT count(*) FROM selected")[0][0])

    def value_rules(self, samples: Sequence[str]) -> list[RowRule]:
        """Return what holds of scores and samples in every table; ``samples`` are roles."""
        score, way = self.roles["score"], "write NaN or nothing where there is no score"
        too_large = f"NOT isnan(score) AND abs(score) > {LARGEST!r}"
        rules = [
            RowRule(
                "is_word",
                lambda: f"with a word for a score (the first is {describe_word(self._first_word())})",
                lambda: number_way(self._first_word()),
                score,
            ),
            RowRule(too_large, "infinite, or too large for single precision", way, score, "score"),
        ]
        there = [role for role in samples if role in self.roles]
        return rules + [RowRule(f"{one} IS NULL", "without a value", "complete them", self.roles[one]) for one in there]

    def _first_word(self) -> str:
        text = f"trim({name(self.roles['score'])}::VARCHAR)"
        row = self.query(
            f"SELECT {text} FROM file_rows WHERE {self.row} = (SELECT min(row) FROM selected WHERE is_word)"
        )
        return str(row[0][0]) if row else ""

    def check_rows(self, rules: Sequence[RowRule], figures: Sequence[str] = ()) -> list[Any]:
        """Note a fault for each rule that rows of ``selected`` break; return figures in SQL from the same pass."""
        # Quicker than to count with a filter, by a third of the pass.
        broken = [f"count_if({rule.sql})" for rule in rules]
        found = list(self.query(f"SELECT {', '.join([*broken, *figures])} FROM selected")[0])
        for rule, count in zip(rules, found, strict=False):
            if count:
                what, fix = (one if isinstance(one, str) else one() for one in (rule.what, rule.fix))
                row = self.query(f"SELECT coalesce(min(row), 0) FROM selected WHERE {rule.sql}")[0][0]
                self.problems.add(f"{count_of(count, rule.noun)} {what}", fix, row + self.first_line, rule.field)
        return found[len(rules) :]

    def load(self, columns: Sequence[str]) -> None:
        """Make ``file_rows``, where it is not there: hold columns of a text file in memory, or report its bad lines."""
        if not self.text:
            return
        names, delimiter = _header(self.content)
        kinds = ", ".join(f"{literal(one)}: 'VARCHAR'" for one in names)
        packed = f", compression='{'gzip' if self.content.packing else 'none'}'"  # whatever the file is called
        options = (
            f", auto_detect=false, columns={{{kinds}}}, header=false, skip=1, delim={literal(delimiter)}"
            f", quote='\"', escape='\"', null_padding=false, store_rejects=true, rejects_limit={_MOST_REJECTS}{packed}"
        )
        self._held = set(columns)
        held = "".join(f", {name(one)}" for one in names if one in self._held)
        # Only an attached database in memory can be held compressed.
        self.query("ATTACH ':memory:' AS packed (COMPRESS)")
        self.query(
            f"CREATE TABLE packed.file_rows AS SELECT row_number() OVER () - 1 AS {_TEXT_ROW}{held} "
            f"FROM {files([self.content.path], 'read_csv', options)}"
        )
        self.query("CREATE VIEW file_rows AS SELECT * FROM packed.file_rows")
        wrong = self.query("SELECT line, min(error_message) FROM reject_errors GROUP BY 1 ORDER BY 1")
        for line, words in wrong:
            if found := _COLUMNS.search(str(words)):
                what = f"{found[2]} columns, and the first line names {found[1]}"
            elif "quote" in str(words):
                what = "a quotation mark is not closed"
            elif "unicode" in str(words):
                self.problems.add(NO_UTF8, SAVE_UTF8, int(line))
                continue
            else:
                what = "too long to be a line of scores"
            self.problems.add(what, "write the line again, or the whole file if it was cut short", int(line))
        self.problems.raise_if_any()
        self._check_lines(names)

    def _check_lines(self, columns: Sequence[str]) -> None:
        """Refuse text of which not every line is a row: a value holds the end of a line, or a line was passed over."""
        data, problems = self.content.data, self.problems
        if data.count(b"\r") > data.count(b"\r\n"):
            line = data.count(b"\n", 0, _LONE.search(data).start()) + 1  # type: ignore[union-attr]
            problems.refuse("a carriage return stands within the line", "take it out, or save the file again", line)
        if self.rows >= data.count(b"\n") - data.endswith(b"\n"):
            return
        lines = -1  # without the header
        for found in _LINE.finditer(data):
            lines += 1
            if found.end() - found.start() > _LONGEST:
                line = data.count(b"\n", 0, found.start()) + 1
                problems.refuse("too long to be a line of scores", "take it out", line)
        if self.rows < lines:
            broken = " OR ".join(f"contains({name(one)}, chr(10))" for one in columns if one in self._held)
            row = self.query(f"SELECT min({_TEXT_ROW}) FROM file_rows WHERE {broken}")[0][0]
            what = f"{lines:,} lines under the header are {self.rows:,} rows: a value holds the end of a line"
            problems.refuse(what, "look for a quotation mark too many", 0 if row is None else row + self.first_line)

    def distinct(self, columns: Iterable[str]) -> list[str]:
        """Return the names in columns, each once, in order."""
        parts = " UNION ".join(f"SELECT ({self.identity(one)})::VARCHAR AS one FROM file_rows" for one in columns)
        return [str(row[0]) for row in self.query(f"SELECT one FROM ({parts}) WHERE one IS NOT NULL ORDER BY one")]

    def add_named(self, columns: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
        """Add to the rows, for each of several columns, what its values are called; return the new columns."""
        self.query("CREATE TEMP TABLE called (one VARCHAR, other VARCHAR)")
        pairs = list(names.items())
        for at in range(0, len(pairs), _MOST_VALUES):
            some = pairs[at : at + _MOST_VALUES]
            self.query(f"INSERT INTO called VALUES {', '.join(f'({literal(a)}, {literal(b)})' for a, b in some)}")
        added, sql, joins = {}, [], []
        for at, (role, column) in enumerate(columns.items()):
            added[role] = f"{role} of {column}"
            sql.append(f"called_{at}.other AS {name(added[role])}")
            joins.append(f"LEFT JOIN called AS called_{at} ON called_{at}.one = ({self.identity(column)})::VARCHAR")
        self.query("ALTER VIEW file_rows RENAME TO plain_rows")
        held = f"SELECT plain_rows.*, {', '.join(sql)} FROM plain_rows {' '.join(joins)} ORDER BY {self.row}"
        self.query(f"CREATE TABLE file_rows AS {held}")
        self.types |= dict.fromkeys(added.values(), "VARCHAR")
        return added

    def _kind(self, column: str) -> str:
        return self.types[column].split("(")[0]

    def in_double(self, column: str) -> bool:
        """Return whether a column may hold numbers that single precision cannot tell apart."""
        return self._kind(column) not in ("FLOAT", *_SHORT)

    def is_whole(self, column: str) -> bool:
        """Return whether `identity` gives numbers."""
        return self._kind(column) in _WHOLE

    @property
    def whole_subjects(self) -> bool:
        """Whether the subjects on both sides are whole numbers, and all of them somebody."""
        if self.selection.names.nobody or self.selection.names.part:
            return False
        sides = (self.roles[one] for one in ("probe_subject", "reference_subject") if one in self.roles)
        return all(map(self.is_whole, sides))

    def identity(self, column: str) -> str:
        """Return SQL for a column of names: whole numbers as numbers, all else as text, NULL where nothing stands."""
        kind, one = self._kind(column), name(column)
        if kind in _WHOLE:
            return f"{one}::{'INTEGER' if kind in _SHORT else 'BIGINT'}"
        if kind in _FRACTIONS:  # numbers of people that a program turned into fractions, because one was missing
            whole = f"CASE WHEN isfinite({one}::DOUBLE) THEN {one}::DOUBLE END"
            text = f"TRY_CAST({whole} AS BIGINT)::VARCHAR"
            return f"CASE WHEN {whole} = round({whole}) THEN {text} ELSE {whole}::VARCHAR END"
        return f"nullif(trim({one}::VARCHAR), '')"

    def _with_nobody(self, side: str, subject: str) -> str:
        """Return SQL for a subject, which is one by sample, else by row, where the name is nobody's."""
        roles = ("probe_sample", "search") if side == "probe" else ("reference_sample",)
        samples = [self.identity(self.roles[one]) for one in roles if one in self.roles]
        place = f"coalesce(({samples[0]})::VARCHAR, {self.row}::VARCHAR)" if samples else f"{self.row}::VARCHAR"
        mark = literal(NO_NAME if samples else f"{NO_NAME}{side} ")
        return f"CASE WHEN {self.selection.names.nobody_sql(subject)} THEN {mark} || {place} ELSE {subject} END"

    def hold_names(self) -> None:
        """Make the table ``subject_names``: each name by side in the view ``selected``, its rows and the first of them.

        It is made once for all that asks while the same rows count under the same names.
        """
        same = replace(self.selection, failed_scores=(), scale=AS_READ)
        if self._names_of == same:
            return
        sides = (
            f"SELECT '{side}' AS side, {side} AS name, count(*) AS rows, min(row) AS first FROM selected "
            f"WHERE {side} IS NOT NULL GROUP BY 2"
            for side in SIDES
        )
        self.query(f"CREATE OR REPLACE TEMP TABLE subject_names AS {' UNION ALL '.join(sides)}")
        self._names_of = same

    def decide_names(self, reading: Reading) -> NameRule:
        """Decide how names become people, from those in the view ``selected``."""
        self.hold_names()
        options = reading.options
        # Whole numbers have one spelling, and no character that nobody sees.
        key, sample, nobody, hidden = "name", "false", "key < 0", "false"
        if not self.whole_subjects:
            key, sample, nobody = spelled_sql("name"), looks_like_sample_sql("name"), looks_like_nobody_sql("key")
            hidden = unseen_sql("name::VARCHAR")
        on = {side: f"bool_or(side = {literal(side)}) AS {side}" for side in SIDES}
        names, people, nobody, unseen, sampled = self.query(
            f"SELECT count(*), count(DISTINCT key), count(*) FILTER ({nobody}), count(*) FILTER (unseen), "
            f"greatest({', '.join(f'avg(sample::INT) FILTER ({side})' for side in SIDES)}) FROM (SELECT {key} AS key, "
            f"{sample} AS sample, {hidden} AS unseen, probe, reference FROM (SELECT name, "
            f"{', '.join(on.values())} FROM subject_names GROUP BY 1))"
        )[0]
        if unseen:
            either = " OR ".join(unseen_sql(f"{side}::VARCHAR") for side in SIDES)
            row = self.query(f"SELECT min(row) FROM selected WHERE {either}")[0][0]
            refuse_unseen(int(unseen), int(row) + self.first_line, self.problems)
        most, usual, rows = self.query("SELECT max(rows), median(rows), sum(rows) FROM subject_names")[0]
        plain = not names or (names == people and not nobody and not stands_out(most, usual, rows))
        plain = plain and (not names or sampled < MOST_NAMES)
        if plain and not (options.names or options.nobody or options.somebody or options.subject_from):
            return AS_WRITTEN
        held: dict[str, dict[str, int]] = {side: {} for side in SIDES}
        for side, one, count in self.query("SELECT side, name::VARCHAR, rows FROM subject_names ORDER BY 2"):
            held[side][one] = count
        mated = self.query("SELECT count(*) FROM selected WHERE probe::VARCHAR = reference::VARCHAR")[0][0]
        rule, notes = decide(list(held.values()), options, self.problems, pairs=Pairs(mated, self._of_one_person))
        self.problems.raise_if_any()
        reading.assumed += notes
        return rule

    def _of_one_person(self, people: Mapping[str, str]) -> tuple[int, float]:
        """Return what `Pairs` asks for, from the first rows."""
        names, persons = np.array(list(people), np.str_), np.unique(list(people.values()), return_inverse=True)[1]
        self.con.register("people_of_names", {"name": names.astype(object), "person": persons})
        rows = self.arrays(
            f"SELECT score, one.person = other.person AS same FROM (FROM selected LIMIT {_MOST_PAIRS}) AS pair "
            "JOIN people_of_names AS one ON pair.probe::VARCHAR = one.name "
            "JOIN people_of_names AS other ON pair.reference::VARCHAR = other.name "
            "WHERE pair.probe::VARCHAR <> pair.reference::VARCHAR AND isfinite(score)"
        )
        self.con.unregister("people_of_names")
        return int(rows["same"].sum()), above(rows["score"], rows["same"].astype(np.bool_), self.roles.distance)

    def leave_out(self, rows: Index) -> None:
        """Take rows of the file for those that a selection may leave out."""
        self.con.register("rows_left_out", {"row": rows})
        self.query("CREATE OR REPLACE TEMP TABLE left_out AS SELECT row FROM rows_left_out")
        self.con.unregister("rows_left_out")

    def _score(self, column: str, decimal_comma: bool) -> tuple[str, str]:
        """Return SQL for a score, NaN where there is none, and for whether it is a word and no score."""
        kind = self._kind(column)
        if kind in (*_WHOLE, *_FRACTIONS, "UBIGINT", "HUGEINT", "UHUGEINT"):
            kept = "FLOAT" if kind == "FLOAT" else "DOUBLE"
            return f"coalesce({name(column)}::{kept}, 'NaN'::{kept})", "false"
        text = f"trim({name(column)}::VARCHAR)"
        if decimal_comma:
            decimal = f"regexp_full_match({text}, '{DECIMAL_COMMA}')"
            text = f"CASE WHEN {decimal} THEN replace({text}, ',', '.') ELSE {text} END"
        number = number_sql(text)
        return f"coalesce({number}, 'NaN'::DOUBLE)", f"coalesce({text} <> '' AND {number} IS NULL, false)"

    def has_decimal_commas(self, column: str) -> bool:
        """Return whether numbers in a column have commas before decimals; note a fault if these may part thousands."""
        if self._kind(column) != "VARCHAR":
            return False
        text = f"trim({name(column)})"
        figures = (f"regexp_full_match({text}, '{DECIMAL_COMMA}')", f"regexp_full_match({text}, '{THOUSANDS}')")
        counts = ", ".join(f"count(*) FILTER (contains({text}, ',') AND {figure})" for figure in figures)
        point = f"contains({text}, '.') AND {number_sql(text)} IS NOT NULL"
        signs = DecimalSigns(*map(int, self.query(f"SELECT {counts}, count(*) FILTER ({point}) FROM file_rows")[0]))
        signs.check(self.problems, column)
        return signs.commas > 0

    def _where(self, conditions: Sequence[tuple[str, str]]) -> str:
        """Return SQL for rows that fulfil conditions: one of the values of each column."""
        parts = []
        for column in dict.fromkeys(one for one, _ in conditions):
            each = []
            for value in (value for one, value in conditions if one == column):
                same = f"trim({name(column)}::VARCHAR) = {literal(value.strip())}"
                if self._kind(column) in (*_WHOLE, *_FRACTIONS):
                    same = f"({same} OR {name(column)}::DOUBLE = TRY_CAST({literal(value)} AS DOUBLE))"
                each.append(same)
            parts.append(f"coalesce({' OR '.join(each)}, false)")
        return " AND ".join(parts) or "true"

    def select(self, selection: Selection) -> None:
        """Make the view ``selected``: rows that are selected and are no attacks, under the names of the roles.

        ``row`` is the row in the file, ``score`` NaN where there is none, ``is_word`` whether a word stands there.
        ``mated`` is NULL where nothing says so.  Groups stand in columns of `group_name`.
        """
        self.selection, self.roles, self.groups = selection, selection.roles, selection.groups
        self.__dict__.pop("kept", None)
        roles, rule = selection.roles, selection.names
        number, is_word = self._score(roles["score"], selection.decimal_comma)
        failed = f"coalesce(TRY_CAST({name(roles['return_code'])} AS DOUBLE), 1) <> 0" if "return_code" in roles else ""
        columns = {"row": self.row, "score": number, "is_word": is_word, "is_failed": failed or "false"}
        sides = ("probe_subject", "reference_subject")
        both = [self.identity(roles[one]) if one in roles else "NULL" for one in sides]
        if not self.whole_subjects:
            both = [rule.sql(f"({one})::VARCHAR") for one in both]
            if rule.nobody:
                both = [self._with_nobody(side, one) for side, one in zip(SIDES, both, strict=True)]
        none = [f"{number} = {value!r}" for value in selection.failed_scores]
        columns["is_filler"] = "false"
        if selection.lists:  # of a search that failed, or where nobody came back, no name is anybody's
            none_came = [failed] if failed else []
            if "assigned" in roles:
                none_came.append(f"coalesce(TRY_CAST({name(roles['assigned'])} AS DOUBLE), 1) = 0")
            if rule.nobody:  # as indexes fill their lists up to a length
                named = rule.sql(f"({self.identity(roles['reference_subject'])})::VARCHAR")
                unscored = " OR ".join([f"isnan({number})", *none])
                columns["is_filler"] = f"(({unscored}) AND {rule.nobody_sql(named)})"
                none_came.append(columns["is_filler"])
            if none_came:
                both[1] = f"CASE WHEN NOT ({' OR '.join(none_came)}) THEN {both[1]} END"
        columns["probe"], columns["reference"] = both
        if failed:
            none.append(failed)
        if failed or (selection.lists and "assigned" in roles):  # a row that names nobody has no score
            none.append(f"({both[1]}) IS NULL")
        columns["score"] = selection.scale.sql(number)
        if none:
            columns["score"] = f"CASE WHEN {' OR '.join(none)} THEN 'NaN'::DOUBLE ELSE {columns['score']} END"
        opposite = "NOT" if selection.reversed_labels else ""
        columns["label"] = f"{opposite} ({flag_sql(roles['mated'])})" if "mated" in roles else "NULL::BOOLEAN"
        columns["mated"] = f"({both[0]} = {both[1]})" if roles.named else columns["label"]
        columns["enrolled"] = flag_sql(roles["enrolled"]) if "enrolled" in roles else "NULL::BOOLEAN"
        for role in ("probe_sample", "reference_sample", "search"):
            columns[role] = self.identity(roles[role]) if role in roles else "NULL"
            if selection.samples_alike and role != "search":
                columns[role] = sample_sql(f"({columns[role]})::VARCHAR")
        columns["rank"] = number_sql(f"trim({name(roles['rank'])}::VARCHAR)") if "rank" in roles else "0::DOUBLE"
        for at, of_side in self.groups.items():
            columns |= {group_name(one, at): f"nullif(trim({name(of_side[one])}::VARCHAR), '')" for one in of_side}
        where = self._where(selection.conditions)
        if "attack" in roles:
            where += f" AND coalesce(trim({name(roles['attack'])}::VARCHAR), '') = ''"
        if selection.no_sample_with_itself:
            samples = [f"({columns[one]})::VARCHAR" for one in ("probe_sample", "reference_sample")]
            same = f"({both[0]}) = ({both[1]}) AND {samples[0]} = {samples[1]}"
            where += f" AND NOT coalesce({same}, false)"
        if selection.left_out:
            where += f" AND {self.row} NOT IN (SELECT row FROM left_out)"
        selected = ", ".join(f"{sql} AS {name(one)}" for one, sql in columns.items())
        self.query(f"CREATE OR REPLACE VIEW selected AS SELECT {selected} FROM file_rows WHERE {where}")


@contextmanager
def opened_table(content: FileContent) -> Iterator[DataTable]:
    """Open a Parquet file, or text with a header and one delimiter of ``, ; tab |``; closed on leaving.

    Text is not read before `DataTable.load`; Parquet stays on the disk.
    """
    if not content.path.is_file():
        content.problems.refuse("cannot be read: it is gone", "check the path")
    if content.packing not in ("", "gzip"):
        content.problems.refuse(f"a table packed as {content.packing}", "unpack it, or pack it with gzip")
    parquet = content.data.startswith(PARQUET)
    con = connect(memory_mb=MEMORY_MB if parquet else CSV_MEMORY_MB)
    try:
        table = DataTable(con, content)
        if parquet:
            con.execute("SET parquet_metadata_cache = true")
            ignore_statistics(con)
            held = table.query(f"SELECT name FROM {files([content.path], 'parquet_schema')}")
            if any(str(one).lower() == "file_row_number" for (one,) in held):
                content.problems.refuse(
                    "has a column file_row_number, by which rows are counted here", "give it another name"
                )
            source = files([content.path], options=", file_row_number=true")
            table.query(f"CREATE VIEW file_rows AS SELECT * FROM {source}")
            table.types = {str(one[0]): str(one[1]) for one in table.query("DESCRIBE file_rows")}
            table.types.pop("file_row_number", None)
            _check_footer(table)
        else:
            table.types = dict.fromkeys(_header(content)[0], "VARCHAR")
        yield table
    finally:
        con.close()


def _check_footer(table: DataTable) -> None:
    """Compare the numbers of rows that a Parquet file's footer gives: in all, by row group and by column."""
    path = table.content.path
    whole = table.query(f"SELECT num_rows FROM {files([path], 'parquet_file_metadata')}")[0][0]
    flat = ", ".join(literal(one) for one, kind in table.types.items() if not kind.endswith("]"))
    parts = table.query(
        "SELECT max(row_group_num_rows), min(row_group_num_rows), "
        f"bool_or(path_in_schema IN ({flat or 'NULL'}) AND num_values <> row_group_num_rows) "
        f"FROM {files([path], 'parquet_metadata')} GROUP BY row_group_id"
    )
    wrong = any(most != least or least < 0 or differs for most, least, differs in parts)
    if wrong or whole != sum(most for most, _, _ in parts):
        refuse_damaged(table.problems)


def _header(content: FileContent) -> tuple[list[str], str]:
    """Return the names in a text file's first line, and its delimiter."""
    problems = content.problems
    try:
        line = content.data[:_HEADER].partition(b"\n")[0].decode("utf-8-sig").rstrip("\r")
    except UnicodeDecodeError:
        problems.refuse("the first line is not text in UTF-8", "write it in UTF-8", line=1)
    if "\r" in line:
        problems.refuse("lines end in a lone CR", "write it with LF or CRLF at the ends of lines", line=1)
    delimiter = max(",;\t|", key=line.count)
    if delimiter not in line:
        delimiter = " "
    try:
        names = [one.strip() for one in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        problems.refuse("the first line is no line of column names", "put one first: probe_subject,...,score", line=1)
    # An index that a program wrote, or a delimiter at the end of every line.
    names = [one or f"{UNNAMED} {at}" for at, one in enumerate(names, start=1)]
    if all(one.startswith(UNNAMED) or is_number(one.encode()) for one in names):
        problems.add("the first line names no columns", "give a header: probe_subject,reference_subject,score", line=1)
    elif len(set(map(str.lower, names))) < len(names):
        problems.add("two columns have the same name", "give each column a name of its own", line=1)
    problems.raise_if_any()
    return names, delimiter


def flag_sql(column: str) -> str:
    """Return SQL for a label: true, false, or NULL where it is neither."""
    text = f"lower(trim({name(column)}::VARCHAR))"
    yes, no = (", ".join(map(literal, sorted(words))) for words in (MATED, NON_MATED))
    return f"(CASE WHEN {text} IN ({yes}) THEN true WHEN {text} IN ({no}) THEN false END)"


class NameNumbers:
    """From names in a column to whole numbers; a name that is no whole number stays in the database, as its hash.

    ``keys`` are the names or hashes, each once, and ``codes`` what each gets.
    """

    def __init__(self, keys: Index, codes: Codes, hashed: bool, problems: Problems) -> None:
        self.codes, self._hashed, self._problems = codes, hashed, problems
        self._keys, first = np.unique(keys, return_index=True)
        if self._keys.size != codes.size:
            what = f"{self._keys.size:,} subjects where there were {codes.size:,}"
            problems.refuse(what, "did the file change? Evaluate it again")
        self._sorted, size = codes[first], codes.size
        self._low, self._high = (0, 0) if hashed or not size else (int(self._keys[0]), int(self._keys[-1]))
        # Where each key stands is looked up: by leading bits of a hash, by whole numbers that are not far apart.
        bits = min(size.bit_length() + 4, 26)
        self._shift = np.uint64(64 - bits)
        self._first = np.zeros(0, np.int32)
        if hashed:
            self._first = np.zeros(1 << bits, np.int32)
            # Backwards, so that of the keys with the same leading bits the lowest stays.
            self._first[(self._keys >> self._shift)[::-1]] = np.arange(size, dtype=np.int32)[::-1]
        elif size and self._high - self._low < 4 * size + (1 << 22):
            self._first = np.full(self._high - self._low + 1, -1, np.int32)
            self._first[self._keys - self._low] = self._sorted  # no other look-up is needed

    def sql(self, column: str) -> str:
        """Return SQL for a column as `numbers` takes it."""
        return f"hash({column})" if self._hashed else column

    def numbers(self, column: Index) -> Codes:
        """Return the number of each name of a column that was queried with `sql`."""
        if self._hashed:
            at = self._first[column >> self._shift]
            # Few hashes share their leading bits with a lower one.
            others = np.flatnonzero(self._keys[at] != column)
            at[others] = _place_in(self._keys, column[others], self._problems)
        elif column.size and (column.min() < self._low or column.max() > self._high):
            refuse_damaged(self._problems)
        elif column.size and self._first.size:
            of: Codes = self._first[column - self._low]
            if of.min() < 0:  # a number that was not there when subjects were counted
                refuse_damaged(self._problems)
            return of
        else:
            at = _place_in(self._keys, column, self._problems)
        return np.asarray(self._sorted[at], np.int32)


def _place_in(ordered: Index, values: Index, problems: Problems) -> Index:
    """Return where values stand among ordered ones; all of them must be there."""
    place = np.searchsorted(ordered, values)
    if values.size and not (ordered.size and np.array_equal(ordered[np.minimum(place, ordered.size - 1)], values)):
        refuse_damaged(problems)
    return place


def number_subjects(table: DataTable, codes: Codes | Callable[[Index], Codes]) -> NameNumbers:
    """Return the numbers of the subjects on both sides, which are given, or made of names, by first occurrence.

    Probes come first, then those that are references alone.  Where numbers are given, no name leaves the database.
    """
    whole, made = table.whole_subjects, callable(codes)
    name_of, key = "name" if whole or made else "hash(name)", ", hash(name) AS key" if made and not whole else ""
    table.hold_names()
    found = table.arrays(
        f"SELECT name{key} FROM (SELECT {name_of} AS name, min(first + CASE side WHEN 'probe' THEN 0::BIGINT "
        "ELSE 1::BIGINT << 60 END) AS seen FROM subject_names GROUP BY 1) ORDER BY seen"
    )
    numbers = codes(found["name"]) if callable(codes) else codes
    return NameNumbers(found["key" if key else "name"], numbers, not whole, table.problems)


class SampleNumbers:
    """Numbers the probe samples of a table, from 0: its searches, or its samples, each within its subject."""

    def __init__(self, table: DataTable, subjects: NameNumbers | None) -> None:
        self._problems, roles = table.problems, table.roles
        self._role = role = "search" if "search" in roles else "probe_sample"
        self._subjects, hashed = subjects if role == "probe_sample" else None, not table.is_whole(roles[role])
        key = f"hash({role})" if hashed else role
        keys = table.arrays(
            f"SELECT {key} AS key FROM selected WHERE {role} IS NOT NULL GROUP BY {role} ORDER BY min(row)"
        )["key"]
        self._samples = NameNumbers(keys, np.arange(keys.size, dtype=np.int32), hashed, table.problems)
        if self._subjects is not None:
            pairs = table.arrays(
                f"SELECT DISTINCT {self._subjects.sql('probe')} AS probe, {self.sql()} AS sample "
                "FROM selected WHERE probe IS NOT NULL AND probe_sample IS NOT NULL"
            )
            self._pairs = np.sort(self._pair(self._subjects.numbers(pairs["probe"]), pairs["sample"]))

    def sql(self) -> str:
        """Return SQL for what `numbers` takes."""
        return self._samples.sql(self._role)

    def numbers(self, probe: Codes | None, sample: Index) -> Codes:
        """Return the number of each probe sample, by its subject and as `sql` gave it."""
        if self._subjects is None or probe is None:
            return self._samples.numbers(sample)
        return _place_in(self._pairs, self._pair(probe, sample), self._problems).astype(np.int32)

    def _pair(self, probe: Codes, sample: Index) -> Index:
        return probe.astype(np.int64) * self._samples.codes.size + self._samples.numbers(sample)


def window(table: DataTable, columns: str, start: int) -> dict[str, Index]:
    """Return columns of the view ``selected`` for a window of the file's rows."""
    # Row groups outside the window are passed over; whoever reads windows counts what came.
    ignore_statistics(table.con, but_rows=True)
    try:
        return table.arrays(f"SELECT {columns} FROM selected WHERE row >= {start} AND row < {start + WINDOW}")
    finally:
        ignore_statistics(table.con)


def windows(
    table: DataTable,
    subjects: NameNumbers | None,
    samples: SampleNumbers | None,
    known: Mated,
    joins: JoinedSamples | None = None,
) -> Iterator[tuple[Flags, dict[str, Index]]]:
    """Yield which comparisons are mated, and columns in numbers: float32 scores, higher more alike, subjects, searches.

    Which are mated is looked up in ``known``, and kept there.
    """
    sides = {} if subjects is None else {side: f"{subjects.sql(side)} AS {side}" for side in ("probe", "reference")}
    columns = ", ".join(["score", *sides.values(), *([] if samples is None else [f"{samples.sql()} AS sample"])])
    if joins is not None:
        columns = ", ".join([columns, "row", *joins.sql()])
    for start in range(0, table.rows, WINDOW):
        part = window(table, columns if start in known else f"{columns}, mated", start)
        if start not in known:
            # Comparing two columns takes longer than reading the scores, and figures take several passes.
            known[start] = np.packbits(part["mated"])
        with np.errstate(over="ignore"):
            score = part["score"].astype(np.float32)
        if np.isinf(score).any():  # it was not there when scores were counted
            refuse_damaged(table.problems)
        found: dict[str, Index] = {"score": np.negative(score, out=score) if table.roles.distance else score}
        if subjects is not None:
            found |= {side: subjects.numbers(part[side]) for side in sides}
        if samples is not None:
            found["search"] = samples.numbers(found.get("probe"), part["sample"])
        if joins is not None:
            found |= joins.numbers(part)
        del part  # not to be held beside the next window
        yield np.unpackbits(known[start], count=score.size).view(np.bool_), found


def load_comparisons(
    table: DataTable,
    counts: ComparisonCounts,
    subjects: NameNumbers | None,
    samples: SampleNumbers | None,
    people: People | None,
    joins: JoinedSamples | None = None,
) -> Comparisons:
    """Read all comparisons, of which so many were counted; memory holds the result, and one window."""
    kinds = ((True, False), (False, False), (True, True), (False, True))  # whether mated, whether failed
    size, filled = dict(zip(kinds, counts, strict=True)), dict.fromkeys(kinds, 0)
    names = (["probe", "reference"] if subjects else []) + (["search"] if samples else [])
    # Failures are counted by whose sample failed, which is the probe's.
    wanted = {False: ["score", *names], True: names[:1] if subjects else []}
    if joins is not None:
        keyed = joins.columns()
        wanted = {False: [*wanted[False], *keyed], True: [*(names[:2] if subjects else []), *keyed]}
    held: dict[tuple[bool, bool], dict[str, Any]] = {
        kind: {one: np.empty(size[kind], np.float32 if one == "score" else np.int32) for one in wanted[kind[1]]}
        for kind in kinds
    }
    for mated, numbers in windows(table, subjects, samples, {}, joins):
        none = np.isnan(numbers["score"])
        for kind in kinds:
            at = np.flatnonzero((mated == kind[0]) & (none == kind[1]))
            here = slice(filled[kind], filled[kind] + at.size)
            filled[kind] = here.stop
            if here.stop > size[kind]:
                refuse_damaged(table.problems)
            for one, values in held[kind].items():
                values[here] = numbers[one][at]
    if filled != size:
        refuse_damaged(table.problems)
    mated_side, other = (
        _side(held[mated, False], held[mated, True], size[mated, True], joins is not None) for mated in (True, False)
    )
    return Comparisons(mated_side, other, people)


def _side(scored: dict[str, Any], failed: dict[str, Any], n_failed: int, joins: bool) -> Side:
    samples = None
    if joins:
        row = np.concatenate([scored.pop("row"), failed["row"]])
        probe, reference = (
            np.concatenate([scored.pop(one), failed[one]]) if one in scored else None
            for one in ("probe_sample", "reference_sample")
        )
        samples = SampleKeys(row, probe, reference, failed.get("reference"), "probe" in scored)
    return Side(**scored, failed=n_failed, failed_probe=failed.get("probe"), samples=samples)
