"""Shared arrays: the same numbers everywhere, no copy, and no file is left."""

from __future__ import annotations

import errno
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from helpers.tasks import RowSums
from misid.errors import OutputRefused
from misid.storage import SharedArrays, run_parts

ARRAYS = {
    "a": np.arange(12, dtype=np.float32).reshape(3, 4),
    "half": np.float16([[1.5, -2]]),
    "big-endian": np.array([1, 2], ">i4"),
    "columns first": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "none": np.empty((0, 5)),
    "names": np.array(["x", "yz"]),
}


@pytest.fixture(autouse=True, params=["no name", "folder"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    if request.param == "folder":  # a system without /proc
        exists = Path.exists
        monkeypatch.setattr(Path, "exists", lambda self: str(self) != "/proc/self/fd" and exists(self))
    return tmp_path


def test_same_numbers_read_only_and_nothing_left(place: Path):
    with SharedArrays(ARRAYS) as shared:
        again = pickle.loads(pickle.dumps(shared))
        assert list(again) == list(ARRAYS)
        for name, array in ARRAYS.items():
            for one in (shared[name], again[name]):
                np.testing.assert_array_equal(one, array)
                assert (one.dtype, one.shape) == (array.dtype, array.shape)
                assert array.size == 0 or not one.flags.writeable
        assert len(pickle.dumps(shared)) < 1000
        kept = again["a"]
    assert list(place.iterdir()) == []
    np.testing.assert_array_equal(kept, ARRAYS["a"])


def test_room_is_filled_later():
    with SharedArrays() as shared:
        shared.room("x", (2, 3), np.int16)[:, 1] = 7
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(shared))["x"], [[0, 7, 0]] * 2)


def test_objects_are_refused(place: Path):
    with pytest.raises(TypeError, match="bad: arrays of objects"):
        SharedArrays({"good": np.zeros(3), "bad": np.array([None])})
    assert list(place.iterdir()) == []


def test_full_disk_says_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(OutputRefused, match=r"the disk is full; 8,000 bytes are needed and .* set TMPDIR to a folder"):
        SharedArrays({"a": np.zeros(1000)})
    assert list(place.iterdir()) == []


@pytest.mark.slow
def test_workers_read_them(place: Path):
    rows = np.arange(300).reshape(3, 100) % [[3], [7], [16]]
    with SharedArrays({"rows": rows}) as shared:
        found: dict[int, np.ndarray] = {}
        run_parts(RowSums(shared), [0, 1, 2], 2, lambda part, result: found.update({part: result}))
    for part, row in enumerate(rows):
        np.testing.assert_array_equal(found[part], np.bincount(row, minlength=16))


@pytest.mark.slow
def test_killed_maker_leaves_no_file(place: Path):
    if place.joinpath("/proc/self/fd").exists():
        code = (
            f"import tempfile, os, numpy as np; tempfile.tempdir = {str(place)!r}\n"
            "from misid.storage import SharedArrays\n"
            "SharedArrays({'a': np.zeros(9)}); os.kill(os.getpid(), 9)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -signal.SIGKILL
    assert list(place.iterdir()) == []
