"""A small valid file of every form of input, with the command that reads it and how many rows it has."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import re
import shutil
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

import misid
from misid.algorithm import COUNTS_TEMPLATE, load_card
from misid.storage import to_text
from tests.helpers import made_up_files as made_up

PEOPLE = 8
Rows = Callable[[bytes], int | None]


@dataclass(frozen=True)
class Seed:
    """A command, the files in it by name, and rows of the first one as somebody counts who knows nothing of misid."""

    name: str
    args: list[str]
    files: dict[str, bytes]
    rows: Rows


def unpacked(data: bytes) -> bytes:
    """Return what lies in gzip, bzip2 and a tar of one file."""
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    elif data.startswith(b"BZh"):
        data = bz2.decompress(data)
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            file = tar.extractfile(next(one for one in tar if one.isreg()))
            return file.read() if file is not None else data
    except tarfile.TarError:
        return data


def lines(data: bytes) -> list[bytes]:
    """Return the lines of text that hold something."""
    return [line for line in re.split(rb"\r\n|\r|\n", unpacked(data).removeprefix(b"\xef\xbb\xbf")) if line.strip()]


def _no_header(data: bytes) -> int:
    return len(lines(data))


def _table(data: bytes) -> int:
    there = lines(data)
    return len(there) - (not re.search(rb"(^|[,;\t ])[-+]?[0-9.]+([,;\t ]|$)", there[0]))


def _lists(data: bytes) -> int | None:
    """Return how many searches a list of candidates holds."""
    rows = list(csv.DictReader(io.StringIO(b"\n".join(lines(data)).decode("utf-8", "replace"))))
    return len({row["search"].strip() for row in rows}) if rows and "search" in rows[0] else None


def _square(data: bytes) -> int:
    there = lines(data)
    mark = max((b",", b";", b"\t"), key=there[0].count)
    rows = [line.split(mark) for line in there]
    return sum(cell.strip(b' "') != b"" for row in rows[1:] for cell in row[1:])


def _bee(data: bytes) -> int:
    rows, columns = re.split(rb" +", data.split(b"\n")[3])[1:3]
    return int(rows) * int(columns)


def _parquet(data: bytes) -> int:
    Path("rows.parquet").write_bytes(data)
    try:
        return int(duckdb.sql("SELECT count(*) FROM read_parquet('rows.parquet')").fetchall()[0][0])
    finally:
        Path("rows.parquet").unlink()


def _npz_scores(data: bytes) -> int:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        pair = [one for one in ("genuine", "impostor") if one in arrays]
        return sum(int(arrays[one].size) for one in pair or ["score"])


def _unknown(data: bytes) -> None:
    return None


def _seed(folder: Path, name: str, args: Iterable[object], rows: Rows) -> Seed:
    words = [str(one) for one in args]
    files = {one: (folder / one).read_bytes() for one in words if (folder / one).is_file()}
    assert files, f"no file among {words}"
    return Seed(name, words, files, rows)


def _labels(made: made_up.Made, delimiter: str = " ") -> str:
    return made_up.lines(f"{int(made.mated[i, j])}{delimiter}{s}" for i, j, s in made.cells())


def _four_names(made: made_up.Made) -> str:
    rows = (
        f"{made_up.named(made.who[i])}\t{made_up.named(j)}\t{s}\t{int(made.mated[i, j])}" for i, j, s in made.cells()
    )
    return made_up.lines(rows)


def _parquet_of(folder: Path, table: str, target: str, options: str = "") -> str:
    with duckdb.connect() as con:
        con.execute(f"COPY (FROM read_csv('{folder / table}')) TO '{folder / target}' (FORMAT parquet{options})")
    return target


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # without the time of day, for the same seeds each time


def _tar(data: bytes) -> bytes:
    packed, info = io.BytesIO(), tarfile.TarInfo("scores-dev")
    info.size = len(data)
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(info, io.BytesIO(data))
    return _gzip(packed.getvalue())


def _packed(folder: Path, name: str, pack: Callable[[bytes], bytes], end: str) -> str:
    (folder / f"{name}.{end}").write_bytes(pack((folder / name).read_bytes()))
    return f"{name}.{end}"


def _npz(folder: Path, name: str, **arrays: Any) -> str:
    np.savez(folder / name, **arrays)
    return name


def make_seeds(folder: Path) -> list[Seed]:
    """Write a file of every form into a folder; return what they are."""
    made = made_up.make(folder, people=PEOPLE)
    many = made_up.make(folder, people=50, probes=1)
    score, mated = made.score, made.mated
    forms = made_up.FORMATS
    found: list[tuple[str, list[Any], Rows]] = [
        (name, forms[name](made), _no_header) for name in ("bob2", "bob4", "bob5", "cmc")
    ]
    found += [(name, forms[name](made), _unknown) for name in ("pair", "histogram")]
    found += [(name, forms[name](made), _table) for name in ("bob_csv", "table")]
    found += [("square", forms["square"](made), _square), ("bee", forms["bee"](made), _bee)]
    found += [("parquet", forms["parquet"](made), _parquet), ("lists", forms["candidates"](made), _lists)]
    found += [(name, forms[name](many), _unknown) for name in ("npy", "npz")]
    plain = _parquet_of(folder, "table.csv", "plain.parquet", ", COMPRESSION uncompressed")
    found.append(("parquet plain", [plain], _parquet))
    lists = _parquet_of(folder, "lists.csv", "lists.parquet")
    found.append(("parquet lists", [lists, "--enrolled", "enrolled.txt", "--gallery-size", 5], _unknown))
    searched = made.text("searched.txt", made_up.lines(made_up.named(who) for who in made.who))
    found.append(("searched", ["lists.csv", "--enrolled", "enrolled.txt", "--searched", searched], _unknown))
    found.append(("csv.gz", [_packed(folder, "table.csv", _gzip, "gz")], _table))
    found.append(("tar", [_packed(folder, "four.txt", _tar, "tar.gz")], _no_header))
    found.append(("txt.bz2", [_packed(folder, "two.txt", bz2.compress, "bz2")], _no_header))
    found.append(("square.gz", [_packed(folder, "square.csv", _gzip, "gz")], _square))
    found.append(("label score", [made.text("labels.txt", _labels(made))], _no_header))
    found.append(("label csv", [made.text("labels.csv", "label,score\n" + _labels(made, ","))], _table))
    found.append(("four names", [made.text("names.txt", _four_names(made))], _no_header))
    flat = _npz(folder, "scores.npz", score=score.ravel(), mated=mated.ravel().astype(int))
    found.append(("npz scores", [flat], _npz_scores))
    both = _npz(folder, "both.npz", genuine=score[mated], impostor=score[~mated])
    found.append(("npz pair", [both], _npz_scores))
    np.save(folder / "square.npy", (made.probe @ made.probe.T).astype(np.float32))
    who = made.text("rows.csv", "subject\n" + made_up.lines(map(made_up.named, made.who)))
    found.append(("square npy", ["square.npy", "--subjects", who], _unknown))
    unnamed = made.text("trials.txt", made_up.lines(f"{int(made.mated[i, j])} p{i} r{j}" for i, j, _ in made.cells()))
    named = made.text("scores.txt", made_up.lines(f"p{i} r{j} {s}" for i, j, s in made.cells()))
    found.append(("trials", [named, unnamed], _no_header))
    ids = {"probe_subject": np.array(made.who), "reference_subject": np.arange(PEOPLE)}
    found.append(("matrix and ids", [_npz(folder, "ids.npz", score=score, **ids)], _unknown))
    np.save(folder / "two.npy", np.stack([score.ravel(), mated.ravel().astype(float)], axis=1))
    found.append(("two columns npy", ["two.npy"], _unknown))
    fields = np.zeros(score.size, [("score", "<f4"), ("mated", "|b1")])
    fields["score"], fields["mated"] = score.ravel(), mated.ravel()
    np.save(folder / "fields.npy", fields)
    found.append(("fields npy", ["fields.npy"], _unknown))
    groups = made.table("people.csv", [[made_up.named(i), made_up.SEX[i % 2]] for i in range(PEOPLE)], "subject,sex")
    found.append(("subjects", ["four.txt", "--subjects", groups, "--group", "sex"], _no_header))
    found.append(("against", ["table.csv", "--against", "table.parquet"], _table))
    found.append(("where", ["table.csv", "--where", "probe_sex=male", "--dissimilarity"], _unknown))
    end = ["--no-report", "--out", "result"]
    found = [(name, ["evaluate", *args, *end], rows) for name, args, rows in found]
    shutil.copy(Path(misid.__file__).parent / "scenario/catalog/booth-one-to-one.yaml", folder / "scenario.yaml")
    (folder / "card.json").write_text(to_text(load_card("nec_011").to_json()), "utf-8")
    (folder / "counts.csv").write_text(COUNTS_TEMPLATE, "utf-8")
    for name, words in (
        ("scenario", "scenario check scenario.yaml"),
        ("scenario run", "run scenario.yaml --json"),
        ("card", "card show card.json --json"),
        ("card run", "run scenario.yaml --algorithm card.json --json"),
        ("counts", "evidence counts.csv --json"),
    ):
        found.append((name, words.split(), _unknown))
    return [_seed(folder, name, args, rows) for name, args, rows in found]
