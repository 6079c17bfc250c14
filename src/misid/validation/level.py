"""How often strangers are falsely pointed at in the street: the sentence that every page must carry."""

from __future__ import annotations

import math

from misid.validation.digest import Digest, shipped
from misid.validation.predictions import Prediction
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped

LEVEL_TABLE = "deployment_level"
YEAR = "met_2024_25"
NPL_RATE, KEPT_RATE, ANEW_RATE = "NPL at 0.60", "NIST kept", "NIST set anew"
"""Names of the simple rates in that table."""
NPL_LOW = "NPL at 0.60, lists at their low ends"
LIST = "list, best value"
SCORE, FIELD_SCORE = 0.60, 0.64  # of the laboratory's test, and of the deployments
SHOWS = 3.0
"""Predicted events from which none is too few to be chance: it has a chance of 5% then."""


def tested_sentence() -> str:
    """Return what the level of false hits was tested against: the sentence that every page must carry."""
    return level_sentence(shipped())


def short_tested_sentence(d: Digest | None = None) -> str:
    """Return that sentence in at most 40 words: what was over-predicted, and what has never been tested."""
    over, fold = over_predicted(d or shipped())
    short = [say("validation.level.short", n=over, fold=fold)] if fold else []
    return " ".join([*short, say("validation.level.untested")])


def level_sentence(d: Digest) -> str:
    """Return that sentence from the rows of a digest.

    A deployment tells whether the laboratory's rate is too high
    where that rate predicts three false alerts or more, at the low end of its list.
    """
    rows = _level_rows(d)
    if YEAR not in rows:
        return say("validation.level.untested")
    year = rows[YEAR]
    faces = float(year.detail["out of"])
    kept, anew = (year.baselines[name] * faces for name in (KEPT_RATE, ANEW_RATE))
    counts = {"list": float(year.detail[LIST]), "kept": kept, "anew": float(f"{anew:.2g}"), "counted": _counted(year)}
    over, fold = over_predicted(d)
    score, field = grouped(SCORE, 2), grouped(FIELD_SCORE, 2)
    laboratory = say("validation.level.laboratory", n=over, fold=fold, score=score, field=field)
    return " ".join([laboratory, say("validation.level.year", **counts), say("validation.level.untested")])


def over_predicted(d: Digest | None = None) -> tuple[int, int]:
    """Return in how many deployments the laboratory's rate predicted too many, and at least how many times; or 0."""
    over = [row for row in _level_rows(d or shipped()).values() if _low(row) > max(_counted(row), SHOWS)]
    return len(over), math.floor(min((_low(row) / _counted(row) for row in over if _counted(row)), default=0.0))


def _level_rows(d: Digest) -> dict[str, Prediction]:
    return {row.subject: row for table in d.tables if table.code == LEVEL_TABLE for row in table.shown}


def _counted(row: Prediction) -> int:
    return int(row.detail["counted"])


def _low(row: Prediction) -> float:
    return float(row.detail[NPL_LOW])
