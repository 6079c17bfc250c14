"""What the page says of simulated people: a dozen encounters one by one, then what all of them show.

Everything is counted from the ledger; the closed form stands beside it.
"""

from __future__ import annotations

from pathlib import Path

from misid.findings.figures import photographed
from misid.findings.model import Section, Simulated
from misid.findings.reckon import Reckoner
from misid.findings.simulated import kept as keeping
from misid.findings.simulated.book import Book, open_book
from misid.findings.simulated.company import company_section
from misid.findings.simulated.counts import counts, frequencies, groups_section
from misid.findings.simulated.phone import DOZEN, screens
from misid.findings.simulated.rates import Words, simulated_rate
from misid.findings.simulated.records import records_section, references_hit
from misid.findings.words import either, format_number, label, listing


def simulated(
    reckoner: Reckoner,
    ledger: Path,
    *,
    seed: int,
    encounters: int,
    digest: str,
    extra: tuple[Section, ...] = (),
) -> Simulated:
    """Return everything that is said of simulated people.

    Parameters
    ----------
    reckoner : Reckoner
        Of the scenario that was simulated, at the values that `misid.findings.encounters.shown_world` reads.
    ledger : Path
        As `misid.storage.open_ledger`.
    seed, encounters : int
        Of the run.
    digest : str
        Content hash of the ledger.
    extra : tuple of Section
        What stands behind the sections made here.

    Returns
    -------
    Simulated

    Raises
    ------
    OutputRefused
        If the ledger cannot be read.
    """
    words = Words(reckoner, encounters, seed)
    book = open_book(ledger, reckoner.scenario.rule, reckoner.modes, encounters)
    try:
        return Simulated(
            title="What happens to simulated people",
            lead=_lead(words, book),
            how=_how(words, book, digest),
            screens=screens(reckoner.scenario, book, frequencies(words, book)),
            sections=(
                counts(words, book),
                groups_section(words, book),
                company_section(words, book),
                records_section(words, book),
                references_hit(words, book),
                keeping.retention_section(words, book),
                *extra,
            ),
        )
    finally:
        book.close()


def _lead(words: Words, book: Book) -> str:
    """Say what matters most, and that a dozen chosen to show kinds are no frequencies."""

    def often(measure: str) -> str:
        share = {mode: simulated_rate(book.moments[mode, "all", "all", measure]).share for mode in book.modes}
        return either({mode: format_number(words.per * x) for mode, x in share.items()})

    return (
        f"Of {photographed(words.reckoner)}, {often('unsupported')} met an unsupported action, and {often('wrong_hit')} "
        "had a hit on somebody else's record. The encounters below show kinds; each says how often its kind occurs."
    )


def _how(words: Words, book: Book, digest: str) -> str:
    scenario = words.reckoner.scenario
    rule = scenario.rules[scenario.rule].title
    first = f" Unless they say otherwise they are as under {label(book.modes[0])}." if len(book.modes) > 1 else ""
    return (
        f"All people here are SYNTHETIC: drawn by a random generator, none exists. {words.encounters:,} encounters, seed "
        f"{words.seed}, people {scenario.stops[scenario.headline_stop].title}. Rule: {rule}. Action: {scenario.action}. "
        f"{'Readings' if len(book.modes) > 1 else 'Reading'}: {listing([label(mode) for mode in book.modes])}. Content "
        f"hash {digest[:16]}. The encounters below were picked by rule, in order of their numbers: the first of each kind, "
        f"then the second and third until there are {DOZEN}. They show each kind, not how often it occurs.{first}"
    )
