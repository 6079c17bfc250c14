"""The measure of the source, on a small made-up package."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "__init__.py": '"""A package."""\n',
    "a.py": '''"""Top.

Of two paragraphs.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from small.findings import words

# a remark


def spread(x): return x  # beside code


def _hidden():
    """Doc."""
    return """text

    of three lines"""
''',
    "findings/__init__.py": "",
    "findings/words.py": "import small.a\nfrom small.twin import run, no_module\n\n\nclass Table:\n    pass\n",
    "twin/__init__.py": "VALUE = 1\n\n\ndef no_module():\n    pass\n",
    "twin/run.py": """def spread():
    from small.twin.back import _hidden
    return _hidden


class Table:
    def spread_of(self):
        pass
""",
    "twin/back.py": """from small.twin.run import spread
from small import a


def _hidden():
    return a, spread
""",
    "twin/table.csv": "not,code\n",
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("house", ROOT / "tools" / "house.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["house"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("source") / "small"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root


@pytest.fixture(scope="module")
def house(tool, small):
    return tool.measure(small)


def test_lines_are_counted_as_the_formatter_leaves_them(house, tool):
    # a.py: three lines of imports, two of spread() once it is broken in two, and four of _hidden() with its text.
    assert house.rooms["top"] == tool.Lines(code=9, raw=1 + 22, comment=1, files=2)
    assert house.rooms["findings"].code == 4
    assert {room: lines.files for room, lines in house.rooms.items()} == {"top": 2, "findings": 2, "twin": 3}
    # The formatter puts no line into twin/run.py but a blank one after the import.
    assert house.rooms["twin"] == tool.Lines(code=3 + 6 + 4, raw=5 + 9 + 6, comment=0, files=3)
    assert house.total.files == 7
    assert house.engine.code == house.total.code - 4


def test_names_of_two_modules_are_found(house):
    assert house.functions == {"spread": ["small.a", "small.twin.run"]}
    assert house.classes == {"Table": ["small.findings.words", "small.twin.run"]}


def test_chain_takes_a_circle_for_one_stop(house):
    assert house.circles == [["small.twin.back", "small.twin.run"]]
    assert house.chain == ["small.findings.words", "small.twin.back <-> small.twin.run", "small.a"]


def test_a_name_of_a_package_is_an_import_of_the_package(tool, small, house):
    trees = {path: (small / path).read_text("utf-8") for path in FILES if path.endswith(".py")}
    modules = {tool.module_of(small, small / path) for path in trees}
    words = tool.ast.parse(trees["findings/words.py"])
    assert tool.imports("small.findings.words", words, modules, {}) == {"small.a", "small.twin", "small.twin.run"}


def test_limits_and_json(tool, small, house, capsys, monkeypatch):
    assert tool.main([str(small), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["measures"] == house.measures()
    assert found["measures"] == {
        "engine_lines": 22, "files": 7, "chain": 2, "functions": 1, "classes": 1, "circles": 1
    }  # fmt: skip
    assert tool.main([str(small), "--limits", "--names"]) == 1
    said = capsys.readouterr()
    assert said.err == "over the bar: circles: 1, at most 0\n"
    assert "  spread: small.a, small.twin.run\n" in said.out
    monkeypatch.setitem(tool.LIMITS, "circles", 1)
    assert tool.main([str(small), "--limits"]) == 0


def test_a_front_hides_no_import(tool, tmp_path):
    files = {
        "front.py": "",
        "shop/__init__.py": "from typing import TYPE_CHECKING\nfrom pack.front import front\n"
        "if TYPE_CHECKING:\n    from pack.shop.back import BREAD\n"
        "__getattr__, __dir__, __all__ = front(__name__)\n",
        "shop/back.py": "import pack.shop.oven\nBREAD = 1\n",
        "shop/oven.py": "",
        "home.py": "from pack.shop import BREAD\n",
    }
    for name, text in files.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_text(text, "utf-8")
    assert tool.measure(tmp_path / "pack").chain == ["pack.home", "pack.shop.back", "pack.shop.oven"]
    (tmp_path / "pack" / "house.py").write_text("def f():\n    from pack import shop, home\n", "utf-8")
    assert tool.measure(tmp_path / "pack").chain == ["pack.house", "pack.home", "pack.shop.back", "pack.shop.oven"]
