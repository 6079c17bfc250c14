"""The same simulated people met again with everything off that the expected values go without."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from misid.findings.model import Cell, Section, Table
from misid.findings.questions.registry import ACTED
from misid.findings.simulated.ledger import MEASURES, Book, SimulatedRun, open_book
from misid.quantities import Estimate, Interval
from misid.scenario import Scenario
from misid.simulation import World, ledger_plan, write_ledger
from misid.statistics import clustered_paired_difference
from misid.storage import literal
from misid.vocabulary.catalogue import say

MOST = 100_000  # encounters that are met again
# What only the simulation reads, and the value at which it does nothing; the expected values have the rest.
OFF: Mapping[str, float] = {
    "together.household_share": 0.0,
    "together.workplace_share": 0.0,
    "photos.poor_share": 0.0,
    "photos.bystander_share": 0.0,
    "photos.attempts": 1.0,
    "photos.best_of_images": 0.0,
    "records.second_record": 0.0,
    "checks.label_shift": 0.0,
    "checks.pressure": 0.0,
}
SHOWN = ("wrong", "right", "wrong_person", "wrong_record")
CLEAR = 4.0  # standard errors: many counts are compared, and chance alone is to move none of them in a page's life


def pieces_on(scenario: Scenario) -> tuple[str, ...]:
    """Return in words what the scenario has on that the expected values go without."""
    inputs = scenario.quantities()
    on = [path.replace(".", "_") for path, off in OFF.items() if inputs[path].value != off]
    return tuple(say(f"simulated.piece.{path}") for path in on)


def without_pieces(run: SimulatedRun, book: Book) -> dict[tuple[str, str], Interval]:
    """Return by operating point and measure: the share in the ledger minus that with all off, paired by person.

    Of at most the first `MOST` people.  Nothing where all of them were stopped together.
    """
    model, rule, n = run.estimates.model, run.estimates.scenario.rule, min(run.encounters, MOST)
    world = World.at(model.best({path: [off] for path, off in OFF.items()}), run.estimates.stop, (rule,))
    found = {}
    with tempfile.TemporaryDirectory(prefix="misid-") as folder:
        again = write_ledger(world, ledger_plan(world, "", n, run.seed), Path(folder) / "again", rule, 1)
        with closing(open_book(again.folder, rule, book.points, n)) as off:
            for point in book.points:
                (company, *now), (_, *then) = (_in_order(one, point, n) for one in (book, off))
                _, starts, sizes = np.unique(company, return_index=True, return_counts=True)
                if len(starts) < 2:
                    return {}
                for measure, on, without in zip(MEASURES, now, then, strict=True):
                    found[point, measure] = clustered_paired_difference(np.add.reduceat(on - without, starts), sizes)
    return found


def _in_order(book: Book, point: str, n: int) -> list[npt.NDArray[np.int64]]:
    """Return who was stopped together, then to whom each measure happened, of the first people in their order."""
    tests = ", ".join(f"({test})::BIGINT AS {name}" for name, test in MEASURES.items())
    found = book.columns(
        f"SELECT company, {tests} FROM people WHERE point = {literal(point)} AND encounter < {n} ORDER BY encounter"
    )
    return [column.astype(np.int64) for column in found.values()]


def rerun_section(run: SimulatedRun, book: Book) -> Section:
    """Return what changes where everything is off that only the simulation has."""
    title, on = say("simulated.without.title"), pieces_on(run.estimates.scenario)
    if not on:
        return Section("without", title, say("simulated.without.nothing"))
    met = say("simulated.without.met", n=min(run.encounters, MOST), pieces=on)
    figures: dict[str, Estimate] = {}
    moved = False
    for (point, measure), difference in without_pieces(run, book).items():
        made = run.estimate(difference, point, counted=ACTED)
        figures[f"{measure}.{point}.left_out"] = replace(made, method=say("simulated.without.method", met=met))
        moved |= abs(difference.value) > CLEAR * difference.standard_error > 0.0
    if not moved:
        return Section("without", title, say("simulated.without.same", pieces=on), figures)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (run.named(x), *(figures[f"{measure}.{x}.left_out"] for measure in SHOWN)) for x in run.estimates.names
    )
    columns = (say("simulated.without.named"), *(say(f"simulated.measure.{measure}") for measure in SHOWN))
    table = Table(say("simulated.without.table", n=run.estimates.size, met=met), columns, rows, say("simulated.error"))
    return Section("without", title, say("simulated.without.moved", pieces=on), figures, (table,))
