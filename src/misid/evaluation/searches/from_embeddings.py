"""Embeddings compared: as pairs, one piece after the other, and as searches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from misid.evaluation.contract import Block, Codes, Comparisons, Embeddings, People, SampleKeys, Scores, Searches, Side
from misid.evaluation.searches.from_comparisons import DEPTH, with_failed
from misid.search import Tiles
from misid.vocabulary.catalogue import say

EXACT = 5e12  # multiplications up to which equal templates get equal scores: a minute or two
MOST_HELD = 50_000_000  # comparisons that are kept in memory (1 GB); more are made again whenever they are asked for


class TemplatePairs:
    """A stream of comparisons of templates, computed again each time it is gone through.

    ``failed_probe`` holds the subjects of probe samples without a template, which fail against every reference.
    """

    people: People | None

    def __init__(self, tiles: Tiles, failed_probe: Codes, people: People) -> None:
        self.people = people
        self._tiles = tiles
        self._failed = failed_probe
        # References of the same subject, for each failed probe: with each of them a mated comparison failed.
        count = np.bincount(tiles.reference, minlength=1 + int(failed_probe.max(initial=0)))
        self._own: npt.NDArray[np.int64] = count[failed_probe].astype(np.int64)

    def blocks(self) -> Iterator[Block]:
        """Yield the comparisons, tile by tile; failures stand in the first."""
        mated = int(self._own.sum())
        failed = mated, self._failed.size * self._tiles.n_references - mated
        lost = self._failed, np.stack([self._own, self._tiles.n_references - self._own])
        for piece in self._tiles.pairs():
            yield Block(*piece, *failed, *lost)
            failed, lost = (0, 0), (lost[0][:0], lost[1][:, :0])

    def scores_alone(self) -> TemplatePairs:
        """Return itself: subjects cost nothing here."""
        return self

    def held(self) -> Comparisons:
        """Return the same in memory."""
        sides: list[list[tuple[Scores, Codes, Codes]]] = [[], []]
        for piece in self._tiles.pairs():
            for side, of in zip(sides, (piece.mated, ~piece.mated), strict=True):
                side.append((piece.score[of], piece.probe[of], piece.reference[of]))
        own = self._own
        lost = own, self._tiles.n_references - own
        mated, other = (
            Side(*_joined(side), None, int(n.sum()), np.repeat(self._failed, n))
            for side, n in zip(sides, lost, strict=True)
        )
        return Comparisons(mated, other, self.people)


def _joined(pieces: list[tuple[Scores, Codes, Codes]]) -> tuple[Scores, Codes, Codes]:
    score, probe, reference = zip(*pieces, strict=True) if pieces else ((), (), ())
    return (
        np.concatenate([np.empty(0, np.float32), *score]),
        np.concatenate([np.empty(0, np.int32), *probe]),
        np.concatenate([np.empty(0, np.int32), *reference]),
    )


def compare_embeddings(
    embeddings: Embeddings, depth: int = DEPTH
) -> tuple[Comparisons | TemplatePairs, Searches | None, list[str]]:
    """Compare every probe with every reference.

    Parameters
    ----------
    embeddings : Embeddings
        Templates.
    depth : int
        Best scores of others to keep of each search, at least 1.

    Returns
    -------
    Comparisons or TemplatePairs
        In memory if they are few, otherwise a stream.
    Searches or None
        None where there is no probe or no reference.
    list of str
        What was done, in sentences.
    """
    e = embeddings
    exact = e.metric == "euclidean" or e.probes.size * e.references.size * e.vectors.shape[1] <= EXACT
    tiles = Tiles(e.scaled(), e.metric, e.subject, e.probes, e.references, exact=exact)
    failed = np.sort(np.concatenate([e.failed_probe, tiles.failed_probe])).astype(np.int32)
    stream = TemplatePairs(tiles, failed, e.people)
    number = tiles.probe.size * tiles.n_references // (2 if tiles.same else 1)
    pairs = stream.held() if number <= MOST_HELD else stream
    sizes = {"probes": tiles.probe.size, "references": int(tiles.n_references), "people": int(tiles.n_enrolled)}
    done = [say("reading.compared.cosine" if e.metric == "cosine" else "reading.compared.distance", **sizes)]
    if tiles.same:
        done.append(say("reading.compared.same"))
    if not exact:
        done.append(say("reading.compared.products"))
    lost = e.failed_references + tiles.failed_references
    if lost:
        done.append(say("reading.compared.lost", x=int(lost)))
    if failed.size:
        done.append(say("reading.compared.failed", x=failed.size))
    if not tiles.probe.size or not tiles.n_references:
        return pairs, None, done
    n_references = tiles.n_references - (1 if tiles.same else 0)
    searches = with_failed(
        tiles.searches(min(depth, tiles.n_references)),
        failed,
        tiles.reference,
        n_references=n_references,
        n_enrolled=tiles.n_enrolled,
        depth=n_references,
        people=e.people,
        hits=tiles.hits,
        sample=None if e.sample is None else np.r_[e.sample[tiles.probe_row], np.full(failed.size, -1, np.int32)],
    )
    return pairs, searches, done


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
