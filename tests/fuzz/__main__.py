"""``python -m tests.fuzz``: mutants of every form of input, as many as are asked for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.runner import FAULTS, Plan, run, run_one, table


def main() -> int:
    """Run mutants and print the table; 1 where one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--count", type=int, default=10_000, help="mutants, numbered from 0")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same mutants")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path("build/fuzz"), help="what is done, and what failed")
    parser.add_argument("--installed", action="store_true", help="start the program for each")
    parser.add_argument("--one", type=int, help="run this mutant again, and keep its files if it fails")
    given = parser.parse_args()
    kind = "program" if given.installed else "forked"
    plan = Plan((given.folder / f"{kind}-{given.seed}").absolute(), given.seed, given.installed)
    if given.one is not None:
        found = [run_one(plan, given.one, plan.folder / "one")]
        print((plan.folder / "one" / "said.txt").read_text("utf-8", "replace"))
    else:
        found = run(plan, given.count, given.workers)
    print(table(found))
    failed = any(one["outcome"] in FAULTS for one in found)
    print(f"files of those that failed: {plan.folder / 'failed'}" if failed else "none failed")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
