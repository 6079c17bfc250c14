"""One small made-up algorithm, in every format that `misid evaluate` reads."""

from __future__ import annotations

import struct
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

WORD = "zqperson"  # in every subject's name, and in nothing that comes out
SEX = ("male", "female")
HEADER = "probe_subject,probe_sample,reference_subject,score,probe_sex,reference_sex"
SIDES = ("--probes", "role=probe", "--references", "role=ref")


def named(subject: int) -> str:
    return f"{WORD}{subject:03d}"


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def lines(rows: Iterable[object]) -> str:
    return "\n".join(map(str, rows)) + "\n"


@dataclass
class Made:
    """Probes against one reference of each person; scores have four decimals."""

    folder: Path
    reference: np.ndarray
    probe: np.ndarray
    who: np.ndarray
    score: np.ndarray

    @property
    def mated(self) -> np.ndarray:
        return self.who[:, None] == np.arange(self.reference.shape[0])

    def text(self, name: str, content: str) -> str:
        (self.folder / name).write_text(content, "utf-8")
        return name

    def cells(self) -> list[tuple[int, int, float]]:
        """Probe, reference and score of every comparison."""
        return [(int(i), int(j), float(s)) for (i, j), s in np.ndenumerate(self.score)]

    def rows(self) -> list[list[str]]:
        """Cells of the table of comparisons, without the groups."""
        return [[named(self.who[i]), str(i), named(j), str(s)] for i, j, s in self.cells()]

    def table(self, name: str, rows: Iterable[Sequence[object]] | None = None, header: str = "") -> str:
        """Write a table of comparisons, as it is or as given."""
        if rows is None:
            rows = [[*row, *(SEX[int(row[at][-3:]) % 2] for at in (0, 2))] for row in self.rows()]
            header = HEADER
        head = header or ",".join(HEADER.split(",")[:4])
        return self.text(name, lines([head, *(",".join(map(str, row)) for row in rows)]))

    def lists(self, enrolled: int, longest: int = 10) -> list[list[str]]:
        """Cells of candidate lists, of which the first people alone are enrolled."""
        found = []
        for i, scores in enumerate(self.score[:, :enrolled]):
            for rank, j in enumerate(np.argsort(-scores, kind="stable")[:longest], start=1):
                found.append([str(i), named(self.who[i]), str(rank), named(j), str(scores[j])])
        return found


def make(folder: Path, *, people: int = 52, probes: int = 2, noise: float = 0.5, seed: int = 7) -> Made:
    """Draw templates of people, and compare them."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(people, 12))
    reference = unit(base + noise * rng.normal(size=base.shape))
    who = np.repeat(np.arange(people), probes)
    probe = unit(base[who] + noise * rng.normal(size=(who.size, 12)))
    return Made(folder, reference, probe, who, np.round((probe @ reference.T).astype(np.float64), 4))


def pair(made: Made) -> list[str]:
    return [
        made.text("genuine.txt", lines(made.score[made.mated])),
        made.text("impostor.txt", lines(made.score[~made.mated])),
    ]


def histogram(made: Made) -> list[str]:
    whole = np.rint((made.score + 1) * 10_000).astype(int)
    counts = np.bincount(whole[~made.mated])
    return [made.text("whole.txt", lines(whole[made.mated])), made.text("counts.txt", lines(counts)), "--histogram"]


def cmc(made: Made) -> list[str]:
    scores = lines(f"{WORD}p{i} {WORD}r{j} {s}" for i, j, s in made.cells())
    mates = lines(f"{WORD}p{i} {WORD}r{j}" for i, j in enumerate(made.who))
    return [made.text("cmc.txt", scores), "--mates", made.text("mates.txt", mates)]


def bob2(made: Made) -> list[str]:
    return [made.text("two.txt", lines(f"{1 if made.mated[i, j] else -1} {s}" for i, j, s in made.cells()))]


def bob4(made: Made) -> list[str]:
    rows = (f"{named(j)} {named(made.who[i])} {named(made.who[i])}/{i} {s}" for i, j, s in made.cells())
    return [made.text("four.txt", lines(rows))]


def bob5(made: Made) -> list[str]:
    rows = (f"{named(j)} m{j} {named(made.who[i])} {named(made.who[i])}/{i} {s}" for i, j, s in made.cells())
    return [made.text("five.txt", lines(rows))]


def bob_csv(made: Made) -> list[str]:
    head = "bio_ref_subject_id,probe_subject_id,probe_key,probe_attack_type,score"
    rows = ((named(j), named(made.who[i]), i, "", s) for i, j, s in made.cells())
    return [made.table("bob.csv", rows, head)]


def tar(made: Made) -> list[str]:
    with tarfile.open(made.folder / "four.tar.gz", "w:gz") as packed:
        packed.add(made.folder / bob4(made)[0], "scores-dev")
    return ["four.tar.gz"]


def bee(made: Made) -> list[str]:
    rows, columns = made.score.shape
    mark = struct.pack("<I", 0x12345678)

    def head(cells: str) -> bytes:
        return f"S2\ntarget.lst\nquery.lst\nM{cells} {rows} {columns} ".encode() + mark + b"\n"

    (made.folder / "all.mtx").write_bytes(head("F") + made.score.astype("<f4").tobytes())
    (made.folder / "all.mask").write_bytes(head("B") + np.where(made.mated, 255, 127).astype(np.uint8).tobytes())
    return ["all.mtx", "--mask", "all.mask"]


def square(made: Made) -> list[str]:
    top = ",".join(["", *map(named, range(made.score.shape[1]))])
    rows = (",".join([named(who), *map(str, scores)]) for who, scores in zip(made.who, made.score, strict=True))
    return [made.text("square.csv", lines([top, *rows]))]


def table(made: Made) -> list[str]:
    return [made.table("table.csv"), "--group", "sex"]


def parquet(made: Made) -> list[str]:
    source, target = (str(made.folder / name) for name in (made.table("source.csv"), "table.parquet"))
    with duckdb.connect() as con:
        con.execute(f"COPY (FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)")
    return ["table.parquet", "--group", "sex"]


def candidates(made: Made) -> list[str]:
    enrolled = 2 * made.score.shape[1] // 3
    header = "search,probe_subject,rank,gallery_subject,score"
    people = made.text("enrolled.txt", lines(map(named, range(enrolled))))
    return [
        made.table("lists.csv", made.lists(enrolled), header),
        *("--enrolled", people, "--gallery-size", str(enrolled)),
    ]


def _owners(made: Made) -> list[int]:
    return [*range(made.reference.shape[0]), *map(int, made.who)]


def _roles(made: Made) -> list[str]:
    return ["ref"] * made.reference.shape[0] + ["probe"] * made.who.size


def npy(made: Made) -> list[str]:
    np.save(made.folder / "templates.npy", np.concatenate([made.reference, made.probe]))
    owners = _owners(made)
    rows = zip(map(named, owners), _roles(made), [SEX[who % 2] for who in owners], strict=True)
    return ["templates.npy", "--subjects", made.table("who.csv", rows, "subject,role,sex"), *SIDES, "--group", "sex"]


def npz(made: Made) -> list[str]:
    owners = _owners(made)
    np.savez(
        made.folder / "templates.npz",
        embedding=np.concatenate([made.reference, made.probe]),
        subject=np.array(list(map(named, owners))),
        role=np.array(_roles(made)),
        sex=np.array([SEX[who % 2] for who in owners]),
    )
    return ["templates.npz", *SIDES, "--group", "sex"]


FORMATS: dict[str, Callable[[Made], list[str]]] = {
    one.__name__: one
    for one in (
        *(pair, histogram, cmc, bob2, bob4, bob5, bob_csv, tar, bee, square),
        *(table, parquet, candidates, npy, npz),
    )
}
"""Writes the files into the folder, and returns what follows ``misid evaluate``."""
