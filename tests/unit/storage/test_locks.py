"""One writer for one place: the second is refused, and a lock of the dead is taken over."""

from __future__ import annotations

import errno
import fcntl
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from misid.errors import OutputRefused
from misid.storage import hold, reserve, reserve_file
from misid.storage.locks import beside


def in_a_thread(place: Path) -> str:
    """Try to hold a place that another part of this process may hold; return what was said."""
    said: list[str] = []

    def act() -> None:
        try:
            with hold(place):
                said.append("")
        except OutputRefused as error:
            said.append(str(error))

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    return said[0]


def noted(place: Path, **changes: Any) -> None:
    with hold(place):
        note = json.loads(beside(place, "lock").read_text("utf-8"))
    beside(place, "lock").write_text(json.dumps(note | changes), "utf-8")


def dead() -> int:
    ended = subprocess.Popen(["true"])
    ended.wait()
    return ended.pid


def test_second_one_is_refused_and_told_whose_it_is(tmp_path: Path):
    out = tmp_path / "out"
    (tmp_path / "link").symlink_to(tmp_path)
    with hold(out), hold(out):  # who holds it may take it again
        words = rf"{re.escape(str(out))}: process {os.getpid()} has been writing it for \d seconds; wait for it, or "
        assert re.match(words, in_a_thread(out))
        assert "has been writing it" in in_a_thread(tmp_path / "link" / "out")
        assert "has been writing it" in in_a_thread(tmp_path / "x" / ".." / "out")
        assert in_a_thread(tmp_path / "other") == ""
    assert in_a_thread(out) == ""
    assert os.listdir(tmp_path) == ["link"]


def test_nothing_is_left_of_folders_made_for_it(tmp_path: Path):
    with hold(tmp_path / "a" / "b" / "out"):
        assert (tmp_path / "a" / "b").is_dir()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("act", [lambda out: reserve(out, True), lambda out: reserve_file(out, True)])
def test_force_is_refused_too_while_another_writes(tmp_path: Path, act: Any):
    code = "import sys, time; from misid.storage import hold\nwith hold(__import__('pathlib').Path(sys.argv[1])):\n"
    code += " print(1, flush=True)\n time.sleep(60)"
    out = tmp_path / "out"
    process = subprocess.Popen([sys.executable, "-c", code, out], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        with (
            pytest.raises(
                OutputRefused, match=f"out: process {process.pid} has been writing it for . seconds; wait for it"
            ),
            act(out),
        ):
            pass
    finally:
        process.kill()
        process.communicate()
    with act(out):
        pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("has_locks", [True, False])
def test_lock_of_the_dead_is_taken_over_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, has_locks: bool
):
    def none(*_: object) -> None:
        raise OSError(errno.EOPNOTSUPP, "Operation not supported")

    if not has_locks:
        monkeypatch.setattr(fcntl, "flock", none)
    out, process = tmp_path / "out", dead()
    noted(out, process=process)
    with caplog.at_level(logging.WARNING), hold(out):
        pass
    assert f"out: taken over from process {process}, which has ended" in caplog.text
    if not has_locks:
        noted(out)
        assert f"process {os.getpid()} has been writing it" in in_a_thread(out)
        beside(out, "lock").unlink()
    assert os.listdir(tmp_path) == []


def test_lock_of_another_host_is_refused_by_its_name_and_what_it_says_to_do_works(tmp_path: Path):
    out = tmp_path / "out"
    noted(out, host="elsewhere", boot="other", since=time.time() - 3 * 3600)
    with (
        pytest.raises(
            OutputRefused, match=r"on host 'elsewhere' has .* for 3 hours; .* if it runs no more, remove (\S+), or"
        ) as said,
        hold(out),
    ):
        pass
    Path(re.findall(r"remove (\S+),", str(said.value))[0]).unlink()
    with hold(out):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": "x", "since": 1}', "\0" * 50])
def test_damaged_note_is_no_hindrance(tmp_path: Path, text: str):
    beside(tmp_path / "out", "lock").write_text(text)
    with hold(tmp_path / "out"):
        assert "has been writing it" in in_a_thread(tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_a_full_disk_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with hold(tmp_path / "out"):
        assert "another misid has been writing it" in in_a_thread(tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_only_one_of_many_holds_it_at_a_time(tmp_path: Path):
    inside, most = [], []

    def act() -> None:
        for _ in range(60):
            with suppress(OutputRefused), hold(tmp_path / "out"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(most) == {1}
    assert os.listdir(tmp_path) == []
