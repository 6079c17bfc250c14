"""What a Python user calls; the command line calls the same."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from misid._version import VERSION
from misid.findings.build import findings
from misid.findings.model import Findings
from misid.provenance import provenance
from misid.quantities import Estimate
from misid.scenario.catalog import load
from misid.scenario.files import from_mapping
from misid.scenario.resolve import resolve
from misid.scenario.resolved import Scenario
from misid.storage.folders import to_text, write_folder

RESULTS_SCHEMA = "misid/results/1"


@dataclass(frozen=True)
class Result:
    """What misid found for one scenario.

    Parameters
    ----------
    scenario : Scenario
        As it was resolved.
    findings : Findings
        The fifteen answers.
    command : str
        The command that makes the same result again.
    seconds : float
        How long it took; not part of the result.
    """

    scenario: Scenario
    findings: Findings
    command: str
    seconds: float = 0.0

    def figure(self, question: str, name: str) -> Estimate:
        """Return one figure by question and name.

        Parameters
        ----------
        question : str
            ``"Q01"`` to ``"Q15"``.
        name : str
            Its stable name, ``"wrong_hits.held.input"``.
        """
        return self.findings.figure(question, name)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``results.json``."""
        return {
            "schema": RESULTS_SCHEMA,
            "misid": VERSION,
            "scenario_digest": self.scenario.digest(),
            **self.findings.to_json(),
        }

    @cached_property
    def html(self) -> str:
        """The self-contained report."""
        from misid.report.build import render

        return render(self.findings, rerun=self.command, digest=self.scenario.digest(), version=VERSION)

    def save(self, folder: str | Path, *, force: bool = False) -> Path:
        """Write report, results, resolved scenario and provenance into a folder, all or nothing.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or with ``force`` one that holds an older result.
        force : bool
            Replace an older result.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputRefused
            If the folder cannot be written as asked.
        """
        target = Path(folder)
        files = {
            "report.html": self.html,
            "results.json": to_text(self.to_json()),
            "scenario.resolved.json": to_text(self.scenario.to_json()),
            "provenance.json": to_text(provenance(self.command, self.seconds)),
        }
        write_folder(target, files, force)
        return target

    def _repr_html_(self) -> str:
        """Notebook view: the first screen in words."""
        items = "".join(f"<li>{escape(a.count)} {escape(a.interval)}</li>" for a in self.findings.leading())
        return (
            f"<section><p><strong>SYNTHETIC</strong> · {escape(self.findings.title)}</p>"
            f"<p>{escape(self.findings.known)}</p><ul>{items}</ul><p>{escape(self.findings.not_validated)}</p>"
            "<p>Write the report: <code>result.save('folder')</code></p></section>"
        )


def run(scenario: str | Path | Mapping[str, Any] | Scenario) -> Result:
    """Answer the fifteen questions for one scenario, in closed form.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        Name of a packaged scenario, path of a file, plain data in the same form, or a resolved scenario.

    Returns
    -------
    Result

    Raises
    ------
    InvalidInput
        If the scenario is faulty; names all faults at once.
    UnknownName
        If there is no such scenario or card.

    Examples
    --------
    >>> import misid
    >>> result = misid.run("field-app")  # doctest: +SKIP
    >>> result.figure("Q01", "wrong_hits.held.input").value  # doctest: +SKIP
    """
    started = time.monotonic()
    name = "SCENARIO"
    if isinstance(scenario, Scenario):
        resolved = scenario
        name = scenario.name
    elif isinstance(scenario, Mapping):
        resolved = resolve(from_mapping(scenario))
    else:
        resolved = load(str(scenario))
        name = str(scenario)
    result = Result(resolved, findings(resolved), f"misid run {name}")
    return replace(result, seconds=time.monotonic() - started)
