"""Which fields of a complete scenario its template supplied, by the shortest paths that cover them.

A resolved scenario is itself a file that gives everything.  So what a file names under ``supplied`` still counts as
the template's, as far as the values there are the template's.
"""

from __future__ import annotations

from typing import Any

from misid.scenario.document import dotted_path
from misid.scenario.form import BlockPlace, Place, TablePlace, place_of
from misid.scenario.schema import Scenario

_OWN = ("schema", "template", "supplied", "name", "title")
_SETTLED = ("mix", "counts")  # what misid fills in a template's own operating points

Path = tuple[str, ...]


def supplied_by(template: Any, form: Any) -> list[str]:
    """Return the paths that a template supplied to a file, both in the form that people write."""
    if template is None:
        return []
    walk = _Walk({tuple(path.split(".")) for path in form.supplied or ()})
    _, found = walk.block(place_of(Scenario), template, form, (), _OWN)
    return sorted(found)


class _Walk:
    """Compares a template with a file, part by part; each answer is whether all is the template's, and what is."""

    def __init__(self, claimed: set[Path]) -> None:
        self.claimed = claimed

    def claims(self, path: Path) -> bool:
        """Whether the file says that a path is the template's."""
        return any(path[: len(whole)] == whole for whole in self.claimed)

    def claims_within(self, path: Path) -> bool:
        """Whether it says so of anything in it."""
        return any(whole[: len(path)] == path for whole in self.claimed)

    def part(self, place: Place, base: Any, own: Any, path: Path, *, replaces: bool) -> tuple[bool, list[str]]:
        """Compare what stands at one path; ``replaces`` where a file that gives anything of it gives all of it."""
        if base is None:
            return own is None or (self.claims(path) and self._settled(place, own, path)), []
        if own is None:
            return True, [dotted_path(path)]
        if replaces and not self.claims(path) and not self.claims_within(path):
            return False, []
        if isinstance(place, BlockPlace):
            whole, found = self.block(place, base, own, path)
        elif isinstance(place, TablePlace):
            whole, found = self._table(place, base, own, path, replaces=replaces)
        else:
            whole, found = self.claims(path) and place.fill(base, None) == place.fill(None, own), []
            return whole, [dotted_path(path)] if whole else []
        return whole, [dotted_path(path)] if whole and found else found

    def block(self, place: Place, base: Any, own: Any, path: Path, but: tuple[str, ...] = ()) -> tuple[bool, list[str]]:
        """Compare two blocks field by field."""
        assert isinstance(place, BlockPlace)
        answers = []
        for name, (attribute, info, inner) in place.fields.items():
            if name in but:
                continue
            extra = info.json_schema_extra
            replaces = isinstance(extra, dict) and extra.get("merge") == "replace"
            low, high = getattr(base, attribute), getattr(own, attribute)
            answers.append(self.part(inner, low, high, (*path, name), replaces=replaces))
        return _all(answers)

    def _table(self, place: TablePlace, base: Any, own: Any, path: Path, *, replaces: bool) -> tuple[bool, list[str]]:
        """Compare two tables entry by entry; what a file took out of its own table is no matter."""
        names = [name for name in dict.fromkeys([*base, *own]) if name in own or not replaces]
        return _all(
            (False, [])
            if name not in base
            else self.part(place.entry, base[name], own.get(name), (*path, str(name)), replaces=False)
            for name in names
        )

    def _settled(self, place: Place, own: Any, path: Path) -> bool:
        default = place.default()
        return path[-1] in _SETTLED or (default is not None and place.fill(default, None) == place.fill(None, own))


def _all(answers: Any) -> tuple[bool, list[str]]:
    found = list(answers)
    return all(whole for whole, _ in found), [path for _, paths in found for path in paths]
