"""Evaluations of a real algorithm: what they return, and how it is saved."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from misid._version import VERSION
from misid.api.figures import Key
from misid.api.result import Result
from misid.errors import MisidError, OutOfRange, UnknownName
from misid.quantities import Estimate
from misid.search import TILE_KERNELS
from misid.storage import executor as executor_of
from misid.storage import to_text, worker_count

if TYPE_CHECKING:
    from misid.algorithm import Card
    from misid.evaluation import Evaluation, EvaluationOptions, ReadOptions, ReadResult
    from misid.findings import ChartData, Page

Files = str | Path | Sequence[str | Path]
Stage = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, repr=False)
class EvaluationResult(Result):
    """What misid found for one algorithm on one data set.

    Parameters
    ----------
    evaluation : Evaluation
        Every figure, with its interval.
    card : Card or None
        The algorithm as the twin takes it, if one was wanted.
    """

    evaluation: Evaluation
    card: Card | None = None

    mark: ClassVar[str] = "Evaluation"

    def figure(self, name: str) -> Estimate:
        """Return one figure by its plain name, ``figure("eer")``.

        Raises
        ------
        UnknownFigure
            If the data say nothing of that name; names the nearest, and all that there are.  It is a KeyError too.
        """
        return self.figures[name]

    _levels: ClassVar[tuple[str, ...]] = ("figure",)

    def _named(self) -> Iterator[tuple[Key, Estimate]]:
        yield from self.evaluation.figures().items()

    def _charts(self) -> Iterator[tuple[str, ChartData]]:
        if self.page.picture is not None:
            yield "first", self.page.picture
        for part in self.page.sections:
            yield from ((part.id, chart) for chart in part.charts)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``evaluation.json``."""
        from misid.findings.evaluation.as_json import to_json

        return {"misid": VERSION, **to_json(self.evaluation)}

    @cached_property
    def page(self) -> Page:
        """What the report says, before it is laid out."""
        from misid.findings import evaluation_page

        return evaluation_page(self.evaluation)

    @cached_property
    def html(self) -> str:
        """The short page: one self-contained file; what is in full stands in `appendix`."""
        from misid.report import render, short

        return render(short(self.page), rerun=self.command, version=VERSION)

    @cached_property
    def appendix(self) -> str:
        """The appendix of the short page: every table, chart and figure."""
        from misid.report import appendix, render

        digest = " ".join(source.digest[:16] for source in self.evaluation.sources)
        return render(appendix(self.page), rerun=self.command, digest=digest, version=VERSION)

    def _files(self) -> dict[str, str]:
        from misid.findings.evaluation.as_json import tables

        return {"evaluation.json": to_text(self.to_json()), **tables(self.evaluation)}

    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        return self.page.title, (self.page.lead, self.page.tested)


def evaluate(
    files: Files,
    *,
    name: str | Sequence[str] = "",
    image_kind: str = "",
    thresholds: Sequence[float] = (),
    fmr: Sequence[float] = (),
    fpir: Sequence[float] = (),
    thresholds_against: Sequence[float] = (),
    level: float = 0.95,
    seed: int = 1,
    against: Files = (),
    card: bool = False,
    kernel: str = "",
    workers: int | None = None,
    executor: str = "local",
    scheduler: str = "",
    work: Path | None = None,
    on_stage: Stage = lambda words: None,
    on_progress: Callable[[float], None] = lambda share: None,
    **reading: Any,
) -> EvaluationResult:
    """Evaluate a real algorithm from its scores, candidate lists or embeddings.

    Parameters
    ----------
    files : str, Path or sequence of those
        One file, or two text files: mated scores, then non-mated ones.
    name : str or sequence of two str
        What to call the algorithm, and the second one; the first file's name if not given.
    image_kind : str
        Kind of probe image; one of `misid.vocabulary.ImageKind` for a card, else any words.
    thresholds : sequence of float
        Thresholds of interest, on the file's own scale.
    fmr, fpir : sequence of float
        Rates that thresholds are set for, of comparisons and of searches, in (0, 1).
    thresholds_against : sequence of float
        Thresholds of interest of the second algorithm, on its own scale.
    level : float
        Confidence level of intervals, in (0, 1).
    seed : int
        0 to 2**64 - 1.  The same seed and files give the same result.
    against : str, Path or sequence of those
        The same comparisons, searches or templates by a second algorithm, in any order.
    card : bool
        Whether to fit a card, which `run` takes as ``algorithm``.
    kernel : str
        What counts comparisons of templates: ``"numba"``, ``"numpy"``, ``"torch"`` or ``"reference"``; the faster of
        the first two that is installed if not given.
    workers : int, optional
        How many processes, or threads; one per core if not given.
    executor, scheduler : str
        Where templates are compared, as `run` takes them.
    work : Path, optional
        File in which counts are kept while templates are compared; a run that was killed goes on from it.
    on_stage : callable
        Called with what is being done, in words.
    on_progress : callable
        Called with the share of the comparisons of templates that are done.
    **reading
        How the files are to be read: fields of `misid.evaluation.ReadOptions`.

    Returns
    -------
    EvaluationResult

    Raises
    ------
    InvalidInput
        If a file is faulty; names all faults at once.
    OutOfRange
        If a number is out of range.
    MisidError
        If the data cannot carry what is wanted.

    Examples
    --------
    >>> import misid
    >>> result = misid.evaluate("scores.parquet", image_kind="mugshot")  # doctest: +SKIP
    >>> result.figure("eer").value  # doctest: +SKIP
    """
    from misid.evaluation import (
        Computing,
        EvaluationOptions,
        ReadOptions,
        evaluate_prepared,
        fit_card,
        prepare,
        read_both,
        read_files,
    )

    started = time.monotonic()
    if not 1e-9 <= level <= 1 - 1e-9:  # beyond, some intervals round to all or nothing
        raise OutOfRange("level", level, "from 0.000000001 to 0.999999999")
    if not 0 <= seed < 2**64:
        raise OutOfRange("seed", seed, "0 to 2**64 - 1")
    for option, targets in (("fmr", fmr), ("fpir", fpir)):
        for target in targets:
            if not LEAST_TARGET <= target < 1:
                raise OutOfRange(option, target, f"at least {LEAST_TARGET:g} and below 1")
    for threshold in (*thresholds, *thresholds_against):
        if not abs(threshold) <= LARGEST:
            raise OutOfRange("threshold", threshold, f"a number from -{LARGEST:.4g} to {LARGEST:.4g}, as scores are")
    given = {key: tuple(value) if isinstance(value, list) else value for key, value in reading.items()}
    asked: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    how = ReadOptions(**asked)
    first, second = _paths(files), _paths(against)
    inputs = evaluation_inputs(files, against, reading)
    names = _names(name, first, second)
    if thresholds_against and not second:
        raise MisidError("thresholds of a second algorithm, and there is none; give its file by --against")
    execute = None if executor == "local" and not scheduler else executor_of(executor, scheduler)
    if kernel not in ("", *TILE_KERNELS):
        raise UnknownName("kernel", kernel, TILE_KERNELS)
    worker_count(workers)
    computing = Computing(kernel, execute, workers, work, on_progress)
    on_stage("reading")
    other = joined = None
    reads: tuple[ReadResult, ...]
    if second:
        reads, (data, other), joined = read_both(first, second, how, names, computing)
    else:
        reads = (read_files(first, how),)
        data = prepare(*reads, computing)
    options = EvaluationOptions(
        names[0],
        image_kind,
        _held(thresholds, reads[0], data.caveats),
        level,
        seed,
        tuple(fmr),
        tuple(fpir),
        _held(thresholds_against, reads[-1], data.caveats if other is None else other.caveats),
    )
    found = evaluate_prepared(data, options, other, names[1], on_stage, joined)
    made = None
    if card:
        on_stage("fitting the card")
        made = fit_card(data, options)
    command = _command(first, second, options, names[1], (tuple(thresholds), tuple(thresholds_against)), how, kernel)
    return EvaluationResult(
        evaluation=found, card=made, command=command, seconds=time.monotonic() - started, inputs=inputs
    )


def evaluation_inputs(files: Files, against: Files, reading: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return every file that an evaluation reads, as full paths; takes what `evaluate` takes."""
    from misid.evaluation.reading.read import SIDE_FILES

    beside = [Path(reading[name]) for name in SIDE_FILES if reading.get(name)]
    return tuple(Path(os.path.abspath(path)) for path in (*_paths(files), *_paths(against), *beside))


def _paths(files: Files) -> list[Path]:
    return [Path(files)] if isinstance(files, str | Path) else [Path(file) for file in files]


def _names(given: str | Sequence[str], first: Sequence[Path], second: Sequence[Path]) -> tuple[str, str]:
    """Return what both algorithms are called: as given, else by their files; empty where there is no second one."""
    wanted = [given] if isinstance(given, str) else list(given)
    if len(wanted) > (2 if second else 1):
        raise MisidError(
            f"{len(wanted)} names and {2 if second else 1} of algorithms; give one for each, in their order"
        )
    wanted += [""] * (2 - len(wanted))
    names = [one or (files[0].name if files else "") for one, files in zip(wanted, (first, second), strict=True)]
    if names[0] == names[1] and second:
        if all(wanted):
            raise MisidError(f"both algorithms are called {names[0]!r}; give them two names")
        names = [str(Path(files[0].parent.name) / files[0].name) for files in (first, second)]
    if names[0] == names[1]:
        names[1] += " (2)"
    return names[0], names[1]


def _held(thresholds: Sequence[float], read: ReadResult, caveats: Sequence[str]) -> tuple[float, ...]:
    """Return thresholds as similarities: those of distances are distances too."""
    sign = -1.0 if "distances" in caveats else 1.0
    return tuple(sign * read.scale(t) for t in thresholds)


def _command(
    first: Sequence[Path],
    second: Sequence[Path],
    options: EvaluationOptions,
    against: str,
    thresholds: tuple[tuple[float, ...], tuple[float, ...]],
    reading: ReadOptions,
    kernel: str,
) -> str:
    """Return the command line that does the same."""
    words = ["misid", "evaluate", *map(str, first)]
    for file in second:
        words += ["--against", str(file)]
    for name in filter(None, (options.name, against)):
        words += ["--name", name]
    words += ["--seed", str(options.seed), "--level", repr(float(options.level))]
    if options.image_kind:
        words += ["--image-kind", options.image_kind]
    if kernel:
        words += ["--kernel", kernel]
    for option, numbers in (
        ("--threshold", thresholds[0]),
        ("--threshold-against", thresholds[1]),
        ("--fmr", options.fmr),
        ("--fpir", options.fpir),
    ):
        for number in numbers:
            words += [option, f"{number:.9g}"]
    for field in fields(reading):
        value = getattr(reading, field.name)
        option = "--" + OPTIONS.get(field.name, field.name).replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, tuple):
            for one in value:
                words += [option, one if isinstance(one, str) else "=".join(one)]
        elif value:
            words += [option, str(value)]
    return shlex.join(words)


LEAST_TARGET = 1e-9
LARGEST = float.fromhex("0x1.fffffep+127")
"""Largest finite number of single precision, in which scores and thresholds are held."""

OPTIONS = {"groups": "group", "columns": "column", "failed_scores": "failed-score"}
"""Options whose name is not their field's: one is given at a time."""
