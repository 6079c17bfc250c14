"""How often strangers are falsely pointed at in the street: the sentence that every page must carry."""

from __future__ import annotations

import math

from misid.validation.digest import Digest, shipped
from misid.validation.predictions import Prediction

LEVEL_TABLE = "deployment_level"
YEAR = "met_2024_25"
NPL_RATE, KEPT_RATE, ANEW_RATE = "NPL at 0.60", "NIST kept", "NIST set anew"
"""Names of the simple rates in that table."""
NPL_LOW = "NPL at 0.60, lists at their low ends"
LIST = "list, best value"
SHOWS = 3.0
"""Predicted events from which none is too few to be chance: it has a chance of 5% then."""
NOT_TESTED = "No phone search at this gallery size has been tested."
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def tested_sentence() -> str:
    """Return what the level of false hits was tested against: the sentence that every page must carry."""
    return level_sentence(shipped())


def short_tested_sentence(d: Digest | None = None) -> str:
    """Return that sentence in at most 40 words: what was over-predicted, and what has never been tested."""
    over = [row for row in _level_rows(d or shipped()).values() if _over(row)]
    folds = [_low(row) / _counted(row) for row in over if _counted(row)]
    if not folds:
        return f"Tested? {NOT_TESTED}"
    return (
        f"Tested? NPL's rate over-predicted {_number(len(over))} police camera deployments "
        f"{math.floor(min(folds))}-fold or more. {NOT_TESTED}"
    )


def level_sentence(d: Digest) -> str:
    """Return that sentence from the rows of a digest.

    A deployment tells whether the laboratory's rate is too high
    where that rate predicts three false alerts or more, at the low end of its list.
    """
    rows = _level_rows(d)
    if YEAR not in rows:
        return NOT_TESTED
    over = [row for row in rows.values() if _over(row)]
    folds = [_low(row) / _counted(row) for row in over if _counted(row)]
    number = _number(len(over))
    year = rows[YEAR]
    faces = float(year.detail["out of"])
    kept, anew = (year.baselines[name] * faces for name in (KEPT_RATE, ANEW_RATE))
    listed = float(year.detail[LIST])
    return (
        f"Tested? NPL's test at the vendor's score 0.60 over-predicts false alerts in {number} police camera "
        f"deployments (at 0.64, read or assumed) at least {math.floor(min(folds))}-fold. London, list taken as "
        f"{listed:,.0f}: NIST's rate predicts {kept:,.0f} false alerts with the threshold kept, "
        f"{float(f'{anew:.2g}'):,.0f} false alerts with it set anew; {_counted(year):,} were counted. {NOT_TESTED}"
    )


def _level_rows(d: Digest) -> dict[str, Prediction]:
    return {row.subject: row for table in d.tables if table.code == LEVEL_TABLE for row in table.shown}


def _over(row: Prediction) -> bool:
    return _low(row) > max(_counted(row), SHOWS)


def _number(n: int) -> str:
    return _WORDS[n] if n < len(_WORDS) else str(n)


def _counted(row: Prediction) -> int:
    return int(row.detail["counted"])


def _low(row: Prediction) -> float:
    return float(row.detail[NPL_LOW])
