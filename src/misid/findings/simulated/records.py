"""People's own records that come up: which database answers, and what is wrong on them."""

from __future__ import annotations

from misid.findings.model import Cell, Section, Table
from misid.findings.simulated.ledger import OWN, Book, SimulatedRun, simulated_rate
from misid.storage import literal
from misid.vocabulary.catalogue import say
from misid.vocabulary.units import OWN_HITS

WRONG = {
    "stale": "record_fault = 'stale'",
    "linked": "record_fault = 'linked to another person'",
    "entered": "record_fault = 'entered wrongly'",
    "name": "NOT name_right",
    "birth_date": "NOT birth_date_right",
    "nationality": "NOT nationality_right",
}
ALL = "all"


def records_section(run: SimulatedRun, book: Book) -> Section:
    """Return which database answers with people's own records, and what is wrong on them, at the strictest point."""
    records, title = run.estimates.scenario.records, say("simulated.files.title")
    tests, heads = {"status": "NOT record_right"}, ("answers", *WRONG)
    for name, test in {**{name: f"database = {literal(name)}" for name in records.databases}, ALL: "TRUE"}.items():
        tests |= {f"{name}.{what}": f"{test} AND {WRONG.get(what, 'TRUE')}" for what in heads}
    found = book.moments(book.points[0], tests, OWN).get("")
    if found is None:
        return Section("records", title, say("simulated.files.none"))
    rates = {name: simulated_rate(m) for name, m in found.items()}
    figures = {
        name: run.estimate(rate, book.points[0], OWN_HITS, caveats=("record_error_assumed",))
        for name, rate in rates.items()
    }
    titles = {name: database.title for name, database in records.databases.items()}
    if len(titles) > 1:
        titles[ALL] = say("simulated.files.all")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (words, *(figures[f"{name}.{what}"] for what in heads)) for name, words in titles.items()
    )
    columns = tuple(say(f"simulated.files.{what}") for what in ("database", *heads))
    table = Table(say("simulated.files.table", n=run.per), columns, rows, say("simulated.files.note"))
    text = say("simulated.files.text", share=rates["status"].value, reported=records.reported)
    return Section("records", title, text, figures, (table,))
