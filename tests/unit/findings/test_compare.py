"""Rules compared: what is counted from a ledger, what is ranked and what is not, and what the page says."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from misid.errors import UnknownName
from misid.expected import OF_RULE, answer, apply_rule, strata
from misid.findings import (
    ALL,
    FEWEST,
    ChartData,
    OutcomePair,
    Reckoner,
    Surface,
    Table,
    chosen_rules,
    comparison,
    effect_curves,
    is_always_lower,
    label,
    order,
    ordered,
    outcomes,
    own_numbers,
    read_faces,
    rule_outputs,
    shown_point,
    total,
)
from misid.findings.compare import effects
from misid.findings.compare.build import with_rules
from misid.findings.compare.ledger import KINDS, count_pairs
from misid.quantities import Doubt, Estimate
from misid.simulation import World, ledger_plan, simulate_encounters, write_ledger
from misid.statistics import both_pass, clustered_paired_difference
from misid.storage import OUTCOMES, Ledger
from misid.vocabulary import Mode

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
ledgers = importlib.import_module("ledgers")

RULES = ("definitive", "documents-first")
UNSUPPORTED = ("wrong person", "wrong record", "not verified")


@pytest.fixture
def reckon(twin):
    """Return a function: changes to the small scenario → its reckoner."""

    def build(**changes) -> Reckoner:
        scenario, _, choice = twin(**changes)
        return Reckoner(scenario, (choice,), 0)

    return build


# What a ledger holds


def made_ledger(folder: Path, encounters: int = 999, change=None) -> tuple[Ledger, dict[str, np.ndarray]]:
    """Write a ledger whose people come in groups of three, some of them harmed under one rule alone."""
    of = ledgers.plan(encounters, modes=("comparisons", "held"))
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
    labels = {"unsupported": UNSUPPORTED, "supported": ("supported",)}.get(kind, (kind.replace("_", " "),))
    return np.isin(np.array(OUTCOMES)[columns[f"outcome.{rule}"]], labels)


def test_pairs_are_the_counts_of_the_same_people(tmp_path):
    ledger, columns = made_ledger(tmp_path)
    found = count_pairs(ledger.folder, tuple(Mode), RULES)
    assert (found.encounters, found.clusters) == (999, 333)
    assert set(found.pairs) == {(mode, RULES[1], kind) for mode in Mode for kind in KINDS}
    for (mode, rule, kind), pair in found.pairs.items():
        here = columns["mode"] == list(Mode).index(mode)
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


def test_groups_are_counted_by_origin_and_by_status(tmp_path):
    ledger, columns = made_ledger(tmp_path)
    found = count_pairs(ledger.folder, tuple(Mode), RULES).groups
    plan = ledger.plan
    labels = {column.name: column.codes for column in plan.columns()}
    for (mode, side, name), cell in found.items():
        mine = (columns["mode"] == list(Mode).index(mode)) & (
            columns[f"truth.{side}"] == labels[f"truth.{side}"].index(name)
        )
        assert cell["", "people"] == mine.sum()
        for rule in RULES:
            for kind in ("unsupported", "supported"):
                assert cell[rule, kind] == (met(columns, rule, kind) & mine).sum()
    for side in ("origin", "status"):
        assert sum(c["", "people"] for (m, s, _), c in found.items() if s == side and m is Mode.HELD) == 999


def test_groups_of_uneven_size_and_rules_that_agree(tmp_path):
    def alike(columns: dict[str, np.ndarray]) -> None:
        columns["truth.group"] = np.maximum(columns["encounter"] - 5, 0)
        for side in ("outcome", "disbelieved"):
            columns[f"{side}.{RULES[1]}"] = columns[f"{side}.{RULES[0]}"].copy()

    ledger, _ = made_ledger(tmp_path, 100, alike)
    found = count_pairs(ledger.folder, tuple(Mode), RULES)
    assert found.clusters == 95
    for pair in found.pairs.values():
        assert (pair.only_first, pair.only_second, pair.p_value) == (0, 0, 1.0)
        assert pair.difference.value == 0.0
        assert pair.difference.low < 0.0 < pair.difference.high


def test_people_who_were_all_stopped_together_say_nothing(tmp_path):
    ledger, _ = made_ledger(tmp_path, 3)
    assert all(pair.difference is None for pair in count_pairs(ledger.folder, tuple(Mode), RULES).pairs.values())


def test_a_single_rule_has_nothing_beside_it(tmp_path):
    ledger, _ = made_ledger(tmp_path)
    found = count_pairs(ledger.folder, tuple(Mode), RULES[:1])
    assert found.pairs == {}
    assert found.groups[Mode.HELD, "origin", "other"]["", "people"] > 0


def test_mcnemar_on_known_counts():
    assert OutcomePair(0, 0, 20, 5, None).p_value == pytest.approx(0.0040773153, rel=1e-7)  # FORMULAS 22.a
    assert OutcomePair(0, 0, 5, 20, None).p_value == OutcomePair(0, 0, 20, 5, None).p_value


# What is ranked


def line(axis: str, *values: float) -> Surface:
    return Surface((axis,), np.array(values)[:, None])


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (line("a", 1, 2), line("b", 3, 4), "always"),
        (line("a", 3, 4), line("b", 1, 2), "never"),
        (line("a", 1, 3), line("b", 2, 4), "depends"),  # ranges overlap, and their numbers move apart
        (line("a", 1, 3), line("a", 2, 4), "always"),  # the same, but it is one number that moves both
        (line("a", 1, 4), line("a", 2, 3), "depends"),  # curves of one number that cross
        (line("a", 1, 2), line("b", 2, 3), "always"),  # they touch, and are never the other way round
        (line("a", 2, 2), line("b", 2, 2), "the same"),
        (line("a", 2, 2), line("b", 2, 3), "always"),
    ],
)
def test_only_what_never_crosses_is_ranked(first, second, said):
    assert is_always_lower(first, second) == said
    turned = {"always": "never", "never": "always"}
    assert is_always_lower(second, first) == turned.get(said, said)


def test_shared_points_must_agree_too():
    low, high = Surface((), np.array([1.0, 5.0])), Surface((), np.array([2.0, 6.0]))
    assert is_always_lower(low, high) == "always"
    assert is_always_lower(Surface((), np.array([1.0, 7.0])), high) == "depends"


def test_axes_are_matched_by_name_and_not_by_place():
    values = np.arange(12.0).reshape(2, 3, 2)
    one = Surface(("a", "b"), values)
    other = Surface(("b", "a"), values.transpose(1, 0, 2) + 0.5)
    assert is_always_lower(one, other) == "always"
    assert is_always_lower(other, one) == "never"


def test_rounding_ranks_nobody():
    assert is_always_lower(line("a", 1, 1), line("a", 1, 1 + 1e-13)) == "the same"


def test_what_differs_between_modes_depends():
    up = {"x": line("a", 1, 1), "y": line("b", 2, 2)}
    down = {"x": line("a", 2, 2), "y": line("b", 1, 1)}
    level = {"x": line("a", 1, 1), "y": line("b", 1, 1)}
    assert ordered([up, up])["x", "y"] == "always"
    assert ordered([up, up])["y", "x"] == "never"
    assert ordered([up, down])["x", "y"] == "depends"
    assert ordered([up, level])["x", "y"] == "always"
    assert ordered([level, level])["x", "y"] == "the same"


# Each rule's own numbers


def test_own_numbers_are_those_that_differ_from_the_rule_in_force(reckon):
    r = with_rules(reckon(), chosen_rules(reckon(), [ALL]))
    own = {rule: set(own_numbers(r, rule)) for rule in r.rules}
    assert own["definitive"] == {"rules.definitive.document_believed"}
    assert own["fingerprint_confirms"] == {
        "rules.fingerprint_confirms.wrong_person_passes",
        "rules.fingerprint_confirms.right_hit_passes",
    }
    assert own["opt_out_offered"] == {"rules.opt_out_offered.no_hit_action", "photos.declines"}
    assert own["under_18_not_scanned"] == {"photos.child_seen_as_child", "photos.adult_seen_as_child"}
    assert own["claimed_identity_first"] == {"checks.true_name_given"}
    shifts = {effects.LABEL, effects.PRESSURE}
    assert shifts < own["lead_only"]
    assert effects.ALIKE not in own["lead_only"]
    assert shifts | {effects.ALIKE} < own["second_reader"]
    assert not any(own[rule] & shifts for rule in ("definitive", "documents_count", "fingerprint_confirms"))


def test_readers_move_as_signal_detection_says(reckon):
    r = with_rules(reckon(), ("lead_only", "second_reader"))
    best = r.best()
    rate = "rules.lead_only.wrong_person_passes"
    moved = read_faces(r, "lead_only", best.moved({effects.LABEL: 0.3, effects.PRESSURE: 0.2}))
    # Hit and false alarm rate move by the same distance on the normal scale (FORMULAS 11).
    for name in effects.PASSES[:2]:
        path = f"rules.lead_only.{name}"
        assert ndtri(moved.values[path][0]) - ndtri(best.values[path][0]) == pytest.approx(0.5)
    assert read_faces(r, "lead_only", best).values[rate] == best.values[rate]
    two = "rules.second_reader.wrong_person_passes"
    as_meant = read_faces(r, "second_reader", best.moved({effects.LABEL: 0.0}))
    assert as_meant.values[two] == pytest.approx(best.values[two], rel=1e-9)
    alone = read_faces(r, "second_reader", best.moved({effects.ALIKE: 0.0})).values[two][0]
    meant = r.scenario.checks.reader_correlation.value
    each = np.sqrt(alone)
    assert alone < best.values[two][0]
    assert both_pass(each, meant) == pytest.approx(best.values[two][0], rel=1e-9)


def test_what_no_reader_sees_is_not_moved(reckon):
    r = with_rules(reckon(), ("fingerprint_confirms",))
    points = r.best().moved({effects.LABEL: 1.0})
    assert read_faces(r, "fingerprint_confirms", points) is points


@pytest.mark.slow
def test_no_point_inside_lies_outside_the_corners(reckon):
    """Unsupported actions between the ends of a rule's numbers lie between those at the ends."""
    r = with_rules(reckon(), chosen_rules(reckon(), [ALL]))
    draws = np.random.default_rng(7).random((10, 8))
    for mode in r.modes:
        best = effects.shared_points(r)
        surfaces = effects.surfaces(r, mode, best)
        answers = answer(best, r.scenario.headline_stop, mode)
        for rule in r.rules:
            own = own_numbers(r, rule)
            values = surfaces[rule].values.reshape(-1, len(best))
            low, high = values.min(axis=0), values.max(axis=0)
            for draw in draws:
                inside = {path: q.low + u * (q.high - q.low) for (path, q), u in zip(own.items(), draw, strict=False)}
                y = total(r, answers, outcomes(r, answers, rule, best.moved(inside)).unsupported)
                assert (y >= low * (1 - 1e-9)).all()
                assert (y <= high * (1 + 1e-9)).all()


def test_curves_end_where_the_closed_form_ends(reckon):
    r = with_rules(reckon(), chosen_rules(reckon(), [ALL]))
    stop = r.scenario.headline_stop
    best = r.best()
    found = effect_curves(r)
    assert {curve.rule for curve in found} <= set(r.rules)
    for curve in found:
        for mode in r.modes:
            answers = answer(best, stop, mode)
            plain = total(r, answers, apply_rule(best, stop, answers, curve.rule).unsupported)[0]
            assert curve.at(mode)[1] == pytest.approx(plain, rel=1e-9)
            assert (np.diff(curve.x) > 0).all()
    flat = {curve.name for curve in found if curve.flat}
    assert "right_hit_passes" in flat
    assert not flat & {"wrong_person_passes", "no_hit_action", "declines"}


def test_rules_that_stand_one_above_the_other_are_ranked_and_others_are_not(reckon):
    r = with_rules(reckon(), ("documents_count", "fingerprint_confirms", "not_used"))
    said = order(r)
    assert said["documents_count", "definitive"] == "always"
    assert said["definitive", "fingerprint_confirms"] == "never"
    assert said["not_used", "definitive"] == "depends"  # nobody knows what officers do without the app


def test_a_planted_crossing_is_seen(reckon):
    """If a document could help less under the rule that counts it, the two rules would not be ranked."""
    r = with_rules(reckon(), ("documents_count",))
    entry = r.scenario.rules["documents_count"]
    worse = entry.model_copy(update={"document_believed": entry.document_believed.model_copy(update={"low": 0.3})})
    scenario = r.scenario.model_copy(update={"rules": {**r.scenario.rules, "documents_count": worse}})
    assert order(Reckoner(scenario, r.choices, r.shown))["documents_count", "definitive"] == "depends"


# Names


def test_rules_are_chosen_by_name_with_the_one_in_force_first(reckon):
    r = reckon()
    assert chosen_rules(r, ["lead_only", "definitive", "lead_only"]) == ("definitive", "lead_only")
    assert chosen_rules(r, []) == tuple(dict.fromkeys((r.scenario.rule, *r.scenario.compare)))
    assert set(chosen_rules(r, [ALL, "lead_only"])) == set(r.scenario.rules)
    with pytest.raises(UnknownName, match="unknown rule 'leed_only'; did you mean 'lead_only'"):
        chosen_rules(r, ["leed_only"])


# The page


_PAGES: dict[str, tuple] = {}


@pytest.fixture
def page(twin, tmp_path_factory):
    """A comparison of rules on a small scenario, its reckoner and what the ledger holds; made once."""
    if not _PAGES:
        mix = {"east_europe": {"share": 0.5, "adverse": 0.2}, "east_asia": {"share": 0.5, "adverse": 0.4}}
        scenario, _, choice = twin(gallery__mix=mix, threshold__fpir=0.1, stops__all__blocks=TWO_ORIGINS)
        r = Reckoner(scenario, (choice,), 0)
        rules = chosen_rules(r, SOME)
        world_ = World.at(shown_point(r), scenario.headline_stop, rules)
        of = ledger_plan(world_, "digest", 6000, 3)
        ledger = write_ledger(world_, of, tmp_path_factory.mktemp("rules") / "encounters", scenario.rule, 1)
        said = comparison(r, ledger.folder, rules, seed=3, encounters=6000, digest=ledger.content_hash())
        _PAGES["page"] = (said, with_rules(r, rules), count_pairs(ledger.folder, r.modes, rules))
    return _PAGES["page"]


SOME = ("lead_only", "second_reader", "fingerprint_confirms", "opt_out_offered", "not_used", "claimed_identity_first")
TWO_ORIGINS = [
    {
        "share": 1,
        "origin": {"east_europe": 0.7, "east_asia": 0.3},
        "sex": {"male": 1},
        "age": {"adult": 1},
        "status": {"may_stay": 0.75, "must_go": 0.25},
    }
]


def section(said, name: str):
    return next(part for part in said.sections if part.id == name)


def cells(table: Table, *columns: str) -> list[tuple]:
    places = [table.columns.index(column) for column in columns]
    return [tuple(row[i] for i in places) for row in table.rows]


def test_the_sections_stand_in_order(page):
    said, r, _ = page
    assert [part.id for part in said.sections] == ["paired", "tradeoff", "curves", "rules", "configurations", "no-hit"]
    assert "6,000 synthetic encounters, seed 3" in said.how
    assert f"{len(r.rules)} rules" in said.how
    assert said.limits
    assert said.inputs.rows


def test_paired_differences_are_those_of_the_ledger_and_simulation_doubt_alone(page):
    said, r, met_ = page
    part = section(said, "paired")
    assert "more encounters shrink it, and it says nothing about the world" in " ".join(part.text.split())
    for (mode, rule, kind), pair in met_.pairs.items():
        if kind == "supported":
            continue
        figure = part.figures[f"{rule}.{kind}.{mode.value}.difference"]
        assert figure.kind is Doubt.SIMULATION
        assert figure.level == 0.95
        assert figure.value == pytest.approx(r.scenario.use.people * (pair.only_second - pair.only_first) / 6000)
        assert figure.low <= figure.value <= figure.high
    total_, *_ = part.tables
    for rule, mode, row in zip(
        [rule for rule in r.rules[1:] for _ in r.modes], list(r.modes) * (len(r.rules) - 1), total_.rows, strict=True
    ):
        pair = met_.pairs[mode, rule, "unsupported"]
        assert row[2:6] == (pair.first, pair.second, pair.only_first, pair.only_second)
        assert row[7] == pair.p_value


def test_causes_stand_apart_and_sum_to_the_whole(page):
    said, r, met_ = page
    for mode in r.modes:
        for rule in r.rules[1:]:
            parts = [met_.pairs[mode, rule, kind] for kind in ("wrong_person", "wrong_record", "not_verified")]
            whole = met_.pairs[mode, rule, "unsupported"]
            assert sum(pair.first for pair in parts) == whole.first
            assert sum(pair.second for pair in parts) == whole.second
            assert met_.pairs[mode, rule, "disbelieved_document"].second <= whole.second
    titles = [chart.title for chart in section(said, "paired").charts]
    assert len(set(titles)) == len(titles)
    assert any("wrong person" in title for title in titles)
    assert any("wrong record" in title for title in titles)


def test_missed_identifications_are_supported_people_and_right_hits_stand_apart(page):
    said, r, met_ = page
    part = section(said, "tradeoff")
    missed = next(table for table in part.tables if table.title.startswith("Missed identifications"))
    found = cells(missed, "acted on only under the rule in force", "only under this rule")
    pairs = [met_.pairs[mode, rule, "supported"] for rule in r.rules[1:] for mode in r.modes]
    assert found == [(pair.only_first, pair.only_second) for pair in pairs]
    assert any(pair.only_first for pair in pairs)
    cleared = next(table for table in part.tables if table.title.startswith("Right hits"))
    assert "no cost" in cleared.note
    for mode in r.modes:
        answers = answer(r.best(), "all", mode)
        stay = np.array([cell.status == "may_stay" for cell in strata(r.scenario, r.scenario.headline_stop)])
        expected = float(total(r, answers, answers.right * stay)[0])
        by_status, *by_origin = cleared.rows[list(r.modes).index(mode)][2:]
        assert by_status == pytest.approx(expected)
        assert sum(by_origin) == pytest.approx(expected)


def test_by_origin_shares_are_of_the_people_of_that_origin(page):
    said, r, met_ = page
    by_origin = [table for table in section(said, "tradeoff").tables if "by origin" in table.title]
    assert len(by_origin) == 2
    origins = [name for (mode, side, name), _ in met_.groups.items() if mode is r.modes[0] and side == "origin"]
    assert all(met_.groups[r.modes[0], "origin", name]["", "people"] >= FEWEST for name in origins)
    harm = by_origin[0].rows[0][2:]
    for name, value in zip(origins, harm, strict=True):
        cell = met_.groups[r.modes[0], "origin", name]
        assert value == pytest.approx(10_000 * cell[r.rules[0], "unsupported"] / cell["", "people"])


def test_envelopes_hold_the_best_value_and_the_closed_form(page):
    said, r, _ = page
    part = section(said, "tradeoff")
    for mode in r.modes:
        plain = rule_outputs(r, mode, r.best())
        for name, value in plain.items():
            figure = part.figures[f"{name}.{mode.value}.input"]
            assert figure.value == pytest.approx(float(value[0]), abs=1e-9)
            assert figure.low <= figure.value <= figure.high


def test_table_of_orders_is_the_order(page):
    said, r, _ = page
    table = section(said, "curves").tables[0]
    found = order(r)
    for i, rule in enumerate(r.rules):
        assert table.rows[i][0].startswith(f"{i + 1}. {r.scenario.rules[rule].title}")
        for j, other in enumerate(r.rules):
            assert table.rows[i][1 + j] == ("–" if rule == other else found[rule, other])


def test_curves_are_drawn_in_every_mode_with_the_rule_in_force_beside(page):
    said, r, _ = page
    charts = section(said, "curves").charts
    assert {chart.kind for chart in charts} == {"curves"}
    for mode in r.modes:
        assert any(label(mode) in chart.title for chart in charts)
    in_force = r.scenario.rules[r.scenario.rule].title
    for chart in charts:
        for panel in {record["panel"] for record in chart.records}:
            assert in_force in {record["series"] for record in chart.records if record["panel"] == panel}


def test_every_number_of_every_rule_is_printed_with_its_source(page):
    said, r, _ = page
    tables = section(said, "rules").tables
    assert len(tables) == len(r.rules)
    base = r.scenario.rules[r.scenario.rule]
    for rule, table in zip(r.rules, tables, strict=True):
        entry = r.scenario.rules[rule]
        printed = " ".join(str(cell) for row in table.rows for cell in row)
        assert table.title.startswith(entry.title)
        for name in OF_RULE:
            assert getattr(entry, name).source in printed
        marks = [row[-1] for row in table.rows]
        if rule == r.scenario.rule:
            assert set(marks) == {"–"}
            continue
        differing = sum(not effects.same_number(getattr(entry, n), getattr(base, n)) for n in OF_RULE)
        differing += sum(
            getattr(entry, n) != getattr(base, n) for n in ("scans", "claimed_identity_first", "response", "readers")
        )
        assert marks == ["differs"] * differing + ["the same"] * (9 - differing)


def test_configurations_carry_their_own_gallery_and_threshold(page):
    said, _, _ = page
    figures = section(said, "configurations").figures
    mode = Mode.COMPARISONS
    given, tenth, hot = (
        figures[f"{name}.wrong.{mode.value}.input"] for name in ("as_given", "tenth_of_fpir", "hotlist_only")
    )
    assert tenth.conditions.threshold > given.conditions.threshold + 0.9
    assert hot.conditions.n_references < given.conditions.n_references
    assert hot.conditions.threshold == pytest.approx(given.conditions.threshold)
    assert tenth.value < given.value
    kept = {name: figures[f"{name}.kept.{mode.value}"].value for name in ("as_given", "delete_no_match")}
    assert 0 < kept["delete_no_match"] < kept["as_given"]


def test_deleting_photos_changes_nothing_but_what_is_kept(page):
    figures = section(page[0], "configurations").figures
    for name, given in figures.items():
        if name.startswith("as_given.") and ".kept." not in name:
            other = figures["delete_no_match." + name.removeprefix("as_given.")]
            assert (other.value, other.low, other.high) == (given.value, given.low, given.high), name
    kept = {name: e.value for name, e in figures.items() if ".kept." in name}
    for mode in {name.rpartition(".")[2] for name in kept}:
        assert kept[f"delete_no_match.kept.{mode}"] < kept[f"as_given.kept.{mode}"]


def test_acting_without_a_hit_is_counted_for_each_percent(page):
    said, r, _ = page
    table = section(said, "no-hit").tables[0]
    rows = {row[0]: row[1:] for row in table.rows}
    titles = {rule: r.scenario.rules[rule].title for rule in r.rules}
    modes = len(r.modes)
    nobody = rows[titles["not_used"]]
    assert nobody[:modes] == pytest.approx([10_000.0] * modes)
    # 75% may stay, 30% of them show a document, and 90% of those are believed where the app is not used.
    assert nobody[modes : 2 * modes] == pytest.approx([0.01 * 7_500 * (1 - 0.3 * 0.9)] * modes)
    assert rows[titles["not_used"]][-1] == "0% (0% to 5%)"


def test_nothing_is_recommended_and_nothing_is_weighed(page):
    said, _, _ = page
    text = str(said.to_json()).lower()
    for word in ("recommend", "safest", " safe ", "best rule", "wrongful", "accuracy of"):
        assert word not in text


def test_estimates_and_charts_are_whole(page):
    said, _, _ = page
    for part in said.sections:
        for chart in part.charts:
            assert isinstance(chart, ChartData)
            assert chart.records
        for figure in part.figures.values():
            assert isinstance(figure, Estimate)
        for table in (*part.tables, *(chart.table for chart in part.charts)):
            assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["lead_only", "second_reader"])
def test_swayed_readers_on_people_are_those_of_the_closed_form(twin, rule):
    """Label and quota move single readers as far as they move the curve; errors of two readers stay correlated."""
    n, alarm = 150_000, 1e-6
    scenario, points, choice = twin(
        threshold__fpir=0.5,
        gallery__mix={"east_europe": {"share": 1, "adverse": 0.8}},
        together={"household_share": 0, "workplace_share": 0},
        families={"fraternal_twin_share": 0, "siblings": 0},
        records={"second_record": 0},
        checks={"label_shift": {"value": 0.4, "low": 0, "high": 1}, "pressure": {"value": 0.3, "low": 0, "high": 1}},
    )
    r = with_rules(Reckoner(scenario, (choice,), 0), (rule,))
    mode = r.modes[0]
    columns = simulate_encounters(World.at(points, "all", r.rules), 11, np.arange(n), scenario.rule)
    here = columns["mode"] == list(Mode).index(mode)
    answers = answer(points, "all", mode)
    found = outcomes(r, answers, rule, points)
    z = -ndtri(alarm / 2)
    for kind in ("wrong_person", "wrong_record", "supported"):
        expected = float((answers.part * getattr(found, kind)).sum())
        seen = met({name: x[here] for name, x in columns.items()}, rule, kind).mean()
        assert abs(seen - expected) < z * np.sqrt(expected * (1 - expected) / n), kind
        still = float((answers.part * getattr(apply_rule(points, "all", answers, rule), kind)).sum())
        if kind == "wrong_person":  # without the shift the same count would be refused
            assert abs(seen - still) > z * np.sqrt(still * (1 - still) / n)
