"""Embeddings compared: as pairs, kept or counted, and as searches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from misid.evaluation.comparisons.tallied import TalliedPairs
from misid.evaluation.contract import (
    Codes,
    Comparisons,
    Computing,
    Embeddings,
    People,
    SampleKeys,
    Scores,
    Searches,
    Side,
)
from misid.evaluation.searches.from_comparisons import DEPTH, with_failed
from misid.search import (
    Found,
    Grid,
    Hits,
    Run,
    Tiles,
    checked_rows,
    compare_all,
    in_processes,
    in_threads,
    load_tile_kernel,
)
from misid.storage import Checkpoint, run_parts, worker_count
from misid.vocabulary.catalogue import say

EXACT = 5e12  # multiplications up to which equal templates get equal scores: a minute or two
_LITTLE = 2e12  # multiplications that are no work for processes of their own: ten seconds on two cores
_HERE = Computing()
MOST_HELD = 50_000_000  # comparisons that are kept in memory (1 GB); more are counted


def _held(tiles: Tiles, failed_probe: Codes, people: People) -> Comparisons:
    """Return all comparisons; each sample in ``failed_probe``, by its subject, fails against every reference."""
    sides: list[list[tuple[Scores, Codes, Codes]]] = [[], []]
    for piece in tiles.pairs():
        for side, of in zip(sides, (piece.mated, ~piece.mated), strict=True):
            side.append((piece.score[of], piece.probe[of], piece.reference[of]))
    count = np.bincount(tiles.reference, minlength=1 + int(failed_probe.max(initial=0)))
    own = count[failed_probe].astype(np.int64)
    mated, other = (
        Side(*_joined(side), None, int(n.sum()), np.repeat(failed_probe, n))
        for side, n in zip(sides, (own, tiles.n_references - own), strict=True)
    )
    return Comparisons(mated, other, people)


def _joined(pieces: list[tuple[Scores, Codes, Codes]]) -> tuple[Scores, Codes, Codes]:
    score, probe, reference = zip(*pieces, strict=True) if pieces else ((), (), ())
    return (
        np.concatenate([np.empty(0, np.float32), *score]),
        np.concatenate([np.empty(0, np.int32), *probe]),
        np.concatenate([np.empty(0, np.int32), *reference]),
    )


def compare_embeddings(
    embeddings: Embeddings, depth: int = DEPTH, computing: Computing = _HERE, digest: str = ""
) -> tuple[Comparisons | TalliedPairs, Searches | None, list[str]]:
    """Compare every probe with every reference.

    Parameters
    ----------
    embeddings : Embeddings
        Templates.
    depth : int
        Best scores of others to keep of each search, at least 1.
    computing : Computing
        Where templates that are not held are compared, and by what.
    digest : str
        Of the files that they are from.

    Returns
    -------
    Comparisons or TalliedPairs
        In memory if they are few, otherwise counted in one pass.
    Searches or None
        None where there is no probe or no reference.
    list of str
        What was done, in sentences.
    """
    e = embeddings
    if e.probes.size * e.references.size // (2 if np.array_equal(e.probes, e.references) else 1) > MOST_HELD:
        return _tallied(e, depth, computing, digest)
    exact = e.metric == "euclidean" or e.probes.size * e.references.size * e.vectors.shape[1] <= EXACT
    tiles = Tiles(e.scaled(), e.metric, e.subject, e.probes, e.references, exact=exact)
    failed = np.sort(np.concatenate([e.failed_probe, tiles.failed_probe])).astype(np.int32)
    pairs = _held(tiles, failed, e.people)
    lost = e.failed_references + tiles.failed_references
    done = _done(e, tiles.probe.size, tiles.n_references, tiles.n_enrolled, tiles.same, lost, failed.size, exact)
    if not tiles.probe.size or not tiles.n_references:
        return pairs, None, done
    found = tiles.searches(min(depth, tiles.n_references))
    return pairs, _searches(e, found, tiles.probe_row, failed, tiles.reference, tiles.same, tiles.hits), done


def _tallied(
    e: Embeddings, depth: int, computing: Computing, digest: str
) -> tuple[TalliedPairs, Searches | None, list[str]]:
    whole = checked_rows(e.vectors, e.metric, e.subject, e.probes, e.references)
    lost = e.subject[e.probes[~whole[e.probes]]]
    failed = np.sort(np.concatenate([e.failed_probe, lost])).astype(np.int32)
    kernel = load_tile_kernel(computing.kernel, e.metric, Grid.spanning(-1.0, 1.0)).name
    tally = compare_all(
        e.vectors,
        e.metric,
        e.subject,
        e.probes,
        e.references,
        length=e.length,
        k=depth,
        kernel=kernel,
        run=_run(computing, e.probes.size * e.references.size * e.vectors.shape[1]),
        checkpoint=None if computing.kept is None else partial(_checkpoint, computing.kept, e, digest, (kernel, depth)),
        on_progress=computing.on_progress,
    )
    pairs = TalliedPairs.of(tally, e.people, failed)
    references = np.repeat(np.arange(tally.references.size, dtype=np.int32), tally.references)
    lost_references = e.failed_references + int((~whole[e.references]).sum())
    sizes = tally.found.probe.size, references.size, int(np.count_nonzero(tally.references))
    done = _done(e, *sizes, tally.same, lost_references, failed.size, e.metric == "euclidean")
    why = "asked" if computing.kernel else "fastest" if kernel == "numba" else "without_numba"
    done += [say("reading.tallied.kernel", name=kernel, why=say(f"reading.tallied.{why}")), *pairs.words()]
    if not sizes[0] or not sizes[1]:
        return pairs, None, done
    assert tally.probe_row is not None
    return pairs, _searches(e, tally.found, tally.probe_row, failed, references, tally.same, tally.hits), done


def _run(computing: Computing, products: int) -> Run:
    """Return how the work is done: by threads where it is little, for processes take a second to start."""
    if computing.execute is None and products <= _LITTLE:
        return in_threads(worker_count(computing.workers))
    return in_processes(computing.execute or run_parts, computing.workers)


def _checkpoint(path: Path, e: Embeddings, digest: str, how: tuple[str, int], tasks: int) -> Checkpoint:
    """Return where counts of these templates are kept, compared in this way."""
    parts = (e.subject, e.probes, e.references, np.array(e.vectors.shape))
    plan = sha256(b"".join(sha256(part.tobytes()).digest() for part in parts) + repr(how).encode())
    return Checkpoint(path, {"data": digest, "plan": plan.hexdigest()}, tasks)


def _done(
    e: Embeddings, probes: int, references: int, people: int, same: bool, lost: int, failed: int, exact: bool
) -> list[str]:
    """Say what was compared."""
    sizes = {"probes": probes, "references": int(references), "people": int(people)}
    done = [say("reading.compared.cosine" if e.metric == "cosine" else "reading.compared.distance", **sizes)]
    if same:
        done.append(say("reading.compared.same"))
    if not exact:
        done.append(say("reading.compared.products"))
    if lost:
        done.append(say("reading.compared.lost", x=int(lost)))
    if failed:
        done.append(say("reading.compared.failed", x=failed))
    return done


def _searches(
    e: Embeddings,
    found: Found,
    probe_row: npt.NDArray[np.int64],
    failed: Codes,
    references: Codes,
    same: bool,
    hits: Callable[[Sequence[float]], Sequence[Hits | None]],
) -> Searches:
    n_references = references.size - same
    return with_failed(
        found,
        failed,
        references,
        n_references=n_references,
        n_enrolled=int(np.unique(references).size),
        depth=n_references,
        people=e.people,
        hits=hits,
        sample=None if e.sample is None else np.r_[e.sample[probe_row], np.full(failed.size, -1, np.int32)],
    )


def keyed_pairs(e: Embeddings) -> Comparisons | None:
    """Return every comparison with what it is of, for a second algorithm's to be joined; None if they are too many.

    Those of a row without a template are failures.
    """
    assert e.sample is not None
    assert e.lost_probes is not None
    assert e.lost_references is not None
    rows = [np.sort(np.r_[good, lost]) for good, lost in ((e.probes, e.lost_probes), (e.references, e.lost_references))]
    same = np.array_equal(rows[0], rows[1])
    if rows[0].size * rows[1].size // (2 if same else 1) > MOST_HELD:
        return None
    exact = e.metric == "euclidean" or e.probes.size * e.references.size * e.vectors.shape[1] <= EXACT
    row = np.arange(e.subject.size, dtype=np.int32)
    pieces = [
        piece[:1] + piece[2:] for piece in Tiles(e.scaled(), e.metric, row, e.probes, e.references, exact=exact).pairs()
    ]
    score, probe, reference = _joined(pieces)
    failed = []
    for left, right in ((e.lost_probes, rows[1]), (e.probes, e.lost_references)):
        one, other = np.repeat(left, right.size), np.tile(right, left.size)
        kept = one != other
        if same:  # each two once
            kept &= (one < other) | ~np.isin(other, left)
        failed.append((one[kept], other[kept]))
    if same:
        failed = failed[:1]
    lost = [np.concatenate(side).astype(np.int32) for side in zip(*failed, strict=True)]
    sides = []
    for mated in (True, False):
        of = (e.subject[probe] == e.subject[reference]) == mated
        none = (e.subject[lost[0]] == e.subject[lost[1]]) == mated
        both = [np.r_[one[of], other[none]] for one, other in zip((probe, reference), lost, strict=True)]
        keys = SampleKeys(
            np.arange(both[0].size, dtype=np.int32) + (0 if mated else score.size + lost[0].size),
            e.sample[both[0]],
            e.sample[both[1]],
            e.subject[lost[1][none]],
            True,
        )
        subjects = e.subject[probe[of]], e.subject[reference[of]]
        sides.append(Side(score[of], *subjects, None, int(none.sum()), e.subject[lost[0][none]], keys))
    return Comparisons(sides[0], sides[1], e.people)
