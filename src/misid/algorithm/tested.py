"""What was tested: the published tests that misid lists, and how far from the nearest of them a figure lies.

A test that counted what the figure rests on is nearer than any that counted something else.  Of two such tests the
nearer is the one that shares more conditions with the figure; of two that share as many, the one that shares an earlier
condition of `misid.vocabulary.Aspect`; then the one fewer decades of gallery size and FPIR away; then the one listed
first.  A test that prints no gallery size does not share it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from misid.algorithm.catalog.table import packaged
from misid.quantities import Distance, Grade
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped
from misid.vocabulary.tested import Aspect, Counted, Operator, lacking

CATALOGUE = "*"
SEARCH = (Counted.FALSE_POSITIVES, Counted.MISSES)

RowsInTests = tuple[tuple[str, tuple[int, ...]], ...]
"""Key of each test, and its gallery sizes that have a row."""


@dataclass(frozen=True)
class Measurement:
    """What a card was measured on, where it was measured, not published."""

    image_kind: str  # one of `misid.vocabulary.ImageKind`
    subjects: int
    mated: int  # comparisons with a score, as are the non-mated
    non_mated: int
    failed: int  # mated comparisons without a score; they are in no figure of the card
    n_references: int  # of the gallery searched; 0 where only pairs were compared
    sources: tuple[str, ...]  # SHA-256 of the files, hexadecimal
    level: float  # at which the band of the tail was drawn
    seed: int  # of the weights of subjects

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return {**asdict(self), "sources": list(self.sources)}

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Measurement:
        """Read what `to_json` wrote."""
        return cls(**{**given, "sources": tuple(str(digest) for digest in given["sources"])})

    @property
    def words(self) -> str:
        """What it was measured on, in words."""
        return say("nearness.test.measured", n=self.subjects, photos=lacking(Aspect.IMAGE_KIND, self.image_kind))


@dataclass(frozen=True)
class PublishedTest:
    """A published test: what was counted, and under which conditions; empty where the test says nothing of one."""

    key: str  # stable
    title: str
    counted: frozenset[Counted]
    what: str  # the counts themselves, in words
    n: tuple[int, ...]  # gallery sizes in references, where they are printed
    fpir: tuple[float, ...]  # FPIR that the threshold was set for, or that was seen
    image_kinds: frozenset[str]
    lapses: frozenset[str]
    groups: frozenset[str]  # probe groups, and age bands, that have figures of their own
    ages: frozenset[str]
    operator: Operator
    algorithms: tuple[str, ...]  # developers; "*" for those of the catalogue, "?" where they are not named
    source: str  # who says so, and where
    locator: str
    grade: Grade
    note: str  # what else has to be known
    rate: float | None = None  # what is counted as a share, where the test has one for all its people


@dataclass(frozen=True)
class NearnessQuery:
    """The conditions of a figure, to be compared with those of tests; empty text where one does not matter."""

    counted: tuple[Counted, ...]  # all that the figure rests on; a test has to have counted all of it
    n: float | None  # gallery size in references; None where the figure does not depend on it
    fpir: float | None  # at the threshold; None where there is no threshold or it is not known
    image_kind: str
    lapse: str = Lapse.AS_TESTED
    age: str = ""
    group: str = ""  # probe group, "east_asia_female", or any other word for a group that no test reports
    operator: Operator = Operator.LABORATORY
    developer: str = ""
    rows: RowsInTests | None = None  # catalogue tests of this very algorithm (`rows_in_tests`); None where any will do


@functools.cache
def published_tests() -> tuple[PublishedTest, ...]:
    """Return the published tests that misid lists."""
    given, pages = packaged("tests.json"), packaged("sources.json")["sources"]
    sources = {
        key: {"title": page["title"], "locator": page["page"], "grade": Grade.A} for key, page in pages.items()
    } | given["sources"]
    return tuple(
        PublishedTest(
            key=one["key"],
            title=one["title"],
            counted=frozenset(Counted(name) for name in one["counted"]),
            what=one["what"],
            n=tuple(one.get("n", ())),
            fpir=tuple(one.get("fpir", ())),
            image_kinds=frozenset(one.get("image_kinds", ())),
            lapses=frozenset(one["lapses"]),
            groups=frozenset(one.get("groups", ())),
            ages=frozenset(one.get("ages", ())),
            operator=Operator(one["operator"]),
            algorithms=tuple(one.get("algorithms", ())),
            source=sources[one["source"]]["title"],
            locator=sources[one["source"]]["locator"],
            grade=Grade(sources[one["source"]]["grade"]),
            note=one.get("note", ""),
            rate=one.get("rate"),
        )
        for one in given["tests"]
    )


def left_out() -> tuple[tuple[str, str], ...]:
    """Return what is not taken for a test, and why."""
    return tuple((one["title"], one["why"]) for one in packaged("tests.json")["left_out"])


def rows_in_tests(
    tested: Mapping[tuple[ImageKind, Lapse], Iterable[tuple[int, float, float]]], groups: bool = False
) -> RowsInTests:
    """Return the catalogue tests that hold rows of one algorithm, from what `Card.tested` returns.

    ``groups`` is whether it has FPIR by probe group.
    """
    found: dict[str, list[int]] = {}
    for test in published_tests():
        if CATALOGUE not in test.algorithms:
            continue
        ranked = Counted.NOT_FIRST in test.counted
        sizes = [
            n
            for (image_type, lapse), rows in tested.items()
            if image_type in test.image_kinds and lapse in test.lapses
            for n, fpir, _ in rows
            if (fpir == 0.0) is ranked and n in test.n
        ]
        if sizes or (groups and test.groups):
            found[test.key] = sizes
    return tuple((key, tuple(sorted(set(sizes)))) for key, sizes in found.items())


def nearest(query: NearnessQuery) -> tuple[PublishedTest, Distance]:
    """Return the nearest published test to the conditions of a figure, and how far it is."""
    test, far = _nearest(query)
    return test, replace(far, nearest=_named(test, _sizes(test, query)), lacking=_lacking(far.untested, query))


@functools.lru_cache(maxsize=4096)
def _nearest(query: NearnessQuery) -> tuple[PublishedTest, Distance]:
    tests = published_tests()
    apart = [_apart(test, query) for test in tests]
    sizes = [_sizes(test, query) or tuple(n for other in tests for n in other.n) for test in tests]
    away = [None if query.n is None else decades(query.n, tested) for tested in sizes]
    rate = [None if query.fpir is None or not test.fpir else decades(query.fpir, test.fpir) for test in tests]

    def order(i: int) -> tuple[bool, int, tuple[bool, ...], float]:
        # A test that prints no FPIR may lie anywhere.
        unknown = math.inf if query.fpir is not None else 0.0
        fpir = unknown if (d := rate[i]) is None else abs(d)
        lacks = tuple(aspect in apart[i] for aspect in Aspect)
        return Aspect.COUNTED in apart[i], sum(lacks), lacks, abs(away[i] or 0.0) + fpir

    first = min(range(len(tests)), key=order)
    # What no test of the same count shares; the nearest alone could lack what another one has.
    alike = [lacks for lacks in apart if Aspect.COUNTED not in lacks] or apart
    untested = frozenset.intersection(*alike) & apart[first]
    test = tests[first]
    return test, Distance(
        test.key,
        away[first],
        tuple(aspect.value for aspect in Aspect if aspect in untested),
        rate[first],
        tuple(aspect.value for aspect in Aspect if aspect in apart[first] - untested),
        test=test.key,
    )


def from_measurement(query: NearnessQuery, measured: Measurement, words: str, n: float) -> Distance:
    """Return how far a figure of a measured card lies from where the card was measured, named by ``words``.

    ``n`` is the largest gallery that was measured; a smaller one is a part of it.
    """
    checks = (
        (Aspect.GROUP, bool(query.group)),
        (Aspect.AGE, bool(query.age)),
        (Aspect.LAPSE, query.lapse != Lapse.AS_TESTED),
        (Aspect.IMAGE_KIND, query.image_kind != measured.image_kind),
        (Aspect.OPERATOR, query.operator is not Operator.LABORATORY),
    )
    lacks = tuple(aspect.value for aspect, holds in checks if holds)
    return Distance(
        words,
        None if query.n is None else max(0.0, math.log10(query.n / n)),
        lacks,
        lacking=_lacking(lacks, query),
    )


def decades(x: float, tested: Sequence[float]) -> float:
    """Return log10 of a number over the nearest end of what was tested; 0 between its ends."""
    low, high = min(tested), max(tested)
    return math.log10(x / high) if x > high else math.log10(x / low) if x < low else 0.0


def _sizes(test: PublishedTest, query: NearnessQuery) -> tuple[int, ...]:
    """Return the galleries of a test, of this very algorithm where the catalogue has rows of it."""
    return dict(query.rows or ()).get(test.key) or test.n


def _apart(test: PublishedTest, query: NearnessQuery) -> frozenset[Aspect]:
    """Return the conditions that a test does not share."""
    if CATALOGUE in test.algorithms:
        own = query.rows is None or test.key in dict(query.rows)
    else:
        own = not query.developer or not test.algorithms or query.developer in test.algorithms
    shared = (
        (Aspect.COUNTED, test.counted.issuperset(query.counted)),
        (Aspect.GROUP, not query.group or query.group in test.groups),
        (Aspect.AGE, not query.age or query.age in test.ages),
        (Aspect.LAPSE, query.lapse in test.lapses),
        (Aspect.IMAGE_KIND, not query.image_kind or query.image_kind in test.image_kinds),
        (Aspect.OPERATOR, query.operator is test.operator),
        (Aspect.ALGORITHM, own),
        (Aspect.GALLERY, query.n is None or bool(test.n)),
    )
    return frozenset(aspect for aspect, holds in shared if not holds)


def _named(test: PublishedTest, sizes: Sequence[int]) -> str:
    named = say("nearness.test.sized", test=test.title, n=[grouped(n) for n in sizes]) if sizes else test.title
    return named if test.grade is Grade.A else say("nearness.test.graded", test=named, grade=test.grade.value)


def _lacking(untested: Iterable[str], query: NearnessQuery) -> tuple[str, ...]:
    """Return what no test has, to be read after "no test"."""
    of = {Aspect.AGE: query.age, Aspect.IMAGE_KIND: query.image_kind, Aspect.OPERATOR: query.operator}
    return tuple(lacking(Aspect(one), of.get(Aspect(one), "")) for one in untested if one != Aspect.GALLERY)
