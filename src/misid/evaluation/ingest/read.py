"""Read the files of an evaluation, whatever they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np

from misid.errors import Fault, InvalidInput
from misid.evaluation.contract import Asked, Codes, Comparisons, Given, Searches, Source
from misid.evaluation.ingest import bee, text
from misid.evaluation.ingest.archive import NUMPY, Content, content
from misid.evaluation.ingest.assemble import Notes
from misid.evaluation.ingest.columns import clean, first_rows, is_number, usual_width
from misid.evaluation.ingest.faults import FORMS, Problems, refuse
from misid.evaluation.ingest.pseudonyms import Pseudonyms
from misid.evaluation.ingest.sniff import Form, sniff
from misid.evaluation.ingest.square import read_square

# Which options say something about which files; any other is refused, for it would be left unheard.
TABLE_OPTIONS = frozenset({field.name for field in fields(Asked)} - {"histogram", "mask", "mates"})
ANYWHERE = frozenset({"dissimilarity"})
NAMED = ANYWHERE | {"subjects", "groups"}


def read(files: Sequence[Path], asked: Asked) -> Given:
    """Find out what files hold, and read them.

    Parameters
    ----------
    files : sequence of Path
        One file; or two, where scores lie in two: mated and non-mated scores, a matrix and its mask.
    asked : Asked
        How the user wants them read.

    Returns
    -------
    Given
        Comparisons, searches or embeddings; subjects are numbers, and what they were called is gone.

    Raises
    ------
    InvalidInput
        If a file cannot be read; names all faults found, never a subject.
    """
    named = [Path(file) for file in files]
    if not named:
        raise InvalidInput([Fault("", 0, "files", "no file was given", "give at least one")], FORMS)
    side = [Path(path) for path in (asked.mask, asked.mates) if path]
    contents = _all([*named, *side])
    forms = [sniff(one) for one in contents]
    registry, notes = Pseudonyms(), Notes()
    for one, form in zip(contents, forms, strict=True):
        if form in (Form.COLUMNS, Form.SQUARE, Form.TABLE) and not one.data.endswith((b"\n", b"\r")):
            notes.say(f"{one.name} ends without a line end: if it was cut short, its last score is wrong.")
    contents = [
        replace(one, data=clean(one.data)) if form in (Form.COLUMNS, Form.SQUARE) else one
        for one, form in zip(contents, forms, strict=True)
    ]
    try:
        return _read(contents[: len(named)], contents[len(named) :], forms, asked, registry, notes)
    finally:
        registry.seal()


def _read(
    main: list[Content], side: list[Content], forms: list[Form], asked: Asked, registry: Pseudonyms, notes: Notes
) -> Given:
    form, name = forms[0], main[0].name
    mask = side[0] if asked.mask else None
    mates = side[-1] if asked.mates else None
    if form is Form.BEE:
        return _matrix(main, mask, asked, notes)
    if form is Form.COLUMNS:
        return _columns(main, forms, mates, asked, registry, notes)
    if len(main) > 1:
        refuse(main[1].name, f"{name} is read alone", "give one file, and a second algorithm's by --against")
    if form is Form.SQUARE:
        _unheard(name, asked, NAMED, "a matrix of scores")
        pairs, what = read_square(main[0], registry, asked.dissimilarity, notes)
        return _grouped([main[0].source(what)], notes, pairs, asked, registry)
    _unheard(name, asked, TABLE_OPTIONS, "a table" if form is not Form.ARRAYS else "embeddings")
    if form is Form.ARRAYS:
        return _arrays(main[0], asked, registry)
    return _table(main[0], form, asked, registry, notes)


def _all(paths: Sequence[Path]) -> list[Content]:
    """Return the content of every file, or the faults of all of them."""
    found: list[Content] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            found.append(content(path))
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults, FORMS)
    return found


def _matrix(main: list[Content], mask: Content | None, asked: Asked, notes: Notes) -> Given:
    _unheard(main[0].name, asked, ANYWHERE | {"mask"}, "a matrix of scores")
    scores = main[0]
    if len(main) == 2 and mask is None:
        # The order is free: each file says which it is.
        scores, mask = sorted(
            main, key=lambda one: bee.HEADER.match(one.data[:65536]) is not None and bee.header_of(one).mask
        )
    elif len(main) > 1:
        refuse(main[1].name, "a matrix is read alone, with its mask", "give one matrix and --mask FILE")
    if mask is None:
        beside = scores.path.with_suffix(".mask")
        way = f"--mask {beside}, which lies beside it" if beside.is_file() else "give its mask by --mask FILE"
        refuse(scores.name, "a matrix does not say who is mated without its mask", way)
    pairs, what = bee.read_bee(scores, mask, asked.dissimilarity, notes)
    return _given([scores.source(what[0]), mask.source(what[1])], notes, pairs)


def _columns(
    main: list[Content],
    forms: list[Form],
    mates: Content | None,
    asked: Asked,
    registry: Pseudonyms,
    notes: Notes,
) -> Given:
    first = main[0]
    if len(main) > 2:
        refuse(main[2].name, "more than two text files", "give the mated scores, then the non-mated ones")
    if len(main) == 2:
        return _pair(main, forms, asked, notes)
    if mates is not None:
        if forms[-1] is not Form.COLUMNS:
            refuse(mates.name, "the file of mates is no plain text", "each line is: query mate, with a space between")
        _unheard(first.name, asked, ANYWHERE | {"mates"}, "text of three columns")
        pairs, what = text.read_searches(first, mates, asked.dissimilarity, notes)
        return _given([first.source(what), mates.source("text, 2 columns of mates (pyeer)")], notes, pairs)
    width = text.layout(first)
    _unheard(first.name, asked, NAMED if width in (4, 5) else ANYWHERE, "text without a header")
    if width == 2:
        pairs, what = text.read_labelled(first, asked.dissimilarity, notes)
    elif width in (4, 5):
        pairs, what = text.read_named(first, width, registry, asked.dissimilarity, notes)
        return _grouped([first.source(what)], notes, pairs, asked, registry)
    elif width == 1:
        refuse(
            first.name,
            "one column of scores, and nothing says who is mated",
            "give two files: the mated scores, then the non-mated ones",
        )
    elif width == 3:
        refuse(
            first.name,
            "three columns, and nothing says who is mated",
            "give the file of mates by --mates, or put a line of column names first and separate by commas",
        )
    else:
        refuse(
            first.name,
            f"text of {width} columns without a header",
            "two, four and five are read (bob); else put a line of column names first and separate by commas",
        )
    return _given([first.source(what)], notes, pairs)


def _pair(main: list[Content], forms: list[Form], asked: Asked, notes: Notes) -> Given:
    first, second = main
    _unheard(first.name, asked, ANYWHERE | {"histogram"}, "two files of scores")
    if forms[1] is not Form.COLUMNS:
        refuse(second.name, "the first file is text without a header, the second is not", "give two files alike")
    rows = first_rows(second.data)
    if usual_width(rows) == 2 and not any(is_number(row[-1]) for row in rows if row):
        refuse(second.name, "the file holds words alone", "is it the file of mates? Give it by --mates")
    for one in main:
        if text.mixes(one, text.layout(one)):
            refuse(
                one.name,
                "the file holds mated and non-mated comparisons itself",
                "give it alone, and a second algorithm's by --against",
            )
    pairs, what = text.read_pair(first, second, asked.histogram, asked.dissimilarity, notes)
    return _given([one.source(form) for one, form in zip(main, what, strict=True)], notes, pairs)


def _arrays(found: Content, asked: Asked, registry: Pseudonyms) -> Given:
    from misid.evaluation.ingest.embeddings import read_embeddings

    data, assumed, caveats = read_embeddings(found.path, asked, registry)
    kind = "array" if found.data.startswith(NUMPY) else "arrays"
    sources = (found.source(f"numpy {kind} of embeddings"), *_lists(asked))
    return Given(sources, tuple(assumed), tuple(caveats), embeddings=data)


def _table(found: Content, form: Form, asked: Asked, registry: Pseudonyms, notes: Notes) -> Given:
    from misid.evaluation.ingest.tables import read_table

    if found.packing.startswith("tar") or found.packing == "bzip2":
        refuse(found.name, f"a table packed as {found.packing}", "unpack it, or pack it with gzip")
    data, said, caveats = read_table(found.path, asked, registry)
    assumed = (*notes.assumed, *said)
    sources = (found.source("Parquet" if form is Form.PARQUET else "table, text"), *_lists(asked))
    if isinstance(data, Searches):
        return Given(sources, tuple(assumed), tuple(caveats), searches=data)
    return Given(sources, tuple(assumed), tuple(caveats), pairs=data)


def _lists(asked: Asked) -> list[Source]:
    """Return the records of the files that say who is who and who is enrolled."""
    named = ((asked.subjects, "table of subjects"), (asked.enrolled, "list of the enrolled"))
    return [content(Path(path)).source(what) for path, what in named if path]


def _grouped(sources: list[Source], notes: Notes, pairs: Comparisons, asked: Asked, registry: Pseudonyms) -> Given:
    """Add the groups that a table of subjects gives to the people of a file that names them."""
    if bool(asked.groups) != bool(asked.subjects):
        lone, other = ("--groups", "--subjects") if asked.groups else ("--subjects", "--groups")
        refuse(sources[0].name, f"the file holds no groups, and {lone} needs {other}", f"give {other}", field=lone)
    if asked.groups and pairs.people is not None:
        from misid.evaluation.ingest.subjects import grouped, subject_table

        problems = Problems(sources[0].name)
        labels = subject_table(asked, range(len(asked.groups)), registry, problems)
        problems.raise_if_any()
        people, said, caveats = grouped(pairs.people, labels, _both(pairs, "probe"), _both(pairs, "reference"))
        pairs = replace(pairs, people=people)
        notes.assumed += said
        notes.caveats += [caveat for caveat in caveats if caveat not in notes.caveats]
        sources = [*sources, content(Path(asked.subjects)).source("table of subjects")]
    return _given(sources, notes, pairs)


def _both(pairs: Comparisons, side: str) -> Codes:
    found: Codes = np.concatenate([getattr(pairs.mated, side), getattr(pairs.non_mated, side)])
    return found


def _given(sources: list[Source], notes: Notes, pairs: Comparisons) -> Given:
    return Given(tuple(sources), tuple(notes.assumed), tuple(notes.caveats), pairs=pairs)


def _unheard(name: str, asked: Asked, heard: frozenset[str], what: str) -> None:
    """Refuse options that this kind of file has no use for."""
    faults = [
        Fault(name, 0, "--" + option.name.replace("_", "-"), f"this option says nothing about {what}", "leave it out")
        for option in fields(Asked)
        if option.name not in heard and getattr(asked, option.name) != option.default
    ]
    if faults:
        raise InvalidInput(faults, FORMS)
