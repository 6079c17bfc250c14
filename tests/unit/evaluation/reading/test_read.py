"""Whatever the form: no name of a subject gets out, neither in what is read nor in what is refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from misid.errors import InvalidInput, MisidError
from misid.evaluation import Pseudonyms, ReadOptions, read_files
from misid.evaluation.reading import read as reading
from misid.vocabulary.names import codes

SECRET = ("Zyxwv", "Qponm", "Lkjih")


def everything(thing, seen=None):
    """All text that can be reached from what was read: values of fields, arrays and their elements."""
    if dataclasses.is_dataclass(thing):
        return repr(thing) + "".join(everything(getattr(thing, field.name)) for field in dataclasses.fields(thing))
    if isinstance(thing, np.ndarray):
        return f"{thing.dtype} {thing.tolist()}"
    if isinstance(thing, tuple | list):
        return "".join(map(everything, thing))
    return repr(thing)


def rows(names):
    return [
        (claimed, real, f"{real}/{sample}", (5.0 if claimed == real else 1.0) + i / 8 + j / 64 + sample / 512)
        for i, claimed in enumerate(names)
        for j, real in enumerate(names)
        for sample in (1, 2)
    ]


def four(names):
    return "".join(f"{a} {b} {label} {score}\n" for a, b, label, score in rows(names))


def five(names):
    return "".join(f"{a} {a}-m {b} {label} {score}\n" for a, b, label, score in rows(names))


def square(names):
    cells = {(a, b): score for a, b, _, score in rows(names)}
    lines = [",".join([b, *(str(cells[a, b]) for a in names)]) for b in names]
    return "\n".join([",".join(["", *names]), *lines]) + "\n"


def searches(names):
    return "".join(f"{label} {a}-t {score}\n" for a, _, label, score in rows(names))


def mates(names):
    return "".join(f"{name}/{sample} {name}-t\n" for name in names for sample in (1, 2))


FORMS = {"four": four, "five": five, "square": square, "searches": searches}


def opened(folder, form, names, text=None):
    path = folder / "scores"
    path.write_text(FORMS[form](names) if text is None else text)
    asked = ReadOptions()
    if form == "searches":
        (folder / "mates").write_text(mates(names))
        asked = ReadOptions(mates=str(folder / "mates"))
    return path, asked


@pytest.mark.parametrize("form", FORMS)
def test_no_name_is_left_in_what_was_read(tmp_path, form):
    path, asked = opened(tmp_path, form, SECRET)
    found = everything(read_files([path], asked))
    assert len(found) > 200
    assert not [name for name in SECRET if name in found]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same_story(tmp_path, form):
    path, asked = opened(tmp_path, form, SECRET)
    given = read_files([path], asked)
    assert given.pairs.people.count == 3
    np.testing.assert_array_equal(given.pairs.mated.probe, given.pairs.mated.reference)
    assert (given.pairs.non_mated.probe != given.pairs.non_mated.reference).all()
    assert set(given.caveats) <= codes("caveat")
    searched = np.concatenate((given.pairs.mated.search, given.pairs.non_mated.search))
    assert set(searched.tolist()) == set(range(3 if form == "square" else 6))


@pytest.mark.parametrize("form", FORMS)
def test_numbers_follow_the_file_not_the_alphabet(tmp_path, form):
    path, asked = opened(tmp_path, form, SECRET)
    renamed = {"Zyxwv": "aaa", "Qponm": "zzz", "Lkjih": "mmm"}
    first = read_files([path], asked).pairs
    path, asked = opened(tmp_path, form, [renamed[name] for name in SECRET])
    second = read_files([path], asked).pairs
    for side in ("mated", "non_mated"):
        for column in ("score", "probe", "reference", "search"):
            np.testing.assert_array_equal(getattr(getattr(first, side), column), getattr(getattr(second, side), column))


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=15, deadline=None, derandomize=True)
@given(data=st.data())
def test_no_name_is_in_an_error(form, data, tmp_path_factory):
    """A file damaged anywhere is read or refused; either way it keeps its names to itself."""
    folder = tmp_path_factory.mktemp("damaged")
    text = FORMS[form](SECRET)
    at = data.draw(st.integers(0, len(text) - 1))
    how = data.draw(st.sampled_from(["cut", "drop", "swap", "insert"]))
    piece = data.draw(st.sampled_from([" ", ",", "\n", "nan", "inf", "x", "_", "-", "\t"]))
    changed = {
        "cut": text[:at],
        "drop": text[:at] + text[at + 1 :],
        "insert": text[:at] + piece + text[at:],
        "swap": "\n".join(" ".join(reversed(line.split(" "))) for line in text.split("\n")),
    }[how]
    path, asked = opened(folder, form, SECRET, changed)
    try:
        found = everything(read_files([path], asked))
    except InvalidInput as error:
        found = str(error)
    assert not [name for name in SECRET if name in found]


def test_a_caller_sees_no_name_in_the_trace(tmp_path):
    """Locals of a failing reader may hold names, so nothing chained to the error may print them."""
    path, asked = opened(tmp_path, "four", SECRET, four(SECRET) + f"{SECRET[0]} {SECRET[1]} p {SECRET[2]}\n")
    with pytest.raises(InvalidInput) as caught:
        read_files([path], asked)
    error = caught.value
    while error is not None:
        assert not [name for name in SECRET if name in str(error)]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def test_options_of_other_files_are_refused(tmp_path):
    path, _ = opened(tmp_path, "four", SECRET)
    with pytest.raises(InvalidInput) as caught:
        read_files([path], ReadOptions(histogram=True, gallery_size=5))
    assert [fault.field for fault in caught.value.faults] == ["--gallery-size", "--histogram"]


@pytest.mark.parametrize("damage", ["", "one line too short\n"])
def test_names_are_thrown_away_whether_reading_succeeds_or_not(tmp_path, monkeypatch, damage):
    made = []

    class Watched(Pseudonyms):
        def __init__(self, spelling=None):
            super().__init__(spelling)
            made.append(self)

    monkeypatch.setattr(reading, "Pseudonyms", Watched)
    path, asked = opened(tmp_path, "four", SECRET, four(SECRET) + damage)
    if damage:
        with pytest.raises(InvalidInput):
            read_files([path], asked)
    else:
        read_files([path], asked)
    assert len(made) == 1
    with pytest.raises(MisidError, match="thrown away"):
        made[0].find(["a"])


TABLE = "probe_subject,reference_subject,score\n" + "".join(f"{b},{a},{s}\n" for a, b, _, s in rows(SECRET))


def test_a_header_makes_a_table_and_the_name_does_not(tmp_path):
    path = tmp_path / "scores.mtx"
    path.write_text(TABLE)
    given = read_files([path], ReadOptions())
    assert given.sources[0].format == "table, text"
    assert given.pairs.mated.score.size == 6
    assert not [name for name in SECRET if name in everything(given)]
    (tmp_path / "again.npz").write_text(four(SECRET))
    assert read_files([tmp_path / "again.npz"], ReadOptions()).sources[0].format == "text, 4 columns (bob.bio.base)"


@pytest.mark.parametrize("save", [np.save, np.savez], ids=["npy", "npz"])
def test_python_objects_are_never_opened(tmp_path, save):
    path = tmp_path / f"embeddings.{'npy' if save is np.save else 'npz'}"
    save(path, np.array([{"a": 1}, None], dtype=object), allow_pickle=True)
    with pytest.raises(InvalidInput, match="holds Python objects, which are never unpickled"):
        read_files([path], ReadOptions())


@pytest.mark.parametrize(
    ("name", "data"),
    [("cut.parquet", b"PAR1" + bytes(40)), ("cut.npy", b"\x93NUMPY\x01\x00"), ("cut.npz", b"PK\x03\x04" + bytes(9))],
)
def test_binary_files_that_are_cut_short_are_refused(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InvalidInput, match=r"damaged|cut short"):
        read_files([tmp_path / name], ReadOptions())


def test_two_tables_are_not_one_evaluation(tmp_path):
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text(TABLE)
    with pytest.raises(InvalidInput, match="give one file, and a second algorithm's by --against"):
        read_files([tmp_path / "one.csv", tmp_path / "two.csv"], ReadOptions())


def test_readers_understand_options_that_exist_and_bear_names():
    names = {field.name for field in dataclasses.fields(ReadOptions)}
    found = reading.all_readers()
    assert all(reader.name and reader.options <= names for reader in found)
    # Every option says something about some files.
    assert set().union(*(reader.options for reader in found)) == names


def test_a_further_reader_is_asked_too_and_the_surest_reads(tmp_path, monkeypatch):
    path, options = opened(tmp_path, "four", SECRET)
    taken = []

    def read(files, found):
        taken.append(files[0].name)
        files[0].problems.refuse("read by the further one")

    known = reading.all_readers()
    for sure, further in ((0.5, False), (2.0, True)):
        one = reading.Reader("made up", frozenset(), lambda files, options, sure=sure: sure, read)
        monkeypatch.setattr(reading, "all_readers", lambda one=one: [*known, one])
        if further:
            with pytest.raises(InvalidInput, match="read by the further one"):
                read_files([path], options)
        else:
            assert read_files([path], options).pairs is not None
    assert taken == [str(path)]
