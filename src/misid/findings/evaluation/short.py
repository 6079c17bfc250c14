"""The short page on one algorithm, or two: what a laboratory needs first."""

from __future__ import annotations

from collections.abc import Iterator

from misid.evaluation import Evaluation
from misid.findings.evaluation import groups, growth, spread
from misid.findings.evaluation.rates import Errors, Kinds, difference, section_id, sentence, trade_off
from misid.findings.evaluation.words import TITLE, counted, level, name_of, one_of, rate, reach, short
from misid.findings.model import Cell, Page, Section, Table
from misid.quantities import Estimate
from misid.vocabulary.brief import one_line
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped, score, share, value

MOST = 3  # operating points at targets; fewer beside a second algorithm, or where somebody asked for others
BRIEF = 14  # words of an assumption that the first screen has room for
ASSUMED = 2  # assumptions there

Row = tuple[str, str, Estimate, Estimate | None, Estimate | None]
"""Operating point, name of the rate, figure of the first algorithm and of the second, difference."""


def short_page(
    e: Evaluation, found: Kinds, known: str, who: str, left_out: tuple[str, ...], limits: tuple[str, ...]
) -> Page:
    """Return the short page; what was found stands in the same words in the appendix."""
    sections = [section for both in found for section in (_points(e, both, both is found[0]), *_trade_off(e, both))]
    sections += groups.brief(e, e.differentials) if e.differentials else []
    sections += [growth.brief(e, e.growth)] if e.growth and e.growth.lines else []
    people = spread.brief(e.menagerie) if e.menagerie else None
    sections += [people] if people else []
    missing = (*_failures(e), *_unreached(found), *left_out)
    sections += [Section("not-counted", say("evaluation.sections.not_counted"), "", points=missing)] if missing else []
    return Page(short(e.name, TITLE), say("evaluation.mark"), known, who, tuple(sections), limits)


def _points(e: Evaluation, both: list[Errors], leads: bool) -> Section:
    """Return the rates at the operating points, each with its interval and count; ``leads``: what was taken for granted."""
    kind, rows = both[0].kind, list(_rows(e, both))
    if len(both) > 1:
        heads = [say("evaluation.points_head.at"), say("evaluation.points_head.rate"), *(one.name for one in both)]
        heads.append(say("evaluation.points_head.difference"))
        cells: list[tuple[Cell, ...]] = [
            (at, name, *map(_with_count, (one, other)), None if gap is None else rate(gap))
            for at, name, one, other, gap in rows
        ]
        title = say("evaluation.points.two", level=level(e))
    else:
        heads = [say(f"evaluation.points_head.{name}") for name in ("at", "rate", "value")]
        heads += [say("evaluation.points_head.interval", level=level(e)), say("evaluation.points_head.events")]
        cells = [(at, name, value(a.value, a.unit), reach(a) or None, counted(a) or None) for at, name, a, *_ in rows]
        title = say("evaluation.points.one" if e.subjects else "evaluation.points.bare", level=level(e))
    tables = (Table(title, tuple(heads), tuple(cells)),) if cells else ()
    granted = _granted(e) if leads else ()
    text = say("evaluation.points.granted", words=" ".join(granted)) if granted else "" if leads else sentence(e, both)
    heading, link = say(f"evaluation.points_title.{kind}"), section_id(both[0])
    return Section(f"points-{link}", heading, text, tables=tables, link=link)


def _granted(e: Evaluation) -> tuple[str, ...]:
    """Return what was taken for granted in reading the files, in so few words as the first screen has room for."""
    brief = [one_line(words) for words in e.assumed if len(words.split()) <= BRIEF][:ASSUMED]
    more = len(e.assumed) - len(brief)
    return (*brief, *([say("evaluation.points.more", n=str(more))] if more else []))


def _rows(e: Evaluation, both: list[Errors]) -> Iterator[Row]:
    """Yield both rates at each threshold of interest, then misses at targets around the best one."""
    mine, other = both[0], both[1] if len(both) > 1 else None
    for one, which in ((of, code) for of in both for code in (of.wrong, of.refused)):
        for at, figure in one.asked(which):
            if figure.value is not None:
                place = say("evaluation.points.threshold", at=score(at))
                yield place, name_of(which), *((figure, None) if one is mine else (None, figure)), None
    known = [(target, figure) for target, figure in mine.at_targets() if figure.value is not None]
    best = mine.best()
    most = MOST + 1 - len(both) - bool(mine.asked(mine.missed))
    last = max(most, known.index(best) + min(most, 2)) if best else 0  # one stricter than the best, where there is room
    wanted = [pair for pair in known if pair[0] in mine.wanted]
    for target, figure in (*wanted, *(pair for pair in known[max(0, last - most) : last] if pair not in wanted)):
        place = say("evaluation.points.target", rate=name_of(mine.wrong), target=one_of(target))
        theirs = other.at(target) if other else None
        yield place, name_of(mine.refused), figure, theirs, difference(e, mine, target)


def _with_count(figure: Estimate | None) -> Cell:
    if figure is None or figure.value is None:
        return None
    place = "" if (at := figure.conditions.score) is None else say("evaluation.points.reached", at=score(at))
    return ", ".join(filter(None, (rate(figure), counted(figure), place)))


def _trade_off(e: Evaluation, both: list[Errors]) -> Iterator[Section]:
    chart, link = trade_off(e, both), section_id(both[0])
    text, charts = ("", (chart,)) if chart.records else (say("evaluation.det.none"), ())
    if both[0].lines is not None:
        yield Section(f"det-{link}", say(f"evaluation.det_section.{both[0].kind}"), text, charts=charts, link=link)


def _failures(e: Evaluation) -> Iterator[str]:
    """Say how many comparisons and searches had no template, and that they are counted apart."""
    for rates, name in ((e.pairs, "failure_to_acquire"), (e.searches, "failed_searches")):
        figure = rates.figures.get(name) if rates else None
        if figure is not None and figure.count:
            yield say(
                f"evaluation.failures.{name}",
                n=grouped(figure.count),
                of=grouped(figure.n or 0),
                value=share(figure.value),
            )


def _unreached(found: Kinds) -> Iterator[str]:
    """Say which targets are too strict for the data."""
    for both in found:
        strict = [one_of(target) for target, figure in both[0].at_targets() if figure.value is None]
        if strict:
            yield say(f"evaluation.unreached.{both[0].kind}", targets=strict)
