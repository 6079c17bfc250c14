"""A checkpoint holds what was counted of which blocks, is refused where it is of something else, and costs little."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from helpers.tasks import COUNTED
from misid.errors import OutputRefused
from misid.storage import Checkpoint, checkpoint

OF = {"data": "d1", "plan": "p1"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock shows."""
    now = [0.0]
    monkeypatch.setattr(checkpoint, "monotonic", lambda: now[0])
    return now


def at(path: Path, blocks: int = 20, **of: str) -> Checkpoint:
    return Checkpoint(path, {**OF, **of}, blocks)


def written(path: Path, done: list[int], clock: list[float]) -> dict[str, np.ndarray]:
    one = at(path)
    tallies = {"counts": np.arange(5), "over": np.ones((2, 3), np.uint16)}
    for block in done:
        clock[0] += 10
        one.note(block, lambda: tallies)
    return tallies


def test_goes_on_where_it_was(tmp_path: Path, clock: list[float]):
    path = tmp_path / "c"
    assert at(path).read() == {}
    tallies = written(path, [3, 0, 19], clock)
    again = at(path)
    found = again.read()
    assert list(found) == list(tallies)
    for name, array in tallies.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert again.left() == [block for block in range(20) if block not in (0, 3, 19)]
    assert os.listdir(tmp_path) == ["c"]
    assert path.stat().st_mode & 0o777 == 0o600, "nobody else may read it"
    again.remove()
    again.remove()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"data": "d2"}, "is a checkpoint of another run (its data is not the same); remove it to count anew, or give"),
        ({"data": "d2", "plan": "p2"}, "(its data and plan is not the same)"),
        ({"kernel": "x"}, "(its kernel is not the same)"),
        ({"blocks": 21}, "(its number of blocks is not the same)"),
    ],
)
def test_another_run_is_refused(tmp_path: Path, clock: list[float], other: dict[str, object], words: str):
    written(tmp_path / "c", [1], clock)
    with pytest.raises(OutputRefused) as caught:
        at(tmp_path / "c", **other).read()
    assert f"{tmp_path / 'c'}: is a" in str(caught.value)
    assert words in str(caught.value)


def test_another_version_is_refused(tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checkpoint, "VERSION", "0.0.1")
    written(tmp_path / "c", [1], clock)
    monkeypatch.undo()
    with pytest.raises(OutputRefused, match=r"is a checkpoint of misid 0\.0\.1, and this is .*; remove it"):
        at(tmp_path / "c").read()


def test_damage_is_found(tmp_path: Path, clock: list[float]):
    path = tmp_path / "c"
    written(path, [1], clock)
    whole = path.read_bytes()
    luck = np.random.default_rng(1)
    spoilt = [b"", b"x" * 100, whole[:-1], whole[: len(whole) // 2], whole + b"x"]
    spoilt += [
        whole[:place] + bytes([whole[place] ^ 1 << int(luck.integers(8))]) + whole[place + 1 :]
        for place in luck.integers(0, len(whole), 50)
    ]
    for one in spoilt:
        path.write_bytes(one)
        with pytest.raises(OutputRefused, match="is no checkpoint of misid's, or a damaged one; remove it"):
            at(path).read()


def test_numbers_that_are_not_whole_are_refused(tmp_path: Path, clock: list[float]):
    one = at(tmp_path / "c")
    clock[0] += 10
    with pytest.raises(TypeError, match="whole numbers only, not names, rate"):
        one.note(0, lambda: {"names": np.array(["x"]), "rate": np.array([0.5]), "n": np.array([1])})


@pytest.mark.parametrize(
    ("blocks", "each", "cost", "first", "apart"),
    [
        (4000, 0.02, 0.0, 100, 100),  # every 2.5% of the blocks
        (4000, 0.001, 0.0, 1000, 100),  # not before the first may be paid for, 0.05 s of a second
        (4000, 0.02, 4.0, 100, 4000),  # 4 s of 80
        (10**5, 7.0, 0.0, 5, 5),  # slow blocks, of which many are to come: every 30 s
        (10**5, 7.0, 7.0, 5, 20),  # 7 s of 140
    ],
)
def test_it_is_written_now_and_then(
    tmp_path: Path,
    clock: list[float],
    monkeypatch: pytest.MonkeyPatch,
    blocks: int,
    each: float,
    cost: float,
    first: int,
    apart: int,
):
    times: list[int] = []

    def write(tallies: dict[str, int]) -> None:
        times.append(tallies["block"])
        clock[0] += cost

    one = at(tmp_path / "c", blocks)
    monkeypatch.setattr(one, "_write", write)
    for block in range(1, min(blocks, 3999) + 1):
        clock[0] += each
        one.note(block, lambda block=block: {"block": block})
    assert times[0] == pytest.approx(first, abs=1)
    assert np.diff(times) == pytest.approx(apart, abs=1) if apart < 4000 else len(times) == 1


def test_full_disk_is_said_once_and_the_run_goes_on(
    tmp_path: Path, clock: list[float], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    written(tmp_path / "c", [1], clock)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with caplog.at_level(logging.WARNING):
        written(tmp_path / "c", [4, 5, 6, 7], clock)
    (record,) = caplog.records
    assert record.getMessage().endswith(
        "c: cannot be written: the disk is full; the run goes on, but could not go on from here if it were stopped"
    )
    monkeypatch.undo()
    again = at(tmp_path / "c")
    again.read()
    assert len(again.left()) == 19, "the one before stands"
    assert os.listdir(tmp_path) == ["c"]


def test_disk_is_really_full(tmp_path: Path, clock: list[float], caplog: pytest.LogCaptureFixture):
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    done = subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=False) if mount else None
    if done is None or done.returncode:
        pytest.skip("no right to mount a small disk here; the test above stands in for it")
    try:
        written(place / "c", [1], clock)
        one = at(place / "c")
        one.read()
        clock[0] += 10
        one.note(2, lambda: {"counts": np.ones(20_000, np.int64)})
        assert "the disk is full; the run goes on" in caplog.text
        assert os.listdir(place) == ["c"]
        assert sum(int(array.sum()) for array in at(place / "c").read().values()) == 16, "the one before stands"
        clock[0] += 30
        one.note(3, lambda: {"counts": np.ones(5, np.int64)})
        assert len(at(place / "c").read()["counts"]) == 5, "written again once there is room"
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "killed_after"), [(1, 170), (2, 90)])
def test_killed_run_goes_on_and_loses_little(tmp_path: Path, workers: int, killed_after: int):
    def run(killed_after: int) -> subprocess.CompletedProcess[str]:
        args = [str(tmp_path / "c"), str(workers), "0.005", str(killed_after)]
        script.write_text(COUNTED)
        return subprocess.run([sys.executable, script, *args], capture_output=True, text=True, env=env, check=False)

    script = tmp_path / "script.py"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    first = run(killed_after)
    assert (first.returncode, first.stdout) == (-9, f"{killed_after}\n"), first.stderr
    second = run(0)
    assert second.returncode == 0, second.stderr
    again = int(second.stdout) - (200 - killed_after)
    assert 0 <= again <= 200 * 0.05 + workers
    assert os.listdir(tmp_path) == ["script.py"]
