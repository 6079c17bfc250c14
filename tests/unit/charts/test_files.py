"""Charts as files of their own."""

from __future__ import annotations

import csv
import io
import re
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from helpers import made_up, made_up_evaluation
from misid.charts import FORMATS, KINDS, chart_files, check_formats
from misid.errors import MissingPackage, UnknownName

CHARTS = {f"a-{i}": chart for i, chart in enumerate((*made_up.charts(), *made_up_evaluation.charts()))}


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_most_kinds_are_tried():
    assert len({chart.kind for chart in CHARTS.values()}) >= len(KINDS) - 3


@pytest.mark.parametrize("name", CHARTS)
def test_a_table_has_every_record(name):
    chart = CHARTS[name]
    ((file, text),) = chart_files({name: chart}, ("csv",)).items()
    assert file == f"{name}.csv"
    rows = read(text)
    assert len(rows) == len(chart.records)
    for row, record in zip(rows, chart.records, strict=True):
        for column, value in record.items():
            if isinstance(value, float):
                assert float(row[column]) == pytest.approx(value, rel=5e-5)
            else:
                assert row[column] == ("" if value is None else str(value))
        assert all(row[column] == "" for column in {*row} - {*record})


def test_a_table_has_two_digits_more_than_a_page():
    record = {"n_references": 123_456_789.0, "value": 1 / 3e6, "low": 0.0, "threshold": 1e3 / 7, "order": 3}
    chart = replace(next(iter(CHARTS.values())), records=({**record, "distance": "d"},))
    (row,) = read(chart_files({"x": chart}, ("csv",))["x.csv"])
    shown = {"n_references": "123456789.0", "value": "3.3333e-07", "low": "0.0", "threshold": "142.85714", "order": "3"}
    assert row == {**shown, "distance": "d"}


@pytest.mark.parametrize("cell", ["=1+1", "+cmd|' /C calc'!A0", "-a", "@SUM(A1)", "\tx", '=HYPERLINK("a","b")'])
def test_words_stay_words_in_a_spreadsheet(cell):
    chart = next(iter(CHARTS.values()))
    hostile = replace(chart, records=({"series": cell, "value": -1.5, "number": "-2.5", "distance": "d"},))
    (row,) = read(chart_files({"x": hostile}, ("csv",))["x.csv"])
    assert row == {"series": f"'{cell}", "value": "-1.5", "number": "-2.5", "distance": "d"}


@pytest.mark.slow
def test_pictures_stand_alone():
    pytest.importorskip("vl_convert")
    chart = replace(made_up.over_phi(), title="A title <b>with</b> signs & many words " * 9)
    made = chart_files({"first": chart}, ("svg", "png", "svg"))
    assert list(made) == ["first.svg", "first.png"]
    root = ElementTree.fromstring(made["first.svg"])
    assert root.tag.endswith("svg")
    said = " ".join(root.itertext())
    assert "SYNTHETIC" in said
    assert "A title <b>with</b> signs & many" in said
    assert "href" not in made["first.svg"].replace("xmlns:xlink", "")
    assert made["first.png"].startswith(b"\x89PNG\r\n\x1a\n")
    again = chart_files({"other": made_up.over_phi(), "first": chart}, ("svg", "png"))
    assert made.items() <= again.items()
    used, there = (set(re.findall(rf"{at}(\w+)", made["first.svg"])) for at in (r"url\(#", 'id="'))
    assert used
    assert used <= there


@pytest.mark.slow
@pytest.mark.parametrize("name", CHARTS)
def test_every_kind_can_be_drawn(name):
    pytest.importorskip("vl_convert")
    made = chart_files({name: CHARTS[name]}, FORMATS)
    assert [file.rpartition(".")[2] for file in made] == ["csv", "svg", "png"]
    assert len(made[f"{name}.svg"]) > 2_000


def test_without_what_draws_them_only_tables_come(monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert check_formats(("csv", "csv")) == ("csv",)
    for one in ("svg", "png"):
        with pytest.raises(MissingPackage, match="pip install vl-convert-python"):
            check_formats(("csv", one))


def test_another_format_is_unknown():
    with pytest.raises(UnknownName, match="unknown format of charts 'pgn'; did you mean 'png'"):
        check_formats(("pgn",))
