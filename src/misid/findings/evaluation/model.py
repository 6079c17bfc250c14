"""The shape of what is said of one algorithm on one data set."""

from __future__ import annotations

from dataclasses import dataclass

from misid.findings.model import ChartData, Page, Section, Table
from misid.vocabulary.brief import brief


@dataclass(frozen=True)
class EvaluationPage:
    """Everything misid has to say about one algorithm, measured on data that somebody gave.

    ``page`` is the short page; all else is its appendix: its first sentence and picture, on whom it was measured, how
    figures were made, what was taken for granted in reading the files, codes of caveats on the whole.
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
    page: Page | None = None

    __repr__ = brief
