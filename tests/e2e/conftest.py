"""A browser for tests that open a page, and what must never be seen there: requests, noise, axe faults."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
MISID = Path(sys.executable).with_name("misid")
AXE = Path(__file__).parent / "vendor" / "axe.min.js"


@dataclass
class Seen:
    """What a page did that it should not have done."""

    page_url: str
    requests: list[str] = field(default_factory=list)  # anything but the file itself, data: and blob:
    console: list[str] = field(default_factory=list)  # errors and warnings; a block by the policy is one
    errors: list[str] = field(default_factory=list)  # exceptions that nobody caught
    windows: list[str] = field(default_factory=list)  # pages that the page opened

    def faults(self) -> list[str]:
        """All of it, a line each."""
        kinds = {
            "request": self.requests,
            "console": self.console,
            "error": self.errors,
            "window": self.windows,
        }
        return [f"{kind}: {text}" for kind, texts in kinds.items() for text in texts]

    def judge(self) -> None:
        """Fail the test if there is any."""
        if found := self.faults():
            pytest.fail("the page did what no page of ours may do:\n  " + "\n  ".join(found), pytrace=False)

    def note_request(self, url: str) -> None:
        if url.partition("#")[0] != self.page_url and not url.startswith(("data:", "blob:")):
            self.requests.append(url)


class Opened(NamedTuple):
    """A page and its recorder."""

    page: Page
    seen: Seen


def _absent(what: str) -> None:
    """Skip on a developer's machine; in CI a test that cannot run is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing, and in CI no page test may be skipped")
    pytest.skip(f"{what} is missing; `make test` says how to get it")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        _absent("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("playwright")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


def _watch(context: BrowserContext, page: Page, seen: Seen) -> None:
    def on_request(request: Request) -> None:
        seen.note_request(request.url)

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            seen.console.append(f"{message.type}: {message.text}")

    context.on("request", on_request)  # of the context, so that windows opened by the page count too
    context.on("console", on_console)
    context.on("page", lambda opened: seen.windows.append(opened.url))
    context.on("weberror", lambda error: seen.errors.append(str(error.error)))
    page.on("websocket", lambda socket: seen.requests.append(socket.url))


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Opened]]:
    """Open a file as a person would, with JavaScript on and no network.

    ``open_page(html_path, width=1280, height=900, dark=False, strict=True)`` returns page and recorder.
    A page that asks for anything outside itself, prints an error or warning, or throws, fails its test
    when the test ends, unless ``strict=False``.  Further keywords go to Playwright's ``new_context``.
    """
    contexts: list[BrowserContext] = []
    watched: list[Seen] = []

    def opener(
        html_path: Path | str,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        strict: bool = True,
        **options: Any,
    ) -> Opened:
        url = Path(html_path).resolve().as_uri()
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            service_workers="block",
            offline=True,  # a request is recorded, and goes nowhere
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        seen = Seen(url)
        if strict:
            watched.append(seen)
        _watch(context, page, seen)
        page.goto(url, wait_until="load")
        return Opened(page, seen)

    yield opener
    for context in contexts:
        context.close()
    for seen in watched:
        seen.judge()


@pytest.fixture(scope="session")
def by_command(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, str]]:
    """Results of the command line: ``by_command(scenario, encounters=0)`` is the folder and what the command printed.

    Each is made once for all tests, whatever process runs them; no test changes it.
    """
    root = tmp_path_factory.getbasetemp()
    root = (root.parent if os.environ.get("PYTEST_XDIST_WORKER") else root) / "by-command"
    root.mkdir(exist_ok=True)

    def made(name: str, encounters: int = 0) -> tuple[Path, str]:
        folder, said = root / f"{name}-{encounters}", root / f"{name}-{encounters}.txt"
        with (root / f"{name}-{encounters}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not said.exists():
                # Without encounters as a person types it.
                people = ["--encounters", str(encounters), "--seed", "3"] if encounters else []
                command = [MISID, "run", name, *people, "--out", folder]
                done = subprocess.run(command, capture_output=True, text=True, check=True)
                said.write_text(done.stdout, encoding="utf-8")
        return folder, said.read_text("utf-8")

    return made


@pytest.fixture(scope="session")
def axe() -> Callable[..., list[dict[str, Any]]]:
    """Accessibility faults of a page: ``axe(page)``, an empty list when all is well.

    Each fault has ``id``, ``impact``, ``help`` and ``nodes`` (selectors).  The program enters through the
    debugger, so that the page keeps its own policy while it is judged.
    """
    source = AXE.read_text(encoding="utf-8")
    run = """axe.run(document, {resultTypes: ["violations"], preload: false}).then(
        found => found.violations.map(fault => ({
            id: fault.id, impact: fault.impact, help: fault.help,
            nodes: fault.nodes.map(node => node.target.join(" "))})))"""

    def check(page: Page) -> list[dict[str, Any]]:
        session = page.context.new_cdp_session(page)
        try:
            for expression in (source, run):
                answer = session.send(
                    "Runtime.evaluate",
                    {"expression": expression, "awaitPromise": True, "returnByValue": expression is run},
                )
                if "exceptionDetails" in answer:
                    raise AssertionError(f"axe could not run: {answer['exceptionDetails']}")
        finally:
            session.detach()
        return answer["result"]["value"]

    return check
