"""One rule for what a number is, in every reader of text: the same word is read, or refused, alike."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from misid.errors import InvalidInput
from misid.evaluation import ReadOptions, read_files

N = 8
SCORES = np.random.default_rng(0).normal(size=(N, N)).round(4) + 4.0005 * np.eye(N)
Cells = list[tuple[int, int, str]]


def cells(word: str, write: Callable[[float], str] = str) -> Cells:
    """Scores of everybody with everybody, one of them a word."""
    every = [(i, j, write(float(SCORES[i, j]))) for i in range(N) for j in range(N)]
    return [(i, j, word if word and i == j == 2 else one) for i, j, one in every]


def table(folder: Path, of: Cells, sep: str) -> list[Path]:
    head = sep.join(("probe_subject", "reference_subject", "score"))
    return text(folder, [head, *(f"p{i}{sep}p{j}{sep}{word}" for i, j, word in of)])


def lists(folder: Path, of: Cells, sep: str) -> list[Path]:
    head = sep.join(("search", "probe_subject", "rank", "reference_subject", "score"))
    word = {(i, j): one for i, j, one in of}
    rows = [head]
    for i in range(N):
        order = np.argsort(-SCORES[i]).tolist()
        rows += [sep.join((f"s{i}", f"p{i}", str(rank), f"p{j}", word[i, j])) for rank, j in enumerate(order, 1)]
    return text(folder, rows)


def square(folder: Path, of: Cells, sep: str) -> list[Path]:
    word = {(i, j): one for i, j, one in of}
    names = [f"p{i}" for i in range(N)]
    rows = [sep.join((names[i], *(word[i, j] for j in range(N)))) for i in range(N)]
    return text(folder, [sep.join(("", *names)), *rows])


def labels(folder: Path, of: Cells, sep: str) -> list[Path]:
    return text(folder, [f"{int(i == j)}{sep}{word}" for i, j, word in of])


def bob(folder: Path, of: Cells, sep: str) -> list[Path]:
    return text(folder, [f"p{j} p{i} s{i} {word}" for i, j, word in of])


def two(folder: Path, of: Cells, sep: str) -> list[Path]:
    sides = [[word for i, j, word in of if (i == j) == mated] for mated in (True, False)]
    return [text(folder, side, f"{at}.txt")[0] for at, side in enumerate(sides)]


def parquet(folder: Path, of: Cells, sep: str) -> list[Path]:
    path = folder / "scores.parquet"
    with duckdb.connect() as engine:
        engine.execute("CREATE TABLE t (probe_subject VARCHAR, reference_subject VARCHAR, score VARCHAR)")
        engine.executemany("INSERT INTO t VALUES (?, ?, ?)", [(f"p{i}", f"p{j}", word) for i, j, word in of])
        engine.execute(f"COPY t TO '{path}'")
    return [path]


def text(folder: Path, rows: list[str], name: str = "scores.txt") -> list[Path]:
    (folder / name).write_text("\n".join(rows) + "\n", "utf-8")
    return [folder / name]


WAYS = [
    *((way, sep) for way in (square, table, lists, labels) for sep in (",", ";", "\t")),
    *((way, " ") for way in (labels, bob, two, parquet)),
]
QUICK = [(square, ";"), (bob, " ")]
EVERY = [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in WAYS if one not in QUICK)]
# A comma parts columns, or files alone hold nothing but numbers.
WITH_COMMAS = [one for one in EVERY if not {",", two} & {*getattr(one, "values", one)}]
READ = {
    "3.25": 3.25,
    "+3.25": 3.25,
    "325e-2": 3.25,
    "3.25E+00": 3.25,
    "\u00a03.25": 3.25,
    "3.25\u2009": 3.25,
    "5.": 5.0,
    ".5": 0.5,
    "1e-400": 0.0,
    "NaN": np.nan,
    "-nan": np.nan,
}
REFUSED = {
    "1_0": "nothing between thousands: 1234.5",
    "1,234.5": "nothing between thousands: 1234.5",
    "1.234,5": "nothing between thousands: 1234.5",
    "3\u2009250": "nothing between thousands: 1234.5",
    "3'250": "nothing between thousands: 1234.5",
    "3,25": "with a comma, .* with a point; write decimals with a point",
    "\u22123.25": "write the digits 0 to 9, a point, and - for minus",
    "\uff13.25": "write the digits 0 to 9, a point, and - for minus",
    "\u0663.25": "write the digits 0 to 9, a point, and - for minus",
    "3d0": "NaN or nothing",
    "0x10": "NaN or nothing",
    "3.25f": "NaN or nothing",
    "+-3": "NaN or nothing",
    "nan(1)": "NaN or nothing",
    "1e": "NaN or nothing",
    "n/a": "NaN or nothing",
    "True": "NaN or nothing",
    "inf": "finite",
    "-Infinity": "finite",
    "1e400": "finite",
    "3.41e38": "finite",
}
OPTIONS = ReadOptions(failed_scores=("none",))


def mates(files: list[Path]) -> list[float]:
    """Read files, and return the scores of mates, failures as NaN."""
    found = read_files(files, OPTIONS)
    if found.searches is not None:
        return np.sort(np.where(found.searches.mate > -np.inf, found.searches.mate, np.nan)).tolist()
    assert found.pairs is not None
    return sorted(found.pairs.mated.score.tolist()) + [np.nan] * found.pairs.mated.failed


# Words between tabs are those between semicolons.
@pytest.mark.parametrize(("way", "sep"), [one for one in EVERY if "\t" not in getattr(one, "values", one)])
def test_a_word_is_the_same_number_or_none_in_every_reader(way, sep, tmp_path):
    rest = np.delete(np.diag(SCORES), 2).tolist()
    for word, value in READ.items():
        found = mates(way(tmp_path, cells(word), sep))
        np.testing.assert_allclose(found, sorted([*rest, value]), rtol=1e-6, err_msg=word)
    for word, advice in REFUSED.items():
        if sep == "," and "," in word:
            advice = "column|scores|names"  # one more
        with pytest.raises(InvalidInput, match=advice):
            mates(way(tmp_path, cells(word), sep))


def test_a_table_takes_no_number_with_a_low_line(tmp_path):
    with pytest.raises(InvalidInput, match=REFUSED["1_0"]):
        mates(table(tmp_path, cells("1_0"), ","))


def with_comma(x: float) -> str:
    return str(x).replace(".", ",")


@pytest.mark.parametrize(("way", "sep"), WITH_COMMAS)
def test_decimals_may_have_a_comma_in_every_shape(way, sep, tmp_path):
    assert mates(way(tmp_path, cells("", with_comma), sep)) == pytest.approx(sorted(np.diag(SCORES)))


@pytest.mark.parametrize(("way", "sep"), WITH_COMMAS)
def test_commas_that_may_part_thousands_are_asked_about_and_the_advice_works(way, sep, tmp_path):
    thousands = way(tmp_path, cells("", lambda x: f"{round(1000 * (x + 9)):,}"), sep)
    with pytest.raises(
        InvalidInput, match=r"decimals, or thousands.*write decimals with a point, and thousands without"
    ):
        mates(thousands)
    plain = way(tmp_path, cells("", lambda x: f"{round(1000 * (x + 9))}"), sep)
    assert mates(plain) == pytest.approx(sorted(1000 * (np.diag(SCORES) + 9)), abs=0.5)


def people(files: list[Path]) -> int:
    """Read files, and return how many people there are."""
    found = read_files(files, ReadOptions(failed_scores=("none",)))
    whole = found.searches or found.pairs
    assert whole is not None
    assert whole.people is not None
    return whole.people.count


NAMED = [(square, ","), *(pytest.param(way, ",", marks=pytest.mark.slow) for way in (table, lists, parquet))]


@pytest.mark.parametrize(("way", "sep"), NAMED, ids=lambda one: getattr(one, "__name__", ""))
def test_a_name_is_the_same_person_or_refused_in_every_reader(way, sep, tmp_path):
    def renamed(name: str) -> list[Path]:
        """Write one person's name otherwise where she is a probe."""
        changed = way(tmp_path, cells(""), sep)
        if way is parquet:
            with duckdb.connect() as engine:
                engine.execute(f"CREATE TABLE t AS FROM '{changed[0]}'")
                engine.execute("UPDATE t SET probe_subject = ? WHERE probe_subject = 'p2'", [name])
                engine.execute(f"COPY t TO '{changed[0]}'")
            return changed
        rows = changed[0].read_text("utf-8").split("\n")
        return text(tmp_path, [row.replace("p2,", f"{name},", 1) if at else row for at, row in enumerate(rows[:-1])])

    for name in ("p2 ", "p2\u00a0", "\ufeffp2", "p2\u200b", "\u3000p2", "p2\t"):
        assert people(renamed(name)) == N, ascii(name)
    for name in ("p\u202e2", "p\x072", "p\u20282", "p2\u2066x"):
        with pytest.raises(InvalidInput, match=r"name with a control character.*write the names without it"):
            people(renamed(name))
