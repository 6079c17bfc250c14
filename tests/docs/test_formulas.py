"""docs/formulas.md: every number that the source cites stands there, and the worked numbers are those of the tests."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
CITED = re.compile(r"(?:FORMULAS|[Ii]tems?)(?: item)? ((?:\d+(?:\.[a-f])?(?:, | and | to |\s+and\s+)?)+)")
ROW = re.compile(r"^\| (\d+\.[a-f]) \| .* \| ([^|]+) \|$", re.MULTILINE)


def worked() -> dict[str, object]:
    spec = importlib.util.spec_from_file_location("test_formulas_worked", ROOT / "tests" / "unit" / "test_formulas.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tables = (module.FROM_MISID, module.FIRST_WORDS, module.ARITHMETIC)
    return {number: printed for table in tables for number, (_, printed) in table.items()}


def cited(text: str) -> Iterator[str]:
    for found in CITED.finditer(text):
        yield from re.findall(r"\d+(?:\.[a-f])?", found[1])


def headings() -> set[str]:
    return set(re.findall(r"^## (\d+)\. ", TEXT, re.MULTILINE))


def test_everything_that_is_cited_stands_there():
    places = [*ROOT.glob("src/**/*.py"), *ROOT.glob("tests/oracles/*.py"), *ROOT.glob("docs/*.md")]
    numbers = {number for path in places for number in cited(path.read_text(encoding="utf-8"))}
    assert {"4", "13", "24.b"} <= numbers
    lettered = {number for number in numbers if "." in number}
    assert {number.split(".")[0] for number in numbers} - headings() == set()
    assert [number for number in sorted(lettered) if number not in TEXT] == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("see FORMULAS 13 to 15.", ["13", "15"]),
        ("Source: items 24.c\n    and 24.d.", ["24.c", "24.d"]),
        ("(FORMULAS 11, and item 11's pair)", ["11", "11"]),
        ("an item of 3 lists", []),
    ],
)
def test_citations_are_found(text, numbers):
    assert list(cited(text)) == numbers


@pytest.mark.parametrize(("number", "value"), ROW.findall(TEXT))
def test_worked_numbers_are_those_of_the_tests(number, value):
    printed = worked()[number]
    if isinstance(printed, list) and isinstance(printed[0], str):
        assert value.split(", ") == printed
    else:
        np.testing.assert_array_equal([float(x) for x in value.split(", ")], np.ravel(printed))


def test_worked_numbers_of_the_items_here_are_all_here():
    uncited = {"6.d", "7.e", "8.e", "10.c", "10.d", "11.d", "11.e", "28.b"}
    here = {number for number, _ in ROW.findall(TEXT)}
    assert {number for number in worked() if " " not in number} - here == uncited
