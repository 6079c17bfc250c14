"""The catalogue: keys, plurals, forms; each key used, each use a key; nothing that a reader sees written elsewhere."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from misid.vocabulary.catalogue import add, keys, pieces, say, speaking
from misid.vocabulary.numbers import FORMATS, format_number

SRC = Path(__file__).parents[2] / "src" / "misid"
ROOMS = ("findings", "report", "charts", "vocabulary")
CALLS = {"say", "pieces", "Text"}
KEY = re.compile(r"^[a-z0-9_]+(\.[a-z0-9_{}]+)+$")


def _uses() -> Iterator[tuple[str, str]]:
    """Yield every key that the source and the templates ask for; what stands for a name within it reads ``{}``."""
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and KEY.match(node.value):
                yield node.value, path.name
            elif isinstance(node, ast.JoinedStr):
                text = "".join(v.value if isinstance(v, ast.Constant) else "{}" for v in node.values)
                if KEY.match(text):
                    yield text, path.name
    for path in SRC.rglob("*.j2"):
        for key in re.findall(r"say\(\s*[\"']([^\"']+)[\"']", path.read_text()):
            yield f"{key}{{}}" if key.endswith(".") else key, path.name


def test_every_message_is_used() -> None:
    patterns = [re.compile(re.escape(use).replace(r"\{\}", r"[a-z0-9_.+-]+") + "$") for use, _ in set(_uses())]
    unused = [key for key in keys() if not any(p.match(key) for p in patterns)]
    assert unused == []


def test_every_key_in_a_call_exists() -> None:
    known = keys()
    missing = []
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            called = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS
            if called and node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value not in known:
                missing.append((path.name, node.args[0].value))
    assert missing == []


def test_every_form_is_known() -> None:
    for key, text in keys().items():
        for one in (text,) if isinstance(text, str) else text.values():
            for form in re.findall(r"\{\w*:([^}]*)\}", one):
                assert form in FORMATS, (key, form)


def test_singular_and_plural() -> None:
    assert [say("number.references", n=n) for n in ("1", 1, 2, 12_345, "200 million")] == [
        "1 reference",
        "1 reference",
        "2 references",
        "12,345 references",
        "200 million references",
    ]
    with pytest.raises(KeyError, match="no n"):
        pieces("number.references")


def test_another_language_brings_its_words_and_its_marks() -> None:
    add("xx", "number", {"group": "\N{THIN SPACE}", "decimal": ",", "million": "{x} Mio"})
    with speaking("xx"):
        assert format_number(12345.0) == "12\N{THIN SPACE}000"
        assert say("number.million", x="1,2") == "1,2 Mio"
    assert format_number(12345.0) == "12,000"


def test_a_change_touches_the_words_and_not_the_values() -> None:
    with speaking(change=lambda key, text: text.upper()):
        assert say("number.range", low="a", high="b") == "a TO b"
