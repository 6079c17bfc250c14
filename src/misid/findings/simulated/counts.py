"""What happens to simulated people, beside the closed form, and to which groups."""

from __future__ import annotations

from collections.abc import Mapping

from misid.algorithm import SEARCH
from misid.findings.figures import photographed
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.simulated.book import KINDS, Book
from misid.findings.simulated.rates import ERROR, FEW, LEVEL, Rate, Words, simulated_rate
from misid.findings.simulated.rerun import MOST, expected, pieces_on, without_pieces
from misid.findings.words import capital, either, format_number, format_range, label, listing
from misid.quantities import Doubt, Estimate, Interval
from misid.vocabulary import TESTED_ORIGINS, Age, Mode, Origin, Sex
from misid.vocabulary.tested import Counted

NAMES: Mapping[str, str] = {
    "hit": "hits",
    "right_hit": "hits on the person's own record",
    "wrong_hit": "hits on somebody else's record",
    "no_hit": "no hit",
    "unsupported": "unsupported actions",
    "wrong_person": "of these, wrong person",
    "wrong_record": "of these, wrong record",
    "not_verified": "of these, acted on without a hit",
    "disbelieved_document": "of these, disbelieved document (overlaps)",
    "supported": "supported actions",
    "supported_by_chance": "actions supported by chance",
}
# What of these follows the search, and is the rule's doing.
ACTED = (
    "unsupported",
    "wrong_person",
    "wrong_record",
    "not_verified",
    "disbelieved_document",
    "supported",
    "supported_by_chance",
)
Again = Mapping[tuple[Mode, str], tuple[Rate, Interval]]
SMALLEST = 20  # of a smaller group nothing is printed
BY_GROUP = ("wrong_hit", "unsupported", "wrong_person", "wrong_record", "disbelieved_document", "not_verified")
NO_DOUBT = (
    "The ranges are simulation error: more encounters shrink them, and they say nothing about doubt in the world."
)


def counts(words: Words, book: Book) -> Section:
    """Return the main outcomes: simulated, in closed form, and what the closed form leaves out.

    Parameters
    ----------
    words : Words
        Of the run.
    book : Book
        Its ledger.
    """
    reckoner = words.reckoner
    again = without_pieces(reckoner, book, words.seed, words.encounters)
    met_again = f"{min(words.encounters, MOST):,} of the same people, paired by person, by groups stopped together"
    figures: dict[str, Estimate] = {}
    tables = []
    for mode in book.modes:
        closed = expected(reckoner, mode)
        rows: list[tuple[Cell, ...]] = []
        for measure, title in NAMES.items():
            mine = simulated_rate(book.moments[mode, "all", "all", measure])
            counted = counted_by(measure)
            distance = reckoner.distance(mode, counted=counted)
            figures[f"{measure}.{mode.value}.simulated"] = simulated = words.estimate(mine, mode, counted=counted)
            form = words.per * float(closed[measure][0])
            figures[f"{measure}.{mode.value}.closed_form"] = words.plain(
                form, "people", mode, "closed form at the same point", n=words.per, distance=distance
            )
            row: tuple[Cell, ...] = (title, simulated, form)
            if again:
                off, difference = again[mode, measure]
                figures[f"{measure}.{mode.value}.pieces_off"] = words.estimate(off, mode, counted=counted)
                figures[f"{measure}.{mode.value}.left_out"] = left_out = Estimate(
                    *difference.times(words.per)[:3],
                    "people",
                    Doubt.SIMULATION,
                    met_again,
                    n=words.per,
                    level=LEVEL,
                    conditions=reckoner.conditions(mode, reckoner.n_references),
                    distance=distance,
                    caveats=words.caveats(),
                )
                row = (*row, figures[f"{measure}.{mode.value}.pieces_off"], left_out)
            rows.append(row)
        more = ("with those pieces off", "difference, person by person") if again else ()
        tables.append(
            Table(
                f"What happens to {photographed(reckoner)}: {label(mode)}",
                ("", "simulated", "closed form", *more),
                tuple(rows),
                f"{ERROR}{_agreement(words, mode, again)}",
                reckoner.distance(mode),
            )
        )
    return Section(
        "counts",
        "Simulated, and in closed form",
        _counts_said(words, book, again),
        figures,
        (*tables, _kinds(words, book)),
    )


def counted_by(measure: str) -> tuple[Counted, ...]:
    """Return what a measure of `NAMES` rests on: the search alone, or the rule as well."""
    return (Counted.ACTIONS,) if measure in ACTED else SEARCH


def _counts_said(words: Words, book: Book, again: Again) -> str:
    reckoner = words.reckoner
    said = either(
        {
            mode: format_number(words.per * simulated_rate(book.moments[mode, "all", "all", "unsupported"]).share)
            for mode in book.modes
        }
    )
    form = either(
        {mode: format_number(words.per * float(expected(reckoner, mode)["unsupported"][0])) for mode in book.modes}
    )
    on = list(pieces_on(reckoner))
    beside = (
        f"The simulation has what the closed form goes without: {listing(on)}."
        if on
        else "Every piece that only the simulation has is off here."
    )
    if on and again:
        beside += f" {_left_out_said(words, again)}"
    return (
        f"Of {photographed(reckoner)}, {said} simulated people met an unsupported action; the closed form expects "
        f"{form}. {beside} {NO_DOUBT}"
    )


def _agreement(words: Words, mode: Mode, again: Again) -> str:
    """Say how often the closed form lies inside the interval of the run that has no more than it has."""
    closed = expected(words.reckoner, mode)
    inside = [off.low <= float(closed[m][0]) <= off.high for (at, m), (off, _) in again.items() if at is mode]
    return (
        f" With those pieces off the closed form is inside the range in {sum(inside)} of {len(inside)} rows."
        if inside
        else ""
    )


def _left_out_said(words: Words, again: Again) -> str:
    """Say which outcomes the pieces change by more than chance would."""
    changed: dict[str, dict[Mode, str]] = {}
    for (mode, measure), (_, d) in again.items():
        low, high = d.ends
        if not low <= 0.0 <= high:
            ends = format_range(words.per * low, words.per * high)
            changed.setdefault(measure, {})[mode] = f"{format_number(words.per * d.value)} ({ends}; {label(mode)})"
    if not changed:
        return "The same people met again without them fare alike, within simulation error."
    said = listing([f"{_PLAIN.get(m, NAMES[m])} by {' or '.join(by_mode.values())}" for m, by_mode in changed.items()])
    return f"Against the same people met again without them, they change {said}; all else within simulation error."


_PLAIN = {
    "wrong_person": "people acted on as the wrong person",
    "wrong_record": "people acted on for a wrong record",
    "not_verified": "people acted on without a hit",
    "disbelieved_document": "disbelieved documents",
}


def frequencies(words: Words, book: Book) -> dict[str, dict[Mode, float]]:
    """Return how many of so many encounters are of each kind that occurred, by kind and mode."""
    found = {
        (kind, mode): int(n) for kind, mode, n in book.rows("SELECT kind, mode, sum(number) FROM cells GROUP BY ALL")
    }
    occurred = {kind for kind, _ in found}
    return {
        kind: {mode: words.per * found.get((kind, mode.value), 0) / words.encounters for mode in book.modes}
        for kind in KINDS
        if kind in occurred
    }


def kind_in_words(words: Words, kind: str) -> str:
    """Return the words for a kind of encounter: whoever is verified is let through, whoever is searched for let go."""
    said = KINDS[kind][1]
    return said.replace("let go", "let through") if words.reckoner.scenario.purpose == "verify" else said


def _kinds(words: Words, book: Book) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (capital(kind_in_words(words, kind)), *by_mode.values()) for kind, by_mode in frequencies(words, book).items()
    ]
    return Table(
        f"Every kind of encounter, per {photographed(words.reckoner)}",
        ("kind", *(label(mode) for mode in book.modes)),
        tuple(rows),
        "Every encounter is of one kind: the first in this order that fits.",
        words.reckoner.distance(book.modes[0], counted=(Counted.ACTIONS,)),
    )


def groups_section(words: Words, book: Book) -> Section:
    """Return wrong hits and unsupported actions by origin and sex, status and age.

    Parameters
    ----------
    words : Words
        Of the run.
    book : Book
        Its ledger.
    """
    measures = [m for m in BY_GROUP if m != "not_verified" or _occurs(book, m)]
    named = [
        (domain, name, _group(words, domain, name)) for domain in _SIDES for name in _in_order(words, book, domain)
    ]
    people = {(d, n): book.moments[book.modes[0], d, n, "hit"].people for d, n, _ in named}
    printed = [(d, n, title) for d, n, title in named if people[d, n] >= SMALLEST]
    figures: dict[str, Estimate] = {}
    tables, charts = [], []
    for mode in book.modes:
        rows: list[tuple[Cell, ...]] = []
        for domain, name, title in printed:
            cells = []
            for measure in measures:
                codes = ("group_no_test_data",) if domain == "origin_sex" and not _tested(name) else ()
                mine = words.estimate(
                    simulated_rate(book.moments[mode, domain, name, measure]),
                    mode,
                    "people",
                    title,
                    codes,
                    counted=counted_by(measure),
                    cell="" if domain == "age" else name.replace(".", "_"),
                    age=name if domain == "age" else "",
                )
                figures[f"{measure}.{domain}.{name}.{mode.value}"] = mine
                cells.append(mine)
            rows.append((title, people[domain, name], *cells))
        title = f"Per {words.per:,.0f} people of each group, {label(mode)}"
        table = Table(
            title,
            ("group", "people met", *(_SHORT[m] for m in measures)),
            tuple(rows),
            f"{ERROR} Where fewer than {FEW} were counted the range is too wide to put groups in order."
            + _left_out(named, people),
        )
        tables.append(table)
    charts.append(_chart(words, book, printed, tables))
    return Section("groups", "For whom", _groups_said(words, book, printed), figures, tuple(tables[1:]), tuple(charts))


_SIDES = ("origin_sex", "status", "age")
_SHORT = {
    "wrong_hit": "wrong hits",
    "unsupported": "unsupported actions",
    "wrong_person": "wrong person",
    "wrong_record": "wrong record",
    "disbelieved_document": "disbelieved document (overlaps)",
    "not_verified": "acted on without a hit",
}


def _occurs(book: Book, measure: str) -> bool:
    return any(book.moments[mode, "all", "all", measure].count for mode in book.modes)


def _in_order(words: Words, book: Book, domain: str) -> list[str]:
    """Return the groups that were met, in the order of the vocabulary or of the scenario."""
    met = set(book.labels(domain))
    order = {
        "origin_sex": [f"{o.value}.{s.value}" for o in Origin for s in Sex],
        "status": list(words.reckoner.scenario.statuses),
        "age": [age.value for age in Age],
    }[domain]
    return [name for name in order if name in met]


def _group(words: Words, domain: str, name: str) -> str:
    if domain == "status":
        return words.reckoner.scenario.statuses[name].title
    if domain == "age":
        return capital(label(Age(name)))
    origin, sex = name.split(".")
    return f"{label(Origin(origin))}, {label(Sex(sex))}" + ("" if _tested(name) else " (no test data)")


def _tested(name: str) -> bool:
    return name.split(".")[0] in {origin.value for origin in TESTED_ORIGINS}


def _left_out(named: list[tuple[str, str, str]], people: Mapping[tuple[str, str], int]) -> str:
    small = [title for domain, name, title in named if people[domain, name] < SMALLEST]
    return f" Not printed, under {SMALLEST} people: {listing(small)}." if small else ""


def _chart(words: Words, book: Book, printed: list[tuple[str, str, str]], tables: list[Table]) -> ChartData:
    title = f"Unsupported actions per {words.per:,.0f} people of each group"
    records = []
    statuses = words.reckoner.scenario.statuses
    for i, (domain, name, group) in enumerate(printed):
        if domain == "status" and statuses[name].action_supported:
            continue
        for mode in book.modes:
            r = simulated_rate(book.moments[mode, domain, name, "unsupported"])
            records.append(
                {
                    "label": group,
                    "series": label(mode),
                    "value": words.per * r.share,
                    "low": words.per * r.low,
                    "high": words.per * r.high,
                    "order": i,
                    "x_title": f"unsupported actions per {words.per:,.0f} people of the group",
                    "note": f"{r.count:,} of {r.people:,} simulated people",
                }
            )
    summary = (
        "Bars are simulation error alone. Where bars overlap, no order follows. People whose own record supports the action "
        "cannot meet an unsupported one and are left out."
    )
    return ChartData("ranges", title, summary, tuple(records), tables[0])


def _groups_said(words: Words, book: Book, printed: list[tuple[str, str, str]]) -> str:
    sentences = []
    for domain, of in (("origin_sex", "by origin and sex"), ("status", "by status"), ("age", "by age")):
        ends = []
        for mode in book.modes:
            found = [
                simulated_rate(book.moments[mode, d, name, "unsupported"]) for d, name, _ in printed if d == domain
            ]
            enough = [words.per * r.share for r in found if r.count >= FEW]
            if len(enough) > 1:
                reading = f" ({label(mode)})" if len(book.modes) > 1 else ""
                ends.append(f"{format_range(min(enough), max(enough))}{reading}")
        if ends:
            sentences.append(f"{of} {' or '.join(ends)}")
    if not sentences:
        return f"In no two groups were {FEW} unsupported actions counted: too few to say who meets more of them."
    return (
        f"Unsupported actions per {words.per:,.0f} people of a group run, over the groups with at least {FEW} of them, "
        f"{'; '.join(sentences)}. What differs between statuses and ages is mostly the record error of each, which is given "
        "in the table of inputs with its source; the ranges here do not hold that doubt."
    )
