"""What the page says of simulated people: four encounters one by one, then what all of them show.

Everything is counted from the ledger; what the scenario's model expects stands beside it.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from misid.findings.estimates import Estimates
from misid.findings.model import Section, Simulated
from misid.findings.simulated.counts import company_section, counts, statuses_section
from misid.findings.simulated.kept import retention_section
from misid.findings.simulated.ledger import SimulatedRun, open_book
from misid.findings.simulated.phone import shown_screens
from misid.findings.simulated.records import records_section, references_hit
from misid.findings.simulated.rerun import rerun_section
from misid.scenario import rule_named


def simulated(
    estimates: Estimates,
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
    estimates : Estimates
        Of the scenario that was simulated.
    ledger : Path
        As `misid.storage.open_ledger`; OutputRefused if it cannot be read.
    seed, encounters : int
        Of the run.
    digest : str
        Content hash of the ledger.
    extra : tuple of Section
        What stands behind the sections made here.
    """
    run, scenario = SimulatedRun(estimates, encounters, seed), estimates.scenario
    statuses = tuple(scenario.statuses)
    with closing(open_book(ledger, scenario.rule, run.points, statuses, encounters)) as book:
        return Simulated(
            title="What happens to simulated people",
            lead=f"Of {run.photographed}, one by one. The four encounters below show kinds, not how often they occur.",
            how=(
                f"All people here are SYNTHETIC: drawn by a random generator, none exists. {encounters:,} encounters, seed "
                f"{seed}. Rule: {rule_named(scenario, scenario.rule).title}. Action: {scenario.action}. The same people were "
                f"met at every threshold. Content hash {digest[:16]}."
            ),
            screens=shown_screens(run, book),
            sections=(
                counts(run, book),
                statuses_section(run, book),
                company_section(run, book),
                records_section(run, book),
                references_hit(run, book),
                retention_section(run, book),
                rerun_section(run, book),
                *extra,
            ),
        )
