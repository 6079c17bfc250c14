"""Cards of every algorithm with published one-to-many rows, by name."""

from __future__ import annotations

import copy
import fnmatch
import functools
import hashlib
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from misid.algorithm.catalog.table import DIGEST, by_algorithm, is_file, packaged
from misid.errors import Fault, InvalidInput, UnknownName

if TYPE_CHECKING:
    from misid.algorithm.card import Card

__all__ = ["card_names", "load_card", "match", "pinned", "rows", "sources"]


@functools.cache
def card_names() -> tuple[str, ...]:
    """Return the names of all algorithms in the catalogue, sorted."""
    return tuple(by_algorithm())


def match(patterns: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names that match any of some patterns, such as ``nec_*``, sorted; card files stand for themselves.

    Raises
    ------
    UnknownName
        For the first pattern that matches nothing.
    """
    found: set[str] = set()
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        hits = [pattern] if is_file(pattern) else fnmatch.filter(card_names(), pattern.replace("-", "_"))
        if not hits:
            raise UnknownName("card", pattern, card_names())
        found.update(hits)
    return tuple(sorted(found))


def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the published rows of one algorithm, as text: what `misid.fit_published` takes.

    Raises
    ------
    UnknownName
        If there is no such card; names the nearest.
    """
    found = by_algorithm().get(name.replace("-", "_"))
    if found is None:
        raise UnknownName("card", name, card_names())
    return tuple(dict(row) for row in found)


def pinned(path: str, folder: str | PathLike[str] = "") -> str:
    """Return the path of a card file, with a digest or without, with the digest of its content: what `load_card` takes.

    A relative path starts from ``folder``; where nothing lies there, from the current folder.

    Raises
    ------
    InvalidInput
        If there is no such file, it is no card, or its content has another digest than the one given.
    """
    return _opened(path, folder)[0]


def _opened(path: str, folder: str | PathLike[str] = "") -> tuple[str, Card]:
    """Return what `pinned` does, and the card, from one reading of the file."""
    from misid.algorithm.card import Card, card_bytes

    place, _, wanted = path.partition(DIGEST)
    there = Path(folder, place)
    found = there if there.is_file() else Path(place)
    raw = card_bytes(found, place)
    digest = hashlib.sha256(raw).hexdigest()
    if wanted and wanted != digest:
        what = f"has changed: its SHA-256 begins with {digest[:12]}, not {wanted[:12]}"
        raise InvalidInput([Fault(place, 0, "", what, "give the card it was, or leave the digest out")])
    return f"{found.as_posix()}{DIGEST}{digest}", Card.from_bytes(raw, place)


def load_card(name: str | PathLike[str]) -> Card:
    """Return a card: from the catalogue by name, or from a file that `Card.to_json` wrote.

    Parameters
    ----------
    name : str or path-like
        ``"nec_011"``, or a path; text that ends in ``.json`` is a path, and may carry the digest of `pinned`.

    Returns
    -------
    Card
        Cards from the catalogue are fitted once and kept.

    Raises
    ------
    UnknownName
        If there is no such card; names the nearest.
    InvalidInput
        If a file cannot be read as a card.
    """
    from misid.algorithm.card import Card

    if isinstance(name, str) and DIGEST in name:
        return _opened(name)[1]
    if not isinstance(name, str) or is_file(name):
        return Card.from_file(Path(name))
    key = name.replace("-", "_")
    if key not in by_algorithm():
        raise UnknownName("card", name, card_names())
    return _fitted(key)


@functools.cache
def _fitted(name: str) -> Card:
    from misid.algorithm.published import fit_published

    return fit_published(by_algorithm()[name])


def sources() -> dict[str, dict[str, Any]]:
    """Return what is known of each source: title, page, date, commit, what was taken, conflicts."""
    found: dict[str, dict[str, Any]] = copy.deepcopy(packaged("sources.json")["sources"])
    return found
