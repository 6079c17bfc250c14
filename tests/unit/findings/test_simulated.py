"""What the page says of simulated people is what the ledger holds: counts, screens, intervals, sections, stocks."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from misid.errors import OutputRefused
from misid.expected import kept_on_birthday
from misid.findings import (
    DOZEN,
    FEW,
    MEASURES,
    OFF,
    SMALLEST,
    Book,
    Moments,
    Reckoner,
    Words,
    expected,
    frequencies,
    pick,
    pieces_on,
    records_section,
    references_hit,
    rerun_without,
    shown_point,
    shown_world,
    sight,
    verdict,
    without_pieces,
)
from misid.findings.simulated import kept
from misid.findings.simulated.book import KINDS, open_book
from misid.findings.simulated.build import simulated
from misid.findings.simulated.company import company_section
from misid.findings.simulated.phone import screens
from misid.findings.simulated.rates import simulated_rate
from misid.quantities import Doubt, Estimate, Grade, Quantity
from misid.simulation import ledger_plan, simulate_encounters
from misid.statistics import clopper_pearson, clustered_paired_difference
from misid.storage import OUTCOMES, Ledger
from misid.vocabulary import Mode

SEED = 7
N = 6000
AGES = {"adult": 0.8, "under_18": 0.2}


@dataclass(frozen=True)
class Run:
    """A ledger with the columns that were written into it."""

    reckoner: Reckoner
    folder: Path
    columns: dict[str, np.ndarray]
    n: int

    @cached_property
    def opened(self) -> Book:
        return self.book()

    def book(self) -> Book:
        return open_book(self.folder, self.reckoner.scenario.rule, self.reckoner.modes, self.n)

    def words(self) -> Words:
        return Words(self.reckoner, self.n, SEED)

    def simulated(self, **changes: Any) -> Any:
        given = {"seed": SEED, "encounters": self.n, "digest": "abc" * 20, **changes}
        return simulated(self.reckoner, self.folder, **given)

    def of(self, mode: Mode, name: str) -> np.ndarray:
        return self.columns[name][self.columns["mode"] == list(Mode).index(mode)]

    def labels(self, name: str) -> tuple[str, ...]:
        where = ledger_plan(shown_world(self.reckoner, ()), "x", self.n, SEED)
        return {c.name: c.codes for c in replace(where, rules=(self.reckoner.scenario.rule,)).columns()}[name]


def changes_of(**more: Any) -> dict[str, Any]:
    """Return changes to the small scenario: two sexes, children, everything that can happen happens often."""
    shares = {"adult": 0.5, "under_18": 0.3}
    errors = {"adult": 0.15, "under_18": 0.3}
    statuses = {
        name: {
            "title": f"people who {name.replace('_', ' ')}",
            "action_supported": supported,
            "citizen": not supported,
            "enrolled": shares,
            "enrolled_without_passports": shares,
            "record_error": errors,
            "shows_document": 0.0 if supported else 0.5,
        }
        for name, supported in (("may_stay", False), ("must_go", True))
    }
    block = {
        "share": 1,
        "origin": {"east_europe": 0.5, "west_africa": 0.498, "other": 0.002},
        "sex": {"male": 0.6, "female": 0.4},
        "age": AGES,
        "status": {"may_stay": 0.7, "must_go": 0.3},
    }
    return {
        "statuses": statuses,
        "stops": {"all": {"title": "stopped in the test", "blocks": [block]}},
        "gallery__mix": {o: {"share": s, "adverse": 0.4} for o, s in (("east_europe", 0.5), ("west_africa", 0.5))},
        "threshold__fpir": 0.2,
        "capture__failure_to_acquire": 0.1,
        "kin__identical_twin_share": 0.2,
        "kin__identical_twin_match": 0.9,
        "rule": "tested",
        "rules": {
            "tested": {
                "title": "the rule of the test",
                "wrong_person_passes": 0.8,
                "wrong_record_passes": 0.9,
                "right_hit_passes": 0.9,
                "document_believed": 0.5,
                "no_hit_action": 0.05,
                "scans": "adults",
            }
        },
        "compare": ["tested"],
        "together__household_share": 0.4,
        "photos__child_seen_as_child": 0.3,
        **more,
    }


def written(folder: Path, reckoner: Reckoner, columns: dict[str, np.ndarray], n: int) -> Run:
    rule = reckoner.scenario.rule
    what = ledger_plan(shown_world(reckoner, (rule,)), "x", n, SEED)
    Ledger(folder, what).write_part(0, columns)
    return Run(reckoner, folder, columns, n)


def built(twin: Any, folder: Path, n: int = N, change: Any = None, **changes: Any) -> Run:
    scenario, _, choice = twin(**changes_of(**changes))
    reckoner = Reckoner(scenario, (choice,), 0)
    columns = dict(simulate_encounters(shown_world(reckoner, (scenario.rule,)), SEED, np.arange(n), scenario.rule))
    return written(folder, reckoner, columns | (change(columns) if change else {}), n)


@pytest.fixture
def make(tmp_path, twin):
    """Return a function: encounters, changes to the columns, and to the scenario → a run."""
    return lambda *args, **changes: built(twin, tmp_path / "ledger", *args, **changes)


MADE: dict[str, Any] = {}


@pytest.fixture
def whole(twin, tmp_path_factory) -> Run:
    """Return one run that most tests read."""
    if "run" not in MADE:
        MADE["run"] = built(twin, tmp_path_factory.mktemp("whole") / "ledger")
    return MADE["run"]


@pytest.fixture
def said(whole) -> Any:
    """Return what is said of it."""
    if "said" not in MADE:
        MADE["said"] = whole.simulated()
    return MADE["said"]


@pytest.fixture
def cut(whole, tmp_path):
    """Return a function: encounters and a change to their columns → the beginning of that run, changed."""

    def run(n: int, change: Any) -> Run:
        names = whole.columns
        columns = {name: np.concatenate([whole.of(mode, name)[:n] for mode in whole.reckoner.modes]) for name in names}
        return written(tmp_path / "cut", whole.reckoner, columns | change(columns), n)

    return run


def under(run: Run, **blocks: Any) -> Run:
    """Return the same ledger under a scenario with changed blocks."""
    scenario = run.reckoner.scenario
    changed = {name: getattr(scenario, name).model_copy(update=change) for name, change in blocks.items()}
    reckoner = Reckoner(scenario.model_copy(update=changed), run.reckoner.choices, 0)
    return Run(reckoner, run.folder, run.columns, run.n)


def quantity(value: float, low: float, high: float, unit: str) -> Quantity:
    return Quantity(value=value, low=low, high=high, unit=unit, source="made up", grade=Grade.D)


def section(said: Any, name: str) -> Any:
    return {part.id: part for part in said.sections}[name]


def measured(run: Run, mode: Mode) -> dict[str, np.ndarray]:
    """Say by the columns themselves, not by SQL, to whom each measure happened."""
    hit, rule = run.of(mode, "truth.hit"), run.reckoner.scenario.rule
    outcome = np.array(OUTCOMES)[run.of(mode, f"outcome.{rule}")]
    own = (hit == 1) | (hit == 2)
    return {
        "hit": hit != 0,
        "right_hit": own,
        "wrong_hit": (hit != 0) & ~own,
        "no_hit": hit == 0,
        "unsupported": np.isin(outcome, ["wrong person", "wrong record", "not verified"]),
        "wrong_person": outcome == "wrong person",
        "wrong_record": outcome == "wrong record",
        "not_verified": outcome == "not verified",
        "disbelieved_document": run.of(mode, f"disbelieved.{rule}"),
        "supported": outcome == "supported",
        "supported_by_chance": outcome == "supported by chance",
    }


def domains(run: Run, mode: Mode) -> dict[tuple[str, str], np.ndarray]:
    origin, sex = (np.array(run.labels(f"truth.{x}"))[run.of(mode, f"truth.{x}")] for x in ("origin", "sex"))
    status = np.array(run.labels("truth.status"))[run.of(mode, "truth.status")]
    minor = run.of(mode, "truth.minor")
    found = {("all", "all"): np.ones(run.n, bool), ("age", "under_18"): minor, ("age", "adult"): ~minor}
    found |= {("status", s): status == s for s in set(status)}
    found |= {("origin_sex", f"{o}.{s}"): (origin == o) & (sex == s) for o in set(origin) for s in set(sex)}
    return {key: rows for key, rows in found.items() if rows.any()}


def test_sql_counts_what_the_columns_hold(whole):
    book = whole.opened
    for mode in book.modes:
        here = measured(whole, mode)
        group = whole.of(mode, "truth.group")
        assert min(rows.sum() for rows in here.values()) > 20, "nothing is counted where nothing happens"
        for (domain, name), rows in domains(whole, mode).items():
            leaders, home = np.unique(group[rows], return_inverse=True)
            x = np.bincount(home, minlength=len(leaders))
            for measure, happened in here.items():
                y = np.bincount(home, happened[rows], minlength=len(leaders)).astype(int)
                assert book.moments[mode, domain, name, measure] == Moments(
                    int(x.sum()),
                    int(y.sum()),
                    len(leaders),
                    int((x * x).sum()),
                    int((x * y).sum()),
                    int((y * y).sum()),
                ), (domain, name, measure)
    assert set(book.moments) == {
        (mode, *key, measure) for mode in book.modes for key in domains(whole, mode) for measure in MEASURES
    }


def test_groups_are_whole_where_the_ledger_is_read_in_pieces(whole, monkeypatch):
    before = whole.opened
    monkeypatch.setattr("misid.findings.simulated.book.CHUNK", 64 * 32)
    after = whole.book()
    assert after.moments == before.moments
    query = "SELECT mode, together, people, unsupported, acted, sum(number) FROM companies GROUP BY ALL ORDER BY ALL"
    assert after.rows(query) == before.rows(query)


def test_every_encounter_is_of_one_kind_and_all_of_them_make_up_the_run(whole):
    book = whole.opened
    often = frequencies(whole.words(), book)
    for mode in book.modes:
        assert sum(kind[mode] for kind in often.values()) == pytest.approx(whole.words().per)
        here = {m: int(rows.sum()) for m, rows in measured(whole, mode).items()}
        assert here["hit"] + here["no_hit"] == here["right_hit"] + here["wrong_hit"] + here["no_hit"] == N
        acted = sum(here[m] for m in ("unsupported", "supported", "supported_by_chance"))
        kinds = (
            "child",
            "disbelieved",
            "relative",
            "stranger",
            "wrong_record",
            "not_verified",
            "supported",
            "by_chance",
        )
        assert sum(often.get(kind, {mode: 0})[mode] for kind in kinds) * N / whole.words().per == pytest.approx(acted)


def test_each_kind_that_occurs_is_shown_by_its_first_encounter(whole):
    book = whole.opened
    picked = pick(book)
    occurred = {kind for (kind,) in book.rows("SELECT DISTINCT kind FROM cells")}
    assert len(occurred) >= 14, "the run has nearly all kinds"
    assert {p.kind for p in picked} == occurred
    for p in picked:
        test = " AND NOT ".join(
            [f"({KINDS[p.kind][0]})", *(f"({KINDS[k][0]})" for k in list(KINDS)[: list(KINDS).index(p.kind)])]
        )
        first = book.rows(f"SELECT min(encounter) FROM people WHERE mode = '{p.mode.value}' AND {test}")[0][0]
        assert p.encounter == first


def test_few_kinds_are_filled_up_to_a_dozen_by_the_next_encounters(cut):
    quiet = {"outcome.tested": np.uint8(0), "disbelieved.tested": False, "seen.record_calls_for_action": False}
    run = cut(400, lambda columns: {name: np.full_like(columns[name], value) for name, value in quiet.items()})
    picked = pick(run.opened)
    assert len(picked) == DOZEN
    assert len({p.kind for p in picked}) < DOZEN
    shown = [(p.kind, p.encounter) for p in picked]
    assert shown == sorted(shown, key=lambda item: (list(KINDS).index(item[0]), item[1]))
    assert len(set(shown)) == DOZEN


def shown(run: Run) -> tuple[Any, ...]:
    book = run.opened
    return screens(run.reckoner.scenario, book, frequencies(run.words(), book))


SEEN = ("manner", "photo_usable", "hit", "score", "database", "record_number", "record_calls_for_action")
SEEN += ("record_origin", "record_age", "details_differ", "document_shown", "looks_under_18")


def test_the_left_side_is_the_same_whatever_is_true(whole, tmp_path):
    before = {(s.number, s.answer, s.tone, s.lines, s.paper) for s in shown(whole)}
    turned = np.random.default_rng(3).permutation(N)
    fixed = ("encounter", "mode")
    columns = {
        name: np.concatenate([whole.of(mode, name)[turned] for mode in whole.reckoner.modes])
        if not name.startswith("seen.") and name not in fixed
        else column
        for name, column in whole.columns.items()
    }
    other = written(tmp_path / "turned", whole.reckoner, columns, N)
    book = other.book()
    rows = {
        (mode, encounter): seen
        for mode, encounter, seen in book.rows(
            f"SELECT mode, encounter, seen FROM encounters WHERE encounter IN ({', '.join(str(s[0]) for s in before)})"
        )
    }
    for number, *left in before:
        again = [sight(whole.reckoner.scenario, rows[mode.value, number]) for mode in book.modes]
        assert left in [[s.answer, s.tone, s.lines, s.paper] for s in again]
    assert {tuple(sorted(seen)) for seen in rows.values()} == {tuple(sorted(SEEN))}


def test_a_screen_says_who_is_meant_by_numbers_alone(said):
    for screen in said.screens:
        words = dict(screen.lines) | dict(screen.who)
        assert re.fullmatch(r"P-[0-9A-F]{6}", words["Person"])
        assert re.fullmatch(r"S-[0-9A-F]{6}", words["Record"]) if "Record" in words else screen.answer != "Match"
        assert not {"Name", "Name in record"} & set(words)
        if "Score, not probability" in words:
            assert words["Score, not probability"].endswith("decades")
        assert screen.happened.endswith(".")
        assert "on on" not in screen.happened


def test_each_screen_has_the_verdict_of_its_outcome(whole, said):
    for screen in said.screens:
        outcomes = [
            verdict(
                OUTCOMES[whole.of(mode, "outcome.tested")[screen.number]],
                bool(whole.of(mode, "disbelieved.tested")[screen.number]),
            )
            for mode in whole.reckoner.modes
        ]
        assert screen.verdict in outcomes
    assert {screen.verdict for screen in said.screens} == {
        "wrong person",
        "wrong record",
        "disbelieved document",
        "not verified",
        "supported",
        "supported by chance",
        "nothing happened",
    }
    assert {screen.answer for screen in said.screens} == {"Match", "No match", "Photo not usable", "Not scanned"}


def test_a_coded_answer_shows_a_code_and_nothing_else(whole):
    rule = whole.reckoner.scenario.rules["tested"].model_copy(update={"response": "code"})
    scenario = whole.reckoner.scenario.model_copy(update={"rules": {"tested": rule}})
    coded = screens(scenario, whole.opened, frequencies(whole.words(), whole.opened))
    for screen in coded:
        assert [name for name, _ in screen.lines] == (["Code to call in"] if screen.answer == "Match" else [])
    assert any(screen.lines for screen in coded)
    assert {screen.tone for screen in coded} == {"none"}


def test_words_of_the_page_name_what_was_run(said, whole):
    assert "SYNTHETIC" in said.how
    assert f"{N:,} encounters" in said.how
    assert f"seed {SEED}" in said.how
    assert "abcabcabcabcabca" in said.how
    assert "stopped in the test" in said.how
    assert "the rule of the test" in said.how
    kinds = {row[0] for table in said.sections[0].tables for row in table.rows}
    for kind in frequencies(whole.words(), whole.opened):
        assert KINDS[kind][1].lower() in {str(name).lower() for name in kinds}, (
            "how often each kind occurs stands in a table"
        )
    json.dumps(said.to_json(), allow_nan=False)
    assert [part.id for part in said.sections] == ["counts", "groups", "together", "records", "references", "kept"]


def test_every_simulated_figure_has_its_error_its_conditions_and_its_caveats(said):
    for part in said.sections:
        assert part.text
        for name, figure in part.figures.items():
            assert {"simulated_people", "pieces_assumed"} <= set(figure.caveats), name
            if figure.kind is Doubt.SIMULATION:
                assert figure.level == 0.95
                assert figure.low is not None
                assert figure.low < figure.high
                figure.conditions.require_rate()
            else:
                assert figure.kind is Doubt.INPUT
                assert figure.level is None


# --- sections -----------------------------------------------------------------------------------------------------


def test_counts_stand_beside_the_closed_form_and_the_pieces_off(said, whole):
    figures = section(said, "counts").figures
    again = rerun_without(whole.reckoner, SEED, N)
    for mode in whole.reckoner.modes:
        closed = expected(whole.reckoner, mode)
        for i, (measure, happened) in enumerate(measured(whole, mode).items()):
            per = whole.words().per / N
            off = float((again[mode] >> i & 1).sum())
            stem = f"{measure}.{mode.value}"
            assert list(MEASURES)[i] == measure
            assert figures[f"{stem}.simulated"].value == pytest.approx(per * happened.sum())
            assert figures[f"{stem}.simulated"].count == happened.sum()
            assert figures[f"{stem}.closed_form"].value == pytest.approx(whole.words().per * closed[measure][0])
            assert figures[f"{stem}.pieces_off"].value == pytest.approx(per * off)
            assert figures[f"{stem}.left_out"].value == pytest.approx(per * (happened.sum() - off))


@pytest.mark.slow
def test_with_the_pieces_off_nothing_is_left_out_and_the_closed_form_holds(make):
    run = make(20_000, **{path.replace(".", "__", 1): value for path, (value, _) in OFF.items()})
    assert pieces_on(run.reckoner) == ()
    for (mode, measure), (off, difference) in without_pieces(run.reckoner, run.book(), SEED, run.n).items():
        assert difference.value == 0.0
        share = float(expected(run.reckoner, mode)[measure][0])
        # 22 comparisons at one in a million for all of them.
        low, high = clopper_pearson(off.count, run.n, 1 - 1e-6 / 22)
        assert low <= share <= high, measure


@pytest.mark.slow
def test_a_piece_that_is_on_is_named_and_seen(make):
    run = make(20_000, **{"photos__attempts": 3})
    assert "further photos" in pieces_on(run.reckoner)
    found = without_pieces(run.reckoner, run.book(), SEED, run.n)
    assert all(found[mode, "wrong_hit"][1].low > 0 for mode in run.reckoner.modes), "more photos, more wrong hits"


def test_groups_hold_their_own_people_and_small_ones_are_not_printed(said, whole):
    part = section(said, "groups")
    mode = whole.reckoner.modes[0]
    here = measured(whole, mode)
    small = 0
    for (domain, name), rows in domains(whole, mode).items():
        key = f"unsupported.{domain}.{name}.{mode.value}"
        if domain == "all":
            continue
        if rows.sum() < SMALLEST:
            small += 1
            assert key not in part.figures
            continue
        assert part.figures[key].value == pytest.approx(whole.words().per * here["unsupported"][rows].mean())
    assert small == 2, "the scenario has few people of other origins"
    table = part.charts[0].table
    assert "Not printed" in table.note
    assert {row[1] for row in table.rows} >= {
        int(rows.sum()) for key, rows in domains(whole, mode).items() if key[0] == "age"
    }


def by_hand(outcomes: dict[str, list[int]], **more: Any) -> Any:
    """Return a change to columns: groups by name of kind, a list of sizes and, for each, how many were harmed."""

    def change(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        n = len(columns["encounter"]) // 2
        group, kind, outcome = np.arange(n), np.zeros(n, np.uint8), np.zeros(n, np.uint8)
        at = 0
        for code, name in ((1, "household"), (2, "workplace"), (0, "alone")):
            for size, harmed in outcomes.get(name, []):  # type: ignore[misc]
                group[at : at + size], kind[at : at + size] = at, code
                outcome[at : at + harmed] = 3
                at += size
        made = {"truth.group": group, "truth.together": kind, "outcome.tested": outcome, **more}
        return {name: np.concatenate([column, column]).astype(columns[name].dtype) for name, column in made.items()}

    return change


def test_company_counted_by_hand(cut):
    # Households: 3 of 3 harmed, 1 of 2, 2 of 4, nobody of 2; a workplace: 1 of 5; two alone: 1 harmed, 1 not.
    groups = {"household": [(3, 3), (2, 1), (4, 2), (2, 0)], "workplace": [(5, 1)], "alone": [(1, 1), (1, 0)]}
    run = cut(40, by_hand(groups))  # type: ignore[arg-type]
    figures = company_section(run.words(), run.opened).figures
    mode = run.reckoner.modes[0].value
    assert figures[f"share_of_harmed.household.{mode}"].value == pytest.approx(6 / 8)
    assert figures[f"share_of_harmed.workplace.{mode}"].value == pytest.approx(1 / 8)
    assert figures[f"another_too.household.{mode}"].value == pytest.approx(5 / 6)
    assert figures[f"another_too.workplace.{mode}"].value == 0.0
    risk = 6 / 11
    alone = (3 * (1 - (1 - risk) ** 2) + 1 * risk + 2 * (1 - (1 - risk) ** 3)) / 6
    assert figures[f"another_if_independent.household.{mode}"].value == pytest.approx(alone)
    assert figures[f"lose_one.household.{mode}"].value == pytest.approx(run.words().per * 3 / 4)
    assert figures[f"lose_one.household.{mode}"].low == pytest.approx(run.words().per * clopper_pearson(3, 4)[0])


def test_records_counted_by_hand(cut):
    def change(columns):
        n = len(columns["encounter"]) // 2
        hit = np.zeros(n, np.uint8)
        hit[:10] = 1
        fault = np.zeros(n, np.uint8)
        fault[:3] = (1, 2, 3)
        base = np.where(hit > 0, 1, 0)
        base[:2] = 2
        right = hit > 0
        made = {
            "truth.hit": hit,
            "seen.hit": hit > 0,
            "seen.record_number": np.arange(n),
            "seen.score": np.full(n, 6.0),
            "seen.database": base,
            "truth.record_fault": fault,
            "truth.record_right": right & (fault == 0),
            "truth.name_right": right & (np.arange(n) > 4),
            "truth.birth_date_right": right,
            "truth.nationality_right": right,
        }
        return {name: np.concatenate([x, x]).astype(columns[name].dtype) for name, x in made.items()}

    run = cut(60, change)
    figures = records_section(run.words(), run.opened).figures
    mode = run.reckoner.modes[0].value
    assert figures[f"wrong.record.{mode}"].value == pytest.approx(0.3)
    assert figures[f"wrong.name.{mode}"].value == pytest.approx(0.5)
    assert figures[f"wrong.birth_date.{mode}"].value == 0.0
    first, second = sorted(run.reckoner.scenario.records.databases.items(), key=lambda item: item[1].precedence)[:2]
    found = {name: x.value / run.words().per for name, x in figures.items() if name.startswith("fault.") and x.value}
    assert found == {f"fault.{second[0]}.stale.{mode}": pytest.approx(0.1) for mode in ("comparisons", "held")} | {
        f"fault.{second[0]}.linked.{mode}": pytest.approx(0.1) for mode in ("comparisons", "held")
    } | {f"fault.{first[0]}.entered.{mode}": pytest.approx(0.1) for mode in ("comparisons", "held")}


@pytest.mark.slow
def test_hits_on_strangers_land_as_the_law_says(make):
    run = make(20_000, photos__reference_heterogeneity_k=0.5)
    figures = references_hit(run.words(), run.opened).figures
    for top in ("tenth", "hundredth"):
        law = figures[f"law.top_{top}"].value
        for mode in run.reckoner.modes:
            seen = figures[f"seen.top_{top}.{mode.value}"]
            low, high = clopper_pearson(seen.count, seen.n, 1 - 1e-6 / 4)
            assert seen.n > 1000
            assert low <= law <= high
            # A planted law without heterogeneity is told apart.
            assert low > {"tenth": 0.1, "hundredth": 0.01}[top]


# --- what is kept -------------------------------------------------------------------------------------------------


def test_stock_grows_and_then_stays():
    # FORMULAS 28.a: 200,000 a year for 15 years.
    assert kept.held(2e5 / 365.25, 15.0, 15.0) == pytest.approx(3_000_000)
    assert kept.held(2e5 / 365.25, 40.0, 15.0) == pytest.approx(3_000_000)
    assert kept.held(2e5 / 365.25, 2.0, 15.0) == pytest.approx(400_000)
    assert kept.held(2e5 / 365.25, 2.0, 0.0) == 0.0


def test_what_is_kept_of_whom(whole):
    run = under(
        whole,
        use={
            "scans_per_day": quantity(100, 50, 200, "scans per day"),
            "retention_years": quantity(10, 10, 20, "years"),
        },
        kept={"photos_per_person": quantity(2, 1, 4, "photos per person")},
    )
    part = kept.retention_section(run.words(), run.opened)
    photos = part.figures["photos.year_15"]
    assert (photos.low, photos.value, photos.high) == pytest.approx((182_625, 365_250, 1_095_750))
    people = part.figures["people.year_15"]
    assert (people.low, people.value, people.high) == pytest.approx((182_625 / 4, 365_250 / 2, 1_095_750))
    status = np.array(run.labels("truth.status"))
    for mode in run.reckoner.modes:
        here = run.of(mode, "seen.manner") != 3
        none = (run.of(mode, "truth.hit") == 0)[here].mean()
        assert part.figures[f"never_matched.{mode.value}.year_15"].value == pytest.approx(365_250 * none)
        assert part.figures[f"matched.{mode.value}.year_15"].value == pytest.approx(365_250 * (1 - none))
        citizens = (status[run.of(mode, "truth.status")] == "may_stay")[here].mean()
        assert part.figures["citizens.year_15"].value == pytest.approx(365_250 * citizens)
        assert part.figures["minors.year_15"].value == pytest.approx(365_250 * run.of(mode, "truth.minor")[here].mean())
    series = {(r["series"], r["year"]): r["value"] for r in part.charts[0].records}
    assert series["all photos", 10.0] == series["all photos", 20.0] == pytest.approx(365_250)
    assert "A photo taken at 16 is kept until 26." in part.text


def test_a_photo_goes_when_the_child_is_so_much_older():
    # Taken on some day of the seventeenth year of life; a year and a half later half of them are gone on the birthday.
    assert kept_on_birthday(16, [17, 31, 32], 15).tolist() == [1.0, 1.0, 0.0]
    assert kept_on_birthday([16, 17], 18, 1.5).tolist() == [0.5, 1.0]


def test_photos_of_children_stay_until_they_are_grown(whole):
    run = whole
    part = kept.retention_section(run.words(), run.opened)
    table = next(t for t in part.tables if t.title.startswith("Photos of children"))
    keep = run.reckoner.inputs["use.retention_years"].value
    mode = run.reckoner.modes[0]
    ages = run.of(mode, "truth.age")[run.of(mode, "truth.minor") & (run.of(mode, "seen.manner") != 3)]
    assert keep == 15
    for row in table.rows:
        birthday = int(re.match(r"\d+", str(row[0]))[0])  # type: ignore[index]
        share = row[1]
        assert isinstance(share, Estimate)
        assert share.value == pytest.approx((ages >= birthday - 15).mean()), "taken at 16, gone after 31"


def test_entering_the_gallery_and_searching_again_are_off_and_swept(whole):
    run = under(
        whole,
        kept={"enter_gallery": quantity(0, 0, 1, "share"), "searched_again": quantity(0, 0, 4, "times a year")},
    )
    found = kept.retention_section(run.words(), run.opened).tables
    tables = {table.title.partition(":")[0].removesuffix(" later"): table for table in found}
    per = run.words().per
    rate, keep = run.reckoner.inputs["use.scans_per_day"], run.reckoner.inputs["use.retention_years"]
    stock = kept.held(rate.high, 15.0, keep.high)
    before = run.reckoner.n_references
    entering = tables["If kept photos are searched against"].rows[-1]
    mode = Mode.COMPARISONS
    grown = expected(run.reckoner, mode, shown_point(run.reckoner, {"gallery.n_references": [before, before + stock]}))
    assert entering[1].value == 0
    assert entering[1].high == pytest.approx(stock)
    assert (entering[2].value, entering[2].high) == pytest.approx(tuple(per * grown["wrong_hit"]))
    assert entering[2].high > entering[2].value
    last = tables["If kept photos are searched again"].rows[-1]
    assert last[1].value == 0
    assert last[1].high == pytest.approx(4 * stock)
    assert last[2].high == pytest.approx(4 * stock * float(expected(run.reckoner, mode)["wrong_hit"][0]))
    assert "fresh_searches" in last[2].caveats


# --- intervals ----------------------------------------------------------------------------------------------------


def moments_of(x: np.ndarray, y: np.ndarray) -> Moments:
    sums = (x, y, np.ones_like(x), x * x, x * y, y * y)
    return Moments(*(int(np.sum(z)) for z in sums))


def test_error_is_that_of_groups():
    rng = np.random.default_rng(5)
    x = rng.integers(1, 7, 4000)
    y = np.where(rng.random(4000) < 0.1, x, 0)
    found = simulated_rate(moments_of(x, y))
    judge = clustered_paired_difference(y, x)
    half = 1.959963984540054 * judge.standard_error
    assert found.share == pytest.approx(judge.value)
    assert (found.low, found.high) == pytest.approx((judge.value - half, judge.value + half))
    alone = simulated_rate(
        moments_of(np.ones(int(x.sum()), int), np.r_[np.ones(int(y.sum()), int), np.zeros(int((x - y).sum()), int)])
    )
    assert found.high - found.low > 1.7 * (alone.high - alone.low), "people who share a fate say less"


@pytest.mark.parametrize("count", [0, 1, FEW - 1])
def test_few_are_exact(count):
    ones = np.ones(1000, int)
    y = np.arange(1000) < count
    few, many = simulated_rate(moments_of(ones, y.astype(int))), simulated_rate(moments_of(ones, 1 - y.astype(int)))
    low, high = clopper_pearson(count, 1000)
    assert few.few
    assert (few.low, few.high) == pytest.approx((low, high))
    assert many.few
    assert (many.low, many.high) == pytest.approx((1 - high, 1 - low))


def test_nobody_harmed_leaves_open_whole_groups():
    x = np.full(100, 5)
    assert simulated_rate(moments_of(x, np.zeros(100, int))).high == pytest.approx(clopper_pearson(0, 100)[1])


@pytest.mark.slow
@pytest.mark.parametrize("alike", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("risk", [0.0005, 0.002, 0.01, 0.3])
def test_intervals_cover(risk, alike):
    rng = np.random.default_rng(11)
    runs, groups, inside = 2000, 3000, 0
    x = rng.integers(1, 7, groups)
    for _ in range(runs):
        together = rng.random(groups) < alike
        y = np.where(together, x * (rng.random(groups) < risk), rng.binomial(x, risk))
        found = simulated_rate(moments_of(x, y))
        inside += found.low <= risk <= found.high
    # `rate` says at least 93%; a run of so many falls below what is true by 5 standard errors once in three million.
    assert inside / runs > 0.93 - 5 * np.sqrt(0.93 * 0.07 / runs)


def test_a_spoilt_part_is_named_and_is_no_bug(whole, tmp_path):
    """A part whose pages were overwritten after the run: where, and what it is about."""
    place = Path(shutil.copytree(whole.folder, tmp_path / "encounters"))
    for part in place.glob("part-*.parquet"):
        raw = bytearray(part.read_bytes())
        raw[200 : len(raw) // 2] = b"\xff" * (len(raw) // 2 - 200)
        part.write_bytes(raw)
    with pytest.raises(OutputRefused, match="cannot be read"):
        replace(whole, folder=place).book()
