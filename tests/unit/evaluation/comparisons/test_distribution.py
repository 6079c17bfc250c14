"""Steps found by counting bits are those that sorting all scores gives, wherever a figure rests on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from misid.evaluation import Block, Comparisons, Inside, Side, Steps, allowed, area, steps
from misid.evaluation.comparisons import conventions
from misid.evaluation.comparisons import steps as of_steps
from misid.evaluation.comparisons.figures import _ahead

TARGETS = ("1e-1", "1e-2", "1e-3", "1e-4")


class Pieces:
    """Comparisons in pieces that hold both kinds, shuffled."""

    people = None

    def __init__(self, whole: Comparisons, step: int = 1013) -> None:
        self.score = np.concatenate([whole.mated.score, whole.non_mated.score])
        self.mated = np.arange(self.score.size) < whole.mated.score.size
        order = np.random.default_rng(5).permutation(self.score.size)
        self.score, self.mated, self.step = self.score[order], self.mated[order], step

    def scores_alone(self) -> Pieces:
        return self

    def blocks(self) -> Iterator[Block]:
        for start in range(0, self.score.size, self.step):
            part = slice(start, start + self.step)
            yield Block(self.score[part], self.mated[part], failed_mated=1)


class Counted(Pieces):
    """Says how often it was gone through."""

    passes = 0

    def blocks(self) -> Iterator[Block]:
        self.passes += 1
        return super().blocks()


def draw(kind: str, n: int = 20_000) -> Comparisons:
    rng = np.random.default_rng(7)
    mated, non_mated = rng.normal(0.35, 0.1, n // 50), rng.normal(0, 0.07, n)
    shapes = {
        "cosines": (mated, non_mated),
        "whole numbers": (np.round(100 * mated), np.round(100 * non_mated)),
        "distances": (-np.abs(1 - mated), -np.abs(1 - non_mated)),
        "large": (1e6 + mated, 1e6 + non_mated),
        "tiny": (1e-40 * mated, 1e-40 * non_mated),
        "with infinities": (np.append(mated, [np.inf, -np.inf]), np.append(non_mated, [-np.inf, np.inf])),
        "constant": (np.ones(5), np.ones(90)),
        "apart": (mated + 5, non_mated),
        "the wrong way round": (non_mated, mated),
    }
    m, f = shapes[kind]
    return Comparisons(Side(m.astype(np.float32)), Side(f.astype(np.float32)))


KINDS = (
    "cosines",
    "whole numbers",
    "distances",
    "large",
    "tiny",
    "with infinities",
    "constant",
    "apart",
    "the wrong way round",
)


def figures(pairs: object, of: Steps) -> dict[str, object]:
    found: dict[str, object] = {
        "eer": conventions.eer(of),
        "midpoint": conventions.eer_midpoint(of),
        "interpolated": conventions.eer_interpolated(of),
        "auc": area(pairs, of),  # type: ignore[arg-type]
        "at": conventions.at_threshold(of, 0.2),
    }
    reachable = [t for t in TARGETS if allowed(t, of.n_non_mated)]
    return found | {t: conventions.at_fmr(of, t) for t in reachable}


@pytest.mark.parametrize("kind", KINDS)
def test_counting_gives_what_sorting_gives(kind: str) -> None:
    pairs = draw(kind)
    by_sort = steps(pairs)
    by_count = steps(pairs, fmr=TARGETS, thresholds=[0.2], whole=0)
    streamed = steps(Pieces(pairs), fmr=TARGETS, thresholds=[0.2])
    assert by_sort.single.all()
    assert kind != "cosines" or not by_count.single.all(), "all cells were opened, so nothing was tried"
    assert figures(pairs, by_count) == figures(pairs, by_sort)
    assert figures(Pieces(pairs), streamed) == figures(pairs, by_sort)
    hull = conventions.eer_hull(by_sort)
    assert conventions.eer_hull(conventions.sharpened(pairs, by_count)) == hull
    assert conventions.eer_hull(conventions.sharpened(Pieces(pairs), streamed)) == hull
    assert streamed.failed_mated == len(list(Pieces(pairs).blocks()))


@pytest.mark.parametrize("kind", KINDS)
def test_rates_at_every_edge_are_those_of_a_comparison_with_it(kind: str) -> None:
    pairs = draw(kind, 2_000)
    for of in (steps(pairs), steps(pairs, fmr=TARGETS, whole=0)):
        for k in range(0, of.key.size, max(of.key.size // 50, 1)):
            assert of.passed[k] == (pairs.non_mated.score >= of.score[k]).sum()
            assert of.missed[k] == (pairs.mated.score < of.score[k]).sum()


def test_a_cell_that_is_not_opened_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted fault: the second pass opens the wrong cells."""
    pairs = draw("cosines")
    monkeypatch.setattr(of_steps, "Inside", lambda cells: Inside(cells[:0]))
    by_count = steps(pairs, fmr=TARGETS, thresholds=[0.2], whole=0)
    assert figures(pairs, by_count)["1e-2"] != figures(pairs, steps(pairs))["1e-2"]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_looked_up_ahead_is_what_later_passes_would_find(kind: str) -> None:
    pairs = draw(kind)
    plain = conventions.sharpened(Pieces(pairs), steps(Pieces(pairs), fmr=TARGETS))
    stream = Counted(pairs)
    found = conventions.sharpened(stream, steps(stream, fmr=TARGETS, ahead=_ahead))
    passes = stream.passes
    for one in ("key", "mated", "non_mated", "single"):
        assert np.array_equal(getattr(found, one), getattr(plain, one))
    assert area(stream, found) == area(pairs, plain) == area(pairs, steps(pairs))
    assert passes == 2
    assert stream.passes in ((2, 4) if kind == "the wrong way round" else (2,))


@pytest.mark.parametrize("listed", [0, 3])
def test_places_that_are_listed_are_those_that_are_searched_for(listed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = draw("cosines", 100_000)
    expected = area(pairs, steps(pairs, whole=10**6))
    monkeypatch.setattr("misid.evaluation.comparisons.area._LISTED", listed)
    monkeypatch.setattr("misid.evaluation.comparisons.area._WORTH", 10)
    assert area(Pieces(pairs), steps(Pieces(pairs))) == expected


def test_allowed_false_matches_do_not_suffer_from_rounding() -> None:
    assert [allowed("0.1", 520), allowed("0.01", 1900), allowed("1e-3", 999), allowed("0", 10)] == [52, 19, 0, 0]


def test_area_between_bounds_where_too_many_share_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = draw("cosines")
    exact = area(pairs, steps(pairs))
    monkeypatch.setattr("misid.evaluation.comparisons.area.HELD", 10)
    bounds = area(pairs, steps(pairs, whole=0))
    assert bounds.low <= exact.value <= bounds.high
    assert 0 < bounds.high - bounds.low < 1e-3
