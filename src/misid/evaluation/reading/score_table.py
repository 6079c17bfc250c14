"""CSV and Parquet with a header: one row for each comparison, or, where there is a rank, for each candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial

import numpy as np

from misid.evaluation.contract import Comparisons, ReadOptions, Searches, Stream
from misid.evaluation.reading.candidate_lists import read_lists
from misid.evaluation.reading.columns import (
    PERSONAL,
    Roles,
    check_conditions,
    columns_in_words,
    conditions_in_words,
    find_roles,
    names_scores,
)
from misid.evaluation.reading.comparisons import (
    MOSTLY,
    check_tried,
    check_varied,
    note_failures,
    note_no_subjects,
    note_scale,
    note_scores,
)
from misid.evaluation.reading.content import PARQUET, FileContent
from misid.evaluation.reading.faults import Problems
from misid.evaluation.reading.people import group_columns, people_in_table
from misid.evaluation.reading.read import Reader, Reading
from misid.evaluation.reading.scale import AS_READ
from misid.evaluation.reading.sentinels import End, decide_sentinels
from misid.evaluation.reading.tables import (
    ComparisonCounts,
    DataTable,
    ParquetStream,
    RowRule,
    SampleNumbers,
    Selection,
    load_comparisons,
    number_subjects,
    opened_table,
    refuse_damaged,
)
from misid.evaluation.reading.text import cells, delimiter_of, is_number
from misid.storage import name
from misid.vocabulary.catalogue import say

MOST_ROWS = 200_000_000  # held in memory; more are read piece by piece
MOST_FOR_DUPLICATES = 20_000_000  # rows in which duplicates are looked for
MOST_FOR_TIES = 20_000_000
MOST_FOR_SCALE = 200_000  # scores that tell whether single precision holds them
_LOOKED_AT = 10_000  # rows that tell what kind of numbers a column holds
SAMPLES = ("probe_sample", "reference_sample")


def _recognise(files: Sequence[FileContent], options: ReadOptions) -> float:
    content = files[0]
    if content.data.startswith(PARQUET):
        return 1.0
    content.check_text()
    line = content.head()[0]
    delimiter = delimiter_of(line) or (b" " if names_scores(line.split()) else b"")
    # A matrix of scores may look like a table, and not the other way round.
    return 0.5 if delimiter and not any(map(is_number, cells(line, delimiter))) else 0.0


def _read(files: Sequence[FileContent], reading: Reading) -> Comparisons | Searches | Stream:
    content, problems, options = files[0], files[0].problems, reading.options
    parquet = content.data.startswith(PARQUET)
    if not parquet:
        reading.note_missing_end(content)
    with opened_table(content) as table:
        names = list(table.types)
        roles = find_roles(names, options, problems)
        check_conditions(options, "where", names, roles.personal, problems)
        groups = group_columns(names, roles.personal, options, problems)
        _check_complete(roles, options, problems, partial(columns_in_words, names))
        problems.raise_if_any()
        for sentence in roles.assumed:
            reading.note(sentence, "distances" if roles.distance else "")
        of_groups = [column for sides in groups.values() for column in sides.values()]
        keep = [*roles.column.values(), *of_groups, *(column for column, _ in options.where)]
        looked = sorted({*keep, *names})[:64]
        table.load([*keep, *looked])
        _check_kinds(table, roles, looked, reading)
        _select(table, Selection(roles, options.where, groups), reading)
        _check_rows_kept(table, reading)
        reading.describe(content, "Parquet" if parquet else "table, text")
        read_rows = read_lists if "rank" in roles else _comparisons
        return read_rows(table, reading)


def _select(table: DataTable, selection: Selection, reading: Reading) -> None:
    """Decide who is the same person, which scores are none and which comparisons count; then select."""
    roles = selection.roles
    table.select(selection)
    if roles.named or "rank" in roles:
        reading.names = table.decide_names(reading)
    failed, notes = decide_sentinels(_ends(table, roles.distance), reading.options, roles.distance, table.problems)
    table.problems.raise_if_any()
    reading.assumed += notes
    found = replace(selection, names=reading.names, failed_scores=failed)
    if found != selection:
        table.select(found)
    if table.in_double(roles["score"]):
        some = table.arrays(f"SELECT score FROM selected WHERE isfinite(score) LIMIT {MOST_FOR_SCALE}")["score"]
        found = replace(found, scale=note_scale(some.astype(np.float64), reading))
        if found.scale != AS_READ:
            table.select(found)
    if roles.named and all(role in roles for role in SAMPLES) and (itself := _samples_with_themselves(table)):
        reading.note(say("reading.table.itself", n=itself))
        table.select(replace(found, no_sample_with_itself=True))


def _ends(table: DataTable, distance: bool) -> list[End]:
    """Return the lowest and the highest score."""
    low, high, total = table.query("SELECT min(score), max(score), count(*) FROM selected WHERE isfinite(score)")[0]
    if low is None or low == high:
        return []
    ends = ((low, high, "min"), (high, low, "max"))
    sql = (f"count(*) FILTER (score = {v!r}), {near}(score) FILTER (score <> {v!r})" for v, _, near in ends)
    row = table.query(f"SELECT {', '.join(sql)} FROM selected WHERE isfinite(score)")[0]
    return [
        End(value, int(times), after, abs(other - after), times / total, (value == high) != distance)
        for (value, other, _), times, after in zip(ends, row[::2], row[1::2], strict=True)
    ]


def _samples_with_themselves(table: DataTable) -> int:
    """Return how many comparisons are of a sample with itself; 0 if those of one name are of two samples."""
    alike = "min" if table.roles.distance else "max"
    at_least = "<=" if table.roles.distance else ">="
    same = "probe = reference AND probe_sample::VARCHAR = reference_sample::VARCHAR"
    itself, others = table.query(
        f"SELECT count(*) FILTER ({same}), count(*) FILTER (mated AND NOT coalesce({same}, false)) FROM selected"
    )[0]
    if itself < 2 or not others:
        return 0
    # Where one name of a sample goes with several people, samples are numbered by person, and 1 and 1 may be two.
    several = table.query(
        "SELECT count(DISTINCT hash(probe, probe_sample)) > count(DISTINCT probe_sample) "
        "OR count(DISTINCT hash(reference, reference_sample)) > count(DISTINCT reference_sample) FROM selected"
    )[0][0]
    if several:
        return 0
    highest = table.query(
        f"SELECT avg((mine {at_least} coalesce(best, mine))::INT) FROM (SELECT probe_sample, "
        f"{alike}(score) FILTER ({same}) AS mine, {alike}(score) FILTER (NOT coalesce({same}, false)) AS best "
        "FROM selected WHERE NOT isnan(score) GROUP BY 1) WHERE mine IS NOT NULL"
    )[0][0]
    return int(itself) if highest is not None and highest >= MOSTLY else 0


def _check_complete(roles: Roles, options: ReadOptions, problems: Problems, way: Callable[[str], str]) -> None:
    if "score" not in roles:
        problems.add("no column is the score", way("score"))
    if "rank" in roles:
        for role in ("probe_subject", "reference_subject"):
            if role not in roles:
                needs = "a list of candidates needs it: whose photo was searched, or who came back"
                problems.add(f"no column is the {role}; {needs}", way(role))
        return
    if not roles.named and "mated" not in roles:
        what = "nothing says which comparisons are mated: give probe_subject and reference_subject, or mated"
        missing = "mated" if "probe_subject" not in roles else "reference_subject"
        also = "; or say which part of samples' names is the subject: --subject-from"
        problems.add(what, way(missing) + (also if all(role in roles for role in SAMPLES) else ""))
    for option, why in (
        ("enrolled", "who is enrolled"),
        ("searched", "what was searched"),
        ("gallery_size", "how many references there are"),
    ):
        if getattr(options, option):
            problems.add(f"comparisons say themselves {why}", "leave it out: it is for lists", field=option)
    if options.groups and not roles.named:
        problems.add("groups need probe_subject and reference_subject", "give both", field="groups")


def _check_kinds(table: DataTable, roles: Roles, looked: Sequence[str], reading: Reading) -> None:
    """Look whether the columns hold the kind of thing that they are taken for."""
    parts = []
    for column in looked:
        value = f"TRY_CAST({name(column)}::VARCHAR AS DOUBLE)"
        parts += [f"count({value})", f"count(*) FILTER ({value} <> round({value}))", f"count({name(column)})"]
    row = table.query(f"SELECT {', '.join(parts)} FROM (FROM file_rows LIMIT {_LOOKED_AT})")[0]
    counts = {column: row[3 * at : 3 * at + 3] for at, column in enumerate(looked)}
    fractions = [column for column, (_, fraction, there) in counts.items() if 2 * fraction > there]
    for role in PERSONAL:
        if role in roles and roles[role] in fractions:
            table.problems.add(
                f"column {roles[role]!r} holds fractions, as scores do",
                "are the columns mixed up? Give --column score=COLUMN",
                field=role,
            )
    table.problems.raise_if_any()
    known = {column for role, column in roles.column.items() if role not in SAMPLES}
    others = [column for column in fractions if column not in known]
    numbers, fraction, there = counts.get(roles["score"], (0, 0, 0))
    if there and numbers and not fraction and others:
        reading.note(say("reading.table.which", whole=repr(roles["score"]), fraction=repr(others[0])))


def _check_rows_kept(table: DataTable, reading: Reading) -> None:
    """Say which rows were left out; refuse a table without any left."""
    if not table.rows:
        table.problems.refuse("the table has a header and no rows", "give a table with scores")
    if "attack" in table.roles:
        column = table.roles["attack"]
        left_out = table.query(
            f"SELECT count(*) FROM file_rows WHERE coalesce(trim({name(column)}::VARCHAR), '') <> ''"
        )
        reading.note(say("reading.table.attacks", n=int(left_out[0][0]), column=repr(column)))
    if where := conditions_in_words(reading.options.where):
        reading.note(say("reading.rows_kept_of", where=where, kept=table.kept, rows=table.rows))
    if not table.kept:
        table.problems.refuse("no row fulfils the conditions", "give other values", field="where")


def _comparisons(table: DataTable, reading: Reading) -> Comparisons | Stream:
    roles, people, subjects = table.roles, None, None
    counts = _count(table, reading)
    if roles.named:
        subjects = number_subjects(table, reading.pseudonyms.codes)
        people = people_in_table(table, reading, subjects)
    else:
        note_no_subjects(reading)
    _note_odd_samples(table, reading)
    if sum(counts) > MOST_ROWS:
        if table.text:
            what = f"{sum(counts):,} comparisons in text"
            table.problems.refuse(what, "write them as Parquet; that is read in pieces")
        reading.note(say("reading.table.pieces", x=sum(counts)))
        codes = None if subjects is None else subjects.codes
        return ParquetStream(table.content, table.selection, counts, codes, people)
    sampled = "search" in roles or "probe_sample" in roles
    samples = SampleNumbers(table, subjects) if sampled else None
    pairs = load_comparisons(table, counts, subjects, samples, people)
    if sum(counts[:2]) <= MOST_FOR_TIES:
        ordered = np.sort(np.concatenate([pairs.mated.score, pairs.non_mated.score])).astype(np.float64)
        note_scores(pairs, ordered, roles.distance, reading)
    return pairs


def _count(table: DataTable, reading: Reading) -> ComparisonCounts:
    """Count the comparisons, and refuse what is wrong with them."""
    roles, problems, complete = table.roles, table.problems, "complete them"
    rules = table.value_rules(("search", *SAMPLES))
    if roles.named:
        rules.append(RowRule("probe IS NULL OR reference IS NULL", "without a subject", complete))
    else:
        label = "whose label is neither 1, true or mated nor 0, -1, false or non-mated"
        rules.append(RowRule("mated IS NULL", label, complete))
    if roles.named and "mated" in roles:
        what = "where the label says otherwise than the subjects"
        fix = f"leave column {roles['mated']!r} out, or set it right"
        rules.append(RowRule("label IS NOT NULL AND label <> mated", what, fix, roles["mated"]))
    there, none = "NOT isnan(score)", "isnan(score) AND NOT is_word"
    kinds = (f"mated AND {there}", f"NOT mated AND {there}", f"mated AND {none}", f"NOT mated AND {none}")
    figures = [
        *(f"count(*) FILTER ({kind})" for kind in kinds),
        *(f"{bound}(score) FILTER ({there})" for bound in ("min", "max")),
        "count(*)",
    ]
    *tried, low, high, rows = table.check_rows(rules, figures)
    if rows != table.kept:
        refuse_damaged(problems)
    counts = ComparisonCounts(*map(int, tried))
    if not problems:
        check_tried(counts, problems)
    if not problems:
        check_varied(low, high, problems)
    problems.raise_if_any()
    label = "" if roles.named else repr(roles["mated"])
    reading.note(say("reading.table.mated_column" if label else "reading.table.mated_subjects", column=label))
    note_failures(counts, reading, say("reading.table.no_score"))
    return counts


def _note_odd_samples(table: DataTable, reading: Reading) -> None:
    """Say where samples were compared twice or with themselves, and where the sides look swapped."""
    roles = table.roles
    there = [role for role in ("search", *SAMPLES) if role in roles]
    named, sampled = roles.named, "reference_sample" in there
    if named:
        _note_swapped(table, reading)
    if not there or there == ["reference_sample"] or not (sampled or named):
        return
    if named and sampled and "probe_sample" in roles:
        same = "probe = reference AND probe_sample::VARCHAR = reference_sample::VARCHAR"
        if itself := int(table.query(f"SELECT count(*) FROM selected WHERE {same}")[0][0]):
            reading.note(say("reading.table.same_name", n=itself))
    if table.kept > MOST_FOR_DUPLICATES:
        reading.note(say("reading.table.too_many", most=MOST_FOR_DUPLICATES))
        return
    probe = "search" if "search" in roles else "probe_sample"
    pair = f"probe, {probe}, reference, reference_sample" if sampled else f"probe, {probe}, reference"
    row = table.query(
        f"SELECT count(*) - count(DISTINCT hash({pair})), count(*) - count(DISTINCT hash({pair}, score)), "
        f"count(DISTINCT hash(probe)), count(DISTINCT hash(probe, {probe})), count(DISTINCT hash(reference)), "
        "count(DISTINCT hash(reference, reference_sample)) FROM selected"
    )[0]
    if row[0]:
        repeated = "twice" if sampled else "further"
        reading.note(say(f"reading.table.{repeated}", n=row[0], alike=row[1]))
    if named and sampled and row[2] == row[3] and row[4] < row[5]:
        reading.note(say("reading.table.swapped"))


def _note_swapped(table: DataTable, reading: Reading) -> None:
    """Say if samples of one side belong to the other: each goes with one subject there, some with several here."""
    for role in (role for role in SAMPLES if role in table.roles):
        mine, other = ("probe", "reference") if role == "probe_sample" else ("reference", "probe")
        row = table.query(
            "SELECT bool_and(one = last), bool_and(few = many) FROM "
            f"(SELECT min({mine}) AS one, max({mine}) AS last, min({other}) AS few, max({other}) AS many "
            f"FROM (SELECT * FROM selected LIMIT {10 * _LOOKED_AT}) GROUP BY {role})"
        )[0]
        if row[1] and not row[0]:
            reading.note(say(f"reading.table.swapped_{mine}"))


# All but what says something about text and matrices alone.
OPTIONS = frozenset({one.name for one in fields(ReadOptions)} - {"histogram", "mask", "mates", "trials", "unscored"})
READERS = (Reader("a table", OPTIONS, _recognise, _read),)
