"""What every call returns: figures that can be written into a folder, shown as a page, or shown in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from misid.provenance import provenance
from misid.storage import write_folder


@dataclass(frozen=True, kw_only=True)
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

    @abstractmethod
    def _files(self) -> dict[str, str]:
        """Return the text of every file but the page, by name."""

    @abstractmethod
    def _first_screen(self) -> tuple[str, Sequence[str | Sequence[str]]]:
        """Return a title, and what stands under it: sentences, and lists of them."""

    def save(self, folder: str | Path, *, force: bool = False, report: bool = True) -> Path:
        """Write figures, provenance and the page into a folder, all or nothing.

        Parameters
        ----------
        folder : str or Path
            A new or empty folder, or with ``force`` one that holds an older result.
        force : bool
            Replace an older result.
        report : bool
            Whether to write the page, ``report.html``, too.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        OutputRefused
            If the folder cannot be written so.
        """
        files = self._files()
        if report:
            files["report.html"] = self.html
        self._write(Path(folder), files, force)
        return Path(folder)

    def _write(self, folder: Path, files: Mapping[str, str], force: bool, ledger: Path | None = None) -> None:
        made = provenance(self.command, self.seconds)
        write_folder(folder, files, force, made=made, ledger=ledger, inputs=self.inputs)

    def _repr_html_(self) -> str:
        """Return the first screen in words, for a notebook."""
        title, parts = self._first_screen()
        words = "".join(
            f"<p>{escape(part)}</p>"
            if isinstance(part, str)
            else f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in part)}</ul>"
            for part in parts
            if part
        )
        return (
            f"<section><p><strong>{self.mark}</strong> · {escape(title)}</p>{words}"
            "<p>Write the page: <code>result.save('folder')</code></p></section>"
        )
