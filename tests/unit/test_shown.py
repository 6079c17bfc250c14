"""Texts of a user's as they are shown: what turns, steers or hides is escaped, wherever it leaves."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from misid.charts import vega_lite
from misid.cli.echo import echo
from misid.findings import csv_text
from misid.storage import to_text
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import listing
from misid.vocabulary.shown import END, START, isolated, shown

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
made_up = importlib.import_module("made_up")

HIDDEN = ["\u202e", "\u2066", "\u200f", "\u061c", "\x1b[31m", "\x07", "\r", "\x9b", "\u200b", "\ufeff", "\u2028"]
HIDDEN += ["\udcff", "\U000e0041", START, END]


@pytest.mark.parametrize("sign", HIDDEN, ids=ascii)
def test_no_sign_leaves_unseen(sign, capsys):
    label = f"a{sign}78.0"
    assert shown(label) == label.replace(sign[0], repr(sign[0])[1:-1])
    assert sign[0] not in say("reading.table.which", whole=label, fraction="x")
    assert sign[0] not in csv_text((label,), [(label,)]).replace("\r\n", "")
    assert json.loads(to_text({label: label})) == {label: label}
    assert sign[0] not in to_text({label: label})
    echo(label)
    assert sign[0] not in capsys.readouterr().out


def test_lines_and_words_stay_as_they_are():
    for text in ("plain", "two\nlines\tand a tab", "é ü ∞ − 東京 🙂", "नी\u200dम", ""):
        assert shown(text) == isolated(text) == text


def test_letters_from_right_to_left_stand_on_their_own():
    label = "קבוצה 12"
    assert isolated(label) == f"{START}{label}{END}" == shown(isolated(label)) == isolated(isolated(label))
    said = say("reading.table.which", whole=label, fraction="x")
    assert said.count(START) == said.count(END) == 1
    assert shown(f"{said}\n<{said}>") == f"{said}\n<{said}>"
    assert listing([label, "b"]).startswith(f"{START}{label}{END}")
    # One that is not closed, or not opened, is escaped.
    assert isolated(f"{START}{label}") == f"{START}\\u2068{label}{END}"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠"])
def test_what_a_spreadsheet_would_compute_is_text(start):
    header, row = csv_text((f"{start}head",), [(f"{start}cmd|' /C calc'!A0",)]).split("\r\n")[:2]
    assert header.lstrip('"').startswith("'")
    assert row.lstrip('"').startswith("'")
    assert csv_text(("x",), [(-1.5,), ("-1.5",), ("+2e-3",)]) == "x\r\n-1.5\r\n-1.5\r\n+2e-3\r\n"


def test_a_picture_has_no_such_sign():
    chart = made_up.rules()
    records = tuple({**record, "label": f"{record['label']}\u202e\x1b", "series": "\x07"} for record in chart.records)
    drawn = vega_lite(replace(chart, records=records, summary="s\u202e"))
    text = json.dumps(drawn, ensure_ascii=False)
    assert r"\\u202e\\x1b" in text
    assert not [sign for sign in ("\u202e", r"\u001b") if sign in text]
