"""Renders a page as one file that loads nothing: style, scripts, the Vega bundle and data are inside.

A policy in the page's head lets exactly its own scripts run and nothing load or leave, so that the file can be
mailed, kept and opened by whoever has reason to doubt it.  Sentences and tables are plain HTML; scripts only draw what
the tables already say.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from misid.charts import vega_lite
from misid.findings import ChartData, Page, Table, tested_sentence
from misid.report import cells, people
from misid.vocabulary.catalogue import language, say
from misid.vocabulary.names import caveat, caveat_name, terms
from misid.vocabulary.shown import shown, shown_in

if TYPE_CHECKING:
    from misid.report.first import FirstScreen

TEMPLATE = "page.html.j2"
SCRIPTS = ("vendor/vega.bundle.js", "report.js")
STYLES = ("report.css", "people.css", "first.css")
FIRST = "first.js"  # of the first screen
REPORT, APPENDIX = "report.html", "appendix.html"  # they stand side by side and link to each other by name
LONG = 200  # characters; a longer first sentence is set smaller, so that the first screen holds


def render(
    page: Page,
    *,
    screen: FirstScreen | None = None,
    rerun: str,
    version: str,
    digest: str = "",
    settings: Mapping[str, float | str] | None = None,
) -> str:
    """Render a page as one HTML file.

    Parameters
    ----------
    page : Page
        What it says.
    screen : FirstScreen, optional
        The first screen of a run; without it the page leads with its first sentence.
    rerun : str
        Command that makes this page again.
    version : str
        Version of misid.
    digest : str
        Hash of what went in.
    settings : mapping of str to Any, optional
        What was set instead of the scenario's own values.

    Returns
    -------
    str
        The page; it loads nothing and sends nothing.
    """
    scripts = tuple(text(name) for name in (*SCRIPTS, *((FIRST,) if screen is not None else ())))
    html = (
        environment()
        .get_template(TEMPLATE)
        .render(
            page=page,
            screen=screen,
            long=len(page.lead) > LONG,
            parts=page.sections,
            codes=dict.fromkeys((*page.caveats, *(code for part in page.sections for code in every_caveat(part)))),
            language=language(),
            policy=policy(scripts),
            scripts=[Markup(script) for script in scripts],
            style=Markup("\n".join(text(name) for name in STYLES)),
            rerun=rerun,
            version=version,
            digest=digest,
            settings=[f"{path} = {value}" for path, value in (settings or {}).items()],
        )
    )
    # The scripts keep every byte.
    words, start, rest = html.partition('<script type="module">')
    return shown(words) + start + rest


def every_caveat(part: Any) -> tuple[str, ...]:
    """Return the caveats of a section and of those within it."""
    return (*cells.caveats(part), *(code for inner in part.sections for code in every_caveat(inner)))


def policy(scripts: tuple[str, ...]) -> str:
    """Return the content security policy under which exactly these inline scripts run, given to the byte."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    closed = ("default-src 'none'", f"script-src {hashes}", "style-src 'unsafe-inline'", "img-src data:")
    return "; ".join((*closed, "base-uri 'none'", "form-action 'none'"))


def data_block(spec: Mapping[str, Any]) -> Markup:
    """Return JSON that no text inside it can end: every character that means something to HTML is escaped."""
    text = json.dumps(shown_in(spec), ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def drawing(chart: ChartData) -> tuple[Markup, int]:
    """Return the specification of a chart and its height; its title stands in the caption."""
    spec = vega_lite(chart)
    spec.pop("title", None)
    return data_block(spec), spec["height"]


def csv_link(table: Table, as_given: bool = False) -> str:
    """Return a link that holds a table, with the ends of its ranges and two digits more than are printed."""
    return f"data:text/csv;charset=utf-8,{quote(cells.csv_of(table, as_given))}"


@cache
def text(name: str) -> str:
    """Return a file of this room; a script's hash is over what a parser sees, which has no carriage return."""
    return resources.files("misid.report").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def environment() -> Environment:
    """Return the one set-up of templates: every text is escaped, and a name that is missing is an error."""
    made = Environment(
        autoescape=True,
        loader=FunctionLoader(text),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    functions = (say, caveat, caveat_name, terms, tested_sentence, drawing, csv_link, cells.sheet, cells.caveats)
    made.globals |= {function.__name__: function for function in (*functions, people.style_of, people.key)}
    made.globals |= {"APPENDIX": APPENDIX, "REPORT": REPORT}
    return made
