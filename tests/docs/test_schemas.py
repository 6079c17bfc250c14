"""docs/schemas.md lists every schema that the code writes, docs/from-0.1.md every value that moved."""

from __future__ import annotations

import re
from pathlib import Path

from misid.scenario import from_mapping, resolve
from misid.scenario.convert import CHANGED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "schemas.md").read_text("utf-8")
SCHEMA = re.compile(r'"(misid/[a-z-]+/[0-9.]+)"')
OF_PACKAGE_DATA = {"prior", "rank-share", "conditions", "groups"}  # made by verification, read by the same version


def test_every_schema_of_the_code_is_listed_and_no_other():
    code = [text for path in (ROOT / "src").rglob("*.py") for text in SCHEMA.findall(path.read_text("utf-8"))]
    written = {schema for schema in code if schema.split("/")[1] not in OF_PACKAGE_DATA}
    assert written == set(re.findall(r"`(misid/[a-z-]+/[0-9.]+)`", PAGE)) - {
        "misid/card/1",
        "misid/results/1",
        "misid/ledger/1",
    }


def test_every_value_that_moved_in_the_template_stands_on_the_page_for_those_who_come_from_0_1():
    page = (ROOT / "docs" / "from-0.1.md").read_text("utf-8")
    file = {"schema": "misid/scenario/2", "template": "field", "title": "t", "gallery": {"n_references": 1000}}
    now = resolve(from_mapping(file)).quantities()
    for path, before in CHANGED.items():
        if before and not path.startswith("use."):
            value, low, high = before
            q = now[path]
            assert f"| `{path}` | {value:g}, {low:g} to {high:g} | {q.value:g}, {q.low:g} to {q.high:g} |" in page
