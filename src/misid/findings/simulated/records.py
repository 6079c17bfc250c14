"""Records that come up: what is wrong on people's own, and on how few others the wrong hits land."""

from __future__ import annotations

from misid.expected import comparisons
from misid.findings.model import Cell, Section, Table
from misid.findings.simulated.ledger import ERROR, OWN, Book, Moments, SimulatedRun, simulated_rate
from misid.quantities import Estimate
from misid.search import References
from misid.storage import literal
from misid.vocabulary import Origin
from misid.vocabulary.numbers import percent

WRONG = {
    "stale": ("status out of date", "record_fault = 'stale'"),
    "linked": ("somebody else's record", "record_fault = 'linked to another person'"),
    "entered": ("status entered wrongly", "record_fault = 'entered wrongly'"),
    "name": ("name wrong", "NOT name_right"),
    "birth_date": ("birth date wrong", "NOT birth_date_right"),
    "nationality": ("nationality wrong", "NOT nationality_right"),
}
ALL = "all"
TOPS = {0.1: "tenth", 0.01: "hundredth"}


def records_section(run: SimulatedRun, book: Book) -> Section:
    """Return which database answers with people's own records, and what is wrong on them, at the strictest point."""
    records, point, title = run.estimates.scenario.records, book.points[0], "On the record"
    databases = {**{name: f"database = {literal(name)}" for name in records.databases}, ALL: "TRUE"}
    tests = {"status": "NOT record_right"}
    for name, test in databases.items():
        tests |= {f"{name}.answers": test}
        tests |= {f"{name}.{what}": f"{test} AND {wrong}" for what, (_, wrong) in WRONG.items()}
    found = book.moments(point, tests, OWN)[0]
    if not found["status"].people:
        return Section("records", title, "Nobody's own record came up in this run.")
    figures = {
        name: run.estimate(simulated_rate(m), point, "hits on the own record", caveats=("record_error_assumed",))
        for name, m in found.items()
    }
    titles = {name: database.title for name, database in records.databases.items()}
    if len(titles) > 1:
        titles[ALL] = "all of them"
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (title_, figures[f"{name}.answers"], *(figures[f"{name}.{what}"] for what in WRONG))
        for name, title_ in titles.items()
    )
    table = Table(
        f"Of {run.per:,.0f} hits on the person's own record: which database answers, and what is wrong on it",
        ("database", "answers", *(words for words, _ in WRONG.values())),
        rows,
        f"Somebody else's record has a wrong name, birth date and nationality as well. {ERROR}",
    )
    text = (
        f"Where a person's own record comes up, its status is wrong in {percent(simulated_rate(found['status']).value)} "
        f"of hits. {records.reported} Who is in which database, and how late each is, is an assumption."
    )
    return Section("records", title, text, figures, (table,))


def references_hit(run: SimulatedRun, book: Book) -> Section:
    """Return on how few references the hits on strangers land, at each operating point."""
    title = "The same faces again and again"
    if run.estimates.place(run.points[0]).n_references <= 1:
        text = "Here one photo is compared with one reference: there is no stranger's record to land on."
        return Section("references", title, text)
    shape = run.estimates.scenario.photos.reference_heterogeneity_k
    figures: dict[str, Estimate] = {}
    rows: list[tuple[Cell, ...]] = []
    for top, words in TOPS.items():
        low, value, high = (float(References(k).share_of_hits(top)) for k in (shape.high, shape.value, shape.low))
        figures[f"expected.{words}"] = run.estimates.estimate(
            value,
            run.estimates.place(run.points[0]),
            (low, high),
            unit="share of hits on strangers",
            method="gamma law of references; range over its shape",
            n=1.0,
        )
    rows.append(("expected", "–", *(figures[f"expected.{words}"] for words in TOPS.values()), "–"))
    most_of_all = 0
    for point in run.points:
        hits, most, *landed = _landed(run, book, point)
        most_of_all = max(most_of_all, most)
        cells: list[Cell] = ["no such hit"] * len(TOPS)
        if hits:
            for i, (words, count) in enumerate(zip(TOPS.values(), landed, strict=True)):
                share = simulated_rate(Moments.alone(hits, count))
                figures[f"seen.{words}.{point}"] = run.estimate(share, point, "share of hits on strangers", per=1.0)
                cells[i] = figures[f"seen.{words}.{point}"]
        rows.append((run.named(point), hits, *cells, most))
    columns = (
        "strangers named",
        "hits on strangers",
        *(f"on the {w} that draws most" for w in TOPS.values()),
        "most on one record",
    )
    tenth = figures["expected.tenth"]
    text = (
        f"Some references draw many wrong hits. Under the assumption here the tenth that draws most gets "
        f"{percent(tenth.value)} of the hits on strangers; between {percent(tenth.low)}, if all are alike, and "
        f"{percent(tenth.high)} where few draw nearly all. In this run no stranger's record came up more than "
        f"{_times(most_of_all)}."
    )
    distance = run.estimates.distance(run.estimates.place(run.points[0]))
    return Section(
        "references",
        title,
        text,
        figures,
        (Table("On whose references wrong hits land", columns, tuple(rows), ERROR, distance),),
    )


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n:,} times")


def _landed(run: SimulatedRun, book: Book, point: str) -> list[int]:
    """Count hits on strangers, the most on one record, and those on the references that draw most.

    References of an origin are numbered from the one that draws most.
    """
    gallery, points = run.estimates.scenario.gallery, run.estimates.points(point)
    total = sum(entry.share.value for entry in gallery.mix.values())
    searched = float(comparisons(points)[0])
    sizes = {o: searched * entry.share.value / total for o, entry in gallery.mix.items()}
    tops = []
    for top in TOPS:
        cases = " ".join(f"WHEN {literal(o.value)} THEN {top * max(sizes.get(o, 0.0), 1.0)!r}" for o in Origin)
        tops.append(f"count(*) FILTER (reference < CASE candidate_origin {cases} END)")
    here = f"FROM people WHERE point = {literal(point)} AND whose = 'stranger'"
    (found,) = book.rows(
        f"SELECT count(*), (SELECT max(n) FROM (SELECT count(*) AS n {here} GROUP BY record_number)), {', '.join(tops)} {here}"
    )
    return [int(x or 0) for x in found]
