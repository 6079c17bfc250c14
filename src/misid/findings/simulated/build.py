"""What the page says of simulated people: four encounters one by one, then what all of them show.

Everything is counted from the ledger; what the scenario's model expects stands beside it.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from misid.findings.estimates import Estimates
from misid.findings.model import Section
from misid.findings.questions.registry import condition, photographed
from misid.findings.simulated.counts import company_section, counts
from misid.findings.simulated.kept import retention_section
from misid.findings.simulated.ledger import SimulatedRun, open_book
from misid.findings.simulated.phone import four_screens
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
) -> Section:
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
    last, rule = run.estimates.names[-1], rule_named(scenario, scenario.rule).title
    how = {"n": encounters, "seed": str(seed), "rule": rule, "action": scenario.action, "hash": digest[:16]}
    at_last = condition(estimates, last)
    with closing(open_book(ledger, scenario.rule, run.estimates.names, encounters)) as book:
        made = (counts, company_section, retention_section, rerun_section)
        return Section(
            "people",
            say("simulated.title"),
            say("simulated.lead", people=photographed(estimates), condition=at_last),
            points=(say("simulated.how", **how),),
            screens=four_screens(
                estimates, estimates.points(last), seed=seed, encounters=encounters, condition=at_last
            ),
            sections=(*(section(run, book) for section in made), *extra),
        )
