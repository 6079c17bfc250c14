"""Puts the page on misid's own predictions together, misses first."""

from __future__ import annotations

from misid.findings.model import Table
from misid.findings.validation import sections
from misid.findings.validation.families import family_of
from misid.findings.validation.misses import (
    FIRST_GOALS,
    FIRST_ROWS,
    furthest,
    goals_missed,
    goals_table,
    rows_table,
)
from misid.findings.validation.model import ValidationPage
from misid.findings.validation.words import anchor, lower, standings
from misid.findings.words import capital
from misid.validation import Digest, Standing, Validation
from misid.validation.digest import digest

TITLE = "Predictions beside what was observed"
FIRST_UNTESTED = 4
LIMITS = (
    "It does not say that a prediction for another gallery, photo or operator would come as close.",
    "Published tests are of algorithms that were sent in for testing, on photos of one kind of use; no use in the field has "
    "been tested so.",
    "An interval that holds what was observed has been tested little if it is wide; few rows test no coverage at all.",
    "Goals are about the middle and the tail of many rows; a single row can be off by much more, and the worst stand first.",
    "A figure that no table is about is not validated by the others.",
)


def validation_page(validation: Validation) -> ValidationPage:
    """Say everything that was found about misid's own predictions.

    Parameters
    ----------
    validation : Validation
        What was found.

    Returns
    -------
    ValidationPage
    """
    whole = digest(validation, worst=None)
    missed = goals_missed(whole)
    pairs = tuple(zip(validation.tables, whole.tables, strict=True))
    folded = {anchor(table.code): sections.folded(table, short) for table, short in pairs}
    return ValidationPage(
        title=TITLE,
        known=known(whole),
        beside=beside(whole),
        not_validated=not_validated(whole),
        goals_missed=missed[:FIRST_GOALS],
        furthest=furthest(whole, FIRST_ROWS + FIRST_GOALS - min(len(missed), FIRST_GOALS)),
        misses=(goals_table(whole), rows_table(whole)),
        untested=tuple(capital(words) for words in whole.not_validated),
        unsettled=unsettled(whole),
        sections=tuple(sections.section(table, short) for table, short in pairs),
        unpredicted=unpredicted(whole),
        inputs=inputs(whole),
        limits=LIMITS,
        caveats=tuple(dict.fromkeys(code for table in whole.tables for code in table.caveats)),
        points={anchor(table.code): sections.points(table) for table in whole.tables},
        folded={section: table for section, table in folded.items() if table is not None},
    )


def known(d: Digest) -> str:
    """Return the first sentence: what was tested, and how it came out against the goals set beforehand."""
    rows = sum(table.rows for table in d.distinct())
    reached = [met for table in d.tables for _, _, met in table.reached()]
    outside = sum(table.outside for table in d.distinct())
    beyond = f"{outside:,} of its predictions {'lies' if outside == 1 else 'lie'} outside {'its' if outside == 1 else 'their'} interval"
    if not reached:
        return f"Over {rows:,} predictions of published or counted figures misid had no goal set beforehand; {beyond}."
    missed = len(reached) - sum(reached)
    came = (
        f"misid misses {missed} of {len(reached)} goals set beforehand"
        if missed
        else f"misid reaches {'the goal' if len(reached) == 1 else f'all {len(reached)} goals'} set beforehand"
    )
    return f"Over {rows:,} predictions of published or counted figures {came}, and {beyond}."


def beside(d: Digest) -> str:
    """Return what a reader needs to weigh the first sentence: what was tested, what was seen, how many misses are due."""
    distinct = d.distinct()
    rows = sum(table.rows for table in distinct)
    seen = sum(table.standings.get(Standing.IN_SAMPLE.value, 0) for table in distinct)
    judged = [table for table in distinct if table.judged]
    due = sum((1 - table.level) * table.rows for table in judged)
    outside, among = sum(table.outside for table in judged), sum(table.rows for table in judged)
    families = dict.fromkeys(family.title for table in d.tables if (family := family_of(table.code)) is not None)
    tested = f"Tested: {'; '.join(lower(title) for title in families)}. " if families else ""
    fitted = tested + (
        f"No fit had seen any of them{'' if rows == 1 else ' when it predicted it'}."
        if not seen
        else f"{rows - seen:,} of them were left out of the fit; {seen:,} {'was' if seen == 1 else 'were'} not, and each says so."
    )
    if not among:
        return f"{fitted} No table has rows enough for a summary."
    return (
        f"{fitted} Where rows are many enough to judge, {outside:,} of {among:,} lie outside; with intervals of the right "
        f"width it would be about {due:,.0f}."
    )


def not_validated(d: Digest) -> str:
    """Return the one line that says what nobody has tested."""
    first = list(d.not_validated[:FIRST_UNTESTED])
    more = len(d.not_validated) - len(first)
    if not first:
        return "What no table is about."
    return f"Not validated: {'; '.join(first)}{f'; and {more} more' if more > 0 else ''}."


def unsettled(d: Digest) -> Table:
    """Return what no data can decide, with the evidence."""
    return Table(
        "What no published row can decide",
        ("open", "how one can see that it is open"),
        tuple((one.statement, one.evidence) for one in d.unsettled),
        "Where one of these matters, misid prints both answers and no single headline." if d.unsettled else "",
    )


def unpredicted(d: Digest) -> Table:
    """Return the published records without a prediction, with the reason."""
    return Table(
        "Published records without a prediction",
        ("record", "why"),
        tuple((one.subject, capital(one.reason)) for one in d.unpredicted),
    )


def inputs(d: Digest) -> Table:
    """Return what was predicted from what."""
    return Table(
        "Tables of predictions",
        ("code", "target", "fitted on", "rows", "groups", "standing", "summary"),
        tuple(
            (
                table.code,
                table.target,
                table.how,
                table.rows,
                table.groups,
                standings(dict(table.standings)),
                "yes" if table.judged else "no: too few rows, too wide ranges",
            )
            for table in d.tables
        ),
        f"Make one of them again: misid validate --table {d.tables[0].code}" if d.tables else "",
    )
