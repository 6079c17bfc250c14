"""A card: how well one algorithm tells faces apart, and how far that is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from misid.algorithm.curves import Curve, MatedCurve
from misid.algorithm.envelope import Asked, Rows, rows_of
from misid.algorithm.estimates import (
    Condition,
    Range,
    any_candidate,
    at_fpir,
    at_least_one,
    checked_condition,
    estimate,
    factor_of,
    false_positive,
    finite,
    interval,
    nothing,
    open_share,
    union,
    without,
)
from misid.algorithm.groups import Cell, GroupFactor, KinRate, factors, kin_rates
from misid.algorithm.growth import FORMS, FPIR_TESTED, N_STEP, Form, GrowthPrior, exceedances
from misid.algorithm.measurement import Measurement
from misid.algorithm.rows import Row
from misid.errors import Fault, InvalidInput, OutOfRange
from misid.quantities import Conditions, Estimate
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.tested import Counted

__all__ = ["Card", "Condition", "GroupFactor", "KinRate", "MatedCurve"]

_AS_TESTED = "as_tested"


@dataclass(frozen=True, eq=False)
class Card:
    """How well one algorithm tells faces apart; the only thing that the twin knows about it.

    Parameters
    ----------
    name, developer : str
        As NIST prints them, with underscores.
    sources : tuple of str
        Keys of `misid.algorithm.catalog.sources`.
    rows : tuple of Row
        The published rows it was fitted on.
    priors : mapping of form to GrowthPrior
        What algorithms share, under both forms of growth.
    curves : mapping
        By image kind and lapse, then form.  Empty if the algorithm failed everywhere.
    failed : tuple
        Image kinds and lapses with a row that was not used because the algorithm failed there.
    cells : mapping or None
        FPIR of the eight tested probe groups, or of some of them, by name.
    measured : Measurement or None
        Of a card that was measured by its user; it has no rows, and its scale is of the people it was measured on.

    Notes
    -----
    Intervals hold model doubt: rounding of the printed values, the spread of curves that agree with them, and the
    error of growth seen over algorithms.  The sampling error of NIST's own searches is not in them, because the
    pages print no counts.  About 3 in 100 algorithms lose mates in the search itself at 12 million, which no row at
    1.6 million announces; the 90% interval does not cover that.
    """

    name: str
    developer: str
    sources: tuple[str, ...]
    rows: tuple[Row, ...]
    priors: Mapping[Form, GrowthPrior]
    curves: Mapping[Condition, Mapping[Form, Curve]]
    failed: tuple[Condition, ...] = ()
    cells: Mapping[str, float] | None = None
    measured: Measurement | None = None

    def fnir(
        self,
        n_enrolled: float | None = None,
        fpir: float | None = None,
        image_kind: str | None = None,
        lapse: str = Lapse.AS_TESTED,
        level: float = 0.95,
        duplicates: float | Literal["as_tested"] = "as_tested",
    ) -> Estimate:
        """Estimate the share of mated searches that miss, where the threshold is set to an FPIR.

        Parameters
        ----------
        n_enrolled : float
            People enrolled, one image each; at least 1.
        fpir : float
            FPIR that the threshold is set for in this gallery, in (0, 1).
        image_kind : str
            One of `misid.vocabulary.ImageKind`.
        lapse : str
            One of `misid.vocabulary.Lapse`.
        level : float
            Coverage of the interval.
        duplicates : float or "as_tested"
            Share of non-mated searches whose person is enrolled under another number.  As tested: NIST's own up to 12
            million, none beyond.

        Returns
        -------
        Estimate
            Probability.  Beyond the tested galleries, and with other duplicates than tested, the interval is the
            union of both forms of growth, and the value lies between their points.

        Raises
        ------
        IncompleteRate
            Without gallery size, FPIR or image kind.
        OutOfRange, UnknownName
            If a value is out of range or an image kind unknown.
        """
        condition = checked_condition(n_enrolled, fpir, image_kind, lapse, "threshold (or FPIR)")
        n, p = at_least_one("n_enrolled", n_enrolled or 0), open_share("fpir", fpir or 0.0)
        open_share("level", level)
        if duplicates != _AS_TESTED and not (isinstance(duplicates, (int, float)) and 0.0 <= duplicates <= 1.0):
            raise OutOfRange("duplicates", duplicates, 'a share from 0 to 1 or "as_tested"')
        conditions = Conditions(None, round(n), math.log10(n / exceedances(p)), condition[0])
        asked = Asked((Counted.MISSES,), n, p, *condition, rows=self.rows_in_use)
        curves = self.curves.get(condition)
        if curves is None:
            return self._without(asked, conditions, lambda kind: self.fnir(n, p, kind, lapse, level, duplicates))
        main = curves["duplicates"], self.priors["duplicates"]
        if n <= N_STEP and duplicates == _AS_TESTED:
            found, at = at_fpir(*main, n, p, duplicates, level)
        else:
            both = {form: at_fpir(curves[form], self.priors[form], n, p, duplicates, level) for form in FORMS}
            found, at = union({form: both[form][0] for form in FORMS}), both["duplicates"][1]
            if duplicates == _AS_TESTED:
                # Taking the tests' duplicates out at 12 million must not read as if a larger gallery missed less.
                (tested, _, _), _ = at_fpir(*main, N_STEP, p, duplicates, level)
                value = max(found[0], tested)
                found = value, found[1], max(found[2], value)
        return self._estimate(found, level, replace(conditions, threshold=at), asked)

    def fnir_at(
        self,
        threshold: float | None = None,
        image_kind: str | None = None,
        n_enrolled: float | None = None,
        lapse: str = Lapse.AS_TESTED,
        level: float = 0.95,
    ) -> Estimate:
        """Estimate the share of mated searches that miss at a threshold.

        Parameters
        ----------
        threshold : float
            Decades of non-mated exceedance, on the image kind's own scale.
        image_kind : str
            One of `misid.vocabulary.ImageKind`.
        n_enrolled : float
            People enrolled; the miss rate at a threshold does not depend on it, the distance from the tests does.
        lapse : str
            One of `misid.vocabulary.Lapse`.
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            Probability; always the union of both forms, which put the tests' thresholds at different decades.

        Raises
        ------
        IncompleteRate
            Without gallery size, threshold or image kind.
        OutOfRange, UnknownName
            If a value is out of range or an image kind unknown.
        """
        condition = checked_condition(n_enrolled, threshold, image_kind, lapse, "threshold")
        n, s = at_least_one("n_enrolled", n_enrolled or 0), finite("threshold", threshold or 0.0)
        open_share("level", level)
        conditions = Conditions(None, round(n), s, condition[0])
        rate = any_candidate(n * 10.0 ** min(-s, 300.0), math.inf)
        asked = Asked((Counted.MISSES,), n, rate, *condition, rows=self.rows_in_use)
        curves = self.curves.get(condition)
        if curves is None:
            return self._without(asked, conditions, lambda kind: self.fnir_at(s, kind, n, lapse, level))
        # The error grows with decades from the tests; a threshold is a gallery at FPIR 0.003 there.
        alike = 10.0 ** min(s, 300.0) * exceedances(FPIR_TESTED)
        found: dict[Form, Range] = {}
        for form, curve in curves.items():
            point, nodes = curve.fnmr(s)
            prior = self.priors[form]
            scale = curve.scale(alike, FPIR_TESTED, nodes, prior)
            found[form] = interval(point, nodes, curve.weight, scale, prior.nu, level)
        return self._estimate(union(found), level, conditions, asked)

    def rank1_miss(self, n_enrolled: float | None = None, level: float = 0.95) -> Estimate:
        """Estimate the share of mated mugshot searches whose mate is not the top candidate, with no threshold.

        Parameters
        ----------
        n_enrolled : float
            People enrolled, one image each; at least 1.
        level : float
            Coverage of the interval.

        Returns
        -------
        Estimate
            Probability; its threshold is 0 decades, which everything reaches.

        Raises
        ------
        IncompleteRate
            Without gallery size.
        OutOfRange
            If a value is out of range.
        """
        condition = checked_condition(n_enrolled, 0.0, ImageKind.MUGSHOT, Lapse.AS_TESTED, "")
        n = at_least_one("n_enrolled", n_enrolled or 0)
        open_share("level", level)
        conditions = Conditions(None, round(n), 0.0, condition[0])
        asked = Asked((Counted.NOT_FIRST,), n, None, *condition, rows=self.rows_in_use)
        curves = self.curves.get(condition)
        if curves is None or curves["duplicates"].point_rank == 0.0:
            reason = "no usable mugshot row, and NIST prints rank 1 for mugshots only"
            if self.measured is not None:
                reason = "a measured card holds misses at thresholds, not at ranks"
            return nothing(reason, conditions, asked, ("no_row",), self.measured)
        found: dict[Form, Range] = {}
        for form, curve in curves.items():
            prior = self.priors[form]
            point, nodes = curve.rank1(n, prior)
            scale = curve.scale(n, 0.0, nodes, prior)
            found[form] = interval(point, nodes, curve.weight, scale, prior.nu, level)
        whole = found["duplicates"] if n <= N_STEP else union(found)
        return self._estimate(whole, level, conditions, asked)

    def fpir(
        self,
        n_references: float | None = None,
        threshold: float | None = None,
        group: Cell | None = None,
        tail_shift: float = 0.0,
        k: float = math.inf,
        image_kind: str | None = ImageKind.MUGSHOT,
    ) -> Estimate:
        """Compute the share of non-mated searches that return at least one candidate at a threshold.

        Parameters
        ----------
        n_references : float
            References searched; at least 1.
        threshold : float
            Decades of non-mated exceedance of the base population, on the image kind's own scale.
        group : tuple of Origin and Sex, optional
            Probe group; the base population unless given.
        tail_shift : float
            Decades by which a non-mated score reaches the threshold more easily than on the tested images.
        k : float
            Shape of the spread of propensity between probes: small is a few probes with most false hits, infinite is
            none; positive.
        image_kind : str
            Whose scale the threshold is on.

        Returns
        -------
        Estimate
            Probability, ``1 - (1 + L/k)^-k`` with ``L = N 10^(shift - s) r``; the range holds the group's factor only.

        Raises
        ------
        IncompleteRate
            Without gallery size, threshold or image kind.
        OutOfRange, UnknownName
            If a value is out of range, or image kind or group unknown.
        """
        condition = checked_condition(n_references, threshold, image_kind, Lapse.AS_TESTED, "threshold")
        n, s = at_least_one("n_references", n_references or 0), finite("threshold", threshold or 0.0)
        finite("tail_shift", tail_shift)
        if not k > 0:
            raise OutOfRange("k", k, "positive")
        factor = None if group is None else factor_of(self.group_factors(), group)
        return false_positive(
            (n, s), condition, group, factor, float(tail_shift), float(k), self.rows_in_use, self.measured
        )

    def mated_curve(self, image_kind: str, lapse: str = Lapse.AS_TESTED, form: Form = "duplicates") -> MatedCurve:
        """Return the point of a mated curve: the one that reproduces the rows.

        Parameters
        ----------
        image_kind : str
            One of `misid.vocabulary.ImageKind`; a street photo has no test, name the kind that stands in.
        lapse : str
            One of `misid.vocabulary.Lapse`.
        form : {"duplicates", "no_duplicates"}
            Form of growth.

        Returns
        -------
        MatedCurve
            Floor, slope and location.

        Raises
        ------
        InvalidInput
            If there is no published row to stand on.
        OutOfRange, UnknownName
            If form, image kind or lapse is unknown.
        """
        if form not in FORMS:
            raise OutOfRange("form", form, "one of " + ", ".join(FORMS))
        condition = checked_condition(1, 0.0, image_kind, lapse, "")
        curves = self.curves.get(condition)
        if curves is None:
            fix = "name a tested image kind as stand-in" if self.curves else "take another card"
            raise InvalidInput([Fault("", 0, "image_kind", self._reason(condition[0]), fix)])
        return curves[form].point

    def group_factors(self) -> dict[Cell, GroupFactor]:
        """Return how much likelier a false candidate is for each probe group than for an equal mix of tested ones."""
        return factors(self.cells, self.developer)

    def kin(self) -> dict[str, KinRate]:
        """Return false match rates: ``identical_twin``, ``same_sex_fraternal``, ``different_sex_fraternal``."""
        return dict(kin_rates())

    def tested(self) -> dict[Condition, tuple[tuple[int, float, float], ...]]:
        """Return the tested envelope: gallery, FPIR (0 for rank 1) and printed miss rate of each row in use."""
        return {
            condition: tuple((row.n, row.fpir, row.value) for row in curves["duplicates"].anchors)
            for condition, curves in self.curves.items()
            if curves["duplicates"].anchors
        }

    @property
    def caveats(self) -> tuple[str, ...]:
        """Return the caveats of the card as a whole."""
        codes = (
            ("measured_card", self.measured is not None),
            ("rounded_source", self.measured is None),
            ("growth_prior", not any(row.n == N_STEP for row in self.rows)),
            ("failed_condition", bool(self.failed)),
            ("group_other_algorithms", self.cells is None),
            ("source_conflict", any(row.image_kind == ImageKind.TRAVELLER for row in self.rows)),
        )
        return tuple(code for code, holds in codes if holds)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types, readable by `from_json` and by other programs."""
        from misid.algorithm.card_json import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any], file: str = "") -> Card:
        """Read what `to_json` wrote; ``file`` is named in messages.

        Raises
        ------
        InvalidInput
            If it is no card, or of a newer major version.
        """
        from misid.algorithm.card_json import from_json

        return from_json(given, file)

    @classmethod
    def from_file(cls, path: Path) -> Card:
        """Read a card from a JSON file; `InvalidInput` if it cannot be read."""
        from misid.algorithm.card_json import from_file

        return from_file(path)

    @cached_property
    def rows_in_use(self) -> Rows:
        """The published tests that have rows of this algorithm in use, and their gallery sizes."""
        return () if self.measured is not None else rows_of(self.tested(), self.cells is not None)

    def _estimate(self, found: Range, level: float, conditions: Conditions, asked: Asked) -> Estimate:
        condition = ImageKind(asked.image_kind), Lapse(asked.lapse)
        curve = self.curves[condition]["duplicates"]
        return estimate(found, level, conditions, asked, curve, condition in self.failed, self.measured)

    def _without(self, asked: Asked, conditions: Conditions, ask: Callable[[ImageKind], Estimate]) -> Estimate:
        """Answer for a condition with no curve: bounds from the tested kinds for a street photo, else nothing."""
        parts = [ask(kind) for kind in ImageKind if kind is not ImageKind.STREET] if self.curves else []
        return without(self._reason(asked.image_kind), conditions, asked, parts, self.measured)

    def _reason(self, kind: str) -> str:
        if not self.curves:
            return f"{self.name} failed in every published test"
        return f"no published 1:N test uses {kind} photos"
