import importlib
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from misid.errors import InvalidInput, MisidError, OutOfRange
from misid.evaluation import Pseudonyms, ReadOptions, read_files
from misid.evaluation.reading import embeddings

sys.path.append(str(Path(__file__).parents[3] / "helpers"))
read_embeddings = importlib.import_module("one_reader").read_embeddings

SUBJECTS, EACH, WIDTH = 60, 3, 8


def rows(kind=np.float32, length=1.0):
    vectors = np.random.default_rng(7).normal(size=(SUBJECTS * EACH, WIDTH))
    return (length * vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(kind)


def columns(**more):
    subject = np.repeat(np.arange(SUBJECTS) + 9000, EACH)
    light = np.tile(np.arange(EACH, dtype=np.int8), SUBJECTS)
    return {"subject": subject, "light": light, "home": (subject % 2).astype(np.int8)} | more


@pytest.fixture
def read(tmp_path):
    def from_arrays(vectors=None, asked=None, **arrays):
        path = tmp_path / "faces.npz"
        np.savez(path, embedding=rows() if vectors is None else vectors, **(arrays or columns()))
        return read_embeddings(path, ReadOptions(**(asked or {})), Pseudonyms())

    return from_arrays


def test_all_rows_are_probes_and_references(read):
    data, assumed, caveats = read()
    assert data.metric == "cosine"
    assert np.array_equal(data.vectors, rows())
    assert np.array_equal(data.subject, np.repeat(np.arange(SUBJECTS), EACH))
    assert np.array_equal(data.probes, np.arange(SUBJECTS * EACH))
    assert np.array_equal(data.references, data.probes)
    assert data.probes.dtype == np.int64
    assert data.people.count == SUBJECTS
    assert data.people.group is None
    assert caveats == ()
    assert any("since nothing is said" in sentence for sentence in assumed)
    assert any("each pair is compared once" in sentence for sentence in assumed)


def test_rows_are_picked_by_columns_and_codes_in_words(read):
    legend = json.dumps({"light": {"0": "bright", "1": "dim"}, "home": {"0": "north", "1": "south"}})
    asked = {"probes": (("light", "dim"), ("light", "2")), "references": (("light", "0"),), "groups": ("home",)}
    data, assumed, _ = read(asked=asked, **columns(legend=np.array(legend)))
    light = columns()["light"]
    assert np.array_equal(data.probes, np.flatnonzero(light > 0))
    assert np.array_equal(data.references, np.flatnonzero(light == 0))
    assert data.people.group_names == ("north", "south")
    assert np.array_equal(data.people.group, np.arange(SUBJECTS) % 2)
    assert any("Probes: rows where light is dim and light is 2; 120 of 180" in sentence for sentence in assumed)
    data = read(asked={"where": (("light", "1"),)})[0]
    assert data.probes.size == data.references.size == SUBJECTS


def test_what_failed_is_counted_on_its_side(read):
    vectors = rows()
    vectors[0, 3] = np.nan
    vectors[4, 0] = np.inf
    vectors[6] = 0
    lost = {"fte_subject": np.array([9001, 9999, 9002]), "fte_light": np.array([0, 2, 2], np.int8)}
    asked = {"probes": (("light", "1"), ("light", "2")), "references": (("light", "0"),)}
    data, assumed, caveats = read(vectors, asked, **columns(**lost))
    assert sorted(data.failed_probe.tolist()) == [1, 2, SUBJECTS]
    assert data.failed_references == 3
    assert not {0, 4, 6} & {*data.probes.tolist(), *data.references.tolist()}
    assert data.people.count == SUBJECTS + 1
    assert "failures_counted" in caveats
    said = " ".join(assumed)
    assert "2 rows with NaN or infinity" in said
    assert "1 row of zeros" in said
    assert "3 probe samples and 3 reference samples" in said
    again = read(vectors, **columns(**lost, comparison=np.array("Euclidean distance, lower is closer")))[0]
    assert again.metric == "euclidean"
    assert 6 not in again.probes
    assert again.failed_probe.size == again.failed_references == 6


@pytest.mark.parametrize("metric", ["cosine", "Euclidean distance"])
def test_rows_that_are_no_templates_are_failures(read, metric):
    vectors = rows()
    vectors[3], vectors[5] = 0.25, -1.0
    vectors[[10, 20, 30, 40]] = vectors[50]
    more = columns(comparison=np.array(metric))
    data, assumed, _ = read(vectors, **more)
    assert data.failed_references == 7
    said = " ".join(assumed)
    assert "2 rows of one number throughout: taken as failures" in said
    assert "5 rows with the very same template as other people's" in said
    assert read(vectors, {"failed_scores": ("none",)}, **more)[0].failed_references == 0


def test_failures_that_no_column_describes_are_not_guessed(read):
    asked = {"probes": (("light", "1"),), "references": (("light", "0"),)}
    data, assumed, _ = read(None, asked, **columns(fte_subject=np.array([9001])))
    assert data.failed_probe.size == 0
    assert any("Nothing says 'light' of the samples without a template" in sentence for sentence in assumed)


@pytest.mark.parametrize("kind", ["<f4", ">f4", "<f2", ">f2", "<f8", ">f8"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.slow
def test_any_way_of_storing_numbers(tmp_path, kind, order):
    path = tmp_path / "faces.npy"
    np.save(path, np.asarray(rows(), dtype=kind, order=order))
    table = tmp_path / "who.csv"
    named = columns()
    lines = [f"p{s},{light}" for s, light in zip(named["subject"], named["light"], strict=True)]
    table.write_text("subject,light\n" + "\n".join(lines) + "\n")
    asked = ReadOptions(subjects=str(table), probes=(("light", "1"),), references=(("light", "0"),))
    data = read_embeddings(path, asked, Pseudonyms())[0]
    assert data.vectors.dtype == (np.float16 if kind.endswith("2") else np.float32)
    assert np.allclose(data.vectors, rows(), atol=2e-3)
    assert data.vectors.flags.c_contiguous
    assert isinstance(data.vectors, np.memmap) is (kind in ("<f4", "<f2") and order == "C")
    assert np.array_equal(data.probes, np.flatnonzero(named["light"] == 1))
    assert np.array_equal(data.subject, np.repeat(np.arange(SUBJECTS), EACH))
    table.write_text("subject\n" + "p1\n" * 7)
    with pytest.raises(InvalidInput, match="180 vectors and 7 rows"):
        read_embeddings(path, ReadOptions(subjects=str(table)), Pseudonyms())
    with pytest.raises(InvalidInput, match="nothing says whose template"):
        read_embeddings(path, ReadOptions(), Pseudonyms())


def test_vectors_of_another_length_are_made_unit_for_the_cosine_alone(read):
    data, assumed, _ = read(rows(length=5.0))
    assert np.allclose(data.scaled(), rows(), atol=1e-6)
    assert data.scaled().dtype == np.float32
    assert any("not of unit length (5 to 5)" in sentence for sentence in assumed)
    assert np.array_equal(read(rows(length=5.0), {"dissimilarity": True})[0].vectors, rows(length=5.0))
    near = read(rows(length=1.005))  # the cosine is a cosine
    assert np.allclose(near[0].scaled(), rows(), atol=1e-6)
    assert any("not of unit length (1.005 to 1.005)" in sentence for sentence in near[1])
    assert np.array_equal(read(rows())[0].vectors, rows())
    whole = read(np.rint(100 * rows()).astype(np.int8))
    assert any("whole numbers (int8)" in sentence for sentence in whole[1])
    assert np.allclose(np.linalg.norm(whole[0].scaled(), axis=1), 1, atol=1e-6)


def test_how_vectors_are_compared(read):
    assert read(asked={"dissimilarity": True})[0].metric == "euclidean"
    assert read(**columns(comparison=np.array("cosine distance")))[0].metric == "cosine"
    with pytest.raises(InvalidInput, match="compared by cosine"):
        read(asked={"dissimilarity": True}, **columns(comparison=np.array("cosine similarity")))


def test_groups_of_subjects(read, tmp_path):
    table = tmp_path / "who.csv"
    table.write_text(
        "subject,age\n" + "".join(f"{9000 + at},{'old' if at < 30 else 'young'}\n" for at in range(SUBJECTS))
    )
    data = read(asked={"groups": ("age",), "subjects": str(table)})[0]
    assert data.people.group_names == ("old", "young")
    assert np.bincount(data.people.group).tolist() == [30, 30]
    for group, words in (("subject", "says who somebody is"), ("height", "no column 'height'")):
        with pytest.raises(InvalidInput, match=words):
            read(asked={"groups": (group,)})
    home = columns()["home"].copy()
    home[0] ^= 1
    with pytest.raises(InvalidInput, match="1 subject in two groups"):
        read(asked={"groups": ("home",)}, **columns(home=home))
    home = np.where(np.repeat(np.arange(SUBJECTS), EACH) < 5, -1, 1).astype(np.int8)
    data = read(asked={"groups": ("home",)}, **columns(home=home))[0]
    assert (data.people.group == -1).sum() == 5


def packed(tmp_path, **members):
    path = tmp_path / "odd.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def saved(array, **how):
    file = io.BytesIO()
    np.save(file, array, **how)
    return file.getvalue()


def test_objects_are_never_unpickled(tmp_path, read):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    bad = saved(np.array([Bomb()], dtype=object), allow_pickle=True)
    for members in ({"embedding": bad}, {"embedding": saved(rows()), "subject": bad}):
        with pytest.raises(InvalidInput, match="never unpickled"):
            read_embeddings(packed(tmp_path, **members), ReadOptions(), Pseudonyms())
    path = tmp_path / "odd.npy"
    path.write_bytes(bad)
    with pytest.raises(InvalidInput, match="never unpickled"):
        read_embeddings(path, ReadOptions(), Pseudonyms())
    pair = np.zeros(3, np.dtype([("a", "f4"), ("b", "f4")]))
    with pytest.raises(InvalidInput, match="never unpickled"):
        read(pair)


def test_a_bomb_is_weighed_and_not_opened(tmp_path, monkeypatch):
    path = packed(tmp_path, embedding=saved(np.zeros((40_000, 64), np.float32)), subject=saved(np.zeros(40_000)))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *a, **k: pytest.fail("opened"))
    with pytest.raises(InvalidInput, match="would unpack to"):
        read_embeddings(path, ReadOptions(), Pseudonyms())


def test_a_header_that_promises_more_is_refused(tmp_path):
    honest = saved(rows())
    lying = honest.replace(b"(180, 8)", b"(181, 8)")
    assert lying != honest
    path = tmp_path / "lying.npy"
    path.write_bytes(lying)
    with pytest.raises(InvalidInput, match="ends in the middle"):
        read_embeddings(path, ReadOptions(), Pseudonyms())
    with pytest.raises(InvalidInput, match="not as long as it says"):
        read_embeddings(packed(tmp_path, embedding=lying), ReadOptions(), Pseudonyms())


def test_damaged_files(tmp_path, read):
    read()
    whole = (tmp_path / "faces.npz").read_bytes()
    for data, words in (
        (whole[:-100], "cut short, damaged"),
        (whole.replace(whole[200:260], bytes(60)), "cut short, damaged"),
        (b"\x93NUMPY\x01\x00\x05\x00junk!", "no numpy array"),
        (saved(rows())[:-40], "ends in the middle"),
    ):
        (tmp_path / "bad").write_bytes(data)
        with pytest.raises(InvalidInput, match=words):
            read_embeddings(tmp_path / "bad", ReadOptions(), Pseudonyms())


@pytest.mark.parametrize(
    ("vectors", "arrays", "words"),
    [
        (rows()[0], None, "shape"),
        (np.zeros((0, 8), np.float32), None, "shape"),
        (rows().astype(complex), None, "complex128"),
        (None, {"light": np.zeros(SUBJECTS * EACH)}, "nothing says whose template"),
        (None, {"subject": np.arange(7)}, r"180 vectors and 'subject' of shape \(7,\)"),
        (None, columns(legend=np.array("[1]")), "legend is no JSON object"),
        (None, {"subject": columns()["subject"], "fte_light": np.zeros(3)}, "arrays without fte_subject"),
    ],
)
def test_what_is_no_set_of_templates(read, vectors, arrays, words):
    with pytest.raises(InvalidInput, match=words):
        read(vectors, **(arrays or columns()))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"probes": (("dark", "1"),)}, "no column 'dark'"),
        ({"gallery_size": 5}, "says nothing about embeddings"),
        ({"columns": (("score", "x"),)}, "says nothing about embeddings"),
    ],
)
def test_options_that_make_no_sense(read, tmp_path, asked, words):
    read()
    with pytest.raises(InvalidInput, match=words):
        read_files([tmp_path / "faces.npz"], ReadOptions(**asked))


def test_too_many_and_too_few(read, monkeypatch):
    few = np.repeat(np.arange(49), EACH)
    with pytest.raises(MisidError, match="49 probe subjects, and at least 50"):
        read(rows()[: few.size], subject=few)
    light = np.where(np.repeat(np.arange(SUBJECTS), EACH) < 19, 0, 1)
    with pytest.raises(MisidError, match="19 reference subjects, and at least 20"):
        read(asked={"references": (("light", "0"),)}, **columns(light=light))
    with pytest.raises(MisidError, match="0 probe subjects"):
        read(asked={"probes": (("light", "77"),)})
    monkeypatch.setattr(embeddings, "MOST_ROWS", 179)
    with pytest.raises(OutOfRange, match="180"):
        read()
