"""Renders predictions beside observations as one self-contained HTML file."""

from __future__ import annotations

from misid.findings import ValidationPage
from misid.report import cells
from misid.report.build import REPORT
from misid.report.page import evidence, explained, render_page

TEMPLATE = "validate.html.j2"


def render_validation(page: ValidationPage, *, rerun: str, version: str) -> str:
    """Render the page of predictions as one HTML file; ``rerun`` is the command that gives it again."""
    return render_page(
        TEMPLATE,
        known=page.known,
        picture=None,
        inputs=page.inputs,
        f=page,
        back="" if page.page is None else REPORT,
        codes=explained(page.caveats),
        parts=[(section, evidence(section)) for section in page.sections],
        misses=[cells.sheet(table) for table in page.misses],
        unsettled=cells.sheet(page.unsettled),
        unpredicted=cells.sheet(page.unpredicted),
        folded={name: cells.sheet(table) for name, table in page.folded.items()},
        illustrative=frozenset(),
        rerun=rerun,
        digest="",
        version=version,
    )
