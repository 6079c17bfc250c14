"""Predictions beside observations: what ships with the package, and how it is saved."""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from misid._version import VERSION
from misid.api.figures import Key
from misid.api.result import Result
from misid.quantities import Estimate
from misid.storage import to_text

if TYPE_CHECKING:
    from misid.findings import ChartData, Page
    from misid.validation import Digest


@dataclass(frozen=True, kw_only=True, repr=False)
class ValidationResult(Result):
    """What came of setting misid's predictions beside what was published and what happened.

    Parameters
    ----------
    digest : Digest
        Every summary, the worst rows of each table, what no data can decide, and what all of it was made from.
    command, seconds, inputs
        As `Result`.
    """

    digest: Digest

    mark: ClassVar[str] = "Validation"

    def figure(self, table: str, name: str, band: str = "") -> Estimate:
        """Return one figure of a table's summary.

        Parameters
        ----------
        table : str
            Code of the table.
        name : str
            ``"median"``, ``"p90"``, ``"coverage"`` or ``"bias"``; ``"median BASELINE"`` for a baseline.
        band : str
            Part of the table; all rows if not given.

        Raises
        ------
        UnknownFigure
            If there is none; names the nearest, and all of that table.  It is a KeyError too.
        """
        return self.figures[table, band, name]

    _levels: ClassVar[tuple[str, ...]] = ("table", "band", "figure")

    def _named(self) -> Iterator[tuple[Key, Estimate]]:
        for table in self.digest.tables:
            for one in table.summaries:
                yield from (((table.code, one.band, name), figure) for name, figure in one.figures.items())

    def _charts(self) -> Iterator[tuple[str, ChartData]]:
        for part in self.page.sections:
            yield from ((part.id, chart) for chart in part.charts)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``validation.json``."""
        from misid.findings import BESIDE

        return {"misid": VERSION, "distance_of_rows": BESIDE.to_json(), **self.digest.to_json()}

    @cached_property
    def page(self) -> Page:
        """What the page says, before it is laid out."""
        from misid.findings import validation_page

        return validation_page(self.digest)

    @cached_property
    def html(self) -> str:
        """The short page: one self-contained file; what is in full stands in `appendix`."""
        from misid.report import render, short

        return render(short(self.page), rerun=self.command, version=VERSION)

    @cached_property
    def appendix(self) -> str:
        """The appendix of the short page: every table with its rows."""
        from misid.report import appendix, render

        return render(appendix(self.page), rerun=self.command, version=VERSION)

    def _files(self) -> dict[str, str]:
        from misid.findings import digest_csv

        return {"validation.json": to_text(self.to_json()), **digest_csv(self.digest)}

    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        page = self.page
        rows = [f"{row[0]}: {row[1]}, {row[2]}" for table in page.sections[0].tables[1:] for row in table.rows]
        return page.title, (page.lead, page.beside, page.tested, rows)


def validate(tables: str | Iterable[str] | None = None) -> ValidationResult:
    """Return how misid's predictions compare with what was published and what happened, as it ships.

    Nothing is computed: the tables are made by ``make validation`` in a clone of the repository.

    Parameters
    ----------
    tables : str or iterable of str, optional
        Codes of the tables wanted, ``"growth_fnir"``; all if not given.

    Returns
    -------
    ValidationResult

    Raises
    ------
    InvalidInput
        If a table is not known; names all that are not.

    Examples
    --------
    >>> import misid
    >>> misid.validate().figure("growth_fnir", "coverage").value
    0.924528
    """
    from misid.validation import shipped

    started = time.monotonic()
    found, words = shipped(), ["misid", "validate"]
    if tables is not None:
        found = found.only([tables] if isinstance(tables, str) else tables)
        words += [word for table in found.tables for word in ("--table", table.code)]
    return ValidationResult(command=shlex.join(words), seconds=time.monotonic() - started, digest=found)
