"""Everything that `misid validate` finds, before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from misid.validation.contract import Summary, Table


@dataclass(frozen=True)
class Unsettled:
    """Something that no published row can decide.

    Parameters
    ----------
    statement : str
        What is open, a sentence.
    evidence : str
        How one can see that it is open: a computed figure or an identity, a sentence.
    """

    statement: str
    evidence: str


@dataclass(frozen=True)
class Unpredicted:
    """A published record that no prediction can be set beside.

    Parameters
    ----------
    subject : str
        Its id.
    reason : str
        What is missing.
    """

    subject: str
    reason: str


@dataclass(frozen=True)
class Validation:
    """Predictions beside observations.

    Parameters
    ----------
    tables : tuple of Table
        In the order of the page.
    summaries : dict
        Of each table, by its code; empty for one that is not judged.
    unsettled : tuple of Unsettled
        What no data can decide.
    unpredicted : tuple of Unpredicted
        Records without a prediction, with the reason.
    not_validated : tuple of str
        What misid computes and nobody has tested.
    """

    tables: tuple[Table, ...]
    summaries: Mapping[str, tuple[Summary, ...]]
    unsettled: tuple[Unsettled, ...] = ()
    unpredicted: tuple[Unpredicted, ...] = ()
    not_validated: tuple[str, ...] = ()
