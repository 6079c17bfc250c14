"""The `misid` command.  What it needs loads under the watch of `call`, so that Ctrl-C is answered meanwhile too."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any


def main(args: list[str] | None = None) -> None:
    """Run the command line and exit: 0, 1 for a bug, 2 for what the user can fix, 130 for Ctrl-C."""
    # What is printed and written stands; nothing more is to be printed while Python clears up.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    sys.exit(call(args))


def call(args: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    # Of the many objects that a command makes hardly any are in circles: to look for those less often saves a tenth.
    gc.set_threshold(50_000, 20, 50)
    error: BaseException | None = None
    with _watched() as watch:
        try:
            try:
                from misid.cli.commands import misid

                misid.main(args=args, prog_name="misid", standalone_mode=False)
            except BaseException as raised:
                error = raised
            watch.is_armed = False
        except KeyboardInterrupt as raised:
            error = raised
        # Whatever came of it: a library that is interrupted may raise an error of its own, as click does, or none.
        causes = (error, getattr(error, "__cause__", None))
        if watch.was_interrupted or any(isinstance(cause, KeyboardInterrupt) for cause in causes):
            print("stopped; a result is written whole or not at all", file=sys.stderr)
            return 130
        return 0 if error is None else _status(error)


def _status(error: BaseException) -> int:
    """Print what went wrong and return the exit status."""
    import click

    from misid.errors import MisidError

    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, MisidError):
        click.echo(f"Error: {error}", err=True)
        return 2
    if isinstance(error, BrokenPipeError | SystemExit):
        # The reader of our output went away (`misid card list | head`); that is no fault of anybody's.  click and rich
        # answer it with SystemExit, and nothing else in a command does.
        with contextlib.suppress(OSError):  # no such number where the output is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if not isinstance(error, Exception):
        raise error
    import traceback

    from misid.provenance import bug_line

    traceback.print_exception(error)
    click.echo(f"This is a bug in misid, please report it with the lines above.\n{bug_line()}", err=True)
    return 1


class _Stopped(KeyboardInterrupt):
    """Ctrl-C.  A plain KeyboardInterrupt that leaves `exec` of a text, as libraries do it, ends Python by signal."""


class _Watch:
    """Whether Ctrl-C came; while it is armed, each one is also raised."""

    def __init__(self) -> None:
        self.is_armed = True
        self.was_interrupted = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.was_interrupted = True
        if self.is_armed:
            raise _Stopped


@contextlib.contextmanager
def _watched() -> Iterator[_Watch]:
    """Remember Ctrl-C: where it meets a library it may come back as any error, or be swallowed."""
    watch = _Watch()
    is_main = threading.current_thread() is threading.main_thread()
    # Who has it ignored, or has a handler of their own, keeps that.
    if not is_main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield watch
        return
    shown = sys.unraisablehook

    def unraisable(found: Any) -> None:
        """Send again, a moment later, what met a place that can raise nothing."""
        if not issubclass(found.exc_type, KeyboardInterrupt):
            shown(found)
            return
        # Not from here: this place can raise nothing either.
        timer = threading.Timer(0.01, again)
        timer.daemon = True
        timer.start()

    def again() -> None:
        main = threading.main_thread().ident
        if watch.is_armed and main is not None and hasattr(signal, "pthread_kill"):
            signal.pthread_kill(main, signal.SIGINT)  # also ends a wait
        elif watch.is_armed:
            _thread.interrupt_main()

    before = signal.signal(signal.SIGINT, watch)
    sys.unraisablehook = unraisable
    try:
        yield watch
    finally:
        watch.is_armed = False
        sys.unraisablehook = shown
        signal.signal(signal.SIGINT, before)
