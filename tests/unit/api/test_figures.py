"""Figures of a result by name, and as one long table, with libraries of tables that are made up."""

from __future__ import annotations

import importlib.util
import math
import sys
import types

import numpy as np
import pytest

import misid
from misid.errors import MissingPackage, UnknownFigure, UnknownName
from misid.quantities import Estimate

SHARED = [
    *("value", "low", "high", "unit", "by", "kind", "count", "total", "level", "n_references", "n_enrolled"),
    *("threshold", "score", "phi", "point", "image_kind", "probe_group", "reference_group", "gallery", "method"),
    *("nearest_test", "distance", "caveats", "reason"),
]
NAMES = {
    "run": ["question", "figure"],
    "compare": ["section", "figure"],
    "evaluate": ["figure"],
    "validate": ["table", "band", "figure"],
}


class Frame:
    """What stands in for a data frame: the columns as they came."""

    def __init__(self, columns, **settings):
        assert type(columns) is dict
        self.columns, self.settings = columns, settings


@pytest.fixture
def installed(monkeypatch):
    """Make libraries of data frames look installed, and all others not."""

    def put(*names):
        find = importlib.util.find_spec
        for name in ("pandas", "polars"):
            monkeypatch.delitem(sys.modules, name, raising=False)
        for name in names:
            library = types.ModuleType(name)
            library.DataFrame = type("DataFrame", (Frame,), {"__module__": name})
            library.__spec__ = importlib.util.spec_from_loader(name, None)
            monkeypatch.setitem(sys.modules, name, library)
        absent = {"pandas", "polars"} - {*names}
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in absent else find(name))

    return put


@pytest.mark.parametrize("command", NAMES)
def test_every_figure_is_a_row(results, command, installed):
    installed("pandas")
    result = results[command]
    columns = result.to_frame().columns
    assert list(columns) == NAMES[command] + SHARED
    assert {len(column) for column in columns.values()} == {len(result.figures)}
    for key, row in zip(result.figures, zip(*columns.values(), strict=True), strict=True):
        figure, cells = result.figures[key], dict(zip(columns, row, strict=True))
        assert tuple(row[: len(NAMES[command])]) == (key if isinstance(key, tuple) else (key,))
        for name in ("value", "low", "high", "level", "count"):
            wanted = getattr(figure, name)
            assert cells[name] == wanted or (wanted is None and math.isnan(cells[name]))
        assert (cells["unit"], cells["by"], cells["kind"]) == (figure.unit, figure.by, figure.kind.value)
        assert cells["distance"] == figure.distance.words
        assert cells["caveats"].split() == list(figure.caveats)
        assert cells["point"] == figure.conditions.point


def test_columns_are_plain(result, installed):
    installed("polars")
    made = result.to_frame()
    assert type(made).__module__ == "polars"
    assert made.settings == {"nan_to_null": True}
    kinds = {name: column.dtype for name, column in made.columns.items()}
    assert {name for name, kind in kinds.items() if kind == np.float64} == {
        *("value", "low", "high", "count", "total", "level"),
        *("n_references", "n_enrolled", "threshold", "score", "phi"),
    }
    assert {kind.kind for kind in kinds.values()} == {"f", "U"}


@pytest.mark.parametrize(
    ("there", "asked", "made"),
    [
        (("pandas", "polars"), "", "pandas"),
        (("pandas", "polars"), "polars", "polars"),
        (("polars",), "", "polars"),
        (("pandas",), "pandas", "pandas"),
    ],
)
def test_the_library_is_chosen(results, installed, there, asked, made):
    installed(*there)
    assert type(results["evaluate"].to_frame(asked)).__module__ == made


@pytest.mark.parametrize(
    ("there", "asked", "words"),
    [
        ((), "", "a data frame needs pandas or polars: pip install pandas"),
        ((), "polars", "a data frame needs polars: pip install polars"),
        (("polars",), "pandas", "a data frame needs pandas: pip install pandas"),
    ],
)
def test_what_is_not_installed_is_named(results, installed, there, asked, words):
    installed(*there)
    with pytest.raises(MissingPackage, match=words):
        results["evaluate"].to_frame(asked)


def test_another_library_is_unknown(results):
    with pytest.raises(UnknownName, match="unknown library 'panda'; did you mean 'pandas'"):
        results["evaluate"].to_frame("panda")


def test_figures_are_those_of_the_answers(results):
    run = results["run"]
    listed = [(answer.id, name) for answer in run.findings.answers for name in answer.figures]
    assert list(run.figures) == listed
    assert all(isinstance(figure, Estimate) for figure in run.figures.values())
    assert run.figure(*listed[0]) is run.figures[listed[0]]
    section = next(one for one in results["compare"].comparison.sections if one.figures)
    name = next(iter(section.figures))
    assert results["compare"].figure(section.id, name) is section.figures[name]
    assert results["evaluate"].figure("eer") is results["evaluate"].figures["eer"]
    assert misid.validate().figure("growth_fnir", "coverage").value == pytest.approx(0.924528)


def test_a_figure_of_simulated_people_is_there_too(results):
    from dataclasses import replace

    from helpers.made_up_people import simulated

    run = results["run"]
    more = replace(run, findings=replace(run.findings, simulated=simulated()))
    section = next((one for one in simulated().sections if one.figures), None)
    assert section is not None
    assert more.figure(section.id, next(iter(section.figures))) == next(iter(section.figures.values()))
    assert len(more.figures) > len(run.figures)


@pytest.mark.parametrize(
    ("command", "asked", "words"),
    [
        ("run", ("Q1", "x"), "unknown question 'Q1'; did you mean "),
        (
            "run",
            ("Q01", "not_verified.givn"),
            "unknown figure 'not_verified.givn' of Q01; did you mean 'not_verified.given'",
        ),
        ("compare", ("nowhere", "x"), "unknown section 'nowhere'"),
        ("evaluate", ("eerr",), "unknown figure 'eerr'; did you mean 'eer'"),
        ("validate", ("growth", "median"), "unknown table 'growth'"),
        ("validate", ("growth_fnir", "mean"), "unknown figure 'mean' of growth_fnir"),
        ("validate", ("growth_fnir", "median", "no band"), "unknown band 'no band' of growth_fnir; known: '', "),
    ],
)
def test_a_miss_names_the_nearest_and_all_there_are(results, command, asked, words):
    result = results[command]
    with pytest.raises(UnknownFigure) as error:
        result.figure(*asked)
    said = str(error.value)
    assert said.startswith(words)
    assert isinstance(error.value, KeyError)
    if "of Q01" in said:
        assert "did you mean 'not_verified.given'" in said
        assert all(name in said for name in result.findings.answers[0].figures)
    assert asked not in result.figures
    assert result.figures.get(asked) is None


@pytest.mark.parametrize("key", ["Q01", (), ("Q01", "x", "y"), 7])
def test_a_key_of_another_shape_is_a_miss(results, key):
    with pytest.raises(UnknownFigure, match="known: "):
        results["run"].figures[key]
