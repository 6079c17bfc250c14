"""Renders findings as one self-contained HTML file.

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

from misid.charts.specs import draw
from misid.findings.model import ChartData, Finding, Findings
from misid.report import cells
from misid.vocabulary import CAVEATS, LABELS, TERMS, Mode

BUNDLE = "vendor/vega.bundle.js"
SCRIPT = "report.js"
STYLE = "report.css"
TEMPLATE = "template.html.j2"
LONG = 200  # characters; a longer first sentence is set smaller, so that the first screen holds


@dataclass(frozen=True)
class Drawn:
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
class Answer:
    """One question as it is printed.

    Parameters
    ----------
    finding : Finding
        Sentences.
    charts, tables : tuple
        What stands under them.
    figures : Sheet
        All figures with their conditions.
    caveats : tuple of (str, str)
        Short name and text.
    """

    finding: Finding
    charts: tuple[Drawn, ...]
    tables: tuple[cells.Sheet, ...]
    figures: cells.Sheet
    caveats: tuple[tuple[str, str], ...]


def render(findings: Findings, *, rerun: str, digest: str, version: str) -> str:
    """Render findings as one HTML file.

    Parameters
    ----------
    findings : Findings
        What is said.
    rerun : str
        Command that makes this report again.
    digest : str
        Hash of the resolved scenario.
    version : str
        Version of misid.

    Returns
    -------
    str
        The page; it loads nothing and sends nothing.
    """
    scripts = (_text(BUNDLE), _text(SCRIPT))
    return (
        _environment()
        .get_template(TEMPLATE)
        .render(
            f=findings,
            policy=policy(scripts),
            scripts=[Markup(script) for script in scripts],
            style=Markup(_text(STYLE)),
            picture=_drawn("picture", findings.picture),
            answers=[_answer(finding) for finding in findings.answers],
            inputs=cells.sheet(findings.inputs, as_given=True),
            illustrative=frozenset(findings.illustrative),
            long=len(findings.known) > LONG,
            modes=[LABELS[mode] for mode in Mode],
            terms=TERMS,
            rerun=rerun,
            digest=digest,
            version=version,
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


def _drawn(name: str, chart: ChartData) -> Drawn:
    spec = draw(chart)
    spec.pop("title", None)  # the caption above it names what is measured
    return Drawn(name, chart.title, chart.summary, data_block(spec), spec["height"], cells.sheet(chart.table))


def _answer(finding: Finding) -> Answer:
    return Answer(
        finding,
        tuple(_drawn(f"{finding.id}-chart-{i}", chart) for i, chart in enumerate(finding.charts, start=1)),
        tuple(cells.sheet(table) for table in finding.tables),
        cells.figures(finding),
        tuple((code.replace("_", " "), CAVEATS[code]) for code in cells.caveats(finding)),
    )


@cache
def _text(name: str) -> str:
    """Return a file of this room; a script's hash is over what a parser sees, which has no carriage return."""
    return resources.files("misid.report").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        loader=FunctionLoader(_text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
