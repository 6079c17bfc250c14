"""Renders findings as two self-contained HTML files: a short page, and its appendix that holds everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from misid.findings import Comparison, Finding, Findings, Section, Table, ValidationPage, csv_of, tested_sentence
from misid.report import cells
from misid.report.first import FirstScreen
from misid.report.page import EmbeddedChart, embed_chart, evidence, render_page
from misid.report.people import Encounter, encounters, people_section

TEMPLATE = "template.html.j2"
SHORT = "page.html.j2"
SHORT_STYLES, SHORT_SCRIPTS = ("report.css", "people.css", "short.css", "first.css"), ("first.js",)
REPORT, APPENDIX = "report.html", "appendix.html"  # they stand side by side and link to each other by name


@dataclass(frozen=True)
class BriefSection:
    """A section of a short page as it is printed: with at most one chart or table, and the table as a CSV link."""

    id: str
    title: str
    text: str
    link: str
    chart: EmbeddedChart | None
    table: cells.Sheet | None
    csv: str
    encounters: tuple[Encounter, ...]
    questions: tuple[Finding, ...]


def render_short(
    said: Findings | Comparison | ValidationPage,
    screen: FirstScreen | None,
    *,
    rerun: str,
    digest: str,
    version: str,
    settings: Mapping[str, float | str] | None = None,
) -> str:
    """Render the short page of a run, a comparison or a validation; other parameters as for `render`.

    Parameters
    ----------
    screen : FirstScreen or None
        The first screen of a run; with None the page leads with its first sentence alone.

    Raises
    ------
    ValueError
        If what is said has no short page.
    """
    page = said.page
    if page is None:
        raise ValueError(f"there is no short page of {said.title!r}")
    return render_page(
        SHORT,
        known=page.lead,
        picture=None,
        inputs=said.inputs,
        styles=SHORT_STYLES,
        more_scripts=SHORT_SCRIPTS,
        page=page,
        screen=screen,
        sections=[_brief(section) for section in page.sections],
        appendix=APPENDIX,
        illustrative=frozenset(said.illustrative),
        rerun=rerun,
        digest=digest,
        version=version,
        settings=settings or {},
    )


def _brief(section: Section) -> BriefSection:
    chart = section.charts[0] if section.charts else None
    table = section.tables[0] if section.tables else None
    return BriefSection(
        section.id,
        section.title,
        section.text,
        section.link,
        embed_chart(f"{section.id}-chart", chart, tested_sentence(chart.table.distances())) if chart else None,
        _sheet(table) if table else None,
        f"data:text/csv;charset=utf-8,{quote(csv_of(table))}" if table else "",
        encounters(section.screens),
        section.questions,
    )


def _sheet(table: Table) -> cells.Sheet:
    """Return a table as it is printed; what was tested stands on the first screen and in the appendix."""
    return cells.sheet(table, above=tested_sentence(table.distances()), marked=False)


def render(
    findings: Findings, *, rerun: str, digest: str, version: str, settings: Mapping[str, float | str] | None = None
) -> str:
    """Render the appendix: everything that there is to say, as one HTML file.

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
    settings : mapping of str to Any, optional
        What was set instead of the scenario's own values.

    Returns
    -------
    str
        The page; it loads nothing and sends nothing.
    """
    return render_page(
        TEMPLATE,
        known=findings.known,
        picture=findings.picture,
        inputs=findings.inputs,
        f=findings,
        answers=[(finding, evidence(finding)) for finding in findings.answers],
        people=None if findings.simulated is None else people_section(findings.simulated),
        illustrative=frozenset(findings.illustrative),
        back="" if findings.page is None else REPORT,
        rerun=rerun,
        digest=digest,
        version=version,
        settings=settings or {},
    )
