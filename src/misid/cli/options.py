"""Options that mean the same in every command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def result_options(default_folder: str) -> Callable[[Command], Command]:
    """Return a decorator that adds ``--out``, ``--json`` and ``--force``."""

    def add(command: Command) -> Command:
        for option in (
            click.option("--force", is_flag=True, help="Replace an older result in the folder, and nothing else."),
            click.option(
                "--json", "as_json", is_flag=True, help="Print the result as JSON; write no files without --out."
            ),
            click.option(
                "--out",
                type=click.Path(path_type=Path),
                help=f"Folder for the report; {default_folder} if not given.",
            ),
        ):
            command = option(command)
        return command

    return add


def simulation_options(encounters: int) -> Callable[[Command], Command]:
    """Return a decorator that adds ``--encounters``, ``--seed``, ``--workers`` and ``--executor``."""

    def add(command: Command) -> Command:
        for option in (
            click.option("--executor", default="local", show_default=True, help="Where the work is done."),
            click.option(
                "--workers", type=int, help="Processes; one per core if not given. Changes nothing but the time."
            ),
            click.option("--seed", type=int, default=1, show_default=True, help="The same seed, the same encounters."),
            click.option(
                "--encounters",
                type=int,
                default=encounters,
                show_default=True,
                help="Encounters of single synthetic people to simulate.",
            ),
        ):
            command = option(command)
        return command

    return add


class Saved(Protocol):
    """What can be written into a folder."""

    def save(self, folder: Path, *, force: bool = False) -> Path:
        """Write it."""


Result = TypeVar("Result", bound=Saved)


def carry_out(
    job: Callable[..., Result], folder: Path, asked: Mapping[str, Any], then: str, inputs: Sequence[Path]
) -> Result:
    """Do a job as the options of `simulation_options` and `result_options` ask, and write what comes of it.

    Parameters
    ----------
    job : callable
        Takes ``encounters``, ``seed``, ``workers``, ``executor``, ``work`` and ``on_progress``.
    folder : Path
        Where the result goes if ``--out`` is not given.
    asked : mapping of str to object
        All options, by name.
    then : str
        What follows the encounters, in words.
    inputs : sequence of Path
        Every file that the job reads; none is written over.
    """
    from misid.storage import check_inputs, check_target, remove_ledger

    folder = asked["out"] or folder
    writes = asked["out"] is not None or not asked["as_json"]
    # Parts lie beside the result until it is whole; a run that was stopped goes on there.
    work = folder.with_name(f"{folder.name}.partial") if writes and asked["encounters"] else None
    if writes:
        check_target(folder, asked["force"], inputs)
        if work is not None and asked["force"]:
            check_inputs(work, inputs)
            remove_ledger(work)
    simulation = {name: asked[name] for name in ("encounters", "seed", "workers", "executor")}
    with progress(asked["encounters"], then) as done:
        result = job(**simulation, work=work, on_progress=done)
        if writes:
            result.save(folder, force=asked["force"])
    return result


@contextmanager
def progress(encounters: int, then: str) -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many encounters are done, then what is done with them; nothing elsewhere.

    Parameters
    ----------
    encounters : int
        How many there are; 0 for none.
    then : str
        What follows, in words.

    Yields
    ------
    callable
        To be called with a number of encounters whenever so many are done.
    """
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"{encounters:,} encounters" if encounters else then, total=encounters or None)

        def done(more: int) -> None:
            bar.advance(task, more)
            if bar.finished:
                bar.update(task, description=then, total=None)

        yield done


@contextmanager
def stages() -> Iterator[Callable[[str], None]]:
    """Show on a terminal what is being done, with the time it takes; nothing elsewhere.

    Yields
    ------
    callable
        To be called with each thing that begins, in words.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("reading", total=None)
        yield lambda words: shown.update(task, description=words)
