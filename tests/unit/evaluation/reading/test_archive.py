"""Packed files: what is unpacked, what is refused before it costs memory."""

import bz2
import gzip
import hashlib
import io
import os
import re
import tarfile
import tracemalloc
import zipfile

import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files
from misid.evaluation.reading import content

TEXT = b"1 0.75\n-1 0.25\n1 0.5\n-1 0.125\n"


def tar(*members, mode="w"):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as packed:
        for member in members:
            packed.addfile(*member)
    return buffer.getvalue()


def plain(data=TEXT, name="scores.txt"):
    info = tarfile.TarInfo(name)
    info.size = len(data)
    return info, io.BytesIO(data)


def special(kind, name="scores.txt"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return (info,)


def folder_entry():
    info = tarfile.TarInfo("folder")
    info.type = tarfile.DIRTYPE
    return (info,)


def message(path):
    with pytest.raises(InvalidInput) as caught:
        read_files([path], ReadOptions())
    return str(caught.value)


def zipped(**entries):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in entries.items():
            packed.writestr(name.replace("_", "."), data)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("data", "packing"),
    [
        (TEXT, ""),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT[:15]) + gzip.compress(TEXT[15:]), "gzip"),
        (bz2.compress(TEXT), "bzip2"),
        (tar(plain()), "tar"),
        (tar(folder_entry(), plain()), "tar"),
        (tar(plain(), mode="w:gz"), "tar in gzip"),
        (tar(plain(), mode="w:bz2"), "tar in bzip2"),
    ],
    ids=["plain", "gzip", "two gzip members", "bzip2", "tar", "tar with a folder", "tar.gz", "tar.bz2"],
)
def test_packed_text_is_read_whatever_its_name(tmp_path, data, packing):
    path = tmp_path / "scores.dat"
    path.write_bytes(data)
    given = read_files([path], ReadOptions())
    assert given.pairs.mated.score.tolist() == [0.75, 0.5]
    source = given.sources[0]
    assert source.format == "text, 2 columns (bob.measure)" + (f", {packing}" if packing else "")
    assert (source.size, source.digest) == (len(data), hashlib.sha256(data).hexdigest())
    assert source.name == str(path)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "the file is empty (0 bytes)"),
        (gzip.compress(b""), "the file unpacks (gzip) to nothing"),
        (gzip.compress(TEXT * 99)[:-30], "the gzip ends in the middle"),
        (gzip.compress(TEXT)[:-8] + bytes(8), "the gzip is damaged"),
        (bz2.compress(TEXT)[:-5], "the bzip2 ends in the middle"),
        (gzip.compress(gzip.compress(TEXT)), "inside the gzip lies another packed or binary file"),
        (tar(plain(), plain(name="other.txt")), "the tar holds several files"),
        (tar(folder_entry()), "the tar holds no file"),
        (tar(special(tarfile.SYMTYPE)), "the tar holds a link, a device or a sparse file"),
        (tar(special(tarfile.LNKTYPE)), "the tar holds a link, a device or a sparse file"),
        (tar(special(tarfile.FIFOTYPE)), "the tar holds a link, a device or a sparse file"),
        (tar(plain(TEXT * 400))[:3000], "the tar is cut short or damaged"),
        (zipped(scores_txt=TEXT), "the zip holds something other than numpy arrays"),
        (b"PK\x03\x04 nothing of the kind", "the zip is cut short, damaged or encrypted"),
        (b"\x00\x01\x02\x03" * 20, "an unknown binary format (it starts with the bytes 00 01 02 03)"),
    ],
    # Not by the bytes: they hold the time at which they were packed, and every worker of the tests packs them anew.
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_not_read_is_told(tmp_path, data, part):
    path = tmp_path / "scores.txt"
    path.write_bytes(data)
    assert part in message(path)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_a_bomb_is_refused_before_it_costs_memory(tmp_path, pack):
    path = tmp_path / "bomb"
    path.write_bytes(pack(bytes(2**24)))
    tracemalloc.start()
    told = message(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"grows to more than {content.MOST_RATIO} times its size" in told
    assert peak < 2**24 / 2


def test_a_zip_bomb_of_arrays_is_refused_unread(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(2**19))
    path = tmp_path / "bomb.npz"
    path.write_bytes(zipped(embedding_npy=buffer.getvalue()))
    assert "the 1 array would unpack to 4,194,432 bytes" in message(path)


def test_too_much_text_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MOST_BYTES", 20)
    path = tmp_path / "scores.txt"
    path.write_bytes(TEXT)
    assert f"the file has {len(TEXT)} bytes; text is read up to 20" in message(path)
    path.write_bytes(gzip.compress(TEXT))
    assert "the gzip grows to more than" in message(path)


def test_paths_that_are_no_files(tmp_path):
    assert "this is a folder; give the files in it by name" in message(tmp_path)
    assert "there is no such file; check the path" in message(tmp_path / "missing.txt")
    (tmp_path / "loop").symlink_to("loop")
    assert "the file cannot be read: Too many levels of symbolic links" in message(tmp_path / "loop")
    assert "the file cannot be read: File name too long" in message(tmp_path / ("a" * 300))
    os.mkfifo(tmp_path / "pipe")
    assert "this is no plain file" in message(tmp_path / "pipe")


def test_all_missing_files_are_told_at_once(tmp_path):
    with pytest.raises(InvalidInput) as caught:
        read_files([tmp_path / "one", tmp_path / "two"], ReadOptions(mask=str(tmp_path / "three")))
    assert len(caught.value.faults) == 3


def test_no_file_at_all():
    with pytest.raises(InvalidInput, match="no file was given"):
        read_files([], ReadOptions())


def array(header, data=bytes(24), version=b"\x01\x00"):
    text = header.encode("latin-1")
    size = 2 if version == b"\x01\x00" else 4
    return b"\x93NUMPY" + version + len(text).to_bytes(size, "little") + text + data


NO_ARRAY = "is no numpy array, or its header is damaged"
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }"


@pytest.mark.parametrize(
    ("header", "told"),
    {
        "unbalanced": ("{'descr': ('<f4', 'shape': (3, 2)", NO_ARRAY),
        "minus signs": ("-" * 9000 + HEADER, NO_ARRAY),
        "brackets": ("(" * 9000, NO_ARRAY),
        "braces": ("{" * 200 + HEADER, NO_ARRAY),
        "digits": (HEADER.replace("3,", "3" * 9000 + ","), NO_ARRAY),
        "words": (HEADER.replace("3,", "2**40,"), NO_ARRAY),
        "negative": (HEADER.replace("3,", "-3,"), NO_ARRAY),
        "axes": (HEADER.replace("3,", "1," * 40), NO_ARRAY),
        "huge axis": (HEADER.replace("3, 2", f"0, {2**60}"), NO_ARRAY),
        "type": (HEADER.replace("<f4", "<q9"), NO_ARRAY),
        "no bytes": (HEADER.replace("<f4", "|S0"), NO_ARRAY),
        "order": (HEADER.replace("False", "None"), NO_ARRAY),
        "twice": (HEADER.replace("'shape'", "'descr'"), NO_ARRAY),
        "no header": ("", NO_ARRAY),
        "long": (" " * 20_000 + HEADER, NO_ARRAY),
        "objects": (HEADER.replace("<f4", "|O"), "never unpickled"),
        "records": (HEADER.replace("'<f4'", "[('a', '<f4'), ('b', '|O')]"), "never unpickled"),
        "too large": (HEADER.replace("3, 2", "99999999999, 99999999999"), "ends in the middle"),
    }.values(),
)
@pytest.mark.parametrize("pack", [False, True], ids=["npy", "npz"])
def test_headers_of_arrays_are_read_by_their_form(tmp_path, header, told, pack):
    path = tmp_path / "array"
    path.write_bytes(zipped(embedding_npy=array(header)) if pack else array(header))
    assert (told if not pack or told != "ends in the middle" else "is not as long as it says") in message(path)


@pytest.mark.parametrize("version", [b"\x01\x00", b"\x02\x00"])
@pytest.mark.parametrize(
    "header",
    [
        *(HEADER, HEADER + "   \n", "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 2L), }"),
        "{'shape':(3,2),'descr':'<f4','fortran_order':False}",
    ],
)
def test_headers_that_other_programs_write_are_read(tmp_path, header, version):
    path = tmp_path / "array.npy"
    values = np.arange(6, dtype="<f4")
    path.write_bytes(array(header, values.tobytes(), version))
    np.testing.assert_array_equal(content.load_npy(content.load_content(path)), values.reshape(3, 2))


def spoilt(at, byte):
    """Return a zip of one array with a byte of its directory set: 4 is the version, 8 a flag, 10 the method."""
    data = bytearray(zipped(embedding_npy=array(HEADER)))
    data[data.rindex(b"PK\x01\x02") + at] = byte
    return bytes(data)


def lzma_member(data):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("embedding.npy", data)
    return buffer.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_damaged_zips_are_refused_whatever_they_raise(tmp_path):
    two = io.BytesIO()
    with zipfile.ZipFile(two, "w") as packed:
        packed.writestr("a.npy", array(HEADER))
        packed.writestr("a.npy", array(HEADER))
    name = zipped(embeddingé_npy=array(HEADER)).replace("é".encode(), b"\xff\xff")
    damaged = "the zip is cut short, damaged or encrypted"
    for data, told in (
        (spoilt(6, 99), damaged),
        (spoilt(8, 1), damaged),
        (spoilt(10, 99), "packed in a way that numpy does not write"),
        (name, damaged),
        (lzma_member(array(HEADER)), "packed in a way that numpy does not write"),
        (two.getvalue(), "two arrays in the zip have one name"),
    ):
        path = tmp_path / "bad.npz"
        path.write_bytes(data)
        assert told in message(path)


@pytest.mark.parametrize("kind", ["U1", "c8", "M8[s]", "S3"])
@pytest.mark.parametrize("beside", [False, True], ids=["npy", "npz"])
def test_a_matrix_that_is_no_numbers_is_refused(tmp_path, kind, beside):
    values, who = np.zeros((6, 4 if beside else 6), kind), np.arange(6)
    path, table = tmp_path / "matrix", tmp_path / "who.csv"
    table.write_text("subject\n" + "\n".join(map(str, who)) + "\n")
    with path.open("wb") as file:
        if beside:
            np.savez(file, matrix=values, probe_subject=who, reference_subject=who[:4])
        else:
            np.save(file, values)
    options = ReadOptions(arrays="" if beside else "scores", subjects="" if beside else str(table))
    with pytest.raises(InvalidInput, match=f"scores of type {re.escape(str(np.dtype(kind)))}; write them as numbers"):
        read_files([path], options)


def test_infinite_scores_in_an_array_are_said_without_a_warning(tmp_path):
    values = np.stack([np.array([np.inf, *np.linspace(0, 1, 29)]), np.tile([0.0, 1.0], 15)], axis=1)
    np.save(tmp_path / "scores.npy", values)
    assert "the score is inf" in message(tmp_path / "scores.npy")
