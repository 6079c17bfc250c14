"""What a file calls its subjects is in no result, no sentence, no error and no log, whatever is wrong with the file."""

import gc
import gzip
import importlib
import logging
import sys
import traceback
from pathlib import Path

import duckdb
import numpy as np
import pytest

from misid.errors import MisidError
from misid.evaluation import LEAST_IN_GROUP, Pseudonyms, ReadOptions, ReadResult, merge_groups
from misid.evaluation.reading import score_table, tables

sys.path.append(str(Path(__file__).parents[1] / "helpers"))
read_table, read_embeddings = (
    importlib.import_module("one_reader").read_table,
    importlib.import_module("one_reader").read_embeddings,
)

WORD = "Marker-Of-A-Person"
NUMBER = 77001234


def named(kind, at):
    return f"{WORD}-{at}" if kind == "words" else str(NUMBER * 1000 + at)


def marks(kind):
    return (WORD.lower(),) if kind == "words" else (str(NUMBER),)


def reachable(*roots):
    """Everything that can be reached from some objects, short of code and types."""
    seen, queue, found = set(), list(roots), []
    while queue:
        one = queue.pop()
        if id(one) in seen or isinstance(one, type) or callable(one) or type(one).__name__ == "module":
            continue
        seen.add(id(one))
        found.append(one)
        queue.extend(gc.get_referents(one))
        if isinstance(one, dict):
            # The collector passes over keys that are text, and from Python 3.13 on over values that lie in an object.
            queue.extend([*one, *one.values()])
        if isinstance(one, np.ndarray) and one.dtype == object:
            queue.extend(one.ravel().tolist())
    return found


def holds(one, kind):
    if isinstance(one, np.ndarray):
        if one.dtype.kind in "iuf":
            with np.errstate(invalid="ignore"):
                return kind == "numbers" and bool((np.asarray(one, np.float64) // 1000 == NUMBER).any())
        one = str(one.tolist()) if one.size < 10**5 else str(one)
    if isinstance(one, bytes):
        one = one.decode("latin-1")
    if isinstance(one, int) and not isinstance(one, bool):
        one = str(one)
    return isinstance(one, str) and any(mark in one.lower() for mark in marks(kind))


def check_clean(kind, *roots):
    everything = reachable(*roots)
    assert len(everything) > 5
    assert not [type(one) for one in everything if holds(one, kind)]


def check_error_clean(kind, error):
    """Neither the words of an error nor anything that hangs on it, save the test's own frames."""
    assert not any(mark in "".join(traceback.format_exception(error)).lower() for mark in marks(kind))
    chained = error
    while chained is not None:
        assert not holds(str(chained), kind)
        assert not any(holds(one, kind) for one in reachable(vars(chained), chained.args))
        assert chained.__cause__ is None
        chained = chained.__context__


def table_text(kind, people=60):
    lines = ["probe_subject,probe_sample,reference_subject,reference_sample,score,probe_home,reference_home"]
    for at in range(people):
        other = (at + 1) % people
        for sample in range(2):
            me, them = named(kind, at), named(kind, other)
            lines.append(f"{me},{sample},{me},9,0.{50 + at},{'ns'[at % 2]},{'ns'[at % 2]}")
            lines.append(f"{me},{sample},{them},9,0.{10 + at},{'ns'[at % 2]},{'ns'[other % 2]}")
    return "\n".join(lines) + "\n"


def list_text(kind, people=60):
    lines = ["probe_subject,probe_sample,rank,gallery_subject,score"]
    for at in range(people):
        lines += [f"{named(kind, at)},0,{rank + 1},{named(kind, (at + rank) % 40)},0.{90 - rank}" for rank in range(3)]
    return "\n".join(lines) + "\n"


@pytest.fixture(params=["words", "numbers"])
def kind(request):
    return request.param


@pytest.mark.parametrize("text", [table_text, list_text])
def test_no_name_in_what_a_table_gives(tmp_path, kind, text, caplog, capsys):
    path = tmp_path / "scores.csv"
    path.write_text(text(kind))
    registry = Pseudonyms()
    with caplog.at_level(logging.DEBUG):
        data, assumed, caveats = read_table(path, ReadOptions(groups=() if text is list_text else ("home",)), registry)
    registry.seal()
    given = ReadResult((), assumed, caveats, None, data)
    assert not holds(repr(given), kind)
    check_clean(kind, vars(given), vars(registry))
    assert not holds(caplog.text + "".join(capsys.readouterr()), kind)


@pytest.mark.slow
def test_no_name_in_what_parquet_gives_or_a_stream_keeps(tmp_path, kind, monkeypatch):
    (tmp_path / "a.csv").write_text(table_text(kind))
    path = tmp_path / "a.parquet"
    with duckdb.connect() as con:
        con.execute(f"COPY (FROM read_csv('{tmp_path / 'a.csv'}')) TO '{path}' (FORMAT parquet)")
    check_clean(kind, *read_table(path, ReadOptions(groups=("home",)), Pseudonyms()))
    monkeypatch.setattr(score_table, "MOST_ROWS", 1)
    monkeypatch.setattr(tables, "WINDOW", 64)
    registry = Pseudonyms()
    found = read_table(path, ReadOptions(groups=("home",)), registry)
    registry.seal()
    check_clean(kind, vars(found[0]), found[1], *found[0].blocks())
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.csv", "a.parquet"]


def test_no_name_in_what_embeddings_give(tmp_path, kind):
    path = tmp_path / "faces.npz"
    subject = np.array([named(kind, at // 2) for at in range(120)])
    subject = subject if kind == "words" else subject.astype(np.int64)
    np.savez(path, embedding=np.random.default_rng(1).normal(size=(120, 4)), subject=subject)
    registry = Pseudonyms()
    found = read_embeddings(path, ReadOptions(), registry)
    registry.seal()
    check_clean(kind, *map(vars, (found[0], registry)), found[1])


def broken(kind):
    """Tables that are wrong in every way that quotes a value elsewhere."""
    whole, me = table_text(kind), named(kind, 0)
    yield "a line too short", whole + f"{me},0\n"
    yield "a line too long", whole + f"{me},0,{me},9,0.5,n,n,n,n\n"
    yield "an open quotation mark", whole + f'"{me},0,{me},9,0.5,n,n\n'
    yield "a name for a score", whole + f"{me},0,{me},9,{me}-,n,n\n"
    yield "a subject in two groups", whole + f"{me},7,{me},9,0.5,s,s\n"
    yield "no subject", whole + f"{me},0,,9,0.5,n,n\n"
    yield "an endless score", whole + f"{me},0,{me},9,inf,n,n\n"
    yield "not UTF-8", whole.encode() + f"{me},0,{me},9,0.5,n,".encode() + b"\xff\n"
    yield "cut short", gzip.compress(whole.encode())[:-200]
    yield "two ways of ending lines", whole.replace("\n", "\r\n", 3)
    yield (
        "columns mixed up",
        whole.replace("score", "x").replace("probe_subject", "score").replace("x,", "probe_subject,"),
    )
    yield (
        "one subject",
        "probe_subject,reference_subject,score,probe_home,reference_home\n" + f"{me},{me},0.5,n,n\n" * 3,
    )


@pytest.mark.slow
def test_no_name_in_what_is_said_of_a_broken_table(tmp_path, kind):
    told = []
    for what, text in broken(kind):
        path = tmp_path / "scores.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        with pytest.raises(MisidError) as error:
            read_table(path, ReadOptions(groups=("home",)), Pseudonyms())
        check_error_clean(kind, error.value)
        told.append((what, str(error.value)))
    assert len({text for _, text in told}) == len(told) - 1 or len({text for _, text in told}) == len(told)


@pytest.mark.slow
@pytest.mark.parametrize("line", ["{0},0,1,{1},0.2", "{0},0,9,,0.2", "{0},0,x,{1},0.2", "{0},0,4,{1},{1}-", "{0}"])
def test_no_name_in_what_is_said_of_a_broken_list(tmp_path, kind, line):
    path = tmp_path / "lists.csv"
    path.write_text(list_text(kind) + line.format(named(kind, 0), named(kind, 1)) + "\n")
    with pytest.raises(MisidError) as error:
        read_table(path, ReadOptions(), Pseudonyms())
    check_error_clean(kind, error.value)


@pytest.mark.parametrize("ids", [["", WORD], [WORD, None], [WORD, 2.5], [[WORD], [WORD]]])
def test_no_name_in_what_a_registry_says(ids):
    registry = Pseudonyms()
    with pytest.raises(MisidError) as error:
        registry.codes(np.array(ids, dtype=object))
    check_error_clean("words", error.value)
    assert WORD not in repr(registry)


def test_a_registry_forgets(kind):
    registry = Pseudonyms()
    names = [named(kind, at) for at in range(50)]
    registry.codes(np.array(names, dtype=object) if kind == "words" else np.array(names, np.int64))
    check_clean(kind, vars(registry))
    before = len(reachable(vars(registry)))
    registry.seal()
    assert len(reachable(vars(registry))) < 10 < before
    assert registry.count == 50


def test_the_walk_would_find_a_name(kind):
    """A planted fault: a result that keeps a name is caught, in any of the places where one could hide."""
    name = named(kind, 3)
    hiding = [{"a": (name,)}, [np.array([name], dtype=object)], {name: 1}, [np.array([name])], [name.encode()]]
    if kind == "numbers":
        hiding += [[np.array([int(name)])], [int(name)]]
    for one in hiding:
        assert any(holds(each, kind) for each in reachable(one))


@pytest.mark.parametrize("probes", [1, 49])
def test_a_few_templates_are_not_looked_up(tmp_path, probes):
    """One unknown face against many enrolled ones would be a search for a person."""
    vectors = np.random.default_rng(2).normal(size=(200 + probes, 8))
    role = np.repeat(["enrolled", "new"], [200, probes])
    path = tmp_path / "faces.npz"
    np.savez(path, embedding=vectors, subject=np.arange(200 + probes), role=role)
    asked = ReadOptions(probes=(("role", "new"),), references=(("role", "enrolled"),))
    with pytest.raises(MisidError, match="who somebody is"):
        read_embeddings(path, asked, Pseudonyms())


@pytest.mark.parametrize("option", ["where", "probes", "references"])
def test_nobody_is_singled_out_by_a_condition(tmp_path, option):
    path = tmp_path / "faces.npz"
    np.savez(path, embedding=np.ones((120, 4)), subject=np.arange(120) // 2)
    with pytest.raises(MisidError, match="no column"):
        read_embeddings(path, ReadOptions(**{option: (("subject", "5"),)}), Pseudonyms())
    table = tmp_path / "scores.csv"
    table.write_text(table_text("words"))
    for column in ("probe_subject", "reference_subject", "probe_sample", "reference_sample"):
        with pytest.raises(MisidError, match="says who somebody is") as error:
            read_table(table, ReadOptions(where=((column, WORD),)), Pseudonyms())
        check_error_clean("words", error.value)


def test_groups_of_one_name_nobody(tmp_path):
    """A group that is a person's name, or a column of names, comes out as nothing."""
    lines = ["probe_subject,reference_subject,score,probe_alias,reference_alias"]
    for at in range(60):
        me, them = f"{WORD}-{at}", f"{WORD}-{(at + 1) % 60}"
        lines += [f"{me},{me},0.{50 + at},{me},{me}", f"{me},{them},0.{10 + at},{me},{them}"]
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(lines) + "\n")
    data, assumed, caveats = read_table(path, ReadOptions(groups=("alias",)), Pseudonyms())
    check_clean("words", vars(data), assumed, caveats)
    assert data.people.group_names == ("other groups",)
    again, said = merge_groups(data.people, np.arange(60), np.arange(60))
    assert np.bincount(again.group).min() >= LEAST_IN_GROUP
    assert said == ()
