"""Renders findings as one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping

from misid.findings import Findings
from misid.report.page import evidence, render_page
from misid.report.people import people_section

TEMPLATE = "template.html.j2"


def render(
    findings: Findings, *, rerun: str, digest: str, version: str, settings: Mapping[str, float | str] | None = None
) -> str:
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
        rerun=rerun,
        digest=digest,
        version=version,
        settings=settings or {},
    )
