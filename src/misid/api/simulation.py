"""Runs and comparisons of a scenario: what they return, and how it is saved."""

from __future__ import annotations

import os
import shlex
import shutil
import tempfile
import time
import weakref
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from misid._version import VERSION
from misid.api.figures import Key
from misid.api.result import Result
from misid.expected import ScenarioModel, model_of
from misid.findings import Estimates, Findings, Simulation, estimates_of, findings, simulate
from misid.quantities import Estimate
from misid.scenario import (
    Scenario,
    from_mapping,
    load_scenario,
    resolve,
    scenario_names,
    with_algorithm,
    with_values,
)
from misid.storage import ENCOUNTERS, RESULTS_SCHEMA, Ledger, to_text
from misid.storage import executor as executor_of

if TYPE_CHECKING:
    from misid.findings import ChartData, Comparison, Finding, Section

Progress = Callable[[int], None]
Settings = Mapping[str, Any] | Iterable[str]
MOST_RERUN = 100_000  # encounters that are rerun with every set of layers made perfect


@dataclass(frozen=True, kw_only=True, repr=False)
class SimulationResult(Result):
    """What misid found for one scenario, with the encounters that were simulated.

    Parameters
    ----------
    scenario : Scenario
        As it was resolved.
    ledger : Ledger or None
        The encounters, where any were simulated; `save` moves them into the result folder.
    settings : mapping of str to Any
        What was set instead of the scenario's own values, by path.
    """

    scenario: Scenario
    ledger: Ledger | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @abstractmethod
    def _found(self) -> dict[str, Any]:
        """Return what was found as plain JSON types."""

    @abstractmethod
    def _shown(self) -> Findings | Comparison:
        """Return what the pages show."""

    @abstractmethod
    def _parts(self) -> tuple[Finding | Section, ...]:
        """Return what has figures and charts of its own, by id."""

    def _named(self) -> Iterator[tuple[Key, Estimate]]:
        for part in self._parts():
            yield from (((part.id, name), figure) for name, figure in part.figures.items())

    def _charts(self) -> Iterator[tuple[str, ChartData]]:
        yield "first", self._shown().picture
        for part in self._parts():
            yield from ((part.id, chart) for chart in part.charts)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``results.json``."""
        digest, settings = self.scenario.digest(), dict(self.settings)
        known = {"schema": RESULTS_SCHEMA, "misid": VERSION, "scenario_digest": digest, "settings": settings}
        return known | self._found()

    def _about(self) -> dict[str, Any]:
        digest, settings = self.scenario.digest(), self.settings
        return {"rerun": self.command, "digest": digest, "version": VERSION, "settings": settings}

    def _files(self) -> dict[str, str]:
        from misid.findings import csv_of

        return {
            "results.json": to_text(self.to_json()),
            "scenario.resolved.json": to_text(self.scenario.to_json()),
            "inputs.csv": csv_of(self._shown().inputs),
        }

    def _write(self, folder: Path, files: Mapping[str, str | bytes], force: bool, ledger: Path | None = None) -> None:
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


@dataclass(frozen=True, kw_only=True, repr=False)
class RunResult(SimulationResult):
    """The answers for one scenario.

    Parameters
    ----------
    findings : Findings
        The answers.
    estimates : Estimates or None
        What they were read from; made again from the scenario where it is not given.
    """

    findings: Findings
    estimates: Estimates | None = field(default=None, repr=False, compare=False)

    def figure(self, question: str, name: str) -> Estimate:
        """Return one figure by question and name.

        Parameters
        ----------
        question : str
            ``"Q01"``, say.
        name : str
            Its stable name, ``"wrong_hits.nist_kept"``.

        Raises
        ------
        UnknownFigure
            If there is none; names the nearest, and all of that question.  It is a KeyError too.
        """
        return self.figures[question, name]

    _levels: ClassVar[tuple[str, ...]] = ("question", "figure")

    def _shown(self) -> Findings:
        return self.findings

    def _parts(self) -> tuple[Finding | Section, ...]:
        """Return the answers, and what is said of simulated people where there are any."""
        simulated = self.findings.simulated
        return (*self.findings.answers, *(simulated.sections if simulated is not None else ()))

    def _found(self) -> dict[str, Any]:
        return self.findings.to_json()

    @cached_property
    def html(self) -> str:
        """The short page: one self-contained file; what is in full stands in `appendix`."""
        from misid.report import first_screen, render, short

        screen = first_screen(self.estimates or estimates_of(self.scenario))
        return render(short(self.findings), screen=screen, **self._about())

    @cached_property
    def appendix(self) -> str:
        """The appendix of the short page: every table, chart, figure, caveat and term."""
        from misid.report import appendix, render

        return render(appendix(self.findings), **self._about())

    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        found = self.findings
        answers = [f"{answer.count} {answer.interval}" for answer in found.leading()]
        return found.title, (found.known, answers, found.page.tested if found.page else found.not_validated)


@dataclass(frozen=True, kw_only=True, repr=False)
class ComparisonResult(SimulationResult):
    """Several rules over the same people, or two scenarios.

    Parameters
    ----------
    rules : tuple of str
        The rule in force, then those beside it; of two scenarios the rule of each.
    comparison : Comparison
        What it shows of them.
    against : Scenario or None
        The other scenario.
    """

    rules: tuple[str, ...]
    comparison: Comparison
    against: Scenario | None = None

    def figure(self, section: str, name: str) -> Estimate:
        """Return one figure by the section in which it stands and its name.

        Parameters
        ----------
        section : str
            Id of the section: ``"effects"``, ``"paired"``.
        name : str
            Its stable name, ``"lead_only.unsupported.enrolled"``.

        Raises
        ------
        UnknownFigure
            If there is none; names the nearest, and all of that section.  It is a KeyError too.
        """
        return self.figures[section, name]

    def _shown(self) -> Comparison:
        return self.comparison

    def _parts(self) -> tuple[Finding | Section, ...]:
        return self.comparison.sections

    def _found(self) -> dict[str, Any]:
        other = {} if self.against is None else {"against_digest": self.against.digest()}
        return {**other, "rules": list(self.rules), **self.comparison.to_json()}

    def _files(self) -> dict[str, str]:
        other = {} if self.against is None else {"against.resolved.json": to_text(self.against.to_json())}
        return super()._files() | other

    @cached_property
    def html(self) -> str:
        """The short page: one self-contained file; what is in full stands in `appendix`."""
        from misid.report import render, short

        return render(short(self.comparison), **self._about())

    @cached_property
    def appendix(self) -> str:
        """The appendix of the short page: every table, chart, figure, caveat and term."""
        from misid.report import appendix, render

        return render(appendix(self.comparison), **self._about())

    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        found = self.comparison
        return found.title, (found.known, found.lines, found.not_validated)


def run(
    scenario: str | Path | Mapping[str, Any] | Scenario,
    *,
    algorithm: str | Path = "",
    settings: Settings = (),
    encounters: int = 0,
    seed: int = 1,
    workers: int | None = None,
    executor: str = "local",
    scheduler: str = "",
    work: Path | None = None,
    on_progress: Progress | None = None,
) -> RunResult:
    """Answer the questions for one scenario; with encounters also on single synthetic people.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        Name of a packaged scenario, path of a file, plain data in the same form, or a resolved scenario.
    algorithm : str or Path
        One card instead of the scenario's own: a name or pattern of the catalogue, or a card file, ``"out.json"``.
    settings : mapping of str to Any, or iterable of str, optional
        Values set instead of the scenario's own, by path: ``{"threshold.field_fpir": 0.01}``, or as the command line
        takes them, ``["threshold.field_fpir=0.01"]``.
    encounters : int
        How many encounters to simulate beside the expected numbers; 0 for none.
    seed : int
        0 to 2**64 - 1.  The same seed gives the same encounters, for any number of workers.
    workers : int, optional
        Processes; one per core if not given.
    executor : str
        Where they run: ``"local"``, or ``"dask"`` with the extra ``cluster``.
    scheduler : str
        Address of a Dask scheduler, ``"tcp://HOST:8786"``; a cluster of this machine's cores if not given.
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
        If the scenario, or a value that is set, is faulty; names all faults at once.
    UnknownName
        If there is no such scenario, card, path or executor.
    OutOfRange
        If a number is out of range.
    OutputRefused
        If the working folder holds something else.

    Examples
    --------
    >>> import misid
    >>> result = misid.run("field-app")  # doctest: +SKIP
    >>> result.figure("Q01", "wrong_hits.nist_kept").value  # doctest: +SKIP
    """
    started = time.monotonic()
    resolved, name = resolved_of(scenario)
    inputs = run_inputs(scenario, resolved, algorithm)
    command = f"misid run {name}"
    if algorithm:
        resolved = with_algorithm(resolved, str(algorithm))
        command += f" --algorithm {shlex.quote(str(algorithm))}"
    resolved = with_values(resolved, settings)
    command += _as_options(settings)
    simulation = Simulation(encounters, seed, workers, executor_of(executor, scheduler)) if encounters else None
    e = estimates_of(resolved)
    ledger = None
    if simulation is None:
        found = findings(e)
    else:
        # These load what nobody needs who asks for the closed form alone.
        from misid.findings.causes import causes
        from misid.findings.simulated.build import simulated
        from misid.simulation import rerun_layers

        ledger = _encounters(e.model, e.model.rules, simulation, work, on_progress)
        again = rerun_layers(e.model.best(), resolved.headline_stop, seed, min(encounters, MOST_RERUN), workers)
        digest, extra = ledger.content_hash(), (causes(e, again),)
        found = findings(e, simulated(e, ledger.folder, seed=seed, encounters=encounters, digest=digest, extra=extra))
        command += f" --encounters {encounters} --seed {seed}"
    return RunResult(
        scenario=resolved,
        findings=found,
        estimates=e,
        command=command,
        seconds=time.monotonic() - started,
        ledger=ledger,
        inputs=inputs,
        settings=_by_path(settings),
    )


def compare(
    scenario: str | Path | Mapping[str, Any] | Scenario,
    policies: str | Sequence[str] = "all",
    *,
    against: str | Path | Mapping[str, Any] | Scenario | None = None,
    settings: Settings = (),
    encounters: int = 200_000,
    seed: int = 1,
    workers: int | None = None,
    executor: str = "local",
    scheduler: str = "",
    work: Path | None = None,
    on_progress: Progress | None = None,
) -> ComparisonResult:
    """Put the same people under several rules, or two scenarios side by side.

    Parameters
    ----------
    scenario : str, Path, mapping or Scenario
        As `run`.
    policies : str or sequence of str
        Names of rules, several joined by a plus sign (``"lead_only+documents_count"``), ``"all"`` for every one; none
        for those that the scenario compares.  The rule in force is always among them.
    against : str, Path, mapping or Scenario, optional
        Another scenario: the two are then compared, each under its own rule, and nobody is simulated.
    settings : mapping of str to Any, or iterable of str, optional
        As `run`; in both scenarios where there are two.
    encounters, seed, workers, executor, scheduler, work, on_progress
        As `run`; at least one encounter.

    Returns
    -------
    ComparisonResult

    Raises
    ------
    InvalidInput
        As `run`, or if rules that are joined contradict each other.
    OutOfRange, OutputRefused
        As `run`.
    UnknownName
        If there is no such scenario, card, path, rule or executor.

    Examples
    --------
    >>> import misid
    >>> misid.compare("field-app", ["lead_only"]).save("rules")  # doctest: +SKIP
    >>> misid.compare("field-app", against="police-live").comparison.known  # doctest: +SKIP
    """
    from misid.findings import chosen_rules, comparison, scenario_comparison

    started = time.monotonic()
    resolved, name = resolved_of(scenario)
    inputs = run_inputs(scenario, resolved)
    resolved = with_values(resolved, settings)
    ledger = other = None
    if against is not None:
        other, other_name = resolved_of(against)
        inputs += run_inputs(against, other)
        other = with_values(other, settings)
        rules: tuple[str, ...] = (resolved.rule, other.rule)
        found = scenario_comparison(resolved, other)
        command = f"misid compare {name} {other_name}{_as_options(settings)}"
    else:
        simulation = Simulation(encounters, seed, workers, executor_of(executor, scheduler))
        wanted = [policies] if isinstance(policies, str) else list(policies)
        rules = chosen_rules(resolved, wanted)
        model = model_of(resolved)
        ledger = _encounters(model, rules, simulation, work, on_progress)
        found = comparison(model, ledger.folder, rules, seed=seed, encounters=encounters, digest=ledger.content_hash())
        named = "".join(f" --policy {policy}" for policy in wanted)
        command = f"misid compare {name}{named}{_as_options(settings)} --encounters {encounters} --seed {seed}"
    return ComparisonResult(
        scenario=resolved,
        rules=rules,
        comparison=found,
        against=other,
        command=command,
        seconds=time.monotonic() - started,
        ledger=ledger,
        inputs=inputs,
        settings=_by_path(settings),
    )


def _by_path(settings: Settings) -> dict[str, Any]:
    """Return settings by path, however they were given."""
    return dict(settings if isinstance(settings, Mapping) else (one.split("=", 1) for one in settings))


def _as_options(settings: Settings) -> str:
    """Return settings as the command line takes them."""
    return "".join(f" --set {shlex.quote(f'{path}={value}')}" for path, value in _by_path(settings).items())


def _encounters(
    model: ScenarioModel, rules: Sequence[str], simulation: Simulation, work: Path | None, on_progress: Progress | None
) -> Ledger:
    """Simulate into the working folder, or into a temporary one, which goes with the ledger."""
    if work is not None:
        return simulate(model, rules, simulation, work, on_progress)
    place = tempfile.mkdtemp(prefix="misid-")
    try:
        ledger = simulate(model, rules, simulation, Path(place) / ENCOUNTERS, on_progress)
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
