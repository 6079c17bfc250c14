"""Files of counts: faces, list size and false alerts of places at one threshold, one row each."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from misid.algorithm.false_alerts import AlertCount
from misid.errors import Fault, InvalidInput, did_you_mean
from misid.quantities import Grade, Quantity

COLUMNS = {
    "title": "where and when; may be empty",
    "faces": "faces searched, a whole number of at least 1",
    "list_size": "references on the list, at least 1; the middle where it is not known",
    "list_size_low": "its low end where it is not known; empty if it is",
    "list_size_high": "its high end; both ends are given, or neither",
    "false_alerts": "alerts on somebody who is not listed, a whole number up to faces",
    "source": "who says so; may be empty",
}
"""Columns of a file of counts, in words."""
NEEDED = ("faces", "list_size", "false_alerts")
COUNTS_TEMPLATE = (
    ",".join(COLUMNS) + "\n"
    '"Town square, May 2026 (an example, made up)",250000,5000,,,2,"annual report"\n'
    '"Station, June 2026 (an example, made up)",90000,8000,4000,16000,0,"answer to a request"\n'
)
"""A file of counts to fill in."""
HINT = "`misid evidence --template` prints a file to fill in."
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_GROUPED = re.compile(r"\d{1,3}([.,]\d{3})+")
_MOST_FACES, _MOST_LISTED = 10**13, 1e11


def read_counts(path: str | os.PathLike[str]) -> tuple[AlertCount, ...]:
    """Read a CSV of counts; lines that begin with # are passed over.

    Semicolons or tabs part the fields where the header says so; numbers may then have a decimal comma.

    Raises
    ------
    InvalidInput
        For every fault at once: file, line, field, value and what to do.
    """
    file = os.fspath(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fault = Fault(file, 0, "", "cannot be read: it is not UTF-8 text", "save it as CSV UTF-8 and give that file")
        raise InvalidInput([fault], HINT) from None
    except OSError as error:
        fault = Fault(file, 0, "", f"cannot be read: {error.strerror}", "give a CSV file of counts")
        raise InvalidInput([fault], HINT) from None
    lines = [line if not line.startswith(("#", "sep=")) else "\n" for line in io.StringIO(text)]
    separator = _separator(lines)
    reader = csv.reader(lines, delimiter=separator)
    try:
        rows = [(reader.line_num, row) for row in reader if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InvalidInput(
            [Fault(file, reader.line_num, "", f"is no CSV: {error}", f"quote texts with {_SEPARATORS[separator]}")],
            HINT,
        ) from None
    if not rows:
        raise InvalidInput([Fault(file, 0, "", "is empty", "give a header and at least one row")], HINT)
    head = [name.strip() for name in rows[0][1]]
    faults = list(_header_faults(file, rows[0][0], head))
    if faults and separator != ",":
        what = f"the header is separated by {_SEPARATORS[separator]}, and read so"
        faults.append(Fault(file, rows[0][0], "", what, "if that is wrong, save the file as CSV with commas"))
    if faults:
        raise InvalidInput(faults, HINT)
    if len(rows) == 1:
        raise InvalidInput([Fault(file, rows[0][0], "", "has a header and no row", "give at least one row")], HINT)
    found: list[AlertCount] = []
    for line, cells in rows[1:]:
        if len(cells) != len(head):
            what = f"{len(cells)} fields under {len(head)} headings"
            faults.append(Fault(file, line, "", what, _fields_fix(separator)))
            continue
        given = dict(zip(head, cells, strict=True))
        if separator != ",":
            grouped = list(_grouped(given, file, line))
            if grouped:
                faults += grouped
                continue
            given = {name: x if name in ("title", "source") else x.replace(",", ".", 1) for name, x in given.items()}
        wrong, row = _row(given, file, line)
        faults += wrong
        found += [] if row is None else [row]
    if faults:
        raise InvalidInput(faults, HINT)
    return tuple(found)


def _separator(lines: Iterable[str]) -> str:
    """Return what parts the fields: what gives the header the most columns that are known; commas if that is open."""
    header = next((line for line in lines if line.strip()), "")

    def known(separator: str) -> int:
        try:
            return sum(name.strip() in COLUMNS for name in next(csv.reader([header], delimiter=separator), []))
        except csv.Error:
            return 0

    return max(_SEPARATORS, key=known)


def _fields_fix(separator: str) -> str:
    return f"give each column a field; quote texts with {_SEPARATORS[separator]}"


def _grouped(given: Mapping[str, str], file: str, line: int) -> Iterator[Fault]:
    """Name numbers that could be read in two ways: a mark before three digits may group them, or be decimal."""
    for name, x in given.items():
        if name not in ("title", "source") and _GROUPED.fullmatch(x.strip()):
            plain = re.sub("[.,]", "", x.strip())
            what = f"{x.strip()!r} may be {int(plain):,} or have decimals"
            yield Fault(file, line, name, what, "write it without a mark between thousands")


def checked_counts(rows: Iterable[Any]) -> tuple[AlertCount, ...]:
    """Return rows given in Python, checked; InvalidInput names all faults, fields by ``counts.0.faces``."""
    faults: list[Fault] = []
    found: list[AlertCount] = []
    for i, given in enumerate(rows):
        if not isinstance(given, Mapping):
            what = f"is {type(given).__name__}, no mapping"
            faults.append(Fault("", 0, f"counts.{i}", what, f"give {', '.join(NEEDED)} by name"))
            continue
        faults += [
            Fault("", 0, f"counts.{i}.{name}", f"unknown field{did_you_mean(str(name), COLUMNS)}", "leave it out")
            for name in given
            if name not in COLUMNS
        ]
        wrong, row = _row({name: x for name, x in given.items() if name in COLUMNS}, "", 0, f"counts.{i}.")
        faults += wrong
        found += [] if row is None else [row]
    if not faults and not found:
        faults.append(Fault("", 0, "counts", "no rows", "give at least one"))
    if faults:
        raise InvalidInput(faults, HINT)
    return tuple(found)


def _header_faults(file: str, line: int, head: list[str]) -> Iterator[Fault]:
    for name in dict.fromkeys(head):
        if name not in COLUMNS:
            what = f"unknown column {name!r}{did_you_mean(name, COLUMNS)}"
            yield Fault(file, line, name, what, "rename it or leave it out")
        elif head.count(name) > 1:
            yield Fault(file, line, name, f"column {name!r} stands {head.count(name)} times", "keep one")
    for name in NEEDED:
        if name not in head:
            yield Fault(file, line, name, "column is missing", f"add it: {COLUMNS[name]}")


def _row(given: Mapping[str, Any], file: str, line: int, stem: str = "") -> tuple[list[Fault], AlertCount | None]:
    faults: list[Fault] = []
    values: dict[str, float | None] = {}
    for name in ("faces", "list_size", "list_size_low", "list_size_high", "false_alerts"):
        raw = given.get(name)
        values[name], what = _number(raw, name)
        if what:
            faults.append(Fault(file, line, stem + name, what, COLUMNS[name]))
    faces, alerts = values["faces"], values["false_alerts"]
    if faces is not None and alerts is not None and alerts > faces:
        what = f"more false alerts than faces: {alerts:,.0f} > {faces:,.0f}"
        faults.append(Fault(file, line, stem + "false_alerts", what, "correct one of them"))
    if not faults:
        for name, other in (("list_size_low", "list_size_high"), ("list_size_high", "list_size_low")):
            if values[name] is None and values[other] is not None:
                what = f"missing, while {other} is given"
                faults.append(
                    Fault(file, line, stem + name, what, "give both ends, or neither where the list is known")
                )
    best, low, high = values["list_size"], values["list_size_low"], values["list_size_high"]
    if best is not None:
        for name, end, wrong in (
            ("list_size_low", low, low is not None and low > best),
            ("list_size_high", high, high is not None and high < best),
        ):
            if wrong:
                side = "above" if name.endswith("low") else "below"
                what = f"{end:,.0f} lies {side} list_size {best:,.0f}"
                faults.append(Fault(file, line, stem + name, what, "give low, middle and high in this order"))
    if faults:
        return faults, None
    assert faces is not None
    assert alerts is not None
    assert best is not None
    source = str(given.get("source") or "").strip()
    low, high = best if low is None else low, best if high is None else high
    listed = Quantity(
        value=best,
        low=low,
        high=high,
        unit="references",
        source=source or "as given",
        grade=Grade.D,
    )
    title = str(given.get("title") or "").strip() or (f"line {line}" if line else "a row")
    return [], AlertCount(title=title, faces=int(faces), list_size=listed, false_alerts=int(alerts), source=source)


def _number(raw: Any, name: str) -> tuple[float | None, str]:
    """Return a number and what is wrong with it; an empty one is None where it may be."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None, "missing" if name in NEEDED else ""
    if isinstance(raw, bool):
        return None, f"{raw!r} is no number"
    try:
        # Python also reads 1_0, and digits of other scripts.
        x = float("no" if isinstance(raw, str) and ("_" in raw or not raw.isascii()) else raw)
    except (TypeError, ValueError, OverflowError):
        marks = ": leave out marks between thousands" if _GROUPED.fullmatch(str(raw).strip()) else ""
        return None, f"{raw!r} is no number{marks}"
    whole = name in ("faces", "false_alerts")
    least = 0.0 if name == "false_alerts" else 1.0
    most = _MOST_FACES if whole else _MOST_LISTED
    if not math.isfinite(x) or (whole and x != math.floor(x)) or not least <= x <= most:
        kind = "a whole number" if whole else "a number"
        return None, f"{raw!r} is not {kind} from {least:,.0f} to {most:,.0f}"
    return x, ""
