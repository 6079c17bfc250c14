"""Write the tables of docs/tested.md: the published tests that misid lists, and what it does not take for one."""

from __future__ import annotations

import re
from pathlib import Path

from misid.algorithm import CATALOGUE, PublishedTest, left_out, published_tests
from misid.vocabulary.names import label

PAGE = Path(__file__).parents[1] / "docs" / "tested.md"
MARKED = re.compile(r"(?<=<!-- tables: )(\w+)( -->\n).*?(?=<!-- end -->)", re.S)
ALGORITHMS = {CATALOGUE: "those of the catalogue", "?": "not named"}


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """Return the page with its tables anew; the prose between them stays as it is."""
    made = {"tests": _tests, "left_out": _left_out}
    return MARKED.sub(lambda mark: f"{mark[1]}{mark[2]}{made[mark[1]]()}", PAGE.read_text("utf-8"))


def _tests() -> str:
    head = ("test", "counted", "N", "FPIR", "photos", "told apart", "worked by", "algorithms", "source", "grade")
    return _row(head) + _row(["---"] * len(head)) + "".join(_row(_cells(test)) for test in published_tests())


def _cells(test: PublishedTest) -> list[str]:
    apart = [f"{len(test.groups)} probe groups"] if test.groups else []
    apart += [label(age) for age in sorted(test.ages)]
    lapses = [] if test.lapses == {"as tested"} else sorted(test.lapses)
    return [
        test.title,
        f"{test.what}. {test.note}".removesuffix(" "),
        " and ".join(f"{n:,}" for n in test.n) or "not printed",
        " and ".join(f"{rate:g}" for rate in test.fpir) or "none",
        ", ".join([*(label(kind) for kind in sorted(test.image_kinds)), *lapses]) or "not told apart",
        ", ".join(apart) or "no groups",
        str(test.operator),
        ", ".join(ALGORITHMS.get(name, name) for name in test.algorithms) or "none",
        f"{test.source}; {test.locator}",
        test.grade.value,
    ]


def _left_out() -> str:
    return "".join(f"* {title}: {why}.\n" for title, why in left_out())


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    main()
