import importlib
import sys
from pathlib import Path

import pytest

import misid
from misid.front import front

SOURCE = Path(misid.__path__[0])
FRONTS = sorted(p.parent.name for p in SOURCE.glob("*/__init__.py") if "misid.front" in p.read_text("utf-8"))


def test_most_rooms_have_a_front():
    assert {"algorithm", "evaluation", "scenario", "search", "statistics", "storage"} <= set(FRONTS)


@pytest.mark.parametrize("room", FRONTS)
def test_every_name_of_a_front_is_there(room):
    module = importlib.import_module(f"misid.{room}")
    assert module.__all__
    assert dir(module) == module.__all__
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match=r"module 'misid\.statistics' has no attribute 'nonsense'"):
        _ = importlib.import_module("misid.statistics").nonsense


def test_a_front_loads_nothing_before_it_is_asked(tmp_path, monkeypatch):
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from typing import TYPE_CHECKING\nfrom misid.front import front\nif TYPE_CHECKING:\n"
        "    from shop.window import BREAD, cake\n__getattr__, __dir__, __all__ = front(__name__)\n"
    )
    (package / "window.py").write_text("BREAD = 1\ndef cake(): return 2\n")
    monkeypatch.syspath_prepend(tmp_path)
    shop = importlib.import_module("shop")
    assert "shop.window" not in sys.modules
    assert (shop.BREAD, shop.cake(), shop.__all__) == (1, 2, ["BREAD", "cake"])
    assert front("shop")[2] == ["BREAD", "cake"]
