"""The `misid` command.  What it needs loads under the watch of `call`, so that Ctrl-C is answered meanwhile too."""

from __future__ import annotations

import _thread
import atexit
import contextlib
import errno
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
# What a disk, a path or the limits of a machine are in the way of; all else is a bug.
_OF_THE_MACHINE = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.ENOMEM, getattr(errno, "EDQUOT", errno.ENOSPC)),
}
_MOST_LINES, _MOST_LETTERS = 60, 300  # of the report of a bug


def main(args: list[str] | None = None, early: object = signal.SIG_DFL) -> None:
    """Run the command line and exit: 0, 1 for a bug, 2 for what the user can fix, 128 and a signal's number for that.

    Signals are Ctrl-C (130), SIGTERM (143) and a terminal that is closed (129).  What answers them so far is ``early``.
    """
    # What is printed and written stands; nothing more is to be printed while Python clears up.
    for number in STOPS:
        atexit.register(signal.signal, number, signal.SIG_IGN)
    sys.exit(call(args, early))


def call(args: list[str] | None = None, early: object = signal.SIG_DFL) -> int:
    """Run the command line and return its exit status."""
    # Of the many objects that a command makes hardly any are in circles: to look for those less often saves a tenth.
    gc.set_threshold(50_000, 20, 50)
    error: BaseException | None = None
    with _watched(early) as watch:
        try:
            try:
                from misid.cli.commands import misid

                _refuse_undecodable(sys.argv[1:] if args is None else args)
                misid.main(args=args, prog_name="misid", standalone_mode=False)
            except BaseException as raised:
                error = raised
            watch.is_armed = False
        except KeyboardInterrupt as raised:
            error = raised
        # Whatever came of it: a library that is interrupted may raise an error of its own, as click does, or none.
        causes = (error, getattr(error, "__cause__", None))
        if watch.stopped_by or any(isinstance(cause, KeyboardInterrupt) for cause in causes):
            with contextlib.suppress(OSError):  # its terminal may be gone
                print("stopped; a result is written whole or not at all", file=sys.stderr, flush=True)
            return 128 + (watch.stopped_by or signal.SIGINT)
        return 0 if error is None else _status(error)


def _refuse_undecodable(args: list[str]) -> None:
    """Refuse a word that is no text: nothing that is printed or written could name it."""
    for word in args:
        try:
            word.encode()
        except UnicodeEncodeError:
            import click

            shown = word.encode("utf-8", "backslashreplace").decode()
            raise click.UsageError(f"{shown} is not text in UTF-8; rename the file") from None


def _status(error: BaseException) -> int:
    """Print what went wrong and return the exit status."""
    import click

    from misid.cli.echo import echo
    from misid.errors import MisidError

    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, MisidError):
        echo(f"Error: {error}", err=True)
        return 2
    if isinstance(error, BrokenPipeError | SystemExit):
        # The reader of our output went away (`misid card list | head`); that is no fault of anybody's.  click and rich
        # answer it with SystemExit, and nothing else in a command does.
        with contextlib.suppress(OSError):  # no such number where the output is no file
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        place = "" if error.filename is None else f"{str(error.filename)[:200]}: "
        echo(f"Error: {place}{error.strerror}; check the path, the disk and what may be opened", err=True)
        return 2
    if not isinstance(error, Exception):
        raise error
    import traceback

    from misid.provenance import bug_line

    lines = "".join(traceback.format_exception(error)).splitlines()[-_MOST_LINES:]
    echo("\n".join(line[:_MOST_LETTERS] for line in lines), err=True)
    echo(f"This is a bug in misid, please report it with the lines above.\n{bug_line()}", err=True)
    return 1


class _Stopped(KeyboardInterrupt):
    """Ctrl-C and its like.  A plain KeyboardInterrupt that leaves `exec` of a text, as in libraries, ends Python."""


class _Watch:
    """Which signal came first to stop the command; while it is armed, each one is also raised."""

    def __init__(self) -> None:
        self.is_armed = True
        self.stopped_by = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.stopped_by = self.stopped_by or number
        if self.is_armed:
            raise _Stopped


@contextlib.contextmanager
def _watched(early: object) -> Iterator[_Watch]:
    """Remember what stops the command: where it meets a library it may come back as any error, or be swallowed."""
    watch = _Watch()
    is_main = threading.current_thread() is threading.main_thread()
    # Who has one ignored, or has a handler of their own, keeps that.
    before = {number: signal.getsignal(number) for number in STOPS} if is_main else {}
    ours = [number for number, was in before.items() if was in (signal.default_int_handler, signal.SIG_DFL, early)]
    if not ours:
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
            signal.pthread_kill(main, watch.stopped_by or signal.SIGINT)  # also ends a wait
        elif watch.is_armed:
            _thread.interrupt_main()

    for number in ours:
        signal.signal(number, watch)
    sys.unraisablehook = unraisable
    try:
        yield watch
    finally:
        watch.is_armed = False
        sys.unraisablehook = shown
        for number in ours:
            signal.signal(number, before[number])
