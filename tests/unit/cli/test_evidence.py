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
    said = misid("evidence", counts(of_police()), "--comparisons", "1e6", "--json")
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
    assert "phi 1)" not in words
    found = json.loads(misid("evidence", counts("faces,list_size,false_alerts\n7512,4074,0\n"), "--json").out)
    for shown in (found["rate_per_comparison"], *found["phi"]):
        assert shown["value"] is None
        assert shown["reason"] == "no false alert was counted: only one end is known"
        assert shown["by_counts_95"][0] == 0.0


def test_none_seen_says_at_most(misid, counts):
    path = counts("faces,list_size,list_size_low,list_size_high,false_alerts\n1000,500,400,600,0\n")
    words = " ".join(misid("evidence", path, "--comparisons", "1000").out.split())
    assert "By the counts alone, if all places share one rate: at most 1 in 135,543 (95%)" in words
    assert "at most 1 in 162,651 and 1 in 108,434" in words
    assert "at most 1 in 140 strangers named (phi at most 0.0074, 95%)" in words
    words = " ".join(misid("evidence", path).out.split())
    assert "so few faces tell nothing of phi" in words


def test_many_comparisons_are_said_without_powers_of_ten(misid, counts):
    words = misid("evidence", counts("faces,list_size,false_alerts\n500000000,5080,5\n"), "--comparisons", "1000").out
    assert "2,540 billion comparisons" in " ".join(words.split())
    assert "e+" not in words


def test_every_face_says_at_least(misid, counts):
    path = counts("faces,list_size,false_alerts\n100,50,100\n")
    words = " ".join(misid("evidence", path, "--comparisons", "10").out.split())
    assert "Every face alerted: there is no best value and no upper end" in words
    assert "at least 1 in 15.1 (95%)" in words
    assert "(phi at least 0.49, 95%)" in words
    found = json.loads(misid("evidence", path, "--json").out)
    assert found["rate_per_comparison"]["by_counts_95"][1] is None


@pytest.mark.parametrize(
    "text",
    [
        "faces;list_size;false_alerts;title\r\n1000;500,5;1;a, b\r\n",
        "sep=;\nfaces;list_size;false_alerts\n1000;500.5;1\n",
        "faces\tlist_size\tfalse_alerts\n1000\t500,5\t1\n",
        "\ufefffaces,list_size,false_alerts\n1000,500.5,1\n",
    ],
)
def test_files_as_spreadsheets_write_them(misid, counts, text):
    said = misid("evidence", counts(text))
    assert (said.status, said.err) == (0, "")
    assert "1 in 500,500 comparisons" in " ".join(said.out.split())


def test_alike_faults_are_counted(misid, counts):
    said = misid("evidence", counts("faces,list_size,false_alerts\n" + "10,x,1\n" * 20_000))
    assert said.status == 2
    assert len(said.err.splitlines()) == 8
    assert "... and 19,997 more like it\n20,000 problems." in said.err


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
    "latin": ("title,faces,list_size,false_alerts\nZürich,10,5,1\n".encode("latin-1"), ["not UTF-8", "CSV UTF-8"]),
    "thousands": ("faces;list_size;false_alerts\n1.000;5,000;1\n", ["'1.000' may be 1,000", "'5,000' may be 5,000"]),
    "marks": ('faces,list_size,false_alerts\n"1,000",5,1\n', ["leave out marks between thousands"]),
    "semicolons": ("faces;list;false_alerts\n10;5;1\n", ["separated by semicolons", "CSV with commas", "'list_size'"]),
    "one end": (HEAD + "a,10,5,4,,1,\n", ["list_size_high", "missing, while list_size_low is given"]),
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
        (["{}", "--comparisons", "0"], "comparisons must be from 1 to 1e12"),
        (["{}", "--comparisons", "nan"], "comparisons must be from 1 to 1e12"),
        (["{}", "--comparisons", "many"], "'many' is not a valid float"),
    ],
)
def test_what_cannot_be_asked_is_status_2(misid, counts, args, words):
    path = counts(HEAD + "a,10,5,,,1,\n")
    said = misid("evidence", *(str(path) if arg == "{}" else arg for arg in args))
    assert said.status == 2
    assert words in said.err
