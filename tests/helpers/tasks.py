"""Tasks that workers can import."""

from __future__ import annotations

import time

import numpy as np

from misid.storage import SharedArrays


def slow_and_large(part: int) -> tuple[int, bytes]:
    time.sleep(0.01)
    return part, b"x" * 200_000


class RowSums:
    """Counts of rows, of arrays that are shared."""

    def __init__(self, shared: SharedArrays, seconds: float = 0.0) -> None:
        self.shared, self.seconds = shared, seconds

    def __call__(self, part: int) -> np.ndarray:
        time.sleep(self.seconds)
        return np.bincount(self.shared["rows"][part], minlength=16)


COUNTED = """
import os, signal, sys
from pathlib import Path

import numpy as np

from helpers.tasks import RowSums
from misid.storage import Checkpoint, SharedArrays, checkpoint as about, run_parts

about.SHARE = 1e9  # a run so short could pay for few
path, workers, seconds, killed_after = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])

if __name__ == "__main__":
    rows = np.random.default_rng(1).integers(0, 16, (200, 50))
    checkpoint = Checkpoint(path, {"data": "rows"}, len(rows))
    total = checkpoint.read().get("counts", np.zeros(16, np.int64))
    left = checkpoint.left()
    done = []

    def add(part, counts):
        global total
        total = total + counts
        done.append(part)
        checkpoint.note(part, lambda: {"counts": total})
        if len(done) == killed_after:
            print(len(done), flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

    with SharedArrays({"rows": rows}) as shared:
        run_parts(RowSums(shared, seconds), left, workers, add)
    checkpoint.remove()
    assert np.array_equal(total, np.bincount(rows.ravel(), minlength=16)), total
    print(len(left), flush=True)
"""  # a run that can be killed and goes on: prints how many blocks it did
