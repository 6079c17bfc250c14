"""One synthetic encounter as two sides of one row: what the officer's screen shows, and what is so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

Tone = Literal["alarm", "clear", "none"]


@dataclass(frozen=True)
class Screen:
    """One synthetic encounter: the officer's screen beside the truth.

    Parameters
    ----------
    number : int
        Number of the encounter.
    answer : str
        What the screen says: "Match", "No match", "Photo not usable" or "Not scanned".
    tone : {"alarm", "clear", "none"}
        How the screen says it.
    lines : tuple of (str, str)
        What else the officer sees, in order: label and value.
    paper : str
        What the person shows the officer: "Shows a document that proves the right to stay" or "Shows no document".
    who : tuple of (str, str)
        What is so, in order: label and value.
    happened : str
        One sentence: what happened under the rule in force.
    verdict : str
        "wrong person", "wrong record", "disbelieved document", "supported", "supported by chance", "not verified" or
        "nothing happened".

    Raises
    ------
    ValueError
        If `tone` is none of the three.
    """

    number: int
    answer: str
    tone: Tone
    lines: tuple[tuple[str, str], ...]
    paper: str
    who: tuple[tuple[str, str], ...]
    happened: str
    verdict: str

    def __post_init__(self) -> None:
        if self.tone not in get_args(Tone):
            raise ValueError(f"encounter {self.number}: tone {self.tone!r} is none of {', '.join(get_args(Tone))}")

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "number": self.number,
            "answer": self.answer,
            "tone": self.tone,
            "lines": [list(line) for line in self.lines],
            "paper": self.paper,
            "who": [list(line) for line in self.who],
            "happened": self.happened,
            "verdict": self.verdict,
        }
