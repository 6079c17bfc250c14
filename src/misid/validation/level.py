"""How often strangers are falsely pointed at in the street, beside what other rates would have predicted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from misid.algorithm import FPIR_TESTED, CountUse, FieldCount, field_counts, published_tests

SCALE, SETTING, LABORATORY = "NEC NeoFace", 0.64, 0.60
YEAR = "met_2024_25"
SHOWS = 3.0
"""Predicted events from which none, or fewer, is too few to be chance: none has a chance of 5% then."""
NOT_TESTED = "No phone search at this gallery size has been tested."
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class CountedDeployment:
    """The rows of one operator at one place, and what simple rates predict of them.

    Parameters
    ----------
    key, title : str
        Of the first row.
    rows : tuple of FieldCount
        Faces, lists and false alerts.
    """

    key: str
    title: str
    rows: tuple[FieldCount, ...]

    @property
    def faces(self) -> int:
        """Faces searched."""
        return sum(row.faces for row in self.rows)

    @property
    def counted(self) -> int:
        """False alerts, as the operator counted them."""
        return sum(row.false_alerts for row in self.rows)

    @property
    def list_size(self) -> float:
        """References on the list, weighted by faces."""
        return self.comparisons() / self.faces

    def comparisons(self, end: str = "value") -> float:
        """Return faces times references, at the best list sizes or at their ``"low"`` or ``"high"`` ends."""
        return sum(row.faces * float(getattr(row.list_size, end)) for row in self.rows)

    def laboratory(self, end: str = "value") -> float:
        """Return the false alerts that the laboratory's rate at 0.60 would give."""
        return laboratory_rate() * self.comparisons(end)

    def nist_kept(self, end: str = "value") -> float:
        """Return the false alerts that NIST's rate would give if the threshold of its largest gallery were kept."""
        fpir, size = _nist()
        return -math.log1p(-fpir) / size * self.comparisons(end)

    def nist_set_anew(self) -> float:
        """Return the false alerts that NIST's FPIR would give if the threshold were set anew for the list."""
        return _nist()[0] * self.faces


@cache
def deployments() -> tuple[CountedDeployment, ...]:
    """Return the deployments of one vendor that use, or are taken to use, one score; rows of one operation together."""
    rows = (*field_counts(SCALE, SETTING), *field_counts(SCALE, SETTING, CountUse.ALTERNATIVE))
    found: dict[tuple[str, str], list[FieldCount]] = {}
    for row in rows:
        if not row.is_test:
            found.setdefault((row.operator, row.setting), []).append(row)
    return tuple(CountedDeployment(group[0].key, _title(group), tuple(group)) for group in found.values())


def _title(group: list[FieldCount]) -> str:
    if len(group) == 1:
        return group[0].title
    place = group[0].title.split(",")[0]
    return f"{place}, {len(group)} rows, {group[0].period.split(' ')[0]} to {group[-1].period.split(' ')[0]}"


def laboratory_rate() -> float:
    """Return false alerts per comparison in the laboratory at 0.60."""
    rows = field_counts(SCALE, LABORATORY)
    return sum(row.false_alerts for row in rows) / sum(row.comparisons for row in rows)


@cache
def _nist() -> tuple[float, int]:
    test = next(test for test in published_tests() if test.key == "nist-mugshot")
    return FPIR_TESTED, max(test.n)


@cache
def tested_sentence() -> str:
    """Return what the level of false hits was tested against: the sentence that every page must carry.

    Computed from the rows of counts; a deployment tells whether a rate is too high where the rate predicts three false
    alerts or more, at the low end of its list.
    """
    told = [one for one in deployments() if one.laboratory("low") >= SHOWS]
    folds = [one.laboratory("low") / one.counted for one in told if one.counted]
    over = [one for one in told if one.laboratory("low") > max(one.counted, SHOWS)]
    number = _WORDS[len(over)] if len(over) < len(_WORDS) else str(len(over))
    year = next(one for one in deployments() if one.key == YEAR)
    return (
        f"Tested? NPL's rate at {LABORATORY:.2f} over-predicted {number} police camera deployments of the same vendor "
        f"{_fold(min(folds))}-fold or more; they use, or are taken to use, {SETTING:.2f}. NIST's rate with the "
        f"threshold kept predicts {_whole(year.nist_kept())} false alerts in London if the list is "
        f"{year.list_size:,.0f}; {year.counted} were counted; set anew, {_rounded(year.nist_set_anew())}. {NOT_TESTED}"
    )


def _fold(x: float) -> str:
    return f"{math.floor(x):,}"


def _whole(x: float) -> str:
    return f"{x:,.0f}"


def _rounded(x: float) -> str:
    """Say a count with two digits that count."""
    return f"{float(f'{x:.2g}'):,.0f}"
