"""The figures of a result: by name, and as one long table."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from misid.errors import MissingPackage, UnknownFigure, UnknownName
from misid.quantities import Distance, Estimate

Key: TypeAlias = str | tuple[str, ...]
LIBRARIES = ("pandas", "polars")  # in the order in which they are looked for

_Read: TypeAlias = Callable[[Estimate], Any]
NUMBERS: Mapping[str, _Read] = {
    "value": lambda e: e.value,
    "low": lambda e: e.low,
    "high": lambda e: e.high,
}
WORDS: Mapping[str, _Read] = {
    "unit": lambda e: e.unit,
    "by": lambda e: e.by,
    "kind": lambda e: e.kind.value,
}
COUNTS: Mapping[str, _Read] = {
    "count": lambda e: e.count,
    "total": lambda e: e.n,
    "level": lambda e: e.level,
    "n_references": lambda e: e.conditions.n_references,
    "n_enrolled": lambda e: e.conditions.n_enrolled,
    "threshold": lambda e: e.conditions.threshold,
    "score": lambda e: e.conditions.score,
    "phi": lambda e: e.conditions.phi,
}
ABOUT: Mapping[str, _Read] = {
    "point": lambda e: e.conditions.point,
    "image_kind": lambda e: e.conditions.image_kind,
    "probe_group": lambda e: e.conditions.probe_group,
    "reference_group": lambda e: e.conditions.reference_group,
    "gallery": lambda e: e.conditions.gallery,
    "method": lambda e: e.method,
    "nearest_test": lambda e: e.distance.nearest if isinstance(e.distance, Distance) else "",
    "distance": lambda e: e.distance.words,
    "caveats": lambda e: " ".join(e.caveats),
    "reason": lambda e: e.reason,
}


class Figures(Mapping[Key, Estimate]):
    """All figures of a result, each under what its ``figure`` is called with, in the order of the page.

    Parameters
    ----------
    figures : mapping of str or tuple of str to Estimate
        All of them.
    levels : tuple of str
        What the parts of a name are: ``("question", "figure")``.
    """

    def __init__(self, figures: Mapping[Key, Estimate], levels: tuple[str, ...]) -> None:
        self._figures = dict(figures)
        self._levels = levels

    def __getitem__(self, key: Key) -> Estimate:
        found = self._figures.get(key)
        if found is None:
            raise self._unknown(key)
        return found

    def __iter__(self) -> Iterator[Key]:
        return iter(self._figures)

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        first = next(iter(self._figures), "")
        by = "name" if len(self._levels) == 1 else " and ".join(self._levels)
        return f"<{len(self):,} figures by {by}, {first!r} first>"

    def _unknown(self, key: Any) -> UnknownFigure:
        """Return the error that names the first part of a key that is not there."""
        parts = tuple(map(str, key)) if isinstance(key, tuple) else (str(key),)
        keys = [one if isinstance(one, tuple) else (one,) for one in self._figures]
        for i, (level, part) in enumerate(zip(self._levels, parts, strict=False)):
            known = list(dict.fromkeys(one[i] for one in keys if one[:i] == parts[:i]))
            if part not in known:
                # A part of a table may have no name: it is the whole.
                return UnknownFigure(
                    level, part, [one or repr(one) for one in known], " ".join(filter(None, parts[:i]))
                )
        known = list(dict.fromkeys(" ".join(one[len(parts) :]) for one in keys if one[: len(parts)] == parts))
        return UnknownFigure(self._levels[-1], " ".join(parts[len(self._levels) :]), known, " ".join(parts))


def columns(
    figures: Iterable[tuple[tuple[str, ...], Estimate]], levels: tuple[str, ...]
) -> dict[str, npt.NDArray[Any]]:
    """Return figures as columns of one long table: numbers with NaN where there is none, and words.

    Parameters
    ----------
    figures : iterable of (names, Estimate)
        A name for each of ``levels``.
    levels : tuple of str
        The first columns: ``("section", "name")``.

    Returns
    -------
    dict of str to ndarray
        float64 or str, all of one length.
    """
    listed = list(figures)
    found: dict[str, npt.NDArray[Any]] = {
        level: np.array([names[i] for names, _ in listed], dtype=str) for i, level in enumerate(levels)
    }
    for readers, kind in ((NUMBERS, float), (WORDS, str), (COUNTS, float), (ABOUT, str)):
        for column, read in readers.items():
            values = (read(figure) for _, figure in listed)
            found[column] = np.array([np.nan if one is None else one for one in values], dtype=kind)
    return found


def frame(table: Mapping[str, npt.NDArray[Any]], library: str = "") -> Any:
    """Return columns as a data frame of pandas or polars.

    Raises
    ------
    MissingPackage
        If the library, or without a name both, are not installed.
    UnknownName
        If it is neither.
    """
    if library and library not in LIBRARIES:
        raise UnknownName("library", library, LIBRARIES)
    wanted = (library,) if library else LIBRARIES
    for name in wanted:
        if importlib.util.find_spec(name) is not None:
            made = importlib.import_module(name).DataFrame
            # pandas has NaN for what is missing; polars has null, which it does not take for a number.
            return made(dict(table)) if name == "pandas" else made(dict(table), nan_to_null=True)
    either = " or ".join(wanted)
    raise MissingPackage(f"a data frame needs {either}: pip install {wanted[0]}; result.figures has the same figures")
