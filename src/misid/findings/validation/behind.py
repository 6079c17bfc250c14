"""Which tables of predictions stand behind which answers of a scenario, and their headline miss.

From what ships with the package, so that a report of a scenario costs no validation; the pages on it load no engine.
"""

from __future__ import annotations

from collections.abc import Sequence

from misid.findings.estimates import LARGEST_TESTED, Estimates
from misid.findings.model import Section, Table
from misid.findings.validation.page import FAMILIES, Family, came, family_of, known, missed
from misid.findings.validation.tables import in_words, outside
from misid.validation import Digest, shipped
from misid.vocabulary import ImageKind
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import listing


def validated(r: Estimates, answered: Sequence[str], tests: Digest | None = None) -> Section | None:
    """Return what stands behind the answers of a scenario, by the ids of those that are answered.

    From the digest that ships unless another is given; None if nothing was tested.
    """
    tests = shipped() if tests is None else tests
    rows = []
    for family in FAMILIES:
        tables = tuple(table for table in tests.tables if family_of(table.code) is family)
        questions = tuple(id_ for id_ in family.questions if id_ in answered)
        if tables and questions:
            tested = (
                say("validation.behind.tested", table=t.title, came=came(t)) for t in tables if t in tests.distinct()
            )
            about = f"{family.title} {_here(r, family)}".strip()
            rows.append((about, listing(questions), " ".join(tested), _miss(Digest(tables))))
    texts = [say("validation.behind.text", known=known(tests))]
    texts += [say("validation.behind.own")] if r.measured is not None else []
    texts += [say("validation.behind.untested", what="; ".join(tests.not_validated))] if tests.not_validated else []
    heads = tuple(say(f"validation.behind.{name}") for name in ("rest_on", "answers", "beside", "worst"))
    table = (Table(say("validation.behind.title"), heads, tuple(rows)),) if rows else ()
    name = say("validation.behind.section")
    return Section("validated", name, " ".join(texts), tables=table) if tests.tables else None


def _miss(d: Digest) -> str:
    """Return the headline miss: the first goal that is not reached, and the row furthest outside."""
    furthest = [say("validation.behind.furthest", **in_words(row, table.per)) for table, row in outside(d)[:1]]
    return " ".join([*missed(d)[:1], *furthest]) or say("validation.behind.clean")


def _here(r: Estimates, family: Family) -> str:
    """Return where the scenario goes beyond what the tables of a family are about."""
    size = r.scenario.gallery.n_references.value
    if "growth" in family.stems and size > LARGEST_TESTED:
        return say("validation.behind.gallery", most=LARGEST_TESTED, n=size)
    if "kinds" in family.stems and r.scenario.algorithm.probe_image is ImageKind.STREET:
        return say("validation.behind.street")
    return ""
