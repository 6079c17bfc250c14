"""The same simulated people met again with everything off that the expected values go without."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED
from misid.findings.simulated.ledger import ERROR, MEASURES, Book, Columns, SimulatedRun, bits, open_book
from misid.quantities import Estimate, Interval
from misid.scenario import Scenario
from misid.simulation import World, ledger_plan, write_ledger
from misid.statistics import clustered_paired_difference
from misid.vocabulary.numbers import listing

MOST = 100_000  # encounters that are met again
# What only the simulation reads, the value at which it does nothing, and its words; the expected values have the rest.
OFF: Mapping[str, tuple[float, str]] = {
    "together.household_share": (0.0, "households stopped together"),
    "together.workplace_share": (0.0, "workplaces stopped together"),
    "photos.poor_share": (0.0, "poor photos"),
    "photos.bystander_share": (0.0, "faces of bystanders"),
    "photos.attempts": (1.0, "further photos"),
    "photos.best_of_images": (0.0, "the best of several images"),
    "records.second_record": (0.0, "second records"),
    "checks.label_shift": (0.0, "what the machine's answer does to readers"),
    "checks.pressure": (0.0, "pressure on readers"),
}
SHOWN = {
    "wrong": "named as somebody else",
    "right": "named rightly",
    "wrong_person": "acted on: wrong person",
    "wrong_record": "acted on: wrong record",
}
CLEAR = 4.0  # standard errors: many counts are compared, and chance alone is to move none of them in a page's life


def pieces_on(scenario: Scenario) -> tuple[str, ...]:
    """Return in words what the scenario has on that the expected values go without."""
    inputs = scenario.quantities()
    return tuple(words for path, (off, words) in OFF.items() if inputs[path].value != off)


def without_pieces(run: SimulatedRun, book: Book) -> dict[tuple[str, str], Interval]:
    """Return by operating point and measure: the share in the ledger minus that with all off, paired by person.

    Of at most the first `MOST` people.  Nothing where all of them were stopped together.
    """
    model, rule, n = run.estimates.model, run.estimates.scenario.rule, min(run.encounters, MOST)
    world = World.at(model.best({path: [off] for path, (off, _) in OFF.items()}), run.estimates.stop, (rule,))
    columns = {"encounter": "encounter", "company": "company", "bits": bits(MEASURES)}
    found = {}
    with tempfile.TemporaryDirectory(prefix="misid-") as folder:
        again = write_ledger(world, ledger_plan(world, "", n, run.seed), Path(folder) / "again", rule, 1)
        with closing(open_book(again.folder, rule, book.points, book.statuses, n)) as off:
            for point in book.points:
                before, after = (_in_order(one.read(point, columns, "TRUE", n)) for one in (book, off))
                now, then = before["bits"], after["bits"]
                _, starts, sizes = np.unique(before["company"], return_index=True, return_counts=True)
                if len(starts) < 2:
                    return {}
                for i, measure in enumerate(MEASURES):
                    difference = np.add.reduceat((now >> i & 1) - (then >> i & 1), starts)
                    found[point, measure] = clustered_paired_difference(difference, sizes)
    return found


def _in_order(pieces: Iterable[Columns]) -> Columns:
    rows = list(pieces)
    whole = {name: np.concatenate([piece[name] for piece in rows]).astype(np.int64) for name in rows[0]}
    order = np.argsort(whole["encounter"])
    return {name: column[order] for name, column in whole.items()}


def rerun_section(run: SimulatedRun, book: Book) -> Section:
    """Return what changes where everything is off that only the simulation has."""
    title, on = "With and without what only the simulation has", list(pieces_on(run.estimates.scenario))
    if not on:
        return Section("without", title, "Nothing that only the simulation has is on here.")
    met = f"{min(run.encounters, MOST):,} of the same people met again without {listing(on)}"
    figures: dict[str, Estimate] = {}
    moved = False
    for (point, measure), difference in without_pieces(run, book).items():
        made = run.estimate(difference, point, counted=ACTED)
        figures[f"{measure}.{point}.left_out"] = replace(made, method=f"{met}, paired by person")
        moved |= abs(difference.value) > CLEAR * difference.standard_error > 0.0
    text = f"On here, and not in the expected values: {listing(on)}. "
    if not moved:
        return Section("without", title, f"{text}They change no count by more than chance would.", figures)
    rows: list[tuple[Cell, ...]] = [
        (run.named(point), *(figures[f"{measure}.{point}.left_out"] for measure in SHOWN)) for point in run.points
    ]
    heading = f"People more or fewer with them, per {run.per:,.0f}: {met}"
    table = Table(heading, ("strangers named", *SHOWN.values()), tuple(rows), ERROR)
    return Section("without", title, f"{text}They change some counts by more than chance would.", figures, (table,))
