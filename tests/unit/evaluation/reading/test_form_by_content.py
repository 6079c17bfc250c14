"""A file is what it holds, whatever it is called; text in another encoding is refused in every reader."""

from __future__ import annotations

import gzip

import duckdb
import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files

RNG = np.random.default_rng(4)
ROWS = [(f"P{p}", f"P{r}", round(float(RNG.normal(3 * (p == r))), 4)) for p in range(12) for r in range(12)]
CSV = "probe_subject,reference_subject,score\n" + "".join(f"{p},{r},{x}\n" for p, r, x in ROWS)
BOB = "".join(f"{r} {p} {p}_{at} {x}\n" for at, (p, r, x) in enumerate(ROWS))


def parquet(folder):
    (folder / "source.csv").write_text(CSV)
    duckdb.sql(f"COPY (FROM '{folder / 'source.csv'}') TO '{folder / 'made'}' (FORMAT parquet)")
    return (folder / "made").read_bytes()


def npz(folder):
    np.savez(folder / "made.npz", score=[x for *_, x in ROWS], mated=[p == r for p, r, _ in ROWS])
    return (folder / "made.npz").read_bytes()


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("x.csv.gz", lambda _: CSV.encode()),
        ("x.csv", lambda _: gzip.compress(CSV.encode())),
        ("x.npy", lambda _: b"\xef\xbb\xbf" + CSV.encode()),
        ("x.csv", parquet),
        ("x.txt", lambda _: gzip.compress(BOB.encode())),
        ("x.tar.gz", lambda _: BOB.encode()),
        ("x.npy", npz),
    ],
)
def test_a_misnamed_file_is_read(tmp_path, name, made):
    (tmp_path / name).write_bytes(made(tmp_path))
    found = read_files([tmp_path / name], ReadOptions()).pairs
    mated = sorted(np.float32([x for p, r, x in ROWS if p == r]).tolist())
    assert sorted(found.mated.score.tolist()) == mated
    assert found.non_mated.score.size == 132


@pytest.mark.parametrize("text", [CSV, BOB, BOB.replace(" ", "\t")])
@pytest.mark.parametrize(
    ("encoding", "words"), [("latin-1", "not text in UTF-8; save the file as UTF-8"), ("utf-16", "in UTF-16; save it")]
)
def test_text_in_another_encoding_is_refused_and_the_advice_works(tmp_path, text, encoding, words):
    path = tmp_path / "x.txt"
    foreign = text.replace("P1,", "Pé1,").replace("P1 ", "Pé1 ").replace("P1\t", "Pé1\t")
    path.write_bytes(foreign.encode(encoding))
    with pytest.raises(InvalidInput, match=words) as told:
        read_files([path], ReadOptions())
    if encoding == "latin-1":
        assert told.value.faults[0].line == next(at for at, line in enumerate(foreign.split("\n"), 1) if "é" in line)
    path.write_text(foreign, encoding="utf-8")
    assert read_files([path], ReadOptions()).pairs.mated.score.size == 12
