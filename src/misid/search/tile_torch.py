"""The kernel of tiles in torch, on the graphics processor where there is one, else on the processor.

It needs torch, which misid does not bring along, and is taken only where it is asked for.  A tile of scores is made on
the device, counted there, and never leaves it.  It was tested on processors alone and has **never run on CUDA**;
nothing in it is fused, so that a tile is written to the device's memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from misid.errors import MisidError
from misid.search.tile_counts import COARSE, NEVER, Grid, Levels, Listed, Own, Scores, TileSide, TileSums, Vectors


def _torch() -> Any:
    try:
        import torch  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise MisidError("kernel 'torch' is not installed; pip install torch, or use kernel 'numpy'") from error
    return torch


class TorchKernel:
    """Counts a tile by operations on whole tensors."""

    name = "torch"

    def __init__(self, metric: str, grid: Grid) -> None:
        self._torch = _torch()
        self._metric, self._grid = metric, grid
        self._device = "cuda" if self._torch.cuda.is_available() else "cpu"

    def count(
        self, a: Vectors, b: Vectors, own: Own, sides: tuple[TileSide, TileSide], levels: Levels, into: TileSums
    ) -> tuple[Listed, Listed]:
        """As `TileKernel.count`."""
        torch, grid = self._torch, self._grid
        steps = torch.floor(self._scores(a, b, own) * 2.0**grid.bits)
        code = steps.nan_to_num_(grid.lowest).clamp_(grid.lowest, grid.lowest + grid.cells - 1).to(torch.int32)
        into.histogram[:] += torch.bincount((code - grid.lowest).reshape(-1), minlength=grid.cells).cpu().numpy()
        level = (code >> COARSE).to(torch.int16)
        least = np.int16((grid.lowest >> COARSE) + 1)  # of what counts
        for k, one in enumerate(np.maximum(levels, least)):
            reached = level >= int(one)
            into.rows[k] += reached.sum(dim=1).cpu().numpy()
            into.columns[k] += reached.sum(dim=0).cpu().numpy()
        lists = []
        for turned, side in enumerate(sides):
            floor = self._there(np.maximum(side.listed_from, least))
            high = (level >= (floor if turned else floor[:, None])) & (floor < int(NEVER)).reshape(
                (1, -1) if turned else (-1, 1)
            )
            of = torch.nonzero(high, as_tuple=True)
            found, at = code[of].cpu().numpy(), [one.cpu().numpy() for one in of]
            who = sides[1 - turned].subject[at[1 - turned]]
            lists.append(Listed(at[turned].astype(np.int32), who, found))
        return lists[0], lists[1]

    def best(self, a: Vectors, b: Vectors, own: Own, k: int) -> Scores:
        """As `TileKernel.best`."""
        out = np.full((a.shape[0], k), self._grid.none)
        kept = min(k, b.shape[0])
        if kept:
            # Sorts scores alone: where they stood is not kept.
            out[:, :kept] = self._torch.msort(self._scores(a, b, own).T)[-kept:].flip(0).T.cpu().numpy()
        return out

    def _there(self, of: Any) -> Any:
        return self._torch.from_numpy(np.array(of)).to(self._device)

    def _scores(self, a: Vectors, b: Vectors, own: Own) -> Any:
        """Return a tile, with the grid's `none` for what does not count."""
        torch, none = self._torch, float(self._grid.none)
        left, right = self._there(a), self._there(b)
        score = left @ right.T
        if self._metric != "cosine":
            squares = [(of * of).sum(dim=1) for of in (left, right)]
            score = -(squares[0][:, None] + squares[1] - 2 * score).clamp_(min=0).sqrt_()
        score = score.to(torch.float32)
        for top, bottom, first, last in own.boxes:
            score[top:bottom, first:last] = none
        if own.triangle:
            score.masked_fill_(torch.ones_like(score, dtype=torch.bool).tril_(), none)
        return score
