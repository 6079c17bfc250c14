"""The first screen: every number of its grid is what `people` counts there, and every scenario has one."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import pytest

from misid.expected import people, phi_of, ticks, with_record_error
from misid.findings import estimates_of, strangers
from misid.findings.questions.rules import break_even
from misid.report import FirstScreen, first_screen
from misid.report.first import LONGEST, MOST_DOTS, ROOM, balance, draw
from misid.report.page import environment
from misid.scenario import load_scenario

SCENARIOS = ("field-app", "field-app-careful", "police-live", "booking-photos", "booth-one-to-one")
SEARCHES = SCENARIOS[:3]
_PAGE = '{% from "first.html.j2" import first %}{{ first(screen) }}'


@pytest.fixture(scope="module")
def made() -> dict[str, tuple]:
    found = {}
    for name in SCENARIOS:
        e = estimates_of(load_scenario(name))
        found[name] = (e, first_screen(e))
    return found


def html(screen: FirstScreen) -> str:
    return environment().from_string(_PAGE).render(screen=screen)


def words_of(page: str) -> list[str]:
    """Words as a person sees them: of a select the chosen option alone."""
    page = re.sub(r"<script.*?</script>", " ", page, flags=re.S)
    page = re.sub(r'<option value="\d+">.*?</option>', " ", page, flags=re.S)
    return re.findall(r"\S*\w\S*", re.sub(r"<[^>]+>", " ", page))


def number(text: str) -> float:
    return 0.3 if text == "under 1" else float(text.replace(",", ""))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_has_a_first_screen_of_few_words(made, name):
    page = html(made[name][1])
    # Of 170: the head of the page has some too, 14 for this scenario.
    assert len(words_of(page)) <= (156 if name == "field-app" else 170)
    assert ">None" not in page


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_number_is_counted_at_its_cell(made, name):
    e, screen = made[name]
    stops = screen.stop.values if screen.stop else (e.stop,)
    errors = screen.record.values if screen.record else (None,)
    phis = screen.phi.values if screen.phi else (None,)
    assert len(screen.stops) == len(stops)
    for stop, shown in zip(stops, screen.stops, strict=True):
        assert len(shown.cells) == len(errors)
        for error, row in zip(errors, shown.cells, strict=True):
            assert len(row) == len(phis)
            for phi, cell in zip(phis, row, strict=True):
                points = e.points(e.names[0]) if phi is None else e.model.at_phi([phi])
                if error is not None:
                    points = with_record_error(points, {screen.doubtful: error})
                found = people(points, stop, size=screen.size)
                harmed = [s for s in found.statuses if not e.scenario.statuses[s].action_supported]
                exact = [found.of(outcome)[0] for outcome, _, _ in screen.causes]
                if e.scenario.purpose == "identify":
                    assert number(shown.entitled) == pytest.approx(found.of("people", *harmed)[0], abs=0.51)
                assert number(re.sub(" (of those )?(is|are)$", "", cell.acted)) == pytest.approx(
                    found.of("unsupported")[0], abs=0.51
                )
                for text, count in zip(cell.parts, exact, strict=True):
                    assert number(text) == pytest.approx(count, abs=1.0)
                assert number(cell.believed) == pytest.approx(found.of("disbelieved_document")[0], abs=0.51)
                supported = found.of("supported")[0] + found.of("supported_by_chance")[0]
                assert number(cell.supported) == pytest.approx(supported, abs=0.51)
                whole = [*cell.parts, cell.supported, cell.rest]
                assert sum(int(number(x)) for x in whole) == screen.size
                assert sum(int(number(x)) for x in cell.parts) == int(
                    number(re.sub(" (of those )?(is|are)$", "", cell.acted))
                )
                assert cell.each * sum(cell.dots) == pytest.approx(sum(exact) + supported, abs=2 * cell.each)
                assert sum(cell.dots) <= MOST_DOTS


@pytest.mark.parametrize("name", SEARCHES)
def test_phi_is_of_the_people_in_the_sentence_and_the_threshold_stays(made, name):
    e, screen = made[name]
    points = e.model.at_phi(screen.phi.values)
    for stop, shown in zip(screen.stop.values if screen.stop else (e.stop,), screen.stops, strict=True):
        of_them = phi_of(points, stop)
        for phi, words in zip(of_them, shown.phis, strict=True):
            assert words == ("all" if phi >= 0.995 else strangers(phi).removesuffix(" strangers"))
        assert list(shown.places) == sorted(shown.places)
    assert [place for place, _ in screen.axis] == sorted(place for place, _ in screen.axis)


def test_the_field_app_starts_where_nobody_knows(made):
    _, screen = made["field-app"]
    assert screen.phi.options[screen.phi.chosen] == "1 in 100"
    assert screen.record.options[screen.record.chosen] == "1 in 100"
    assert screen.record.values[screen.record.chosen] is None
    assert len(screen.phi.options) == 13
    assert len(set(screen.phi.options)) == 13
    assert screen.words["before_phi"] == "Suppose the app names "
    assert screen.words["last"] == "Neither number is published."


def test_every_operating_point_can_be_chosen(made):
    for name in SEARCHES:
        e, screen = made[name]
        for point in e.names:
            assert e.place(point).phi in screen.phi.values


def test_a_phi_that_is_given_is_the_start(made):
    e, screen = made["police-live"]
    assert screen.phi.values[screen.phi.chosen] == e.place("given").phi
    assert screen.words["last"] == "The scenario gives 1 in 300,000 strangers."
    assert screen.size == 1_000_000
    assert screen.stop is None
    assert screen.record is None


def test_without_a_threshold_there_is_nothing_to_choose_and_no_axis(made):
    for name in ("booking-photos", "booth-one-to-one"):
        _, screen = made[name]
        assert (screen.phi, screen.axis, screen.measure) == (None, (), "")
        assert "<select" not in html(screen)
        assert "fs-plane" not in html(screen)


def test_the_evidence_is_chosen_by_rule_and_converted(made):
    for name in SEARCHES:
        e, screen = made[name]
        labels = [x.label for x in screen.stops[0].evidence]
        assert 3 <= len(labels) <= 5
        assert len(set(labels)) == len(labels)
        for i, stop in enumerate(screen.stop.values if screen.stop else (e.stop,)):
            found = {round(place(e, tick.phi, screen), 1) for tick in ticks(e.model, stop)}
            for x in screen.stops[i].evidence:
                assert min(abs(x.at - one) for one in found) < 0.2, (name, stop, x)


def place(e, phi, screen) -> float:
    """Where phi stands on the axis, read off the choices of the scenario's own mix."""
    first, last = screen.phi.values[0], screen.phi.values[-1]
    low, high = screen.stops[0].places[0], screen.stops[0].places[-1]
    at = low + (high - low) * math.log(max(phi, 1e-12) / first) / math.log(last / first)
    return min(max(at, 0.0), 100.0)


def test_the_band_is_where_face_and_record_weigh_the_same(made):
    e, screen = made["field-app"]
    figure = break_even(e, *e.harmed)
    assert balance(e, e.stop) == pytest.approx((figure.low, figure.high), rel=1e-9)
    assert screen.stops[0].band == pytest.approx([place(e, x, screen) for x in (figure.low, figure.high)], abs=0.02)


def test_dots_are_as_many_as_people(made):
    _, screen = made["field-app"]
    for row in screen.stops[0].cells:
        for cell in row:
            drawn = dict(draw(cell, [name for name, _, _ in screen.causes]))
            assert [drawn[name].count("M") for name, _, _ in screen.causes] == list(cell.dots[:-1])
            assert drawn["supported"].count("M") == cell.dots[-1]
            assert drawn["hollow"].count("M") == cell.hollow <= sum(cell.dots[:-1])
            where = re.findall(r"M([\d.]+) ([\d.]+)h0", "".join(drawn.values()))
            xs, ys = [float(x) for x, _ in where], [float(y) for _, y in where]
            assert max(xs) <= ROOM[0]
            assert max(ys) <= ROOM[1]


def test_what_was_tested_is_at_most_40_words(made):
    for name in SCENARIOS:
        tested = made[name][1].tested
        assert 5 < len(tested.split()) <= 40
        assert tested.endswith(".")


def test_words_of_a_person_do_not_harm_the_page(made):
    e, _ = made["field-app"]
    scenario = e.scenario
    bad = "</script><img src=x onerror=alert(1)>\u202e\u2066stopped " + "w" * 500
    stops = {name: stop.model_copy(update={"title": f"{bad}{name}"}) for name, stop in scenario.stops.items()}
    statuses = {name: who.model_copy(update={"title": bad}) for name, who in scenario.statuses.items()}
    harmful = scenario.model_copy(update={"stops": stops, "statuses": statuses, "entitled": bad})
    screen = first_screen(replace(e, model=replace(e.model, scenario=harmful)))
    page = html(screen)
    assert "<img" not in page
    assert page.count("</script>") == 1
    assert not set("\u202e\u2066") & set(page)
    assert all(len(option) <= LONGEST for option in screen.stop.options)
    assert "w" * LONGEST not in page
    json.dumps(screen.to_json(), allow_nan=False)
