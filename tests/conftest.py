"""A twin small enough to reckon by hand: one card with known numbers, one stop, two statuses."""

from dataclasses import dataclass
from typing import Any

import pytest

from misid.algorithm import GroupFactor, MatedCurve
from misid.expected import GROUPS, ModelChoice, Points, points_at, quantities_of
from misid.quantities import Interval
from misid.scenario import from_mapping, resolve
from misid.vocabulary import ImageKind


@dataclass(frozen=True)
class KnownCard:
    """Stands where a Card stands; its numbers are chosen, not fitted."""

    name: str = "known"
    floor: float = 0.01
    slope: float = 0.25
    location: float = 16.0
    factor: float = 1.0
    measured: None = None
    developer: str = "known"
    rows_in_use: tuple[()] = ()

    def mated_curve(self, image_kind: str, lapse: str, form: str) -> MatedCurve:
        return MatedCurve(self.floor, self.slope, self.location)

    def group_factors(self) -> dict[Any, GroupFactor]:
        return {g: GroupFactor(Interval(self.factor, self.factor, self.factor, None, ""), True) for g in GROUPS}


def status(enrolled: float, error: float, supported: bool, shows: float = 0.0) -> dict[str, Any]:
    shares = {"adult": enrolled}
    return {
        "title": "people",
        "action_supported": supported,
        "citizen": not supported,
        "enrolled": shares,
        "enrolled_without_passports": shares,
        "record_error": {"adult": error},
        "shows_document": shows,
    }


def small(**changes: Any) -> dict[str, Any]:
    """Return a small scenario as plain data: half harmed-if-acted-on, half not; nothing uncertain."""
    data: dict[str, Any] = {
        "schema": "misid/scenario/2",
        "template": "field",
        "name": "small",
        "title": "small",
        "gallery": {
            "title": "a gallery",
            "n_references": 1_000_000,
            "images_per_person": 1,
            "image_correlation": 0,
            "passport_photos_searched": 1,
            "homogeneity": 1,
            "mix": {"east_europe": {"share": 1, "adverse": 0.2}},
        },
        "threshold": {
            "test": {"fpir": 0.01, "n_references": 1_000_000, "image_kind": "mugshot", "gallery": "kept"},
        },
        "capture": {"failure_to_acquire": 0, "tail_shift_decades": 0, "heterogeneity_k": 1e9},
        "kin": dict.fromkeys(
            ("identical_twin_share", "identical_twin_match", "fraternal_twin_share", "siblings", "enrolled_together"), 0
        ),
        "after_no_hit": {"fingerprinted": 0},
        "statuses": {"may_stay": status(0.4, 0.05, False, 0.3), "must_go": status(0.8, 0.1, True)},
        "stops": {
            "all": {
                "title": "all",
                "blocks": [
                    {
                        "share": 1,
                        "origin": {"east_europe": 1},
                        "sex": {"male": 1},
                        "age": {"adult": 1},
                        "status": {"may_stay": 0.75, "must_go": 0.25},
                    }
                ],
            }
        },
        "headline_stop": "all",
        "use": {"people": 10000},
    }
    for path, value in changes.items():
        node = data
        *heads, leaf = path.split("__")
        for head in heads:
            node = node.setdefault(head, {})
        # Of relatives only what is said differs.
        node[leaf] = {**node[leaf], **value} if path == "kin" else value
    return data


@pytest.fixture(scope="session")
def field_app():
    """Return the result of the reported scenario; reckoned once a session."""
    import misid

    return misid.run("field-app")


@pytest.fixture
def small_scenario():
    """Return `small`: changes to the small scenario → plain data."""
    return small


@pytest.fixture
def twin():
    """Return a function: changes to the small scenario → (scenario, points, choice)."""

    def build(card: KnownCard | None = None, overrides: Any = None, **changes: Any) -> tuple[Any, Points, ModelChoice]:
        scenario = resolve(from_mapping(small(**changes)))
        k = scenario.capture.heterogeneity_k.value
        choice = ModelChoice(card or KnownCard(), ImageKind.MUGSHOT, "duplicates", k)  # type: ignore[arg-type]
        return scenario, points_at(scenario, quantities_of(scenario, choice), [choice], overrides), choice

    return build
