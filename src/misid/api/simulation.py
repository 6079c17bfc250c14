"""Runs and comparisons of a scenario: what they return, and how it is saved."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
import weakref
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from misid._version import VERSION
from misid.api.result import Result
from misid.findings import Findings, Reckoner, Simulation, findings, reckoner, shown_point, simulate
from misid.quantities import Estimate
from misid.scenario import Scenario, from_mapping, load_scenario, resolve, scenario_names, with_algorithm
from misid.storage import ENCOUNTERS, Ledger, to_text

if TYPE_CHECKING:
    from misid.findings import Comparison

RESULTS_SCHEMA = "misid/results/1"
Progress = Callable[[int], None]
MOST_RERUN = 100_000  # encounters that are rerun with every set of layers made perfect


@dataclass(frozen=True, kw_only=True)
class SimulationResult(Result):
    """What misid found for one scenario, with the encounters that were simulated.

    Parameters
    ----------
    scenario : Scenario
        As it was resolved.
    ledger : Ledger or None
        The encounters, where any were simulated; `save` moves them into the result folder.
    """

    scenario: Scenario
    ledger: Ledger | None = None

    @abstractmethod
    def _found(self) -> dict[str, Any]:
        """Return what was found as plain JSON types."""

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``results.json``."""
        digest = self.scenario.digest()
        return {"schema": RESULTS_SCHEMA, "misid": VERSION, "scenario_digest": digest, **self._found()}

    def _files(self) -> dict[str, str]:
        return {
            "results.json": to_text(self.to_json()),
            "scenario.resolved.json": to_text(self.scenario.to_json()),
        }

    def _write(self, folder: Path, files: Mapping[str, str], force: bool, ledger: Path | None = None) -> None:
        if self.ledger is None:
            super()._write(folder, files, force)
            return
        source = self.ledger.folder
        with tempfile.TemporaryDirectory(prefix="misid-") as aside:
            if (source.parent / "results.json").is_file():
                # Saved before: the older result keeps its own.
                source = Path(shutil.copytree(source, Path(aside) / ENCOUNTERS))
            super()._write(folder, files, force, source)
        self.ledger.folder = folder / ENCOUNTERS


@dataclass(frozen=True, kw_only=True)
class RunResult(SimulationResult):
    """The fifteen answers for one scenario.

    Parameters
    ----------
    findings : Findings
        The answers.
    """

    findings: Findings

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

    def _found(self) -> dict[str, Any]:
        return self.findings.to_json()

    @cached_property
    def html(self) -> str:
        """The self-contained report."""
        from misid.report import render

        return render(self.findings, rerun=self.command, digest=self.scenario.digest(), version=VERSION)

    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        found = self.findings
        answers = [f"{answer.count} {answer.interval}" for answer in found.leading()]
        return found.title, (found.known, answers, found.not_validated)


@dataclass(frozen=True, kw_only=True)
class ComparisonResult(SimulationResult):
    """Several rules over the same people.

    Parameters
    ----------
    rules : tuple of str
        The rule in force, then those beside it.
    comparison : Comparison
        What it shows of them.
    """

    rules: tuple[str, ...]
    comparison: Comparison

    def _found(self) -> dict[str, Any]:
        return {"rules": list(self.rules), **self.comparison.to_json()}

    @cached_property
    def html(self) -> str:
        """The self-contained page."""
        from misid.report import render_comparison

        return render_comparison(self.comparison, rerun=self.command, digest=self.scenario.digest(), version=VERSION)

    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        found = self.comparison
        return found.title, (found.known, found.how, found.not_validated)


def run(
    scenario: str | Path | Mapping[str, Any] | Scenario,
    *,
    algorithm: str | Path = "",
    encounters: int = 0,
    seed: int = 1,
    workers: int | None = None,
    executor: str = "local",
    work: Path | None = None,
    on_progress: Progress | None = None,
) -> RunResult:
    """Answer the fifteen questions for one scenario; with encounters also on single synthetic people.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        Name of a packaged scenario, path of a file, plain data in the same form, or a resolved scenario.
    algorithm : str or Path
        One card instead of the scenario's own: a name or pattern of the catalogue, or a card file, ``"out.json"``.
    encounters : int
        How many encounters to simulate beside the closed form; 0 for none.
    seed : int
        0 to 2**64 - 1.  The same seed gives the same encounters, for any number of workers.
    workers : int, optional
        Processes; one per core if not given.
    executor : str
        Where they run.
    work : Path, optional
        Where parts are kept while the simulation runs; a run that was stopped goes on there.  A temporary folder if
        not given.
    on_progress : callable, optional
        Called with a number of encounters whenever so many are done.

    Returns
    -------
    RunResult

    Raises
    ------
    InvalidInput
        If the scenario is faulty; names all faults at once.
    UnknownName
        If there is no such scenario, card or executor.
    OutOfRange
        If a number is out of range.
    OutputRefused
        If the working folder holds something else.

    Examples
    --------
    >>> import misid
    >>> result = misid.run("field-app")  # doctest: +SKIP
    >>> result.figure("Q01", "wrong_hits.held.input").value  # doctest: +SKIP
    """
    started = time.monotonic()
    resolved, name = resolved_of(scenario)
    inputs = run_inputs(scenario, resolved, algorithm)
    command = f"misid run {name}"
    if algorithm:
        resolved = with_algorithm(resolved, str(algorithm))
        command += f" --algorithm {shlex.quote(str(algorithm))}"
    simulation = Simulation(encounters, seed, workers, executor) if encounters else None
    r = reckoner(resolved)
    ledger = None
    if simulation is None:
        found = findings(r)
    else:
        # These load what nobody needs who asks for the closed form alone.
        from misid.findings.causes import causes
        from misid.findings.simulated.build import simulated
        from misid.simulation import rerun_layers

        ledger = _encounters(r, r.rules, simulation, work, on_progress)
        again = rerun_layers(shown_point(r), resolved.headline_stop, seed, min(encounters, MOST_RERUN))
        digest, extra = ledger.content_hash(), (causes(r, again),)
        found = findings(r, simulated(r, ledger.folder, seed=seed, encounters=encounters, digest=digest, extra=extra))
        command += f" --encounters {encounters} --seed {seed}"
    seconds = time.monotonic() - started
    return RunResult(scenario=resolved, findings=found, command=command, seconds=seconds, ledger=ledger, inputs=inputs)


def compare(
    scenario: str | Path | Mapping[str, Any] | Scenario,
    policies: str | Sequence[str] = "all",
    *,
    encounters: int = 200_000,
    seed: int = 1,
    workers: int | None = None,
    executor: str = "local",
    work: Path | None = None,
    on_progress: Progress | None = None,
) -> ComparisonResult:
    """Put the same people under several rules.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `run`.
    policies : str or sequence of str
        Names of rules, ``"all"`` for every one; none for those that the scenario compares.  The rule in force is always
        among them.
    encounters, seed, workers, executor, work, on_progress
        As `run`; at least one encounter.

    Returns
    -------
    ComparisonResult

    Raises
    ------
    InvalidInput, OutOfRange, OutputRefused
        As `run`.
    UnknownName
        If there is no such scenario, card, rule or executor.

    Examples
    --------
    >>> import misid
    >>> misid.compare("field-app", ["lead_only"]).save("rules")  # doctest: +SKIP
    """
    from misid.findings import chosen_rules, comparison

    started = time.monotonic()
    resolved, name = resolved_of(scenario)
    inputs = run_inputs(scenario, resolved)
    simulation = Simulation(encounters, seed, workers, executor)
    r = reckoner(resolved)
    wanted = [policies] if isinstance(policies, str) else list(policies)
    rules = chosen_rules(r, wanted)
    ledger = _encounters(r, rules, simulation, work, on_progress)
    found = comparison(r, ledger.folder, rules, seed=seed, encounters=encounters, digest=ledger.content_hash())
    named = "".join(f" --policy {policy}" for policy in wanted)
    command = f"misid compare {name}{named} --encounters {encounters} --seed {seed}"
    seconds = time.monotonic() - started
    return ComparisonResult(
        scenario=resolved,
        rules=rules,
        comparison=found,
        command=command,
        seconds=seconds,
        ledger=ledger,
        inputs=inputs,
    )


def _encounters(
    r: Reckoner, rules: Sequence[str], simulation: Simulation, work: Path | None, on_progress: Progress | None
) -> Ledger:
    """Simulate into the working folder, or into a temporary one, which goes with the ledger."""
    if work is not None:
        return simulate(r, rules, simulation, work, on_progress)
    place = tempfile.mkdtemp(prefix="misid-")
    try:
        ledger = simulate(r, rules, simulation, Path(place) / ENCOUNTERS, on_progress)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    weakref.finalize(ledger, shutil.rmtree, place, ignore_errors=True)
    return ledger


def run_inputs(
    scenario: str | Path | Mapping[str, Any] | Scenario, resolved: Scenario, algorithm: str | Path = ""
) -> tuple[Path, ...]:
    """Return every file that a run reads, as full paths: the scenario's own, its cards', and that of ``algorithm``."""
    from misid.algorithm import DIGEST, is_file

    named = [card.partition(DIGEST)[0] for card in (*resolved.algorithm.cards, str(algorithm)) if is_file(card)]
    if isinstance(scenario, str | Path) and str(scenario) not in scenario_names():
        named.append(str(scenario))
    return tuple(Path(os.path.abspath(path)) for path in named)


def resolved_of(scenario: str | Path | Mapping[str, Any] | Scenario) -> tuple[Scenario, str]:
    """Return a scenario in its resolved form, and how the command line names it."""
    if isinstance(scenario, Scenario):
        return scenario, scenario.name
    if isinstance(scenario, Mapping):
        return resolve(from_mapping(scenario)), "SCENARIO"
    return load_scenario(str(scenario)), str(scenario)
