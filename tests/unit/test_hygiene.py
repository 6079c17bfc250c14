"""No tracked file tells where packages come from, where this machine keeps things, or reads outside the project."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written in pieces, so that this file passes its own test.
HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("anaconda", "org"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
    )
]
SLASH = "/"
RULES = {
    "package index": re.compile("|".join(rf"(?<![\w-]){re.escape(host)}\b" for host in HOSTS), re.IGNORECASE),
    # After a letter it is the middle of an address or of a relative path, not a place on a machine.
    "machine path": re.compile(rf"(?<![\w.]){SLASH}(work|root|home|Users){SLASH}"),
    "outside the project": re.compile(rf"(?<![\w-])shared{SLASH}"),
}
# What must occur, in small letters, where a rule is broken.
SIGNS = {
    "package index": HOSTS,
    "machine path": [f"{SLASH}{name}{SLASH}" for name in ("work", "root", "home", "users")],
    "outside the project": [f"shared{SLASH}"],
}

PEERS = ROOT / "tests" / "data" / "peers"
BINARY = {".mask"}  # score masks, bytes without a zero among them


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail("not a git checkout, and in CI this test may not be skipped")
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def faults_in(text: str) -> list[str]:
    """Rule and place of everything against the rules; a short piece only, for lines can be very long."""
    faults = []
    small = text.lower()
    for rule, pattern in RULES.items():
        if not any(sign in small for sign in SIGNS[rule]):
            continue  # a search for plain text is much quicker than that for a pattern
        for found in pattern.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            faults.append(f"line {line}: {rule}: {text[max(0, found.start() - 30) : found.end() + 30]!r}")
    return faults


def test_tracked_text_keeps_the_rules():
    files = tracked()
    assert ROOT / "pyproject.toml" in files
    faults = []
    for path in files:
        content = path.read_bytes()
        if b"\0" in content[:8192] or path.suffix in BINARY or PEERS in path.parents:
            continue  # not text, or others' scores as they are
        faults += [f"{path.relative_to(ROOT)}: {fault}" for fault in faults_in(content.decode("utf-8"))]
    assert faults == []


@pytest.mark.parametrize("host", HOSTS)
def test_planted_host_is_caught(host):
    assert faults_in(f"see https:{SLASH * 2}{host}{SLASH}simple")
    assert faults_in(f"files.{host}")


@pytest.mark.parametrize("folder", ["work", "root", "home"])
def test_planted_machine_path_is_caught(folder):
    path = f"{SLASH}{folder}{SLASH}x"
    for text in (path, f'open("{path}")', f"file:{SLASH * 2}{path}", f"cd {path}"):
        assert faults_in(text), text


@pytest.mark.parametrize("prefix", ["", "..", f"..{SLASH}.."])
def test_planted_outside_read_is_caught(prefix):
    assert faults_in(f'Path("{prefix}{SLASH if prefix else ""}shared{SLASH}data")')


@pytest.mark.parametrize(
    "text", ["frame/work/x", "example.invalid/home/x", "the shared cause", "unshared/", "worldshared/x", "debian"]
)
def test_other_text_is_not(text):
    assert faults_in(text) == []
