"""One synthetic encounter as two sides of one row: what the officer's screen shows, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Tone = Literal["alarm", "clear", "none"]


@dataclass(frozen=True)
class Screen:
    """One synthetic encounter: the officer's screen beside the truth.  ValueError if `tone` is none of the three."""

    number: int  # of the encounter
    answer: str  # what the screen says: "Match", "No match", "Photo not usable" or "Not scanned"
    tone: Tone  # how it says it
    lines: tuple[tuple[str, str], ...]  # what else the officer sees, in order: label and value
    paper: str  # what the person shows the officer
    who: tuple[tuple[str, str], ...]  # the truth, in order: label and value
    happened: str  # one sentence: what happened under the rule in force
    verdict: str  # the cause of an unsupported action; another outcome; or "let go; photo kept 15 years"
    cause: str = ""  # which of them, as a code

    def __post_init__(self) -> None:
        if self.tone not in get_args(Tone):
            raise ValueError(f"encounter {self.number}: tone {self.tone!r} is none of {', '.join(get_args(Tone))}")
