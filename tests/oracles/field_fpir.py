"""The answers of a scenario by plain arithmetic, from its JSON and from published rows alone.

Written apart from `misid.expected`, of which nothing is imported: who is named, by whom, and what follows under a rule,
as a function of phi and s, per 10,000 people photographed.  Sums over cells are loops, thresholds are found
by bisection, and integrals are quadratures.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from scipy import integrate, optimize

Json = Mapping[str, Any]
PEOPLE = 10_000.0
CELLS = [
    f"{origin}_{sex}"
    for origin in ("east_europe", "east_asia", "south_asia", "west_africa")
    for sex in ("male", "female")
]


class Cell(NamedTuple):
    """Some of those stopped: their part, and who they are."""

    part: float
    origin: str
    sex: str
    age: str
    status: str


@cache
def published_rows(algorithm: str) -> list[dict[str, str]]:
    """Return what NIST printed of one algorithm."""
    text = resources.files("misid.algorithm.catalog").joinpath("nist.csv").read_text(encoding="utf-8")
    return [row for row in csv.DictReader(text.splitlines()) if row["algorithm"] == algorithm]


@cache
def row_factor(algorithm: str, origin: str, sex: str) -> float:
    """How much likelier a false candidate is than for an equal mix of the eight cells that NIST prints.

    A group without a test has the geometric mean of the four cells of its sex.
    """
    printed = {row["group"]: float(row["value"]) for row in published_rows(algorithm) if row["table"] == "groups"}
    rate = {cell: -math.log(1.0 - printed[cell]) for cell in CELLS}
    base = sum(rate.values()) / 8.0
    if f"{origin}_{sex}" in rate:
        return rate[f"{origin}_{sex}"] / base
    same = [math.log(rate[cell] / base) for cell in CELLS if cell.endswith(f"_{sex}")]
    return math.exp(sum(same) / 4.0)


def mean(share: Json) -> float:
    """Return the value of a quantity."""
    return float(share["value"])


class Arithmetic:
    """A scenario of a plain search whose propensities are all alike, at one algorithm and image kind.

    ``curve`` has floor, slope and location of the mated curve, as a card's JSON gives them.
    """

    def __init__(self, scenario: Json, algorithm: str, curve: Json) -> None:
        self.it, self.algorithm, self.curve = scenario, algorithm, curve
        gallery = scenario["gallery"]
        images, each, alike = (
            mean(gallery[name]) for name in ("n_references", "images_per_person", "image_correlation")
        )
        self.comparisons = images / each * (1.0 + (each - 1.0) * (1.0 - alike))
        self.usable = 1.0 - mean(scenario["capture"]["failure_to_acquire"])

    # who is stopped

    def cells(self, stop: str) -> Iterator[Cell]:
        for block in self.it["stops"][stop]["blocks"]:
            for origin, a in block["origin"].items():
                for sex, b in block["sex"].items():
                    for age, c in block["age"].items():
                        for status, d in block["status"].items():
                            whole = math.prod(
                                sum(mean(x) for x in block[name].values())
                                for name in ("origin", "sex", "age", "status")
                            )
                            part = mean(block["share"]) * mean(a) * mean(b) * mean(c) * mean(d) / whole
                            yield Cell(part, origin, sex, age, status)

    def enrolled(self, status: str, age: str) -> float:
        return mean(self.it["statuses"][status]["enrolled"][age])

    def average_enrolled(self, stop: str) -> float:
        return sum(cell.part * self.enrolled(cell.status, cell.age) for cell in self.cells(stop))

    # the threshold

    def fpir(self, decades: float, origin: str, sex: str) -> float:
        """Share of searches of strangers with at least one of so many comparisons at or above the threshold."""
        pair = row_factor(self.algorithm, origin, sex) * 10.0**-decades
        return -math.expm1(self.comparisons * math.log1p(-pair))  # 1 - (1 - pair)^N

    def phi(self, decades: float, stop: str) -> float:
        """Return the field FPIR of the strangers of a stop policy at a threshold."""
        named = strangers = 0.0
        for cell in self.cells(stop):
            apart = cell.part * (1.0 - self.enrolled(cell.status, cell.age))
            strangers += apart
            named += apart * self.fpir(decades, cell.origin, cell.sex)
        return named / strangers

    def decades_of_phi(self, phi: float, stop: str) -> float:
        """Return the threshold at which the strangers of a stop policy have phi."""
        return float(optimize.brentq(lambda t: self.phi(t, stop) - phi, 5.0, 20.0, xtol=1e-13))

    def decades_of_point(self, name: str) -> float:
        """Return the threshold of an operating point of the scenario."""
        point = self.it["threshold"]["points"][name]
        if point["field_fpir"]:
            return self.decades_of_phi(mean(point["field_fpir"]), point["mix"])
        if point["vendor"]:
            counts = point["vendor"]["counts"]
            rate = sum(row["false_alerts"] for row in counts) / sum(r["faces"] * mean(r["list_size"]) for r in counts)
            if point["mix"]:
                return self.decades_of_phi(1.0 - math.exp(-rate * self.comparisons), point["mix"])
            return -math.log10(rate)
        test = point["test"]
        searched = mean(test["n_references"]) if test["gallery"] == "kept" else self.comparisons
        in_test = math.log10(searched * mean(test["population_factor"]) / -math.log(1.0 - mean(test["fpir"])))
        return in_test - mean(self.it["capture"]["tail_shift_decades"])

    def missed(self, decades: float) -> float:
        """Return the share of mated scores below a threshold, by the card's curve."""
        z = self.curve["slope"] * (decades - self.curve["location"])
        return float(self.curve["floor"] + (1.0 - self.curve["floor"]) * 0.5 * math.erfc(-z / math.sqrt(2.0)))

    def outranked(self, decades: float, origin: str, sex: str) -> float:
        """Return the share of mated scores at or above a threshold with a stranger above them.

        A stranger is above a mate at s with 1 - exp(-N r 10^-s); ten decades up there is none.
        """
        b, mu = self.curve["slope"], self.curve["location"]

        def density(s: float) -> float:
            mates = b * math.exp(-0.5 * (b * (s - mu)) ** 2) / math.sqrt(2.0 * math.pi)
            return (1.0 - self.curve["floor"]) * mates * self.fpir(s, origin, sex)

        return float(integrate.quad(density, decades, decades + 14.0, limit=200, epsrel=1e-9, epsabs=0.0)[0])

    # relatives

    def relatives(self, status: str, age: str, stop: str) -> tuple[float, float]:
        """P(a relative is enrolled and matches) of people who are enrolled, and of people who are not."""
        kin = {name: mean(x) for name, x in self.it["kin"].items()}
        identical = kin["identical_twin_share"] * kin["identical_twin_match"]
        fraternal = kin["fraternal_twin_share"] * kin["fraternal_twin_match"]
        sibling = 1.0 - math.exp(-kin["siblings"] * kin["sibling_match"])
        others = 1.0 - (1.0 - fraternal) * (1.0 - sibling)
        together, share = kin["enrolled_together"], self.enrolled(status, age)
        if share == 0.0:
            share = self.average_enrolled(stop)

        def some(enrolled: float) -> float:
            return 1.0 - (1.0 - identical * enrolled) * (1.0 - others * enrolled)

        with_own = together * some(1.0) + (1.0 - together) * some(share)
        if self.enrolled(status, age) == 0.0:
            return with_own, together * share * some(1.0) + (1.0 - together) * some(share)
        return with_own, (1.0 - together) * some(share)

    # records

    def adverse_stranger(self, origin: str) -> float:
        """P(a wrongly named stranger's record calls for an action): mostly of the probe's own origin."""
        gallery = self.it["gallery"]
        likelier = {name: mean(gallery["homogeneity"]) if name == origin else 1.0 for name in gallery["mix"]}
        weight = {name: mean(x["share"]) * likelier[name] for name, x in gallery["mix"].items()}
        return sum(weight[name] * mean(gallery["mix"][name]["adverse"]) for name in weight) / sum(weight.values())

    def record_error(self, status: str, age: str, s: float | None) -> float:
        """Return s where it is given and the action does not fit the person; the scenario's own otherwise."""
        who = self.it["statuses"][status]
        return mean(who["record_error"][age]) if s is None or who["action_supported"] else s

    # what happens to people

    def numbers(self, rule: str) -> dict[str, float]:
        """Return the numbers of a rule, or of rules joined by +, each of which a hit must pass."""
        parts = [self.it["rules"][name] for name in rule.split("+")]
        passes = ("wrong_person_passes", "wrong_record_passes", "right_hit_passes")
        found = {name: math.prod(mean(part[name]) for part in parts) for name in passes}
        return found | {n: max(mean(part[n]) for part in parts) for n in ("document_believed", "no_hit_action")}

    def counts(
        self, decades: float, stop: str, s: float | None = None, rule: str = "definitive"
    ) -> dict[str, dict[str, float]]:
        """Return people by outcome and status, per 10,000 photographed, under a rule that photographs everybody."""
        of = self.numbers(rule)
        passes, believed = of["wrong_person_passes"], of["document_believed"]
        after = {name: mean(x) for name, x in self.it["after_no_hit"].items() if name != "title"}
        out: dict[str, dict[str, float]] = {}
        outranks = mean(self.it["kin"]["relative_outranks"])
        for cell in self.cells(stop):
            who = self.it["statuses"][cell.status]
            e = self.enrolled(cell.status, cell.age)
            miss = self.missed(decades)
            above = self.outranked(decades, cell.origin, cell.sex)
            chance = self.fpir(decades, cell.origin, cell.sex)
            with_own, alone = self.relatives(cell.status, cell.age, stop)
            own = self.usable * (1.0 - miss - above)
            right = e * own * (1.0 - with_own * outranks)
            relative = e * with_own * (self.usable - (1.0 - outranks) * own) + (1.0 - e) * alone * self.usable
            stranger = self.usable * (
                e * (1.0 - with_own) * (above + miss * chance) + (1.0 - e) * (1.0 - alone) * chance
            )
            error, adverse = self.record_error(cell.status, cell.age, s), self.adverse_stranger(cell.origin)
            calls = 1.0 - error if who["action_supported"] else error
            by_other = stranger * adverse + relative * calls
            searched = (1.0 - right - relative - stranger) * after["fingerprinted"]
            on_file = searched * mean(who["fingerprints"]) * after["match"]
            mixed_up = (searched - on_file) * after["false_match"]
            harmed = not who["action_supported"]
            shows = self.shows(cell.status, stop)
            left = (1.0 - shows * believed) * harmed
            vain = shows * (1.0 - believed) * harmed
            chased = (1.0 - right - relative - stranger - on_file - mixed_up) * of["no_hit_action"]
            own_hit = right * calls * of["wrong_record_passes"]
            found = {
                "people": 1.0,
                "right": right,
                "wrong": stranger + relative,
                "wrong_stranger": stranger,
                "wrong_relative": relative,
                "wrong_person": by_other * passes * left,
                "wrong_record": own_hit * left,
                "not_verified": chased * left,
                "supported": right * calls * of["right_hit_passes"] * (not harmed),
                "supported_by_chance": (by_other * passes + chased) * (not harmed),
                "disbelieved_document": (by_other * passes + own_hit + chased) * vain,
                "fingerprinted": searched,
                "fingerprint_wrong_record": on_file * calls * of["wrong_record_passes"] * left,
                "fingerprint_wrong_person": mixed_up * adverse * left,
                "fingerprint_supported": on_file * calls * (not harmed),
                "fingerprint_by_chance": mixed_up * adverse * (not harmed),
            }
            for outcome, x in found.items():
                by_status = out.setdefault(outcome, {})
                by_status[cell.status] = by_status.get(cell.status, 0.0) + PEOPLE * cell.part * x
        return out

    def shows(self, status: str, stop: str) -> float:
        """P(shows a genuine document), lower where people are photographed because they show none."""
        shown = mean(self.it["statuses"][status]["shows_document"])
        return shown * (1.0 - mean(self.it["stops"][stop]["for_no_document"]))

    def break_even(self, stop: str, *statuses: str) -> float:
        """Return the phi at which somebody else's record and the own wrong record weigh the same."""
        names = statuses or tuple(name for name, who in self.it["statuses"].items() if not who["action_supported"])

        def excess(log_phi: float) -> float:
            found = self.counts(self.decades_of_phi(10.0**log_phi, stop), stop)
            return sum(found["wrong_person"][name] - found["wrong_record"][name] for name in names)

        return float(10.0 ** optimize.brentq(excess, -4.0, math.log10(0.99), xtol=1e-9))
