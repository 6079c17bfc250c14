"""Every table of predictions there is, by its code, and the one call that makes them.

A file that makes tables plugs in here: one line in `TABLES` for each code, and, where it has them, one in `UNSETTLED`
and in `UNPREDICTED`.  Builders import what they need when they are called, so that this file costs nothing to load.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from misid.errors import Fault, InvalidInput, did_you_mean
from misid.validation.contract import Table
from misid.validation.results import Unpredicted, Unsettled, Validation
from misid.validation.summary import summaries

Progress = Callable[[str], None]
Builder = Callable[[Progress], tuple[Table, ...]]


def _growth(say: Progress) -> tuple[Table, ...]:
    from misid.validation.published.growth import growth

    return growth(say)


def _growth_unsettled() -> tuple[Unsettled, ...]:
    from misid.validation.published.growth import unsettled

    return unsettled()


def _galleries(say: Progress) -> tuple[Table, ...]:
    from misid.validation.published.galleries import galleries

    return galleries(say)


def _galleries_unsettled() -> tuple[Unsettled, ...]:
    from misid.validation.published.galleries import unsettled

    return unsettled()


def _kinds(say: Progress) -> tuple[Table, ...]:
    from misid.validation.published.kinds import kinds

    return kinds(say)


def _kinds_unsettled() -> tuple[Unsettled, ...]:
    from misid.validation.published.kinds import unsettled

    return unsettled()


def _groups(say: Progress) -> tuple[Table, ...]:
    from misid.validation.published.groups import groups

    return groups(say)


def _groups_unsettled() -> tuple[Unsettled, ...]:
    from misid.validation.published.groups import UNSETTLED as settled

    return settled


def _twins(say: Progress) -> tuple[Table, ...]:
    from misid.validation.published.twins import twin_tables

    return twin_tables(say)


def _twins_unsettled() -> tuple[Unsettled, ...]:
    from misid.validation.published.twins import unsettled

    return unsettled()


def _deployments(say: Progress) -> tuple[Table, ...]:
    from misid.validation.deployments.tables import deployments

    return deployments(say)


def _deployments_unsettled() -> tuple[Unsettled, ...]:
    from misid.validation.deployments.notes import unsettled

    return unsettled()


def _deployments_unpredicted() -> tuple[Unpredicted, ...]:
    from misid.validation.deployments.notes import unpredicted

    return unpredicted()


TABLES: dict[str, Builder] = {
    "growth_fnir": _growth,
    "growth_fnir_fifths": _growth,
    "growth_fnir_small": _growth,
    "growth_rank1": _growth,
    "growth_rank1_fifths": _growth,
    "growth_rank1_small": _growth,
    "small_0003": _galleries,
    "small_0003_other": _galleries,
    "small_003": _galleries,
    "small_003_other": _galleries,
    "kinds_mugshot": _kinds,
    "kinds_other": _kinds,
    "ageing_mugshot": _kinds,
    "ageing_other": _kinds,
    "groups_half": _groups,
    "groups_size": _groups,
    "groups_other": _groups,
    "twins_fmr": _twins,
    "deployment_share": _deployments,
    "deployment_rate": _deployments,
    "deployment_alerts": _deployments,
    "deployment_events": _deployments,
}
"""Code of each table and what makes it, in the order of the page.

A builder is called with a function that takes what is being done, in words; it returns one or more tables.  Tables that
come out of one fit name the same builder: it is called once, whichever of them are asked for.
"""

UNSETTLED: dict[str, Callable[[], tuple[Unsettled, ...]]] = {
    "growth_fnir": _growth_unsettled,
    "small_0003": _galleries_unsettled,
    "kinds_mugshot": _kinds_unsettled,
    "groups_half": _groups_unsettled,
    "twins_fmr": _twins_unsettled,
    "deployment_share": _deployments_unsettled,
}
"""What no data can decide, by the code of the table that it is about."""

UNPREDICTED: dict[str, Callable[[], tuple[Unpredicted, ...]]] = {"deployment_share": _deployments_unpredicted}
"""Published records without a prediction, by the code of the table in which they are missing."""

NOT_VALIDATED: tuple[str, ...] = (
    "galleries above 12 million references",
    "street photos taken with a phone",
    "an officer who acts on a hit, and what the officer makes of a document",
    "how often the record behind a right hit is wrong",
    "people from Latin America, the Middle East, Indigenous or mixed people",
    "relatives and look-alikes other than twins",
    "people stopped together, second photos and photos that are kept and searched again",
)
"""What misid computes and nobody has tested, the most important first; a few words each."""


def validation(codes: Iterable[str] | None = None, progress: Progress | None = None) -> Validation:
    """Make tables of predictions beside what was observed.

    Parameters
    ----------
    codes : iterable of str, optional
        Codes of the tables wanted; all if not given.
    progress : callable, optional
        Called with what is being done, in words.

    Returns
    -------
    Validation
        Tables in the order of `TABLES`.

    Raises
    ------
    InvalidInput
        If a code is not known; names all that are not, before any table is made.
    """
    wanted = chosen(codes)
    say = progress or (lambda words: None)
    found: dict[str, Table] = {}
    made: dict[str, dict[str, Table]] = {}
    for code in wanted:
        builder = TABLES[code]
        # Not a set of functions: two codes share a builder if they name the same one.
        first = next(other for other, its in TABLES.items() if its is builder)
        if first not in made:
            made[first] = {table.code: table for table in builder(say)}
        if code not in made[first]:
            raise RuntimeError(f"the builder of {code!r} made {sorted(made[first])}")
        found[code] = made[first][code]
    say("summaries, with intervals over whole developers and operators")
    return Validation(
        tables=tuple(found.values()),
        summaries={code: summaries(table) for code, table in found.items()},
        unsettled=tuple(one for code, settle in UNSETTLED.items() if code in found for one in settle()),
        unpredicted=tuple(one for code, records in UNPREDICTED.items() if code in found for one in records()),
        not_validated=NOT_VALIDATED,
    )


def chosen(codes: Iterable[str] | None, known: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """Return the codes that are asked for, each once, in the order of the page.

    Parameters
    ----------
    codes : iterable of str, optional
        All if not given.
    known : mapping, optional
        `TABLES` if not given.

    Raises
    ------
    InvalidInput
        If a code is not known, or if none is asked for.
    """
    known = TABLES if known is None else known
    asked = list(dict.fromkeys(known if codes is None else codes))
    listed = f"known: {', '.join(known)}" if known else "this version has none"
    faults = [
        Fault("", 0, "--table", f"unknown table {code!r}{_near(code, known)}", listed)
        for code in asked
        if code not in known
    ]
    if not asked:
        faults.append(Fault("", 0, "--table", "no table to make", listed))
    if faults:
        raise InvalidInput(faults)
    return tuple(code for code in known if code in asked)


def _near(code: str, known: Mapping[str, object]) -> str:
    near = did_you_mean(code, known)
    return near if near.startswith("; did you mean") else ""
