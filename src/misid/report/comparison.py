"""Renders a comparison of rules as one self-contained HTML file; it shares everything but its middle with a report."""

from __future__ import annotations

from collections.abc import Mapping

from misid.findings import Comparison
from misid.report.build import REPORT
from misid.report.page import evidence, explained, render_page

TEMPLATE = "compare.html.j2"


def render_comparison(
    comparison: Comparison, *, rerun: str, digest: str, version: str, settings: Mapping[str, float | str] | None = None
) -> str:
    """Render a comparison of rules as one HTML file.

    Parameters
    ----------
    comparison : Comparison
        What is said.
    rerun : str
        Command that makes this page again.
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
        known=comparison.known,
        picture=comparison.picture,
        inputs=comparison.inputs,
        f=comparison,
        back="" if comparison.page is None else REPORT,
        codes=explained(comparison.caveats),
        parts=[(section, evidence(section)) for section in comparison.sections],
        illustrative=frozenset(comparison.illustrative),
        rerun=rerun,
        digest=digest,
        version=version,
        settings=settings or {},
    )
