"""Files of other programs: each refused in one sentence that says what it is, and whose advice works."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile

import duckdb
import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files

ROWS = [{"score": x, "mated": label} for x, label in ((0.75, 1), (0.5, 1), (0.25, 0), (0.125, 0))]
COLUMNS = {one: [row[one] for row in ROWS] for one in ROWS[0]}
CSV = "score,mated\n" + "".join(f"{row['score']},{row['mated']}\n" for row in ROWS)


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name in names:
            packed.writestr(name, b"scores")
    return buffer.getvalue()


def message(path):
    with pytest.raises(InvalidInput) as caught:
        read_files([path], ReadOptions())
    assert len(caught.value.faults) == 1
    return str(caught.value)


FOREIGN = {
    "XLSX": (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (XLSX); open it and save"),
    "XLS": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "an old Excel or Office file (XLS)"),
    "ODS": (zipped("mimetype", "content.xml"), "an OpenDocument spreadsheet (ODS)"),
    "PyTorch": (zipped("scores/data.pkl", "scores/data/0"), "a Python pickle, which can run code"),
    "pickle": (pickle.dumps([0.5, 0.25]), "a Python pickle, which can run code and is never opened"),
    "feather": (b"ARROW1\0\0" + bytes(100), "Arrow or Feather; pandas.read_feather"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "HDF5; open it with h5py"),
    "MATLAB 7.3": (
        b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(512) + b"\x89HDF\r\n\x1a\n\0",
        "MATLAB file (.mat, HDF5)",
    ),
    "ROOT": (b"root\x00\x00\xf6\x08" + bytes(100), "a ROOT file; open it with uproot"),
    "Stata": (b"<stata_dta><header>\0" + bytes(100), "a file of SPSS, Stata or R"),
    "xz": (lzma.compress(CSV.encode()), "xz, which is not read; unpack it, or pack it with gzip"),
    "zstd": (b"\x28\xb5\x2f\xfd" + CSV.encode(), "zstd, which is not read; unpack it, or pack it with gzip"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(100), "packed as 7z, RAR"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "an image, and misid takes none: it evaluates the numbers"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(100), "an image, and misid takes none"),
    "WEBP": (b"RIFF\x24\0\0\0WEBPVP8 ", "an image, and misid takes none"),
    "WAV": (b"RIFF\x24\0\0\0WAVEfmt ", "a recording of sound or pictures"),
    "MP4": (b"\0\0\0\x20ftypisom" + bytes(100), "a recording of sound or pictures"),
    "PDF": (b"%PDF-1.5\n1 0 obj", "a document (PDF, RTF or PostScript); copy its numbers into a CSV"),
    "UTF-16": (CSV.encode("utf-16"), "text in UTF-16; save it as UTF-8"),
    "LFS": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        "a pointer of Git LFS, not the file",
    ),
    "HTML": (b"<!DOCTYPE html>\n<html><body>404</body></html>", "an HTML page: a download that failed, perhaps"),
    "XML": (b"<?xml version='1.0'?><scores/>", "XML, not a table of scores"),
    "list": (b"[0.5, 0.25]", "JSON, a list of values; write one comparison a line, and names at the top: score,mated"),
    "objects": (b'{"score": {"0": 0.5}}', "JSON with an object for each column; pandas.read_json"),
}


@pytest.mark.parametrize("form", FOREIGN)
@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress], ids=["plain", "gzip", "bzip2"])
def test_a_file_that_is_not_read_is_named_and_how_it_becomes_one_that_is(tmp_path, form, pack):
    data, part = FOREIGN[form]
    path = tmp_path / "scores.csv"
    path.write_bytes(pack(data))
    if pack is not bytes and data.startswith(b"PK"):
        part = "lies another packed or binary file; unpack it once"
    assert part in message(path)


def advised(path, way):
    """Return the command that a message advises, with the file's own name in it."""
    return re.search(way, message(path))[1].replace("FILE", str(path))


JSONS = {
    "records": json.dumps(ROWS, indent=1),
    "lines": "".join(json.dumps(row) + "\n" for row in ROWS),
    "columns": json.dumps(COLUMNS),
}


def run_python(tmp_path, line):
    subprocess.run([sys.executable, "-c", line], cwd=tmp_path, check=True)


@pytest.mark.slow
@pytest.mark.parametrize("form", JSONS)
def test_json_becomes_a_csv_as_advised(tmp_path, form):
    path = tmp_path / "scores.json"
    path.write_text(JSONS[form])
    run_python(tmp_path, advised(path, r'python -c "(.*)"'))
    assert read_files([tmp_path / "scores.csv"], ReadOptions()).pairs.mated.score.tolist() == [0.75, 0.5]


@pytest.mark.slow
def test_a_matlab_file_becomes_arrays_as_advised(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "scores.mat"
    savemat(path, {"SCORES": COLUMNS["score"], "LABELS": COLUMNS["mated"]})
    run_python(tmp_path, "import numpy, scipy.io; " + advised(path, r"\.mat\); (.*)"))
    assert read_files([tmp_path / "scores.npz"], ReadOptions()).pairs.mated.score.tolist() == [0.75, 0.5]


@pytest.mark.slow
def test_databases_become_files_as_advised(tmp_path):
    path = tmp_path / "scores.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE pairs (score DOUBLE, mated INT)")
        con.executemany("INSERT INTO pairs VALUES (?, ?)", [list(row.values()) for row in ROWS])
    run_python(tmp_path, advised(path, r'python -c "(.*)"').replace("TABLE", "pairs"))
    assert read_files([tmp_path / "scores.parquet"], ReadOptions()).pairs.mated.score.size == 2
    path = tmp_path / "scores.db"
    with sqlite3.connect(path) as light:
        light.execute("CREATE TABLE pairs (score REAL, mated INT)")
        light.executemany("INSERT INTO pairs VALUES (?, ?)", [tuple(row.values()) for row in ROWS])
    command = advised(path, r"database; (.*)").replace("TABLE", "pairs")
    if shutil.which("sqlite3"):
        subprocess.run(command, shell=True, cwd=tmp_path, check=True)
        assert read_files([tmp_path / "scores.csv"], ReadOptions()).pairs.mated.score.size == 2


def test_utf_16_becomes_text_as_advised(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text(CSV, encoding="utf-16")
    assert "save it as UTF-8" in message(path)
    path.write_text(path.read_text(encoding="utf-16"), encoding="utf-8")
    assert read_files([path], ReadOptions()).pairs.mated.score.tolist() == [0.75, 0.5]


@pytest.mark.parametrize("name", ["BMW", "II*", "P5", "root", "ORC", "RIFF", "GIF89a", "MATLAB 5"])
def test_names_that_begin_like_other_files_are_text(tmp_path, name):
    path = tmp_path / "scores.csv"
    path.write_text(f"probe_subject,reference_subject,score\n{name},{name},1\n{name},b,0\nb,b,0.75\n")
    assert read_files([path], ReadOptions()).pairs.mated.score.size == 2
    np.savetxt(path, [0.5, 0.25])
    assert "one column of scores" in message(path)
