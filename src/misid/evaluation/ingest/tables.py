"""Reads tables: CSV and Parquet of comparisons or of candidate lists, with a header that says which column is what."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from misid.evaluation.contract import Asked, Comparisons, Searches, Stream
from misid.evaluation.ingest.assemble import COSINE_SLACK, Notes, area_under, ties_of
from misid.evaluation.ingest.candidates import read_lists
from misid.evaluation.ingest.faults import EMPTY_WORDS, Problems, number, refuse
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.evaluation.ingest.relation import LARGEST, Table, column_names, disagrees, opened, view
from misid.evaluation.ingest.roles import PERSONAL, Roles, check_conditions, roles
from misid.evaluation.ingest.stream import Counts, ParquetStream, Samples, in_memory, subjects_of
from misid.evaluation.ingest.subjects import group_columns, people_of
from misid.storage import name

MOST_ROWS = 200_000_000  # held in memory; more are read piece by piece
MOST_FOR_DUPLICATES = 20_000_000  # rows in which duplicates are looked for
MOST_FOR_TIES = 20_000_000
_LOOKED_AT = 10_000  # rows that tell what kind of numbers a column holds
SAMPLES = ("probe_sample", "reference_sample")


def read_table(
    path: Path, asked: Asked, registry: Pseudonyms
) -> tuple[Comparisons | Searches | Stream, tuple[str, ...], tuple[str, ...]]:
    """Read a table of comparisons or of candidate lists.

    Parameters
    ----------
    path : Path
        CSV with a header (any of ``, ; tab |``, packed with gzip or not) or Parquet.
    asked : Asked
        How it is to be read.
    registry : Pseudonyms
        Numbers the subjects; the caller seals it.

    Returns
    -------
    data : Comparisons, Searches or Stream
        `Searches` if there is a column of ranks; a stream if there are more than `MOST_ROWS` comparisons.
    assumed : tuple of str
        A sentence for everything taken for granted.
    caveats : tuple of str
        Codes of `misid.vocabulary.CAVEATS`.

    Raises
    ------
    InvalidInput
        If the file cannot be read, or holds no comparisons that rates could be made of; names no subject.
    """
    problems, notes = Problems(str(path)), Notes()
    names = column_names(path)
    found = roles(names, asked, problems)
    personal = [found[role] for role in (*PERSONAL, "probe_sample", "reference_sample") if role in found]
    check_conditions(asked.where, names, personal, "where", problems)
    groups = group_columns(names, personal, asked, problems)
    _complete(found, asked, problems)
    problems.raise_if_any()
    notes.assumed += found.said
    notes.caveats += ["distances"] * found.lower
    keep = [*found.column.values(), *groups.values(), *(column for column, _ in asked.where)]
    looked = sorted({*keep, *names})[:64]
    with opened(path, [*keep, *looked]) as table:
        _mixed_up(table, found, looked, problems, notes)
        problems.raise_if_any()
        view(table, found, asked, list(groups.items()))
        kept = _left_out(table, found, asked, problems, notes)
        if "rank" in found:
            data: Comparisons | Searches | Stream = read_lists(
                table, found, asked, registry, list(groups), problems, notes
            )
        else:
            data = _comparisons(table, found, asked, registry, list(groups), kept, problems, notes)
    return data, tuple(notes.assumed), tuple(dict.fromkeys(notes.caveats))


def _complete(found: Roles, asked: Asked, problems: Problems) -> None:
    way = "name it by its role, or give role and column: score=sim"
    if "score" not in found:
        problems.add("no column is the score", way)
    if "rank" in found:
        for role in ("probe_subject", "reference_subject"):
            if role not in found:
                problems.add(f"no column is the {role}; a list of candidates needs it", way)
        return
    sides = [role for role in ("probe_subject", "reference_subject") if role in found]
    if len(sides) < 2 and "mated" not in found:
        problems.add(
            "nothing says which comparisons are mated: give probe_subject and reference_subject, or mated", way
        )
    for option, why in (("enrolled", "who is enrolled"), ("gallery_size", "how many references there are")):
        if getattr(asked, option):
            problems.add(f"comparisons say themselves {why}", "leave it out: it is for lists", field=option)
    if asked.groups and len(sides) < 2:
        problems.add("groups need probe_subject and reference_subject", "give both", field="groups")


def _mixed_up(table: Table, found: Roles, looked: list[str], problems: Problems, notes: Notes) -> None:
    """Look whether the columns hold the kind of thing that they are taken for."""
    parts = []
    for column in looked:
        value = f"TRY_CAST({name(column)}::VARCHAR AS DOUBLE)"
        parts += [f"count({value})", f"count(*) FILTER ({value} <> round({value}))", f"count({name(column)})"]
    row = table.ask(f"SELECT {', '.join(parts)} FROM (FROM given LIMIT {_LOOKED_AT})")[0]
    counted = {column: row[3 * at : 3 * at + 3] for at, column in enumerate(looked)}
    fractions = [column for column, (_, fraction, there) in counted.items() if 2 * fraction > there]
    for role in PERSONAL:
        if role in found and found[role] in fractions:
            problems.add(
                f"column {found[role]!r} holds fractions, as scores do",
                "are the columns mixed up? Give role and column: score=sim",
                field=role,
            )
    known = {column for role, column in found.column.items() if role not in SAMPLES}
    others = [column for column in fractions if column not in known]
    numbers, fraction, there = counted.get(found["score"], (0, 0, 0))
    if there and numbers and not fraction and others:
        notes.say(f"Column {found['score']!r} holds whole numbers and {others[0]!r} fractions: which is the score?")


def _left_out(table: Table, found: Roles, asked: Asked, problems: Problems, notes: Notes) -> int:
    rows = int(table.ask("SELECT count(*) FROM given")[0][0])
    kept = int(table.ask("SELECT count(*) FROM taken")[0][0])
    if not rows:
        refuse(str(table.path), "the table has a header and no rows", "give a table with scores")
    if "attack" in found:
        attacks = table.ask(
            f"SELECT count(*) FROM given WHERE coalesce(trim({name(found['attack'])}::VARCHAR), '') <> ''"
        )
        notes.say(f"{number(int(attacks[0][0]), 'row')} left out as attacks (column {found['attack']!r}).")
    if asked.where:
        said = " and ".join(f"{column} is {value}" for column, value in asked.where)
        notes.say(f"Rows kept: where {said}; {kept:,} of {rows:,}.")
    if not kept:
        problems.add("no row fulfils the conditions", "give other values", field="where")
    problems.raise_if_any()
    return kept


def _comparisons(
    table: Table,
    found: Roles,
    asked: Asked,
    registry: Pseudonyms,
    groups: list[str],
    kept: int,
    problems: Problems,
    notes: Notes,
) -> Comparisons | Stream:
    named = "probe_subject" in found and "reference_subject" in found
    counts = _counts(table, found, named, kept, problems, notes)
    rows = int(table.ask("SELECT count(*) FROM given")[0][0])
    subjects = subjects_of(table, found) if named else None
    people = None
    if subjects is not None:
        subjects.use(registry.codes(subjects.names))
        people = people_of(table, asked, registry, groups, subjects, problems, notes)
    else:
        notes.say("The file names no subjects, so comparisons are taken as independent.", "no_subject_labels")
    sampled = "search" in found or "probe_sample" in found
    _odd_samples(table, found, named, problems, notes)
    problems.raise_if_any()
    if sum(counts) > MOST_ROWS:
        if table.text:
            refuse(
                str(table.path), f"{sum(counts):,} comparisons in text", "write them as Parquet; that is read in pieces"
            )
        notes.say(f"{sum(counts):,} comparisons are read piece by piece each time; searches are not told apart.")
        codes = None if subjects is None else registry.find(subjects.names)
        return ParquetStream(table.path, found, asked, codes, people, counts)
    samples = Samples(table, found, subjects) if sampled else None
    held = in_memory(table, rows, counts, found.lower, subjects, samples)
    pairs = Comparisons(held.mated, held.non_mated, people)
    _remark(pairs, found, notes)
    return pairs


def _counts(table: Table, found: Roles, named: bool, kept: int, problems: Problems, notes: Notes) -> Counts:
    """Count the comparisons, and find what is wrong with them."""
    none = "isnan(score) AND NOT wordy"
    endless = f"NOT isnan(score) AND abs(score) > {LARGEST!r}"
    nameless = "probe IS NULL OR reference IS NULL" if named else "mated IS NULL"
    one = table.ask(
        "SELECT count(*) FILTER (mated AND NOT isnan(score)), count(*) FILTER (NOT mated AND NOT isnan(score)), "
        f"count(*) FILTER (mated AND {none}), count(*) FILTER (NOT mated AND {none}), "
        f"count(*) FILTER (wordy), min(row) FILTER (wordy), count(*) FILTER ({endless}), min(row) FILTER ({endless}), "
        f"count(*) FILTER ({nameless}), min(row) FILTER ({nameless}), "
        "min(score) FILTER (NOT isnan(score)), max(score) FILTER (NOT isnan(score)), "
        "count(*) FILTER (label IS NOT NULL AND label <> mated), count(*) FILTER (label IS NULL), count(*) FROM taken"
    )[0]
    if one[14] != kept:
        disagrees(table.path)
    counts = Counts(*map(int, one[:4]))
    first = 2 if table.text else 1
    way = "write NaN or nothing where there is no score"
    if one[4]:
        what = f"{number(one[4], 'row')} with a word for a score ({_word(table, found)})"
        problems.add(what, way, line=one[5] + first, field=found["score"])
    if one[6]:
        what = f"{number(one[6], 'score')} infinite, or too large for single precision"
        problems.add(what, way, line=one[7] + first, field=found["score"])
    if one[8]:
        what = "without a subject" if named else "whose label is neither 1, true or mated nor 0, -1, false or non-mated"
        problems.add(f"{number(one[8], 'row')} {what}", "complete them", line=one[9] + first)
    if named and "mated" in found and one[12]:
        problems.add(
            f"{number(one[12], 'row')} where the label says otherwise than the subjects",
            f"leave column {found['mated']!r} out, or set it right",
            field=found["mated"],
        )
    if not problems:
        _enough(counts, one[10], one[11], problems)
    problems.raise_if_any()
    notes.say("A comparison is mated where both subjects are the same." if named else
              f"A comparison is mated where column {found['mated']!r} says so.")  # fmt: skip
    if failed := counts.failed_mated + counts.failed_non_mated:
        notes.say(
            f"{number(failed, 'comparison')} without a score (NaN or nothing): {counts.failed_mated:,} mated and "
            f"{counts.failed_non_mated:,} non-mated. They are taken as failures to acquire or to enrol, and counted.",
            "failures_counted",
        )
    return counts


def _enough(counts: Counts, low: float | None, high: float | None, problems: Problems) -> None:
    for kind, scored, failed, way in (
        ("mated", counts.mated, counts.failed_mated, "a miss rate needs comparisons of a subject with the same one"),
        ("non-mated", counts.non_mated, counts.failed_non_mated, "a false match rate needs different subjects"),
    ):
        if not scored + failed:
            problems.add(f"there are no {kind} comparisons", way)
        elif not scored:
            problems.add(f"none of the {number(failed, f'{kind} comparison')} has a score", way)
    if low is not None and low == high and not problems:
        problems.add(f"every score is {low:g}", "is this the column of scores?")


def _word(table: Table, found: Roles) -> str:
    """Describe the first word that stands for a score; it may be a name, so it is quoted only if it is a known one."""
    text = f"trim({name(found['score'])}::VARCHAR)"
    row = table.ask(f"SELECT {text} FROM given WHERE {table.row} = (SELECT min(row) FROM taken WHERE wordy)")
    word = str(row[0][0]) if row else ""
    return f"the first is {word!r}" if word.lower() in EMPTY_WORDS else f"the first is a word of {len(word)} characters"


def _odd_samples(table: Table, found: Roles, named: bool, problems: Problems, notes: Notes) -> None:
    """Look for samples without a number, compared twice or with themselves, and for the sides being swapped."""
    there = [role for role in ("search", "probe_sample", "reference_sample") if role in found]
    for role in there:
        row = table.ask(f"SELECT count(*), min(row) FROM taken WHERE {role} IS NULL")[0]
        if row[0]:
            what = f"{number(row[0], 'row')} without a value"
            problems.add(what, "complete them", line=row[1] + (2 if table.text else 1), field=found[role])
    if named:
        _swapped(table, [role for role in there if role != "search"], notes)
    if not there or there == ["reference_sample"]:
        return
    probe = "search" if "search" in found else "probe_sample"
    sampled = "reference_sample" in there
    if not sampled and not named:
        return
    if named and sampled and "probe_sample" in found:
        same = "probe = reference AND probe_sample::VARCHAR = reference_sample::VARCHAR"
        if itself := int(table.ask(f"SELECT count(*) FROM taken WHERE {same}")[0][0]):
            notes.say(
                f"{number(itself, 'mated comparison')} with the same subject and sample on both sides: is that a "
                "sample with itself? They are kept."
            )
    if int(table.ask("SELECT count(*) FROM taken")[0][0]) > MOST_FOR_DUPLICATES:
        notes.say(f"More than {MOST_FOR_DUPLICATES:,} rows: nobody looked whether a comparison stands twice.")
        return
    pair = f"probe, {probe}, reference, reference_sample" if sampled else f"probe, {probe}, reference"
    row = table.ask(
        f"SELECT count(*) - count(DISTINCT hash({pair})), count(*) - count(DISTINCT hash({pair}, score)), "
        f"count(DISTINCT hash(probe)), count(DISTINCT hash(probe, {probe})), count(DISTINCT hash(reference)), "
        "count(DISTINCT hash(reference, reference_sample)) FROM taken"
    )[0]
    if row[0] and sampled:
        notes.say(
            f"{number(row[0], 'comparison')} of two samples that were compared before, {row[1]:,} of them with the "
            "same score: all are kept and counted. Is the file two files put together?"
        )
    elif row[0]:
        notes.say(
            f"{number(row[0], 'comparison')} of a probe sample with a subject that it was compared with before, "
            f"{row[1]:,} of them with the same score: taken as further references of that subject, and kept."
        )
    if named and sampled and row[2] == row[3] and row[4] < row[5]:
        notes.say("Every probe subject has one sample and references have several: are probe and reference swapped?")


def _swapped(table: Table, sampled: list[str], notes: Notes) -> None:
    """Say if samples of one side belong to the other: each goes with one subject there, some with several here."""
    for role in sampled:
        mine, other = ("probe", "reference") if role == "probe_sample" else ("reference", "probe")
        row = table.ask(
            "SELECT bool_and(one = last), bool_and(few = many) FROM "
            f"(SELECT min({mine}) AS one, max({mine}) AS last, min({other}) AS few, max({other}) AS many "
            f"FROM (SELECT * FROM taken LIMIT {10 * _LOOKED_AT}) GROUP BY {role})"
        )[0]
        if row[1] and not row[0]:
            notes.say(
                f"Each sample of the {mine} goes with one subject of the {other} and several of the {mine}: are probe "
                "and reference swapped?"
            )


def _remark(pairs: Comparisons, found: Roles, notes: Notes) -> None:
    """Say what is odd about the scores."""
    mated, other = pairs.mated.score, pairs.non_mated.score
    if mated.size + other.size > MOST_FOR_TIES:
        return
    ordered = np.sort(np.concatenate([mated, other])).astype(np.float64)
    ties_of(ordered, notes)
    top = ordered[-1]
    if 1 < top <= 1 + COSINE_SLACK and ordered[0] >= -1 - COSINE_SLACK:
        above = int(ordered.size - np.searchsorted(ordered, 1.0, "right"))
        notes.say(f"{number(above, 'score')} above 1, by rounding it seems (the highest is {top:.9g}): kept as found.")
    if (area := area_under(mated, other)) < 0.5:
        notes.say(
            f"Mated scores lie below non-mated ones (a mated score is the higher one in {100 * area:.1f}% of pairs): "
            + ("are these similarities?" if found.lower else "are these distances? Then --dissimilarity.")
        )
