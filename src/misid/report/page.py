"""What every page of ours is made of: one file that loads nothing, its policy, its charts and its folded evidence.

Everything is inside: style, scripts, the Vega bundle, data.  A policy in the page's head lets exactly its own two
scripts run and nothing load or leave, so that the file can be mailed, kept and opened by whoever has reason to doubt
it.  Sentences and tables are plain HTML; scripts only draw what the tables already say.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from misid.charts import vega_lite
from misid.findings import ChartData, Finding, Section, tested_sentence
from misid.report import cells
from misid.vocabulary.names import caveat, terms

BUNDLE = "vendor/vega.bundle.js"
SCRIPT = "report.js"
STYLES = ("report.css", "people.css", "validation.css")
LONG = 200  # characters; a longer first sentence is set smaller, so that the first screen holds


@dataclass(frozen=True)
class EmbeddedChart:
    """A chart, its specification as a data block, and its table.

    Parameters
    ----------
    id : str
        Stem of the ids on the page.
    title, summary : str
        Printed above and under it.
    spec : str
        JSON, safe inside a script element.
    height : int
        In pixels, kept free until it is drawn.
    sheet : Sheet
        The same figures for reading.
    """

    id: str
    title: str
    summary: str
    spec: Markup
    height: int
    sheet: cells.Sheet


@dataclass(frozen=True)
class Evidence:
    """What stands under the sentences of an answer or a section.

    Parameters
    ----------
    id : str
        Of the answer or section.
    charts, tables : tuple
        In order.
    figures : Sheet
        All figures with their conditions.
    caveats : tuple of (str, str)
        Short name and text.
    tested : str
        How far the figures are from the nearest test; empty where they were measured here.
    """

    id: str
    charts: tuple[EmbeddedChart, ...]
    tables: tuple[cells.Sheet, ...]
    figures: cells.Sheet
    caveats: tuple[tuple[str, str], ...]
    tested: str


def render_page(
    template: str,
    *,
    known: str,
    picture: ChartData | None,
    inputs: Any,
    styles: tuple[str, ...] = STYLES,
    more_scripts: tuple[str, ...] = (),
    **given: Any,
) -> str:
    """Render a page: what all pages share, and what the template asks for beside it.

    Parameters
    ----------
    template : str
        File of this room.
    known : str
        The first sentence; a long one is set smaller.
    picture : ChartData or None
        The first screen's chart; None for a page that shows something else there.
    inputs : Table
        Every number that went in.
    styles : tuple of str
        Files of its style, in order.
    more_scripts : tuple of str
        Files of scripts beside those that draw charts.
    **given
        What else the template prints.

    Returns
    -------
    str
        The page; it loads nothing and sends nothing.
    """
    scripts = tuple(text(name) for name in (BUNDLE, SCRIPT, *more_scripts))
    return (
        environment()
        .get_template(template)
        .render(
            policy=policy(scripts),
            scripts=[Markup(script) for script in scripts],
            style=Markup("\n".join(text(name) for name in styles)),
            picture=None if picture is None else embed_chart("picture", picture),
            inputs=cells.sheet(inputs, as_given=True),
            long=len(known) > LONG,
            terms=terms(),
            **given,
        )
    )


def policy(scripts: tuple[str, ...]) -> str:
    """Return the content security policy under which exactly these inline scripts run.

    Parameters
    ----------
    scripts : tuple of str
        Texts of the script elements, to the byte.
    """
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def data_block(spec: Mapping[str, Any]) -> Markup:
    """Return JSON that no text inside it can end: every character that means something to HTML is escaped."""
    text = json.dumps(spec, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def embed_chart(name: str, chart: ChartData, above: str = "") -> EmbeddedChart:
    """Return a chart as it is printed; the caption above it names what is measured, so the drawing does not.

    What was said ``above`` it of the nearest test is not said again.
    """
    spec = vega_lite(chart)
    spec.pop("title", None)
    return EmbeddedChart(
        name, chart.title, chart.summary, data_block(spec), spec["height"], cells.sheet(chart.table, above=above)
    )


def evidence(said: Finding | Section) -> Evidence:
    """Return what stands under the sentences of an answer or a section."""
    above = tested_sentence(said.distances())
    return Evidence(
        said.id,
        tuple(embed_chart(f"{said.id}-chart-{i}", chart, above) for i, chart in enumerate(said.charts, start=1)),
        tuple(cells.sheet(table, above=above) for table in said.tables),
        cells.figures(said),
        explained(cells.caveats(said)),
        above,
    )


def explained(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return short name and text of each caveat."""
    return tuple((code.replace("_", " "), caveat(code)) for code in codes)


@cache
def text(name: str) -> str:
    """Return a file of this room; a script's hash is over what a parser sees, which has no carriage return."""
    return resources.files("misid.report").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def environment() -> Environment:
    """Return the one set-up of templates: every text is escaped, and a name that is missing is an error."""
    return Environment(
        autoescape=True,
        loader=FunctionLoader(text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
