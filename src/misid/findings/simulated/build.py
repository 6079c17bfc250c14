"""What the page says of simulated people: four encounters one by one, then what all of them show.

Everything is counted from the ledger; what the scenario's model expects stands beside it.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from misid.findings.estimates import Estimates
from misid.findings.model import Section, Simulated
from misid.findings.simulated.counts import company_section, counts
from misid.findings.simulated.kept import retention_section
from misid.findings.simulated.ledger import SimulatedRun, open_book
from misid.findings.simulated.one_by_one import four_screens
from misid.findings.simulated.rerun import rerun_section
from misid.scenario import rule_named
from misid.vocabulary.catalogue import say


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
    with closing(open_book(ledger, scenario.rule, run.points, encounters)) as book:
        return Simulated(
            title=say("simulated.title"),
            lead=say("simulated.lead", people=run.photographed),
            how=say(
                "simulated.how",
                n=encounters,
                seed=str(seed),
                rule=rule_named(scenario, scenario.rule).title,
                action=scenario.action,
                hash=digest[:16],
            ),
            screens=four_screens(
                estimates,
                estimates.points(run.points[-1]),
                seed=seed,
                encounters=encounters,
                condition=run.condition(run.points[-1]),
            ),
            sections=(
                counts(run, book),
                company_section(run, book),
                retention_section(run, book),
                rerun_section(run, book),
                *extra,
            ),
        )
