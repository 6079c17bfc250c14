"""The executor `dask`: parts are worked on by a Dask cluster, one that is there or one of this machine's cores."""

from __future__ import annotations

import io
import logging
import pickle
import re
import secrets
import socket
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from misid._version import VERSION
from misid.errors import MisidError, MissingPackage
from misid.storage.folders import RESUME
from misid.storage.shared import Array, SharedArrays
from misid.storage.workers import ONE_THREAD, Executor, that_travels, undisturbed_workers, worker_count
from misid.vocabulary.shown import shown

T = TypeVar("T")
ANSWERS_WITHIN = 5.0  # seconds that a scheduler has to answer
AHEAD = 2  # parts that each worker has been handed at most, the one that it is at included
TRIES = 4  # times that Dask may give a part up
_ADDRESS = re.compile(r"(tcp|tls|wss?)://(\[[0-9a-fA-F:.]+\]|[\w.-]+):\d{1,5}")
_START_ONE = (
    "start one with `dask scheduler` and give the address that it prints, tcp://HOST:8786; or leave --scheduler out "
    "for the cores of this machine"
)
_NO_PAGES: dict[str, list[str]] = {"distributed.scheduler.http.routes": [], "distributed.worker.http.routes": []}
_COUNTED_EVERY = 2.0  # seconds after which workers are counted anew
_LOG = logging.getLogger(__name__)  # where nobody has set up logging, a warning is one line on stderr


def dask_at(scheduler: str) -> Executor:
    """Return the executor of a scheduler, or of a cluster of this machine.

    Raises
    ------
    MissingPackage
        If Dask is not installed.
    MisidError
        If the address is none.
    """
    if scheduler and not _ADDRESS.fullmatch(scheduler):
        raise MisidError(f"--scheduler {shown(scheduler)}: is no address of a Dask scheduler; {_START_ONE}")
    try:
        import distributed  # noqa: F401
    except ImportError:
        raise MissingPackage(
            "--executor dask needs what the extra misid[cluster] brings: pip install 'distributed>=2026.8'; "
            "--executor local needs nothing"
        ) from None
    return partial(run_on_dask, scheduler=scheduler)


def run_on_dask(
    task: Callable[[int], T],
    parts: Sequence[int],
    workers: int | None = None,
    on_done: Callable[[int, T], None] | None = None,
    scheduler: str = "",
) -> None:
    """Have a task done once for each part, as `run_parts`, by the workers of a Dask cluster.

    Parameters
    ----------
    task, parts, on_done
        As `run_parts`.  A part may be worked on more than once, where a worker was lost; its result is delivered once.
    workers : int, optional
        How many processes of this machine are started; of a scheduler's workers, how many are kept busy: all by
        default.
    scheduler : str, optional
        Address of a scheduler, ``tcp://HOST:8786``.  A cluster of this machine's cores is started if not given.

    Raises
    ------
    MisidError
        If the scheduler does not answer, or goes away; if a worker has another version of misid; if Dask gives a part
        up because it ended too many workers.  What a task or ``on_done`` raises ends the run and is raised.
    """
    count = worker_count(workers)
    if not parts:
        return
    with _connected(scheduler, min(count, len(parts))) as client:
        _Run(client, task_in(task, by_value=bool(scheduler)), scheduler).work_off(
            parts, workers if scheduler else count, on_done
        )


class Shipped:
    """A task as it travels, once to each worker: packed, with the arrays that it shares apart."""

    def __init__(self, packed: bytes, arrays: list[dict[str, Array]]) -> None:
        self.version = VERSION
        self.packed, self.arrays = packed, arrays
        self._unpacked: dict[int, Callable[[int], Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_unpacked": {}}

    def task(self) -> Callable[[int], Any]:
        """Return the task for this thread: it may keep what no other thread may write to."""
        thread = threading.get_ident()
        if thread not in self._unpacked:
            unpickler = pickle.Unpickler(io.BytesIO(self.packed))
            unpickler.persistent_load = self.arrays.__getitem__  # type: ignore[method-assign]
            self._unpacked[thread] = unpickler.load()
        return self._unpacked[thread]


def task_in(task: Callable[[int], Any], by_value: bool) -> Shipped:
    """Pack a task; `SharedArrays` go along ``by_value`` where workers may be on other machines."""
    found: list[SharedArrays] = []

    def place(thing: object) -> int | None:
        if not by_value or not isinstance(thing, SharedArrays):
            return None
        if not any(thing is one for one in found):
            found.append(thing)
        return next(number for number, one in enumerate(found) if one is thing)

    packed = io.BytesIO()
    pickler = pickle.Pickler(packed, pickle.HIGHEST_PROTOCOL)
    pickler.persistent_id = place  # type: ignore[method-assign]
    pickler.dump(task)
    return Shipped(packed.getvalue(), [dict(one) for one in found])


def work(shipped: Shipped, part: int) -> tuple[bool, Any]:
    """Work on one part; what a worker of Dask calls.  Returns whether it failed, and the result or the error."""
    if shipped.version != VERSION:
        return True, MisidError(
            f"a worker has misid {VERSION} and this is misid {shipped.version}; install the same on every machine"
        )
    try:
        return False, shipped.task()(part)
    except FileNotFoundError as error:
        return True, MisidError(
            f"{error.filename}: is not seen by a worker on {socket.gethostname()}; put it on a disk that every machine "
            f"of the cluster has at the same place"
        )
    except Exception as error:
        return True, that_travels(error)


class _Run:
    """Parts that are worked off by a client's cluster."""

    def __init__(self, client: Any, shipped: Shipped, scheduler: str) -> None:
        self._client, self._shipped, self._scheduler = client, shipped, scheduler
        self._where = scheduler or "the cluster of this machine"
        self._is_told = False
        self._name = f"misid-{secrets.token_hex(8)}"
        self._given_up: Counter[int] = Counter()
        self._counted = -_COUNTED_EVERY
        self._most = 1

    def work_off(self, parts: Sequence[int], workers: int | None, on_done: Callable[[int, Any], None] | None) -> None:
        from distributed import as_completed

        waiting = deque(enumerate(parts))
        placed = self._ship()
        at_work: dict[str, tuple[int, int]] = {}  # by key
        # Results are fetched as they come: what a worker holds is lost with it.
        done = as_completed(loop=self._client.loop, with_results=True, raise_errors=False)
        tries = 0
        while waiting or at_work:
            while waiting and len(at_work) < self._may_be_at_work(workers):
                number, part = waiting.popleft()
                key = f"{self._name}-{number}-{tries}"
                at_work[key] = number, part
                done.add(self._client.submit(work, placed, part, key=key, pure=False, retries=TRIES))
            future, result = next(done)
            number, part = at_work.pop(future.key)
            status = future.status
            future.release()
            if status == "finished":
                failed, value = result
                if failed:
                    raise value
                if on_done is not None:
                    on_done(part, value)
                continue
            tries += 1
            self._check()
            if status == "error":
                self._may_try_again(part, result[1])
            else:
                self._count(part)
                if placed.status != "finished":  # every worker that held the task is gone
                    placed = self._ship()
            waiting.appendleft((number, part))

    def _ship(self) -> Any:
        """Hand the task to every worker that is there; others fetch it from them."""
        while True:
            self._wait_for_workers()
            try:
                return self._client.scatter([self._shipped], broadcast=True, hash=False)[0]
            except OSError:  # a worker ended meanwhile, or the scheduler
                self._check()

    def _wait_for_workers(self) -> None:
        if not self._client.ncores() and not self._is_told and self._scheduler:
            self._is_told = True
            _LOG.warning(
                "%s: has no workers yet; waiting for some: `dask worker %s`", shown(self._where), shown(self._where)
            )
        while not self._client.ncores():
            self._check()
            time.sleep(0.2)

    def _check(self) -> None:
        if self._client.status != "running":
            raise MisidError(f"{self._where}: the Dask scheduler went away; {RESUME}")

    def _may_be_at_work(self, workers: int | None) -> int:
        """Return how many parts may be handed out at once."""
        if time.monotonic() - self._counted > _COUNTED_EVERY:
            there = sum(self._client.ncores().values())
            self._most = AHEAD * max(1, there if workers is None else min(there, workers))
            self._counted = time.monotonic()
        return self._most

    def _may_try_again(self, part: int, error: BaseException) -> None:
        """Raise what is no worker's end, or one too many."""
        from distributed import KilledWorker

        if isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] == "misid":
            raise MisidError(f"{self._where}: a worker has no misid; install misid {VERSION} on every machine")
        if not isinstance(error, KilledWorker):
            raise error
        self._count(part)

    def _count(self, part: int) -> None:
        """Count that workers ended while a part was with them, and raise one time too many."""
        self._given_up[part] += 1
        if self._given_up[part] == TRIES:
            raise MisidError(
                f"part {part}, or one that was handed out with it: too many workers ended at it; memory may be short: "
                f"give each worker more; {RESUME}"
            )


@contextmanager
def _connected(scheduler: str, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, or to a cluster of this machine that is ended with the run."""
    from dask.config import set as dask_config
    from distributed import Client, LocalCluster

    # What Dask says of workers that come and go is no news to the user: their parts are done by others.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with ExitStack() as stack:
        address: Any = scheduler
        if not scheduler:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="misid-", ignore_cleanup_errors=True))
            with undisturbed_workers(), dask_config({"temporary-directory": folder, **_NO_PAGES}):
                address = stack.enter_context(
                    LocalCluster(
                        n_workers=workers,
                        threads_per_worker=1,
                        scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
                        memory_limit=0,
                        silence_logs=logging.CRITICAL,
                        env=ONE_THREAD,
                    )
                )
        try:
            client = _within(ANSWERS_WITHIN + 2, lambda: Client(address, timeout=ANSWERS_WITHIN, set_as_default=False))
        except (OSError, ValueError, TypeError) as error:
            raise MisidError(
                f"--scheduler {shown(scheduler)}: no Dask scheduler answers there ({_first_line(error)}); {_START_ONE}"
            ) from None
        stack.callback(_close, client)
        yield client


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Return what a call returns; TimeoutError if it takes longer, as it does for ever where another server answers."""
    came: list[Callable[[], T]] = []

    def try_it() -> None:
        try:
            found = call()
            came.append(lambda: found)
        except Exception as error:
            came.append(partial(_raise, error))

    thread = threading.Thread(target=try_it, daemon=True)
    thread.start()
    thread.join(seconds)
    if not came:
        raise TimeoutError("what answers there is no Dask scheduler")
    return came[0]()


def _raise(error: Exception) -> Any:
    raise error


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return shown(lines[0][:120]) if lines else type(error).__name__


def _close(client: Any) -> None:
    with suppress(Exception):
        client.close()
