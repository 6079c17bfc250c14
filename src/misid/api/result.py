"""What every call returns: figures that can be written into a folder, shown as a page, or shown in a notebook."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from misid.api.figures import Figures, Key, columns, frame
from misid.provenance import provenance
from misid.quantities import Estimate
from misid.storage import CHARTS, write_folder
from misid.vocabulary.brief import LONGEST, clip, one_line

if TYPE_CHECKING:
    from misid.findings import ChartData

SHOWN = 1_950
"""Bytes of the first screen in a notebook, at most."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Result(ABC):
    """What misid found, and how to find it again.

    Parameters
    ----------
    command : str
        The command that makes the same result again.
    seconds : float
        How long it took; not part of the result.
    inputs : tuple of Path
        Every file that was read; `save` never writes over them.
    """

    command: str
    seconds: float = 0.0
    inputs: tuple[Path, ...] = ()

    mark: ClassVar[str] = "SYNTHETIC"
    """What stands first wherever the result is shown."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return every figure as plain JSON types, under a ``schema``."""

    @cached_property
    @abstractmethod
    def html(self) -> str:
        """The page: one file that opens offline and sends nothing."""

    @cached_property
    def appendix(self) -> str:
        """The appendix of a short page: every table, chart, figure, caveat and term; empty where the page has them."""
        return ""

    @abstractmethod
    def _files(self) -> dict[str, str]:
        """Return the text of every file but the page, by name."""

    def _pages(self) -> dict[str, str]:
        """Return the text of every page, by name."""
        return {"report.html": self.html} | ({"appendix.html": self.appendix} if self.appendix else {})

    @abstractmethod
    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        """Return a title, and what stands under it: sentences, and lists of them."""

    @abstractmethod
    def _named(self) -> Iterator[tuple[Key, Estimate]]:
        """Yield every figure under what ``figure`` takes."""

    @abstractmethod
    def _charts(self) -> Iterator[tuple[str, ChartData]]:
        """Yield every chart of the page with the id of the section in which it stands."""

    _levels: ClassVar[tuple[str, ...]] = ("section", "figure")
    """What the parts of a figure's name are."""

    @cached_property
    def figures(self) -> Figures:
        """All figures by name, in the order of the page: ``figures["Q01", "wrong_hits.strict"]``."""
        return Figures(dict(self._named()), self._levels)

    def to_frame(self, library: str = "") -> Any:
        """Return all figures as one long table, a row each.

        Parameters
        ----------
        library : str
            ``"pandas"`` or ``"polars"``; if not given, the first of them that is installed.  misid needs neither.

        Returns
        -------
        pandas.DataFrame or polars.DataFrame
            Columns: parts of the name (``question`` and ``figure``, say); ``value``, ``low``, ``high``, ``unit``;
            ``by`` (what moves it from low to high) and ``kind`` (of doubt); ``count`` of ``total``; ``level``; the
            conditions, from ``n_references`` to ``gallery``; ``method``; ``nearest_test`` and ``distance`` from it;
            ``caveats``, codes with a blank between; ``reason`` where there is no value.  Numbers are floats, missing
            where there is none; all else is text, empty where there is none.

        Raises
        ------
        MissingPackage
            If what is wanted is not installed.
        UnknownName
            If ``library`` is neither.
        """
        rows = ((key if isinstance(key, tuple) else (key,), figure) for key, figure in self.figures.items())
        return frame(columns(rows, self._levels), library)

    def charts(self) -> dict[str, ChartData]:
        """Return every chart of the page by a name that stays: the section in which it stands, and its kind."""
        found: dict[str, ChartData] = {}
        for section, chart in self._charts():
            name, again = f"{section}-{chart.kind}", 1
            while name in found:
                again += 1
                name = f"{section}-{chart.kind}-{again}"
            found[name] = chart
        return found

    def save(self, folder: str | Path, *, force: bool = False, report: bool = True, charts: Iterable[str] = ()) -> Path:
        """Write figures, provenance and the page into a folder, all or nothing.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or with ``force`` one that holds an older result.
        force : bool
            Replace an older result.
        report : bool
            Whether to write the page, ``report.html``, and what goes with it, too.
        charts : iterable of str
            Formats in which every chart of the page is written into ``charts/`` too: ``"csv"`` for its figures,
            ``"svg"`` and ``"png"`` for the picture, which need ``misid[figures]``.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        MissingPackage
            If a picture is wanted and what draws it is not installed.
        OutputRefused
            If the folder cannot be written so.
        UnknownName
            If there is no such format of charts.
        """
        files: dict[str, str | bytes] = dict(self._files())
        if formats := tuple(charts):
            from misid.charts import chart_files

            files |= {f"{CHARTS}/{name}": content for name, content in chart_files(self.charts(), formats).items()}
        if report:
            files |= self._pages()
        self._write(Path(folder), files, force)
        return Path(folder)

    def _write(self, folder: Path, files: Mapping[str, str | bytes], force: bool, ledger: Path | None = None) -> None:
        made = provenance(self.command, self.seconds)
        write_folder(folder, files, force, made=made, ledger=ledger, inputs=self.inputs)

    def __repr__(self) -> str:
        title, (known, *_) = self._first_screen()
        how = "figures, to_frame(), html and save(folder) have all"
        kind = type(self).__name__
        known = one_line(known if isinstance(known, str) else " ".join(known))
        head = f"{kind} {clip(title, 90)!r}"
        return f"<{head}: {clip(known, LONGEST - len(head) - len(how) - 6)} ({how})>"

    def _repr_html_(self) -> str:
        """Return the first screen in words, for a notebook, in under 2 kB."""
        title, parts = self._first_screen()
        head = f"<p><strong>{self.mark}</strong> · <bdi>{_within(title, 200)}</bdi></p>"
        foot = "<p>All of it: <code>result.save('folder')</code> or <code>result.figures</code></p>"
        shown: list[str | Sequence[str]] = [part for part in parts if part]
        for i, part in enumerate(shown):
            if isinstance(part, str):
                shown[i] = f"<p>{_within(part, 400 if i else 700)}</p>"
        left = SHOWN - len(
            "".join(["<section></section>", head, foot, *(p for p in shown if isinstance(p, str))]).encode()
        )
        # Sentences come first; lists take what is left.
        for i, part in enumerate(shown):
            if not isinstance(part, str):
                shown[i], left = _list_within(part, left)
        return f"<section>{head}{''.join(map(str, shown))}{foot}</section>"


def _within(text: str, room: int) -> str:
    """Return a text for HTML in at most so many bytes: its first sentences, whole where one fits."""
    said = ""
    for sentence in re.split(r"(?<=[.!?]) (?=[A-Z])", text):
        longer = f"{said} {sentence}".strip()
        if len(escape(longer).encode()) > room:
            break
        said = longer
    if not said:
        said = text
        while len(escape(said).encode()) > room:
            said = clip(said, min(len(said) - 1, room))
    return escape(said)


def _list_within(items: Sequence[str], room: int) -> tuple[str, int]:
    """Return a list for HTML, of the items that fit, and the bytes that are left."""
    listed, left = [], room - len("<ul></ul>")
    for item in items:
        line = f"<li>{_within(item, 260)}</li>"
        if len(line.encode()) > left:
            break
        listed.append(line)
        left -= len(line.encode())
    return (f"<ul>{''.join(listed)}</ul>", left) if listed else ("", room)
