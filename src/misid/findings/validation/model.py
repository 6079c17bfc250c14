"""The shape of what is said of predictions beside observations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from misid.findings.model import Section, Table


@dataclass(frozen=True)
class Miss:
    """One line of the first screen: what was claimed, and what was found.

    Parameters
    ----------
    what : str
        The goal, or what was predicted.
    where : str
        The table that it stands in, in words.
    anchor : str
        Section of the page that holds that table.
    claimed, claimed_range : str
        The goal; or the prediction and its interval.
    found, found_note : str
        The figure and its interval; or what was observed and how far off that is.
    """

    what: str
    where: str
    anchor: str
    claimed: str
    claimed_range: str
    found: str
    found_note: str

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return dict(self.__dict__)


@dataclass(frozen=True)
class ValidationPage:
    """Everything misid has to say about its own predictions, misses first.

    Parameters
    ----------
    title : str
        Of the page.
    known : str
        The first screen's one sentence: what was tested, and how it came out against the goals.
    beside : str
        What a reader needs to weigh that sentence.
    not_validated : str
        The first screen's one line: what nobody has tested.
    goals_missed, furthest : tuple of Miss
        The first screen's misses; rows outside their interval, the worst first.
    misses : tuple of Table
        All of them, over all tables: goals that are not reached, and rows outside their interval.
    untested : tuple of str
        All that nobody has tested.
    unsettled : Table
        What no data can decide, with the evidence.
    sections : tuple of Section
        Table by table.
    points : mapping of str to tuple of str
        What else is to be said in a section, by its id, a sentence each.
    folded : mapping of str to Table
        Long tables that stand folded in a section, by its id.
    unpredicted : Table
        Published records without a prediction, with the reason.
    inputs : Table
        What was predicted from what.
    limits : tuple of str
        What this cannot tell, a sentence each.
    caveats : tuple of str
        Codes of the caveats on the page as a whole.
    """

    title: str
    known: str
    beside: str
    not_validated: str
    goals_missed: tuple[Miss, ...]
    furthest: tuple[Miss, ...]
    misses: tuple[Table, ...]
    untested: tuple[str, ...]
    unsettled: Table
    sections: tuple[Section, ...]
    unpredicted: Table
    inputs: Table
    limits: tuple[str, ...]
    caveats: tuple[str, ...] = ()
    points: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folded: Mapping[str, Table] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; rows of tables are those of the page, not all there are."""
        return {
            "title": self.title,
            "known": self.known,
            "beside": self.beside,
            "not_validated": self.not_validated,
            "goals_missed": [miss.to_json() for miss in self.goals_missed],
            "furthest": [miss.to_json() for miss in self.furthest],
            "misses": [table.to_json() for table in self.misses],
            "untested": list(self.untested),
            "unsettled": self.unsettled.to_json(),
            "sections": [section.to_json() for section in self.sections],
            "points": {section: list(said) for section, said in self.points.items()},
            "folded": {section: table.to_json() for section, table in self.folded.items()},
            "unpredicted": self.unpredicted.to_json(),
            "inputs": self.inputs.to_json(),
            "limits": list(self.limits),
            "caveats": list(self.caveats),
        }
