"""Where the parts of a run are worked on: on this machine, in this process or in several."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

from misid.errors import MisidError, OutOfRange, UnknownName
from misid.storage.folders import RESUME

T = TypeVar("T")
Executor = Callable[..., None]  # takes what `run_parts` takes: has a task done once for each part, in any order

# Workers share the cores among them; a library that starts its own threads would only make them wait for each other.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
PATIENCE = 5.0  # seconds that a worker gets to end by itself
TRIES = 3  # workers that one part may end before it ends the run
_REASONS: Mapping[int, str] = {
    signal.SIGKILL: "; memory may be short: give fewer --workers",
    signal.SIGBUS: "; a file that it reads may have become shorter",
}


def executor(name: str, scheduler: str = "") -> Executor:
    """Return an executor by its name; ``scheduler`` is the address of one that is there, for those that have any.

    What it lacks is said here, before any work is done.
    """
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    return EXECUTORS[name](scheduler)


def worker_count(workers: int | None) -> int:
    """Return how many workers there shall be; None for one per core that this process may use."""
    if workers is None:
        # A container or a batch system often grants fewer cores than the machine has.
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise OutOfRange("workers", workers, "a whole number of at least 1")
    return workers


def run_parts(
    task: Callable[[int], T],
    parts: Sequence[int],
    workers: int | None = None,
    on_done: Callable[[int, T], None] | None = None,
) -> None:
    """Have a task done once for each part.

    Parameters
    ----------
    task : callable
        Gets the number of a part.  With more than one worker it must be picklable, and so must what it returns; each
        worker unpacks it once.  Large arrays that it reads belong in `SharedArrays`.
    parts : sequence of int
        Numbers of the parts, handed out in this order.
    workers : int, optional
        How many processes; 1 works in this one.  By default one per core that this process may use.
    on_done : callable, optional
        Called in this process with each part and its result, in the order in which they are done: any.

    Raises
    ------
    OutOfRange
        If ``workers`` is no whole number of at least 1.
    MisidError
        If a worker cannot start, or a part ended its worker three times.  What a task or ``on_done`` raises ends the
        run and is raised.

    Notes
    -----
    A worker that is killed is replaced, and its part is handed out again.  Each part's result is delivered once.
    Whatever ends the run, Ctrl-C too, workers are ended with it.  If this process itself is killed, each worker still
    finishes its part and then ends.
    """
    count = min(worker_count(workers), len(parts))
    if count <= 1:
        for part in parts:
            result = task(part)
            if on_done is not None:
                on_done(part, result)
        return
    packed = ForkingPickler.dumps(task)
    waiting = deque(parts)
    ended: Counter[int | None] = Counter()  # workers by the part that they were at; None: in turn, not up
    pool: dict[Connection, _Worker] = {}

    def hire(how_many: int) -> None:
        with _environment(ONE_THREAD), undisturbed_workers():
            # One by one: if one cannot start, those before it must be ended.
            for _ in range(how_many):
                worker = _Worker()
                pool[worker.line] = worker

    try:
        hire(count)
        while waiting or any(worker.part is not None for worker in pool.values()):
            for line in wait(list(pool)):
                worker = pool[line]  # type: ignore[index]
                at = worker.part
                try:
                    answer = worker.receive()
                except _Ended:
                    if worker.is_up and at is None:  # nothing was left for it to do
                        pool.pop(worker.line).end()
                        continue
                    ended[at] += 1
                    worker.join()
                    if ended[at] == TRIES or not (worker.is_up or worker.was_killed):
                        raise MisidError(worker.end_in_words(at, ended[at])) from None
                    pool.pop(worker.line).end()
                    if at is not None:
                        waiting.appendleft(at)
                    hire(1)
                    continue
                ended[None] = 0
                if not worker.is_up:
                    worker.begin(packed)
                worker.part = None
                if waiting:
                    worker.send(waiting.popleft())
                if at is not None and on_done is not None:
                    on_done(at, answer)
    except BaseException:
        for worker in pool.values():
            worker.process.terminate()
        raise
    finally:
        for worker in pool.values():
            worker.end()


def _local(scheduler: str) -> Executor:
    if scheduler:
        raise MisidError("--scheduler has no meaning for --executor local; leave it out, or give --executor dask")
    return run_parts


def _dask(scheduler: str) -> Executor:
    from misid.storage.cluster import dask_at  # for those alone who ask for it

    return dask_at(scheduler)


EXECUTORS: Mapping[str, Callable[[str], Executor]] = {"local": _local, "dask": _dask}  # by a scheduler's address, or ""


class _Ended(Exception):
    """A worker ended before it answered."""


class _Worker:
    """One process, and the part that it is at."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        # It is told its task once it is up: to hand over much to a process that was killed meanwhile would never end.
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.part: int | None = None
        self.is_up = False
        self.process.start()
        theirs.close()

    def begin(self, packed: memoryview) -> None:
        self.is_up = True
        with suppress(OSError):  # it died; `receive` says so
            self.line.send_bytes(packed)

    def send(self, part: int) -> None:
        self.part = part
        with suppress(OSError):
            self.line.send(part)

    def receive(self) -> Any:
        """Return what came of its part; nothing if it says that it is up."""
        try:
            failed, result = self.line.recv()
        except (EOFError, OSError):  # at once, or in the middle of an answer
            raise _Ended from None
        if failed:
            raise result
        return result

    def join(self) -> None:
        self.process.join(PATIENCE)

    @property
    def was_killed(self) -> bool:
        return (self.process.exitcode or 0) < 0

    def end_in_words(self, part: int | None, times: int) -> str:
        """Return how it ended, as others before it, and what to do."""
        code = self.process.exitcode
        if not (self.is_up or self.was_killed):
            return (
                f"a worker could not start (exit status {code}); in a script of your own, "
                f"call misid under `if __name__ == '__main__':`, or give workers=1"
            )
        who = f"{times} workers in turn" + ("" if part is None else f" at part {part}")
        if code is not None and code < 0:
            return f"{who} were killed by {signal.Signals(-code).name}{_REASONS.get(-code, '')}; {RESUME}"
        return f"{who} ended by themselves (exit status {code}); {RESUME}"

    def end(self) -> None:
        self.line.close()
        self.join()
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(line: Connection) -> None:
    """Work on one part after the other until the other side hangs up."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        line.send((False, None))
        packed, task = line.recv_bytes(), None
        while True:
            part = line.recv()
            try:
                if task is None:
                    task = pickle.loads(packed)
                said = (False, task(part))
            except Exception as error:
                said = (True, that_travels(error))
            line.send(said)


def that_travels(error: Exception) -> Exception:
    """Return the error, or one of the nearest kind that can be handed to another process.

    An error whose class asks for more than a message can be packed but not unpacked.
    """
    try:
        again = pickle.loads(pickle.dumps(error))
        if type(again) is type(error) and str(again) == str(error):
            return error
    except Exception:
        pass
    words = str(error) if isinstance(error, MisidError) else f"{type(error).__name__}: {error}"
    return MisidError(words) if isinstance(error, MisidError) else RuntimeError(words)


@contextmanager
def undisturbed_workers() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, from their first moment; here it is answered a moment later.

    Ctrl-C reaches every process of the terminal, and only the one that the user started shall answer.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # multiprocessing starts its tracker along with the first process, and lifts the block as it does so.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(names: dict[str, str]) -> Iterator[None]:
    """Set environment variables for processes that start meanwhile: libraries read them once, when they load."""
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
