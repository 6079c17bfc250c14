"""Cards of every algorithm with published one-to-many rows, by name."""

from __future__ import annotations

import copy
import fnmatch
import functools
from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from misid.algorithm.catalog.table import by_algorithm, source_list
from misid.errors import UnknownName

if TYPE_CHECKING:
    from misid.algorithm.card import Card

__all__ = ["load_card", "match", "names", "rows", "sources"]


@functools.cache
def names() -> tuple[str, ...]:
    """Return the names of all algorithms in the catalogue, sorted."""
    return tuple(by_algorithm())


def match(patterns: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names that match any of some patterns.

    Parameters
    ----------
    patterns : str or iterable of str
        Names, or patterns such as ``nec_*``.

    Returns
    -------
    tuple of str
        Sorted, each once.

    Raises
    ------
    UnknownName
        For the first pattern that matches nothing.
    """
    found: set[str] = set()
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        hits = fnmatch.filter(names(), pattern.replace("-", "_"))
        if not hits:
            raise UnknownName("card", pattern, names())
        found.update(hits)
    return tuple(sorted(found))


def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the published rows of one algorithm, as text, in the catalogue's columns.

    Parameters
    ----------
    name : str
        A name from `names`.

    Returns
    -------
    tuple of dict
        What `misid.fit_published` takes.

    Raises
    ------
    UnknownName
        If there is no such card; names the nearest.
    """
    found = by_algorithm().get(name.replace("-", "_"))
    if found is None:
        raise UnknownName("card", name, names())
    return tuple(dict(row) for row in found)


def load_card(name: str | PathLike[str]) -> Card:
    """Return a card: from the catalogue by name, or from a file that `Card.to_json` wrote.

    Parameters
    ----------
    name : str or path-like
        ``"nec_011"``, or a path; text that ends in ``.json`` is a path.

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

    if not isinstance(name, str) or name.endswith(".json"):
        return Card.from_file(Path(name))
    return _fitted(name.replace("-", "_")) if name.replace("-", "_") in by_algorithm() else _unknown(name)


def _unknown(name: str) -> Card:
    raise UnknownName("card", name, names())


@functools.cache
def _fitted(name: str) -> Card:
    from misid.algorithm.published import fit_published

    return fit_published(by_algorithm()[name])


def sources() -> dict[str, dict[str, Any]]:
    """Return what is known of each source: title, page, date, commit, what was taken, conflicts."""
    return copy.deepcopy(source_list())
