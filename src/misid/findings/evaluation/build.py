"""Puts the page on one algorithm together: a short page, and its appendix with all else."""

from __future__ import annotations

from misid.evaluation import HERE, Evaluation
from misid.findings.evaluation import groups, growth, spread
from misid.findings.evaluation.rates import Kinds, basis, kinds, ranks, section, sentence, trade_off
from misid.findings.evaluation.short import short_page
from misid.findings.evaluation.words import TITLE, image, level, short
from misid.findings.model import ChartData, Page, Section, Table
from misid.quantities import FEW_SUBJECTS
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import grouped

LIMITS = ("identity", "field", "use", "enough", "intervals")
PARTS = ("pairs", "searches", "differentials", "growth", "menagerie", "compared")


def evaluation_page(e: Evaluation) -> Page:
    """Say everything that was found about one algorithm: the appendix, and its short page."""
    found = kinds(e)
    known = next(filter(None, (sentence(e, both) for both in found)), say("evaluation.lead.nothing"))
    who, picture = _on_whom(e, found), _picture(e, found)
    left_out = tuple(say(f"evaluation.left_out.{part}") for part in PARTS if not getattr(e, part))
    limits = tuple(say(f"evaluation.limit.{name}") for name in LIMITS)
    heads = tuple(say(f"evaluation.files_head.{name}") for name in ("file", "format", "bytes", "digest"))
    files = tuple((source.name, source.format, source.size, source.digest) for source in e.sources)
    return Page(
        short(e.name, TITLE),
        say("page.mark.evaluate"),
        known,
        who,
        _sections(e, found, picture.title),
        (*left_out, *limits),
        "evaluate",
        picture,
        inputs=Table(say("evaluation.files"), heads, files),
        caveats=e.caveats,
        short=short_page(e, found, known, who, left_out, limits),
    )


def _on_whom(e: Evaluation, found: Kinds) -> str:
    """Say on whom and what it was measured, and that it is not the field."""
    few = "few" if e.subjects < FEW_SUBJECTS else "subjects"
    subjects = say(f"evaluation.on.{few if e.subjects else 'nobody'}", n=grouped(e.subjects))
    trials = [basis(both[0]) for both in found]
    both = say("evaluation.on.both", first=trials[0], second=trials[1]) if len(trials) > 1 else "".join(trials)
    return say(
        "evaluation.on.whom" if found else "evaluation.on.nothing", who=subjects, image=image(e.image_kind), trials=both
    )


def _how(e: Evaluation) -> Section:
    values = {"level": level(e), "seed": str(e.seed), "n": grouped(e.subjects)}
    how = say("evaluation.how.subjects" if e.subjects else "evaluation.how.nobody", **values)
    return Section("how", say("page.how.title"), say("page.how.evaluate"), points=(how,))


def _picture(e: Evaluation, found: Kinds) -> ChartData:
    """Return the first trade-off that there is, else ranks."""
    for both in found:
        chart = trade_off(e, both)
        if chart.records:
            return chart
    if e.searches is not None and e.searches.cmc is not None:
        return ranks(e, e.searches, found[-1][0])
    nothing = Table("", (), (), distance=HERE)
    return ChartData("intervals", say("evaluation.empty.title"), say("evaluation.empty.text"), (), nothing)


def _sections(e: Evaluation, found: Kinds, pictured: str) -> tuple[Section, ...]:
    return (
        _how(e),
        *(section(e, both, pictured) for both in found),
        *([groups.section(e, e.differentials)] if e.differentials else []),
        *([growth.section(e, e.growth)] if e.growth else []),
        *([spread.menagerie(e, e.menagerie)] if e.menagerie else []),
        *([spread.difference(e)] if e.compared else []),
        *([Section("assumed", say("page.part.assumed"), "", points=e.assumed)] if e.assumed else []),
    )
