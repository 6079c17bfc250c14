"""Every kind of chart is a valid specification, compiles without a warning, and says what its records say."""

from __future__ import annotations

import gzip
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.charts import KINDS, axes, theme, vega_lite
from misid.errors import UnknownName
from misid.findings import ChartData, Table
from misid.quantities import NoDistance
from misid.vocabulary import catalogue

ROOT = Path(__file__).parents[3]
GOLDEN = ROOT / "tests" / "golden" / "charts"
SCHEMA = ROOT / "tests" / "data" / "vega-lite-schema.json.gz"
_spec = importlib.util.spec_from_file_location("made_up", ROOT / "tests" / "helpers" / "made_up.py")
made_up = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(made_up)

sys.path.append(str(ROOT / "tests" / "helpers"))
evaluation = importlib.import_module("made_up_evaluation")

MADE_UP = (*made_up.charts(), *evaluation.charts())
CHARTS = {f"{c.kind}-{[d.kind for d in MADE_UP[:i]].count(c.kind)}": c for i, c in enumerate(MADE_UP)}
EMPTY = Table("", (), (), distance=NoDistance("made up"))
MEASURED = {chart.kind for chart in evaluation.charts()}
SHARES = {"det", "rates", "scores", "cmc", "galleries", "density"}


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(gzip.decompress(SCHEMA.read_bytes())))


def chart_of(kind: str, *records: dict) -> ChartData:
    return ChartData(kind, "title", "summary", records, EMPTY)


def inside(value):
    """Every leaf of a specification."""
    if isinstance(value, dict):
        for child in value.values():
            yield from inside(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from inside(child)
    else:
        yield value


def compiled(spec: dict) -> dict:
    return pytest.importorskip("vl_convert").vegalite_to_vega(spec, vl_version="6.4")


def test_every_kind_is_among_the_examples():
    assert {chart.kind for chart in CHARTS.values()} == set(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHARTS)
def test_it_keeps_the_schema_of_the_vendored_vega_lite(name, schema):
    assert list(schema.iter_errors(vega_lite(CHARTS[name]))) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [{"layer": "bars"}, {"layer": [{"mark": "no such mark"}]}, {"layer": [{"mark": "bar", "encodin": {}}]}]
)
def test_the_schema_sees_what_is_wrong(change, schema):
    name = next(iter(CHARTS))
    assert list(schema.iter_errors(vega_lite(CHARTS[name]) | change))


@pytest.fixture(scope="module")
def drawn_apart() -> dict[str, tuple[str, str]]:
    """Picture and warnings of every chart; in a process of its own, for the compiler warns on standard error."""
    pytest.importorskip("vl_convert")
    program = (
        "import json, sys, vl_convert\n"
        "for name, spec in json.load(sys.stdin).items():\n"
        "    for stream in (sys.stdout, sys.stderr): print('=== ' + name, file=stream, flush=True)\n"
        "    print(vl_convert.vegalite_to_svg(spec, vl_version='6.4', show_warnings=True), flush=True)\n"
    )
    specs = {f"{name} {width}": {**vega_lite(CHARTS[name]), "width": width} for name in CHARTS for width in (320, 760)}
    field = {"field": "a", "type": "nominal"}
    faulty = {"data": {"values": [{"a": 1}]}, "mark": "bar", "encoding": {"x": field, "shape": field}}
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps({**specs, "faulty": faulty}),
        capture_output=True,
        text=True,
        check=True,
    )
    pictures, warnings = (
        dict(part.split("\n", 1) for part in text.split("=== ")[1:]) for text in (done.stdout, done.stderr)
    )
    return {name: (pictures[name], warnings[name]) for name in (*specs, "faulty")}


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 760])
@pytest.mark.parametrize("name", CHARTS)
def test_compiles_and_draws_without_a_warning(drawn_apart, name, width):
    picture, warnings = drawn_apart[f"{name} {width}"]
    assert warnings == ""
    # Nobody here knows of whom the figures of an evaluation are.
    assert ("SYNTHETIC" in picture) is (CHARTS[name].kind not in MEASURED)
    assert "NaN" not in picture


@pytest.mark.slow
def test_warning_is_seen(drawn_apart):
    assert drawn_apart["faulty"][1]


@pytest.mark.parametrize("name", CHARTS)
def test_golden(name):
    text = json.dumps(vega_lite(CHARTS[name]), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    file = GOLDEN / f"{name}.vl.json"
    if os.environ.get("MISID_GOLDEN") == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    assert json.loads(text) == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("name", CHARTS)
def test_fits_any_page(name):
    spec = vega_lite(CHARTS[name])
    assert spec["width"] == "container"
    assert spec["description"] == CHARTS[name].summary
    assert "usermeta" not in spec
    assert "$schema" not in spec  # an address, and the page must hold none
    assert spec["config"]["background"] == "transparent"
    compiled(spec)


def test_unknown_kind_is_refused():
    with pytest.raises(UnknownName, match=r"rangse.*ranges"):
        vega_lite(chart_of("rangse"))


@pytest.mark.parametrize("kind", KINDS)
def test_no_records_still_draw(kind):
    compiled(vega_lite(chart_of(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_missing_values_are_left_out(kind):
    place = {"n_references": 1e6, "threshold": 5.0, "label": "a", "order": 0, "x": 0.5, "year": 1.0, "phi": 0.01}
    place |= {"observed": 0.2, "subject": "a"}
    record = {**place, "value": None, "y": None, "low": None, "high": None}
    good = {**record, "value": 0.25, "y": 0.25}
    spec = vega_lite(chart_of(kind, record, good))
    assert [row["said"] for row in spec["data"]["values"]] == ["25.0%" if kind in SHARES else "0.25"]
    compiled(spec)


numbers = st.one_of(
    st.none(),
    st.floats(min_value=0, max_value=1e12),
    st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e-300, 10_000.0]),
)
records = st.fixed_dictionaries(
    {
        "n_references": st.sampled_from([1.0, 1e4, 12e6, 200e6, 1.2e9]),
        "threshold": st.sampled_from([0.0, 3.5, 9.0]),
        "label": st.sampled_from(["a", "b</script>", "a long label " * 8]),
        "series": st.sampled_from(["", "one", "two"]),
        "phi": st.sampled_from([0.0, 1e-9, 0.01, 1.0]),
        "order": st.integers(0, 3),
        "x": st.one_of(numbers, st.just(-2.5)),
        "y": st.one_of(numbers, st.just(-2.5)),
        "year": st.sampled_from([0.0, 7.0, 15.0, 2041.0]),
        "observed": numbers,
        "value": numbers,
        "low": numbers,
        "high": numbers,
    }
)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(sorted(KINDS)), rows=st.lists(records, max_size=6))
def test_no_specification_holds_a_number_that_is_not_finite(kind, rows):
    spec = vega_lite(chart_of(kind, *rows))
    json.dumps(spec, allow_nan=False)
    for leaf in inside(spec):
        assert not isinstance(leaf, float) or math.isfinite(leaf)
    low, high = next(
        layer["encoding"][channel]["scale"]["domain"]
        for layer in spec["layer"]
        for channel in ("y", "x")
        if "scale" in layer.get("encoding", {}).get(channel, {})
        and layer["encoding"][channel]["scale"].get("type") in ("log", "linear")
    )
    assert low < high


def test_zero_on_a_logarithmic_axis_is_said_and_not_hidden():
    rows = [{"label": str(v), "series": "", "value": v, "low": v, "high": 1e4, "order": v} for v in (0.0, 1.0, 1e4)]
    drawn = vega_lite(chart_of("ranges", *rows))["data"]["values"]
    assert [row["beyond"] for row in drawn] == ["0", "", ""]
    assert [row["arrow"] for row in drawn] == [True, False, False]
    assert drawn[0]["x"] < drawn[1]["x"]


def test_causes_are_equally_prominent_and_phi_is_read_as_one_in_so_many():
    spec = vega_lite(made_up.over_phi())
    (line,) = (layer for layer in spec["layer"] if layer["mark"].get("strokeWidth") == 2.5)
    colours = line["encoding"]["color"]["scale"]
    assert colours["range"] == [theme.PURPLE, theme.VERMILLION]
    assert line["encoding"]["x"]["axis"]["values"] == [1e-4, 1e-3, 1e-2, 0.1, 1.0]
    assert '"10 k"' in line["encoding"]["x"]["axis"]["labelExpr"]
    assert [row["at"] for row in spec["data"]["values"][:3]] == ["10,000", "1,000", "100"]


def test_what_is_no_wrong_has_the_hue_of_none():
    assert not {theme.HUES["wrong_record"], theme.HUES["wrong_person"]} & {*theme.PALETTE}


def test_ticks_and_words_are_those_of_the_language_of_the_page():
    catalogue.add("xx", "number", {"group": ".", "decimal": ","})
    catalogue.add("xx", "charts", {"axis.thousand": "{x} Tsd.", "at.phi": "eins in"})
    with catalogue.speaking("xx"):
        spec = vega_lite(made_up.over_phi())
    (line,) = (layer for layer in spec["layer"] if layer["mark"].get("strokeWidth") == 2.5)
    across, up = (line["encoding"][side]["axis"]["labelExpr"] for side in ("x", "y"))
    for words, expression in (('"10 Tsd."', across), ('"1.000"', across), ('"0,1"', up), ('"10.000"', up)):
        assert words in expression
    assert spec["layer"][-2]["encoding"]["tooltip"][0] == {"field": "at", "type": "nominal", "title": "eins in"}


def lines_of_labels(kind: str, width: int) -> list[tuple[float, int]]:
    """Where each label is drawn at a width, and how many lines it has."""
    convert = pytest.importorskip("vl_convert")
    svg = convert.vegalite_to_svg({**vega_lite(chart_of(kind, *WRAPPED)), "width": width}, vl_version="6.4")
    found = re.findall(r"<text[^>]*translate\(0,([-\d.]+)\)[^>]*>(.*?)</text>", svg)
    return [(float(y), max(1, words.count("<tspan"))) for y, words in found if "long" in words]


WRAPPED = [{"label": "a long name " * 6, "x": x, "value": 1, "order": 0} for x in (1, 2)]


def test_label_of_several_lines_ends_where_a_short_one_does():
    """Else its last line lies on the bar that it names."""
    ((narrow, several),) = lines_of_labels("ranges", 320)
    ((wide, one),) = lines_of_labels("ranges", 800)
    assert (several > 1, one) == (True, 1)
    assert narrow + 15 * (several - 1) == pytest.approx(wide)


def luminance(hue: str) -> float:
    parts = [int(hue[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("ground", ["#ffffff", "#14171c"])
@pytest.mark.parametrize("hue", sorted({*theme.PALETTE, *theme.HUES.values()}))
def test_hues_stand_on_both_grounds(hue, ground):
    dark, light = sorted((luminance(hue), luminance(ground)))
    assert (light + 0.05) / (dark + 0.05) >= 3


@pytest.mark.parametrize(
    ("hue", "name"), [("wrong_record", "record"), ("wrong_person", "person"), ("not_verified", "person")]
)
def test_pages_draw_a_cause_in_the_hues_of_the_first_screen(hue, name):
    first, page = ((ROOT / "src/misid/report" / file).read_text("utf-8") for file in ("first.css", "report.css"))
    light, dark = re.findall(rf"--{name}: (#\w+);", first)
    for part in ("stroke", "fill"):
        assert f'.chart [{part}="{theme.HUES[hue]}"] {{ {part}: light-dark({light}, {dark}); }}' in page


@pytest.mark.parametrize(
    ("values", "log"), [((1, 2, 3), False), ((1, 101), True), ((0, 1, 101), True), ((-5, 101), False), ((), False)]
)
def test_scale_follows_the_span(values, log):
    axis = axes.value_axis(values)
    assert axis.log is log
    assert 2 <= len(axis.ticks) <= 7


@given(st.lists(st.just(0.0) | st.floats(min_value=1e-100, max_value=1e12), max_size=5))
def test_axes_hold_their_ticks(values):
    for axis in (axes.log_axis(values), axes.log_axis(values, whole_top=True), axes.linear_axis(values)):
        assert axis.low < axis.high
        assert len(axis.ticks) >= 2
        assert all(axis.low <= t * (1 + 1e-9) and t <= axis.high * (1 + 1e-9) for t in axis.ticks)
        assert all(axis.place(v) <= axis.high for v in values)
        assert all(0 <= axis.part(v) <= 1 for v in values)


@pytest.mark.parametrize("log", [False, True])
@given(values=st.lists(st.floats(min_value=-1e12, max_value=1e12), max_size=5))
def test_inner_axis_ends_where_the_values_do(log, values):
    values = [v for v in values if v > 1e-12 or not log]
    axis = axes.inner_axis(values, log=log)
    assert axis.low < axis.high
    assert 2 <= len(axis.ticks) <= 7
    assert all(axis.low <= v <= axis.high for v in values)
    assert all(-1e-9 <= axis.part(t) <= 1 + 1e-9 for t in axis.ticks)


@pytest.mark.parametrize(
    ("n", "said"), [(1, "1"), (9_999, "9,999"), (10_000, "10 k"), (12e6, "12 M"), (1.2e9, "1.2 bn")]
)
def test_short_gallery_sizes(n, said):
    assert axes.short(n) == said
