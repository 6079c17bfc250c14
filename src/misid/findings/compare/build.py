"""Puts a comparison of rules together: the same people under each of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from misid.errors import UnknownName
from misid.findings.compare.curves import curves_section, effect_curves, lower_than, order
from misid.findings.compare.ledger import count_pairs
from misid.findings.compare.model import Comparison
from misid.findings.compare.people import paired_section
from misid.findings.compare.rules import configurations, no_hit, rules_as_data
from misid.findings.compare.tradeoff import CODES, all_rules_carried, first_sentence, tradeoff, tradeoff_picture
from misid.findings.inputs import SOURCED, inputs_table, not_validated, relevant
from misid.findings.reckon import Reckoner
from misid.findings.words import label, listing
from misid.scenario import Scenario

ALL = "all"
LIMITS = (
    "It does not say whether any person, in any case, was rightly identified.",
    "It does not say whether a stop, or an action on a right hit, was lawful.",
    "It does not say which rule to choose: people spared and people missed are counted, never weighed.",
    "It has not seen any of these rules at work; what people who check let pass comes from laboratories and a few trials.",
    "Where a rule says nothing of people without a hit, none of them is counted as acted on.",
    "People may act otherwise once a rule changes; here the same people do the same under every rule.",
    "Gallery growth beyond 12 million, street photos and groups without test data rest on structure, not on tests.",
)


def chosen_rules(reckoner: Reckoner, policies: Sequence[str]) -> tuple[str, ...]:
    """Return the rules to compare, the one in force first.

    Parameters
    ----------
    reckoner : Reckoner
        Gives the scenario.
    policies : sequence of str
        Names of rules; `ALL` for all of them; none for those that the scenario compares.

    Raises
    ------
    UnknownName
        If the scenario has no rule of that name.
    """
    scenario = reckoner.scenario
    check_rules(scenario, policies)
    wanted = (*scenario.compare, *scenario.rules) if ALL in policies else policies or scenario.compare
    return tuple(dict.fromkeys((scenario.rule, *wanted)))


def check_rules(scenario: Scenario, policies: Sequence[str]) -> None:
    """Refuse a name that is no rule of a scenario.

    Raises
    ------
    UnknownName
        Names the nearest rules.
    """
    for name in policies:
        if name != ALL and name not in scenario.rules:
            raise UnknownName("rule", name, [*scenario.rules, ALL])


def with_rules(reckoner: Reckoner, rules: Sequence[str]) -> Reckoner:
    """Return the same scenario and model choices with these rules beside the one in force."""
    scenario = reckoner.scenario.model_copy(update={"compare": tuple(rules)})
    return Reckoner(scenario, reckoner.choices, reckoner.shown)


def comparison(
    reckoner: Reckoner, ledger: Path, rules: Sequence[str], *, seed: int, encounters: int, digest: str
) -> Comparison:
    """Compare rules over the same people: single ones from a ledger, and all of them in closed form.

    Parameters
    ----------
    reckoner : Reckoner
        Scenario and model choices.
    ledger : Path
        Encounters decided under all of the rules, as `misid.storage.open_ledger` takes them.
    rules : sequence of str
        From `chosen`.
    seed, encounters : int
        Those of the ledger.
    digest : str
        Its content hash.

    Returns
    -------
    Comparison
    """
    r = with_rules(reckoner, rules)
    scenario = r.scenario
    met = count_pairs(ledger, r.modes, r.rules)
    found = all_rules_carried(r)
    said = order(r)
    inputs = relevant(r, simulated=True)
    return Comparison(
        scenario=scenario.name,
        title=scenario.title,
        known=first_sentence(r, found, lower_than(said, r.rules, scenario.rule, "always")),
        not_validated=not_validated(r),
        how=(
            f"{encounters:,} synthetic encounters, seed {seed}, with people {scenario.stops[scenario.headline_stop].title}, "
            f"each decided under {len(r.rules)} rules and read in {listing([label(mode) for mode in r.modes])}. Ledger "
            f"{digest[:16]}. Numbers with a range over inputs are in closed form and need no encounters."
        ),
        picture=tradeoff_picture(r, found),
        sections=(
            paired_section(r, met),
            tradeoff(r, found, met),
            curves_section(r, effect_curves(r), said),
            rules_as_data(r),
            configurations(r),
            no_hit(r),
        ),
        inputs=inputs_table(r, inputs),
        illustrative=tuple(path for path, q in inputs.items() if q.grade not in SOURCED),
        limits=LIMITS,
        caveats=tuple(dict.fromkeys((*r.caveats(r.n_references), "stop_mix_assumed", "no_hit_rule_unknown", *CODES))),
    )
