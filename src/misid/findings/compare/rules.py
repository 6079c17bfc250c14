"""Rules as data, settings of the system apart from the rule, and what no hit leads to."""

from __future__ import annotations

from dataclasses import replace

from misid.algorithm import SEARCH
from misid.expected import (
    OF_RULE,
    SCANS,
    Array,
    Envelope,
    Points,
    answer,
    answers_under,
    configured,
    explore,
    photos_held,
)
from misid.findings.compare.effects import outcomes, same_number, total, unsupported
from misid.findings.figures import KINDS, photographed
from misid.findings.model import Cell, Section, Table
from misid.findings.nearness import USE, fpir_at, of_scenario
from misid.findings.reckon import N_PATH, Reckoner
from misid.findings.words import capital, format_range, label
from misid.quantities import Doubt, Estimate, Quantity
from misid.scenario import Rule
from misid.vocabulary import Mode
from misid.vocabulary.tested import Counted

YEARS = 15.0
ONE_PERCENT = 0.01
CODES = ("record_error_assumed", "gallery_mix_assumed")


def rules_as_data(reckoner: Reckoner) -> Section:
    """Return the section: every rule with its switches and numbers, and where it differs from the rule in force."""
    scenario = reckoner.scenario
    base = scenario.rules[scenario.rule]
    return Section(
        "rules",
        "The rules, number by number",
        f"The rule in force comes first: {base.title}. Under every other rule the rows in which it differs from that "
        "one come first and say so.",
        {},
        tuple(_rule(scenario.rules[name], None if name == scenario.rule else base) for name in reckoner.rules),
    )


def _rule(rule: Rule, base: Rule | None) -> Table:
    rows: list[tuple[bool, tuple[Cell, ...]]] = []
    for words, value in _switches(rule).items():
        differs = base is not None and value != _switches(base)[words]
        rows.append((differs, (words, value, "", "", "part of the rule", _mark(differs, base))))
    for name, number in OF_RULE.items():
        q: Quantity = getattr(rule, name)
        differs = base is not None and not same_number(q, getattr(base, name))
        extent = f"{q.low:g} to {q.high:g}" if q.swept else "known to a point"
        rows.append(
            (
                differs,
                (f"share of {number.words}", f"{q.value:g}", extent, q.grade.value, q.source, _mark(differs, base)),
            )
        )
    rows.sort(key=lambda row: not row[0])
    return Table(
        rule.title + (" (in force)" if base is None else ""),
        ("what", "value", "range", "grade", "source", "against the rule in force"),
        tuple(row for _, row in rows),
    )


def _mark(differs: bool, base: Rule | None) -> str:
    return "–" if base is None else "differs" if differs else "the same"


def _switches(rule: Rule) -> dict[str, str]:
    return {
        "who is photographed": SCANS[rule.scans].words,
        "the name that is given is compared first": "yes" if rule.claimed_identity_first else "no",
        "what the officer is shown of a hit": "the record" if rule.response == "record" else "a code",
        "people who must agree that the faces match": str(rule.readers),
    }


def configurations(reckoner: Reckoner) -> Section:
    """Return the section: the rule in force under each configuration, in closed form, with the range over the inputs."""
    scenario = reckoner.scenario
    titles = {name: entry.title for name, entry in scenario.configurations.items()}
    ranges = {(name, mode): r for mode in reckoner.modes for name, r in _configured(reckoner, mode).items()}
    figures: dict[str, Estimate] = {}
    tables = []
    for what, words in _SHOWN.items():
        if all(r[what].input_high <= 0.0 for r in ranges.values()):
            continue
        rows: list[tuple[Cell, ...]] = []
        for name, title in titles.items():
            cells = {
                f"{name}.{what}.{mode.value}.{kind.value}": _estimate(
                    reckoner,
                    ranges[name, mode][what],
                    kind,
                    mode,
                    name,
                    SEARCH if what == "wrong" else (Counted.ACTIONS,),
                )
                for mode in reckoner.modes
                for kind in KINDS
            }
            figures |= cells
            rows.append((title, *cells.values()))
        heads = [f"{label(mode)}: {kind.value} range" for mode in reckoner.modes for kind in KINDS]
        title = f"{capital(words)}, of {photographed(reckoner)}"
        tables.append(Table(title, ("configuration", *heads), tuple(rows)))
    kept = {
        (name, mode): Estimate(
            r["kept"].value,
            r["kept"].input_low,
            r["kept"].input_high,
            "photos",
            Doubt.INPUT,
            "rate x min(years of use, retention), of the share that is kept",
            distance=reckoner.distance(mode) if scenario.configurations[name].delete_no_match else USE,
            caveats=("same_people_scanned_again",),
        )
        for (name, mode), r in ranges.items()
    }
    figures |= {f"{name}.kept.{mode.value}": cell for (name, mode), cell in kept.items()}
    tables.append(
        Table(
            f"Photos kept after {YEARS:g} years",
            ("configuration", *(label(mode) for mode in reckoner.modes)),
            tuple((title, *(kept[name, mode] for mode in reckoner.modes)) for name, title in titles.items()),
            "Where photos without a hit are deleted at once, only those with a hit are kept. Photos, not people.",
        )
    )
    text = (
        f"The rule in force throughout: {scenario.rules[scenario.rule].title}. A configuration changes the threshold, what "
        "is searched or what is kept, and leaves people and rule as they are. Where only records that call for an action "
        "are searched, nobody is cleared by a hit, and a wrong record still leads to one. Closed form."
    )
    return Section("configurations", "The same rule, other settings of the system", text, figures, tuple(tables))


_SHOWN = {
    "wrong": "hits on the wrong person",
    "wrong_person": "acted on as the wrong person",
    "wrong_record": "acted on for a wrong record of their own",
    "not_verified": "acted on without a hit",
    "disbelieved_document": "acted on although a genuine document was shown (overlaps the other causes)",
    "supported": "actions that the person's own correct record supports",
}


def _estimate(
    reckoner: Reckoner, r: Envelope, kind: Doubt, mode: Mode, name: str, counted: tuple[Counted, ...]
) -> Estimate:
    """Dress a range as an Estimate with the gallery and the threshold of a configuration."""
    at = configured(reckoner.best(), name)
    size, threshold = float(at[reckoner.scenario.gallery.n_references][0]), reckoner.threshold(mode, at)
    found = reckoner.estimate(r, kind, "people", mode, caveats=CODES, n_references=size)
    card = reckoner.choices[reckoner.shown].card
    return replace(
        found,
        conditions=replace(found.conditions, threshold=threshold),
        distance=of_scenario(reckoner.scenario, card, size, fpir_at(threshold, at), counted),
    )


def _configured(reckoner: Reckoner, mode: Mode) -> dict[str, dict[str, Envelope]]:
    """Return the ranges of every configuration; those that differ in what is kept alone are one search, and agree."""
    found: dict[tuple[float, bool], dict[str, Envelope]] = {}
    out = {}
    for name, entry in reckoner.scenario.configurations.items():
        system = entry.fpir_factor.value, entry.hotlist_only
        if system not in found:
            found[system] = _of_system(reckoner, name, mode)
        ranges = found[system]
        out[name] = ranges | {"kept": ranges["kept_hits" if entry.delete_no_match else "kept"]}
    return out


def _of_system(reckoner: Reckoner, name: str, mode: Mode) -> dict[str, Envelope]:
    scenario = reckoner.scenario
    stop, rule = scenario.headline_stop, scenario.rule

    def evaluate(points: Points) -> dict[str, Array]:
        at = configured(points, name)
        answers = answers_under(at, stop, answer(at, stop, mode), rule)
        found = outcomes(reckoner, answers, rule, at)
        out = {what: total(reckoner, answers, getattr(found, what)) for what in _SHOWN if what != "wrong"}
        out["wrong"] = total(reckoner, answers, answers.wrong)
        held = photos_held(points, YEARS)
        out["kept"] = held
        out["kept_hits"] = held * total(reckoner, answers, answers.hit) / scenario.use.people
        return out

    use = {path: q for path, q in reckoner.inputs.items() if path.startswith("use.")}
    return explore(
        evaluate,
        scenario,
        reckoner.read_by(stop, (rule,)) | use,
        reckoner.choices,
        reckoner.shown,
        fixed={N_PATH: reckoner.n_references},
        climb=("wrong", "wrong_person", "wrong_record", "supported", "kept_hits"),
    )


def no_hit(reckoner: Reckoner) -> Section:
    """Return the section: people whom no search names, and what acting on a hundredth of them would come to."""
    scenario = reckoner.scenario
    best = reckoner.best()
    without: dict[tuple[str, Mode], float] = {}
    harmed: dict[tuple[str, Mode], float] = {}
    for rule in reckoner.rules:
        no_hit_action = scenario.rules[rule].no_hit_action
        for mode in reckoner.modes:
            answers = answer(best, scenario.headline_stop, mode)
            seen = answers_under(best, scenario.headline_stop, answers, rule)
            none, some = (
                unsupported(reckoner, mode, rule, best.changed((no_hit_action, share))) for share in (0.0, ONE_PERCENT)
            )
            without[rule, mode] = float(total(reckoner, seen, seen.no_hit)[0])
            harmed[rule, mode] = float((some - none)[0])
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            scenario.rules[rule].title,
            *(without[rule, mode] for mode in reckoner.modes),
            *(harmed[rule, mode] for mode in reckoner.modes),
            _percents(scenario.rules[rule].no_hit_action),
        )
        for rule in reckoner.rules
    )
    table = Table(
        f"People whom no search names, of {photographed(reckoner)}",
        (
            "rule",
            *(f"without a hit: {label(mode)}" for mode in reckoner.modes),
            *(f"unsupported actions for each 1% of them acted on: {label(mode)}" for mode in reckoner.modes),
            "share taken to be acted on",
        ),
        rows,
        "Closed form at best values. Who is not photographed has no hit. Documents that are believed protect here too.",
        reckoner.distance(reckoner.modes[0], counted=(Counted.ACTIONS,)),
    )
    low, high = min(harmed.values()), max(harmed.values())
    text = (
        "A search without a hit, or no search, verifies nobody, and what follows is not reported. If 1% of these people "
        f"were acted on, {format_range(low, high)} unsupported actions of {scenario.use.people:,} photographed would follow, "
        "depending on the rule; they are people acted on without a hit, and are never counted as wrong hits."
    )
    return Section("no-hit", "Who is not verified", text, {}, (table,))


def _percents(q: Quantity) -> str:
    return f"{100 * q.value:g}%" + (f" ({100 * q.low:g}% to {100 * q.high:g}%)" if q.swept else "")
