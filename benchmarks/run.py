"""Times the main job on this machine: medians of several runs, with memory.  `make bench` prints it."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 5
MISID = str(Path(sys.executable).parent / "misid")
JOBS = {
    "misid --help": ["--help"],
    "misid scenario check field-app": ["scenario", "check", "field-app"],
    "misid run field-app": ["run", "field-app", "--force", "--out", "{folder}/out"],
    "misid run police-live": ["run", "police-live", "--force", "--out", "{folder}/out"],
    "misid run field-app, 200,000 encounters": [
        *("run", "field-app", "--encounters", "200000", "--force", "--out", "{folder}/out")
    ],
}


def timed(arguments: list[str]) -> float:
    """Return wall seconds of one run."""
    start = time.perf_counter()
    subprocess.run([MISID, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Run every job and print medians, spread and the largest memory of any run."""
    # What nobody can be faster than: the interpreter and the libraries the job cannot do without.
    floor = "import numpy, scipy.special, pydantic, ruamel.yaml, jinja2"
    bare = [_interpreter(floor) for _ in range(RUNS)]
    print(f"{'imports alone (floor of the main job)':<40} {statistics.median(bare):6.2f} s")
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in JOBS.items():
            seconds = [timed([a.format(folder=folder) for a in arguments]) for _ in range(RUNS)]
            rows[name] = {"median_s": statistics.median(seconds), "lowest_s": min(seconds), "highest_s": max(seconds)}
            print(
                f"{name:<40} {rows[name]['median_s']:6.2f} s  ({min(seconds):.2f} to {max(seconds):.2f}, {RUNS} runs)"
            )
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'largest memory of any run':<40} {peak:6.0f} MB")
    print(json.dumps({"jobs": rows, "floor_s": statistics.median(bare), "peak_mb": peak}, sort_keys=True))


def _interpreter(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
