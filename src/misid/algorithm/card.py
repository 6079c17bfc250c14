"""A card: how accurate one algorithm is, and how far that is known.

As JSON it is ``misid/card/2``; a measured card says what on, in ``misid/card/2.1``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from misid.algorithm.card_form import faults_of
from misid.algorithm.curves import Condition, Curve, MatedCurve, fnir_at_fpir, over_forms
from misid.algorithm.groups import Cell, GroupFactor, cell_name, kin_rates, row_factors
from misid.algorithm.growth import FORMS, FPIR_TESTED, N_ANCHOR, N_STEP, Form, GrowthPrior, exceedances
from misid.algorithm.image_types import TESTED_TYPES
from misid.algorithm.rows import Row
from misid.algorithm.tested import Measurement, NearnessQuery, RowsInTests, from_measurement, nearest, rows_in_tests
from misid.errors import Fault, IncompleteRate, InvalidInput, OutOfRange, UnknownName
from misid.quantities import Conditions, Distance, Doubt, Estimate, Interval
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.brief import brief
from misid.vocabulary.tested import Counted

SCHEMA = "misid/card/2"
MEASURED_SCHEMA = "misid/card/2.1"
_AS_TESTED = "as_tested"
_LARGEST = 20_000_000
_INFORMATIVE = 0.002
"""Below this FNIR at 1.6 million, the printed rows leave the growth to the prior (docs/validation.md)."""


@dataclass(frozen=True, eq=False)
class Card:
    """How accurate one algorithm is; all that a run uses of it.

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

    __repr__ = brief

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
        condition = _checked_condition(n_enrolled, fpir, image_kind, lapse, "threshold (or FPIR)")
        n, p = _checked_size("n_enrolled", n_enrolled or 0), _checked_share("fpir", fpir or 0.0)
        _checked_share("level", level)
        if duplicates != _AS_TESTED and not (isinstance(duplicates, (int, float)) and 0.0 <= duplicates <= 1.0):
            raise OutOfRange("duplicates", duplicates, 'a share from 0 to 1 or "as_tested"')
        conditions = Conditions(None, round(n), math.log10(n / exceedances(p)), condition[0])
        query = NearnessQuery((Counted.MISSES,), n, p, *condition, rows=self.rows_in_use)
        curves = self.curves.get(condition)
        if curves is None:
            return self._without(query, conditions, lambda other: self.fnir(n, p, other, lapse, level, duplicates))
        main = curves["duplicates"], self.priors["duplicates"]
        if n <= N_STEP and duplicates == _AS_TESTED:
            found, at = fnir_at_fpir(*main, n, p, duplicates, level)
        else:
            both = {form: fnir_at_fpir(curves[form], self.priors[form], n, p, duplicates, level) for form in FORMS}
            found, at = over_forms({form: both[form][0] for form in FORMS}), both["duplicates"][1]
            if duplicates == _AS_TESTED:
                # Taking the tests' duplicates out at 12 million must not read as if a larger gallery missed less.
                tested, _ = fnir_at_fpir(*main, N_STEP, p, duplicates, level)
                found = found._replace(value=max(found.value, tested.value)).around()
        return self._estimate(found, replace(conditions, threshold=at), query)

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
        condition = _checked_condition(n_enrolled, threshold, image_kind, lapse, "threshold")
        n, s = _checked_size("n_enrolled", n_enrolled or 0), _checked_decades("threshold", threshold or 0.0)
        _checked_share("level", level)
        conditions = Conditions(None, round(n), s, condition[0])
        rate = _any_candidate(n * 10.0 ** min(-s, 300.0), math.inf)
        query = NearnessQuery((Counted.MISSES,), n, rate, *condition, rows=self.rows_in_use)
        curves = self.curves.get(condition)
        if curves is None:
            return self._without(query, conditions, lambda other: self.fnir_at(s, other, n, lapse, level))
        # The error grows with decades from the tests; a threshold is a gallery at FPIR 0.003 there.
        alike = 10.0 ** min(s, 300.0) * exceedances(FPIR_TESTED)
        found = {
            form: curve.interval(curve.fnmr(s), alike, FPIR_TESTED, self.priors[form], level)
            for form, curve in curves.items()
        }
        return self._estimate(over_forms(found), conditions, query)

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
        condition = _checked_condition(n_enrolled, 0.0, ImageKind.MUGSHOT, Lapse.AS_TESTED, "")
        n = _checked_size("n_enrolled", n_enrolled or 0)
        _checked_share("level", level)
        conditions = Conditions(None, round(n), 0.0, condition[0])
        query = NearnessQuery((Counted.NOT_FIRST,), n, None, *condition, rows=self.rows_in_use)
        curves = self.curves.get(condition)
        if curves is None or curves["duplicates"].point_rank == 0.0:
            reason = "no usable mugshot row, and NIST prints rank 1 for mugshots only"
            if self.measured is not None:
                reason = "a measured card holds misses at thresholds, not at ranks"
            return self._missing(reason, conditions, query, ("no_row",))
        found = {
            form: curve.interval(curve.rank1(n, self.priors[form]), n, 0.0, self.priors[form], level)
            for form, curve in curves.items()
        }
        whole = found["duplicates"] if n <= N_STEP else over_forms(found)
        return self._estimate(whole, conditions, query)

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
        condition = _checked_condition(n_references, threshold, image_kind, Lapse.AS_TESTED, "threshold")
        n, s = _checked_size("n_references", n_references or 0), _checked_decades("threshold", threshold or 0.0)
        _checked_decades("tail_shift", tail_shift)
        if not k > 0:
            raise OutOfRange("k", k, "positive")
        who, factor = ("all", None) if group is None else (_words(group), _factor_of(self.group_factors(), group))
        street = condition[0] is ImageKind.STREET
        codes = (
            ("independence", math.isinf(k)),
            ("heterogeneity_unknown", not math.isinf(k)),
            ("tail_shift_assumed", street or tail_shift != 0.0),
            ("image_kind_untested", street),
            ("beyond_tested_n", n > N_STEP),
            ("group_anchor_assumed", factor is not None),
            ("group_rows_not_pairs", factor is not None),
            ("measured_card", self.measured is not None),
        )
        mean = n * 10.0 ** min(float(tail_shift) - s, 300.0)
        rates = (1.0, 1.0, 1.0) if factor is None else (factor.ratio.value, *factor.ratio.ends)
        value, low, high = (_any_candidate(mean * rate, float(k)) for rate in rates)
        base = _any_candidate(mean, math.inf)
        cell = "" if group is None else cell_name(group)
        query = NearnessQuery((Counted.FALSE_POSITIVES,), n, base, *condition, group=cell, rows=self.rows_in_use)
        return Estimate.of(
            Interval(value, low, high, None, "false candidates above a threshold on the exceedance scale"),
            kind=Doubt.MODEL,
            conditions=Conditions(round(n), None, s, condition[0], who).require_rate(),
            distance=self._distance(query),
            caveats=(*(code for code, holds in codes if holds), *(() if factor is None else factor.caveats)),
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
        condition = _checked_condition(1, 0.0, image_kind, lapse, "")
        curves = self.curves.get(condition)
        if curves is None:
            fix = "name a tested image kind as stand-in" if self.curves else "take another card"
            raise InvalidInput([Fault("", 0, "image_kind", self._reason(condition[0]), fix)])
        return curves[form].point

    def group_factors(self) -> dict[Cell, GroupFactor]:
        """Return how much likelier a false candidate is for each probe group than for an equal mix of tested ones."""
        return row_factors(self.cells, self.developer)

    def kin(self) -> dict[str, Estimate]:
        """Return false match rates: ``identical_twin``, ``same_sex_fraternal``, ``different_sex_fraternal``."""
        distance = nearest(NearnessQuery((Counted.TWINS,), 1, 1e-4, ""))[1]
        return {
            relation: Estimate.of(
                rate,
                kind=Doubt.MODEL,
                words="middle of three tested algorithms, and their lowest and highest",
                conditions=Conditions(),
                distance=distance,
                caveats=("kin_at_other_threshold",),
            )
            for relation, rate in kin_rates().items()
        }

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
        whole = {
            "schema": SCHEMA,
            "name": self.name,
            "developer": self.developer,
            "sources": list(self.sources),
            "rows": [row.to_json() for row in self.rows],
            "priors": {form: self.priors[form].to_json() for form in FORMS},
            "curves": {
                f"{image_type}|{lapse}": {form: curves[form].to_json() for form in FORMS}
                for (image_type, lapse), curves in self.curves.items()
            },
            "distance": {
                f"{image_type}|{lapse}": self._distance(
                    NearnessQuery((Counted.MISSES,), None, None, image_type, lapse, rows=self.rows_in_use),
                    curves["duplicates"],
                ).to_json()
                for (image_type, lapse), curves in self.curves.items()
            },
            "failed": [f"{image_type}|{lapse}" for image_type, lapse in self.failed],
            "cells": None if self.cells is None else dict(self.cells),
            "caveats": list(self.caveats),
        }
        if self.measured is not None:
            whole |= {"schema": MEASURED_SCHEMA, "measured": self.measured.to_json()}
        return {key: _sorted(whole[key]) for key in sorted(whole)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any], file: str = "") -> Card:
        """Read what `to_json` wrote; ``file`` is named in messages.

        Raises
        ------
        InvalidInput
            If it is no card, or of another major version; names all faults.
        """
        schema = str(given.get("schema", "")) if isinstance(given, Mapping) else ""
        found = re.fullmatch(r"misid/card/(\d+)(\.\d+)?", schema)
        if found is None:
            what = f"is {schema!r}" if schema else "is missing"
            raise InvalidInput([Fault(file, 0, "schema", what, f"give a card that misid wrote ({SCHEMA!r})")])
        if int(found[1]) > 2:
            raise InvalidInput([Fault(file, 0, "schema", f"is {schema!r}, newer than {SCHEMA!r}", "update misid")])
        if int(found[1]) < 2:
            # Its prior has another shape: figures beyond its rows cannot be had from it.
            fix = "make it again, with fit_published or misid evaluate --card"
            raise InvalidInput([Fault(file, 0, "schema", f"is {schema!r}, older than {SCHEMA!r}", fix)])
        if faults := faults_of(given, file):
            raise InvalidInput(faults, "`misid card show NAME --json` prints a card that is complete.")
        return cls(
            name=given["name"],
            developer=given["developer"],
            sources=tuple(given["sources"]),
            rows=tuple(Row(**row) for row in given["rows"]),
            priors={form: GrowthPrior.from_json(given["priors"][form]) for form in FORMS},
            curves={
                _condition(key): {form: Curve.from_json(curves[form]) for form in FORMS}
                for key, curves in given["curves"].items()
            },
            failed=tuple(_condition(key) for key in given["failed"]),
            cells=given["cells"],
            measured=Measurement.from_json(given["measured"]) if given.get("measured") else None,
        )

    @classmethod
    def from_bytes(cls, raw: bytes, file: str = "") -> Card:
        """Read a card from the bytes of a file; `InvalidInput` if they are none."""
        try:
            given = json.loads(raw.decode("utf-8"), object_pairs_hook=_once_each)
        except (ValueError, RecursionError) as error:
            what, line = f"cannot be read as JSON: {error}", getattr(error, "lineno", 0)
            raise InvalidInput([Fault(file, line, "", what, "give a card that misid wrote")]) from None
        return cls.from_json(given, file)

    @classmethod
    def from_file(cls, path: Path) -> Card:
        """Read a card from a JSON file; `InvalidInput` if it cannot be read."""
        return cls.from_bytes(card_bytes(path, str(path)), str(path))

    @cached_property
    def rows_in_use(self) -> RowsInTests:
        """The published tests that have rows of this algorithm in use, and their gallery sizes."""
        return () if self.measured is not None else rows_in_tests(self.tested(), self.cells is not None)

    def _estimate(self, found: Interval, conditions: Conditions, query: NearnessQuery) -> Estimate:
        """Publish what the curves of a condition give."""
        condition = ImageKind(query.image_kind), Lapse(query.lapse)
        curve = self.curves[condition]["duplicates"]
        rows = "through the published rows" if self.measured is None else "of measured scores"
        return Estimate.of(
            found,
            # Rounding, growth and the curves of other algorithms are what the interval holds: none is a count.
            kind=Doubt.MODEL,
            words=f"mated curve {rows}, growth from the prior over algorithms",
            conditions=conditions.require_rate(),
            distance=self._distance(query, curve),
            caveats=self._curve_caveats(condition, curve, conditions.n_enrolled or 1),
        )

    def _curve_caveats(self, condition: Condition, curve: Curve, n: float) -> tuple[str, ...]:
        """Return the caveats of a figure from a curve, with so many people enrolled."""
        beyond, published = n > N_STEP, bool(curve.anchors) and self.measured is None
        failed = condition in self.failed
        codes = (
            ("beyond_tested_n", beyond),
            ("one_growth_step", beyond),
            ("failed_condition", failed and not curve.anchors),
            ("no_row", not curve.anchors and not failed),
            ("rounded_source", published),
            ("measured_card", self.measured is not None),
            ("growth_prior", n > max((row.n for row in curve.anchors), default=0)),
            ("growth_not_in_rows", _growth_is_prior(curve, n)),
            ("search_may_break", published and n > N_ANCHOR and curve.largest_n < N_STEP),
            ("source_conflict", condition[0] is ImageKind.TRAVELLER),
            ("one_image_enrolled", True),
        )
        return tuple(code for code, holds in codes if holds)

    def _missing(self, reason: str, conditions: Conditions, query: NearnessQuery, caveats: tuple[str, ...]) -> Estimate:
        """Publish that a figure cannot be had."""
        return Estimate.missing(
            reason,
            kind=Doubt.MODEL,
            words="none",
            conditions=conditions.require_rate(),
            distance=self._distance(query),
            caveats=caveats,
        )

    def _without(
        self, query: NearnessQuery, conditions: Conditions, estimate: Callable[[ImageKind], Estimate]
    ) -> Estimate:
        """Publish a figure of a condition with no curve: between those of the tested image types, if there are any."""
        reason = self._reason(query.image_kind)
        if not self.curves:
            return self._missing(reason, conditions, query, ("failed_condition",))
        parts = [estimate(image_type) for image_type in TESTED_TYPES]
        codes = dict.fromkeys(("image_kind_untested", *(code for part in parts for code in part.caveats)))
        return replace(
            self._missing(reason, conditions, query, tuple(codes)),
            low=min(part.low or 0.0 for part in parts),
            high=max(part.high or 1.0 for part in parts),
            method="range over the tested image kinds",
        )

    def _distance(self, query: NearnessQuery, curve: Curve | None = None) -> Distance:
        """Return how far a figure lies from the nearest published test, or from what its user measured."""
        if self.measured is None:
            return nearest(query)[1]
        n = max(self.measured.n_references, 1) if curve is None else curve.largest_n
        own = f"{self.measured.words}, N = {n:,}"
        if curve is not None and not curve.anchors:
            own += f"; {query.image_kind}, {query.lapse} by what it does to algorithms that NIST tested"
        return from_measurement(query, self.measured, own, n)

    def _reason(self, image_type: str) -> str:
        if not self.curves:
            return f"{self.name} failed in every published test"
        return f"no published 1:N test uses {image_type} photos"


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; `ValueError` where a name stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
        raise ValueError(f"{twice!r} stands twice in one object")
    return found


def _condition(key: str) -> tuple[ImageKind, Lapse]:
    image_type, _, lapse = key.partition("|")
    return ImageKind(image_type), Lapse(lapse)


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def card_bytes(path: Path, name: str) -> bytes:
    """Read a card file, called ``name`` in messages; `InvalidInput` if it cannot be read or is too large."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        what = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        fix = "give the path of a card file, or a name from `misid card list`"
        raise InvalidInput([Fault(name, 0, "", what, fix)]) from None
    if len(raw) > _LARGEST:
        raise InvalidInput([Fault(name, 0, "", f"is larger than {_LARGEST:,} bytes", "give a card that misid wrote")])
    return raw


def _checked_condition(
    n: float | None, decades: float | None, image_kind: str | None, lapse: str, name: str
) -> Condition:
    """Return image kind and lapse, or refuse a rate that lacks gallery size, threshold or image kind."""
    values = (("gallery size", n), (name, decades), ("image kind", image_kind or None))
    missing = [what for what, value in values if value is None]
    if missing:
        raise IncompleteRate(missing)
    kinds, lapses = [str(kind) for kind in ImageKind], [str(known) for known in Lapse]
    if image_kind not in kinds:
        raise UnknownName("image kind", str(image_kind), kinds)
    if lapse not in lapses:
        raise UnknownName("lapse", lapse, lapses)
    return ImageKind(image_kind), Lapse(lapse)


def _checked_size(name: str, value: float) -> float:
    """Return a gallery size as a float, or refuse it."""
    if not (isinstance(value, (int, float, np.integer, np.floating)) and 1.0 <= value < math.inf):
        raise OutOfRange(name, value, "a number from 1")
    return float(value)


def _checked_share(name: str, value: float) -> float:
    """Return a share strictly between 0 and 1, or refuse it."""
    if not (isinstance(value, (int, float, np.floating)) and 0.0 < value < 1.0):
        raise OutOfRange(name, value, "a share between 0 and 1")
    return float(value)


def _checked_decades(name: str, value: float) -> float:
    """Return a finite number, or refuse it."""
    if not math.isfinite(value):
        raise OutOfRange(name, value, "a finite number of decades")
    return float(value)


def _any_candidate(mean: float, k: float) -> float:
    """Return the probability of at least one candidate, ``1 - (1 + mean/k)^-k``; Poisson for infinite ``k``."""
    return -math.expm1(-mean if math.isinf(k) else -k * math.log1p(mean / k))


def _factor_of(known: Mapping[Cell, GroupFactor], group: Cell) -> GroupFactor:
    """Return the row factor of a probe group; `UnknownName` if there is no such group."""
    names = {_words(cell): cell for cell in known}
    if _words(group) not in names:
        raise UnknownName("group", _words(group), names)
    return known[names[_words(group)]]


def _words(group: Cell) -> str:
    """Return the name of a probe group with a space."""
    return " ".join(str(part) for part in group)


def _growth_is_prior(curve: Curve, n: float) -> bool:
    """Whether the curve's rows, all at galleries below ``n``, are too low and too rounded to show how misses grow."""
    lowest = min((row.value for row in curve.anchors if row.fpir > 0), default=1.0)
    return curve.largest_n < n and lowest < _INFORMATIVE
