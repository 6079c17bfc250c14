"""A language with an accent on every letter and other marks in numbers, and what of a page is not written in it.

A word of three plain letters is one that no catalogue gave; a number with a comma or a point was written by hand.  What
is data keeps its letters: what a test gives as data, codes, digests, and names of elements in a program's own data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from misid.vocabulary.catalogue import add, speaking

PLAIN = "abcdefghijklmnopqrstuvwxyz"
ACCENTED = "åƀçđéƒğħîĵķłɱñøþɋřšŧûṽŵẋýž"
_ACCENTS = str.maketrans(PLAIN + PLAIN.upper(), ACCENTED + ACCENTED.upper())
WORD = re.compile(r"[A-Za-z]{3,}")
NUMBER = re.compile(r"\d[.,]\d+")
# What a reader hears or sees though it is no text of an element.
NAMES = ("aria-label", "alt", "title", "placeholder", "data-mark", "data-failed")
# Words of a specification that tell Vega what to draw; no reader sees them.
DRAWN = {"title", "text", "description", "label", "values"}
# Points of a shape: pairs of numbers with a comma.
SHAPE = re.compile(r"[MLZ]?(-?[\d.]+,-?[\d.]+[ LMZ]*){2,}")
# Codes of figures, inputs, algorithms and files.
CODE = r"\b(?=[\d.]*[A-Za-z])[A-Za-z0-9]+(?:[._][A-Za-z0-9]+)+\b"
# Identifiers: SHA-256 and its beginning, and the number of a record.
DIGEST = r"\b(?=[a-f]*\d)(?:[0-9a-f]{12}|[0-9a-f]{16}|[0-9a-f]{64})\b|\b[A-Z]-[0-9A-F]{6}\b"
SMALL = re.compile(r"[a-z]+")
LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'")


def _other_marks(number: re.Match[str]) -> str:
    """A number within a sentence of the catalogue is written by who writes the sentence."""
    return number[0].replace(",", "\N{THIN SPACE}").replace(".", "\N{MIDDLE DOT}")


@contextmanager
def pseudo() -> Iterator[None]:
    """Say everything within in the made-up language."""
    add("zz", "number", {"group": "\N{THIN SPACE}", "decimal": "\N{MIDDLE DOT}"})
    with speaking("zz", lambda key, text: NUMBER.sub(_other_marks, text.translate(_ACCENTS))):
        yield


class _Texts(HTMLParser):
    """Text of every element, accessible names, and the words of drawings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []
        self.kind, self.drawn, self.joined = "", False, False
        self.elements: set[str] = set()
        self.programs: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        # A program finds elements by their name after the screen's own letters, fs-acted, and by a side.
        self.elements |= {str(known.get(name)).partition("-")[2] for name in ("id", "class")}
        self.elements.add(str(known.get("data-side")))
        self.joined = tag == "wbr"
        if tag not in ("meta", "link", "br", "wbr", "input", "path", "rect"):
            self.inside.append(tag)
        self.kind = known.get("type") or ""
        self.drawn = (known.get("id") or "").endswith("-spec")
        self.found += [known[name] or "" for name in NAMES if name in known]

    def handle_endtag(self, tag: str) -> None:
        while tag in self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        # Style and program are no words; a command and what stands in code letters are typed, not read.
        if "script" in self.inside:
            if self.kind == "application/json":
                spec = json.loads(data)
                if self.drawn:
                    self.found += words_drawn(spec)
                else:
                    self.programs += values_of(spec)
        elif not {"style", "code"} & set(self.inside):
            if self.joined:
                data = self.found.pop() + data
            self.found.append(data)
            self.joined = False


def words_drawn(spec: Any, key: str = "") -> list[str]:
    """Return what a drawing shows: titles, texts, labels, and every text of its rows; of other data every text."""
    if isinstance(spec, Mapping):
        return [one for name, part in spec.items() for one in words_drawn(part, "values" if key == "values" else name)]
    if isinstance(spec, list):
        return [one for part in spec for one in words_drawn(part, key)]
    if not isinstance(spec, str):
        return []
    return LITERAL.findall(spec) if key == "labelExpr" else [spec] if key in DRAWN else []


def texts(html: str) -> list[str]:
    """Return every text of a page that a reader sees or hears."""
    page = _Texts(html)
    read = [*page.found, *(text for text in page.programs if text not in page.elements)]
    found = (" ".join(text.split()) for text in read)
    return [text for text in found if text and not SHAPE.fullmatch(text)]


def values_of(thing: Any) -> Iterator[str]:
    """Yield every text of plain JSON types, without the keys, and without units, which are codes."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, Mapping):
        yield from values_of([part for name, part in thing.items() if name != "unit"])
    elif isinstance(thing, list | tuple):
        for part in thing:
            yield from values_of(part)


def left(html: str, data: Iterable[str], names: Iterable[str] = ()) -> list[str]:
    """Return the texts of a page that hold plain words or plain numbers which are no data, without what is data.

    Parameters
    ----------
    html : str
        The page, made within `pseudo`.
    data : iterable of str
        Texts that are data; the longest are taken out first, each where it stands as a whole.  A single small word may
        be any word of a page: it is data only where nothing stands beside it.
    names : iterable of str
        Names that are data wherever they stand, single small words too.
    """
    cells = {" ".join(one.split()) for one in data}
    known = {one for one in cells if len(one) > 2 and not SMALL.fullmatch(one)} | set(names)
    known |= {f"{one[:1].upper()}{one[1:]}" for one in known}
    # Taking something out makes no new word, and what stands nowhere in a text takes nothing out.
    read = [text for text in texts(html) if text not in cells and _is_plain(text)]
    whole = "\n".join(read)
    longest = sorted((one for one in known if one in whole), key=len, reverse=True)
    pattern = re.compile("|".join([*(rf"(?<!\w){re.escape(one)}(?![._-]?\w)" for one in longest), CODE, DIGEST]))
    return [text for text in (pattern.sub(" ", text) for text in read) if _is_plain(text)]


def _is_plain(text: str) -> bool:
    return bool(WORD.search(text) or NUMBER.search(text))


def plain(found: Iterable[str]) -> set[str]:
    """Return the plain words and numbers of some texts."""
    return {one for text in found for one in (*WORD.findall(text), *NUMBER.findall(text))}
