"""The page tests' own test: each planted fault is caught, and the bundle draws under the report's policy."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

BUNDLE = Path(__file__).parents[2] / "src" / "misid" / "report" / "vendor" / "vega.bundle.js"
SPEC = {
    "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
    "data": {"values": [{"n": 1, "wrong": 2.0}, {"n": 2, "wrong": 3.5}, {"n": 3, "wrong": 7.0}]},
    "params": [{"name": "scale", "value": 1, "bind": {"input": "range", "min": 1, "max": 3, "step": 1}}],
    "transform": [{"calculate": "datum.wrong * scale", "as": "shown"}],
    "mark": "bar",
    "encoding": {"x": {"field": "n", "type": "ordinal"}, "y": {"field": "shown", "type": "quantitative"}},
}


def page(body: str, head: str = "") -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{head}<title>harness</title></head>'
        f"<body><main><h1>harness</h1>{body}</main></body></html>"
    )


def policy(*scripts: str) -> str:
    """The report's policy, as DESIGN states it, for these inline scripts."""
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    hashes = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    allowed = hashes or "'none'"
    rules = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


@pytest.fixture
def plant(tmp_path):
    def write(body: str, head: str = "") -> Path:
        file = tmp_path / "page.html"
        file.write_text(page(body, head), encoding="utf-8")
        return file

    return write


def test_clean_page_is_clean(open_page, axe, plant):
    opened = open_page(plant('<img alt="" src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">'))
    assert opened.seen.faults() == []
    assert axe(opened.page) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ('<img alt="" src="https://example.invalid/x.png">', "https://example.invalid/x.png"),
        ('<link rel="stylesheet" href="neighbour.css">', "neighbour.css"),
        ("<script>fetch('https://example.invalid/y').catch(() => {})</script>", "https://example.invalid/y"),
        ("<script>new WebSocket('wss://example.invalid/z')</script>", "wss://example.invalid/z"),
    ],
)
def test_outside_request_is_caught(open_page, plant, body, where):
    opened = open_page(plant(body), strict=False)
    opened.page.wait_for_timeout(200)
    assert any(where in url for url in opened.seen.requests), opened.seen.faults()


def test_request_blocked_by_the_policy_is_caught(open_page, plant):
    body = '<img alt="" src="https://example.invalid/x.png">'
    opened = open_page(plant(body, policy()), strict=False)
    opened.page.wait_for_timeout(200)
    assert any("Content Security Policy" in text for text in opened.seen.console), opened.seen.faults()


@pytest.mark.parametrize("kind", ["error", "warn"])
def test_console_noise_is_caught(open_page, plant, kind):
    opened = open_page(plant(f"<script>console.{kind}('planted')</script>"), strict=False)
    assert any("planted" in text for text in opened.seen.console)


def test_uncaught_exception_is_caught(open_page, plant):
    opened = open_page(plant("<script>throw new Error('planted')</script>"), strict=False)
    assert any("planted" in text for text in opened.seen.errors)


def test_what_was_seen_fails_the_test(open_page, plant):
    opened = open_page(plant("<script>console.error('planted')</script>"), strict=False)
    with pytest.raises(pytest.fail.Exception, match="planted"):
        opened.seen.judge()


def test_new_window_is_caught(open_page, plant):
    opened = open_page(plant("<button onclick=\"window.open('about:blank')\">open</button>"), strict=False)
    opened.page.click("button")
    opened.page.wait_for_timeout(200)
    assert opened.seen.windows


def test_axe_fault_is_caught_under_the_policy(open_page, axe, plant):
    image = '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">'
    opened = open_page(plant(image, policy()))
    assert [(fault["id"], fault["nodes"]) for fault in axe(opened.page)] == [("image-alt", ["img"])]


def test_width_and_dark_reach_the_page(open_page, plant):
    file = plant("")
    for width, dark in ((320, True), (1024, False)):
        opened = open_page(file, width=width, dark=dark)
        assert opened.page.evaluate("innerWidth") == width
        assert opened.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is dark


def test_bundle_draws_under_the_policy(open_page, axe, plant):
    bundle = BUNDLE.read_text(encoding="utf-8")
    # The page's own short names would collide with the bundle's, were it not a module.
    draw = (
        "const t = 1, e = 2, n = 3;"
        "const spec = JSON.parse(document.getElementById('spec').textContent);"
        "misidVega.vegaEmbed('#chart', spec, {ast: true, actions: false, renderer: 'svg'})"
        ".then(() => { document.body.dataset.drawn = String(t + e + n); });"
    )
    body = (
        '<div id="chart"></div>'
        f'<script type="application/json" id="spec">{json.dumps(SPEC)}</script>'
        f'<script type="module">{bundle}</script><script type="module">{draw}</script>'
    )
    page, seen = open_page(plant(body, policy(bundle, draw)))
    page.wait_for_selector("body[data-drawn='6']", state="attached", timeout=20_000)
    bars = page.locator("#chart .mark-rect.role-mark path")
    assert bars.count() == 3
    before = bars.nth(1).get_attribute("d")
    page.locator("#chart input[type=range]").fill("3")
    page.wait_for_timeout(200)
    assert bars.nth(1).get_attribute("d") != before
    assert seen.faults() == []
    assert axe(page) == []
