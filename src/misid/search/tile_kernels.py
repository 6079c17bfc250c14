"""The kernels that count tiles, by name."""

from __future__ import annotations

from misid.errors import UnknownName
from misid.search.tile_counts import Grid, ReferenceKernel, TileKernel

TILE_KERNELS = ("reference",)


def load_tile_kernel(name: str, metric: str, grid: Grid) -> TileKernel:
    """Return a kernel by its name; the fastest that is installed if the name is empty."""
    if name not in ("", *TILE_KERNELS):
        raise UnknownName("kernel", name, TILE_KERNELS)
    return ReferenceKernel(metric, grid)
