"""The only list of the ledger's columns: name, type, unit, meaning and labels.

``truth.`` holds what is so, ``seen.`` what the system or the officer gets.  The outcome columns come one per rule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from misid.errors import OutOfRange
from misid.vocabulary import Mode, Origin, Sex

NONE = "none"
ORIGINS = tuple(origin.value for origin in Origin)
YES_NO = "bool"
CODE = "uint8"
RULE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Column:
    """One column of the ledger.

    Parameters
    ----------
    name : str
        ``encounter``, or with its side ``truth.person``.
    dtype : str
        NumPy type: bool, uint8, int16, int64, float32.
    unit : str
        Empty for labels, numbers of things and yes or no.
    what : str
        What it holds.
    codes : tuple of str
        Labels of an integer-coded column: value i means ``codes[i]``.  Empty for a plain number.
    by_scenario : bool
        Whether the labels depend on the scenario and come with the run's plan.
    null_means : str
        What a missing value means.  Missing is NaN in a float column, -1 in a signed integer column, and NULL in
        Parquet.  Empty where a value is never missing; NaN is then refused.
    """

    name: str
    dtype: str
    unit: str
    what: str
    codes: tuple[str, ...] = ()
    by_scenario: bool = False
    null_means: str = ""

    @property
    def side(self) -> str:
        """The struct that holds it: ``truth``, ``seen``, ``outcome``, ``disbelieved``, or empty."""
        return self.name.rpartition(".")[0]

    @property
    def field(self) -> str:
        """Its name within the struct."""
        return self.name.rpartition(".")[2]

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {
            "name": self.name,
            "type": self.dtype,
            "unit": self.unit,
            "what": self.what,
            "codes": list(self.codes),
            "null_means": self.null_means,
        }


LEDGER: tuple[Column, ...] = (
    Column("encounter", "int64", "", "number of the encounter, from 0"),
    Column("mode", CODE, "", "how FPIR moves with gallery size", tuple(mode.value for mode in Mode)),
    Column("truth.person", "int64", "", "number of the synthetic person"),
    Column("truth.group", "int64", "", "number of the group of people stopped together"),
    Column("truth.together", CODE, "", "what the group shares", ("alone", "household", "workplace")),
    Column("truth.origin", CODE, "", "the person's origin", ORIGINS),
    Column("truth.sex", CODE, "", "the person's sex", tuple(sex.value for sex in Sex)),
    Column("truth.age", "int16", "years", "the person's age"),
    Column("truth.minor", YES_NO, "", "the person is under 18"),
    Column("truth.status", CODE, "", "the person's status", by_scenario=True),
    Column("truth.enrolled", YES_NO, "", "the person owns a reference in the gallery"),
    Column(
        "truth.hit",
        CODE,
        "",
        "whose reference the top candidate is",
        (NONE, "own record", "own second record", "identical twin", "sibling", "stranger", "bystander"),
    ),
    Column("truth.candidate_origin", CODE, "", "origin of the top candidate's person", (*ORIGINS, NONE)),
    Column(
        "truth.reference",
        "int64",
        "",
        "place of the stranger's reference within its origin, the most-drawing first",
        null_means="no stranger's reference hit",
    ),
    Column("truth.record_right", YES_NO, "", "the record shown is the person's own, and its status is right"),
    Column(
        "truth.record_fault",
        CODE,
        "",
        "what is wrong with the record shown",
        (NONE, "stale", "linked to another person", "entered wrongly"),
    ),
    Column("truth.name_right", YES_NO, "", "the name on the record is the person's"),
    Column("truth.birth_date_right", YES_NO, "", "the birth date on the record is the person's"),
    Column("truth.nationality_right", YES_NO, "", "the nationality on the record is the person's"),
    Column("truth.carries_document", YES_NO, "", "the person carries a genuine document that proves the status"),
    Column("truth.poor_photo", YES_NO, "", "the probe is a poor photo"),
    Column("truth.attempts", "uint8", "", "photos taken: a further one only after no hit"),
    Column(
        "truth.own_score",
        "float32",
        "decades",
        "the probe's best score against the person's own references",
        null_means="no own reference scored",
    ),
    Column(
        "truth.stranger_score",
        "float32",
        "decades",
        "the probe's best score against everybody else's references",
        null_means="none was searched",
    ),
    Column("seen.manner", CODE, "", "how the scan came about", ("asked", "told", "not asked", "not scanned")),
    Column("seen.photo_usable", YES_NO, "", "a photo could be searched"),
    Column("seen.hit", YES_NO, "", "the search returned a candidate at or above the threshold"),
    Column("seen.score", "float32", "decades", "the top candidate's score", null_means="no hit"),
    Column("seen.database", CODE, "", "where the record shown comes from", by_scenario=True),
    Column("seen.record_number", "int64", "", "number of the record shown", null_means="no hit"),
    Column("seen.record_calls_for_action", YES_NO, "", "the record shown calls for action"),
    Column("seen.record_origin", CODE, "", "origin on the record shown", (*ORIGINS, NONE)),
    Column("seen.record_age", "int16", "years", "age on the record shown", null_means="no hit"),
    Column("seen.details_differ", YES_NO, "", "details on the record differ from what the person says"),
    Column("seen.document_shown", YES_NO, "", "the person shows a document"),
    Column("seen.looks_under_18", YES_NO, "", "the person looks under 18"),
)

OUTCOMES = ("no action", "supported", "supported by chance", "wrong person", "wrong record", "not verified")


def columns(rules: Sequence[str], labels: Mapping[str, Sequence[str]]) -> tuple[Column, ...]:
    """Return every column of one run, labels filled in.

    Parameters
    ----------
    rules : sequence of str
        Names of the rules of action; each makes ``outcome.<rule>`` and ``disbelieved.<rule>``.
    labels : mapping of str to sequence of str
        Labels of the columns whose labels depend on the scenario, by column name.

    Returns
    -------
    tuple of Column
        Columns of one side stand together; the order is that of every ledger with these rules.

    Raises
    ------
    OutOfRange
        If a rule's name cannot be a column's name, two rules share one, or labels are missing, double, too many or
        for a column that takes none.
    """
    for rule in rules:
        if not RULE_NAME.fullmatch(rule):
            raise OutOfRange("rules", rule, "letters, digits, _ and -, a letter first")
    if len({rule.lower() for rule in rules}) != len(rules):
        raise OutOfRange("rules", list(rules), "names that differ by more than capital letters")
    wanted = {column.name for column in LEDGER if column.by_scenario}
    if set(labels) != wanted:
        raise OutOfRange("labels", sorted(labels), f"for exactly these columns: {', '.join(sorted(wanted))}")
    for column, names in labels.items():
        if isinstance(names, str) or not 1 <= len(set(names)) == len(names) <= 255:
            raise OutOfRange(f"labels of {column}", names, "1 to 255 different names")
    fixed = [replace(c, codes=tuple(labels[c.name])) if c.by_scenario else c for c in LEDGER]
    outcomes = [Column(f"outcome.{rule}", CODE, "", f"what happens under {rule}", OUTCOMES) for rule in rules]
    doubted = [
        Column(f"disbelieved.{rule}", YES_NO, "", f"a genuine document did not count under {rule}") for rule in rules
    ]
    return (*fixed, *outcomes, *doubted)


def missing_value(column: Column) -> float | int | None:
    """Return the value that stands for a missing one in memory; None if the column never misses one."""
    if not column.null_means:
        return None
    return float("nan") if np.dtype(column.dtype).kind == "f" else -1
