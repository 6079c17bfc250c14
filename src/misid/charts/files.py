"""Charts as files of their own: their records as a table, and their picture."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from misid.charts.specs import vega_lite
from misid.charts.theme import NORMAL, TEXT
from misid.errors import MissingPackage, UnknownName
from misid.findings.evaluation.as_json import csv_text
from misid.vocabulary.shown import shown

if TYPE_CHECKING:
    from misid.findings import ChartData

FORMATS = ("csv", "svg", "png")
RATES, SCORES = 5, 8  # significant digits in a table: a page prints three of a rate and six of a score
VEGA_LITE = "6.4"  # of the pages too (tools/vendor.py)
_ID = re.compile(r"""(id="|url\(['"]?#)(clip|gradient_)\d+""")
WIDTH, LINE = 720, 100  # pixels, and letters of a title


def check_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """Return formats, each once, before any work is done.

    Raises
    ------
    MissingPackage
        If one is a picture and what draws it is not installed.
    UnknownName
        If one is not known.
    """
    wanted = tuple(dict.fromkeys(formats))
    for one in wanted:
        if one not in FORMATS:
            raise UnknownName("format of charts", one, FORMATS)
    if {*wanted} - {"csv"}:
        _drawing()
    return wanted


def chart_files(charts: Mapping[str, ChartData], formats: Iterable[str]) -> dict[str, str | bytes]:
    """Return the content of files by name: every chart, by the name that it has, in every format.

    Raises
    ------
    MissingPackage, UnknownName
        As `check_formats`.
    """
    wanted = check_formats(formats)
    found: dict[str, str | bytes] = {}
    for name, chart in charts.items():
        if "csv" in wanted:
            found[f"{name}.csv"] = records_csv(chart)
        if "svg" in wanted:
            found[f"{name}.svg"] = _numbered(_drawing().vegalite_to_svg(_alone(chart), vl_version=VEGA_LITE))
        if "png" in wanted:
            found[f"{name}.png"] = _drawing().vegalite_to_png(_alone(chart), vl_version=VEGA_LITE, scale=2)
    return found


def records_csv(chart: ChartData) -> str:
    """Return the records of a chart as comma-separated values (RFC 4180); a record without a column has it empty."""
    columns = tuple(dict.fromkeys(column for record in chart.records for column in record))
    return csv_text(columns, ([_rounded(column, record.get(column)) for column in columns] for record in chart.records))


def _rounded(column: str, value: Any) -> Any:
    """Return a number with two digits more than a page prints of it; one without a fraction as it is."""
    if not isinstance(value, float) or not math.isfinite(value) or value == round(value):
        return value
    return float(f"{value:.{SCORES if column in ('threshold', 'x', 'x_end', 'y', 'y_end') else RATES}g}")


def _alone(chart: ChartData) -> dict[str, Any]:
    """Return a specification for a picture that stands alone: with a title, a ground and a width."""
    spec = vega_lite(chart)
    above = spec.get("title", {}).get("text", "")
    title = {
        "text": textwrap.wrap(shown(chart.title), LINE)[:3],
        **({"subtitle": above} if above else {}),
        "anchor": "start",
        "frame": "bounds",
        "color": "#333333",
        "subtitleColor": TEXT,
        "fontSize": NORMAL + 2,
        "subtitleFontSize": NORMAL,
        "offset": 10,
    }
    return {**spec, "title": title, "width": WIDTH, "padding": 12, "background": "white"}


def _numbered(svg: str) -> str:
    """Return a drawing whose parts are numbered from 0: Vega goes on counting from one drawing to the next."""
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        place, part = found[1], found[0].removeprefix(found[1])
        return place + found[2] + str(numbers.setdefault(part, len(numbers)))

    return _ID.sub(number, svg)


def _drawing() -> Any:
    try:
        import vl_convert
    except ImportError:
        raise MissingPackage(
            "a picture of a chart needs what the extra misid[figures] brings: pip install vl-convert-python; "
            "csv needs nothing"
        ) from None
    return vl_convert
