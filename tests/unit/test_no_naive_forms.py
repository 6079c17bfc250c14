"""No file of misid computes a small probability in a form that loses it to rounding.

``1 - (1 - p) ** n`` is 0 for p = 1e-17 whatever n is; ``-expm1(n * log1p(-p))`` is not.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "misid"

LOGS = {"log", "log2", "log10"}
POWERS = {"pow", "power", "float_power"}


def naive_forms(source: str) -> list[tuple[int, str]]:
    """Line and text of every expression in the source that loses a small probability."""
    found = [
        (node.lineno, ast.unparse(node))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.expr) and _is_naive(node)
    ]
    return sorted(found)


def _is_naive(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) in LOGS and len(node.args) >= 1 and _is_one_minus(node.args[0])
    if not isinstance(node, ast.BinOp):
        return False
    if isinstance(node.op, ast.Sub):
        if _is_one(node.left):
            return _is_exp(node.right) or _is_power_of_one_minus(node.right)
        return _is_exp(node.left) and _is_one(node.right)
    if isinstance(node.op, ast.Add):
        sides = (node.left, node.right), (node.right, node.left)
        return any(_is_one(one) and _is_negative_exp_or_power(other) for one, other in sides) or any(
            _is_minus_one(one) and _is_exp(other) for one, other in sides
        )
    return False


def _called(node: ast.expr) -> str:
    """Last part of the name that is called, so that np.exp, math.exp and exp are one."""
    if not isinstance(node, ast.Call):
        return ""
    name = node.func
    return name.attr if isinstance(name, ast.Attribute) else name.id if isinstance(name, ast.Name) else ""


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not isinstance(node.value, bool) and node.value == 1


def _is_minus_one(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and _is_one(node.operand)


def _is_one_minus(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and _is_one(node.left)


def _is_exp(node: ast.expr) -> bool:
    return _called(node) == "exp"


def _is_power_of_one_minus(node: ast.expr) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        return _is_one_minus(node.left)
    return isinstance(node, ast.Call) and _called(node) in POWERS and _is_one_minus(node.args[0])


def _is_negative_exp_or_power(node: ast.expr) -> bool:
    if not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)):
        return False
    return _is_exp(node.operand) or _is_power_of_one_minus(node.operand)


@pytest.mark.parametrize(
    "source",
    [
        "p = 1 - (1 - f) ** n",
        "p = 1.0 - (1.0 - f) ** (n * m)",
        "p = np.sum(1 - np.power(1 - f, n))",
        "p = 1 - pow(1 - f, n)",
        "p = -(1 - f) ** n + 1",
        "p = 1 - np.exp(-x)",
        "p = 1.0 - math.exp(-x)",
        "p = 1 - exp(x)",
        "p = -np.exp(-x) + 1",
        "p = 1 + -np.exp(-x)",
        "y = np.log(1 - x)",
        "y = math.log(1.0 - x / 2)",
        "y = numpy.log10(1 - x)",
        "y = np.exp(x) - 1",
        "y = k * (math.exp(x) - 1.0)",
        "y = -1 + np.exp(x)",
        "def f(x):\n    if x:\n        return [1 - np.exp(-v) for v in x]",
    ],
)
def test_a_planted_naive_form_is_caught(source: str) -> None:
    assert len(naive_forms(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "p = -np.expm1(n * np.log1p(-f))",
        "y = np.expm1(x) - 1",
        "y = np.log(x) - 1",
        "y = np.log1p(1 - x)",
        "y = np.log(2 - x)",
        "y = np.log(x - 1)",
        "p = (1 - f) ** n",
        "p = 1 - (2 - f) ** n",
        "p = 2 - np.exp(x)",
        "p = np.exp(x) + 1",
        "p = 1 - x",
        "p = 1 + np.exp(-x)",
        "'1 - np.exp(-x)'",
        "# 1 - (1 - f) ** n\nx = 1",
    ],
)
def test_a_sound_form_is_let_through(source: str) -> None:
    assert naive_forms(source) == []


def test_the_source_is_where_it_is_looked_for() -> None:
    assert (SOURCE / "statistics" / "growth.py").is_file()


def test_no_file_of_misid_has_a_naive_form() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{line}: {text}"
        for path in sorted(SOURCE.rglob("*.py"))
        for line, text in naive_forms(path.read_text(encoding="utf-8"))
    ]
    assert found == [], "write these with expm1 and log1p"
