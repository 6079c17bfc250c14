"""Rules compared: differences on the same inputs, what is ranked, what a ledger holds; and two scenarios."""

from __future__ import annotations

import importlib
import re
import sys
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

import misid
from misid.errors import InvalidInput, UnknownName
from misid.expected import OF_RULE, ScenarioModel, answer, apply_rule, model_of, passes, people
from misid.findings import Estimates, Table, check_rules, chosen_rules, comparison, scenario_comparison
from misid.findings.compare.build import with_rules
from misid.findings.compare.effects import PHIS, RuleEffects
from misid.findings.compare.ledger import PAIRED, OutcomePair, count_pairs
from misid.findings.compare.scenarios import exchange
from misid.findings.compare.words import RuleWords, rule_title
from misid.quantities import Doubt
from misid.scenario import load_scenario, rule_named, scenario_names, with_values
from misid.simulation import World, ledger_plan, simulate_encounters, write_ledger
from misid.statistics import both_pass, clustered_paired_difference
from misid.storage import OUTCOMES, Ledger
from misid.vocabulary.numbers import capital, format_number

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
ledgers = importlib.import_module("ledgers")

RULES = ("definitive", "documents-first")
POINTS = ("strict", "kept")
UNSUPPORTED = ("wrong person", "wrong record", "not verified")
JOINED = "second_reader+documents_count"


@pytest.fixture
def model(twin):
    """Return a function: rules and changes to the small scenario → its model, which compares those rules."""

    def build(*rules: str, **changes) -> ScenarioModel:
        scenario, _, choice = twin(**changes)
        found = ScenarioModel(scenario, (choice,), 0)
        return with_rules(found, chosen_rules(scenario, rules))

    return build


# What each rule removes and loses


@pytest.fixture(scope="module")
def effects() -> RuleEffects:
    """All rules of the reported scenario, and two that are joined."""
    model = model_of(load_scenario("field-app"))
    return RuleEffects(Estimates(with_rules(model, chosen_rules(model.scenario, ["all", JOINED]))))


def test_differences_are_those_of_people_counted_under_each_rule(effects):
    stop, force = effects.scenario.headline_stop, effects.rules[0]
    for i, row in enumerate(effects.places):
        points = effects.x.model.at(row.point) if row.point else effects.x.model.at_phi(row.phi)
        counted = {rule: people(points, stop, rule) for rule in effects.rules}
        for rule in effects.rules[1:]:
            for outcome in ("unsupported", "wrong_record", "supported", "fingerprint_wrong_record"):
                for status in effects.statuses:
                    gap = counted[force].of(outcome, status) - counted[rule].of(outcome, status)
                    found = effects.difference(rule, outcome, status).value[i]
                    assert found == pytest.approx(gap[0], rel=1e-9, abs=1e-9)


def test_statuses_and_causes_sum_to_the_whole(effects):
    for rule in effects.rules[1:]:
        whole = effects.difference(rule, "unsupported").value
        by_status = sum(effects.difference(rule, "unsupported", status).value for status in effects.statuses)
        by_cause = sum(effects.difference(rule, c).value for c in ("wrong_person", "wrong_record", "not_verified"))
        assert by_status == pytest.approx(whole, rel=1e-12, abs=1e-12)
        assert by_cause == pytest.approx(whole, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("rule", "outcomes"),
    [
        ("second_reader", ("wrong_record", "not_verified", "fingerprint_wrong_record")),
        ("fingerprint_confirms", ("wrong_record", "not_verified", "fingerprint_wrong_record")),
        ("documents_count", ("supported", "not_verified", "fingerprint_supported")),
        ("lead_only", ("not_verified",)),
        ("claimed_identity_first", ("not_verified",)),
        (JOINED, ("not_verified",)),
    ],
)
def test_what_a_rule_cannot_touch_is_exactly_nothing(effects, rule, outcomes):
    """At every threshold, for every status, at both ends of every range."""
    for outcome in outcomes:
        for status in ("all", *effects.statuses):
            assert effects.difference(rule, outcome, status).zero, (outcome, status)
    touched = effects.difference(rule, "unsupported")
    assert not touched.zero


def test_ranges_are_the_ends_of_the_differences(effects):
    i, stop = effects.reference, effects.scenario.headline_stop
    points = effects.x.model.at_phi(effects.places[i].phi)
    for of in ("enrolled", "record_error"):
        for rule in ("lead_only", "documents_count", JOINED):
            gaps = [
                people(p, stop).of("unsupported")[0] - people(p, stop, rule).of("unsupported")[0]
                for p in (points, *effects.x.model.ends(points, of))
            ]
            low, high = effects.difference(rule, "unsupported").ranges[of]
            assert (low[i], high[i]) == pytest.approx((min(gaps), max(gaps)), rel=1e-9)


def test_nothing_between_the_ends_of_a_rules_numbers_lies_outside(effects):
    draws = np.random.default_rng(7)
    i, stop = effects.reference, effects.scenario.headline_stop
    points = effects.x.model.at_phi(effects.places[i].phi)
    known = effects.scenario.quantities()
    force = people(points, stop)
    for rule in effects.rules[1:]:
        own = [p for p in known if p.split(".")[0] == "rules" and p.split(".")[1] in rule.split("+") and known[p].swept]
        shared = "rules.definitive.document_believed"
        own = [p for p in own if p.rpartition(".")[2] != "document_believed" or _differ(known[p], known[shared])]
        for _ in range(20):
            at = {p: known[p].low + draws.random() * (known[p].high - known[p].low) for p in own}
            moved = people(points.moved(at), stop, rule)
            for outcome in ("unsupported", "wrong_person", "wrong_record", "supported"):
                gap = (force.of(outcome) - moved.of(outcome))[0]
                low, high = effects.difference(rule, outcome).ranges["rule"]
                assert low[i] - 1e-9 <= gap <= high[i] + 1e-9, (rule, outcome)


def _differ(one, other) -> bool:
    return (one.value, one.low, one.high) != (other.value, other.low, other.high)


def test_results_hold_rule_by_cause_by_status_at_every_threshold(effects):
    plain = effects.to_json()
    phis = [row["phi"] for row in plain["rows"]]
    assert [row["point"] for row in plain["rows"]] == [*(r.point for r in effects.places if r.point), *[""] * len(PHIS)]
    assert phis[-len(PHIS) :] == list(PHIS)
    assert set(plain["less_than_in_force"]) == set(effects.rules[1:])
    removed = plain["less_than_in_force"]["second_reader"]
    assert removed["wrong_record"]["naturalised_citizen"] == {"value": [0.0] * len(phis)}
    assert set(removed["wrong_person"]["all"]) == {"value", "enrolled", "record_error", "rule"}
    assert plain["in_force"]["wrong_record"]["all"] == effects.count("definitive", "wrong_record").tolist()


def test_without_a_floor_everybody_is_named_and_phi_is_no_axis(model):
    found = RuleEffects(
        Estimates(model("lead_only", threshold={}, candidates={"most": 2, "floor": False, "picks_stranger": 0.1}))
    )
    assert [row.point for row in found.places] == ["given"]
    assert found.places[0].phi == pytest.approx(1.0)
    assert found.reference == 0


# What is ranked


def test_rules_that_stand_one_above_the_other_are_ranked_and_others_are_not(effects):
    assert effects.order("documents_count", "definitive") == "always"
    assert effects.order("definitive", "fingerprint_confirms") == "never"
    assert effects.order(JOINED, "second_reader") == "always"
    assert effects.order("not_used", "definitive") == "depends"  # nobody knows what officers do without the app
    assert effects.order("documents_count", "second_reader") == "depends"
    assert effects.order("lead_only", "lead_only") == "same"
    turned = {"always": "never", "never": "always"}
    for one in effects.rules:
        for other in effects.rules:
            said = effects.order(one, other)
            assert effects.order(other, one) == turned.get(said, said)


def test_what_is_ranked_is_never_the_other_way_round(effects):
    """Wherever the numbers of two ranked rules go, those that are one and the same moved together."""
    draws = np.random.default_rng(3)
    stop, known = effects.scenario.headline_stop, effects.scenario.quantities()
    ranked = [(a, b) for a in effects.rules for b in effects.rules if effects.order(a, b) == "always"]
    assert len(ranked) > 10
    points = effects.x.model.at_phi(np.repeat(PHIS, 20))
    swept = {path: q for path, q in known.items() if q.swept and path.split(".")[0] in ("rules", "photos", "checks")}
    at = {path: draws.uniform(q.low, q.high, len(points)) for path, q in swept.items() if "shift" not in path}
    at = {path: x for path, x in at.items() if path not in ("checks.pressure", "checks.reader_correlation")}
    shared = known["rules.definitive.document_believed"]
    for path, q in swept.items():
        if path.endswith("document_believed") and not _differ(q, shared):
            at[path] = at["rules.definitive.document_believed"]
    counted = {rule: people(points.moved(at), stop, rule).of("unsupported") for rule in effects.rules}
    for low, high in ranked:
        assert (counted[low] <= counted[high] * (1 + 1e-9)).all(), (low, high)


def test_a_planted_crossing_is_seen(model):
    """If a document could help less under the rule that counts it, the two rules would not be ranked."""
    assert RuleEffects(Estimates(model("documents_count"))).order("documents_count", "definitive") == "always"
    worse = {"documents_count": {"document_believed": {"value": 0.9, "low": 0.3, "high": 0.99}}}
    assert (
        RuleEffects(Estimates(model("documents_count", rules=worse))).order("documents_count", "definitive")
        == "depends"
    )


# A rule's number


def test_a_number_of_a_rule_lives_in_four_files():
    """Elsewhere only those numbers are named that are special there; comparisons and pages go through `OF_RULE`."""
    lives = {"scenario/schema.py", "scenario/rules.py", "expected/rules.py", "simulation/policy.py"}
    special = {"expected/causes.py", "scenario/checks.py", "simulation/run.py"}  # perfect readers, bounds, who acts
    special |= {"findings/compare/configurations.py", "findings/compare/effects.py", "findings/questions/rules.py"}
    source = Path(misid.__file__).parent
    found = {path.relative_to(source).as_posix(): path.read_text("utf-8") for path in source.rglob("*.py")}
    for name in OF_RULE:
        naming = {path for path, text in found.items() if re.search(rf"\b{name}\b", text)}
        assert lives <= naming <= lives | special, name


# Readers


def test_readers_move_as_signal_detection_says(model):
    points = model("lead_only", "second_reader").best()
    checks = points.scenario.checks
    moved = points.changed((checks.label_shift, 0.3), (checks.pressure, 0.2))
    # Hit and false alarm rate move by the same distance on the normal scale (FORMULAS 11).
    for before, after in list(zip(passes(points, "lead_only"), passes(moved, "lead_only"), strict=True))[:2]:
        assert ndtri(after[0]) - ndtri(before[0]) == pytest.approx(0.5)
    both = passes(points, "second_reader")[0][0]
    alone = passes(points.changed((checks.reader_correlation, 0.0)), "second_reader")[0][0]
    assert alone < both
    assert both_pass(np.sqrt(alone), checks.reader_correlation.value) == pytest.approx(both, rel=1e-9)


def test_a_device_is_not_swayed_and_joined_readers_are_swayed_together(model):
    points = model("fingerprint_confirms").best()
    shifted = points.changed((points.scenario.checks.label_shift, 1.0))
    assert passes(shifted, "fingerprint_confirms") == passes(points, "fingerprint_confirms")
    before, after = (passes(at, "fingerprint_confirms+lead_only")[0][0] for at in (points, shifted))
    assert ndtri(after) - ndtri(before) == pytest.approx(1.0)


def test_people_are_counted_with_readers_who_are_swayed(model):
    """What sways a reader moves every count under a rule with readers, in a run as in a comparison."""
    points = model("lead_only").at_phi(0.1)
    swayed = points.changed((points.scenario.checks.label_shift, 0.5))
    for rule, moves in (("lead_only", True), ("fingerprint_confirms", False)):
        before, after = (float(people(at, "all", rule).of("wrong_person")[0]) for at in (points, swayed))
        assert (after > 1.1 * before) if moves else after == before


# What a ledger holds


def made_ledger(folder: Path, encounters: int = 999, change=None) -> tuple[Ledger, dict[str, np.ndarray]]:
    """Write a ledger whose people come in groups of three, some of them harmed under one rule alone."""
    of = ledgers.plan(encounters, points=POINTS)
    columns = ledgers.columns(of, 0)
    columns["truth.group"] = columns["encounter"] // 3
    if change is not None:
        change(columns)
    ledger = Ledger(folder / "encounters", of)
    ledger.write_part(0, columns)
    return ledger, columns


def met(columns: dict[str, np.ndarray], rule: str, kind: str) -> np.ndarray:
    if kind == "disbelieved_document":
        return columns[f"disbelieved.{rule}"]
    words = kind.removeprefix("fingerprint_").replace("_", " ")
    labels = {"unsupported": UNSUPPORTED}.get(kind, (words + (" by fingerprint" if kind.startswith("finger") else ""),))
    return np.isin(np.array(OUTCOMES)[columns[f"outcome.{rule}"]], labels)


def test_pairs_are_the_counts_of_the_same_people(tmp_path):
    ledger, columns = made_ledger(tmp_path)
    found = count_pairs(ledger.folder, POINTS, RULES)
    assert (found.encounters, found.clusters) == (999, 333)
    assert set(found.pairs) == {(point, RULES[1], kind) for point in POINTS for kind in PAIRED}
    for (point, rule, kind), pair in found.pairs.items():
        here = columns["point"] == POINTS.index(point)
        first, second = (met(columns, r, kind)[here] for r in (RULES[0], rule))
        assert (pair.first, pair.second) == (first.sum(), second.sum())
        assert (pair.only_first, pair.only_second) == ((first & ~second).sum(), (second & ~first).sum())
        assert pair.only_first > 0
        assert pair.only_second > 0
        gaps = np.bincount(columns["truth.group"][here], second.astype(float) - first)
        expected = clustered_paired_difference(gaps, np.full(333, 3.0))
        assert pair.difference[:3] == pytest.approx(expected[:3])
        assert pair.difference.standard_error == pytest.approx(expected.standard_error)
        assert pair.difference.degrees_of_freedom == pytest.approx(expected.degrees_of_freedom)


def test_groups_of_uneven_size_and_rules_that_agree(tmp_path):
    def alike(columns: dict[str, np.ndarray]) -> None:
        columns["truth.group"] = np.maximum(columns["encounter"] - 5, 0)
        for side in ("outcome", "disbelieved"):
            columns[f"{side}.{RULES[1]}"] = columns[f"{side}.{RULES[0]}"].copy()

    ledger, _ = made_ledger(tmp_path, 100, alike)
    found = count_pairs(ledger.folder, POINTS, RULES)
    assert found.clusters == 95
    for pair in found.pairs.values():
        assert (pair.only_first, pair.only_second, pair.p_value) == (0, 0, 1.0)
        assert pair.difference.value == 0.0
        assert pair.difference.low < 0.0 < pair.difference.high


def test_people_who_were_all_stopped_together_say_nothing(tmp_path):
    ledger, _ = made_ledger(tmp_path, 3)
    assert all(pair.difference is None for pair in count_pairs(ledger.folder, POINTS, RULES).pairs.values())


def test_a_single_rule_has_nothing_beside_it(tmp_path):
    ledger, _ = made_ledger(tmp_path)
    assert count_pairs(ledger.folder, POINTS, RULES[:1]).pairs == {}


def test_mcnemar_on_known_counts():
    assert OutcomePair(0, 0, 20, 5, None).p_value == pytest.approx(0.0040773153, rel=1e-7)  # FORMULAS 22.a
    assert OutcomePair(0, 0, 5, 20, None).p_value == OutcomePair(0, 0, 20, 5, None).p_value


# Names


def test_rules_are_chosen_by_name_with_the_one_in_force_first(twin):
    scenario, *_ = twin()
    assert chosen_rules(scenario, ["lead_only", "definitive", "lead_only"]) == ("definitive", "lead_only")
    assert chosen_rules(scenario, []) == tuple(dict.fromkeys((scenario.rule, *scenario.compare)))
    assert set(chosen_rules(scenario, ["all", "lead_only"])) == set(scenario.rules)
    joined = chosen_rules(scenario, ["all", "lead_only + documents_count"])
    assert joined[-1] == "lead_only+documents_count"
    with pytest.raises(UnknownName, match="unknown rule 'leed_only'; did you mean 'lead_only'"):
        check_rules(scenario, ["leed_only"])
    with pytest.raises(UnknownName, match="unknown rule 'documents_cont'; did you mean 'documents_count'"):
        check_rules(scenario, ["lead_only+documents_cont"])
    with pytest.raises(InvalidInput, match="under not_used nobody is photographed"):
        check_rules(scenario, ["lead_only+not_used"])


# The page of rules


SOME = ("lead_only", "second_reader", "opt_out_offered", "not_used", JOINED)
TWO_ORIGINS = [
    {
        "share": 1,
        "origin": {"east_europe": 0.7, "east_asia": 0.3},
        "sex": {"male": 1},
        "age": {"adult": 1},
        "status": {"may_stay": 0.75, "must_go": 0.25},
    }
]
_PAGES: dict[str, tuple] = {}


@pytest.fixture
def page(twin, tmp_path_factory):
    """A comparison of rules on a small scenario, its model and what the ledger holds; made once."""
    if not _PAGES:
        mix = {"east_europe": {"share": 0.5, "adverse": 0.2}, "east_asia": {"share": 0.5, "adverse": 0.4}}
        scenario, _, choice = twin(gallery__mix=mix, threshold={"field_fpir": 0.1}, stops__all__blocks=TWO_ORIGINS)
        model = ScenarioModel(scenario, (choice,), 0)
        rules = chosen_rules(scenario, SOME)
        world = World.at(model.best(), scenario.headline_stop, rules)
        of = ledger_plan(world, "digest", 6000, 3)
        ledger = write_ledger(world, of, tmp_path_factory.mktemp("rules") / "encounters", scenario.rule, 1)
        said = comparison(model, ledger.folder, rules, seed=3, encounters=6000, digest=ledger.content_hash())
        _PAGES["page"] = (said, with_rules(model, rules), count_pairs(ledger.folder, model.points, rules))
    return _PAGES["page"]


def section(said, name: str):
    return next(part for part in said.sections if part.id == name)


def test_the_sections_stand_in_order(page):
    said, model, _ = page
    assert [part.id for part in said.sections] == ["effects", "paired", "configurations"]
    assert "6,000 synthetic encounters, seed 3" in said.how
    assert f"{len(model.rules)} rules" in said.how
    assert said.limits
    assert said.inputs.rows


def test_what_holds_at_every_rate_is_said_first_and_what_a_rule_cannot_touch_is_found(page):
    said, model, _ = page
    effects = RuleEffects(Estimates(model))
    title = model.scenario.rules["second_reader"].title
    assert said.known.startswith("At any rate, 4 of 5 other rules spare people. If 1 in 10")
    assert said.known == said.page.lead
    total, wrong_record = (effects.count("definitive", o)[effects.reference] for o in ("unsupported", "wrong_record"))
    wrong = f"{format_number(wrong_record)} of {format_number(total)}"
    assert f"'{title}' cannot touch {wrong}, because those are wrong records." in said.known
    assert "closed form" not in str(said.to_json())


def test_the_rule_that_spares_most_stands_with_what_it_costs(page):
    said, model, _ = page
    effects = RuleEffects(Estimates(model))
    searching = [rule for rule in model.rules[1:] if rule_named(model.scenario, rule).scans != "nobody"]
    row = effects.reference
    removed = {rule: effects.difference(rule, "unsupported").value[row] for rule in searching}
    best = max(removed, key=lambda rule: removed[rule])
    lost, of = effects.difference(best, "supported").value[row], effects.count("definitive", "unsupported")[row]
    spares = f"spares most, {format_number(removed[best])} of {format_number(of)}"
    assert f"There, '{model.scenario.rules[best].title}' {spares}. It loses {format_number(lost)}" in said.known
    assert f", {format_number(of)} of 10,000 people" in said.known


def test_rules_help_only_if_they_do_at_every_threshold_and_at_both_ends(effects):
    assert all(effects.helps(rule) for rule in ("lead_only", "second_reader", "documents_count", JOINED))
    assert not effects.helps("claimed_identity_first")
    for rule in effects.rules[1:]:
        if effects.order(rule, "definitive") == "always" and effects.difference(rule, "unsupported").value.all():
            assert effects.helps(rule)


def test_whom_a_rule_helps_is_said_by_status(effects):
    """A second reader spares people whose own record is right, and nobody whose record is wrong."""
    [sentence] = RuleWords(effects.x).for_whom()
    title = effects.scenario.rules["second_reader"].title
    row, numbers = effects.reference, {}
    for status in effects.x.harmed:
        removed = effects.difference("second_reader", "unsupported", status).value[row]
        numbers[effects.scenario.statuses[status].title] = (
            removed,
            effects.count("definitive", "unsupported", status)[row],
        )
    most, least = (f(numbers, key=lambda who: numbers[who][0] / numbers[who][1]) for f in (max, min))
    parts = [f"{format_number(numbers[who][0])} of {format_number(numbers[who][1])} {who}" for who in (most, least)]
    assert sentence == f"'{title}' spares {parts[0]}, but {parts[1]}."


def test_lines_hold_what_is_removed_and_what_is_lost(page):
    said, model, _ = page
    effects = RuleEffects(Estimates(model))
    row, supported = effects.reference, effects.count("definitive", "supported")
    for line, rule in zip(said.lines, model.rules[1:], strict=True):
        removed, lost = (effects.difference(rule, o).value[row] for o in ("unsupported", "supported"))
        assert f"removes {format_number(removed)} of" in line
        assert (f"loses {format_number(lost)} of {format_number(supported[row])} with support" in line) or lost == 0


def test_a_number_has_the_same_digits_in_sentences_lines_and_tables(page):
    said, model, _ = page
    effects = RuleEffects(Estimates(model))
    total = format_number(effects.count("definitive", "unsupported")[effects.reference])
    assert f", {total} of 10,000 people" in said.known
    assert all(f" of {total}" in line or f" to {total}" in line for line in said.lines)


def test_rules_stand_in_quotes_within_sentences(page):
    said, model, _ = page
    texts = [said.known, *(part.text for part in (*said.sections, *said.page.sections))]
    words = " ".join(texts)
    x = Estimates(model)
    for rule in sorted(model.rules, key=lambda rule: -rule.count("+")):  # joined ones hold the titles of others
        title = rule_title(x, rule)
        words = words.replace(f"'{title}'", "")
        assert title not in words


def test_paired_differences_are_those_of_the_ledger_and_simulation_doubt_alone(page):
    said, model, found = page
    effects = RuleEffects(Estimates(model))
    figures = section(said, "paired").figures
    for (point, rule, kind), pair in found.pairs.items():
        name = f"{rule}.{kind}.{point}"
        if name not in figures:
            assert pair.first == pair.second == 0
            continue
        figure = figures[name]
        assert figure.kind is Doubt.SIMULATION
        assert figure.value == pytest.approx(model.scenario.use.people * (pair.only_second - pair.only_first) / 6000)
        if effects.difference(rule, kind).zero:
            assert (pair.only_first, pair.only_second) == (0, 0)
            assert (figure.low, figure.value, figure.high) == (0.0, 0.0, 0.0)
        else:
            assert figure.low < figure.high


def test_simulated_differences_agree_with_expected_ones(page):
    _, model, found = page
    effects = RuleEffects(Estimates(model))
    for (_, rule, kind), pair in found.pairs.items():
        expected = -effects.difference(rule, kind).value[0] / model.scenario.use.people
        error = max(pair.difference.standard_error, 1 / 6000)
        assert abs(pair.difference.value - expected) < 5 * error, (rule, kind)


def test_causes_stand_apart_and_sum_to_the_whole(page):
    _, model, found = page
    for point in model.points:
        for rule in model.rules[1:]:
            parts = [found.pairs[point, rule, kind] for kind in ("wrong_person", "wrong_record", "not_verified")]
            whole = found.pairs[point, rule, "unsupported"]
            assert sum(pair.first for pair in parts) == whole.first
            assert sum(pair.second for pair in parts) == whole.second
            assert found.pairs[point, rule, "disbelieved_document"].second <= whole.second


def test_figures_stand_at_phi_with_one_range_each(page):
    said, model, _ = page
    effects = RuleEffects(Estimates(model))
    figures = section(said, "effects").figures
    for rule in model.rules[1:]:
        for by in ("enrolled", "record_error", "rule"):
            figure = figures[f"{rule}.unsupported.{by}"]
            assert figure.by == by
            assert figure.conditions.phi == pytest.approx(0.1)
            assert figure.value == pytest.approx(effects.difference(rule, "unsupported").value[effects.reference])


def test_configurations_change_the_threshold_the_gallery_or_what_is_kept(page):
    table = section(page[0], "configurations").tables[0]
    rows = {row[0]: row[1:] for row in table.rows}
    titles = {name: entry.title for name, entry in page[1].scenario.configurations.items()}
    given, tenth, deleted = (rows[titles[name]] for name in ("as_given", "tenth_of_fpir", "delete_no_match"))
    assert 0 < tenth[1] < 0.2 * given[1]
    assert deleted[1:5] == given[1:5]
    assert 0 < deleted[5] < given[5]


def test_acting_without_a_hit_is_counted_for_each_percent(page):
    said, model, _ = page
    rows = {row[0]: row[1:] for row in section(said, "effects").tables[0].rows}
    nobody = rows[capital(model.scenario.rules["not_used"].title)]
    assert nobody[-2] == pytest.approx(10_000.0)
    # 75% may stay, 30% of them show a document, and 90% of those are believed where the app is not used.
    assert nobody[-1] == pytest.approx(0.01 * 7_500 * (1 - 0.3 * 0.9))
    assert model.scenario.rules["not_used"].no_hit_action.high == 0.05


def test_nothing_is_recommended_and_nothing_is_weighed(page):
    text = str(page[0].to_json() | {"inputs": None}).lower()
    for word in ("recommend", "safest", " safe ", "best rule", "wrongful", "accuracy of", "envelope", "best value"):
        assert word not in text


def test_tables_are_whole(page):
    for part in page[0].sections:
        for table in part.tables:
            assert isinstance(table, Table)
            assert all(len(row) == len(table.columns) for row in table.rows)


# Two scenarios


def test_the_same_scenario_twice_differs_in_nothing():
    one = load_scenario("field-app")
    said = scenario_comparison(one, one)
    assert said.known.endswith("Both are the same scenario.")
    assert said.known.startswith("Nobody has published the threshold. If it is NIST's operating point at 12 million")
    assert said.effects["exchanged"] == {}
    assert said.inputs.rows == ()
    assert said.not_validated.count("Nearest test") == 1
    named = one.model_copy(update={"name": "another"})
    assert "They differ in nothing that moves these numbers." in scenario_comparison(one, named).known


def test_the_part_that_differs_makes_the_whole_difference():
    one = load_scenario("field-app")
    other = with_values(one, {"gallery.n_references": 1e9})
    found = exchange(Estimates(model_of(one)), Estimates(model_of(other)))
    assert list(found.values) == ["gallery"]
    assert found.values["gallery"] == pytest.approx(found.second)
    kept = found.at.index("NIST's operating point at 12 million, threshold kept")
    assert found.second[kept] > 2 * found.first[kept]
    assert "what moves A most is the gallery: to" in " ".join(found.reasons())


def test_scenarios_without_a_common_threshold_stand_where_1_in_100_are_named():
    one, other = load_scenario("field-app"), load_scenario("field-app-careful")
    said = scenario_comparison(one, other)
    assert said.known.startswith("If 1 in 100 strangers is named in both, ")
    assert "threshold" not in said.effects["exchanged"]
    assert "what moves A most is the rule: to" in said.known
    assert "Hardly any difference comes from the algorithm." in said.known
    assert [row[0] for row in said.inputs.rows]
    outcomes = section(said, "outcomes")
    [table] = outcomes.tables
    cells = [cell for row in table.rows for cell in row[2:]]
    assert [row[1] for row in table.rows].count("A") == len(Estimates(model_of(one)).names) + len(PHIS)
    assert sorted(map(id, outcomes.figures.values())) == sorted(map(id, cells))
    assert "A.wrong.phi_0.01" in outcomes.figures
    for letter, scenario in (("A", one), ("B", other)):
        e = Estimates(model_of(scenario))
        for name in e.names:
            assert outcomes.figures[f"{letter}.unsupported.{name}"].value == pytest.approx(
                e.count("unsupported", name).value
            )
        at = outcomes.figures[f"{letter}.wrong_person.phi_0.1"]
        assert at.conditions.phi == pytest.approx(0.1)
        assert at.value == pytest.approx(float(people(e.model.at_phi(0.1), e.stop, size=e.size).of("wrong_person")[0]))


def test_people_of_other_statuses_may_be_exchanged():
    said = scenario_comparison(load_scenario("police-live"), load_scenario("field-app-careful"))
    assert said.known.startswith("At their own thresholds, ")
    assert "people" in said.effects["exchanged"]


@pytest.mark.parametrize("turned", [False, True])
def test_both_are_counted_out_of_as_many_people_with_the_same_digits(turned):
    """However many each scenario's own counts are out of: in the headline, the lines, the tables and the picture."""
    pair = (load_scenario("field-app"), load_scenario("booking-photos"))
    one, other = reversed(pair) if turned else pair
    assert one.use.people != other.use.people
    said = scenario_comparison(one, other)
    letter = "A" if turned else "B"
    outcomes, difference = section(said, "outcomes"), section(said, "difference")
    [table] = outcomes.tables
    [row] = [row for row in table.rows if row[1] == letter]
    expected = people(model_of(pair[1]).at("given"), pair[1].headline_stop, size=one.use.people).of("unsupported")[0]
    assert row[table.columns.index("acted on without support, all causes")].value == pytest.approx(expected)
    text = format_number(float(expected))
    assert f"{text} of {one.use.people:,} people searched from a still" in said.known
    assert any(line.endswith(f": {text} acted on without support") for line in said.lines)
    assert all(f", of {one.use.people:,} people" in line for line in said.lines if line[:2] in ("A:", "B:"))
    as_it_is = next(row for row in difference.tables[0].rows if row[0] == f"{letter} as it is")
    assert as_it_is[1] == pytest.approx(expected)
    assert f"{other.use.people:,} people" not in str(said.to_json() | {"inputs": None})


def test_a_list_that_no_threshold_cuts_is_never_said_to_name_1_in_100():
    said = scenario_comparison(load_scenario("field-app"), load_scenario("booking-photos"))
    assert said.known.startswith("A. If 1 in 100 strangers is named, ")
    assert " B. Where the best 50 candidates are shown, whatever their scores, " in said.known
    assert "list_and_threshold" in said.effects["exchanged"]
    assert said.picture.table.columns[1] == "each at its own setting"


def test_a_search_and_a_comparison_with_one_reference_exchange_nothing():
    for pair in (("field-app", "booth-one-to-one"), ("booth-one-to-one", "police-live")):
        said = scenario_comparison(*map(load_scenario, pair))
        assert "The two are not alike: " in said.known
        assert "moves A most" not in said.known
        assert said.effects["exchanged"] == {}
        assert [row[0] for row in section(said, "difference").tables[0].rows] == ["A as it is", "B as it is"]
        assert not any(".phi_" in name for name in section(said, "outcomes").figures)


def test_what_was_tested_is_said_once_for_both():
    said = scenario_comparison(load_scenario("field-app"), load_scenario("booking-photos")).not_validated
    sentences = re.split(r"(?<=[.]) (?=[A-Z])", said.replace(" A: ", " ").replace(" B: ", " "))
    [*common, _, _] = [one for one in sentences if not one.startswith("Gallery")]
    assert len(common) == len(set(common))
    assert said.count("No phone search at this gallery size has been tested.") == 1
    assert " A: Nearest test" in said
    assert " B: Nearest test" in said


PACKAGED = ("field-app", "field-app-careful", "field-app-coded", "police-live", "booking-photos", "booth-one-to-one")


@pytest.mark.slow
@pytest.mark.parametrize(("one", "other"), list(permutations(PACKAGED, 2)))
def test_all_packaged_scenarios_may_be_compared(one, other):
    said = scenario_comparison(load_scenario(one), load_scenario(other))
    assert all(np.isfinite(said.effects[letter]).all() for letter in "AB")
    assert all(np.isfinite(found).all() for found in said.effects["exchanged"].values())
    assert bool(said.effects["exchanged"]) == ("booth-one-to-one" not in (one, other))


def test_all_packaged_scenarios_are_known_here():
    assert set(PACKAGED) == set(scenario_names())


# Readers who are swayed, on people


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["lead_only", "second_reader", "lead_only+second_reader"])
def test_swayed_readers_on_people_are_those_of_expected_numbers(twin, rule):
    """Label and quota move single readers as far as they move the curve; errors of two readers stay correlated."""
    n, alarm = 150_000, 1e-6
    scenario, _, choice = twin(
        threshold={"field_fpir": 0.5},
        gallery__mix={"east_europe": {"share": 1, "adverse": 0.8}},
        together={"household_share": 0, "workplace_share": 0},
        kin={"identical_twin_share": 0, "identical_twin_match": 0, "fraternal_twin_share": 0, "siblings": 0},
        records={"second_record": 0},
        checks={"label_shift": {"value": 0.4, "low": 0, "high": 1}, "pressure": {"value": 0.3, "low": 0, "high": 1}},
    )
    model = with_rules(ScenarioModel(scenario, (choice,), 0), (scenario.rule, rule))
    [point] = model.points
    points = model.at(point)
    columns = simulate_encounters(World.at(model.best(), "all", model.rules), 11, np.arange(n), scenario.rule)
    answers = answer(points, "all")
    unmoved = points.changed((scenario.checks.label_shift, 0.0), (scenario.checks.pressure, 0.0))
    found = apply_rule(points, "all", answers, rule)
    z = -ndtri(alarm / 2)
    for kind in ("wrong_person", "wrong_record", "supported"):
        expected = float((answers.part * getattr(found, kind)).sum())
        seen = met(columns, rule, kind).mean()
        assert abs(seen - expected) < z * np.sqrt(expected * (1 - expected) / n), kind
        still = people(unmoved, "all", rule, size=1.0, answers=answers).of(kind)[0]
        if kind == "wrong_person":  # without the shift the same count would be refused
            assert abs(seen - still) > z * np.sqrt(still * (1 - still) / n)
