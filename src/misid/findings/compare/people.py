"""The same simulated people under each rule and under the rule in force: who fares differently, cause by cause."""

from __future__ import annotations

from collections.abc import Mapping

from misid.findings.compare.ledger import UNSUPPORTED, Met, OutcomePair
from misid.findings.model import Cell, ChartData, Section, Table
from misid.findings.reckon import Reckoner
from misid.findings.words import label
from misid.quantities import Doubt, Estimate
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

TITLES = {
    UNSUPPORTED: "Acted on without support, all causes",
    "wrong_person": "Acted on as the wrong person",
    "wrong_record": "Acted on for a wrong record of their own",
    "disbelieved_document": "Acted on although a genuine document was shown (overlaps the other causes)",
    "not_verified": "Acted on without a hit",
}
METHOD = "the same simulated people under both rules; interval clustered by who was stopped together"
TOO_FEW = "all were stopped together; more encounters are needed"


def paired_section(reckoner: Reckoner, met: Met) -> Section:
    """Return the section.

    Parameters
    ----------
    reckoner : Reckoner
        Gives the rules.
    met : Met
        What the ledger holds.
    """
    scenario = reckoner.scenario
    first, *others = reckoner.rules
    figures = {
        f"{rule}.{kind}.{mode.value}.difference": people_difference(reckoner, met, met.pairs[mode, rule, kind], mode)
        for kind in TITLES
        for rule in others
        for mode in reckoner.modes
    }
    seen = [kind for kind in TITLES if any(_counted(met, reckoner, kind))]
    causes = [kind for kind in seen if kind != UNSUPPORTED]
    absent = [TITLES[kind].lower() for kind in TITLES if kind not in seen and kind != UNSUPPORTED]
    text = (
        f"{met.encounters:,} synthetic people were met under every rule with the same photo, the same score, the same "
        f"record and the same dice; only the rule differs from the one in force, {scenario.rules[first].title}. "
        "Difference: the rule of the row minus the rule in force. Intervals and p hold simulation doubt alone: more "
        "encounters shrink it, and it says nothing about the world."
    )
    if absent:
        text += f" Nobody was {', or '.join(absent)}, under any of these rules."
    if not others:
        return Section("paired", "The same people under each rule", text)
    charts = tuple(_chart(reckoner, figures, kind, _table(reckoner, met, kind)) for kind in causes)
    return Section(
        "paired", "The same people under each rule", text, figures, (_table(reckoner, met, UNSUPPORTED),), charts
    )


def _counted(met: Met, reckoner: Reckoner, kind: str) -> list[int]:
    pairs = [met.pairs[mode, rule, kind] for rule in reckoner.rules[1:] for mode in reckoner.modes]
    return [pair.first + pair.second for pair in pairs]


def _chart(reckoner: Reckoner, figures: Mapping[str, Estimate], kind: str, table: Table) -> ChartData:
    """Draw the differences of one cause, each with its interval."""
    scenario = reckoner.scenario
    records = tuple(
        {
            "label": scenario.rules[rule].title,
            "series": label(mode),
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "order": i,
            "x_title": f"people per {scenario.use.people:,}, against the rule in force",
        }
        for i, rule in enumerate(reckoner.rules[1:])
        for mode in reckoner.modes
        for figure in (figures[f"{rule}.{kind}.{mode.value}.difference"],)
        if figure.value is not None
    )
    return ChartData(
        "ranges",
        f"{TITLES[kind]}: difference from the rule in force, per {scenario.use.people:,} simulated people",
        "Below 0: fewer than under the rule in force. Bars are simulation intervals at 95%, no doubt about the world.",
        records,
        table,
    )


def people_difference(reckoner: Reckoner, met: Met, pair: OutcomePair, mode: Mode) -> Estimate:
    """Return the difference of two rules per ``use.people``, with its interval."""
    per = float(reckoner.scenario.use.people)
    found = pair.difference
    common = {
        "unit": "people",
        "kind": Doubt.SIMULATION,
        "method": METHOD,
        "n": per,
        "conditions": reckoner.conditions(mode, reckoner.n_references),
        "distance": reckoner.distance(mode, counted=(Counted.ACTIONS,)),
        "caveats": reckoner.caveats(reckoner.n_references),
    }
    if found is None:
        return Estimate(None, None, None, reason=TOO_FEW, **common)  # type: ignore[arg-type]
    return Estimate(
        *found.around().times(per)[:3],
        level=0.95,
        **common,  # type: ignore[arg-type]
    )


def _table(reckoner: Reckoner, met: Met, kind: str) -> Table:
    scenario = reckoner.scenario
    rows: list[tuple[Cell, ...]] = []
    for rule in reckoner.rules[1:]:
        for mode in reckoner.modes:
            pair = met.pairs[mode, rule, kind]
            rows.append(
                (
                    scenario.rules[rule].title,
                    label(mode),
                    pair.first,
                    pair.second,
                    pair.only_first,
                    pair.only_second,
                    people_difference(reckoner, met, pair, mode),
                    pair.p_value,
                )
            )
    return Table(
        f"{TITLES[kind]}, of {met.encounters:,} simulated people",
        (
            "rule",
            "reading",
            "under the rule in force",
            "under this rule",
            "only in force (b)",
            "only this rule (c)",
            f"difference per {scenario.use.people:,}",
            "p (McNemar)",
        ),
        tuple(rows),
        "p: how often counts b and c as uneven as these would come about if both rules did the same to people who share "
        "no fate. People stopped together do share one; the intervals allow for it."
        if kind == UNSUPPORTED
        else "",
        reckoner.distance(reckoner.modes[0], counted=(Counted.ACTIONS,)),
    )
