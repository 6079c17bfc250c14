"""The shape of a comparison: of rules over the same people, or of two scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from misid.findings.model import ChartData, Page, Section, Table, plain_fields
from misid.vocabulary.brief import brief


@dataclass(frozen=True)
class Comparison:
    """Everything misid has to say about several rules, or about two scenarios.

    Parameters
    ----------
    scenario, title : str
        Name of the scenario, and its title in words.
    known : str
        The first screen's sentences: what holds at every phi first.
    lines : tuple of str
        What the command line prints under them, a rule or a point each.
    not_validated : str
        The first screen's one line: what nobody has tested.
    how : str
        How they were compared: rules, encounters, seed, content hash, points.
    picture : ChartData
        The first screen's one picture.
    sections : tuple of Section
        What stands under it, in order.
    inputs : Table
        Field, value, range, unit, grade and source of every input.
    effects : mapping
        Rule by cause by status at every point, as plain JSON types; of two scenarios their outcomes.
    illustrative : tuple of str
        Fields without a source better than press; empty if the page need not say "illustrative".
    limits : tuple of str
        What this cannot tell, a sentence each.
    caveats : tuple of str
        Codes of the caveats on the page as a whole.
    page : Page, optional
        The short page; what is above is its appendix.
    """

    scenario: str
    title: str
    known: str
    not_validated: str
    how: str
    picture: ChartData
    sections: tuple[Section, ...]
    inputs: Table
    lines: tuple[str, ...] = ()
    effects: Mapping[str, Any] = field(default_factory=dict)
    illustrative: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    page: Page | None = None

    __repr__ = brief

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return plain_fields(self, (name for name in self.__dict__ if name != "page"))
