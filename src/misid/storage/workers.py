"""Where the parts of a run are worked on: on this machine, in this process or in several."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
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


def executor(name: str) -> Executor:
    """Return an executor by its name."""
    if name not in EXECUTORS:
        raise UnknownName("executor", name, EXECUTORS)
    return EXECUTORS[name]


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
        Gets the number of a part.  With more than one worker it must be picklable, and so must what it returns.
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
        If a worker was killed.  What a task or ``on_done`` raises ends the run and is raised.

    Notes
    -----
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
    waiting = deque(parts)
    pool: list[_Worker] = []
    try:
        with _environment(ONE_THREAD), _undisturbed():
            # One by one: if one cannot start, those before it must be ended.
            pool.extend(_Worker(task) for _ in range(count))
        for worker in pool:
            worker.send(waiting.popleft())
        while busy := {worker.line: worker for worker in pool if worker.part is not None}:
            for line in wait(list(busy)):
                worker = busy[line]  # type: ignore[index]
                part, result = worker.receive()
                if waiting:
                    worker.send(waiting.popleft())
                if on_done is not None:
                    on_done(part, result)
    except BaseException:
        for worker in pool:
            worker.process.terminate()
        raise
    finally:
        for worker in pool:
            worker.end()


EXECUTORS: Mapping[str, Executor] = {"local": run_parts}


class _Worker:
    """One process, and the part that it is at."""

    def __init__(self, task: Callable[[int], Any]) -> None:
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process: SpawnProcess = context.Process(target=_serve, args=(theirs, task), daemon=True)
        self.part: int | None = None
        self.has_worked = False
        self.process.start()
        theirs.close()

    def send(self, part: int) -> None:
        self.part = part
        with suppress(BrokenPipeError):  # it died; `receive` says so
            self.line.send(part)

    def receive(self) -> tuple[int, Any]:
        part, self.part = self.part, None
        assert part is not None
        try:
            failed, result = self.line.recv()
        except (EOFError, ConnectionResetError):
            raise MisidError(f"part {part}: {self._end_in_words()}") from None
        self.has_worked = True
        if failed:
            raise result
        return part, result

    def _end_in_words(self) -> str:
        self.process.join(PATIENCE)
        code = self.process.exitcode
        if code is not None and code < 0:
            why = "; memory may be short: give fewer --workers" if -code == signal.SIGKILL else ""
            return f"its worker was killed by {signal.Signals(-code).name}{why}; {RESUME}"
        if not self.has_worked:
            return (
                f"its worker could not start (exit status {code}); in a script of your own, "
                f"call misid under `if __name__ == '__main__':`, or give workers=1"
            )
        return f"its worker ended by itself (exit status {code}); {RESUME}"

    def end(self) -> None:
        self.line.close()
        self.process.join(PATIENCE)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _serve(line: Connection, task: Callable[[int], Any]) -> None:
    """Work on one part after the other until the other side hangs up."""
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            part = line.recv()
            try:
                answer = (False, task(part))
            except Exception as error:
                answer = (True, _that_travels(error))
            line.send(answer)


def _that_travels(error: Exception) -> Exception:
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
def _undisturbed() -> Iterator[None]:
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
