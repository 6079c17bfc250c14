"""The page that compares rules: as closed as the report, with the same head, foot and pieces."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

from misid.report import appendix, render
from misid.vocabulary.names import caveat

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up, made_up_people, pages = (importlib.import_module(name) for name in ("made_up", "made_up_people", "pages"))

ABOUT = {"rerun": "misid compare field-app --policy all", "digest": "sha256:abc", "version": "9.8.7"}


@pytest.fixture(scope="module")
def html() -> str:
    return render(appendix(made_up_people.comparison()), **ABOUT)


@pytest.fixture(scope="module")
def page(html):
    return pages.Page(html)


def test_head_and_scripts_are_those_of_the_report(html, page):
    report = render(appendix(made_up.findings()), **ABOUT)
    for pattern in (r"<meta http-equiv=.*?>", r"<style>.*?</style>", r'<script type="module">.*</script>'):
        assert re.search(pattern, html, re.S).group() == re.search(pattern, report, re.S).group()
    assert html.startswith("<!doctype html>") is report.startswith("<!doctype html>")
    assert not [a for tag, attrs in page.elements for a in ("src", "action") if a in attrs]


def test_all_that_was_said_is_there(page):
    said = made_up_people.comparison()
    for words in (said.known, said.not_validated, said.how, said.title, said.picture.summary, *said.limits):
        assert words in page.text
    for section in said.sections:
        assert section.id in page.ids()
        assert ("a", {"href": f"#{section.id}"}) in page.elements
        assert section.text in page.text
    for code in said.caveats:
        assert caveat(code) in page.text
    for row in said.inputs.rows:
        assert str(row[0]) in page.text
    for words in ABOUT.values():
        assert words in page.text


def test_ids_are_unique_and_links_arrive(page):
    assert len(page.ids()) == len(set(page.ids()))
    assert {attrs["href"][1:] for tag, attrs in page.elements if tag == "a" and "download" not in attrs} <= set(
        page.ids()
    )


def test_fifteen_questions_are_another_page(page):
    assert "questions" not in page.ids()
    assert "people" not in page.ids()


def test_synthetic_mark_is_in_every_part(page):
    said = made_up_people.comparison()
    assert page.text.count("SYNTHETIC") >= 2 + len(said.sections)
    blocks = [text for attrs, text in page.raw if attrs.get("type") == "application/json"]
    assert len(blocks) == 1 + sum(len(s.charts) for s in said.sections)
    assert all("SYNTHETIC" in text for text in blocks)


def test_hostile_words_stay_words():
    bad = pages.hostile(made_up_people.comparison(caveats=()))
    text = render(appendix(bad), rerun=pages.HOSTILE, digest=pages.HOSTILE, version=pages.HOSTILE)
    spoiled = pages.Page(text)
    assert not [tag for tag, _ in spoiled.elements if tag == "img"]
    assert "<img src=x" not in text
    assert not [a for _, attrs in spoiled.elements for a in attrs if a.startswith("on")]
    assert "{{ 7 * 7 }}" in spoiled.text


def test_json_is_plain_and_complete():
    said = made_up_people.comparison().to_json()
    assert json.loads(json.dumps(said)) == said
    assert [s["id"] for s in said["sections"]] == ["layers", "effects", "kept"]
    assert said["picture"]["kind"] == "ranges"
    assert said["caveats"] == ["document_carrying_assumed", "reviewer_from_laboratory"]


def test_same_comparison_same_bytes(html):
    assert render(appendix(made_up_people.comparison()), **ABOUT) == html


def test_what_was_set_is_said_and_stays_words():
    settings = {"threshold.field_fpir": 0.01, "gallery.title": pages.HOSTILE}
    text = render(appendix(made_up_people.comparison()), **ABOUT, settings=settings)
    said = pages.Page(text)
    assert "threshold.field_fpir = 0.01" in said.text
    assert not [tag for tag, _ in said.elements if tag == "img"]
    assert "instead of the scenario's own" not in render(appendix(made_up_people.comparison()), **ABOUT)
