"""Measure the source: code lines by room, names that two modules share, the longest chain of imports, import circles.

    python tools/house.py [--names] [--json] [--limits] [PATH...]

A code line carries a token that is neither a comment nor part of a docstring, in the text as ``ruff format``
leaves it at 120 columns, so that no line is won by writing wider or denser than the formatter would.
"""

from __future__ import annotations

import argparse
import ast
import io
import json
import shutil
import subprocess
import sys
import tempfile
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from graphlib import TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "misid"
WIDTH = 120
TOP = "top"  # files that lie in no room
SPOKEN = frozenset({"findings", "charts", "report", "pages"})  # rooms that word and draw; all others are the engine
# The bars of --limits: none may be exceeded.
LIMITS = {"engine_lines": 16_500, "files": 240, "chain": 16, "functions": 30, "classes": 5, "circles": 0}
NO_CODE = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.COMMENT}

Graph = Mapping[str, set[str]]
Names = dict[str, list[str]]


@dataclass
class Lines:
    """Counts of one file, one room, or all."""

    code: int = 0
    raw: int = 0
    comment: int = 0
    files: int = 0

    def __add__(self, other: Lines) -> Lines:
        return Lines(
            self.code + other.code, self.raw + other.raw, self.comment + other.comment, self.files + other.files
        )


@dataclass
class House:
    """What one folder of source measures."""

    rooms: dict[str, Lines]
    functions: Names
    classes: Names
    chain: list[str]
    circles: list[list[str]]

    @property
    def total(self) -> Lines:
        return sum(self.rooms.values(), Lines())

    @property
    def engine(self) -> Lines:
        return sum((lines for room, lines in self.rooms.items() if room not in SPOKEN), Lines())

    def measures(self) -> dict[str, int]:
        """Return the numbers that have a bar."""
        return {
            "engine_lines": self.engine.code,
            "files": self.total.files,
            "chain": max(len(self.chain) - 1, 0),
            "functions": len(self.functions),
            "classes": len(self.classes),
            "circles": len(self.circles),
        }

    def to_json(self) -> dict[str, object]:
        return {
            "rooms": {room: asdict(lines) for room, lines in sorted(self.rooms.items())},
            "total": asdict(self.total),
            "engine": asdict(self.engine),
            "measures": self.measures(),
            "functions": self.functions,
            "classes": self.classes,
            "chain": self.chain,
            "circles": self.circles,
        }


def measure(root: Path) -> House:
    """Measure all Python files below ``root``, which is taken for a package of its own name."""
    rooms: dict[str, Lines] = defaultdict(Lines)
    for path, text in formatted(root).items():
        rooms[path.parts[0] if len(path.parts) > 1 else TOP] += count(text)
    trees, homes = read_modules(root, root.rglob("*.py"))
    graph = {module: imports(module, tree, trees.keys(), homes) for module, tree in trees.items()}
    knots = strongly_connected(graph)
    return House(
        dict(rooms),
        shared(trees, (ast.FunctionDef, ast.AsyncFunctionDef)),
        shared(trees, (ast.ClassDef,)),
        longest_chain(graph, knots),
        sorted(knot for knot in knots if len(knot) > 1),
    )


def read_modules(root: Path, paths: Iterable[Path]) -> tuple[dict[str, ast.Module], dict[str, str]]:
    """Return the tree of each module, and where each name is that a front offers."""
    trees = {module_of(root, path): ast.parse(path.read_text("utf-8")) for path in sorted(paths)}
    return trees, {name: home for module, tree in trees.items() for name, home in offered(module, tree).items()}


def formatted(root: Path) -> dict[Path, str]:
    """Return every Python file as ``ruff format`` leaves it, by its path below ``root``."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / root.name
        shutil.copytree(root, copy, ignore=lambda at, names: {n for n in names if not _wanted(Path(at) / n)})
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--quiet"]
        subprocess.run([*command, "--line-length", str(WIDTH), str(copy)], check=True)
        return {path.relative_to(copy): path.read_text("utf-8") for path in sorted(copy.rglob("*.py"))}


def _wanted(path: Path) -> bool:
    return path.is_dir() or path.suffix == ".py"


def count(text: str) -> Lines:
    """Count the lines of one file."""
    code: set[int] = set()
    comment: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
        elif token.type == tokenize.COMMENT:
            comment.add(token.start[0])
    return Lines(len(code - docstrings(text)), len(text.splitlines()), len(comment - code), 1)


def docstrings(text: str) -> set[int]:
    """Return the numbers of the lines of docstrings."""
    found: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                is_text = isinstance(first.value.value, str)
                found.update(range(first.lineno, (first.end_lineno or first.lineno) + 1) if is_text else ())
    return found


def module_of(root: Path, path: Path) -> str:
    parts = (root.name, *path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def shared(trees: Mapping[str, ast.Module], kinds: tuple[type[ast.stmt], ...]) -> Names:
    """Return the public names that two or more modules define at their top level, each with its modules."""
    found: dict[str, set[str]] = defaultdict(set)
    for module, tree in trees.items():
        for node in tree.body:
            name = getattr(node, "name", "_")
            if isinstance(node, kinds) and not name.startswith("_"):
                found[name].add(module)
    return {name: sorted(modules) for name, modules in sorted(found.items()) if len(modules) > 1}


def offered(module: str, tree: ast.Module) -> dict[str, str]:
    """Return where each name is that a front offers: a package that calls ``front`` and lists them for type checkers.

    A front hides nothing here: who imports a name from it imports the module that has the name.
    """
    calls = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    if "front" not in calls:
        return {}
    listed = {id(node) for node in run_statements(tree)}
    return {
        f"{module}.{alias.asname or alias.name}": node.module or ""
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and id(node) not in listed
        for alias in node.names
    }


def imports(module: str, tree: ast.Module, modules: Iterable[str], homes: Mapping[str, str]) -> set[str]:
    """Return which of the modules one of them imports, anywhere in it but for the type checker alone."""
    known, found = set(modules), set[str]()
    for node in run_statements(tree):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = node.module or ""
            for name in (f"{source}.{alias.name}" for alias in node.names):
                found.add(name if name in known else homes.get(name, source))
    # Who imports a front as a module may ask it for every name.
    found |= {home for name, home in homes.items() if name.rpartition(".")[0] in found}
    return (found & known) - {module}


def run_statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield every node but those under ``if TYPE_CHECKING``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            yield from (inner for child in node.orelse for inner in (child, *run_statements(child)))
        else:
            yield node
            yield from run_statements(node)


def reachable(graph: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    todo = [start]
    while todo:
        new = graph[todo.pop()] - seen
        seen |= new
        todo += new
    return seen


def strongly_connected(graph: Graph) -> list[list[str]]:
    """Return the modules in knots: those that reach each other are in one, every other is alone."""
    beyond = {module: reachable(graph, module) for module in graph}
    knots = {tuple(sorted({m} | {other for other in beyond[m] if m in beyond[other]})) for m in graph}
    return [list(knot) for knot in sorted(knots)]


def longest_chain(graph: Graph, knots: list[list[str]]) -> list[str]:
    """Return the longest path of imports, each circle as one stop: the importer first."""
    stop_of = {module: " <-> ".join(knot) for knot in knots for module in knot}
    stops: dict[str, set[str]] = defaultdict(set)
    for module, others in graph.items():
        stops[stop_of[module]] |= {stop_of[other] for other in others} - {stop_of[module]}
    best: dict[str, list[str]] = {}
    for stop in TopologicalSorter(stops).static_order():
        best[stop] = [stop, *max((best[other] for other in sorted(stops[stop])), key=len, default=[])]
    return max((best[stop] for stop in sorted(best)), key=len, default=[])


def printed(house: House, names: bool) -> Iterator[str]:
    """Yield the table and the lines below it."""
    yield f"{'room':<24}{'code':>9}{'raw':>9}{'comment':>9}{'files':>7}"
    rows = [*sorted(house.rooms.items()), ("total", house.total), ("rooms of the engine", house.engine)]
    for room, lines in rows:
        yield f"{room:<24}{lines.code:>9,}{lines.raw:>9,}{lines.comment:>9,}{lines.files:>7,}"
    yield ""
    for what, found in (("functions", house.functions), ("classes", house.classes)):
        yield f"public {what} whose name occurs in two or more modules: {len(found)}"
        if names:
            yield from (f"  {name}: {', '.join(modules)}" for name, modules in found.items())
    yield f"longest import chain: {house.measures()['chain']} (arrows; a circle is one stop)"
    yield from (f"  {'-> ' if at else '   '}{stop}" for at, stop in enumerate(house.chain))
    yield f"import circles: {len(house.circles)}"
    yield from (f"  {' <-> '.join(circle)}" for circle in house.circles)


def over(house: House, limits: Mapping[str, int]) -> list[str]:
    """Return one line for each bar that is exceeded."""
    found = house.measures()
    return [f"{name}: {found[name]:,}, at most {most:,}" for name, most in limits.items() if found[name] > most]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Measure the source.")
    parser.add_argument("paths", nargs="*", type=Path, default=[SOURCE], metavar="PATH", help="a package's folder")
    parser.add_argument("--names", action="store_true", help="print the shared names with their modules")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    parser.add_argument("--limits", action="store_true", help="exit 1 when a bar is exceeded")
    asked = parser.parse_args(arguments)
    houses = {str(path): measure(path.resolve()) for path in asked.paths}
    if asked.json:
        found = [{"path": path} | house.to_json() for path, house in houses.items()]
        print(json.dumps(found[0] if len(found) == 1 else found, indent=1))
    else:
        for path, house in houses.items():
            print("\n".join([*([f"\n{path}"] if len(houses) > 1 else []), *printed(house, asked.names)]))
    faults = [fault for house in houses.values() for fault in over(house, LIMITS)] if asked.limits else []
    for fault in faults:
        print(f"over the bar: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
