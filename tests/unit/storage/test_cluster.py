"""The executor `dask`: the same results as the local one, whatever ends; and what is said where nothing can be had."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import operator
import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from helpers.killing import below, kill_one
from helpers.tasks import RowSums
from misid.errors import MisidError, MissingPackage
from misid.storage import SharedArrays, cluster, executor
from misid.storage.cluster import Shipped, task_in, work

ROWS = np.random.default_rng(1).integers(0, 16, (120, 50))
needs_dask = pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="needs misid[cluster]")


def test_scheduler_is_for_dask_alone():
    with pytest.raises(MisidError, match="--scheduler has no meaning for --executor local; leave it out"):
        executor("local", "tcp://host:8786")


@pytest.mark.parametrize(
    "address", ["nonsense", "host:8786", "http://host:80", "tcp://host", "tcp://host:1/x", "tcp://a b:1"]
)
def test_no_address(address: str):
    with pytest.raises(MisidError, match="is no address of a Dask scheduler; start one with `dask scheduler`"):
        executor("dask", address)


def test_without_dask_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingPackage, match=r"needs what the extra misid\[cluster\] brings: pip install 'distributed"):
        executor("dask")


def test_task_travels_with_its_arrays():
    with SharedArrays({"rows": ROWS}) as shared:
        assert task_in(RowSums(shared), by_value=False).arrays == []
        shipped = task_in([RowSums(shared), shared], by_value=True)
        kept = pickle.loads(pickle.dumps(shipped))
    assert len(kept.packed) < 500
    task, again = kept.task()
    assert again is task.shared is kept.arrays[0], "once, however often it is named"
    np.testing.assert_array_equal(task(3), np.bincount(ROWS[3], minlength=16))
    assert kept.task()[0] is task, "unpacked once"
    other: list[object] = []
    thread = threading.Thread(target=lambda: other.append(kept.task()[0]))
    thread.start()
    thread.join()
    assert other != [task], "each thread has its own"


def test_another_version_of_misid_is_refused_by_the_worker(monkeypatch: pytest.MonkeyPatch):
    shipped = Shipped(pickle.dumps(operator.neg), [])
    assert work(shipped, 3) == (False, -3)
    monkeypatch.setattr(cluster, "VERSION", "99.0")
    failed, error = work(shipped, 3)
    assert failed
    assert "a worker has misid 99.0 and this is misid" in str(error)


def test_error_of_a_task_travels():
    failed, error = work(Shipped(pickle.dumps("abc".__getitem__), []), 9)
    assert (failed, str(error)) == (True, "string index out of range")


def test_file_that_a_worker_does_not_see_is_named(tmp_path: Path):
    failed, error = work(Shipped(pickle.dumps(functools.partial(np.memmap, tmp_path / "none.npy", np.int8)), []), "r")
    assert failed
    assert f"{tmp_path / 'none.npy'}: is not seen by a worker on" in str(error)


def test_what_takes_for_ever_is_given_up():
    with pytest.raises(TimeoutError, match="no Dask scheduler"):
        cluster._within(0.01, lambda: time.sleep(0.2))
    with pytest.raises(ZeroDivisionError):
        cluster._within(5, lambda: 1 / 0)
    assert cluster._within(5, lambda: 3) == 3


# With Dask


def counted(run: object, seconds: float = 0.0, after: dict[int, object] | None = None) -> dict[int, np.ndarray]:
    """Results by part; ``after`` so many, something is done."""
    found: dict[int, np.ndarray] = {}

    def note(part: int, result: np.ndarray) -> None:
        assert part not in found, "delivered once"
        found[part] = result
        if after and len(found) in after:
            after[len(found)]()

    with SharedArrays({"rows": ROWS}) as shared:
        run(RowSums(shared, seconds), range(len(ROWS)), 2, note)
    return found


def is_right(found: dict[int, np.ndarray]) -> bool:
    return sorted(found) == list(range(len(ROWS))) and all(
        np.array_equal(np.bincount(ROWS[part], minlength=16), counts) for part, counts in found.items()
    )


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_cluster_of_this_machine_survives_killed_workers():
    assert is_right(counted(executor("dask")))
    luck = random.Random(1)
    kills = {number: lambda: kill_one(luck, os.getpid()) for number in (5, 40, 90)}
    assert is_right(counted(executor("dask"), 0.02, kills))
    assert below(os.getpid()) == []


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_part_that_kills_every_worker_is_named():
    with pytest.raises(
        MisidError,
        match="part 9, or one that was handed out with it: too many workers ended at it",
    ):
        executor("dask")(signal.raise_signal, [int(signal.SIGKILL)], 1)


@contextlib.contextmanager
def started(*args: object) -> Iterator[subprocess.Popen[bytes]]:
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    dask = [sys.executable, "-m", "dask", *map(str, args), "--no-dashboard"]
    process = subprocess.Popen(dask, env=path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{free.getsockname()[1]}"


@contextlib.contextmanager
def scheduler(address: str) -> Iterator[subprocess.Popen[bytes]]:
    with started("scheduler", "--host", address.rpartition(":")[0], "--port", address.rpartition(":")[2]) as process:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))).close()
                break
            time.sleep(0.1)
        yield process


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_scheduler_with_workers_that_come_late_and_go(address: str, caplog: pytest.LogCaptureFixture):
    luck = random.Random(2)
    with scheduler(address), contextlib.ExitStack() as stack:
        late = threading.Timer(1.0, lambda: stack.enter_context(started("worker", address, "--nthreads", 2)))
        late.start()
        kills = {number: lambda: kill_one(luck, os.getpid()) for number in (10, 60)}
        assert is_right(counted(executor("dask", address), 0.02, kills))
        assert "has no workers yet; waiting for some: `dask worker tcp://" in caplog.text


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_scheduler_that_goes_away(address: str):
    gone = pytest.raises(MisidError, match="the Dask scheduler went away; run again: finished parts are kept")
    with scheduler(address) as process, started("worker", address), gone:
        counted(executor("dask", address), 0.05, {10: process.kill})


@needs_dask
@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_nobody_answers_within_ten_seconds(address: str):
    begun = time.monotonic()
    with pytest.raises(MisidError, match=f"--scheduler {address}: no Dask scheduler answers there .* leave "):
        executor("dask", address)(operator.neg, [1, 2], 2)
    silent = socket.create_server(("127.0.0.1", int(address.rpartition(":")[2])))  # takes the call and says nothing
    with silent, pytest.raises(MisidError, match="no Dask scheduler answers there"):
        executor("dask", address)(operator.neg, [1, 2], 2)
    assert time.monotonic() - begun < 20
