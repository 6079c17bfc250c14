"""``misid evidence``: sentences, JSON, the template, and every way in which a file of counts can be wrong."""

from __future__ import annotations

import csv
import io
import json

import pytest

from misid.algorithm import field_counts

HEAD = "title,faces,list_size,list_size_low,list_size_high,false_alerts,source\n"


@pytest.fixture
def counts(tmp_path):
    """Write a file of counts and return its path."""

    def write(text: str | bytes):
        path = tmp_path / "counts.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def of_police() -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    for row in field_counts("NEC NeoFace", 0.64):
        size = row.list_size
        rows.writerow([row.title, row.faces, size.value, size.low, size.high, row.false_alerts, row.source])
    return HEAD + out.getvalue()


def test_it_says_the_rate_and_phi_with_two_ranges(misid, counts):
    said = misid("evidence", counts(of_police()))
    assert (said.status, said.err) == (0, "")
    words = " ".join(said.out.split())
    assert "11 false alerts in 3,624,948 faces" in words
    assert "1 in 2.96 billion comparisons" in words
    assert "worth 124 million independent comparisons (48 million to 200 million)" in words
    assert "(phi 0.041); by the counts 0.021 to 0.072; by the lists 0.023 to 0.073" in words
    assert "they are not multiplied into one range" in words
    assert "At 200,000,000 independent comparisons" in words


def test_another_gallery_and_json(misid, counts):
    said = misid("evidence", counts(of_police()), "--references", "1e6", "--json")
    assert said.status == 0
    found = json.loads(said.out)
    assert found["schema"] == "misid/evidence/1"
    (at,) = found["phi"]
    assert at["comparisons"] == 1e6
    assert at["value"] == pytest.approx(1e6 * found["rate_per_comparison"]["value"], rel=1e-3)
    assert at["by_comparisons"] is None
    assert len(found["rows"]) == 10


def test_the_template_is_a_file_that_is_read(misid, counts):
    printed = misid("evidence", "--template")
    assert printed.status == 0
    assert printed.out.startswith(HEAD)
    said = misid("evidence", counts(printed.out))
    assert said.status == 0
    assert "2 false alerts in 340,000 faces" in " ".join(said.out.split())


def test_none_seen_and_one_row_say_so(misid, counts):
    said = misid("evidence", counts("# remarks are passed over\nfaces,list_size,false_alerts\n7512,4074,0\n"))
    words = " ".join(said.out.split())
    assert said.status == 0
    assert "None was seen" in words
    assert "at most 1 in" in words
    assert "One row cannot show how places differ" in words
    assert "No list size is assumed" in words


BAD = {
    "empty": ("", ["is empty"]),
    "header": (HEAD, ["counts.csv:1", "a header and no row"]),
    "bytes": (b"\xff\xfe\x00\x01", ["not UTF-8"]),
    "missing": ("faces,list_size\n10,5\n", ["false_alerts", "column is missing"]),
    "unknown": ("faces,list_sise,false_alerts\n10,5,0\n", ["list_sise", "did you mean 'list_size'", "rename it"]),
    "twice": ("faces,faces,list_size,false_alerts\n10,10,5,0\n", ["'faces' stands 2 times", "keep one"]),
    "more": (HEAD + "a,10,5,,,11,\n", ["counts.csv:2", "false_alerts", "more false alerts than faces: 11 > 10"]),
    "cells": (HEAD + "a,10,5,,,1,,9\n", ["counts.csv:2", "8 fields under 7 headings"]),
    "order": (HEAD + "a,10,5,6,4,1,\n", ["list_size_low", "6 lies above list_size 5", "4 lies below list_size 5"]),
    "values": (
        HEAD + "a,ten,0,,,1,\nb,,5,,,-1,\nc,10.5,5,nan,,1,\n",
        [
            "counts.csv:2  faces",
            "'ten' is no number",
            "counts.csv:2  list_size",
            "counts.csv:3  faces",
            "missing",
            "'-1' is not a whole number from 0",
            "'10.5' is not a whole number from 1",
            "'nan' is not a number",
            "6 problems",
        ],
    ),
    "quote": (HEAD + '"open,10,5,,,1,\n', ["1 fields under 7 headings"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_faulty_file_is_status_2_with_every_fault(misid, counts, name):
    text, words = BAD[name]
    said = misid("evidence", counts(text))
    assert said.status == 2
    assert said.out == ""
    for one in words:
        assert one in said.err
    assert "misid evidence --template" in said.err


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "give a file of counts"),
        (["nowhere.csv"], "nowhere.csv\n  cannot be read: No such file or directory"),
        (["{}", "--references", "0"], "references must be from 1 to 1e12"),
        (["{}", "--references", "nan"], "references must be from 1 to 1e12"),
        (["{}", "--references", "many"], "'many' is not a valid float"),
    ],
)
def test_what_cannot_be_asked_is_status_2(misid, counts, args, words):
    path = counts(HEAD + "a,10,5,,,1,\n")
    said = misid("evidence", *(str(path) if arg == "{}" else arg for arg in args))
    assert said.status == 2
    assert words in said.err
