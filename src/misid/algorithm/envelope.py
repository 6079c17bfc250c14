"""The tested envelope: the published tests that misid lists, and how far from the nearest of them a figure lies.

A test that counted what the figure rests on is nearer than any that counted something else.  Of two such tests the
nearer is the one that shares more conditions with the figure; of two that share as many, the one that shares an earlier
condition of `misid.vocabulary.Aspect`; then the one fewer decades of gallery size and FPIR away; then the one listed
first.  A test that prints no gallery size does not share it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from misid.algorithm.catalog.table import source_list, test_list
from misid.algorithm.measurement import Measurement
from misid.quantities import Distance, Grade
from misid.vocabulary import ImageKind, Lapse
from misid.vocabulary.tested import AGES, OPERATORS, PHOTOS, Aspect, Counted, Operator

CATALOGUE = "*"
SEARCH = (Counted.FALSE_POSITIVES, Counted.MISSES)

Rows = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class PublishedTest:
    """A published test: what was counted, and under which conditions.

    Parameters
    ----------
    key, title : str
        Stable key, and name in words.
    counted : frozenset of Counted
        What was counted.
    what : str
        The counts themselves, in words.
    n : tuple of int
        Gallery sizes, in references; empty where they are not printed.
    fpir : tuple of float
        FPIR that the threshold was set for, or that was seen; empty where there is none.
    image_kinds, groups, ages : frozenset of str
        Kinds of probe image, and probe groups and age bands that have figures of their own; empty where the test says
        nothing of it.
    lapses : frozenset of str
        Time between reference and probe.
    operator : Operator
        Who worked it.
    algorithms : tuple of str
        Developers; ``"*"`` for those of the catalogue, ``"?"`` where they are not named, empty where none took part.
    source, locator : str
        Who says so, and where.
    grade : Grade
        How good the source is.
    note : str
        What else has to be known; may be empty.
    """

    key: str
    title: str
    counted: frozenset[Counted]
    what: str
    n: tuple[int, ...]
    fpir: tuple[float, ...]
    image_kinds: frozenset[str]
    lapses: frozenset[str]
    groups: frozenset[str]
    ages: frozenset[str]
    operator: Operator
    algorithms: tuple[str, ...]
    source: str
    locator: str
    grade: Grade
    note: str


@dataclass(frozen=True)
class Asked:
    """The conditions of a figure.

    Parameters
    ----------
    counted : tuple of Counted
        All that the figure rests on; a test has to have counted all of it.
    n : float or None
        Gallery size in references; None where the figure does not depend on it.
    fpir : float or None
        FPIR at the threshold; None where there is no threshold or it is not known.
    image_kind : str
        Kind of probe image; empty where it does not matter.
    lapse : str
        Time between reference and probe.
    age : str
        Age band, where it is about one alone.
    group : str
        Probe group: ``"east_asia_female"``, any other word for a group that no test tells apart, empty for everybody.
    operator : Operator
        Who works the system.
    developer : str
        Of the algorithm; empty where it does not matter.
    rows : tuple of (str, tuple of int) or None
        Catalogue tests of this very algorithm, and their gallery sizes (`rows_of`); None where it does not matter.
    """

    counted: tuple[Counted, ...]
    n: float | None
    fpir: float | None
    image_kind: str
    lapse: str = Lapse.AS_TESTED
    age: str = ""
    group: str = ""
    operator: Operator = Operator.LABORATORY
    developer: str = ""
    rows: Rows | None = None


@functools.cache
def published_tests() -> tuple[PublishedTest, ...]:
    """Return the published tests that misid lists."""
    given = test_list()
    sources = {
        key: {"title": page["title"], "locator": page["page"], "grade": Grade.A} for key, page in source_list().items()
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
        )
        for one in given["tests"]
    )


def left_out() -> tuple[tuple[str, str], ...]:
    """Return what is not taken for a test, and why."""
    return tuple((one["title"], one["why"]) for one in test_list()["left_out"])


def rows_of(tested: Mapping[tuple[ImageKind, Lapse], Iterable[tuple[int, float, float]]], groups: bool = False) -> Rows:
    """Return the catalogue tests that hold rows of one algorithm.

    Parameters
    ----------
    tested : mapping
        As `misid.algorithm.card.Card.tested` returns it: gallery, FPIR (0 for rank 1) and miss rate of each row.
    groups : bool
        Whether it has FPIR by probe group.

    Returns
    -------
    tuple of (str, tuple of int)
        Key of each test, and its gallery sizes that have a row.
    """
    found: dict[str, list[int]] = {}
    for test in published_tests():
        if CATALOGUE not in test.algorithms:
            continue
        ranked = Counted.NOT_FIRST in test.counted
        sizes = [
            n
            for (kind, lapse), rows in tested.items()
            if kind in test.image_kinds and lapse in test.lapses
            for n, fpir, _ in rows
            if (fpir == 0.0) is ranked and n in test.n
        ]
        if sizes or (groups and test.groups):
            found[test.key] = sizes
    return tuple((key, tuple(sorted(set(sizes)))) for key, sizes in found.items())


@functools.lru_cache(maxsize=4096)
def nearest(asked: Asked) -> tuple[PublishedTest, Distance]:
    """Return the nearest published test to the conditions of a figure, and how far it is.

    Parameters
    ----------
    asked : Asked
        Conditions.

    Returns
    -------
    tuple of PublishedTest and Distance
    """
    tests = published_tests()
    apart = [_apart(test, asked) for test in tests]
    sizes = [_sizes(test, asked) or tuple(n for other in tests for n in other.n) for test in tests]
    away = [None if asked.n is None else decades(asked.n, tested) for tested in sizes]
    rate = [None if asked.fpir is None or not test.fpir else decades(asked.fpir, test.fpir) for test in tests]

    def order(i: int) -> tuple[bool, int, tuple[bool, ...], float]:
        # A test that prints no FPIR may lie anywhere.
        unknown = math.inf if asked.fpir is not None else 0.0
        fpir = unknown if (d := rate[i]) is None else abs(d)
        lacks = tuple(aspect in apart[i] for aspect in Aspect)
        return Aspect.COUNTED in apart[i], sum(lacks), lacks, abs(away[i] or 0.0) + fpir

    first = min(range(len(tests)), key=order)
    # What no test of the same count shares; the nearest alone could lack what another one has.
    alike = [lacks for lacks in apart if Aspect.COUNTED not in lacks] or apart
    untested = frozenset.intersection(*alike) & apart[first]
    test = tests[first]
    return test, Distance(
        _named(test, _sizes(test, asked)),
        away[first],
        tuple(aspect.value for aspect in Aspect if aspect in untested),
        rate[first],
        tuple(aspect.value for aspect in Aspect if aspect in apart[first] - untested),
        tuple(_lacking(aspect, asked) for aspect in Aspect if aspect in untested and aspect is not Aspect.GALLERY),
        test.key,
    )


def from_measurement(asked: Asked, measured: Measurement, words: str, n: float) -> Distance:
    """Return how far a figure of a measured card lies from where the card was measured.

    Parameters
    ----------
    asked : Asked
        Conditions.
    measured : Measurement
        What the card was measured on.
    words : str
        The measurement in words.
    n : float
        Largest gallery that was measured; a smaller one is a part of it.

    Returns
    -------
    Distance
    """
    checks = (
        (Aspect.GROUP, bool(asked.group)),
        (Aspect.AGE, bool(asked.age)),
        (Aspect.LAPSE, asked.lapse != Lapse.AS_TESTED),
        (Aspect.IMAGE_KIND, asked.image_kind != measured.image_kind),
        (Aspect.OPERATOR, asked.operator is not Operator.LABORATORY),
    )
    lacks = tuple(aspect for aspect, holds in checks if holds)
    return Distance(
        words,
        None if asked.n is None else max(0.0, math.log10(asked.n / n)),
        tuple(aspect.value for aspect in lacks),
        lacking=tuple(_lacking(aspect, asked) for aspect in lacks),
    )


def decades(x: float, tested: Sequence[float]) -> float:
    """Return log10 of a number over the nearest end of what was tested; 0 between its ends.

    Parameters
    ----------
    x : float
        Positive.
    tested : sequence of float
        Positive, at least one.
    """
    low, high = min(tested), max(tested)
    return math.log10(x / high) if x > high else math.log10(x / low) if x < low else 0.0


def _sizes(test: PublishedTest, asked: Asked) -> tuple[int, ...]:
    """Return the galleries of a test, of this very algorithm where the catalogue has rows of it."""
    return dict(asked.rows or ()).get(test.key) or test.n


def _apart(test: PublishedTest, asked: Asked) -> frozenset[Aspect]:
    """Return the conditions that a test does not share."""
    if CATALOGUE in test.algorithms:
        own = asked.rows is None or test.key in dict(asked.rows)
    else:
        own = not asked.developer or not test.algorithms or asked.developer in test.algorithms
    shared = (
        (Aspect.COUNTED, test.counted.issuperset(asked.counted)),
        (Aspect.GROUP, not asked.group or asked.group in test.groups),
        (Aspect.AGE, not asked.age or asked.age in test.ages),
        (Aspect.LAPSE, asked.lapse in test.lapses),
        (Aspect.IMAGE_KIND, not asked.image_kind or asked.image_kind in test.image_kinds),
        (Aspect.OPERATOR, asked.operator is test.operator),
        (Aspect.ALGORITHM, own),
        (Aspect.GALLERY, asked.n is None or bool(test.n)),
    )
    return frozenset(aspect for aspect, holds in shared if not holds)


def _named(test: PublishedTest, sizes: Sequence[int]) -> str:
    said = [test.title]
    if sizes:
        said.append("N = " + " and ".join(f"{n:,}" for n in sizes))
    if test.grade is not Grade.A:
        said.append(f"source grade {test.grade.value}")
    return ", ".join(said)


def _lacking(aspect: Aspect, asked: Asked) -> str:
    """Say what no test has, to be read after "no test"."""
    return {
        Aspect.COUNTED: "that counts this",
        Aspect.GROUP: "of this group",
        Aspect.AGE: AGES.get(asked.age, f"of ages {asked.age}"),
        Aspect.LAPSE: "with photos so far apart in time",
        Aspect.IMAGE_KIND: PHOTOS.get(asked.image_kind, f"with {asked.image_kind} photos"),
        Aspect.OPERATOR: OPERATORS[asked.operator],
        Aspect.ALGORITHM: "of this algorithm",
    }[aspect]
