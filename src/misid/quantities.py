"""Numbers that enter (`Quantity`) and numbers that leave (`Estimate`).

No other shape of number crosses a room's wall: a value that matters comes in with its range, unit and source, and
goes out with its interval, the kind of doubt that interval holds, its conditions, and its distance from the nearest
published test, so that nobody can quote an extrapolation as a test.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, model_validator

from misid.errors import IncompleteRate
from misid.vocabulary.catalogue import say
from misid.vocabulary.names import codes, label
from misid.vocabulary.tested import Aspect, apart

PRINTED_RATE = "rate, as printed"
"""Unit of differences between rates: stated as the source prints them, 0.0002, never as a share of anything."""


class Grade(StrEnum):
    """How good a source is."""

    A = "A"  # primary, and read
    B = "B"  # a quotation of a primary
    C = "C"  # press or secondary
    D = "D"  # derived or assumed


class Doubt(StrEnum):
    """The four kinds of doubt, never mixed in one interval."""

    SIMULATION = "simulation"
    SAMPLING = "sampling"
    INPUT = "input"
    MODEL = "model"


FEW_SUBJECTS = 50  # people in the data, below which every figure says that they are few
FEW_EVENTS = 25
"""Errors from which an interval may be approximate, and that the group with fewer needs for a doubling to be seen."""


class Interval(NamedTuple):
    """A value and the two ends between which it lies: what every statistic returns, and `Estimate.of` publishes.

    Parameters
    ----------
    value : float
        Best value, in whatever unit the statistic has.
    low, high : float or None
        Ends; None where there is none on that side.
    level : float or None
        Confidence level of the ends; None where they are no interval.
    method : str
        How the ends were found, in a few words.
    events, trials : int or None
        Errors seen and out of how many; None where the statistic rests on no count.
    rough : bool
        Whether the ends rest on few independent people.
    standard_error, effective_n, p_value, degrees_of_freedom : float
        NaN where the method has none.
    """

    value: float
    low: float | None
    high: float | None
    level: float | None
    method: str
    events: int | None = None
    trials: int | None = None
    rough: bool = False
    standard_error: float = math.nan
    effective_n: float = math.nan
    p_value: float = math.nan
    degrees_of_freedom: float = math.nan

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends as numbers to compute with; infinite where there is none on that side."""
        return -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high

    def times(self, by: float) -> Interval:
        """Return the interval of the value times a number above 0; counts stay."""
        low, high = (None if end is None else by * end for end in (self.low, self.high))
        return self._replace(value=by * self.value, low=low, high=high, standard_error=by * self.standard_error)

    def around(self) -> Interval:
        """Return the same with its value inside its ends, whatever rounding did to them."""
        low, high = self.ends
        return self._replace(
            low=None if self.low is None else min(low, self.value),
            high=None if self.high is None else max(high, self.value),
        )


class Quantity(BaseModel):
    """A number that enters: value, range, unit, source.

    Parameters
    ----------
    value, low, high : float
        Best value and range, ``low <= value <= high``, all in ``unit``.
    unit : str
        Unit in words: ``"probability"``, ``"references"``, ``"decades"``.
    source : str
        Who says so, and where.
    grade : Grade
        A primary and read, B quotation of a primary, C press or secondary, D derived or assumed.
    distribution : {"uniform", "log_uniform"} or None
        Only where a source states one; otherwise the range is an envelope and has no shape.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float
    low: float
    high: float
    unit: str
    source: str
    grade: Grade
    distribution: Literal["uniform", "log_uniform"] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Quantity:
        if not all(math.isfinite(x) for x in (self.value, self.low, self.high)):
            raise ValueError("value, low and high must be finite numbers")
        if not self.low <= self.value <= self.high:
            raise ValueError(f"needs low <= value <= high, got {self.low:g} <= {self.value:g} <= {self.high:g}")
        return self

    def held(self, value: float | None = None) -> Quantity:
        """Return a copy without a range, at a value or at its best one."""
        at = self.value if value is None else value
        return self.model_copy(update={"value": at, "low": at, "high": at})

    @property
    def swept(self) -> bool:
        """Whether the range is wider than a point."""
        return self.low < self.high


@dataclass(frozen=True)
class Conditions:
    """What a rate is conditional on; printed wherever the rate is.

    Parameters
    ----------
    n_references, n_enrolled : int or None
        References searched, and people they belong to.
    threshold : float or None
        In decades of non-mated exceedance; the threshold is "at or above".
    image_kind : str
        Kind of the probe image.
    probe_group : str
        Whom the rate is about; ``"all"`` for everybody photographed.
    gallery : str
        What is searched, in words.
    phi : float or None
        Field FPIR at the threshold: the share of strangers, of the people whom the scenario names, for whom a name is
        returned; None where nobody is searched for, or it does not matter.
    point : str
        Name of the operating point; ``""`` where phi alone is given, or no threshold matters.
    score : float or None
        The threshold on the algorithm's own scale, as a similarity, where scores were measured.
    reference_group : str
        Whose references it is about, where it is about pairs of groups.
    """

    n_references: int | None = None
    n_enrolled: int | None = None
    threshold: float | None = None
    image_kind: str = ""
    probe_group: str = "all"
    gallery: str = ""
    phi: float | None = None
    point: str = ""
    score: float | None = None
    reference_group: str = ""

    def require_rate(self) -> Conditions:
        """Return self, or refuse if gallery size, threshold or image kind is missing.

        Raises
        ------
        IncompleteRate
            Names all that are missing.
        """
        missing = []
        if self.n_references is None and self.n_enrolled is None:
            missing.append("gallery size")
        if self.threshold is None:
            missing.append("threshold")
        if not self.image_kind:
            missing.append("image kind")
        if missing:
            raise IncompleteRate(missing)
        return self

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; what only some figures have is left out where there is none."""
        special = ("phi", "point", "score", "reference_group")
        return {name: value for name, value in self.__dict__.items() if name not in special or value not in (None, "")}


@dataclass(frozen=True)
class Distance:
    """How far a figure lies from the nearest published test, or from what its user measured.

    Parameters
    ----------
    nearest : str
        The test, or the measurement, in words.
    decades_of_n : float or None
        log10 of gallery size over that of the test: above 0 beyond its largest gallery, below 0 under its smallest, 0
        between them.  Where the test prints no gallery, over those of all tests, and ``differs`` names the gallery.
        None where the figure does not depend on it.
    untested : tuple of str
        Conditions that no published test of the same kind of count shares (`misid.vocabulary.Aspect`).
    decades_of_fpir : float or None
        log10 of FPIR over that of the test, 0 between the rates tested; None where either has none.
    differs : tuple of str
        Conditions that the nearest test does not share although another test does.
    lacking : tuple of str
        What ``untested`` stands for here, to be read after "no test": ``"with street photos"``.
    test : str
        Key of the test in the list of published tests; empty for what the user measured.
    """

    nearest: str
    decades_of_n: float | None = 0.0
    untested: tuple[str, ...] = ()
    decades_of_fpir: float | None = None
    differs: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    test: str = ""

    @property
    def words(self) -> str:
        """How far, without the test's name: ``gallery 17 times its largest; no test with street photos``."""
        return how_far((self,))

    @property
    def missing(self) -> tuple[str, ...]:
        """What ``untested`` stands for, to be read after "no test"."""
        others = (condition for condition in self.untested if condition != Aspect.GALLERY)
        return self.lacking or tuple(say("nearness.lacking.condition", what=label(one)) for one in others)

    @property
    def prints_gallery(self) -> bool:
        """Whether the nearest test prints a gallery size."""
        return Aspect.GALLERY not in (*self.differs, *self.untested)

    @property
    def inside(self) -> bool:
        """Whether nothing sets the figure's conditions apart from those of the test."""
        return not (self.decades_of_n or self.decades_of_fpir or self.untested or self.differs)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        lists = {name: list(getattr(self, name)) for name in ("untested", "differs", "lacking")}
        return {**self.__dict__, **lists, "words": self.words}


def how_far(far: Sequence[Distance]) -> str:
    """Return how far figures are from tests, at least and at most: of one, or of many that share their nearest tests.

    In order: gallery size, FPIR, what no test has, in what the nearest differs.
    """
    one = len({d.nearest for d in far}) == 1
    whose, here = "its" if one else "their", "test" if far[0].test else "here"
    sizes = [d.decades_of_n for d in far if d.decades_of_n is not None]
    rates = [d.decades_of_fpir for d in far if d.decades_of_fpir is not None] or [0.0]
    of_sizes = whose if any(d.prints_gallery for d in far) else "any"
    parts = [apart("gallery", min(sizes), max(sizes), of_sizes) or say(f"nearness.inside.{of_sizes}")] if sizes else []
    parts.append(apart("fpir", min(rates), max(rates), whose))
    differs = [tuple(label(x) for x in d.differs if x != Aspect.GALLERY) for d in far]
    for key, end, lists in (("lacks", here, [d.missing for d in far]), ("differs", "one" if one else "many", differs)):
        every = dict.fromkeys(words for some in lists for words in some)
        common = [words for words in every if all(words in some for some in lists)]
        for which, what in (("all", common), ("some", [words for words in every if words not in common])):
            parts.append(say(f"nearness.{key}.{which}_{end}", what=say("number.comma").join(what)) if what else "")
    return "; ".join(part for part in parts if part) or say("nearness.alike")


@dataclass(frozen=True)
class MeasuredHere:
    """Takes the place of a distance where a figure was counted on data at hand: it is a test itself, of those alone.

    Parameters
    ----------
    on : str
        On what: a code of ``nearness.on`` in the catalogue, or words.
    """

    on: str

    @property
    def words(self) -> str:
        """What it was counted on."""
        return say("nearness.here", on=self.data)

    @property
    def data(self) -> str:
        """On what, in words."""
        return say(f"nearness.on.{self.on}") if self.on in codes("on", "nearness") else self.on

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"measured_here": self.data}


@dataclass(frozen=True)
class NoDistance:
    """Takes the place of a distance where a figure rests on no search, so that no test could be near or far.

    Parameters
    ----------
    because : str
        Why: a code of ``nearness.because`` in the catalogue, or words.
    """

    because: str

    @property
    def words(self) -> str:
        """Why there is none."""
        return say("nearness.none", because=self.reason)

    @property
    def reason(self) -> str:
        """Why, without a verb before it."""
        known = self.because in codes("because", "nearness")
        return say(f"nearness.because.{self.because}") if known else self.because

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {"not_applicable": self.reason}


Nearness = Distance | MeasuredHere | NoDistance


@dataclass(frozen=True)
class Estimate:
    """A number that leaves.

    Parameters
    ----------
    value, low, high : float or None
        Best value and range; None where there is none, with the reason in ``reason``.
    unit : str
        Unit in words.
    kind : Doubt
        The kind of doubt that ``low`` to ``high`` holds.
    method : str
        How it was computed, in a few words.
    n : float or None
        What the figure is out of (10,000 people, 2,077 alerts).
    count : float or None
        The figure as a count out of ``n`` where that differs from ``value``.
    level : float or None
        Confidence or coverage level; None for a range over inputs, which has none.
    conditions : Conditions
        What it is conditional on.
    distance : Distance, MeasuredHere or NoDistance
        How far the nearest published test is, or why that cannot be asked.  It has no default: a figure without it is
        refused when it is made.
    caveats : tuple of str
        Codes, explained by `misid.vocabulary.names.caveat`.
    reason : str
        Why ``value`` is None.
    by : str
        Which one thing moves the value from ``low`` to ``high``, all else staying: `misid.vocabulary.names.range_by`.
    """

    value: float | None
    low: float | None
    high: float | None
    unit: str
    kind: Doubt
    method: str
    n: float | None = None
    count: float | None = None
    level: float | None = None
    conditions: Conditions = field(default_factory=Conditions)
    distance: Nearness = field(kw_only=True)
    caveats: tuple[str, ...] = ()
    reason: str = ""
    by: str = ""

    def __post_init__(self) -> None:
        if self.by and self.by not in codes("range"):
            raise ValueError(f"a range by {self.by!r} is not in the catalogue")
        if not isinstance(self.distance, Nearness):
            raise ValueError("an estimate must say its distance from the nearest test, or why it has none")
        unknown = [code for code in self.caveats if code not in codes("caveat")]
        if unknown:
            raise ValueError(f"caveat codes that are not in the catalogue: {unknown}")
        if self.value is None:
            if not self.reason:
                raise ValueError("an estimate without a value must give its reason")
        elif self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError(f"estimate outside its own range: {self.low} <= {self.value} <= {self.high}")

    @classmethod
    def of(
        cls,
        found: Interval,
        *,
        conditions: Conditions,
        distance: Nearness,
        unit: str = "probability",
        kind: Doubt = Doubt.SAMPLING,
        words: str = "",
        errors: int | None = None,
        count: float | None = None,
        caveats: tuple[str, ...] = (),
    ) -> Estimate:
        """Publish what a statistic returned.

        Parameters
        ----------
        found : Interval
            Its value is kept inside its ends, whatever rounding did to them.
        conditions, distance, unit, kind
            As for `Estimate`.
        words : str
            What was computed, ahead of how its interval was found.
        errors : int, optional
            Errors that the figure rests on, where they are not ``found.events``.
        count : float, optional
            The figure as a count, where that is no number of errors.
        caveats : tuple of str
            Codes that hold beside those decided here.

        Returns
        -------
        Estimate

        Notes
        -----
        The one place where few errors become a caveat: ``no_events`` for none, ``few_events`` below `FEW_EVENTS`,
        ``few_replicates`` for a rough interval.
        """
        found, events = found.around(), found.events if errors is None else errors
        decided = []
        if events is not None and events < FEW_EVENTS:
            decided.append("no_events" if events == 0 else "few_events")
        if found.rough:
            decided.append("few_replicates")
        return cls(
            found.value,
            found.low,
            found.high,
            unit,
            kind,
            "; ".join(part for part in (words, found.method) if part),
            n=found.trials,
            count=found.events if count is None else count,
            level=found.level,
            conditions=conditions,
            caveats=tuple(dict.fromkeys((*caveats, *decided))),
            distance=distance,
        )

    @classmethod
    def missing(
        cls,
        reason: str,
        *,
        conditions: Conditions,
        distance: Nearness,
        unit: str = "probability",
        kind: Doubt = Doubt.SAMPLING,
        words: str = "",
        n: float | None = None,
        caveats: tuple[str, ...] = (),
    ) -> Estimate:
        """Publish that a figure cannot be had, with the reason; parameters as for `of`."""
        return cls(
            None,
            None,
            None,
            unit,
            kind,
            words,
            n=n,
            conditions=conditions,
            distance=distance,
            caveats=caveats,
            reason=reason,
        )

    def with_caveats(self, *codes: str) -> Estimate:
        """Return one that carries further caveats, each once, in order; itself if it carries them all."""
        if set(codes) <= set(self.caveats):
            return self
        return replace(self, caveats=tuple(dict.fromkeys((*self.caveats, *codes))))

    def __str__(self) -> str:
        """Say value and range, what they are of, and how far the nearest test is, in a line."""
        at = f"{self.value:.2g}" if self.value is not None else f"not known: {self.reason}"
        span = "" if self.low is None or self.high is None else f" ({self.low:.2g} to {self.high:.2g})"
        near = f"{self.distance.nearest}: " if isinstance(self.distance, Distance) else ""
        return f"{at}{span}, {self.unit} [{near}{self.distance.words}]"

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types; numbers that are not finite become None with a reason."""
        numbers = {name: _finite(getattr(self, name)) for name in ("value", "low", "high", "n", "count", "level")}
        reason = self.reason or ("" if numbers["value"] is not None else "not a finite number")
        return {
            **numbers,
            "unit": self.unit,
            "kind": self.kind.value,
            "by": self.by,
            "method": self.method,
            "conditions": self.conditions.to_json(),
            "distance": self.distance.to_json(),
            "caveats": list(self.caveats),
            "reason": reason,
        }


def nearness(data: Mapping[str, Any]) -> Nearness:
    """Read what the ``to_json`` of a distance, or of what takes its place, wrote.

    Raises
    ------
    KeyError
        If it is none of them.
    """
    if "measured_here" in data:
        return MeasuredHere(data["measured_here"])
    if "not_applicable" in data:
        return NoDistance(data["not_applicable"])
    plain: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
    return Distance(**{one.name: plain[one.name] for one in fields(Distance)})


def _finite(x: float | None) -> float | None:
    return None if x is None or not math.isfinite(x) else float(x)
