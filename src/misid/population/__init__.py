"""Synthetic people: who they are, with whom they are stopped, and who resembles them.  All are SYNTHETIC."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.population.kin import IDENTICAL, NONE, SIBLING, Resemblance, alike
    from misid.population.people import Flags, Floats, Mix, People, draw
    from misid.population.together import ALONE, HOUSEHOLD, SPAN, WORKPLACE, Ids, Sizes, groups

__getattr__, __dir__, __all__ = front(__name__)
