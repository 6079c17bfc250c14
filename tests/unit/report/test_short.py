"""The short page's file: closed, few things a section, and safe with whatever a scenario calls itself."""

from __future__ import annotations

import importlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from misid.findings import Page, Screen, Section, Table
from misid.report import APPENDIX, render, short

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up, pages = (importlib.import_module(name) for name in ("made_up", "pages"))

ABOUT = {"rerun": "misid run field-app --seed 1", "digest": "sha256:abc", "version": "9.8.7"}
TABLE = Table("Acted on", ("who", "people"), (("=cmd()", 3), ("all, together", 7)))
LINES, WHO = (("Record", "calls for action"),), (("Who", "man, 54"),)
SCREEN = Screen(4, "Match", "alarm", LINES, "Shows no document", WHO, "Acted on.", "let go")


def page_of(**changes: object) -> Page:
    sections = (
        Section("rules", "Which rule helps", "Every rule.", tables=(TABLE,), link="Q09"),
        Section("over-phi", "Face or record?", "Both.", charts=(made_up.over_phi(),), link="Q08"),
        Section("encounters", "An encounter", "Nobody exists.", screens=(SCREEN,)),
        Section("questions", "Fifteen questions", "", questions=made_up.answers()),
    )
    fields = {"title": "Small town", "mark": "SYNTHETIC", "lead": "Suppose.", "tested": "Never.", "sections": sections}
    return Page(**{**fields, "limits": ("Whether it was lawful.",), **changes})


def rendered(page: Page) -> pages.Page:
    return pages.Page(render(short(made_up.findings(page=page)), **ABOUT))


def test_a_section_has_one_table_or_one_chart():
    both = Section("rules", "Rules", "", tables=(TABLE,), charts=(made_up.over_phi(),))
    with pytest.raises(ValueError, match="more than one table or chart"):
        page_of(sections=(both,))


def test_findings_without_a_short_page_have_none():
    with pytest.raises(ValueError, match="no short page"):
        render(short(made_up.findings()), **ABOUT)


def test_links_stay_in_the_folder():
    page = rendered(page_of())
    links = [attrs["href"] for tag, attrs in page.elements if tag in ("a", "link")]
    assert {f"{APPENDIX}#Q09", f"{APPENDIX}#Q08", f"{APPENDIX}#Q15", f"{APPENDIX}"} <= set(links)
    assert all(link.startswith(("#", "data:", APPENDIX)) for link in links)
    ids = page.ids()
    assert len(ids) == len(set(ids))


def test_a_table_goes_along_as_csv_without_formulas():
    (link,) = (attrs["href"] for _, attrs in rendered(page_of()).elements if attrs.get("download") == "rules.csv")
    assert link.startswith("data:text/csv;charset=utf-8,who%2Cpeople%0D%0A%27%3Dcmd")


def test_unanswered_questions_say_why():
    assert "misid cannot count this: no stage models it." in rendered(page_of()).text


def test_hostile_words_stay_words():
    plain = page_of()
    bad = replace(
        plain,
        title=pages.HOSTILE,
        lead=pages.HOSTILE,
        tested=pages.HOSTILE,
        limits=(pages.HOSTILE,),
        sections=pages.hostile(plain.sections),
    )
    spoiled, clean = rendered(bad), rendered(plain)
    tags, usual = ([tag for tag, _ in page.elements] for page in (spoiled, clean))
    assert set(tags) == set(usual)
    assert tags.count("script") == usual.count("script")
    assert not [attrs for _, attrs in spoiled.elements if any(name.startswith("on") for name in attrs)]
    assert "{{ 7 * 7 }}" in spoiled.text
