"""The page of predictions: as closed as the report, and the misses stand first."""

from __future__ import annotations

import importlib
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from misid.findings import validation_page
from misid.report import appendix, render
from misid.vocabulary.names import caveat

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up, made_up_validation, pages = (
    importlib.import_module(name) for name in ("made_up", "made_up_validation", "pages")
)

ABOUT = {"rerun": "misid validate", "version": "9.8.7"}


@pytest.fixture(scope="module")
def said():
    return validation_page(made_up_validation.shipped())


@pytest.fixture(scope="module")
def html(said) -> str:
    return render(appendix(said), **ABOUT)


@pytest.fixture(scope="module")
def page(html):
    return pages.Page(html)


def test_head_and_scripts_are_those_of_the_report(html, page):
    report = render(appendix(made_up.findings()), digest="abc", **ABOUT)
    for pattern in (r"<meta http-equiv=.*?>", r"<style>.*?</style>", r'<script type="module">.*</script>'):
        assert re.search(pattern, html, re.S).group() == re.search(pattern, report, re.S).group()
    assert not [a for tag, attrs in page.elements for a in ("src", "action") if a in attrs]


def test_misses_come_first_then_what_is_open_then_the_tables(page):
    order = [name for name in page.ids() if not name.endswith(("-title", "-summary", "-spec"))]
    wanted = ["known", "not-validated", "contents", "misses", "untested", "unsettled", "how"]
    tables = ["growth-fnir", "growth-small", "deployment-faces", "unpredicted", "limits", "again"]
    assert [name for name in order if name in {*wanted, *tables}] == [*wanted, *tables]


def test_all_that_was_said_is_there(page, said):
    for words in (said.lead, said.beside, said.tested, *said.limits, *ABOUT.values()):
        assert words in page.text
    for section in said.sections:
        assert section.text in page.text
        assert all(point in page.text for point in section.points)
        for line in (row for table in (*section.every_table(), *section.folded) for row in table.rows):
            assert all(cell.replace("\xa0", " ") in page.text for cell in line if isinstance(cell, str))
    assert all(caveat(code) in page.text for code in said.caveats)


def test_ids_are_unique_and_links_arrive(page):
    assert len(page.ids()) == len(set(page.ids()))
    assert {attrs["href"] for tag, attrs in page.elements if tag == "a" and "download" not in attrs} <= {
        "report.html",
        *(f"#{name}" for name in page.ids()),
    }


def test_nothing_is_called_synthetic(html, page):
    assert "synthetic" not in page.text.lower()
    assert not [text for attrs, text in page.raw if attrs.get("type") == "application/json" and "SYNTHETIC" in text]


def test_hostile_words_stay_words(said):
    bad = pages.hostile(replace(said, kind="", caveats=(), sections=()))
    text = render(appendix(bad), rerun=pages.HOSTILE, version=pages.HOSTILE)
    spoiled = pages.Page(text)
    assert not [tag for tag, _ in spoiled.elements if tag == "img"]
    assert "<img src=x" not in text
    assert not [a for _, attrs in spoiled.elements for a in attrs if a.startswith("on")]
    assert "{{ 7 * 7 }}" in spoiled.text


def test_page_without_a_miss_says_what_that_is_worth(said):
    d = made_up_validation.shipped()
    growth = replace(d.tables[0], outside=0, shown=(), goals=())
    clean = pages.Page(render(appendix(validation_page(replace(d, tables=(growth,)))), **ABOUT))
    assert "a reason to look at how wide the intervals are" in clean.text


def test_same_validation_same_bytes_and_small_enough_to_mail(html, said):
    assert render(appendix(said), **ABOUT) == html
    assert len(html.encode()) < 2_000_000
