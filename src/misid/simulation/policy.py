"""The last stages: readers compare the faces of a hit, the officer decides by what is seen, and the outcome is coded.

A reader's impression is how far a pair of faces lies above the criterion at which the pass rates were measured (signal
detection; the rates are those of look-alikes that an algorithm chose).  It comes from who the candidate really is; the
reader has the impression and not the truth.  A label or a quota moves the criterion (FORMULAS 11), not the impression.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from misid.randomness import Purpose, Uniforms, uniforms
from misid.scenario import Rule, Scenario
from misid.simulation.batch import Batch, Column, RecordOf, Seen, Truth
from misid.simulation.people import Flags, Floats
from misid.simulation.world import World
from misid.statistics import single_from_both


class OutcomeCode:
    """Codes of what an encounter led to, by the truth.

    Supported: after the right hit.  By chance: the person's record would have supported what another's, or no hit, led
    to.  The last three: it would not.
    """

    NO_ACTION, SUPPORTED, BY_CHANCE, WRONG_PERSON, WRONG_RECORD, NOT_VERIFIED = range(6)


@dataclass(frozen=True)
class RuleNumbers:
    """What the decision under one rule reads: the rule, held at the values of a world, and what follows from them."""

    rule: Rule
    # P(a hit passes one reader): on another person's record, on the own wrong record, on the own right one, (3,).
    each: Floats
    # How far label and quota move a reader's criterion, in standard deviations; a device is not moved.
    shift: float


def rule_numbers(world: World, name: str) -> RuleNumbers:
    """Return the numbers of one rule."""
    rule, checks = world.rules[name], world.scenario.checks
    passes = [rule.wrong_person_passes.value, rule.wrong_record_passes.value, rule.right_hit_passes.value]
    correlation = checks.reader_correlation.value
    each = [single_from_both(p, correlation) for p in passes] if rule.readers == 2 else passes
    # With no reader the device decides: nobody is there whose criterion a label could move.
    shift = checks.label_shift.value + checks.pressure.value if rule.readers else 0.0
    return RuleNumbers(rule, np.array(each), shift)


def reader_luck(world: World, seed: int, ids: Column) -> Floats:
    """Return what two readers add to a pair of faces, shape (2, n): standard normal errors, correlated."""
    luck: Uniforms = uniforms(seed, Purpose.READER, ids)
    rho = world.scenario.checks.reader_correlation.value
    first = ndtri(luck[0])
    return np.stack([first, rho * first + np.sqrt(1.0 - rho * rho) * ndtri(luck[1])])


def impressions(rule: RuleNumbers, batch: Batch, noise: Floats, rows: Column) -> tuple[Floats, ...]:
    """Return each reader's impressions of the hits in some rows, from the `reader_luck` of the batch."""
    own = RecordOf.is_own(batch.truth["record_of"][rows])
    kind = np.where(own, np.where(batch.truth["record_right"][rows], 2, 1), 0)
    with np.errstate(divide="ignore"):
        level = ndtri(rule.each)[kind]
    # With no reader, the one impression is the device's, which errs at the same rates.
    return tuple(level - noise[i, rows] for i in range(max(rule.rule.readers, 1)))


class RuleLuck(NamedTuple):
    """The draws of an encounter that every rule shares, uniform, shape (n,) each."""

    believes: Uniforms
    acts_without_hit: Uniforms
    declines: Uniforms


def rule_luck(seed: int, ids: Column) -> RuleLuck:
    """Draw for some encounters what every rule shares."""
    luck = uniforms(seed, Purpose.RULE, ids)
    return RuleLuck(*luck[: len(RuleLuck._fields)])


# Who is photographed, by the ``scans`` of a rule; `misid.expected.rules.SCANS` is the same in closed form.
PHOTOGRAPHED: Mapping[str, Callable[[Seen, RuleLuck, Scenario], Flags]] = {
    "everyone": lambda seen, luck, scenario: np.ones(len(luck.declines), bool),
    "unless_declined": lambda seen, luck, scenario: ~(luck.declines < scenario.photos.declines.value),
    "adults": lambda seen, luck, scenario: ~seen["looks_under_18"],
    "nobody": lambda seen, luck, scenario: np.zeros(len(luck.declines), bool),
}


def decide(seen: Seen, numbers: RuleNumbers, luck: RuleLuck) -> Flags:
    """Decide under one rule who is acted upon, by what is seen; the type keeps the truth out of reach.

    Reads ``scanned``, ``hit``, ``record_calls_for_action``, ``document_shown`` and the readers' ``impression_1`` and
    ``impression_2``.  A hit leads to the action if the record calls for it and every reader lets it pass; no hit, and
    no photo, does with the rule's own probability; a document that is believed stops either.
    """
    rule = numbers.rule
    hit = seen["hit"] & seen["scanned"]
    passes = seen["impression_1"] + numbers.shift >= 0.0
    if rule.readers == 2:
        passes = passes & (seen["impression_2"] + numbers.shift >= 0.0)
    without_hit = luck.acts_without_hit < rule.no_hit_action.value
    wanted = np.where(hit, seen["record_calls_for_action"] & passes, without_hit)
    return np.asarray(wanted & ~(seen["document_shown"] & (luck.believes < rule.document_believed.value)))


def outcome(truth: Truth, supported: Flags, scanned: Flags, action: Flags) -> Column:
    """Return the `OutcomeCode` of each action; supported: the person's own correct record supports the action."""
    whose = np.where(scanned, truth["record_of"], RecordOf.NO_HIT)
    own = RecordOf.is_own(whose)
    code = OutcomeCode
    found = np.select(
        [~action, supported & own, supported, own, whose != RecordOf.NO_HIT],
        [code.NO_ACTION, code.SUPPORTED, code.BY_CHANCE, code.WRONG_RECORD, code.WRONG_PERSON],
        code.NOT_VERIFIED,
    )
    return found.astype(np.uint8)
