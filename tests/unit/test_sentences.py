"""No sentence of a page is written in the source: rooms that draw pages hold keys, the catalogue holds words."""

import ast
import re
from pathlib import Path

SRC = Path(__file__).parents[2] / "src" / "misid"
ROOMS = ("findings", "report", "charts")
SQL = re.compile(r"\b(SELECT|FROM|AND|AS|CASE|WHEN|VIEW|FILTER|IN)\b| (=|<>) '")  # told to a database, not to a reader
WORDS = 3  # a constant with so many words or more is a sentence
CODE = ("datum.", " ? ", "sans-serif", "::")  # expressions of Vega, CSS, and SQL
# Modules that still hold sentences. It only ever gets shorter.
LEFT: frozenset[str] = frozenset()


def _brings(node: ast.AST) -> bool:
    """Whether a module that stands alone brings its sentences to the catalogue there."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "add"


def _sentences(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    passed: set[ast.AST] = set()
    for node in ast.walk(tree):
        # Documentation, and errors that only a developer can cause.
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(node.value)
        elif isinstance(node, ast.Raise | ast.Assert) or _brings(node):
            passed.update(ast.walk(node))
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and node not in passed:
            # Names of figures and keys have no space in them.
            text = "".join(v.value if isinstance(v, ast.Constant) else "x" for v in node.values)
            passed.update(ast.walk(node))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in passed:
            text = node.value
        else:
            continue
        if any(sign in text for sign in CODE):
            continue
        words = [word for word in text.split() if any(c.isalpha() for c in word)]
        if len(words) >= WORDS and not SQL.search(text):
            found.append(text)
    return found


def test_pages_take_their_sentences_from_the_catalogue() -> None:
    holding = {
        str(path.relative_to(SRC)): texts
        for room in ROOMS
        for path in sorted((SRC / room).rglob("*.py"))
        if (texts := _sentences(path))
    }
    assert {name: texts for name, texts in holding.items() if name not in LEFT} == {}
    assert LEFT - holding.keys() == frozenset(), "these are free of sentences: take them off the list"


def test_what_is_noted_in_reading_comes_from_the_catalogue() -> None:
    written = [
        f"{path.name}: {ast.unparse(node.args[0])[:60]}"
        for path in sorted((SRC / "evaluation/reading").glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note"
        if any(isinstance(part, ast.JoinedStr) for part in node.args[:1]) or isinstance(node.args[0], ast.Constant)
    ]
    assert written == []
