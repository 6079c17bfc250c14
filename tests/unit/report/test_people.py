"""Simulated people on the page: both sides of each encounter, safe words, and a mark that no crop takes away."""

from __future__ import annotations

import importlib
import json
import re
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from misid.findings import Screen
from misid.report import VERDICTS, appendix, render
from misid.report.people import key, style_of
from misid.vocabulary.names import terms

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up, made_up_people, pages = (importlib.import_module(name) for name in ("made_up", "made_up_people", "pages"))

ABOUT = {"rerun": "misid run field-app --encounters 1000000", "digest": "sha256:abc", "version": "9.8.7"}
CAUSES = ("wrong person", "wrong record", "disbelieved document")


def rendered(**changes) -> str:
    return render(appendix(made_up.findings(simulated=made_up_people.simulated(**changes))), **ABOUT)


@pytest.fixture(scope="module")
def html() -> str:
    return rendered()


@pytest.fixture(scope="module")
def page(html):
    return pages.Page(html)


def phones(html: str) -> list[str]:
    """What stands inside each drawn phone: from its own element to the paper under it."""
    return re.findall(r'<div class="phone [^>]*>(.*?)<p class="paper">', html, re.S)


def test_a_phone_for_each_encounter(page):
    drawn = [attrs["class"] for tag, attrs in page.elements if (attrs.get("class") or "").startswith("phone ")]
    assert drawn == [f"phone tone-{screen.tone}" for screen in made_up_people.screens()]


def test_synthetic_stands_many_times_inside_each_screen(html):
    found = phones(html)
    assert len(found) == len(made_up_people.screens())
    for phone, screen in zip(found, made_up_people.screens(), strict=True):
        assert screen.answer in phone
        assert phone.count("SYNTHETIC") >= 11
        assert '<p class="placeholder"><span>SYNTHETIC</span></p>' in phone
        shown = re.sub(r'<p class="watermark".*?</p>', "", phone, flags=re.S)
        assert shown.count("SYNTHETIC") == 2  # of these a reader aloud hears each once


def test_no_picture_is_anywhere(html, page):
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"img", "svg", "canvas", "picture", "video", "object", "embed", "iframe"}
    assert "url(" not in re.search(r"<style>(.*?)</style>", html, re.S).group(1)


def test_screen_holds_only_what_the_officer_gets(html):
    """The truth's own words stand beside the phone, never in it."""
    for phone, screen in zip(phones(html), made_up_people.screens(), strict=True):
        for _, value in screen.lines:
            assert value in phone
        for words in (screen.happened, screen.verdict, *(name for name, _ in screen.who)):
            assert f">{words}<" not in phone


def test_all_words_of_both_sides_are_there(page):
    for screen in made_up_people.screens():
        for words in (f"{screen.number:,}", screen.answer, screen.paper, screen.happened, screen.verdict):
            assert words in page.text
        for name, value in (*screen.lines, *screen.who):
            assert name in page.text
            assert value in page.text
    simulated = made_up_people.simulated()
    for words in (simulated.title, simulated.text, *simulated.points, *(s.text for s in simulated.sections)):
        assert words in page.text


def test_captions_say_what_is_left_and_what_is_right(page):
    assert "only what the system and the officer get" in page.text
    assert "the truth, who the person is and what followed" in page.text
    groups = [attrs.get("aria-label") for _, attrs in page.elements if attrs.get("role") == "group"]
    for label in ("What the officer gets", "The truth"):
        assert groups.count(label) == len(made_up_people.screens())


def test_hostile_words_stay_words():
    simulated = pages.hostile(made_up_people.simulated())
    text = render(appendix(made_up.findings(simulated=simulated)), **ABOUT)
    spoiled, clean = pages.Page(text), pages.Page(rendered())
    assert spoiled.text.count("{{ 7 * 7 }}") > 100
    assert "<img src=x" not in text
    assert not [a for _, attrs in spoiled.elements for a in attrs if a.startswith("on")]
    for tag in ("script", "style", "img", "li", "section", "h3", "h4"):
        assert [t for t, _ in spoiled.elements if t == tag] == [t for t, _ in clean.elements if t == tag]


def test_three_causes_have_their_own_word_and_pattern(html):
    patterns = [VERDICTS[cause.replace(" ", "_")] for cause in CAUSES]
    assert len(set(patterns)) == 3
    style = re.search(r"<style>(.*?)</style>", html, re.S).group(1)
    drawn = [re.search(rf"\.verdict-{p} \.swatch {{ (background: .*?;) }}", style).group(1) for p in patterns]
    hues = [re.search(rf"\.verdict-{p} {{ (color: .*?;) }}", style).group(1) for p in patterns]
    assert len(set(drawn)) == len(set(hues)) == 3
    for cause, pattern in zip(CAUSES, patterns, strict=True):
        assert re.search(rf'verdict-{pattern}"><span class="swatch" aria-hidden="true"></span>{cause}<', html)


def test_causes_are_explained_in_the_words_of_the_vocabulary():
    meaning = {term.name: term.definition for term in terms()}
    explained = {word: meaning for word, _, meaning in key(made_up_people.screens())}
    for cause in CAUSES:
        assert explained[cause] == meaning[cause]


def test_key_explains_what_occurs_and_nothing_else():
    (first, *_) = made_up_people.screens()
    screens = (first, replace(first, verdict="something new", cause="new"))
    assert [word for word, _, _ in key(screens)] == ["wrong person"]
    assert [style_of(screen) for screen in screens] == ["person", "other"]


def test_section_stands_between_the_list_of_questions_and_the_first(page):
    ids = page.ids()
    assert ids.index("contents") < ids.index("people") < ids.index("encounter-1") < ids.index("Q01")
    assert ("a", {"href": "#people"}) in page.elements
    assert len(ids) == len(set(ids))


def test_headings_skip_no_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_nobody_simulated_leaves_no_trace():
    text = render(appendix(made_up.findings()), **ABOUT)
    found = pages.Page(text)
    assert "people" not in found.ids()
    assert "encounters" not in found.ids()
    assert "simulated" not in made_up.findings().to_json()


def test_sections_without_screens_still_make_a_page():
    found = pages.Page(rendered(screens=()))
    assert "encounters" not in found.ids()
    assert "layers" in found.ids()


def test_json_holds_both_sides():
    said = made_up.findings(simulated=made_up_people.simulated()).to_json()["simulated"]
    assert json.loads(json.dumps(said)) == said
    assert [s["verdict"] for s in said["screens"]] == [s.verdict for s in made_up_people.screens()]
    assert said["screens"][0]["lines"][0] == ["Record", "S-4F2A71"]
    assert [s["id"] for s in said["sections"]] == ["layers", "effects", "kept"]
    assert said["sections"][0]["caveats"] == ["phi_open", "record_error_assumed"]


def test_unknown_tone_is_refused():
    with pytest.raises(ValueError, match=r"encounter 7: tone 'loud' is none of alarm, clear, none"):
        Screen(7, "Match", "loud", (), "", (), "", "supported")


def test_page_with_people_is_small_enough_to_mail(html):
    assert len(html.encode()) < 2_000_000
