"""The same simulated people with every piece off that the closed form goes without, and the closed form itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from misid.expected import Points, answer, answers_under, apply_rule
from misid.findings.reckon import Reckoner, shown_point
from misid.findings.simulated.book import MEASURES, Book
from misid.findings.simulated.rates import Moments, Rate, simulated_rate
from misid.quantities import Interval
from misid.simulation import (
    SPAN,
    Encounters,
    OutcomeCode,
    RecordOf,
    World,
    answered,
    decided,
    meet_people,
    rule_numbers,
)
from misid.statistics import clustered_paired_difference
from misid.vocabulary import Mode

MOST = 200_000  # encounters that are met again
PIECE = 1024 * SPAN
# What only the simulation reads and the value at which it does nothing, with its words; the closed form holds the rest.
OFF: Mapping[str, tuple[float, str]] = {
    "families.fraternal_twin_share": (0.0, "fraternal twins"),
    "families.siblings": (0.0, "brothers and sisters"),
    "families.enrolled_together": (0.0, "relatives enrolled together"),
    "families.twin_outranks": (0.0, "relatives who come up above the person"),
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
Bits = npt.NDArray[np.uint16]


def pieces_on(reckoner: Reckoner) -> tuple[str, ...]:
    """Return in words the pieces that the scenario has on."""
    # The owner of the only reference is the person or an impostor, never a relative.
    without = ("families.",) if reckoner.n_references <= 1.0 else ()
    return tuple(
        words
        for path, (off, words) in OFF.items()
        if reckoner.simulated_inputs[path].value != off and not path.startswith(without)
    )


def expected(reckoner: Reckoner, mode: Mode, points: Points | None = None) -> dict[str, npt.NDArray[np.float64]]:
    """Return the closed form of every measure under the rule in force, as shares of those photographed, shape (P,).

    Parameters
    ----------
    reckoner : Reckoner
        Of the scenario.
    mode : Mode
        How FPIR moves with gallery size.
    points : Points, optional
        With every input; the shown point if not given.
    """
    scenario, stop = reckoner.scenario, reckoner.scenario.headline_stop
    points = shown_point(reckoner) if points is None else points
    found = answers_under(points, stop, answer(points, stop, mode), scenario.rule)
    outcomes = apply_rule(points, stop, found, scenario.rule)
    columns = {
        "hit": found.hit,
        "right_hit": found.right,
        "wrong_hit": found.wrong,
        "no_hit": found.no_hit,
        **{name: getattr(outcomes, name) for name in MEASURES if hasattr(outcomes, name)},
    }
    return {name: np.asarray((found.part * columns[name]).sum(axis=1), float) for name in MEASURES}


def without_pieces(
    reckoner: Reckoner, book: Book, seed: int, encounters: int
) -> dict[tuple[Mode, str], tuple[Rate, Interval]]:
    """Meet the first people of a ledger again with every piece off.

    Parameters
    ----------
    reckoner : Reckoner
        Of the scenario.
    book : Book
        The ledger.
    seed : int
        Of the run.
    encounters : int
        In the ledger; at most `MOST` are met again.

    Returns
    -------
    dict of (Mode, str) to (Rate, Interval)
        By mode and measure: the share that it happened to with the pieces off, and the share in the ledger minus that,
        paired by person.  Nothing where all were stopped together.
    """
    n = min(encounters, MOST)
    again = rerun_without(reckoner, seed, n)
    found: dict[tuple[Mode, str], tuple[Rate, Interval]] = {}
    for mode in book.modes:
        company, before = _of_ledger(book, mode, n)
        starts = np.flatnonzero(np.diff(company, prepend=-1))
        sizes = np.diff(starts, append=n)
        if len(starts) < 2:
            return {}
        for i, measure in enumerate(MEASURES):
            bit = np.uint16(1 << i)
            now, then = ((x & bit > 0).astype(np.int64) for x in (again[mode], before))
            sums = np.add.reduceat(then - now, starts)
            off = simulated_rate(Moments.alone(n, int(now.sum())))
            found[mode, measure] = off, clustered_paired_difference(sums, sizes)
    return found


def rerun_without(reckoner: Reckoner, seed: int, n: int) -> dict[Mode, Bits]:
    """Meet people with every piece off and say what happened to each: bit i stands for the i-th measure.

    Parameters
    ----------
    reckoner : Reckoner
        Of the scenario.
    seed : int
        Of the run.
    n : int
        How many, from number 0.

    Returns
    -------
    dict of Mode to ndarray of uint16, shape (n,)
    """
    scenario = reckoner.scenario
    points = shown_point(reckoner, {path: [off] for path, (off, _) in OFF.items()})
    place = World.at(points, scenario.headline_stop, (scenario.rule,))
    found: dict[Mode, list[Bits]] = {mode: [] for mode in reckoner.modes}
    for start in range(0, n, PIECE):
        met = meet_people(place, seed, np.arange(start, min(start + PIECE, n), dtype=np.int64))
        for mode, parts in found.items():
            parts.append(_bits(reckoner, met, mode))
    return {mode: np.concatenate(parts) for mode, parts in found.items()}


def _bits(reckoner: Reckoner, met: Encounters, mode: Mode) -> Bits:
    rule = reckoner.scenario.rule
    batch = answered(met, mode, claimed_first=met.world.rules[rule].claimed_identity_first)
    result = decided(met, batch, rule_numbers(met.world, rule))
    whose = np.where(result.scanned, batch.truth["record_of"], RecordOf.NO_HIT)
    own = RecordOf.is_own(whose)
    outcome = result.outcome
    unsupported = (
        (outcome == OutcomeCode.WRONG_PERSON)
        | (outcome == OutcomeCode.WRONG_RECORD)
        | (outcome == OutcomeCode.NOT_VERIFIED)
    )
    flags = {
        "hit": whose != RecordOf.NO_HIT,
        "right_hit": own,
        "wrong_hit": (whose != RecordOf.NO_HIT) & ~own,
        "no_hit": whose == RecordOf.NO_HIT,
        "unsupported": unsupported,
        "wrong_person": outcome == OutcomeCode.WRONG_PERSON,
        "wrong_record": outcome == OutcomeCode.WRONG_RECORD,
        "not_verified": outcome == OutcomeCode.NOT_VERIFIED,
        "disbelieved_document": result.disbelieved,
        "supported": outcome == OutcomeCode.SUPPORTED,
        "supported_by_chance": outcome == OutcomeCode.BY_CHANCE,
    }
    bits = np.zeros(len(outcome), np.uint16)
    for i, measure in enumerate(MEASURES):
        bits |= flags[measure].astype(np.uint16) << np.uint16(i)
    return bits


def _of_ledger(book: Book, mode: Mode, n: int) -> tuple[npt.NDArray[np.int64], Bits]:
    """Return group and measures of the first people of one mode, in the order of their numbers."""
    bits = " + ".join(f"({test})::USMALLINT * {1 << i}" for i, test in enumerate(MEASURES.values()))
    found = book.con.execute(
        f"SELECT company, ({bits})::USMALLINT AS bits FROM people "
        f"WHERE mode = '{mode.value}' AND encounter < {n} ORDER BY encounter"
    ).fetchnumpy()
    return np.asarray(found["company"], np.int64), np.asarray(found["bits"], np.uint16)
