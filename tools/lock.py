"""Rewrite constraints.txt: `make lock` keeps the pins that still fit, `tools/lock.py --upgrade` takes the newest.

One file pins every extra and the build backend, for every Python version and platform that misid supports.  It holds
names, versions and markers only: where packages come from is the machine's business, not the project's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONSTRAINTS = ROOT / "constraints.txt"
PIN = re.compile(r"[a-z0-9][a-z0-9-]*==[^\s;]+( ; [^;]+)?")


def pins(lines: Iterable[str], own_name: str) -> list[str]:
    """Return sorted ``name==version ; marker`` lines; stop at anything else.

    Comments and the project itself, which an extra may name, are left out.
    """
    kept = set()
    for raw in lines:
        line = raw.split(" #")[0].strip()
        if not line or line.startswith("#") or re.match(rf"{re.escape(own_name)}\b(?!-)", line):
            continue
        if not PIN.fullmatch(line):
            raise SystemExit(f"not a plain pin, so not for constraints.txt: {line!r}")
        kept.add(line)
    return sorted(kept)


def main(arguments: list[str]) -> int:
    """Compile in a temporary environment, so that the resolver is nobody's dependency."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    oldest = project["project"]["requires-python"].removeprefix(">=")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        venv.create(folder / "venv", with_pip=True)
        python = folder / "venv" / "bin" / "python"
        install = ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "uv"]
        subprocess.run([python, *install], check=True)
        backend = folder / "build.in"
        backend.write_text("\n".join(project["build-system"]["requires"]) + "\n", encoding="utf-8")
        compiled = folder / "constraints.txt"
        if CONSTRAINTS.exists():  # the resolver prefers what it finds in its output file
            compiled.write_bytes(CONSTRAINTS.read_bytes())
        flags = ["--universal", "--python-version", oldest, "--all-extras", "--no-header", "--no-annotate"]
        flags += ["--no-emit-index-url", "--no-emit-find-links", "--quiet"]
        flags += ["--upgrade"] if "--upgrade" in arguments else []
        command = [python, "-m", "uv", "pip", "compile", "pyproject.toml", backend, *flags, "-o", compiled]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        lines = pins(compiled.read_text(encoding="utf-8").splitlines(), project["project"]["name"])
    CONSTRAINTS.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    print(f"constraints.txt: {len(lines)} pins")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
