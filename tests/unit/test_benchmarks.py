"""What the benchmarks of all pairs measure with, and that they run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import measuring

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "all_pairs.py"


def test_more_people_begin_with_the_same_people():
    few, part = measuring.templates(0, 5), measuring.templates(3, 2)
    assert few.shape == (5 * measuring.PHOTOS, measuring.DIMENSIONS)
    assert np.array_equal(part, few[3 * measuring.PHOTOS :])
    np.testing.assert_allclose(np.linalg.norm(few, axis=1), 1, atol=1e-6)


def test_operations_of_the_triangle():
    tile, n = measuring.TILE, 2 * measuring.TILE + 10
    comparisons = 3 * tile**2 + 2 * 10 * tile + 10 * 10
    assert measuring.triangle_flops(n) == 2 * measuring.DIMENSIONS * comparisons


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="Linux tells how much memory is anonymous")
def test_memory_of_files_does_not_count(tmp_path):
    before = measuring.anonymous(os.getpid())
    held = np.ones(4 << 20)
    assert measuring.anonymous(os.getpid()) - before > 0.9 * held.nbytes
    np.save(tmp_path / "a.npy", held)
    del held
    before = measuring.anonymous(os.getpid())
    assert np.load(tmp_path / "a.npy", mmap_mode="r").sum() == 4 << 20
    assert measuring.anonymous(os.getpid()) - before < 4 << 20


@pytest.mark.slow
def test_benchmark_runs():
    few = ["--sizes", "1500", "--rounds", "1", "--threads", "1", "--kernels", "reference"]
    command = [sys.executable, str(PROGRAM), "ratios", "million", *few]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "not run" not in done.stdout
    for words in ("misid evaluate --no-report", "pass, reference", "most memory"):
        assert words in done.stdout
