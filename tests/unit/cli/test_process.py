"""What only a process of its own shows: late imports, closed pipes, signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

HEAVY = ("numpy", "scipy", "pydantic", "rich", "ruamel", "jinja2")


def python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False, timeout=60)


LOADED = f"""
import sys
from misid.cli.main import call
status = call(sys.argv[1:])
print("loaded", status, *(name for name in {HEAVY!r} if name in sys.modules))
"""


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["rnu"], []])
def test_help_imports_nothing_heavy(args: list[str]):
    status = 0 if args and args[0].startswith("--") else 2
    assert python(LOADED, *args).stdout.splitlines()[-1] == f"loaded {status}"


def test_a_command_imports_what_it_needs():
    # The check above can fail: a command that reads scenarios loads the reader.
    loaded = python(LOADED, "scenario", "schema").stdout.splitlines()[-1].split()
    assert "pydantic" in loaded
    assert "scipy" not in loaded


def test_import_misid_imports_nothing_heavy():
    said = python(f"import sys, misid; print([name for name in {HEAVY!r} if name in sys.modules])")
    assert said.stdout == "[]\n"


def test_module_and_script_are_the_same_program():
    module = subprocess.run([sys.executable, "-m", "misid", "--version"], capture_output=True, text=True, check=True)
    script = Path(sys.executable).with_name("misid")
    installed = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert module.stdout == installed.stdout != ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [["card", "list"], ["card", "show", "nec_010"], ["scenario", "schema"], ["--help"]],
    ids=["click", "rich", "one long text", "help"],
)
def test_reader_of_the_output_may_go_away(args: list[str]):
    reader, writer = os.pipe()
    os.close(reader)  # before anything is written, so that the first write meets a closed pipe
    done = subprocess.run(
        [sys.executable, "-m", "misid", *args],
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


EARLY = """
import builtins, runpy, signal, sys

signal.signal(signal.SIGINT, signal.default_int_handler)
real = builtins.__import__
def loads(name, *rest, **more):
    if name == "misid.cli.main":
        signal.raise_signal(signal.SIGINT)
    return real(name, *rest, **more)
builtins.__import__ = loads
runpy.run_module("misid", run_name="__main__")
"""


def test_ctrl_c_before_the_command_line_has_loaded():
    done = python(EARLY)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "stopped; a result is written whole or not at all\n"


INSIDE_EXEC = """
import signal, sys
import misid.api.simulation
from misid.cli.main import main

signal.signal(signal.SIGINT, signal.default_int_handler)
misid.api.simulation.findings = lambda scenario: exec("signal.raise_signal(signal.SIGINT)")
main(sys.argv[1:])
"""


@pytest.mark.slow
def test_ctrl_c_inside_exec_is_status_130_too():
    done = python(INSIDE_EXEC, "run", "field-app", "--json")
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "stopped; a result is written whole or not at all"


WAITING = """
import sys, time
import misid.api.simulation
from misid.cli.main import main

def wait(scenario):
    print("computing", flush=True)
    time.sleep(60)

misid.api.simulation.findings = wait
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_and_its_like(tmp_path: Path, number: int):
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, "run", "field-app", "--out", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Under nohup, which a run of the tests may be, a program rightly lives on.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "computing\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + number, "")
    assert err.strip() == "stopped; a result is written whole or not at all"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seconds", "whom"),
    # Until there are parts, and so workers, the parent is the whole group.
    [(1, os.kill), (2.5, os.kill), (0, os.kill), (0, os.killpg)],
    ids=["loading", "reckoning", "counting, parent", "counting, group"],
)
def test_ctrl_c_at_any_moment(tmp_path: Path, seconds: float, whom: Callable[[int, int], None]):
    command = [sys.executable, "-m", "misid", "run", "field-app", "--encounters", "400000", "--workers", "2"]
    process = subprocess.Popen(
        [*command, "--out", "out"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    time.sleep(seconds)
    while not seconds and process.poll() is None and not list(tmp_path.glob("out.partial/part-*.json")):
        time.sleep(0.02)
    whom(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "stopped; a result is written whole or not at all"
    assert not (tmp_path / "out").exists()
