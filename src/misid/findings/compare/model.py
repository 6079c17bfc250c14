"""The shape of a comparison of rules: what the same synthetic people meet under each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from misid.findings.model import ChartData, Section, Table


@dataclass(frozen=True)
class Comparison:
    """Everything misid has to say about several rules over the same synthetic people.

    Parameters
    ----------
    scenario : str
        Name of the scenario.
    title : str
        Its title in words.
    known : str
        The first screen's one sentence: what is known.
    not_validated : str
        The first screen's one line: what nobody has tested.
    how : str
        How they were compared: rules, encounters, seed, content hash, modes.
    picture : ChartData
        The first screen's one picture.
    sections : tuple of Section
        What stands under it, in order.
    inputs : Table
        Field, value, range, unit, grade and source of every input.
    illustrative : tuple of str
        Fields without a source better than press; empty if the page need not say "illustrative".
    limits : tuple of str
        What this cannot tell, a sentence each.
    caveats : tuple of str
        Codes of the caveats on the page as a whole.
    """

    scenario: str
    title: str
    known: str
    not_validated: str
    how: str
    picture: ChartData
    sections: tuple[Section, ...]
    inputs: Table
    illustrative: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "scenario": self.scenario,
            "title": self.title,
            "known": self.known,
            "not_validated": self.not_validated,
            "how": self.how,
            "picture": self.picture.to_json(),
            "sections": [s.to_json() for s in self.sections],
            "inputs": self.inputs.to_json(),
            "illustrative": list(self.illustrative),
            "limits": list(self.limits),
            "caveats": list(self.caveats),
        }
