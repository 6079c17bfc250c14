"""The sixth stage: people who look at a hit.  Signal detection at the rate of look-alikes that an algorithm chose.

A reader's impression is how far a pair of faces lies above the criterion at which the pass rates were measured.  It
comes from who the candidate really is; the reader has the impression and not the truth.  A label or a quota moves the
criterion (FORMULAS 11), never the impression.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from misid.population import Flags, Floats
from misid.randomness import Purpose, Uniforms, uniforms
from misid.statistics import single_from_both
from misid.twin.chain.batch import Batch, Column, Seen
from misid.twin.chain.hits import OWN, SECOND_RECORD
from misid.twin.chain.world import World


@dataclass(frozen=True)
class RuleNumbers:
    """What the decision under one rule reads.

    Parameters
    ----------
    passes : ndarray, shape (3,)
        P(a hit passes all readers): on another person's record, on the own wrong record, on the own right one.
    each : ndarray, shape (3,)
        The same for each reader by himself.
    readers : int
        How many must agree; 0 where a device decides, which no label or quota moves.
    shift : float
        How far label and quota move a reader's criterion, in standard deviations.
    document_believed, no_hit_action : float
        As the scenario's rule.
    scans : str
        Who is photographed.
    """

    passes: Floats
    each: Floats
    readers: int
    shift: float
    document_believed: float
    no_hit_action: float
    scans: str


def rule_numbers(world: World, name: str) -> RuleNumbers:
    """Look up the numbers of one rule."""
    rule, n = world.rules[name], world.numbers
    passes = np.array(
        [n[f"rules.{name}.{x}"] for x in ("wrong_person_passes", "wrong_record_passes", "right_hit_passes")]
    )
    correlation = n["checks.reader_correlation"]
    each = np.array([single_from_both(float(p), correlation) for p in passes]) if rule.readers == 2 else passes
    shift = n["checks.label_shift"] + n["checks.pressure"] if rule.readers else 0.0
    return RuleNumbers(
        passes,
        each,
        rule.readers,
        shift,
        n[f"rules.{name}.document_believed"],
        n[f"rules.{name}.no_hit_action"],
        rule.scans,
    )


def reader_luck(world: World, seed: int, ids: Column) -> Floats:
    """Return what two readers make of a pair beyond what is there, shape (2, n): standard normal, errors correlated."""
    luck: Uniforms = uniforms(seed, Purpose.READER, ids)
    rho = world.numbers["checks.reader_correlation"]
    first = ndtri(luck[0])
    return np.stack([first, rho * first + np.sqrt(1.0 - rho * rho) * ndtri(luck[1])])


def impressions(rule: RuleNumbers, batch: Batch, noise: Floats, rows: Column) -> tuple[Floats, ...]:
    """Return the impressions of the readers of some hits, one array of shape (rows,) each.

    Parameters
    ----------
    rule : RuleNumbers
        How well its readers tell faces apart.
    batch : Batch
        With the columns of records.
    noise : ndarray, shape (2, n)
        From `reader_luck`.
    rows : ndarray of int
        The hits that are looked at.
    """
    own = (batch.truth["record_of"][rows] == OWN) | (batch.truth["record_of"][rows] == SECOND_RECORD)
    kind = np.where(own, np.where(batch.truth["record_right"][rows], 2, 1), 0)
    with np.errstate(divide="ignore"):
        level = ndtri(rule.each)[kind]
    return tuple(level - noise[i, rows] for i in range(max(rule.readers, 1)))


def scanned(rule: RuleNumbers, seen: Seen, declines: Flags) -> Flags:
    """Say who is photographed under a rule."""
    if rule.scans == "nobody":
        return np.zeros(len(declines), bool)
    if rule.scans == "adults":
        return ~seen["looks_under_18"]
    return ~declines if rule.scans == "unless_declined" else np.ones(len(declines), bool)
