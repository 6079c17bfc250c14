"""Records that come up: what is right and wrong on people's own, and on whose the wrong hits land."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from misid.findings.encounters import shown_world
from misid.findings.model import Cell, Section, Table
from misid.findings.simulated.book import MEASURES, Book
from misid.findings.simulated.rates import ERROR, Moments, Words, simulated_rate
from misid.findings.words import capital, label, percent
from misid.quantities import Estimate
from misid.search import References
from misid.storage import literal
from misid.vocabulary import Mode, Origin

FIELDS: Mapping[str, str] = {
    "record_right": "status",
    "name_right": "name",
    "birth_date_right": "birth date",
    "nationality_right": "nationality",
}
FAULTS: Mapping[str, str] = {
    "stale": "out of date",
    "linked to another person": "another person's",
    "entered wrongly": "entered wrongly",
}
TOPS = {0.1: "tenth", 0.01: "hundredth"}
OWN = MEASURES["right_hit"]


def records_section(words: Words, book: Book) -> Section:
    """Return what is right and wrong on the person's own record, by database.

    Parameters
    ----------
    words : Words
        Of the run.
    book : Book
        Its ledger.
    """
    scenario = words.reckoner.scenario
    bases = {name: base.title for name, base in scenario.records.databases.items()}
    tests = {field: f"NOT {field}" for field in FIELDS}
    tests |= {f"answers.{name}": f"database = {literal(name)}" for name in bases}
    tests |= {
        f"{fault}.{name}": f"database = {literal(name)} AND record_fault = {literal(fault)}"
        for name in bases
        for fault in FAULTS
    }
    found = {key: simulated_rate(moments) for key, moments in book.ratios(OWN, tests).items()}
    met = [mode for mode in book.modes if (mode, "record_right") in found]
    if not met:
        return Section("records", "On the record", "Nobody's own record came up in this run.")
    codes = ("record_error_assumed",)
    wrong = {
        (field, mode): words.estimate(found[mode, field], mode, "share of hits on the own record", "all", codes, True)
        for field in FIELDS
        for mode in met
    }
    faults = {
        (name, fault, mode): words.estimate(
            found[mode, f"{fault}.{name}"], mode, "hits on the own record", "all", codes
        )
        for name in bases
        for fault in FAULTS
        for mode in met
    }
    said = " or ".join(dict.fromkeys(percent(wrong["record_right", mode].value) for mode in met))
    how_many = _COUNTS.get(len(bases), str(len(bases)))
    modelled = (
        "It is modelled as one database; how late it is, is assumed."
        if len(bases) == 1
        else f"{capital(how_many)} are modelled; who is in which, and how late each is, is assumed."
    )
    return Section(
        "records",
        "On the record",
        f"Where the person's own record comes up, the status on it is wrong in {said} of hits. "
        f"{scenario.records.reported} {modelled}",
        {
            **{f"wrong.{field.removesuffix('_right')}.{mode.value}": x for (field, mode), x in wrong.items()},
            **{f"fault.{name}.{fault.split()[0]}.{mode.value}": x for (name, fault, mode), x in faults.items()},
        },
        (
            Table(
                "Hits on the person's own record: how often what it says is wrong",
                ("on the record", *(label(mode) for mode in met)),
                tuple((title, *(wrong[field, mode] for mode in met)) for field, title in FIELDS.items()),
                f"A record that belongs to another person has a wrong name, birth date and nationality as well. {ERROR}",
            ),
            *(
                Table(
                    f"Per {words.per:,.0f} hits on the person's own record: which database answers, and how many records "
                    f"have a wrong status, by what is at fault: {label(mode)}",
                    ("database", "answers", *FAULTS.values()),
                    tuple(
                        (
                            title,
                            words.per * found[mode, f"answers.{name}"].share,
                            *(faults[name, fault, mode] for fault in FAULTS),
                        )
                        for name, title in bases.items()
                    ),
                    ERROR,
                    words.reckoner.distance(mode),
                )
                for mode in met
            ),
        ),
    )


_COUNTS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine"}


def references_hit(words: Words, book: Book) -> Section:
    """Return on how few references the wrong hits land.

    Parameters
    ----------
    words : Words
        Of the run.
    book : Book
        Its ledger.
    """
    if words.reckoner.n_references <= 1:
        return Section(
            "references",
            "On whose record wrong hits land",
            "Here one photo is compared with one reference: there is no record of a stranger to land on.",
        )
    q = words.reckoner.scenario.photos.reference_heterogeneity_k
    figures: dict[str, Estimate] = {}
    place = shown_world(words.reckoner, (words.reckoner.scenario.rule,))
    ends = sorted({q.low, q.value, q.high})
    rows: list[tuple[Cell, ...]] = []
    for top, title in TOPS.items():
        drawn = {k: float(References(k).share_of_hits(top)) for k in ends}
        law = words.plain(
            drawn[q.value],
            "share of hits on strangers",
            book.modes[0],
            "gamma law of references' propensity; range over its shape",
            (min(drawn.values()), max(drawn.values())),
        )
        figures[f"law.top_{title}"] = law
        cells: list[Cell] = []
        for mode in book.modes:
            hits = _strangers(book, mode)
            if not hits:
                cells.append("no such hit")
                continue
            landed = _landed(book, mode, top, place.gallery.comparisons)
            seen = words.estimate(
                simulated_rate(Moments.alone(hits, landed)), mode, "share of hits on strangers", share=True
            )
            figures[f"seen.top_{title}.{mode.value}"] = seen
            cells.append(seen)
        rows.append((f"the {title} of references that draw most", law, *cells))
    most = {mode: _most(book, mode) for mode in book.modes}
    counts_: tuple[tuple[Cell, ...], ...] = (
        ("hits on a stranger's record", "–", *(_strangers(book, mode) for mode in book.modes)),
        ("most of them on one record", "–", *most.values()),
    )
    table = Table(
        "Share of the hits on strangers that land on few references",
        ("", "by the law assumed", *(f"in this run, {label(mode)}" for mode in book.modes)),
        (*rows, *counts_),
        "How unlike references are in drawing wrong hits is not published; over the range all may be alike, or a few "
        f"draw nearly all. {ERROR}",
    )
    tenth = figures["law.top_tenth"]
    return Section(
        "references",
        "On whose record wrong hits land",
        f"If references are as unlike as assumed, the tenth that draws most gets {percent(tenth.value)} of the hits on "
        f"strangers; over the range {percent(tenth.low)} to {percent(tenth.high)}. {_times(max(most.values()))}",
        figures,
        (table,),
    )


def _times(n: int) -> str:
    if n == 0:
        return "In this run no stranger's record came up."
    said = {1: "once", 2: "twice"}.get(n, f"{n:,} times")
    return f"In this run no stranger's record came up more than {said}: few hits were met, among many references."


def _strangers(book: Book, mode: Mode) -> int:
    return book.total(mode, "whose = 'stranger'")


def _most(book: Book, mode: Mode) -> int:
    found = book.rows(
        "SELECT max(hits) FROM (SELECT count(*) AS hits FROM people "
        f"WHERE mode = '{mode.value}' AND whose = 'stranger' GROUP BY record_number)"
    )
    return int(found[0][0] or 0)


def _landed(book: Book, mode: Mode, top: float, comparisons: np.ndarray) -> int:
    """Count hits on the references that draw most; those of an origin are numbered from the one that draws most."""
    last = " ".join(
        f"WHEN '{origin.value}' THEN {top * max(float(n), 1.0)!r}"
        for origin, n in zip(Origin, comparisons, strict=True)
    )
    found = book.rows(
        f"SELECT count(*) FROM people WHERE mode = '{mode.value}' AND whose = 'stranger' "
        f"AND reference < CASE candidate_origin {last} END"
    )
    return int(found[0][0])
