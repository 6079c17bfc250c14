"""The shape of what a report says of its own tests: which tables of predictions stand behind which answers."""

from __future__ import annotations

from dataclasses import dataclass

from misid.vocabulary.brief import brief


@dataclass(frozen=True)
class Ground:
    """One thing that answers rest on, and how it fared where it could be tested.

    Parameters
    ----------
    title : str
        What the answers rest on.
    questions : tuple of str
        Ids of those answers, ``"Q01"``.
    tested : str
        What was predicted and set beside what was observed; how close it came.
    miss : str
        The headline miss: a goal that is not reached, or the row furthest outside its interval.
    here : str
        What of it this scenario goes beyond; empty if nothing.
    """

    title: str
    questions: tuple[str, ...]
    tested: str
    miss: str
    here: str = ""


@dataclass(frozen=True)
class Validated:
    """What stands behind the figures of a report.

    Parameters
    ----------
    text : str
        One to three sentences.
    grounds : tuple of Ground
        In the order of the page on predictions.
    untested : tuple of str
        What the report computes and nobody has tested, a few words each.
    """

    text: str
    grounds: tuple[Ground, ...]
    untested: tuple[str, ...]

    __repr__ = brief
