"""Kills the processes that work for another."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from pathlib import Path


def below(process: int) -> list[int]:
    """Processes that a process has started, and they in turn, that run Python for a worker."""
    found = []
    for child in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(one) for one in child.read_text().split()]
    deeper = [one for child in found for one in below(child)]
    return [one for one in found if _works(one)] + deeper


def kill_one(luck: random.Random, process: int, within: float = 0.05) -> bool:
    """Kill one of a process's workers at a random moment; False where there is none."""
    time.sleep(luck.random() * within)
    if victims := below(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(luck.choice(victims), signal.SIGKILL)
            return True
    return False


def _works(process: int) -> bool:
    with contextlib.suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False
