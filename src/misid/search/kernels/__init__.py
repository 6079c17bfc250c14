"""The innermost loops of the lazy search, once in NumPy and once compiled; both draw the same words.

Which words a candidate is drawn from (counter: id, attempt, block; key: seed, purpose):

* the best candidate's gap: one 64-bit word; four ids share block 0 of counter ``id // 4`` and take the word
  ``id % 4`` of it, so that a search for one candidate costs a quarter of a block;
* the gap of the j-th candidate after it (j from 0): half a word, the lower before the upper, of blocks 1 and up of
  counter ``id``;
* groups alike, in halves throughout: eight ids share block 0 of counter ``id // 8`` for the best candidate.

So the first candidates are the same however many are drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from misid.errors import UnknownName
from misid.search.gallery import Labels, Scores
from misid.statistics import Array

Ids = npt.NDArray[np.uint64]
Halves = npt.NDArray[np.uint32]

NAMES = ("numba", "numpy")
LABEL_BITS = 31  # of the half words that decide a group: a share of 2**-31 is the least that differs from none


class Draws(NamedTuple):
    """Whose draws: seed and purpose are the key, ids and attempt, shape (n,), the counter."""

    seed: int
    purpose: int
    ids: Ids
    attempt: Ids


class Kernel(Protocol):
    """What a kernel computes."""

    name: str

    def arrivals(self, draws: Draws, k: int) -> Array:
        """Return the first k arrivals of a Poisson process of rate 1 for each id, shape (n, k), rising."""

    def scores(self, draws: Draws, mean: Array, floor: Array, k: int) -> Scores:
        """Return ``max(floor, log10(mean / arrival))``, shape (n, k); ``mean`` and ``floor`` have shape (n,)."""

    def labels(self, draws: Draws, groups: Labels, edges: Halves, k: int) -> Labels:
        """Return how many edges of row ``groups[i]`` are at or below each draw, shape (n, k).

        ``edges`` has shape (G, H - 1), rises along a row and is in units of ``2**-LABEL_BITS``.
        """

    def fractions(self, draws: Draws, k: int) -> Array:
        """Return the draws that `labels` uses as uniforms in (0, 1), shape (n, k)."""


def kernel(name: str) -> Kernel:
    """Return a kernel by name: UnknownName if there is none, MisidError if it is numba and that is not installed."""
    if name not in NAMES:
        raise UnknownName("kernel", name, NAMES)
    module = import_module(f"misid.search.kernels.{name}_kernel")
    load: Callable[[], Kernel] = getattr(module, f"load_{name}")
    return load()
