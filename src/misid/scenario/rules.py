"""Rules by name, and rules joined by a plus sign: ``lead_only+documents_count`` asks for both.

A joined rule is an ordinary `Rule`, so that whatever computes with one need not know that it was joined.  Its numbers
are those of the parts, as objects, wherever one part alone decides; where several do, they are derived here, by value
and by both ends, and have no path in the scenario.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from misid.errors import Fault, InvalidInput, UnknownName
from misid.quantities import Grade, Quantity
from misid.scenario.schema import Rule, Scenario

JOIN = "+"
PASSES = ("wrong_person_passes", "wrong_record_passes", "right_hit_passes")


def rule_parts(name: str) -> tuple[str, ...]:
    """Return the names that a joined name joins; of a plain name, itself."""
    return tuple(part.strip() for part in name.split(JOIN))


def rule_named(scenario: Scenario, name: str) -> Rule:
    """Return a rule of a scenario by its name, or the rule that joins several by ``a+b``.

    Raises
    ------
    UnknownName
        If the scenario has no rule of one of the names.
    InvalidInput
        If the rules joined contradict each other.
    """
    return scenario.rules[name] if name in scenario.rules else joined_rule(scenario, name)


def joined_rule(scenario: Scenario, name: str) -> Rule:
    """Return the rule that asks for all that its parts ask for; errors as for `rule_named`.

    A hit must pass every part, each by itself: pass rates multiply.  A document, and a search without a hit, count as
    under the part where they count most.  At most one part chooses who is photographed, and at most two people read.
    """
    names = rule_parts(name)
    for part in names:
        if part not in scenario.rules:
            raise UnknownName("rule", part, scenario.rules)
    parts = [scenario.rules[part] for part in names]
    if len(parts) == 1:
        return parts[0]
    faults = [Fault("", 0, f"rule {name}", what, fix) for what, fix in contradictions(names, parts)]
    if faults:
        raise InvalidInput(faults)
    readers = [part.readers for part in parts if part.readers and _rejects(part)]
    return Rule(
        title=", and ".join(part.title for part in parts),
        **{rate: _product([getattr(part, rate) for part in parts], names) for rate in PASSES},
        document_believed=_largest([part.document_believed for part in parts], names),
        no_hit_action=_largest([part.no_hit_action for part in parts], names),
        scans=next((part.scans for part in parts if part.scans != "everyone"), "everyone"),
        claimed_identity_first=any(part.claimed_identity_first for part in parts),
        response="code" if any(part.response == "code" for part in parts) else "record",
        readers=min(2, sum(readers)) if readers else min(part.readers for part in parts),
    )


def contradictions(names: Sequence[str], rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Find why rules cannot be joined: what is wrong, and what to do."""
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{name} is joined with itself", "name it once"
    choosing = []
    for name, rule in dict(zip(names, rules, strict=True)).items():
        if rule.scans == "nobody":
            yield f"under {name} nobody is photographed: there is nothing to join it with", "name it alone"
        elif rule.scans != "everyone":
            choosing.append(name)
        if is_final(rule):
            yield f"under {name} the hit is final: no other rule can stand beside it", f"leave {name} out"
    if len(choosing) > 1:
        yield f"{' and '.join(choosing)} both choose who is photographed", "keep one of them"


def is_final(rule: Rule) -> bool:
    """Whether every hit leads to the action, whatever else is asked or shown."""
    passes = all(getattr(rule, rate).value == 1.0 for rate in PASSES) and rule.document_believed.value == 0.0
    return passes and rule.scans == "everyone" and not rule.claimed_identity_first and rule.response == "record"


def _rejects(rule: Rule) -> bool:
    """Whether the people who read under a rule turn any hit away."""
    return rule.wrong_person_passes.value < 1.0 or rule.right_hit_passes.value < 1.0


def _product(rates: Sequence[Quantity], names: Sequence[str]) -> Quantity:
    """Multiply pass rates; one that is left beside ones is returned itself."""
    left = [(name, rate) for name, rate in zip(names, rates, strict=True) if (rate.low, rate.high) != (1.0, 1.0)]
    if len(left) < 2:
        return left[0][1] if left else rates[0]
    return _derived(
        [rate for _, rate in left],
        [math.prod(getattr(rate, end) for _, rate in left) for end in ("value", "low", "high")],
        " times ".join(name for name, _ in left) + ", each by itself",
    )


def _largest(shares: Sequence[Quantity], names: Sequence[str]) -> Quantity:
    """Return the largest share; one that is the largest by value and both ends is returned itself."""
    ends = ("value", "low", "high")
    most = [max(getattr(share, end) for share in shares) for end in ends]
    for share in shares:
        if [getattr(share, end) for end in ends] == most:
            return share
    return _derived(shares, most, "the larger of " + " and ".join(names))


def _derived(of: Sequence[Quantity], ends: Sequence[float], source: str) -> Quantity:
    value, low, high = ends
    return Quantity(value=value, low=low, high=high, unit=of[0].unit, source=f"derived: {source}", grade=Grade.D)
