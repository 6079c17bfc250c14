"""Reading the next piece while the one before is counted."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_T = TypeVar("_T")


def one_ahead(items: Iterator[_T]) -> Generator[_T, None, None]:
    """Yield items, none of them None; each is made in a thread while the one before is used, so two are held."""
    # Leaving waits for the thread, so that nobody closes what it reads.
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(next, items, None)
        while (item := waiting.result()) is not None:
            waiting = pool.submit(next, items, None)
            yield item
