"""Files become plain data with line numbers, and whatever the bytes are, only `InvalidInput` comes of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import misid.scenario.document as document_module
from misid.errors import Fault, InvalidInput
from misid.scenario import MAX_EVENTS, from_mapping, parse_document, read_document, resolve

MINIMAL = b"""\
schema: misid/scenario/2
template: field
title: t
gallery: {n_references: 1000}
"""


def whats(error: InvalidInput) -> list[str]:
    return [fault.what for fault in error.faults]


def test_every_field_has_its_line():
    document = parse_document(b"# first\n\na: 1\nb:\n  c:\n    - x\n    - {d: 2,\n       e: 3}\n", "f.yaml")
    assert document.data == {"a": 1, "b": {"c": ["x", {"d": 2, "e": 3}]}}
    assert {path: line for path, line in document.lines.items() if path} == {
        ("a",): 3,
        ("b",): 4,
        ("b", "c"): 5,
        ("b", "c", 0): 6,
        ("b", "c", 1): 7,
        ("b", "c", 1, "d"): 7,
        ("b", "c", 1, "e"): 8,
    }


def test_fault_falls_back_to_the_nearest_field_that_is_there():
    document = parse_document(b"a: 1\nb:\n  c: 2\n", "f.yaml")
    fault = document.fault(("b", "x", 3), "missing", "give it")
    assert (fault.file, fault.line, fault.field) == ("f.yaml", 2, "b.x.3")
    assert str(fault) == "f.yaml:2  b.x.3\n  missing; give it"
    assert str(from_mapping({}).fault(("b",), "missing")) == "<mapping>  b\n  missing"


@pytest.mark.parametrize("raw", [MINIMAL.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + MINIMAL, MINIMAL.rstrip()])
def test_line_ends_and_byte_order_mark_change_nothing(raw: bytes):
    assert parse_document(raw, "f.yaml") == parse_document(MINIMAL, "f.yaml")


def test_latin_1_is_refused_with_its_place():
    with pytest.raises(InvalidInput) as caught:
        parse_document(MINIMAL + "summary: Müller\n".encode("latin-1"), "f.yaml")
    (fault,) = caught.value.faults
    assert (fault.line, fault.what) == (5, f"not UTF-8: byte 0xfc at offset {len(MINIMAL) + len('summary: M')}")


def test_size_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert document_module.MAX_BYTES == 1_000_000
    monkeypatch.setattr(document_module, "MAX_BYTES", 1_000)  # a full megabyte of comment takes a second
    big = tmp_path / "big.yaml"
    big.write_bytes(MINIMAL + b"#" * (1_001 - len(MINIMAL)))
    with pytest.raises(InvalidInput, match="larger than 1,000 bytes"):
        read_document(big)
    big.write_bytes(MINIMAL + b"#" * (1_000 - len(MINIMAL)))
    assert read_document(big).data == parse_document(MINIMAL, "f").data


@pytest.mark.skipif(not Path(os.devnull).with_name("zero").exists(), reason="no endless device here")
def test_endless_device_is_refused():
    with pytest.raises(InvalidInput, match="larger than"):
        read_document(Path(os.devnull).with_name("zero"))


@pytest.mark.parametrize(
    "raw",
    [
        b"a: " + b"[" * 10_000,
        b"a: " + b"[" * 1_000 + b"]" * 1_000,
        b"a: " + b"{a: " * 1_000,
        b"\n".join(b" " * i + b"a:" for i in range(300)),
        b"- " * 1_000 + b"a",
    ],
    ids=["open lists", "lists", "mappings", "indents", "dashes"],
)
def test_depth_is_limited_before_anything_recurses(raw: bytes):
    with pytest.raises(InvalidInput, match="nested deeper than 20"):
        parse_document(raw, "f.yaml")


@pytest.mark.slow
def test_number_of_values_is_limited():
    # A megabyte of short values would keep a YAML reader in pure Python busy for most of a minute.
    with pytest.raises(InvalidInput, match="more than 20,000 names and values"):
        parse_document(b"a: [" + b"1," * MAX_EVENTS + b"]", "f.yaml")


def test_alias_bomb_is_refused_and_not_unfolded():
    levels = "\n".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    with pytest.raises(InvalidInput) as caught:
        parse_document(f"a: &a [x]\n{levels}\n".encode(), "f.yaml")
    assert len(caught.value.faults) == 17, "nine anchors, eight lines with an alias, each said once"


@pytest.mark.parametrize("name", ["none.yaml", "", "a\0b.yaml"])
def test_unreadable_file(tmp_path: Path, name: str):
    with pytest.raises(InvalidInput) as caught:
        read_document(tmp_path / name)  # the empty name is the folder itself
    (fault,) = caught.value.faults
    assert fault.what.startswith("cannot be read: ")
    assert fault.file == str(tmp_path / name)


def test_what_cannot_be_read_does_not_hide_other_faults():
    with pytest.raises(InvalidInput) as caught:
        resolve(parse_document(MINIMAL + b"summary: 2026-13-45\nuse: {people: 5}\ntitle: u\n", "f.yaml"))
    assert [(fault.line, fault.field) for fault in caught.value.faults] == [
        (5, "summary"),
        (6, "use.people"),
        (7, "title"),
    ]


def test_escape_sequences_in_names_reach_no_terminal():
    with pytest.raises(InvalidInput) as caught:
        resolve(parse_document(MINIMAL + b'"\\e[31mred\\n": 1\n', "f.yaml"))
    assert r"\x1b[31mred\n" in str(caught.value)
    assert "\x1b" not in str(caught.value)


def faults_or_digest(raw: bytes) -> None:
    """Anything but `InvalidInput` fails the test that calls this."""
    faults: tuple[Fault, ...] = ()
    try:
        scenario = resolve(parse_document(raw, "f.yaml"))
    except InvalidInput as error:
        faults = error.faults
    else:
        assert scenario.digest() == resolve(from_mapping(scenario.to_json())).digest()
    assert {fault.file for fault in faults} <= {"f.yaml"}
    assert all(fault.what for fault in faults)


@settings(max_examples=250, deadline=None)
@given(st.binary(max_size=120))
@example(b"\xff\xfe")
@example(b"%YAML 1.99\n---\na: 1\n")
@example(b"a: \x00")
def test_any_bytes(raw: bytes):
    faults_or_digest(raw)


# Pieces that mean something to YAML or to us, in any order: they reach further in than random bytes.
WORDS = (
    "schema template field title gallery threshold points test "
    "stops value low a( [key] 1 -3.5e9 2026-13-45 12:30:45 0o9 0x .nan true null ~ "
    "= << { } [ ] @ ` # % | >- &a *a !t !!int \" ' \\u12 \\UFFFFFFFF é"
)
PIECES = st.sampled_from(
    [*WORDS.split(), "9" * 5000, ", ", ": ", "? ", "- ", "\n", "\n  ", "\t", "---\n", "\u2028", "\x85"]
)


@pytest.mark.slow
@settings(max_examples=250, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("<<: {a: 1}")
@example("title: =")
@example("a(: 1")
def test_any_text(text: str):
    faults_or_digest(text.encode())


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(MINIMAL)), st.integers(0, 12), st.lists(PIECES, max_size=3).map("".join))
def test_any_slip_of_the_hand(place: int, cut: int, typed: str):
    faults_or_digest(MINIMAL[:place] + typed.encode() + MINIMAL[place + cut :])


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400)
FIELDS = (
    "schema template supplied title gallery mix other share threshold points vendor counts field_fpir "
    "stops blocks origin status statuses enrolled rules rule "
    "compare algorithm cards image_kinds value low x ("
)
NAMES = st.sampled_from(FIELDS.split())
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=12
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, TREES, max_size=6))
@example({"stops": {"a": {"blocks": [5, {"share": {"low": 3}}]}}, "statuses": {"a": []}})
@example({"schema": {"value": 1}, "threshold": {"field_fpir": {"field_fpir": []}}})
@example({"template": "field", "supplied": [1], "threshold": {"points": {"x": {"vendor": {"counts": [{"low": 1}]}}}}})
def test_any_tree_of_plain_data(data: dict):
    # Never a scenario: it has no gallery that could be read together with a title and a threshold.
    with pytest.raises(InvalidInput):
        resolve(from_mapping(data))


def test_message_counts_its_faults():
    with pytest.raises(InvalidInput) as caught:
        resolve(parse_document(b"title: 7\n", "f.yaml"))
    count = len(caught.value.faults)
    assert str(caught.value).endswith(
        f"{count} problems. A template fills what is left out: template: field, live_watchlist, investigation, "
        "border_booth. `misid scenario schema` prints every field."
    )
    assert "must be text, got 7" in whats(caught.value)
