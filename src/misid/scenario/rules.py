"""Rules by name, and rules joined by a plus sign: ``lead_only+documents_count`` asks for both.

A joined rule is an ordinary `Rule`, so that whatever computes with one need not know that it was joined.  Its numbers
are those of the parts, as objects, wherever one part alone decides; where several do, they are derived here, by value
and by both ends, and have no path in the scenario.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from misid.errors import Fault, InvalidInput, UnknownName
from misid.quantities import Grade, Quantity
from misid.scenario.schema import Rule, Scenario

JOIN = "+"
PASSES = ("wrong_person_passes", "wrong_record_passes", "right_hit_passes")
JOINED = (*PASSES, "document_believed", "no_hit_action")


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

    How its numbers follow says `joined`.  At most one part chooses who is photographed, and at most two people read.
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
        **{number: _together(number, parts, names) for number in JOINED},
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


def joined(number: str, values: Sequence[Any]) -> Any:
    """Return a number of rules that are joined from that of each of them; values may be numbers or arrays alike.

    Each part checks by itself, so that pass rates multiply.  A document, and a search without a hit, count as under the
    part where they count most.
    """
    return (np.prod if number in PASSES else np.max)(values, axis=0)


def _together(number: str, parts: Sequence[Rule], names: Sequence[str]) -> Quantity:
    """Join one number of several rules; that of the part that alone decides it is returned itself."""
    each: list[Quantity] = [getattr(part, number) for part in parts]
    value, low, high = (float(joined(number, [getattr(q, end) for q in each])) for end in ("value", "low", "high"))
    for q in each:
        if (q.value, q.low, q.high) == (value, low, high):
            return q
    if number in PASSES:
        checking = [name for name, q in zip(names, each, strict=True) if (q.low, q.high) != (1.0, 1.0)]
        source = f"derived: {' times '.join(checking)}, each by itself"
    else:
        source = f"derived: the larger of {' and '.join(names)}"
    return Quantity(value=value, low=low, high=high, unit=each[0].unit, source=source, grade=Grade.D)
