"""What is simulated: a terse file for people, resolved once into a complete form that engines read."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.scenario.blocks import Bound, Fpir, References
    from misid.scenario.catalog import ORDER, load, names, open_document, source_text
    from misid.scenario.files import MAX_EVENTS, from_mapping, parse, read
    from misid.scenario.model import json_schema
    from misid.scenario.resolve import with_algorithm
    from misid.scenario.resolved import Kin, PeopleBlock, Rule, Scenario
    from misid.scenario.simulated import SIMULATED, Families, Together

__getattr__, __dir__, __all__ = front(__name__)
