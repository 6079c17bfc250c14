"""The registry of tables: who is called, how often, and what is refused."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest

from misid.errors import InvalidInput
from misid.findings.validation.page import family_of
from misid.validation import shipped
from verification import registry
from verification.registry import Builder

sys.path.append(str(Path(__file__).parents[2] / "helpers"))
made_up = importlib.import_module("made_up_validation")


@pytest.fixture
def calls(monkeypatch):
    """Two tables out of one fit, one out of another; who was called."""
    called: list[str] = []

    def growth(say):
        called.append("growth")
        say("growth, developer by developer")
        return made_up.small_rates(), made_up.growth()

    def deployments(say):
        called.append("deployments")
        return (made_up.deployments(),)

    builders = (
        Builder(("growth_fnir", "growth_small"), growth, lambda: made_up.validation().unsettled),
        Builder(("deployment_faces",), deployments, unpredicted=lambda: made_up.validation().unpredicted),
    )
    monkeypatch.setattr(registry, "BUILDERS", builders)
    return called


def test_one_fit_is_made_once_for_all_its_tables_and_the_order_is_that_of_the_page(calls):
    stages: list[str] = []
    found = registry.make(say=stages.append)
    assert calls == ["growth", "deployments"]
    assert [table.code for table in found.tables] == ["growth_fnir", "growth_small", "deployment_faces"]
    assert stages[0] == "growth, developer by developer"
    assert list(found.summaries) == [table.code for table in found.tables]
    assert found.summaries["deployment_faces"] == ()
    assert len(found.unsettled) == len(found.unpredicted) == 2
    assert {one.table for one in found.unsettled} == {"growth_fnir"}
    assert {one.table for one in found.unpredicted} == {"deployment_faces"}


def test_only_what_is_asked_for_is_made(calls):
    found = registry.make(["deployment_faces", "deployment_faces"])
    assert calls == ["deployments"]
    assert [table.code for table in found.tables] == ["deployment_faces"]
    assert found.unsettled == ()
    assert found.unpredicted
    assert found.not_validated == registry.NOT_VALIDATED


def test_unknown_tables_are_named_at_once_before_anything_is_made(calls):
    with pytest.raises(InvalidInput) as caught:
        registry.make(["growth_fnri", "nonsense", "growth_fnir"])
    text = str(caught.value)
    assert "unknown table 'growth_fnri'; did you mean 'growth_fnir'" in text
    assert "unknown table 'nonsense'" in text
    assert "known: growth_fnir, growth_small, deployment_faces" in text
    assert "2 problems." in text
    assert calls == []


def test_no_table_is_a_fault():
    with pytest.raises(InvalidInput, match="no table named"):
        registry.make([])


def test_builder_that_does_not_make_its_table_is_a_bug(monkeypatch):
    monkeypatch.setattr(registry, "BUILDERS", (Builder(("other",), lambda say: (made_up.growth(),)),))
    with pytest.raises(RuntimeError, match=r"the builder of other made growth_fnir"):
        registry.make(["other"])


def test_every_code_has_a_place_in_files_pages_and_reports():
    for code in registry.all_codes():
        assert re.fullmatch(r"predictions-[a-z0-9_]+\.csv", f"predictions-{code}.csv"), code
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", code), code
        assert family_of(code) is not None, f"{code}: no family in findings/validation/page.py"
    assert len(set(registry.all_codes())) == len(registry.all_codes())


def test_what_ships_is_of_the_tables_that_are_registered():
    assert tuple(table.code for table in shipped().tables) == registry.all_codes(), "run `make validation`"
