"""Ways to spoil a file: its bytes, its structure, and what it says."""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb

Change = Callable[[random.Random, bytes], bytes]
MOST = 4  # changes of one file
INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
VALUES = (
    *("nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e308", "1e309", "3.4e38", "3.5e38", "-3.4028235e38", "1e-320"),
    *("-1", "0", "-0.0", "1e-46", "0x10", "1_0", "1,5", "1.5.2", "+1", "1e", "", " ", "\t", "NULL", "None", "n/a", "-"),
    *("99999999999999999999", "-9223372036854775808", "1" * 400, "a" * 10_000, "true", "=1+1", "=cmd|' /C calc'!A0"),
    *('"', '""', '"a', "'", "\u202e78.0", "\x1b[31m", "\u0665", "é", "e\u0301", "ａ", "\x00", "\x0c", "\u2028"),
    *("\ufeff", "007", "7", "7.0", "A", "a", "[" * 1000, "{" * 1000, "&a *a", "!!python/object:os.system", "<<: *x"),
    *("1e400", "٣"),
)
DELIMITERS = (b",", b";", b"\t", b"|", b" ")


# Bytes


def _flip(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def _set(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _ends(rng: random.Random, data: bytes) -> bytes:
    """Spoil a byte where headers and footers are."""
    at = rng.randrange(min(len(data), 128)) * rng.choice((1, -1))
    at %= len(data)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.randrange(len(data))]


def _cut_out(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.choice((1, 2, 4, 100, 10_000)) :]


def _insert(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 2, 4, 64))) + data[at:]


def _double(rng: random.Random, data: bytes) -> bytes:
    at = rng.randrange(len(data))
    end = at + rng.choice((1, 8, 200, 5000))
    return data[:end] + data[at:end] * rng.choice((1, 1, 20)) + data[end:]


def _number(rng: random.Random, data: bytes) -> bytes:
    size = rng.choice((1, 2, 4, 8))
    word = (rng.choice(INTERESTING) % 256**size).to_bytes(size, rng.choice(("little", "big")))
    at = rng.randrange(len(data))
    return data[:at] + word + data[at + size :]


def _float(rng: random.Random, data: bytes) -> bytes:
    value = rng.choice((float("nan"), float("inf"), -float("inf"), 3e38, -1.0, 0.0, 1e-40))
    word = struct.pack(rng.choice(("<f", "<d")), value)
    at = rng.randrange(len(data)) // 4 * 4
    return data[:at] + word + data[at + len(word) :]


# Lines and cells


def _lines(change: Callable[[random.Random, list[bytes], int], None]) -> Change:
    """Return a change of the lines of a text from a line that is drawn, often the first."""

    def changed(rng: random.Random, data: bytes) -> bytes:
        lines = data.split(b"\n")
        change(rng, lines, 0 if rng.random() < 0.2 else rng.randrange(len(lines)))
        return b"\n".join(lines)

    return changed


def _swap_lines(rng: random.Random, lines: list[bytes], at: int) -> None:
    other = rng.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


def _drop_line(rng: random.Random, lines: list[bytes], at: int) -> None:
    del lines[at : at + rng.choice((1, 1, 10))]


def _double_line(rng: random.Random, lines: list[bytes], at: int) -> None:
    lines[at:at] = [lines[at]] * rng.choice((1, 1, 2, 500))


def _blank_line(rng: random.Random, lines: list[bytes], at: int) -> None:
    lines.insert(at, rng.choice((b"", b"", b" ", b"\t", b",", b"#", b"\r")))


def _long_line(rng: random.Random, lines: list[bytes], at: int) -> None:
    lines[at] = lines[at] * rng.choice((2, 100, 3000))


def _cells(change: Callable[[random.Random, list[bytes], int], None]) -> Change:
    """Return a change of the cells of a line, or of the same column in all of them."""

    def of_lines(rng: random.Random, lines: list[bytes], at: int) -> None:
        mark = max((*DELIMITERS, b": "), key=lines[at].count)
        column, state = rng.randrange(lines[at].count(mark) + 1), rng.getstate()
        for line in range(len(lines)) if rng.random() < 0.3 else [at]:
            cells = lines[line].split(mark)
            rng.setstate(state)
            change(rng, cells, min(column, len(cells) - 1))
            lines[line] = mark.join(cells)

    return _lines(of_lines)


def _value(rng: random.Random, cells: list[bytes], at: int) -> None:
    cells[at] = rng.choice(VALUES).encode()


def _near(rng: random.Random, cells: list[bytes], at: int) -> None:
    """Write a cell in another spelling."""
    text = cells[at].decode("utf-8", "replace")
    form = rng.choice(("NFD", "NFKC"))
    cells[at] = rng.choice(
        (
            *(text.upper(), text + " ", " " + text, text + "\t", "0" + text, text + ".0", f'"{text}"', f"'{text}'"),
            *(
                f'"{text}',
                f'{text}"',
                f'"{text}\n"',
                unicodedata.normalize(form, f"{text}é"),
                f"{text}\u200f",
                f"-{text}",
            ),
            *(text.replace(".", ","), text[:-1], text + "\x00", "\u00a0" + text, text[::-1], text + "e400"),
        )
    ).encode()


def _drop_cell(rng: random.Random, cells: list[bytes], at: int) -> None:
    del cells[at]


def _double_cell(rng: random.Random, cells: list[bytes], at: int) -> None:
    cells[at:at] = [cells[at]] * rng.choice((1, 1, 2000))


def _swap_cells(rng: random.Random, cells: list[bytes], at: int) -> None:
    other = rng.randrange(len(cells))
    cells[at], cells[other] = cells[other], cells[at]


# The whole text


def _line_ends(rng: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", rng.choice((b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x0b\n")), rng.choice((-1, -1, 1, 5)))


def _encoding(rng: random.Random, data: bytes) -> bytes:
    text = data.decode("utf-8", "replace")
    return rng.choice((b"\xef\xbb\xbf" + data, text.encode("utf-16"), data.replace(b"e", b"\xe9"), data.rstrip(b"\n")))


def _delimiter(rng: random.Random, data: bytes) -> bytes:
    old = max(DELIMITERS, key=data[:1000].count)
    return data.replace(old, rng.choice((*DELIMITERS, b", ", b",,")), rng.choice((-1, -1, 3)))


def _shuffle(rng: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    rng.shuffle(lines)
    return b"\n".join(lines)


def _quotes(rng: random.Random, data: bytes) -> bytes:
    """Put two stray quotation marks somewhere: what lies between them may be taken for one cell."""
    for _ in range(2):
        at = rng.choice([place.start() for place in re.finditer(rb"[,;\t \n]", data)] or [0])
        data = data[: at + 1] + b'"' + data[at + 1 :]
    return data


# Arrays, zips and Parquet


def _npy_header(rng: random.Random, data: bytes) -> bytes:
    at = data.find(b"\x93NUMPY")
    if at < 0:
        return _flip(rng, data)
    size = struct.unpack_from("<H", data, at + 8)[0]
    header = data[at + 10 : at + 10 + size]
    shape = rng.choice((b"(3,)", b"()", b"(0, 5)", b"(-1, 4)", b"(2**40,)", b"(99999999999, 99999999)", b"(True, 3)"))
    kind = rng.choice(
        (b"<f8", b"<f2", b"|O", b">f4", b"|S0", b"<U9", b"<c8", b"|b1", b"<m8", b"|V8", b"<f16", b"<i8", b"f")
    )
    header = rng.choice(
        (
            re.sub(rb"\([^)]*\)", lambda _: shape, header),
            re.sub(rb"'[<>|][a-zA-Z]\d+'", lambda _: b"'" + kind + b"'", header),
            header.replace(b"False", rng.choice((b"True", b"None", b"0", b"[]"))),
            *(header.replace(b"}", b""), b"-" * 9000 + header, b"(" * 5000, b"{" * 200 + header, b"", b"\xff" + header),
            *(header.replace(b"'shape'", b"'form'"), header.replace(b":", b": lambda:"), header.strip() + b"\n\n"),
        )
    )
    version = rng.choice((data[at + 6 : at + 8],) * 3 + (b"\x02\x00", b"\x03\x00", b"\x09\x09"))
    length = struct.pack("<H", len(header) % 65536)
    return data[: at + 6] + version + length + header + data[at + 10 + size :]


def _zip_members(rng: random.Random, data: bytes) -> bytes:
    """Pack a zip anew: members dropped, doubled, renamed, spoilt, or packed in another way."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        members = [[name, packed.read(name)] for name in packed.namelist()]
    one = rng.choice(members)
    kind = rng.randrange(6)
    if kind == 0:
        members.remove(one)
    elif kind == 1:
        members.append(one)
    elif kind == 2:
        one[0] = rng.choice(
            ("../x.npy", "é\u202e.npy", "subject.npy", "score.npy", "a" * 5000 + ".npy", "x.txt", ".npy")
        )
    elif kind == 3:
        one[1], other = rng.choice(members)[1], one[1]
        members[0][1] = other
    else:
        change = rng.choice((_npy_header, _float, _cut, _flip, _number))
        one[1] = change(rng, one[1]) if one[1] else b""
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as packed:
        for name, held in members:
            packed.writestr(zipfile.ZipInfo(name), held, method)
    return target.getvalue()


def _zip_fields(rng: random.Random, data: bytes) -> bytes:
    """Spoil the heads of members and the directory of a zip."""
    places = [at for mark in (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06") for at in _found(data, mark)]
    at = rng.choice(places or [0]) + rng.randrange(4, 50)
    return data[:at] + bytes([rng.choice((0, 1, 8, 9, 12, 14, 99, 255, rng.randrange(256)))]) + data[at + 1 :]


def _found(data: bytes, mark: bytes) -> list[int]:
    return [one.start() for one in re.finditer(re.escape(mark), data)]


def _parquet_again(rng: random.Random, data: bytes) -> bytes:
    """Write the rows of a Parquet file anew: in other types, codecs and row groups, or some of them changed."""
    Path("again.parquet").write_bytes(data)
    kinds = (
        "VARCHAR",
        "DOUBLE",
        "FLOAT",
        "DECIMAL(9,4)",
        "TIMESTAMP",
        "BLOB",
        "INTEGER",
        "BOOLEAN",
        "FLOAT[]",
        "HUGEINT",
    )
    values = (
        "NULL",
        "'NaN'",
        "'inf'",
        "'-inf'",
        "3.5e38",
        "1e308",
        "-1",
        "'x'",
        "''",
        "'e\u0301'",
        "chr(8238)",
        "chr(10)",
    )
    codec = rng.choice(("uncompressed", "snappy", "zstd", "gzip", "lz4_raw"))
    with duckdb.connect() as con:
        con.execute("SET threads=1; SET preserve_insertion_order=true")
        names = [row[0] for row in con.execute("DESCRIBE FROM read_parquet('again.parquet')").fetchall()]
        name, value, some = rng.choice(names), rng.choice(values), rng.choice((1, 2, 7, 100, 10**6))
        cell = f'CASE WHEN random_row % {some} = 0 THEN {value} ELSE "{name}"::VARCHAR END'
        what = f'TRY_CAST({cell if rng.random() < 0.6 else name} AS {rng.choice(kinds)}) AS "{name}"'
        other = rng.choice(
            ("", "", f', "{name}" AS "file_row_number"', f', "{name}" AS "SCORE"', f', "{name}" AS "row"')
        )
        source = "(SELECT *, row_number() OVER () AS random_row FROM read_parquet('again.parquet'))"
        limit = rng.choice(("", "", "", " LIMIT 0", " LIMIT 3"))
        sql = f"SELECT * EXCLUDE random_row REPLACE ({what}){other} FROM {source}{limit}"
        con.execute(f"COPY ({sql}) TO 'again.parquet' (FORMAT parquet, COMPRESSION {codec}, ROW_GROUP_SIZE 2048)")
    again = Path("again.parquet")
    data = again.read_bytes()
    again.unlink()
    return data


def _packed(rng: random.Random, data: bytes) -> bytes:
    """Change what is packed, and pack it again; or append to it."""
    if rng.random() < 0.1:
        return data + rng.choice((b"\0" * 100, b"junk", data))
    return gzip.compress(spoil(rng, gzip.decompress(data), 1), mtime=0)


def _as_gzip(rng: random.Random, data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


BYTES: tuple[Change, ...] = (_flip, _set, _ends, _cut, _cut_out, _insert, _double, _number)
TEXT: tuple[Change, ...] = (
    *map(_lines, (_swap_lines, _drop_line, _double_line, _blank_line, _long_line)),
    *map(_cells, (_value, _value, _value, _near, _near, _drop_cell, _double_cell, _swap_cells)),
    *(_line_ends, _encoding, _delimiter, _shuffle, _quotes, _as_gzip),
)
BY_START: tuple[tuple[bytes, tuple[Change, ...]], ...] = (
    (b"\x93NUMPY", (_npy_header, _npy_header, _float)),
    (b"PK\x03\x04", (_zip_members, _zip_members, _zip_fields, _npy_header)),
    (b"PAR1", (_parquet_again, _parquet_again, _float)),
    (b"\x1f\x8b", (_packed, _packed, _packed)),
    (b"BZh", ()),
    (b"S2", (_float, *TEXT[:5])),
)


def changes_for(data: bytes) -> Sequence[Change]:
    """Return ways to spoil such a file; those that know it come twice as often as those that change bytes."""
    known = next((known for start, known in BY_START if data.startswith(start)), TEXT)
    return (*BYTES, *known * (1 + (2 * len(BYTES)) // max(1, len(known))))


def spoil(rng: random.Random, data: bytes, most: int = MOST) -> bytes:
    """Change a file once or a few times."""
    for _ in range(min(rng.choice((1, 1, 1, 2, 2, 3, 4)), most)):
        if data:
            try:
                data = rng.choice(changes_for(data))(rng, data)
            except Exception:  # a file that was spoilt before may not be read again
                data = rng.choice(BYTES)(rng, data)
    return data[: 2**24]


def mutant(seed: int, number: int, files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files of one command, of which one is spoilt; the same for the same numbers."""
    rng = random.Random(f"{seed} {number}")
    name = rng.choice(sorted(files))
    return {**files, name: spoil(rng, files[name])}
