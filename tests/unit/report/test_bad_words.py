"""Labels that somebody wrote to harm, to hide or by mistake: on the pages they are words, and nothing else."""

from __future__ import annotations

import copy
import importlib
import re
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from misid import api
from misid.errors import InvalidInput
from misid.findings import Page, Section, Table
from misid.report import render
from misid.scenario import load_scenario

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
pages = importlib.import_module("pages")

ABOUT = {"rerun": "misid run x", "version": "0", "digest": "0"}
HTML = "<b onmouseover=alert(1)>bold</b></title><script>alert(2)</script>"
BIDI = "abc\u202egpj.exe\u202c\u2066x\u2069\u200f"
FORMULA = '=HYPERLINK("x","y")'
LONG = "x" * 10_000
LABELS = {"html": HTML, "bidi": BIDI, "formula": FORMULA, "long": LONG}


def scenario(label: str) -> dict:
    plain = copy.deepcopy(load_scenario("booth-one-to-one").to_json())
    plain["title"] = label
    return plain


def page_with(label: str) -> str:
    table = Table(label, (label, "people"), ((label, 3),), label)
    return render(
        Page(label, "SYNTHETIC", label, label, (Section("a", label, label, tables=(table,)),), (label,)), **ABOUT
    )


@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_words(name):
    usual, spoiled = pages.Page(page_with("a label")), pages.Page(page_with(LABELS[name]))
    assert [tag for tag, _ in spoiled.elements if tag != "wbr"] == [tag for tag, _ in usual.elements if tag != "wbr"]
    assert not [attrs for _, attrs in spoiled.elements if any(attr.startswith("on") for attr in attrs)]


@pytest.mark.parametrize("name", LABELS)
def test_a_scenarios_title_is_words(name):
    if name == "long":
        with pytest.raises(InvalidInput, match="title") as refused:
            api.run(scenario(LABELS[name]))
        assert len(str(refused.value)) < 1000
        return
    result = api.run(scenario(LABELS[name]))
    for text in result._pages().values():
        found = pages.Page(text)
        assert not [attrs for _, attrs in found.elements if any(attr.startswith("on") for attr in attrs)]
        assert "alert(2)" not in "".join(code for attrs, code in found.raw if attrs.get("type") == "module")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", text)


def test_marks_that_turn_text_around_stay_out():
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f]", page_with(BIDI))


def test_a_formula_is_text_in_the_data():
    (link,) = (attrs["href"] for _, attrs in pages.Page(page_with(FORMULA)).elements if "download" in attrs)
    assert all(cell.startswith(("\"'=", "'=", "people", "3")) for cell in unquote(link.partition(",")[2]).splitlines())
