"""Renders what was measured of one algorithm as one self-contained HTML file."""

from __future__ import annotations

from misid.findings import EvaluationPage
from misid.report.page import evidence, explained, render_page

TEMPLATE = "evaluate.html.j2"


def render_evaluation(page: EvaluationPage, *, rerun: str, digest: str, version: str) -> str:
    """Render an evaluation as one HTML file.

    Parameters
    ----------
    page : EvaluationPage
        What is said.
    rerun : str
        Command that makes this page again.
    digest : str
        Of the files that were read.
    version : str
        Version of misid.

    Returns
    -------
    str
        The page; it loads nothing and sends nothing.
    """
    return render_page(
        TEMPLATE,
        known=page.known,
        picture=page.picture,
        inputs=page.inputs,
        f=page,
        codes=explained(page.caveats),
        parts=[(section, evidence(section)) for section in page.sections],
        illustrative=frozenset(),
        rerun=rerun,
        digest=digest,
        version=version,
    )
