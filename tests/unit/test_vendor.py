"""The bundle on disk is the one that was recorded, fits an inline module script, and has the schema of our tests."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "src" / "misid" / "report" / "vendor"
BUNDLE = (VENDOR / "vega.bundle.js").read_bytes()
VERSIONS = json.loads((VENDOR / "VERSIONS.json").read_text(encoding="utf-8"))


def test_hash_matches():
    assert hashlib.sha256(BUNDLE).hexdigest() == VERSIONS["sha256"], "run `make vendor`; never edit the bundle"
    assert len(BUNDLE) == VERSIONS["bytes"]


def test_the_schema_is_the_one_of_the_bundle():
    packed = (Path(__file__).parents[1] / "data" / "vega-lite-schema.json.gz").read_bytes()
    assert hashlib.sha256(gzip.decompress(packed)).hexdigest() == VERSIONS["schema_sha256"], "run `make vendor`"


@pytest.mark.parametrize("name", ["vega", "vega-lite"])
def test_recorded_version_is_inside(name):
    assert f'"{VERSIONS[name]}"'.encode() in BUNDLE


def test_made_by_the_pinned_tool():
    assert version("vl-convert-python") == VERSIONS["vl-convert-python"]


@pytest.mark.parametrize("sequence", [b"</script", b"<script", b"<!--", b"sourcemappingurl", b"\r", b"\x00"])
def test_can_stand_inside_a_page(sequence):
    assert sequence not in BUNDLE.lower()


def test_asks_for_nothing_at_load():
    text = BUNDLE.decode("utf-8")
    # Modules are fetched by import only; Vega's loader asks for what a specification names.
    assert not re.search(r"\bimport\s*(\(|\"|'|\{|\*)", text)
    assert not re.search(r"""(fetch|importScripts|open|Worker|EventSource|WebSocket)\(\s*["'`]\s*(https?:)?//""", text)
    assert not re.search(r"""\b(src|href)\s*=\s*["'`]https?:""", text)


def test_exposes_one_name():
    text = BUNDLE.decode("utf-8")
    assert text.count("globalThis.misidVega=Object.freeze({vegaEmbed:") == 1
    assert not re.search(r"\bwindow\.(vega|vegaEmbed|vegaLite)\s*=", text)


def test_licences_name_what_is_inside():
    text = (VENDOR / "LICENSES.txt").read_text(encoding="utf-8")
    for name in ("vega", "vega-lite", "vega-embed", "d3-array", "lodash.debounce"):
        assert re.search(rf"^(.*, )?{re.escape(name)}(,.*)?$", text, re.MULTILINE), name
    assert "University of Washington Interactive Data Lab" in text
    assert "Redistribution and use in source and binary forms" in text
    assert 'THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"' in text
