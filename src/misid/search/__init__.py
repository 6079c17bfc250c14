"""One-to-many search: over synthetic people lazily and by brute force, over templates all pairs in one pass."""

from typing import TYPE_CHECKING

from misid.front import front

if TYPE_CHECKING:
    from misid.search.all_pairs import Run, compare_all, in_processes, in_threads
    from misid.search.brute_force import exhaustive
    from misid.search.gallery import Candidates, GroupedGallery
    from misid.search.kernels import LABEL_BITS, Draws
    from misid.search.lazy import KERNELS, exact_groups, expected_above, load_kernel, top
    from misid.search.pair_tally import AllPairs, PairList
    from misid.search.propensity import CONSTANT, LEAST, MOST, Propensity, References
    from misid.search.tile_counts import COARSE, Grid
    from misid.search.tile_kernels import TILE_KERNELS, load_tile_kernel
    from misid.search.tiles import Found, Hits, HitSum, Piece, Tiles, checked_rows, merge_best, row_counts

__getattr__, __dir__, __all__ = front(__name__)
