"""Do two states of the source give the same answers?  The acceptance test of a change that must move none.

    python tools/same_answers.py OLD NEW

OLD and NEW are commits, or ``.`` for the working tree; ``--python PROGRAM`` runs NEW with the libraries of another
environment (``make floors`` builds one with the lowest versions).  Both run the commands listed here on the same
inputs, and every key, number and code of their JSON, CSV, chart data, exit codes and faults is compared exactly.
Prose, that is any text with a space in it, and what a command prints are listed, not judged.  Exit status: 0 the same,
1 not the same.
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import hashlib
import inspect
import io
import json
import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = ROOT / "tools" / "same_answers_allowed.txt"
CACHE = ROOT / ".cache" / "same_answers"
AT_ONCE = 2
LIMIT = 300  # seconds for one command
SHOWN = 100  # differences and changed prose printed; the file holds them all

# --- What is run.  {in}: the folder of inputs; {out}: the command's own; {card}: the card that `evaluate` wrote. ---

SCENARIOS = (
    "field-app",
    "field-app-careful",
    "field-app-coded",
    "police-live",
    "booking-photos",
    "booth-one-to-one",
)
CARDS = (
    *("nec_010", "idemia_6", "cognitec_3", "ntechlab_6", "camvi_2", "deepglint_001", "hyperverge_001"),
    *("innovatrics_015", "clearviewai_003", "paravision_3"),
)
PLANS = {
    "claim": "--fmr 1e-6 --confidence 95",
    "people": "--subjects 500 --images 4",
    "searches": "--fpir 0.003 --gallery 1000 --ratio 2",
    "uneven": "--fmr 1e-4 --subjects 60 --cv 2.5 --ratio 3 --power 0.9",
}
BOB, BASE, PYEER, LIR = ("{in}/peers/" + name for name in ("bob.measure", "bob.bio.base", "pyeer", "lir"))
EVALUATED = {
    "example": "{in}/examples/synthaam_mobilefacenet.npz --probes expression=1 --probes condition=2 "
    "--references expression=0 --group sex --image-kind webcam --card {card}",
    **{
        f"bob-{name}": f"{BOB}/{name}"
        for name in ("dev-1.txt", "dev-2.txt", "test-1.txt", "test-2.txt", "linsep.csv", "nonsep.csv")
    },
    **{
        f"bob-{name}": f"{BASE}/{name}"
        for name in (
            *("dev-4col.txt", "dev-5col.txt", "test-4col.txt", "test-5col.txt", "dev-4col.tar.gz", "scores-dev.csv"),
            *("scores-cmc-4col.txt", "scores-cmc-5col.txt", "scores-cmc-4col-open-set.txt"),
            *("scores-cmc-4col-open-set-one-error.txt", "scores-cmc-4col-open-set-two-errors.txt"),
            *("scores-nonorm-dev", "scores-ztnorm-dev", "scores-nonorm-openset-dev"),
        )
    },
    **{f"bee-{name}": f"{BASE}/{name}.mtx --mask {BASE}/{name}.mask" for name in ("scores", "search")},
    **{f"pyeer-{k}": f"{PYEER}/non_hist/exp{k}_true.txt {PYEER}/non_hist/exp{k}_false.txt" for k in (1, 2, 3)},
    "pyeer-counts": f"{PYEER}/hist/exp1_true.txt {PYEER}/hist/exp1_false.txt --histogram",
    **{f"pyeer-cmc-{k}": f"{PYEER}/cmc/exp{k}_scores.txt.gz --mates {PYEER}/cmc/exp{k}_tp.txt" for k in (1, 2)},
    "lir": f"{LIR}/LLR_KM.csv {LIR}/LLR_KNM.csv",
    "matrix": "{in}/made/matrix.csv --image-kind mugshot",
    "lists": "{in}/made/lists.csv --enrolled {in}/made/enrolled.txt --gallery-size 5000",
    "templates": "{in}/made/templates.npz --probes light=1 --references light=0 --group home --group sex",
    "groups": "{in}/made/pairs.parquet --group sex --image-kind kiosk --threshold 2 --threshold 3.5",
    "against": "{in}/made/pairs.parquet --against {in}/made/others.parquet",
    "nothing": "{in}/made/enrolled.txt",
}
WITH_PAGE = {"example", "lists", "templates", "groups", "against"}
API = "import json, misid; print(json.dumps(misid.run('booth-one-to-one').to_json(), sort_keys=True))"


@dataclass(frozen=True)
class Command:
    """One command line, after ``misid`` (or Python code), and how its answer is compared."""

    line: str
    code: str = ""
    each_line: bool = False  # what it prints is one code a line, and compared as such
    later: bool = False  # it reads what another command wrote
    listed: bool = False  # its differences are printed, and do not count
    optional: str = ""  # run only where `misid` has this command


def commands() -> dict[str, Command]:
    """Return all commands by name."""
    every = {
        f"run-{name}": Command(f"run {name} --encounters 20000 --seed 1 --workers 1 --out {{out}}")
        for name in SCENARIOS
    }
    every |= {
        f"compare-{name}": Command(f"compare {name} --policy all --encounters 5000 --seed 1 --workers 1 --out {{out}}")
        for name in SCENARIOS
    }
    every |= {f"closed-{name}": Command(f"run {name} --json") for name in SCENARIOS}
    every |= {
        f"evaluate-{name}": Command(f"evaluate {asked} {'' if name in WITH_PAGE else '--no-report'} --out {{out}}")
        for name, asked in EVALUATED.items()
    }
    every |= {f"plan-{name}": Command(f"plan {asked} --json") for name, asked in PLANS.items()}
    every |= {f"card-{name}": Command(f"card show {name} --json") for name in CARDS}
    every |= {f"show-{name}": Command(f"scenario show {name} --resolved") for name in SCENARIOS}
    return every | {
        "run-card": Command("run field-app --algorithm {card} --encounters 2000 --workers 1 --out {out}", later=True),
        "run-unknown": Command("run field-ap --json"),
        "plan-wrong": Command("plan --fmr 2"),
        "card-list": Command("card list", each_line=True),
        "card-table": Command("card show nec_010"),
        "scenario-list": Command("scenario list"),
        "scenario-text": Command("scenario show field-app"),
        "scenario-schema": Command("scenario schema"),
        "check-valid": Command("scenario check {in}/valid/*"),
        "check-invalid": Command("scenario check {in}/invalid/*"),
        "api": Command("", code=API),
        "validate": Command("validate --table growth_fnir --no-report --out {out}", listed=True, optional="validate"),
    }


# What provenance.json says of the place and the time, not of the answer.
PASSING = {"finished", "seconds", "machine", "system", "python", "dependencies", "misid", "files", "seal"}

# --- Inputs ---


def lay_inputs(source: Path, folder: Path) -> None:
    """Copy what the repository holds, and make the rest."""
    tests = source / "tests"
    for name, at in {
        "peers": tests / "data" / "peers",
        "valid": tests / "conformance" / "valid",
        "invalid": tests / "conformance" / "invalid",
        "examples": source / "examples",
    }.items():
        shutil.copytree(at, folder / name, ignore=shutil.ignore_patterns("*.expect", ".gitattributes"))
    make_files(folder / "made")


def make_files(folder: Path) -> None:
    """Make a score matrix, candidate lists, templates and comparisons of people who do not exist; always the same."""
    import duckdb
    import numpy as np

    folder.mkdir()
    draw = np.random.default_rng(20_000)
    people, each = 80, 3
    mean = draw.normal(size=(people, 16))
    vectors = np.repeat(mean, each, axis=0) + 0.6 * draw.normal(size=(people * each, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    subject = np.repeat(np.arange(people), each)
    light = np.tile(np.arange(each, dtype=np.int8), people)
    home, sex = (subject % 2).astype(np.int8), (subject // 2 % 2).astype(np.int8)
    np.savez(folder / "templates.npz", embedding=vectors, subject=subject, light=light, home=home, sex=sex)

    score = 5 * vectors[light == 1] @ vectors[light == 0].T
    names = [f"p{i:03}" for i in range(people)]
    rows = [
        ",".join(["", *names]),
        *(",".join([n, *(f"{s:.5f}" for s in r)]) for n, r in zip(names, score, strict=True)),
    ]
    (folder / "matrix.csv").write_text("\n".join(rows) + "\n", "utf-8")

    known = names[: people // 2]  # the others are searched, and are not enrolled
    rows = ["search,probe_subject,rank,reference_subject,score"]
    for i, name in enumerate(names):
        best = sorted(((float(s), n) for s, n in zip(score[i], names, strict=True) if n in known), reverse=True)[:10]
        rows += [f"s{i},{name},{rank},{other},{s:.5f}" for rank, (s, other) in enumerate(best, 1)]
    (folder / "lists.csv").write_text("\n".join(rows) + "\n", "utf-8")
    (folder / "enrolled.txt").write_text("\n".join(known) + "\n", "utf-8")

    for name, noise in (("pairs", 0.0), ("others", 0.5)):
        rows = ["probe_subject,reference_subject,score,probe_sex,reference_sex"]
        noisy = score + noise * draw.normal(size=score.shape)
        for (i, j), s in np.ndenumerate(noisy):
            rows.append(f"{names[i]},{names[j]},{s:.5f},{'fm'[i // 2 % 2]},{'fm'[j // 2 % 2]}")
        (folder / "table.csv").write_text("\n".join(rows) + "\n", "utf-8")
        reader = f"read_csv('{folder / 'table.csv'}', header = true)"
        duckdb.sql(f"copy (select * from {reader}) to '{folder / name}.parquet' (format parquet)")
    (folder / "table.csv").unlink()


# --- Running ---


def git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Lay out a commit in a folder of its own for as long as it is needed; the working tree is where it is."""
    if commit == ".":
        yield ROOT
        return
    folder = CACHE / f"checkout-{os.getpid()}-{commit[:12]}"
    git("worktree", "add", "--quiet", "--detach", str(folder), commit)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


@dataclass(frozen=True)
class Side:
    """One state of the source, and the folder in which its commands run."""

    source: Path
    folder: Path
    program: str

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        # One thread each: two commands run at a time.  Colour and width are the terminal's, not the answer's.
        fixed = {"PYTHONPATH": str(self.source / "src"), "COLUMNS": "120", "NO_COLOR": "1", "TZ": "UTC"}
        return subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            env=os.environ | fixed,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=LIMIT,
        )

    def answer(self, name: str, command: Command) -> float:
        """Run one command and keep what it said and wrote; return its seconds."""
        kept = self.folder / "answers" / name
        kept.mkdir(parents=True)
        places = {"in": "inputs", "out": f"answers/{name}/out", "card": "answers/card.json"}
        words = [word.format(**places) for word in command.line.split()]
        words = [found for word in words for found in (self._files(word) if "*" in word else [word])]
        began = time.monotonic()
        done = self.python("-c", command.code) if command.code else self.python("-m", "misid", *words)
        (kept / "exit.json").write_text(json.dumps({"exit": done.returncode, "faults": faults(done.stderr)}), "utf-8")
        (kept / ("lines.txt" if command.each_line else "printed.txt")).write_text(done.stdout, "utf-8")
        (kept / "complained.txt").write_text(done.stderr if done.returncode else "", "utf-8")
        return time.monotonic() - began

    def _files(self, pattern: str) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob(pattern))

    def answer_all(self, only: str) -> None:
        """Run the commands whose names ``only`` finds, two at a time."""
        where = self.python("-c", "import misid; print(misid.__file__)").stdout.strip()
        if not Path(where).is_relative_to(self.source):
            raise SystemExit(f"{self.source}: its misid is not the one that Python loads ({where})")
        helped = self.python("-m", "misid", "--help").stdout
        every = {
            n: c for n, c in commands().items() if re.search(only, n) and re.search(rf"^ +{c.optional}\b", helped, re.M)
        }
        for later in (False, True):
            batch = {name: command for name, command in every.items() if command.later is later}
            with ThreadPoolExecutor(AT_ONCE) as pool:
                seconds = dict(zip(batch, pool.map(self.answer, batch, batch.values()), strict=True))
            slowest = sorted(seconds.items(), key=lambda item: -item[1])[:3]
            print("  slowest: " + ", ".join(f"{name} {took:.0f} s" for name, took in slowest), flush=True)


def faults(said: str) -> list[str]:
    """Return file, line and field of each fault that a command named, without what it said about them."""
    heads = re.findall(r"^(?:Error: )?(inputs/.+?:\d+(?:  \S+)?|inputs/\S.*?)$", said, re.M)
    return sorted(heads)


def question(only: str) -> str:
    """Return a digest of what is run on what: answers to other commands or inputs are kept apart."""
    parts = (only, repr(commands()), *(inspect.getsource(made) for made in (lay_inputs, make_files, Side)))
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]


def answers_of(commit: str, inputs: Path, kept: Path, only: str, program: str = sys.executable) -> Path:
    """Run one side in ``kept``, and return the folder of its answers."""
    began = time.monotonic()
    making = kept.with_name(kept.name + ".part")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    print(f"{commit}: running", flush=True)
    with checkout(commit) as source:
        if inputs.is_relative_to(kept):
            lay_inputs(source, making / "inputs")
        else:
            shutil.copytree(inputs, making / "inputs")
        Side(source, making, program).answer_all(only)
    shutil.rmtree(kept, ignore_errors=True)
    making.rename(kept)
    print(f"  {time.monotonic() - began:.0f} s", flush=True)
    return kept / "answers"


# --- Comparing ---


@dataclass
class Found:
    """What comparing has found so far."""

    files: int = 0
    values: int = 0
    prose: list[str] = field(default_factory=list)
    differences: list[tuple[str, str]] = field(default_factory=list)  # where, what

    def differ(self, where: str, old: object, new: object) -> None:
        self.differences.append((where, f"{short(old)} → {short(new)}"))


class _Absent:
    def __repr__(self) -> str:
        return "(absent)"


ABSENT = _Absent()


def short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 160 else text[:157] + "..."


def is_prose(value: object) -> bool:
    return isinstance(value, str) and " " in value


def compare(old: Any, new: Any, where: str, found: Found) -> None:
    """Compare two parsed values key by key."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            at = f"{where}.{key}" if not where.endswith(":") else f"{where}{key}"
            if key in old and key in new:
                compare(old[key], new[key], at, found)
            else:
                found.differ(at, old.get(key, ABSENT), new.get(key, ABSENT))
    elif isinstance(old, list) and isinstance(new, list):
        _compare_lists(old, new, where, found)
    else:
        found.values += 1
        if not same(old, new):
            if is_prose(old) and is_prose(new):
                found.prose.append(f"{where} {short(old)} → {short(new)}")
            else:
                found.differ(where, old, new)


def _compare_lists(old: list[Any], new: list[Any], where: str, found: Found) -> None:
    if len(old) != len(new):
        codes = all(isinstance(value, str) for value in (*old, *new))
        gone, come = (list((Counter(a) - Counter(b)).elements()) if codes else [] for a, b in ((old, new), (new, old)))
        said = f": without {short(gone)}, with {short(come)}" if codes else ""
        found.differences.append((where, f"{len(old)} → {len(new)} items{said}"))
        if codes:
            return
    for i, (one, other) in enumerate(zip(old, new, strict=False)):
        compare(one, other, f"{where}.{i}" if not where.endswith(":") else f"{where}{i}", found)


def same(old: object, new: object) -> bool:
    """Whether two values are equal: numbers to the last bit, and a truth value is not a number."""
    if isinstance(old, bool) or isinstance(new, bool):
        return old is new
    if isinstance(old, float) and isinstance(new, float) and math.isnan(old):
        return math.isnan(new)
    return old == new


def parsed(path: Path) -> Any:
    """Return what a file holds as values, or None where its presence is all that counts."""
    text = path.read_text("utf-8") if path.suffix in {".json", ".csv", ".html", ".txt"} else ""
    if path.name == "provenance.json":
        return {key: value for key, value in json.loads(text).items() if key not in PASSING}
    if path.name == "lines.txt":
        return text.splitlines()
    if path.name == "printed.txt":
        return json.loads(text) if text.startswith("{") else None
    readers: dict[str, Callable[[str], Any]] = {".json": json.loads, ".csv": from_csv, ".html": chart_data}
    return readers[path.suffix](text) if path.suffix in readers else None


def from_csv(text: str) -> list[dict[str, object]]:
    """Return rows by column, cells as numbers where they are."""
    head, *rows = csv.reader(io.StringIO(text))
    heads = [name if head.count(name) == 1 else f"{name}#{i}" for i, name in enumerate(head)]
    return [dict(zip(heads, map(_cell, row), strict=True)) for row in rows]


def _cell(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def chart_data(page: str) -> dict[str, Any]:
    """Return the values that each chart of a page draws."""
    specs = re.findall(r'<script type="application/json" id="([^"]*)">(.*?)</script>', page, re.S)
    return {name: list(_values(json.loads(text))) for name, text in specs}


def _values(spec: Any) -> Iterator[Any]:
    if isinstance(spec, dict):
        if isinstance(spec.get("data"), dict) and "values" in spec["data"]:
            yield spec["data"]["values"]
        yield from spec.get("datasets", {}).values()
        for key, inner in spec.items():
            if key not in {"data", "datasets"}:
                yield from _values(inner)
    elif isinstance(spec, list):
        for inner in spec:
            yield from _values(inner)


def compare_text(old: str, new: str, where: str, found: Found) -> None:
    """List what changed in printed text: its numbers, or else its words."""
    if old == new:
        return
    number = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")
    before, after = (number.findall(text) for text in (old, new))
    gone, come = (list((Counter(a) - Counter(b)).elements()) for a, b in ((before, after), (after, before)))
    found.prose.append(f"{where} numbers {short(gone)} → {short(come)}" if gone or come else f"{where} words")


def compare_folders(old: Path, new: Path) -> Found:
    """Compare all files of two folders of answers."""
    found = Found()
    names = {str(path.relative_to(at)) for at in (old, new) for path in at.rglob("*") if path.is_file()}
    for name in sorted(names):
        found.files += 1
        here, there = old / name, new / name
        if not (here.exists() and there.exists()):
            found.differ(f"{name}:", *("a file" if path.exists() else ABSENT for path in (here, there)))
            continue
        values = parsed(here), parsed(there)
        if here.suffix == ".txt" and None in values:
            compare_text(here.read_text("utf-8"), there.read_text("utf-8"), f"{name}:", found)
        else:
            compare(*values, f"{name}:", found)
    return found


def allowed(text: str) -> dict[str, str]:
    """Return the patterns of allowed differences with their reasons."""
    found = {}
    for line in text.splitlines():
        pattern, _, reason = (part.strip() for part in line.partition("#"))
        if pattern and not reason:
            raise SystemExit(f"{ALLOWED.name}: {pattern} has no reason")
        if pattern:
            found[pattern] = reason
    return found


def judge(found: Found, patterns: dict[str, str], listed: set[str]) -> tuple[list[str], list[str]]:
    """Part the differences into those that count and those that need not."""
    failed, passed = [], []
    used = set()
    for where, what in found.differences:
        reasons = [pattern for pattern in patterns if fnmatch.fnmatchcase(where, pattern.replace("[", "[[]"))]
        used.update(reasons)
        if reasons:
            passed.append(f"allowed ({patterns[reasons[0]]}): {where} {what}")
        elif where.split("/")[0] in listed:
            passed.append(f"listed: {where} {what}")
        else:
            failed.append(f"FAIL {where} {what}")
    return failed, passed + [f"allowed, and did not occur: {pattern}" for pattern in patterns if pattern not in used]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Compare the answers of two states of the source.")
    parser.add_argument("old", metavar="OLD", help="a commit, or . for the working tree")
    parser.add_argument("new", metavar="NEW", help="a commit, or . for the working tree")
    words = "only commands whose names this regular expression finds, where others are meant to differ: ^evaluate"
    parser.add_argument("--only", metavar="PATTERN", default="", help=words)
    words = "the Python that runs NEW: one of another environment, whose libraries have other versions"
    parser.add_argument("--python", metavar="PROGRAM", default=sys.executable, help=words)
    asked = parser.parse_args(arguments)
    began = time.monotonic()
    old, new = (at if at == "." else git("rev-parse", "--verify", f"{at}^{{commit}}") for at in (asked.old, asked.new))
    patterns = allowed(ALLOWED.read_text("utf-8"))
    listed = {name for name, command in commands().items() if command.listed}
    kept = CACHE / f"{old}-{question(asked.only)}"
    if old == "." or not kept.exists():
        kept = CACHE / "old" if old == "." else kept
        answers_of(old, kept / "inputs", kept, asked.only)
    other = answers_of(new, kept / "inputs", CACHE / "new", asked.only, os.path.abspath(asked.python))
    found = compare_folders(kept / "answers", other)
    failed, passed = judge(found, patterns, listed)
    prose = [f"prose changed: {line}" for line in found.prose]
    (CACHE / "differences.txt").write_text("\n".join([*failed, *passed, *prose]) + "\n", "utf-8")
    for lines in (prose, passed, failed):
        more = [f"... and {len(lines) - SHOWN:,} more"] if len(lines) > SHOWN else []
        print("".join(f"{line}\n" for line in [*lines[:SHOWN], *more]), end="")
    print(f"all of them: {(CACHE / 'differences.txt').relative_to(ROOT)}; {time.monotonic() - began:.0f} s")
    print(
        f"{found.files:,} files, {found.values:,} values compared, {len(found.prose):,} prose strings changed, "
        f"{len(failed):,} differences" + (f", {len(passed):,} allowed or listed" if passed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
