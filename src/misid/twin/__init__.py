"""What happens to people: the chain from encounter to outcome, in closed form."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.twin.chain.batch import Batch, Seen, Truth
    from misid.twin.chain.databases import RecordNumbers
    from misid.twin.chain.hits import BYSTANDER, NO_HIT, OWN, SECOND_RECORD, STRANGER, TWIN
    from misid.twin.chain.ledger import PART_ROWS, plan, write
    from misid.twin.chain.policy import (
        BY_CHANCE,
        NOT_VERIFIED,
        SUPPORTED,
        WRONG_PERSON,
        WRONG_RECORD,
        decide,
        rule_luck,
    )
    from misid.twin.chain.readers import rule_numbers
    from misid.twin.chain.run import Encounters, answered, decided, meet_people, simulate
    from misid.twin.chain.world import World, world
    from misid.twin.configurations import configured
    from misid.twin.expected.answers import Answers, Outcomes, answer, apply_rule, reads, under
    from misid.twin.expected.cells import Stratum, part_of, strata
    from misid.twin.expected.envelope import DESIGN_SIZE, Range, design, explore
    from misid.twin.expected.points import GROUPS, Array, ModelChoice, Points, at, group_path, inputs
    from misid.twin.expected.search import comparisons, fnmr, search, threshold_decades
    from misid.twin.layers.expected import CAUSES, harm, kinds, perfect_sets
    from misid.twin.layers.perfect import PERFECT, TITLES, Layer, layers_of, made_perfect
    from misid.twin.layers.rerun import Rerun, rerun
    from misid.twin.retention import DAYS_PER_YEAR, kept_on_birthday, photos_held

__getattr__, __dir__, __all__ = front(__name__)
