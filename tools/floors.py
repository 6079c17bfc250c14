"""Print constraints for `make floors`: every dependency at the lowest version that pyproject.toml allows.

The programs that test are no dependency of users: they stay at their pins in constraints.txt.  What a dependency needs
in turn is the installer's choice: the newest that fits.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
TESTERS = ("hypothesis", "jsonschema", "pytest", "pytest-xdist")


def floors(project: dict[str, object], pins: list[str]) -> list[str]:
    """Return sorted ``name==version`` lines: the floors of what users install, and the pins of what tests."""
    match project:
        case {
            "project": {"dependencies": [*needed], "optional-dependencies": {"fast": [*fast]}},
            "build-system": {"requires": [*build]},
        }:
            found = [f"{name}=={version}" for name, version in map(_floor, (*needed, *fast, *build))]
            return sorted(found + [pin for pin in pins if pin.partition("==")[0] in TESTERS])
    raise SystemExit("pyproject.toml lacks dependencies, the extra fast, or what it is built with")


def _floor(requirement: str) -> tuple[str, str]:
    found = re.match(r"([A-Za-z0-9._-]+)>=([0-9.]+)", requirement)
    if found is None:
        raise SystemExit(f"no lowest version: {requirement!r} must begin with NAME>=VERSION")
    return found[1].lower(), found[2]


def main() -> None:
    """Print the constraints, one a line."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    print("\n".join(floors(project, (ROOT / "constraints.txt").read_text("utf-8").splitlines())))


if __name__ == "__main__":
    main()
