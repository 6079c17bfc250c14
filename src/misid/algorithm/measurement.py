"""Where a card comes from that was measured, not published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Measurement:
    """What a card was measured on.

    Parameters
    ----------
    image_kind : str
        One of `misid.vocabulary.ImageKind`.
    subjects, mated, non_mated : int
        People, and comparisons with a score.
    failed : int
        Mated comparisons without a score; they are in no figure of the card.
    n_references : int
        References of the gallery searched; 0 where only pairs were compared.
    sources : tuple of str
        SHA-256 of the files, hexadecimal.
    level : float
        At which the band of the tail was drawn.
    seed : int
        Of the weights of subjects.
    """

    image_kind: str
    subjects: int
    mated: int
    non_mated: int
    failed: int
    n_references: int
    sources: tuple[str, ...]
    level: float
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {**asdict(self), "sources": list(self.sources)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Measurement:
        """Read what `to_json` wrote."""
        return cls(**{**given, "sources": tuple(str(digest) for digest in given["sources"])})

    @property
    def words(self) -> str:
        """What it was measured on, in words."""
        return f"measured on {self.subjects:,} people, {self.image_kind} photos"
