"""The shape of what is said of one algorithm on one data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from misid.findings.model import ChartData, Section, Table
from misid.vocabulary.brief import brief


@dataclass(frozen=True)
class EvaluationPage:
    """Everything misid has to say about one algorithm, measured on data that somebody gave.

    Parameters
    ----------
    title : str
        What the user calls the algorithm or the file.
    known : str
        The first screen's one sentence: what is known, with a count and its interval.
    not_validated : str
        The first screen's one line: on whom it was measured, and what that cannot say.
    how : str
        How figures were made: level, clusters, seed.
    picture : ChartData
        The first screen's one picture.
    sections : tuple of Section
        What stands under it, in order.
    inputs : Table
        Files that were read, with format, size and digest.
    assumed : tuple of str
        What was taken for granted in reading them, a sentence each.
    limits : tuple of str
        What this cannot tell, a sentence each; parts that are left out come first.
    caveats : tuple of str
        Codes of the caveats on the page as a whole.
    points : mapping of str to tuple of str
        What else is to be said in a section, by its id, a sentence each.
    """

    title: str
    known: str
    not_validated: str
    how: str
    picture: ChartData
    sections: tuple[Section, ...]
    inputs: Table
    assumed: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()
    points: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    __repr__ = brief

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "title": self.title,
            "known": self.known,
            "not_validated": self.not_validated,
            "how": self.how,
            "picture": self.picture.to_json(),
            "sections": [s.to_json() for s in self.sections],
            "inputs": self.inputs.to_json(),
            "assumed": list(self.assumed),
            "limits": list(self.limits),
            "caveats": list(self.caveats),
            "points": {section: list(said) for section, said in self.points.items()},
        }
