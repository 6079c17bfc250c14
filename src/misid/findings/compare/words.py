"""What is said of rules beside the one in force: which of them help, what they cost, and whom they cannot help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from misid.expected import Array
from misid.findings.compare.effects import RuleEffects
from misid.findings.estimates import Estimates
from misid.findings.questions.registry import CAUSES, condition, photographed
from misid.scenario import rule_named, rule_parts
from misid.vocabulary.catalogue import say
from misid.vocabulary.numbers import format_number, listing

MOST_NAMED = 3  # rules that a sentence names; more are counted
LONGEST = 12  # words of all their titles; longer ones are counted too
NONE = 1e-9  # people; fewer are rounding
UNLIKE = 3.0  # times the share of one status that a rule spares of another, from which both are said


def rule_title(e: Estimates, rule: str) -> str:
    """Return a rule, or rules joined by +, in words."""
    return listing([e.scenario.rules[part].title for part in rule_parts(rule)])


def rule_quoted(e: Estimates, rule: str) -> str:
    """Return a rule as it stands within a sentence."""
    return say("rules.quoted", rule=rule_title(e, rule))


def span(e: Estimates) -> str:
    """Return over what a sentence goes: how many strangers are ``named``; or just who is ``shown`` or compared."""
    return "named" if e.scenario.candidates.floor and e.scenario.purpose == "identify" else "shown"


class RuleWords:
    """The sentences on rules, with numbers where one in a hundred strangers is named, or at the scenario's own threshold."""

    def __init__(self, e: Estimates) -> None:
        self.e, self.r = e, e.once(("rules",), lambda: RuleEffects(e))
        self.row, self.force, self.others = self.r.reference, self.r.rules[0], self.r.rules[1:]
        # Where nobody is searched there is nothing to remove.
        self.searching = [rule for rule in self.others if rule_named(self.e.scenario, rule).scans != "nobody"]
        self.helping = [rule for rule in self.searching if self.r.helps(rule)]
        self.at = condition(e, (self.r.places[self.row].phi,))

    def now(self, outcome: str) -> str:
        """Write how many there are under the rule in force."""
        return format_number(float(self.r.count(self.force, outcome)[self.row]))

    def quoted(self, rules: Sequence[str]) -> list[str]:
        """Return rules as they stand within a sentence."""
        return [rule_quoted(self.e, rule) for rule in rules]

    def which_help(self) -> str:
        """Say which rules spare people at every threshold, whoever is enrolled and however often records are wrong."""
        n, of, how = len(self.helping), len(self.others), span(self.e)
        if not of:
            return say("rules.alone")
        if not n:
            return say(f"rules.none_helps.{how}")
        if n == of > 1:
            return say(f"rules.all_help.{how}", n=n)
        words = " ".join(rule_title(self.e, rule) for rule in self.helping).split()
        if n > 1 and (n > MOST_NAMED or len(words) > LONGEST):
            return say(f"rules.many_help.{how}", n=n, of=of)
        return say(f"rules.some_help.{how}", rules=self.quoted(self.helping))

    def counts(self) -> str:
        """Say how many are acted on without support under the rule in force."""
        return say("rules.counts", at=self.at, n=self.now("unsupported"), of=photographed(self.e))

    def most(self) -> str:
        """Return the rule that spares most there; empty if none helps."""
        return next(iter(self._leaders([self.row])), "")

    def spares_most(self, at: str = "") -> Iterator[str]:
        """Say of the rule that spares most there what it costs."""
        if rule := self.most():
            removed, lost = (self.r.difference(rule, o).value[[self.row]] for o in ("unsupported", "supported"))
            yield say(
                f"rules.{'most' if len(self.helping) > 1 else 'only'}.{changes(lost)}",
                at=at or self.at,
                rule=rule_quoted(self.e, rule),
                n=self.now("unsupported"),
                removed=float(removed[0]),
                lost=abs(float(lost[0])),
                supported=self.now("supported"),
            )

    def leads(self) -> Iterator[str]:
        """Say up to how many strangers named which rule spares most, if it is not the same for all."""
        rows = sorted(range(len(self.r.places)), key=lambda row: self.r.places[row].phi)
        best = self._leaders(rows)
        turns = [i for i in range(1, len(best)) if best[i] != best[i - 1]]
        if turns:
            parts = [
                say("rules.leads.to", rule=rule_quoted(self.e, best[i - 1]), phi=self.r.places[rows[i - 1]].phi)
                for i in turns
            ]
            yield say("rules.leads.all", parts=parts, last=rule_quoted(self.e, best[-1]))

    def _leaders(self, rows: Sequence[int]) -> list[str]:
        removed = {rule: self.r.difference(rule, "unsupported").value for rule in self.helping}
        return [max(removed, key=lambda rule: float(removed[rule][row])) for row in rows if removed]

    def out_of_reach(self) -> Iterator[str]:
        """Say of each cause which of the rules that help leave it exactly as it is."""
        for cause in CAUSES:
            blind = [rule for rule in self.helping if cause in self.r.untouched(rule)]
            about = {"n": self.now(cause), "of": self.now("unsupported")}
            if blind == [self.most()]:
                yield say(f"rules.reach.{cause}.it", **about)
            elif len(blind) > MOST_NAMED:
                yield say(f"rules.reach.{cause}.many", rules=len(blind), helping=len(self.helping), **about)
            elif blind:
                yield say(f"rules.reach.{cause}.some", rules=self.quoted(blind), **about)

    def for_whom(self) -> Iterator[str]:
        """Say of the first rule that cannot touch a cause whom it spares most and least of, if that differs much."""
        row = self.row
        for rule in (rule for rule in self.helping if self.r.untouched(rule)):
            spared = {}
            for status in self.e.harmed:
                of = float(self.r.count(self.force, "unsupported", status)[row])
                if of > NONE:
                    spared[status] = float(self.r.difference(rule, "unsupported", status).value[row]), of
            by_share = sorted(spared, key=lambda status: spared[status][0] / spared[status][1])
            if by_share and spared[by_share[-1]][0] > NONE:
                (few, few_of), (many, many_of) = spared[by_share[0]], spared[by_share[-1]]
                if many / many_of > UNLIKE * few / few_of:
                    fewest, most = (self.e.scenario.statuses[by_share[i]].title for i in (0, -1))
                    about = {"most": most, "many": many, "many_of": many_of, "few": few, "few_of": few_of}
                    yield say("rules.for_whom", rule=rule_quoted(self.e, rule), fewest=fewest, **about)
                    return


def changes(lost: Array) -> str:
    """Say in a word whether actions are lost, gained, or neither."""
    return "none" if (np.abs(lost) < NONE).all() else "gains" if (lost < 0).all() else "loses"
