"""All comparisons of two sets of templates, counted in one pass: what is kept of them.

An evaluation is computed from this.  Comparisons stand by the people whose they are, never by template, and a person's
own comparisons, of which there are few, stand apart from those with others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from misid.search.tile_counts import Codes, Grid, Levels, Whole
from misid.search.tiles import Found, Hits, HitSum, Rows
from misid.statistics import Array


class PairList(NamedTuple):
    """Comparisons by their scores, as codes of a grid, and the subjects of both templates; shape (n,) each, int32."""

    code: Codes
    probe: Codes
    reference: Codes

    @classmethod
    def none(cls) -> PairList:
        """Return no comparison."""
        return cls(*(np.empty(0, np.int32) for _ in range(3)))


@dataclass(frozen=True, eq=False)
class AllPairs:
    """Comparisons of p probes with r references of M subjects, all scores on one grid.

    Where both sides are the same templates (``same``), every two of them are compared once.  Failed templates are in
    none of it.
    """

    grid: Grid
    histogram: Whole  # non-mated comparisons by code, from the grid's lowest; its first cell is 0: shape (cells,)
    levels: Levels  # rising, K of them: `Grid.at_level` gives the scores
    over: Whole  # non-mated comparisons of each subject, on either side, at or above each level: shape (K, M)
    tail_from: int  # code; every non-mated comparison at or above it is in `tail`
    tail: PairList  # by code, then people
    sample: PairList  # every non-mated comparison among a random part of the people
    mated: PairList  # every mated comparison
    found: Found  # searches in the order of subjects; `at`, `above`, `people` are lower bounds beyond the k listed
    probes: Whole  # templates of each subject that are compared, on either side: shape (M,)
    references: Whole
    same: bool
    # What `hits` is made of, and nothing else: code, number of the search and subject of the other.
    listed: PairList = field(default_factory=PairList.none, repr=False)
    probe_row: Rows | None = None  # row of each search in the table of vectors
    # Sum of the non-mated scores of each subject, on either side, in float64: shape (M,).  For cosines the scores of a
    # template with all others add up to its product with the sum of all, less its own person's.  None for distances.
    sums: Array | None = None

    def hits(self, thresholds: Sequence[float]) -> list[Hits | None]:
        """Add up comparisons with other subjects at or above thresholds, by pairs of subjects; None below the tail."""
        found: list[Hits | None] = []
        for code in self.grid.reaching(thresholds):
            if code < self.tail_from:
                found.append(None)
                continue
            of = self.listed.code >= code
            search, reference = self.listed.probe[of], self.listed.reference[of]
            total = HitSum(self.probes.size)
            total.add(search, self.found.probe[search], reference, np.ones(search.size, np.int64))
            found.append(total.hits())
        return found
