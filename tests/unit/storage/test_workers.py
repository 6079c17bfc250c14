"""Every part is done once; whatever goes wrong in a worker is told as it was, and no worker is left behind."""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import operator
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from helpers.tasks import slow_and_large
from misid.errors import MisidError, OutOfRange, UnknownName
from misid.storage.workers import EXECUTORS, ONE_THREAD, executor, run_parts, worker_count

IMPORTED = "__import__('os')."


def collected(task: object, parts: list[int], workers: int | None) -> list[tuple[int, object]]:
    found: list[tuple[int, object]] = []
    run_parts(task, parts, workers, lambda part, result: found.append((part, result)))
    assert multiprocessing.active_children() == []
    return found


def test_inline_keeps_the_order_and_this_process():
    assert collected(lambda part: (os.getpid(), part * 2), [3, 1, 2], 1) == [
        (p, (os.getpid(), p * 2)) for p in (3, 1, 2)
    ]
    assert collected(operator.neg, [], 4) == []
    assert collected(lambda part: os.getpid(), [7], 4) == [(7, os.getpid())], "one part needs no other process"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 3])
def test_every_part_once(workers: int):
    parts = list(range(20, 0, -1))
    assert sorted(collected(operator.neg, parts, workers)) == sorted((part, -part) for part in parts)


@pytest.mark.slow
def test_workers_are_other_processes_with_one_thread_each():
    before = dict(os.environ)
    # `eval` takes its variables where a task takes its part; so the test needs no module that a worker could import.
    task = functools.partial(eval, "(os.getpid(), [os.environ[name] for name in names])".replace("os.", IMPORTED))
    found = collected(task, [{"names": list(ONE_THREAD)}] * 2, 2)
    assert os.getpid() not in {process for _, (process, _) in found}
    assert [threads for _, (_, threads) in found] == [["1"] * len(ONE_THREAD)] * 2
    assert dict(os.environ) == before


@pytest.mark.parametrize("bad", [0, -1, 1.5, "2", True])
def test_bad_number_of_workers(bad: object):
    with pytest.raises(OutOfRange, match="workers must be a whole number of at least 1, got"):
        run_parts(operator.neg, [1, 2], bad)


def test_default_is_the_cores_that_we_may_use(monkeypatch: pytest.MonkeyPatch):
    assert worker_count(None) == len(os.sched_getaffinity(0))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5})
    assert worker_count(None) == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert worker_count(None) == 1
    assert worker_count(9) == 9


def test_executors_have_names():
    assert executor("local") is run_parts
    assert set(EXECUTORS) == {"local", "dask"}
    with pytest.raises(UnknownName, match="unknown executor 'locl'; did you mean 'local'"):
        executor("locl")


# What goes wrong


def test_inline_error_is_the_error():
    with pytest.raises(OutOfRange, match="got 0"):
        run_parts(worker_count, [1, 0, 2], 1)


@pytest.mark.slow
def test_error_of_a_task_travels():
    # OutOfRange asks for three arguments and cannot be unpacked from one; the words and the kind still arrive.
    with pytest.raises(MisidError, match="workers must be a whole number of at least 1, got 0"):
        collected(worker_count, [0, 0], 2)
    with pytest.raises(IndexError, match="string index out of range"):
        collected("abc".__getitem__, [9, 9], 2)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_part_that_kills_its_workers_is_named():
    words = "3 workers in turn at part 9 were killed by SIGKILL; memory may be short: give fewer --workers; run again"
    with pytest.raises(MisidError, match=words):
        collected(signal.raise_signal, [int(signal.SIGKILL)] * 2, 2)
    assert multiprocessing.active_children() == []
    with pytest.raises(
        MisidError, match=r"3 workers in turn at part 3 ended by themselves \(exit status 3\); run again"
    ):
        collected(os._exit, [3, 3], 2)
    assert multiprocessing.active_children() == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_killed_workers_are_replaced_and_nothing_is_lost_or_doubled(seed: int):
    luck = random.Random(seed)
    left = [luck.randrange(1, 50) for _ in range(3)]
    killed: list[int] = []
    found: list[tuple[int, bytes]] = []

    def note(part: int, result: tuple[int, bytes]) -> None:
        found.append(result)
        if len(found) in left:
            time.sleep(luck.random() * 0.03)
            victim = luck.choice(multiprocessing.active_children())
            os.kill(victim.pid, signal.SIGKILL)
            killed.append(victim.pid)

    run_parts(slow_and_large, range(60), 2, note)
    assert killed
    assert sorted(found) == [(number, b"x" * 200_000) for number in range(60)]
    assert multiprocessing.active_children() == []


@pytest.mark.slow
def test_worker_killed_while_it_starts_is_replaced():
    threading.Timer(0.05, lambda: [os.kill(p.pid, signal.SIGKILL) for p in multiprocessing.active_children()]).start()
    assert sorted(collected(operator.neg, [1, 2, 3], 2)) == [(1, -1), (2, -2), (3, -3)]


@pytest.mark.slow
def test_error_in_the_callback_ends_the_run():
    def refuse(part: int, result: object) -> None:
        raise KeyError(part)

    started = time.monotonic()
    with pytest.raises(KeyError):
        run_parts(time.sleep, [0, 600, 600], 2, refuse)
    assert time.monotonic() - started < 60
    assert multiprocessing.active_children() == []


def living(group: int) -> list[str]:
    """Return the processes of a group that still run; one that ended but that nobody has waited for does not."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, its_group = entry.read_text("utf-8").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                found.append(entry.parent.name)
    return found


SCRIPT = """
import sys, time
from misid.storage import run_parts

if {guard}:
    try:
        print("started", flush=True)
        run_parts(time.sleep, [0, 0, 600, 600], 2, lambda part, _: print("done", part, flush=True))
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["while the workers start", "at work"])
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc to see that no process is left")
def test_interrupt_from_the_keyboard(tmp_path: Path, moment: str):
    (tmp_path / "script.py").write_text(SCRIPT.format(guard="__name__ == '__main__'"), "utf-8")
    # A session of its own: the signal reaches all of it, as Ctrl-C in a terminal does.
    process = subprocess.Popen(
        [sys.executable, tmp_path / "script.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for _ in range(1 if moment != "at work" else 3):
        process.stdout.readline()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, ""), "no worker tells of it"
    until = time.monotonic() + 30
    while living(process.pid) and time.monotonic() < until:
        time.sleep(0.02)  # multiprocessing's tracker ends a moment after the others
    assert living(process.pid) == []


@pytest.mark.slow
def test_script_without_a_guard_is_told_what_to_do(tmp_path: Path):
    (tmp_path / "script.py").write_text(SCRIPT.format(guard="True"), "utf-8")
    done = subprocess.run([sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "a worker could not start" in last
    assert "call misid under `if __name__ == '__main__':`, or give workers=1" in last
