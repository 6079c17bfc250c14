"""Times the closed form at one threshold and over a curve, beside the arithmetic alone.  `make bench` prints it.

Nothing that answers can be faster than its arithmetic: one mated curve and one power for every node of the integral
over the best stranger, for every point and probe group, in one sweep over one array.  What is between is the overhead
of some two hundred calls on small arrays.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from misid.expected import People, ScenarioModel, model_of, people, phi_grid, strata
from misid.scenario import load_scenario

RUNS = 30
NODES = 24
ERRORS = np.array([0.001, 0.003, 0.01, 0.03, 0.1])


def timed(job: Callable[[], object]) -> list[float]:
    """Return milliseconds of several runs, after one that fills the caches."""
    job()
    found = []
    for _ in range(RUNS):
        start = time.perf_counter()
        job()
        found.append((time.perf_counter() - start) * 1e3)
    return found


def arithmetic(size: int) -> Callable[[], object]:
    """Return the same count of mated curves and powers as a job of so many points and groups needs."""
    x = np.linspace(-3.0, 3.0, size * NODES)
    return lambda: ndtr(x) + np.expm1(x)


def at_point(model: ScenarioModel) -> Callable[[], People]:
    """Return the job: people by outcome and status at the first operating point."""
    return lambda: people(model.at(model.points[0]), model.mix)


def at_phi(model: ScenarioModel, phi: npt.ArrayLike, errors: npt.ArrayLike | None = None) -> Callable[[], People]:
    """Return the job: people by outcome and status at some values of phi and of record error."""
    return lambda: people(model.at_phi(phi, errors), model.mix)


def main() -> None:
    """Print medians, spread, and the limit, for a search without and with a list."""
    rows = {}
    for name in ("field-app", "police-live", "booking-photos"):
        model = model_of(load_scenario(name))
        groups = len({(cell.origin, cell.sex) for cell in strata(model.scenario, model.mix)})
        curve = (phi_grid(60)[:, None], ERRORS[None, :])
        jobs = {
            "an answer at one point": (at_point(model), 1),
            "an answer at one phi": (at_phi(model, 0.01), 1),
            "60 phi by 5 record errors": (at_phi(model, *curve), 300),
        }
        for what, (job, points) in jobs.items():
            took, limit = timed(job), statistics.median(timed(arithmetic(points * groups)))
            rows[f"{name}: {what}"] = {"median_ms": statistics.median(took), "lowest_ms": min(took), "limit_ms": limit}
            print(
                f"{name + ': ' + what:<46} {statistics.median(took):7.2f} ms  "
                f"({min(took):.2f} to {max(took):.2f}, {RUNS} runs; arithmetic alone {limit:.3f} ms)"
            )
    print(json.dumps({"expected": rows}, sort_keys=True))


if __name__ == "__main__":
    main()
