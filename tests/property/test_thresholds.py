"""One rule for every rate at a threshold: accepted at or above it (at or below, for a distance), however data are read.

Scores lie on few steps, and thresholds on scores, so that any other way to close a threshold gives other rates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest

import misid

PEOPLE, ENROLLED, PHOTOS, PROBES = 60, 24, 2, 60
FPIR, FMR = (0.1,), ("1e-1", "1e-2")


@dataclass
class World:
    """Scores of probes (down) with two photos of every enrolled person (across), and whose they are."""

    score: np.ndarray
    probe: np.ndarray
    reference: np.ndarray
    at: tuple[float, ...] = (2.0, 3.0, 3.5)

    @property
    def mated(self) -> np.ndarray:
        return self.probe[:, None] == self.reference

    def cells(self) -> list[tuple[int, int, float]]:
        return [(i, j, float(s)) for (i, j), s in np.ndenumerate(self.score)]


def world(seed: int) -> World:
    rng = np.random.default_rng(seed)
    probe, reference = np.arange(PROBES) % PEOPLE, np.repeat(np.arange(ENROLLED), PHOTOS)
    here = World(rng.normal(size=(PROBES, reference.size)), probe, reference)
    here.score[here.mated] += 2.5
    here.score[:] = np.round(here.score * 2) / 2
    return here


def plain(of: World) -> dict[str, float]:
    """Every rate as one would write it down, one comparison after the other."""
    mated, other = sorted(of.score[of.mated].tolist()), sorted(of.score[~of.mated].tolist())
    searches = []
    for row, who in zip(of.score.tolist(), of.probe.tolist(), strict=True):
        own = [s for s, whom in zip(row, of.reference, strict=True) if whom == who]
        others = [(s, int(whom)) for s, whom in zip(row, of.reference, strict=True) if whom != who]
        searches.append((max(own, default=None), others))
    enrolled = [(mate, others) for mate, others in searches if mate is not None]
    foreign = [[s for s, _ in others] for mate, others in searches if mate is None]

    def fmr(t: float) -> float:
        return sum(s >= t for s in other) / len(other)

    def fpir(t: float) -> float:
        return sum(max(scores) >= t for scores in foreign) / len(foreign)

    out: dict[str, float] = {}

    def at(name: str, t: float) -> None:
        out[f"fnir_at_{name}"] = sum(mate < t for mate, _ in enrolled) / len(enrolled)
        first = [mate >= t and all(s < mate for s, _ in others) for mate, others in enrolled]
        out[f"fnir_rank_1_at_{name}"] = 1 - sum(first) / len(first)
        wrong = [any(s >= t and s >= mate for s, _ in others) for mate, others in enrolled]
        out[f"misid_at_{name}"] = sum(wrong) / len(wrong)
        out[f"selectivity_at_{name}"] = sum(s >= t for scores in foreign for s in scores) / len(foreign)

    for t in of.at:
        out[f"fmr_at_{t:g}"], out[f"fpir_at_{t:g}"] = fmr(t), fpir(t)
        out[f"fnmr_at_{t:g}"] = sum(s < t for s in mated) / len(mated)
        at(f"{t:g}", t)
    # The lowest of all thresholds with a rate of at most the target, in comparisons and in searches alike.
    every = [float(np.nextafter(np.float32(s), np.float32(np.inf))) for s in sorted({*mated, *other})]
    for target in FMR:
        t = next(t for t in every if fmr(t) <= float(target))
        out[f"threshold_at_fmr_{target}"], out[f"fmr_realised_at_fmr_{target}"] = t, fmr(t)
        out[f"fnmr_at_fmr_{target}"] = sum(s < t for s in mated) / len(mated)
    for wanted in FPIR:
        t = next(t for t in every if fpir(t) <= wanted)
        out[f"threshold_at_fpir_{wanted}"], out[f"fpir_realised_at_fpir_{wanted}"] = t, fpir(t)
        at(f"fpir_{wanted}", t)
    for rank in (1, 5, 10):
        ahead = [[whom for s, whom in others if s >= mate] for mate, others in enrolled]
        out[f"rank_{rank}"] = sum(len(one) < rank for one in ahead) / len(ahead)
        out[f"rank_{rank}_of_people"] = sum(len(set(one)) < rank for one in ahead) / len(ahead)
    return out


def table(of: World, sign: int = 1) -> str:
    head = "probe_subject,probe_sample,reference_subject,reference_sample,score\n"
    return head + "".join(f"p{of.probe[i]},probe{i},p{of.reference[j]},photo{j},{sign * s}\n" for i, j, s in of.cells())


def csv(of: World, folder: Path) -> dict[str, object]:
    (folder / "pairs.csv").write_text(table(of))
    return {"files": folder / "pairs.csv"}


def distances(of: World, folder: Path) -> dict[str, object]:
    (folder / "pairs.csv").write_text(table(of, -1).replace("score\n", "distance\n"))
    return {"files": folder / "pairs.csv", "thresholds": [-t for t in of.at], "dissimilarity": True}


def parquet(of: World, folder: Path) -> dict[str, object]:
    csv(of, folder)
    with duckdb.connect() as engine:
        engine.execute(f"COPY (FROM '{folder / 'pairs.csv'}') TO '{folder / 'pairs.parquet'}'")
    return {"files": folder / "pairs.parquet"}


def lists(of: World, folder: Path) -> dict[str, object]:
    rows = ["search,probe_subject,rank,reference_subject,reference_sample,score"]
    for i, row in enumerate(of.score):
        order = np.argsort(-row, kind="stable")
        rows += [
            f"s{i},p{of.probe[i]},{k},p{of.reference[j]},photo{j},{row[j]}" for k, j in enumerate(order.tolist(), 1)
        ]
    (folder / "lists.csv").write_text("\n".join(rows) + "\n")
    return {"files": folder / "lists.csv"}


def texts(of: World, folder: Path) -> dict[str, object]:
    names = folder / "genuine.txt", folder / "impostor.txt"
    for name, side in zip(names, (of.mated, ~of.mated), strict=True):
        name.write_text("".join(f"{s}\n" for s in of.score[side].tolist()))
    return {"files": names}


def arrays(of: World, folder: Path) -> dict[str, object]:
    np.savez(folder / "scores.npz", score=of.score.ravel(), mated=of.mated.ravel())
    return {"files": folder / "scores.npz"}


def templates(of: World, folder: Path) -> dict[str, object]:
    """Vectors of a few whole numbers, so that distances are equal; the world's scores are made from them."""
    rng = np.random.default_rng(int(of.score.sum() * 2) % 1000)
    centre = rng.integers(0, 4, (PEOPLE, 3))
    both = [centre[who] + rng.integers(0, 2, (who.size, 3)) for who in (of.probe, of.reference)]
    apart = both[0][:, None] - both[1]
    of.score[:] = -np.sqrt(np.square(apart).sum(axis=2).astype(np.float64)).astype(np.float32)
    np.savez(
        folder / "templates.npz",
        embedding=np.concatenate(both).astype(np.float32),
        subject=[f"p{who}" for who in (*of.probe, *of.reference)],
        role=["probe"] * of.probe.size + ["ref"] * of.reference.size,
        comparison="euclidean distance",
    )
    of.at = (-3.0, -2.0, -1.0)
    sides = {"probes": (("role", "probe"),), "references": (("role", "ref"),)}
    return {"files": folder / "templates.npz", "thresholds": (3.0, 2.0, 1.0), "failed_scores": ()} | sides


PAIRS, SEARCHES = 12, 27
WAYS: dict[Callable[[World, Path], dict[str, object]], int] = {
    csv: PAIRS + SEARCHES,
    lists: SEARCHES,
    distances: PAIRS + SEARCHES,
    parquet: PAIRS + SEARCHES,
    texts: PAIRS,
    arrays: PAIRS,
    templates: PAIRS + SEARCHES,
}


def compared(way: Callable[[World, Path], dict[str, object]], seed: int, folder: Path) -> int:
    """Read a world in one way, hold every rate against the plain ones, and return how many rates there were."""
    of = world(seed)
    given = {"thresholds": of.at, "failed_scores": ("none",)} | way(of, folder)
    found = misid.evaluate(given.pop("files"), **given).evaluation  # type: ignore[arg-type]
    figures = {**(found.pairs.figures if found.pairs else {}), **(found.searches.figures if found.searches else {})}
    wanted = {name: value for name, value in plain(of).items() if name in figures}
    assert {name: figures[name].value for name in wanted} == pytest.approx(wanted, rel=1e-6)
    return len(wanted)


@pytest.mark.parametrize("way", [csv, lists])
def test_every_rate_at_a_threshold_is_closed_alike(way, tmp_path):
    assert compared(way, 1, tmp_path) == WAYS[way]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 6))
@pytest.mark.parametrize("way", WAYS)
def test_every_rate_at_a_threshold_is_closed_alike_in_every_format(way, seed, tmp_path):
    assert compared(way, seed, tmp_path) == WAYS[way]
