"""Predictions beside observations: what a validation returns, and how it is saved."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from misid._version import VERSION
from misid.errors import UnknownName
from misid.provenance import provenance
from misid.quantities import Estimate
from misid.storage import to_text, write_folder

if TYPE_CHECKING:
    from misid.findings import ValidationPage
    from misid.validation import Validation

Stage = Callable[[str], None]


@dataclass(frozen=True)
class ValidationResult:
    """What came of setting misid's predictions beside what was published and what happened.

    Parameters
    ----------
    validation : Validation
        Every row, every summary, what no data can decide.
    command : str
        The command that makes the same result again.
    seconds : float
        How long it took; not part of the result.
    """

    validation: Validation
    command: str
    seconds: float = 0.0

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
        UnknownName
            If there is no such figure.
        """
        summaries = self.validation.summaries
        if table not in summaries:
            raise UnknownName("table", table, summaries)
        bands = {one.band: one.figures for one in summaries[table]}
        if band not in bands:
            raise UnknownName("band", band, bands)
        if name not in bands[band]:
            raise UnknownName("figure", name, bands[band])
        return bands[band][name]

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``validation.json``."""
        from misid.findings.validation.as_json import to_json

        return {"misid": VERSION, **to_json(self.validation)}

    @cached_property
    def page(self) -> ValidationPage:
        """What the page says, before it is laid out."""
        from misid.findings import validation_page

        return validation_page(self.validation)

    @cached_property
    def html(self) -> str:
        """The self-contained page."""
        from misid.report import render_validation

        return render_validation(self.page, rerun=self.command, version=VERSION)

    def save(self, folder: str | Path, *, force: bool = False, report: bool = True) -> Path:
        """Write figures, every row, provenance and the page into a folder, all or nothing.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or with ``force`` one that holds an older result.
        force : bool
            Replace an older result.
        report : bool
            Whether to write the page too.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputRefused
            If the folder cannot be written as asked.
        """
        from misid.findings.validation.as_json import tables

        files = {
            "validation.json": to_text(self.to_json()),
            **tables(self.validation),
        }
        if report:
            files["report.html"] = self.html
        write_folder(Path(folder), files, force, made=provenance(self.command, self.seconds))
        return Path(folder)

    def _repr_html_(self) -> str:
        """Notebook view: the first screen in words."""
        page = self.page
        lines = [
            f"{miss.what}, {miss.where}: {miss.claimed}{f' ({miss.claimed_range})' if miss.claimed_range else ''}; "
            f"found {miss.found}{f' ({miss.found_note})' if miss.found_note else ''}"
            for miss in (*page.goals_missed, *page.furthest)
        ]
        items = "".join(f"<li>{escape(line)}</li>" for line in lines)
        return (
            f"<section><p><strong>Validation</strong> · {escape(page.title)}</p><p>{escape(page.known)}</p>"
            f"<ul>{items}</ul><p>{escape(page.beside)}</p><p>{escape(page.not_validated)}</p>"
            "<p>Write the page: <code>result.save('folder')</code></p></section>"
        )


def validate(tables: str | Iterable[str] | None = None, *, progress: Stage | None = None) -> ValidationResult:
    """Set misid's predictions beside what was published and what happened.

    Parameters
    ----------
    tables : str or iterable of str, optional
        Codes of the tables wanted, ``"growth_fnir"``; all if not given.
    progress : callable, optional
        Called with what is being done, in words.

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
    >>> result = misid.validate()  # doctest: +SKIP
    >>> result.page.known  # doctest: +SKIP
    """
    from misid.validation import chosen, validation

    started = time.monotonic()
    asked = [tables] if isinstance(tables, str) else None if tables is None else list(tables)
    codes = chosen(asked)
    found = validation(codes, progress)
    words = [] if asked is None else [word for code in codes for word in ("--table", code)]
    return ValidationResult(found, shlex.join(["misid", "validate", *words]), time.monotonic() - started)
