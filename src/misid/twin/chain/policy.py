"""The last stage: what the officer does, from what is seen alone, and what that was."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from misid.population import Flags
from misid.randomness import Purpose, Uniforms, uniforms
from misid.twin.chain.batch import Column, Seen, Truth
from misid.twin.chain.hits import NO_HIT, OWN, SECOND_RECORD
from misid.twin.chain.readers import RuleNumbers

NO_ACTION, SUPPORTED, BY_CHANCE, WRONG_PERSON, WRONG_RECORD, NOT_VERIFIED = range(6)


@dataclass(frozen=True)
class RuleLuck:
    """The dice of an encounter that every rule throws alike.

    Parameters
    ----------
    believes, acts_without_hit, declines : ndarray, shape (n,)
        Uniform draws.
    """

    believes: Uniforms
    acts_without_hit: Uniforms
    declines: Uniforms


def rule_luck(seed: int, ids: Column) -> RuleLuck:
    """Draw the dice of some encounters."""
    luck = uniforms(seed, Purpose.RULE, ids)
    return RuleLuck(luck[0], luck[1], luck[2])


def decide(seen: Seen, rule: RuleNumbers, luck: RuleLuck) -> Flags:
    """Say under one rule who is acted upon.

    Parameters
    ----------
    seen : Seen
        ``scanned``, ``hit``, ``record_calls_for_action``, ``document_shown``, and the readers' ``impression_1`` and
        ``impression_2``.  Nothing of what is so: the type forbids it.
    rule : RuleNumbers
        The rule.
    luck : RuleLuck
        The dice.

    Returns
    -------
    ndarray of bool, shape (n,)

    Notes
    -----
    A hit leads to the action if the record calls for it and every reader lets it pass; no hit, and no photo, does with
    the rule's own probability; a document that is believed stops either.
    """
    hit = seen["hit"] & seen["scanned"]
    passes = seen["impression_1"] + rule.shift >= 0.0
    if rule.readers == 2:
        passes = passes & (seen["impression_2"] + rule.shift >= 0.0)
    wanted = np.where(hit, seen["record_calls_for_action"] & passes, luck.acts_without_hit < rule.no_hit_action)
    return np.asarray(wanted & ~(seen["document_shown"] & (luck.believes < rule.document_believed)))


def outcome(truth: Truth, supported: Flags, scanned: Flags, action: Flags) -> Column:
    """Say what each action was, by what is so.

    Parameters
    ----------
    truth : Truth
        With the columns of records.
    supported : ndarray of bool, shape (n,)
        Whether the person's own correct record supports the action.
    scanned, action : ndarray of bool, shape (n,)
        Who was photographed, and who was acted upon.

    Returns
    -------
    ndarray of uint8, shape (n,)
        `NO_ACTION`; `SUPPORTED` after the right hit; `BY_CHANCE` where the person's record would have supported what
        another's, or no hit, led to; `WRONG_PERSON`, `WRONG_RECORD`, `NOT_VERIFIED` where it would not.
    """
    whose = np.where(scanned, truth["record_of"], NO_HIT)
    own = (whose == OWN) | (whose == SECOND_RECORD)
    found = np.select(
        [~action, supported & own, supported, own, whose != NO_HIT],
        [NO_ACTION, SUPPORTED, BY_CHANCE, WRONG_RECORD, WRONG_PERSON],
        NOT_VERIFIED,
    )
    return found.astype(np.uint8)
