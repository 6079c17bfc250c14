"""Comparisons of a Parquet file that are too many to hold, gone through piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import starmap

import numpy as np

from misid.evaluation.contract import Block, Codes, Flags, People
from misid.evaluation.reading.ahead import one_ahead
from misid.evaluation.reading.content import FileContent
from misid.evaluation.reading.tables import (
    ComparisonCounts,
    Index,
    Mated,
    Selection,
    number_subjects,
    opened_table,
    refuse_damaged,
    windows,
)
from misid.storage import all_cores


@dataclass(eq=False, repr=False)
class ParquetStream:
    """Comparisons of a Parquet file of any length, in constant memory but for a bit for each.

    Names are looked up anew each time it is gone through, and forgotten at the end: it keeps the order of first
    occurrence alone, and which comparisons are mated.  Without people, blocks hold scores alone, which is several times
    as fast.
    """

    content: FileContent
    selection: Selection
    counts: ComparisonCounts
    codes: Codes | None = None  # number of each subject, as `number_subjects` takes it
    people: People | None = None
    mated: Mated = field(default_factory=dict)

    def scores_alone(self) -> ParquetStream:
        """Return the same comparisons without their subjects."""
        return replace(self, people=None)

    def blocks(self) -> Iterator[Block]:
        """Yield the comparisons in the order of the file; refuse it if it is gone, or not what was counted."""
        with opened_table(self.content) as table:
            table.select(replace(self.selection, groups={}))
            codes = None if self.people is None else self.codes
            subjects, seen = None if codes is None else number_subjects(table, codes), np.zeros(4, np.int64)
            # A loop over the windows themselves would hold one beside the next two.
            parts = starmap(_block, windows(table, subjects, None, self.mated))
            with all_cores(table.con), closing(one_ahead(parts)) as blocks:
                for block in blocks:
                    mated = int(np.count_nonzero(block.mated))
                    seen += (mated, block.mated.size - mated, block.failed_mated, block.failed_non_mated)
                    yield block
            if tuple(seen.tolist()) != self.counts:
                refuse_damaged(table.problems)


def _block(mated: Flags, columns: dict[str, Index]) -> Block:
    return Block.of(columns["score"], mated, columns.get("probe"), columns.get("reference"))
