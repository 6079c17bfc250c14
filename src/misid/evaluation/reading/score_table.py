"""CSV and Parquet with a header: one row for each comparison, or, where there is a rank, for each candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import REVERSED, Comparisons, Flags, ReadOptions, Searches, Side, Stream
from misid.evaluation.reading.candidate_lists import are_lists, check_lists, read_lists
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
    ask_about_numberings,
    check_tried,
    check_varied,
    contradiction,
    note_failures,
    note_no_subjects,
    note_scale,
    note_scores,
    reversed_words,
)
from misid.evaluation.reading.content import PARQUET, FileContent
from misid.evaluation.reading.faults import Problems, count_of
from misid.evaluation.reading.joined_samples import JoinedSamples
from misid.evaluation.reading.names import ALIKE, EXACT, NOBODY, sample_sql, spelled
from misid.evaluation.reading.parquet_stream import ParquetStream
from misid.evaluation.reading.people import covered, group_columns, people_in_table, subjects_of
from misid.evaluation.reading.read import Reader, Reading
from misid.evaluation.reading.repeats import ALL, kept_of_subjects, left_out, pair_of, repeated
from misid.evaluation.reading.scale import AS_READ
from misid.evaluation.reading.sentinels import End, decide_sentinels
from misid.evaluation.reading.tables import (
    ComparisonCounts,
    DataTable,
    RowRule,
    SampleNumbers,
    Selection,
    flag_sql,
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
_SOME_PAIRS = 100_000  # rows of pairs of subjects that tell whether rows stand there twice
MOST_JOINED = 50_000_000  # rows whose subjects are looked up by their samples
MOST_FOR_TIES = 20_000_000
MOST_FOR_SCALE = 200_000  # scores that tell whether single precision holds them
_LOOKED_AT = 10_000  # rows that tell what kind of numbers a column holds
# Non-mated scores of a whole set are few near the end of the least alike: of an exponential tail that was cut off, a
# quarter is in the last tenth of the range of all but the highest.
FLOOR, HIGH, CROWDED, FEWEST_CUT = 0.1, 0.95, 0.2, 100
UNEVEN = 0.3  # of the mean, at least, is the variance of numbers that chance made; it is 1 for Poisson's
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
        given = {**roles.column, **dict.fromkeys(_samples_to_name(roles, options), "")}
        _check_complete(replace(roles, column=given), options, problems, partial(columns_in_words, names))
        problems.raise_if_any()
        of_groups = [column for sides in groups.values() for column in sides.values()]
        keep = [*roles.column.values(), *of_groups, *(column for column, _ in options.where)]
        looked = sorted({*keep, *names})[:64]
        table.load([*keep, *looked])
        _check_kinds(table, roles, looked, reading)
        roles = _with_subjects_of_samples(table, _without_samples(table, roles, reading), reading)
        for sentence in roles.assumed:
            reading.note(sentence, "distances" if roles.distance else "")
        decimal_comma = table.has_decimal_commas(roles["score"])
        problems.raise_if_any()
        _select(
            table,
            Selection(
                roles,
                options.where,
                groups,
                decimal_comma=decimal_comma,
                reversed_labels=options.labels == REVERSED,
                lists=are_lists(roles, options),
            ),
            reading,
        )
        _check_rows_kept(table, reading)
        reading.describe(content, "Parquet" if parquet else "table, text")
        if not table.selection.lists:
            return _comparisons(table, reading)
        check_lists(table)
        _leave_out(table, reading)
        return read_lists(table, reading)


def _select(table: DataTable, selection: Selection, reading: Reading) -> None:
    """Decide who is the same person and which scores are none; then select."""
    roles = selection.roles
    table.select(selection)
    if roles.named or selection.lists:
        reading.names = table.decide_names(reading)
    failed, notes = decide_sentinels(_ends(table, roles.distance), reading.options, roles.distance, table.problems)
    table.problems.raise_if_any()
    reading.assumed += notes
    found = replace(selection, names=reading.names, failed_scores=failed)
    if found != selection:
        table.select(found)
    if table.in_double(roles["score"]):
        some = table.arrays(f"SELECT score FROM selected WHERE isfinite(score) LIMIT {MOST_FOR_SCALE}")["score"]
        found = replace(found, scale=note_scale(np.sort(some.astype(np.float64)), reading))
        if found.scale != AS_READ:
            table.select(found)


def _leave_out(table: DataTable, reading: Reading) -> bool:
    """Leave out comparisons of a sample with itself, and those that stand there twice; tell whether there are any."""
    found, roles = table.selection, table.roles
    both = roles.named and all(role in roles for role in SAMPLES)
    if both and _samples_alike(table, reading):
        found = replace(found, samples_alike=True)
        table.select(found)
    itself, one_set = _samples_with_themselves(table) if both else (0, None)
    left_out, symmetric = _repeats(table, reading, one_set)
    if symmetric and not itself:
        itself = int(table.query(f"SELECT count(*) FROM selected WHERE {_ITSELF}")[0][0])
    found = replace(found, left_out=left_out, no_sample_with_itself=itself > 0 and bool(one_set or symmetric))
    if found.no_sample_with_itself:
        reading.note(say("reading.table.itself", n=itself))
    elif itself:
        reading.note(say("reading.table.same_name", n=itself))
    if found == table.selection:
        return False
    table.select(found)
    return True


_ITSELF = "probe = reference AND probe_sample::VARCHAR = reference_sample::VARCHAR"


def _samples_alike(table: DataTable, reading: Reading) -> bool:
    """Tell whether samples are spelled in two ways, one on either side; ask where a side has both."""
    if reading.options.names == EXACT or all(table.is_whole(table.roles[role]) for role in SAMPLES):
        return False
    sides = " UNION ALL ".join(
        f"SELECT '{role}' AS side, {role}::VARCHAR AS name FROM selected WHERE {role} IS NOT NULL GROUP BY 2"
        for role in SAMPLES
    )
    names, keys, of_sides, each = table.query(
        "SELECT count(DISTINCT name), count(DISTINCT key), count(*), count(DISTINCT (side, key)) "
        f"FROM (SELECT side, name, {sample_sql('name')} AS key FROM ({sides}))"
    )[0]
    within = of_sides - each
    if names - keys <= within and reading.options.names != ALIKE:
        return False
    if within and reading.options.names != ALIKE:
        what = f"{count_of(names - keys, 'name')} of samples that differ from another by capitals, ./ or .jpg alone"
        table.problems.add(what, "are they the same samples? Give --names alike, or --names exact if they are not")
        table.problems.raise_if_any()
    reading.note(say("reading.names.samples_alike", n=int(names - keys)))
    return True


def _repeats(table: DataTable, reading: Reading, one_set: bool | None) -> tuple[bool, bool]:
    """Decide which comparisons stand there twice: whether some are left out, in a table, and `repeats.left_out`."""
    roles, lists, problems = table.roles, table.selection.lists, table.problems
    probe = "search" if "search" in roles else "probe, probe_sample" if "probe_sample" in roles else "probe"
    one, other = f"hash({probe})", "hash(reference, reference_sample)"
    sampled = "reference_sample" in roles and (lists or probe != "probe")
    if reading.options.repeats == ALL or not (sampled or lists):
        return False, False
    both = sampled and not lists and probe == "probe, probe_sample" and one_set is not False
    key, where = f"hash({one}, {other})", "reference IS NOT NULL" if lists else "true"
    if both:
        key = f"hash(least({one}, {other}), greatest({one}, {other}))"
    elif lists:  # whatever else stands there twice is found with the ranks
        key = f"hash({one}, {other}, rank, score)" if not sampled else f"hash({one}, {other}, score)"
    every = 1 + table.rows // MOST_FOR_DUPLICATES
    where += f" AND {key} % {every} = 0" if every > 1 else ""
    twice = repeated(table.arrays(f"SELECT {key} AS key FROM selected WHERE {where}")["key"])
    if not twice.size:
        return False, False
    if every > 1:
        what = f"comparisons that stand there twice, more than once in {MOST_FOR_DUPLICATES:,}"
        problems.refuse(what, f"write the file without them, or give --repeats {ALL} to count every one")
    table.con.register("twice", {"key": twice})
    rows = table.arrays(
        f"SELECT row, key, turned, score FROM (SELECT row, {key} AS key, {one} > {other} AS turned, score "
        f"FROM selected WHERE {where}) WHERE key IN (SELECT key FROM twice) ORDER BY row"
    )
    turned = rows["turned"].astype(np.bool_) if both else None
    score = rows["score"].astype(np.float64)
    out, symmetric = left_out(rows["key"], turned, score, reading, problems, one_set)
    problems.raise_if_any()
    if out.any():
        table.leave_out(rows["row"][out])
    return bool(out.any()), symmetric


def _ends(table: DataTable, distance: bool) -> list[End]:
    """Return the lowest and the highest score."""
    low, high, total = table.query("SELECT min(score), max(score), count(*) FROM selected WHERE isfinite(score)")[0]
    if low is None or low == high:
        return []
    ends = ((low, high, "min"), (high, low, "max"))
    sql = (f"count_if(score = {v!r}), {near}(score) FILTER (score <> {v!r})" for v, _, near in ends)
    row = table.query(f"SELECT {', '.join(sql)} FROM selected WHERE isfinite(score)")[0]
    return [
        End(value, int(times), after, abs(other - after), times / total, (value == high) != distance)
        for (value, other, _), times, after in zip(ends, row[::2], row[1::2], strict=True)
    ]


def _samples_with_themselves(table: DataTable) -> tuple[int, bool | None]:
    """Return how many comparisons are of one name of a sample, and whether that is the same sample, if scores tell."""
    alike = "min" if table.roles.distance else "max"
    at_least = "<=" if table.roles.distance else ">="
    itself, others = table.query(
        f"SELECT count(*) FILTER ({_ITSELF}), count(*) FILTER (mated AND NOT coalesce({_ITSELF}, false)) FROM selected"
    )[0]
    if itself < 2 or not others:
        return int(itself), None
    # Where one name of a sample goes with several people, samples are numbered by person, and 1 and 1 may be two.
    several = table.query(
        "SELECT count(DISTINCT hash(probe, probe_sample)) > count(DISTINCT probe_sample) "
        "OR count(DISTINCT hash(reference, reference_sample)) > count(DISTINCT reference_sample) FROM selected"
    )[0][0]
    if several:
        return int(itself), None
    highest = table.query(
        f"SELECT avg((mine {at_least} coalesce(best, mine))::INT) FROM (SELECT probe_sample, "
        f"{alike}(score) FILTER ({_ITSELF}) AS mine, {alike}(score) FILTER (NOT coalesce({_ITSELF}, false)) AS best "
        "FROM selected WHERE NOT isnan(score) GROUP BY 1) WHERE mine IS NOT NULL"
    )[0][0]
    return int(itself), None if highest is None else highest >= MOSTLY


_ALSO = "; or give a table of samples and subjects by --subjects"


def _ask_if_cut(pairs: Comparisons, table: DataTable, reading: Reading) -> None:
    """Ask what is in no row, where probes met few references, as many as chance has it, and scores end at a floor."""
    other = pairs.non_mated.score
    if reading.options.unscored or other.size < FEWEST_CUT:
        return
    low, top = float(other.min()), float(other.max())
    # Quick, for nearly all files: no fewer lie in a tenth of the whole range than of that to a quantile.
    if np.count_nonzero(other < low + FLOOR * (top - low)) < CROWDED * other.size:
        return
    high = float(np.quantile(other, HIGH))
    near = other[other < low + FLOOR * (high - low)]
    # Scores of a few values end somewhere without a floor.
    if not low or near.size < CROWDED * other.size or 2 * np.unique(near).size < near.size:
        return
    sides = [(side.probe, side.reference) for side in (pairs.mated, pairs.non_mated)]
    met = np.unique(np.concatenate([pair_of(a, b) for a, b in sides if a is not None and b is not None]))
    times = np.unique(met >> np.uint64(32), return_counts=True)[1]
    references = np.unique(met.astype(np.uint32)).size  # the lower half
    if times.var() < UNEVEN * times.mean() or 2 * times.max() > references:
        return
    end = f"{abs(low):g}" if table.roles.distance else f"{low:g}"
    table.problems.refuse(
        f"probes met {times.min()} to {times.max()} of {references:,} references, and scores end at {end}, where most "
        "of them lie: were pairs beyond it left out? Then these are lists of hits",
        "give the size of the gallery and all searches: --gallery-size N --searched FILE; or, if all comparisons that "
        "were made are here, --unscored left-out",
        field=table.roles["score"],
    )


def _check_complete(roles: Roles, options: ReadOptions, problems: Problems, way: Callable[[str], str]) -> None:
    if "score" not in roles:
        problems.add("no column is the score", way("score"))
    if are_lists(roles, options):
        for role in ("probe_subject", "reference_subject"):
            if role not in roles:
                needs = "a list of candidates needs it: whose photo was searched, or who came back"
                problems.add(f"no column is the {role}; {needs}", way(role) + _ALSO)
        return
    if not roles.named and "mated" not in roles:
        what = "nothing says which comparisons are mated: give probe_subject and reference_subject, or mated"
        missing = "mated" if "probe_subject" not in roles else "reference_subject"
        also = f"{_ALSO}; or say which part of samples' names is the subject: --subject-from"
        problems.add(what, way(missing) + (also if all(role in roles for role in SAMPLES) else ""))
    if options.groups and not roles.named:
        problems.add("groups need probe_subject and reference_subject", "give both", field="groups")


def _samples_to_name(roles: Roles, options: ReadOptions) -> dict[str, str]:
    """Return the columns of samples whose subjects the table of subjects is to give, by the role of the subject."""
    columns = {"probe_subject": ("probe_sample", "search"), "reference_subject": ("reference_sample",)}
    found = {
        role: [roles[one] for one in others if one in roles] for role, others in columns.items() if role not in roles
    }
    return {role: there[0] for role, there in found.items() if there and options.subjects}


def _with_subjects_of_samples(table: DataTable, roles: Roles, reading: Reading) -> Roles:
    """Add the subjects that the table of subjects gives to samples, where the rows name none."""
    columns = _samples_to_name(roles, reading.options)
    if not columns:
        return roles
    if table.rows > MOST_JOINED:
        what = f"{table.rows:,} rows, and subjects by the samples' names for at most {MOST_JOINED:,}"
        table.problems.refuse(what, "write the columns probe_subject and reference_subject")
    side, samples = reading.side["subjects"], table.distinct(columns.values())
    if "rank" in roles and "reference_subject" not in columns:  # templates, perhaps, that have subjects too
        listed = [one for one in table.distinct([roles["reference_subject"]]) if spelled(one) not in NOBODY]
        if covered(side, listed):
            columns |= {"reference_subject": roles["reference_subject"]}
            samples = sorted({*samples, *listed})
    people = subjects_of(side, samples)
    reading.note(say("reading.trials.subjects", n=len(samples), people=len(set(people)), file=side.name))
    found = dict(roles.column) | table.add_named(columns, dict(zip(samples, people, strict=True)))
    if "rank" in roles and columns.get("reference_subject") == roles.column.get("reference_subject"):
        found["reference_sample"] = roles["reference_subject"]
    return replace(roles, column=found)


def _without_samples(table: DataTable, roles: Roles, reading: Reading) -> Roles:
    """Take what looked like subjects for samples, where the label says otherwise than their names."""
    if not (roles.guessed and roles.named and "mated" in roles):
        return roles
    one, other = (f"({table.identity(roles[role])})::VARCHAR" for role in ("probe_subject", "reference_subject"))
    differ = table.query(f"SELECT count(*) FROM file_rows WHERE {flag_sql(roles['mated'])} <> ({one} = {other})")[0][0]
    if not differ:
        return roles
    reading.note(say("reading.labelled.samples"))
    column = {role.replace("_subject", "_sample"): column for role, column in roles.column.items()}
    return replace(roles, column=column)


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
    counts = _count(table)
    if _leave_out(table, reading):
        counts = _count(table)
    label = "" if roles.named else repr(roles["mated"])
    reading.note(say("reading.table.mated_column" if label else "reading.table.mated_subjects", column=label))
    note_failures(counts, reading, say("reading.table.no_score"))
    reading.by_names = roles.named and "mated" not in roles
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
    joins = None if reading.samples is None else JoinedSamples(table, reading.samples.codes)
    pairs = load_comparisons(table, counts, subjects, samples, people, joins)
    if roles.named and not ("reference_sample" in roles and sampled):
        pairs = _without_repeated_subjects(pairs, not sampled, table, reading)
    if roles.named:
        _ask_if_cut(pairs, table, reading)
    if sum(counts[:2]) <= MOST_FOR_TIES:
        ordered = np.sort(np.concatenate([pairs.mated.score, pairs.non_mated.score])).astype(np.float64)
        otherwise = "" if roles.named else reversed_words(reading)
        area = note_scores(pairs, ordered, roles.distance, reading, table.problems, otherwise)
        ask_about_numberings(pairs, area, reading, table.problems)
    return pairs


def _without_repeated_subjects(pairs: Comparisons, turned: bool, table: DataTable, reading: Reading) -> Comparisons:
    """Leave out comparisons that repeat two subjects and a score, if more do than by chance and the user says so.

    ``turned`` says that subjects alone are named, so that a pair may stand in both orders.
    """
    sides = pairs.mated, pairs.non_mated
    one, other = (
        [np.asarray(getattr(side, of)) for side in sides] for of in ("probe" if turned else "search", "reference")
    )
    step = 1 << (sum(part.size for part in one) // _SOME_PAIRS).bit_length()
    some = [((p + r) & (step - 1)) == 0 for p, r in zip(one, other, strict=True)]

    def joined(parts: Sequence[npt.NDArray[Any]], rows: Sequence[Flags]) -> npt.NDArray[Any]:
        return np.concatenate([part[of] for part, of in zip(parts, rows, strict=True)])

    def kept(rows: Sequence[Flags]) -> Flags:
        columns = joined(one, rows), joined(other, rows), joined([side.score for side in sides], rows)
        mated = np.repeat([True, False], [int(of.sum()) for of in rows])
        return kept_of_subjects(*columns, mated, reading, table.problems, turned)

    found = kept(some)
    table.problems.raise_if_any()
    if found.all():
        return pairs
    if step > 1:
        reading.assumed.pop()
        found = kept([np.ones(part.size, np.bool_) for part in one])
    first = found[: one[0].size], found[one[0].size :]
    return replace(pairs, mated=_picked(sides[0], first[0]), non_mated=_picked(sides[1], first[1]))


def _picked(side: Side, rows: Flags) -> Side:
    columns = {of: getattr(side, of) for of in ("score", "probe", "reference", "search")}
    samples = side.samples
    if samples is not None:
        there = np.r_[rows, np.ones(side.failed, np.bool_)]
        own, other = (None if one is None else one[there] for one in (samples.probe, samples.reference))
        samples = samples._replace(row=samples.row[there], probe=own, reference=other)
    return replace(side, samples=samples, **{of: values[rows] for of, values in columns.items() if values is not None})


def _count(table: DataTable) -> ComparisonCounts:
    """Count the comparisons, and refuse what is wrong with them."""
    roles, problems, complete = table.roles, table.problems, "complete them"
    rules = table.value_rules(("search", *SAMPLES))
    if roles.named:
        rules.append(RowRule("probe IS NULL OR reference IS NULL", "without a subject", complete))
    else:
        label = "whose label is neither 1, true, target, same or the like nor 0, -1, false, nontarget, different"
        rules.append(RowRule("mated IS NULL", label, "write 1 for mated and 0 for non-mated", roles["mated"]))
    if roles.named and "mated" in roles:
        counted = table.query(
            "SELECT count(*) FILTER (label AND NOT mated), count(*) FILTER (mated AND NOT label), "
            "count(*) FILTER (mated), count(*) FILTER (label) FROM selected WHERE probe IS NOT NULL"
        )[0]
        rules.append(RowRule("label IS NOT NULL AND label <> mated", *contradiction(*counted), roles["mated"]))
    there, none = "NOT isnan(score)", "isnan(score) AND NOT is_word"
    kinds = (f"mated AND {there}", f"NOT mated AND {there}", f"mated AND {none}", f"NOT mated AND {none}")
    figures = [
        *(f"coalesce(count_if({kind}), 0)" for kind in kinds),  # of no rows it is NULL
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
    return counts


def _note_odd_samples(table: DataTable, reading: Reading) -> None:
    """Say where a sample was compared with a subject twice, and where the sides look swapped."""
    roles = table.roles
    if not roles.named:
        return
    _note_swapped(table, reading)
    probe = "search" if "search" in roles else "probe_sample" if "probe_sample" in roles else ""
    if not probe or "reference_sample" in roles or table.kept > MOST_FOR_DUPLICATES:
        return
    again, alike = table.query(
        f"SELECT count(*) - count(DISTINCT hash(probe, {probe}, reference)), "
        f"count(*) - count(DISTINCT hash(probe, {probe}, reference, score)) FROM selected"
    )[0]
    if again:
        reading.note(say("reading.table.further", n=again, alike=alike))


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
OPTIONS = frozenset({one.name for one in fields(ReadOptions)} - {"histogram", "mask", "mates", "trials"})
READERS = (Reader("a table", OPTIONS, _recognise, _read),)
