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
