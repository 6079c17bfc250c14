"""Every table of predictions there is, by what makes it, and the one call that makes them.

A module that makes tables plugs in here: one `Builder` in `BUILDERS`, in the order of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from misid.validation import Unpredicted, Unsettled, known_codes
from verification.deployment_level import level_tables, level_unsettled
from verification.deployment_notes import deployments_unsettled, unpredicted
from verification.deployments import deployment_tables
from verification.group_cells import GROUPS_UNSETTLED, group_tables
from verification.growth_of_misses import growth_tables, growth_unsettled
from verification.image_kinds import kind_tables, kinds_unsettled
from verification.small_galleries import galleries_unsettled, gallery_tables
from verification.summaries import summaries
from verification.tables import PredictionTable, Say, Validation
from verification.twin_rates import twin_tables, twins_unsettled


@dataclass(frozen=True)
class Builder:
    """Tables that come out of one fit, and what no data can decide about them; kept with the first of the codes."""

    codes: tuple[str, ...]
    tables: Callable[[Say], tuple[PredictionTable, ...]]
    unsettled: Callable[[], tuple[Unsettled, ...]] = tuple
    unpredicted: Callable[[], tuple[Unpredicted, ...]] = tuple


BUILDERS = (
    Builder(
        (
            "growth_fnir",
            "growth_fnir_fifths",
            "growth_fnir_small",
            "growth_rank1",
            "growth_rank1_fifths",
            "growth_rank1_small",
        ),
        growth_tables,
        growth_unsettled,
    ),
    Builder(("small_0003", "small_0003_other", "small_003", "small_003_other"), gallery_tables, galleries_unsettled),
    Builder(("kinds_mugshot", "kinds_other", "ageing_mugshot", "ageing_other"), kind_tables, kinds_unsettled),
    Builder(("groups_half", "groups_size", "groups_other"), group_tables, lambda: GROUPS_UNSETTLED),
    Builder(("twins_fmr",), twin_tables, twins_unsettled),
    Builder(("deployment_level",), level_tables, level_unsettled),
    Builder(
        ("deployment_share", "deployment_rate", "deployment_alerts", "deployment_events"),
        deployment_tables,
        deployments_unsettled,
        unpredicted,
    ),
)

NOT_VALIDATED: tuple[str, ...] = (
    "galleries above 12 million references",
    "street photos taken with a phone",
    "an officer who acts on a hit, and what the officer makes of a document",
    "how often the record behind a right hit is wrong",
    "searches of many with people from Latin America, the Middle East, Indigenous or mixed people",
    "relatives and look-alikes other than twins",
    "people stopped together, second photos and photos that are kept and searched again",
)
"""What misid computes and nobody has tested, the most important first; a few words each."""


def all_codes() -> tuple[str, ...]:
    """Return the codes of all tables, in the order of the page."""
    return tuple(code for builder in BUILDERS for code in builder.codes)


def make(codes: Iterable[str] | None = None, say: Say = lambda words: None) -> Validation:
    """Make tables of predictions beside what was observed, all unless their codes are given.

    Raises InvalidInput before any table is made if a code is not known.
    """
    wanted = all_codes() if codes is None else known_codes(codes, all_codes())
    tables: list[PredictionTable] = []
    unsettled: list[Unsettled] = []
    missing: list[Unpredicted] = []
    for builder in BUILDERS:
        if not set(builder.codes) & set(wanted):
            continue
        built = {table.code: table for table in builder.tables(say)}
        if set(built) != set(builder.codes):
            raise RuntimeError(f"the builder of {', '.join(builder.codes)} made {', '.join(built)}")
        tables += [built[code] for code in builder.codes if code in wanted]
        first = builder.codes[0]
        if first in wanted:
            unsettled += [replace(one, table=first) for one in builder.unsettled()]
            missing += [replace(one, table=first) for one in builder.unpredicted()]
    say("summaries, with intervals over whole developers and operators")
    return Validation(
        tables=tuple(tables),
        summaries={table.code: summaries(table) for table in tables},
        unsettled=tuple(unsettled),
        unpredicted=tuple(missing),
        not_validated=NOT_VALIDATED,
    )
