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


# Seconds that a quiet machine with 2 cores may take at most, wall and processor alike for the first.
LIMITS = {"misid run field-app": 2.0, "misid run field-app, 200,000 encounters": 8.0}
# What nobody can be faster than: the interpreter, the libraries the job cannot do without, and reading the scenario.
FLOOR = """
import numpy, scipy.special, pydantic, ruamel.yaml, jinja2
from misid.scenario.document import parse_document
from misid.scenario.load import template_text
parse_document(template_text("field").encode(), "field.yaml")
"""


def timed(command: list[str]) -> tuple[float, float]:
    """Return wall and processor seconds of one run, its workers with it."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run every job and print medians, spread, how many times the floor that is, and the largest memory of any run."""
    timed([sys.executable, "-c", FLOOR])  # compiles what was not yet
    floor = statistics.median(timed([sys.executable, "-c", FLOOR])[1] for _ in range(RUNS))
    print(f"{'imports and reading alone (processor)':<40} {floor:6.2f} s")
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in JOBS.items():
            command = [MISID, *(a.format(folder=folder) for a in arguments)]
            walls, cpus = zip(*(timed(command) for _ in range(RUNS)), strict=True)
            wall, cpu = statistics.median(walls), statistics.median(cpus)
            limit = f", at most {LIMITS[name]:.1f} s" if name in LIMITS else ""
            print(f"{name:<40} {wall:6.2f} s  ({min(walls):.2f} to {max(walls):.2f}, {RUNS} runs{limit})")
            print(f"{'':<40} {cpu:6.2f} s of processor, {cpu / floor:.1f} times imports and reading")
            rows[name] = {"median_s": wall, "lowest_s": min(walls), "highest_s": max(walls), "cpu_s": cpu}
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{'largest memory of any run':<40} {peak:6.0f} MB")
    print(json.dumps({"jobs": rows, "floor_s": floor, "peak_mb": peak}, sort_keys=True))


if __name__ == "__main__":
    main()
