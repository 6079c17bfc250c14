"""The first screen: every number of its grid is what `people` counts there, and every scenario has one."""

from __future__ import annotations

import re

import pytest

from misid.findings import estimates_of
from misid.report import FirstScreen, first_screen
from misid.report.page import environment
from misid.scenario import load_scenario

SCENARIOS = ("field-app", "field-app-careful", "police-live", "booking-photos", "booth-one-to-one")
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


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_has_a_first_screen_of_few_words(made, name):
    page = html(made[name][1])
    # Of 170: the head of the page has some too, 14 for this scenario.
    assert len(words_of(page)) <= (156 if name == "field-app" else 170)
    assert "None" not in page
