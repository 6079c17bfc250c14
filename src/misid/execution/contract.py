"""What an executor is: something that has a task done once for each part, anywhere and in any order."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from misid.errors import OutOfRange, UnknownName

T = TypeVar("T")

EXECUTORS = {"local": "misid.execution.local:run"}


class Executor(Protocol):
    """Has a task done for every part."""

    def __call__(
        self,
        task: Callable[[int], T],
        parts: Sequence[int],
        workers: int | None = None,
        on_done: Callable[[int, T], None] | None = None,
    ) -> None:
        """See `misid.execution.local.run`."""


def executor(name: str) -> Executor:
    """Return an executor by its name.

    Raises
    ------
    UnknownName
        If there is none of that name.
    """
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    module, _, function = EXECUTORS[name].partition(":")
    found: Executor = getattr(importlib.import_module(module), function)
    return found


def worker_count(workers: int | None) -> int:
    """Return how many workers there shall be.

    Parameters
    ----------
    workers : int or None
        What was asked for; None for one per core that this process may use.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    OutOfRange
        If it is no whole number, or less than 1.
    """
    if workers is None:
        # A container or a batch system often grants fewer cores than the machine has.
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise OutOfRange("workers", workers, "a whole number of at least 1")
    return workers
