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
from misid.simulation.batch import Column, Print, RecordOf, Seen, Truth, first_of
from misid.simulation.people import Flags, Floats
from misid.simulation.world import World
from misid.statistics import single_from_both


class OutcomeCode:
    """Codes of what an encounter led to, by the truth.

    Supported: after the right hit.  By chance: the person's record would have supported what another's, or no hit, led
    to.  The three after these: it would not.  Then the same after fingerprints, which follow a search without a hit.
    """

    NO_ACTION, SUPPORTED, BY_CHANCE, WRONG_PERSON, WRONG_RECORD, NOT_VERIFIED = range(6)
    SUPPORTED_BY_FINGERPRINT, CHANCE_BY_FINGERPRINT, WRONG_PERSON_BY_FINGERPRINT, WRONG_RECORD_BY_FINGERPRINT = range(
        6, 10
    )

    @classmethod
    def is_unsupported(cls, outcome: Column) -> Flags:
        """Whether it is an unsupported action that the face search led to."""
        return np.asarray((outcome >= cls.WRONG_PERSON) & (outcome <= cls.NOT_VERIFIED))


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


def impressions(rule: RuleNumbers, truth: Truth, seen: Seen, noise: Floats) -> tuple[Floats, ...]:
    """Return each reader's impressions of what comes up, from the `reader_luck` of the same people.

    After fingerprints no faces are compared: what is left to doubt is the own wrong record, as after a face hit.
    """
    own, hit = RecordOf.is_own(truth["record_of"]), seen["hit"]
    kind = first_of(((~hit, 3), (own & truth["record_right"], 2), (own, 1)), 0, np.intp)
    kind[~hit & (truth["fingerprint_record"] == Print.OWN) & ~truth["fingerprint_right"]] = 1
    with np.errstate(divide="ignore"):
        level = np.append(ndtri(rule.each), np.inf)[kind]
    # With no reader, the one impression is the device's, which errs at the same rates.
    return tuple(level - noise[i] for i in range(max(rule.rule.readers, 1)))


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

    Reads ``scanned``, ``hit``, ``record_calls_for_action``, the same two of fingerprints, ``document_shown`` and the
    readers' ``impression_1`` and ``impression_2``.  A hit leads to the action if the record calls for it and every
    reader lets it pass; no hit, and no photo, does with the rule's own probability; a document that is believed stops
    either.
    """
    rule = numbers.rule
    hit = seen["scanned"] & (seen["hit"] | seen["fingerprint_hit"])
    calls = np.where(seen["hit"], seen["record_calls_for_action"], seen["fingerprint_calls_for_action"])
    passes = seen["impression_1"] + numbers.shift >= 0.0
    if rule.readers == 2:
        passes = passes & (seen["impression_2"] + numbers.shift >= 0.0)
    without_hit = luck.acts_without_hit < rule.no_hit_action.value
    wanted = np.where(hit, calls & passes, without_hit)
    return np.asarray(wanted & ~(seen["document_shown"] & (luck.believes < rule.document_believed.value)))


def outcome(truth: Truth, supported: Flags, scanned: Flags, action: Flags) -> Column:
    """Return the `OutcomeCode` of each action; supported: the person's own correct record supports the action."""
    whose = np.where(scanned, truth["record_of"], RecordOf.NO_HIT)
    prints = np.where(scanned, truth["fingerprint_record"], Print.NONE)
    own, own_print = RecordOf.is_own(whose), prints == Print.OWN
    code = OutcomeCode
    cases = (
        (~action, code.NO_ACTION),
        (supported & own, code.SUPPORTED),
        (supported & own_print, code.SUPPORTED_BY_FINGERPRINT),
        (supported & (prints != Print.NONE), code.CHANCE_BY_FINGERPRINT),
        (supported, code.BY_CHANCE),
        (own, code.WRONG_RECORD),
        (whose != RecordOf.NO_HIT, code.WRONG_PERSON),
        (own_print, code.WRONG_RECORD_BY_FINGERPRINT),
        (prints != Print.NONE, code.WRONG_PERSON_BY_FINGERPRINT),
    )
    return first_of(cases, code.NOT_VERIFIED, np.uint8)
