"""Charts of measured rates: places reckoned here, what is not firm told apart, and nothing hidden that is zero."""

from __future__ import annotations

import math

import pytest
from scipy.special import ndtri

from misid.charts import share_label, vega_lite
from misid.evaluation import HERE
from misid.findings import ChartData, Table

EMPTY = Table("", (), (), distance=HERE)


def drawn(kind: str, *records: dict) -> dict:
    return vega_lite(ChartData(kind, "title", "summary", records, EMPTY))


def values(kind: str, *records: dict) -> list[dict]:
    return drawn(kind, *records)["data"]["values"]


def point(x, y, **more):
    return {"x": x, "y": y, "series": "s", "order": 0, **more}


def test_both_axes_of_a_trade_off_are_normal_deviates():
    spec = drawn("det", point(1e-4, 0.1), point(0.5, 0.01))
    first, last = spec["data"]["values"]
    assert (first["x"], last["x"]) == pytest.approx((ndtri(1e-4), 0.0), rel=1e-5, abs=1e-9)
    assert (first["y"], last["y"]) == pytest.approx((ndtri(0.1), ndtri(0.01)), rel=1e-5)
    x = next(layer["encoding"]["x"] for layer in spec["layer"] if "axis" in layer.get("encoding", {}).get("x", {}))
    assert list(x["axis"]["values"]) == pytest.approx(
        [ndtri(p) for p in (1e-4, 1e-3, 0.01, 0.1, 0.5)], rel=1e-5, abs=1e-9
    )
    for words in ('"1 in 10 k"', '"0.1%"', '"1%"', '"10%"', '"50%"'):
        assert words in x["axis"]["labelExpr"]
    assert x["scale"]["domain"][0] < ndtri(1e-4)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.1), (0.1, 0.0), (1.0, 0.1), (-0.1, 0.2), (0.1, math.nan), (0.2, None)])
def test_what_has_no_normal_deviate_is_not_drawn(x, y):
    assert len(values("det", point(0.01, 0.1), point(0.1, 0.05), point(x, y))) == 2


def test_more_than_half_of_the_others_pass_only_where_there_is_nothing_else():
    assert len(values("det", point(0.01, 0.4), point(0.1, 0.1), point(0.6, 0.05))) == 2
    assert len(values("det", point(0.7, 0.9), point(0.8, 0.8))) == 2


def test_misses_above_one_half_are_drawn_for_they_are_what_a_strict_threshold_costs():
    assert len(values("det", point(1e-5, 0.9), point(0.01, 0.4), point(0.1, 0.1))) == 3


def test_interval_of_a_trade_off_reaches_its_end_when_that_is_zero():
    (row,) = values("det", point(0.01, 0.1, low=0.0, high=0.2))
    assert row["point"]
    assert row["low"] < ndtri(1e-6)
    assert row["high"] == pytest.approx(ndtri(0.2), rel=1e-5)
    assert row["range"] == "0% to 20.0%"


def test_each_algorithm_has_a_line_and_points_of_its_own_with_words_beside_them():
    other = point(0.02, 0.3) | {"series": "t"}
    spec = drawn("det", point(0.01, 0.2), point(0.1, 0.1), other, other | {"mark": "threshold 41"})
    assert [row["point"] for row in spec["data"]["values"]] == [False, False, False, True]
    shapes = [layer["encoding"]["shape"]["scale"] for layer in spec["layer"] if "shape" in layer["encoding"]]
    assert shapes == [{"domain": ["t", "s"], "range": ["square", "circle"]}]
    hues = spec["layer"][-1]["encoding"]["color"]["scale"]["range"]
    assert len({*hues}) == 2
    assert [row.get("mark") for row in spec["data"]["values"]] == [None, None, None, "threshold 41"]
    assert spec["layer"][-1]["encoding"]["tooltip"][-1]["field"] == "mark"


def test_few_errors_make_a_broken_line():
    firm, thin = values("det", point(0.1, 0.1, sure=True), point(0.01, 0.3, sure=False))
    assert (firm["sure"], thin["sure"]) == (True, False)
    bold = [layer for layer in drawn("det", point(0.1, 0.1))["layer"] if layer["mark"].get("strokeWidth") == 2.5]
    assert bold[0]["transform"] == [{"filter": "!datum.point && datum.sure"}]


@pytest.mark.parametrize(
    ("p", "said"), [(0.5, "50%"), (0.001, "0.1%"), (1e-4, "1 in 10 k"), (1e-6, "1 in 1 M"), (0, "0%")]
)
def test_small_shares_are_said_as_one_in_so_many(p, said):
    assert share_label(p) == said


def at(threshold, value, series="FMR"):
    return {"threshold": threshold, "value": value, "series": series, "order": 0}


def test_few_thresholds_are_steps_and_many_are_a_line():
    def shape(n):
        layers = drawn("rates", *(at(t / n, 1 - t / n) for t in range(n)))["layer"]
        return next(layer["mark"]["interpolate"] for layer in layers if "interpolate" in layer["mark"])

    assert (shape(5), shape(200)) == ("step-before", "linear")


def test_rate_of_zero_leaves_the_drawing_and_does_not_stretch_it():
    spec = drawn("rates", at(0.1, 0.5), at(0.5, 0.01), at(0.9, 0.0))
    y = next(layer["encoding"]["y"]["scale"]["domain"] for layer in spec["layer"] if "y" in layer.get("encoding", {}))
    assert [row["said"] for row in spec["data"]["values"]] == ["50.0%", "1.00%", "0%"]
    assert spec["data"]["values"][-1]["y"] < y[0]
    touched = spec["layer"][-1]
    assert touched["transform"] == [{"filter": f"datum.y >= {y[0]:.6g}"}]


def test_marked_threshold_is_a_line_with_words_and_no_point():
    spec = drawn("rates", at(0.0, 0.5), at(1.0, 0.1), {"threshold": 0.25, "mark": "FMR 1 in 1,000"})
    assert len(spec["data"]["values"]) == 2
    words = [layer for layer in spec["layer"] if layer["mark"].get("type") == "text"]
    assert [layer["data"]["values"] for layer in words] == [[{"x": 0.25, "said": "FMR 1 in 1,000"}]]
    assert words[0]["mark"]["align"] == "left"


def test_ranks_end_at_everybody():
    rows = [{"x": float(r), "value": v, "series": "", "order": 0} for r, v in ((1, 0.91), (10, 0.98))]
    spec = drawn("cmc", *rows)
    y = next(layer["encoding"]["y"] for layer in spec["layer"] if "y" in layer.get("encoding", {}))
    assert y["scale"]["domain"][1] == 1.0
    assert y["scale"]["domain"][0] <= 0.91
    assert y["axis"]["values"][-1] == 1.0


def size(n, value, **more):
    return {"n_references": n, "value": value, "series": "form", "order": 0, "measured": 1000, **more}


def words_in(spec):
    texts = [layer for layer in spec["layer"] if layer["mark"]["type"] == "text"]
    return {layer["mark"].get("text") or layer["data"]["values"][0]["said"] for layer in texts}


def test_ground_is_grey_from_ten_times_the_data():
    spec = drawn("galleries", size(1e3, 0.01), size(1e6, 0.5))
    (grey,) = (layer for layer in spec["layer"] if layer["mark"]["type"] == "rect")
    assert grey["data"]["values"] == [{"from": 10_000.0, "to": 1e6}]
    assert words_in(spec) == {"beyond data", "measured, 1,000"}
    near = drawn("galleries", size(1e3, 0.01), size(9e3, 0.05))
    assert not [layer for layer in near["layer"] if layer["mark"]["type"] == "rect"]
    assert words_in(near) == {"measured, 1,000"}


def test_form_that_is_not_trusted_has_a_thin_line_and_no_band():
    spec = drawn("galleries", size(1e3, 0.01, low=0.005, high=0.02, trusted=False), size(1e6, 0.5, trusted=False))
    assert [row["thin"] for row in spec["data"]["values"]] == [True, True]
    areas = [layer for layer in spec["layer"] if layer["mark"]["type"] == "area"]
    assert areas
    assert all("!datum.thin" in layer["transform"][0]["filter"] for layer in areas)


def cell(g, h, value, count=5, n=1000, **more):
    return {"label": g, "series": h, "order": 0, "value": value, "count": count, "n": n, "per": 1000, **more}


def test_cells_are_coloured_by_the_logarithm_and_say_their_numbers():
    spec = drawn("matrix", cell("a", "a", 0.1, 100), cell("a", "b", 0.01, 10), cell("b", "a", 0.001, 1))
    high, middle, low = spec["data"]["values"]
    assert middle["strength"] == pytest.approx((high["strength"] + low["strength"]) / 2)
    assert [row["said"] for row in (high, middle, low)] == ["100", "10", "1.0"]
    assert [row["under"] for row in (high, middle, low)] == ["100 seen", "10 seen", "1 seen"]
    assert (high["probe"], middle["reference"]) == ("a", "b")


def test_cell_without_an_event_has_no_hue_and_says_out_of_how_many():
    spec = drawn("matrix", cell("a", "a", 0.1), cell("a", "b", 0.0, 0, 140_000))
    none = spec["data"]["values"][1]
    assert (none["none"], none["strength"], none["said"], none["under"]) == (True, 0.0, "0", "of 140 k")
    edges = {
        layer["transform"][0]["filter"]: layer["mark"]["strokeDash"]
        for layer in spec["layer"]
        if layer["mark"]["type"] == "rect"
    }
    assert edges == {"!datum.none": [1, 0], "datum.none": [3, 3]}


def test_groups_have_the_same_number_in_rows_and_columns():
    spec = drawn("matrix", cell("a", "a", 0.1), cell("a", "b", 0.1), cell("b", "a", 0.1), cell("b", "b", 0.1))
    heads = [row["said"] for row in spec["layer"][0]["data"]["values"]]
    rows = [row["label"] for row in spec["layer"][1]["data"]["values"]]
    assert heads == ["1", "2"]
    assert [row.split()[0] for row in rows] == heads


def test_blank_cells_of_a_density_are_not_drawn():
    def block(x, value):
        return {"x": x, "x_end": x + 1, "y": 0.0, "y_end": 1.0, "value": value}

    rows = values("density", block(0.0, 0.02), block(1.0, 0.0), block(2.0, 0.08))
    assert [row["x"] for row in rows] == [0.0, 2.0]
    assert rows[0]["strength"] < rows[1]["strength"]
