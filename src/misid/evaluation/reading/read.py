"""The formats that are read, and what reading is the same for all of them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from misid.errors import Fault, InvalidInput
from misid.evaluation.contract import Codes, Comparisons, Embeddings, ReadOptions, ReadResult, Searches, Source, Stream
from misid.evaluation.reading.content import FileContent, load_content
from misid.evaluation.reading.faults import FORMS
from misid.evaluation.reading.names import EXACT, NameRule, sample_key, spelled
from misid.evaluation.reading.pseudonyms import Pseudonyms
from misid.evaluation.reading.scale import AS_READ, ScoreScale
from misid.vocabulary.catalogue import say

# Modules of this folder that read a format, each with a tuple READERS.  Of two that are as sure, the first is taken.
FORMATS = ("bee", "arrays", "embeddings", "square_matrix", "score_table", "labelled", "trials", "pyeer", "bob")

# Options that name a further file, and what it is.
SIDE_FILES = {
    "mask": "NIST BEE mask",
    "mates": "text, 2 columns of mates (pyeer)",
    "trials": "list of trials",
    "subjects": "table of subjects",
    "enrolled": "list of the enrolled",
    "searched": "list of all searches",
}

SCORED = frozenset(("dissimilarity", "similarity", "failed_scores"))  # options of every reader of scores

Data = Comparisons | Stream | Searches | Embeddings


@dataclass
class Reading:
    """One reading: how files are to be read, and what is gathered on the way."""

    options: ReadOptions
    pseudonyms: Pseudonyms = field(default_factory=Pseudonyms)
    side: dict[str, FileContent] = field(default_factory=dict)  # by option of `SIDE_FILES`
    sources: list[Source] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)  # a sentence for everything that was taken for granted
    scale: ScoreScale = AS_READ  # on which scores are held
    names: NameRule = field(default_factory=NameRule)  # who is the same person
    by_names: bool = False  # whether names alone say which comparisons are mated
    caveats: list[str] = field(default_factory=list)  # codes of caveats, each once
    samples: Pseudonyms | None = None  # numbers of samples, where a second algorithm is to be joined

    def number_samples(self, names: Sequence[str], at: npt.NDArray[np.integer]) -> Codes | None:
        """Return the number of the sample in each place; None where nobody joins them."""
        return None if self.samples is None else self.samples.codes(np.array(names, object))[at]

    def note(self, sentence: str, caveat: str = "") -> None:
        """Add a sentence, and a caveat if it has one."""
        self.assumed.append(sentence)
        if caveat and caveat not in self.caveats:
            self.caveats.append(caveat)

    def clean(self, *contents: FileContent) -> None:
        """Make every line of text end with a newline, and say where the last one ended without."""
        for content in contents:
            self.note_missing_end(content)
            content.clean()

    def note_missing_end(self, content: FileContent) -> None:
        """Say so where text ends without a line end."""
        if not content.data.endswith((b"\n", b"\r")):
            self.note(say("reading.cut_short", file=content.name))

    def describe(self, content: FileContent, format_: str) -> None:
        """Record a file, and what it turned out to be."""
        packing = f", {content.packing}" if content.packing else ""
        self.sources.append(Source(content.name, format_ + packing, content.size, content.digest))


@dataclass(frozen=True)
class Reader:
    """One format of files."""

    name: str  # in words: "this option says nothing about ..."
    options: frozenset[str]  # fields of `ReadOptions` that it understands; any other is refused
    # How sure it is that the files are of this format, 0 to 1; `InvalidInput` if they would be, but for a fault.
    recognise: Callable[[Sequence[FileContent], ReadOptions], float]
    read: Callable[[Sequence[FileContent], Reading], Data]
    several: bool = False  # whether it takes more than one file


def read_files(files: Sequence[Path], options: ReadOptions) -> ReadResult:
    """Find out what files hold, and read them.

    Parameters
    ----------
    files : sequence of Path
        One file; or two, where scores lie in two: mated and non-mated scores, a matrix and its mask.
    options : ReadOptions
        How the user wants them read.

    Returns
    -------
    ReadResult
        Comparisons, searches or embeddings; subjects are numbers, and what they were called is gone.

    Raises
    ------
    InvalidInput
        If a file cannot be read; names all faults found, never a subject.
    """
    return _read_all([_open(files, options)], options)[0]


def read_two(first: Sequence[Path], second: Sequence[Path], options: ReadOptions) -> tuple[ReadResult, ReadResult]:
    """Read two algorithms' files as `read_files` does each; subjects and samples have the same numbers in both.

    An option may say something about either.  ``unscored`` is about what stands in one of them alone.
    """
    one, other = _read_all([_open(files, options) for files in (first, second)], options)
    return one, other


class _Opened(NamedTuple):
    """Files of one algorithm, and who reads them."""

    main: list[FileContent]
    side: dict[str, FileContent]
    reader: Reader


def _open(files: Sequence[Path], options: ReadOptions) -> _Opened:
    named = [Path(file) for file in files]
    if not named:
        raise InvalidInput([Fault("", 0, "files", "no file was given", "give at least one")], FORMS)
    sides = [option for option in SIDE_FILES if getattr(options, option)]
    contents = _load_all([*named, *(Path(getattr(options, option)) for option in sides)])
    main, side = contents[: len(named)], dict(zip(sides, contents[len(named) :], strict=True))
    reader = _find_reader(main, options)
    if len(main) > 1 and not reader.several:
        main[1].problems.refuse(f"{main[0].name} is read alone", "give one file, and a second algorithm's by --against")
    return _Opened(main, side, reader)


def _read_all(opened: Sequence[_Opened], options: ReadOptions) -> list[ReadResult]:
    """Read the files of one algorithm, or of two; each reader hears of the options that it understands."""
    two = len(opened) > 1
    understood = frozenset[str]({"unscored"} if two else ()).union(*(one.reader.options for one in opened))
    _reject_unused_options(opened[0].reader, understood, opened[0].main[0], options)
    exact = options.names == EXACT or not two
    pseudonyms = Pseudonyms(None if exact else spelled)
    samples = Pseudonyms(None if exact else _spelled_sample) if two else None
    numbered = {"subjects": pseudonyms} | ({"samples": samples} if samples is not None else {})
    found = []
    try:
        for main, side, reader in opened:
            others: dict[str, Any] = {
                one.name: one.default for one in fields(ReadOptions) if one.name not in reader.options
            }
            side = {option: content for option, content in side.items() if option in reader.options}
            reading = Reading(replace(options, **others), pseudonyms, side, samples=samples)
            data = reader.read(main, reading)
            for what, names in numbered.items():
                if names.respelled:
                    reading.note(say(f"reading.joined.respelled_{what}", n=names.respelled))
                names.next_file()
            found.append(_result(data, reading))
    finally:
        for names in numbered.values():
            names.seal()
    return found


def _spelled_sample(name: str) -> str:
    return spelled(sample_key(name))


def _result(data: Data, reading: Reading) -> ReadResult:
    for option, content in reading.side.items():
        reading.describe(content, SIDE_FILES[option])
    return ReadResult(
        tuple(reading.sources),
        tuple(reading.assumed),
        tuple(reading.caveats),
        pairs=None if isinstance(data, Searches | Embeddings) else data,
        searches=data if isinstance(data, Searches) else None,
        embeddings=data if isinstance(data, Embeddings) else None,
        scale=reading.scale.number,
    )


def _load_all(paths: Sequence[Path]) -> list[FileContent]:
    """Return the content of every file, or the faults of all of them."""
    found: list[FileContent] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            found.append(load_content(path))
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults, FORMS)
    return found


def all_readers() -> list[Reader]:
    """Return the readers of all formats."""
    modules = (importlib.import_module(f"misid.evaluation.reading.{name}") for name in FORMATS)
    return [reader for module in modules for reader in module.READERS]


def _find_reader(files: Sequence[FileContent], options: ReadOptions) -> Reader:
    """Return the reader that is surest of the files, or refuse them for the reason that the first reader gives."""
    sure: list[tuple[float, Reader]] = []
    refused: list[InvalidInput] = []
    for reader in all_readers():
        try:
            sure.append((reader.recognise(files, options), reader))
        except InvalidInput as error:
            refused.append(error)
    surest, found = max(sure, key=lambda answer: answer[0])
    if surest > 0:
        return found
    if refused:
        raise refused[0]
    files[0].problems.refuse("no format that is read", "write CSV or Parquet")


def _reject_unused_options(
    reader: Reader, understood: frozenset[str], content: FileContent, options: ReadOptions
) -> None:
    for one in fields(ReadOptions):
        if one.name not in understood and getattr(options, one.name) != one.default:
            field = "--" + one.name.replace("_", "-")
            content.problems.add(f"this option says nothing about {reader.name}", "leave it out", field=field)
    content.problems.raise_if_any()
